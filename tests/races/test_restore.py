"""A backup is put in the vault's place while the vault is used.

Whoever is answered is so before the restore, by the vault that is kept, or after it, by the one
that is restored. What was told is in one of the two, once.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.races.crowd import Crowd, sign_in, verify
from tests.races.race import (
    BUSY,
    DONE,
    LAPSED,
    ONE_MORE_STEP,
    USED,
    Command,
    Start,
    due,
    ending,
)
from tests.support.runner import Result
from tests.vault.reader import Json

pytestmark = [pytest.mark.soak, pytest.mark.slow]

USES = {
    "signin": {ONE_MORE_STEP, BUSY},
    "verify": {DONE, USED, LAPSED, BUSY},  # what waited for a code has ended with the restore
}


def test_eight_who_sign_in_while_a_backup_is_restored_are_answered_before_it_or_after_it(
    adas: Iterator[Crowd], start: Start, rng: Random
) -> None:
    for crowd in adas:
        backup = crowd.owner.folder / "backup.db"
        crowd.owner.run("vault", "backup", str(backup), expect=0)
        copy = crowd.owner.books()
        crowd.owner.run("verify", crowd.backup_codes[0], expect=0)  # which is given up
        before = crowd.owner.books()
        codes = (crowd.code(), crowd.backup_codes[0])
        uses = [
            *map(sign_in, crowd.waiting[:4]),
            *(verify(client, rng.choice(codes)) for client in crowd.waiting[4:8]),
        ]
        restore = crowd.owner.ready("vault", "restore", str(backup), "--yes")
        restored, *answers = start.run(restore, *uses)
        for use, answer in zip(uses, answers, strict=True):
            assert ending(answer) in USES[use.arguments[0]]
        now = crowd.owner.books()
        given_up: list[Json] = []
        if ending(restored) == DONE:
            kept = crowd.owner.books(Path(restored.document["replaced_path"]))
            assert kept.hashes[: len(before.hashes)] == before.hashes
            given_up = kept.events[len(before.events) :]
            assert now.hashes[: len(copy.hashes)] == copy.hashes
            first, *later = now.events[len(copy.events) :]
            assert first["happened"] == "vault_restore"
        else:
            assert ending(restored) == BUSY
            assert now.hashes[: len(before.hashes)] == before.hashes
            later = now.events[len(before.events) :]
        _check_each_is_told_once(uses, answers, given_up + later)
        _all_go_on(crowd.later(60))


def _check_each_is_told_once(
    uses: list[Command], answers: list[Result], events: list[Json]
) -> None:
    told = Counter(event["code"] or event["happened"] for event in events)
    expected = [
        word for use, answer in zip(uses, answers, strict=True) for word in due(use, answer)
    ]
    assert told == Counter(expected)


def _all_go_on(crowd: Crowd) -> None:
    """Everybody takes the vault for what it is, on purpose, and signs in."""
    for client in crowd.waiting[:8]:
        client.run("vault", "check", "--accept-rollback", expect=0)
        client.run("signout")
        client.sign_in(expect=3)
    crowd.waiting[0].run("verify", crowd.code(), expect=0)
