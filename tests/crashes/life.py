"""A life of commands that are killed at random moments, and what Ada knows all the while.

She does what her state allows. She knows what was answered; what a killed command did she finds out
by looking at the vault, as somebody would who tries again.
"""

import hashlib
import json
import random
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from tests.crashes.ada import STEP, Ada
from tests.crashes.commands import NEW_PASSWORD, Document
from tests.crashes.watched import KILLED, Command, Ended, Nursery
from tests.support.runner import PASSWORD, code_at, wrong_code_at

FIRST_GUESS_SECONDS = 0.05  # how long a command takes that was not seen to end yet
MOST_FAILURES = 5  # half of what would lock her out
FRESH_SECONDS = 9 * 60  # her factors are asked for again after ten minutes
Record = dict[str, Any]


@dataclass
class Known:
    """What Ada knows of one of her accounts. `codes` are of the set with the id `codes_of`."""

    password: str = PASSWORD
    secret: str = ""
    codes: list[str] = field(default_factory=list)
    codes_of: str = ""
    used: list[str] = field(default_factory=list)
    spent: str = ""  # the code of her phone that was taken last, told or not, and when
    spent_at: int = 0


class Act(NamedTuple):
    """One thing that she does: the exit status and the events that it ends with, and what follows.

    `stored` is what she takes for true once all its events are in the vault, `told` once she has
    the answer too.
    """

    name: str
    command: Command
    good: int
    events: tuple[str, ...]
    stored: Callable[[], None] = lambda: None
    told: Callable[[Document], None] = lambda _document: None


class Life:
    """Ada, her one client, and one account after the other."""

    def __init__(self, ada: Ada, nursery: Nursery, rng: random.Random) -> None:
        self.kills = self.answers = 0
        self._ada = ada
        self._nursery = nursery
        self._rng = rng
        self._known: dict[str, Known] = {}
        self._hashes: list[str] = []
        self._longest: dict[str, float] = {}
        self._records: list[tuple[str, Record]] = []
        self._look(())

    def go_on(self) -> None:
        """Does one thing that her state allows. Every second time it is killed, if it lives."""
        act = self._rng.choice(list(self._choices()))
        ended = self._run(act, lives=self._rng.random() < 0.5)
        answer = self._answer(act, ended)
        self.answers += answer is not None
        if ended.status == KILLED:
            self.kills += 1
            self._ada.run("vault", "check", expect=0)
        events = self._look(act.events)
        if answer is not None:
            assert events == act.events, "what was told is stored"
        if events == act.events:
            act.stored()
            if answer is not None:
                act.told(answer)
        self._check_spent()
        if ended.status == KILLED:
            self._look_around()

    def _run(self, act: Act, *, lives: bool) -> Ended:
        began = time.monotonic()
        running = self._nursery.start(self._ada, act.command)
        longest = self._longest.get(act.name, FIRST_GUESS_SECONDS)
        if not lives and not running.is_over_within(self._rng.uniform(0, longest)):
            with suppress(ProcessLookupError):  # it has ended just now
                running.kill()
        ended = running.ended()
        if ended.status != KILLED:
            self._longest[act.name] = max(longest, time.monotonic() - began)
        return ended

    def _answer(self, act: Act, ended: Ended) -> Document | None:
        if ended.status != KILLED:
            assert ended.status == act.good, (act.name, ended.err)
        elif not ended.out.endswith("\n"):
            return None
        document: Document = json.loads(ended.out)
        return document

    def _look(self, expected: tuple[str, ...]) -> tuple[str, ...]:
        """The kinds of the new events, which are the first ones of those that were expected."""
        stored = self._ada.stored()
        assert stored is not None
        before = len(self._hashes)
        assert stored.hashes[:before] == self._hashes, "nothing is gone"
        events = tuple(event["happened"] for event in stored.events[before:])
        assert events == expected[: len(events)] or not self._hashes
        self._hashes = stored.hashes
        self._records = [(kind, record) for (kind, _), record in stored.records.items()]
        return events

    def _check_spent(self) -> None:
        """Every code that was taken, told or not, is spent in the vault, and no other is."""
        for account in (record for kind, record in self._records if kind == "account"):
            known, codes = self._known[account["email"]], account["backup_codes"]
            if codes is not None and codes["id"] == known.codes_of:
                used = [code for code in codes["codes"] if code["used_at"] is not None]
                assert len(used) == len(known.used)
            if account["totp"] is not None:
                assert account["totp"]["last_step"] == known.spent_at // STEP

    # --- what she finds when something was killed

    def _look_around(self) -> None:
        """Whether she is signed in is as the vault says, and what was taken is not taken again."""
        client = self._client()
        session = client is not None and client["session"] is not None
        assert self._ada.run("account", "show").exit == (0 if session else 4)
        account = self._account(client)
        if account is None or account["totp"] is None:
            return
        known = self._known[account["email"]]
        assert account["totp"]["secret"] == known.secret
        given = [known.spent] if self._ada.now - known.spent_at <= STEP else []
        if account["backup_codes"]["id"] == known.codes_of:
            given += known.used[-1:]
        for code in given:
            refused = self._ada.run("verify", code, "--json", expect=5)
            assert refused.document["errors"][0]["meta"]["already_used"]
        self._look(("step_up" if session else "sign_in_verify",) * len(given))

    def _client(self) -> Record | None:
        """The record of the client that her file's tokens name."""
        path = self._ada.home / "client.toml"
        tables = tomllib.loads(path.read_text()).values() if path.exists() else ()
        tokens = [bytes.fromhex(token) for table in tables for token in table["tokens"]]
        hashes = {hashlib.sha256(token).hexdigest() for token in tokens}
        mine = [r for kind, r in self._records if kind == "client" and r["token_hash"] in hashes]
        assert len(mine) <= 1
        return mine[0] if mine else None

    def _account(self, client: Record | None) -> Record | None:
        """The account that the client is, or is becoming, signed in to."""
        if client is None:
            return None
        holder = client["session"] or client["pending"] or {}
        named = holder.get("account_id")
        return next(
            (r for kind, r in self._records if kind == "account" and r["id"] == named), None
        )

    # --- what she may do

    def _choices(self) -> Iterator[Act]:
        client = self._client()
        account = self._account(client)
        if client is None or (client["session"] is None and client["pending"] is None):
            yield from self._from_outside()
        elif account is None:
            yield self._email_code(client["pending"]["email"])
        elif client["session"] is None:
            yield from self._second_factor(account)
        else:
            yield from self._signed_in(client, account)

    def _from_outside(self) -> Iterator[Act]:
        for account in (record for kind, record in self._records if kind == "account"):
            email, good = account["email"], 0 if account["totp"] is None else 3
            password = self._known[email].password
            yield self._sign_in(email, password, good)
            if account["lockout"]["failures"] < MOST_FAILURES:
                wrong = NEW_PASSWORD if password == PASSWORD else PASSWORD
                yield self._sign_in(email, wrong, 5)
        email = f"ada-{len(self._hashes)}@example.com"
        self._known[email] = Known()
        command = Command(("signup", email, "--password-stdin"), PASSWORD)
        yield Act("signup", command, 3, ("sign_up", "code_handed_over"))

    def _sign_in(self, email: str, password: str, good: int) -> Act:
        command = Command(("signin", email, "--password-stdin"), password)
        return Act("signin", command, good, ("sign_in",))

    def _email_code(self, email: str) -> Act:
        mailed = self._ada.run("outbox", "code", email)
        if mailed.exit != 0:  # it was killed before the mail was there
            command = Command(("verify", "--resend"))
            return Act("resend", command, 3, ("sign_up_resend", "code_handed_over"))
        command = Command(("verify", mailed.stdout.strip()))
        return Act("verify-email", command, 0, ("sign_up_verify",))

    def _second_factor(self, account: Record) -> Iterator[Act]:
        known, events = self._known[account["email"]], ("sign_in_verify",)
        yield self._phone_code("verify-totp", known, events)
        yield from self._backup_code(account, known, events)
        if account["lockout"]["failures"] < MOST_FAILURES:
            wrong = wrong_code_at(known.secret, self._ada.now)
            yield Act("verify-wrong", Command(("verify", wrong)), 5, events)

    def _phone_code(self, name: str, known: Known, events: tuple[str, ...]) -> Act:
        """The next code of her phone; time passes only here."""

        if self._phone(known) == known.spent:
            self._ada.wait()
        code = self._phone(known)

        def stored() -> None:
            known.spent, known.spent_at = code, self._ada.now

        return Act(name, Command(("verify", code)), 0, events, stored)

    def _phone(self, known: Known) -> str:
        return code_at(known.secret, self._ada.now)

    def _backup_code(self, account: Record, known: Known, events: tuple[str, ...]) -> Iterator[Act]:
        unused = [code for code in known.codes if code not in known.used]
        if account["backup_codes"]["id"] == known.codes_of and unused:
            code = self._rng.choice(unused)
            command = Command(("verify", code))
            yield Act("verify-backup", command, 0, events, partial(known.used.append, code))

    def _signed_in(self, client: Record, account: Record) -> Iterator[Act]:
        yield Act("signout", Command(("signout",)), 0, ("sign_out",))
        known, session = self._known[account["email"]], client["session"]
        verified = session["second_factor_at"] if account["totp"] else session["first_factor_at"]
        if account["totp"] is not None:
            yield self._phone_code("step-up", known, ("step_up",))
            yield from self._backup_code(account, known, ("step_up",))
        if self._ada.now - verified >= FRESH_SECONDS:
            return
        yield self._new_password(known)
        if account["totp"] is None:
            yield from self._enrolling(client, known)
        else:
            yield from self._enrolled(known)

    def _new_password(self, known: Known) -> Act:
        new = NEW_PASSWORD if known.password == PASSWORD else PASSWORD
        file = str(self._ada.write("new-password", new))
        words = ("account", "password", "--password-stdin", "--new-password-file", file)

        def stored() -> None:
            known.password = new

        events = ("password_check", "password_change")
        return Act("account-password", Command(words, known.password), 0, events, stored)

    def _enrolling(self, client: Record, known: Known) -> Iterator[Act]:
        def shown(document: Document) -> None:
            known.secret, known.spent = document["secret"], ""

        yield Act("mfa-add", Command(("mfa", "add")), 0, ("totp_add",), told=shown)
        if client["enrolment"] is not None and client["enrolment"]["secret"] == known.secret:
            code = self._phone(known)

            def stored() -> None:
                known.spent, known.spent_at = code, self._ada.now

            told = partial(self._keep_codes, known, "backup_codes")
            command = Command(("mfa", "verify", code))
            yield Act("mfa-verify", command, 0, ("totp_verify",), stored, told)

    def _enrolled(self, known: Known) -> Iterator[Act]:
        yield Act("mfa-disable", Command(("mfa", "disable", "--yes")), 0, ("totp_disable",))
        regenerate = Command(("backup-codes", "regenerate", "--yes"))
        told = partial(self._keep_codes, known, "codes")
        yield Act("regenerate", regenerate, 0, ("backup_codes_regenerate",), told=told)

    def _keep_codes(self, known: Known, name: str, document: Document) -> None:
        account = self._account(self._client())
        assert account is not None
        known.codes, known.used = document[name], []
        known.codes_of = account["backup_codes"]["id"]
