"""A code is shown on a terminal (pyte), photographed (Pillow), and read back (zxing-cpp, zbar)."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pyte
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mfactl.cli import qr
from mfactl.cli.qr import Style

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ADDRESS_LENGTHS = [6, 7, 13, 20, 33, 47, 60]
CELL_WIDTH, CELL_HEIGHT = 12, 24  # DejaVu Sans Mono at 20 pixels: its advance and its line height


class Theme(NamedTuple):
    ink: str
    paper: str


DARK = Theme(ink="#d0d0d0", paper="#101010")
LIGHT = Theme(ink="#101010", paper="#ffffff")
BOTH_THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
EVERY_STYLE = pytest.mark.parametrize("style", list(Style))


def uri_for(*, address: str, issuer: str = "mfactl") -> str:
    email, name = (quote(text, safe="/:@$&+,;=") for text in (address, issuer))
    query = f"algorithm=SHA1&digits=6&issuer={name}&period=30&secret={SECRET}"
    return f"otpauth://totp/{name}:{email}?{query}"


def address_of(length: int) -> str:
    domain = "@b.cd"
    return ("ada.lovelace+" * length)[: length - len(domain)] + domain


@cache
def font() -> ImageFont.FreeTypeFont:
    try:
        loaded = ImageFont.truetype("DejaVuSansMono.ttf", 20)  # found in the system's folders
    except OSError:
        pytest.skip("DejaVu Sans Mono is not installed (Debian: fonts-dejavu-core)")
    assert (round(loaded.getlength("M")), sum(loaded.getmetrics())) == (CELL_WIDTH, CELL_HEIGHT)
    return loaded


@cache
def glyph(letter: str, ink: str, paper: str) -> Image.Image:
    cell = Image.new("RGB", (CELL_WIDTH, CELL_HEIGHT), paper)
    ImageDraw.Draw(cell).text((0, 0), letter, font=font(), fill=ink)
    return cell


def screen_after(text: str) -> pyte.Screen:
    """A terminal of 132 columns that was shown the text between a prompt and a line of text."""
    screen = pyte.Screen(132, text.count("\n") + 3)
    typed = f"$ mfactl mfa add\n{text}otpauth://totp/mfactl"
    pyte.Stream(screen).feed(typed.replace("\n", "\r\n"))  # as a terminal's driver does (ONLCR)
    return screen


def photograph(text: str, theme: Theme) -> Image.Image:
    screen = screen_after(text)
    size = (screen.columns * CELL_WIDTH, screen.lines * CELL_HEIGHT)
    picture = Image.new("RGB", size, theme.paper)
    for row, cells in screen.buffer.items():
        for column, cell in cells.items():
            ink = theme.ink if cell.fg == "default" else f"#{cell.fg}"
            paper = theme.paper if cell.bg == "default" else f"#{cell.bg}"
            where = (column * CELL_WIDTH, row * CELL_HEIGHT)
            picture.paste(glyph(cell.data, ink, paper), where)
    return picture


def from_arms_length(picture: Image.Image) -> Image.Image:
    """Smaller, and out of focus by a quarter of a module, so that letters become grey squares."""
    blurred = picture.convert("L").filter(ImageFilter.GaussianBlur(CELL_HEIGHT / 4))
    return blurred.resize((picture.width // 4, picture.height // 4), Image.Resampling.BILINEAR)


def read(drawn: str, style: Style, theme: Theme, *, try_invert: bool = True) -> list[str]:
    picture = photograph(drawn, theme)
    if style is Style.ASCII:
        picture = from_arms_length(picture)
    return [found.text for found in zxingcpp.read_barcodes(picture, try_invert=try_invert)]


@BOTH_THEMES
@EVERY_STYLE
@pytest.mark.parametrize("length", ADDRESS_LENGTHS)
def test_a_drawn_code_scans_from_dark_and_light_terminals(
    length: int, style: Style, theme: Theme
) -> None:
    uri = uri_for(address=address_of(length))
    assert read(qr.draw(uri, style).text, style, theme) == [uri]


@pytest.mark.parametrize("length", range(6, 61))
def test_a_code_scans_for_an_address_of_any_length(length: int) -> None:
    uri = uri_for(address=address_of(length))
    assert read(qr.draw(uri, Style.COLOUR).text, Style.COLOUR, DARK) == [uri]


def test_a_code_scans_where_the_issuer_is_long_and_accented() -> None:
    uri = uri_for(address=address_of(60), issuer="Société Générale d’Électricité")
    assert read(qr.draw(uri, Style.COLOUR).text, Style.COLOUR, DARK) == [uri]


@pytest.mark.parametrize(
    ("style", "theme"),
    [(Style.COLOUR, DARK), (Style.COLOUR, LIGHT), (Style.PLAIN, DARK), (Style.ASCII, DARK)],
)
def test_a_reader_that_takes_no_inverted_code_is_served_where_it_can_be(
    style: Style, theme: Theme
) -> None:
    uri = uri_for(address="ada@example.com")
    assert read(qr.draw(uri, style).text, style, theme, try_invert=False) == [uri]


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbar-tools is not installed")
@BOTH_THEMES
def test_a_second_reader_reads_the_coloured_code(theme: Theme, tmp_path: Path) -> None:
    uri = uri_for(address="ada@example.com")
    picture = tmp_path / "screen.png"
    photograph(qr.draw(uri, Style.COLOUR).text, theme).save(picture)
    scan = ["zbarimg", "--quiet", "--raw", "--nodbus", str(picture)]
    found = subprocess.run(scan, capture_output=True, text=True, check=True)
    assert found.stdout == uri + "\n"


def test_the_coloured_code_looks_the_same_in_every_theme() -> None:
    drawing = qr.draw(uri_for(address="ada@example.com"), Style.COLOUR)
    code = (0, CELL_HEIGHT, drawing.columns * CELL_WIDTH, (1 + drawing.rows) * CELL_HEIGHT)
    dark, light = (photograph(drawing.text, theme).crop(code) for theme in (DARK, LIGHT))
    assert dark == light


def test_no_coloured_row_ends_without_a_reset() -> None:
    for row in qr.draw(uri_for(address="ada@example.com"), Style.COLOUR).text.splitlines():
        assert row.startswith(qr.BLACK_ON_WHITE)
        assert row.endswith(qr.RESET)
        assert row.count("\x1b") == 2


def test_no_colour_leaks_beside_or_below_the_code() -> None:
    drawing = qr.draw(uri_for(address="ada@example.com"), Style.COLOUR)
    screen = screen_after(drawing.text)
    coloured = {
        (row, column)
        for row, cells in screen.buffer.items()
        for column, cell in cells.items()
        if cell.bg != "default"
    }
    rows, columns = range(1, drawing.rows + 1), range(drawing.columns)
    assert coloured == {(row, column) for row in rows for column in columns}


def test_the_plain_code_has_no_escape() -> None:
    drawn = qr.draw(uri_for(address="ada@example.com"), Style.PLAIN).text
    assert set(drawn) == set(" ▀▄█\n")


def test_the_ascii_code_is_pure_ascii() -> None:
    drawn = qr.draw(uri_for(address="ada@example.com"), Style.ASCII).text
    assert set(drawn) == set(" []\n")


@pytest.mark.parametrize("style", [Style.PLAIN, Style.ASCII])
def test_no_row_ends_in_a_blank_that_an_editor_would_trim(style: Style) -> None:
    drawn = qr.draw(uri_for(address="ada@example.com"), style).text
    assert [row.rstrip() for row in drawn.splitlines()] == drawn.splitlines()


@EVERY_STYLE
@pytest.mark.parametrize("length", [6, 60, 254])
def test_the_size_agrees_with_what_is_drawn(length: int, style: Style) -> None:
    drawing = qr.draw(uri_for(address=address_of(length)), style)
    rows = drawing.text.replace(qr.BLACK_ON_WHITE, "").replace(qr.RESET, "").splitlines()
    assert drawing.text.endswith("\n")
    assert {len(row) for row in rows} == {drawing.columns}
    assert len(rows) == drawing.rows


@pytest.mark.parametrize("issuer", ["mfactl", "Example Corporation Staff Site", "é" * 30])
def test_half_blocks_fit_80_columns_for_an_address_of_60_letters(issuer: str) -> None:
    assert qr.draw(uri_for(address=address_of(60), issuer=issuer), Style.PLAIN).columns <= 80


def test_half_blocks_fit_80_columns_for_the_longest_address() -> None:
    assert qr.draw(uri_for(address=address_of(254)), Style.PLAIN).columns <= 80


def test_the_quiet_zone_is_four_modules_wide() -> None:
    modules = qr.matrix(uri_for(address="ada@example.com"))
    dark = [(y, x) for y, row in enumerate(modules) for x, module in enumerate(row) if module]
    assert min(dark) == (4, 4)
    assert max(y for y, _ in dark) == max(x for _, x in dark) == len(modules) - 5


def test_the_largest_code_is_drawn_and_nothing_longer() -> None:
    assert qr.draw("a" * qr.MOST_CHARACTERS, Style.PLAIN).columns == 177 + 2 * 4
    with pytest.raises(ValueError, match="longer than a QR code"):
        qr.draw("a" * (qr.MOST_CHARACTERS + 1), Style.PLAIN)


def test_a_drawing_does_not_show_its_code_when_it_is_logged() -> None:
    assert "█" not in repr(qr.draw(uri_for(address="ada@example.com"), Style.PLAIN))


def test_importing_the_module_does_not_load_qrcode() -> None:
    script = "import sys, mfactl.cli.qr; sys.exit('qrcode' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
