"""A fault at every system call of a command that changes a file: SIGKILL, or an error in its place.

What was told is kept, what is kept is whole, and Ada goes on. `sweep` has the laws, `commands` what
holds after each command. Long runs let every fault meet every call of every command. In short ones
SIGKILL meets all of them but most of those that write a page more, and each error a third of them.
"""

from itertools import takewhile
from pathlib import Path

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.commands import COMMANDS, MORE_COMMANDS, Struck
from tests.crashes.conftest import NurseryOf, PointsOf
from tests.crashes.sweep import Sweep
from tests.crashes.watched import ERRORS, KILL, Point
from tests.support.soak import Tally

PARTS = 2  # of the calls of a command, so that each worker gets its share

pytestmark = [pytest.mark.slow, pytest.mark.soak]


@pytest.fixture(params=[*COMMANDS, *MORE_COMMANDS], ids=lambda struck: str(struck.name))
def struck(request: pytest.FixtureRequest, soak: bool) -> Struck:
    found: Struck = request.param
    if found in MORE_COMMANDS and not soak:
        pytest.skip("only long runs strike it")
    return found


def thinned(points: list[Point], struck: Struck) -> list[Point]:
    """Without most of the page writes, and what is another row's."""
    ours = takewhile(lambda point: point.file != struck.until, points)
    return [point for point in ours if point.call != "pwrite64" or point.number % struck.pages == 0]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_command_that_is_killed_at_any_call_loses_nothing_that_it_told(
    struck: Struck,
    part: int,
    soak: bool,
    tally: Tally,
    scenes: Scenes,
    nursery_of: NurseryOf,
    points_of: PointsOf,
    tmp_path: Path,
) -> None:
    sweep = Sweep(struck, nursery_of(KILL), scenes, tmp_path)
    points = points_of(struck)
    chosen = (points if soak else thinned(points, struck))[part::PARTS]
    sweep.strike(chosen)
    tally("commands killed at a system call", len(chosen))


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_any_call_is_told_and_nothing_that_was_told_is_lost(
    struck: Struck,
    error: str,
    soak: bool,
    tally: Tally,
    scenes: Scenes,
    nursery_of: NurseryOf,
    points_of: PointsOf,
    tmp_path: Path,
) -> None:
    sweep = Sweep(struck, nursery_of(error), scenes, tmp_path)
    points = points_of(struck)
    turn, turns = ERRORS.index(error), len(ERRORS) * (3 if struck.slow else 1)
    chosen = points if soak else thinned(points, struck)[turn::turns]
    sweep.strike(chosen)
    tally("commands of which a system call failed", len(chosen))
