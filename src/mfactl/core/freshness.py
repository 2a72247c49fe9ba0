"""When a moment in the past still counts.

Guarantees: one definition of "fresh" for codes, attempts, sessions and step-up.
May import: nothing of mfactl.
"""

CLOCK_SLACK_SECONDS = 60  # clocks of one machine jump a little backwards when they are corrected


def is_fresh(then: int, *, now: int, limit: int) -> bool:
    """Whether `then` (Unix seconds) lies less than `limit` seconds before `now`.

    A moment further ahead than the slack is stale: else setting the clock back would renew
    everything that had expired.
    """
    return -CLOCK_SLACK_SECONDS <= now - then < limit
