"""The player of transcripts: that it fails where a command does something else, and shows where."""

import re

import pytest

from tests.journeys.transcript import Misplayed, play_text
from tests.support.runner import Shell

IN_A_TEST_VAULT = "clock 2026-01-01T00:00:00Z\n"
NOT_SIGNED_IN = "$ mfactl account show\n? 4\n"
SIGNED_IN = IN_A_TEST_VAULT + "given ada@example.com\n"
PAGE = SIGNED_IN + "$ mfactl account show\n"


def failure_of(text: str, shell: Shell) -> str:
    with pytest.raises(Misplayed) as caught:
        play_text(text, shell)
    return str(caught.value)


def test_another_exit_status_is_shown_with_its_line_and_command(fresh_shell: Shell) -> None:
    report = failure_of("\n$ mfactl account show\n", fresh_shell)
    assert report.startswith("transcript:2: exit status 4, not 0\n  $ mfactl account show\n")
    assert "+ mfactl: You are not signed in." in report


def test_an_exit_status_of_0_has_to_be_so(fresh_shell: Shell) -> None:
    assert "exit status 0, not 4" in failure_of(PAGE + "? 4\n", fresh_shell)


def test_a_line_of_stdout_that_differs_is_shown_beside_what_was_printed(fresh_shell: Shell) -> None:
    report = failure_of(PAGE + "Account: grace@example.com\n...\n", fresh_shell)
    assert "- Account: grace@example.com" in report
    assert "+ Account:            ada@example.com" in report


@pytest.mark.parametrize(
    "lines",
    [
        "Account:            ada@example.com\n",
        "...\nAccount:            ada@example.com\n",
        "Account:            ada@example.com\n...\nAccount:           ada@example.com\n",
    ],
    ids=["the rest left out", "nothing left out at the end", "a line twice"],
)
def test_stdout_is_named_whole(lines: str, fresh_shell: Shell) -> None:
    assert "stdout is not as it should be" in failure_of(PAGE + lines, fresh_shell)


def test_dots_stand_for_any_lines_and_any_for_text_within_one(fresh_shell: Shell) -> None:
    play_text(PAGE + "...\nPassword: {any}\n...\nSession: {any} UTC\n", fresh_shell)


def test_any_stands_for_one_line_at_most(fresh_shell: Shell) -> None:
    assert "stdout" in failure_of(PAGE + "{any}\n", fresh_shell)


def test_what_looks_like_a_pattern_is_text(fresh_shell: Shell) -> None:
    assert "stdout" in failure_of(PAGE + "Account: .*\n...\n", fresh_shell)


def test_lines_of_stderr_have_an_order(fresh_shell: Shell) -> None:
    first, second = "2> mfactl: You are not signed in.\n", "2> Run: {any}\n"
    play_text(NOT_SIGNED_IN + first + second, fresh_shell)
    report = failure_of(NOT_SIGNED_IN + second + first, fresh_shell)
    assert "stderr lacks 'mfactl: You are not signed in.' in its place" in report


def test_a_line_of_stderr_is_compared_whole(fresh_shell: Shell) -> None:
    assert "stderr lacks" in failure_of(NOT_SIGNED_IN + "2> mfactl: You are\n", fresh_shell)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("totp_enabled true", "+ false"),
        ('object "use"', '+ "user"'),
        ('mfa_enabled_at "{any}"', "+ null"),
        ("created_at {ms +1s}", "+ 1767225600000"),
        ("nowhere 1", "+ (not there)"),
        ("email_addresses.1.id 1", "+ (not there)"),
    ],
)
def test_a_value_of_the_document_has_to_be_as_named(
    value: str, found: str, fresh_shell: Shell
) -> None:
    report = failure_of(f"{SIGNED_IN}$ mfactl account show --json\n= {value}\n", fresh_shell)
    assert found in report


def test_a_command_that_runs_many_times_has_to_go_well_each_time(fresh_shell: Shell) -> None:
    text = f"{SIGNED_IN}times 2\n$ mfactl signout\n"
    assert "exit status 4, not 0" in failure_of(text, fresh_shell)


def test_the_clock_moves_after_each_of_many_runs(fresh_shell: Shell) -> None:
    play_text(f"{SIGNED_IN}times 7 every 1d\n$ mfactl account show\n{NOT_SIGNED_IN}", fresh_shell)


def test_a_new_home_and_a_new_client_are_not_signed_in(fresh_shell: Shell) -> None:
    text = f"{SIGNED_IN}client b\n{NOT_SIGNED_IN}home c\n{NOT_SIGNED_IN}home home\n"
    play_text(f"{text}$ mfactl account show\n", fresh_shell)


def test_stdin_is_for_one_command(fresh_shell: Shell) -> None:
    given = "stdin 12345\n$ mfactl verify -\n2> mfactl: A code has {any}\n? 2\n"
    not_given = "$ mfactl verify -\n2> mfactl: The code from stdin is empty.\n? 2\n"
    play_text(SIGNED_IN + given + not_given, fresh_shell)


@pytest.mark.parametrize(
    "text",
    [
        "mfactl account show\n",
        "cloc 2026-01-01T00:00:00Z\n$ mfactl account show\n",
        "$ mfactl verify {the code}\n",
        "$ mfactl verify {Code}x{nothing at all}\n",
        "keep ada@example.com\n",
        NOT_SIGNED_IN + "keep ada@example.com\n",
        NOT_SIGNED_IN + '= errors.0.code "authentication_invalid"\n',
    ],
    ids=["no dollar", "no word", "no code", "no braces", "too early", "no secret", "no document"],
)
def test_what_is_not_understood_is_refused(text: str, fresh_shell: Shell) -> None:
    failure_of(text, fresh_shell)


def test_what_a_real_vault_printed_stays_out_of_the_report(fresh_shell: Shell) -> None:
    fresh_shell.sign_up()
    # A QR code has the secret as well, so nothing less than everything is left out.
    for end in ("\nsomething else\n", " --json\n= object 1\n"):
        report = failure_of(f"$ mfactl mfa add{end}", fresh_shell)
        assert report.splitlines()[-1] == "+ (not shown: this is no test vault)"
        assert len(report.splitlines()) == 4


def test_a_secret_of_a_test_vault_is_shown(fresh_shell: Shell) -> None:
    text = f"{SIGNED_IN}$ mfactl mfa add --format secret\nsomething else\n"
    assert re.search("[A-Z2-7]{32}", failure_of(text, fresh_shell))
