"""`signup`.

May import: mfactl.service, mfactl.conversation, mfactl.resources, mfactl.core, mfactl.exits,
mfactl.surroundings, mfactl.cli and typer.
"""

import typer

from mfactl import resources
from mfactl.cli.next_step import LEFT, ask, verified
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import EmailArgument, PasswordFile, PasswordStdin, Run, run_of
from mfactl.conversation import Concluded, Conversation
from mfactl.core.client import SignUp
from mfactl.core.email_code import TEST_CODE
from mfactl.exits import Exit
from mfactl.service import sign_up
from mfactl.surroundings import Accept

app = new_app()


@command(
    app,
    "signup",
    examples=(
        "mfactl signup ada@example.com",
        "mfactl signup ada@example.com --password-stdin < password.txt",
        "mfactl signup ada@example.com --password-file password.txt --json",
    ),
    exits=(0, 3, 5, 6, 7, 8, 9),
    documents=("sign_up_attempt",),
)
def signup(
    context: typer.Context,
    email: EmailArgument = None,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> Outcome:
    """Start a sign-up: set a password, and have a 6-digit code sent to the address.

    The account is made when `mfactl verify` gets the code; at a terminal that is asked for at once.
    The first sign-up makes the vault.
    """
    run = run_of(context)
    address = run.email(email)
    ask = run.new_password(password_stdin, password_file)

    def password(accept: Accept) -> bytes:
        accepted = ask(accept)
        run.options.left = "If a code has come, go on with: mfactl verify CODE"
        return accepted

    return walked(run, sign_up.start(run.conversation, address, password))


def walked(run: Run, concluded: Concluded) -> Outcome:
    """A sign-up that waits for its code; at a terminal it is asked for."""
    return run.go_on(_waiting(run.conversation, concluded), lambda: verified(ask(run)), LEFT)


def _waiting(c: Conversation, concluded: Concluded) -> Outcome:
    attempt = concluded.verdict.attempt
    assert isinstance(attempt, SignUp)  # a sign-up answers with one
    document = resources.sign_up_attempt(attempt, concluded.verdict, status="missing_requirements")
    hints, next_ = [], ["Next: mfactl verify CODE"]
    if sign_up.gets_no_mail(c, attempt.email):
        hints.append(f"This is a test address: its code is {TEST_CODE}.")
    elif c.settings.mail_transport == "maildir":
        next_.insert(0, f"Read the mail: mfactl outbox show {attempt.email}")
    text = f"A code for {attempt.email} is on its way. It is good for 10 minutes.\n"
    return Outcome(document, lambda: text, tuple(hints), Exit.ONE_MORE_STEP, tuple(next_))
