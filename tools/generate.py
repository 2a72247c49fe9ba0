"""Writes the files that are made from the command tree: `make generate`.

Guarantees: nothing but the command tree, its tables and the change log decides what is in them.
May import: mfactl.cli, tools and the standard library.
"""

from collections.abc import Iterator
from pathlib import Path

from mfactl.cli.app import tree
from mfactl.cli.completion import Shell, script
from mfactl.cli.outline import outline
from tools import man_page

ROOT = Path(__file__).parent.parent


def generated() -> Iterator[tuple[Path, str]]:
    """Each file and what has to be in it."""
    root = tree()
    yield ROOT / "completions" / "mfactl.bash", script(root, Shell.BASH)
    yield ROOT / "completions" / "_mfactl", script(root, Shell.ZSH)
    yield ROOT / "completions" / "mfactl.fish", script(root, Shell.FISH)
    yield ROOT / "man" / "mfactl.1", man_page.page(outline(root))


if __name__ == "__main__":
    for path, text in generated():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
