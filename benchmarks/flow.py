"""The work without the process around it: a sign-in as a whole, and the pieces it is made of.

May import: mfactl, benchmarks and the standard library.
"""

import os
import time
from contextlib import closing
from pathlib import Path

from benchmarks import checking
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
from mfactl.service import account, sign_in
from mfactl.service.verify import by_code
from mfactl.surroundings import Surroundings
from mfactl.vault.keys import RECOMMENDED
from mfactl.vault.sealing import Place, open_, seal
from mfactl.vault.transaction import Draft

ARGON2_NAME = "Argon2id of a password"
TEN_CODES_NAME = "Argon2id of ten codes, on all cores"
SYNC_NAME = "one fdatasync of 4 KiB"

RECORD_BYTES = 1_500  # about an account with an app and ten backup codes
SYNCED_BYTES = 4_096
SIGN_INS = 10
MINUTE = 60  # between two sign-ins: each has a new code of the app


def pieces(scratch: Path) -> dict[str, float]:
    """Seconds that a sign-in takes, and each piece of it, by their names."""
    home = Home(scratch / "flow", clock=START)
    home.sign_up(app=True)
    with closing(_conversation(home)) as c:
        return {
            **_sign_in(Home(scratch / "sign-ins")),
            **_rules(c, home),
            **_seals(),
            **_transactions(c),
            **_hashes(),
            **checking.pieces(scratch),
            SYNC_NAME: _sync(scratch / "synced"),
        }


def _conversation(home: Home, now: int = START + MINUTE) -> Conversation:
    environ = {**home.environ, "MFACTL_NOW": str(now)}
    around = Surroundings(environ, lambda: now, os.urandom, lambda _line: None, lambda: None)
    return Conversation(config.find_paths(environ), config.Settings(), around)


def _sign_in(home: Home) -> dict[str, float]:
    """What `signin` and `verify` do, in a vault that hashes at the full price."""
    home.sign_up(app=True)
    moment = int(time.time())
    hasher, password = Hasher(os.urandom(32), RECOMMENDED), PASSWORD.encode()
    times, of_hash = [], []
    for now in range(moment + MINUTE, moment + (1 + SIGN_INS) * MINUTE, MINUTE):
        with closing(_conversation(home, now)) as c:
            account.sign_out(c, everywhere=False)
        started = time.perf_counter()
        with closing(_conversation(home, now)) as c:
            sign_in.start(c, EMAIL, lambda: PASSWORD)
        with closing(_conversation(home, now)) as c:
            proved = by_code(c, _code(home.secret, now))
        times.append(time.perf_counter() - started)
        assert proved.verdict.session is not None
        of_hash.append(best_of(lambda: hasher.hash(password), times=1, repeats=1))
    return {
        "a sign-in with a password and a code of the app": min(times),
        ARGON2_NAME: min(of_hash),
    }


def _code(secret: str, now: int) -> Typed:
    code = codes.parse(totp.code_at(secret, totp.step_at(now)))
    assert isinstance(code, Typed)
    return code


def _rules(c: Conversation, home: Home) -> dict[str, float]:
    situations: list[Situation] = []

    def keep(s: Situation, _work: object) -> Verdict:
        situations.append(s)
        return Verdict(Happened.VERIFY)

    c.foresee(keep)
    (s,) = situations
    code = _code(home.secret, s.now)
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
    hasher, salt = Hasher(os.urandom(32), RECOMMENDED), os.urandom(16)
    ten = [f"{number:012}" for number in range(10)]
    return {
        "Argon2id of a backup code": best_of(
            lambda: hasher.digest(ten[0], salt), times=5, repeats=3
        ),
        TEN_CODES_NAME: best_of(lambda: hasher.digests(ten, salt), times=2, repeats=3),
    }


def _sync(path: Path) -> float:
    with path.open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(SYNCED_BYTES))
            os.fdatasync(file.fileno())

        return best_of(write, times=50)
