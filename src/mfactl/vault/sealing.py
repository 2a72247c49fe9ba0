"""Sealing and opening: the two things done to a record or event before and after it is stored.

Guarantees: what opens was sealed under this vault's key for exactly this place (a record's kind,
id, version and index values; an event's number and index values). Nonces are drawn here and cannot
be chosen. Lengths are hidden up to 256 bytes.
May import: mfactl.vault.keys and cryptography.
"""

import json
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mfactl.named_tuple import NamedTuple
from mfactl.vault.keys import FORMAT, NONCE_BYTES

BLOCK_BYTES = 256
_MARK = b"\x80"
_as_json = json.JSONEncoder(separators=(",", ":")).encode
_cipher = lru_cache(maxsize=8)(AESGCM)  # setting a key takes as long as opening a record


class Place(NamedTuple):
    """Where a sealed record belongs. The last three are the row's index values."""

    kind: str
    id: str
    version: int
    lookup: str | None = None
    account: str | None = None
    expires: int | None = None


class EventPlace(NamedTuple):
    """Where a sealed event belongs: its number, and whom it is about.

    `subject` is the id of an account or stranger, or empty; `address` the blind index of that one's
    address, or of an address at which there is nobody; `client` the id of the client that asked.
    """

    number: int
    subject: str
    address: str | None
    client: str | None


class SealBroken(Exception):
    """The bytes are not what was sealed for this place."""


def seal(key: bytes, plaintext: bytes, place: Place | EventPlace, vault_id: str) -> bytes:
    """Nonce and ciphertext of the padded plaintext, bound to its place."""
    padded = plaintext + _MARK
    padded += bytes(-len(padded) % BLOCK_BYTES)
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, padded, _bound(place, vault_id))


def open_(key: bytes, sealed: object, place: Place | EventPlace, vault_id: str) -> bytes:
    """The plaintext. Raises SealBroken."""
    if not isinstance(sealed, bytes):  # a damaged row may hold anything
        raise SealBroken
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        padded = _cipher(key).decrypt(nonce, ciphertext, _bound(place, vault_id))
        return padded[: padded.rindex(_MARK)]
    except (InvalidTag, ValueError, TypeError):  # TypeError: a place of bytes
        raise SealBroken from None


def _bound(place: Place | EventPlace, vault_id: str) -> bytes:
    """A JSON list of what kind of thing it is, in which vault, and where."""
    sort = "mfactl/record" if isinstance(place, Place) else "mfactl/event"
    values = ",".join([_spelled(value) for value in (sort, FORMAT, vault_id, *place)])
    return f"[{values}]".encode()


def _spelled(value: str | int | None) -> str:
    """The value as JSON. Asking the encoder for each text alone takes half the time."""
    if value is None:
        return "null"
    return str(value) if type(value) is int else _as_json(value)
