"""Every command that is worth attacking, from every level of a session: exact answers.

MFA taken off or put on with the first factor alone: xi/django-mfa3 pull request #20,
django-allauth-2fa #30, OpenRisk #754, django-two-factor-auth #253. A state that was worked out and
then not looked at: Atlas #169, google2fa-laravel #180. Half a sign-in that lives on:
django-allauth-2fa #70.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    DAY,
    DONE,
    HALF,
    MINUTE,
    NEW_PASSWORD,
    NO_SUCH_THING,
    NOBODY,
    NOTHING_PENDING,
    OWNER,
    SIGNED_OUT,
    STALE,
    WRONG,
    Answer,
    code_of,
    complete,
    later,
    page,
    sign_in,
    switch,
    told,
    whose,
)
from tests.support.runner import PASSWORD, START, Kept, Shell

ON_ALREADY = Answer(7, "totp_already_enabled")
NO_CODES = Answer(7, "backup_codes_not_available")

Level = Callable[[Shell], str]  # brings a client to a level; the code that it would confirm with


def nobody(shell: Shell) -> str:
    """No session, in a vault that has an account."""
    shell.settle()
    switch(shell, "nobody")
    return "123456"


def signing_up(shell: Shell) -> str:
    """A sign-up waits for its e-mail code."""
    shell.settle()
    switch(shell, "newcomer")
    shell.start_sign_up("grace@example.com")
    return shell.mailed_code("grace@example.com")


def first_factor_fresh(shell: Shell) -> str:
    """No second factor; the password was given 9 minutes and 59 seconds ago."""
    shell.settle()
    later(shell, 10 * MINUTE - 1)
    return _add(shell)


def first_factor_stale(shell: Shell) -> str:
    """The same a second later; a secret was asked for while there was time."""
    code = first_factor_fresh(shell)
    later(shell, 1)
    return code


def half_finished(shell: Shell) -> str:
    """The password was right, and the second factor is awaited."""
    kept = shell.settle(app=True)
    later(shell, 30)
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    return code_of(shell, kept)


def half_finished_after_a_session(shell: Shell) -> str:
    """The same, in a client whose own session was fresh until it signed out."""
    kept = shell.settle(app=True)
    later(shell, 30)
    assert told(shell, "signout") == DONE
    assert sign_in(shell) == HALF
    return code_of(shell, kept)


def second_factor_fresh(shell: Shell) -> str:
    """A code of the app was given 9 minutes and 59 seconds ago."""
    kept = shell.settle(app=True)
    later(shell, 10 * MINUTE - 1)
    return code_of(shell, kept)


def second_factor_stale(shell: Shell) -> str:
    """The same a second later."""
    kept = shell.settle(app=True)
    later(shell, 10 * MINUTE)
    return code_of(shell, kept)


def second_factor_stale_password_fresh(shell: Shell) -> str:
    """The password was changed a minute ago, which says nothing about the second factor."""
    kept = shell.settle(app=True)
    later(shell, 9 * MINUTE)
    shell.write("current", PASSWORD)
    words = ("account", "password", "--password-file", "current", "--new-password-stdin")
    assert told(shell, *words, stdin="seven grey herons on a rope bridge") == DONE
    shell.write("current", "seven grey herons on a rope bridge")
    later(shell, MINUTE)
    return code_of(shell, kept)


def ended(shell: Shell) -> str:
    """The session had its seven days."""
    kept = shell.settle(app=True)
    later(shell, 7 * DAY)
    return code_of(shell, kept)


def ended_by_the_owner(shell: Shell) -> str:
    """Another client signed out of all sessions; the factors of this one are fresh."""
    kept = shell.settle(app=True)
    later(shell, 30)
    switch(shell, "phone")
    complete(shell, kept)
    assert told(shell, "signout", "--all") == DONE
    switch(shell, OWNER)
    return code_of(shell, kept)


def _add(shell: Shell) -> str:
    secret = shell.run("mfa", "add", "--format", "secret", expect=0).secret
    return code_of(shell, Kept(secret, []))


COMMANDS = {
    "mfa add": ("mfa", "add"),
    "mfa verify": ("mfa", "verify", "{code}"),
    "mfa disable": ("mfa", "disable", "--yes"),
    "backup-codes regenerate": ("backup-codes", "regenerate", "--yes"),
    "account password": (
        *("account", "password", "--password-file", "current", "--new-password-stdin"),
    ),
    "account show": ("account", "show"),
}

# In the order of COMMANDS.
MATRIX: dict[Level, tuple[Answer, ...]] = {
    nobody: (NOBODY,) * 6,
    signing_up: (NOBODY,) * 6,
    first_factor_fresh: (DONE, DONE, NO_SUCH_THING, NO_CODES, DONE, DONE),
    first_factor_stale: (STALE, STALE, NO_SUCH_THING, NO_CODES, STALE, DONE),
    half_finished: (NOBODY,) * 6,
    half_finished_after_a_session: (NOBODY,) * 6,
    second_factor_fresh: (ON_ALREADY, ON_ALREADY, DONE, DONE, DONE, DONE),
    second_factor_stale: (ON_ALREADY, ON_ALREADY, STALE, STALE, STALE, DONE),
    second_factor_stale_password_fresh: (ON_ALREADY, ON_ALREADY, STALE, STALE, STALE, DONE),
    ended: (SIGNED_OUT,) * 6,
    ended_by_the_owner: (SIGNED_OUT,) * 6,
}
CELLS = [
    pytest.param(level, command, answer, id=f"{command}, {level.__name__}")
    for level, row in MATRIX.items()
    for command, answer in zip(COMMANDS, row, strict=True)
]


@pytest.mark.parametrize(("level", "command", "answer"), CELLS)
def test_a_command_does_at_each_level_what_the_matrix_says(
    tmp_path: Path, level: Level, command: str, answer: Answer
) -> None:
    shell = Shell(tmp_path, clock=START)
    code = level(shell)
    if not (tmp_path / "current").exists():
        shell.write("current", PASSWORD)
    words = [word.replace("{code}", code) for word in COMMANDS[command]]
    assert told(shell, *words, stdin=NEW_PASSWORD) == answer


def test_the_matrix_asks_for_freshness_wherever_something_would_change() -> None:
    """So that nobody loosens a cell by mistake."""
    changing = [name for name in COMMANDS if name != "account show"]
    for level, row in MATRIX.items():
        done = {name for name, each in zip(COMMANDS, row, strict=True) if each == DONE}
        fresh = level in (first_factor_fresh, second_factor_fresh)
        assert fresh or not done.intersection(changing), level


def test_a_refused_change_changes_nothing(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    later(shell, 10 * MINUTE)
    shell.write("current", PASSWORD)
    before = page(shell)
    for name, words in COMMANDS.items():
        if name != "account show":
            code = code_of(shell, kept)
            filled = [word.replace("{code}", code) for word in words]
            assert told(shell, *filled, stdin=NEW_PASSWORD).exit in (3, 7)
    assert page(shell) == before
    switch(shell, "phone")
    complete(shell, kept)  # the password and the phone are the old ones


# --- what half a sign-in may do


def test_half_a_sign_in_may_give_a_code_or_give_up_and_nothing_else(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    later(shell, 30)
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    by_password = ("verify", "--password-stdin")
    assert told(shell, *by_password, stdin=PASSWORD) == Answer(7, "strategy_for_user_invalid")
    assert told(shell, "verify", "--resend") == NOTHING_PENDING
    assert told(shell, "signout", "--all") == DONE  # ends this step: nobody is signed in
    assert told(shell, "verify", code_of(shell, kept)) == NOTHING_PENDING
    switch(shell, OWNER)
    assert told(shell, "account", "show") == DONE


def test_giving_up_half_a_sign_in_ends_no_session_of_the_account(enrolled: Enrolled) -> None:
    """Who has the password alone cannot sign the owner out of every session."""
    shell, _kept = enrolled
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    assert told(shell, "signout", "--all") == DONE
    switch(shell, OWNER)
    assert told(shell, "account", "show") == DONE
    assert told(shell, "mfa", "disable", "--yes") == DONE


@pytest.mark.parametrize(
    ("age", "answer"), [(10 * MINUTE - 1, DONE), (10 * MINUTE, NOTHING_PENDING)]
)
def test_half_a_sign_in_dies_after_ten_minutes(
    enrolled: Enrolled, age: int, answer: Answer
) -> None:
    shell, kept = enrolled
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    later(shell, age)
    assert told(shell, "verify", code_of(shell, kept)) == answer


def test_trying_does_not_keep_half_a_sign_in_alive(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    switch(shell, "halfway")
    assert sign_in(shell) == HALF
    for _ in range(4):
        later(shell, 2 * MINUTE + 29)
        assert told(shell, "verify", "zzzz-zzzz-zzzz") == WRONG
    later(shell, 4)
    assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING
    later(shell, -4)
    assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING


def test_an_attempt_at_another_account_is_no_way_around_the_second_factor(
    enrolled: Enrolled,
) -> None:
    """Two steps of two accounts in one client: the last one counts, and for its account alone."""
    shell, kept = enrolled
    switch(shell, "thief")
    shell.sign_up("mallory@example.com")
    theirs = shell.enrol()
    assert told(shell, "signout") == DONE
    later(shell, 30)
    assert sign_in(shell) == HALF  # Ada's password was stolen
    assert told(shell, "verify", code_of(shell, theirs)) == WRONG
    assert told(shell, "verify", theirs.backup_codes[0]) == WRONG
    assert sign_in(shell, "mallory@example.com") == HALF
    assert told(shell, "verify", code_of(shell, kept)) == WRONG
    assert told(shell, "verify", code_of(shell, theirs)) == DONE
    assert whose(shell) == "mallory@example.com"


# --- the secret of another


def test_a_secret_is_worth_nothing_to_another_client_or_the_next_session(
    tmp_path: Path,
) -> None:
    """`journeys/enrolment-belongs-to-its-session.txt`, and with the session's own file copied."""
    shell = Shell(tmp_path, clock=START)
    shell.settle()
    secret = shell.run("mfa", "add", "--format", "secret", expect=0).secret
    asked = Kept(secret, [])
    switch(shell, "phone")
    assert sign_in(shell) == DONE
    second = Kept(shell.run("mfa", "add", "--format", "secret", expect=0).secret, [])
    assert told(shell, "mfa", "verify", code_of(shell, asked)) == WRONG
    switch(shell, OWNER)
    assert told(shell, "mfa", "verify", code_of(shell, second)) == WRONG
    assert told(shell, "mfa", "verify", code_of(shell, asked)) == DONE
    switch(shell, "phone")
    assert told(shell, "mfa", "verify", code_of(shell, second)) == SIGNED_OUT


def test_a_secret_lapses_and_signing_in_anew_does_not_renew_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path, clock=START)
    shell.settle()
    asked = Kept(shell.run("mfa", "add", "--format", "secret", expect=0).secret, [])
    later(shell, 9 * MINUTE)
    assert told(shell, "verify", "--password-stdin", stdin=PASSWORD) == DONE
    later(shell, MINUTE)
    assert told(shell, "mfa", "verify", code_of(shell, asked)) == NOTHING_PENDING
    assert told(shell, "signout") == DONE
    assert sign_in(shell) == DONE
    assert told(shell, "mfa", "verify", code_of(shell, asked)) == NO_SUCH_THING
