"""The JSON contract: one document and a newline on stdout, whatever happens, and nothing else."""

import json

import pytest

from tests.cli.program import EMAIL, PASSWORD, Ada, Program

# --- one document for every ending


def test_each_step_of_a_life_answers_with_its_document(nowhere: Program) -> None:
    """Every `ask` checks that stdout is one document, and the document against its schema."""
    assert nowhere.ask("vault", "init", "--test")["object"] == "vault"
    signed_up = nowhere.ask("signup", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert (signed_up["object"], signed_up["status"]) == (
        "sign_up_attempt",
        "missing_requirements",
    )
    assert nowhere.ask("outbox", "list")["total_count"] == 1
    assert nowhere.ask("outbox", "show")["object"] == "message"
    code = nowhere.ask("outbox", "code", EMAIL)
    assert code["object"] == "email_code"
    assert nowhere.ask("verify", code["code"])["status"] == "complete"
    assert nowhere.ask("outbox", "clear")["deleted_count"] == 1
    added = nowhere.ask("mfa", "add")
    app = nowhere.ask("totp", stdin=added["uri"])
    assert nowhere.ask("mfa", "verify", app["code"])["verified"]
    assert len(nowhere.ask("backup-codes", "regenerate", "--yes")["codes"]) == 10
    assert nowhere.ask("account", "show")["totp_enabled"]
    assert nowhere.ask("mfa", "disable", "--yes")["deleted"]
    assert nowhere.ask("verify", "--password-stdin", stdin=PASSWORD)["status"] == "complete"
    assert nowhere.ask("vault", "status")["test"]
    assert nowhere.ask("signout")["status"] == "removed"
    assert nowhere.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)["status"] == "complete"
    assert nowhere.ask("vault", "check")["status"] == "ok"


def test_a_document_is_ascii_on_one_line_and_ends_with_a_newline(nowhere: Program) -> None:
    program = nowhere.with_(MFACTL_HOME=str(nowhere.home / "\u00e9cole\nmatin"))
    program.here("vault", "init", "--test")
    ended = program.here("vault", "status", "--json")
    assert ended.out.isascii()
    assert ended.document["path"].endswith("\u00e9cole\nmatin/vault.db")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("signin", EMAIL), 7, "session_exists"),
        (("mfa", "verify", "123456"), 7, "resource_not_found"),
        (("mfa", "disable"), 7, "resource_not_found"),
        (("verify", "12345"), 2, "form_param_format_invalid"),
        (("account", "show", "--vault", "/nonexistent/vault.db"), 8, "vault_not_found"),
        (("outbox", "code", "nobody@example.com"), 7, "resource_not_found"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_one_document(
    ada: Ada, arguments: tuple[str, ...], status: int, code: str
) -> None:
    ended = ada.here(*arguments, "--json")
    assert (ended.status, ended.codes) == (status, [code])


USAGE_ERRORS = {
    "an unknown command": ("nosuch",),
    "an unknown command of a group": ("mfa", "nosuch"),
    "an unknown option": ("verify", "--bogus"),
    "an unknown option of the root": ("--bogus",),
    "an unknown option of a group": ("mfa", "--bogus", "add"),
    "a missing argument": ("signin",),
    "one argument too many": ("signin", EMAIL, EMAIL),
    "a missing command": ("mfa",),
    "a bad choice": ("mfa", "add", "--format", "hologram"),
    "a bad number": ("totp", "--offset", "soon"),
    "a missing value": ("signin", EMAIL, "--password-file"),
    "a value for a flag": ("verify", "--resend=yes"),
}


@pytest.mark.parametrize("what", USAGE_ERRORS)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_usage_error_is_one_document_wherever_json_stands(
    nowhere: Program, what: str, where: str
) -> None:
    arguments = USAGE_ERRORS[what]
    if what == "a missing value":  # after it, --json would be the value
        arguments = (*arguments[:1], "--json", *arguments[1:])
        ended = nowhere.here(*arguments)
    else:
        json_first = where == "before"
        ended = (
            nowhere.here("--json", *arguments)
            if json_first
            else (nowhere.here(*arguments, "--json"))
        )
    assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert ended.err.startswith("mfactl: ")
    assert not nowhere.home.exists()


def test_no_command_at_all_is_help_and_with_json_a_usage_error(nowhere: Program) -> None:
    bare = nowhere.here()
    assert bare.status == 0
    assert bare.out.startswith("Usage: mfactl")
    ended = nowhere.here("--json")
    assert (ended.status, ended.codes) == (2, ["usage_error"])


def test_what_stands_after_two_dashes_is_no_option(nowhere: Program) -> None:
    ended = nowhere.here("signin", "--", "--json")
    assert ended.status == 2
    assert ended.out == ""


# --- global options


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "account", "show"),
        ("account", "--json", "show"),
        ("account", "show", "--json"),
    ],
    ids=" ".join,
)
def test_json_means_the_same_before_and_after_the_subcommand(
    ada: Ada, arguments: tuple[str, ...]
) -> None:
    assert ada.here(*arguments).document == ada.ask("account", "show")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_global_option_may_stand_anywhere(ada: Ada, place: int) -> None:
    options = ("--vault", str(ada.vault), "--field", "object", "--no-input", "--quiet")
    arguments = ["account", "show"]
    arguments[place:place] = options
    assert ada.with_(MFACTL_VAULT="/nonexistent").here(*arguments) == (0, "user\n", "")


def test_the_option_after_the_subcommand_wins_over_the_one_before(ada: Ada) -> None:
    ended = ada.here("--field", "object", "account", "show", "--field", "totp_enabled")
    assert ended.out == "false\n"


@pytest.mark.parametrize("option", ["-q", "--quiet"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("account", "show"), 0),
        (("mfa", "add", "--format", "secret"), 0),
        (("mfa", "disable", "--yes"), 7),
        (("verify", "--bogus"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_quiet_keeps_stderr_empty(
    ada: Ada, arguments: tuple[str, ...], status: int, option: str
) -> None:
    ended = ada.here(*arguments, option)
    assert (ended.status, ended.err) == (status, "")
    assert ada.here(option, *arguments).err == ""


def test_without_quiet_stderr_carries_the_text_beside_the_document(ada: Ada) -> None:
    ended = ada.here("mfa", "disable", "--yes", "--json")
    assert ended.codes == ["resource_not_found"]
    assert "mfactl: No authenticator app is on.\n" in ended.err


# --- one field


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("object", "user\n"),
        ("totp_enabled", "true\n"),
        ("first_name", "null\n"),
        ("backup_codes_remaining", "10\n"),
        ("email_addresses.0.email_address", f"{EMAIL}\n"),
        ("email_addresses.0.verification.status", "verified\n"),
        ("phone_numbers", ""),
        ("public_metadata", "{}\n"),
    ],
)
def test_a_field_is_printed_bare(ada_with_totp: Ada, path: str, printed: str) -> None:
    ended = ada_with_totp.here("account", "show", "--field", path)
    assert (ended.status, ended.out) == (0, printed)


def test_a_list_is_printed_one_item_a_line(ada_with_totp: Ada) -> None:
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes", "--field", "codes")
    codes = ended.out.splitlines()
    assert len(codes) == 10
    assert all(len(code) == len("xxxx-xxxx-xxxx") for code in codes)
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes", "--field", "codes.9")
    assert len(ended.out) == len("xxxx-xxxx-xxxx\n")


def test_an_object_is_printed_as_json(ada: Ada) -> None:
    ended = ada.here("account", "show", "--field", "email_addresses.0.verification")
    assert json.loads(ended.out)["status"] == "verified"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nosuch", "There are: backup_code_enabled, "),
        ("totp_enable", "here. Did you mean 'totp_enabled'?"),
        ("email_addresses.1", "In email_addresses there are: 0\n"),
        ("email_addresses.-1", "In email_addresses there are: 0\n"),
        ("email_addresses.first", "In email_addresses there are: 0\n"),
        ("object.0", "object has no fields."),
        ("object.", "object has no fields."),
        (".", "There are: "),
        ("email_addresses.\u0661", "In email_addresses there are: 0\n"),
        ("email_addresses.0.email_adress", "here. Did you mean 'email_address'?"),
        ("email_addresses.0.nosuch", "In email_addresses.0 there are: created_at, email_address, "),
    ],
)
def test_a_field_that_is_not_there_is_a_usage_error_that_names_those_that_are(
    ada: Ada, path: str, told: str
) -> None:
    ended = ada.here("account", "show", "--field", path)
    assert (ended.status, ended.out) == (2, "")
    assert f" no field {path}" in ended.err
    assert told in ended.err


@pytest.mark.parametrize("option", ["--field", "--vault"])
def test_an_option_that_is_empty_is_a_usage_error(ada: Ada, option: str) -> None:
    ended = ada.here("account", "show", option, "")
    assert (ended.status, ended.out) == (2, "")
    assert f"'{option}': it is empty" in ended.err


@pytest.mark.parametrize("path", ["cods", "cods.0", ".codes", "secret"])
def test_a_misspelt_field_is_refused_before_anything_is_done(ada_with_totp: Ada, path: str) -> None:
    """Backup codes are shown once: a field that finds nothing would lose them."""
    before = ada_with_totp.vault.read_bytes()
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes", "--field", path)
    assert (ended.status, ended.out) == (2, "")
    assert ada_with_totp.vault.read_bytes() == before


def test_a_field_wins_over_json(ada: Ada) -> None:
    assert ada.here("account", "show", "--json", "--field", "object").out == "user\n"


def test_a_field_of_a_failure_is_taken_from_the_errors(ada: Ada) -> None:
    ended = ada.here("mfa", "disable", "--yes", "--field", "errors.0.code")
    assert (ended.status, ended.out) == (7, "resource_not_found\n")
    ended = ada.here("mfa", "disable", "--yes", "--field", "id")
    assert (ended.status, ended.out) == (7, "")
    assert "No authenticator app is on." in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--field", "errors.0.code", "nosuch"),
        ("--field", "errors.0.code", "verify", "--bogus"),
        ("verify", "--field", "errors.0.code", "--bogus"),
        ("verify", "--bogus", "--field", "errors.0.code"),
        ("verify", "--bogus", "--field=errors.0.code"),
    ],
    ids=" ".join,
)
def test_a_field_of_a_usage_error_is_printed_wherever_the_option_stands(
    nowhere: Program, arguments: tuple[str, ...]
) -> None:
    ended = nowhere.here(*arguments)
    assert (ended.status, ended.out) == (2, "usage_error\n")


def test_a_pending_step_is_a_field_and_an_exit_status(ada_with_totp: Ada) -> None:
    ada_with_totp.ask("signout")
    arguments = ("signin", EMAIL, "--password-stdin", "--field", "status")
    ended = ada_with_totp.here(*arguments, stdin=PASSWORD)
    assert (ended.status, ended.out) == (3, "needs_second_factor\n")


# --- help and version


def test_help_and_version_print_text_also_with_json(nowhere: Program) -> None:
    assert nowhere.here("--json", "--version").out.startswith("mfactl ")
    assert nowhere.here("signup", "--json", "--help").out.startswith("Usage: mfactl signup")
