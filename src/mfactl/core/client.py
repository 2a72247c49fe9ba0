"""The client record: this shell's side of the conversation, as the vault keeps it.

Guarantees: at most one pending step, one unverified secret and one session a client. Times are Unix
seconds. `repr` shows no secret.
May import: mfactl.core.
"""

from mfactl.core.freshness import is_fresh
from mfactl.named_tuple import NamedTuple

TOKEN_DUE = ""  # a client written with this gets a new token in the same transaction

SIGN_UP_SECONDS = 24 * 3600  # Clerk
SIGN_IN_SECONDS = 10 * 60  # ours; Clerk does not say
ENROLMENT_SECONDS = 10 * 60
SESSION_SECONDS = 7 * 24 * 3600  # Clerk; a setting may make it shorter


class EmailCode(NamedTuple):
    """The one live code of a sign-up: an HMAC bound to the sign-up, and its tries so far."""

    digest: bytes
    created_at: int
    attempts: int = 0

    def __repr__(self) -> str:
        return f"EmailCode(attempts={self.attempts})"


class SignUp(NamedTuple):
    """A sign-up that waits for its e-mail code. The account is made when it completes."""

    id: str
    email: str
    key: str
    password: str
    code: EmailCode
    created_at: int

    def __repr__(self) -> str:
        return f"SignUp({self.id})"


class SignIn(NamedTuple):
    """A sign-in that has passed its first factor, bound to the epochs it saw then."""

    id: str
    email: str
    account_id: str
    epoch: int
    vault_epoch: int
    created_at: int
    attempts: int = 0


class Enrolment(NamedTuple):
    """A TOTP secret that nobody has confirmed, and the session that asked for it."""

    id: str
    secret: str
    session_id: str
    created_at: int

    def __repr__(self) -> str:
        return f"Enrolment({self.id})"


class Session(NamedTuple):
    """A signed-in account on this client; `*_factor_at` is when each factor was last verified."""

    id: str
    account_id: str
    epoch: int
    vault_epoch: int
    created_at: int
    last_active_at: int
    first_factor_at: int
    second_factor_at: int | None = None


class Client(NamedTuple):
    """One client. `token_hash` is the SHA-256 of its token in hexadecimal digits."""

    id: str
    token_hash: str
    created_at: int
    pending: SignUp | SignIn | None = None
    enrolment: Enrolment | None = None
    session: Session | None = None


def account_id(client: Client) -> str | None:
    """The account that the client's session or half-finished sign-in belongs to."""
    if client.session is not None:
        return client.session.account_id
    return client.pending.account_id if isinstance(client.pending, SignIn) else None


def whose_turn(client: Client | None) -> str | None:
    """The id of the attempt or session that an answer of this client would be for."""
    turn = None if client is None else client.pending or client.session
    return None if turn is None else turn.id


def pending_expires_at(pending: SignUp | SignIn) -> int:
    """When the pending step counts as abandoned."""
    return pending.created_at + _limit(pending)


def is_pending_fresh(pending: SignUp | SignIn, *, now: int) -> bool:
    """Whether the pending step may still be completed."""
    return is_fresh(pending.created_at, now=now, limit=_limit(pending))


def _limit(pending: SignUp | SignIn) -> int:
    return SIGN_UP_SECONDS if isinstance(pending, SignUp) else SIGN_IN_SECONDS


def expires_at(client: Client) -> int:
    """When nothing in the record can matter any more, so that it may be dropped."""
    moments = [client.created_at]
    if client.session is not None:
        moments.append(client.session.created_at + SESSION_SECONDS)
    if client.pending is not None:
        moments.append(pending_expires_at(client.pending))
    return max(moments)
