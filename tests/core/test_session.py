import pytest

from mfactl.core import session
from mfactl.core.account import Account
from mfactl.core.client import SESSION_SECONDS, Client, Session
from mfactl.core.verdict import Happened, Limits, Situation, Verdict
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    HOUR,
    LIMITS,
    MINUTE,
    NOW,
    account,
    account_with_totp,
    after,
    client,
    codes_of,
    failures,
    pending_sign_in,
    pending_sign_up,
    session_of,
    sign_up_of_ada,
    signed_in,
    situation,
    stranger,
)


def ended(s: Situation) -> Code | None:
    found = session.live(s)
    return found.code if isinstance(found, Refusal) else None


# --- when a session lives


def test_a_live_session_comes_with_its_client_and_account() -> None:
    here = signed_in(account())

    assert session.live(situation(here, account=account())) == (here, here.session, account())


@pytest.mark.parametrize(
    "here", [None, client(), pending_sign_up(), pending_sign_in(account_with_totp())]
)
def test_without_a_session_nobody_is_signed_in(here: Client | None) -> None:
    assert ended(situation(here, account=account_with_totp())) is Code.AUTHENTICATION_INVALID


@pytest.mark.parametrize(
    ("here", "now", "detail", "remedy"),
    [
        (
            pending_sign_in(account_with_totp()),
            NOW + 9 * MINUTE,
            "a code for Ada@example.com is still needed",
            "verify CODE",
        ),
        (
            pending_sign_up(tries=4),
            NOW + 10 * MINUTE - 1,
            "a code for Ada@example.com is still needed",
            "verify CODE",
        ),
        (
            pending_sign_up(tries=5),
            NOW,
            "Ada@example.com needs a new code",
            "verify --resend",
        ),
        (
            pending_sign_up(),
            NOW + 10 * MINUTE,
            "Ada@example.com needs a new code",
            "verify --resend",
        ),
    ],
    ids=["signing in", "signing up", "too many tries", "an expired code"],
)
def test_who_is_half_signed_in_is_told_what_comes_next(
    here: Client, now: int, detail: str, remedy: str
) -> None:
    found = session.live(situation(here, now=now))
    assert isinstance(found, Refusal)
    assert found.detail == f"You are not signed in yet: {detail}."
    assert found.next_step == f"Run: mfactl {remedy}"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-61, Code.SIGNED_OUT),
        (-60, None),
        (0, None),
        (7 * DAY - 1, None),
        (7 * DAY, Code.SIGNED_OUT),
    ],
)
def test_a_session_lives_seven_days(age: int, expected: Code | None) -> None:
    assert LIMITS.lifetime == SESSION_SECONDS == 7 * DAY
    here = signed_in(account(), at=NOW - age)

    assert ended(situation(here, account=account())) is expected


@pytest.mark.parametrize(("age", "expected"), [(HOUR - 1, None), (HOUR, Code.SIGNED_OUT)])
def test_a_setting_may_end_sessions_sooner(age: int, expected: Code | None) -> None:
    here = signed_in(account(), at=NOW - age, last_active_at=NOW)

    assert ended(situation(here, account=account(), limits=Limits(HOUR))) is expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-61, Code.SIGNED_OUT),
        (-60, None),
        (HOUR - 1, None),
        (HOUR, Code.SIGNED_OUT),
    ],
)
def test_a_setting_may_end_sessions_that_idle(age: int, expected: Code | None) -> None:
    here = signed_in(account(), at=NOW - 2 * HOUR, last_active_at=NOW - age)
    limits = Limits(SESSION_SECONDS, idle=HOUR)

    assert ended(situation(here, account=account(), limits=limits)) is expected


def test_without_that_setting_a_session_may_idle() -> None:
    here = signed_in(account(), at=NOW - 6 * DAY)

    assert ended(situation(here, account=account())) is None


def test_a_clock_that_was_set_back_a_day_ends_a_session() -> None:
    here = signed_in(account(), at=NOW)

    assert ended(situation(here, account=account(), now=NOW - DAY)) is Code.SIGNED_OUT


@pytest.mark.parametrize("epoch", [2, 4])
def test_a_session_ends_when_the_epoch_of_its_account_moves(epoch: int) -> None:
    here = signed_in(account(epoch=3))

    assert ended(situation(here, account=account(epoch=epoch))) is Code.SIGNED_OUT


@pytest.mark.parametrize("epoch", [4, 6])
def test_a_session_ends_when_the_epoch_of_the_vault_moves(epoch: int) -> None:
    here = signed_in(account(), vault_epoch=5)

    assert ended(situation(here, account=account(), vault_epoch=5)) is None
    assert ended(situation(here, account=account(), vault_epoch=epoch)) is Code.SIGNED_OUT


def test_a_session_ends_with_its_account() -> None:
    assert ended(situation(signed_in(account()), account=None)) is Code.SIGNED_OUT


@pytest.mark.parametrize("count", [10, 100])
def test_a_live_session_goes_on_while_its_account_is_locked(count: int) -> None:
    ada = account(lockout=failures(count))

    assert ended(situation(signed_in(ada), account=ada)) is None


def test_a_session_that_has_ended_is_told_from_none() -> None:
    assert Refusal(Code.SIGNED_OUT).entry.exit is Exit.NOT_SIGNED_IN
    assert Refusal(Code.AUTHENTICATION_INVALID).entry.exit is Exit.NOT_SIGNED_IN


# --- how a session begins


@pytest.mark.parametrize(("second_factor", "second_factor_at"), [(True, NOW), (False, None)])
def test_a_session_begins_now_under_both_epochs(
    second_factor: bool, second_factor_at: int | None
) -> None:
    s = situation(vault_epoch=8)

    begun = session.begin(
        s, account(epoch=4), second_factor=second_factor, first_factor_at=NOW - MINUTE
    )

    assert begun == Session(
        id="sess_new",
        account_id="user_ada",
        epoch=4,
        vault_epoch=8,
        created_at=NOW,
        last_active_at=NOW,
        first_factor_at=NOW - MINUTE,
        second_factor_at=second_factor_at,
    )


# --- when its factors are fresh


def reverification(holder: Account, **changes: int | None) -> Refusal | None:
    return session.stale(session_of(holder, at=NOW, **changes), holder, now=NOW)


@pytest.mark.parametrize(
    ("age", "fresh"), [(-61, False), (-60, True), (0, True), (599, True), (600, False)]
)
def test_the_password_is_fresh_for_ten_minutes(age: int, fresh: bool) -> None:
    assert (reverification(account(), first_factor_at=NOW - age) is None) is fresh


@pytest.mark.parametrize(
    ("age", "fresh"), [(-61, False), (-60, True), (0, True), (599, True), (600, False)]
)
def test_a_second_factor_is_fresh_for_ten_minutes(age: int, fresh: bool) -> None:
    assert (reverification(account_with_totp(), second_factor_at=NOW - age) is None) is fresh


def test_a_fresh_password_is_not_enough_for_an_account_with_a_second_factor() -> None:
    for second_factor_at in (None, NOW - HOUR):
        refusal = reverification(
            account_with_totp(), first_factor_at=NOW, second_factor_at=second_factor_at
        )

        assert refusal is not None
        assert refusal.code is Code.REVERIFICATION_REQUIRED
        assert refusal.entry.exit is Exit.ONE_MORE_STEP
        assert refusal.meta == {"level": "second_factor", "after_minutes": 10}
        assert type(refusal.meta["after_minutes"]) is int, "10.0 is another JSON document"
        assert "mfactl verify CODE" in refusal.next_step


def test_a_fresh_second_factor_of_old_says_nothing_about_the_password() -> None:
    refusal = reverification(account(), first_factor_at=NOW - HOUR, second_factor_at=NOW)

    assert refusal is not None
    assert refusal.code is Code.REVERIFICATION_REQUIRED
    assert refusal.meta == {"level": "first_factor", "after_minutes": 10}
    assert "password" in refusal.next_step


# --- signing out


def test_signing_out_drops_the_client_and_leaves_the_account_alone() -> None:
    here = signed_in(account())

    verdict = session.sign_out(situation(here, account=account()), everywhere=False)

    assert verdict == Verdict(
        Happened.SIGN_OUT,
        "user_ada",
        drops=(here,),
        session=here.session,
        account=account(),
        details={"everywhere": False},
    )


def test_signing_out_everywhere_ends_every_session_and_half_finished_sign_in() -> None:
    ada = account_with_totp(epoch=3)
    here, there, half = signed_in(ada), signed_in(ada), pending_sign_in(ada)

    verdict = session.sign_out(situation(here, account=ada), everywhere=True)

    moved = ada._replace(epoch=4, updated_at=NOW)
    assert verdict.writes == (moved,)
    assert verdict.drops == (here,)
    assert verdict.account == moved
    assert verdict.session == here.session
    assert (verdict.subject, verdict.details) == ("user_ada", {"everywhere": True})
    assert ended(situation(there, account=moved)) is Code.SIGNED_OUT
    assert half.pending is not None
    assert getattr(half.pending, "epoch", None) != moved.epoch


@pytest.mark.parametrize("everywhere", [False, True])
def test_signing_out_with_only_a_sign_in_pending_drops_it(everywhere: bool) -> None:
    here = pending_sign_in(account_with_totp())

    s = situation(here, account=account_with_totp())
    verdict = session.sign_out(s, everywhere=everywhere)

    assert verdict == Verdict(
        Happened.SIGN_OUT,
        "user_ada",
        drops=(here,),
        attempt=here.pending,
        account=account_with_totp(),
    )


def test_signing_out_with_only_a_sign_up_pending_drops_it() -> None:
    here = pending_sign_up()

    verdict = session.sign_out(situation(here, target=stranger()), everywhere=False)

    pending = here.pending
    assert verdict == Verdict(Happened.SIGN_OUT, "stranger_ada", drops=(here,), attempt=pending)


def test_signing_out_of_a_sign_up_at_whose_address_there_is_nobody_names_nobody() -> None:
    verdict = session.sign_out(situation(pending_sign_up()), everywhere=False)

    assert verdict.subject == ""


def test_a_pending_step_is_dropped_even_where_the_session_has_ended() -> None:
    here = signed_in(account(epoch=1))._replace(pending=sign_up_of_ada())

    verdict = session.sign_out(situation(here, account=account(epoch=2)), everywhere=False)

    assert verdict.drops == (here,)
    assert verdict.attempt == here.pending
    assert verdict.refusals == ()


@pytest.mark.parametrize(
    ("here", "expected", "subject"),
    [
        (None, Code.AUTHENTICATION_INVALID, ""),
        (client(), Code.AUTHENTICATION_INVALID, ""),
        (signed_in(account(epoch=1)), Code.SIGNED_OUT, "user_ada"),
    ],
)
@pytest.mark.parametrize("everywhere", [False, True])
def test_signing_out_of_nothing_is_refused(
    here: Client | None, expected: Code, subject: str, everywhere: bool
) -> None:
    owner = account(epoch=2) if subject else None

    verdict = session.sign_out(situation(here, account=owner), everywhere=everywhere)

    assert codes_of(verdict) == [expected]
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_OUT, subject)
    assert (verdict.writes, verdict.drops) == ((), ())


# --- using a session that ends by idling


def test_using_a_session_renews_its_idle_time_and_nothing_else() -> None:
    here = signed_in(account(), at=NOW - 50 * MINUTE)
    assert here.session is not None
    s = situation(here, account=account(), limits=Limits(SESSION_SECONDS, idle=HOUR))

    verdict = session.use(s)

    used = here.session._replace(last_active_at=NOW)
    assert verdict == Verdict(
        Happened.SESSION_USE,
        "user_ada",
        writes=(here._replace(session=used),),
        session=used,
        account=account(),
    )
    assert ended(after(s, verdict, now=NOW + 59 * MINUTE)) is None


@pytest.mark.parametrize(("owner", "subject"), [(None, ""), (account(epoch=9), "user_ada")])
def test_using_a_session_that_has_ended_is_refused(owner: Account | None, subject: str) -> None:
    verdict = session.use(situation(signed_in(account()), account=owner))

    assert codes_of(verdict) == [Code.SIGNED_OUT]
    assert (verdict.happened, verdict.subject) == (Happened.SESSION_USE, subject)
    assert verdict.writes == ()
