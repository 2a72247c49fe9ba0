"""Reading everything: is each record what was sealed, and is none missing, old or added?

Guarantees: one pass over records and events in constant memory, on all cores if there are many. The
events' own account of which versions they wrote and dropped must add up to the same sum as the live
records and as the head; only if it does not, a second pass finds the records by name.
May import: the rest of mfactl.vault.
"""

import os
from functools import partial
from typing import Any

from mfactl.named_tuple import NamedTuple
from mfactl.vault import forks, records
from mfactl.vault.keys import Keys
from mfactl.vault.records import Event
from mfactl.vault.scan import Scan
from mfactl.vault.sqlite import ALL, NOTHING, Span
from mfactl.vault.sqlite_file import Progress, unseen
from mfactl.vault.transaction import Damaged, Mark, Transaction
from mfactl.vault.vault import Vault

TOLD_EVERY = 1000  # rows between two words of progress
LEAST_ROWS = 10_000  # for a process of its own: a quarter of a second's work
FILE_WEIGHT = 20  # SQLite's own look at the file, where all rows weigh 100


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
    """How many records there are, and their share in the head's sum."""

    records: int = 0
    total: int = 0

    def __add__(self, other: Any) -> "_Tally":
        number, total = other
        return _Tally(self.records + number, (self.total + total) % records.MODULUS)


class _Found(NamedTuple):
    """What was found in a part of the vault. Passes through JSON as nested lists.

    `live` adds up the records, `told` what the events say of them; `last` is where events end.
    `wrong_file` is what SQLite found.
    """

    counts: dict[str, int]
    live: _Tally
    wrong_records: list[Finding]
    events: int
    told: _Tally
    last: Mark
    wrong_events: list[Finding]
    wrong_file: tuple[Finding, ...] = ()


def check(vault: Vault, progress: Progress = unseen) -> Report:
    """Reads the whole vault. Raises only if it cannot be read at all."""
    with vault.reading() as transaction:
        scan = Scan.within(transaction)
        return _checked(scan, _in_parts(scan, vault.unlocked.keys, progress))


def check_within(transaction: Transaction, keys: Keys, progress: Progress = unseen) -> Report:
    """The same, as a transaction sees the vault that may have written: on one core."""
    scan = Scan.within(transaction)
    return _checked(scan, _with_file(scan, _Part(scan, keys, progress).found(ALL, ALL)))


def _checked(scan: Scan, found: _Found) -> Report:
    """The report, with what concerns the vault as a whole."""
    head = _Tally(scan.head.records, int(scan.head.sum, 16))
    differences = [] if found.live == found.told == head else _located(scan, found.live == head)
    wrong_records = sorted(found.wrong_records)  # parts are read in the order of the file
    findings = [*found.wrong_file, *wrong_records, *_whole_chain(scan, found), *differences]
    return _report(scan, found, findings)


def check_chain(transaction: Transaction, keys: Keys, progress: Progress = unseen) -> Report:
    """Reads the events only: their seals, the chain, and that the head ends it."""
    scan = Scan.within(transaction)
    found = _Part(scan, keys, progress).found(NOTHING, ALL)
    return _report(scan, found, _whole_chain(scan, found))


def _report(scan: Scan, found: _Found, findings: list[Finding]) -> Report:
    head = Mark(scan.head.number, scan.head.hash)
    return Report(found.counts, found.events, head, tuple(findings))


def _whole_chain(scan: Scan, found: _Found) -> list[Finding]:
    """What is wrong with the events, and with the end of their chain."""
    if found.last == Mark(scan.head.number, scan.head.hash):
        return found.wrong_events
    problem = f"does not end the chain of events at {found.last.number}"
    return [*found.wrong_events, Finding("head", records.HEAD_ID, problem)]


def _in_parts(scan: Scan, keys: Keys, progress: Progress) -> _Found:
    """What is found in all of a vault, on all cores if it is large."""
    weights = _weights(min(forks.cores(), scan.rows() // LEAST_ROWS + 1))
    first, *others = scan.spans(weights)
    parts = sum(weights) / weights[0]

    def here() -> _Found:
        part = _Part(scan, keys, lambda done, of: progress(min(round(done * parts), of), of))
        return _with_file(scan, part.found(*first))

    asker = os.getpid()

    def elsewhere(spans: tuple[Span, Span]) -> _Found:
        part = _Part(scan.again(), keys, lambda _done, _of: forks.end_without(asker))
        return part.found(*spans)

    return _together(forks.results([here, *(partial(elsewhere, spans) for spans in others)]))


def _weights(count: int) -> list[int]:
    """How many rows each process reads. The first one, which reads the file too, gets fewer."""
    each = (100 + FILE_WEIGHT) // count
    return [max(each - FILE_WEIGHT, 1), *[each] * (count - 1)]


def _with_file(scan: Scan, found: _Found) -> _Found:
    """With what is wrong with the file itself, as SQLite sees it."""
    wrong_file = tuple([Finding("file", "file", fault) for fault in scan.file_faults()])
    return found._replace(wrong_file=wrong_file)


def _together(parts: list[Any]) -> _Found:
    """The sum of all parts, which are in their order, and may have passed through JSON."""
    found = [_Found(*part) for part in parts]
    return _Found(
        counts={kind: sum(part.counts[kind] for part in found) for kind in records.KINDS},
        live=sum((part.live for part in found), _Tally()),
        wrong_records=[Finding(*wrong) for part in found for wrong in part.wrong_records],
        events=sum(part.events for part in found),
        told=sum((part.told for part in found), _Tally()),
        last=Mark(*found[-1].last),
        wrong_events=[Finding(*wrong) for part in found for wrong in part.wrong_events],
        wrong_file=found[0].wrong_file,
    )


class _Part:
    """Reads some of the records and some of the events."""

    def __init__(self, scan: Scan, keys: Keys, progress: Progress) -> None:
        self._scan = scan
        self._keys = keys
        self._progress = progress
        self._read = 0
        self._rows = scan.rows()

    def found(self, of_records: Span, of_events: Span) -> _Found:
        """What is found there."""
        counts, live, wrong_records = self._walk_records(of_records)
        events, told, last, wrong_events = self._walk_events(of_events)
        return _Found(counts, live, wrong_records, events, told, last, wrong_events)

    def _tell(self) -> None:
        self._read += 1
        if self._read % TOLD_EVERY == 0:
            self._progress(self._read, self._rows)

    def _walk_records(self, span: Span) -> tuple[dict[str, int], _Tally, list[Finding]]:
        count = total = 0
        counts = dict.fromkeys(records.KINDS, 0)
        findings = []
        for place, problem in self._scan.records(span):
            self._tell()
            if problem is not None:
                findings.append(_finding(place.kind, place.id, problem))
            elif place.kind in counts:
                counts[place.kind] += 1
            if place.kind != "head":
                count += 1
                total += records.fingerprint(self._keys.total, place.kind, place.id, place.version)
        return counts, _Tally(count, total % records.MODULUS), findings

    def _walk_events(self, span: Span) -> tuple[int, _Tally, Mark, list[Finding]]:
        """How many events there are, how they say that records were written, and the last one."""
        count = total = number = 0
        findings = []
        last = self._scan.mark_before(span[0])
        for event, mark in self._scan.events(span):
            self._tell()
            number += 1
            problem = _problem_of(event, mark, last)
            if problem is not None:
                findings.append(_finding("event", str(mark.number), problem))
            last = mark
            if not isinstance(event, Damaged):
                added, change = self._told_by(event)
                count, total = count + added, total + change
        return number, _Tally(count, total % records.MODULUS), last, findings

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


def _finding(kind: object, identifier: object, problem: str) -> Finding:
    return Finding(str(kind), str(identifier), problem)  # a damaged row may hold anything


def _problem_of(event: Event | Damaged, mark: Mark, last: Mark) -> str | None:
    """What is wrong with an event after the one at `last`."""
    if isinstance(event, Damaged):
        return event.problem
    if mark.number != last.number + 1 or event.number != mark.number:
        return "does not follow the event before it"
    return None if event.previous == last.hash else "breaks the chain"


def _located(scan: Scan, live_agrees: bool) -> list[Finding]:
    """Names the records that differ from what the events say. Takes memory for all of them."""
    findings = []
    told: dict[tuple[str, str], int] = {}
    for event, _ in scan.events():
        if isinstance(event, Damaged):
            continue
        told.update({(kind, identifier): event.number for kind, identifier, _ in event.wrote})
        for kind, identifier, _version in event.dropped:
            told.pop((kind, identifier), None)
    for place, _problem in scan.records():
        if place.kind == "head":
            continue
        version = told.pop((place.kind, place.id), None)
        if version is None:
            findings.append(_finding(place.kind, place.id, "is not told of by any event"))
        elif version != place.version:
            problem = f"is version {place.version}, but version {version} was written last"
            findings.append(_finding(place.kind, place.id, problem))
    findings.sort()
    findings += [_finding(kind, identifier, "is missing") for kind, identifier in told]
    if not live_agrees:
        findings.append(Finding("head", records.HEAD_ID, "does not agree with the records"))
    return findings
