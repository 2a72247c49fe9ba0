"""Phones that we did not write: oathtool and pyotp, against `mfa verify`, `verify` and `totp`."""

import shutil
import subprocess
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from tests.cli.program import EMAIL, NOW, Ada, Program

# RFC 6238 appendix B: the SHA-1 secret, and the last six digits of its eight
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
}
OATHTOOL = shutil.which("oathtool") or "oathtool"


def oathtool(
    secret: str, moment: int, *, algorithm: str = "SHA1", digits: str = "6", period: str = "30"
) -> str:
    """What Debian's oathtool shows."""
    when = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    ended = subprocess.run(
        [
            *(OATHTOOL, f"--totp={algorithm}", "--base32", f"--digits={digits}"),
            *(f"--time-step-size={period}s", f"--now={when}", "-"),
        ],
        input=secret,
        capture_output=True,
        check=True,
        text=True,
    )
    return ended.stdout.strip()


def test_oathtool_with_the_secret_enrols_and_signs_in(ada: Ada) -> None:
    secret = ada.here("mfa", "add", "--format", "secret").out.strip()
    assert ada.ask("mfa", "verify", oathtool(secret, NOW))["verified"]
    ada.ask("signout")
    later = ada.at(NOW + 30)
    ended = later.here("signin", EMAIL, "--password-stdin", stdin="correct horse battery staple")
    assert ended.status == 3
    assert later.ask("verify", oathtool(secret, NOW + 30))["status"] == "complete"


def test_oathtool_with_the_parameters_of_the_uri_enrols(ada: Ada) -> None:
    uri = urlsplit(ada.here("mfa", "add", "--format", "uri").out.strip())
    query = {name: values[0] for name, values in parse_qs(uri.query, strict_parsing=True).items()}
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == f"/mfactl:{EMAIL}"
    assert list(query) == ["algorithm", "digits", "issuer", "period", "secret"]
    code = oathtool(
        query["secret"],
        NOW,
        algorithm=query["algorithm"],
        digits=query["digits"],
        period=query["period"],
    )
    assert ada.ask("mfa", "verify", code)["verified"]


def test_pyotp_with_the_uri_enrols_and_knows_whose_it_is(ada: Ada) -> None:
    (ada.home / "config.toml").write_text('issuer = "Analytical & Engines"\n')
    uri = ada.here("mfa", "add", "--format", "uri").out.strip()
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    assert (app.name, app.issuer) == (EMAIL, "Analytical & Engines")
    assert (app.digits, app.interval, len(app.secret)) == (6, 30, 32)
    assert ada.ask("mfa", "verify", app.at(NOW))["verified"]


def test_each_format_shows_the_same_secret(ada: Ada) -> None:
    shown = ada.here("mfa", "add", "--format", "ascii").out
    uri = next(line for line in shown.splitlines() if line.startswith("URI:    ")).split()[1]
    grouped = next(line for line in shown.splitlines() if line.startswith("Secret: "))
    secret = grouped.removeprefix("Secret: ").replace(" ", "")
    assert parse_qs(urlsplit(uri).query)["secret"] == [secret]
    assert ada.ask("mfa", "verify", oathtool(secret, NOW))["verified"]


@pytest.mark.parametrize("moment", RFC_CODES)
def test_totp_shows_the_codes_of_the_rfc_as_oathtool_does(nowhere: Program, moment: int) -> None:
    shown = nowhere.at(moment).here("totp", stdin=f"{RFC_SECRET}\n")
    assert shown == (0, RFC_CODES[moment] + "\n", "")
    assert oathtool(RFC_SECRET, moment) == RFC_CODES[moment]


@pytest.mark.parametrize(
    "spelled",
    [
        RFC_SECRET.lower(),
        " ".join(RFC_SECRET[place : place + 4] for place in range(0, 32, 4)),
        "-".join(RFC_SECRET[place : place + 8] for place in range(0, 32, 8)),
        f"otpauth://totp/Issuer:ada%40example.com?secret={RFC_SECRET}&issuer=Issuer",
        f"otpauth://totp/ada?secret={RFC_SECRET}&algorithm=SHA1&digits=6&period=30\n",
    ],
    ids=["lower case", "groups of four", "groups of eight", "a URI", "a URI with all it may say"],
)
def test_totp_takes_a_secret_as_apps_do(nowhere: Program, spelled: str) -> None:
    assert nowhere.at(59).here("totp", stdin=spelled).out == "287082\n"


@pytest.mark.parametrize("offset", ["30", "-30", "0"])
def test_the_offset_moves_the_clock(nowhere: Program, offset: str) -> None:
    shown = nowhere.at(NOW).here("totp", "--offset", offset, stdin=RFC_SECRET)
    assert shown.out.strip() == oathtool(RFC_SECRET, NOW + int(offset))


def test_the_document_says_until_when_the_code_is_good(nowhere: Program) -> None:
    document = nowhere.at(NOW + 17).ask("totp", stdin=RFC_SECRET)
    assert document["step"] == NOW // 30
    assert document["valid_until"] == (NOW + 30) * 1000
    assert document["code"] == oathtool(RFC_SECRET, NOW + 17)


def test_the_phone_makes_no_file_and_needs_no_home(nowhere: Program) -> None:
    nowhere.here("totp", stdin=RFC_SECRET)
    assert not nowhere.home.exists()


def test_the_pipe_of_the_help_really_enrols(ada: Ada) -> None:
    ended = ada.shell("mfactl mfa add --format uri | mfactl totp | mfactl mfa verify - --json")
    assert ended.status == 0
    assert ended.document["verified"]
