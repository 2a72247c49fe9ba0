"""Whoever may write the configuration or the environment tries to loosen a rule.

Settings may only be stricter, and there is none for the rest: not for the limits of guessing, the
window of a code, the second factor itself. `tests/test_config.py` has the bounds of each setting as
a function; here every command that would profit from a looser one is run.
"""

from pathlib import Path

import pytest

from mfactl import config
from tests.attacks.conftest import Enrolled
from tests.attacks.scene import (
    DONE,
    HOUR,
    LOCKED,
    OWNER,
    SIGNED_OUT,
    USED,
    Answer,
    code_of,
    guess,
    later,
    page,
    pretend,
    sign_in,
    switch,
    told,
)
from tests.support.runner import ADA, PASSWORD, Shell

INVALID = Answer(10, "config_invalid")

# One step looser than the rule, for every setting that is a number.
ONE_STEP_LOOSER = {
    "session.lifetime": 604_801,
    "session.idle": 604_801,
    "password.min_length": 7,
    "password.min_score": 1,
}
NO_SETTINGS = (
    *("lockout.attempts = 1000", "lockout.seconds = 1", "lockout.ceiling = 1000000"),
    *("lockout.enabled = false", "totp.window = 10", "totp.digits = 4", "totp.period = 3600"),
    *(
        "totp.replay = true",
        "mfa.required = false",
        "mfa.enabled = false",
        "backup_codes.count = 99",
    ),
    *("email_code.lifetime = 86400", "email_code.tries = 1000", "email_code.interval = 0"),
    *("reverification.seconds = 86400", "session.reverification = 86400", "sign_in.lifetime = 1"),
    *("password.max_length = 1", "password.cost = 1", "kdf.memory = 8", "vault.test = true"),
    *("test = true", "debug = true", "admin = true", "session = 5", "password = 'x'", "mail = 1"),
    *("issuer.name = 'x'", "Session.lifetime = 60", "session.Lifetime = 60", "'' = 1"),
    *("session.lifetime.seconds = 60", "__class__ = 1", "session_lifetime = 60", "now = 1"),
    *("mail.smtp = 'evil.example'", "mail.bcc = 'eve@example.com'", "outbox = '/tmp/x'"),
)
WRONG_VALUES = (
    *(
        "-1",
        "0",
        "true",
        "false",
        "1_000_000_000",
        "604800.0",
        "6e5",
        "inf",
        "nan",
        "'604800'",
        "[604800]",
    ),
    *("{ seconds = 604800 }", "2026-01-01", "''", "9223372036854775808", "1" + "0" * 4000),
    *("-9223372036854775809", "0xffffffff"),
)


def configured(shell: Shell, line: str) -> Shell:
    (shell.home / "config.toml").write_text(f"{line}\n")
    return shell


def test_every_number_that_is_a_rule_is_tried() -> None:
    rules = {key for key in config.NUMBERS if not key.startswith("mail.")}
    assert set(ONE_STEP_LOOSER) == rules


@pytest.mark.parametrize("setting", ONE_STEP_LOOSER)
def test_one_step_looser_than_the_rule_stops_every_command(beginner: Shell, setting: str) -> None:
    configured(beginner, f"{setting} = {ONE_STEP_LOOSER[setting]}")
    assert told(beginner, "account", "show") == INVALID
    assert told(beginner, "mfa", "add") == INVALID
    assert told(beginner, "signout", "--all") == INVALID
    assert told(beginner, "vault", "check") == INVALID
    assert sign_in(beginner) == INVALID


@pytest.mark.parametrize("setting", ONE_STEP_LOOSER)
def test_a_value_that_is_none_stops_every_command(beginner: Shell, setting: str) -> None:
    for value in WRONG_VALUES:
        shell = configured(beginner, f"{setting} = {value}")
        assert told(shell, "account", "show") == INVALID, value


def test_there_is_no_setting_for_the_rest(beginner: Shell) -> None:
    for line in NO_SETTINGS:
        assert told(configured(beginner, line), "account", "show") == INVALID, line


def test_a_looser_setting_is_not_found_behind_a_good_one(beginner: Shell) -> None:
    """TOML in which a key stands twice, or a table is opened again, is none."""
    for text in (
        "session.lifetime = 60\nsession.lifetime = 604801",
        "[session]\nlifetime = 60\n[session]\nlifetime = 604801",
        "[session]\nlifetime = 60\nidle = 61",
        "session.lifetime = 60\n\x00",
        "\ufeffsession.lifetime = 604801",
    ):
        assert told(configured(beginner, text), "account", "show") == INVALID


def test_a_stricter_setting_is_followed_at_once_and_by_sessions_that_exist(
    beginner: Shell,
) -> None:
    later(beginner, 120)
    assert told(configured(beginner, "session.lifetime = 121"), "account", "show") == DONE
    assert told(configured(beginner, "session.lifetime = 120"), "account", "show") == SIGNED_OUT
    assert told(configured(beginner, "session.idle = 60"), "account", "show") == SIGNED_OUT


# --- the environment

TEMPTING = {
    "MFACTL_TEST": "1",
    "MFACTL_DEBUG": "1",
    "MFACTL_ADMIN": "1",
    "MFACTL_PASSWORD": PASSWORD,
    "MFACTL_CODE": "424242",
    "MFACTL_SESSION_LIFETIME": "99999999",
    "MFACTL_LOCKOUT_ATTEMPTS": "1000",
    "MFACTL_LOCKOUT_SECONDS": "0",
    "MFACTL_TOTP_WINDOW": "100",
    "MFACTL_REVERIFICATION_SECONDS": "99999999",
    "MFACTL_PASSWORD_MIN_LENGTH": "1",
    "MFACTL_SKIP_MFA": "1",
    "MFACTL_FAILPOINT": "after_check",
    "MFACTL_YES": "1",
    "CI": "true",
    "DEBUG": "1",
    "PYTHONOPTIMIZE": "2",
}


def test_no_variable_loosens_a_rule(enrolled: Enrolled) -> None:
    shell, kept = enrolled
    shell.environ |= TEMPTING
    assert told(shell, "verify", code_of(shell, kept)) == USED
    assert told(shell, "verify", code_of(shell, kept, drift=60)).exit == 5
    assert told(shell, "mfa", "disable") == Answer(2, "form_param_missing")
    guess(shell, kept, 8)
    switch(shell, "guesser")
    assert told(shell, "signin", ADA) == Answer(2, "form_param_missing")
    pretend(shell, 1)
    assert sign_in(shell) == LOCKED
    switch(shell, OWNER)
    later(shell, 600)
    stale = Answer(3, "session_reverification_required")
    assert told(shell, "mfa", "disable", "--yes") == stale
    later(shell, 7 * 24 * HOUR)
    assert told(shell, "account", "show") == SIGNED_OUT


def test_a_variable_for_a_file_does_not_carry_a_session_to_another_vault(
    beginner: Shell, tmp_path: Path
) -> None:
    """A second home is another world, whatever is left of the first."""
    other = Shell(tmp_path / "other", clock=beginner.clock)
    other.folder.mkdir()
    other.init()
    other.environ["MFACTL_CLIENT"] = str(beginner.home / "client.toml")
    assert told(other, "account", "show") == Answer(4, "authentication_invalid")
    other.environ["MFACTL_VAULT"] = str(beginner.home / "vault.db")
    assert told(other, "account", "show") == Answer(8, "vault_key_incorrect")


@pytest.mark.slow
def test_the_clock_of_a_real_vault_is_nobodys_to_set(tmp_path: Path) -> None:
    """Neither to end a lock, nor to use a code again, nor to keep a session."""
    shell = Shell(tmp_path)
    switch(shell, OWNER)
    shell.sign_up()
    kept = shell.enrol()
    real = shell.now
    assert told(shell, "verify", code_of(shell, kept)) in (USED, DONE)  # a step may have passed
    guess(shell, kept, 10)
    for moved in (real + 2 * HOUR, real - 2 * HOUR, 0, 9_999_999_999):
        shell.clock = moved
        assert told(shell, "verify", code_of(shell, kept)) == LOCKED
        assert told(shell, "account", "show") == DONE
        result = shell.run("account", "show", expect=0)
        assert "MFACTL_NOW is ignored: this is not a test vault." in result.stderr
    assert page(shell)["locked"] is True


def test_a_lock_of_a_test_vault_is_as_long_as_any(beginner: Shell) -> None:
    """What a test vault loosens is listed in docs/rules.md: the clock, the cost, test addresses."""
    switch(beginner, "guesser")
    pretend(beginner, 10)
    later(beginner, HOUR - 1)
    assert sign_in(beginner) == LOCKED
    later(beginner, 1)
    assert sign_in(beginner) == DONE
