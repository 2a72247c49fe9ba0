"""Where walks keep their homes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.memory import memory_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of one module."""
    with memory_folder(tmp_path_factory.mktemp("walks")) as made:
        yield made
