"""What `mfa add` shows, at the terminals and in the locales that there are."""

import pytest

from tests.cli.program import Ada, Ended
from tests.cli.terminal import Terminal

BLOCKS = set("\u2580\u2584\u2588")


def left(terminal: Terminal) -> Ended:
    """What was shown until the code of the app was asked for; then Ctrl-D."""
    terminal.wait_for_prompt("Code of your app")
    terminal.press("d")
    ended = terminal.end()
    assert ended.status == 1
    assert "with: mfactl mfa verify CODE" in ended.err.replace("\n", " ")
    return ended


@pytest.mark.parametrize(
    ("variables", "blocks", "coloured"),
    [
        ({}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"LC_ALL": "C"}, False, False),
        ({"LC_ALL": "C", "FORCE_COLOR": "1"}, False, False),
    ],
)
def test_a_pipe_gets_a_drawing_that_its_locale_can_show(
    ada: Ada, variables: dict[str, str], blocks: bool, coloured: bool
) -> None:
    ended = ada.with_(**variables).start("mfa", "add")
    assert ended.status == 0
    assert bool(BLOCKS & set(ended.out)) is blocks
    assert ("\x1b[" in ended.out) is coloured
    assert ended.out.isascii() or blocks
    assert "\nURI:    otpauth://totp/mfactl:ada@example.com?algorithm=SHA1&digits=6&" in ended.out
    assert "\nSecret: " in ended.out


def test_a_terminal_gets_colours_and_the_uri_below(ada: Ada) -> None:
    with Terminal(ada, "mfa", "add") as terminal:
        ended = left(terminal)
    assert "\x1b[" in ended.err
    assert "URI:    otpauth://totp/" in ended.err


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_a_terminal_without_colours_gets_none(ada: Ada, variable: str) -> None:
    with Terminal(ada.with_(**{variable: "dumb"}), "mfa", "add") as terminal:
        ended = left(terminal)
    assert "\x1b[" not in ended.err
    assert BLOCKS & set(ended.err)


def test_a_window_that_is_too_small_gets_the_reason_and_the_secret(ada: Ada) -> None:
    with Terminal(ada, "mfa", "add", columns=40) as terminal:
        ended = left(terminal)
    assert not BLOCKS & set(ended.err)
    assert "The window has 40 columns and the QR code needs " in ended.err.replace("\n", " ")
    assert "Secret: " in ended.err


def test_a_window_that_is_too_low_gets_the_code_and_the_lines_that_it_needs(ada: Ada) -> None:
    with Terminal(ada, "mfa", "add", lines=30) as terminal:
        ended = left(terminal)
    assert BLOCKS & set(ended.err)
    told = "The window has 30 lines and the code with what stands below needs 31: "
    assert told in ended.err.replace("\n", " ")
    with Terminal(ada, "mfa", "add", lines=31) as terminal:
        assert "The window has" not in left(terminal).err


def test_ascii_is_ascii_wherever_it_is_asked_for(ada: Ada) -> None:
    ended = ada.here("mfa", "add", "--format", "ascii")
    assert ended.out.isascii()
    assert ended.out.count("\n") > 40


@pytest.mark.parametrize(("show", "length"), [("secret", 32), ("uri", None)])
def test_a_part_alone_is_one_line(ada: Ada, show: str, length: int | None) -> None:
    ended = ada.here("mfa", "add", "--format", show)
    assert ended.out.count("\n") == 1
    assert length is None or len(ended.out.strip()) == length


def test_each_asking_makes_a_new_secret(ada: Ada) -> None:
    first, second = (ada.here("mfa", "add", "--format", "secret").out for _ in range(2))
    assert first != second
