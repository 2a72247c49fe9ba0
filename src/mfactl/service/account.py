"""The account page, the password, and signing out.

May import: everything but mfactl.cli.
"""

from mfactl.conversation import Concluded, Conversation
from mfactl.core import session
from mfactl.core.account import Account
from mfactl.core.client import Session
from mfactl.core.verdict import Situation
from mfactl.errors import Code
from mfactl.named_tuple import NamedTuple


class Shown(NamedTuple):
    """The signed-in account, its session, and the situation it was read in."""

    account: Account
    session: Session
    situation: Situation


def show(c: Conversation) -> Shown:
    """The signed-in account. Writes nothing, unless sessions end by idling."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    if c.settings.session_idle is not None:
        c.decide(lambda s, _work: session.use(s))
    situation, (_client, current, account) = c.look(session.live)
    return Shown(account, current, situation)


def sign_out(c: Conversation, *, everywhere: bool) -> Concluded:
    """Ends this session and what is pending; `everywhere` ends the account's other sessions too."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    return c.decide(lambda s, _work: session.sign_out(s, everywhere=everywhere))
