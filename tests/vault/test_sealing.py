import json
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from mfactl.vault import sealing
from mfactl.vault.sealing import EventPlace, Place, SealBroken
from tests.vault.vaults import KEY, OTHER_KEY, VAULT_ID

HERE = Place("account", "user_ada", 3, "index", "owner", 99)
BARE = Place("pepper", "pepper", 1)


EVENT = EventPlace(3, "user_ada", "index", "client_ada")


def sealed(plaintext: bytes = b"a secret", place: Place | EventPlace = HERE) -> bytes:
    return sealing.seal(KEY, plaintext, place, VAULT_ID)


def opened(
    data: bytes, place: Place | EventPlace = HERE, key: bytes = KEY, vault_id: str = VAULT_ID
) -> bytes:
    return sealing.open_(key, data, place, vault_id)


@given(st.binary(max_size=1100))
def test_what_was_sealed_opens_in_its_place(plaintext: bytes) -> None:
    assert opened(sealed(plaintext)) == plaintext


@pytest.mark.parametrize("plaintext", [b"", b"\x80", b"\x80\0\0", b"x" * 255 + b"\x80", bytes(256)])
def test_the_padding_is_never_taken_for_text(plaintext: bytes) -> None:
    assert opened(sealed(plaintext)) == plaintext


@pytest.mark.parametrize(
    ("length", "blocks"), [(0, 1), (1, 1), (255, 1), (256, 2), (257, 2), (511, 2), (512, 3)]
)
def test_only_the_number_of_blocks_shows(length: int, blocks: int) -> None:
    assert len(sealed(b"x" * length)) == 12 + 256 * blocks + 16


def test_nothing_of_the_plaintext_shows() -> None:
    assert b"secret" not in sealed(b"a secret" * 20)


def test_no_nonce_is_used_twice() -> None:
    assert len({sealed()[:12] for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "other",
    [
        HERE._replace(kind="client"),
        HERE._replace(id="user_bob"),
        HERE._replace(version=2),
        HERE._replace(version=4),
        HERE._replace(lookup="other"),
        HERE._replace(lookup=None),
        HERE._replace(account="other"),
        HERE._replace(account=None),
        HERE._replace(expires=98),
        HERE._replace(expires=None),
        HERE._replace(lookup="owner", account="index"),
    ],
)
def test_a_seal_is_broken_in_any_other_place(other: Place) -> None:
    with pytest.raises(SealBroken):
        opened(sealed(), other)


@pytest.mark.parametrize(
    "other",
    [
        EVENT._replace(number=2),
        EVENT._replace(subject="user_bob"),
        EVENT._replace(subject=""),
        EVENT._replace(address="other"),
        EVENT._replace(address=None),
        EVENT._replace(client="client_bea"),
        EVENT._replace(client=None),
        EVENT._replace(address="client_ada", client="index"),
        Place("event", "3", 1, "index", "user_ada"),
    ],
)
def test_the_seal_of_an_event_is_broken_in_any_other_place(other: EventPlace | Place) -> None:
    assert opened(sealed(place=EVENT), EVENT) == b"a secret"
    with pytest.raises(SealBroken):
        opened(sealed(place=EVENT), other)


def test_a_place_is_bound_as_the_format_says() -> None:
    assert sealing._bound(HERE, VAULT_ID) == (
        b'["mfactl/record",1,"vault_here","account","user_ada",3,"index","owner",99]'
    )
    assert sealing._bound(BARE._replace(id="\xe9"), VAULT_ID) == (
        b'["mfactl/record",1,"vault_here","pepper","\\u00e9",1,null,null,null]'
    )
    assert sealing._bound(EVENT, VAULT_ID) == (
        b'["mfactl/event",1,"vault_here",3,"user_ada","index","client_ada"]'
    )


@given(
    st.tuples(
        *[st.text()] * 2,
        st.integers(),
        *[st.none() | st.text()] * 2,
        st.none() | st.integers() | st.booleans() | st.floats(),
    ),
    st.text(),
)
def test_what_is_bound_is_one_list_of_json(values: tuple[Any, ...], vault_id: str) -> None:
    as_json = json.JSONEncoder(separators=(",", ":")).encode
    record = ["mfactl/record", 1, vault_id, *values]
    assert sealing._bound(Place(*values), vault_id) == as_json(record).encode()
    event = ["mfactl/event", 1, vault_id, *values[2:6]]
    assert sealing._bound(EventPlace(*values[2:6]), vault_id) == as_json(event).encode()


def test_no_record_is_bound_as_an_event_is() -> None:
    """Seven parts follow in the one, five in the other, and the first word differs."""
    record = Place("3", "user_ada", 3, "index", "client_ada")

    with pytest.raises(SealBroken):
        opened(sealed(place=EVENT), record)
    with pytest.raises(SealBroken):
        opened(sealed(place=record), EVENT)


def test_a_seal_is_broken_in_another_vault_and_under_another_key() -> None:
    with pytest.raises(SealBroken):
        opened(sealed(), vault_id="vault_there")
    with pytest.raises(SealBroken):
        opened(sealed(), key=OTHER_KEY)


def test_a_seal_is_broken_by_any_changed_byte_and_any_cut() -> None:
    data = sealed()

    for place in range(len(data)):
        spoilt = bytearray(data)
        spoilt[place] ^= 0x80
        with pytest.raises(SealBroken):
            opened(bytes(spoilt))
        with pytest.raises(SealBroken):
            opened(data[:place])
    with pytest.raises(SealBroken):
        opened(data + b"\0")


def test_no_index_value_and_an_empty_one_are_two_places() -> None:
    """An attacker without the key may write '' where NULL was."""
    empty: Any = ""
    for other in (
        BARE._replace(lookup=empty),
        BARE._replace(account=empty),
        BARE._replace(expires=empty),
    ):
        with pytest.raises(SealBroken):
            opened(sealed(place=BARE), other)


def test_a_number_and_its_digits_are_two_places() -> None:
    """SQLite may hold a text in any column, whatever the schema says."""
    three: Any = "3"
    ninety_nine: Any = "99"
    for other in (HERE._replace(version=three), HERE._replace(expires=ninety_nine)):
        with pytest.raises(SealBroken):
            opened(sealed(), other)


def test_no_two_places_are_bound_alike() -> None:
    texts = ["", "a", "ab", "b"]
    numbers = [1, 11]
    every = {
        Place(kind, name, version, lookup, account, expires)
        for kind, name, version, lookup, account, expires in product(
            texts, texts, numbers, texts, texts, numbers
        )
    }
    bound = {sealing._bound(place, VAULT_ID) for place in every}

    assert len(bound) == len(every)


def test_moving_text_from_one_part_to_the_next_is_another_place() -> None:
    place = Place("kind", "aa", 1, "bb", "cc")
    for moved in (
        Place("kinda", "a", 1, "bb", "cc"),
        Place("kind", "aa", 1, "bbc", "c"),
        Place("kind", "aa", 1, "bb\0cc", None),
        Place("kind\0aa", "1", 1, "bb", "cc"),
    ):
        with pytest.raises(SealBroken):
            opened(sealed(place=place), moved)


def test_text_that_only_a_holder_of_the_key_could_have_padded_wrongly_is_a_broken_seal() -> None:
    nonce = bytes(12)
    unpadded = nonce + AESGCM(KEY).encrypt(nonce, bytes(256), sealing._bound(HERE, VAULT_ID))

    with pytest.raises(SealBroken):
        opened(unpadded)
