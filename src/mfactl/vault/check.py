"""Reading everything: is each record what was sealed, and is none missing, old or added?

Guarantees: one pass over records and events in constant memory. The events' own account of which
versions they wrote and dropped must add up to the same sum as the live records and as the head;
only if it does not, a second pass finds the records by name.
May import: mfactl.errors and the rest of mfactl.vault.
"""

from mfactl.named_tuple import NamedTuple
from mfactl.vault import records
from mfactl.vault.keys import Keys
from mfactl.vault.records import Event, Record
from mfactl.vault.sealing import Place
from mfactl.vault.sqlite_file import Progress, unseen
from mfactl.vault.transaction import Damaged, Mark, Transaction
from mfactl.vault.vault import Vault

TOLD_EVERY = 1000  # rows between two words of progress


class Finding(NamedTuple):
    """One thing that is wrong, by the kind and id of the record it is wrong with."""

    kind: str
    id: str
    problem: str

    @property
    def text(self) -> str:
        """What is wrong, as one sentence."""
        named = self.id != self.kind  # there is one file, one head and one pepper
        name = f"{self.kind} {self.id}" if named else f"vault's {self.kind}"
        return f"The {name} {self.problem}."


class Report(NamedTuple):
    """What was read, and what was found."""

    counts: dict[str, int]
    events: int
    head: Mark
    findings: tuple[Finding, ...]


class _Tally(NamedTuple):
    records: int
    total: int


def check(vault: Vault, progress: Progress = unseen) -> Report:
    """Reads the whole vault. Raises only if it cannot be read at all."""
    with vault.reading() as transaction:
        return check_within(transaction, vault.unlocked.keys, progress)


def check_within(transaction: Transaction, keys: Keys, progress: Progress = unseen) -> Report:
    """The same, as a transaction sees the vault that has begun already."""
    return _Checker(transaction, keys, progress).run()


def check_chain(transaction: Transaction, keys: Keys, progress: Progress = unseen) -> Report:
    """Reads the events only: their seals, the chain, and that the head ends it."""
    return _Checker(transaction, keys, progress).run_chain()


class _Checker:
    def __init__(self, transaction: Transaction, keys: Keys, progress: Progress) -> None:
        self._transaction = transaction
        self._keys = keys
        self._progress = progress
        self._read = 0
        self._findings: list[Finding] = []
        self._counts = dict.fromkeys(records.KINDS, 0)
        self._rows = transaction.rows()

    def run(self) -> Report:
        head = self._transaction.head
        for fault in self._transaction.file_faults():
            self._find("file", "file", fault)
        live = self._walk_records()
        told, events = self._walk_events()
        of_head = _Tally(head.records, int(head.sum, 16))
        if not (live == told == of_head):
            self._locate(live, of_head)
        return self._report(events)

    def run_chain(self) -> Report:
        return self._report(self._walk_events()[1])

    def _report(self, events: int) -> Report:
        head = self._transaction.head
        return Report(self._counts, events, Mark(head.number, head.hash), tuple(self._findings))

    def _tell(self) -> None:
        self._read += 1
        if self._read % TOLD_EVERY == 0:
            self._progress(self._read, self._rows)

    def _find(self, kind: str, identifier: str, problem: str) -> None:
        self._findings.append(Finding(str(kind), str(identifier), problem))

    def _walk_records(self) -> _Tally:
        count = total = 0
        for place, record in self._transaction.records():
            self._tell()
            if isinstance(record, Damaged):
                self._find(place.kind, place.id, record.problem)
            elif record is not None:
                self._check_place(place, record)
            if place.kind != "head":
                count += 1
                total += records.fingerprint(self._keys.total, place.kind, place.id, place.version)
        return _Tally(count, total % records.MODULUS)

    def _check_place(self, place: Place, record: Record) -> None:
        self._counts[place.kind] += 1
        if records.place_of(record, place.version, self._keys.address) != place:
            self._find(place.kind, place.id, "stands under index values that are not its own")

    def _walk_events(self) -> tuple[_Tally, int]:
        """How the events say that records were written, and how many events there are."""
        head = self._transaction.head
        count = total = number = 0
        last = Mark(0, head.start)
        for event, mark in self._transaction.events():
            self._tell()
            number += 1
            if isinstance(event, Damaged):
                self._find("event", str(mark.number), event.problem)
                last = mark
                continue
            if mark.number != last.number + 1 or event.number != mark.number:
                self._find("event", str(mark.number), "does not follow the event before it")
            elif event.previous != last.hash:
                self._find("event", str(mark.number), "breaks the chain")
            last = mark
            added, change = self._told_by(event)
            count, total = count + added, total + change
        if last != Mark(head.number, head.hash):
            self._find(
                "head", records.HEAD_ID, f"does not end the chain of events at {last.number}"
            )
        return _Tally(count, total % records.MODULUS), number

    def _told_by(self, event: Event) -> tuple[int, int]:
        """How an event says that the number of records and their sum changed."""
        count = total = 0
        for kind, identifier, replaced in event.wrote:
            total += records.fingerprint(self._keys.total, kind, identifier, event.number)
            if replaced:
                total -= records.fingerprint(self._keys.total, kind, identifier, replaced)
            else:
                count += 1
        for kind, identifier, version in event.dropped:
            total -= records.fingerprint(self._keys.total, kind, identifier, version)
            count -= 1
        return count, total

    def _locate(self, live: _Tally, of_head: _Tally) -> None:
        """Names the records that differ from what the events say. Takes memory for all of them."""
        told: dict[tuple[str, str], int] = {}
        for event, _ in self._transaction.events():
            if isinstance(event, Damaged):
                continue
            told.update({(kind, identifier): event.number for kind, identifier, _ in event.wrote})
            for kind, identifier, _version in event.dropped:
                told.pop((kind, identifier), None)
        for place, _record in self._transaction.records():
            if place.kind == "head":
                continue
            version = told.pop((place.kind, place.id), None)
            if version is None:
                self._find(place.kind, place.id, "is not told of by any event")
            elif version != place.version:
                problem = f"is version {place.version}, but version {version} was written last"
                self._find(place.kind, place.id, problem)
        for kind, identifier in told:
            self._find(kind, identifier, "is missing")
        if live != of_head:
            self._find("head", records.HEAD_ID, "does not agree with the records")
