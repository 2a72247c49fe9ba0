"""The owner of a vault at a terminal: what is asked before something is done, and how far it is."""

import os
import sys
import termios
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pexpect
import pytest

from mfactl.cli import progress
from mfactl.cli.options import Options
from mfactl.cli.run import Run
from tests.cli.program import EMAIL, PASSPHRASE, Ada, Program
from tests.cli.terminal import Terminal, a_shell
from tests.cli.test_slots import OTHER_PASSPHRASE, both, passphrase_file, slot_ids

__all__ = ["both", "passphrase_file"]  # fixtures


# --- slots


def test_a_new_passphrase_is_asked_for_twice_and_never_shown(ada: Ada) -> None:
    with Terminal(ada, "vault", "slots", "add", "--passphrase") as terminal:
        terminal.wait_for_prompt("New passphrase")
        assert not terminal.echoes
        terminal.type("too short")
        terminal.wait_for("mfactl: ")
        terminal.answer("New passphrase", PASSPHRASE)
        terminal.answer("The same once more", PASSPHRASE)
        ended = terminal.end()
    assert ended.status == 0
    assert PASSPHRASE not in ended.err
    opened = ada.with_(MFACTL_PASSPHRASE=PASSPHRASE).ask("vault", "status")
    assert opened["unlocked_with"] == "passphrase"


# A shell that has not seen yet that a job has stopped itself does not tell it to go on at `fg`.
UNTIL_STOPPED = 'while [ -z "$(jobs -s)" ]; do :; done'


@pytest.mark.parametrize("meanwhile", ["", "bg", "kill -CONT %1", "bg; kill -CONT %1"])
def test_a_secret_is_not_shown_after_the_command_was_stopped_and_went_on(
    ada: Ada, meanwhile: str
) -> None:
    """Ctrl-Z, then fg: the shell leaves the terminal with echo on.

    In between the command may be told to go on in the background, where it may not read.
    """
    with a_shell(ada) as shell:
        shell.logfile_read = shown = StringIO()
        shell.sendline("mfactl vault slots add --passphrase")
        for _ in range(2):
            shell.expect("New passphrase: ")
            shell.sendcontrol("z")
            for line in (meanwhile, UNTIL_STOPPED, "fg"):
                shell.expect_exact("ready$ ")
                shell.sendline(line)
        for prompt in ("New passphrase: ", "The same once more: "):
            shell.expect(prompt)
            shell.sendline(PASSPHRASE)
        shell.expect("Added slot_")
    assert PASSPHRASE not in shown.getvalue()
    assert len(slot_ids(ada)) == 2


ADD = "mfactl vault slots add --passphrase"


def echoes(shell: "pexpect.spawn[str]") -> bool:
    """Whether a terminal shows what is typed. A shell that edits lines does that by itself."""
    return bool(termios.tcgetattr(shell.child_fd)[3] & termios.ECHO)


def test_whoever_stops_or_quits_at_a_hidden_prompt_sees_again_what_is_typed(ada: Ada) -> None:
    with a_shell(ada, "dash", "-i") as shell:
        for line, key in ((ADD, "z"), ("fg", "z"), ("fg", "\\")):
            shell.sendline(line)
            shell.expect("New passphrase: ")
            assert not echoes(shell)
            shell.sendcontrol(key)
            shell.expect_exact("ready$ ")
            assert echoes(shell)


def test_a_terminal_of_another_session_shows_again_what_is_typed(ada: Ada) -> None:
    with a_shell(ada, "dash", "-i") as shell:
        shell.sendline(f"setsid --wait {ADD}")
        for prompt in ("New passphrase: ", "The same once more: "):
            shell.expect(prompt)
            assert not echoes(shell)
            shell.sendline(PASSPHRASE)
        shell.expect_exact("ready$ ")
        assert echoes(shell)
    assert len(slot_ids(ada)) == 2


ORPHANED = (
    f"{sys.executable} -c 'import os; os.fork() and os._exit(0); os.setpgid(0, 0); "
    'os.execvp("mfactl", {}.split())\''
)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (f"(trap '' TTOU TTIN; exec {ADD}) & wait", "new passphrase"),
        (f"(trap '' TTOU; exec {ADD}) & wait", "new passphrase"),
        (ORPHANED.format(repr(ADD).replace("'", '"')), "new passphrase"),
        (ORPHANED.format('"mfactl signin"'), "email address"),
    ],
)
def test_whoever_cannot_have_the_terminal_asks_nothing_and_leaves_it_alone(
    ada: Ada, line: str, asked: str
) -> None:
    with a_shell(ada, "dash", "-i") as shell:
        shell.sendline(line)
        shell.expect_exact(f"Nobody can be asked for the {asked} in the background.")
        assert echoes(shell)


@pytest.mark.parametrize(
    ("state", "command", "status"),
    [("ada", ADD, 2), ("with_passphrase", "mfactl account show", 8)],
)
def test_a_secret_that_is_missing_in_the_background_ends_it_as_without_a_terminal(
    request: pytest.FixtureRequest, state: str, command: str, status: int
) -> None:
    with a_shell(request.getfixturevalue(state), "dash", "-i") as shell:
        shell.sendline(f"(trap '' TTOU; exec {command}) & wait $!; echo ended with $?.")
        shell.expect_exact(f"ended with {status}.")
        assert echoes(shell)


def test_a_question_is_shown_again_after_the_command_was_stopped_and_went_on(ada: Ada) -> None:
    with a_shell(ada) as shell:
        shell.sendline(f"mfactl admin delete {EMAIL}")
        shell.expect_exact("for good? [y/N]: ")
        shell.sendcontrol("z")
        shell.expect_exact("ready$ ")
        shell.sendline("fg")
        shell.expect_exact("for good? [y/N]: ")
        shell.sendline("y")
        shell.expect_exact("Removed the account")


def test_a_command_that_is_ended_in_the_background_leaves_the_shell_alone(ada: Ada) -> None:
    # bash itself may never learn that a job which it thinks stopped has ended, not by `wait -f`
    # either: it spins. So the status goes into a file.
    status = ada.home / "status"
    job = f"(trap : TERM; mfactl vault slots add --passphrase; echo $? > {status})"
    with a_shell(ada) as shell:
        shell.sendline(job)
        shell.expect("New passphrase: ")
        shell.sendcontrol("z")
        shell.expect_exact("ready$ ")
        shell.sendline("kill %1")
        shell.expect_exact("mfactl: Interrupted.\r\n")
        assert "bug" not in str(shell.before)
        shell.sendline(f"until [ -s {status} ]; do :; done; echo ended with $(<{status})")
        shell.expect_exact("ended with 143")


def test_nobody_types_a_new_passphrase_for_a_vault_that_does_not_open(ada: Ada) -> None:
    (ada.home / "vault.key").unlink()
    with Terminal(ada, "vault", "slots", "add", "--passphrase") as terminal:
        ended = terminal.end()
    assert ended.status == 8
    assert "New passphrase" not in ended.err


def test_a_slot_is_removed_after_a_yes_only(both: Ada) -> None:
    identifier = slot_ids(both)["passphrase"]
    for answer, status in (("n", 1), ("y", 0)):
        with Terminal(both, "vault", "slots", "remove", identifier) as terminal:
            terminal.answer(f"Remove {identifier} (passphrase)?", answer)
            assert terminal.end().status == status
    assert list(slot_ids(both)) == ["key_file"]


# --- rotation


def test_a_rotation_asks_for_the_passphrases_that_are_not_at_hand(both: Ada) -> None:
    identifier = slot_ids(both)["passphrase"]
    with Terminal(both, "vault", "rotate") as terminal:
        terminal.answer(f"Passphrase of {identifier}", OTHER_PASSPHRASE)
        terminal.wait_for(f"That is not the passphrase of {identifier}")
        terminal.answer(f"Passphrase of {identifier}", PASSPHRASE)
        terminal.answer("under a new data key?", "y")
        ended = terminal.end()
    assert ended.status == 0
    assert PASSPHRASE not in ended.err
    assert list(slot_ids(both)) == ["key_file", "passphrase"]
    assert both.with_(MFACTL_PASSPHRASE=PASSPHRASE).ask("vault", "check")["status"] == "ok"


def test_an_empty_passphrase_lets_its_slot_go_after_a_yes_only(both: Ada) -> None:
    identifier = slot_ids(both)["passphrase"]
    for answer, status, left in (("n", 1, ["key_file", "passphrase"]), ("y", 0, ["key_file"])):
        with Terminal(both, "vault", "rotate") as terminal:
            terminal.answer(f"Passphrase of {identifier}", "")
            terminal.answer(f"and drop {identifier} (passphrase)?", answer)
            assert terminal.end().status == status
        assert list(slot_ids(both)) == left


def test_slots_that_change_while_the_question_stands_are_not_lost(
    ada: Ada, passphrase_file: Path
) -> None:
    """The new one would not open the new data key."""
    with Terminal(ada, "vault", "rotate") as terminal:
        terminal.wait_for_prompt("under a new data key?")
        ada.ask("vault", "slots", "add", "--new-passphrase-file", str(passphrase_file))
        terminal.type("y")
        ended = terminal.end()
    assert ended.status == 11
    assert "The slots of the vault changed meanwhile." in ended.err
    assert ada.with_(MFACTL_PASSPHRASE=PASSPHRASE).ask("vault", "check")["status"] == "ok"


def test_a_data_key_that_sealed_very_much_is_to_be_rotated(
    ada: Ada, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mfactl.service.vault.MOST_SEALS", 60)
    assert "rotate" not in " ".join(ada.ask("vault", "status")["warnings"])
    for _ in range(20):  # each writes a client, an event and the head
        ada.ask("mfa", "add")
    assert "rotate" in " ".join(ada.ask("vault", "status")["warnings"])
    ada.ask("vault", "rotate", "--yes")
    assert "rotate" not in " ".join(ada.ask("vault", "status")["warnings"])


def test_a_damaged_key_file_does_not_keep_a_passphrase_from_rotating(
    both: Ada, passphrase_file: Path
) -> None:
    """Its slot goes, which is said and has to be agreed to."""
    by_passphrase = both.with_(MFACTL_PASSPHRASE_FILE=str(passphrase_file))
    (both.home / "vault.key").write_text("damaged")
    ended = by_passphrase.here("vault", "rotate", "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert "and drop" in ended.err
    ended = by_passphrase.here("vault", "rotate", "--yes", "--json")
    assert ended.status == 0
    assert "The key file is cut short or damaged." in ended.err
    assert [slot["kind"] for slot in ended.document["dropped_slots"]] == ["key_file"]


# --- restore


def test_a_restore_says_what_it_is_about_to_do(ada_with_totp: Ada, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    head = ada_with_totp.ask("vault", "backup", str(backup))["head"]["number"]
    for answer, status in (("", 1), ("yes", 0)):
        with Terminal(ada_with_totp, "vault", "restore", str(backup)) as terminal:
            terminal.wait_for(f"{backup}, up to event {head}, in the place of")
            terminal.answer("Every session ends.", answer)
            assert terminal.end().status == status
    assert ada_with_totp.here("account", "show").status == 4


def test_ctrl_c_at_the_question_leaves_nothing_behind(ada_with_totp: Ada, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    ada_with_totp.ask("vault", "backup", str(backup))
    before = sorted(path.name for path in ada_with_totp.home.iterdir())
    with Terminal(ada_with_totp, "vault", "restore", str(backup)) as terminal:
        terminal.wait_for_prompt("Every session ends.")
        terminal.press("c")
        assert terminal.end().status == 130
    assert sorted(path.name for path in ada_with_totp.home.iterdir()) == before


# --- how far it is


def drawn(quiet: bool = False) -> str:
    """What a pseudo-terminal shows while something is checked that has 20,000 parts."""
    ours, theirs = os.openpty()
    options = Options()
    options.quiet = quiet
    with os.fdopen(theirs, "w") as stderr, redirect_stderr(stderr):
        shown = progress.watch(Run(options))("Checked")
        shown(1500, 20000)
        shown(20000, 20000)
        options.clear_line()
        options.clear_line()
        print("end", file=stderr, end="", flush=True)
        printed = ""
        while not printed.endswith("end"):
            printed += os.read(ours, 1000).decode()
    os.close(ours)
    return printed.removesuffix("end")


CLEAR = "\r\x1b[K"


def test_what_takes_long_is_told_on_one_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", -1)
    assert drawn() == f"{CLEAR}Checked: 1,500 of 20,000{CLEAR}Checked: 20,000 of 20,000{CLEAR}"
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 3600)
    assert drawn() == ""


def test_nothing_is_drawn_where_it_was_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", -1)
    monkeypatch.setenv("TERM", "xterm")
    assert drawn(quiet=True) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert drawn() == ""


# --- bytes that are no text, and two ways to print at once

NO_TEXT = "caf\udce9"


@pytest.mark.parametrize(
    "words",
    [
        ("admin", "list", NO_TEXT),
        ("admin", "list", "--after", NO_TEXT),
        ("audit", "list", "--account", NO_TEXT),
        ("vault", "slots", "remove", NO_TEXT, "--yes"),
        ("admin", "list", "--limit", "9" * 30),
    ],
)
def test_what_no_command_could_use_is_2(ada: Ada, words: tuple[str, ...]) -> None:
    ended = ada.here(*words, "--json")
    assert ended.status == 2
    assert ended.codes[0] in ("form_param_format_invalid", "usage_error")


@pytest.mark.parametrize("words", [("admin", "list"), ("audit", "list")])
def test_lines_and_a_field_are_not_printed_at_once(ada: Ada, words: tuple[str, ...]) -> None:
    ended = ada.here(*words, "--jsonl", "--field", "total_count")
    assert (ended.status, ended.out) == (2, "")
    assert "one of --field and --jsonl" in ended.err


def test_what_was_typed_for_a_slot_is_not_stored(ada: Ada) -> None:
    """It may be a passphrase, by mistake."""
    ended = ada.here("vault", "slots", "remove", PASSPHRASE, "--yes", "--json")
    assert (ended.status, ended.codes) == (7, ["resource_not_found"])
    (event,) = ada.ask("audit", "list", "--kind", "slot_remove")["data"]
    assert (event["code"], event["details"]) == ("resource_not_found", {})


def test_a_slot_that_the_vault_has_keeps_its_secret_whatever_comes_after(
    ada: Ada, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C just after the commit: the keyring may hold the only way in."""
    pytest.importorskip("keyrings.alt", reason="the development environment has it")
    program = ada.with_(
        PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring",
        XDG_DATA_HOME=str(tmp_path / "data"),
        PYTHONPATH=str(tmp_path / "site"),
    )
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os\n"
        "replace = os.replace\n"
        "def interrupted(source, target, **more):\n"
        "    if str(target).endswith('client.toml'):\n"
        "        raise KeyboardInterrupt\n"
        "    replace(source, target, **more)\n"
        "os.replace = interrupted\n"
    )
    assert program.start("vault", "slots", "add", "--keyring").status == 130
    (ada.home / "vault.key").unlink()
    program = program.with_(PYTHONPATH=None)
    assert program.start("vault", "status", "--json").document["unlocked_with"] == "keyring"


def test_a_slot_that_came_to_nothing_leaves_nothing_in_the_keyring(
    ada: Ada, tmp_path: Path
) -> None:
    pytest.importorskip("keyrings.alt", reason="the development environment has it")
    program = ada.with_(
        PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring",
        XDG_DATA_HOME=str(tmp_path / "data"),
    )
    limited = ("prlimit", "--fsize=4096")  # enough for the keyring's file and none of the vault's
    ended = program.start("vault", "slots", "add", "--keyring", "--json", prefix=limited)
    assert (ended.status, ended.codes) == (11, ["io_error"])
    kept = next((tmp_path / "data").rglob("*.cfg"))
    assert "slot" not in kept.read_text()


def test_two_homes_do_not_see_each_others_slots(ada: Ada, tmp_path: Path) -> None:
    other = Program(tmp_path / "other")
    other.ask("vault", "init", "--test")
    identifier = slot_ids(ada)["key_file"]
    ended = other.here("vault", "slots", "remove", identifier, "--yes", "--json")
    assert (ended.status, ended.codes) == (7, ["resource_not_found"])
