"""Wrong guesses at the same moment: ten are answered, and none is counted twice or lost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from tests.races.crowd import (
    FIFTY,
    GRACE,
    MAILED,
    TWENTY,
    Crowd,
    attempts_left,
    shown,
    sign_in,
    verify,
)
from tests.races.race import DONE, LOCKED, USED, WRONG, WRONG_PASSWORD, Start, ending
from tests.support.runner import ADA, PASSWORD, Result
from tests.vault.reader import Json

pytestmark = [pytest.mark.soak, pytest.mark.slow]

TEN = 10
WRONG_BACKUP_CODE = "zzzz-zzzz-zzzz"
HOUR = 3600
UNKNOWN = "nobody@example.com"


def test_of_fifty_wrong_passwords_ten_are_told_and_forty_are_locked_out_whoever_is_meant(
    adas: Iterator[Crowd], start: Start
) -> None:
    """An unknown address at the same moment: its counter is another, its answers are the same."""
    for crowd in adas:
        known = [sign_in(each, ADA, PASSWORD[1:]) for each in crowd.waiting]
        new = [crowd.client(f"new-{number}") for number in range(TWENTY)]
        unknown = [sign_in(each, UNKNOWN, PASSWORD[1:]) for each in new]
        race = start.race(*known, *unknown)
        events: tuple[list[Json], list[Json]] = ([], [])
        for event in race.events:
            events[event["client"] is None].append(event)  # the new ones are no clients yet
        _ten_were_told(race.results[:FIFTY], events[0], WRONG_PASSWORD)
        _ten_were_told(race.results[FIFTY:], events[1], WRONG_PASSWORD)
        assert _failures(crowd) == (TEN, TEN)
        answers = [result.stdout for result in race.results]
        assert set(answers[:FIFTY]) == set(answers[FIFTY:])
        for email in (ADA, UNKNOWN):
            right = sign_in(crowd.waiting[0], email)
            assert right.shell.run(*right.arguments, stdin=right.stdin).codes == [LOCKED]


def test_of_fifty_wrong_codes_of_the_app_ten_are_told_and_forty_are_locked_out(
    adas: Iterator[Crowd], start: Start
) -> None:
    for crowd in adas:
        race = start.race(*(verify(each, crowd.wrong_code()) for each in crowd.waiting))
        _ten_were_told(race.results, race.events, WRONG)
        account = shown(crowd.owner)  # live sessions go on
        assert (account["locked"], account["lockout_expires_in_seconds"]) == (True, HOUR)
        assert crowd.waiting[0].run("verify", crowd.code(), "--json").codes == [LOCKED]
        later = crowd.later(HOUR)
        later.waiting[0].sign_in(expect=3)
        later.waiting[0].run("verify", later.code(), expect=0)
        assert attempts_left(later) == TEN


def test_of_fifty_wrong_mailed_codes_for_one_address_ten_are_told_and_forty_are_locked_out(
    graces: Iterator[Crowd], start: Start
) -> None:
    for crowd in graces:
        race = start.race(*(verify(each, "000000") for each in crowd.waiting))
        _ten_were_told(race.results, race.events, WRONG)
        assert crowd.waiting[0].run("verify", MAILED, "--json").codes == [LOCKED]
        assert crowd.waiting[0].run("signin", GRACE, "--password-stdin", "--json").codes == [LOCKED]
        assert _failures(crowd) == (0, TEN)


def test_right_and_wrong_codes_at_once_are_answered_as_if_they_had_come_one_by_one(
    adas: Iterator[Crowd], start: Start, rng: Random
) -> None:
    for crowd in adas:
        right = (crowd.code(), *crowd.backup_codes[:7])
        wrong = (crowd.wrong_code(), *[WRONG_BACKUP_CODE] * 3)  # hashed, as most of the right ones
        clients = [*crowd.live, *crowd.waiting[:30]]
        race = start.race(
            *(verify(c, rng.choice(rng.choice((right, right, wrong)))) for c in clients)
        )
        failures = 0
        spent: set[str] = set()
        for place, ended in race.in_order():
            code = race.commands[place].arguments[1]
            if failures == TEN:
                assert ended == LOCKED
            elif code in wrong:
                assert ended == WRONG
                failures += 1
            elif code in spent:
                assert ended == USED
            else:
                assert ended == DONE
                spent.add(code)
                failures = failures if place < TWENTY else 0  # only a complete sign-in clears
        assert attempts_left(crowd) == TEN - failures


def _ten_were_told(results: Sequence[Result], events: Sequence[Json], refusal: str) -> None:
    """The first ten were refused, with a warning when few were left; all the others locked out."""
    others = len(results) - TEN
    assert Counter(map(ending, results)) == {refusal: TEN, LOCKED: others}
    assert [event["code"] for event in events] == [refusal] * TEN + [LOCKED] * others
    errors = [error for result in results for error in result.document["errors"]]
    warned = [e["meta"] for e in errors if e["code"] == "account_lockout_warning"]
    assert sorted(meta["remaining_attempts"] for meta in warned) == [0, 1, 2]
    waits = {e["meta"]["lockout_expires_in_seconds"] for e in errors if e["code"] == LOCKED}
    assert waits == {HOUR}


def _failures(crowd: Crowd) -> tuple[int, int]:
    """What the vault counts: of all accounts, and of all addresses without one."""
    records = crowd.owner.books().records.items()
    counted = {"account": 0, "stranger": 0}
    for (kind, _), record in records:
        if kind in counted:
            counted[kind] += record["lockout"]["failures"]
    return counted["account"], counted["stranger"]
