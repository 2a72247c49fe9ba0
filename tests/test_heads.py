"""The head of each source file, as CONTRIBUTING.md wants it: what it may import is what it does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
FILES = sorted(path.relative_to(SRC) for path in (SRC / "mfactl").rglob("*.py"))
EACH = pytest.mark.parametrize("path", FILES, ids=str)
FOR_ALL = {"mfactl", "mfactl.named_tuple"}  # the version; what every record is made of


def head(path: Path) -> str:
    """The docstring, on one line."""
    return " ".join((ast.get_docstring(ast.parse((SRC / path).read_text())) or "").split())


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, at its top or where it needs them."""
    for node in ast.walk(ast.parse((SRC / path).read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mfactl":
            for alias in node.names:
                below = SRC.joinpath(*f"{node.module}.{alias.name}".split("."))
                is_module = below.is_dir() or below.with_suffix(".py").exists()
                yield f"{node.module}.{alias.name}" if is_module else f"{node.module}"


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@EACH
def test_a_file_imports_what_its_head_says(path: Path) -> None:
    modules = set(imported(path)) - FOR_ALL
    _, _, may = head(path).partition("May import")
    named = set(re.findall(r"mfactl(?:\.\w+)+", may))
    if may.startswith((": everything but", " everything but")):
        assert not [module for module in modules if within(module, named)]
    else:
        assert not [module for module in modules if not within(module, named)]


@EACH
def test_a_file_has_a_head_and_350_lines_at_most(path: Path) -> None:
    assert head(path)
    assert (SRC / path).read_text().count("\n") <= 350
