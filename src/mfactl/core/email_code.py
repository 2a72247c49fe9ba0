"""The 6-digit code that proves an e-mail address at sign-up.

Guarantees: it is kept as an HMAC under the vault's pepper, bound to its sign-up; it lives ten
minutes and five wrong tries; a new one voids the one before.
May import: mfactl.core.client, mfactl.core.code, mfactl.core.freshness and mfactl.digests.
"""

from collections.abc import Callable
from enum import StrEnum

from mfactl import digests
from mfactl.core.client import EmailCode
from mfactl.core.code import TO_ASCII_LOWER
from mfactl.core.freshness import is_fresh

LIFETIME_SECONDS = 10 * 60  # Clerk; OWASP ASVS 6.5.5
TRIES = 5  # ours: Clerk has a limit and does not say which
INTERVAL_SECONDS = 30  # between codes to one address; Clerk
TEST_CODE = "424242"  # Clerk's test mode
TEST_SUBADDRESS = "+clerk_test"  # likewise
_CODES = 10**6
_UNBIASED = 2**32 - 2**32 % _CODES  # a draw at or above this would favour the low codes


class State(StrEnum):
    """What may be said of a live code before it is compared."""

    OPEN = "open"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


def draw(random_bytes: Callable[[int], bytes]) -> str:
    """A new code, every one of the million equally likely."""
    while True:
        number = int.from_bytes(random_bytes(4), "big")
        if number < _UNBIASED:
            return f"{number % _CODES:06d}"


def is_test_address(email: str) -> bool:
    """Whether the address has Clerk's test subaddress, which a test vault answers without mail."""
    return email.partition("@")[0].translate(TO_ASCII_LOWER).endswith(TEST_SUBADDRESS)


def make(text: str, *, pepper: bytes, sign_up_id: str, now: int) -> EmailCode:
    """The record of a code, without the code."""
    return EmailCode(digests.hmac_sha256(pepper, _bound(text, sign_up_id)), now)


def expire_at(code: EmailCode) -> int:
    """When the code expires (Unix seconds)."""
    return code.created_at + LIFETIME_SECONDS


def state(code: EmailCode, *, now: int) -> State:
    """Whether a try may be compared at all."""
    if not is_fresh(code.created_at, now=now, limit=LIFETIME_SECONDS):
        return State.EXPIRED
    return State.EXHAUSTED if code.attempts >= TRIES else State.OPEN


def matches(code: EmailCode, text: str, *, pepper: bytes, sign_up_id: str) -> bool:
    """Whether `text` is the code of this sign-up, compared in constant time."""
    return digests.is_hmac_sha256(code.digest, pepper, _bound(text, sign_up_id))


def _bound(text: str, sign_up_id: str) -> bytes:
    return f"mfactl/v1/email-code\0{sign_up_id}\0{text}".encode()
