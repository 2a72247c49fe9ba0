"""`completion`: the script that completes mfactl in a shell.

Guarantees: the script is a text; pressing TAB never starts mfactl.
May import: mfactl.cli and typer.
"""

from enum import StrEnum
from typing import Annotated, Any

import typer

from mfactl.cli.options import command, new_app
from mfactl.cli.outline import outline
from mfactl.cli.output import Outcome
from mfactl.cli.shells import bash, fish, zsh

app = new_app()


class Shell(StrEnum):
    """The shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@command(
    app,
    "completion",
    examples=(
        "mfactl completion bash > ~/.local/share/bash-completion/completions/mfactl",
        "mfactl completion zsh > ~/.zfunc/_mfactl",
        "mfactl completion fish > ~/.config/fish/completions/mfactl.fish",
    ),
    exits=(0,),
    documents=("text",),
)
def completion(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> Outcome:
    """Print the script that completes commands, options and values when you press TAB."""
    text = script(context.find_root().command, shell)
    document = {"object": "text", "name": shell.value, "lines": text.splitlines()}
    return Outcome(document, lambda: text)


def script(root: Any, shell: Shell) -> str:
    """The completion script of a shell."""
    write = {Shell.BASH: bash.script, Shell.ZSH: zsh.script, Shell.FISH: fish.script}[shell]
    return write(outline(root))
