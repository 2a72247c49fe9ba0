"""The vault: a file that was unlocked, and its transactions.

Guarantees: a transaction that finds another header than it unlocked with unlocks again before it
reads.
May import: mfactl.files, mfactl.errors and the rest of mfactl.vault.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mfactl import files
from mfactl.errors import Code, MfactlError, failure
from mfactl.vault import header as headers
from mfactl.vault.header import Header, SecretProvider, Unlocked
from mfactl.vault.reseal import adopt
from mfactl.vault.sqlite import Database
from mfactl.vault.sqlite_file import File, Progress, names_other_files
from mfactl.vault.transaction import Transaction


def look_at_header(path: Path) -> Header | None:
    """What the header of a vault's file says, with nobody's word for it: the MAC is not checked.

    None if there is no file, or nothing in it that reads as a header.
    """
    if not check_place(path):
        return None
    try:
        with closing(Database(path)) as database, database.reading():
            return headers.decode(_stored_header(database)[0])
    except MfactlError as error:
        if error.refusals[0].code is Code.VAULT_BUSY:
            raise
        return None


def check_place(path: Path) -> bool:
    """Whether there is a file that is private to us, with a journal that SQLite may obey, or none.

    Raises `vault_permissions` if others could tamper with the two, or the journal is none: SQLite
    would wait for a pipe for ever.
    """
    is_there = files.check_private(path) is not None  # first: what is no file may have no name
    journal = path.with_name(path.name + "-journal")
    if files.check_private(journal) is not None and names_other_files(journal):
        raise failure(
            Code.VAULT_CORRUPT,
            f"{journal} is of another program: it names other files.",
            "Move it away.",
        )
    return is_there


class Vault:
    """An unlocked vault."""

    def __init__(
        self,
        path: Path,
        provide: SecretProvider,
        *,
        is_copy: bool = False,
        called: Path | None = None,
    ) -> None:
        """Opens and unlocks. `provide` is asked for a slot's secret.

        A copy of a vault may lie where others read it or write, as on a stick: it is sealed, all of
        it is checked, and it can only be read. `called` is its name in errors.
        """
        is_there = files.check_file(path) is not None if is_copy else check_place(path)
        if not is_there:
            raise failure(
                Code.VAULT_NOT_FOUND,
                f"There is no vault at {path}.",
                "Check --vault and MFACTL_VAULT, or make one: mfactl vault init",
            )
        self._database = Database(path, called=called, is_copy=is_copy)
        self._provide = provide
        try:
            with self._database.reading():
                self.unlocked = self._unlock(*_stored_header(self._database))
        except BaseException:
            self._database.close()
            raise

    @property
    def header(self) -> Header:
        """What the header says."""
        return self.unlocked.header

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view of the vault."""
        with self._database.reading():
            yield self._begin()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """The one writer. Nothing stays unless the transaction's `commit` was called."""
        with self._database.writing():
            yield self._begin()

    def adopt(
        self,
        transaction: Transaction,
        new: Unlocked,
        progress: Progress,
        *,
        ends_sessions: bool = False,
    ) -> Transaction:
        """Inside of `writing`: goes on under another header, and under its keys."""
        head = transaction.head
        if ends_sessions:
            head = head._replace(epoch=head.epoch + 1)
        adopt(self._database, self.unlocked, new, head, progress)
        self.unlocked = new  # if it is not committed, the next transaction finds another header
        return Transaction(self._database, new)

    def copy_to(self, target: File, progress: Progress) -> None:
        """Makes a SQLite file, which may be empty, hold what this vault holds."""
        self._database.copy_to(target, progress)

    def _begin(self) -> Transaction:
        body, seal_ = _stored_header(self._database)
        if body != self.unlocked.body:
            self.unlocked = self._unlock(body, seal_)
        return Transaction(self._database, self.unlocked)

    def _unlock(self, body: bytes, seal_: bytes) -> Unlocked:
        return headers.unlock(body, seal_, self._provide)


def _stored_header(database: Database) -> tuple[bytes, bytes]:
    stored = database.header()
    if stored is None:
        raise failure(Code.VAULT_CORRUPT, "The header of the vault is gone.")
    if not all(isinstance(part, bytes) for part in stored):
        raise failure(Code.VAULT_CORRUPT, "The header of the vault is damaged.")
    return stored
