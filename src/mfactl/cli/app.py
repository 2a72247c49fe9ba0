"""The command tree and the boundary: every error ends here as a line, a document and a status.

Guarantees: no traceback; usage errors are errors like all others; a subcommand's module is imported
only when it is named.
May import: mfactl, mfactl.cli, mfactl.errors, mfactl.exits, mfactl.spelling and typer.
"""

import os
import re
import signal
from types import FrameType
from typing import Annotated, Any, NoReturn, cast

import typer

from mfactl import __version__
from mfactl.cli import output
from mfactl.cli.options import AGAIN, Entry, LazyCommands, Options, RootGroup, new_app
from mfactl.cli.output import Format, Outcome, Stream
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.exits import Exit
from mfactl.spelling import suggestion

COMMANDS = {
    "signup": Entry("mfactl.cli.signup", "Start a sign-up: an address, a password, a mailed code."),
    "signin": Entry("mfactl.cli.signin", "Sign in with the password."),
    "verify": Entry(
        "mfactl.cli.verify", "Enter the code that mfactl is waiting for, or verify the session."
    ),
    "signout": Entry("mfactl.cli.signout", "End the session."),
    "mfa": Entry("mfactl.cli.mfa", "Add, confirm and remove the authenticator app.", True),
    "backup-codes": Entry("mfactl.cli.backup_codes", "Replace the backup codes.", True),
    "account": Entry("mfactl.cli.account", "Look at the account, change its password.", True),
    "outbox": Entry("mfactl.cli.outbox", "Read the mail that mfactl delivered.", True),
    "vault": Entry("mfactl.cli.vault", "Make, check, copy and re-key the encrypted vault.", True),
    "admin": Entry("mfactl.cli.admin", "Act as the owner: list, unlock, reset, delete.", True),
    "audit": Entry("mfactl.cli.audit", "See what happened, and that it is all there.", True),
    "config": Entry("mfactl.cli.config", "Look at the settings and change them.", True),
    "totp": Entry("mfactl.cli.totp", "Print the code of a secret: the phone's side, for scripts."),
    "completion": Entry("mfactl.cli.completion", "Print the completion script of a shell."),
    "help": Entry("mfactl.cli.help", "Show a command's help, exit statuses, variables or files."),
}


class Terminated(BaseException):
    """SIGTERM, raised so that a prompt restores the terminal."""


def _print_version(value: bool) -> None:
    if value:
        raise typer.Exit(output.write(f"mfactl {__version__}\n"))


app = new_app(
    cls=RootGroup,
    epilog="Every command takes --json and has its own --help.\n\n\b\nMore:\n"
    "  mfactl help exit-codes\n  mfactl help environment\n  mfactl help files\n"
    "  mfactl help json",
)


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Sign-up, sign-in and multi-factor authentication at a shell, offline."""


def tree() -> RootGroup:
    """The root of the command tree."""
    group = typer.main.get_group(app)
    group.commands = cast(Any, LazyCommands(COMMANDS))  # read only: nothing is added to it
    return cast(RootGroup, group)


def run(arguments: list[str]) -> int:
    """Runs one command line; the exit status. Never raises."""
    options = Options()
    try:
        _on_end(_end)
        return _run(arguments, options)
    except KeyboardInterrupt:
        return _interrupted(options, _format(arguments, options), Exit.INTERRUPTED)
    except Terminated:
        return _interrupted(options, _format(arguments, options), Exit.TERMINATED)


def _run(arguments: list[str], options: Options) -> int:
    try:
        with options.closing:
            result = _invoke(arguments, options)
            if isinstance(result, Outcome | Stream):
                return output.emit(result, options.format)
    except MfactlError as error:
        if options.left and error.refusals[0].code is Code.CANCELLED:  # Ctrl-D, half-way
            error = failure(Code.CANCELLED, "What was done so far stays.", options.left)
        return output.fail(error, _format(arguments, options))
    except Exception as error:  # a bug in the printing itself
        return output.fail(_bug(error), Format(json=_format(arguments, options).json))
    if result == Exit.INTERRUPTED:  # Typer has caught Ctrl-C
        raise KeyboardInterrupt
    return _ended_early(result, _format(arguments, options))


def _invoke(arguments: list[str], options: Options) -> Any:
    """What the command answers: an outcome; or the status with which Typer ended it."""
    try:
        return tree().main(
            args=arguments or ["--help"], prog_name="mfactl", standalone_mode=False, obj=options
        )
    except typer.TyperException as error:
        raise _usage_error(error) from None
    except SystemExit:  # Typer's way to answer a broken pipe
        return Exit.BROKEN_PIPE
    except typer.Abort:
        raise failure(Code.CANCELLED) from None
    except MfactlError:
        raise
    except OSError as error:
        if output.write("") != Exit.DONE:  # it was --help that could not be printed
            return Exit.MACHINE
        raise failure(Code.IO_ERROR, f"{error.strerror or type(error).__name__}.") from None
    except MemoryError:
        raise failure(
            Code.IO_ERROR, "There is not enough memory.", "Free some and try again."
        ) from None
    except Exception as error:  # the last resort: a bug, told without its values
        raise _bug(error) from None


def _usage_error(error: typer.TyperException) -> MfactlError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "mfactl"
    message = _with_suggestion(error)
    ending = "?" if message.endswith("?") else "."
    return failure(Code.USAGE_ERROR, message.rstrip(".?") + ending, f"Run: {command} --help")


def _with_suggestion(error: Any) -> str:
    """The message, and what was probably meant; Typer itself says that of commands."""
    message = " ".join(error.format_message().split())  # Typer lists choices on lines of their own
    if message.startswith("Got unexpected extra argument"):  # it may have been a password
        return "More was given than the command takes. Passwords and secrets are no arguments"
    if getattr(error, "possibilities", None):  # a parameter that is no option
        return f"{error.message}.{suggestion(error.option_name, error.possibilities)}"
    choices = getattr(getattr(getattr(error, "param", None), "type", None), "choices", ())
    typed = re.match(r"'(.*)' is not one of ", getattr(error, "message", ""))
    return message + suggestion(typed[1], map(str, choices)) if typed and choices else message


def _bug(error: Exception) -> MfactlError:
    """Names the kind of error and the place, never a value: values may be secrets."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "?") if trace is not None else "?"
    line = trace.tb_lineno if trace is not None else 0
    place = f"{type(error).__name__} in {module}, line {line}"
    return failure(Code.INTERNAL_ERROR, f"This is a bug in mfactl: {place}.", None, place=place)


def _format(arguments: list[str], options: Options) -> Format:
    """How to print an error: a usage error may come before the options were read."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return options.format._replace(
        json=options.json or "--json" in given or "--jsonl" in given,
        field=options.field or _field(given),
        quiet=options.quiet or "--quiet" in given or "-q" in given,
    )


def _field(arguments: list[str]) -> str | None:
    """The value of --field, wherever it stands."""
    for place, argument in enumerate(arguments):
        if argument.startswith("--field="):
            return argument.removeprefix("--field=")
        if argument == "--field" and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


def _ended_early(status: Any, how: Format) -> int:
    """--help and --version have printed already; what they printed has to have arrived."""
    if status == Exit.BROKEN_PIPE:
        output.abandon_stdout()
    arrived = status or output.write("")
    return output.unprinted(arrived, how) if arrived == Exit.MACHINE else int(arrived)


def _interrupted(options: Options, how: Format, status: Exit) -> int:
    _on_end(_end_at_once)  # whoever cannot wait for the last words
    output.end_line()
    remedy = options.left or AGAIN
    refusal = Refusal(Code.CANCELLED, "Interrupted.", f"What was finished stays. {remedy}")
    return output.fail(MfactlError(refusal), how, exit_status=status)


def _on_end(handler: Any) -> None:
    """Handles what ends a process: Ctrl-C, a request, and that the terminal has gone."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), handler)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Unlike SIG_IGN, this takes also a signal that has come already, without a word."""


def _end_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Raises what a prompt restores the terminal for; a second signal would come between."""
    _on_end(_ignore)
    if hasattr(signal, "SIGCONT"):  # with which a shell wakes what it ends: no prompt goes on
        signal.signal(signal.SIGCONT, _ignore)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated
