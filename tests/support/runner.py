"""Runs mfactl command lines for tests: in this process, or as the installed program.

A `Shell` calls the program's own entry in this process, 20 times faster; a `Process` starts what is
installed. Both take the same words, both hand real descriptors over, and both hold every run to the
laws in `check_laws`, whatever else a test looks at.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple
from unittest.mock import patch

import pyotp

from mfactl.cli import app
from mfactl.errors import ERRORS, Code
from tests.support.schemas import validate

START = 1_767_225_600  # 2026-01-01T00:00:00Z, the first second of a TOTP step
ADA = "ada@example.com"
PASSWORD = "correct horse battery staple"
PROGRAM = Path(sys.executable).with_name("mfactl")

_ENDED_FROM_OUTSIDE = (130, 143)  # Ctrl-C and SIGTERM: `cancelled`, with a status of their own
_SECRET = re.compile(r"\b[A-Z2-7]{32}\b|\b[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}\b")
_BACKUP_CODE = re.compile(r"\b[0-9a-hjkmnp-tv-z]{4}(?:-[0-9a-hjkmnp-tv-z]{4}){2}\b")

CTRL_D = b"\x04"


class Result(NamedTuple):
    """What one run of mfactl ended with and printed."""

    exit: int
    stdout: str
    stderr: str

    def __repr__(self) -> str:  # stdout may have secrets, which have no place in a test's log
        return f"Result(exit={self.exit}, stderr={self.stderr!r})"

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.stdout)

    @property
    def codes(self) -> list[str]:
        """The codes of a JSON failure, the one that decides first."""
        return [error["code"] for error in self.document["errors"]]

    @property
    def secret(self) -> str:
        """The TOTP secret that `mfa add` printed, in whichever format."""
        return str(_SECRET.findall(self.stdout)[0]).replace(" ", "")

    @property
    def backup_codes(self) -> list[str]:
        """The backup codes that were printed."""
        return _BACKUP_CODE.findall(self.stdout)

    @property
    def has_secrets(self) -> bool:
        """Whether there is anything on stdout that `secret` or `backup_codes` would find."""
        return bool(_SECRET.search(self.stdout) or _BACKUP_CODE.search(self.stdout))


class Kept(NamedTuple):
    """What a person keeps after enrolling: the phone's secret, and the backup codes on paper."""

    secret: str
    backup_codes: list[str]


class Shell:
    """Somebody's shell: a home, an environment and a clock, in which mfactl runs.

    `clock` is MFACTL_NOW, which only test vaults look at; None: it isn't set. `environ` holds what
    else is exported.
    """

    def __init__(self, folder: Path, *, clock: int | None = None) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.clock = clock
        self.environ: dict[str, str] = {}

    @property
    def now(self) -> int:
        """The time (Unix seconds) that commands go by in a test vault."""
        return int(time.time()) if self.clock is None else self.clock

    def run(
        self,
        *arguments: str,
        stdin: str | bytes | None = None,
        typed: str | None = None,
        expect: int | None = None,
    ) -> Result:
        """Runs `mfactl arguments...` and holds it to the laws.

        stdin is a file with the given bytes, or with `typed` a terminal at which that is typed
        (no passwords: those are read from /dev/tty), else /dev/null. `expect` is the exit status
        that the test goes on from.
        """
        __tracebackhide__ = True
        with ExitStack() as stack:
            given = stack.enter_context(_stdin(stdin, typed))
            out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            status = self._execute(arguments, given, out, err)
            result = Result(status, _text_in(out), _text_in(err))
        check_laws(arguments, result)
        if expect is not None and result.exit != expect:
            command = " ".join(("mfactl", *arguments[:2]))
            raise AssertionError(
                f"{command}: exit status {result.exit}, not {expect}\n{result.stderr}"
            )
        return result

    def _execute(
        self, arguments: tuple[str, ...], stdin: int, stdout: IO[bytes], stderr: IO[bytes]
    ) -> int:
        with _surroundings(self._environment(), self.folder), _streams(stdin, stdout, stderr):
            return app.run(list(arguments))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
        kept |= {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "MFACTL_HOME": str(self.home)}
        if self.clock is not None:
            kept["MFACTL_NOW"] = str(self.clock)
        return kept | self.environ

    # --- the way to a state that many tests begin with

    def write(self, name: str, text: str) -> Path:
        """A private file in the working directory of the commands."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text + "\n")
        return path

    def settle(self, email: str = ADA, *, app: bool = False) -> Kept:
        """Makes an account that is signed in, with an authenticator app or without.

        By commands; but a home that is not there yet is a copy of one that was made like that.
        """
        if self.home.exists() or self.clock != START:
            if self.clock is not None and not self.home.exists():
                self.init()
            self.sign_up(email)
            return self.enrol() if app else Kept("", [])
        home, kept = _settled(self.folder.parent, email, app)
        shutil.copytree(home, self.home)
        client = self.environ.get("MFACTL_CLIENT")
        if client is not None:
            (self.home / "client.toml").rename(client)
        return kept

    def init(self) -> None:
        """Makes a test vault."""
        self.run("vault", "init", "--test", expect=0)

    def start_sign_up(self, email: str = ADA, password: str = PASSWORD) -> None:
        """Signs up as far as the code in the mail."""
        self.run("signup", email, "--password-stdin", stdin=password, expect=3)

    def mailed_code(self, email: str = ADA) -> str:
        """The newest code that was mailed to an address."""
        return self.run("outbox", "code", email, expect=0).stdout.strip()

    def sign_up(self, email: str = ADA, password: str = PASSWORD) -> None:
        """Makes an account, which is signed in then."""
        self.start_sign_up(email, password)
        self.run("verify", self.mailed_code(email), expect=0)

    def enrol(self) -> Kept:
        """Turns the authenticator app on, which uses up the code of this moment."""
        secret = self.run("mfa", "add", "--format", "secret", expect=0).secret
        confirmed = self.run("mfa", "verify", code_at(secret, self.now), expect=0)
        return Kept(secret, confirmed.backup_codes)

    def sign_in(self, email: str = ADA, password: str = PASSWORD, *, expect: int = 0) -> Result:
        """Gives the password; expect=3 where a second factor is on."""
        return self.run("signin", email, "--password-stdin", stdin=password, expect=expect)


class Process(Shell):
    """The same, with the installed program in a process of its own."""

    def _execute(
        self, arguments: tuple[str, ...], stdin: int, stdout: IO[bytes], stderr: IO[bytes]
    ) -> int:
        return subprocess.run(
            [PROGRAM, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=self._environment(),
            cwd=self.folder,
            check=False,
        ).returncode


@cache
def _settled(beside: Path, email: str, app: bool) -> tuple[Path, Kept]:
    """A home as `Shell.settle` wants it, and what its owner keeps."""
    folder = beside / f"settled-{email}-{app}"
    folder.mkdir()
    shell = Shell(folder, clock=START)
    shell.init()
    shell.sign_up(email)
    return shell.home, shell.enrol() if app else Kept("", [])


def code_at(secret: str, now: int) -> str:
    """What a phone shows at a moment (Unix seconds)."""
    return pyotp.TOTP(secret).at(now)


def wrong_code_at(secret: str, now: int) -> str:
    """Six digits that no phone with this secret shows within three steps of a moment."""
    shown = {code_at(secret, now + drift * 30) for drift in range(-3, 4)}
    return next(code for code in (f"{n:06d}" for n in range(8)) if code not in shown)


# --- laws


def check_laws(arguments: tuple[str, ...], result: Result) -> None:
    """What holds for every run of every command."""
    __tracebackhide__ = True
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    assert "Traceback" not in result.stderr, result.stderr
    if "-q" in given or "--quiet" in given:
        assert result.stderr == "", "--quiet silences stderr"
    if {"-h", "--help", "--version"} & set(given):
        return
    if any(each.partition("=")[0] == "--field" for each in given):
        return
    if "--json" in given:
        _check_document(result)
    elif result.exit not in (0, 3):
        assert result.stdout == "", "a failure prints nothing on stdout"


def _check_document(result: Result) -> None:
    """Exactly one document and one newline, in ASCII, as its schema and its exit status say."""
    __tracebackhide__ = True
    text = result.stdout
    assert text.endswith("\n"), "the document has a newline behind it"
    assert text.count("\n") == 1, "--json prints one line"
    assert text.isascii(), "--json prints ASCII"
    validate(result.document)
    if "errors" not in result.document:
        assert result.exit in (0, 3), "a failure prints errors"
    elif result.exit not in _ENDED_FROM_OUTSIDE:
        assert result.exit == ERRORS[Code(result.codes[0])].exit, "the first code decides"


# --- a process's surroundings, for a run within this one


@contextmanager
def _stdin(data: str | bytes | None, typed: str | None) -> Iterator[int]:
    if typed is not None:
        ours, theirs = os.openpty()
        os.write(ours, typed.encode() + CTRL_D)  # whoever typed that has left
        yield theirs
        os.close(theirs)
        os.close(ours)
        return
    if data is None:
        with Path(os.devnull).open("rb") as nothing:
            yield nothing.fileno()
        return
    with tempfile.TemporaryFile() as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.seek(0)
        yield file.fileno()


@contextmanager
def _surroundings(environ: dict[str, str], folder: Path) -> Iterator[None]:
    """What `__main__` and the operating system would have set up, and what a run leaves behind."""
    before = Path.cwd()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    mask = os.umask(0o077)
    os.chdir(folder)
    try:
        with patch.dict(os.environ, environ, clear=True):
            yield
    finally:
        os.chdir(before)
        os.umask(mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _streams(stdin: int, stdout: IO[bytes], stderr: IO[bytes]) -> Iterator[None]:
    """Text streams over the descriptors, as the interpreter makes them at its start."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = stdout.fileno(), stderr.fileno()
    with (
        open(stdin, encoding="utf-8", errors="surrogateescape", closefd=False) as sys.stdin,
        open(out, "w", encoding="utf-8", closefd=False) as sys.stdout,
        open(err, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as sys.stderr,
    ):
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


def _text_in(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
