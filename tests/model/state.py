"""What the model knows: addresses, accounts, clients, and what waits on each of them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import pyotp

from mfactl.errors import Code

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
PERIOD = 30
SLACK = 60  # a clock may be corrected by
EMAIL_CODE, INTERVAL, TRIES = 10 * MINUTE, 30, 5
SIGN_UP, SIGN_IN, ENROLMENT, REVERIFICATION = DAY, 10 * MINUTE, 10 * MINUTE, 10 * MINUTE
SESSION = 7 * DAY
STRANGER = DAY
GUESSES, LOCK, CEILING, WARN_AT = 10, HOUR, 100, 2

WEAK = "password"  # long enough, and the first guess of everybody
SPENT = "already used"


class Answer(NamedTuple):
    """The refusals, none if it was done; and what they tell: seconds, guesses left, SPENT."""

    codes: tuple[Code, ...] = ()
    told: tuple[int | str | None, ...] = ()


DONE = Answer()


def no(code: Code, *told: int | str | None) -> Answer:
    return Answer((code,), told)


@dataclass
class Account:
    """An address with a password. `backup_codes` says of each code whether it was used."""

    password: str
    secret: str | None = None
    last_step: int = -1
    backup_codes: dict[str, bool] = field(default_factory=dict)


@dataclass
class Holder:
    """An address, known or not: its counter, and when a code went out while it had no account."""

    failures: int = 0
    locked_at: int | None = None
    mailed_at: int | None = None
    used_at: int = 0
    account: Account | None = None
    is_cleared: bool = False  # its failures, by the owner: the vault still has a record of it

    @property
    def is_remembered(self) -> bool:
        """Whether a vault has to know this address."""
        return bool(self.account or self.failures or self.mailed_at is not None or self.is_cleared)


@dataclass
class SignUp:
    address: str
    password: str
    code: str
    began_at: int
    code_at: int
    tries: int = 0


@dataclass
class SignIn:
    address: str
    account: Account
    began_at: int
    ended: bool = False


@dataclass
class Session:
    address: str
    account: Account
    began_at: int
    password_at: int
    factor_at: int | None = None
    ended: bool = False


@dataclass
class Enrolment:
    secret: str
    began_at: int


@dataclass
class Client:
    """What a vault knows of one client. `known_since` None: nothing."""

    known_since: int | None = None
    pending: SignUp | SignIn | None = None
    session: Session | None = None
    enrolment: Enrolment | None = None

    def lapses_at(self) -> int:
        """When the vault may forget it."""
        moments = [self.known_since or 0]
        if self.session is not None:
            moments.append(self.session.began_at + SESSION)
        if self.pending is not None:
            limit = SIGN_UP if isinstance(self.pending, SignUp) else SIGN_IN
            moments.append(self.pending.began_at + limit)
        return max(moments)


def is_backup(text: str) -> bool:
    """Whether a code is a backup code by its shape."""
    return len(text) != len("123456")


def code_of(secret: str, step: int) -> str:
    """What a phone shows in a step."""
    return str(pyotp.TOTP(secret).at(max(step, 0) * PERIOD))
