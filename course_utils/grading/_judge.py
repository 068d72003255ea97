"""The process that judges one submission, and in which no student's code runs.

It starts a worker for the student's code, runs the test cells of the assignment itself, and hands
to each check a proxy: a function that calls the student's function in the worker. When a worker
hangs or dies, the judge starts another and leaves out the cell that ended the last one.
"""

from __future__ import annotations

import builtins
import inspect
import json
import linecache
import os
import queue
import shutil
import site
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import _needed, _results, grading
from course_utils.checks import NOT_YET, WELL_DONE, Verdict
from course_utils.grading import _limits, _wire

_WORKER = "from course_utils.grading._worker import main; main()"
_ANSWER_FILE = "<answer>"
_MOST_WORKERS = 12
_PATIENCE = 300.0  # seconds for a worker, or TensorFlow, to start on a busy machine


class Over(Exception):
    """A worker that is of no more use; its text is a sentence for the student."""


@dataclass
class Settings:
    """What the judge is told about limits; see `course_utils.grading.runner.Limits`."""

    gigabytes: float
    cell_seconds: float
    seconds: float
    check_seconds: float
    mark: str


def main() -> None:
    """Judge the submission told on standard input, and tell the verdicts on standard output."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    job = json.loads(sys.stdin.buffer.read())
    with open(os.devnull, "r+b") as nowhere:
        for fd in (0, 1, 2):
            os.dup2(nowhere.fileno(), fd)
    settings = Settings(**job["settings"])
    _limits.keep_private()
    _limits.restrain(settings.gigabytes + 1, settings.seconds)

    def tell(**words: Any) -> None:
        out.write(json.dumps({"token": job["token"], **words}) + "\n")
        out.flush()

    bench = Bench(job, settings)
    try:
        for test in job["tests"]:
            tell(grade_id=test["grade_id"], **bench.judge(test))
        tell(end=True)
    finally:
        bench.close()


class Worker:
    """The process with the student's code, seen from the judge."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.alive = True
        self.waiting = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_surroundings(folder, settings.mark),
            start_new_session=os.name == "posix",
        )
        self._replies: queue.Queue = queue.Queue(maxsize=4)
        threading.Thread(target=self._listen, daemon=True).start()
        limits = {"gigabytes": settings.gigabytes, "cpu_seconds": settings.seconds}
        self.ask(_PATIENCE, None, **limits)

    def _listen(self) -> None:
        try:
            while True:
                self._replies.put(_wire.receive(self._process.stdout))
        except _wire.Broken:
            self._replies.put("broken")
        except (EOFError, OSError, ValueError):
            self._replies.put("gone")

    def ask(self, seconds: float, values: Any = None, **message: Any) -> tuple[dict, bytes]:
        """Ask for something and wait for the reply; raise `Over` if none comes in time."""
        if not self.alive:
            raise Over("The process with your code had already ended.")
        self.waiting = True
        try:
            _wire.send(self._process.stdin, message, values)
        except OSError:
            self.alive = False
            raise Over("Your code ended the Python process that it ran in.") from None
        end = time.monotonic() + seconds
        while True:
            try:
                reply = self._replies.get(timeout=0.05)  # in slices: a check may want to stop
                break
            except queue.Empty:
                if self._process.poll() is not None and self._replies.empty():
                    reply = "gone"  # its pipe may live on, in a process that it started
                    break
                if time.monotonic() > end:
                    self.alive = False
                    raise Over(f"Your code was not done within {seconds:g} seconds.") from None
        if isinstance(reply, str):
            self.alive = False
            ended = "ended the Python process that it ran in"
            raise Over(f"Your code {ended if reply == 'gone' else 'disturbed the grading'}.")
        self.waiting = False
        return reply

    @property
    def usable(self) -> bool:
        """Whether it answers, and is not busy with something that was given up."""
        return self.alive and not self.waiting

    def close(self) -> None:
        """End it."""
        self.alive = False
        _limits.end(self._process)


def _surroundings(folder: Path, mark: str) -> dict[str, str]:
    """Return the environment of a worker: nothing that it does not need."""
    wanted = (
        "PATH",
        "PYTHONPATH",
        "LANG",
        "LC_ALL",
        "SYSTEMROOT",
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
    )
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    homes = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "KERAS_HOME", "IPYTHONDIR")
    return {
        **kept,
        **dict.fromkeys((*homes, "MPLCONFIGDIR", "COURSE_CACHE_DIR"), str(folder)),
        "PYTHONUSERBASE": site.getuserbase(),  # packages, and what they run, are not the student's
        **{name: os.environ[name] for name in ("COURSE_DATA_DIR",) if name in os.environ},
        "COURSE_DATA": os.environ.get("COURSE_DATA", "stand-in"),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONDONTWRITEBYTECODE": "1",
        _limits.MARK: mark,
    }


class Bench:
    """Takes a submission through its cells and tests, with as many workers as that needs."""

    def __init__(self, job: dict, settings: Settings) -> None:
        self.settings = settings
        self._folder = Path(job["folder"])
        sources = [_needed.plain(source) for source in job["cells"]]
        answers = {test["cell"] for test in job["tests"]}
        self._cells = sources if job["whole"] else _needed.needed(sources, answers)
        self._faults: dict[int, str] = {}  # cells that ended a worker, with the reason
        self._errors: dict[int, str] = {}
        self._worker: Worker | None = None
        self._workers = 0
        self._done = 0

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            self._worker.close()

    def judge(self, test: dict) -> dict:
        """Run one test cell of the assignment."""
        try:
            worker = self._advance(test["cell"] + 1)
        except Over as over:
            return _finding(0.0, NOT_YET, str(over))
        if test["cell"] in self._faults:
            return _finding(0.0, NOT_YET, self._faults[test["cell"]])
        trial = Trial(worker, test["answer"], self.settings, self._errors.get(test["cell"], ""))
        grading.verdict_of = trial.verdict_of
        try:
            exec(compile(test["test"], test["grade_id"], "exec"), {test["answer"]: ...})
        except grading.NotYet:
            pass
        except Exception as error:  # the check itself failed: a fault of ours, not a pass
            said = f"The check failed ({type(error).__name__}): ask your instructor."
            return _finding(0.0, NOT_YET, said)
        verdict = trial.verdict
        if verdict is None:
            return _finding(0.0, NOT_YET, "The test asked for no verdict.")
        right = verdict.voice == WELL_DONE
        return _finding(1.0 if right else 0.0, verdict.voice, verdict.headline, verdict.details)

    def _advance(self, end: int) -> Worker:
        """Run the cells before ``end``; return a worker that has run them."""
        while True:
            if self._worker is None or not self._worker.usable:
                self.close()
                self._worker, self._done = self._new_worker(), 0
            while self._done < end and self._worker.usable:
                self._run(self._done)
                self._done += 1
            if self._worker.usable:
                return self._worker

    def _new_worker(self) -> Worker:
        if self._workers >= _MOST_WORKERS:
            raise Over("Your code ended its Python process too often.")
        self._workers += 1
        folder = self._folder / f"work-{self._workers}"
        shutil.copytree(self._folder / "given", folder)
        return Worker(folder, self.settings)

    def _run(self, number: int) -> None:
        if number in self._faults or not self._cells[number].strip():
            return
        message = {"source": self._cells[number], "name": f"<cell {number + 1}>"}
        try:
            reply, _ = self._worker.ask(self.settings.cell_seconds, None, do="run", **message)
        except Over as over:
            self._faults[number] = str(over)
            return
        if "error" in reply:
            said = f"{_text(reply, 'error')}: {_text(reply, 'message')}".rstrip(": ")
            self._errors[number] = f"Its cell stops with an error: {said}"


def _finding(share: float, voice: str, sentence: str, details: tuple[str, ...] = ()) -> dict:
    return {"share": share, "voice": voice, "sentence": sentence, "details": list(details)}


def _text(reply: dict, key: str) -> str:
    """Return a piece of text that a worker sent."""
    value = reply.get(key, "")
    return _results.clean(value) if isinstance(value, str) else ""


class Trial:
    """One check of one answer."""

    def __init__(self, worker: Worker, answer: str, settings: Settings, error: str) -> None:
        self._worker = worker
        self._answer = answer
        self._settings = settings
        self._error = error
        self._over: Over | None = None
        self.verdict: Verdict | None = None

    def verdict_of(self, exercise: Any, _: object) -> Verdict:
        """Check the answer; it stays in the worker, whatever the test cell hands over."""
        needs = list(getattr(exercise, "needs", ()))
        try:
            for module in needs:
                __import__(module)
            seconds = _PATIENCE if needs else self._settings.cell_seconds
            told = self._worker.ask(seconds, None, do="begin", answer=self._answer, needs=needs)
            answer = self._stand_in(*told)
        except Over as over:
            self.verdict = Verdict(exercise.name, NOT_YET, str(over))
            return self.verdict
        verdict = exercise.verdict(answer, time_limit=self._settings.check_seconds)
        if self._over is not None:
            verdict = Verdict(exercise.name, NOT_YET, str(self._over))
        elif self._worker.waiting and verdict.voice == WELL_DONE:
            verdict = Verdict(exercise.name, NOT_YET, "Your function had not answered.")
        self.verdict = verdict
        return verdict

    def _stand_in(self, told: dict, blob: bytes) -> Any:
        """Return what the check gets in the answer's place."""
        kind = told.get("is")
        if kind == "missing":
            raise Over(f"There is no `{self._answer}` in the notebook. {self._error}".rstrip())
        if kind == "class":
            return type("Class", (), {})
        if kind == "coroutine function":

            async def coroutine():
                """Stand in for the student's."""

            return coroutine
        if kind == "function":
            return self._proxy(told.get("parameters"))
        return self._values(told, blob)

    def _values(self, told: dict, blob: bytes) -> Any:
        try:
            if "unsendable" in told:
                raise _wire.Broken(_text(told, "unsendable"))
            return _wire.values(told, blob)
        except _wire.Broken as trouble:
            said = _results.clean(str(trouble))
            raise Over(f"Your result cannot be handed to the grader: {said}.") from None

    def _proxy(self, parameters: Any) -> Callable:
        """Return a function that calls the student's, and seems to stand in the student's file."""
        names = {"call": self._call}
        exec(compile("def proxy(*args):\n    return call(args)", _ANSWER_FILE, "exec"), names)
        proxy = names["proxy"]
        try:
            kinds = list(inspect._ParameterKind)
            proxy.__signature__ = inspect.Signature(
                [
                    inspect.Parameter(name, kinds[kind], default=None if given else inspect._empty)
                    for name, kind, given in parameters
                ]
            )
        except Exception:  # none that can be read: any number of inputs will do
            proxy.__signature__ = inspect.signature(lambda *args: None)
        return proxy

    def _call(self, args: tuple) -> Any:
        """Call the student's function with copies, as if it ran here."""
        if self._over is not None:
            raise self._over
        try:
            told, blob = self._worker.ask(self._settings.seconds, list(args), do="call")
            if "unsendable" in told:
                return self._values(told, blob)
            result, after = self._values(told, blob)
        except Over as over:
            self._over = over
            raise
        except (TypeError, ValueError):
            self._over = Over("Your code disturbed the grading.")
            raise self._over from None
        for before, now in zip(args, after, strict=False):
            _take_over(before, now)
        if text := told.get("printed"):
            print(str(text)[:4000], end="")
        if text := told.get("warned"):
            warnings.warn(str(text), stacklevel=2)
        if "error" in told:
            _raise_again(told)
        return result


def _take_over(before: Any, now: Any) -> None:
    """Change an argument as the student's function has changed its copy."""
    if _results.is_keras(before) and hasattr(before, "get_weights") and type(before) is type(now):
        _take_over_network(before, now)
        return
    if type(before) is not type(now) or _results.unchanged(before, now):
        if type(before) is np.random.Generator and type(now) is np.random.Generator:
            before.bit_generator.state = now.bit_generator.state
        return
    if type(before) is np.ndarray and before.dtype == now.dtype:
        if before.shape != now.shape:
            before.resize(now.shape, refcheck=False)
        before[...] = now
    elif type(before) is list:
        before[:] = now
    elif type(before) is dict:
        before.clear()
        before.update(now)


def _take_over_network(before: Any, now: Any) -> None:
    """Give a Keras model the layers (where they are in a row) and the weights of its copy."""
    shapes = [[array.shape for array in model.get_weights()] for model in (before, now)]
    if shapes[0] == shapes[1]:
        before.set_weights(now.get_weights())
    elif hasattr(before, "pop"):
        while before.layers:
            before.pop()
        for layer in now.layers:
            before.add(layer)


_BASES = ("NotImplementedError", "RecursionError", "SystemExit", "KeyboardInterrupt", "MemoryError")


def _raise_again(told: dict) -> None:
    """Raise an exception of the same name and message, from the same line of the same source."""
    name, message = _text(told, "error"), _text(told, "message")
    base = getattr(builtins, name) if name in _BASES else Exception
    kind = type(name or "Exception", (base,), {"__str__": lambda self: message})
    line = told.get("line")
    line = line if isinstance(line, int) and 0 < line < 100_000 else 1
    lines = [*["\n"] * (line - 1), _text(told, "source") + "\n"]
    linecache.cache[_ANSWER_FILE] = (1, None, lines, _ANSWER_FILE)
    code = compile("\n" * (line - 1) + "raise error", _ANSWER_FILE, "exec")
    exec(code, {"error": kind()})
