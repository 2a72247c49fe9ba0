"""What a vault is unlocked with: a key file, the system's keyring, or a passphrase.

Guarantees: what is named is the end of it, nothing else is tried in its place; a key file is made
once and never overwritten.
May import: mfactl.vault.header, mfactl.vault.keys, mfactl.config, mfactl.files, mfactl.os_keyring
and mfactl.errors.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mfactl import files, os_keyring
from mfactl.config import Paths
from mfactl.errors import Code, MfactlError, failure
from mfactl.vault.header import Secret
from mfactl.vault.keys import (
    KEY_FILE,
    KEYRING,
    PASSPHRASE,
    Slot,
    new_key_file,
    parse_key_file,
    passphrase_bytes,
)


class Unlocker:
    """Finds the secret for a vault's slots."""

    def __init__(
        self, paths: Paths, environ: Mapping[str, str], ask: Callable[[], str | None]
    ) -> None:
        """`ask` asks a person for the passphrase; None where nobody can be asked."""
        self._paths = paths
        self._environ = environ
        self._ask = ask
        self._passphrase: str | None = None

    def __call__(self, slots: tuple[Slot, ...]) -> Secret:
        """What is named; else the key file, if there is one; else the keyring, or a person."""
        kinds = frozenset(slot.kind for slot in slots)
        if self._passphrase is None and self._paths.key_named is not None:
            return self.key_file()
        given = self._passphrase or self.given_passphrase()
        if given is None and KEY_FILE in kinds and os.path.lexists(self._paths.key_file):
            return self.key_file()
        if given is None and KEYRING in kinds:
            kept = self.from_keyring(slots)
            if kept is not None:
                return kept
        if given is None and PASSPHRASE in kinds:
            given = self._ask()
        if given is None:
            raise self._nothing(kinds)
        if PASSPHRASE not in kinds:
            raise failure(
                Code.VAULT_KEY_INCORRECT,
                "This vault is not unlocked by a passphrase, but one is given.",
                "Unset MFACTL_PASSPHRASE and MFACTL_PASSPHRASE_FILE.",
            )
        self._passphrase = given
        return Secret(PASSPHRASE, passphrase_bytes(given), "That passphrase")

    def use_passphrase(self, passphrase: str) -> None:
        """Unlocks with this passphrase from now on."""
        self._passphrase = passphrase

    def given_passphrase(self) -> str | None:
        """The passphrase that the environment gives, itself or in a file; None if it gives none."""
        given = self._environ.get("MFACTL_PASSPHRASE")
        if given:
            return given
        path = self._environ.get("MFACTL_PASSPHRASE_FILE")
        if not path:
            return None
        data = files.read_private(Path(path).absolute())
        if data is None:
            raise failure(Code.VAULT_LOCKED, f"There is no passphrase file {path}.")
        try:
            return data.decode().removesuffix("\n")
        except UnicodeDecodeError:
            detail = f"The passphrase file {path} is not text in UTF-8."
            raise failure(Code.VAULT_KEY_INCORRECT, detail) from None

    def from_keyring(self, slots: tuple[Slot, ...]) -> Secret | None:
        """What the system's keyring holds for one of the slots."""
        for slot in slots:
            secret = os_keyring.load(slot.id) if slot.kind == KEYRING else None
            if secret is not None:
                return Secret(KEYRING, secret, "What the system's keyring holds")
        return None

    def secrets_at_hand(self, slot: Slot) -> Iterator[bytes]:
        """What might open a slot without anybody being asked."""
        if slot.kind == KEY_FILE and os.path.lexists(self._paths.key_file):
            yield self.key_file().value
        if slot.kind == PASSPHRASE:
            given = self._passphrase or self.given_passphrase()
            if given is not None:
                yield passphrase_bytes(given)
        if slot.kind == KEYRING:
            kept = os_keyring.load(slot.id)
            if kept is not None:
                yield kept

    def key_file(self) -> Secret:
        """The key file's secret."""
        path = self._paths.key_file
        data = files.read_private(path)
        if data is None:
            raise self._nothing(frozenset({KEY_FILE}))
        return Secret(KEY_FILE, parse_key_file(data), f"The key file {path}")

    def provide_key_file(self) -> Secret:
        """The key file's secret; makes the file if there is none."""
        provide_key_file(self._paths.key_file)
        return self.key_file()

    def _nothing(self, kinds: frozenset[str]) -> MfactlError:
        if KEY_FILE in kinds and PASSPHRASE not in kinds:
            return failure(
                Code.VAULT_LOCKED,
                f"The key file {self._paths.key_file} is not there.",
                "Put it back, or name it with MFACTL_KEY_FILE.",
            )
        if kinds == {KEYRING}:
            return failure(
                Code.VAULT_LOCKED,
                "The vault is unlocked from the system's keyring, which does not answer here.",
                "Unlock the keyring; mfactl[keyring] has to be installed.",
            )
        return failure(
            Code.VAULT_LOCKED,
            "The vault needs its passphrase, and nobody can be asked for it here.",
            "Set MFACTL_PASSPHRASE_FILE, or run this at a terminal.",
        )


def provide_key_file(path: Path) -> bytes:
    """The secret of the key file at `path`, which is made if it is not there."""
    files.make_directory(path.parent)
    if files.check_private(path) is None:
        files.create_private(path, new_key_file())
    return read_key_file(path)


def read_key_file(path: Path) -> bytes:
    """The secret of the key file at `path`. Raises if it is not there or not whole."""
    data = files.read_private(path)
    if data is None:
        raise failure(Code.VAULT_LOCKED, f"There is no key file {path}.", "Check the name.")
    try:
        return parse_key_file(data)
    except MfactlError:
        detail = f"{path} is not a whole key file."
        raise failure(Code.VAULT_KEY_INCORRECT, detail, "Name another, or a good copy.") from None
