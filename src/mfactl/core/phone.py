"""The phone's side of TOTP: from a secret or a URI to the code of a moment.

Guarantees: takes what authenticator apps take; what is wrong with the input is told without it.
May import: mfactl.errors and pyotp.
"""

import pyotp

from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple


class Shown(NamedTuple):
    """What an app shows: the code, its step, and when the next one begins (Unix seconds)."""

    code: str
    step: int
    valid_until: int

    def __repr__(self) -> str:
        return f"Shown(step={self.step})"


def code_of(text: str, *, now: int) -> Shown | Refusal:
    """The code of an `otpauth://totp/` URI, or of a base32 secret with 6 digits and 30 seconds."""
    text = text.strip()
    if not text.isascii():  # pyotp would make ASCII letters of some that are not
        return _no_secret()
    if now < 0:
        return _refusal("That moment lies before 1970.")
    try:
        if text.lower().startswith("otpauth:"):
            otp = pyotp.parse_uri(text)
        else:
            otp = pyotp.TOTP(text.replace(" ", "").replace("-", "").rstrip("="))
        if type(otp) is not pyotp.TOTP:  # HOTP has no clock, Steam's codes are no digits
            return _refusal("That URI is not a TOTP one.")
        step = now // otp.interval
        return Shown(otp.generate_otp(step), step, (step + 1) * otp.interval)
    except (ValueError, TypeError, ArithmeticError):
        return _no_secret()


def _no_secret() -> Refusal:
    return _refusal("That is no otpauth:// URI and no base32 secret of 112 bits or more.")


def _refusal(detail: str) -> Refusal:
    meta = {"param_name": "secret"}
    return Refusal(Code.PARAM_FORMAT_INVALID, detail, "Check what is on stdin.", meta)
