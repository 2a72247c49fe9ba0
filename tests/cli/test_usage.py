"""What is said to somebody who has misspelt something, or has named a group alone."""

import pytest

from tests.cli.program import Program
from tests.cli.test_help import EVERYTHING, found

GROUPS = [path for path in EVERYTHING if hasattr(found(path), "commands")]


@pytest.mark.parametrize("path", [(), *GROUPS], ids=" ".join)
def test_a_group_alone_shows_its_help(nowhere: Program, path: tuple[str, ...]) -> None:
    shown = nowhere.here(*path, "--help")
    assert nowhere.here(*path) == shown
    assert nowhere.here("--quiet", *path) == shown
    assert not nowhere.home.exists()


@pytest.mark.parametrize("how", [("--json",), ("--field", "status")], ids=" ".join)
def test_a_group_alone_is_an_error_to_a_program(nowhere: Program, how: tuple[str, ...]) -> None:
    for arguments in (("mfa", *how), (*how, "mfa"), how):
        ended = nowhere.here(*arguments)
        assert ended.status == 2
        assert "Usage:" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("acount", "show"), "account"),
        (("mfa", "ad"), "add"),
        (("vault", "slots", "lst"), "list"),
        (("login",), "signin"),
        (("mfa", "confirm"), "verify"),
        (("signup", "--pasword-stdin", "x"), "--password-stdin"),
        (("--jsn",), "--json"),
        (("mfa", "--quite"), "--quiet"),
        (("mfa", "add", "--format", "qrr"), "qr"),
        (("audit", "list", "--kind=sign-in"), "sign_in"),
        (("completion", "bsh"), "bash"),
        (("help", "exitcodes"), "exit-codes"),
        (("help", "acount"), "account"),
        (("help", "vault", "initt"), "init"),
        (("help", "register"), "signup"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_misspelt_is_answered_with_what_was_meant(
    nowhere: Program, arguments: tuple[str, ...], meant: str
) -> None:
    ended = nowhere.here(*arguments)
    assert ended.status == 2
    assert f"Did you mean '{meant}'" in ended.err.splitlines()[0]
    assert nowhere.here(*arguments, "--json").codes == ["usage_error"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("qqq",),
        ("--qqq",),
        ("--client",),
        ("audit", "list", "--tail"),
        ("mfa", "add", "--format", "7"),
        ("help", "qqq"),
        ("help", "totp", "x"),
    ],
    ids=" ".join,
)
def test_what_is_like_nothing_is_only_refused(nowhere: Program, arguments: tuple[str, ...]) -> None:
    ended = nowhere.here(*arguments)
    assert ended.status == 2
    assert "Did you mean" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "list", "--kind"),
        ("mfa", "add", "--field"),
        ("signin", "--password-file"),
        ("vault", "check", "--vault"),
        ("admin", "list", "--limit", "many"),
        ("verify", "--no-such-option"),
    ],
    ids=" ".join,
)
def test_an_option_used_wrongly_names_the_help_of_its_command(
    nowhere: Program, arguments: tuple[str, ...]
) -> None:
    command = " ".join(word for word in arguments if word.isalpha() and word != "many")
    ended = nowhere.here(*arguments)
    assert ended.status == 2
    assert ended.err.splitlines()[-1] == f"Run: mfactl {command} --help"
