import pytest

from mfactl.core.account import stranger_expires_at, with_failure
from tests.support.builders import (
    DAY,
    HOUR,
    NOW,
    account_with_totp,
    backup_code_set,
    failures,
    stranger,
)


@pytest.mark.parametrize(("used", "remaining"), [((), 10), ((3,), 9), (tuple(range(10)), 0)])
def test_the_codes_that_remain_are_those_not_used(used: tuple[int, ...], remaining: int) -> None:
    assert backup_code_set(used=used).remaining == remaining


def test_a_failure_changes_nothing_of_an_account_but_its_counter() -> None:
    ada = account_with_totp(lockout=failures(9))

    counted = with_failure(ada, now=NOW)

    assert counted == ada._replace(lockout=failures(10, last_at=NOW))


def test_a_failure_changes_the_counter_of_a_stranger_and_when_it_was_used() -> None:
    before = stranger(lockout=failures(9), last_used_at=NOW - HOUR, code_handed_over_at=NOW - 5)

    counted = with_failure(before, now=NOW)

    assert counted == before._replace(lockout=failures(10, last_at=NOW), last_used_at=NOW)


def test_a_stranger_is_forgotten_a_day_after_its_last_use() -> None:
    assert stranger_expires_at(stranger(last_used_at=NOW)) == NOW + DAY


def test_a_stranger_is_not_forgotten_while_it_carries_failures() -> None:
    assert stranger_expires_at(stranger(lockout=failures(1))) is None
