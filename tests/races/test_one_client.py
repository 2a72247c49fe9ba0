"""Fifty commands of one client at the same moment: its file stays whole, and its mark advances."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from tests.races.crowd import (
    FIFTY,
    Crowd,
    is_signed_in,
    takes_the_next_code,
    verify,
)
from tests.races.race import DONE, LAPSED, NOBODY, USED, Racer, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]

SIGNED_OUT = ("sign_out", None)  # what happened, and the code of its refusal


def test_of_fifty_that_give_one_code_for_one_sign_in_one_completes_it(
    adas: Iterator[Crowd], start: Start
) -> None:
    """Who comes second gives a used code for the session that has begun."""
    for crowd in adas:
        client = crowd.waiting[0]
        with _watched(client) as marks:
            race = start.race(*[verify(client, crowd.code())] * FIFTY)
        assert race.counts == {DONE: 1, USED: FIFTY - 1}
        assert is_signed_in(client)
        _has_seen_all(client, marks)
        assert takes_the_next_code(crowd, client)


def test_a_client_that_signs_out_while_it_is_used_is_signed_out_once(
    adas: Iterator[Crowd], start: Start, rng: Random
) -> None:
    for crowd in adas:
        client = crowd.live[0]
        commands = [
            *[client.ready("account", "show")] * 20,
            *[verify(client, crowd.code())] * 20,
            *[client.ready("signout")] * 10,
        ]
        rng.shuffle(commands)
        with _watched(client) as marks:
            race = start.race(*commands)
        (out,) = (n for n, e in enumerate(race.events) if (e["happened"], e["code"]) == SIGNED_OUT)
        assert race.counts_of("verify") == +Counter(
            {DONE: min(out, 1), USED: max(out - 1, 0), LAPSED: 20 - out}
        )
        assert race.counts_of("signout") == {DONE: 1, NOBODY: 9}
        assert race.counts_of("account").keys() <= {DONE, NOBODY}
        assert not is_signed_in(client)
        _has_seen_all(client, marks)


@contextmanager
def _watched(client: Racer) -> Iterator[list[int]]:
    """Reads the client file again and again; the marks, in the order in which they were there."""
    marks: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.001):
            marks.append(client.seen()["number"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield marks
    finally:
        over.set()
        watcher.join()


def _has_seen_all(client: Racer, marks: list[int]) -> None:
    """The mark has never gone back, and is the newest event now."""
    assert marks == sorted(marks)
    books = client.books()
    assert client.seen()["number"] == len(books.events)
    assert client.seen()["hash"] == books.hashes[-1]
