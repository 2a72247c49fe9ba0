"""The completion script of zsh.

Guarantees: the script starts no program; whatever a help text holds is shown as it is.
May import: mfactl.cli.outline.
"""

from collections.abc import Iterable, Iterator

from mfactl.cli.outline import Argument, Node, Option, Value, Word, walk

HEAD = """\
#compdef mfactl
# Completes mfactl in zsh. Made by: mfactl completion zsh
"""

TAIL = """
# The first TAB runs this file as the function; `source` only defines it.
if [[ ${funcstack[1]} == _mfactl ]]; then
    _mfactl "$@"
else
    compdef _mfactl mfactl
fi
"""


def script(root: Node) -> str:
    """The script for this tree."""
    functions = ["\n".join(_function(node)) for node in walk(root) if _offers(node)]
    return "\n\n".join([HEAD.rstrip("\n"), *functions]) + "\n" + TAIL


def _offers(node: Node) -> bool:
    return bool(node.options or node.children)


def _function(node: Node) -> Iterator[str]:
    specs = [spec for option in node.options for spec in _option(option)]
    pairs = [argument.takes for argument in node.arguments if argument.takes.after]
    if node.children:
        specs += ["'1: :->command'", "'*:: :->below'"]
    else:
        specs += [_argument(place, each) for place, each in enumerate(node.arguments, 1)]
    yield f"{_name(node)}() {{"
    yield "    local curcontext=$curcontext state context"
    yield "    local -a line"
    yield "    local -A opt_args"
    # What follows the name of a command is for that command alone.
    ends = " -A '-*'" if node.children else ""
    yield f"    _arguments -C -s -S{ends} \\"
    yield from (f"        {spec} \\" for spec in specs[:-1])
    if node.children or pairs:
        yield f"        {specs[-1]} && return"
        yield "    case $state in"
        yield from _below(node) if node.children else _pairs(pairs[0])
        yield "    esac"
    else:
        yield f"        {specs[-1]}"
    yield "}"


def _below(node: Node) -> Iterator[str]:
    """What stands after the name of a group."""
    yield "        command)"
    commands = [Word(child.path[-1], child.summary) for child in node.children]
    yield from _described("command", commands)
    for argument in node.arguments:
        yield from _described(argument.takes.name.lower(), argument.takes.words)
    yield "            ;;"
    yield "        below)"
    yield "            case ${words[1]} in"
    for child in filter(_offers, node.children):
        yield f"                {child.path[-1]}) {_name(child)} ;;"
    yield "            esac"
    yield "            ;;"


def _pairs(value: Value) -> Iterator[str]:
    """Words in pairs: a key, and a value of it."""
    yield "        pair)"
    yield "            if ((${#line} % 2)); then"
    yield from (f"    {text}" for text in _described(value.name.lower(), value.words))
    yield "            else"
    yield "                case ${line[-2]} in"
    for word, following in value.after:
        yield f"                    {word})"
        if following.is_file:
            yield "                        _files"
        else:
            yield from (
                f"            {text}"
                for text in _described(following.name.lower(), following.words)
            )
        yield "                        ;;"
    yield "                esac"
    yield "            fi"
    yield "            ;;"


def _described(what: str, words: Iterable[Word]) -> Iterator[str]:
    yield "            local -a offered"
    yield "            offered=("
    yield from (f"                {_quoted(_pair(word))}" for word in words)
    yield "            )"
    yield f"            _describe -t {what} {what} offered"


def _pair(word: Word) -> str:
    about = word.about.replace("\\", "\\\\")
    return f"{word.name}:{about}" if about else word.name


def _option(option: Option) -> Iterator[str]:
    """One spec for each name; a name that was given takes its other one away."""
    others = f"({' '.join(option.names)})" if len(option.names) > 1 else ""
    star = "*" if option.repeats else others
    for name in option.names:
        ends = "" if option.takes is None else "=" if name.startswith("--") else "+"
        value = "" if option.takes is None else f":{option.takes.name}:{_action(option.takes)}"
        yield _quoted(f"{star}{name}{ends}[{_in_brackets(option.about)}]{value}")


def _argument(place: int, argument: Argument) -> str:
    number = "*" if argument.repeats else str(place)
    action = "->pair" if argument.takes.after else _action(argument.takes)
    return _quoted(f"{number}:{_in_brackets(argument.takes.name)}:{action}")


def _action(value: Value) -> str:
    if value.is_file:
        return "_files"
    if any(word.about for word in value.words):
        words = " ".join(f"{word.name}\\:{_in_double_quotes(word.about)}" for word in value.words)
        return f"(({words}))"
    if value.words:
        return f"({' '.join(word.name for word in value.words)})"
    return " "


def _name(node: Node) -> str:
    return "_".join(["_mfactl", *node.path]).replace("-", "_")


def _in_brackets(text: str) -> str:
    for char in "\\[]:":
        text = text.replace(char, f"\\{char}")
    return text


def _in_double_quotes(text: str) -> str:
    text = text.replace("\\", "\\\\")  # once for what reads the word and its meaning
    for char in '\\"$`:':
        text = text.replace(char, f"\\{char}")
    return f'"{text}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"
