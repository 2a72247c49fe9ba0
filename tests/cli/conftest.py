"""Homes in a known state. Each is made once by real commands, then copied for every test."""

import shutil
from dataclasses import fields
from pathlib import Path

import pyotp
import pytest

from tests.cli.program import EMAIL, NOW, PASSPHRASE, PASSWORD, Ada, Program


@pytest.fixture
def nowhere(tmp_path: Path) -> Program:
    """A program whose home is not there yet."""
    return Program(tmp_path / "home")


@pytest.fixture
def with_vault(nowhere: Program) -> Program:
    """A home with a test vault and nobody in it."""
    program = nowhere.at(NOW)
    program.ask("vault", "init", "--test")
    return program


@pytest.fixture
def with_passphrase(nowhere: Program) -> Program:
    """A home with a test vault that a passphrase opens."""
    program = nowhere.at(NOW)
    program.with_(MFACTL_PASSPHRASE=PASSPHRASE).ask("vault", "init", "--test", "--passphrase")
    return program


@pytest.fixture
def ada(tmp_path: Path, _ada: Ada) -> Ada:
    """Ada has an account without a second factor, and is signed in since NOW."""
    return _copy(_ada, tmp_path / "home")


@pytest.fixture
def ada_with_totp(tmp_path: Path, _ada_with_totp: Ada) -> Ada:
    """Ada has an authenticator app and ten backup codes, and is signed in since NOW."""
    return _copy(_ada_with_totp, tmp_path / "home")


@pytest.fixture
def ada_signing_in(tmp_path: Path, _ada_signing_in: Ada) -> Ada:
    """Ada has given her password at NOW + 30; her second factor is awaited."""
    return _copy(_ada_signing_in, tmp_path / "home")


@pytest.fixture
def ada_signing_up(tmp_path: Path, _ada_signing_up: Ada) -> Ada:
    """Ada has a mail with a code, sent at NOW, and no account yet."""
    return _copy(_ada_signing_up, tmp_path / "home")


def _copy(state: Ada, home: Path) -> Ada:
    shutil.copytree(state.home, home)
    values = {each.name: getattr(state, each.name) for each in fields(state)}
    environ = {**state.environ, "MFACTL_HOME": str(home)}
    return Ada(**{**values, "home": home, "environ": environ})


@pytest.fixture(scope="session")
def _ada_signing_up(tmp_path_factory: pytest.TempPathFactory) -> Ada:
    ada = Ada(tmp_path_factory.mktemp("states") / "signing-up").at(NOW)
    ada.ask("vault", "init", "--test")
    ada.ask("signup", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    return ada


@pytest.fixture(scope="session")
def _ada(tmp_path_factory: pytest.TempPathFactory, _ada_signing_up: Ada) -> Ada:
    ada = _copy(_ada_signing_up, tmp_path_factory.mktemp("states") / "signed-up")
    ada.ask("verify", ada.ask("outbox", "code", EMAIL)["code"])
    return ada


@pytest.fixture(scope="session")
def _ada_with_totp(tmp_path_factory: pytest.TempPathFactory, _ada: Ada) -> Ada:
    ada = _copy(_ada, tmp_path_factory.mktemp("states") / "with-totp")
    secret = ada.ask("mfa", "add")["secret"]
    codes = ada.ask("mfa", "verify", pyotp.TOTP(secret).at(NOW))["backup_codes"]
    return Ada(ada.home, ada.environ, secret, tuple(codes))


@pytest.fixture(scope="session")
def _ada_signing_in(tmp_path_factory: pytest.TempPathFactory, _ada_with_totp: Ada) -> Ada:
    ada = _copy(_ada_with_totp, tmp_path_factory.mktemp("states") / "signing-in")
    ada.ask("signout")
    ada.at(NOW + 30).ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    return ada
