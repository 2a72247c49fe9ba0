"""Reading the mail that was delivered to the outbox. Needs no vault.

May import: everything but mfactl.cli.
"""

from mfactl import mail
from mfactl.conversation import Conversation
from mfactl.core import email_code
from mfactl.errors import Code, failure
from mfactl.mail import Message


def messages(c: Conversation) -> list[Message]:
    """Every message, the one delivered last first."""
    return mail.read(c.paths.outbox)


def show(c: Conversation, wanted: str | None) -> Message:
    """One message: by its id, the newest to an address, or the newest of all."""
    found = messages(c)
    if not found:
        remedy = "A sign-up puts mail there: mfactl signup EMAIL"
        raise failure(Code.RESOURCE_NOT_FOUND, "The outbox is empty.", remedy)
    if wanted is not None and "@" in wanted:
        found = mail.to_address(found, wanted)
    elif wanted is not None:
        found = [message for message in found if message.id == wanted]
    if not found:
        raise failure(
            Code.RESOURCE_NOT_FOUND,
            "There is no such message in the outbox.",
            "Run: mfactl outbox list",
        )
    return found[0]


def code(c: Conversation, email: str) -> tuple[Message, str]:
    """The newest message to an address, and the code that it carries."""
    for message in mail.to_address(messages(c), email):
        found = mail.code_in(message)
        if found is not None:
            return message, found
    remedy = "Run: mfactl verify --resend, or mfactl outbox list"
    if email_code.is_test_address(email):
        remedy = f"In a test vault it gets no mail; its code is {email_code.TEST_CODE}."
    detail = "There is no code for that address in the outbox."
    raise failure(Code.RESOURCE_NOT_FOUND, detail, remedy)


def clear(c: Conversation) -> int:
    """Removes every message; how many there were."""
    return mail.clear(c.paths.outbox)
