"""SHA-256 and HMAC-SHA-256, from the library that seals records.

The standard library's would load OpenSSL a second time: 2 ms of each command.
May import: cryptography.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac

_SHA256 = hashes.SHA256()


def sha256(data: bytes) -> bytes:
    """The SHA-256 of the data."""
    digest = hashes.Hash(_SHA256)
    digest.update(data)
    return digest.finalize()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """The HMAC-SHA-256 of the data."""
    mac = hmac.HMAC(key, _SHA256)
    mac.update(data)
    return mac.finalize()


def is_hmac_sha256(mac: bytes, key: bytes, data: bytes) -> bool:
    """Whether `mac` is that, compared in constant time."""
    expected = hmac.HMAC(key, _SHA256)
    expected.update(data)
    try:
        expected.verify(mac)
    except InvalidSignature:
        return False
    return True
