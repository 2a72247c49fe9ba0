"""A person at a terminal: what is asked, what is never shown, what a key press leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pexpect
import pytest

from tests.cli.program import (
    COMMAND,
    EMAIL,
    HOUR,
    MINUTE,
    NOW,
    PASSPHRASE,
    PASSWORD,
    Ada,
    Ended,
    Program,
)
from tests.cli.terminal import SECONDS, Terminal, sign_up

NEW_PASSWORD = "a quiet lighthouse keeps nine owls"
LATER = NOW + 11 * MINUTE


def files_of(program: Program) -> dict[str, bytes]:
    """Everything in a home."""
    return {
        str(path.relative_to(program.home)): path.read_bytes()
        for path in program.home.rglob("*")
        if path.is_file()
    }


# --- what is asked


def test_a_sign_up_asks_for_the_password_twice_and_never_shows_it(with_vault: Program) -> None:
    with Terminal(with_vault, "signup", EMAIL) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.answer("once more", PASSWORD)
        terminal.wait_for_prompt("Code in the e-mail")
        code = with_vault.ask("outbox", "code", EMAIL)["code"]
        terminal.type(code)
        ended = terminal.end()
    assert ended.status == 0
    assert PASSWORD not in ended.err
    assert f"Signed in as {EMAIL}." in ended.err


def test_two_passwords_that_differ_are_asked_for_again(with_vault: Program) -> None:
    with Terminal(with_vault, "signup", EMAIL) as terminal:
        terminal.answer("Password", PASSWORD)
        terminal.answer("once more", NEW_PASSWORD)
        terminal.wait_for("The two are not the same; try again.")
        terminal.answer("Password", NEW_PASSWORD)
        terminal.answer("once more", NEW_PASSWORD)
        terminal.wait_for_prompt("Code in the e-mail")
        terminal.press("d")
        ended = terminal.end()
    assert ended.status == 1
    assert PASSWORD not in ended.err
    assert NEW_PASSWORD not in ended.err
    with_vault.ask("verify", with_vault.ask("outbox", "code", EMAIL)["code"])
    with_vault.ask("signout")
    with_vault.ask("signin", EMAIL, "--password-stdin", stdin=NEW_PASSWORD)


def test_a_sign_in_asks_for_the_password_once(ada_with_totp: Ada) -> None:
    ada_with_totp.ask("signout")
    with Terminal(ada_with_totp, "signin", EMAIL) as terminal:
        terminal.wait_for_prompt("Password")
        assert not terminal.echoes
        terminal.type(PASSWORD)
        terminal.answer("Code of your app, or a backup code", ada_with_totp.backup_codes[0])
        ended = terminal.end()
    assert ended.status == 0
    assert PASSWORD not in ended.err


def test_verify_asks_for_the_second_factor(ada_signing_in: Ada) -> None:
    with Terminal(ada_signing_in.at(NOW + 30), "verify") as terminal:
        terminal.answer("Code of your app, or a backup code", ada_signing_in.backup_codes[0])
        ended = terminal.end()
    assert ended.status == 0
    assert f"Signed in as {EMAIL}." in ended.err


@pytest.mark.parametrize("state", ["ada_signing_in", "ada_signing_up"])
def test_a_code_without_a_shape_is_asked_for_again(
    request: pytest.FixtureRequest, state: str
) -> None:
    ada: Ada = request.getfixturevalue(state).at(NOW + 30)
    code = ada.backup_codes[0] if ada.backup_codes else ada.ask("outbox", "code", EMAIL)["code"]
    with Terminal(ada, "verify") as terminal:
        terminal.answer("Code", "12345")
        terminal.wait_for("6 digits")
        terminal.answer("Code", code)
        ended = terminal.end()
    assert ended.status == 0
    assert "not counted as a try" in ended.err


def test_verify_asks_for_the_password_where_that_is_the_strongest_factor(ada: Ada) -> None:
    with Terminal(ada.at(LATER), "verify") as terminal:
        terminal.answer("Password", PASSWORD)
        ended = terminal.end()
    assert ended.status == 0
    assert f"Verified as {EMAIL}." in ended.err
    assert PASSWORD not in ended.err


def test_a_stale_session_is_verified_and_the_command_goes_on(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp.at(LATER), "mfa", "disable") as terminal:
        terminal.answer("Remove the authenticator app and the backup codes? [y/N]", "y")
        terminal.wait_for("This needs a factor verified in the last 10 minutes.")
        terminal.answer("Code of your app, or a backup code", ada_with_totp.app_code(LATER))
        ended = terminal.end()
    assert ended.status == 0
    assert not ada_with_totp.at(LATER).ask("account", "show")["totp_enabled"]


def test_a_stale_session_without_a_factor_is_verified_by_password(ada: Ada, tmp_path: Path) -> None:
    arguments, out = ("mfa", "add", "--format", "secret"), tmp_path / "secret"
    with Terminal(ada.at(LATER), *arguments, stdout=out) as terminal:
        terminal.wait_for("This needs a factor verified in the last 10 minutes.")
        terminal.answer("Password", PASSWORD)
        ended = terminal.end()
    assert ended.status == 0
    assert PASSWORD not in ended.err


def test_a_bad_password_is_told_and_asked_for_again(with_vault: Program) -> None:
    with Terminal(with_vault, "signup", EMAIL) as terminal:
        for bad, told in (("short", "at least 8 characters"), ("password123", "common password")):
            terminal.answer("Password", bad)
            terminal.wait_for(told)
        terminal.answer("Password", PASSWORD)
        terminal.answer("once more", PASSWORD)
        terminal.wait_for_prompt("Code in the e-mail")
        terminal.press("d")
        ended = terminal.end()
    assert ended.status == 1
    assert "password123" not in ended.err


def test_a_wrong_code_at_the_step_up_leaves_all_as_it_was(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp.at(LATER), "backup-codes", "regenerate", "--yes") as terminal:
        terminal.answer("Code of your app, or a backup code", ada_with_totp.wrong_code(LATER))
        terminal.wait_for("That code is wrong; 9 attempts are left.")
        terminal.wait_for_prompt("Code of your app, or a backup code")
        terminal.press("d")
        ended = terminal.end()
    assert ended.status == 1
    assert ada_with_totp.at(LATER).ask("verify", ada_with_totp.backup_codes[9])["status"] == (
        "complete"
    )


def test_with_json_a_stale_session_is_told_instead_of_asked(
    ada_with_totp: Ada, tmp_path: Path
) -> None:
    later, out = ada_with_totp.at(LATER), tmp_path / "out"
    with Terminal(later, "mfa", "disable", "--yes", "--json", stdout=out) as terminal:
        ended = terminal.end()
    assert ended.status == 3
    assert ended.codes == ["session_reverification_required"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (("mfa", "disable"), "n"),
        (("mfa", "disable"), ""),
        (("backup-codes", "regenerate"), "yep"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_declined_question_changes_nothing(
    ada_with_totp: Ada, tmp_path: Path, command: tuple[str, str], answer: str
) -> None:
    with Terminal(ada_with_totp, *command, "--json", stdout=tmp_path / "out") as terminal:
        terminal.wait_for_prompt("[y/N]")
        before = files_of(ada_with_totp)
        terminal.type(answer)
        ended = terminal.end()
    assert ended.status == 1
    assert ended.codes == ["cancelled"]
    assert files_of(ada_with_totp) == before


def test_an_agreed_question_replaces_the_backup_codes(ada_with_totp: Ada, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("backup-codes", "regenerate", "--json")
    with Terminal(ada_with_totp, *arguments, stdout=out) as terminal:
        terminal.answer("[y/N]", "YES")
        ended = terminal.end()
    assert ended.status == 0
    assert len(ended.document["codes"]) == 10
    assert not set(ended.document["codes"]) & set(ada_with_totp.backup_codes)


def test_a_new_password_is_asked_for_twice_after_the_current_one(ada: Ada) -> None:
    with Terminal(ada, "account", "password") as terminal:
        terminal.answer("Current password", "a wrong password")
        terminal.wait_for("mfactl: ")
        terminal.answer("Current password", PASSWORD)
        terminal.answer("New password", NEW_PASSWORD)
        terminal.answer("once more", NEW_PASSWORD)
        ended = terminal.end()
    assert ended.status == 0
    assert PASSWORD not in ended.err
    assert NEW_PASSWORD not in ended.err


def test_a_passphrase_is_asked_for_and_never_shown(nowhere: Program) -> None:
    with Terminal(nowhere, "vault", "init", "--test", "--passphrase") as terminal:
        terminal.answer("Passphrase for the vault", PASSPHRASE)
        terminal.answer("once more", PASSPHRASE)
        made = terminal.end()
    assert made.status == 0
    with Terminal(nowhere, "vault", "status") as terminal:
        terminal.answer("Passphrase of the vault", PASSPHRASE)
        opened = terminal.end()
    assert opened.status == 0
    with Terminal(nowhere, "vault", "status") as terminal:
        terminal.answer("Passphrase of the vault", PASSPHRASE.upper())
        refused = terminal.end()
    assert refused.status == 8
    assert PASSPHRASE not in made.err + opened.err + refused.err


def test_the_phone_asks_for_its_secret_without_showing_it(nowhere: Program) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    with Terminal(nowhere.at(1111111109), "totp") as terminal:
        terminal.answer("Secret or otpauth:// URI", secret)
        ended = terminal.end()
    assert ended.status == 0
    assert "081804" in ended.err  # RFC 6238 appendix B, the last six digits of 07081804
    assert secret not in ended.err


# --- what is not asked


@pytest.mark.parametrize(
    ("arguments", "variable", "named"),
    [
        (("verify", "--no-input"), None, "an argument, "),
        (("verify",), "1", "an argument, "),
        (("mfa", "disable", "--no-input"), None, "--yes"),
        (("account", "password"), "1", "--password-stdin or --password-file"),
        (("totp", "--no-input"), None, "a pipe or a file as stdin"),
    ],
    ids=["verify", "verify with the variable", "mfa disable", "account password", "totp"],
)
def test_no_input_asks_for_nothing_even_at_a_terminal(
    ada_with_totp: Ada, arguments: tuple[str, ...], variable: str | None, named: str
) -> None:
    with Terminal(ada_with_totp.with_(MFACTL_NO_INPUT=variable), *arguments) as terminal:
        ended = terminal.end()
    assert ended.status == 2
    assert named in ended.err


def test_without_a_passphrase_no_input_cannot_open_the_vault(with_passphrase: Program) -> None:
    with Terminal(with_passphrase, "vault", "status", "--no-input") as terminal:
        ended = terminal.end()
    assert ended.status == 8


def test_a_prompt_needs_a_terminal_on_stdin_and_not_on_stdout(ada: Ada, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Terminal(ada.at(LATER), "verify", stdout=out) as terminal:
        terminal.answer("Password", PASSWORD)
        ended = terminal.end()
    assert ended.status == 0
    assert ended.out == f"Verified as {EMAIL}.\n"


def test_without_a_terminal_nobody_is_asked_for_a_code_that_would_not_help(ada: Ada) -> None:
    ada.ask("signout")
    for arguments in (("verify",), ("verify", "--backup-code")):
        assert ada.here(*arguments, "--no-input").status == 7


@pytest.mark.parametrize(
    ("state", "arguments"),
    [
        ("ada_signing_in", ("verify",)),
        ("ada_signing_in", ("verify", "--backup-code")),
        ("with_vault", ("signin", EMAIL)),
    ],
)
def test_a_piped_stdin_is_never_asked_though_a_terminal_is_near(
    request: pytest.FixtureRequest, tmp_path: Path, state: str, arguments: tuple[str, ...]
) -> None:
    program: Program = request.getfixturevalue(state)
    (tmp_path / "empty").touch()
    with Terminal(program, *arguments, stdin=tmp_path / "empty") as terminal:
        ended = terminal.end()
    assert ended.status == 2
    assert ": \n" not in ended.err


# --- Ctrl-C, Ctrl-D, SIGTERM


class Prompt(NamedTuple):
    """How to get to a prompt: a fixture, a moment, a command, and what to answer on the way."""

    state: str
    arguments: tuple[str, ...]
    prompts: tuple[str, ...]
    answers: tuple[str, ...] = ()
    moment: int = NOW
    before: tuple[str, ...] = ()


PROMPTS = {
    "the password of a sign-up": Prompt("with_vault", ("signup", EMAIL), ("Password",)),
    "the password of a sign-up, once more": Prompt(
        "with_vault", ("signup", EMAIL), ("Password", "once more"), (PASSWORD,)
    ),
    "the password of a sign-in": Prompt(
        "ada", ("signin", EMAIL), ("Password",), before=("signout",)
    ),
    "the code in the e-mail": Prompt("ada_signing_up", ("verify",), ("Code in the e-mail",)),
    "the second factor": Prompt(
        "ada_signing_in",
        ("verify",),
        ("Code of your app, or a backup code",),
        moment=NOW + 30,
    ),
    "a backup code": Prompt("ada_signing_in", ("verify", "--backup-code"), ("Backup code",)),
    "the password of a step-up": Prompt("ada", ("verify",), ("Password",), moment=LATER),
    "the code of an enrolment": Prompt(
        "ada", ("mfa", "verify"), ("Code of your app",), before=("mfa", "add")
    ),
    "removing the app": Prompt("ada_with_totp", ("mfa", "disable"), ("[y/N]",)),
    "replacing the codes": Prompt("ada_with_totp", ("backup-codes", "regenerate"), ("[y/N]",)),
    "the current password": Prompt("ada", ("account", "password"), ("Current password",)),
    "the new password": Prompt(
        "ada", ("account", "password"), ("Current password", "New password"), (PASSWORD,)
    ),
    "the passphrase of a new vault": Prompt(
        "nowhere", ("vault", "init", "--passphrase"), ("Passphrase for the vault",)
    ),
    "the passphrase of a vault": Prompt(
        "with_passphrase", ("account", "show"), ("Passphrase of the vault",)
    ),
    "the secret of a phone": Prompt("nowhere", ("totp",), ("Secret or otpauth:// URI",)),
}
STEP_UPS = {  # asked without --json only
    "the second factor on the way": Prompt(
        "ada_with_totp",
        ("mfa", "disable"),
        ("[y/N]", "Code of your app, or a backup code"),
        ("y",),
        moment=LATER,
    ),
    "the password on the way": Prompt("ada", ("mfa", "add"), ("Password",), moment=LATER),
}


class Interrupted(NamedTuple):
    """A command that was stopped at a prompt: the files before and after, and the terminal."""

    status: int
    out: str
    shown: str
    is_sane: bool
    nothing_changed: bool


@pytest.fixture
def stop_at(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Prompt, Callable[[Terminal], None], bool], Interrupted]:
    """Walks to a prompt, does something there, and looks at what is left."""

    def stop(prompt: Prompt, act: Callable[[Terminal], None], json: bool) -> Interrupted:
        program: Program = request.getfixturevalue(prompt.state).at(prompt.moment)
        if prompt.before:
            program.ask(*prompt.before)
        arguments = (*prompt.arguments, "--json") if json else prompt.arguments
        with Terminal(program, *arguments, stdout=tmp_path / "out") as terminal:
            for asked, answer in zip(prompt.prompts, prompt.answers, strict=False):
                terminal.answer(asked, answer)
            terminal.wait_for_prompt(prompt.prompts[-1])
            before = files_of(program)
            act(terminal)
            ended = terminal.end()
            is_sane = terminal.is_sane
        return Interrupted(ended.status, ended.out, ended.err, is_sane, files_of(program) == before)

    return stop


Stop = Callable[[Prompt, Callable[[Terminal], None], bool], Interrupted]


@pytest.mark.parametrize("where", PROMPTS)
def test_ctrl_c_at_a_prompt_changes_nothing_and_answers_one_document(
    stop_at: Stop, where: str
) -> None:
    stopped = stop_at(PROMPTS[where], lambda terminal: terminal.press("c"), True)
    assert stopped.status == 130
    assert stopped.is_sane
    assert stopped.nothing_changed
    assert "Traceback" not in stopped.shown
    assert Ended(130, stopped.out, "").codes == ["cancelled"]


@pytest.mark.parametrize("where", STEP_UPS)
def test_ctrl_c_at_a_step_up_changes_nothing_and_prints_nothing(stop_at: Stop, where: str) -> None:
    stopped = stop_at(STEP_UPS[where], lambda terminal: terminal.press("c"), False)
    assert stopped.status == 130
    assert stopped.is_sane
    assert stopped.nothing_changed
    assert stopped.out == ""
    assert "Traceback" not in stopped.shown


SOME_PROMPTS = ["the password of a sign-in", "the second factor"]


@pytest.mark.parametrize("where", SOME_PROMPTS)
def test_sigterm_at_a_prompt_ends_with_143_and_restores_the_terminal(
    stop_at: Stop, where: str
) -> None:
    stopped = stop_at(PROMPTS[where], lambda terminal: terminal.terminate(), True)
    assert stopped.status == 143
    assert Ended(143, stopped.out, "").codes == ["cancelled"]
    assert stopped.is_sane
    assert stopped.nothing_changed
    assert "Traceback" not in stopped.shown


@pytest.mark.parametrize("where", SOME_PROMPTS)
def test_a_second_signal_at_once_brings_no_traceback_and_the_terminal_is_restored(
    stop_at: Stop, where: str
) -> None:
    def end_twice(terminal: Terminal) -> None:
        # While it is stopped, so that it gets both at the same moment.
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            os.kill(terminal.pid, number)

    stopped = stop_at(PROMPTS[where], end_twice, False)
    assert stopped.status in (130, 143)
    assert stopped.is_sane
    assert stopped.nothing_changed
    assert "Traceback" not in stopped.shown
    assert "race condition" not in stopped.shown


@pytest.mark.parametrize("words", [("signin", EMAIL), ("verify", "--backup-code")])
def test_a_terminal_that_goes_away_ends_a_prompt_with_143(
    ada: Ada, tmp_path: Path, words: tuple[str, ...]
) -> None:
    if words[0] == "signin":
        ada.ask("signout")
    out, (master, slave) = tmp_path / "out", os.openpty()
    with out.open("wb") as stdout:
        command = subprocess.Popen(
            ["setsid", "--ctty", *COMMAND, *words, "--json"],
            stdin=slave,
            stdout=stdout,
            stderr=slave,
            env=ada.environ,
        )
        os.close(slave)
        shown = b""
        while not shown.endswith(b": "):
            shown += os.read(master, 4096)
        os.close(master)
        assert command.wait() == 143
    assert Ended(143, out.read_text(), "").codes == ["cancelled"]


@pytest.mark.parametrize("where", [*SOME_PROMPTS[1:], "the passphrase of a vault"])
def test_ctrl_d_at_a_prompt_cancels(stop_at: Stop, where: str) -> None:
    stopped = stop_at(PROMPTS[where], lambda terminal: terminal.press("d"), False)
    assert stopped.status == 1
    assert stopped.is_sane
    assert stopped.nothing_changed
    assert stopped.out == ""
    assert "mfactl: Nothing was changed.\n" in stopped.shown


# --- odd typing


@pytest.mark.parametrize(
    ("state", "arguments", "prompt", "metas"),
    [
        (
            "ada_signing_in",
            ("verify",),
            "Code of your app, or a backup code",
            [{"param_name": "code"}],
        ),
        ("ada_with_totp", ("mfa", "disable"), "[y/N]", [{}, {"param_name": "answer"}]),
        ("ada", ("verify",), "Password", [{"param_name": "password"}]),
    ],
    ids=["a code", "an answer", "a password"],
)
def test_bytes_that_are_no_text_are_no_bug(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    state: str,
    arguments: tuple[str, ...],
    prompt: str,
    metas: list[dict[str, str]],
) -> None:
    program: Program = request.getfixturevalue(state)
    # What Python does by itself in every UTF-8 locale but C.UTF-8, which not every machine has.
    program = program.with_(PYTHONIOENCODING="utf-8:strict")
    with Terminal(program, *arguments, "--json", stdout=tmp_path / "out") as terminal:
        terminal.wait_for_prompt(prompt)
        before = files_of(program)
        terminal.type("\udcff\udcfe")  # the bytes FF and FE
        ended = terminal.end()
    (error,) = ended.document["errors"]
    assert error["code"] in {"cancelled", "form_param_format_invalid"}
    assert error["meta"] in metas
    assert ended.status in {1, 2}
    assert files_of(program) == before


def test_an_empty_password_is_asked_for_again(ada: Ada) -> None:
    ada.ask("signout")
    with Terminal(ada, "signin", EMAIL) as terminal:
        terminal.answer("Password", "")
        terminal.wait_for("Nothing was typed.")
        terminal.answer("Password", PASSWORD)
        ended = terminal.end()
    assert ended.status == 0


def test_an_address_that_is_not_given_is_asked_for_until_it_is_one(ada: Ada) -> None:
    ada.ask("signout")
    with Terminal(ada, "signin") as terminal:
        terminal.answer("E-mail address", "ada")
        terminal.answer("E-mail address", "")
        terminal.answer("E-mail address", f" {EMAIL} ")
        terminal.answer("Password", PASSWORD)
        ended = terminal.end()
    assert ended.status == 0
    assert f"Signed in as {EMAIL}." in ended.err


def test_a_document_is_one_line_however_narrow_the_window(ada: Ada) -> None:
    for arguments in (("verify", "11", "--json"), ("account", "show", "--json")):
        with Terminal(ada, *arguments, columns=40) as terminal:
            ended = terminal.end()
        (document,) = (line for line in ended.err.split("\n") if line.startswith("{"))
        assert json.loads(document)


def test_nobody_is_asked_for_the_code_of_an_app_that_is_not_being_added(ada: Ada) -> None:
    with Terminal(ada, "mfa", "verify") as terminal:
        ended = terminal.end()
    assert ended.status == 7
    assert "No authenticator app is being added in this session." in ended.err


def test_the_code_of_a_test_address_is_told_where_there_is_no_mail(with_vault: Program) -> None:
    with sign_up(with_vault, "eve+clerk_test@example.com") as terminal:
        terminal.type("")
        terminal.wait_for("This is a test address, which gets no mail. Its code is 424242.")
        terminal.answer("Code in the e-mail", "424242")
        assert terminal.end().status == 0


def test_a_session_that_ended_long_ago_asks_for_nothing(ada_with_totp: Ada) -> None:
    with Terminal(ada_with_totp.at(NOW + 8 * 24 * HOUR), "mfa", "disable") as terminal:
        ended = terminal.end()
    assert ended.status == 4


@pytest.mark.parametrize("words", [("signin", EMAIL), ("verify",)])
def test_a_client_file_that_is_copied_while_the_prompt_stands_is_worth_nothing(
    ada: Ada, words: tuple[str, ...]
) -> None:
    if words[0] == "signin":
        ada.ask("signout")
    with Terminal(ada, *words) as terminal:
        terminal.wait_for_prompt("Password")
        (ada.home / "copy.toml").write_bytes((ada.home / "client.toml").read_bytes())
        (ada.home / "copy.toml").chmod(0o600)
        terminal.type(PASSWORD)
        assert terminal.end().status == 0
    assert ada.here("account", "show").status == 0
    assert ada.with_(MFACTL_CLIENT=str(ada.home / "copy.toml")).here("account", "show").status == 4


CONTINUED_WHILE_IT_ASKS = """
import os, signal
from mfactl.cli import terminal
asked = []
def ask():
    asked.append(len(asked) + 1)
    print("asked", asked[-1], flush=True)
    if asked[-1] == 1:
        os.kill(os.getpid(), signal.SIGCONT)
print("got", terminal.seen(ask))
"""


def test_a_command_that_goes_on_while_it_shows_the_prompt_shows_it_again() -> None:
    """What was shown so far may have been shown before the terminal was its own again."""
    asked = pexpect.spawn(
        sys.executable, ["-c", CONTINUED_WHILE_IT_ASKS], encoding="utf-8", timeout=SECONDS
    )
    asked.expect_exact("asked 1")
    asked.expect_exact("asked 2")
    asked.sendline("ada")
    asked.expect_exact("got ada")
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == 0
