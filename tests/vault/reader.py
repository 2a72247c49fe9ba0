"""A reader of vaults written from docs/vault-format.md alone: nothing of mfactl is imported.

It agrees with the product or the page is wrong. It raises AssertionError where a check fails.
"""

import hashlib
import hmac
import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHMS = "AES-256-GCM HKDF-SHA256 HMAC-SHA256 Argon2id"
Json = dict[str, Any]


class Read(NamedTuple):
    """All that a vault holds, in plain."""

    header: Json
    records: dict[tuple[str, str], Json]
    versions: dict[tuple[str, str], int]
    events: list[Json]
    hashes: list[str]
    index_key: bytes


def read(
    path: Path,
    *,
    key: bytes | None = None,
    passphrase: bytes | None = None,
    keyring: bytes | None = None,
) -> Read:
    """Opens the vault with the secret of one kind of slot, and checks all of it."""
    ((kind, secret),) = (
        (kind, secret)
        for kind, secret in (("key_file", key), ("passphrase", passphrase), ("keyring", keyring))
        if secret is not None
    )
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        assert file.execute("PRAGMA application_id").fetchone() == (0x6D666163,)
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        schema = [sql for (sql,) in file.execute("SELECT sql FROM sqlite_schema") if sql]
        assert sorted(schema) == sorted(_documented_schema())
        ((one, body, mac),) = file.execute("SELECT one, body, mac FROM header")
        assert one == 1
        rows = file.execute(
            "SELECT kind, id, version, lookup, account, expires, sealed FROM record"
        )
        events = file.execute(
            "SELECT number, subject, address, client, sealed FROM event ORDER BY number"
        )
        return _read(body, mac, rows.fetchall(), events.fetchall(), kind, secret)
    finally:
        file.close()


def _documented_schema() -> list[str]:
    page = Path(__file__).parent.parent.parent / "docs" / "vault-format.md"
    return page.read_text("utf-8").split("```sql\n")[1].split("\n```")[0].split("\n")


def _read(
    body: bytes,
    mac: bytes,
    rows: list[tuple[Any, ...]],
    event_rows: list[tuple[Any, ...]],
    kind: str,
    secret: bytes,
) -> Read:
    header = json.loads(body)
    assert (header["magic"], header["format"]) == ("mfactl", 1)
    assert header["algorithms"] == ALGORITHMS
    vault = header["vault_id"]
    data_key = _unlock(header, kind, secret)
    salt = f"{vault}\0{header['branch']}".encode()
    sub = {p: _hkdf(data_key, salt, p) for p in ("record", "event", "index", "sum", "header")}
    assert hmac.compare_digest(_hmac(sub["header"], body), mac)
    records, versions = {}, {}
    for *place, sealed in rows:
        bound = _joined("mfactl/record", vault, *place)
        records[place[0], place[1]] = record = json.loads(_open(sub["record"], sealed, bound))
        versions[place[0], place[1]] = place[2]
        assert place[3:] == _index_values(place[0], record, sub["index"])
    assert ("head", "head") in records
    head = records["head", "head"]
    assert head["generation"] == header["generation"]
    events: list[Json] = []
    hashes: list[str] = []
    previous = head["start"]
    for number, subject, address, client, sealed in event_rows:
        bound = _joined("mfactl/event", vault, number, subject, address, client)
        plaintext = _open(sub["event"], sealed, bound)
        event = json.loads(plaintext)
        assert (event["number"], event["subject"], event["client"]) == (number, subject, client)
        assert (number, event["previous"]) == (len(events) + 1, previous)
        previous = hashlib.sha256(plaintext).hexdigest()
        events.append(event)
        hashes.append(previous)
    assert (head["number"], head["hash"]) == (len(events), previous)
    live = {place: version for place, version in versions.items() if place[0] != "head"}
    total = sum(_share(sub["sum"], *place, version) for place, version in live.items())
    assert (head["records"], head["sum"]) == (len(live), f"{total % 2**256:064x}")
    assert _told(events) == live
    assert head["seals"] >= len(rows) + len(events)  # each of them is sealed under these keys
    for row in rows:
        _check_newest(row, event_rows, events)
    return Read(header, records, versions, events, hashes, sub["index"])


def _unlock(header: Json, kind: str, secret: bytes) -> bytes:
    for slot in header["slots"]:
        if slot["kind"] != kind:
            continue
        salt, wrapped = bytes.fromhex(slot["salt"]), bytes.fromhex(slot["wrapped"])
        if slot["cost"] is None:
            wrapping = _hkdf(secret, salt, f"slot/{kind}")
        else:
            memory, passes, lanes = slot["cost"]
            assert 19456 <= memory <= 1048576
            assert 1 <= passes <= 16
            assert 1 <= lanes <= 16
            argon2 = Argon2id(
                salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory
            )
            wrapping = argon2.derive(secret)
        parts = (header["vault_id"], slot["id"], slot["kind"], slot["created_at"], slot["cost"])
        bound = _joined("mfactl/slot", *parts)
        with suppress(InvalidTag):
            return AESGCM(wrapping).decrypt(wrapped[:12], wrapped[12:], bound)
    raise AssertionError("no slot that the secret opens")


def _index_values(kind: str, record: Json, index_key: bytes) -> list[Any]:
    """The row's lookup, account and expires, as they follow from the record."""
    if kind == "account":
        return [_hmac(index_key, record["key"].encode()).hex(), None, None]
    if kind == "stranger":
        lapses = None if record["lockout"]["failures"] else record["last_used_at"] + 86_400
        return [_hmac(index_key, record["key"].encode()).hex(), None, lapses]
    if kind == "client":
        pending, session = record["pending"], record["session"]
        owner, ends = None, [record["created_at"]]
        if pending is not None:
            owner = pending.get("account_id")
            ends.append(pending["created_at"] + (86_400 if owner is None else 600))
        if session is not None:
            owner = session["account_id"]
            ends.append(session["created_at"] + 604_800)
        return [record["token_hash"], owner, max(ends)]
    return [None, None, None]


def _check_newest(
    row: tuple[Any, ...], event_rows: list[tuple[Any, ...]], events: list[Json]
) -> None:
    """The newest event about an account, stranger or client says its version."""
    kind, name, version, lookup, *_ = row
    if kind in ("account", "stranger"):
        for column, value in ((0, name), (1, lookup)):
            about = [number for number, *place, _ in event_rows if place[column] == value]
            newest = events[about[-1] - 1]
            assert (newest["subject"], newest["subject_version"]) == (name, version)
    if kind == "client":
        asked = [event for event in events if event["client"] == name]
        assert asked[-1]["client_version"] == version


def _told(events: list[Json]) -> dict[tuple[str, str], int]:
    """The versions of the records as the events tell them."""
    told: dict[tuple[str, str], int] = {}
    for event in events:
        for kind, name, replaced in event["wrote"]:
            assert replaced == told.get((kind, name), 0)
            told[kind, name] = event["number"]
        for kind, name, version in event["dropped"]:
            assert told.pop((kind, name)) == version
    return told


def _open(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    padded = AESGCM(key).decrypt(sealed[:12], sealed[12:], bound)
    assert len(padded) % 256 == 0
    plaintext, mark, zeros = padded.rpartition(b"\x80")
    assert mark == b"\x80"
    assert not zeros.strip(b"\0")
    return plaintext


def _joined(purpose: str, *parts: Any) -> bytes:
    return json.dumps([purpose, 1, *parts], separators=(",", ":")).encode()


def _share(key: bytes, kind: str, name: str, version: int) -> int:
    return int.from_bytes(_hmac(key, f"{kind}\0{name}\0{version}".encode()), "big")


def _hkdf(key: bytes, salt: bytes, purpose: str) -> bytes:
    info = f"mfactl/v1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()
