"""Records as Clerk's JSON resources.

Guarantees: pure; the only place where seconds become milliseconds; every document satisfies the
schema of its name in `schemas/`.
May import: mfactl.core.
"""

from typing import Any

from mfactl.core import email_code, lockout
from mfactl.core.account import Account
from mfactl.core.client import Enrolment, Session, SignIn, SignUp, pending_expires_at
from mfactl.core.verdict import Situation, Verdict

Document = dict[str, Any]

ABANDON_SECONDS = 30 * 24 * 3600  # how long Clerk remembers a session after it began
DAY_SECONDS = 24 * 3600
MINUTE_SECONDS = 60


def milliseconds(seconds: int) -> int:
    """Unix seconds as documents spell them."""
    return seconds * 1000


def _milliseconds_or_none(seconds: int | None) -> int | None:
    return None if seconds is None else milliseconds(seconds)


def sign_up_attempt(attempt: SignUp, verdict: Verdict, *, status: str) -> Document:
    """`sign_up_attempt`; `verdict` has the account and session of a complete one."""
    complete = status == "complete"
    verification = {
        "object": "verification_otp",
        "status": "verified" if complete else "unverified",
        "strategy": "email_code",
        "attempts": attempt.code.attempts,
        "expire_at": milliseconds(email_code.expire_at(attempt.code)),
        "next_action": "" if status != "missing_requirements" else "needs_attempt",
        "supported_strategies": ["email_code"],
    }
    return {
        "object": "sign_up_attempt",
        "id": attempt.id,
        "status": status,
        "required_fields": ["email_address", "password"],
        "optional_fields": [],
        "missing_fields": [],
        "unverified_fields": [] if complete else ["email_address"],
        "verifications": {
            "email_address": verification,
            "phone_number": None,
            "web3_wallet": None,
            "external_account": None,
        },
        "username": None,
        "email_address": attempt.email,
        "phone_number": None,
        "web3_wallet": None,
        "password_enabled": True,
        "first_name": None,
        "last_name": None,
        "unsafe_metadata": {},
        "public_metadata": {},
        "custom_action": False,
        "external_id": None,
        "created_session_id": verdict.session.id if verdict.session and complete else None,
        "created_user_id": verdict.account.id if verdict.account and complete else None,
        "abandon_at": milliseconds(pending_expires_at(attempt)),
        "legal_accepted_at": None,
    }


def sign_in_attempt(attempt: SignIn, verdict: Verdict, *, status: str) -> Document:
    """`sign_in_attempt`; `verdict` has the session of a complete one and the strategy used."""
    complete = status == "complete"
    second = None
    if complete and verdict.strategy != "password":
        second = _verification(verdict.strategy or "", attempt.attempts)
    return {
        "object": "sign_in_attempt",
        "id": attempt.id,
        "status": status,
        "supported_identifiers": ["email_address"],
        "supported_first_factors": None if complete else [{"strategy": "password"}],
        "supported_second_factors": None if complete else _second_factors(verdict.account),
        "first_factor_verification": _verification("password", 1),
        "second_factor_verification": second,
        "identifier": attempt.email,
        "user_data": {"first_name": None, "last_name": None, "has_image": False},
        "created_session_id": verdict.session.id if verdict.session and complete else None,
        "abandon_at": milliseconds(pending_expires_at(attempt)),
    }


def _verification(strategy: str, attempts: int) -> Document:
    return {
        "object": f"verification_{strategy}",
        "status": "verified",
        "strategy": strategy,
        "attempts": attempts,
        "expire_at": None,
    }


def _second_factors(account: Account | None) -> list[Document] | None:
    factors = []
    if account is not None and account.totp is not None:
        factors.append({"strategy": "totp"})
    if account is not None and account.backup_codes is not None:
        factors.append({"strategy": "backup_code"})
    return factors or None


def session(current: Session, account: Account, s: Situation, *, status: str) -> Document:
    """`session`, with its account."""
    ages = (current.first_factor_at, current.second_factor_at)
    return {
        **_session_base(current, s, status=status),
        "last_active_organization_id": None,
        "user": user(account, s.now, current),
        "public_user_data": {
            "first_name": None,
            "last_name": None,
            "has_image": False,
            "identifier": account.email,
        },
        "factor_verification_age": [
            -1 if then is None else max(s.now - then, 0) // MINUTE_SECONDS for then in ages
        ],
        "created_at": milliseconds(current.created_at),
        "updated_at": milliseconds(current.last_active_at),
    }


def _session_base(current: Session, s: Situation, *, status: str) -> Document:
    return {
        "object": "session",
        "id": current.id,
        "status": status,
        "expire_at": milliseconds(current.created_at + s.limits.lifetime),
        "abandon_at": milliseconds(current.created_at + ABANDON_SECONDS),
        "last_active_at": milliseconds(current.last_active_at),
        "last_active_token": None,
        "actor": None,
        "tasks": None,
    }


def session_reverification(verdict: Verdict, s: Situation) -> Document:
    """`session_reverification`, complete."""
    assert verdict.session is not None  # a step-up that was accepted has one
    by_password = verdict.strategy == "password"
    return {
        "object": "session_reverification",
        "level": "first_factor" if by_password else "second_factor",
        "status": "complete",
        "supported_first_factors": None,
        "supported_second_factors": None,
        "first_factor_verification": _verification("password", 1) if by_password else None,
        "second_factor_verification": None
        if by_password
        else _verification(verdict.strategy or "", 1),
        "session": _session_base(verdict.session, s, status="active"),
    }


def user(account: Account, now: int, current: Session | None = None) -> Document:
    """`user`, with the two fields that are mfactl's own; `current` is the session that asks."""
    codes = account.backup_codes
    active = account.last_sign_in_at if current is None else current.last_active_at
    return {
        "object": "user",
        "id": account.id,
        "username": None,
        "first_name": None,
        "last_name": None,
        "has_image": False,
        "primary_email_address_id": account.email_id,
        "primary_phone_number_id": None,
        "primary_web3_wallet_id": None,
        "password_enabled": True,
        "password_last_updated_at": milliseconds(account.password_changed_at),
        "two_factor_enabled": account.totp is not None,
        "totp_enabled": account.totp is not None,
        "totp_last_used_at": _milliseconds_or_none(
            account.totp.last_used_at if account.totp else None
        ),
        "backup_code_enabled": codes is not None,
        "backup_codes_remaining": codes.remaining if codes is not None else 0,
        "email_addresses": [_email_address(account)],
        "phone_numbers": [],
        "web3_wallets": [],
        "passkeys": [],
        "external_accounts": [],
        "saml_accounts": [],
        "enterprise_accounts": [],
        "public_metadata": {},
        "external_id": None,
        "last_sign_in_at": _milliseconds_or_none(account.last_sign_in_at),
        "last_active_at": None if active is None else milliseconds(active - active % DAY_SECONDS),
        "banned": False,
        "locked": lockout.is_locked(account.lockout, now=now),
        "lockout_expires_in_seconds": lockout.expires_in(account.lockout, now=now),
        "verification_attempts_remaining": lockout.remaining(account.lockout, now=now),
        "delete_self_enabled": False,
        "create_organization_enabled": False,
        "mfa_enabled_at": _milliseconds_or_none(account.mfa_enabled_at),
        "mfa_disabled_at": _milliseconds_or_none(account.mfa_disabled_at),
        "legal_accepted_at": None,
        "created_at": milliseconds(account.created_at),
        "updated_at": milliseconds(account.updated_at),
    }


def _email_address(account: Account) -> Document:
    return {
        "object": "email_address",
        "id": account.email_id,
        "email_address": account.email,
        "reserved": False,
        "verification": {
            "object": "verification_otp",
            "status": "verified",
            "strategy": "email_code",
            "attempts": account.email_proof.attempts,
            "expire_at": milliseconds(account.email_proof.expire_at),
        },
        "linked_to": [],
        "created_at": milliseconds(account.created_at),
        "updated_at": milliseconds(account.created_at),
    }


def unverified_totp(enrolment: Enrolment, uri: str) -> Document:
    """`totp` as `mfa add` answers: the only document that ever has the secret."""
    return {
        "object": "totp",
        "id": enrolment.id,
        "secret": enrolment.secret,
        "uri": uri,
        "verified": False,
        "backup_codes": None,
        "created_at": milliseconds(enrolment.created_at),
        "updated_at": milliseconds(enrolment.created_at),
    }


def verified_totp(account: Account, codes: tuple[str, ...]) -> Document:
    """`totp` as `mfa verify` answers, with the first backup codes."""
    assert account.totp is not None  # an enrolment that was accepted has one
    return {
        "object": "totp",
        "id": account.totp.id,
        "secret": None,
        "uri": None,
        "verified": True,
        "backup_codes": list(codes),
        "created_at": milliseconds(account.totp.created_at),
        "updated_at": milliseconds(account.totp.verified_at),
    }


def backup_code(account: Account, codes: tuple[str, ...]) -> Document:
    """`backup_code`: a whole new set."""
    assert account.backup_codes is not None  # a regeneration that was accepted has one
    created = milliseconds(account.backup_codes.created_at)
    return {
        "object": "backup_code",
        "id": account.backup_codes.id,
        "codes": list(codes),
        "created_at": created,
        "updated_at": created,
    }


def deleted(kind: str, identifier: str) -> Document:
    """A deleted object, such as `mfa disable` answers."""
    return {"object": kind, "id": identifier, "deleted": True}


def listing(data: list[Document]) -> Document:
    """A list in Clerk's style."""
    return {"object": "list", "data": data, "total_count": len(data)}
