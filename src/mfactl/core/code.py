"""What a person may type where a code is asked for: six digits, or a backup code.

Guarantees: the shape is decided here, before anything is counted or compared; a code of the wrong
shape is no try. Only ASCII passes: `int()` takes full-width digits and underscores, this does not.
May import: mfactl.errors only.
"""

import re
from enum import StrEnum

from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple

_DIGITS = re.compile(r"[0-9]{6}")
_INPUT_CHARACTERS = 64  # far above any code, however it is spaced
BACKUP_CHARACTERS = 12
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_MISREAD = str.maketrans("oil", "011")  # Crockford's base32 has no o, i and l
TO_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class Shape(StrEnum):
    """The two shapes of a code."""

    DIGITS = "digits"
    BACKUP = "backup"


class Typed(NamedTuple):
    """A code as typed, in its canonical spelling: 6 digits, or 12 Crockford characters."""

    shape: Shape
    text: str

    def __repr__(self) -> str:
        return f"Typed({self.shape}, ...)"


def parse(text: str, *, backup_only: bool = False, digits_only: bool = False) -> Typed | Refusal:
    """The code in `text`, or why it has no code's shape; one of the two may be insisted on."""
    text = text.strip(" ") if len(text) <= _INPUT_CHARACTERS else ""
    digits = None if backup_only else _digits(text)
    if digits is not None:
        return Typed(Shape.DIGITS, digits)
    if digits_only:
        return malformed("This code has 6 digits.")
    backup = _backup(text)
    if backup is not None:
        return Typed(Shape.BACKUP, backup)
    if backup_only:
        return malformed("A backup code has 12 letters and digits, such as 4k7m-2p9x-t3wd.")
    return malformed("A code has 6 digits; a backup code has 12 letters and digits.")


def malformed(detail: str) -> Refusal:
    """The refusal of a code that has the wrong shape or kind: exit 2, and no try."""
    return Refusal(
        Code.PARAM_FORMAT_INVALID, detail, "That was not counted as a try.", {"param_name": "code"}
    )


def _digits(text: str) -> str | None:
    """Six digits; spaces and one hyphen may stand between them."""
    if text.startswith("-") or text.endswith("-"):
        return None
    joined = text.replace(" ", "").replace("-", "", 1)
    return joined if _DIGITS.fullmatch(joined) else None


def _backup(text: str) -> str | None:
    folded = text.translate(TO_ASCII_LOWER).replace("-", "").replace(" ", "").translate(_MISREAD)
    if len(folded) != BACKUP_CHARACTERS or not set(CROCKFORD).issuperset(folded):
        return None
    return folded
