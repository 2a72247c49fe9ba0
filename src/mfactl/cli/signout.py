"""`signout`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.cli and typer.
"""

from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import run_of
from mfactl.core.client import SignIn, SignUp
from mfactl.service import account

app = new_app()


@command(
    app,
    "signout",
    examples=("mfactl signout", "mfactl signout --all", "mfactl signout --json"),
    exits=(0, 4, 8, 9),
    documents=("session", "sign_up_attempt", "sign_in_attempt"),
)
def signout(
    context: typer.Context,
    everywhere: Annotated[
        bool, typer.Option("--all", help="End every session of the account.")
    ] = False,
) -> Outcome:
    """End this session, and drop what is pending."""
    concluded = account.sign_out(run_of(context).conversation, everywhere=everywhere)
    verdict, s = concluded.verdict, concluded.situation
    if verdict.session is not None and verdict.account is not None:
        document = resources.session(verdict.session, verdict.account, s, status="removed")
        where = " everywhere" if everywhere else ""
        text = f"Signed out {verdict.account.email}{where}.\n"
        return Outcome(document, lambda: text)
    attempt = verdict.attempt
    if isinstance(attempt, SignUp):
        document = resources.sign_up_attempt(attempt, verdict, status="abandoned")
        return Outcome(document, lambda: f"Dropped the sign-up of {attempt.email}.\n")
    assert isinstance(attempt, SignIn)  # one of the three has ended
    document = resources.sign_in_attempt(attempt, verdict, status="abandoned")
    return Outcome(document, lambda: f"Dropped the sign-in of {attempt.email}.\n")
