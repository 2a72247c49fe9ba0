"""SIGKILL at random moments of a life of sign-ups, sign-ins and changes of their factors."""

import random
from pathlib import Path

import pytest

from tests.crashes.ada import Scenes, empty_vault
from tests.crashes.conftest import NurseryOf
from tests.crashes.life import Life
from tests.support.soak import Tally

LIVES = 3  # so that each worker gets its share
KILLS, SOAK_KILLS = 10, 150  # of each life


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("life", range(LIVES))
def test_a_life_of_random_kills_loses_nothing_that_was_told(
    life: int,
    soak: bool,
    rng: random.Random,
    tally: Tally,
    scenes: Scenes,
    nursery_of: NurseryOf,
    folder: Path,
) -> None:
    ada = scenes.copy(empty_vault, folder / str(life))
    lived = Life(ada, nursery_of(None), rng)
    while lived.kills < (SOAK_KILLS if soak else KILLS):
        lived.go_on()
    tally("commands killed at random moments", lived.kills)
    tally("commands that were answered between those", lived.answers)
