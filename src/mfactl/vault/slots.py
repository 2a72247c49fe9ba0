"""What a header becomes when a slot is added or removed, the data key rotated, the vault restored.

Guarantees: the last slot stays; a slot keeps its id for as long as it exists.
May import: mfactl.errors and the rest of mfactl.vault.
"""

import os
from collections.abc import Callable, Mapping

from mfactl.errors import Code, Refusal
from mfactl.vault.header import MAX_SLOTS, Header, Unlocked, unlocked
from mfactl.vault.keys import KEY_BYTES, Slot, SlotPlan, wrap

BRANCH_BYTES = 16


def new_branch() -> str:
    """A new value of the header's `branch`."""
    return os.urandom(BRANCH_BYTES).hex()


def with_slot(now: Unlocked, plan: SlotPlan, secret: Callable[[], bytes]) -> Unlocked | Refusal:
    """The vault with one more slot, which `secret` opens. It is asked for if there is room."""
    if len(now.header.slots) >= MAX_SLOTS:
        return Refusal(Code.VAULT_SLOTS_FULL)
    slot = wrap(now.data_key, secret(), plan, vault_id=now.header.vault_id)
    return _next(now, slots=(*now.header.slots, slot))


def without_slot(now: Unlocked, identifier: str) -> Unlocked | Refusal:
    """The vault without a slot."""
    left = tuple(slot for slot in now.header.slots if slot.id != identifier)
    if len(left) == len(now.header.slots):
        return no_such_slot()
    if not left:
        return Refusal(Code.VAULT_LAST_SLOT)
    return _next(now, slots=left)


def no_such_slot() -> Refusal:
    """The refusal of an id that no slot has."""
    return Refusal(
        Code.RESOURCE_NOT_FOUND,
        "The vault has no slot with that id.",
        "Run: mfactl vault slots list",
    )


def rotated(now: Unlocked, secrets: Mapping[str, bytes]) -> Unlocked:
    """The vault under a new data key, which the slots wrap whose secrets are given by slot id."""
    data_key = os.urandom(KEY_BYTES)
    slots = [
        _rewrapped(slot, data_key, secrets[slot.id], now.header)
        for slot in now.header.slots
        if slot.id in secrets
    ]
    header = _following(now.header, tuple(slots))._replace(branch=new_branch())
    return unlocked(header, data_key, next(slot for slot in slots if slot.id == now.slot.id))


def branched(now: Unlocked) -> Unlocked:
    """The vault under other sub-keys of the same data key: every slot goes on opening it."""
    header = _following(now.header, now.header.slots)._replace(branch=new_branch())
    return unlocked(header, now.data_key, now.slot)


def _rewrapped(slot: Slot, data_key: bytes, secret: bytes, header: Header) -> Slot:
    plan = SlotPlan(slot.id, slot.kind, slot.cost, slot.created_at)
    return wrap(data_key, secret, plan, vault_id=header.vault_id)


def _next(now: Unlocked, *, slots: tuple[Slot, ...]) -> Unlocked:
    return unlocked(_following(now.header, slots), now.data_key, now.slot)


def _following(header: Header, slots: tuple[Slot, ...]) -> Header:
    return header._replace(generation=header.generation + 1, slots=slots)
