"""`account show` and `account password`.

May import: mfactl.service, mfactl.conversation, mfactl.resources, mfactl.core, mfactl.errors,
mfactl.cli and typer.
"""

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Outcome, utc
from mfactl.cli.run import (
    NewPasswordFile,
    NewPasswordStdin,
    PasswordFile,
    PasswordStdin,
    run_of,
)
from mfactl.conversation import Concluded
from mfactl.core import lockout
from mfactl.errors import Code, failure
from mfactl.service import account as service
from mfactl.service.account import Shown

app = new_app(help="Look at the account, change its password.")


@command(
    app,
    "show",
    examples=(
        "mfactl account show",
        "mfactl account show --json | jq .totp_enabled",
        "mfactl account show --field backup_codes_remaining",
    ),
    exits=(0, 4, 8, 9),
    documents=("user",),
)
def show(context: typer.Context) -> Outcome:
    """Show the account page: address, second factor, backup codes left, last sign-in, session."""
    shown = service.show(run_of(context).conversation)
    document = resources.user(shown.account, shown.situation.now, shown.session)
    return Outcome(document, lambda: _page(shown))


def _page(shown: Shown) -> str:
    account, session, s = shown.account, shown.session, shown.situation
    rows = [("Account", account.email), ("Password", f"set {utc(account.password_changed_at)}")]
    if account.totp is None:
        rows.append(("Authenticator app", "off - turn it on with: mfactl mfa add"))
    else:
        rows.append(("Authenticator app", f"on since {utc(account.totp.verified_at)}"))
        rows.append(("Last code used", utc(account.totp.last_used_at)))
    if account.backup_codes is not None:
        total = len(account.backup_codes.codes)
        rows.append(("Backup codes", f"{account.backup_codes.remaining} of {total} left"))
    if lockout.is_locked(account.lockout, now=s.now):
        seconds = lockout.expires_in(account.lockout, now=s.now)
        end = "" if seconds is None else f" for {lockout.duration(seconds)} more"
        rows.append(("Locked", f"no password and no code is taken{end}"))
    if account.last_sign_in_at is not None:
        rows.append(("Last sign-in", utc(account.last_sign_in_at)))
    rows.append(("Session", f"until {utc(session.created_at + s.limits.lifetime)}"))
    return "".join(f"{name + ':':20}{value}\n" for name, value in rows)


@command(
    app,
    "password",
    examples=(
        "mfactl account password",
        "mfactl account password --password-file old.txt --new-password-file new.txt",
        "mfactl account password --password-file old.txt --new-password-stdin < new.txt",
    ),
    exits=(0, 3, 4, 5, 6, 7, 8, 9),
    documents=("user",),
)
def password(
    context: typer.Context,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    new_password_stdin: NewPasswordStdin = False,
    new_password_file: NewPasswordFile = None,
) -> Outcome:
    """Change the password. Takes the current one and the new one; other sessions end.

    Needs the strongest factor of the account, verified in the last 10 minutes.
    """
    # Here, because it loads zxcvbn and email-validator, which `account show` does not need: 55 ms.
    from mfactl.cli.next_step import ask  # noqa: PLC0415
    from mfactl.service import password as changing  # noqa: PLC0415

    run = run_of(context)
    if password_stdin and new_password_stdin:
        raise failure(Code.USAGE_ERROR, "Only one of the two passwords may come from stdin.")
    c = run.conversation
    current = run.password(password_stdin, password_file, what="current password")
    new = run.new_password(new_password_stdin, new_password_file, name="new-password")

    def change() -> Concluded:
        return run.stepping_up(lambda: changing.change(c, current, new), lambda: ask(run))

    is_typed = not password_stdin and password_file is None
    concluded = run.until_right(change, asks=is_typed)
    account = concluded.verdict.account
    assert account is not None  # a change has one
    document = resources.user(account, concluded.situation.now, concluded.verdict.session)
    text = f"The password of {account.email} is changed. Its other sessions have ended.\n"
    return Outcome(document, lambda: text)
