"""Where secrets go: to the one place that is theirs, and nowhere else."""

import base64
import importlib
import inspect
import json
import os
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import mfactl
from mfactl.cli.app import run
from mfactl.cli.options import Options
from mfactl.cli.run import Run
from mfactl.unlocking import Unlocker
from tests.cli.program import EMAIL, NOW, Ada, Ended, Program
from tests.cli.terminal import Terminal

PASSWORD = "canary-Zebra-plum-hinge-41"
NEW_PASSWORD = "canary-otter-Violet-crane-77"
WRONG_PASSWORD = "canary-mistyped-Quokka-09"


class Life:
    """A whole life of an account, each step a process, with nothing secret in any argument."""

    def __init__(self, program: Program) -> None:
        self.program = program.at(NOW)
        self.printed: list[tuple[str, Ended]] = []
        self.arguments: list[str] = []
        self.tokens: set[str] = set()

    def step(self, *arguments: str, stdin: str = "", status: int = 0) -> Ended:
        ended = self.program.start(*arguments, stdin=stdin)
        assert ended.status == status, ended.err
        self.printed.append((" ".join(arguments), ended))
        self.arguments += arguments
        state = self.program.home / "client.toml"
        for vault in tomllib.loads(state.read_text()).values() if state.exists() else ():
            self.tokens |= set(vault["tokens"])
        return ended

    def everywhere_but(self, *commands: str) -> str:
        """All that was printed, but for the stdout of these commands."""
        return "".join(
            ended.err + ("" if command.startswith(commands) else ended.out)
            for command, ended in self.printed
        )


def spellings(secret: str) -> set[str]:
    """A secret as it might be shown or stored."""
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return {secret, secret.lower(), grouped, secret.replace("-", "")}


@pytest.mark.slow
def test_secrets_of_a_whole_life_appear_only_where_they_belong(nowhere: Program) -> None:
    life = Life(nowhere)
    life.step("vault", "init", "--test")
    life.step("signup", EMAIL, "--password-stdin", "--json", stdin=PASSWORD, status=3)
    mailed = life.step("outbox", "code", EMAIL).out.strip()
    life.step("verify", "-", "--json", stdin="000000" if mailed != "000000" else "1" * 6, status=5)
    life.step("verify", "-", "--json", stdin=mailed)
    secret = json.loads(life.step("mfa", "add", "--json").out)["secret"]
    phone = Ada(nowhere.home, life.program.environ, secret)
    life.step("mfa", "verify", "-", "--json", stdin=phone.wrong_code(), status=5)
    codes = json.loads(life.step("mfa", "verify", "-", "--json", stdin=phone.app_code()).out)
    backup_codes = codes["backup_codes"]
    life.step("account", "show")
    life.step(
        *("account", "password", "--password-stdin", "--new-password-file", "/dev/stdin"),
        stdin=WRONG_PASSWORD,
        status=5,
    )
    (nowhere.home / "new").write_text(NEW_PASSWORD)
    life.step(
        *("account", "password", "--password-stdin", "--new-password-file"),
        *(str(nowhere.home / "new"), "--json"),
        stdin=PASSWORD,
    )
    life.step("signout", "--json")
    life.step("signin", EMAIL, "--password-stdin", stdin=WRONG_PASSWORD, status=5)
    life.step("signin", EMAIL, "--password-stdin", "--json", stdin=NEW_PASSWORD, status=3)
    life.step("verify", "-", "--json", stdin=phone.app_code(), status=5)  # used by the enrolment
    life.step("verify", "-", stdin=backup_codes[0])
    life.step("verify", "-", "--json", stdin=backup_codes[0], status=5)  # used
    life.step("vault", "check", "--json")

    (nowhere.home / "new").unlink()
    key = re.findall("mfactl-key-1 ([0-9a-f]{64})", (nowhere.home / "vault.key").read_text())[0]
    stored = (nowhere.home / "vault.db").read_bytes()
    all_printed = life.everywhere_but()
    for password in (PASSWORD, NEW_PASSWORD, WRONG_PASSWORD):
        assert password not in all_printed
        assert password.encode() not in stored
    assert not re.search(rf"\b{mailed}\b", life.everywhere_but("outbox code"))
    for shown in spellings(secret):
        assert shown not in life.everywhere_but("mfa add")
        assert shown.encode() not in stored
    assert base64.b32decode(secret) not in stored
    for code in backup_codes:
        for shown in spellings(code):
            assert shown not in life.everywhere_but("mfa verify")
            assert shown.encode() not in stored
    assert len(life.tokens) == 11  # one offered by each of these and each change, right or wrong
    for token in {*life.tokens, key}:
        assert token not in all_printed
        assert token.encode() not in stored
        assert bytes.fromhex(token) not in stored
    for argument in life.arguments:
        assert "canary" not in argument
        assert argument not in {mailed, secret, *backup_codes}


def test_what_was_typed_in_the_wrong_place_is_not_repeated(ada: Ada) -> None:
    """People type passwords where an address or a code is asked for."""
    ada.ask("signout")
    for arguments in (
        ("signin", WRONG_PASSWORD, "--password-stdin"),
        ("signup", WRONG_PASSWORD, "--password-stdin"),
        ("verify", WRONG_PASSWORD),
        ("outbox", "code", WRONG_PASSWORD),
        ("outbox", "show", WRONG_PASSWORD),
    ):
        for how in ((), ("--json",)):
            ended = ada.here(*arguments, *how, stdin=PASSWORD)
            assert ended.status in {2, 7}
            assert WRONG_PASSWORD not in ended.out + ended.err
    ended = ada.here("totp", "--json", stdin=WRONG_PASSWORD)
    assert WRONG_PASSWORD not in ended.out + ended.err
    for path in ada.home.rglob("*"):
        assert path.is_dir() or WRONG_PASSWORD.encode() not in path.read_bytes()


def test_the_outbox_is_the_only_place_that_holds_a_mailed_code(ada_signing_up: Ada) -> None:
    code = ada_signing_up.ask("outbox", "code", EMAIL)["code"]
    holders = {
        path.relative_to(ada_signing_up.home).parts[0]
        for path in ada_signing_up.home.rglob("*")
        if path.is_file() and re.search(rb"\b%b\b" % code.encode(), path.read_bytes())
    }
    assert holders == {"outbox"}


def test_a_passphrase_leaves_the_environment_of_the_process(
    nowhere: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program = nowhere.with_(MFACTL_PASSPHRASE=PASSWORD)
    with mock.patch.dict(os.environ, program.environ, clear=True):
        assert run(["vault", "init", "--test", "--passphrase"]) == 0
        assert "MFACTL_PASSPHRASE" not in os.environ
    assert PASSWORD not in "".join(capsys.readouterr())
    assert program.ask("vault", "status")["unlocked_with"] == "passphrase"
    assert not [
        path
        for path in nowhere.home.rglob("*")
        if path.is_file() and PASSWORD.encode() in path.read_bytes()
    ]


# --- what a log or a traceback would show

CANARY = "canary-in-the-cage"
SECRET_FIELDS = {
    "body", "codes", "digest", "environ", "new_password", "password", "pepper", "record",
    "secret", "text", "tokens", "uri", "value",
}  # fmt: skip
SECRET_CODES = {"SignUp", "Shown"}  # elsewhere, `code` is that of an error
HARMLESS = {("Drawing", "text")}  # tested in test_qr


def records() -> Iterator[tuple[str, Any, list[str]]]:
    """Every record of the program that has a secret field: its name, itself, those fields."""
    for module in pkgutil.walk_packages(mfactl.__path__, "mfactl."):
        if module.name == "mfactl.__main__":
            continue
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ != module.name or not hasattr(kind, "_fields"):
                continue
            secret = [
                each
                for each in kind._fields
                if (name, each) not in HARMLESS
                and (each in SECRET_FIELDS or (each == "code" and name in SECRET_CODES))
            ]
            if secret and not (name == "Header" or name == "Report"):
                yield f"{module.name}.{name}", kind, secret


RECORDS = list(records())


def test_there_are_records_with_secrets_to_look_at() -> None:
    assert len(RECORDS) > 20


@pytest.mark.parametrize(("name", "kind", "secret"), RECORDS, ids=[each[0] for each in RECORDS])
def test_no_record_shows_its_secrets_when_it_is_logged(
    name: str, kind: Any, secret: list[str]
) -> None:
    values = dict.fromkeys(kind._fields, 0)
    if name.endswith(".Verdict"):
        values["refusals"] = ()  # type: ignore[assignment]
    record = kind(**{**values, **dict.fromkeys(secret, CANARY)})
    assert CANARY not in repr(record)
    assert CANARY not in f"{record!s} {[record]}"


def test_what_works_with_secrets_shows_none_when_it_is_logged(ada: Ada) -> None:
    with mock.patch.dict(os.environ, {**ada.environ, "MFACTL_PASSPHRASE": CANARY}, clear=True):
        working = Run(Options())
        conversation = working.conversation
    unlocker = conversation.unlocker
    assert isinstance(unlocker, Unlocker)
    unlocker.use_passphrase(CANARY)
    for thing in (working, conversation, unlocker, conversation.around, conversation.client_file):
        assert CANARY not in repr(thing)


def test_a_crash_would_leave_no_core_dump(ada: Ada) -> None:
    """The kernel says so of the process itself, while it waits in a prompt."""
    with Terminal(ada, "account", "password") as terminal:
        terminal.wait_for_prompt("Current password")
        limits = Path(f"/proc/{terminal.pid}/limits").read_text()
    (cores,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert cores.split()[4] == "0"


@pytest.mark.parametrize(
    "arguments",
    [
        ("signin", "ada@example.com"),
        ("account", "password"),
        ("admin", "set-password", "ada@example.com"),
        ("vault", "init", "--passphrase"),
        ("totp",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_secret_that_was_typed_as_an_argument_is_not_repeated(
    ada: Ada, arguments: tuple[str, ...], json: tuple[str, ...]
) -> None:
    ended = ada.here(*arguments, "a secret that was typed", *json)
    assert ended.status == 2
    assert "secret that" not in ended.out + ended.err
    assert "Passwords and secrets are no arguments." in ended.out + ended.err
