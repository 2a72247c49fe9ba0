"""One client, two vaults: what belongs to one is offered to the other.

Vaults that were swapped or put back, and what a client remembers of them.
`journeys/two-vaults-one-client-file.txt` has the good case, `tests/cli/test_bad_input.py` an older
copy of the same vault, `tests/vault` rows and headers of another vault.
"""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from tests.attacks.scene import (
    BOB,
    DONE,
    NOBODY,
    NOTHING_PENDING,
    OWNER,
    REFUSED,
    ROLLED_BACK,
    WRONG,
    WRONG_PASSWORD,
    Answer,
    client_file,
    sign_in,
    switch,
    told,
    whose,
)
from tests.support.runner import ADA, PASSWORD, START, Shell

WRONG_KEY = Answer(8, "vault_key_incorrect")


@pytest.fixture
def two(tmp_path: Path) -> Shell:
    """Ada is signed in to ada.db and Bob to bob.db, with one key and one client file."""
    shell = Shell(tmp_path, clock=START)
    switch(shell, OWNER)
    for name, email in (("ada.db", ADA), ("bob.db", BOB)):
        shell.run("vault", "init", "--test", "--vault", name, expect=0)
        words = ("--vault", name, "signup", email, "--password-stdin")
        shell.run(*words, stdin=PASSWORD, expect=3)
        shell.run("--vault", name, "verify", shell.mailed_code(email), expect=0)
    return shell


def swap(shell: Shell, one: str, other: str) -> None:
    """Two files change places."""
    places = shell.folder / one, shell.folder / other, shell.folder / "between"
    places[0].rename(places[2])
    places[1].rename(places[0])
    places[2].rename(places[1])


def edit_tables(shell: Shell, *, number: int | None = None) -> None:
    """Gives each vault the table that the client file has for the other one."""
    path = client_file(shell, OWNER)
    tables = tomllib.loads(path.read_text())
    (one, first), (other, second) = tables.items()
    if number is not None:
        first["number"] = second["number"] = number
    path.write_text(tomli_w.dumps({one: second, other: first}))


def test_a_session_follows_its_vault_and_not_the_place(two: Shell) -> None:
    swap(two, "ada.db", "bob.db")
    assert whose(two, "--vault", "ada.db") == BOB
    assert whose(two, "--vault", "bob.db") == ADA
    swap(two, "ada.db", "bob.db")
    assert whose(two, "--vault", "ada.db") == ADA


def test_what_a_client_has_of_one_vault_opens_nothing_of_another(two: Shell) -> None:
    edit_tables(two)
    for vault in ("ada.db", "bob.db"):
        assert told(two, "--vault", vault, "account", "show") == ROLLED_BACK
        assert told(two, "--vault", vault, "mfa", "add") == ROLLED_BACK


def test_nor_does_it_without_its_mark(two: Shell) -> None:
    edit_tables(two, number=0)
    for vault in ("ada.db", "bob.db"):
        assert told(two, "--vault", vault, "account", "show") == NOBODY
        assert told(two, "--vault", vault, "signout") == NOBODY


def test_a_vault_in_the_place_of_another_is_a_stranger_to_the_client(two: Shell) -> None:
    """An empty one under the same key: it gets no session, and takes none away."""
    two.run("vault", "init", "--test", "--vault", "empty.db", expect=0)
    swap(two, "ada.db", "empty.db")
    assert told(two, "--vault", "ada.db", "account", "show") == NOBODY
    assert told(two, "--vault", "ada.db", "verify", "123456") == NOTHING_PENDING
    words = ("--vault", "ada.db", "signin", ADA, "--password-stdin")
    assert told(two, *words, stdin=PASSWORD) == REFUSED
    swap(two, "ada.db", "empty.db")
    assert whose(two, "--vault", "ada.db") == ADA


def test_a_vault_under_another_key_in_the_place_of_another_is_refused(two: Shell) -> None:
    words = ("vault", "init", "--test", "--vault", "mallory.db", "--key-file", "mallory.key")
    two.run(*words, expect=0)
    swap(two, "ada.db", "mallory.db")
    before = client_file(two, OWNER).read_bytes()
    for command in (("account", "show"), ("verify", "123456"), ("vault", "check")):
        assert told(two, "--vault", "ada.db", *command) == WRONG_KEY
    assert client_file(two, OWNER).read_bytes() == before
    swap(two, "ada.db", "mallory.db")
    assert whose(two, "--vault", "ada.db") == ADA


def test_a_vault_that_is_put_back_after_another_has_been_used_is_still_the_newest(
    two: Shell,
) -> None:
    """What a client has seen of one vault says nothing about another, in either direction."""
    for _ in range(3):
        assert told(two, "--vault", "bob.db", "mfa", "add") == DONE
    assert told(two, "--vault", "ada.db", "mfa", "add") == DONE
    older = (two.folder / "ada.db").read_bytes()
    assert told(two, "--vault", "ada.db", "mfa", "add") == DONE
    (two.folder / "ada.db").write_bytes(older)
    assert told(two, "--vault", "ada.db", "account", "show") == ROLLED_BACK
    assert told(two, "--vault", "bob.db", "account", "show") == DONE


def test_a_failure_that_was_counted_is_not_undone_by_an_older_copy_of_the_vault(
    beginner: Shell,
) -> None:
    """Nine guesses on a copy each time: the client that guessed notices, and so does the owner."""
    switch(beginner, "guesser")
    vault = beginner.home / "vault.db"
    before = vault.read_bytes()
    assert sign_in(beginner, password=WRONG_PASSWORD) == REFUSED
    vault.write_bytes(before)
    assert sign_in(beginner, password=WRONG_PASSWORD) == ROLLED_BACK
    switch(beginner, OWNER)
    assert told(beginner, "account", "show") == DONE  # it has seen no more than that


def test_a_code_mailed_for_one_vault_is_wrong_in_another(two: Shell) -> None:
    """Both deliver to one outbox."""
    switch(two, "newcomer")
    mailed = {}
    for vault in ("ada.db", "bob.db"):
        words = ("--vault", vault, "signup", "grace@example.com", "--password-stdin")
        two.run(*words, stdin=PASSWORD, expect=3)
        mailed[vault] = two.mailed_code("grace@example.com")
    assert mailed["ada.db"] != mailed["bob.db"]
    assert told(two, "--vault", "ada.db", "verify", mailed["bob.db"]) == WRONG
    assert told(two, "--vault", "bob.db", "verify", mailed["ada.db"]) == WRONG
    assert told(two, "--vault", "ada.db", "verify", mailed["ada.db"]) == DONE
