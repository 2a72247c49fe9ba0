from collections.abc import Callable

import pytest

from mfactl.core import factors, session, totp, verify
from mfactl.core.account import Account, BackupCode, Totp
from mfactl.core.client import TOKEN_DUE, Client, Enrolment
from mfactl.core.code import Typed
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OTHER_SALT,
    OTHER_SECRET,
    SECRET,
    account,
    account_with_totp,
    after,
    app_code,
    backup_code,
    backup_code_set,
    client,
    codes_of,
    enrolling,
    failures,
    hashed,
    pending_sign_in,
    session_of,
    signed_in,
    situation,
    written_account,
    written_client,
    wrong_code,
)

SET = backup_code_set(salt=OTHER_SALT)
NEW_SET = Work(backup_codes=SET)
STEP = totp.step_at(NOW)


def add(s: Situation) -> Verdict:
    return factors.add(s, secret=OTHER_SECRET)


def confirm(s: Situation, code: Typed | None = None, work: Work = NEW_SET) -> Verdict:
    return factors.confirm(s, code or app_code(now=s.now), work=work)


def regenerate(s: Situation, work: Work = NEW_SET) -> Verdict:
    return factors.regenerate(s, work=work)


def is_live(here: Client, ada: Account) -> bool:
    return not isinstance(session.live(situation(here, account=ada)), Refusal)


def second_factor_at(verdict: Verdict) -> int | None:
    current = written_client(verdict).session
    assert current is not None
    return current.second_factor_at


Rule = Callable[[Situation], Verdict]
# Each rule with the event that it makes, and a client and an account for which it goes through.
RULES: dict[str, tuple[Rule, Happened, Client, Account]] = {
    "add": (add, Happened.TOTP_ADD, signed_in(account()), account()),
    "confirm": (confirm, Happened.TOTP_VERIFY, enrolling(account()), account()),
    "disable": (
        factors.disable,
        Happened.TOTP_DISABLE,
        signed_in(account_with_totp()),
        account_with_totp(),
    ),
    "regenerate": (
        regenerate,
        Happened.BACKUP_CODES_REGENERATE,
        signed_in(account_with_totp()),
        account_with_totp(),
    ),
}
EVERY_RULE = pytest.mark.parametrize(("rule", "happened", "here", "ada"), RULES.values(), ids=RULES)
EVERY_CHANGE = pytest.mark.parametrize("name", ["confirm", "disable", "regenerate"])


# --- who may


@EVERY_RULE
def test_a_session_whose_strongest_factor_is_fresh_may(
    rule: Rule, happened: Happened, here: Client, ada: Account
) -> None:
    verdict = rule(situation(here, account=ada))

    assert verdict.refusals == ()
    assert (verdict.happened, verdict.subject) == (happened, "user_ada")
    assert verdict.need is None
    assert verdict.writes != ()


@EVERY_RULE
@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        pytest.param(0, None, (True, False), id="first"),
        pytest.param(0, HOUR, (True, False), id="stale second"),
        pytest.param(HOUR, None, (False, False), id="stale first"),
        pytest.param(HOUR, 0, (False, True), id="second"),
        pytest.param(599, 599, (True, True), id="both to the second"),
        pytest.param(600, 600, (False, False), id="both a second late"),
        pytest.param(-60, -60, (True, True), id="both a minute ahead"),
        pytest.param(-61, -61, (False, False), id="both too far ahead"),
    ],
)
def test_only_the_strongest_factor_of_the_last_ten_minutes_counts(
    rule: Rule,
    happened: Happened,
    here: Client,
    ada: Account,
    first: int,
    second: int | None,
    may: tuple[bool, bool],
) -> None:
    aged = session_of(
        ada,
        at=NOW - 2 * HOUR,
        first_factor_at=NOW - first,
        second_factor_at=None if second is None else NOW - second,
    )

    verdict = rule(situation(here._replace(session=aged), account=ada))

    if may[ada.totp is not None]:
        assert verdict.refusals == ()
        return
    assert codes_of(verdict) == [Code.REVERIFICATION_REQUIRED]
    assert verdict.refusals[0].entry.exit is Exit.ONE_MORE_STEP
    level = "first_factor" if ada.totp is None else "second_factor"
    assert verdict.refusals[0].meta["level"] == level
    assert (verdict.happened, verdict.subject) == (happened, "user_ada")
    assert (verdict.writes, verdict.need) == ((), None)


@EVERY_RULE
@pytest.mark.parametrize(
    ("s", "expected", "subject"),
    [
        (situation(), Code.AUTHENTICATION_INVALID, ""),
        (situation(client(), account=account()), Code.AUTHENTICATION_INVALID, "user_ada"),
        (
            situation(pending_sign_in(account_with_totp()), account=account_with_totp()),
            Code.AUTHENTICATION_INVALID,
            "user_ada",
        ),
        (situation(signed_in(account(epoch=1)), account=account()), Code.SIGNED_OUT, "user_ada"),
        (situation(signed_in(account())), Code.SIGNED_OUT, ""),
    ],
    ids=["no client", "no session", "half signed in", "ended session", "no account"],
)
def test_without_a_live_session_nobody_may(
    rule: Rule,
    happened: Happened,
    here: Client,
    ada: Account,
    s: Situation,
    expected: Code,
    subject: str,
) -> None:
    verdict = rule(s)

    assert codes_of(verdict) == [expected]
    assert verdict.refusals[0].entry.exit is Exit.NOT_SIGNED_IN
    assert (verdict.happened, verdict.subject) == (happened, subject)
    assert verdict.writes == ()


@pytest.mark.parametrize(
    ("rule", "happened", "ada", "expected"),
    [
        (add, Happened.TOTP_ADD, account_with_totp(), Code.TOTP_ALREADY_ENABLED),
        (confirm, Happened.TOTP_VERIFY, account_with_totp(), Code.TOTP_ALREADY_ENABLED),
        (confirm, Happened.TOTP_VERIFY, account(), Code.RESOURCE_NOT_FOUND),
        (factors.disable, Happened.TOTP_DISABLE, account(), Code.RESOURCE_NOT_FOUND),
        (
            regenerate,
            Happened.BACKUP_CODES_REGENERATE,
            account(),
            Code.BACKUP_CODES_NOT_AVAILABLE,
        ),
    ],
)
@pytest.mark.parametrize("age", [0, HOUR], ids=["fresh", "stale"])
def test_the_state_is_looked_at_before_freshness(
    rule: Rule, happened: Happened, ada: Account, expected: Code, age: int
) -> None:
    verdict = rule(situation(signed_in(ada, at=NOW - age), account=ada))

    assert codes_of(verdict) == [expected]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert (verdict.happened, verdict.subject) == (happened, "user_ada")
    assert verdict.writes == ()


# --- what a change ends


@EVERY_CHANGE
def test_a_change_ends_other_sessions_and_half_finished_sign_ins(name: str) -> None:
    rule, _, here, ada = RULES[name]
    s = situation(here, account=ada)

    verdict = rule(s)

    changed = written_account(verdict)
    assert (changed.epoch, changed.updated_at) == (ada.epoch + 1, NOW)
    assert is_live(written_client(verdict), changed)
    assert not is_live(here, changed)
    half = pending_sign_in(ada)
    stopped = verify.attempt(situation(half, account=changed), app_code(drift=1), work=NO_WORK)
    assert codes_of(stopped) == [Code.CLIENT_STATE_INVALID]


@EVERY_CHANGE
def test_a_change_leaves_the_counter_and_the_password_alone_and_gives_a_new_token(
    name: str,
) -> None:
    rule, _, here, ada = RULES[name]
    ada = ada._replace(lockout=failures(9))

    verdict = rule(situation(here, account=ada))

    changed = written_account(verdict)
    assert changed.lockout == failures(9)
    assert (changed.password, changed.password_changed_at) == (
        ada.password,
        ada.password_changed_at,
    )
    assert written_client(verdict).token_hash == TOKEN_DUE, "a copy of the file has the old one"
    assert verdict.drops == ()


# --- adding


def test_a_secret_waits_in_the_client_for_its_first_code() -> None:
    here = signed_in(account(), at=NOW - MINUTE)

    verdict = add(situation(here, account=account()))

    shown = Enrolment("totp_new", OTHER_SECRET, "sess_here", NOW)
    assert verdict == Verdict(
        Happened.TOTP_ADD,
        "user_ada",
        writes=(here._replace(enrolment=shown),),
        session=here.session,
        account=account(),
        enrolment=shown,
    )


def test_asking_again_replaces_the_secret() -> None:
    s = situation(enrolling(account()), account=account())

    s = after(s, add(s), now=NOW + 30)

    old, new = app_code(now=NOW + 30), app_code(now=NOW + 30, secret=OTHER_SECRET)
    assert codes_of(confirm(s, old)) == [Code.CODE_INCORRECT]
    assert codes_of(confirm(s, new)) == []


def test_a_live_session_of_a_locked_account_may_still_add() -> None:
    ada = account(lockout=failures(10))

    assert add(situation(signed_in(ada), account=ada)).refusals == ()


# --- confirming


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_the_first_code_turns_the_app_on_with_ten_backup_codes(drift: int) -> None:
    here = enrolling(account(), at=NOW - MINUTE)
    assert here.session is not None

    verdict = confirm(situation(here, account=account()), app_code(drift=drift))

    secured = account(
        totp=Totp("totp_shown", SECRET, NOW - MINUTE, NOW, STEP + drift, NOW),
        backup_codes=SET,
        mfa_enabled_at=NOW,
        epoch=4,
        updated_at=NOW,
    )
    verified = here.session._replace(epoch=4, last_active_at=NOW, second_factor_at=NOW)
    assert verdict == Verdict(
        Happened.TOTP_VERIFY,
        "user_ada",
        writes=(secured, client(session=verified, token_hash=TOKEN_DUE)),
        session=verified,
        account=secured,
    )


@pytest.mark.parametrize(
    ("drift", "told"),
    [
        (-20, "That is the code of 10 minutes ago, by the clock here."),
        (-2, "That is the code of 1 minute ago, by the clock here."),
        (2, "That is the code of 1 minute from now, by the clock here."),
        (3, "That is the code of 2 minutes from now, by the clock here."),
    ],
)
def test_a_first_code_of_a_clock_that_is_off_is_refused_and_told(drift: int, told: str) -> None:
    s = situation(enrolling(account()), account=account())

    verdict = confirm(s, app_code(drift=drift))

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert verdict.refusals[0].meta == {"param_name": "code", "clock_off_steps": drift}
    assert verdict.refusals[0].long_message == told
    assert "clock of the phone" in verdict.refusals[0].next_step


def test_the_backup_codes_are_hashed_only_for_a_right_code() -> None:
    s = situation(enrolling(account()), account=account())

    asked = confirm(s, work=NO_WORK)
    assert asked == Verdict(Happened.TOTP_VERIFY, "user_ada", need=Need.BACKUP_CODES)
    assert confirm(s, wrong_code(), work=NO_WORK).need is None


@pytest.mark.parametrize("count", [0, 9, 99])
def test_a_wrong_first_code_is_refused_and_not_counted(count: int) -> None:
    ada = account(lockout=failures(count))
    s = situation(enrolling(ada), account=ada)

    verdict = confirm(s, wrong_code())

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert verdict.refusals[0].entry.exit is Exit.REFUSED
    assert verdict.refusals[0].meta == {"param_name": "code"}
    assert "shown last" in verdict.refusals[0].next_step
    assert (verdict.happened, verdict.subject) == (Happened.TOTP_VERIFY, "user_ada")
    assert verdict.writes == ()


@pytest.mark.parametrize("count", [10, 100])
def test_while_locked_every_first_code_is_refused(count: int) -> None:
    ada = account(lockout=failures(count))
    s = situation(enrolling(ada), account=ada)

    for code in (app_code(), wrong_code()):
        verdict = confirm(s, code)
        assert codes_of(verdict) == [Code.USER_LOCKED]
        assert (verdict.happened, verdict.subject) == (Happened.TOTP_VERIFY, "user_ada")
        assert verdict.writes == ()


def test_a_backup_code_is_no_first_code_and_no_try() -> None:
    ada = account(lockout=failures(10))
    s = situation(enrolling(ada), account=ada)

    verdict = confirm(s, backup_code())

    assert codes_of(verdict) == [Code.PARAM_FORMAT_INVALID]
    assert verdict.refusals[0].entry.exit is Exit.USAGE
    assert verdict.writes == ()


def test_a_stale_session_is_told_so_before_the_shape_of_its_code() -> None:
    here = enrolling(account())._replace(session=session_of(account(), at=NOW - HOUR))

    verdict = confirm(situation(here, account=account()), backup_code())

    assert codes_of(verdict) == [Code.REVERIFICATION_REQUIRED]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-61, [Code.CLIENT_STATE_INVALID]),
        (-60, []),
        (599, []),
        (600, [Code.CLIENT_STATE_INVALID]),
    ],
)
def test_an_unverified_secret_waits_ten_minutes(age: int, expected: list[Code]) -> None:
    here = enrolling(account(), at=NOW - age)._replace(session=session_of(account()))

    verdict = confirm(situation(here, account=account()))

    assert codes_of(verdict) == expected
    for refusal in verdict.refusals:
        assert refusal.entry.exit is Exit.WRONG_STATE
        assert "mfactl mfa add" in refusal.next_step


def test_an_unverified_secret_belongs_to_the_session_that_asked_for_it() -> None:
    here = enrolling(account(), session_id="sess_before")

    verdict = confirm(situation(here, account=account()))

    assert codes_of(verdict) == [Code.RESOURCE_NOT_FOUND]
    assert "mfactl mfa add" in verdict.refusals[0].next_step


def test_the_first_code_counts_as_used() -> None:
    s = situation(enrolling(account()), account=account())
    s = after(s, confirm(s, app_code()))

    again = verify.attempt(s, app_code(), work=NO_WORK)
    before = verify.attempt(s, app_code(drift=-1), work=NO_WORK)
    following = verify.attempt(s, app_code(drift=1), work=NO_WORK)

    assert codes_of(again) == codes_of(before) == [Code.CODE_INCORRECT]
    assert codes_of(following) == []


def test_confirming_twice_is_refused() -> None:
    s = situation(enrolling(account()), account=account())
    s = after(s, confirm(s))

    assert codes_of(confirm(s, app_code(drift=1))) == [Code.TOTP_ALREADY_ENABLED]


def test_enrolling_counts_as_verification() -> None:
    here = enrolling(account(), at=NOW)
    s = situation(here, account=account())
    s = after(s, confirm(s), now=NOW + 599)

    assert codes_of(regenerate(s)) == []
    assert codes_of(regenerate(s._replace(now=NOW + 600))) == [Code.REVERIFICATION_REQUIRED]


# --- removing


def test_removing_the_app_removes_the_backup_codes_with_it() -> None:
    ada = account_with_totp()

    verdict = factors.disable(situation(signed_in(ada), account=ada))

    removed = ada._replace(
        totp=None, backup_codes=None, mfa_disabled_at=NOW, epoch=4, updated_at=NOW
    )
    assert written_account(verdict) == verdict.account == removed
    assert removed.mfa_enabled_at is not None
    assert verdict.details == {"totp": "totp_ada"}
    assert verdict.session == written_client(verdict).session
    assert second_factor_at(verdict) is None


def test_removing_the_app_is_no_verification_of_the_password() -> None:
    ada = account_with_totp()
    here = signed_in(ada, at=NOW - HOUR, second_factor_at=NOW - 599)
    s = situation(here, account=ada)

    verdict = factors.disable(s)

    assert verdict.refusals == ()
    current = written_client(verdict).session
    assert current is not None
    assert current.first_factor_at == NOW - HOUR
    assert codes_of(add(after(s, verdict))) == [Code.REVERIFICATION_REQUIRED]


def test_after_removing_the_app_another_may_be_added_while_the_password_is_fresh() -> None:
    ada = account_with_totp()
    s = situation(signed_in(ada, at=NOW - 599), account=ada)

    s = after(s, factors.disable(s))

    assert codes_of(add(s)) == []


def test_removing_the_app_drops_an_unverified_secret() -> None:
    ada = account_with_totp()

    verdict = factors.disable(situation(enrolling(ada), account=ada))

    assert written_client(verdict).enrolment is None


def test_codes_of_a_removed_app_and_its_set_are_worth_nothing() -> None:
    ada = account_with_totp()
    s = situation(signed_in(ada), account=ada)
    s = after(s, factors.disable(s))

    for code in (app_code(), backup_code()):
        verdict = verify.attempt(s, code, work=hashed(backup_code()))
        assert codes_of(verdict) == [Code.NO_SECOND_FACTORS]


def test_where_no_app_is_on_there_is_nothing_to_remove() -> None:
    verdict = factors.disable(situation(signed_in(account()), account=account()))

    assert "nothing to remove" in verdict.refusals[0].next_step


# --- replacing the backup codes


def test_regenerating_replaces_the_whole_set() -> None:
    ada = account_with_totp(backup_codes=backup_code_set(used=(0, 1)))
    here = signed_in(ada, at=NOW - 9 * MINUTE)
    assert here.session is not None

    verdict = regenerate(situation(here, account=ada))

    renewed = ada._replace(backup_codes=SET, epoch=4, updated_at=NOW)
    current = here.session._replace(epoch=4, last_active_at=NOW)
    assert verdict == Verdict(
        Happened.BACKUP_CODES_REGENERATE,
        "user_ada",
        writes=(renewed, client(session=current, token_hash=TOKEN_DUE)),
        session=current,
        account=renewed,
    )


def test_regenerating_is_no_verification() -> None:
    ada = account_with_totp()

    verdict = regenerate(situation(signed_in(ada, at=NOW - 599), account=ada))

    assert second_factor_at(verdict) == NOW - 599


def test_regenerating_asks_for_the_new_set() -> None:
    ada = account_with_totp()

    verdict = regenerate(situation(signed_in(ada), account=ada), NO_WORK)

    assert verdict == Verdict(Happened.BACKUP_CODES_REGENERATE, "user_ada", need=Need.BACKUP_CODES)


def test_a_code_of_the_set_before_is_wrong_after_regenerating() -> None:
    ada = account_with_totp()
    s = situation(signed_in(ada), account=ada)
    others = SET._replace(codes=tuple(BackupCode(bytes([n]) * 32) for n in range(10)))

    s = after(s, regenerate(s, Work(backup_codes=others)))
    verdict = verify.attempt(s, backup_code(), work=hashed(backup_code(), salt=OTHER_SALT))

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert written_account(verdict).lockout == failures(1)


def test_a_clock_that_was_set_back_a_day_makes_every_factor_stale() -> None:
    ada = account_with_totp()
    here = signed_in(ada, at=NOW - 2 * DAY, second_factor_at=NOW)

    verdict = regenerate(situation(here, account=ada, now=NOW - DAY))

    assert codes_of(verdict) == [Code.REVERIFICATION_REQUIRED]


# --- before the code of an app is asked for


def test_the_code_of_the_secret_that_was_shown_is_awaited() -> None:
    here = enrolling(account())
    assert factors.awaited(situation(here, account=account())) == here.enrolment


@pytest.mark.parametrize(
    ("here", "ada", "code"),
    [
        (None, None, Code.AUTHENTICATION_INVALID),
        (client(), None, Code.AUTHENTICATION_INVALID),
        (signed_in(account()), account(), Code.RESOURCE_NOT_FOUND),
        (enrolling(account(), at=NOW - 601), account(), Code.CLIENT_STATE_INVALID),
        (enrolling(account_with_totp()), account_with_totp(), Code.TOTP_ALREADY_ENABLED),
    ],
    ids=["no client", "nobody", "nothing added", "lapsed", "on already"],
)
def test_no_code_is_awaited_where_no_secret_waits_for_one(
    here: Client | None, ada: Account | None, code: Code
) -> None:
    refusal = factors.awaited(situation(here, account=ada))
    assert isinstance(refusal, Refusal)
    assert refusal.code is code
