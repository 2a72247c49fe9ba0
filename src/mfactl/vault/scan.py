"""Reading all rows of a vault, or a part of them, without stopping at what is damaged.

Guarantees: every row comes out, as what it is or as what is wrong with it; memory does not grow
with the vault.
May import: mfactl.core, mfactl.digests and the rest of mfactl.vault.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Self

from mfactl import digests
from mfactl.core.account import Account
from mfactl.vault import patterns, records
from mfactl.vault.records import Event
from mfactl.vault.sealing import Place
from mfactl.vault.sqlite import ALL, Row, Span
from mfactl.vault.transaction import NO_RECORD, Damaged, Mark, Transaction


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

    def spans(self, weights: Sequence[int]) -> list[tuple[Span, Span]]:
        """Parts of about these weights: of `records`, and of `events`."""
        return self._database.spans(weights)

    def records(self, span: Span = ALL) -> Iterator[tuple[Place, str | None]]:
        """The places of records, the head's too, each with what is wrong with what is there."""
        for row in self._database.records(span):
            yield row.place, self._problem(row)

    def _problem(self, row: Row) -> str | None:
        kind = records.KINDS.get(row.place.kind)
        try:
            plaintext = self._open(row)
            if kind is None:
                return None
            address_key, version = self._keys.address, row.place.version
            right = place_within(kind, plaintext, version, address_key) == row.place
        except Damaged as error:
            return error.problem
        except records.Malformed:
            return NO_RECORD
        return None if right else "stands under index values that are not its own"

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


def place_within(kind: Any, data: bytes, version: int, address_key: bytes) -> Place:
    """Where the record of type `kind` in `data` belongs. Raises Malformed."""
    plain = _account_matcher()(data) if kind is Account else None
    if plain is not None:
        identifier, key = plain.groups()
        index = digests.hmac_sha256(address_key, key).hex()
        return Place("account", identifier.decode(), version, index, None, None)
    return records.place_of(records.decode(kind, data), version, address_key)


@cache
def _account_matcher() -> Callable[[bytes], Any]:
    return patterns.matcher(Account, "id", "key")
