"""Crowds: many clients at one vault, in a known state from which a race begins.

A state is made once, and every race gets a copy. Nothing waits: the vaults are test vaults, and a
crowd has a clock.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Self

from mfactl.passwords import Hasher
from mfactl.vault.header import Secret
from mfactl.vault.keys import FLOOR, KEY_FILE, parse_key_file
from mfactl.vault.transaction import Draft
from mfactl.vault.vault import Vault
from tests.races.race import ONE_MORE_STEP, Command, Racer, Start
from tests.support.builders import account
from tests.support.runner import ADA, PASSWORD, START, code_at, wrong_code_at

FIFTY = 50
TWENTY = 20  # as many codes of the app come up before a sign-in lapses
STEP = 30  # seconds that a code of the app is shown
GRACE = "grace+clerk_test@example.com"  # whose mailed code is 424242, without mail or wait
MAILED = "424242"


class Crowd(NamedTuple):
    """A vault and its clients, a clock, and what Ada keeps: her app's secret, her backup codes."""

    folder: Path
    clock: int = START
    secret: str = ""
    backup_codes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Crowd({self.folder.name})"

    @property
    def owner(self) -> Racer:
        """The shell in which Ada enrolled: signed in, and fresh enough for every change."""
        return Racer(self.folder, clock=self.clock)

    @property
    def waiting(self) -> list[Racer]:
        """Fifty clients that have something pending."""
        return [self.client(f"waiting-{number}") for number in range(FIFTY)]

    @property
    def live(self) -> list[Racer]:
        """Twenty clients at which Ada is signed in."""
        return [self.client(f"live-{number}") for number in range(TWENTY)]

    def client(self, name: str) -> Racer:
        """A client of its own."""
        shell = Racer(self.folder, clock=self.clock)
        shell.environ["MFACTL_CLIENT"] = str(shell.home / f"{name}.toml")
        return shell

    def later(self, seconds: int) -> Self:
        """The same at a later time."""
        return self._replace(clock=self.clock + seconds)

    def code(self, drift: int = 0) -> str:
        """What Ada's app shows now, or so many steps away."""
        return code_at(self.secret, self.clock + drift * STEP)

    def wrong_code(self) -> str:
        """Six digits that Ada's app does not show."""
        return wrong_code_at(self.secret, self.clock)

    def copy(self, folder: Path) -> Self:
        """The same in another place."""
        shutil.copytree(self.folder, folder)
        return self._replace(folder=folder)

    def dump(self) -> str:
        """All of it but the place, for a file."""
        return json.dumps(self[1:])

    @classmethod
    def load(cls, folder: Path, text: str) -> Self:
        """What was dumped, at its place."""
        clock, secret, backup_codes = json.loads(text)
        return cls(folder, clock, secret, tuple(backup_codes))


# --- commands


def sign_in(shell: Racer, email: str = ADA, password: str = PASSWORD) -> Command:
    """The first step of a sign-in."""
    return shell.ready("signin", email, "--password-stdin", stdin=password)


def sign_up(shell: Racer, email: str) -> Command:
    """The first step of a sign-up."""
    return shell.ready("signup", email, "--password-stdin", stdin=PASSWORD)


def verify(shell: Racer, code: str) -> Command:
    """A code, for whatever waits for one."""
    return shell.ready("verify", code)


# --- states

Maker = Callable[[Path, Start], Crowd]


def empty(folder: Path) -> Crowd:
    """A vault without accounts."""
    folder.mkdir()
    crowd = Crowd(folder)
    crowd.owner.init()
    return crowd


def adas(folder: Path, start: Start) -> Crowd:
    """Ada is signed in at twenty clients, and fifty more wait for her second factor.

    The codes of three steps are good: of this one, the one before and the next.
    """
    crowd = empty(folder)
    crowd.owner.sign_up()
    secret, backup_codes = crowd.owner.enrol()
    crowd = crowd._replace(secret=secret, backup_codes=tuple(backup_codes)).later(STEP)
    start.race(*map(sign_in, crowd.live))
    for number in range(TWENTY):  # a code signs in once, so each waits for one of its own
        crowd.live[number].run("verify", crowd.code(), expect=0)
        crowd = crowd.later(STEP)
    crowd.owner.run("verify", crowd.code(), expect=0)
    assert start.race(*map(sign_in, crowd.waiting)).counts == {ONE_MORE_STEP: FIFTY}
    return crowd.later(2 * STEP)


def graces(folder: Path, start: Start) -> Crowd:
    """Fifty sign-ups of one address wait for its code."""
    crowd = empty(folder)
    waiting = start.race(*(sign_up(shell, GRACE) for shell in crowd.waiting))
    assert waiting.counts == {ONE_MORE_STEP: FIFTY}
    return crowd


def people(folder: Path, _start: Start) -> Crowd:
    """Fifty accounts with one password and no second factor, at `person(0)` to `person(49)`.

    Written by the vault itself: fifty sign-ups would take seconds, and prove nothing here.
    """
    crowd = empty(folder)
    key = Secret(KEY_FILE, parse_key_file((crowd.owner.home / "vault.key").read_bytes()), "")
    with closing(Vault(crowd.owner.home / "vault.db", lambda _kinds: key)) as vault:
        with vault.reading() as transaction:
            verifier = Hasher(transaction.pepper(), FLOOR).hash(PASSWORD.encode())
        for number in range(FIFTY):
            with vault.writing() as transaction:
                one = account(
                    id=f"user_{number:027}",
                    email_id=f"idn_{number:027}",
                    email=person(number),
                    key=person(number),
                    password=verifier,
                )
                transaction.put(one)
                transaction.commit(Draft(START, "sign_up_verify", one.id))
    return crowd


def person(number: int) -> str:
    """The address of one of fifty people."""
    return f"person-{number}@example.com"


# --- what can be said of a state afterwards


def shown(shell: Racer) -> dict[str, object]:
    """The account that the client is signed in to."""
    return dict(shell.run("account", "show", "--json", expect=0).document)


def is_signed_in(shell: Racer) -> bool:
    """Whether the client has a live session."""
    return shell.run("account", "show", "--json").exit == 0


def attempts_left(crowd: Crowd) -> object:
    """How many wrong guesses Ada has left."""
    return shown(crowd.owner)["verification_attempts_remaining"]


def generation(crowd: Crowd) -> int:
    """One for the vault's first header, and one more for each change of it."""
    return int(crowd.owner.books().header["generation"])


def takes_the_next_code(crowd: Crowd, loser: Racer) -> bool:
    """Whether nothing was counted, and who lost with a genuine code is verified with the next."""
    later = crowd.later(2 * STEP)  # the code of the step between may have been used
    loser.clock = later.clock
    unharmed = attempts_left(crowd) == 10
    return unharmed and loser.run("verify", later.code(), "--json").exit == 0
