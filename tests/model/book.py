"""What stands in one vault, and how it is judged: fresh, live, locked, right or wrong."""

from mfactl.errors import Code
from tests.model.state import (
    CEILING,
    DONE,
    GUESSES,
    LOCK,
    PERIOD,
    REVERIFICATION,
    SESSION,
    SLACK,
    SPENT,
    STRANGER,
    WARN_AT,
    Account,
    Answer,
    Client,
    Holder,
    Session,
    SignIn,
    code_of,
    is_backup,
    no,
)


class Book:
    """The addresses, the clients and the clock. `events` counts what was stored."""

    def __init__(self, now: int, addresses: tuple[str, ...], clients: tuple[str, ...]) -> None:
        self.now = now
        self.events = 1  # the vault was made
        self.holders = {address: Holder() for address in addresses}
        self.clients = {name: Client() for name in clients}

    # --- guesses

    def _password(self, session: Session, password: str) -> Answer:
        holder = self.holders[session.address]
        if (locked := self._locked(holder)) is not None:
            return locked
        if session.account.password != password:
            return self._wrong(holder, Code.PASSWORD_VALIDATION_FAILED)
        return DONE

    def _factor(self, holder: Holder, account: Account, text: str) -> Answer:
        if (locked := self._locked(holder)) is not None:
            return locked
        if is_backup(text):
            if text not in account.backup_codes:
                return self._wrong(holder, Code.CODE_INCORRECT)
            if account.backup_codes[text]:
                return no(Code.CODE_INCORRECT, SPENT)
            account.backup_codes[text] = True
            return DONE
        steps = self.steps_of(account.secret, text)
        if not steps:
            return self._wrong(holder, Code.CODE_INCORRECT)
        if steps[-1] <= account.last_step:
            return no(Code.CODE_INCORRECT, SPENT)
        account.last_step = steps[-1]
        return DONE

    def steps_of(self, secret: str | None, text: str) -> list[int]:
        """The steps around now that have this code: by accident more than one."""
        if secret is None:
            return []
        here = self.now // PERIOD
        return [step for step in range(here - 1, here + 2) if code_of(secret, step) == text]

    # --- what the vault may forget, once it has lapsed

    def forget_client(self, who: str) -> None:
        assert self.clients[who].lapses_at() < self.now, f"{who} was forgotten too soon"
        self.clients[who] = Client()

    def forget_stranger(self, address: str) -> None:
        holder = self.holders[address]
        assert holder.account is None
        assert holder.failures == 0, f"failures of {address} were forgotten"
        assert holder.used_at + STRANGER < self.now, f"{address} was forgotten too soon"
        self.holders[address] = Holder()

    # --- what they have in common

    def _stored(self, answer: Answer) -> Answer:
        self.events += 1
        return answer

    def _is_fresh(self, then: int, limit: int) -> bool:
        return then - SLACK <= self.now < then + limit

    def _is_live(self, client: Client) -> bool:
        session = client.session
        return (
            session is not None and not session.ended and self._is_fresh(session.began_at, SESSION)
        )

    def _not_live(self, client: Client) -> Answer:
        return no(Code.AUTHENTICATION_INVALID if client.session is None else Code.SIGNED_OUT)

    def _is_stale(self, session: Session) -> bool:
        then = session.password_at if session.account.secret is None else session.factor_at
        return then is None or not self._is_fresh(then, REVERIFICATION)

    def _since(self, client: Client) -> int:
        return self.now if client.known_since is None else client.known_since

    def _begin(self, client: Client, session: Session) -> None:
        client.session, client.enrolment = session, None

    def _end_others(self, client: Client, *, drop_enrolment: bool = True) -> None:
        """Ends the account's other sessions and half-finished sign-ins."""
        assert client.session is not None
        account = client.session.account
        if drop_enrolment:
            client.enrolment = None
        for other in self.clients.values():
            if other is client:
                continue
            if other.session is not None and other.session.account is account:
                other.session.ended = True
            if isinstance(other.pending, SignIn) and other.pending.account is account:
                other.pending.ended = True

    def _end_all(self, account: Account) -> None:
        """Ends every session and half-finished sign-in of the account."""
        for client in self.clients.values():
            if client.session is not None and client.session.account is account:
                client.session.ended = True
            if isinstance(client.pending, SignIn) and client.pending.account is account:
                client.pending.ended = True

    def _locked(self, holder: Holder) -> Answer | None:
        if holder.failures >= CEILING:
            return no(Code.USER_LOCKED, None)
        if holder.locked_at is None or self.now >= holder.locked_at + LOCK:
            return None
        return no(Code.USER_LOCKED, holder.locked_at + LOCK - self.now)

    def _wrong(self, holder: Holder, code: Code, *, tries: int = GUESSES) -> Answer:
        """Counts a guess; a code also says how many are left, by whichever limit is nearer."""
        holder.failures += 1
        holder.used_at = self.now
        left = -holder.failures % GUESSES
        if left == 0:
            holder.locked_at = self.now
        told = (min(left, tries),) if code is Code.CODE_INCORRECT else ()
        if left > WARN_AT:
            return Answer((code,), told)
        return Answer((code, Code.LOCKOUT_WARNING), (*told, left))

    def _clear(self, holder: Holder) -> None:
        holder.failures, holder.locked_at = 0, None
