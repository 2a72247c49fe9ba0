"""A QR code as a picture, for `mfa add --qr-file`: SVG and PNG, from the standard library alone.

Guarantees: black on white with the quiet zone around it; one bit a pixel in PNG.
May import: mfactl.cli.qr, mfactl.errors and the standard library.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from mfactl.cli import qr
from mfactl.errors import Code, failure

Draw = Callable[[str], bytes]

MOST_BYTES = 1 << 18  # the largest code there is has 185 modules a side
SVG_UNITS = 4  # a module, so that viewers that show a picture as it is show one that scans
PNG_PIXELS = 8
GREYSCALE = 0


def drawer(path: Path | None) -> Draw:
    """What draws the kind of picture that the name asks for. Raises `usage_error` on others."""
    if path is None or path.suffix.lower() == ".svg":
        return svg
    if path.suffix.lower() == ".png":
        return png
    detail = f"A QR code can be drawn as SVG or PNG; {path.name} says neither."
    raise failure(Code.USAGE_ERROR, detail, "Name a file that ends with .svg or .png.")


def svg(uri: str) -> bytes:
    """The URI as an SVG picture: one path of squares."""
    modules = qr.matrix(uri)
    side = len(modules)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(modules) for x, dark in enumerate(row) if dark
    )
    size = side * SVG_UNITS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        f'viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
    ).encode()


def png(uri: str) -> bytes:
    """The URI as a PNG picture (ISO/IEC 15948): greyscale, one bit a pixel."""
    modules = qr.matrix(uri)
    side = len(modules) * PNG_PIXELS
    rows = b"".join(_png_row(row) * PNG_PIXELS for row in modules)
    header = struct.pack(">IIBBBBB", side, side, 1, GREYSCALE, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _png_row(row: list[bool]) -> bytes:
    # PNG_PIXELS are one byte: eight white or eight black pixels. The zero says "no filter".
    return b"\0" + bytes(0x00 if dark else 0xFF for dark in row)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
