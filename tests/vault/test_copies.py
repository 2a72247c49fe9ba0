"""Copies of the file: one consistent view, replaced whole or not at all."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from mfactl.errors import Code, MfactlError
from mfactl.vault import sqlite_file
from mfactl.vault.sqlite_file import COPIED_PAGES, File, unseen
from tests.vault.reader import read
from tests.vault.vaults import (
    KEY,
    VAULT_ID,
    ada,
    contents,
    copied,
    edit,
    finish,
    found,
    furnish,
    make_minimal,
    opened,
    query,
    refused,
    report_of,
    run,
    said,
    start,
    write,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A place that holds an empty private file."""
    path = tmp_path / "copy.db"
    path.touch(0o600)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)


def copy(path: Path, target: Path) -> None:
    with opened(path) as vault:
        copied(vault, target)


def test_a_copy_holds_what_the_vault_holds(vault_path: Path, target: Path) -> None:
    before = vault_path.read_bytes()

    copy(vault_path, target)

    assert contents(target) == contents(vault_path)
    assert found(target) == set()
    assert read(target, key=KEY).header["vault_id"] == VAULT_ID
    assert vault_path.read_bytes() == before
    assert sorted(entry.name for entry in target.parent.iterdir()) == ["copy.db", "vault.db"]


def test_a_copy_replaces_all_that_was_there(vault_path: Path, tmp_path: Path) -> None:
    other = furnish(make_minimal(tmp_path / "other.db", vault_id="vault_there"))
    for _ in range(20):
        write(other, ada(email="x" * 9000), subject="user_ada")
    assert other.stat().st_size > vault_path.stat().st_size

    copy(vault_path, other)

    assert contents(other) == contents(vault_path)
    assert other.stat().st_size == vault_path.stat().st_size
    assert found(other) == set()


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_a_copy_is_the_same_whatever_the_size_of_its_pages(
    page_size: int, vault_path: Path, target: Path
) -> None:
    for sql in (f"PRAGMA page_size = {page_size}", "VACUUM"):
        edit(vault_path, sql)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("CREATE TABLE other (x)")

    copy(vault_path, target)

    assert contents(target) == contents(vault_path)
    assert found(target) == set()


def test_a_copy_is_of_one_moment(vault_path: Path, target: Path) -> None:
    """Whoever writes while it is made is in it, or in none of it."""
    writers = [start("append", vault_path, name, "20") for name in ("one", "two")]
    said(writers[0])
    for _ in range(5):
        with opened(vault_path) as vault, vault.reading() as transaction:
            number = transaction.head.number
            copied(vault, target)
        report = report_of(target)
        assert (report.findings, report.head.number) == ((), number)
    for writer in writers:
        finish(writer)


def test_the_progress_of_a_copy_is_told_and_ends_with_all_of_it(
    vault_path: Path, target: Path
) -> None:
    write(vault_path, ada(email="x" * 4096 * (COPIED_PAGES + 100)), subject="user_ada")
    told: list[tuple[int, int]] = []
    with opened(vault_path) as vault:
        copied(vault, target, lambda done, of: told.append((done, of)))

    pages = vault_path.stat().st_size // 4096
    assert told == [(COPIED_PAGES, pages), (pages, pages)]


# --- what goes wrong


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "held", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM header"]
)
def test_a_target_that_somebody_uses_is_busy_and_stays_as_it_is(
    held: str, vault_path: Path, tmp_path: Path
) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    before = other.read_bytes()
    with closing(sqlite3.connect(other, isolation_level=None)) as connection:
        for sql in held.split("; "):
            connection.execute(sql).fetchall()
        with refused(Code.VAULT_BUSY):
            copy(vault_path, other)
        connection.execute("ROLLBACK")

    assert other.read_bytes() == before
    assert found(other) == set()
    copy(vault_path, other)
    assert contents(other) == contents(vault_path)


@pytest.mark.usefixtures("impatient")
def test_a_source_that_somebody_locked_altogether_is_busy(vault_path: Path, target: Path) -> None:
    with opened(vault_path) as vault:
        with closing(sqlite3.connect(vault_path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            with refused(Code.VAULT_BUSY):
                copied(vault, target)
        assert target.read_bytes() == b""
        copied(vault, target)
    assert found(target) == set()


def test_a_full_disk_leaves_the_target_as_it_was(vault_path: Path, tmp_path: Path) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    before = other.read_bytes()

    results = run("copy_when_full", vault_path, str(other))

    assert {outcome for outcome, _, _ in results[:-1]} == {"io_error"}
    assert {digest for _, digest, _ in results[:-1]} == {results[0][1]}
    assert all(names == ["other.db", "vault.db"] for *_, names in results)
    assert results[-1][0] == "done"
    assert results[-1][1] != results[0][1]
    assert other.read_bytes() != before
    assert contents(other) == contents(vault_path)


def test_an_interruption_leaves_the_target_as_it_was(vault_path: Path, tmp_path: Path) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    write(vault_path, ada(email="x" * 4096 * (COPIED_PAGES + 100)), subject="user_ada")
    before = other.read_bytes()

    def interrupt(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with opened(vault_path) as vault, pytest.raises(KeyboardInterrupt):
        copied(vault, other, interrupt)

    assert other.read_bytes() == before
    assert found(other) == set()


def test_where_there_is_no_file_nothing_is_made(vault_path: Path, tmp_path: Path) -> None:
    with refused(Code.IO_ERROR):
        copy(vault_path, tmp_path / "nowhere.db")
    assert [entry.name for entry in tmp_path.iterdir()] == ["vault.db"]


def test_a_target_that_is_no_database_is_damaged_and_stays_as_it_is(
    vault_path: Path, target: Path
) -> None:
    target.write_bytes(b"Dear diary,\n" * 500)

    with refused(Code.VAULT_CORRUPT):
        copy(vault_path, target)
    assert target.read_bytes() == b"Dear diary,\n" * 500


def test_a_file_that_is_no_database_cannot_be_copied(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "diary"
    path.write_bytes(b"Dear diary,\n" * 500)

    with refused(Code.VAULT_CORRUPT):
        File(path)


def test_damage_is_copied_as_it_is_and_found_in_the_copy(vault_path: Path, target: Path) -> None:
    """Whoever makes a copy checks the copy."""
    edit(vault_path, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'")

    copy(vault_path, target)

    assert contents(target) == contents(vault_path)
    assert ("account", "user_ada") in found(target)


@pytest.mark.parametrize("page", [2, 5, -1])
def test_a_page_that_was_wiped_is_copied_as_it_is_or_refused(
    page: int, vault_path: Path, target: Path
) -> None:
    data = bytearray(vault_path.read_bytes())
    first = page * 4096 if page > 0 else len(data) - 4096
    data[first : first + 4096] = bytes(4096)
    vault_path.write_bytes(data)

    with closing(File(vault_path)) as source, closing(File(target)) as kept:
        source.copy_to(kept, unseen)

    assert target.read_bytes()[first : first + 4096] == bytes(4096)


def test_a_source_that_was_cut_short_cannot_be_copied_and_leaves_the_target_as_it_was(
    vault_path: Path, tmp_path: Path
) -> None:
    other = make_minimal(tmp_path / "other.db", vault_id="vault_there")
    before = other.read_bytes()
    data = vault_path.read_bytes()

    for length in (99, 100, 4095, 4096, 8192, len(data) - 4096):
        vault_path.write_bytes(data[:length])
        with (
            refused(Code.VAULT_CORRUPT),
            closing(File(vault_path)) as source,
            closing(File(other)) as kept,
        ):
            source.copy_to(kept, unseen)
    assert other.read_bytes() == before
    assert query(other, "PRAGMA integrity_check") == [("ok",)]


def test_whoever_waits_to_hold_a_file_lets_its_writer_finish(vault_path: Path) -> None:
    """Two that wait for each other would both be told that the vault is busy."""
    begun, ends = threading.Event(), list[str]()

    class Watched(File):
        def _prepare(self, connection: sqlite3.Connection) -> None:
            super()._prepare(connection)
            connection.set_trace_callback(lambda sql: begun.set() if "BEGIN" in sql else None)

    def hold() -> None:
        try:
            with closing(Watched(vault_path)) as file, file.held():
                ends.append("held")
        except MfactlError as error:
            ends.append(error.refusals[0].code)

    with closing(sqlite3.connect(vault_path, isolation_level=None, timeout=10)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=hold)
        waiting.start()
        assert begun.wait(10)
        for _ in range(500):  # it has asked for its lock by now
            writer.execute("UPDATE event SET sealed = sealed WHERE number = 1")
        writer.execute("COMMIT")
        waiting.join()
    assert ends == ["held"]
