"""Execute notebooks from top to bottom in fresh kernels and store clean outputs.

    python -m tests.notebooks.execute [NN ...]              on the real data; writes the outputs
    python -m tests.notebooks.execute --check [NN ...]      on the real data; writes nothing
    python -m tests.notebooks.execute --stand-in [NN ...]   on the stand-in; writes nothing
    python -m tests.notebooks.execute --waitless [NN ...]   the same, with stored networks and quick
                                                            lines instead of trainings

The real data is looked for as everywhere in the course: in the folder that COURSE_DATA_DIR names,
in the cache, then on the network. Where a cell fails nothing of that notebook is written. Seconds
and the peak memory of the kernel are printed for each notebook. With its outputs, the networks that
a notebook marks (tests/notebooks/stored.py) are written to data/trained.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat import NotebookNode

from tests.notebooks import stored
from tests.notebooks.lint import CELL_METADATA
from tests.notebooks.parts import NOTEBOOKS, Notebook, joined, notebook_paths
from tools.memory import PeakMemory

WIDGET = "application/vnd.jupyter.widget-view+json"
CELL_TIMEOUT = 1800
FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError, stored.NotStored)


@dataclass(frozen=True)
class Run:
    """What one execution took."""

    seconds: float
    peak_bytes: int


def execute(
    notebook: NotebookNode, *, folder: Path, data: str, networks: Path | None = None
) -> Run:
    """Run every cell of a notebook, in place, in a fresh kernel.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; its outputs and counts are replaced.
    folder : Path
        The working folder of the kernel.
    data : str
        ``"real"`` or ``"stand-in"``, the kernel's COURSE_DATA.
    networks : Path, optional
        A folder; the networks that cells mark are handed over there as soon as they are trained.

    Raises
    ------
    CellExecutionError
        If a cell raises.
    NotStored
        If a network that a cell marks isn't there after it, or can't be handed over.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
    )
    environment = os.environ | {
        "COURSE_DATA": data,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    start = time.perf_counter()
    with (
        client.setup_kernel(env=environment, cwd=str(folder)),
        PeakMemory(client.km.provisioner.process.pid) as memory,
    ):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
            if networks is not None:
                hand_over(client, cell, networks)
    return Run(time.perf_counter() - start, memory.peak)


def hand_over(client: NotebookClient, cell: NotebookNode, networks: Path) -> None:
    """Have the kernel hand over the network that a cell marks; the reader's counts don't move."""
    try:
        mark = stored.Mark.of(cell.metadata)
    except ValueError as error:
        raise stored.NotStored(f"cell {cell.id}: {error}") from error
    if mark is None:
        return

    async def answer():
        code = stored.snippet(mark, networks)
        return await client.kc.execute(code, silent=True, reply=True, timeout=CELL_TIMEOUT)

    reply = run_sync(answer)()["content"]
    if reply["status"] != "ok":
        said = f"{reply.get('ename')}: {reply.get('evalue')}"
        raise stored.NotStored(f"cell {cell.id}: {mark.name} can't be stored: {said}")


def clean(notebook: NotebookNode) -> None:
    """Keep of a notebook what a reader sees: no state, no stamps, no editor's marks."""
    metadata = notebook.metadata
    metadata.clear()
    metadata.update(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        for key in set(cell.metadata) - CELL_METADATA:
            del cell.metadata[key]
        if cell.cell_type == "code":
            cell.outputs = [clean_output(output) for output in join_streams(cell.outputs)]


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream; keep of a progress bar its last state."""
    joined_outputs: list[NotebookNode] = []
    for output in outputs:
        last = joined_outputs[-1] if joined_outputs else None
        if last and output.output_type == "stream" == last.output_type and output.name == last.name:
            last.text += output.text
        else:
            joined_outputs.append(output)
    for output in joined_outputs:
        if output.output_type == "stream":
            output.text = re.sub(r"^.*\r(?=[^\n])", "", output.text, flags=re.M)
    return joined_outputs


def clean_output(output: NotebookNode) -> NotebookNode:
    """Drop the widget view, which needs its kernel, and what a figure says about its maker."""
    if "data" in output:
        output.data.pop(WIDGET, None)
        output.metadata = NotebookNode()
        if "image/png" in output.data:
            output.data["image/png"] = smaller_png(joined(output.data["image/png"]))
    return output


def smaller_png(encoded: str) -> str:
    """Re-encode a PNG without loss and without the version stamp of its maker."""
    from PIL import Image

    raw, buffer = base64.b64decode(encoded), io.BytesIO()
    with Image.open(io.BytesIO(raw)) as image:
        plain = image.copy()
        plain.info.clear()
        if plain.mode == "RGBA" and plain.getextrema()[3] == (255, 255):
            plain = plain.convert("RGB")
        plain.save(buffer, "PNG", optimize=True)
    smaller = min(raw, buffer.getvalue(), key=len)
    return base64.b64encode(smaller).decode("ascii")


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook so that the file is the old one or the new one, never half of it."""
    nbformat.validate(notebook)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def failure_text(notebook: NotebookNode, error: Exception) -> str:
    """Return one line on what stopped the notebook, with the number of the cell."""
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"cell {number} ({cell.id}): {output.ename}: {output.evalue}"
    return f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}"


def chosen(numbers: list[str]) -> list[Path]:
    """Return the notebooks whose numbers are given, or all."""
    paths = [path for path in notebook_paths() if not numbers or path.name[:2] in numbers]
    missing = set(numbers) - {path.name[:2] for path in paths}
    if missing or not paths:
        sys.exit(f"no notebook {' '.join(sorted(missing)) or 'at all'} in {NOTEBOOKS.name}/")
    return paths


@contextmanager
def quiet_history():
    """Keep IPython's files out of the reader's home for the time of a run."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("IPYTHONDIR")
        os.environ["IPYTHONDIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("IPYTHONDIR")
            if before is not None:
                os.environ["IPYTHONDIR"] = before


def main(arguments: list[str] | None = None) -> int:
    """Execute the notebooks asked for; return 1 where one failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.execute", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("numbers", nargs="*", metavar="NN", help="e.g. 06 07; default: all")
    parser.add_argument("--check", action="store_true", help="real data, write nothing")
    parser.add_argument("--stand-in", action="store_true", help="stand-in data, write nothing")
    parser.add_argument("--waitless", action="store_true", help="stand-in data, stored networks")
    options = parser.parse_args(arguments)
    options.stand_in |= options.waitless
    data = "stand-in" if options.stand_in else "real"
    failed = 0
    with quiet_history():
        for path in chosen(options.numbers):
            notebook = nbformat.read(path, as_version=4)
            if options.waitless:
                given = Notebook.read(path)
                for number, code in stored.without_waiting(given).items():
                    notebook.cells[number - 1].source = code
            writing = not (options.check or options.stand_in)
            kept: list[str] = []
            try:
                with tempfile.TemporaryDirectory() as folder:
                    networks = Path(folder) if writing else None
                    run = execute(notebook, folder=path.parent, data=data, networks=networks)
                    if networks and any(networks.iterdir()):
                        kept = stored.keep(networks)
            except FAILURES as error:
                failed += 1
                print(f"{path.name}: FAILED on {data} data, nothing written")
                print(f"  {failure_text(notebook, error)}", flush=True)
                continue
            clean(notebook)
            note = "not written"
            if writing:
                write(notebook, path)
                note = f"{path.stat().st_size / 1e3:.0f} kB written"
            print(
                f"{path.name}: {run.seconds:.0f} s, peak {run.peak_bytes / 1e9:.2f} GB, "
                f"{data} data, {note}",
                *kept,
                sep="\n  ",
                flush=True,
            )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
