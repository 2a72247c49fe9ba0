"""Somebody who has never seen mfactl, with the README alone: what has to be typed, and is asked.

Typing is counted, not timed: 200 keys a minute is a slow typist of 40 words a minute.
"""

import re
import time

import pyotp

from tests.cli.program import EMAIL, Program
from tests.cli.terminal import Terminal, secret_in

KEYS_A_MINUTE = 200
PASSWORD = "nine quiet owls at dusk"
PROMPT = re.compile(r"^([A-Z][^\r\n:]*(?:\)|more|it|app|\]))\??: ", re.MULTILINE)


class Typist:
    """Counts the keys that are pressed, Enter included, and the prompts that were answered."""

    def __init__(self) -> None:
        self.keys = 0
        self.prompts: list[str] = []

    def runs(self, program: Program, *arguments: str) -> Terminal:
        """Types a command."""
        self.keys += len(" ".join(("mfactl", *arguments))) + 1
        return Terminal(program, *arguments, columns=80)

    def answers(self, terminal: Terminal, prompt: str, text: str) -> None:
        """Types an answer."""
        terminal.answer(prompt, text)
        self.keys += len(text) + 1

    def leaves(self, terminal: Terminal) -> None:
        """Reads to the end."""
        ended = terminal.end()
        assert ended.status == 0
        self.prompts += PROMPT.findall(ended.err)


def test_an_account_with_a_second_factor_takes_a_minute_of_typing_and_no_question_twice(
    nowhere: Program,
) -> None:
    ada = Typist()
    with ada.runs(nowhere, "signup", EMAIL) as terminal:
        ada.answers(terminal, "Password", PASSWORD)
        ada.answers(terminal, "once more", PASSWORD)
        ada.answers(terminal, "Code in the e-mail", "")
        terminal.wait_for(" is your mfactl code.")
        code = terminal.shown.rpartition(" is your mfactl code.")[0][-6:]
        ada.answers(terminal, "Code in the e-mail", code)
        ada.leaves(terminal)
    with ada.runs(nowhere, "mfa", "add") as terminal:
        terminal.wait_for("Secret: ")
        terminal.wait_for("\r\n")
        app = pyotp.TOTP(secret_in(terminal.shown))
        ada.answers(terminal, "Code of your app", app.at(int(time.time())))
        ada.answers(terminal, "kept", "y")
        ada.leaves(terminal)

    assert ada.prompts == [
        "Password (8 characters or more)",
        "The same once more",
        "Code in the e-mail (Enter shows it)",  # Enter
        "Code in the e-mail (Enter shows it)",  # the code
        "Code of your app",
        "Have you kept them? [y/n]",
    ]
    assert ada.keys < KEYS_A_MINUTE / 60 * 40, "a third of the minute is for reading and scanning"
    assert nowhere.ask("account", "show")["two_factor_enabled"]
