"""`vault slots` and `vault rotate`: the ways to unlock a vault, and the key behind them."""

from pathlib import Path

import pytest

from tests.cli.program import EMAIL, NOW, PASSPHRASE, PASSWORD, Ada, Program
from tests.vault.vaults import edit

OTHER_PASSPHRASE = "seven slow rivers under ice"


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    return private(tmp_path / "passphrase", PASSPHRASE)


@pytest.fixture
def both(ada: Ada, passphrase_file: Path) -> Ada:
    """A vault with the key file that it was made with, and a passphrase."""
    ada.ask("vault", "slots", "add", "--new-passphrase-file", str(passphrase_file))
    return ada


def by_passphrase(program: Program, path: Path) -> Program:
    return program.with_(MFACTL_PASSPHRASE_FILE=str(path))


def slot_ids(program: Program) -> dict[str, str]:
    """The ids of the slots by their kind."""
    return {slot["kind"]: slot["id"] for slot in program.ask("vault", "slots", "list")["data"]}


def test_a_vault_opens_with_each_of_its_slots(both: Ada, passphrase_file: Path) -> None:
    assert list(slot_ids(both)) == ["key_file", "passphrase"]
    assert by_passphrase(both, passphrase_file).ask("account", "show")["object"] == "user"
    assert both.ask("account", "show")["object"] == "user"


def test_a_passphrase_may_come_from_stdin(ada: Ada, passphrase_file: Path) -> None:
    added = ada.ask("vault", "slots", "add", "--new-passphrase-stdin", stdin=PASSPHRASE)
    assert (added["object"], added["kind"]) == ("slot", "passphrase")
    assert by_passphrase(ada, passphrase_file).ask("vault", "status")["unlocked_with"] == (
        "passphrase"
    )


def test_a_new_key_file_is_made_and_opens(ada: Ada, tmp_path: Path) -> None:
    path = tmp_path / "second.key"
    ended = ada.here("vault", "slots", "add", "--key-file", str(path))
    assert ended.status == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert ada.with_(MFACTL_KEY_FILE=str(path)).ask("vault", "check")["status"] == "ok"


def test_a_slot_that_was_removed_opens_nothing_more(both: Ada, passphrase_file: Path) -> None:
    removed = both.ask("vault", "slots", "remove", slot_ids(both)["passphrase"], "--yes")
    assert (removed["object"], removed["deleted"]) == ("slot", True)
    ended = by_passphrase(both, passphrase_file).here("vault", "status", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])


def test_the_slot_in_use_may_be_removed_while_another_is_left(
    both: Ada, passphrase_file: Path
) -> None:
    both.ask("vault", "slots", "remove", slot_ids(both)["key_file"], "--yes")
    assert both.here("vault", "status").status == 8
    assert by_passphrase(both, passphrase_file).ask("account", "show")["object"] == "user"


def test_the_last_slot_stays(ada: Ada) -> None:
    (identifier,) = slot_ids(ada).values()
    ended = ada.here("vault", "slots", "remove", identifier, "--yes", "--json")
    assert (ended.status, ended.codes) == (7, ["vault_last_slot"])
    assert ada.ask("account", "show")["object"] == "user"
    refused = ada.ask("audit", "list", "--kind", "slot_remove")["data"]
    assert [event["code"] for event in refused] == ["vault_last_slot"]


def test_a_slot_that_is_not_there_is_not_found(ada: Ada) -> None:
    ended = ada.here("vault", "slots", "remove", "slot_nowhere", "--yes", "--json")
    assert (ended.status, ended.codes) == (7, ["resource_not_found"])


def test_there_is_an_end_to_slots(ada: Ada, tmp_path: Path) -> None:
    for number in range(15):
        ada.ask("vault", "slots", "add", "--key-file", str(tmp_path / f"{number}.key"))
    path = tmp_path / "too-many.key"
    ended = ada.here("vault", "slots", "add", "--key-file", str(path), "--json")
    assert (ended.status, ended.codes) == (7, ["vault_slots_full"])
    assert not path.exists()
    assert ada.ask("vault", "slots", "list")["total_count"] == 16


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--passphrase", "--keyring"),
        ("--keyring", "--key-file", "x"),
        ("--new-passphrase-stdin", "--new-passphrase-file", "x"),
    ],
)
def test_one_way_is_added_at_a_time(ada: Ada, options: tuple[str, ...]) -> None:
    ended = ada.here("vault", "slots", "add", *options, "--json", stdin=PASSPHRASE)
    assert (ended.status, ended.codes) == (2, ["usage_error"])


def test_a_passphrase_that_nobody_can_be_asked_for_is_named(ada: Ada) -> None:
    ended = ada.here("vault", "slots", "add", "--passphrase", "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert "--new-passphrase-file" in ended.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("short", "form_password_length_too_short"),
        ("password1", "form_password_not_strong_enough"),
        ("a" * 2000, "form_password_length_too_long"),
        ("a" * (1 << 20), "form_password_length_too_long"),
        ("", "form_param_missing"),
    ],
)
def test_a_bad_passphrase_changes_nothing(ada: Ada, text: str, code: str) -> None:
    ended = ada.here("vault", "slots", "add", "--new-passphrase-stdin", "--json", stdin=text)
    assert (ended.status, ended.codes) == (2, [code])
    assert ada.ask("vault", "status")["generation"] == 1


# --- the keyring


@pytest.fixture
def with_keyring(ada: Ada, tmp_path: Path) -> Ada:
    """A keyring that is a file, as the library's own choice of a desktop's would be there."""
    pytest.importorskip("keyrings.alt", reason="the development environment has it")
    return ada.with_(
        PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring",
        XDG_DATA_HOME=str(tmp_path / "data"),
    )


NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.mark.slow
def test_a_vault_opens_from_the_keyring_and_only_with_it(with_keyring: Ada) -> None:
    added = with_keyring.start("vault", "slots", "add", "--keyring", "--json")
    assert added.document["kind"] == "keyring"
    (with_keyring.home / "vault.key").unlink()
    assert with_keyring.start("vault", "status", "--json").document["unlocked_with"] == "keyring"
    ended = with_keyring.with_(**NO_KEYRING).start("vault", "status", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_locked"])


@pytest.mark.slow
def test_a_keyring_slot_goes_with_what_the_keyring_held(with_keyring: Ada, tmp_path: Path) -> None:
    added = with_keyring.start("vault", "slots", "add", "--keyring", "--json").document
    kept = next((tmp_path / "data").rglob("*.cfg"))
    assert "slot" in kept.read_text()
    ended = with_keyring.start("vault", "slots", "remove", added["id"], "--yes")
    assert ended.status == 0
    assert "slot" not in kept.read_text()


@pytest.mark.slow
def test_a_rotation_keeps_the_keyrings_slot_where_the_keyring_answers(with_keyring: Ada) -> None:
    with_keyring.start("vault", "slots", "add", "--keyring")
    rotated = with_keyring.start("vault", "rotate", "--yes", "--json").document
    assert [slot["kind"] for slot in rotated["slots"]] == ["key_file", "keyring"]
    rotated = with_keyring.with_(**NO_KEYRING).start("vault", "rotate", "--yes", "--json").document
    assert [slot["kind"] for slot in rotated["dropped_slots"]] == ["keyring"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "no.such.Keyring"])
def test_a_keyring_that_is_not_there_changes_nothing(ada: Ada, backend: str) -> None:
    ended = ada.with_(PYTHON_KEYRING_BACKEND=backend).start(
        "vault", "slots", "add", "--keyring", "--json"
    )
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert ada.ask("vault", "status")["generation"] == 1


@pytest.mark.slow
def test_without_the_library_the_keyring_is_told_to_be_missing(ada: Ada, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "keyring.py").write_text("raise ImportError")
    ended = ada.with_(PYTHONPATH=str(hidden)).start("vault", "slots", "add", "--keyring", "--json")
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert "mfactl[keyring]" in ended.err


# --- rotation


def test_passwords_apps_and_old_backup_codes_outlive_a_rotation(ada_with_totp: Ada) -> None:
    ada = ada_with_totp
    generation = ada.ask("vault", "rotate", "--yes")["generation"]
    assert generation == 2
    assert ada.ask("account", "show")["totp_enabled"] is True, "sessions go on"
    later = ada.at(NOW + 60)
    later.ask("signout")
    later.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert later.ask("verify", ada.backup_codes[3])["status"] == "complete"
    later.ask("signout")
    later.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert later.ask("verify", ada.app_code(NOW + 60))["status"] == "complete"
    assert later.ask("vault", "check")["status"] == "ok"


def test_a_rotation_keeps_the_slots_whose_secrets_are_at_hand(
    both: Ada, passphrase_file: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.key"
    both.ask("vault", "slots", "add", "--key-file", str(second))
    secrets = ("--passphrase-file", str(passphrase_file), "--key-file", str(second))
    rotated = both.ask("vault", "rotate", *secrets, "--yes")
    assert [slot["kind"] for slot in rotated["slots"]] == ["key_file", "passphrase", "key_file"]
    assert rotated["dropped_slots"] == []
    assert by_passphrase(both, passphrase_file).ask("account", "show")["object"] == "user"
    assert both.with_(MFACTL_KEY_FILE=str(second)).ask("account", "show")["object"] == "user"


def test_a_rotation_that_would_drop_a_slot_says_so_and_needs_a_yes(both: Ada) -> None:
    identifier = slot_ids(both)["passphrase"]
    ended = both.here("vault", "rotate", "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_missing"])
    assert identifier in ended.err
    assert both.ask("vault", "status")["generation"] == 2
    rotated = both.ask("vault", "rotate", "--yes")
    assert [slot["id"] for slot in rotated["dropped_slots"]] == [identifier]
    assert list(slot_ids(both)) == ["key_file"]
    (event,) = both.ask("audit", "list", "--kind", "vault_rotate")["data"]
    assert event["details"] == {"dropped_slots": [identifier]}


def test_a_secret_of_no_slot_is_not_taken_for_one(both: Ada, tmp_path: Path) -> None:
    wrong = private(tmp_path / "wrong", OTHER_PASSPHRASE)
    ended = both.here("vault", "rotate", "--passphrase-file", str(wrong), "--yes", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])
    assert f"The passphrase in {wrong} opens no slot" in ended.err
    other = tmp_path / "other.key"
    Program(tmp_path / "elsewhere").ask("vault", "init", "--key-file", str(other))
    ended = both.here("vault", "rotate", "--key-file", str(other), "--yes", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])
    assert len(slot_ids(both)) == 2


def test_a_secret_that_opens_already_gets_no_second_slot(
    both: Ada, passphrase_file: Path, tmp_path: Path
) -> None:
    """Else it would open the vault after its slot was removed."""
    ids = slot_ids(both)
    added = both.ask("vault", "slots", "add", "--key-file", str(both.home / "vault.key"))
    assert added["id"] == ids["key_file"]
    ended = both.here("vault", "slots", "add", "--new-passphrase-file", str(passphrase_file))
    assert ended.status == 0
    assert ended.out == f"That opens the vault already: {ids['passphrase']} (passphrase).\n"
    assert slot_ids(both) == ids


def test_a_key_file_goes_where_there_is_a_directory_and_nowhere_else(
    ada: Ada, tmp_path: Path
) -> None:
    """A stick that is not there: the key would land beside the vault's disk."""
    ended = ada.here("vault", "slots", "add", "--key-file", str(tmp_path / "stick/k"), "--json")
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert "There is no directory" in ended.err
    assert not (tmp_path / "stick").exists()


@pytest.mark.slow
def test_a_key_file_of_a_slot_that_came_to_nothing_stays_and_is_used_the_next_time(
    ada: Ada, tmp_path: Path
) -> None:
    """Somebody else may have added a slot for it: nobody removes a key."""
    path, size = tmp_path / "second.key", ada.vault.stat().st_size
    ended = ada.start(
        "vault",
        "slots",
        "add",
        "--key-file",
        str(path),
        "--json",
        prefix=("prlimit", "--fsize=4096"),
    )
    assert (ended.status, ended.codes) == (11, ["io_error"])
    assert ada.vault.stat().st_size == size
    made = path.read_bytes()
    ada.ask("vault", "slots", "add", "--key-file", str(path))
    assert path.read_bytes() == made
    assert ada.with_(MFACTL_KEY_FILE=str(path)).ask("vault", "check")["status"] == "ok"


@pytest.mark.slow
def test_of_several_who_add_one_key_file_at_once_nobody_loses_it(ada: Ada, tmp_path: Path) -> None:
    path = tmp_path / "second.key"
    add = f"mfactl vault slots add --key-file {path} -q > /dev/null & "
    assert ada.shell(add * 6 + "wait").status == 0
    assert ada.with_(MFACTL_KEY_FILE=str(path)).ask("vault", "check")["status"] == "ok"


def test_what_is_no_key_file_is_told_without_alarm(ada: Ada, tmp_path: Path) -> None:
    path = private(tmp_path / "notes.txt", "Dear diary")
    for words in (("slots", "add"), ("rotate", "--yes")):
        ended = ada.here("vault", *words, "--key-file", str(path), "--json")
        assert (ended.status, ended.codes) == (8, ["vault_key_incorrect"])
        assert "notes.txt is not a whole key file" in ended.err


def test_a_key_file_that_is_not_there_is_told_before_anything_is_done(
    ada: Ada, tmp_path: Path
) -> None:
    ended = ada.here("vault", "rotate", "--key-file", str(tmp_path / "no.key"), "--yes", "--json")
    assert (ended.status, ended.codes) == (8, ["vault_locked"])
    assert ada.ask("vault", "status")["generation"] == 1


def test_a_damaged_vault_is_not_rotated(ada: Ada) -> None:
    ada.ask("admin", "unlock", EMAIL)
    edit(ada.vault, "UPDATE event SET sealed = zeroblob(300) WHERE number = 2")
    before = ada.vault.read_bytes()
    ended = ada.here("vault", "rotate", "--yes", "--json")
    assert (ended.status, ended.codes[0]) == (9, "vault_corrupt")
    assert ended.document["errors"][0]["meta"] == {"kind": "event", "id": "2"}
    assert ada.vault.read_bytes() == before
