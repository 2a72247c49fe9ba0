import pytest

from mfactl.core import email_code, sign_up
from mfactl.core.account import Account, EmailProof, Stranger
from mfactl.core.client import TOKEN_DUE, Client, EmailCode, Session, SignUp
from mfactl.core.code import Typed
from mfactl.core.email_code import TEST_CODE
from mfactl.core.verdict import NO_WORK, Happened, Need, Situation, Verdict, Work
from mfactl.errors import Code
from mfactl.exits import Exit
from tests.support.builders import (
    DAY,
    EMAIL,
    EMAIL_CODE,
    HOUR,
    KEY,
    MINUTE,
    NEW_VERIFIER,
    NOW,
    PEPPER,
    VERIFIER,
    WRONG_EMAIL_CODE,
    account,
    account_with_totp,
    after,
    backup_code,
    client,
    codes_of,
    digits,
    enrolling,
    failures,
    pending_sign_in,
    pending_sign_up,
    sign_up_of_ada,
    signed_in,
    situation,
    stranger,
    written_account,
    written_client,
)

HASHED = Work(new_password=VERIFIER)
NEXT_CODE = "161803"
TEST_EMAIL = "ada+clerk_test@example.com"


def start(s: Situation, *, work: Work = HASHED, code: str = EMAIL_CODE) -> Verdict:
    return sign_up.create(s, email=EMAIL, key=KEY, code=code, work=work)


def made(code: str, *, at: int) -> EmailCode:
    return email_code.make(code, pepper=PEPPER, sign_up_id="sua_new", now=at)


def attempt(s: Situation, text: str = EMAIL_CODE) -> Verdict:
    return sign_up.verify(s, digits(text))


def written_stranger(verdict: Verdict) -> Stranger:
    (record,) = (record for record in verdict.writes if isinstance(record, Stranger))
    return record


def written_sign_up(verdict: Verdict) -> SignUp:
    pending = written_client(verdict).pending
    assert isinstance(pending, SignUp)
    return pending


# --- starting


def test_a_sign_up_waits_in_the_client_with_its_password_and_the_digest_of_its_code() -> None:
    verdict = start(situation())

    pending = SignUp(
        id="sua_new",
        email=EMAIL,
        key=KEY,
        password=VERIFIER,
        code=made(EMAIL_CODE, at=NOW),
        created_at=NOW,
    )
    assert verdict == Verdict(
        Happened.SIGN_UP,
        writes=(Client("client_new", TOKEN_DUE, NOW, pending=pending),),
        attempt=pending,
    )


@pytest.mark.parametrize(("is_test", "code"), [(True, TEST_CODE), (False, EMAIL_CODE)])
def test_a_test_address_has_a_fixed_code_in_a_test_vault_alone(is_test: bool, code: str) -> None:
    s, later = situation(is_test=is_test), NOW + email_code.INTERVAL_SECONDS
    verdict = sign_up.create(s, email=TEST_EMAIL, key=TEST_EMAIL, code=EMAIL_CODE, work=HASHED)
    assert written_sign_up(verdict).code == made(code, at=NOW)

    resent = sign_up.resend(after(s, verdict, now=later), code=NEXT_CODE)
    next_code = TEST_CODE if is_test else NEXT_CODE
    assert written_sign_up(resent).code == made(next_code, at=later)


def test_a_sign_up_asks_for_its_password_to_be_hashed() -> None:
    verdict = start(situation(), work=NO_WORK)

    assert verdict == Verdict(Happened.SIGN_UP, need=Need.NEW_PASSWORD)


@pytest.mark.parametrize(
    "here",
    [
        client(),
        pending_sign_up(),
        pending_sign_in(account_with_totp()),
        enrolling(account(epoch=1)),
    ],
    ids=["nothing", "a sign-up", "a sign-in", "an ended session with an unverified secret"],
)
def test_a_sign_up_drops_what_the_client_had(here: Client) -> None:
    verdict = start(situation(here, account=account(epoch=2)))

    assert written_client(verdict) == here._replace(
        pending=verdict.attempt, session=None, enrolment=None, token_hash=TOKEN_DUE
    )
    assert verdict.attempt is not None
    assert verdict.attempt.id == "sua_new"


def test_a_sign_up_is_refused_on_a_client_that_is_signed_in() -> None:
    verdict = start(situation(signed_in(account()), account=account()), work=NO_WORK)

    assert codes_of(verdict) == [Code.SESSION_EXISTS]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert verdict.refusals[0].meta == {"session_id": "sess_here"}
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_UP, "")
    assert (verdict.writes, verdict.drops) == ((), ())


def test_a_sign_up_says_that_an_address_is_taken_before_it_asks_for_work() -> None:
    verdict = start(situation(target=account()), work=NO_WORK)

    assert codes_of(verdict) == [Code.IDENTIFIER_EXISTS]
    assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
    assert verdict.refusals[0].meta == {"param_name": "email_address"}
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_UP, "user_ada")
    assert verdict.writes == ()


def test_two_clients_may_sign_up_for_one_address() -> None:
    first = start(situation(client(id="client_1"), target=stranger()))
    second = start(situation(client(id="client_2"), target=stranger()))

    assert first.refusals == second.refusals == ()
    assert first.subject == second.subject == "stranger_ada"


# --- thirty seconds between codes to one address


@pytest.mark.parametrize(
    ("age", "too_soon"),
    [(-61, False), (-60, True), (0, True), (29, True), (30, False), (31, False)],
)
def test_thirty_seconds_lie_between_two_codes_to_one_address(age: int, too_soon: bool) -> None:
    waiting = stranger(code_handed_over_at=NOW - age)

    started = start(situation(target=waiting), work=NO_WORK)
    resent = sign_up.resend(situation(pending_sign_up(), target=waiting), code=NEXT_CODE)

    expected = [Code.TOO_MANY_REQUESTS] if too_soon else []
    assert codes_of(started) == codes_of(resent) == expected
    assert (started.need is None) is (resent.writes == ()) is too_soon
    assert started.subject == resent.subject == "stranger_ada"
    for refusal in started.refusals + resent.refusals:
        assert refusal.entry.exit is Exit.WAIT


@pytest.mark.parametrize(("age", "seconds"), [(0, 30), (1, 29), (29, 1)])
def test_a_refusal_says_when_the_next_code_may_go_out(age: int, seconds: int) -> None:
    (refusal,) = start(situation(target=stranger(code_handed_over_at=NOW - age))).refusals

    assert refusal.meta == {"retry_after_seconds": seconds}
    assert f"in {seconds} s" in refusal.long_message


@pytest.mark.parametrize("age", [-60, 0, 1, 29])
def test_waiting_as_long_as_a_refusal_says_is_long_enough(age: int) -> None:
    s = situation(target=stranger(code_handed_over_at=NOW - age))
    (refusal,) = start(s).refusals

    later = s._replace(now=NOW + refusal.meta["retry_after_seconds"])

    assert start(later).refusals == ()


def test_a_code_that_was_not_handed_over_starts_no_wait() -> None:
    started = start(situation(target=stranger(code_handed_over_at=None)))
    resent = sign_up.resend(situation(pending_sign_up()), code=NEXT_CODE)

    assert started.refusals == resent.refusals == ()


@pytest.mark.parametrize("known", [None, stranger(last_used_at=NOW - HOUR, lockout=failures(3))])
def test_handing_a_code_over_is_noted_at_the_address(known: Stranger | None) -> None:
    verdict = sign_up.hand_over(situation(pending_sign_up(), target=known), key=KEY)

    before = known or Stranger("stranger_new", KEY, NOW)
    noted = before._replace(last_used_at=NOW, code_handed_over_at=NOW)
    assert verdict == Verdict(Happened.CODE_HANDED_OVER, before.id, writes=(noted,))


def test_a_code_that_is_handed_over_after_its_sign_up_completed_changes_nothing() -> None:
    verdict = sign_up.hand_over(situation(target=account()), key=KEY)

    assert verdict == Verdict(Happened.CODE_HANDED_OVER, "user_ada")


# --- a new code


def test_a_new_code_voids_the_one_before_and_has_tries_and_time_of_its_own() -> None:
    s = situation(pending_sign_up(at=NOW - HOUR, tries=5), target=stranger())

    verdict = sign_up.resend(s, code=NEXT_CODE)

    renewed = sign_up_of_ada(at=NOW - HOUR)._replace(
        code=email_code.make(NEXT_CODE, pepper=PEPPER, sign_up_id="sua_here", now=NOW)
    )
    assert verdict == Verdict(
        Happened.SIGN_UP_RESEND,
        "stranger_ada",
        writes=(client(pending=renewed),),
        attempt=renewed,
    )
    later = after(s, verdict, now=NOW + 10 * MINUTE - 1)
    assert codes_of(attempt(later, EMAIL_CODE)) == [Code.CODE_INCORRECT]
    assert codes_of(attempt(later, NEXT_CODE)) == []


def test_a_new_code_leaves_the_counter_of_the_address_alone() -> None:
    s = situation(pending_sign_up(), target=stranger(lockout=failures(8)))

    s = after(s, sign_up.resend(s, code=NEXT_CODE))

    assert s.target is not None
    assert s.target.lockout == failures(8)


@pytest.mark.parametrize(
    "here", [None, client(), pending_sign_in(account_with_totp()), signed_in(account())]
)
def test_without_a_sign_up_there_is_no_code_to_send_again_and_none_to_try(
    here: Client | None,
) -> None:
    s = situation(here, account=account(), target=stranger())
    for verdict in (sign_up.resend(s, code=NEXT_CODE), attempt(s)):
        assert codes_of(verdict) == [Code.CLIENT_STATE_INVALID]
        assert verdict.refusals[0].next_step == "Sign-ups begin with: mfactl signup EMAIL"
        assert verdict.refusals[0].entry.exit is Exit.WRONG_STATE
        assert (verdict.subject, verdict.writes) == ("stranger_ada", ())


@pytest.mark.parametrize(
    ("age", "lapsed"), [(-61, True), (-60, False), (DAY - 1, False), (DAY, True)]
)
def test_a_sign_up_lapses_after_a_day(age: int, lapsed: bool) -> None:
    s = situation(pending_sign_up(at=NOW - age, code_at=NOW), target=stranger())

    for verdict in (sign_up.resend(s, code=NEXT_CODE), attempt(s)):
        assert codes_of(verdict) == ([Code.CLIENT_STATE_INVALID] if lapsed else [])
        for refusal in verdict.refusals:
            assert refusal.next_step == "Run: mfactl signup EMAIL"


def test_no_new_code_goes_to_an_address_that_was_taken_meanwhile() -> None:
    verdict = sign_up.resend(situation(pending_sign_up(), target=account()), code=NEXT_CODE)

    assert codes_of(verdict) == [Code.IDENTIFIER_EXISTS]
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_UP_RESEND, "user_ada")
    assert verdict.writes == ()


# --- the right code


def test_the_right_code_makes_the_account_and_signs_in() -> None:
    known = stranger()
    s = situation(pending_sign_up(at=NOW - MINUTE, tries=2), target=known, vault_epoch=4)

    verdict = attempt(s)

    made = Account(
        id="user_new",
        email_id="idn_new",
        email=EMAIL,
        key=KEY,
        email_proof=EmailProof(3, NOW + 9 * MINUTE),
        password=VERIFIER,
        password_changed_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        last_sign_in_at=NOW,
    )
    begun = Session(
        id="sess_new",
        account_id="user_new",
        epoch=0,
        vault_epoch=4,
        created_at=NOW,
        last_active_at=NOW,
        first_factor_at=NOW,
        second_factor_at=None,
    )
    assert verdict == Verdict(
        Happened.SIGN_UP_VERIFY,
        "user_new",
        writes=(made, client(session=begun, token_hash=TOKEN_DUE)),
        drops=(known,),
        attempt=sign_up_of_ada(at=NOW - MINUTE, tries=3),
        session=begun,
        account=made,
        strategy="email_code",
    )


def test_a_completed_sign_up_keeps_no_unverified_secret_of_an_earlier_session() -> None:
    here = enrolling(account())._replace(pending=sign_up_of_ada(), session=None)

    assert written_client(attempt(situation(here))).enrolment is None


def test_an_address_without_a_record_leaves_none_to_drop() -> None:
    verdict = attempt(situation(pending_sign_up()))

    assert verdict.refusals == ()
    assert verdict.drops == ()


@pytest.mark.parametrize("count", [1, 9, 13])
def test_a_completed_sign_up_takes_the_counter_of_its_address_over(count: int) -> None:
    counter = failures(count)._replace(locked_at=NOW - HOUR if count > 10 else None)

    verdict = attempt(situation(pending_sign_up(), target=stranger(lockout=counter)))

    assert verdict.refusals == ()
    assert written_account(verdict).lockout == counter


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-61, [Code.VERIFICATION_EXPIRED]),
        (-60, []),
        (599, []),
        (600, [Code.VERIFICATION_EXPIRED]),
    ],
)
def test_the_right_code_is_good_for_ten_minutes(age: int, expected: list[Code]) -> None:
    s = situation(pending_sign_up(at=NOW - HOUR, code_at=NOW - age), target=stranger())

    verdict = attempt(s)

    assert codes_of(verdict) == expected
    if expected:
        assert verdict.refusals[0].entry.exit is Exit.REFUSED
        assert (verdict.writes, verdict.subject) == ((), "stranger_ada")


def test_a_wrong_code_after_ten_minutes_has_expired_and_is_not_counted() -> None:
    s = situation(pending_sign_up(at=NOW - HOUR), target=stranger())

    verdict = attempt(s, WRONG_EMAIL_CODE)

    assert codes_of(verdict) == [Code.VERIFICATION_EXPIRED]
    assert verdict.writes == ()


def test_a_clock_that_was_set_back_a_day_ends_a_code() -> None:
    s = situation(pending_sign_up(at=NOW - DAY, code_at=NOW), now=NOW - DAY)

    assert codes_of(attempt(s)) == [Code.VERIFICATION_EXPIRED]


def test_the_code_of_another_sign_up_is_wrong() -> None:
    other = sign_up_of_ada()._replace(id="sua_other")

    assert codes_of(attempt(situation(client(pending=other)))) == [Code.CODE_INCORRECT]


# --- wrong codes


def test_tries_one_to_five_are_incorrect_and_the_sixth_fails_even_if_right() -> None:
    s = situation(pending_sign_up(), target=stranger())
    for tries in range(1, 6):
        verdict = attempt(s, WRONG_EMAIL_CODE)
        assert codes_of(verdict) == [Code.CODE_INCORRECT]
        assert written_sign_up(verdict).code.attempts == tries
        assert written_stranger(verdict).lockout.failures == tries
        s = after(s, verdict)

    for text in (EMAIL_CODE, WRONG_EMAIL_CODE):
        verdict = attempt(s, text)
        assert codes_of(verdict) == [Code.VERIFICATION_FAILED]
        assert verdict.refusals[0].entry.exit is Exit.REFUSED
        assert (verdict.writes, verdict.subject) == ((), "stranger_ada")


def test_the_fifth_try_may_be_the_right_one() -> None:
    verdict = attempt(situation(pending_sign_up(tries=4)))

    assert verdict.refusals == ()
    assert written_account(verdict).email_proof.attempts == 5


def test_a_new_code_opens_a_sign_up_that_failed() -> None:
    s = situation(pending_sign_up(tries=5), target=stranger(lockout=failures(5)))
    assert codes_of(attempt(s)) == [Code.VERIFICATION_FAILED]

    s = after(s, sign_up.resend(s, code=NEXT_CODE))
    verdict = attempt(s, NEXT_CODE)

    assert verdict.refusals == ()
    assert written_account(verdict).lockout == failures(5)


@pytest.mark.parametrize("known", [None, stranger(last_used_at=NOW - HOUR)])
def test_a_wrong_code_counts_against_the_address(known: Stranger | None) -> None:
    verdict = attempt(situation(pending_sign_up(), target=known), WRONG_EMAIL_CODE)

    before = known or Stranger("stranger_new", KEY, NOW)
    counted = before._replace(last_used_at=NOW, lockout=failures(1))
    assert verdict.writes == (client(pending=sign_up_of_ada(tries=1)), counted)
    assert verdict.refusals[0].meta == {"param_name": "code", "remaining_attempts": 4}
    assert verdict == Verdict(
        Happened.SIGN_UP_VERIFY,
        before.id,
        writes=verdict.writes,
        refusals=verdict.refusals,
        strategy="email_code",
    )


def test_a_wrong_code_counts_against_the_account_that_took_the_address_meanwhile() -> None:
    ada = account(lockout=failures(2))

    verdict = attempt(situation(pending_sign_up(), target=ada), WRONG_EMAIL_CODE)

    assert codes_of(verdict) == [Code.CODE_INCORRECT]
    assert written_account(verdict) == ada._replace(lockout=failures(3))
    assert written_sign_up(verdict).code.attempts == 1
    assert verdict.subject == "user_ada"


@pytest.mark.parametrize(
    ("tries", "failed", "left", "told"),
    [
        (0, 0, 4, "That code is wrong; 4 tries are left for the one in the e-mail."),
        (0, 5, 4, "That code is wrong; 4 tries are left for the one in the e-mail."),
        (0, 6, 3, "That code is wrong; 3 attempts are left."),
        (0, 7, 2, "That code is wrong."),  # the warning has the number
        (2, 2, 2, "That code is wrong; 2 tries are left for the one in the e-mail."),
        (3, 3, 1, "That code is wrong; 1 try is left for the one in the e-mail."),
        (3, 8, 1, "That code is wrong; 1 try is left for the one in the e-mail."),
        (4, 4, 0, "That code is wrong. It was the last try: the one in the e-mail is void now."),
    ],
)
def test_a_wrong_code_says_how_many_tries_are_left_by_whichever_limit_is_nearer(
    tries: int, failed: int, left: int, told: str
) -> None:
    target = stranger(lockout=failures(failed))

    refusal = attempt(situation(pending_sign_up(tries=tries), target=target), "111111").refusals[0]

    assert refusal.meta == {"param_name": "code", "remaining_attempts": left}
    assert refusal.long_message == told
    assert refusal.next_step == (
        "Run: mfactl verify --resend" if left == 0 else "Check it and try again."
    )


@pytest.mark.parametrize(("before", "warned"), [(6, []), (7, [2]), (8, [1]), (9, [0])])
def test_wrong_codes_are_warned_about(before: int, warned: list[int]) -> None:
    s = situation(pending_sign_up(), target=stranger(lockout=failures(before)))

    verdict = attempt(s, WRONG_EMAIL_CODE)

    assert codes_of(verdict) == [Code.CODE_INCORRECT] + [Code.LOCKOUT_WARNING] * len(warned)
    assert [r.meta["remaining_attempts"] for r in verdict.refusals[1:]] == warned


def test_new_codes_and_new_sign_ups_do_not_hold_off_the_lock() -> None:
    s = situation(pending_sign_up(), target=stranger())
    for tries in range(10):
        if tries == 5:
            s = after(s, sign_up.resend(s, code=NEXT_CODE))
        if tries == 7:
            s = after(s, start(s, code=NEXT_CODE))
        s = after(s, attempt(s, WRONG_EMAIL_CODE))

    assert codes_of(attempt(s, NEXT_CODE)) == [Code.USER_LOCKED]
    assert codes_of(attempt(s._replace(now=NOW + HOUR - 1), NEXT_CODE)) == [Code.USER_LOCKED]


@pytest.mark.parametrize("text", [EMAIL_CODE, WRONG_EMAIL_CODE])
@pytest.mark.parametrize("tries", [0, 5])
@pytest.mark.parametrize(
    "holder",
    [
        stranger(lockout=failures(10)),
        stranger(lockout=failures(100, last_at=NOW - DAY)),
        account(lockout=failures(10)),
    ],
    ids=["stranger", "stranger for good", "account"],
)
def test_while_locked_every_code_is_refused(
    text: str, tries: int, holder: Account | Stranger
) -> None:
    verdict = attempt(situation(pending_sign_up(tries=tries), target=holder), text)

    assert codes_of(verdict) == [Code.USER_LOCKED]
    assert (verdict.subject, verdict.writes) == (holder.id, ())
    assert verdict.happened is Happened.SIGN_UP_VERIFY


def test_a_code_of_another_kind_is_malformed_and_no_try() -> None:
    code: Typed = backup_code()

    verdict = sign_up.verify(situation(pending_sign_up(), target=stranger()), code)

    assert codes_of(verdict) == [Code.PARAM_FORMAT_INVALID]
    assert verdict.refusals[0].entry.exit is Exit.USAGE
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_UP_VERIFY, "stranger_ada")
    assert verdict.writes == ()


def test_the_right_code_for_an_address_that_was_taken_meanwhile_ends_the_sign_up() -> None:
    ada = account(lockout=failures(3))

    verdict = attempt(situation(pending_sign_up(), target=ada))

    assert codes_of(verdict) == [Code.IDENTIFIER_EXISTS]
    assert verdict.writes == (client(),)
    assert (verdict.happened, verdict.subject) == (Happened.SIGN_UP_VERIFY, "user_ada")


def test_a_sign_up_without_an_index_names_nobody() -> None:
    s = situation()._replace(target_id=None)

    assert start(s).subject == ""


def test_the_password_is_the_one_that_the_sign_up_began_with() -> None:
    s = situation()
    s = after(s, start(s, work=Work(new_password=NEW_VERIFIER)))

    assert written_account(attempt(s)).password == NEW_VERIFIER
