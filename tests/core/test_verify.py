import re

import pytest

from mfactl.core import session, totp, verify
from mfactl.core.account import Account
from mfactl.core.client import TOKEN_DUE, Client, Session
from mfactl.core.code import Typed
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.core.verify import Asked, Awaited
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    EMAIL,
    EMAIL_CODE,
    HOUR,
    MINUTE,
    NOW,
    OTHER_SALT,
    OTHER_VERIFIER,
    SALT,
    UNKNOWN_BACKUP_CODE,
    VERIFIER,
    account,
    account_with_totp,
    after,
    app_code,
    backup_code,
    backup_code_set,
    client,
    codes_of,
    digits,
    factor,
    failures,
    hashed,
    pending_sign_in,
    pending_sign_up,
    right_password,
    sign_up_of_ada,
    signed_in,
    situation,
    stranger,
    written_account,
    written_client,
    wrong_code,
    wrong_password,
)


def by_code(s: Situation, code: Typed, work: Work = NO_WORK) -> Verdict:
    return verify.attempt(s, code, work=work)


def by_password(s: Situation, work: Work = NO_WORK) -> Verdict:
    return verify.attempt(s, None, work=work)


def signed_in_an_hour_ago(ada: Account) -> Situation:
    return situation(signed_in(ada, at=NOW - HOUR), account=ada)


def session_in(verdict: Verdict) -> Session:
    session = written_client(verdict).session
    assert session is not None
    assert session == verdict.session
    return session


# --- what is awaited


@pytest.mark.parametrize(
    ("here", "ada", "expected"),
    [
        (pending_sign_up(), None, Awaited.EMAIL_CODE),
        (pending_sign_up(at=NOW - DAY + 1, code_at=NOW), None, Awaited.EMAIL_CODE),
        (pending_sign_in(account_with_totp()), account_with_totp(), Awaited.SECOND_FACTOR),
        (
            pending_sign_in(account_with_totp(), at=NOW - 599),
            account_with_totp(),
            Awaited.SECOND_FACTOR,
        ),
        (signed_in(account()), account(), Awaited.PASSWORD),
        (signed_in(account_with_totp()), account_with_totp(), Awaited.SECOND_FACTOR),
    ],
)
def test_the_pending_step_is_awaited_else_the_strongest_factor_of_the_session(
    here: Client, ada: Account | None, expected: Awaited
) -> None:
    asked = verify.awaited(situation(here, account=ada))

    assert isinstance(asked, Asked)
    assert asked == (expected, EMAIL)


LOCKED = account(lockout=failures(10))
LOCKED_WITH_TOTP = account_with_totp(lockout=failures(10))


@pytest.mark.parametrize(
    ("s", "code"),
    [
        (situation(pending_sign_up(at=NOW - HOUR)), Code.VERIFICATION_EXPIRED),
        (situation(pending_sign_up(tries=5)), Code.VERIFICATION_FAILED),
        (situation(pending_sign_up(), target=stranger(lockout=failures(10))), Code.USER_LOCKED),
        (situation(pending_sign_in(LOCKED_WITH_TOTP), account=LOCKED_WITH_TOTP), Code.USER_LOCKED),
        (situation(signed_in(LOCKED), account=LOCKED), Code.USER_LOCKED),
    ],
    ids=["expired", "no try left", "locked sign-up", "locked sign-in", "locked step-up"],
)
def test_nobody_is_asked_for_what_would_be_refused_right_or_wrong(s: Situation, code: Code) -> None:
    refusal = verify.awaited(s)

    assert isinstance(refusal, Refusal)
    assert refusal.code is code


@pytest.mark.parametrize(
    ("here", "text", "commands"),
    [
        (None, "Nothing is waiting", ["signin", "signup"]),
        (client(), "Nothing is waiting", ["signin", "signup"]),
        (pending_sign_up(at=NOW - DAY), "sign-up has lapsed", ["signup"]),
        (pending_sign_in(account_with_totp(), at=NOW - 600), "sign-in has lapsed", ["signin"]),
    ],
)
def test_where_nothing_is_pending_nothing_is_awaited(
    here: Client | None, text: str, commands: list[str]
) -> None:
    refusal = verify.awaited(situation(here, account=account_with_totp()))

    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.CLIENT_STATE_INVALID
    assert refusal.entry.exit is Exit.WRONG_STATE
    assert text in refusal.long_message
    assert re.findall(r"mfactl (\w+)", refusal.next_step) == commands


def test_a_session_that_has_ended_awaits_a_sign_in() -> None:
    refusal = verify.awaited(situation(signed_in(account(epoch=1)), account=account(epoch=2)))

    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.SIGNED_OUT


# --- one meaning


def test_a_code_completes_the_pending_sign_up() -> None:
    s = situation(pending_sign_up(), target=stranger())

    verdict = by_code(s, digits(EMAIL_CODE))

    assert verdict.happened is Happened.SIGN_UP_VERIFY
    assert verdict.session is not None


def test_a_code_completes_the_pending_sign_in() -> None:
    ada = account_with_totp()
    s = situation(pending_sign_in(ada), account=ada)

    for code, work in [(app_code(), NO_WORK), (backup_code(), hashed(backup_code()))]:
        verdict = by_code(s, code, work)
        assert verdict.happened is Happened.SIGN_IN_VERIFY
        assert verdict.session is not None


def test_the_pending_step_comes_before_a_session() -> None:
    ada = account_with_totp()
    here = signed_in(ada)._replace(pending=sign_up_of_ada())

    assert by_code(situation(here, account=ada), app_code()).happened is Happened.SIGN_UP_VERIFY


@pytest.mark.parametrize(
    ("here", "ada", "subject"),
    [
        (pending_sign_up(), None, ""),
        (pending_sign_in(account_with_totp()), account_with_totp(), "user_ada"),
    ],
)
def test_a_password_does_not_complete_a_pending_step(
    here: Client, ada: Account | None, subject: str
) -> None:
    verdict = by_password(situation(here, account=ada), right_password())

    assert codes_of(verdict) == [Code.STRATEGY_FOR_USER_INVALID]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert "mfactl verify CODE" in verdict.refusals[0].next_step
    assert (verdict.happened, verdict.subject) == (Happened.VERIFY, subject)
    assert (verdict.writes, verdict.session) == ((), None)


@pytest.mark.parametrize("here", [None, client()])
def test_with_nothing_pending_and_no_session_there_is_nothing_to_verify(
    here: Client | None,
) -> None:
    for verdict in (by_code(situation(here), app_code()), by_password(situation(here))):
        assert codes_of(verdict) == [Code.CLIENT_STATE_INVALID]
        assert (verdict.happened, verdict.subject) == (Happened.VERIFY, "")
        assert verdict.writes == ()


@pytest.mark.parametrize("ada", [account(epoch=2), account_with_totp(epoch=2)])
def test_a_session_that_has_ended_is_not_verified(ada: Account) -> None:
    s = situation(signed_in(ada, epoch=1), account=ada)

    for verdict in (by_code(s, app_code()), by_password(s, right_password())):
        assert codes_of(verdict) == [Code.SIGNED_OUT]
        assert verdict.refusals[0].entry.exit is Exit.NOT_SIGNED_IN
        assert (verdict.happened, verdict.subject) == (Happened.VERIFY, "user_ada")
        assert verdict.writes == ()


def test_a_lapsed_step_is_client_state_invalid() -> None:
    ada = account_with_totp()
    sign_in = situation(pending_sign_in(ada, at=NOW - 600), account=ada)
    sign_up = situation(pending_sign_up(at=NOW - DAY), target=stranger())

    assert codes_of(by_code(sign_in, app_code())) == [Code.CLIENT_STATE_INVALID]
    assert codes_of(by_code(sign_up, digits(EMAIL_CODE))) == [Code.CLIENT_STATE_INVALID]


# --- step-up by the password


def test_the_right_password_renews_the_first_factor_and_nothing_else() -> None:
    ada = account(lockout=failures(9))
    s = signed_in_an_hour_ago(ada)

    verdict = by_password(s, right_password())

    renewed = signed_in(ada, at=NOW - HOUR, first_factor_at=NOW, last_active_at=NOW)
    assert verdict == Verdict(
        Happened.STEP_UP,
        "user_ada",
        writes=(ada, renewed._replace(token_hash=TOKEN_DUE)),
        session=renewed.session,
        account=ada,
        strategy="password",
    )


def test_a_step_up_asks_for_the_password_to_be_checked_and_again_if_it_changed() -> None:
    s = signed_in_an_hour_ago(account())
    asked = Verdict(Happened.STEP_UP, "user_ada", need=Need.PASSWORD_CHECK, against=VERIFIER)
    assert by_password(s) == asked

    s = s._replace(account=account(password=OTHER_VERIFIER))
    for work in (right_password(against=VERIFIER), wrong_password(against=VERIFIER)):
        assert by_password(s, work) == asked._replace(against=OTHER_VERIFIER)


@pytest.mark.parametrize(("before", "warned"), [(0, []), (7, [2]), (8, [1]), (9, [0])])
def test_a_wrong_password_is_counted_and_warned_about(before: int, warned: list[int]) -> None:
    ada = account(lockout=failures(before))

    verdict = by_password(signed_in_an_hour_ago(ada), wrong_password())

    assert codes_of(verdict)[0] is Code.PASSWORD_VALIDATION_FAILED
    assert verdict.refusals[0].entry.exit is Exit.REFUSED
    assert verdict.refusals[0].meta == {"param_name": "password"}
    assert [r.meta["remaining_attempts"] for r in verdict.refusals[1:]] == warned
    assert verdict.writes == (ada._replace(lockout=failures(before + 1)),)
    assert (verdict.happened, verdict.subject) == (Happened.STEP_UP, "user_ada")


def test_while_locked_every_password_is_refused_before_any_work() -> None:
    s = signed_in_an_hour_ago(account(lockout=failures(10)))

    for work in (NO_WORK, right_password(), wrong_password()):
        verdict = by_password(s, work)
        assert codes_of(verdict) == [Code.USER_LOCKED]
        assert (verdict.happened, verdict.subject) == (Happened.STEP_UP, "user_ada")
        assert (verdict.writes, verdict.need) == ((), None)


@pytest.mark.parametrize("code", [app_code(), backup_code()])
def test_a_session_without_a_second_factor_is_stepped_up_by_password_only(code: Typed) -> None:
    verdict = by_code(signed_in_an_hour_ago(account()), code, hashed(backup_code()))

    assert codes_of(verdict) == [Code.NO_SECOND_FACTORS]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert "--password-stdin" in verdict.refusals[0].next_step
    assert (verdict.happened, verdict.subject) == (Happened.STEP_UP, "user_ada")
    assert verdict.writes == ()


# --- step-up by the second factor


@pytest.mark.parametrize(
    ("code", "work", "strategy"),
    [
        (app_code(drift=1), NO_WORK, "totp"),
        (backup_code(4), hashed(backup_code(4)), "backup_code"),
    ],
    ids=["totp", "backup"],
)
def test_a_good_code_renews_the_second_factor_and_is_spent(
    code: Typed, work: Work, strategy: str
) -> None:
    ada = account_with_totp(lockout=failures(9))
    s = signed_in_an_hour_ago(ada)

    verdict = by_code(s, code, work)

    renewed = signed_in(ada, at=NOW - HOUR, second_factor_at=NOW, last_active_at=NOW)
    spent = written_account(verdict)
    assert verdict == Verdict(
        Happened.STEP_UP,
        "user_ada",
        writes=(spent, renewed._replace(token_hash=TOKEN_DUE)),
        session=renewed.session,
        account=spent,
        strategy=strategy,
    )
    assert spent.lockout == failures(9)
    assert spent.epoch == ada.epoch
    assert codes_of(by_code(after(s, verdict), code, work)) == [Code.CODE_INCORRECT]


def test_a_step_up_leaves_the_other_factor_as_old_as_it_was() -> None:
    with_factor = by_code(signed_in_an_hour_ago(account_with_totp()), app_code())
    without = by_password(signed_in_an_hour_ago(account()), right_password())

    assert session_in(with_factor).first_factor_at == NOW - HOUR
    assert session_in(without).second_factor_at is None


def test_a_session_with_a_second_factor_is_stepped_up_by_the_factor_only() -> None:
    for work in (NO_WORK, right_password()):
        verdict = by_password(signed_in_an_hour_ago(account_with_totp()), work)

        assert codes_of(verdict) == [Code.STRATEGY_FOR_USER_INVALID]
        assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
        assert "mfactl verify CODE" in verdict.refusals[0].next_step
        assert (verdict.happened, verdict.subject) == (Happened.STEP_UP, "user_ada")
        assert (verdict.writes, verdict.need) == ((), None)


@pytest.mark.parametrize(
    ("code", "work", "strategy"),
    [
        (wrong_code(), NO_WORK, "totp"),
        (UNKNOWN_BACKUP_CODE, hashed(UNKNOWN_BACKUP_CODE), "backup_code"),
    ],
    ids=["totp", "backup"],
)
def test_a_wrong_code_is_counted_and_the_session_goes_on(
    code: Typed, work: Work, strategy: str
) -> None:
    ada = account_with_totp(lockout=failures(9))
    s = signed_in_an_hour_ago(ada)

    verdict = by_code(s, code, work)

    assert codes_of(verdict) == [Code.CODE_INCORRECT, Code.LOCKOUT_WARNING]
    assert verdict.writes == (ada._replace(lockout=failures(10)),)
    assert (verdict.happened, verdict.subject) == (Happened.STEP_UP, "user_ada")
    assert verdict.strategy == strategy
    s = after(s, verdict)
    assert codes_of(by_code(s, app_code())) == [Code.USER_LOCKED]
    assert not isinstance(session.live(s), Refusal)


def test_a_genuine_code_that_was_used_changes_nothing() -> None:
    ada = account_with_totp(totp=factor(last_step=totp.step_at(NOW)), lockout=failures(9))

    verdict = by_code(signed_in_an_hour_ago(ada), app_code())

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert verdict.writes == ()


@pytest.mark.parametrize("code", [app_code(), wrong_code(), backup_code()])
def test_while_locked_every_code_is_refused(code: Typed) -> None:
    s = signed_in_an_hour_ago(account_with_totp(lockout=failures(10)))

    verdict = by_code(s, code, hashed(backup_code()))

    assert codes_of(verdict) == [Code.USER_LOCKED]
    assert verdict.writes == ()


def test_a_backup_code_is_hashed_under_the_salt_of_the_set_and_again_if_that_changed() -> None:
    s = signed_in_an_hour_ago(account_with_totp())
    asked = Verdict(Happened.STEP_UP, "user_ada", need=Need.BACKUP_DIGEST, against=SALT)
    assert by_code(s, backup_code()) == asked

    s = s._replace(account=account_with_totp(backup_codes=backup_code_set(salt=OTHER_SALT)))
    assert by_code(s, backup_code(), hashed(backup_code())) == asked._replace(against=OTHER_SALT)


# --- one code, everywhere once


def test_a_code_used_to_sign_in_does_not_step_up_and_the_other_way_round() -> None:
    ada = account_with_totp()
    s = situation(pending_sign_in(ada), account=ada)
    s = after(s, by_code(s, app_code()))
    assert s.client is not None
    assert s.client.session is not None
    assert codes_of(by_code(s, app_code())) == [Code.CODE_INCORRECT]
    assert codes_of(by_code(s, app_code(drift=-1))) == [Code.CODE_INCORRECT]

    s = after(s, by_code(s, app_code(drift=1)))
    assert s.account is not None
    s = s._replace(client=pending_sign_in(s.account), now=NOW + MINUTE)
    assert codes_of(by_code(s, app_code(drift=1))) == [Code.CODE_INCORRECT]
    assert codes_of(by_code(s, app_code(now=s.now))) == []


def test_a_step_up_never_clears_the_counter() -> None:
    one = by_password(signed_in_an_hour_ago(account(lockout=failures(9))), right_password())
    two = by_code(signed_in_an_hour_ago(account_with_totp(lockout=failures(9))), app_code())

    assert written_account(one).lockout == written_account(two).lockout == failures(9)


def test_what_is_pending_is_told_from_the_address_that_it_is_about() -> None:
    s = situation(pending_sign_up(), target=stranger())

    assert by_code(s, digits("000000")).subject == "stranger_ada"
