"""One code, and many who give it at the same moment: it is good once.

Who loses with a genuine code is told that it was used, and nothing is counted against the account.
"""

from collections.abc import Iterator
from random import Random

import pytest

from tests.races.crowd import FIFTY, Crowd, is_signed_in, shown, takes_the_next_code, verify
from tests.races.race import DONE, USED, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]

STEP_UP, SIGN_IN = "step_up", "sign_in_verify"


def test_of_fifty_sign_ins_with_one_code_of_the_app_one_completes(
    adas: Iterator[Crowd], start: Start
) -> None:
    """The installed program, interpreter and all: what the forks of other races stand for."""
    for crowd in adas:
        race = start.race(*(verify(each, crowd.code()) for each in crowd.waiting), installed=True)
        assert race.counts == {DONE: 1, USED: FIFTY - 1}
        assert is_signed_in(crowd.waiting[race.places(DONE)[0]])
        assert takes_the_next_code(crowd, crowd.waiting[race.places(USED)[0]])


def test_of_sign_ins_and_step_ups_with_the_codes_of_three_steps_none_is_verified_after_a_later_one(
    adas: Iterator[Crowd], start: Start, rng: Random
) -> None:
    for crowd in adas:
        clients = [*crowd.live, *crowd.waiting[:30]]
        drifts = [rng.choice((-1, 0, 1)) for _ in clients]
        race = start.race(*(verify(c, crowd.code(d)) for c, d in zip(clients, drifts, strict=True)))
        last = -2  # the step that verified Ada before
        for place, ended in race.in_order():
            assert ended == (DONE if drifts[place] > last else USED)
            last = max(last, drifts[place])
        assert {event["happened"] for event in race.events} == {STEP_UP, SIGN_IN}
        assert takes_the_next_code(crowd, clients[race.places(USED)[-1]])


def test_of_fifty_sign_ins_and_twenty_step_ups_with_one_backup_code_one_is_verified(
    adas: Iterator[Crowd], start: Start
) -> None:
    for crowd in adas:
        clients = [*crowd.live, *crowd.waiting]
        race = start.race(*(verify(each, crowd.backup_codes[0]) for each in clients))
        assert race.counts == {DONE: 1, USED: len(clients) - 1}
        assert {event["happened"] for event in race.events} == {STEP_UP, SIGN_IN}
        assert shown(crowd.owner)["backup_codes_remaining"] == 9
        loser = clients[race.places(USED)[-1]]
        loser.run("verify", crowd.backup_codes[1], expect=0)
        assert takes_the_next_code(crowd, clients[race.places(USED)[0]])
