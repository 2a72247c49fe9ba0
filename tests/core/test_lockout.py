import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import lockout
from mfactl.core.lockout import CLEAR, Lockout
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit
from tests.support.builders import DAY, HOUR, NOW, failures

WRONG = Refusal(Code.CODE_INCORRECT)


def told(counter: Lockout) -> tuple[Refusal, ...]:
    return lockout.counted(WRONG, counter, now=NOW)


def test_nobody_starts_locked() -> None:
    assert Lockout(0, None) == CLEAR
    assert not lockout.is_locked(CLEAR, now=NOW)
    assert lockout.remaining(CLEAR, now=NOW) == 10


@pytest.mark.parametrize(
    ("count", "locked"),
    [(8, False), (9, True), (10, False), (18, False), (19, True), (20, False), (98, False)],
)
def test_every_tenth_failure_begins_a_lock(count: int, locked: bool) -> None:
    before = failures(count, last_at=NOW - DAY)

    counted = lockout.count_failure(before, now=NOW)

    assert counted.failures == count + 1
    assert lockout.is_locked(counted, now=NOW) is locked


def test_the_eleventh_failure_neither_locks_nor_moves_the_lock_before_it() -> None:
    counted = lockout.count_failure(Lockout(10, NOW - HOUR), now=NOW)

    assert counted == Lockout(11, NOW - HOUR)


@pytest.mark.parametrize(("age", "locked"), [(0, True), (3599, True), (3600, False), (3601, False)])
def test_a_lock_lasts_an_hour(age: int, locked: bool) -> None:
    counter = failures(10, last_at=NOW - age)

    assert lockout.is_locked(counter, now=NOW) is locked
    assert (lockout.refusal(counter, now=NOW) is not None) is locked


@pytest.mark.parametrize(("age", "seconds"), [(0, 3600), (1, 3599), (3599, 1)])
def test_a_refusal_says_how_long_the_lock_lasts(age: int, seconds: int) -> None:
    refusal = lockout.refusal(failures(10, last_at=NOW - age), now=NOW)

    assert refusal is not None
    assert refusal.code is Code.USER_LOCKED
    assert refusal.entry.exit is Exit.WAIT
    assert refusal.meta == {"lockout_expires_in_seconds": seconds}
    assert lockout.duration(seconds) in refusal.long_message


def test_a_clock_that_was_set_back_a_day_keeps_the_lock_and_tells_when_it_ends() -> None:
    counter = failures(10, last_at=NOW)

    assert lockout.is_locked(counter, now=NOW - DAY)
    assert lockout.expires_in(counter, now=NOW - DAY) == DAY + HOUR
    assert lockout.is_locked(counter, now=NOW + HOUR - 1)
    assert not lockout.is_locked(counter, now=NOW + HOUR)


@pytest.mark.parametrize("count", [0, 9, 10, 55])
def test_without_a_lock_nothing_is_refused_and_nothing_expires(count: int) -> None:
    counter = failures(count, last_at=NOW - HOUR)

    assert lockout.refusal(counter, now=NOW) is None
    assert lockout.expires_in(counter, now=NOW) is None


def test_after_the_hour_there_are_ten_more() -> None:
    counter = failures(10, last_at=NOW - HOUR)

    for failure in range(1, 10):
        counter = lockout.count_failure(counter, now=NOW)
        assert not lockout.is_locked(counter, now=NOW)
        assert lockout.remaining(counter, now=NOW) == 10 - failure
    counter = lockout.count_failure(counter, now=NOW)

    assert counter == Lockout(20, NOW)
    assert lockout.is_locked(counter, now=NOW)


def test_ninety_nine_failures_leave_one_attempt() -> None:
    counter = Lockout(99, NOW - HOUR)

    assert not lockout.is_locked(counter, now=NOW)
    assert lockout.remaining(counter, now=NOW) == 1


@pytest.mark.parametrize("age", [0, HOUR, 365 * DAY, -DAY])
def test_the_hundredth_failure_locks_until_the_owner_unlocks(age: int) -> None:
    counter = lockout.count_failure(Lockout(99, NOW - age - HOUR), now=NOW - age)
    assert counter.failures == 100

    refusal = lockout.refusal(counter, now=NOW)

    assert lockout.is_locked(counter, now=NOW)
    assert lockout.expires_in(counter, now=NOW) is None
    assert lockout.remaining(counter, now=NOW) == 0
    assert refusal is not None
    assert refusal.code is Code.USER_LOCKED
    assert refusal.meta == {"lockout_expires_in_seconds": None}


def test_a_counter_beyond_the_ceiling_stays_locked_whatever_its_times_say() -> None:
    assert lockout.is_locked(Lockout(101, None), now=NOW)
    assert lockout.expires_in(Lockout(101, None), now=NOW) is None


@pytest.mark.parametrize(
    ("count", "warned"),
    [
        (1, []),
        (7, []),
        (8, [2]),
        (9, [1]),
        (10, [0]),
        (11, []),
        (17, []),
        (18, [2]),
        (19, [1]),
        (20, [0]),
        (97, []),
        (98, [2]),
        (99, [1]),
        (100, [0]),
    ],
)
def test_a_warning_comes_with_two_one_and_no_attempts_left(count: int, warned: list[int]) -> None:
    counter = lockout.count_failure(Lockout(count - 1, None), now=NOW)

    wrong, *warnings = told(counter)

    assert wrong.code is Code.CODE_INCORRECT
    assert [warning.meta["remaining_attempts"] for warning in warnings] == warned
    assert all(warning.code is Code.LOCKOUT_WARNING for warning in warnings)


def test_a_warning_counts_in_words() -> None:
    two, one, none, ever = (told(failures(n))[1].long_message for n in (8, 9, 10, 100))

    assert two.startswith("2 attempts left")
    assert one.startswith("1 attempt left")
    assert none.endswith("this address is locked now for 60 minutes.")
    assert ever.endswith("this address is locked now.")


@pytest.mark.parametrize(
    ("count", "remedy"), [(7, None), (9, None), (10, "Wait"), (90, "Wait"), (100, "admin unlock")]
)
def test_after_the_last_attempt_the_next_step_is_that_of_the_lock(
    count: int, remedy: str | None
) -> None:
    wrong = told(failures(count))[0]

    assert wrong == WRONG._replace(remedy=wrong.remedy)
    assert (wrong.remedy or "None").find(str(remedy)) >= 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (2, "2 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (3599, "60 minutes"),
        (3600, "60 minutes"),
        (7200, "120 minutes"),
        (7201, "3 hours"),
        (3 * HOUR, "3 hours"),
        (3 * HOUR + 1, "4 hours"),
        (DAY + HOUR, "25 hours"),
    ],
)
def test_a_length_of_time_is_rounded_up(seconds: int, text: str) -> None:
    assert lockout.duration(seconds) == text


@given(
    st.integers(0, 99),
    st.none() | st.integers(NOW - DAY, NOW + DAY),
    st.integers(NOW - 2 * DAY, NOW + 2 * DAY),
)
@settings(deadline=None, max_examples=50)
def test_waiting_as_long_as_a_refusal_says_is_long_enough_and_no_longer(
    count: int, locked_at: int | None, now: int
) -> None:
    counter = Lockout(count, locked_at)
    seconds = lockout.expires_in(counter, now=now)

    assert (seconds is None) is not lockout.is_locked(counter, now=now)
    if seconds is not None:
        assert seconds > 0
        assert lockout.is_locked(counter, now=now + seconds - 1)
        assert not lockout.is_locked(counter, now=now + seconds)


@given(st.lists(st.integers(0, 2 * HOUR), min_size=100, max_size=110))
@settings(deadline=None, max_examples=10)
def test_nobody_gets_more_than_a_hundred_guesses_however_they_wait(waits: list[int]) -> None:
    counter, now, guesses = CLEAR, NOW, 0
    for wait in waits * 10:
        now += wait
        if lockout.is_locked(counter, now=now):
            continue
        counter = lockout.count_failure(counter, now=now)
        guesses += 1

    assert guesses == counter.failures <= 100
