"""What a header becomes: slots added and removed, another data key, another branch."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mfactl.errors import Code, Refusal
from mfactl.vault import header as headers
from mfactl.vault import keys, slots
from mfactl.vault.header import MAX_SLOTS, Header, Secret, Unlocked, unlock
from mfactl.vault.keys import FLOOR, KEY_FILE, KEYRING, PASSPHRASE, SlotPlan
from mfactl.vault.vault import Vault
from tests.support.builders import NOW
from tests.vault.reader import read
from tests.vault.vaults import (
    KEY,
    OTHER_KEY,
    VAULT_ID,
    edit,
    everything,
    found,
    key_file,
    keyring,
    opened,
    passphrase,
    query,
    refused,
    renew,
)

WORDS = b"ten green bottles"
RING_KEY = b"r" * 32

FILE_PLAN = SlotPlan("slot_file", KEY_FILE, None, NOW)
WORDS_PLAN = SlotPlan("slot_words", PASSPHRASE, FLOOR, NOW + 1)
RING_PLAN = SlotPlan("slot_ring", KEYRING, None, NOW + 2)
PLANS = [(FILE_PLAN, OTHER_KEY), (WORDS_PLAN, WORDS), (RING_PLAN, RING_KEY)]


def made() -> Unlocked:
    """A new vault's header, unlocked: one slot for a key file."""
    data_key = b"d" * 32
    slot = keys.wrap(data_key, KEY, SlotPlan("slot_one", KEY_FILE, None, NOW), vault_id=VAULT_ID)
    return headers.unlocked(Header(VAULT_ID, "b0" * 16, 1, False, NOW, (slot,)), data_key, slot)


def with_slot(now: Unlocked, plan: SlotPlan, secret: bytes) -> Unlocked | Refusal:
    return slots.with_slot(now, plan, lambda: secret)


def taken(answer: Unlocked | Refusal) -> Unlocked:
    assert isinstance(answer, Unlocked)
    return answer


def with_every_kind() -> Unlocked:
    now = made()
    for plan, secret in PLANS:
        now = taken(with_slot(now, plan, secret))
    return now


def stored(now: Unlocked) -> tuple[bytes, bytes]:
    """A header's body and MAC, as they lie in the file."""
    return now.body, headers.mac(now.body, now.keys)


def test_a_branch_is_16_random_bytes() -> None:
    drawn = {slots.new_branch() for _ in range(50)}

    assert len(drawn) == 50
    assert all(re.fullmatch("[0-9a-f]{32}", branch) for branch in drawn)


# --- one more


@pytest.mark.parametrize(("plan", "secret"), PLANS, ids=lambda part: getattr(part, "kind", ""))
def test_a_slot_that_was_added_opens_the_same_data_key(plan: SlotPlan, secret: bytes) -> None:
    now = made()

    more = taken(with_slot(now, plan, secret))

    again = unlock(*stored(more), lambda _slots: Secret(plan.kind, secret, "What is given"))
    assert (again.data_key, again.keys) == (now.data_key, now.keys)
    assert again.slot[0] == plan.id
    assert (again.slot.kind, again.slot.cost, again.slot.created_at) == plan[1:]
    assert unlock(*stored(more), key_file()).slot == now.slot


def test_another_slot_changes_nothing_of_the_header_but_its_slots_and_its_generation() -> None:
    now = made()

    more = taken(with_slot(now, *PLANS[0]))

    assert more.header == now.header._replace(generation=2, slots=more.header.slots)
    assert more.header.slots[:-1] == now.header.slots
    assert (more.slot, more.data_key, more.keys) == (now.slot, now.data_key, now.keys)
    assert more.body == headers.encode(more.header)


def test_sixteen_slots_are_the_most() -> None:
    now = made()
    for number in range(MAX_SLOTS - 1):
        now = taken(with_slot(now, FILE_PLAN._replace(id=f"slot_{number}"), OTHER_KEY))

    assert len(unlock(*stored(now), key_file()).header.slots) == 16

    def ask() -> bytes:
        raise AssertionError("nobody is asked for a secret that has no place")

    assert slots.with_slot(now, FILE_PLAN, ask) == Refusal(Code.VAULT_SLOTS_FULL)


# --- one less


def test_a_slot_that_was_removed_opens_nothing_and_the_others_go_on() -> None:
    now = with_every_kind()

    less = taken(slots.without_slot(now, "slot_file"))

    assert [slot.id for slot in less.header.slots] == ["slot_one", "slot_words", "slot_ring"]
    assert less.header.generation == now.header.generation + 1
    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(*stored(less), key_file(OTHER_KEY))
    for provide in (key_file(), passphrase(WORDS), keyring(RING_KEY)):
        assert unlock(*stored(less), provide).data_key == now.data_key


def test_the_slot_that_opened_the_vault_may_be_removed() -> None:
    now = with_every_kind()

    less = taken(slots.without_slot(now, "slot_one"))

    assert less.keys == now.keys
    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(*stored(less), key_file())


def test_the_last_slot_stays() -> None:
    assert slots.without_slot(made(), "slot_one") == Refusal(Code.VAULT_LAST_SLOT)


@pytest.mark.parametrize("name", ["slot_two", "", "slot_on", "SLOT_ONE"])
def test_a_slot_that_is_not_there_cannot_be_removed(name: str) -> None:
    answer = slots.without_slot(made(), name)

    assert isinstance(answer, Refusal)
    assert answer.code is Code.RESOURCE_NOT_FOUND


# --- another data key


def test_a_rotation_wraps_a_new_data_key_for_the_slots_whose_secrets_are_given() -> None:
    now = with_every_kind()

    new = slots.rotated(now, {"slot_one": KEY, "slot_words": WORDS})

    assert new.data_key != now.data_key
    assert not {*new.keys} & {*now.keys}
    assert [slot.id for slot in new.header.slots] == ["slot_one", "slot_words"]
    for provide in (key_file(), passphrase(WORDS)):
        assert unlock(*stored(new), provide).data_key == new.data_key
    for provide in (key_file(OTHER_KEY), keyring(RING_KEY)):
        with refused(Code.VAULT_KEY_INCORRECT):
            unlock(*stored(new), provide)


def test_a_rotation_keeps_of_a_slot_what_people_know_it_by() -> None:
    now = with_every_kind()
    secrets = {"slot_one": KEY} | {plan.id: secret for plan, secret in PLANS}

    new = slots.rotated(now, secrets)

    known = [(slot.id, slot.kind, slot.cost, slot.created_at) for slot in now.header.slots]
    assert [(s.id, s.kind, s.cost, s.created_at) for s in new.header.slots] == known
    assert not {slot.salt for slot in new.header.slots} & {slot.salt for slot in now.header.slots}
    assert new.slot.id == now.slot.id
    assert new.header.branch != now.header.branch
    changed = now.header._replace(
        generation=now.header.generation + 1, branch=new.header.branch, slots=new.header.slots
    )
    assert new.header == changed


def test_two_rotations_have_nothing_in_common() -> None:
    one, two = (slots.rotated(made(), {"slot_one": KEY}) for _ in range(2))

    assert one.data_key != two.data_key
    assert one.header.branch != two.header.branch


# --- another branch


def test_a_new_branch_has_other_sub_keys_of_the_same_data_key_and_every_slot() -> None:
    now = with_every_kind()

    new = slots.branched(now)

    assert (new.data_key, new.slot) == (now.data_key, now.slot)
    assert not {*new.keys} & {*now.keys}
    assert new.header == now.header._replace(generation=5, branch=new.header.branch)
    assert new.header.branch != now.header.branch
    for provide in (key_file(), key_file(OTHER_KEY), passphrase(WORDS), keyring(RING_KEY)):
        assert unlock(*stored(new), provide).keys == new.keys


def test_a_header_under_the_mac_of_another_branch_is_damaged() -> None:
    now = made()
    new = slots.branched(now)

    for body, of in ((new.body, now), (now.body, new)):
        with refused(Code.VAULT_CORRUPT):
            unlock(body, headers.mac(body, of.keys), key_file())


def test_no_header_shows_a_key() -> None:
    new = slots.rotated(with_every_kind(), {"slot_one": KEY})

    for shown in (repr(new), str(new), f"{new}"):
        assert shown == "Unlocked(...)"


# --- in a file


def without(name: str) -> Callable[[Unlocked], Unlocked | Refusal]:
    return lambda now: slots.without_slot(now, name)


def add(path: Path, plan: SlotPlan, secret: bytes) -> None:
    renew(path, lambda now: with_slot(now, plan, secret), happened="slot_add")


def test_every_kind_of_slot_opens_the_file_and_the_independent_reader_agrees(
    vault_path: Path,
) -> None:
    before = everything(vault_path)
    for plan, secret in PLANS:
        add(vault_path, plan, secret)

    for provide in (key_file(), key_file(OTHER_KEY), passphrase(WORDS), keyring(RING_KEY)):
        assert everything(vault_path, provide).records == before.records
    for seen in (
        read(vault_path, key=OTHER_KEY),
        read(vault_path, passphrase=WORDS),
        read(vault_path, keyring=RING_KEY),
    ):
        assert [event["happened"] for event in seen.events[-3:]] == ["slot_add"] * 3
    assert found(vault_path) == set()


def test_another_slot_leaves_every_row_as_it_was_but_the_head(vault_path: Path) -> None:
    rows = "SELECT * FROM record WHERE kind <> 'head' ORDER BY kind, id"
    before, events = query(vault_path, rows), query(vault_path, "SELECT * FROM event")

    add(vault_path, *PLANS[0])
    renew(vault_path, without("slot_one"), happened="slot_remove")

    assert query(vault_path, rows) == before
    assert query(vault_path, "SELECT * FROM event WHERE number <= 10") == events
    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(vault_path, key_file())
    with opened(vault_path, key_file(OTHER_KEY)) as vault, vault.reading() as transaction:
        assert vault.header.generation == transaction.head.generation == 3


def test_a_header_from_before_a_slot_was_removed_is_refused(vault_path: Path) -> None:
    """Whoever has the old secret and can write the file would get in again."""
    add(vault_path, *PLANS[0])
    (older,) = query(vault_path, "SELECT body, mac FROM header")
    renew(vault_path, without("slot_file"), happened="slot_remove")

    edit(vault_path, "UPDATE header SET body = ?, mac = ?", older)

    with (
        opened(vault_path, key_file(OTHER_KEY)) as vault,
        refused(Code.VAULT_CORRUPT),
        vault.reading(),
    ):
        pass
