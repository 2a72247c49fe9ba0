"""`config`: looking at the settings and changing them."""

import tomllib
from pathlib import Path

import pytest

from mfactl.config import KINDS
from tests.cli.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "home")


@pytest.fixture
def config(program: Program) -> Path:
    return program.home / "config.toml"


def written(config: Path, text: str | bytes) -> Path:
    config.parent.mkdir(mode=0o700, exist_ok=True)
    config.write_bytes(text.encode() if isinstance(text, str) else text)
    return config


def test_the_path_is_told_whether_there_is_a_file_or_not(program: Program, config: Path) -> None:
    assert program.here("config", "path").out == f"{config}\n"
    assert program.ask("config", "path")["exists"] is False
    written(config, "what is in it does not matter here")
    assert program.ask("config", "path") == {
        "object": "config",
        "path": str(config),
        "exists": True,
    }


def test_every_setting_is_listed_with_its_value_its_source_and_its_bounds(
    program: Program, config: Path
) -> None:
    written(config, "issuer = 'Acme'\n[session]\nlifetime = 3600\n")
    found = {each["key"]: each for each in program.ask("config", "list")["data"]}
    assert list(found) == sorted(KINDS)
    assert found["issuer"] == {
        "object": "setting",
        "key": "issuer",
        "value": "Acme",
        "default": "mfactl",
        "source": "file",
        "wanted": "1 to 64 characters without a colon",
    }
    lifetime, idle = found["session.lifetime"], found["session.idle"]
    assert (lifetime["value"], lifetime["source"]) == (3600, "file")
    assert (idle["value"], idle["source"]) == (None, "default")
    lines = program.here("config", "list").out.splitlines()
    assert len(lines) == len(found)
    assert lines[0].split()[:3] == ["issuer", "Acme", "file"]


def test_one_setting_is_printed_bare(program: Program, config: Path) -> None:
    assert program.here("config", "get", "session.lifetime").out == "604800\n"
    ended = program.here("config", "get", "session.idle")
    assert (ended.status, ended.out, ended.err) == (0, "", "session.idle is not set.\n")
    written(config, "issuer = 'Acme'")
    assert program.here("config", "get", "issuer").out == "Acme\n"
    assert program.ask("config", "get", "mail.security")["default"] == "starttls"


def test_a_setting_that_is_set_counts_and_one_that_is_unset_does_not(
    program: Program, config: Path
) -> None:
    ended = program.here("config", "set", "session.lifetime", "3600")
    assert (ended.status, ended.out) == (0, "session.lifetime is 3600\n")
    assert str(config) in ended.err
    assert config.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(config.read_text()) == {"session": {"lifetime": 3600}}
    (unset,) = program.ask("config", "unset", "session.lifetime")["data"]
    assert (unset["value"], unset["source"]) == (604800, "default")
    assert tomllib.loads(config.read_text()) == {}
    assert program.ask("config", "unset", "session.lifetime")["total_count"] == 1


def test_several_are_set_together_or_none_of_them(
    program: Program, config: Path, tmp_path: Path
) -> None:
    words = ("mail.user", "ada", "mail.password_file", str(tmp_path / "password"))
    assert program.here("config", "set", *words[:2]).status == 10
    assert program.here("config", "set", *words, "mail.security", "ssl").status == 10
    assert not config.exists()
    assert program.ask("config", "set", *words)["total_count"] == 2
    assert program.here("config", "unset", "mail.user").status == 10
    assert program.ask("config", "unset", "mail.user", "mail.password_file")["total_count"] == 2


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("session.lifetime", "604801", "session.lifetime has to be 60 to 604800 seconds"),
        ("session.lifetime", "59", "has to be 60 to"),
        ("session.lifetime", "one day", "has to be 60 to"),
        ("session.lifetime", "9" * 40, "has to be 60 to"),
        ("session.lifetime", "-1", "No such option"),
        ("password.min_score", "1", "has to be 2 to 4"),
        ("issuer", "a:b", "without a colon"),
        ("issuer", "a\nb", "without a colon"),
        ("mail.transport", "pigeon", '"maildir" or "smtp"'),
        ("mail.transport", "smtp", "there is no mail.host"),
        ("mail.port", "0", "has to be 1 to 65535"),
        ("mail.password_file", "relative", "a path from / on"),
        ("mail.host", "two words", "the name or address of a server"),
    ],
)
def test_a_value_that_no_command_would_take_changes_nothing(
    program: Program, config: Path, key: str, value: str, told: str
) -> None:
    before = written(config, "issuer = 'Acme'\n").read_bytes()
    ended = program.here("config", "set", key, value, "--json")
    assert ended.status == (2 if value == "-1" else 10)
    assert told in ended.err
    assert "line" not in ended.document["errors"][0]["meta"], "it is in no file"
    assert config.read_bytes() == before


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "mail.example.com"])
def test_a_password_goes_in_the_clear_to_this_machine_only(program: Program, host: str) -> None:
    words = ("mail.host", host, "mail.security", "none", "mail.user", "ada")
    ended = program.here("config", "set", *words, "mail.password_file", "/etc/mail-password")
    assert ended.status == (10 if "example" in host else 0)


def test_a_misspelt_setting_is_answered_with_the_right_one(program: Program) -> None:
    for words in (("get", "isuer"), ("set", "isuer", "x"), ("unset", "isuer")):
        ended = program.here("config", *words, "--json")
        assert (ended.status, ended.codes) == (2, ["usage_error"])
        assert "Did you mean 'issuer'?" in ended.err
    assert "Did you mean" not in program.here("config", "get", "totally.different").err


def test_an_error_of_the_file_names_its_line(program: Program, config: Path) -> None:
    written(config, "# mine\nissuer = 'Acme'\n\n[session]\nlifetime = 10\n")
    ended = program.here("account", "show", "--json")
    assert (ended.status, ended.codes) == (10, ["config_invalid"])
    assert ended.document["errors"][0]["meta"] == {"path": str(config), "line": 5}
    assert f"{config}, line 5: session.lifetime has to be" in ended.err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("isuer = 'x'", 1),
        ("\n'isuer' = 'x'", 2),
        ("session.lifetime = 1", 1),
        ("[ session ] # mine\n\n 'lifetime'=1", 3),
        ("[session]\nidle = 60\n[mail]\nport = 0", 4),
        ("[session]\nlifetime = 60\nidle = 600", 3),
        ("[mail]\nuser = 'ada'", 2),
        ("[totp]\nwindow = 9", 2),
        ("mail = { port = 0 }", 1),
        ('"session"."lifetime" = 0', 1),
        ('[session]\n"life\\u0074ime" = 0', None),
    ],
)
def test_the_line_is_the_one_that_is_wrong(
    program: Program, config: Path, text: str, line: int | None
) -> None:
    written(config, text)
    ended = program.here("account", "show", "--json")
    assert ended.document["errors"][0]["meta"].get("line") == line


def test_a_file_that_is_wrong_can_be_put_right_with_the_command(
    program: Program, config: Path
) -> None:
    written(config, "isuer = 'x'\n[session]\nlifetime = 1\n")
    assert program.here("config", "list").status == 10
    ended = program.here("config", "set", "session.lifetime", "60")
    assert ended.status == 10
    assert "there is no setting isuer" in ended.err
    assert program.here("config", "unset", "isuer").status == 10
    assert program.ask("config", "unset", "isuer", "session.lifetime")["total_count"] == 1
    assert program.ask("config", "list")["total_count"] == len(KINDS)


def test_a_setting_where_a_table_should_be_can_be_taken_out(program: Program, config: Path) -> None:
    written(config, "session = 60\n")
    ended = program.here("config", "set", "session.lifetime", "60")
    assert (ended.status, "mfactl config unset session" in ended.err) == (10, True)
    assert program.here("config", "unset", "session").status == 0
    assert program.here("config", "set", "session.lifetime", "60").status == 0


def test_that_comments_are_lost_is_said(program: Program, config: Path) -> None:
    written(config, "# why it is so\nissuer = 'Acme'\n")
    ended = program.here("config", "set", "issuer", "Other")
    assert (ended.status, "are not kept" in ended.err) == (0, True)
    assert "not kept" not in program.here("config", "set", "issuer", "Third").err


def test_a_link_to_a_file_elsewhere_stays_one(
    program: Program, config: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("issuer = 'Acme'\n")
    config.parent.mkdir(mode=0o700)
    config.symlink_to(elsewhere)
    program.ask("config", "set", "issuer", "Other")
    assert config.is_symlink()
    assert tomllib.loads(elsewhere.read_text()) == {"issuer": "Other"}


@pytest.mark.parametrize("text", [b"issuer: mfactl\n", b"x = " + b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_toml_is_not_changed(program: Program, config: Path, text: bytes) -> None:
    written(config, text)
    ended = program.here("config", "set", "issuer", "x", "--json")
    assert (ended.status, ended.codes) == (10, ["config_invalid"])
    assert config.read_bytes() == text


def test_a_byte_order_mark_counts_for_nothing(program: Program, config: Path) -> None:
    written(config, b"\xef\xbb\xbfissuer = 'Acme'\n")
    assert program.ask("config", "get", "issuer")["value"] == "Acme"
    program.ask("config", "set", "mail.port", "25")
    assert tomllib.loads(config.read_text())["issuer"] == "Acme"


def test_a_directory_in_its_place_is_told(program: Program, config: Path) -> None:
    config.mkdir(parents=True, mode=0o700)
    for words in (("list",), ("set", "issuer", "x")):
        ended = program.here("config", *words, "--json")
        assert (ended.status, ended.codes) == (11, ["vault_permissions"])


def test_a_file_that_others_can_write_is_refused(program: Program, config: Path) -> None:
    written(config, "issuer = 'Acme'\n").chmod(0o666)
    ended = program.here("config", "set", "issuer", "x", "--json")
    assert (ended.status, ended.codes) == (11, ["vault_permissions"])


@pytest.mark.slow
def test_a_full_disk_changes_nothing(program: Program, config: Path) -> None:
    before = written(config, "issuer = 'Acme'\n").read_bytes()
    ended = program.start("config", "set", "issuer", "x", "--json", prefix=("prlimit", "--fsize=1"))
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert config.read_bytes() == before
    assert [entry.name for entry in config.parent.iterdir()] == ["config.toml"]


@pytest.mark.slow
def test_of_twenty_who_change_it_at_once_nobody_is_lost(program: Program, config: Path) -> None:
    words = ["password.min_length", "mail.port", "mail.timeout", "session.idle"]
    script = "".join(
        f"mfactl config set {key} {value} -q > /dev/null & "
        for value in range(60, 65)
        for key in words
    )
    assert program.shell(script + "wait").status == 0
    assert program.ask("config", "list")["total_count"] == len(KINDS)
    said = tomllib.loads(config.read_text())
    assert {f"{table}.{name}" for table, names in said.items() for name in names} == {*words}


def test_a_named_file_is_made_where_it_is_named(program: Program, tmp_path: Path) -> None:
    named = program.with_(MFACTL_CONFIG=str(tmp_path / "own" / "my.toml"))
    assert named.here("config", "list").status == 10
    assert named.here("config", "set", "issuer", "Acme").status == 0
    assert named.ask("config", "get", "issuer")["value"] == "Acme"
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


def test_a_table_of_settings_is_no_setting_and_stays(program: Program, config: Path) -> None:
    written(config, '[mail]\nhost = "smtp.example.com"\n')
    ended = program.here("config", "unset", "mail")
    assert (ended.status, "There is no setting mail." in ended.err) == (2, True)
    assert tomllib.loads(config.read_text()) == {"mail": {"host": "smtp.example.com"}}


def test_a_file_that_is_too_deep_to_be_written_is_told_and_left(
    program: Program, config: Path
) -> None:
    deep = "a = " + "[" * 300 + "1" + "]" * 300
    written(config, deep)
    ended = program.here("config", "set", "issuer", "x")
    assert (ended.status, "is too deep to be changed" in ended.err) == (10, True)
    assert config.read_text() == deep
