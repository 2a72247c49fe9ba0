"""`audit`: what happened, and that it is all there."""

import json
import shutil
from pathlib import Path

import pytest

from mfactl.core import email_code
from mfactl.core.verdict import Happened
from tests.cli.program import DAY, EMAIL, HOUR, NOW, PASSWORD, Ada, Program
from tests.vault.vaults import edit, query


def kinds(program: Program, *arguments: str) -> list[str]:
    return [event["kind"] for event in program.ask("audit", "list", *arguments)["data"]]


def test_every_step_of_a_life_is_an_event(ada_with_totp: Ada) -> None:
    ada = ada_with_totp.at(NOW + 60)
    ada.ask("backup-codes", "regenerate", "--yes")
    ada.ask("mfa", "disable", "--yes")
    ada.ask("signout")
    assert kinds(ada) == [
        "vault_init",
        "sign_up",
        "code_handed_over",
        "sign_up_verify",
        "totp_add",
        "totp_verify",
        "backup_codes_regenerate",
        "totp_disable",
        "sign_out",
    ]


def test_a_refusal_is_an_event_with_its_code_and_the_tenth_says_that_it_locked(ada: Ada) -> None:
    other = ada.with_(MFACTL_CLIENT=str(ada.home / "other.toml"))
    for _ in range(10):
        other.ask("signin", EMAIL, "--password-stdin", stdin="wrong", status=5)
    other.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=6)
    events = ada.ask("audit", "list", "--kind", "sign_in")["data"]
    assert [event["code"] for event in events] == [
        *["form_password_or_identifier_incorrect"] * 10,
        "user_locked",
    ]
    assert [event["details"].get("locked") for event in events] == [*[None] * 9, True, None]


def test_a_mailed_code_that_has_no_try_left_is_no_lock(ada_signing_up: Ada) -> None:
    code = ada_signing_up.ask("outbox", "code", EMAIL)["code"]
    wrong = next(digits for digits in ("000000", "111111") if digits != code)
    for _ in range(email_code.TRIES):
        ada_signing_up.ask("verify", wrong, status=5)
    events = ada_signing_up.ask("audit", "list", "--kind", "sign_up_verify")["data"]
    assert [event["details"].get("locked") for event in events] == [None] * email_code.TRIES


def test_events_are_numbered_and_each_has_the_hash_that_the_chain_holds(ada: Ada) -> None:
    events = ada.ask("audit", "list")["data"]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    newest = ada.ask("audit", "verify")
    assert newest["line"] == f"{events[-1]['number']}:{events[-1]['hash']}"
    assert ada.ask("vault", "check")["head"] == newest["head"]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_list_is_whole_however_many_events_are_read_at_once(
    ada_with_totp: Ada, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for filters in ((), ("--account", EMAIL), ("--kind", "sign_up")):
        whole = ada_with_totp.ask("audit", "list", *filters)
        with monkeypatch.context() as patched:
            patched.setattr("mfactl.service.audit.PAGE_EVENTS", size)
            patched.setattr("mfactl.service.audit.MOST_REMEMBERED", 1)
            assert ada_with_totp.ask("audit", "list", *filters) == whole


@pytest.mark.parametrize("filters", [(), ("--account", EMAIL)], ids=["all", "of one"])
def test_the_newest_events_are_listed_in_their_order(ada: Ada, filters: tuple[str, ...]) -> None:
    whole = ada.ask("audit", "list", *filters)["data"]
    for most in (1, 2, len(whole), 1000):
        assert ada.ask("audit", "list", *filters, "--limit", str(most))["data"] == whole[-most:]


def test_the_help_of_the_list_names_every_kind(ada: Ada) -> None:
    shown = ada.here("audit", "list", "--help").out
    listed = shown[shown.index("KIND is one of: ") :].partition(".")[0]
    assert {word.strip(",") for word in listed.split()[4:]} == {kind.value for kind in Happened}


@pytest.mark.parametrize("account", ["a b@example.com", ""])
def test_an_account_that_is_no_address_and_no_id_is_2_or_nothing(ada: Ada, account: str) -> None:
    ended = ada.here("audit", "list", "--account", account, "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_format_invalid"])
    assert ada.ask("audit", "list", "--account", "user_nobody")["data"] == []


def test_an_address_without_an_account_is_found_but_never_written_down(ada: Ada) -> None:
    typed = "secret-password-typed@example.com"
    other = ada.with_(MFACTL_CLIENT=str(ada.home / "other.toml"))
    other.ask("signin", typed, "--password-stdin", stdin="wrong", status=5)
    found = ada.here("audit", "list", "--account", typed.upper(), "--json")
    (event,) = found.document["data"]
    assert (event["account_id"], event["email_address"]) == (None, None)
    assert event["address_id"] is not None
    everything = ada.here("audit", "list", "--json").out + ada.here("audit", "list").out
    assert "secret-password-typed" not in everything


def test_events_about_an_address_outlive_its_account(ada: Ada) -> None:
    before = ada.ask("audit", "list", "--account", EMAIL)["total_count"]
    ada.ask("admin", "delete", EMAIL, "--yes")
    events = ada.ask("audit", "list", "--account", EMAIL)["data"]
    assert [event["kind"] for event in events][before:] == ["admin_delete"]


def test_a_rotation_loses_nobodys_events(ada: Ada) -> None:
    before = ada.ask("audit", "list", "--account", EMAIL)["data"]
    ada.ask("vault", "rotate", "--yes")
    after = ada.ask("audit", "list", "--account", EMAIL)["data"]
    unchanged = [{k: v for k, v in event.items() if k != "address_id"} for event in before]
    assert [{k: v for k, v in event.items() if k != "address_id"} for event in after] == unchanged
    assert {event["address_id"] for event in before}.isdisjoint(
        event["address_id"] for event in after
    )


@pytest.mark.parametrize(
    ("since", "count"),
    [
        ("2026-01-01", 5),
        ("2026-01-01T00:00:01", 1),
        ("2026-01-01T01:00:00+01:00", 5),
        ("2026-01-01T02:00:00Z", 1),
        ("1h", 1),
        ("90m", 1),
        ("7d", 5),
        ("2026-01-02", 0),
    ],
)
def test_since_takes_a_date_a_time_or_an_age(ada: Ada, since: str, count: int) -> None:
    later = ada.at(NOW + 2 * HOUR)
    later.ask("signout")
    assert later.ask("audit", "list", "--since", since)["total_count"] == count


@pytest.mark.parametrize("since", ["yesterday", "5", "1y", "2026-13-01", "99999999999d", "-1h"])
def test_a_time_that_is_none_is_told(ada: Ada, since: str) -> None:
    ended = ada.here("audit", "list", f"--since={since}", "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_format_invalid"])


def test_a_kind_that_is_none_is_told_with_those_that_are(ada: Ada) -> None:
    ended = ada.here("audit", "list", "--kind", "sign_inn")
    assert ended.status == 2
    assert "sign_in" in ended.err


def test_jsonl_prints_each_event_as_a_line(ada: Ada) -> None:
    ended = ada.here("audit", "list", "--jsonl")
    documents = [json.loads(line) for line in ended.out.splitlines()]
    assert documents == ada.ask("audit", "list")["data"]


def test_a_line_for_people_says_when_what_and_who(ada_with_totp: Ada) -> None:
    lines = ada_with_totp.here("audit", "list").out.splitlines()
    assert lines[0].split() == ["1", "2026-01-01", "00:00:00", "UTC", "vault_init", "-", "test=yes"]
    assert lines[-1].split()[4:6] == ["totp_verify", EMAIL]
    assert ada_with_totp.here("audit", "list", "--kind", "vault_rotate").out == "No events match.\n"


def test_a_line_that_was_kept_is_found_again_after_a_rotation(ada: Ada) -> None:
    line = ada.here("audit", "verify").out.strip()
    ada.ask("signout")
    ada.ask("vault", "rotate", "--yes")
    ended = ada.here("audit", "verify", "--expect", line)
    assert ended.status == 0
    assert "is the one of the line that was kept" in ended.err


@pytest.mark.parametrize("number", [3, 99])
def test_a_line_of_another_history_is_told(ada: Ada, number: int) -> None:
    ended = ada.here("audit", "verify", "--expect", f"{number}:{'0' * 64}", "--json")
    assert (ended.status, ended.codes) == (9, ["vault_rolled_back"])


@pytest.mark.parametrize("line", ["", "x", "4", "4:abc", f"-1:{'0' * 64}", f"4:{'0' * 63}G"])
def test_a_line_that_is_none_is_told(ada: Ada, line: str) -> None:
    ended = ada.here("audit", "verify", f"--expect={line}", "--json")
    assert (ended.status, ended.codes) == (2, ["form_param_format_invalid"])


def test_a_whole_vault_put_back_is_seen_by_the_line_that_was_kept(ada: Ada, tmp_path: Path) -> None:
    old = shutil.copy(ada.vault, tmp_path / "yesterday.db")
    ada.ask("signout")
    line = ada.here("audit", "verify").out.strip()
    shutil.copy(old, ada.vault)
    elsewhere = ada.with_(MFACTL_CLIENT=str(ada.home / "has-seen-nothing.toml"))
    assert elsewhere.here("audit", "verify").status == 0
    ended = elsewhere.here("audit", "verify", "--expect", line, "--json")
    assert (ended.status, ended.codes) == (9, ["vault_rolled_back"])


TAMPERING = {
    "changed": "UPDATE event SET sealed = zeroblob(length(sealed)) WHERE number = 3",
    "taken out": "DELETE FROM event WHERE number = 2",
    "cut off": "DELETE FROM event WHERE number = 5",
    "moved": "UPDATE event SET number = 99 WHERE number = 2",
    "given to another": "UPDATE event SET subject = 'user_x' WHERE number = 4",
}


@pytest.mark.parametrize("how", TAMPERING)
def test_an_event_that_is_not_as_it_was_is_found(ada: Ada, how: str) -> None:
    ada.ask("admin", "unlock", EMAIL)
    assert query(ada.vault, "SELECT max(number) FROM event") == [(5,)]
    assert edit(ada.vault, TAMPERING[how]) == 1
    elsewhere = ada.with_(MFACTL_CLIENT=str(ada.home / "has-seen-nothing.toml"))
    ended = elsewhere.here("audit", "verify", "--json")
    assert (ended.status, ended.codes[0]) == (9, "vault_corrupt")


def test_two_events_that_changed_places_are_found(ada: Ada) -> None:
    edit(ada.vault, "UPDATE event SET number = -2 WHERE number = 2")
    edit(ada.vault, "UPDATE event SET number = 2 WHERE number = 3")
    edit(ada.vault, "UPDATE event SET number = 3 WHERE number = -2")
    ended = ada.here("audit", "verify", "--json")
    assert ended.status == 9
    named = [error["meta"] for error in ended.document["errors"]]
    assert {"kind": "event", "id": "2"} in named
    assert {"kind": "event", "id": "3"} in named


def test_a_damaged_account_does_not_hide_what_happened_to_it(ada: Ada) -> None:
    edit(ada.vault, "UPDATE record SET sealed = zeroblob(300) WHERE kind = 'account'")
    events = ada.ask("audit", "list")["data"]
    assert [event["email_address"] for event in events] == [None] * 4
    assert events[-1]["account_id"] is not None


def test_a_long_trail_is_read_in_pages_and_old_times_are_as_good_as_new(ada: Ada) -> None:
    guesser = ada.with_(MFACTL_CLIENT=str(ada.home / "guesser.toml"))
    for _ in range(3):
        guesser.here("verify", "123456")
    ada.at(NOW - DAY).here("admin", "unlock", EMAIL)
    events = ada.ask("audit", "list")["data"]
    assert [event["number"] for event in events] == list(range(1, 9))
    assert events[-1]["created_at"] < events[0]["created_at"]
