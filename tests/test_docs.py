"""The docs are under test: tables equal the code's, commands parse, links resolve, recipes run.

Guarantees that a page which contradicts the program fails here, and says what to write instead.
"""

import ast
import importlib
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
import typer
from typer.core import TyperGroup

from mfactl import config
from mfactl.cli.app import COMMANDS, tree
from mfactl.cli.options import EVERYWHERE, Options
from mfactl.cli.topics import FILES, VARIABLES
from mfactl.config import KINDS, Settings
from mfactl.errors import ERRORS
from mfactl.exits import EXIT_MEANINGS
from tests.cli.program import PASSWORD, Program
from tests.cli.terminal import Terminal

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "mfactl"
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

COMMENT = re.compile(r"(?:^|\s)#.*")
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
CONTROL = re.compile(r"\|\|?|&&?|;;?|<<<|[<>]")
# What may stand before a command: a prompt, a case label, keywords of the shell, variables.
PREFIX = re.compile(r"\s*(?:\$ |\S+\) |(?:if|then|else|do|while|!) |[A-Z_]+=\S* |\.venv/bin/)*\s*")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PROMPT = re.compile(r"(?P<prompt>(?:Password|The same|Code|Have you)[^:\n]*): ?(?P<typed>|\d{6}|y)")
TRANSCRIPT = re.compile(r"```console\n(.*?)```", re.DOTALL)
TEST = re.compile(r"\btests/[\w/.-]*(?:::\w*)?")

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 24 * 3600}

# Names in standards, the one that is reserved for examples, and the sources of the comparison.
OUTSIDE_HOSTS = {"json-schema.org", "www.w3.org", "example.com"} | {
    "clerk.com",
    "docs.yubico.com",
    "github.com",
    "manpages.ubuntu.com",
    "www.passwordstore.org",
}
INDEX = re.compile(r"(?<![\w-])--(?:extra-)?index[-]url|(?<![\w-])--find-links|(?:PIP|UV)_INDEX")
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(?:root|work|mnt|Users|home/(?!ada\b)\w+)/")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its two head lines."""
    section = re.split(rf"^#+ {re.escape(heading)}$", page.read_text("utf-8"), flags=re.M)[1]
    section = re.split(r"^#+ ", section, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def _fenced(text: str) -> tuple[list[str], str]:
    """The lines inside of fences and indented blocks, and the text outside of them."""
    inside, outside, fence = [], [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fence = not fence
        elif fence or line.startswith("    "):
            inside.append(line)
        else:
            outside.append(line)
    return inside, "\n".join(outside)


def _quoted_commands(text: str) -> Iterator[str]:
    """Every `mfactl ...` of a page, and every code span such as `mfa add` without the name."""
    blocks, prose = _fenced(text)
    spans = re.findall(r"`([^`]+)`", prose.replace("\n", " "))
    for line in [*blocks, *spans]:
        yield from _commands_of(COMMENT.sub("", line))
    yield from (
        f"mfactl {span}"
        for span in spans
        if re.match(r"[\w-]+ [\w-]", span) and span.split()[0] in COMMANDS
    )


def _commands_of(line: str) -> Iterator[str]:
    while inner := SUBSTITUTION.search(line):
        yield from _commands_of(inner.group(1))
        line = line[: inner.start()] + "X" + line[inner.end() :]
    for part in CONTROL.split(line):
        prefix = PREFIX.match(part)
        command = part[prefix.end() if prefix else 0 :]
        if command.startswith("mfactl "):
            yield command


def _complaint(command: str) -> str | None:
    """Why the program would not understand a command line; None if it would. Runs nothing."""
    words = shlex.split(command)
    name: str | None = words.pop(0)
    if words[0] == "COMMAND":  # stands for any
        return None
    node: Any = tree()
    context = None
    try:
        while True:
            context = node.make_context(name, words, parent=context, obj=Options())
            if not isinstance(node, TyperGroup):
                return None
            words = [*context._protected_args, *context.args]
            if not words:
                return None  # a group that is only named
            name, node, words = node.resolve_command(context, words)
    except typer.Exit:  # --help or --version
        return None
    except typer.TyperException as error:
        # A command that is only named lacks its arguments.
        return None if type(error).__name__ == "MissingParameter" else error.format_message()


def _number(text: str) -> int:
    """`24 hours`, `254 octets` or `1` as the number that the code has."""
    number, _, unit = text.partition(" ")
    return int(number) * SECONDS.get(unit.removesuffix("s"), 1)


def _core_numbers() -> Iterator[str]:
    """The public constants of core/ that are numbers, as docs/rules.md names them."""
    for path in sorted((SOURCE / "core").glob("*.py")):
        module = importlib.import_module(f"mfactl.core.{path.stem}")
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name.isupper() and name[0] != "_" and isinstance(getattr(module, name), int):
                    yield f"core/{path.stem}.{name}"


def _constant(name: str) -> Any:
    module, _, constant = name.strip("`").replace("/", ".").rpartition(".")
    return getattr(importlib.import_module(f"mfactl.{module}"), constant)


def _project_files() -> list[Path]:
    """What belongs to the project: all that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize(
    ("page", "heading"),
    [(DOCS / "exit-codes.md", "Exit statuses"), (README, "Exit statuses")],
    ids=["exit-codes", "readme"],
)
def test_the_table_of_exit_statuses_is_the_codes_own(page: Path, heading: str) -> None:
    assert _rows(page, heading) == [[str(int(e)), text] for e, text in EXIT_MEANINGS.items()]


def test_the_table_of_error_codes_is_the_codes_own() -> None:
    assert _rows(DOCS / "exit-codes.md", "Error codes") == [
        [f"`{code}`", str(int(entry.exit)), entry.long_message] for code, entry in ERRORS.items()
    ]


def test_the_table_of_settings_is_the_codes_own() -> None:
    defaults = Settings()._asdict()
    expected = {
        f"`{key}`": [_default(defaults[kind.field]), kind.wanted] for key, kind in KINDS.items()
    }
    rows = _rows(DOCS / "configuration.md", "Settings")
    assert {row[0]: row[1:3] for row in rows} == expected


def _default(value: object) -> str:
    if value is None:
        return "not set"
    return f"`{value}`" if isinstance(value, str) else str(value)


def test_the_example_of_a_configuration_is_a_valid_one(tmp_path: Path) -> None:
    page = (DOCS / "configuration.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    path = tmp_path / "config.toml"
    path.write_text(found.group(1), "utf-8")
    path.chmod(0o600)
    settings = config.load(config.find_paths({"MFACTL_HOME": str(tmp_path)}))
    assert settings != Settings()


def _told_numbers() -> list[list[str]]:
    page = DOCS / "rules.md"
    return [*_rows(page, "The numbers"), *_rows(page, "Numbers of messages")]


def test_the_table_of_rules_has_the_numbers_of_the_code() -> None:
    told = {name.strip("`"): _number(value) for _rule, value, name in _told_numbers()}
    assert told == {name: int(_constant(name)) for name in told}


def test_the_table_of_rules_leaves_out_no_number_of_core() -> None:
    named = [row[2].strip("`") for row in _told_numbers()]
    assert set(_core_numbers()) <= set(named)
    assert len(named) == len(set(named))


def test_the_exit_statuses_that_any_command_can_have_are_told() -> None:
    told = ", ".join(str(status) for status in EVERYWHERE[:-1]) + f" and {EVERYWHERE[-1]}"
    assert f"{told} are on every list" in (DOCS / "exit-codes.md").read_text("utf-8")


def test_the_facts_of_an_error_are_the_codes_own() -> None:
    page = (DOCS / "json.md").read_text("utf-8")
    assert set(re.findall(r"`meta\.(\w+)", page)) == set(_facts())


def _facts() -> Iterator[str]:
    """The names in `meta`: keywords of `failure`, and keys of the mapping of a `Refusal`."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name("failure"), keywords=keywords):
                    yield from (keyword.arg for keyword in keywords if keyword.arg)
                case ast.Call(func=ast.Name("Refusal"), args=[*_, ast.Dict(keys=keys)]):
                    yield from (ast.literal_eval(key) for key in keys if key)
                case ast.Assign(targets=[ast.Name("meta")], value=ast.Dict(keys=keys)):
                    yield from (ast.literal_eval(key) for key in keys if key)


def test_the_map_of_the_house_names_every_file_and_no_other() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`([\w/]+\.py)`", page))
    assert {name for name in named if not (SOURCE / name).is_file()} == set()
    folders = [SOURCE, SOURCE / "vault"]
    files = {
        path.relative_to(SOURCE).as_posix() for folder in folders for path in folder.glob("*.py")
    }
    assert {name for name in files if not name.endswith("__init__.py")} <= named


def test_every_variable_of_the_program_is_in_the_docs_and_no_other() -> None:
    sources = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    rows = _rows(DOCS / "environment-and-files.md", "Variables")
    told = re.findall(r"`(MFACTL_[A-Z_]+)`", " ".join(row[0] for row in rows))
    assert sorted(told) == sorted(set(re.findall(r"MFACTL_[A-Z_]+", sources)))


def test_the_table_of_variables_is_the_one_that_help_shows() -> None:
    assert _plain_rows(DOCS / "environment-and-files.md", "Variables") == [
        [", ".join(names), meaning] for names, meaning in VARIABLES.items()
    ]


def test_the_tables_of_files_are_the_one_that_help_shows() -> None:
    rows = _plain_rows(DOCS / "environment-and-files.md", "Files")
    told = [[row[0], row[1].partition("; see")[0], *row[2:]] for row in rows]
    assert told == [list(file[:5]) for file in FILES]
    short = _plain_rows(README, "Files and variables")
    assert sorted(
        (row[1], row[2], row[3].partition(",")[0].strip(" |")) for row in short
    ) == sorted((file.on_linux, file.in_home, file.variable or "") for file in FILES)


def _plain_rows(page: Path, heading: str) -> list[list[str]]:
    return [[cell.replace("`", "") for cell in row] for row in _rows(page, heading)]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_a_page_quotes_is_one_that_the_program_has(page: Path) -> None:
    quoted = set(_quoted_commands(page.read_text("utf-8")))
    wrong = {command: _complaint(command) for command in quoted}
    assert {command: why for command, why in wrong.items() if why is not None} == {}


def test_the_check_of_quoted_commands_sees_what_is_wrong() -> None:
    text = """
Run `mfactl admin promote ada@example.com` or `vault burn`, or in a shell:

```bash
X=1 mfactl verify --frob || status=$?  # mfactl nothing
    3) mfactl verify "$(mfactl inbox code ada@example.com)" ;;
```
"""
    wrong = {command.strip() for command in _quoted_commands(text) if _complaint(command)}
    assert wrong == {
        "mfactl admin promote ada@example.com",
        "mfactl vault burn",
        "mfactl verify --frob",
        "mfactl inbox code ada@example.com",
    }


def test_the_readme_names_every_command() -> None:
    root = tree()
    top = root.list_commands(typer.Context(root))
    commands = []
    for name in top:
        node = root.commands[name]
        members = node.commands if isinstance(node, TyperGroup) else {}
        commands += [f"{name} {member}" for member in members if member not in top] or [name]
    text = README.read_text("utf-8")
    assert [c for c in commands if f"mfactl {c}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    _, prose = _fenced(page.read_text("utf-8"))
    dead = []
    for target in LINK.findall(prose):
        if target.startswith("https://"):
            continue  # its host is among the outside hosts
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        if not linked.exists() or (anchor and anchor not in _anchors(linked)):
            dead.append(target)
    assert dead == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.slow
def test_the_transcript_of_the_readme_is_what_a_person_sees(tmp_path: Path) -> None:
    ada = Program(tmp_path).with_(MFACTL_HOME=None, HOME=str(tmp_path))
    blocks = "".join(TRANSCRIPT.findall(README.read_text("utf-8")))
    secret = ""
    for step in blocks.removeprefix("$ mfactl ").split("\n$ mfactl "):
        command, *told = step.splitlines()
        with Terminal(ada, *command.split()) as terminal:
            for asked in filter(None, map(PROMPT.fullmatch, told)):
                terminal.wait_for_prompt(asked["prompt"])
                found = re.search("secret=(\\w+)", terminal.shown)
                secret = found[1] if found is not None else secret
                terminal.type(_answer(ada, asked["prompt"], asked["typed"], secret))
            shown = terminal.end().err.replace(str(tmp_path), "/home/ada")
        assert _masked(shown.splitlines()) == _masked(told), command


def _answer(ada: Program, prompt: str, typed: str, secret: str) -> str:
    """What a person types: the code in the mail, the app's, and its next one a step early."""
    if prompt.startswith(("Password", "The same")):
        return PASSWORD
    if not typed.isdigit():
        return typed
    if "e-mail" in prompt:
        return str(ada.ask("outbox", "code", "ada@example.com")["code"])
    return pyotp.TOTP(secret).at(int(time.time()) + (30 if "backup" in prompt else 0))


def _masked(lines: list[str]) -> list[str]:
    """The lines without what differs each time: codes, secrets, times and QR codes."""
    kept = [line.rstrip() for line in lines if not re.search(r"[▀▄█\x1b]|^ *\.{3}$", line)]
    text = "\n".join(line for line in kept if line)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME", text)
    text = re.sub(r"(secret=|Secret: ).*", r"\1SECRET", text)
    text = re.sub(r"(^|: )\d{6}( |$)", r"\1CODE\2", text, flags=re.M)
    return re.sub(r"(  \w{4}-\w{4}-\w{4}\n)+", "  BACKUP CODES\n", text).splitlines()


def test_every_test_that_the_page_of_standards_names_is_there() -> None:
    named = TEST.findall((DOCS / "standards.md").read_text("utf-8"))
    assert [test for test in named if not _is_a_test(test)] == []
    assert sum("::" in test for test in named) > 50


def test_the_check_of_the_tests_in_the_page_of_standards_sees_what_is_wrong() -> None:
    text = """
`tests/core/test_totp.py::test_a_step_is_thirty_seconds`, `tests/core/`,
`tests/core/test_totp.py::test_nothing`, `tests/core/test_nothing.py::test_nothing`,
`tests/nothing/`, `tests/core/test_totp.py`, `tests/core/test_totp.py::RFC_4226`, `tests/core`
"""
    wrong = [test for test in TEST.findall(text) if not _is_a_test(test)]
    assert wrong == TEST.findall(text)[2:]


def _is_a_test(named: str) -> bool:
    """Whether there is a function of that name in the file, or a folder, which ends in a slash."""
    path, _, name = named.partition("::")
    if not name:
        return path.endswith("/") and (ROOT / path).is_dir()
    if not name.startswith("test_") or not (ROOT / path).is_file():
        return False
    body = ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in body)


def test_the_project_names_no_package_index_and_no_path_of_a_machine() -> None:
    found = []
    for path in _project_files():
        if path == Path(__file__):
            continue
        text = path.read_text("utf-8", "replace")
        hosts = set(re.findall(r"https?://([\w.-]+\.[a-z]+)", text)) - OUTSIDE_HOSTS
        places = [*INDEX.findall(text), *MACHINE_PATH.findall(text)]
        if hosts or places or str(ROOT) in text:
            found.append((_name(path), hosts, places))
    assert found == []


def test_pages_that_have_to_be_read_are_short() -> None:
    limits = {README: 280, ROOT / "CONTRIBUTING.md": 100}
    limits |= dict.fromkeys((DOCS / "adr").glob("*.md"), 40)
    lengths = {page: len(page.read_text("utf-8").splitlines()) for page in limits}
    assert [_name(page) for page, limit in limits.items() if lengths[page] >= limit] == []


def test_no_source_file_is_longer_than_350_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert {_name(path): length for path, length in lengths.items() if length > 350} == {}


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = LINK.findall((DOCS / "adr" / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in (DOCS / "adr").glob("0*.md"))
