"""The file under the vault: what is taken for one, and what the machine does to it."""

import os
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from mfactl.core.account import Stranger
from mfactl.errors import Code, MfactlError
from mfactl.vault import sqlite_file
from mfactl.vault.create import create
from mfactl.vault.keys import FLOOR
from mfactl.vault.sqlite import About, Database
from mfactl.vault.sqlite_file import APPLICATION_ID, SCHEMA
from mfactl.vault.transaction import Draft
from mfactl.vault.vault import Vault, look_at_header
from tests.support.builders import DAY, NOW
from tests.vault.vaults import (
    BEA_TOKEN,
    ada,
    address_id,
    contents,
    edit,
    finish,
    found,
    furnish,
    header_of,
    is_noticed,
    key_file,
    make_minimal,
    opened,
    plan,
    put_header,
    query,
    refused,
    run,
    said,
    start,
    write,
)


def private(path: Path, data: bytes) -> Path:
    path.touch(0o600)
    path.write_bytes(data)
    return path


def test_another_connection_reads_the_same_without_a_lock_and_changes_nothing(
    vault_path: Path,
) -> None:
    with (
        closing(Database(vault_path, called=Path("a name"))) as database,
        database.writing(),
        closing(database.again()) as other,
    ):
        assert other.path == Path("a name")
        assert [*other.records()] == [*database.records()]
        assert [*other.events()] == [*database.events()]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            other.put_header(b"", b"")


# --- what is no vault


def test_where_there_is_no_file_there_is_no_vault(tmp_path: Path) -> None:
    with refused(Code.VAULT_NOT_FOUND):
        Vault(tmp_path / "vault.db", key_file())
    with refused(Code.VAULT_NOT_FOUND):
        Vault(tmp_path / "nowhere" / "vault.db", key_file())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"Dear diary,\n" * 500, b"SQLite format 3\0", b"SQLite format 3\0" + bytes(5000)],
    ids=["empty", "one byte", "text", "magic", "magic and zeros"],
)
def test_a_file_that_is_no_database_is_no_vault_and_stays_as_it_is(
    data: bytes, tmp_path: Path
) -> None:
    path = private(tmp_path / "vault.db", data)

    with refused(Code.VAULT_CORRUPT), told(f"{path} is not an mfactl vault."):
        Vault(path, key_file())

    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_the_database_of_another_program_is_no_vault(tmp_path: Path) -> None:
    path = private(tmp_path / "vault.db", b"")
    for sql in ("CREATE TABLE moz_places (url)", "PRAGMA application_id = 1", *SCHEMA):
        edit(path, sql)
    before = path.read_bytes()

    with refused(Code.VAULT_CORRUPT):
        Vault(path, key_file())
    assert path.read_bytes() == before


def test_a_directory_or_a_pipe_or_a_link_is_no_vault(tmp_path: Path, minimal: Path) -> None:
    (tmp_path / "directory").mkdir(0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "link").symlink_to(minimal)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    for name in ("directory", "pipe", "link", "dangling"):
        with refused(Code.VAULT_PERMISSIONS):
            Vault(tmp_path / name, key_file())


def test_where_sqlite_would_look_for_its_journal_is_no_pipe(minimal: Path) -> None:
    os.mkfifo(f"{minimal}-journal", 0o600)

    with refused(Code.VAULT_PERMISSIONS):
        Vault(minimal, key_file())


def test_a_copy_may_lie_where_others_read_it_and_is_called_by_its_own_name(tmp_path: Path) -> None:
    copy = make_minimal(tmp_path / "copy.db")
    copy.chmod(0o644)
    with closing(Vault(copy, key_file(), is_copy=True)) as vault:
        assert vault.header.vault_id == "vault_here"
    with refused(Code.VAULT_PERMISSIONS):
        Vault(copy, key_file())

    copy.write_bytes(b"Dear diary,\n" * 500)
    with refused(Code.VAULT_CORRUPT), told("on-a-stick.db is not an mfactl vault."):
        Vault(copy, key_file(), is_copy=True, called=tmp_path / "on-a-stick.db")


def test_a_vault_that_others_can_read_or_replace_is_refused(minimal: Path) -> None:
    for mode in (0o640, 0o604, 0o620, 0o602):
        minimal.chmod(mode)
        with refused(Code.VAULT_PERMISSIONS):
            Vault(minimal, key_file())
    minimal.chmod(0o600)
    minimal.parent.chmod(0o770)
    with refused(Code.VAULT_PERMISSIONS):
        Vault(minimal, key_file())
    minimal.parent.chmod(0o700)


ODD = ["a b", "100%", "%41", "a?mode=memory", "a#b", "a&b=c", "é", "\u2028", "'", "file:x", "\n"]


@pytest.mark.parametrize("name", [*ODD, os.fsdecode(b"\xff\xfe.db")])
def test_a_vault_may_have_any_name(name: str, tmp_path: Path) -> None:
    path = make_minimal(tmp_path / name)

    assert found(path) == set()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_vault_may_be_named_from_where_one_is(
    minimal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(minimal.parent)

    assert found(Path("vault.db")) == set()


# --- versions


@pytest.mark.parametrize("version", [2, 3, 2**31 - 1])
def test_a_vault_of_a_newer_format_is_too_new(version: int, minimal: Path) -> None:
    edit(minimal, f"PRAGMA user_version = {version}")
    edit(minimal, "CREATE TABLE something_new (x)")
    before = minimal.read_bytes()

    with refused(Code.VAULT_TOO_NEW):
        Vault(minimal, key_file())
    assert minimal.read_bytes() == before


@pytest.mark.parametrize("version", [0, -1])
def test_a_vault_of_no_format_is_damaged(version: int, minimal: Path) -> None:
    edit(minimal, f"PRAGMA user_version = {version}")

    with refused(Code.VAULT_CORRUPT):
        Vault(minimal, key_file())


def test_a_new_file_says_what_it_is(minimal: Path) -> None:
    assert minimal.read_bytes()[68:72] == b"mfac"
    assert query(minimal, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert query(minimal, "PRAGMA user_version") == [(1,)]


# --- the schema

PLANTED = [
    "CREATE TRIGGER undo AFTER UPDATE ON record BEGIN SELECT 1; END",
    "CREATE TRIGGER undo INSTEAD OF DELETE ON shown BEGIN SELECT 1; END",
    "CREATE VIEW shown AS SELECT * FROM record",
    "CREATE INDEX more ON event (sealed)",
    "CREATE UNIQUE INDEX one_event ON event (subject)",
    "CREATE TABLE more (x)",
    "CREATE VIRTUAL TABLE more USING fts5(x)",
    "ANALYZE",
    "ALTER TABLE record ADD COLUMN more TEXT",
    "ALTER TABLE record RENAME COLUMN lookup TO other",
    "DROP INDEX record_lookup",
    "DROP INDEX event_subject",
    "DROP TABLE event",
    "DROP TABLE header",
]


@pytest.mark.parametrize("sql", PLANTED)
def test_a_schema_that_is_not_ours_is_refused(sql: str, minimal: Path) -> None:
    if "INSTEAD OF" in sql:
        edit(minimal, "CREATE VIEW shown AS SELECT * FROM record")
    edit(minimal, sql)

    with refused(Code.VAULT_CORRUPT):
        Vault(minimal, key_file())


@pytest.mark.parametrize("sql", PLANTED[:8])
def test_what_is_planted_while_the_vault_is_open_is_refused(sql: str, minimal: Path) -> None:
    with opened(minimal) as vault:
        if "INSTEAD OF" in sql:
            edit(minimal, "CREATE VIEW shown AS SELECT * FROM record")
        edit(minimal, sql)
        for begin in (vault.reading, vault.writing):
            with refused(Code.VAULT_CORRUPT), begin():
                pass


def test_a_planted_trigger_that_undoes_a_counter_does_not_get_to_run(vault_path: Path) -> None:
    edit(
        vault_path,
        "CREATE TRIGGER undo AFTER UPDATE ON record WHEN new.kind = 'account' BEGIN"
        " UPDATE record SET sealed = old.sealed, version = old.version WHERE id = old.id; END",
    )

    with refused(Code.VAULT_CORRUPT):
        write(vault_path, ada(), subject=ada().id)


@pytest.mark.parametrize(
    "change",
    [
        "sql = replace(sql, 'TEXT', 'text')",
        "sql = replace(sql, ' STRICT', '')",
        "sql = sql || ' '",
        "sql = CAST(sql AS BLOB)",
        "type = 'INDEX'",
        "tbl_name = 'event'",
    ],
)
@pytest.mark.parametrize("name", ["event", "record_expires"])
def test_a_schema_row_that_is_not_ours_is_refused(change: str, name: str, minimal: Path) -> None:
    before = query(minimal, "SELECT * FROM sqlite_schema")
    with closing(sqlite3.connect(minimal, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        words = ("UPDATE sqlite_schema SET", change, "WHERE name = ?")
        connection.execute(" ".join(words), (name,))
    with suppress(sqlite3.Error):  # SQLite itself refuses some of them
        if query(minimal, "SELECT * FROM sqlite_schema") == before:
            return  # this one has no such words

    with refused(Code.VAULT_CORRUPT):
        Vault(minimal, key_file())


def test_a_schema_that_sqlite_cannot_say_in_text_is_damage(minimal: Path) -> None:
    """SQLite quotes the bytes in its message, and Python cannot decode it."""
    data = minimal.read_bytes()
    minimal.write_bytes(data.replace(b"CREATE TABLE event", b"CREATE \xffABLE event"))

    with refused(Code.VAULT_CORRUPT):
        Vault(minimal, key_file())


# --- journals and modes


def test_a_vault_is_one_file_at_rest(vault_path: Path) -> None:
    write(vault_path, ada(), subject=ada().id)

    assert list(vault_path.parent.iterdir()) == [vault_path]
    assert query(vault_path, "PRAGMA journal_mode") == [("delete",)]


def test_a_vault_that_was_set_to_wal_mode_is_set_back(vault_path: Path) -> None:
    before = contents(vault_path)
    assert query(vault_path, "PRAGMA journal_mode = WAL") == [("wal",)]

    with opened(vault_path) as vault, vault.reading():
        pass

    assert query(vault_path, "PRAGMA journal_mode") == [("delete",)]
    assert list(vault_path.parent.iterdir()) == [vault_path]
    assert contents(vault_path) == before


def test_every_commit_is_synced_and_leaves_no_dropped_row_behind(vault_path: Path) -> None:
    with opened(vault_path) as vault:
        run_pragma = vault._database._connection.execute
        values = [
            run_pragma(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "secure_delete", "trusted_schema", "temp_store")
        ]
        patience = run_pragma("PRAGMA busy_timeout").fetchone()
    assert values == [3, 1, 0, 2]
    assert patience == (1000 * sqlite_file.BUSY_SECONDS,)


def test_a_dropped_row_is_nowhere_in_the_file(vault_path: Path) -> None:
    ((sealed,),) = query(vault_path, "SELECT sealed FROM record WHERE kind = 'account'")
    middle = sealed[600:700]
    assert middle in vault_path.read_bytes()

    write(vault_path, drops=[ada()], subject=ada().id)

    assert middle not in vault_path.read_bytes()


def test_a_transaction_that_was_cut_off_is_rolled_back_when_the_vault_is_opened(
    vault_path: Path, tmp_path: Path
) -> None:
    before = contents(vault_path)
    killed = tmp_path / "killed"
    killed.mkdir(0o700)
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")  # so that pages are written before COMMIT
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM record")
        connection.execute("DELETE FROM event")
        for n in range(50):
            connection.execute("INSERT INTO event VALUES (?, '', NULL, NULL, zeroblob(5000))", (n,))
        for name in ("vault.db", "vault.db-journal"):
            shutil.copy(vault_path.parent / name, killed / name)
    assert (killed / "vault.db").stat().st_size > vault_path.stat().st_size

    assert found(killed / "vault.db") == set()
    assert contents(killed / "vault.db") == before
    assert [entry.name for entry in killed.iterdir()] == ["vault.db"]


# --- what SQLite says


@contextmanager
def told(words: str) -> Iterator[None]:
    """Expects these words in an error that goes on from here."""
    with pytest.raises(MfactlError) as caught:
        yield
    assert words in caught.value.refusals[0].long_message
    raise caught.value


SQL = Callable[[str], sqlite3.Cursor]


def write_much(run: SQL) -> None:
    run("INSERT INTO event VALUES (99, '', NULL, NULL, zeroblob(500000))")


def a_full_file(run: SQL) -> None:
    run("PRAGMA max_page_count = 30")
    write_much(run)


def a_file_that_may_only_be_read(run: SQL) -> None:
    run("PRAGMA query_only = ON")
    write_much(run)


def a_file_system_that_takes_no_more(run: SQL) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        run("PRAGMA cache_size = 1")
        write_much(run)
        run("COMMIT")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def a_directory_where_the_journal_should_be(run: SQL) -> None:
    ((_, _, path),) = run("PRAGMA database_list").fetchall()
    Path(f"{path}-journal").mkdir()
    try:
        write_much(run)
    finally:
        Path(f"{path}-journal").rmdir()


def a_table_that_is_being_read(run: SQL) -> None:
    rows = run("SELECT * FROM record")
    assert rows.fetchone() is not None
    run("DROP TABLE record")


@pytest.mark.parametrize(
    ("act", "code", "words"),
    [
        (a_full_file, Code.IO_ERROR, "database or disk is full"),
        (a_file_that_may_only_be_read, Code.IO_ERROR, "attempt to write a readonly database"),
        (a_file_system_that_takes_no_more, Code.IO_ERROR, "disk I/O error"),
        (a_directory_where_the_journal_should_be, Code.IO_ERROR, "unable to open database file"),
        (a_table_that_is_being_read, Code.VAULT_BUSY, ""),
    ],
)
def test_what_the_machine_refuses_is_told_as_that_and_changes_nothing(
    act: Callable[[SQL], None], code: Code, words: str, vault_path: Path
) -> None:
    before = contents(vault_path)

    with opened(vault_path) as vault, refused(code), told(words), vault.writing():
        act(vault._database._connection.execute)

    assert found(vault_path) == set()  # which undoes what a journal says was half done
    assert contents(vault_path) == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_PERM", Code.IO_ERROR),
        ("SQLITE_BUSY_SNAPSHOT", Code.VAULT_BUSY),
        ("SQLITE_CORRUPT_INDEX", Code.VAULT_CORRUPT),
        (None, Code.VAULT_CORRUPT),
    ],
)
def test_errors_that_take_more_than_a_test_to_make_are_told_by_their_names(
    name: str | None, code: Code, vault_path: Path
) -> None:
    error = sqlite3.OperationalError("as SQLite says it")
    if name is not None:
        error.sqlite_errorname = name

    with opened(vault_path) as vault, refused(code), vault.reading():
        raise error


# --- busy


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_while_another_process_writes_the_vault_is_busy_for_writers_only(
    vault_path: Path,
) -> None:
    before = contents(vault_path)
    holder = start("hold", vault_path)
    assert said(holder) == "held"

    with opened(vault_path) as vault:
        with refused(Code.VAULT_BUSY), vault.writing():
            pass
        with vault.reading() as transaction:
            assert transaction.account(ada().id) is not None

    finish(holder)
    assert contents(vault_path) == before
    write(vault_path, ada(), subject=ada().id)


@pytest.mark.usefixtures("impatient")
def test_a_commit_that_a_reader_keeps_waiting_too_long_leaves_nothing(vault_path: Path) -> None:
    before = contents(vault_path)
    with opened(vault_path) as reader, reader.reading(), refused(Code.VAULT_BUSY):
        write(vault_path, ada(), subject=ada().id)

    assert contents(vault_path) == before
    assert found(vault_path) == set()


@pytest.mark.usefixtures("impatient")
def test_a_vault_that_somebody_locked_altogether_is_busy(vault_path: Path) -> None:
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with refused(Code.VAULT_BUSY):
            Vault(vault_path, key_file())


def test_a_writer_waits_for_another_to_finish(vault_path: Path) -> None:
    holder = start("hold", vault_path)
    assert said(holder) == "held"
    waiting = start("append", vault_path, "w", "1")

    finish(holder)

    assert finish(waiting) == [11]


# --- the machine


def test_a_file_that_says_it_may_not_be_written_is_damaged_and_not_the_machine(
    vault_path: Path,
) -> None:
    data = bytearray(vault_path.read_bytes())
    data[18] = 3
    vault_path.write_bytes(data)
    with opened(vault_path) as vault:
        with vault.reading() as transaction:
            assert transaction.head.number
        with refused(Code.VAULT_CORRUPT), vault.writing() as transaction:
            transaction.commit(Draft(NOW, "sign_in"))


def test_of_a_file_that_cannot_be_read_anew_the_machine_is_told(
    vault_path: Path, tmp_path: Path
) -> None:
    """It goes by another name in errors, and there is nothing of that name."""
    data = bytearray(vault_path.read_bytes())
    data[18] = 3
    vault_path.write_bytes(data)
    with (
        closing(Vault(vault_path, key_file(), called=tmp_path / "nowhere.db")) as vault,
        refused(Code.IO_ERROR),
        vault.writing() as transaction,
    ):
        transaction.commit(Draft(NOW, "sign_in"))


@pytest.mark.usefixtures("impatient")
def test_a_header_that_somebody_holds_is_not_taken_for_none(vault_path: Path) -> None:
    assert look_at_header(vault_path) is not None
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with refused(Code.VAULT_BUSY):
            look_at_header(vault_path)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that may belong to somebody else: nobody else gets through pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_machine_that_refuses_is_an_error_of_the_machine(open_directory: Path) -> None:
    path = furnish(make_minimal(open_directory / "vault.db"))

    outcomes = run("without_rights", path, "600/700", "400/700", "000/700", "600/500", "600/000")

    assert outcomes == [  # reading, writing, making another
        ["done", "done", "done"],
        ["done", "io_error", "done"],
        ["io_error", "io_error", "done"],
        ["done", "io_error", "io_error"],
        ["io_error", "io_error", "io_error"],
    ]


def test_a_full_disk_is_an_error_of_the_machine_and_changes_nothing(vault_path: Path) -> None:
    results = run("fill", vault_path)

    assert [done for done, *_ in results] == ["io_error"] * (len(results) - 1) + ["done"]
    assert [events for _, events, *_ in results] == [11] * (len(results) - 1) + [12]
    assert not any(problems for _, _, problems, _ in results)
    assert all(names == ["vault.db"] for *_, names in results)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")
def test_a_machine_without_the_memory_to_stretch_a_passphrase_is_an_error_of_the_machine(
    tmp_path: Path,
) -> None:
    """A slot within the bounds may ask for 1 GiB, before the header's MAC can be checked."""
    path = tmp_path / "vault.db"
    create(path, plan(secret=b"ten green bottles", cost=FLOOR))
    raw = header_of(path)
    raw["slots"][0]["cost"] = [1024 * 1024, 1, 1]
    put_header(path, raw)

    assert run("stretch_without_memory", path) == ["io_error"]


# --- indexes that lead elsewhere


def lead_elsewhere(path: Path, index: str, entry: bytes, old: int, new: int) -> None:
    """Lets an entry of an index, which ends with the number of its row, lead to another row."""
    ((page,),) = query(path, "SELECT rootpage FROM sqlite_schema WHERE name = ?", (index,))
    data, first = bytearray(path.read_bytes()), (page - 1) * 4096
    place = data.index(entry + bytes([old]), first, first + 4096) + len(entry)
    data[place] = new
    path.write_bytes(data)


def rows_of(path: Path, *identifiers: str) -> tuple[int, int]:
    sql = "SELECT rowid FROM record WHERE id = ?"
    old, new = (query(path, sql, (identifier,))[0][0] for identifier in identifiers)
    return int(old), int(new)


def test_a_token_never_finds_the_client_of_another(vault_path: Path) -> None:
    """Somebody who may run mfactl, and write the file, would have Ada's session."""
    entry = b"client" + BEA_TOKEN.encode()
    rows = rows_of(vault_path, "client_bea", "client_ada")
    lead_elsewhere(vault_path, "record_lookup", entry, *rows)

    with opened(vault_path) as vault, vault.reading() as transaction, refused(Code.VAULT_CORRUPT):
        transaction.client(BEA_TOKEN)
    assert is_noticed(vault_path)


def test_an_address_never_leads_to_the_account_of_another(vault_path: Path) -> None:
    other = ada(id="user_eve", key="eve@example.com")
    write(vault_path, other, subject=other.id)
    place = address_id(vault_path, other.key)
    entry = b"account" + place.encode()
    lead_elsewhere(vault_path, "record_lookup", entry, *rows_of(vault_path, "user_eve", "user_ada"))

    with opened(vault_path) as vault, vault.reading() as transaction, refused(Code.VAULT_CORRUPT):
        transaction.at_address(place)
    assert is_noticed(vault_path)


@pytest.mark.parametrize("number", [4, 5, 10])
@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("event_subject", "has a broken seal."),  # SQLite takes the subject from its index
        ("event_address", "an index leads to a wrong row."),
    ],
)
def test_no_event_of_somebody_else_is_taken_for_ones_own(
    index: str, words: str, number: int, vault_path: Path
) -> None:
    place = address_id(vault_path, ada().key)
    entry = b"user_ada" if index == "event_subject" else place.encode()
    lead_elsewhere(vault_path, index, entry + bytes([number]), number, 7)

    with opened(vault_path) as vault, vault.reading() as transaction:
        with refused(Code.VAULT_CORRUPT), told(words):
            transaction.events_after(0, 99, About("user_ada", place))
        if number == 10:
            with refused(Code.VAULT_CORRUPT):
                transaction.at_address(place)
                transaction.account("user_ada")
    assert is_noticed(vault_path)


@pytest.mark.parametrize("victim", ["client_ada", "user_ada", "stranger_now"])
def test_nothing_is_dropped_that_an_index_says_has_lapsed(victim: str, vault_path: Path) -> None:
    for name, used_at in (("late", NOW - 2 * DAY), ("now", NOW - DAY)):
        stranger = Stranger(f"stranger_{name}", f"{name}@example.com", used_at)
        write(vault_path, stranger, subject=stranger.id, at=NOW - 2 * DAY)
    expires = (NOW - DAY).to_bytes(4, "big")
    rows = rows_of(vault_path, "stranger_late", victim)
    lead_elsewhere(vault_path, "record_expires", expires, *rows)

    with refused(Code.VAULT_CORRUPT):
        write(vault_path, subject="", at=NOW)
    left = "SELECT count(*) FROM record NOT INDEXED WHERE id = ?"
    assert query(vault_path, left, (victim,)) == [(1,)]
