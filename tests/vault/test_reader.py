"""The independent reader, written from docs/vault-format.md, agrees with the product."""

import hmac
import shutil
from pathlib import Path
from typing import Any

import pytest

from mfactl.errors import MfactlError
from mfactl.vault import records
from mfactl.vault.create import create
from mfactl.vault.keys import FLOOR, passphrase_bytes
from mfactl.vault.scan import Scan
from tests.support import builders
from tests.vault.reader import Read, read
from tests.vault.vaults import (
    ADA_TOKEN,
    BEA_TOKEN,
    BOB,
    KEY,
    VAULT_ID,
    edit,
    every_record,
    opened,
    passphrase,
    plan,
    query,
)


def agrees(path: Path, seen: Read, provide: Any = None) -> None:
    """Every record, every event, the chain and the sum, field by field."""
    with opened(path, provide) as vault, vault.reading() as transaction:
        assert seen.header["vault_id"] == vault.header.vault_id
        ours = {
            (place.kind, place.id): (place.version, transaction.head if place.kind == "head" else r)
            for place, r in every_record(transaction)
        }
        assert {place: version for place, (version, _) in ours.items()} == seen.versions
        for place, (_, record) in ours.items():
            assert records._plain(record) == seen.records[place]
        for (event, mark), theirs, digest in zip(
            Scan.within(transaction).events(), seen.events, seen.hashes, strict=True
        ):
            assert not isinstance(event, MfactlError)
            assert event._asdict() == theirs
            assert mark == (theirs["number"], digest)
        assert transaction.head.sum == seen.records["head", "head"]["sum"]


def test_a_new_vault_reads_alike(minimal: Path) -> None:
    seen = read(minimal, key=KEY)

    agrees(minimal, seen)
    assert seen.header["vault_id"] == VAULT_ID
    assert set(seen.records) == {("head", "head"), ("pepper", "pepper")}
    assert [event["happened"] for event in seen.events] == ["vault_init"]
    assert seen.events[0]["details"] == {"test": False}


def test_a_vault_with_records_of_every_kind_reads_alike(vault_path: Path) -> None:
    seen = read(vault_path, key=KEY)

    agrees(vault_path, seen)
    assert len(seen.events) == 10
    assert {kind for kind, _ in seen.records} == {
        "account",
        "client",
        "head",
        "pepper",
        "stranger",
    }
    assert seen.records["account", "user_ada"]["lockout"] == {"failures": 1, "locked_at": None}


def test_a_passphrase_opens_it_too(tmp_path: Path) -> None:
    words = passphrase_bytes("zehn grüne Flaschen")
    path = tmp_path / "vault.db"
    create(path, plan(secret=words, cost=FLOOR, test=True))

    seen = read(path, passphrase=words)

    agrees(path, seen, passphrase(words))
    assert seen.header["test"] is True


def test_the_index_columns_follow_from_the_records(vault_path: Path) -> None:
    seen = read(vault_path, key=KEY)
    index = {
        key: hmac.new(seen.index_key, key.encode(), "sha256").hexdigest()
        for key in (builders.KEY, BOB)
    }
    rows = query(
        vault_path,
        "SELECT id, lookup, account, expires FROM record WHERE kind <> 'head' ORDER BY 1",
    )

    assert rows == sorted(
        [
            ("client_ada", ADA_TOKEN, "user_ada", builders.NOW + 7 * builders.DAY),
            ("client_bea", BEA_TOKEN, None, builders.NOW + builders.DAY),
            ("pepper", None, None, None),
            ("user_ada", index[builders.KEY], None, None),
            ("stranger_bob", index[BOB], None, None),
        ]
    )


def test_the_index_values_of_events_are_those_of_whom_they_are_about(vault_path: Path) -> None:
    seen = read(vault_path, key=KEY)
    ada, bob = (
        hmac.new(seen.index_key, key.encode(), "sha256").hexdigest() for key in (builders.KEY, BOB)
    )

    rows = query(vault_path, "SELECT subject, address, client FROM event ORDER BY number")
    assert rows == [
        ("", None, None),
        ("", ada, "client_ada"),  # there was nobody at her address
        ("stranger_before", ada, None),
        ("user_ada", ada, "client_ada"),
        ("user_ada", ada, "client_ada"),
        ("stranger_bob", bob, None),
        ("stranger_bob", bob, None),
        ("stranger_bob", bob, None),
        ("", None, "client_bea"),
        ("user_ada", ada, None),
    ]


def test_the_reader_refuses_what_was_changed(vault_path: Path) -> None:
    """So that agreeing means something."""
    for sql in (
        "UPDATE record SET version = 99 WHERE kind = 'client' AND account IS NULL",
        "DELETE FROM record WHERE kind = 'stranger'",
        "DELETE FROM event WHERE number = 10",
        "UPDATE event SET client = NULL WHERE number = 9",
        "UPDATE event SET address = NULL WHERE number = 10",
    ):
        path = Path(shutil.copy(vault_path, vault_path.with_name("copy.db")))
        edit(path, sql)
        with pytest.raises(Exception):  # noqa: B017, PT011 - each check has its own
            read(path, key=KEY)


def test_nothing_readable_is_in_the_file(vault_path: Path) -> None:
    data = vault_path.read_bytes().lower()
    seen = read(vault_path, key=KEY)

    for secret in (
        builders.KEY,
        BOB,
        "example.com",
        builders.SECRET,
        "argon2id$",
        "sign_up_verify",
        "form_code_incorrect",
        str(builders.NOW - builders.DAY),
        seen.records["pepper", "pepper"]["secret"],
        seen.records["head", "head"]["start"],
    ):
        assert secret.lower().encode() not in data
