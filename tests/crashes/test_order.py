"""The order in which a command's files reach the disk, as strace sees it.

SIGKILL keeps what the kernel has; a power cut keeps what was synced. What is synced when is a fact
of the calls, and needs no cut.
"""

import pytest

from tests.crashes.commands import COMMANDS, Struck
from tests.crashes.conftest import PointsOf
from tests.crashes.watched import Point

NAMING = ("link", "linkat", "rename")
WRITING = ("pwrite64", "write")
SYNCING = ("fdatasync", "fsync")
MAIL = "*"  # its name is random, and the same in tmp and in new
COMMITTING = (("unlink", "vault.db-journal"), ("linkat", "vault.db"))


@pytest.mark.slow
@pytest.mark.parametrize("struck", COMMANDS, ids=lambda struck: str(struck.name))
def test_what_is_told_is_on_disk_and_nothing_has_a_name_before_it_is(
    struck: Struck, points_of: PointsOf
) -> None:
    calls = points_of(struck)
    for place, call in enumerate(calls):
        if call.call in NAMING:
            check_contents_come_before_the_name(calls[:place], call)
            check_the_name_comes_before_what_relies_on_it(calls[place + 1 :], call)
        if (call.call, call.file) == ("unlink", "vault.db-journal"):
            check_the_transaction_is_whole(calls[:place], calls[place + 1])
    check_the_answer_comes_last(calls)


def check_contents_come_before_the_name(before: list[Point], named: Point) -> None:
    """The temporary file is synced after all that was written to it."""
    temporary = named.file if named.file == MAIL else f".{named.file}.*.tmp"
    *_, last = places(before, WRITING, temporary)
    assert places(before[last:], SYNCING, temporary), named


def check_the_name_comes_before_what_relies_on_it(following: list[Point], named: Point) -> None:
    """The directory is synced before the vault is written again, and before anything is told."""
    directory = "new" if named.file == MAIL else "home"
    relying = places(following, WRITING, "vault.db-journal") + places(following, WRITING, "stdout")
    assert places(following[: min(relying)], SYNCING, directory), named


def check_the_transaction_is_whole(before: list[Point], after: Point) -> None:
    """The journal is synced before the vault is written, that before the journal goes; so is that.

    `before` may begin with earlier transactions: what was synced last is this one's.
    """
    *_, journal = places(before, WRITING, "vault.db-journal")
    written = [place for place in places(before, WRITING, "vault.db") if place > journal]
    assert written
    assert places(before[journal : written[0]], SYNCING, "vault.db-journal")
    assert places(before[written[-1] :], SYNCING, "vault.db")
    assert (after.call, after.file) == ("fdatasync", "home")


def check_the_answer_comes_last(calls: list[Point]) -> None:
    """No transaction ends after it, and the end of the last one is synced before it."""
    *_, committed = [
        place for place, call in enumerate(calls) if (call.call, call.file) in COMMITTING
    ]
    (told,) = places(calls, WRITING, "stdout")
    assert places(calls[committed:told], SYNCING, "home")


def places(calls: list[Point], names: tuple[str, ...], file: str) -> list[int]:
    """Where in the calls those of these names about that file are."""
    return [place for place, call in enumerate(calls) if call.call in names and call.file == file]
