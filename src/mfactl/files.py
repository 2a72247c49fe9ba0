"""Private files: read, written and made so that nobody else can read them or change them.

Guarantees: no symbolic link is followed in the last part of a path; what others could read or write
is refused; a written file is whole or not there, also after a power cut; nothing is overwritten by
accident. Foreign errors leave as ours.
May import: mfactl.errors only.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mfactl.errors import Code, MfactlError, failure

if sys.platform != "win32":
    import fcntl

MODES_ARE_CHECKED = hasattr(os, "geteuid")
LOCK_SECONDS = 10
LOCK_PAUSE_SECONDS = 0.005  # a write under the lock takes a few milliseconds
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP)  # what FAT answers
NAME_ANOTHER = "Name another place, or move that away."
MAX_SMALL_FILE_BYTES = 1 << 20  # far above any key, client or configuration file


def io_error(error: OSError, doing: str) -> MfactlError:
    """Our error for an operating system's, such as `cannot write /x: No space left on device`."""
    reason = error.strerror or type(error).__name__
    return failure(Code.IO_ERROR, f"Cannot {doing}: {reason}.")


def check_private(path: Path) -> os.stat_result | None:
    """The state of a file that is private to us, or None if it is not there.

    Raises `vault_permissions` if it is a link or no regular file, if others could read or write it,
    or if others could replace it in its directory.
    """
    found = _look(path, os.lstat)
    if found is not None:
        _check_file(path, found, 0o077, "read or write", "chmod 600")
        check_directory(path.parent)
    return found


def check_file(path: Path) -> os.stat_result | None:
    """The state of a file whoever may read it, or None if it is not there."""
    found = _look(path, os.stat)
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise unsafe(f"{path} is {_kind(found.st_mode)}, not a file.", NAME_ANOTHER)
    return found


def check_directory(path: Path) -> None:
    """Raises `vault_permissions` if others could change what the directory holds."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise io_error(error, f"look at {path}") from None
    if not stat.S_ISDIR(found.st_mode):
        raise unsafe(f"{path} is {_kind(found.st_mode)}, not a directory.", NAME_ANOTHER)
    if MODES_ARE_CHECKED:
        _check_owner(path, found)
        if found.st_mode & 0o022:
            raise unsafe(
                f"Others can write in the directory {path}.",
                f"Run: chmod go-w {path} - or use a directory of your own.",
            )


def make_directory(path: Path) -> None:
    """Makes the directory and its parents, 0700, and checks what was there already."""
    try:
        for directory in (*reversed(path.parents), path):  # mkdir's own parents would be 0777
            if not directory.is_dir():
                directory.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise unsafe(f"{path} is not a directory.", NAME_ANOTHER) from None
    except OSError as error:
        raise io_error(error, f"make the directory {path}") from None
    check_directory(path)


def read_private(path: Path) -> bytes | None:
    """The contents of a small private file; None if it is not there."""
    if check_private(path) is None:
        return None
    return _read(path, os.O_NOFOLLOW if hasattr(os, "O_NOFOLLOW") else 0)


def read_trusted(path: Path) -> bytes | None:
    """The contents of a small file that others may read but not change; None if it is not there.

    Links are followed, so that a configuration can be kept elsewhere.
    """
    found = _look(path, os.stat)
    if found is None:
        return None
    _check_file(path, found, 0o022, "write", "chmod go-w")
    for directory in {path.parent, path.resolve().parent}:  # of the link and of what it names
        check_directory(directory)
    return _read(path, 0)


def _read(path: Path, flags: int) -> bytes:
    # A FIFO would block for ever without O_NONBLOCK; for files it means nothing.
    flags |= os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise unsafe(f"{path} is not a file.", NAME_ANOTHER)
            data = file.read(MAX_SMALL_FILE_BYTES + 1)
    except OSError as error:
        raise io_error(error, f"read {path}") from None
    if len(data) > MAX_SMALL_FILE_BYTES:
        raise unsafe(f"{path} is too large to be what it should be.", "Look at what it is.")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Replaces a private file as a whole; it outlives a power cut once this returns."""
    temporary = beside(path)
    try:
        _write_new(temporary, data)
        os.replace(temporary, path)
        sync_directory(path.parent)
    except OSError as error:
        raise io_error(error, f"write {path}") from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def create_private(path: Path, data: bytes) -> bool:
    """Makes a private file that appears whole; False, and nothing changed, if one is there."""
    temporary = beside(path)
    try:
        _write_new(temporary, data)
        return link_into_place(temporary, path)
    except OSError as error:
        raise io_error(error, f"write {path}") from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def create_empty(path: Path) -> None:
    """Makes an empty private file. Raises `FileExistsError` if one is there."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def link_into_place(temporary: Path, path: Path) -> bool:
    """Gives a finished file its name; False if that name is taken. Never replaces anything."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if not _claim(temporary, path):
            return False
    sync_directory(path.parent)
    return True


def _claim(temporary: Path, path: Path) -> bool:
    """The same where there are no hard links, as on a stick: takes the name, then fills it."""
    try:
        create_empty(path)
    except FileExistsError:
        return False
    os.replace(temporary, path)
    return True


def beside(path: Path) -> Path:
    """A name for a temporary file in the same directory, hence on the same file system."""
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")


def sync_directory(path: Path) -> None:
    """Makes names that were added to or removed from a directory outlive a power cut."""
    if sys.platform == "win32":
        return  # Windows cannot open a directory, and does not need to
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def lock_directory(path: Path) -> Iterator[None]:
    """Holds the one lock that writers of small files in a directory share.

    The directory itself is locked, so that no lock file is left behind.
    """
    if sys.platform == "win32":
        yield  # no lock of this kind there: two writers may lose a mark, never a vault
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise io_error(error, f"open {path}") from None
    try:
        try:
            _wait_for_lock(descriptor, path)
        except OSError as error:
            raise io_error(error, f"lock {path}") from None
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, path: Path) -> None:
    """Waits for some seconds, not for ever: whoever may look into a directory may lock it, too."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                detail = f"Somebody else holds the directory {path}."
                raise failure(Code.VAULT_BUSY, detail) from None
            time.sleep(LOCK_PAUSE_SECONDS)


def no_directory(path: Path) -> MfactlError:
    """The refusal of a place for a new file in a directory that there is not."""
    detail = f"There is no directory {path}."
    return failure(Code.IO_ERROR, detail, "Make it, or name another place.")


def unsafe(detail: str, remedy: str | None = None) -> MfactlError:
    """The refusal of a file or directory that others could tamper with, or that is no file."""
    return failure(Code.VAULT_PERMISSIONS, detail, remedy)


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _look(path: Path, how: Callable[[Path], os.stat_result]) -> os.stat_result | None:
    try:
        return how(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise io_error(error, f"look at {path}") from None


def _check_file(path: Path, found: os.stat_result, mode: int, others: str, fix: str) -> None:
    """Raises unless it is a file of ours or root's without any of the bits of `mode`."""
    if not stat.S_ISREG(found.st_mode):
        raise unsafe(f"{path} is {_kind(found.st_mode)}, not a file.", NAME_ANOTHER)
    if MODES_ARE_CHECKED:
        _check_owner(path, found)
        if found.st_mode & mode:
            raise unsafe(f"Others can {others} {path}.", f"Run: {fix} {path}")


def _check_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid not in (os.geteuid(), 0):
        raise unsafe(f"{path} belongs to another user.", "Use a file of your own.")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "something else"
