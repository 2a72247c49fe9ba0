"""Transactions: what is read, what is written, what stays, and what commands notice by themselves.

What only `vault check` notices is in test_check.py.
"""

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from mfactl.core.account import Account, Stranger
from mfactl.core.lockout import Lockout
from mfactl.errors import Code, MfactlError
from mfactl.vault import header as headers
from mfactl.vault.keys import KEY_FILE, SlotPlan, wrap
from mfactl.vault.scan import Scan
from mfactl.vault.sealing import EventPlace, Place, seal
from mfactl.vault.sqlite import About
from mfactl.vault.transaction import PRUNED_AT_ONCE, Draft, Mark
from mfactl.vault.vault import Vault
from tests.support import builders
from tests.support.builders import DAY, NOW
from tests.vault.reader import read
from tests.vault.vaults import (
    ADA_TOKEN,
    BEA_TOKEN,
    BOB,
    KEY,
    OTHER_KEY,
    ROW,
    VAULT_ID,
    ada,
    ada_signed_in,
    address_id,
    bea_signing_up,
    bob,
    contents,
    damaged,
    edit,
    finish,
    found,
    furnish,
    key_file,
    load,
    make_minimal,
    opened,
    problem,
    query,
    refused,
    report_of,
    said,
    set_typeless,
    start,
    write,
)

IN_ACCOUNT = "kind = 'account'"


def version_of(path: Path, identifier: str) -> int:
    ((version,),) = query(path, "SELECT version FROM record WHERE id = ?", (identifier,))
    return int(version)


# --- reading and writing


def test_what_was_written_is_read_back(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") == ada(lockout=Lockout(1))
        assert transaction.client(ADA_TOKEN) == ada_signed_in()
        assert transaction.client(BEA_TOKEN) == bea_signing_up()
        assert len(transaction.pepper()) == 32


def test_an_address_leads_to_its_account_or_its_stranger_or_nowhere(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        at = {key: transaction.address_id(key) for key in (builders.KEY, BOB, "eve@example.com")}

        assert transaction.at_address(at[builders.KEY]) == ada(lockout=Lockout(1))
        assert transaction.at_address(at[BOB]) == bob()
        assert transaction.at_address(at["eve@example.com"]) is None


def test_what_is_not_there_is_none(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_bob") is None
        assert transaction.account("client_ada") is None
        assert transaction.client("00" * 32) is None
        assert transaction.mark(0) is None
        assert transaction.mark(11) is None


def test_an_unknown_address_takes_the_same_statements_as_a_known_one(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        run: list[str] = []
        vault._database._connection.set_trace_callback(run.append)
        seen = []
        for key in (builders.KEY, BOB, "eve@example.com"):
            with vault.reading() as transaction:
                place = transaction.address_id(key)
                run.clear()
                transaction.at_address(place)
                seen.append([statement.split("=")[0] for statement in run])

    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 3


def test_a_transaction_raises_the_version_of_what_it_writes(vault_path: Path) -> None:
    before = version_of(vault_path, "user_ada")

    write(vault_path, ada(), subject="user_ada")

    assert version_of(vault_path, "user_ada") > before


def test_every_transaction_appends_one_event_that_names_what_it_wrote_and_dropped(
    vault_path: Path,
) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        before = transaction.head
    dropped = version_of(vault_path, "client_bea")
    client = ada_signed_in(session=None, pending=builders.sign_up_of_ada())
    mark = write(
        vault_path,
        ada(epoch=4),
        client,
        drops=[bea_signing_up()],
        subject="user_ada",
        at=NOW + 1,
        happened="sign_out",
        client="client_ada",
        code="user_locked",
        details={"everywhere": True},
    )

    with opened(vault_path) as vault, vault.reading() as transaction:
        events = [event for event, _ in Scan.within(transaction).events()]
        event = events[-1]
        assert not isinstance(event, MfactlError)
        assert event == event._replace(
            number=before.number + 1,
            at=NOW + 1,
            happened="sign_out",
            subject="user_ada",
            subject_version=version_of(vault_path, "user_ada"),
            client="client_ada",
            client_version=version_of(vault_path, "client_ada"),
            code="user_locked",
            details={"everywhere": True},
            dropped=[["client", "client_bea", dropped]],
            previous=before.hash,
        )
        assert [name[:2] for name in event.wrote] == [
            ["account", "user_ada"],
            ["client", "client_ada"],
        ]
        assert (transaction.head.number, transaction.head.hash) == mark
        assert transaction.head.records == before.records - 1
        assert transaction.head.seals == before.seals + 4  # two records, the event and the head
        changed: dict[str, Any] = {"records": 0, "sum": "", "number": 0, "hash": "", "seals": 0}
        assert transaction.head._replace(**changed) == before._replace(**changed)
    assert len(events) == 11


def test_a_transaction_that_writes_nothing_is_an_event_all_the_same(vault_path: Path) -> None:
    records = query(vault_path, f"SELECT {ROW} FROM record WHERE kind <> 'head'")  # noqa: S608

    assert write(vault_path, subject="", code="resource_not_found").number == 11
    assert query(vault_path, f"SELECT {ROW} FROM record WHERE kind <> 'head'") == records  # noqa: S608
    assert found(vault_path) == set()


def test_each_write_is_sealed_anew(vault_path: Path) -> None:
    sql = "SELECT sealed FROM record WHERE id = 'user_ada'"
    seals = set()
    for _ in range(3):
        write(vault_path, ada(), subject="user_ada")
        seals.update(query(vault_path, sql))

    assert len(seals) == 3


def test_a_record_written_twice_in_a_transaction_counts_once(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.account("user_ada")
        transaction.put(ada(epoch=4))
        transaction.put(ada(epoch=5))
        transaction.commit(Draft(NOW, "sign_in", "user_ada"))

    assert found(vault_path) == set()
    assert read(vault_path, key=KEY).records["account", "user_ada"]["epoch"] == 5
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") == ada(epoch=5)


def test_an_event_about_an_account_that_nobody_read_does_not_hide_the_account(
    vault_path: Path,
) -> None:
    """Its `subject_version` is what the account will be compared with from then on."""
    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.commit(Draft(NOW, "sign_in", "user_ada"))

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") is not None


def test_an_event_about_nobody_has_no_version_and_nothing_that_may_lapse(minimal: Path) -> None:
    write(minimal, address="b1" * 32, code="form_password_or_identifier_incorrect")

    with opened(minimal) as vault, vault.reading() as transaction:
        ((event, place, _),) = transaction.events_after(1, 1)
    assert (event.subject, event.subject_version, event.subject_lapses) == ("", 0, False)
    assert (event.client, event.client_version) == (None, 0)
    assert place.address == "b1" * 32


def test_a_commit_does_not_read_again_what_was_read(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.account("user_ada")
        transaction.put(ada())
        run: list[str] = []
        vault._database._connection.set_trace_callback(run.append)
        transaction.commit(Draft(NOW, "sign_in", "user_ada"))

    assert [sql for sql in run if sql.startswith("SELECT") and "user_ada" in sql] == []


def test_an_account_is_written_only_once_for_an_address(vault_path: Path) -> None:
    before = contents(vault_path)

    with refused(Code.VAULT_CORRUPT):  # rules look first, so this is damage
        write(vault_path, ada(id="user_other"), subject="user_other")
    with refused(Code.VAULT_CORRUPT):
        write(vault_path, ada_signed_in(id="client_other", token_hash=BEA_TOKEN), bea_signing_up())
    assert contents(vault_path) == before


def test_a_record_that_was_never_read_cannot_be_replaced(vault_path: Path) -> None:
    before = contents(vault_path)

    with opened(vault_path) as vault, refused(Code.VAULT_CORRUPT), vault.writing() as transaction:
        transaction.put(ada())
    assert contents(vault_path) == before


def test_a_stranger_may_take_over_from_an_account_that_was_dropped(vault_path: Path) -> None:
    write(vault_path, drops=[ada()], subject="user_ada")
    place = address_id(vault_path, builders.KEY)
    write(vault_path, Stranger(place, builders.KEY, NOW), subject=place)

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") is None
        assert isinstance(transaction.at_address(place), Stranger)
    assert found(vault_path) == set()


# --- all or nothing


class Interrupted(Exception):
    pass


def test_a_transaction_that_raises_leaves_nothing(vault_path: Path) -> None:
    before = contents(vault_path)

    with opened(vault_path) as vault:
        with suppress(Interrupted), vault.writing() as transaction:
            transaction.account("user_ada")
            transaction.put(ada(epoch=9))
            transaction.put(Stranger("x", "x@example.com", NOW))
            raise Interrupted
        assert contents(vault_path) == before
        with vault.writing() as transaction:
            assert transaction.account("user_ada") == ada(lockout=Lockout(1))

    assert contents(vault_path) == before


def test_an_error_is_told_and_not_that_it_could_not_be_undone_at_once(vault_path: Path) -> None:
    """Closing the file undoes it too."""

    def no_rollback(action: int, word: str | None, *_: object) -> int:
        is_one = (action, word) == (sqlite3.SQLITE_TRANSACTION, "ROLLBACK")
        return sqlite3.SQLITE_DENY if is_one else sqlite3.SQLITE_OK

    before = contents(vault_path)
    with suppress(Interrupted), opened(vault_path) as vault, vault.writing() as transaction:
        vault._database._connection.set_authorizer(no_rollback)
        transaction.account("user_ada")
        transaction.put(ada(epoch=9))
        raise Interrupted
    assert contents(vault_path) == before


def test_a_transaction_that_is_not_committed_leaves_nothing(vault_path: Path) -> None:
    before = contents(vault_path)

    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.account("user_ada")
        transaction.put(ada(epoch=9))

    assert contents(vault_path) == before
    assert found(vault_path) == set()


def test_reading_changes_not_one_byte(vault_path: Path) -> None:
    before = vault_path.read_bytes()

    report_of(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        transaction.account("user_ada")

    assert vault_path.read_bytes() == before


def test_a_vault_may_be_used_by_a_thread_that_did_not_open_it(vault_path: Path) -> None:
    seen: list[object] = []

    def look() -> None:
        with vault.reading() as transaction:
            seen.append(transaction.account("user_ada"))

    with opened(vault_path) as vault:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [ada(lockout=Lockout(1))]


def test_a_commit_that_is_refused_by_the_file_leaves_nothing(vault_path: Path) -> None:
    """The next event's number is taken: by an older head, whose seal is still good."""
    ((head,),) = query(vault_path, "SELECT sealed FROM record WHERE kind = 'head'")
    write(vault_path, ada(), subject="user_ada")
    edit(vault_path, "UPDATE record SET sealed = ?, version = 10 WHERE kind = 'head'", (head,))
    before = contents(vault_path)

    with refused(Code.VAULT_CORRUPT):
        write(vault_path, bob(), subject=bob().id)
    assert contents(vault_path) == before


def test_two_processes_that_append_at_once_lose_nothing(vault_path: Path) -> None:
    writers = [start("append", vault_path, name, "25") for name in ("one", "two")]

    numbers = [number for writer in writers for number in finish(writer)]

    assert sorted(numbers) == list(range(11, 61))
    report = report_of(vault_path)
    assert report.findings == ()
    assert (report.events, report.counts["stranger"]) == (60, 51)


def test_two_threads_that_append_at_once_lose_nothing(vault_path: Path) -> None:
    def append(name: str) -> None:
        for n in range(10):
            write(vault_path, Stranger(f"{name}-{n}", f"{name}-{n}@x", NOW), subject=f"{name}-{n}")

    threads = [threading.Thread(target=append, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    report = report_of(vault_path)
    assert (report.findings, report.events) == ((), 30)


@pytest.mark.slow
def test_a_writer_that_is_killed_loses_nothing_that_it_reported(vault_path: Path) -> None:
    last = 10
    for round_ in range(10):
        writer = start("append", vault_path, f"round-{round_}", "100000")
        for _ in range(round_ * 3 + 1):
            last = said(writer)
        writer.kill()
        writer.communicate()

        report = report_of(vault_path)
        assert report.findings == ()
        assert report.events >= last
        last = report.events


# --- pruning


def lapsing(number: int) -> Stranger:
    return Stranger(f"lapsing-{number}", f"{number}@example.com", NOW - DAY + number)


def lapse(path: Path, count: int) -> None:
    for number in range(count):
        write(path, lapsing(number), subject=lapsing(number).id, at=NOW - DAY)


def ids_of(path: Path, like: str = "lapsing-%") -> list[str]:
    rows = query(path, "SELECT id FROM record WHERE id LIKE ? ORDER BY id", (like,))
    return [identifier for (identifier,) in rows]


def test_a_write_drops_a_few_lapsed_records_the_longest_lapsed_first(vault_path: Path) -> None:
    lapse(vault_path, 5)
    assert len(ids_of(vault_path)) == 5

    write(vault_path, subject="", at=NOW + 10)
    assert ids_of(vault_path) == ["lapsing-2", "lapsing-3", "lapsing-4"]
    write(vault_path, subject="", at=NOW + 10)
    write(vault_path, subject="", at=NOW + 10)

    assert PRUNED_AT_ONCE == 2
    assert ids_of(vault_path) == []
    assert found(vault_path) == set()


def test_what_is_dropped_with_time_is_named_by_the_event(vault_path: Path) -> None:
    lapse(vault_path, 1)
    version = version_of(vault_path, "lapsing-0")
    write(vault_path, subject="", at=NOW + 10)

    with opened(vault_path) as vault, vault.reading() as transaction:
        *_, (event, _) = Scan.within(transaction).events()
    assert not isinstance(event, MfactlError)
    assert event.dropped == [["stranger", "lapsing-0", version]]


def test_a_record_goes_only_when_its_time_has_passed(vault_path: Path) -> None:
    lapse(vault_path, 1)

    write(vault_path, subject="", at=NOW)
    assert ids_of(vault_path) == ["lapsing-0"]
    write(vault_path, subject="", at=NOW + 1)
    assert ids_of(vault_path) == []


def test_a_lapsed_record_that_is_being_written_stays(vault_path: Path) -> None:
    lapse(vault_path, 1)

    write(vault_path, lapsing(0), subject="lapsing-0", at=NOW + 10)

    assert ids_of(vault_path) == ["lapsing-0"]
    assert found(vault_path) == set()


def test_clients_lapse_and_accounts_and_failures_do_not(vault_path: Path) -> None:
    for _ in range(4):
        write(vault_path, subject="", at=NOW + 10_000 * DAY)

    assert report_of(vault_path).counts == {"account": 1, "client": 0, "pepper": 1, "stranger": 1}
    assert found(vault_path) == set()


def test_the_subject_of_an_event_may_lapse_with_it(vault_path: Path) -> None:
    lapse(vault_path, 1)

    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.at_address(transaction.address_id("0@example.com"))
        transaction.commit(Draft(NOW + 10, "sign_in", "lapsing-0"))

    write(vault_path, lapsing(0), subject="lapsing-0", at=NOW)
    assert found(vault_path) == set()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("client", "has a broken seal"),
        ("head", "is of a kind that mfactl does not write"),
        ("badge", "is of a kind that mfactl does not write"),
    ],
)
def test_a_planted_row_that_has_lapsed_is_damage_when_its_time_comes(
    kind: str, problem: str, vault_path: Path
) -> None:
    edit(vault_path, "INSERT INTO record VALUES (?, 'x', 1, NULL, NULL, 5, x'00')", (kind,))

    with damaged(kind, "x", problem):
        write(vault_path, subject="")


# --- marks


def test_a_mark_is_the_hash_of_an_events_plaintext(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        marks = [transaction.mark(number) for number in range(1, 11)]
        events = [mark for _, mark in Scan.within(transaction).events()]
        head = Mark(transaction.head.number, transaction.head.hash)

    assert marks == events
    assert marks[-1] == head
    assert len({mark.hash for mark in events}) == 10
    assert all(len(bytes.fromhex(mark.hash)) == 32 for mark in events)


def test_a_client_notices_a_vault_that_was_put_back(vault_path: Path, tmp_path: Path) -> None:
    older = shutil.copy(vault_path, tmp_path / "older.db")
    seen = write(vault_path, ada(), subject="user_ada")
    shutil.copy(older, vault_path)

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.mark(seen.number) is None
    write(vault_path, ada(), subject="user_ada", at=NOW + 1)
    with opened(vault_path) as vault, vault.reading() as transaction:
        other = transaction.mark(seen.number)
        assert other is not None
        assert other.hash != seen.hash


# --- in pages


def accounts(path: Path) -> list[Account]:
    """Five more accounts, in the order of their ids."""
    more = [ada(id=f"user_{name}", key=f"{name}@example.com") for name in "cabed"]
    for account in more:
        write(path, account, subject=account.id)
    return sorted([ada(lockout=Lockout(1)), *more])


def test_accounts_come_in_the_order_of_their_ids_page_by_page(vault_path: Path) -> None:
    every = accounts(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        for most in (1, 2, 3, 6, 7, 100):
            found, after = [], ""
            while page := transaction.accounts_after(after, most):
                assert len(page) <= most
                found += page
                after = page[-1].id
            assert found == every
        assert transaction.accounts_after("user_b", 2) == every[3:5]
        assert transaction.accounts_after("zzz", 9) == []


def test_a_vault_without_accounts_has_no_page_of_them(minimal: Path) -> None:
    with opened(minimal) as vault, vault.reading() as transaction:
        assert transaction.accounts_after("", 9) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE record SET sealed = zeroblob(300) WHERE id = 'user_c'",
        "UPDATE record SET version = 4 WHERE id = 'user_c'",
        "UPDATE record SET kind = 'account' WHERE id = 'client_bea'",
        "DELETE FROM event WHERE subject = 'user_c'",
    ],
)
def test_a_page_with_a_damaged_account_is_refused(sql: str, vault_path: Path) -> None:
    accounts(vault_path)
    edit(vault_path, sql)

    with opened(vault_path) as vault, vault.reading() as transaction, refused(Code.VAULT_CORRUPT):
        transaction.accounts_after("", 9)


def test_a_page_with_an_account_put_back_as_it_was_is_refused(vault_path: Path) -> None:
    old = old_row(vault_path, IN_ACCOUNT)
    write(vault_path, ada(lockout=Lockout(2)), subject="user_ada")
    put_back(vault_path, old)

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("account", "user_ada", "is not the newest version of itself"),
    ):
        transaction.accounts_after("", 9)


def test_events_come_in_their_order_page_by_page_with_their_places(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        every = list(Scan.within(transaction).events())
        for most in (1, 3, 10, 100):
            found, after = [], 0
            while page := transaction.events_after(after, most):
                found += page
                after = page[-1][0].number
            assert [(event, mark) for event, _, mark in found] == every
            for event, place, _ in found:
                assert (place.number, place.subject, place.client) == (
                    event.number,
                    event.subject,
                    event.client,
                )
        assert [event.number for event, *_ in transaction.events_after(7, 2)] == [8, 9]
        assert transaction.events_after(10, 9) == []


def test_events_may_be_asked_for_that_are_about_somebody(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        at_ada, at_bob = (transaction.address_id(key) for key in (builders.KEY, BOB))
        expected = [
            (About("user_ada", None), [4, 5, 10]),
            (About(None, at_ada), [2, 3, 4, 5, 10]),
            (About("user_ada", at_ada), [2, 3, 4, 5, 10]),
            (About("stranger_bob", at_ada), [2, 3, 4, 5, 6, 7, 8, 10]),
            (About(None, at_bob), [6, 7, 8]),
            (About(None, transaction.address_id("eve@example.com")), []),
            (About(None, None), []),
        ]
        for about, numbers in expected:
            found = transaction.events_after(0, 99, about)
            assert [event.number for event, *_ in found] == numbers
        page = transaction.events_after(4, 2, About(None, at_ada))
        assert [event.number for event, *_ in page] == [5, 10]


def test_a_page_with_a_damaged_event_is_refused(vault_path: Path) -> None:
    edit(vault_path, "UPDATE event SET client = NULL WHERE number = 4")

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert len(transaction.events_after(4, 99)) == 6
        with damaged("event", "4", "has a broken seal"):
            transaction.events_after(3, 1)


def test_rows_are_counted(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert Scan.within(transaction).rows() == 6 + 10


# --- clients and their events


@pytest.mark.parametrize("how", ["written anew", "dropped"])
def test_a_client_put_back_as_it_was_is_refused(vault_path: Path, how: str) -> None:
    old = old_row(vault_path, "id = 'client_ada'")
    if how == "dropped":
        write(vault_path, drops=[ada_signed_in()], subject="user_ada", happened="sign_out")
    else:
        write(vault_path, ada_signed_in(created_at=NOW), subject="user_ada")
    put_back(vault_path, old)

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("client", "client_ada", "is not the newest version of itself"),
    ):
        transaction.client(ADA_TOKEN)


def test_a_client_that_no_event_names_is_refused(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM event WHERE client = 'client_ada'")

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("client", "client_ada", "is not the newest version of itself"),
    ):
        transaction.client(ADA_TOKEN)


def test_a_client_that_asks_and_is_not_written_stays_the_newest_of_itself(
    vault_path: Path,
) -> None:
    with opened(vault_path) as vault, vault.writing() as transaction:
        transaction.client(ADA_TOKEN)
        transaction.commit(Draft(NOW, "sign_in", client="client_ada"))

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.client(ADA_TOKEN) == ada_signed_in()
        ((event, *_),) = transaction.events_after(10, 1)
        assert event.client_version == version_of(vault_path, "client_ada") == 5


def test_a_client_that_was_deleted_is_taken_for_one_that_lapsed(vault_path: Path) -> None:
    """Whoever can write the file can sign people out; only the check names it."""
    edit(vault_path, "DELETE FROM record WHERE id = 'client_ada'")

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.client(ADA_TOKEN) is None
    assert ("client", "client_ada") in found(vault_path)


def test_a_head_that_is_not_that_of_the_newest_event_is_refused(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM event WHERE number = 10")

    with opened(vault_path) as vault:
        for begin in (vault.reading, vault.writing):
            with damaged("head", "head", "is not that of the newest event"), begin():
                pass


# --- what a command notices


def old_row(path: Path, where: str) -> tuple[Any, ...]:
    sql = " ".join(("SELECT", ROW, "FROM record WHERE", where))
    (row,) = query(path, sql)
    return row


def put_back(path: Path, row: tuple[object, ...]) -> None:
    edit(path, "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def test_an_account_put_back_as_it_was_is_refused(vault_path: Path) -> None:
    old = old_row(vault_path, IN_ACCOUNT)
    write(vault_path, ada(lockout=Lockout(2)), subject="user_ada")
    put_back(vault_path, old)
    place = address_id(vault_path, builders.KEY)

    with opened(vault_path) as vault, vault.reading() as transaction:
        with damaged("account", "user_ada", "is not the newest version of itself"):
            transaction.account("user_ada")
        with damaged("account", "user_ada", "is not the newest version of itself"):
            transaction.at_address(place)


def test_a_stranger_put_back_as_it_was_is_refused(vault_path: Path) -> None:
    old = old_row(vault_path, "kind = 'stranger'")
    write(vault_path, bob(4), subject=bob().id)
    put_back(vault_path, old)

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("stranger", "stranger_bob", "is not the newest version of itself"),
    ):
        transaction.at_address(transaction.address_id(BOB))


def test_an_account_that_was_deleted_is_missed_by_its_id_and_at_its_address(
    vault_path: Path,
) -> None:
    place = address_id(vault_path, builders.KEY)
    edit(vault_path, "DELETE FROM record WHERE kind = 'account'")

    with opened(vault_path) as vault, vault.reading() as transaction:
        with damaged("account", "user_ada", "is missing"):
            transaction.account("user_ada")
        with damaged("account", "user_ada", "is missing"):
            transaction.at_address(place)


def test_a_stranger_that_was_deleted_with_its_failures_is_missed(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind = 'stranger'")

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("stranger", "stranger_bob", "is missing"),
    ):
        transaction.at_address(transaction.address_id(BOB))


def test_a_stranger_without_failures_may_lapse_and_is_not_missed(vault_path: Path) -> None:
    write(vault_path, bob(0), subject=bob().id)
    write(vault_path, subject="user_ada", at=NOW + 2 * DAY)

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.at_address(transaction.address_id(BOB)) is None


def test_an_account_that_its_owner_dropped_is_not_missed(vault_path: Path) -> None:
    write(vault_path, drops=[ada()], subject="user_ada")

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") is None
        assert transaction.at_address(transaction.address_id(builders.KEY)) is None
        ((event, place, _),) = transaction.events_after(10, 1)
        assert place.address == transaction.address_id(builders.KEY)
    assert (event.subject, event.subject_version, event.subject_lapses) == ("user_ada", 0, False)


def test_an_event_may_be_about_an_account_that_never_was(minimal: Path) -> None:
    write(minimal, subject="user_nobody")

    with opened(minimal) as vault, vault.reading() as transaction:
        ((event, place, _),) = transaction.events_after(1, 1)
        assert transaction.account("user_nobody") is None
    assert (event.subject_version, event.subject_lapses, place.address) == (0, False, None)


def test_an_account_whose_newest_events_were_cut_is_refused(vault_path: Path) -> None:
    write(vault_path, bob(4), subject=bob().id)
    edit(vault_path, "DELETE FROM event WHERE number = 10")
    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("account", "user_ada", "is not the newest version of itself"),
    ):
        transaction.account("user_ada")

    edit(vault_path, "DELETE FROM event WHERE subject = 'user_ada'")
    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("account", "user_ada", "is not the newest version of itself"),
    ):
        transaction.account("user_ada")


MOVES = [
    "id = 'user_other'",
    "kind = 'stranger'",
    "kind = 'client'",
    "version = 2",
    "version = 4",
    "lookup = 'other'",
    "lookup = NULL",
    "account = 'user_ada'",
    "account = ''",
    "expires = 5000000000",
    "sealed = zeroblob(300)",
    "sealed = x''",
    "sealed = (SELECT sealed FROM record WHERE kind = 'client')",
    "sealed = substr(sealed, 1, length(sealed) - 1)",
    "sealed = CAST(sealed || x'00' AS BLOB)",
]


@pytest.mark.parametrize("change", MOVES)
def test_an_account_that_was_moved_is_never_taken_for_what_it_was(
    change: str, vault_path: Path
) -> None:
    edit(vault_path, " ".join(("UPDATE record SET", change, "WHERE kind = 'account'")))

    with opened(vault_path) as vault, vault.reading() as transaction:
        place = transaction.address_id(builders.KEY)
        ways: list[Callable[[], object]] = [
            lambda: transaction.account("user_ada"),
            lambda: transaction.account("user_other"),
            lambda: transaction.at_address(place),
            lambda: transaction.at_address("user_ada"),
            lambda: transaction.client(place),
        ]
        taken: list[object] = []
        for way in ways:
            code = problem(lambda way=way: taken.append(way()))  # type: ignore[misc]
            assert code in (None, Code.VAULT_CORRUPT)
    assert set(taken) <= {None}


def test_a_client_that_was_given_to_another_account_is_refused(vault_path: Path) -> None:
    for change in ("account = 'user_eve'", "account = NULL", "expires = NULL", "version = 1"):
        before = old_row(vault_path, "id = 'client_ada'")
        edit(vault_path, " ".join(("UPDATE record SET", change, "WHERE id = 'client_ada'")))
        with (
            opened(vault_path) as vault,
            vault.reading() as transaction,
            refused(Code.VAULT_CORRUPT),
        ):
            transaction.client(ADA_TOKEN)
        put_back(vault_path, before)


def test_two_clients_with_each_others_tokens_are_refused(vault_path: Path) -> None:
    edit(vault_path, "UPDATE record SET lookup = 'x' WHERE id = 'client_ada'")
    edit(vault_path, "UPDATE record SET lookup = ? WHERE id = 'client_bea'", (ADA_TOKEN,))

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("client", "client_bea", "has a broken seal"),
    ):
        transaction.client(ADA_TOKEN)


def test_a_record_of_another_vault_is_refused(vault_path: Path, tmp_path: Path) -> None:
    other = furnish(make_minimal(tmp_path / "other.db", vault_id="vault_there"))
    foreign = old_row(other, "id = 'client_ada'")
    edit(vault_path, "DELETE FROM record WHERE id = 'client_ada'")
    put_back(vault_path, foreign)

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("client", "client_ada", "has a broken seal"),
    ):
        transaction.client(ADA_TOKEN)


@pytest.mark.parametrize("kind", ["pepper", "head"])
def test_a_vault_without_its_pepper_or_head_is_damaged(kind: str, vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind = ?", (kind,))

    with (
        opened(vault_path) as vault,
        damaged(kind, kind, "is gone"),
        vault.reading() as transaction,
    ):
        transaction.pepper()


def test_a_head_put_back_from_an_older_vault_stops_every_write(vault_path: Path) -> None:
    old = old_row(vault_path, "kind = 'head'")
    write(vault_path, ada(), subject="user_ada")
    put_back(vault_path, old)

    with refused(Code.VAULT_CORRUPT):
        write(vault_path, subject="")


def test_a_record_that_changes_under_a_transaction_is_damage(vault_path: Path) -> None:
    """Nobody else can write meanwhile, so this is a trigger or a bug; the transaction's own
    connection stands in for both."""
    with opened(vault_path) as vault:
        run = vault._database._connection.execute
        with (
            vault.writing() as transaction,
            damaged("account", "user_ada", "did not change when it was written"),
        ):
            transaction.account("user_ada")
            run("UPDATE record SET version = 9 WHERE id = 'user_ada'")
            transaction.put(ada())
        with (
            vault.writing() as transaction,
            damaged("account", "user_ada", "did not go when it was dropped"),
        ):
            transaction.account("user_ada")
            run("DELETE FROM record WHERE id = 'user_ada'")
            transaction.drop(ada())
        with (
            vault.writing() as transaction,
            damaged("head", "head", "did not change when it was written"),
        ):
            run("DELETE FROM record WHERE kind = 'head'")
            transaction.commit(Draft(NOW, "sign_in"))
    assert found(vault_path) == set()


def test_an_event_that_holds_something_else_is_damage(vault_path: Path) -> None:
    """Only whoever has the key could seal such an event."""
    with opened(vault_path) as vault:
        key = vault.unlocked.keys.event
    sealed = seal(
        key,
        b"{}",
        EventPlace(10, "user_ada", address_id(vault_path, builders.KEY), None),
        VAULT_ID,
    )
    edit(vault_path, "UPDATE event SET sealed = ? WHERE number = 10", (sealed,))

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        damaged("event", "10", "is not a record that mfactl writes"),
    ):
        transaction.account("user_ada")


@pytest.mark.parametrize(("kind", "identifier"), [("account", "user_ada"), ("head", "head")])
def test_a_record_that_holds_something_else_is_damage(
    kind: str, identifier: str, vault_path: Path
) -> None:
    """Only whoever has the key could seal such a record."""
    with opened(vault_path) as vault:
        key = vault.unlocked.keys.record
    sealed = seal(key, b"{}", Place(*old_row(vault_path, f"kind = '{kind}'")[:-1]), VAULT_ID)
    edit(vault_path, "UPDATE record SET sealed = ? WHERE kind = ?", (sealed, kind))

    with (
        opened(vault_path) as vault,
        damaged(kind, identifier, "is not a record that mfactl writes"),
        vault.reading() as transaction,
    ):
        transaction.account("user_ada")


def test_an_error_names_the_record_and_shows_nothing_of_it(vault_path: Path) -> None:
    edit(vault_path, "UPDATE record SET version = 2 WHERE kind = 'account'")

    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        pytest.raises(MfactlError) as caught,
    ):
        transaction.account("user_ada")

    assert caught.value.refusals[0].meta == {"kind": "account", "id": "user_ada"}
    assert "ada@example.com" not in str(caught.value)
    assert builders.VERIFIER not in str(caught.value)


# --- the header, while the vault is open


def rewrite_header(path: Path, *secrets: bytes, unlocked_with: bytes = KEY) -> None:
    """What a command does that adds or removes slots: header and head in one transaction."""
    with opened(path, key_file(unlocked_with)) as vault, vault.writing() as transaction:
        slots = tuple(
            wrap(
                vault.unlocked.data_key,
                secret,
                SlotPlan(f"s{n}", KEY_FILE, None, NOW),
                vault_id=VAULT_ID,
            )
            for n, secret in enumerate(secrets)
        )
        generation = vault.header.generation + 1
        body = headers.encode(vault.header._replace(generation=generation, slots=slots))
        vault._database.put_header(body, headers.mac(body, vault.unlocked.keys))
        transaction.head = transaction.head._replace(generation=generation)
        transaction.commit(Draft(NOW, "slots_changed"))


def test_a_transaction_that_finds_another_header_unlocks_again(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        rewrite_header(vault_path, KEY, OTHER_KEY)
        with vault.reading() as transaction:
            assert transaction.account("user_ada") is not None
        assert vault.header.generation == 2
        assert len(vault.header.slots) == 2
    with opened(vault_path, key_file(OTHER_KEY)) as vault, vault.writing() as transaction:
        load(transaction, ada())
        transaction.put(ada())
        transaction.commit(Draft(NOW, "sign_in", "user_ada"))
    assert found(vault_path) == set()


def test_an_older_header_with_the_same_key_is_refused(vault_path: Path) -> None:
    with closing(sqlite3.connect(vault_path)) as connection:
        older = connection.execute("SELECT body, mac FROM header").fetchone()
    rewrite_header(vault_path, KEY, OTHER_KEY)
    edit(vault_path, "UPDATE header SET body = ?, mac = ?", older)
    with opened(vault_path) as vault, refused(Code.VAULT_CORRUPT), vault.reading():
        pass


def test_whoever_lost_his_slot_meanwhile_reads_nothing_more(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        rewrite_header(vault_path, OTHER_KEY)
        for begin in (vault.reading, vault.writing):
            with refused(Code.VAULT_KEY_INCORRECT), begin():
                pass


def test_a_header_that_is_damaged_meanwhile_is_noticed(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        edit(vault_path, "UPDATE header SET body = CAST(body || x'20' AS BLOB)")
        with refused(Code.VAULT_CORRUPT), vault.reading():
            pass
        set_typeless(vault_path, "header", "body", "'a text'", "one = 1")
        with refused(Code.VAULT_CORRUPT), vault.reading():
            pass
        edit(vault_path, "DELETE FROM header")
        with refused(Code.VAULT_CORRUPT), vault.reading():
            pass


# --- what is shown


def test_an_open_vault_says_where_it_is_and_no_more(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        shown = repr((vault, transaction, vault._database, vault.unlocked))
    assert KEY.hex() not in shown
    assert "\\x" not in shown


def test_a_vault_that_cannot_be_unlocked_is_closed_again(vault_path: Path) -> None:
    fds = Path("/proc/self/fd")
    before = len(list(fds.iterdir()))
    for _ in range(5):
        with refused(Code.VAULT_KEY_INCORRECT):
            Vault(vault_path, key_file(OTHER_KEY))
    assert len(list(fds.iterdir())) == before


def test_hashes_are_sha_256(vault_path: Path) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert len(transaction.head.hash) == hashlib.sha256().digest_size * 2
