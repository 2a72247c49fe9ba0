"""Whole processes, timed from outside, several commands in turn.

Guarantees: in each round every command runs once, so that a machine that becomes slower does so for
all; a command that ends with another status than it should stops the benchmark.
May import: the standard library.
"""

import os
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KIB = 1024


class Wrong(Exception):
    """A command did not do what is measured."""


@dataclass(frozen=True)
class Command:
    """One command: how it is started, and what has to be done before and after each run, untimed.

    `argv` and `environ` may be functions: they are called before each run.
    """

    name: str
    argv: list[str] | Callable[[], list[str]]
    environ: Mapping[str, str] | Callable[[], Mapping[str, str]]
    stdin: str = ""
    status: int = 0
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None


@dataclass
class Sample:
    """What the runs of one command took: seconds on the clock and of processors, KiB of memory."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)

    @property
    def least(self) -> float:
        """The shortest time, which the machine's other work disturbed least."""
        return min(self.wall)

    @property
    def median(self) -> float:
        """The time to expect."""
        return statistics.median(self.wall)

    @property
    def memory(self) -> float:
        """The median of the peak memory, in MiB."""
        return statistics.median(self.peak) / KIB


def run(command: Command, scratch: Path) -> tuple[float, float, int]:
    """Seconds on the clock, seconds of processors, and KiB at most, of one run."""
    command.before()
    argv = command.argv() if callable(command.argv) else command.argv
    environ = command.environ() if callable(command.environ) else command.environ
    (scratch / "stdin").write_text(command.stdin)
    errors = scratch / "stderr"
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(scratch / "stdin"), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, str(errors), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    started = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, dict(environ), file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    ended = os.waitstatus_to_exitcode(status)
    if ended != command.status:
        said = errors.read_text(errors="replace")[-500:]
        raise Wrong(f"{command.name} ended with {ended}, not {command.status}: {said}")
    command.after()
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss


def in_turn(commands: Iterable[Command], runs: int, scratch: Path) -> dict[str, Sample]:
    """Runs every command so often, in rounds, after one round that does not count."""
    commands = list(commands)
    samples = {command.name: Sample() for command in commands}
    for number in range(runs + 1):
        for command in commands:
            wall, cpu, peak = run(command, scratch)
            if number:
                sample = samples[command.name]
                sample.wall.append(wall)
                sample.cpu.append(cpu)
                sample.peak.append(peak)
    return samples


def own_memory() -> float:
    """What this process takes, in MiB: Linux says of none that it starts that it took less."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB


def best_of(work: Callable[[], object], *, times: int, repeats: int = 5) -> float:
    """Seconds that a piece of work takes in this process, the best of some series."""
    series = []
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(times):
            work()
        series.append((time.perf_counter() - started) / times)
    return min(series)
