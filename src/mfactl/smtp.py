"""Mail through a server that the configuration names.

Guarantees: certificates are checked wherever there are any; the password goes over a connection
that others cannot read, or to this machine; no answer may take longer than it is told, or more
than a few lines; what the server says is told, and never the password.
May import: mfactl.config, mfactl.files, mfactl.mail and smtplib (20 ms: only what
sends mail imports this).
"""

import base64
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Timer
from typing import Any

from mfactl import files
from mfactl.config import PORTS, Settings
from mfactl.mail import undeliverable
from mfactl.named_tuple import NamedTuple

MOST_LINES = 100  # of one answer


class _Login(NamedTuple):
    """What the server is told of who we are."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "_Login(...)"

    def without(self, text: str) -> str:
        """What the server says, which knows the password by now, without it."""
        plain = base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode()
        encoded = base64.b64encode(self.password.encode()).decode()
        for secret in (plain, encoded, self.password):
            text = text.replace(secret, "...")
        return text


class _Lines:
    """The lines of a server's answer: so many, and no more."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = MOST_LINES

    def readline(self, most: int) -> bytes:
        """One line of at most so many bytes."""
        self.left -= 1
        if self.left < 0:
            raise OSError("its answer does not end")
        return bytes(self._file.readline(most))

    def close(self) -> None:
        """Closes the file under it."""
        self._file.close()


class _Server(smtplib.SMTP):
    """A server that is not waited for without end, nor for each of its bytes anew."""

    def getreply(self) -> tuple[int, bytes]:
        """One answer. The library's own would take any number of lines, for any time."""
        connection = self.sock
        assert connection is not None
        if self.file is None:
            self.file = _Lines(connection.makefile("rb"))
        self.file.left = MOST_LINES
        too_late = Event()

        def hang_up() -> None:
            too_late.set()
            with suppress(OSError):  # it is closed by now
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        watch = Timer(self.timeout, hang_up)
        watch.daemon = True
        watch.start()
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected:
            if too_late.is_set():
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()


class _ServerOfTls(_Server, smtplib.SMTP_SSL):
    """The same, over TLS from the first byte on."""


def deliver(settings: Settings, message: EmailMessage) -> None:
    """Hands a message to the server. Raises `mail_undeliverable`."""
    assert settings.mail_host is not None  # with this transport the configuration has one
    port = settings.mail_port or PORTS[settings.mail_security]
    login = None if settings.mail_user is None else _login(settings, settings.mail_user)
    try:
        with _connected(settings, settings.mail_host, port) as server:
            if login is not None:
                server.login(*login)
            server.send_message(message)
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        reason = _reason(error, settings)
        if login is not None:
            reason = login.without(reason)
        raise undeliverable(f"{settings.mail_host}, port {port}: {reason}.") from None


def _reason(error: Exception, settings: Settings) -> str:
    """What the server said, or why it said nothing."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"it refuses the user or password ({error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            ((code, text),) = error.recipients.values()
            return f"it refuses the address: {_said(code, text)}"
        case smtplib.SMTPResponseException():
            return f"it says: {_said(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPServerDisconnected() if "does not end" in str(error):
            return "its answer does not end"
        case smtplib.SMTPServerDisconnected() if "timed out" not in str(error):
            return "it closed the connection"
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            return f"it did not answer within {settings.mail_timeout} s"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good: {error.verify_message}"
        case OSError(strerror=str(text)):
            return text
        case _:  # also a UnicodeError, of a host that no name can be
            return str(error).rstrip(".") or type(error).__name__


@contextmanager
def _connected(settings: Settings, host: str, port: int) -> Iterator[smtplib.SMTP]:
    """A connection as safe as it was asked to be. What it says at its end counts for nothing."""
    context = ssl.create_default_context()
    timeout = settings.mail_timeout
    if settings.mail_security == "tls":
        server: _Server = _ServerOfTls(host, port, timeout=timeout, context=context)
    else:
        server = _Server(host, port, timeout=timeout)
    try:
        if settings.mail_security == "starttls":
            server.starttls(context=context)
        yield server
        with suppress(smtplib.SMTPException, OSError):  # it has taken the message
            server.quit()
    finally:
        server.close()


def _login(settings: Settings, user: str) -> _Login:
    assert settings.mail_password_file is not None  # the two go together
    path = Path(settings.mail_password_file)
    data = files.read_private(path)
    if data is None:
        raise undeliverable(f"There is no password file {path}.")
    try:
        login = _Login(user, data.decode("ascii").removesuffix("\n"))
        user.encode("ascii")
    except UnicodeError:  # which would tell a character of it
        detail = f"mail.user and the password in {path} may have ASCII characters only."
        raise undeliverable(detail) from None
    if not login.password:
        raise undeliverable(f"The password file {path} is empty.")
    return login


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:300]
