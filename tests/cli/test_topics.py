"""`mfactl help`: the help of commands by another way, and the topics."""

import pytest

from mfactl.cli.topics import TOPICS
from mfactl.errors import ERRORS
from tests.cli.program import Program
from tests.cli.test_help import EVERYTHING, found

GROUPS = [path for path in EVERYTHING if hasattr(found(path), "commands")]


@pytest.mark.parametrize("path", [(), *EVERYTHING], ids=" ".join)
def test_help_of_a_command_is_what_its_own_option_shows(
    nowhere: Program, path: tuple[str, ...]
) -> None:
    ended = nowhere.here("help", *path)
    assert ended == nowhere.here(*path, "--help")
    assert ended.status == 0


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_a_terminal_and_makes_nothing(nowhere: Program, topic: str) -> None:
    ended = nowhere.here("help", topic)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert lines[-1]
    assert nowhere.ask("help", topic) == {"object": "text", "name": topic, "lines": lines}
    assert nowhere.here("help", topic, "--field", "lines").out == ended.out
    assert not nowhere.home.exists()


def test_the_topic_of_exit_codes_has_every_error_code(nowhere: Program) -> None:
    shown = nowhere.here("help", "exit-codes").out
    for code, entry in ERRORS.items():
        assert f"\n  {int(entry.exit):3}  {code}\n" in shown


def test_the_topic_of_json_has_every_command(nowhere: Program) -> None:
    shown = nowhere.here("help", "json").out
    names = [" ".join(path) for path in EVERYTHING if path not in GROUPS]
    assert [name for name in names if f"\n  {name} " not in shown] == []


def test_the_root_says_where_the_tables_are(nowhere: Program) -> None:
    shown = " ".join(nowhere.here().out.split())
    assert all(f"mfactl help {topic}" in shown for topic in TOPICS)
