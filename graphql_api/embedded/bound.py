"""Becomes the program in its arguments, bound to the life of the process that started it.

Run by path, so that it imports next to nothing: `python -I -S bound.py <parent's pid> <program> <argument>…`.
The kernel ends the program when its parent ends, however that happens. The bond is with the parent's thread that
forked, which therefore must be its main thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def command(*program: str) -> list[str]:
    """What to start instead of the program, so that it ends with this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *program]


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the bond held
        os._exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
