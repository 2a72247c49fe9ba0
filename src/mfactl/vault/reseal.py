"""Sealing everything anew: for another data key, or after a restore.

Guarantees: happens inside one transaction, so that a vault is under the old keys or the new ones
and never between; what cannot be opened stops it; the events' plaintext, and so their chain, stays
as it is; memory does not grow with the vault.
May import: the rest of mfactl.vault.
"""

from functools import lru_cache

from mfactl.vault import header as headers
from mfactl.vault import records
from mfactl.vault.header import Unlocked
from mfactl.vault.records import HEAD_ID, KINDS, Head
from mfactl.vault.sealing import Place, SealBroken, open_, seal
from mfactl.vault.sqlite import Database, EventRow, Row
from mfactl.vault.sqlite_file import Progress
from mfactl.vault.transaction import corrupt

PAGE_ROWS = 128
REMEMBERED_ADDRESSES = 500  # whoever is busy is met again soon


def adopt(database: Database, old: Unlocked, new: Unlocked, head: Head, progress: Progress) -> None:
    """Puts the vault under another header, and under other keys if those differ.

    The caller holds the write transaction, has checked the vault in it, and commits it. `head` is
    the head as it is to go on from.
    """
    _Resealing(database, old, new, progress).run(head)


class _Resealing:
    def __init__(
        self, database: Database, old: Unlocked, new: Unlocked, progress: Progress
    ) -> None:
        self._database = database
        self._old, self._new = old, new
        self._vault_id = new.header.vault_id
        self._progress = progress
        self._seals = self._total = 0
        self._new_address = lru_cache(REMEMBERED_ADDRESSES)(self._new_address_of)

    def run(self, head: Head) -> None:
        body, keys = self._new.body, self._new.keys
        if keys != self._old.keys:
            self._events()  # first: they are told whose they are by the records' old index values
            self._records()
            head = head._replace(sum=f"{self._total % records.MODULUS:064x}", seals=self._seals)
        self._database.put_header(body, headers.mac(body, keys))
        self._put_head(head._replace(generation=self._new.header.generation))

    def _events(self) -> None:
        number, total = 0, sum(self._database.counts())
        while rows := self._database.events_after(number, PAGE_ROWS):
            for row in rows:
                self._event(row)
            number = rows[-1].place.number
            self._progress(self._seals, total)

    def _event(self, row: EventRow) -> None:
        try:
            plaintext = open_(self._old.keys.event, row.sealed, row.place, self._vault_id)
        except SealBroken:
            raise corrupt("event", str(row.place.number), "has a broken seal") from None
        address = row.place.address
        if address is not None:
            address = self._new_address(address)
        place = row.place._replace(address=address)
        self._database.replace_event(
            EventRow(place, seal(self._new.keys.event, plaintext, place, self._vault_id))
        )
        self._seals += 1

    def _new_address_of(self, old: str) -> str:
        """The blind index under the new keys; nobody's old one is only made unlike itself."""
        for kind in ("account", "stranger"):
            row = self._database.find(kind, old)
            if row is not None:
                record = records.decode(KINDS[kind], self._opened(row))
                return records.blind_index(record.key, self._new.keys.address)
        return records.blind_index(old, self._new.keys.address)

    def _records(self) -> None:
        after, total = ("", ""), sum(self._database.counts())
        while rows := self._database.records_after(after, PAGE_ROWS):
            for row in rows:
                if row.place.kind != "head":
                    self._record(row)
            after = (rows[-1].place.kind, rows[-1].place.id)
            self._progress(min(self._seals, total), total)

    def _record(self, row: Row) -> None:
        kind, identifier, version = row.place[:3]
        plaintext = self._opened(row)
        record = records.decode(KINDS[kind], plaintext)
        place = records.place_of(record, version, self._new.keys.address)
        sealed = seal(self._new.keys.record, plaintext, place, self._vault_id)
        if not self._database.replace(place, sealed, version):
            raise corrupt(kind, identifier, "did not change when it was written")
        self._total += records.fingerprint(self._new.keys.total, kind, identifier, version)
        self._seals += 1

    def _opened(self, row: Row) -> bytes:
        try:
            return open_(self._old.keys.record, row.sealed, row.place, self._vault_id)
        except SealBroken:
            raise corrupt(row.place.kind, row.place.id, "has a broken seal") from None

    def _put_head(self, head: Head) -> None:
        place = Place("head", HEAD_ID, head.number)
        sealed = seal(self._new.keys.record, records.encode(head), place, self._vault_id)
        if not self._database.replace(place, sealed, head.number):
            raise corrupt("head", HEAD_ID, "did not change when it was written")
