"""The work without the process around it: rules, seals, transactions, hashes, and the disk's sync.

May import: mfactl, benchmarks and the standard library.
"""

import os
from contextlib import closing
from pathlib import Path

from benchmarks.measure import best_of
from benchmarks.world import EMAIL, PASSWORD, START, Home
from mfactl import config
from mfactl.conversation import Conversation
from mfactl.core import code as codes
from mfactl.core import totp, verify
from mfactl.core.code import Typed
from mfactl.core.verdict import NO_WORK, Happened, Situation, Verdict
from mfactl.errors import Refusal
from mfactl.passwords import Hasher
from mfactl.surroundings import Surroundings
from mfactl.vault.keys import RECOMMENDED
from mfactl.vault.sealing import Place, open_, seal
from mfactl.vault.transaction import Draft

RECORD_BYTES = 1_500  # about an account with an app and ten backup codes
SYNCED_BYTES = 4_096


def pieces(scratch: Path) -> dict[str, float]:
    """Seconds that each piece of a sign-in takes, by its name."""
    home = Home(scratch / "flow", clock=START)
    home.sign_up(app=True)
    with closing(_conversation(home)) as c:
        return {
            **_rules(c, home),
            **_seals(),
            **_transactions(c),
            **_hashes(),
            "one fdatasync of 4 KiB": _sync(scratch / "synced"),
        }


def _conversation(home: Home) -> Conversation:
    environ = {**home.environ, "MFACTL_NOW": str(START + 60)}
    os.environ["HOME"] = str(home.place)
    around = Surroundings(environ, lambda: START, os.urandom, lambda _line: None, lambda: None)
    return Conversation(config.find_paths(environ), config.Settings(), around)


def _rules(c: Conversation, home: Home) -> dict[str, float]:
    situations: list[Situation] = []

    def keep(s: Situation, _work: object) -> Verdict:
        situations.append(s)
        return Verdict(Happened.VERIFY)

    c.foresee(keep)
    (s,) = situations
    code = codes.parse(totp.code_at(home.secret, totp.step_at(s.now)))
    assert isinstance(code, Typed)
    assert not isinstance(verify.attempt(s, code, work=NO_WORK), Refusal)
    return {
        "the rule: a TOTP code is right": best_of(
            lambda: verify.attempt(s, code, work=NO_WORK), times=500
        )
    }


def _seals() -> dict[str, float]:
    key, plaintext = os.urandom(32), os.urandom(RECORD_BYTES)
    place = Place("account", "user_bench", 1, "0" * 64)
    sealed = seal(key, plaintext, place, "vault_bench")
    return {
        "seal a record": best_of(lambda: seal(key, plaintext, place, "vault_bench"), times=2_000),
        "open a record": best_of(lambda: open_(key, sealed, place, "vault_bench"), times=2_000),
    }


def _transactions(c: Conversation) -> dict[str, float]:
    vault, now = c.vault, c.now

    def read() -> None:
        with vault.reading() as transaction:
            key = EMAIL
            transaction.at_address(transaction.address_id(key))

    def write() -> None:
        with vault.writing() as transaction:
            transaction.commit(Draft(now, Happened.VERIFY))

    return {
        "a transaction that reads an account": best_of(read, times=200),
        "a transaction that writes, on this disk": best_of(write, times=50),
    }


def _hashes() -> dict[str, float]:
    hasher = Hasher(os.urandom(32), RECOMMENDED)
    password, salt = PASSWORD.encode(), os.urandom(16)
    ten = [f"{number:012}" for number in range(10)]
    return {
        "Argon2id of a password (64 MiB, 3 passes, 4 lanes)": best_of(
            lambda: hasher.hash(password), times=3, repeats=3
        ),
        "Argon2id of a backup code (19 MiB, 2 passes)": best_of(
            lambda: hasher.digest(ten[0], salt), times=5, repeats=3
        ),
        "the same of ten codes, on all cores": best_of(
            lambda: hasher.digests(ten, salt), times=2, repeats=3
        ),
    }


def _sync(path: Path) -> float:
    with path.open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(SYNCED_BYTES))
            os.fdatasync(file.fileno())

        return best_of(write, times=50)
