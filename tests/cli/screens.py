"""Plays the life of an account at a terminal and takes its ten screens.

Run as a program, it writes them into `tests/golden`.
"""

import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import pyotp
import pyte

from tests.cli.program import EMAIL, MINUTE, NOW, PASSWORD, Program
from tests.cli.terminal import Terminal, secret_in

FOLDER = Path(__file__).parent.parent / "golden"
WIDTHS = (40, 80, 200)
SCREENS = (
    "sign-up",
    "code",
    "wrong-code",
    "enrolment",
    "backup-codes",
    "sign-in",
    "second-factor",
    "account",
    "step-up",
    "lock",
)
WITH_QR_CODE = ("enrolment", "backup-codes")
LATER = NOW + 20 * MINUTE
EVENING = LATER + 20 * MINUTE


class Look(NamedTuple):
    """A terminal and its locale, and which colours a QR code has there."""

    name: str
    variables: dict[str, str]
    colours: frozenset[tuple[str, str]] = frozenset()
    is_ascii: bool = False
    columns: int = 80


INK = frozenset({("000000", "ffffff")})  # black on white, whatever the colours of the terminal are
LOOKS = (
    Look("a terminal with colours", {}, INK),
    Look("NO_COLOR", {"NO_COLOR": "1"}),
    Look("TERM=dumb", {"TERM": "dumb"}),
    Look("the C locale", {"LC_ALL": "C"}, is_ascii=True, columns=200),
)


class Screen(NamedTuple):
    """What a screen shows, without what differs each time; and the colours that it uses."""

    text: str
    colours: frozenset[tuple[str, str]]
    is_ascii: bool


def golden(columns: int) -> dict[str, str]:
    """The screens as they should be."""
    return {name: _path(name, columns).read_text("utf-8") for name in SCREENS}


def _path(name: str, columns: int) -> Path:
    return FOLDER / f"{name}.{columns}.txt"


def look_at(program: Program, columns: int) -> dict[str, Screen]:
    """Signs up, enrols, signs in, is locked out and verifies again; the screens on the way."""
    program = program.at(NOW)
    program.ask("vault", "init", "--test")
    taken: dict[str, Screen] = {}

    def shoot(name: str, terminal: Terminal) -> None:
        taken[name] = _screen(terminal.shown, columns)

    with Terminal(program, "signup", EMAIL, columns=columns) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.answer("once more", PASSWORD)
        terminal.wait_for_prompt("Code in")
        shoot("sign-up", terminal)
        terminal.type("")
        terminal.wait_for_prompt("Code in")
        shoot("code", terminal)
        code = program.ask("outbox", "code", EMAIL)["code"]
        terminal.type("000000" if code != "000000" else "111111")
        terminal.wait_for_prompt("Code in")
        shoot("wrong-code", terminal)
        terminal.type(code)
        assert terminal.end().status == 0
    with Terminal(program, "mfa", "add", columns=columns) as terminal:
        terminal.wait_for_prompt("Code of your app")
        shoot("enrolment", terminal)
        app = pyotp.TOTP(secret_in(terminal.shown))
        terminal.type(app.at(NOW))
        terminal.wait_for_prompt("[y/n]")
        shoot("backup-codes", terminal)
        terminal.type("y")
        assert terminal.end().status == 0
    program.ask("signout")
    later = program.at(LATER)
    with Terminal(later, "signin", EMAIL, columns=columns) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.wait_for_prompt("Code of your app")
        shoot("sign-in", terminal)
        terminal.type(app.at(LATER))
        terminal.end()
        shoot("second-factor", terminal)
    with Terminal(later, "account", "show", columns=columns) as terminal:
        terminal.end()
        shoot("account", terminal)
    with Terminal(program.at(EVENING), "mfa", "disable", columns=columns) as terminal:
        terminal.answer("[y/N]", "y")
        terminal.wait_for_prompt("Code of your app")
        shoot("step-up", terminal)
        terminal.press("c")
        terminal.end()
    taken["lock"] = _screen(_locked_out(program, app, columns), columns)
    return taken


def _locked_out(program: Program, app: pyotp.TOTP, columns: int) -> str:
    """What the last attempt shows, and the next sign-in a quarter of an hour later."""
    evening = program.at(EVENING)
    around = {app.at(EVENING + 30 * steps) for steps in range(-2, 3)}
    wrong = next(f"{number:06}" for number in range(6) if f"{number:06}" not in around)
    for _ in range(9):
        evening.ask("verify", wrong, status=5)
    with Terminal(evening, "verify", columns=columns) as terminal:
        terminal.answer("Code of your app", wrong)
        shown = terminal.end().err
    evening.ask("signout")
    with Terminal(program.at(EVENING + 15 * MINUTE), "signin", EMAIL, columns=columns) as terminal:
        return (shown + terminal.end().err).replace("\n", "\r\n")


def _screen(shown: str, columns: int) -> Screen:
    screen = pyte.Screen(columns, 200)
    pyte.Stream(screen).feed(shown)
    used = {
        (char.fg, char.bg)
        for line in screen.buffer.values()
        for char in line.values()
        if (char.fg, char.bg) != ("default", "default")
    }
    text = "\n".join(line.rstrip() for line in screen.display).rstrip() + "\n"
    return Screen(_masked(text), frozenset(used), text.isascii())


def _masked(text: str) -> str:
    """The text without what differs each time: codes, the secret, the drawing."""
    text = re.sub(
        r"(?:^ *(?:[▀▄█ ]*[▀▄█]|(?:\[\]| )*\[\]) *\n+)+", "(the QR code)\n\n", text, flags=re.M
    )
    text = re.sub(r"\n+\(the QR", "\n(the QR", text)
    text = re.sub(r"secret=\s*[A-Z2-7\n]+(?=\n *Secret)", _without_letters, text)
    text = re.sub(r"(?<=Secret: )[A-Z2-7 \n]+(?=\nCode)", _without_letters, text)
    text = re.sub(r"\b\d(?:\n?\d){5}\b", lambda code: re.sub(r"\d", "#", code[0]), text)
    return re.sub(r"\b\w{4}-\w{4}-\w{4}\b", "xxxx-xxxx-xxxx", text)


def _without_letters(found: re.Match[str]) -> str:
    name, equals, rest = found[0].rpartition("=")
    return name + equals + re.sub(r"[A-Z2-7]", "X", rest)


def main() -> None:
    """Writes the golden files."""
    FOLDER.mkdir(exist_ok=True)
    for columns in WIDTHS:
        with tempfile.TemporaryDirectory() as folder:
            for name, screen in look_at(Program(Path(folder) / "home"), columns).items():
                _path(name, columns).write_text(screen.text, "utf-8")


if __name__ == "__main__":
    main()
