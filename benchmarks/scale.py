"""Vaults of ten to a million accounts: does a command take longer, or more memory, in the larger?

Guarantees: in each round each command runs once in every vault, so that the sizes are compared in
the same minutes.
May import: benchmarks, mfactl and the standard library.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import loader
from benchmarks.measure import Command, Sample, in_turn
from benchmarks.world import EMAIL, MFACTL, PASSWORD, START, Home
from mfactl.passwords import Hasher
from mfactl.vault.keys import FLOOR

BYTES_AN_ACCOUNT = 3_200  # for the room that is needed; what it was is measured
COPIES = 3  # of the largest vault at once: itself, a backup, and the journal of a rotation
STEP = 60  # seconds of the vault's clock between two rounds: each has a new code of the app
OWNER_RUNS = 3
LARGE = 100_000  # accounts, from which reading all of them once is enough


@dataclass
class Sized:
    """A vault of so many accounts, and what was measured in it."""

    accounts: int
    home: Home
    rate: float  # accounts a second while it was loaded
    bytes_an_account: float
    samples: dict[str, Sample]


def room_for(sizes: tuple[int, ...]) -> int:
    """Bytes of disk that the vaults will need."""
    return (sum(sizes) + COPIES * max(sizes)) * BYTES_AN_ACCOUNT


def measure(
    sizes: tuple[int, ...], runs: int, scratch: Path, say: Callable[[str], None]
) -> list[Sized]:
    """Makes a vault of each size, then runs the commands in all of them."""
    vaults = []
    for size in sizes:
        vaults.append(_made(size, scratch / str(size)))
        say(f"{size:,} accounts loaded, {vaults[-1].rate:,.0f} a second")
    commands = [command for vault in vaults for command in _of_one_account(vault)]
    _sort(in_turn(commands, runs, scratch), vaults)
    for vault in vaults:
        say(f"reading, copying and re-keying {vault.accounts:,} accounts")
        is_large = vault.accounts >= LARGE
        commands = _of_the_owner(vault, scratch)
        samples = in_turn(commands, 1 if is_large else OWNER_RUNS, scratch, unwarmed=is_large)
        _sort(samples, vaults)
    return vaults


def _made(size: int, place: Path) -> Sized:
    home = Home(place, clock=START)
    vault = place / ".local/share/mfactl/vault.db"
    key_file = place / ".config/mfactl/vault.key"
    verifier = Hasher(bytes(32), FLOOR).hash(PASSWORD.encode())
    rate = loader.load(vault, key_file, size, verifier=verifier, now=START)
    size_of = vault.stat().st_size / size
    home.sign_up(app=True)
    eve = place / "eve" / "client.toml"
    eve.parent.mkdir(mode=0o700)
    home.sign_up("eve@example.com", client=eve)
    return Sized(size, home, rate, size_of, {})


def _of_one_account(vault: Sized) -> list[Command]:
    home = vault.home
    still = dict(home.environ)  # Eve's session has to be fresh

    def environ() -> dict[str, str]:
        return dict(home.environ)

    def next_round() -> None:
        home.run("signout")
        home.clock = (home.clock or START) + STEP

    def named(name: str, *arguments: str, **more: object) -> Command:
        given = {"environ": environ, **more}
        return Command(f"{name} @{vault.accounts}", [MFACTL, *arguments], **given)  # type: ignore[arg-type]

    eve = {**still, "MFACTL_CLIENT": str(home.place / "eve" / "client.toml")}
    sign_in = ("signin", EMAIL, "--password-stdin")
    return [
        named("signin", *sign_in, stdin=PASSWORD, status=3, before=next_round),
        Command(f"verify @{vault.accounts}", lambda: [MFACTL, "verify", home.code()], environ),
        named("account show", "account", "show", "--json"),
        named("mfa add", "mfa", "add", "--format", "uri", environ=eve),
        named("admin list, 20", "admin", "list", "--limit", "20"),
    ]


def _of_the_owner(vault: Sized, scratch: Path) -> list[Command]:
    home, copy = vault.home, scratch / "copy.db"

    def named(name: str, *arguments: str, before: Callable[[], object] = lambda: None) -> Command:
        label = f"{name} @{vault.accounts}"
        return Command(label, [MFACTL, *arguments], home.environ, before=before)

    def forget() -> None:
        copy.unlink(missing_ok=True)

    return [
        named("vault check", "vault", "check"),
        named("vault backup", "vault", "backup", str(copy), before=forget),
        named("vault rotate", "vault", "rotate", "--yes", before=forget),
    ]


def _sort(samples: dict[str, Sample], vaults: list[Sized]) -> None:
    for name, sample in samples.items():
        command, _, size = name.partition(" @")
        next(vault for vault in vaults if str(vault.accounts) == size).samples[command] = sample


def free(scratch: Path) -> int:
    """Bytes that the disk under the scratch directory has left."""
    return shutil.disk_usage(scratch).free
