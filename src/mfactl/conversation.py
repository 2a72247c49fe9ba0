"""This client's side: the client file, the vault, the roll-back mark, and the frame for rules.

Guarantees: a rule runs on one consistent view of the vault; its verdict is committed, with its
event, before anybody is told; a new client token is on disk before the vault knows it.
May import: mfactl.core, mfactl.vault, mfactl.client_file, mfactl.config, mfactl.surroundings,
mfactl.unlocking, mfactl.files and mfactl.errors.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from mfactl import files
from mfactl.client_file import TOKEN_BYTES, ClientFile, Seen, token_hash
from mfactl.config import Paths, Settings
from mfactl.core import verdict as verdicts
from mfactl.core.client import TOKEN_DUE, Client, SignUp, account_id
from mfactl.core.verdict import NO_WORK, OVER, Happened, Limits, Situation, Verdict, Work
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.named_tuple import NamedTuple
from mfactl.surroundings import Surroundings, draw_ids, new_id, parse_now
from mfactl.unlocking import Unlocker
from mfactl.vault.create import Plan, create
from mfactl.vault.header import Unlocked
from mfactl.vault.keys import FLOOR, KEY_FILE, PASSPHRASE, RECOMMENDED, Cost, SlotPlan
from mfactl.vault.sqlite_file import Progress, unseen
from mfactl.vault.transaction import Draft, Mark, Transaction
from mfactl.vault.vault import Vault

Rule = Callable[[Situation, Work], Verdict]
Prepare = Callable[[Verdict, Work, Situation], Work]
Renew = Callable[[Transaction, Unlocked], Unlocked | Refusal]
_Answer = TypeVar("_Answer")
Look = Callable[[Situation], _Answer | Refusal]

TEST_VAULT = "This is a test vault: its clock can be set. Keep no real account in it."
SAME_WORK_TIMES = 3  # the hash, and again twice if its verifier changed meanwhile


class Concluded(NamedTuple):
    """A verdict, and the situation that it was decided on."""

    situation: Situation
    verdict: Verdict


class Conversation:
    """One command's dealings with one vault."""

    def __init__(self, paths: Paths, settings: Settings, around: Surroundings) -> None:
        self.paths = paths
        self.settings = settings
        self.around = around
        self.client_file = ClientFile(paths.client)
        self.unlocker = Unlocker(paths, around.environ, around.ask_passphrase)
        self._asked_about: str | None = None

    # --- the vault

    @cached_property
    def vault(self) -> Vault:
        """The vault, unlocked. Raises `vault_not_found` where there is none."""
        if self.has_no_vault():
            raise failure(Code.VAULT_NOT_FOUND, f"There is no vault at {self.paths.vault}.")
        vault = Vault(self.paths.vault, self.unlocker)
        if vault.header.test:
            self.around.notify(TEST_VAULT)
        elif self.around.environ.get("MFACTL_NOW"):
            self.around.notify("MFACTL_NOW is ignored: this is not a test vault.")
        return vault

    def close(self) -> None:
        """Closes the vault, if it was opened."""
        if "vault" in self.__dict__:  # where cached_property keeps it
            self.vault.close()

    @property
    def now(self) -> int:
        """The time (Unix seconds). Each transaction reads it anew: a prompt may wait for hours."""
        return self.clock_of(test=self.vault.header.test)

    def clock_of(self, *, test: bool) -> int:
        """The clock as a test vault or any other sees it."""
        fixed = self.around.environ.get("MFACTL_NOW")
        return parse_now(fixed) if test and fixed else self.around.clock()

    @property
    def cost(self) -> Cost:
        """What hashing a password costs in this vault."""
        return FLOOR if self.vault.header.test else RECOMMENDED

    def has_no_vault(self) -> bool:
        """Whether nobody has ever made one at the default place."""
        return self.paths.vault_named is None and not os.path.lexists(self.paths.vault)

    def expect_vault(self, instead: Code) -> None:
        """Raises `instead` where nobody has ever signed up."""
        if self.has_no_vault():
            raise failure(instead)

    def make_default_vault(self) -> None:
        """Makes the default vault with a key file, if there is none."""
        if not self.has_no_vault():
            return
        if self.unlocker.given_passphrase() is not None:
            raise failure(
                Code.VAULT_NOT_FOUND,
                "There is no vault, and the first sign-up makes one with a key file, "
                "but a passphrase is given.",
                "Run: mfactl vault init --passphrase, or unset MFACTL_PASSPHRASE and "
                "MFACTL_PASSPHRASE_FILE.",
            )
        secret = self.unlocker.provide_key_file()
        if self.create_vault(secret.value, None, test=False):
            self.around.notify(f"Made a vault: {self.paths.vault}")
            self.around.notify(f"Its key, to be kept safe: {self.paths.key_file}")

    def create_vault(self, secret: bytes, cost: Cost | None, *, test: bool) -> bool:
        """Makes the vault with one slot; False if there is something at its place already."""
        files.make_directory(self.paths.vault.parent)
        now = self.clock_of(test=test)
        slot = SlotPlan(new_id("slot"), KEY_FILE if cost is None else PASSPHRASE, cost, now)
        return create(self.paths.vault, Plan(new_id("vault"), slot, secret, test, now))

    # --- rules

    def look(self, rule: Look[_Answer], *, asks: bool = False) -> tuple[Situation, _Answer]:
        """Asks a rule that changes nothing. Raises what it refuses. `asks`: a person comes next."""
        with self.vault.reading() as transaction:
            seen = self._check_seen(transaction)
            situation = self._situation(transaction, seen, None)[0]
            turn = verdicts.asked_about(situation, of_address=False)
            answer = rule(situation) if self._asked_about in (None, turn) else OVER
            head = Mark(transaction.head.number, transaction.head.hash)
        self._remember(seen, head)
        if isinstance(answer, Refusal):
            raise MfactlError(answer)
        if asks:
            self.ask_about(turn)
        return situation, answer

    def check_mark(self) -> None:
        """Raises if the vault is older than this client has seen it, or another one."""
        with self.reading():
            pass

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view of the vault, which is no older than this client has seen it."""
        with self.vault.reading() as transaction:
            seen = self._check_seen(transaction)
            yield transaction
            head = Mark(transaction.head.number, transaction.head.hash)
        self._remember(seen, head)

    def foresee(self, rule: Rule, *, key: str | None = None) -> Verdict:
        """What a rule would answer now: before a person is asked. Nothing is stored or told."""
        with self.vault.reading() as transaction:
            situation = self._situation(transaction, self._check_seen(transaction), key)[0]
        self.ask_about(verdicts.asked_about(situation, of_address=key is not None))
        return rule(situation, NO_WORK)

    def ask_about(self, asked: str | None) -> None:
        """From here on a person is asked: what they answer is for this, and for nothing else."""
        self._asked_about = asked

    def decide(
        self,
        rule: Rule,
        prepare: Prepare | None = None,
        *,
        key: str | None = None,
        renews_token: bool = False,
    ) -> Concluded:
        """Runs a rule, commits its verdict with its event, and only then raises what it refuses.

        `key` is the canonical address that the rule is about, where it is about one. `prepare` does
        the slow work that the rule asks for, outside the transaction; then the rule runs again.
        `renews_token`: a verdict may give the client a new token. It is offered to the client file
        before the rule runs, whatever that says: a write that fails only after a right password
        would tell it from a wrong one, and nobody would have counted. Each round draws its own: the
        file may be copied while somebody is asked for a password.
        """
        work, asked = NO_WORK, []
        while True:
            token = os.urandom(TOKEN_BYTES).hex() if renews_token else None
            situation, verdict = self._round(rule, work, key, token)
            if verdict.need is None:
                break
            asked.append(verdict.need)
            if prepare is None or asked.count(verdict.need) > SAME_WORK_TIMES:
                raise failure(Code.VAULT_BUSY, "The account changes faster than it can be checked.")
            work = prepare(verdict, work, situation)
        if verdict.refusals:
            raise MfactlError(*verdict.refusals)
        return Concluded(situation, verdict)

    def renew(
        self, happened: Happened, renew: Renew, progress: Progress = unseen, **details: Any
    ) -> Unlocked:
        """Puts the vault under another header, with an event; raises what `renew` refuses."""
        with self.vault.writing() as transaction:
            seen = self._check_seen(transaction)
            answer = renew(transaction, self.vault.unlocked)
            draft = Draft(self.now, happened, details=details)
            if isinstance(answer, Refusal):
                draft = draft._replace(code=answer.code)
            else:
                transaction = self.vault.adopt(transaction, answer, progress)
            mark = transaction.commit(draft)
        self._remember(seen, mark)
        if isinstance(answer, Refusal):
            raise MfactlError(answer)
        return answer

    def note(self, happened: Happened, **details: Any) -> None:
        """Stores an event that changes no record."""
        with self.vault.writing() as transaction:
            seen = self._check_seen(transaction)
            mark = transaction.commit(Draft(self.now, happened, details=details))
        self._remember(seen, mark)

    def is_rolled_back(self) -> bool:
        """Whether the vault is older than this client has seen it, or another one."""
        try:
            self.check_mark()
        except MfactlError as error:
            if error.refusals[0].code is not Code.VAULT_ROLLED_BACK:
                raise
            return True
        return False

    def accept(self, vault_id: str, mark: Mark) -> None:
        """Takes an older vault for what it is, on purpose, from now on."""
        self.client_file.accept(vault_id, mark.number, mark.hash)

    def _round(self, rule: Rule, work: Work, key: str | None, token: str | None) -> Concluded:
        """Runs the rule once; commits what it answers, unless it needs more work first."""
        with self.vault.writing() as transaction:
            seen = self._check_seen(transaction)
            situation, known = self._situation(transaction, seen, key)
            if token is not None:
                self.client_file.offer_token(self.vault.header.vault_id, known, token)
            verdict = rule(situation, work)
            verdict = verdicts.only_about(
                self._asked_about, situation, verdict, of_address=key is not None
            )
            if verdict.need is not None:
                return Concluded(situation, verdict)
            mark = self._commit(transaction, situation, verdict, token)
        self._remember(seen, mark)
        if situation.client is not None and situation.client in verdict.drops:
            self._forget(seen)
        return Concluded(situation, verdict)

    def _situation(
        self, transaction: Transaction, seen: Seen, key: str | None
    ) -> tuple[Situation, str | None]:
        """What a rule may look at, and the token of this client if the vault knows it."""
        client, token = self._client(transaction, seen)
        owner = account_id(client) if client is not None else None
        if key is None and client is not None and isinstance(client.pending, SignUp):
            key = client.pending.key
        address_id = None if key is None else transaction.address_id(key)
        situation = Situation(
            now=self.now,
            vault_epoch=transaction.head.epoch,
            limits=Limits(self.settings.session_lifetime, self.settings.session_idle),
            ids=draw_ids(),
            pepper=transaction.pepper(),
            client=client,
            account=None if owner is None else transaction.account(owner),
            target=None if address_id is None else transaction.at_address(address_id),
            target_id=address_id,
            is_test=self.vault.header.test,
        )
        return situation, token

    def _client(self, transaction: Transaction, seen: Seen) -> tuple[Client | None, str | None]:
        for token in seen.tokens:
            client = transaction.client(token_hash(token))
            if client is not None:
                return client, token
        return None, None

    def _commit(
        self, transaction: Transaction, s: Situation, verdict: Verdict, token: str | None
    ) -> Mark:
        for record in verdict.writes:
            if isinstance(record, Client) and record.token_hash == TOKEN_DUE:
                assert token is not None  # whoever runs such a rule says that it renews the token
                record = record._replace(token_hash=token_hash(token))
            transaction.put(record)
        for record in verdict.drops:
            transaction.drop(record)
        details = dict(verdict.details)
        if verdict.strategy is not None:
            details["strategy"] = verdict.strategy
        if verdicts.locks(verdict.refusals):
            details["locked"] = True
        draft = Draft(
            at=s.now,
            happened=verdict.happened,
            subject=verdict.subject,
            address=s.target_id if s.target is None else None,  # of somebody only by a subject
            client=_client_id(s, verdict),
            code=verdict.refusals[0].code if verdict.refusals else None,
            details=details,
        )
        return transaction.commit(draft)

    # --- the client file

    def _check_seen(self, transaction: Transaction) -> Seen:
        """What this client has seen; raises if the vault is older than that, or another one."""
        seen = self.client_file.load(self.vault.header.vault_id)
        if seen.number and transaction.mark(seen.number) != Mark(seen.number, seen.hash):
            raise failure(
                Code.VAULT_ROLLED_BACK,
                f"This client has seen event {seen.number} of the vault, which is no longer in it.",
                event=seen.number,
            )
        return seen

    def _remember(self, seen: Seen, mark: Mark) -> None:
        """Notes how far this client has seen."""
        if mark.number != seen.number:
            vault_id = self.vault.header.vault_id
            self._afterwards(lambda: self.client_file.advance(vault_id, mark.number, mark.hash))

    def _forget(self, seen: Seen) -> None:
        """Takes the tokens of a dropped client out of the file; the mark stays."""
        vault_id = self.vault.header.vault_id
        self._afterwards(lambda: self.client_file.forget_tokens(vault_id, seen.tokens))

    def _afterwards(self, update: Callable[[], None]) -> None:
        """Updates the client file after a commit: failing undoes nothing, and is said."""
        try:
            update()
        except MfactlError as error:
            self.around.notify(f"The client file was not updated. {error.refusals[0].long_message}")


def _client_id(s: Situation, verdict: Verdict) -> str | None:
    """The client that asked; it may be one that the verdict makes."""
    clients = [s.client, *(record for record in verdict.writes if isinstance(record, Client))]
    return next((client.id for client in clients if client is not None), None)
