"""Work in processes of its own: real ones, which also die, or cannot be had."""

import errno
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from mfactl.vault import forks


def test_all_is_done_in_its_order_and_each_but_the_first_elsewhere() -> None:
    first, *others = forks.results([os.getpid] * 3)
    assert first == os.getpid()
    assert len({first, *others}) == 3
    assert forks.results([lambda: 1, lambda: {"a": [None, "b"]}]) == [1, {"a": [None, "b"]}]


def test_more_than_a_pipe_holds_arrives_whole() -> None:
    assert forks.results([lambda: "", lambda: "x" * 2**20])[1] == "x" * 2**20


def _fails_elsewhere(here: int) -> int:
    if os.getpid() != here:
        raise ValueError("elsewhere")
    return here


def _dies_elsewhere(here: int) -> int:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return here


def _gives_no_json_elsewhere(here: int) -> object:
    return here if os.getpid() == here else object()


@pytest.mark.parametrize("job", [_fails_elsewhere, _dies_elsewhere, _gives_no_json_elsewhere])
def test_what_is_not_done_elsewhere_is_done_here(
    job: Callable[[int], object], capfd: pytest.CaptureFixture[str]
) -> None:
    here = os.getpid()
    assert forks.results([lambda: 0, lambda: job(here)]) == [0, here]
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_done_at_all_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        forks.results([lambda: 0, lambda: 1 // 0])


def test_where_there_can_be_no_more_processes_all_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left() -> NoReturn:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", none_left)
    assert forks.results([os.getpid] * 3) == [os.getpid()] * 3


def test_where_there_can_be_no_more_descriptors_all_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left() -> NoReturn:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pipe", none_left)
    assert forks.results([os.getpid] * 3) == [os.getpid()] * 3


def test_without_forks_there_is_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forks.cores() == min(len(os.sched_getaffinity(0)), forks.MOST)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {1, 5, 7})
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert forks.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert forks.cores() == 4
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert forks.cores() == 1
    monkeypatch.delattr(os, "fork")
    assert forks.cores() == 1


def test_a_job_ends_when_the_one_that_asked_has_been_killed() -> None:
    here, above = os.getpid(), os.getppid()

    def job(asker: int) -> int:
        forks.end_without(asker)
        return os.getpid()

    assert forks.results([int, lambda: job(here)])[1] != here
    assert forks.results([int, lambda: job(above)])[1] == here  # elsewhere nobody above had asked


def test_an_interruption_while_it_forks_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, forked = os.fork, []

    def fork_and_be_interrupted() -> int:
        process = fork()
        if process:
            forked.append(process)
            signal.raise_signal(signal.SIGINT)  # to this thread: a test runner has others
        return process

    monkeypatch.setattr(os, "fork", fork_and_be_interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job control may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            forks.results([int, signal.pause, signal.pause])
        with pytest.raises(ProcessLookupError):
            os.kill(forked[0], 0)
        assert len(forked) == 1
    finally:
        signal.signal(signal.SIGINT, before)
        for process in forked:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def test_an_interruption_ends_the_others(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    others: list[int] = []

    def waits() -> None:
        told.write_text(str(os.getpid()))
        signal.pause()

    def is_interrupted() -> NoReturn:
        others.append(int(told.read_text()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forks.results([is_interrupted, waits])
    with pytest.raises(ProcessLookupError):
        os.kill(others[0], 0)


def test_the_others_leave_signals_to_the_one_that_asked() -> None:
    previous = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        _, is_left = forks.results(
            [bool, lambda: signal.getsignal(signal.SIGTERM) == signal.SIG_DFL]
        )
    finally:
        signal.signal(signal.SIGTERM, previous)
    assert is_left
