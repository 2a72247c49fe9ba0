"""A folder for thousands of small transactions."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is ours alone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where there is such a place: nothing here is about what outlives a power cut.

    The files are real ones, and SQLite syncs them; it only does not wait for a disk.
    """
    if not _MEMORY.is_dir():
        yield tmp_path_factory.mktemp("walks")
        return
    made = Path(tempfile.mkdtemp(prefix="mfactl-", dir=_MEMORY))
    try:
        yield made
    finally:
        shutil.rmtree(made)
