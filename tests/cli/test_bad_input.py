"""Bad input: each with its exit status, its code and one clear line, and nothing is lost."""

import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest

from tests.cli.program import EMAIL, MINUTE, NOW, PASSWORD, Ada, Ended, Program
from tests.cli.test_help import found

THEN = NOW + 4 * 30  # a moment at which a sign-in begun at NOW + 30 is open
NOTICES = {
    "This is a test vault: its clock can be set. Keep no real account in it.",
    "This needs a factor verified in the last 10 minutes.",
}
# Root passes every permission check; without its capabilities it is like anybody.
UNPRIVILEGED = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


def assert_refused(ended: Ended, status: int, code: str) -> None:
    """One document, one line that says what happened, and one that says what to do next."""
    assert (ended.status, ended.codes) == (status, [code])
    lines = [line for line in ended.err.splitlines() if line not in NOTICES]
    assert len(lines) == 2, ended.err
    assert lines[0].startswith("mfactl: ")
    assert lines[0].endswith((".", "?", ")"))
    assert lines[1]


def assert_listed(status: int, *arguments: str) -> None:
    """The command's help lists the status."""
    path = (
        arguments[:1]
        if arguments[0] in {"signup", "signin", "verify", "signout", "totp"}
        else (arguments[:2])
    )
    assert re.search(rf"(?m)^ +{status}  ", found(path).epilog), f"{path} {status}"


# --- codes


class Try(NamedTuple):
    """A command line, what is piped into it, and how it has to end."""

    arguments: tuple[str, ...]
    status: int
    code: str
    stdin: str | bytes = ""


SHAPELESS = {
    "five digits": "12345",
    "seven digits": "1234567",
    "full-width digits": "\uff11\uff12\uff13\uff14\uff15\uff16",
    "Arabic digits": "\u0661\u0662\u0663\u0664\u0665\u0666",
    "an underscore": "123_456",
    "underscores": "12_34_56",
    "a sign": "+12345",
    "letters": "abcdef",
    "nothing": "",
    "a space": " ",
    "a newline inside": "123\n456",
    "a newline at the end": "123456\n",
    "a backup code with a letter that there is none of": "uuuu-uuuu-uuuu",
    "a backup code that is cut short": "4k7m-2p9x-t3w",
    "300 digits": "1" * 300,
    "bytes that are no text": "\udcff\udcfe",
}


@pytest.mark.parametrize("what", SHAPELESS)
def test_a_code_of_the_wrong_shape_is_2_and_no_try(ada_signing_in: Ada, what: str) -> None:
    ada = ada_signing_in.at(THEN)
    tries = 11 if what == "five digits" else 1  # one more than would lock the account
    for _ in range(tries):
        ended = ada.here("verify", "--json", "--", SHAPELESS[what])
        assert_refused(ended, 2, "form_param_format_invalid")
    assert ada.ask("verify", ada_signing_in.app_code(THEN))["status"] == "complete"


def test_digits_are_no_try_where_a_backup_code_is_insisted_on(ada_signing_in: Ada) -> None:
    code = ada_signing_in.app_code(THEN)
    ended = ada_signing_in.at(THEN).here("verify", code, "--backup-code", "--json")
    assert_refused(ended, 2, "form_param_format_invalid")
    assert_listed(2, "verify")


WRONG_CODES: dict[str, Callable[[Ada], str]] = {
    "two steps old": lambda ada: ada.app_code(THEN - 60),
    "two steps ahead": lambda ada: ada.app_code(THEN + 60),
    "another account's": lambda _: pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(THEN),
    "no step's": lambda ada: ada.wrong_code(THEN),
    "no backup code of the set": lambda _: "zzzz-zzzz-zzzz",
    "an enrolment's, used": lambda ada: ada.app_code(NOW),
}


@pytest.mark.parametrize("what", WRONG_CODES)
def test_a_wrong_code_is_5(ada_signing_in: Ada, what: str) -> None:
    ended = ada_signing_in.at(THEN).here("verify", WRONG_CODES[what](ada_signing_in), "--json")
    assert_refused(ended, 5, "form_code_incorrect")
    assert_listed(5, "verify")


@pytest.mark.parametrize("which", ["totp", "backup"])
def test_a_used_code_is_5_and_says_so(ada_signing_in: Ada, which: str) -> None:
    ada = ada_signing_in.at(THEN)
    code = ada_signing_in.app_code(THEN) if which == "totp" else ada_signing_in.backup_codes[3]
    ada.ask("verify", code)
    ended = ada.here("verify", code, "--json")
    assert_refused(ended, 5, "form_code_incorrect")
    assert "already used" in ended.err


def test_a_code_of_the_step_before_is_good(ada_signing_in: Ada) -> None:
    code = ada_signing_in.app_code(THEN - 30)
    assert ada_signing_in.at(THEN).ask("verify", code)["status"] == "complete"


@pytest.mark.parametrize("typed", ["{}-{}", "{} {}", " {}{} ", "{}  {}"])
def test_spaces_or_a_hyphen_in_a_code_are_fine(ada_signing_in: Ada, typed: str) -> None:
    code = ada_signing_in.app_code(THEN)
    typed = typed.format(code[:3], code[3:])
    assert ada_signing_in.at(THEN).ask("verify", typed)["status"] == "complete"


def test_a_backup_code_where_a_mailed_code_is_due_is_2(ada_signing_up: Ada) -> None:
    ended = ada_signing_up.here("verify", "4k7m-2p9x-t3wd", "--json")
    assert_refused(ended, 2, "form_param_format_invalid")


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        (b"", "form_param_missing"),
        (b"\n", "form_param_missing"),
        (b"123456\r\n", "form_param_format_invalid"),
        (b"123456\n\n", "form_param_format_invalid"),
        (b"\xff\xfe", "form_param_format_invalid"),
        (b"1" * (1 << 20), "form_param_format_invalid"),
    ],
    ids=["nothing", "a newline", "CR LF", "two newlines", "bytes that are no text", "1 MiB"],
)
def test_a_piped_code_of_the_wrong_shape_is_2(ada_signing_in: Ada, stdin: bytes, code: str) -> None:
    ended = ada_signing_in.at(THEN).here("verify", "-", "--json", stdin=stdin)
    assert_refused(ended, 2, code)
    assert ended.document["errors"][0]["meta"] == {"param_name": "code"}


# --- addresses

BAD_ADDRESSES = {
    "nothing": "",
    "spaces": "   ",
    "no domain": "ada",
    "an empty domain": "ada@",
    "an empty local part": "@example.com",
    "two signs": "ada@@example.com",
    "two dots": "ada@example..com",
    "a space": "ada lovelace@example.com",
    "a name": "Ada <ada@example.com>",
    "quotes": '"ada"@example.com',
    "a quoted space": '"ada lovelace"@example.com',
    "a Cyrillic letter among Latin ones": "ad\u0430@example.com",
    "a Greek letter in the domain": "ada@ex\u03b1mple.com",
    "full-width letters": "\uff41da@example.com",
    "300 characters": "a" * 288 + "@example.com",
    "300 characters of domain": "a@" + "b." * 147 + "com",
    "a terminal escape": "ada\x1b[31m@example.com",
    "a C1 control": "ada\x9b31m@example.com",
    "a newline": "ada@example.com\nbcc: eve@example.com",
    "an override of direction": "ada\u202emoc@example.com",
    "a zero-width space": "ada\u200b@example.com",
    "bytes that are no text": "ada\udcff@example.com",
}


@pytest.mark.parametrize("what", BAD_ADDRESSES)
def test_a_bad_address_is_2_wherever_one_is_asked_for(ada_signing_up: Ada, what: str) -> None:
    address = BAD_ADDRESSES[what]
    for command in (("signup",), ("signin",), ("outbox", "code")):
        secret = () if command[0] == "outbox" else ("--password-stdin",)
        ended = ada_signing_up.here(*command, *secret, "--json", "--", address, stdin=PASSWORD)
        assert_refused(ended, 2, "form_param_format_invalid")
        assert ended.document["errors"][0]["meta"] == {"param_name": "email_address"}


ESC = "\x1b]0;owned\x07\x1b[31m"
ECHOED = {
    "an address": ("signin", f"ada{ESC}@example.com"),
    "a command": (f"sign{ESC}in",),
    "a command of a group": ("mfa", f"add{ESC}"),
    "an option": ("verify", f"--bogus{ESC}"),
    "an argument too many": ("signin", EMAIL, f"x{ESC}"),
    "a code": ("verify", f"123456{ESC}"),
    "a choice": ("mfa", "add", "--format", f"qr{ESC}"),
    "a number": ("totp", "--offset", f"3{ESC}"),
    "a field": ("account", "show", "--field", f"id{ESC}"),
    "a vault": ("vault", "status", "--vault", f"/nonexistent/{ESC}"),
    "a password file": ("verify", "--password-file", f"/nonexistent/{ESC}"),
    "a message": ("outbox", "show", f"id{ESC}"),
}


@pytest.mark.parametrize("what", ECHOED)
@pytest.mark.parametrize("how", [(), ("--json",)], ids=["as text", "as JSON"])
def test_a_terminal_escape_never_comes_back(
    ada_signing_up: Ada, what: str, how: tuple[str, ...]
) -> None:
    ended = ada_signing_up.here(*how, *ECHOED[what])
    assert ended.status != 0
    assert "mfactl: " in ended.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", ended.out + ended.err)


def test_a_terminal_escape_in_the_name_of_the_home_never_comes_back(nowhere: Program) -> None:
    program = Program(nowhere.home / f"x{ESC}")
    printed = [
        program.here("vault", "init", "--test"),
        program.here("vault", "status"),
        program.here("vault", "status", "--field", "path"),
        program.here("vault", "init"),
        program.here("outbox", "clear"),
        program.here("signup", EMAIL, "--password-stdin", stdin=PASSWORD),
    ]
    assert [ended.status for ended in printed] == [0, 0, 0, 7, 0, 3]
    assert not [ended for ended in printed if "\x1b" in ended.out + ended.err]
    assert "\\x1b" in printed[1].out


# --- passwords

BAD_PASSWORDS: dict[str, tuple[str | bytes, str]] = {
    "a common one": ("password123", "form_password_not_strong_enough"),
    "the address": ("new@example.com", "form_password_not_strong_enough"),
    "the name of the program": ("mfactlmfactl", "form_password_not_strong_enough"),
    "twelve spaces": (" " * 12, "form_password_not_strong_enough"),
    "seven characters": ("xK9#qLz", "form_password_length_too_short"),
    "2,000 characters": ("xK9#qLz2" * 250, "form_password_length_too_long"),
    "1 MiB": (b"x" * (1 << 20), "form_password_length_too_long"),
    "bytes that are no text": (b"correct horse \xff\xfe", "form_param_format_invalid"),
    "UTF-16": ("correct horse battery".encode("utf-16"), "form_param_format_invalid"),
    "nothing": (b"", "form_param_missing"),
    "a newline": (b"\n", "form_param_missing"),
}


@pytest.mark.parametrize("what", BAD_PASSWORDS)
def test_a_bad_password_is_2_and_starts_nothing(ada_signing_up: Ada, what: str) -> None:
    password, code = BAD_PASSWORDS[what]
    ended = ada_signing_up.here(
        "signup", "new@example.com", "--password-stdin", "--json", stdin=password
    )
    assert_refused(ended, 2, code)
    assert ended.document["errors"][0]["meta"]["param_name"] == "password"
    assert ada_signing_up.ask("outbox", "list")["total_count"] == 1  # Ada's


def test_a_refused_password_says_what_would_be_better(ada_signing_up: Ada) -> None:
    arguments = ("signup", "new@example.com", "--password-stdin", "--json")
    ended = ada_signing_up.here(*arguments, stdin="password123")
    (error,) = ended.document["errors"]
    suggestions = error["meta"]["zxcvbn"]["suggestions"]
    assert suggestions
    assert error["long_message"] + "\n" in ended.err
    for suggestion in suggestions:
        assert suggestion["message"] in ended.err
        assert re.fullmatch("[a-z_]+", suggestion["code"])


def test_a_piped_password_of_1_mib_is_refused_by_a_process_that_reads_no_more(
    ada_signing_up: Ada,
) -> None:
    arguments = ("signup", "new@example.com", "--password-stdin", "--json")
    assert_refused(
        ada_signing_up.start(*arguments, stdin=b"x" * (1 << 20)),
        2,
        "form_password_length_too_long",
    )


@pytest.mark.parametrize(
    ("file", "code"), [("missing", 11), ("directory", 11), ("not-text", 2), ("empty", 2)]
)
def test_a_password_file_that_gives_no_password(
    ada_signing_up: Ada, tmp_path: Path, file: str, code: int
) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "not-text").write_bytes(b"\xff")
    (tmp_path / "empty").touch()
    arguments = ("signin", EMAIL, "--password-file", str(tmp_path / file), "--json")
    ended = ada_signing_up.here(*arguments)
    assert ended.status == code
    assert str(tmp_path / file) in ended.err
    assert_listed(code, "signin")


def test_a_password_may_come_from_another_descriptor(ada: Ada) -> None:
    ada.ask("signout")
    assert ada.shell(f"mfactl signin {EMAIL} --password-file /dev/fd/3 3<<< '{PASSWORD}' -q") == (
        0,
        f"Signed in as {EMAIL}.\n",
        "",
    )


# --- wrong moment, wrong options

REFUSED = {
    "a wrong password": (
        "ada_signed_out",
        Try(
            ("signin", EMAIL, "--password-stdin"),
            5,
            "form_password_or_identifier_incorrect",
            "wrong",
        ),
    ),
    "an unknown address": (
        "ada_signed_out",
        Try(
            ("signin", "eve@example.com", "--password-stdin"),
            5,
            "form_password_or_identifier_incorrect",
            PASSWORD,
        ),
    ),
    "no way to get a password": (
        "ada_signed_out",
        Try(("signin", EMAIL), 2, "form_param_missing"),
    ),
    "an address that is taken": (
        "ada_signed_out",
        Try(("signup", EMAIL, "--password-stdin"), 7, "form_identifier_exists", PASSWORD),
    ),
    "a session, for a sign-in": ("ada", Try(("signin", EMAIL), 7, "session_exists")),
    "a session, for a sign-up": ("ada", Try(("signup", EMAIL), 7, "session_exists")),
    "nothing pending": (
        "ada_signed_out",
        Try(("verify", "123456"), 7, "client_state_invalid"),
    ),
    "nothing pending, for a backup code": (
        "ada_signed_out",
        Try(("verify", "4k7m-2p9x-t3wd"), 7, "client_state_invalid"),
    ),
    "nothing pending, for a password": (
        "ada_signed_out",
        Try(("verify", "--password-stdin"), 7, "client_state_invalid", PASSWORD),
    ),
    "no sign-up, for another code": (
        "ada_signed_out",
        Try(("verify", "--resend"), 7, "client_state_invalid"),
    ),
    "a session, for another code": ("ada", Try(("verify", "--resend"), 7, "client_state_invalid")),
    "another code at once": (
        "ada_signing_up",
        Try(("verify", "--resend"), 6, "verification_code_too_many_requests"),
    ),
    "a code, for a session that has no factor": (
        "ada",
        Try(("verify", "123456"), 7, "no_second_factors"),
    ),
    "a password, for a session that has a factor": (
        "ada_with_totp",
        Try(("verify", "--password-stdin"), 7, "strategy_for_user_invalid", PASSWORD),
    ),
    "a password, for a sign-up": (
        "ada_signing_up",
        Try(("verify", "--password-stdin"), 7, "strategy_for_user_invalid", PASSWORD),
    ),
    "a wrong password, for a session": (
        "ada",
        Try(("verify", "--password-stdin"), 5, "form_password_validation_failed", "wrong"),
    ),
    "a code before there is a secret": (
        "ada",
        Try(("mfa", "verify", "123456"), 7, "resource_not_found"),
    ),
    "a code when an app is on": (
        "ada_with_totp",
        Try(("mfa", "verify", "123456"), 7, "totp_already_enabled"),
    ),
    "an app when one is on": ("ada_with_totp", Try(("mfa", "add"), 7, "totp_already_enabled")),
    "no app to remove": ("ada", Try(("mfa", "disable", "--yes"), 7, "resource_not_found")),
    "no codes to replace": (
        "ada",
        Try(("backup-codes", "regenerate", "--yes"), 7, "backup_codes_not_available"),
    ),
    "no confirmation to remove an app": (
        "ada_with_totp",
        Try(("mfa", "disable"), 2, "form_param_missing"),
    ),
    "no confirmation to replace codes": (
        "ada_with_totp",
        Try(("backup-codes", "regenerate"), 2, "form_param_missing"),
    ),
    "no session, for the account": (
        "ada_signed_out",
        Try(("account", "show"), 4, "authentication_invalid"),
    ),
    "no session, for an app": ("ada_signed_out", Try(("mfa", "add"), 4, "authentication_invalid")),
    "no session, to remove an app": (
        "ada_signed_out",
        Try(("mfa", "disable", "--yes"), 4, "authentication_invalid"),
    ),
    "no session to end": ("ada_signed_out", Try(("signout",), 4, "authentication_invalid")),
    "a wrong current password": (
        "ada",
        Try(
            ("account", "password", "--password-stdin", "--new-password-file", "{new}"),
            5,
            "form_password_validation_failed",
            "wrong",
        ),
    ),
    "the current password as the new one": (
        "ada",
        Try(
            ("account", "password", "--password-file", "{current}", "--new-password-stdin"),
            2,
            "form_new_password_matches_current",
            PASSWORD,
        ),
    ),
    "a weak new password": (
        "ada",
        Try(
            ("account", "password", "--password-file", "{current}", "--new-password-stdin"),
            2,
            "form_password_not_strong_enough",
            "password123",
        ),
    ),
    "no new password": (
        "ada",
        Try(("account", "password", "--password-file", "{current}"), 2, "form_param_missing"),
    ),
    "both ways to give a password": (
        "ada_signed_out",
        Try(
            ("signin", EMAIL, "--password-stdin", "--password-file", "{current}"),
            2,
            "usage_error",
            PASSWORD,
        ),
    ),
    "both ways to give a new password": (
        "ada",
        Try(
            (
                *("account", "password", "--password-file", "{current}"),
                *("--new-password-stdin", "--new-password-file", "{new}"),
            ),
            2,
            "usage_error",
        ),
    ),
    "two passwords from one stdin": (
        "ada",
        Try(("account", "password", "--password-stdin", "--new-password-stdin"), 2, "usage_error"),
    ),
    "a code and a password from one stdin": (
        "ada",
        Try(("verify", "-", "--password-stdin"), 2, "usage_error", PASSWORD),
    ),
    "a code and a new code": (
        "ada_signing_up",
        Try(("verify", "123456", "--resend"), 2, "usage_error"),
    ),
    "an unknown format": (
        "ada",
        Try(("mfa", "add", "--format", "hologram"), 2, "usage_error"),
    ),
    "a vault that is there": ("ada", Try(("vault", "init"), 7, "vault_exists")),
    "a passphrase and a key file": (
        "ada",
        Try(("vault", "init", "--passphrase", "--key-file", "{new}"), 2, "usage_error"),
    ),
    "a new passphrase that nobody gives": (
        "nowhere",
        Try(("vault", "init", "--passphrase"), 8, "vault_locked"),
    ),
    "no vault, for a sign-in": (
        "nowhere",
        Try(("signin", EMAIL, "--password-stdin"), 8, "vault_not_found", PASSWORD),
    ),
    "no vault, for its status": ("nowhere", Try(("vault", "status"), 8, "vault_not_found")),
    "no vault, to check": ("nowhere", Try(("vault", "check"), 8, "vault_not_found")),
    "no vault, for the account": (
        "nowhere",
        Try(("account", "show"), 4, "authentication_invalid"),
    ),
    "no vault, for an app": ("nowhere", Try(("mfa", "add"), 4, "authentication_invalid")),
    "no vault to sign out of": ("nowhere", Try(("signout",), 4, "authentication_invalid")),
    "no vault, for a code": ("nowhere", Try(("verify", "123456"), 7, "client_state_invalid")),
    "an empty outbox": (
        "nowhere",
        Try(("outbox", "show"), 7, "resource_not_found"),
    ),
    "a message that is not there": (
        "ada",
        Try(("outbox", "show", "nosuch"), 7, "resource_not_found"),
    ),
}


@pytest.fixture
def ada_signed_out(ada: Ada) -> Ada:
    """Ada has an account without a second factor, and no session."""
    ada.ask("signout")
    return ada


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_done_is_refused_with_its_own_code(
    request: pytest.FixtureRequest, tmp_path: Path, what: str
) -> None:
    state, tried = REFUSED[what]
    program: Program = request.getfixturevalue(state)
    (tmp_path / "current").write_text(f"{PASSWORD}\n")
    (tmp_path / "new").write_text("a quiet lighthouse keeps nine owls")
    places = {f"{{{name}}}": str(tmp_path / name) for name in ("current", "new")}
    arguments = [places.get(argument, argument) for argument in tried.arguments]
    ended = program.here(*arguments, "--json", stdin=tried.stdin)
    assert_refused(ended, tried.status, tried.code)
    assert_listed(tried.status, *arguments)


@pytest.mark.parametrize(
    ("state", "arguments"),
    [
        ("ada", ("mfa", "add")),
        ("ada", ("account", "password")),
        ("ada_with_totp", ("mfa", "disable", "--yes")),
        ("ada_with_totp", ("backup-codes", "regenerate", "--yes")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_session_of_11_minutes_has_to_be_verified_first(
    request: pytest.FixtureRequest, state: str, arguments: tuple[str, ...]
) -> None:
    program: Program = request.getfixturevalue(state).at(NOW + 11 * MINUTE)
    ended = program.here(*arguments, "--json")
    assert_refused(ended, 3, "session_reverification_required")
    assert_listed(3, *arguments)


def test_another_clients_secret_cannot_be_confirmed(ada: Ada, tmp_path: Path) -> None:
    secret = ada.ask("mfa", "add")["secret"]
    other = ada.with_(MFACTL_CLIENT=str(tmp_path / "other.toml"))
    other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    ended = other.here("mfa", "verify", pyotp.TOTP(secret).at(NOW), "--json")
    assert_refused(ended, 7, "resource_not_found")
    assert ada.ask("mfa", "verify", pyotp.TOTP(secret).at(NOW))["verified"]


# --- the phone

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
BAD_SECRETS: dict[str, str | bytes] = {
    "no base32": "not a secret!",
    "too few bits": "GEZDGNBVGY3TQOJQ",
    "a counter": f"otpauth://hotp/x?secret={RFC_SECRET}&counter=1",
    "no secret": "otpauth://totp/x",
    "another scheme": f"https://example.com/?secret={RFC_SECRET}",
    "a silly period": f"otpauth://totp/x?secret={RFC_SECRET}&period=0",
    "a period that is no number": f"otpauth://totp/x?secret={RFC_SECRET}&period=soon",
    "digits that are no number": f"otpauth://totp/x?secret={RFC_SECRET}&digits=six",
    "an unknown algorithm": f"otpauth://totp/x?secret={RFC_SECRET}&algorithm=ROT13",
    "bytes that are no text": b"\xff\xfe",
    "two secrets": f"{RFC_SECRET}\n{RFC_SECRET}",
    "a control character": RFC_SECRET + "\x00",
    "1 MiB": b"A" * (1 << 20),
    "nothing": "",
}


@pytest.mark.parametrize("what", BAD_SECRETS)
def test_a_phone_refuses_what_is_no_secret_without_repeating_it(
    nowhere: Program, what: str
) -> None:
    ended = nowhere.at(NOW).here("totp", "--json", stdin=BAD_SECRETS[what])
    missing = "form_param_missing" if what == "nothing" else "form_param_format_invalid"
    assert_refused(ended, 2, missing)
    assert ended.document["errors"][0]["meta"] == {"param_name": "secret"}
    assert RFC_SECRET not in ended.out + ended.err


@pytest.mark.parametrize("offset", ["-99999999999999999999", "-1767225601"])
def test_a_phone_knows_no_time_before_1970(nowhere: Program, offset: str) -> None:
    ended = nowhere.at(NOW).here("totp", "--offset", offset, "--json", stdin=RFC_SECRET)
    assert ended.status == 2


# --- keys


def _another_key(ada: Ada) -> None:
    Program(ada.home / "other").ask("vault", "init", "--test")
    shutil.move(ada.home / "other" / "vault.key", ada.home / "vault.key")


def _misspell_the_key(ada: Ada) -> None:
    path = ada.home / "vault.key"
    text = re.sub("(?m)^(mfactl-key-1 .{9})(.)", r"\g<1>x", path.read_text())
    path.write_text(text)


def _show_a_passphrase(ada: Ada) -> None:
    (ada.home / "phrase").write_text("seven grey herons")
    (ada.home / "phrase").chmod(0o644)


def _garble_a_passphrase(ada: Ada) -> None:
    (ada.home / "phrase").write_bytes(b"seven grey \xff\xfe")
    (ada.home / "phrase").chmod(0o600)


def _cut(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _directory(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _sql(ada: Ada, statement: str) -> None:
    with sqlite3.connect(ada.vault) as connection:
        connection.execute(statement)
    connection.close()


class Broken(NamedTuple):
    """What happened to a home, and how every command that opens the vault has to end."""

    how: Callable[[Ada], object]
    status: int
    code: str
    variables: dict[str, str] = {}  # noqa: RUF012 - read only; `{home}` stands for the home


BROKEN = {
    "no key file": Broken(lambda ada: (ada.home / "vault.key").unlink(), 8, "vault_locked"),
    "the key file of another vault": Broken(_another_key, 8, "vault_key_incorrect"),
    "half a key file": Broken(
        lambda ada: _cut(ada.home / "vault.key", 200), 8, "vault_key_incorrect"
    ),
    "an empty key file": Broken(
        lambda ada: _cut(ada.home / "vault.key", 0), 8, "vault_key_incorrect"
    ),
    "a key file with one digit changed": Broken(_misspell_the_key, 8, "vault_key_incorrect"),
    "a key file of random bytes": Broken(
        lambda ada: (ada.home / "vault.key").write_bytes(bytes(range(256))),
        8,
        "vault_key_incorrect",
    ),
    "a key file that others can read": Broken(
        lambda ada: (ada.home / "vault.key").chmod(0o644), 11, "vault_permissions"
    ),
    "a key file that is a link": Broken(
        lambda ada: _link(ada.home / "vault.key"), 11, "vault_permissions"
    ),
    "a key file that is a directory": Broken(
        lambda ada: _directory(ada.home / "vault.key"), 11, "vault_permissions"
    ),
    "a named key file that is not there": Broken(
        lambda _: None, 8, "vault_locked", {"MFACTL_KEY_FILE": "{home}/nosuch.key"}
    ),
    "a passphrase, for a vault with a key file": Broken(
        lambda _: None, 8, "vault_key_incorrect", {"MFACTL_PASSPHRASE": "not the one"}
    ),
    "a passphrase file that is not there": Broken(
        lambda _: None, 8, "vault_locked", {"MFACTL_PASSPHRASE_FILE": "{home}/nosuch"}
    ),
    "a passphrase file that others can read": Broken(
        _show_a_passphrase,
        11,
        "vault_permissions",
        {"MFACTL_PASSPHRASE_FILE": "{home}/phrase"},
    ),
    "a passphrase file that is no text": Broken(
        _garble_a_passphrase, 8, "vault_key_incorrect", {"MFACTL_PASSPHRASE_FILE": "{home}/phrase"}
    ),
    "a passphrase of 2,000 characters": Broken(
        lambda _: None, 8, "vault_key_incorrect", {"MFACTL_PASSPHRASE": "x" * 2000}
    ),
    # the vault
    "a vault that is a directory": Broken(
        lambda ada: _directory(ada.vault), 11, "vault_permissions"
    ),
    "a vault that is the root": Broken(
        lambda _: None, 11, "vault_permissions", {"MFACTL_VAULT": "/"}
    ),
    "a vault that is a link": Broken(lambda ada: _link(ada.vault), 11, "vault_permissions"),
    "a vault that is a text file": Broken(
        lambda ada: ada.vault.write_text("Dear diary,\n" * 100), 9, "vault_corrupt"
    ),
    "a vault that is an empty file": Broken(lambda ada: _cut(ada.vault, 0), 9, "vault_corrupt"),
    "half a vault": Broken(
        lambda ada: _cut(ada.vault, ada.vault.stat().st_size // 2), 9, "vault_corrupt"
    ),
    "a vault that others can read": Broken(
        lambda ada: ada.vault.chmod(0o640), 11, "vault_permissions"
    ),
    "a vault where others can write": Broken(
        lambda ada: ada.home.chmod(0o777), 11, "vault_permissions"
    ),
    "a vault from a newer version": Broken(
        lambda ada: _sql(ada, "PRAGMA user_version = 2"), 9, "vault_too_new"
    ),
    "another program's database": Broken(
        lambda ada: _sql(ada, "PRAGMA application_id = 1"), 9, "vault_corrupt"
    ),
    "a vault with a trigger": Broken(
        lambda ada: _sql(
            ada, "CREATE TRIGGER t AFTER UPDATE ON record BEGIN DELETE FROM event; END"
        ),
        9,
        "vault_corrupt",
    ),
    "a vault with a view": Broken(
        lambda ada: _sql(ada, "CREATE VIEW v AS SELECT * FROM record"), 9, "vault_corrupt"
    ),
    "a vault without its header": Broken(
        lambda ada: _sql(ada, "DELETE FROM header"), 9, "vault_corrupt"
    ),
    "a vault whose header is nonsense": Broken(
        lambda ada: _sql(ada, "UPDATE header SET body = x'00ff'"), 9, "vault_corrupt"
    ),
    "a vault without its events": Broken(
        lambda ada: _sql(ada, "DELETE FROM event"), 9, "vault_corrupt"
    ),
    "a named vault that is not there": Broken(
        lambda _: None, 8, "vault_not_found", {"MFACTL_VAULT": "{home}/nosuch.db"}
    ),
    # the client file
    "a client file that is not TOML": Broken(
        lambda ada: (ada.home / "client.toml").write_text("{"), 11, "io_error"
    ),
    "a client file with nonsense in it": Broken(
        lambda ada: (ada.home / "client.toml").write_text(
            re.sub(r"number = \d+", 'number = "many"', (ada.home / "client.toml").read_text())
        ),
        11,
        "io_error",
    ),
    "a client file that others can read": Broken(
        lambda ada: (ada.home / "client.toml").chmod(0o604), 11, "vault_permissions"
    ),
    "a client file that has seen more": Broken(
        lambda ada: (ada.home / "client.toml").write_text(
            re.sub(r"number = \d+", "number = 999", (ada.home / "client.toml").read_text())
        ),
        9,
        "vault_rolled_back",
    ),
    # the configuration
    "a configuration that is not TOML": Broken(
        lambda ada: (ada.home / "config.toml").write_text("issuer: mfactl\n"), 10, "config_invalid"
    ),
    "a configuration with an unknown key": Broken(
        lambda ada: (ada.home / "config.toml").write_text("[session]\nlifetme = 60\n"),
        10,
        "config_invalid",
    ),
    "a configuration that loosens a rule": Broken(
        lambda ada: (ada.home / "config.toml").write_text("[password]\nmin_length = 7\n"),
        10,
        "config_invalid",
    ),
    "a configuration that is a directory": Broken(
        lambda ada: _directory(ada.home / "config.toml"), 11, "vault_permissions"
    ),
    "a named configuration that is not there": Broken(
        lambda _: None, 10, "config_invalid", {"MFACTL_CONFIG": "{home}/nosuch.toml"}
    ),
    # the clock
    "a clock that is a word": Broken(lambda _: None, 10, "config_invalid", {"MFACTL_NOW": "noon"}),
    "a clock with a sign": Broken(lambda _: None, 10, "config_invalid", {"MFACTL_NOW": "-1"}),
    "a clock with a fraction": Broken(
        lambda _: None, 10, "config_invalid", {"MFACTL_NOW": "1767225600.5"}
    ),
    "a clock in milliseconds": Broken(
        lambda _: None, 10, "config_invalid", {"MFACTL_NOW": "1767225600000"}
    ),
    "a clock in full-width digits": Broken(
        lambda _: None, 10, "config_invalid", {"MFACTL_NOW": "\uff11\uff12"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_told_by_every_command_and_stays_as_it_is(ada: Ada, what: str) -> None:
    broken = BROKEN[what]
    broken.how(ada)
    values = {
        name: value.replace("{home}", str(ada.home)) for name, value in broken.variables.items()
    }
    program = ada.with_(**values)
    before = ada.vault.read_bytes() if ada.vault.is_file() else None
    for command in (("account", "show"), ("mfa", "add"), ("verify", "123456")):
        ended = program.here(*command, "--json")
        assert_refused(ended, broken.status, broken.code)
        assert_listed(broken.status, *command)
    assert (ada.vault.read_bytes() if ada.vault.is_file() else None) == before


def test_a_mark_beyond_all_numbers_is_no_bug(ada: Ada) -> None:
    state = ada.home / "client.toml"
    state.write_text(re.sub(r"number = \d+", f"number = {10**30}", state.read_text()))
    ended = ada.here("account", "show", "--json")
    assert (ended.status, ended.codes) in [(9, ["vault_rolled_back"]), (11, ["io_error"])]


def test_an_older_copy_of_the_vault_is_noticed(ada: Ada) -> None:
    shutil.copy(ada.vault, ada.home / "copy.db")
    ada.ask("mfa", "add")
    shutil.copy(ada.home / "copy.db", ada.vault)
    ended = ada.here("account", "show", "--json")
    assert_refused(ended, 9, "vault_rolled_back")
    (ada.home / "client.toml").unlink()  # what the second line says
    ada.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)


def test_a_client_file_in_a_directory_where_others_write_is_refused(
    ada: Ada, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    program = ada.with_(MFACTL_CLIENT=str(tmp_path / "shared" / "client.toml"))
    arguments = ("signin", EMAIL, "--password-stdin", "--json")
    assert_refused(program.here(*arguments, stdin=PASSWORD), 11, "vault_permissions")
    assert list((tmp_path / "shared").iterdir()) == []


def test_no_first_sign_up_makes_a_vault_where_others_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    arguments = ("signup", EMAIL, "--password-stdin", "--json")
    assert_refused(Program(tmp_path).here(*arguments, stdin=PASSWORD), 11, "vault_permissions")
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_never_made_at_a_named_place_by_a_sign_up(nowhere: Program) -> None:
    program = nowhere.with_(MFACTL_VAULT=str(nowhere.home / "named.db"))
    arguments = ("signup", EMAIL, "--password-stdin", "--json")
    assert_refused(program.here(*arguments, stdin=PASSWORD), 8, "vault_not_found")
    assert not nowhere.home.exists()


def test_the_vault_option_beats_the_variable_and_makes_nothing(ada: Ada) -> None:
    elsewhere = ada.with_(MFACTL_VAULT=str(ada.home / "nosuch.db"))
    assert elsewhere.ask("account", "show", "--vault", str(ada.vault))["object"] == "user"
    ended = ada.here("account", "show", "--vault", str(ada.home / "nosuch.db"), "--json")
    assert_refused(ended, 8, "vault_not_found")
    assert not (ada.home / "nosuch.db").exists()


# --- a machine that refuses: real permissions, so a real process


def test_a_read_only_vault_is_read_and_not_written(ada: Ada) -> None:
    ada.vault.chmod(0o400)
    arguments = ("mfa", "add", "--json")
    assert_refused(ada.start(*arguments, prefix=UNPRIVILEGED), 11, "io_error")
    assert ada.start("account", "show", "-q", prefix=UNPRIVILEGED).status == 0


def test_a_read_only_home_is_11(ada: Ada) -> None:
    ada.home.chmod(0o500)
    try:
        ended = ada.start("mfa", "add", "--json", prefix=UNPRIVILEGED)
        assert_refused(ended, 11, "io_error")
    finally:
        ada.home.chmod(0o700)


def test_an_unreadable_configuration_is_11(ada: Ada) -> None:
    (ada.home / "config.toml").write_text("")
    (ada.home / "config.toml").chmod(0)
    assert_refused(ada.start("account", "show", "--json", prefix=UNPRIVILEGED), 11, "io_error")


def test_mail_that_cannot_be_delivered_leaves_a_sign_up_that_goes_on(ada: Ada) -> None:
    ada.ask("signout")
    (ada.home / "outbox" / "tmp").chmod(0o500)
    arguments = ("signup", "new@example.com", "--password-stdin", "--json")
    ended = ada.start(*arguments, stdin=PASSWORD, prefix=UNPRIVILEGED)
    assert_refused(ended, 11, "mail_undeliverable")
    (ada.home / "outbox" / "tmp").chmod(0o700)
    ada.ask("verify", "--resend", status=3)
    ada.ask("verify", ada.ask("outbox", "code", "new@example.com")["code"])


# --- no home


@pytest.fixture
def elsewhere(tmp_path: Path) -> Program:
    """A program that has no MFACTL_HOME, and directories of its own instead."""
    names = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state"}
    variables = {name: str(tmp_path / folder) for name, folder in names.items()}
    return Program(tmp_path).with_(MFACTL_HOME=None, HOME=None, **variables)


@pytest.mark.skipif(sys.platform != "linux", reason="XDG directories are Linux's")
def test_without_home_the_xdg_directories_hold_each_its_part(
    elsewhere: Program, tmp_path: Path
) -> None:
    assert elsewhere.start("account", "show", "--json").status == 4
    ended = elsewhere.start("signup", EMAIL, "--password-stdin", "--json", stdin=PASSWORD)
    assert ended.status == 3
    assert f"Made a vault: {tmp_path}/data/mfactl/vault.db\n" in ended.err
    assert f"Its key, to be kept safe: {tmp_path}/config/mfactl/vault.key\n" in ended.err
    made = {path.relative_to(tmp_path) for path in tmp_path.glob("*/mfactl/*")}
    assert made == {
        Path("config/mfactl/vault.key"),
        Path("data/mfactl/vault.db"),
        Path("state/mfactl/client.toml"),
        Path("state/mfactl/outbox"),
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_without_home_and_with_mfactl_home_all_is_in_one_place(nowhere: Program) -> None:
    ended = nowhere.with_(HOME=None).start(
        "signup", EMAIL, "--password-stdin", "--json", stdin=PASSWORD
    )
    assert ended.status == 3
    assert {path.name for path in nowhere.home.iterdir()} == {
        "vault.key", "vault.db", "client.toml", "outbox",
    }  # fmt: skip
    assert all(path.stat().st_mode & 0o077 == 0 for path in nowhere.home.rglob("*"))


def test_a_user_without_a_home_is_10(nowhere: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither HOME nor the list of users says where: a container with an unknown user."""

    def nobody(_uid: int) -> object:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    ended = nowhere.with_(MFACTL_HOME=None, HOME=None).here("account", "show", "--json")
    assert_refused(ended, 10, "config_invalid")


def test_a_missing_current_password_is_named_as_a_wrong_one_is(ada: Ada) -> None:
    missing = ada.here("account", "password", "--json")
    wrong = ada.here(
        *("account", "password", "--password-stdin", "--json"), stdin="not the password at all"
    )
    assert (missing.status, wrong.status) == (2, 5)
    for ended in (missing, wrong):
        assert ended.document["errors"][0]["meta"]["param_name"] == "current_password"


def test_a_test_address_without_mail_is_told_its_code(ada: Ada) -> None:
    ended = ada.here("outbox", "code", "ada+clerk_test@example.com")
    assert ended.status == 7
    assert ended.err.endswith("In a test vault it gets no mail; its code is 424242.\n")
    assert "424242" not in ada.here("outbox", "code", "bea@example.com").err
