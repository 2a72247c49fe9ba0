"""Runs commands at the same moment, as processes, and holds every race to the same laws.

`Start.race` gives back a `Race`: what each command answered, and the events that the vault has
since. By then it is certain that each answer keeps the laws of every run, that nobody met a bug, a
busy or a damaged vault, that `vault check` and the independent reader of the format find nothing
wrong, and that the chain of events tells of each answer once, and of nothing else.
"""

import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from mfactl.core.email_code import is_test_address
from tests.support.runner import Result, Shell, check_laws
from tests.support.soak import ROOT, Tally
from tests.vault.reader import Json, Read, read

HANGS = 300  # seconds; fifty processes take one or two

# How a command ended: its first error code, or one of these.
DONE, ONE_MORE_STEP = "done", "one more step"
USED = "already used"  # a code that is genuine, but was used before: form_code_incorrect as well
WRONG = "form_code_incorrect"
WRONG_PASSWORD = "form_password_or_identifier_incorrect"
LOCKED = "user_locked"
LAPSED = "client_state_invalid"
ENDED = "signed_out"
NOBODY = "authentication_invalid"
BUSY = "vault_busy"
ROLLED_BACK = "vault_rolled_back"
NO_SLOT = "vault_key_incorrect"  # of a secret that is named, and whose slot has just gone

ORDINARY = (0, 3, 4, 5, 6, 7)  # no bug, no usage error, and nothing wrong with vault or machine

# The event of a command that was done, by the `object` of its document or else by its name.
HAPPENED = {
    "add": "slot_add",
    "remove": "slot_remove",
    "rotate": "vault_rotate",
    "account": "password_change",
    "backup-codes": "backup_codes_regenerate",
    "mfa": "totp_disable",
    "session_reverification": "step_up",
    "sign_in_attempt": "sign_in_verify",
    "sign_up_attempt": "sign_up_verify",
    "signin": "sign_in",
    "signout": "sign_out",
    "signup": "sign_up",
}


class Command(NamedTuple):
    """A command that is ready to start: whose it is, its words, and what stands on its stdin.

    `patience` is what `nice` takes: one who is patient leaves the processor to the others.
    """

    shell: "Racer"
    arguments: tuple[str, ...]
    stdin: str
    patience: int = 0

    @property
    def only_looks(self) -> bool:
        """Whether it makes no event, whatever it answers."""
        return self.arguments[:2] == ("account", "show")

    @property
    def is_the_owners(self) -> bool:
        """Whether the owner of the vault gives it, who may be told to give it once more."""
        return self.arguments[0] == "vault"


class Racer(Shell):
    """A shell whose commands can be made ready, to be started together with others."""

    def ready(self, *arguments: str, stdin: str = "") -> Command:
        """`mfactl arguments... --json`, not started yet."""
        return Command(self, (*arguments, "--json"), stdin)

    @property
    def client_file(self) -> Path:
        """Where this client keeps its tokens and its mark."""
        return Path(self.environ.get("MFACTL_CLIENT", self.home / "client.toml"))

    @property
    def environment(self) -> dict[str, str]:
        """All that the commands see."""
        return self._environment()

    def books(self, path: Path | None = None) -> Read:
        """All that the vault holds, read by a program that shares no code with mfactl.

        Or what another file holds that its key opens.
        """
        words = (self.home / "vault.key").read_text().splitlines()[-1].split()
        return read(path or self.home / "vault.db", key=bytes.fromhex(words[1]))

    def seen(self) -> Json:
        """This client's table in its client file: tokens, number and hash."""
        tables = tomllib.loads(self.client_file.read_text())
        (table,) = tables.values()
        return dict(table)


class Told(NamedTuple):
    """One answer in the order in which the vault decided: whose it was, and how it ended."""

    place: int
    ended: str


class Race(NamedTuple):
    """What commands that were started at once have answered, and what the vault tells of it.

    `clients` are the ids of the commands' clients as the vault knew them before, None for a new
    one.
    """

    commands: tuple[Command, ...]
    results: tuple[Result, ...]
    events: tuple[Json, ...]
    clients: tuple[str | None, ...]

    @property
    def endings(self) -> tuple[str, ...]:
        """How each command ended."""
        return tuple(map(ending, self.results))

    @property
    def counts(self) -> Counter[str]:
        """How many commands ended how."""
        return Counter(self.endings)

    def places(self, ending: str) -> list[int]:
        """The places of the commands that ended so."""
        return [place for place, each in enumerate(self.endings) if each == ending]

    def counts_of(self, name: str) -> Counter[str]:
        """How many commands of this name ended how."""
        pairs = zip(self.commands, self.endings, strict=True)
        return Counter(ending for command, ending in pairs if command.arguments[0] == name)

    def in_order(self) -> Iterator[Told]:
        """The answers in the order of the vault's chain. Each command has a client of its own."""
        assert len(set(self.clients)) == len(self.clients)
        for event in self.events:
            if event["happened"] not in ("password_check", "vault_rotate"):
                place = self.clients.index(event["client"])
                assert event["code"] == _code(self.results[place])
                yield Told(place, self.endings[place])


def ending(result: Result) -> str:
    """How a command ended, in one word."""
    if result.exit == 0:
        return DONE
    if "errors" not in result.document:
        return ONE_MORE_STEP
    first = result.document["errors"][0]
    return USED if first["meta"].get("already_used") else str(first["code"])


def _code(result: Result) -> str | None:
    return result.codes[0] if "errors" in result.document else None


class Launcher:
    """The process that starts all the others; see `tests.races.launcher`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.races.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                # Argon2id's memory in large pages, where glibc has it: an eighth of a sign-in.
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            },
            start_new_session=True,  # so that all can be ended together
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(
        self, commands: tuple[Command, ...], folder: Path, *, installed: bool
    ) -> tuple[Result, ...]:
        """Runs the commands at once, with their files in `folder`."""
        folder.mkdir()
        files = [
            {name: str(folder / f"{place}.{name}") for name in ("in", "out", "err")}
            for place in range(len(commands))
        ]
        for command, names in zip(commands, files, strict=True):
            Path(names["in"]).write_text(command.stdin)
        statuses = self._ask(
            [
                {
                    "arguments": command.arguments,
                    "environ": command.shell.environment,
                    "folder": str(command.shell.folder),
                    "files": names,
                    "patience": command.patience,
                    "installed": installed,
                }
                for command, names in zip(commands, files, strict=True)
            ]
        )
        return tuple(
            Result(status, Path(names["out"]).read_text(), Path(names["err"]).read_text())
            for status, names in zip(statuses, files, strict=True)
        )

    def _ask(self, request: list[Any]) -> list[int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        if not select.select([self._process.stdout], [], [], HANGS)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise AssertionError("the race does not end")
        return list(json.loads(self._process.stdout.readline()))


class Start:
    """Where races begin, in one test: counts what it starts."""

    def __init__(self, launcher: Launcher, folder: Path, tally: Tally | None) -> None:
        self._launcher = launcher
        self._folder = folder
        self._tally = tally
        self._races = 0

    def race(self, *commands: Command, installed: bool = False) -> Race:
        """Starts all commands at the same moment, and looks whether the laws were kept.

        `installed`: each becomes the installed program, interpreter and all.
        """
        home = commands[0].shell
        before = home.books()
        clients = tuple(_client_id(command.shell, before) for command in commands)
        results = self.run(*commands, installed=installed)
        for command, result in zip(commands, results, strict=True):
            names_a_secret = "--key-file" in command.arguments
            told_again = command.is_the_owners and (
                ending(result) == BUSY or (ending(result) == NO_SLOT and names_a_secret)
            )
            assert result.exit in ORDINARY or told_again, (command.arguments[:2], result)
        events = home.books().events
        assert events[: len(before.events)] == before.events
        race = Race(commands, results, tuple(events[len(before.events) :]), clients)
        _check_events(race)
        return race

    def run(self, *commands: Command, installed: bool = False) -> tuple[Result, ...]:
        """Starts all commands at the same moment. The first one's client finds the vault whole."""
        self._races += 1
        folder = self._folder / f"race-{self._races}"
        results = self._launcher.start(commands, folder, installed=installed)
        for command, result in zip(commands, results, strict=True):
            check_laws(command.arguments, result)
        found = commands[0].shell.run("vault", "check", "--json", expect=0)
        assert found.document["status"] == "ok"
        if self._tally is not None:
            self._tally("processes at the same moment", len(commands))
        return results


def _client_id(shell: Racer, books: Read) -> str | None:
    """The id of the shell's client in the vault, found by the token in its file."""
    if not shell.client_file.exists():
        return None
    hashes = {hashlib.sha256(bytes.fromhex(t)).hexdigest() for t in shell.seen()["tokens"]}
    for (kind, identifier), record in books.records.items():
        if kind == "client" and record["token_hash"] in hashes:
            return identifier
    return None


def _check_events(race: Race) -> None:
    """The vault tells of each answer once, and of nothing else."""
    expected: Counter[str] = Counter()
    for command, result in zip(race.commands, race.results, strict=True):
        expected.update(due(command, result))
    # Before a change of the password is decided on, whether the current one is right is stored.
    expected["password_check"] = sum(
        event["happened"] == "password_change" for event in race.events
    )
    told = Counter(event["code"] or event["happened"] for event in race.events)
    assert told == +expected


def due(command: Command, result: Result) -> tuple[str, ...]:
    """What the events of a command have to tell: its refusal's code, or what it has done."""
    if command.only_looks:
        return ()
    code = _code(result)
    if code is not None:
        return (
            () if code in (BUSY, ROLLED_BACK, NO_SLOT) else (code,)
        )  # who cannot begin has no event
    name = command.arguments[0]
    if command.is_the_owners:
        return (HAPPENED[next(word for word in command.arguments if word in HAPPENED)],)
    if name == "verify":
        return (HAPPENED[result.document["object"]],)
    mailed = name == "signup" and not is_test_address(command.arguments[1])
    return (HAPPENED[name], "code_handed_over") if mailed else (HAPPENED[name],)
