"""Whole processes, timed from outside, several commands in turn.

Guarantees: in each round every command runs once, so that a machine that becomes slower does so for
all; a command that ends with another status than it should stops the benchmark.
May import: the standard library.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
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


class Launcher:
    """Runs commands from a small process, one after the other."""

    def __init__(self, scratch: Path) -> None:
        self._stdin, self._stderr = scratch / "stdin", scratch / "stderr"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # so that it and what it runs can be ended together
            text=True,
        )

    def run(self, command: Command) -> tuple[float, float, int]:
        """Seconds on the clock, seconds of processors, and KiB at most, of one run."""
        command.before()
        argv = command.argv() if callable(command.argv) else command.argv
        environ = command.environ() if callable(command.environ) else command.environ
        self._stdin.write_text(command.stdin)
        order = {"argv": argv, "environ": dict(environ)}
        order |= {"stdin": str(self._stdin), "stderr": str(self._stderr)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        ended, wall, cpu, peak = json.loads(self._process.stdout.readline())
        if ended != command.status:
            said = self._stderr.read_text(errors="replace")[-500:]
            raise Wrong(f"{command.name} ended with {ended}, not {command.status}: {said}")
        command.after()
        return wall, cpu, peak

    def close(self) -> None:
        """Ends the process, and what it runs if that was interrupted."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate()


def in_turn(
    commands: Iterable[Command], runs: int, scratch: Path, *, unwarmed: bool = False
) -> dict[str, Sample]:
    """Runs every command so often, in rounds, after one round that does not count.

    `unwarmed`: without that round, for what takes minutes.
    """
    commands = list(commands)
    samples = {command.name: Sample() for command in commands}
    with closing(Launcher(scratch)) as launcher:
        for number in range(1 if unwarmed else 0, runs + 1):
            for command in commands:
                wall, cpu, peak = launcher.run(command)
                if number:
                    sample = samples[command.name]
                    sample.wall.append(wall)
                    sample.cpu.append(cpu)
                    sample.peak.append(peak)
    return samples


def best_of(work: Callable[[], object], *, times: int, repeats: int = 5) -> float:
    """Seconds that a piece of work takes in this process, the best of some series."""
    series = []
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(times):
            work()
        series.append((time.perf_counter() - started) / times)
    return min(series)
