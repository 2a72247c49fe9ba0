"""The JSON Schemas of what mfactl prints, and the page of the docs about them.

Guarantees that a schema takes the documents below and nothing that differs from them in a field,
a type or an id, and that docs/json.md names the same fields and shows valid documents.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.schemas import load_schemas, schema_names, validate

Json = dict[str, Any]
Place = tuple[str | int, ...]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PAGE = Path(__file__).parent.parent / "docs" / "json.md"
OPEN_PLACES = {"meta", "details"}  # may carry facts that no schema knows

NOW = 1_767_225_600_000
USER = "user_2b7kQ9xYwV4mN8pR3sT6uZ1cD5e"
SESSION = "sess_4mN8pR3sT6uZ1cD5e2b7kQ9xYwV"
EMAIL = "ada@example.com"
CODES = [
    "3k4p-7m2q-x9vt",
    "0a1b-2c3d-4e5f",
    "6g7h-8j9k-amnp",
    "qrst-vwxy-z012",
    "9z8y-7x6w-5v4t",
    "3s2r-1q0p-nmkj",
    "hg00-fe11-dc22",
    "ba33-9988-7766",
    "5544-3322-1100",
    "zyxw-vtsr-qpnm",
]
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
URI = (
    "otpauth://totp/mfactl:ada@example.com"
    f"?algorithm=SHA1&digits=6&issuer=mfactl&period=30&secret={SECRET}"
)


def a_sign_up() -> Json:
    return {
        "object": "sign_up_attempt",
        "id": "sua_9xYwV4mN8pR3sT6uZ1cD5e2b7kQ",
        "status": "missing_requirements",
        "required_fields": ["email_address", "password"],
        "optional_fields": [],
        "missing_fields": [],
        "unverified_fields": ["email_address"],
        "verifications": {
            "email_address": {
                "object": "verification_otp",
                "status": "unverified",
                "strategy": "email_code",
                "attempts": 0,
                "expire_at": NOW + 600_000,
                "next_action": "needs_attempt",
                "supported_strategies": ["email_code"],
            },
            "phone_number": None,
            "web3_wallet": None,
            "external_account": None,
        },
        "username": None,
        "email_address": EMAIL,
        "phone_number": None,
        "web3_wallet": None,
        "password_enabled": True,
        "first_name": None,
        "last_name": None,
        "unsafe_metadata": {},
        "public_metadata": {},
        "custom_action": False,
        "external_id": None,
        "created_session_id": None,
        "created_user_id": None,
        "abandon_at": NOW + 86_400_000,
        "legal_accepted_at": None,
    }


def a_complete_sign_up() -> Json:
    sign_up = a_sign_up()
    sign_up["verifications"]["email_address"] |= {
        "status": "verified",
        "attempts": 1,
        "next_action": "",
    }
    return sign_up | {
        "status": "complete",
        "unverified_fields": [],
        "created_session_id": SESSION,
        "created_user_id": USER,
    }


def a_sign_in() -> Json:
    return {
        "object": "sign_in_attempt",
        "id": "sia_V4mN8pR3sT6uZ1cD5e2b7kQ9xYw",
        "status": "needs_second_factor",
        "supported_identifiers": ["email_address"],
        "supported_first_factors": [{"strategy": "password"}],
        "supported_second_factors": [{"strategy": "totp"}, {"strategy": "backup_code"}],
        "first_factor_verification": a_password_verification(),
        "second_factor_verification": None,
        "identifier": EMAIL,
        "user_data": {"first_name": None, "last_name": None, "has_image": False},
        "created_session_id": None,
        "abandon_at": NOW + 600_000,
    }


def a_complete_sign_in() -> Json:
    return a_sign_in() | {
        "status": "complete",
        "supported_first_factors": None,
        "supported_second_factors": None,
        "second_factor_verification": a_totp_verification(),
        "user_data": None,
        "created_session_id": SESSION,
    }


def a_password_verification() -> Json:
    return {
        "object": "verification_password",
        "status": "verified",
        "strategy": "password",
        "attempts": 1,
        "expire_at": None,
    }


def a_totp_verification() -> Json:
    return {
        "object": "verification_totp",
        "status": "verified",
        "strategy": "totp",
        "attempts": 1,
        "expire_at": None,
    }


def a_backup_code_verification() -> Json:
    return {
        "object": "verification_backup_code",
        "status": "unverified",
        "strategy": "backup_code",
        "attempts": 2,
        "expire_at": None,
    }


def a_user() -> Json:
    return {
        "object": "user",
        "id": USER,
        "username": None,
        "first_name": None,
        "last_name": None,
        "has_image": False,
        "primary_email_address_id": "idn_3sT6uZ1cD5e2b7kQ9xYwV4mN8pR",
        "primary_phone_number_id": None,
        "primary_web3_wallet_id": None,
        "password_enabled": True,
        "password_last_updated_at": NOW,
        "two_factor_enabled": True,
        "totp_enabled": True,
        "totp_last_used_at": NOW,
        "backup_code_enabled": True,
        "backup_codes_remaining": 10,
        "email_addresses": [
            {
                "object": "email_address",
                "id": "idn_3sT6uZ1cD5e2b7kQ9xYwV4mN8pR",
                "email_address": EMAIL,
                "reserved": False,
                "verification": {
                    "object": "verification_otp",
                    "status": "verified",
                    "strategy": "email_code",
                    "attempts": 1,
                    "expire_at": NOW + 600_000,
                },
                "linked_to": [],
                "created_at": NOW,
                "updated_at": NOW,
            }
        ],
        "phone_numbers": [],
        "web3_wallets": [],
        "passkeys": [],
        "external_accounts": [],
        "saml_accounts": [],
        "enterprise_accounts": [],
        "public_metadata": {},
        "external_id": None,
        "last_sign_in_at": NOW,
        "last_active_at": NOW,
        "banned": False,
        "locked": False,
        "lockout_expires_in_seconds": None,
        "verification_attempts_remaining": 10,
        "delete_self_enabled": False,
        "create_organization_enabled": False,
        "mfa_enabled_at": NOW,
        "mfa_disabled_at": None,
        "legal_accepted_at": None,
        "created_at": NOW,
        "updated_at": NOW,
    }


def a_user_without_second_factor() -> Json:
    return a_user() | {
        "two_factor_enabled": False,
        "totp_enabled": False,
        "totp_last_used_at": None,
        "backup_code_enabled": False,
        "backup_codes_remaining": 0,
    }


def a_locked_user() -> Json:
    return a_user() | {
        "locked": True,
        "lockout_expires_in_seconds": 3600,
        "verification_attempts_remaining": 0,
    }


def a_session_base() -> Json:
    return {
        "object": "session",
        "id": SESSION,
        "status": "active",
        "expire_at": NOW + 604_800_000,
        "abandon_at": NOW + 2_592_000_000,
        "last_active_at": NOW,
        "last_active_token": None,
        "actor": None,
        "tasks": None,
    }


def a_session() -> Json:
    return a_session_base() | {
        "status": "removed",
        "tasks": [],
        "last_active_organization_id": None,
        "user": a_user(),
        "public_user_data": {
            "first_name": None,
            "last_name": None,
            "has_image": False,
            "identifier": EMAIL,
        },
        "factor_verification_age": [0, -1],
        "created_at": NOW,
        "updated_at": NOW,
    }


def a_new_totp() -> Json:
    return {
        "object": "totp",
        "id": "totp_5e2b7kQ9xYwV4mN8pR3sT6uZ1cD",
        "secret": SECRET,
        "uri": URI,
        "verified": False,
        "backup_codes": None,
        "created_at": NOW,
        "updated_at": NOW,
    }


def a_verified_totp() -> Json:
    return a_new_totp() | {"secret": None, "uri": None, "verified": True, "backup_codes": CODES}


def a_set_of_backup_codes() -> Json:
    return {
        "object": "backup_code",
        "id": "bcode_kQ9xYwV4mN8pR3sT6uZ1cD5e2b7",
        "codes": CODES,
        "created_at": NOW,
        "updated_at": NOW,
    }


def a_reverification() -> Json:
    return {
        "object": "session_reverification",
        "level": "second_factor",
        "status": "complete",
        "supported_first_factors": [{"strategy": "password"}],
        "supported_second_factors": [{"strategy": "totp"}, {"strategy": "backup_code"}],
        "first_factor_verification": None,
        "second_factor_verification": a_totp_verification(),
        "session": a_session_base(),
    }


def a_reverification_by_password() -> Json:
    return a_reverification() | {
        "level": "first_factor",
        "supported_second_factors": None,
        "first_factor_verification": a_password_verification(),
        "second_factor_verification": None,
    }


def a_failure(code: str, **meta: object) -> Json:
    error = {"code": code, "message": "In short.", "long_message": "At length.", "meta": meta}
    return {"errors": [error]}


def a_weak_password() -> Json:
    suggestion = {"code": "add_words", "message": "Add another word or two."}
    return a_failure(
        "form_password_not_strong_enough",
        param_name="password",
        zxcvbn={"suggestions": [suggestion]},
    )


def a_message() -> Json:
    return {
        "object": "message",
        "id": "1767225600.M1P2Q1.host",
        "from_email_address": "mfactl@localhost",
        "to_email_address": EMAIL,
        "subject": "Your code",
        "body": "424242\n",
        "created_at": NOW,
    }


def a_vault() -> Json:
    return {
        "object": "vault",
        "id": "vault_cD5e2b7kQ9xYwV4mN8pR3sT6uZ1",
        "path": "/home/ada/.local/share/mfactl/vault.db",
        "format": 1,
        "test": False,
        "generation": 1,
        "slots": [
            {
                "object": "slot",
                "id": "slot_T6uZ1cD5e2b7kQ9xYwV4mN8pR3s",
                "kind": "key_file",
                "created_at": NOW,
                "kdf": None,
            },
            {
                "object": "slot",
                "id": "slot_Z1cD5e2b7kQ9xYwV4mN8pR3sT6u",
                "kind": "passphrase",
                "created_at": NOW,
                "kdf": {"algorithm": "argon2id", "memory_kib": 65536, "iterations": 3, "lanes": 4},
            },
        ],
        "key_file": "/home/ada/.config/mfactl/vault.key",
        "unlocked_with": "key_file",
        "warnings": ["The key lies in the same directory as the vault."],
        "client_file": "/home/ada/.local/state/mfactl/client.toml",
        "outbox": "/home/ada/.local/state/mfactl/outbox",
        "permissions_checked": True,
    }


def a_vault_check() -> Json:
    return {
        "object": "vault_check",
        "id": "vault_cD5e2b7kQ9xYwV4mN8pR3sT6uZ1",
        "status": "ok",
        "records": {"accounts": 1, "strangers": 0, "clients": 1},
        "events": 7,
        "head": {"number": 7, "hash": "0123456789abcdef" * 4},
        "checked_at": NOW,
    }


MARK = {"number": 7, "hash": "0123456789abcdef" * 4}
VAULT = "vault_cD5e2b7kQ9xYwV4mN8pR3sT6uZ1"
A_SETTING: Json = {
    "object": "setting",
    "key": "mail.port",
    "value": 25,
    "default": None,
    "source": "file",
    "wanted": "1 to 65535",
}
KEY_FILE_SLOT, PASSPHRASE_SLOT = a_vault()["slots"]
KEYRING_SLOT = KEY_FILE_SLOT | {"kind": "keyring"}


def an_event() -> Json:
    return {
        "object": "event",
        "number": 7,
        "kind": "sign_in",
        "created_at": NOW,
        "account_id": USER,
        "email_address": EMAIL,
        "address_id": "fedcba9876543210" * 4,
        "client_id": "client_7kQ9xYwV4mN8pR3sT6uZ1cD5e2b",
        "code": "form_password_or_identifier_incorrect",
        "details": {"locked": True},
        "hash": MARK["hash"],
    }


def an_event_about_nobody() -> Json:
    nobody = ("account_id", "email_address", "address_id", "client_id", "code")
    return an_event() | dict.fromkeys(nobody) | {"kind": "vault_init", "details": {}}


def a_list(*items: Json) -> Json:
    return {"object": "list", "data": [*items], "total_count": len(items)}


EXAMPLES: dict[str, list[Json]] = {
    "audit_verification": [
        {
            "object": "audit_verification",
            "id": VAULT,
            "status": "ok",
            "events": 7,
            "head": MARK,
            "line": f"7:{MARK['hash']}",
            "checked_at": NOW,
        }
    ],
    "backup_code": [a_set_of_backup_codes()],
    "deleted_object": [
        {"object": "totp", "id": "totp_5e2b7kQ9xYwV4mN8pR3sT6uZ1cD", "deleted": True},
        {"object": "user", "id": USER, "deleted": True},
        {"object": "slot", "id": KEY_FILE_SLOT["id"], "deleted": True},
    ],
    "email_code": [
        {"object": "email_code", "email_address": EMAIL, "code": "042424", "created_at": NOW}
    ],
    "errors": [
        a_failure("signed_out"),
        a_failure("user_locked", lockout_expires_in_seconds=3600),
        a_failure("user_locked", lockout_expires_in_seconds=None),
        a_failure("verification_code_too_many_requests", retry_after_seconds=12),
        a_failure("account_lockout_warning", remaining_attempts=2),
        a_failure("resource_not_found", kind="message", id="7", something_new=[1]),
        a_weak_password(),
    ],
    "event": [an_event(), an_event_about_nobody()],
    "list": [
        a_list(),
        a_list(a_message() | {"body": None}),
        a_list(a_user(), a_locked_user()),
        a_list(an_event(), an_event_about_nobody()),
        a_list(KEY_FILE_SLOT, PASSPHRASE_SLOT),
        a_list(A_SETTING),
    ],
    "lockout": [
        {
            "object": "lockout",
            "email_address": EMAIL,
            "locked": False,
            "lockout_expires_in_seconds": None,
            "verification_attempts_remaining": 10,
        }
    ],
    "message": [a_message()],
    "config": [{"object": "config", "path": "/home/ada/config.toml", "exists": False}],
    "setting": [A_SETTING, A_SETTING | {"value": None, "default": None}],
    "test_mail": [{"object": "test_mail", "to_email_address": EMAIL, "transport": "smtp"}],
    "text": [{"object": "text", "name": "files", "lines": ["Files", ""]}],
    "outbox": [{"object": "outbox", "path": "/home/ada/outbox", "deleted_count": 3}],
    "session": [a_session()],
    "session_reverification": [
        a_reverification(),
        a_reverification() | {"second_factor_verification": a_backup_code_verification()},
        a_reverification_by_password(),
    ],
    "sign_in_attempt": [a_sign_in(), a_complete_sign_in(), a_sign_in() | {"status": "abandoned"}],
    "sign_up_attempt": [a_sign_up(), a_complete_sign_up(), a_sign_up() | {"status": "abandoned"}],
    "totp": [a_new_totp(), a_verified_totp()],
    "totp_code": [
        {"object": "totp_code", "code": "287082", "step": 1, "valid_until": 60_000},
    ],
    "user": [a_user(), a_user_without_second_factor(), a_locked_user()],
    "vault": [a_vault(), a_vault() | {"key_file": None, "unlocked_with": "passphrase"}],
    "slot": [KEY_FILE_SLOT, PASSPHRASE_SLOT, KEYRING_SLOT],
    "vault_backup": [
        {
            "object": "vault_backup",
            "id": VAULT,
            "path": "/media/stick/mfactl.db",
            "size_bytes": 65536,
            "head": MARK,
            "created_at": NOW,
        }
    ],
    "vault_check": [a_vault_check()],
    "vault_restore": [
        {
            "object": "vault_restore",
            "id": VAULT,
            "path": "/home/ada/vault.db",
            "from_path": "/media/stick/mfactl.db",
            "restored": MARK,
            "head": MARK | {"number": 8},
            "replaced_path": path,
        }
        for path in (None, "/home/ada/vault.db.replaced-20260101T000000Z")
    ],
    "vault_rotation": [
        {
            "object": "vault_rotation",
            "id": VAULT,
            "generation": 2,
            "slots": [KEY_FILE_SLOT],
            "dropped_slots": [PASSPHRASE_SLOT],
        }
    ],
}


def places(value: object, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value inside a document with the way to it, but for what lies below an open place."""
    yield at, value
    if at and at[-1] in OPEN_PLACES:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


def replaced(document: Json, at: Place, value: Any) -> Any:
    """A copy of the document with another value at a place."""
    if not at:
        return value
    copy = deepcopy(document)
    inner: Any = copy
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return copy


def closed_objects(document: Json) -> Iterator[tuple[Place, Json]]:
    """The document and the objects inside it whose fields a schema lists."""
    for at, value in places(document):
        if isinstance(value, dict) and OPEN_PLACES.isdisjoint(at):
            yield at, value


def without_a_field(document: Json) -> Iterator[tuple[Place, Json]]:
    for at, value in closed_objects(document):
        for key in value:
            rest = {other: item for other, item in value.items() if other != key}
            yield (*at, key), replaced(document, at, rest)


def with_an_extra_field(document: Json) -> Iterator[tuple[Place, Json]]:
    for at, value in closed_objects(document):
        yield at, replaced(document, at, value | {"surprise": None})


def with_another_value(document: Json, other: Callable[[Any], Any]) -> Iterator[tuple[Place, Json]]:
    """The document with one value made another, for each value that `other` has something for."""
    for at, value in places(document):
        if at and other(value) is not None:
            yield at, replaced(document, at, other(value))


def with_a_wrong_type(document: Json) -> Iterator[tuple[Place, Json]]:
    yield from with_another_value(document, lambda _: [[]])


def with_a_float(document: Json) -> Iterator[tuple[Place, Json]]:
    yield from with_another_value(
        document, lambda value: float(value) if type(value) is int else None
    )


def with_a_wrong_id(document: Json) -> Iterator[tuple[Place, Json]]:
    def other_prefix(value: object) -> str | None:
        named = isinstance(value, str) and re.fullmatch("[a-z]+_([0-9A-Za-z]{27})", value)
        return f"nope_{named[1]}" if named else None

    def too_long(value: object) -> str | None:
        return f"{value}0" if other_prefix(value) else None

    yield from with_another_value(document, other_prefix)
    yield from with_another_value(document, too_long)


def with_a_newline_after_a_code(document: Json) -> Iterator[tuple[Place, Json]]:
    def with_newline(value: object) -> str | None:
        code = isinstance(value, str) and re.fullmatch("[0-9]{6}|[a-z0-9-]{14}|[A-Z2-7]{32}", value)
        return f"{value}\n" if code else None

    yield from with_another_value(document, with_newline)


MUTATIONS = [
    without_a_field,
    with_an_extra_field,
    with_a_wrong_type,
    with_a_float,
    with_a_wrong_id,
    with_a_newline_after_a_code,
]


def passes(document: object) -> bool:
    try:
        validate(document)
    except AssertionError:
        return False
    return True


def nodes(schema: object, name: str = "") -> Iterator[tuple[str, Json]]:
    """Every sub-schema with its name, but for the conditions, which only narrow."""
    if isinstance(schema, dict):
        yield name, schema
        for keyword in ("properties", "$defs"):
            for key, inner in schema.get(keyword, {}).items():
                yield from nodes(inner, f"{name}.{key}")
        for keyword in ("items", "anyOf"):
            yield from nodes(schema.get(keyword), name)
    if isinstance(schema, list):
        for inner in schema:
            yield from nodes(inner, name)


every_schema = pytest.mark.parametrize("name", sorted(load_schemas()))
every_document = pytest.mark.parametrize("name", schema_names())


@every_schema
def test_a_schema_is_valid_in_its_dialect_and_named_after_its_file(name: str) -> None:
    schema = load_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert schema["$id"] == f"urn:mfactl:schema:{name}"
    assert schema["title"]


@every_schema
def test_a_schema_describes_itself_and_every_field(name: str) -> None:
    schema = load_schemas()[name]
    fields = {
        f"{at}.{field}": inner
        for at, node in nodes(schema, name)
        for field, inner in {**node.get("properties", {}), **node.get("$defs", {})}.items()
    }
    assert schema["description"]
    assert [field for field, inner in fields.items() if not inner.get("description")] == []


@every_schema
def test_a_schema_lists_its_fields_and_allows_no_others(name: str) -> None:
    loose = [
        at
        for at, node in nodes(load_schemas()[name], name)
        if node.get("type") == "object" and OPEN_PLACES.isdisjoint(at.split("."))
        if node.get("additionalProperties") is not False
        or node.get("required") != list(node["properties"])
    ]
    assert loose == []


@every_schema
def test_a_schema_names_no_host(name: str) -> None:
    text = json.dumps(load_schemas()[name])
    assert set(re.findall(r"\w+://[\w.-]+", text)) <= {
        "https://json-schema.org",
        "otpauth://totp",
    }
    assert text.count("https://") == 1


def test_there_is_a_schema_for_each_example_and_an_example_for_each_schema() -> None:
    assert sorted(EXAMPLES) == schema_names()


@every_document
def test_a_good_document_is_valid(name: str) -> None:
    for document in EXAMPLES[name]:
        validate(document)


@every_document
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_spoilt_document_is_not_valid(
    name: str, mutation: Callable[[Json], Iterator[tuple[Place, Json]]]
) -> None:
    survivors = [
        at for document in EXAMPLES[name] for at, spoilt in mutation(document) if passes(spoilt)
    ]
    assert survivors == []


@pytest.mark.parametrize(
    "document",
    [
        a_sign_up() | {"status": "complete"},
        a_complete_sign_up() | {"status": "abandoned"},
        a_sign_in() | {"created_session_id": SESSION},
        a_sign_in() | {"supported_second_factors": None},
        a_complete_sign_in() | {"created_session_id": None},
        a_user() | {"two_factor_enabled": False},
        a_user() | {"lockout_expires_in_seconds": 60},
        a_user_without_second_factor() | {"backup_codes_remaining": 1},
        a_new_totp() | {"verified": True},
        a_new_totp() | {"secret": None},
        a_verified_totp() | {"backup_codes": CODES[:9]},
        a_verified_totp() | {"backup_codes": [*CODES[:9], CODES[0]]},
        a_verified_totp() | {"backup_codes": [*CODES[:9], CODES[9].upper()]},
        {"object": "list", "data": [a_message()], "total_count": 1},
        a_vault() | {"slots": [a_vault()["slots"][0] | {"kind": "passphrase"}]},
    ],
)
def test_fields_that_contradict_each_other_are_not_valid(document: Json) -> None:
    assert not passes(document)


@pytest.mark.parametrize(
    "document", [None, [], "user", {}, {"object": "definitions"}, {"object": ["user"]}]
)
def test_a_document_that_nobody_knows_is_not_valid(document: object) -> None:
    assert not passes(document)


def test_a_complaint_names_the_place_and_not_the_value() -> None:
    sign_up = a_sign_up()
    sign_up["verifications"]["email_address"]["status"] = "hunter2"
    with pytest.raises(AssertionError) as caught:
        validate(sign_up)
    assert "sign_up_attempt: $.verifications.email_address.status" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("document", [a_new_totp(), a_verified_totp(), a_set_of_backup_codes()])
def test_a_complaint_shows_no_secret(
    document: Json, mutation: Callable[[Json], Iterator[tuple[Place, Json]]]
) -> None:
    for _, spoilt in mutation(document):
        with pytest.raises(AssertionError) as caught:
            validate(spoilt)
        assert not any(secret in str(caught.value) for secret in [SECRET, *CODES])


def sections() -> dict[str, str]:
    """The parts of the page that carry a document's name, by that name."""
    parts = re.split(r"^###? `?(\w+)`?.*$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {name: text for name, text in pairs if name in schema_names()}


def test_the_page_has_a_section_for_each_document() -> None:
    assert sorted(sections()) == schema_names()


@every_document
def test_the_page_lists_the_fields_of_a_document(name: str) -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", sections()[name], flags=re.MULTILINE)
    listed = [field for row in rows for field in re.findall(r"\w+", row)]
    assert sorted(listed) == sorted(load_schemas()[name]["required"])


def test_the_examples_on_the_page_are_valid() -> None:
    examples = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        validate(json.loads(example))
