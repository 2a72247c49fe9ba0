"""Which addresses have an account: asked by what a sign-in says, and by what it does.

HashiCorp Vault CVE-2025-6011 (a locked or unknown user costs no hash), logto #8780, authelia #949.
Work is counted, not timed: hashes, SQL statements and syncs as the interpreter and the kernel see
them, in the program as it is.
"""

import re
import sqlite3
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from tests.attacks.scene import (
    BOB,
    HOUR,
    WRONG_PASSWORD,
    client_file,
    later,
    pretend,
    switch,
)
from tests.support.runner import ADA, PASSWORD, PROGRAM, START, Result, Shell

UNKNOWN = "nobody@example.com"
ADDRESSES = (ADA, BOB, UNKNOWN)  # with an app, without one, without an account
HASHES = ("derive_phc_encoded", "verify_phc_encoded")
TRACED = "trace=mmap,fsync,fdatasync,rename,execve"
ARGON2_BYTES = 19_456 * 1024  # of a test vault


@pytest.fixture
def town(tmp_path: Path) -> Shell:
    """Ada has an authenticator app, Bob has none, and somebody else has the terminal."""
    shell = Shell(tmp_path, clock=START)
    shell.settle(app=True)
    switch(shell, "bob")
    shell.sign_up(BOB)
    switch(shell, "guesser")
    return shell


def refused(shell: Shell, email: str, *how: str) -> Result:
    """A sign-in with a wrong password."""
    words = ("signin", email, "--password-stdin", *how)
    return shell.run(*words, stdin=WRONG_PASSWORD)


def as_told(result: Result) -> Result:
    """What a person is told, but for ids."""
    return result._replace(stdout=re.sub(r'"id": "[^"]*"', '"id": ""', result.stdout))


@pytest.mark.parametrize(
    ("how", "addresses"), [(("--json",), ADDRESSES), ((), (ADA, UNKNOWN))], ids=["JSON", "text"]
)
def test_known_and_unknown_are_told_the_same_at_every_count(
    town: Shell, how: tuple[str, ...], addresses: tuple[str, ...]
) -> None:
    """Twelve guesses, and one after the hour of the lock: warnings, locks and what they say."""
    statuses = []
    for number in range(1, 14):
        if number == 13:
            later(town, HOUR)
        told = {as_told(refused(town, email, *how)) for email in addresses}
        (said,) = told
        statuses.append(said.exit)
    assert statuses == [5] * 10 + [6] * 2 + [5]


def test_known_and_unknown_leave_the_same_in_the_client_file(town: Shell) -> None:
    """A token is offered whatever the verdict, so that its absence tells nothing."""
    kept = []
    for number, email in enumerate(ADDRESSES):
        client = f"guesser-{number}"
        switch(town, client)
        refused(town, email)
        (table,) = tomllib.loads(client_file(town, client).read_text()).values()
        kept.append({name: len(str(value)) for name, value in table.items()})
    assert kept[0] == kept[1] == kept[2]


class Work(NamedTuple):
    """What a command did: SQL statements in their order, Argon2 hashes, syncs of small files."""

    statements: list[str]
    hashes: int
    syncs: int


def work_of(shell: Shell, email: str, password: str = WRONG_PASSWORD) -> Work:
    """What a sign-in does, counted by a profiler: nothing is replaced by anything."""
    statements: list[str] = []
    calls: Counter[str] = Counter()
    connections: list[sqlite3.Connection] = []

    def observe(_frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        calls[called.__name__] += 1
        owner = called.__self__
        if isinstance(owner, sqlite3.Connection) and owner not in connections:
            connections.append(owner)
            owner.set_trace_callback(statements.append)

    before = sys.getprofile()
    sys.setprofile(observe)
    try:
        shell.run("signin", email, "--password-stdin", stdin=password)
    finally:
        sys.setprofile(before)
    return Work([_kind(each) for each in statements], _hashes(calls), calls["fsync"])


def _kind(statement: str) -> str:
    """A statement without its values. A first failure inserts a row where others update one."""
    for writes in ("INSERT INTO record", "UPDATE record"):
        if statement.startswith(writes):
            return "write a record"
    return re.sub(r"'[^']*'|\b\d+\b", "?", statement.partition(" VALUES ")[0])


def _hashes(calls: Counter[str]) -> int:
    return sum(calls[name] for name in HASHES)


def test_known_and_unknown_cost_the_same_work(town: Shell) -> None:
    refused(town, ADA)  # from here on there is a client file, as for all others
    for _ in range(2):
        with_app, without, unknown = (work_of(town, email) for email in ADDRESSES)
        assert with_app == without == unknown
        assert with_app.hashes == 1
        assert with_app.statements.count("BEGIN IMMEDIATE") == 2
        assert with_app.statements.count("write a record") == 2  # the counter, and the head
        assert with_app.syncs > 0


def test_the_right_password_of_a_locked_address_costs_what_a_wrong_one_does(town: Shell) -> None:
    """Locked, there is nothing to learn: neither whose address it is, nor the password."""
    for email in (ADA, UNKNOWN):
        pretend(town, 10, email)
    works = [
        work_of(town, email, password)
        for email in (ADA, UNKNOWN)
        for password in (PASSWORD, WRONG_PASSWORD)
    ]
    assert all(work == works[0] for work in works)
    assert works[0].hashes == 0


def traced(shell: Shell, email: str, trace: Path) -> Counter[str]:
    """The system calls of a sign-in in a process of its own, those that cost something."""
    ended = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", trace, "-e", TRACED),
            *(PROGRAM, "signin", email, "--password-stdin", "-q"),
        ],
        input=WRONG_PASSWORD.encode(),
        env=shell._environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=shell.folder,
        check=False,
    )
    assert ended.returncode == 5
    calls = Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    del calls["mmap"]
    sizes = map(int, re.findall(r"mmap\(NULL, (\d+)", trace.read_text()))
    calls["memory of an Argon2 hash"] = sum(
        ARGON2_BYTES <= size < 2 * ARGON2_BYTES for size in sizes
    )
    return calls


@pytest.mark.slow
def test_known_and_unknown_cost_the_same_to_the_kernel(town: Shell, tmp_path: Path) -> None:
    for email in (ADA, UNKNOWN):
        refused(town, email)
    known, unknown = (traced(town, email, tmp_path / "trace") for email in (ADA, UNKNOWN))
    assert known == unknown
    assert known["memory of an Argon2 hash"] == 1
    assert known["fdatasync"] > 0
    assert known["execve"] == 1


@pytest.mark.parametrize("email", ADDRESSES)
def test_what_comes_before_the_password_tells_nothing(town: Shell, email: str) -> None:
    """A missing, empty or endless password is refused before anybody's account is looked at."""
    for stdin, exit_status, code in (
        (None, 2, "form_param_missing"),
        ("", 2, "form_param_missing"),
        ("x" * 1025, 2, "form_password_length_too_long"),
        (b"\xff\xfe", 2, "form_param_format_invalid"),
    ):
        words = ("signin", email, "--json", *(["--password-stdin"] if stdin is not None else []))
        result = town.run(*words, stdin=stdin)
        assert (result.exit, result.codes) == (exit_status, [code])
