"""`mfa add`, `mfa verify` and `mfa disable`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.errors and mfactl.cli.
"""

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli import code_sheet, output, qr, qr_picture
from mfactl.cli.code_sheet import Save, room_for_codes
from mfactl.cli.new_file import Keep, new_file
from mfactl.cli.next_step import ask
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome
from mfactl.cli.run import CodeArgument, Run, Yes, run_of
from mfactl.core import code as codes
from mfactl.errors import Code, failure
from mfactl.service import factors
from mfactl.service.factors import Added, WithCodes

app = new_app(help="Add, confirm and remove the authenticator app.")


class Show(StrEnum):
    """What `mfa add` shows."""

    QR = "qr"
    ASCII = "ascii"
    URI = "uri"
    SECRET = "secret"  # noqa: S105 - the name of a format


@command(
    app,
    "add",
    examples=(
        "mfactl mfa add",
        "mfactl mfa add --format ascii",
        "mfactl mfa add --format uri | qrencode -t ansiutf8",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("totp",),
)
def add(
    context: typer.Context,
    show: Annotated[
        Show, typer.Option("--format", help="Show the QR code, or the URI or secret alone.")
    ] = Show.QR,
    qr_file: Annotated[
        Path | None,
        typer.Option("--qr-file", metavar="FILE", help="Draw it in a new FILE.svg or FILE.png."),
    ] = None,
    save: Save = None,
) -> Outcome | None:
    """Make a secret for an authenticator app, and show it: QR code, URI and secret.

    It waits 10 minutes for the code of the app. At a terminal that is asked for, and the backup
    codes are shown (or --save FILE); else give it to `mfactl mfa verify`. Asking again makes a new
    secret in its place.
    """
    run = run_of(context)
    c = run.conversation
    if save is not None and not run.walks:
        detail = "Backup codes are made when the code of the app is given, not here."
        raise failure(Code.USAGE_ERROR, detail, "Run: mfactl mfa verify CODE --save FILE")
    draw = qr_picture.drawer(qr_file)
    with room_for_codes(run, save) as keep:
        with new_file(qr_file, qr_picture.MOST_BYTES, lost="Run: mfactl mfa add") as keep_picture:
            added = run.stepping_up(lambda: factors.add(c), lambda: ask(run))
            if qr_file is not None:
                keep_picture(draw(added.uri))
        document = resources.unverified_totp(added.enrolment, added.uri)
        hints = (
            () if qr_file is None else (f"The QR code is in {qr_file}: remove it once scanned.",)
        )
        outcome = Outcome(document, lambda: _shown(added, show), hints, next=_next(show))
        left = LEFT if qr_file is None else f"{LEFT} - and remove {qr_file} once scanned"
        return run.go_on(outcome, lambda: _confirm(run, None, keep, save), left)


LEFT = "Go on, within 10 minutes, with: mfactl mfa verify CODE"


def _next(show: Show) -> tuple[str, ...]:
    if show in (Show.URI, Show.SECRET):
        return ("Next: mfactl mfa verify CODE - once your app shows one",)
    return ("Next: scan the code, or type the secret into your app. Then: mfactl mfa verify CODE",)


def _shown(added: Added, show: Show) -> str:
    secret, uri = added.enrolment.secret, added.uri
    if show is Show.URI:
        return uri + "\n"
    if show is Show.SECRET:
        return secret + "\n"
    return f"{_drawn(uri, show)}\nURI:    {uri}\nSecret: {_grouped(secret)}\n"


def _drawn(uri: str, show: Show) -> str:
    if show is Show.ASCII or not output.can_draw_blocks():
        style = qr.Style.ASCII
    else:
        style = qr.Style.COLOUR if output.may_colour() else qr.Style.PLAIN
    drawing = qr.draw(uri, style)
    columns, lines = output.window(sys.stdout)
    if drawing.columns <= columns:
        needed = drawing.rows + TEXT_LINES
        return drawing.text + (_scroll_up(lines, needed) if needed > lines else "")
    return (
        f"The window has {columns} columns and the QR code needs {drawing.columns}: "
        "make it wider and run this again, or type the secret into your app.\n"
    )


TEXT_LINES = 6  # what stands under the code, and the prompt


def _scroll_up(lines: int, needed: int) -> str:
    return (
        f"\nThe window has {lines} lines and the code with what stands below needs {needed}: "
        "scroll up, or make it higher.\n"
    )


def _grouped(secret: str) -> str:
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


@command(
    app,
    "verify",
    examples=(
        "mfactl mfa verify 123456",
        "mfactl mfa verify 123456 --field backup_codes",
        "mfactl totp < secret.txt | mfactl mfa verify - --json",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("totp",),
)
def verify(context: typer.Context, code: CodeArgument = None, save: Save = None) -> Outcome | None:
    """Confirm the authenticator app with the code that it shows, and get the backup codes.

    The ten backup codes are shown this once. Other sessions of the account end.
    """
    run = run_of(context)
    with room_for_codes(run, save) as keep:
        return _confirm(run, code, keep, save)


def _confirm(run: Run, given: list[str] | None, keep: Keep, save: Path | None) -> Outcome | None:
    c = run.conversation
    if given is None and run.can_ask:
        factors.await_code(c)

    def confirm() -> WithCodes:
        typed = run.code(given, "Code of your app", partial(codes.parse, digits_only=True))

        def decide() -> WithCodes:
            with run.deciding(code_sheet.MAYBE):
                return factors.confirm(c, typed)

        return run.stepping_up(decide, lambda: ask(run))

    confirmed = run.until_right(confirm, asks=given is None)
    account = confirmed.concluded.verdict.account
    assert account is not None  # a confirmation has one
    keep(code_sheet.sheet(account, confirmed.codes, confirmed.concluded.situation.now))
    document = resources.verified_totp(account, confirmed.codes)
    text = "The authenticator app is on.\n\n" + code_sheet.text(confirmed.codes)
    outcome = Outcome(document, lambda: text, code_sheet.hint(run, save))
    return code_sheet.until_kept(run, outcome, is_kept=save is not None)


@command(
    app,
    "disable",
    examples=(
        "mfactl mfa disable",
        "mfactl mfa disable --yes",
        "mfactl mfa disable --yes --json",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("deleted_object",),
)
def disable(context: typer.Context, yes: Yes = False) -> Outcome:
    """Remove the authenticator app, and the backup codes with it.

    Needs the second factor, verified in the last 10 minutes. Other sessions of the account end.
    """
    run = run_of(context)
    c = run.conversation

    if factors.would_disable(c):
        run.confirm("Remove the authenticator app and the backup codes?", yes=yes)
    removed = run.stepping_up(lambda: factors.disable(c), lambda: ask(run))
    text = "The authenticator app is off, and the backup codes are gone.\n"
    return Outcome(resources.deleted("totp", removed), lambda: text)
