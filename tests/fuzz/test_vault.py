"""What stands in a vault's file: the header, sealed rows, and the records in them."""

import json
from contextlib import suppress
from itertools import product
from typing import Any, get_args, get_origin

import pytest
from hypothesis import strategies as st

from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client
from mfactl.errors import Code
from mfactl.vault import header as headers
from mfactl.vault import keys, records
from mfactl.vault.header import Header, unlock
from mfactl.vault.keys import FLOOR, Cost, Slot, SlotPlan
from mfactl.vault.records import Event, Head, Malformed, Pepper
from mfactl.vault.sealing import Place, SealBroken, open_, seal
from tests.fuzz.fuzz import Fuzz, allowed
from tests.fuzz.hostile import (
    JSON,
    LEAVES,
    TOO_DEEP,
    mutated_bytes,
    mutated_json,
    with_each_place,
)
from tests.support import builders
from tests.support.builders import NOW
from tests.vault.vaults import KEY, VAULT_ID, key_file, passphrase

pytestmark = pytest.mark.soak

DATA_KEY = b"d" * 32
WORDS = b"ten green bottles"

# --- records

WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers(-(2**63), 2**63)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Any record of a type, or any value of a type that a record's field has."""
    if hasattr(kind, "_fields"):
        return st.builds(kind, *(of_type(kind.__annotations__[name]) for name in kind._fields))
    if get_args(kind):
        return _of_generic(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: WORD,
        int: NUMBER,
        bool: st.booleans(),
        bytes: st.binary(max_size=40),
        type(None): st.none(),
    }
    return plain[kind]


def _of_generic(kind: Any) -> st.SearchStrategy[Any]:
    origin = get_origin(kind)
    plain = st.none() | st.booleans() | NUMBER | WORD
    if origin is tuple:
        return st.lists(of_type(get_args(kind)[0]), max_size=3).map(tuple)
    if origin is list:
        return st.lists(st.lists(plain, max_size=3), max_size=3)
    if origin is dict:
        return st.dictionaries(WORD, plain | st.lists(plain, max_size=3), max_size=3)
    return st.one_of(*(of_type(part) for part in get_args(kind)))


KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Account, Client, Stranger, Pepper, Head, Event)
}


@pytest.mark.parametrize("name", KINDS)
def test_a_record_comes_back_from_its_json_as_it_was(fuzz: Fuzz, name: str) -> None:
    def check(record: Any) -> None:
        data = records.encode(record)
        again = records.decode(KINDS[name], data)
        assert again == record
        assert records.encode(again) == data

    fuzz("records written and read back", 25, of_type(KINDS[name]), check)


def as_json(record: Any) -> Any:
    return json.loads(records.encode(record))


WHOLE: dict[str, list[Any]] = {
    "Account": [builders.account(), builders.account_with_totp()],
    "Client": [
        builders.pending_sign_up(tries=2),
        builders.pending_sign_in(builders.account()),
        builders.enrolling(builders.account_with_totp()),
    ],
    "Stranger": [builders.stranger(), builders.stranger(code_handed_over_at=NOW)],
    "Pepper": [Pepper("pepper", b"\xab" * 32)],
    "Head": [Head("head", 7, "ab" * 32, 3, "cd" * 32, 0, 1, "ef" * 32, 21)],
    "Event": [
        Event(7, NOW, "sign_in", "user_ada", 2, False, None, 0, "x", {"a": [1]}, [["b"]], [], "00")
    ],
}


def fits(kind: Any, value: Any) -> bool:
    """Whether a value is what its type says, all the way down. True is no number."""
    if hasattr(kind, "_fields"):
        types = (kind.__annotations__[name] for name in kind._fields)
        return type(value) is kind and all(map(fits, types, value))
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return type(value) is tuple and all(fits(inner[0], item) for item in value)
    if origin in (list, dict):
        return type(value) is origin
    return any(fits(part, value) for part in inner) if inner else type(value) is kind


PEPPER = records.encode(WHOLE["Pepper"][0])


@pytest.mark.parametrize("name", KINDS)
def test_json_is_a_record_that_stays_what_it_is_or_malformed(fuzz: Fuzz, name: str) -> None:
    kind = KINDS[name]

    def check(data: bytes) -> None:
        try:
            record = records.decode(kind, data)
        except Malformed:
            return
        assert fits(kind, record)
        with suppress(UnicodeEncodeError):  # a lone surrogate, which encode never writes
            again = records.decode(kind, records.encode(record))
            assert repr(tuple(again)) == repr(tuple(record))

    valid = st.sampled_from([as_json(record) for record in WHOLE[name]])
    fuzz("records of hostile JSON", 25, mutated_json(valid), check, TOO_DEEP)


@pytest.mark.parametrize("name", KINDS)
def test_a_value_of_another_type_is_malformed_in_every_place(name: str) -> None:
    others: tuple[Any, ...] = (True, None, 7, 1.5, "ab", "zz", [], [7], {}, {"id": 7})
    for record, new in product(WHOLE[name], others):
        for changed in with_each_place(as_json(record), new):
            with suppress(Malformed):
                assert fits(KINDS[name], records.decode(KINDS[name], json.dumps(changed).encode()))


# --- seals

PLACE = Place("account", "user_ada", 3, "lookup", None, NOW)
SEALED = seal(KEY, b"a record", PLACE, VAULT_ID)
PARTS = st.none() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=9)
PLACES = st.builds(Place, *(PARTS for _ in Place._fields)) | st.builds(
    lambda name, part: PLACE._replace(**{name: part}), st.sampled_from(Place._fields), PARTS
)


def check_seal(given: tuple[object, Place, str]) -> None:
    sealed, place, vault_id = given
    try:
        plaintext = open_(KEY, sealed, place, vault_id)
    except SealBroken:
        return
    assert (sealed, place, vault_id) == (SEALED, PLACE, VAULT_ID)
    assert plaintext == b"a record"


def test_nothing_opens_but_what_was_sealed_in_its_place(fuzz: Fuzz) -> None:
    rows = mutated_bytes(st.just(SEALED)) | LEAVES | st.floats() | st.just(SEALED)
    given = st.tuples(rows, PLACES | st.just(PLACE), st.text(max_size=9) | st.just(VAULT_ID))
    parts: tuple[Any, ...] = ("x", 7, b"x")
    others = [PLACE._replace(**{n: part}) for n, part in product(Place._fields, parts)]
    always = [*((SEALED, place, VAULT_ID) for place in [PLACE, *others])]
    always += [(SEALED, PLACE, "another vault"), (SEALED[:11], PLACE, VAULT_ID)]
    fuzz("rows opened", 120, given, check_seal, always)


# --- the header

# No cost between these is drawn: within the bounds a slot may ask for a gigabyte, and gets it.
COSTS = st.sampled_from(
    [
        None,
        [19456, 1, 1],
        [19455, 1, 1],
        [19456, 0, 1],
        [19456, 17, 1],
        [19456, 1, 0],
        [19456, 1, 17],
        [1048577, 3, 4],
        [2**40, 3, 4],
        [10**400, 1, 1],
        [-1, -1, -1],
        [19456, 1, True],
        [19456, 1],
        [19456, 1, 1, 1],
        [],
        "123",
        {"19456": 1, "1": 1, "2": 1},
        7,
    ]
)
BRANCH = "b0" * 16


def key_file_slot(slot_id: str = "slot_one", *, vault_id: str = VAULT_ID, now: int = NOW) -> Slot:
    plan = SlotPlan(slot_id, keys.KEY_FILE, None, now)
    return keys.wrap(DATA_KEY, KEY, plan, vault_id=vault_id)


ONE = key_file_slot()
TWO = keys.wrap(
    DATA_KEY, WORDS, SlotPlan("slot_two", keys.PASSPHRASE, FLOOR, NOW), vault_id=VAULT_ID
)
BODY = headers.encode(Header(VAULT_ID, BRANCH, 3, True, NOW, (ONE, TWO)))
MAC = headers.mac(BODY, keys.derive(DATA_KEY, VAULT_ID, BRANCH))
SLOTS = st.fixed_dictionaries(
    {
        "id": JSON | st.just("slot_one"),
        "kind": st.sampled_from(["key_file", "passphrase", "", None, 1]),
        "created_at": JSON | st.just(NOW),
        "salt": st.sampled_from(["", "zz", "ab cd", "00" * 16, None, 1]),
        "cost": COSTS,
        "wrapped": st.sampled_from(["", "ab", "00" * 60, ONE.wrapped.hex(), None]),
    }
)


def with_slots(body: Any, slots: list[Any], costs: list[Any]) -> Any:
    """The body with other slots, or with its own at other costs."""
    own = [{**slot, "cost": cost} for slot, cost in zip(body["slots"], costs, strict=True)]
    return {**body, "slots": slots or own}


def check_header(given: tuple[bytes, bytes, bool]) -> None:
    body, mac, by_words = given
    with allowed(Code.VAULT_CORRUPT, Code.VAULT_TOO_NEW, Code.VAULT_KEY_INCORRECT):
        unlocked = unlock(body, mac, passphrase(WORDS) if by_words else key_file())
        assert (body, mac) == (BODY, MAC)
        assert unlocked.keys == keys.derive(DATA_KEY, VAULT_ID, BRANCH)


def test_a_header_that_was_changed_opens_nothing(fuzz: Fuzz) -> None:
    whole = json.loads(BODY)
    slots: st.SearchStrategy[list[Any]] = st.lists(SLOTS, max_size=3)
    odd = st.builds(with_slots, st.just(whole), slots, st.lists(COSTS, min_size=2, max_size=2))
    bodies = odd.map(lambda body: json.dumps(body).encode()) | mutated_json(
        st.just(whole), JSON.filter(lambda value: not is_dear(value))
    )
    macs = mutated_bytes(st.just(MAC))
    always = [(BODY, MAC, False), (BODY, MAC, True), *((deep, MAC, False) for deep in TOO_DEEP)]
    always += [(b'{"magic":"mfactl","slots":' + deep + b"}", MAC, False) for deep in TOO_DEEP]
    fuzz("headers", 80, st.tuples(bodies, macs, st.booleans()), check_header, always)


def is_dear(value: object) -> bool:
    """Whether a value, put in the place of a cost or a part of one, may be a lawful high cost."""
    return isinstance(value, int) and FLOOR.memory_kib < value <= 2**20


HEADERS = st.builds(
    Header,
    vault_id=WORD,
    branch=st.binary(max_size=20).map(bytes.hex),
    generation=NUMBER,
    test=st.booleans(),
    created_at=NUMBER,
    slots=st.just(()),
)


def check_read_back(given: tuple[Header, str, int]) -> None:
    header, slot_id, now = given
    slot = key_file_slot(slot_id, vault_id=header.vault_id, now=now)
    other = Slot("slot_other", keys.PASSPHRASE, b"s" * 16, Cost(65536, 3, 4), b"w" * 60, now)
    header = header._replace(slots=(slot, other))
    body = headers.encode(header)
    derived = keys.derive(DATA_KEY, header.vault_id, header.branch)
    unlocked = unlock(body, headers.mac(body, derived), key_file())
    assert (unlocked.header, unlocked.keys, unlocked.slot) == (header, derived, slot)


def test_a_header_is_read_back_as_it_was_written(fuzz: Fuzz) -> None:
    fuzz("headers read back", 60, st.tuples(HEADERS, WORD, NUMBER), check_read_back)


@pytest.mark.parametrize("field", ["vault_id", "branch", "id", "kind"])
def test_a_header_with_a_string_that_is_no_text_is_damaged(field: str) -> None:
    whole = json.loads(BODY)
    (whole["slots"][0] if field in whole["slots"][0] else whole)[field] = "\ud800"
    with allowed(Code.VAULT_CORRUPT):
        unlock(json.dumps(whole).encode(), MAC, key_file())
        pytest.fail("nothing was refused")
