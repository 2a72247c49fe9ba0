"""One address in many spellings: one account, one counter, one wait; and two that only look alike.

A lock that another spelling gets around: HashiCorp Vault CVE-2025-6004 (case and spaces) and
CVE-2025-6013 (spaces at the end). Letters that become equal by upper-casing: Django CVE-2019-19844.
What becomes of each spelling is in `tests/core/test_address.py`.
"""

import unicodedata

import pytest

from tests.attacks.scene import (
    DONE,
    HALF,
    LOCKED,
    NOT_ITS_SHAPE,
    OWNER,
    REFUSED,
    TOO_SOON,
    WRONG_PASSWORD,
    Answer,
    code_of,
    later,
    page,
    sign_in,
    switch,
    told,
)
from tests.support.runner import ADA, PASSWORD, Shell

ZOE = "zoë@bücher.example"
ALIASES = {
    ADA: (
        "Ada@example.com",
        "ADA@EXAMPLE.COM",
        "ada@Example.Com",
        " ada@example.com",
        "ada@example.com   ",
        "  aDa@example.COM ",
        "ada@ｅxample.com",
        "ada@example。com",
    ),
    ZOE: (
        unicodedata.normalize("NFD", ZOE),
        "zoë@xn--bcher-kva.example",
        "ZOë@bücher.example",
        "zoë@BÜCHER.example",
        "zoë@XN--BCHER-KVA.EXAMPLE",
        " " + unicodedata.normalize("NFD", "ZOë@BÜCHER.EXAMPLE") + " ",
        unicodedata.normalize("NFD", "zoë@") + "xn--bcher-kva.example",
        "Zoë@bücher.example",
    ),
}
NOT_TAKEN = [
    "ada@example.com\t",
    "\nada@example.com",
    "ada@example.com\u00a0",
    "ada @example.com",
    "ada@example.com.",
    "ada\u200b@example.com",
    "ａｄａ@example.com",
    "аda@example.com",  # a Cyrillic letter among Latin ones
    '"ada"@example.com',
    "<ada@example.com>",
    "ada@example.com,eve@example.com",
]
TAKEN = Answer(7, "form_identifier_exists")


def sign_up(shell: Shell, email: str) -> Answer:
    return told(shell, "signup", email, "--password-stdin", stdin=PASSWORD)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("email", ALIASES)
def test_guesses_at_every_spelling_count_at_one_address(
    shell: Shell, email: str, known: bool
) -> None:
    if known:
        switch(shell, OWNER)
        shell.sign_up(email)
    switch(shell, "guesser")
    spellings = [email, *ALIASES[email], email]
    assert len(spellings) == 10
    for spelling in spellings:
        assert sign_in(shell, spelling, WRONG_PASSWORD) == REFUSED
    for spelling in spellings:
        assert sign_in(shell, spelling) == LOCKED


@pytest.mark.parametrize("email", ALIASES)
def test_every_spelling_is_one_account(shell: Shell, email: str) -> None:
    switch(shell, OWNER)
    shell.sign_up(email)
    account = page(shell)["id"]
    assert told(shell, "signout") == DONE
    for spelling in ALIASES[email]:
        assert sign_up(shell, spelling) == TAKEN
        assert sign_in(shell, spelling) == DONE
        assert page(shell)["id"] == account
        assert told(shell, "signout") == DONE


@pytest.mark.parametrize("email", ALIASES)
def test_another_spelling_gets_no_code_sooner(shell: Shell, email: str) -> None:
    """Nor a second account: whoever is first has the address."""
    shell.start_sign_up(email)
    code = shell.mailed_code(email)
    for number, spelling in enumerate(ALIASES[email]):
        switch(shell, f"other-{number}")
        assert sign_up(shell, spelling) == TOO_SOON
        assert shell.mailed_code(spelling) == code
    later(shell, 30)
    assert sign_up(shell, ALIASES[email][0]) == HALF
    shell.run("verify", shell.mailed_code(email), expect=0)


@pytest.mark.parametrize("spelling", NOT_TAKEN)
def test_a_spelling_that_is_none_is_refused_before_anything_is_counted(
    beginner: Shell, spelling: str
) -> None:
    switch(beginner, "guesser")
    for password in (PASSWORD, WRONG_PASSWORD):
        assert sign_in(beginner, spelling, password) == NOT_ITS_SHAPE
    assert sign_up(beginner, spelling) == NOT_ITS_SHAPE
    switch(beginner, OWNER)
    assert page(beginner)["verification_attempts_remaining"] == 10


@pytest.mark.parametrize(
    ("victim", "attacker"),
    [
        ("MIKE@example.com", "mıke@example.com"),
        ("zoë@example.com", "zoË@example.com"),
        ("maß@example.com", "mass@example.com"),
        ("a@strasse.example", "a@straße.example"),
        ("ada@example.com", "ada+work@example.com"),
    ],
)
def test_addresses_that_only_look_alike_are_two(shell: Shell, victim: str, attacker: str) -> None:
    """Two accounts, two counters, and nobody's mail is the other's."""
    switch(shell, OWNER)
    shell.start_sign_up(victim)
    code = shell.mailed_code(victim)
    switch(shell, "attacker")
    shell.start_sign_up(attacker)
    assert shell.mailed_code(victim) == code
    assert told(shell, "verify", code) == Answer(5, "form_code_incorrect")
    shell.run("verify", shell.mailed_code(attacker), expect=0)
    theirs = page(shell)["id"]
    assert told(shell, "signout") == DONE
    for _ in range(3):
        assert sign_in(shell, attacker, WRONG_PASSWORD) == REFUSED

    switch(shell, OWNER)
    shell.run("verify", code, expect=0)
    assert page(shell)["id"] != theirs
    assert page(shell)["verification_attempts_remaining"] == 10


def test_an_app_names_the_address_as_it_was_first_spelled(shell: Shell) -> None:
    """Whatever spelling signs in, the account is shown and mailed to as its owner wrote it."""
    switch(shell, OWNER)
    shell.sign_up("Ada@Example.com")
    kept = shell.enrol()
    assert told(shell, "signout") == DONE
    later(shell, 30)
    assert sign_in(shell, "aDA@eXAMPLE.COM") == HALF
    document = shell.run("--json", "verify", code_of(shell, kept), expect=0).document
    assert document["identifier"] == "Ada@example.com"
