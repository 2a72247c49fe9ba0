"""E-mail addresses: which are accepted, and which two are one.

Guarantees: two addresses are one if they are equal after NFC, ASCII lower case and the domain as
A-labels; plus tags and dots count. Nothing else folds: upper-casing or case-folding beyond ASCII
would make other people's addresses equal (CVE-2019-19844).
May import: mfactl.core.code, mfactl.errors and email_validator (33 ms, which only signing up,
signing in and the outbox pay).
"""

import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from mfactl.core.code import TO_ASCII_LOWER
from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple

# Hosts such as `localhost` and `box.local` are fine: nothing is looked up here.
# Emptying the list is how the library wants to be told.
SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_OCTETS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
_ASCII_DIGITS = frozenset("0123456789")  # used with every script
_JAPANESE = frozenset({"CJK", "HIRAGANA", "KATAKANA"})
_KOREAN = frozenset({"CJK", "HANGUL"})
_CHINESE = frozenset({"CJK", "BOPOMOFO"})


class Address(NamedTuple):
    """An accepted address: `email` as it is shown and mailed to, `key` as it is compared."""

    email: str
    key: str


def parse(text: str) -> Address | Refusal:
    """The address in `text`, or why it is none. Surrounding spaces are not part of it."""
    text = text.strip(" ")
    if not text:
        return _refusal("An e-mail address is needed, such as ada@example.com.")
    if len(text) > MAX_OCTETS or len(text.encode("utf-8", "replace")) > MAX_OCTETS:
        return _refusal(f"An e-mail address has at most {MAX_OCTETS} octets.")
    if not text.isprintable() or '"' in text:
        return _refusal("An e-mail address has no quotes and no control characters.")
    if (
        "?=" in text.partition("=?")[2]
    ):  # a mail header would decode it (RFC 2047): the code would go to another
        return _refusal("An e-mail address has no encoded words.")
    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return _refusal("That is not an e-mail address.")
    local, domain = checked.local_part, checked.ascii_domain or checked.domain
    if _is_confusable(local) or any(_is_confusable(label) for label in checked.domain.split(".")):
        return _refusal("That address mixes scripts, or has letters that look like others.")
    key = f"{local.translate(TO_ASCII_LOWER)}@{domain.translate(TO_ASCII_LOWER)}"
    return Address(checked.normalized, key)


def _is_confusable(part: str) -> bool:
    """Whether a local part or a label mixes scripts or uses compatibility letters."""
    if unicodedata.normalize("NFKC", part) != part:
        return True
    scripts = {_script(c) for c in part if c.isalnum() and c not in _ASCII_DIGITS}
    return len(scripts) > 1 and not any(scripts <= s for s in (_JAPANESE, _KOREAN, _CHINESE))


def _script(char: str) -> str:
    """The script of a letter or digit: the first word of its name, such as LATIN."""
    name = unicodedata.name(char, "UNKNOWN").removeprefix("EXTENDED ")
    first = name.replace("-", " ").split()[0]
    return "CJK" if first == "IDEOGRAPHIC" else first


def _refusal(detail: str) -> Refusal:
    meta = {"param_name": "email_address"}
    return Refusal(Code.PARAM_FORMAT_INVALID, detail, "Check the address and try again.", meta)
