"""Work that is shared out to processes, so that it uses all cores.

Guarantees: all of it is done: what a process of its own did not finish, for whatever reason, is
done by the one that asked, and fails there if it has to. No process outlives the call, and none but
the one that asked says anything or handles a signal.
May import: nothing.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NoReturn

Job = Callable[[], Any]  # what it gives has to pass through JSON
MOST = 16  # each takes a descriptor


def cores() -> int:
    """How many processes get a core each; one where processes cannot be forked."""
    if not hasattr(os, "fork"):
        return 1
    allowed = getattr(os, "sched_getaffinity", None)  # Linux
    return min(len(allowed(0)) if allowed else os.cpu_count() or 1, MOST)


def results(jobs: Sequence[Job]) -> list[Any]:
    """What the jobs give, in their order: the first is done here, the others meanwhile."""
    first, *others = jobs
    forks: list[_Fork] = []
    try:
        for job in others:
            with _signals_held():  # until it is known what to end
                forks.append(_Fork(job))
        return [first(), *(fork.result() for fork in forks)]
    finally:
        for fork in forks:
            fork.end()


def end_without(asker: int) -> None:
    """For a job, now and then: ends a process whose asker, by its id, was killed."""
    if asker not in (os.getpid(), os.getppid()):
        os._exit(1)


class _Fork:
    """A process that does one job, and this side of the pipe through which it answers."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._running = _forked(job)

    def result(self) -> Any:
        """What the job gave."""
        if self._running is not None:
            process, answers = self._running
            answer = answers.read()
            with _signals_held():
                _, status = os.waitpid(process, 0)
                answers.close()
                self._running = None
            if status == 0:
                return json.loads(answer)
        return self._job()

    def end(self) -> None:
        """Ends the process if nobody has waited for what it gives."""
        with _signals_held():
            if self._running is not None:
                process, answers = self._running
                answers.close()
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)


@contextmanager
def _signals_held() -> Iterator[None]:
    """What would end this process comes afterwards; a process forked meanwhile starts so."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ending())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending() -> set[signal.Signals]:
    return {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def _forked(job: Job) -> tuple[int, BinaryIO] | None:
    """The new process and its answers; None if there can be none, as where limits are reached."""
    with suppress(OSError):
        answers, answer = os.pipe()
        try:
            process = os.fork()
            if process == 0:
                _answer(job, answer)
            return process, open(answers, "rb")  # noqa: PTH123 - `end` closes it
        except OSError:
            os.close(answers)
        finally:
            os.close(answer)
    return None


def _answer(job: Job, answer: int) -> NoReturn:
    """Does the job and ends, without closing or flushing what the one that asked has open."""
    status = 1
    try:
        for number in _ending():
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ending())
        with open(answer, "wb") as file:
            file.write(json.dumps(job()).encode())
        status = 0
    finally:
        os._exit(status)
