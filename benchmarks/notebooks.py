"""How long each notebook takes as a whole, and how much memory its kernel needs.

    COURSE_DATA_DIR=… python -m benchmarks.notebooks

Each is executed once from top to bottom in a fresh kernel on the real data; nothing is written
back. The memory is the largest sum of resident memory of the kernel and its children.
"""

import nbformat

from benchmarks.measure import machine, publish
from tests.notebooks.execute import execute
from tests.notebooks.parts import notebook_paths


def main() -> None:
    """Execute every notebook and publish the table."""
    rows = []
    for path in notebook_paths():
        run = execute(nbformat.read(path, as_version=4), folder=path.parent, data="real")
        rows.append(f"| {path.stem} | {run.seconds:.0f} | {run.peak_bytes / 1e9:.2f} |")
    header = [
        "# Whole notebooks on the real data",
        "",
        f"One run each. {machine()}.",
        "",
        "| notebook | seconds | peak memory, GB |",
        "| --- | --- | --- |",
    ]
    publish("notebooks", "\n".join([*header, *rows]))


if __name__ == "__main__":
    main()
