"""One life of one vault: each step is taken in the world and in the model, and the two compared."""

from collections import Counter
from copy import deepcopy
from pathlib import Path
from random import Random

from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client, Session, SignIn, SignUp
from mfactl.errors import Code
from tests.model import state
from tests.model.laws import Laws
from tests.model.model import Model
from tests.model.state import Answer, Holder
from tests.model.world import OWNER, Done, World

START = 1_767_225_600  # 2026-01-01T00:00:00Z, the first second of a step
ADA, BOB = "ada@example.com", "bob@example.com"
ADDRESSES = (ADA, BOB)
LAPTOP, PHONE = "laptop", "phone"
CLIENTS = (LAPTOP, PHONE)


class Walk:
    """Takes steps. `counts` says how often which command had which answer."""

    def __init__(self, world: World, model: Model, laws: Laws, counts: Counter[str]) -> None:
        self.world = world
        self.model = model
        self.laws = laws
        self.counts = counts
        self.mailed: list[str] = []
        self.replaced: list[str] = []
        self.seen = world.seen(CLIENTS)
        self.agrees = True

    @classmethod
    def begin(cls, home: Path, counts: Counter[str]) -> "Walk":
        """A vault in which nobody has an account."""
        world = World(home, START, Random("the same in every run"))  # noqa: S311
        world.init()
        return cls(world, Model(START, ADDRESSES, CLIENTS), Laws(), counts)

    def copy(self, home: Path) -> "Walk":
        """The same life so far, to go on differently."""
        model, laws = deepcopy((self.model, self.laws))
        walk = Walk(self.world.copy(home), model, laws, self.counts)
        walk.mailed, walk.replaced = [*self.mailed], [*self.replaced]
        return walk

    # --- steps

    def wait(self, seconds: int) -> None:
        """Sets the clock, forward or back."""
        self.model.now += seconds
        self.world.now += seconds
        self._compare_clients()

    def sign_up(self, who: str, address: str, password: str) -> None:
        done = self.world.sign_up(who, address, password)
        self._step("sign up", who, done, self.model.sign_up(who, address, password, done.code))
        self.mailed += [done.code] if done.code else []

    def resend(self, who: str) -> None:
        pending = self.model.clients[who].pending
        address = pending.address if isinstance(pending, state.SignUp) else ""
        done = self.world.resend(who, address)
        self._step("resend", who, done, self.model.resend(who, done.code))
        self.mailed += [done.code] if done.code else []

    def sign_in(self, who: str, address: str, password: str, *, shouted: bool = False) -> None:
        spelled = address.upper() if shouted else address
        done = self.world.sign_in(who, spelled, password)
        self._step("sign in", who, done, self.model.sign_in(who, address, password))

    def verify(self, who: str, text: str) -> Answer:
        waiting = type(self.model.clients[who].pending).__name__
        done = self.world.verify(who, text)
        self._step(f"verify {waiting}", who, done, self.model.verify(who, text))
        return done.answer

    def mistype(self, who: str, text: str) -> None:
        """Tries what has not the shape of a code: nothing happens at all."""
        done = self.world.verify(who, text)
        self._step("mistype", who, done, state.no(Code.PARAM_FORMAT_INVALID))

    def verify_password(self, who: str, password: str) -> None:
        done = self.world.verify_password(who, password)
        self._step("password", who, done, self.model.verify_password(who, password))

    def add(self, who: str) -> None:
        done = self.world.add(who)
        self._step("add", who, done, self.model.add(who, done.secret))

    def confirm(self, who: str, text: str) -> None:
        done = self.world.confirm(who, text)
        self._step("confirm", who, done, self.model.confirm(who, text, done.backup_codes))

    def disable(self, who: str) -> None:
        self._keep_replaced(who)
        self._step("disable", who, self.world.disable(who), self.model.disable(who))

    def regenerate(self, who: str) -> None:
        self._keep_replaced(who)
        done = self.world.regenerate(who)
        self._step("regenerate", who, done, self.model.regenerate(who, done.backup_codes))

    def change_password(self, who: str, current: str, new: str) -> None:
        done = self.world.change_password(who, current, new)
        self._step("new password", who, done, self.model.change_password(who, current, new))

    def sign_out(self, who: str, *, everywhere: bool = False) -> None:
        done = self.world.sign_out(who, everywhere=everywhere)
        name = "sign out everywhere" if everywhere else "sign out"
        self._step(name, who, done, self.model.sign_out(who, everywhere=everywhere))

    # --- steps of the owner

    def unlock(self, address: str) -> None:
        done = self.world.unlock(address)
        self._step("unlock", OWNER, done, self.model.unlock(address), clears=address)

    def reset_mfa(self, address: str) -> None:
        account = self.model.holders[address].account
        if account is not None and account.backup_codes:
            self.replaced = list(account.backup_codes)
        self._step("reset", OWNER, self.world.reset_mfa(address), self.model.reset_mfa(address))

    def set_password(self, address: str, new: str) -> None:
        done = self.world.set_password(address, new)
        self._step("set password", OWNER, done, self.model.set_password(address, new))

    def delete(self, address: str) -> None:
        done = self.world.delete(address)
        self._step("delete", OWNER, done, self.model.delete(address), clears=address)

    def _keep_replaced(self, who: str) -> None:
        """Remembers backup codes that may be good for nothing in a moment."""
        session = self.model.clients[who].session
        if session is not None and session.account.backup_codes:
            self.replaced = list(session.account.backup_codes)

    def end(self) -> None:
        """The vault is clean, and holds as many events as things happened."""
        report = self.world.check()
        assert (report.findings, report.events) == ((), self.model.events)

    # --- comparing

    def _step(
        self, name: str, who: str, done: Done, due: Answer, *, clears: str | None = None
    ) -> None:
        self.agrees = False
        self.counts[" ".join((name, *due.codes)) if due.codes else f"{name}: done"] += 1
        assert done.answer == due, f"{name}: {done.answer}, but {due} is due"
        before, self.seen = self.seen, self.world.seen(CLIENTS)
        stored = self.seen.events - before.events
        self.laws.check(before, self.seen, who=who, now=self.model.now, clears=clears)
        self._forget(stored)
        self._compare_records()
        self._compare_clients()
        self.agrees = True

    def _forget(self, stored: int) -> None:
        """What the vault has dropped because it lapsed. Only who stores may drop."""
        for who in CLIENTS:
            if self.model.clients[who].known_since is not None and who not in self.seen.clients:
                assert stored
                self.model.forget_client(who)
        for address, holder in self.model.holders.items():
            if holder.is_remembered and address not in self.seen.holders:
                assert stored
                self.model.forget_stranger(address)

    def _compare_records(self) -> None:
        assert self.seen.events == self.model.events
        assert self.seen.strays == 0, "a client's record that no client has the token of"
        for address in ADDRESSES:
            held, due = self.seen.holders.get(address), self.model.holders[address]
            assert _of_record(held) == _of_model(due), address
        for who in CLIENTS:
            assert _waits(self.seen.clients.get(who)) == _is_due(self.model.clients[who]), who

    def _compare_clients(self) -> None:
        """Who is signed in, and how freshly, by this clock. Stores nothing."""
        for who in CLIENTS:
            answer, due = self.world.may_change(who), self.model.may_change(who)
            assert answer == due, f"{who}: {answer}, but {due} is due"


def _of_record(holder: Account | Stranger | None) -> object:
    if holder is None:
        return None
    if isinstance(holder, Stranger):
        return (*holder.lockout, holder.code_handed_over_at)
    app = holder.totp
    used = () if holder.backup_codes is None else holder.backup_codes.codes
    secret = (app.secret, app.last_step) if app is not None else (None, -1)
    return (*holder.lockout, *secret, [code.used_at is not None for code in used])


def _of_model(holder: Holder) -> object:
    account = holder.account
    if not holder.is_remembered:
        return None
    if account is None:
        return holder.failures, holder.locked_at, holder.mailed_at
    used = list(account.backup_codes.values())
    return holder.failures, holder.locked_at, account.secret, account.last_step, used


def _waits(client: Client | None) -> object:
    if client is None:
        return None
    pending, session, enrolment = client.pending, client.session, client.enrolment
    step: object = None
    if isinstance(pending, SignUp):
        step = (pending.key, pending.created_at, pending.code.created_at, pending.code.attempts)
    if isinstance(pending, SignIn):
        step = pending.created_at
    return (
        client.created_at,
        step,
        None if session is None else _moments(session),
        None if enrolment is None else (enrolment.secret, enrolment.created_at),
    )


def _moments(session: Session) -> tuple[int, int, int | None]:
    return session.created_at, session.first_factor_at, session.second_factor_at


def _is_due(client: state.Client) -> object:
    if client.known_since is None:
        return None
    pending, session, enrolment = client.pending, client.session, client.enrolment
    step: object = None
    if isinstance(pending, state.SignUp):
        step = (pending.address, pending.began_at, pending.code_at, pending.tries)
    if isinstance(pending, state.SignIn):
        step = pending.began_at
    return (
        client.known_since,
        step,
        None if session is None else (session.began_at, session.password_at, session.factor_at),
        None if enrolment is None else (enrolment.secret, enrolment.began_at),
    )
