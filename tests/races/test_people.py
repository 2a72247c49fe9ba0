"""Fifty people at one vault, who have nothing in common but the moment."""

from collections.abc import Iterator

import pytest

from tests.races.crowd import FIFTY, Crowd, person, shown, sign_in
from tests.races.race import DONE, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]


def test_fifty_people_sign_in_at_once_and_nobody_is_turned_away(
    people: Iterator[Crowd], start: Start
) -> None:
    for crowd in people:
        race = start.race(*(sign_in(each, person(n)) for n, each in enumerate(crowd.waiting)))
        assert race.counts == {DONE: FIFTY}
        for number, shell in enumerate(crowd.waiting):
            assert shown(shell)["id"] == f"user_{number:027}"
