import pytest

from mfactl.core import second_factor, totp
from mfactl.core.account import Account
from mfactl.core.code import Shape, Typed
from mfactl.core.second_factor import Checked
from mfactl.core.verdict import NO_WORK, Need, Work
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    HOUR,
    NOW,
    OTHER_SALT,
    SALT,
    UNKNOWN_BACKUP_CODE,
    account,
    account_with_totp,
    app_code,
    backup_code,
    backup_code_set,
    factor,
    failures,
    hashed,
    wrong_code,
)

STEP = totp.step_at(NOW)


def check(ada: Account, code: Typed, *, now: int = NOW, work: Work = NO_WORK) -> Checked:
    return second_factor.check(ada, code, now=now, work=work)


def codes(checked: Checked) -> list[Code]:
    return [refusal.code for refusal in checked.refusals]


def only(checked: Checked) -> Refusal:
    (refusal,) = checked.refusals
    return refusal


def test_a_good_totp_code_is_spent_and_nothing_else_changes() -> None:
    ada = account_with_totp(lockout=failures(4))

    checked = check(ada, app_code(drift=1))

    assert checked == Checked(
        ada._replace(totp=factor(last_step=STEP + 1, last_used_at=NOW)), "totp"
    )


def test_a_good_backup_code_is_spent_and_nothing_else_changes() -> None:
    ada = account_with_totp(lockout=failures(4), backup_codes=backup_code_set(used=(1,)))

    checked = check(ada, backup_code(7), work=hashed(backup_code(7)))

    spent = ada.backup_codes
    assert spent is not None
    assert checked.refusals == ()
    assert checked.need is None
    assert checked.strategy == "backup_code"
    kept = checked.account.backup_codes
    assert kept is not None
    assert [place for place, c in enumerate(kept.codes) if c.used_at is not None] == [1, 7]
    assert kept.codes[7].used_at == NOW
    assert checked.account._replace(backup_codes=spent) == ada


@pytest.mark.parametrize(
    ("code", "work", "strategy"),
    [
        (wrong_code(), NO_WORK, "totp"),
        (UNKNOWN_BACKUP_CODE, hashed(UNKNOWN_BACKUP_CODE), "backup_code"),
    ],
    ids=["totp", "backup"],
)
@pytest.mark.parametrize(
    ("before", "warned"), [(0, []), (6, []), (7, [2]), (8, [1]), (9, [0]), (10, []), (99, [0])]
)
def test_a_wrong_code_is_counted_and_warned_about(
    code: Typed, work: Work, strategy: str, before: int, warned: list[int]
) -> None:
    ada = account_with_totp(lockout=failures(before, last_at=NOW - HOUR))

    checked = check(ada, code, work=work)

    assert checked.strategy == strategy
    assert checked.account.lockout.failures == before + 1
    assert checked.account == ada._replace(lockout=checked.account.lockout)
    assert codes(checked)[0] is Code.CODE_INCORRECT
    assert "already_used" not in checked.refusals[0].meta
    assert checked.refusals[0].entry.exit is Exit.REFUSED
    left = 0 if before % 10 == 9 else 9 - before % 10
    assert checked.refusals[0].meta == {"param_name": "code", "remaining_attempts": left}
    counted = f"That code is wrong; {left} attempts are left."
    assert checked.refusals[0].detail == (None if warned else counted)
    assert [r.meta["remaining_attempts"] for r in checked.refusals[1:]] == warned
    assert (checked.account.lockout.locked_at == NOW) is (warned == [0])


def test_a_genuine_totp_code_that_was_used_is_refused_and_not_counted() -> None:
    ada = account_with_totp(totp=factor(last_step=STEP), lockout=failures(9))

    for code in (app_code(), app_code(drift=-1)):
        checked = check(ada, code)

        assert checked == Checked(ada, "totp", checked.refusals)
        assert only(checked).code is Code.CODE_INCORRECT
        assert only(checked).meta == {"param_name": "code", "already_used": True}
        assert "already used" in only(checked).long_message


def test_a_genuine_backup_code_that_was_used_is_refused_and_not_counted() -> None:
    ada = account_with_totp(backup_codes=backup_code_set(used=(2,)), lockout=failures(9))

    checked = check(ada, backup_code(2), work=hashed(backup_code(2)))

    assert checked == Checked(ada, "backup_code", checked.refusals)
    assert only(checked).code is Code.CODE_INCORRECT
    assert only(checked).meta == {"param_name": "code", "already_used": True}
    assert "already used" in only(checked).long_message


def test_a_code_works_once() -> None:
    once = check(account_with_totp(), app_code())
    twice = check(once.account, app_code())

    assert codes(once) == []
    assert codes(twice) == [Code.CODE_INCORRECT]
    assert twice.account == once.account


def test_a_backup_code_works_once() -> None:
    once = check(account_with_totp(), backup_code(), work=hashed(backup_code()))
    twice = check(once.account, backup_code(), work=hashed(backup_code()))

    assert codes(once) == []
    assert codes(twice) == [Code.CODE_INCORRECT]
    assert twice.account == once.account


def test_every_code_of_a_set_works_and_then_none() -> None:
    ada = account_with_totp()
    for place in range(10):
        checked = check(ada, backup_code(place), work=hashed(backup_code(place)))
        assert codes(checked) == []
        ada = checked.account

    assert ada.backup_codes is not None
    assert ada.backup_codes.remaining == 0
    for place in range(10):
        checked = check(ada, backup_code(place), work=hashed(backup_code(place)))
        assert codes(checked) == [Code.CODE_INCORRECT]


def test_a_clock_that_went_back_is_named_and_the_code_is_not_counted() -> None:
    ada = account_with_totp(totp=factor(last_step=totp.step_at(NOW + DAY)))

    checked = check(ada, app_code())

    assert checked.account == ada
    assert only(checked).code is Code.CODE_INCORRECT
    assert "clock of this machine went back" in only(checked).long_message
    assert "clock" in only(checked).next_step


def test_a_wrong_code_on_a_clock_that_went_back_is_a_wrong_code() -> None:
    ada = account_with_totp(totp=factor(last_step=totp.step_at(NOW + DAY)))

    checked = check(ada, wrong_code())

    assert checked.account.lockout.failures == 1
    assert "went back" not in only(checked).long_message


@pytest.mark.parametrize(
    ("code", "work"),
    [
        (app_code(), NO_WORK),
        (wrong_code(), NO_WORK),
        (backup_code(), hashed(backup_code())),
        (backup_code(), NO_WORK),
        (UNKNOWN_BACKUP_CODE, hashed(UNKNOWN_BACKUP_CODE)),
    ],
    ids=["right", "wrong", "right backup", "backup not hashed", "wrong backup"],
)
@pytest.mark.parametrize("count", [10, 20, 100])
def test_while_locked_every_code_is_refused_before_any_work(
    code: Typed, work: Work, count: int
) -> None:
    ada = account_with_totp(lockout=failures(count, last_at=NOW - HOUR + 1))

    checked = check(ada, code, work=work)

    strategy = "totp" if code.shape is Shape.DIGITS else "backup_code"
    assert checked == Checked(ada, strategy, checked.refusals)
    assert codes(checked) == [Code.USER_LOCKED]


def test_a_lock_that_has_ended_lets_the_right_code_through_and_keeps_the_counter() -> None:
    ada = account_with_totp(lockout=failures(10, last_at=NOW - HOUR))

    checked = check(ada, app_code())

    assert codes(checked) == []
    assert checked.account.lockout.failures == 10


def test_a_backup_code_is_hashed_under_the_salt_of_the_set() -> None:
    checked = check(account_with_totp(), backup_code())

    assert (checked.need, checked.against) == (Need.BACKUP_DIGEST, SALT)
    assert (checked.strategy, checked.refusals) == ("backup_code", ())


def test_a_backup_code_is_hashed_again_if_the_set_has_changed() -> None:
    ada = account_with_totp(backup_codes=backup_code_set(salt=OTHER_SALT))

    checked = check(ada, backup_code(), work=hashed(backup_code(), salt=SALT))
    assert (checked.need, checked.against) == (Need.BACKUP_DIGEST, OTHER_SALT)
    assert checked.account == ada

    again = check(ada, backup_code(), work=hashed(backup_code(), salt=OTHER_SALT))
    assert (again.need, codes(again)) == (None, [])


def test_a_totp_code_needs_no_work() -> None:
    assert check(account_with_totp(), app_code()).need is None


@pytest.mark.parametrize(
    ("code", "strategy"), [(app_code(), "totp"), (backup_code(), "backup_code")]
)
def test_an_account_without_that_factor_says_so_and_counts_nothing(
    code: Typed, strategy: str
) -> None:
    checked = check(account(), code)

    assert codes(checked) == [Code.NO_SECOND_FACTORS]
    assert checked == Checked(account(), strategy, checked.refusals)


def test_totp_and_backup_codes_share_one_counter() -> None:
    ada = account_with_totp()
    for attempt in range(10):
        checked = (
            check(ada, wrong_code())
            if attempt % 2
            else check(ada, UNKNOWN_BACKUP_CODE, work=hashed(UNKNOWN_BACKUP_CODE))
        )
        assert codes(checked)[0] is Code.CODE_INCORRECT
        ada = checked.account

    assert codes(check(ada, app_code())) == [Code.USER_LOCKED]
