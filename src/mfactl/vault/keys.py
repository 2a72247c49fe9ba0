"""The data key, its sub-keys, and the slots that wrap it: for a key file, a passphrase, a keyring.

Guarantees: a slot opens only with its own secret, in its own vault, with the parameters it was made
with; parameters from a file are bounded before they are used.
May import: mfactl.digests, mfactl.errors and cryptography.
"""

import json
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mfactl import digests
from mfactl.errors import Code, MfactlError, failure
from mfactl.named_tuple import NamedTuple

FORMAT = 1
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
KEY_FILE = "key_file"
PASSPHRASE = "passphrase"  # noqa: S105 - the name of a kind of slot
KEYRING = "keyring"
PASSPHRASE_CHARACTERS = 1024
_KEY_LINE = "mfactl-key-1"
_MIB = 1024


class Cost(NamedTuple):
    """Argon2id's parameters: memory in KiB, passes, lanes."""

    memory_kib: int
    iterations: int
    lanes: int


RECOMMENDED = Cost(64 * _MIB, 3, 4)  # RFC 9106 section 4, second choice
FLOOR = Cost(19 * _MIB, 2, 1)  # OWASP's lowest; for tests
_CEILING = Cost(1024 * _MIB, 16, 16)  # above this a file could stall the machine


class Slot(NamedTuple):
    """One way to unlock the data key. `cost` is None where the secret needs no stretching."""

    id: str
    kind: str
    salt: bytes
    cost: Cost | None
    wrapped: bytes
    created_at: int


class SlotPlan(NamedTuple):
    """What a new slot is to be. `cost` is None for every kind but a passphrase."""

    id: str
    kind: str
    cost: Cost | None
    created_at: int


class Keys(NamedTuple):
    """The five sub-keys of one data key, in the order of PURPOSES."""

    record: bytes
    event: bytes
    address: bytes
    total: bytes
    header: bytes

    def __repr__(self) -> str:
        return "Keys(...)"


PURPOSES = ("record", "event", "index", "sum", "header")


def derive(data_key: bytes, vault_id: str, branch: str) -> Keys:
    """The sub-keys of a data key, one for each purpose.

    `branch` is the header's: a vault that was restored goes on under other sub-keys, so that no row
    of the history that was given up fits into it.
    """
    salt = f"{vault_id}\0{branch}".encode()
    return Keys(*(_hkdf(data_key, salt, purpose) for purpose in PURPOSES))


def _hkdf(key: bytes, salt: bytes, purpose: str) -> bytes:
    info = f"mfactl/v{FORMAT}/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


def wrap(data_key: bytes, secret: bytes, plan: SlotPlan, *, vault_id: str) -> Slot:
    """A new slot, which `secret` opens."""
    slot = Slot(plan.id, plan.kind, os.urandom(SALT_BYTES), plan.cost, b"", plan.created_at)
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_wrapping_key(slot, secret)).encrypt(nonce, data_key, _bound(slot, vault_id))
    return slot._replace(wrapped=nonce + sealed)


def unwrap(slot: Slot, secret: bytes, *, vault_id: str) -> bytes | None:
    """The data key, or None if the secret is not this slot's."""
    nonce, sealed = slot.wrapped[:NONCE_BYTES], slot.wrapped[NONCE_BYTES:]
    try:
        return AESGCM(_wrapping_key(slot, secret)).decrypt(nonce, sealed, _bound(slot, vault_id))
    except (InvalidTag, ValueError):
        return None


def is_bounded(cost: Cost) -> bool:
    """Whether parameters read from a file are neither too weak nor absurd."""
    return (
        FLOOR.memory_kib <= cost.memory_kib <= _CEILING.memory_kib
        and 1 <= cost.iterations <= _CEILING.iterations
        and 1 <= cost.lanes <= _CEILING.lanes
    )


def _wrapping_key(slot: Slot, secret: bytes) -> bytes:
    if slot.cost is None:
        return _hkdf(secret, slot.salt, f"slot/{slot.kind}")
    return Argon2id(
        salt=slot.salt,
        length=KEY_BYTES,
        iterations=slot.cost.iterations,
        lanes=slot.cost.lanes,
        memory_cost=slot.cost.memory_kib,
    ).derive(secret)


def _bound(slot: Slot, vault_id: str) -> bytes:
    parts = ["mfactl/slot", FORMAT, vault_id, slot.id, slot.kind, slot.created_at, slot.cost]
    return json.dumps(parts, separators=(",", ":")).encode()


def passphrase_bytes(text: str) -> bytes:
    """A passphrase as it is stretched: NFKC, UTF-8; its length is capped first."""
    if len(text) > PASSPHRASE_CHARACTERS:
        raise failure(
            Code.PASSWORD_TOO_LONG,
            f"A passphrase has at most {PASSPHRASE_CHARACTERS:,} characters.",
            param_name="passphrase",
        )
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def new_key_file() -> bytes:
    """The text of a new key file."""
    key = os.urandom(KEY_BYTES)
    return (
        "# A key of an mfactl vault. Whoever has this file and the vault can do everything.\n"
        "# Keep a copy of it apart from the vault: without it the vault cannot be opened.\n"
        f"{_KEY_LINE} {key.hex()} {_checksum(key)}\n"
    ).encode()


def parse_key_file(data: bytes) -> bytes:
    """The 32 bytes that a key file holds. Raises `vault_key_incorrect` if it is not whole."""
    lines = [line.split() for line in data.decode("ascii", "replace").splitlines()]
    words = [line for line in lines if line and not line[0].startswith("#")]
    if len(words) != 1 or len(words[0]) != 3 or words[0][0] != _KEY_LINE:
        raise _damaged_key_file()
    try:
        key = bytes.fromhex(words[0][1])
    except ValueError:
        raise _damaged_key_file() from None
    if len(key) != KEY_BYTES or _checksum(key) != words[0][2]:  # of the file's own words: no secret
        raise _damaged_key_file()
    return key


def _checksum(key: bytes) -> str:
    return digests.sha256(_KEY_LINE.encode() + key).hex()[:8]


def _damaged_key_file() -> MfactlError:
    return failure(
        Code.VAULT_KEY_INCORRECT,
        "The key file is cut short or damaged.",
        "Put a good copy of it back; without it this vault cannot be opened.",
    )
