"""Whole files that are copied, moved, and given their names, also where others can write.

Guarantees: a file appears under its name whole and durable, or not at all; nothing is replaced.
Foreign errors leave as ours, but from `appearing`, in which the caller knows what is being done.
May import: mfactl.files and mfactl.errors.
"""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path

from mfactl.errors import Code, MfactlError, failure
from mfactl.files import beside, io_error, link_into_place, sync_directory, unsafe


@contextmanager
def appearing(path: Path) -> Iterator[BufferedRandom]:
    """A private file to be filled: under its name, whole and durable, once the block has ended.

    Others may write in its directory: whoever swaps the file meanwhile is noticed. Raises
    `FileExistsError`, and changes nothing, if the name is taken.
    """
    temporary = beside(path)
    sync_directory(path.parent)  # where that is not allowed, nothing has been made yet
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
            if not link_into_place(temporary, path):
                raise FileExistsError
            if not os.path.samestat(os.lstat(path), os.fstat(descriptor)):
                raise unsafe(f"Somebody put another file at {path} meanwhile.")
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def copy_checked(path: Path, target: BufferedRandom) -> int:
    """Copies a file of ours into an empty one, and reads that back. Returns its size in bytes."""
    with open(path, "rb") as source:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
        if hasattr(os, "posix_fadvise"):  # so that it is read from the disk, not from memory
            os.posix_fadvise(target.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        source.seek(0)
        target.seek(0)
        digests = {hashlib.file_digest(file, "sha256").digest() for file in (source, target)}
        if len(digests) > 1:
            raise OSError(errno.EIO, "What was written reads otherwise")
    return target.tell()


def copy_into(path: Path, private: Path) -> None:
    """Copies any regular file, whoever may read it, into a private one that is there already."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as source, open(private, "wb") as target:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise unsafe(f"{path} is not a file.")
            shutil.copyfileobj(source, target)
    except OSError as error:
        raise io_error(error, f"copy {path}") from None


def move_aside(path: Path, aside: Path) -> None:
    """Gives a file another name; replaces nothing."""
    try:
        os.link(path, aside, follow_symlinks=False)
        os.unlink(path)
        sync_directory(path.parent)
    except OSError as error:
        raise io_error(error, f"move {path}") from None


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Raises `vault_busy`, whatever the block found, if the file was changed meanwhile."""
    before = _stamp(path)
    try:
        yield
    except MfactlError:
        _expect(path, before)
        raise
    _expect(path, before)


def _expect(path: Path, stamp: tuple[int, ...]) -> None:
    if _stamp(path) != stamp:
        raise failure(
            Code.VAULT_BUSY,
            f"{path} was changed while it was read.",
            "Wait until it is finished. A vault that is in use is named with --vault.",
        )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
