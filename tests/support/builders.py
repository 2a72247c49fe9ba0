"""Records in a known state, for tests of the rules. Nouns only: nothing stands in for our code.

Ada has an account. Whatever her vault would hash is a SHA-256 here: rules only compare digests.
"""

import hashlib
from typing import Any

from mfactl.core import email_code, totp
from mfactl.core.account import Account, BackupCode, BackupCodes, EmailProof, Stranger, Totp
from mfactl.core.client import SESSION_SECONDS, Client, Enrolment, Session, SignIn, SignUp
from mfactl.core.client import account_id as owner_of
from mfactl.core.code import Shape, Typed
from mfactl.core.lockout import Lockout
from mfactl.core.verdict import (
    BackupDigest,
    Ids,
    Limits,
    PasswordCheck,
    Situation,
    Verdict,
    Work,
)
from mfactl.errors import Code

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z, the first second of a step
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600

EMAIL = "Ada@example.com"
KEY = "ada@example.com"
BLIND_INDEX = "b1" * 32
VERIFIER = "$argon2id$v=19$m=19456,t=2,p=1$dmVyaWZpZXI$b2YgQWRh"
OTHER_VERIFIER = "$argon2id$v=19$m=19456,t=2,p=1$b3RoZXI$b2YgQWRh"
NEW_VERIFIER = "$argon2id$v=19$m=65536,t=3,p=4$bmV3ZXI$b2YgQWRh"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
OTHER_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
EMAIL_CODE = "271828"
WRONG_EMAIL_CODE = "314159"
PEPPER = b"pepper-pepper-pepper-pepper-pepp"
SALT = b"salt of set one!"
OTHER_SALT = b"salt of set two!"
BACKUP_CODES = tuple(f"{place}abcdefghjkm" for place in range(10))
LIMITS = Limits(SESSION_SECONDS)
IDS = Ids(
    account="user_new",
    email="idn_new",
    client="client_new",
    stranger="stranger_new",
    sign_up="sua_new",
    sign_in="sia_new",
    session="sess_new",
    totp="totp_new",
    backup_codes="bcode_new",
)


# --- records


def failures(count: int, *, last_at: int = NOW) -> Lockout:
    """A counter; every tenth failure has begun a lock."""
    return Lockout(count, last_at if count and count % 10 == 0 else None)


def account(**changes: Any) -> Account:
    """Ada, with a password and no second factor."""
    ada = Account(
        id="user_ada",
        email_id="idn_ada",
        email=EMAIL,
        key=KEY,
        email_proof=EmailProof(1, NOW - DAY + 10 * MINUTE),
        password=VERIFIER,
        password_changed_at=NOW - DAY,
        created_at=NOW - DAY,
        updated_at=NOW - DAY,
        epoch=3,
    )
    return ada._replace(**changes)


def factor(**changes: Any) -> Totp:
    """A verified authenticator app, last used an hour ago."""
    app = Totp(
        id="totp_ada",
        secret=SECRET,
        created_at=NOW - 2 * HOUR,
        verified_at=NOW - 2 * HOUR,
        last_step=totp.step_at(NOW - HOUR),
        last_used_at=NOW - HOUR,
    )
    return app._replace(**changes)


def backup_code_set(*, salt: bytes = SALT, used: tuple[int, ...] = ()) -> BackupCodes:
    """Ten backup codes, those in the given places used."""
    codes = tuple(
        BackupCode(digest(text, salt), NOW - HOUR if place in used else None)
        for place, text in enumerate(BACKUP_CODES)
    )
    return BackupCodes("bcode_ada", salt, codes, NOW - 2 * HOUR)


def account_with_totp(**changes: Any) -> Account:
    """Ada, with an authenticator app and ten backup codes."""
    secured: dict[str, Any] = {
        "totp": factor(),
        "backup_codes": backup_code_set(),
        "mfa_enabled_at": NOW - 2 * HOUR,
    }
    return account(**(secured | changes))


def stranger(**changes: Any) -> Stranger:
    """Ada's address before it has an account."""
    return Stranger("stranger_ada", KEY, NOW - MINUTE)._replace(**changes)


# --- clients


def client(**changes: Any) -> Client:
    """A client with nothing pending and no session."""
    return Client("client_here", "ab" * 32, NOW - DAY)._replace(**changes)


def session_of(holder: Account, *, at: int = NOW, **changes: Any) -> Session:
    """A session that began at `at`, with every factor that the account has."""
    session = Session(
        id="sess_here",
        account_id=holder.id,
        epoch=holder.epoch,
        vault_epoch=0,
        created_at=at,
        last_active_at=at,
        first_factor_at=at,
        second_factor_at=at if holder.totp is not None else None,
    )
    return session._replace(**changes)


def signed_in(holder: Account, *, at: int = NOW, **changes: Any) -> Client:
    """A client whose session began at `at`; `changes` are the session's."""
    return client(session=session_of(holder, at=at, **changes))


def enrolling(holder: Account, *, at: int = NOW, **changes: Any) -> Client:
    """A signed-in client that shows an unverified secret since `at`; `changes` are the secret's."""
    enrolment = Enrolment("totp_shown", SECRET, "sess_here", at)._replace(**changes)
    return signed_in(holder, at=at)._replace(enrolment=enrolment)


def sign_in_of(holder: Account, *, at: int = NOW, **changes: Any) -> SignIn:
    """A sign-in that passed its password at `at` and waits for the second factor."""
    return SignIn("sia_here", holder.email, holder.id, holder.epoch, 0, at)._replace(**changes)


def pending_sign_in(holder: Account, *, at: int = NOW, **changes: Any) -> Client:
    """A client with a half-finished sign-in; `changes` are the sign-in's."""
    return client(pending=sign_in_of(holder, at=at, **changes))


def sign_up_of_ada(*, at: int = NOW, code_at: int | None = None, tries: int = 0) -> SignUp:
    """A sign-up that began at `at` and waits for EMAIL_CODE, made at `code_at`."""
    made_at = at if code_at is None else code_at
    code = email_code.make(EMAIL_CODE, pepper=PEPPER, sign_up_id="sua_here", now=made_at)
    return SignUp("sua_here", EMAIL, KEY, VERIFIER, code._replace(attempts=tries), at)


def pending_sign_up(*, at: int = NOW, code_at: int | None = None, tries: int = 0) -> Client:
    """A client with a sign-up that waits for EMAIL_CODE."""
    return client(pending=sign_up_of_ada(at=at, code_at=code_at, tries=tries))


# --- what a rule is given


def situation(
    here: Client | None = None,
    *,
    account: Account | None = None,
    target: Account | Stranger | None = None,
    now: int = NOW,
    limits: Limits = LIMITS,
    vault_epoch: int = 0,
    is_test: bool = False,
) -> Situation:
    """What a rule looks at. `account` is the client's own, `target` the holder of Ada's address."""
    return Situation(
        now=now,
        vault_epoch=vault_epoch,
        limits=limits,
        ids=IDS,
        pepper=PEPPER,
        client=here,
        account=account,
        target=target,
        target_id=BLIND_INDEX,
        is_test=is_test,
    )


def after(s: Situation, verdict: Verdict, *, now: int | None = None) -> Situation:
    """The situation that a verdict leaves behind when all of it is committed, at `now`."""
    here, target = s.client, s.target
    known = {a.id: a for a in (s.account, s.target) if isinstance(a, Account)}
    for record in verdict.writes:
        if isinstance(record, Client):
            here = record
            continue
        if isinstance(record, Account):
            known[record.id] = record
        if record.key == KEY:
            target = record
    here = None if here in verdict.drops else here
    owner = owner_of(here) if here is not None else None
    return s._replace(
        now=s.now if now is None else now,
        client=here,
        account=known.get(owner) if owner is not None else None,
        target=target,
    )


# --- what a person types, and the slow work done on it


def digits(text: str) -> Typed:
    """Six digits as typed."""
    return Typed(Shape.DIGITS, text)


def app_code(*, now: int = NOW, drift: int = 0, secret: str = SECRET) -> Typed:
    """What an authenticator app shows whose clock is `drift` steps off."""
    return digits(totp.code_at(secret, totp.step_at(now) + drift))


def wrong_code(*, now: int = NOW, secret: str = SECRET) -> Typed:
    """Six digits that the app does not show within two steps of `now`."""
    shown = {totp.code_at(secret, totp.step_at(now) + drift) for drift in range(-2, 3)}
    return digits(next(text for text in (f"{n:06d}" for n in range(6)) if text not in shown))


def backup_code(place: int = 0) -> Typed:
    """A backup code of Ada's, as typed."""
    return Typed(Shape.BACKUP, BACKUP_CODES[place])


UNKNOWN_BACKUP_CODE = Typed(Shape.BACKUP, "zzzzzzzzzzzz")


def digest(text: str, salt: bytes = SALT) -> bytes:
    """The digest of a backup code."""
    return hashlib.sha256(salt + text.encode()).digest()


def hashed(code: Typed, *, salt: bytes = SALT) -> Work:
    """A typed backup code, hashed under a set's salt."""
    return Work(backup_digest=BackupDigest(salt, digest(code.text, salt)))


def right_password(*, against: str = VERIFIER, outdated: bool = False) -> Work:
    """A password that was checked and found right."""
    return Work(password=PasswordCheck(against, matched=True, outdated=outdated))


def wrong_password(*, against: str | None = VERIFIER) -> Work:
    """A password that was checked and found wrong; None: against no account."""
    return Work(password=PasswordCheck(against, matched=False))


# --- what a rule answered


def codes_of(verdict: Verdict) -> list[Code]:
    """The codes of the refusals, the first of which decides the exit status."""
    return [refusal.code for refusal in verdict.refusals]


def written_account(verdict: Verdict) -> Account:
    """The one account that the verdict writes."""
    (record,) = (record for record in verdict.writes if isinstance(record, Account))
    return record


def written_client(verdict: Verdict) -> Client:
    """The one client that the verdict writes."""
    (record,) = (record for record in verdict.writes if isinstance(record, Client))
    return record
