"""Run somebody else's code for a limited time, without letting it disturb the notebook.

The code runs in a thread of its own, so that the notebook can stop waiting for it: a Python loop
is ended from outside, on Linux, macOS and Windows alike; a call that is stuck inside a C library
is left behind and reported. Meanwhile the thread's prints and warnings are collected, not shown.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np

FINISHED = "finished"
STOPPED = "stopped"  # ran too long, and was ended
STUCK = "stuck"  # ran too long, and could not be ended
INTERRUPTED = "interrupted"  # the reader pressed the stop button

MOST_PRINTED = 300  # characters kept of what one call prints

_SetAsyncExc = ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
_raise_in = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(_SetAsyncExc)
_raise_nothing_in = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(_SetAsyncExc)


class Stop(SystemExit):
    """Raised from outside in a thread that ran too long, see `_stop_for`."""


def _stop_for(thread_id: int) -> type[Stop]:
    """Return a `Stop` that a bare ``except:`` cannot swallow for good.

    Whenever Python builds one, that is when the running code catches it, its ``__init__`` asks for
    another to be raised in the same thread at the next opportunity, so that each handler is left
    as well, and the loop around it. The ``__init__`` is a C function: in one written in
    Python, the next opportunity would be that function itself.
    """

    class Stopping(Stop):
        pass

    Stopping.__init__ = staticmethod(functools.partial(_raise_in, thread_id, Stopping))
    return Stopping


class Console:
    """What one thread prints and which warnings it causes, each kept only up to a limit."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.clear()

    def clear(self) -> None:
        """Forget what was collected, before the next call."""
        self._kept: list[str] = []
        self._length = 0
        self.warning = ""

    @property
    def text(self) -> str:
        """What was printed since the last `clear`, cut off with an ellipsis where it is long."""
        text = "".join(self._kept)
        return text if self._length <= MOST_PRINTED else text + " …"

    def take(self, text: str) -> None:
        """Keep printed text, as far as there is room."""
        room = MOST_PRINTED - self._length
        if room > 0:
            self._kept.append(text[:room])
        self._length += len(text)

    def warn(self, message, category, filename, lineno, file=None, line=None) -> None:
        """Keep the first warning; the arguments are those of `warnings.showwarning`."""
        if threading.current_thread() is self.thread and not self.warning:
            self.warning = str(message)


class _Stream(io.TextIOBase):
    """Stands in for ``sys.stdout``: one thread's text is collected, all other text passes."""

    def __init__(self, console: Console, usual) -> None:
        self._console = console
        self._usual = usual

    def write(self, text: str) -> int:
        if type(text) is not str:
            raise TypeError("write() needs text")
        if threading.current_thread() is self._console.thread:
            self._console.take(text)
        elif self._usual is not None:
            self._usual.write(text)
        return len(text)

    def flush(self) -> None:
        if self._usual is not None and threading.current_thread() is not self._console.thread:
            self._usual.flush()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str):
        return getattr(self._usual, name)


class _Worker(threading.Thread):
    """The thread that runs the job."""

    def __init__(self, job: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="check")
        self.job = job
        self.over = False
        self.error: BaseException | None = None

    def run(self) -> None:
        me = threading.get_ident()
        try:
            try:
                self.job()
            except BaseException as error:
                # The first call that follows has to be the one that takes back what was asked
                # for: after any other, the next `Stop` would strike.
                self.over = True
                _raise_nothing_in(me, None)
                self.error = error
            self.over = True
        except Stop:
            self.over = True
            _raise_nothing_in(me, None)

    def wait(self, seconds: float) -> bool:
        """Wait for the end, in slices so that Windows, too, hears a keyboard interrupt."""
        end = time.monotonic() + seconds
        while self.is_alive():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.join(min(left, 0.05))
        return True

    def stop(self, seconds: float) -> bool:
        """End the thread from outside; False where it does not listen."""
        stop = _stop_for(self.ident)
        end = time.monotonic() + seconds
        with _every_line_raises(self.ident) as extend:
            while self.is_alive() and time.monotonic() < end:
                extend()
                if not self.over:
                    _raise_in(self.ident, stop)
                self.join(0.02)
        return not self.is_alive()


@contextlib.contextmanager
def _every_line_raises(thread_id: int) -> Iterator[Callable[[], None]]:
    """Let each new line of the code that a thread is in raise `Stop`, from Python 3.12 on.

    There, what an ``except: pass`` at the end of a loop jumps back to counts as inside the ``try``,
    so that `_stop_for` alone would be caught for ever. Yields a function that includes the
    functions that the thread has entered meanwhile.
    """
    monitoring = getattr(sys, "monitoring", None)
    tools = [] if monitoring is None else [i for i in range(6) if monitoring.get_tool(i) is None]
    if not tools:
        yield lambda: None
        return
    tool, codes = tools[-1], set()

    def raise_stop(code: object, line: int) -> None:
        if threading.get_ident() == thread_id:
            raise Stop

    def extend() -> None:
        frame = sys._current_frames().get(thread_id)
        while frame is not None:
            home = frame.f_globals.get("__name__")
            home = home if type(home) is str else ""
            if home != "threading" and not home.startswith("course_utils."):
                codes.add(frame.f_code)
                monitoring.set_local_events(tool, frame.f_code, monitoring.events.LINE)
            frame = frame.f_back

    monitoring.use_tool_id(tool, "check")
    monitoring.register_callback(tool, monitoring.events.LINE, raise_stop)
    try:
        yield extend
    finally:
        for code in codes:
            monitoring.set_local_events(tool, code, monitoring.events.NO_EVENTS)
        monitoring.register_callback(tool, monitoring.events.LINE, None)
        monitoring.free_tool_id(tool)


@contextlib.contextmanager
def _streams(console: Console) -> Iterator[None]:
    usual = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Stream(console, stream) for stream in usual)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = console.warn
            yield
    finally:
        sys.stdout, sys.stderr = usual


@contextlib.contextmanager
def _exit_raises() -> Iterator[None]:
    """Let ``exit()`` raise in a notebook, where it would otherwise shut the kernel down."""
    shell = None
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    if shell is None:
        yield
        return

    def ask_exit() -> None:
        raise SystemExit

    shell.ask_exit = ask_exit
    try:
        yield
    finally:
        vars(shell).pop("ask_exit", None)


def run(job: Callable[[], None], console: Console, seconds: float) -> str:
    """Run ``job()`` in a thread for at most ``seconds``.

    Parameters
    ----------
    job : callable
        Takes nothing; leaves its results where the caller finds them. It must catch the exceptions
        of the code it calls: what escapes from it is raised here.
    console : Console
        Collects what the job prints and warns.
    seconds : float
        The limit, the time for ending the job included.

    Returns
    -------
    str
        `FINISHED`, `STOPPED`, `STUCK` or `INTERRUPTED`.

    Examples
    --------
    >>> found = []
    >>> run(lambda: found.append(6 * 7), Console(), seconds=5)
    'finished'
    >>> found
    [42]
    """
    worker = console.thread = _Worker(job)
    numbers, more_numbers = np.random.get_state(), random.getstate()
    depth = sys.getrecursionlimit()
    began = time.monotonic()
    state = STUCK
    try:
        with _streams(console), _exit_raises():
            np.random.seed(0)  # a function that draws numbers draws the same ones every time
            worker.start()
            try:
                if worker.wait(0.9 * seconds):
                    state = FINISHED if time.monotonic() - began <= seconds else STOPPED
                else:
                    state = STOPPED if worker.stop(max(0.1 * seconds, 0.3)) else STUCK
            except KeyboardInterrupt:
                state = INTERRUPTED
                worker.stop(0.5)
    finally:
        sys.setrecursionlimit(depth)
        if not worker.is_alive():  # else it may hold the generator's lock
            np.random.set_state(numbers)
            random.setstate(more_numbers)
    if state == FINISHED and worker.error is not None:
        raise RuntimeError("the job raised an exception") from worker.error
    return state
