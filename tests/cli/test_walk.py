"""The walk at a terminal: each command goes on to its end, and leaving half-way loses nothing."""

from pathlib import Path

import pyotp
import pytest

from tests.cli.program import EMAIL, HOUR, MINUTE, NOW, PASSWORD, Ada, Program
from tests.cli.terminal import Terminal, secret_in, sign_up

LATER = NOW + 11 * MINUTE
KEPT = "Have you kept them?"
CODE = "Code of your app"


# --- to the end


def test_a_sign_up_goes_on_to_the_code_and_enter_shows_the_mail(with_vault: Program) -> None:
    with sign_up(with_vault, EMAIL) as terminal:
        terminal.type("")
        terminal.wait_for(" is your mfactl code.")
        code = terminal.shown.rpartition(" is your mfactl code.")[0][-6:]
        terminal.answer("Code in the e-mail", "12345")
        terminal.wait_for("That was not counted as a try.")
        terminal.answer("Code in the e-mail", f"{code[:3]} {code[3:]}")
        ended = terminal.end()
    assert ended.status == 0
    assert f"Signed in as {EMAIL}." in ended.err
    assert "Next:" not in ended.err, "the prompt is what comes next"


def test_enter_says_how_to_get_a_new_code_if_the_mail_is_gone(with_vault: Program) -> None:
    with sign_up(with_vault, EMAIL) as terminal:
        code = with_vault.ask("outbox", "code", EMAIL)["code"]
        with_vault.ask("outbox", "clear")
        terminal.type("")
        terminal.wait_for("The outbox is empty.")
        terminal.wait_for("run: mfactl verify --resend")
        terminal.answer("Code in the e-mail", code)
        assert terminal.end().status == 0


def test_a_code_that_is_wrong_five_times_ends_the_walk_and_a_new_one_begins_another(
    with_vault: Program,
) -> None:
    with sign_up(with_vault, EMAIL) as terminal:
        right = with_vault.ask("outbox", "code", EMAIL)["code"]
        wrong = "000000" if right != "000000" else "111111"
        for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
            terminal.type(wrong)
            terminal.wait_for(f"That code is wrong; {left} left")
            terminal.wait_for_prompt("Code in the e-mail")
        terminal.type(wrong)
        ended = terminal.end()
    assert ended.status == 5
    assert ended.err.endswith("Run: mfactl verify --resend\n")
    with Terminal(with_vault.at(NOW + 30), "verify", "--resend") as terminal:
        terminal.wait_for_prompt("Code in the e-mail")
        terminal.type(with_vault.ask("outbox", "code", EMAIL)["code"])
        assert terminal.end().status == 0


def test_a_sign_in_asks_again_for_the_password_and_for_the_code(ada_with_totp: Ada) -> None:
    ada = ada_with_totp.at(NOW + 30)
    ada.ask("signout")
    with Terminal(ada, "signin", EMAIL) as terminal:
        terminal.answer("Password", "not the password")
        terminal.wait_for("The password or the address is wrong.")
        terminal.answer("Password", PASSWORD)
        terminal.answer("Code of your app, or a backup code", ada.wrong_code(NOW + 30))
        terminal.wait_for("That code is wrong; 8 attempts are left.")
        terminal.answer("Code of your app, or a backup code", ada.app_code(NOW))
        terminal.wait_for("That code was already used.")
        terminal.answer("Code of your app, or a backup code", ada.app_code(NOW + 30))
        ended = terminal.end()
    assert ended.status == 0
    assert f"Signed in as {EMAIL}." in ended.err


def test_the_last_attempt_ends_the_walk_and_says_how_long_the_lock_lasts(
    ada_signing_in: Ada,
) -> None:
    ada = ada_signing_in.at(NOW + 60)
    for _ in range(8):
        ada.ask("verify", ada.wrong_code(NOW + 60), status=5)
    with Terminal(ada, "verify") as terminal:
        terminal.answer("Code of your app", ada.wrong_code(NOW + 60))
        terminal.wait_for("1 attempt left before this address is locked.")
        terminal.answer("Code of your app", ada.wrong_code(NOW + 60))
        ended = terminal.end()
    assert ended.status == 5
    assert ended.err.endswith(
        "That was the last attempt: this address is locked now for 60 minutes.\n"
        "Wait, or lift it as the vault's owner: mfactl admin unlock EMAIL\n"
    )


def test_an_enrolment_goes_on_to_the_code_and_to_codes_that_are_kept(ada: Ada) -> None:
    with Terminal(ada, "mfa", "add") as terminal:
        terminal.wait_for_prompt(CODE)
        app = pyotp.TOTP(secret_in(terminal.shown))
        terminal.type(app.at(NOW - 5 * MINUTE))
        terminal.wait_for("That is the code of 5 minutes ago, by the clock here.")
        terminal.answer(CODE, app.at(NOW))
        terminal.wait_for("Backup codes, each good once:")
        terminal.answer(KEPT, "")
        terminal.wait_for("They stand above, and will not be shown again.")
        terminal.answer(KEPT, "y")
        ended = terminal.end()
    assert ended.status == 0
    assert ada.ask("account", "show")["totp_enabled"]


def test_a_page_of_codes_is_kept_and_nothing_is_asked(ada: Ada, tmp_path: Path) -> None:
    page = tmp_path / "codes.txt"
    with Terminal(ada, "mfa", "add", "--save", str(page)) as terminal:
        terminal.wait_for_prompt(CODE)
        terminal.type(pyotp.TOTP(secret_in(terminal.shown)).at(NOW))
        ended = terminal.end()
    assert ended.status == 0
    assert KEPT not in ended.err
    code = page.read_text().partition(" 7.  ")[2].partition("\n")[0]
    assert ada.ask("verify", code)["status"] == "complete"


def test_who_agreed_beforehand_is_asked_nothing_about_the_new_codes(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp, "backup-codes", "regenerate", "--yes") as terminal:
        ended = terminal.end()
    assert ended.status == 0
    assert "Backup codes, each good once:" in ended.err


# --- one step


def test_where_stdout_is_a_file_each_command_does_one_step(ada: Ada, tmp_path: Path) -> None:
    uri = tmp_path / "uri"
    with Terminal(ada, "mfa", "add", "--format", "uri", stdout=uri) as terminal:
        ended = terminal.end()
    assert ended.status == 0
    assert "Next: mfactl mfa verify CODE" in ended.err
    code = pyotp.TOTP(pyotp.parse_uri(ended.out.strip()).secret).at(NOW)
    with Terminal(ada, "mfa", "verify", code, "--json", stdout=uri) as terminal:
        assert len(terminal.end().document["backup_codes"]) == 10


def test_codes_that_are_not_made_yet_cannot_be_saved(ada: Ada, tmp_path: Path) -> None:
    ended = ada.here("mfa", "add", "--save", str(tmp_path / "codes.txt"), "--json")
    assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert "mfactl mfa verify CODE --save FILE" in ended.err


def test_where_prompts_cannot_be_seen_each_command_does_one_step(
    ada_with_totp: Ada, tmp_path: Path
) -> None:
    ada_with_totp.ask("signout")
    (tmp_path / "password").write_text(PASSWORD)
    arguments = ("signin", EMAIL, "--password-file", str(tmp_path / "password"))
    with Terminal(ada_with_totp, *arguments, stderr=tmp_path / "err") as terminal:
        ended = terminal.end()
    assert ended.status == 3
    assert "Next: mfactl verify CODE" in (tmp_path / "err").read_text()


def test_codes_are_seen_even_if_their_page_cannot_be_finished(ada: Ada, tmp_path: Path) -> None:
    page = tmp_path / "codes.txt"
    with Terminal(ada, "mfa", "add", "--save", str(page)) as terminal:
        terminal.wait_for_prompt(CODE)
        page.write_text("somebody was faster")
        terminal.type(pyotp.TOTP(secret_in(terminal.shown)).at(NOW))
        ended = terminal.end()
    assert ended.status == 7
    assert page.read_text() == "somebody was faster"
    code = ended.err.partition("each good once:")[2].split()[0]
    assert ada.ask("verify", code)["status"] == "complete"


# --- leaving


@pytest.mark.parametrize(("key", "status"), [("c", 130), ("d", 1)])
def test_a_sign_up_that_is_left_waits_for_its_code(
    with_vault: Program, key: str, status: int
) -> None:
    with sign_up(with_vault, EMAIL) as terminal:
        terminal.press(key)
        ended = terminal.end()
        assert terminal.is_sane
    assert ended.status == status
    assert ended.err.endswith("Go on with: mfactl verify CODE\n")
    code = with_vault.ask("outbox", "code", EMAIL)["code"]
    assert with_vault.ask("verify", code)["status"] == "complete"


@pytest.mark.parametrize(("key", "status"), [("c", 130), ("d", 1)])
def test_a_sign_in_that_is_left_waits_for_its_second_factor(
    ada_with_totp: Ada, key: str, status: int
) -> None:
    ada_with_totp.ask("signout")
    with Terminal(ada_with_totp, "signin", EMAIL) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.wait_for_prompt("Code of your app")
        terminal.press(key)
        ended = terminal.end()
    assert ended.status == status
    assert ended.err.endswith("Go on with: mfactl verify CODE\n")
    assert ada_with_totp.ask("verify", ada_with_totp.backup_codes[0])["status"] == "complete"


@pytest.mark.parametrize(("key", "status"), [("c", 130), ("d", 1)])
def test_an_enrolment_that_is_left_waits_for_its_first_code(
    ada: Ada, key: str, status: int
) -> None:
    with Terminal(ada, "mfa", "add") as terminal:
        terminal.wait_for_prompt(CODE)
        terminal.press(key)
        ended = terminal.end()
    assert ended.status == status
    assert "mfactl mfa verify CODE" in ended.err.splitlines()[-1]
    code = pyotp.TOTP(secret_in(ended.err)).at(NOW)
    assert ada.ask("mfa", "verify", code)["verified"]


def test_whoever_has_not_kept_the_codes_is_told_how_to_get_others(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp, "backup-codes", "regenerate") as terminal:
        terminal.answer("[y/N]", "y")
        terminal.answer(KEPT, "n")
        ended = terminal.end()
    assert ended.status == 0
    assert ended.err.endswith("Codes that you did not keep: mfactl backup-codes regenerate\n")


def test_whoever_leaves_before_the_codes_are_replaced_is_told_that_none_was(
    ada_with_totp: Ada,
) -> None:
    ada = ada_with_totp.at(NOW + HOUR)
    with Terminal(ada, "backup-codes", "regenerate") as terminal:
        terminal.answer("[y/N]", "y")
        terminal.wait_for_prompt("Code of your app, or a backup code")
        terminal.press("c")
        ended = terminal.end()
    assert ended.status == 130
    assert "No code was replaced." in ended.err
    assert ada.ask("verify", ada.backup_codes[0])["status"] == "complete"


def test_a_code_that_has_lapsed_is_not_asked_for(ada_signing_up: Ada) -> None:
    with Terminal(ada_signing_up.at(NOW + 11 * MINUTE), "verify") as terminal:
        ended = terminal.end()
    assert ended.status == 5
    assert "Code in the e-mail" not in ended.err
    assert ended.err.endswith("Run: mfactl verify --resend\n")


def test_codes_that_were_left_unread_are_in_force_and_the_way_to_new_ones_is_told(
    ada_with_totp: Ada,
) -> None:
    with Terminal(ada_with_totp, "backup-codes", "regenerate") as terminal:
        terminal.answer("[y/N]", "y")
        terminal.wait_for_prompt(KEPT)
        terminal.press("c")
        ended = terminal.end()
    assert ended.status == 130
    assert ended.err.endswith("mfactl backup-codes regenerate\n")
    code = ended.err.partition("each good once:")[2].split()[0]
    assert ada_with_totp.ask("verify", code)["status"] == "complete"
    ada_with_totp.ask("verify", ada_with_totp.backup_codes[0], status=5)


@pytest.mark.parametrize(
    ("command", "answers", "prompt"),
    [
        (("signup", "bea@example.com"), (), "Password"),
        (("signup", "bea@example.com"), (("Password", PASSWORD),), "The same once more"),
        (("signin", EMAIL), (), "Password"),
        (("mfa", "disable"), (), "[y/N]"),
        (("mfa", "disable"), (("[y/N]", "y"),), "Code of your app"),
        (("backup-codes", "regenerate"), (), "[y/N]"),
        (("account", "password"), (("Code of your app", "APP"),), "Current password"),
        (("verify",), (), "Code of your app"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value))[:30],
)
def test_ctrl_c_at_any_other_prompt_changes_no_account(
    ada_with_totp: Ada, command: tuple[str, ...], answers: tuple[tuple[str, str], ...], prompt: str
) -> None:
    ada = ada_with_totp.at(LATER)
    if command[0] in ("signup", "signin"):
        ada.ask("signout")
    before = ada.ask("admin", "list")["data"]
    with Terminal(ada, *command) as terminal:
        for asked, typed in answers:
            terminal.answer(asked, ada.app_code(LATER) if typed == "APP" else typed)
        terminal.wait_for_prompt(prompt)
        terminal.press("c")
        ended = terminal.end()
        assert terminal.is_sane
    assert ended.status == 130
    assert "mfactl: Interrupted.\nWhat was finished stays." in ended.err
    after = ada.ask("admin", "list")["data"]
    assert [(a["id"], a["totp_enabled"]) for a in after] == [
        (a["id"], a["totp_enabled"]) for a in before
    ]


@pytest.mark.parametrize("typed", ["424242", "a code"])
def test_an_answer_is_not_taken_for_what_another_shell_began_meanwhile(
    ada_with_totp: Ada, typed: str
) -> None:
    bob = "bob+clerk_test@example.com"
    ada_with_totp.ask("signout")
    with Terminal(ada_with_totp, "signin", EMAIL) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.wait_for_prompt("Code of your app")
        ada_with_totp.ask("signup", bob, "--password-stdin", stdin=PASSWORD, status=3)
        terminal.type(typed if typed.isdigit() else ada_with_totp.backup_codes[0])
        ended = terminal.end()
    assert ended.status == 7
    assert OVER in ended.err
    assert ada_with_totp.ask("verify", "424242")["email_address"] == bob


BOB = "bob+clerk_test@example.com"
OVER = "This is out of date: another mfactl has changed things meanwhile."


@pytest.mark.parametrize(
    ("command", "prompt", "answer"),
    [
        (("mfa", "disable"), "[y/N]", "y"),
        (("backup-codes", "regenerate"), "[y/N]", "y"),
        (("account", "password"), "Current password", PASSWORD),
        (("account", "password"), "Current password", "a wrong password"),
        (("verify", "--backup-code"), "Backup code", "1111-2222-3333"),
        (("verify",), "Code of your app", "000000"),
    ],
)
def test_an_answer_about_one_account_changes_nothing_of_another_and_is_no_guess(
    ada_with_totp: Ada, command: tuple[str, ...], prompt: str, answer: str
) -> None:
    elsewhere = ada_with_totp.with_(MFACTL_CLIENT=str(ada_with_totp.home / "bob.toml"))
    elsewhere.ask("signup", BOB, "--password-stdin", stdin=PASSWORD, status=3)
    elsewhere.ask("verify", "424242")
    secret = elsewhere.ask("mfa", "add")["secret"]
    codes = elsewhere.ask("mfa", "verify", pyotp.TOTP(secret).at(NOW))["backup_codes"]
    with Terminal(ada_with_totp, *command) as terminal:
        terminal.wait_for_prompt(prompt)
        ada_with_totp.ask("signout")
        ada_with_totp.ask("signin", BOB, "--password-stdin", stdin=PASSWORD, status=3)
        ada_with_totp.ask("verify", codes[0])
        before = ada_with_totp.ask("account", "show")
        terminal.type(answer)
        ended = terminal.end()
    assert ended.status == 7
    assert OVER in ended.err
    after = ada_with_totp.ask("account", "show")
    assert (after["id"], after["updated_at"]) == (before["id"], before["updated_at"])
    assert after["verification_attempts_remaining"] == 10
    assert after["backup_codes_remaining"] == 9


def test_a_confirmed_reset_is_of_the_account_that_was_asked_about(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp, "admin", "delete", EMAIL) as terminal:
        terminal.wait_for_prompt("[y/N]")
        ada_with_totp.ask("admin", "delete", EMAIL, "--yes")
        again = ada_with_totp.at(NOW + 30)
        again.ask("signup", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
        again.ask("verify", again.ask("outbox", "code", EMAIL)["code"])
        terminal.type("y")
        ended = terminal.end()
    assert ended.status == 7
    assert OVER in ended.err
    assert again.ask("account", "show")["email_addresses"][0]["email_address"] == EMAIL


def test_ctrl_d_after_a_wrong_code_does_not_say_that_nothing_was_changed(
    ada_signing_in: Ada,
) -> None:
    with Terminal(ada_signing_in, "verify") as terminal:
        terminal.answer("Code of your app", ada_signing_in.wrong_code(NOW + 30))
        terminal.wait_for("attempts are left.")
        terminal.wait_for_prompt("Code of your app")
        terminal.press("d")
        ended = terminal.end()
    assert ended.status == 1
    assert ended.err.endswith(
        "mfactl: What was done so far stays.\nRun it again when you are ready.\n"
    )


def test_a_mail_with_a_wide_line_of_spaces_is_shown(with_vault: Program) -> None:
    with sign_up(with_vault, EMAIL, columns=80) as terminal:
        (mail,) = (with_vault.home / "outbox" / "new").iterdir()
        text = mail.read_text()
        mail.write_text(text + "\n" + " " * 100 + "\nthe last line\n")
        terminal.type("")
        terminal.wait_for("the last line")
        terminal.answer("Code in the e-mail", with_vault.ask("outbox", "code", EMAIL)["code"])
        assert terminal.end().status == 0


# --- odd windows, pipes and pastes


def test_twenty_columns_are_enough_for_a_sign_up(with_vault: Program) -> None:
    with Terminal(with_vault, "signup", EMAIL, columns=20) as terminal:
        terminal.answer("characters", PASSWORD)
        terminal.answer("once more", PASSWORD)
        terminal.wait_for_prompt("")
        terminal.type(with_vault.ask("outbox", "code", EMAIL)["code"])
        ended = terminal.end()
    assert ended.status == 0
    assert "Signed in as\nada@example.com." in ended.err


def test_a_window_may_change_its_size_while_a_prompt_waits(ada_signing_in: Ada) -> None:
    with Terminal(ada_signing_in.at(NOW + 30), "verify", columns=100) as terminal:
        terminal.wait_for_prompt("Code of your app")
        for columns in (30, 120, 20):
            terminal.resize(columns)
        terminal.type(ada_signing_in.backup_codes[0])
        assert terminal.end().status == 0


def test_a_window_that_says_it_has_no_size_breaks_no_line(ada: Ada) -> None:
    with Terminal(ada, "account", "show", columns=0) as terminal:
        ended = terminal.end()
    assert ended.status == 0
    assert f"Account:            {EMAIL}\n" in ended.err


def test_a_password_from_a_pipe_at_a_terminal_makes_one_step(
    with_vault: Program, tmp_path: Path
) -> None:
    pipe = tmp_path / "password"
    pipe.write_text(PASSWORD)
    with Terminal(with_vault, "signup", EMAIL, "--password-stdin", stdin=pipe) as terminal:
        ended = terminal.end()
    assert ended.status == 3
    assert "Next: mfactl verify CODE" in ended.err


@pytest.mark.parametrize(
    "pasted", ["otpauth://totp/mfactl:ada@example.com?secret=GEZDGNBVGY3TQOJQ", "", "   ", "12345 "]
)
def test_a_paste_that_is_no_code_is_not_counted_and_asked_for_again(
    ada_signing_in: Ada, pasted: str
) -> None:
    with Terminal(ada_signing_in.at(NOW + 30), "verify") as terminal:
        terminal.answer("Code of your app", pasted)
        terminal.wait_for("That was not counted as a try.")
        terminal.answer("Code of your app", f"  {ada_signing_in.backup_codes[0].upper()} ")
        assert terminal.end().status == 0


@pytest.mark.parametrize(("lc_all", "lang"), [("C", None), (None, "C"), (None, None)])
def test_a_walk_works_in_the_c_locale(ada: Ada, lc_all: str | None, lang: str | None) -> None:
    with Terminal(ada.with_(LC_ALL=lc_all, LANG=lang), "mfa", "add", columns=100) as terminal:
        terminal.wait_for_prompt(CODE)
        terminal.type(pyotp.TOTP(secret_in(terminal.shown)).at(NOW))
        terminal.answer(KEPT, "yes")
        ended = terminal.end()
    assert ended.status == 0
    assert ended.err.isascii() is (lc_all == "C")  # LANG alone is C.UTF-8 for Python (PEP 538)


# --- what is worth a word


def test_few_backup_codes_are_told_with_every_second_factor(ada_with_totp: Ada) -> None:
    for code in ada_with_totp.backup_codes[:7]:
        assert ada_with_totp.here("verify", code).status == 0
    later = ada_with_totp.at(NOW + 30)
    ended = later.here("verify", later.app_code(NOW + 30))
    assert "You have 3 backup codes left.\nReplace them: mfactl backup-codes regenerate" in (
        ended.err
    )


def test_a_code_that_a_server_carries_is_not_looked_for_in_the_outbox(
    with_vault: Program,
) -> None:
    with_vault.ask(
        "config", "set", "mail.host", "localhost", "mail.port", "1", "mail.transport", "smtp",
        "mail.security", "none",
    )  # fmt: skip
    ended = with_vault.here("signup", EMAIL, "--password-stdin", stdin=PASSWORD)
    assert ended.status == 11
    assert "outbox" not in ended.err
