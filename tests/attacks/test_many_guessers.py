"""Many clients guess one sign-up's code: no more tries than one client has.

AuthQuake (guesses in many sessions), NIST SP 800-63B-4 section 3.1.3.3 (a new code is no new
counter). The guesses of a second factor are in test_counter.py.
"""

import subprocess
from collections import Counter

import pytest

from tests.attacks.scene import (
    DONE,
    LOCKED,
    OWNER,
    TOO_SOON,
    VOID,
    WRONG,
    Answer,
    attempts_left,
    later,
    steal,
    switch,
    told,
)
from tests.support.runner import ADA, PASSWORD, PROGRAM, Result, Shell

CLIENTS = [f"guesser-{number}" for number in range(20)]


def guesses_at(code: str) -> list[str]:
    """Twenty codes, none of them the one."""
    return [f"{(int(code) + number) % 1_000_000:06d}" for number in range(1, 21)]


def test_twenty_copies_of_one_client_have_five_tries(shell: Shell) -> None:
    switch(shell, OWNER)
    shell.start_sign_up()
    code = shell.mailed_code()
    answers = []
    for client, guess in zip(CLIENTS, guesses_at(code), strict=True):
        steal(shell, OWNER, client)
        switch(shell, client)
        answers.append(told(shell, "verify", guess))
    assert answers == [WRONG] * 5 + [VOID] * 15
    switch(shell, OWNER)
    assert told(shell, "verify", code) == VOID
    later(shell, 30)
    assert told(shell, "verify", "--resend") == Answer(3)
    assert told(shell, "verify", shell.mailed_code()) == DONE
    assert attempts_left(shell) == 5


@pytest.mark.slow
def test_eight_processes_at_once_have_five_tries(shell: Shell) -> None:
    switch(shell, OWNER)
    shell.start_sign_up()
    code = shell.mailed_code()
    running = []
    for client, guess in zip(CLIENTS[:8], guesses_at(code)[:8], strict=True):
        steal(shell, OWNER, client)
        switch(shell, client)
        running.append(
            subprocess.Popen(
                [PROGRAM, "verify", guess, "--json", "-q"],
                stdout=subprocess.PIPE,
                env=shell._environment(),
                cwd=shell.folder,
            )
        )
    ended = [(each.communicate()[0].decode(), each.returncode) for each in running]
    codes = Counter(Result(status, out, "").codes[0] for out, status in ended)
    assert codes == {"form_code_incorrect": 5, "verification_failed": 3}
    switch(shell, OWNER)
    assert told(shell, "verify", code) == VOID
    later(shell, 30)
    assert told(shell, "verify", "--resend") == Answer(3)
    assert told(shell, "verify", shell.mailed_code()) == DONE
    assert attempts_left(shell) == 5


def test_twenty_sign_ups_for_one_address_have_ten_tries_and_a_wait_between(shell: Shell) -> None:
    """Each has a code of its own; the counter is that of the address."""
    answers = []
    for client in CLIENTS:
        switch(shell, client)
        words = ("signup", ADA, "--password-stdin")
        assert told(shell, *words, stdin=PASSWORD) == Answer(3)
        wrong = guesses_at(shell.mailed_code())[0]
        answers.append(told(shell, "verify", wrong))
        later(shell, 29)
        assert told(shell, "verify", "--resend") == TOO_SOON
        later(shell, 1)
    assert answers == [WRONG] * 10 + [LOCKED] * 10
    switch(shell, CLIENTS[-1])
    assert told(shell, "verify", shell.mailed_code()) == LOCKED


def test_a_code_guessed_by_one_client_is_none_of_another_client(shell: Shell) -> None:
    """Twenty sign-ups do not make one guess twenty times as likely."""
    codes = []
    for client in CLIENTS[:4]:
        switch(shell, client)
        shell.start_sign_up()
        codes.append(shell.mailed_code())
        later(shell, 30)
    assert len(set(codes)) == 4
    for client, code in zip(CLIENTS[:4], [*codes[1:], codes[0]], strict=True):
        switch(shell, client)
        assert told(shell, "verify", code) == WRONG
