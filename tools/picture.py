"""Records the journey of the README at a real terminal and draws it: `docs/journey.svg`.

Run it by hand (`make picture`) when what a person sees has changed. The account lives in a
throw-away home, so its secret and its codes open nothing.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyotp
import pyte

from tests.cli.program import EMAIL, NOW, PASSWORD, Program
from tests.cli.terminal import Terminal, secret_in

PICTURE = Path(__file__).parent.parent / "docs" / "journey.svg"
COLUMNS = 84
CELL_WIDTH, CELL_HEIGHT = 8, 17
PAPER, INK, PROMPT = "#1b1f27", "#d7dae0", "#8fc98a"
HALVES = {"▀": (True, False), "▄": (False, True), "█": (True, True)}


class Line(NamedTuple):
    """One line of the picture; a line of the QR code has a paper of its own."""

    text: str
    is_code: bool = False
    is_prompt: bool = False


def record() -> list[Line]:
    """What stands on the screen after a sign-up and an enrolment."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder) / "home").with_(MFACTL_NOW=str(NOW))
        program.ask("vault", "init", "--test")
        lines = _shown("signup " + EMAIL, _sign_up(program))
        return lines + _shown("mfa add", _enrol(program))


def _sign_up(program: Program) -> str:
    with Terminal(program, "signup", EMAIL, columns=COLUMNS) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.answer("once more", PASSWORD)
        terminal.wait_for_prompt("Code in the e-mail")
        terminal.type(program.ask("outbox", "code", EMAIL)["code"])
        terminal.end()
        return terminal.shown


def _enrol(program: Program) -> str:
    with Terminal(program, "mfa", "add", columns=COLUMNS) as terminal:
        terminal.wait_for_prompt("Code of your app")
        terminal.type(pyotp.TOTP(secret_in(terminal.shown)).at(NOW))
        terminal.answer("Have you kept them?", "y")
        terminal.end()
        return terminal.shown


def _shown(command: str, output: str) -> list[Line]:
    screen = pyte.Screen(COLUMNS, 200)
    pyte.Stream(screen).feed(output)
    lines = [Line(f"$ mfactl {command}", is_prompt=True)]
    for number, text in enumerate(screen.display):
        is_code = any(char.bg != "default" for char in screen.buffer[number].values())
        lines.append(Line(text.rstrip(), is_code))
    while not lines[-1].text:
        lines.pop()
    return [line for line in lines if not line.text.startswith("This is a test vault")]


def draw(lines: list[Line]) -> str:
    """The lines as an SVG picture: text as text, the QR code as squares."""
    width, height = (COLUMNS + 2) * CELL_WIDTH, (len(lines) + 2) * CELL_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="mfactl at a terminal: a sign-up, then an authenticator app with a QR code">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" '
        f'xml:space="preserve" fill="{INK}">',
    ]
    for number, line in enumerate(lines):
        top = (number + 1) * CELL_HEIGHT
        if line.is_code:
            parts += _code(line.text, top)
        elif line.text:
            colour = f' fill="{PROMPT}"' if line.is_prompt else ""
            length = len(line.text) * CELL_WIDTH
            parts.append(
                f'<text x="{CELL_WIDTH}" y="{top + 13}" textLength="{length}"{colour}>'
                f"{escape(line.text)}</text>"
            )
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _code(text: str, top: int) -> list[str]:
    columns = max(49, len(text))  # the code of an address as long as Ada's, with its quiet zone
    half = CELL_HEIGHT / 2
    parts = [
        f'<rect x="{CELL_WIDTH}" y="{top}" width="{columns * CELL_WIDTH}" '
        f'height="{CELL_HEIGHT}" fill="#fff" shape-rendering="crispEdges"/>'
    ]
    path = ""
    for column, char in enumerate(text):
        for lower, inked in enumerate(HALVES.get(char, ())):
            if inked:
                left = (column + 1) * CELL_WIDTH
                path += f"M{left} {top + lower * half}h{CELL_WIDTH}v{half}h-{CELL_WIDTH}z"
    if path:
        parts.append(f'<path d="{path}" fill="#000" shape-rendering="crispEdges"/>')
    return parts


def main() -> None:
    """Writes the picture, or the file that is named."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    path.write_text(re.sub(r"\.0(?=[hv ])", "", draw(record())), "utf-8")


if __name__ == "__main__":
    main()
