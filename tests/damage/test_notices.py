"""What notices a change: the table of docs/threat-model.md, walked with the commands themselves.

Ada signed in and enrolled from her laptop; somebody guessed at her password from another machine,
and at the password of an address without an account, which is the newest event. Then the file is
changed by somebody who has no key. A stranger's machine is one whose client has seen nothing.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.damage.patient import leave_out
from tests.support.runner import ADA, PASSWORD, START, Shell
from tests.vault.vaults import ROW, edit, query

DAY = 24 * 3600
ACCOUNT = "kind = 'account'"


class Life(NamedTuple):
    """Ada's shell, the vault's file, and the same file before anybody guessed."""

    shell: Shell
    path: Path
    yesterday: Path

    def run(self, *words: str, machine: str = "stranger's", stdin: str | None = None) -> int:
        """The exit status of a command on Ada's laptop or on a stranger's machine."""
        if machine == "laptop":
            self.shell.environ.pop("MFACTL_CLIENT", None)
        else:
            (self.shell.folder / "stranger.toml").unlink(missing_ok=True)
            self.shell.environ["MFACTL_CLIENT"] = str(self.shell.folder / "stranger.toml")
        return self.shell.run(*words, stdin=stdin).exit


@pytest.fixture
def life(tmp_path: Path) -> Life:
    shell = Shell(tmp_path, clock=START)
    shell.settle(app=True)
    yesterday = tmp_path / "yesterday.db"
    shutil.copy(shell.home / "vault.db", yesterday)
    life = Life(shell, shell.home / "vault.db", yesterday)
    for address in (ADA, ADA, "nobody@example.com"):
        guess = ("signin", address, "--password-stdin")
        assert life.run(*guess, stdin="not her password at all") == 5
    assert life.run("account", "show", machine="laptop") == 0  # which has seen all that now
    return life


def signs_in(life: Life) -> int:
    return life.run("signin", ADA, "--password-stdin", stdin=PASSWORD)


# --- what is done to the file


def record(life: Life, change: str, where: str) -> None:
    assert edit(life.path, " ".join(("UPDATE record SET", change, "WHERE", where))) == 1


def put_back(life: Life, where: str) -> None:
    """Puts a row in its place as it was yesterday."""
    (row,) = query(life.yesterday, " ".join(("SELECT", ROW, "FROM record WHERE", where)))
    edit(life.path, "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def a_byte_of_the_account_changed(life: Life) -> None:
    ((sealed,),) = query(life.path, f"SELECT sealed FROM record WHERE {ACCOUNT}")  # noqa: S608
    changed = sealed[:99] + bytes([sealed[99] ^ 1]) + sealed[100:]
    edit(life.path, f"UPDATE record SET sealed = ? WHERE {ACCOUNT}", (changed,))  # noqa: S608


def the_account_moved(life: Life) -> None:
    record(life, "lookup = 'another address'", ACCOUNT)


def the_account_deleted(life: Life) -> None:
    assert edit(life.path, f"DELETE FROM record WHERE {ACCOUNT}") == 1  # noqa: S608


def the_account_put_back_alone(life: Life) -> None:
    put_back(life, ACCOUNT)


def the_client_deleted(life: Life) -> None:
    assert edit(life.path, "DELETE FROM record WHERE kind = 'client' AND account IS NOT NULL") == 1


def the_newest_event_about_ada_changed(life: Life) -> None:
    ((number,),) = query(
        life.path, "SELECT max(number) FROM event WHERE subject LIKE 'user_%' AND client IS NULL"
    )
    assert edit(life.path, "UPDATE event SET client = '' WHERE number = ?", (number,)) == 1


def an_event_cut_out_that_nobody_needs(life: Life) -> None:
    assert edit(life.path, "DELETE FROM event WHERE number = 2") == 1


def newer_events(life: Life) -> list[int]:
    """Those since yesterday, but the newest of all."""
    ((before,),) = query(life.yesterday, "SELECT max(number) FROM event")
    rows = query(life.path, "SELECT number FROM event WHERE number > ? ORDER BY number", (before,))
    return [number for (number,) in rows][:-1]


def the_account_put_back_and_its_events_cut(life: Life) -> None:
    put_back(life, ACCOUNT)
    first, *_, last = newer_events(life)
    edit(life.path, "DELETE FROM event WHERE number BETWEEN ? AND ?", (first, last))


def an_index_rewritten_that_finds_ada_no_more(life: Life) -> None:
    leave_out(life.path, "record_lookup", "kind <> 'account'")
    leave_out(life.path, "event_address", "subject NOT LIKE 'user_%'")


def the_newest_event_cut(life: Life) -> None:
    assert edit(life.path, "DELETE FROM event WHERE number = (SELECT max(number) FROM event)") == 1


def an_older_head(life: Life) -> None:
    put_back(life, "kind = 'head'")


def an_older_head_and_the_events_since_cut(life: Life) -> None:
    an_older_head(life)
    ((number,),) = query(life.path, "SELECT version FROM record WHERE kind = 'head'")
    edit(life.path, "DELETE FROM event WHERE number > ?", (number,))


def the_whole_file_put_back(life: Life) -> None:
    shutil.copy(life.yesterday, life.path)


def another_vault_of_the_same_key(life: Life) -> None:
    other = Shell(life.shell.folder / "other", clock=START)
    other.folder.mkdir()
    other.home.mkdir(mode=0o700)
    shutil.copy(life.shell.home / "vault.key", other.home / "vault.key")
    other.init()
    shutil.copy(other.home / "vault.db", life.path)


def the_slot_changed(life: Life) -> None:
    ((body,),) = query(life.path, "SELECT body FROM header")
    raw = json.loads(body)
    raw["slots"][0]["created_at"] += 1
    data = json.dumps(raw, separators=(",", ":")).encode()
    assert edit(life.path, "UPDATE header SET body = ?", (data,)) == 1


def an_older_header(life: Life) -> None:
    (older,) = query(life.path, "SELECT body, mac FROM header")
    key = str(life.shell.folder / "another.key")
    assert life.run("vault", "slots", "add", "--key-file", key, machine="laptop") == 0
    edit(life.path, "UPDATE header SET body = ?, mac = ?", older)


def a_trigger_planted(life: Life) -> None:
    with closing(sqlite3.connect(life.path)) as connection:
        connection.execute("CREATE TRIGGER t AFTER UPDATE ON record BEGIN SELECT 1; END")


def an_index_planted(life: Life) -> None:
    edit(life.path, "CREATE INDEX more ON event (sealed)")


class Told(NamedTuple):
    """Exit statuses: Ada's page on her laptop; on a stranger's machine a sign-in as Ada, and the
    two that read everything."""

    page: int
    sign_in: int
    check: int
    verify: int


FINE = Told(0, 3, 0, 0)
EVERY_COMMAND = Told(9, 9, 9, 9)
NOTICED: dict[Callable[[Life], None], Told] = {
    a_byte_of_the_account_changed: Told(9, 9, 9, 0),
    the_account_moved: Told(9, 9, 9, 0),
    the_account_deleted: Told(9, 9, 9, 0),
    the_account_put_back_alone: Told(9, 9, 9, 0),
    the_client_deleted: Told(4, 3, 9, 0),
    the_newest_event_about_ada_changed: Told(9, 9, 9, 9),
    an_event_cut_out_that_nobody_needs: Told(0, 3, 9, 9),
    the_account_put_back_and_its_events_cut: Told(0, 3, 9, 9),
    an_index_rewritten_that_finds_ada_no_more: Told(0, 5, 9, 0),
    the_newest_event_cut: EVERY_COMMAND,
    an_older_head: EVERY_COMMAND,
    an_older_head_and_the_events_since_cut: Told(9, 9, 9, 0),
    the_whole_file_put_back: Told(9, 3, 0, 0),
    another_vault_of_the_same_key: Told(4, 5, 0, 0),
    the_slot_changed: Told(8, 8, 8, 8),
    an_older_header: EVERY_COMMAND,
    a_trigger_planted: EVERY_COMMAND,
    an_index_planted: EVERY_COMMAND,
}


def test_a_vault_that_nobody_changed_tells_nothing(life: Life) -> None:
    assert told_by(life) == FINE


def told_by(life: Life) -> Told:
    page = life.run("account", "show", machine="laptop")
    check, verify = (life.run(*words) for words in (("vault", "check"), ("audit", "verify")))
    return Told(page, signs_in(life), check, verify)


@pytest.mark.parametrize("damage", NOTICED, ids=lambda damage: damage.__name__)
def test_who_notices_is_who_the_threat_model_says(
    damage: Callable[[Life], None], life: Life
) -> None:
    damage(life)

    assert told_by(life) == NOTICED[damage]


def test_a_client_that_has_seen_one_of_the_events_that_were_cut_refuses_the_vault(
    life: Life,
) -> None:
    shell = life.shell
    shell.environ["MFACTL_CLIENT"] = str(shell.folder / "witness.toml")
    shell.sign_in(password="not her password at all", expect=5)  # it has seen that one
    witness = (shell.folder / "witness.toml").read_bytes()
    shell.sign_in("nobody@example.com", "not a password of anybody", expect=5)
    the_account_put_back_and_its_events_cut(life)

    (shell.folder / "witness.toml").write_bytes(witness)
    shell.environ["MFACTL_CLIENT"] = str(shell.folder / "witness.toml")
    assert shell.run("vault", "check", "--json").codes == ["vault_rolled_back"]


def test_a_client_that_lapsed_is_of_use_again_only_if_the_clock_is_set_back_too(
    life: Life,
) -> None:
    (client,) = query(life.path, f"SELECT {ROW} FROM record WHERE account IS NOT NULL")  # noqa: S608
    life.shell.clock = START + 8 * DAY
    for _ in range(2):
        life.run("signin", "nobody@example.com", "--password-stdin", stdin="not a password")
    assert query(life.path, "SELECT 1 FROM record WHERE account IS NOT NULL") == []
    edit(life.path, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", client)

    assert life.run("account", "show", machine="laptop") == 4
    assert (life.run("vault", "check"), life.run("audit", "verify")) == (9, 0)
    life.shell.clock = START + DAY
    assert life.run("account", "show", machine="laptop") == 0
