"""The picture of the README is drawn from a real recording, and its QR code can be scanned."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from tools import picture

CELL = picture.CELL_WIDTH


@pytest.fixture(scope="module")
def drawn() -> str:
    return picture.draw(picture.record())


def test_the_picture_is_one_in_svg_and_shows_the_journey(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own text
    told = "\n".join(each.text or "" for each in root.iter() if each.tag.endswith("text"))
    for part in ("$ mfactl signup", "Signed in as", "$ mfactl mfa add", "Have you kept them?"):
        assert part in told


def test_the_qr_code_of_the_picture_can_be_scanned(drawn: str) -> None:
    scaled = Image.new("L", (90 * CELL, 80 * picture.CELL_HEIGHT), 255)
    pen = ImageDraw.Draw(scaled)
    for x, y in re.findall(r"M(\d+) ([\d.]+)h\d+v[\d.]+h-\d+z", drawn):
        left, top = int(x), float(y)
        pen.rectangle((left, top, left + CELL - 1, top + picture.CELL_HEIGHT / 2), fill=0)
    (found,) = zxingcpp.read_barcodes(scaled)
    assert found.text.startswith("otpauth://totp/mfactl:ada@example.com?")


def test_the_picture_that_is_kept_has_the_prompts_of_today(drawn: str) -> None:
    def prompts(text: str) -> list[str]:
        return re.findall(r">([^<]*): ?(?:\d{6}|y)?</text>", text)

    kept = (Path(picture.PICTURE)).read_text("utf-8")
    assert prompts(kept) == prompts(drawn)
