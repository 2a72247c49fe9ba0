"""The tables that `mfactl help` and the man page show: environment, files, exit statuses, JSON.

Guarantees: one table each, against which the pages of docs/ are tested; lines of 80 columns at
most.
May import: mfactl.errors and mfactl.exits.
"""

import textwrap
from collections.abc import Iterable

from mfactl.errors import ERRORS
from mfactl.exits import EXIT_MEANINGS
from mfactl.named_tuple import NamedTuple

COLUMNS = 80

TOPICS = {
    "exit-codes": "The exit statuses, and the error codes of --json.",
    "environment": "The variables that mfactl looks at.",
    "files": "Where the vault, its key and the other files are.",
    "json": "What --json prints, and how to pick from it.",
}

VARIABLES = {
    ("MFACTL_HOME",): "one directory for everything: configuration, key, vault, client file, "
    "outbox",
    ("MFACTL_VAULT",): "the vault's file, as --vault",
    ("MFACTL_KEY_FILE",): "the key file; named like this, nothing else is tried",
    ("MFACTL_PASSPHRASE_FILE",): "a private file with the vault's passphrase",
    ("MFACTL_PASSPHRASE",): "the vault's passphrase itself, for CI",
    ("MFACTL_CONFIG",): "the configuration file, which then has to be there",
    ("MFACTL_CLIENT",): "this client's file, for several clients side by side",
    ("MFACTL_NO_INPUT",): "never ask for anything, as --no-input",
    ("MFACTL_NOW",): "the clock in Unix seconds, for vaults made with --test and for totp; any "
    "other vault says that it ignores it",
    ("NO_COLOR", "FORCE_COLOR", "TERM"): "whether the QR code may have colours: not with NO_COLOR, "
    "always with FORCE_COLOR, not with TERM=dumb, else if stdout is a terminal",
    ("LC_ALL", "LC_CTYPE", "LANG"): "where they do not say UTF-8, the QR code is "
    "drawn in ASCII (LANG=C without LC_ALL counts as UTF-8)",
    (
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ): "where files are when MFACTL_HOME is not set",
}
PRECEDENCE = (
    "A variable that is set to nothing counts as not set. A relative path starts in the current "
    "directory. An option beats a variable, a variable the default place. What a setting says is "
    "never overruled by a variable."
)


class File(NamedTuple):
    """A file or directory of mfactl's, and where it is."""

    name: str
    holds: str
    mode: str
    on_linux: str
    in_home: str
    variable: str | None


FILES = (
    File(
        "vault",
        "all accounts and clients, sealed",
        "0600",
        "~/.local/share/mfactl/vault.db",
        "vault.db",
        "MFACTL_VAULT",
    ),
    File(
        "key file",
        "the key that opens the vault, as text",
        "0600",
        "~/.config/mfactl/vault.key",
        "vault.key",
        "MFACTL_KEY_FILE",
    ),
    File(
        "client file",
        "the token of this client, and the newest event that it has seen",
        "0600",
        "~/.local/state/mfactl/client.toml",
        "client.toml",
        "MFACTL_CLIENT",
    ),
    File(
        "outbox",
        "delivered mail, a Maildir: addresses and codes in the clear",
        "0700, messages 0600",
        "~/.local/state/mfactl/outbox",
        "outbox",
        None,
    ),
    File(
        "configuration",
        "settings",
        "yours",
        "~/.config/mfactl/config.toml",
        "config.toml",
        "MFACTL_CONFIG",
    ),
)
PLACES = (
    "Those are the places on Linux, where the XDG_ variables move them. On macOS all are in "
    "~/Library/Application Support/mfactl, on Windows in mfactl under the local application data. "
    "MFACTL_HOME puts all into one directory, under the last name of each. mfactl vault status "
    "shows the places that are in force."
)

EXITS = (
    "They never change meaning. mfactl COMMAND --help lists those that a command can end with; 141 "
    "and 143 are on no list and can end any.",
)

JSON_RULES = (
    "With --json a command prints one JSON document and a newline on stdout, and nothing else "
    "there: its document when it is done or when one more step is needed, else errors. Text for "
    "people goes to stderr, and -q silences it.",
    "--field PATH prints one value of that document bare: --field status, --field backup_codes.0. "
    "A list is printed one item a line. A PATH that no document of the command has is refused "
    "before anything is done.",
    "--jsonl, which the long lists take, prints one item a line, each a document, as they are "
    "read. A failure is a last line with errors.",
    "Fields are only ever added. A field that does not apply is null or [], never missing. Times "
    "are milliseconds since 1970. A document says in object what it is; errors has a list, each "
    "with code, message, long_message and meta.",
)


def exit_codes() -> list[str]:
    """The page of exit statuses and error codes."""
    statuses = [(f"{status:3}", meaning) for status, meaning in EXIT_MEANINGS.items()]
    codes = [
        (f"{entry.exit:3}  {code}", entry.long_message)
        for code, entry in sorted(ERRORS.items(), key=lambda row: row[1].exit)
    ]
    return [
        *_heading("Exit statuses"),
        *table(statuses),
        "",
        *paragraphs(EXITS),
        *_heading("Error codes: status, errors[0].code"),
        *table(codes, width=5),
    ]


def environment() -> list[str]:
    """The page of variables."""
    rows = [(", ".join(names), meaning) for names, meaning in VARIABLES.items()]
    return [*_heading("Environment"), *table(rows), "", *paragraphs((PRECEDENCE,))][:-1]


def files() -> list[str]:
    """The page of files."""
    lines = _heading("Files")
    for file in FILES:
        lines.append(f"  {file.name}: {file.on_linux}")
        named = f", or what {file.variable} names" if file.variable else ""
        lines += _wrapped(f"{file.holds}. Mode: {file.mode}", 6)
        lines += _wrapped(f"$MFACTL_HOME/{file.in_home}{named}", 6)
        lines.append("")
    return [*lines, *paragraphs((PLACES,))][:-1]


def json_(documents: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """The page of JSON, with the documents of each command."""
    rows = [(name, ", ".join(names)) for name, names in documents]
    return [
        *_heading("JSON"),
        *paragraphs(JSON_RULES),
        *_heading("The documents of each command"),
        *table(rows),
    ]


def table(rows: Iterable[tuple[str, str]], *, width: int = 24) -> list[str]:
    """Two columns. A first cell that is too wide has a line of its own."""
    rows = list(rows)
    fitting = [len(term) for term, _ in rows if len(term) <= width]
    indent = 2 + max(fitting, default=width) + 2
    lines: list[str] = []
    for term, meaning in rows:
        told = _wrapped(meaning, indent)
        if len(term) > width:
            lines.append(f"  {term}")
        else:
            told[0] = f"  {term}".ljust(indent) + told[0].lstrip()
        lines += told
    return lines


def paragraphs(texts: Iterable[str]) -> list[str]:
    """Each text wrapped, and an empty line after it."""
    return [line for text in texts for line in (*_wrapped(text, 2), "")]


def _heading(text: str) -> list[str]:
    return [text, ""]


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
