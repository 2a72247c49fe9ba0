"""Signing in: the password first, then the second factor if the account has one.

Guarantees: an unknown address and a wrong password get the same verdict and change the same kind of
record; the lock-out is looked at before the password's verdict; only a complete sign-in clears it.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import lockout, second_factor, session
from mfactl.core.account import Account, Stranger, with_failure
from mfactl.core.client import TOKEN_DUE, Client, SignIn, is_pending_fresh
from mfactl.core.code import Typed
from mfactl.core.sign_up import session_exists
from mfactl.core.verdict import (
    Happened,
    Need,
    Situation,
    Verdict,
    Work,
    account_subject,
    rule,
)
from mfactl.errors import Code, Refusal


@rule(Happened.SIGN_IN, of_address=True)
def create(s: Situation, *, key: str, work: Work) -> Verdict | Refusal:
    """Checks the password of the address and drops what this client had pending."""
    happened = Happened.SIGN_IN
    signed_in = session.live(s)
    if not isinstance(signed_in, Refusal):
        return session_exists(signed_in[1].id)
    holder = s.target or Stranger(s.ids.stranger, key, s.now)
    locked = lockout.refusal(holder.lockout, now=s.now)
    if locked is not None:
        return locked
    verifier = holder.password if isinstance(holder, Account) else None
    checked = work.password
    if checked is None or checked.against != verifier:
        return Verdict(happened, holder.id, need=Need.PASSWORD_CHECK, against=verifier)
    if isinstance(holder, Stranger) or not checked.matched:
        return _wrong_password(holder, s.now)
    if checked.outdated:
        if work.new_password is None:
            return Verdict(happened, holder.id, need=Need.NEW_PASSWORD)
        holder = holder._replace(password=work.new_password)
    return _password_accepted(s, holder)


def _password_accepted(s: Situation, account: Account) -> Verdict:
    client = s.client or Client(s.ids.client, TOKEN_DUE, s.now)
    if account.totp is None:
        return _complete(s, client, account, None, "password")
    pending = SignIn(
        id=s.ids.sign_in,
        email=account.email,
        account_id=account.id,
        epoch=account.epoch,
        vault_epoch=s.vault_epoch,
        created_at=s.now,
    )
    # A new token already: a client file that somebody else knows must not wait for its code.
    client = client._replace(pending=pending, session=None, enrolment=None, token_hash=TOKEN_DUE)
    changed = (account,) if account != s.target else ()
    return Verdict(
        Happened.SIGN_IN,
        account.id,
        writes=(client, *changed),
        attempt=pending,
        account=account,
        strategy="password",
        details={"status": "needs_second_factor"},
    )


def _wrong_password(holder: Account | Stranger, now: int) -> Verdict:
    counted = with_failure(holder, now=now)
    refusal = Refusal(Code.PASSWORD_OR_IDENTIFIER_INCORRECT)
    refusals = lockout.counted(refusal, counted.lockout, now=now)
    return Verdict(Happened.SIGN_IN, counted.id, writes=(counted,), refusals=refusals)


@rule(Happened.SIGN_IN_VERIFY)
def verify(s: Situation, code: Typed, *, work: Work) -> Verdict | Refusal:
    """Tries a second-factor code on the half-finished sign-in; a right one signs in."""
    happened = Happened.SIGN_IN_VERIFY
    client, account = s.client, s.account
    pending = client.pending if client is not None else None
    if client is None or not isinstance(pending, SignIn):
        return Refusal(Code.CLIENT_STATE_INVALID)
    if account is None or not _is_open(pending, account, s):
        lapsed = Refusal(
            Code.CLIENT_STATE_INVALID,
            "That sign-in has lapsed, or the account changed since it began.",
            "Run: mfactl signin EMAIL",
        )
        writes = (client._replace(pending=None),)
        return Verdict(happened, account_subject(s), writes=writes, refusals=(lapsed,))
    pending = pending._replace(attempts=pending.attempts + 1)
    checked = second_factor.check(account, code, now=s.now, work=work)
    if checked.need is not None:
        return Verdict(happened, account.id, need=checked.need, against=checked.against)
    if checked.refusals:
        changed = (checked.account,) if checked.account != account else ()
        return Verdict(
            happened,
            account.id,
            writes=(client._replace(pending=pending), *changed),
            refusals=checked.refusals,
            strategy=checked.strategy,
        )
    return _complete(s, client, checked.account, pending, checked.strategy)


def _is_open(pending: SignIn, account: Account, s: Situation) -> bool:
    if (pending.epoch, pending.vault_epoch) != (account.epoch, s.vault_epoch):
        return False
    return is_pending_fresh(pending, now=s.now)


def _complete(
    s: Situation, client: Client, account: Account, pending: SignIn | None, strategy: str
) -> Verdict:
    """Signs in. `pending` is the attempt that got here, None if the password was enough."""
    happened = Happened.SIGN_IN if pending is None else Happened.SIGN_IN_VERIFY
    account = account._replace(lockout=lockout.CLEAR, last_sign_in_at=s.now)
    begun = session.begin(
        s,
        account,
        second_factor=pending is not None,
        first_factor_at=s.now if pending is None else pending.created_at,
    )
    client = client._replace(pending=None, session=begun, enrolment=None, token_hash=TOKEN_DUE)
    attempt = pending or SignIn(
        s.ids.sign_in, account.email, account.id, account.epoch, s.vault_epoch, s.now
    )
    return Verdict(
        happened,
        account.id,
        writes=(account, client),
        attempt=attempt,
        session=begun,
        account=account,
        strategy=strategy,
        details={"status": "complete"},
    )
