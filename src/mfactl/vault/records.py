"""Records as they are sealed: JSON spelled from the record types' own fields.

Guarantees: what decodes has exactly the fields and types of its record type, and what is encoded
decodes to an equal record. Bytes are hexadecimal digits in JSON.
May import: mfactl.core, mfactl.digests and mfactl.vault.sealing.
"""

import json
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin

from mfactl import digests
from mfactl.core.account import Account, Stranger, stranger_expires_at
from mfactl.core.client import Client, account_id, expires_at
from mfactl.named_tuple import NamedTuple
from mfactl.vault.sealing import Place


class Pepper(NamedTuple):
    """The vault's one secret for Argon2 and for the HMAC of e-mail codes. Outlives a key change."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return "Pepper(...)"


class Head(NamedTuple):
    """The newest event, and a fingerprint of all live records; rewritten in every transaction.

    `records` counts them and `sum` is the sum modulo 2**256 of HMAC-SHA256(kind, id, version) over
    the live records, as 64 hexadecimal digits; `epoch` ends every session; `generation` is the
    header's, so that an older header is noticed; `start` is where the chain of events begins;
    `seals` counts what has been sealed under the present keys.
    """

    id: str
    number: int
    hash: str
    records: int
    sum: str
    epoch: int
    generation: int
    start: str
    seals: int


class Event(NamedTuple):
    """What happened in one transaction, and which records it wrote or dropped.

    `previous` is the SHA-256 of the event before (of the first: the head's start), so that the
    events are a chain. `subject_version` and `client_version` are the versions of the subject's and
    the client's record afterwards, 0 if there is none; `subject_lapses` says that the subject's may
    be pruned without another word, as every client's may. `code` is the refusal, None if there was
    none.
    """

    number: int
    at: int
    happened: str
    subject: str
    subject_version: int
    subject_lapses: bool
    client: str | None
    client_version: int
    code: str | None
    details: dict[str, Any]
    wrote: list[Any]
    dropped: list[Any]
    previous: str


Record = Account | Stranger | Client | Pepper
PEPPER_ID = "pepper"
HEAD_ID = "head"
_from_json = json.JSONDecoder().decode
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
MODULUS = 2**256  # of the head's sum
KINDS: dict[str, type[Any]] = {
    "account": Account,
    "client": Client,
    "pepper": Pepper,
    "stranger": Stranger,
}


_NAMES = {kind: name for name, kind in KINDS.items()}


class Malformed(Exception):
    """The JSON is not a record of the expected type."""


def kind_of(record: Record) -> str:
    """The name of the record's kind, as it is stored."""
    return _NAMES[type(record)]


def place_of(record: Record, version: int, address_key: bytes) -> Place:
    """Where a record belongs, with the index values that follow from what it holds."""
    kind = kind_of(record)
    if isinstance(record, Account):
        return Place(kind, record.id, version, blind_index(record.key, address_key))
    if isinstance(record, Client):
        token, account = record.token_hash, account_id(record)
        return Place(kind, record.id, version, token, account, expires_at(record))
    if isinstance(record, Stranger):
        lookup = blind_index(record.key, address_key)
        return Place(kind, record.id, version, lookup, expires=stranger_expires_at(record))
    return Place(kind, record.id, version)


def blind_index(key: str, address_key: bytes) -> str:
    """The HMAC under which an address is found; says nothing without the vault's key."""
    return digests.hmac_sha256(address_key, key.encode()).hex()


def fingerprint(total_key: bytes, kind: str, identifier: str, version: int) -> int:
    """The share of one live record in the head's sum."""
    message = f"{kind}\0{identifier}\0{version}".encode()
    return int.from_bytes(digests.hmac_sha256(total_key, message), "big")


def encode(record: Any) -> bytes:
    """A record as JSON in UTF-8, fields in the order of its type."""
    return _as_json(_plain(record)).encode()


def decode(kind: Any, data: bytes) -> Any:
    """The record of type `kind` in `data`. Raises Malformed."""
    try:
        text = data.decode()
        value = _from_json(text)
        if "\\" in text:
            _as_json(value).encode()  # half a character, which JSON can spell, is no text
        return _read(kind, value)
    except (ValueError, RecursionError):
        raise Malformed from None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "_fields"):
        return {name: _plain(getattr(value, name)) for name in value._fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _read(kind: Any, value: Any) -> Any:
    """What a value from JSON is as a `kind`: a type, a union of some, or a tuple of one.

    Raises Malformed if it is no such thing. Exactly: to Python a truth is a number, too.
    """
    found, kinds = type(value), _kinds(kind)
    if found in _same_in_json(kind):
        return value
    if found is str and bytes in kinds:
        return bytes.fromhex(value)
    if found is list and get_origin(kinds[0]) is tuple:
        item = get_args(kinds[0])[0]
        return tuple([_read(item, each) for each in value])
    if found is dict:
        for record in kinds:  # the names of its fields tell which one it is
            if getattr(record, "_fields", None) == tuple(value):
                return record(*map(_read, _types(record), value.values()))
    raise Malformed


# What follows from a type alone is worked out once: that halves the time of reading a record.
@cache
def _kinds(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


@cache
def _same_in_json(kind: Any) -> frozenset[Any]:
    return frozenset(get_origin(one) or one for one in _kinds(kind))


@cache
def _types(record: Any) -> tuple[Any, ...]:
    return tuple(record.__annotations__[field] for field in record._fields)
