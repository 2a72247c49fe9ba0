"""Ada at her shell: her home, her phone, her paper with backup codes, and what her vault holds."""

import shutil
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.runner import ADA, START, Shell, code_at
from tests.vault import reader

STEP = 30  # seconds until a phone shows another code
Scene = Callable[["Ada"], None]


class Ada(Shell):
    """A shell with a test vault's clock, and what Ada has outside of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, clock=START)
        self.secret = ""
        self.backup_codes: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """What a run of hers finds exported."""
        return self._environment()

    @property
    def code(self) -> str:
        """What her phone shows."""
        return code_at(self.secret, self.now)

    def wait(self) -> None:
        """Her phone shows the next code."""
        assert self.clock is not None
        self.clock += STEP

    def copy(self, folder: Path) -> "Ada":
        """The same Ada with a home of her own in `folder`."""
        other = Ada(folder)
        other.clock, other.secret, other.backup_codes = self.clock, self.secret, self.backup_codes
        if self.home.exists():
            shutil.copytree(self.home, other.home)
        return other

    # --- what is on her disk

    @property
    def vault(self) -> Path:
        """Her vault's place."""
        return self.home / "vault.db"

    def stored(self) -> reader.Read | None:
        """All that the vault holds, read and checked without mfactl; None if there is no vault."""
        return self.read(self.vault) if self.vault.exists() else None

    def read(self, path: Path) -> reader.Read:
        """All that a file holds that her key opens."""
        *_, line = (self.home / "vault.key").read_text().splitlines()
        return reader.read(path, key=bytes.fromhex(line.split()[1]))

    def account(self) -> dict[str, Any]:
        """The account in the vault."""
        return self._one("account")

    def client(self) -> dict[str, Any]:
        """The one client in the vault."""
        return self._one("client")

    def _one(self, kind: str) -> dict[str, Any]:
        stored = self.stored()
        assert stored is not None
        (record,) = (record for (each, _), record in stored.records.items() if each == kind)
        return record

    def seen(self) -> int:
        """The number of the newest event that her client file names; 0 if it names none."""
        path = self.home / "client.toml"
        if not path.exists():
            return 0
        (table,) = tomllib.loads(path.read_text()).values()
        return int(table["number"])

    def files(self) -> set[str]:
        """Every file of her home, by its path in it."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file()}

    def mails(self) -> int:
        """How many messages are in her outbox."""
        listed = self.run("outbox", "list", "--json", expect=0).document
        return int(listed["total_count"])


# --- the states that commands begin in


def nowhere(_ada: Ada) -> None:
    """She has never used mfactl."""


def empty_vault(ada: Ada) -> None:
    """She has a test vault, and no account."""
    ada.init()


def signing_up(ada: Ada) -> None:
    """A code is in her mail."""
    empty_vault(ada)
    ada.start_sign_up()


def signed_up(ada: Ada) -> None:
    """She has an account without a second factor, and is signed in."""
    signing_up(ada)
    ada.run("verify", ada.mailed_code(), expect=0)


def enrolling(ada: Ada) -> None:
    """Her phone has a secret that was not confirmed."""
    signed_up(ada)
    ada.secret = ada.run("mfa", "add", "--format", "secret", expect=0).secret


def enrolled(ada: Ada) -> None:
    """She has a phone and backup codes, and is signed in."""
    enrolling(ada)
    ada.backup_codes = ada.run("mfa", "verify", ada.code, expect=0).backup_codes


def signed_out(ada: Ada) -> None:
    """The same a moment later, signed out."""
    enrolled(ada)
    ada.run("signout", expect=0)
    ada.wait()


def signing_in(ada: Ada) -> None:
    """She has given her password; her second factor is awaited."""
    signed_out(ada)
    ada.sign_in(ADA, expect=3)


class Scenes:
    """The states, each made once by commands and then copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = cache(self._make)

    def _make(self, scene: Scene) -> Ada:
        folder = self._folder / scene.__name__
        folder.mkdir()
        ada = Ada(folder)
        scene(ada)
        return ada

    def copy(self, scene: Scene, folder: Path) -> Ada:
        """Ada in that state, with a home of her own in `folder`, which has to be a new one."""
        folder.mkdir()
        return self._made(scene).copy(folder)
