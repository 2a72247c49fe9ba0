"""Printing: control characters made visible, and colours only where they are wanted."""

import sys

import pytest

from mfactl.cli import output


class _Screen:
    """A stdout that is, or is not, a terminal."""

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Z\u00fcrich \u6771\u4eac \U0001f980", "Z\u00fcrich \u6771\u4eac \U0001f980"),
        ("two\nlines", "two\\nlines"),
        ("tab\tstop", "tab\\tstop"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("back\x08space", "back\\x08space"),
        ("\r", "\\r"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("moc\u202egro", "moc\\u202egro"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ufeffmark", "\\ufeffmark"),
        ("line\u2028separator", "line\\u2028separator"),
        ("\ue000private", "\\ue000private"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: str, shown: str) -> None:
    assert output.visible(text) == shown


def test_a_text_of_several_lines_keeps_them() -> None:
    assert output.visible_lines("two\nlines\tand a tab\n") == "two\nlines\\tand a tab\n"


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
    ],
)
def test_colours_follow_the_variables_and_the_terminal(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], terminal: bool, coloured: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", _Screen(terminal))
    assert output.may_colour() is coloured


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "1970-01-01 00:00 UTC"),
        (1_767_225_659, "2026-01-01 00:00 UTC"),
        (10**17, f"second {10**17}"),
        (-(10**20), f"second {-(10**20)}"),
    ],
)
def test_a_time_is_shown_in_utc_and_one_that_no_calendar_has_as_it_is(
    seconds: int, shown: str
) -> None:
    assert output.utc(seconds) == shown


def test_a_closed_stdout_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", None)
    assert not output.may_colour()
