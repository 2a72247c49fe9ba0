"""Reading all rows of a vault, or a part of them, without stopping at what is damaged.

Guarantees: every row comes out, as what it is or as what is wrong with it; memory does not grow
with the vault.
May import: mfactl.digests and the rest of mfactl.vault.
"""

from collections.abc import Iterator
from typing import Self

from mfactl import digests
from mfactl.vault import records
from mfactl.vault.records import Event, Record
from mfactl.vault.sealing import Place
from mfactl.vault.sqlite import ALL, Span
from mfactl.vault.transaction import Damaged, Mark, Transaction


class Scan(Transaction):
    """A transaction that reads everything."""

    @classmethod
    def within(cls, transaction: Transaction) -> Self:
        """What a transaction sees that has begun already, and has written nothing."""
        return cls(transaction._database, transaction._unlocked)

    def again(self) -> Self:
        """The same view for a process that was forked from this one, which holds it meanwhile."""
        return type(self)(self._database.again(), self._unlocked)

    def rows(self) -> int:
        """How many records and events there are."""
        return sum(self._database.counts())

    def spans(self, parts: int) -> list[tuple[Span, Span]]:
        """So many parts of about equal size: of `records`, and of `events`."""
        return self._database.spans(parts)

    def records(self, span: Span = ALL) -> Iterator[tuple[Place, Record | Damaged | None]]:
        """Records with their places, or what is wrong with them; the head as None."""
        for row in self._database.records(span):
            try:
                plaintext = self._open(row)
                kind = records.KINDS.get(row.place.kind)
                name, identifier = row.place.kind, row.place.id
                yield row.place, self._decode(kind, plaintext, name, identifier) if kind else None
            except Damaged as error:
                yield row.place, error

    def events(self, span: Span = ALL) -> Iterator[tuple[Event | Damaged, Mark]]:
        """Events in order, or what is wrong with them, each with its place in the chain."""
        for row in self._database.events(span):
            try:
                plaintext = self._open_event(row)
                number = row.place.number
                mark = Mark(number, digests.sha256(plaintext).hex())
                yield self._decode(Event, plaintext, "event", str(number)), mark
            except Damaged as error:
                yield error, Mark(row.place.number, "")

    def mark_before(self, number: int) -> Mark:
        """The place of the event before `number`, as `events` gives it; of the first, the start."""
        row = None if number == ALL[0] else self._database.event_before(number)
        if row is None:
            return Mark(0, self.head.start)
        return next(mark for _, mark in self.events((row.place.number, row.place.number)))

    def file_faults(self) -> list[str]:
        """What SQLite finds wrong with the file itself; empty if nothing."""
        return self._database.file_faults()
