"""Where nothing can be written, nothing is told: no verdict leaves before it is stored."""

import tomllib
from pathlib import Path

import pytest

from tests.cli.program import EMAIL, NOW, PASSWORD, Ada

WRONG_PASSWORD = "incorrect horse battery staple"

# What a full disk does, for every file: nothing may grow past so many kilobytes.
FULL = ("bash", "-c", 'ulimit -f 0; exec "$0" "$@"')
ALMOST_FULL = ("bash", "-c", 'ulimit -f 16; exec "$0" "$@"')


def attempts_left(ada: Ada) -> int:
    return int(ada.ask("account", "show")["verification_attempts_remaining"])


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_disk_does_not_tell_a_right_password_from_a_wrong_one(
    ada_with_totp: Ada, tmp_path: Path, form: tuple[str, ...]
) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    stranger = ada_with_totp.with_(MFACTL_CLIENT=str(tmp_path / "elsewhere" / "client.toml"))
    right, wrong = (
        stranger.start("signin", EMAIL, "--password-stdin", *form, stdin=password, prefix=FULL)
        for password in (PASSWORD, WRONG_PASSWORD)
    )
    assert right.status == 11
    assert right == wrong


def test_a_full_disk_does_not_tell_a_right_code_from_a_wrong_one(ada_signing_in: Ada) -> None:
    ada = ada_signing_in
    client = ada.home / "client.toml"
    before = client.read_bytes()
    answers, tokens = [], []
    for code in (ada.app_code(), ada.wrong_code()):
        client.write_bytes(before)
        answers.append(ada.start("verify", "-", stdin=code, prefix=ALMOST_FULL))
        (vault,) = tomllib.loads(client.read_text()).values()
        tokens.append(len(vault["tokens"]))
    assert answers[0].status == 11
    assert answers[0] == answers[1]
    assert tokens == [2, 2]  # what the client file holds tells nothing either


def test_a_full_disk_does_not_tell_a_right_current_password_by_what_it_asks_next(ada: Ada) -> None:
    weak = ada.home / "weak"
    weak.write_text("password")
    arguments = ("account", "password", "--password-stdin", "--new-password-file", str(weak))
    right, wrong = (
        ada.start(*arguments, stdin=password, prefix=FULL)
        for password in (PASSWORD, WRONG_PASSWORD)
    )
    assert right.status == 11
    assert right == wrong


def test_what_could_not_be_stored_is_not_counted_and_what_can_be_is(ada: Ada) -> None:
    left = attempts_left(ada)
    ada.ask("signout")
    ada.start("signin", EMAIL, "--password-stdin", stdin=WRONG_PASSWORD, prefix=FULL)
    ada.at(NOW + 1).start("signin", EMAIL, "--password-stdin", stdin=WRONG_PASSWORD)
    ada.at(NOW + 2).start("verify", "000000")
    again = ada.at(NOW + 3)
    again.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    assert left == attempts_left(again) == 10  # a complete sign-in clears it
    assert again.ask("vault", "check")["status"] == "ok"
