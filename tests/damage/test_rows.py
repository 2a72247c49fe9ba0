"""Rows deleted, exchanged, taken from another vault, or put back from an earlier day.

Whatever somebody can do to them with SQLite who has no key: `examine` holds it to what the vault
in good health answers, and the check names what was touched.
"""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mfactl.core.account import Account
from mfactl.core.lockout import Lockout
from mfactl.errors import Code
from mfactl.vault import slots
from mfactl.vault.create import create
from mfactl.vault.keys import KEY_FILE, SlotPlan
from mfactl.vault.transaction import Mark
from tests.damage.patient import Found, Patient, eve, examine, leave_out, patient_at, repaged
from tests.support.builders import DAY, NOW
from tests.vault.vaults import (
    ADA_TOKEN,
    BEA_TOKEN,
    OTHER_KEY,
    ROW,
    ada,
    ada_signed_in,
    bea_signing_up,
    bob,
    contents,
    edit,
    found,
    is_noticed,
    make_minimal,
    opened,
    plan,
    query,
    refused,
    renew,
    set_typeless,
    write,
)

EVENT = "number, subject, address, client, sealed"
Columns = tuple[Any, ...]


def cleo() -> Account:
    """Another account than Ada's."""
    return ada(id="user_cleo", email="cleo@example.com", key="cleo@example.com", totp=None)


class Town(NamedTuple):
    """A vault with two of each kind of record, and what its file was after each event."""

    patient: Patient
    days: dict[int, bytes]


def live(path: Path, days: dict[int, bytes]) -> None:
    """A life in which everybody was another one before; the newest event is about Bob."""

    def day(*records: Any, subject: Any = None, **more: Any) -> None:
        mark = write(path, *records, subject="" if subject is None else subject.id, **more)
        days[mark.number] = path.read_bytes()

    day(ada(), ada_signed_in(created_at=NOW - 2 * DAY), subject=ada())
    day(cleo(), subject=cleo())
    day(bob(1), subject=bob(), code="form_code_incorrect")
    day(eve(), subject=eve())
    day(bea_signing_up(), happened="sign_up")
    secret = SlotPlan("slot_two", KEY_FILE, None, NOW)
    renew(path, lambda now: slots.with_slot(now, secret, lambda: OTHER_KEY))
    days[7] = path.read_bytes()
    day(ada(lockout=Lockout(1)), ada_signed_in(), subject=ada(), code="form_code_incorrect")
    day(cleo()._replace(epoch=4), subject=cleo())
    day(ada(lockout=Lockout(2)), ada_signed_in(), subject=ada(), code="form_code_incorrect")
    day(drops=[bea_signing_up()], happened="sign_out")
    day(bob(2), subject=bob(), code="form_code_incorrect")


@pytest.fixture(scope="session")
def town(in_memory: Path) -> Iterator[Town]:
    (in_memory / "town").mkdir(0o700)
    path = repaged(make_minimal(in_memory / "town" / "vault.db"))
    days: dict[int, bytes] = {}
    live(path, days)
    with patient_at(path) as patient:
        yield Town(patient, days)


@pytest.fixture(scope="session", params=["vault_there", "vault_here"])
def other_town(request: pytest.FixtureRequest, in_memory: Path) -> Path:
    """The same life in another vault of the same key file, or in one that even has the same id."""
    path = in_memory / str(request.param) / "vault.db"
    path.parent.mkdir(0o700)
    assert create(path, plan(vault_id=request.param))
    live(path, {})
    return path


def records_of(path: Path) -> list[Columns]:
    return query(path, f"SELECT {ROW} FROM record ORDER BY kind, id")  # noqa: S608


def events_of(path: Path) -> list[Columns]:
    return query(path, f"SELECT {EVENT} FROM event ORDER BY number")  # noqa: S608


def put(path: Path, *rows: Columns) -> None:
    """Puts rows in place of those with the same name, whatever else is in their way."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for row in rows:
            table = "record" if len(row) == 7 else "event"
            places = ", ".join("?" * len(row))
            connection.execute(
                " ".join(("INSERT OR REPLACE INTO", table, "VALUES", f"({places})")), row
            )


def names(seen: Found, *rows: Columns) -> bool:
    """Whether the check names every one of the rows, or could not read the vault for the head."""
    touched = {
        tuple(map(str, row[:2])) if len(row) == 7 else ("event", str(row[0])) for row in rows
    }
    return seen.findings is None or touched <= seen.names


# --- deleted


def test_a_record_that_was_deleted_is_named(town: Town) -> None:
    for row in records_of(town.patient.path):
        with town.patient.healing() as path:
            assert edit(path, "DELETE FROM record WHERE kind = ? AND id = ?", row[:2]) == 1
            seen = examine(path, town.patient.health)
            assert names(seen, row), row[:2]


def test_an_event_that_was_deleted_is_noticed(town: Town) -> None:
    for number, *_ in events_of(town.patient.path):
        with town.patient.healing() as path:
            assert edit(path, "DELETE FROM event WHERE number = ?", (number,)) == 1
            seen = examine(path, town.patient.health)
            assert seen.findings is None or ("event", str(number + 1)) in seen.names, number


def test_a_table_that_was_emptied_is_noticed(town: Town) -> None:
    for table in ("record", "event", "header"):
        with town.patient.healing() as path:
            edit(path, " ".join(("DELETE FROM", table)))
            assert examine(path, town.patient.health).is_noticed


# --- exchanged


def exchanged(one: Columns, two: Columns, columns: list[int]) -> tuple[Columns, Columns]:
    """Two rows with each other's values in some columns."""
    first, second = list(one), list(two)
    for column in columns:
        first[column], second[column] = two[column], one[column]
    return tuple(first), tuple(second)


SOME_RECORD_COLUMNS = [[6], [2, 6], [3], [2, 3, 6], [2, 3, 4, 5, 6], [2], [5], [4]]
SOME_EVENT_COLUMNS = [[4], [1, 2, 3, 4], [1], [2], [3], [1, 2], [1, 2, 3]]


@pytest.mark.parametrize("columns", SOME_RECORD_COLUMNS, ids=str)
def test_two_records_with_each_others_values_are_noticed(columns: list[int], town: Town) -> None:
    for one, two in itertools.combinations(records_of(town.patient.path), 2):
        rows = exchanged(one, two, columns)
        if rows == (one, two):
            continue
        with town.patient.healing() as path:
            edit(path, "UPDATE record SET lookup = NULL WHERE id IN (?, ?)", (one[1], two[1]))
            put(path, *rows)
            assert names(examine(path, town.patient.health), one, two), (one[:2], two[:2])


@pytest.mark.slow
@pytest.mark.parametrize("columns", SOME_EVENT_COLUMNS, ids=str)
def test_two_events_with_each_others_values_are_noticed(columns: list[int], town: Town) -> None:
    for one, two in itertools.combinations(events_of(town.patient.path), 2):
        rows = exchanged(one, two, columns)
        if rows == (one, two):
            continue
        with town.patient.healing() as path:
            put(path, *rows)
            assert names(examine(path, town.patient.health), one, two), (one[0], two[0])


# --- from elsewhere


def test_a_row_of_another_vault_is_named(town: Town, other_town: Path) -> None:
    """As it is there, and its seal under the values of the row that stands here."""
    for here_rows, there_rows in (
        (records_of(town.patient.path), records_of(other_town)),
        (events_of(town.patient.path), events_of(other_town)),
    ):
        for here, there in zip(here_rows, there_rows, strict=True):
            assert here[0] == there[0]
            for row in (there, (*here[:-1], there[-1])):
                with town.patient.healing() as path:
                    put(path, row)
                    assert names(examine(path, town.patient.health), row), row[:2]


def test_the_header_of_another_vault_is_refused(town: Town, other_town: Path) -> None:
    (header,) = query(other_town, "SELECT body, mac FROM header")
    with town.patient.healing() as path:
        edit(path, "UPDATE header SET body = ?, mac = ?", header)
        assert set(examine(path, town.patient.health).answers.values()) <= {Code.VAULT_CORRUPT}


# --- from an earlier day


def of_the_day(town: Town, day: int) -> tuple[list[Columns], list[Columns], Columns]:
    """The records, events and header of a day."""
    with town.patient.healing() as path:
        path.write_bytes(town.days[day])
        (header,) = query(path, "SELECT body, mac FROM header")
        return records_of(path), events_of(path), header


def test_a_record_put_back_from_any_earlier_day_is_named(town: Town) -> None:
    today = set(records_of(town.patient.path))
    older = {row for day in town.days for row in of_the_day(town, day)[0]} - today
    assert {row[0] for row in older} == {"account", "client", "stranger", "head"}
    for row in older:
        with town.patient.healing() as path:
            put(path, row)
            assert names(examine(path, town.patient.health), row), row[:3]


def test_a_header_put_back_from_any_earlier_day_is_refused(town: Town) -> None:
    older = {of_the_day(town, day)[2] for day in town.days}
    assert len(older) == 2
    for header in older - {of_the_day(town, max(town.days))[2]}:
        with town.patient.healing() as path:
            edit(path, "UPDATE header SET body = ?, mac = ?", header)
            assert set(examine(path, town.patient.health).answers.values()) == {Code.VAULT_CORRUPT}


def test_events_cut_at_the_end_stop_every_command_unless_the_head_is_put_back_too(
    town: Town,
) -> None:
    newest = max(town.days)
    for day in town.days:
        if day == newest:
            continue
        with town.patient.healing() as path:
            edit(path, "DELETE FROM event WHERE number > ?", (day,))
            assert set(examine(path, town.patient.health).answers.values()) == {Code.VAULT_CORRUPT}
            rows = of_the_day(town, day)[0]
        with town.patient.healing() as path:
            edit(path, "DELETE FROM event WHERE number > ?", (day,))
            put(path, next(row for row in rows if row[0] == "head"))
            assert is_noticed(path)  # by the rows that are newer than that


# --- what is not noticed, as the threat model says


def cut_events_about(path: Path, subject: str, client: str, *, after: int) -> int:
    """Deletes the newer events about somebody, but not the newest of all."""
    ((address,),) = query(path, "SELECT lookup FROM record WHERE id = ?", (subject,))
    return edit(
        path,
        "DELETE FROM event WHERE number > ? AND number < (SELECT max(number) FROM event)"
        " AND (subject = ? OR address = ? OR client = ?)",
        (after, subject, address, client),
    )


def test_an_account_put_back_with_its_events_cut_is_seen_by_the_check_and_whoever_saw_more(
    town: Town,
) -> None:
    for day, failures in ((2, 0), (8, 1)):
        (row,) = (row for row in of_the_day(town, day)[0] if row[1] == "user_ada")
        with town.patient.healing() as path:
            put(path, row)
            assert cut_events_about(path, "user_ada", "client_ada", after=day)
            with opened(path) as vault, vault.reading() as transaction:
                put_back = ada(lockout=Lockout(failures))
                assert transaction.account("user_ada") == put_back  # a used code works again
                place = transaction.address_id(put_back.key)
                assert transaction.at_address(place) == put_back
                assert transaction.mark(10) is None  # whoever saw that refuses the vault
                assert transaction.mark(12) == Mark(*transaction.head[1:3])
            assert {("event", "11"), ("head", "head")} <= found(path)  # by the gap that they left


def test_a_client_put_back_with_its_events_cut_is_seen_by_the_check_and_whoever_saw_more(
    town: Town,
) -> None:
    (row,) = (row for row in of_the_day(town, 6)[0] if row[1] == "client_bea")
    with town.patient.healing() as path:
        put(path, row)
        with opened(path) as vault, vault.reading() as transaction, refused(Code.VAULT_CORRUPT):
            transaction.client(BEA_TOKEN)  # it signed out, and its newest event says so
        assert cut_events_about(path, "user_cleo", "client_bea", after=9) == 1
        with opened(path) as vault, vault.reading() as transaction:
            assert transaction.client(BEA_TOKEN) == bea_signing_up()
            assert transaction.mark(11) is None
        assert {("event", "12"), ("head", "head")} <= found(path)  # by the gap that they left


def test_a_client_that_lapsed_and_was_dropped_is_seen_by_the_check_when_it_is_put_back(
    town: Town,
) -> None:
    (row,) = (r for r in records_of(town.patient.path) if r[1] == "client_ada")
    with town.patient.healing() as path:
        write(path, subject="", at=NOW + 100 * DAY)
        assert query(path, "SELECT 1 FROM record WHERE kind = 'client'") == []
        put(path, row)
        with opened(path) as vault, vault.reading() as transaction:
            client = transaction.client(ADA_TOKEN)
            assert client is not None  # it lapsed long ago, so no rule takes its session
        assert ("client", "client_ada") in found(path)


def test_the_whole_file_put_back_is_seen_by_whoever_saw_more_only(town: Town) -> None:
    with opened(town.patient.path) as vault, vault.reading() as transaction:
        seen = {day: transaction.mark(day) for day in town.days}
    for day, whole in town.days.items():
        with town.patient.healing() as path:
            path.write_bytes(whole)
            assert found(path) == set()
            with opened(path) as vault, vault.reading() as transaction:
                assert {n: transaction.mark(n) for n in town.days if n <= day} == {
                    n: mark for n, mark in seen.items() if n <= day
                }
                assert not any(transaction.mark(n) for n in town.days if n > day)
            write(path, subject="", at=NOW + 1)  # and goes on another way
            with opened(path) as vault, vault.reading() as transaction:
                assert transaction.mark(day + 1) != seen.get(day + 1)


def test_an_index_that_was_rewritten_hides_rows_from_all_but_the_check(town: Town) -> None:
    """Nothing seals an index: without these entries Ada's address is free, and her counter old."""
    with town.patient.healing() as path:
        for index, among in (
            ("record_lookup", "id <> 'user_ada'"),
            ("event_address", "subject <> 'user_ada'"),
            ("event_subject", "number < 3"),
        ):
            leave_out(path, index, among)
        assert query(path, "SELECT 1 FROM record NOT INDEXED WHERE id = 'user_ada'") == [(1,)]
        with opened(path) as vault, vault.reading() as transaction:
            assert transaction.at_address(transaction.address_id(ada().key)) is None
        assert examine(path, town.patient.health, whole_indexes=False).is_noticed


# --- columns that hold what they cannot

VALUES = [
    "NULL",
    "''",
    "7",
    "'7'",
    "7.5",
    "x'00ff'",
    "CAST(x'80ff' AS TEXT)",
    "9223372036854775807",
]
CELLS = [
    *(("header", column, "one = 1") for column in ("body", "mac")),
    *(
        ("event", column, f"number = {number}")
        for number in (2, 12)
        for column in ("subject", "address", "client", "sealed")
    ),
    *(
        ("record", column, f"id = '{name}'")
        for name in ("user_ada", "client_ada", "stranger_bob", "stranger_eve", "pepper", "head")
        for column in ("kind", "id", "version", "lookup", "account", "expires", "sealed")
    ),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_column_that_holds_something_else_is_noticed(value: str, town: Town) -> None:
    for table, column, where in CELLS:
        with town.patient.healing() as path:
            before = contents(path)
            set_typeless(path, table, column, value, where)
            if contents(path) != before:
                seen = examine(path, town.patient.health)
                assert seen.is_noticed, (column, where)


@pytest.mark.parametrize("column", ["version", "expires"])
def test_a_number_that_was_made_text_is_damage_for_whoever_writes_it(
    column: str, town: Town
) -> None:
    with town.patient.healing() as path:
        set_typeless(path, "record", column, f"CAST({column} AS TEXT)", "id = 'client_ada'")
        with refused(Code.VAULT_CORRUPT):
            write(path, ada_signed_in())


def test_the_version_of_the_head_made_text_is_damage(town: Town) -> None:
    with town.patient.healing() as path:
        set_typeless(path, "record", "version", "CAST(version AS TEXT)", "kind = 'head'")
        with refused(Code.VAULT_CORRUPT):
            write(path, subject="")
