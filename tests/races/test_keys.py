"""The data key is rotated and slots are added and removed, at the same moment.

Who rotates while the slots change is told to look at them again; nobody loses a way in that the
rotation did not name.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races.crowd import Crowd, generation
from tests.races.race import BUSY, DONE, NO_SLOT, Start

pytestmark = [pytest.mark.soak, pytest.mark.slow]

PASSPHRASE = "seven green llamas on a roof"


def test_two_rotations_at_once_are_done_one_after_the_other(
    nobody: Iterator[Crowd], start: Start
) -> None:
    for crowd in nobody:
        second = _add_key_file(crowd)
        words = ("vault", "rotate", "--yes", "--key-file", str(second))
        race = start.race(crowd.owner.ready(*words), crowd.client("other").ready(*words))
        assert set(race.endings) <= {DONE, BUSY}
        assert race.counts[DONE] >= 1
        assert generation(crowd) == 2 + race.counts[DONE]
        _check_they_open(crowd, ("MFACTL_KEY_FILE", second))


@pytest.mark.parametrize("variable", ["MFACTL_KEY_FILE", "MFACTL_PASSPHRASE_FILE"])
def test_a_slot_that_is_added_while_the_key_is_rotated_opens_the_vault_or_is_named(
    nobody: Iterator[Crowd], start: Start, variable: str
) -> None:
    for crowd in nobody:
        secret = crowd.owner.folder / "another"
        option = "--key-file"
        if variable == "MFACTL_PASSPHRASE_FILE":
            secret, option = crowd.owner.write("another", PASSPHRASE), "--new-passphrase-file"
        rotation = crowd.owner.ready("vault", "rotate", "--yes")
        adding = crowd.client("other").ready("vault", "slots", "add", option, str(secret))
        race = start.race(rotation, adding)
        assert race.endings in ((DONE, DONE), (BUSY, DONE))
        assert generation(crowd) == 1 + race.counts[DONE]
        dropped = race.results[0].document.get("dropped_slots", [])
        if dropped:  # it came before the rotation looked, which then has named it
            assert dropped == [race.results[1].document]
            _check_they_open(crowd)
        else:
            _check_they_open(crowd, (variable, secret))


def test_a_slot_that_is_removed_while_the_key_is_rotated_opens_nothing(
    nobody: Iterator[Crowd], start: Start
) -> None:
    for crowd in nobody:
        second = _add_key_file(crowd)
        *_, slot = crowd.owner.books().header["slots"]
        rotation = ("vault", "rotate", "--yes", "--key-file", str(second))
        removal = crowd.client("other").ready("vault", "slots", "remove", slot["id"], "--yes")
        race = start.race(crowd.owner.ready(*rotation), removal)
        assert race.endings in ((DONE, DONE), (BUSY, DONE), (NO_SLOT, DONE))
        assert generation(crowd) == 2 + race.counts[DONE]
        _check_they_open(crowd)
        shell = crowd.client("removed")
        shell.environ["MFACTL_KEY_FILE"] = str(second)
        assert shell.run("vault", "check", "--json").codes == ["vault_key_incorrect"]


def _add_key_file(crowd: Crowd) -> Path:
    path = crowd.owner.folder / "another"
    crowd.owner.run("vault", "slots", "add", "--key-file", str(path), expect=0)
    return path


def _check_they_open(crowd: Crowd, *secrets: tuple[str, Path]) -> None:
    """The first key file opens the vault, and so do these; there is no other slot."""
    assert len(crowd.owner.books().header["slots"]) == 1 + len(secrets)
    for variable, path in secrets:
        shell = crowd.client("another")
        shell.environ[variable] = str(path)
        shell.run("vault", "check", expect=0)
