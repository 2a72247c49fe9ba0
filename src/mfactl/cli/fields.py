"""Which fields the documents have.

Guarantees: --field is checked against the schemas that the package ships, before a command does
anything: backup codes are shown only once, and a misspelt field would lose them.
May import: mfactl.errors.
"""

import json
from importlib import resources

from mfactl.errors import Code, failure


def check(path: str, documents: tuple[str, ...]) -> None:
    """Raises `usage_error` if none of the documents, and no error, has the field."""
    names = {"errors"}
    for document in documents:
        schema = resources.files("mfactl").joinpath("schemas", f"{document}.json")
        names |= json.loads(schema.read_text("utf-8"))["properties"].keys()
    if path.partition(".")[0] not in names:
        fields = ", ".join(sorted(names))
        raise failure(Code.USAGE_ERROR, f"There is no field {path} here.", f"There are: {fields}")
