"""Completion in the real shells: TAB is pressed in a bash, a zsh and a fish at a terminal."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from mfactl.cli.app import tree
from mfactl.cli.completion import Shell
from mfactl.cli.outline import Argument, Node, Option, Value, Word, commands, outline
from mfactl.cli.shells import bash, fish, zsh
from tests.cli.keyboard import Keyboard
from tests.cli.program import Program
from tools.generate import generated

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "completions"
DYNAMIC = "source /usr/share/bash-completion/bash_completion\n"
FILE_OF = {
    Shell.BASH: SCRIPTS / "mfactl.bash",
    Shell.ZSH: SCRIPTS / "_mfactl",
    Shell.FISH: SCRIPTS / "mfactl.fish",
}
FILES = ("vault.db", "123456", "ada.txt")
EVERY_SHELL = pytest.mark.parametrize("shell", list(Shell))

# What is typed, and what TAB makes of it. zsh writes --format= for an option with a value.
COMPLETED = {
    "a command": ("mfactl signu", "mfactl signup"),
    "a group": ("mfactl backup-c", "mfactl backup-codes"),
    "a subcommand": ("mfactl mfa ver", "mfactl mfa verify"),
    "a subcommand of a subcommand": ("mfactl vault slots li", "mfactl vault slots list"),
    "a subcommand after an option": (
        "mfactl --vault x -q mfa disa",
        "mfactl --vault x -q mfa disable",
    ),
    "a subcommand after an option with =": (
        "mfactl --vault=x mfa disa",
        "mfactl --vault=x mfa disable",
    ),
    "an option": ("mfactl mfa add --form", "mfactl mfa add --format"),
    "an option that all have, before": ("mfactl --no-i", "mfactl --no-input"),
    "an option that all have, after": ("mfactl mfa add --no-i", "mfactl mfa add --no-input"),
    "an option of a group": ("mfactl mfa --no-i", "mfactl mfa --no-input"),
    "an option after an argument": (
        "mfactl signup ada@example.com --password-f",
        "mfactl signup ada@example.com --password-file",
    ),
    "a choice": ("mfactl mfa add --format u", "mfactl mfa add --format uri"),
    "a choice after =": ("mfactl mfa add --format=u", "mfactl mfa add --format=uri"),
    "a choice in quotes": ("mfactl mfa add --format 'u", "mfactl mfa add --format 'uri'"),
    "a kind of event": ("mfactl audit list --kind slot_a", "mfactl audit list --kind slot_add"),
    "a shell": ("mfactl completion z", "mfactl completion zsh"),
    "a topic": ("mfactl help env", "mfactl help environment"),
    "a command after help": ("mfactl help mfa disa", "mfactl help mfa disable"),
    "a field": ("mfactl account show --field totp_e", "mfactl account show --field totp_enabled"),
    "a setting": ("mfactl config get session.l", "mfactl config get session.lifetime"),
    "a setting to unset": (
        "mfactl config unset issuer mail.h",
        "mfactl config unset issuer mail.host",
    ),
    "a setting to set": ("mfactl config set mail.tr", "mfactl config set mail.transport"),
    "the value of a setting": (
        "mfactl config set mail.transport s",
        "mfactl config set mail.transport smtp",
    ),
    "a second setting to set": (
        "mfactl config set mail.transport smtp mail.h",
        "mfactl config set mail.transport smtp mail.host",
    ),
    "a file as a setting": (
        "mfactl config set mail.password_file va",
        "mfactl config set mail.password_file vault.db",
    ),
    "a file as an argument": ("mfactl vault restore va", "mfactl vault restore vault.db"),
    "a file as a value": (
        "mfactl signin x --password-file va",
        "mfactl signin x --password-file vault.db",
    ),
    "a file after =": ("mfactl --vault=va", "mfactl --vault=vault.db"),
    "a file to read from": ("mfactl totp < va", "mfactl totp < vault.db"),
    "an option that may be repeated": (
        "mfactl vault rotate --key-file vault.db --key-f",
        "mfactl vault rotate --key-file vault.db --key-file",
    ),
}
# Each would be a file, a command or an option, if TAB did not know better.
LEFT_ALONE = {
    "a code": "mfactl verify 123",
    "a code of the app": "mfactl mfa verify 123",
    "an address": "mfactl signup ad",
    "an address after an option": "mfactl signin --no-input ad",
    "the id of a slot": "mfactl vault slots remove va",
    "a number": "mfactl admin list --limit 123",
    "a setting without choices": "mfactl config set issuer va",
    "a command below a command": "mfactl signout sig",
    "a command below an unknown one": "mfactl nosuch sig",
    "an option that was given": "mfactl mfa add --format qr --form",
    "an option that was given with =": "mfactl mfa add --format=qr --form",
    "an option whose short name was given": "mfactl mfa disable -y --ye",
    "an option of another command": "mfactl mfa verify --form",
}


# How each shell is started: what it reads after its own start file, and what before.
STARTED = {
    "bash": (Shell.BASH, f"source '{FILE_OF[Shell.BASH]}'\n", ""),
    "bash, loaded by bash-completion": (Shell.BASH, "", DYNAMIC),
    "zsh": (Shell.ZSH, "", f"fpath=('{SCRIPTS}' $fpath)\n"),
    "zsh, with source": (Shell.ZSH, f"source '{FILE_OF[Shell.ZSH]}'\n", ""),
    "fish": (Shell.FISH, f"source '{FILE_OF[Shell.FISH]}'\n", ""),
}


@pytest.fixture(scope="module", params=STARTED, ids=str)
def keyboard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Keyboard]:
    """A shell that completes mfactl. Anything that starts mfactl is a failure."""
    shell, after, before = STARTED[request.param]
    place = tmp_path_factory.mktemp("shell")
    loaded = place / ".local" / "share" / "bash-completion" / "completions" / "mfactl"
    loaded.parent.mkdir(parents=True)
    loaded.symlink_to(SCRIPTS / "mfactl.bash")
    with Keyboard(shell, place, after, before=before, files=FILES) as keyboard:
        yield keyboard
    assert not keyboard.has_started_mfactl


@pytest.mark.parametrize(("typed", "completed"), COMPLETED.values(), ids=COMPLETED)
def test_tab_completes(keyboard: Keyboard, typed: str, completed: str) -> None:
    assert keyboard.after_tab(typed).rstrip(" =") == completed


@pytest.mark.parametrize("typed", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_tab_leaves_alone_what_it_cannot_know(keyboard: Keyboard, typed: str) -> None:
    assert keyboard.after_tab(typed) == typed
    assert not keyboard.has_started_mfactl


def test_tab_works_in_the_middle_of_a_line(keyboard: Keyboard) -> None:
    assert keyboard.after_tab("mfactl vau --json", left=7).split() == ["mfactl", "vault", "--json"]


def test_tab_lists_what_there_is(keyboard: Keyboard) -> None:
    assert keyboard.sees("mfactl ", *tree().commands)
    assert keyboard.sees("mfactl vault slots ", "add", "list", "remove")
    assert keyboard.sees("mfactl mfa add --format ", "qr", "ascii", "uri", "secret")
    assert keyboard.sees("mfactl mfa disable -", "-y", "--yes", "-q", "--quiet", "-h", "--help")


@pytest.mark.parametrize("shell", [Shell.ZSH, Shell.FISH])
def test_what_is_listed_is_described_whatever_the_words(shell: Shell, tmp_path: Path) -> None:
    odd = """It's "all" [here]: $HOME `id` (a|b) {c,d} \\n %d ~ #x; & end"""
    option = Option(("--odd",), f"Option: {odd}")
    valued = Option(("--other",), f"Other: {odd}", Value("WHAT", (Word("one"), Word("two"))))
    words = Value("KEY", (Word("first", f"First: {odd}"), Word("second", f"Second: {odd}")))
    leaf = Node(("go",), f"Go: {odd}", "", (option, valued), (Argument("KEY", odd, words),))
    other = Node(("stay",), f"Stay: {odd}", "", (option,))
    root = Node((), "", "", (option,), (), (leaf, other))
    write: dict[Shell, Callable[[Node], str]] = {Shell.ZSH: zsh.script, Shell.FISH: fish.script}
    file = tmp_path / "script"
    file.write_text(write[shell](root))
    with Keyboard(shell, tmp_path / "shell", f"source '{file}'\n") as keyboard:
        assert keyboard.sees("mfactl ", f"Go: {odd}", f"Stay: {odd}")
        assert keyboard.sees("mfactl go --o", f"Option: {odd}", f"Other: {odd}")
        assert keyboard.sees("mfactl go ", f"First: {odd}", f"Second: {odd}")


@EVERY_SHELL
def test_the_command_prints_the_script_that_the_repository_has(
    nowhere: Program, shell: Shell
) -> None:
    ended = nowhere.here("completion", shell)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == FILE_OF[shell].read_text("utf-8")
    assert "\n".join(nowhere.ask("completion", shell)["lines"]) + "\n" == ended.out
    assert not nowhere.home.exists()


def test_the_generated_files_are_up_to_date() -> None:
    stale = [path.name for path, text in generated() if path.read_text("utf-8") != text]
    assert stale == [], "run: make generate"


def test_every_command_and_option_is_in_every_script() -> None:
    in_bash, in_zsh, in_fish = (FILE_OF[shell].read_text("utf-8") for shell in Shell)
    for node in commands(outline(tree())):
        names = {name for option in node.options for name in option.names}
        found = re.search(rf"'{node.name}'\)\n.*\n +options='(.*)'", in_bash)
        assert found is not None
        assert set(found[1].split()) == names
        function = f"_mfactl_{'_'.join(node.path).replace('-', '_')}() {{"
        body = in_zsh[in_zsh.index(function) :].partition("\n}")[0]
        assert set(re.findall(r"'(?:\*|\(.*\))?(-[-a-z]+)=?\[", body)) == names
        here = rf"(?:-n '__mfactl_at \"{node.name}\"' )?(?:-n '__mfactl_without .*' )?"
        own = rf"(?m)^complete -c mfactl {here}(?:-s . )?-l (\S+)"
        assert {name[2:] for name in names if len(name) > 2} <= set(re.findall(own, in_fish))


@pytest.mark.parametrize(
    "check",
    [
        ("bash", "-n", "mfactl.bash"),
        ("shellcheck", "mfactl.bash"),
        ("zsh", "-n", "_mfactl"),
        ("fish", "--no-execute", "mfactl.fish"),
    ],
    ids=" ".join,
)
def test_a_script_is_clean(check: tuple[str, ...]) -> None:
    ended = subprocess.run(check, cwd=SCRIPTS, capture_output=True, check=False, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


CALL = """
compopt() { :; }
source "$1"
for line in 'mfactl ' 'mfactl --vault x mfa add --f' 'mfactl config set mail.transport '; do
    read -ra COMP_WORDS <<< "$line"
    [[ $line != *' ' ]] || COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _mfactl mfactl "${COMP_WORDS[COMP_CWORD]}" x
    echo "${COMPREPLY[@]}"
done
"""


def test_bash_starts_no_program_and_no_subshell_for_it(tmp_path: Path) -> None:
    traced = ["strace", "-f", "-o", str(tmp_path / "calls"), "-e", "trace=process"]
    ended = subprocess.run(
        [*traced, "bash", "-c", CALL, "bash", SCRIPTS / "mfactl.bash"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout.splitlines()[1:] == ["--format --field", "maildir smtp"]
    calls = (tmp_path / "calls").read_text()
    assert calls.count("execve(") == 1  # bash itself
    assert not re.search(r"fork\(|clone", calls)


def test_bash_takes_the_script_from_the_program_itself(nowhere: Program) -> None:
    for way in ("source <(mfactl completion bash)", 'eval "$(mfactl completion bash)"'):
        ended = nowhere.shell(f"{way}; complete -p mfactl")
        assert ended.out == "complete -F _mfactl mfactl\n"


def test_bash_completes_after_an_equals_sign_that_cuts_no_word() -> None:
    """Some take = out of COMP_WORDBREAKS: then the option stands before the value."""
    text = bash.script(outline(tree()))
    call = 'COMP_WORDS=(mfactl mfa add "$1"); COMP_CWORD=3; _mfactl mfactl "$1" add; '
    ended = subprocess.run(
        ["bash", "-c", f'{text}\n{call}echo "${{COMPREPLY[@]}}"', "bash", "--format=u"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout == "--format=uri\n"


def test_an_argument_that_nobody_has_decided_about_is_an_error() -> None:
    root = tree()
    group = root.commands["totp"]
    assert not isinstance(group, TyperGroup)
    option = next(param for param in group.params if param.name == "offset")
    option.metavar = "NEW"
    with pytest.raises(ValueError, match="NEW"):
        outline(root)
