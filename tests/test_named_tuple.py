"""Our `NamedTuple` against the standard library's: the same, but for the time to define it."""

import typing
from typing import Any

import pytest

from mfactl.named_tuple import NamedTuple


class Ours(NamedTuple):
    """What both are."""

    name: str
    size: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """A property of its own."""
        return self.name != ""


class Theirs(typing.NamedTuple):
    """What both are."""

    name: str
    size: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """A property of its own."""
        return self.name != ""


GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 1), {}),
    (("a", 1, ("b",)), {}),
    ((), {"name": "a"}),
    ((), {"size": 2, "name": "a"}),
    (("a",), {"parts": ("b",)}),
]
WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((), {"size": 1}),
    (("a", 1, (), 4), {}),
    (("a",), {"name": "b"}),
    (("a",), {"colour": "red"}),
    (("a", 1, ()), {"size": 1}),
]


@pytest.mark.parametrize(("values", "named"), GIVEN)
def test_it_is_the_same_tuple(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours: Any = Ours(*values, **named)
    theirs: Any = Theirs(*values, **named)
    assert ours == theirs
    assert hash(ours) == hash(theirs)
    assert (ours.name, ours.size, ours.parts) == (theirs.name, theirs.size, theirs.parts)
    assert ours._asdict() == theirs._asdict()
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._replace(size=7) == theirs._replace(size=7)
    assert ours.is_named


@pytest.mark.parametrize(("values", "named"), WRONG)
@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_it_takes_nothing_else(kind: Any, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_what_it_has_not_cannot_be_replaced_or_set(kind: Any) -> None:
    made = kind("a")
    with pytest.raises((TypeError, ValueError)):
        made._replace(colour="red")
    with pytest.raises(AttributeError):
        made.name = "b"
    with pytest.raises(AttributeError):
        made.colour = "red"


def test_it_says_the_same_of_itself() -> None:
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__doc__ == Theirs.__doc__
    match Ours("a", 1):
        case Ours(name, size):
            assert (name, size) == ("a", 1)
