"""Plays a transcript: what a user types and sees, in a file that is a test as well.

The language has one word a line:

    # TEXT                the title; further down, what a reader should know
    clock 2026-01-01T00:00:00Z    sets the clock of the test vaults
    clock +30s            moves it; s, m, h or d
    given EMAIL           an account with PASSWORD, signed in; `given EMAIL with app`: also with
                          an authenticator app and ten backup codes, which EMAIL keeps
    home NAME             from here on another home directory (MFACTL_HOME)
    client NAME           from here on another client of that home (MFACTL_CLIENT)
    export NAME=VALUE     from here on another variable
    file NAME TEXT        a private file with one line of text, beside the commands
    stdin TEXT            what the next command reads, with a newline
    typed TEXT            the same, at a terminal
    times N [every 1h]    the next command runs N times; the clock moves on after each
    $ mfactl ...          a command, in the words of a shell. What is below belongs to it:
    TEXT                  a line of stdout; all are named, unless `...` stands for some
    2> TEXT               a line of stderr; in this order, but others may stand between
    = PATH VALUE          a value of the document that --json printed, as JSON
    ? N                   the exit status; without this, 0
    keep NAME             NAME's phone takes the secret that was printed, NAME's paper the codes

Blank lines and leading spaces count for nothing. A command that names no line of stdout may print
what it likes, if it succeeds. Where the clock is set, a home gets a test vault before its first
command, unless that is `vault init`. In the end `vault check` reads the vault of every home.

In a command and in what it prints, braces stand for

    {code EMAIL}          the newest code that was mailed to EMAIL; {older code EMAIL}: the one
                          before it; {wrong code EMAIL}: another
    {totp NAME}           what NAME's phone shows; {totp NAME -30s}: at another moment
    {wrong totp NAME}     six digits that it does not show
    {backup NAME 0}       the first of NAME's backup codes; {backup NAME 0 in capitals}, or
                          `with spaces`, or `misread`: o for 0, l for 1
    {the same code}       the code that was last put in
    {ms}                  the clock in milliseconds; {ms +10m}: at another moment
    {any}                 any text, in what is printed only
"""

import difflib
import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tests.support.runner import Kept, Result, Shell, code_at, wrong_code_at

_WORD = re.compile(r"(clock|given|home|client|export|file|stdin|typed|times|keep) +(.+)")
_BRACES = re.compile(r"\{([a-z][^{}]*)\}")
_SPAN = re.compile(r"([+-]?[0-9]+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_PASSWORD_CHARACTERS = 12  # a stdin as long as this is a password, and not a word of a message
_MISREAD = str.maketrans("01", "ol")


class Order(NamedTuple):
    """A line that says something to the player: a word and the rest."""

    line: int
    word: str
    rest: str


class Command(NamedTuple):
    """A command and what it is expected to do."""

    line: int
    words: str
    stdout: list[str]
    stderr: list[str]
    values: list[tuple[str, str]]
    exits: list[int]


class Misplayed(AssertionError):
    """A step went otherwise than its transcript says, or the transcript is not understood."""


def play(path: Path, shell: Shell) -> None:
    """Plays the transcript at `path` in a shell that was never used. Raises if it goes wrong."""
    __tracebackhide__ = True
    play_text(path.read_text("utf-8"), shell, name=path.name)


def play_text(text: str, shell: Shell, *, name: str = "transcript") -> None:
    """Plays a transcript."""
    __tracebackhide__ = True
    player = Player(shell, name)
    for step in parse(text):
        player.play(step)
    player.check_vaults()


def parse(text: str) -> list[Order | Command]:
    """The steps of a transcript."""
    steps: list[Order | Command] = []
    command: Command | None = None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("# "):
            continue
        order = _WORD.fullmatch(line)
        if line.startswith("$ "):
            command = Command(number, line.removeprefix("$ "), [], [], [], [])
            steps.append(command)
        elif order is not None:
            steps.append(Order(number, order[1], order[2]))
        elif command is None:
            raise Misplayed(f"line {number} is none of the words that a transcript begins with")
        else:
            _add(command, line)
    return steps


def _add(command: Command, line: str) -> None:
    if line.startswith("2> "):
        command.stderr.append(line.removeprefix("2> "))
    elif line.startswith("? "):
        command.exits.append(int(line.removeprefix("? ")))
    elif line.startswith("= "):
        path, _, value = line.removeprefix("= ").partition(" ")
        command.values.append((path, value))
    else:
        command.stdout.append(line)


class Player:
    """Somebody who types what a transcript says, and looks whether it is answered as it says."""

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell = shell
        self._name = name
        self._line = 0
        self._command = ""
        self._homes: set[Path] = set()
        self._kept: dict[str, Kept] = {}
        self._code = ""
        self._stdin: str | None = None
        self._typed: str | None = None
        self._times, self._every = 1, 0
        self._result: Result | None = None

    def play(self, step: Order | Command) -> None:
        """Does one step."""
        __tracebackhide__ = True
        self._line = step.line
        if isinstance(step, Order):
            self._obey(step)
            return
        self._command = step.words
        for _ in range(self._times):
            self._compare(step, self._run(step))
            self._move_clock(self._every)
        self._times, self._every, self._stdin, self._typed = 1, 0, None, None

    def check_vaults(self) -> None:
        """Reads the vault of every home from end to end."""
        __tracebackhide__ = True
        self.shell.environ.pop("MFACTL_CLIENT", None)
        for home in sorted(self._homes):
            self.shell.home = home
            if (home / "vault.db").exists():
                self.shell.run("vault", "check", expect=0)

    # --- orders

    def _obey(self, order: Order) -> None:
        __tracebackhide__ = True
        words: dict[str, Callable[[str], None]] = {
            "clock": self._set_clock,
            "given": self._make_account,
            "home": self._go_home,
            "client": self._change_client,
            "export": self._export,
            "file": self._write_file,
            "stdin": self._give_stdin,
            "typed": self._type,
            "times": self._repeat,
            "keep": self._keep,
        }
        words[order.word](order.rest)

    def _set_clock(self, text: str) -> None:
        if _SPAN.fullmatch(text):
            self._move_clock(_span(text))
        else:
            self.shell.clock = int(datetime.fromisoformat(text).timestamp())

    def _move_clock(self, seconds: int) -> None:
        if seconds:
            assert self.shell.clock is not None, "only a clock that was set can be moved"
            self.shell.clock += seconds

    def _make_account(self, text: str) -> None:
        __tracebackhide__ = True
        email, _, more = text.partition(" ")
        assert more in ("", "with app"), "`given EMAIL` or `given EMAIL with app`"
        assert self.shell.clock is not None, "accounts are given in test vaults, which have a clock"
        self._homes.add(self.shell.home)
        self._kept[email] = self.shell.settle(email, app=bool(more))

    def _go_home(self, name: str) -> None:
        self.shell.home = self.shell.folder / name
        self.shell.environ.pop("MFACTL_CLIENT", None)

    def _change_client(self, name: str) -> None:
        self.shell.environ["MFACTL_CLIENT"] = str(self.shell.home / f"{name}.toml")

    def _export(self, text: str) -> None:
        name, _, value = text.partition("=")
        self.shell.environ[name] = value

    def _write_file(self, text: str) -> None:
        name, _, line = text.partition(" ")
        self.shell.write(name, line)

    def _give_stdin(self, text: str) -> None:
        self._stdin = self._filled(text) + "\n"

    def _type(self, text: str) -> None:
        self._typed = self._filled(text) + "\n"

    def _repeat(self, text: str) -> None:
        count, _, every = text.partition(" every ")
        self._times, self._every = int(count), _span(every) if every else 0

    def _keep(self, name: str) -> None:
        __tracebackhide__ = True
        result = self._result
        if result is None or not result.has_secrets:
            self._fail("nothing was printed that could be kept", [], [])
        before = self._kept.get(name, Kept("", []))
        codes = result.backup_codes
        self._kept[name] = before._replace(backup_codes=codes) if codes else Kept(result.secret, [])

    # --- commands

    def _run(self, command: Command) -> Result:
        __tracebackhide__ = True
        program, *arguments = shlex.split(self._filled(command.words))
        assert program == "mfactl", "a transcript runs mfactl only"
        if arguments[:2] == ["vault", "init"]:
            self._homes.add(self.shell.home)
        self._make_vault()
        result = self.shell.run(*arguments, stdin=self._stdin, typed=self._typed)
        if self._stdin is not None and len(self._stdin) > _PASSWORD_CHARACTERS:
            printed = result.stdout + result.stderr
            assert self._stdin.rstrip() not in printed, "a password was printed"
        self._result = result
        return result

    def _make_vault(self) -> None:
        __tracebackhide__ = True
        if self.shell.home in self._homes:
            return
        self._homes.add(self.shell.home)
        if self.shell.clock is not None:
            self.shell.init()

    def _compare(self, command: Command, result: Result) -> None:
        __tracebackhide__ = True
        wanted = command.exits[0] if command.exits else 0
        if result.exit != wanted:
            self._fail(f"exit status {result.exit}, not {wanted}", [], result.stderr.splitlines())
        self._compare_stdout(command.stdout, result)
        self._compare_stderr(command.stderr, result)
        if command.values and "--json" not in command.words.split():
            self._fail("only --json prints a document", [], [])
        for path, value in command.values:
            found = _at(result.document, path)
            if found is None or not re.fullmatch(self._pattern(value), found):
                what = f"{path} is not as it should be"
                self._fail_stdout(what, [value], [found or "(not there)"])

    def _compare_stdout(self, wanted: list[str], result: Result) -> None:
        __tracebackhide__ = True
        lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
        patterns = [r"(?:.*\n)*?" if w == "..." else self._pattern(w) + r"\n" for w in wanted]
        text = "".join(line + "\n" for line in lines)
        if wanted and not re.fullmatch("".join(patterns), text):
            self._fail_stdout("stdout is not as it should be", wanted, lines)

    def _compare_stderr(self, wanted: list[str], result: Result) -> None:
        __tracebackhide__ = True
        lines = iter(result.stderr.splitlines())
        for text in wanted:
            pattern = self._pattern(text)
            if not any(re.fullmatch(pattern, line) for line in lines):
                all_lines = result.stderr.splitlines()
                self._fail(f"stderr lacks {text!r} in its place", wanted, all_lines)

    # --- what stands for something

    def _filled(self, text: str) -> str:
        return _BRACES.sub(lambda found: self._value(found[1], put_in=True), text)

    def _pattern(self, text: str) -> str:
        """A regular expression for a line of the transcript."""
        parts = []
        for place, part in enumerate(_BRACES.split(text)):
            if place % 2 == 0:
                parts.append(re.escape(part))
            else:
                parts.append(".+" if part == "any" else re.escape(self._value(part, put_in=False)))
        return "".join(parts)

    def _value(self, words: str, *, put_in: bool) -> str:
        match words.split():
            case ["the", "same", "code"]:
                return self._code
            case ["ms", *moment]:
                return str(self._moment(moment) * 1000)
            case ["code", email]:
                value = self.shell.mailed_code(email)
            case ["older", "code", email]:
                value = self._older_code(email)
            case ["wrong", "code", email]:
                value = "000000" if self.shell.mailed_code(email) != "000000" else "111111"
            case ["totp", name, *moment]:
                value = code_at(self._kept[name].secret, self._moment(moment))
            case ["wrong", "totp", name]:
                value = wrong_code_at(self._kept[name].secret, self.shell.now)
            case ["backup", name, place, *spelling]:
                code = self._kept[name].backup_codes[int(place)]
                value = _spelled(code, " ".join(spelling))
            case _:
                raise Misplayed(f"{self._name}:{self._line}: {{{words}}} stands for nothing")
        if put_in:
            self._code = value
        return value

    def _older_code(self, email: str) -> str:
        messages = self.shell.run("outbox", "list", "--json", expect=0).document["data"]
        subjects = [m["subject"] for m in messages if m["to_email_address"] == email]
        return str(subjects[1].split()[0])  # the newest comes first

    def _moment(self, span: list[str]) -> int:
        return self.shell.now + sum(_span(text) for text in span)

    # --- failing

    def _fail_stdout(self, what: str, wanted: list[str], found: list[str]) -> NoReturn:
        """What a test vault printed may be shown; what another did may be a secret."""
        __tracebackhide__ = True
        is_test = self.shell.clock is not None
        self._fail(what, wanted, found if is_test else ["(not shown: this is no test vault)"])

    def _fail(self, what: str, wanted: list[str], found: list[str]) -> NoReturn:
        """Tells the step and what differs."""
        __tracebackhide__ = True
        diff = [line for line in difflib.ndiff(wanted, found) if not line.startswith("?")]
        head = f"{self._name}:{self._line}: {what}", f"  $ {self._command}"
        raise Misplayed("\n".join((*head, *diff)))


def _span(text: str) -> int:
    found = _SPAN.fullmatch(text)
    assert found is not None, f"{text} is no span of time, such as +30s or -1d"
    return int(found[1]) * _SECONDS[found[2]]


def _spelled(code: str, how: str) -> str:
    match how:
        case "":
            return code
        case "in capitals":
            return code.upper()
        case "with spaces":
            return code.replace("-", " ")
        case "misread":
            return code.translate(_MISREAD)
        case _:
            raise Misplayed(f"a backup code cannot be spelled {how!r}")


def _at(document: Any, path: str) -> str | None:
    """The value at a path such as `errors.0.code`, as JSON; None if there is none."""
    value = document
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return json.dumps(value)


def transcripts() -> list[Path]:
    """Every transcript of this folder."""
    return sorted(Path(__file__).parent.glob("*.txt"))
