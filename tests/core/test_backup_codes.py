import math
import os
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import backup_codes
from mfactl.core.backup_codes import Found
from mfactl.core.code import Shape, Typed, parse
from tests.support.builders import BACKUP_CODES, NOW, backup_code_set, digest

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def test_a_set_is_ten_codes_of_sixty_bits() -> None:
    codes = backup_codes.draw(os.urandom)

    assert len(codes) == len(set(codes)) == 10
    assert all(len(code) == 12 for code in codes)
    assert backup_codes.SALT_BYTES == 16
    assert 12 * math.log2(len(CROCKFORD)) == 60


def test_every_character_is_equally_likely() -> None:
    drawn = Counter(
        backup_codes.draw(lambda count, byte=byte: bytes([byte]) * count)[0]  # type: ignore[misc]
        for byte in range(256)
    )

    assert drawn == dict.fromkeys((character * 12 for character in CROCKFORD), 8)


def test_every_code_asks_for_twelve_bytes_of_its_own() -> None:
    asked: list[int] = []

    def random_bytes(count: int) -> bytes:
        asked.append(count)
        return bytes([len(asked)] * count)

    codes = backup_codes.draw(random_bytes)

    assert asked == [12] * 10
    assert codes[0] == "1" * 12
    assert codes[9] == "a" * 12


def test_a_code_is_shown_in_three_groups_of_four() -> None:
    assert backup_codes.shown("4k7m2p9xt3wd") == "4k7m-2p9x-t3wd"


@given(st.binary(min_size=12, max_size=12))
@settings(deadline=None)
def test_what_is_shown_is_read_back_as_the_code(drawn: bytes) -> None:
    (code, *_) = backup_codes.draw(lambda _count: drawn)

    assert parse(backup_codes.shown(code), backup_only=True) == Typed(Shape.BACKUP, code)
    assert set(CROCKFORD).issuperset(code)


def test_every_code_of_a_set_is_found_at_its_place() -> None:
    codes = backup_code_set()

    found = [backup_codes.find(codes, digest(text)) for text in BACKUP_CODES]

    assert found == [Found(place, used=False) for place in range(10)]


def test_a_used_code_is_found_as_used() -> None:
    codes = backup_code_set(used=(4,))

    assert backup_codes.find(codes, digest(BACKUP_CODES[4])) == Found(4, used=True)
    assert backup_codes.find(codes, digest(BACKUP_CODES[5])) == Found(5, used=False)


def test_a_code_of_no_place_is_not_found() -> None:
    assert backup_codes.find(backup_code_set(), digest("zzzzzzzzzzzz")) is None
    assert backup_codes.find(backup_code_set(), digest(BACKUP_CODES[0])[:-1]) is None


def test_using_a_code_marks_it_and_no_other() -> None:
    before = backup_code_set(used=(0,))

    after = backup_codes.use(before, 7, now=NOW)

    assert after.codes[7] == before.codes[7]._replace(used_at=NOW)
    assert after.codes[:7] == before.codes[:7]
    assert after.codes[8:] == before.codes[8:]
    assert after._replace(codes=()) == before._replace(codes=())
    assert (before.remaining, after.remaining) == (9, 8)
