"""Run one contestant in a process of its own and report what it cost."""

import hashlib
import importlib
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def peak_memory() -> float:
    """Return the greatest resident memory of this process so far, in gigabytes (10⁹ bytes)."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e9
    import resource

    kilo = 1 if sys.platform == "darwin" else 1024  # macOS reports bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo / 1e9


class Clock:
    """Processor and wall seconds of a `with` block, all threads together."""

    def __enter__(self) -> "Clock":
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self._cpu
        self.wall = time.perf_counter() - self._wall


def _child(function: str, arguments: dict[str, Any], answer) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module, name = function.split(":")
    result = getattr(importlib.import_module(module), name)(**arguments)
    answer.send({**result, "peak": peak_memory()})


def in_own_process(function: str, **arguments: Any) -> dict[str, Any]:
    """Call `"module:function"` in a fresh process; return its dict, with `peak` gigabytes added."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(function, arguments, there))
    process.start()
    there.close()
    try:
        result = here.recv()
    except EOFError:
        raise RuntimeError(f"{function} ended without a result (see its message above)") from None
    process.join()
    return result


def middle(values: list[float], digits: int) -> str:
    """Return `median (smallest–largest)`."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def cores() -> str:
    """Return how many cores this process may use: `taskset` can allow it fewer than there are."""
    there = os.cpu_count() or 1
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    return f"{there} cores" if mine == there else f"{mine} of {there} cores"


def machine() -> str:
    """Return a line that says what the figures were measured on."""
    return (
        f"{cores()}, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}, TensorFlow {_version('tensorflow')}, "
        f"Keras {_version('keras')}"
    )


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu"):
        try:
            return version(name)
        except ImportError:
            continue
    return "not installed"


def publish(name: str, text: str) -> None:
    """Print a result and store it in `benchmarks/results/NAME.md`."""
    print(text)
    store(name, text)


def store(name: str, text: str) -> None:
    """Store a result in `benchmarks/results/NAME.md`."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text.rstrip() + "\n", encoding="utf-8")


def load_average() -> float | None:
    """Return how many threads ran or waited here in the last minute; None where it can't tell."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def at_work(runs: list[dict[str, Any]]) -> str:
    """Return a sentence on the load that runs began under (their `load`)."""
    loads = [run["load"] for run in runs if run.get("load") is not None]
    if not loads:
        return "Compare CPU seconds: wall seconds depend on what else the machine did."
    return (
        f"When a run began, {min(loads):.0f} to {max(loads):.0f} threads were running or waiting, "
        "those of the run before it included: compare CPU seconds, and not to the last tenth."
    )


def digest(*values: Any) -> str:
    """Return a short mark (12 hexadecimal digits) of values that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def read_results(name: str) -> dict[str, Any]:
    """Return what `benchmarks/results/NAME.json` holds; an empty dict where there is none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_results(name: str, results: dict[str, Any]) -> None:
    """Store results in `benchmarks/results/NAME.json`, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    unfinished = RESULTS / f"{name}.json.unfinished"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(RESULTS / f"{name}.json")
