"""Digests against the standard library's."""

import hashlib
import hmac

import pytest

from mfactl import digests

DATA = [b"", b"abc", bytes(1000)]


@pytest.mark.parametrize("data", DATA)
def test_they_are_those_of_the_standard_library(data: bytes) -> None:
    key = b"k" * 32
    assert digests.sha256(data) == hashlib.sha256(data).digest()
    assert digests.hmac_sha256(key, data) == hmac.digest(key, data, "sha256")
    assert digests.hmac_sha1(key, data) == hmac.digest(key, data, "sha1")
    assert digests.is_hmac_sha256(hmac.digest(key, data, "sha256"), key, data)


@pytest.mark.parametrize(
    "mac", [b"", bytes(32), hmac.digest(b"k" * 32, b"abd", "sha256"), b"x" * 33]
)
def test_another_mac_is_not_that_of_the_data(mac: bytes) -> None:
    assert not digests.is_hmac_sha256(mac, b"k" * 32, b"abc")


@pytest.mark.parametrize("other", [b"", b"123450", b"023456", b"12345", b"1234567", b"123456\0"])
def test_equal_is_only_what_is_the_same(other: bytes) -> None:
    assert digests.is_equal(b"123456", bytes(bytearray(b"123456")))
    assert not digests.is_equal(b"123456", other)
    assert digests.is_equal(other, other)
