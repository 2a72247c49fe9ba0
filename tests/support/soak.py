"""Long runs: `pytest --soak` does more of everything; with `--page` it writes down what it did.

A test that scales is marked `soak`, takes its numbers from the fixture `soak` and counts with
`tally`; what it draws, it draws from `rng`. `make test` runs it with the small numbers.
"""

import platform
import random
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SEED = 20260101  # of short runs, so that each of them does the same
TALLY = "tally: "  # marks our counts among the properties of a test's report

Tally = Callable[[str, int], None]

_HEADING = """\
# Reliability

What the long runs did. `make soak` writes this page; `make test` runs the same tests with smaller
numbers. Every row counts what was done, and is here only if its test passed: each of them fails at
the first thing that is lost, taken twice, locked by mistake, or damaged without being named.

"""


def add_options(parser: pytest.Parser) -> None:
    """The options of long runs."""
    group = parser.getgroup("mfactl")
    group.addoption("--soak", action="store_true", help="long runs")
    group.addoption("--page", type=Path, default=None, help="where a long run writes its counts")
    group.addoption("--seed", type=int, default=None, help="what random choices are drawn from")


def seed_of(config: pytest.Config) -> int:
    """The seed of this run."""
    given = config.getoption("--seed")
    return SEED if given is None else int(given)


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether this is a long run."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random choices of one test, the same for the same seed."""
    return random.Random(f"{seed_of(request.config)} {request.node.nodeid}")  # noqa: S311


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Counts what a test did, such as `tally("kills at random points of a sign-in", 300)`."""

    def count(what: str, number: int) -> None:
        record_property(TALLY + what, number)

    return count


class Counts:
    """Collects the counts of a long run, from every worker, and writes the page at its end."""

    def __init__(self, config: pytest.Config, page: Path) -> None:
        self._page = page
        self._seed = seed_of(config)
        self._counts: dict[tuple[str, str], int] = {}
        self._failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the counts of a test that passed."""
        self._failed += report.failed
        if report.when != "call" or not report.passed:
            return
        for name, number in report.user_properties:
            if name.startswith(TALLY):
                key = (name.removeprefix(TALLY), report.nodeid.partition("[")[0])
                self._counts[key] = self._counts.get(key, 0) + int(str(number))

    def pytest_sessionfinish(self) -> None:
        """Writes the page, unless something failed: then the old one stays."""
        if self._counts and not self._failed:
            self._page.write_text(self._text(), "utf-8")

    def _text(self) -> str:
        commit = _said("git", "rev-parse", "--short=12", "HEAD")
        if _said("git", "status", "--porcelain", "--", "src", "tests"):
            commit += ", with changes that are not in it"
        machine = f"{platform.system()} {platform.release()}, {platform.machine()}"
        versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
        facts = f"Commit {commit}; seed {self._seed}; {machine}; {versions}.\n\n"
        rows = [
            f"| {what} | {number:,} | `{test}` |\n"
            for (what, test), number in sorted(self._counts.items())
        ]
        return _HEADING + facts + "| what | count | test |\n|---|---:|---|\n" + "".join(rows)


def _said(*command: str) -> str:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


def is_controller(config: pytest.Config) -> bool:
    """Whether this process sees the reports of all workers."""
    return not hasattr(config, "workerinput")
