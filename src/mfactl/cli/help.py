"""`help`: a topic at the terminal, or the help of a command by another way.

May import: mfactl.cli, mfactl.errors, mfactl.spelling and typer.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mfactl.cli import topics
from mfactl.cli.options import command, new_app
from mfactl.cli.outline import commands, outline
from mfactl.cli.output import Outcome
from mfactl.cli.topics import TOPICS
from mfactl.errors import Code, failure
from mfactl.spelling import suggestion

app = new_app()


@command(
    app,
    "help",
    examples=(
        "mfactl help exit-codes",
        "mfactl help environment",
        "mfactl help mfa add",
    ),
    exits=(0,),
    documents=("text",),
)
def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC|COMMAND]...", help="A topic, or a command's name."),
    ] = None,
) -> Outcome:
    """Show the help of a command, or a topic: exit-codes, environment, files or json."""
    name = " ".join(words or ())
    lines = _topic(context, name) if name in TOPICS else _help(context, words or [])
    document = {"object": "text", "name": name or "mfactl", "lines": lines}
    return Outcome(document, lambda: "".join(f"{line}\n" for line in lines))


def _topic(context: Any, name: str) -> list[str]:
    if name == "json":
        tree = outline(context.find_root().command)
        return topics.json_(
            (node.name, node.about.documents) for node in commands(tree) if node.about is not None
        )
    pages = {
        "exit-codes": topics.exit_codes,
        "environment": topics.environment,
        "files": topics.files,
    }
    return pages[name]()


def _help(context: Any, words: list[str]) -> list[str]:
    """What `mfactl ... --help` prints."""
    at = context.find_root()
    for word in words:
        group = at.command
        if not isinstance(group, TyperGroup):
            raise failure(
                Code.USAGE_ERROR, f"{at.command_path} has no command {word}.", "Run: mfactl help"
            )
        if at.parent is None and word not in group.commands:
            meant = suggestion(word, [*TOPICS, *group.commands])
            if meant:
                raise failure(
                    Code.USAGE_ERROR,
                    f"No such topic or command '{word}'.{meant}",
                    "Run: mfactl help",
                )
        name, found, _rest = group.resolve_command(at, [word])
        assert found is not None
        at = typer.Context(found, info_name=name, parent=at, **found.context_settings)
    text: str = at.get_help()
    return text.split("\n")
