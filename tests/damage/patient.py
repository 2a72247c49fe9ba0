"""A small vault that is damaged again and again, and what it has to answer then.

Guarantees of `examine`: no answer differs from that of the vault in good health, but where the
threat model says so; nothing is raised but our errors of damage; what is wrong is noticed by the
check, and an account that cannot be read any more is named by it.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from mfactl.core.account import Account, Stranger
from mfactl.core.lockout import Lockout
from mfactl.errors import Code, MfactlError
from mfactl.vault.check import Finding, check_within
from mfactl.vault.sqlite import About
from mfactl.vault.transaction import Draft, Mark, Transaction
from mfactl.vault.vault import Vault
from tests.support import builders
from tests.support.builders import NOW
from tests.vault.vaults import (
    ADA_TOKEN,
    BOB,
    DAMAGE,
    ada,
    ada_signed_in,
    bob,
    contents,
    edit,
    every_record,
    make_minimal,
    opened,
    query,
    write,
)

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, where there is one
EVE = "eve@example.com"
PAGE_BYTES = 512  # SQLite's smallest: few bytes that mean nothing
_Value = TypeVar("_Value")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A private folder, in memory where the machine has such."""
    place = tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place)


def eve() -> Stranger:
    """An address that a code was sent to: without failures, so that it lapses."""
    return Stranger("stranger_eve", EVE, NOW, Lockout(0), NOW)


def furnish_a_little(path: Path) -> Path:
    """A record of every kind in a vault of four events, in small pages."""
    make_minimal(path)
    slim = ada(totp=None, backup_codes=None, mfa_enabled_at=None)
    write(path, slim, ada_signed_in(), subject=slim.id, happened="sign_up_verify")
    write(path, bob(), subject=bob().id, code="form_code_incorrect")
    write(path, slim._replace(lockout=Lockout(1)), ada_signed_in(), subject=slim.id)
    return repaged(path)


def repaged(path: Path) -> Path:
    """The same vault in small pages, none of them free."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("VACUUM")
    return path


# --- what is asked

Answer = object | Code

# What commands ask when they act; and what others ask, or to show all of it.
QUESTIONS: dict[str, Callable[[Transaction], object]] = {
    "the head": lambda t: t.head,
    "the pepper": lambda t: t.pepper(),
    "ada": lambda t: t.account("user_ada"),
    "whoever is at ada's address": lambda t: t.at_address(t.address_id(builders.KEY)),
    "ada's client": lambda t: t.client(ADA_TOKEN),
    "the mark": lambda t: t.mark(t.head.number),
}
MORE: dict[str, Callable[[Transaction], object]] = {
    "whoever is at bob's address": lambda t: t.at_address(t.address_id(BOB)),
    "whoever is at eve's address": lambda t: t.at_address(t.address_id(EVE)),
    "nobody": lambda t: t.at_address(t.address_id("nobody@example.com")),
    "the accounts": lambda t: t.accounts_after("", 99),
    "the events": lambda t: t.events_after(0, 99),
    "ada's events": lambda t: t.events_after(0, 99, About("user_ada", t.address_id(builders.KEY))),
    "the marks": lambda t: [mark for n in range(1, 99) if (mark := t.mark(n)) is not None],
}
MAY_SEEM_LAPSED = {"ada's client", "whoever is at eve's address"}
MAY_LACK_SOME = {"the accounts", "the events", "ada's events", "the marks"}


class Health(NamedTuple):
    """What a vault answers, and what is stored in it; None: seals that are drawn anew each time."""

    answers: dict[str, object]
    accounts: tuple[Account, ...]
    stored: list[tuple[object, ...]] | None


class Found(NamedTuple):
    """What a damaged vault answered: each question's answer or error, and what the check found.

    `findings` is None if the check could not read the vault.
    """

    answers: dict[str, Answer]
    findings: tuple[Finding, ...] | None

    @property
    def is_noticed(self) -> bool:
        """Whether the check says that something is wrong."""
        return self.findings is None or bool(self.findings)

    @property
    def names(self) -> set[tuple[str, str]]:
        """What the check names, by kind and id."""
        return {(finding.kind, finding.id) for finding in self.findings or ()}


def health_of(path: Path) -> Health:
    """The answers of a vault that is as it should be."""
    with opened(path) as vault, vault.reading() as transaction:
        answers = {name: ask(transaction) for name, ask in (QUESTIONS | MORE).items()}
        assert check_within(transaction, vault.unlocked.keys).findings == ()
        accounts = transaction.accounts_after("", 99)
    return Health(answers, tuple(accounts), contents(path))


def examine(path: Path, health: Health, *, more: bool = True, whole_indexes: bool = True) -> Found:
    """Asks a damaged vault everything. Fails if an answer is wrong, or damage goes unnoticed.

    `more`: asks also what takes as long as all the rest. `whole_indexes`: no index was exchanged
    or rewritten; else what is there may not be found, by anybody but the check.
    """
    found = _ask_all(path, health, QUESTIONS | MORE if more else QUESTIONS)
    for name, answer in found.answers.items():
        right = health.answers[name]
        if answer == right:
            continue
        if isinstance(answer, Code):
            assert answer in DAMAGE, f"{name}: {answer}"
        elif answer is None and (name in MAY_SEEM_LAPSED or not whole_indexes):
            assert found.is_noticed, f"{name}: missing, and the check does not notice"
        elif name in MAY_LACK_SOME:
            assert _is_part(answer, right), f"{name}: {answer}"
        else:
            raise AssertionError(f"{name}: {answer}")
    if not found.is_noticed:
        for name, answer in found.answers.items():
            assert answer == health.answers[name], f"{name}: the check does not notice"
        assert health.stored in (None, contents(path)), "the check does not notice"
    return found


def _ask_all(
    path: Path, health: Health, questions: dict[str, Callable[[Transaction], object]]
) -> Found:
    """All questions in one transaction, each as if it were asked alone."""
    try:
        with opened(path) as vault, vault.reading() as transaction:
            answers = {name: _answer(vault, transaction, ask) for name, ask in questions.items()}
            return Found(answers, _findings(vault, transaction, health, answers))
    except MfactlError as error:
        code = error.refusals[0].code
        assert code in DAMAGE, code
        return Found(dict.fromkeys(questions, code), None)


def _answer(
    vault: Vault, transaction: Transaction, ask: Callable[[Transaction], _Value]
) -> _Value | Code:
    try:
        with vault._database.translated():
            return ask(transaction)
    except MfactlError as error:
        return error.refusals[0].code


def _findings(
    vault: Vault, transaction: Transaction, health: Health, answers: dict[str, Answer]
) -> tuple[Finding, ...] | None:
    """What the check finds; an account that it cannot read has to be among it."""
    report = _answer(vault, transaction, lambda t: check_within(t, vault.unlocked.keys))
    if isinstance(report, Code):
        assert report in DAMAGE, report
        return None
    unseen = [account for account in health.accounts if account not in answers.values()]
    if report.findings and unseen:
        readable = [record for _, record in every_record(transaction)]
        named = {(finding.kind, finding.id) for finding in report.findings}
        for account in unseen:
            assert account in readable or ("account", account.id) in named, account.id
    return report.findings


def _is_part(answer: object, whole: object) -> bool:
    """Whether a list holds nothing but what another one holds, in the same order."""
    assert isinstance(answer, list)
    assert isinstance(whole, list)
    rest = iter(whole)
    return all(item in rest for item in answer)


# --- what is done to it


def leave_out(path: Path, index: str, among: str) -> None:
    """Builds an index anew with some of the entries, under the statement that it had."""
    ((rowid, sql),) = query(path, "SELECT rowid, sql FROM sqlite_schema WHERE name = ?", (index,))
    join = " AND " if " WHERE " in sql else " WHERE "
    for statement in (sql + join + among, sql):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", (statement, rowid)
            )
        if statement != sql:
            edit(path, "REINDEX " + index)


# --- what is written


def go_on(path: Path) -> Mark | Code:
    """What a command does that changes an account: the mark of its event, or the error."""
    try:
        with opened(path) as vault, vault.writing() as transaction:
            transaction.pepper()
            client = transaction.client(ADA_TOKEN)
            account = transaction.account("user_ada")
            holder = transaction.at_address(transaction.address_id(builders.KEY))
            if client is None or account is None or holder != account:
                return Code.SIGNED_OUT
            transaction.put(account._replace(epoch=account.epoch + 1))
            transaction.put(client._replace(created_at=NOW))
            return transaction.commit(
                Draft(NOW, "password_change", "user_ada", client="client_ada")
            )
    except MfactlError as error:
        return error.refusals[0].code


# --- the file


class Patient:
    """One file that is damaged in place and healed again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.health = health_of(path)
        self.whole = path.read_bytes()
        self._descriptor = os.open(path, os.O_RDWR)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)

    @contextmanager
    def healing(self) -> Iterator[Path]:
        """The file, to do with what one likes."""
        try:
            yield self.path
        finally:
            self._heal()

    @contextmanager
    def with_bytes(self, place: int, data: bytes) -> Iterator[None]:
        """The file with other bytes in one place."""
        with self.healing():
            os.pwrite(self._descriptor, data, place)
            yield

    @contextmanager
    def cut_to(self, length: int) -> Iterator[None]:
        """The file cut short."""
        with self.healing():
            os.ftruncate(self._descriptor, length)
            yield

    def _heal(self) -> None:
        """Whatever opened it may have changed it, or left a journal beside it."""
        os.pwrite(self._descriptor, self.whole, 0)
        os.ftruncate(self._descriptor, len(self.whole))
        for beside in self.path.parent.glob(self.path.name + "-*"):
            beside.unlink()


@contextmanager
def patient_at(path: Path) -> Iterator[Patient]:
    """The vault at `path` as a patient."""
    with closing(Patient(path)) as patient:
        yield patient
