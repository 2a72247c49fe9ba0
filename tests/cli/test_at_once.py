"""A few processes at the same moment. The big races are the vault's own tests."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cli.program import COMMAND, EMAIL, NOW, PASSWORD, Ada, Ended, Program


def at_once(*commands: tuple[Program, tuple[str, ...], str]) -> list[Ended]:
    """Starts all commands, gives each its stdin once all have started, and waits for all."""
    running = [
        subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=program.environ,
        )
        for program, arguments, _ in commands
    ]

    def finish(place: int) -> Ended:
        out, err = running[place].communicate(commands[place][2].encode())
        return Ended(running[place].returncode, out.decode(), err.decode())

    with ThreadPoolExecutor(len(running)) as pool:
        return list(pool.map(finish, range(len(running))))


@pytest.mark.slow
def test_two_first_sign_ups_make_one_vault_and_both_go_on(nowhere: Program) -> None:
    other = nowhere.with_(MFACTL_CLIENT=str(nowhere.home / "other.toml"))
    arguments = ("--password-stdin", "--json")
    ended = at_once(
        (nowhere, ("signup", EMAIL, *arguments), PASSWORD),
        (other, ("signup", "grace@example.com", *arguments), PASSWORD),
    )
    assert [each.status for each in ended] == [3, 3], [each.err for each in ended]
    assert [each.document["status"] for each in ended] == ["missing_requirements"] * 2
    assert "".join(each.err for each in ended).count("Made a vault: ") == 1
    for program, address in ((nowhere, EMAIL), (other, "grace@example.com")):
        program.ask("verify", program.ask("outbox", "code", address)["code"])
    assert nowhere.ask("vault", "check")["records"]["accounts"] == 2
    left = {path.name for path in nowhere.home.iterdir()}
    assert left == {"vault.db", "vault.key", "client.toml", "other.toml", "outbox"}


@pytest.mark.slow
def test_two_first_sign_ups_of_one_client_leave_one_of_them_pending(nowhere: Program) -> None:
    arguments = ("--password-stdin", "--json")
    ended = at_once(
        (nowhere, ("signup", EMAIL, *arguments), PASSWORD),
        (nowhere, ("signup", "grace@example.com", *arguments), PASSWORD),
    )
    assert [each.status for each in ended] == [3, 3], [each.err for each in ended]
    pending = {EMAIL, "grace@example.com"}
    good = [
        address
        for address in pending
        if nowhere.here("verify", nowhere.ask("outbox", "code", address)["code"]).status == 0
    ]
    assert len(good) == 1
    assert nowhere.ask("account", "show")["email_addresses"][0]["email_address"] == good[0]
    nowhere.ask("vault", "check")


@pytest.mark.slow
def test_of_eight_that_give_one_code_one_signs_in(ada_signing_in: Ada) -> None:
    then = NOW + 60
    ada = ada_signing_in.at(then)
    code = ada_signing_in.app_code(then)
    clients = [ada.with_(MFACTL_CLIENT=str(ada.home / f"{place}.toml")) for place in range(8)]
    for client in clients:
        client.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    ended = at_once(*((client, ("verify", "-", "--json"), code) for client in clients))
    assert sorted(each.status for each in ended) == [0] + [5] * 7
    assert {each.codes[0] for each in ended if each.status == 5} == {"form_code_incorrect"}
    assert all("already used" in each.err for each in ended if each.status == 5)
    _nobody_is_locked(clients[0], ada_signing_in)


@pytest.mark.slow
def test_of_four_that_give_one_code_for_one_client_one_signs_in(ada_signing_in: Ada) -> None:
    then = NOW + 60
    ada = ada_signing_in.at(then)
    code = ada_signing_in.app_code(then)
    ended = at_once(*[(ada, ("verify", "-", "--json"), code)] * 4)
    statuses = [each.status for each in ended]
    assert statuses.count(0) == 1
    assert set(statuses) <= {0, 5, 7}
    assert ada.ask("account", "show")["backup_codes_remaining"] == 10
    _nobody_is_locked(ada, ada_signing_in)


def _nobody_is_locked(program: Program, ada: Ada) -> None:
    """The next code is taken, from a client of its own."""
    later = program.at(NOW + 90).with_(MFACTL_CLIENT=str(ada.home / "last.toml"))
    later.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert later.ask("verify", ada.app_code(NOW + 90))["status"] == "complete"
    assert later.ask("vault", "check")["status"] == "ok"
