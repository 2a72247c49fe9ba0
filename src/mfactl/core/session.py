"""When a session lives, and when its factors are fresh enough for what it wants to do.

Guarantees: a session ends with its lifetime, with the account's epoch and with the vault's; what
changes factors or the password asks for the strongest factor that the account has.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import email_code
from mfactl.core.account import Account
from mfactl.core.client import Client, Session, SignIn, SignUp, is_pending_fresh
from mfactl.core.email_code import State
from mfactl.core.freshness import is_fresh
from mfactl.core.verdict import Happened, Situation, Verdict, account_subject, address_subject, rule
from mfactl.errors import Code, Refusal

REVERIFICATION_SECONDS = 10 * 60  # Clerk's `strict` preset


Live = tuple[Client, Session, Account]


def begin(s: Situation, account: Account, *, second_factor: bool, first_factor_at: int) -> Session:
    """A new session of `account`, whose factors were verified just now."""
    return Session(
        id=s.ids.session,
        account_id=account.id,
        epoch=account.epoch,
        vault_epoch=s.vault_epoch,
        created_at=s.now,
        last_active_at=s.now,
        first_factor_at=first_factor_at,
        second_factor_at=s.now if second_factor else None,
    )


def live(s: Situation) -> Live | Refusal:
    """The client, its session and the account, if the session lives; else why it does not."""
    client, account = s.client, s.account
    session = client.session if client is not None else None
    if client is None or session is None:
        pending = client.pending if client is not None else None
        if pending is not None and is_pending_fresh(pending, now=s.now):
            return _awaited(pending, s.now)
        return Refusal(Code.AUTHENTICATION_INVALID)
    if account is None or not _is_live(session, account, s):
        return Refusal(Code.SIGNED_OUT)
    return client, session, account


def _awaited(pending: SignUp | SignIn, now: int) -> Refusal:
    """Not signed in yet: what is waited for, or how to get another one."""
    detail, remedy = f"a code for {pending.email} is still needed", "Run: mfactl verify CODE"
    if isinstance(pending, SignUp) and email_code.state(pending.code, now=now) is not State.OPEN:
        detail, remedy = f"{pending.email} needs a new code", "Run: mfactl verify --resend"
    return Refusal(Code.AUTHENTICATION_INVALID, f"You are not signed in yet: {detail}.", remedy)


def _is_live(session: Session, account: Account, s: Situation) -> bool:
    if (session.epoch, session.vault_epoch) != (account.epoch, s.vault_epoch):
        return False
    idle = s.limits.idle
    if idle is not None and not is_fresh(session.last_active_at, now=s.now, limit=idle):
        return False
    return is_fresh(session.created_at, now=s.now, limit=s.limits.lifetime)


def stale(session: Session, account: Account, *, now: int) -> Refusal | None:
    """The refusal of a session that has to be verified again first; None if it is fresh."""
    then = session.first_factor_at if account.totp is None else session.second_factor_at
    if then is not None and is_fresh(then, now=now, limit=REVERIFICATION_SECONDS):
        return None
    level = "first_factor" if account.totp is None else "second_factor"
    meta = {"level": level, "after_minutes": REVERIFICATION_SECONDS // 60}
    if account.totp is None:
        remedy = "Run: mfactl verify (asks for the password), then this command again."
    else:
        remedy = (
            "Run: mfactl verify CODE (from your app, or a backup code), then this command again."
        )
    return Refusal(Code.REVERIFICATION_REQUIRED, None, remedy, meta)


@rule(Happened.SIGN_OUT)
def sign_out(s: Situation, *, everywhere: bool) -> Verdict | Refusal:
    """Ends the session and drops what is pending; `everywhere` ends the others too."""
    found = live(s)
    if isinstance(found, Refusal):
        return _drop_pending(s, found)
    client, session, account = found
    writes = (account._replace(epoch=account.epoch + 1, updated_at=s.now),) if everywhere else ()
    return Verdict(
        Happened.SIGN_OUT,
        account.id,
        writes=writes,
        drops=(client,),
        session=session,
        account=writes[0] if writes else account,
        details={"everywhere": everywhere},
    )


def _drop_pending(s: Situation, refusal: Refusal) -> Verdict | Refusal:
    client = s.client
    if client is None or client.pending is None:
        return refusal
    subject = account_subject(s) or address_subject(s)
    return Verdict(
        Happened.SIGN_OUT, subject, drops=(client,), attempt=client.pending, account=s.account
    )


@rule(Happened.SESSION_USE)
def use(s: Situation) -> Verdict | Refusal:
    """Notes that a session is in use. Only asked for when sessions end by idling."""
    found = live(s)
    if isinstance(found, Refusal):
        return found
    client, session, account = found
    session = session._replace(last_active_at=s.now)
    return Verdict(
        Happened.SESSION_USE,
        account.id,
        writes=(client._replace(session=session),),
        session=session,
        account=account,
    )
