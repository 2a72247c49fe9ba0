"""Input from people and pipes: passwords, codes and questions.

Guarantees: secrets are never echoed and never come from options; nothing prompts unless stdin is a
terminal; one trailing newline is removed, nothing else.
May import: mfactl.cli.output, mfactl.cli.terminal and mfactl.errors.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from mfactl.cli import output, terminal
from mfactl.errors import Code, MfactlError, failure

SECRET_WORDS = ("password", "passphrase")
MAX_INPUT_BYTES = 1 << 16  # far above the longest password; the rest is not read


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def secret(prompt: str, what: str = "password", *, may_be_empty: bool = False) -> str:
    """Asks for a secret, which is not echoed. `what` names it in errors."""
    while True:
        text = _answer(terminal.hidden, prompt, what)
        say("")  # the newline that was typed was not shown
        if text or may_be_empty:
            return text
        say("Nothing was typed. Ctrl-C ends it.")


def line(prompt: str, what: str = "code") -> str:
    """Asks for something that may be seen. `what` names it in errors."""
    return _answer(terminal.seen, prompt, what)


def _answer(read: Callable[[Callable[[], None]], str], prompt: str, what: str) -> str:
    try:
        text = read(lambda: say(prompt + ": ", end=""))
    except UnicodeDecodeError:
        raise _not_text(what, "the terminal") from None
    except terminal.BackgroundError:
        detail = f"Nobody can be asked for the {what.replace('_', ' ')} in the background."
        raise _missing(what, detail, "Run it in the foreground.") from None
    if not text:
        say("")
        raise failure(Code.CANCELLED)
    return text.removesuffix("\n")


def agrees(question: str) -> bool:
    """Asks a question; anything but yes is no."""
    return line(f"{question} [y/N]", "answer").strip().lower() in ("y", "yes")


def say(text: str, end: str = "\n") -> None:
    """A line for whoever is at the terminal."""
    output.write_stderr(text + end)


def from_stdin(what: str) -> str:
    """What a pipe gives: all of stdin, without one trailing newline."""
    if sys.stdin is None:
        raise _missing(what, f"The {what} was to come from stdin, which is closed.")
    try:
        data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        raise failure(Code.IO_ERROR, f"Cannot read stdin: {error.strerror}.") from None
    return _text(data, what, "stdin")


def from_file(path: Path, what: str) -> str:
    """What a file gives, without one trailing newline. May be a pipe, such as /dev/fd/3."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        detail = f"Cannot read {path}: {error.strerror}."
        raise failure(Code.IO_ERROR, detail, "Check the name and its permissions.") from None
    return _text(data, what, str(path))


def _text(data: bytes, what: str, source: str) -> str:
    if len(data) > MAX_INPUT_BYTES:
        detail = f"The {what} from {source} is far too long."
        code = Code.PASSWORD_TOO_LONG if what.endswith(SECRET_WORDS) else Code.PARAM_FORMAT_INVALID
        raise failure(code, detail, None, param_name=_param(what))
    try:
        text = data.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise _not_text(what, source) from None
    if not text:
        raise _missing(what, f"The {what} from {source} is empty.", "Put it there, on one line.")
    return text


def _not_text(what: str, source: str) -> MfactlError:
    detail = f"The {what} from {source} is not text in UTF-8."
    return failure(Code.PARAM_FORMAT_INVALID, detail, None, param_name=_param(what))


def missing(what: str, options: str) -> MfactlError:
    """The error of an input that nobody can be asked for."""
    return _missing(
        what, f"A {what} is needed, and nobody can be asked for it here.", f"Use {options}."
    )


def _missing(what: str, detail: str, remedy: str | None = None) -> MfactlError:
    return failure(Code.PARAM_MISSING, detail, remedy, param_name=_param(what))


def _param(what: str) -> str:
    return what.replace(" ", "_")
