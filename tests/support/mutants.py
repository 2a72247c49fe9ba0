"""A copy of the program that mutmut can change, and what came of it: see docs/mutation.md.

mutmut leaves functions alone that have a decorator, which here are the rules themselves, and it
changes every text. So the copy has `name = decorator(name)` after a function instead of the
decorator before it, which is what a decorator means, but for `cache`, which changes no result. And
it marks what mutmut has to leave alone: sentences for people, SQL, names of encodings, a function
that runs before a test begins, and those that make a process or end it.

    python -m tests.support.mutants copy build/mutants
    python -m tests.support.mutants report build/mutants
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("core", "vault")
UNSEEN = re.compile(r"^(def (?:_rows_of_schema|_answer|_forked)\(.*:)$", re.MULTILINE)
MARK = "  # a text"  # do_not_mutate_patterns in pyproject.toml
SQL = re.compile(
    r"\A ?(SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|COMMIT|ROLLBACK|AND)\b"
    r"|\A\w+ [=>] \?|\A\w+=[A-Z]+\Z"
)
FORGOTTEN = "cache"  # what was remembered before a mutant is switched on would hide it
NAME = re.compile(r"\A(ascii|utf-8|sha256|big)\Z")  # of an encoding, a hash, an order of bytes
SENTENCE = re.compile(r"\A\S+ .*\.\Z|: mfactl ")


def copy(target: Path) -> None:
    """Makes the copy at `target`."""
    shutil.rmtree(target, ignore_errors=True)
    for name in ("src", "tests", "docs"):
        shutil.copytree(name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2("pyproject.toml", target / "pyproject.toml")
    for package in PACKAGES:
        for path in sorted((target / "src/mfactl" / package).glob("*.py")):
            path.write_text(rewritten(path.read_text()))


def rewritten(source: str) -> str:
    """The same program, without decorators, and with marks for mutmut."""
    marked = UNSEEN.sub(r"\1  # pragma: no mutate block", _with_marks(source))
    return _without_decorators(marked)


def _without_decorators(source: str) -> str:
    lines = source.splitlines(keepends=True)
    decorated = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    for node in sorted(decorated, key=lambda node: node.lineno, reverse=True):
        indent, name = " " * node.col_offset, node.name
        for decorator in reversed(node.decorator_list):  # the innermost comes last
            if ast.unparse(decorator) != FORGOTTEN:
                name = f"{ast.unparse(decorator)}({name})"
        assert node.end_lineno is not None
        lines.insert(node.end_lineno, f"{indent}{node.name} = {name}\n")
        first = node.decorator_list[0].lineno - 1
        del lines[first : node.lineno - 1]
    return "".join(lines)


def _with_marks(source: str) -> str:
    """Gives each text lines of its own, in brackets."""
    lines = source.splitlines()
    for node in sorted(_texts(ast.parse(source)), key=lambda n: (n.lineno, n.col_offset))[::-1]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        after = lines[last].encode()[node.end_col_offset :].decode()
        before = lines[first].encode()[: node.col_offset].decode()
        text = "\n".join(lines[first : last + 1])[len(before) :].removesuffix(after)
        marked = [line + MARK for line in text.split("\n")]
        lines[first : last + 1] = [f"{before}(", *marked, f"){after}"]
    return "\n".join(lines) + "\n"


def _texts(tree: ast.Module) -> list[ast.expr]:
    """The strings that are read by people, by SQLite, or by Python without regard to case."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node
        for node in _strings(tree)
        if id(node) not in docs and _is_text(ast.unparse(node).removeprefix("f")[1:-1])
    ]


def _is_text(words: str) -> bool:
    return any(pattern.search(words) for pattern in (SENTENCE, SQL, NAME))


def _strings(node: ast.AST) -> list[ast.expr]:
    """The string literals, whole: nothing of what stands inside of an f-string."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        return [node]
    return [text for child in ast.iter_child_nodes(node) for text in _strings(child)]


def ask(target: Path) -> None:
    """Fails unless pytest finds every test by its id: mutmut takes "not found" for a kill."""
    pytest = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    told = subprocess.run(
        [*pytest, "tests/core", "tests/vault"], cwd=target, stdout=subprocess.PIPE, text=True
    )
    ids = [line for line in told.stdout.splitlines() if "::" in line]
    assert ids
    subprocess.run([*pytest, *ids], cwd=target, stdout=subprocess.DEVNULL, check=True)


class Left(NamedTuple):
    """A mutant that no test noticed: where it stands, and the lines it puts into whose place."""

    path: Path
    line: int
    old: list[str]
    new: list[str]

    def __str__(self) -> str:
        place = f"{self.path.relative_to('src/mfactl')}:{self.line}"
        return f"{place}: {' '.join(self.old)}  ->  {' '.join(self.new)}"


def report(target: Path) -> None:
    """Prints what came of the mutants, package by package, and each that was not killed."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left = []
    for line in _mutmut(target, "results", "--all", "true").splitlines():
        name, _, status = line.strip().rpartition(": ")
        counts[name.split(".")[1]][status] += 1
        if status not in ("killed", "timeout", "not checked"):
            left.append(_left(target, name))
    for package, of in sorted(counts.items()):
        done = of["killed"] + of["timeout"]
        print(f"{package}: {of.total()} mutants, {100 * done / of.total():.2f} % killed", dict(of))
    typed = _copy_of_types(target)
    for turn, mutant in enumerate(sorted(left)):
        print(mutant, "" if _passes_mypy(typed, mutant, turn) else "  [refused by mypy]")


def _left(target: Path, name: str) -> Left:
    """A mutant by mutmut's name of it, looked up in the source."""
    path = Path("src", *name.split(".")[:-1]).with_suffix(".py")
    diff = _mutmut(target, "show", name).splitlines()
    start = next(place for place, line in enumerate(diff) if line.startswith("@@"))
    old = [line[1:].strip() for line in diff[start:] if line.startswith("-")]
    new = [line[1:].strip() for line in diff[start:] if line.startswith("+")]
    source = path.read_text()
    lines = [line.strip() for line in source.splitlines()]
    function = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == _function(name)
    )
    if old and old[0] in lines[function.lineno - 1 :]:
        return Left(path, lines.index(old[0], function.lineno - 1) + 1, old, new)
    return Left(path, function.lineno, old, new)


def _copy_of_types(target: Path) -> Path:
    typed = target / "typed"
    shutil.copytree("src", typed / "src", dirs_exist_ok=True)
    shutil.copy2("pyproject.toml", typed / "pyproject.toml")
    return typed


def _passes_mypy(typed: Path, mutant: Left, turn: int) -> bool:
    """Whether `make check` lets the mutant through, which may hold what no test can notice."""
    original = mutant.path.read_text()
    lines = original.splitlines()
    indent, found, _ = lines[mutant.line - 1].partition(mutant.old[0] if mutant.old else "\n")
    if not found or indent.strip():
        return True  # a line that only the copy has
    lines[mutant.line - 1 : mutant.line - 1 + len(mutant.old)] = [indent + "".join(mutant.new)]
    changed = typed / mutant.path
    changed.write_text("\n".join(lines) + "\n")
    os.utime(changed, (turn, turn))  # mypy takes a file of the same size and second for the same
    mypy = [str(Path(sys.executable).with_name("mypy")), "src"]
    passed = subprocess.run(mypy, cwd=typed, stdout=subprocess.DEVNULL, check=False).returncode == 0
    changed.write_text(original)
    return passed


def _function(name: str) -> str:
    """The name of the function that a mutant was made from: `x_match__mutmut_6`, or a method's."""
    mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
    method = mangled.split("\N{LATIN LETTER LATERAL CLICK}")
    return method[-1] if len(method) > 1 else mangled.removeprefix("x_")


def _mutmut(target: Path, *words: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), *words]
    done = subprocess.run(command, cwd=target, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    {"copy": copy, "ask": ask, "report": report}[sys.argv[1]](Path(sys.argv[2]))
