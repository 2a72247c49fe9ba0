"""`vault slots list`, `add` and `remove`.

May import: mfactl.service, mfactl.resources, mfactl.os_keyring, mfactl.errors, mfactl.cli, typer
and the types of mfactl.vault.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mfactl import os_keyring, resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, utc, visible
from mfactl.cli.run import Run, Yes, run_of
from mfactl.errors import Code, failure
from mfactl.service import slots
from mfactl.service.vault import check_passphrase
from mfactl.vault.keys import Slot

app = new_app(help="Ways to unlock it: files, passphrases, keyring.")

OLD_COPIES = (
    "Copies of the vault that were made before still open with it: "
    "mfactl vault rotate makes what is written from now on useless to them.",
)


def document(slot: Slot) -> Document:
    """`slot`."""
    cost = slot.cost
    return {
        "object": "slot",
        "id": slot.id,
        "kind": slot.kind,
        "created_at": resources.milliseconds(slot.created_at),
        "kdf": None if cost is None else {"algorithm": "argon2id", **cost._asdict()},
    }


def name(slot: Slot) -> str:
    """A slot for people."""
    return f"{slot.id} ({slot.kind.replace('_', ' ')})"


@command(
    app,
    "list",
    examples=(
        "mfactl vault slots list",
        "mfactl vault slots list --json | jq -r '.data[].id'",
        "mfactl vault slots list --field total_count",
    ),
    exits=(0, 8, 9),
    documents=("list",),
)
def list_(context: typer.Context) -> Outcome:
    """List the ways to unlock the vault, the oldest first."""
    c = run_of(context).conversation
    found = slots.listed(c)
    opener = c.vault.unlocked.slot.id

    def text() -> str:
        return "".join(
            visible(
                f"{slot.id}  {slot.kind:10}  {'in use' if slot.id == opener else '':6}"
                f"  since {utc(slot.created_at)}"
            )
            + "\n"
            for slot in found
        )

    return Outcome(resources.listing([document(slot) for slot in found]), text)


@command(
    app,
    "add",
    examples=(
        "mfactl vault slots add --passphrase",
        "mfactl vault slots add --key-file /media/stick/mfactl.key",
        "mfactl vault slots add --keyring",
    ),
    exits=(0, 7, 8, 9),
    documents=("slot",),
)
def add(
    context: typer.Context,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="A passphrase, which is asked for twice.")
    ] = False,
    new_passphrase_stdin: Annotated[
        bool, typer.Option("--new-passphrase-stdin", help="A passphrase, read from stdin.")
    ] = False,
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option("--new-passphrase-file", metavar="FILE", help="A passphrase, read from FILE."),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="PATH", help="A key file, made if it is not there."),
    ] = None,
    keyring: Annotated[
        bool, typer.Option("--keyring", help="The system's keyring (wants mfactl[keyring]).")
    ] = False,
) -> Outcome:
    """Add a way to unlock the vault: a passphrase, a key file, or the system's keyring."""
    run = run_of(context)
    by_passphrase = passphrase or new_passphrase_stdin or new_passphrase_file is not None
    if [by_passphrase, key_file is not None, keyring].count(True) != 1:
        raise failure(
            Code.USAGE_ERROR,
            "Use one of --passphrase, --new-passphrase-stdin, --new-passphrase-file, --key-file "
            "and --keyring.",
            "Run: mfactl vault slots add --help",
        )
    c = run.conversation
    if key_file is not None:
        added = slots.add_key_file(c, key_file.absolute())
    elif keyring:
        added = slots.add_keyring(c)
    else:
        slots.listed(c)  # unlocks first: nobody types a new passphrase for a vault that is shut
        added = slots.add_passphrase(
            c, _passphrase(run, from_stdin=new_passphrase_stdin, from_file=new_passphrase_file)
        )
    if not added.is_new:
        text = f"That opens the vault already: {name(added.slot)}.\n"
        return Outcome(document(added.slot), lambda: text)
    hints: tuple[str, ...] = ()
    if key_file is not None:
        hints = (f"Keep it safe: {visible(str(key_file.absolute()))}",)
    elif keyring:
        hints = (f"Kept by: {visible(os_keyring.name())}",)
    return Outcome(document(added.slot), lambda: f"Added {name(added.slot)}.\n", hints)


def _passphrase(run: Run, *, from_stdin: bool, from_file: Path | None) -> str:
    what = "new passphrase"
    if from_stdin or from_file is not None or not run.can_ask:
        get = run.password(from_stdin, from_file, name="new-passphrase", what=what)
        return get()
    return run.until_accepted("New passphrase", what, partial(check_passphrase))


def _removing(slot: Slot, left: list[Slot], opener: str) -> str:
    in_use = ", which opens the vault now" if slot.id == opener else ""
    others = ", ".join(map(name, left))
    return f"Remove {name(slot)}{in_use}? The vault then opens with {others} only."


@command(
    app,
    "remove",
    examples=(
        "mfactl vault slots remove SLOT",
        "mfactl vault slots remove SLOT --yes",
        "mfactl vault slots remove SLOT --yes --json",
    ),
    exits=(0, 7, 8, 9),
    documents=("deleted_object",),
)
def remove(
    context: typer.Context,
    slot_id: Annotated[str, typer.Argument(metavar="SLOT", help="Its id, from the list.")],
    yes: Yes = False,
) -> Outcome:
    """Remove a way to unlock the vault; never the last one."""
    run = run_of(context)
    c = run.conversation
    left = {slot.id: slot for slot in slots.listed(c)}
    removed = left.pop(slot_id, None)
    if removed is not None and left:  # else there is nothing to ask: it is refused
        run.confirm(_removing(removed, list(left.values()), c.vault.unlocked.slot.id), yes=yes)
    slot = slots.remove(c, slot_id)
    text = f"Removed {name(slot)}.\n"
    return Outcome(resources.deleted("slot", slot.id), lambda: text, OLD_COPIES)
