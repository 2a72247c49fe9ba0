"""The header's slots exchanged, removed, doubled or made absurd: no secret opens the file then.

What a changed field does is in tests/vault/test_header.py; here every slot meets every other.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mfactl.errors import Code
from mfactl.vault import slots
from mfactl.vault.create import create
from mfactl.vault.header import SecretProvider
from mfactl.vault.keys import FLOOR, KEY_FILE, KEYRING, PASSPHRASE, SlotPlan
from tests.damage.patient import folder_in_memory
from tests.support.builders import NOW
from tests.vault.vaults import (
    OTHER_KEY,
    header_of,
    key_file,
    keyring,
    opened,
    passphrase,
    plan,
    problem,
    put_header,
    renew,
)

WORDS = b"ten green bottles"
SECRETS: list[SecretProvider] = [
    key_file(),
    key_file(OTHER_KEY),
    passphrase(WORDS),
    keyring(OTHER_KEY),
]
PLANS = [
    (SlotPlan("slot_two", KEY_FILE, None, NOW), OTHER_KEY),
    (SlotPlan("slot_three", PASSPHRASE, FLOOR, NOW), WORDS),
    (SlotPlan("slot_four", KEYRING, None, NOW), OTHER_KEY),
]
Slots = list[dict[str, Any]]


def make(path: Path, vault_id: str = "vault_here") -> Path:
    assert create(path, plan(vault_id=vault_id))
    for each, secret in PLANS:
        renew(path, lambda now, p=each, s=secret: slots.with_slot(now, p, lambda: s))  # type: ignore[misc]
    return path


@pytest.fixture(scope="module")
def vault() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield make(folder / "vault.db")


@pytest.fixture(scope="module")
def other_slots() -> Iterator[Slots]:
    """Those of another vault with the same secrets and even the same id."""
    with folder_in_memory() as folder:
        yield header_of(make(folder / "vault.db"))["slots"]


def refuse(path: Path, change: Callable[[Slots], Slots | None]) -> None:
    """No secret opens the vault once its slots are others; then it is put right again."""
    good = header_of(path)
    slots_now = json.loads(json.dumps(good["slots"]))
    changed = change(slots_now)
    put_header(path, good | {"slots": slots_now if changed is None else changed})
    try:
        for provide in SECRETS:
            code = problem(lambda provide=provide: read(path, provide))  # type: ignore[misc]
            assert code in (Code.VAULT_CORRUPT, Code.VAULT_KEY_INCORRECT), code
    finally:
        put_header(path, good)


def read(path: Path, provide: SecretProvider) -> bytes:
    with opened(path, provide) as vault, vault.reading() as transaction:
        return transaction.pepper()


def test_every_secret_opens_the_vault_as_it_is(vault: Path) -> None:
    assert len({read(vault, provide) for provide in SECRETS}) == 1


FIELDS = ["id", "kind", "created_at", "salt", "cost", "wrapped"]
PAIRS = list(itertools.combinations(range(4), 2))


@pytest.mark.parametrize(
    "fields", [*([field] for field in FIELDS), ["salt", "wrapped"], FIELDS[1:]]
)
def test_two_slots_with_each_others_values_open_nothing(fields: list[str], vault: Path) -> None:
    for one, two in PAIRS:
        here = header_of(vault)["slots"]
        if all(here[one][field] == here[two][field] for field in fields):
            continue  # that is what they hold

        def exchange(them: Slots, one: int = one, two: int = two) -> None:
            for field in fields:
                them[one][field], them[two][field] = them[two][field], them[one][field]

        refuse(vault, exchange)


def test_slots_in_another_order_open_nothing(vault: Path) -> None:
    for order in list(itertools.permutations(range(4)))[1:]:
        refuse(vault, lambda them, order=order: [them[place] for place in order])  # type: ignore[misc]


def test_a_slot_that_was_taken_away_or_doubled_takes_the_others_with_it(vault: Path) -> None:
    for place in range(4):
        refuse(vault, lambda them, p=place: them[:p] + them[p + 1 :])  # type: ignore[misc]
        refuse(vault, lambda them, p=place: [*them, them[p]])  # type: ignore[misc]
    refuse(vault, lambda _them: [])


def test_a_slot_of_another_vault_opens_nothing(vault: Path, other_slots: Slots) -> None:
    """It wraps another data key, so the header's MAC is not right."""
    for place in range(4):
        refuse(vault, lambda them, p=place: [*them[:p], other_slots[p], *them[p + 1 :]])  # type: ignore[misc]
    refuse(vault, lambda _them: other_slots)


ABSURD = [0, -1, 1, 17, 19455, 1048577, 2**31, 2**63, 10**30, "3", 2.0, None, True, [], {}]
LOWERED_OR_RAISED = [[19456, 1, 1], [19456, 3, 1], [19457, 2, 1], [19456, 2, 2], [65536, 3, 4]]


def test_parameters_that_were_lowered_or_raised_open_nothing(vault: Path) -> None:
    for cost in LOWERED_OR_RAISED:
        refuse(vault, lambda them, cost=cost: them[2].update(cost=cost))  # type: ignore[misc]


@pytest.mark.parametrize("part", range(3))
def test_absurd_parameters_are_refused(part: int, vault: Path) -> None:
    for value in ABSURD:
        cost: list[object] = [19456, 2, 1]
        if cost[part] == value and type(cost[part]) is type(value):
            continue
        cost[part] = value
        refuse(vault, lambda them, cost=cost: them[2].update(cost=cost))  # type: ignore[misc]
    whole: object
    for whole in (None, [], 19456, "19456,2,1", {"memory_kib": 19456}):
        refuse(vault, lambda them, cost=whole: them[2].update(cost=cost))  # type: ignore[misc]


def test_the_header_of_another_branch_opens_nothing(vault: Path) -> None:
    good = header_of(vault)
    put_header(vault, good | {"branch": "00" * 16})
    try:
        for provide in SECRETS:
            assert problem(lambda p=provide: read(vault, p)) is Code.VAULT_CORRUPT  # type: ignore[misc]
    finally:
        put_header(vault, good)
