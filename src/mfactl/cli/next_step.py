"""The step that a client has to take next: asked for at a terminal, and shown once it is taken.

May import: mfactl.service, mfactl.conversation, mfactl.resources, mfactl.core, mfactl.errors and
mfactl.cli.
"""

from functools import partial
from typing import assert_never

from mfactl import resources
from mfactl.cli import prompts
from mfactl.cli.output import Outcome, complain, visible_lines
from mfactl.cli.run import Run
from mfactl.conversation import Concluded
from mfactl.core import code as codes
from mfactl.core.client import SignIn, SignUp
from mfactl.core.code import Typed
from mfactl.core.email_code import TEST_CODE
from mfactl.core.verify import Awaited
from mfactl.errors import MfactlError
from mfactl.service import verify as service

LOW = 3  # so few backup codes left are worth a word
LEFT = "Go on with: mfactl verify CODE"


def ask(run: Run) -> Concluded:
    """Asks for whatever the client's next step, or its session, needs, until it is right."""
    if not run.can_ask:
        service.awaited(run.conversation)  # raises if no code would help
        ways = "an argument, - to read it from stdin, or --password-stdin for a password"
        raise prompts.missing("code", ways)
    return run.until_right(lambda: _ask(run))


def _ask(run: Run) -> Concluded:
    c = run.conversation
    asked = service.awaited(c)
    match asked.step:
        case Awaited.PASSWORD:
            return service.by_password(c, run.password(False, None))
        case Awaited.EMAIL_CODE:
            return service.by_code(c, _email_code(run, asked.email))
        case Awaited.SECOND_FACTOR:
            code = run.typed_code("Code of your app, or a backup code", codes.parse)
            return service.by_code(c, code)
        case _:
            assert_never(asked.step)


def _email_code(run: Run, email: str) -> Typed:
    parse = partial(codes.parse, digits_only=True)
    if run.conversation.settings.mail_transport != "maildir":
        return run.typed_code("Code in the e-mail", parse)
    return run.typed_code(
        "Code in the e-mail (Enter shows it)", parse, lambda: _show_mail(run, email)
    )


def _show_mail(run: Run, email: str) -> None:
    # Here, because reading mail takes the library's parser: 20 ms.
    from mfactl.service import outbox, sign_up  # noqa: PLC0415

    if sign_up.gets_no_mail(run.conversation, email):
        prompts.say(f"This is a test address, which gets no mail. Its code is {TEST_CODE}.")
        return
    try:
        message = outbox.show(run.conversation, email)
    except MfactlError as error:
        remedy = "For a new one, press Ctrl-C and run: mfactl verify --resend"
        complain(tuple(refusal._replace(remedy=remedy) for refusal in error.refusals))
    else:
        prompts.say(visible_lines(f"\n{message.body.strip()}\n"))


def verified(concluded: Concluded) -> Outcome:
    """What was completed, or the session that was verified again."""
    verdict, situation = concluded.verdict, concluded.situation
    attempt, account = verdict.attempt, verdict.account
    assert account is not None  # all that gets here has one
    left = account.backup_codes
    hints = () if left is None else _hints(verdict.strategy, left.remaining)
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
    counted = f"{left or 'no'} backup code{'' if left == 1 else 's'} left"
    told = f"You have {counted}."
    if strategy == "backup_code":
        told = f"That backup code is used up: {counted}."
    if left <= LOW:
        return (told, "Replace them: mfactl backup-codes regenerate")
    return (told,) if strategy == "backup_code" else ()
