"""A shell at a terminal in which somebody presses TAB.

`after_tab` is the line as TAB leaves it, `sees` waits for what TAB lists. The shell is started in a
directory of its own, with a `mfactl` in PATH that leaves a trace if anything starts it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pexpect

from tests.cli.program import outside
from tests.cli.terminal import SECONDS, Spawned

# Ctrl-G prints the line that is being typed, Ctrl-K empties it. Neither means anything to the
# terminal itself, which takes Ctrl-U away in the moments when the shell does not read keys.
BASH = r"""
PS1='$ '
bind '"\C-k": kill-whole-line'
bind 'set bell-style none'
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind -x '"\C-g": printf "\n<<%s>>\n" "$READLINE_LINE"'
"""
ZSH = r"""
PS1='$ '
LISTMAX=0
autoload -Uz compinit
compinit -D -u
setopt no_beep
show() { zle -I; printf '\n<<%s>>\n' "$BUFFER" }
zle -N show
bindkey '^g' show
bindkey '^k' kill-whole-line
"""
FISH = r"""
function fish_prompt
    echo '$ '
end
set -g fish_autosuggestion_enabled 0
bind \cg 'printf "\n<<%s>>\n" (commandline)'
bind \ck 'commandline ""'
"""
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\(B")


class Keyboard(Spawned):
    """A shell that reads `set_up` at its start, after what every test needs of it."""

    def __init__(
        self, shell: str, place: Path, set_up: str, *, before: str = "", files: Iterable[str] = ()
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.directory = place / "work"
        self.directory.mkdir()
        for name in files:
            (self.directory / name).touch()
        self._trace = place / "trace"
        program = place / "bin" / "mfactl"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho started >> '{self._trace}'\n")
        program.chmod(0o755)
        own = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell]
        start = place / (".zshrc" if shell == "zsh" else f"start.{shell}")
        start.write_text(before + own + set_up)
        how = {
            "bash": ["--noprofile", "--rcfile", str(start), "-i"],
            "zsh": ["--no-globalrcs", "-i"],
            "fish": ["--no-config", "-i", "-C", f"source '{start}'"],
        }
        environ = outside() | {"HOME": str(place), "ZDOTDIR": str(place)}
        environ["PATH"] = f"{program.parent}:{environ['PATH']}"
        self._child = pexpect.spawn(
            shell,
            how[shell],
            env=environ,
            cwd=str(self.directory),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(60, 200),
        )
        self._child.delaybeforesend = None
        self._shown_line()  # the shell is ready

    @property
    def has_started_mfactl(self) -> bool:
        """Whether anything has started mfactl."""
        return self._trace.exists()

    def after_tab(self, line: str, *, left: int = 0) -> str:
        """The line after TAB, pressed that many places left of its end."""
        self._child.send(line + "\x02" * left + "\t")
        shown = self._shown_line()
        self._empty()
        return shown

    def as_typed(self, line: str) -> str:
        """The same line without TAB."""
        self._child.send(line)
        shown = self._shown_line()
        self._empty()
        return shown

    def sees(self, line: str, *texts: str) -> bool:
        """Whether TAB after the line lists all these texts; waits for them."""
        self._child.send(f"{line}\t")
        shown = ""
        while not all(text in ESCAPE.sub("", shown) for text in texts):
            try:
                shown += self._child.read_nonblocking(4096)
            except pexpect.TIMEOUT:
                raise AssertionError(f"it shows {ESCAPE.sub('', shown)!r}") from None
        self._empty()
        return True

    def _shown_line(self) -> str:
        self._child.send("\x07")
        self._child.expect("<<(.*?)>>")
        assert isinstance(self._child.match, re.Match)
        return str(self._child.match[1])

    def _empty(self) -> None:
        self._child.send("\x0b\x07")
        self._child.expect_exact("<<>>")
