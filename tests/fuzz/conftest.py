"""The short or the long run of a fuzz test, and where it keeps its files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.fuzz import Fuzz
from tests.support.memory import memory_folder
from tests.support.soak import Tally


@pytest.fixture
def fuzz(soak: bool, tally: Tally) -> Fuzz:
    """A short run by default, and the same one each time."""
    return Fuzz(soak, tally)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A private folder."""
    tmp_path.chmod(0o700)
    with memory_folder(tmp_path) as made:
        yield made
