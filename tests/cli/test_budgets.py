"""What a command costs the vault is what `budgets.py` says: facts, and no times."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.budgets import BUDGETS, Budget, counted
from tests.cli.program import EMAIL, NOW, PASSWORD, Ada, Program

COMMAND = (sys.executable, "-m", "mfactl")


@pytest.fixture
def ada_out(ada_with_totp: Ada) -> Ada:
    """Ada, who has an authenticator app, is signed out."""
    ada_with_totp.ask("signout")
    return ada_with_totp


@pytest.fixture
def ada_enrolling(ada: Ada) -> Ada:
    """Ada has put a secret into her app, and has to confirm it."""
    return replace(ada, secret=ada.ask("mfa", "add")["secret"])


def _arguments(ada: Ada, budget: Budget) -> list[str]:
    if "CODE" not in budget.arguments:
        return [*budget.arguments]
    code = ada.app_code(NOW + 30) if ada.secret else ada.ask("outbox", "code", EMAIL)["code"]
    return [code if word == "CODE" else word for word in budget.arguments]


def _moment(budget: Budget) -> int:
    return NOW + 30 if budget.state == "ada_signing_in" else NOW


@pytest.mark.parametrize("name", BUDGETS)
def test_a_command_runs_so_many_statements(request: pytest.FixtureRequest, name: str) -> None:
    budget = BUDGETS[name]
    ada: Ada = request.getfixturevalue(budget.state)
    arguments = _arguments(ada, budget)
    with counted() as statements:
        ended = ada.at(_moment(budget)).here(*arguments, stdin=PASSWORD)
    assert ended.status == budget.status, ended.err
    assert len(statements) == budget.statements, "\n".join(statements)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUDGETS)
def test_a_command_waits_for_the_disk_so_often(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    budget = BUDGETS[name]
    ada: Ada = request.getfixturevalue(budget.state)
    trace = tmp_path / "trace"
    ended = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", trace, "-e", "trace=fsync,fdatasync"),
            *(*COMMAND, *_arguments(ada, budget)),
        ],
        input=PASSWORD.encode(),
        capture_output=True,
        check=False,
        env=ada.at(_moment(budget)).environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.returncode == budget.status, ended.stderr.decode()
    calls = re.findall(r"f(?:data)?sync\(", trace.read_text())
    assert len(calls) == budget.syncs


def test_one_account_costs_the_same_however_many_there_are(ada_with_totp: Ada) -> None:
    counts = []
    for more in range(3):
        other = Program(ada_with_totp.home, dict(ada_with_totp.environ))
        other = other.with_(MFACTL_CLIENT=str(ada_with_totp.home / f"client{more}.toml"))
        other.ask("signup", f"u{more}+clerk_test@example.com", "-q", "--password-stdin",
                  stdin=PASSWORD, status=3)  # fmt: skip
        other.ask("verify", "424242")
        with counted() as statements:
            assert ada_with_totp.here("account", "show").status == 0
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts
