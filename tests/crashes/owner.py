"""What the owner of a vault does that is struck: copies of it, another data key, its slots.

The rows are as in `commands`. Ada keeps all of it in her home, so that what is left behind is seen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.crashes import ada as scenes
from tests.crashes.ada import Ada
from tests.crashes.commands import Moved, Struck, refused, signs_in_again
from tests.crashes.watched import Command
from tests.support.runner import START, code_at

PASSPHRASE = "seven green llamas on a roof"
BACKUP, SECOND_KEY = "home/backup.db", "home/second.key"  # from where she runs mfactl


# --- the states that they begin in


def spent(ada: Ada) -> None:
    """She has used a code of her phone and a backup code, and is signed in."""
    scenes.enrolled(ada)
    ada.run("verify", ada.backup_codes[0], expect=0)


def superseded(ada: Ada) -> None:
    """She has a backup, and has signed in since with another code of each kind."""
    spent(ada)
    ada.run("vault", "backup", BACKUP, expect=0)
    signs_in_again(ada)
    ada.run("verify", ada.backup_codes[1], expect=0)


def lost(ada: Ada) -> None:
    """The same, and her vault is gone, but for something that its journal may have been."""
    superseded(ada)
    ada.vault.rename(ada.home / "vault.db-journal")


def two_keys(ada: Ada) -> None:
    """A second key file opens her vault, too."""
    spent(ada)
    ada.run("vault", "slots", "add", "--key-file", SECOND_KEY, expect=0)


# --- what she does next, and what has to hold


def goes_on(ada: Ada) -> None:
    """What was used is spent, her session goes on, and she signs in again."""
    is_spent(ada)
    ada.run("account", "show", expect=0)
    signs_in_again(ada)


def is_spent(ada: Ada) -> None:
    """The codes that she has used first are not taken again."""
    for code in (code_at(ada.secret, START), ada.backup_codes[0]):
        refused(ada, "verify", code, status=5, code="form_code_incorrect")
    assert ada.account()["lockout"]["failures"] == 0  # they are genuine


def after_rotation(moved: Moved) -> None:
    """Everything is under the new key, told or not, and goes on."""
    assert len(slots(moved.now)) == 1
    goes_on(moved.now)


def after_backup(moved: Moved) -> None:
    """The backup is all of the vault; or it is not there, and can be made."""
    ada = moved.now
    backup = ada.folder / BACKUP
    if moved.told is None and not backup.exists():
        ada.run("vault", "backup", BACKUP, expect=0)
    assert ada.read(backup) == ada.stored()
    ada.run("vault", "check", BACKUP, expect=0)
    refused(ada, "vault", "backup", BACKUP, status=7, code="vault_exists")
    goes_on(ada)


def after_restore(moved: Moved) -> None:
    """Nobody is signed in; what was used before the backup is spent, and only that."""
    ada = moved.now
    assert ada.run("account", "show").exit == 4
    ada.sign_in(expect=3)
    is_spent(ada)
    ada.run("verify", ada.code, expect=0)
    ada.run("verify", ada.backup_codes[1], expect=0)


def after_adding(variable: str, file: str) -> Callable[[Moved], None]:
    """The new secret opens the vault, told or not, and so does the old one."""

    def check(moved: Moved) -> None:
        ada = moved.now
        with exported(ada, variable, str(ada.folder / file)):
            ada.run("vault", "check", expect=0)
        assert len(slots(ada)) == 2
        assert moved.told is None or moved.told["id"] == slots(ada)[-1]
        goes_on(ada)

    return check


def after_removal(moved: Moved) -> None:
    """The removed one opens nothing, told or not; the last one does, and stays."""
    ada = moved.now
    with exported(ada, "MFACTL_KEY_FILE", str(ada.folder / SECOND_KEY)):
        refused(ada, "vault", "check", status=8, code="vault_key_incorrect")
    (last,) = slots(ada)
    refused(ada, "vault", "slots", "remove", last, "--yes", status=7, code="vault_last_slot")
    goes_on(ada)


def slots(ada: Ada) -> list[str]:
    """The ids of the slots, the oldest first. Her first key file opens the vault for that."""
    stored = ada.stored()
    assert stored is not None
    return [slot["id"] for slot in stored.header["slots"]]


@contextmanager
def exported(ada: Ada, variable: str, value: str) -> Iterator[None]:
    """Something is set in her environment for a while."""
    ada.environ[variable] = value
    yield
    del ada.environ[variable]


# --- the rows


def _always(*words: str) -> Callable[[Ada], Command]:
    return lambda _ada: Command(("vault", *words))


def _add_passphrase(ada: Ada) -> Command:
    ada.write("passphrase", PASSPHRASE)
    return Command(("vault", "slots", "add", "--new-passphrase-file", "passphrase"))


def _remove_slot(ada: Ada) -> Command:
    return Command(("vault", "slots", "remove", slots(ada)[-1], "--yes"))


RESTORE = _always("restore", BACKUP, "--yes")

OWNER_COMMANDS = (
    Struck(
        "vault-rotate",
        spent,
        _always("rotate", "--yes"),
        0,
        ("vault_rotate",),
        after_rotation,
        slow=True,  # until then it is like any transaction
    ),
    Struck(
        "vault-backup",
        spent,
        _always("backup", BACKUP),
        0,
        ("vault_backup",),
        after_backup,
        slow=True,  # likewise, and its copy has no name yet
    ),
    Struck(
        "vault-restore",
        superseded,
        RESTORE,
        0,
        ("vault_restore",),
        after_restore,
        pages=16,
        since="vault.db",  # until then it only keeps what is there
        restores=True,
    ),
)

# Only long runs strike these.
MORE_OWNER_COMMANDS = (
    Struck(
        "vault-restore-lost", lost, RESTORE, 0, ("vault_restore",), after_restore, restores=True
    ),
    Struck(
        "slots-add-key-file",
        spent,
        _always("slots", "add", "--key-file", SECOND_KEY),
        0,
        ("slot_add",),
        after_adding("MFACTL_KEY_FILE", SECOND_KEY),
    ),
    Struck(
        "slots-add-passphrase",
        spent,
        _add_passphrase,
        0,
        ("slot_add",),
        after_adding("MFACTL_PASSPHRASE_FILE", "passphrase"),
    ),
    Struck("slots-remove", two_keys, _remove_slot, 0, ("slot_remove",), after_removal),
)
