"""`admin`: what whoever holds the vault's key does to accounts."""

import json

import pytest

from tests.cli.budgets import counted
from tests.cli.program import DAY, EMAIL, HOUR, NOW, PASSWORD, Ada, Program

GRACE = "grace@example.com"
NEW_PASSWORD = "seven green apples sing"


def lock(program: Program, email: str = EMAIL) -> None:
    """Ten wrong passwords from a client of its own."""
    stranger = program.with_(MFACTL_CLIENT=str(program.home / "guesser.toml"))
    for _ in range(10):
        stranger.ask("signin", email, "--password-stdin", stdin="wrong", status=5)
    stranger.ask("signin", email, "--password-stdin", stdin=PASSWORD, status=6)


def sign_up(program: Program, email: str) -> None:
    program.ask("signup", email, "--password-stdin", stdin=PASSWORD, status=3)
    program.ask("verify", program.ask("outbox", "code", email)["code"])


@pytest.fixture
def three(ada_with_totp: Ada) -> Ada:
    """Ada with an app, Grace without one, and bob, who is locked."""
    for email in (GRACE, "bob@Example.org"):
        sign_up(ada_with_totp.with_(MFACTL_CLIENT=str(ada_with_totp.home / f"{email}.toml")), email)
    lock(ada_with_totp, "bob@example.org")
    return ada_with_totp


def listed(program: Program, *arguments: str) -> list[str]:
    data = program.ask("admin", "list", *arguments)["data"]
    return [user["email_addresses"][0]["email_address"] for user in data]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((), {EMAIL, GRACE, "bob@example.org"}),
        (("EXAMPLE.com",), {EMAIL, GRACE}),
        (("--with-mfa",), {EMAIL}),
        (("--without-mfa",), {GRACE, "bob@example.org"}),
        (("--locked",), {"bob@example.org"}),
        (("grace", "--locked"), set()),
    ],
)
def test_the_list_has_the_accounts_that_are_asked_for(
    three: Ada, filters: tuple[str, ...], found: set[str]
) -> None:
    assert set(listed(three, *filters)) == found


def test_no_more_accounts_are_read_than_are_asked_for(three: Ada) -> None:
    def looked_up(*arguments: str) -> int:
        with counted() as statements:
            three.ask("admin", "list", *arguments)
        return sum("WHERE subject = " in statement for statement in statements)

    assert [looked_up("--limit", str(most)) for most in (1, 2, 3)] == [1, 2, 3]
    assert looked_up("--limit", "1", "ada@") == 3, "some may not be what is asked for"


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_list_is_whole_however_many_are_read_at_once(
    three: Ada, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = three.ask("admin", "list")
    monkeypatch.setattr("mfactl.service.admin.PAGE_ACCOUNTS", size)
    assert three.ask("admin", "list") == whole


def test_the_list_is_in_the_order_of_ids_and_is_read_in_pages(three: Ada) -> None:
    ids = [user["id"] for user in three.ask("admin", "list")["data"]]
    assert ids == sorted(ids)
    pages = [three.ask("admin", "list", "--limit", "1")["data"]]
    while pages[-1]:
        after = pages[-1][-1]["id"]
        pages.append(three.ask("admin", "list", "--limit", "1", "--after", after)["data"])
    assert [page[0]["id"] for page in pages[:-1]] == ids


@pytest.mark.parametrize("after", ["user_", "foo", EMAIL, "user_" + "a" * 26, "user_" + "é" * 27])
def test_a_page_begins_after_a_whole_id_only(three: Ada, after: str) -> None:
    ended = three.here("admin", "list", "--after", after, "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_format_invalid"])


def test_jsonl_prints_each_account_as_a_line_and_nothing_for_none(three: Ada) -> None:
    ended = three.here("admin", "list", "--jsonl")
    assert ended.status == 0
    documents = [json.loads(line) for line in ended.out.splitlines()]
    assert documents == three.ask("admin", "list")["data"]
    assert three.here("admin", "list", "nobody", "--jsonl").out == ""
    assert three.here("admin", "list", "nobody").out == "No account matches.\n"


def test_a_line_of_the_list_says_what_an_owner_looks_for(three: Ada) -> None:
    lines = {line.split()[0]: line for line in three.here("admin", "list").out.splitlines()}
    assert "app on, 10 codes" in lines[EMAIL]
    assert "no app" in lines[GRACE]
    assert "LOCKED" in lines["bob@example.org"]
    assert "LOCKED" not in lines[GRACE]


def test_with_and_without_a_factor_cannot_both_be_asked_for(ada: Ada) -> None:
    assert ada.here("admin", "list", "--with-mfa", "--without-mfa").status == 2


def test_a_lock_is_lifted_and_the_counter_begins_anew(ada: Ada) -> None:
    lock(ada)
    user = ada.ask("admin", "unlock", "ADA@example.com")
    assert (user["locked"], user["verification_attempts_remaining"]) == (False, 10)
    other = ada.with_(MFACTL_CLIENT=str(ada.home / "other.toml"))
    assert other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)["status"] == "complete"


def test_the_lock_of_a_hundred_failures_has_no_end_but_this(ada: Ada) -> None:
    later = ada
    for hour in range(10):
        later = ada.at(NOW + 2 * hour * HOUR)
        lock(later)
    later = later.at(NOW + 30 * DAY).with_(MFACTL_CLIENT=str(ada.home / "later.toml"))
    ended = later.here("signin", EMAIL, "--password-stdin", "--json", stdin=PASSWORD)
    assert (ended.status, ended.codes) == (6, ["user_locked"])
    assert "admin unlock" in ended.err
    later.ask("admin", "unlock", EMAIL)
    assert later.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)["status"] == "complete"


def test_an_address_without_an_account_is_unlocked_too(ada: Ada) -> None:
    lock(ada, "nobody@example.com")
    document = ada.ask("admin", "unlock", "nobody@example.com")
    assert (document["object"], document["locked"]) == ("lockout", False)
    guesser = ada.with_(MFACTL_CLIENT=str(ada.home / "guesser.toml"))
    guesser.ask("signin", "nobody@example.com", "--password-stdin", stdin="wrong", status=5)


def test_unlocking_ends_no_session(ada: Ada) -> None:
    lock(ada)
    ada.ask("admin", "unlock", EMAIL)
    assert ada.ask("account", "show")["locked"] is False


def test_without_its_factor_an_account_is_signed_in_to_by_the_password(ada_with_totp: Ada) -> None:
    ada = ada_with_totp
    other = ada.with_(MFACTL_CLIENT=str(ada.home / "other.toml"))
    other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    user = ada.ask("admin", "reset-mfa", EMAIL, "--yes")
    assert (user["totp_enabled"], user["backup_codes_remaining"]) == (False, 0)
    assert ada.here("account", "show").status == 4
    ended = other.here("verify", ada.backup_codes[0], "--json")
    assert (ended.status, ended.codes) == (7, ["client_state_invalid"])
    assert other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)["status"] == "complete"


def test_a_reset_lifts_no_lock(ada_with_totp: Ada) -> None:
    lock(ada_with_totp)
    assert ada_with_totp.ask("admin", "reset-mfa", EMAIL, "--yes")["locked"] is True


def test_a_set_password_keeps_the_factor_and_ends_the_sessions(ada_with_totp: Ada) -> None:
    ada = ada_with_totp
    user = ada.ask("admin", "set-password", EMAIL, "--new-password-stdin", stdin=NEW_PASSWORD)
    assert user["totp_enabled"] is True
    assert ada.here("account", "show").status == 4
    ada.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=5)
    ada.ask("signin", EMAIL, "--password-stdin", stdin=NEW_PASSWORD, status=3)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "form_password_length_too_short"),
        ("password", "form_password_not_strong_enough"),
        ("ada@example.com", "form_password_not_strong_enough"),
    ],
)
def test_a_set_password_has_to_be_good_enough(ada: Ada, password: str, code: str) -> None:
    ended = ada.here(
        "admin", "set-password", EMAIL, "--new-password-stdin", "--json", stdin=password
    )
    assert (ended.status, ended.codes) == (2, [code])
    assert ada.ask("account", "show")["object"] == "user"


def test_a_deleted_account_is_gone_and_its_address_free(ada_with_totp: Ada) -> None:
    ada = ada_with_totp
    identifier = ada.ask("account", "show")["id"]
    assert ada.ask("admin", "delete", EMAIL, "--yes") == {
        "object": "user",
        "id": identifier,
        "deleted": True,
    }
    assert ada.here("account", "show").status == 4
    ada.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=5)
    sign_up(ada.at(NOW + HOUR), EMAIL)
    user = ada.at(NOW + HOUR).ask("account", "show")
    assert (user["id"] == identifier, user["totp_enabled"]) == (False, False)
    assert ada.ask("vault", "check")["records"]["accounts"] == 1


@pytest.mark.parametrize("command", ["unlock", "reset-mfa", "delete", "set-password"])
def test_an_address_that_nobody_has_is_not_found(ada: Ada, command: str) -> None:
    more = ("--yes",) if command in ("reset-mfa", "delete") else ()
    more = ("--new-password-stdin",) if command == "set-password" else more
    ended = ada.here("admin", command, GRACE, *more, "--json", stdin=NEW_PASSWORD)
    assert (ended.status, ended.codes) == (7, ["resource_not_found"])


@pytest.mark.parametrize("command", ["unlock", "reset-mfa", "delete", "set-password"])
def test_what_is_no_address_is_told_before_anything_is_done(ada: Ada, command: str) -> None:
    more = ("--yes",) if command in ("reset-mfa", "delete") else ()
    more = ("--new-password-stdin",) if command == "set-password" else more
    ended = ada.here("admin", command, "not an address", *more, "--json", stdin=NEW_PASSWORD)
    assert (ended.status, ended.codes) == (2, ["form_param_format_invalid"])


def test_there_is_no_factor_to_reset_where_there_is_none(ada: Ada) -> None:
    ended = ada.here("admin", "reset-mfa", EMAIL, "--yes", "--json")
    assert (ended.status, ended.codes) == (7, ["no_second_factors"])


@pytest.mark.parametrize("command", ["reset-mfa", "delete"])
def test_what_destroys_needs_a_yes(ada_with_totp: Ada, command: str) -> None:
    ended = ada_with_totp.here("admin", command, EMAIL, "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert ada_with_totp.ask("account", "show")["totp_enabled"] is True


def test_without_a_vault_there_is_nothing_to_own(nowhere: Program) -> None:
    ended = nowhere.here("admin", "list", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_not_found"])
    ended = nowhere.here("admin", "list", "--jsonl")
    assert (ended.status, ended.codes) == (8, ["vault_not_found"])


def test_each_act_is_an_event_about_the_account(ada_with_totp: Ada) -> None:
    ada = ada_with_totp
    identifier = ada.ask("account", "show")["id"]
    ada.ask("admin", "unlock", EMAIL)
    ada.ask("admin", "reset-mfa", EMAIL, "--yes")
    ada.here("admin", "reset-mfa", EMAIL, "--yes")
    ada.ask("admin", "set-password", EMAIL, "--new-password-stdin", stdin=NEW_PASSWORD)
    ada.ask("admin", "delete", EMAIL, "--yes")
    events = ada.ask("audit", "list", "--account", identifier)["data"]
    acts = [event for event in events if event["kind"].startswith("admin_")]
    assert [(act["kind"], act["code"]) for act in acts] == [
        ("admin_unlock", None),
        ("admin_reset_mfa", None),
        ("admin_reset_mfa", "no_second_factors"),
        ("admin_set_password", None),
        ("admin_delete", None),
    ]
    assert {act["account_id"] for act in acts} == {identifier}
    assert {act["email_address"] for act in acts} == {None}, "the account is gone"
