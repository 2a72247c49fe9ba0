"""How long TAB takes: pressed in a real shell at a terminal, beside the same line without it.

May import: tests.cli.keyboard, benchmarks and the standard library.
"""

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.world import ROOT
from tests.cli.keyboard import Keyboard

TIMES = 30
LINE, COMPLETED = "mfactl vault sta", "mfactl vault status "


class Tab(NamedTuple):
    """What TAB adds to the time that a shell takes for a line (seconds); or why there is none."""

    shell: str
    added: float | None
    missing: str = ""


def tabs(scratch: Path) -> list[Tab]:
    """TAB in each shell that is there."""
    completions = ROOT / "completions"
    set_up = {
        "bash": f"source '{completions / 'mfactl.bash'}'",
        "zsh": f"source '{completions / '_mfactl'}'",
        "fish": f"source '{completions / 'mfactl.fish'}'",
    }
    return [_tab(shell, scratch / shell, script) for shell, script in set_up.items()]


def _tab(shell: str, place: Path, set_up: str) -> Tab:
    if shutil.which(shell) is None:
        return Tab(shell, None, "not installed")
    with Keyboard(shell, place, set_up) as keyboard:
        completed = keyboard.after_tab(LINE)  # which loads what the shell loads the first time
        if completed != COMPLETED:
            return Tab(shell, None, f"TAB made {completed!r}")
        with_tab = _median(lambda: keyboard.after_tab(LINE))
        without = _median(lambda: keyboard.as_typed(LINE))
    return Tab(shell, with_tab - without)


def _median(press: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        press()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
