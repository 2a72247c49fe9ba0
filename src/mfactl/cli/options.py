"""The options that every command takes, and the classes that add them.

Guarantees: they may stand before or after the subcommand and mean the same; a group's module is
imported when one of its commands is named, and not before.
May import: mfactl.cli.output, mfactl.cli.fields, mfactl.errors, mfactl.exits, mfactl.named_tuple
and typer.
"""

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from mfactl.cli import output
from mfactl.cli.output import Format
from mfactl.errors import Code, failure
from mfactl.exits import EXIT_MEANINGS, Exit
from mfactl.named_tuple import NamedTuple

HELP_NAMES = {"help_option_names": ["-h", "--help"]}
AGAIN = "Run it again when you are ready."  # to whoever leaves where nothing else is left to do


def _nothing() -> None:
    """There is no line to take away."""


class Options:
    """What the options say, filled while the command line is parsed."""

    def __init__(self) -> None:
        self.json = False
        self.field: str | None = None
        self.vault: str | None = None
        self.no_input = False
        self.quiet = False
        self.closing = ExitStack()  # what is closed once everything has been printed
        self.clear_line: Callable[[], None] = _nothing  # takes away how far work has come
        self.left = ""  # what to say to whoever leaves half-way

    @property
    def format(self) -> Format:
        """How to print."""
        return Format(self.json, self.field, self.quiet)


def _keep(context: typer.Context, parameter: Any, value: Any) -> Any:
    if value == "":
        raise typer.BadParameter("it is empty", ctx=context, param=parameter)
    if value:
        setattr(context.obj, parameter.name, value)
    return value


def _common_options() -> list[TyperOption]:
    def option(*declared: str, help_: str, **more: Any) -> TyperOption:
        return TyperOption(
            param_decls=list(declared), help=help_, expose_value=False, callback=_keep, **more
        )

    return [
        option("--json", is_flag=True, default=False, help_="Print one JSON document."),
        option("--field", metavar="PATH", help_="Print one value of that document, bare."),
        option("--vault", metavar="PATH", help_="Use this vault."),
        option("--no-input", is_flag=True, default=False, help_="Never ask for anything."),
        option("--quiet", "-q", is_flag=True, default=False, help_="Print nothing to stderr."),
    ]


class About(NamedTuple):
    """What a command says of itself, apart from its parameters."""

    purpose: str
    examples: tuple[str, ...]
    exits: tuple[int, ...]
    documents: tuple[str, ...]


class _SaysWhose:
    """Of a usage error the parser itself does not say whose command line it was."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Names the command, so that its help can be named."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise


class Command(_SaysWhose, TyperCommand):
    """A command with the common options."""

    def __init__(self, *args: Any, about: About, params: list[Any], **kwargs: Any) -> None:
        kwargs["context_settings"] = HELP_NAMES
        super().__init__(*args, params=[*params, *_common_options()], **kwargs)
        self.about = about


SYNONYMS = {  # what people type who know another tool
    "confirm": "verify",
    "enable": "add",
    "enroll": "add",
    "login": "signin",
    "logout": "signout",
    "off": "disable",
    "on": "add",
    "register": "signup",
    "remove": "disable",
    "status": "show",
}


class Group(_SaysWhose, TyperGroup):
    """A group with the common options."""

    def __init__(self, *, params: list[Any], **kwargs: Any) -> None:
        kwargs["context_settings"] = HELP_NAMES
        super().__init__(params=[*params, *_common_options()], **kwargs)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The named command; a word of other tools is answered with ours."""
        ours = SYNONYMS.get(args[0])
        if args[0] not in self.commands and ours in self.commands:
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{ours}'?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the named command. Without a name it shows what there is, but to no program."""
        if not ctx._protected_args and not (ctx.obj.json or ctx.obj.field):
            ctx.exit(output.write(ctx.get_help() + "\n"))
        return super().invoke(ctx)


class Entry(NamedTuple):
    """A command or group that is imported when it is named."""

    module: str
    short_help: str
    is_group: bool = False


class LazyCommands(Mapping[str, Any]):
    """The root's commands: names and short helps at hand, the rest on demand."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            entry = self.entries[name]
            group = typer.main.get_group(importlib.import_module(entry.module).app)
            self._loaded[name] = group if entry.is_group else group.commands[name]
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


class RootGroup(Group):
    """The root, which lists its commands without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The names and short helps, for --help."""
        entries = cast(LazyCommands, cast(Any, self.commands)).entries
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in entries.items()])


def new_app(**settings: Any) -> typer.Typer:
    """A Typer application as all of ours are."""
    return typer.Typer(
        cls=settings.pop("cls", Group),
        add_completion=False,
        rich_markup_mode=None,  # rich would cost 100 ms in every --help
        pretty_exceptions_enable=False,  # they print local variables: secrets
        **settings,
    )


def _check_values(field: str | None, values: dict[str, Any]) -> None:
    """Refuses what no command could use: bytes that are no text, two ways to print at once."""
    for name, value in values.items():
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:  # the shell's bytes, smuggled in as surrogates
                detail = f"What is given for {name} is not text in UTF-8."
                param = {"email": "email_address"}.get(name, name)
                raise failure(Code.PARAM_FORMAT_INVALID, detail, None, param_name=param) from None
    if field is not None and values.get("jsonl"):
        raise failure(Code.USAGE_ERROR, "Use one of --field and --jsonl.")


EVERYWHERE = (1, 2, 10, 11, 130)  # the exit statuses that any command can end with


def command(
    app: typer.Typer,
    name: str,
    *,
    examples: tuple[str, ...],
    exits: tuple[int, ...],
    documents: tuple[str, ...],
    also: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a command; its help is the docstring, three examples and its exit statuses.

    `documents` names the schemas of what it prints: a --field that none of them has is refused
    before anything is done. `also`: one more paragraph of help, of what the code knows.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        about = About(
            inspect.cleandoc(function.__doc__ or "") + (f"\n\n{also}" if also else ""),
            examples,
            tuple(sorted({*exits, *EVERYWHERE})),
            documents,
        )
        shown = "\n".join(f"  {example}" for example in about.examples)
        ends = "\n".join(f"  {status:3}  {EXIT_MEANINGS[Exit(status)]}" for status in about.exits)

        @functools.wraps(function)
        def checked(context: typer.Context, *args: Any, **kwargs: Any) -> Any:
            if context.obj.field is not None:
                # Here, because importlib.resources takes 4 ms and few commands are given --field.
                from mfactl.cli import fields  # noqa: PLC0415

                fields.check(context.obj.field, documents)
            _check_values(context.obj.field, kwargs)
            try:
                return function(context, *args, **kwargs)
            finally:
                context.obj.clear_line()

        return app.command(
            name,
            cls=cast(Any, functools.partial(Command, about=about)),
            help=f"{about.purpose}\n\n\b\nExamples:\n{shown}",
            short_help=about.purpose.partition("\n")[0].partition(":")[0].rstrip(".") + ".",
            epilog=f"\b\nExit status:\n{ends}",
        )(checked)

    return register
