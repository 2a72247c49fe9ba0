"""Signing up: an address, a password, and a code sent to the address.

Guarantees: the account is made when the code is right, and not before; an address that somebody
else took meanwhile is refused; wrong codes count against the address.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import email_code, lockout, session
from mfactl.core.account import Account, EmailProof, Stranger, with_failure
from mfactl.core.client import TOKEN_DUE, Client, EmailCode, SignUp, is_pending_fresh
from mfactl.core.code import Shape, Typed, malformed
from mfactl.core.freshness import is_fresh
from mfactl.core.second_factor import wrong
from mfactl.core.verdict import Happened, Need, Situation, Verdict, Work, address_subject, rule
from mfactl.errors import Code, Refusal


@rule(Happened.SIGN_UP, of_address=True)
def create(s: Situation, *, email: str, key: str, code: str, work: Work) -> Verdict | Refusal:
    """Starts a sign-up for an address and drops what this client had pending.

    `code` was drawn for it; a test address has another one.
    """
    happened, subject = Happened.SIGN_UP, address_subject(s)
    signed_in = session.live(s)
    if not isinstance(signed_in, Refusal):
        return session_exists(signed_in[1].id)
    if isinstance(s.target, Account):
        return _taken()
    too_soon = _too_soon(s)
    if too_soon is not None:
        return too_soon
    if work.new_password is None:
        return Verdict(happened, subject, need=Need.NEW_PASSWORD)
    sign_up = SignUp(
        id=s.ids.sign_up,
        email=email,
        key=key,
        password=work.new_password,
        code=_made(code, s, email, s.ids.sign_up),
        created_at=s.now,
    )
    client = s.client or Client(s.ids.client, TOKEN_DUE, s.now)
    # A new token already: a client file that somebody else knows must not wait for its code.
    client = client._replace(pending=sign_up, session=None, enrolment=None, token_hash=TOKEN_DUE)
    return Verdict(happened, subject, writes=(client,), attempt=sign_up)


@rule(Happened.SIGN_UP_RESEND, of_address=True)
def resend(s: Situation, *, code: str) -> Verdict | Refusal:
    """Replaces the code of the pending sign-up, right or wrong tries and all.

    `code` was drawn for it; a test address has another one.
    """
    found = _pending(s)
    if isinstance(found, Refusal):
        return found
    client, sign_up = found
    if isinstance(s.target, Account):
        return _taken()
    too_soon = _too_soon(s)
    if too_soon is not None:
        return too_soon
    sign_up = sign_up._replace(code=_made(code, s, sign_up.email, sign_up.id))
    client = client._replace(pending=sign_up)
    return Verdict(Happened.SIGN_UP_RESEND, address_subject(s), writes=(client,), attempt=sign_up)


def _made(drawn: str, s: Situation, email: str, sign_up_id: str) -> EmailCode:
    """The record of the code that goes to an address."""
    code = email_code.TEST_CODE if gets_no_mail(s.is_test, email) else drawn
    return email_code.make(code, pepper=s.pepper, sign_up_id=sign_up_id, now=s.now)


def gets_no_mail(is_test: bool, email: str) -> bool:
    """Whether it is a test address, of a test vault: the code is `TEST_CODE`."""
    return is_test and email_code.is_test_address(email)


def hand_over(s: Situation, *, key: str) -> Verdict:
    """Notes that a code was handed over to the mail, which starts the wait for the next one."""
    if isinstance(s.target, Account):  # completed by another shell in the meantime
        return Verdict(Happened.CODE_HANDED_OVER, s.target.id)
    stranger = s.target or Stranger(s.ids.stranger, key, s.now)
    stranger = stranger._replace(code_handed_over_at=s.now, last_used_at=s.now)
    return Verdict(Happened.CODE_HANDED_OVER, stranger.id, writes=(stranger,))


@rule(Happened.SIGN_UP_VERIFY, of_address=True)
def verify(s: Situation, code: Typed) -> Verdict | Refusal:
    """Tries a code on the pending sign-up; a right one makes the account and signs in."""
    found = _pending(s)
    if isinstance(found, Refusal):
        return found
    client, sign_up = found
    if code.shape is not Shape.DIGITS:
        return malformed("The code in the e-mail has 6 digits.")
    hindrance = hindered(s, sign_up)
    if hindrance is not None:
        return hindrance
    if not email_code.matches(sign_up.code, code.text, pepper=s.pepper, sign_up_id=sign_up.id):
        return _wrong(s, client, sign_up)
    if isinstance(s.target, Account):
        writes = (client._replace(pending=None),)
        refusals = (_taken(),)
        return Verdict(Happened.SIGN_UP_VERIFY, s.target.id, writes=writes, refusals=refusals)
    return _complete(s, client, sign_up, s.target)


def hindered(s: Situation, sign_up: SignUp) -> Refusal | None:
    """Why no code would be taken, right or wrong; None if one may be tried."""
    counter = s.target.lockout if s.target is not None else lockout.CLEAR
    return lockout.refusal(counter, now=s.now) or _closed(sign_up, s.now)


def _complete(s: Situation, client: Client, sign_up: SignUp, stranger: Stranger | None) -> Verdict:
    attempts = sign_up.code.attempts + 1
    account = Account(
        id=s.ids.account,
        email_id=s.ids.email,
        email=sign_up.email,
        key=sign_up.key,
        email_proof=EmailProof(attempts, email_code.expire_at(sign_up.code)),
        password=sign_up.password,
        password_changed_at=s.now,
        created_at=s.now,
        updated_at=s.now,
        lockout=stranger.lockout if stranger is not None else lockout.CLEAR,
        last_sign_in_at=s.now,
    )
    begun = session.begin(s, account, second_factor=False, first_factor_at=s.now)
    client = client._replace(pending=None, session=begun, enrolment=None, token_hash=TOKEN_DUE)
    sign_up = sign_up._replace(code=sign_up.code._replace(attempts=attempts))
    return Verdict(
        Happened.SIGN_UP_VERIFY,
        account.id,
        writes=(account, client),
        drops=(stranger,) if stranger is not None else (),
        attempt=sign_up,
        session=begun,
        account=account,
        strategy="email_code",
    )


def _wrong(s: Situation, client: Client, sign_up: SignUp) -> Verdict:
    tried = sign_up.code._replace(attempts=sign_up.code.attempts + 1)
    client = client._replace(pending=sign_up._replace(code=tried))
    holder = with_failure(s.target or Stranger(s.ids.stranger, sign_up.key, s.now), now=s.now)
    left = lockout.remaining(holder.lockout, now=s.now)
    return Verdict(
        Happened.SIGN_UP_VERIFY,
        holder.id,
        writes=(client, holder),
        refusals=lockout.counted(_wrong_code(tried, left), holder.lockout, now=s.now),
        strategy="email_code",
    )


def _wrong_code(tried: EmailCode, left: int) -> Refusal:
    """The code and its address, which has `left`, each have some tries: the lower number counts."""
    tries = email_code.TRIES - tried.attempts
    refusal = wrong(min(tries, left))
    if tries == 0:
        detail = "That code is wrong. It was the last try: the one in the e-mail is void now."
        return refusal._replace(detail=detail, remedy="Run: mfactl verify --resend")
    if tries <= left:
        number = "1 try is" if tries == 1 else f"{tries} tries are"
        return refusal._replace(
            detail=f"That code is wrong; {number} left for the one in the e-mail."
        )
    return refusal


def _pending(s: Situation) -> tuple[Client, SignUp] | Refusal:
    client = s.client
    if client is None or not isinstance(client.pending, SignUp):
        return Refusal(
            Code.CLIENT_STATE_INVALID,
            "No sign-up is waiting for a code here.",
            "Sign-ups begin with: mfactl signup EMAIL",
        )
    if not is_pending_fresh(client.pending, now=s.now):
        return lapsed()
    return client, client.pending


def _closed(sign_up: SignUp, now: int) -> Refusal | None:
    state = email_code.state(sign_up.code, now=now)
    if state is email_code.State.EXPIRED:
        return Refusal(Code.VERIFICATION_EXPIRED)
    if state is email_code.State.EXHAUSTED:
        return Refusal(Code.VERIFICATION_FAILED)
    return None


def _too_soon(s: Situation) -> Refusal | None:
    handed_over = s.target.code_handed_over_at if isinstance(s.target, Stranger) else None
    if handed_over is None:
        return None
    if not is_fresh(handed_over, now=s.now, limit=email_code.INTERVAL_SECONDS):
        return None
    seconds = handed_over + email_code.INTERVAL_SECONDS - s.now
    return Refusal(
        Code.TOO_MANY_REQUESTS,
        "A code was sent to this address a moment ago; the next one can go out in "
        f"{lockout.duration(seconds)}.",
        "Wait; or, if you have that code: mfactl verify CODE",
        {"retry_after_seconds": seconds},
    )


def _taken() -> Refusal:
    return Refusal(Code.IDENTIFIER_EXISTS, None, None, {"param_name": "email_address"})


def lapsed() -> Refusal:
    """The refusal of a sign-up that was left alone for too long."""
    return Refusal(
        Code.CLIENT_STATE_INVALID, "That sign-up has lapsed.", "Run: mfactl signup EMAIL"
    )


def session_exists(session_id: str) -> Refusal:
    """The refusal of a sign-up or sign-in on a client that is signed in."""
    return Refusal(Code.SESSION_EXISTS, None, None, {"session_id": session_id})
