"""The statements: get, find, put, drop, append and scan, in a transaction.

Guarantees: rows go in and out as they are (sealing is not known here); a row that is found is the
one that was asked for; a statement that has to change one row changes one. With `sqlite_file`, this
is all SQL: a second engine could stand beside the two.
May import: mfactl.vault.sqlite_file, mfactl.vault.sealing and mfactl.errors.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault.sealing import EventPlace, Place
from mfactl.vault.sqlite_file import File

_ROW = "kind, id, version, lookup, account, expires, sealed"


class Row(NamedTuple):
    """A sealed record and the place it claims to belong to."""

    place: Place
    sealed: object  # bytes, unless the row is damaged


class EventRow(NamedTuple):
    """A sealed event and the place it claims to belong to."""

    place: EventPlace
    sealed: object  # bytes, unless the row is damaged


class About(NamedTuple):
    """Whom events are about: the id of an account, the blind index of an address, or both."""

    subject: str | None
    address: str | None


Span = tuple[int, int]  # of numbers, both ends included
ALL: Span = (-(2**63), 2**63 - 1)  # SQLite's integers
NOTHING: Span = (0, -1)


def _cut(bounds: tuple[int | None, int | None], weights: Sequence[int]) -> list[Span]:
    """All integers, cut so that those within the bounds are shared out by the weights."""
    first, last = (bound or 0 for bound in bounds)
    first = max(first, ALL[0] + 1)  # below the first cut there is a number
    *before, whole = accumulate(weights)
    cuts = [first + (last + 1 - first) * weight // whole for weight in before]
    return [*zip([ALL[0], *cuts], [*(cut - 1 for cut in cuts), ALL[1]], strict=True)]


class Database(File):
    """The rows of one vault. Everything happens inside `reading()` or `writing()`."""

    def header(self) -> tuple[bytes, bytes] | None:
        """The header's body and MAC."""
        row = self._connection.execute("SELECT body, mac FROM header").fetchone()
        return None if row is None else (row[0], row[1])

    def put_header(self, body: bytes, mac: bytes) -> None:
        """Stores the header."""
        self._connection.execute("INSERT OR REPLACE INTO header VALUES (1, ?, ?)", (body, mac))

    def get(self, kind: str, identifier: str) -> Row | None:
        """The record with this id."""
        row = self._one("kind = ? AND id = ?", (kind, identifier))
        self._expect(row is None or row.place[:2] == (kind, identifier))
        return row

    def find(self, kind: str, lookup: str) -> Row | None:
        """The record with this index value."""
        row = self._one("kind = ? AND lookup = ?", (kind, lookup))
        self._expect(row is None or (row.place.kind, row.place.lookup) == (kind, lookup))
        return row

    def _expect(self, *asked_for: bool) -> None:
        """An index is not sealed, and may lead to a row that is not the one that was asked for.

        Where SQLite takes a column from the index, that row's seal breaks; elsewhere this tells.
        """
        if not all(asked_for):
            detail = f"The vault {self.path} is damaged: an index leads to a wrong row."
            raise failure(Code.VAULT_CORRUPT, detail)

    def _one(self, where: str, values: tuple[str, str]) -> Row | None:
        sql = f"SELECT {_ROW} FROM record WHERE {where}"  # noqa: S608 - constants only
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else _row(row)

    def lapsed(self, now: int, most: int) -> list[Row]:
        """A few records that may be dropped, the longest lapsed first."""
        sql = f"SELECT {_ROW} FROM record WHERE expires < ? ORDER BY expires LIMIT ?"  # noqa: S608
        rows = [_row(row) for row in self._connection.execute(sql, (now, most)).fetchall()]
        self._expect(*(type(row.place.expires) is int and row.place.expires < now for row in rows))
        return rows

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
        self._connection.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?)", (*row.place, row.sealed)
        )

    def event(self, number: int) -> EventRow | None:
        """The event with this number."""
        return self._event("number", number)

    def newest_number(self) -> int:
        """The number of the newest event; 0 if there is none."""
        row = self._connection.execute("SELECT max(number) FROM event").fetchone()
        return row[0] or 0

    def newest_event(self, subject: str) -> EventRow | None:
        """The newest event about a subject."""
        return self._event("subject", subject)

    def newest_event_at(self, address: str) -> EventRow | None:
        """The newest event about whoever was at an address, given by its blind index."""
        return self._event("address", address)

    def newest_event_of(self, client: str) -> EventRow | None:
        """The newest event that a client asked for."""
        return self._event("client", client)

    def _event(self, column: str, value: str | int) -> EventRow | None:
        sql = f"SELECT * FROM event WHERE {column} = ? ORDER BY number DESC LIMIT 1"  # noqa: S608
        found = self._connection.execute(sql, (value,)).fetchone()
        if found is None:
            return None
        row = _event_row(found)
        self._expect(getattr(row.place, column) == value)
        return row

    def records(self, span: Span = ALL) -> Iterator[Row]:
        """The records in a span of row numbers, in the order of the file."""
        sql = f"SELECT {_ROW} FROM record WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608
        return map(_row, self._connection.execute(sql, span))

    def events(self, span: Span = ALL) -> Iterator[EventRow]:
        """The events in a span of numbers, oldest first."""
        sql = "SELECT * FROM event WHERE number BETWEEN ? AND ? ORDER BY number"
        return map(_event_row, self._connection.execute(sql, span))

    def event_before(self, number: int) -> EventRow | None:
        """The newest event with a lower number."""
        sql = "SELECT * FROM event WHERE number < ? ORDER BY number DESC LIMIT 1"
        found = self._connection.execute(sql, (number,)).fetchone()
        return None if found is None else _event_row(found)

    def spans(self, weights: Sequence[int]) -> list[tuple[Span, Span]]:
        """Parts of about these weights: of the records' row numbers and of event numbers."""
        records, events = (
            self._connection.execute(f"SELECT min({number}), max({number}) FROM {table}").fetchone()  # noqa: S608
            for table, number in (("record", "rowid"), ("event", "number"))
        )
        return [*zip(_cut(records, weights), _cut(events, weights), strict=True)]

    def counts(self) -> tuple[int, int]:
        """How many records and events there are."""
        run = self._connection.execute
        records, events = (
            run(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - constants only
            for table in ("record", "event")
        )
        return records, events

    def records_after(self, after: tuple[str, str], most: int) -> list[Row]:
        """Records in the order of kind and id, from the one after `after` on."""
        sql = f"SELECT {_ROW} FROM record WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?"  # noqa: S608
        return [_row(row) for row in self._connection.execute(sql, (*after, most)).fetchall()]

    def events_after(self, after: int, most: int, about: About | None = None) -> list[EventRow]:
        """Events in their order, from the one after `after` on; all, or those about one."""
        where = "number > ?"
        values: list[object] = [after]
        if about is not None:
            where += " AND (subject = ? OR address = ?)"
            values += [*about]
        sql = f"SELECT * FROM event WHERE {where} ORDER BY number LIMIT ?"  # noqa: S608
        found = self._connection.execute(sql, (*values, most)).fetchall()
        rows = [_event_row(row) for row in found]
        if about is not None:
            self._expect(*(_is_about(row.place, about) for row in rows))
        return rows

    def replace_event(self, row: EventRow) -> None:
        """Stores an event in another seal, under another index value."""
        self._connection.execute(
            "UPDATE event SET address = ?, sealed = ? WHERE number = ?",
            (row.place.address, row.sealed, row.place.number),
        )

    def file_faults(self) -> list[str]:
        """What SQLite finds wrong with the file itself; empty if nothing."""
        rows = self._connection.execute("PRAGMA integrity_check(20)").fetchall()
        return [str(row[0]) for row in rows if row[0] != "ok"]


def _is_about(place: EventPlace, about: About) -> bool:
    return place.subject == about.subject or place.address == about.address is not None


def _row(values: tuple[Any, ...]) -> Row:
    return Row(Place(*values[:6]), values[6])


def _event_row(values: tuple[Any, ...]) -> EventRow:
    return EventRow(EventPlace(*values[:4]), values[4])
