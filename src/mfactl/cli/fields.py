"""Which fields the documents have.

Guarantees: --field is checked against the schemas that the package ships, before a command does
anything: backup codes are shown only once, and a misspelt field would lose them.
May import: mfactl.errors and mfactl.spelling.
"""

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from mfactl.errors import Code, failure
from mfactl.spelling import suggestion

Schema = dict[str, Any]
MOST_DIGITS = 7
MOST_ITEMS = 10**MOST_DIGITS  # of a list that has no bound of its own


def check(path: str, documents: tuple[str, ...]) -> None:
    """Raises `usage_error` if no document of the command, and no error, can have the field."""
    schemas, known, parts = _schemas(documents), list[str](), path.split(".")
    while any(_has(schema, [*known, *parts[:1]]) for schema in schemas):
        known.append(parts.pop(0))
        if not parts:
            return
    there = names(documents, known)
    place = ".".join(known)
    detail = f"There is no field {path} here.{suggestion(parts[0], there)}"
    raise failure(Code.USAGE_ERROR, detail, remedy(place, there))


def remedy(place: str, there: Sequence[str]) -> str:
    """What may be asked for instead, `there` being all that stands at the place."""
    if not there:
        return f"{place} has no fields."
    return f"{f'In {place} there' if place else 'There'} are: {', '.join(there)}"


def of_items(count: int | None) -> list[str]:
    """The indexes of a list as they are told; None: of any length."""
    if count is None:
        return ["0, 1, ..."]
    return ["0"] if count == 1 else [f"0 to {count - 1}"] if count else []


def names(documents: tuple[str, ...], place: Sequence[str] = ()) -> list[str]:
    """What may stand at a place in the documents, or in an error; at first at the top."""
    return sorted(set().union(*(_names(schema, list(place)) for schema in _schemas(documents))))


def _schemas(documents: tuple[str, ...]) -> list[Schema]:
    return [_load(name) for name in (*documents, "errors")]


def _load(name: str) -> Schema:
    text = resources.files("mfactl").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: Schema = json.loads(text)
    return schema


def _referred(schema: Schema) -> Schema:
    """What `$ref` names: urn:mfactl:schema:NAME#/$defs/PART, or the whole of it."""
    name, _, place = schema["$ref"].rpartition(":")[2].partition("#/$defs/")
    found: Schema = _load(name)["$defs"][place] if place else _load(name)
    return found


def _has(schema: Schema, parts: list[str]) -> bool:
    """Whether a document of this schema may have something at the path."""
    if "$ref" in schema:
        return _has(_referred(schema), parts)
    if not parts:
        return True
    if any(_has(each, parts) for each in schema.get("anyOf", ())):
        return True
    part, rest = parts[0], parts[1:]
    if "items" in schema and _is_index(part, schema.get("maxItems", MOST_ITEMS)):
        return _has(schema["items"], rest)
    if part in schema.get("properties", {}):
        return _has(schema["properties"][part], rest)
    return schema.get("type") == "object" and schema.get("additionalProperties", True) is True


def _names(schema: Schema, parts: list[str]) -> set[str]:
    """What a document of this schema may have at the path."""
    if "$ref" in schema:
        return _names(_referred(schema), parts)
    found = set[str]().union(*(_names(each, parts) for each in schema.get("anyOf", ())))
    properties: Schema = schema.get("properties", {})
    items = schema.get("items")
    if not parts:
        return found.union(properties, of_items(schema.get("maxItems")) if items else ())
    if items and _is_index(parts[0], MOST_ITEMS):
        return found | _names(items, parts[1:])
    return found | (_names(properties[parts[0]], parts[1:]) if parts[0] in properties else set())


def _is_index(part: str, most: int) -> bool:
    """Whether it is one, spelled as the printing takes it: without zeros before it."""
    if not (part.isascii() and part.isdigit()) or len(part) > MOST_DIGITS:
        return False
    return part == str(int(part)) and int(part) < most
