"""`backup-codes regenerate`. May import: mfactl.service, mfactl.resources and mfactl.cli."""

import typer

from mfactl import resources
from mfactl.cli import code_sheet
from mfactl.cli.code_sheet import Save
from mfactl.cli.next_step import ask
from mfactl.cli.options import AGAIN, command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import Yes, run_of
from mfactl.service import factors
from mfactl.service.factors import WithCodes

app = new_app(help="Replace the backup codes.")


@command(
    app,
    "regenerate",
    examples=(
        "mfactl backup-codes regenerate",
        "mfactl backup-codes regenerate --save codes.txt",
        "mfactl backup-codes regenerate --yes --json",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("backup_code",),
)
def regenerate(context: typer.Context, yes: Yes = False, save: Save = None) -> Outcome | None:
    """Replace all backup codes by ten new ones, shown this once; the old ones are void.

    Needs the second factor, verified in the last 10 minutes. Other sessions of the account end.
    """
    run = run_of(context)
    c = run.conversation

    if factors.would_regenerate(c):
        run.confirm("Replace all backup codes? The old ones stop working.", yes=yes)
    run.options.left = f"No code was replaced. {AGAIN}"

    def replace() -> WithCodes:
        with run.deciding(code_sheet.MAYBE):
            return factors.regenerate(c)

    with code_sheet.room_for_codes(run, save) as keep:
        made = run.stepping_up(replace, lambda: ask(run))
        account = made.concluded.verdict.account
        assert account is not None  # a regeneration has one
        keep(code_sheet.sheet(account, made.codes, made.concluded.situation.now))
        document = resources.backup_code(account, made.codes)
        outcome = Outcome(document, lambda: code_sheet.text(made.codes), code_sheet.hint(run, save))
        return code_sheet.until_kept(run, outcome, is_kept=yes or save is not None)
