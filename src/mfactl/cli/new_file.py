"""Files that a command leaves for people: a QR code as a picture, backup codes for the printer.

Guarantees: private to us; nothing is overwritten; the name and the room are looked at before the
command decides anything, so that a full disk or a taken name costs no code; the file appears under
its name whole, or not at all.
May import: mfactl.copying, mfactl.files and mfactl.errors.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mfactl.copying import appearing
from mfactl.errors import Code, MfactlError, failure
from mfactl.files import io_error, no_directory

Keep = Callable[[bytes], None]


@contextmanager
def new_file(path: Path | None, most_bytes: int, *, lost: str) -> Iterator[Keep]:
    """A file to be filled once, with at most `most_bytes`; without a path nothing is kept.

    `lost`: what to do if the file could not be finished after the command had decided. Raises
    `file_exists` or `io_error`.
    """
    if path is None:
        yield _keep_nothing
        return
    if path.is_dir():  # a name that is empty is one too: the directory we are in
        raise failure(Code.FILE_EXISTS, f"{path} is a directory; a new file needs a name in it.")
    if os.path.lexists(path):
        raise _taken(path)
    if not path.parent.is_dir():
        raise no_directory(path.parent)
    filled = False
    try:
        with appearing(path.absolute()) as file:
            file.write(bytes(most_bytes))
            file.flush()
            os.fsync(file.fileno())

            def keep(data: bytes) -> None:
                nonlocal filled
                filled = True
                file.seek(0)
                file.write(data)
                file.truncate()

            yield keep
    except FileExistsError:
        raise _after(_taken(path), lost) from None
    except OSError as error:
        failed = io_error(error, f"write {path}")
        raise (_after(failed, lost) if filled else failed) from None


def _keep_nothing(_data: bytes) -> None:
    """There is no file."""


def _taken(path: Path) -> MfactlError:
    return failure(Code.FILE_EXISTS, f"There is a file {path} already; nothing is overwritten.")


def _after(error: MfactlError, lost: str) -> MfactlError:
    refusal = error.refusals[0]
    return MfactlError(refusal._replace(remedy=lost))
