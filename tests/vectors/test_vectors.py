"""The frozen vaults: each is opened, or refused for its reason, by this and every later version.

By the product, and by the reader that was written from docs/vault-format.md alone. `make.py` says
how they were made; a later format adds vectors and changes none.
"""

import gzip
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from mfactl.errors import MfactlError
from mfactl.vault.check import check
from mfactl.vault.header import Secret
from mfactl.vault.keys import KEY_FILE, KEYRING, PASSPHRASE, passphrase_bytes
from tests.vault.reader import read
from tests.vault.vaults import opened
from tests.vectors.make import VECTORS

FOLDER = Path(__file__).parent
ARGUMENTS = {KEY_FILE: "key", PASSPHRASE: "passphrase", KEYRING: "keyring"}
FROZEN: dict[str, str] = {}


def told(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document


def secrets(name: str) -> list[tuple[str, bytes]]:
    """The kinds of slot, and what is tried on them."""
    return [
        (kind, passphrase_bytes(text) if kind == PASSPHRASE else bytes.fromhex(text))
        for kind, text in told(name)["secrets"].items()
    ]


@pytest.fixture
def vault(name: str, tmp_path: Path) -> Path:
    path = tmp_path / "vault.db"
    path.touch(mode=0o600)
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes()))
    return path


every = pytest.mark.parametrize("name", sorted(FROZEN))
good = pytest.mark.parametrize("name", sorted(n for n in FROZEN if told(n)["expect"] == "ok"))
bad = pytest.mark.parametrize("name", sorted(n for n in FROZEN if told(n)["expect"] != "ok"))


@every
def test_a_vector_is_what_it_always_was(name: str) -> None:
    data = gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes())
    whole = data + (FOLDER / f"{name}.json").read_bytes()
    assert hashlib.sha256(whole).hexdigest() == FROZEN[name]


def test_every_vector_is_frozen_and_every_frozen_one_is_there() -> None:
    names = {path.name.removesuffix(".db.gz") for path in FOLDER.glob("*.db.gz")}
    assert names == set(FROZEN) == {vector.name for vector in VECTORS}
    assert names == {path.stem for path in FOLDER.glob("*.json")}


@good
def test_a_good_vector_opens_with_each_secret_and_holds_what_it_held(
    name: str, vault: Path
) -> None:
    for kind, secret in secrets(name):
        with opened(vault, lambda _, k=kind, s=secret: Secret(k, s, "It")) as found:  # type: ignore[misc]
            assert check(found).findings == ()
            with found.reading() as transaction:
                events = [mark.hash for _, mark in transaction.events()]
                records = {f"{p.kind} {p.id}": p.version for p, _ in transaction.records()}
        assert (events, records) == (told(name)["events"], told(name)["records"])


@good
def test_the_independent_reader_reads_a_good_vector(name: str, vault: Path) -> None:
    for kind, secret in secrets(name):
        seen = read(vault, **{ARGUMENTS[kind]: secret})
        assert seen.hashes == told(name)["events"]
        assert {" ".join(p): v for p, v in seen.versions.items()} == told(name)["records"]


@bad
def test_a_bad_vector_is_refused_for_its_reason(name: str, vault: Path) -> None:
    """By any command where it says so; else at least by `vault check`."""
    ((kind, secret),) = secrets(name)
    codes: list[str] = []
    try:
        with opened(vault, lambda _: Secret(kind, secret, "It")) as found:
            with found.reading():
                opens = True
            codes = ["vault_corrupt"] * bool(check(found).findings)
    except MfactlError as error:
        opens = False
        codes = [error.refusals[0].code]
    assert codes == [told(name)["expect"]]
    assert opens == (told(name)["noticed_by"] == "check")


@bad
def test_the_independent_reader_refuses_a_bad_vector(name: str, vault: Path) -> None:
    ((kind, secret),) = secrets(name)
    with pytest.raises((AssertionError, InvalidTag, sqlite3.Error, ValueError)):
        read(vault, **{ARGUMENTS[kind]: secret})
