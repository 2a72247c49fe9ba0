import hmac
import json
from typing import Any

import pytest

from mfactl.core.account import Account, BackupCode, BackupCodes, Stranger
from mfactl.core.client import Client
from mfactl.core.lockout import Lockout
from mfactl.vault import records
from mfactl.vault.header import Secret, Unlocked
from mfactl.vault.records import Event, Head, Malformed, Pepper
from mfactl.vault.sealing import Place
from tests.support import builders
from tests.support.builders import DAY, NOW
from tests.vault.vaults import KEY, opened, plan

PEPPER = Pepper("pepper", b"p" * 32)
HEAD = Head("head", 7, "ab" * 32, 3, "cd" * 32, 0, 1, "ef" * 32, 17)
EVENT = Event(
    number=7,
    at=NOW,
    happened="sign_in",
    subject="user_ada",
    subject_version=2,
    subject_lapses=False,
    client=None,
    client_version=0,
    code="form_code_incorrect",
    details={"strategy": "totp", "nested": [1, None, {"é": True}]},
    wrote=[["account", "user_ada", 2]],
    dropped=[["client", "client_old", 5]],
    previous="00" * 32,
)

EVERY: list[Any] = [
    builders.account(),
    builders.account_with_totp(),
    builders.account_with_totp(
        backup_codes=builders.backup_code_set(used=(0, 9)),
        lockout=Lockout(10, NOW),
        mfa_disabled_at=NOW,
        last_sign_in_at=NOW,
    ),
    builders.account(email='"ädä" \\ \u2028@example.com\x7f'),
    builders.account_with_totp(backup_codes=BackupCodes("bcode", b"", (), 0)),
    builders.stranger(),
    builders.stranger(lockout=Lockout(3), code_handed_over_at=NOW),
    builders.client(),
    builders.pending_sign_up(tries=2),
    builders.pending_sign_in(builders.account()),
    builders.signed_in(builders.account_with_totp()),
    builders.enrolling(builders.account()),
    PEPPER,
    HEAD,
    EVENT,
]


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(record: Any) -> None:
    data = records.encode(record)

    again = records.decode(type(record), data)

    assert again == record
    assert type(again) is type(record)
    assert records.encode(again) == data


# The spelling is part of the format: these never change.
SPELLED: list[tuple[Any, str]] = [
    (
        builders.account_with_totp(
            email="ädä@example.com",
            backup_codes=BackupCodes("bcode_ada", b"\x01\xff", (BackupCode(b"\x00\xab", 5),), 6),
        ),
        '{"id":"user_ada","email_id":"idn_ada","email":"ädä@example.com",'
        '"key":"ada@example.com","email_proof":{"attempts":1,"expire_at":1767139800},'
        '"password":"$argon2id$v=19$m=19456,t=2,p=1$dmVyaWZpZXI$b2YgQWRh",'
        '"password_changed_at":1767139200,"created_at":1767139200,"updated_at":1767139200,'
        '"epoch":3,"lockout":{"failures":0,"locked_at":null},'
        '"totp":{"id":"totp_ada","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",'
        '"created_at":1767218400,"verified_at":1767218400,"last_step":58907400,'
        '"last_used_at":1767222000},'
        '"backup_codes":{"id":"bcode_ada","salt":"01ff",'
        '"codes":[{"digest":"00ab","used_at":5}],"created_at":6},'
        '"mfa_enabled_at":1767218400,"mfa_disabled_at":null,"last_sign_in_at":null}',
    ),
    (
        builders.stranger(code_handed_over_at=4),
        '{"id":"stranger_ada","key":"ada@example.com","last_used_at":1767225540,'
        '"lockout":{"failures":0,"locked_at":null},"code_handed_over_at":4}',
    ),
    (
        builders.pending_sign_in(builders.account()),
        '{"id":"client_here","token_hash":"' + "ab" * 32 + '","created_at":1767139200,'
        '"pending":{"id":"sia_here","email":"Ada@example.com","account_id":"user_ada","epoch":3,'
        '"vault_epoch":0,"created_at":1767225600,"attempts":0},"enrolment":null,"session":null}',
    ),
    (
        builders.enrolling(builders.account())._replace(
            pending=builders.sign_up_of_ada()._replace(
                code=builders.sign_up_of_ada().code._replace(digest=b"\x12")
            )
        ),
        '{"id":"client_here","token_hash":"' + "ab" * 32 + '","created_at":1767139200,'
        '"pending":{"id":"sua_here","email":"Ada@example.com","key":"ada@example.com",'
        '"password":"$argon2id$v=19$m=19456,t=2,p=1$dmVyaWZpZXI$b2YgQWRh",'
        '"code":{"digest":"12","created_at":1767225600,"attempts":0},"created_at":1767225600},'
        '"enrolment":{"id":"totp_shown","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",'
        '"session_id":"sess_here","created_at":1767225600},'
        '"session":{"id":"sess_here","account_id":"user_ada","epoch":3,"vault_epoch":0,'
        '"created_at":1767225600,"last_active_at":1767225600,"first_factor_at":1767225600,'
        '"second_factor_at":null}}',
    ),
    (PEPPER, '{"id":"pepper","secret":"' + "70" * 32 + '"}'),
    (
        HEAD,
        '{"id":"head","number":7,"hash":"' + "ab" * 32 + '","records":3,'
        '"sum":"' + "cd" * 32 + '","epoch":0,"generation":1,"start":"' + "ef" * 32 + '",'
        '"seals":17}',
    ),
    (
        EVENT,
        '{"number":7,"at":1767225600,"happened":"sign_in","subject":"user_ada",'
        '"subject_version":2,"subject_lapses":false,"client":null,"client_version":0,"code":"form_code_incorrect",'
        '"details":{"strategy":"totp","nested":[1,null,{"é":true}]},'
        '"wrote":[["account","user_ada",2]],"dropped":[["client","client_old",5]],'
        '"previous":"' + "00" * 32 + '"}',
    ),
]


@pytest.mark.parametrize(("record", "text"), SPELLED, ids=lambda part: type(part).__name__)
def test_a_record_is_spelled_as_the_format_says(record: Any, text: str) -> None:
    assert records.encode(record).decode() == text
    assert records.decode(type(record), text.encode()) == record


def spoilt(record: Any, *path: str | int, value: Any) -> bytes:
    """The record's JSON with one value in it replaced."""
    whole = part = json.loads(records.encode(record))
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(whole).encode()


ADA = builders.account_with_totp()
SIGNED_IN = builders.signed_in(ADA)


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        (ADA, ["id"], 1),
        (ADA, ["id"], None),
        (ADA, ["key"], "\ud800"),
        (ADA, ["totp", "secret"], "\udfff"),
        (ADA, ["epoch"], "1"),
        (ADA, ["epoch"], 1.0),
        (ADA, ["epoch"], True),
        (ADA, ["epoch"], None),
        (ADA, ["lockout"], None),
        (ADA, ["lockout"], [0, None]),
        (ADA, ["lockout", "failures"], None),
        (ADA, ["lockout", "locked_at"], "now"),
        (ADA, ["totp"], {}),
        (ADA, ["totp"], []),
        (ADA, ["totp", "last_step"], False),
        (ADA, ["email_proof"], {"expire_at": 1, "attempts": 1}),
        (ADA, ["backup_codes", "salt"], "zz"),
        (ADA, ["backup_codes", "salt"], 5),
        (ADA, ["backup_codes", "codes"], {}),
        (ADA, ["backup_codes", "codes"], "ab"),
        (ADA, ["backup_codes", "codes", 3], None),
        (ADA, ["backup_codes", "codes", 3, "digest"], "abc"),
        (ADA, ["extra"], None),
        (SIGNED_IN, ["pending"], {}),
        (SIGNED_IN, ["pending"], {"id": "x"}),
        (SIGNED_IN, ["pending"], "sua_here"),
        (SIGNED_IN, ["session"], False),
        (PEPPER, ["secret"], None),
        (HEAD, ["records"], "3"),
        (EVENT, ["details"], []),
        (EVENT, ["details"], None),
        (EVENT, ["wrote"], {}),
        (EVENT, ["dropped"], "none"),
        (EVENT, ["client"], 1),
        (EVENT, ["details"], {"\ud800": 1}),
        (EVENT, ["client_version"], None),
        (HEAD, ["seals"], "17"),
    ],
)
def test_a_record_with_a_value_of_another_type_is_malformed(
    record: Any, path: list[str | int], value: Any
) -> None:
    with pytest.raises(Malformed):
        records.decode(type(record), spoilt(record, *path, value=value))


@pytest.mark.parametrize("record", [ADA, SIGNED_IN, builders.stranger(), PEPPER, HEAD, EVENT])
def test_a_record_with_a_field_missing_or_out_of_order_is_malformed(record: Any) -> None:
    whole = json.loads(records.encode(record))
    for name in whole:
        without = {key: value for key, value in whole.items() if key != name}
        for other in (without, {name: whole[name], **without} if name != "id" else {}):
            if tuple(other) != tuple(whole):
                with pytest.raises(Malformed):
                    records.decode(type(record), json.dumps(other).encode())


NO_RECORDS = {
    "nothing": b"",
    "a brace": b"{",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"account"',
    "no UTF-8": b"\xff",
    "deep lists": b"[" * 100_000,
    "no field": b"{}",
    "a long number": b"9" * 5000,
}


@pytest.mark.parametrize("data", NO_RECORDS.values(), ids=NO_RECORDS)
def test_what_is_no_record_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        records.decode(Account, data)


def test_a_record_of_one_kind_is_none_of_another() -> None:
    for record in (ADA, SIGNED_IN, builders.stranger(), PEPPER, HEAD, EVENT):
        for kind in (Account, Client, Stranger, Pepper, Head, Event):
            if kind is not type(record):
                with pytest.raises(Malformed):
                    records.decode(kind, records.encode(record))


# --- where records belong


def test_the_name_of_a_kind_is_what_the_product_reads_it_by() -> None:
    for record in (ADA, SIGNED_IN, builders.stranger(), PEPPER):
        assert records.KINDS[records.kind_of(record)] is type(record)


def test_an_account_stands_under_the_blind_index_of_its_address() -> None:
    index = hmac.digest(KEY, b"ada@example.com", "sha256").hex()

    assert records.blind_index("ada@example.com", KEY) == index
    assert records.place_of(ADA, 4, KEY) == Place("account", "user_ada", 4, index)


def test_a_client_stands_under_its_token_its_account_and_its_end() -> None:
    token = "ab" * 32

    assert records.place_of(builders.client(), 1, KEY) == Place(
        "client", "client_here", 1, token, None, NOW - DAY
    )
    assert records.place_of(SIGNED_IN, 2, KEY) == Place(
        "client", "client_here", 2, token, "user_ada", NOW + 7 * DAY
    )
    assert records.place_of(builders.pending_sign_in(ADA), 3, KEY) == Place(
        "client", "client_here", 3, token, "user_ada", NOW + 600
    )
    assert records.place_of(builders.pending_sign_up(), 4, KEY) == Place(
        "client", "client_here", 4, token, None, NOW + DAY
    )


def test_a_stranger_stands_under_the_blind_index_and_lapses_unless_it_has_failures() -> None:
    clean, guilty = builders.stranger(), builders.stranger(lockout=Lockout(1))
    index = records.blind_index(builders.KEY, KEY)

    assert records.place_of(clean, 1, KEY) == Place(
        "stranger", "stranger_ada", 1, index, expires=clean.last_used_at + DAY
    )
    assert records.place_of(guilty, 1, KEY) == Place("stranger", "stranger_ada", 1, index)


def test_the_pepper_has_no_index_values() -> None:
    assert records.place_of(PEPPER, 1, KEY) == Place("pepper", "pepper", 1)


def test_the_share_of_a_record_is_an_hmac_of_its_kind_id_and_version() -> None:
    share = hmac.digest(KEY, b"account\0user_ada\x0012", "sha256")

    assert records.fingerprint(KEY, "account", "user_ada", 12) == int.from_bytes(share, "big")


# --- what is shown


def test_no_record_shows_its_secrets() -> None:
    secrets = [
        builders.VERIFIER,
        builders.SECRET,
        builders.SALT.decode(),
        builders.digest(builders.BACKUP_CODES[0]).hex(),
        builders.digest(builders.BACKUP_CODES[0]).decode("latin-1"),
        "pppp",
    ]
    for record in EVERY:
        for shown in (repr(record), str(record), f"{record}"):
            assert not [secret for secret in secrets if secret in shown]
            assert "digest" not in shown


def test_what_unlocks_and_what_is_unlocked_show_no_secret(minimal: Any) -> None:
    secret = Secret("passphrase", b"ten green bottles", "That passphrase")
    with opened(minimal) as vault:
        unlocked = vault.unlocked

    assert repr(secret) == "Secret(passphrase, from That passphrase)"
    assert repr(plan()) == "Plan(vault_here)"
    assert repr(PEPPER) == "Pepper(...)"
    assert isinstance(unlocked, Unlocked)
    assert repr(unlocked) == "Unlocked(...)"
