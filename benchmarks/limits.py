"""What a command cannot be less than: the parts that no program in its place could do without.

Guarantees: all figures are of one run on one machine; the number of waits for the disk is the one
that the tests hold each command to.
May import: benchmarks and tests.cli.budgets.
"""

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks import flow
from benchmarks.measure import Sample
from benchmarks.start_up import BARE_NAME, FLOOR_NAME, TYPER_NAME
from tests.cli.budgets import BUDGETS

# The command, as start_up names it; what has to be started; what has to be hashed; whose budget.
_PARTS = (
    ("mfactl --version", BARE_NAME, None, None),
    ("mfactl --help", TYPER_NAME, None, None),
    ("mfactl account show --json", FLOOR_NAME, None, "account show"),
    ("mfactl verify CODE", FLOOR_NAME, None, "verify"),
    ("mfactl mfa add --format uri", FLOOR_NAME, None, "mfa add"),
    ("mfactl mfa disable --yes", FLOOR_NAME, None, "mfa disable"),
    ("mfactl admin list --limit 20", FLOOR_NAME, None, "admin list"),
    ("mfactl signin ada@example.com --password-stdin", FLOOR_NAME, flow.ARGON2_NAME, "signin"),
    ("mfactl mfa verify CODE", FLOOR_NAME, flow.TEN_CODES_NAME, "mfa verify"),
    (
        "mfactl backup-codes regenerate --yes",
        FLOOR_NAME,
        flow.TEN_CODES_NAME,
        "backup-codes regenerate",
    ),
)


class Limit(NamedTuple):
    """A command, what its least time is made of, that time, and the one it takes (seconds)."""

    command: str
    parts: str
    least: float
    takes: float


def limits(samples: Mapping[str, Sample], pieces: Mapping[str, float]) -> list[Limit]:
    """How near each command is to what it is made of."""
    found = []
    for command, started, hashed, budget in _PARTS:
        parts, least = [started], samples[started].least
        if hashed is not None:
            parts.append(hashed)
            least += pieces[hashed]
        syncs = BUDGETS[budget].syncs if budget is not None else 0
        if syncs:
            parts.append(f"{syncs} syncs")
            least += syncs * pieces[flow.SYNC_NAME]
        found.append(Limit(command, " + ".join(parts), least, samples[command].least))
    return found
