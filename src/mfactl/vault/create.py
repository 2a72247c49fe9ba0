"""Making a vault.

Guarantees: the file appears under its name whole and durable, or not at all; what is there already
is never replaced, so that of two who make one at the same moment one succeeds and the other is
told.
May import: mfactl.core.verdict, mfactl.files, mfactl.errors and the rest of mfactl.vault.
"""

import os
from contextlib import closing, suppress
from pathlib import Path

from mfactl import files
from mfactl.core.verdict import Happened
from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault import header as headers
from mfactl.vault import keys
from mfactl.vault.header import Header, Unlocked, unlocked
from mfactl.vault.keys import SlotPlan
from mfactl.vault.records import HEAD_ID, PEPPER_ID, Head, Pepper
from mfactl.vault.slots import new_branch
from mfactl.vault.sqlite import Database
from mfactl.vault.sqlite_file import left_beside
from mfactl.vault.transaction import Draft, Transaction

PEPPER_BYTES = 32
START_BYTES = 32
FIRST_GENERATION = 1


class Plan(NamedTuple):
    """What a new vault is to be: its id, its first slot and the secret that opens it."""

    vault_id: str
    slot: SlotPlan
    secret: bytes
    test: bool
    now: int

    def __repr__(self) -> str:
        return f"Plan({self.vault_id})"


def create(path: Path, plan: Plan) -> bool:
    """Makes the vault at `path`; False, and nothing changed, if there is something there."""
    temporary = files.beside(path)
    try:
        files.create_empty(temporary)
        with closing(Database(temporary)) as database, database.making():
            made = _unlocked(plan)
            database.put_header(made.body, headers.mac(made.body, made.keys))
            start = os.urandom(START_BYTES).hex()
            first = Head(HEAD_ID, 0, start, 0, f"{0:064x}", 0, FIRST_GENERATION, start, 0)
            transaction = Transaction(database, made, first)
            transaction.put(Pepper(PEPPER_ID, os.urandom(PEPPER_BYTES)))
            transaction.commit(Draft(plan.now, Happened.VAULT_INIT, details={"test": plan.test}))
        _expect_alone(path)
        return files.link_into_place(temporary, path)
    except OSError as error:
        raise files.io_error(error, f"make the vault {path}") from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _expect_alone(path: Path) -> None:
    """A vault that was moved away may have left its journal, which would spoil the new one."""
    for other in left_beside(path):
        raise failure(
            Code.VAULT_EXISTS,
            f"There is {other} without its vault: it would spoil a new one.",
            "Move it to where its vault went, under that name; or move it away.",
            path=str(other),
        )


def _unlocked(plan: Plan) -> Unlocked:
    data_key = os.urandom(keys.KEY_BYTES)
    slot = keys.wrap(data_key, plan.secret, plan.slot, vault_id=plan.vault_id)
    branch = new_branch()
    header = Header(plan.vault_id, branch, FIRST_GENERATION, plan.test, plan.now, (slot,))
    return unlocked(header, data_key, slot)
