"""Starts many commands at the same moment: `python -m tests.races.launcher`.

mfactl is imported once, and every command is a fork of this process: a process of its own, with its
own environment, descriptors and locks, but without fifty starts of an interpreter. All wait at a
gate; when it opens, each runs the program's own entry, or becomes the installed program. Nothing
here has threads or an open vault, so that a fork inherits nothing but modules.

A request is a line of JSON on stdin, its answer a line of JSON on stdout: the exit statuses.
"""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from mfactl.__main__ import main as program
from mfactl.cli.app import COMMANDS

# What the commands import only once they need it.
LATE = ("mfactl.password_policy", "mfactl.service.sign_up", "mfactl.service.password", "zxcvbn")
NEVER_RAN = 99  # no exit status of mfactl's


def serve() -> None:
    for name in (*(entry.module for entry in COMMANDS.values()), *LATE):
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(start(json.loads(line))), flush=True)


def start(commands: list[dict[str, Any]]) -> list[int]:
    """Runs all commands at once; their exit statuses, negative for a signal."""
    gate, opener = os.pipe()
    arrivals, arrived = os.pipe()
    children = []
    for command in commands:
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.close(arrivals)
            _take_part(command, gate, arrived)
        children.append(child)
    os.close(gate)
    os.close(arrived)
    everybody = all(os.read(arrivals, 1) for _ in children)
    os.close(opener)  # whoever reads from the gate reads its end now
    os.close(arrivals)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return statuses if everybody else [NEVER_RAN] * len(children)


def _take_part(command: dict[str, Any], gate: int, arrived: int) -> NoReturn:
    """Runs one command as the interpreter would, and never returns into the launcher's loop."""
    status = NEVER_RAN
    try:
        _settle_in(command)
        os.write(arrived, b".")
        os.close(arrived)  # so that one who never arrives is noticed, not waited for
        os.read(gate, 1)
        os.close(gate)
        _run(command)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(status)


def _run(command: dict[str, Any]) -> None:
    sys.argv = ["mfactl", *command["arguments"]]
    if command["installed"]:
        installed = Path(sys.executable).with_name("mfactl")
        os.execve(installed, sys.argv, command["environ"])  # noqa: S606
    program()


def _settle_in(command: dict[str, Any]) -> None:
    """What a shell does before it starts a program, and the interpreter before it runs one."""
    os.environ.clear()
    os.environ.update(command["environ"])
    os.chdir(command["folder"])
    os.nice(command["patience"])
    makes = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for descriptor, name, flags in ((0, "in", os.O_RDONLY), (1, "out", makes), (2, "err", makes)):
        file = os.open(command["files"][name], flags, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    serve()
