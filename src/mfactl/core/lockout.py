"""The lock-out counter of one address, known or not.

Guarantees: the counter only rises, until a complete sign-in or the owner clears it; whoever counts
here has already decided that the failure is a guess.
May import: mfactl.errors only.
"""

from mfactl.errors import Code, Refusal
from mfactl.named_tuple import NamedTuple

ATTEMPTS = 10  # wrong guesses before a lock; Clerk's default since 2026-07
LOCK_SECONDS = 3600  # Clerk's default
CEILING = 100  # then only the owner unlocks; NIST SP 800-63B-4 section 3.2.2
MOST_MINUTES = 120  # what is longer is told in hours
WARN_AT_REMAINING = 2  # Clerk warns with 2, 1 and 0 attempts left


class Lockout(NamedTuple):
    """Failures since the last complete sign-in, and when the last lock began (Unix seconds)."""

    failures: int = 0
    locked_at: int | None = None


CLEAR = Lockout()


def is_locked(lockout: Lockout, *, now: int) -> bool:
    """Whether every password and code is refused now. A clock that was set back keeps the lock."""
    if lockout.failures >= CEILING:
        return True
    return lockout.locked_at is not None and now - lockout.locked_at < LOCK_SECONDS


def expires_in(lockout: Lockout, *, now: int) -> int | None:
    """Seconds until the lock ends; None if there is none, or if only the owner ends it."""
    if lockout.locked_at is None or not is_locked(lockout, now=now) or lockout.failures >= CEILING:
        return None
    return lockout.locked_at + LOCK_SECONDS - now


def remaining(lockout: Lockout, *, now: int) -> int:
    """How many wrong guesses are left before the next lock."""
    if is_locked(lockout, now=now):
        return 0
    return ATTEMPTS - lockout.failures % ATTEMPTS


def count_failure(lockout: Lockout, *, now: int) -> Lockout:
    """The counter after one more wrong guess; every tenth begins a lock."""
    failures = lockout.failures + 1
    return Lockout(failures, now if failures % ATTEMPTS == 0 else lockout.locked_at)


def refusal(lockout: Lockout, *, now: int) -> Refusal | None:
    """The refusal of a locked address, with how long it lasts; None if it is not locked."""
    if not is_locked(lockout, now=now):
        return None
    seconds = expires_in(lockout, now=now)
    meta = {"lockout_expires_in_seconds": seconds}
    if seconds is None:
        return Refusal(
            Code.USER_LOCKED,
            f"{CEILING} failed attempts without a complete sign-in: this address stays locked.",
            "Whoever runs this vault lifts it: mfactl admin unlock EMAIL",
            meta,
        )
    return Refusal(
        Code.USER_LOCKED,
        f"Too many failed attempts: this address is locked for {duration(seconds)}.",
        None,
        meta,
    )


def counted(wrong: Refusal, lockout: Lockout, *, now: int) -> tuple[Refusal, ...]:
    """The refusal of a guess that was counted, and a warning where few attempts are left."""
    left = remaining(lockout, now=now)
    if left > WARN_AT_REMAINING:
        return (wrong,)
    text = f"{left} attempt{'s' if left > 1 else ''} left before this address is locked."
    locked = refusal(lockout, now=now)
    if locked is not None:
        seconds = expires_in(lockout, now=now)
        until = "" if seconds is None else f" for {duration(seconds)}"
        text = f"That was the last attempt: this address is locked now{until}."
        wrong = wrong._replace(remedy=locked.next_step)
    return (wrong, Refusal(Code.LOCKOUT_WARNING, text, None, {"remaining_attempts": left}))


def duration(seconds: int) -> str:
    """A length of time for people, rounded up: `42 seconds`, `59 minutes`, `25 hours`."""
    if seconds <= 1:
        return "1 second"
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = -(-seconds // 60)
    if minutes > MOST_MINUTES:
        return f"{-(-minutes // 60)} hours"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
