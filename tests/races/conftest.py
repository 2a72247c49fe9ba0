"""Crowds in a known state, a fresh copy each round, and the start of a race."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races import crowd as states
from tests.races.crowd import Crowd, Maker
from tests.races.race import Launcher, Start
from tests.support.soak import Tally

ROUNDS = 20  # of a long run
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of its own is made in it


@pytest.fixture
def rounds(soak: bool) -> int:
    """How often a race is run."""
    return ROUNDS if soak else 1


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Path]:
    """Where vaults stand: in memory, if the system has a place for files there.

    On a disk a race is mostly waiting for the disk. Locks are the same in both, and what outlives a
    power cut is not the question here.
    """
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="races-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(launcher: Launcher, tmp_path: Path, tally: Tally) -> Start:
    """Where a test's races begin."""
    return Start(launcher, tmp_path, tally)


@pytest.fixture
def adas(kept: "Kept", ground: Path, rounds: int) -> Iterator[Crowd]:
    """Crowds: Ada is signed in at twenty clients; fifty more wait for her second factor."""
    return kept.copies(states.adas, ground, rounds)


@pytest.fixture
def graces(kept: "Kept", ground: Path, rounds: int) -> Iterator[Crowd]:
    """Crowds: fifty sign-ups of one address wait for its code."""
    return kept.copies(states.graces, ground, rounds)


@pytest.fixture
def people(kept: "Kept", ground: Path, rounds: int) -> Iterator[Crowd]:
    """Crowds: fifty accounts without a second factor."""
    return kept.copies(states.people, ground, rounds)


@pytest.fixture
def nobody(ground: Path, rounds: int) -> Iterator[Crowd]:
    """Crowds without any account."""
    return (states.empty(ground / f"round-{number}") for number in range(rounds))


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture(scope="session")
def kept(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> "Kept":
    mine = tmp_path_factory.getbasetemp()
    return Kept(launcher, mine if worker_id == "master" else mine.parent)


class Kept:
    """States that are made once for all workers: seventy sign-ins take their time."""

    def __init__(self, launcher: Launcher, shared: Path) -> None:
        self._launcher = launcher
        self._shared = shared

    def copies(self, make: Maker, ground: Path, rounds: int) -> Iterator[Crowd]:
        """Fresh copies of the state, one a round."""
        original = self._original(make, ground)
        for number in range(rounds):
            yield original.copy(ground / f"round-{number}")

    def _original(self, make: Maker, ground: Path) -> Crowd:
        """The state. Whichever worker wants it first makes it; the others wait for that."""
        place = self._shared / f"crowd-{make.__name__}"
        facts = place.with_suffix(".json")
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not facts.exists():
                races = place.with_suffix(".races")
                races.mkdir()
                made = make(ground / "original", Start(self._launcher, races, None))
                facts.write_text(made.copy(place).dump())
            return Crowd.load(place, facts.read_text())
