"""Text that a terminal, a mail reader or an authenticator app would obey.

Terminal escapes: gh CVE-2026-45803, croc GHSA-364c-vvqx-446c, gurk GHSA-89xp-c3mq-qj84. Parameters
that are smuggled into an `otpauth://` URI through the issuer or the address.

`tests/cli/test_bad_input.py` has an escape in every argument; here are all kinds of them, and the
ways in that are no argument: names of files, the configuration, mail that others wrote.
"""

import json
import unicodedata
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from mfactl.cli.qr import Style
from tests.attacks.scene import (
    NOT_ITS_SHAPE,
    UNSAFE,
    Answer,
    apps_reading_of,
    client_file,
    code_of,
    sign_in,
    told,
)
from tests.cli.test_qr import DARK, read
from tests.support.runner import ADA, PASSWORD, START, Kept, Result, Shell

HOSTILE = {
    "a colour": "\x1b[31m",
    "a title": "\x1b]0;owned\x07",
    "a link (OSC 8)": "\x1b]8;;x:evil\x1b\\",
    "the clipboard (OSC 52)": "\x1b]52;c;b3duZWQ=\x07",
    "a reset": "\x1bc",
    "a C1 sequence": "\x9b31m",
    "a C1 string": "\x9d52;c;b3duZWQ=\x9c",
    "a carriage return": "\rmfactl: all is well",
    "a backspace": "\x08\x08\x08",
    "a delete": "\x7f",
    "a right-to-left override": "\u202etxt.exe",
    "an isolate": "\u2066x\u2069",
    "a line separator": "\u2028mfactl: all is well",
    "a zero-width space": "\u200b",
    "a soft hyphen": "\u00ad",
    "a tag character": "\U000e0041",
    "Rich markup": "[bold red]x",
}
MARKUP = {"Rich markup"}  # is text like any other: the program has no Rich to obey it
ALL = pytest.mark.parametrize("what", HOSTILE)


def assert_harmless(result: Result) -> None:
    """Nothing that was printed moves a cursor, hides a letter or turns a line around."""
    for printed in (result.stdout, result.stderr):
        obeyed = [
            char
            for char in printed.replace("\n", "")
            if unicodedata.category(char).startswith("C") or char in "\u2028\u2029"
        ]
        assert obeyed == []


def escaped(text: str) -> str:
    """How it is shown to people."""
    return "".join(
        char
        if not unicodedata.category(char).startswith(("C", "Zl", "Zp"))
        else char.encode("unicode_escape").decode()
        for char in text
    )


# --- what is typed


@ALL
def test_no_address_has_any_of_it(beginner: Shell, what: str) -> None:
    beginner.run("signout", expect=0)
    for email in (f"ada{HOSTILE[what]}@example.com", f"ada@exa{HOSTILE[what]}mple.com"):
        for words in (
            ("signin", email, "--password-stdin"),
            ("signup", email, "--password-stdin"),
            ("outbox", "code", email),
            ("outbox", "show", email),
        ):
            assert_harmless(beginner.run(*words, stdin=PASSWORD, expect=2))
            assert told(beginner, *words, stdin=PASSWORD) == NOT_ITS_SHAPE


# --- names of files


@ALL
def test_a_name_of_a_file_is_shown_with_its_escapes(tmp_path: Path, what: str) -> None:
    name = f"a{HOSTILE[what]}b"
    shell = Shell(tmp_path, clock=START)
    shell.home = tmp_path / name
    shell.environ["MFACTL_KEY_FILE"] = str(shell.home / f"key{name}")
    shell.environ["MFACTL_CLIENT"] = str(shell.home / f"client{name}")
    vault = str(shell.home / f"vault{name}")
    made = shell.run("--vault", vault, "vault", "init", "--test", expect=0)
    page = shell.run("--vault", vault, "vault", "status", expect=0)
    for result in (made, page):
        assert_harmless(result)
        assert escaped(vault) in result.stdout
        assert escaped(shell.environ["MFACTL_KEY_FILE"]) in result.stdout
    assert escaped(shell.environ["MFACTL_CLIENT"]) in page.stdout

    document = shell.run("--json", "--vault", vault, "vault", "status", expect=0).document
    assert (document["path"], document["key_file"]) == (vault, shell.environ["MFACTL_KEY_FILE"])
    bare = shell.run("--vault", vault, "--field", "path", "vault", "status", expect=0)
    assert bare.stdout == escaped(vault) + "\n"


@ALL
def test_an_error_about_a_file_shows_its_name_with_its_escapes(tmp_path: Path, what: str) -> None:
    shell = Shell(tmp_path, clock=START)
    shell.init()
    name = f"a{HOSTILE[what]}b"
    directory = tmp_path / f"{name}.d"
    directory.mkdir()
    for variable, words in (
        ("MFACTL_VAULT", ("vault", "status")),
        ("MFACTL_KEY_FILE", ("vault", "status")),
        ("MFACTL_CONFIG", ("account", "show")),
        ("MFACTL_CLIENT", ("account", "show")),
        ("MFACTL_PASSPHRASE_FILE", ("vault", "status")),
    ):
        shell.environ = {variable: str(directory)}
        result = shell.run(*words, expect=11)
        assert_harmless(result)
        assert escaped(str(directory)) in result.stderr
        assert told(shell, *words) == UNSAFE
    shell.environ = {}
    result = shell.run("signin", ADA, "--password-file", str(directory), expect=11)
    assert escaped(str(directory)) in result.stderr
    assert_harmless(result)


# --- the configuration


def test_no_setting_has_any_of_it(beginner: Shell) -> None:
    for what in HOSTILE.keys() - MARKUP:
        for setting in ("issuer", "mail.sender"):
            text = f'{setting} = "a{quoted(HOSTILE[what])}b"'
            (beginner.home / "config.toml").write_text(text)
            assert_harmless(beginner.run("account", "show", expect=10))
            assert told(beginner, "mfa", "add") == Answer(10, "config_invalid")


def test_a_name_of_a_setting_is_shown_with_its_escapes(beginner: Shell) -> None:
    for hostile in HOSTILE.values():
        (beginner.home / "config.toml").write_text(f'"a{quoted(hostile)}b" = 1')
        result = beginner.run("account", "show", expect=10)
        assert_harmless(result)
        assert f"there is no setting {escaped(f'a{hostile}b')}." in result.stderr


def quoted(text: str) -> str:
    """A text as TOML spells it: JSON's escapes, but for characters that are two of those."""
    return "".join(json.dumps(char)[1:-1] if char <= "\uffff" else char for char in text)


def test_markup_in_the_issuer_is_text_everywhere(beginner: Shell) -> None:
    issuer = "[bold red]Bank[/]"
    (beginner.home / "config.toml").write_text(f'issuer = "{issuer}"\n')
    uri = beginner.run("mfa", "add", "--format", "uri", expect=0).stdout.strip()
    assert apps_reading_of(uri).issuer == issuer
    beginner.run("signout", expect=0)
    beginner.start_sign_up("grace@example.com")
    assert issuer in beginner.run("outbox", "list", expect=0).stdout


# --- mail that others wrote


PARTS = ("From", "To", "Subject", "body", "id")


def deliver(shell: Shell, **parts: str) -> Path:
    """What another mail program puts into the outbox; the folder that it lies in."""
    box = shell.home / "outbox"
    for folder in ("new", "cur", "tmp"):
        (box / folder).mkdir(parents=True, exist_ok=True)
    headers = "".join(f"{name}: {parts[name]}\n" for name in ("From", "To", "Subject"))
    (box / "new" / parts["id"]).write_text(f"{headers}\n{parts['body']}\n", newline="")
    return box / "new"


@ALL
def test_mail_of_others_is_shown_with_its_escapes(shell: Shell, what: str) -> None:
    """Any mail program may deliver to a Maildir, and the outbox is one."""
    for place in PARTS:
        parts = dict.fromkeys(PARTS, "x@example.com") | {place: f"a{HOSTILE[what]}b"}
        new = deliver(shell, **parts)
        for words in (("list",), ("show",), ("show", "--field", "body")):
            result = shell.run("outbox", *words, expect=0)
            assert_harmless(result)
            assert what in MARKUP or HOSTILE[what] not in result.stdout
        shell.run("outbox", "clear", expect=0)
        assert list(new.iterdir()) == []


def test_a_document_of_such_mail_says_what_it_is_in_escapes(shell: Shell) -> None:
    for hostile in HOSTILE.values():
        body = f"a{hostile}b"
        deliver(shell, **dict.fromkeys(PARTS, "x@example.com") | {"body": body, "id": "1"})
        shown = shell.run("outbox", "show", "--json", expect=0)
        assert shown.stdout.isascii()
        assert shown.document["body"] == f"{body}\n"


@pytest.mark.parametrize("part", ["From", "To", "id"])
def test_mail_of_others_makes_a_document_that_its_schema_allows(shell: Shell, part: str) -> None:
    parts = dict.fromkeys(PARTS, "x@example.com") | {part: "no address"}
    deliver(shell, **parts)
    shell.run("outbox", "list", "--json", expect=0)


# --- the URI

SMUGGLED = {
    "a second secret": "mfactl&secret=AAAAAAAAAAAAAAAA",
    "a second issuer": "mfactl&issuer=Bank",
    "more digits": "mfactl&digits=8",
    "a picture": "mfactl&image=//example.com/x.png",
    "a question mark": "mfactl?secret=AAAAAAAA",
    "a fragment": "mfactl#secret",
    "an escaped colon": "Bank%3Amallory",
    "an escaped ampersand": "mfactl%26secret=AAAAAAAA",
    "an escaped NUL": "mfactl%00x",
    "a slash": "../../hotp/mfactl",
    "a plus": "a+b",
    "a percent sign": "100%",
    "letters": "Société “Générale” \U0001f511",
}


def assert_reads(uri: str, *, issuer: str, email: str, secret: str) -> None:
    """An app, and whoever takes URIs apart, read what was put in and nothing else."""
    app = apps_reading_of(uri)
    assert (app.issuer, app.name, app.secret) == (issuer, email, secret)
    assert (app.digits, app.interval) == (6, 30)
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert parse_qsl(parts.query, strict_parsing=True) == [
        *(("algorithm", "SHA1"), ("digits", "6"), ("issuer", issuer)),
        *(("period", "30"), ("secret", secret)),
    ]


def test_an_issuer_adds_nothing_to_the_uri(beginner: Shell) -> None:
    for issuer in SMUGGLED.values():
        (beginner.home / "config.toml").write_text(f"issuer = '{issuer}'\n")
        shown = beginner.run("mfa", "add", "--json", expect=0).document
        assert_reads(shown["uri"], issuer=issuer, email=ADA, secret=shown["secret"])
        code = code_of(beginner, Kept(shown["secret"], []))
        assert beginner.run("totp", stdin=shown["uri"], expect=0).stdout == f"{code}\n"


@pytest.mark.parametrize("issuer", ["Bank:mallory", ":", "Bank:", ""])
def test_an_issuer_with_a_colon_is_refused(beginner: Shell, issuer: str) -> None:
    """The colon ends the issuer of a label."""
    (beginner.home / "config.toml").write_text(f'issuer = "{issuer}"\n')
    assert told(beginner, "mfa", "add") == Answer(10, "config_invalid")


@pytest.mark.parametrize(
    "email",
    [
        "a&secret=aaaaaaaaaaaaaaaa@example.com",
        "a?x#y@example.com",
        "a%26b%3ac%00@example.com",
        "a/hotp/b@example.com",
        "a=b+c@example.com",
        "{0}%s$x`id`@example.com",
    ],
)
def test_an_address_adds_nothing_to_the_uri(shell: Shell, email: str) -> None:
    shell.sign_up(email)
    shown = shell.run("mfa", "add", "--json", expect=0).document
    assert_reads(shown["uri"], issuer="mfactl", email=email, secret=shown["secret"])


@pytest.mark.parametrize("what", ["a second secret", "an escaped colon", "letters"])
def test_what_a_phone_scans_is_what_stands_below_it(beginner: Shell, what: str) -> None:
    (beginner.home / "config.toml").write_text(f"issuer = '{SMUGGLED[what]}'\n")
    drawn, _, text = beginner.run("mfa", "add", expect=0).stdout.partition("\nURI:    ")
    uri, _, secret = text.strip().partition("\nSecret: ")
    assert read(drawn, Style.PLAIN, DARK) == [uri]
    assert_reads(uri, issuer=SMUGGLED[what], email=ADA, secret=secret.replace(" ", ""))


def test_an_address_cannot_pass_for_an_option(beginner: Shell) -> None:
    """What stands after two dashes is an address, or none."""
    client_file(beginner, "client").unlink()
    assert told(beginner, "signin", "--", "--password-stdin") == NOT_ITS_SHAPE
    assert sign_in(beginner, "-rf@example.com").exit == 2
