"""A process that has loaded mfactl and forks one run of it for each request.

Loading takes 100 of the 130 ms of a command. What is run is the program's own `main`, in a process
of its own, with its own descriptors, environment and end; it only finds its modules loaded.

`python -m tests.crashes.nursery SOCKET`: a request is a message of JSON, see `watched.Nursery`. The
answers are the run's process id at its start and its exit status at its end, negative if a signal
ended it.
"""

import ctypes
import importlib
import json
import os
import resource
import socket
import sys
from typing import Any, NoReturn

from mfactl.__main__ import main
from mfactl.cli import app

MESSAGE_BYTES = 1 << 16
LATE_IMPORTS = (  # what a command loads only when it needs it
    "email_validator",
    "idna",
    "mailbox",
    "mfactl.cli.qr",
    "mfactl.mail",
    "mfactl.password_policy",
    "mfactl.service.sign_up",
    "qrcode",
    "zxcvbn",
)
CAPABILITIES = 0x20080522  # version 3 of the structures that capset takes


def serve(channel: socket.socket) -> None:
    """Answers requests until nobody can send any more."""
    while request := channel.recv(MESSAGE_BYTES):
        run = os.fork()
        if run == 0:
            become(json.loads(request))
        channel.send(str(run).encode())  # `send`, since the calls that strace counts are writes
        _, status = os.waitpid(run, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def become(request: dict[str, Any]) -> NoReturn:
    """Is from now on a run of mfactl."""
    os.chdir(request["folder"])
    for descriptor, name in enumerate(request["streams"]):
        opened = os.open(name, os.O_RDWR)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv = ["mfactl", *request["arguments"]]
    if request["largest_file"] is not None:
        limits = (request["largest_file"], resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    if not request["privileged"]:
        drop_capabilities()
    waste(request["call"], request["wasted"])
    try:
        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))  # at once: to free what was loaded takes longer than a run
    raise AssertionError("main has returned")


def waste(call: str, times: int) -> None:
    """Makes a system call so many times, in a way that fails and changes nothing."""
    function = getattr(ctypes.CDLL(None), call)
    for _ in range(times):
        function(*(-1 if call in BY_DESCRIPTOR else None for _ in range(4)))


BY_DESCRIPTOR = ("fdatasync", "fsync", "ftruncate", "linkat", "pwrite64", "unlinkat", "write")


def drop_capabilities() -> None:
    """Takes root's power to write what its modes forbid; nobody else has it."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None).capset(header, nothing) != 0:
        raise OSError("capset failed")


if __name__ == "__main__":
    for entry in app.COMMANDS.values():
        importlib.import_module(entry.module)
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
