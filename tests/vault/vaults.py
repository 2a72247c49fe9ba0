"""Vaults in a known state, for the tests of the vault: real files, made by the product.

Everything that an attacker does to a file is done with SQLite itself (`edit`, `set_typeless`) or
to its bytes, never through the product.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client
from mfactl.core.lockout import Lockout
from mfactl.errors import Code, MfactlError, Refusal
from mfactl.vault import slots
from mfactl.vault.check import Finding, Report, check
from mfactl.vault.create import Plan, create
from mfactl.vault.header import Secret, SecretProvider, Unlocked
from mfactl.vault.keys import KEY_FILE, KEYRING, PASSPHRASE, Cost, SlotPlan
from mfactl.vault.records import KINDS
from mfactl.vault.scan import Scan
from mfactl.vault.sealing import Place
from mfactl.vault.sqlite_file import File, Progress, unseen
from mfactl.vault.transaction import Damaged, Draft, Mark, Transaction
from mfactl.vault.vault import Vault
from tests.support import builders
from tests.support.builders import NOW

# What bytes that were changed may lead to: some of them are those of a slot, or of the version.
DAMAGE = (Code.VAULT_CORRUPT, Code.VAULT_KEY_INCORRECT, Code.VAULT_TOO_NEW)

ROOT = Path(__file__).parent.parent.parent
VAULT_ID = "vault_here"
KEY = bytes(range(32))
OTHER_KEY = bytes(reversed(range(32)))
BOB = "bob@example.com"
ADA_TOKEN = "a1" * 32  # the SHA-256 of a token: what the vault holds
BEA_TOKEN = "be" * 32

# The columns of `record` as they are compared when a row is put back.
ROW = "kind, id, version, lookup, account, expires, sealed"


def key_file(key: bytes = KEY) -> SecretProvider:
    """What asks nobody and answers with a key file's secret."""
    return lambda _slots: Secret(KEY_FILE, key, "The key file")


def passphrase(text: bytes) -> SecretProvider:
    """What asks nobody and answers with a passphrase."""
    return lambda _slots: Secret(PASSPHRASE, text, "That passphrase")


def keyring(key: bytes) -> SecretProvider:
    """What asks nobody and answers with what a keyring holds."""
    return lambda _slots: Secret(KEYRING, key, "What the keyring holds")


def plan(
    *, vault_id: str = VAULT_ID, secret: bytes = KEY, cost: Cost | None = None, test: bool = False
) -> Plan:
    """A vault with one slot, for a key file unless a cost is given."""
    slot = SlotPlan("slot_one", KEY_FILE if cost is None else PASSPHRASE, cost, NOW)
    return Plan(vault_id, slot, secret, test, NOW)


def make_minimal(path: Path, *, vault_id: str = VAULT_ID) -> Path:
    """A vault as `vault init` leaves it."""
    assert create(path, plan(vault_id=vault_id))
    return path


class Everything(NamedTuple):
    """What was read: each record with its version, and each event with its place in the chain."""

    records: dict[tuple[str, str], tuple[int, object]]
    events: list[tuple[object, Mark]]


@contextmanager
def opened(path: Path, provide: SecretProvider | None = None) -> Iterator[Vault]:
    """The vault at `path`, closed again at the end."""
    with closing(Vault(path, provide or key_file())) as vault:
        yield vault


def copied(vault: Vault, path: Path, progress: Progress = unseen) -> None:
    """Makes the file at `path` hold what the vault holds."""
    with closing(File(path)) as file:
        vault.copy_to(file, progress)


def write(
    path: Path,
    *records: Account | Stranger | Client,
    subject: str = "",
    drops: Sequence[Account | Stranger | Client] = (),
    at: int = NOW,
    happened: str = "sign_in",
    **draft: Any,
) -> Mark:
    """One transaction: reads what it replaces, as a service does, writes, drops and commits.

    The client that is written or dropped is the one that asked.
    """
    clients = [record for record in (*records, *drops) if isinstance(record, Client)]
    if clients:
        draft.setdefault("client", clients[0].id)
    with opened(path) as vault, vault.writing() as transaction:
        for record in (*records, *drops):
            load(transaction, record)
        for record in records:
            transaction.put(record)
        for record in drops:
            transaction.drop(record)
        return transaction.commit(Draft(at, happened, subject, **draft))


def load(transaction: Transaction, record: Account | Stranger | Client) -> Any:
    """What the vault holds of a record that a test is about to write."""
    if isinstance(record, Account):
        return transaction.account(record.id)
    if isinstance(record, Stranger):
        return transaction.at_address(transaction.address_id(record.key))
    return transaction.client(record.token_hash)


def ada(**changes: Any) -> Account:
    """Ada's account, with everything an account can have."""
    return builders.account_with_totp(**changes)


def ada_signed_in(**changes: Any) -> Client:
    """Ada's client. Her token's hash is ADA_TOKEN."""
    client = builders.signed_in(ada())._replace(id="client_ada", token_hash=ADA_TOKEN)
    return client._replace(**changes)


def bea_signing_up(**changes: Any) -> Client:
    """A client whose sign-up waits for its code."""
    client = builders.pending_sign_up()._replace(id="client_bea", token_hash=BEA_TOKEN)
    return client._replace(**changes)


def bob(failures: int = 3) -> Stranger:
    """An address without an account that guessed wrong."""
    return Stranger("stranger_bob", BOB, NOW, Lockout(failures))


def address_id(path: Path, key: str) -> str:
    """The blind index of an address in this vault."""
    with opened(path) as vault, vault.reading() as transaction:
        return transaction.address_id(key)


def furnish(path: Path) -> Path:
    """Puts records of every kind into a new vault; its newest event is the tenth.

    At the end there are Ada's account (with one failure) and her client, both written more than
    once, bob, a stranger with three failures, and client_bea; a stranger of Ada's was dropped.
    """
    before = Stranger("stranger_before", builders.KEY, NOW)
    signing_up = ada_signed_in(session=None, pending=builders.sign_up_of_ada())
    write(path, signing_up, address=address_id(path, builders.KEY), happened="sign_up")
    write(path, before, subject=before.id, happened="code_handed_over")
    bare = ada(totp=None, backup_codes=None, mfa_enabled_at=None)
    write(path, bare, ada_signed_in(), drops=[before], subject=bare.id, happened="sign_up_verify")
    write(path, ada(), ada_signed_in(), subject=ada().id, happened="totp_verify")
    for failures in (1, 2, 3):
        write(path, bob(failures), subject=bob().id, code="form_code_incorrect")
    write(path, bea_signing_up(), happened="sign_up", details={"café": ["é", 1, None]})
    write(path, ada(lockout=Lockout(1)), subject=ada().id, code="form_code_incorrect")
    return path


def renew(
    path: Path,
    change: Callable[[Unlocked], Unlocked | Refusal],
    provide: SecretProvider | None = None,
    happened: str = "vault_rotate",
) -> Unlocked:
    """Puts the vault under another header, as a rotation, a restore or another slot does."""
    with opened(path, provide) as vault, vault.writing() as transaction:
        new = change(vault.unlocked)
        assert isinstance(new, Unlocked)
        vault.adopt(transaction, new, unseen).commit(Draft(NOW, happened))
        return new


def rotate(path: Path, provide: SecretProvider | None = None) -> Unlocked:
    """Gives the vault another data key, which its first slot wraps for the same secret."""
    return renew(path, lambda now: slots.rotated(now, {"slot_one": KEY}), provide)


def branch(path: Path) -> Unlocked:
    """Lets the vault go on by itself, as a restore does."""
    return renew(path, slots.branched, happened="vault_restore")


def every_record(transaction: Transaction) -> Iterator[tuple[Place, Any]]:
    """All records with their places, or what is wrong with them; the head as None."""
    for row in transaction._database.records():
        kind = KINDS.get(row.place.kind)
        try:
            yield row.place, None if kind is None else transaction._read(kind, row)
        except Damaged as error:
            yield row.place, error


def everything(path: Path, provide: SecretProvider | None = None) -> Everything:
    """All that the vault holds but its head, as it is read."""
    with opened(path, provide) as vault, vault.reading() as transaction:
        return Everything(
            {
                (place.kind, place.id): (place.version, record)
                for place, record in every_record(transaction)
                if place.kind != "head"
            },
            list(Scan.within(transaction).events()),
        )


# --- what goes wrong


@contextmanager
def refused(*codes: Code) -> Iterator[None]:
    """Expects our error with one of the codes, and no other exception."""
    refusal = None
    try:
        yield
    except MfactlError as error:
        refusal = error.refusals[0]
    assert refusal is not None, f"nothing was refused, but {' or '.join(codes)} was expected"
    assert refusal.code in codes, refusal
    assert refusal.long_message


@contextmanager
def damaged(kind: str, identifier: str, problem: str) -> Iterator[None]:
    """Expects the error of one record, which names it and says what is wrong with it."""
    damage = None
    try:
        yield
    except Damaged as error:
        damage = error
    assert damage is not None, f"no damage was told, but that {kind} {identifier} {problem}"
    refusal = damage.refusals[0]
    assert (refusal.code, damage.problem) == (Code.VAULT_CORRUPT, problem)
    assert refusal.meta == {"kind": kind, "id": identifier}
    name = kind if kind == identifier else f"{kind} {identifier}"
    assert f" the {name} {problem}." in refusal.long_message


def problem(act: Callable[[], object]) -> Code | None:
    """The code of our error, or None if there is none. Any other exception fails the test."""
    try:
        act()
    except MfactlError as error:
        return error.refusals[0].code
    return None


def is_noticed(path: Path) -> bool:
    """Whether `vault check` finds something, or cannot even read the vault."""
    noticed: list[object] = []
    code = problem(lambda: noticed.extend(findings(path)))
    assert code in (None, *DAMAGE), code
    return code is not None or bool(noticed)


def report_of(path: Path) -> Report:
    """What `vault check` finds."""
    with opened(path) as vault:
        return check(vault)


def found(path: Path) -> set[tuple[str, str]]:
    """The kind and id of everything that `vault check` finds wrong."""
    return {(finding.kind, finding.id) for finding in findings(path)}


def findings(path: Path) -> tuple[Finding, ...]:
    """Everything that `vault check` finds wrong."""
    return report_of(path).findings


# --- what an attacker does who can write the file and has no key


def edit(path: Path, sql: str, values: Sequence[object] = ()) -> int:
    """Runs one statement and tells how many rows it changed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # a test need not outlive a power cut
        return connection.execute(sql, values).rowcount


def query(path: Path, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, values).fetchall()


def set_typeless(path: Path, table: str, column: str, value: str, where: str) -> None:
    """Writes a value of any type, or NULL, into one row's column; the stored schema stays."""
    before = query(path, "SELECT rowid, sql FROM sqlite_schema WHERE type = 'table'")
    rewrite_schema(path, [(rowid, _lax(text)) for rowid, text in before])
    assert edit(path, " ".join(("UPDATE", table, "SET", column, "=", value, "WHERE", where))) == 1
    rewrite_schema(path, before)


def _lax(sql: str) -> str:
    for word in (" STRICT", " NOT NULL", " TEXT", " BLOB", " INTEGER CHECK (one = 1)"):
        sql = sql.replace(word, "")
    return sql.replace("version INTEGER", "version").replace("expires INTEGER", "expires")


def rewrite_schema(path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    """Puts other statements into the stored schema."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA writable_schema = ON")
        for rowid, sql in rows:
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", (sql, rowid))


def header_of(path: Path) -> dict[str, Any]:
    """The header's JSON."""
    body: dict[str, Any] = json.loads(query(path, "SELECT body FROM header")[0][0])
    return body


def put_header(path: Path, body: dict[str, Any]) -> None:
    """Another header under the old MAC."""
    data = json.dumps(body, separators=(",", ":")).encode()
    assert edit(path, "UPDATE header SET body = ?", (data,)) == 1


def contents(path: Path) -> list[tuple[Any, ...]]:
    """Everything that is stored, value by value and with its type: the logical content."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        run = connection.execute
        ids = [run(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
        schema = run("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
        return [
            *ids,
            *schema,
            *run(_select("header", "one, body, mac")),
            *run(_select("record", ROW) + " ORDER BY kind, id"),
            *run(_select("event", "number, subject, address, client, sealed") + " ORDER BY number"),
        ]


def _select(table: str, columns: str) -> str:
    """Each column's type and bytes, so that text which is no UTF-8 can be read too."""
    typed = (f"typeof({name}), CAST({name} AS BLOB)" for name in columns.split(", "))
    return " ".join(("SELECT", ", ".join(typed), "FROM", table))


# --- other processes


def start(action: str, path: Path, *words: str) -> subprocess.Popen[str]:
    """A process of tests/vault/child.py that goes on until its stdin is closed or it is done."""
    command = [sys.executable, "-m", "tests.vault.child", action, str(path), *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def finish(process: subprocess.Popen[str]) -> list[Any]:
    """Lets the process go on, waits for its end, and returns what it said."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines()]


def run(action: str, path: Path, *words: str) -> list[Any]:
    """What a process of tests/vault/child.py says."""
    return finish(start(action, path, *words))


def said(process: subprocess.Popen[str]) -> Any:
    """The next thing that the process says."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())
