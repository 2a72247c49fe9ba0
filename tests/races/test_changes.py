"""What changes an account, against fifty uses of it at the same moment.

Whatever the order was, it is that of the vault's chain: all that was let in was let in before the
change, each code once, and nothing of it is left after the change.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import pytest

from tests.races.crowd import (
    Crowd,
    attempts_left,
    is_signed_in,
    shown,
    sign_in,
    verify,
)
from tests.races.race import (
    DONE,
    ENDED,
    LAPSED,
    ONE_MORE_STEP,
    USED,
    WRONG,
    WRONG_PASSWORD,
    Command,
    Race,
    Racer,
    Start,
)
from tests.support.runner import PASSWORD

pytestmark = [pytest.mark.soak, pytest.mark.slow]

NEW_PASSWORD = "seven green llamas on a roof"
PATIENCE = (0, 5, 15)  # of whom a change goes before; else one that hashes ten codes came last
SIGN_INS = 9  # one less than would lock the address where the password has changed


class Change(NamedTuple):
    """A change that Ada makes.

    `sign_in` is what signing in with her old password leads to afterwards, and `check` looks at
    what else has to hold, given what the change answered.
    """

    command: Callable[[Crowd], Command]
    sign_in: str
    check: Callable[[Crowd, Race], None]


def regenerate(crowd: Crowd) -> Command:
    return crowd.owner.ready("backup-codes", "regenerate", "--yes")


def only_new_codes_are_good(crowd: Crowd, race: Race) -> None:
    codes = _answer(race, "backup-codes")["codes"]
    assert len(set(codes)) == 10
    assert not set(codes) & set(crowd.backup_codes)
    assert shown(crowd.owner)["backup_codes_remaining"] == 10
    stranger = crowd.client("new")
    stranger.sign_in(expect=3)
    for old in (crowd.backup_codes[0], crowd.backup_codes[-1]):  # one that was raced for, and not
        assert stranger.run("verify", old, "--json").codes == [WRONG]
    stranger.run("verify", codes[0], expect=0)


def disable(crowd: Crowd) -> Command:
    return crowd.owner.ready("mfa", "disable", "--yes")


def no_factor_is_left(crowd: Crowd, _race: Race) -> None:
    account = shown(crowd.owner)
    assert (account["totp_enabled"], account["backup_codes_remaining"]) == (False, 0)
    crowd.client("new").sign_in(expect=0)


def change_password(crowd: Crowd) -> Command:
    old, new = (crowd.owner.write(*file) for file in (("old", PASSWORD), ("new", NEW_PASSWORD)))
    return crowd.owner.ready(
        "account", "password", "--password-file", str(old), "--new-password-file", str(new)
    )


def only_the_new_password_is_good(crowd: Crowd, race: Race) -> None:
    assert attempts_left(crowd) == 10 - race.counts[WRONG_PASSWORD]
    crowd.client("new").sign_in(password=NEW_PASSWORD, expect=3)


def sign_out_everywhere(crowd: Crowd) -> Command:
    return crowd.owner.ready("signout", "--all")


def nobody_is_signed_in(crowd: Crowd, _race: Race) -> None:
    assert not any(map(is_signed_in, (crowd.owner, *crowd.live)))
    crowd.client("new").sign_in(expect=3)


@pytest.mark.parametrize(
    "change",
    [
        Change(regenerate, ONE_MORE_STEP, only_new_codes_are_good),
        Change(disable, DONE, no_factor_is_left),
        Change(change_password, WRONG_PASSWORD, only_the_new_password_is_good),
        Change(sign_out_everywhere, ONE_MORE_STEP, nobody_is_signed_in),
    ],
    ids=lambda change: change.command.__name__,
)
def test_what_is_let_in_is_let_in_before_a_change_and_ends_with_it(
    adas: Iterator[Crowd], start: Start, rng: Random, change: Change
) -> None:
    for crowd in adas:
        commands = [*_uses(crowd, rng), change.command(crowd)]
        rng.shuffle(commands)
        race = start.race(*commands)
        _replay(race, change)
        change.check(crowd, race)


def _uses(crowd: Crowd, rng: Random) -> Iterator[Command]:
    """Forty-nine: sign-ins with the password, and codes for sign-ins and for sessions."""
    clients = crowd.waiting
    codes = (*[crowd.code()] * 2, *crowd.backup_codes[:2])
    uses = [verify(each, rng.choice(codes)) for each in (*clients[SIGN_INS:29], *crowd.live)]
    for use in (*map(sign_in, clients[:SIGN_INS]), *uses):
        yield use._replace(patience=rng.choice(PATIENCE))


def _replay(race: Race, change: Change) -> None:
    """Looks whether each answer is the only one that its place in the chain allows."""
    spent: set[str] = set()
    let_in: list[Racer] = []
    changed = False
    for place, ended in race.in_order():
        shell = race.commands[place].shell
        command, code, *_ = race.commands[place].arguments
        if command == "signin":
            assert ended == (change.sign_in if changed else ONE_MORE_STEP)
        elif command != "verify":
            assert ended == DONE
            changed = True
        elif changed:
            assert ended == (ENDED if "live-" in shell.client_file.name else LAPSED)
        else:
            assert ended == (USED if code in spent else DONE)
            spent.add(code)
            let_in.append(shell)
    assert changed
    assert not any(map(is_signed_in, let_in))


def _answer(race: Race, command: str) -> dict[str, list[str]]:
    """The document of the one command of this name."""
    (place,) = (n for n, each in enumerate(race.commands) if each.arguments[0] == command)
    return dict(race.results[place].document)
