"""Private files: who may have touched them, what is never followed, what a failure leaves."""

import errno
import fcntl
import os
import runpy
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mfactl import copying, files
from mfactl.errors import Code
from tests.vault.vaults import finish, refused, run, said, start

SOMEBODY = 12345
READERS = (files.read_private, files.read_trusted)
Maker = Callable[[Path], None]


def file(path: Path, data: bytes = b"mine", mode: int = 0o600) -> Path:
    path.touch()
    path.write_bytes(data)
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def names_in(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


@pytest.fixture
def not_ours(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Gives a file to somebody else. Who is not root becomes somebody else himself."""

    def give(path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, SOMEBODY, SOMEBODY)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)

    return give


# --- who may have touched it


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_our_own_is_private(mode: int, tmp_path: Path) -> None:
    path = file(tmp_path / "file", mode=mode)

    found = files.check_private(path)

    assert found is not None
    assert found.st_ino == path.stat().st_ino
    assert files.read_private(path) == b"mine"


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "none" / "none", file(tmp_path / "f") / "none"):
        assert files.check_private(path) is None
        for read in READERS:
            assert read(path) is None


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_a_file_that_others_can_touch_is_not_private(bit: int, tmp_path: Path) -> None:
    path = file(tmp_path / "file", mode=0o600 | bit)

    with refused(Code.VAULT_PERMISSIONS):
        files.check_private(path)
    with refused(Code.VAULT_PERMISSIONS):
        files.read_private(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o444])
def test_a_file_that_others_can_only_read_is_trusted(mode: int, tmp_path: Path) -> None:
    assert files.read_trusted(file(tmp_path / "file", mode=mode)) == b"mine"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_trusted(mode: int, tmp_path: Path) -> None:
    with refused(Code.VAULT_PERMISSIONS):
        files.read_trusted(file(tmp_path / "file", mode=mode))


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777, 0o1777])
def test_a_file_in_a_directory_that_others_can_write_is_refused(mode: int, tmp_path: Path) -> None:
    directory = tmp_path / "shared"
    directory.mkdir(0o700)
    path = file(directory / "file")
    directory.chmod(mode)

    for read in READERS:
        with refused(Code.VAULT_PERMISSIONS):
            read(path)
    with refused(Code.VAULT_PERMISSIONS):
        files.check_directory(directory)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o711, 0o500])
def test_a_directory_that_others_can_only_read_is_fine(mode: int, tmp_path: Path) -> None:
    directory = tmp_path / "seen"
    directory.mkdir(0o700)
    path = file(directory / "file")
    directory.chmod(mode)

    assert files.read_private(path) == b"mine"


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, not_ours: Maker) -> None:
    path = file(tmp_path / "file")
    not_ours(path)

    for read in READERS:
        with refused(Code.VAULT_PERMISSIONS):
            read(path)


def test_a_file_in_a_directory_of_somebody_else_is_refused(tmp_path: Path, not_ours: Maker) -> None:
    directory = tmp_path / "theirs"
    directory.mkdir(0o755)
    path = file(directory / "file")
    not_ours(directory)

    for read in READERS:
        with refused(Code.VAULT_PERMISSIONS):
            read(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of root's")
def test_a_file_of_root_is_trusted_by_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)

    assert files.read_trusted(file(tmp_path / "file", mode=0o644)) == b"mine"


def test_an_error_says_what_to_do(tmp_path: Path) -> None:
    path = file(tmp_path / "file", mode=0o644)
    with pytest.raises(Exception, match=f"Others can read or write {path}") as caught:
        files.read_private(path)
    assert f"Run: chmod 600 {path}" in str(caught.value)


def test_modes_are_not_looked_at_where_they_mean_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path / "file", mode=0o666)
    tmp_path.chmod(0o777)
    monkeypatch.setattr(files, "MODES_ARE_CHECKED", False)

    for read in READERS:
        assert read(path) == b"mine"
    tmp_path.chmod(0o700)


# --- what is no file


@pytest.mark.parametrize("kind", ["directory", "pipe", "socket", "device"])
def test_what_is_no_file_is_refused_and_never_waited_for(kind: str, tmp_path: Path) -> None:
    path = Path("/dev/null") if kind == "device" else tmp_path / "thing"
    if kind == "directory":
        path.mkdir()
    elif kind != "device":
        os.mknod(path, 0o600 | (stat.S_IFIFO if kind == "pipe" else stat.S_IFSOCK))

    with refused(Code.VAULT_PERMISSIONS):
        files.check_private(path)
    for read in READERS:
        with refused(Code.VAULT_PERMISSIONS):
            read(path)


def test_a_link_is_not_private_whatever_it_leads_to(tmp_path: Path) -> None:
    file(tmp_path / "target")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nowhere")

    for name in ("link", "dangling"):
        with refused(Code.VAULT_PERMISSIONS):
            files.check_private(tmp_path / name)
        with refused(Code.VAULT_PERMISSIONS):
            files.read_private(tmp_path / name)


def test_a_trusted_file_may_be_a_link_to_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o755)
    file(elsewhere / "target", mode=0o644)
    (tmp_path / "link").symlink_to(elsewhere / "target")
    (tmp_path / "dangling").symlink_to("nowhere")

    assert files.read_trusted(tmp_path / "link") == b"mine"
    assert files.read_trusted(tmp_path / "dangling") is None
    (elsewhere / "target").chmod(0o666)
    with refused(Code.VAULT_PERMISSIONS):
        files.read_trusted(tmp_path / "link")


def test_a_trusted_link_to_where_others_can_write_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o700)
    file(elsewhere / "target")
    (tmp_path / "link").symlink_to(elsewhere / "target")
    elsewhere.chmod(0o777)

    with refused(Code.VAULT_PERMISSIONS):
        files.read_trusted(tmp_path / "link")


def test_a_file_that_is_exchanged_for_a_link_or_a_pipe_at_the_last_moment_is_not_read(
    tmp_path: Path,
) -> None:
    """Between looking and opening; so what is opened is looked at again."""
    file(tmp_path / "target")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "pipe", 0o600)

    with refused(Code.IO_ERROR):
        files._read(tmp_path / "link", os.O_NOFOLLOW)
    with refused(Code.VAULT_PERMISSIONS):
        files._read(tmp_path / "pipe", os.O_NOFOLLOW)
    with refused(Code.IO_ERROR):
        files._read(tmp_path / "gone", os.O_NOFOLLOW)


def test_a_file_of_a_mebibyte_is_the_largest(tmp_path: Path) -> None:
    path = file(tmp_path / "file", data=b"x" * (1 << 20))
    for read in READERS:
        assert read(path) == b"x" * (1 << 20)

    path.write_bytes(b"x" * ((1 << 20) + 1))
    for read in READERS:
        with refused(Code.VAULT_PERMISSIONS):
            read(path)


@pytest.mark.parametrize("name", ["x" * 300, "loop/file"])
def test_what_cannot_be_looked_at_is_an_error_of_the_machine(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    path = tmp_path / name

    with refused(Code.IO_ERROR):
        files.check_private(path)
    for read in READERS:
        with refused(Code.IO_ERROR):
            read(path)
    with refused(Code.IO_ERROR):
        files.check_directory(path)


def test_an_error_of_the_machine_says_what_was_tried() -> None:
    error = files.io_error(OSError(28, "No space left on device"), "write /x")
    assert error.refusals[0].detail == "Cannot write /x: No space left on device."
    assert files.io_error(OSError(), "write /x").refusals[0].detail == "Cannot write /x: OSError."


# --- directories


def test_a_directory_is_made_with_its_parents_for_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.make_directory(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)

    for path in ("a/b/c", "a/b", "a"):
        assert mode_of(tmp_path / path) == 0o700, path


def test_a_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(0o755)
    (tmp_path / "link").symlink_to("d")

    files.make_directory(tmp_path / "d")
    files.make_directory(tmp_path / "link")

    assert mode_of(tmp_path / "d") == 0o755


def test_a_directory_that_others_can_write_is_refused_when_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d").chmod(0o777)

    with refused(Code.VAULT_PERMISSIONS):
        files.make_directory(tmp_path / "d")


@pytest.mark.parametrize("there", ["file", "dangling"])
def test_a_directory_is_not_made_where_something_else_is(there: str, tmp_path: Path) -> None:
    file(tmp_path / "file")
    (tmp_path / "dangling").symlink_to("nowhere")

    with refused(Code.VAULT_PERMISSIONS):
        files.make_directory(tmp_path / there)
    with refused(Code.VAULT_PERMISSIONS, Code.IO_ERROR):
        files.make_directory(tmp_path / there / "below")
    with refused(Code.IO_ERROR):
        files.make_directory(tmp_path / ("x" * 300))


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (file(tmp_path / "file"), tmp_path / "pipe"):
        with refused(Code.VAULT_PERMISSIONS):
            files.check_directory(path)
    with refused(Code.IO_ERROR):
        files.check_directory(tmp_path / "nowhere")


# --- writing


def test_a_file_is_replaced_as_a_whole_and_is_nobody_elses(tmp_path: Path) -> None:
    path = file(tmp_path / "file", data=b"old" * 1000, mode=0o666)
    before = os.umask(0)
    try:
        files.write_private(path, b"new")
        files.write_private(tmp_path / "other", b"")
    finally:
        os.umask(before)

    assert path.read_bytes() == b"new"
    assert mode_of(path) == mode_of(tmp_path / "other") == 0o600
    assert names_in(tmp_path) == ["file", "other"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target = file(tmp_path / "target")
    (tmp_path / "link").symlink_to(target)

    files.write_private(tmp_path / "link", b"new")

    assert target.read_bytes() == b"mine"
    assert not (tmp_path / "link").is_symlink()


def test_a_file_is_made_once_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"

    assert files.create_private(path, b"first") is True
    assert files.create_private(path, b"second") is False

    assert path.read_bytes() == b"first"
    assert mode_of(path) == 0o600
    assert path.stat().st_nlink == 1
    assert names_in(tmp_path) == ["file"]


def test_nothing_else_is_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    before = names_in(tmp_path)

    for name in before:
        assert files.create_private(tmp_path / name, b"new") is False
    assert names_in(tmp_path) == before


def test_an_empty_file_is_made_for_nobody_else_and_never_in_place_of_anything(
    tmp_path: Path,
) -> None:
    before = os.umask(0)
    try:
        files.create_empty(tmp_path / "file")
    finally:
        os.umask(before)
    assert (mode_of(tmp_path / "file"), (tmp_path / "file").read_bytes()) == (0o600, b"")

    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "directory").mkdir()
    for name in ("mine", "link", "directory"):
        with pytest.raises(FileExistsError):
            files.create_empty(tmp_path / name)
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert names_in(tmp_path) == ["directory", "file", "link", "mine"]


def test_of_many_who_make_a_file_at_once_one_makes_it(tmp_path: Path) -> None:
    path, made = tmp_path / "file", []
    barrier = threading.Barrier(8)

    def make(number: int) -> None:
        barrier.wait()
        made.append((files.create_private(path, b"%d" % number * 5000), number))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done for done, _ in made) == [False] * 7 + [True]
    ((_, winner),) = (result for result in made if result[0])
    assert path.read_bytes() == b"%d" % winner * 5000
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("write", [files.create_private, None], ids=["create", "write"])
def test_what_cannot_be_written_is_an_error_of_the_machine_and_leaves_nothing(
    write: Callable[[Path, bytes], object] | None, tmp_path: Path
) -> None:
    if write is None:
        write = lambda path, data: files.write_private(path, data)  # noqa: E731
    (tmp_path / "full").mkdir()
    file(tmp_path / "full" / "file")
    before = names_in(tmp_path)

    for path in (tmp_path / "nowhere" / "file", tmp_path / ("x" * 250)):
        with refused(Code.IO_ERROR):
            write(path, b"new")
    assert names_in(tmp_path) == before


def test_a_directory_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()

    with refused(Code.IO_ERROR):
        files.write_private(tmp_path / "directory", b"new")
    assert names_in(tmp_path) == ["directory"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = file(tmp_path / "file")

    results = run("write_when_full", path)

    assert results == [["io_error", "io_error", ["file"]]] * 4
    assert path.read_bytes() == b"mine"


def test_what_is_written_is_synced_before_it_has_its_name_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("sync directory" if is_directory else "sync file")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)

    def name(how: Callable[..., None]) -> Callable[..., None]:
        def noted(*paths: Path, **how_to: bool) -> None:
            done.append("name")
            how(*paths, **how_to)

        return noted

    monkeypatch.setattr(os, "replace", name(os.replace))
    monkeypatch.setattr(os, "link", name(os.link))

    files.write_private(tmp_path / "file", b"new")
    files.create_private(tmp_path / "other", b"new")
    assert done == ["sync file", "name", "sync directory"] * 2


REWRITE = """
import sys
from pathlib import Path
from mfactl import files
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        files.write_private(path, letter * 500_000)
"""


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = file(tmp_path / "file", data=b"a" * 500_000)
    command = [sys.executable, "-c", REWRITE, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(50):
            data = path.read_bytes()
            assert data in (b"a" * 500_000, b"b" * 500_000)
        writer.kill()
    data = path.read_bytes()
    assert data in (b"a" * 500_000, b"b" * 500_000)


# --- the lock


def is_locked(directory: Path) -> bool:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_a_lock_keeps_another_process_waiting_and_leaves_no_file(tmp_path: Path) -> None:
    with files.lock_directory(tmp_path):
        other = start("lock", tmp_path)
        for _ in range(3):
            assert said(other) == "waiting"
        (tmp_path / "first").touch()
    saw = finish(other)

    assert [said for said in saw if said != "waiting"] == [["first"]]
    assert not is_locked(tmp_path)
    assert names_in(tmp_path) == ["first"]


def test_a_lock_is_given_back_whatever_happens(tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), files.lock_directory(tmp_path):
        assert is_locked(tmp_path)
        raise ZeroDivisionError
    assert not is_locked(tmp_path)


def test_threads_keep_each_other_waiting_too(tmp_path: Path) -> None:
    count = 0

    def rise() -> None:
        nonlocal count
        for _ in range(20):
            with files.lock_directory(tmp_path):
                seen = count
                os.sched_yield()
                count = seen + 1

    threads = [threading.Thread(target=rise) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count == 80


def test_what_cannot_be_locked_is_an_error_of_the_machine(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", file(tmp_path / "file")):
        with refused(Code.IO_ERROR), files.lock_directory(path):
            pass


def test_nobody_waits_for_ever_for_a_lock_that_somebody_else_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_SECONDS", 0)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with refused(Code.VAULT_BUSY), files.lock_directory(tmp_path):
        pass
    os.close(descriptor)
    with files.lock_directory(tmp_path):
        assert is_locked(tmp_path)


def test_a_name_is_taken_without_a_hard_link_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here(*_paths: object, **_how: object) -> None:  # as FAT answers
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none_here)
    finished = file(tmp_path / "finished", b"whole")
    assert files.link_into_place(finished, tmp_path / "name")
    assert (tmp_path / "name").read_bytes() == b"whole"
    other = file(tmp_path / "other", b"late")
    assert not files.link_into_place(other, tmp_path / "name")
    assert (tmp_path / "name").read_bytes() == b"whole"


def test_only_a_file_is_copied_and_only_what_is_there(tmp_path: Path) -> None:
    private = file(tmp_path / "private")
    copying.copy_into(file(tmp_path / "open", b"for all", mode=0o644), private)
    assert private.read_bytes() == b"for all"
    with refused(Code.IO_ERROR):
        copying.copy_into(tmp_path / "nowhere", private)
    os.mkfifo(tmp_path / "pipe")
    with refused(Code.VAULT_PERMISSIONS):
        copying.copy_into(tmp_path / "pipe", private)


def test_what_is_moved_aside_replaces_nothing(tmp_path: Path) -> None:
    copying.move_aside(file(tmp_path / "old", b"old"), tmp_path / "aside")
    assert names_in(tmp_path) == ["aside"]
    with refused(Code.IO_ERROR):
        copying.move_aside(file(tmp_path / "new"), tmp_path / "aside")
    assert (tmp_path / "aside").read_bytes() == b"old"
    assert names_in(tmp_path) == ["aside", "new"]


# --- Windows, as far as it can be seen from here


def test_on_windows_directories_are_neither_synced_nor_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    files.sync_directory(tmp_path / "nowhere")
    with files.lock_directory(tmp_path):
        assert not is_locked(tmp_path)


def test_on_windows_nothing_of_unix_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "fcntl", None)

    assert "lock_directory" in runpy.run_path(files.__file__)
