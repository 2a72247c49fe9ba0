"""Exit statuses: what a script branches on.

Guarantees: they never change meaning. May import: the standard library only.
"""

from collections.abc import Mapping
from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses. They never change meaning."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    ONE_MORE_STEP = 3
    NOT_SIGNED_IN = 4
    REFUSED = 5
    WAIT = 6
    WRONG_STATE = 7
    VAULT_CLOSED = 8
    VAULT_DAMAGED = 9
    CONFIGURATION = 10
    MACHINE = 11
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


EXIT_MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "done",
    Exit.FAILED: "a declined question, or a bug",
    Exit.USAGE: "usage: a wrong option, or an input missing or of the wrong shape",
    Exit.ONE_MORE_STEP: "one more step: e-mail code, second factor or reverification",
    Exit.NOT_SIGNED_IN: "not signed in, or the session has ended",
    Exit.REFUSED: "refused: a wrong password, or a wrong, used or expired code",
    Exit.WAIT: "locked or too soon; meta says for how long",
    Exit.WRONG_STATE: "wrong state: exists, not found, already on, not on, nothing pending",
    Exit.VAULT_CLOSED: "the vault cannot be opened: not there, or no or wrong key or passphrase",
    Exit.VAULT_DAMAGED: "the vault is damaged, rolled back, or newer than this program",
    Exit.CONFIGURATION: "configuration",
    Exit.MACHINE: "the machine: disk full, read-only, permissions, busy, mail server",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
    Exit.BROKEN_PIPE: "broken pipe: nobody reads the output any more",
    Exit.TERMINATED: "terminated",
}
