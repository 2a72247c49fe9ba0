"""What the owner of a vault does to an address, as docs/rules.md says it: a method a command.

It is part of `model`, which is written in the same way.
"""

from mfactl.errors import Code
from tests.model.book import Book
from tests.model.state import DONE, WEAK, Answer, Holder, no


class Owned(Book):
    """A vault whose owner acts on it, without being signed in."""

    def unlock(self, address: str) -> Answer:
        holder = self.holders[address]
        if not holder.is_remembered:
            return self._stored(no(Code.RESOURCE_NOT_FOUND))
        self._clear(holder)
        holder.is_cleared = holder.account is None
        return self._stored(DONE)

    def reset_mfa(self, address: str) -> Answer:
        account = self.holders[address].account
        if account is None:
            return self._stored(no(Code.RESOURCE_NOT_FOUND))
        if account.secret is None:
            return self._stored(no(Code.NO_SECOND_FACTORS))
        account.secret, account.last_step, account.backup_codes = None, -1, {}
        self._end_all(account)
        return self._stored(DONE)

    def set_password(self, address: str, new: str) -> Answer:
        account = self.holders[address].account
        if account is None:
            return self._stored(no(Code.RESOURCE_NOT_FOUND))
        if new == WEAK:
            return no(Code.PASSWORD_NOT_STRONG_ENOUGH)
        account.password = new
        self._end_all(account)
        return self._stored(DONE)

    def delete(self, address: str) -> Answer:
        account = self.holders[address].account
        if account is None:
            return self._stored(no(Code.RESOURCE_NOT_FOUND))
        self._end_all(account)
        self.holders[address] = Holder()
        return self._stored(DONE)
