"""What a command works with: its conversation, and its ways to ask.

Guarantees: the one place where a conversation gets the process's environment, clock and randomness.
May import: mfactl.conversation, mfactl.config, mfactl.surroundings, mfactl.core, mfactl.errors,
mfactl.cli and typer.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mfactl import config
from mfactl.cli import output, prompts
from mfactl.cli.options import AGAIN, Options
from mfactl.cli.output import Outcome
from mfactl.config import Paths
from mfactl.conversation import Conversation
from mfactl.core.code import Typed
from mfactl.errors import Code, MfactlError, Refusal, failure
from mfactl.surroundings import Accept, NewPassword, Surroundings, system_clock

_Answer = TypeVar("_Answer")
SECRET_VARIABLES = ("MFACTL_PASSPHRASE",)

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from FILE."),
]
NewPasswordStdin = Annotated[
    bool, typer.Option("--new-password-stdin", help="Read the new password from stdin.")
]
NewPasswordFile = Annotated[
    Path | None,
    typer.Option("--new-password-file", metavar="FILE", help="Read the new one from FILE."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
EmailArgument = Annotated[
    str | None, typer.Argument(metavar="[EMAIL]", help="The address of the account.")
]
CodeArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[CODE]", help="The code, or - to read it from stdin."),
]
Parse = Callable[[str], Typed | Refusal]


def _keep_jsonl(context: typer.Context, value: bool) -> bool:
    if value:
        context.obj.json = True  # an error is a document, too
    return value


Jsonl = Annotated[
    bool,
    typer.Option(
        "--jsonl", callback=_keep_jsonl, help="Print one JSON document per line, as it is read."
    ),
]


class Run:
    """One run of one command."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.key_file: Path | None = None
        self._environ = dict(os.environ)
        for name in SECRET_VARIABLES:  # read once: no child and no core dump needs it
            os.environ.pop(name, None)

    @cached_property
    def paths(self) -> Paths:
        """Where the options and the environment say that things are."""
        vault = None if self.options.vault is None else Path(self.options.vault)
        return config.find_paths(self._environ, vault=vault)

    def note(self, line: str) -> None:
        """A line for people, on stderr."""
        output.note(line, self.options.format)

    @cached_property
    def conversation(self) -> Conversation:
        """The conversation with the vault that the options and the environment name."""
        paths = self.paths
        if self.key_file is not None:
            paths = paths._replace(key_file=self.key_file.absolute(), key_named="--key-file")
        around = Surroundings(
            environ=self._environ,
            clock=system_clock,
            random_bytes=os.urandom,
            notify=self.note,
            ask_passphrase=self._passphrase,
        )
        return Conversation(paths, config.load(paths), around)

    def close(self) -> None:
        """Closes the vault, if it was opened."""
        if "conversation" in self.__dict__:  # where cached_property keeps it
            self.conversation.close()

    @property
    def environ(self) -> dict[str, str]:
        """The environment as it was at the start."""
        return self._environ

    @property
    def can_ask(self) -> bool:
        """Whether somebody is at a terminal and may be asked."""
        no_input = self.options.no_input or bool(self._environ.get("MFACTL_NO_INPUT"))
        return prompts.is_terminal() and not no_input

    @property
    def is_for_people(self) -> bool:
        """Whether somebody may be asked, and no script waits for one document."""
        return self.can_ask and not self.options.json and self.options.field is None

    @property
    def walks(self) -> bool:
        """Whether a command goes on to the next step by itself.

        Not where stdout is a pipe or a file: what reads it may wait for its end. Nor where stderr
        is one: nobody would see what is asked.
        """
        return self.is_for_people and output.is_terminal(sys.stdout, sys.stderr)

    def go_on(self, outcome: Outcome, then: Callable[[], _Answer], left: str) -> Outcome | _Answer:
        """At a terminal prints the outcome and does what is next; elsewhere the outcome is all.

        `left`: what to say to whoever leaves there.
        """
        if not self.walks:
            return outcome
        status = output.emit(outcome._replace(next=()), self.options.format)
        if status != outcome.exit:
            raise typer.Exit(status)
        self.options.left = left
        return then()

    @contextmanager
    def deciding(self, left: str) -> Iterator[None]:
        """Says `left` to whoever interrupts from here on, unless this is refused."""
        before, self.options.left = self.options.left, left
        try:
            yield
        except MfactlError:
            self.options.left = before
            raise

    def until_right(self, act: Callable[[], _Answer], *, asks: bool = True) -> _Answer:
        """Does `act`; if it asks people, again after a wrong answer, while tries are left."""
        while True:
            try:
                return act()
            except MfactlError as error:
                if not (asks and self.is_for_people and _may_try_again(error)):
                    raise
                output.complain(error.refusals)
                self.options.left = self.options.left or AGAIN

    def password(
        self,
        from_stdin: bool,
        from_file: Path | None,
        *,
        name: str = "password",
        what: str = "password",
    ) -> Callable[[], str]:
        """How to get a password, when one is needed.

        `name` is that of its options, `what` that for people and in errors.
        """
        if from_stdin and from_file is not None:
            raise failure(Code.USAGE_ERROR, f"Use one of --{name}-stdin and --{name}-file.")

        def get() -> str:
            if from_stdin:
                return prompts.from_stdin(what)
            if from_file is not None:
                return prompts.from_file(from_file, what)
            if not self.can_ask:
                raise prompts.missing(what, f"--{name}-stdin or --{name}-file FILE")
            return prompts.secret(what.capitalize(), what)

        return get

    def new_password(
        self, from_stdin: bool, from_file: Path | None, *, name: str = "password"
    ) -> NewPassword:
        """How to get a password that is set: at a terminal twice, until it is accepted."""
        what = name.replace("-", " ")
        get = self.password(from_stdin, from_file, name=name, what=what)

        def get_accepted(accept: Accept) -> bytes:
            if from_stdin or from_file is not None or not self.can_ask:
                return accept(get())
            least = self.conversation.settings.password_min_length
            prompt = f"{what.capitalize()} ({least} characters or more)"
            return self.until_accepted(prompt, what, accept)

        return get_accepted

    def until_accepted(self, prompt: str, what: str, accept: Callable[[str], _Answer]) -> _Answer:
        """Asks for a secret that is set, until it is accepted."""
        while True:
            text = prompts.secret(prompt, what)
            try:
                answer = accept(text)
            except MfactlError as error:
                output.complain(error.refusals)
                continue
            if text == prompts.secret("The same once more", what):
                return answer
            prompts.say("The two are not the same; try again.")

    def email(self, given: str | None) -> str:
        """An address: the argument, or what is typed, until it is one."""
        if given is not None:
            return given
        if not self.can_ask:
            raise failure(Code.USAGE_ERROR, "Missing argument 'EMAIL'.")
        # Here, because it loads email-validator, which few commands need: 24 ms.
        from mfactl.core import address  # noqa: PLC0415

        while True:
            text = prompts.line("E-mail address", "email_address").strip()
            parsed = address.parse(text)
            if not isinstance(parsed, Refusal):
                return text
            output.complain((parsed,))

    def code(self, given: list[str] | None, prompt: str, parse: Parse) -> Typed:
        """A code: the argument, stdin, or what is typed, until that has a code's shape."""
        if given is not None:
            text = prompts.from_stdin("code") if given == ["-"] else " ".join(given)
            return accepted(parse(text))
        if not self.can_ask:
            raise prompts.missing("code", "an argument, or - to read it from stdin")
        return self.typed_code(prompt, parse)

    def typed_code(
        self, prompt: str, parse: Parse, on_nothing: Callable[[], None] | None = None
    ) -> Typed:
        """What is typed, until it has a code's shape. `on_nothing`: when Enter alone is pressed."""
        while True:
            text = prompts.line(prompt)
            if on_nothing is not None and not text.strip():
                on_nothing()
                continue
            typed = parse(text)
            if not isinstance(typed, Refusal):
                return typed
            output.complain((typed,))

    def confirm(self, question: str, *, yes: bool, otherwise: str = "") -> None:
        """Asks before something destructive. Raises `cancelled` if the answer is no.

        `otherwise`: what else to do where nobody can be asked.
        """
        if yes:
            return
        self.options.clear_line()
        if not self.can_ask:
            raise failure(
                Code.PARAM_MISSING,
                f"Nobody can be asked here: {question}",
                otherwise or "Add --yes.",
                param_name="yes",
            )
        if not prompts.agrees(question):
            raise failure(Code.CANCELLED)

    def stepping_up(self, act: Callable[[], _Answer], step_up: Callable[[], object]) -> _Answer:
        """Does `act`; at a terminal, verifies the session again first if that is asked for."""
        try:
            return act()
        except MfactlError as error:
            stale = error.refusals[0].code is Code.REVERIFICATION_REQUIRED
            if not stale or not self.is_for_people:
                raise
            self.note(error.refusals[0].long_message)
        step_up()
        return act()

    def _passphrase(self) -> str | None:
        if not self.can_ask:
            return None
        try:
            return prompts.secret("Passphrase of the vault", "passphrase")
        except MfactlError as error:
            if error.refusals[0].code is Code.PARAM_MISSING:  # in the background
                return None
            raise


def run_of(context: typer.Context) -> Run:
    """The run of a command, with the options that were parsed for it."""
    run = Run(context.obj)
    context.obj.closing.callback(run.close)  # after the printing, which may still read
    return run


_MAY_BE_TYPED_AGAIN = (
    Code.CODE_INCORRECT,
    Code.PASSWORD_OR_IDENTIFIER_INCORRECT,
    Code.PASSWORD_VALIDATION_FAILED,
)


def _may_try_again(error: MfactlError) -> bool:
    is_over = any(refusal.meta.get("remaining_attempts") == 0 for refusal in error.refusals)
    return error.refusals[0].code in _MAY_BE_TYPED_AGAIN and not is_over


def accepted(value: _Answer | Refusal) -> _Answer:
    """The value, or its refusal raised."""
    if isinstance(value, Refusal):
        raise MfactlError(value)
    return value
