"""The real service: its functions on a real vault, with a clock and randomness of the test's own.

Every command opens the vault, as a process would, and closes it again. What it answers is told in
the model's words, so that the two can be compared.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

from mfactl import config
from mfactl.client_file import ClientFile
from mfactl.conversation import Conversation
from mfactl.core import code as codes
from mfactl.core import factors as rules
from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client
from mfactl.core.verdict import Situation, Verdict, Work
from mfactl.errors import MfactlError, Refusal
from mfactl.service import (
    account,
    admin,
    factors,
    outbox,
    password,
    sign_in,
    sign_up,
    vault,
    verify,
)
from mfactl.surroundings import Surroundings
from mfactl.vault.check import Report
from mfactl.vault.sqlite_file import unseen
from tests.model.state import SPENT, Answer
from tests.support.builders import SECRET
from tests.vault.vaults import every_record

OWNER = "owner"  # a client that nobody signs in with
_TOLD = ("lockout_expires_in_seconds", "retry_after_seconds", "remaining_attempts")


class Done(NamedTuple):
    """What a command answered, and what it handed out: a mailed code, a secret, backup codes."""

    answer: Answer = Answer()
    code: str = ""
    secret: str = ""
    backup_codes: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What the vault holds: by address, by client, and how many events."""

    holders: dict[str, Account | Stranger]
    clients: dict[str, Client]
    strays: int
    events: int


Act = Callable[[Conversation], Done]


class World:
    """One home with one vault, its clients, and a clock that the test sets."""

    def __init__(self, home: Path, now: int, random: Random) -> None:
        self.home = home
        self.now = now
        self.random = random

    def copy(self, home: Path) -> "World":
        """The same at another place: what happens in one is not seen in the other."""
        shutil.copytree(self.home, home)
        random = Random()  # noqa: S311
        random.setstate(self.random.getstate())
        return World(home, self.now, random)

    @contextmanager
    def opened(self, who: str) -> Iterator[Conversation]:
        """A client's conversation, for one command."""
        environ = {
            "MFACTL_HOME": str(self.home),
            "MFACTL_CLIENT": str(self.home / f"{who}.toml"),
        }
        around = Surroundings(
            environ={},
            clock=lambda: self.now,
            random_bytes=self.random.randbytes,
            notify=lambda _text: None,
            ask_passphrase=lambda: None,
        )
        conversation = Conversation(config.find_paths(environ), config.Settings(), around)
        try:
            yield conversation
        finally:
            conversation.close()

    def _do(self, who: str, act: Act) -> Done:
        with self.opened(who) as c:
            try:
                return act(c)
            except MfactlError as error:
                return Done(_answer(error.refusals))

    # --- commands

    def init(self) -> None:
        with self.opened("nobody") as c:
            vault.init(c, passphrase=None, test=True)

    def sign_up(self, who: str, address: str, text: str) -> Done:
        def act(c: Conversation) -> Done:
            sign_up.start(c, address, lambda accept: accept(text))
            return Done(code=_mailed(c, address))

        return self._do(who, act)

    def resend(self, who: str, address: str) -> Done:
        def act(c: Conversation) -> Done:
            sign_up.resend(c)
            return Done(code=_mailed(c, address))

        return self._do(who, act)

    def sign_in(self, who: str, address: str, text: str) -> Done:
        return self._do(who, lambda c: _done(sign_in.start(c, address, lambda: text)))

    def verify(self, who: str, text: str) -> Done:
        return self._do(who, lambda c: _done(verify.by_code(c, _typed(text))))

    def verify_password(self, who: str, text: str) -> Done:
        return self._do(who, lambda c: _done(verify.by_password(c, lambda: text)))

    def add(self, who: str) -> Done:
        return self._do(who, lambda c: Done(secret=factors.add(c).enrolment.secret))

    def confirm(self, who: str, text: str) -> Done:
        return self._do(who, lambda c: _handed(factors.confirm(c, _typed(text)).codes))

    def disable(self, who: str) -> Done:
        return self._do(who, lambda c: _done(factors.disable(c)))

    def regenerate(self, who: str) -> Done:
        return self._do(who, lambda c: _handed(factors.regenerate(c).codes))

    def change_password(self, who: str, current: str, new: str) -> Done:
        def act(c: Conversation) -> Done:
            return _done(password.change(c, lambda: current, lambda accept: accept(new)))

        return self._do(who, act)

    def sign_out(self, who: str, *, everywhere: bool) -> Done:
        return self._do(who, lambda c: _done(account.sign_out(c, everywhere=everywhere)))

    # --- commands of the owner

    def unlock(self, address: str) -> Done:
        return self._do(OWNER, lambda c: _done(admin.unlock(c, address)))

    def reset_mfa(self, address: str) -> Done:
        return self._do(OWNER, lambda c: _done(admin.reset_mfa(c, address)))

    def set_password(self, address: str, new: str) -> Done:
        return self._do(
            OWNER, lambda c: _done(admin.set_password(c, address, lambda accept: accept(new)))
        )

    def delete(self, address: str) -> Done:
        return self._do(OWNER, lambda c: _done(admin.delete(c, address)))

    # --- looking, which changes nothing

    def may_change(self, who: str) -> Answer:
        """Whether this client may add the app, or remove it where it is on."""
        with self.opened(who) as c:
            return _answer(c.foresee(_change).refusals)

    def check(self) -> Report:
        """Reads everything. Raises where anything is wrong with the vault."""
        with self.opened("nobody") as c:
            return vault.read_all(c, lambda _word: unseen)

    def seen(self, clients: tuple[str, ...]) -> Seen:
        """All records of the vault, opened."""
        with self.opened("nobody") as c, c.vault.reading() as transaction:
            found = [record for _, record in every_record(transaction)]
            events, vault_id = transaction.head.number, c.vault.header.vault_id
        holders = {record.key: record for record in found if isinstance(record, Account | Stranger)}
        by_token = {record.token_hash: record for record in found if isinstance(record, Client)}
        known: dict[str, Client] = {}
        for who in clients:
            for token in ClientFile(self.home / f"{who}.toml").load(vault_id).tokens:
                record = by_token.pop(sha256(bytes.fromhex(token)).hexdigest(), None)
                known |= {} if record is None else {who: record}
        return Seen(holders, known, len(by_token), events)


def _change(s: Situation, work: Work) -> Verdict:
    on = s.account is not None and s.account.totp is not None
    return rules.disable(s) if on else rules.add(s, secret=SECRET)


def _done(_result: object) -> Done:
    return Done()


def _handed(shown: tuple[str, ...]) -> Done:
    return Done(backup_codes=shown)


def _mailed(c: Conversation, address: str) -> str:
    """The code of the mail that has come, which is read and thrown away."""
    found = outbox.code(c, address)[1]
    assert outbox.clear(c) == 1, "one code is one mail"
    return found


def _typed(text: str) -> codes.Typed:
    parsed = codes.parse(text)
    if isinstance(parsed, Refusal):
        raise MfactlError(parsed)
    return parsed


def _answer(refusals: tuple[Refusal, ...]) -> Answer:
    told: list[int | str | None] = []
    for refusal in refusals:
        told += [refusal.meta[name] for name in _TOLD if name in refusal.meta]
        told += [SPENT] if refusal.meta.get("already_used") else []
    return Answer(tuple(refusal.code for refusal in refusals), tuple(told))
