"""What was probably meant by a word that there is not.

May import: the standard library only.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """` Did you mean ...?` if one of the known words, or more, are much like this one."""
    meant = [f"'{other}'" for other in get_close_matches(word, list(known))]
    return f" Did you mean {' or '.join(meant)}?" if meant else ""
