import pytest

from mfactl.core.freshness import is_fresh
from tests.support.builders import NOW


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(-61, False), (-60, True), (-1, True), (0, True), (599, True), (600, False), (601, False)],
)
def test_a_moment_is_fresh_from_a_minute_ahead_until_just_before_its_limit(
    age: int, fresh: bool
) -> None:
    assert is_fresh(NOW - age, now=NOW, limit=600) is fresh


def test_the_slack_does_not_depend_on_the_limit() -> None:
    assert is_fresh(NOW + 60, now=NOW, limit=30)
    assert not is_fresh(NOW + 61, now=NOW, limit=7 * 24 * 3600)
