"""`vault backup`, `vault restore`, and a vault that is older than a client has seen it."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.program import EMAIL, NOW, PASSWORD, Ada, Program
from tests.vault.vaults import contents, edit

LIMITED = ("prlimit", "--fsize=20000")  # less than any vault


@pytest.fixture
def backup(ada_with_totp: Ada, tmp_path: Path) -> Path:
    """A backup from before Ada used any code, but for the one that confirmed her app."""
    path = tmp_path / "backup.db"
    ada_with_totp.ask("vault", "backup", str(path))
    return path


def test_a_backup_is_whole_private_and_says_how_far_it_goes(ada: Ada, tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    document = ada.ask("vault", "backup", str(path))
    assert (document["path"], document["size_bytes"]) == (str(path), path.stat().st_size)
    assert document["head"] == ada.ask("vault", "check")["head"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert contents(path) == contents(ada.vault)
    assert {*tmp_path.iterdir()} == {tmp_path / "home", path}
    assert ada.ask("vault", "check", str(path))["head"] == document["head"]


def test_a_backup_replaces_nothing(ada: Ada, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not to be lost")
    ended = ada.here("vault", "backup", str(path), "--json")
    assert (ended.status, ended.codes) == (7, ["vault_exists"])
    assert path.read_text() == "not to be lost"
    dangling = tmp_path / "link"
    dangling.symlink_to(tmp_path / "nowhere")
    assert ada.here("vault", "backup", str(dangling)).status == 7


@pytest.mark.slow
def test_a_backup_onto_a_full_disk_leaves_nothing(ada: Ada, tmp_path: Path) -> None:
    # The vault's own file stays below the limit here: only the copy is written whole.
    folder = tmp_path / "stick"
    folder.mkdir(mode=0o700)
    ended = ada.start("vault", "backup", str(folder / "backup.db"), "--json", prefix=LIMITED)
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert list(folder.iterdir()) == []
    assert ada.ask("vault", "check")["status"] == "ok"


@pytest.mark.parametrize("where", ["nowhere/backup.db", "file/backup.db"])
def test_a_backup_into_no_directory_is_told(ada: Ada, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    ended = ada.here("vault", "backup", str(tmp_path / where), "--json")
    assert (ended.status, ended.codes) == (11, ["io_error"])


def test_a_damaged_vault_makes_no_backup(ada: Ada, tmp_path: Path) -> None:
    edit(ada.vault, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'")
    path = tmp_path / "backup.db"
    ended = ada.here("vault", "backup", str(path), "--json")
    assert (ended.status, ended.codes[0]) == (9, "vault_corrupt")
    assert not path.exists()


def test_a_backup_is_an_event_that_it_holds_itself(ada: Ada, tmp_path: Path) -> None:
    ada.ask("vault", "backup", str(tmp_path / "backup.db"))
    copy = ada.with_(
        MFACTL_CLIENT=str(ada.home / "new.toml"), MFACTL_VAULT=str(tmp_path / "backup.db")
    )
    assert copy.ask("audit", "list")["data"][-1]["kind"] == "vault_backup"


def test_a_restore_brings_back_what_was_and_ends_every_session(
    ada_with_totp: Ada, backup: Path
) -> None:
    ada = ada_with_totp
    ada.ask("mfa", "disable", "--yes")
    document = ada.ask("vault", "restore", str(backup), "--yes")
    assert document["head"]["number"] == document["restored"]["number"] + 1
    ended = ada.here("account", "show", "--json")
    assert (ended.status, ended.codes) == (4, ["authentication_invalid"])
    later = ada.at(NOW + 60)
    later.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert later.ask("verify", ada.app_code(NOW + 60))["status"] == "complete"
    assert later.ask("audit", "list", "--kind", "vault_restore")["data"][0]["details"] == {
        "event": document["restored"]["number"]
    }
    assert later.ask("vault", "check")["status"] == "ok"


def test_a_session_of_the_time_of_the_backup_is_dead_after_a_restore(
    ada_with_totp: Ada, backup: Path
) -> None:
    ada = ada_with_totp
    old_client = (ada.home / "client.toml").read_bytes()
    ada.ask("vault", "restore", str(backup), "--yes")
    (ada.home / "client.toml").write_bytes(old_client)
    ended = ada.here("account", "show", "--json")
    assert (ended.status, ended.codes) == (4, ["signed_out"])


def test_what_a_restore_replaces_is_kept_and_can_be_put_back(
    ada_with_totp: Ada, backup: Path
) -> None:
    ada = ada_with_totp
    ada.ask("admin", "set-password", EMAIL, "--new-password-stdin", stdin="seven green apples sing")
    before = contents(ada.vault)
    replaced = Path(ada.ask("vault", "restore", str(backup), "--yes")["replaced_path"])
    assert contents(replaced) == before
    assert replaced.stat().st_mode & 0o777 == 0o600
    ada.ask("vault", "restore", str(replaced), "--yes")
    ada.ask("signin", EMAIL, "--password-stdin", stdin="seven green apples sing", status=3)


def test_a_restore_where_nothing_is_makes_the_vault(
    ada_with_totp: Ada, backup: Path, tmp_path: Path
) -> None:
    place = tmp_path / "elsewhere" / "vault.db"
    document = ada_with_totp.ask("vault", "restore", str(backup), "--vault", str(place), "--yes")
    assert (document["path"], document["replaced_path"]) == (str(place), None)
    assert ada_with_totp.ask("vault", "check", "--vault", str(place))["status"] == "ok"
    assert list(place.parent.iterdir()) == [place]


def test_a_restore_needs_a_yes(ada_with_totp: Ada, backup: Path) -> None:
    before = ada_with_totp.vault.read_bytes()
    ended = ada_with_totp.here("vault", "restore", str(backup), "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert ada_with_totp.vault.read_bytes() == before


def no_vault(path: Path) -> None:
    path.write_text("root:x:0:0\n" * 1000)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def with_a_broken_seal(path: Path) -> None:
    edit(path, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'client'")


def of_another_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")


def with_an_event_cut(path: Path) -> None:
    edit(path, "DELETE FROM event WHERE number = 2")


@pytest.mark.parametrize(
    "spoil", [no_vault, cut_short, with_a_broken_seal, of_another_program, with_an_event_cut]
)
def test_a_copy_that_is_not_whole_replaces_nothing(
    ada_with_totp: Ada, backup: Path, spoil: object
) -> None:
    assert callable(spoil)
    spoil(backup)
    before = ada_with_totp.vault.read_bytes()
    ended = ada_with_totp.here("vault", "restore", str(backup), "--yes", "--json")
    assert (ended.status, ended.codes[0]) == (9, "vault_corrupt")
    assert ada_with_totp.vault.read_bytes() == before
    assert not [path for path in ada_with_totp.home.iterdir() if "tmp" in path.name]
    assert ".tmp" not in ended.err, "the error names the file that was given"


@pytest.mark.parametrize("command", ["check", "restore"])
def test_a_link_that_leads_nowhere_is_told(ada: Ada, tmp_path: Path, command: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    ended = ada.here("vault", command, str(loop), "--json")
    assert (ended.status, ended.codes) == (11, ["io_error"])


def test_a_copy_of_a_test_vault_says_that_it_is_one(ada: Ada, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    ada.ask("vault", "backup", str(copy))
    assert "This is a test vault" in ada.here("vault", "check", str(copy)).err


def test_a_copy_that_is_not_there_or_no_file_is_told(ada: Ada, tmp_path: Path) -> None:
    for words in (
        ("restore", str(tmp_path / "no.db"), "--yes"),
        ("check", str(tmp_path / "no.db")),
    ):
        ended = ada.here("vault", *words, "--json")
        assert (ended.status, ended.codes) == (8, ["vault_not_found"])
        assert "Check the name of the backup." in ended.err
    assert ada.here("vault", "restore", str(tmp_path), "--yes").status == 11
    os.mkfifo(tmp_path / "pipe")
    ended = ada.here("vault", "restore", str(tmp_path / "pipe"), "--yes", "--json")
    assert (ended.status, ended.codes) == (11, ["vault_permissions"])


def test_a_copy_with_an_unfinished_transaction_is_not_restored(
    ada_with_totp: Ada, backup: Path
) -> None:
    backup.with_name("backup.db-journal").touch()
    ended = ada_with_totp.here("vault", "restore", str(backup), "--yes", "--json")
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert "--vault" in ended.err


def test_a_copy_that_another_key_opens_is_8(ada: Ada, tmp_path: Path) -> None:
    other = Program(tmp_path / "other")
    other.ask("vault", "init", "--test")
    other.ask("vault", "backup", str(tmp_path / "other.db"))
    before = ada.vault.read_bytes()
    ended = ada.here("vault", "restore", str(tmp_path / "other.db"), "--yes", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])
    assert ada.vault.read_bytes() == before


def test_a_backup_that_others_may_read_is_restored_all_the_same(
    ada_with_totp: Ada, backup: Path
) -> None:
    backup.chmod(0o644)  # as on a stick
    assert ada_with_totp.here("vault", "restore", str(backup), "--yes").status == 0
    assert ada_with_totp.vault.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("spoil", [no_vault, cut_short, of_another_program])
def test_a_vault_that_is_beyond_repair_is_replaced_and_kept(
    ada_with_totp: Ada, backup: Path, spoil: object
) -> None:
    assert callable(spoil)
    spoil(ada_with_totp.vault)
    ada_with_totp.vault.chmod(0o600)
    document = ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    assert Path(document["replaced_path"]).exists()
    assert ada_with_totp.ask("vault", "check")["status"] == "ok"


def test_the_journal_of_a_vault_beyond_repair_does_not_spoil_the_next(
    ada_with_totp: Ada, backup: Path
) -> None:
    no_vault(ada_with_totp.vault)
    journal = ada_with_totp.home / "vault.db-journal"
    journal.write_bytes(os.urandom(5000))
    journal.chmod(0o600)
    document = ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    assert Path(document["replaced_path"]).exists()
    assert not journal.exists()
    assert ada_with_totp.ask("vault", "check")["status"] == "ok"


@pytest.mark.slow
def test_a_vault_that_somebody_holds_is_not_replaced(
    ada_with_totp: Ada, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mfactl.vault.sqlite_file.BUSY_SECONDS", 0)
    with sqlite3.connect(ada_with_totp.vault, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        ended = ada_with_totp.here("vault", "restore", str(backup), "--yes", "--json")
        holder.execute("ROLLBACK")
    assert (ended.status, ended.codes) == (11, ["vault_busy"])
    assert not [path for path in ada_with_totp.home.iterdir() if "replaced" in path.name]
    assert ada_with_totp.ask("account", "show")["object"] == "user"


# --- older than was seen


@pytest.fixture
def put_back(ada_with_totp: Ada, tmp_path: Path) -> Ada:
    """Somebody has put the vault back as it was before Ada signed out."""
    old = shutil.copy(ada_with_totp.vault, tmp_path / "old.db")
    ada_with_totp.ask("signout")
    shutil.copy(old, ada_with_totp.vault)
    return ada_with_totp


@pytest.mark.parametrize(
    "command",
    [
        ("account", "show"),
        ("signin", EMAIL, "--password-stdin"),
        ("signup", "new@example.com", "--password-stdin"),
        ("verify", "123456"),
        ("signout",),
        ("mfa", "add"),
        ("vault", "status"),
        ("vault", "check"),
        ("vault", "rotate", "--yes"),
        ("vault", "slots", "list"),
        ("admin", "list"),
        ("admin", "unlock", EMAIL),
        ("audit", "list"),
        ("audit", "verify"),
    ],
)
def test_a_client_that_has_seen_more_refuses_an_older_vault(
    put_back: Ada, command: tuple[str, ...]
) -> None:
    ended = put_back.here(*command, "--json", stdin=PASSWORD)
    assert (ended.status, ended.codes) == (9, ["vault_rolled_back"])
    assert "--accept-rollback" in ended.err


def test_an_older_vault_is_accepted_on_purpose_and_without_its_sessions(put_back: Ada) -> None:
    assert put_back.here("vault", "check", "--accept-rollback").status == 0
    assert put_back.here("account", "show").status == 4
    assert put_back.ask("vault", "status")["object"] == "vault"


def test_an_older_vault_that_is_damaged_is_not_accepted(put_back: Ada) -> None:
    edit(put_back.vault, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'")
    ended = put_back.here("vault", "check", "--accept-rollback", "--json")
    assert (ended.status, ended.codes[0]) == (9, "vault_corrupt")
    ended = put_back.here("vault", "status", "--json")
    assert (ended.status, ended.codes) == (9, ["vault_rolled_back"])


def test_accepting_what_is_not_older_keeps_the_session(ada: Ada) -> None:
    assert ada.here("vault", "check", "--accept-rollback").status == 0
    assert ada.ask("account", "show")["object"] == "user"


def test_only_the_vault_can_be_accepted_not_a_file(ada: Ada, tmp_path: Path) -> None:
    ended = ada.here("vault", "check", str(tmp_path / "x.db"), "--accept-rollback", "--json")
    assert (ended.status, ended.codes) == (2, ["usage_error"])


def test_another_client_accepts_a_restore_on_purpose(ada_with_totp: Ada, backup: Path) -> None:
    other = ada_with_totp.with_(MFACTL_CLIENT=str(ada_with_totp.home / "other.toml"))
    other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    ada_with_totp.ask("vault", "restore", str(backup), "--yes")
    ended = other.here("signin", EMAIL, "--password-stdin", "--json", stdin=PASSWORD)
    assert (ended.status, ended.codes) == (9, ["vault_rolled_back"])
    assert other.here("vault", "check", "--accept-rollback").status == 0
    other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
