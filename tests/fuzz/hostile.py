"""What parsers are given here: texts, bytes and JSON that were made to break them.

Most of it is something valid with a few things changed, since what is wrong all over is refused by
the first line of a parser and says little about the others.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

# Letters that fold, look alike, turn the line, join, or are half of something.
CHARACTERS = (
    *"\0\t\n\r\x1b\x7f\x85\xa0\xad \"#%&'*+,-./0:;<=>?@[\\]^_`{|}~",
    *"aAoOiIlLzZßſıİﬁﬃ０１９٣२②²½Ａａ",
    *"\u0301\u0307\u05bc\ufb2c\ufdfa\u200b\u200d\u200e\u202e\u2066\u2028\u2029\ufeff\ufffe\uffff",
    *"\ud800\udbff\udc80\udcff\udfff😀例한",
)
NUMBERS = ("0", "-1", "+1", "1_0", "1e9", "0x10", "NaN", "9" * 20, "9" * 5_000, "１２", "٣", "1.5")
LENGTHS = (64, 65, 255, 256, 1_024, 1_025, 65_537)

TEXT = (
    st.text(st.sampled_from(CHARACTERS), max_size=20)
    | st.text(max_size=30)
    | st.sampled_from(NUMBERS)
    | st.builds(
        lambda char, times: char * times, st.sampled_from(CHARACTERS), st.sampled_from(LENGTHS)
    )
)
BYTES = st.binary(max_size=40) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))
Edit = tuple[int, int, Any]


def mutated_text(valid: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Valid text with pieces replaced, cut out, put in or said twice; or TEXT alone."""
    return st.builds(_edited, valid, _edits(TEXT | st.sampled_from(CHARACTERS))) | valid | TEXT


def mutated_bytes(valid: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The same for bytes."""
    return st.builds(_edited, valid, _edits(BYTES)) | valid | BYTES


def _edits(pieces: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Edit]]:
    place = st.integers(0, 2_000)
    return st.lists(
        st.tuples(place, st.sampled_from([0, 0, 1, 1, 2, 9, 2_000]), pieces), max_size=3
    )


def _edited(valid: Any, edits: list[Edit]) -> Any:
    """`valid` with each piece put in the place of so many characters or bytes."""
    for place, length, piece in edits:
        start = place % (len(valid) + 1)
        valid = valid[:start] + piece + valid[start + length :]
    return valid


def spliced(valid: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The head of one valid thing and the tail of another."""
    cut = st.integers(0, 2_000)
    return st.builds(
        lambda one, two, here, there: one[: here % (len(one) + 1)] + two[there % (len(two) + 1) :],
        valid,
        valid,
        cut,
        cut,
    )


# --- JSON

LEAVES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 2**64, 10**400, float("nan")])
    | st.sampled_from(["", "ab", "AB ", "zz", "\ud800", "é", "0" * 64, "a" * 5_000])
    | TEXT
)
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
TOO_DEEP = (b"[" * 100_000, b"[" * 30_000, b'{"a":' * 100_000, b"[" * 990 + b"]" * 990)


def mutated_json(
    valid: st.SearchStrategy[Any], values: st.SearchStrategy[Any] = JSON
) -> st.SearchStrategy[bytes]:
    """A JSON document in which a few values, keys or the order of keys are not as they were."""
    change = st.tuples(st.integers(0, 10_000), st.sampled_from(_CHANGES), values)
    changed = st.builds(_changed, valid, st.lists(change, min_size=1, max_size=3))
    spelled = st.builds(_spelled, changed | valid, st.booleans())
    return spelled | mutated_bytes(st.builds(_spelled, valid, st.just(True)))


def _spelled(value: Any, escaped: bool) -> bytes:
    text = json.dumps(value, ensure_ascii=escaped, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _changed(value: Any, changes: list[tuple[int, Callable[..., None], Any]]) -> Any:
    value = deepcopy(value)
    for number, change, new in changes:
        found = list(places(value))
        if found:
            container, key = found[number % len(found)]
            change(container, key, new)
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document that holds a value, as its container and the key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def with_each_place(value: Any, new: Any) -> Iterator[Any]:
    """The document again and again, each time with `new` in another place."""
    for number, _ in enumerate(places(value)):
        yield _changed(value, [(number, _replace, new)])


def _replace(container: Any, key: Any, new: Any) -> None:
    container[key] = new


def _remove(container: Any, key: Any, _new: Any) -> None:
    del container[key]


def _move_to_the_end(container: Any, key: Any, _new: Any) -> None:
    value = container.pop(key)
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


def _add(container: Any, key: Any, new: Any) -> None:
    if isinstance(container, dict):
        container[f"{key} "] = new
    else:
        container.insert(key, new)


def _wrap(container: Any, key: Any, _new: Any) -> None:
    container[key] = [container[key]]


_CHANGES = (_replace, _replace, _replace, _remove, _move_to_the_end, _add, _wrap)
