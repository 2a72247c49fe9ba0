"""The header: what has to be known to unlock a vault, covered by a MAC.

Guarantees: before the MAC is checked, nothing of it is used but the magic, the format and the
bounded parameters of the slots that are tried.
May import: mfactl.digests, mfactl.errors and mfactl.vault.keys.
"""

import json
from collections.abc import Callable
from typing import Any

from mfactl import digests
from mfactl.errors import Code, MfactlError, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault.keys import FORMAT, KEY_FILE, Cost, Keys, Slot, derive, is_bounded, unwrap

MAGIC = "mfactl"
ALGORITHMS = "AES-256-GCM HKDF-SHA256 HMAC-SHA256 Argon2id"
MAX_BYTES = 1 << 16
MAX_SLOTS = 16
TYPE_AGAIN = "Run the command again, or check MFACTL_PASSPHRASE_FILE and --vault."


class Header(NamedTuple):
    """What the header says.

    `generation` moves when slots or keys change; `branch` is drawn anew when the vault is restored.
    """

    vault_id: str
    branch: str
    generation: int
    test: bool
    created_at: int
    slots: tuple[Slot, ...]


class Secret(NamedTuple):
    """Something that unlocks: the kind of slot it is for, its bytes, and where it came from."""

    kind: str
    value: bytes
    source: str

    def __repr__(self) -> str:
        return f"Secret({self.kind}, from {self.source})"


SecretProvider = Callable[[tuple[Slot, ...]], Secret]


class Unlocked(NamedTuple):
    """A header whose MAC is right, the data key and its sub-keys, and the slot that opened it."""

    header: Header
    data_key: bytes
    keys: Keys
    slot: Slot
    body: bytes

    def __repr__(self) -> str:
        return "Unlocked(...)"


def unlocked(header: Header, data_key: bytes, slot: Slot) -> Unlocked:
    """A header of our own making, as it is once it is stored."""
    keys = derive(data_key, header.vault_id, header.branch)
    return Unlocked(header, data_key, keys, slot, encode(header))


def encode(header: Header) -> bytes:
    """The header's body: JSON in UTF-8."""
    body = {
        "magic": MAGIC,
        "format": FORMAT,
        "algorithms": ALGORITHMS,
        "vault_id": header.vault_id,
        "branch": header.branch,
        "generation": header.generation,
        "test": header.test,
        "created_at": header.created_at,
        "slots": [
            {
                "id": slot.id,
                "kind": slot.kind,
                "created_at": slot.created_at,
                "salt": slot.salt.hex(),
                "cost": None if slot.cost is None else list(slot.cost),
                "wrapped": slot.wrapped.hex(),
            }
            for slot in header.slots
        ],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def mac(body: bytes, keys: Keys) -> bytes:
    """The MAC that covers the body."""
    return digests.hmac_sha256(keys.header, body)


def unlock(body: bytes, seal: bytes, provide: SecretProvider) -> Unlocked:
    """Opens the vault's keys with the secret that `provide` gives for one of the kinds of slot."""
    header = decode(body)
    secret = provide(header.slots)
    for slot in header.slots:
        if slot.kind != secret.kind:
            continue
        if slot.cost is not None and not is_bounded(slot.cost):
            raise failure(Code.VAULT_CORRUPT, "A slot of the vault asks for absurd parameters.")
        data_key = unwrapped(slot, secret.value, header.vault_id)
        if data_key is not None:
            keys = derive(data_key, header.vault_id, header.branch)
            if not digests.is_hmac_sha256(seal, keys.header, body):
                raise failure(Code.VAULT_CORRUPT, "The header of the vault was changed.")
            return Unlocked(header, data_key, keys, slot, body)
    remedy = "Check MFACTL_KEY_FILE and --vault." if secret.kind == KEY_FILE else TYPE_AGAIN
    raise failure(Code.VAULT_KEY_INCORRECT, f"{secret.source} does not open this vault.", remedy)


def unwrapped(slot: Slot, secret: bytes, vault_id: str) -> bytes | None:
    """The data key, or None if the secret is not this slot's."""
    try:
        return unwrap(slot, secret, vault_id=vault_id)
    except MemoryError:  # within the bounds a slot may still ask for more than there is
        detail = "There is not enough memory to unlock the vault."
        raise failure(Code.IO_ERROR, detail, "Close other programs and try again.") from None


def decode(body: bytes) -> Header:
    """What a stored body says, before its MAC is checked."""
    raw = _parsed(body)
    if (raw.get("format"), raw.get("algorithms")) != (FORMAT, ALGORITHMS):
        raise failure(Code.VAULT_TOO_NEW)
    try:
        return Header(
            _text(raw["vault_id"]),
            _digits(raw["branch"]),
            _checked(int, raw["generation"]),
            _checked(bool, raw["test"]),
            _checked(int, raw["created_at"]),
            _slots(raw["slots"]),
        )
    except (ValueError, TypeError, KeyError):
        raise _damaged() from None


def _parsed(body: bytes) -> dict[str, Any]:
    """The body as a JSON object with our magic."""
    if len(body) > MAX_BYTES:
        raise _damaged()
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(raw, dict) or raw.get("magic") != MAGIC:
        raise _damaged()
    return raw


def _damaged() -> MfactlError:
    return failure(Code.VAULT_CORRUPT, "The header of the vault is damaged.")


def _slots(raw: Any) -> tuple[Slot, ...]:
    if len(_checked(list, raw)) > MAX_SLOTS:
        raise ValueError
    return tuple(_slot(slot) for slot in raw)


def _slot(raw: dict[str, Any]) -> Slot:
    cost = None if raw["cost"] is None else Cost(*(_checked(int, part) for part in raw["cost"]))
    return Slot(
        _text(raw["id"]),
        _text(raw["kind"]),
        bytes.fromhex(raw["salt"]),
        cost,
        bytes.fromhex(raw["wrapped"]),
        _checked(int, raw["created_at"]),
    )


def _text(value: Any) -> str:
    """A string that can be bound by a seal: JSON can spell one that is no text at all."""
    _checked(str, value).encode()
    return str(value)


def _digits(value: Any) -> str:
    bytes.fromhex(_checked(str, value))  # what is no text at all has no place in a key's salt
    return str(value)


def _checked(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
