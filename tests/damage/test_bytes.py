"""Every byte changed, every length cut to, pages exchanged: noticed, or without a meaning."""

import random

import pytest

from mfactl.errors import Code
from tests.damage.patient import (
    PAGE_BYTES,
    Health,
    Patient,
    examine,
    go_on,
    health_of,
)
from tests.support.soak import Tally
from tests.vault.vaults import DAMAGE

PARTS = 16  # of the file, so that workers share them
CHANGED_EVERY = 4  # bytes, in a short run; of the first page, which SQLite reads first, all are
MORE_EVERY = 16  # changes, in a short run
WRITTEN_EVERY = 29  # bytes, in a short run
STEP_BYTES = 64  # between two cuts after the first 4 KiB, in a short run


def part_of(patient: Patient, part: int) -> range:
    return range(part, len(patient.whole), PARTS)


def changed(byte: int, rng: random.Random, *, soak: bool) -> list[int]:
    """Other values of a byte: one, or each that differs in one bit."""
    return [byte ^ 1 << bit for bit in range(8)] if soak else [byte ^ rng.randrange(1, 256)]


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_byte_that_was_changed_is_noticed_or_means_nothing(
    part: int, small: Patient, rng: random.Random, soak: bool, tally: Tally
) -> None:
    count = noticed = 0
    for place in part_of(small, part):
        if not soak and place >= PAGE_BYTES and place // PARTS % CHANGED_EVERY:
            continue
        for value in changed(small.whole[place], rng, soak=soak):
            with small.with_bytes(place, bytes([value])):
                more = soak or count % MORE_EVERY == 0
                found = examine(small.path, small.health, more=more)
                noticed += found.is_noticed
            count += 1
    assert noticed > count // 2, "most bytes of a small vault mean something"
    tally("bytes of a vault changed: noticed, or without a meaning", count)


@pytest.fixture(scope="session")
def health_after(small: Patient) -> Health:
    """What the vault answers once `go_on` has written to it."""
    with small.healing() as path:
        mark = go_on(path)
        health = health_of(path)._replace(stored=None)
    assert health.answers["the mark"] == mark
    return health


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_written_to_a_damaged_vault_is_what_it_would_be_in_a_good_one_or_refused(
    part: int,
    small: Patient,
    health_after: Health,
    rng: random.Random,
    soak: bool,
    tally: Tally,
) -> None:
    count = 0
    for place in part_of(small, part)[:: 1 if soak else WRITTEN_EVERY]:
        with small.with_bytes(place, bytes(changed(small.whole[place], rng, soak=False))):
            done = go_on(small.path)
            if isinstance(done, Code):
                assert done in (*DAMAGE, Code.SIGNED_OUT), f"byte {place}: {done}"
            else:
                assert done == health_after.answers["the mark"]
                examine(small.path, health_after)
        count += 1
    tally("writes to a damaged vault: right, or refused", count)


# --- cut short


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_vault_that_was_cut_short_anywhere_is_damaged(
    part: int, small: Patient, soak: bool, tally: Tally
) -> None:
    size = len(small.whole)
    lengths = range(size) if soak else [*range(4096), *range(4096, size, STEP_BYTES)]
    for length in lengths[part::PARTS]:
        with small.cut_to(length):
            assert examine(small.path, small.health).is_noticed, length
    tally("lengths that a vault was cut to", len(lengths[part::PARTS]))


def test_a_vault_that_lost_zeros_at_its_end_is_damaged_or_whole(small: Patient) -> None:
    """SQLite reads a last page that is short as if zeros followed."""
    for lost in (*range(1, 17), *range(17, PAGE_BYTES + 1, 15)):
        with small.cut_to(len(small.whole) - lost):
            examine(small.path, small.health)


# --- pages


def pages_of(patient: Patient) -> list[bytes]:
    whole = patient.whole
    return [whole[place : place + PAGE_BYTES] for place in range(0, len(whole), PAGE_BYTES)]


def test_a_page_that_was_wiped_is_noticed(small: Patient) -> None:
    for number in range(len(pages_of(small))):
        for filler in (bytes(PAGE_BYTES), b"\xff" * PAGE_BYTES):
            with small.with_bytes(number * PAGE_BYTES, filler):
                assert examine(small.path, small.health).is_noticed, number


def test_two_pages_that_changed_places_are_noticed(small: Patient) -> None:
    pages = pages_of(small)
    for number, page in enumerate(pages):
        for other in range(number):
            with small.healing(), small.with_bytes(other * PAGE_BYTES, page):
                with small.path.open("r+b") as file:
                    file.seek(number * PAGE_BYTES)
                    file.write(pages[other])
                found = examine(small.path, small.health, whole_indexes=False)
                assert found.is_noticed, (number, other)


def test_a_page_of_another_day_is_noticed(small: Patient) -> None:
    """Half of a vault that a disk, or a synchronised directory, put together from two."""
    with small.healing() as path:
        go_on(path)
        newer = path.read_bytes()
    for place in range(0, len(small.whole), PAGE_BYTES):
        if newer[place : place + PAGE_BYTES] != small.whole[place : place + PAGE_BYTES]:
            with small.with_bytes(place, newer[place : place + PAGE_BYTES]):
                found = examine(small.path, small.health, whole_indexes=False)
                assert found.is_noticed, place
