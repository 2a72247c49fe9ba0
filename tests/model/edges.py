"""The moments at which something begins or ceases to count by itself."""

from tests.model.model import Model
from tests.model.state import (
    EMAIL_CODE,
    ENROLMENT,
    INTERVAL,
    LOCK,
    REVERIFICATION,
    SESSION,
    SIGN_IN,
    SIGN_UP,
    SLACK,
    STRANGER,
    Client,
    Holder,
    SignUp,
)

Term = tuple[int | None, int]


def edges_of(model: Model) -> list[int]:
    """Each is the first second of a new state: of being too old, or near enough. Nearest first."""
    terms = [term for client in model.clients.values() for term in _of_client(client)]
    terms += [term for holder in model.holders.values() for term in _of_holder(holder)]
    found = {model.now + 1}
    for began, limit in terms:
        found |= set() if began is None else {began + limit, began - SLACK}
    return sorted(found, key=lambda edge: abs(edge - model.now))


def _of_client(client: Client) -> list[Term]:
    terms: list[Term] = []
    if client.session is not None:
        session = client.session
        terms += [(session.began_at, SESSION), (session.password_at, REVERIFICATION)]
        terms += [(session.factor_at, REVERIFICATION)]
    if client.enrolment is not None:
        terms += [(client.enrolment.began_at, ENROLMENT)]
    if isinstance(client.pending, SignUp):
        terms += [(client.pending.began_at, SIGN_UP), (client.pending.code_at, EMAIL_CODE)]
    elif client.pending is not None:
        terms += [(client.pending.began_at, SIGN_IN)]
    return terms


def _of_holder(holder: Holder) -> list[Term]:
    return [
        (holder.mailed_at, INTERVAL),
        (holder.locked_at, LOCK),
        (holder.used_at if holder.is_remembered else None, STRANGER),
    ]
