"""A disk on which nothing may grow any more, and a directory in which nothing may be written."""

import random
from pathlib import Path

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.commands import COMMANDS, Struck
from tests.crashes.conftest import NurseryOf
from tests.crashes.sweep import MACHINE, Sweep
from tests.crashes.watched import KILL
from tests.support.soak import Tally

PAGE = 4096  # a smaller file holds what a run prints
PAGES = range(1, 14)  # up to the largest that any of these files gets

pytestmark = pytest.mark.slow
every_command = pytest.mark.parametrize("struck", COMMANDS, ids=lambda struck: str(struck.name))


@pytest.mark.soak
@every_command
def test_what_does_not_fit_on_the_disk_is_told_and_nothing_that_was_told_is_lost(
    struck: Struck,
    soak: bool,
    rng: random.Random,
    tally: Tally,
    scenes: Scenes,
    nursery_of: NurseryOf,
    folder: Path,
) -> None:
    sweep = Sweep(struck, nursery_of(KILL), scenes, folder)  # which kills nobody here
    pages = PAGES if soak else [rng.choice(PAGES)]
    tally("commands that met a full disk", sweep.limit(PAGE * count for count in pages))


@every_command
def test_a_directory_that_cannot_be_written_is_told_and_nothing_changes(
    struck: Struck, scenes: Scenes, nursery_of: NurseryOf, folder: Path
) -> None:
    ada = scenes.copy(struck.scene, folder / "ada")
    ada.home.mkdir(exist_ok=True)
    command = struck.command(ada)
    stored, files = ada.stored(), ada.files()
    ada.home.chmod(0o500)
    ended = nursery_of(None).run(ada, command._replace(privileged=False))
    ada.home.chmod(0o700)
    assert ended.status == MACHINE, ended.err
    assert '"io_error"' in ended.out
    assert "Traceback" not in ended.err
    assert (ada.stored(), ada.files()) == (stored, files)
    assert nursery_of(None).run(ada, command).status == struck.good
