"""Backups: a copy of the vault that was read from end to end, and putting one in its place.

Guarantees: a backup appears under its name whole, checked and durable, or not at all, and replaces
nothing; a restore changes nothing until the copy has been checked, and keeps what it replaces.
May import: everything but mfactl.cli.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from mfactl import files
from mfactl.conversation import Conversation
from mfactl.core.verdict import Happened
from mfactl.errors import Code, MfactlError, failure
from mfactl.service.vault import Watch, raise_findings
from mfactl.vault import slots
from mfactl.vault.check import check
from mfactl.vault.sqlite_file import File
from mfactl.vault.transaction import Draft, Mark
from mfactl.vault.vault import Vault


class Copy(NamedTuple):
    """A backup that was written and checked."""

    path: Path
    head: Mark
    size_bytes: int


class Restored(NamedTuple):
    """What a restore left: the vault's id, how far the copy went, and what was replaced."""

    vault_id: str
    restored: Mark
    head: Mark
    replaced: Path | None


def backup(c: Conversation, path: Path, watch: Watch) -> Copy:
    """Copies the vault while others use it, and checks the copy."""
    if os.path.lexists(path):
        raise _exists(path)
    c.note(Happened.VAULT_BACKUP)
    with _temporary(path) as temporary:
        with c.reading():
            c.vault.copy_to(temporary, watch("Copied"))
        with closing(Vault(temporary, c.unlocker, is_copy=True, called=path)) as copy:
            report = check(copy, watch("Checked"))
        raise_findings(report)
        size = temporary.stat().st_size
        if not files.link_into_place(temporary, path):
            raise _exists(path)
    return Copy(path, report.head, size)


def restore(c: Conversation, path: Path, watch: Watch) -> Restored:
    """Puts a copy in the vault's place, under other keys, with every session ended."""
    target = c.paths.vault
    _check_journal(path)
    files.make_directory(target.parent)
    is_new = files.check_private(target) is None
    with _temporary(target) as temporary:
        files.copy_into(path, temporary)
        with closing(Vault(temporary, c.unlocker, is_copy=True, called=path)) as copy:
            report = check(copy, watch("Checked"))
            raise_findings(report)
            now = c.clock_of(test=copy.header.test)
            vault_id = copy.header.vault_id
            head = _begin_branch(copy, report.head, now, watch)
            replaced = None if is_new else _put_in_place(copy, temporary, target, watch)
        if is_new and not files.link_into_place(temporary, target):
            raise failure(Code.VAULT_BUSY, "Somebody made a vault there meanwhile.")
    c.accept(vault_id, head)
    return Restored(vault_id, report.head, head, replaced)


def _begin_branch(copy: Vault, restored: Mark, now: int, watch: Watch) -> Mark:
    """Lets the copy go on by itself: other sub-keys, no session, an event that says so."""
    with copy.writing() as transaction:
        renewed, progress = slots.branched(copy.unlocked), watch("Sealed anew")
        transaction = copy.adopt(transaction, renewed, progress, ends_sessions=True)
        draft = Draft(now, Happened.VAULT_RESTORE, details={"event": restored.number})
        return transaction.commit(draft)


def _put_in_place(copy: Vault, temporary: Path, target: Path, watch: Watch) -> Path:
    """Replaces what is at the vault's place; where that is kept.

    A file that SQLite can open is overwritten in a transaction of its own, so that whoever has it
    open sees the one or the other. What is no database is moved away.
    """
    aside = _aside(target)
    try:
        with closing(File(target)) as old:
            files.create_empty(aside)
            with closing(File(aside)) as kept:
                old.copy_to(kept, watch("Kept"))
            copy.copy_to(target, watch("Restored"))
            return aside
    except MfactlError as error:
        with suppress(OSError):
            aside.unlink()
        if error.refusals[0].code is not Code.VAULT_CORRUPT:
            raise
    files.move_aside(target, aside)
    if not files.link_into_place(temporary, target):
        raise failure(Code.VAULT_BUSY, "Somebody made a vault there meanwhile.")
    return aside


def _aside(target: Path) -> Path:
    """A name that nothing has beside the vault."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    ends = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{target.name}.replaced-{stamp}{end}" for end in ends)
    return next(path for path in map(target.with_name, names) if not os.path.lexists(path))


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone at the end with what SQLite put beside it."""
    temporary = files.beside(path)
    try:
        files.create_empty(temporary)
        yield temporary
    except OSError as error:
        raise files.io_error(error, f"write {path}") from None
    finally:
        for name in (temporary, temporary.with_name(temporary.name + "-journal")):
            with suppress(OSError):
                name.unlink()


def _check_journal(path: Path) -> None:
    if os.path.lexists(path.with_name(path.name + "-journal")):
        raise failure(
            Code.IO_ERROR,
            f"{path} has an unfinished transaction beside it.",
            f"Run: mfactl vault check {path} - which finishes or undoes it.",
        )


def _exists(path: Path) -> MfactlError:
    return failure(
        Code.VAULT_EXISTS,
        f"There is something at {path} already; nothing is overwritten.",
        "Name another file.",
        path=str(path),
    )
