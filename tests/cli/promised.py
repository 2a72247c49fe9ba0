"""The exit statuses that a command's help promises: each run of any test is held to them."""

from functools import cache
from typing import Any

from mfactl.cli.app import tree
from mfactl.exits import Exit

BY_ANY = {Exit.BROKEN_PIPE, Exit.TERMINATED}  # a signal can end every command
TAKING_A_VALUE = {"--field", "--vault"}  # of the options that may stand before a command


def expect_promised(arguments: tuple[str | bytes, ...], status: int) -> None:
    """Fails unless the help of the command that was run names this exit status."""
    command = _command(tuple(word for word in arguments if isinstance(word, str)))
    if command is not None:
        promised = {*command.about.exits, *BY_ANY}
        assert status in promised, f"{command.name} ended with {status}, not in {promised}"


@cache
def _command(words: tuple[str, ...]) -> Any:
    """The command that the words name; None if they name a group, or nothing."""
    found: Any = tree()
    rest = iter(words)
    for word in rest:
        if word in TAKING_A_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            found = found.commands.get(word) if word in found.commands else None
            if found is None or hasattr(found, "about"):
                return found
    return None
