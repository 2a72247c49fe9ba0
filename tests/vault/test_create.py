import os
import stat
import threading
from pathlib import Path

import pytest

from mfactl.errors import Code, MfactlError
from mfactl.vault.create import create
from mfactl.vault.keys import FLOOR, Cost
from mfactl.vault.vault import Vault
from tests.support.builders import NOW
from tests.vault.reader import read
from tests.vault.vaults import (
    KEY,
    contents,
    findings,
    finish,
    furnish,
    header_of,
    key_file,
    make_minimal,
    opened,
    passphrase,
    plan,
    refused,
    report_of,
    run,
    said,
    start,
)


def names_in(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def test_a_new_vault_is_whole_and_alone(tmp_path: Path) -> None:
    assert create(tmp_path / "vault.db", plan()) is True

    report = report_of(tmp_path / "vault.db")
    assert report.findings == ()
    assert report.counts == {"account": 0, "client": 0, "pepper": 1, "stranger": 0}
    assert (report.events, report.head.number) == (1, 1)
    with opened(tmp_path / "vault.db") as vault, vault.reading() as transaction:
        head = transaction.head
    assert (head.epoch, head.generation, head.records) == (0, 1, 1)
    assert head.seals == 3  # the pepper's, the event's and the head's own
    assert names_in(tmp_path) == ["vault.db"]


def test_a_journal_without_its_vault_is_named_and_no_vault_is_made(tmp_path: Path) -> None:
    journal = tmp_path / "vault.db-journal"
    journal.touch()

    with pytest.raises(MfactlError) as caught:
        create(tmp_path / "vault.db", plan())

    assert caught.value.refusals[0].code is Code.VAULT_EXISTS
    assert caught.value.refusals[0].meta == {"path": str(journal)}
    assert names_in(tmp_path) == ["vault.db-journal"]


def test_a_new_vault_is_nobody_elses(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_minimal(tmp_path / "vault.db")
    finally:
        os.umask(before)

    found = (tmp_path / "vault.db").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_nlink == 1


@pytest.mark.parametrize("test", [False, True])
def test_a_test_vault_says_so_under_its_mac(test: bool, tmp_path: Path) -> None:
    create(tmp_path / "vault.db", plan(test=test))

    with opened(tmp_path / "vault.db") as vault:
        assert vault.header.test is test
    assert read(tmp_path / "vault.db", key=KEY).events[0]["details"] == {"test": test}


@pytest.mark.parametrize(("secret", "cost"), [(KEY, None), (b"ten green bottles", FLOOR)])
def test_the_first_slot_is_what_was_planned(
    secret: bytes, cost: Cost | None, tmp_path: Path
) -> None:
    create(tmp_path / "vault.db", plan(secret=secret, cost=cost))

    provide = key_file(secret) if cost is None else passphrase(secret)
    with opened(tmp_path / "vault.db", provide) as vault:
        (slot,) = vault.header.slots
        assert (slot.id, slot.cost, slot.created_at) == ("slot_one", cost, NOW)
        assert vault.unlocked.slot == slot


def test_two_vaults_have_nothing_in_common_but_their_secret(tmp_path: Path) -> None:
    for name in ("one", "two"):
        create(tmp_path / name, plan())

    one, two = (read(tmp_path / name, key=KEY) for name in ("one", "two"))
    assert one.index_key != two.index_key
    assert one.records["pepper", "pepper"]["secret"] != two.records["pepper", "pepper"]["secret"]
    assert one.records["head", "head"]["start"] != two.records["head", "head"]["start"]
    assert header_of(tmp_path / "one")["slots"] != header_of(tmp_path / "two")["slots"]


# --- what is there already


def test_a_vault_is_never_overwritten(vault_path: Path) -> None:
    before = contents(vault_path)

    assert create(vault_path, plan(vault_id="vault_other")) is False

    assert contents(vault_path) == before
    assert names_in(vault_path.parent) == ["vault.db"]


@pytest.mark.parametrize("there", ["file", "directory", "link", "dangling link", "pipe"])
def test_nothing_else_is_overwritten_either(there: str, tmp_path: Path) -> None:
    path, target = tmp_path / "vault.db", tmp_path / "target"
    if there == "file":
        path.write_text("mine")
    elif there == "directory":
        path.mkdir()
    elif there == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
        if there == "link":
            target.write_text("mine")
    before = names_in(tmp_path)

    assert create(path, plan()) is False

    assert names_in(tmp_path) == before
    assert not target.exists() or target.read_text() == "mine"


def test_of_two_processes_that_make_a_vault_at_once_one_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    makers = [start("make", path) for _ in range(4)]
    for maker in makers:
        assert said(maker) == "ready"
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.close()
        maker.stdin = None

    results = [finish(maker)[0] for maker in makers]

    assert sorted(made for made, _ in results) == [False, False, False, True]
    ((_, winner),) = (result for result in results if result[0])
    with opened(path) as vault:
        assert vault.header.vault_id == winner
    assert findings(path) == ()
    assert names_in(tmp_path) == ["vault.db"]


def test_of_threads_that_make_a_vault_at_once_one_makes_it(tmp_path: Path) -> None:
    path, made = tmp_path / "vault.db", []
    barrier = threading.Barrier(8)

    def make(number: int) -> None:
        barrier.wait()
        made.append(create(path, plan(vault_id=f"vault_{number}")))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [False] * 7 + [True]
    assert findings(path) == ()
    assert names_in(tmp_path) == ["vault.db"]


# --- what goes wrong


def test_a_directory_that_is_not_there_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with refused(Code.IO_ERROR):
        create(tmp_path / "nowhere" / "vault.db", plan())
    (tmp_path / "file").touch()
    with refused(Code.IO_ERROR):
        create(tmp_path / "file" / "vault.db", plan())


def test_a_name_that_is_too_long_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with refused(Code.IO_ERROR):
        create(tmp_path / ("x" * 250), plan())
    assert names_in(tmp_path) == []


def test_a_full_disk_leaves_no_vault_and_nothing_else(tmp_path: Path) -> None:
    results = run("make_when_full", tmp_path / "vault.db")

    assert [outcome for _, outcome, _ in results] == ["io_error"] * len(results)
    assert {tuple(names) for _, _, names in results} == {("first",)}
    assert findings(make_minimal(tmp_path / "vault.db")) == ()


def test_what_was_made_can_be_used_at_once(tmp_path: Path) -> None:
    path = furnish(make_minimal(tmp_path / "vault.db"))

    assert findings(path) == ()
    with refused(Code.VAULT_KEY_INCORRECT):
        Vault(path, key_file(b"another" * 4))
