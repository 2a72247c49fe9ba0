import pytest

from mfactl.core import sign_in, sign_up, totp, verify
from mfactl.core.account import Account, Stranger
from mfactl.core.client import TOKEN_DUE, Client, Session, SignIn
from mfactl.core.code import Typed
from mfactl.core.lockout import CLEAR, Lockout
from mfactl.core.verdict import NO_WORK, Happened, Need, PasswordCheck, Situation, Verdict, Work
from mfactl.errors import Code
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    EMAIL,
    HOUR,
    KEY,
    MINUTE,
    NEW_VERIFIER,
    NOW,
    OTHER_SALT,
    OTHER_VERIFIER,
    SALT,
    VERIFIER,
    WRONG_EMAIL_CODE,
    account,
    account_with_totp,
    after,
    app_code,
    backup_code,
    backup_code_set,
    client,
    codes_of,
    digits,
    enrolling,
    factor,
    failures,
    hashed,
    pending_sign_in,
    pending_sign_up,
    right_password,
    sign_in_of,
    signed_in,
    situation,
    stranger,
    written_account,
    written_client,
    wrong_code,
    wrong_password,
)


def start(s: Situation, work: Work = NO_WORK) -> Verdict:
    return sign_in.create(s, key=KEY, work=work)


def attempt(s: Situation, code: Typed, work: Work = NO_WORK) -> Verdict:
    return sign_in.verify(s, code, work=work)


def wrong_for(holder: Account | Stranger | None) -> Work:
    return wrong_password(against=VERIFIER if isinstance(holder, Account) else None)


# --- the password


def test_the_right_password_of_an_account_without_a_second_factor_signs_in() -> None:
    ada = account(lockout=failures(7))

    verdict = start(situation(target=ada, vault_epoch=2), right_password())

    signed = ada._replace(lockout=CLEAR, last_sign_in_at=NOW)
    begun = Session(
        id="sess_new",
        account_id="user_ada",
        epoch=3,
        vault_epoch=2,
        created_at=NOW,
        last_active_at=NOW,
        first_factor_at=NOW,
        second_factor_at=None,
    )
    assert verdict == Verdict(
        Happened.SIGN_IN,
        "user_ada",
        writes=(signed, Client("client_new", TOKEN_DUE, NOW, session=begun)),
        attempt=SignIn("sia_new", EMAIL, "user_ada", 3, 2, NOW),
        session=begun,
        account=signed,
        strategy="password",
        details={"status": "complete"},
    )


def test_the_right_password_of_an_account_with_a_second_factor_is_half_a_sign_in() -> None:
    ada = account_with_totp(lockout=failures(7))

    verdict = start(situation(target=ada, vault_epoch=2), right_password())

    pending = SignIn("sia_new", EMAIL, "user_ada", 3, 2, NOW)
    assert verdict == Verdict(
        Happened.SIGN_IN,
        "user_ada",
        writes=(Client("client_new", TOKEN_DUE, NOW, pending=pending),),
        attempt=pending,
        account=ada,
        strategy="password",
        details={"status": "needs_second_factor"},
    )


def test_a_password_alone_gives_no_session_and_clears_no_counter_where_there_is_a_factor() -> None:
    s = situation(target=account_with_totp(lockout=failures(9)))

    s = after(s, start(s, right_password()))

    assert s.client is not None
    assert s.client.session is None
    assert s.target is not None
    assert s.target.lockout == failures(9)


@pytest.mark.parametrize("ada", [account(), account_with_totp()], ids=["one factor", "two factors"])
@pytest.mark.parametrize(
    "here",
    [
        client(),
        pending_sign_up(),
        pending_sign_in(account_with_totp(), attempts=4),
        enrolling(account(epoch=1)),
    ],
    ids=["nothing", "a sign-up", "a sign-in", "an ended session with an unverified secret"],
)
def test_a_sign_in_drops_what_the_client_had(here: Client, ada: Account) -> None:
    verdict = start(situation(here, account=ada, target=ada), right_password())

    kept = written_client(verdict)
    assert (kept.id, kept.created_at, kept.enrolment) == (here.id, here.created_at, None)
    if ada.totp is None:
        assert (kept.pending, kept.session) == (None, verdict.session)
    else:
        assert (kept.pending, kept.session) == (verdict.attempt, None)
    assert kept.token_hash == TOKEN_DUE, "a token that somebody else knows waits for no code"


def test_a_sign_in_is_refused_on_a_client_that_is_signed_in_before_any_work() -> None:
    s = situation(signed_in(account()), account=account(), target=account())

    verdict = start(s)

    assert codes_of(verdict) == [Code.SESSION_EXISTS]
    assert verdict.refusals[0].meta == {"session_id": "sess_here"}
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_IN, "user_ada")
    assert verdict.writes == ()


def test_a_session_that_has_ended_does_not_hinder_a_sign_in() -> None:
    s = situation(signed_in(account(epoch=1)), account=account(), target=account())

    assert start(s, right_password()).refusals == ()


# --- an unknown address and a wrong password


@pytest.mark.parametrize("before", range(20))
def test_an_unknown_address_and_a_wrong_password_cannot_be_told_apart(before: int) -> None:
    counter = failures(before, last_at=NOW - HOUR)
    known = situation(target=account(lockout=counter))
    secured = situation(target=account_with_totp(lockout=counter))
    unknown = situation(target=stranger(lockout=counter))

    for s in (known, secured, unknown):
        asked = start(s)
        assert (asked.need, asked.refusals, asked.writes) == (Need.PASSWORD_CHECK, (), ())
    verdicts = [start(s, wrong_for(s.target)) for s in (known, secured, unknown)]

    assert len({repr(verdict.refusals) for verdict in verdicts}) == 1
    assert codes_of(verdicts[0])[0] is Code.PASSWORD_OR_IDENTIFIER_INCORRECT
    assert verdicts[0].refusals[0].entry.exit is Exit.REFUSED
    for s, verdict in zip((known, secured, unknown), verdicts, strict=True):
        (written,) = verdict.writes
        assert isinstance(written, Account | Stranger)
        assert s.target is not None
        assert written.id == verdict.subject == s.target.id
        assert written.lockout.failures == before + 1
        assert verdict._replace(subject="", writes=()) == Verdict(
            Happened.SIGN_IN, refusals=verdict.refusals
        )


@pytest.mark.parametrize("count", [10, 20, 100])
def test_a_locked_address_is_refused_alike_whether_it_has_an_account_or_not(count: int) -> None:
    counter = failures(count, last_at=NOW - 5)

    known = start(situation(target=account(lockout=counter)))
    unknown = start(situation(target=stranger(lockout=counter)))

    assert known.refusals == unknown.refusals
    assert codes_of(known) == [Code.USER_LOCKED]
    assert known.need is unknown.need is None
    assert known.writes == unknown.writes == ()
    assert (known.subject, unknown.subject) == ("user_ada", "stranger_ada")


def test_an_unknown_address_gets_a_record_at_its_first_failure() -> None:
    verdict = start(situation(), wrong_for(None))

    assert verdict.writes == (Stranger("stranger_new", KEY, NOW, failures(1)),)
    assert verdict.subject == "stranger_new"


def test_a_wrong_password_counts_as_a_use_of_a_stranger() -> None:
    known = stranger(last_used_at=NOW - HOUR, lockout=failures(1))

    verdict = start(situation(target=known), wrong_for(known))

    assert verdict.writes == (known._replace(last_used_at=NOW, lockout=failures(2)),)


def test_a_wrong_password_changes_nothing_of_an_account_but_its_counter() -> None:
    ada = account_with_totp()

    verdict = start(situation(target=ada), wrong_password())

    assert verdict.writes == (ada._replace(lockout=failures(1)),)


def test_no_password_is_right_for_an_unknown_address() -> None:
    matched = Work(password=PasswordCheck(None, matched=True))

    assert codes_of(start(situation(), matched)) == [Code.PASSWORD_OR_IDENTIFIER_INCORRECT]


@pytest.mark.parametrize("holder", [account(), account_with_totp(), stranger(), None])
def test_the_tenth_wrong_password_is_incorrect_and_locks(
    holder: Account | Stranger | None,
) -> None:
    s = situation(target=holder)
    warned = []
    for _ in range(10):
        verdict = start(s, wrong_for(holder))
        assert codes_of(verdict)[0] is Code.PASSWORD_OR_IDENTIFIER_INCORRECT
        warned += [r.meta["remaining_attempts"] for r in verdict.refusals[1:]]
        s = after(s, verdict)

    assert warned == [2, 1, 0]
    assert codes_of(start(s, right_password())) == [Code.USER_LOCKED]
    assert codes_of(start(s, wrong_for(holder))) == [Code.USER_LOCKED]
    assert codes_of(start(s._replace(now=NOW + HOUR - 1))) == [Code.USER_LOCKED]
    assert codes_of(start(s._replace(now=NOW + HOUR))) == []
    assert codes_of(start(s._replace(now=NOW - DAY))) == [Code.USER_LOCKED]


# --- the check of the password


@pytest.mark.parametrize(
    ("holder", "subject", "against"),
    [
        (account(), "user_ada", VERIFIER),
        (stranger(), "stranger_ada", None),
        (None, "stranger_new", None),
    ],
)
def test_a_sign_in_asks_for_the_password_to_be_checked(
    holder: Account | Stranger | None, subject: str, against: str | None
) -> None:
    verdict = start(situation(target=holder))

    assert verdict == Verdict(Happened.SIGN_IN, subject, need=Need.PASSWORD_CHECK, against=against)


@pytest.mark.parametrize(
    ("holder", "work"),
    [
        (account(password=OTHER_VERIFIER), right_password(against=VERIFIER)),
        (account(password=OTHER_VERIFIER), wrong_password(against=VERIFIER)),
        (account(password=OTHER_VERIFIER), wrong_password(against=None)),
        (stranger(), right_password(against=VERIFIER)),
        (stranger(), wrong_password(against=VERIFIER)),
    ],
)
def test_a_sign_in_asks_again_if_the_verifier_changed_meanwhile(
    holder: Account | Stranger, work: Work
) -> None:
    verdict = start(situation(target=holder), work)

    assert verdict.need is Need.PASSWORD_CHECK
    assert verdict.against == (OTHER_VERIFIER if isinstance(holder, Account) else None)
    assert (verdict.refusals, verdict.writes) == ((), ())


@pytest.mark.parametrize("ada", [account(), account_with_totp()])
def test_a_right_password_whose_verifier_is_outdated_is_hashed_anew(ada: Account) -> None:
    s = situation(target=ada)

    asked = start(s, right_password(outdated=True))
    assert asked == Verdict(Happened.SIGN_IN, "user_ada", need=Need.NEW_PASSWORD)

    verdict = start(s, right_password(outdated=True)._replace(new_password=NEW_VERIFIER))
    renewed = written_account(verdict)
    assert renewed.password == NEW_VERIFIER
    assert (renewed.epoch, renewed.password_changed_at) == (ada.epoch, ada.password_changed_at)
    assert verdict.account == renewed
    assert verdict.refusals == ()


def test_a_wrong_password_is_not_hashed_anew() -> None:
    work = Work(password=PasswordCheck(VERIFIER, matched=False, outdated=True))

    verdict = start(situation(target=account()), work)

    assert codes_of(verdict) == [Code.PASSWORD_OR_IDENTIFIER_INCORRECT]


def test_a_verifier_that_is_not_known_to_be_outdated_stays() -> None:
    work = Work(password=PasswordCheck(VERIFIER, matched=True), new_password=NEW_VERIFIER)

    assert written_account(start(situation(target=account()), work)).password == VERIFIER


# --- the second factor


@pytest.mark.parametrize(
    ("code", "work", "strategy"),
    [
        (app_code(), NO_WORK, "totp"),
        (app_code(drift=-1), NO_WORK, "totp"),
        (app_code(drift=1), NO_WORK, "totp"),
        (backup_code(3), hashed(backup_code(3)), "backup_code"),
    ],
)
def test_the_right_code_signs_in(code: Typed, work: Work, strategy: str) -> None:
    ada = account_with_totp(lockout=failures(9))
    here = pending_sign_in(ada, at=NOW - 9 * MINUTE, attempts=2, vault_epoch=6)
    s = situation(here, account=ada, vault_epoch=6)

    verdict = attempt(s, code, work)

    signed = written_account(verdict)
    begun = Session(
        id="sess_new",
        account_id="user_ada",
        epoch=3,
        vault_epoch=6,
        created_at=NOW,
        last_active_at=NOW,
        first_factor_at=NOW - 9 * MINUTE,
        second_factor_at=NOW,
    )
    assert verdict == Verdict(
        Happened.SIGN_IN_VERIFY,
        "user_ada",
        writes=(signed, client(session=begun, token_hash=TOKEN_DUE)),
        attempt=sign_in_of(ada, at=NOW - 9 * MINUTE, attempts=3, vault_epoch=6),
        session=begun,
        account=signed,
        strategy=strategy,
        details={"status": "complete"},
    )
    assert (signed.lockout, signed.last_sign_in_at) == (CLEAR, NOW)
    assert signed.totp is not None
    assert signed.backup_codes is not None
    if strategy == "totp":
        assert (signed.totp.last_used_at, signed.backup_codes.remaining) == (NOW, 10)
    else:
        assert (signed.totp, signed.backup_codes.remaining) == (ada.totp, 9)


@pytest.mark.parametrize("drift", [-2, 2])
def test_a_code_two_steps_off_is_wrong(drift: int) -> None:
    ada = account_with_totp()

    verdict = attempt(situation(pending_sign_in(ada), account=ada), app_code(drift=drift))

    assert codes_of(verdict) == [Code.CODE_INCORRECT]


@pytest.mark.parametrize(
    ("code", "work"),
    [(wrong_code(), NO_WORK), (backup_code(0), hashed(Typed(backup_code().shape, "z" * 12)))],
    ids=["totp", "backup"],
)
def test_a_wrong_code_is_counted_and_the_sign_in_goes_on(code: Typed, work: Work) -> None:
    ada = account_with_totp(lockout=failures(7))
    here = pending_sign_in(ada, at=NOW - MINUTE, attempts=1)

    verdict = attempt(situation(here, account=ada), code, work)

    assert codes_of(verdict) == [Code.CODE_INCORRECT, Code.LOCKOUT_WARNING]
    assert verdict.writes == (
        pending_sign_in(ada, at=NOW - MINUTE, attempts=2),
        ada._replace(lockout=failures(8)),
    )
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_IN_VERIFY, "user_ada")
    assert verdict.strategy == ("totp" if code.shape == "digits" else "backup_code")
    assert verdict.session is None


def test_a_genuine_code_that_was_used_is_a_try_of_the_sign_in_but_no_failure() -> None:
    ada = account_with_totp(totp=factor(last_step=totp.step_at(NOW)), lockout=failures(9))

    verdict = attempt(situation(pending_sign_in(ada), account=ada), app_code())

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert verdict.writes == (pending_sign_in(ada, attempts=1),)


@pytest.mark.parametrize("code", [app_code(), wrong_code(), backup_code()])
def test_while_locked_every_code_is_refused(code: Typed) -> None:
    ada = account_with_totp(lockout=failures(10))

    verdict = attempt(situation(pending_sign_in(ada), account=ada), code, hashed(backup_code()))

    assert codes_of(verdict) == [Code.USER_LOCKED]
    assert verdict.writes == (pending_sign_in(ada, attempts=1),)


def test_a_backup_code_is_hashed_under_the_salt_of_the_set_and_again_if_that_changed() -> None:
    ada = account_with_totp()
    s = situation(pending_sign_in(ada), account=ada)
    asked = Verdict(Happened.SIGN_IN_VERIFY, "user_ada", need=Need.BACKUP_DIGEST, against=SALT)
    assert attempt(s, backup_code()) == asked

    changed = ada._replace(backup_codes=backup_code_set(salt=OTHER_SALT))
    s = s._replace(account=changed)
    assert attempt(s, backup_code(), hashed(backup_code())) == asked._replace(against=OTHER_SALT)


# --- when a half-finished sign-in ends


@pytest.mark.parametrize(
    ("age", "open_"), [(-61, False), (-60, True), (0, True), (599, True), (600, False)]
)
def test_a_sign_in_lapses_after_ten_minutes(age: int, open_: bool) -> None:
    ada = account_with_totp()
    here = pending_sign_in(ada, at=NOW - age)

    verdict = attempt(situation(here, account=ada), app_code())

    assert codes_of(verdict) == ([] if open_ else [Code.CLIENT_STATE_INVALID])


@pytest.mark.parametrize(
    ("epoch", "vault_epoch"), [(2, 5), (4, 5), (3, 4), (3, 6)], ids=["3-1", "3+1", "5-1", "5+1"]
)
def test_a_sign_in_ends_when_either_epoch_moves(epoch: int, vault_epoch: int) -> None:
    ada = account_with_totp(epoch=epoch)
    here = pending_sign_in(ada, epoch=3, vault_epoch=5)

    verdict = attempt(situation(here, account=ada, vault_epoch=vault_epoch), app_code())

    assert codes_of(verdict) == [Code.CLIENT_STATE_INVALID]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert verdict.refusals[0].next_step == "Run: mfactl signin EMAIL"
    assert verdict.writes == (here._replace(pending=None),)
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_IN_VERIFY, "user_ada")


@pytest.mark.parametrize(
    ("here", "ada", "subject"),
    [
        (None, account_with_totp(), "user_ada"),
        (client(), account_with_totp(), "user_ada"),
        (pending_sign_up(), account_with_totp(), "user_ada"),
        (client(), None, ""),
    ],
)
def test_without_a_half_finished_sign_in_of_an_account_no_code_is_tried(
    here: Client | None, ada: Account | None, subject: str
) -> None:
    verdict = attempt(situation(here, account=ada), app_code())

    assert codes_of(verdict) == [Code.CLIENT_STATE_INVALID]
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_IN_VERIFY, subject)
    assert verdict.writes == ()


def test_a_half_finished_sign_in_of_an_account_that_is_gone_has_lapsed() -> None:
    here = pending_sign_in(account_with_totp())

    verdict = attempt(situation(here, account=None), app_code())

    assert codes_of(verdict) == [Code.CLIENT_STATE_INVALID]
    assert verdict.refusals[0].next_step == "Run: mfactl signin EMAIL"
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_IN_VERIFY, "")
    assert verdict.writes == (here._replace(pending=None),)


@pytest.mark.parametrize("code", [app_code(), backup_code()])
def test_a_sign_in_of_an_account_without_a_second_factor_is_never_passed_by_a_code(
    code: Typed,
) -> None:
    ada = account()

    verdict = attempt(situation(pending_sign_in(ada), account=ada), code, hashed(backup_code()))

    assert codes_of(verdict) == [Code.NO_SECOND_FACTORS]
    assert verdict.session is None


# --- one counter


def test_one_counter_takes_password_totp_backup_and_email_codes() -> None:
    ada = account_with_totp()
    s = situation(target=ada)
    for _ in range(3):
        s = after(s, start(s, wrong_password()))
    s = after(s, start(s, right_password()))
    for _ in range(3):
        s = after(s, attempt(s, wrong_code()))
    for _ in range(2):
        unknown = Typed(backup_code().shape, "z" * 12)
        s = after(s, attempt(s, unknown, hashed(unknown)))
    s = s._replace(client=pending_sign_up(), account=None)
    s = after(s, sign_up.verify(s, digits(WRONG_EMAIL_CODE)))
    assert s.target is not None
    assert s.target.lockout == Lockout(9, None)
    s = s._replace(client=signed_in(ada), account=account(lockout=failures(9)))

    last = verify.attempt(s, None, work=wrong_password())

    assert written_account(last).lockout == Lockout(10, NOW)


def test_a_new_attempt_a_new_client_and_a_first_factor_leave_the_counter_alone() -> None:
    s = situation(target=account_with_totp())
    for _ in range(9):
        s = after(s._replace(client=None), start(s._replace(client=None), right_password()))
        s = after(s, attempt(s, wrong_code()))
    assert s.account is not None
    assert s.account.lockout.failures == 9

    s = after(s, start(s, right_password()))
    s = after(s, attempt(s, wrong_code()))

    assert codes_of(attempt(s, app_code())) == [Code.USER_LOCKED]


def test_a_hundred_failures_lock_for_good() -> None:
    s = situation(target=account())
    for failure in range(1, 101):
        s = after(s, start(s, wrong_password()))
        if failure % 10 == 0 and failure < 100:
            assert codes_of(start(s, right_password())) == [Code.USER_LOCKED]
            s = s._replace(now=s.now + HOUR)

    for wait in (HOUR, 365 * DAY):
        verdict = start(s._replace(now=s.now + wait), right_password())
        assert codes_of(verdict) == [Code.USER_LOCKED]
        assert verdict.refusals[0].meta == {"lockout_expires_in_seconds": None}


def test_a_complete_sign_in_after_ninety_nine_failures_starts_over() -> None:
    s = situation(target=account(lockout=Lockout(99, NOW - HOUR)))

    s = after(s, start(s, right_password()))

    assert s.account is not None
    assert s.account.lockout == CLEAR


def test_the_enrolment_code_does_not_work_at_the_first_sign_in() -> None:
    step = totp.step_at(NOW)
    ada = account_with_totp(totp=factor(last_step=step, verified_at=NOW))

    verdict = attempt(situation(pending_sign_in(ada), account=ada), app_code())

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert "already used" in verdict.refusals[0].long_message
