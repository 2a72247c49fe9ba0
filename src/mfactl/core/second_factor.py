"""Checks one second-factor code, for a sign-in and for a step-up alike.

Guarantees: the lock-out comes before anything is compared; a wrong code is counted, a genuine one
that was used before is not; a good one is spent in the account that is returned.
May import: mfactl.core and mfactl.errors.
"""

from mfactl.core import backup_codes, lockout, totp
from mfactl.core.account import Account, Totp, with_failure
from mfactl.core.code import Shape, Typed
from mfactl.core.verdict import Need, Work
from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple


class Checked(NamedTuple):
    """The account as it has to be stored, and what was found.

    The code was good if nothing is refused or needed.
    """

    account: Account
    strategy: str
    refusals: tuple[Refusal, ...] = ()
    need: Need | None = None
    against: bytes | None = None


def check(account: Account, code: Typed, *, now: int, work: Work) -> Checked:
    """The account after one try with `code`."""
    strategy = "totp" if code.shape is Shape.DIGITS else "backup_code"
    locked = lockout.refusal(account.lockout, now=now)
    if locked is not None:
        return Checked(account, strategy, (locked,))
    if code.shape is Shape.BACKUP:
        return _check_backup(account, now=now, work=work)
    if account.totp is None:
        return Checked(account, strategy, (Refusal(Code.NO_SECOND_FACTORS),))
    return _check_totp(account, account.totp, code.text, now=now)


def _check_totp(account: Account, factor: Totp, code: str, *, now: int) -> Checked:
    match = totp.match(factor.secret, code, now=now, after=factor.last_step)
    if match.step is not None:
        spent = factor._replace(last_step=match.step, last_used_at=now)
        return Checked(account._replace(totp=spent), "totp")
    if match.outcome is totp.Outcome.WRONG:
        return _wrong(account, "totp", now=now)
    return Checked(
        account, "totp", (already_used(clock_back=match.outcome is totp.Outcome.CLOCK_BACK),)
    )


def _check_backup(account: Account, *, now: int, work: Work) -> Checked:
    codes, strategy = account.backup_codes, "backup_code"
    if codes is None:
        return Checked(account, strategy, (Refusal(Code.NO_SECOND_FACTORS),))
    typed = work.backup_digest
    if typed is None or typed.salt != codes.salt:
        return Checked(account, strategy, need=Need.BACKUP_DIGEST, against=codes.salt)
    found = backup_codes.find(codes, typed.digest)
    if found is None:
        return _wrong(account, strategy, now=now)
    if found.used:
        used = Refusal(
            Code.CODE_INCORRECT,
            "That backup code was already used.",
            "Each works once: use another one of the set.",
            {"param_name": "code", "already_used": True},
        )
        return Checked(account, strategy, (used,))
    spent = backup_codes.use(codes, found.place, now=now)
    return Checked(account._replace(backup_codes=spent), strategy)


def _wrong(account: Account, strategy: str, *, now: int) -> Checked:
    account = with_failure(account, now=now)
    left = lockout.remaining(account.lockout, now=now)
    return Checked(account, strategy, lockout.counted(wrong(left), account.lockout, now=now))


def wrong(left: int) -> Refusal:
    """The refusal of a code that is not the one; `left` more may be tried."""
    # From there on a warning says how many are left, and until what.
    detail = f"That code is wrong; {left} attempts are left."
    return Refusal(
        Code.CODE_INCORRECT,
        detail if left > lockout.WARN_AT_REMAINING else None,
        None,
        {"param_name": "code", "remaining_attempts": left},
    )


def already_used(*, clock_back: bool) -> Refusal:
    """The refusal of a genuine TOTP code whose step, or a later one, was used before."""
    if clock_back:
        detail = "That code is older than the last one used: the clock of this machine went back."
        remedy = "Set the clock right, then use the code that your app shows."
    else:
        detail = "That code was already used."
        remedy = "Wait for the next one; your app shows a new code every 30 seconds."
    meta = {"param_name": "code", "already_used": True}
    return Refusal(Code.CODE_INCORRECT, detail, remedy, meta)
