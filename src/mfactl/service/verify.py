"""Completing the pending step, or verifying the session again.

May import: everything but mfactl.cli.
"""

from mfactl.conversation import Concluded, Conversation
from mfactl.core import verify
from mfactl.core.code import Typed
from mfactl.core.verify import Asked
from mfactl.errors import Code
from mfactl.service import hashing
from mfactl.surroundings import Password


def awaited(c: Conversation) -> Asked:
    """What to ask a person for now. Raises if there is nothing, or not what was asked before."""
    c.expect_vault(Code.CLIENT_STATE_INVALID)
    return c.look(verify.awaited, asks=True)[1]


def by_code(c: Conversation, code: Typed) -> Concluded:
    """Tries a code on whatever is pending, else on the session."""
    c.expect_vault(Code.CLIENT_STATE_INVALID)
    return c.decide(
        lambda s, work: verify.attempt(s, code, work=work),
        hashing.code_digest(c, code),
        renews_token=True,
    )


def by_password(c: Conversation, password: Password) -> Concluded:
    """Verifies the session of an account that has no second factor."""
    c.expect_vault(Code.CLIENT_STATE_INVALID)
    return c.decide(
        lambda s, work: verify.attempt(s, None, work=work),
        hashing.password_check(c, password),
        renews_token=True,
    )
