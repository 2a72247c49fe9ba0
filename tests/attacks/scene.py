"""What attacks have in common: whose shell it is, what an answer says, what may not have changed.

An attack is a few commands by several clients of one vault. `switch` says who runs the next one,
`told` runs it and answers with its status and code, to be compared with one of the answers below.
"""

import shutil
import stat
from pathlib import Path
from typing import NamedTuple

import pyotp

from tests.support.runner import ADA, PASSWORD, Kept, Result, Shell, code_at, wrong_code_at

WRONG_PASSWORD = "incorrect horse battery staple"
NEW_PASSWORD = "a quiet lighthouse keeps nine owls"
BOB = "bob@example.com"
OWNER = "client"  # whose client file has the default name
MINUTE, HOUR, DAY, YEAR = 60, 3600, 24 * 3600, 365 * 24 * 3600


class Answer(NamedTuple):
    """How a command ended: its exit status, and the code that decided, if it is a failure."""

    exit: int
    code: str = ""
    already_used: bool = False


DONE = Answer(0)
HALF = Answer(3)  # one step is still due, and the document says which
STALE = Answer(3, "session_reverification_required")
NOBODY = Answer(4, "authentication_invalid")
SIGNED_OUT = Answer(4, "signed_out")
WRONG = Answer(5, "form_code_incorrect")
USED = Answer(5, "form_code_incorrect", already_used=True)
REFUSED = Answer(5, "form_password_or_identifier_incorrect")
NOT_THE_PASSWORD = Answer(5, "form_password_validation_failed")
VOID = Answer(5, "verification_failed")
EXPIRED = Answer(5, "verification_expired")
LOCKED = Answer(6, "user_locked")
TOO_SOON = Answer(6, "verification_code_too_many_requests")
NOTHING_PENDING = Answer(7, "client_state_invalid")
NO_SUCH_THING = Answer(7, "resource_not_found")
NOT_ITS_SHAPE = Answer(2, "form_param_format_invalid")
ROLLED_BACK = Answer(9, "vault_rolled_back")
UNSAFE = Answer(11, "vault_permissions")


def answer(result: Result) -> Answer:
    """What a command that was given --json said."""
    if "errors" not in result.document:
        return Answer(result.exit)
    first = result.document["errors"][0]
    return Answer(result.exit, first["code"], bool(first["meta"].get("already_used")))


def told(
    shell: Shell, *words: str, stdin: str | bytes | None = None, typed: str | None = None
) -> Answer:
    """Runs a command, and says what it answered."""
    return answer(shell.run("--json", *words, stdin=stdin, typed=typed))


def sign_in(shell: Shell, email: str = ADA, password: str = PASSWORD) -> Answer:
    """Gives the password of an address."""
    return told(shell, "signin", email, "--password-stdin", stdin=password)


def switch(shell: Shell, client: str) -> None:
    """From here on, this client of the same vault runs the commands."""
    shell.environ["MFACTL_CLIENT"] = str(client_file(shell, client))


def client_file(shell: Shell, client: str) -> Path:
    """The file of a client."""
    return shell.home / f"{client}.toml"


def steal(shell: Shell, of: str, thief: str = "thief") -> None:
    """Copies a client's file, for another client to use."""
    shutil.copy(client_file(shell, of), client_file(shell, thief))


def later(shell: Shell, seconds: int) -> None:
    """Moves the clock that everybody goes by."""
    shell.clock = shell.now + seconds


def code_of(shell: Shell, kept: Kept, drift: int = 0) -> str:
    """What the phone shows now, or some seconds from now."""
    return code_at(kept.secret, shell.now + drift)


def wrong_code_of(shell: Shell, kept: Kept) -> str:
    """Six digits that the phone does not show."""
    return wrong_code_at(kept.secret, shell.now)


def complete(shell: Shell, kept: Kept) -> None:
    """Signs in with password and phone."""
    assert sign_in(shell) == HALF
    assert told(shell, "verify", code_of(shell, kept)) == DONE


def page(shell: Shell) -> dict[str, object]:
    """The account page of whoever is signed in."""
    shown: dict[str, object] = shell.run("account", "show", "--json", expect=0).document
    return shown


def whose(shell: Shell, *options: str) -> str:
    """The address of whoever is signed in."""
    shown = shell.run("--json", *options, "account", "show", expect=0).document
    return str(shown["email_addresses"][0]["email_address"])


def attempts_left(shell: Shell) -> int:
    """How many wrong guesses the signed-in account has left before the next lock."""
    return int(str(page(shell)["verification_attempts_remaining"]))


def guess(shell: Shell, kept: Kept, times: int) -> None:
    """Gives wrong codes where a second factor is awaited; each has to be taken for a guess."""
    for _ in range(times):
        assert told(shell, "verify", wrong_code_of(shell, kept)) == WRONG


def pretend(shell: Shell, times: int, email: str = ADA) -> None:
    """Gives wrong passwords; each has to be taken for a guess."""
    for _ in range(times):
        assert sign_in(shell, email, WRONG_PASSWORD) == REFUSED


def apps_reading_of(uri: str) -> pyotp.TOTP:
    """What an authenticator app makes of a URI."""
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    return read


State = dict[str, tuple[int, int, bytes | str | None]]


def state_of(folder: Path) -> State:
    """Everything below a folder: mode, links and contents of each thing. Nothing is opened."""
    return {str(path.relative_to(folder)): _thing(path) for path in sorted(folder.rglob("*"))}


def _thing(path: Path) -> tuple[int, int, bytes | str | None]:
    found = path.lstat()
    contents: bytes | str | None = None
    if stat.S_ISLNK(found.st_mode):
        contents = str(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        contents = path.read_bytes()
    return found.st_mode, found.st_nlink, contents
