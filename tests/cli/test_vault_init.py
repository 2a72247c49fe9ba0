"""`vault init`: what it makes, and what it refuses to make."""

from pathlib import Path

import pytest

from tests.cli.program import PASSPHRASE, Program


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE)
    path.chmod(0o600)
    return path


def test_a_passphrase_that_is_given_is_not_left_unused(
    nowhere: Program, passphrase_file: Path
) -> None:
    program = nowhere.with_(MFACTL_PASSPHRASE_FILE=str(passphrase_file))
    ended = program.here("vault", "init", "--test", "--json")
    assert (ended.status, ended.codes) == (2, ["usage_error"])
    assert not nowhere.vault.exists()


def test_a_passphrase_from_a_file_makes_a_vault_without_a_key_file(
    nowhere: Program, passphrase_file: Path
) -> None:
    program = nowhere.with_(MFACTL_PASSPHRASE_FILE=str(passphrase_file))
    ended = program.here("vault", "init", "--test", "--passphrase", "--json")
    assert ended.status == 0
    assert [slot["kind"] for slot in ended.document["slots"]] == ["passphrase"]
    assert ended.document["key_file"] is None
    assert not (nowhere.home / "vault.key").exists()
    assert program.here("vault", "check").status == 0


def test_a_first_sign_up_makes_no_key_file_for_somebody_who_gives_a_passphrase(
    nowhere: Program, passphrase_file: Path
) -> None:
    program = nowhere.with_(MFACTL_PASSPHRASE_FILE=str(passphrase_file))
    ended = program.here(
        "signup", "ada@example.com", "--password-stdin", "--json", stdin="correct horse battery"
    )
    assert (ended.status, ended.codes) == (8, ["vault_not_found"])
    assert not nowhere.home.exists()


def test_a_passphrase_for_a_vault_that_has_a_key_file_is_8(
    nowhere: Program, passphrase_file: Path
) -> None:
    nowhere.here("vault", "init", "--test")
    program = nowhere.with_(MFACTL_PASSPHRASE_FILE=str(passphrase_file))
    ended = program.here("vault", "status", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])


def test_a_weak_passphrase_is_refused_with_what_would_be_better(nowhere: Program) -> None:
    ended = nowhere.with_(MFACTL_PASSPHRASE="password1").here(
        "vault", "init", "--passphrase", "--json"
    )
    assert (ended.status, ended.codes) == (2, ["form_password_not_strong_enough"])
    meta = ended.document["errors"][0]["meta"]
    assert meta["param_name"] == "passphrase"
    assert all(hint["code"] and hint["message"] for hint in meta["zxcvbn"]["suggestions"])
    assert not nowhere.vault.exists()


def test_whoever_names_a_key_file_is_told_that_every_command_needs_it(nowhere: Program) -> None:
    key = nowhere.home.parent / "elsewhere.key"
    ended = nowhere.here("vault", "init", "--test", "--key-file", str(key))
    assert f"MFACTL_KEY_FILE={key}" in ended.err
    assert nowhere.with_(MFACTL_KEY_FILE=str(key)).here("vault", "check").status == 0
    assert nowhere.here("vault", "check").status == 8
