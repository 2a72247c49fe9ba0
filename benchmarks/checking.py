"""What checking a vault takes an account, and the part of it that is not our own code.

May import: mfactl, benchmarks and the standard library.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import loader
from benchmarks.measure import best_of
from benchmarks.world import START, Home
from mfactl import config, digests
from mfactl.core.account import Account
from mfactl.unlocking import Unlocker
from mfactl.vault import patterns, sealing
from mfactl.vault.check import check_within
from mfactl.vault.header import Unlocked
from mfactl.vault.keys import NONCE_BYTES
from mfactl.vault.sealing import EventPlace, Place
from mfactl.vault.vault import Vault

ACCOUNTS = 5_000
REPEATS = 5

Open = Callable[[], bytes]


def pieces(scratch: Path) -> dict[str, float]:
    """Seconds that an account takes, with its record and its event, on one core."""
    home = Home(scratch / "checked", clock=START)
    paths = config.find_paths(home.environ)
    loader.load(paths.vault, paths.key_file, ACCOUNTS, verifier="", now=START)
    with closing(Vault(paths.vault, Unlocker(paths, home.environ, lambda: None))) as vault:
        with vault.reading() as transaction:
            whole = best_of(
                lambda: check_within(transaction, vault.unlocked.keys), times=1, repeats=REPEATS
            )
        unlocked = vault.unlocked
    with closing(sqlite3.connect(paths.vault)) as connection:
        of_libraries = best_of(_calls_alone(connection, unlocked), times=1, repeats=REPEATS)
    return {
        "vault check, an account, on one core": whole / ACCOUNTS,
        "of which SQLite, AES-GCM, digests, JSON and the expression": of_libraries / ACCOUNTS,
    }


def _calls_alone(connection: sqlite3.Connection, unlocked: Unlocked) -> Callable[[], None]:
    """The calls of libraries that a check makes, with their arguments made beforehand."""
    keys, message = unlocked.keys, b"account\0user_" + bytes(29)
    of_records = "SELECT kind, id, version, lookup, account, expires, sealed FROM record"
    of_events = "SELECT * FROM event ORDER BY number"
    records = [
        _opening(keys.record, Place(*row[:6]), row[6], unlocked)
        for row in connection.execute(of_records)
    ]
    events = [
        _opening(keys.event, EventPlace(*row[:4]), row[4], unlocked)
        for row in connection.execute(of_events)
    ]
    match = patterns.matcher(Account, "id", "key")
    parse = json.JSONDecoder().decode

    def work() -> None:
        for _row, open_record in zip(connection.execute(of_records), records, strict=True):
            match(open_record())
            digests.hmac_sha256(keys.address, message)
            digests.hmac_sha256(keys.total, message)
        for _row, open_event in zip(connection.execute(of_events), events, strict=True):
            plaintext = open_event()
            parse(plaintext[: plaintext.rindex(b"}") + 1].decode())
            digests.sha256(plaintext)
            digests.hmac_sha256(keys.total, message)
        connection.execute("PRAGMA integrity_check").fetchall()

    return work


def _opening(key: bytes, place: Place | EventPlace, sealed: Any, unlocked: Unlocked) -> Open:
    bound = sealing._bound(place, unlocked.header.vault_id)
    return partial(AESGCM(key).decrypt, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
