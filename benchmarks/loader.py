"""Accounts in bulk: as sign-ups would make them, without the processes and without the hashing.

Guarantees: each account is sealed, told of by an event of its own and counted by the head, by the
code that does so in every command; what is left out is that each transaction waits for the disk.
May import: mfactl and the standard library.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mfactl.core.account import Account, BackupCode, BackupCodes, EmailProof, Totp
from mfactl.core.verdict import Happened
from mfactl.surroundings import new_id
from mfactl.vault import header as headers
from mfactl.vault.header import Secret, Unlocked
from mfactl.vault.keys import KEY_FILE, parse_key_file
from mfactl.vault.sqlite import Database
from mfactl.vault.transaction import Draft, Transaction

AT_ONCE = 10_000  # accounts in one transaction of the file
CACHE_KIB = 512 * 1024


class Bulk(Database):
    """A vault's file in which a commit is one of many, until the block ends."""

    def commit(self) -> None:
        """Is done once for all."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """One transaction of the file for many of the vault."""
        with self.writing():
            yield
            super().commit()

    def hurry(self) -> None:
        """A power cut while loading may cost the vault, which nobody would miss."""
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def load(vault: Path, key_file: Path, count: int, *, verifier: str, now: int) -> float:
    """Puts so many accounts with an app and backup codes into a vault; accounts a second."""
    started = time.perf_counter()
    # Sorted, as they would not be: it spares the loader the disk, and no command can tell.
    identifiers = sorted(new_id("user") for _ in range(count))
    with closing(Bulk(vault)) as database:
        database.hurry()
        with database.reading():
            unlocked = _unlocked(database, key_file)
        for first in range(0, count, AT_ONCE):
            with database.loading():
                for place in range(first, min(first + AT_ONCE, count)):
                    account = _account(identifiers[place], place, verifier, now)
                    transaction = Transaction(database, unlocked)
                    transaction.put(account)
                    transaction.commit(Draft(now, Happened.SIGN_UP_VERIFY, account.id))
    return count / (time.perf_counter() - started)


def _unlocked(database: Database, key_file: Path) -> Unlocked:
    stored = database.header()
    assert stored is not None
    secret = Secret(KEY_FILE, parse_key_file(key_file.read_bytes()), "The key file")
    return headers.unlock(*stored, lambda _slots: secret)


def _account(identifier: str, number: int, verifier: str, now: int) -> Account:
    email = f"user{number}@example.com"
    codes = tuple(BackupCode(os.urandom(32)) for _ in range(10))
    return Account(
        id=identifier,
        email_id=f"idn_{identifier[5:]}",
        email=email,
        key=email,
        email_proof=EmailProof(1, now + 600),
        password=verifier,
        password_changed_at=now,
        created_at=now,
        updated_at=now,
        totp=Totp(f"totp_{identifier[5:]}", "A" * 32, now, now, now // 30, now),
        backup_codes=BackupCodes(f"bkc_{identifier[5:]}", os.urandom(16), codes, now),
        mfa_enabled_at=now,
        last_sign_in_at=now,
    )
