"""The program: makes the process safe, then hands over to the command line.

Guarantees: before anything is imported, Ctrl-C ends the process without a traceback, and every file
that is made is private; a crash leaves no core dump. When a command has ended, nothing of ours runs
any more: what it holds is closed, and what it prints has been flushed and looked at.
May import: mfactl, and mfactl.cli once the process is safe.
"""

import gc
import io
import os
import sys

from mfactl import __version__

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STDOUT, STDERR = 1, 2


def main() -> None:
    """Runs mfactl and ends the process with its exit status."""
    if sys.argv[1:] == ["--version"] and _has_printed_version():
        return
    # Here: it takes a third of the time that Python takes to start; --version is asked for often.
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupted import would print a traceback
    os.umask(0o077)
    _leave_no_core_dump()
    gc.disable()  # imports make no garbage: looking for it took 8 % of `account show`
    _keep_standard_descriptors()
    _buffer_stdout()
    # Here, because what stands above has to come before the first import that takes time.
    from mfactl.cli.app import run  # noqa: PLC0415

    # Without taking down Python, module by module: that took 13 ms of a command's 100.
    os._exit(run(sys.argv[1:]))


def _has_printed_version() -> bool:
    """Answers at once; False if that fails, which the command line then tells."""
    try:
        return os.write(STDOUT, f"mfactl {__version__}\n".encode()) > 0
    except OSError:
        return False


def _leave_no_core_dump() -> None:
    """A core dump would hold the data key and whatever was typed."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _keep_standard_descriptors() -> None:
    """A closed descriptor 0, 1 or 2 would be given to the next file that is opened."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= STDERR:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    if sys.stderr is None:  # the library's code writes to it without a look
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _buffer_stdout() -> None:
    """Under PYTHONUNBUFFERED nobody would notice a write that is cut short, as by a full disk."""
    stdout = sys.stdout
    if isinstance(stdout, io.TextIOWrapper) and isinstance(stdout.buffer, io.FileIO):
        spelled, raw = (stdout.encoding, stdout.errors), stdout.buffer
        stdout.detach()
        # Twice: when the last reference goes, what could not be written would be tried again.
        sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.BufferedWriter(raw), *spelled)  # type: ignore[misc]


if __name__ == "__main__":
    main()
