"""`config path`, `list`, `get`, `set`, `unset` and `test-mail`.

May import: mfactl.service, mfactl.config, mfactl.resources, mfactl.errors, mfactl.cli and typer.
"""

import json
import os
from typing import Annotated, Any

import typer

from mfactl import resources
from mfactl.cli.options import command, new_app
from mfactl.cli.output import Document, Outcome, visible
from mfactl.cli.run import Run, run_of
from mfactl.config import Paths
from mfactl.errors import Code, failure
from mfactl.service import config
from mfactl.service.config import Setting

app = new_app(help="Look at the settings and change them. Needs no vault and no session.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="A setting, such as session.lifetime.")]


def _document(setting: Setting) -> Document:
    return {
        "object": "setting",
        "key": setting.key,
        "value": setting.value,
        "default": setting.default,
        "source": "file" if setting.is_set else "default",
        "wanted": setting.wanted,
    }


def _bare(value: Any) -> str:
    if value is None:
        return "not set"
    return visible(value) if isinstance(value, str) else json.dumps(value)


@command(
    app,
    "path",
    examples=(
        "mfactl config path",
        "mfactl config path --field exists",
        "mfactl config path --json",
    ),
    exits=(0,),
    documents=("config",),
)
def path(context: typer.Context) -> Outcome:
    """Print where the configuration file is, or would be."""
    found = run_of(context).paths.config
    document = {"object": "config", "path": str(found), "exists": os.path.lexists(found)}
    return Outcome(document, lambda: visible(str(found)) + "\n")


@command(
    app,
    "list",
    examples=(
        "mfactl config list",
        "mfactl config list --json | jq '.data[] | select(.source == \"file\")'",
        "mfactl config list --field total_count",
    ),
    exits=(0,),
    documents=("list", "setting"),
)
def list_(context: typer.Context) -> Outcome:
    """List every setting: its value, whether that is the file's or the default, its bounds."""
    settings = config.listed(run_of(context).paths)
    document = resources.listing([_document(setting) for setting in settings])
    return Outcome(document, lambda: "".join(map(_line, settings)))


def _line(setting: Setting) -> str:
    source = "file" if setting.is_set else "default"
    return f"{setting.key:20}  {_bare(setting.value):20}  {source:7}  {setting.wanted}\n"


@command(
    app,
    "get",
    examples=(
        "mfactl config get issuer",
        "mfactl config get session.lifetime",
        "mfactl config get mail.transport --json",
    ),
    exits=(0,),
    documents=("setting",),
)
def get(context: typer.Context, key: Key) -> Outcome:
    """Print the value of one setting that is in force."""
    setting = config.get(run_of(context).paths, key)
    if setting.value is None:
        return Outcome(_document(setting), lambda: "", (f"{key} is not set.",))
    return Outcome(_document(setting), lambda: _bare(setting.value) + "\n")


@command(
    app,
    "set",
    examples=(
        'mfactl config set issuer "Analytical Engines"',
        "mfactl config set session.lifetime 43200",
        "mfactl config set mail.host mail.example.com mail.transport smtp",
    ),
    exits=(0,),
    documents=("list", "setting"),
)
def set_(
    context: typer.Context,
    pairs: Annotated[
        list[str], typer.Argument(metavar="KEY VALUE...", help="A setting and its value, or more.")
    ],
) -> Outcome:
    """Set one setting or more in the file. What would loosen a rule is refused."""
    if len(pairs) % 2:
        raise failure(
            Code.USAGE_ERROR,
            f"{pairs[-1]} has no value.",
            "Run: mfactl config set KEY VALUE",
        )
    run = run_of(context)
    _say_what_is_lost(run)
    changed = config.put(run.paths, dict(zip(pairs[::2], pairs[1::2], strict=True)))
    return _changed(run.paths, changed)


@command(
    app,
    "unset",
    examples=(
        "mfactl config unset issuer",
        "mfactl config unset mail.user mail.password_file",
        "mfactl config unset session.idle --json",
    ),
    exits=(0,),
    documents=("list", "setting"),
)
def unset(
    context: typer.Context,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="A setting, or more.")],
) -> Outcome:
    """Take one setting or more out of the file, so that the default counts."""
    run = run_of(context)
    _say_what_is_lost(run)
    return _changed(run.paths, config.unset(run.paths, keys))


def _say_what_is_lost(run: Run) -> None:
    if config.has_comments(run.paths):
        run.note(f"Comments in {run.paths.config} are not kept.")


def _changed(paths: Paths, settings: list[Setting]) -> Outcome:
    document = resources.listing([_document(setting) for setting in settings])
    text = "".join(f"{setting.key} is {_bare(setting.value)}\n" for setting in settings)
    return Outcome(document, lambda: text, (f"In {paths.config}",))


@command(
    app,
    "test-mail",
    examples=(
        "mfactl config test-mail ada@example.com",
        "mfactl config test-mail ada@example.com --quiet && echo arrived",
        "mfactl config test-mail ada@example.com --json",
    ),
    exits=(0,),
    documents=("test_mail",),
)
def test_mail(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Where to send it.")],
) -> Outcome:
    """Send a mail without a code the way that is configured, to see whether it arrives."""
    # Here, because it takes 50 ms that looking at the settings does not need.
    from mfactl.service import delivery  # noqa: PLC0415

    c = run_of(context).conversation
    recipient = delivery.send_test(c, email)
    document = {
        "object": "test_mail",
        "to_email_address": recipient,
        "transport": c.settings.mail_transport,
    }
    where = f"through {c.settings.mail_host}"
    if c.settings.mail_transport == "maildir":
        where = "in the outbox: mfactl outbox show"
    return Outcome(document, lambda: f"A mail to {visible(recipient)} is {where}\n")
