"""Printing: the one place that writes a result to stdout and says what went wrong.

Guarantees: with --json exactly one document and a newline, in ASCII; text from users and files with
its control characters made visible; a stdout that is full, closed or a broken pipe is noticed.
May import: mfactl.errors, mfactl.exits and mfactl.cli.fields.
"""

import json
import os
import re
import sys
import textwrap
import time
import unicodedata
from collections.abc import Callable, Iterator, Set
from itertools import islice
from typing import Any, TextIO

from mfactl.errors import Code, MfactlError, Refusal
from mfactl.exits import Exit
from mfactl.named_tuple import NamedTuple

Document = dict[str, Any]
Text = Callable[[], str]
LINES_AT_ONCE = 100
ENDLESS = 1 << 16  # columns or lines of what has no edge
_SECRETS = {"codes", "secret"}  # in documents; they are shown once
_SECRETS_AGAIN = (
    "A secret that you have not seen: mfactl mfa add again; "
    "backup codes: mfactl backup-codes regenerate"
)


class Outcome(NamedTuple):
    """What a command answers: a document, the same as text for stdout, and hints for stderr.

    `next`: what to do next, for whoever does one step at a time.
    """

    document: Document
    text: Text
    hints: tuple[str, ...] = ()
    exit: Exit = Exit.DONE
    next: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Outcome(exit={self.exit})"


class Stream(NamedTuple):
    """A list that may be long: documents one after the other, and each as a line of text.

    `lines`: the documents are printed one a line, as they come. Reading them may raise.
    """

    items: Iterator[Document]
    text: Callable[[Document], str]
    empty: str
    lines: bool

    def __repr__(self) -> str:
        return f"Stream(lines={self.lines})"


class Format(NamedTuple):
    """How to print: as text, as JSON, or one field of the document."""

    json: bool = False
    field: str | None = None
    quiet: bool = False


def emit(outcome: Outcome | Stream, how: Format) -> int:
    """Prints an outcome; the exit status."""
    if isinstance(outcome, Stream):
        if outcome.lines or not (how.json or how.field):
            return _stream(outcome, how)
        outcome = _whole(outcome)
    if how.field is not None:
        text = _field(outcome.document, how.field)
        if text is None:
            missing = Refusal(
                Code.USAGE_ERROR,
                f"The command was carried out, but its document has no field {how.field}.",
                _instead(outcome.document, how.field),
            )
            return fail(MfactlError(missing), how._replace(field=None))
    else:
        text = _json(outcome.document) if how.json else outcome.text()
    status = write(text, as_it_is=how.field is not None or how.json)
    if status == Exit.DONE:
        for hint in (*outcome.hints, *outcome.next):
            note(hint, how)
        return outcome.exit
    return unprinted(status, how, _SECRETS & outcome.document.keys())


def _whole(stream: Stream) -> Outcome:
    data = list(stream.items)
    return Outcome({"object": "list", "data": data, "total_count": len(data)}, lambda: "")


def _stream(stream: Stream, how: Format) -> int:
    """Prints a list as it comes, a few lines at once."""
    line = _json if stream.lines else stream.text
    found = False
    while batch := "".join(line(item) for item in islice(stream.items, LINES_AT_ONCE)):
        found = True
        status = write(batch, as_it_is=stream.lines)
        if status != Exit.DONE:
            return unprinted(status, how)
    if not found and not stream.lines:
        return write(stream.empty)
    return Exit.DONE


def fail(error: MfactlError, how: Format, *, exit_status: int | None = None) -> int:
    """Prints an error; the exit status."""
    document = {"errors": [_error(refusal) for refusal in error.refusals]}
    status: int = Exit.DONE
    if how.field is not None:
        text = _field(document, how.field)
        status = write(text, as_it_is=True) if text is not None else status
    elif how.json:
        status = write(_json(document), as_it_is=True)
    if not how.quiet:
        complain(error.refusals)
    if status != Exit.DONE:
        return unprinted(status, how)
    return error.exit if exit_status is None else exit_status


def note(line: str, how: Format) -> None:
    """A line for people, on stderr."""
    if not how.quiet:
        write_stderr(visible(line) + "\n")


def end_line() -> None:
    """Ends the line of a prompt that was left."""
    if sys.stderr is not None and sys.stderr.isatty():
        write_stderr("\n")


def write(text: str, *, as_it_is: bool = False) -> int:
    """Writes to stdout and makes sure that it arrived; what it should end with if it did not.

    `as_it_is`: for programs, which want their lines whole, also at a terminal.
    """
    if sys.stdout is None:
        return Exit.MACHINE
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text if as_it_is else _fitted(text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_stdout()
        return Exit.BROKEN_PIPE
    except (OSError, UnicodeError):  # an encoding that spells nothing, such as idna
        abandon_stdout()
        return Exit.MACHINE
    return Exit.DONE


def abandon_stdout() -> None:
    """Else the interpreter would flush it again at its end, and complain."""
    sys.stdout = None


def unprinted(status: int, how: Format, secrets: Set[str] = frozenset()) -> int:
    """Says that the result did not arrive, and with it `secrets`; the exit status."""
    if status == Exit.MACHINE and not how.quiet:
        full = Refusal(
            Code.IO_ERROR,
            "The result could not be printed: standard output is full or closed.",
            "What was done stays done." + (f" {_SECRETS_AGAIN}" if secrets else ""),
        )
        complain((full,))
    return status


def complain(refusals: tuple[Refusal, ...]) -> None:
    """Says what went wrong and what to do next, on stderr."""
    first, *more = refusals
    lines = [f"mfactl: {first.long_message}", *(refusal.long_message for refusal in more)]
    write_stderr("".join(visible(line) + "\n" for line in [*lines, first.next_step]))


def write_stderr(text: str) -> None:
    """Writes for people, if anybody is there to be told."""
    if sys.stderr is None:  # print() would take stdout in its place
        return
    try:
        print(_fitted(text, sys.stderr), end="", file=sys.stderr, flush=True)
    except (OSError, UnicodeError):
        sys.stderr = None


def _fitted(text: str, stream: TextIO) -> str:
    """The text as it is; for a terminal its long lines are broken between words."""
    if not stream.isatty():
        return text
    columns = window(stream)[0]
    lines = text.split("\n")
    if all(len(line) <= columns for line in lines):
        return text
    return "\n".join(_broken(line, columns) for line in lines)


def _broken(line: str, columns: int) -> str:
    if len(line) <= columns or "\x1b" in line:  # a QR code, whose colours take no column
        return line
    if max(map(len, line.split()), default=ENDLESS) > columns:  # a URI, to be copied in one piece
        return line
    label = re.match(r"[\w -]+: {2,}| *", line)
    indent = len(label.group()) if label is not None else 0
    parts = textwrap.wrap(
        line,
        columns,
        subsequent_indent=" " * (indent if indent <= columns // 2 else 0),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts) + line[len(line.rstrip()) :]


def window(stream: TextIO | None) -> tuple[int, int]:
    """Columns and lines of the terminal that a stream is; endless where it is none."""
    try:
        size = os.get_terminal_size(stream.fileno() if stream is not None else -1)
    except (OSError, ValueError, AttributeError):
        return ENDLESS, ENDLESS
    return size.columns or ENDLESS, size.lines or ENDLESS


def _error(refusal: Refusal) -> Document:
    return {
        "code": refusal.code,
        "message": refusal.entry.message,
        "long_message": refusal.long_message,
        "meta": dict(refusal.meta),
    }


def _json(document: Document) -> str:
    # ASCII, so that no terminal and no locale can spoil it.
    return json.dumps(document, ensure_ascii=True) + "\n"


def _field(document: Document, path: str) -> str | None:
    """One value of the document as bare text; None if there is none at the path."""
    there, value = _reached(document, path)
    if there != path.split("."):
        return None
    if isinstance(value, list):
        return "".join(_bare(item) + "\n" for item in value)
    return _bare(value) + "\n"


def _instead(document: Document, path: str) -> str:
    # Here, because only a mistake needs the documents' fields.
    from mfactl.cli import fields  # noqa: PLC0415

    there, value = _reached(document, path)
    items = fields.of_items(len(value)) if isinstance(value, list) else ()
    return fields.remedy(".".join(there), list(value) if isinstance(value, dict) else items)


def _reached(document: Document, path: str) -> tuple[list[str], Any]:
    """How much of the path there is, and the value that stands there."""
    reached = list[str]()
    value: Any = document
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part in map(str, range(len(value))):
            value = value[int(part)]
        else:
            break
        reached.append(part)
    return reached, value


def _bare(value: Any) -> str:
    return visible(value) if isinstance(value, str) else json.dumps(value)


def visible(text: str) -> str:
    """The text on one line: control, format and unassigned characters spelled as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else _escaped(char) for char in text)


def visible_lines(text: str) -> str:
    """The same for a text that may have lines of its own."""
    return "\n".join(visible(line) for line in text.split("\n"))


def utc(seconds: int, clock: str = "%H:%M") -> str:
    """A time for people, to the minute; as it is stored if no calendar has it."""
    try:
        return time.strftime(f"%Y-%m-%d {clock} UTC", time.gmtime(seconds))
    except (OSError, OverflowError, ValueError):
        return f"second {seconds}"


def _is_harmless(char: str) -> bool:
    return not unicodedata.category(char).startswith(("C", "Zl", "Zp"))


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def is_terminal(*streams: TextIO | None) -> bool:
    """Whether each of the streams is a terminal."""
    return all(stream is not None and stream.isatty() for stream in streams)


def can_draw_blocks() -> bool:
    """Whether stdout takes the characters that a QR code is drawn with."""
    # Under LC_ALL=C Python says UTF-8 of its own streams; the locale knows better.
    import locale  # noqa: PLC0415 - only `mfa add` asks

    return locale.getencoding().lower().replace("-", "") == "utf8"


def may_colour() -> bool:
    """Whether stdout may have colours: NO_COLOR, FORCE_COLOR, TERM and the terminal decide."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(sys.stdout)
