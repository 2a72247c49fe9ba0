"""What commands cost the vault: SQL statements, and waits for the disk.

A number that changes is a decision: whoever makes a command do more, or less, changes it here.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

from tests.cli.program import EMAIL

OTHER = "bea@example.com"


class Budget(NamedTuple):
    """A command in a state, what it ends with, and what it costs."""

    state: str
    arguments: tuple[str, ...]
    status: int
    statements: int
    syncs: int


BUDGETS = {
    "signup": Budget("ada_out", ("signup", OTHER, "--password-stdin"), 3, 58, 20),
    "verify, the mail's code": Budget("ada_signing_up", ("verify", "CODE"), 0, 31, 9),
    "account show": Budget("ada_with_totp", ("account", "show"), 0, 25, 0),
    "signin": Budget("ada_out", ("signin", EMAIL, "--password-stdin"), 3, 40, 11),
    "verify": Budget("ada_signing_in", ("verify", "CODE"), 0, 29, 9),
    "a wrong code": Budget("ada_signing_in", ("verify", "000000"), 5, 29, 9),
    "mfa add": Budget("ada", ("mfa", "add"), 0, 29, 7),
    "mfa verify": Budget("ada_enrolling", ("mfa", "verify", "CODE"), 0, 43, 11),
    "mfa disable": Budget("ada_with_totp", ("mfa", "disable", "--yes"), 0, 44, 9),
    "backup-codes regenerate": Budget(
        "ada_with_totp", ("backup-codes", "regenerate", "--yes"), 0, 57, 11
    ),
    "signout": Budget("ada_with_totp", ("signout",), 0, 29, 9),
    "admin list": Budget("ada_with_totp", ("admin", "list"), 0, 21, 0),
    "audit list": Budget("ada_with_totp", ("audit", "list"), 0, 22, 0),
}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any connection of this process runs meanwhile."""
    statements: list[str] = []
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def watched(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connection.set_trace_callback(statements.append)
        return connection

    with mock.patch("sqlite3.connect", watched):
        yield statements
