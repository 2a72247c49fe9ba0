"""Something else lies where a file of mfactl's should: a link, a pipe, a file of somebody else.

Links and modes as PAM modules check them; SQLite's and Maildir's files are files as well. What is
refused is refused with its status, is not followed, not waited for, and not changed.

`tests/test_files.py` has each check as a function.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.scene import (
    DONE,
    HALF,
    MINUTE,
    OWNER,
    REFUSED,
    UNSAFE,
    WRONG_PASSWORD,
    Answer,
    attempts_left,
    client_file,
    later,
    pretend,
    sign_in,
    state_of,
    switch,
    told,
)
from tests.support.runner import PASSWORD, PROGRAM, START, Shell

SOMEBODY = 12345
UNDELIVERABLE = Answer(11, "mail_undeliverable")
Plant = Callable[[Path, pytest.MonkeyPatch], None]


def a_link(path: Path, _patch: pytest.MonkeyPatch) -> None:
    """To the very file, so that whoever follows it finds all well."""
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def a_link_to_nothing(path: Path, _patch: pytest.MonkeyPatch) -> None:
    _remove(path)
    path.symlink_to(path.with_name("made-by-whoever-follows"))


def a_link_to_itself(path: Path, _patch: pytest.MonkeyPatch) -> None:
    _remove(path)
    path.symlink_to(path.name)


def a_pipe(path: Path, _patch: pytest.MonkeyPatch) -> None:
    """Nobody writes to it: whoever opens it to read waits for ever."""
    _remove(path)
    os.mkfifo(path, 0o600)


def a_socket(path: Path, _patch: pytest.MonkeyPatch) -> None:
    _remove(path)
    os.mknod(path, 0o600 | stat.S_IFSOCK)


def a_directory(path: Path, _patch: pytest.MonkeyPatch) -> None:
    _remove(path)
    path.mkdir(mode=0o700)


def a_file(path: Path, _patch: pytest.MonkeyPatch) -> None:
    _remove(path)
    path.touch(mode=0o600)


def one_that_all_read(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.chmod(path.stat().st_mode | 0o004)


def one_that_the_group_reads(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.chmod(path.stat().st_mode | 0o040)


def one_that_the_group_writes(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.chmod(path.stat().st_mode | 0o020)


def one_that_all_write(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.chmod(path.stat().st_mode | 0o002)


def one_of_somebody_else(path: Path, patch: pytest.MonkeyPatch) -> None:
    """Who is not root cannot give a file away, and becomes somebody else instead."""
    if os.geteuid() == 0:
        os.chown(path, SOMEBODY, SOMEBODY)
    else:
        patch.setattr(os, "geteuid", lambda: SOMEBODY)


def where_the_group_writes(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.parent.chmod(0o770)


def where_all_write_as_in_tmp(path: Path, _patch: pytest.MonkeyPatch) -> None:
    path.parent.chmod(0o1777)


def in_a_directory_of_somebody_else(path: Path, patch: pytest.MonkeyPatch) -> None:
    path.parent.chmod(0o755)
    one_of_somebody_else(path.parent, patch)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


PARENT = (where_the_group_writes, where_all_write_as_in_tmp, in_a_directory_of_somebody_else)
NO_FILE = (a_link, a_link_to_nothing, a_link_to_itself, a_pipe, a_socket, a_directory)
WRITABLE = (one_that_the_group_writes, one_that_all_write)
READABLE = (one_that_the_group_reads, one_that_all_read)
PRIVATE = (*NO_FILE, *WRITABLE, *READABLE, one_of_somebody_else, *PARENT)

PLACES = {
    "vault": ("MFACTL_VAULT", "vault.db"),
    "key file": ("MFACTL_KEY_FILE", "vault.key"),
    "client file": ("MFACTL_CLIENT", "client.toml"),
    "passphrase file": ("MFACTL_PASSPHRASE_FILE", "phrase"),
}


@pytest.fixture
def apart(tmp_path: Path) -> Shell:
    """Ada is signed in, and each of her files is in a directory of its own."""
    shell = Shell(tmp_path, clock=START)
    shell.settle()
    for variable, name in PLACES.values():
        if variable == "MFACTL_PASSPHRASE_FILE":
            continue  # the key file opens this vault
        directory = tmp_path / name.replace(".", "-")
        directory.mkdir(mode=0o700)
        (shell.home / name).rename(directory / name)
        shell.environ[variable] = str(directory / name)
    return shell


@pytest.fixture
def by_passphrase(tmp_path: Path) -> Shell:
    """The same, with a vault that a passphrase in a file opens."""
    shell = Shell(tmp_path, clock=START)
    (tmp_path / "phrase-file").mkdir(mode=0o700)
    phrase = tmp_path / "phrase-file" / "phrase"
    phrase.touch(mode=0o600)
    phrase.write_text("seven grey herons on a rope bridge\n")
    shell.environ["MFACTL_PASSPHRASE_FILE"] = str(phrase)
    shell.run("vault", "init", "--test", "--passphrase", expect=0)
    shell.sign_up()
    return shell


COMMANDS = (
    *(("account", "show"), ("mfa", "add"), ("verify", "123456")),
    *(("vault", "status"), ("signout", "--all")),
)


def assert_refused(shell: Shell, path: Path) -> None:
    """Every command is refused, and leaves all there is as it is."""
    before = state_of(shell.folder)
    for command in COMMANDS:
        if command == ("vault", "status") and "client" in path.name:
            continue  # opens no client file
        assert told(shell, *command) == UNSAFE, command
    assert sign_in(shell, password=WRONG_PASSWORD) == UNSAFE
    assert state_of(shell.folder) == before


@pytest.mark.parametrize("plant", PRIVATE)
@pytest.mark.parametrize("place", ["vault", "key file", "client file"])
def test_what_is_no_private_file_is_refused_and_left_alone(
    apart: Shell, monkeypatch: pytest.MonkeyPatch, place: str, plant: Plant
) -> None:
    path = Path(apart.environ[PLACES[place][0]])
    plant(path, monkeypatch)
    assert_refused(apart, path)


@pytest.mark.parametrize(
    "plant",
    [a_link, a_pipe, a_directory, one_that_the_group_reads, one_of_somebody_else, PARENT[1]],
)
def test_what_is_no_private_file_is_no_passphrase_file(
    by_passphrase: Shell, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    path = Path(by_passphrase.environ["MFACTL_PASSPHRASE_FILE"])
    plant(path, monkeypatch)
    assert_refused(by_passphrase, path)


# --- nothing is made through what was planted


@pytest.mark.parametrize("plant", NO_FILE[1:])  # there is no file yet to link to
@pytest.mark.parametrize("what", ["vault", "key file", "client file"])
def test_a_first_sign_up_makes_nothing_through_what_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant, what: str
) -> None:
    shell = Shell(tmp_path)
    shell.home.mkdir(mode=0o700)
    path = shell.home / PLACES[what][1]
    path.touch(mode=0o600)
    plant(path, monkeypatch)
    planted = path.lstat()
    words = ("signup", "eve@example.com", "--password-stdin")
    assert told(shell, *words, stdin=PASSWORD) == UNSAFE
    assert told(shell, "vault", "init").exit in (7, 11)
    assert stat.S_IFMT(path.lstat().st_mode) == stat.S_IFMT(planted.st_mode)
    assert not (shell.home / "made-by-whoever-follows").exists()
    if path.is_dir():
        assert list(path.iterdir()) == []


# --- the configuration, which may be read by all and may be a link

TRUSTED = (
    *(a_link_to_itself, a_pipe, a_socket, a_directory),
    *(*WRITABLE, one_of_somebody_else, *PARENT),
)


@pytest.fixture
def with_settings(beginner: Shell) -> Shell:
    """Ada has a configuration, in a directory of its own."""
    directory = beginner.folder / "settings"
    directory.mkdir(mode=0o755)
    (directory / "config.toml").write_text('issuer = "Bank"\n')
    (directory / "config.toml").chmod(0o644)
    beginner.environ["MFACTL_CONFIG"] = str(directory / "config.toml")
    assert told(beginner, "account", "show") == DONE
    return beginner


@pytest.mark.parametrize("plant", TRUSTED)
def test_a_configuration_that_others_can_change_is_refused(
    with_settings: Shell, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    path = Path(with_settings.environ["MFACTL_CONFIG"])
    plant(path, monkeypatch)
    before = state_of(with_settings.folder)
    expected = Answer(11, "io_error") if plant is a_link_to_itself else UNSAFE
    for command in COMMANDS:
        assert told(with_settings, *command) == expected
    assert state_of(with_settings.folder) == before


def test_a_configuration_may_be_a_link_but_not_to_where_others_write(
    with_settings: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(with_settings.environ["MFACTL_CONFIG"])
    elsewhere = with_settings.folder / "shared"
    elsewhere.mkdir(mode=0o755)
    path.rename(elsewhere / "config.toml")
    path.symlink_to(elsewhere / "config.toml")
    assert told(with_settings, "account", "show") == DONE
    elsewhere.chmod(0o1777)
    assert told(with_settings, "account", "show") == UNSAFE


# --- the outbox, and its folders

FOLDERS = ("outbox", "outbox/new", "outbox/cur", "outbox/tmp")
BOX = (
    *(a_link_to_nothing, a_link_to_itself, a_pipe, a_socket, a_file),
    *(*WRITABLE, one_of_somebody_else),
)


def sign_up(shell: Shell) -> Answer:
    return told(shell, "signup", "grace@example.com", "--password-stdin", stdin=PASSWORD)


@pytest.mark.parametrize("plant", BOX)
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_code_goes_where_others_could_read_or_change_it(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, folder: str, plant: Plant
) -> None:
    assert told(beginner, "signout") == DONE
    shutil.rmtree(beginner.home / "outbox" / "new")  # with Ada's own mail
    (beginner.home / "outbox" / "new").mkdir(mode=0o700)
    plant(beginner.home / folder, monkeypatch)
    before = state_of(beginner.home / "outbox")
    assert sign_up(beginner) == UNDELIVERABLE
    assert state_of(beginner.home / "outbox") == before
    assert not (beginner.home / "made-by-whoever-follows").exists()


def test_a_sign_up_goes_on_once_the_outbox_is_put_right(beginner: Shell) -> None:
    """With a new code: the first went nowhere."""
    assert told(beginner, "signout") == DONE
    box = beginner.home / "outbox"
    box.chmod(0o770)
    assert sign_up(beginner) == UNDELIVERABLE
    box.chmod(0o700)
    assert told(beginner, "verify", "--resend") == HALF
    assert told(beginner, "verify", beginner.mailed_code("grace@example.com")) == DONE


@pytest.mark.parametrize("plant", [*WRITABLE, one_of_somebody_else])
@pytest.mark.parametrize("folder", FOLDERS[:3])
def test_no_mail_is_believed_where_others_could_put_it(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, folder: str, plant: Plant
) -> None:
    plant(beginner.home / folder, monkeypatch)
    for command in (("list",), ("show",), ("code", "ada@example.com"), ("clear",)):
        assert told(beginner, "outbox", *command) == UNSAFE
    assert len(list((beginner.home / "outbox" / "new").iterdir())) == 1


@pytest.mark.parametrize("folder", FOLDERS[1:3])
def test_a_folder_of_the_outbox_that_is_a_link_is_not_read_and_not_cleared(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    a_link(beginner.home / folder, monkeypatch)
    before = state_of(beginner.home)
    for command in (("list",), ("show",), ("code", "ada@example.com"), ("clear",)):
        assert told(beginner, "outbox", *command) == UNSAFE
    assert state_of(beginner.home) == before


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_a_folder_of_the_outbox_that_is_a_link_gets_no_code(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    assert told(beginner, "signout") == DONE
    a_link(beginner.home / folder, monkeypatch)
    before = state_of(beginner.home / "outbox")
    assert sign_up(beginner) == UNDELIVERABLE
    assert state_of(beginner.home / "outbox") == before


@pytest.mark.parametrize("plant", [a_link, a_pipe, a_socket, a_directory])
def test_what_is_no_message_is_not_opened(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    (message,) = (beginner.home / "outbox" / "new").iterdir()
    if plant is a_link:  # to a file that is not mail at all
        message.unlink()
        message.symlink_to(beginner.home / "vault.key")
    else:
        plant(message, monkeypatch)
    assert told(beginner, "outbox", "list") == DONE
    assert told(beginner, "outbox", "show") == Answer(7, "resource_not_found")
    assert told(beginner, "outbox", "clear") == DONE
    assert message.is_symlink() or message.exists()


# --- hard links, which no mode tells of


def test_a_hard_link_to_a_client_file_is_left_behind_by_the_next_command(
    beginner: Shell,
) -> None:
    """The file is replaced and never written: the other name keeps what was true before."""
    other = beginner.folder / "other-name"
    os.link(client_file(beginner, OWNER), other)
    before = other.read_bytes()
    assert told(beginner, "mfa", "add") == DONE
    assert other.read_bytes() == before
    assert client_file(beginner, OWNER).stat().st_nlink == 1


def test_a_hard_link_to_a_vault_is_the_same_vault(beginner: Shell) -> None:
    """It gets nobody around the counter: failures are counted in the file, by whatever name."""
    other = beginner.folder / "other"
    other.mkdir(mode=0o700)
    os.link(beginner.home / "vault.db", other / "vault.db")
    switch(beginner, "guesser")
    beginner.environ["MFACTL_VAULT"] = str(other / "vault.db")
    pretend(beginner, 3)
    del beginner.environ["MFACTL_VAULT"]
    pretend(beginner, 3)
    switch(beginner, OWNER)
    assert attempts_left(beginner) == 4


# --- password files, whose mode is not checked


def test_a_password_file_may_be_a_link_and_readable_by_all(beginner: Shell) -> None:
    """It is the caller's: only what it holds counts."""
    beginner.write("password", PASSWORD)
    (beginner.folder / "link").symlink_to("password")
    (beginner.folder / "password").chmod(0o644)
    for name in ("password", "link"):
        assert told(beginner, "signout") == DONE
        assert told(beginner, "signin", "ada@example.com", "--password-file", name) == DONE


@pytest.mark.parametrize("name", [".", "/nonexistent/password", "loop", "socket"])
def test_a_password_file_that_is_none_is_told_and_no_try(beginner: Shell, name: str) -> None:
    (beginner.folder / "loop").symlink_to("loop")
    os.mknod(beginner.folder / "socket", 0o600 | stat.S_IFSOCK)
    assert told(beginner, "signout") == DONE
    words = ("signin", "ada@example.com", "--password-file", name)
    assert told(beginner, *words) == Answer(11, "io_error")
    assert sign_in(beginner) == DONE
    assert attempts_left(beginner) == 10


# --- what SQLite finds beside the vault


@pytest.mark.parametrize("plant", [a_link_to_nothing, a_directory])
def test_a_journal_that_is_none_is_not_followed_and_changes_nothing(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    journal = beginner.home / "vault.db-journal"
    journal.touch(mode=0o600)
    plant(journal, monkeypatch)
    vault = (beginner.home / "vault.db").read_bytes()
    assert told(beginner, "mfa", "add") == UNSAFE
    assert (beginner.home / "vault.db").read_bytes() == vault
    assert not (beginner.home / "made-by-whoever-follows").exists()
    assert journal.is_symlink() or list(journal.iterdir()) == []


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("plant", [a_link_to_nothing, a_pipe])
def test_what_another_mode_of_sqlite_would_leave_is_neither_followed_nor_waited_for(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, suffix: str, plant: Plant
) -> None:
    beside = beginner.home / f"vault.db{suffix}"
    beside.touch(mode=0o600)
    plant(beside, monkeypatch)
    assert told(beginner, "mfa", "add") == DONE
    assert told(beginner, "vault", "check") == DONE
    assert not (beginner.home / "made-by-whoever-follows").exists()


@pytest.mark.slow
def test_a_journal_that_is_a_pipe_is_not_opened(beginner: Shell) -> None:
    """strace refuses to open it, so that this test need not wait either."""
    journal = beginner.home / "vault.db-journal"
    os.mkfifo(journal, 0o600)
    ended = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", beginner.folder / "opened", "-P", journal),
            *("-e", "inject=openat:error=EIO", PROGRAM, "mfa", "add", "--json", "-q"),
        ],
        capture_output=True,
        env=beginner._environment(),
        cwd=beginner.folder,
        check=False,
    )
    opened = (beginner.folder / "opened").read_text()
    assert "openat(" not in opened
    assert ended.returncode == 11


def test_the_files_that_a_life_leaves_are_private(beginner: Shell) -> None:
    later(beginner, 11 * MINUTE)
    switch(beginner, "other")
    assert sign_in(beginner, password=WRONG_PASSWORD) == REFUSED
    assert sign_in(beginner) == DONE
    loose = [path for path in beginner.home.rglob("*") if path.stat().st_mode & 0o077]
    assert loose == []


@pytest.mark.parametrize("plant", [a_pipe, a_file, a_link_to_nothing])
@pytest.mark.parametrize("folder", FOLDERS[:2])
def test_an_outbox_that_is_none_is_not_read_as_an_empty_one(
    beginner: Shell, monkeypatch: pytest.MonkeyPatch, folder: str, plant: Plant
) -> None:
    plant(beginner.home / folder, monkeypatch)
    nothing_there = plant is a_link_to_nothing and folder == "outbox"
    expected = Answer(11, "io_error") if nothing_there else UNSAFE
    assert told(beginner, "outbox", "list") == expected
