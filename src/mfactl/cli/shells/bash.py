"""The completion script of bash.

Guarantees: the script starts no program and no subshell; it runs in bash 3.2 too, with and without
the package bash-completion.
May import: mfactl.cli.outline.
"""

from collections.abc import Iterable, Iterator

from mfactl.cli.outline import (
    Argument,
    Node,
    Value,
    aliases,
    file_options,
    options_with_value,
    walk,
)

HEAD = r"""# Completes mfactl in bash. Made by: mfactl completion bash
# shellcheck shell=bash disable=SC2034 # _mfactl reads what the other functions set

# What there is at a path of commands.
"""

BODY = r"""
# A word of the files that begin with what is typed.
_mfactl_files() {
    if [[ ! $prefix ]] && ((BASH_VERSINFO[0] >= 4)); then
        compopt -o default
        return
    fi
    local file
    for file in "$typed"*; do
        [[ -e $file ]] || continue
        [[ -d $file ]] && file=$file/
        printf -v file %q "$file"
        COMPREPLY[${#COMPREPLY[@]}]=$prefix$file
    done
    ((BASH_VERSINFO[0] >= 4)) && compopt -o nospace
    return 0
}

_mfactl() {
    local typed=$2 IFS=$' \t\n'
    local path='' commands='' options='' words='' files='' wanted=''
    local word option='' ended='' rest='' given=' ' last='' prefix=''
    local -i i count=0
    COMPREPLY=()

    _mfactl_at ''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $rest ]]; then # of a word that was cut, or the file of a redirection
            rest=''
            continue
        fi
        case $word in
            = | :*)
                [[ $option ]] || rest=word
                continue
                ;;
            *[\<\>]*)
                rest='file'
                continue
                ;;
        esac
        if [[ $option ]]; then # this is its value
            option=''
            continue
        fi
        if [[ ! $ended && $word == -* ]]; then
            _mfactl_option "$word"
            continue
        fi
        if [[ " $commands " == *" $word "* ]]; then
            path=${path:+$path }$word
            _mfactl_at "$path"
        elif [[ $commands ]]; then
            return
        else
            last=$word
            ((count += 1))
        fi
    done

    case ${COMP_WORDS[COMP_CWORD]}:$option in
        :*:* | =:) return ;;
    esac
    if [[ $rest ]]; then
        [[ $rest != file ]] || _mfactl_files
        return
    elif [[ $option ]]; then
        _mfactl_value "$path $option"
    elif [[ ! $ended && $typed == --*=* ]]; then # = does not cut words here
        prefix=${typed%%=*}=
        typed=${typed#*=}
        _mfactl_value "$path ${prefix%=}"
    elif [[ ! $ended && $typed == -* ]]; then
        words=$options
    else
        _mfactl_argument "$path $count"
        words="$commands $words"
        [[ $commands || $wanted || $ended || $typed ]] || words=$options
    fi

    if [[ $files ]]; then
        _mfactl_files
        return
    fi
    for word in $words; do
        if [[ $word == "$typed"* && $given != *" $word "* ]]; then
            COMPREPLY[${#COMPREPLY[@]}]=$prefix$word
        fi
    done
}

complete -F _mfactl mfactl
"""


def script(root: Node) -> str:
    """The script for this tree."""
    return HEAD + "\n".join([*_at(root), *_options(root), *_values(root), *_arguments(root)]) + BODY


def _at(root: Node) -> Iterator[str]:
    yield from ["_mfactl_at() {", "    case $1 in"]
    for node in walk(root):
        if not (node.options or node.children):
            continue
        names = [name for option in node.options for name in option.names]
        yield f"        {_quoted(node.name)})"
        yield f"            commands={_words(child.path[-1] for child in node.children)}"
        yield f"            options={_words(names)}"
        yield "            ;;"
    yield from ["        *) commands='' options='' ;;", "    esac", "}", ""]


def _options(root: Node) -> Iterator[str]:
    repeating = {
        name
        for node in walk(root)
        for option in node.options
        if option.repeats
        for name in option.names
    }
    once = [name for name in options_with_value(root) if name not in repeating]
    yield from ["# Notes an option that was given: it is not offered again.", "_mfactl_option() {"]
    yield from ["    case $1 in", "        --) ended=yes ;;"]
    for names in dict.fromkeys(aliases(root).values()):
        yield f"        {' | '.join(names)}) given+='{' '.join(names)} ' ;;"
    yield from _cases(once, ["option=$1", 'given+="$1 "'])
    yield from _cases(sorted(repeating), ["option=$1"])
    yield from ['        *) given+="${1%%=*} " ;;', "    esac", "}", ""]


def _values(root: Node) -> Iterator[str]:
    yield from ["# What may be typed for an option of a command.", "_mfactl_value() {"]
    yield "    case $1 in"
    yield from _cases([f"*{_quoted(f' {name}')}" for name in file_options(root)], ["files=yes"])
    places: dict[str, list[str]] = {}
    for node in walk(root):
        for option in node.options:
            if option.takes and option.takes.words:
                words = _words(word.name for word in option.takes.words)
                places.setdefault(words, []).extend(
                    _quoted(f"{node.name} {name}") for name in option.names
                )
    for words, patterns in places.items():
        yield from _cases(patterns, [f"words={words}"])
    yield from ["    esac", "}", ""]


def _arguments(root: Node) -> Iterator[str]:
    yield from ["# What may be typed for an argument of a command.", "_mfactl_argument() {"]
    yield "    case $1 in"
    for node in walk(root):
        for place, argument in enumerate(node.arguments):
            pattern = _quoted(f"{node.name} {place}")
            if argument.repeats and not node.children:
                pattern = f"{_quoted(f'{node.name} ')}*"
            yield from _cases([pattern], ["wanted=yes", *_argument(argument)])
    yield from ["    esac", "}"]


def _argument(argument: Argument) -> Iterator[str]:
    value = argument.takes
    if not value.after:
        yield from _setting(value)
        return
    yield "if ((count % 2 == 0)); then"
    yield from (f"    {line}" for line in _setting(value))
    yield from ["else", "    case $last in"]
    for word, following in value.after:
        yield f"        {word}) {'; '.join(_setting(following))} ;;"
    yield from ["    esac", "fi"]


def _setting(value: Value) -> Iterator[str]:
    if value.is_file:
        yield "files=yes"
    elif value.words:
        yield f"words={_words(word.name for word in value.words)}"


def _cases(patterns: list[str], lines: Iterable[str]) -> Iterator[str]:
    yield "        " + " | \\\n            ".join(patterns) + ")"
    yield from (f"            {line}" for line in lines)
    yield "            ;;"


def _words(words: Iterable[str]) -> str:
    return _quoted(" ".join(words))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"
