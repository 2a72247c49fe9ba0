"""The command tree as plain values: what completions, the man page and `mfactl help` are made from.

Guarantees: every option and argument says what may be typed for it; a new metavar that nobody has
decided about is an error, and so is an option that takes a value here and none there.
May import: mfactl.cli.options, mfactl.cli.fields, mfactl.cli.topics, mfactl.config and typer.
"""

from collections.abc import Iterator
from typing import Any, cast

from typer.core import TyperGroup

from mfactl.cli import fields
from mfactl.cli.options import About, Command, LazyCommands
from mfactl.cli.topics import TOPICS
from mfactl.config import CHOICES, KINDS
from mfactl.named_tuple import NamedTuple

# What these stand for nobody can list: addresses, codes, ids, numbers, times.
UNLISTED = {"EMAIL", "CODE", "ID", "ID|EMAIL", "EMAIL|ID", "SLOT", "TEXT"}
UNLISTED |= {"N", "N:HASH", "SECONDS", "TIME"}


class Word(NamedTuple):
    """A word that may be typed, and what it means, if that is worth a line."""

    name: str
    about: str = ""


class Value(NamedTuple):
    """What may be typed for an option or argument: one of the words, a file, or anything."""

    name: str
    words: tuple[Word, ...] = ()
    is_file: bool = False
    after: tuple[tuple[str, "Value"], ...] = ()  # what follows a word, where words come in pairs


class Option(NamedTuple):
    """An option. `takes` None: a flag."""

    names: tuple[str, ...]
    about: str
    takes: Value | None = None
    repeats: bool = False


class Argument(NamedTuple):
    """An argument."""

    shown: str
    about: str
    takes: Value
    repeats: bool = False


class Node(NamedTuple):
    """A command or group. `about` None: a group."""

    path: tuple[str, ...]
    summary: str
    purpose: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...] = ()
    children: tuple["Node", ...] = ()
    about: About | None = None

    @property
    def name(self) -> str:
        """The path as it is typed, without `mfactl`."""
        return " ".join(self.path)


def outline(root: TyperGroup) -> Node:
    """The whole tree."""
    tree = _node(root, (), "")
    return tree._replace(children=tuple(_with_signposts(each, tree) for each in tree.children))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of `--help`."""
    yield node
    for child in node.children:
        yield from walk(child)


def commands(root: Node) -> Iterator[Node]:
    """The groups and commands that there really are: without what may follow `mfactl help`."""
    return (node for node in walk(root) if node.path and node.path[:-1][:1] != ("help",))


def aliases(root: Node) -> dict[str, tuple[str, ...]]:
    """All names of each option that has several; the same wherever it stands."""
    found: dict[str, tuple[str, ...]] = {}
    for node in walk(root):
        for option in node.options:
            for name in option.names if len(option.names) > 1 else ():
                if found.setdefault(name, option.names) != option.names:
                    raise ValueError(f"{name} means two things")
    return found


def options_with_value(root: Node) -> list[str]:
    """The names of options that take a value, which they do wherever they stand."""
    options = [option for node in walk(root) for option in node.options]
    taking = {name for option in options if option.takes for name in option.names}
    flags = {name for option in options if not option.takes for name in option.names}
    if taking & flags:
        raise ValueError(f"{sorted(taking & flags)} take a value in one command only")
    return sorted(taking)


def file_options(root: Node) -> list[str]:
    """The names of options whose value is a file, which it is wherever they stand."""
    options = [option for node in walk(root) for option in node.options if option.takes]
    files = {name for each in options if each.takes and each.takes.is_file for name in each.names}
    others = {
        name for each in options if each.takes and not each.takes.is_file for name in each.names
    }
    if files & others:
        raise ValueError(f"{sorted(files & others)} take a file in one command only")
    return sorted(files)


def _node(command: Any, path: tuple[str, ...], summary: str) -> Node:
    about = command.about if isinstance(command, Command) else None
    documents = about.documents if about is not None else ()
    params = command.params
    options = [_option(each, documents) for each in params if each.param_type_name == "option"]
    options.append(Option(("-h", "--help"), "Show this message and exit."))
    arguments = [_argument(each) for each in params if each.param_type_name == "argument"]
    children: list[Node] = []
    if isinstance(command, TyperGroup):
        children = [
            _node(command.commands[name], (*path, name), _summary(command, name))
            for name in command.commands
        ]
    purpose = about.purpose if about is not None else (command.help or "")
    return Node(path, summary, purpose, tuple(options), tuple(arguments), tuple(children), about)


def _summary(group: TyperGroup, name: str) -> str:
    commands = cast(Any, group.commands)
    if isinstance(commands, LazyCommands):
        return commands.entries[name].short_help
    return str(commands[name].get_short_help_str(limit=200))


def _with_signposts(node: Node, tree: Node) -> Node:
    """`mfactl help` is followed by the names of commands."""
    if node.path != ("help",):
        return node
    return node._replace(children=tuple(map(_signpost, tree.children)))


def _signpost(node: Node) -> Node:
    """A command as it follows `mfactl help`: a name, and the names below it."""
    children = tuple(map(_signpost, node.children))
    return Node(("help", *node.path), node.summary, "", (), (), children)


def _option(param: Any, documents: tuple[str, ...]) -> Option:
    names = tuple(sorted(param.opts, key=len))  # the short one first, as in --help
    if param.is_flag:
        return Option(names, param.help)
    if param.name == "field":
        words = tuple(Word(name) for name in fields.names(documents)) if documents else ()
        value = Value(param.metavar, words)
    elif param.name == "vault":
        value = Value(param.metavar, is_file=True)
    else:
        value = _value(param, param.metavar or "|".join(getattr(param.type, "choices", ())))
    return Option(names, param.help, value, param.multiple)


def _argument(param: Any) -> Argument:
    shown = param.metavar or param.name.upper()
    name = shown.strip("[].")
    return Argument(shown, param.help or "", _value(param, name), param.nargs == -1)


def _value(param: Any, name: str) -> Value:
    if hasattr(param.type, "choices"):
        return Value(name, tuple(Word(str(choice)) for choice in param.type.choices))
    if type(param.type).__name__ == "TyperPath":
        return Value(name, is_file=True)
    known = {"KEY": _key(), "KEY VALUE": _key_and_value(), "TOPIC|COMMAND": _topic()}
    if name not in known and name not in UNLISTED:
        raise ValueError(f"say in outline.py what may be typed for {name}")
    return known.get(name, Value(name))


def _key() -> Value:
    return Value("KEY", tuple(Word(key, kind.wanted) for key, kind in KINDS.items()))


def _key_and_value() -> Value:
    after = [(key, Value("VALUE", tuple(map(Word, kind.words)))) for key, kind in CHOICES.items()]
    after.append(("mail.password_file", Value("VALUE", is_file=True)))
    return _key()._replace(after=tuple(after))


def _topic() -> Value:
    return Value("TOPIC", tuple(Word(name, about) for name, about in TOPICS.items()))
