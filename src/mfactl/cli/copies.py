"""`vault backup`, `vault restore` and `vault rotate`.

May import: mfactl.service, mfactl.resources, mfactl.cli, typer and the types of mfactl.vault.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli import prompts
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome, visible
from mfactl.cli.progress import watch
from mfactl.cli.run import Yes, run_of
from mfactl.cli.slots import document as slot_document
from mfactl.cli.slots import name
from mfactl.service import copies, slots
from mfactl.service.copies import Candidate
from mfactl.service.slots import Rotation
from mfactl.vault.keys import Slot

app = new_app()

AS_IT_WAS = (
    "The keys and passphrases of the backup open it now: mfactl vault slots list",
    "Codes that were used since that copy was made work again: "
    "let everybody run mfactl backup-codes regenerate.",
)
STILL_OPEN = (
    "The remaining slots open it with the same secrets as before. If one of them leaked, "
    "replace its slot (mfactl vault slots add, then remove) and rotate again.",
)


@command(
    app,
    "backup",
    examples=(
        "mfactl vault backup ./mfactl-backup.db",
        'mfactl vault backup "/media/stick/mfactl-$(date +%F).db"',
        "mfactl vault backup ./mfactl-backup.db --json",
    ),
    exits=(0, 7, 8, 9),
    documents=("vault_backup",),
)
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
) -> Outcome:
    """Copy the vault into a new file while others use it, and check the copy from end to end.

    Sealed as the vault is, and opened by the same slots. Nothing is overwritten.
    """
    run = run_of(context)
    c = run.conversation
    made = copies.backup(c, file.absolute(), watch(run))
    document = {
        "object": "vault_backup",
        "id": c.vault.header.vault_id,
        "path": str(made.path),
        "size_bytes": made.size_bytes,
        "head": made.head._asdict(),
        "created_at": resources.milliseconds(c.now),
    }
    text = f"Backed up the vault, up to event {made.head.number}, in {made.path}\n"
    hints = ("Checked from end to end. It opens with what opens the vault: keep that elsewhere.",)
    return Outcome(document, lambda: visible(text.rstrip()) + "\n", hints)


@command(
    app,
    "restore",
    examples=(
        "mfactl vault restore ./mfactl-backup.db",
        "mfactl vault restore ./mfactl-backup.db --yes",
        "mfactl vault restore ./mfactl-backup.db --vault ./other.db --yes --json",
    ),
    exits=(0, 8, 9),
    documents=("vault_restore",),
)
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to put in place.")],
    yes: Yes = False,
) -> Outcome:
    """Put a backup in the vault's place. Every session ends; what was there is kept beside it.

    The copy is checked from end to end first: if anything is wrong, nothing is changed. Other
    clients that have seen more take it with: mfactl vault check --accept-rollback
    """
    run = run_of(context)
    c = run.conversation
    with copies.candidate(c, file.absolute(), watch(run)) as backup:
        for warning in _warnings(backup):
            c.around.notify(warning)
        run.confirm(_restoring(file, backup, c.paths.vault), yes=yes)
        done = copies.restore(c, backup, watch(run))
    document = {
        "object": "vault_restore",
        "id": done.vault_id,
        "path": str(c.paths.vault),
        "from_path": str(file.absolute()),
        "restored": done.restored._asdict(),
        "head": done.head._asdict(),
        "replaced_path": None if done.replaced is None else str(done.replaced),
    }
    text = f"Restored the vault as it was at event {done.restored.number}.\n"
    kept = () if done.replaced is None else (f"What was there is kept: {done.replaced}",)
    return Outcome(document, lambda: text, (*kept, *AS_IT_WAS))


def _restoring(file: Path, backup: Candidate, target: Path) -> str:
    what = f"{file}, up to event {backup.head.number},"
    if not os.path.lexists(target):
        return f"Put {what} at {target}?"
    return f"Put {what} in the place of {target}? Every session ends."


def _warnings(backup: Candidate) -> list[str]:
    """What whoever took the wrong file would want to know before it is in place."""
    new, old = backup.vault.header, backup.replaces
    warnings = []
    if new.test and (old is None or not old.test):
        warnings.append("The backup is of a test vault: its clock can be set.")
    if old is not None and old.vault_id != new.vault_id:
        warnings.append(f"The backup is of another vault ({new.vault_id}) than is there.")
    return warnings


@command(
    app,
    "rotate",
    examples=(
        "mfactl vault rotate",
        "mfactl vault rotate --yes",
        "mfactl vault rotate --key-file /media/stick/mfactl.key --yes --json",
    ),
    exits=(0, 8, 9),
    documents=("vault_rotation",),
)
def rotate(
    context: typer.Context,
    key_file: Annotated[
        list[Path] | None,
        typer.Option("--key-file", metavar="PATH", help="One more key file, whose slot stays."),
    ] = None,
    passphrase_file: Annotated[
        list[Path] | None,
        typer.Option("--passphrase-file", metavar="FILE", help="One more passphrase, likewise."),
    ] = None,
    yes: Yes = False,
) -> Outcome:
    """Make a new data key and seal everything anew under it, in one transaction.

    A slot stays if its secret is at hand: the key file, MFACTL_PASSPHRASE_FILE, the keyring, what
    the options name, or what is typed when asked. The other slots go. Copies that were made before
    still open with the old key, and only they do.
    """
    run = run_of(context)
    c = run.conversation
    key_files = [path.absolute() for path in key_file or ()]
    passphrases = {
        f"The passphrase in {path}": prompts.from_file(path, "passphrase")
        for path in passphrase_file or ()
    }
    rotation = slots.plan_rotation(c, key_files, passphrases, _ask if run.can_ask else None)
    keep = "Name their secrets with --key-file or --passphrase-file; or add --yes to drop them."
    run.confirm(_question(rotation), yes=yes, otherwise=keep if rotation.dropped else "")
    renewed = slots.rotate(c, rotation, watch(run))
    document = {
        "object": "vault_rotation",
        "id": renewed.header.vault_id,
        "generation": renewed.header.generation,
        "slots": [slot_document(slot) for slot in renewed.header.slots],
        "dropped_slots": [slot_document(slot) for slot in rotation.dropped],
    }
    lines = ["Rotated the data key: everything is sealed anew."]
    lines += [f"Dropped {name(slot)}." for slot in rotation.dropped]
    return Outcome(document, lambda: "".join(line + "\n" for line in lines), STILL_OPEN)


def _ask(slot: Slot) -> str:
    prompt = f"Passphrase of {slot.id} (empty: this slot goes)"
    return prompts.secret(prompt, "passphrase", may_be_empty=True)


def _question(rotation: Rotation) -> str:
    if not rotation.dropped:
        return "Seal everything anew under a new data key?"
    names = ", ".join(name(slot) for slot in rotation.dropped)
    return f"Seal everything anew under a new data key, and drop {names}?"
