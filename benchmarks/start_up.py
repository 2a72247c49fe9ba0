"""Each command as a whole process, beside bare Python, the import floor, and what others use.

May import: benchmarks.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Command
from benchmarks.world import EMAIL, MFACTL, PASSWORD, PYTHON, START, Home

FLOOR = "import typer, sqlite3; from cryptography.hazmat.primitives.ciphers.aead import AESGCM"
BARE_NAME = "bare Python"
TYPER_NAME = "import typer"
FLOOR_NAME = "import floor"


def commands(scratch: Path) -> list[Command]:
    """What starts at all, and each command in a home where it does its work."""
    empty = Home(scratch / "empty")
    test = _with_app(Home(scratch / "test", clock=START))
    script = _with_app(Home(scratch / "script", clock=START, named=True))
    real = Home(scratch / "real")
    real.sign_up()
    real.keep()
    enrolling = Home(scratch / "enrolling", clock=START)
    enrolling.sign_up()
    enrolling.secret = enrolling.run("mfa", "add", "--format", "secret").strip()
    enrolling.keep()
    first = enrolling.code()
    out = Home(scratch / "out")
    out.sign_up(app=True)
    out.run("signout")
    out.keep()
    new = Home(scratch / "new")

    def of(home: Home, *arguments: str, stdin: str = "", status: int = 0) -> Command:
        return Command(
            f"mfactl {' '.join(arguments)}",
            [MFACTL, *arguments],
            home.environ,
            stdin=stdin,
            status=status,
            before=home.put_back if home is not empty and home is not new else lambda: None,
        )

    def afresh() -> None:
        for path in (new.place / ".local", new.place / ".config"):
            shutil.rmtree(path, ignore_errors=True)

    by_stdin = "--password-stdin"
    sign_up = of(new, "signup", EMAIL, by_stdin, stdin=PASSWORD, status=3)
    return [
        Command(BARE_NAME, [PYTHON, "-c", "pass"], empty.environ),
        Command(TYPER_NAME, [PYTHON, "-c", "import typer"], empty.environ),
        Command(FLOOR_NAME, [PYTHON, "-c", FLOOR], empty.environ),
        of(empty, "--version"),
        of(empty, "--help"),
        of(test, "account", "show", "--json"),
        _named(
            of(script, "account", "show", "--json"), "mfactl account show --json, under MFACTL_HOME"
        ),
        _named(of(test, "verify", test.code()), "mfactl verify CODE"),
        _named(of(script, "verify", script.code()), "mfactl verify CODE, under MFACTL_HOME"),
        of(test, "admin", "list", "--limit", "20"),
        of(test, "vault", "status"),
        of(test, "totp", stdin=test.secret),
        of(test, "outbox", "code", EMAIL),
        of(test, "config", "list"),
        of(test, "mfa", "disable", "--yes"),
        of(test, "backup-codes", "regenerate", "--yes"),
        _named(of(enrolling, "mfa", "verify", first), "mfactl mfa verify CODE"),
        of(real, "mfa", "add", "--format", "uri"),
        of(out, "signin", EMAIL, by_stdin, stdin=PASSWORD, status=3),
        replace(sign_up, name="mfactl signup EMAIL, the first", before=afresh),
    ]


def _with_app(home: Home) -> Home:
    """A minute after Ada signed up there and turned on her authenticator app."""
    home.sign_up(app=True)
    home.clock = START + 60
    home.keep()
    return home


def _named(command: Command, name: str) -> Command:
    """A name that is the same in each run."""
    return replace(command, name=name)
