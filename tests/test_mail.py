"""The outbox, read back with the standard library's own mailbox."""

import email.message
import mailbox
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import policy
from pathlib import Path

import pytest

from mfactl import mail
from mfactl.errors import Code, MfactlError
from mfactl.mail import Letter, Message

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
ADA = Letter("mfactl@localhost", "ada@example.com", "mfactl", NOW)
CODE = "271828"


def deliver(outbox: Path, letter: Letter = ADA, code: str = CODE) -> None:
    mail.deliver(outbox, mail.with_code(letter, code, 600))


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture(autouse=True)
def _private() -> Iterator[None]:
    """As the program runs."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def read_back(outbox: Path) -> list[email.message.EmailMessage]:
    """Every message as another mail client reads it."""
    box = mailbox.Maildir(outbox, create=False)
    found = []
    for key in box.iterkeys():
        # RFC 6532: headers are UTF-8, which `message_from_bytes` takes for broken ASCII.
        message = email.message_from_string(box.get_bytes(key).decode(), policy=policy.default)
        assert isinstance(message, email.message.EmailMessage)
        assert not message.defects
        found.append(message)
    return found


def drop(outbox: Path, data: bytes, name: str = "1.foreign.host") -> None:
    """Puts a message there that another program made."""
    for folder in ("new", "cur", "tmp"):
        (outbox / folder).mkdir(parents=True, exist_ok=True)
    (outbox / "new" / name).write_bytes(data)


# --- delivering


def test_any_mail_client_reads_the_message(outbox: Path) -> None:
    deliver(outbox, ADA)
    (message,) = read_back(outbox)
    assert message["From"] == "mfactl <mfactl@localhost>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "271828 is your mfactl code"
    assert message["Date"].datetime.timestamp() == NOW
    assert message["Message-ID"].endswith("@mfactl.invalid>")
    body = message.get_content()
    assert "271828" in body
    assert "10 minutes" in body


def test_what_any_mail_client_reads_is_what_mfactl_reads(outbox: Path) -> None:
    deliver(outbox, ADA)
    (message,) = mail.read(outbox)
    (key,) = mailbox.Maildir(outbox, create=False).keys()
    assert message.id == key
    assert (message.sender, message.recipient) == ("mfactl@localhost", "ada@example.com")
    assert message.subject == "271828 is your mfactl code"
    assert message.delivered_at == NOW
    assert message.body == read_back(outbox)[0].get_content()
    assert mail.code_in(message) == "271828"


def test_letters_beyond_ascii_arrive(outbox: Path) -> None:
    deliver(outbox, ADA._replace(recipient="дарья@почта.рф", issuer="Müller & Co"))
    (sent,) = read_back(outbox)
    assert sent["To"].addresses[0].addr_spec == "дарья@почта.рф"
    assert sent["From"].addresses[0].display_name == "Müller & Co"
    (message,) = mail.read(outbox)
    # ascii: what is wrong here may have surrogates, which no test report can carry
    assert ascii(message.recipient) == ascii("дарья@почта.рф")
    assert ascii(message.subject) == ascii("271828 is your Müller & Co code")
    assert len(mail.to_address([message], "дарья@почта.рф")) == 1


def test_an_issuer_of_digits_is_not_taken_for_the_code(outbox: Path) -> None:
    deliver(outbox, ADA._replace(issuer="123456"))
    (message,) = mail.read(outbox)
    assert mail.code_in(message) == "271828"


def test_nobody_else_can_read_a_message(outbox: Path) -> None:
    deliver(outbox, ADA)
    assert {path.stat().st_mode & 0o777 for path in [outbox, *outbox.iterdir()]} == {0o700}
    (message,) = (outbox / "new").iterdir()
    assert message.stat().st_mode & 0o777 == 0o600
    assert list((outbox / "tmp").iterdir()) == []


def test_eight_that_deliver_at_once_into_no_outbox_all_deliver(outbox: Path) -> None:
    codes = [f"{place}00000" for place in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda code: deliver(outbox, code=code), codes))
    assert sorted(str(mail.code_in(message)) for message in mail.read(outbox)) == codes


def test_an_outbox_may_be_a_link_to_a_directory_of_ours(outbox: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    outbox.symlink_to(tmp_path / "elsewhere")
    deliver(outbox, ADA)
    assert len(mail.read(outbox)) == len(list((tmp_path / "elsewhere" / "new").iterdir())) == 1


@pytest.mark.parametrize("folder", [".", "new", "tmp", "cur"])
def test_an_outbox_where_others_write_gets_no_code(outbox: Path, folder: str) -> None:
    for each in ("new", "tmp", "cur"):
        (outbox / each).mkdir(parents=True)
    (outbox / folder).chmod(0o777)
    with pytest.raises(MfactlError) as caught:
        deliver(outbox, ADA)
    assert caught.value.refusals[0].code is Code.MAIL_UNDELIVERABLE
    assert not [path for path in outbox.rglob("*") if path.is_file()]


def test_a_link_into_a_directory_where_others_write_gets_no_code(
    outbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    outbox.symlink_to(tmp_path / "shared")
    with pytest.raises(MfactlError) as caught:
        deliver(outbox, ADA)
    assert caught.value.refusals[0].code is Code.MAIL_UNDELIVERABLE


@pytest.mark.parametrize("folder", [".", "new", "tmp"])
def test_an_outbox_that_is_a_file_is_undeliverable_and_says_which(
    outbox: Path, folder: str
) -> None:
    if folder != ".":
        outbox.mkdir()
    (outbox / folder).touch()
    with pytest.raises(MfactlError) as caught:
        deliver(outbox, ADA)
    (refusal,) = caught.value.refusals
    assert refusal.code is Code.MAIL_UNDELIVERABLE
    assert str(outbox / folder) in refusal.long_message
    assert "verify --resend" in refusal.next_step


# --- reading


def test_no_outbox_is_an_empty_one_and_stays_away(outbox: Path) -> None:
    assert mail.read(outbox) == []
    assert mail.clear(outbox) == 0
    assert not outbox.exists()


def test_the_message_delivered_last_comes_first(outbox: Path) -> None:
    for place, code in enumerate(("111111", "222222", "333333")):
        deliver(outbox, code=code)
        newest = next(path for path in (outbox / "new").iterdir() if code in path.read_text())
        os.utime(newest, ns=(place, place))  # two clocks may stand still between two messages
    assert [mail.code_in(message) for message in mail.read(outbox)] == [
        "333333",
        "222222",
        "111111",
    ]


def test_reading_changes_nothing(outbox: Path) -> None:
    deliver(outbox, ADA)
    before = sorted(outbox.rglob("*"))
    mail.read(outbox)
    assert sorted(outbox.rglob("*")) == before


def test_a_message_that_another_client_has_seen_is_still_there(outbox: Path) -> None:
    deliver(outbox, ADA)
    (delivered,) = (outbox / "new").iterdir()
    delivered.rename(outbox / "cur" / f"{delivered.name}:2,S")
    (message,) = mail.read(outbox)
    assert mail.code_in(message) == "271828"
    assert mail.clear(outbox) == 1
    assert mail.read(outbox) == []


def test_a_code_is_found_by_address_however_it_is_spelled(outbox: Path) -> None:
    deliver(outbox, ADA)
    deliver(outbox, ADA._replace(recipient="eve@bücher.example"), "314159")
    messages = mail.read(outbox)
    for spelled in ("ada@example.com", "ADA@Example.COM", " ada@example.com "):
        (found,) = mail.to_address(messages, spelled)
        assert mail.code_in(found) == "271828"
    (found,) = mail.to_address(messages, "eve@xn--bcher-kva.example")
    assert mail.code_in(found) == "314159"
    assert mail.to_address(messages, "ada+tag@example.com") == []


def test_what_is_no_address_is_refused(outbox: Path) -> None:
    with pytest.raises(MfactlError) as caught:
        mail.to_address(mail.read(outbox), "nobody")
    assert caught.value.refusals[0].code is Code.PARAM_FORMAT_INVALID


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("271828 is your code", "271828"),
        ("Acme 271828 is your code", None),
        ("1234567 things", None),
        ("12345", None),
        ("１２３４５６", None),
        ("", None),
    ],
)
def test_a_code_is_six_digits_on_their_own_at_the_beginning(subject: str, code: str | None) -> None:
    assert mail.code_in(Message("1", "", "", subject, "", 0)) == code


FOREIGN = {
    "nothing": b"",
    "no headers": b"\n\nhello\n",
    "random bytes": bytes(range(256)) * 4,
    "no date": b"From: a@b.c\nTo: ada@example.com\nSubject: x\n\nhello\n",
    "a date that is none": b"To: ada@example.com\nDate: yesterday at noon\n\nhello\n",
    "a date that no calendar has": b"To: ada@example.com\nDate: 99 Foo 99999 99:99:99 +9999\n\nx\n",
    "a date beyond time": b"To: ada@example.com\nDate: Fri, 31 Dec 9999 23:59:59 -2300\n\nx\n",
    "an unknown character set": (
        b"To: ada@example.com\nContent-Type: text/plain; charset=klingon\n\n\xff\xfe\n"
    ),
    "bytes that are not of their character set": (
        b"To: ada@example.com\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe\n"
    ),
    "an unknown encoding": (
        b"To: ada@example.com\nContent-Transfer-Encoding: rot13\n"
        b"Content-Type: text/plain\n\nuryyb\n"
    ),
    "HTML alone": b"To: ada@example.com\nContent-Type: text/html\n\n<b>hello</b>\n",
    "parts without an end": (
        b"To: ada@example.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n"
    ),
    "parts without a boundary": b"To: ada@example.com\nContent-Type: multipart/mixed\n\nhello\n",
    "an address that is none": b"To: <<>>,@,:;\nFrom: =?utf-8?q?=\n\nhello\n",
    "a sender in no character set": b"From: =?klingon?q?=FF?= <a@b.c>\nTo: \xff\n\nhello\n",
    "a recipient of many": b"To: a@b.c, ada@example.com, friends: x@y.z;\n\nhello\n",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_message_of_another_program_hides_no_other(outbox: Path, what: str) -> None:
    deliver(outbox, ADA)
    drop(outbox, FOREIGN[what])
    messages = mail.read(outbox)
    assert len(messages) == 2
    assert "271828" in {mail.code_in(message) for message in messages}
    mail.to_address(messages, "ada@example.com")
    assert mail.clear(outbox) == 2


def test_an_outbox_that_others_could_fill_is_not_read(outbox: Path) -> None:
    deliver(outbox, ADA)
    outbox.chmod(0o777)
    with pytest.raises(MfactlError) as caught:
        mail.read(outbox)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS


def test_a_message_shows_no_code_when_it_is_logged(outbox: Path) -> None:
    deliver(outbox, ADA)
    assert "271828" not in f"{ADA!r} {mail.read(outbox)!r}"


def test_the_text_of_a_message_in_parts_is_found(outbox: Path) -> None:
    message = email.message.EmailMessage()
    message["To"] = "eve@example.com"
    message["Subject"] = "in parts"
    message.set_content("the text\n")
    message.add_alternative("<p>the page</p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream")
    mailbox.Maildir(outbox).add(message)
    (found,) = mail.read(outbox)
    assert found.body == "the text\n"


def test_a_message_without_a_text_has_an_empty_body(outbox: Path) -> None:
    message = email.message.EmailMessage()
    message["To"] = "eve@example.com"
    message.set_content("<p>the page</p>", subtype="html")
    mailbox.Maildir(outbox).add(message)
    (found,) = mail.read(outbox)
    assert (found.body, found.delivered_at) == ("", 0)


def test_what_is_no_file_in_the_outbox_is_passed_over(outbox: Path, tmp_path: Path) -> None:
    mailbox.Maildir(outbox)
    (tmp_path / "elsewhere").write_text("To: eve@example.com\n\nnot ours\n")
    (outbox / "new" / "link").symlink_to(tmp_path / "elsewhere")
    (outbox / "new" / "directory").mkdir()
    os.mkfifo(outbox / "new" / "fifo")
    (outbox / "cur" / ".hidden").write_text("")
    assert mail.read(outbox) == []


def test_a_folder_of_the_outbox_that_is_a_link_is_refused(outbox: Path, tmp_path: Path) -> None:
    mailbox.Maildir(outbox)
    (outbox / "new").rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (outbox / "new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MfactlError) as caught:
        mail.read(outbox)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS


def test_an_address_that_a_header_would_turn_into_another_gets_no_code(outbox: Path) -> None:
    with pytest.raises(MfactlError) as caught:
        deliver(outbox, ADA._replace(recipient="=?utf-8?q?bob?=@example.com"))
    assert caught.value.refusals[0].code is Code.MAIL_UNDELIVERABLE
    assert mail.read(outbox) == []
