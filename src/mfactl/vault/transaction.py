"""A transaction: typed records, the event that tells of them, and the head that sums them up.

Guarantees: what is read was sealed for the place it was read from, and an account, stranger or
client is the version that the newest event about it names; the head is that of the newest event;
what is written names the version that it replaces; `commit` appends one event and rewrites the
head, or nothing stays.
May import: mfactl.core, mfactl.digests, mfactl.errors and the rest of mfactl.vault.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from mfactl import digests
from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault import records
from mfactl.vault.header import Unlocked
from mfactl.vault.records import HEAD_ID, PEPPER_ID, Event, Head, Pepper, Record
from mfactl.vault.sealing import EventPlace, Place, SealBroken, open_, seal
from mfactl.vault.sqlite import About, Database, EventRow, Row

NO_RECORD = "is not a record that mfactl writes"
PRUNED_AT_ONCE = 2  # a write drops as many lapsed records, so that none pile up


_Any = TypeVar("_Any")


class Mark(NamedTuple):
    """A place in the chain of events: a number, and the hash of the event with that number."""

    number: int
    hash: str


class Draft(NamedTuple):
    """What the writer knows of an event before it is numbered.

    `address` is the blind index that an event without a subject is about.
    """

    at: int
    happened: str
    subject: str = ""
    address: str | None = None
    client: str | None = None
    code: str | None = None
    details: Mapping[str, Any] = {}


class Damaged(MfactlError):
    """The error of one damaged record; `problem` says what is wrong with it, after its name."""

    def __init__(self, problem: str, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.problem = problem


class Transaction:
    """Typed access to the records, inside `Vault.reading` or `Vault.writing`."""

    def __init__(self, database: Database, unlocked: Unlocked, first: Head | None = None) -> None:
        """`first` is the head of a vault that is being made."""
        self._database = database
        self._unlocked = unlocked
        self._keys = unlocked.keys
        self._vault_id = unlocked.header.vault_id
        self._places: dict[tuple[str, str], Place] = {}
        self._replaced: dict[tuple[str, str], int] = {}
        self._dropped: dict[tuple[str, str], Place] = {}
        self._head_version = self._seals = 0
        self.head = first or self._read_head()
        if self.head.generation != unlocked.header.generation:
            raise failure(Code.VAULT_CORRUPT, "The header of the vault is not its newest one.")
        if self.head.number != database.newest_number():
            raise corrupt("head", HEAD_ID, "is not that of the newest event")

    # --- reading

    def account(self, identifier: str) -> Account | None:
        """The account with this id."""
        account = self._read(Account, self._database.get("account", identifier))
        newest = self._newest(self._database.newest_event(identifier))
        self._check_newest(account, newest)
        return account

    def at_address(self, address_id: str) -> Account | Stranger | None:
        """The account or stranger at an address, given by its blind index.

        Takes the same statements whichever it is, so that the work tells nothing.
        """
        account = self._read(Account, self._database.find("account", address_id))
        stranger = self._read(Stranger, self._database.find("stranger", address_id))
        newest = self._newest(self._database.newest_event_at(address_id))
        holder = account or stranger
        self._check_newest(holder, newest)
        return holder

    def client(self, token_hash: str) -> Client | None:
        """The client whose token has this SHA-256."""
        client = self._read(Client, self._database.find("client", token_hash))
        if client is not None:
            newest = self._newest(self._database.newest_event_of(client.id))
            told = newest.client_version if newest is not None else 0
            if told != self._places["client", client.id].version:
                raise corrupt("client", client.id, "is not the newest version of itself")
        return client

    def pepper(self) -> bytes:
        """The vault's pepper."""
        pepper = self._read(Pepper, self._database.get("pepper", PEPPER_ID))
        if pepper is None:
            raise corrupt("pepper", PEPPER_ID, "is gone")
        return pepper.secret

    def address_id(self, key: str) -> str:
        """The blind index of a canonical address."""
        return records.blind_index(key, self._keys.address)

    def mark(self, number: int) -> Mark | None:
        """The place of an event in the chain; None if there is no such event."""
        if number == self.head.number:
            return Mark(number, self.head.hash)
        row = self._database.event(number) if number < self.head.number else None
        if row is None:
            return None
        return Mark(number, digests.sha256(self._open_event(row)).hex())

    def accounts_after(self, identifier: str, most: int) -> list[Account]:
        """Accounts in the order of their ids, from the one after `identifier` on."""
        rows = self._database.records_after(("account", identifier), most)
        found = []
        for row in rows:
            if row.place.kind == "account":
                account = cast(Account, self._read(Account, row))
                self._check_newest(account, self._newest(self._database.newest_event(account.id)))
                found.append(account)
        return found

    def events_after(
        self, number: int, most: int, about: About | None = None
    ) -> list[tuple[Event, EventPlace, Mark]]:
        """Events in their order, from the one after `number` on; all, or those about one."""
        rows = self._database.events_after(number, most, about)
        found = []
        for row in rows:
            event = self._event(row)
            digest = digests.sha256(records.encode(event)).hex()
            found.append((event, row.place, Mark(event.number, digest)))
        return found

    def _check_newest(self, record: Account | Stranger | None, newest: Event | None) -> None:
        """Raises unless the record is the version that the newest event about it names."""
        if record is not None:
            kind = records.kind_of(record)
            told = (newest.subject, newest.subject_version) if newest is not None else None
            if told != (record.id, self._places[kind, record.id].version):
                raise corrupt(kind, record.id, "is not the newest version of itself")
        elif newest is not None and newest.subject_version and not newest.subject_lapses:
            raise corrupt(_kind_of_subject(newest.subject), newest.subject, "is missing")

    def _newest(self, row: EventRow | None) -> Event | None:
        return None if row is None else self._event(row)

    def _event(self, row: EventRow) -> Event:
        event = self._decode(Event, self._open_event(row), "event", str(row.place.number))
        return cast(Event, event)

    def _read(self, kind: type[_Any], row: Row | None) -> _Any | None:
        if row is None:
            return None
        record = self._decode(kind, self._open(row), row.place.kind, row.place.id)
        self._places[row.place.kind, row.place.id] = row.place
        return cast(_Any, record)

    def _open(self, row: Row) -> bytes:
        try:
            return open_(self._keys.record, row.sealed, row.place, self._vault_id)
        except SealBroken:
            raise corrupt(row.place.kind, row.place.id, "has a broken seal") from None

    def _open_event(self, row: EventRow) -> bytes:
        try:
            return open_(self._keys.event, row.sealed, row.place, self._vault_id)
        except SealBroken:
            raise corrupt("event", str(row.place.number), "has a broken seal") from None

    def _decode(self, kind: type[Any], plaintext: bytes, name: str, identifier: str) -> Any:
        try:
            return records.decode(kind, plaintext)
        except records.Malformed:
            raise corrupt(name, identifier, NO_RECORD) from None

    def _read_head(self) -> Head:
        row = self._database.get("head", HEAD_ID)
        if row is None:
            raise corrupt("head", HEAD_ID, "is gone")
        self._head_version = row.place.version
        head = self._decode(Head, self._open(row), "head", HEAD_ID)
        return cast(Head, head)

    # --- writing

    def put(self, record: Record) -> None:
        """Stores a record in place of the version that this transaction read, or as a new one."""
        kind = records.kind_of(record)
        found = self._places.get((kind, record.id))
        replaces = None if found is None else found.version
        version = self.head.number + 1  # the event's: no version is ever given twice
        place = records.place_of(record, version, self._keys.address)
        sealed = seal(self._keys.record, records.encode(record), place, self._vault_id)
        if replaces is None:
            self._database.insert(place, sealed)
        elif not self._database.replace(place, sealed, replaces):
            raise corrupt(kind, record.id, "did not change when it was written")
        self._seals += 1
        self._count(kind, record.id, replaces, version)
        self._places[kind, record.id] = place
        self._replaced.setdefault((kind, record.id), replaces or 0)

    def drop(self, record: Record) -> None:
        """Removes a record that this transaction read."""
        self._drop(records.kind_of(record), record.id)

    def _drop(self, kind: str, identifier: str) -> None:
        place = self._places.pop((kind, identifier))
        if not self._database.drop(kind, identifier, place.version):
            raise corrupt(kind, identifier, "did not go when it was dropped")
        self._count(kind, identifier, place.version, None)
        self._dropped[kind, identifier] = place

    def _prune(self, now: int) -> None:
        for row in self._database.lapsed(now, PRUNED_AT_ONCE):
            place = row.place
            kind = records.KINDS.get(place.kind)
            if kind is None:
                raise corrupt(place.kind, place.id, "is of a kind that mfactl does not write")
            if (place.kind, place.id) not in self._replaced:
                self._read(kind, row)
                self._drop(place.kind, place.id)

    def _count(self, kind: str, identifier: str, old: int | None, new: int | None) -> None:
        total = int(self.head.sum, 16)
        count = self.head.records
        if old is not None:
            total -= records.fingerprint(self._keys.total, kind, identifier, old)
            count -= 1
        if new is not None:
            total += records.fingerprint(self._keys.total, kind, identifier, new)
            count += 1
        self.head = self.head._replace(records=count, sum=f"{total % records.MODULUS:064x}")

    def commit(self, draft: Draft) -> Mark:
        """Appends the event, rewrites the head, and makes it all durable."""
        self._prune(draft.at)
        version, address, lapses = self._subject(draft)
        client = self._places.get(("client", draft.client or ""))
        event = Event(
            number=self.head.number + 1,
            at=draft.at,
            happened=draft.happened,
            subject=draft.subject,
            subject_version=version,
            subject_lapses=lapses,
            client=draft.client,
            client_version=0 if client is None else client.version,
            code=draft.code,
            details=dict(draft.details),
            wrote=[[*key, replaced] for key, replaced in self._replaced.items()],
            dropped=[[*key, place.version] for key, place in self._dropped.items()],
            previous=self.head.hash,
        )
        mark = self._append(event, address)
        seals = self.head.seals + self._seals + 2  # the event and the head itself
        self._put_head(self.head._replace(number=mark.number, hash=mark.hash, seals=seals))
        self._database.commit()
        return mark

    def _subject(self, draft: Draft) -> tuple[int, str | None, bool]:
        """The version of the subject's record, its address, and whether it may be pruned."""
        if not draft.subject:
            return 0, draft.address, False
        key = (_kind_of_subject(draft.subject), draft.subject)
        if key not in (self._places.keys() | self._dropped.keys()):
            self._read(records.KINDS[key[0]], self._database.get(*key))
        place = self._places.get(key)
        if place is not None:
            return place.version, place.lookup, place.expires is not None
        was = self._dropped.get(key)
        return 0, None if was is None else was.lookup, False

    def _append(self, event: Event, address: str | None) -> Mark:
        plaintext = records.encode(event)
        place = EventPlace(event.number, event.subject, address, event.client)
        sealed = seal(self._keys.event, plaintext, place, self._vault_id)
        self._database.append(EventRow(place, sealed))
        return Mark(event.number, digests.sha256(plaintext).hex())

    def _put_head(self, head: Head) -> None:
        replaces, version = self._head_version, self._head_version + 1
        place = Place("head", HEAD_ID, version)
        sealed = seal(self._keys.record, records.encode(head), place, self._vault_id)
        if replaces == 0:
            self._database.insert(place, sealed)
        elif not self._database.replace(place, sealed, replaces):
            raise corrupt("head", HEAD_ID, "did not change when it was written")


def _kind_of_subject(identifier: str) -> str:
    return "account" if identifier.startswith("user_") else "stranger"


def corrupt(kind: str, identifier: str, problem: str) -> Damaged:
    """The error of a damaged record, which names it by kind and id."""
    name = kind if kind == identifier else f"{kind} {identifier}"  # there is one head, one pepper
    detail = f"The vault is damaged or was changed: the {name} {problem}."
    # A damaged row may hold anything where its kind and id should be.
    meta = {"kind": str(kind), "id": str(identifier)}
    return Damaged(problem, Refusal(Code.VAULT_CORRUPT, detail, None, meta))
