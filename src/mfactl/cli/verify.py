"""`verify`.

May import: mfactl.service, mfactl.conversation, mfactl.core, mfactl.errors, mfactl.cli and typer.
"""

from functools import partial
from typing import Annotated

import typer

from mfactl.cli.next_step import ask, verified
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import CodeArgument, PasswordFile, PasswordStdin, Run, run_of
from mfactl.conversation import Concluded
from mfactl.core import code as codes
from mfactl.errors import Code, failure
from mfactl.service import verify as service

app = new_app()


@command(
    app,
    "verify",
    examples=(
        "mfactl verify 123456",
        "mfactl verify 4k7m-2p9x-t3wd --backup-code",
        "mfactl outbox code ada@example.com | mfactl verify -",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("sign_up_attempt", "sign_in_attempt", "session_reverification"),
)
def verify(
    context: typer.Context,
    code: CodeArgument = None,
    backup_code: Annotated[
        bool, typer.Option("--backup-code", help="Take nothing but a backup code.")
    ] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send a new e-mail code; the one before is void.")
    ] = False,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> Outcome:
    """Enter the code that mfactl is waiting for: a sign-up's, or a sign-in's second factor.

    With nothing pending, the session is verified again: by the second factor, or by the password
    (asked for, or --password-stdin, --password-file) where the account has none.
    """
    run = run_of(context)
    by_password = password_stdin or password_file is not None
    if resend + by_password + (code is not None or backup_code) > 1:
        detail = "A code, --resend and a password exclude each other."
        raise failure(Code.USAGE_ERROR, detail, "Run: mfactl verify --help")
    if resend:
        return _resend(run)
    if by_password:
        password = run.password(password_stdin, password_file)
        return verified(service.by_password(run.conversation, password))
    if code is None and not backup_code:
        return verified(ask(run))
    parse = partial(codes.parse, backup_only=backup_code)
    if code is None:
        service.awaited(run.conversation)  # whose code is asked for; raises if none would help

    def attempt() -> Concluded:
        return service.by_code(run.conversation, run.code(code, "Backup code", parse))

    return verified(run.until_right(attempt, asks=code is None))


def _resend(run: Run) -> Outcome:
    # Here, because they load zxcvbn, email-validator and the mail modules: 70 ms.
    from mfactl.cli.signup import walked  # noqa: PLC0415
    from mfactl.service import sign_up  # noqa: PLC0415

    return walked(run, sign_up.resend(run.conversation))
