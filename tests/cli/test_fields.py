"""--field is checked against the schemas before a command acts."""

import pytest

from mfactl.cli import fields
from mfactl.errors import Code, MfactlError
from tests.cli.program import Ada
from tests.support.schemas import schema_names


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("status", "sign_in_attempt"),
        ("backup_codes", "totp"),
        ("backup_codes.0", "totp"),
        ("backup_codes.9", "totp"),
        ("codes.9", "backup_code"),
        ("email_addresses.0.verification.status", "user"),
        ("second_factor_verification.strategy", "sign_in_attempt"),
        ("user.email_addresses.0.id", "session"),
        ("data.12345.subject", "list"),
        ("slots.0.kdf.memory_kib", "vault"),
        ("errors.0.code", "user"),
        ("errors.1.meta.lockout_expires_in_seconds", "user"),
        ("errors.0.meta.zxcvbn.suggestions.0.message", "user"),
    ],
)
def test_a_field_that_a_document_may_have_is_taken(path: str, document: str) -> None:
    fields.check(path, (document,))


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("cods", "backup_code"),
        ("codes.10", "backup_code"),
        ("codes.-1", "backup_code"),
        ("codes.00", "backup_code"),
        ("codes.01", "backup_code"),
        ("codes.x", "backup_code"),
        ("codes.\u0661", "backup_code"),
        ("codes." + "1" * 5000, "backup_code"),
        ("codes.0.x", "backup_code"),
        ("backup_codes.10", "totp"),
        ("email_addresses.1", "user"),
        ("email_addresses.0.nosuch", "user"),
        ("data." + "9" * 8, "list"),
        ("object.0", "user"),
        ("object.", "user"),
        (".", "user"),
    ],
)
def test_a_field_that_no_document_can_have_is_a_usage_error(path: str, document: str) -> None:
    with pytest.raises(MfactlError) as caught:
        fields.check(path, (document,))
    assert caught.value.refusals[0].code is Code.USAGE_ERROR


@pytest.mark.parametrize("document", sorted({*schema_names()} - {"errors"}))
def test_every_document_says_what_it_is(document: str) -> None:
    fields.check("object", (document,))


@pytest.mark.parametrize("field", ["codes.10", "codes.00"])
def test_a_code_that_is_not_there_costs_no_codes(ada_with_totp: Ada, field: str) -> None:
    before = ada_with_totp.ask("account", "show")
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes", "--field", field)
    assert (ended.status, ended.out) == (2, "")
    assert ada_with_totp.ask("account", "show") == before


@pytest.mark.parametrize(
    ("command", "path", "told"),
    [
        ("backup-codes regenerate --yes", "codes.10", "In codes there are: 0 to 9\n"),
        ("vault slots list", "data.x", "In data there are: 0, 1, ...\n"),
        ("vault slots list", "data.1", "In data there are: 0\n"),
        ("vault slots list", "data.0.email_address", "In data.0 there are: object, id, "),
        ("outbox list", "data.0.subject", "data has no fields.\n"),
        ("account show", "object.x", "object has no fields.\n"),
    ],
)
def test_an_item_or_field_that_is_not_there_is_told_with_those_beside_it(
    ada_with_totp: Ada, command: str, path: str, told: str
) -> None:
    ada_with_totp.ask("outbox", "clear")
    ended = ada_with_totp.here(*command.split(), "--field", path)
    assert (ended.status, ended.out) == (2, "")
    assert f" no field {path}" in ended.err
    assert told in ended.err
