"""What a test does in a process of its own: `python -m tests.vault.child ACTION PATH ...`.

Each action prints one line of JSON a result. Waiting ends when stdin is closed.
"""

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mfactl import files
from mfactl.core.account import Stranger
from mfactl.errors import MfactlError
from mfactl.vault.create import create
from mfactl.vault.transaction import Draft
from mfactl.vault.vault import Vault
from tests.support.builders import NOW
from tests.vault.vaults import (
    ada,
    copied,
    findings,
    opened,
    passphrase,
    plan,
    report_of,
    rotate,
    write,
)

UNLIMITED = resource.RLIM_INFINITY
SOMEBODY = 12345  # a user who is not root and has no account


def say(result: object) -> None:
    print(json.dumps(result), flush=True)


def outcome(act: Callable[[], object]) -> str:
    """`done`, the code of our error, or the name of an exception that should not be."""
    try:
        act()
    except MfactlError as error:
        return error.refusals[0].code
    except Exception as error:
        return repr(error)
    return "done"


def names_beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def make(path: Path) -> None:
    """Makes a vault as soon as stdin is closed, like everybody else who waits."""
    mine = plan(vault_id=f"vault_{os.getpid()}")
    say("ready")
    sys.stdin.read()
    say([create(path, mine), mine.vault_id])


def append(path: Path, name: str, count: str) -> None:
    """Appends events, each with a stranger of its own, and says each number after its commit."""
    for n in range(int(count)):
        with opened(path) as vault, vault.writing() as transaction:
            transaction.put(Stranger(f"{name}-{n}", f"{name}-{n}@example.com", NOW))
            say(transaction.commit(Draft(NOW, "sign_in", f"{name}-{n}")).number)


def hold(path: Path) -> None:
    """Holds the write lock until stdin is closed, and then leaves nothing."""
    with opened(path) as vault, vault.writing() as transaction:
        transaction.put(Stranger("held", "held@example.com", NOW))
        say("held")
        sys.stdin.read()


def fill(path: Path) -> None:
    """Writes under limits on the size of files, from none to plenty, and checks after each."""
    write(path, ada(), subject=ada().id)  # whatever is imported late is imported now
    for limit in (*range(0, path.stat().st_size + 8192, 2048), UNLIMITED):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        done = outcome(lambda: write(path, ada(email="x" * 9000), subject=ada().id))
        resource.setrlimit(resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        say([done, report_of(path).events, len(findings(path)), names_beside(path)])


def rotate_when_full(path: Path) -> None:
    """Seals everything anew under limits on the size of files, and checks after each."""
    rotate(path)  # whatever is imported late is imported now
    for limit in (*range(0, path.stat().st_size - 4096, 4096), UNLIMITED):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        done = outcome(lambda: rotate(path))
        resource.setrlimit(resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        say([done, report_of(path).events, len(findings(path)), names_beside(path)])


def copy_when_full(path: Path, target: str) -> None:
    """Copies the vault into another file under limits on the size of files."""

    def copy() -> None:
        with opened(path) as vault:
            copied(vault, Path(target))

    with opened(path) as vault:  # whatever is imported late is imported now
        assert vault.header
    for limit in (*range(0, path.stat().st_size, 8192), UNLIMITED):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        done = outcome(copy)
        resource.setrlimit(resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        digest = hashlib.sha256(Path(target).read_bytes()).hexdigest()
        say([done, digest, names_beside(path)])


def make_when_full(path: Path) -> None:
    """Makes a vault under limits on the size of files."""
    create(path.with_name("first"), plan())
    for limit in (0, 1, 512, 4096, 10_000, 30_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        done = outcome(lambda: create(path, plan()))
        resource.setrlimit(resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        say([limit, done, names_beside(path)])


def write_when_full(path: Path) -> None:
    """Replaces, and makes, a private file under limits on the size of files."""
    for limit in (0, 1, 4096, 99_999):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        replaced = outcome(lambda: files.write_private(path, b"n" * 100_000))
        made = outcome(lambda: files.create_private(path.with_name("new"), b"n" * 100_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        say([replaced, made, names_beside(path)])


def lock(directory: Path) -> None:
    """Waits for the lock of a directory, and says what is in it then."""
    pause = time.sleep

    def told(seconds: Any) -> None:
        say("waiting")  # each time that it finds the lock taken
        pause(seconds)

    time.sleep = told
    with files.lock_directory(directory):
        say(names_beside(directory / "x"))


def stretch_without_memory(path: Path) -> None:
    """Unlocks with a passphrase while the machine has little memory to give."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, UNLIMITED))
    say(outcome(lambda: Vault(path, passphrase(b"ten green bottles"))))


def without_rights(path: Path, *modes: str) -> None:
    """Reads, writes and makes vaults as somebody who took rights away from himself.

    Each of `modes` is the file's and its directory's, such as 600/700.
    """

    def look() -> None:
        with opened(path) as vault, vault.reading() as transaction:
            assert transaction.pepper()

    other = path.with_name("other.db")
    look()  # whatever is imported late is imported now
    if os.geteuid() == 0:  # root may do everything
        os.chown(path, SOMEBODY, SOMEBODY)
        os.chown(path.parent, SOMEBODY, SOMEBODY)
    for mode in modes:
        of_file, of_directory = (int(part, 8) for part in mode.split("/"))
        path.chmod(of_file)
        path.parent.chmod(of_directory)
        with acting_as_somebody():
            say(
                [
                    outcome(look),
                    outcome(lambda: write(path)),
                    outcome(lambda: create(other, plan())),
                ]
            )
        path.parent.chmod(0o700)
        other.unlink(missing_ok=True)


@contextmanager
def acting_as_somebody() -> Iterator[None]:
    """Root becomes somebody else for a while; anybody else is somebody already."""
    root = os.geteuid() == 0
    if root:
        os.setegid(SOMEBODY)
        os.seteuid(SOMEBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)


ACTIONS = (
    make,
    append,
    hold,
    fill,
    rotate_when_full,
    copy_when_full,
    make_when_full,
    write_when_full,
    lock,
    stretch_without_memory,
    without_rights,
)

if __name__ == "__main__":
    os.umask(0o077)
    name, place, *rest = sys.argv[1:]
    action: Callable[..., None] = next(a for a in ACTIONS if a.__name__ == name)
    action(Path(place), *rest)
