"""The manual page, in mdoc: made from the command tree and the tables that `mfactl help` shows.

Guarantees: the same tree gives the same page; its date is that of the version in the change log.
May import: mfactl.cli, mfactl.exits and the standard library.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from mfactl import __version__
from mfactl.cli import topics
from mfactl.cli.outline import Node, Option, commands
from mfactl.exits import EXIT_MEANINGS, Exit

CHANGES = Path(__file__).parent.parent / "CHANGELOG.md"

DESCRIPTION = (
    "mfactl signs people up, signs them in and checks their second factor, in one command on one "
    "machine, without a network. It keeps accounts in an encrypted file, the vault, and runs the "
    "life cycle of multi-factor authentication: e-mail code, password, authenticator app, backup "
    "codes, lock-out.",
    "At a terminal a command asks for the password or code that it needs. Without one, or with "
    "--no-input, it fails with status 2 and names the option to use. Passwords never stand in the "
    "command line: they are asked for, or come from stdin or a file.",
    "The options below are the same for all commands, and stand before or after the name of the "
    "command. Without a command, mfactl and each group of commands show their help.",
)

EXAMPLES = (
    (
        "Sign up, and give the code that is in the mail:",
        ("mfactl signup ada@example.com", 'mfactl verify "$(mfactl outbox code ada@example.com)"'),
    ),
    (
        "Add an authenticator app, and confirm it with the code that it shows:",
        ("mfactl mfa add", "mfactl mfa verify 123456"),
    ),
    (
        "Sign in from a script, where status 3 says that a code is wanted:",
        (
            "status=0",
            "mfactl signin ada@example.com --password-file password.txt || status=$?",
            "[ $status -ne 3 ] || mfactl verify 123456",
        ),
    ),
    ("Complete commands in the bash that is running:", ("source <(mfactl completion bash)",)),
)


def page(root: Node) -> str:
    """The page for this tree."""
    sections = (
        _head(root),
        _description(root),
        _commands(root),
        _environment(),
        _files(),
        _exit_status(),
        _examples(),
        _see_also(),
    )
    return "\n".join(line for section in sections for line in section) + "\n"


def _head(root: Node) -> Iterator[str]:
    yield '.\\" Made by make generate.'
    yield f".Dd {_date()}"
    yield ".Dt MFACTL 1"
    yield f".Os mfactl {__version__}"
    yield ".Sh NAME"
    yield ".Nm mfactl"
    yield f".Nd {_words(root.purpose[0].lower() + root.purpose[1:].rstrip('.'))}"
    yield ".Sh SYNOPSIS"
    yield ".Nm mfactl"
    yield from (".Op Ar option ...", ".Ar command", ".Op Ar option ...", ".Op Ar argument ...")


def _date() -> str:
    """The date of this version, as mdoc wants it; that of the newest one before it is dated."""
    released = re.search(r"^## \[\d.*\] - (\d{4}-\d\d-\d\d)$", CHANGES.read_text("utf-8"), re.M)
    assert released is not None
    day = date.fromisoformat(released[1])
    months = "January February March April May June July August September October November December"
    return f"{months.split()[day.month - 1]} {day.day}, {day.year}"


def _description(root: Node) -> Iterator[str]:
    yield ".Sh DESCRIPTION"
    yield from _paragraphs(DESCRIPTION)
    yield from _options(root.options)


def _commands(root: Node) -> Iterator[str]:
    yield ".Sh COMMANDS"
    for node in commands(root):
        about = node.about
        if about is None:
            continue
        yield f".Ss {_words(node.name)}"
        yield ".Nm mfactl"
        yield f".Cm {_words(node.name)}"
        own = [option for option in node.options if option.names not in _common(root)]
        if own:
            yield ".Op Ar option ..."
        for argument in node.arguments:
            yield f".Ar {_words(argument.shown)}"
        yield ".Pp"
        yield from _paragraphs(about.purpose.split("\n\n"))
        told = [(argument.shown, argument.about) for argument in node.arguments if argument.about]
        if told or own:
            yield ".Bl -tag -width Ds"
            for shown, text in told:
                yield f".It Ar {_words(shown)}"
                yield from _sentences(text)
            yield from (line for option in own for line in _option(option))
            yield ".El"
        yield ".Pp"
        yield "Examples:"
        yield from _literal(about.examples)
        yield ".Pp"
        yield f"Exit status: {', '.join(str(status) for status in about.exits)}."


def _common(root: Node) -> set[tuple[str, ...]]:
    return {option.names for option in root.options}


def _options(options: Iterable[Option]) -> Iterator[str]:
    yield ".Bl -tag -width Ds"
    for option in options:
        yield from _option(option)
    yield ".El"


def _option(option: Option) -> Iterator[str]:
    names = " , ".join(f"Fl {name[1:]}" for name in option.names)
    value = f" Ar {_words(option.takes.name)}" if option.takes is not None else ""
    yield f".It {names}{value}"
    yield from _sentences(option.about)


def _environment() -> Iterator[str]:
    yield ".Sh ENVIRONMENT"
    yield ".Bl -tag -width Ds"
    for names, meaning in topics.VARIABLES.items():
        yield f".It {' , '.join(f'Ev {name}' for name in names)}"
        yield from _sentences(meaning)
    yield ".El"
    yield ".Pp"
    yield from _paragraphs((topics.PRECEDENCE,))


def _files() -> Iterator[str]:
    yield ".Sh FILES"
    yield ".Bl -tag -width Ds"
    for file in topics.FILES:
        yield f".It Pa {_words(file.on_linux)}"
        yield from _sentences(f"The {file.name}: {file.holds}. Mode: {file.mode}.")
        if file.variable:
            yield from ("Another place:", f".Ev {file.variable} .")
    yield ".El"
    yield ".Pp"
    yield from _paragraphs((topics.PLACES,))


def _exit_status() -> Iterator[str]:
    yield ".Sh EXIT STATUS"
    yield from _paragraphs((*topics.EXITS, "With --json the code of an error tells the case."))
    yield from _list((str(int(status)), EXIT_MEANINGS[Exit(status)]) for status in EXIT_MEANINGS)


def _examples() -> Iterator[str]:
    yield ".Sh EXAMPLES"
    for number, (told, commands_) in enumerate(EXAMPLES):
        if number:
            yield ".Pp"
        yield from _sentences(told)
        yield from _literal(commands_)


def _see_also() -> Iterator[str]:
    yield ".Sh SEE ALSO"
    yield from (".Xr oathtool 1 ,", ".Xr qrencode 1")
    yield ".Pp"
    yield "At the terminal:"
    yield from _literal(f"mfactl help {topic}" for topic in topics.TOPICS)


def _list(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield ".Bl -tag -width Ds"
    for term, meaning in rows:
        yield f".It {_words(term)}"
        yield from _sentences(meaning)
    yield ".El"


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    """Paragraphs with `.Pp` between them."""
    for number, text in enumerate(texts):
        if number:
            yield ".Pp"
        yield from _sentences(text)


def _sentences(text: str) -> Iterator[str]:
    """One sentence a line, which mdoc wants."""
    return map(_text, re.split(r"(?<=[.?!;:]) (?=[A-Z])", " ".join(text.split())))


def _literal(lines: Iterable[str]) -> Iterator[str]:
    yield ".Bd -literal -offset indent"
    yield from map(_text, lines)
    yield ".Ed"


def _words(text: str) -> str:
    """Arguments of a macro: none of them is a macro's name or a bare delimiter."""
    return " ".join(
        f"\\&{word}" if re.fullmatch("[%A-Z][A-Za-z0-9]{1,2}|[][.,:;()?!|]", word) else word
        for word in _text(text).split()
    )


def _text(text: str) -> str:
    """Text as roff takes it: no escape, no request, and characters that can be copied."""
    for char, name in (("\\", "\\e"), ("~", "\\(ti"), ("^", "\\(ha")):
        text = text.replace(char, name)
    text = re.sub("(?<![A-Za-z0-9])-", r"\\-", text)  # else it is typeset as a hyphen
    text = re.sub(r"`([^`]*)`", r"\\(oq\1\\(cq", text)
    text = text.replace("'", "\\(aq").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith(".") else text
