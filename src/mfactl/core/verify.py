"""`verify` has one meaning: the step that this client has pending, else its session's step-up.

Guarantees: what is pending is looked at and decided on the same situation.
May import: mfactl.core and mfactl.errors.
"""

from enum import StrEnum

from mfactl.core import lockout, second_factor, session, sign_in, sign_up
from mfactl.core.account import Account, with_failure
from mfactl.core.client import TOKEN_DUE, Client, Session, SignIn, SignUp, is_pending_fresh
from mfactl.core.code import Typed
from mfactl.core.verdict import Happened, Need, Situation, Verdict, Work, rule
from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple


class Awaited(StrEnum):
    """What `verify` would ask for now."""

    EMAIL_CODE = "email_code"
    SECOND_FACTOR = "second_factor"
    PASSWORD = "password"  # noqa: S105 - a kind of step


class Asked(NamedTuple):
    """What a person is asked for: the step, and whose address it is about."""

    step: Awaited
    email: str


def awaited(s: Situation) -> Asked | Refusal:
    """What this client's next `verify` needs, or why it would be refused whatever it is given."""
    pending = s.client.pending if s.client is not None else None
    if isinstance(pending, SignUp) and is_pending_fresh(pending, now=s.now):
        return sign_up.hindered(s, pending) or Asked(Awaited.EMAIL_CODE, pending.email)
    locked = lockout.refusal(s.account.lockout, now=s.now) if s.account is not None else None
    if pending is not None and is_pending_fresh(pending, now=s.now):
        return locked or Asked(Awaited.SECOND_FACTOR, pending.email)
    found = session.live(s)
    if isinstance(found, Refusal):
        return _nothing(s, found)
    account = found[2]
    step = Awaited.PASSWORD if account.totp is None else Awaited.SECOND_FACTOR
    return locked or Asked(step, account.email)


@rule(Happened.VERIFY)
def attempt(s: Situation, code: Typed | None, *, work: Work) -> Verdict | Refusal:
    """Tries a code; or, with None, the password whose check is in `work`."""
    pending = s.client.pending if s.client is not None else None
    if pending is None:
        found = session.live(s)
        return _nothing(s, found) if isinstance(found, Refusal) else _step_up(s, found, code, work)
    if code is None:
        return Refusal(
            Code.STRATEGY_FOR_USER_INVALID,
            "This step needs a code, not the password.",
            "Run: mfactl verify CODE",
        )
    if isinstance(pending, SignUp):
        return sign_up.verify(s, code)
    return sign_in.verify(s, code, work=work)


@rule(Happened.STEP_UP)
def _step_up(
    s: Situation, found: session.Live, code: Typed | None, work: Work
) -> Verdict | Refusal:
    client, current, account = found
    if account.totp is not None:
        return _by_factor(s, client, current, account, code, work)
    if code is not None:
        return Refusal(
            Code.NO_SECOND_FACTORS,
            "This account has no second factor: it is verified by its password.",
            "Run: mfactl verify --password-stdin, or mfactl verify at a terminal",
        )
    return _by_password(s, client, current, account, work)


def _by_factor(
    s: Situation, client: Client, current: Session, account: Account, code: Typed | None, work: Work
) -> Verdict | Refusal:
    if code is None:
        return Refusal(
            Code.STRATEGY_FOR_USER_INVALID,
            "This account has a second factor: it is verified by that, not by the password.",
            "Run: mfactl verify CODE",
        )
    checked = second_factor.check(account, code, now=s.now, work=work)
    if checked.need is not None:
        return Verdict(Happened.STEP_UP, account.id, need=checked.need, against=checked.against)
    if checked.refusals:
        writes = (checked.account,) if checked.account != account else ()
        return Verdict(
            Happened.STEP_UP,
            account.id,
            writes=writes,
            refusals=checked.refusals,
            strategy=checked.strategy,
        )
    current = current._replace(second_factor_at=s.now, last_active_at=s.now)
    return _stepped_up(client, current, checked.account, checked.strategy)


def _by_password(
    s: Situation, client: Client, current: Session, account: Account, work: Work
) -> Verdict | Refusal:
    locked = lockout.refusal(account.lockout, now=s.now)
    if locked is not None:
        return locked
    checked = work.password
    if checked is None or checked.against != account.password:
        return Verdict(
            Happened.STEP_UP, account.id, need=Need.PASSWORD_CHECK, against=account.password
        )
    if not checked.matched:
        return wrong_password(Happened.STEP_UP, account, now=s.now)
    current = current._replace(first_factor_at=s.now, last_active_at=s.now)
    return _stepped_up(client, current, account, "password")


def _stepped_up(client: Client, current: Session, account: Account, strategy: str) -> Verdict:
    # A new token with each authentication: whoever copied the client file has an old one.
    client = client._replace(session=current, token_hash=TOKEN_DUE)
    return Verdict(
        Happened.STEP_UP,
        account.id,
        writes=(account, client),
        session=current,
        account=account,
        strategy=strategy,
    )


def wrong_password(
    happened: Happened, account: Account, *, now: int, param: str = "password"
) -> Verdict:
    """Refuses the current password of a signed-in account, and counts it."""
    account = with_failure(account, now=now)
    meta = {"param_name": param}
    refusal = Refusal(Code.PASSWORD_VALIDATION_FAILED, None, None, meta)
    refusals = lockout.counted(refusal, account.lockout, now=now)
    return Verdict(happened, account.id, writes=(account,), refusals=refusals)


def _nothing(s: Situation, found: Refusal) -> Refusal:
    """Without a session there is nothing to verify; a session that has ended says so instead."""
    if found.code is Code.SIGNED_OUT:
        return found
    pending = s.client.pending if s.client is not None else None
    if isinstance(pending, SignIn):
        return Refusal(
            Code.CLIENT_STATE_INVALID, "That sign-in has lapsed.", "Run: mfactl signin EMAIL"
        )
    if isinstance(pending, SignUp):
        return sign_up.lapsed()
    return Refusal(Code.CLIENT_STATE_INVALID)
