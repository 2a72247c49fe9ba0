"""Draws an otpauth URI as a QR code, in the characters of a terminal.

Guarantees: a row never leaks its colour; PLAIN and ASCII hold no escape, ASCII nothing but ASCII;
all rows are equally wide, and none ends in a blank, so that trimming breaks no code.
May import: nothing of mfactl; qrcode where it draws, since few commands do.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

QUIET_MODULES = 4  # light margin on each side; ISO/IEC 18004 asks for four
MOST_CHARACTERS = 2_953  # of bytes, in the largest code there is (version 40, level L)

# Of the 256 colours, 16 and 231 are black and white in every theme; 0 to 15 are the theme's own.
BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
RESET = "\x1b[0m"

# A cell is twice as high as wide: two modules, by whether the upper and the lower one are inked.
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}

# Brackets reach from the top of a line to its bottom. Read by zxing-cpp slightly out of focus, as
# by a phone at arm's length, "[]" scanned in 552 of 576 pictures (3 fonts, 2 sizes), "##" in 340.
# In focus none of 15 pairs was read: the gaps in and between letters look like modules.
ASCII_INK = "[]"
ASCII_BLANK = "  "


class Style(StrEnum):
    """What a code is drawn with.

    Without colours of its own, a code is inverted either on dark terminals or on light ones. PLAIN
    and ASCII ink the *light* modules, so it is the light ones: dark is the more common, and many
    readers take no inverted code (measured: zbar, OpenCV, zxing-cpp without its `try_invert`;
    reported: FreeOTP, freeotp-android#447). zxing-cpp as it comes takes both.
    """

    COLOUR = "colour"  # half blocks, black on white whatever the terminal's colours are
    PLAIN = "plain"  # half blocks
    ASCII = "ascii"  # two letters a module


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn code: its rows, each ended by a newline, and how much room they take."""

    text: str = field(repr=False)  # whoever can scan it has the secret
    columns: int
    rows: int


def draw(uri: str, style: Style) -> Drawing:
    """The URI as a code; `ValueError` where it is longer than any code can hold.

    Half blocks, measured with the issuer `mfactl`: 49 columns and 25 rows for addresses of 6 and 20
    letters, 53 by 27 for 40, 57 by 29 for 60, 73 by 37 for 254. An address of 60 with an issuer of
    30: 61 by 31, and 77 by 39 if all the 30 are accented. ASCII takes about twice as many of each.
    """
    modules = matrix(uri)
    match style:
        case Style.COLOUR:
            rows = [BLACK_ON_WHITE + row + RESET for row in _half_blocks(modules, inked=True)]
        case Style.PLAIN:
            rows = _half_blocks(modules, inked=False)
        case Style.ASCII:
            rows = ["".join(ASCII_BLANK if dark else ASCII_INK for dark in row) for row in modules]
        case _:
            assert_never(style)
    columns = len(modules) * (len(ASCII_INK) if style is Style.ASCII else 1)
    return Drawing("".join(row + "\n" for row in rows), columns, len(rows))


def matrix(uri: str) -> list[list[bool]]:
    """The modules of the code, row by row, quiet zone included; `True` is dark."""
    # Here, because only `mfa add` draws and it costs 6 ms, or 22 ms where Pillow is installed.
    from qrcode.constants import ERROR_CORRECT_L  # noqa: PLC0415
    from qrcode.main import QRCode  # noqa: PLC0415

    if len(uri) > MOST_CHARACTERS:
        raise ValueError("longer than a QR code can hold")
    # Level L, as a screen has no scratches: with M an address of 254 letters needs 81 columns.
    code = QRCode(error_correction=ERROR_CORRECT_L, border=QUIET_MODULES)
    code.add_data(uri)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _half_blocks(modules: list[list[bool]], *, inked: bool) -> list[str]:
    """Two rows of modules a line; `inked` says which modules are drawn, the dark or the light."""
    light = [False] * len(modules)  # a code has an odd number of rows
    pairs = zip(modules[::2], [*modules[1::2], light], strict=True)
    return [
        "".join(HALVES[up is inked, down is inked] for up, down in zip(upper, lower, strict=True))
        for upper, lower in pairs
    ]
