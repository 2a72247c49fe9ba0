"""What a rule is given, and what it answers.

A rule is a function from a situation (and the input) to a verdict. It says which records change,
what is refused and what happened; the conversation commits all of it and only then tells anybody.
Work that is too slow for a transaction (Argon2id) is asked for with a need: the rule is run, says
what it needs, and is run again on what the vault holds by then.
May import: mfactl.core and mfactl.errors.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from mfactl.core.account import Account, BackupCodes, Stranger
from mfactl.core.client import Client, Enrolment, Session, SignIn, SignUp, whose_turn
from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple


class Happened(StrEnum):
    """The kinds of event."""

    VAULT_INIT = "vault_init"
    SIGN_UP = "sign_up"
    SIGN_UP_VERIFY = "sign_up_verify"
    SIGN_UP_RESEND = "sign_up_resend"
    CODE_HANDED_OVER = "code_handed_over"
    SIGN_IN = "sign_in"
    SIGN_IN_VERIFY = "sign_in_verify"
    STEP_UP = "step_up"
    VERIFY = "verify"
    SIGN_OUT = "sign_out"
    TOTP_ADD = "totp_add"
    TOTP_VERIFY = "totp_verify"
    TOTP_DISABLE = "totp_disable"
    BACKUP_CODES_REGENERATE = "backup_codes_regenerate"
    PASSWORD_CHECK = "password_check"  # noqa: S105 - the name of an event
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - the name of an event
    SESSION_USE = "session_use"
    ADMIN_UNLOCK = "admin_unlock"
    ADMIN_RESET_MFA = "admin_reset_mfa"
    ADMIN_SET_PASSWORD = "admin_set_password"  # noqa: S105 - the name of an event
    ADMIN_DELETE = "admin_delete"
    VAULT_BACKUP = "vault_backup"
    VAULT_RESTORE = "vault_restore"
    VAULT_ROTATE = "vault_rotate"
    SLOT_ADD = "slot_add"
    SLOT_REMOVE = "slot_remove"


class Limits(NamedTuple):
    """The two limits of a session that a setting may make stricter, in seconds."""

    lifetime: int
    idle: int | None = None


class Ids(NamedTuple):
    """New ids, drawn before the rule runs, for the records that it may make."""

    account: str
    email: str
    client: str
    stranger: str
    sign_up: str
    sign_in: str
    session: str
    totp: str
    backup_codes: str


class Need(StrEnum):
    """Slow work that a rule asks for."""

    PASSWORD_CHECK = "password_check"  # noqa: S105 - the name of a need
    NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a need
    BACKUP_DIGEST = "backup_digest"
    BACKUP_CODES = "backup_codes"


class PasswordCheck(NamedTuple):
    """The verifier that the given password was hashed against (None: an unknown address)."""

    against: str | None
    matched: bool
    outdated: bool = False  # the verifier costs less than new ones do

    def __repr__(self) -> str:
        return f"PasswordCheck(matched={self.matched})"


class BackupDigest(NamedTuple):
    """The digest of the typed backup code under one set's salt."""

    salt: bytes
    digest: bytes

    def __repr__(self) -> str:
        return "BackupDigest(...)"


class Work(NamedTuple):
    """What has been prepared outside the transaction; each part is None until it is asked for."""

    password: PasswordCheck | None = None
    new_password: str | None = None
    backup_digest: BackupDigest | None = None
    backup_codes: BackupCodes | None = None

    def __repr__(self) -> str:
        return "Work(...)"


NO_WORK = Work()


class Situation(NamedTuple):
    """All that a rule may look at.

    `account` belongs to the client's session or half-finished sign-in; `target` is the account or
    the stranger that an address names, and `target_id` the blind index of that address. `is_test`:
    this is a test vault.
    """

    now: int
    vault_epoch: int
    limits: Limits
    ids: Ids
    pepper: bytes
    client: Client | None
    account: Account | None
    target: Account | Stranger | None = None
    target_id: str | None = None
    is_test: bool = False

    def __repr__(self) -> str:
        return f"Situation(now={self.now})"


class Verdict(NamedTuple):
    """What a rule answers. Nothing of it is told before `writes` and `drops` are committed.

    `subject` is the id of the account or stranger that the event is about; empty if there is none
    (the event then keeps the blind index of the address that was named). The rest is what the
    answer shows: the attempt (which may have left the client record by then), the session, the
    account, the unverified secret and the strategy that was used.
    """

    happened: Happened
    subject: str = ""
    writes: tuple[Account | Stranger | Client, ...] = ()
    drops: tuple[Account | Stranger | Client, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    need: Need | None = None
    against: str | bytes | None = None
    attempt: SignUp | SignIn | None = None
    session: Session | None = None
    account: Account | None = None
    enrolment: Enrolment | None = None
    strategy: str | None = None
    details: Mapping[str, Any] = {}  # goes into the event; never a secret

    def __repr__(self) -> str:
        return f"Verdict({self.happened}, refused={[r.code.value for r in self.refusals]})"


_Input = ParamSpec("_Input")


def rule(
    happened: Happened, *, of_address: bool = False
) -> Callable[
    [Callable[Concatenate[Situation, _Input], Verdict | Refusal]],
    Callable[Concatenate[Situation, _Input], Verdict],
]:
    """Lets a rule answer with a bare refusal: it becomes a verdict that changes no record.

    Such a verdict is about the address that was named, `of_address`, or else the client's account.
    """

    def decorate(
        function: Callable[Concatenate[Situation, _Input], Verdict | Refusal],
    ) -> Callable[Concatenate[Situation, _Input], Verdict]:
        @wraps(function)
        def decided(s: Situation, /, *args: _Input.args, **kwargs: _Input.kwargs) -> Verdict:
            answer = function(s, *args, **kwargs)
            if isinstance(answer, Refusal):
                subject = address_subject(s) if of_address else account_subject(s)
                return Verdict(happened, subject, refusals=(answer,))
            return answer

        return decided

    return decorate


OVER = Refusal(
    Code.CLIENT_STATE_INVALID,
    "This is out of date: another mfactl has changed things meanwhile.",
    "Look how things are now (mfactl account show), then repeat it.",
)


def asked_about(s: Situation, *, of_address: bool) -> str | None:
    """The id of what a question to a person is about: who is at the address, or the client's turn.

    An answer is for nothing else: meanwhile another shell may have gone on with this client.
    """
    return address_subject(s) if of_address else whose_turn(s.client)


def only_about(
    asked: str | None, s: Situation, verdict: Verdict, *, of_address: bool = False
) -> Verdict:
    """The verdict, unless a person was asked about something else (None: about nothing)."""
    if asked is None or asked == asked_about(s, of_address=of_address):
        return verdict
    subject = address_subject(s) if of_address else account_subject(s)
    return Verdict(verdict.happened, subject, refusals=(OVER,))


def locks(refusals: tuple[Refusal, ...]) -> bool:
    """Whether the failure that is refused has locked the address."""
    warnings = (refusal for refusal in refusals if refusal.code is Code.LOCKOUT_WARNING)
    return any(warning.meta.get("remaining_attempts") == 0 for warning in warnings)


def address_subject(s: Situation) -> str:
    """The id of the account or stranger at the address that was named; empty if there is none."""
    return s.target.id if s.target is not None else ""


def account_subject(s: Situation) -> str:
    """The id of the client's account."""
    return s.account.id if s.account is not None else ""
