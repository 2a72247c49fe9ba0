"""What people and scripts type or pipe in: codes, addresses, passwords, secrets, the clock."""

import re
import unicodedata
from typing import Any

import pyotp
import pytest
from hypothesis import strategies as st

from mfactl import password_policy
from mfactl.config import TEXTS
from mfactl.core import address, code, phone, totp
from mfactl.core.address import Address
from mfactl.core.code import CROCKFORD, TO_ASCII_LOWER, Shape
from mfactl.core.phone import Shown
from mfactl.errors import Code, Refusal
from mfactl.passwords import MAX_CHARACTERS, normalised
from mfactl.surroundings import parse_now
from mfactl.vault.keys import PASSPHRASE_CHARACTERS, passphrase_bytes
from tests.fuzz.fuzz import Fuzz, allowed, is_told
from tests.fuzz.hostile import NUMBERS, TEXT, mutated_text, spliced
from tests.support.builders import NOW, SECRET

pytestmark = pytest.mark.soak


def refused(found: object) -> bool:
    """Whether it is a refusal, which then has to be the right one."""
    if not isinstance(found, Refusal):
        return False
    assert found.code is Code.PARAM_FORMAT_INVALID
    return is_told(found)


# --- codes

CODES = st.sampled_from(["123456", "123 456", "123-456", "4k7m-2p9x-t3wd", "oil0-OIL0-zzzz"])


def check_code(text: str) -> None:
    for found in (
        code.parse(text),
        code.parse(text, backup_only=True),
        code.parse(text, digits_only=True),
    ):
        if isinstance(found, Refusal):
            refused(found)
        elif found.shape is Shape.DIGITS:
            assert len(found.text) == 6
            assert set("0123456789").issuperset(found.text)
            assert code.parse(found.text) == found
        else:
            assert len(found.text) == 12
            assert set(CROCKFORD).issuperset(found.text)
            assert code.parse(found.text, backup_only=True) == found


def test_whatever_is_typed_gives_a_canonical_code_or_a_refusal(fuzz: Fuzz) -> None:
    always = [
        *("１２３４５６", "12345６", "٠١٢٣٤٥", "1_2_3_4", "²³¹²³¹", "-12345", "123456\n"),
        *("4k7m-2p9x-t3wu", "４k7m-2p9x-t3wd", "4k7m-2p9x-t3w\u0131", "ıııı-ıııı-ıııı"),
    ]
    fuzz("texts typed as a code", 150, mutated_text(CODES) | spliced(CODES), check_code, always)


# --- addresses

ADDRESSES = st.sampled_from(
    [
        "ada@example.com",
        "Ada.L+work@Example.COM",
        "ada@bücher.example",
        "użytkownik@xn--bcher-kva.example",
        "例え@例え.jp",
        "a@[127.0.0.1]",
        "a!#$%&'*+-/=?^_`{|}~@box",
        "=?utf-8?q?bob?=@example.com",
    ]
)


def check_address(text: str) -> None:
    found = address.parse(text)
    if refused(found):
        return
    assert isinstance(found, Address)
    for part in found:
        assert part.isprintable()
        assert len(part.encode()) <= 254
        assert '"' not in part
    assert unicodedata.is_normalized("NFC", found.key)
    local, _, domain = found.key.partition("@")
    assert local == found.email.partition("@")[0].translate(TO_ASCII_LOWER), "another's address"
    assert domain.isascii()
    assert address.parse(found.email) == found
    again = address.parse(found.key)
    assert isinstance(again, Address)
    assert again.key == found.key


def test_an_accepted_address_is_safe_to_print_and_its_key_is_stable(fuzz: Fuzz) -> None:
    odd = st.from_regex(r"\S{1,9}@\S{1,9}\.com", fullmatch=True)
    texts = mutated_text(ADDRESSES) | st.emails() | odd | spliced(ADDRESSES)
    always = ("a@\ud800.com", "\udcff@x.com", "a@" + "b" * 65_000, "a@xn--", "ß@ß.com", "ÄÖ@x.com")
    fuzz("texts typed as an address", 100, texts, check_address, always)


# --- passwords

PASSWORDS = st.sampled_from(["correct horse battery staple", "pässwörd", "ﬁﬁﬁﬁ", "\ufdfa" * 60])


def check_password(text: str) -> None:
    with allowed(Code.PARAM_MISSING, Code.PASSWORD_TOO_LONG, Code.PARAM_FORMAT_INVALID):
        data = normalised(text)
        assert 0 < len(data.decode()) <= MAX_CHARACTERS
        assert normalised(data.decode()) == data


def test_a_password_is_normalised_once_and_for_all_or_refused(fuzz: Fuzz) -> None:
    always = ("", "\ufdfa" * 57, "\ufdfa" * 1_024, "\ud800", "a" * 1_025, "e\u0301" * 600)
    fuzz("texts typed as a password", 100, mutated_text(PASSWORDS), check_password, always)


BAD_PASSWORD = (
    Code.PARAM_MISSING,
    Code.PARAM_FORMAT_INVALID,
    Code.PASSWORD_TOO_SHORT,
    Code.PASSWORD_TOO_LONG,
    Code.PASSWORD_NOT_STRONG_ENOUGH,
)


def check_new_password(given: tuple[str, str]) -> None:
    text, known = given
    with allowed(*BAD_PASSWORD):
        data = password_policy.accept(text, min_length=8, min_score=2, context=[known, "mfactl"])
        assert data == normalised(text)
        assert len(data.decode()) >= 8


def test_a_new_password_is_accepted_or_refused_with_a_reason(fuzz: Fuzz) -> None:
    always = [("٣" * 9, ""), ("²" * 9, "²"), ("1/1/0000", ""), ("00-00-00", "\0"), ("⑨⑨⑨-9-9", "")]
    texts = mutated_text(PASSWORDS | st.sampled_from(["2011-13-45", "qwerty12", "p4ssw0rd!"]))
    fuzz("new passwords", 60, st.tuples(texts, TEXT), check_new_password, always)


def check_passphrase(text: str) -> None:
    with allowed(Code.PASSWORD_TOO_LONG):
        data = passphrase_bytes(text)
        assert len(text) <= PASSPHRASE_CHARACTERS
        spelled = data.decode("utf-8", "surrogatepass")
        assert spelled == unicodedata.normalize("NFKC", spelled)


def test_a_passphrase_is_normalised_once_and_for_all_or_too_long(fuzz: Fuzz) -> None:
    fuzz("texts typed as a passphrase", 60, mutated_text(PASSWORDS), check_passphrase)


# --- the secret of an app

URIS = st.sampled_from(
    [
        totp.uri(SECRET, issuer="mfactl", email="ada@example.com"),
        totp.uri(SECRET, issuer="Bücher & Söhne", email="ada+x@example.com"),
        f"otpauth://hotp/x?secret={SECRET}&counter=1",
        f"otpauth://steam/x?secret={SECRET}",
        f"otpauth://totp/x?secret={SECRET}",
        f"otpauth://[::1]:99999/x?secret={SECRET}",
    ]
)
PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["secret", "issuer", "algorithm", "digits", "period", "counter", "image", "encoder"]
        ),
        st.sampled_from([SECRET, "", "7", "30", "steam", "SHA512", "MD5", "%00", "é", *NUMBERS]),
    ),
    max_size=4,
)
SECRETS = mutated_text(st.sampled_from([SECRET, SECRET.lower(), "GEZD GNBV-GY3T QOJQ GEZD GNBV"]))


def with_parameters(uri: str, parameters: list[tuple[str, str]]) -> str:
    return uri + "".join(f"&{name}={value}" for name, value in parameters)


def check_secret(given: tuple[str, int]) -> None:
    text, now = given
    found = phone.code_of(text, now=now)
    if refused(found):
        assert isinstance(found, Refusal)
        assert SECRET not in found.long_message
        return
    assert isinstance(found, Shown)
    assert found.code.isascii()
    assert found.code.isdigit()
    assert 6 <= len(found.code) <= 10
    assert now < found.valid_until


def test_no_uri_no_secret_and_no_moment_breaks_the_phone(fuzz: Fuzz) -> None:
    uris = st.builds(with_parameters, mutated_text(URIS), PARAMETERS) | spliced(URIS)
    moments = st.sampled_from([NOW, 0, -1, 2**31, 2**64, 2**70]) | st.integers(-(2**40), 2**64)
    whole = totp.uri(SECRET, issuer="mfactl", email="ada@example.com")
    always = [
        (f"{whole}&{more}", NOW) for more in ("period=0", "digits=0", "period=" + "9" * 4_000)
    ]
    fuzz("secrets and URIs", 100, st.tuples(uris | SECRETS, moments), check_secret, always)


ISSUER = re.compile(TEXTS["issuer"].pattern)
ISSUERS = (TEXT | st.text(min_size=1, max_size=30)).filter(
    lambda text: bool(ISSUER.fullmatch(text)) and text.isprintable() and text == text.strip()
)
ACCEPTED = (
    (st.text("abcXYZ019.!#$%&'*+-/=?^_`{|}~é例", min_size=1, max_size=20))
    .map(lambda local: address.parse(f"{local}@bücher.example"))
    .filter(lambda found: isinstance(found, Address))
)
DRAWN = st.binary(min_size=20, max_size=20).map(lambda data: totp.draw(lambda _count: data))


def check_uri(given: tuple[str, str, Any]) -> None:
    secret, issuer, email = given[0], given[1], given[2].email
    uri = totp.uri(secret, issuer=issuer, email=email)
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.issuer, read.name, read.secret) == (issuer, email, secret)
    assert (read.digits, read.interval, read.digest().name) == (6, 30, "sha1")
    shown = phone.code_of(uri, now=NOW)
    assert isinstance(shown, Shown)
    assert shown.code == totp.code_at(secret, totp.step_at(NOW))


def test_an_app_and_our_phone_read_from_the_uri_what_was_put_in(fuzz: Fuzz) -> None:
    fuzz("URIs read back", 100, st.tuples(DRAWN, ISSUERS, ACCEPTED), check_uri)


# --- the clock of a test vault


def check_now(text: str) -> None:
    with allowed(Code.CONFIG_INVALID):
        now = parse_now(text)
        assert 0 <= now < 10**10
        assert set("0123456789").issuperset(text)


def test_the_clock_of_a_test_vault_takes_ascii_digits_and_nothing_else(fuzz: Fuzz) -> None:
    always = ("1767225600", "١٧٦٧٢٢٥٦٠٠", "1_767", " 1", "", "0" * 10, "9" * 11, "²")
    moments = mutated_text(st.sampled_from(["1767225600", "0"]))
    fuzz("values of MFACTL_NOW", 60, moments, check_now, always)
