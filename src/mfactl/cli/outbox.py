"""`outbox list`, `show`, `code` and `clear`.

May import: mfactl.service, mfactl.mail, mfactl.resources and mfactl.cli.
"""

from typing import Annotated

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, utc, visible, visible_lines
from mfactl.cli.run import run_of
from mfactl.mail import Message
from mfactl.service import outbox

app = new_app(help="Read the mail that mfactl delivered. Needs no vault and no session.")


def _document(message: Message, *, with_body: bool) -> Document:
    return {
        "object": "message",
        "id": message.id,
        "from_email_address": message.sender,
        "to_email_address": message.recipient,
        "subject": message.subject,
        "body": message.body if with_body else None,
        "created_at": resources.milliseconds(message.delivered_at),
    }


@command(
    app,
    "list",
    examples=(
        "mfactl outbox list",
        "mfactl outbox list --json | jq -r '.data[].subject'",
        "mfactl outbox list --field total_count",
    ),
    exits=(0,),
    documents=("list",),
)
def list_(context: typer.Context) -> Outcome:
    """List the messages, the newest first."""
    messages = outbox.messages(run_of(context).conversation)
    document = resources.listing([_document(message, with_body=False) for message in messages])
    return Outcome(document, lambda: "".join(map(_line, messages)) or "The outbox is empty.\n")


def _line(message: Message) -> str:
    cells = (utc(message.delivered_at), message.recipient, message.subject, message.id)
    return visible("  ".join(cells)) + "\n"


@command(
    app,
    "show",
    examples=(
        "mfactl outbox show",
        "mfactl outbox show ada@example.com",
        "mfactl outbox show ada@example.com --field body",
    ),
    exits=(0, 7),
    documents=("message",),
)
def show(
    context: typer.Context,
    which: Annotated[
        str | None,
        typer.Argument(metavar="[ID|EMAIL]", help="A message's id, or the newest to an address."),
    ] = None,
) -> Outcome:
    """Show one message: the newest, the newest to an address, or the one with an id."""
    message = outbox.show(run_of(context).conversation, which)
    head = f"From: {message.sender}\nTo: {message.recipient}\nSubject: {message.subject}\n\n"
    return Outcome(_document(message, with_body=True), lambda: visible_lines(head + message.body))


@command(
    app,
    "code",
    examples=(
        "mfactl outbox code ada@example.com",
        "mfactl outbox code ada@example.com | mfactl verify -",
        "mfactl outbox code ada@example.com --json",
    ),
    exits=(0, 7),
    documents=("email_code",),
)
def code(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address it was sent to.")],
) -> Outcome:
    """Print the newest code that was sent to an address."""
    message, found = outbox.code(run_of(context).conversation, email)
    document = {
        "object": "email_code",
        "email_address": message.recipient,
        "code": found,
        "created_at": resources.milliseconds(message.delivered_at),
    }
    return Outcome(document, lambda: found + "\n")


@command(
    app,
    "clear",
    examples=("mfactl outbox clear", "mfactl outbox clear --quiet", "mfactl outbox clear --json"),
    exits=(0,),
    documents=("outbox",),
)
def clear(context: typer.Context) -> Outcome:
    """Remove all messages."""
    c = run_of(context).conversation
    count = outbox.clear(c)
    document = {"object": "outbox", "path": str(c.paths.outbox), "deleted_count": count}
    return Outcome(document, lambda: f"Removed {count} message{'' if count == 1 else 's'}.\n")
