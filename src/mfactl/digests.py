"""SHA-256, the HMACs that mfactl uses, and comparison in constant time.

From the library that seals records: the standard library's `hashlib` and `hmac` load OpenSSL a
second time, which takes 4 ms of a command's 100.
May import: cryptography.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac

_SHA1 = hashes.SHA1()  # noqa: S303 - RFC 6238; what is known of its collisions breaks no HMAC
_SHA256 = hashes.SHA256()
_NOTHING = hashes.Hash(_SHA256)  # to be copied: that takes less time than making one


def sha256(data: bytes) -> bytes:
    """The SHA-256 of the data."""
    digest = _NOTHING.copy()
    digest.update(data)
    return digest.finalize()


def hmac_sha1(key: bytes, data: bytes) -> bytes:
    """The HMAC-SHA-1 of the data, for authenticator apps (RFC 4226)."""
    mac = hmac.HMAC(key, _SHA1)
    mac.update(data)
    return mac.finalize()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """The HMAC-SHA-256 of the data."""
    mac = _keyed(key).copy()
    mac.update(data)
    return mac.finalize()


def is_hmac_sha256(mac: bytes, key: bytes, data: bytes) -> bool:
    """Whether `mac` is that, compared in constant time."""
    expected = _keyed(key).copy()
    expected.update(data)
    try:
        expected.verify(mac)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    """To be copied: that takes a third of the time of setting a key."""
    return hmac.HMAC(key, _SHA256)


def is_equal(one: bytes, other: bytes) -> bool:
    """Whether both are the same, in a time that tells their lengths at most: by their MACs."""
    return is_hmac_sha256(hmac_sha256(b"", one), b"", other)
