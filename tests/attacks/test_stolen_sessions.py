"""A client file is copied or planted, and a session or half a sign-in outlives what should end it.

A session from before the second factor was turned on: rodauth pull request #250. Half a sign-in
that lives on: django-allauth-2fa #70. Session fixation: CWE-384.

`journeys/other-sessions-end-when-factors-change.txt` has the sessions of the account's other
clients; here are half-finished sign-ins, and files that somebody copied.
"""

from collections.abc import Callable

import pytest

from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    DONE,
    HALF,
    NEW_PASSWORD,
    NOBODY,
    NOTHING_PENDING,
    OWNER,
    SIGNED_OUT,
    WRONG,
    client_file,
    code_of,
    complete,
    later,
    page,
    sign_in,
    steal,
    switch,
    told,
    wrong_code_of,
)
from tests.support.runner import PASSWORD, Kept, Shell

Change = Callable[[Shell, Kept], list[str]]  # what the owner does; the backup codes after it


def disabling(shell: Shell, _kept: Kept) -> list[str]:
    assert told(shell, "mfa", "disable", "--yes") == DONE
    return []


def another_app(shell: Shell, kept: Kept) -> list[str]:
    disabling(shell, kept)
    return shell.enrol().backup_codes


def regenerating(shell: Shell, _kept: Kept) -> list[str]:
    return shell.run("backup-codes", "regenerate", "--yes", expect=0).backup_codes


def a_new_password(shell: Shell, kept: Kept) -> list[str]:
    shell.write("current", PASSWORD)
    words = ("account", "password", "--password-file", "current", "--new-password-stdin")
    assert told(shell, *words, stdin=NEW_PASSWORD) == DONE
    return kept.backup_codes


def signing_out_everywhere(shell: Shell, kept: Kept) -> list[str]:
    assert told(shell, "signout", "--all") == DONE
    return kept.backup_codes


CHANGES = (disabling, another_app, regenerating, a_new_password, signing_out_everywhere)


@pytest.mark.parametrize("change", CHANGES)
def test_half_a_sign_in_from_before_a_change_is_dead(enrolled: Enrolled, change: Change) -> None:
    """With every code that is good by then."""
    shell, kept = enrolled
    later(shell, 30)
    switch(shell, "thief")
    assert sign_in(shell) == HALF
    switch(shell, OWNER)
    codes = change(shell, kept)

    switch(shell, "thief")
    steal(shell, "thief", "copy")
    assert told(shell, "verify", code_of(shell, kept)) == NOTHING_PENDING
    switch(shell, "copy")
    for code in codes[1:2]:
        assert told(shell, "verify", code) == NOTHING_PENDING
    assert told(shell, "account", "show") == NOBODY


@pytest.mark.parametrize("change", CHANGES)
def test_a_session_of_another_client_from_before_a_change_is_dead(
    enrolled: Enrolled, change: Change
) -> None:
    shell, kept = enrolled
    later(shell, 30)
    switch(shell, "thief")
    complete(shell, kept)
    switch(shell, OWNER)
    change(shell, kept)

    switch(shell, "thief")
    for words in (
        ("account", "show"),
        ("mfa", "add"),
        ("mfa", "disable", "--yes"),
        ("verify", "1"),
    ):
        assert told(shell, *words).exit != 0
    assert told(shell, "account", "show") == SIGNED_OUT
    assert told(shell, "verify", code_of(shell, kept)) == SIGNED_OUT


def test_a_session_from_before_the_app_was_turned_on_is_dead(beginner: Shell) -> None:
    switch(beginner, "thief")
    assert sign_in(beginner) == DONE
    switch(beginner, OWNER)
    beginner.enrol()
    switch(beginner, "thief")
    assert told(beginner, "account", "show") == SIGNED_OUT
    assert told(beginner, "verify", "--password-stdin", stdin=PASSWORD) == SIGNED_OUT


# --- files that were copied


def test_a_file_from_any_moment_before_a_sign_in_is_worth_nothing_after_it(
    enrolled: Enrolled,
) -> None:
    shell, kept = enrolled
    assert told(shell, "signout") == DONE
    steal(shell, OWNER, "signed-out")
    later(shell, 30)
    assert sign_in(shell, password="incorrect horse").exit == 5
    steal(shell, OWNER, "refused")
    assert sign_in(shell) == HALF
    steal(shell, OWNER, "halfway")
    assert told(shell, "verify", wrong_code_of(shell, kept)) == WRONG
    steal(shell, OWNER, "tried")
    assert told(shell, "verify", code_of(shell, kept)) == DONE

    for copy in ("signed-out", "refused", "halfway", "tried"):
        switch(shell, copy)
        assert told(shell, "account", "show") == NOBODY
        assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING
        assert told(shell, "signout") == NOBODY
    switch(shell, OWNER)
    assert page(shell)["backup_codes_remaining"] == 10


def test_a_file_from_before_a_sign_up_was_completed_is_worth_nothing_after_it(
    shell: Shell,
) -> None:
    switch(shell, OWNER)
    shell.start_sign_up()
    steal(shell, OWNER)
    assert told(shell, "verify", shell.mailed_code()) == DONE
    switch(shell, "thief")
    assert told(shell, "account", "show") == NOBODY
    assert told(shell, "verify", shell.mailed_code()) == NOTHING_PENDING
    assert told(shell, "verify", "--resend") == NOTHING_PENDING


@pytest.mark.parametrize("how", [("signout",), ("signout", "--all")])
def test_a_copy_of_a_live_session_ends_with_it(enrolled: Enrolled, how: tuple[str, ...]) -> None:
    """Whoever holds the file is that session, until the vault forgets it."""
    shell, kept = enrolled
    steal(shell, OWNER)
    switch(shell, "thief")
    assert told(shell, "account", "show") == DONE
    switch(shell, OWNER)
    assert told(shell, *how) == DONE

    switch(shell, "thief")
    assert told(shell, "account", "show") == NOBODY
    assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING
    assert told(shell, "mfa", "disable", "--yes") == NOBODY


def stepping_up(shell: Shell, kept: Kept) -> list[str]:
    assert told(shell, "verify", code_of(shell, kept)) == DONE
    return kept.backup_codes


@pytest.mark.parametrize("change", [stepping_up, *CHANGES[:-1]])
def test_a_copy_of_a_live_session_ends_when_that_verifies_itself_or_changes_something(
    enrolled: Enrolled, change: Change
) -> None:
    """Whoever fears that the file was copied has a way to be alone again."""
    shell, kept = enrolled
    later(shell, 30)
    steal(shell, OWNER)
    change(shell, kept)
    assert told(shell, "account", "show") == DONE
    switch(shell, "thief")
    assert told(shell, "account", "show") == NOBODY
    assert told(shell, "mfa", "add") == NOBODY


def test_signing_out_everywhere_reaches_a_copy_of_another_clients_file(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    steal(shell, OWNER)
    later(shell, 30)
    switch(shell, "phone")
    complete(shell, kept)
    assert told(shell, "signout", "--all") == DONE
    switch(shell, "thief")
    assert told(shell, "account", "show") == SIGNED_OUT


# --- files that were planted


def test_a_file_that_was_planted_is_not_signed_in_by_its_victim(beginner: Shell) -> None:
    """Somebody puts a client of his own in the victim's place, and waits for the password."""
    assert told(beginner, "signout") == DONE
    switch(beginner, "thief")
    beginner.start_sign_up("mallory@example.com")
    client_file(beginner, OWNER).write_bytes(client_file(beginner, "thief").read_bytes())
    switch(beginner, OWNER)
    assert sign_in(beginner) == DONE
    switch(beginner, "thief")
    assert told(beginner, "account", "show") == NOBODY
    assert told(beginner, "signout") == NOBODY


def test_a_file_that_was_planted_gets_no_half_finished_sign_in_from_its_victim(
    enrolled: Enrolled,
) -> None:
    """Else a code that was seen on a shoulder is enough: the password came from its owner."""
    shell, kept = enrolled
    assert told(shell, "signout") == DONE
    switch(shell, "thief")
    shell.start_sign_up("mallory@example.com")
    client_file(shell, OWNER).write_bytes(client_file(shell, "thief").read_bytes())
    switch(shell, OWNER)
    assert sign_in(shell) == HALF
    switch(shell, "thief")
    assert told(shell, "verify", kept.backup_codes[0]) == NOTHING_PENDING
