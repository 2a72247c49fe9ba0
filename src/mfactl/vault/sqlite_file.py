"""A vault as a SQLite file: opening it, its schema, transactions, copies.

Guarantees: the stored schema is exactly ours in every transaction; a copy is one consistent view; a
file is overwritten whole or not at all; what may lie where others can write is read as it is, and
nothing beside it is looked at; SQLite's errors leave as ours.
May import: sqlite3, mfactl.errors.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from mfactl.errors import Code, MfactlError, failure

Progress = Callable[[int, int], None]  # how much is done, and of how much


def unseen(_done: int, _of: int) -> None:
    """Nobody watches."""


APPLICATION_ID = 0x6D666163  # "mfac"
BUSY_SECONDS = 10

SCHEMA = (
    "CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL,"
    " mac BLOB NOT NULL) STRICT",
    "CREATE TABLE record (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,"
    " lookup TEXT, account TEXT, expires INTEGER, sealed BLOB NOT NULL,"
    " PRIMARY KEY (kind, id)) STRICT",
    "CREATE UNIQUE INDEX record_lookup ON record (kind, lookup)",
    "CREATE INDEX record_account ON record (account) WHERE account IS NOT NULL",
    "CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL",
    "CREATE TABLE event (number INTEGER PRIMARY KEY, subject TEXT NOT NULL, address TEXT,"
    " client TEXT, sealed BLOB NOT NULL) STRICT",
    "CREATE INDEX event_subject ON event (subject, number)",
    "CREATE INDEX event_address ON event (address, number) WHERE address IS NOT NULL",
    "CREATE INDEX event_client ON event (client, number) WHERE client IS NOT NULL",
)

BESIDE = ("-journal", "-wal")  # what SQLite puts beside a file, and believes when it opens that
WRITE_VERSION, MOST_WRITE_VERSION = 18, 2  # a byte of SQLite's header; 2 is WAL
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")  # at the end: after a super-journal's name
COPIED_PAGES = 1024  # at once, between two words of progress


def _rows_of_schema() -> frozenset[tuple[str | None, ...]]:
    """What sqlite_schema holds: type, name, table and statement. One index is SQLite's own."""
    rows: set[tuple[str | None, ...]] = {("index", "sqlite_autoindex_record_1", "record", None)}
    for statement in SCHEMA:
        made, _, on = statement.partition(" ON ")
        name = made.split()[2] if made.startswith("CREATE TABLE") else made.split()[-1]
        kind = "table" if made.startswith("CREATE TABLE") else "index"
        rows.add((kind, name, on.split()[0] if on else name, statement))
    return frozenset(rows)


_STORED = _rows_of_schema()


def left_beside(path: Path) -> list[Path]:
    """What would change a file of this name when SQLite opens it, whatever was meant by it."""
    names = (path.with_name(path.name + end) for end in BESIDE)
    return [name for name in names if os.path.lexists(name)]


def names_other_files(journal: Path) -> bool:
    """Whether a journal has a record of other files, which SQLite would remove: ours never do."""
    try:
        with journal.open("rb") as file:
            file.seek(-len(JOURNAL_MAGIC), os.SEEK_END)
            return file.read() == JOURNAL_MAGIC
    except OSError:  # there is none, or it is shorter
        return False


class File:
    """One connection to one file. Everything happens inside `reading()` or `writing()`."""

    def __init__(self, path: Path, *, called: Path | None = None, is_copy: bool = False) -> None:
        """Opens an existing file; makes nothing. `called` is its name in errors.

        A copy is read without locks, and never changed: SQLite would obey a journal that somebody
        put beside it, even one that names other files to be removed.
        """
        self.path = called or path
        self._stored_at = path
        mode = "mode=ro&immutable=1" if is_copy else "mode=rw"
        with self.translated():
            self._connection = self._connect(f"{path.absolute().as_uri()}?{mode}")

    def again(self) -> Self:
        """Another connection, for a process that was forked while this one is in a transaction.

        That process must not use this one, and need not lock the file: it cannot change meanwhile.
        """
        return type(self)(self._stored_at, called=self.path, is_copy=True)

    def _connect(self, uri: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in (
            "trusted_schema=OFF",  # a planted view or trigger may call nothing
            "secure_delete=ON",  # what is dropped is overwritten
            "temp_store=MEMORY",
            "journal_mode=DELETE",  # one file at rest; undoes another mode that was set meanwhile
            "synchronous=EXTRA",  # also the removal of the journal outlives a power cut
        ):
            connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise _translate(error, self.path) from None
        except UnicodeDecodeError:  # SQLite quotes a damaged schema, and sqlite3 decodes it
            raise failure(Code.VAULT_CORRUPT, f"The vault {self.path} is damaged.") from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One consistent view, writing nothing."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The one writer. Rolled back unless `commit` was called."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self.translated():
            self._connection.execute(begin)
            try:
                self._check_schema()
                yield
            finally:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):  # the first error is the one to tell
                        self._connection.execute("ROLLBACK")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile, while this connection copies from it and to it."""
        with self.translated():
            run = self._connection.execute
            run("BEGIN EXCLUSIVE")
            try:
                # Inside: a connection of this mode that waits would let no writer finish.
                run("PRAGMA locking_mode = EXCLUSIVE")  # keeps the lock after the transaction
                run("ROLLBACK")
                yield
            finally:
                with suppress(sqlite3.Error):  # the first error is the one to tell
                    run("PRAGMA locking_mode = NORMAL")
                    run("SELECT 1 FROM sqlite_schema").fetchall()  # now it lets go

    def commit(self) -> None:
        """Makes all changes of this transaction durable."""
        with self.translated():
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _check_schema(self) -> None:
        """A planted trigger can undo a change and still report one row changed."""
        run = self._connection.execute
        application = run("PRAGMA application_id").fetchone()[0]
        version = run("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise failure(Code.VAULT_CORRUPT, f"{self.path} is not an mfactl vault.")
        if version > 1:
            raise failure(
                Code.VAULT_TOO_NEW, f"{self.path} has format {version}, made by a newer mfactl."
            )
        stored = run("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
        if version < 1 or len(stored) != len(_STORED) or set(stored) != _STORED:
            raise failure(
                Code.VAULT_CORRUPT, f"The tables of {self.path} are not as mfactl made them."
            )

    @contextmanager
    def making(self) -> Iterator[None]:
        """Gives an empty file our schema, in a transaction that the block has to commit."""
        with self.translated():
            run = self._connection.execute
            run(f"PRAGMA application_id = {APPLICATION_ID}")
            run("PRAGMA user_version = 1")
            run("BEGIN IMMEDIATE")
            for statement in SCHEMA:
                run(statement)
            yield

    def copy_to(self, target: "File", progress: Progress) -> None:
        """Replaces all that `target` holds by what this file holds, in one transaction of its."""

        def watch(status: int, remaining: int, pages: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # sqlite3 would try for ever
                raise failure(Code.VAULT_BUSY)
            progress(pages - remaining, pages)

        with target.translated():
            self._connection.backup(target._connection, pages=COPIED_PAGES, progress=watch)


def _is_of_a_newer_sqlite(path: Path) -> bool:
    """Whether a byte of the file says that this SQLite may not write it; ours never does."""
    try:
        with path.open("rb") as file:
            file.seek(WRITE_VERSION)
            (version,) = file.read(1)
            return int(version) > MOST_WRITE_VERSION
    except (OSError, ValueError):  # it cannot be read, or is shorter
        return False


def _translate(error: sqlite3.Error, path: Path) -> MfactlError:
    name = getattr(error, "sqlite_errorname", "")
    text = str(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return failure(Code.VAULT_BUSY)
    if name == "SQLITE_READONLY" and _is_of_a_newer_sqlite(path):
        return failure(Code.VAULT_CORRUPT, f"The vault {path} is damaged: {text}.")
    if name.startswith(
        ("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
    ):
        return failure(Code.IO_ERROR, f"Cannot use the vault {path}: {text}.")
    if name == "SQLITE_NOTADB":
        return failure(Code.VAULT_CORRUPT, f"{path} is not an mfactl vault.")
    return failure(Code.VAULT_CORRUPT, f"The vault {path} is damaged: {text}.")
