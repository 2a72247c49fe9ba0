"""Acting as the owner of the vault: on any account, with the vault's key and without a session.

May import: everything but mfactl.cli.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice

from mfactl.conversation import Concluded, Conversation
from mfactl.core import admin, lockout
from mfactl.core.account import Account
from mfactl.core.code import TO_ASCII_LOWER
from mfactl.errors import MfactlError, Refusal
from mfactl.named_tuple import NamedTuple
from mfactl.service import hashing
from mfactl.surroundings import NewPassword

PAGE_ACCOUNTS = 200  # read at once: nobody waits for whoever reads the list slowly


class Wanted(NamedTuple):
    """Which accounts to list: all of these have to hold. None and "" ask for nothing."""

    part: str = ""  # of the address, whatever its case
    locked: bool | None = None
    mfa: bool | None = None


def accounts(
    c: Conversation, wanted: Wanted, *, after: str = "", most: int | None = None
) -> Iterator[Account]:
    """The accounts in the order of their ids, which never changes; from after an id on."""
    return islice(_accounts(c, wanted, after, _at_once(wanted, most)), most)


def _at_once(wanted: Wanted, most: int | None) -> int:
    """How many to read at once; no more than are asked for, unless some of them do not count."""
    return PAGE_ACCOUNTS if most is None or wanted != Wanted() else min(most, PAGE_ACCOUNTS)


def _accounts(c: Conversation, wanted: Wanted, after: str, at_once: int) -> Iterator[Account]:
    now = c.now
    while True:
        with c.reading() as transaction:
            page = transaction.accounts_after(after, at_once)
        yield from (account for account in page if _is_wanted(account, wanted, now))
        if len(page) < at_once:
            return
        after = page[-1].id


def _is_wanted(account: Account, wanted: Wanted, now: int) -> bool:
    if wanted.part.translate(TO_ASCII_LOWER) not in account.email.translate(TO_ASCII_LOWER):
        return False
    locked, mfa = lockout.is_locked(account.lockout, now=now), account.totp is not None
    return wanted.locked in (None, locked) and wanted.mfa in (None, mfa)


def unlock(c: Conversation, email: str) -> Concluded:
    """Lifts the lock of an address and clears its failures."""
    return c.decide(lambda s, _work: admin.unlock(s), key=_key(email))


def reset_mfa(c: Conversation, email: str) -> Concluded:
    """Removes the second factor of an account."""
    return c.decide(lambda s, _work: admin.reset_mfa(s), key=_key(email))


def would_reset_mfa(c: Conversation, email: str) -> bool:
    """Whether there is a second factor to reset: the moment to ask for a confirmation."""
    return not c.foresee(lambda s, _work: admin.reset_mfa(s), key=_key(email)).refusals


def would_delete(c: Conversation, email: str) -> bool:
    """Whether there is an account to delete, likewise."""
    return not c.foresee(lambda s, _work: admin.delete(s), key=_key(email)).refusals


def set_password(c: Conversation, email: str, password: NewPassword) -> Concluded:
    """Sets the password of an account."""
    ask = cache(
        lambda: password(lambda text: hashing.accept_password(c, text, email, "new_password"))
    )
    return c.decide(
        lambda s, work: admin.set_password(s, work=work),
        hashing.new_password(c, ask),
        key=_key(email),
    )


def delete(c: Conversation, email: str) -> Account:
    """Removes an account."""
    account = c.decide(lambda s, _work: admin.delete(s), key=_key(email)).verdict.account
    assert account is not None  # a deletion that was not refused has one
    return account


def _key(email: str) -> str:
    # Here, because it loads email-validator, which the list of accounts does not need: 20 ms.
    from mfactl.core import address  # noqa: PLC0415

    parsed = address.parse(email)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    return parsed.key
