"""The authenticator app and the backup codes of the signed-in account.

Guarantees: a secret and codes are drawn before the transaction and shown only after its commit.
May import: everything but mfactl.cli.
"""

from mfactl.conversation import Concluded, Conversation, Rule
from mfactl.core import factors, totp
from mfactl.core.client import Enrolment
from mfactl.core.code import Typed
from mfactl.errors import Code
from mfactl.named_tuple import NamedTuple
from mfactl.service.hashing import NewCodes


class Added(NamedTuple):
    """An unverified secret, and the URI that carries it to an app."""

    enrolment: Enrolment
    uri: str

    def __repr__(self) -> str:
        return "Added(...)"


class WithCodes(NamedTuple):
    """What was concluded, and the backup codes to show once."""

    concluded: Concluded
    codes: tuple[str, ...]

    def __repr__(self) -> str:
        return "WithCodes(...)"


def add(c: Conversation) -> Added:
    """Makes a TOTP secret for this session, in place of one that was not confirmed."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    secret = totp.draw(c.around.random_bytes)
    verdict = c.decide(lambda s, _work: factors.add(s, secret=secret)).verdict
    assert verdict.enrolment is not None  # this rule answers with one
    assert verdict.account is not None
    uri = totp.uri(secret, issuer=c.settings.issuer, email=verdict.account.email)
    return Added(verdict.enrolment, uri)


def await_code(c: Conversation) -> None:
    """Before a person is asked for the app's first code. Raises if none is waited for."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    c.look(factors.awaited, asks=True)


def confirm(c: Conversation, code: Typed) -> WithCodes:
    """Confirms the secret with the app's code; the first backup codes come with it."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    codes = NewCodes(c)
    concluded = c.decide(
        lambda s, work: factors.confirm(s, code, work=work), codes.prepare, renews_token=True
    )
    return WithCodes(concluded, codes.shown())


def disable(c: Conversation) -> str:
    """Removes the authenticator app and the backup codes; the id of what was removed."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    concluded = c.decide(lambda s, _work: factors.disable(s), renews_token=True)
    return str(concluded.verdict.details["totp"])


def regenerate(c: Conversation) -> WithCodes:
    """Replaces the whole set of backup codes."""
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    codes = NewCodes(c)
    concluded = c.decide(
        lambda s, work: factors.regenerate(s, work=work), codes.prepare, renews_token=True
    )
    return WithCodes(concluded, codes.shown())


def would_disable(c: Conversation) -> bool:
    """Whether the app could be removed, once verified: the moment to ask for a confirmation."""
    return _is_possible(c, lambda s, _work: factors.disable(s))


def would_regenerate(c: Conversation) -> bool:
    """Whether the codes could be replaced, once verified: the moment to ask for a confirmation."""
    return _is_possible(c, lambda s, work: factors.regenerate(s, work=work))


def _is_possible(c: Conversation, rule: Rule) -> bool:
    c.expect_vault(Code.AUTHENTICATION_INVALID)
    refusals = c.foresee(rule).refusals
    return not refusals or refusals[0].code is Code.REVERIFICATION_REQUIRED
