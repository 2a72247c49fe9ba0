"""Backup codes: sets of ten, each good once.

Guarantees: a code has 60 bits and is kept as a digest under its set's salt; every digest of a set
is compared, in constant time. Hashing is done elsewhere.
May import: mfactl.core and mfactl.digests.
"""

from collections.abc import Callable

from mfactl import digests
from mfactl.core.account import BackupCodes
from mfactl.core.code import BACKUP_CHARACTERS, CROCKFORD
from mfactl.named_tuple import NamedTuple

COUNT = 10  # Clerk
SALT_BYTES = 16
_GROUP = 4


class Found(NamedTuple):
    """Where a digest stands in a set, and whether that code was used before."""

    place: int
    used: bool


def draw(random_bytes: Callable[[int], bytes]) -> tuple[str, ...]:
    """Ten new codes in canonical spelling: 12 characters, 5 bits each."""
    # 256 is a multiple of 32, so the low five bits of a byte are unbiased.
    return tuple(
        "".join(CROCKFORD[byte % 32] for byte in random_bytes(BACKUP_CHARACTERS))
        for _ in range(COUNT)
    )


def shown(code: str) -> str:
    """A canonical code as a person sees it: `xxxx-xxxx-xxxx`."""
    return "-".join(code[i : i + _GROUP] for i in range(0, BACKUP_CHARACTERS, _GROUP))


def find(codes: BackupCodes, digest: bytes) -> Found | None:
    """The code of the set that has this digest. Every digest is compared."""
    found = None
    for place, code in enumerate(codes.codes):
        if digests.is_equal(code.digest, digest):
            found = Found(place, code.used_at is not None)
    return found


def use(codes: BackupCodes, place: int, *, now: int) -> BackupCodes:
    """The set after one of its codes was used."""
    used = codes.codes[place]._replace(used_at=now)
    return codes._replace(codes=(*codes.codes[:place], used, *codes.codes[place + 1 :]))
