import pytest

from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client
from mfactl.core.second_factor import wrong
from mfactl.core.verdict import (
    OVER,
    Happened,
    Need,
    Situation,
    Verdict,
    account_subject,
    address_subject,
    asked_about,
    locks,
    only_about,
    rule,
)
from mfactl.errors import Code, Refusal
from tests.support.builders import (
    NOW,
    account,
    account_with_totp,
    client,
    pending_sign_in,
    sign_up_of_ada,
    signed_in,
    situation,
    stranger,
)

NO = Refusal(Code.SIGNED_OUT)


def told(s: Situation, answer: Verdict | Refusal, *, truly: bool) -> Verdict | Refusal:
    """Answers as it is told."""
    return answer if truly and s.now == NOW else Refusal(Code.INTERNAL_ERROR)


def test_a_bare_refusal_is_a_verdict_that_changes_nothing() -> None:
    s = situation(signed_in(account()), account=account(), target=stranger())

    of_the_client = rule(Happened.STEP_UP)(told)

    assert of_the_client(s, NO, truly=True) == Verdict(Happened.STEP_UP, "user_ada", refusals=(NO,))


def test_a_bare_refusal_may_be_about_the_address_that_was_named() -> None:
    s = situation(signed_in(account()), account=account(), target=stranger())

    of_the_address = rule(Happened.SIGN_UP, of_address=True)(told)

    assert of_the_address(s, NO, truly=True) == Verdict(
        Happened.SIGN_UP, "stranger_ada", refusals=(NO,)
    )


def test_a_verdict_is_left_as_it_is() -> None:
    answer = Verdict(Happened.VERIFY, "user_eve", writes=(account(),), strategy="totp")

    of_the_client = rule(Happened.STEP_UP)(told)

    assert of_the_client(situation(account=account()), answer, truly=True) is answer


def test_a_rule_keeps_its_name_and_its_words() -> None:
    of_the_client = rule(Happened.STEP_UP)(told)

    assert of_the_client.__name__ == "told"
    assert of_the_client.__doc__ == "Answers as it is told."


@pytest.mark.parametrize(
    ("s", "of_account", "of_address"),
    [
        (situation(), "", ""),
        (situation(account=account()), "user_ada", ""),
        (situation(target=stranger()), "", "stranger_ada"),
        (situation(target=account(id="user_eve")), "", "user_eve"),
    ],
)
def test_a_verdict_is_about_an_account_or_an_address(
    s: Situation, of_account: str, of_address: str
) -> None:
    assert account_subject(s) == of_account
    assert address_subject(s) == of_address


def test_a_refusal_that_leaves_no_attempt_locks_the_address() -> None:
    def warned(left: int) -> tuple[Refusal, ...]:
        warning = Refusal(Code.LOCKOUT_WARNING, meta={"remaining_attempts": left})
        return (Refusal(Code.CODE_INCORRECT), warning)

    assert [locks(warned(left)) for left in (2, 1, 0)] == [False, False, True]
    assert not locks(())
    assert not locks((NO,))
    assert not locks((wrong(0),)), "a mailed code has tries of its own"


def test_a_verdict_is_printed_as_what_happened_and_what_was_refused() -> None:
    verdict = Verdict(Happened.VERIFY, "user_ada", refusals=(NO,))

    assert repr(verdict) == "Verdict(verify, refused=['signed_out'])"


def test_events_are_stored_by_names_that_never_change() -> None:
    assert {kind.value for kind in Happened} >= {
        "vault_init",
        "sign_up",
        "sign_up_verify",
        "sign_up_resend",
        "code_handed_over",
        "sign_in",
        "sign_in_verify",
        "step_up",
        "verify",
        "sign_out",
        "totp_add",
        "totp_verify",
        "totp_disable",
        "backup_codes_regenerate",
        "password_check",
        "password_change",
        "session_use",
        "admin_unlock",
        "admin_reset_mfa",
        "admin_set_password",
        "admin_delete",
        "vault_backup",
        "vault_restore",
        "vault_rotate",
        "slot_add",
        "slot_remove",
    }
    assert all(kind.value == kind.name.lower() for kind in Happened)


# --- an answer is for what was asked about

ALL = Verdict(Happened.VERIFY, "user_eve", writes=(account(),), need=Need.PASSWORD_CHECK)


@pytest.mark.parametrize(
    ("here", "turn"),
    [
        (client(pending=sign_up_of_ada()), "sua_here"),
        (pending_sign_in(account_with_totp()), "sia_here"),
        (signed_in(account()), "sess_here"),
        (client(), None),
        (None, None),
    ],
    ids=["a sign-up", "a sign-in", "a session", "nothing", "no client"],
)
def test_a_question_is_about_the_turn_of_the_client_and_so_is_its_answer(
    here: Client | None, turn: str | None
) -> None:
    s = situation(here, account=account(), target=stranger())
    assert asked_about(s, of_address=False) == turn
    assert only_about(turn, s, ALL) is ALL
    assert only_about("sia_other", s, ALL) == Verdict(Happened.VERIFY, "user_ada", refusals=(OVER,))


@pytest.mark.parametrize(
    ("target", "who"),
    [(account(), "user_ada"), (stranger(), "stranger_ada"), (None, "")],
)
def test_a_question_about_an_address_is_about_who_is_there(
    target: Account | Stranger | None, who: str
) -> None:
    s = situation(signed_in(account()), account=account(), target=target)
    assert asked_about(s, of_address=True) == who
    assert only_about(who, s, ALL, of_address=True) is ALL
    assert only_about("user_other", s, ALL, of_address=True) == Verdict(
        Happened.VERIFY, who, refusals=(OVER,)
    )


def test_who_was_not_asked_answers_for_anything() -> None:
    s = situation(signed_in(account()), account=account(), target=stranger())
    assert only_about(None, s, ALL) is ALL
    assert only_about(None, s, ALL, of_address=True) is ALL


def test_an_answer_to_what_is_over_says_what_to_do() -> None:
    assert OVER.code is Code.CLIENT_STATE_INVALID
    assert OVER.long_message == "This is out of date: another mfactl has changed things meanwhile."
    assert OVER.next_step == "Look how things are now (mfactl account show), then repeat it."
