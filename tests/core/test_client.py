import pytest

from mfactl.core.client import account_id, expires_at, is_pending_fresh, pending_expires_at
from tests.support.builders import (
    DAY,
    MINUTE,
    NOW,
    account,
    account_with_totp,
    client,
    pending_sign_in,
    pending_sign_up,
    sign_in_of,
    sign_up_of_ada,
    signed_in,
)


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(-61, False), (-60, True), (0, True), (DAY - 1, True), (DAY, False), (DAY + 1, False)],
)
def test_a_sign_up_is_abandoned_after_a_day(age: int, fresh: bool) -> None:
    assert is_pending_fresh(sign_up_of_ada(at=NOW - age), now=NOW) is fresh


@pytest.mark.parametrize(
    ("age", "fresh"), [(-61, False), (-60, True), (0, True), (599, True), (600, False)]
)
def test_a_sign_in_is_abandoned_after_ten_minutes(age: int, fresh: bool) -> None:
    assert is_pending_fresh(sign_in_of(account_with_totp(), at=NOW - age), now=NOW) is fresh


def test_a_pending_step_expires_at_the_first_second_at_which_it_is_abandoned() -> None:
    sign_in, sign_up = sign_in_of(account_with_totp()), sign_up_of_ada()

    assert pending_expires_at(sign_in) == NOW + 10 * MINUTE
    assert pending_expires_at(sign_up) == NOW + DAY
    for pending in (sign_in, sign_up):
        assert is_pending_fresh(pending, now=pending_expires_at(pending) - 1)
        assert not is_pending_fresh(pending, now=pending_expires_at(pending))


def test_a_client_belongs_to_the_account_of_its_session_or_half_finished_sign_in() -> None:
    assert account_id(client()) is None
    assert account_id(pending_sign_up()) is None
    assert account_id(signed_in(account())) == "user_ada"
    assert account_id(pending_sign_in(account_with_totp())) == "user_ada"


def test_a_session_says_more_about_a_client_than_what_is_pending() -> None:
    both = signed_in(account())._replace(
        pending=sign_in_of(account_with_totp(id="user_bob"), at=NOW)
    )

    assert account_id(both) == "user_ada"


def test_a_client_may_be_dropped_when_nothing_in_it_can_matter_any_more() -> None:
    week = 7 * DAY

    assert expires_at(client(created_at=NOW - 5)) == NOW - 5
    assert expires_at(pending_sign_in(account_with_totp())) == NOW + 10 * MINUTE
    assert expires_at(pending_sign_up()) == NOW + DAY
    assert expires_at(signed_in(account())) == NOW + week
    assert expires_at(signed_in(account())._replace(pending=sign_up_of_ada())) == NOW + week
    late = signed_in(account(), at=NOW - week)._replace(pending=sign_up_of_ada())
    assert expires_at(late) == NOW + DAY
