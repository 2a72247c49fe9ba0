"""Where walks begin: lives that have got somewhere, each made once by commands and then copied."""

from collections import Counter
from pathlib import Path

from tests.model import typed
from tests.model.state import GUESSES, HOUR
from tests.model.walk import ADA, BOB, LAPTOP, PHONE, Walk

PASSWORD = "correct horse battery staple"
OTHER_PASSWORD = "purple monkey dishwasher lamp"
NEVER_A_PASSWORD = "nobody ever took this one"


def make(folder: Path, counts: Counter[str]) -> dict[str, Walk]:
    """All of them, by name."""
    made = {"nobody": Walk.begin(folder / "nobody", counts)}

    def after(name: str, made_from: str) -> Walk:
        made[name] = made[made_from].copy(folder / name)
        return made[name]

    sign_up(after("a password", "nobody"), LAPTOP, ADA)
    enrol(after("an app", "a password"), LAPTOP)
    halfway(after("two halfway", "an app"))
    both(after("two accounts", "an app"))
    guess_password(after("two passwords left", "two accounts"), PHONE, GUESSES - 2)
    guess(after("two guesses left", "two halfway"), LAPTOP, GUESSES - 2)
    guess(after("almost for ever", "two guesses left"), LAPTOP, 90)
    return made


def sign_up(walk: Walk, who: str, address: str, password: str = PASSWORD) -> None:
    """An account without a second factor, signed in."""
    walk.sign_up(who, address, password)
    walk.verify(who, typed.right(walk, who))


def enrol(walk: Walk, who: str) -> None:
    """The app is on."""
    walk.add(who)
    walk.confirm(who, typed.app(walk, who))


def halfway(walk: Walk) -> None:
    """Both clients have given Ada's password, and owe her second factor."""
    walk.wait(45)
    walk.sign_out(LAPTOP)
    walk.sign_in(LAPTOP, ADA, PASSWORD)
    walk.sign_in(PHONE, ADA, PASSWORD)


def both(walk: Walk) -> None:
    """Ada is signed in on the laptop, with her app; Bob on the phone, without."""
    sign_up(walk, PHONE, BOB, OTHER_PASSWORD)


def guess(walk: Walk, who: str, times: int) -> None:
    """Guesses at Ada's second factor, and waits for each lock to end."""
    for _ in range(times):
        if walk.model.clients[who].pending is None:
            walk.sign_in(who, ADA, PASSWORD)
        walk.verify(who, typed.wrong(walk, who))
        holder = walk.model.holders[ADA]
        if holder.locked_at == walk.model.now and holder.failures < 100:
            walk.wait(HOUR)
            walk.sign_in(who, ADA, PASSWORD)


def guess_password(walk: Walk, who: str, times: int) -> None:
    """Guesses at the password of who is signed in."""
    for _ in range(times):
        walk.verify_password(who, NEVER_A_PASSWORD)
