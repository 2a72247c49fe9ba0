from collections.abc import Callable

import pytest

from mfactl.core import admin
from mfactl.core.account import Account
from mfactl.core.lockout import CLEAR
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.errors import Code
from mfactl.exits import Exit
from tests.support.builders import (
    NEW_VERIFIER,
    NOW,
    account,
    account_with_totp,
    codes_of,
    failures,
    signed_in,
    situation,
    stranger,
    written_account,
)

CHOSEN = Work(new_password=NEW_VERIFIER)


def set_password(s: Situation, work: Work = CHOSEN) -> Verdict:
    return admin.set_password(s, work=work)


Rule = Callable[[Situation], Verdict]
RULES: list[tuple[Rule, Happened]] = [
    (admin.unlock, Happened.ADMIN_UNLOCK),
    (admin.reset_mfa, Happened.ADMIN_RESET_MFA),
    (set_password, Happened.ADMIN_SET_PASSWORD),
    (admin.delete, Happened.ADMIN_DELETE),
]
NEED_AN_ACCOUNT = RULES[1:]


@pytest.mark.parametrize(("rule", "happened"), RULES)
def test_each_act_is_about_the_address_and_not_about_who_is_signed_in(
    rule: Rule, happened: Happened
) -> None:
    eve = account(id="user_eve")

    verdict = rule(situation(signed_in(eve), account=eve, target=account_with_totp()))

    assert (verdict.happened, verdict.subject) == (happened, "user_ada")
    assert (verdict.refusals, verdict.need) == ((), None)


@pytest.mark.parametrize(("rule", "happened"), RULES)
def test_an_address_that_nothing_is_known_of_is_not_found(rule: Rule, happened: Happened) -> None:
    verdict = rule(situation())

    assert (verdict.happened, verdict.subject) == (happened, "")
    assert codes_of(verdict) == [Code.RESOURCE_NOT_FOUND]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert (verdict.writes, verdict.drops) == ((), ())


@pytest.mark.parametrize(("rule", "happened"), NEED_AN_ACCOUNT)
def test_a_stranger_has_no_account_to_change(rule: Rule, happened: Happened) -> None:
    verdict = rule(situation(target=stranger(lockout=failures(10))))

    assert (verdict.happened, verdict.subject) == (happened, "stranger_ada")
    assert codes_of(verdict) == [Code.RESOURCE_NOT_FOUND]
    assert (verdict.writes, verdict.drops) == ((), ())


@pytest.mark.parametrize("count", [0, 3, 10, 100])
def test_a_lock_is_lifted_and_nothing_else_changes(count: int) -> None:
    locked = account_with_totp(lockout=failures(count))

    verdict = admin.unlock(situation(target=locked))

    assert verdict.writes == (locked._replace(lockout=CLEAR),)
    assert verdict.account == locked._replace(lockout=CLEAR)
    assert verdict.details == {"failures": count}


def test_the_lock_of_an_address_without_an_account_is_lifted_too() -> None:
    verdict = admin.unlock(situation(target=stranger(lockout=failures(10))))

    assert verdict.writes == (stranger(),)
    assert (verdict.subject, verdict.account) == ("stranger_ada", None)
    assert verdict.details == {"failures": 10}


def ended(before: Account, verdict: Verdict) -> Account:
    """What an act wrote, if it ended all sessions and half-finished sign-ins."""
    written = written_account(verdict)
    assert verdict.writes == (written,)
    assert verdict.account == written
    assert (written.epoch, written.updated_at) == (before.epoch + 1, NOW)
    return written


def test_a_reset_removes_the_app_and_its_backup_codes() -> None:
    ada = account_with_totp(lockout=failures(10))

    verdict = admin.reset_mfa(situation(target=ada))

    assert ended(ada, verdict) == ada._replace(
        totp=None, backup_codes=None, mfa_disabled_at=NOW, epoch=ada.epoch + 1, updated_at=NOW
    )
    assert verdict.details == {"totp": "totp_ada"}


def test_there_is_no_factor_to_reset_where_there_is_none() -> None:
    verdict = admin.reset_mfa(situation(target=account()))

    assert (verdict.happened, verdict.subject) == (Happened.ADMIN_RESET_MFA, "user_ada")
    assert codes_of(verdict) == [Code.NO_SECOND_FACTORS]
    assert verdict.writes == ()


def test_a_password_is_asked_for_before_anything_is_changed() -> None:
    verdict = set_password(situation(target=account()), NO_WORK)

    assert (verdict.happened, verdict.subject) == (Happened.ADMIN_SET_PASSWORD, "user_ada")
    assert (verdict.need, verdict.writes, verdict.refusals) == (Need.NEW_PASSWORD, (), ())


def test_a_new_password_keeps_the_factor_and_the_lock() -> None:
    ada = account_with_totp(lockout=failures(10))

    assert ended(ada, set_password(situation(target=ada))) == ada._replace(
        password=NEW_VERIFIER, password_changed_at=NOW, epoch=ada.epoch + 1, updated_at=NOW
    )


def test_a_deleted_account_is_dropped_and_told_once_more() -> None:
    ada = account_with_totp()

    verdict = admin.delete(situation(target=ada))

    assert (verdict.writes, verdict.drops, verdict.account) == ((), (ada,), ada)
