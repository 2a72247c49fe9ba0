"""The files that mfactl reads: settings, key, passphrase, client file, mail."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import strategies as st

from mfactl import config, mail
from mfactl.client_file import ClientFile, Seen
from mfactl.config import Settings, find_paths
from mfactl.core.client import SESSION_SECONDS
from mfactl.errors import Code
from mfactl.mail import Letter
from mfactl.unlocking import Unlocker
from mfactl.vault.keys import KEY_BYTES, new_key_file, parse_key_file
from tests.fuzz.fuzz import Fuzz, allowed
from tests.fuzz.hostile import BYTES, TEXT, mutated_bytes, spliced

pytestmark = pytest.mark.soak

HERE, ELSEWHERE = "vault_here", "vault_elsewhere"


def write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


# --- settings

CONFIG = b"""\
issuer = "Cyberdyne"

[mail]
sender = "no-reply@example.com"
transport = "maildir"

[session]
lifetime = 3600
idle = 600

[password]
min_length = 12
min_score = 3
"""
VALUES = (
    "1e3",
    "3600.0",
    "true",
    "nan",
    "2026-01-01",
    '"3600"',
    "[3600]",
    "{}",
    "0xE10",
    "3_600",
    "9" * 5_000,
    "-3600",
    "604801",
    "5",
    "129",
    "[" * 500 + "]" * 500,
    "{a." * 300,
    '"\\uD800"',
    '"\u202e"',
    '""',
)
ASSIGNED = st.tuples(
    st.sampled_from(
        [
            "issuer",
            "mail.sender",
            "session.lifetime",
            "session.idle",
            "password.min_length",
            "x.y.z",
            "session",
            "'session.idle'",
            '"\\u0000"',
            "password.min_score.x",
            "a." * 400 + "a",
        ]
    ),
    st.sampled_from(VALUES),
).map(lambda pair: f"{pair[0]} = {pair[1]}\n".encode())


def check_settings(settings: Settings) -> None:
    for kind in config.KINDS.values():
        value = getattr(settings, kind.field)
        assert kind.accepts(value) or value == getattr(Settings(), kind.field), kind.field
    for bounds in config.NUMBERS.values():
        assert type(getattr(settings, bounds.field)) in (int, type(None))
    for shape in config.TEXTS.values():
        assert (getattr(settings, shape.field) or "").isprintable()
    assert settings.session_lifetime <= SESSION_SECONDS


def test_settings_are_within_their_bounds_or_refused(fuzz: Fuzz, home: Path) -> None:
    paths = find_paths({"MFACTL_HOME": str(home)})

    def check(data: bytes) -> None:
        write(paths.config, data)
        with allowed(Code.CONFIG_INVALID):
            check_settings(config.load(paths))

    always = [b"[" * 100_000, b"a=" + b"[" * 100_000, b"session=1", b"mail=[]", b"\xef\xbb\xbf"]
    always += [b"session.lifetime = 604801", b'issuer = "a\\nb"', b'issuer = "\\u202E"']
    fuzz("settings", 80, mutated_bytes(st.just(CONFIG)) | ASSIGNED, check, always)


# --- keys and passphrases


def test_a_key_file_gives_its_key_or_is_refused(fuzz: Fuzz) -> None:
    whole = new_key_file()
    key = parse_key_file(whole)
    assert len(key) == KEY_BYTES

    def check(data: bytes) -> None:
        with allowed(Code.VAULT_KEY_INCORRECT):
            assert parse_key_file(data) == key, "another key than the one that was written"

    words = whole.decode().split()
    pieces = st.lists(st.sampled_from([*words, "#", "\n", " ", "\u3000", "é", key.hex()]))
    lines = pieces.map(lambda parts: " ".join(parts).encode())
    hostile = mutated_bytes(st.just(whole)) | spliced(st.just(whole)) | lines
    always = [
        b"",
        whole,
        whole[:-1],
        whole * 2,
        whole.replace(b"\n", b"\r"),
        whole.replace(words[-2][:2].encode(), b"00"),
        whole.replace(words[-1].encode(), words[-1].upper().encode()),
    ]
    fuzz("key files", 120, hostile, check, always)


def test_a_passphrase_file_gives_text_or_is_refused(fuzz: Fuzz, home: Path) -> None:
    path = home / "passphrase"
    unlocker = Unlocker(
        find_paths({"MFACTL_HOME": str(home)}),
        {"MFACTL_PASSPHRASE_FILE": str(path)},
        lambda: None,
    )

    def check(data: bytes) -> None:
        write(path, data)
        with allowed(Code.VAULT_KEY_INCORRECT):
            given = unlocker.given_passphrase()
            assert given is not None
            assert given.encode() == data.removesuffix(b"\n")

    fuzz("passphrase files", 40, mutated_bytes(st.just(b"ten green bottles\n")), check)


# --- the client file

TOKENS = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=2)
MARKS = st.integers(0, 2**63 - 1)
TOML: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([2**63, 2**64, -1, 1.5, float("inf"), "ab", "zz", "a", "é", "A B", ""])
    | st.dates()
    | TEXT.filter(lambda text: text.isprintable()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé.", max_size=4), inner),
    max_leaves=4,
)
WHOLE: dict[str, Any] = {"tokens": ["11" * 32], "number": 7, "hash": "ab" * 32}
NEARLY = st.builds(
    lambda name, value: {**WHOLE, name: value},
    st.sampled_from([*WHOLE, "more"]),
    st.sampled_from([2**63, 2**63 - 1, -1, True, 7.0, "7", [], {}, ["11"] * 3, [""], "ab"]),
)
TABLES = NEARLY | st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.lists(TOML, max_size=3) | TOML | TOKENS,
        "number": TOML | MARKS,
        "hash": TOML | st.just("ab" * 32),
        "more": TOML,
    },
)
CLIENT_FILES = st.dictionaries(st.sampled_from([HERE, ELSEWHERE]), TABLES | TOML).map(
    lambda tables: tomli_w.dumps(tables).encode()
)


def check_seen(seen: Seen) -> None:
    assert len(seen.tokens) <= 2
    assert all(bytes.fromhex(token) is not None for token in seen.tokens)
    assert type(seen.number) is int
    assert 0 <= seen.number < 2**63
    assert type(seen.hash) is str


def check_client_file(client: ClientFile, data: bytes) -> None:
    write(client.path, data)
    with allowed(Code.IO_ERROR):
        check_seen(client.load(HERE))
        client.offer_token(HERE, None, "11" * 32)
    tables = client.path.read_bytes()
    if tables != data:
        assert client.load(HERE).tokens == ("11" * 32,)
        before, after = (tomllib.loads(text.decode()) for text in (data, tables))
        assert repr(after.get(ELSEWHERE)) == repr(before.get(ELSEWHERE))


def test_a_client_file_is_read_and_brought_up_to_date_or_damaged(fuzz: Fuzz, home: Path) -> None:
    client = ClientFile(home / "client.toml")
    always = [nested(50), nested(100_000), b"vault_here=1", b"[vault_here.x]"]
    for change in ({"number": 2**63}, {"number": True}, {"tokens": ["11"] * 3}, {"hash": 7}):
        always.append(tomli_w.dumps({HERE: WHOLE | change}).encode())
    hostile = mutated_bytes(CLIENT_FILES)
    fuzz("client files", 80, hostile, lambda data: check_client_file(client, data), always)


def nested(depth: int) -> bytes:
    """A list in a list, so many times, in the table of another vault."""
    return f"[{ELSEWHERE}]\na = {'[' * depth}{']' * depth}\n".encode()


@pytest.mark.parametrize("depth", [300, 400])
def test_a_client_file_with_deep_lists_is_damaged(home: Path, depth: int) -> None:
    check_client_file(ClientFile(home / "client.toml"), nested(depth))


def test_what_a_client_file_was_told_it_says_again(fuzz: Fuzz, home: Path) -> None:
    client = ClientFile(home / "client.toml")
    vaults = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

    def check(told: tuple[str, list[str], int, str]) -> None:
        vault, tokens, number, digest = told
        client.path.unlink(missing_ok=True)
        if tokens:
            client.offer_token(vault, tokens[0] if len(tokens) > 1 else None, tokens[-1])
        client.advance(vault, number, digest)
        marked = (number, digest) if number else (0, "")
        assert client.load(vault) == Seen(tuple(tokens), *marked)

    told = st.tuples(vaults, TOKENS, MARKS, st.binary(min_size=32, max_size=32).map(bytes.hex))
    fuzz("client files read back", 60, told, check)


# --- mail

HEADERS = (
    "From: mfactl <mfactl@localhost>",
    "To: ada@example.com",
    "To: =?utf-8?q?bob?= <@>",
    "From: .:",
    "From: <",
    "From: @, .@",
    "To: .a@[ ",
    "To: " + "(" * 300,
    "To: " + '"' + "\\" * 99,
    "To: <" * 99,
    "Subject: 271828 is your mfactl code",
    "Subject: =?x?b?=?=",
    "Subject: ２７１８２８",
    "Subject: =?utf-8?b?77yS77yX77yR77yY77yS77yY?= is your code",
    "Date: Thu, 01 Jan 2026 00:00:00 +0000",
    "Date: Thu, 01 Jan 0000 99:99:99 +9999",
    "Date: Fri, 31 Dec 9999 23:59:59 -2300",
    "Date: 1 Jan 99999999999999999999 00:00:00",
    "Date: =?utf-8?q?=00?=",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Type: text/plain; charset=\ud800",
    "Content-Type: text/plain; charset*0*=''%ff; charset*1=x",
    "Content-Type: text/plain; *=",
    "Content-Type: multipart/mixed; boundary=x",
    'Content-Type: multipart/mixed; boundary="',
    "Content-Type: message/rfc822",
    "Content-Type: ;=;",
    "Content-Type: /",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: quoted-printable",
    "Content-Transfer-Encoding: x-uuencode",
    "Content-Transfer-Encoding: =?",
    "MIME-Version: (((",
    "Message-ID: <\0>",
    "Message-ID: <[",
    "no header",
    " folded",
    ":",
)
BODIES = (
    "271828\n",
    "--x\n\n--x--\n",
    "--x\nContent-Type: text/plain\n\nhi\n",
    "=\n=ZZ",
    "====",
    "%",
)


def mails(outbox: Path) -> st.SearchStrategy[bytes]:
    """Mail of ours with changes, and mail of odd headers that another program delivered."""
    ours = Letter("mfactl@localhost", "ada@example.com", "mfactl", 1_767_225_600)
    mail.deliver(outbox, mail.with_code(ours, "271828", 600))
    (path,) = (outbox / "new").iterdir()
    whole = path.read_bytes()
    path.unlink()
    header = st.sampled_from(HEADERS) | TEXT
    texts = st.builds(
        lambda headers, body: "\n".join([*headers, "", body]),
        st.lists(header, max_size=6),
        st.sampled_from(BODIES) | TEXT,
    )
    odd = texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return odd | mutated_bytes(st.just(whole)) | mutated_bytes(odd)


def test_mail_whose_kind_cannot_be_read_is_empty(home: Path) -> None:
    outbox = home / "outbox"
    for folder in ("new", "cur", "tmp"):
        (outbox / folder).mkdir(parents=True, mode=0o700)
    write(outbox / "new" / "1.foreign", b"Content-Type: text/plain; x*\n\nhello\n")
    assert [message.body for message in mail.read(outbox)] in ([""], ["hello\n"])


def test_mail_of_any_kind_is_read_and_thrown_away(fuzz: Fuzz, home: Path) -> None:
    outbox = home / "outbox"
    hostile = mails(outbox)

    def check(data: bytes) -> None:
        write(outbox / "new" / "1.foreign", data)
        (message,) = mail.read(outbox)
        assert all(type(text) is str for text in message[:5])
        assert message.delivered_at >= 0
        found = mail.code_in(message)
        assert found is None or (len(found) == 6 and set("0123456789").issuperset(found))
        mail.to_address([message], "ada@example.com")
        assert mail.clear(outbox) == 1
        assert mail.read(outbox) == []

    each = [f"{header}\n\n271828\n".encode("utf-8", "surrogatepass") for header in HEADERS]
    fuzz("mails", 80, hostile | BYTES, check, each)
