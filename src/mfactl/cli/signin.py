"""`signin`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.exits,
mfactl.cli and typer.
"""

import typer

from mfactl import resources
from mfactl.cli.next_step import LEFT, ask, verified
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import EmailArgument, PasswordFile, PasswordStdin, run_of
from mfactl.core.client import SignIn
from mfactl.core.verdict import Verdict
from mfactl.exits import Exit
from mfactl.service import sign_in

app = new_app()


@command(
    app,
    "signin",
    examples=(
        "mfactl signin ada@example.com",
        "mfactl signin ada@example.com --password-stdin < password.txt",
        "mfactl signin ada@example.com --password-file password.txt --field status",
    ),
    exits=(0, 3, 5, 6, 7, 8, 9),
    documents=("sign_in_attempt",),
)
def signin(
    context: typer.Context,
    email: EmailArgument = None,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> Outcome:
    """Sign in with the password.

    Ends with 0 when that was enough, and with 3 when the account has a second factor: then
    `mfactl verify` takes a code of the authenticator app, or a backup code. At a terminal that is
    asked for at once.
    """
    run = run_of(context)
    address = run.email(email)
    password = run.password(password_stdin, password_file)

    def start() -> Verdict:
        return sign_in.start(run.conversation, address, password).verdict

    verdict = run.until_right(start, asks=not password_stdin and password_file is None)
    attempt = verdict.attempt
    assert isinstance(attempt, SignIn)  # a sign-in answers with one
    if verdict.session is not None:
        document = resources.sign_in_attempt(attempt, verdict, status="complete")
        return Outcome(document, lambda: f"Signed in as {attempt.email}.\n")
    document = resources.sign_in_attempt(attempt, verdict, status="needs_second_factor")
    text = f"The password is right. {attempt.email} needs a second factor.\n"
    next_ = ("Next: mfactl verify CODE - from your authenticator app, or a backup code",)
    outcome = Outcome(document, lambda: text, exit=Exit.ONE_MORE_STEP, next=next_)
    return run.go_on(outcome, lambda: verified(ask(run)), LEFT)
