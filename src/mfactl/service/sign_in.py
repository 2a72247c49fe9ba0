"""Signing in with the password. `service.verify` completes a sign-in that needs a second factor.

May import: everything but mfactl.cli.
"""

from mfactl.conversation import Concluded, Conversation
from mfactl.core import address, sign_in
from mfactl.core.client import SignIn
from mfactl.errors import MfactlError, Refusal
from mfactl.service import hashing
from mfactl.surroundings import Password


def start(c: Conversation, email: str, password: Password) -> Concluded:
    """Checks the password of an address; signed in, or a second factor is needed."""
    parsed = address.parse(email)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    concluded = c.decide(
        lambda s, work: sign_in.create(s, key=parsed.key, work=work),
        hashing.password_check(c, password),
        key=parsed.key,
        renews_token=True,
    )
    attempt = concluded.verdict.attempt
    assert isinstance(attempt, SignIn)  # a sign-in answers with one
    if concluded.verdict.session is None:
        c.ask_about(attempt.id)
    return concluded
