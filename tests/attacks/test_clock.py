"""The clock is set: back by a minute or a day, forward by years, past 2038 and 2106, and back.

What is fresh began less than its limit ago, and at most a minute in the future (docs/rules.md): so
a clock that is set back revives nothing from a later time, and ends no lock.
`journeys/clock-set-back-a-day.txt` tells it as a story.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    DAY,
    DONE,
    EXPIRED,
    HALF,
    HOUR,
    LOCKED,
    MINUTE,
    NOTHING_PENDING,
    OWNER,
    SIGNED_OUT,
    STALE,
    USED,
    YEAR,
    Answer,
    code_of,
    complete,
    guess,
    later,
    page,
    sign_in,
    switch,
    told,
)
from tests.support.runner import ADA, PASSWORD, START, Kept, Shell

Y2038 = 1 << 31  # the first second that 32 bits with a sign do not hold
Y2106 = 1 << 32  # nor without a sign
LAST = 9_999_999_999  # the last second that MFACTL_NOW takes, in 2286
TEN = 10 * MINUTE

Try = Callable[[Shell, Kept], Answer]
Begin = Callable[[Shell], Kept]


def enrolling(shell: Shell) -> Kept:
    """Signed in with a second factor that was verified now."""
    return shell.settle(app=True)


def half_a_sign_in(shell: Shell) -> Kept:
    kept = shell.settle(app=True)
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    return kept


def a_mailed_code(shell: Shell) -> Kept:
    shell.settle()
    switch(shell, "newcomer")
    shell.start_sign_up("grace@example.com")
    return Kept("", [shell.mailed_code("grace@example.com")])


def an_unconfirmed_secret(shell: Shell) -> Kept:
    shell.settle()
    return Kept(shell.run("mfa", "add", "--format", "secret", expect=0).secret, [])


def a_lock(shell: Shell) -> Kept:
    kept = shell.settle(app=True)
    guess(shell, kept, 10)
    switch(shell, "another")
    return kept


def show(shell: Shell, _kept: Kept) -> Answer:
    return told(shell, "account", "show")


def change(shell: Shell, _kept: Kept) -> Answer:
    return told(shell, "mfa", "disable", "--yes")


def first_of_the_set(shell: Shell, kept: Kept) -> Answer:
    return told(shell, "verify", kept.backup_codes[0])


def confirm(shell: Shell, kept: Kept) -> Answer:
    return told(shell, "mfa", "verify", code_of(shell, kept))


def password(shell: Shell, _kept: Kept) -> Answer:
    return sign_in(shell)


# Who began what at START, what is tried, and the answer from each moment on.
OUTCOMES: dict[str, tuple[Begin, Try, dict[int, Answer]]] = {
    "a session": (
        enrolling,
        show,
        {-DAY: SIGNED_OUT, -61: SIGNED_OUT, -60: DONE, 7 * DAY - 1: DONE, 7 * DAY: SIGNED_OUT},
    ),
    "a verified factor": (
        enrolling,
        change,
        {-DAY: SIGNED_OUT, -60: DONE, TEN - 1: DONE, TEN: STALE, 7 * DAY - 1: STALE},
    ),
    "half a sign-in": (
        half_a_sign_in,
        first_of_the_set,
        {
            -DAY: NOTHING_PENDING,
            -61: NOTHING_PENDING,
            -60: DONE,
            TEN - 1: DONE,
            TEN: NOTHING_PENDING,
        },
    ),
    "a mailed code": (
        a_mailed_code,
        first_of_the_set,
        {
            -DAY: NOTHING_PENDING,
            -61: NOTHING_PENDING,
            -60: DONE,
            TEN - 1: DONE,
            TEN: EXPIRED,
            DAY - 1: EXPIRED,
            DAY: NOTHING_PENDING,
        },
    ),
    "an unconfirmed secret": (
        an_unconfirmed_secret,
        confirm,
        {-DAY: SIGNED_OUT, -60: DONE, TEN - 1: DONE, TEN: NOTHING_PENDING, 7 * DAY: SIGNED_OUT},
    ),
    "a lock": (
        a_lock,
        password,
        {-YEAR: LOCKED, -DAY: LOCKED, -1: LOCKED, HOUR - 1: LOCKED, HOUR: HALF},
    ),
}
FAR = (Y2038 - START, LAST - START)
MOMENTS = [
    pytest.param(what, moment, answer, id=f"{what} {moment:+d} s")
    for what, (_, _, answers) in OUTCOMES.items()
    for moment, answer in (answers | dict.fromkeys(FAR, answers[max(answers)])).items()
    if what != "a verified factor" or moment < 7 * DAY  # by then its session has ended
]


@pytest.mark.parametrize(("what", "moment", "answer"), MOMENTS)
def test_what_was_begun_is_at_each_moment_what_the_rules_say(
    tmp_path: Path, what: str, moment: int, answer: Answer
) -> None:
    shell = Shell(tmp_path, clock=START)
    begin, attempt, _ = OUTCOMES[what]
    kept = begin(shell)
    later(shell, moment)
    assert attempt(shell, kept) == answer


@pytest.mark.parametrize("then", [Y2038 - 15, Y2106 - 15, LAST - 60])
def test_a_life_goes_on_across_the_ends_of_time(tmp_path: Path, then: int) -> None:
    shell = Shell(tmp_path, clock=then)
    shell.init()
    switch(shell, OWNER)
    shell.sign_up()
    kept = shell.enrol()
    assert told(shell, "signout") == DONE
    later(shell, 30)
    complete(shell, kept)
    assert told(shell, "verify", code_of(shell, kept)) == USED
    assert page(shell)["last_sign_in_at"] == shell.now * 1000
    assert told(shell, "vault", "check") == DONE


def test_a_code_of_a_later_year_makes_all_before_it_used(enrolled: Enrolled) -> None:
    """The clock was set forward, a code was used, and the clock is right again."""
    shell, kept = enrolled
    later(shell, 10 * YEAR)
    switch(shell, "phone")
    complete(shell, kept)
    later(shell, -10 * YEAR + 30)
    switch(shell, "another")
    assert sign_in(shell) == HALF
    assert told(shell, "verify", code_of(shell, kept)) == USED
    assert told(shell, "verify", kept.backup_codes[0]) == DONE
    assert page(shell)["verification_attempts_remaining"] == 10


def test_a_session_of_a_later_year_is_none_now_and_lives_then(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    later(shell, YEAR)
    switch(shell, "phone")
    complete(shell, kept)
    later(shell, -YEAR)
    assert told(shell, "account", "show") == SIGNED_OUT
    assert told(shell, "mfa", "disable", "--yes") == SIGNED_OUT
    later(shell, YEAR + MINUTE)
    assert told(shell, "account", "show") == DONE


def test_a_lock_of_a_later_year_holds_until_then(enrolled: Enrolled) -> None:
    """Whoever can set the clock can lock for longer: docs/threat-model.md. Never for shorter."""
    shell, kept = enrolled
    later(shell, YEAR)
    switch(shell, "guesser")
    assert sign_in(shell) == HALF
    guess(shell, kept, 10)
    later(shell, -YEAR)
    refused = shell.run("--json", "signin", ADA, "--password-stdin", stdin=PASSWORD, expect=6)
    meta = refused.document["errors"][0]["meta"]
    assert meta == {"lockout_expires_in_seconds": YEAR + HOUR}
    assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING
    later(shell, YEAR + HOUR - 1)
    assert sign_in(shell) == LOCKED
    later(shell, 1)
    assert sign_in(shell) == HALF


def test_a_lock_is_not_shortened_by_moving_the_clock_to_and_fro(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    guess(shell, kept, 10)
    switch(shell, "another")
    for moved in (-DAY, 0, -HOUR, HOUR - 1, 1, -YEAR):
        shell.clock = START + moved
        assert sign_in(shell) == LOCKED
    shell.clock = START + HOUR
    assert sign_in(shell) == HALF


def test_a_wait_between_codes_is_no_longer_for_a_clock_that_went_back(shell: Shell) -> None:
    """Nor is a code that was mailed in the future good now."""
    switch(shell, OWNER)
    later(shell, DAY)
    shell.start_sign_up()
    code = shell.mailed_code()
    later(shell, -DAY)
    assert told(shell, "verify", code) == NOTHING_PENDING
    switch(shell, "another")
    shell.start_sign_up()
    assert told(shell, "verify", shell.mailed_code()) == DONE
