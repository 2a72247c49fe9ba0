"""The vault itself: making one, looking at it, reading all of it.

May import: everything but mfactl.cli.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mfactl import copying, files, password_policy
from mfactl.conversation import TEST_VAULT, Conversation
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault.check import Report, check
from mfactl.vault.header import Header
from mfactl.vault.keys import FLOOR, KEY_FILE, RECOMMENDED, passphrase_bytes
from mfactl.vault.sqlite_file import Progress, left_beside
from mfactl.vault.vault import Vault

AskPassphrase = Callable[[Callable[[str], str]], str]  # asks until what it gets is accepted
MOST_SEALS = 1 << 31  # half of what NIST SP 800-38D allows one key with random nonces
Watch = Callable[[str], Progress]  # is given the word for what is being done


class Status(NamedTuple):
    """The header of an unlocked vault, what unlocked it, and what is unsafe about the set-up."""

    header: Header
    unlocked_with: str
    warnings: tuple[str, ...]


def init(c: Conversation, *, passphrase: AskPassphrase | None, test: bool) -> Status:
    """Makes a vault on purpose: with a passphrase that is asked for, or else with a key file."""
    if files.check_private(c.paths.vault) is not None:
        raise _exists(c)
    if passphrase is None and c.unlocker.given_passphrase() is not None:
        raise failure(
            Code.USAGE_ERROR,
            "A passphrase is given, but the vault was to have a key file.",
            "Add --passphrase, or unset MFACTL_PASSPHRASE and MFACTL_PASSPHRASE_FILE.",
        )
    if passphrase is None:
        secret, cost = c.unlocker.provide_key_file().value, None
    else:
        cost = FLOOR if test else RECOMMENDED
        given = c.unlocker.given_passphrase()
        chosen = passphrase(check_passphrase) if given is None else check_passphrase(given)
        c.unlocker.use_passphrase(chosen)
        secret = passphrase_bytes(chosen)
    if not c.create_vault(secret, cost, test=test):
        raise _exists(c)
    return status(c)


def check_passphrase(passphrase: str) -> str:
    """The passphrase, if it is hard enough to guess for whoever has the vault's file."""
    password_policy.accept(
        passphrase,
        min_length=password_policy.PASSPHRASE_MIN_LENGTH,
        min_score=password_policy.PASSPHRASE_MIN_SCORE,
        context=["mfactl", "vault"],
        param="passphrase",
    )
    return passphrase


def _exists(c: Conversation) -> MfactlError:
    return failure(
        Code.VAULT_EXISTS,
        f"There is a vault at {c.paths.vault} already; nothing is overwritten.",
        None,
        path=str(c.paths.vault),
    )


def status(c: Conversation) -> Status:
    """What the header says, and what is unsafe about the set-up."""
    with c.reading() as transaction:
        seals = transaction.head.seals
    slot = c.vault.unlocked.slot
    warnings = []
    if seals >= MOST_SEALS:
        warnings.append("The data key has sealed a great deal: run mfactl vault rotate.")
    if slot.kind == KEY_FILE and c.paths.key_file.parent == c.paths.vault.parent:
        warnings.append(
            "The key lies in the same directory as the vault: whoever copies the one copies both."
        )
    if not files.MODES_ARE_CHECKED:
        warnings.append("Permissions are not checked on this system.")
    return Status(c.vault.header, slot.kind, tuple(warnings))


def read_all(c: Conversation, watch: Watch, *, accept_rollback: bool = False) -> Report:
    """Reads everything. Raises `vault_corrupt`, once for each thing that is wrong.

    `accept_rollback`: a vault that is older than this client has seen it, but whole, is taken for
    what it is from now on.
    """
    if not accept_rollback:
        c.check_mark()
    report = check(c.vault, watch("Read"))
    raise_findings(report)
    if accept_rollback and c.is_rolled_back():
        c.accept(c.vault.header.vault_id, report.head)
        c.around.notify(f"This client goes on from event {report.head.number} of this vault.")
    return report


def read_copy(c: Conversation, path: Path, watch: Watch) -> tuple[Header, Report]:
    """Reads all of a copy of a vault, which may be older than what this client has seen."""
    with about_a_copy(path), copying.unchanged(path):
        expect_whole(path)
        with closing(Vault(path, c.unlocker, is_copy=True)) as copy:
            if copy.header.test:
                c.around.notify(TEST_VAULT)
            report = check(copy, watch("Read"))
            raise_findings(report)
            return copy.header, report


@contextmanager
def about_a_copy(path: Path) -> Iterator[None]:
    """Says of a copy what is wrong with it, and what to do with a copy."""
    if not os.path.lexists(path):
        detail = f"There is no file {path}."
        raise failure(Code.VAULT_NOT_FOUND, detail, "Check the name of the backup.")
    if path.is_dir():
        raise files.unsafe(f"{path} is a directory.", "Name the file of a backup in it.")
    try:
        yield
    except MfactlError as error:
        raise MfactlError(*map(_of_a_copy, error.refusals)) from None


def _of_a_copy(refusal: Refusal) -> Refusal:
    if refusal.code is Code.VAULT_CORRUPT and not refusal.meta:
        return refusal._replace(remedy="Name a file that mfactl vault backup made.")
    if refusal.code is Code.VAULT_KEY_INCORRECT:
        detail = refusal.long_message.replace("this vault", "that backup")
        return refusal._replace(detail=detail)
    return refusal


def expect_whole(path: Path) -> None:
    """Raises if a part of a copy lies in another file: a transaction that was not finished."""
    for other in (*left_beside(path), *left_beside(Path(os.path.realpath(path)))):
        raise failure(
            Code.IO_ERROR,
            f"{path} is not whole without {other.name}, which is beside it.",
            "Use a copy that mfactl vault backup made. Or put the two into a directory of your "
            "own and name the file with --vault: that finishes or undoes what was begun.",
        )


def raise_findings(report: Report) -> None:
    """Raises `vault_corrupt`, once for each thing that a check has found; or nothing."""
    if report.findings:
        raise MfactlError(
            *(
                Refusal(
                    Code.VAULT_CORRUPT,
                    finding.text,
                    "Keep the file as it is, and put a good copy in its place.",
                    {"kind": finding.kind, "id": finding.id},
                )
                for finding in report.findings
            )
        )
