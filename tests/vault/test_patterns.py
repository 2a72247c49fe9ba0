"""Patterns of records: what matches decodes, and to what the groups say. No promise beyond that."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mfactl.core.account import Account, BackupCode, BackupCodes, Stranger
from mfactl.core.client import Client
from mfactl.core.lockout import Lockout
from mfactl.vault import records
from mfactl.vault.patterns import matcher
from mfactl.vault.records import Head, Pepper
from mfactl.vault.scan import _account_matcher, place_within
from tests.support import builders
from tests.support.builders import NOW
from tests.vault.vaults import KEY

FULL = builders.account_with_totp(
    backup_codes=BackupCodes(
        "bcode_ada", bytes(16), (BackupCode(b"\xab" * 32), BackupCode(b"\xcd" * 32, NOW)), NOW
    ),
    lockout=Lockout(10, NOW),
    mfa_disabled_at=NOW,
    last_sign_in_at=NOW,
)
SPELLED = records.encode(FULL)
PLAIN: list[Any] = [
    builders.account(),
    FULL,
    FULL._replace(backup_codes=BackupCodes("bcode_ada", bytes(16), (), 0)),
    builders.account(email=" !#[]^~'+/@example.com"),
    builders.account(epoch=-1, created_at=10**18 - 1),
    builders.stranger(lockout=Lockout(3), code_handed_over_at=NOW),
    builders.client(),
    builders.pending_sign_up(tries=2)._replace(pending=None),
    builders.pending_sign_in(builders.account()),
    builders.signed_in(FULL),
    builders.enrolling(builders.account()),
    Pepper("pepper", bytes(32)),
    Head("head", 7, "ab" * 32, 3, "cd" * 32, 0, 1, "ef" * 32, 17),
]
# Where a text of JSON differs from what Python makes of it, or is none at all.
TEXTS = ["\\u0041", "\\\\", '\\"', "\\ud800", "\n", "\t", "\x00", "\x1f", "\x7f", "é", "\u2028"]
VALUES = [
    *('""', "null", "true", "0", "-0", "01", "1.0", "1e3", "-1", "9" * 18, "9" * 19, "9" * 5000),
    *("NaN", "[]", "{}", " 1", "1 ", '"1"', '"ab"', '"abc"', '"' + "AB" * 32 + '"'),
]


@pytest.mark.parametrize("record", PLAIN, ids=lambda record: type(record).__name__)
def test_a_plain_record_of_any_type_matches_the_pattern_of_its_type_alone(record: Any) -> None:
    for kind in (Account, Client, Stranger, Pepper, Head):
        found = matcher(kind)(records.encode(record))
        assert (found is not None) == (kind is type(record))


def match(data: bytes) -> re.Match[bytes] | None:
    return matcher(Account, "id", "key")(data)


def test_the_groups_are_the_named_fields() -> None:
    for found in (match(SPELLED), _account_matcher()(SPELLED)):
        assert found is not None
        assert found.groups() == (b"user_ada", b"ada@example.com")


def agrees(data: bytes) -> None:
    """Whatever the data is, the way by the pattern and the way by decoding find the same."""
    found = match(data)
    try:
        record = records.decode(Account, data)
    except records.Malformed:
        assert found is None
        with pytest.raises(records.Malformed):
            place_within(Account, data, 3, KEY)
    else:
        place = records.place_of(record, 3, KEY)
        assert place_within(Account, data, 3, KEY) == place
        if found is not None:
            assert found.groups() == (record.id.encode(), record.key.encode())


@pytest.mark.parametrize("field", FULL._fields)
@pytest.mark.parametrize("value", [*VALUES, *(f'"{text}"' for text in TEXTS)])
def test_any_other_value_of_a_field_is_taken_as_decoding_takes_it(field: str, value: str) -> None:
    whole = json.loads(SPELLED)
    agrees(json.dumps(whole | {field: "@"}, separators=(",", ":")).replace('"@"', value).encode())
    for name, inner in whole.items():
        if isinstance(inner, dict) and field == name:
            for key in inner:
                spoilt = json.dumps(whole | {name: inner | {key: "@"}}, separators=(",", ":"))
                agrees(spoilt.replace('"@"', value).encode())


@pytest.mark.parametrize("place", range(len(SPELLED)))
def test_a_byte_less_is_taken_as_decoding_takes_it(place: int) -> None:
    agrees(SPELLED[:place] + SPELLED[place + 1 :])
    agrees(SPELLED[:place])


@given(st.integers(0, len(SPELLED)), st.integers(0, 3), st.binary(max_size=3))
@example(0, 0, b"\xef\xbb\xbf")
@example(len(SPELLED), 0, b"\n")
@example(len(SPELLED), 0, b"\0")
def test_a_few_other_bytes_are_taken_as_decoding_takes_them(
    place: int, gone: int, other: bytes
) -> None:
    agrees(SPELLED[:place] + other + SPELLED[place + gone :])


def test_a_field_that_stands_twice_is_no_record() -> None:
    twice = SPELLED.replace(b'{"id":"user_ada"', b'{"id":"user_bea","id":"user_ada"', 1)
    assert match(twice) is None
    agrees(twice)
