"""Changing the password of a signed-in account.

Guarantees: needs a fresh strongest factor and the current password; a wrong one is counted; the
change ends the account's other sessions and half-finished sign-ins, and whatever a copy of this
client's file could do.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import lockout, session
from mfactl.core.client import TOKEN_DUE
from mfactl.core.verdict import Happened, Need, Situation, Verdict, Work, rule
from mfactl.core.verify import wrong_password
from mfactl.errors import Refusal


@rule(Happened.PASSWORD_CHECK)
def check(s: Situation, *, work: Work) -> Verdict | Refusal:
    """Checks the current password, so that its verdict is stored before a new one is asked for."""
    found = _checked(s, Happened.PASSWORD_CHECK, work)
    if isinstance(found, Verdict | Refusal):
        return found
    return Verdict(Happened.PASSWORD_CHECK, found[2].id, session=found[1], account=found[2])


@rule(Happened.PASSWORD_CHANGE)
def change(s: Situation, *, work: Work) -> Verdict | Refusal:
    """Replaces the password's verifier."""
    happened = Happened.PASSWORD_CHANGE
    found = _checked(s, happened, work)
    if isinstance(found, Verdict | Refusal):
        return found
    client, current, account = found
    if work.new_password is None:
        return Verdict(happened, account.id, need=Need.NEW_PASSWORD)
    account = account._replace(
        password=work.new_password,
        password_changed_at=s.now,
        updated_at=s.now,
        epoch=account.epoch + 1,
    )
    current = current._replace(epoch=account.epoch, first_factor_at=s.now, last_active_at=s.now)
    client = client._replace(session=current, token_hash=TOKEN_DUE)
    return Verdict(
        happened,
        account.id,
        writes=(account, client),
        session=current,
        account=account,
    )


def _checked(s: Situation, happened: Happened, work: Work) -> session.Live | Verdict | Refusal:
    """The signed-in account, whose current password was given; else what stands against it."""
    found = session.live(s)
    if isinstance(found, Refusal):
        return found
    _, current, account = found
    refusal = session.stale(current, account, now=s.now) or lockout.refusal(
        account.lockout, now=s.now
    )
    if refusal is not None:
        return refusal
    checked = work.password
    if checked is None or checked.against != account.password:
        return Verdict(happened, account.id, need=Need.PASSWORD_CHECK, against=account.password)
    if not checked.matched:
        return wrong_password(happened, account, now=s.now, param="current_password")
    return found
