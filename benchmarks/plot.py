"""The picture of docs/performance.md: what a command takes by the size of the vault, as SVG.

May import: benchmarks and the standard library.
"""

from collections.abc import Sequence
from math import log10
from pathlib import Path

from benchmarks.page import MS, ONE_ACCOUNT
from benchmarks.scale import Sized
from benchmarks.world import ROOT

PICTURE = ROOT / "docs" / "performance.svg"
WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 50, 130, 30, 40
COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#8250df", "#9a6700")


def draw(vaults: Sequence[Sized], picture: Path = PICTURE) -> None:
    """One line a command, from the smallest vault to the largest; a flat one costs the same."""
    most = max(vault.samples[name].median for vault in vaults for name in ONE_ACCOUNT) * 1.1
    first, last = (log10(vaults[place].accounts) for place in (0, -1))

    def x(accounts: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (log10(accounts) - first) / (last - first)

    def y(seconds: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * seconds / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="13">Milliseconds of a command, by accounts</text>',
    ]
    step = 0.1 if most > 0.3 else 0.05
    for number in range(int(most / step) + 1):
        height = y(number * step)
        parts.append(
            f'<path d="M{LEFT} {height:.1f}H{WIDTH - RIGHT}" stroke="#d0d7de"/>'
            f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">'
            f"{number * step * MS:.0f}</text>"
        )
    for vault in vaults:
        parts.append(
            f'<text x="{x(vault.accounts):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{vault.accounts:,}</text>"
        )
    labels = sorted(ONE_ACCOUNT, key=lambda name: -vaults[-1].samples[name].median)
    for place, name in enumerate(labels):
        points = " ".join(
            f"{x(vault.accounts):.1f},{y(vault.samples[name].median):.1f}" for vault in vaults
        )
        colour = COLOURS[place]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 20 + 18 * place}" fill="{colour}">'
            f"{name}</text>"
        )
    picture.write_text("\n".join([*parts, "</svg>"]) + "\n")
