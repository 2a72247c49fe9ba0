"""The table of errors, walked: every code is produced by a command line that ends with it.

Guarantees that a code which no command produces fails, that the exit statuses are those that
scripts rely on (written out here, not taken from the table), and that an error says what happened
and what to do next, as a document and in lines for people.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mfactl.errors import ERRORS, Code
from mfactl.service import account
from mfactl.vault import sqlite_file
from tests.support.runner import ADA, PASSWORD, START, Result, Shell, code_at, wrong_code_at

CANARY = "a secret that no message may show"

STATUSES = {
    1: {Code.CANCELLED, Code.INTERNAL_ERROR},
    2: {
        Code.USAGE_ERROR,
        Code.PARAM_MISSING,
        Code.PARAM_FORMAT_INVALID,
        Code.PASSWORD_TOO_SHORT,
        Code.PASSWORD_TOO_LONG,
        Code.PASSWORD_NOT_STRONG_ENOUGH,
        Code.NEW_PASSWORD_MATCHES_CURRENT,
    },
    3: {Code.REVERIFICATION_REQUIRED},
    4: {Code.AUTHENTICATION_INVALID, Code.SIGNED_OUT},
    5: {
        Code.PASSWORD_OR_IDENTIFIER_INCORRECT,
        Code.PASSWORD_VALIDATION_FAILED,
        Code.CODE_INCORRECT,
        Code.VERIFICATION_EXPIRED,
        Code.VERIFICATION_FAILED,
        Code.LOCKOUT_WARNING,
    },
    6: {Code.USER_LOCKED, Code.TOO_MANY_REQUESTS},
    7: {
        Code.IDENTIFIER_EXISTS,
        Code.TOTP_ALREADY_ENABLED,
        Code.BACKUP_CODES_NOT_AVAILABLE,
        Code.NO_SECOND_FACTORS,
        Code.STRATEGY_FOR_USER_INVALID,
        Code.SESSION_EXISTS,
        Code.CLIENT_STATE_INVALID,
        Code.RESOURCE_NOT_FOUND,
        Code.FILE_EXISTS,
        Code.VAULT_EXISTS,
        Code.VAULT_LAST_SLOT,
        Code.VAULT_SLOTS_FULL,
    },
    8: {Code.VAULT_NOT_FOUND, Code.VAULT_LOCKED, Code.VAULT_KEY_INCORRECT},
    9: {Code.VAULT_CORRUPT, Code.VAULT_ROLLED_BACK, Code.VAULT_TOO_NEW},
    10: {Code.CONFIG_INVALID},
    11: {Code.IO_ERROR, Code.VAULT_BUSY, Code.MAIL_UNDELIVERABLE, Code.VAULT_PERMISSIONS},
}

Scenario = Callable[[Shell, pytest.MonkeyPatch], Result]
SCENARIOS: dict[Code, Scenario] = {}


def produces(code: Code) -> Callable[[Scenario], Scenario]:
    """Registers a scenario: from a home that is not there yet to a run that ends with the code."""

    def register(scenario: Scenario) -> Scenario:
        SCENARIOS[code] = scenario
        return scenario

    return register


@pytest.mark.parametrize("code", Code)
def test_a_command_ends_with_it(
    code: Code, fresh_shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code in SCENARIOS, "no journey produces this code"
    fresh_shell.clock = START
    result = SCENARIOS[code](fresh_shell, monkeypatch)

    assert code in result.codes
    assert result.exit == _documented(code)
    what_happened, *more = (error["long_message"] for error in result.document["errors"])
    assert f"mfactl: {what_happened}\n" in result.stderr
    *_, last = result.stderr.splitlines()
    assert last not in (f"mfactl: {what_happened}", *more), "a last line says what to do next"
    assert CANARY not in result.stdout + result.stderr


def _documented(code: Code) -> int:
    return next(status for status, codes in STATUSES.items() if code in codes)


def test_the_table_has_a_row_for_every_code() -> None:
    assert set(ERRORS) == set(Code)


def test_every_code_has_one_documented_status() -> None:
    assert sorted(code for codes in STATUSES.values() for code in codes) == sorted(Code)


@pytest.mark.parametrize("code", Code)
def test_its_sentences_are_sentences(code: Code) -> None:
    row = ERRORS[code]
    assert row.long_message.endswith(".")
    assert row.message
    assert row.remedy


# --- exit 1: a declined question, or a bug


@produces(Code.CANCELLED)
def a_declined_question(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle(app=True)
    return shell.run("mfa", "disable", "--json", typed="no\n")


@produces(Code.INTERNAL_ERROR)
def a_bug(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Result:
    def show(_conversation: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(account, "show", show)
    return shell.run("account", "show", "--json")


# --- exit 2: usage


@produces(Code.USAGE_ERROR)
def an_option_that_is_not_there(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return shell.run("signin", ADA, "--password", "--json")


@produces(Code.PARAM_MISSING)
def a_password_that_nobody_gives(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    return shell.run("signin", ADA, "--json")


@produces(Code.PARAM_FORMAT_INVALID)
def a_code_of_five_digits(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return shell.run("verify", "12345", "--json")


def sign_up_with(password: str, shell: Shell) -> Result:
    shell.init()
    return shell.run("signup", ADA, "--password-stdin", "--json", stdin=password)


@produces(Code.PASSWORD_TOO_SHORT)
def seven_characters(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return sign_up_with("7 chars", shell)


@produces(Code.PASSWORD_TOO_LONG)
def more_than_1024_characters(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return sign_up_with("x" * 1025, shell)


@produces(Code.PASSWORD_NOT_STRONG_ENOUGH)
def the_address_as_password(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return sign_up_with(ADA, shell)


def change_password(shell: Shell, current: str, new: str) -> Result:
    file = shell.write("current.txt", current)
    return shell.run(
        *("account", "password", "--password-file", str(file), "--new-password-stdin", "--json"),
        stdin=new,
    )


@produces(Code.NEW_PASSWORD_MATCHES_CURRENT)
def the_same_password_again(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return change_password(shell, PASSWORD, PASSWORD)


# --- exit 3: one more step


@produces(Code.REVERIFICATION_REQUIRED)
def a_session_of_eleven_minutes(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    shell.clock = START + 11 * 60
    return shell.run("mfa", "add", "--json")


# --- exit 4: not signed in


@produces(Code.AUTHENTICATION_INVALID)
def nobody_ever_signed_in(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return shell.run("account", "show", "--json")


@produces(Code.SIGNED_OUT)
def a_session_of_seven_days(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    shell.clock = START + 7 * 24 * 3600
    return shell.run("account", "show", "--json")


# --- exit 5: refused


def sign_in_with(password: str, shell: Shell) -> Result:
    return shell.run("signin", ADA, "--password-stdin", "--json", stdin=password)


@produces(Code.PASSWORD_OR_IDENTIFIER_INCORRECT)
def an_unknown_address(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    return sign_in_with(PASSWORD, shell)


@produces(Code.PASSWORD_VALIDATION_FAILED)
def a_wrong_current_password(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return change_password(shell, "a wrong password", "a new and better password")


@produces(Code.CODE_INCORRECT)
def a_wrong_code(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    kept = shell.settle(app=True)
    return shell.run("verify", wrong_code_at(kept.secret, START), "--json")


@produces(Code.VERIFICATION_EXPIRED)
def an_email_code_of_ten_minutes(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    shell.start_sign_up()
    shell.clock = START + 10 * 60
    return shell.run("verify", shell.mailed_code(), "--json")


@produces(Code.VERIFICATION_FAILED)
def a_sixth_try(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    shell.start_sign_up()
    right = shell.mailed_code()
    for _ in range(5):
        shell.run("verify", "000000" if right != "000000" else "111111", expect=5)
    return shell.run("verify", right, "--json")


def guess_codes(times: int, shell: Shell) -> Result:
    """The last of so many wrong codes."""
    kept = shell.settle(app=True)
    wrong = wrong_code_at(kept.secret, START)
    return [shell.run("verify", wrong, "--json") for _ in range(times)][-1]


@produces(Code.LOCKOUT_WARNING)
def an_eighth_wrong_code(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    result = guess_codes(8, shell)
    assert result.codes == [Code.CODE_INCORRECT, Code.LOCKOUT_WARNING]  # it never comes alone
    return result


# --- exit 6: wait


@produces(Code.USER_LOCKED)
def an_eleventh_wrong_code(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return guess_codes(11, shell)


@produces(Code.TOO_MANY_REQUESTS)
def a_second_code_at_once(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    shell.start_sign_up()
    return shell.run("verify", "--resend", "--json")


# --- exit 7: wrong state


@produces(Code.IDENTIFIER_EXISTS)
def an_address_that_is_taken(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    shell.run("signout", expect=0)
    return shell.run("signup", ADA, "--password-stdin", "--json", stdin=PASSWORD)


@produces(Code.TOTP_ALREADY_ENABLED)
def a_second_app(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle(app=True)
    return shell.run("mfa", "add", "--json")


@produces(Code.BACKUP_CODES_NOT_AVAILABLE)
def backup_codes_without_an_app(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return shell.run("backup-codes", "regenerate", "--yes", "--json")


@produces(Code.NO_SECOND_FACTORS)
def a_code_without_a_second_factor(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return shell.run("verify", "123456", "--json")


@produces(Code.STRATEGY_FOR_USER_INVALID)
def the_password_instead_of_the_app(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle(app=True)
    return shell.run("verify", "--password-stdin", "--json", stdin=PASSWORD)


@produces(Code.SESSION_EXISTS)
def a_second_sign_in(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return sign_in_with(PASSWORD, shell)


@produces(Code.CLIENT_STATE_INVALID)
def nothing_pending(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    return shell.run("verify", "123456", "--json")


@produces(Code.RESOURCE_NOT_FOUND)
def no_app_to_confirm(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    return shell.run("mfa", "verify", "123456", "--json")


@produces(Code.FILE_EXISTS)
def a_page_of_codes_onto_a_file(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle(app=True)
    page = shell.home / "codes.txt"
    page.touch()
    return shell.run("backup-codes", "regenerate", "--yes", "--save", str(page), "--json")


@produces(Code.VAULT_EXISTS)
def a_second_vault_in_its_place(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    return shell.run("vault", "init", "--json")


@produces(Code.VAULT_LAST_SLOT)
def the_last_slot_removed(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    slot = shell.run("vault", "status", "--field", "slots.0.id", expect=0).stdout.strip()
    return shell.run("vault", "slots", "remove", slot, "--yes", "--json")


@produces(Code.VAULT_SLOTS_FULL)
def one_slot_too_many(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    add = ("vault", "slots", "add", "--key-file")
    for number in range(15):
        shell.run(*add, str(shell.home / f"{number}.key"), expect=0)
    return shell.run(*add, str(shell.home / "last.key"), "--json")


# --- exit 8: the vault cannot be opened


@produces(Code.VAULT_NOT_FOUND)
def no_vault(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    return shell.run("vault", "status", "--json")


@produces(Code.VAULT_LOCKED)
def no_key_file(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    (shell.home / "vault.key").unlink()
    return shell.run("account", "show", "--json")


@produces(Code.VAULT_KEY_INCORRECT)
def the_key_of_another_vault(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    own = shell.home
    shell.home = shell.folder / "another"
    shell.init()
    shell.environ["MFACTL_KEY_FILE"] = str(own / "vault.key")
    return shell.run("account", "show", "--json")


# --- exit 9: the vault is damaged


@produces(Code.VAULT_CORRUPT)
def a_vault_that_is_a_text(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    (shell.home / "vault.db").write_text("Dear diary,\n" * 1000)
    return shell.run("vault", "check", "--json")


@produces(Code.VAULT_ROLLED_BACK)
def an_older_copy_put_back(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    kept = shell.settle(app=True)
    vault = shell.home / "vault.db"
    older = vault.read_bytes()
    shell.clock = START + 30
    shell.run("verify", code_at(kept.secret, shell.clock), expect=0)
    vault.write_bytes(older)
    return shell.run("verify", code_at(kept.secret, shell.clock), "--json")


@produces(Code.VAULT_TOO_NEW)
def a_vault_of_a_later_format(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    connection = sqlite3.connect(shell.home / "vault.db")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    return shell.run("vault", "status", "--json")


# --- exit 10: configuration


@produces(Code.CONFIG_INVALID)
def a_setting_that_loosens_a_rule(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    (shell.home / "config.toml").write_text("[password]\nmin_length = 4\n")
    return shell.run("account", "show", "--json")


# --- exit 11: the machine


@produces(Code.IO_ERROR)
def a_password_file_that_is_not_there(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    return shell.run("signin", ADA, "--password-file", "nowhere.txt", "--json")


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@produces(Code.VAULT_BUSY)
def another_process_that_writes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.settle()
    monkeypatch.setattr(
        sqlite_file, "BUSY_SECONDS", 0.01
    )  # ten seconds of patience are not the point
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, shell.home / "vault.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        return shell.run("signout", "--json")  # leaving the block closes the other's stdin


@produces(Code.MAIL_UNDELIVERABLE)
def an_outbox_that_is_a_file(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    Path(shell.home / "outbox").touch()
    return shell.run("signup", ADA, "--password-stdin", "--json", stdin=PASSWORD)


@produces(Code.VAULT_PERMISSIONS)
def a_key_that_others_can_read(shell: Shell, _monkeypatch: pytest.MonkeyPatch) -> Result:
    shell.init()
    (shell.home / "vault.key").chmod(0o644)
    return shell.run("account", "show", "--json")
