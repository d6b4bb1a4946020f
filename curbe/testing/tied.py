"""Become another program that dies with the process which started it; standard library only.

    python tied.py PARENT_PID SIGNAL USER|- COMMAND...

Linux delivers SIGNAL when the starting thread ends, however it ends, so that a killed test run leaves no
server behind. Elsewhere there is no such promise and a clean exit has to stop the servers.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, signal_number, user, *command = sys.argv[1:]
    if user != "-":
        become(user)
    # After the change of user, which would clear it.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("The starting process is gone already.")
    os.execv(command[0], command)  # noqa: S606 - there is no shell to want


def become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


if __name__ == "__main__":
    main()
