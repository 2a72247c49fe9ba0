"""The outbox: mail that the embedded transport delivered, in a Maildir that any mail client reads.

Guarantees: a message is whole and on disk when `deliver` returns; nobody else can read it.
May import: mfactl.core, mfactl.files, mfactl.errors and the standard library's mail
modules.
"""

import email.message
import email.utils
import mailbox
import os
import re
import stat
from contextlib import suppress
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
    if [each.addr_spec for each in message["To"].addresses] != [mail.recipient]:
        raise _undeliverable("A mail header cannot carry this address as it is.")
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
        files.sync_directory(outbox / "new")  # the library syncs the message, not its name
    except MfactlError as error:
        raise _undeliverable(error.refusals[0].long_message) from None
    except OSError as error:
        _remove_unfinished(outbox)
        raise _undeliverable(f"{outbox}: {error.strerror}.") from None


def _remove_unfinished(outbox: Path) -> None:
    """The library leaves behind what it could not finish; this process's number is in its name."""
    with suppress(OSError):
        for path in (outbox / "tmp").glob(f"*P{os.getpid()}Q*"):
            path.unlink()


def _make_folders(outbox: Path) -> None:
    """`mailbox` makes these itself, but two processes that do it at once make one of them fail."""
    for folder in ("", "tmp", "new", "cur"):
        files.make_directory(outbox / folder)
        if folder:
            _check_folder(outbox / folder)


def _undeliverable(reason: str) -> MfactlError:
    return failure(Code.MAIL_UNDELIVERABLE, f"The code could not be delivered. {reason}")


def read(outbox: Path) -> list[Message]:
    """Every message, the one delivered last first. What is no file of ours is passed over."""
    if not os.path.lexists(outbox):
        return []
    files.check_directory(outbox)
    found = []
    try:
        for folder in ("new", "cur"):
            if not os.path.lexists(outbox / folder):  # whoever was making it may have been killed
                continue
            _check_folder(outbox / folder)
            for path in (outbox / folder).iterdir():
                with suppress(FileNotFoundError):  # cleared meanwhile
                    state = path.lstat()
                    if stat.S_ISREG(state.st_mode) and not path.name.startswith("."):
                        found.append((state.st_mtime_ns, path.name, _message(path)))
        return [message for _, _, message in sorted(found, reverse=True)]
    except OSError as error:
        raise files.io_error(error, f"read the outbox {outbox}") from None


def _check_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise files.unsafe(f"{folder} is a symbolic link, not a directory.")
    files.check_directory(folder)


def _message(path: Path) -> Message:
    """The message in a file. Another program's may be broken: what cannot be read is empty."""
    data = path.read_bytes()
    try:
        parsed: email.message.Message = email.message_from_bytes(data, policy=policy.default)
    except Exception:  # the library fails in many ways on headers that are none
        parsed = email.message.EmailMessage()
    return Message(
        id=path.name.partition(":")[0],
        sender=email.utils.parseaddr(_header(parsed, "From"))[1],
        recipient=email.utils.parseaddr(_header(parsed, "To"))[1],
        subject=_header(parsed, "Subject"),
        body=_body(parsed),
        delivered_at=_date(_header(parsed, "Date")),
    )


def _header(parsed: email.message.Message, name: str) -> str:
    try:
        return str(parsed[name] or "")
    except Exception:  # the library fails in many ways on headers that are none
        return ""


def _date(text: str) -> int:
    try:
        return max(int(email.utils.parsedate_to_datetime(text).timestamp()), 0)
    except (ValueError, OverflowError, TypeError):
        return 0


def _body(parsed: email.message.Message) -> str:
    try:
        for part in parsed.walk():
            if part.get_content_type() == "text/plain":
                data = part.get_payload(decode=True)
                if isinstance(data, bytes):
                    return data.decode("utf-8", "replace")
    except Exception:  # the library fails in many ways on headers that are none
        return ""
    return ""


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
