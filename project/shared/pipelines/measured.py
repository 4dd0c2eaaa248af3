"""Run Python and write the peak memory of the process, in MB.

python measured.py FILE (SCRIPT | -m MODULE | -c CODE) [ARGUMENTS]

The system counts for a child what its parent had, so the process says it itself.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def main() -> None:
    peak, *command = sys.argv[1:]
    try:
        if command[0] == "-m":
            sys.argv = command[1:]
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        elif command[0] == "-c":
            exec(command[1], {"__name__": "__main__"})
        else:
            sys.argv, sys.path[0] = command, str(Path(command[0]).parent)
            runpy.run_path(command[0], run_name="__main__")
    finally:
        Path(peak).write_text(peak_memory(), encoding="utf8")


def peak_memory() -> str:
    """Return the most MB that this process has had, as Linux counts; "" elsewhere."""
    lines = STATUS.read_text(encoding="utf8").splitlines() if STATUS.is_file() else []
    return next((str(int(line.split()[1]) / 1024) for line in lines if line.startswith("VmHWM:")), "")


if __name__ == "__main__":
    main()
