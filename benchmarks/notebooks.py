"""What each notebook needs as a whole: minutes on one core, memory of server and kernel together.

    COURSE_DATA_DIR=… python -m benchmarks.notebooks [NUMBER …]

Each is opened and executed once, from top to bottom, through a JupyterLab server of its own that is
started and limited as Binder does it (`tools/binder/session.py`): one core, and 2 GB for server,
kernel and their children. What passes that is killed and has not finished. The data are the real
ones; nothing is written back. A notebook that has finished and whose code has not changed since is
not run again. The table goes into README, too.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

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
from tests.notebooks.parts import ROOT, Notebook, notebook_paths
from tools.binder.session import LIMIT, Server
from tools.binder.tree import copy_tree

README = ROOT / "README.md"
MARKS = ("<!-- whole notebooks -->", "<!-- /whole notebooks -->")


def copies() -> str:
    """Return the copies of the data that the notebooks will find."""
    sources = (datasets.load_mnist().source, datasets.load_cifar10().source)
    return "; ".join(f"{each}, {each.digest[:12]}" for each in sources)


def mark(path: Path, data: str) -> str:
    """Return a short mark of a notebook's code and of the data that it runs on."""
    return digest(data, [cell.source for cell in Notebook.read(path).code])


def measured(path: Path) -> dict[str, Any]:
    """Execute a notebook as on Binder; return seconds, gigabytes, and why it did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        copy_tree(root, only_tracked=False)
        environment = os.environ | {"COURSE_DATA": "real"}
        with Server(root, environment=environment) as server:
            outcome = server.run(f"notebooks/{path.name}")
    return {
        "seconds": round(outcome.seconds, 1),
        "kernel": outcome.kernel_bytes / 1e9,
        "together": outcome.together_bytes / 1e9,
        "server": outcome.server_bytes / 1e9,
        "failure": outcome.failure,
    }


def known() -> dict[str, Any]:
    """Return what is stored, without runs of another form (an earlier program measured less)."""
    results = {"machine": None, "data": None, "runs": {}} | read_results("notebooks")
    runs = {name: run for name, run in results["runs"].items() if "together" in run}
    return results | {"runs": runs}


def title(path: Path) -> str:
    """Return the title of a notebook, without its number."""
    return Notebook.read(path).cells[0].source.partition("\n")[0].partition("·")[2].strip()


def rows(runs: dict[str, Any]) -> list[str]:
    """Return the rows of the table."""
    lines = []
    for name, run in sorted(runs.items()):
        minutes = f"{run['seconds'] / 60:.1f}"
        if run["failure"]:
            minutes = f"**did not finish** after {minutes}"
        figures = f"{run['together']:.2f} | {run['kernel']:.2f} | {minutes}"
        lines.append(f"| {name[:2]} | {run['title']} | {figures} |")
    return lines


def table(results: dict[str, Any]) -> str:
    """Return the table that README quotes, with a sentence on how it was measured."""
    runs = results["runs"]
    failed = sorted(name[:2] for name, run in runs.items() if run["failure"])
    said = f"{', '.join(failed)} did not finish" if failed else f"all {len(runs)} finished"
    return "\n".join(
        [
            "| | notebook | peak GB, server and kernel | kernel alone | minutes on one core |",
            "| --- | --- | --- | --- | --- |",
            *rows(runs),
            "",
            f"Each notebook run whole, once, on the real data, alone on its server, held to "
            f"{LIMIT / 1e9:.0f} GB: {said}.",
        ]
    )


def as_markdown(results: dict[str, Any]) -> str:
    """Return the document."""
    runs = results["runs"].values()
    loads = [run["load"] for run in runs if run["load"] is not None]
    busy = ""
    if loads:
        busy = (
            f" When a run began, {min(loads):.0f} to {max(loads):.0f} threads were running or "
            "waiting: alone on the machine it is quicker."
        )
    failures = [
        f"- {name}: {run['failure']}"
        for name, run in sorted(results["runs"].items())
        if run["failure"]
    ]
    servers = [run["server"] for run in runs]
    lab = f" JupyterLab alone holds up to {max(servers):.2f} GB." if servers else ""
    return "\n".join(
        [
            "# Whole notebooks on the real data",
            "",
            table(results),
            "",
            f"Data: {results['data']}. {results['machine']}, of which server and kernel use one."
            f"{busy}{lab}",
            "",
            "The memory is the sum of the largest resident memory of each process: what two of "
            "them share counts twice, so that the sum is rather too large. 1 GB is 10⁹ bytes.",
            *(["", "Not finished:", "", *failures] if failures else []),
        ]
    )


def with_table(text: str, results: dict[str, Any]) -> str:
    """Return README's text with the table between its marks.

    Raises
    ------
    ValueError
        If the marks don't stand there, once each and in order.
    """
    before, *rest = text.split(MARKS[0])
    _, *after = "".join(rest).split(MARKS[1])
    if len(rest) != 1 or len(after) != 1:
        raise ValueError(f"README needs {' and '.join(MARKS)}, once each")
    return f"{before}{MARKS[0]}\n{table(results)}\n{MARKS[1]}{after[0]}"


def put_into_readme(results: dict[str, Any]) -> None:
    """Write the table into README."""
    text = with_table(README.read_text(encoding="utf-8"), results)
    README.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> None:
    """Execute the notebooks that have changed, and publish the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebooks")
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="like 07; all if left out")
    options = parser.parse_args(arguments)
    paths, data = notebook_paths(), copies()
    stored = known()
    earlier = stored["runs"] if stored["machine"] == machine() else {}
    runs = {path.stem: earlier[path.stem] for path in paths if path.stem in earlier}
    results = {"machine": machine(), "data": data, "runs": runs}
    for path in paths:
        if options.numbers and path.stem[:2] not in options.numbers:
            continue
        last = runs.get(path.stem, {"failure": "never run"})
        if last["failure"] or last["digest"] != mark(path, data):
            load = load_average()
            facts = {"title": title(path), "digest": mark(path, data), "load": load}
            runs[path.stem] = {**facts, **measured(path)}
            print(rows({path.stem: runs[path.stem]})[0], flush=True)
            write_results("notebooks", results)
            store("notebooks", as_markdown(results))
            put_into_readme(results)
    publish("notebooks", as_markdown(results))
    if failures := [run["failure"] for run in runs.values() if run["failure"]]:
        sys.exit(f"did not finish: {'; '.join(failures)}")


if __name__ == "__main__":
    main()
