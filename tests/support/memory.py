"""A folder for thousands of small transactions, where waiting for a disk would say nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is ours alone


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """A private folder in memory where there is such a place, else `otherwise`.

    The files in it are real ones, and what is synced is synced; it only waits for no disk. For
    tests that are not about what outlives a power cut.
    """
    if not _MEMORY.is_dir():
        yield otherwise
        return
    made = Path(tempfile.mkdtemp(prefix="mfactl-", dir=_MEMORY))
    try:
        yield made
    finally:
        shutil.rmtree(made)
