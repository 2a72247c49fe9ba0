"""`admin list`, `unlock`, `reset-mfa`, `set-password` and `delete`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.surroundings, mfactl.errors,
mfactl.cli and typer.
"""

from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, Stream, utc, visible
from mfactl.cli.run import Jsonl, NewPasswordFile, NewPasswordStdin, Yes, run_of
from mfactl.core import lockout
from mfactl.core.account import Account, Stranger
from mfactl.errors import Code, failure
from mfactl.service import admin
from mfactl.service.admin import Wanted
from mfactl.surroundings import is_id

MOST_LISTED = 10**9

app = new_app(
    help="Act as whoever holds the vault's key, on any account, without being signed in to it."
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address of the account.")]


@command(
    app,
    "list",
    examples=(
        "mfactl admin list",
        "mfactl admin list @example.com --without-mfa",
        "mfactl admin list --jsonl | jq -r .email_addresses[0].email_address",
    ),
    exits=(0, 8, 9),
    documents=("list", "user"),
)
def list_(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only addresses that have this in them.")
    ] = "",
    locked: Annotated[bool, typer.Option("--locked", help="Only the locked ones.")] = False,
    with_mfa: Annotated[
        bool, typer.Option("--with-mfa", help="Only accounts with a second factor.")
    ] = False,
    without_mfa: Annotated[
        bool, typer.Option("--without-mfa", help="Only accounts without one.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=MOST_LISTED, metavar="N", help="At most N accounts."),
    ] = None,
    after: Annotated[
        str, typer.Option("--after", metavar="ID", help="Begin after the account with this id.")
    ] = "",
    jsonl: Jsonl = False,
) -> Stream:
    """List the accounts in the order of their ids, which new accounts do not change."""
    if with_mfa and without_mfa:
        raise failure(Code.USAGE_ERROR, "Use one of --with-mfa and --without-mfa.")
    if after and not is_id("user", after):
        raise failure(
            Code.PARAM_FORMAT_INVALID,
            "--after takes the id of an account, whole.",
            "The list has them: mfactl admin list",
            param_name="after",
        )
    c = run_of(context).conversation
    wanted = Wanted(text, True if locked else None, with_mfa if with_mfa or without_mfa else None)
    now = c.now
    found = admin.accounts(c, wanted, after=after, most=limit)
    documents = (resources.user(account, now) for account in found)
    return Stream(documents, _line, "No account matches.\n", jsonl)


def _line(user: Document) -> str:
    app = f"app on, {user['backup_codes_remaining']} codes" if user["totp_enabled"] else "no app"
    seen = user["last_sign_in_at"]
    cells = (
        f"{user['email_addresses'][0]['email_address']:24}",
        f"{app:16}",
        "LOCKED" if user["locked"] else "      ",
        "never signed in" if seen is None else f"signed in {utc(seen // 1000)}",
        user["id"],
    )
    return visible("  ".join(cells)) + "\n"


@command(
    app,
    "unlock",
    examples=(
        "mfactl admin unlock ada@example.com",
        "mfactl admin unlock ada@example.com --json",
        "mfactl admin unlock ada@example.com --quiet",
    ),
    exits=(0, 7, 8, 9),
    documents=("user", "lockout"),
)
def unlock(context: typer.Context, email: Email) -> Outcome:
    """Lift the lock of an address, with or without an account, and clear its failures."""
    s, verdict = admin.unlock(run_of(context).conversation, email)
    holder = verdict.writes[0]
    assert isinstance(holder, Account | Stranger)  # this rule writes who is at an address
    failures = verdict.details["failures"]
    count = f"{failures} failed attempt{'' if failures == 1 else 's'}"
    if isinstance(holder, Account):
        document = resources.user(holder, s.now)
        text = f"Unlocked {holder.email}: {count} cleared.\n"
    else:
        document = {
            "object": "lockout",
            "email_address": holder.key,
            "locked": lockout.is_locked(holder.lockout, now=s.now),
            "lockout_expires_in_seconds": lockout.expires_in(holder.lockout, now=s.now),
            "verification_attempts_remaining": lockout.remaining(holder.lockout, now=s.now),
        }
        text = f"Unlocked {holder.key}, which has no account: {count} cleared.\n"
    return Outcome(document, lambda: visible(text.rstrip()) + "\n")


@command(
    app,
    "reset-mfa",
    examples=(
        "mfactl admin reset-mfa ada@example.com",
        "mfactl admin reset-mfa ada@example.com --yes",
        "mfactl admin reset-mfa ada@example.com --yes --json",
    ),
    exits=(0, 7, 8, 9),
    documents=("user",),
)
def reset_mfa(context: typer.Context, email: Email, yes: Yes = False) -> Outcome:
    """Remove the app and the backup codes of somebody who has lost both. Sessions end.

    From then on the password alone signs in: be sure of who asks for it.
    """
    run = run_of(context)
    question = f"Remove the second factor of {email}? The password alone will sign in."
    run.confirm(question, yes=yes or not admin.would_reset_mfa(run.conversation, email))
    s, verdict = admin.reset_mfa(run.conversation, email)
    assert verdict.account is not None  # a reset has one
    text = f"{verdict.account.email} has no second factor any more. Its sessions have ended.\n"
    return Outcome(resources.user(verdict.account, s.now), lambda: text)


@command(
    app,
    "set-password",
    examples=(
        "mfactl admin set-password ada@example.com",
        "mfactl admin set-password ada@example.com --new-password-stdin < new.txt",
        "mfactl admin set-password ada@example.com --new-password-file new.txt --json",
    ),
    exits=(0, 7, 8, 9),
    documents=("user",),
)
def set_password(
    context: typer.Context,
    email: Email,
    new_password_stdin: NewPasswordStdin = False,
    new_password_file: NewPasswordFile = None,
) -> Outcome:
    """Set the password of somebody who has forgotten it. The second factor stays. Sessions end."""
    run = run_of(context)
    new = run.new_password(new_password_stdin, new_password_file, name="new-password")
    s, verdict = admin.set_password(run.conversation, email, new)
    assert verdict.account is not None  # a change has one
    text = f"The password of {verdict.account.email} is set. Its sessions have ended.\n"
    return Outcome(resources.user(verdict.account, s.now), lambda: text)


@command(
    app,
    "delete",
    examples=(
        "mfactl admin delete ada@example.com",
        "mfactl admin delete ada@example.com --yes",
        "mfactl admin delete ada@example.com --yes --json",
    ),
    exits=(0, 7, 8, 9),
    documents=("deleted_object",),
)
def delete(context: typer.Context, email: Email, yes: Yes = False) -> Outcome:
    """Remove an account for good. Its sessions end, and its address is free again.

    What happened stays in the audit trail, under the account's id.
    """
    run = run_of(context)
    question = f"Remove the account {email} for good?"
    run.confirm(question, yes=yes or not admin.would_delete(run.conversation, email))
    account = admin.delete(run.conversation, email)
    text = f"Removed the account {account.email}.\n"
    return Outcome(resources.deleted("user", account.id), lambda: text)
