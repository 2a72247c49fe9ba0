"""Files that a command leaves: pictures of the QR code, and pages of backup codes."""

import io
import re
import stat
from pathlib import Path

import pyotp
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from mfactl.cli import qr, qr_picture
from tests.cli.program import EMAIL, NOW, Ada, Ended

URI = f"otpauth://totp/mfactl:{EMAIL}?algorithm=SHA1&digits=6&issuer=mfactl&period=30&secret="
LONGEST = "x" * qr.MOST_CHARACTERS


def read_back(picture: Image.Image) -> str:
    """What a reader that is not ours finds in a picture."""
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def drawn(svg: str) -> Image.Image:
    """An SVG of ours as a picture: white, and a black square for every move of its path."""
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert box is not None
    picture = Image.new("L", (int(box[1]) * 4, int(box[2]) * 4), 255)
    pen = ImageDraw.Draw(picture)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        left, top = int(x) * 4, int(y) * 4
        pen.rectangle((left, top, left + 3, top + 3), fill=0)
    return picture


@pytest.mark.parametrize("name", ["code.png", "CODE.PNG", "code.svg"])
def test_a_picture_holds_the_uri_and_is_nobody_elses(ada: Ada, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    document = ada.ask("mfa", "add", "--qr-file", str(path))

    is_png = path.suffix.lower() == ".png"
    picture = Image.open(path) if is_png else drawn(path.read_text())
    assert read_back(picture) == document["uri"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pyotp.parse_uri(document["uri"]).secret == document["secret"]


@pytest.mark.parametrize("draw", [qr_picture.png, qr_picture.svg])
def test_the_largest_code_there_is_has_room(draw: qr_picture.Draw) -> None:
    assert len(draw(LONGEST)) <= qr_picture.MOST_BYTES


def test_a_picture_has_the_quiet_zone_that_readers_want() -> None:
    picture = Image.open(io.BytesIO(qr_picture.png(URI)))
    quiet = qr.QUIET_MODULES * qr_picture.PNG_PIXELS
    inked = Image.eval(picture.convert("L"), lambda value: 255 - value).getbbox()
    assert inked == (quiet, quiet, picture.width - quiet, picture.height - quiet)


def test_a_page_of_codes_has_what_somebody_needs_who_finds_it(
    ada_with_totp: Ada, tmp_path: Path
) -> None:
    page = tmp_path / "codes.txt"
    made = ada_with_totp.ask("backup-codes", "regenerate", "--yes", "--save", str(page))

    text = page.read_text()
    assert re.findall(r"^ +\d+\.  (\S+)$", text, re.M) == made["codes"]
    assert f"Account:  {EMAIL}\nMade:     2026-01-01 00:00 UTC\n" in text
    assert "mfactl signin ada@example.com" in text
    assert max(map(len, text.splitlines())) < 80
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_the_first_codes_can_be_saved_too(ada: Ada, tmp_path: Path) -> None:
    page = tmp_path / "codes.txt"
    secret = ada.ask("mfa", "add")["secret"]
    ended = ada.here("mfa", "verify", pyotp.TOTP(secret).at(NOW), "--save", str(page))
    assert ended.status == 0
    assert f"They are in {page}, too." in ended.err
    assert all(code in ended.out for code in re.findall(r"\d\.  (\S+)", page.read_text()))


def test_a_wrong_code_leaves_no_page(ada: Ada, tmp_path: Path) -> None:
    secret = ada.ask("mfa", "add")["secret"]
    wrong = pyotp.TOTP(secret).at(NOW + 3600)
    ended = ada.here("mfa", "verify", wrong, "--save", str(tmp_path / "codes.txt"), "--json")
    assert ended.status == 5
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]


# --- what is refused before anything is decided


def regenerate(ada: Ada, page: Path, *, limited: bool = False) -> Ended:
    """Asks for new codes on a page; expects that the old ones go on."""
    arguments = ("backup-codes", "regenerate", "--yes", "--save", str(page), "--json")
    prefix = ("prlimit", "--fsize=4000") if limited else ()
    ended = ada.start(*arguments, prefix=prefix)
    assert ada.ask("verify", ada.backup_codes[0])["status"] == "complete"
    return ended


@pytest.mark.parametrize("what", ["a file", "a link", "a link to nothing", "a directory"])
def test_nothing_is_overwritten_and_no_code_is_replaced(
    ada_with_totp: Ada, tmp_path: Path, what: str
) -> None:
    page, other = tmp_path / "codes.txt", tmp_path / "other"
    match what:
        case "a file":
            page.write_text("mine")
        case "a link":
            other.write_text("mine")
            page.symlink_to(other)
        case "a link to nothing":
            page.symlink_to(other)
        case _:
            page.mkdir()
    before = page.lstat().st_ino

    ended = regenerate(ada_with_totp, page)

    assert (ended.status, ended.codes) == (7, ["file_exists"])
    assert page.lstat().st_ino == before
    assert other.exists() is (what == "a link")
    assert what != "a link" or other.read_text() == "mine"


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_page_without_a_name_is_refused(ada_with_totp: Ada, name: str) -> None:
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes", "--save", name, "--json")
    assert (ended.status, ended.codes) == (7, ["file_exists"])
    assert "is a directory; a new file needs a name in it." in ended.err


def test_a_page_where_there_is_no_directory_is_refused(ada_with_totp: Ada, tmp_path: Path) -> None:
    ended = regenerate(ada_with_totp, tmp_path / "nowhere" / "codes.txt")
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert f"There is no directory {tmp_path / 'nowhere'}.\nMake it," in ended.err


def test_a_page_without_room_is_refused(ada_with_totp: Ada, tmp_path: Path) -> None:
    ended = regenerate(ada_with_totp, tmp_path / "codes.txt", limited=True)
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert "codes.txt" in ended.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("name", ["code", "code.jpg", "svg"])
def test_a_picture_of_another_kind_is_refused(ada: Ada, tmp_path: Path, name: str) -> None:
    ended = ada.here("mfa", "add", "--qr-file", str(tmp_path / name), "--json")
    assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert ".svg or .png" in ended.err


def test_a_picture_onto_a_file_is_refused_and_no_secret_is_made(ada: Ada, tmp_path: Path) -> None:
    (tmp_path / "code.png").touch()
    ended = ada.here("mfa", "add", "--qr-file", str(tmp_path / "code.png"), "--json")
    assert (ended.status, ended.codes) == (7, ["file_exists"])
    ada.ask("mfa", "verify", "123456", status=7)
