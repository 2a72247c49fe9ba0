"""The patients, in memory: one of each kind a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.damage.patient import Patient, folder_in_memory, furnish_a_little, patient_at


@pytest.fixture(scope="session")
def in_memory() -> Iterator[Path]:
    """A folder for files that are written thousands of times."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def small(in_memory: Path) -> Iterator[Patient]:
    """A vault with a record of every kind, and little else."""
    (in_memory / "small").mkdir(0o700)
    with patient_at(furnish_a_little(in_memory / "small" / "vault.db")) as patient:
        yield patient
