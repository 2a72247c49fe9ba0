"""The laws that every run is held to: a shell in which a program breaks one fails the test."""

import json
from pathlib import Path
from typing import IO

import pytest

from mfactl.errors import Code
from tests.support.runner import Shell

DELETED = json.dumps({"object": "totp", "id": "totp_" + "a" * 27, "deleted": True}) + "\n"


def refused(code: Code) -> str:
    error = {"code": code, "message": "No", "long_message": "No.", "meta": {}}
    return json.dumps({"errors": [error]}) + "\n"


class Lawless(Shell):
    """A shell in which the program is another one: it prints what it is told to."""

    def __init__(self, folder: Path, exit_status: int, stdout: str, stderr: str = "") -> None:
        super().__init__(folder)
        self.answer = exit_status, stdout, stderr

    def _execute(
        self, arguments: tuple[str, ...], stdin: int, stdout: IO[bytes], stderr: IO[bytes]
    ) -> int:
        exit_status, out, err = self.answer
        stdout.write(out.encode())
        stderr.write(err.encode())
        return exit_status


@pytest.mark.parametrize(
    ("words", "answer", "law"),
    [
        ("x", (1, "", "Traceback (most recent call last):\n"), "Traceback"),
        ("x", (1, "half of a result\n"), "a failure prints nothing on stdout"),
        ("x --quiet", (0, "", "a hint\n"), "--quiet silences stderr"),
        ("x --json", (0, ""), "the document has a newline behind it"),
        ("x --json", (0, DELETED.strip()), "the document has a newline behind it"),
        ("x --json", (0, DELETED + DELETED), "--json prints one line"),
        ("x --json", (0, DELETED.replace("a", "ä")), "--json prints ASCII"),
        ("x --json", (0, '{"object": "totp"}\n'), r"totp: .* lacks"),
        ("x --json", (0, '{"object": "novelty"}\n'), "no schema"),
        ("x --json", (1, DELETED), "a failure prints errors"),
        ("x --json", (0, refused(Code.USER_LOCKED)), "the first code decides"),
        ("x --json", (5, refused(Code.USER_LOCKED)), "the first code decides"),
    ],
)
def test_a_broken_law_fails(words: str, answer: tuple[int, str], law: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=law):
        Lawless(tmp_path, *answer).run(*words.split())


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("x", (0, "a result\n", "a hint\n")),
        ("x", (3, "a result that waits\n")),
        ("x", (5, "", "mfactl: No.\n")),
        ("x --json", (0, DELETED)),
        ("x --json", (6, refused(Code.USER_LOCKED))),
        ("x --json", (130, refused(Code.CANCELLED))),
        ("x --json --field errors.0.code", (6, "user_locked\n")),
        ("x --json --help", (0, "Usage: x\n")),
        ("x -- --json", (0, "a result\n")),
    ],
)
def test_what_keeps_the_laws_passes(words: str, answer: tuple[int, str], tmp_path: Path) -> None:
    assert Lawless(tmp_path, *answer).run(*words.split()).exit == answer[0]


def test_an_exit_status_that_a_test_does_not_expect_fails_with_what_stderr_says(
    tmp_path: Path,
) -> None:
    with pytest.raises(AssertionError, match=r"mfactl x: exit status 5, not 0\nmfactl: No\."):
        Lawless(tmp_path, 5, "", "mfactl: No.\n").run("x", expect=0)


def test_a_result_shows_nothing_of_stdout(tmp_path: Path) -> None:
    assert "secret" not in repr(Lawless(tmp_path, 0, "secret\n").run("x"))
