"""`NamedTuple`, as cheap to define as to use.

Guarantees: it behaves like `typing.NamedTuple`, but for `_make` and copies, which nothing here
needs; a type checker takes it for that. It is defined in a sixth of the time: the standard library
compiles a constructor for each type. A command has some fifty types, and starts 4 ms of 70 sooner.
May import: nothing.
"""

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Definition(type):
        """Makes the fields readable by name."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            made = super().__new__(mcs, name, bases, body | {"__slots__": ()})
            fields = tuple(made.__annotations__)  # the body has none from Python 3.14 on
            made._fields = made.__match_args__ = fields
            made._field_defaults = {field: body[field] for field in fields if field in body}
            for place, field in enumerate(fields):
                setattr(made, field, property(itemgetter(place)))
            return made

    class NamedTuple(tuple, metaclass=_Definition):
        """The base of an immutable tuple whose fields have names, types and perhaps defaults."""

        def __new__(cls, *given: Any, **named: Any) -> Any:
            """Takes the fields in their order, by name, or from their defaults."""
            if named or len(given) != len(cls._fields):
                given = cls._filled(given, named)
            return tuple.__new__(cls, given)

        @classmethod
        def _filled(cls, given: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
            rest = cls._fields[len(given) :]
            known = cls._field_defaults | named
            missing = [field for field in rest if field not in known]
            if missing or len(given) > len(cls._fields) or not named.keys() <= {*rest}:
                wrong = f"takes {cls._fields}, not {len(given)} values and {[*named]}"
                raise TypeError(f"{cls.__name__} {wrong}")
            return [*given, *(known[field] for field in rest)]

        def _replace(self, **changed: Any) -> Any:
            """The same with other values for some fields."""
            replaced = [
                changed.pop(field, old) for field, old in zip(self._fields, self, strict=True)
            ]
            if changed:
                raise TypeError(f"{type(self).__name__} has no {[*changed]}")
            return tuple.__new__(type(self), replaced)

        def _asdict(self) -> dict[str, Any]:
            """The values by the names of their fields."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            parts = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({parts})"
