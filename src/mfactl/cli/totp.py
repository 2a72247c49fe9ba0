"""`totp`: the phone's side. Opens no vault.

May import: mfactl.core.phone, mfactl.surroundings, mfactl.resources, mfactl.cli and typer.
"""

from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli import prompts
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import accepted, run_of
from mfactl.core import phone
from mfactl.surroundings import parse_now, system_clock

app = new_app()


@command(
    app,
    "totp",
    examples=(
        "mfactl totp < secret.txt",
        "mfactl mfa add --format uri | mfactl totp | mfactl mfa verify -",
        "mfactl totp --offset 30 < secret.txt",
    ),
    exits=(0,),
    documents=("totp_code",),
)
def totp(
    context: typer.Context,
    offset: Annotated[
        int, typer.Option("--offset", metavar="SECONDS", help="The code at another moment.")
    ] = 0,
) -> Outcome:
    """Print the code that an authenticator app would show: the phone's side, for scripts.

    Reads an otpauth:// URI or a base32 secret on stdin. Opens no vault. MFACTL_NOW sets its clock.
    """
    run = run_of(context)
    fixed = run.environ.get("MFACTL_NOW")
    now = (parse_now(fixed) if fixed else system_clock()) + offset
    if run.can_ask:
        text = prompts.secret("Secret or otpauth:// URI", "secret")
    elif prompts.is_terminal():  # where it would be echoed
        raise prompts.missing("secret", "a pipe or a file as stdin")
    else:
        text = prompts.from_stdin("secret")
    shown = accepted(phone.code_of(text, now=now))
    document = {
        "object": "totp_code",
        "code": shown.code,
        "step": shown.step,
        "valid_until": resources.milliseconds(shown.valid_until),
    }
    return Outcome(document, lambda: shown.code + "\n")
