"""Signing up: start, and a new code. `service.verify` completes it.

Guarantees: the mail goes out after the commit that stores its code, and is marked as handed over in
a second one; mail that cannot be delivered leaves a sign-up that goes on with a new code.
May import: everything but mfactl.cli.
"""

from functools import cache

from mfactl import mail
from mfactl.conversation import Concluded, Conversation
from mfactl.core import address, email_code, sign_up
from mfactl.core.client import SignUp
from mfactl.core.verdict import Situation, Verdict, Work
from mfactl.errors import Code, MfactlError, Refusal
from mfactl.service import delivery, hashing
from mfactl.surroundings import NewPassword


def start(c: Conversation, email: str, password: NewPassword) -> Concluded:
    """Starts a sign-up and sends its code. Makes the default vault if there is none."""
    parsed = address.parse(email)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    ask = cache(lambda: password(lambda text: hashing.accept_password(c, text, parsed.email)))
    if c.has_no_vault():
        ask()  # a vault is made for somebody who has a password, and not before
        c.make_default_vault()
    code = email_code.draw(c.around.random_bytes)

    def rule(s: Situation, work: Work) -> Verdict:
        return sign_up.create(s, email=parsed.email, key=parsed.key, code=code, work=work)

    prepare = hashing.new_password(c, ask)
    concluded = c.decide(rule, prepare, key=parsed.key, renews_token=True)
    _send(c, concluded, code)
    return concluded


def resend(c: Conversation) -> Concluded:
    """Sends a new code for the pending sign-up, which voids the one before."""
    c.expect_vault(Code.CLIENT_STATE_INVALID)
    code = email_code.draw(c.around.random_bytes)
    concluded = c.decide(lambda s, _work: sign_up.resend(s, code=code))
    _send(c, concluded, code)
    return concluded


def gets_no_mail(c: Conversation, email: str) -> bool:
    """Whether it is a test address, of a test vault: the code is `TEST_CODE`."""
    return sign_up.gets_no_mail(c.vault.header.test, email)


def _send(c: Conversation, concluded: Concluded, code: str) -> None:
    """Mails the code and notes that it was handed over; a test address has no mail or wait."""
    attempt = concluded.verdict.attempt
    assert isinstance(attempt, SignUp)  # both rules that get here answer with one
    if not gets_no_mail(c, attempt.email):
        letter = delivery.letter(c, attempt.email, c.now)
        delivery.send(c, mail.with_code(letter, code, email_code.LIFETIME_SECONDS))
        c.decide(lambda s, _work: sign_up.hand_over(s, key=attempt.key), key=attempt.key)
    c.ask_about(attempt.id)
