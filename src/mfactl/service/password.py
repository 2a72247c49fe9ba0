"""Changing the password.

Guarantees: whether the current password is right is stored before the new one is asked for, so that
nothing can be learnt about it without being counted.
May import: everything but mfactl.cli.
"""

from functools import cache

from mfactl.conversation import Concluded, Conversation
from mfactl.core import password
from mfactl.errors import Code, failure
from mfactl.passwords import normalised
from mfactl.service import hashing
from mfactl.surroundings import NewPassword, Password


def change(c: Conversation, current: Password, new: NewPassword) -> Concluded:
    """Replaces the password of the signed-in account, which ends its other sessions."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    ask = cache(current)
    c.foresee(lambda s, work: password.check(s, work=work))  # whose password is asked for
    check = hashing.password_check(c, ask, "current_password")
    account = c.decide(lambda s, work: password.check(s, work=work), check).verdict.account
    assert account is not None  # a password that was right is somebody's

    def accept(text: str) -> bytes:
        if normalised(text, "new_password") == normalised(ask()):
            raise failure(Code.NEW_PASSWORD_MATCHES_CURRENT, None, None, param_name="new_password")
        return hashing.accept_password(c, text, account.email, "new_password")

    prepare = hashing.password_change(c, check, new(accept))
    return c.decide(lambda s, work: password.change(s, work=work), prepare, renews_token=True)
