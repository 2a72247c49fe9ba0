"""A fault at every system call of a command that changes a file: SIGKILL, or an error in its place.

What was told is kept, what is kept is whole, and Ada goes on. `sweep` has the laws, `commands` what
holds after each command. Long runs let every fault meet every call of every command. In short ones
SIGKILL meets a third of them (but few of those that write a page more), each error a third of that;
`commands.Struck` says what is struck less.
"""

from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from tests.crashes.ada import Scenes
from tests.crashes.commands import COMMANDS, MORE_COMMANDS, Struck
from tests.crashes.conftest import NurseryOf, PointsOf
from tests.crashes.owner import MORE_OWNER_COMMANDS, OWNER_COMMANDS
from tests.crashes.sweep import Sweep
from tests.crashes.watched import ERRORS, KILL, Point
from tests.support.soak import Tally

pytestmark = [pytest.mark.slow, pytest.mark.soak]

ALWAYS = (*COMMANDS, *OWNER_COMMANDS)
LONG_RUNS_ONLY = (*MORE_COMMANDS, *MORE_OWNER_COMMANDS)
EVERY = (*ALWAYS, *LONG_RUNS_ONLY)


@pytest.fixture(params=EVERY, ids=lambda struck: str(struck.name))
def struck(request: pytest.FixtureRequest, soak: bool) -> Struck:
    found: Struck = request.param
    if found in LONG_RUNS_ONLY and not soak:
        pytest.skip("only long runs strike it")
    return found


KILLED_EVERY = 3  # of the calls that a short run looks at


def turn_of(struck: Struck) -> int:
    """Which calls of a command a short run strikes, so that commands differ in them."""
    return EVERY.index(struck) % KILLED_EVERY


def thinned(points: list[Point], struck: Struck) -> list[Point]:
    """What a short run strikes."""
    begun = dropwhile(lambda point: point.file != struck.since, points) if struck.since else points
    ours = list(takewhile(lambda point: point.file != struck.until, begun))
    pages = [place for place, point in enumerate(ours) if point.call == "pwrite64"]
    if struck.slow:
        return ours[pages[-1] :]
    kept = {place for place in pages if ours[place].number % struck.pages == 0}
    return [point for place, point in enumerate(ours) if place in kept or place not in pages]


def test_a_command_that_is_killed_at_any_call_loses_nothing_that_it_told(
    struck: Struck,
    soak: bool,
    tally: Tally,
    scenes: Scenes,
    nursery_of: NurseryOf,
    points_of: PointsOf,
    folder: Path,
) -> None:
    sweep = Sweep(struck, nursery_of(KILL), scenes, folder)
    points = points_of(struck)
    chosen = points if soak else thinned(points, struck)[turn_of(struck) :: KILLED_EVERY]
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
    folder: Path,
) -> None:
    sweep = Sweep(struck, nursery_of(error), scenes, folder)
    points = points_of(struck)
    turns = len(ERRORS) * KILLED_EVERY
    turn = ERRORS.index(error) * KILLED_EVERY + turn_of(struck)
    chosen = points if soak else thinned(points, struck)[turn % turns :: turns]
    sweep.strike(chosen)
    tally("commands of which a system call failed", len(chosen))
