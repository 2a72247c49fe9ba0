"""What whoever holds the vault's key does to an account, without being signed in to it.

Guarantees: a lock is lifted here and nowhere else but by a complete sign-in; what changes a factor
or the password ends the account's sessions and half-finished sign-ins.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core.account import Account
from mfactl.core.lockout import CLEAR
from mfactl.core.verdict import Happened, Need, Situation, Verdict, Work, rule
from mfactl.errors import Code, Refusal


@rule(Happened.ADMIN_UNLOCK, of_address=True)
def unlock(s: Situation) -> Verdict | Refusal:
    """Clears the failures of an address, with or without an account, and its lock with them."""
    holder = s.target
    if holder is None:
        return Refusal(
            Code.RESOURCE_NOT_FOUND,
            "Nothing is known of that address: it has no account and no failed attempts.",
            "Check the address; mfactl admin list shows the accounts.",
        )
    failures = holder.lockout.failures
    holder = holder._replace(lockout=CLEAR)
    account = holder if isinstance(holder, Account) else None
    return Verdict(
        Happened.ADMIN_UNLOCK,
        holder.id,
        writes=(holder,),
        account=account,
        details={"failures": failures},
    )


@rule(Happened.ADMIN_RESET_MFA, of_address=True)
def reset_mfa(s: Situation) -> Verdict | Refusal:
    """Removes the authenticator app and the backup codes of somebody who has lost both."""
    account = _account(s)
    if isinstance(account, Refusal):
        return account
    if account.totp is None:
        return Refusal(
            Code.NO_SECOND_FACTORS, "This account has no second factor.", "There is nothing to do."
        )
    removed = account.totp.id
    account = account._replace(totp=None, backup_codes=None, mfa_disabled_at=s.now)
    return _changed(s, Happened.ADMIN_RESET_MFA, account)._replace(details={"totp": removed})


@rule(Happened.ADMIN_SET_PASSWORD, of_address=True)
def set_password(s: Situation, *, work: Work) -> Verdict | Refusal:
    """Sets the password of somebody who has forgotten it. The second factor stays."""
    account = _account(s)
    if isinstance(account, Refusal):
        return account
    if work.new_password is None:
        return Verdict(Happened.ADMIN_SET_PASSWORD, account.id, need=Need.NEW_PASSWORD)
    account = account._replace(password=work.new_password, password_changed_at=s.now)
    return _changed(s, Happened.ADMIN_SET_PASSWORD, account)


@rule(Happened.ADMIN_DELETE, of_address=True)
def delete(s: Situation) -> Verdict | Refusal:
    """Removes an account; its sessions end with it, and its address is free again."""
    account = _account(s)
    if isinstance(account, Refusal):
        return account
    return Verdict(Happened.ADMIN_DELETE, account.id, drops=(account,), account=account)


def _changed(s: Situation, happened: Happened, account: Account) -> Verdict:
    account = account._replace(epoch=account.epoch + 1, updated_at=s.now)
    return Verdict(happened, account.id, writes=(account,), account=account)


def _account(s: Situation) -> Account | Refusal:
    if isinstance(s.target, Account):
        return s.target
    return Refusal(
        Code.RESOURCE_NOT_FOUND,
        "There is no account with that address.",
        "Check the address; mfactl admin list shows the accounts.",
    )
