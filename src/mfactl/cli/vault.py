"""`vault init`, `vault status` and `vault check`; the other commands of the group stand elsewhere.

May import: mfactl.service, mfactl.resources, mfactl.conversation, mfactl.files, mfactl.errors,
mfactl.cli and the types of mfactl.vault.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mfactl import files, resources
from mfactl.cli import copies, slots
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, visible
from mfactl.cli.progress import watch
from mfactl.cli.run import Run, run_of
from mfactl.conversation import Conversation
from mfactl.errors import Code, failure
from mfactl.service import vault
from mfactl.service.vault import Status
from mfactl.vault.keys import FORMAT, KEY_FILE

app = new_app(help="Make, look at, check, copy and re-key the encrypted vault.")
app.add_typer(copies.app)
app.add_typer(slots.app, name="slots")


@command(
    app,
    "init",
    examples=(
        "mfactl vault init",
        "mfactl vault init --passphrase",
        "mfactl vault init --test --vault ./test.db --key-file ./test.key",
    ),
    exits=(0, 7, 8, 9),
    documents=("vault",),
)
def init(
    context: typer.Context,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Protect it with a passphrase, not a key file.")
    ] = False,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="PATH", help="Where the key file goes.")
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test", help="A vault for tests: MFACTL_NOW sets its clock; weak on purpose."
        ),
    ] = False,
) -> Outcome:
    """Make a vault on purpose. Nothing that is there is overwritten.

    Protected by a key file, or by a passphrase (asked for, or from MFACTL_PASSPHRASE_FILE). A key
    file that is there already is used as it is.
    """
    run = run_of(context)
    if passphrase and key_file is not None:
        raise failure(Code.USAGE_ERROR, "Use one of --passphrase and --key-file.")
    run.key_file = key_file
    c = run.conversation
    ask = partial(_new_passphrase, run) if passphrase else None
    status = vault.init(c, passphrase=ask, test=test)
    text = f"Made the vault {visible(str(c.paths.vault))}.\n"
    if status.unlocked_with == KEY_FILE:
        text += f"Its key, to be kept safe: {visible(str(c.paths.key_file))}\n"
    hints = status.warnings
    if key_file is not None:
        named = visible(str(c.paths.key_file))
        hints += (f"Every command on this vault needs: MFACTL_KEY_FILE={named}",)
    return Outcome(_document(c, status), lambda: text, hints)


def _new_passphrase(run: Run, accept: Callable[[str], str]) -> str:
    if not run.can_ask:
        raise failure(
            Code.VAULT_LOCKED,
            "A passphrase is needed, and nobody can be asked for it here.",
            "Set MFACTL_PASSPHRASE_FILE, or run this at a terminal.",
        )
    return run.until_accepted("Passphrase for the vault", "passphrase", accept)


@command(
    app,
    "status",
    examples=(
        "mfactl vault status",
        "mfactl vault status --json | jq .slots",
        "mfactl vault status --field path",
    ),
    exits=(0, 8, 9),
    documents=("vault",),
)
def status(context: typer.Context) -> Outcome:
    """Show where the vault is, what unlocks it, and what is unsafe about the set-up."""
    c = run_of(context).conversation
    found = vault.status(c)
    return Outcome(_document(c, found), lambda: _page(c, found), found.warnings)


def _page(c: Conversation, found: Status) -> str:
    header = found.header
    kinds = ", ".join(slot.kind.replace("_", " ") for slot in header.slots)
    rows = [
        ("Vault", str(c.paths.vault)),
        ("Id", header.vault_id),
        (
            "Format",
            f"{FORMAT}, generation {header.generation}{', for tests' if header.test else ''}",
        ),
        ("Unlocked by", kinds),
        ("Key file", str(c.paths.key_file) if found.unlocked_with == KEY_FILE else "not used"),
        ("Client file", str(c.paths.client)),
        ("Outbox", str(c.paths.outbox)),
    ]
    return "".join(f"{name + ':':13}{visible(value)}\n" for name, value in rows)


def _document(c: Conversation, found: Status) -> Document:
    return {
        "object": "vault",
        "id": found.header.vault_id,
        "path": str(c.paths.vault),
        "format": FORMAT,
        "test": found.header.test,
        "generation": found.header.generation,
        "slots": [slots.document(slot) for slot in found.header.slots],
        "key_file": str(c.paths.key_file) if found.unlocked_with == KEY_FILE else None,
        "unlocked_with": found.unlocked_with,
        "warnings": list(found.warnings),
        "client_file": str(c.paths.client),
        "outbox": str(c.paths.outbox),
        "permissions_checked": files.MODES_ARE_CHECKED,
    }


@command(
    app,
    "check",
    examples=(
        "mfactl vault check",
        "mfactl vault check ./mfactl-backup.db",
        "mfactl vault check --json",
    ),
    exits=(0, 8, 9),
    documents=("vault_check",),
)
def check(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A backup to read in place of the vault."),
    ] = None,
    accept_rollback: Annotated[
        bool,
        typer.Option(
            "--accept-rollback", help="Go on with a vault that is older than was seen before."
        ),
    ] = False,
) -> Outcome:
    """Read everything in the vault: seals, index values, the chain of events, the head.

    A client refuses a vault that is older than it has seen it. If an older copy was put there on
    purpose, and it is whole, --accept-rollback makes this client go on with it.
    """
    run = run_of(context)
    c = run.conversation
    if file is not None and accept_rollback:
        raise failure(Code.USAGE_ERROR, "--accept-rollback is for the vault, not for a FILE.")
    if file is not None:
        header, report = vault.read_copy(c, file.absolute(), watch(run))
    else:
        report = vault.read_all(c, watch(run), accept_rollback=accept_rollback)
        header = c.vault.header
    records = {f"{kind}s": report.counts[kind] for kind in ("account", "stranger", "client")}
    document = {
        "object": "vault_check",
        "id": header.vault_id,
        "status": "ok",
        "records": records,
        "events": report.events,
        "head": report.head._asdict(),
        "checked_at": resources.milliseconds(c.clock_of(test=header.test)),
    }
    counts = (*report.counts.items(), ("event", report.events))
    counted = ", ".join(_counted(count, kind) for kind, count in counts if kind != "pepper")
    text = f"Read {counted}: all as it should be.\n"
    return Outcome(document, lambda: text)


def _counted(count: int, kind: str) -> str:
    if kind == "stranger":
        return f"{count} address{'' if count == 1 else 'es'} without an account"
    return f"{count} {kind}{'' if count == 1 else 's'}"
