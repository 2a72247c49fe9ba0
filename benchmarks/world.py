"""Throw-away homes, and the environment that a command is timed in.

Guarantees: nothing of the user's own home is read or written; commands run from compiled bytecode,
by the environment's own Python.
May import: benchmarks.measure and the standard library.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
MFACTL = str(Path(sys.executable).with_name("mfactl"))
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"
START = 1_767_225_600  # 2026-01-01T00:00:00Z, the first second of a TOTP step


def compile_all() -> None:
    """Compiles what commands import: without this a benchmark would measure the compiler."""
    places = [sysconfig.get_path("purelib"), str(ROOT / "src")]
    # By one process: those that `-j` starts outlive whoever is interrupted.
    subprocess.run([PYTHON, "-m", "compileall", "-q", *places], check=False)


def environ_of(home: Path) -> dict[str, str]:
    """The whole environment of a command at home in `home`, without a variable of mfactl's."""
    path = f"{Path(PYTHON).parent}:{os.environ.get('PATH', os.defpath)}"
    return {"HOME": str(home), "PATH": path, "LC_ALL": "C.UTF-8", "TERM": "xterm"}


class Home:
    """A home with a vault, in which Ada may sign up. `clock`: of a test vault, which it makes.

    `named`: MFACTL_HOME names it, as in scripts; else mfactl looks for the user's directories.
    """

    def __init__(self, place: Path, *, clock: int | None = None, named: bool = False) -> None:
        self.place = place
        self.clock = clock
        self.named = named
        place.mkdir(parents=True)
        self.secret = ""
        if clock is not None:
            self.run("vault", "init", "--test")

    @property
    def environ(self) -> Mapping[str, str]:
        """What a command here sees."""
        fixed = {} if self.clock is None else {"MFACTL_NOW": str(self.clock)}
        named = {"MFACTL_HOME": str(self.place / "mfactl")} if self.named else {}
        return environ_of(self.place) | fixed | named

    def run(
        self, *arguments: str, stdin: str = "", status: int = 0, client: Path | None = None
    ) -> str:
        """Runs mfactl; what it printed."""
        other = {} if client is None else {"MFACTL_CLIENT": str(client)}
        ended = subprocess.run(
            [MFACTL, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**self.environ, **other},
            text=True,
        )
        if ended.returncode != status:
            raise RuntimeError(f"mfactl {arguments[0]}: {ended.returncode}: {ended.stderr}")
        return ended.stdout

    def sign_up(self, email: str = EMAIL, *, app: bool = False, client: Path | None = None) -> None:
        """Makes an account that is signed in, with an authenticator app or without."""
        self.run("signup", email, "--password-stdin", stdin=PASSWORD, status=3, client=client)
        code = self.run("outbox", "code", email, client=client).strip()
        self.run("verify", code, client=client)
        if app:
            self.secret = self.run("mfa", "add", "--format", "secret", client=client).strip()
            self.run("mfa", "verify", self.code(client), client=client)

    def code(self, client: Path | None = None) -> str:
        """What Ada's phone shows."""
        return self.run("totp", stdin=self.secret, client=client).strip()

    def keep(self) -> None:
        """Keeps the home as it is now, for `put_back`."""
        shutil.copytree(self.place, self._kept)

    def put_back(self) -> None:
        """Makes the home what it was."""
        shutil.rmtree(self.place)
        shutil.copytree(self._kept, self.place)

    @property
    def _kept(self) -> Path:
        return self.place.with_name(self.place.name + "-kept")
