"""The outbox: mail that the embedded transport delivered, in a Maildir that any mail client reads.

Guarantees: a message is whole and on disk when `deliver` returns; nobody else can read it.
May import: mfactl.core.address, mfactl.files, mfactl.errors and the standard library's mail
modules.
"""

import email.message
import email.utils
import mailbox
import re
from email import policy
from pathlib import Path
from typing import NamedTuple

from mfactl import files
from mfactl.core import address
from mfactl.core.lockout import duration
from mfactl.errors import Code, MfactlError, Refusal, failure

_CODE = re.compile(r"\b[0-9]{6}\b")


class Message(NamedTuple):
    """One message of the outbox. `delivered_at` is Unix seconds by the clock of the sender."""

    id: str
    sender: str
    recipient: str
    subject: str
    body: str
    delivered_at: int

    def __repr__(self) -> str:
        return f"Message({self.id})"


class CodeMail(NamedTuple):
    """What goes into the message that carries a sign-up's code."""

    sender: str
    recipient: str
    issuer: str
    code: str
    lifetime: int
    now: int

    def __repr__(self) -> str:
        return f"CodeMail(to {self.recipient})"


def deliver(outbox: Path, mail: CodeMail) -> None:
    """Puts the message with the code into the outbox. Raises `mail_undeliverable`."""
    message = email.message.EmailMessage(policy=policy.default.clone(utf8=True))
    message["From"] = email.utils.formataddr((mail.issuer, mail.sender))
    message["To"] = mail.recipient
    message["Subject"] = f"{mail.code} is your {mail.issuer} code"
    message["Date"] = email.utils.formatdate(mail.now)
    message["Message-ID"] = email.utils.make_msgid(domain="mfactl.invalid")
    message.set_content(
        f"{mail.code} is your {mail.issuer} code.\n\n"
        f"It is good for {duration(mail.lifetime)} and for the sign-up that asked for it.\n"
        "If you did not sign up, you need do nothing: without the code no account is made.\n"
    )
    try:
        _make_folders(outbox)
        mailbox.Maildir(outbox, create=False).add(message.as_bytes())
    except MfactlError as error:
        raise _undeliverable(error.refusals[0].long_message) from None
    except OSError as error:
        raise _undeliverable(f"{outbox}: {error.strerror}.") from None


def _make_folders(outbox: Path) -> None:
    """`mailbox` makes these itself, but two processes that do it at once make one of them fail."""
    for folder in ("", "tmp", "new", "cur"):
        files.make_directory(outbox / folder)


def _undeliverable(reason: str) -> MfactlError:
    return failure(Code.MAIL_UNDELIVERABLE, f"The code could not be delivered. {reason}")


def read(outbox: Path) -> list[Message]:
    """Every message, the one delivered last first."""
    if not (outbox / "new").is_dir():
        return []
    files.check_directory(outbox)
    try:
        box = mailbox.Maildir(outbox, create=False)
        keys = sorted(box.keys(), key=lambda key: _delivered(outbox, box, key), reverse=True)
        return [_message(key, box.get_bytes(key)) for key in keys]
    except (OSError, KeyError) as error:
        raise failure(Code.IO_ERROR, f"Cannot read the outbox {outbox}: {error}.") from None


def _delivered(outbox: Path, box: mailbox.Maildir, key: str) -> tuple[int, str]:
    for folder in ("new", "cur"):
        for path in (outbox / folder).glob(f"{key}*"):
            return path.stat().st_mtime_ns, key
    return 0, key


def _message(key: str, data: bytes) -> Message:
    parsed = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, email.message.EmailMessage)
    body = parsed.get_body(("plain",))
    date = email.utils.parsedate_to_datetime(parsed["Date"]) if parsed["Date"] else None
    return Message(
        id=key,
        sender=email.utils.parseaddr(str(parsed["From"] or ""))[1],
        recipient=email.utils.parseaddr(str(parsed["To"] or ""))[1],
        subject=str(parsed["Subject"] or ""),
        body=body.get_content() if body is not None else "",
        delivered_at=int(date.timestamp()) if date is not None else 0,
    )


def to_address(messages: list[Message], wanted: str) -> list[Message]:
    """The messages to one address, however it was spelled."""
    parsed = address.parse(wanted)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    found = []
    for message in messages:
        recipient = address.parse(message.recipient)
        if not isinstance(recipient, Refusal) and recipient.key == parsed.key:
            found.append(message)
    return found


def code_in(message: Message) -> str | None:
    """The code that a message carries."""
    found = _CODE.search(message.subject)
    return None if found is None else found.group()


def clear(outbox: Path) -> int:
    """Removes every message; how many there were."""
    messages = read(outbox)
    if messages:
        box = mailbox.Maildir(outbox, create=False)
        for message in messages:
            box.discard(message.id)
    return len(messages)
