"""The failure counter is reset, split or outrun.

allauth's notice for 65.8.1, Vaultwarden CVE-2026-27801, NIST SP 800-63B-4 section 3.1.3.3 (a new
code does not reset the count), AuthQuake (guesses in many sessions at once), AIL CVE-2026-56450 (no
limit), HashiCorp Vault CVE-2025-6004.

`journeys/only-a-complete-sign-in-clears.txt` and `journeys/hundred-failures.txt` tell the story;
`tests/cli/test_unwritable.py` has the disk that is full.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    BOB,
    DAY,
    DONE,
    HALF,
    HOUR,
    LOCKED,
    MINUTE,
    NOT_THE_PASSWORD,
    OWNER,
    REFUSED,
    SIGNED_OUT,
    USED,
    VOID,
    WRONG,
    WRONG_PASSWORD,
    Answer,
    attempts_left,
    code_of,
    complete,
    guess,
    later,
    page,
    pretend,
    sign_in,
    steal,
    switch,
    told,
    wrong_code_of,
)
from tests.support.runner import ADA, PASSWORD, PROGRAM, Kept, Shell

Trick = Callable[[Shell, Kept], None]


def the_right_password(shell: Shell, _kept: Kept) -> None:
    switch(shell, "thief")
    assert sign_in(shell) == HALF


def a_new_attempt(shell: Shell, kept: Kept) -> None:
    for _ in range(3):
        the_right_password(shell, kept)
        assert told(shell, "signout") == DONE


def a_new_client(shell: Shell, _kept: Kept) -> None:
    for name in ("one", "two", "three"):
        switch(shell, name)
        assert sign_in(shell) == HALF


def a_step_up(shell: Shell, kept: Kept) -> None:
    later(shell, 30)
    assert told(shell, "verify", code_of(shell, kept)) == DONE


def a_step_up_by_backup_code(shell: Shell, kept: Kept) -> None:
    assert told(shell, "verify", kept.backup_codes[0]) == DONE


def new_backup_codes(shell: Shell, _kept: Kept) -> None:
    assert told(shell, "backup-codes", "regenerate", "--yes") == DONE


def another_app(shell: Shell, _kept: Kept) -> None:
    assert told(shell, "mfa", "disable", "--yes") == DONE
    shell.enrol()


def a_new_password(shell: Shell, _kept: Kept) -> None:
    shell.write("old", PASSWORD)
    words = ("account", "password", "--password-file", "old", "--new-password-stdin")
    assert told(shell, *words, stdin="a quiet lighthouse keeps nine owls") == DONE


def signing_out_everywhere(shell: Shell, kept: Kept) -> None:
    assert told(shell, "signout", "--all") == DONE
    assert sign_in(shell) == HALF
    assert told(shell, "verify", code_of(shell, kept)) == USED  # by the enrolment


def a_new_sign_up(shell: Shell, _kept: Kept) -> None:
    switch(shell, "thief")
    words = ("signup", ADA, "--password-stdin")
    assert told(shell, *words, stdin=PASSWORD) == Answer(7, "form_identifier_exists")


def a_code_that_was_used(shell: Shell, kept: Kept) -> None:
    assert told(shell, "verify", code_of(shell, kept)) == USED


def waiting_a_day(shell: Shell, _kept: Kept) -> None:
    later(shell, DAY)


TRICKS = (
    the_right_password,
    a_new_attempt,
    a_new_client,
    a_step_up,
    a_step_up_by_backup_code,
    new_backup_codes,
    another_app,
    a_new_password,
    signing_out_everywhere,
    a_new_sign_up,
    a_code_that_was_used,
    waiting_a_day,
)


@pytest.mark.parametrize("trick", TRICKS)
def test_nothing_but_a_complete_sign_in_gives_back_an_attempt(
    enrolled: Enrolled, trick: Trick
) -> None:
    """Nine guesses, something that other programs take for a success, and the tenth."""
    shell, kept = enrolled
    guess(shell, kept, 9)

    trick(shell, kept)

    switch(shell, "guesser")
    assert sign_in(shell, password=WRONG_PASSWORD) == REFUSED
    assert sign_in(shell) == LOCKED


def test_a_complete_sign_in_gives_back_all_of_them(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    guess(shell, kept, 9)
    later(shell, 30)
    switch(shell, "phone")
    complete(shell, kept)
    assert attempts_left(shell) == 10


def test_many_half_finished_sign_ins_at_once_share_one_counter(enrolled: Enrolled) -> None:
    """AuthQuake: twelve sessions, a guess in each."""
    shell, kept = enrolled
    clients = [f"guesser-{number}" for number in range(12)]
    for client in clients:
        switch(shell, client)
        assert sign_in(shell) == HALF
    answers = []
    for client in clients:
        switch(shell, client)
        answers.append(told(shell, "verify", wrong_code_of(shell, kept)))
    assert answers == [WRONG] * 10 + [LOCKED] * 2
    assert told(shell, "verify", kept.backup_codes[0]) == LOCKED


def test_every_kind_of_guess_counts_in_the_same_counter(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    guess(shell, kept, 2)  # at a step-up
    assert told(shell, "verify", "zzzz-zzzz-zzzz") == WRONG
    shell.write("new", "a quiet lighthouse keeps nine owls")
    words = ("account", "password", "--password-stdin", "--new-password-file", "new")
    assert told(shell, *words, stdin=WRONG_PASSWORD) == NOT_THE_PASSWORD
    switch(shell, "guesser")
    pretend(shell, 1)
    assert sign_in(shell) == HALF
    guess(shell, kept, 2)
    assert told(shell, "verify", "zzzz-zzzz-zzzz") == WRONG
    switch(shell, OWNER)
    assert attempts_left(shell) == 2


def test_the_hour_of_a_lock_is_not_begun_anew_nor_cut_by_trying(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    guess(shell, kept, 10)
    for _ in range(4):
        later(shell, 15 * MINUTE - 1)
        assert told(shell, "verify", code_of(shell, kept)) == LOCKED
    later(shell, 4)
    assert told(shell, "verify", code_of(shell, kept)) == DONE


# --- a sign-up


def test_a_new_code_does_not_give_back_an_attempt_at_the_address(shell: Shell) -> None:
    """Five guesses a code, a new code, and five more: then the address is locked."""
    switch(shell, OWNER)
    shell.start_sign_up()
    answers = []
    for _ in range(2):
        code = shell.mailed_code()
        for _ in range(5):
            assert told(shell, "verify", wrong_for(code)) == WRONG
        answers.append(told(shell, "verify", code))
        later(shell, 30)
        assert told(shell, "verify", "--resend") == HALF
    assert answers == [VOID, LOCKED]
    assert told(shell, "verify", shell.mailed_code()) == LOCKED


def wrong_for(code: str) -> str:
    """Six other digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_void_code_stays_void_for_every_copy_of_the_client(shell: Shell) -> None:
    switch(shell, OWNER)
    shell.start_sign_up()
    code = shell.mailed_code()
    for number in range(5):
        steal(shell, OWNER, f"copy-{number}")
        switch(shell, f"copy-{number}")
        assert told(shell, "verify", wrong_for(code)) == WRONG
    switch(shell, OWNER)
    assert told(shell, "verify", code) == VOID


def test_a_new_sign_up_does_not_give_back_an_attempt_and_its_account_takes_the_counter_over(
    shell: Shell,
) -> None:
    """Guesses at an address that has no account yet are guesses at the account that it gets."""
    switch(shell, "guesser")
    pretend(shell, 9)
    switch(shell, OWNER)
    shell.start_sign_up()
    assert told(shell, "verify", shell.mailed_code()) == DONE
    assert attempts_left(shell) == 1
    switch(shell, "guesser")
    assert sign_in(shell, password=WRONG_PASSWORD) == REFUSED
    assert sign_in(shell) == LOCKED


def test_a_stranger_is_not_forgotten_with_its_failures(shell: Shell) -> None:
    """Its record would lapse after a day, if it had none."""
    switch(shell, "guesser")
    pretend(shell, 9)
    later(shell, 25 * HOUR)
    shell.sign_up(BOB)  # a write drops what has lapsed
    switch(shell, "next")
    assert sign_in(shell, password=WRONG_PASSWORD) == REFUSED
    assert sign_in(shell, password=WRONG_PASSWORD) == LOCKED


# --- a hundred


def test_after_a_hundred_failures_no_command_helps(enrolled: Enrolled) -> None:
    """`journeys/hundred-failures.txt` shows that waiting does not; this is what else there is."""
    shell, kept = enrolled
    for _ in range(10):
        guess(shell, kept, 10)
        later(shell, HOUR)
    assert told(shell, "verify", code_of(shell, kept)) == LOCKED
    assert told(shell, "verify", kept.backup_codes[0]) == LOCKED
    assert page(shell)["lockout_expires_in_seconds"] is None
    assert sign_in(shell) == Answer(7, "session_exists")
    for words in (("mfa", "disable", "--yes"), ("backup-codes", "regenerate", "--yes")):
        assert told(shell, *words) == Answer(3, "session_reverification_required")
    switch(shell, "another")
    assert sign_in(shell) == LOCKED
    words = ("signup", ADA, "--password-stdin")
    assert told(shell, *words, stdin=PASSWORD) == Answer(7, "form_identifier_exists")
    switch(shell, OWNER)
    later(shell, 8 * DAY)
    assert told(shell, "account", "show") == SIGNED_OUT
    assert sign_in(shell) == LOCKED


def test_a_fresh_session_gets_no_attempt_back_by_changing_its_factors(enrolled: Enrolled) -> None:
    """A live session goes on while its account is locked, and may change what it could before."""
    shell, kept = enrolled
    guess(shell, kept, 10)
    assert told(shell, "backup-codes", "regenerate", "--yes") == DONE
    assert told(shell, "mfa", "disable", "--yes") == DONE
    secret = shell.run("mfa", "add", "--format", "secret", expect=0).secret
    assert told(shell, "mfa", "verify", code_of(shell, Kept(secret, []))) == LOCKED
    shell.write("old", PASSWORD)
    words = ("account", "password", "--password-file", "old", "--new-password-stdin")
    assert told(shell, *words, stdin="a quiet lighthouse keeps nine owls") == LOCKED
    assert attempts_left(shell) == 0
    switch(shell, "another")
    assert sign_in(shell) == LOCKED


# --- a process that is killed


def killed_at(call: str, shell: Shell, words: tuple[str, ...], stdin: str, told_in: Path) -> int:
    """Runs a command that SIGKILL ends at a system call; how it ended: strace dies the same way.

    What it would have told goes into a file, and of `write` only that into this file counts.
    """
    only = ("--trace-path", str(told_in)) if call == "write" else ()
    environ = shell._environment()
    with told_in.open("wb") as out:
        ended = subprocess.run(
            [
                *("strace", "-f", "-qq", "-o", os.devnull, *only),
                *(f"--inject={call}:signal=KILL:when=1", str(PROGRAM), "-q", "--json", *words),
            ],
            input=stdin.encode(),
            stdout=out,
            stderr=out,
            env=environ,
            cwd=shell.folder,
            check=False,
        )
    return ended.returncode


@pytest.mark.slow
def test_whoever_kills_the_process_before_it_tells_has_not_saved_the_guess(
    enrolled: Enrolled, tmp_path: Path
) -> None:
    """Vaultwarden CVE-2026-27801: the count has to be stored before the verdict is known."""
    shell, kept = enrolled
    out = tmp_path / "told"
    for _ in range(2):
        code = wrong_code_of(shell, kept)
        assert killed_at("write", shell, ("verify", "-"), code, out) == -signal.SIGKILL
        assert out.read_bytes() == b""
    assert attempts_left(shell) == 8

    switch(shell, "guesser")
    words = ("signin", ADA, "--password-stdin")
    assert killed_at("write", shell, words, WRONG_PASSWORD, out) == -signal.SIGKILL
    assert out.read_bytes() == b""
    switch(shell, OWNER)
    assert attempts_left(shell) == 7


@pytest.mark.slow
def test_whoever_kills_the_process_before_it_stores_has_learnt_nothing(
    enrolled: Enrolled, tmp_path: Path
) -> None:
    shell, kept = enrolled
    out = tmp_path / "told"
    for code in (wrong_code_of(shell, kept), kept.backup_codes[0]):
        assert killed_at("fdatasync", shell, ("verify", "-"), code, out) == -signal.SIGKILL
        assert out.read_bytes() == b""
    assert attempts_left(shell) == 10
    assert told(shell, "verify", kept.backup_codes[0]) == DONE
