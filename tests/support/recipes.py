"""Recipes of a page: blocks of code that a mark puts under test, run as they stand there.

`<!-- test -->` marks a recipe that stands alone; `<!-- test: after the first -->` one that goes on
from the first of its page. What it prints may follow, as a block of text.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.cli.program import Ended, outside

_RECIPE = re.compile(
    r"^<!-- test(?P<after>: after the first)? -->\n"
    r"```(?P<language>bash|python)\n(?P<text>.*?)^```\n"
    r"(?:\nIt prints:\n\n```text\n(?P<prints>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
BEGINS = "\nprintf '\\f'\n"  # what went before has printed what it prints
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Recipe(NamedTuple):
    """A recipe, with what goes before it, and what it prints itself, if the page says."""

    name: str
    language: str
    text: str
    prints: str


def recipes(page: Path) -> list[Recipe]:
    """The recipes of a page, each named after the heading that it stands under."""
    text = page.read_text("utf-8")
    found = list(_RECIPE.finditer(text))
    assert len(found) == text.count("<!-- test"), "a mark without a recipe"
    return [
        Recipe(
            _HEADING.findall(text, 0, match.start())[-1],
            match["language"],
            (found[0]["text"] + BEGINS if match["after"] else "") + match["text"],
            match["prints"] or "",
        )
        for match in found
    ]


def run(recipe: Recipe, home: Path) -> Ended:
    """Runs a recipe in a home of its own, with nothing of this environment's mfactl."""
    environ = outside() | {"HOME": str(home), "TMPDIR": str(home)}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    program = {"bash": "bash", "python": sys.executable}[recipe.language]
    script = home / f"recipe.{recipe.language}"
    script.write_text(recipe.text, "utf-8")
    ended = subprocess.run(
        [program, script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        cwd=home,
        env=environ,
        encoding="utf-8",
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
