import hmac
import json
import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfactl.errors import Code, MfactlError
from mfactl.exits import Exit
from mfactl.vault import header as headers
from mfactl.vault import keys
from mfactl.vault.header import ALGORITHMS, Header, Secret, SecretProvider, unlock
from mfactl.vault.keys import FLOOR, KEY_FILE, KEYRING, PASSPHRASE, Cost, Slot, SlotPlan
from mfactl.vault.vault import Vault
from tests.vault.vaults import (
    KEY,
    OTHER_KEY,
    VAULT_ID,
    edit,
    header_of,
    key_file,
    make_minimal,
    opened,
    passphrase,
    put_header,
    refused,
)

DATA_KEY = b"d" * 32
BRANCH = "b0" * 16
KEYS = keys.derive(DATA_KEY, VAULT_ID, BRANCH)
WORDS = b"ten green bottles"
Json = dict[str, Any]


def slot(
    secret: bytes = KEY,
    *,
    slot_id: str = "slot_one",
    cost: Cost | None = None,
    vault: str = VAULT_ID,
) -> Slot:
    plan = SlotPlan(slot_id, KEY_FILE if cost is None else PASSPHRASE, cost, 7)
    return keys.wrap(DATA_KEY, secret, plan, vault_id=vault)


def header(*slots: Slot, test: bool = False) -> Header:
    return Header(VAULT_ID, BRANCH, 3, test, 5, slots)


def sealed(*slots: Slot, test: bool = False) -> tuple[bytes, bytes]:
    """A header's body and its MAC."""
    body = headers.encode(header(*slots, test=test))
    return body, headers.mac(body, KEYS)


def changed(body: bytes, change: Callable[[Json], object]) -> bytes:
    raw = json.loads(body)
    change(raw)
    return json.dumps(raw, separators=(",", ":")).encode()


def test_a_header_is_spelled_as_the_format_says() -> None:
    one = Slot("slot_one", KEY_FILE, b"\x01\xff", None, b"\xab", 7)
    two = Slot("slot_two", PASSPHRASE, b"\x02", Cost(65536, 3, 4), b"\xcd", 8)
    three = Slot("slot_three", KEYRING, b"\x03", None, b"\xef", 9)

    assert headers.encode(header(one, two, three, test=True)).decode() == (
        '{"magic":"mfactl","format":1,'
        '"algorithms":"AES-256-GCM HKDF-SHA256 HMAC-SHA256 Argon2id",'
        '"vault_id":"vault_here","branch":"b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",'
        '"generation":3,"test":true,"created_at":5,"slots":['
        '{"id":"slot_one","kind":"key_file","created_at":7,"salt":"01ff","cost":null,'
        '"wrapped":"ab"},'
        '{"id":"slot_two","kind":"passphrase","created_at":8,"salt":"02","cost":[65536,3,4],'
        '"wrapped":"cd"},'
        '{"id":"slot_three","kind":"keyring","created_at":9,"salt":"03","cost":null,'
        '"wrapped":"ef"}]}'
    )


def test_the_mac_is_an_hmac_of_the_body_under_the_headers_own_key() -> None:
    body, seal = sealed(slot())

    assert seal == hmac.digest(KEYS.header, body, "sha256")


@pytest.mark.parametrize("test", [False, True])
def test_a_header_opens_with_the_secret_of_a_slot(test: bool) -> None:
    one, two = slot(), slot(WORDS, slot_id="slot_two", cost=FLOOR)
    body, seal = sealed(one, two, test=test)

    by_key, by_words = unlock(body, seal, key_file()), unlock(body, seal, passphrase(WORDS))

    assert by_key.header == by_words.header == header(one, two, test=test)
    assert by_key.keys == by_words.keys == KEYS
    assert by_key.data_key == by_words.data_key == DATA_KEY
    assert (by_key.slot, by_words.slot) == (one, two)
    assert by_key.body == body


def test_of_several_slots_of_a_kind_the_one_that_fits_opens() -> None:
    slots = [slot(bytes([n]) * 32, slot_id=f"slot_{n}") for n in range(16)]

    assert unlock(*sealed(*slots), key_file(bytes([15]) * 32)).slot == slots[15]


def test_whoever_gives_the_secret_is_told_the_slots_and_asked_once() -> None:
    asked: list[tuple[Slot, ...]] = []

    def provide(slots: tuple[Slot, ...]) -> Secret:
        asked.append(slots)
        return Secret(KEY_FILE, OTHER_KEY, "The key file")

    slots = (slot(), slot(slot_id="slot_three"), slot(WORDS, slot_id="slot_two", cost=FLOOR))
    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(*sealed(*slots), provide)

    assert asked == [slots]


def test_a_secret_of_one_kind_is_not_tried_on_slots_of_another() -> None:
    body, seal = sealed(slot())

    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(body, seal, passphrase(KEY))


def test_a_wrong_secret_says_where_it_came_from() -> None:
    body, seal = sealed(slot())

    with pytest.raises(Exception, match="vault_key_incorrect") as caught:
        unlock(body, seal, lambda _slots: Secret(KEY_FILE, OTHER_KEY, "The key file /k"))
    assert "The key file /k does not open this vault." in str(caught.value)


def test_a_header_without_slots_opens_with_nothing() -> None:
    with refused(Code.VAULT_KEY_INCORRECT, Code.VAULT_CORRUPT):
        unlock(*sealed(), key_file())


# --- what was changed


def set_in_slot(name: str, value: object, place: int = 0) -> Callable[[Json], object]:
    return lambda raw: raw["slots"][place].update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(generation=4),
        lambda raw: raw.update(generation=2),
        lambda raw: raw.update(test=True),
        lambda raw: raw.update(created_at=6),
        lambda raw: raw.update(branch="b1" * 16),
        lambda raw: raw.update(branch=""),
        lambda raw: raw.update(branch="\ud800"),
        lambda raw: raw.update(extra=1),
        lambda raw: raw.pop("created_at") and raw.update(created_at=5),  # another order
        lambda raw: raw["slots"].reverse(),
        lambda raw: raw["slots"].pop(1),
        lambda raw: raw["slots"].append(raw["slots"][0]),
        set_in_slot("wrapped", "", place=1),
        set_in_slot("cost", [19456, 1, 1], place=1),
    ],
)
def test_a_header_that_was_changed_beside_its_slot_is_damaged(
    change: Callable[[Json], object],
) -> None:
    body, seal = sealed(slot(), slot(WORDS, slot_id="slot_two", cost=FLOOR))

    with refused(Code.VAULT_CORRUPT):
        unlock(changed(body, change), seal, key_file())


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(vault_id="vault_there"),
        lambda raw: raw.update(vault_id=""),
        set_in_slot("id", "slot_two"),
        set_in_slot("kind", "passphrase"),
        set_in_slot("kind", "keyring"),
        set_in_slot("created_at", 8),
        set_in_slot("salt", "00" * 16),
        set_in_slot("salt", ""),
        set_in_slot("cost", [19456, 2, 1]),
        set_in_slot("wrapped", "00" * 60),
        set_in_slot("wrapped", ""),
    ],
)
def test_a_slot_that_was_changed_opens_with_no_secret(change: Callable[[Json], object]) -> None:
    body, seal = sealed(slot())

    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(changed(body, change), seal, key_file())


@pytest.mark.parametrize("seal", [b"", b"\0" * 32, b"\xff" * 33])
def test_a_mac_that_was_changed_is_damage(seal: bytes) -> None:
    body, right = sealed(slot())

    for wrong in (seal, right[:-1], right + b"\0", bytes([right[0] ^ 1]) + right[1:]):
        with refused(Code.VAULT_CORRUPT):
            unlock(body, wrong, key_file())


def test_a_slot_of_another_vault_with_the_same_secret_does_not_open_this_one() -> None:
    theirs = slot(vault="vault_there")

    with refused(Code.VAULT_KEY_INCORRECT):
        unlock(*sealed(theirs), key_file())


def test_two_slots_with_each_others_wrapped_keys_do_not_open() -> None:
    one, two = slot(), slot(OTHER_KEY, slot_id="slot_two")
    body, seal = sealed(one._replace(wrapped=two.wrapped), two._replace(wrapped=one.wrapped))

    for key in (KEY, OTHER_KEY):
        with refused(Code.VAULT_KEY_INCORRECT):
            unlock(body, seal, key_file(key))


@pytest.mark.parametrize(
    "cost", [Cost(64, 1, 1), Cost(19455, 2, 1), FLOOR._replace(iterations=17)], ids=repr
)
def test_a_slot_with_other_parameters_than_we_write_is_refused_even_if_it_would_open(
    cost: Cost,
) -> None:
    with refused(Code.VAULT_CORRUPT):
        unlock(*sealed(slot(WORDS, cost=cost)), passphrase(WORDS))


@pytest.mark.parametrize("cost", [[2**31, 2, 1], [19456, 2**31, 1], [19456, 2, 2**20], [0, 0, 0]])
def test_absurd_parameters_are_refused_before_anything_is_stretched(cost: list[int]) -> None:
    body, seal = sealed(slot(WORDS, cost=FLOOR))

    with refused(Code.VAULT_CORRUPT):  # stretching would take the machine down, or for ever
        unlock(changed(body, set_in_slot("cost", cost)), seal, passphrase(WORDS))


# --- what is no header


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(magic="other"),
        lambda raw: raw.pop("magic"),
        lambda raw: raw.update(vault_id=5),
        lambda raw: raw.pop("vault_id"),
        lambda raw: raw.update(branch=None),
        lambda raw: raw.update(branch=7),
        lambda raw: raw.pop("branch"),
        lambda raw: raw.update(generation="1"),
        lambda raw: raw.update(generation=True),
        lambda raw: raw.update(generation=1.0),
        lambda raw: raw.update(test=1),
        lambda raw: raw.update(test=None),
        lambda raw: raw.update(created_at=None),
        lambda raw: raw.update(slots=None),
        lambda raw: raw.update(slots={}),
        lambda raw: raw.update(slots={"0": {}}),
        lambda raw: raw.update(slots="slots"),
        lambda raw: raw.update(slots=[None]),
        lambda raw: raw.update(slots=[[]]),
        lambda raw: raw.update(slots=["slot"]),
        set_in_slot("id", 1),
        set_in_slot("kind", None),
        set_in_slot("created_at", "7"),
        set_in_slot("salt", "zz"),
        set_in_slot("salt", 1),
        set_in_slot("wrapped", None),
        set_in_slot("wrapped", "abc"),
        set_in_slot("cost", []),
        set_in_slot("cost", [1, 2]),
        set_in_slot("cost", [1, 2, 3, 4]),
        set_in_slot("cost", ["19456", 2, 1]),
        set_in_slot("cost", [19456.0, 2, 1]),
        set_in_slot("cost", [True, True, True]),
        set_in_slot("cost", 19456),
        set_in_slot("cost", {"memory": 19456}),
    ],
)
def test_a_header_with_other_fields_or_types_is_damaged(change: Callable[[Json], object]) -> None:
    body, seal = sealed(slot())

    with refused(Code.VAULT_CORRUPT):
        unlock(changed(body, change), seal, key_file())


NO_HEADERS = {
    "nothing": b"",
    "a brace": b"{",
    "null": b"null",
    "a list": b"[]",
    "no field": b"{}",
    "a text": b'"mfactl"',
    "no UTF-8": b"\xff\xfe",
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"magic":' * 6_000,
    "too long": b" " * 70_000 + b"{}",
    "a long number": b'{"magic":"mfactl","format":' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("body", NO_HEADERS.values(), ids=NO_HEADERS)
def test_what_is_no_header_is_damage(body: bytes) -> None:
    with refused(Code.VAULT_CORRUPT):
        unlock(body, b"", key_file())


def test_a_header_of_more_than_64_kib_is_damaged() -> None:
    body, _ = sealed(slot())
    long = changed(body, lambda raw: raw.update(filler="x" * 65536))

    with refused(Code.VAULT_CORRUPT):
        unlock(long, headers.mac(long, KEYS), key_file())


def test_no_slot_of_a_header_is_silently_left_out() -> None:
    """Whoever rewrites the header would lose the seventeenth."""
    slots = [slot(bytes([n]) * 32, slot_id=f"slot_{n}") for n in range(17)]

    with refused(Code.VAULT_CORRUPT):
        unlock(*sealed(*slots), key_file(bytes([0]) * 32))


# --- versions


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(format=2),
        lambda raw: raw.update(format=10**9),
        lambda raw: raw.update(format="1"),
        lambda raw: raw.update(format=None),
        lambda raw: raw.pop("format"),
        lambda raw: raw.update(algorithms=ALGORITHMS + " ML-KEM-768"),
        lambda raw: raw.update(algorithms=None),
        lambda raw: raw.update(format=2, slots="of another shape", vault_id=None),
    ],
)
def test_a_header_of_another_format_is_too_new(change: Callable[[Json], object]) -> None:
    body, seal = sealed(slot())

    with refused(Code.VAULT_TOO_NEW):
        unlock(changed(body, change), seal, key_file())


def test_nobody_is_asked_for_a_passphrase_of_a_vault_that_is_too_new_or_damaged() -> None:
    def provide(_slots: tuple[Slot, ...]) -> Secret:
        raise AssertionError

    body, seal = sealed(slot())
    with refused(Code.VAULT_TOO_NEW):
        unlock(changed(body, lambda raw: raw.update(format=2)), seal, provide)
    with refused(Code.VAULT_CORRUPT):
        unlock(b"{}", seal, provide)


# --- in a file


def test_the_header_of_a_new_vault_is_what_was_planned(minimal: Path) -> None:
    raw = header_of(minimal)

    with opened(minimal) as vault:
        assert vault.header.vault_id == VAULT_ID == raw["vault_id"]
        assert vault.header.branch == raw["branch"]
        assert vault.header.generation == 1
        assert not vault.header.test
        assert len(vault.header.slots) == 1
    assert re.fullmatch("[0-9a-f]{120}", raw["slots"][0]["wrapped"])
    assert re.fullmatch("[0-9a-f]{32}", raw["branch"])


def test_the_wrong_key_opens_no_vault(minimal: Path) -> None:
    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(minimal, key_file(OTHER_KEY))
    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(minimal, passphrase(KEY))


def test_the_header_of_another_vault_with_the_same_key_file_does_not_fit_the_records(
    minimal: Path, tmp_path: Path
) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    with opened(other) as vault:
        body, seal = vault.unlocked.body, headers.mac(vault.unlocked.body, vault.unlocked.keys)
    edit(minimal, "UPDATE header SET body = ?, mac = ?", (body, seal))

    with opened(minimal) as vault, refused(Code.VAULT_CORRUPT), vault.reading():
        pass


def test_a_slot_copied_from_another_vault_does_not_open_this_one(
    minimal: Path, tmp_path: Path
) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    raw = header_of(minimal)
    raw["slots"] = header_of(other)["slots"]
    put_header(minimal, raw)

    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(minimal, key_file())


@pytest.mark.parametrize("column", ["body", "mac"])
def test_a_header_with_any_byte_changed_opens_no_vault(minimal: Path, column: str) -> None:
    with opened(minimal) as vault:
        body, seal = vault.unlocked.body, headers.mac(vault.unlocked.body, vault.unlocked.keys)
    good = body if column == "body" else seal

    for place in range(len(good)):
        spoilt = bytearray(good)
        spoilt[place] ^= 1
        pair = (bytes(spoilt), seal) if column == "body" else (body, bytes(spoilt))
        with refused(Code.VAULT_CORRUPT, Code.VAULT_KEY_INCORRECT, Code.VAULT_TOO_NEW):
            unlock(*pair, key_file())


def test_a_vault_without_a_header_is_damaged(minimal: Path) -> None:
    edit(minimal, "DELETE FROM header")

    with refused(Code.VAULT_CORRUPT):
        Vault(minimal, key_file())


def test_a_header_of_64_kib_is_the_longest() -> None:
    body, _ = sealed(slot())
    longest = body.ljust(1 << 16)

    assert unlock(longest, headers.mac(longest, KEYS), key_file()).data_key == DATA_KEY
    with refused(Code.VAULT_CORRUPT):
        unlock(longest + b" ", headers.mac(longest + b" ", KEYS), key_file())


# --- what to do next


@pytest.mark.parametrize(
    ("provide", "remedy"),
    [
        (key_file(OTHER_KEY), "Check MFACTL_KEY_FILE and --vault."),
        (passphrase(b"eleven"), headers.TYPE_AGAIN),
    ],
)
def test_a_wrong_secret_is_told_with_what_to_check(provide: SecretProvider, remedy: str) -> None:
    body, seal = sealed(slot(), slot(WORDS, slot_id="slot_two", cost=FLOOR))

    with pytest.raises(MfactlError) as caught:
        unlock(body, seal, provide)
    refusal = caught.value.refusals[0]
    assert (refusal.code, refusal.remedy) == (Code.VAULT_KEY_INCORRECT, remedy)


def test_a_slot_that_asks_for_more_memory_than_there_is_is_the_machines_error() -> None:
    greedy = slot()._replace(kind=PASSPHRASE, cost=Cost(1024 * 1024, 1, 1))
    in_use = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use + 100_000_000, before[1]))
    try:
        with pytest.raises(MfactlError) as caught:
            headers.unwrapped(greedy, WORDS, VAULT_ID)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    refusal = caught.value.refusals[0]
    assert (refusal.code, refusal.entry.exit) == (Code.IO_ERROR, Exit.MACHINE)
    assert "memory" in refusal.long_message
