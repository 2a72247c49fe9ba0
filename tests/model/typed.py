"""What a person may type for a code: the right one, and everything that is nearly right."""

from collections.abc import Callable

from tests.model.state import PERIOD, Account, SignIn, SignUp, code_of
from tests.model.walk import CLIENTS, Walk

UNKNOWN_BACKUP_CODE = "zzzz-zzzz-zzzz"
Kind = Callable[[Walk, str], str]


def right(walk: Walk, who: str) -> str:
    """The code that this client waits for: the mailed one, or one of the app's that is unused."""
    pending = walk.model.clients[who].pending
    if isinstance(pending, SignUp):
        return pending.code
    account = _account(walk, who)
    used = account.last_step if account is not None else -1
    unused = [drift for drift in (0, 1, -1) if _here(walk) + drift > used]
    return app(walk, who, (*unused, 0)[0])


def app(walk: Walk, who: str, drift: int = 0) -> str:
    """What the app shows whose clock is `drift` steps off; the app that is being added, if any."""
    secret = _secret(walk, who)
    return wrong(walk, who) if secret is None else code_of(secret, _here(walk) + drift)


def wrong(walk: Walk, who: str) -> str:
    """Six digits that nobody waits for, and that no app here shows within three steps."""
    secret, pending = _secret(walk, who), walk.model.clients[who].pending
    shown = {code_of(secret, _here(walk) + drift) for drift in range(-3, 4)} if secret else set()
    shown |= {pending.code} if isinstance(pending, SignUp) else set()
    return next(text for text in (f"{n:06d}" for n in range(9)) if text not in shown)


def app_again(walk: Walk, who: str) -> str:
    """The code that was taken last."""
    account = _account(walk, who)
    if account is None or account.secret is None:
        return wrong(walk, who)
    return code_of(account.secret, account.last_step)


def mailed_before(walk: Walk, who: str) -> str:
    """An older code from a mail: of this address or another."""
    return walk.mailed[-2] if len(walk.mailed) > 1 else wrong(walk, who)


def mailed_to_other(walk: Walk, who: str) -> str:
    """The code that another client waits for."""
    return right(walk, next(other for other in CLIENTS if other != who))


def backup(walk: Walk, who: str) -> str:
    return _backup(walk, who, used=False)


def backup_again(walk: Walk, who: str) -> str:
    return _backup(walk, who, used=True)


def backup_replaced(walk: Walk, who: str) -> str:
    """A code of a set that was replaced or removed; if there was none, an unknown one."""
    return walk.replaced[0] if walk.replaced else UNKNOWN_BACKUP_CODE


def backup_unknown(_walk: Walk, _who: str) -> str:
    return UNKNOWN_BACKUP_CODE


KINDS: dict[str, Kind] = {
    "right": right,
    "one step early": lambda walk, who: app(walk, who, 1),
    "one step late": lambda walk, who: app(walk, who, -1),
    "two steps early": lambda walk, who: app(walk, who, 2),
    "two steps late": lambda walk, who: app(walk, who, -2),
    "again": app_again,
    "wrong": wrong,
    "mailed before": mailed_before,
    "mailed to another": mailed_to_other,
    "backup": backup,
    "backup again": backup_again,
    "backup replaced": backup_replaced,
    "backup unknown": backup_unknown,
}
MISTYPED = (
    "",
    "12345",
    "1234567",
    "１２３４５６",
    "12_34_56",
    "+12345",
    "zzzz-zzzz-zzzu",
    "٠١٢٣٤٥",
)


def _account(walk: Walk, who: str) -> Account | None:
    client = walk.model.clients[who]
    if client.session is not None:
        return client.session.account
    return client.pending.account if isinstance(client.pending, SignIn) else None


def _secret(walk: Walk, who: str) -> str | None:
    client, account = walk.model.clients[who], _account(walk, who)
    if account is not None and account.secret is not None:
        return account.secret
    return client.enrolment.secret if client.enrolment is not None else None


def _backup(walk: Walk, who: str, *, used: bool) -> str:
    account = _account(walk, who)
    codes = account.backup_codes if account is not None else {}
    return next((text for text, spent in codes.items() if spent is used), UNKNOWN_BACKUP_CODE)


def _here(walk: Walk) -> int:
    return walk.model.now // PERIOD
