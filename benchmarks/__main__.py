"""`python -m benchmarks quick` and `python -m benchmarks scale`.

May import: benchmarks and the standard library.
"""

import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

from benchmarks import flow, limits, page, peers, plot, scale, start_up, tab, together, world
from benchmarks.measure import in_turn

RUNS = 15
SCALE_RUNS = 11
SIZES = (10, 1_000, 100_000, 1_000_000)
GIB = 1 << 30


def quick(scratch: Path) -> None:
    """All that takes no large vault."""
    print(
        f"This takes some five minutes in {scratch}, and then replaces tables in {page.PAGE}.",
        flush=True,
    )
    found: list[peers.Peer] = []
    try:
        peers.peers(scratch, found)
        commands = [*start_up.commands(scratch), *(peer.command for peer in found if peer.command)]
        samples = in_turn(commands, RUNS, scratch)
        _tell("start-up", page.start_up(samples, found, RUNS))
    finally:
        peers.undo(scratch)
    pieces = flow.pieces(scratch)
    _tell("flow", page.flow(pieces))
    _tell("limits", page.limits(limits.limits(samples, pieces)))
    _tell("together", page.together(together.crowds(scratch)))
    _tell("tab", page.tabs(tab.tabs(scratch / "shells")))


def large(scratch: Path) -> None:
    """The same commands in vaults of ten to a million accounts."""
    needed, left = scale.room_for(SIZES), scale.free(scratch)
    print(f"This needs {needed / GIB:.1f} GiB in {scratch}, which has {left / GIB:.1f} GiB left.")
    if needed > left:
        sys.exit("Set TMPDIR to a directory with more.")
    vaults = scale.measure(SIZES, SCALE_RUNS, scratch, lambda line: print(line, flush=True))
    _tell("scale", page.scale(vaults, SCALE_RUNS))
    plot.draw(vaults)


def _tell(name: str, text: str) -> None:
    print(f"\n{text}", flush=True)
    page.put(name, text)


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in ENDING:  # a second one would interrupt what is removed
        signal.signal(number, signal.SIG_IGN)
    sys.exit(130)  # so that the temporary directory goes


def main() -> None:
    """Runs one of the two in a temporary directory that is gone afterwards, however it ends."""
    benchmark = {"quick": quick, "scale": large}.get(" ".join(sys.argv[1:]))
    if benchmark is None:
        sys.exit("Run: make bench, or make bench-scale")
    place = os.environ.get("TMPDIR")
    if place and not os.access(place, os.W_OK):
        sys.exit(f"TMPDIR={place} is no directory that can be written to.")
    for number in ENDING:
        signal.signal(number, _stop)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    world.compile_all()
    with TemporaryDirectory(prefix="mfactl-benchmark-") as scratch:
        benchmark(Path(scratch))


if __name__ == "__main__":
    main()
