"""What a command finds around it: the environment, the clock, randomness, and somebody to ask.

Guarantees: nothing here is looked up a second time; ids are drawn here and nowhere else.
May import: mfactl.core.verdict, mfactl.errors and the standard library.
"""

import os
import time
from collections.abc import Callable, Mapping

from mfactl.core.verdict import Ids
from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple

Clock = Callable[[], int]
RandomBytes = Callable[[int], bytes]
Password = Callable[[], str]
Accept = Callable[[str], bytes]
NewPassword = Callable[[Accept], bytes]  # asks until what it gets is accepted, where it can

ID_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ID_LENGTH = 27  # Clerk's


class Surroundings(NamedTuple):
    """What is injected: nothing here is looked up a second time.

    `notify` takes a line for people; `ask_passphrase` returns None where nobody can be asked.
    """

    environ: Mapping[str, str]
    clock: Clock
    random_bytes: RandomBytes
    notify: Callable[[str], None]
    ask_passphrase: Callable[[], str | None]

    def __repr__(self) -> str:
        return "Surroundings(...)"


def system_clock() -> int:
    """Unix seconds."""
    return int(time.time())


def new_id(prefix: str) -> str:
    """A new id in Clerk's shape: a prefix and 27 random characters."""
    characters = ""
    while len(characters) < ID_LENGTH:
        # 248 is the largest multiple of 62 in a byte: above it, the first characters were likelier.
        characters += "".join(ID_CHARACTERS[byte % 62] for byte in os.urandom(32) if byte < 248)
    return f"{prefix}_{characters[:ID_LENGTH]}"


def is_id(prefix: str, text: str) -> bool:
    """Whether the text may be such an id."""
    drawn = text.removeprefix(f"{prefix}_")
    return len(drawn) == ID_LENGTH < len(text) and set(drawn) <= set(ID_CHARACTERS)


def parse_now(text: str) -> int:
    """The value of MFACTL_NOW. Raises `config_invalid`."""
    if not (text.isascii() and text.isdigit() and len(text) <= len("9999999999")):
        raise failure(
            Code.CONFIG_INVALID,
            "MFACTL_NOW has to be Unix seconds, such as 1767225600.",
            "Set it so, or unset it.",
        )
    return int(text)


def draw_ids() -> Ids:
    """New ids for the records that one rule may make."""
    prefixes = ("user", "idn", "client", "stranger", "sua", "sia", "sess", "totp", "bcode")
    return Ids(*(new_id(prefix) for prefix in prefixes))
