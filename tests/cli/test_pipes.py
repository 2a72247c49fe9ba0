"""Where output goes, and what happens when it cannot go there: full, closed, nobody reading."""

import fcntl
import os
import subprocess
import sys

import pytest

from tests.cli.program import COMMAND, EMAIL, Ada, Ended, Program

UNPRINTED = "mfactl: The result could not be printed: standard output is full or closed.\n"
WRITES = pytest.mark.parametrize("unbuffered", [None, "1"], ids=["buffered", "unbuffered"])
COMMANDS = pytest.mark.parametrize(
    "command",
    ["--version", "--help", "account show", "account show --json"],
)


def into_nobody(program: Program, *arguments: str) -> Ended:
    """Runs a command whose stdout is a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            env=program.environ,
            check=False,
        )
    finally:
        os.close(writer)
    return Ended(ended.returncode, "", ended.stderr.decode())


@COMMANDS
@WRITES
def test_a_full_stdout_is_11_and_no_traceback(
    ada: Ada, command: str, unbuffered: str | None
) -> None:
    ended = ada.with_(PYTHONUNBUFFERED=unbuffered).shell(f"mfactl {command} > /dev/full")
    assert ended.status == 11
    assert "Traceback" not in ended.err
    assert "Exception" not in ended.err


@COMMANDS
def test_a_closed_stdout_is_11_and_no_traceback(ada: Ada, command: str) -> None:
    ended = ada.shell(f"mfactl {command} >&-")
    assert ended.status == 11
    assert "Traceback" not in ended.err
    assert "Exception" not in ended.err


@COMMANDS
@WRITES
def test_a_pipe_that_nobody_reads_is_141_and_quiet(
    ada: Ada, command: str, unbuffered: str | None
) -> None:
    ended = into_nobody(ada.with_(PYTHONUNBUFFERED=unbuffered), *command.split(), "-q")
    assert ended.status == 141
    assert ended.err == ""


def test_an_encoding_that_spells_nothing_is_11_and_no_traceback(ada: Ada) -> None:
    ended = ada.with_(PYTHONIOENCODING="idna").start("account", "show")
    assert (ended.status, ended.out, ended.err) == (11, "", "")


def test_what_could_not_be_printed_is_told(ada: Ada) -> None:
    told = ada.shell("mfactl account show > /dev/full").err
    assert UNPRINTED in told
    assert ada.shell("mfactl account show -q > /dev/full").err == ""


def test_a_failure_that_could_not_be_printed_is_11_and_still_told(ada: Ada) -> None:
    ada.ask("signout")
    ended = ada.shell("mfactl account show --json > /dev/full")
    assert ended.status == 11
    assert "mfactl: You are not signed in.\n" in ended.err


@pytest.mark.parametrize("command", ["account show", "--version", "--help", "audit list --jsonl"])
def test_what_loses_no_secret_does_not_say_how_to_get_another(ada: Ada, command: str) -> None:
    told = ada.shell(f"mfactl {command} > /dev/full").err
    assert UNPRINTED in told
    assert "regenerate" not in told


def test_what_loses_a_secret_says_how_to_get_another(ada: Ada) -> None:
    told = ada.shell("mfactl mfa add --field uri > /dev/full").err
    assert "mfactl mfa add again; backup codes: mfactl backup-codes regenerate" in told


def test_what_loses_backup_codes_says_how_to_get_others(ada_with_totp: Ada) -> None:
    told = ada_with_totp.shell("mfactl backup-codes regenerate --yes > /dev/full").err
    assert "mfactl mfa add again; backup codes: mfactl backup-codes regenerate" in told


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_what_was_committed_stays_though_its_codes_were_lost(ada: Ada, where: str) -> None:
    secret = ada.ask("mfa", "add")["secret"]
    code = Ada(ada.home, ada.environ, secret).app_code()
    assert ada.shell(f"mfactl mfa verify {code} {where}").status == 11
    shown = ada.ask("account", "show")
    assert shown["totp_enabled"]
    assert shown["backup_codes_remaining"] == 10
    assert len(ada.ask("backup-codes", "regenerate", "--yes")["codes"]) == 10


def test_what_was_committed_stays_though_nobody_reads_it(ada_with_totp: Ada) -> None:
    assert into_nobody(ada_with_totp, "mfa", "disable", "--yes", "--json").status == 141
    assert not ada_with_totp.ask("account", "show")["totp_enabled"]


def test_a_pipeline_whose_reader_leaves_early_gets_141(ada: Ada) -> None:
    # Far more help than the first line, so that the rest meets a closed pipe or a read one.
    ended = ada.shell("set -o pipefail; mfactl vault status | head -c 0; exit ${PIPESTATUS[0]}")
    assert ended.status in {0, 141}  # 0: all of it was in the pipe before `head` had gone
    assert "Traceback" not in ended.err
    assert "Exception" not in ended.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_arrives_in_part_only_is_noticed(nowhere: Program, unbuffered: str) -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)  # less than is printed
    process = subprocess.Popen(
        [sys.executable, "-m", "mfactl", "completion", "bash"],
        stdout=writing,
        env=nowhere.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    os.close(writing)
    assert os.read(reading, 10)
    os.close(reading)
    assert process.wait() == 141


# --- stdin


@pytest.mark.parametrize("stdin", ["<&-", "< /dev/null"])
@pytest.mark.parametrize(
    ("command", "param"),
    [
        (f"signin {EMAIL} --password-stdin", "password"),
        ("verify -", "code"),
        ("verify", "code"),
        ("totp", "secret"),
    ],
)
def test_a_closed_or_empty_stdin_is_a_missing_input(
    ada_signing_up: Ada, command: str, param: str, stdin: str
) -> None:
    ended = ada_signing_up.shell(f"mfactl {command} --json {stdin}")
    assert ended.status == 2
    (error,) = ended.document["errors"]
    assert (error["code"], error["meta"]) == ("form_param_missing", {"param_name": param})


def test_a_stdin_that_cannot_be_read_is_11(nowhere: Program) -> None:
    ended = nowhere.shell("mfactl totp --json 0> /dev/null")
    assert ended.status == 11
    assert ended.codes == ["io_error"]


def test_a_closed_stdin_is_never_taken_for_a_file_of_ours(ada: Ada) -> None:
    """Descriptor 0 would be given to the next file that is opened."""
    assert ada.shell("mfactl account show --json <&-").status == 0
    ended = ada.shell("mfactl account show --json <&- 2>&-")
    assert ended.status == 0
    assert ended.document["object"] == "user"


# --- stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2> /dev/full"])
@pytest.mark.parametrize(
    ("command", "status"), [("account show", 0), ("mfa verify 123456", 7), ("verify --bogus", 2)]
)
def test_a_stderr_that_takes_nothing_leaves_stdout_to_the_document(
    ada: Ada, command: str, status: int, stderr: str
) -> None:
    ended = ada.shell(f"mfactl {command} --json {stderr}")
    assert ended.status == status
    assert ended.document
    assert ended.err == ""


@pytest.mark.parametrize("stderr", ["2>&-", "2> /dev/full"])
def test_a_stderr_that_takes_nothing_leaves_stdout_to_the_result(ada: Ada, stderr: str) -> None:
    """A test vault warns on stderr: before the result, and never in it."""
    ended = ada.shell(f"mfactl account show --field totp_enabled {stderr}")
    assert (ended.status, ended.out, ended.err) == (0, "false\n", "")


def test_all_three_closed_still_end_with_the_right_status(ada: Ada) -> None:
    assert ada.shell("mfactl account show <&- >&- 2>&-").status == 11
    assert ada.shell("mfactl mfa verify 123456 <&- >&- 2>&-").status == 7
