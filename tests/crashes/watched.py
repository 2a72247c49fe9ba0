"""Runs of mfactl that a fault meets at a chosen system call: SIGKILL, or an error in its place.

strace makes the fault and writes down the calls. It counts them from the start of each process, so
one strace serves many runs: its fault is always that of call number FAULT_AT, and a run that is to
be met at its call number n first makes FAULT_AT - n calls that fail.
"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import IO, NamedTuple, Self

from tests.crashes.ada import Ada
from tests.crashes.nursery import MESSAGE_BYTES
from tests.support.soak import ROOT

FAULT_AT = 160  # more calls of one kind than any command makes
CALLS = (  # all that change a file, or make a change last
    "fdatasync",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "pwrite64",
    "rename",
    "unlink",
    "write",
)
KILL = "signal=KILL"
ERRORS = ("error=ENOSPC", "error=EIO", "error=EROFS")

KILLED = -9  # the status of what SIGKILL has ended

_FAULT = re.compile(r"\(INJECTED\)$| = -1 EFBIG ")  # the latter is what Command.largest_file does
_END = re.compile(r"= \?$|^\+\+\+ ")  # of a call that never returned, or of the process
_PATH = re.compile(r'"([^"]+)"|\d<([^>]+)>')
_RANDOM = re.compile(r"\b[0-9a-f]{16}\b|\b\d+\.M\d+P\d+Q\d+\.[^/\"]+|\b\d{8}T\d{6}Z(-\d+)?\b")


class Point(NamedTuple):
    """A call of a command: the n-th of its name, and the file that it is about."""

    call: str
    number: int
    file: str

    def __str__(self) -> str:
        return f"{self.call} {self.number} ({self.file})"


class Command(NamedTuple):
    """A command line, what it reads from stdin, and what the machine lets it do.

    `largest_file`: no file may grow past so many bytes. `privileged`: root may do everything.
    """

    words: tuple[str, ...]
    stdin: str = ""
    largest_file: int | None = None
    privileged: bool = True


class Ended(NamedTuple):
    """How a run ended, what it printed, and its calls, each as strace writes it."""

    status: int
    out: str
    err: str
    calls: tuple[str, ...]

    @property
    def is_struck(self) -> bool:
        """Whether the fault met it."""
        return self.met_at is not None

    @property
    def met_at(self) -> str | None:
        """The file that the call was about that the fault met."""
        if self.status == KILLED and self.calls:
            return file_of(self.calls[-1])
        return next((file_of(call) for call in self.calls if _FAULT.search(call)), None)

    @property
    def points(self) -> list[Point]:
        """Its calls as points to strike at."""
        numbers: Counter[str] = Counter()
        points = []
        for call in self.calls:
            name = call.partition("(")[0]
            numbers[name] += 1
            points.append(Point(name, numbers[name], file_of(call)))
        return points

    def succeeded(self, name: str, file: str) -> int:
        """How many calls of that name about that file succeeded before the fault."""
        before = takewhile(lambda call: not _FAULT.search(call), self.calls)
        done = (call for call in before if call.startswith(f"{name}(") and call.endswith(" = 0"))
        return sum(file_of(call) == file for call in done)


def file_of(call: str) -> str:
    """The name of the file that a call is about, the new one of two; `*` for what is random."""
    path = [quoted or opened for quoted, opened in _PATH.findall(call)][-1]
    return _RANDOM.sub("*", path.rpartition("/")[2])


class Nursery:
    """Starts runs that are forks of one process; see nursery.py.

    `fault` is what happens to them, in strace's words; None: strace does not watch.
    """

    def __init__(self, folder: Path, fault: str | None) -> None:
        self.fault = fault
        log = folder / "strace"
        self._streams = [folder / name for name in ("stdin", "stdout", "stderr")]
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.crashes.nursery", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [*self._strace(log), *command],
                cwd=ROOT,
                env=_environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        log.touch()
        self._log = None if fault is None else log.open()

    def _strace(self, log: Path) -> list[str]:
        if self.fault is None:
            return []
        injected = [f"--inject={call}:{self.fault}:when={FAULT_AT}" for call in CALLS]
        # It stops the others at no call but these; but then no signal of strace's arrives.
        quick = [] if self.fault == KILL else ["--seccomp-bpf"]
        written = ["-y", "-s0", "-q", "-e", "signal=none", "-o", str(log)]
        return ["strace", "-f", *quick, *written, "-e", f"trace={','.join(CALLS)}", *injected]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()
        self._channel.close()  # which ends it
        self._process.wait()

    def run(self, ada: Ada, command: Command, at: Point | None = None) -> Ended:
        """Runs a command to its end, met by the fault at a point if one is named."""
        return self.start(ada, command, at).ended()

    def start(self, ada: Ada, command: Command, at: Point | None = None) -> "Running":
        """Starts a command. One at a time: the next one starts when this one has ended."""
        for path, text in zip(self._streams, (command.stdin, "", ""), strict=True):
            path.write_text(text)
        wasted = 0 if at is None else FAULT_AT - at.number
        request = {
            "folder": str(ada.folder),
            "streams": [str(path) for path in self._streams],
            "environ": ada.environment,
            "arguments": [*command.words, "--json"],
            "largest_file": command.largest_file,
            "privileged": command.privileged,
            "call": "write" if at is None else at.call,
            "wasted": wasted,
        }
        self._channel.send(json.dumps(request).encode())
        return Running(self._channel, self._streams, self._log, wasted)


class Running:
    """A run that has started."""

    def __init__(
        self, channel: socket.socket, streams: list[Path], log: IO[str] | None, wasted: int
    ) -> None:
        self._channel = channel
        self._streams = streams
        self._log = log
        self._wasted = wasted
        self.id = int(channel.recv(MESSAGE_BYTES))

    def ended(self) -> Ended:
        """Waits for its end."""
        status = int(self._channel.recv(MESSAGE_BYTES))
        out, err = (path.read_text() for path in self._streams[1:])
        return Ended(status, out, err, tuple(self._calls()))

    def is_over_within(self, seconds: float) -> bool:
        """Whether it ends before so much time has passed."""
        return bool(select.select([self._channel], [], [], seconds)[0])

    def kill(self) -> None:
        """Ends it without a warning."""
        os.kill(self.id, signal.SIGKILL)

    def _calls(self) -> list[str]:
        """Its calls but those that it wasted; the log has every process's, each with its id."""
        if self._log is None:
            return []
        text = ""
        while not (mine := _calls_of(self.id, text)) or not _END.search(mine[-1]):
            os.sched_yield()  # strace writes the end down a little after it
            text += self._log.read()
        return [call for call in mine if not call.startswith("+++ ")][self._wasted :]


def _calls_of(process: int, log: str) -> list[str]:
    """The lines of one process, with those joined that others of its threads came between."""
    calls: list[str] = []
    for line in log.splitlines():
        identity, _, text = line.partition(" ")
        if identity == str(process):
            _, is_rest, rest = text.partition(" resumed>")
            begun = calls.pop().removesuffix("<unfinished ...>") if is_rest else ""
            calls.append(begun + (rest if is_rest else text.strip()))
    return calls


def _environment() -> dict[str, str]:
    """A struck run writes no bytecode."""
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
