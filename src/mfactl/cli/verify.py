"""`verify`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.errors and mfactl.cli.
"""

from functools import partial
from typing import Annotated, assert_never

import typer

from mfactl import resources
from mfactl.cli import prompts
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import CodeArgument, PasswordFile, PasswordStdin, Run, run_of
from mfactl.conversation import Concluded
from mfactl.core import code as codes
from mfactl.core.client import SignIn, SignUp
from mfactl.core.verify import Awaited
from mfactl.errors import Code, failure
from mfactl.service import verify as service

app = new_app()

LOW = 3  # so few backup codes left are worth a word


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
    """Give the code that is waited for: a sign-up's e-mail code, or a sign-in's second factor.

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
        return _done(service.by_password(run.conversation, password))
    if code is None and not backup_code:
        return _done(ask(run))
    parse = partial(codes.parse, backup_only=backup_code)
    typed = run.code(code, "Backup code", parse)
    return _done(service.by_code(run.conversation, typed))


def ask(run: Run) -> Concluded:
    """Asks for whatever the client's next step, or its session, needs."""
    if not run.can_ask:
        ways = "an argument, - to read it from stdin, or --password-stdin for a password"
        raise prompts.missing("code", ways)
    awaited = service.awaited(run.conversation)
    match awaited:
        case Awaited.PASSWORD:
            return service.by_password(run.conversation, run.password(False, None))
        case Awaited.EMAIL_CODE:
            parse = partial(codes.parse, digits_only=True)
            return service.by_code(run.conversation, run.code(None, "Code in the e-mail", parse))
        case Awaited.SECOND_FACTOR:
            prompt = "Code of your app, or a backup code"
            return service.by_code(run.conversation, run.code(None, prompt, codes.parse))
        case _:
            assert_never(awaited)


def _resend(run: Run) -> Outcome:
    # Here, because they load zxcvbn, email-validator and the mail modules: 70 ms.
    from mfactl.cli.signup import waiting  # noqa: PLC0415
    from mfactl.service import sign_up  # noqa: PLC0415

    return waiting(run.conversation, sign_up.resend(run.conversation))


def _done(concluded: Concluded) -> Outcome:
    verdict, situation = concluded.verdict, concluded.situation
    attempt, account = verdict.attempt, verdict.account
    assert account is not None  # all that gets here has one
    hints = _hints(verdict.strategy, account.backup_codes.remaining if account.backup_codes else 0)
    if attempt is None:
        document = resources.session_reverification(verdict, situation)
        return Outcome(document, lambda: f"Verified as {account.email}.\n", hints)
    text = f"Signed in as {account.email}.\n"
    if isinstance(attempt, SignUp):
        document = resources.sign_up_attempt(attempt, verdict, status="complete")
        return Outcome(document, lambda: text, ("Protect it with a second factor: mfactl mfa add",))
    assert isinstance(attempt, SignIn)
    document = resources.sign_in_attempt(attempt, verdict, status="complete")
    return Outcome(document, lambda: text, hints)


def _hints(strategy: str | None, left: int) -> tuple[str, ...]:
    if strategy != "backup_code":
        return ()
    told = f"That backup code is used up; {left} of the set {'is' if left == 1 else 'are'} left."
    return (told, "Replace them: mfactl backup-codes regenerate") if left <= LOW else (told,)
