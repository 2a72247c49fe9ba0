"""The data key is rotated while the vault is used: whoever uses it is answered as ever."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.races.crowd import Crowd, generation, sign_in, takes_the_next_code, verify
from tests.races.race import BUSY, DONE, ONE_MORE_STEP, USED, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]


def test_fifty_who_sign_in_and_verify_while_the_key_is_rotated_are_answered_as_ever(
    adas: Iterator[Crowd], start: Start, rng: Random
) -> None:
    for crowd in adas:
        codes = (*[crowd.code()] * 2, *crowd.backup_codes[:2])
        users = [*crowd.live, *crowd.waiting[:20]]
        uses = [verify(client, rng.choice(codes)) for client in users]
        race = start.race(
            crowd.owner.ready("vault", "rotate", "--yes"),
            *uses,
            *map(sign_in, crowd.waiting[20:30]),
        )
        assert race.endings[0] in (DONE, BUSY)
        assert generation(crowd) == (2 if race.endings[0] == DONE else 1)
        spent: set[str] = set()
        for place, ended in race.in_order():
            command, code, *_ = race.commands[place].arguments
            if command == "signin":
                assert ended == ONE_MORE_STEP
            else:
                assert ended == (USED if code in spent else DONE)
                spent.add(code)
        assert takes_the_next_code(crowd, crowd.waiting[19])
