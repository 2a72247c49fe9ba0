"""Vaults as files, one copy a test."""

import shutil
from pathlib import Path

import pytest

from tests.vault.vaults import furnish, make_minimal


@pytest.fixture(scope="session")
def minimal_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_minimal(tmp_path_factory.mktemp("minimal") / "vault.db")


@pytest.fixture(scope="session")
def furnished_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(make_minimal(tmp_path_factory.mktemp("furnished") / "vault.db"))


@pytest.fixture
def minimal(minimal_original: Path, tmp_path: Path) -> Path:
    """A vault as `vault init` leaves it."""
    return Path(shutil.copy(minimal_original, tmp_path / "vault.db"))


@pytest.fixture
def vault_path(furnished_original: Path, tmp_path: Path) -> Path:
    """A vault with records of every kind: see `furnish`."""
    return Path(shutil.copy(furnished_original, tmp_path / "vault.db"))
