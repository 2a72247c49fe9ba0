"""Adding and removing the authenticator app, and replacing the backup codes.

Guarantees: the state is looked at first, then the freshness of the session; backup codes come and
go with the app; every change ends the account's other sessions and half-finished sign-ins, and
whatever a copy of this client's file could do.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import lockout, session, totp
from mfactl.core.account import Account, Totp
from mfactl.core.client import ENROLMENT_SECONDS, TOKEN_DUE, Client, Enrolment, Session
from mfactl.core.code import Shape, Typed, malformed
from mfactl.core.freshness import is_fresh
from mfactl.core.verdict import Happened, Need, Situation, Verdict, Work, rule
from mfactl.errors import Code, Refusal


@rule(Happened.TOTP_ADD)
def add(s: Situation, *, secret: str) -> Verdict | Refusal:
    """Keeps an unverified secret for this session; asking again replaces it."""
    happened = Happened.TOTP_ADD
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    client, current, account = found
    refusal = _already_on(account) or session.stale(current, account, now=s.now)
    if refusal is not None:
        return refusal
    enrolment = Enrolment(s.ids.totp, secret, current.id, s.now)
    client = client._replace(enrolment=enrolment)
    return Verdict(
        happened,
        account.id,
        writes=(client,),
        session=current,
        account=account,
        enrolment=enrolment,
    )


def awaited(s: Situation) -> Enrolment | Refusal:
    """The unverified secret whose first code is waited for, or why there is none."""
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    return _already_on(found[2]) or _enrolment(found[0], found[1], s.now)


@rule(Happened.TOTP_VERIFY)
def confirm(s: Situation, code: Typed, *, work: Work) -> Verdict | Refusal:
    """Turns the unverified secret into the account's app, with its first backup codes."""
    happened = Happened.TOTP_VERIFY
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    client, current, account = found
    enrolment = _already_on(account) or _enrolment(client, current, s.now)
    if isinstance(enrolment, Refusal):
        return enrolment
    refusal = session.stale(current, account, now=s.now)
    if code.shape is not Shape.DIGITS:
        refusal = refusal or malformed("The code in your app has 6 digits.")
    refusal = refusal or lockout.refusal(account.lockout, now=s.now)
    if refusal is not None:
        return refusal
    # A wrong code is not counted: the secret stands on the screen of whoever types it.
    step = totp.match(enrolment.secret, code.text, now=s.now, after=None).step
    if step is None:
        return _wrong_code(enrolment.secret, code.text, s.now)
    if work.backup_codes is None:
        return Verdict(happened, account.id, need=Need.BACKUP_CODES)
    account = account._replace(
        totp=Totp(enrolment.id, enrolment.secret, enrolment.created_at, s.now, step, s.now),
        backup_codes=work.backup_codes,
        mfa_enabled_at=s.now,
    )
    return _changed(s, happened, client, current, account)


@rule(Happened.TOTP_DISABLE)
def disable(s: Situation) -> Verdict | Refusal:
    """Removes the authenticator app, and the backup codes with it."""
    happened = Happened.TOTP_DISABLE
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    client, current, account = found
    if account.totp is None:
        return Refusal(
            Code.RESOURCE_NOT_FOUND, "No authenticator app is on.", "There is nothing to remove."
        )
    stale = session.stale(current, account, now=s.now)
    if stale is not None:
        return stale
    removed = account.totp
    current = current._replace(second_factor_at=None)
    account = account._replace(totp=None, backup_codes=None, mfa_disabled_at=s.now)
    verdict = _changed(s, happened, client, current, account, proves_factor=False)
    return verdict._replace(details={"totp": removed.id})


@rule(Happened.BACKUP_CODES_REGENERATE)
def regenerate(s: Situation, *, work: Work) -> Verdict | Refusal:
    """Replaces the whole set of backup codes."""
    happened = Happened.BACKUP_CODES_REGENERATE
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    client, current, account = found
    if account.totp is None:
        return Refusal(Code.BACKUP_CODES_NOT_AVAILABLE)
    stale = session.stale(current, account, now=s.now)
    if stale is not None:
        return stale
    if work.backup_codes is None:
        return Verdict(happened, account.id, need=Need.BACKUP_CODES)
    account = account._replace(backup_codes=work.backup_codes)
    return _changed(s, happened, client, current, account, proves_factor=False)


def _wrong_code(secret: str, code: str, now: int) -> Refusal:
    """Refuses the first code of an app, and says so if it is only a clock that is wrong."""
    steps = totp.steps_off(secret, code, now=now)
    if steps is None:
        remedy = "Type the code that your app shows now for the secret that was shown last."
        return Refusal(Code.CODE_INCORRECT, None, remedy, {"param_name": "code"})
    time = lockout.duration(abs(steps) * totp.PERIOD_SECONDS)
    return Refusal(
        Code.CODE_INCORRECT,
        f"That is the code of {time} {'from now' if steps > 0 else 'ago'}, by the clock here.",
        "Type it while the app shows it; set the clock of the phone and of this machine right.",
        {"param_name": "code", "clock_off_steps": steps},
    )


def _changed(
    s: Situation,
    happened: Happened,
    client: Client,
    current: Session,
    account: Account,
    *,
    proves_factor: bool = True,
) -> Verdict:
    """Stores the account under a new epoch, which this session alone follows."""
    account = account._replace(epoch=account.epoch + 1, updated_at=s.now)
    current = current._replace(epoch=account.epoch, last_active_at=s.now)
    if proves_factor:
        current = current._replace(second_factor_at=s.now)
    client = client._replace(session=current, enrolment=None, token_hash=TOKEN_DUE)
    return Verdict(happened, account.id, writes=(account, client), session=current, account=account)


def _already_on(account: Account) -> Refusal | None:
    return None if account.totp is None else Refusal(Code.TOTP_ALREADY_ENABLED)


def _enrolment(client: Client, current: Session, now: int) -> Enrolment | Refusal:
    enrolment = client.enrolment
    if enrolment is None or enrolment.session_id != current.id:
        return Refusal(
            Code.RESOURCE_NOT_FOUND,
            "No authenticator app is being added in this session.",
            "Run: mfactl mfa add",
        )
    if not is_fresh(enrolment.created_at, now=now, limit=ENROLMENT_SECONDS):
        return Refusal(
            Code.CLIENT_STATE_INVALID,
            "That secret has lapsed: it waits 10 minutes for its first code.",
            "Run: mfactl mfa add, and scan the new QR code.",
        )
    return enrolment
