"""Mail through a server that the configuration names.

Guarantees: certificates are checked wherever there are any; the password goes over a connection
that others cannot read, or to this machine; no step waits longer than it is told; what the server
says is told, and never the password.
May import: mfactl.config, mfactl.files, mfactl.mail, mfactl.errors and smtplib (20 ms: only what
sends mail imports this).
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

from mfactl import files
from mfactl.config import PORTS, Settings
from mfactl.mail import undeliverable


def deliver(settings: Settings, message: EmailMessage) -> None:
    """Hands a message to the server. Raises `mail_undeliverable`."""
    assert settings.mail_host is not None  # with this transport the configuration has one
    port = settings.mail_port or PORTS[settings.mail_security]
    try:
        with _connected(settings, settings.mail_host, port) as server:
            if settings.mail_user is not None:
                server.login(settings.mail_user, _password(settings))
            server.send_message(message)
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        where = f"{settings.mail_host}, port {port}"
        raise undeliverable(f"{where}: {_reason(error, settings)}.") from None


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
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if settings.mail_security == "starttls":
            server.starttls(context=context)
        yield server
        with suppress(smtplib.SMTPException, OSError):  # it has taken the message
            server.quit()
    finally:
        server.close()


def _password(settings: Settings) -> str:
    assert settings.mail_password_file is not None  # the two go together
    path = Path(settings.mail_password_file)
    data = files.read_private(path)
    if data is None:
        raise undeliverable(f"There is no password file {path}.")
    try:
        return data.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise undeliverable(f"The password file {path} is not text in UTF-8.") from None


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:300]
