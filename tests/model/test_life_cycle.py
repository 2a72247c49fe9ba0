"""The real service against the model: long walks that Hypothesis chooses, and a few by hand."""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from mfactl.errors import Code
from tests.model import starts, typed
from tests.model.edges import edges_of
from tests.model.machine import ACTS, LifeCycle
from tests.model.starts import OTHER_PASSWORD, PASSWORD
from tests.model.state import DAY, HOUR, MINUTE, TRIES, SignUp
from tests.model.walk import ADA, BOB, CLIENTS, LAPTOP, PHONE, Walk
from tests.support.soak import Tally

# What long walks cannot but meet; if one is missing, the machine has stopped looking.
MET = {
    "confirm: done",
    "disable: done",
    "new password: done",
    "delete: done",
    "regenerate: done",
    "reset: done",
    "set password: done",
    "unlock: done",
    "resend verification_code_too_many_requests",
    "sign in user_locked",
    "sign out everywhere: done",
    "sign up verification_code_too_many_requests",
    "verify NoneType form_code_incorrect",
    "verify NoneType: done",
    "verify SignIn client_state_invalid",
    "verify SignIn form_code_incorrect account_lockout_warning",
    "verify SignIn user_locked",
    "verify SignIn: done",
    "verify SignUp verification_expired",
    "verify SignUp verification_failed",
    "verify SignUp: done",
}
Begin = Callable[[str], Walk]


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    """How often which command had which answer."""
    return Counter()


@pytest.fixture(scope="module")
def begun(folder: Path, counts: Counter[str]) -> Mapping[str, Walk]:
    """Lives that have got somewhere. They are copied, and not walked on themselves."""
    return starts.make(folder, counts)


@pytest.fixture
def begin(begun: Mapping[str, Walk], folder: Path) -> Begin:
    """Goes on from where one of them stands."""
    return lambda name: copied(begun[name], folder)


_numbers = count(1)


def copied(walk: Walk, folder: Path) -> Walk:
    return walk.copy(folder / f"by-hand-{next(_numbers)}")


@pytest.mark.slow
@pytest.mark.soak
def test_whatever_happens_the_service_does_what_the_rules_say(
    begun: Mapping[str, Walk], folder: Path, counts: Counter[str], soak: bool, tally: Tally
) -> None:
    class Machine(LifeCycle):
        """These walks."""

    Machine.starts, Machine.folder = begun, folder
    how = settings(
        max_examples=400 if soak else 6,
        stateful_step_count=60 if soak else 40,
        derandomize=not soak,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=how)
    if soak:
        assert set(counts) >= MET, sorted(MET - set(counts))
    tally("commands of two clients in any order, each compared with a model", counts.total())


# --- by hand: what a short run may not come to


def test_a_hundred_guesses_lock_an_address_for_ever(begin: Begin) -> None:
    walk = begin("almost for ever")

    walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))
    walk.verify(LAPTOP, typed.backup_unknown(walk, LAPTOP))
    answer = walk.verify(LAPTOP, typed.right(walk, LAPTOP))
    assert (answer.codes, answer.told) == ((Code.USER_LOCKED,), (None,))
    for wait in (HOUR, 400 * DAY, -800 * DAY):
        walk.wait(wait)
        walk.sign_in(PHONE, ADA, PASSWORD)
    assert walk.model.holders[ADA].failures == 100
    walk.end()


def test_only_a_complete_sign_in_clears_the_counter(begin: Begin) -> None:
    walk = begin("two guesses left")

    walk.sign_in(LAPTOP, ADA, PASSWORD)
    walk.verify(LAPTOP, typed.app_again(walk, LAPTOP))
    walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))
    assert walk.model.holders[ADA].failures == 9
    walk.verify(LAPTOP, typed.right(walk, LAPTOP))
    assert walk.model.holders[ADA].failures == 0

    walk.sign_in(PHONE, ADA, PASSWORD)
    walk.verify(PHONE, typed.wrong(walk, PHONE))
    walk.wait(MINUTE)
    walk.verify(LAPTOP, typed.right(walk, LAPTOP))
    walk.regenerate(LAPTOP)
    walk.disable(LAPTOP)
    starts.enrol(walk, LAPTOP)
    assert walk.model.holders[ADA].failures == 1
    walk.end()


def test_what_is_no_guess_is_not_counted(begin: Begin) -> None:
    walk = begin("an app")
    walk.verify(LAPTOP, typed.app_again(walk, LAPTOP))
    walk.verify(LAPTOP, typed.app(walk, LAPTOP, -1))
    walk.verify(LAPTOP, typed.backup(walk, LAPTOP))
    walk.verify(LAPTOP, typed.backup_again(walk, LAPTOP))
    for text in typed.MISTYPED:
        walk.mistype(LAPTOP, text)
    walk.disable(LAPTOP)
    walk.add(LAPTOP)
    walk.confirm(LAPTOP, typed.wrong(walk, LAPTOP))
    walk.confirm(LAPTOP, typed.backup_replaced(walk, LAPTOP))
    assert walk.model.holders[ADA].failures == 0

    walk.confirm(LAPTOP, typed.app(walk, LAPTOP))
    walk.verify(LAPTOP, typed.backup_replaced(walk, LAPTOP))
    assert walk.model.holders[ADA].failures == 1
    walk.end()


def test_a_mailed_code_is_void_after_five_wrong_ones_or_a_new_mail(begin: Begin) -> None:
    walk = begin("nobody")
    walk.sign_up(LAPTOP, BOB, PASSWORD)
    for _ in range(TRIES):
        walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))
    assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == (Code.VERIFICATION_FAILED,)

    walk.resend(LAPTOP)  # too soon
    walk.wait(30)
    walk.resend(LAPTOP)
    walk.verify(LAPTOP, typed.mailed_before(walk, LAPTOP))
    walk.wait(10 * MINUTE)
    assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == (Code.VERIFICATION_EXPIRED,)

    walk.resend(LAPTOP)
    assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == ()
    assert walk.model.holders[BOB].failures == TRIES + 1
    walk.end()


def test_a_mailed_code_is_refused_while_its_address_is_locked(begin: Begin) -> None:
    walk = begin("nobody")
    walk.sign_up(LAPTOP, BOB, PASSWORD)
    for _ in range(2):
        for _ in range(TRIES):
            walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))
        walk.wait(30)
        walk.resend(LAPTOP)
    assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == (Code.USER_LOCKED,)

    walk.wait(HOUR)
    walk.resend(LAPTOP)
    assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == ()
    walk.end()


def test_of_two_sign_ups_for_one_address_the_first_to_finish_has_it(begin: Begin) -> None:
    walk = begin("nobody")
    walk.sign_up(LAPTOP, BOB, PASSWORD)
    walk.wait(30)
    walk.sign_up(PHONE, BOB, OTHER_PASSWORD)
    walk.verify(LAPTOP, typed.mailed_to_other(walk, LAPTOP))
    walk.verify(LAPTOP, typed.right(walk, LAPTOP))

    walk.verify(PHONE, typed.wrong(walk, PHONE))
    assert walk.verify(PHONE, typed.right(walk, PHONE)).codes == (Code.IDENTIFIER_EXISTS,)
    walk.sign_in(PHONE, BOB, OTHER_PASSWORD)
    walk.end()


CHANGES: dict[str, Callable[[Walk], None]] = {
    "new codes": lambda walk: walk.regenerate(LAPTOP),
    "no app": lambda walk: walk.disable(LAPTOP),
    "password": lambda walk: walk.change_password(LAPTOP, PASSWORD, OTHER_PASSWORD),
    "everywhere": lambda walk: walk.sign_out(LAPTOP, everywhere=True),
}


@pytest.mark.parametrize("halfway", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_ends_the_other_session_or_the_half_finished_sign_in(
    begin: Begin, change: str, halfway: bool
) -> None:
    walk = begin("two halfway")
    walk.verify(LAPTOP, typed.right(walk, LAPTOP))
    if not halfway:
        walk.verify(PHONE, typed.backup(walk, PHONE))

    CHANGES[change](walk)
    walk.wait(30)

    assert walk.verify(PHONE, typed.right(walk, PHONE)).codes != ()
    walk.add(PHONE)
    walk.end()


def test_confirming_an_app_ends_the_other_session(begin: Begin) -> None:
    walk = begin("a password")
    walk.sign_in(PHONE, ADA, PASSWORD)
    walk.add(PHONE)
    starts.enrol(walk, LAPTOP)

    walk.confirm(PHONE, typed.app(walk, PHONE))
    walk.verify(PHONE, typed.app(walk, LAPTOP, 1))
    walk.end()


def test_a_code_that_confirmed_the_app_signs_nobody_in(begin: Begin) -> None:
    walk = begin("an app")
    walk.sign_out(LAPTOP)
    walk.sign_in(LAPTOP, ADA, PASSWORD)

    for drift in (-1, 0, 2, -2):
        assert walk.verify(LAPTOP, typed.app(walk, LAPTOP, drift)).codes[0] is Code.CODE_INCORRECT
    assert walk.verify(LAPTOP, typed.app(walk, LAPTOP, 1)).codes == ()
    walk.end()


def test_only_the_owner_lifts_a_lock_for_ever(begin: Begin) -> None:
    walk = begin("almost for ever")
    walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))
    walk.verify(LAPTOP, typed.backup_unknown(walk, LAPTOP))
    walk.set_password(ADA, OTHER_PASSWORD)
    walk.reset_mfa(ADA)
    walk.sign_in(PHONE, ADA, OTHER_PASSWORD)
    assert walk.model.holders[ADA].failures == 100
    assert walk.model.clients[PHONE].session is None

    walk.unlock(ADA)
    walk.sign_in(PHONE, ADA, OTHER_PASSWORD)
    assert walk.model.clients[PHONE].session is not None
    walk.end()


@pytest.mark.parametrize("halfway", [False, True])
@pytest.mark.parametrize("act", ["reset", "set password", "delete"])
def test_what_the_owner_changes_ends_sessions_and_half_finished_sign_ins(
    begin: Begin, act: str, halfway: bool
) -> None:
    walk = begin("two halfway")
    if not halfway:
        walk.verify(LAPTOP, typed.right(walk, LAPTOP))
    ACTS[act](walk, ADA, OTHER_PASSWORD)
    walk.wait(30)
    for who in CLIENTS:
        assert walk.verify(who, typed.right(walk, who)).codes != ()
        walk.add(who)
    if act == "delete":
        walk.sign_out(LAPTOP)
        walk.sign_up(LAPTOP, ADA, OTHER_PASSWORD)
        assert walk.verify(LAPTOP, typed.right(walk, LAPTOP)).codes == ()
        walk.verify(PHONE, typed.right(walk, PHONE))
    walk.end()


def test_the_owner_unlocks_an_address_that_has_no_account(begin: Begin) -> None:
    walk = begin("nobody")
    walk.unlock(BOB)
    for _ in range(10):
        walk.sign_in(PHONE, BOB, PASSWORD)
    walk.sign_in(PHONE, BOB, PASSWORD)
    walk.unlock(BOB)
    walk.unlock(BOB)
    walk.sign_in(PHONE, BOB, PASSWORD)
    assert walk.model.holders[BOB].failures == 1
    walk.wait(2 * DAY)
    for act in ("reset", "set password", "delete"):
        ACTS[act](walk, BOB, PASSWORD)
    walk.end()


def adding(walk: Walk) -> None:
    """Bob's app waits for its first code; Ada's session is a minute older."""
    walk.wait(MINUTE)
    walk.add(PHONE)


def signing_up(walk: Walk) -> None:
    """A mailed code is not as old as its sign-up."""
    walk.sign_up(LAPTOP, BOB, PASSWORD)
    walk.wait(HOUR)
    walk.resend(LAPTOP)


def locked(walk: Walk) -> None:
    starts.guess(walk, LAPTOP, 1)
    walk.verify(LAPTOP, typed.wrong(walk, LAPTOP))


EDGES: dict[str, tuple[str, Callable[[Walk], None]]] = {
    "sessions and a secret": ("two accounts", adding),
    "a sign-up": ("nobody", signing_up),
    "sign-ins": ("two halfway", lambda _walk: None),
    "a lock": ("two guesses left", locked),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", EDGES)
def test_everything_begins_and_ends_to_the_second(begin: Begin, folder: Path, what: str) -> None:
    start, prepare = EDGES[what]
    walk = begin(start)
    prepare(walk)
    for edge in edges_of(walk.model):
        for off in (-1, 0):
            branch = copied(walk, folder)
            branch.wait(edge + off - walk.model.now)
            for who in CLIENTS:
                client = branch.model.clients[who]
                if client.enrolment is not None:
                    branch.confirm(who, typed.app(branch, who))
                if isinstance(client.pending, SignUp):
                    branch.resend(who)
                if client.known_since is not None:
                    branch.verify(who, typed.right(branch, who))
            if branch.model.holders[ADA].locked_at is not None:
                branch.sign_in(PHONE, ADA, PASSWORD)
            branch.end()
