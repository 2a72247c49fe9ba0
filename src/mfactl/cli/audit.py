"""`audit list` and `audit verify`.

May import: mfactl.service, mfactl.resources, mfactl.core, mfactl.errors, mfactl.cli,
typer and the type of a mark in mfactl.vault.transaction.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, Stream, utc, visible
from mfactl.cli.progress import watch
from mfactl.cli.run import Jsonl, run_of
from mfactl.core.verdict import Happened
from mfactl.errors import Code, failure
from mfactl.service import audit
from mfactl.service.audit import Listed, Wanted
from mfactl.vault.transaction import Mark

app = new_app(help="See what happened, and that nobody changed the record of it.")

MOST_LISTED = 10**9
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_LINE = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@command(
    app,
    "list",
    examples=(
        "mfactl audit list",
        "mfactl audit list --account ada@example.com --since 7d",
        "mfactl audit list --kind sign_in --since 2026-01-01 --jsonl",
        "mfactl audit list --limit 20",
    ),
    exits=(0, 8, 9),
    documents=("list", "event"),
    also=f"KIND is one of: {', '.join(Happened)}.",
)
def list_(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="From a date, a time or an age on: 2026-01-31, 12h, 7d."
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="EMAIL|ID", help="About one address or account only."),
    ] = None,
    kind: Annotated[
        Happened | None, typer.Option("--kind", metavar="KIND", help="Of one kind only.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=MOST_LISTED, metavar="N", help="The newest N at most."),
    ] = None,
    jsonl: Jsonl = False,
) -> Stream:
    """List what happened, the oldest first: each sign-in, refusal, lock, change and owner's act."""
    c = run_of(context).conversation
    begin = None if since is None else _moment(since, c.now)
    about = None if account is None else audit.about(c, account)
    events = audit.events(c, Wanted(begin, about, kind), newest=limit)
    return Stream((_document(each) for each in events), _text_of, "No events match.\n", jsonl)


def _moment(text: str, now: int) -> int:
    """A time as people write it, as Unix seconds: a date, a date and time, or how long ago."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise failure(
            Code.PARAM_FORMAT_INVALID,
            "--since takes a date (2026-01-31), a time (2026-01-31T12:00:00Z) or an age (12h, 7d).",
            "Times without a zone are UTC.",
            param_name="since",
        ) from None


def _document(listed: Listed) -> Document:
    event = listed.event
    return {
        "object": "event",
        "number": event.number,
        "kind": event.happened,
        "created_at": resources.milliseconds(event.at),
        "account_id": event.subject if event.subject.startswith("user_") else None,
        "email_address": listed.email,
        "address_id": listed.address_id,
        "client_id": event.client,
        "code": event.code,
        "details": event.details,
        "hash": listed.hash,
    }


def _text_of(event: Document) -> str:
    moment = utc(event["created_at"] // 1000, "%H:%M:%S")
    cells = [f"{event['number']:>6}", moment, f"{event['kind']:23}", _whom(event)]
    if event["code"] is not None:
        cells.append(f"refused: {event['code']}")
    cells += [f"{name}={_value(value)}" for name, value in event["details"].items()]
    return visible("  ".join(cells)) + "\n"


def _whom(event: Document) -> str:
    if event["email_address"] or event["account_id"]:
        return str(event["email_address"] or event["account_id"])
    return "-" if event["address_id"] is None else f"address {event['address_id'][:8]}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@command(
    app,
    "verify",
    examples=(
        "mfactl audit verify",
        "mfactl audit verify > kept.txt",
        'mfactl audit verify --expect "$(cat kept.txt)"',
    ),
    exits=(0, 8, 9),
    documents=("audit_verification",),
)
def verify(
    context: typer.Context,
    expect: Annotated[
        str | None,
        typer.Option("--expect", metavar="N:HASH", help="A line that this command printed before."),
    ] = None,
) -> Outcome:
    """Read every event: none changed, missing, moved or cut off. Prints a line to keep elsewhere.

    Whoever holds the vault's file may put an older one in its place; a line that was kept on
    another machine tells, with --expect.
    """
    expected = None if expect is None else _mark(expect)
    run = run_of(context)
    c = run.conversation
    report = audit.verify(c, expected, watch(run))
    line = f"{report.head.number}:{report.head.hash}"
    document = {
        "object": "audit_verification",
        "id": c.vault.header.vault_id,
        "status": "ok",
        "events": report.events,
        "head": report.head._asdict(),
        "line": line,
        "checked_at": resources.milliseconds(c.now),
    }
    whole = f"Read {report.events} events: none changed, missing, moved or cut off."
    hints: tuple[str, ...] = (whole,)
    if expected is not None:
        hints += (f"Event {expected.number} is the one of the line that was kept.",)
    return Outcome(document, lambda: line + "\n", hints)


def _mark(text: str) -> Mark:
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise failure(
            Code.PARAM_FORMAT_INVALID,
            "--expect takes a line as mfactl audit verify prints it: a number, a colon and 64 "
            "hexadecimal digits.",
            "Copy the whole line.",
            param_name="expect",
        )
    return Mark(int(found[1]), found[2])
