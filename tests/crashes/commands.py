"""The commands that are struck, one row each: where they begin, what they do, what holds after.

A command that is to be struck too is one more row of COMMANDS, and its scene one more function of
`ada`. Then every call of it that changes a file is met by SIGKILL and by errors.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.crashes import ada as scenes
from tests.crashes.ada import Ada, Scene
from tests.crashes.watched import Command
from tests.support.runner import ADA, PASSWORD, code_at, wrong_code_at

Document = dict[str, Any]


class Moved(NamedTuple):
    """What a struck run has changed: Ada as she is now, and what it has told her.

    `told` is the document of its good answer, None if that did not arrive. `events` are the kinds
    of the events that are in the vault now and were not before.
    """

    now: Ada
    told: Document | None
    events: tuple[str, ...]


class Struck(NamedTuple):
    """A command that is struck.

    `good` is the exit status of its answer, `events` the kinds of its events in their order, one a
    transaction. `afterwards` is asked whenever a run has changed the vault.

    A command that `restores` puts another vault in the place, which does not go on from there.

    Short runs strike less: one of so many page writes as `pages` says; what is `slow` from its last
    page write on, and with fewer errors; and what has a `since` or an `until` from its first call
    that is about that file on, or before it. The rest is like another row's.
    """

    name: str
    scene: Scene
    command: Callable[[Ada], Command]
    good: int
    events: tuple[str, ...]
    afterwards: Callable[[Moved], None]
    pages: int = 8
    slow: bool = False
    since: str = ""
    until: str = ""
    restores: bool = False


# --- what Ada does next, and what has to hold


def refused(ada: Ada, *words: str, status: int, code: str) -> None:
    """A command ends with a status and the code of an error."""
    assert ada.run(*words, "--json", expect=status).codes == [code]


def signs_in_again(ada: Ada, *, app: bool = True) -> None:
    """The same client signs out and in, with the next code of her phone if she has one."""
    ada.run("signout", expect=0)
    ada.wait()
    ada.sign_in(expect=3 if app else 0)
    if app:
        ada.run("verify", ada.code, expect=0)


def after_sign_in(moved: Moved) -> None:
    """The password was accepted and the second factor is awaited."""
    ada = moved.now
    assert ada.client()["pending"] is not None
    assert ada.run("account", "show").exit == 4
    ada.run("verify", ada.code, expect=0)
    signs_in_again(ada)


def after_totp(moved: Moved) -> None:
    """The code is spent, told or not; the next one is good."""
    ada = moved.now
    assert ada.account()["totp"]["last_step"] == ada.now // scenes.STEP
    ada.run("account", "show", expect=0)
    refused(ada, "verify", ada.code, status=5, code="form_code_incorrect")
    assert ada.account()["lockout"]["failures"] == 0  # it was genuine
    signs_in_again(ada)


def after_backup_code(moved: Moved) -> None:
    """The code is spent, told or not; the next one is good."""
    ada = moved.now
    codes = ada.account()["backup_codes"]["codes"]
    assert [code["used_at"] is None for code in codes].count(False) == 1
    refused(ada, "verify", ada.backup_codes[0], status=5, code="form_code_incorrect")
    assert ada.account()["lockout"]["failures"] == 0
    ada.run("verify", ada.backup_codes[1], expect=0)
    signs_in_again(ada)


def after_wrong_code(moved: Moved) -> None:
    """The try is counted, told or not; the right code is good."""
    ada = moved.now
    assert ada.account()["lockout"]["failures"] == 1
    assert ada.client()["pending"]["attempts"] == 1
    ada.run("verify", ada.code, expect=0)
    assert ada.account()["lockout"]["failures"] == 0
    signs_in_again(ada)


def after_wrong_password(moved: Moved) -> None:
    """The try is counted, told or not; the right password is good."""
    ada = moved.now
    assert ada.account()["lockout"]["failures"] == 1
    ada.sign_in(expect=3)
    ada.run("verify", ada.code, expect=0)
    assert ada.account()["lockout"]["failures"] == 0


def after_sign_up(moved: Moved) -> None:
    """She goes on from wherever it got to."""
    ada = moved.now
    if "sign_up" not in moved.events:  # it made the vault, and no more
        assert ada.mails() == 0
        ada.start_sign_up()
    elif ada.mails() == 0:
        assert moved.told is None
        ada.run("verify", "--resend", expect=3)
    code = ada.mailed_code()
    ada.run("verify", code, expect=0)
    refused(ada, "verify", code, status=7, code="no_second_factors")
    ada.run("account", "show", expect=0)
    refused(ada, "vault", "init", status=7, code="vault_exists")


def after_email_code(moved: Moved) -> None:
    """The account is there and she is signed in, told or not."""
    ada = moved.now
    refused(ada, "verify", ada.mailed_code(), status=7, code="no_second_factors")
    ada.run("account", "show", expect=0)
    ada.run("signout", expect=0)
    refused(ada, "verify", ada.mailed_code(), status=7, code="client_state_invalid")
    ada.sign_in()
    signs_in_again(ada, app=False)


def after_add(moved: Moved) -> None:
    """The secret that was told is the one that waits; one that was not told is replaced."""
    ada = moved.now
    if moved.told is None:
        ada.secret = ada.run("mfa", "add", "--format", "secret", expect=0).secret
    else:
        ada.secret = moved.told["secret"]
    ada.backup_codes = ada.run("mfa", "verify", ada.code, expect=0).backup_codes
    signs_in_again(ada)


def after_enrolment(moved: Moved) -> None:
    """The app is on and its code spent, told or not; backup codes that were told are good."""
    ada = moved.now
    assert ada.account()["totp"]["last_step"] == ada.now // scenes.STEP
    refused(ada, "mfa", "verify", ada.code, status=7, code="totp_already_enabled")
    refused(ada, "verify", ada.code, status=5, code="form_code_incorrect")
    if moved.told is not None:
        ada.run("verify", moved.told["backup_codes"][0], expect=0)
    signs_in_again(ada)


def after_regeneration(moved: Moved) -> None:
    """The codes before are void, told or not; new ones that were told are good."""
    ada = moved.now
    refused(ada, "verify", ada.backup_codes[0], status=5, code="form_code_incorrect")
    assert ada.account()["lockout"]["failures"] == 1  # it is no code any more
    if moved.told is not None:
        ada.run("verify", moved.told["codes"][0], expect=0)
    signs_in_again(ada)


def after_disabling(moved: Moved) -> None:
    """App and codes are gone together, told or not."""
    ada = moved.now
    account = ada.account()
    assert (account["totp"], account["backup_codes"]) == (None, None)
    refused(ada, "mfa", "disable", "--yes", status=7, code="resource_not_found")
    signs_in_again(ada, app=False)


NEW_PASSWORD = "battery staple correct horse"


def after_password_change(moved: Moved) -> None:
    """The new password is good and the old one is not; or the new one was not set yet."""
    ada = moved.now
    changed = moved.events == ("password_check", "password_change")
    ada.run("account", "show", expect=0)
    ada.run("signout", expect=0)
    ada.sign_in(ADA, PASSWORD, expect=5 if changed else 0)
    if changed:
        ada.sign_in(ADA, NEW_PASSWORD)


def after_sign_out(moved: Moved) -> None:
    """Nobody is signed in; she signs in again."""
    ada = moved.now
    assert ada.run("account", "show").exit == 4
    ada.wait()
    ada.sign_in(expect=3)
    ada.run("verify", ada.code, expect=0)


def after_init(moved: Moved) -> None:
    """The vault is there and serves."""
    refused(moved.now, "vault", "init", "--test", status=7, code="vault_exists")
    moved.now.sign_up()


# --- the rows


def _with_password(*words: str) -> Callable[[Ada], Command]:
    return lambda _ada: Command((*words, "--password-stdin"), PASSWORD)


def _always(*words: str) -> Callable[[Ada], Command]:
    return lambda _ada: Command(words)


def _right_code(ada: Ada) -> Command:
    return Command(("verify", ada.code))


def _wrong_code(ada: Ada) -> Command:
    return Command(("verify", wrong_code_at(ada.secret, ada.now)))


def _backup_code(ada: Ada) -> Command:
    return Command(("verify", ada.backup_codes[0]))


def _email_code(ada: Ada) -> Command:
    return Command(("verify", ada.mailed_code()))


def _enrolment_code(ada: Ada) -> Command:
    return Command(("mfa", "verify", code_at(ada.secret, ada.now)))


def _wrong_password(_ada: Ada) -> Command:
    return Command(("signin", ADA, "--password-stdin"), NEW_PASSWORD)


def _new_password(ada: Ada) -> Command:
    new = ada.folder / "new-password"
    new.touch(mode=0o600)
    new.write_text(NEW_PASSWORD)
    words = ("account", "password", "--password-stdin", "--new-password-file", str(new))
    return Command(words, PASSWORD)


SIGN_UP = _with_password("signup", ADA)
SENT = ("sign_up", "code_handed_over")
TRIED = ("sign_in_verify",)

COMMANDS = (
    Struck(
        "first-signup",
        scenes.nowhere,
        SIGN_UP,
        3,
        ("vault_init", *SENT),
        after_sign_up,
        until="client.toml",
    ),
    Struck("signup", scenes.empty_vault, SIGN_UP, 3, SENT, after_sign_up),
    Struck(
        "verify-email", scenes.signing_up, _email_code, 0, ("sign_up_verify",), after_email_code
    ),
    Struck(
        "signin", scenes.signed_out, _with_password("signin", ADA), 3, ("sign_in",), after_sign_in
    ),
    Struck("verify-totp", scenes.signing_in, _right_code, 0, TRIED, after_totp, pages=1),
    Struck("verify-wrong", scenes.signing_in, _wrong_code, 5, TRIED, after_wrong_code),
)

# Their calls are the same ones once more, so only long runs strike them.
MORE_COMMANDS = (
    Struck(
        "vault-init",
        scenes.nowhere,
        _always("vault", "init", "--test"),
        0,
        ("vault_init",),
        after_init,
    ),
    Struck(
        "mfa-verify",
        scenes.enrolling,
        _enrolment_code,
        0,
        ("totp_verify",),
        after_enrolment,
        slow=True,  # it hashes ten codes before it writes
    ),
    Struck(
        "regenerate",
        scenes.enrolled,
        _always("backup-codes", "regenerate", "--yes"),
        0,
        ("backup_codes_regenerate",),
        after_regeneration,
        slow=True,  # likewise
    ),
    Struck("verify-backup", scenes.signing_in, _backup_code, 0, TRIED, after_backup_code),
    Struck(
        "signin-wrong", scenes.signed_out, _wrong_password, 5, ("sign_in",), after_wrong_password
    ),
    Struck("mfa-add", scenes.signed_up, _always("mfa", "add"), 0, ("totp_add",), after_add),
    Struck(
        "mfa-disable",
        scenes.enrolled,
        _always("mfa", "disable", "--yes"),
        0,
        ("totp_disable",),
        after_disabling,
    ),
    Struck(
        "account-password",
        scenes.signed_up,
        _new_password,
        0,
        ("password_check", "password_change"),
        after_password_change,
    ),
    Struck("signout", scenes.enrolled, _always("signout"), 0, ("sign_out",), after_sign_out),
)
