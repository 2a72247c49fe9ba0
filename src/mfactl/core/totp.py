"""Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds, 20-byte secrets.

Guarantees: a match names its step, so that no step is ever accepted twice, nor any before it.
The window is ours, because `pyotp.verify` names no step and takes full-width digits; and so is the
code of a step, because importing pyotp takes 7 ms of each sign-in. Codes are compared in
constant time and the whole window is always walked.
May import: mfactl.digests.
"""

import base64
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import quote, urlencode

from mfactl import digests
from mfactl.named_tuple import NamedTuple

PERIOD_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226 section 4 R6 advises 160 bits
WINDOW_STEPS = 1  # each way; RFC 6238 section 5.2 advises one
MOST_STEPS_OFF = 20  # each way, to tell a wrong clock from a wrong code; a guess hits 1 in 24,000
CLOCK_BACK_STEPS = 2  # a last step further ahead than a minute cannot come from a window


class Outcome(StrEnum):
    """What a code was found to be."""

    GOOD = "good"
    USED = "used"
    CLOCK_BACK = "clock_back"
    WRONG = "wrong"


class Match(NamedTuple):
    """The outcome, and the step to remember if it is good."""

    outcome: Outcome
    step: int | None = None


def draw(random_bytes: Callable[[int], bytes]) -> str:
    """A new secret: 20 random bytes as 32 base32 characters."""
    return base64.b32encode(random_bytes(SECRET_BYTES)).decode("ascii")


def step_at(now: int) -> int:
    """The step that `now` (Unix seconds) lies in."""
    return now // PERIOD_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one step (RFC 4226 section 5.3). `secret` is base32."""
    mac = digests.hmac_sha1(base64.b32decode(secret), step.to_bytes(8, "big"))
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def match(secret: str, code: str, *, now: int, after: int | None) -> Match:
    """What `code` (six ASCII digits) is at `now`, when step `after` was the last one used."""
    current = step_at(now)
    matched: list[int] = []
    for step in range(max(current - WINDOW_STEPS, 0), current + WINDOW_STEPS + 1):
        if digests.is_equal(code_at(secret, step).encode(), code.encode()):
            matched.append(step)
    if not matched:
        return Match(Outcome.WRONG)
    fresh = [step for step in matched if after is None or step > after]
    if fresh:
        return Match(Outcome.GOOD, fresh[-1])
    ahead = after is not None and after > current + CLOCK_BACK_STEPS
    return Match(Outcome.CLOCK_BACK if ahead else Outcome.USED)


def steps_off(secret: str, code: str, *, now: int) -> int | None:
    """How many steps ahead (or, below zero, behind) the clock is that shows `code`.

    None if it is none of the last or the next ten minutes. Says whose clock is wrong, never that a
    code is good: for a secret that its owner has on the screen.
    """
    current = step_at(now)
    steps = range(-min(MOST_STEPS_OFF, current), MOST_STEPS_OFF + 1)
    found = [step for step in steps if code_at(secret, current + step) == code]
    return min(found, key=abs, default=None)


def uri(secret: str, *, issuer: str, email: str) -> str:
    """The `otpauth://` URI that authenticator apps scan, spelled as Clerk spells it."""
    label = quote(f"/{issuer}:{email}", safe="/:@$&+,;=")
    query = {
        "algorithm": "SHA1",
        "digits": str(DIGITS),
        "issuer": issuer,
        "period": str(PERIOD_SECONDS),
        "secret": secret,
    }
    return f"otpauth://totp{label}?{urlencode(query)}"
