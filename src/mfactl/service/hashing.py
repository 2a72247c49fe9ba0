"""The slow work that rules ask for, done outside the transaction.

Guarantees: a secret is asked for only when a rule needs it, and once; what a person will be shown
is drawn from the injected randomness.
May import: mfactl.conversation, mfactl.surroundings, mfactl.password_policy, mfactl.passwords and
mfactl.core.
"""

import os
from collections.abc import Callable
from functools import cache

from mfactl import password_policy
from mfactl.conversation import Conversation, Prepare
from mfactl.core import backup_codes
from mfactl.core.account import BackupCode, BackupCodes
from mfactl.core.code import Typed
from mfactl.core.verdict import BackupDigest, Need, Situation, Verdict, Work
from mfactl.passwords import Hasher, normalised
from mfactl.surroundings import Password


def hasher(c: Conversation, s: Situation) -> Hasher:
    """Argon2id as this vault uses it."""
    return Hasher(s.pepper, c.cost)


def password_check(c: Conversation, password: Password, param: str = "password") -> Prepare:
    """Hashes a password against the verifier that the rule names, and anew where that is due."""
    ask = cache(lambda: normalised(password(), param))

    def prepare(verdict: Verdict, work: Work, s: Situation) -> Work:
        if verdict.need is Need.NEW_PASSWORD:
            return _with_new_password(c, s, work, ask())
        return work._replace(password=hasher(c, s).check(ask(), _verifier(verdict)))

    return prepare


def accept_password(c: Conversation, password: str, email: str, param: str = "password") -> bytes:
    """A password good enough to set, as it is hashed. Raises if it is not."""
    return password_policy.accept(
        password,
        min_length=c.settings.password_min_length,
        min_score=c.settings.password_min_score,
        context=[email, *email.split("@"), c.settings.issuer, "mfactl"],
        param=param,
    )


def new_password(c: Conversation, ask: Callable[[], bytes]) -> Prepare:
    """Hashes a password that is set, once a rule gets as far as to need it."""

    def prepare(_verdict: Verdict, work: Work, s: Situation) -> Work:
        return _with_new_password(c, s, work, ask())

    return prepare


def password_change(c: Conversation, check: Prepare, new: bytes) -> Prepare:
    """Checks the current password again, then hashes the new one."""

    def prepare(verdict: Verdict, work: Work, s: Situation) -> Work:
        if verdict.need is Need.NEW_PASSWORD:
            return _with_new_password(c, s, work, new)
        return check(verdict, work, s)

    return prepare


def code_digest(c: Conversation, code: Typed) -> Prepare:
    """Hashes a typed backup code under the salt of the set that the rule names."""

    def prepare(verdict: Verdict, work: Work, s: Situation) -> Work:
        salt = verdict.against
        assert isinstance(salt, bytes)  # the need for a digest names a salt
        return work._replace(backup_digest=BackupDigest(salt, hasher(c, s).digest(code.text, salt)))

    return prepare


class NewCodes:
    """A new set of backup codes: drawn once, hashed when the rule asks for it."""

    def __init__(self, c: Conversation) -> None:
        self._conversation = c
        self._codes = backup_codes.draw(c.around.random_bytes)

    def shown(self) -> tuple[str, ...]:
        """The codes as a person sees them."""
        return tuple(backup_codes.shown(code) for code in self._codes)

    def prepare(self, _verdict: Verdict, work: Work, s: Situation) -> Work:
        """Hashes the set."""
        salt = os.urandom(backup_codes.SALT_BYTES)
        digests = hasher(self._conversation, s).digests(self._codes, salt)
        codes = tuple(BackupCode(digest) for digest in digests)
        return work._replace(backup_codes=BackupCodes(s.ids.backup_codes, salt, codes, s.now))


def _with_new_password(c: Conversation, s: Situation, work: Work, password: bytes) -> Work:
    return work._replace(new_password=hasher(c, s).hash(password))


def _verifier(verdict: Verdict) -> str | None:
    assert not isinstance(verdict.against, bytes)  # the need for a check names a verifier
    return verdict.against
