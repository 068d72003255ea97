"""Hold a process to limits, as far as the system can, and end what it leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MARK = "COURSE_GRADING"  # an environment variable by which a submission's processes are found
_MOST_PROCESSES = 256  # that one submission may add
_MOST_FILE = 256 * 2**20


def restrain(gigabytes: float, cpu_seconds: float) -> None:
    """Limit this process for good: memory, processor time, size of a file, number of processes.

    On Linux all of these hold; macOS does not enforce the limit of memory; Windows knows none.
    The number of processes counts all those of the user, and is not enforced for root.

    Parameters
    ----------
    gigabytes : float
        Of address space; TensorFlow alone needs about 2.
    cpu_seconds : float
        After which the process is ended.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    wishes = {
        "RLIMIT_AS": int(gigabytes * 2**30),
        "RLIMIT_CPU": int(cpu_seconds) + 1,
        "RLIMIT_FSIZE": _MOST_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NPROC": _tasks_of_this_user() + _MOST_PROCESSES,
    }
    for name, wish in wishes.items():
        which = getattr(resource, name, None)
        if which is not None:
            _, most = resource.getrlimit(which)
            wish = wish if most == resource.RLIM_INFINITY else min(wish, most)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (wish, wish))


def _tasks_of_this_user() -> int:
    """Count processes and threads, as the limit does; 0 where the system does not tell."""
    tasks = 0
    for folder in _processes():
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid():
                tasks += len(os.listdir(folder / "task"))
    return tasks or 1000


def _processes() -> list[Path]:
    try:
        return [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    except OSError:
        return []


def keep_private() -> None:
    """Let no other process of the same user look into this one (Linux; not against root)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def end(process: subprocess.Popen) -> None:
    """End a process and its group, where there are groups."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


def end_marked(mark: str, seconds: float = 5.0) -> int:
    """End every process with the mark in its environment, also one that left its group (Linux).

    Returns
    -------
    int
        How many were found.
    """
    wanted, found = f"{MARK}={mark}".encode(), set()
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        strays = []
        for folder in _processes():
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    strays.append(int(folder.name))
        if not strays:
            break
        found.update(strays)
        for stray in strays:
            with contextlib.suppress(OSError):
                os.kill(stray, signal.SIGKILL)
        time.sleep(0.02)
    return len(found)
