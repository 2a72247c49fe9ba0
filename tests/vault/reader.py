"""A reader of vaults written from docs/vault-format.md alone: nothing of mfactl is imported.

It agrees with the product or the page is wrong. It raises AssertionError where a check fails.
"""

import hashlib
import hmac
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

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


def read(path: Path, *, key: bytes | None = None, passphrase: bytes | None = None) -> Read:
    """Opens the vault with a key file's 32 bytes or a passphrase, and checks all of it."""
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
        events = file.execute("SELECT number, subject, address, sealed FROM event ORDER BY number")
        return _read(body, mac, rows.fetchall(), events.fetchall(), key, passphrase)
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
    key: bytes | None,
    passphrase: bytes | None,
) -> Read:
    header = json.loads(body)
    assert (header["magic"], header["format"]) == ("mfactl", 1)
    assert header["algorithms"] == ALGORITHMS
    vault = header["vault_id"]
    data_key = _unlock(header, key, passphrase)
    sub = {p: _hkdf(data_key, vault.encode(), p) for p in ("record", "event", "index", "sum")}
    assert hmac.compare_digest(_hmac(_hkdf(data_key, vault.encode(), "header"), body), mac)
    records, versions = {}, {}
    for kind, name, version, lookup, account, expires, sealed in rows:
        place = (kind, name, version, lookup, account, expires)
        records[kind, name] = json.loads(_open(sub["record"], sealed, vault, place))
        versions[kind, name] = version
    head = records["head", "head"]
    events: list[Json] = []
    hashes: list[str] = []
    previous = head["start"]
    for number, subject, address, sealed in event_rows:
        place = ("event", str(number), 1, address, subject, None)
        plaintext = _open(sub["event"], sealed, vault, place)
        event = json.loads(plaintext)
        assert (event["number"], event["subject"]) == (number, subject)
        assert (number, event["previous"]) == (len(events) + 1, previous)
        previous = hashlib.sha256(plaintext).hexdigest()
        events.append(event)
        hashes.append(previous)
    assert (head["number"], head["hash"]) == (len(events), previous)
    live = {place: version for place, version in versions.items() if place[0] != "head"}
    total = sum(_share(sub["sum"], *place, version) for place, version in live.items())
    assert (head["records"], head["sum"]) == (len(live), f"{total % 2**256:064x}")
    assert _told(events) == live
    return Read(header, records, versions, events, hashes, sub["index"])


def _unlock(header: Json, key: bytes | None, passphrase: bytes | None) -> bytes:
    for slot in header["slots"]:
        if slot["kind"] != ("key_file" if passphrase is None else "passphrase"):
            continue
        salt, wrapped = bytes.fromhex(slot["salt"]), bytes.fromhex(slot["wrapped"])
        if passphrase is None:
            assert key is not None
            wrapping = _hkdf(key, salt, "slot/key_file")
        else:
            memory, passes, lanes = slot["cost"]
            argon2 = Argon2id(
                salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory
            )
            wrapping = argon2.derive(passphrase)
        parts = (header["vault_id"], slot["id"], slot["kind"], slot["created_at"], slot["cost"])
        return AESGCM(wrapping).decrypt(wrapped[:12], wrapped[12:], _joined("mfactl/slot", *parts))
    raise AssertionError("no slot of that kind")


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


def _open(key: bytes, sealed: bytes, vault: str, place: tuple[Any, ...]) -> bytes:
    padded = AESGCM(key).decrypt(sealed[:12], sealed[12:], _joined("mfactl/record", vault, *place))
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
