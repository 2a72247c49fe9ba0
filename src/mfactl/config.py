"""Settings and paths: their defaults and bounds, and where each value came from.

Guarantees: an option beats the environment, the environment the file, the file the default; no
setting loosens a rule of the life cycle; what is unknown or out of bounds is refused, not ignored.
May import: mfactl.core.client, mfactl.files, mfactl.errors, tomllib and platformdirs.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mfactl import files
from mfactl.core.client import SESSION_SECONDS
from mfactl.errors import Code, MfactlError, failure

APPLICATION = "mfactl"


class Settings(NamedTuple):
    """The settings in force. Times are seconds."""

    issuer: str = "mfactl"
    mail_sender: str = "mfactl@localhost"
    mail_transport: str = "maildir"
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
    pattern: re.Pattern[str]
    wanted: str


class Bounds(NamedTuple):
    """A setting that is a whole number, and the values that it may take."""

    field: str
    low: int
    high: int
    unit: str


NUMBERS: Mapping[str, Bounds] = {
    "session.lifetime": Bounds("session_lifetime", 60, SESSION_SECONDS, "seconds"),
    "session.idle": Bounds("session_idle", 60, SESSION_SECONDS, "seconds"),
    "password.min_length": Bounds("password_min_length", 8, 128, "characters"),
    "password.min_score": Bounds("password_min_score", 2, 4, "of zxcvbn's 0 to 4"),
}
TABLES = frozenset({"mail", "password", "session"})
TEXTS: Mapping[str, Shape] = {
    # A colon ends the issuer in the URI's label. Apps show a few dozen characters of it.
    "issuer": Shape("issuer", re.compile(r"[^:]{1,64}"), "1 to 64 characters without a colon"),
    "mail.sender": Shape(
        "mail_sender",
        re.compile(r"[A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9.-]{1,190}"),
        "an address in ASCII",
    ),
    "mail.transport": Shape("mail_transport", re.compile("maildir"), '"maildir"'),
}


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
    # 4 ms, and not needed where MFACTL_HOME is set, as in every script and test.
    import platformdirs  # noqa: PLC0415

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


def _homeless() -> MfactlError:
    return failure(
        Code.CONFIG_INVALID,
        "There is no home directory to keep anything in.",
        "Set HOME, or MFACTL_HOME to a directory of its own.",
    )


def load(paths: Paths) -> Settings:
    """The settings of the configuration file; the defaults if there is none."""
    data = files.read_trusted(paths.config)
    if data is None:
        if paths.config_named is not None:
            raise _invalid(paths, f"There is no {paths.config} ({paths.config_named} names it).")
        return Settings()
    try:
        raw = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid(paths, f"{paths.config} is not TOML: {error}.") from None
    settings = Settings()
    for key, value in _flat(raw):
        settings = settings._replace(**_setting(paths, key, value))
    idle = settings.session_idle
    if idle is not None and idle > settings.session_lifetime:
        raise _invalid(paths, f"{paths.config}: session.idle is longer than session.lifetime.")
    return settings


def _flat(raw: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Tables as dotted keys, one level deep."""
    found = []
    for key, value in raw.items():
        if isinstance(value, dict) and (value or key in TABLES):
            found += [(f"{key}.{name}", part) for name, part in value.items()]
        else:
            found.append((key, value))
    return found


def _setting(paths: Paths, key: str, value: Any) -> dict[str, Any]:
    if key in NUMBERS:
        bounds = NUMBERS[key]
        if type(value) is not int or not bounds.low <= value <= bounds.high:
            wanted = f"{bounds.low} to {bounds.high} {bounds.unit}"
            raise _invalid(paths, f"{paths.config}: {key} has to be {wanted}.")
        return {bounds.field: value}
    if key in TEXTS:
        shape = TEXTS[key]
        if not _is_text(value) or not shape.pattern.fullmatch(value):
            raise _invalid(paths, f"{paths.config}: {key} has to be {shape.wanted}.")
        return {shape.field: value}
    raise _invalid(paths, f"{paths.config}: there is no setting {key}.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and value.strip() == value


def _invalid(paths: Paths, detail: str) -> MfactlError:
    return failure(Code.CONFIG_INVALID, detail, None, path=str(paths.config))
