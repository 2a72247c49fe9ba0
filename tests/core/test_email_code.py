from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import email_code
from mfactl.core.client import EmailCode
from mfactl.core.email_code import State
from tests.support.builders import MINUTE, NOW, PEPPER


def drawing(*numbers: int) -> Callable[[int], bytes]:
    """Random bytes that spell these numbers, one a draw."""
    rest = iter(numbers)

    def random_bytes(count: int) -> bytes:
        assert count == 4
        return next(rest).to_bytes(count, "big")

    return random_bytes


def made(*, text: str = "271828", sign_up_id: str = "sua_1", now: int = NOW) -> EmailCode:
    return email_code.make(text, pepper=PEPPER, sign_up_id=sign_up_id, now=now)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "000000"),
        (7, "000007"),
        (999_999, "999999"),
        (1_000_000, "000000"),
        (1_271_828, "271828"),
    ],
)
def test_a_code_has_six_digits_with_its_leading_zeros(number: int, text: str) -> None:
    assert email_code.draw(drawing(number)) == text


def test_a_draw_that_would_favour_the_low_codes_is_drawn_again() -> None:
    last_fair = 4_294 * 10**6 - 1
    assert email_code.draw(drawing(last_fair)) == "999999"
    assert email_code.draw(drawing(last_fair + 1, 2**32 - 1, 5)) == "000005"


def test_a_code_matches_itself_and_no_other() -> None:
    code = made(text="271828")

    assert email_code.matches(code, "271828", pepper=PEPPER, sign_up_id="sua_1")
    assert not email_code.matches(code, "271829", pepper=PEPPER, sign_up_id="sua_1")


def test_a_code_is_bound_to_its_sign_up() -> None:
    code = made(sign_up_id="sua_1")

    assert not email_code.matches(code, "271828", pepper=PEPPER, sign_up_id="sua_2")


def test_a_code_is_bound_to_the_pepper() -> None:
    assert not email_code.matches(made(), "271828", pepper=b"another", sign_up_id="sua_1")


def test_the_id_and_the_code_cannot_run_into_each_other() -> None:
    code = made(text="271828", sign_up_id="sua_1")

    assert not email_code.matches(code, "1271828", pepper=PEPPER, sign_up_id="sua_")


def test_a_new_code_has_no_tries_and_keeps_nothing_but_a_digest() -> None:
    code = made(now=NOW)

    assert (code.attempts, code.created_at) == (0, NOW)
    assert len(code.digest) == 32
    assert b"271828" not in code.digest


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (-61, State.EXPIRED),
        (-60, State.OPEN),
        (0, State.OPEN),
        (599, State.OPEN),
        (600, State.EXPIRED),
        (601, State.EXPIRED),
    ],
)
def test_a_code_lives_ten_minutes(age: int, state: State) -> None:
    assert email_code.state(made(now=NOW - age), now=NOW) is state


def test_the_expiry_is_the_first_second_at_which_a_code_has_expired() -> None:
    code = made()
    expiry = email_code.expire_at(code)

    assert expiry == NOW + 10 * MINUTE
    assert email_code.state(code, now=expiry - 1) is State.OPEN
    assert email_code.state(code, now=expiry) is State.EXPIRED


@pytest.mark.parametrize(
    ("attempts", "state"),
    [(0, State.OPEN), (4, State.OPEN), (5, State.EXHAUSTED), (6, State.EXHAUSTED)],
)
def test_a_code_takes_five_tries(attempts: int, state: State) -> None:
    assert email_code.state(made()._replace(attempts=attempts), now=NOW) is state


def test_a_code_that_is_both_expired_and_exhausted_has_expired() -> None:
    code = made(now=NOW - 10 * MINUTE)._replace(attempts=5)

    assert email_code.state(code, now=NOW) is State.EXPIRED


def test_the_numbers_that_users_and_other_modules_rely_on() -> None:
    assert email_code.TEST_CODE == "424242"
    assert email_code.INTERVAL_SECONDS == 30
    assert email_code.LIFETIME_SECONDS == 600


@given(st.binary(min_size=4, max_size=4))
@settings(deadline=None)
def test_whatever_is_drawn_is_six_ascii_digits(first: bytes) -> None:
    draws = iter([first, bytes(4)])

    text = email_code.draw(lambda _count: next(draws))

    assert len(text) == 6
    assert text.isascii()
    assert text.isdigit()


@pytest.mark.parametrize(
    ("email", "is_test"),
    [
        ("ada+clerk_test@example.com", True),
        ("ada+work+clerk_test@example.com", True),
        ("ADA+CLERK_TEST@example.com", True),
        ("ada@example.com", False),
        ("ada+clerk_test2@example.com", False),
        ("adaclerk_test@example.com", False),
        ("ada@clerk_test", False),
        ("ada@x+clerk_test", False),
        ("ada@x+clerk_test@example.com", False),
    ],
)
def test_a_test_address_has_the_test_subaddress(email: str, is_test: bool) -> None:
    assert email_code.is_test_address(email) is is_test
