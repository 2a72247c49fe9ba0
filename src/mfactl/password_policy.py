"""Which passwords are good enough to set.

Guarantees: length and guessability only, no composition rules (NIST SP 800-63B-4 section 3.1.1.2);
the refusal says why and what would be better.
May import: mfactl.passwords, mfactl.errors and zxcvbn.
"""

from collections.abc import Sequence

from mfactl.errors import Code, failure
from mfactl.passwords import normalised

GUESSED_CHARACTERS = 72  # zxcvbn's time grows with the square of the length
PASSPHRASE_MIN_SCORE = 3  # a passphrase stands alone against whoever has the vault's file
PASSPHRASE_MIN_LENGTH = 8


def accept(
    password: str,
    *,
    min_length: int,
    min_score: int,
    context: Sequence[str],
    param: str = "password",
) -> bytes:
    """The password as it is hashed. Raises if it is too short, too long or too easy to guess.

    `context` is what is known of its owner: the address, the issuer.
    """
    data = normalised(password, param)
    text = data.decode()
    if len(text) < min_length:
        what = "passphrase" if param == "passphrase" else "password"
        detail = f"A {what} needs at least {min_length} characters."
        raise failure(Code.PASSWORD_TOO_SHORT, detail, None, param_name=param)
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 24 ms, which only setting a password pays

    feedback = zxcvbn(text[:GUESSED_CHARACTERS], user_inputs=list(context))
    if feedback["score"] < min_score:
        warning = (
            feedback["feedback"]["warning"]
            or f"That {param.replace('_', ' ')} is too easy to guess."
        )
        suggestions = [str(text) for text in feedback["feedback"]["suggestions"]]
        told = [{"code": _code(text), "message": text} for text in suggestions]
        meta = {"param_name": param, "zxcvbn": {"suggestions": told}}
        remedy = " ".join(suggestions) or None
        raise failure(Code.PASSWORD_NOT_STRONG_ENOUGH, warning, remedy, **meta)
    return data


def _code(suggestion: str) -> str:
    """A suggestion as a word for programs: Clerk carries a code and a message for each."""
    words = "".join(c if c.isalnum() else " " for c in suggestion.replace("'", "")).lower().split()
    return "_".join(words)
