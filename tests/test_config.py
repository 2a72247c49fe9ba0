"""Settings and paths: what beats what, and that nothing loosens a rule."""

import os
import sys
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from mfactl.config import Paths, Settings, find_paths, load
from mfactl.errors import Code, MfactlError, Refusal

DAY = 24 * 3600


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return find_paths({"MFACTL_HOME": str(tmp_path)})


def settings_of(paths: Paths, text: str | bytes) -> Settings:
    """What a configuration file with this text sets."""
    paths.config.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(paths)


def refusal_of(paths: Paths, text: str | bytes) -> Refusal:
    """Why a configuration file with this text is refused."""
    with pytest.raises(MfactlError) as caught:
        settings_of(paths, text)
    (refusal,) = caught.value.refusals
    return refusal


# --- paths


def test_one_home_holds_everything(tmp_path: Path) -> None:
    assert find_paths({"MFACTL_HOME": str(tmp_path)}) == Paths(
        config=tmp_path / "config.toml",
        key_file=tmp_path / "vault.key",
        vault=tmp_path / "vault.db",
        client=tmp_path / "client.toml",
        outbox=tmp_path / "outbox",
    )


@pytest.mark.parametrize(
    ("variable", "field", "named"),
    [
        ("MFACTL_CONFIG", "config", "config_named"),
        ("MFACTL_KEY_FILE", "key_file", "key_named"),
        ("MFACTL_VAULT", "vault", "vault_named"),
        ("MFACTL_CLIENT", "client", None),
    ],
)
def test_a_variable_beats_the_home_for_its_own_path_alone(
    tmp_path: Path, variable: str, field: str, named: str | None
) -> None:
    home = {"MFACTL_HOME": str(tmp_path)}
    default = find_paths(home)
    found = find_paths({**home, variable: "/elsewhere/it"})
    changes: dict[str, Any] = {field: Path("/elsewhere/it")}
    if named is not None:
        changes[named] = variable
    assert found == default._replace(**changes)
    assert find_paths({**home, variable: ""}) == default


def test_the_option_beats_the_variable(tmp_path: Path) -> None:
    environ = {"MFACTL_HOME": str(tmp_path), "MFACTL_VAULT": "/variable.db"}
    found = find_paths(environ, vault=Path("/option.db"))
    assert (found.vault, found.vault_named) == (Path("/option.db"), "--vault")


def test_relative_paths_are_taken_from_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = find_paths({"MFACTL_HOME": "home", "MFACTL_CLIENT": "me.toml"}, vault=Path("v.db"))
    assert (found.config, found.client) == (tmp_path / "home/config.toml", tmp_path / "me.toml")
    assert found.vault == tmp_path / "v.db"


@pytest.mark.skipif(sys.platform != "linux", reason="XDG directories are Linux's")
def test_without_a_home_of_its_own_each_kind_of_file_has_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    found = find_paths({})
    assert found.config == tmp_path / ".config/mfactl/config.toml"
    assert found.key_file == tmp_path / ".config/mfactl/vault.key"
    assert found.vault == tmp_path / ".local/share/mfactl/vault.db"
    assert found.client == tmp_path / ".local/state/mfactl/client.toml"
    assert found.outbox == tmp_path / ".local/state/mfactl/outbox"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "home", [None, "home", "/", "//", "/home/ada", "/home/ada/", "//ada", "/a b"]
)
@pytest.mark.parametrize("xdg", [None, "", " ", "etc", "~/etc", "/etc/", "/etc/../x", " /e", "/e "])
@pytest.mark.parametrize("name", ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_a_users_directories_are_those_that_platformdirs_names(
    name: str, xdg: str | None, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ((name, xdg), ("HOME", home)):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)
    named = platformdirs.PlatformDirs("mfactl", appauthor=False)
    found = find_paths(os.environ)
    assert found.config == named.user_config_path / "config.toml"
    assert found.vault == named.user_data_path / "vault.db"
    assert found.client == named.user_state_path / "client.toml"


@pytest.mark.skipif(os.name != "posix", reason="HOME is POSIX's")
def test_an_empty_home_is_refused_rather_than_taken_for_the_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "")
    with pytest.raises(MfactlError) as caught:
        find_paths(os.environ)
    assert caught.value.refusals[0].code is Code.CONFIG_INVALID


# --- settings


def test_without_a_file_the_defaults_hold(paths: Paths) -> None:
    assert load(paths) == Settings(
        issuer="mfactl",
        mail_sender="mfactl@localhost",
        session_lifetime=7 * DAY,
        session_idle=None,
        password_min_length=8,
        password_min_score=2,
    )


def test_an_empty_file_and_one_of_comments_change_nothing(paths: Paths) -> None:
    assert settings_of(paths, "") == Settings()
    assert settings_of(paths, "# issuer = 'x'\n[session]\n") == Settings()


def test_every_setting_is_taken(paths: Paths) -> None:
    text = """
        issuer = "Müller & Co"
        [mail]
        transport = "maildir"
        sender = "noreply@example.com"
        [session]
        lifetime = 3600
        idle = 600
        [password]
        min_length = 15
        min_score = 3
    """
    assert settings_of(paths, text) == Settings(
        issuer="Müller & Co",
        mail_sender="noreply@example.com",
        session_lifetime=3600,
        session_idle=600,
        password_min_length=15,
        password_min_score=3,
    )


def test_a_dotted_key_is_the_same_as_a_table(paths: Paths) -> None:
    assert settings_of(paths, "session.lifetime = 60").session_lifetime == 60


BOUNDS = [
    ("session", "lifetime", 60, 7 * DAY),
    ("session", "idle", 60, 7 * DAY),
    ("password", "min_length", 8, 128),
    ("password", "min_score", 2, 4),
]


@pytest.mark.parametrize(("table", "key", "low", "high"), BOUNDS)
def test_a_number_may_be_as_strict_as_its_bounds_and_no_looser(
    paths: Paths, table: str, key: str, low: int, high: int
) -> None:
    for good in (low, high):
        found = settings_of(paths, f"[{table}]\n{key} = {good}\n")
        assert getattr(found, f"{table}_{key}") == good
    for bad in (low - 1, high + 1, 0, -1, 10**30):
        refusal = refusal_of(paths, f"[{table}]\n{key} = {bad}\n")
        assert refusal.code is Code.CONFIG_INVALID
        assert f"{table}.{key} has to be {low} to {high} " in refusal.long_message


@pytest.mark.parametrize(("table", "key", "low", "high"), BOUNDS)
@pytest.mark.parametrize(
    "value", ["'{}'", "{}.0", "true", "[{}]", "{{ value = {} }}", "inf", "nan"]
)
def test_a_number_is_a_whole_number_and_nothing_like_one(
    paths: Paths, table: str, key: str, low: int, high: int, value: str
) -> None:
    refusal = refusal_of(paths, f"[{table}]\n{key} = {value.format(high)}\n")
    assert f"{table}.{key} has to be {low} to {high} " in refusal.long_message


def test_a_session_cannot_idle_longer_than_it_lives(paths: Paths) -> None:
    assert settings_of(paths, "[session]\nlifetime = 600\nidle = 600\n").session_idle == 600
    refusal = refusal_of(paths, "[session]\nlifetime = 600\nidle = 601\n")
    assert "session.idle is longer than session.lifetime" in refusal.long_message


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("issuer", "1 to 64 characters without a colon"),
        ("mail.sender", "an address in ASCII"),
        ("mail.transport", '"maildir" or "smtp"'),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "''",
        "' x'",
        "'x '",
        "'a:b'",
        '"a\\nb"',
        '"a\\u001bb"',
        '"a\\u202eb"',
        f"'{'x' * 65}'",
        "3",
        "[]",
    ],
)
def test_a_text_is_short_and_printable_and_has_its_shape(
    paths: Paths, key: str, wanted: str, value: str
) -> None:
    refusal = refusal_of(paths, f"{key} = {value}\n")
    assert refusal.code is Code.CONFIG_INVALID
    assert f"{key} has to be {wanted}" in refusal.long_message


@pytest.mark.parametrize("value", ["'nobody'", "'ü@x.example'", "'a@b@c'", "'a b@c'"])
def test_the_sender_of_the_mail_is_an_address_in_ascii(paths: Paths, value: str) -> None:
    assert "mail.sender has to be" in refusal_of(paths, f"[mail]\nsender = {value}\n").long_message


def test_a_text_of_64_characters_is_taken(paths: Paths) -> None:
    assert settings_of(paths, f"issuer = '{'x' * 64}'").issuer == "x" * 64


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("isuer = 'x'", "isuer"),
        ("Issuer = 'x'", "Issuer"),
        ("[session]\nlifetme = 60", "session.lifetme"),
        ("[totp]\nwindow = 9", "totp.window"),
        ("[lockout]\nattempts = 1000", "lockout.attempts"),
        ("[[session]]\nlifetime = 60", "session"),
        ("[issuer]\nname = 'x'", "issuer.name"),
        ("[session.lifetime]\nseconds = 60", "session.lifetime"),
        ("session = 60", "session"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_by_its_name(
    paths: Paths, text: str, key: str
) -> None:
    refusal = refusal_of(paths, text)
    assert refusal.code is Code.CONFIG_INVALID
    assert key in refusal.long_message
    line = 2 if text.startswith(("[session]", "[totp]", "[lockout]", "[issuer]")) else 1
    assert refusal.meta == {"path": str(paths.config), "line": line}
    assert str(paths.config) in refusal.long_message


def test_mail_goes_into_the_outbox_or_to_a_server(paths: Paths) -> None:
    refusal = refusal_of(paths, "[mail]\ntransport = 'carrier pigeon'\n")
    assert 'mail.transport has to be "maildir" or "smtp"' in refusal.long_message


@pytest.mark.parametrize("data", ['issuer = "Müller"'.encode("latin-1"), "x = 1".encode("utf-16")])
def test_what_is_no_utf_8_is_told_with_the_name_of_the_file(paths: Paths, data: bytes) -> None:
    refusal = refusal_of(paths, data)
    assert refusal.code is Code.CONFIG_INVALID
    assert f"{paths.config}: it is not text in UTF-8" in refusal.long_message


NO_TOML: dict[str, str | bytes] = {
    "yaml": "issuer: mfactl\n",
    "json": '{"issuer": "mfactl"}',
    "a NUL": b'issuer = "x\x00"',
    "the same key twice": "issuer = 'x'\nissuer = 'y'\n",
    "no end": "x = " + "[" * 100_000,
}


@pytest.mark.parametrize("what", NO_TOML)
def test_what_is_no_toml_is_told_with_the_name_of_the_file(paths: Paths, what: str) -> None:
    refusal = refusal_of(paths, NO_TOML[what])
    assert refusal.code is Code.CONFIG_INVALID
    assert f"{paths.config}: it is not TOML" in refusal.long_message
    assert "\n" not in refusal.long_message


def test_a_named_file_has_to_be_there(tmp_path: Path) -> None:
    paths = find_paths({"MFACTL_CONFIG": str(tmp_path / "nosuch.toml")})
    with pytest.raises(MfactlError) as caught:
        load(paths)
    (refusal,) = caught.value.refusals
    assert refusal.code is Code.CONFIG_INVALID
    assert "MFACTL_CONFIG" in refusal.long_message


def test_a_file_may_be_read_by_others_and_be_a_link(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text("issuer = 'x'")
    (tmp_path / "elsewhere.toml").chmod(0o644)
    paths.config.symlink_to(tmp_path / "elsewhere.toml")
    assert load(paths).issuer == "x"


@pytest.mark.parametrize("mode", [0o622, 0o666, 0o620])
def test_a_file_that_others_could_write_is_refused(paths: Paths, mode: int) -> None:
    paths.config.write_text("")
    paths.config.chmod(mode)
    with pytest.raises(MfactlError) as caught:
        load(paths)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS


def test_a_huge_file_is_not_read(paths: Paths) -> None:
    assert refusal_of(paths, "#" * (2 << 20)).code is Code.VAULT_PERMISSIONS
