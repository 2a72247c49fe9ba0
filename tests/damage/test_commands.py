"""The commands themselves on a vault with a byte changed: right, or refused as damage.

Whatever byte it is, nobody is signed in by a wrong password, or without the second factor.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.damage.patient import PAGE_BYTES, repaged
from tests.support.runner import ADA, PASSWORD, START, Kept, Result, Shell, code_at
from tests.support.soak import Tally
from tests.vault.vaults import edit

DAMAGED = (8, 9)  # closed, or damaged
Act = Callable[[Shell, Kept], Result]


def shows_her_page(shell: Shell, _kept: Kept) -> Result:
    return shell.run("account", "show", "--json")


def reads_everything(shell: Shell, _kept: Kept) -> Result:
    return shell.run("vault", "check", "--json")


def lists_accounts(shell: Shell, _kept: Kept) -> Result:
    return shell.run("admin", "list", "--json")


def looks_at_the_vault(shell: Shell, _kept: Kept) -> Result:
    return shell.run("vault", "status", "--json")


def elsewhere(shell: Shell) -> None:
    (shell.folder / "other.toml").unlink(missing_ok=True)
    shell.environ["MFACTL_CLIENT"] = str(shell.folder / "other.toml")


def signs_in(shell: Shell, _kept: Kept) -> Result:
    elsewhere(shell)
    return shell.run("signin", ADA, "--password-stdin", stdin=PASSWORD)


def guesses(shell: Shell, _kept: Kept) -> Result:
    elsewhere(shell)
    return shell.run("signin", ADA, "--password-stdin", stdin="not her password at all")


def uses_a_code_twice(shell: Shell, kept: Kept) -> Result:
    return shell.run("verify", code_at(kept.secret, START))


# What each ends with in a good vault, and what else damage may make of it: a client that is not
# found is signed out, and a byte of an index may hide one.
ENDS: dict[Act, tuple[int, tuple[int, ...]]] = {
    shows_her_page: (0, (4,)),
    reads_everything: (0, ()),
    looks_at_the_vault: (0, ()),
    lists_accounts: (0, ()),
    signs_in: (3, ()),
    guesses: (5, ()),
    uses_a_code_twice: (5, (7,)),
}


def test_a_planted_row_without_a_name_is_told_of_in_a_document_as_any_other(
    shell: Shell,
) -> None:
    for kind in ("", "account", "badge"):
        edit(
            shell.home / "vault.db",
            "INSERT INTO record VALUES (?, '', 1, NULL, NULL, NULL, x'00')",
            (kind,),
        )
    result = shell.run("vault", "check", "--json", expect=9)  # held to its schema

    named = {(e["meta"]["kind"], e["meta"]["id"]) for e in result.document["errors"]}
    assert {("", ""), ("account", ""), ("badge", ""), ("head", "head")} == named


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("act", ENDS, ids=lambda act: act.__name__)
def test_a_command_on_a_damaged_vault_is_right_or_refused(
    act: Act, tmp_path: Path, rng: random.Random, soak: bool, tally: Tally
) -> None:
    shell = Shell(tmp_path, clock=START)
    kept = shell.settle(app=True)
    vault, client = shell.home / "vault.db", shell.home / "client.toml"
    whole, seen = repaged(vault).read_bytes(), client.read_bytes()
    assert len(whole) % PAGE_BYTES == 0
    right, other = ENDS[act]
    good = act(shell, kept)
    assert good.exit == right
    places = rng.sample(range(len(whole)), 400 if soak else 24)

    for place in places:
        spoilt = bytearray(whole)
        spoilt[place] ^= rng.randrange(1, 256)
        vault.write_bytes(spoilt)
        client.write_bytes(seen)
        shell.environ.clear()
        result = act(shell, kept)
        assert result.exit in (right, *other, *DAMAGED), f"byte {place}: {result.exit}"
        if right == 0 and result.exit == 0:
            assert json.loads(result.stdout) == good.document, f"byte {place}"
    tally("commands on a damaged vault: right, or refused", len(places))
