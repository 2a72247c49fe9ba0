"""All SQL: get, find, put, drop, append and scan, in a transaction.

Guarantees: rows go in and out as they are (sealing is not known here); a statement that has to
change one row changes one; the stored schema is exactly ours; SQLite's errors leave as ours. A
second engine could stand beside this file.
May import: sqlite3, mfactl.errors and mfactl.vault.sealing.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from mfactl.errors import Code, MfactlError, failure
from mfactl.vault.sealing import Place

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
    " sealed BLOB NOT NULL) STRICT",
    "CREATE INDEX event_subject ON event (subject, number)",
    "CREATE INDEX event_address ON event (address, number) WHERE address IS NOT NULL",
)

_ROW = "kind, id, version, lookup, account, expires, sealed"


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


class Row(NamedTuple):
    """A sealed record and the place it claims to belong to."""

    place: Place
    sealed: object  # bytes, unless the row is damaged


class EventRow(NamedTuple):
    """A sealed event, its number, its subject and the blind index of the subject's address."""

    number: int
    subject: str
    address: str | None
    sealed: object  # bytes, unless the row is damaged


class Database:
    """One connection to one file. Everything happens inside `reading()` or `writing()`."""

    def __init__(self, path: Path) -> None:
        """Opens an existing file; makes nothing."""
        self.path = path
        with self.translated():
            uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
            self._connection = self._connect(uri)

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

    def header(self) -> tuple[bytes, bytes] | None:
        """The header's body and MAC."""
        row = self._connection.execute("SELECT body, mac FROM header").fetchone()
        return None if row is None else (row[0], row[1])

    def put_header(self, body: bytes, mac: bytes) -> None:
        """Stores the header."""
        self._connection.execute("INSERT OR REPLACE INTO header VALUES (1, ?, ?)", (body, mac))

    def get(self, kind: str, identifier: str) -> Row | None:
        """The record with this id."""
        return self._one("kind = ? AND id = ?", (kind, identifier))

    def find(self, kind: str, lookup: str) -> Row | None:
        """The record with this index value."""
        return self._one("kind = ? AND lookup = ?", (kind, lookup))

    def _one(self, where: str, values: tuple[str, str]) -> Row | None:
        sql = f"SELECT {_ROW} FROM record WHERE {where}"  # noqa: S608 - constants only
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else Row(Place(*row[:6]), row[6])

    def lapsed(self, now: int, most: int) -> list[Row]:
        """A few records that may be dropped, the longest lapsed first."""
        sql = f"SELECT {_ROW} FROM record WHERE expires < ? ORDER BY expires LIMIT ?"  # noqa: S608
        rows = self._connection.execute(sql, (now, most)).fetchall()
        return [Row(Place(*row[:6]), row[6]) for row in rows]

    def insert(self, place: Place, sealed: bytes) -> None:
        """Stores a record that is new."""
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", (*place, sealed)
        )

    def replace(self, place: Place, sealed: bytes, replaces: int) -> bool:
        """Stores a record in place of version `replaces`; False if that is not what is there."""
        changed = self._connection.execute(
            "UPDATE record SET version = ?, lookup = ?, account = ?, expires = ?, sealed = ?"
            " WHERE kind = ? AND id = ? AND version = ?",
            (*place[2:], sealed, place.kind, place.id, replaces),
        )
        return changed.rowcount == 1

    def drop(self, kind: str, identifier: str, version: int) -> bool:
        """Removes one version of a record; False if that is not what is there."""
        dropped = self._connection.execute(
            "DELETE FROM record WHERE kind = ? AND id = ? AND version = ?",
            (kind, identifier, version),
        )
        return dropped.rowcount == 1

    def append(self, row: EventRow) -> None:
        """Stores an event."""
        self._connection.execute("INSERT INTO event VALUES (?, ?, ?, ?)", row)

    def event(self, number: int) -> EventRow | None:
        """The event with this number."""
        row = self._connection.execute("SELECT * FROM event WHERE number = ?", (number,)).fetchone()
        return None if row is None else EventRow(*row)

    def newest_event(self, subject: str) -> EventRow | None:
        """The newest event about a subject."""
        return self._newest("subject = ?", subject)

    def newest_event_at(self, address: str) -> EventRow | None:
        """The newest event about whoever was at an address, given by its blind index."""
        return self._newest("address = ?", address)

    def _newest(self, where: str, value: str) -> EventRow | None:
        sql = f"SELECT * FROM event WHERE {where} ORDER BY number DESC LIMIT 1"  # noqa: S608
        row = self._connection.execute(sql, (value,)).fetchone()
        return None if row is None else EventRow(*row)

    def records(self) -> Iterator[Row]:
        """Every record, ordered by kind and id."""
        sql = f"SELECT {_ROW} FROM record ORDER BY kind, id"  # noqa: S608 - constants only
        for row in self._connection.execute(sql):
            yield Row(Place(*row[:6]), row[6])

    def events(self) -> Iterator[EventRow]:
        """Every event, oldest first."""
        for row in self._connection.execute("SELECT * FROM event ORDER BY number"):
            yield EventRow(*row)

    def file_faults(self) -> list[str]:
        """What SQLite finds wrong with the file itself; empty if nothing."""
        rows = self._connection.execute("PRAGMA integrity_check(20)").fetchall()
        return [str(row[0]) for row in rows if row[0] != "ok"]


@contextmanager
def created(path: Path) -> Iterator[Database]:
    """A new file with our schema, in a transaction that the block has to commit."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    database = Database(path)
    try:
        with database.translated():
            run = database._connection.execute
            run(f"PRAGMA application_id = {APPLICATION_ID}")
            run("PRAGMA user_version = 1")
            run("BEGIN IMMEDIATE")
            for statement in SCHEMA:
                run(statement)
            yield database
    finally:
        database.close()


def _translate(error: sqlite3.Error, path: Path) -> MfactlError:
    name = getattr(error, "sqlite_errorname", "")
    text = str(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return failure(Code.VAULT_BUSY)
    if name.startswith(
        ("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
    ):
        return failure(Code.IO_ERROR, f"Cannot use the vault {path}: {text}.")
    if name == "SQLITE_NOTADB":
        return failure(Code.VAULT_CORRUPT, f"{path} is not an mfactl vault.")
    return failure(Code.VAULT_CORRUPT, f"The vault {path} is damaged: {text}.")
