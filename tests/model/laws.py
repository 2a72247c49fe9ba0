"""What holds for every step, told from the records alone: a second witness beside the model.

Were the model wrong in the same way as the product, this would still see a counter that falls, a
code that is good twice, or an account with a factor that is entered without it.
"""

from typing import NamedTuple

from mfactl.core.account import Account, Stranger
from mfactl.core.client import Client, Session, SignIn, SignUp
from tests.model.state import CEILING, LOCK, PERIOD, SIGN_IN, SLACK
from tests.model.world import OWNER, Seen


class Change(NamedTuple):
    """One account before and after a step. `before` None: it was made in this step."""

    before: Account | None
    after: Account

    @property
    def enrolled(self) -> bool:
        return self.after.totp is not None and _app(self.before) != _app(self.after)

    @property
    def step(self) -> int | None:
        """The step that was used up, if one was."""
        if self.after.totp is None:
            return None
        if self.enrolled or self.before is None or self.before.totp is None:
            return self.after.totp.last_step
        rose = self.after.totp.last_step != self.before.totp.last_step
        return self.after.totp.last_step if rose else None

    @property
    def backup_codes(self) -> int:
        """How many backup codes were used up."""
        if self.before is None or _set(self.before) != _set(self.after):
            return 0
        return _used(self.after) - _used(self.before)

    @property
    def spent(self) -> int:
        """How many codes of a factor this step took."""
        return (self.step is not None) + self.backup_codes


class Laws:
    """Watches one vault for its whole life."""

    def __init__(self) -> None:
        self._steps: set[tuple[str, int]] = set()

    def check(
        self, before: Seen, after: Seen, *, who: str, now: int, clears: str | None = None
    ) -> None:
        """Looks at one step that `who` took; the owner may clear the counter of one address."""
        _check_counters(before, after, who, now, clears)
        for change in _changes(before, after):
            self._check_codes(change, now)
            _check_epoch(change, after, who)
        for name, client in after.clients.items():
            held = before.clients.get(name)
            if client != held:
                assert name == who, f"{who} changed the record of {name}"
                _check_session(held, client, _change_of(client, before, after), now)

    def _check_codes(self, change: Change, now: int) -> None:
        before, after = change.before, change.after
        assert change.spent <= 1, "one code was taken for two"
        if change.step is not None and after.totp is not None:
            assert abs(change.step - now // PERIOD) <= 1, "a code of another time was taken"
            used = (after.totp.secret, change.step)
            assert used not in self._steps, "a code of the app was good twice"
            self._steps.add(used)
        if before is None or before.totp is None or after.totp is None:
            return
        if not change.enrolled:
            assert after.totp.last_step >= before.totp.last_step, "a used step was forgotten"
        if _set(before) == _set(after) and before.backup_codes and after.backup_codes:
            pairs = zip(before.backup_codes.codes, after.backup_codes.codes, strict=True)
            assert all(old == new or old.used_at is None for old, new in pairs), "used, and unused"


def _check_counters(before: Seen, after: Seen, who: str, now: int, clears: str | None) -> None:
    for key, held in before.holders.items():
        holder = after.holders.get(key)
        old = held.lockout
        if key == clears:
            assert holder is None or holder.lockout in (old, (0, None)), "a counter was changed"
        elif holder is None:
            assert old.failures == 0, "a vault forgot failures"
        else:
            _check_counter(held, holder, _signed_in(before, after, who, holder, now), now, who)


def _check_counter(
    held: Account | Stranger, holder: Account | Stranger, signed_in: bool, now: int, who: str
) -> None:
    old, new = held.lockout, holder.lockout
    assert new.failures <= old.failures + 1, "one guess was counted twice"
    if new.failures < old.failures:
        assert new == (0, None)
        assert signed_in, "a counter was cleared"
    elif _is_locked(held, now):
        assert new == old, "a lock was moved"
        _check_locked(held, holder, who)


def _check_locked(held: Account | Stranger, holder: Account | Stranger, who: str) -> None:
    """While an address is locked, no code and no password is taken."""
    if not isinstance(held, Account):
        assert isinstance(holder, Stranger), "a locked address got an account"
        return
    assert isinstance(holder, Account)
    if who != OWNER:
        assert holder.password == held.password, "a locked account got a new password"
    assert Change(held, holder).spent == 0, "a locked account took a code"


def _signed_in(before: Seen, after: Seen, who: str, holder: Account | Stranger, now: int) -> bool:
    """Whether this step was a complete sign-in of this account."""
    session = after.clients[who].session if who in after.clients else None
    held = before.clients[who].session if who in before.clients else None
    if session is None or (held is not None and held.id == session.id):
        return False
    return session.account_id == holder.id and session.created_at == now


def _check_session(held: Client | None, client: Client, change: Change | None, now: int) -> None:
    session, old = client.session, held.session if held is not None else None
    if session is None:
        return
    assert client.pending is None, "signed in, and halfway"
    assert change is not None, "a session without an account"
    if old is not None and old.id == session.id:
        _check_step_up(old, session, change, now)
        return
    pending = held.pending if held is not None else None
    if change.before is None:
        assert isinstance(pending, SignUp), "an account without a sign-up"
    elif change.before.totp is not None:
        assert isinstance(pending, SignIn), "a factor, and no half-finished sign-in"
        assert pending.account_id == session.account_id, "another account's sign-in"
        assert pending.epoch == change.before.epoch, "a sign-in from before a change"
        assert -SLACK <= now - pending.created_at < SIGN_IN, "a sign-in that had lapsed"
        assert session.second_factor_at == now
        assert change.spent == 1, "an account with a factor was entered with one"


def _check_step_up(old: Session, session: Session, change: Change, now: int) -> None:
    if session.second_factor_at not in (old.second_factor_at, None):
        assert session.second_factor_at == now
        assert change.spent == 1, "a session was stepped up without a code"


def _check_epoch(change: Change, after: Seen, who: str) -> None:
    """Whoever changes factors or the password ends the others' sessions."""
    if change.before is None:
        return
    assert change.after.epoch >= change.before.epoch
    parts = (_app, _set, lambda account: account.password)
    if any(part(change.before) != part(change.after) for part in parts):
        assert change.after.epoch > change.before.epoch, "a change that ends no session"
    if change.after.epoch == change.before.epoch:
        return
    for name, client in after.clients.items():
        step = client.session or client.pending
        if name != who and not isinstance(step, SignUp | None):
            assert (step.account_id, step.epoch) != (change.after.id, change.after.epoch)


def _changes(before: Seen, after: Seen) -> list[Change]:
    changes = []
    for key, holder in after.holders.items():
        if isinstance(holder, Account):
            held = before.holders.get(key)
            changes.append(Change(held if isinstance(held, Account) else None, holder))
    return changes


def _change_of(client: Client, before: Seen, after: Seen) -> Change | None:
    owner = client.session.account_id if client.session is not None else None
    return next((each for each in _changes(before, after) if each.after.id == owner), None)


def _is_locked(holder: Account | Stranger, now: int) -> bool:
    failures, locked_at = holder.lockout
    return failures >= CEILING or (locked_at is not None and now - locked_at < LOCK)


def _app(account: Account | None) -> str | None:
    return account.totp.id if account is not None and account.totp is not None else None


def _set(account: Account) -> str | None:
    return account.backup_codes.id if account.backup_codes is not None else None


def _used(account: Account) -> int:
    return 0 if account.backup_codes is None else 10 - account.backup_codes.remaining
