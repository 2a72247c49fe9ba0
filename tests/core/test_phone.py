import pytest

from mfactl.core import phone, totp
from mfactl.core.phone import Shown
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import EMAIL, NOW

# The seed of RFC 4226 and RFC 6238, in base32.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
URI = f"otpauth://totp/mfactl:ada@example.com?secret={SECRET}"


def refused(text: str, *, now: int = NOW) -> Refusal:
    found = phone.code_of(text, now=now)
    assert isinstance(found, Refusal), found
    assert found.code is Code.PARAM_FORMAT_INVALID
    assert found.entry.exit is Exit.USAGE
    assert found.meta == {"param_name": "secret"}
    return found


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (0, Shown("755224", 0, 30)),
        (29, Shown("755224", 0, 30)),
        (30, Shown("287082", 1, 60)),
        (59, Shown("287082", 1, 60)),
        (60, Shown("359152", 2, 90)),
    ],
)
def test_a_secret_has_a_code_for_every_thirty_seconds(now: int, shown: Shown) -> None:
    assert phone.code_of(SECRET, now=now) == shown


@pytest.mark.parametrize(
    "text",
    [
        SECRET.lower(),
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        "gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq",
        f" {SECRET}======\n",
        URI,
        f"  {URI}\n",
        URI.replace("otpauth://", "OTPAUTH://"),
        URI + "&algorithm=SHA1&digits=6&issuer=mfactl&period=30",
    ],
)
def test_a_secret_may_be_written_as_apps_take_it(text: str) -> None:
    assert phone.code_of(text, now=59) == Shown("287082", 1, 60)


def test_an_x_at_the_end_of_a_secret_belongs_to_it() -> None:
    secret = SECRET[:-1] + "X"
    uri = f"otpauth://totp/mfactl:ada@example.com?secret={secret}"

    assert phone.code_of(secret, now=59) == phone.code_of(uri, now=59) != Shown("287082", 1, 60)


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ("&digits=8", Shown("94287082", 1, 60)),
        ("&period=60", Shown("755224", 0, 60)),
        ("&algorithm=SHA256", Shown("247374", 1, 60)),
    ],
)
def test_the_parameters_of_a_uri_are_followed(parameters: str, shown: Shown) -> None:
    assert phone.code_of(URI + parameters, now=59) == shown


def test_the_uri_of_an_enrolment_gives_the_code_that_is_expected() -> None:
    uri = totp.uri(SECRET, issuer="Acme & Söhne", email=EMAIL)
    shown = phone.code_of(uri, now=NOW)

    assert isinstance(shown, Shown)
    assert totp.match(SECRET, shown.code, now=NOW, after=None).step == shown.step


@pytest.mark.parametrize("text", [SECRET, URI])
def test_before_1970_there_is_no_code(text: str) -> None:
    assert "1970" in refused(text, now=-1).long_message


def test_a_uri_of_counter_based_codes_is_refused() -> None:
    hotp = f"otpauth://hotp/mfactl?secret={SECRET}&counter=1"

    assert "not a TOTP" in refused(hotp).long_message


def test_a_uri_whose_codes_are_letters_is_refused() -> None:
    assert "not a TOTP" in refused(URI + "&encoder=steam").long_message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 22,  # 110 bits
        "0189" * 8,
        "not base32 at all, but long enough",
        "１２３４" * 8,
        f"https://example.com/?secret={SECRET}",
        "otpauth:",
        "otpauth://totp/mfactl",
        "otpauth://[/",
        SECRET[:-1] + "1",
        f"otpauth://steam/x?secret={SECRET}",
        URI + "&digits=0",
        URI + "&digits=1",
        URI + "&digits=11",
        URI + "&digits=six",
        URI + "&period=0",
        URI + "&period=-30",
        URI + "&algorithm=MD5",
        URI + "&issuer=another",
        URI + f"&secret={SECRET}",
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(text: str) -> None:
    refusal = refused(text)

    assert refusal.detail == refused("A").detail


def test_112_bits_are_enough_of_a_secret() -> None:
    assert isinstance(phone.code_of("A" * 23, now=NOW), Shown)
