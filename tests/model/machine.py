"""Whatever two people do on two clients in whatever order: Hypothesis chooses, `Walk` compares."""

import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import UnionType
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from mfactl.errors import Code
from tests.model import typed
from tests.model.edges import edges_of
from tests.model.starts import NEVER_A_PASSWORD, OTHER_PASSWORD, PASSWORD
from tests.model.state import (
    DAY,
    HOUR,
    INTERVAL,
    LOCK,
    MINUTE,
    PERIOD,
    SLACK,
    WEAK,
    Client,
    SignIn,
    SignUp,
)
from tests.model.walk import ADDRESSES, CLIENTS, START, Walk

_numbers = count(1)

WHO = st.sampled_from(CLIENTS)
ADDRESS = st.sampled_from(ADDRESSES)
NEW_PASSWORD = st.sampled_from([PASSWORD, OTHER_PASSWORD, WEAK])
GUESS = st.sampled_from(["right", "right", "right", "wrong", "another"])
KIND = st.sampled_from(["right", "right", "right", "backup", "backup", *typed.KINDS])
DRIFT = st.sampled_from([0, 0, 1, -1])
FRESHLY = st.sampled_from([True, True, False])
# Mostly little steps: a week ends everything, and there would be little left to look at.
FORWARD = st.sampled_from(
    [1, 29, 30, 30, 31, MINUTE, MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, DAY, 7 * DAY]
)
BACK = st.sampled_from(
    [1, 29, 30, 30, SLACK - 1, SLACK, SLACK, SLACK + 1, 10 * MINUTE, HOUR, DAY, 8 * DAY]
)
CHANGES: dict[str, Callable[[Walk, str], object]] = {
    "disable": lambda walk, who: walk.disable(who),
    "everywhere": lambda walk, who: walk.sign_out(who, everywhere=True),
    "password": lambda walk, who: walk.change_password(who, PASSWORD, OTHER_PASSWORD),
    "regenerate": lambda walk, who: walk.regenerate(who),
}
ACTS: dict[str, Callable[[Walk, str, str], object]] = {
    "delete": lambda walk, address, _new: walk.delete(address),
    "reset": lambda walk, address, _new: walk.reset_mfa(address),
    "set password": lambda walk, address, new: walk.set_password(address, new),
    "unlock": lambda walk, address, _new: walk.unlock(address),
}
KNOCKS: dict[str, Callable[[Walk, str], object]] = {
    "add": lambda walk, who: walk.add(who),
    "confirm": lambda walk, who: walk.confirm(who, typed.wrong(walk, who)),
    "disable": lambda walk, who: walk.disable(who),
    "regenerate": lambda walk, who: walk.regenerate(who),
    "resend": lambda walk, who: walk.resend(who),
    "change password": lambda walk, who: walk.change_password(who, PASSWORD, OTHER_PASSWORD),
    "verify": lambda walk, who: walk.verify(who, typed.right(walk, who)),
    "verify password": lambda walk, who: walk.verify_password(who, PASSWORD),
    "sign out": lambda walk, who: walk.sign_out(who, everywhere=True),
    "mistype": lambda walk, who: walk.mistype(who, "12_34_56"),
}


class LifeCycle(RuleBasedStateMachine):
    """Every rule is a command that somebody runs, or a way that time goes."""

    walk: Walk
    starts: ClassVar[Mapping[str, Walk]]
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self._home = self.folder / f"run-{next(_numbers)}"

    @initialize(
        name=st.sampled_from(
            [
                "an app",
                "two halfway",
                "two accounts",
                "nobody",
                "a password",
                "two guesses left",
                "two passwords left",
                "almost for ever",
            ]
        )
    )
    def begin(self, name: str) -> None:
        self.walk = self.starts[name].copy(self._home)

    def teardown(self) -> None:
        """The vault is looked at as a whole, and thrown away."""
        if hasattr(self, "walk"):
            try:
                if self.walk.agrees:  # else another failure would hide the first
                    self.walk.end()
            finally:
                shutil.rmtree(self._home)

    # --- signing up

    @rule(who=WHO, address=ADDRESS, password=NEW_PASSWORD)
    def sign_up(self, who: str, address: str, password: str) -> None:
        self.walk.sign_up(who, address, password)

    @rule(address=ADDRESS, password=NEW_PASSWORD)
    def sign_up_twice(self, address: str, password: str) -> None:
        """Both clients sign up with one address, if the rules let them."""
        for who in CLIENTS:
            self.walk.sign_up(who, address, password)
            self.walk.wait(INTERVAL)

    @precondition(lambda self: self.has_pending(SignUp))
    @rule(who=WHO)
    def resend(self, who: str) -> None:
        self.walk.resend(self._first(who, lambda client: isinstance(client.pending, SignUp)))

    @precondition(lambda self: self.has_pending(SignUp))
    @rule(who=WHO, kind=st.sampled_from(["right", "wrong", "mailed before"]))
    def renew(self, who: str, kind: str) -> None:
        """Asks for a new code as soon as there may be one, and tries one."""
        who = self._first(who, lambda client: isinstance(client.pending, SignUp))
        self.walk.wait(INTERVAL)
        self.walk.resend(who)
        self.walk.verify(who, typed.KINDS[kind](self.walk, who))

    # --- signing in, and verify

    @rule(who=WHO, address=ADDRESS, guess=GUESS, shouted=st.booleans())
    def sign_in(self, who: str, address: str, guess: str, shouted: bool) -> None:
        self.walk.sign_in(who, address, self._password(address, guess), shouted=shouted)

    @precondition(lambda self: self.has_pending(SignIn | SignUp))
    @rule(who=WHO, kind=KIND)
    def verify(self, who: str, kind: str) -> None:
        who = self._first(who, lambda client: client.pending)
        self.walk.verify(who, typed.KINDS[kind](self.walk, who))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, kind=KIND)
    def step_up(self, who: str, kind: str) -> None:
        who = self._first(who, lambda client: client.session)
        self.walk.verify(who, typed.KINDS[kind](self.walk, who))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, guess=GUESS)
    def step_up_by_password(self, who: str, guess: str) -> None:
        who = self._first(who, lambda client: client.session)
        self.walk.verify_password(who, self._password(self._address(who), guess))

    @rule(who=WHO, address=ADDRESS)
    def come_in(self, who: str, address: str) -> None:
        """All that it takes to be signed in, as far as the rules let it."""
        if self.walk.model.clients[who].session is not None:
            self.walk.sign_out(who)
        self.walk.sign_in(who, address, self._password(address, "right"))
        if self.walk.model.clients[who].pending is not None:
            self.walk.verify(who, typed.right(self.walk, who))

    @precondition(lambda self: self.has_pending(SignIn | SignUp) or self.has_session())
    @rule(who=WHO, times=st.integers(2, 10), kind=st.sampled_from(["wrong", "backup unknown"]))
    def guess(self, who: str, times: int, kind: str) -> None:
        """Guesses at a code again and again, until the lock or the end of what waits."""
        who = self._first(who, lambda client: client.pending or client.session)
        for _ in range(times):
            answer = self.walk.verify(who, typed.KINDS[kind](self.walk, who))
            if answer.codes[0] is not Code.CODE_INCORRECT:
                return

    # --- the factors and the password

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, freshly=FRESHLY)
    def add(self, who: str, freshly: bool) -> None:
        self.walk.add(self._insider(who, freshly))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, kind=KIND)
    def confirm(self, who: str, kind: str) -> None:
        who = self._first(who, lambda client: client.enrolment or client.session)
        self.walk.confirm(who, typed.KINDS[kind](self.walk, who))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, freshly=FRESHLY, drift=DRIFT)
    def enrol(self, who: str, freshly: bool, drift: int) -> None:
        who = self._insider(who, freshly)
        self.walk.add(who)
        self.walk.confirm(who, typed.app(self.walk, who, drift))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, freshly=FRESHLY)
    def disable(self, who: str, freshly: bool) -> None:
        self.walk.disable(self._insider(who, freshly))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, freshly=FRESHLY)
    def regenerate(self, who: str, freshly: bool) -> None:
        self.walk.regenerate(self._insider(who, freshly))

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, freshly=FRESHLY, guess=GUESS, new=NEW_PASSWORD)
    def change_password(self, who: str, freshly: bool, guess: str, new: str) -> None:
        who = self._insider(who, freshly)
        self.walk.change_password(who, self._password(self._address(who), guess), new)

    @precondition(lambda self: self.has_session())
    @rule(who=WHO, what=st.sampled_from(sorted(CHANGES)))
    def overtake(self, who: str, what: str) -> None:
        """One client changes what the other is signed in with, or is just signing in with."""
        who = self._insider(who, True)
        session = self.walk.model.clients[who].session
        other = next(name for name in CLIENTS if name != who)
        if session is not None and self.walk.model.clients[other].session is None:
            self.walk.sign_in(other, session.address, session.account.password)
        CHANGES[what](self.walk, who)
        self.walk.wait(PERIOD)
        self.walk.verify(other, typed.right(self.walk, other))

    # --- signing out, and what is refused to those who are out

    @precondition(lambda self: self.has_session() or self.has_pending(SignIn | SignUp))
    @rule(who=WHO, everywhere=st.booleans())
    def sign_out(self, who: str, everywhere: bool) -> None:
        who = self._first(who, lambda client: client.session or client.pending)
        self.walk.sign_out(who, everywhere=everywhere)

    @rule(who=WHO, what=st.sampled_from(sorted(KNOCKS)))
    def knock(self, who: str, what: str) -> None:
        """Runs what needs a session, or the shape of a code, where there may be none."""
        KNOCKS[what](self.walk, who)

    # --- the owner

    @rule(address=ADDRESS, what=st.sampled_from(sorted(ACTS)), new=NEW_PASSWORD)
    def act_as_owner(self, address: str, what: str, new: str) -> None:
        ACTS[what](self.walk, address, new)

    # --- time

    @rule(seconds=FORWARD)
    def wait(self, seconds: int) -> None:
        self.walk.wait(seconds)

    @rule(seconds=BACK)
    def set_back(self, seconds: int) -> None:
        self._set(self.walk.model.now - seconds)

    @precondition(lambda self: self.is_locked())
    @rule(who=WHO, address=ADDRESS, off=st.sampled_from([-1, 0]))
    def outlast(self, who: str, address: str, off: int) -> None:
        """Comes in when a lock ends, or a second too soon."""
        holder = self.walk.model.holders[address]
        if holder.locked_at is not None:
            self._set(holder.locked_at + LOCK + off)
        self.come_in(who, address)

    @rule(data=st.data(), off=st.sampled_from([-1, 0]))
    def wait_for_an_edge(self, data: st.DataObject, off: int) -> None:
        """Goes to the last second before something changes by itself, or to the first after it."""
        edge = data.draw(st.sampled_from(edges_of(self.walk.model)), label="edge")
        self._set(edge + off)

    def _set(self, moment: int) -> None:
        self.walk.wait(max(moment, START - 30 * DAY) - self.walk.model.now)

    # --- what the rules choose from

    def _password(self, address: str, guess: str) -> str:
        account = self.walk.model.holders[address].account
        right = account.password if account is not None else PASSWORD
        if guess == "wrong":
            return NEVER_A_PASSWORD
        return right if guess == "right" else {PASSWORD: OTHER_PASSWORD}.get(right, PASSWORD)

    def is_locked(self) -> bool:
        """Whether an address was, and nobody has signed in there since."""
        return any(each.locked_at is not None for each in self.walk.model.holders.values())

    def has_session(self) -> bool:
        """Whether any client has one, ended or not."""
        return any(client.session is not None for client in self.walk.model.clients.values())

    def has_pending(self, kind: type | UnionType) -> bool:
        """Whether any client has such a step pending, lapsed or not."""
        return any(isinstance(client.pending, kind) for client in self.walk.model.clients.values())

    def _first(self, who: str, has: Callable[[Client], object]) -> str:
        """This client; or the other, if only that has what the step is about."""
        having = [name for name in CLIENTS if has(self.walk.model.clients[name])]
        return who if who in having or not having else having[0]

    def _insider(self, who: str, freshly: bool) -> str:
        """Who has a session; if `freshly`, verified with the next code or the password."""
        who = self._first(who, lambda client: client.session)
        if not freshly:
            return who
        self.walk.wait(PERIOD)
        session = self.walk.model.clients[who].session
        if session is None or session.account.secret is not None:
            self.walk.verify(who, typed.right(self.walk, who))
        else:
            self.walk.verify_password(who, session.account.password)
        return who

    def _address(self, who: str) -> str:
        session = self.walk.model.clients[who].session
        return session.address if session is not None else ADDRESSES[0]
