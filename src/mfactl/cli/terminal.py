"""One line from whoever is at the terminal, seen or hidden.

Guarantees: Ctrl-C, SIGTERM and SIGHUP end the wait whenever they come, and the terminal echoes
again afterwards, and while the command is stopped; in the background nothing is asked or read,
and the terminal is left to the shell.
`getpass` does not give the first: a signal that comes just before its read is not noticed until
somebody types a line.
May import: the standard library only.
"""

import errno
import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

if sys.platform == "win32":
    import getpass
else:
    import termios


class BackgroundError(Exception):
    """The terminal is somebody else's, and to wait for it would be for ever."""


def seen(ask: Callable[[], None]) -> str:
    """A line with its newline; empty at the end of the input. `ask` shows the prompt.

    Raises BackgroundError.
    """
    return _line(ask, echo=True)


def hidden(ask: Callable[[], None]) -> str:
    """The same, not shown while it is typed."""
    return _line(ask, echo=False)


if sys.platform == "win32":

    def _line(ask: Callable[[], None], *, echo: bool) -> str:
        """Ctrl-C interrupts a read there."""
        ask()
        return sys.stdin.readline() if echo else getpass.getpass("") + "\n"

else:

    def _line(ask: Callable[[], None], *, echo: bool) -> str:
        if not sys.stdin.isatty():
            ask()
            return sys.stdin.readline()
        descriptor = sys.stdin.fileno()
        _come_to_foreground(descriptor)
        if not _is_ours(descriptor):
            raise BackgroundError
        with _signals_noticed() as noticed, _terminal(descriptor, echo=echo):
            while True:
                _drain(noticed)
                ask()  # again after a stop, and not in the handler: that may come within a print
                if not _is_noticed_first(noticed, descriptor):
                    return sys.stdin.readline()

    @contextmanager
    def _terminal(descriptor: int, *, echo: bool) -> Iterator[None]:
        """The terminal with or without echo, also after the command was stopped and goes on."""
        before = termios.tcgetattr(descriptor)
        silent = [*before]
        silent[3] &= ~termios.ECHO

        def put(attributes: list[Any]) -> None:
            if not echo and _is_ours(descriptor):
                _set(descriptor, attributes)

        def resume(_number: int, _frame: FrameType | None) -> None:
            """After Ctrl-Z and `fg` the terminal is as the shell had it, with echo."""
            _come_to_foreground(descriptor)
            put(silent)

        def leave(number: int, frame: FrameType | None) -> None:
            """Ctrl-Z and Ctrl-\\: not each shell puts the terminal back by itself."""
            put(before)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            signal.signal(number, leave)
            resume(number, frame)  # the kernel stops no orphan: nobody could make it go on

        handlers = {signal.SIGCONT: signal.signal(signal.SIGCONT, resume)}
        for number in (signal.SIGTSTP, signal.SIGQUIT):
            if signal.getsignal(number) is signal.SIG_DFL:
                handlers[number] = signal.signal(number, leave)
        try:
            put(silent)
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            put(before)

    def _set(descriptor: int, attributes: list[Any]) -> None:
        """Flushed: what was typed before the prompt was typed for something else."""
        while True:
            try:
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, attributes)
            except termios.error as error:
                if error.args[0] != errno.EINTR:  # stopped in this moment, and went on
                    raise
            else:
                return

    def _come_to_foreground(descriptor: int) -> None:
        """Waits, stopped, until the terminal is ours: after `bg` what is typed is for the shell.

        To ask for the terminal changes nothing for whoever has it. Whoever has not is stopped by
        the kernel in the same moment: if we looked first, an `fg` in between would be missed.
        """
        while signal.getsignal(signal.SIGTTOU) is signal.SIG_DFL:
            try:
                os.tcsetpgrp(descriptor, os.getpgrp())
            except InterruptedError:  # went on, and may be in the background still
                continue
            except OSError:  # the terminal is gone
                return
            return

    def _is_ours(descriptor: int) -> bool:
        """Whether the terminal is neither the shell's now, nor gone."""
        try:
            return os.tcgetpgrp(descriptor) == os.getpgrp()
        except OSError as error:
            return error.errno == errno.ENOTTY  # it controls another session, or none: no shell's

    @contextmanager
    def _signals_noticed() -> Iterator[int]:
        """A pipe into which the interpreter writes as a signal arrives that it handles.

        So no signal is missed that comes before somebody waits for it. All handlers but those of
        this module raise, or end the process.
        """
        noticed, notice = os.pipe()
        os.set_blocking(noticed, False)
        os.set_blocking(notice, False)
        before = signal.set_wakeup_fd(notice, warn_on_full_buffer=False)
        try:
            yield noticed
        finally:
            signal.set_wakeup_fd(before)
            os.close(noticed)
            os.close(notice)

    def _drain(noticed: int) -> None:
        """Forgets the signals so far: whatever is shown now is shown after them."""
        with suppress(BlockingIOError):
            while os.read(noticed, 512):
                pass

    def _is_noticed_first(noticed: int, descriptor: int) -> bool:
        """Waits until there is a line, or the command has gone on after it was stopped."""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            selector.register(noticed, selectors.EVENT_READ)
            return noticed in [key.fd for key, _ in selector.select()]
