"""Backups: a copy of the vault that was read from end to end, and putting one in its place.

Guarantees: a backup appears under its name whole, checked and durable, or not at all, and replaces
nothing; a restore changes nothing until the copy has been checked, and keeps what it replaces.
SQLite opens nothing outside of the vault's own directory, where nobody else can put a journal.
May import: everything but mfactl.cli.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from mfactl import copying, files
from mfactl.conversation import Conversation
from mfactl.core.verdict import Happened
from mfactl.errors import Code, MfactlError, failure
from mfactl.named_tuple import NamedTuple
from mfactl.service.vault import (
    Watch,
    about_a_copy,
    expect_whole,
    raise_findings,
)
from mfactl.vault import slots
from mfactl.vault.check import check
from mfactl.vault.header import Header
from mfactl.vault.sqlite_file import BESIDE, File, left_beside
from mfactl.vault.transaction import Draft, Mark
from mfactl.vault.vault import Vault, check_place, look_at_header


class Copy(NamedTuple):
    """A backup that was written and checked."""

    path: Path
    head: Mark
    size_bytes: int


class Candidate(NamedTuple):
    """A backup that was read from end to end, as a vault in a temporary file.

    `replaces` is what the header at the vault's place says, with nobody's word for it; None if
    there is nothing, or nothing that reads as one.
    """

    vault: Vault
    file: Path
    head: Mark
    replaces: Header | None


class Restored(NamedTuple):
    """What a restore left: the vault's id, how far the copy went, and what was replaced."""

    vault_id: str
    restored: Mark
    head: Mark
    replaced: Path | None


def backup(c: Conversation, path: Path, watch: Watch) -> Copy:
    """Copies the vault while others use it, checks the copy, and then writes it to its place."""
    if path.is_dir():
        raise files.unsafe(f"{path} is a directory.", "Name a file in it.")
    if os.path.lexists(path):
        raise _exists(path)
    if not path.parent.is_dir():
        raise files.no_directory(path.parent)
    try:
        with copying.appearing(path) as target:  # first: what cannot be written there is told soon
            c.note(Happened.VAULT_BACKUP)
            with _temporary(c.paths.vault) as temporary:
                with closing(File(temporary)) as file, c.reading():
                    c.vault.copy_to(file, watch("Copied"))
                with closing(Vault(temporary, c.unlocker, called=path)) as copy:
                    report = check(copy, watch("Checked"))
                raise_findings(report)
                size = copying.copy_checked(temporary, target)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise files.io_error(error, f"write {path}") from None
    return Copy(path, report.head, size)


@contextmanager
def candidate(c: Conversation, path: Path, watch: Watch) -> Iterator[Candidate]:
    """Reads a backup from end to end. Raises what is wrong with it; nothing is changed."""
    target = c.paths.vault
    if target in (c.paths.key_file, c.paths.client, c.paths.config):
        raise failure(Code.USAGE_ERROR, f"{target} is no place for a vault.", "Check --vault.")
    files.make_directory(target.parent)
    replaces = look_at_header(target)
    with _temporary(target) as temporary, ExitStack() as opened:
        with about_a_copy(path):
            with copying.unchanged(path):
                expect_whole(path)
                copying.copy_into(path, temporary)
            if os.path.lexists(target) and path.samefile(target):
                raise failure(Code.USAGE_ERROR, f"{path} is the vault itself.", "Name a backup.")
            vault = opened.enter_context(closing(Vault(temporary, c.unlocker, called=path)))
            report = check(vault, watch("Checked"))
            raise_findings(report)
        yield Candidate(vault, temporary, report.head, replaces)


def restore(c: Conversation, backup: Candidate, watch: Watch) -> Restored:
    """Puts a copy in the vault's place, under other keys, with every session ended."""
    vault_id = backup.vault.header.vault_id
    now = c.clock_of(test=backup.vault.header.test)
    head = _begin_branch(backup.vault, backup.head, now, watch)
    aside = _aside(c.paths.vault)
    try:
        replaced = _put_in_place(backup, c.paths.vault, aside, watch)
    except BaseException:
        if os.path.lexists(aside):  # it may be the only place where that is
            c.around.notify(f"What was there is kept: {aside}")
        raise
    with closing(Vault(c.paths.vault, c.unlocker)) as vault, vault.reading() as transaction:
        if transaction.mark(head.number) != head:  # it is what others will open
            raise failure(Code.VAULT_CORRUPT, "What was restored reads otherwise.")
    c.accept(vault_id, head)
    return Restored(vault_id, backup.head, head, replaced)


def _begin_branch(copy: Vault, restored: Mark, now: int, watch: Watch) -> Mark:
    """Lets the copy go on by itself: other sub-keys, no session, an event that says so."""
    with copy.writing() as transaction:
        renewed, progress = slots.branched(copy.unlocked), watch("Sealed anew")
        transaction = copy.adopt(transaction, renewed, progress, ends_sessions=True)
        draft = Draft(now, Happened.VAULT_RESTORE, details={"event": restored.number})
        return transaction.commit(draft)


def _put_in_place(backup: Candidate, target: Path, aside: Path, watch: Watch) -> Path | None:
    """Replaces what is at the vault's place; where that is kept, if there was anything.

    A file that SQLite can open is overwritten in a transaction of its own, so that whoever has it
    open sees the one or the other. What is no database is moved away, and so is a journal without
    its vault, which would spoil this one.
    """
    is_there = check_place(target)
    if is_there and _overwrite(backup, target, aside, watch):
        return aside
    if os.path.lexists(aside):  # kept, and then not overwritten
        aside = _aside(target)
    for left in left_beside(target):
        copying.move_aside(left, aside.with_name(aside.name + left.name.removeprefix(target.name)))
    if is_there:
        copying.move_aside(target, aside)
    if not files.link_into_place(backup.file, target):
        raise failure(Code.VAULT_BUSY, "Somebody made a vault there meanwhile.")
    return aside if is_there else None


def _overwrite(backup: Candidate, target: Path, aside: Path, watch: Watch) -> bool:
    """Keeps what a file holds and overwrites it, while nobody else uses it.

    False, and nothing changed, if that is no database.
    """
    try:
        with ExitStack() as held:
            old = held.enter_context(closing(File(target)))
            held.enter_context(old.held())
            with _temporary(target) as temporary:
                with closing(File(temporary)) as kept:
                    old.copy_to(kept, watch("Kept"))
                if not files.link_into_place(temporary, aside):
                    raise failure(Code.VAULT_BUSY, "Somebody else restores at this moment.")
            # `old` is closed, and lets go, before anybody looks at what it left.
            with _kept_if_needed(backup.replaces, target, aside), held.pop_all():
                backup.vault.copy_to(old, watch("Restored"))
    except MfactlError as error:
        if error.refusals[0].code is not Code.VAULT_CORRUPT:
            raise
        return False
    return True


@contextmanager
def _kept_if_needed(before: Header | None, target: Path, aside: Path) -> Iterator[None]:
    """Removes what was kept if the block fails and the file is for certain what it was before.

    An error may be told of a transaction that has overwritten it all the same.
    """
    try:
        yield
    except BaseException:
        if before is not None and look_at_header(target) == before:
            with suppress(OSError):
                aside.unlink()
        raise


def _aside(target: Path) -> Path:
    """A name that nothing has beside the vault."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    ends = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{target.name}.replaced-{stamp}{end}" for end in ends)
    return next(
        path
        for path in map(target.with_name, names)
        if not os.path.lexists(path) and not left_beside(path)
    )


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone at the end with what SQLite put beside it."""
    temporary = files.beside(path)
    try:
        files.create_empty(temporary)
        yield temporary
    except OSError as error:
        raise files.io_error(error, f"write beside {path}") from None
    finally:
        for name in (temporary, *(temporary.with_name(temporary.name + end) for end in BESIDE)):
            with suppress(OSError):
                name.unlink()


def _exists(path: Path) -> MfactlError:
    return failure(
        Code.VAULT_EXISTS,
        f"There is something at {path} already; nothing is overwritten.",
        "Name another file.",
        path=str(path),
    )
