"""How long a presenter waits: each notebook brought back in a fresh process on one core.

    COURSE_DATA_DIR=… python -m benchmarks.resume [NUMBER …]

A notebook is brought back before each of its sections, each time in a process of its own that has
imported nothing; a section's seconds are the time from the call to its answer. The bar is ten.
"""

import argparse
import contextlib
import io
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Clock, in_own_process, load_average, machine, publish
from benchmarks.notebooks import copies
from course_utils.presenting import read_notebook, resume, sections
from tools.binder.session import one_core

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
BAR = 10.0


def bring_back(number: str, cell: str) -> dict[str, Any]:
    """Bring a notebook back before a cell; return the seconds."""
    os.environ["MPLBACKEND"] = "agg"
    with contextlib.chdir(NOTEBOOKS), contextlib.redirect_stdout(io.StringIO()), Clock() as clock:
        resume(number, cell, {"__name__": "__main__"})
    return {"wall": clock.wall, "cpu": clock.cpu}


def longest(number: str) -> dict[str, Any]:
    """Return the section of a notebook for which one waits longest, with its seconds."""
    runs = []
    for each in sections(read_notebook(number, NOTEBOOKS)):
        run = in_own_process("benchmarks.resume:bring_back", number=number, cell=each.cell.id)
        runs.append({"title": each.title, "load": load_average(), **run})
        print(f"{number} {each.title}: {run['wall']:.1f} s, CPU {run['cpu']:.1f}", flush=True)
    return {**max(runs, key=lambda run: run["cpu"]), "sections": len(runs)}


def as_markdown(results: dict[str, dict[str, Any]], data: str) -> str:
    """Return the document."""
    loads = [run["load"] for run in results.values() if run["load"] is not None]
    busy = f" Running or waiting meanwhile: {min(loads):.0f} to {max(loads):.0f}." if loads else ""
    above = [number for number, run in results.items() if run["cpu"] >= BAR]
    verdict = f"Above the bar: {', '.join(above)}." if above else "None is above the bar."
    rows = [
        f"| {number} | {run['sections']} | {run['title']} | {run['wall']:.1f} | {run['cpu']:.1f} |"
        for number, run in results.items()
    ]
    return "\n".join(
        [
            "# A notebook brought back after its kernel died",
            "",
            "Each section in a fresh process on one core; the one that takes longest. The bar is "
            f"{BAR:.0f} s, TensorFlow's import included; on a busy machine CPU seconds tell. "
            f"{verdict}",
            "",
            f"Data: {data}. {machine()}.{busy}",
            "",
            "| notebook | sections | longest before | wall seconds | CPU seconds |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure the notebooks, and publish the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume")
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="like 07; all if left out")
    options = parser.parse_args(arguments)
    one_core()
    found = sorted(path.name[:2] for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    numbers = [number for number in found if not options.numbers or number in options.numbers]
    began = time.perf_counter()
    results = {number: longest(number) for number in numbers}
    print(f"{time.perf_counter() - began:.0f} s in all")
    publish("resume", as_markdown(results, copies()))


if __name__ == "__main__":
    main()
