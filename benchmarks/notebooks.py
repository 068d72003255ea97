"""How long each notebook takes as a whole on one core, and how much memory its kernel needs.

    COURSE_DATA_DIR=… python -m benchmarks.notebooks [NUMBER …]

Each is executed once from top to bottom in a fresh kernel on the real data; nothing is written
back. The memory is the largest sum of resident memory of the kernel and its children. A notebook
whose code has not changed since it was last measured is not run again.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import nbformat

from benchmarks.measure import (
    digest,
    load_average,
    machine,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import datasets
from tests.notebooks.execute import execute
from tests.notebooks.parts import Notebook, notebook_paths


def one_core() -> None:
    """Let this process and the kernels that it starts use one core only, where that can be told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def copies() -> str:
    """Return the copies of the data that the notebooks will find."""
    sources = (datasets.load_mnist().source, datasets.load_cifar10().source)
    return "; ".join(f"{each}, {each.digest[:12]}" for each in sources)


def mark(path: Path) -> str:
    """Return a short mark of a notebook's code and of the data that it runs on."""
    return digest(copies(), [cell.source for cell in Notebook.read(path).code])


def measured(path: Path) -> dict[str, Any]:
    """Execute a notebook; return its wall seconds and peak gigabytes."""
    run = execute(nbformat.read(path, as_version=4), folder=path.parent, data="real")
    return {"seconds": run.seconds, "peak": run.peak_bytes / 1e9}


def as_markdown(results: dict[str, Any]) -> str:
    """Return the document."""
    loads = [run["load"] for run in results["runs"].values() if run["load"] is not None]
    busy = ""
    if loads:
        busy = (
            f" When a run began, {min(loads):.0f} to {max(loads):.0f} threads were running or "
            "waiting: alone on the machine it is quicker."
        )
    rows = [
        f"| {name} | {run['seconds']:.0f} | {run['peak']:.2f} |"
        for name, run in sorted(results["runs"].items())
    ]
    return "\n".join(
        [
            "# Whole notebooks on the real data",
            "",
            f"One run each. Data: {results['data']}. {results['machine']}.{busy}",
            "",
            "| notebook | wall seconds | peak memory, GB |",
            "| --- | --- | --- |",
            *rows,
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Execute the notebooks that have changed, and publish the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebooks")
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="like 07; all if left out")
    options = parser.parse_args(arguments)
    one_core()
    paths = notebook_paths()
    stored = read_results("notebooks")
    earlier = stored["runs"] if stored.get("machine") == machine() else {}
    runs = {path.stem: earlier[path.stem] for path in paths if path.stem in earlier}
    results = {"machine": machine(), "data": copies(), "runs": runs}
    for path in paths:
        if options.numbers and path.stem[:2] not in options.numbers:
            continue
        if runs.get(path.stem, {}).get("digest") != mark(path):
            load = load_average()
            runs[path.stem] = {"digest": mark(path), "load": load, **measured(path)}
            print(f"{path.stem}: {runs[path.stem]['seconds']:.0f} s", flush=True)
            write_results("notebooks", results)
            store("notebooks", as_markdown(results))
    publish("notebooks", as_markdown(results))


if __name__ == "__main__":
    main()
