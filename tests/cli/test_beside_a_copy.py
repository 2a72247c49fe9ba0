"""Journals beside backups and vaults: SQLite believes them, whoever put them there.

In a directory that others can write, a journal may name files that SQLite then removes; where a
vault was moved away, its journal may spoil the next one.
"""

import os
import shutil
import sqlite3
import struct
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mfactl import copying
from mfactl.errors import Code, failure
from mfactl.vault.sqlite_file import File
from tests.cli.program import EMAIL, NOW, PASSWORD, Ada, Program
from tests.cli.test_copies import backup as backup
from tests.vault.vaults import contents, refused

JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
PAGE_BYTES = 4096


def names_another(path: Path, victim: Path) -> Path:
    """Plants a journal which says that `victim` is a journal, too, and not needed any more."""
    pages = path.stat().st_size // PAGE_BYTES if path.exists() else 0
    head = JOURNAL_MAGIC + struct.pack(">IIIII", 0, 0, pages, 512, PAGE_BYTES)
    name = os.fsencode(victim)
    end = struct.pack(">I", 0x4000_0000 // PAGE_BYTES + 1) + name
    end += struct.pack(">II", len(name), sum(name)) + JOURNAL_MAGIC
    journal = path.with_name(path.name + "-journal")
    journal.write_bytes(head.ljust(512, b"\0") + end)
    return journal


def everything_in(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary")
    return path


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory like /tmp, where everybody writes."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


_opened: list[list[str]] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "sqlite3.connect" and _opened:
        _opened[-1].append(os.fsdecode(arguments[0]))


@contextmanager
def what_sqlite_opens() -> Iterator[list[str]]:
    """The databases that are opened in this process meanwhile."""
    _opened.append([])
    try:
        yield _opened[-1]
    finally:
        _opened.pop()


sys.addaudithook(_watch)


# --- beside a backup


def test_a_journal_that_somebody_put_beside_a_copy_is_not_obeyed(
    ada_with_totp: Ada, backup: Path, shared: Path, victim: Path
) -> None:
    copy = shared / "copy.db"
    shutil.copy(backup, copy)
    names_another(copy, victim)
    before = everything_in(shared)
    for words in (("check", str(copy)), ("restore", str(copy), "--yes")):
        ended = ada_with_totp.here("vault", *words, "--json")
        assert (ended.status, ended.codes) == (11, ["io_error"])
        assert "copy.db-journal" in ended.err
    assert victim.read_text() == "Dear diary"
    assert everything_in(shared) == before


def test_the_planted_journal_is_one_that_sqlite_obeys(backup: Path, victim: Path) -> None:
    """Else the test above would show nothing."""
    names_another(backup, victim)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("SELECT * FROM header").fetchall()
    assert not victim.exists()


def test_a_copy_that_waits_for_its_log_is_not_taken_for_whole(
    ada_with_totp: Ada, tmp_path: Path
) -> None:
    """A copy in WAL mode with commits that are not merged into it."""
    copy = tmp_path / "copy.db"
    shutil.copy(ada_with_totp.vault, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM event WHERE number = 1")
        folder = tmp_path / "taken"
        folder.mkdir()
        for name in ("copy.db", "copy.db-wal"):
            shutil.copy(tmp_path / name, folder / name)
    for words in (("check", str(folder / "copy.db")), ("restore", str(folder / "copy.db"), "-y")):
        ended = ada_with_totp.here("vault", *words, "--json")
        assert (ended.status, ended.codes) == (11, ["io_error"])
        assert "copy.db-wal" in ended.err


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_check_changes_nothing_where_the_copy_is(
    ada_with_totp: Ada, backup: Path, shared: Path, mode: str
) -> None:
    copy = shutil.copy(backup, shared / "copy.db")
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    shared.chmod(0o1777)
    before, changed = everything_in(shared), shared.stat().st_mtime_ns
    assert ada_with_totp.ask("vault", "check", str(copy))["status"] == "ok"
    assert (everything_in(shared), shared.stat().st_mtime_ns) == (before, changed)


def test_a_check_of_another_programs_database_does_not_change_it(ada: Ada, tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE places (url)")
    before = path.read_bytes()
    ended = ada.here("vault", "check", str(path), "--json")
    assert (ended.status, ended.codes) == (9, ["vault_corrupt"])
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("places.sqlite-*"))


def test_sqlite_writes_only_in_the_directory_of_the_vault(ada_with_totp: Ada, shared: Path) -> None:
    """Whoever can guess when could plant a journal beside any other file that it opens."""
    copy = shared / "copy.db"
    with what_sqlite_opens() as opened:
        ada_with_totp.ask("vault", "backup", str(copy))
        ada_with_totp.ask("vault", "check", str(copy))
        ada_with_totp.ask("vault", "restore", str(copy), "--yes")
    elsewhere = [uri for uri in opened if str(ada_with_totp.home) not in uri]
    assert len(opened) > len(elsewhere)
    assert elsewhere == [f"file://{copy}?mode=ro&immutable=1"]
    assert [entry.name for entry in shared.iterdir()] == ["copy.db"]


def test_a_copy_that_changes_while_it_is_read_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    path.write_bytes(b"whole")
    with refused(Code.VAULT_BUSY), copying.unchanged(path):
        path.write_bytes(b"half")
        raise_damaged()
    with refused(Code.VAULT_BUSY), copying.unchanged(path):
        path.unlink()
    with refused(Code.VAULT_CORRUPT), copying.unchanged(tmp_path):
        raise_damaged()


def raise_damaged() -> None:
    raise failure(Code.VAULT_CORRUPT)


# --- a backup that is written


def test_a_backup_whose_name_is_taken_meanwhile_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    appearing = copying.appearing(path)
    appearing.__enter__().write(b"ours")
    path.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        appearing.__exit__(None, None, None)
    assert everything_in(tmp_path) == {"backup.db": b"theirs"}


def test_a_backup_that_is_swapped_before_it_has_its_name_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    with refused(Code.VAULT_PERMISSIONS), copying.appearing(path) as file:
        file.write(b"ours")
        (temporary,) = tmp_path.iterdir()
        temporary.unlink()
        temporary.write_bytes(b"theirs")


def test_a_file_that_does_not_keep_what_is_written_is_told(tmp_path: Path) -> None:
    """Two reads differ: as if the stick was bad."""
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    with (tmp_path / "target").open("w+b") as target:
        target.write(b"longer before")
        target.seek(0)
        with pytest.raises(OSError, match="reads otherwise"):
            copying.copy_checked(source, target)
    with (tmp_path / "other").open("w+b") as target:
        assert copying.copy_checked(source, target) == len(b"whole")


# --- beside a vault


@pytest.fixture
def left_behind(ada_with_totp: Ada, backup: Path, tmp_path: Path) -> Path:
    """The journal of a vault that was moved away in the middle of a transaction."""
    assert backup.exists()
    for _ in range(3):
        ada_with_totp.here("mfa", "add", "--json")
    journal = ada_with_totp.home / "vault.db-journal"
    with closing(sqlite3.connect(ada_with_totp.vault, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(1000, 1040):
            values = (number, os.urandom(2000))
            connection.execute("INSERT INTO event VALUES (?, '', NULL, NULL, ?)", values)
        shutil.copy(journal, tmp_path / "journal")
    ada_with_totp.vault.rename(tmp_path / "moved.db")
    shutil.copy(tmp_path / "journal", journal)
    journal.chmod(0o600)
    return journal


def test_a_restore_is_not_spoilt_by_the_journal_of_the_vault_that_was_there(
    ada_with_totp: Ada, backup: Path, left_behind: Path
) -> None:
    content = left_behind.read_bytes()
    document = ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    assert document["replaced_path"] is None
    assert ada_with_totp.ask("vault", "check")["status"] == "ok"
    (kept,) = ada_with_totp.home.glob("vault.db.replaced-*-journal")
    assert kept.read_bytes() == content


def test_the_journal_that_was_left_behind_is_one_that_spoils(
    ada_with_totp: Ada, backup: Path, left_behind: Path
) -> None:
    """Else the test above would show nothing."""
    assert left_behind.exists()
    shutil.copy(backup, ada_with_totp.vault)
    assert ada_with_totp.here("vault", "check").status == 9


@pytest.mark.parametrize("words", [("vault", "init"), ("signup", "bob@example.com")])
def test_no_vault_is_made_beside_the_journal_of_another(
    ada_with_totp: Ada, left_behind: Path, words: tuple[str, ...]
) -> None:
    content = left_behind.read_bytes()
    stdin = f"{PASSWORD}, and more\n"
    more = ("--password-stdin",) if words[0] == "signup" else ()
    ended = ada_with_totp.here(*words, *more, "--json", stdin=stdin)
    assert (ended.status, ended.codes) == (7, ["vault_exists"])
    assert "vault.db-journal" in ended.err
    assert not ada_with_totp.vault.exists()
    assert left_behind.read_bytes() == content


# --- while a vault is replaced


def test_nobody_writes_between_what_is_kept_and_what_is_restored(
    ada_with_totp: Ada, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be told as done, and be in neither of the two."""
    refusals: dict[str, str] = {}

    def knock(word: str) -> None:
        with closing(sqlite3.connect(ada_with_totp.vault, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                refusals[word] = error.sqlite_errorname

    copy = File.copy_to

    def watched(self: Any, target: Any, progress: Any) -> None:
        copy(self, target, progress)
        if target.path != ada_with_totp.vault:
            assert not list(ada_with_totp.home.glob("*.replaced-*")), "it is not whole yet"
        knock("kept" if target.path != ada_with_totp.vault else "restored")

    monkeypatch.setattr(File, "copy_to", watched)
    ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    assert refusals == {"kept": "SQLITE_BUSY", "restored": "SQLITE_BUSY"}


# --- the wrong backup


def test_whoever_restores_a_backup_of_another_vault_is_told(tmp_path: Path, ada: Ada) -> None:
    key = ada.home / "vault.key"
    other = Program(tmp_path / "other").with_(MFACTL_KEY_FILE=str(key))
    other.ask("vault", "init")
    ada.ask("vault", "backup", str(tmp_path / "ada.db"))
    before = contents(other.vault)

    ended = other.here("vault", "restore", str(tmp_path / "ada.db"), "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert "of a test vault" in ended.err
    assert "of another vault" in ended.err
    assert contents(other.vault) == before

    assert "of another vault" in other.here("vault", "restore", str(tmp_path / "ada.db"), "-y").err
    ended = ada.here("vault", "restore", str(tmp_path / "ada.db"), "--yes")
    assert (ended.status, "of another vault" in ended.err) == (0, False)
    assert ada.at(NOW).here("signin", EMAIL, "--password-stdin", stdin=PASSWORD).status == 0


def test_no_journal_that_names_other_files_is_obeyed_in_a_directory_of_ones_own(
    ada_with_totp: Ada, backup: Path, victim: Path
) -> None:
    """As one that was copied there along with a vault."""
    names_another(ada_with_totp.vault, victim).chmod(0o600)
    for words in (("check",), ("restore", str(backup), "--yes")):
        ended = ada_with_totp.here("vault", *words, "--json")
        assert (ended.status, ended.codes) == (9, ["vault_corrupt"])
        assert "names other files" in ended.err
    assert victim.read_text() == "Dear diary"


def test_a_pipe_as_journal_holds_no_restore(ada_with_totp: Ada, backup: Path) -> None:
    os.mkfifo(ada_with_totp.home / "vault.db-journal", 0o600)
    ended = ada_with_totp.here("vault", "restore", str(backup), "--yes", "--json")
    assert (ended.status, ended.codes) == (11, ["vault_permissions"])


def test_a_journal_is_seen_beside_the_file_that_a_link_names(
    ada_with_totp: Ada, backup: Path, tmp_path: Path
) -> None:
    backup.with_name("backup.db-journal").write_bytes(b"half")
    link = tmp_path / "link.db"
    link.symlink_to(backup)
    for words in (("check", str(link)), ("restore", str(link), "--yes")):
        ended = ada_with_totp.here("vault", *words, "--json")
        assert (ended.status, ended.codes) == (11, ["io_error"])
        assert "backup.db-journal" in ended.err


def test_a_path_of_two_slashes_is_the_same_path(ada_with_totp: Ada, backup: Path) -> None:
    assert ada_with_totp.ask("vault", "check", f"/{backup}")["status"] == "ok"
    ended = ada_with_totp.here("vault", "check", f"//localhost{backup}", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_not_found"])


@pytest.mark.parametrize("name", ["vault.key", "client.toml", "config.toml"])
def test_no_vault_is_restored_in_the_place_of_another_file_of_ours(
    ada_with_totp: Ada, backup: Path, name: str
) -> None:
    place = ada_with_totp.home / name
    before = place.read_bytes() if place.exists() else None
    ended = ada_with_totp.here(
        "vault", "restore", str(backup), "--vault", str(place), "-y", "--json"
    )
    assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert (place.read_bytes() if place.exists() else None) == before


def test_the_vault_is_no_backup_of_itself(ada_with_totp: Ada, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.hardlink_to(ada_with_totp.vault)
    for path in (ada_with_totp.vault, link):
        ended = ada_with_totp.here("vault", "restore", str(path), "--yes", "--json")
        assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert ada_with_totp.ask("account", "show")["object"] == "user"


def test_a_vault_that_may_not_be_written_by_its_own_word_is_replaced(
    ada_with_totp: Ada, backup: Path
) -> None:
    data = bytearray(ada_with_totp.vault.read_bytes())
    data[18] = 3
    ada_with_totp.vault.write_bytes(data)
    document = ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    assert Path(document["replaced_path"]).read_bytes() == bytes(data)
    assert ada_with_totp.ask("vault", "check")["status"] == "ok"
