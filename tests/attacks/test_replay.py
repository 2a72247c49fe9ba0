"""A code that was used is used again: elsewhere, later, in another spelling.

TOTP reuse: HashiCorp Vault CVE-2025-6014 and CVE-2025-6015, OpenBao CVE-2025-55003, Vikunja
CVE-2026-33473, Liferay CVE-2025-43798, Dovecot Pro CVE-2026-27855, nextcloud/twofactor_totp #245,
zitadel #6452. Backup codes used twice: Keycloak #26106, artifact-keeper #1822, librefang #3560.

`journeys/a-code-works-once.txt` has the plain case; races have tests of their own.
"""

from collections.abc import Callable

import pytest

from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    DONE,
    HALF,
    MINUTE,
    NEW_PASSWORD,
    NOT_ITS_SHAPE,
    OWNER,
    USED,
    WRONG,
    Answer,
    attempts_left,
    code_of,
    complete,
    later,
    page,
    sign_in,
    switch,
    told,
)
from tests.support.runner import ADA, PASSWORD, Kept, Shell, code_at

Spend = Callable[[Shell, Kept], str]
Replay = Callable[[Shell, str], Answer]


def by_enrolling(_shell: Shell, kept: Kept) -> str:
    """The code that confirmed the app was used by that, in the second in which this begins."""
    return code_of(_shell, kept)


def by_signing_in(shell: Shell, kept: Kept) -> str:
    later(shell, 30)
    switch(shell, "phone")
    complete(shell, kept)
    return code_of(shell, kept)


def by_stepping_up(shell: Shell, kept: Kept) -> str:
    later(shell, 30)
    assert told(shell, "verify", code_of(shell, kept)) == DONE
    return code_of(shell, kept)


def at_a_sign_in(shell: Shell, code: str) -> Answer:
    switch(shell, "thief")
    assert sign_in(shell) == HALF
    return told(shell, "verify", code)


def at_a_step_up(shell: Shell, code: str) -> Answer:
    switch(shell, OWNER)
    return told(shell, "verify", code)


SPENT = (by_enrolling, by_signing_in, by_stepping_up)
REPLAYED = (at_a_sign_in, at_a_step_up)


@pytest.mark.parametrize("replay", REPLAYED)
@pytest.mark.parametrize("spend", SPENT)
def test_a_code_that_was_used_anywhere_is_used_everywhere(
    enrolled: Enrolled, spend: Spend, replay: Replay
) -> None:
    shell, kept = enrolled
    code = spend(shell, kept)
    assert replay(shell, code) == USED
    switch(shell, OWNER)
    assert attempts_left(shell) == 10  # it was right once: no guess


@pytest.mark.parametrize("replay", REPLAYED)
def test_a_code_is_refused_after_a_newer_one_while_its_window_is_open(
    enrolled: Enrolled, replay: Replay
) -> None:
    """A, B and A again: a memory of one code forgets the first."""
    shell, kept = enrolled
    first = by_signing_in(shell, kept)
    switch(shell, OWNER)
    by_stepping_up(shell, kept)
    assert first == code_of(shell, kept, drift=-30)  # which a phone that is late would show
    assert replay(shell, first) == USED


def test_a_code_that_was_seen_and_not_used_is_refused_after_a_newer_one(
    enrolled: Enrolled,
) -> None:
    """Somebody looks over a shoulder, and its owner uses the next one."""
    shell, kept = enrolled
    later(shell, 30)
    seen = code_of(shell, kept)
    assert told(shell, "verify", code_of(shell, kept, drift=30)) == DONE
    assert at_a_sign_in(shell, seen) == USED


ASKS = {
    "mfa disable": ("mfa", "disable", "--yes"),
    "backup-codes regenerate": ("backup-codes", "regenerate", "--yes"),
    "account password": (
        *("account", "password", "--password-file", "old", "--new-password-file", "new"),
    ),
}


@pytest.mark.parametrize("command", ASKS)
def test_a_command_that_asks_for_a_code_takes_none_that_was_used(
    enrolled: Enrolled, command: str
) -> None:
    """At a terminal these verify a stale session by themselves."""
    shell, kept = enrolled
    shell.write("old", PASSWORD)
    shell.write("new", NEW_PASSWORD)
    later(shell, 11 * MINUTE)
    code = by_signing_in(shell, kept)
    switch(shell, OWNER)
    before = page(shell)

    refused = shell.run(*ASKS[command], typed=f"{code}\n", expect=1)

    assert "That code was already used." in refused.stderr
    assert page(shell) == before
    later(shell, 30)
    shell.run(*ASKS[command], typed=f"{code_of(shell, kept)}\n", expect=0)


def test_the_code_that_confirmed_an_app_neither_confirms_nor_removes_it_again(
    enrolled: Enrolled,
) -> None:
    shell, kept = enrolled
    assert told(shell, "mfa", "verify", code_of(shell, kept)) == Answer(7, "totp_already_enabled")
    later(shell, 11 * MINUTE)
    refused = shell.run("mfa", "disable", "--yes", typed=f"{code_at(kept.secret, 0)}\n", expect=1)
    assert "That code" in refused.stderr
    assert page(shell)["totp_enabled"] is True


def test_codes_of_an_app_that_was_removed_are_wrong_for_the_next_one(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    later(shell, 30)
    assert told(shell, "mfa", "disable", "--yes") == DONE
    second = shell.enrol()
    later(shell, 30)
    assert told(shell, "verify", code_of(shell, kept)) == WRONG
    assert told(shell, "verify", kept.backup_codes[0]) == WRONG
    assert told(shell, "verify", code_of(shell, second)) == DONE


# --- the same code in another spelling

SAME: dict[str, Callable[[str], str]] = {
    "as it is": lambda code: code,
    "in groups": lambda code: f"{code[:3]} {code[3:]}",
    "with a hyphen": lambda code: f"{code[:3]}-{code[3:]}",
    "digit by digit": " ".join,
    "with spaces around it": lambda code: f"  {code} ",
}
NO_CODE: dict[str, Callable[[str], str]] = {
    "in full-width digits": lambda code: "".join(chr(ord(digit) + 0xFEE0) for digit in code),
    "in Arabic-Indic digits": lambda code: "".join(chr(ord(digit) + 0x630) for digit in code),
    "with one full-width digit": lambda code: chr(ord(code[0]) + 0xFEE0) + code[1:],
    "with a zero before it": lambda code: f"0{code}",
    "with a zero behind it": lambda code: f"{code}0",
    "with a sign": lambda code: f"+{code}",
    "with a fraction": lambda code: f"{code}.0",
    "with an underscore": lambda code: f"{code[:3]}_{code[3:]}",
    "with two hyphens": lambda code: f"{code[:2]}-{code[2:4]}-{code[4:]}",
    "with a no-break space": lambda code: f"{code[:3]}\u00a0{code[3:]}",
    "with a zero-width space": lambda code: f"{code[:3]}\u200b{code[3:]}",
    "with a tab": lambda code: f"{code[:3]}\t{code[3:]}",
    "with a line below": lambda code: f"{code}\n{code}",
    "without its first digit": lambda code: code[1:],
}


@pytest.mark.parametrize("how", SAME)
def test_a_used_code_in_another_spelling_is_the_used_code(enrolled: Enrolled, how: str) -> None:
    shell, kept = enrolled
    assert told(shell, "verify", "--", SAME[how](code_of(shell, kept))) == USED
    later(shell, 30)
    assert told(shell, "verify", "--", SAME[how](code_of(shell, kept))) == DONE


@pytest.mark.parametrize("given", ["as an argument", "by a pipe"])
def test_a_code_in_a_spelling_that_is_none_is_refused_used_or_not(
    enrolled: Enrolled, given: str
) -> None:
    """int() takes full-width digits and underscores, and loses leading zeros."""
    shell, kept = enrolled
    for _ in ("used", "not used"):
        for how, spell in NO_CODE.items():
            text = spell(code_of(shell, kept))
            if given == "by a pipe":
                assert told(shell, "verify", "-", stdin=text) == NOT_ITS_SHAPE, how
            else:
                assert told(shell, "verify", "--", text) == NOT_ITS_SHAPE, how
        later(shell, 30)
    assert attempts_left(shell) == 10


def test_a_code_counts_with_its_leading_zeros(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    steps = range(1, 1000)
    wait = next(30 * step for step in steps if code_of(shell, kept, 30 * step).startswith("0"))
    later(shell, wait)
    code = code_of(shell, kept)
    assert told(shell, "verify", code.lstrip("0")) == NOT_ITS_SHAPE
    assert told(shell, "verify", f"0{code}") == NOT_ITS_SHAPE
    assert told(shell, "verify", code) == DONE
    assert told(shell, "verify", code) == USED


# --- backup codes


@pytest.mark.parametrize("replay", REPLAYED)
@pytest.mark.parametrize("how", ["as it is", "in capitals", "without hyphens", "misread"])
def test_a_backup_code_that_was_used_is_used_everywhere_and_in_every_spelling(
    enrolled: Enrolled, replay: Replay, how: str
) -> None:
    shell, kept = enrolled
    code = kept.backup_codes[0]
    spelt = {
        "as it is": code,
        "in capitals": code.upper(),
        "without hyphens": code.replace("-", " "),
        "misread": code.replace("0", "o").replace("1", "l"),
    }
    switch(shell, "phone")
    assert sign_in(shell) == HALF
    assert told(shell, "verify", code) == DONE
    assert replay(shell, spelt[how]) == USED
    switch(shell, OWNER)
    assert page(shell)["backup_codes_remaining"] == 9
    assert attempts_left(shell) == 10


def test_a_code_of_a_set_that_was_replaced_is_wrong_and_counted(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    assert told(shell, "backup-codes", "regenerate", "--yes") == DONE
    assert told(shell, "verify", kept.backup_codes[0]) == WRONG
    assert at_a_sign_in(shell, kept.backup_codes[1]) == WRONG
    switch(shell, OWNER)
    assert attempts_left(shell) == 8


# --- e-mail codes


def test_a_mailed_code_is_good_for_its_own_sign_up_once(shell: Shell) -> None:
    """Somebody else signs up for the same address, and reads the mail."""
    switch(shell, OWNER)
    shell.start_sign_up()
    code = shell.mailed_code()
    later(shell, 30)
    switch(shell, "thief")
    shell.start_sign_up()
    theirs = shell.mailed_code()
    assert theirs != code
    assert told(shell, "verify", code) == WRONG

    switch(shell, OWNER)
    assert told(shell, "verify", theirs) == WRONG
    assert told(shell, "verify", code) == DONE
    switch(shell, "thief")
    assert told(shell, "verify", theirs) == Answer(7, "form_identifier_exists")
    assert told(shell, "verify", theirs) == Answer(7, "client_state_invalid")
    switch(shell, OWNER)
    assert told(shell, "verify", code) == Answer(7, "no_second_factors")
    assert told(shell, "signout") == DONE
    assert told(shell, "signup", ADA, "--password-stdin", stdin=PASSWORD).exit == 7
