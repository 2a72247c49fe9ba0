from collections.abc import Callable

import pytest

from mfactl.core import password, session
from mfactl.core.account import Account
from mfactl.core.client import TOKEN_DUE
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import (
    HOUR,
    NEW_VERIFIER,
    NOW,
    OTHER_VERIFIER,
    VERIFIER,
    account,
    account_with_totp,
    after,
    client,
    codes_of,
    enrolling,
    failures,
    right_password,
    signed_in,
    situation,
    wrong_password,
)

CHANGED = right_password()._replace(new_password=NEW_VERIFIER)


def change(s: Situation, work: Work = CHANGED) -> Verdict:
    return password.change(s, work=work)


def check(s: Situation, work: Work = CHANGED) -> Verdict:
    return password.check(s, work=work)


Rule = Callable[[Situation, Work], Verdict]
EITHER = pytest.mark.parametrize(
    ("rule", "happened"),
    [(change, Happened.PASSWORD_CHANGE), (check, Happened.PASSWORD_CHECK)],
    ids=["change", "check"],
)


@pytest.mark.parametrize("ada", [account(), account_with_totp()], ids=["one factor", "two factors"])
def test_a_change_replaces_the_verifier_and_its_session_alone_follows(ada: Account) -> None:
    ada = ada._replace(lockout=failures(9))
    here = enrolling(ada, at=NOW - 60)
    assert here.session is not None
    s = situation(here, account=ada)

    verdict = change(s)

    changed = ada._replace(
        password=NEW_VERIFIER, password_changed_at=NOW, updated_at=NOW, epoch=ada.epoch + 1
    )
    renewed = here.session._replace(epoch=changed.epoch, first_factor_at=NOW, last_active_at=NOW)
    assert verdict == Verdict(
        Happened.PASSWORD_CHANGE,
        "user_ada",
        writes=(changed, here._replace(session=renewed, token_hash=TOKEN_DUE)),
        session=renewed,
        account=changed,
    )
    assert not isinstance(session.live(after(s, verdict)), Refusal)
    elsewhere = session.live(situation(signed_in(ada), account=changed))
    assert isinstance(elsewhere, Refusal)
    assert elsewhere.code is Code.SIGNED_OUT


@EITHER
@pytest.mark.parametrize(("age", "fresh"), [(-61, False), (-60, True), (599, True), (600, False)])
@pytest.mark.parametrize("ada", [account(), account_with_totp()], ids=["one factor", "two factors"])
def test_a_change_needs_the_strongest_factor_of_the_last_ten_minutes(
    rule: Rule, happened: Happened, ada: Account, age: int, fresh: bool
) -> None:
    factor_at = "first_factor_at" if ada.totp is None else "second_factor_at"
    here = signed_in(ada, at=NOW - HOUR, **{factor_at: NOW - age})

    verdict = rule(situation(here, account=ada), CHANGED)

    assert codes_of(verdict) == ([] if fresh else [Code.REVERIFICATION_REQUIRED])
    if not fresh:
        assert (verdict.happened, verdict.subject) == (happened, "user_ada")
        assert verdict.writes == ()


@EITHER
def test_a_fresh_password_is_not_enough_where_there_is_a_second_factor(
    rule: Rule, happened: Happened
) -> None:
    ada = account_with_totp()
    here = signed_in(ada, second_factor_at=NOW - HOUR)

    assert codes_of(rule(situation(here, account=ada), CHANGED)) == [Code.REVERIFICATION_REQUIRED]


@EITHER
def test_freshness_is_looked_at_before_the_lock_and_before_any_work(
    rule: Rule, happened: Happened
) -> None:
    ada = account(lockout=failures(10))

    verdict = rule(situation(signed_in(ada, at=NOW - HOUR), account=ada), NO_WORK)

    assert codes_of(verdict) == [Code.REVERIFICATION_REQUIRED]


@EITHER
@pytest.mark.parametrize("work", [NO_WORK, CHANGED, wrong_password()])
def test_while_locked_the_current_password_is_refused_right_or_wrong(
    rule: Rule, happened: Happened, work: Work
) -> None:
    ada = account(lockout=failures(10))

    verdict = rule(situation(signed_in(ada), account=ada), work)

    assert codes_of(verdict) == [Code.USER_LOCKED]
    assert (verdict.happened, verdict.subject) == (happened, "user_ada")
    assert (verdict.writes, verdict.need) == ((), None)


@EITHER
@pytest.mark.parametrize(("before", "warned"), [(0, []), (7, [2]), (8, [1]), (9, [0])])
def test_a_wrong_current_password_is_counted_and_warned_about(
    rule: Rule, happened: Happened, before: int, warned: list[int]
) -> None:
    ada = account(lockout=failures(before))

    verdict = rule(
        situation(signed_in(ada), account=ada),
        wrong_password()._replace(new_password=NEW_VERIFIER),
    )

    assert codes_of(verdict)[0] is Code.PASSWORD_VALIDATION_FAILED
    assert verdict.refusals[0].entry.exit is Exit.REFUSED
    assert verdict.refusals[0].meta == {"param_name": "current_password"}
    assert [r.meta["remaining_attempts"] for r in verdict.refusals[1:]] == warned
    assert verdict.writes == (ada._replace(lockout=failures(before + 1)),)
    assert (verdict.happened, verdict.subject) == (happened, "user_ada")


def test_a_change_asks_for_the_check_first_and_for_the_new_verifier_then() -> None:
    s = situation(signed_in(account()), account=account())
    check = Verdict(
        Happened.PASSWORD_CHANGE, "user_ada", need=Need.PASSWORD_CHECK, against=VERIFIER
    )

    assert change(s, NO_WORK) == check
    assert change(s, Work(new_password=NEW_VERIFIER)) == check
    assert change(s, right_password()) == Verdict(
        Happened.PASSWORD_CHANGE, "user_ada", need=Need.NEW_PASSWORD
    )


@EITHER
def test_a_change_asks_again_if_the_verifier_changed_meanwhile(
    rule: Rule, happened: Happened
) -> None:
    ada = account(password=OTHER_VERIFIER)
    s = situation(signed_in(ada), account=ada)

    for work in (CHANGED, wrong_password()):
        verdict = rule(s, work)
        assert (verdict.need, verdict.against) == (Need.PASSWORD_CHECK, OTHER_VERIFIER)
        assert verdict.writes == ()


@EITHER
@pytest.mark.parametrize(
    ("s", "expected", "subject"),
    [
        (situation(), Code.AUTHENTICATION_INVALID, ""),
        (situation(client(), account=account()), Code.AUTHENTICATION_INVALID, "user_ada"),
        (situation(signed_in(account(epoch=1)), account=account()), Code.SIGNED_OUT, "user_ada"),
        (situation(signed_in(account())), Code.SIGNED_OUT, ""),
    ],
)
def test_a_change_needs_a_session(
    rule: Rule, happened: Happened, s: Situation, expected: Code, subject: str
) -> None:
    verdict = rule(s, CHANGED)

    assert codes_of(verdict) == [expected]
    assert (verdict.happened, verdict.subject) == (happened, subject)
    assert verdict.writes == ()


def test_a_right_current_password_is_noted_and_changes_nothing() -> None:
    here = signed_in(account(), at=NOW - 60)

    verdict = check(situation(here, account=account()), right_password())

    assert verdict == Verdict(
        Happened.PASSWORD_CHECK, "user_ada", session=here.session, account=account()
    )
