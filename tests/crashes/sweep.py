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

from tests.crashes.ada import Ada, Scenes
from tests.crashes.commands import Document, Moved, Struck
from tests.crashes.watched import KILL, Ended, Nursery, Point
from tests.support.schemas import validate
from tests.vault.reader import Read

KEPT = re.compile(r"vault\.db|vault\.key|client\.toml|outbox/new/[^/]+")
# What may stay where a run was killed: a file that was to get its name, or had got it and another
# one; a transaction's journal, which the next command rolls back or writes anew; a mail that was to
# be delivered. No command reads the others, and each makes new ones of other names.
LEFT = re.compile(
    r"\.(vault\.key|client\.toml|vault\.db)\.[0-9a-f]{16}\.tmp"
    r"|(\.vault\.db\.[0-9a-f]{16}\.tmp|vault\.db)-journal"
    r"|outbox/tmp/[0-9]+\.M[0-9]+P[0-9]+Q[0-9]+\.[^/]+"
)
MACHINE = 11
REASONS = {"io_error", "mail_undeliverable"}


class Sweep:
    """One command, and one kind of fault."""

    def __init__(self, struck: Struck, nursery: Nursery, scenes: Scenes, folder: Path) -> None:
        self._struck = struck
        self._nursery = nursery
        self._scenes = scenes
        self._folders = (folder / str(number) for number in count())

    def points(self) -> list[Point]:
        """Every call of the command that a fault can meet, in their order."""
        return self._try(self._begin(), None)[0].points

    def strike(self, points: Iterable[Point]) -> int:
        """Lets the fault meet the command at each of the points; how many times it did."""
        ada, met = self._begin(), 0
        for point in points:
            try:
                ended, moved = self._try(ada, point)
            except AssertionError as error:
                error.add_note(f"{self._struck.name}, {self._nursery.fault} at {point}")
                raise
            met += ended.is_struck
            if moved:
                ada = self._begin()
        self._try(ada, None)  # what was left behind does no harm
        return met

    def _begin(self) -> Ada:
        return self._scenes.copy(self._struck.scene, next(self._folders))

    def _try(self, ada: Ada, point: Point | None) -> tuple[Ended, bool]:
        """One run, and whether it has changed the vault."""
        before, seen, files = ada.stored(), ada.seen(), ada.files()
        ended = self._nursery.run(ada, self._struck.command(ada), point)
        told = self._told(ended, point)
        self._check_files(ada, ada.files() - files, point)
        if ada.vault.exists():
            ada.run("vault", "check", expect=0)
        events = _new_events(before, ada.stored())
        assert events == self._struck.events[: _commits(ended) if told is None else None]
        assert ada.seen() >= seen
        if events:
            self._struck.afterwards(Moved(ada, told, events))
        return ended, bool(events)

    def _told(self, ended: Ended, point: Point | None) -> Document | None:
        """The good answer, if there was one. Any other end has to be as documented."""
        assert "Traceback" not in ended.err
        if ended.is_struck and ended.status != self._struck.good:
            self._check_failure(ended, point)
            if self._nursery.fault != KILL or not ended.out:
                return None
        else:
            assert ended.status == self._struck.good, ended.err
        assert ended.out.endswith("\n")
        document: Document = json.loads(ended.out)
        validate(document)
        return document

    def _check_failure(self, ended: Ended, point: Point | None) -> None:
        if self._nursery.fault == KILL:
            assert ended.status == -9
            return
        assert point is not None
        assert ended.status == MACHINE, ended.err
        assert sum(line.startswith("mfactl: ") for line in ended.err.splitlines()) == 1, ended.err
        if point.file == "stdout":
            assert ended.out == ""
            return
        document = json.loads(ended.out)
        validate(document)
        (error,) = document["errors"]
        assert error["code"] in REASONS

    def _check_files(self, ada: Ada, new: set[str], point: Point | None) -> None:
        left = {name for name in new if not KEPT.fullmatch(name)}
        assert all(LEFT.fullmatch(name) for name in left), left
        if self._nursery.fault != KILL and (point is None or point.call != "unlink"):
            assert not left, left
        for name in new:
            assert (ada.home / name).stat().st_mode & 0o077 == 0, name


def _new_events(before: Read | None, now: Read | None) -> tuple[str, ...]:
    """The kinds of the events that came to those that were there, all of which still are."""
    old, new = (read.hashes if read is not None else [] for read in (before, now))
    assert new[: len(old)] == old
    return tuple(event["happened"] for event in now.events[len(old) :]) if now is not None else ()


def _commits(ended: Ended) -> int:
    """How many transactions were over before the fault: a new vault's is when it has its name."""
    return ended.succeeded("unlink", "vault.db-journal") + ended.succeeded("linkat", "vault.db")
