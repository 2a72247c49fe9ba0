"""The ways to unlock the vault: adding and removing them, and changing the data key behind them.

Guarantees: a secret is where it will be looked for before the vault relies on it; the last slot
stays; nobody loses a way in by a rotation that was not told of it.
May import: everything but mfactl.cli.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mfactl import files, os_keyring
from mfactl.conversation import Conversation
from mfactl.core.verdict import Happened
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple
from mfactl.service.vault import Watch, check_passphrase, raise_findings
from mfactl.surroundings import new_id
from mfactl.unlocking import provide_key_file, read_key_file
from mfactl.vault import slots
from mfactl.vault.check import check_within
from mfactl.vault.header import Secret, Unlocked, unwrapped
from mfactl.vault.keys import (
    KEY_BYTES,
    KEY_FILE,
    KEYRING,
    PASSPHRASE,
    Slot,
    SlotPlan,
    passphrase_bytes,
)
from mfactl.vault.transaction import Transaction

Ask = Callable[[Slot], str]  # a slot's passphrase, empty to let the slot go


class Rotation(NamedTuple):
    """What a rotation is going to do: the secrets of the slots that stay, and those that go."""

    secrets: dict[str, bytes]
    dropped: tuple[Slot, ...]

    def __repr__(self) -> str:
        return f"Rotation(dropped={[slot.id for slot in self.dropped]})"


def listed(c: Conversation) -> tuple[Slot, ...]:
    """The vault's slots."""
    c.check_mark()
    return c.vault.header.slots


class Added(NamedTuple):
    """A slot that was added; or one that the secret has already, which `is_new` tells."""

    slot: Slot
    is_new: bool


def add_key_file(c: Conversation, path: Path) -> Added:
    """A slot for a key file, which is made if it is not there."""
    if not path.parent.is_dir():  # a stick that is not there: the key would land elsewhere
        raise files.no_directory(path.parent)
    known = _opened_by(c, KEY_FILE, read_key_file(path)) if os.path.lexists(path) else None
    # If nothing comes of it, a new file stays: somebody else may have added a slot for it by then.
    return known or _add(c, KEY_FILE, lambda _id: provide_key_file(path))


def add_passphrase(c: Conversation, passphrase: str) -> Added:
    """A slot for a passphrase."""
    secret = passphrase_bytes(check_passphrase(passphrase))
    return _opened_by(c, PASSPHRASE, secret) or _add(c, PASSPHRASE, lambda _id: secret)


def add_keyring(c: Conversation) -> Added:
    """A slot for a new secret in the system's keyring, which keeps none for nothing."""
    kept: list[str] = []

    def keep(slot_id: str) -> bytes:
        secret = os.urandom(KEY_BYTES)
        kept.append(slot_id)
        os_keyring.store(slot_id, secret)
        return secret

    try:
        return _add(c, KEYRING, keep)
    except BaseException:
        for slot_id in kept:
            if _is_unknown(c, slot_id):
                os_keyring.forget(slot_id)
        raise


def _opened_by(c: Conversation, kind: str, secret: bytes) -> Added | None:
    """The slot that a secret opens; a second one would outlive the removal of the first."""
    for slot in listed(c):
        if slot.kind == kind and _opens(c.vault.unlocked, slot, secret):
            return Added(slot, is_new=False)
    return None


def _is_unknown(c: Conversation, slot_id: str) -> bool:
    """Whether the vault has no such slot for certain. Ctrl-C may come just after the commit."""
    try:
        with c.reading():
            return slot_id not in {slot.id for slot in c.vault.header.slots}
    except MfactlError:
        return False  # a secret too many opens nothing; one too few may be the only way in


def _add(c: Conversation, kind: str, secret: Callable[[str], bytes]) -> Added:
    c.check_mark()
    plan = SlotPlan(new_id("slot"), kind, c.cost if kind == PASSPHRASE else None, c.now)

    def renew(_transaction: Transaction, now: Unlocked) -> Unlocked | Refusal:
        return slots.with_slot(now, plan, lambda: secret(plan.id))

    made = c.renew(Happened.SLOT_ADD, renew, slot=plan.id, kind=kind)
    return Added(made.header.slots[-1], is_new=True)


def remove(c: Conversation, slot_id: str) -> Slot:
    """Removes a slot. What was copied before opens with it all the same."""
    found = {slot.id: slot for slot in listed(c)}.get(slot_id)
    if found is None:  # the event does not name what was typed: it may be a secret
        c.renew(Happened.SLOT_REMOVE, lambda _t, _now: slots.no_such_slot())
    assert found is not None  # that was refused
    c.renew(Happened.SLOT_REMOVE, lambda _t, now: slots.without_slot(now, found.id), slot=found.id)
    if found.kind == KEYRING:
        os_keyring.forget(slot_id)
    return found


def plan_rotation(
    c: Conversation, key_files: Sequence[Path], passphrases: Mapping[str, str], ask: Ask | None
) -> Rotation:
    """Which slots can go on: by key files and passphrases (by where they came from), by what is at
    hand, or by what is typed.

    Raises `vault_key_incorrect` if one that is given opens no slot: its slot would go.
    """
    c.check_mark()
    given = [Secret(KEY_FILE, read_key_file(path), f"{path}") for path in key_files]
    given += [
        Secret(PASSPHRASE, passphrase_bytes(text), source) for source, text in passphrases.items()
    ]
    now, secrets = c.vault.unlocked, dict[str, bytes]()
    for slot in now.header.slots:
        offered = [secret.value for secret in given if secret.kind == slot.kind]
        found = next((each for each in offered if _opens(now, slot, each)), None)
        if found is None:
            found = next((each for each in _at_hand(c, slot) if _opens(now, slot, each)), None)
        if found is not None:
            secrets[slot.id] = found
    for secret in given:
        if secret.value not in secrets.values():
            detail = f"{secret.source} opens no slot of this vault."
            raise failure(Code.VAULT_KEY_INCORRECT, detail, "Nothing was changed. Name another.")
    for slot in now.header.slots:
        if slot.id not in secrets and slot.kind == PASSPHRASE and ask is not None:
            found = _asked(c, slot, ask)
            if found is not None:
                secrets[slot.id] = found
    dropped = tuple(slot for slot in now.header.slots if slot.id not in secrets)
    return Rotation(secrets, dropped)


def _at_hand(c: Conversation, slot: Slot) -> list[bytes]:
    """What may open a slot; a key file that cannot be read opens none, which is said."""
    try:
        return list(c.unlocker.secrets_at_hand(slot))
    except MfactlError as error:
        c.around.notify(error.refusals[0].long_message)
        return []


def _opens(now: Unlocked, slot: Slot, secret: bytes) -> bool:
    return unwrapped(slot, secret, now.header.vault_id) == now.data_key


def _asked(c: Conversation, slot: Slot, ask: Ask) -> bytes | None:
    while typed := ask(slot):
        secret = passphrase_bytes(typed)
        if _opens(c.vault.unlocked, slot, secret):
            return secret
        c.around.notify(f"That is not the passphrase of {slot.id}; try again.")
    return None


def rotate(c: Conversation, rotation: Rotation, watch: Watch) -> Unlocked:
    """Makes a new data key and seals everything anew under it; what is damaged stops it."""
    expected = {*rotation.secrets, *(slot.id for slot in rotation.dropped)}

    def renew(transaction: Transaction, now: Unlocked) -> Unlocked:
        if {slot.id for slot in now.header.slots} != expected or not all(
            _opens(now, slot, rotation.secrets[slot.id])
            for slot in now.header.slots
            if slot.id in rotation.secrets
        ):
            raise _changed_meanwhile()
        raise_findings(check_within(transaction, now.keys, watch("Checked")))
        return slots.rotated(now, rotation.secrets)

    dropped = [slot.id for slot in rotation.dropped]
    return c.renew(Happened.VAULT_ROTATE, renew, watch("Sealed anew"), dropped_slots=dropped)


def _changed_meanwhile() -> MfactlError:
    return failure(
        Code.VAULT_BUSY, "The slots of the vault changed meanwhile.", "Run the command again."
    )
