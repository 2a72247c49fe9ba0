"""How far long work has come, for whoever sits at a terminal.

Guarantees: says nothing in the first half second, nothing into a pipe, and leaves no line behind.
May import: mfactl.cli.output, mfactl.cli.run, and the types of progress in mfactl.service.vault and
mfactl.vault.sqlite_file.
"""

import os
import sys
import time

from mfactl.cli.output import write_stderr
from mfactl.cli.run import Run
from mfactl.service.vault import Watch
from mfactl.vault.sqlite_file import Progress, unseen

PATIENCE_SECONDS = 0.5  # what is done sooner needs no word
_CLEAR = "\r\x1b[K"


def watch(run: Run) -> Watch:
    """Progress that is shown; or that is not, where nobody would see it."""
    shown = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if not shown or run.options.quiet:
        return lambda _word: unseen
    begun, is_shown = time.monotonic(), False

    def clear() -> None:
        nonlocal is_shown
        if is_shown:
            write_stderr(_CLEAR)
        is_shown = False

    run.options.clear_line = clear

    def of(word: str) -> Progress:
        def progress(done: int, total: int) -> None:
            nonlocal is_shown
            if time.monotonic() - begun > PATIENCE_SECONDS:
                write_stderr(f"{_CLEAR}{word}: {done:,} of {total:,}")
                is_shown = True

        return progress

    return of
