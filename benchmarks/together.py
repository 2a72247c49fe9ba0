"""Many shells at one vault: each signs in again and again.

Guarantees: a sign-in that fails, or of which the vault has no event afterwards, is an error.

May import: benchmarks and the standard library.
"""

import statistics
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.world import MFACTL, PASSWORD, Home

AT_ONCE = (1, 2, 4, 8, 16)
SIGN_INS = 112  # of all shells: for a 99th percentile that is not the slowest


class Crowd(NamedTuple):
    """So many shells at once: sign-ins a second, each after a sign-out, and how long one took."""

    shells: int
    rate: float
    median: float
    slowest_hundredth: float


def crowds(
    scratch: Path, at_once: Sequence[int] = AT_ONCE, sign_ins: int = SIGN_INS
) -> list[Crowd]:
    """So many sign-ins by one shell, then by more and more at once."""
    home = Home(scratch / "crowd")
    people = []
    for number in range(max(at_once)):
        client = scratch / f"client{number}"
        client.mkdir(mode=0o700)
        people.append((f"user{number}@example.com", client / "client.toml"))
        home.sign_up(people[-1][0], client=people[-1][1])
    found = []
    for shells in at_once:
        started = time.perf_counter()
        with ThreadPoolExecutor(shells) as pool:
            work = partial(_sign_ins, home, sign_ins // shells)
            times = list(pool.map(work, people[:shells]))
        seconds = time.perf_counter() - started
        all_of = sorted(taken for each in times for taken in each)
        last = all_of[min(len(all_of) - 1, int(len(all_of) * 0.99))]
        found.append(Crowd(shells, len(all_of) / seconds, statistics.median(all_of), last))
    expect_all(home, sign_ins * len(at_once))
    return found


def expect_all(home: Home, sign_ins: int) -> None:
    """Stops unless the vault is whole, and has an event of each sign-in."""
    home.run("vault", "check")
    events = home.run("audit", "list", "--kind", "sign_in", "--jsonl").splitlines()
    if len(events) != sign_ins:
        raise RuntimeError(f"of {sign_ins} sign-ins the vault tells of {len(events)}")


def _sign_ins(home: Home, count: int, who: tuple[str, Path]) -> list[float]:
    email, client = who
    environ = {**home.environ, "MFACTL_CLIENT": str(client)}
    times = []
    for _ in range(count):
        home.run("signout", client=client)
        started = time.perf_counter()
        done = subprocess.run(
            [MFACTL, "signin", email, "--password-stdin"],
            input=PASSWORD,
            capture_output=True,
            check=False,
            env=environ,
            text=True,
        )
        times.append(time.perf_counter() - started)
        if done.returncode != 0:
            raise RuntimeError(f"a sign-in of {email} ended with {done.returncode}: {done.stderr}")
    return times
