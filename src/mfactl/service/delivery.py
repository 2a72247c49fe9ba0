"""Sending a message the way that is configured: into the outbox, or through a server.

May import: everything but mfactl.cli.
"""

from email.message import EmailMessage

from mfactl import mail
from mfactl.conversation import Conversation
from mfactl.mail import Letter


def send(c: Conversation, message: EmailMessage) -> None:
    """Delivers a message. Raises `mail_undeliverable`."""
    if c.settings.mail_transport == "smtp":
        # Here, because it takes 20 ms that mail for the outbox does not need.
        from mfactl import smtp  # noqa: PLC0415

        smtp.deliver(c.settings, message)
    else:
        mail.deliver(c.paths.outbox, message)


def letter(c: Conversation, recipient: str, now: int) -> Letter:
    """Who writes to whom."""
    return Letter(c.settings.mail_sender, recipient, c.settings.issuer, now)
