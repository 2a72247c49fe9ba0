"""What holds across the documents of several commands, which a transcript cannot say."""

from typing import Any

import pytest

from tests.support.runner import ADA, PASSWORD, START, Kept, Shell, code_at


def document_of(shell: Shell, *words: str, stdin: str | None = None, expect: int = 0) -> Any:
    return shell.run(*words, "--json", stdin=stdin, expect=expect).document


@pytest.fixture
def enrolled(fresh_shell: Shell) -> tuple[Shell, Kept]:
    fresh_shell.clock = START
    return fresh_shell, fresh_shell.settle(app=True)


def test_a_sign_up_keeps_its_id_and_leads_to_its_session_and_its_account(shell: Shell) -> None:
    started = document_of(shell, "signup", ADA, "--password-stdin", stdin=PASSWORD, expect=3)
    shell.clock = shell.now + 30
    again = document_of(shell, "verify", "--resend", expect=3)
    done = document_of(shell, "verify", shell.mailed_code())
    assert started["id"] == again["id"] == done["id"]

    user = document_of(shell, "account", "show")
    assert user["id"] == done["created_user_id"]
    (address,) = user["email_addresses"]
    assert address["id"] == user["primary_email_address_id"]

    refused = document_of(shell, "signin", ADA, "--password-stdin", stdin=PASSWORD, expect=7)
    ended = document_of(shell, "signout")
    assert refused["errors"][0]["meta"]["session_id"] == done["created_session_id"] == ended["id"]
    assert ended["user"] == user


def test_a_sign_in_keeps_its_id_and_leads_to_its_session(enrolled: tuple[Shell, Kept]) -> None:
    shell, kept = enrolled
    before = document_of(shell, "signout")
    shell.clock = shell.now + 30
    started = document_of(shell, "signin", ADA, "--password-stdin", stdin=PASSWORD, expect=3)
    done = document_of(shell, "verify", code_at(kept.secret, shell.now))
    assert started["id"] == done["id"]

    again = document_of(shell, "verify", kept.backup_codes[0])
    ended = document_of(shell, "signout")
    assert done["created_session_id"] == again["session"]["id"] == ended["id"] != before["id"]


def test_a_pending_step_that_is_dropped_is_shown_as_abandoned(shell: Shell) -> None:
    started = document_of(shell, "signup", ADA, "--password-stdin", stdin=PASSWORD, expect=3)
    dropped = document_of(shell, "signout")
    assert dropped["status"] == "abandoned"
    assert dropped["id"] == started["id"]


def test_an_authenticator_app_keeps_its_id_until_it_is_removed(shell: Shell) -> None:
    shell.sign_up()
    replaced = document_of(shell, "mfa", "add")
    added = document_of(shell, "mfa", "add")
    assert added["secret"] != replaced["secret"]
    assert f"secret={added['secret']}" in added["uri"]
    confirmed = document_of(shell, "mfa", "verify", code_at(added["secret"], shell.now))
    removed = document_of(shell, "mfa", "disable", "--yes")
    assert added["id"] == confirmed["id"] == removed["id"] != replaced["id"]


def test_every_set_of_backup_codes_is_another(enrolled: tuple[Shell, Kept]) -> None:
    shell, kept = enrolled
    sets = [document_of(shell, "backup-codes", "regenerate", "--yes") for _ in range(2)]
    assert len({made["id"] for made in sets}) == 2
    shown = [*kept.backup_codes, *(code for made in sets for code in made["codes"])]
    assert len(set(shown)) == 30
