"""docs/rules.md in another hand: what each command has to answer, and what it leaves behind.

Written from that page, with nothing of the product but the names of its refusals. Where the product
counts epochs, the model ends what has to end one by one; where it seals and hashes, the model just
knows. Every method is one command: it changes the model, and returns the answer that is due.
"""

from mfactl.errors import Code
from tests.model.owned import Owned
from tests.model.state import (
    DONE,
    EMAIL_CODE,
    ENROLMENT,
    INTERVAL,
    SIGN_IN,
    SIGN_UP,
    TRIES,
    WEAK,
    Account,
    Answer,
    Client,
    Enrolment,
    Holder,
    Session,
    SignIn,
    SignUp,
    is_backup,
    no,
)


class Model(Owned):
    """One vault, as its users see it: a method for each command."""

    # --- signing up

    def sign_up(self, who: str, address: str, password: str, code: str) -> Answer:
        client, holder = self.clients[who], self.holders[address]
        if self._is_live(client):
            return self._stored(no(Code.SESSION_EXISTS))
        refusal = self._no_code_for(holder)
        if refusal is not None:
            return self._stored(refusal)
        if password == WEAK:
            return no(Code.PASSWORD_NOT_STRONG_ENOUGH)
        pending = SignUp(address, password, code, self.now, self.now)
        self.clients[who] = Client(self._since(client), pending)
        return self._mailed(holder)

    def resend(self, who: str, code: str) -> Answer:
        pending = self.clients[who].pending
        if not isinstance(pending, SignUp) or not self._is_fresh(pending.began_at, SIGN_UP):
            return self._stored(no(Code.CLIENT_STATE_INVALID))
        holder = self.holders[pending.address]
        refusal = self._no_code_for(holder)
        if refusal is not None:
            return self._stored(refusal)
        pending.code, pending.code_at, pending.tries = code, self.now, 0
        return self._mailed(holder)

    def _no_code_for(self, holder: Holder) -> Answer | None:
        if holder.account is not None:
            return no(Code.IDENTIFIER_EXISTS)
        if holder.mailed_at is not None and self._is_fresh(holder.mailed_at, INTERVAL):
            return no(Code.TOO_MANY_REQUESTS, holder.mailed_at + INTERVAL - self.now)
        return None

    def _mailed(self, holder: Holder) -> Answer:
        holder.mailed_at = holder.used_at = self.now
        self.events += 1
        return self._stored(DONE)

    def _verify_email(self, client: Client, pending: SignUp, text: str) -> Answer:
        holder = self.holders[pending.address]
        if not self._is_fresh(pending.began_at, SIGN_UP):
            return no(Code.CLIENT_STATE_INVALID)
        if is_backup(text):
            return no(Code.PARAM_FORMAT_INVALID)
        if (locked := self._locked(holder)) is not None:
            return locked
        if not self._is_fresh(pending.code_at, EMAIL_CODE):
            return no(Code.VERIFICATION_EXPIRED)
        if pending.tries >= TRIES:
            return no(Code.VERIFICATION_FAILED)
        if text != pending.code:
            pending.tries += 1
            return self._wrong(holder, Code.CODE_INCORRECT, tries=TRIES - pending.tries)
        client.pending = None
        if holder.account is not None:
            return no(Code.IDENTIFIER_EXISTS)
        holder.account, holder.mailed_at = Account(pending.password), None
        self._begin(client, Session(pending.address, holder.account, self.now, self.now))
        return DONE

    # --- signing in

    def sign_in(self, who: str, address: str, password: str) -> Answer:
        return self._stored(self._sign_in(who, self.holders[address], address, password))

    def _sign_in(self, who: str, holder: Holder, address: str, password: str) -> Answer:
        client, account = self.clients[who], holder.account
        if self._is_live(client):
            return no(Code.SESSION_EXISTS)
        if (locked := self._locked(holder)) is not None:
            return locked
        if account is None or account.password != password:
            return self._wrong(holder, Code.PASSWORD_OR_IDENTIFIER_INCORRECT)
        client = self.clients[who] = Client(self._since(client))
        if account.secret is not None:
            client.pending = SignIn(address, account, self.now)
        else:
            self._clear(holder)
            self._begin(client, Session(address, account, self.now, self.now))
        return DONE

    def _verify_factor(self, client: Client, pending: SignIn, text: str) -> Answer:
        if pending.ended or not self._is_fresh(pending.began_at, SIGN_IN):
            client.pending = None
            return no(Code.CLIENT_STATE_INVALID)
        holder = self.holders[pending.address]
        answer = self._factor(holder, pending.account, text)
        if answer == DONE:
            self._clear(holder)
            client.pending = None
            account, password_at = pending.account, pending.began_at
            self._begin(client, Session(pending.address, account, self.now, password_at, self.now))
        return answer

    # --- verify

    def verify(self, who: str, text: str) -> Answer:
        client = self.clients[who]
        match client.pending:
            case SignUp():
                return self._stored(self._verify_email(client, client.pending, text))
            case SignIn():
                return self._stored(self._verify_factor(client, client.pending, text))
        session = client.session
        if session is None or not self._is_live(client):
            return self._stored(self._nothing_to_verify(client))
        if session.account.secret is None:
            return self._stored(no(Code.NO_SECOND_FACTORS))
        answer = self._factor(self.holders[session.address], session.account, text)
        if answer == DONE:
            session.factor_at = self.now
        return self._stored(answer)

    def verify_password(self, who: str, password: str) -> Answer:
        client = self.clients[who]
        session = client.session
        if client.pending is not None:
            return self._stored(no(Code.STRATEGY_FOR_USER_INVALID))
        if session is None or not self._is_live(client):
            return self._stored(self._nothing_to_verify(client))
        if session.account.secret is not None:
            return self._stored(no(Code.STRATEGY_FOR_USER_INVALID))
        answer = self._password(session, password)
        if answer == DONE:
            session.password_at = self.now
        return self._stored(answer)

    def _nothing_to_verify(self, client: Client) -> Answer:
        return no(Code.CLIENT_STATE_INVALID if client.session is None else Code.SIGNED_OUT)

    # --- the factors and the password of who is signed in

    def add(self, who: str, secret: str) -> Answer:
        client = self.clients[who]
        answer = self._may_change(client, on=False)
        if answer == DONE:
            client.enrolment = Enrolment(secret, self.now)
        return self._stored(answer)

    def confirm(self, who: str, text: str, codes: tuple[str, ...]) -> Answer:
        client = self.clients[who]
        answer = self._confirm(client, text)
        if answer == DONE and client.session is not None and client.enrolment is not None:
            account = client.session.account
            account.secret = client.enrolment.secret
            account.last_step = self.steps_of(account.secret, text)[-1]
            account.backup_codes = dict.fromkeys(codes, False)
            client.session.factor_at = self.now
            self._end_others(client)
        return self._stored(answer)

    def _confirm(self, client: Client, text: str) -> Answer:
        session, enrolment = client.session, client.enrolment
        if session is None or not self._is_live(client):
            return self._not_live(client)
        if session.account.secret is not None:
            return no(Code.TOTP_ALREADY_ENABLED)
        if enrolment is None:
            return no(Code.RESOURCE_NOT_FOUND)
        if not self._is_fresh(enrolment.began_at, ENROLMENT):
            return no(Code.CLIENT_STATE_INVALID)
        if self._is_stale(session):
            return no(Code.REVERIFICATION_REQUIRED)
        if is_backup(text):
            return no(Code.PARAM_FORMAT_INVALID)
        if (locked := self._locked(self.holders[session.address])) is not None:
            return locked
        return DONE if self.steps_of(enrolment.secret, text) else no(Code.CODE_INCORRECT)

    def disable(self, who: str) -> Answer:
        client = self.clients[who]
        answer = self._may_change(client, on=True)
        if answer == DONE and client.session is not None:
            account = client.session.account
            account.secret, account.last_step, account.backup_codes = None, -1, {}
            client.session.factor_at = None
            self._end_others(client)
        if answer.codes == (Code.BACKUP_CODES_NOT_AVAILABLE,):
            answer = no(Code.RESOURCE_NOT_FOUND)
        return self._stored(answer)

    def regenerate(self, who: str, codes: tuple[str, ...]) -> Answer:
        client = self.clients[who]
        answer = self._may_change(client, on=True)
        if answer == DONE and client.session is not None:
            client.session.account.backup_codes = dict.fromkeys(codes, False)
            self._end_others(client)
        return self._stored(answer)

    def change_password(self, who: str, current: str, new: str) -> Answer:
        client = self.clients[who]
        session = client.session
        if session is None or not self._is_live(client):
            return self._stored(self._not_live(client))
        if self._is_stale(session):
            return self._stored(no(Code.REVERIFICATION_REQUIRED))
        answer = self._stored(self._password(session, current))
        if answer != DONE:
            return answer
        if new == current:
            return no(Code.NEW_PASSWORD_MATCHES_CURRENT)
        if new == WEAK:
            return no(Code.PASSWORD_NOT_STRONG_ENOUGH)
        session.account.password = new
        session.password_at = self.now
        self._end_others(client, drop_enrolment=False)
        return self._stored(DONE)

    def may_change(self, who: str) -> Answer:
        """Whether this client may add the app, or remove it where it is on."""
        client = self.clients[who]
        on = client.session is not None and client.session.account.secret is not None
        return self._may_change(client, on=on)

    def _may_change(self, client: Client, *, on: bool) -> Answer:
        session = client.session
        if session is None or not self._is_live(client):
            return self._not_live(client)
        if (session.account.secret is not None) is not on:
            wrong = Code.BACKUP_CODES_NOT_AVAILABLE if on else Code.TOTP_ALREADY_ENABLED
            return no(wrong)
        return no(Code.REVERIFICATION_REQUIRED) if self._is_stale(session) else DONE

    # --- signing out

    def sign_out(self, who: str, *, everywhere: bool) -> Answer:
        client = self.clients[who]
        live = self._is_live(client)
        if not live and client.pending is None:
            return self._stored(self._not_live(client))
        if live and everywhere:
            self._end_others(client)
        self.clients[who] = Client()
        return self._stored(DONE)
