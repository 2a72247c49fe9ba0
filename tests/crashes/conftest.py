"""Nurseries of runs that are struck, and the states that they begin in, each made once a worker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.commands import Struck
from tests.crashes.sweep import Sweep
from tests.crashes.watched import KILL, Nursery, Point

NurseryOf = Callable[[str | None], Nursery]
PointsOf = Callable[[Struck], list[Point]]


MEMORY = Path("/dev/shm")  # noqa: S108 - made private by mkdtemp


@pytest.fixture(scope="session")
def base() -> Iterator[Path]:
    """A folder for homes, in memory where that can be: most of a run is waiting for the disk.

    What SIGKILL leaves behind is the kernel's, and the same on any file system.
    """
    folder = Path(mkdtemp(prefix="mfactl-", dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    rmtree(folder)


@pytest.fixture
def folder(base: Path) -> Iterator[Path]:
    """A folder for the homes of one test."""
    folder = Path(mkdtemp(dir=base))
    yield folder
    rmtree(folder)


@pytest.fixture(scope="session")
def scenes(base: Path) -> Scenes:
    """The states that commands begin in."""
    return Scenes(Path(mkdtemp(dir=base)))


@pytest.fixture(scope="session")
def nursery_of(base: Path) -> Iterator[NurseryOf]:
    """The nursery for a kind of fault; None: for none."""
    with ExitStack() as stack:

        @cache
        def of(fault: str | None) -> Nursery:
            return stack.enter_context(Nursery(Path(mkdtemp(dir=base)), fault))

        yield of


@pytest.fixture(scope="session")
def points_of(base: Path, scenes: Scenes, nursery_of: NurseryOf) -> PointsOf:
    """Every call of a command that a fault can meet, in their order."""

    @cache
    def of(struck: Struck) -> list[Point]:
        return Sweep(struck, nursery_of(KILL), scenes, Path(mkdtemp(dir=base))).points()

    return of
