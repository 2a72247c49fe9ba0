"""Runs a check on many values and counts them; and what a parser may answer instead of a value."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import SearchStrategy

from mfactl.errors import Code, MfactlError, Refusal
from tests.support.soak import Tally

LONGER = 100  # how many times as many values a long run draws


class Fuzz:
    """`fuzz("texts typed as a code", 100, TYPED, check)`: 100 of them, or 10,000 in a long run."""

    def __init__(self, soak: bool, tally: Tally) -> None:
        self._soak = soak
        self._tally = tally

    def __call__(
        self,
        what: str,
        number: int,
        values: SearchStrategy[Any],
        check: Callable[[Any], None],
        always: Sequence[Any] = (),
    ) -> None:
        """`always` are values that every run begins with."""
        done = 0

        def run(value: Any) -> None:
            nonlocal done
            check(value)
            done += 1

        test = given(values)(run)
        for value in always:
            test = example(value)(test)
        how = settings(
            max_examples=number * LONGER if self._soak else number,
            derandomize=not self._soak,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        how(test)()
        self._tally(what, done)


@contextmanager
def allowed(*codes: Code) -> Iterator[None]:
    """Lets our error pass if it has one of these codes. Any other exception fails the test."""
    refusals: tuple[Refusal, ...] = ()
    try:
        yield
    except MfactlError as error:
        refusals = error.refusals
    for refusal in refusals:
        assert refusal.code in codes, refusal.code
        assert is_told(refusal)


def is_told(refusal: Refusal) -> bool:
    """Whether somebody learns what happened, and what to do."""
    return bool(refusal.long_message and refusal.next_step)
