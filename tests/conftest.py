"""What every test starts from: no home but a temporary one, and shells in a known state."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings

from tests.support.runner import START, Process, Shell
from tests.support.soak import Counts, add_options, is_controller, rng, soak, tally

__all__ = ["rng", "soak", "tally"]

settings.register_profile("soak", max_examples=5_000, deadline=None, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--soak"):
        settings.load_profile("soak")
    page = config.getoption("--page")
    if page and is_controller(config):
        config.pluginmanager.register(Counts(config, page))


@pytest.fixture(scope="session", autouse=True)
def _home_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the home, the vault or the settings of whoever runs it.

    Nor is the coverage of what it starts measured (but see `support.measured`): it could not be
    written where nothing can be, and the commands that run in this process cover the same.
    """
    home = tmp_path_factory.mktemp("home")
    unsuitable = ("MFACTL_", "XDG_", "NO_COLOR", "FORCE_COLOR", "COVERAGE")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(unsuitable)}
    with patch.dict(os.environ, environ | {"HOME": str(home)}, clear=True):
        yield


@pytest.fixture
def fresh_shell(tmp_path: Path) -> Shell:
    """A shell in which nobody has ever used mfactl, with the real clock."""
    return Shell(tmp_path)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell with a test vault, in the first second of 2026."""
    shell = Shell(tmp_path, clock=START)
    shell.init()
    return shell


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """The installed program, in a shell in which nobody has ever used it."""
    return Process(tmp_path)
