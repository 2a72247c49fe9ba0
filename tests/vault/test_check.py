"""`vault check`: everything that somebody without the key can do to a file is found and named."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mfactl.core.account import Stranger
from mfactl.core.lockout import Lockout
from mfactl.errors import Code, MfactlError
from mfactl.vault import check as checks
from mfactl.vault import forks
from mfactl.vault import header as headers
from mfactl.vault.check import Finding, Report, check, check_chain, check_within
from mfactl.vault.scan import Scan
from mfactl.vault.sealing import EventPlace, seal
from mfactl.vault.transaction import Damaged, Mark
from tests.support import builders
from tests.support.builders import DAY, NOW
from tests.vault.vaults import (
    ROW,
    VAULT_ID,
    ada,
    ada_signed_in,
    address_id,
    bob,
    edit,
    findings,
    found,
    furnish,
    is_noticed,
    make_minimal,
    opened,
    query,
    refused,
    report_of,
    set_typeless,
    write,
)

FILE, HEAD = ("file", "file"), ("head", "head")
ADA, ADA_CLIENT, BEA_CLIENT = (
    ("account", "user_ada"),
    ("client", "client_ada"),
    ("client", "client_bea"),
)


@pytest.fixture(params=[1, 3], ids=["at once", "in parts"], autouse=True)
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """In how many parts, by how many processes, a check reads. It has to find the same."""
    parts: int = request.param
    monkeypatch.setattr(forks, "cores", lambda: parts)
    monkeypatch.setattr(checks, "LEAST_ROWS", 1)
    return parts


def event(number: int) -> tuple[str, str]:
    return ("event", str(number))


def row(path: Path, where: str) -> tuple[object, ...]:
    (values,) = query(path, " ".join(("SELECT", ROW, "FROM record WHERE", where)))
    return values


def put_back(path: Path, values: tuple[object, ...]) -> None:
    edit(path, "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def unreadable(path: Path) -> tuple[str, str]:
    """The kind and id of what keeps even the check from reading the vault."""
    with pytest.raises(MfactlError) as caught:
        report_of(path)
    (refusal,) = caught.value.refusals
    assert refusal.code is Code.VAULT_CORRUPT
    return refusal.meta["kind"], refusal.meta["id"]


def problems(path: Path, kind: str, identifier: str) -> list[str]:
    return [f.problem for f in findings(path) if (f.kind, f.id) == (kind, identifier)]


# --- healthy vaults


def test_a_new_vault_is_healthy(minimal: Path) -> None:
    report = report_of(minimal)

    assert report.findings == ()
    assert report.counts == {"account": 0, "client": 0, "pepper": 1, "stranger": 0}
    assert report.events == 1


def test_a_furnished_vault_is_healthy(vault_path: Path) -> None:
    report = report_of(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        head = Mark(transaction.head.number, transaction.head.hash)

    assert report.findings == ()
    assert report.counts == {"account": 1, "client": 2, "pepper": 1, "stranger": 1}
    assert (report.events, report.head) == (10, head)


def read_by_a_check(path: Path) -> list[str]:
    """The tables that a check reads from their beginning to their end, in this order."""
    read: list[str] = []
    with opened(path) as vault:
        vault._database._connection.set_trace_callback(read.append)
        check(vault)
    return [sql.split(" FROM ")[1].split()[0] for sql in read if " ORDER BY " in sql]


def test_a_healthy_vault_is_read_once_and_one_that_does_not_add_up_twice(vault_path: Path) -> None:
    """Once is enough if what the events tell adds up: what is new, replaced and dropped."""
    once = ["record", "event"]
    assert read_by_a_check(vault_path) == once
    write(vault_path, ada_signed_in(), drops=[bob()], subject="user_ada")
    assert read_by_a_check(vault_path) == once
    new = Stranger("stranger_new", "new@example.com", NOW)
    write(vault_path, new, ada_signed_in(id="client_new", token_hash="c0" * 32), subject=new.id)
    assert read_by_a_check(vault_path) == once

    edit(vault_path, "DELETE FROM record WHERE id = 'client_ada'")
    assert read_by_a_check(vault_path) == [*once, "event", "record"]


def test_a_check_changes_nothing(vault_path: Path) -> None:
    before = vault_path.read_bytes()

    report_of(vault_path)

    assert vault_path.read_bytes() == before


def test_a_vault_stays_healthy_when_sqlite_rearranges_it(vault_path: Path) -> None:
    for sql in ("PRAGMA page_size = 1024", "VACUUM", "REINDEX"):
        edit(vault_path, sql)

    assert found(vault_path) == set()


def test_the_events_of_a_long_life_add_up(vault_path: Path) -> None:
    for n in range(12):
        stranger = Stranger(f"s{n % 7}", f"{n % 7}@example.com", NOW + n)
        write(vault_path, stranger, subject=stranger.id, at=NOW + n)
        write(vault_path, ada(epoch=n), subject="user_ada", at=NOW + n)
        if n % 3 == 2:
            write(vault_path, drops=[stranger], at=NOW + n)
    write(vault_path, drops=[ada()], subject="user_ada")

    assert found(vault_path) == set()


# --- records


@pytest.mark.parametrize("place", [ADA, ADA_CLIENT, BEA_CLIENT, ("pepper", "pepper")])
def test_a_record_that_was_deleted_is_missing(place: tuple[str, str], vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind = ? AND id = ?", place)

    assert found(vault_path) == {place, HEAD}
    assert problems(vault_path, *place) == ["is missing"]


def test_a_stranger_that_was_deleted_is_missing(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind = 'stranger'")

    assert found(vault_path) == {("stranger", "stranger_bob"), HEAD}


def test_a_vault_without_its_head_cannot_be_read(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind = 'head'")

    with refused(Code.VAULT_CORRUPT):
        report_of(vault_path)


def test_all_records_deleted_are_all_missing(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE kind <> 'head'")

    assert {ADA, ADA_CLIENT, BEA_CLIENT, ("pepper", "pepper"), HEAD} < found(vault_path)


def test_a_record_put_back_as_it_was_is_of_the_wrong_version(vault_path: Path) -> None:
    old = row(vault_path, "id = 'client_ada'")
    write(vault_path, ada_signed_in())
    new = row(vault_path, "id = 'client_ada'")
    put_back(vault_path, old)

    assert found(vault_path) == {ADA_CLIENT, HEAD}
    assert problems(vault_path, *ADA_CLIENT) == [
        f"is version {old[2]}, but version {new[2]} was written last"
    ]


def test_a_record_that_was_dropped_and_put_back_is_told_of_by_no_event(vault_path: Path) -> None:
    old = row(vault_path, "id = 'client_ada'")
    write(vault_path, drops=[ada_signed_in()])
    put_back(vault_path, old)

    assert found(vault_path) == {ADA_CLIENT, HEAD}
    assert problems(vault_path, *ADA_CLIENT) == ["is not told of by any event"]


def test_a_record_put_back_with_its_events_cut_is_found_by_the_gap(vault_path: Path) -> None:
    """No other command sees this: the account is the version that its newest event names."""
    old = row(vault_path, "id = 'user_ada'")
    write(vault_path, ada(lockout=Lockout(9)), subject="user_ada")
    write(vault_path, bob(4), subject=bob().id)
    put_back(vault_path, old)
    edit(vault_path, "DELETE FROM event WHERE number = 11")

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") == ada(lockout=Lockout(1))
    assert found(vault_path) == {event(12), HEAD}
    assert problems(vault_path, *event(12)) == ["does not follow the event before it"]

    write(vault_path, ada(), subject="user_ada")
    assert event(12) in found(vault_path)  # for ever


def test_a_stranger_put_back_from_an_earlier_life_is_found(vault_path: Path) -> None:
    """A stranger's id is its address, so it can come back after it was dropped. If its versions
    began again, an old row would fit a new one's place, and the counter would be gone."""
    place = address_id(vault_path, "eve@example.com")
    harmless = Stranger(place, "eve@example.com", NOW - 2 * DAY)
    write(vault_path, harmless, subject=place, at=NOW - 2 * DAY)
    old = row(vault_path, "expires = " + str(NOW - DAY))
    write(vault_path, subject="", at=NOW)
    assert query(vault_path, "SELECT 1 FROM record WHERE id = ?", (place,)) == []
    guilty = Stranger(place, "eve@example.com", NOW, Lockout(10, NOW))
    write(vault_path, guilty, subject=place, at=NOW)

    put_back(vault_path, old)

    assert ("stranger", place) in found(vault_path)


def test_a_copy_of_a_record_under_another_id_is_found(vault_path: Path) -> None:
    kind, _, version, _, *rest = row(vault_path, "id = 'user_ada'")
    put_back(vault_path, (kind, "user_eve", version, None, *rest))

    assert found(vault_path) == {("account", "user_eve"), HEAD}


@pytest.mark.parametrize("kind", ["account", "client", "stranger", "pepper", "head", "badge", ""])
def test_a_planted_row_is_found(kind: str, vault_path: Path) -> None:
    put_back(vault_path, (kind, "planted", 1, None, None, None, b"x" * 300))

    assert (kind, "planted") in found(vault_path)


@pytest.mark.parametrize(
    "change",
    [
        "version = version + 1",
        "version = version - 1",
        "version = 0",
        "lookup = 'other'",
        "lookup = NULL",
        "lookup = ''",
        "account = 'user_eve'",
        "account = NULL",
        "account = ''",
        "expires = expires + 1",
        "expires = NULL",
        "sealed = zeroblob(length(sealed))",
        "sealed = x''",
        "sealed = (SELECT sealed FROM record WHERE id = 'client_bea')",
    ],
)
def test_a_client_in_another_place_is_found(change: str, vault_path: Path) -> None:
    edit(vault_path, " ".join(("UPDATE record SET", change, "WHERE id = 'client_ada'")))

    assert ADA_CLIENT in found(vault_path)
    assert "has a broken seal" in problems(vault_path, *ADA_CLIENT)[0]


def test_records_of_another_kind_or_id_are_found(vault_path: Path) -> None:
    edit(vault_path, "UPDATE record SET id = 'client_eve' WHERE id = 'client_ada'")
    edit(vault_path, "UPDATE record SET kind = 'account', lookup = 'x' WHERE id = 'client_bea'")

    assert found(vault_path) == {
        ADA_CLIENT,
        ("client", "client_eve"),
        BEA_CLIENT,
        ("account", "client_bea"),
        HEAD,
    }


def test_two_records_with_each_others_contents_are_found(vault_path: Path) -> None:
    ada_row, bea_row = row(vault_path, "id = 'client_ada'"), row(vault_path, "id = 'client_bea'")
    edit(vault_path, "UPDATE record SET lookup = NULL WHERE kind = 'client'")
    put_back(vault_path, (*ada_row[:2], *bea_row[2:]))
    put_back(vault_path, (*bea_row[:2], *ada_row[2:]))

    assert {ADA_CLIENT, BEA_CLIENT} <= found(vault_path)


@pytest.mark.parametrize("kind", ["head", "pepper", "stranger", "account"])
@pytest.mark.parametrize("column", ["lookup", "account"])
def test_an_empty_index_value_where_there_was_none_is_found(
    column: str, kind: str, vault_path: Path
) -> None:
    ((before,),) = query(
        vault_path, " ".join(("SELECT", column, "FROM record WHERE kind = ?")), (kind,)
    )
    edit(vault_path, " ".join(("UPDATE record SET", column, "= '' WHERE kind = ?")), (kind,))

    if kind == "head":  # then nothing can be read
        assert is_noticed(vault_path)
    else:
        assert kind in {kind for kind, _ in found(vault_path)}
    assert before is None or (kind, column) in {("account", "lookup"), ("stranger", "lookup")}


def test_a_record_of_another_vault_is_found(vault_path: Path, tmp_path: Path) -> None:
    other = furnish(make_minimal(tmp_path / "other.db", vault_id="vault_there"))
    put_back(vault_path, row(other, "id = 'client_ada'"))

    assert found(vault_path) == {ADA_CLIENT}


def test_a_vault_with_an_older_head_than_its_newest_event_cannot_be_read(vault_path: Path) -> None:
    old = row(vault_path, "kind = 'head'")
    write(vault_path, ada(), subject="user_ada")
    put_back(vault_path, old)

    assert unreadable(vault_path) == HEAD


def test_a_head_that_does_not_end_the_chain_is_found(vault_path: Path) -> None:
    """The newest event is there, but it is not what the head says."""
    edit(vault_path, "UPDATE event SET sealed = zeroblob(284) WHERE number = 10")

    assert found(vault_path) == {event(10), HEAD, ADA}
    assert "does not end the chain of events at 10" in problems(vault_path, *HEAD)


def test_a_record_that_stands_under_anothers_index_values_is_found(vault_path: Path) -> None:
    """Only whoever has the key could seal it so: no seal is broken, and the sum is right."""
    with opened(vault_path) as vault, vault.reading() as transaction:
        key = vault.unlocked.keys.record
        rows = {found.place.id: found for found in transaction._database.records()}
        place = rows["user_ada"].place
        plaintext = transaction._open(rows["user_ada"])
    moved = place._replace(lookup="other")
    data = seal(key, plaintext, moved, VAULT_ID)
    edit(
        vault_path,
        "UPDATE record SET lookup = ?, sealed = ? WHERE id = 'user_ada'",
        ("other", data),
    )

    assert findings(vault_path) == (
        Finding("account", "user_ada", "stands under index values that are not its own"),
    )


def test_a_record_that_is_no_record_is_found(vault_path: Path) -> None:
    """Only whoever has the key could seal it."""
    with opened(vault_path) as vault, vault.reading() as transaction:
        key = vault.unlocked.keys.record
        place = next(r.place for r in transaction._database.records() if r.place.id == "user_ada")
    edit(
        vault_path,
        "UPDATE record SET sealed = ? WHERE id = 'user_ada'",
        (seal(key, b"{}", place, VAULT_ID),),
    )

    assert found(vault_path) == {ADA}
    with (
        opened(vault_path) as vault,
        vault.reading() as transaction,
        pytest.raises(Damaged) as caught,
    ):
        transaction.account("user_ada")
    assert caught.value.refusals[0].meta == {"kind": "account", "id": "user_ada"}


# --- events


def test_an_event_that_was_edited_is_found(vault_path: Path) -> None:
    ((sealed,),) = query(vault_path, "SELECT sealed FROM event WHERE number = 4")
    edit(
        vault_path,
        "UPDATE event SET sealed = ? WHERE number = 4",
        (sealed[:50] + bytes([sealed[50] ^ 1]) + sealed[51:],),
    )

    # What later events name is still compared; that the stranger was dropped, only this one told.
    assert found(vault_path) == {event(4), event(5), ("stranger", "stranger_before")}
    assert "has a broken seal" in problems(vault_path, *event(4))[0]
    assert problems(vault_path, *event(5)) == ["breaks the chain"]


@pytest.mark.parametrize("number", range(1, 10))
def test_an_event_that_was_removed_is_found_by_the_gap(number: int, vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM event WHERE number = ?", (number,))

    assert event(number + 1) in found(vault_path)
    assert report_of(vault_path).events == 9


@pytest.mark.parametrize("left", [0, 1, 5, 9])
def test_a_vault_whose_newest_events_were_cut_off_cannot_be_read(
    left: int, vault_path: Path
) -> None:
    edit(vault_path, "DELETE FROM event WHERE number > ?", (left,))

    assert unreadable(vault_path) == HEAD


def test_two_events_that_changed_places_are_found(vault_path: Path) -> None:
    edit(vault_path, "UPDATE event SET number = 99 WHERE number = 5")
    edit(vault_path, "UPDATE event SET number = 5 WHERE number = 6")
    edit(vault_path, "UPDATE event SET number = 6 WHERE number = 99")

    assert {event(5), event(6)} <= found(vault_path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event SET number = 0 WHERE number = 1",
        "UPDATE event SET number = -1 WHERE number = 1",
        "UPDATE event SET subject = 'user_eve' WHERE number = 10",
        "UPDATE event SET subject = '' WHERE number = 10",
        "UPDATE event SET address = NULL WHERE number = 10",
        "UPDATE event SET client = NULL WHERE number = 5",
        "UPDATE event SET client = 'client_ada' WHERE number = 10",
        "UPDATE event SET client = '' WHERE number = 10",
        "UPDATE event SET address = '' WHERE number = 1",
        "UPDATE event SET subject = 'user_ada' WHERE number = 1",
        "INSERT INTO event SELECT 0, subject, address, client, sealed FROM event WHERE number = 1",
        "UPDATE event SET sealed = (SELECT sealed FROM event WHERE number = 4) WHERE number = 5",
    ],
)
def test_an_event_in_another_place_or_added_is_found(sql: str, vault_path: Path) -> None:
    edit(vault_path, sql)

    assert "event" in {kind for kind, _ in found(vault_path)}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event SET number = 11 WHERE number = 10",
        "INSERT INTO event SELECT 11, subject, address, client, sealed FROM event LIMIT 1",
        "INSERT INTO event VALUES (11, 'user_ada', NULL, NULL, x'00')",
    ],
)
def test_a_vault_with_an_event_after_its_head_cannot_be_read(sql: str, vault_path: Path) -> None:
    edit(vault_path, sql)

    assert unreadable(vault_path) == HEAD


def test_events_of_another_vault_are_found(vault_path: Path, tmp_path: Path) -> None:
    other = furnish(make_minimal(tmp_path / "other.db", vault_id="vault_there"))
    foreign = query(other, "SELECT sealed FROM event WHERE number = 10")[0]
    edit(vault_path, "UPDATE event SET sealed = ? WHERE number = 10", foreign)

    assert event(10) in found(vault_path)


def test_an_event_that_is_no_event_is_found(vault_path: Path) -> None:
    """Only whoever has the key could seal it."""
    with opened(vault_path) as vault:
        key = vault.unlocked.keys.event
    data = seal(
        key,
        b"[]",
        EventPlace(10, "user_ada", address_id(vault_path, builders.KEY), None),
        VAULT_ID,
    )
    edit(vault_path, "UPDATE event SET sealed = ? WHERE number = 10", (data,))

    assert event(10) in found(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        *_, (damage, mark) = Scan.within(transaction).events()
    assert isinstance(damage, Damaged)
    assert damage.refusals[0].meta == {"kind": "event", "id": "10"}
    assert mark == Mark(10, ""), "what the next one names as the hash before it can't be this"


def test_a_whole_vault_put_back_is_healthy_and_has_an_older_mark(
    vault_path: Path, tmp_path: Path
) -> None:
    """What no check can see: only a client that has seen more does."""
    older = shutil.copy(vault_path, tmp_path / "older.db")
    newer = write(vault_path, ada(), subject="user_ada")
    shutil.copy(older, vault_path)

    report = report_of(vault_path)
    assert report.findings == ()
    assert report.head.number < newer.number


# --- the events alone


def test_the_chain_alone_is_read_without_the_records(vault_path: Path) -> None:
    edit(vault_path, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'")

    report = chain_of(vault_path)

    assert report.findings == ()
    assert (report.events, report.head.number) == (10, 10)
    assert set(report.counts.values()) == {0}


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [
        ("DELETE FROM event WHERE number = 4", {event(5)}),
        ("UPDATE event SET sealed = zeroblob(300) WHERE number = 4", {event(4), event(5)}),
        ("UPDATE event SET sealed = zeroblob(300) WHERE number = 10", {event(10), HEAD}),
        ("UPDATE event SET client = NULL WHERE number = 4", {event(4), event(5)}),
    ],
)
def test_what_is_wrong_with_the_chain_is_found_without_the_records(
    sql: str, wrong: set[tuple[str, str]], vault_path: Path
) -> None:
    edit(vault_path, sql)

    assert {(finding.kind, finding.id) for finding in chain_of(vault_path).findings} == wrong


def chain_of(path: Path) -> Report:
    with opened(path) as vault, vault.reading() as transaction:
        return check_chain(transaction, vault.unlocked.keys)


def test_the_progress_of_reading_the_chain_alone_is_told(
    vault_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TOLD_EVERY", 1)
    told: list[tuple[int, int]] = []
    with opened(vault_path) as vault, vault.reading() as transaction:
        keys = vault.unlocked.keys
        check_chain(transaction, keys, lambda done, of: told.append((done, of)))

    assert told == [(number, 16) for number in range(1, 11)]  # of the rows, the ten events


def test_a_check_within_a_transaction_sees_what_the_transaction_sees(
    vault_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TOLD_EVERY", 5)
    told: list[tuple[int, int]] = []
    with opened(vault_path) as vault, vault.writing() as transaction:
        keys = vault.unlocked.keys
        report = check_within(transaction, keys, lambda done, of: told.append((done, of)))
        assert report.findings == ()
        assert told == [(5, 16), (10, 16), (15, 16)]
        edit_within = vault._database._connection.execute
        edit_within("DELETE FROM record WHERE kind = 'account'")
        report = check_within(transaction, vault.unlocked.keys)

    assert ADA in {(finding.kind, finding.id) for finding in report.findings}
    assert found(vault_path) == set()


def test_the_progress_of_a_check_is_told_and_only_rises(
    vault_path: Path, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TOLD_EVERY", 1)
    told: list[tuple[int, int]] = []
    with opened(vault_path) as vault:
        check(vault, lambda done, of: told.append((done, of)))

    # Of six records and ten events. Of three processes this one reads a fifth, and takes the others
    # to have come as far.
    rows = range(1, 17) if parts == 1 else (5, 10, 15)
    assert told == [(row, 16) for row in rows]


@pytest.mark.parametrize(("least", "here"), [(17, 16), (16, 6), (9, 6), (8, 3)])
def test_each_so_many_rows_get_a_process_and_the_first_gets_fewer(
    least: int, here: int, vault_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "cores", lambda: 16)
    monkeypatch.setattr(checks, "LEAST_ROWS", least)
    monkeypatch.setattr(checks, "TOLD_EVERY", 1)
    told: list[int] = []
    with opened(vault_path) as vault:
        check(vault, lambda done, _of: told.append(done))
    assert len(told) == here  # of 16 rows


@pytest.mark.parametrize("first", [-(2**63), 2**63 - 6])
def test_rows_may_have_any_number_that_sqlite_has(
    first: int, vault_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "cores", lambda: 16)  # more parts than records
    sql = "UPDATE record SET rowid = ? + (SELECT count(*) FROM record AS r WHERE r.id < record.id)"
    edit(vault_path, sql, (first,))
    assert report_of(vault_path).findings == ()
    assert sum(report_of(vault_path).counts.values()) == 5


# --- the header and the file


def test_another_mac_under_an_open_vault_is_found(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        edit(vault_path, "UPDATE header SET mac = zeroblob(32)")
        with refused(Code.VAULT_CORRUPT):
            if check(vault).findings:
                raise AssertionError
            with opened(vault_path):
                pass


def test_a_second_header_row_is_found(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        body, mac = vault.unlocked.body, headers.mac(vault.unlocked.body, vault.unlocked.keys)
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("INSERT INTO header VALUES (2, ?, ?)", (body, mac))

    assert problems(vault_path, *FILE) == ["CHECK constraint failed in header"]


@pytest.mark.parametrize("column", ["lookup", "subject"])
def test_an_index_that_disagrees_with_its_table_is_found(column: str, vault_path: Path) -> None:
    index = "record_lookup" if column == "lookup" else "event_subject"
    other = "record_account" if column == "lookup" else "record_expires"
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET rootpage ="
            " (SELECT rootpage FROM sqlite_schema WHERE name = ?) WHERE name = ?",
            (other, index),
        )

    assert is_noticed(vault_path)


def test_a_finding_is_a_sentence(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE id = 'user_ada'")

    assert [finding.text for finding in findings(vault_path)] == [
        "The account user_ada is missing.",
        "The vault's head does not agree with the records.",
    ]


def test_many_things_that_are_wrong_are_all_named(vault_path: Path) -> None:
    edit(vault_path, "DELETE FROM record WHERE id = 'user_ada'")
    edit(vault_path, "UPDATE record SET version = 7 WHERE id = 'client_bea'")
    edit(vault_path, "DELETE FROM event WHERE number = 3")

    assert {ADA, BEA_CLIENT, event(4), HEAD} <= found(vault_path)


def test_text_that_is_no_utf_8_cannot_be_read(vault_path: Path) -> None:
    set_typeless(vault_path, "record", "account", "CAST(x'80ff' AS TEXT)", "id = 'client_ada'")

    assert is_noticed(vault_path)


def test_a_broken_seal_is_told_in_one_sentence_that_names_the_record_once(vault_path: Path) -> None:
    edit(vault_path, "UPDATE record SET sealed = x'00' WHERE kind = 'account'")

    texts = [finding.text for finding in findings(vault_path)]
    assert "The account user_ada has a broken seal." in texts
