"""Which fields the documents have.

Guarantees: --field is checked against the schemas that the package ships, before a command does
anything: backup codes are shown only once, and a misspelt field would lose them.
May import: mfactl.errors.
"""

import json
from importlib import resources
from typing import Any

from mfactl.errors import Code, failure

Schema = dict[str, Any]
MOST_DIGITS = 7
MOST_ITEMS = 10**MOST_DIGITS  # of a list that has no bound of its own


def check(path: str, documents: tuple[str, ...]) -> None:
    """Raises `usage_error` if no document of the command, and no error, can have the field."""
    schemas = _schemas(documents)
    if not any(_has(schema, path.split(".")) for schema in schemas):
        there = ", ".join(names(documents))
        raise failure(Code.USAGE_ERROR, f"There is no field {path} here.", f"There are: {there}")


def names(documents: tuple[str, ...]) -> list[str]:
    """The fields that stand at the top of the documents, or of an error."""
    return sorted({name for schema in _schemas(documents) for name in schema["properties"]})


def _schemas(documents: tuple[str, ...]) -> list[Schema]:
    return [_load(name) for name in (*documents, "errors")]


def _load(name: str) -> Schema:
    text = resources.files("mfactl").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: Schema = json.loads(text)
    return schema


def _has(schema: Schema, parts: list[str]) -> bool:
    """Whether a document of this schema may have something at the path."""
    if "$ref" in schema:  # urn:mfactl:schema:NAME#/$defs/PART
        name, _, place = schema["$ref"].rpartition(":")[2].partition("#/$defs/")
        return _has(_load(name)["$defs"][place] if place else _load(name), parts)
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


def _is_index(part: str, most: int) -> bool:
    if not (part.isascii() and part.isdigit()) or len(part) > MOST_DIGITS:
        return False
    return int(part) < most
