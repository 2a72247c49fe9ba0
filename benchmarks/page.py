"""docs/performance.md: its tables are between marks, and each run replaces those that it measured.

May import: benchmarks and the standard library.
"""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.limits import Limit
from benchmarks.measure import Sample
from benchmarks.peers import Peer
from benchmarks.scale import LARGE, OWNER_RUNS, Sized
from benchmarks.start_up import BARE_NAME, FLOOR_NAME
from benchmarks.tab import Tab
from benchmarks.together import Crowd
from benchmarks.world import ROOT

PAGE = ROOT / "docs" / "performance.md"
MS = 1_000
ONE_ACCOUNT = ("account show", "signin", "verify", "mfa add", "admin list, 20")
WHOLE_VAULT = ("vault check", "vault backup", "vault rotate")


def put(name: str, text: str, page: Path = PAGE) -> None:
    """Replaces what stands between the marks of this name."""
    before = page.read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    after = re.sub(
        re.escape(begin) + ".*?" + re.escape(end), lambda _: begin + text + end, before, flags=re.S
    )
    if after == before and text not in before:
        raise ValueError(f"{page} has no place for {name}")
    page.write_text(after)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def where() -> str:
    """The machine, the versions and the commit."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    commit = _said("git", "rev-parse", "--short", "HEAD")
    changed = " with changes" if _said("git", "status", "--porcelain", "src") else ""
    parts = [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}{changed}",
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()})",
        f"Linux {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in ("typer", "cryptography")),
    ]
    return "Measured " + "; ".join(parts) + ".\n"


def _said(*argv: str) -> str:
    if shutil.which(argv[0]) is None:
        return "unknown"
    done = subprocess.run(argv, capture_output=True, check=False, cwd=ROOT, text=True)
    return done.stdout.strip()


def start_up(samples: Mapping[str, Sample], peers: Iterable[Peer], runs: int) -> str:
    """The table of whole processes."""
    floor, bare = samples[FLOOR_NAME].least, samples[BARE_NAME].least
    rows = [
        [
            name,
            f"{sample.median * MS:.0f}",
            f"{sample.least * MS:.0f}",
            f"{min(sample.cpu) * MS:.0f}",
            f"{sample.least / floor:.2f}",
            f"{sample.least / bare:.1f}",
            f"{sample.memory:.0f}",
        ]
        for name, sample in samples.items()
    ]
    rows += [[peer.name, peer.missing, "", "", "", "", ""] for peer in peers if not peer.command]
    head = ("command", "median ms", "least ms", "CPU ms", "x floor", "x Python", "MiB")
    return (
        f"{where()}{runs} runs of each, in turn; ratios are of the least.\n\n{_table(head, rows)}"
    )


def flow(pieces: Mapping[str, float]) -> str:
    """The table of pieces."""
    rows = [[name, f"{s * 1e6:,.0f}", f"{1 / s:,.0f}"] for name, s in pieces.items()]
    return f"{where()}\n{_table(('piece', 'microseconds', 'a second'), rows)}"


def limits(found: Iterable[Limit]) -> str:
    """The table of what commands cannot be less than."""
    rows = [
        [
            limit.command,
            limit.parts,
            f"{limit.least * MS:.0f}",
            f"{limit.takes * MS:.0f}",
            f"{(limit.takes - limit.least) * MS:.0f}",
            f"{limit.takes / limit.least:.2f}",
        ]
        for limit in found
    ]
    head = ("command", "has to do", "ms", "takes ms", "more by ms", "times")
    return f"{where()}\n{_table(head, rows)}"


def together(crowds: Sequence[Crowd]) -> str:
    """The table of crowds."""
    alone = crowds[0].median
    rows = [
        [
            str(crowd.shells),
            f"{crowd.rate:.1f}",
            f"{crowd.median * MS:.0f}",
            f"{crowd.slowest_hundredth * MS:.0f}",
            f"{crowd.slowest_hundredth / alone:.1f}",
        ]
        for crowd in crowds
    ]
    head = ("shells at once", "sign-ins a second", "p50 ms", "p99 ms", "p99 x alone")
    return f"{where()}\n{_table(head, rows)}"


def tabs(found: Iterable[Tab]) -> str:
    """The table of shells."""
    rows = [
        [tab.shell, tab.missing if tab.added is None else f"{tab.added * MS:.1f}"] for tab in found
    ]
    return f"{where()}\n{_table(('shell', 'ms that TAB adds'), rows)}"


def scale(vaults: Sequence[Sized], runs: int) -> str:
    """The tables of sizes."""
    sizes = [f"{vault.accounts:,}" for vault in vaults]
    first, last = vaults[0], vaults[-1]
    flat = [
        [
            name,
            *(_of_one(v.samples[name]) for v in vaults),
            f"{last.samples[name].least / first.samples[name].least:.2f}",
            f"{last.samples[name].memory / first.samples[name].memory:.2f}",
        ]
        for name in ONE_ACCOUNT
    ]
    linear = [[name, *(_whole(vault, name) for vault in vaults)] for name in WHOLE_VAULT]
    linear += [
        ["loading, accounts a second", *(f"{vault.rate:,.0f}" for vault in vaults)],
        ["bytes an account on disk", *(f"{vault.bytes_an_account:,.0f}" for vault in vaults)],
    ]
    return (
        f"{where()}{runs} runs of each in all vaults in turn; least ms (median) / MiB of memory. "
        "The last two columns: the largest vault against the smallest, least time and memory.\n\n"
        f"{_table(('accounts', *sizes, 'time', 'memory'), flat)}\n"
        f"Seconds (accounts a second) / MiB of the largest process, the least of {OWNER_RUNS} runs,"
        f" of one from {LARGE:,} accounts on. A check reads a large vault by one process a core."
        f"\n\n{_table(('accounts', *sizes), linear)}"
    )


def _of_one(sample: Sample) -> str:
    return f"{sample.least * MS:.0f} ({sample.median * MS:.0f}) / {sample.memory:.0f}"


def _whole(vault: Sized, name: str) -> str:
    sample = vault.samples[name]
    rate = vault.accounts / sample.least
    return f"{sample.least:.1f} ({rate:,.0f}) / {sample.memory:.0f}"
