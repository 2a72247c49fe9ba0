"""Makes the vectors that are not there yet: `python -m tests.vectors.make`.

A vector is a vault and what a reader has to say about it. Once it is in the repository it is never
made again: vaults hold random keys, and the point of a vector is that it stays as it is.
"""

import gzip
import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from mfactl.core.verdict import Happened
from mfactl.vault import slots
from mfactl.vault.create import create
from mfactl.vault.keys import FLOOR, KEY_FILE, KEYRING, PASSPHRASE, SlotPlan, passphrase_bytes
from mfactl.vault.sqlite_file import unseen
from mfactl.vault.transaction import Draft
from tests.support.builders import NOW
from tests.vault.reader import read
from tests.vault.vaults import (
    KEY,
    ada,
    edit,
    furnish,
    header_of,
    make_minimal,
    opened,
    plan,
    put_header,
    query,
    write,
)

FOLDER = Path(__file__).parent
TEXT = "ﬀ test-only passphrase, composed: é"  # NFKC changes its first character
OTHER_SECRET = bytes(reversed(range(32)))


class Vector(NamedTuple):
    """One vault to be: how it is made, what it is about, and what a reader has to say.

    `expect` is `ok` or the code of the refusal; `noticed_by` the least that has to notice: `open`
    is any command, `check` is `vault check`. `secrets` are slot kinds with what opens them.
    """

    name: str
    about: str
    make: Callable[[Path], object]
    expect: str = "ok"
    noticed_by: str = "open"
    secrets: dict[str, str] = {KEY_FILE: KEY.hex()}  # noqa: RUF012 - never changed


def furnished(path: Path) -> Path:
    """A vault with records of every kind."""
    return furnish(make_minimal(path))


def spoilt(*statements: str) -> Callable[[Path], None]:
    """A furnished vault on which somebody without its key ran these statements."""

    def make(path: Path) -> None:
        furnished(path)
        for statement in statements:
            edit(path, statement)

    return make


def with_passphrase(path: Path) -> None:
    assert create(path, plan(secret=passphrase_bytes(TEXT), cost=FLOOR))


def for_tests(path: Path) -> None:
    assert create(path, plan(test=True))


def with_three_slots(path: Path) -> None:
    furnished(path)
    add_slot(path, SlotPlan("slot_two", PASSPHRASE, FLOOR, NOW), passphrase_bytes(TEXT))
    add_slot(path, SlotPlan("slot_three", KEYRING, None, NOW), OTHER_SECRET)


def add_slot(path: Path, slot: SlotPlan, secret: bytes) -> None:
    with opened(path) as vault, vault.writing() as transaction:
        new = slots.with_slot(vault.unlocked, slot, lambda: secret)
        assert not hasattr(new, "code")
        vault.adopt(transaction, new, unseen).commit(Draft(NOW, Happened.SLOT_ADD))


def rotated(path: Path) -> None:
    furnished(path)
    with opened(path) as vault, vault.writing() as transaction:
        new = slots.rotated(vault.unlocked, {"slot_one": KEY})
        vault.adopt(transaction, new, unseen).commit(Draft(NOW, Happened.VAULT_ROTATE))


def restored(path: Path) -> None:
    furnished(path)
    with opened(path) as vault, vault.writing() as transaction:
        new = slots.branched(vault.unlocked)
        transaction = vault.adopt(transaction, new, unseen, ends_sessions=True)
        transaction.commit(Draft(NOW, Happened.VAULT_RESTORE))


def with_the_account_put_back(path: Path) -> None:
    furnished(path)
    (row,) = query(path, "SELECT * FROM record WHERE kind = 'account'")
    write(path, ada(updated_at=NOW + 1), subject=ada().id)
    edit(path, "DELETE FROM record WHERE kind = 'account'")
    edit(path, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def with_the_head_put_back(path: Path) -> None:
    furnished(path)
    (row,) = query(path, "SELECT * FROM record WHERE kind = 'head'")
    write(path, ada(updated_at=NOW + 1), subject=ada().id)
    edit(path, "DELETE FROM record WHERE kind = 'head'")
    edit(path, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def with_two_events_exchanged(path: Path) -> None:
    spoilt(
        "UPDATE event SET number = -2 WHERE number = 2",
        "UPDATE event SET number = 2 WHERE number = 3",
        "UPDATE event SET number = 3 WHERE number = -2",
    )(path)


def header_with(**changes: Any) -> Callable[[Path], None]:
    """A furnished vault whose header somebody without its key rewrote."""

    def make(path: Path) -> None:
        furnished(path)
        put_header(path, {**header_of(path), **changes})

    return make


def with_cost(*cost: int) -> Callable[[Path], None]:
    """A vault with a passphrase whose slot asks for another cost than it was made with."""

    def make(path: Path) -> None:
        with_passphrase(path)
        header = header_of(path)
        header["slots"][0]["cost"] = [*cost]
        put_header(path, header)

    return make


def with_slots_exchanged(path: Path) -> None:
    with_three_slots(path)
    header = header_of(path)
    header["slots"][0]["wrapped"], header["slots"][2]["wrapped"] = (
        header["slots"][2]["wrapped"],
        header["slots"][0]["wrapped"],
    )
    put_header(path, header)


def with_an_older_header(path: Path) -> None:
    furnished(path)
    (header,) = query(path, "SELECT body, mac FROM header")
    add_slot(path, SlotPlan("slot_two", KEYRING, None, NOW), OTHER_SECRET)
    edit(path, "UPDATE header SET body = ?, mac = ?", header)


def with_a_row_of_another_vault(path: Path) -> None:
    furnished(path)
    other = path.with_name("other.db")
    furnish(make_minimal(other, vault_id="vault_elsewhere"))
    (sealed,) = query(other, "SELECT sealed FROM record WHERE kind = 'account'")
    edit(path, "UPDATE record SET sealed = ? WHERE kind = 'account'", sealed)
    other.unlink()


def cut_short(path: Path) -> None:
    furnished(path)
    path.write_bytes(path.read_bytes()[:-4096])


def no_vault(path: Path) -> None:
    path.write_bytes(b"otpauth://totp/mfactl:ada@example.com\n" * 100)


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE record (id)")


PASSPHRASE_ALONE = {PASSPHRASE: TEXT}
CORRUPT = "vault_corrupt"

VECTORS = [
    Vector("new", "as vault init leaves it", make_minimal),
    Vector("furnished", "records of every kind", furnished),
    Vector("passphrase", "a passphrase, normalised", with_passphrase, secrets=PASSPHRASE_ALONE),
    Vector("for-tests", "a test vault", for_tests),
    Vector(
        "three-slots",
        "a slot of each kind",
        with_three_slots,
        secrets={KEY_FILE: KEY.hex(), PASSPHRASE: TEXT, KEYRING: OTHER_SECRET.hex()},
    ),
    Vector("rotated", "under its second data key", rotated),
    Vector("restored", "under its second branch", restored),
    Vector(
        "wrong-key",
        "another key file",
        furnished,
        "vault_key_incorrect",
        secrets={KEY_FILE: OTHER_SECRET.hex()},
    ),
    Vector(
        "wrong-passphrase",
        "another passphrase",
        with_passphrase,
        "vault_key_incorrect",
        secrets={PASSPHRASE: TEXT + "!"},
    ),
    Vector("no-vault", "a text file", no_vault, CORRUPT),
    Vector("of-another-program", "a database of another program", of_another_program, CORRUPT),
    Vector("cut-short", "the last page is missing", cut_short, CORRUPT),
    Vector("later-format", "format 2", spoilt("PRAGMA user_version = 2"), "vault_too_new"),
    Vector(
        "other-algorithms",
        "algorithms that this version does not know",
        header_with(algorithms="ChaCha20-Poly1305"),
        "vault_too_new",
    ),
    Vector("other-magic", "a header of something else", header_with(magic="age"), CORRUPT),
    Vector("test-switched-on", "made a test vault later", header_with(test=True), CORRUPT),
    Vector("other-branch", "another branch", header_with(branch="00" * 16), CORRUPT),
    Vector("other-vault-id", "another id", header_with(vault_id="vault_x"), "vault_key_incorrect"),
    Vector("no-slots", "nothing unlocks it", header_with(slots=[]), "vault_key_incorrect"),
    Vector("older-header", "the header before the last slot", with_an_older_header, CORRUPT),
    Vector(
        "slots-exchanged",
        "two slots in each other's place",
        with_slots_exchanged,
        "vault_key_incorrect",
    ),
    Vector(
        "cost-lowered",
        "Argon2id below the floor",
        with_cost(8192, 1, 1),
        CORRUPT,
        secrets=PASSPHRASE_ALONE,
    ),
    Vector(
        "cost-absurd",
        "Argon2id with 16 TiB",
        with_cost(1 << 34, 3, 4),
        CORRUPT,
        secrets=PASSPHRASE_ALONE,
    ),
    Vector(
        "cost-changed",
        "Argon2id with other passes within the bounds",
        with_cost(19456, 3, 1),
        "vault_key_incorrect",
        secrets=PASSPHRASE_ALONE,
    ),
    Vector(
        "planted-trigger",
        "a trigger that undoes counters",
        spoilt(
            "CREATE TRIGGER t AFTER UPDATE ON record BEGIN"
            " UPDATE record SET sealed = OLD.sealed WHERE id = OLD.id; END"
        ),
        CORRUPT,
    ),
    Vector("planted-view", "a view", spoilt("CREATE VIEW v AS SELECT 1"), CORRUPT),
    Vector("index-missing", "an index is gone", spoilt("DROP INDEX record_account"), CORRUPT),
    Vector(
        "broken-seal",
        "one record's bytes are others",
        spoilt("UPDATE record SET sealed = zeroblob(length(sealed)) WHERE kind = 'account'"),
        CORRUPT,
        "check",
    ),
    Vector(
        "row-of-another-vault",
        "an account of another vault",
        with_a_row_of_another_vault,
        CORRUPT,
        "check",
    ),
    Vector("account-put-back", "an older account", with_the_account_put_back, CORRUPT, "check"),
    Vector("head-put-back", "an older head", with_the_head_put_back, CORRUPT),
    Vector(
        "account-missing",
        "an account is gone",
        spoilt("DELETE FROM record WHERE kind = 'account'"),
        CORRUPT,
        "check",
    ),
    Vector(
        "client-missing",
        "a client is gone",
        spoilt("DELETE FROM record WHERE id = 'client_bea'"),
        CORRUPT,
        "check",
    ),
    Vector(
        "event-missing",
        "an event is gone",
        spoilt("DELETE FROM event WHERE number = 4"),
        CORRUPT,
        "check",
    ),
    Vector(
        "events-cut",
        "the newest event is gone",
        spoilt("DELETE FROM event WHERE number = 10"),
        CORRUPT,
    ),
    Vector(
        "events-exchanged", "two events changed places", with_two_events_exchanged, CORRUPT, "check"
    ),
    Vector(
        "index-value-changed",
        "an account under another index value",
        spoilt("UPDATE record SET lookup = 'ff' WHERE kind = 'account'"),
        CORRUPT,
        "check",
    ),
    Vector(
        "no-pepper",
        "the pepper is gone",
        spoilt("DELETE FROM record WHERE kind = 'pepper'"),
        CORRUPT,
        "check",
    ),
    Vector(
        "no-head", "the head is gone", spoilt("DELETE FROM record WHERE kind = 'head'"), CORRUPT
    ),
]


def main() -> None:
    """Makes what is not there, and never what is."""
    for vector in VECTORS:
        if not (FOLDER / f"{vector.name}.json").exists():
            _make(vector)


def _make(vector: Vector) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vault.db"
        vector.make(path)
        path.chmod(0o600)
        told: dict[str, Any] = {
            "about": vector.about,
            "expect": vector.expect,
            "noticed_by": vector.noticed_by,
            "secrets": vector.secrets,
        }
        if vector.expect == "ok":
            kind, secret = next(iter(vector.secrets.items()))
            given = passphrase_bytes(secret) if kind == PASSPHRASE else bytes.fromhex(secret)
            seen = read(path, **{_ARGUMENT[kind]: given})
            told["events"] = seen.hashes
            told["records"] = {" ".join(place): version for place, version in seen.versions.items()}
        data = gzip.compress(path.read_bytes(), mtime=0)
    (FOLDER / f"{vector.name}.db.gz").write_bytes(data)
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / f"{vector.name}.json").write_text(text, "utf-8")


_ARGUMENT = {KEY_FILE: "key", PASSPHRASE: "passphrase", KEYRING: "keyring"}


if __name__ == "__main__":
    main()
