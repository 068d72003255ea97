"""The process in which a student's code runs, and nothing else that matters.

It is asked by the judge, over its standard input, to run a cell, to say what a name stands for
and to call a function. Nothing in here decides anything: a student's code shares this process and
may change whatever it likes.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import linecache
import os
import random
import sys
import types
import warnings
from typing import Any, BinaryIO

import numpy as np

from course_utils import _results, checks
from course_utils.grading import _limits, _wire

_MOST_PRINTED = 4000


def main() -> None:
    """Serve the judge until it hangs up."""
    requests, replies = _own_streams()
    first, _ = _wire.receive(requests)
    _limits.restrain(first["gigabytes"], first["cpu_seconds"])
    sys.path.insert(0, os.getcwd())  # a student's own module beside the notebook
    for name in ("check", "hint", "solution"):  # the judge checks: once is enough
        setattr(checks._BaseExercise, name, lambda self, *args, **options: None)
    desk = _Desk()
    _wire.send(replies, {"ready": True})
    while True:
        try:
            message, blob = _wire.receive(requests)
        except EOFError:
            return
        answer, values = desk.serve(message, blob)
        try:
            _wire.send(replies, answer, values)
        except _wire.Broken as trouble:
            _wire.send(replies, {"unsendable": str(trouble)})


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output away from everybody else."""
    requests, replies = (os.fdopen(os.dup(fd), mode) for fd, mode in ((0, "rb"), (1, "wb")))
    with open(os.devnull, "r+b") as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 1)
    return requests, replies


class _Desk:
    """The notebook's names, and what the judge may ask about them."""

    def __init__(self) -> None:
        home = types.ModuleType("__main__")
        sys.modules["__main__"] = home
        self.names = vars(home)
        self.names.update(display=lambda *things, **options: None, get_ipython=lambda: None)
        self.answer: Any = None

    def serve(self, message: dict, blob: bytes) -> tuple[dict, Any]:
        """Do what a message asks for; return the answer's words and values."""
        try:
            return getattr(self, "do_" + message["do"])(message, blob)
        except BaseException as error:
            return _told(error), None

    def do_run(self, message: dict, blob: bytes) -> tuple[dict, Any]:
        """Run a cell."""
        source, name = message["source"], message["name"]
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            exec(compile(source, name, "exec"), self.names)
        return {"done": True}, None

    def do_begin(self, message: dict, blob: bytes) -> tuple[dict, Any]:
        """Get ready for a check, and say what the answer is."""
        for module in message["needs"]:
            importlib.import_module(module)
        np.random.seed(0)  # as a check in the notebook does
        random.seed(0)
        if message["answer"] not in self.names:
            return {"is": "missing"}, None
        answer = self.answer = self.names[message["answer"]]
        if issubclass(type(answer), type):
            return {"is": "class"}, None
        if inspect.iscoroutinefunction(answer):
            return {"is": "coroutine function"}, None
        if callable(answer) and not _results.is_keras(answer):
            return {"is": "function", "parameters": _parameters(answer)}, None
        return {"is": "value"}, answer

    def do_call(self, message: dict, blob: bytes) -> tuple[dict, Any]:
        """Call the answer; return its result, and its arguments as they are now."""
        args = _wire.values(message, blob)
        printed, told, result = _Printed(), {}, None
        with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                result = self.answer(*args)
            except BaseException as error:
                trace = error.__traceback__  # it begins here; the student's part comes next
                told = _told(error.with_traceback(trace and trace.tb_next))
            told["printed"] = printed.getvalue()
            told["warned"] = str(warned[0].message)[:500] if warned else ""
        return told, (result, args)


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        room = _MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def _told(error: BaseException) -> dict:
    line, source = checks._where(error)
    return {
        "error": _results.type_name(error),
        "message": checks._message(error),
        "line": line,
        "source": source,
    }


def _parameters(function: Any) -> list[list] | None:
    """Return name, kind and whether there is a default, for each parameter, or None."""
    try:
        found = inspect.signature(function).parameters.values()
    except Exception:
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in found]
