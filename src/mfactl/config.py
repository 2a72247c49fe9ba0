"""Settings and paths: their defaults and bounds, and where each value came from.

Guarantees: an option beats the environment, the environment the file, the file the default; no
setting loosens a rule of the life cycle; what is unknown or out of bounds is refused with its line,
not ignored.
May import: mfactl.core.client, mfactl.files, mfactl.errors, mfactl.spelling, tomllib and
platformdirs.
"""

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mfactl import files
from mfactl.core.client import SESSION_SECONDS
from mfactl.errors import Code, MfactlError, failure
from mfactl.named_tuple import NamedTuple
from mfactl.spelling import suggestion

APPLICATION = "mfactl"


class Settings(NamedTuple):
    """The settings in force. Times are seconds."""

    issuer: str = "mfactl"
    mail_sender: str = "mfactl@localhost"
    mail_transport: str = "maildir"
    mail_host: str | None = None
    mail_port: int | None = None
    mail_security: str = "starttls"
    mail_user: str | None = None
    mail_password_file: str | None = None
    mail_timeout: int = 30
    session_lifetime: int = SESSION_SECONDS
    session_idle: int | None = None
    password_min_length: int = 8
    password_min_score: int = 2


class Paths(NamedTuple):
    """Where things are. `*_named` says what named a path; None: the default place."""

    config: Path
    key_file: Path
    vault: Path
    client: Path
    outbox: Path
    config_named: str | None = None
    key_named: str | None = None
    vault_named: str | None = None


class Shape(NamedTuple):
    """A setting that is a text, and what it has to look like."""

    field: str
    pattern: str
    wanted: str

    def accepts(self, value: Any) -> bool:
        """Whether a value of the file is one of these."""
        is_text = isinstance(value, str) and value.isprintable() and value.strip() == value
        return is_text and re.fullmatch(self.pattern, value) is not None

    def parse(self, text: str) -> Any:
        """What was typed, as a value."""
        return text


class Bounds(NamedTuple):
    """A setting that is a whole number, and the values that it may take."""

    field: str
    low: int
    high: int
    unit: str

    @property
    def wanted(self) -> str:
        """The values, in words."""
        return f"{self.low} to {self.high} {self.unit}".rstrip()

    def accepts(self, value: Any) -> bool:
        """Whether a value of the file is one of these."""
        return type(value) is int and self.low <= value <= self.high

    def parse(self, text: str) -> Any:
        """What was typed, as a value; what is no number stays a text, which is refused."""
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text


class Choice(NamedTuple):
    """A setting that is one of a few words."""

    field: str
    words: tuple[str, ...]

    @property
    def wanted(self) -> str:
        """The values, in words."""
        return " or ".join(f'"{word}"' for word in self.words)

    def accepts(self, value: Any) -> bool:
        """Whether a value of the file is one of these."""
        return value in self.words

    def parse(self, text: str) -> Any:
        """What was typed, as a value."""
        return text


NUMBERS: Mapping[str, Bounds] = {
    "session.lifetime": Bounds("session_lifetime", 60, SESSION_SECONDS, "seconds"),
    "session.idle": Bounds("session_idle", 60, SESSION_SECONDS, "seconds"),
    "mail.port": Bounds("mail_port", 1, 65535, ""),
    "mail.timeout": Bounds("mail_timeout", 1, 300, "seconds"),
    "password.min_length": Bounds("password_min_length", 8, 128, "characters"),
    "password.min_score": Bounds("password_min_score", 2, 4, "of zxcvbn's 0 to 4"),
}
TABLES = frozenset({"mail", "password", "session"})
TEXTS: Mapping[str, Shape] = {
    # A colon ends the issuer in the URI's label. Apps show a few dozen characters of it.
    "issuer": Shape("issuer", r"[^:]{1,64}", "1 to 64 characters without a colon"),
    "mail.sender": Shape(
        "mail_sender",
        r"[A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9.-]{1,190}",
        "an address in ASCII",
    ),
    "mail.host": Shape("mail_host", r"[A-Za-z0-9.:_-]{1,253}", "the name or address of a server"),
    "mail.user": Shape("mail_user", r".{1,256}", "1 to 256 characters"),
    "mail.password_file": Shape("mail_password_file", r"/.{1,4000}", "a path from / on"),
}
CHOICES: Mapping[str, Choice] = {
    "mail.transport": Choice("mail_transport", ("maildir", "smtp")),
    "mail.security": Choice("mail_security", ("starttls", "tls", "none")),
}
KINDS: Mapping[str, Bounds | Shape | Choice] = {**NUMBERS, **TEXTS, **CHOICES}
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def find_paths(environ: Mapping[str, str], *, vault: Path | None = None) -> Paths:
    """The paths in force. `vault` is the option's value."""
    paths = _defaults(environ)
    for variable, field, named in (
        ("MFACTL_CONFIG", "config", "config_named"),
        ("MFACTL_KEY_FILE", "key_file", "key_named"),
        ("MFACTL_VAULT", "vault", "vault_named"),
        ("MFACTL_CLIENT", "client", None),
    ):
        value = environ.get(variable)
        if value:
            changes: dict[str, Any] = {field: Path(value).absolute()}
            if named is not None:
                changes[named] = variable
            paths = paths._replace(**changes)
    if vault is not None:
        paths = paths._replace(vault=vault.absolute(), vault_named="--vault")
    return paths


def _defaults(environ: Mapping[str, str]) -> Paths:
    home = environ.get("MFACTL_HOME")
    if home:
        root = Path(home).absolute()
        return Paths(
            root / "config.toml",
            root / "vault.key",
            root / "vault.db",
            root / "client.toml",
            root / "outbox",
        )
    config, data, state = _user_directories(environ)
    return Paths(
        config / "config.toml",
        config / "vault.key",
        data / "vault.db",
        state / "client.toml",
        state / "outbox",
    )


def _user_directories(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Where this system keeps a user's configuration, data and state of mfactl."""
    plain = _plain_xdg_directories(environ)
    if plain is not None:
        return plain
    import platformdirs  # noqa: PLC0415 - 5 ms, and rarely needed

    finders = (
        platformdirs.user_config_dir,
        platformdirs.user_data_dir,
        platformdirs.user_state_dir,
    )
    try:
        config, data, state = (Path(find(APPLICATION, appauthor=False)) for find in finders)
    except RuntimeError:  # neither HOME nor the user database names a home
        raise _homeless() from None
    empty = environ.get("HOME") == "" and os.name == "posix"
    if empty or not all(path.is_absolute() for path in (config, data, state)):
        raise _homeless()
    return config, data, state


def _plain_xdg_directories(environ: Mapping[str, str]) -> tuple[Path, Path, Path] | None:
    """The same without platformdirs, where that is one line: on Linux, if all are absolute."""
    if sys.platform != "linux":
        return None
    home = environ.get("HOME", "")
    below = home.rstrip("/")  # the home of some services is the root
    config = environ.get("XDG_CONFIG_HOME") or f"{below}/.config"
    data = environ.get("XDG_DATA_HOME") or f"{below}/.local/share"
    state = environ.get("XDG_STATE_HOME") or f"{below}/.local/state"
    if not all(path.startswith("/") for path in (home, config, data, state)):
        return None
    return Path(config, APPLICATION), Path(data, APPLICATION), Path(state, APPLICATION)


def _homeless() -> MfactlError:
    return failure(
        Code.CONFIG_INVALID,
        "There is no home directory to keep anything in.",
        "Set HOME, or MFACTL_HOME to a directory of its own.",
    )


def load(paths: Paths) -> Settings:
    """The settings of the configuration file; the defaults if there is none."""
    text = read(paths)
    return Settings() if text is None else settings_of(paths, text)


def read(paths: Paths, *, may_be_missing: bool = False) -> str | None:
    """The text of the configuration file; None if there is none.

    Raises if one is named and not there, but for `may_be_missing`: whoever is to make it.
    """
    data = files.read_trusted(paths.config)
    if data is None and paths.config_named is not None and not may_be_missing:
        detail = f"There is no {paths.config} ({paths.config_named} names it)."
        raise failure(Code.CONFIG_INVALID, detail, None, path=str(paths.config))
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError as error:
        raise _invalid(paths, f"it is not text in UTF-8: {error.reason}.", None) from None


def settings_of(paths: Paths, text: str, *, is_new: bool = False) -> Settings:
    """The settings that a configuration sets. Raises `config_invalid`, with the line.

    `is_new`: the text is not in the file yet, and has no line that anybody could look at.
    """

    def wrong(key: str, problem: str) -> MfactlError:
        if is_new:
            return failure(Code.CONFIG_INVALID, problem, "Run: mfactl config list")
        return _invalid(paths, problem, line_of(text, key))

    settings = Settings()
    for key, value in values_of(paths, text).items():
        kind = KINDS.get(key)
        if kind is None:
            raise wrong(key, f"there is no setting {key}.{suggestion(key, KINDS)}")
        if not kind.accepts(value):
            raise wrong(key, f"{key} has to be {kind.wanted}.")
        settings = settings._replace(**{kind.field: value})
    for key, problem in _contradictions(settings):
        raise wrong(key, f"{problem}.")
    return settings


def values_of(paths: Paths, text: str) -> dict[str, Any]:
    """What the file says, by dotted keys, one level deep. Raises if it is not TOML."""
    found: dict[str, Any] = {}
    for key, value in parse(paths, text).items():
        if isinstance(value, dict) and (value or key in TABLES):
            found |= {f"{key}.{name}": part for name, part in value.items()}
        else:
            found[key] = value
    return found


def parse(paths: Paths, text: str) -> dict[str, Any]:
    """What the file says, with its tables. Raises if it is not TOML."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))  # some editors put that first
    except (ValueError, RecursionError) as error:
        raise _invalid(paths, f"it is not TOML: {error}.", None) from None


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with settings that are right one by one, and the key to blame."""
    idle, host = settings.session_idle, settings.mail_host
    if idle is not None and idle > settings.session_lifetime:
        yield "session.idle", "session.idle is longer than session.lifetime"
    if settings.mail_transport == "smtp" and host is None:
        yield "mail.transport", 'mail.transport is "smtp", and there is no mail.host'
    if (settings.mail_user is None) != (settings.mail_password_file is None):
        named = "mail.user" if settings.mail_user is not None else "mail.password_file"
        yield named, "mail.user and mail.password_file go together"
    in_the_clear = settings.mail_security == "none" and host not in LOCAL_HOSTS
    if settings.mail_user is not None and in_the_clear:
        problem = 'with mail.security "none" the password would go in the clear to another machine'
        yield "mail.security", problem


def line_of(text: str, key: str) -> int | None:
    """The line that sets a key, counted from 1; None if that is not to be seen."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, _ = line.strip().partition("=")
        if name.startswith("["):
            table = name.lstrip("[").partition("]")[0].strip(" \t\"'") + "."
            if table == key + ".":
                return number
            continue
        parts = [part.strip(" \t\"'") for part in name.split(".")] if equals else []
        if parts and (table + ".".join(parts) == key or key.startswith(f"{table}{parts[0]}.")):
            return number
    return None


def _invalid(paths: Paths, problem: str, line: int | None) -> MfactlError:
    where = f"{paths.config}" if line is None else f"{paths.config}, line {line}"
    detail = f"{where}: {problem}"
    if line is None:
        return failure(Code.CONFIG_INVALID, detail, None, path=str(paths.config))
    return failure(Code.CONFIG_INVALID, detail, None, path=str(paths.config), line=line)
