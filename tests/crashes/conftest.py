"""Nurseries of runs that are struck, and the states that they begin in, each made once a worker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.commands import Struck
from tests.crashes.sweep import Sweep
from tests.crashes.watched import KILL, Nursery, Point

NurseryOf = Callable[[str | None], Nursery]
PointsOf = Callable[[Struck], list[Point]]


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """The states that commands begin in."""
    return Scenes(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="session")
def nursery_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NurseryOf]:
    """The nursery for a kind of fault; None: for none."""
    with ExitStack() as stack:

        @cache
        def of(fault: str | None) -> Nursery:
            return stack.enter_context(Nursery(tmp_path_factory.mktemp("nursery"), fault))

        yield of


@pytest.fixture(scope="session")
def points_of(
    tmp_path_factory: pytest.TempPathFactory, scenes: Scenes, nursery_of: NurseryOf
) -> PointsOf:
    """Every call of a command that a fault can meet, in their order."""

    @cache
    def of(struck: Struck) -> list[Point]:
        folder = tmp_path_factory.mktemp(struck.name)
        return Sweep(struck, nursery_of(KILL), scenes, folder).points()

    return of
