"""What was probably meant by a word that there is not.

May import: the standard library only.
"""

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.7  # of 1; below it `--tail` would be taken for `--vault`


def suggestion(word: str, known: Iterable[str]) -> str:
    """` Did you mean ...?` if one of the known words, or two, are much like this one."""
    meant = [f"'{other}'" for other in get_close_matches(word, list(known), 2, ALIKE)]
    return f" Did you mean {' or '.join(meant)}?" if meant else ""
