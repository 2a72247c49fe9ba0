"""Regular expressions for records as they are sealed, made from the record types' own fields.

Guarantees: what matches decodes to a record of that type. The reverse does not hold: what does not
match may be a record all the same, and has to be decoded. To match an account takes a fifth of the
time of parsing it, which is what a check of a whole vault mostly did.
May import: the standard library.
"""

import re
from collections.abc import Callable
from types import UnionType
from typing import Any, get_args, get_origin

# Of what JSON allows only what takes no decoding: most records hold nothing else.
_OF_TYPE = {
    type(None): "null",
    bool: "(?:true|false)",
    int: "-?(?:0|[1-9][0-9]{0,17})",
    str: r'"[ !#-\[\]-~]*"',
    bytes: '"(?:[0-9a-f]{64}|[0-9a-f]{32})"',  # digests and salts
}


def matcher(kind: Any, *named: str) -> Callable[[bytes], re.Match[bytes] | None]:
    """Matches whole records of type `kind`; the groups are the texts of the fields `named`."""
    return re.compile(_of_record(kind, named).encode()).fullmatch


def _of_record(kind: Any, named: tuple[str, ...] = ()) -> str:
    fields = ((name, _of(kind.__annotations__[name])) for name in kind._fields)
    spelled = (
        f'"{name}":"({of_field[1:-1]})"' if name in named else f'"{name}":{of_field}'
        for name, of_field in fields
    )
    return rf"\{{{','.join(spelled)}\}}"


def _of(kind: Any) -> str:
    """The pattern of a value of type `kind`."""
    if isinstance(kind, UnionType):
        return f"(?:{'|'.join(map(_of, get_args(kind)))})"
    if get_origin(kind) is tuple:
        item = _of(get_args(kind)[0])
        return rf"\[(?:{item}(?:,{item})*)?\]"
    return _OF_TYPE.get(kind) or _of_record(kind)
