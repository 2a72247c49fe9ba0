"""mfactl at a real terminal: a pseudo-terminal that pexpect types on and reads from."""

import re
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

from tests.cli.program import COMMAND, PASSWORD, Ended, Program
from tests.cli.promised import expect_promised
from tests.support.measured import MEASURED

SECONDS = 20  # until a test gives up; nothing waits for it otherwise
SANE = termios.ECHO | termios.ICANON | termios.ISIG


def secret_in(shown: str) -> str:
    """The secret that `mfa add` has shown, in groups and perhaps on two lines."""
    words = shown.rpartition("Secret: ")[2].partition("Code of")[0].split()
    return "".join(word for word in words if re.fullmatch("[A-Z2-7]{4}", word))


class Spawned:
    """A program at a pseudo-terminal of its own, gone when the block ends."""

    _child: "pexpect.spawn[str]"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._child.close(force=True)


class Terminal(Spawned):
    """One command at a terminal. `shown` is all that its screen has shown, echo included.

    `stdout` and `stderr` put the command's output into a file, `stdin` takes its stdin from one;
    the rest stays at the terminal.
    """

    def __init__(
        self,
        program: Program,
        *arguments: str,
        stdin: Path | None = None,
        stdout: Path | None = None,
        stderr: Path | None = None,
        columns: int = 200,
        lines: int = 60,
    ) -> None:
        redirected = 'exec "$@"'
        redirected += f" < '{stdin}'" if stdin is not None else ""
        redirected += f" > '{stdout}'" if stdout is not None else ""
        redirected += f" 2> '{stderr}'" if stderr is not None else ""
        self._arguments = arguments
        self._stdout = stdout
        self._child = pexpect.spawn(
            "bash",
            ["-c", redirected, "bash", *COMMAND, *arguments],
            env=program.environ | MEASURED,
            encoding="utf-8",
            codec_errors="surrogateescape",  # so that a test can type bytes that are no text
            timeout=SECONDS,
            dimensions=(lines, columns),
        )
        self._child.delaybeforesend = None
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Waits until the screen shows the text."""
        self._child.expect_exact(text)
        self._note()

    def wait_for_prompt(self, words: str) -> None:
        """Waits for a prompt: a line that has these words in it and ends with a colon."""
        self._child.expect(rf"{re.escape(words)}[^\r\n]*: ")
        self._note()

    def type(self, text: str) -> None:
        """Types a line."""
        self._child.sendline(text)

    def answer(self, prompt: str, text: str) -> None:
        """Waits for a prompt and types a line."""
        self.wait_for_prompt(prompt)
        self.type(text)

    def resize(self, columns: int) -> None:
        """Makes the window wider or narrower."""
        self._child.setwinsize(60, columns)

    def press(self, key: str) -> None:
        """Presses Ctrl and a key."""
        self._child.sendcontrol(key)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self._child.kill(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """The command's process: bash has become it."""
        assert self._child.pid is not None
        return self._child.pid

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(self._flags() & termios.ECHO)

    @property
    def is_sane(self) -> bool:
        """Whether the terminal is as a shell wants it: echo, lines, and keys that interrupt."""
        return self._flags() & SANE == SANE

    def _flags(self) -> int:
        flags: int = termios.tcgetattr(self._child.child_fd)[3]
        return flags

    def _note(self) -> None:
        before, after = self._child.before, self._child.after
        self.shown += before if isinstance(before, str) else ""
        self.shown += after if isinstance(after, str) else ""

    def end(self) -> Ended:
        """Waits until the command has ended; `err` is what the screen has shown."""
        self._child.expect(pexpect.EOF)
        self._note()
        self._child.wait()
        # A pause for programs that still run, which the types don't know of.
        self._child.ptyproc.delayafterclose = 0  # type: ignore[attr-defined]
        assert self._child.exitstatus is not None, "ended by a signal, not by itself"
        expect_promised(self._arguments, self._child.exitstatus)
        out = self._stdout.read_text() if self._stdout is not None else ""
        return Ended(self._child.exitstatus, out, self.shown.replace("\r\n", "\n"))


def sign_up(program: Program, email: str, *, columns: int = 200) -> Terminal:
    """A sign-up at a terminal that has the password, and asks for the code next."""
    terminal = Terminal(program, "signup", email, columns=columns)
    terminal.answer("Password", PASSWORD)
    terminal.answer("once more", PASSWORD)
    terminal.wait_for_prompt("Code in the e-mail (Enter shows it)")
    return terminal


@contextmanager
def a_shell(program: Program, *shell_of: str) -> Iterator["pexpect.spawn[str]"]:
    """Somebody's interactive shell (bash), with job control, where `mfactl` is this program."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    command, *options = shell_of or ("bash", "--norc", "-i")
    shell = pexpect.spawn(
        command,
        options,
        env={**program.environ, "PS1": "ready$ ", "PATH": path},
        encoding="utf-8",
        timeout=SECONDS,
    )
    shell.delaybeforesend = None
    shell.expect_exact("ready$ ")
    yield shell
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.wait()
