"""Starts the commands that are timed, as a process of its own that is small.

Linux says of no process that it took less memory than the one that started it.
May import: the standard library; it is run as a script.
"""

import json
import os
import sys
import time


def main() -> None:
    """Reads a command a line, and answers what it took, until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, order["stdin"], os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, order["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        argv, environ = order["argv"], order["environ"]
        started = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
        _, status, used = os.wait4(pid, 0)
        wall = time.perf_counter() - started
        answer = [os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime]
        print(json.dumps([*answer, used.ru_maxrss]), flush=True)


if __name__ == "__main__":
    main()
