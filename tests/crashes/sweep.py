"""Strikes one command at one of its calls after the other, and holds every run to the laws.

The laws: the vault is whole; it holds exactly the transactions whose last call came before the
fault; what was told is in it; the client file never goes back; an error is told as documented;
nothing lies about that a later command trips over. Where nothing has changed Ada tries again from
the same home, so that what the faults leave behind piles up there; where something has, the row's
`afterwards` goes on, and the next fault meets a new home.
"""

import json
import re
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.crashes.ada import Ada, Scenes
from tests.crashes.commands import Document, Moved, Struck
from tests.crashes.watched import KILLED, Ended, Nursery, Point
from tests.support.schemas import validate
from tests.vault.reader import Read

KEPT = re.compile(
    r"(vault|backup)\.db|(vault|second)\.key|client\.toml|outbox/new/[^/]+"
    r"|vault\.db\.replaced-[0-9]{8}T[0-9]{6}Z(-[0-9]+)?(-journal)?"
)
# What may stay where a run was killed: a file that was to get its name, or had got it and another
# one; a transaction's journal, which the next command rolls back or writes anew; a mail that was to
# be delivered. No command reads the others, and each makes new ones of other names.
LEFT = re.compile(
    r"\.((vault|second)\.key|client\.toml|(vault|backup)\.db)\.[0-9a-f]{16}\.tmp"
    r"|(\.vault\.db\.[0-9a-f]{16}\.tmp|vault\.db)-journal"
    r"|outbox/tmp/[0-9]+\.M[0-9]+P[0-9]+Q[0-9]+\.[^/]+"
)
ASIDE = re.compile(r"vault\.db\.replaced-[^/]*Z(-[0-9]+)?")  # the vault, not its journal
MACHINE, REFUSED = 11, 5  # exit statuses
REASONS = {"io_error", "mail_undeliverable"}


class Before(NamedTuple):
    """What there was before a run: all that the vault held, the client's mark, every file."""

    stored: Read | None
    seen: int
    files: set[str]


class Sweep:
    """One command, and one kind of fault."""

    def __init__(self, struck: Struck, nursery: Nursery, scenes: Scenes, folder: Path) -> None:
        self._struck = struck
        self._nursery = nursery
        self._scenes = scenes
        self._folders = (folder / str(number) for number in count())

    def points(self) -> list[Point]:
        """Every call of the command that a fault can meet, in their order."""
        return self._try(self._begin())[0].points

    def strike(self, points: Iterable[Point]) -> None:
        """Lets the fault meet the command at each of the points."""
        ada = self._begin()
        for point in points:
            ended, ada = self._strike(ada, point)
            if ended.met_at != point.file:  # what it was about was done by an earlier try
                ended, ada = self._strike(self._begin(), point)
                assert ended.met_at == point.file, (point, ended.met_at)
        self._try(ada)  # what was left behind does no harm

    def limit(self, sizes: Iterable[int]) -> int:
        """Lets no file grow past each of the sizes; how many times one would have."""
        ada, met = self._begin(), 0
        for size in sizes:
            ended, ada = self._strike(ada, size=size)
            met += ended.is_struck
        self._try(ada)
        return met

    def _strike(
        self, ada: Ada, point: Point | None = None, size: int | None = None
    ) -> tuple[Ended, Ada]:
        """One run, and Ada as she begins the next one."""
        try:
            ended, moved = self._try(ada, point, size)
        except Exception as error:
            error.add_note(f"{self._struck.name}, {self._nursery.fault} at {point or size}")
            raise
        return ended, self._begin() if moved else ada

    def _begin(self) -> Ada:
        return self._scenes.copy(self._struck.scene, next(self._folders))

    def _try(
        self, ada: Ada, point: Point | None = None, size: int | None = None
    ) -> tuple[Ended, bool]:
        """One run, and whether it has changed the vault."""
        before = Before(ada.stored(), ada.seen(), ada.files())
        command = self._struck.command(ada)._replace(largest_file=size)
        ended = self._nursery.run(ada, command, point)
        told = self._told(ended, point)
        self._check_files(ada, ended, ada.files() - before.files, point)
        events = (self._restored if self._struck.restores else self._gone_on)(ada, before, ended)
        if told is not None:
            assert events == self._struck.events
        if events:
            self._struck.afterwards(Moved(ada, told, events))
        return ended, bool(events)

    def _gone_on(self, ada: Ada, before: Before, ended: Ended) -> tuple[str, ...]:
        """The kinds of the new events: of the transactions that were over before the fault."""
        if ada.vault.exists():
            ada.run("vault", "check", expect=0)
        events = _new_events(before.stored, ada.stored())
        if ended.status != self._struck.good:
            assert events == self._struck.events[: _commits(ended)]
        assert ada.seen() >= before.seen
        return events

    def _restored(self, ada: Ada, before: Before, ended: Ended) -> tuple[str, ...]:
        """The events if the other vault is in place; else all is as it was.

        What was replaced is kept. This client takes the other one on purpose if it was struck
        before it could.
        """
        kept = [ada.home / name for name in ada.files() - before.files if ASIDE.fullmatch(name)]
        assert all(ada.read(path) == before.stored for path in kept)
        if not ada.vault.exists():
            assert before.stored is None
            return ()
        if ended.status != self._struck.good:
            ada.run("vault", "check", "--accept-rollback", expect=0)
        ada.run("vault", "check", expect=0)
        now = ada.stored()
        assert now is not None
        if now == before.stored:
            assert ada.seen() == before.seen
            assert not kept or ended.status == KILLED or ended.met_at == "home"
            return ()
        assert len(kept) == (before.stored is not None)
        assert now.hashes[:-1] == ada.read(ada.home / "backup.db").hashes
        return (now.events[-1]["happened"],)

    def _told(self, ended: Ended, point: Point | None) -> Document | None:
        """The good answer, if it arrived. Any other end has to be the fault's, and as documented.

        A run that was killed behind its answer has told it.
        """
        assert "Traceback" not in ended.err
        if ended.status != self._struck.good:
            assert ended.is_struck, ended.err
            if ended.status != KILLED:
                _check_failure(ended, refused=self._struck.good == REFUSED)
                return None
            if not ended.out:
                return None
        assert ended.out.endswith("\n")
        document: Document = json.loads(ended.out)
        validate(document)
        return document

    def _check_files(self, ada: Ada, ended: Ended, new: set[str], point: Point | None) -> None:
        """What is new is private, and is what has to be there, or may stay after such a fault."""
        left = {name for name in new if not KEPT.fullmatch(name)}
        assert all(LEFT.fullmatch(name) for name in left), left
        if ended.status != KILLED and point is None:
            left -= {"vault.db-journal"}  # nor could it be rolled back on a disk that stays full
        if ended.status != KILLED and (point is None or point.call != "unlink"):
            assert not left, left
        for name in new:
            assert (ada.home / name).stat().st_mode & 0o077 == 0, name


def _check_failure(ended: Ended, *, refused: bool) -> None:
    """One line says what happened, and so does the document, where it could be printed.

    Where a refusal could not be printed, a line of its own says it.
    """
    printed = ended.met_at != "stdout"
    lines = sum(line.startswith("mfactl: ") for line in ended.err.splitlines())
    assert ended.status == MACHINE, ended.err
    assert lines == (2 if refused and not printed else 1), ended.err
    assert bool(ended.out) == printed
    if printed:
        document = json.loads(ended.out)
        validate(document)
        (error,) = document["errors"]
        assert error["code"] in REASONS


def _new_events(before: Read | None, now: Read | None) -> tuple[str, ...]:
    """The kinds of the events that came to those that were there, all of which still are."""
    old, new = (read.hashes if read is not None else [] for read in (before, now))
    assert new[: len(old)] == old
    return tuple(event["happened"] for event in now.events[len(old) :]) if now is not None else ()


def _commits(ended: Ended) -> int:
    """How many transactions were over before the fault: a new vault's is when it has its name."""
    return ended.succeeded("unlink", "vault.db-journal") + ended.succeeded("linkat", "vault.db")
