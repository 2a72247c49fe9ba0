"""Whatever Ada does in whatever order: what holds for every verdict, and what never leaks."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import factors, lockout, password, second_factor, session, sign_in, sign_up, verify
from mfactl.core.account import Account
from mfactl.core.backup_codes import Found
from mfactl.core.client import Session
from mfactl.core.code import Typed
from mfactl.core.phone import Shown
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.errors import Refusal
from tests.support.builders import (
    BACKUP_CODES,
    DAY,
    EMAIL,
    EMAIL_CODE,
    HOUR,
    KEY,
    MINUTE,
    NEW_VERIFIER,
    NOW,
    OTHER_SALT,
    OTHER_SECRET,
    OTHER_VERIFIER,
    PEPPER,
    SALT,
    SECRET,
    UNKNOWN_BACKUP_CODE,
    VERIFIER,
    WRONG_EMAIL_CODE,
    account,
    account_with_totp,
    after,
    app_code,
    backup_code,
    backup_code_set,
    digest,
    digits,
    enrolling,
    factor,
    hashed,
    pending_sign_in,
    pending_sign_up,
    right_password,
    sign_up_of_ada,
    signed_in,
    situation,
    stranger,
    written_client,
    wrong_code,
    wrong_password,
)

SECRETS = [
    VERIFIER,
    OTHER_VERIFIER,
    NEW_VERIFIER,
    SECRET,
    OTHER_SECRET,
    EMAIL_CODE,
    WRONG_EMAIL_CODE,
    repr(PEPPER),
    repr(sign_up_of_ada().code.digest),
    *BACKUP_CODES,
    UNKNOWN_BACKUP_CODE.text,
    *(repr(digest(text, salt)) for text in BACKUP_CODES for salt in (SALT, OTHER_SALT)),
]


def leaked(told: str, *, now: int = NOW) -> list[str]:
    """The secrets that stand in a text; digits that are part of a longer number are none."""
    shown = {app_code(now=now, drift=drift, secret=of).text for drift in (-1, 0, 1) for of in APPS}
    hidden = [*SECRETS, *shown, wrong_code(now=now).text]
    return [text for text in hidden if re.search(rf"(?<!\d){re.escape(text)}(?!\d)", told)]


APPS = (SECRET, OTHER_SECRET)


# --- what is printed of a record

ADA = account_with_totp()
RECORDS = [
    ADA,
    factor(),
    backup_code_set(used=(1,)),
    backup_code_set().codes[0],
    stranger(),
    signed_in(ADA),
    enrolling(ADA),
    enrolling(ADA).enrolment,
    pending_sign_in(ADA),
    pending_sign_up(),
    sign_up_of_ada(),
    sign_up_of_ada().code,
    situation(enrolling(ADA), account=ADA, target=ADA),
    right_password(),
    right_password().password,
    Work(new_password=NEW_VERIFIER, backup_codes=backup_code_set()),
    hashed(backup_code()),
    hashed(backup_code()).backup_digest,
    backup_code(),
    app_code(),
    second_factor.check(ADA, app_code(), now=NOW, work=NO_WORK),
    second_factor.check(ADA, backup_code(), now=NOW, work=NO_WORK),
    Shown(app_code().text, 1, 30),
    Found(3, used=False),
    Verdict(
        Happened.SIGN_UP,
        writes=(pending_sign_up(), ADA),
        drops=(enrolling(ADA),),
        against=VERIFIER,
        attempt=sign_up_of_ada(),
        account=ADA,
        enrolment=enrolling(ADA).enrolment,
    ),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_no_record_prints_a_secret(record: object) -> None:
    assert repr(record).startswith(f"{type(record).__name__}(")
    assert leaked(f"{record!r} {record}") == []
    assert leaked(repr([{"nested": (record,)}])) == []
    assert leaked(str(ValueError(record))) == []


def test_the_search_for_secrets_finds_them() -> None:
    assert leaked(f"x {VERIFIER} {app_code().text}") == [VERIFIER, app_code().text]
    assert leaked(repr(tuple(factor()))) == [SECRET]
    assert leaked(repr(tuple(sign_up_of_ada().code))) == [repr(sign_up_of_ada().code.digest)]
    assert leaked(f"1{EMAIL_CODE}") == []


# --- whatever she does


def again(rule: Callable[[Situation, Work], Verdict], s: Situation, known: Work) -> Verdict:
    """Runs a rule as the conversation does: again with the work that it asks for."""
    work = NO_WORK
    verdict = rule(s, work)
    while verdict.need is not None:
        assert verdict == Verdict(
            verdict.happened, verdict.subject, need=verdict.need, against=verdict.against
        )
        work = prepared(verdict, work, known)
        verdict = rule(s, work)
    return verdict


def prepared(verdict: Verdict, work: Work, known: Work) -> Work:
    match verdict.need:
        case Need.PASSWORD_CHECK:
            assert work.password is None
            assert known.password is not None
            assert not isinstance(verdict.against, bytes)
            return work._replace(password=known.password._replace(against=verdict.against))
        case Need.NEW_PASSWORD:
            assert work.new_password is None
            return work._replace(new_password=NEW_VERIFIER)
        case Need.BACKUP_DIGEST:
            assert work.backup_digest is None
            return work._replace(backup_digest=known.backup_digest)
        case _:
            assert work.backup_codes is None
            return work._replace(backup_codes=backup_code_set())


def start_sign_up(s: Situation, work: Work) -> Verdict:
    return sign_up.create(s, email=EMAIL, key=KEY, code=EMAIL_CODE, work=work)


def trying(code: Typed | None) -> Callable[[Situation, Work], Verdict]:
    return lambda s, work: verify.attempt(s, code, work=work)


RIGHT = right_password()._replace(backup_digest=hashed(backup_code()).backup_digest)
WRONG = wrong_password()._replace(backup_digest=hashed(UNKNOWN_BACKUP_CODE).backup_digest)
ACTIONS: dict[str, Callable[[Situation], Verdict]] = {
    "sign up": lambda s: again(start_sign_up, s, RIGHT),
    "resend": lambda s: sign_up.resend(s, code=EMAIL_CODE),
    "hand over": lambda s: sign_up.hand_over(s, key=KEY),
    "sign in": lambda s: again(lambda s, w: sign_in.create(s, key=KEY, work=w), s, RIGHT),
    "wrong sign in": lambda s: again(lambda s, w: sign_in.create(s, key=KEY, work=w), s, WRONG),
    "e-mail code": lambda s: again(trying(digits(EMAIL_CODE)), s, RIGHT),
    "wrong code": lambda s: again(trying(wrong_code(now=s.now)), s, WRONG),
    "app code": lambda s: again(trying(app_code(now=s.now)), s, RIGHT),
    "next app code": lambda s: again(trying(app_code(now=s.now, drift=1)), s, RIGHT),
    "backup code": lambda s: again(trying(backup_code()), s, RIGHT),
    "wrong backup code": lambda s: again(trying(UNKNOWN_BACKUP_CODE), s, WRONG),
    "password": lambda s: again(trying(None), s, RIGHT),
    "wrong password": lambda s: again(trying(None), s, WRONG),
    "add": lambda s: factors.add(s, secret=SECRET),
    "confirm": lambda s: again(
        lambda s, w: factors.confirm(s, app_code(now=s.now), work=w), s, RIGHT
    ),
    "confirm wrongly": lambda s: factors.confirm(s, wrong_code(now=s.now), work=NO_WORK),
    "disable": factors.disable,
    "regenerate": lambda s: again(lambda s, w: factors.regenerate(s, work=w), s, RIGHT),
    "check password": lambda s: again(lambda s, w: password.check(s, work=w), s, RIGHT),
    "wrong current password": lambda s: again(lambda s, w: password.check(s, work=w), s, WRONG),
    "change password": lambda s: again(lambda s, w: password.change(s, work=w), s, RIGHT),
    "use": session.use,
    "sign out": lambda s: session.sign_out(s, everywhere=False),
    "sign out everywhere": lambda s: session.sign_out(s, everywhere=True),
}
WAITS = st.sampled_from([0, 1, 29, 30, 10 * MINUTE, HOUR, DAY, -MINUTE, -HOUR])
STEPS = st.tuples(st.sampled_from(sorted(ACTIONS)), WAITS | st.just(0) | st.just(30))
STARTS = st.sampled_from(
    [
        situation(),
        situation(target=account()),
        situation(target=ADA),
        situation(signed_in(account()), account=account(), target=account()),
        situation(signed_in(ADA), account=ADA, target=ADA),
    ]
)


def told(s: Situation, verdict: Verdict) -> str:
    """Everything that may be printed or written into an event."""
    refusals = [(r.long_message, r.next_step, r.meta) for r in verdict.refusals]
    return repr((s, verdict, verdict.details, verdict.subject, refusals, verdict.writes))


def check_verdict(s: Situation, verdict: Verdict, later: Situation) -> None:
    assert leaked(told(s, verdict), now=s.now) == []
    assert all(isinstance(refusal, Refusal) for refusal in verdict.refusals)
    if verdict.refusals:
        assert verdict.session is None
        assert verdict.drops == ()
    before, now = s.target, later.target
    if before is None or now is None:
        return
    cleared = verdict.details.get("status") == "complete"
    assert cleared or now.lockout.failures >= before.lockout.failures
    assert now.lockout.failures <= before.lockout.failures + 1
    if not (isinstance(before, Account) and isinstance(now, Account)):
        return
    if before.totp is not None and now.totp is not None:
        assert now.totp.last_step >= before.totp.last_step
    if begun := begins_session(verdict):
        assert (before.totp is None) or begun.second_factor_at == s.now
    if lockout.is_locked(before.lockout, now=s.now):
        assert now.lockout == before.lockout
        assert not begins_session(verdict)
        assert verdict.happened is not Happened.STEP_UP or verdict.refusals
        assert now.password == before.password
        assert now.totp is None or now.totp == before.totp


def begins_session(verdict: Verdict) -> Session | None:
    begins = {Happened.SIGN_IN, Happened.SIGN_IN_VERIFY, Happened.SIGN_UP_VERIFY}
    return verdict.session if verdict.happened in begins else None


@given(STARTS, st.lists(STEPS, max_size=30))
@settings(deadline=None, max_examples=15)
def test_in_whatever_order_things_happen_the_rules_hold(
    s: Situation, steps: list[tuple[str, int]]
) -> None:
    for action, wait in steps:
        s = s._replace(now=s.now + wait)
        verdict = ACTIONS[action](s)
        later = after(s, verdict)
        check_verdict(s, verdict, later)
        s = later
        if s.client is not None:
            assert s.client.pending is None or s.client.session is None
            assert s.client.pending is None or s.client.enrolment is None


def test_ada_s_whole_walk() -> None:
    walk = [
        ("sign up", 0),
        ("hand over", 0),
        ("wrong code", 5),
        ("e-mail code", 5),
        ("add", 30),
        ("confirm", 30),
        ("sign out", 30),
        ("wrong sign in", 30),
        ("sign in", 30),
        ("wrong code", 0),
        ("app code", 30),
        ("regenerate", 0),
        ("disable", 0),
        ("sign out everywhere", 0),
    ]
    s, counts = situation(), []
    for action, wait in walk:
        s = s._replace(now=s.now + wait)
        verdict = ACTIONS[action](s)
        assert bool(verdict.refusals) is action.startswith("wrong"), action
        s = after(s, verdict)
        counts.append(s.target.lockout.failures if s.target is not None else 0)

    assert counts == [0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 0, 0, 0, 0]
    assert isinstance(s.target, Account)
    assert (s.target.totp, s.target.backup_codes, s.client) == (None, None, None)
    assert s.target.epoch == 4
    assert written_client(ACTIONS["sign in"](s)).session is not None
