"""Mail, and the outbox: a Maildir that any mail client reads, where nothing else is configured.

Guarantees: a message is whole and on disk when `deliver` returns; nobody else can read it.
May import: mfactl.core, mfactl.files, mfactl.errors and the standard library's mail
modules.
"""

import email.utils
import mailbox
import os
import re
import stat
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.message import Message as AnyMessage
from pathlib import Path

from mfactl import files
from mfactl.core import address
from mfactl.core.lockout import duration
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple

_CODE = re.compile(r"[0-9]{6}\b")  # at the beginning: an issuer may have digits too


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


class Letter(NamedTuple):
    """Who writes to whom, and when (Unix seconds). `issuer` is the sender's name."""

    sender: str
    recipient: str
    issuer: str
    now: int


def with_code(letter: Letter, code: str, lifetime: int) -> EmailMessage:
    """The message with a sign-up's code, which is good for `lifetime` seconds."""
    return _message_of(
        letter,
        f"{code} is your {letter.issuer} code",
        f"{code} is your {letter.issuer} code.\n\n"
        f"It is good for {duration(lifetime)} and for the sign-up that asked for it.\n"
        "If you did not sign up, you need do nothing: without the code no account is made.\n",
    )


def without_code(letter: Letter) -> EmailMessage:
    """A message to see whether mail arrives."""
    return _message_of(
        letter,
        f"A test of {letter.issuer}'s mail",
        "Mail arrives: the settings are right.\n\nNobody signed up; there is nothing to do.\n",
    )


def _message_of(letter: Letter, subject: str, text: str) -> EmailMessage:
    message = EmailMessage(policy=policy.default.clone(utf8=True))
    message["From"] = email.utils.formataddr((letter.issuer, letter.sender))
    message["To"] = letter.recipient
    if [each.addr_spec for each in message["To"].addresses] != [letter.recipient]:
        raise undeliverable("A mail header cannot carry this address as it is.")
    message["Subject"] = subject
    message["Date"] = email.utils.formatdate(letter.now)
    message["Message-ID"] = email.utils.make_msgid(domain="mfactl.invalid")
    message.set_content(text)
    return message


def deliver(outbox: Path, message: EmailMessage) -> None:
    """Puts a message into the outbox. Raises `mail_undeliverable`."""
    try:
        _make_folders(outbox)
        mailbox.Maildir(outbox, create=False).add(message.as_bytes())
        files.sync_directory(outbox / "new")  # the library syncs the message, not its name
    except MfactlError as error:
        raise undeliverable(error.refusals[0].long_message) from None
    except OSError as error:
        _remove_unfinished(outbox)
        raise undeliverable(f"{outbox}: {error.strerror}.") from None


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


def undeliverable(reason: str) -> MfactlError:
    """The refusal of a message that did not get where it was to go."""
    return failure(Code.MAIL_UNDELIVERABLE, f"The mail could not be delivered. {reason}")


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
        parsed: AnyMessage = email.message_from_bytes(data, policy=policy.default)
    except Exception:  # the library fails in many ways on headers that are none
        parsed = EmailMessage()
    return Message(
        id=path.name.partition(":")[0],
        sender=email.utils.parseaddr(_header(parsed, "From"))[1],
        recipient=email.utils.parseaddr(_header(parsed, "To"))[1],
        subject=_header(parsed, "Subject"),
        body=_body(parsed),
        delivered_at=_date(_header(parsed, "Date")),
    )


def _header(parsed: AnyMessage, name: str) -> str:
    try:
        return str(parsed[name] or "")
    except Exception:  # the library fails in many ways on headers that are none
        return ""


def _date(text: str) -> int:
    try:
        return max(int(email.utils.parsedate_to_datetime(text).timestamp()), 0)
    except (ValueError, OverflowError, TypeError):
        return 0


def _body(parsed: AnyMessage) -> str:
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
    found = _CODE.match(message.subject)
    return None if found is None else found.group()


def clear(outbox: Path) -> int:
    """Removes every message; how many there were."""
    messages = read(outbox)
    if messages:
        box = mailbox.Maildir(outbox, create=False)
        for message in messages:
            box.discard(message.id)
    return len(messages)
