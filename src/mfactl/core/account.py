"""The account record, and the stranger: an address that has no account.

Guarantees: all security state of an account is in this one record, so that no part of it can be
put back or deleted on its own. Times are Unix seconds. `repr` shows no secret.
May import: mfactl.core.
"""

from typing import TypeVar

from mfactl.core.lockout import CLEAR, Lockout, count_failure
from mfactl.named_tuple import NamedTuple


class Totp(NamedTuple):
    """A verified authenticator app. `secret` is base32; `last_step` the newest step ever used."""

    id: str
    secret: str
    created_at: int
    verified_at: int
    last_step: int
    last_used_at: int

    def __repr__(self) -> str:
        return f"Totp({self.id})"


class BackupCode(NamedTuple):
    """One code of a set: its digest, and when it was used."""

    digest: bytes
    used_at: int | None = None

    def __repr__(self) -> str:
        return f"BackupCode(used_at={self.used_at})"


class BackupCodes(NamedTuple):
    """A set of backup codes; `salt` is the set's own and tells one set from the next."""

    id: str
    salt: bytes
    codes: tuple[BackupCode, ...]
    created_at: int

    def __repr__(self) -> str:
        return f"BackupCodes({self.id})"

    @property
    def remaining(self) -> int:
        """How many codes have not been used."""
        return sum(code.used_at is None for code in self.codes)


class EmailProof(NamedTuple):
    """How the address was proved: the tries and the expiry of its code."""

    attempts: int
    expire_at: int


class Account(NamedTuple):
    """An e-mail address with a password.

    `key` is the canonical address that decides which two are one; `password` an Argon2id PHC
    string; `epoch` moves when sessions and half-finished sign-ins have to end.
    """

    id: str
    email_id: str
    email: str
    key: str
    email_proof: EmailProof
    password: str
    password_changed_at: int
    created_at: int
    updated_at: int
    epoch: int = 0
    lockout: Lockout = CLEAR
    totp: Totp | None = None
    backup_codes: BackupCodes | None = None
    mfa_enabled_at: int | None = None
    mfa_disabled_at: int | None = None
    last_sign_in_at: int | None = None

    def __repr__(self) -> str:
        return f"Account({self.id})"


class Stranger(NamedTuple):
    """An address without an account: its lock-out counter, and when a code was last handed over.

    `key` is the canonical address.
    """

    id: str
    key: str
    last_used_at: int
    lockout: Lockout = CLEAR
    code_handed_over_at: int | None = None

    def __repr__(self) -> str:
        return f"Stranger({self.id})"


_Holder = TypeVar("_Holder", bound=Account | Stranger)
STRANGER_SECONDS = 24 * 3600


def stranger_expires_at(stranger: Stranger) -> int | None:
    """When the record may be dropped; None while it carries failures.

    An account's failures stay until a complete sign-in. Were a stranger's forgotten sooner, two
    tries a day apart would tell which of two addresses has an account.
    """
    return None if stranger.lockout.failures else stranger.last_used_at + STRANGER_SECONDS


def with_failure(holder: _Holder, *, now: int) -> _Holder:
    """The account or stranger after one more wrong guess."""
    counted = count_failure(holder.lockout, now=now)
    if isinstance(holder, Stranger):
        return holder._replace(lockout=counted, last_used_at=now)
    return holder._replace(lockout=counted)
