"""Sending a message the way that is configured: into the outbox, or through a server.

May import: everything but mfactl.cli.
"""

from email.message import EmailMessage

from mfactl import mail
from mfactl.conversation import Conversation
from mfactl.core import address
from mfactl.errors import MfactlError, Refusal
from mfactl.mail import Letter


def send(c: Conversation, message: EmailMessage) -> None:
    """Delivers a message. Raises `mail_undeliverable`."""
    if c.settings.mail_transport == "smtp":
        # Here, because it takes 20 ms that mail for the outbox does not need.
        from mfactl import smtp  # noqa: PLC0415

        smtp.deliver(c.settings, message)
    else:
        mail.deliver(c.paths.outbox, message)


def send_test(c: Conversation, recipient: str) -> str:
    """Sends a message without a code; the address that it went to."""
    parsed = address.parse(recipient)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    now = c.around.clock()  # no vault is opened that could have another
    message = mail.without_code(letter(c, parsed.email, now))
    try:
        send(c, message)
    except MfactlError as error:
        remedy = "Run: mfactl config list"  # no sign-up waits for it
        raise MfactlError(*(each._replace(remedy=remedy) for each in error.refusals)) from None
    return parsed.email


def letter(c: Conversation, recipient: str, now: int) -> Letter:
    """Who writes to whom."""
    return Letter(c.settings.mail_sender, recipient, c.settings.issuer, now)
