"""What was probably meant by a word that there is not. Takes 4 ms to import.

May import: the standard library only.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def alike(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like this one, three at most; none if none is."""
    return get_close_matches(word, list(known))
