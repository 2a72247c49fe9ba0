"""The help of every command: its examples, its exit statuses, and no option that takes a secret."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mfactl.cli.app import tree
from mfactl.exits import Exit
from tests.cli.program import Program

SECRETS = re.compile(r"pass(word|phrase)|secret|code|key|token|pin")


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command and group below the root."""
    for name in (group or tree()).list_commands(None):
        yield (*path, name)
        command = (group or tree()).commands[name]
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


def found(path: tuple[str, ...]) -> Any:
    """The command or group at a path."""
    command: Any = tree()
    for name in path:
        command = command.commands[name]
    return command


EVERYTHING = list(commands())
COMMANDS = [path for path in EVERYTHING if not hasattr(found(path), "commands")]
EACH = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)


def test_every_command_of_the_main_job_is_there() -> None:
    assert {" ".join(path) for path in COMMANDS} >= {
        "signup", "signin", "verify", "signout", "mfa add", "mfa verify", "mfa disable",
        "backup-codes regenerate", "account show", "account password", "outbox list",
        "outbox show", "outbox code", "outbox clear", "vault init", "vault status",
        "vault check", "totp",
    }  # fmt: skip


@pytest.mark.parametrize("path", [(), *EVERYTHING], ids=" ".join)
def test_help_has_a_short_name_everywhere_and_makes_nothing(
    nowhere: Program, path: tuple[str, ...]
) -> None:
    ended = nowhere.here(*path, "-h")
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: {' '.join(('mfactl', *path))} ")
    assert ended == nowhere.here(*path, "--help")
    assert not nowhere.home.exists()


@EACH
def test_every_command_shows_three_examples_of_itself(
    nowhere: Program, path: tuple[str, ...]
) -> None:
    shown = nowhere.here(*path, "--help").out.splitlines()
    below = [line.strip() for line in shown[shown.index("  Examples:") + 1 :]]
    examples = below[: below.index("")]
    name = " ".join(("mfactl", *path))
    assert len(examples) >= 3
    assert all(re.search(rf"(^|\| ){name}\b", example) for example in examples)


@EACH
def test_the_examples_name_only_options_that_exist(path: tuple[str, ...]) -> None:
    shown = found(path).help
    taken = {name for param in found(path).params for name in param.opts} | {"--help"}
    for line in shown[shown.index("Examples:") :].splitlines()[1:]:
        for own in re.findall(rf"mfactl {' '.join(path)}\b([^|]*)", line):
            assert set(re.findall(r"(?<!\S)--[a-z-]+", own)) <= taken


@EACH
def test_every_command_lists_its_exit_statuses(nowhere: Program, path: tuple[str, ...]) -> None:
    shown = nowhere.here(*path, "--help").out
    listed = [int(number) for number in re.findall(r"(?m)^ +(\d+)  \S", _after(shown))]
    assert listed == sorted(set(listed))
    assert set(listed) <= {int(status) for status in Exit}
    assert {Exit.USAGE, Exit.CONFIGURATION, Exit.MACHINE, Exit.INTERRUPTED} <= set(listed)


def _after(shown: str) -> str:
    return shown[shown.index("Exit status:") :]


@pytest.mark.parametrize("path", [(), *EVERYTHING], ids=" ".join)
def test_no_option_takes_a_secret_only_the_place_where_it_is(path: tuple[str, ...]) -> None:
    for param in found(path).params:
        if param.param_type_name != "option" or param.is_flag:
            continue
        for name in param.opts:
            if SECRETS.search(name):
                assert name.endswith("-file")
                assert param.metavar in {"FILE", "PATH"}


@pytest.mark.parametrize("path", [(), *EVERYTHING], ids=" ".join)
def test_the_common_options_are_everywhere(path: tuple[str, ...]) -> None:
    names = {name for param in found(path).params for name in param.opts}
    assert {"--json", "--field", "--vault", "--no-input", "-q", "--quiet"} <= names


def test_the_list_of_commands_is_the_list_that_help_shows(nowhere: Program) -> None:
    shown = nowhere.here("--help").out
    for path in EVERYTHING:
        if len(path) == 1:
            assert re.search(rf"(?m)^  {path[0]} +\S", shown)


def test_a_group_loads_what_it_lists() -> None:
    """The short helps stand in a table of their own, so that the root loads no command."""
    root = tree()
    assert list(root.commands) == [path[0] for path in EVERYTHING if len(path) == 1]
    assert len(root.commands) == len(root.list_commands(None))


def test_version_is_one_line(nowhere: Program) -> None:
    ended = nowhere.here("--version")
    assert re.fullmatch(r"mfactl \d+\.\d+\.\d+\n", ended.out)
    assert (ended.status, ended.err) == (0, "")
