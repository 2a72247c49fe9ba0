"""What people read: the result on stdout, everything else on stderr, and what to do next."""

import shutil
from pathlib import Path

import pytest

from tests.cli.program import DAY, EMAIL, HOUR, NOW, PASSWORD, Ada, Program

NOTICE = "This is a test vault: its clock can be set. Keep no real account in it.\n"


def test_a_sign_up_says_where_the_code_went_and_what_to_type_next(ada_signing_up: Ada) -> None:
    arguments = ("signup", "new@example.com", "--password-stdin")
    ended = ada_signing_up.here(*arguments, stdin=PASSWORD)
    assert ended == (
        3,
        "A code for new@example.com is on its way. It is good for 10 minutes.\n",
        NOTICE
        + "Read the mail: mfactl outbox show new@example.com\n"
        + "Next: mfactl verify CODE\n",
    )


def test_a_test_address_gets_its_code_told_and_no_mail(ada_signing_up: Ada) -> None:
    address = "ada+clerk_test@example.com"
    ended = ada_signing_up.here("signup", address, "--password-stdin", stdin=PASSWORD)
    assert ended.status == 3
    assert "This is a test address: its code is 424242.\n" in ended.err
    assert ada_signing_up.ask("outbox", "list")["total_count"] == 1  # Ada's own
    assert ada_signing_up.here("verify", "424242").out == f"Signed in as {address}.\n"


def test_a_first_sign_in_says_how_to_protect_it(ada_signing_up: Ada) -> None:
    code = ada_signing_up.ask("outbox", "code", EMAIL)["code"]
    ended = ada_signing_up.here("verify", code)
    assert ended.out == f"Signed in as {EMAIL}.\n"
    assert ended.err == f"{NOTICE}Protect it with a second factor: mfactl mfa add\n"


def test_signing_out_says_of_what(ada: Ada) -> None:
    assert ada.here("signout").out == f"Signed out {EMAIL}.\n"
    assert ada.here("signout", "-q") == (4, "", "")
    ada.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    assert ada.here("signout", "--all").out == f"Signed out {EMAIL} everywhere.\n"


@pytest.mark.parametrize(
    ("state", "what", "kind"),
    [
        ("ada_signing_up", "sign-up", "sign_up_attempt"),
        ("ada_signing_in", "sign-in", "sign_in_attempt"),
    ],
)
def test_signing_out_drops_a_step_that_is_pending(
    request: pytest.FixtureRequest, tmp_path: Path, state: str, what: str, kind: str
) -> None:
    ada: Ada = request.getfixturevalue(state)
    shutil.copytree(ada.home, tmp_path / "again")
    ended = ada.here("signout")
    assert (ended.status, ended.out) == (0, f"Dropped the {what} of {EMAIL}.\n")
    document = ada.with_(MFACTL_HOME=str(tmp_path / "again")).ask("signout")
    assert (document["object"], document["status"]) == (kind, "abandoned")


def test_the_account_page_of_a_beginner_says_how_to_go_on(ada: Ada) -> None:
    assert ada.here("account", "show").out == (
        f"Account:            {EMAIL}\n"
        "Password:           set 2026-01-01 00:00 UTC\n"
        "Authenticator app:  off - turn it on with: mfactl mfa add\n"
        "Last sign-in:       2026-01-01 00:00 UTC\n"
        "Session:            until 2026-01-08 00:00 UTC\n"
    )


def test_the_account_page_counts_the_codes_that_are_left(ada_with_totp: Ada) -> None:
    later = ada_with_totp.at(NOW + HOUR)
    later.ask("verify", ada_with_totp.backup_codes[0])
    page = later.here("account", "show").out
    on = (
        "Authenticator app:  on since 2026-01-01 00:00 UTC\n"
        "Last code used:     2026-01-01 00:00 UTC\n"
    )
    assert on in page
    assert "Backup codes:       9 of 10 left\n" in page


def test_the_account_page_says_that_the_account_is_locked(ada_with_totp: Ada) -> None:
    for _ in range(10):
        ada_with_totp.here("verify", ada_with_totp.wrong_code())
    page = ada_with_totp.here("account", "show").out
    (locked,) = (line for line in page.splitlines() if line.startswith("Locked:"))
    assert "60 minutes" in locked


@pytest.mark.parametrize(("used", "left"), [(1, "9 backup codes"), (9, "1 backup code")])
def test_a_used_backup_code_says_how_many_are_left(
    ada_with_totp: Ada, used: int, left: str
) -> None:
    for code in ada_with_totp.backup_codes[: used - 1]:
        ada_with_totp.ask("verify", code)
    ended = ada_with_totp.here("verify", ada_with_totp.backup_codes[used - 1])
    assert ended.out == f"Verified as {EMAIL}.\n"
    assert f"That backup code is used up: {left} left.\n" in ended.err
    assert ("Replace them: mfactl backup-codes regenerate\n" in ended.err) is (used == 9)


def test_the_outbox_lists_the_newest_first_and_shows_one(ada_signing_up: Ada) -> None:
    code = ada_signing_up.here("outbox", "code", EMAIL).out.strip()
    (line,) = ada_signing_up.here("outbox", "list").out.splitlines()
    when, address, *subject, identifier = line.split("  ")
    assert (when, address) == ("2026-01-01 00:00 UTC", EMAIL)
    assert subject == [f"{code} is your mfactl code"]
    shown = ada_signing_up.here("outbox", "show", identifier)
    head = f"From: mfactl@localhost\nTo: {EMAIL}\nSubject: {code} is your mfactl code\n\n"
    assert shown.out.startswith(head)
    assert shown == ada_signing_up.here("outbox", "show", EMAIL)
    assert shown == ada_signing_up.here("outbox", "show")
    assert ada_signing_up.here("outbox", "clear").out == "Removed 1 message.\n"
    assert ada_signing_up.here("outbox", "list").out == "The outbox is empty.\n"
    assert ada_signing_up.here("outbox", "clear").out == "Removed 0 messages.\n"


def test_digits_in_the_name_of_the_issuer_are_no_code(ada_signing_up: Ada) -> None:
    code = ada_signing_up.here("outbox", "code", EMAIL).out
    ada_signing_up.here("config", "set", "issuer", "Acme 424242")
    ada_signing_up.here("config", "test-mail", EMAIL)
    assert ada_signing_up.here("outbox", "code", EMAIL).out == code


def test_the_outbox_needs_no_key(ada_signing_up: Ada) -> None:
    (ada_signing_up.home / "vault.key").unlink()
    assert ada_signing_up.here("outbox", "code", EMAIL).status == 0


def test_vault_status_says_what_is_where_and_what_is_unsafe(ada: Ada) -> None:
    ended = ada.here("vault", "status")
    rows = dict(line.split(":", 1) for line in ended.out.splitlines())
    assert rows["Vault"].strip() == str(ada.vault)
    assert rows["Key file"].strip() == str(ada.home / "vault.key")
    assert rows["Unlocked by"].strip() == "key file"
    assert rows["Format"].strip() == "1, generation 1, for tests"
    assert "The key lies in the same directory as the vault" in ended.err
    assert ended.err.count(NOTICE) == 1


def test_vault_check_counts_what_it_read(ada: Ada) -> None:
    out = ada.here("vault", "check").out
    assert out.startswith("Read ")
    assert "1 account, " in out
    assert out.endswith(": all as it should be.\n")


def test_the_first_sign_up_says_that_it_made_a_vault(nowhere: Program) -> None:
    arguments = ("signup", EMAIL, "--password-stdin")
    ended = nowhere.here(*arguments, stdin=PASSWORD)
    assert ended.err.startswith(
        f"Made a vault: {nowhere.vault}\nIts key, to be kept safe: {nowhere.home / 'vault.key'}\n"
    )
    assert "Made a vault" not in ended.out


def test_a_session_that_idles_ends_where_that_is_set(ada: Ada) -> None:
    (ada.home / "config.toml").write_text("[session]\nidle = 600\n")
    assert ada.at(NOW + 599).here("account", "show").status == 0
    assert ada.at(NOW + 599 + 599).here("account", "show").status == 0
    assert ada.at(NOW + 599 + 599 + 600).here("account", "show").status == 4


def test_a_shorter_session_ends_where_that_is_set(ada: Ada) -> None:
    (ada.home / "config.toml").write_text("[session]\nlifetime = 86400\n")
    assert "until 2026-01-02 00:00 UTC" in ada.here("account", "show").out
    ended = ada.at(NOW + DAY).here("account", "show")
    assert ended.status == 4
    assert ended.err.endswith("mfactl: Your session has ended.\nRun: mfactl signin EMAIL\n")


def test_codes_and_their_warning_stand_apart(ada_with_totp: Ada) -> None:
    ended = ada_with_totp.here("backup-codes", "regenerate", "--yes")
    assert ended.out.startswith("Backup codes, each good once:\n\n  ")
    assert len([line for line in ended.out.splitlines() if line.startswith("  ")]) == 10
    assert "They are not shown again." in ended.err
