"""The settings: what each is and where it comes from, and changing one.

Guarantees: the file is replaced as a whole, by one that every command accepts, or not at all.
May import: everything but mfactl.cli.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mfactl import config, files
from mfactl.config import KINDS, Bounds, Choice, Paths, Settings, Shape
from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple
from mfactl.spelling import suggestion


class Setting(NamedTuple):
    """A setting: its value in force, its default, whether the file sets it, what it may be."""

    key: str
    value: Any
    default: Any
    is_set: bool
    wanted: str

    def __repr__(self) -> str:
        return f"Setting({self.key})"


def listed(paths: Paths) -> list[Setting]:
    """Every setting, in the order of its name."""
    text = config.read(paths) or ""
    settings, said = config.settings_of(paths, text), config.values_of(paths, text)
    return [_setting(key, settings, is_set=key in said) for key in sorted(KINDS)]


def get(paths: Paths, key: str) -> Setting:
    """One setting."""
    _kind(key)
    return next(setting for setting in listed(paths) if setting.key == key)


def put(paths: Paths, typed: Mapping[str, str]) -> list[Setting]:
    """Sets settings, all of them or none, to what was typed."""
    _change(paths, {key: _kind(key).parse(text) for key, text in typed.items()})
    return [setting for setting in listed(paths) if setting.key in typed]


def unset(paths: Paths, keys: Sequence[str]) -> list[Setting]:
    """Takes settings out of the file: also one that there is not, but that the file has."""
    _change(paths, dict.fromkeys(keys))
    return [setting for setting in listed(paths) if setting.key in keys]


def has_comments(paths: Paths) -> bool:
    """Whether the file has comments, which a change does not keep."""
    return "#" in (config.read(paths, may_be_missing=True) or "")


def _change(paths: Paths, values: Mapping[str, Any]) -> None:
    """Writes the file anew with other values; None takes one out."""
    # Here, because only a change writes TOML, and most commands only read it.
    import tomli_w  # noqa: PLC0415

    files.make_directory(paths.config.parent)
    with files.lock_directory(paths.config.parent):
        raw = config.parse(paths, config.read(paths, may_be_missing=True) or "")
        for key, value in values.items():
            if value is None:
                _remove(raw, key)
            else:
                _table_of(raw, key)[key.rpartition(".")[2]] = value
        try:
            text = tomli_w.dumps(raw)
        except RecursionError:  # what is not ours may be deep enough to read and not to write
            detail = f"{paths.config} is too deep to be changed."
            raise failure(Code.CONFIG_INVALID, detail, "Change it in an editor.") from None
        config.settings_of(paths, text, is_new=True)  # raises what no command would accept
        files.write_private(Path(os.path.realpath(paths.config)), text.encode())


def _table_of(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """The table that a key stands in, made if it is not there."""
    name = key.rpartition(".")[0]
    table = raw.setdefault(name, {}) if name else raw
    if not isinstance(table, dict):
        detail = f"{name} is set to a value, where settings like {key} stand in a table."
        raise failure(Code.CONFIG_INVALID, detail, f"Run: mfactl config unset {name}")
    return table


def _remove(raw: dict[str, Any], key: str) -> None:
    is_table_of_settings = key in config.TABLES and isinstance(raw.get(key), dict)
    if key in raw and not is_table_of_settings:
        del raw[key]
        return
    table, _, name = key.rpartition(".")
    if not isinstance(raw.get(table), dict) or name not in raw[table]:
        _kind(key)  # raises if there is no such setting at all
        return
    del raw[table][name]
    if not raw[table]:
        del raw[table]


def _kind(key: str) -> Bounds | Shape | Choice:
    if key not in KINDS:
        detail = f"There is no setting {key}.{suggestion(key, KINDS)}"
        raise failure(Code.USAGE_ERROR, detail, "Run: mfactl config list")
    return KINDS[key]


def _setting(key: str, settings: Settings, *, is_set: bool) -> Setting:
    kind = KINDS[key]
    value, default = getattr(settings, kind.field), getattr(Settings(), kind.field)
    return Setting(key, value, default, is_set, kind.wanted)
