"""The phone's codes, which steps count, and the URI. Vectors: RFC 4226 app. D, RFC 6238 app. B."""

import base64

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import totp
from mfactl.core.totp import Match, Outcome
from tests.support.builders import EMAIL, NOW, OTHER_SECRET, SECRET

STEP = totp.step_at(NOW)
RFC_SEED = base64.b32encode(b"12345678901234567890").decode()
TWINS = (59061240, 59061241)  # two steps in a row whose code under RFC_SEED is the same


def code(drift: int) -> str:
    return totp.code_at(SECRET, STEP + drift)


RFC_4226 = ["755224", "287082", "359152", "969429", "338314"]
RFC_4226 += ["254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(RFC_4226)))
def test_codes_are_those_of_rfc_4226_appendix_d(counter: int, expected: str) -> None:
    assert totp.code_at(RFC_SEED, counter) == expected


@pytest.mark.parametrize(
    ("now", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(now: int, eight_digits: str) -> None:
    assert totp.code_at(RFC_SEED, totp.step_at(now)) == eight_digits[-6:]


@pytest.mark.parametrize(("now", "step"), [(0, 0), (29, 0), (30, 1), (59, 1), (60, 2), (-1, -1)])
def test_a_step_is_thirty_seconds(now: int, step: int) -> None:
    assert totp.step_at(now) == step


def test_a_secret_is_twenty_random_bytes_in_thirty_two_base32_characters() -> None:
    asked: list[int] = []

    def random_bytes(count: int) -> bytes:
        asked.append(count)
        return bytes(range(count))

    secret = totp.draw(random_bytes)

    assert asked == [20]
    assert len(secret) == 32
    assert base64.b32decode(secret) == bytes(range(20))


@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        (-2, Match(Outcome.WRONG)),
        (-1, Match(Outcome.GOOD, STEP - 1)),
        (0, Match(Outcome.GOOD, STEP)),
        (1, Match(Outcome.GOOD, STEP + 1)),
        (2, Match(Outcome.WRONG)),
    ],
)
@pytest.mark.parametrize("second", [0, 29])
def test_a_code_may_be_one_step_off_and_names_its_step(
    drift: int, expected: Match, second: int
) -> None:
    assert totp.match(SECRET, code(drift), now=NOW + second, after=None) == expected


def test_a_code_of_another_secret_is_wrong() -> None:
    assert totp.match(OTHER_SECRET, code(0), now=NOW, after=None) == Match(Outcome.WRONG)


def test_a_code_is_refused_once_its_step_was_used() -> None:
    assert totp.match(SECRET, code(0), now=NOW, after=STEP - 1) == Match(Outcome.GOOD, STEP)
    assert totp.match(SECRET, code(0), now=NOW, after=STEP) == Match(Outcome.USED)


def test_a_code_is_refused_once_a_later_step_was_used() -> None:
    assert totp.match(SECRET, code(-1), now=NOW, after=STEP) == Match(Outcome.USED)
    assert totp.match(SECRET, code(0), now=NOW, after=STEP + 1) == Match(Outcome.USED)


def test_a_b_a_is_refused_the_second_time() -> None:
    a = totp.match(SECRET, code(0), now=NOW, after=None)
    b = totp.match(SECRET, code(1), now=NOW, after=a.step)
    again = totp.match(SECRET, code(0), now=NOW, after=b.step)

    assert (a.outcome, b.outcome, again.outcome) == (Outcome.GOOD, Outcome.GOOD, Outcome.USED)


def test_a_wrong_code_is_wrong_whatever_was_used_before() -> None:
    assert totp.match(SECRET, code(5), now=NOW, after=STEP + 10) == Match(Outcome.WRONG)


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [
        (1, Outcome.USED),
        (2, Outcome.USED),
        (3, Outcome.CLOCK_BACK),
        (2880, Outcome.CLOCK_BACK),
    ],
)
def test_a_last_step_more_than_a_minute_ahead_means_that_the_clock_went_back(
    ahead: int, outcome: Outcome
) -> None:
    assert totp.match(SECRET, code(0), now=NOW, after=STEP + ahead) == Match(outcome)


def test_one_code_for_two_steps_in_a_row_spends_both() -> None:
    first, second = TWINS
    twin = totp.code_at(RFC_SEED, first)
    assert twin == totp.code_at(RFC_SEED, second)

    for now in (first * 30, second * 30):
        found = totp.match(RFC_SEED, twin, now=now, after=None)
        assert found == Match(Outcome.GOOD, second)
        assert totp.match(RFC_SEED, twin, now=now, after=found.step) == Match(Outcome.USED)
    assert totp.match(RFC_SEED, twin, now=second * 30, after=first) == Match(Outcome.GOOD, second)


@pytest.mark.parametrize("drift", [-20, -2, -1, 0, 1, 2, 20])
def test_a_clock_is_said_to_be_off_by_as_many_steps_as_it_is(drift: int) -> None:
    assert totp.steps_off(SECRET, code(drift), now=NOW) == drift


@pytest.mark.parametrize("drift", [-21, 21])
def test_a_clock_further_off_than_ten_minutes_is_not_told_from_a_wrong_code(drift: int) -> None:
    assert totp.steps_off(SECRET, code(drift), now=NOW) is None


def test_of_two_steps_with_one_code_the_nearer_one_is_named() -> None:
    twice = totp.code_at(RFC_SEED, TWINS[0])
    for step, off in ((TWINS[0] - 5, 5), (TWINS[1] + 5, -5)):
        assert totp.steps_off(RFC_SEED, twice, now=30 * step) == off


@pytest.mark.parametrize("step", [0, 1])
def test_the_first_steps_of_all_have_codes(step: int) -> None:
    found = totp.match(RFC_SEED, totp.code_at(RFC_SEED, step), now=0, after=None)

    assert found == Match(Outcome.GOOD, step)


def test_before_1970_no_code_is_right() -> None:
    assert totp.steps_off(SECRET, "000000", now=-31) is None
    assert totp.match(RFC_SEED, "755224", now=-100, after=None) == Match(Outcome.WRONG)


@pytest.mark.parametrize("now", [2**31 - 1, 2**31, 4294967296, 4294967295])
def test_codes_go_on_after_2038_and_2106(now: int) -> None:
    shown = totp.code_at(SECRET, totp.step_at(now))

    assert totp.match(SECRET, shown, now=now, after=STEP) == Match(Outcome.GOOD, now // 30)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 1)), max_size=12))
@settings(deadline=None, max_examples=25)
def test_no_step_is_ever_accepted_twice_nor_any_before_it(tries: list[tuple[int, int]]) -> None:
    now, last, accepted = NOW, STEP - 5, [STEP - 5]
    for wait, drift in tries:
        now += wait
        shown = totp.code_at(SECRET, totp.step_at(now) + drift)
        found = totp.match(SECRET, shown, now=now, after=last)
        if found.step is not None:
            accepted.append(found.step)
            last = found.step

    assert accepted == sorted(set(accepted))


def test_the_uri_is_spelled_as_clerk_spells_it() -> None:
    uri = totp.uri(SECRET, issuer="Cyberdyne (development)", email="vin@diesel.family")

    assert uri == (
        "otpauth://totp/Cyberdyne%20%28development%29:vin@diesel.family"
        f"?algorithm=SHA1&digits=6&issuer=Cyberdyne+%28development%29&period=30&secret={SECRET}"
    )


@pytest.mark.parametrize(
    "issuer",
    ["a b", "a&secret=EVIL", "a?b", "a#b", "100%", "a%3Ab", "a/b", "Bücher & Söhne", "例え", "a+b"],
)
def test_an_issuer_cannot_add_to_the_uri(issuer: str) -> None:
    uri = totp.uri(SECRET, issuer=issuer, email=EMAIL)

    read = pyotp.parse_uri(uri)
    keys = [pair.partition("=")[0] for pair in uri.partition("?")[2].split("&")]

    assert (read.issuer, read.name, read.secret) == (issuer, EMAIL, SECRET)
    assert keys == ["algorithm", "digits", "issuer", "period", "secret"]
    assert uri.isascii()
