"""A copy is looked at as it is: without locks, and without what lies beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mfactl.errors import Code
from mfactl.vault import sqlite_file
from mfactl.vault.sqlite_file import JOURNAL_MAGIC, File, names_other_files
from mfactl.vault.vault import Vault, check_place
from tests.vault.vaults import key_file, refused


def test_a_copy_is_read_whoever_holds_it(vault_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        with refused(Code.VAULT_BUSY), closing(File(vault_path)) as file, file.reading():
            pass
        with closing(File(vault_path, is_copy=True)) as file, file.reading():
            pass


def test_a_vault_is_opened_as_a_copy_whoever_holds_it(vault_path: Path) -> None:
    with closing(sqlite3.connect(vault_path, isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        vault = Vault(vault_path, key_file(), is_copy=True)
        with closing(vault), vault.reading() as transaction:
            assert transaction.head.number > 0


def test_a_copy_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with refused(Code.IO_ERROR):
        File(tmp_path / "copy.db", is_copy=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("contents", "names_others"),
    [
        (b"", False),
        (JOURNAL_MAGIC[1:], False),
        (JOURNAL_MAGIC, True),
        (b"the name of a super-journal" + JOURNAL_MAGIC, True),
        (JOURNAL_MAGIC + b"what else a journal holds, magic at its beginning", False),
    ],
    ids=["empty", "too short", "the magic alone", "the magic at its end", "at its beginning"],
)
def test_a_journal_names_other_files_if_it_ends_with_the_magic(
    tmp_path: Path, contents: bytes, names_others: bool
) -> None:
    journal = tmp_path / "vault.db-journal"
    journal.write_bytes(contents)
    assert names_other_files(journal) is names_others


def test_a_vault_is_not_opened_with_a_journal_that_names_other_files(vault_path: Path) -> None:
    journal = vault_path.with_name(vault_path.name + "-journal")
    assert check_place(vault_path)
    journal.write_bytes(JOURNAL_MAGIC)
    journal.chmod(0o600)
    with refused(Code.VAULT_CORRUPT):
        check_place(vault_path)


def test_no_journal_names_no_other_files(tmp_path: Path) -> None:
    assert not names_other_files(tmp_path / "vault.db-journal")
