"""Watch how much memory a process and its children hold, and end them where they hold too much."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import psutil

FORKED = 2.0  # seconds after which a child with its parent's command line counts


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and everything that it has started, directly or not."""
    return [process, *process.children(recursive=True)]


def most_resident(process: psutil.Process) -> int:
    """Return the most bytes of memory that a process has held at once so far.

    Linux keeps that figure itself (``VmHWM``, `proc(5)`), so that a peak between two looks is not
    missed; elsewhere it is what the process holds now.

    Raises
    ------
    psutil.Error
        If the process has ended.
    """
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8", errors="replace")
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return process.memory_info().rss


def end_family(process: psutil.Process) -> None:
    """Kill a process and everything that it has started, and wait until they are gone."""
    members = []
    with contextlib.suppress(psutil.Error):
        members = family(process)
    for each in members:
        with contextlib.suppress(psutil.Error):
            each.kill()
    psutil.wait_procs(members, timeout=10)


class PeakMemory(threading.Thread):
    """Look at a process and its children again and again until told to stop.

    The sum is that of each one's own peak. Pages that two of them share count twice, and their
    peaks need not fall together: it is never less than what they hold at once. Left out is a child
    that has just been forked: until it starts its own program it seems to hold what its parent
    holds, though it shares that.

    Parameters
    ----------
    pid : int
        The process.
    interval : float
        Seconds between two looks.
    limit : int, optional
        Bytes; where the sum passes it, the process and its children are killed.

    Attributes
    ----------
    peak : int
        The largest sum seen, in bytes.
    exceeded : bool
        Whether the limit was passed.
    """

    def __init__(self, pid: int, *, interval: float = 0.25, limit: int | None = None):
        super().__init__(daemon=True)
        self.process, self.interval, self.limit = psutil.Process(pid), interval, limit
        self.peak, self.exceeded, self.stopping = 0, False, threading.Event()

    def __enter__(self) -> PeakMemory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.join()

    def run(self) -> None:
        """Look until stopped, and once more then."""
        while not self.stopping.wait(self.interval):
            self.look()
        self.look()

    def look(self) -> None:
        """Take one look."""
        with contextlib.suppress(psutil.Error):  # one of them has ended in the meantime
            members = [each for each in family(self.process) if not self._just_forked(each)]
            self.peak = max(self.peak, sum(most_resident(each) for each in members))
        if self.limit is not None and self.peak > self.limit and not self.exceeded:
            self.exceeded = True
            end_family(self.process)

    def _just_forked(self, child: psutil.Process) -> bool:
        if child == self.process or time.time() - child.create_time() > FORKED:
            return False
        parent = child.parent()
        return parent is not None and child.cmdline() == parent.cmdline()
