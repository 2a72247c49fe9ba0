"""The completion script of fish.

Guarantees: the script starts no program. It wants fish 3.4, the first that takes several
conditions.
May import: mfactl.cli.outline.
"""

from collections.abc import Iterable, Iterator

from mfactl.cli.outline import (
    Argument,
    Node,
    Option,
    Value,
    Word,
    commands,
    options_with_value,
    walk,
)

HEAD = r"""# Completes mfactl in fish. Made by: mfactl completion fish

# Reads the line before the cursor: the path of commands, the arguments of the
# last one, and the options that were given. Once: one TAB asks a hundred times.
function __mfactl_read
    set -l words (commandline -opc)
    test "$words" = "$__mfactl_words"; and return
    set -g __mfactl_words $words
    set -l path ''
    set -l arguments
    set -l given
    set -l option ''
    set -l ended ''
    for word in $words[2..]
        if test -n "$option"
            set -a given $option
            set option ''
            continue
        end
        switch "$ended$word"
            case --
                set ended .
            case '--*=*'
                set -a given (string split -m 1 -f 1 = -- $word)
            case $__mfactl_options_with_value
                set option $word
            case '-*'
                set -a given $word
            case '*'
                set word (string trim -- "$path $word")
                if contains -- $word $__mfactl_paths
                    set path $word
                else
                    set -a arguments (string replace -- "$path " '' $word)
                end
        end
    end
    set -g __mfactl_path $path
    set -g __mfactl_arguments $arguments
    set -g __mfactl_given $given
end

# Whether the line is at this path, with this number of arguments.
function __mfactl_at
    __mfactl_read
    test "$__mfactl_path" = "$argv[1]"; or return
    switch "$argv[2]"
        case ''
            return 0
        case pairs
            test (math (count $__mfactl_arguments) % 2) = 0
        case '*'
            test (count $__mfactl_arguments) = "$argv[2]"
    end
end

# Whether the line is at this path, after this word of a pair.
function __mfactl_after
    __mfactl_read
    test "$__mfactl_path" = "$argv[1]" -a "$__mfactl_arguments[-1]" = "$argv[2]"
    and test (math (count $__mfactl_arguments) % 2) = 1
end

# Whether none of these options was given.
function __mfactl_without
    __mfactl_read
    for name in $argv
        contains -- $name $__mfactl_given; and return 1
    end
    return 0
end
"""


def script(root: Node) -> str:
    """The script for this tree."""
    paths = [node.name for node in walk(root) if node.path]
    everywhere = set.intersection(*(set(node.options) for node in commands(root)))
    lines = [
        *_list("__mfactl_paths", paths),
        *_list("__mfactl_options_with_value", options_with_value(root)),
        "",
        "complete -c mfactl -e",
        "complete -c mfactl -f",
        *(line for option in root.options if option in everywhere for line in _option(option)),
    ]
    for node in walk(root):
        lines += ["", f"# mfactl {node.name}".rstrip()]
        for option in node.options:
            if option not in everywhere:
                lines += _option(option, _at(node))
        for child in node.children:
            lines += _words([Word(child.path[-1], child.summary)], _at(node, 0))
        for place, argument in enumerate(node.arguments):
            lines += _argument(node, place, argument)
    return HEAD + "\n" + "\n".join(lines) + "\n"


def _list(name: str, words: list[str]) -> Iterator[str]:
    yield f"set -g {name} \\"
    yield " \\\n".join(f"    {_quoted(word)}" for word in words)


def _at(node: Node, arguments: int | str = "") -> str:
    return f"__mfactl_at {_double(node.name)} {arguments}".rstrip()


def _option(option: Option, condition: str = "") -> Iterator[str]:
    words = ["complete -c mfactl"]
    if condition:
        words.append(f"-n {_quoted(condition)}")
    if not option.repeats:
        words.append(f"-n {_quoted(' '.join(['__mfactl_without', *option.names]))}")
    words += [
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    ]
    if option.takes is not None:
        words.append("-r -F" if option.takes.is_file else "-x")
        if option.takes.words:
            words.append(f"-a {_quoted(' '.join(word.name for word in option.takes.words))}")
    yield f"{' '.join(words)} -d {_quoted(option.about)}"


def _argument(node: Node, place: int, argument: Argument) -> Iterator[str]:
    value = argument.takes
    if value.after:
        yield from _value(value, _at(node, "pairs"))
        for word, following in value.after:
            yield from _value(following, f"__mfactl_after {_double(node.name)} {word}")
    else:
        yield from _value(value, _at(node, "" if argument.repeats and not node.children else place))


def _value(value: Value, condition: str) -> Iterator[str]:
    if value.is_file:
        yield f"complete -c mfactl -n {_quoted(condition)} -F"
    yield from _words(value.words, condition)


def _words(words: Iterable[Word], condition: str) -> Iterator[str]:
    for word in words:
        about = f" -d {_quoted(word.about)}" if word.about else ""
        yield f"complete -c mfactl -n {_quoted(condition)} -a {word.name}{about}"


def _double(text: str) -> str:
    return f'"{text}"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
