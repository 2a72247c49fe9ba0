"""The mfactl program as a script or a person runs it, in a home of its own.

`start` runs it as a process. `here` runs it in this process, at a tenth of the price, where a real
process proves nothing more. Both run real commands on real files, and hide nothing of the result.
"""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self
from unittest import mock

import pyotp

from mfactl.cli.app import run
from tests.cli.promised import expect_promised
from tests.support.schemas import validate

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z, the first second of a step
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"
PASSPHRASE = "vivid otter climbs granite"
COMMAND = (sys.executable, "-m", "mfactl")

# What of the outside would change what mfactl does, or how long it takes to start.
_NOT_INHERITED = {
    "FORCE_COLOR",
    "NO_COLOR",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
}


def outside() -> dict[str, str]:
    """The environment that a command starts from: this one, with nothing in it that is mfactl's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith("MFACTL_")
    }
    return {**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm"}


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document and the newline that stdout carries, checked against its schema."""
        assert self.out.count("\n") == 1, "stdout is not one line"
        assert self.out.endswith("\n"), "stdout has no newline at its end"
        document: dict[str, Any] = json.loads(self.out)
        validate(document)
        return document

    @property
    def codes(self) -> list[str]:
        """The codes of the errors that the document carries."""
        return [error["code"] for error in self.document["errors"]]


@dataclass(frozen=True)
class Program:
    """mfactl in one home. `environ` is its whole environment: what `outside` gives, if left out."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.environ:
            self.environ.update(outside(), MFACTL_HOME=str(self.home))

    @property
    def vault(self) -> Path:
        """The vault of this home."""
        return self.home / "vault.db"

    def with_(self, **variables: str | None) -> Self:
        """The same with other variables; None removes one."""
        environ = {**self.environ, **{k: v for k, v in variables.items() if v is not None}}
        for name, value in variables.items():
            if value is None:
                environ.pop(name, None)
        return replace(self, environ=environ)

    def at(self, moment: int) -> Self:
        """The same at another time, for a test vault."""
        return self.with_(MFACTL_NOW=str(moment))

    def start(
        self, *arguments: str | bytes, stdin: str | bytes = b"", prefix: tuple[str, ...] = ()
    ) -> Ended:
        """Runs the program as a process of its own, with `stdin` in a pipe.

        What runs under a limit writes no bytecode: it would leave half of it for everybody else.
        """
        no_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"} if prefix else {}
        ended = subprocess.run(
            [*prefix, *COMMAND, *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=self.environ | no_bytecode,
            check=False,
        )
        if not prefix:
            expect_promised(arguments, ended.returncode)
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def shell(self, script: str) -> Ended:
        """Runs a script in which `mfactl` is this program, as in `mfactl account show >&-`."""
        function = f'mfactl() {{ {sys.executable} -m mfactl "$@"; }}\n'
        ended = subprocess.run(
            ["bash", "-c", function + script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.environ,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def here(self, *arguments: str, stdin: str | bytes | None = None) -> Ended:
        """Runs the command in this process. `stdin` None: it is closed."""
        piped = stdin.encode() if isinstance(stdin, str) else stdin
        given = None if piped is None else io.TextIOWrapper(io.BytesIO(piped), "utf-8")
        out, err = io.BytesIO(), io.BytesIO()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        mask = os.umask(0o077)  # as __main__ does
        try:
            with (
                mock.patch.dict(os.environ, self.environ, clear=True),
                mock.patch.object(sys, "stdin", given),
                mock.patch.object(sys, "stdout", io.TextIOWrapper(out, "utf-8")),
                mock.patch.object(sys, "stderr", io.TextIOWrapper(err, "utf-8")),
            ):
                status = run(list(arguments))
                printed = out.getvalue().decode(), err.getvalue().decode()
        finally:
            os.umask(mask)
            for number, handler in handlers.items():
                signal.signal(number, handler)
        expect_promised(arguments, status)
        return Ended(status, *printed)

    def ask(self, *arguments: str, stdin: str | None = None, status: int = 0) -> dict[str, Any]:
        """The document of a command that has to end with `status`."""
        ended = self.here(*arguments, "--json", stdin=stdin)
        assert ended.status == status, ended.err
        return ended.document


@dataclass(frozen=True)
class Ada(Program):
    """A home with a test vault, in which Ada has an account and is signed in since NOW."""

    secret: str = ""
    backup_codes: tuple[str, ...] = ()

    def app_code(self, moment: int = NOW) -> str:
        """What her authenticator app shows at that moment, made without mfactl."""
        return pyotp.TOTP(self.secret).at(moment)

    def wrong_code(self, moment: int = NOW) -> str:
        """Six digits that her app does not show within two steps of that moment."""
        shown = {self.app_code(moment + 30 * steps) for steps in range(-2, 3)}
        return next(f"{number:06d}" for number in range(6) if f"{number:06d}" not in shown)
