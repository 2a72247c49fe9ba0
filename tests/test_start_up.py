"""What each start loads: a fact about imports, not a time, so that no machine changes it."""

import subprocess
import sys
from pathlib import Path

import pyotp
import pytest

from benchmarks import start_up
from tests.cli.program import EMAIL, PASSWORD, Program

# Runs a command, then prints the modules that are loaded, apart from the command's own output.
SCRIPT = """
import os, sys
from mfactl.cli.app import run
output = os.dup(1)
os.dup2(2, 1)
status = run(sys.argv[1:])
os.write(output, "\\n".join(sys.modules).encode())
sys.exit(status)
"""
NOT_FOR_HELP = {
    "cryptography",
    "email_validator",
    "pydantic",
    "qrcode",
    "rich",
    "sqlite3",
    "zxcvbn",
}
FOR_SHELLS = ("mfactl.cli.outline", "mfactl.cli.shells", "mfactl.cli.topics")
ENDING = """
import atexit, mfactl.__main__
atexit.register(print, "Python was taken down")
mfactl.__main__.main()
"""
NOT_FOR_READING = {
    "_hashlib",  # OpenSSL once more
    "concurrent.futures",
    "email_validator",
    "logging",
    "mailbox",
    "platformdirs",
    "pydantic",
    "pyotp",
    "qrcode",
    "random",
    "rich",
    "smtplib",
    "tempfile",
    "zxcvbn",
}
ONLY_FOR_COMMANDS = {"enum", "json", "re", "signal", "typer"}
FLOOR = f"import sys; {start_up.FLOOR}; print('\\n'.join(sys.modules))"
BEYOND_THE_FLOOR = {  # modules, or parts of libraries that the floor loads
    "_json",
    "_string",
    "_struct",
    "base64",
    "binascii",
    "cryptography",
    "json",
    "string",
    "struct",
    "termios",
    "tomli_w",
    "tomllib",
    "typer",
    "unicodedata",
}
VERSION = "import sys, mfactl.__main__ as m; m.main(); print('\\n'.join(sys.modules))"


def loaded(script: str, *arguments: str, program: Program, status: int = 0) -> set[str]:
    """The modules that are loaded once `script` has run."""
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=program.environ,
        check=False,
        text=True,
    )
    assert ended.returncode == status, ended.stderr
    return set(ended.stdout.split())


@pytest.fixture
def nowhere(tmp_path: Path) -> Program:
    return Program(tmp_path / "home")


@pytest.fixture
def ada(nowhere: Program) -> Program:
    """Ada has signed up."""
    nowhere.ask("signup", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    nowhere.ask("verify", nowhere.ask("outbox", "code", EMAIL)["code"])
    return nowhere


@pytest.fixture
def ada_with_app(ada: Program) -> Program:
    """Ada has an authenticator app."""
    secret = ada.ask("mfa", "add")["secret"]
    ada.ask("mfa", "verify", pyotp.TOTP(secret).now())
    return ada


def test_the_command_line_is_there_before_any_command_or_service() -> None:
    script = "import sys, mfactl.cli.app; print('\\n'.join(sys.modules))"
    modules = loaded(script, program=Program(Path("/nonexistent")))
    ours = {name for name in modules if name.startswith("mfactl.")}
    assert ours <= {
        "mfactl.cli",
        "mfactl.cli.app",
        "mfactl.cli.options",
        "mfactl.cli.output",
        "mfactl.errors",
        "mfactl.exits",
        "mfactl.named_tuple",
        "mfactl.spelling",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--version",),
        ("--help",),
        ("-h",),
        ("--json", "--help"),
        ("help",),
        ("help", "exit-codes"),
        ("help", "files"),
    ],
    ids=" ".join,
)
def test_help_and_version_load_no_library_that_a_command_needs(
    nowhere: Program, arguments: tuple[str, ...]
) -> None:
    modules = loaded(SCRIPT, *arguments, program=nowhere)
    assert modules & NOT_FOR_HELP == set()
    assert not [name for name in modules if name.startswith(("mfactl.service", "mfactl.vault"))]


def test_the_version_loads_nothing_but_python(nowhere: Program) -> None:
    modules = loaded(VERSION, "--version", program=nowhere)
    assert modules & ONLY_FOR_COMMANDS == set()


def test_a_command_ends_without_taking_down_python(nowhere: Program) -> None:
    printed = loaded(ENDING, "help", "exit-codes", program=nowhere)
    assert "0" in printed
    assert "down" not in printed


def test_a_code_of_the_app_loads_no_library_that_other_proofs_need(ada_with_app: Program) -> None:
    modules = loaded(SCRIPT, "verify", "000000", program=ada_with_app, status=5)
    assert modules & NOT_FOR_READING == set()


@pytest.mark.parametrize(
    ("arguments", "status"), [(("account", "show", "--json"), 0), (("verify", "000000"), 5)]
)
def test_reading_and_verifying_load_little_that_the_import_floor_does_not(
    ada_with_app: Program, arguments: tuple[str, ...], status: int
) -> None:
    modules = loaded(SCRIPT, *arguments, program=ada_with_app, status=status)
    modules -= loaded(FLOOR, program=ada_with_app)
    assert {name.partition(".")[0] for name in modules} - {"mfactl"} <= BEYOND_THE_FLOOR


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs names them")
def test_finding_the_users_own_directories_loads_no_library(tmp_path: Path) -> None:
    at_home = Program(tmp_path).with_(MFACTL_HOME=None, HOME=str(tmp_path))
    modules = loaded(SCRIPT, "account", "show", program=at_home, status=4)
    assert modules & NOT_FOR_READING == set()


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["as text", "as JSON"])
def test_the_account_page_loads_nothing_that_only_other_commands_need(
    ada: Program, how: tuple[str, ...]
) -> None:
    modules = loaded(SCRIPT, "account", "show", *how, program=ada)
    assert {"cryptography", "sqlite3"} <= modules
    assert modules & NOT_FOR_READING == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("admin", "list"),
        ("audit", "list"),
        ("audit", "verify"),
        ("vault", "check"),
        ("vault", "slots", "list"),
        ("config", "list"),
        ("config", "get", "issuer"),
    ],
    ids=" ".join,
)
def test_the_owners_lists_load_nothing_that_only_other_commands_need(
    nowhere: Program, arguments: tuple[str, ...]
) -> None:
    nowhere.ask("vault", "init", "--test")
    modules = loaded(SCRIPT, *arguments, program=nowhere)
    assert not [name for name in modules if name.startswith(FOR_SHELLS)]
    assert modules & NOT_FOR_READING <= {"_hashlib"}  # compares copies
    assert "keyring" not in modules


def test_signing_in_draws_no_code_and_judges_no_password(nowhere: Program) -> None:
    nowhere.ask("vault", "init", "--test")
    arguments = ("signin", EMAIL, "--password-file", str(nowhere.home / "password"))
    (nowhere.home / "password").write_text(PASSWORD)
    modules = loaded(SCRIPT, *arguments, program=nowhere, status=5)
    assert modules & {"qrcode", "zxcvbn", "mailbox", "smtplib", "pydantic", "rich"} == set()


def test_the_phone_loads_no_library_for_drawing_judging_or_mailing(nowhere: Program) -> None:
    modules = loaded(SCRIPT, "totp", program=nowhere, status=2)  # it gets no secret
    assert modules & {"qrcode", "zxcvbn", "email_validator", "mailbox", "pydantic", "rich"} == set()
