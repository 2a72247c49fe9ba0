"""Nurseries of runs that are struck, and the states that they begin in, each made once a worker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.watched import Nursery

NurseryOf = Callable[[str | None], Nursery]


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
