"""Backup codes as people get them: on the screen, on paper, and asked about before they scroll off.

May import: mfactl.core.account, mfactl.cli and typer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mfactl.cli import prompts
from mfactl.cli.new_file import Keep, new_file
from mfactl.cli.output import Outcome, utc
from mfactl.cli.run import Run
from mfactl.core.account import Account

MOST_BYTES = 4096  # an address has 254 at most, each of ten codes 14
LOST = "The codes are in force. If you have not seen them: mfactl backup-codes regenerate"
MAYBE = "If the app is on (mfactl account show), get codes with: mfactl backup-codes regenerate"
NOT_KEPT = "Codes that you did not keep: mfactl backup-codes regenerate"
KEEP_THEM = "Keep them apart from your phone. They are not shown again."

Save = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE", help="Put the codes in a new FILE, to be printed."),
]


@contextmanager
def room_for_codes(run: Run, save: Path | None) -> Iterator[Keep]:
    """Where the sheet will be kept: the name is free, and there is room. Before codes are made."""
    with new_file(save, MOST_BYTES, lost=LOST) as keep:
        yield keep
    if save is not None and run.walks:  # the codes stand on the screen; now also on the sheet
        run.note(_where(save))


def sheet(account: Account, codes: tuple[str, ...], now: int) -> bytes:
    """The codes on a page that prints well."""
    listed = "".join(f"{number:6}.  {code}\n" for number, code in enumerate(codes, 1))
    return f"""\
BACKUP CODES

Account:  {account.email}
Made:     {utc(now)}

{listed}
Each works once, in place of a code of the authenticator app. Sign in, and
type it where that code is asked for:

    mfactl signin {account.email}

Cross out a code that you have used. A new set makes this one void:

    mfactl backup-codes regenerate

Keep this page apart from your phone, and delete this file.
""".encode()


def text(codes: tuple[str, ...]) -> str:
    """The codes for people, one a line."""
    return "Backup codes, each good once:\n\n" + "".join(f"  {code}\n" for code in codes) + "\n"


def hint(run: Run, save: Path | None) -> tuple[str, ...]:
    """What to do with codes that were shown."""
    if save is None:
        return (KEEP_THEM,)
    return () if run.walks else (_where(save),)


def _where(save: Path) -> str:
    return f"They are in {save}, too. Print it, then remove it."


def until_kept(run: Run, outcome: Outcome, *, is_kept: bool) -> Outcome | None:
    """Prints the codes; a person says that they are kept before they scroll off, or has a sheet.

    Called while the sheet may still fail, so that a person has seen the codes by then.
    """

    def ask() -> None:
        answer = "y" if is_kept else ""
        while answer not in ("y", "yes"):
            answer = prompts.line("Have you kept them? [y/n]", "answer").strip().lower()
            if answer in ("n", "no"):
                return prompts.say(NOT_KEPT)
            if answer not in ("y", "yes"):
                prompts.say("They stand above, and will not be shown again.")
        return None

    return run.go_on(outcome, ask, NOT_KEPT)
