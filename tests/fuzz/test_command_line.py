"""Whole commands, in this process: odd arguments, odd input, and odd files in the home.

`Shell.run` holds each to the laws: no traceback, one document that its schema and status fit,
nothing on stdout where nothing was done. Nobody is at the terminal, so whatever asks would hang.
"""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import strategies as st

from mfactl.exits import Exit
from tests.fuzz.fuzz import Fuzz
from tests.fuzz.hostile import BYTES, TEXT, mutated_bytes
from tests.support.builders import SECRET
from tests.support.runner import ADA, PASSWORD, START, Result, Shell

pytestmark = [pytest.mark.soak, pytest.mark.slow]

COMMANDS = [
    ["signup"],
    ["signin"],
    ["verify"],
    ["signout"],
    ["mfa", "add"],
    ["mfa", "verify"],
    ["mfa", "disable"],
    ["backup-codes", "regenerate"],
    ["account", "show"],
    ["account", "password"],
    ["outbox", "list"],
    ["outbox", "show"],
    ["outbox", "code"],
    ["outbox", "clear"],
    ["vault", "init"],
    ["vault", "status"],
    ["vault", "check"],
    ["totp"],
    ["mfa"],
    ["login"],
    [],
]
FLAGS = [
    "--json",
    "--no-input",
    "--quiet",
    "-q",
    "-h",
    "--help",
    "--version",
    "--yes",
    "-y",
    "--all",
    "--resend",
    "--backup-code",
    "--password-stdin",
    "--new-password-stdin",
    "--passphrase",
    "--test",
    "--",
    "-",
    "-1",
    "---",
    "--=",
    "--json=1",
]
VALUED = [
    "--field",
    "--vault",
    "--format",
    "--qr-file",
    "--password-file",
    "--new-password-file",
    "--key-file",
    "--offset",
    "--nothing",
]
WORDS = [
    ADA,
    "bob@example.com",
    "123456",
    "4k7m-2p9x-t3wd",
    "password.txt",
    "home",
    "new.db",
    "qr.png",
    "uri",
    "ascii",
    "errors.0.code",
    "errors.-1",
    "status",
    "0",
    "9" * 5_000,
    "",
]


def as_argument(text: str) -> str:
    """A text as the system would hand it over, naming nothing outside the working directory."""
    text = text.replace("\0", "").replace("/", "").lstrip("-")
    return os.fsdecode(text.encode("utf-8", "surrogatepass"))[:10_000]


VALUES = st.sampled_from(WORDS) | TEXT.map(as_argument)
PARTS = (
    st.sampled_from(FLAGS).map(lambda flag: [flag])
    | st.builds(lambda option, value: [option, value], st.sampled_from(VALUED), VALUES)
    | st.builds(lambda option, value: [f"{option}={value}"], st.sampled_from(VALUED), VALUES)
    | VALUES.map(lambda value: [value])
)
PREFIXES = st.sampled_from([[], ["--json"], ["-q"], ["--field", "status"]])


def names_a_command(words: list[str]) -> bool:
    """Whether what stands before a `--` is more than a group."""
    before = words[: words.index("--")]
    return any(before[n : n + len(c)] == c for c in COMMANDS[:-3] for n in range(len(before)))


# Where a group wants the name of a command, Click looks at what follows a `--` as options again.
ARGUMENTS = st.builds(
    lambda before, command, parts: [*before, *command, *(word for part in parts for word in part)],
    PREFIXES,
    st.sampled_from(COMMANDS),
    st.lists(PARTS, max_size=4),
).filter(lambda words: "--" not in words or names_a_command(words))
INPUTS = st.none() | st.sampled_from([PASSWORD, SECRET, "123456\n", ""]).map(str.encode) | BYTES


ALWAYS: list[tuple[list[str], bytes | None]] = [
    (["outbox", "show", "bob@example.com"], None),
    (["outbox", "show", "1"], None),
    (["vault", "status", "--vault", "9" * 5_000], None),
    (["verify", "-"], b"\xff\xfe"),
    (["totp", "--json"], b"\xff"),
    (["totp", "--offset", "9" * 400], SECRET.encode()),
    (["signup", "\udcff@example.com", "--json"], None),
    (["account", "show", "--field", "\udcff"], None),
]


@pytest.fixture
def shells(home: Path) -> Callable[[], Shell]:
    """Each time another shell: Ada has an app and is signed in, and her password is in a file."""
    settled = home / "settled"
    settled.mkdir()
    shell = Shell(settled, clock=START)
    shell.init()
    shell.sign_up()
    shell.enrol()
    shell.write("password.txt", PASSWORD)
    numbers = count()

    def make() -> Shell:
        folder = shutil.copytree(settled, home / str(next(numbers)))
        return Shell(folder, clock=START + 30)

    return make


def check_end(result: Result) -> None:
    """A status of the table, and not that of a bug: nobody is there to decline a question."""
    assert result.exit in set(Exit)
    assert result.exit != Exit.FAILED, result.stderr
    assert "bug" not in result.stderr


def test_no_arguments_make_a_command_fail_otherwise(
    fuzz: Fuzz, shells: Callable[[], Shell]
) -> None:
    def check(given: tuple[list[str], bytes | None]) -> None:
        arguments, stdin = given
        shell = shells()
        check_end(shell.run(*arguments, stdin=stdin))
        assert Path.cwd() != shell.folder
        shutil.rmtree(shell.folder)

    fuzz("command lines", 60, st.tuples(ARGUMENTS, INPUTS), check, ALWAYS)


MAIL = "outbox/new/1.foreign"
FILES = ("config.toml", "client.toml", "vault.key", MAIL)
WHOLE = {
    MAIL: b"From: x@example.com\nTo: ada@example.com\nSubject: 123456\n\nhello\n",
    "config.toml": b'issuer = "Cyberdyne"\n\n[session]\nidle = 600\n',
}
READERS = st.sampled_from(
    [
        ["account", "show"],
        ["vault", "status"],
        ["vault", "check"],
        ["verify", "123456"],
        ["signout"],
        ["outbox", "list"],
        ["outbox", "show"],
        ["outbox", "code", ADA],
    ]
)


@pytest.mark.parametrize("name", FILES)
def test_no_file_makes_a_command_fail_otherwise(
    fuzz: Fuzz, shells: Callable[[], Shell], name: str
) -> None:
    shell = shells()
    path = shell.home / name
    whole = path.read_bytes() if path.exists() else WHOLE[name]

    def check(given: tuple[bytes, list[str], list[str]]) -> None:
        data, command, options = given
        shell = shells()
        path = shell.home / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(data)
        check_end(shell.run(*command, *options))
        shutil.rmtree(shell.folder)

    # The document of mail without a sender is not as its schema wants: see below.
    how = ["--no-input"] if name == MAIL else ["--json"]
    options = st.sampled_from([[], how, ["-q"], ["--field", "errors.0.meta"]])
    given = st.tuples(mutated_bytes(st.just(whole)), READERS, options)
    fuzz("commands on hostile files", 30, given, check)


@pytest.mark.parametrize("data", [b"To: ada@example.com\n\n", b"From: x@example.com\n\n", b""])
def test_mail_without_an_address_is_listed_as_the_schema_says(shell: Shell, data: bytes) -> None:
    path = shell.home / MAIL
    path.parent.mkdir(parents=True, mode=0o700)
    (shell.home / "outbox" / "cur").mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(data)

    shell.run("outbox", "list", "--json", expect=0)
