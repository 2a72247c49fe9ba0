"""Sign-ups at the same moment: one account an address, five tries a code, one mail a while."""

from collections.abc import Iterator

import pytest

from tests.races.crowd import (
    FIFTY,
    GRACE,
    MAILED,
    Crowd,
    is_signed_in,
    verify,
)
from tests.races.race import DONE, WRONG, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]

TAKEN = "form_identifier_exists"
TOO_SOON = "verification_code_too_many_requests"
VOID = "verification_failed"
NO_FACTOR = "no_second_factors"


def test_of_fifty_sign_ups_of_one_address_one_makes_the_account(
    graces: Iterator[Crowd], start: Start
) -> None:
    for crowd in graces:
        race = start.race(*(verify(each, MAILED) for each in crowd.waiting))
        assert race.counts == {DONE: 1, TAKEN: FIFTY - 1}
        assert _accounts(crowd) == 1
        assert is_signed_in(crowd.waiting[race.places(DONE)[0]])
        loser = crowd.waiting[race.places(TAKEN)[0]]
        loser.sign_in(GRACE)  # it is the same password, and nothing was counted


def test_a_mailed_code_given_fifty_times_for_one_sign_up_makes_one_account(
    nobody: Iterator[Crowd], start: Start
) -> None:
    """Who comes second finds a client that is signed in to an account without a factor."""
    for crowd in nobody:
        crowd.owner.start_sign_up()
        code = crowd.owner.mailed_code()
        race = start.race(*[verify(crowd.owner, code)] * FIFTY)
        assert race.counts == {DONE: 1, NO_FACTOR: FIFTY - 1}
        assert _accounts(crowd) == 1
        assert is_signed_in(crowd.owner)


def test_of_fifty_wrong_codes_for_one_sign_up_five_are_tries(
    nobody: Iterator[Crowd], start: Start
) -> None:
    for crowd in nobody:
        crowd.owner.start_sign_up()
        code = crowd.owner.mailed_code()
        wrong = "000000" if code != "000000" else "000001"
        race = start.race(*[verify(crowd.owner, wrong)] * FIFTY)
        assert race.counts == {WRONG: 5, VOID: FIFTY - 5}
        assert [event["code"] for event in race.events] == [WRONG] * 5 + [VOID] * (FIFTY - 5)
        assert crowd.owner.run("verify", code, "--json").codes == [VOID]
        assert _accounts(crowd) == 0


def _accounts(crowd: Crowd) -> int:
    checked = crowd.owner.run("vault", "check", "--json", expect=0)
    return int(checked.document["records"]["accounts"])
