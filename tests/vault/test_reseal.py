"""Sealing everything anew: what reads the same afterwards, and what fits no more.

`change` is a rotation (another data key) or a restore (another branch of the same one).
"""

import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from mfactl.core.account import Stranger
from mfactl.core.lockout import Lockout
from mfactl.errors import Code
from mfactl.vault import header as headers
from mfactl.vault import keys, records, reseal, slots
from mfactl.vault.header import Unlocked
from mfactl.vault.keys import FLOOR, KEY_FILE, PASSPHRASE, SlotPlan
from mfactl.vault.scan import Scan
from mfactl.vault.sealing import EventPlace, Place, SealBroken, open_
from mfactl.vault.sqlite import About
from mfactl.vault.sqlite_file import unseen
from mfactl.vault.transaction import Draft
from mfactl.vault.vault import Vault
from tests.support import builders
from tests.support.builders import DAY, NOW
from tests.vault.reader import read
from tests.vault.vaults import (
    ADA_TOKEN,
    BOB,
    KEY,
    OTHER_KEY,
    VAULT_ID,
    ada,
    ada_signed_in,
    address_id,
    bob,
    branch,
    contents,
    damaged,
    edit,
    everything,
    finish,
    found,
    key_file,
    make_minimal,
    opened,
    passphrase,
    query,
    refused,
    renew,
    report_of,
    rotate,
    run,
    start,
    write,
)

Change = Callable[[Path], Unlocked]
RECORD = "SELECT kind, id, version, lookup, account, expires, sealed FROM record"
EVENT = "SELECT number, subject, address, client, sealed FROM event"
CHANGES = [rotate, branch]


@pytest.fixture(params=CHANGES, ids=lambda change: change.__name__)
def change(request: pytest.FixtureRequest) -> Change:
    made: Change = request.param
    return made


def unlocked_of(path: Path) -> Unlocked:
    with opened(path) as vault:
        return vault.unlocked


# --- what is the same


def test_everything_reads_the_same_and_one_event_tells_of_it(
    change: Change, vault_path: Path
) -> None:
    before = everything(vault_path)

    change(vault_path)

    after = everything(vault_path)
    assert after.records == before.records
    assert after.events[:-1] == before.events
    assert found(vault_path) == set()


def test_the_independent_reader_reads_the_same(change: Change, vault_path: Path) -> None:
    before = read(vault_path, key=KEY)

    change(vault_path)

    after = read(vault_path, key=KEY)
    for seen in (before, after):
        del seen.records["head", "head"], seen.versions["head", "head"]
    assert (after.records, after.versions) == (before.records, before.versions)
    assert (after.events[:-1], after.hashes[:-1]) == (before.events, before.hashes)
    assert after.events[-1]["previous"] == before.hashes[-1]
    assert after.events[-1]["wrote"] == after.events[-1]["dropped"] == []


def test_whoever_looks_for_somebody_finds_him(change: Change, vault_path: Path) -> None:
    change(vault_path)

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.account("user_ada") == ada(lockout=Lockout(1))
        assert transaction.at_address(transaction.address_id(builders.KEY)) == ada(
            lockout=Lockout(1)
        )
        assert transaction.at_address(transaction.address_id(BOB)) == bob()
        assert transaction.client(ADA_TOKEN) == ada_signed_in()


def test_the_vault_goes_on_and_may_be_sealed_anew_again(vault_path: Path) -> None:
    for number, change in enumerate([rotate, branch, branch, rotate]):
        change(vault_path)
        write(vault_path, ada(epoch=number), ada_signed_in(), subject="user_ada")
        write(vault_path, bob(4 + number), subject=bob().id)
        assert found(vault_path) == set()

    assert everything(vault_path).records["account", "user_ada"][1] == ada(epoch=3)
    assert unlocked_of(vault_path).header.generation == 5


def test_the_events_of_somebody_are_found_by_his_address(change: Change, vault_path: Path) -> None:
    def numbers(key: str) -> list[int]:
        with opened(vault_path) as vault, vault.reading() as transaction:
            about = About(None, transaction.address_id(key))
            return [event.number for event, _, _ in transaction.events_after(0, 99, about)]

    before = {key: numbers(key) for key in (builders.KEY, BOB)}
    change(vault_path)

    assert before == {builders.KEY: [2, 3, 4, 5, 10], BOB: [6, 7, 8]}
    assert {key: numbers(key) for key in before} == before


# --- what is not


def test_no_index_value_of_an_address_and_no_sealed_byte_is_what_it_was(
    change: Change, vault_path: Path
) -> None:
    def values() -> tuple[set[object], set[object]]:
        rows, events = query(vault_path, RECORD), query(vault_path, EVENT)
        addresses = {row[3] for row in rows if row[0] in ("account", "stranger")}
        addresses |= {row[2] for row in events if row[2] is not None}
        return addresses, {row[-1] for row in (*rows, *events)}

    addresses, sealed = values()
    change(vault_path)
    new_addresses, new_sealed = values()

    assert len(addresses) == len(new_addresses) == 2
    assert not addresses & new_addresses
    assert len(new_sealed) == len(sealed) + 1
    assert not sealed & new_sealed


def test_the_old_keys_open_nothing(change: Change, vault_path: Path) -> None:
    old = unlocked_of(vault_path)
    new = change(vault_path)

    # With the old branch, and if the new one were known too.
    for these in (old.keys, keys.derive(old.data_key, VAULT_ID, new.header.branch)):
        if these == new.keys:
            continue  # a restore keeps the data key, and whoever has it may go on
        assert not set(these) & set(new.keys)
        for *place, sealed in query(vault_path, RECORD):
            with pytest.raises(SealBroken):
                open_(these.record, sealed, Place(*place), VAULT_ID)
        for *place, sealed in query(vault_path, EVENT):
            with pytest.raises(SealBroken):
                open_(these.event, sealed, EventPlace(*place), VAULT_ID)
        assert query(vault_path, "SELECT mac FROM header") != [(headers.mac(new.body, these),)]


def test_after_a_rotation_the_old_slots_wrap_another_key(vault_path: Path) -> None:
    old = unlocked_of(vault_path)

    new = rotate(vault_path)

    assert keys.unwrap(old.slot, KEY, vault_id=VAULT_ID) == old.data_key != new.data_key
    assert keys.unwrap(new.slot, KEY, vault_id=VAULT_ID) == new.data_key


def test_a_slot_whose_secret_was_not_given_is_gone_after_a_rotation(vault_path: Path) -> None:
    plan = SlotPlan("slot_two", KEY_FILE, None, NOW)
    renew(vault_path, lambda now: slots.with_slot(now, plan, lambda: OTHER_KEY))

    rotate(vault_path)

    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(vault_path, key_file(OTHER_KEY))


def test_after_a_restore_every_slot_goes_on_opening_the_vault(vault_path: Path) -> None:
    for plan, secret in (
        (SlotPlan("slot_two", KEY_FILE, None, NOW), OTHER_KEY),
        (SlotPlan("slot_three", PASSPHRASE, FLOOR, NOW), b"ten green bottles"),
    ):
        renew(vault_path, lambda now, p=plan, s=secret: slots.with_slot(now, p, lambda: s))  # type: ignore[misc]
    before = everything(vault_path)

    branch(vault_path)

    for provide in (key_file(), key_file(OTHER_KEY), passphrase(b"ten green bottles")):
        assert everything(vault_path, provide).records == before.records


def replaced(path: Path, table: str, row: tuple[object, ...]) -> None:
    places = ", ".join("?" * len(row))
    edit(path, " ".join(("INSERT OR REPLACE INTO", table, "VALUES", f"({places})")), row)


def test_no_row_from_before_fits_in(change: Change, vault_path: Path, tmp_path: Path) -> None:
    """Each record, each event: in its place as it was, and in the place it has now."""
    old_rows, old_events = query(vault_path, RECORD), query(vault_path, EVENT)
    change(vault_path)
    copy = tmp_path / "copy.db"

    for row in old_rows:
        for columns in (row, (*query_place(vault_path, row), row[-1])):
            shutil.copy(vault_path, copy)
            replaced(copy, "record", columns)
            assert names_it(copy, str(row[0]), str(row[1]))
    for event in old_events:
        for columns in (event, (*query_event(vault_path, event), event[-1])):
            shutil.copy(vault_path, copy)
            replaced(copy, "event", columns)
            assert names_it(copy, "event", str(event[0]))


def query_place(path: Path, row: tuple[object, ...]) -> tuple[object, ...]:
    (now,) = query(path, RECORD + " WHERE kind = ? AND id = ?", row[:2])
    return now[:-1]


def query_event(path: Path, event: tuple[object, ...]) -> tuple[object, ...]:
    (now,) = query(path, EVENT + " WHERE number = ?", event[:1])
    return now[:-1]


def names_it(path: Path, kind: str, identifier: str) -> bool:
    """Whether the check names the record or event, or cannot read the vault for its head."""
    if kind == "head":
        with refused(Code.VAULT_CORRUPT):
            report_of(path)
        return True
    broken = {(f.kind, f.id) for f in report_of(path).findings if f.problem == "has a broken seal"}
    return (kind, identifier) in broken


def test_a_header_from_before_does_not_fit_in(change: Change, vault_path: Path) -> None:
    (older,) = query(vault_path, "SELECT body, mac FROM header")
    change(vault_path)

    edit(vault_path, "UPDATE header SET body = ?, mac = ?", older)

    with opened(vault_path) as vault, refused(Code.VAULT_CORRUPT), vault.reading():
        pass


def test_a_row_of_the_history_that_was_given_up_is_refused(
    vault_path: Path, tmp_path: Path
) -> None:
    """The same data key, the same numbers: without a branch of its own it would fit."""
    given_up = tmp_path / "given-up.db"
    shutil.copy(vault_path, given_up)
    branch(vault_path)
    write(given_up, ada(epoch=7), ada_signed_in(), subject="user_ada")
    write(vault_path, ada(), ada_signed_in(), subject="user_ada")
    write(given_up, ada(epoch=8), ada_signed_in(), subject="user_ada")
    whole = vault_path.read_bytes()

    for kind in ("account", "client", "head"):
        there, here = (
            query(path, RECORD + " WHERE kind = ? AND id LIKE '%a%'", (kind,))[0]
            for path in (given_up, vault_path)
        )
        assert there[:3] == here[:3]
        for columns in (there, (*here[:-1], there[-1])):
            replaced(vault_path, "record", columns)
            assert names_it(vault_path, str(here[0]), str(here[1]))
            with (
                opened(vault_path) as vault,
                refused(Code.VAULT_CORRUPT),
                vault.reading() as transaction,
            ):
                transaction.account("user_ada")
                transaction.client(ADA_TOKEN)
            vault_path.write_bytes(whole)
    for number in (11, 12):
        replaced(vault_path, "event", query(given_up, EVENT + f" WHERE number = {number}")[0])
        assert names_it(vault_path, "event", str(number))
        vault_path.write_bytes(whole)


# --- addresses at which there is nobody


EVE = "eve@example.com"


def events_at(path: Path, key: str) -> list[int]:
    with opened(path) as vault, vault.reading() as transaction:
        about = About(None, transaction.address_id(key))
        return [event.number for event, _, _ in transaction.events_after(0, 99, about)]


def test_the_address_of_an_event_about_nobody_is_found_no_more_and_linked_with_nothing(
    change: Change, vault_path: Path
) -> None:
    eve = address_id(vault_path, EVE)
    for _ in range(2):
        write(vault_path, address=eve, happened="sign_in")
    assert events_at(vault_path, EVE) == [11, 12]

    change(vault_path)

    rows = query(vault_path, EVENT + " WHERE number IN (11, 12)")
    assert rows[0][2] == rows[1][2] not in (None, eve, address_id(vault_path, EVE))
    assert events_at(vault_path, EVE) == []
    assert found(vault_path) == set()


@pytest.mark.parametrize("was", ["account", "stranger"])
def test_the_address_of_somebody_who_is_gone_is_linked_with_nothing_and_may_be_taken_again(
    was: str, change: Change, vault_path: Path
) -> None:
    holder = ada() if was == "account" else bob()
    write(vault_path, drops=[holder], subject=holder.id)
    before = {row[2] for row in query(vault_path, EVENT)} - {None}

    change(vault_path)

    assert not before & {row[2] for row in query(vault_path, EVENT)}
    assert events_at(vault_path, holder.key) == []
    again = Stranger("stranger_again", holder.key, NOW)
    write(vault_path, again, subject=again.id)
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.at_address(transaction.address_id(holder.key)) == again
    assert found(vault_path) == set()


def test_the_address_of_a_stranger_that_lapsed_is_linked_with_nothing(
    change: Change, vault_path: Path
) -> None:
    eve = Stranger("stranger_eve", EVE, NOW - 2 * DAY)
    write(vault_path, eve, subject=eve.id, at=NOW - 2 * DAY)
    write(vault_path, at=NOW)
    assert events_at(vault_path, EVE) == [11]

    change(vault_path)

    assert events_at(vault_path, EVE) == []
    assert found(vault_path) == set()


# --- the head


def test_the_head_counts_the_seals_of_the_present_keys(change: Change, vault_path: Path) -> None:
    records_and_events = 5 + 10
    change(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.head.seals == records_and_events + 2  # its own event, and the head
    write(vault_path, ada(), ada_signed_in(), subject="user_ada")
    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.head.seals == records_and_events + 2 + 4


def test_the_head_keeps_where_the_chain_begins_and_what_ends_sessions(
    change: Change, vault_path: Path
) -> None:
    with opened(vault_path) as vault, vault.reading() as transaction:
        before = transaction.head
    change(vault_path)
    with opened(vault_path) as vault, vault.reading() as transaction:
        after = transaction.head

    assert (after.start, after.epoch, after.records) == (
        before.start,
        before.epoch,
        before.records,
    )
    assert (after.number, after.generation) == (11, 2)
    assert after.sum != before.sum


def test_every_session_may_be_ended_in_the_same_transaction(vault_path: Path) -> None:
    """As a restore does: the head's epoch moves."""
    with opened(vault_path) as vault, vault.writing() as transaction:
        epoch = transaction.head.epoch
        renewed = slots.branched(vault.unlocked)
        transaction = vault.adopt(transaction, renewed, unseen, ends_sessions=True)
        transaction.commit(Draft(NOW, "vault_restore"))

    with opened(vault_path) as vault, vault.reading() as transaction:
        assert transaction.head.epoch == epoch + 1
    assert found(vault_path) == set()


# --- all or nothing


class Interrupted(Exception):
    pass


def test_what_is_not_committed_leaves_nothing_and_the_open_vault_goes_on(
    change: Change, vault_path: Path
) -> None:
    before = contents(vault_path)
    anew = slots.branched if change is branch else lambda n: slots.rotated(n, {"slot_one": KEY})

    with opened(vault_path) as vault:
        was = vault.unlocked
        with suppress(Interrupted), vault.writing() as transaction:
            vault.adopt(transaction, anew(vault.unlocked), unseen)
            raise Interrupted
        assert contents(vault_path) == before
        with vault.reading() as transaction:
            assert transaction.account("user_ada") is not None
        assert vault.unlocked == was
    assert found(vault_path) == set()


BREAKS = [  # each with the record or event that it breaks
    ("UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'", "account", "user_ada"),
    ("UPDATE record SET sealed = zeroblob(300) WHERE id = 'client_bea'", "client", "client_bea"),
    ("UPDATE record SET version = 2 WHERE kind = 'stranger'", "stranger", "stranger_bob"),
    ("UPDATE record SET lookup = 'x' WHERE kind = 'stranger'", "stranger", "stranger_bob"),
    ("UPDATE record SET sealed = x'' WHERE kind = 'pepper'", "pepper", "pepper"),
    ("UPDATE event SET sealed = zeroblob(300) WHERE number = 1", "event", "1"),
    ("UPDATE event SET address = NULL WHERE number = 7", "event", "7"),
    ("UPDATE event SET client = 'client_bea' WHERE number = 4", "event", "4"),
    ("INSERT INTO record VALUES ('A', 'x', 1, NULL, NULL, NULL, x'00')", "A", "x"),
    ("INSERT INTO record VALUES ('', 'A', 1, NULL, NULL, NULL, x'00')", "", "A"),
    ("INSERT INTO record VALUES ('badge', 'x', 1, NULL, NULL, NULL, x'00')", "badge", "x"),
]


@pytest.mark.parametrize(("sql", "kind", "identifier"), BREAKS)
def test_a_broken_seal_stops_it_and_changes_nothing(
    sql: str, kind: str, identifier: str, change: Change, vault_path: Path
) -> None:
    edit(vault_path, sql)
    before = contents(vault_path)

    with damaged(kind, identifier, "has a broken seal"):
        change(vault_path)

    assert contents(vault_path) == before


@pytest.mark.parametrize(("kind", "identifier"), [("account", "user_ada"), ("head", "head")])
def test_a_record_that_does_not_change_when_it_is_written_stops_it(
    kind: str, identifier: str, change: Change, vault_path: Path
) -> None:
    """Nobody else can write meanwhile, so this would be a bug; a trigger of the transaction's own
    connection stands in for it."""
    before = contents(vault_path)
    with opened(vault_path) as vault:
        vault._database._connection.execute(
            "CREATE TEMP TRIGGER keep BEFORE UPDATE ON record"
            f" WHEN new.kind = '{kind}' BEGIN SELECT RAISE(IGNORE); END"
        )
        with (
            damaged(kind, identifier, "did not change when it was written"),
            vault.writing() as transaction,
        ):
            vault.adopt(transaction, slots.branched(vault.unlocked), unseen)
    assert contents(vault_path) == before


def test_a_full_disk_stops_a_rotation_and_changes_nothing(vault_path: Path) -> None:
    results = run("rotate_when_full", vault_path)

    assert {outcome for outcome, *_ in results[:-1]} == {"io_error"}
    assert {(events, problems) for _, events, problems, _ in results[:-1]} == {(11, 0)}
    assert results[-1] == ["done", 12, 0, ["vault.db"]]
    assert all(names == ["vault.db"] for *_, names in results)


# --- others, meanwhile


def test_whoever_has_the_vault_open_meanwhile_unlocks_again(
    change: Change, vault_path: Path
) -> None:
    with opened(vault_path) as other:
        with other.reading() as transaction:
            before = transaction.account("user_ada")
        change(vault_path)
        with other.writing() as transaction:
            assert transaction.account("user_ada") == before
            transaction.put(ada(epoch=9))
            transaction.commit(Draft(NOW, "sign_in", "user_ada"))

    assert found(vault_path) == set()


def test_whoever_has_no_slot_after_a_rotation_reads_nothing_more(vault_path: Path) -> None:
    plan = SlotPlan("slot_two", KEY_FILE, None, NOW)
    renew(vault_path, lambda now: slots.with_slot(now, plan, lambda: OTHER_KEY))

    with opened(vault_path, key_file(OTHER_KEY)) as other:
        rotate(vault_path)
        for begin in (other.reading, other.writing):
            with refused(Code.VAULT_KEY_INCORRECT), begin():
                pass


def test_writers_and_rotations_at_once_lose_nothing(vault_path: Path) -> None:
    writers = [start("append", vault_path, name, "15") for name in ("one", "two")]
    for _ in range(5):
        rotate(vault_path)

    numbers = [number for writer in writers for number in finish(writer)]

    report = report_of(vault_path)
    assert report.findings == ()
    assert len({*numbers}) == 30
    assert (report.events, report.counts["stranger"]) == (10 + 30 + 5, 31)


# --- many rows


def fill(path: Path, count: int, each: int = 20) -> None:
    """Adds strangers up to a number, some in each transaction."""
    with opened(path) as vault:
        vault._database._connection.execute("PRAGMA synchronous = OFF")  # no power cut here
        ((there,),) = query(path, "SELECT count(*) FROM record WHERE kind = 'stranger'")
        for first in range(there, count, each):
            with vault.writing() as transaction:
                for number in range(first, first + each):
                    name = f"{number:06}"
                    transaction.put(Stranger(f"stranger_{name}", f"{name}@example.com", NOW))
                transaction.commit(Draft(NOW, "sign_in", f"stranger_{first:06}"))


def test_a_vault_of_many_pages_of_rows_is_sealed_anew_whole(change: Change, minimal: Path) -> None:
    """More records and more events than are read at once."""
    fill(minimal, 2 * reseal.PAGE_ROWS + 40, each=2)
    before = everything(minimal)
    assert len(before.events) > reseal.PAGE_ROWS

    change(minimal)

    after = everything(minimal)
    assert after.records == before.records
    assert after.events[:-1] == before.events
    assert found(minimal) == set()


def test_the_progress_is_told_and_only_rises(minimal: Path) -> None:
    fill(minimal, 600)
    told: list[tuple[int, int]] = []
    with opened(minimal) as vault, vault.writing() as transaction:
        rows = Scan.within(transaction).rows()
        new = slots.branched(vault.unlocked)
        vault.adopt(transaction, new, lambda done, of: told.append((done, of)))

    assert told == sorted(told)
    assert {of for _, of in told} == {rows}
    assert all(0 < done <= of for done, of in told)
    assert len(told) >= 4


@pytest.fixture
def traced() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Measures how many bytes a call has in use at its peak beyond those before it."""

    def peak_of(act: Callable[[], object]) -> int:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        act()
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    yield peak_of
    tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.soak
def test_the_memory_it_takes_does_not_grow_with_the_vault(
    tmp_path: Path,
    traced: Callable[[Callable[[], object]], int],
    soak: bool,
    tally: Callable[[str, int], None],
) -> None:
    many = 40_000 if soak else 4_000
    path = make_minimal(tmp_path / "vault.db")
    fill(path, 200)
    report_of(path)
    rotate(path)  # whatever is imported or remembered for good is so now
    fill(path, many)
    tally("rows sealed anew in constant memory", many + many // 20)

    for act in (report_of, rotate):
        assert traced(partial(act, path)) < 1 << 20  # all rows at once take three times that


def test_the_blind_index_of_nobody_is_that_of_the_old_value(vault_path: Path) -> None:
    """As the format says, so that another program re-seals alike."""
    old = address_id(vault_path, EVE)
    write(vault_path, address=old)

    new = rotate(vault_path)

    ((address,),) = query(vault_path, "SELECT address FROM event WHERE number = 11")
    assert address == records.blind_index(old, new.keys.address)
