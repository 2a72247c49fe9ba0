"""Where secrets go, as the kernel sees it: every write, every file that is opened, every program.

Secrets in arguments (clig.dev; `/proc/PID/cmdline` is everybody's to read), in logs, in temporary
files, in the environment of other programs. `tests/cli/test_secrets.py` looks at what is printed
and stored; here strace looks at what is done on the way.

Core dumps and swap are the machine's matter, says docs/threat-model.md: mfactl neither forbids a
dump nor cleans its memory, and no test here says that it does.
"""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attacks.scene import HALF, OWNER, client_file, code_of, switch
from tests.support.runner import ADA, PROGRAM, START, Kept, Result, Shell

PASSPHRASE = "canary-Zebra-plum-hinge-41"
PASSWORD = "canary-otter-Violet-crane-77"
CALLS = "execve,write,pwrite64,writev,pwritev,openat,sendto,sendmsg,socket,connect,symlink,link"
_OPENED = re.compile(r'openat\(AT_FDCWD<[^>]*>, "([^"]*)", [^)]*O_CREAT')
_WRITTEN = re.compile(r"p?write(?:64|v)?\(\d+<([^>]*)>")


class Step(NamedTuple):
    """A command, what it printed, and its system calls, a line each."""

    words: tuple[str, ...]
    result: Result
    calls: list[str]


class Watched:
    """Runs commands under strace."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.steps: list[Step] = []
        self.tokens: set[str] = set()

    def run(self, *words: str, stdin: str = "", expect: int = 0) -> Result:
        """One command, in a process of its own."""
        trace = self.shell.folder / "trace"
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(
            [
                *(
                    "strace",
                    "-f",
                    "--seccomp-bpf",
                    "-qq",
                    "-y",
                    "-v",
                    "-s",
                    "100000",
                    "-o",
                    str(trace),
                ),
                *("-e", f"trace={CALLS}", str(PROGRAM), *words),
            ],
            input=stdin.encode(),
            capture_output=True,
            env=self.shell._environment() | quiet,
            cwd=self.shell.folder,
            check=False,
        )
        result = Result(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        assert result.exit == expect, result.stderr
        calls = trace.read_text("utf-8", "replace").splitlines()
        self.steps.append(Step(words, result, calls))
        file = client_file(self.shell, OWNER)
        for table in tomllib.loads(file.read_text()).values() if file.exists() else ():
            self.tokens |= set(table["tokens"])
        return result

    def holders(self, secret: str) -> Counter[str]:
        """Where calls carried a secret: the command, the call and the kind of file."""
        return Counter(
            f"{' '.join(step.words[:2])}: {_place(call)}"
            for step in self.steps
            for call in step.calls
            if secret in call
        )


def _place(call: str) -> str:
    """What a call was about: a program that was started, or a kind of file that was written."""
    written = _WRITTEN.search(call)
    if written is None:
        return "execve" if " execve(" in call else "another call"
    return _kind(written.group(1))


def _kind(path: str) -> str:
    if path.startswith("pipe:"):
        return "stdout or stderr"
    for kind in ("outbox/tmp", "client.toml", "vault.key", "vault.db"):
        if f"/{kind}" in path or f"/.{kind}" in path:
            return kind
    return path


class Secrets(NamedTuple):
    """What a life has that nobody else should know."""

    mailed: str
    totp: str
    used: str
    unused: str


def live(watched: Watched) -> Secrets:
    """A whole life, with a passphrase in the environment and nothing in any argument."""
    watched.run("vault", "init", "--test", "--passphrase")
    watched.run("signup", ADA, "--password-stdin", stdin=PASSWORD, expect=HALF.exit)
    mailed = watched.run("outbox", "code", ADA).stdout.strip()
    watched.run("verify", "-", stdin=mailed)
    secret = watched.run("mfa", "add", "--format", "secret").secret
    phone = code_of(watched.shell, Kept(secret, []))
    paper = watched.run("mfa", "verify", "-", stdin=phone).backup_codes
    watched.run("signout")
    watched.run("signin", ADA, "--password-stdin", stdin=PASSWORD, expect=HALF.exit)
    watched.run("verify", "-", stdin=paper[0])
    return Secrets(mailed, secret, paper[0], paper[1])


@pytest.mark.slow
def test_the_kernel_sees_each_secret_go_where_it_belongs_and_nowhere_else(tmp_path: Path) -> None:
    shell = Shell(tmp_path, clock=START)
    switch(shell, OWNER)
    shell.environ["MFACTL_PASSPHRASE"] = PASSPHRASE
    watched = Watched(shell)
    secrets = live(watched)

    assert_each_is_written_where_it_belongs(watched, secrets)
    assert_none_is_an_argument(watched, secrets)
    assert_nothing_is_started_and_nobody_is_called(watched)
    assert_every_file_is_of_the_home(watched)
    assert watched.holders("It is good for 10 minutes")  # what is written is seen here


def assert_each_is_written_where_it_belongs(watched: Watched, secrets: Secrets) -> None:
    started = Counter(f"{' '.join(step.words[:2])}: execve" for step in watched.steps)
    assert watched.holders(PASSPHRASE) == started  # as the shell that starts it exported it
    assert watched.holders(PASSWORD) == {}
    assert watched.holders(secrets.totp) == {"mfa add: stdout or stderr": 1}
    for code in (secrets.used, secrets.unused):
        assert watched.holders(code) == {"mfa verify: stdout or stderr": 1}
        assert watched.holders(code.replace("-", "")) == {}
    mailed = {f"signup {ADA}: outbox/tmp": 1, "outbox code: stdout or stderr": 1}
    assert watched.holders(secrets.mailed) == mailed
    assert len(watched.tokens) == 5  # one that each signup, verify, signin and change offered
    for token in watched.tokens:
        assert {place.partition(": ")[2] for place in watched.holders(token)} == {"client.toml"}


def assert_none_is_an_argument(watched: Watched, secrets: Secrets) -> None:
    for step in watched.steps:
        for secret in (PASSPHRASE, PASSWORD, *secrets, *watched.tokens):
            assert secret not in " ".join(step.words)


def assert_nothing_is_started_and_nobody_is_called(watched: Watched) -> None:
    """So no other program inherits a passphrase, and nothing is sent."""
    for step in watched.steps:
        assert len([call for call in step.calls if " execve(" in call]) == 1
        assert not [call for call in step.calls if re.search(r" (send|socket|connect)\w*\(", call)]


def assert_every_file_is_of_the_home(watched: Watched) -> None:
    """No file in a shared temporary directory, however short its life."""
    home = str(watched.shell.home)
    for step in watched.steps:
        for call in step.calls:
            made = _OPENED.search(call)
            if made is not None:
                assert made.group(1).startswith(home), call
    assert {path.name for path in watched.shell.home.iterdir()} == {
        *("vault.db", "client.toml", "outbox")
    }
