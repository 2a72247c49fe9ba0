"""Changing the password.

May import: everything but mfactl.cli.
"""

from mfactl.conversation import Concluded, Conversation, NewPassword, Password
from mfactl.core import password, session
from mfactl.core.verdict import Situation
from mfactl.errors import Code, Refusal, failure
from mfactl.passwords import normalised
from mfactl.service import hashing
from mfactl.service.sign_up import accept_password


def change(c: Conversation, current: Password, new: NewPassword) -> Concluded:
    """Replaces the password of the signed-in account, which ends its other sessions."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    typed: list[bytes] = []

    def ask_current() -> str:
        text = current()
        typed.append(normalised(text))
        return text

    def accept(text: str) -> bytes:
        if normalised(text) in typed:
            raise failure(Code.NEW_PASSWORD_MATCHES_CURRENT, None, None, param_name="new_password")
        return accept_password(c, text, _email(c), "new_password")

    prepare = hashing.password_change(c, ask_current, lambda: new(accept))
    return c.decide(lambda s, work: password.change(s, work=work), prepare)


def _email(c: Conversation) -> str:
    return c.look(_live_email)[1]


def _live_email(s: Situation) -> str | Refusal:
    found = session.live(s)
    return found if isinstance(found, Refusal) else found[2].email
