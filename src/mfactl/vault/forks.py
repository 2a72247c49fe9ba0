"""Work that is shared out to processes, so that it uses all cores.

Guarantees: all of it is done: what a process of its own did not finish, for whatever reason, is
done by the one that asked, and fails there if it has to. No process outlives the call, and none but
the one that asked says anything or handles a signal.
May import: nothing.
"""

import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

Job = Callable[[], Any]  # what it gives has to pass through JSON
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def cores() -> int:
    """How many processes get a core each; one where processes cannot be forked."""
    return (os.cpu_count() or 1) if hasattr(os, "fork") else 1


def results(jobs: Sequence[Job]) -> list[Any]:
    """What the jobs give, in their order: the first is done here, the others meanwhile."""
    forks: list[_Fork] = []
    try:
        forks += map(_Fork, jobs[1:])
        return [jobs[0](), *(fork.result() for fork in forks)]
    finally:
        for fork in forks:
            fork.end()


class _Fork:
    """A process that does one job, and this side of the pipe through which it answers."""

    def __init__(self, job: Job) -> None:
        self._job = job
        answers, answer = os.pipe()
        self._answers = open(answers, "rb")  # noqa: PTH123, SIM115 - `end` closes it
        try:
            self._process = _forked(job, answer)
        finally:
            os.close(answer)

    def result(self) -> Any:
        """What the job gave."""
        answer = self._answers.read()
        if self._process is not None:
            status = os.waitpid(self._process, 0)[1]
            self._process = None
            if status == 0:
                return json.loads(answer)
        return self._job()

    def end(self) -> None:
        """Ends the process if nobody has waited for what it gives."""
        self._answers.close()
        if self._process is not None:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)


def _forked(job: Job, answer: int) -> int | None:
    """The new process; None if there can be none, as where a user may have no more."""
    with suppress(OSError):
        process = os.fork()
        if process == 0:
            _answer(job, answer)
        return process
    return None


def _answer(job: Job, answer: int) -> NoReturn:
    """Does the job and ends, without closing or flushing what the one that asked has open."""
    status = 1
    try:
        for name in _ENDING:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        with open(answer, "wb") as file:
            file.write(json.dumps(job()).encode())
        status = 0
    finally:
        os._exit(status)
