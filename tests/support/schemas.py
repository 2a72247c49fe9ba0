"""Checks documents against the JSON Schemas that the package ships.

Guarantees that a complaint names the place and the rule, never a value: codes and secrets stay out
of test logs. Imports nothing of mfactl: the schemas are found as files of the package.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SHARED = "definitions"  # pieces that the others refer to, no document of its own


@cache
def load_schemas() -> dict[str, dict[str, Any]]:
    """Every schema file of the package, by its name without `.json`."""
    folder = files("mfactl").joinpath("schemas")
    found = [file for file in folder.iterdir() if file.name.endswith(".json")]
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in found}


def schema_names() -> list[str]:
    """The documents that have a schema, in alphabetical order."""
    return sorted(load_schemas().keys() - {SHARED})


def validate(document: object) -> None:
    """Raise AssertionError unless `document` is one that mfactl may print."""
    __tracebackhide__ = True  # pytest would print the document
    name = _schema_name(document)
    error = best_match(_validator(name).iter_errors(document))
    if error is not None:
        raise AssertionError(f"{name}: {error.json_path} {_complaint(error)}") from None


def _schema_name(document: object) -> str:
    __tracebackhide__ = True
    assert isinstance(document, dict), "a document is a JSON object"
    if "errors" in document:
        return "errors"
    if "deleted" in document:
        return "deleted_object"
    if document.get("object") not in schema_names():
        raise AssertionError("no schema has this document's `object`")
    return str(document["object"])


def _complaint(error: ValidationError) -> str:
    """What is wrong in the schema's terms: the instance is never quoted."""
    keyword: Any = error.validator
    expected: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    if keyword == "required":
        return f"lacks {sorted(set(expected) - set(instance))}"
    if keyword == "additionalProperties":
        return f"has unknown fields {sorted(set(instance) - set(schema['properties']))}"
    if keyword in {"type", "const", "enum", "pattern", "minimum", "maximum"}:
        return f"is not as {keyword} {json.dumps(expected)} wants"
    return f"breaks {keyword}"


@cache
def _validator(name: str) -> Any:
    # A `$schema` at the far end of a reference would bring back the validator that is not strict.
    schemas = {
        each: {key: value for key, value in schema.items() if key != "$schema"}
        for each, schema in load_schemas().items()
    }
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas.values()
    )
    registry = registry.crawl()  # once, not at each reference
    return _StrictValidator(schemas[name], registry=registry)


def _whole_pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    """As JSON Schema means it: Python's own `$` would let a newline follow."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError("does not match")


def _is_whole_number(_checker: object, instance: object) -> bool:
    """JSON Schema takes 1.0 for an integer; readers of milliseconds may not."""
    return isinstance(instance, int) and not isinstance(instance, bool)


_StrictValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": _whole_pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole_number),
)
