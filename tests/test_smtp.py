"""Mail through a server: aiosmtpd with TLS and AUTH, and servers that misbehave."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from mfactl import smtp
from mfactl.config import Settings
from mfactl.errors import Code, MfactlError
from mfactl.mail import Letter, with_code
from tests.cli.program import NOW, PASSWORD, Program

USER, SECRET = "ada", "a password for the mail server"
CODE = "271828"


class Certificates(NamedTuple):
    """An authority of our own, and what it has signed."""

    authority: Path
    good: ssl.SSLContext
    for_another_host: ssl.SSLContext
    expired: ssl.SSLContext


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority_key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def signed(host: str, key: ec.EllipticCurvePrivateKey, until: timedelta, *, is_ca: bool) -> Any:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(host))
            .issuer_name(_name("mfactl tests"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + until)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(authority_key, hashes.SHA256())
        )

    def context(name: str, host: str, until: timedelta) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = signed(host, key, until, is_ca=False).public_bytes(Encoding.PEM)
        pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / name).write_bytes(pem)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(folder / name)
        return made

    ca = signed("mfactl tests", authority_key, timedelta(days=9), is_ca=True)
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    return Certificates(
        folder / "ca.pem",
        context("good.pem", "localhost", timedelta(days=9)),
        context("other.pem", "other.example", timedelta(days=9)),
        context("expired.pem", "localhost", timedelta(days=-1)),
    )


class Box:
    """Keeps what arrives. `refuses`: the answer to every recipient of that name."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refuses: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


def _authenticate(_server: SMTP, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    is_right = (data.login, data.password) == (USER.encode(), SECRET.encode())
    return AuthResult(success=is_right, handled=False)


class Server(Controller):
    """On whatever port is free, where the library wants to know it before."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def served(box: Box, **how: Any) -> Iterator[int]:
    """A server on a port of its own."""
    controller = Server(box, hostname="127.0.0.1", port=0, **how)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """The system believes our authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    return certificates


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "mail-password"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def settings(port: int, security: str = "none", **more: Any) -> Settings:
    return Settings(
        mail_transport="smtp",
        mail_host="localhost",
        mail_port=port,
        mail_security=security,
        mail_timeout=10,
        **more,
    )


LETTER = with_code(Letter("mfactl@example.com", "ada@example.com", "Test", NOW), CODE, 600)


def refusal_of(how: Settings, letter: Any = LETTER) -> str:
    with pytest.raises(MfactlError) as caught:
        smtp.deliver(how, letter)
    (refusal,) = caught.value.refusals
    assert refusal.code is Code.MAIL_UNDELIVERABLE
    assert SECRET not in str(refusal)
    return str(refusal.long_message)


def test_a_message_arrives_with_the_code_first(box: Box) -> None:
    with served(box) as port:
        smtp.deliver(settings(port), LETTER)
    (envelope,) = box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("mfactl@example.com", ["ada@example.com"])
    assert isinstance(envelope.content, bytes)
    read = message_from_bytes(envelope.content, policy=policy.default)
    assert read["Subject"].startswith(CODE)
    assert read.get_content_type() == "text/plain"
    assert str(read.get_content()).startswith(CODE)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see that TLS is there
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_password_goes_over_a_connection_that_is_encrypted(
    box: Box, trusted: Certificates, password_file: Path, security: str
) -> None:
    how: dict[str, Any] = {"authenticator": _authenticate, "auth_required": True}
    how |= {"ssl_context": trusted.good} if security == "tls" else {"tls_context": trusted.good}
    if security == "tls":
        how["auth_require_tls"] = False
    with served(box, **how) as port:
        user = {"mail_user": USER, "mail_password_file": str(password_file)}
        smtp.deliver(settings(port, security, **user), LETTER)
        assert len(box.envelopes) == 1

        password_file.write_text("another")
        told = refusal_of(settings(port, security, **user))
        assert told.endswith(f"localhost, port {port}: it refuses the user or password (535).")
        password_file.chmod(0o644)
        with pytest.raises(MfactlError) as caught:
            smtp.deliver(settings(port, security, **user), LETTER)
        assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS
        password_file.unlink()
        assert "There is no password file" in refusal_of(settings(port, security, **user))
    assert len(box.envelopes) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("which", ["for_another_host", "expired", "good"])
def test_a_certificate_that_is_not_good_gets_no_mail(
    box: Box,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    security: str,
    which: str,
) -> None:
    """The good one is not good where nobody has heard of its authority."""
    if which != "good":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    context = getattr(certificates, which)
    how = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with served(box, **how) as port:
        assert "its certificate is not good" in refusal_of(settings(port, security))
    assert box.envelopes == []


def test_a_server_without_encryption_gets_no_mail_where_that_is_asked_for(box: Box) -> None:
    with served(box) as port:
        assert "STARTTLS" in refusal_of(settings(port, "starttls"))
    assert box.envelopes == []


def test_an_address_that_the_server_refuses_is_told_in_its_words(box: Box) -> None:
    box.refuses = {"ada@example.com": "550 5.1.1 No such\x1b[31m user"}
    with served(box) as port:
        assert "it refuses the address: 550" in refusal_of(settings(port))
    assert box.envelopes == []


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(box: Box) -> None:
    letter = with_code(Letter("mfactl@example.com", "ädä@example.com", "Test", NOW), CODE, 600)
    with served(box, enable_SMTPUTF8=True) as port:
        smtp.deliver(settings(port), letter)
    assert box.envelopes[0].rcpt_tos == ["ädä@example.com"]
    with served(box, enable_SMTPUTF8=False) as port:
        refusal_of(settings(port), letter)
    assert len(box.envelopes) == 1


# --- servers that misbehave


@contextmanager
def answering(*answers: bytes | None) -> Iterator[int]:
    """A server that says something after each line, and closes at the end. None: nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
                for answer in answers:
                    if answer is None:
                        lines.read()  # until the other side has had enough
                        return
                    connection.sendall(answer)
                    lines.readline()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@contextmanager
def dripping(line: bytes) -> Iterator[int]:
    """A server that never comes to the end of its answer, and says a line of it now and then."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(0.1)
                while True:
                    with suppress(TimeoutError):
                        if connection.recv(1) == b"":
                            return
                    with suppress(OSError):
                        connection.sendall(line)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_server_that_hangs_is_left_after_the_time_that_is_set() -> None:
    with answering(None) as port:
        told = refusal_of(settings(port)._replace(mail_timeout=1))
    assert "it did not answer within 1 s" in told


def test_a_server_whose_answer_grows_slowly_is_left_after_the_time_that_is_set() -> None:
    with dripping(b"220-x\r\n") as port:
        told = refusal_of(settings(port)._replace(mail_timeout=1))
    assert "it did not answer within 1 s" in told


def test_a_server_whose_answer_has_no_end_is_left() -> None:
    with answering((b"220-" + b"x" * 1000 + b"\r\n") * 200) as port:
        told = refusal_of(settings(port))
    assert "its answer does not end" in told


@pytest.mark.parametrize("form", ["as it is", "in base64", "as it was sent"])
def test_a_server_that_repeats_the_password_is_not_repeated(password_file: Path, form: str) -> None:
    secret = {
        "as it is": SECRET,
        "in base64": b64encode(SECRET.encode()).decode(),
        "as it was sent": b64encode(f"\0{USER}\0{SECRET}".encode()).decode(),
    }[form]
    answers = (b"220 x\r\n", b"250-x\r\n250 AUTH PLAIN\r\n", b"235 ok\r\n")
    with answering(*answers, f"550 You are {secret}.\r\n".encode()) as port:
        login = {"mail_user": USER, "mail_password_file": str(password_file)}
        told = refusal_of(settings(port, **login))
    assert "it says: 550 You are ...." in told
    assert secret not in told


def test_a_password_that_cannot_be_sent_is_told_and_no_character_of_it(
    password_file: Path,
) -> None:
    password_file.write_text("pass\xe9word\n")
    login = {"mail_user": USER, "mail_password_file": str(password_file)}
    told = refusal_of(settings(25, **login))
    assert f"the password in {password_file} may have ASCII characters only" in told
    assert "\xe9" not in told
    assert "xe9" not in told


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (b"220 hello\r\n",),
        (b"220 hello\r\n", b"250 OK\r\n", b"250 OK\r\n"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n",),
        (b"421 busy\r\n",),
        (b"220 hello\r\n", b"x" * 9000 + b"\r\n"),
        (b"220 hello\r\n", b"\xff\xfe\r\n"),
    ],
)
def test_a_server_that_says_anything_else_is_told(answers: tuple[bytes, ...]) -> None:
    with answering(*answers) as port:
        told = refusal_of(settings(port))
    assert f"localhost, port {port}: " in told


def test_a_port_where_nobody_listens_and_a_host_that_is_none_are_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    assert "refused" in refusal_of(settings(port)).lower()
    refusal_of(settings(25)._replace(mail_host="no-such-host.invalid"))
    refusal_of(settings(25)._replace(mail_host="a" * 64 + ".example"))


# --- the commands


@pytest.fixture
def program(tmp_path: Path) -> Program:
    program = Program(tmp_path / "home").at(NOW)
    program.ask("vault", "init", "--test")
    return program


def test_a_sign_up_is_mailed_through_the_server(program: Program, box: Box) -> None:
    with served(box) as port:
        program.ask(
            "config", "set", "mail.host", "localhost", "mail.port", str(port),
            "mail.security", "none", "mail.transport", "smtp",
        )  # fmt: skip
        program.ask("signup", "ada@example.com", "--password-stdin", stdin=PASSWORD, status=3)
    (envelope,) = box.envelopes
    assert isinstance(envelope.content, bytes)
    code = message_from_bytes(envelope.content, policy=policy.default)["Subject"][:6]
    assert program.ask("outbox", "list")["total_count"] == 0
    program.ask("verify", code)


def test_a_sign_up_goes_on_at_once_when_the_server_is_back(program: Program, box: Box) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        dead = listener.getsockname()[1]
    words = ("mail.host", "localhost", "mail.security", "none", "mail.transport", "smtp")
    program.ask("config", "set", *words, "mail.port", str(dead))
    ended = program.here("signup", "ada@example.com", "--password-stdin", "--json", stdin=PASSWORD)
    assert (ended.status, ended.codes) == (11, ["mail_undeliverable"])
    assert "mfactl verify --resend" in ended.err
    with served(box) as port:
        program.ask("config", "set", "mail.port", str(port))
        program.ask("verify", "--resend", status=3)
    assert len(box.envelopes) == 1


def test_a_test_mail_shows_whether_mail_arrives_and_carries_no_code(
    program: Program, box: Box
) -> None:
    assert program.ask("config", "test-mail", "Ada@Example.com")["transport"] == "maildir"
    assert "no code" in program.here("outbox", "code", "ada@example.com").err
    with served(box) as port:
        words = ("mail.host", "localhost", "mail.security", "none", "mail.transport", "smtp")
        program.ask("config", "set", *words, "mail.port", str(port))
        told = program.here("config", "test-mail", "ada@example.com")
    assert (told.status, "through localhost" in told.out) == (0, True)
    assert len(box.envelopes) == 1
    assert program.here("config", "test-mail", "nobody").status == 2
