"""What happened: the events, and whether they are all there as they were written.

May import: everything but mfactl.cli.
"""

from collections import deque
from collections.abc import Iterator

from mfactl.conversation import Conversation
from mfactl.core.account import Account
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple
from mfactl.service.vault import Watch, raise_findings
from mfactl.vault.check import Report, check_chain
from mfactl.vault.records import Event
from mfactl.vault.sqlite import About
from mfactl.vault.transaction import Mark, Transaction

PAGE_EVENTS = 500  # read at once: nobody waits for whoever reads the list slowly
MOST_REMEMBERED = 10_000  # addresses of accounts, between pages


class Wanted(NamedTuple):
    """Which events to list: all of these have to hold. `since` is Unix seconds."""

    since: int | None = None
    about: About | None = None
    kind: str | None = None


class Listed(NamedTuple):
    """An event, its hash, and whom it is about.

    `email` is the address of the account if that is still there, `address_id` the blind index of
    the address, with or without an account.
    """

    event: Event
    hash: str
    email: str | None
    address_id: str | None


def about(c: Conversation, who: str) -> About:
    """Whom to list the events of: an account's id, or an address with or without an account."""
    if who and "@" not in who:
        return About(who, None)
    # Here, because it loads email-validator, which the whole list does not need: 20 ms.
    from mfactl.core import address  # noqa: PLC0415

    parsed = address.parse(who)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    with c.reading() as transaction:
        address_id = transaction.address_id(parsed.key)
        holder = transaction.at_address(address_id)
    return About(holder.id if isinstance(holder, Account) else None, address_id)


def events(c: Conversation, wanted: Wanted, *, newest: int | None = None) -> Iterator[Listed]:
    """The events in their order, oldest first; all, or the newest ones."""
    if newest is None:
        return _events(c, wanted, 0)
    if wanted != Wanted():  # all have to be looked at
        return iter(deque(_events(c, wanted, 0), maxlen=newest))
    with c.reading() as transaction:
        return _events(c, wanted, max(transaction.head.number - newest, 0))


def _events(c: Conversation, wanted: Wanted, after: int) -> Iterator[Listed]:
    emails = dict[str, str | None]()
    while True:
        with c.reading() as transaction:
            page = transaction.events_after(after, PAGE_EVENTS, wanted.about)
            listed = [
                Listed(event, mark.hash, _email(transaction, event, emails), place.address)
                for event, place, mark in page
                if _is_wanted(event, wanted)
            ]
        yield from listed
        if len(page) < PAGE_EVENTS:
            return
        after = page[-1][0].number


def _is_wanted(event: Event, wanted: Wanted) -> bool:
    early = wanted.since is not None and event.at < wanted.since
    return not early and wanted.kind in (None, event.happened)


def _email(transaction: Transaction, event: Event, known: dict[str, str | None]) -> str | None:
    """The address of an event's account; None if it has none, or that cannot be read."""
    if not event.subject.startswith("user_"):
        return None
    if event.subject not in known:
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        try:
            account = transaction.account(event.subject)
        except MfactlError:  # a damaged account must not hide what happened to it
            account = None
        known[event.subject] = None if account is None else account.email
    return known[event.subject]


def verify(c: Conversation, expected: Mark | None, watch: Watch) -> Report:
    """Reads every event: seals, numbers, chain and head; and the event that somebody kept."""
    with c.reading() as transaction:
        report = check_chain(transaction, c.vault.unlocked.keys, watch("Checked"))
        kept = None if expected is None else transaction.mark(expected.number)
    raise_findings(report)
    if kept != expected:
        assert expected is not None  # else the two would be equal
        what = "is not in the vault" if kept is None else "is not the one of the line that was kept"
        raise failure(
            Code.VAULT_ROLLED_BACK,
            f"Event {expected.number} {what}.",
            "The vault was put back, or replaced, since: find out by whom before you go on.",
            event=expected.number,
        )
    return report
