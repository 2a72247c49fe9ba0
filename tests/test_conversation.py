"""The frame that runs rules: the clock it reads, and what it does about the client file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfactl import config
from mfactl.conversation import Conversation
from mfactl.core import code, totp
from mfactl.core import verify as rules
from mfactl.core.code import Typed
from mfactl.core.email_code import TEST_CODE
from mfactl.core.verdict import OVER
from mfactl.errors import Code, MfactlError
from mfactl.service import account, factors, sign_up, vault, verify
from mfactl.surroundings import Surroundings

EMAIL = "ada+clerk_test@example.com"
PASSWORD = "correct horse battery staple"
START = 1_767_225_600


class Clock:
    """A clock that a test sets, as somebody does who waits at a prompt."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@contextmanager
def opened(home: Path, clock: Clock, notes: list[str]) -> Iterator[Conversation]:
    paths = config.find_paths({"MFACTL_HOME": str(home)})
    around = Surroundings({}, clock, os.urandom, notes.append, lambda: None)
    conversation = Conversation(paths, config.Settings(), around)
    yield conversation
    conversation.close()


def typed(text: str) -> Typed:
    parsed = code.parse(text)
    assert isinstance(parsed, Typed)
    return parsed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def signed_up(tmp_path: Path, clock: Clock, notes: list[str]) -> Path:
    """A home whose client is signed in at START, in a test vault."""
    with opened(tmp_path / "home", clock, notes) as c:
        vault.init(c, passphrase=None, test=True)
        sign_up.start(c, EMAIL, lambda accept: accept(PASSWORD))
        verify.by_code(c, typed(TEST_CODE))
    return tmp_path / "home"


def test_a_command_that_waited_at_a_prompt_sees_the_time_that_has_passed(
    signed_up: Path, clock: Clock, notes: list[str]
) -> None:
    with opened(signed_up, clock, notes) as c:
        secret = factors.add(c).enrolment.secret
        factors.confirm(c, typed(totp.code_at(secret, totp.step_at(clock.now))))
        assert factors.would_disable(c)
        clock.now += 601  # the question waits for an answer
        with pytest.raises(MfactlError) as caught:
            factors.disable(c)
    assert caught.value.refusals[0].code is Code.REVERIFICATION_REQUIRED


def test_a_code_that_waited_at_a_prompt_is_as_old_as_it_is(
    signed_up: Path, clock: Clock, notes: list[str]
) -> None:
    with opened(signed_up, clock, notes) as c:
        secret = factors.add(c).enrolment.secret
        late = typed(totp.code_at(secret, totp.step_at(clock.now)))
        clock.now += 60
        with pytest.raises(MfactlError) as caught:
            factors.confirm(c, late)
    assert caught.value.refusals[0].code is Code.CODE_INCORRECT


def test_a_refusal_about_nobody_hides_nobody_at_the_address(
    tmp_path: Path, clock: Clock, notes: list[str]
) -> None:
    """Its event names no subject; the stranger that counts the address's failures is there."""
    with opened(tmp_path / "home", clock, notes) as c:
        vault.init(c, passphrase=None, test=True)
        sign_up.start(c, EMAIL, lambda accept: accept(PASSWORD))
        with pytest.raises(MfactlError, match="form_code_incorrect"):
            verify.by_code(c, typed("000000"))
        with pytest.raises(MfactlError, match="strategy_for_user_invalid"):
            verify.by_password(c, lambda: PASSWORD)
        verify.by_code(c, typed(TEST_CODE))
        with c.reading() as transaction:
            assert transaction.at_address(transaction.address_id(EMAIL)) is not None


def test_a_client_file_that_cannot_be_brought_up_to_date_undoes_nothing_and_is_told(
    signed_up: Path, clock: Clock, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(signed_up, clock, notes) as c:
        notes.clear()

        def full(*_names: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        assert factors.add(c).enrolment.secret
    monkeypatch.undo()
    assert any("No space left on device" in note for note in notes)
    with opened(signed_up, clock, notes) as c:
        assert account.show(c).account.email == EMAIL


def test_a_lock_that_the_system_refuses_is_an_error_of_the_machine(
    signed_up: Path, clock: Clock, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(37, "No locks available")

    with opened(signed_up, clock, notes) as c:
        monkeypatch.setattr("fcntl.flock", refuse)
        assert factors.add(c).enrolment.secret  # the mark is written after the commit
        with pytest.raises(MfactlError) as caught:
            verify.by_code(c, typed("000000"))  # a token is offered before it
    assert caught.value.refusals[0].code is Code.IO_ERROR


def test_a_verifier_that_changes_under_every_try_ends_as_busy(
    signed_up: Path, clock: Clock, notes: list[str]
) -> None:
    with opened(signed_up, clock, notes) as c:
        asked: list[object] = []

        def never(verdict: object, work: object, _situation: object) -> object:
            asked.append(verdict)
            return work  # as if the verifier had changed once more

        with pytest.raises(MfactlError) as caught:
            c.decide(
                lambda s, work: rules.attempt(s, None, work=work),
                never,  # type: ignore[arg-type]
            )
    assert caught.value.refusals[0].code is Code.VAULT_BUSY
    assert len(asked) == 3  # the hash, and again twice


def test_who_is_asked_for_the_code_of_a_sign_up_is_not_asked_for_that_of_another(
    signed_up: Path, clock: Clock, notes: list[str]
) -> None:
    (signed_up / "client.toml").unlink()
    with opened(signed_up, clock, notes) as here, opened(signed_up, clock, notes) as there:
        sign_up.start(here, "eve+clerk_test@example.com", lambda accept: accept(PASSWORD))
        sign_up.start(there, "bob+clerk_test@example.com", lambda accept: accept(PASSWORD))
        with pytest.raises(MfactlError) as caught:
            verify.awaited(here)
        assert verify.awaited(there).email == "bob+clerk_test@example.com"
    assert caught.value.refusals == (OVER,)
