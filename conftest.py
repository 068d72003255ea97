"""Where every lane of the checks gets its surroundings, and what the run says at its end.

The default lane and the browser lane run on the stand-in data: no network, no files. The lane
``-m real`` runs on the real data in COURSE_DATA_DIR. What a run builds (the stand-in's cache,
IPython's history, screenshots) stays in ``build/``, which git ignores, and is used again.
"""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def pytest_configure(config):
    """Set the environment before any kernel, server or module of the course starts."""
    real = config.getoption("markexpr", "") == "real"
    os.environ["COURSE_DATA"] = "real" if real else "stand-in"
    if not real:
        os.environ.pop("COURSE_DATA_DIR", None)
    os.environ["COURSE_CACHE_DIR"] = str(BUILD / "test-cache")
    if (config.getoption("numprocesses", 0) or 0) > 1:
        # Before the workers start. There are as many as cores: threads in each would only wait for
        # each other; the networks of notebook 10 take six times as long with two.
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
    # A reader's own settings of Keras and IPython must not decide whether the course passes.
    os.environ["KERAS_HOME"] = str(BUILD / "keras")
    os.environ["IPYTHONDIR"] = str(BUILD / "ipython")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for folder in ("test-cache", "keras", "ipython"):
        (BUILD / folder).mkdir(parents=True, exist_ok=True)


# --- nbval ----------------------------------------------------------------------------------------


def pytest_itemcollected(item):
    """Note what nbval does with a cell, and give a busy machine time to hand over its output.

    In notebooks that train for long, cells run as for one who doesn't wait.
    """
    if type(item).__name__ == "IPyNbCell":
        # nbval waits 5 s for a message and offers no option (computationalmodelling/nbval#231).
        item.output_timeout = 120
        quick = quick_sources(item.path).get(item.cell.get("id"))
        if quick is not None:
            item.cell.source, item.options["check"] = quick, False
        compared = item.options["check"] and item.cell.execution_count is not None
        kind = "compared" if compared else "run only" if quick is None else "without waiting"
        item.user_properties.append(("nbval", kind))


@functools.cache
def quick_sources(path: Path) -> dict[str, str]:
    """Return by its id what a cell of a notebook runs instead of what a reader sees."""
    from tests.notebooks.parts import NOTEBOOKS, Notebook
    from tests.notebooks.stored import TRAIN_LONG, without_waiting

    if path.parent != NOTEBOOKS or path.name[:2] not in TRAIN_LONG:
        return {}
    notebook = Notebook.read(path)
    try:
        changed = without_waiting(notebook)
    except (ValueError, SyntaxError):
        return {}  # a mark or a cell is wrong: the structure lint says which
    return {notebook.cells[number - 1].id: code for number, code in changed.items()}


# --- The summary ----------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter):
    """Count what the tests that passed in this run have covered.

    Tests say so through ``record_property``: ``lint`` [notebook, rule, cells], ``wrong-answer``
    [exercise, which], ``data-fault`` name, ``convolution-cases`` how many, and so on as below.
    Properties travel with the reports, also from the workers of pytest-xdist.
    """
    counted = defaultdict(list)
    for report in terminalreporter.stats.get("passed", []):
        if getattr(report, "when", None) == "call":
            for key, value in report.user_properties:
                counted[key].append(value)
    lines = summary(counted)
    if lines:
        terminalreporter.section("what was checked")
        for line in lines:
            terminalreporter.write_line(line)


def summary(counted: dict[str, list]) -> list[str]:
    """Return the lines of the summary."""
    lines = []
    if found := counted.get("lint"):
        cells = {notebook: size for notebook, _, size in found}
        rules = {name for _, name, _ in found}
        lines.append(
            f"structure lint: {len(cells)} notebooks × {len(rules)} rules, "
            f"{sum(cells.values())} cells ({len(found)} checks passed)"
        )
    if found := counted.get("wrong-answer"):
        answers = {tuple(each) for each in found}
        exercises = {exercise for exercise, _ in answers}
        lines.append(
            f"wrong-answer catalogue: {len(exercises)} exercises, {len(answers)} wrong answers"
        )
    if found := counted.get("left-running"):
        lines.append(
            f"exercises filled with garbage and wrong answers: {sum(n for _, n in found)} answers "
            f"in {len({notebook for notebook, _ in found})} notebooks, every other cell ran"
        )
    if found := counted.get("data-fault"):
        lines.append(f"data faults: {len(set(found))}")
    if found := counted.get("wrong-notebook"):
        lines.append(f"deliberately wrong notebooks caught: {len(set(found))}")
    if found := counted.get("convolution-cases"):
        slopes = sum(counted["gradient-cases"])
        lines.append(f"convolution and pooling: {sum(found)} cases forwards, {slopes} backwards")
    if found := counted.get("steps-in-2-s"):
        lines.append(f"sliding window: {min(found)} positions painted in 2 s of play")
    if found := counted.get("in-jupyterlab"):
        lines.append(
            f"JupyterLab: {len(found)} notebooks opened and run to the end, "
            f"{sum(widgets for _, widgets in found)} widgets moved"
        )
    if found := counted.get("deck"):
        decks = {name: rest for name, *rest in found}
        screens, formulas, tall = (sum(column) for column in zip(*decks.values(), strict=True))
        lines.append(
            f"offline decks: {len(decks)} walked through without a network, {screens} screens "
            f"({tall} scroll), {formulas} formulas"
        )
    if found := counted.get("live-deck"):
        screens, tall = (sum(column) for column in list(zip(*found, strict=True))[1:])
        lines.append(
            f"live decks: {len(found)} presented by the keyboard in JupyterLab, {screens} screens "
            f"({tall} scroll, once)"
        )
    if found := counted.get("axe-deck"):
        lines.append(f"offline decks examined by axe-core: {len(set(found))}")
    if found := counted.get("site"):
        lines.append(f"site built in a clean copy: {found[-1]}")
    if found := counted.get("site-page"):
        formulas = sum(number for _, number in found)
        lines.append(
            f"site: {len(found)} pages opened without a network, each examined by axe-core in "
            f"light, dark and on a phone; {formulas} formulas"
        )
    if found := counted.get("nbval"):
        compared, instead = found.count("compared"), found.count("without waiting")
        line = f"nbval: {compared} cells compared, {len(found) - compared - instead} run only"
        if instead:
            line += f", {instead} with stored networks or quick lines (make test-long trains)"
        lines.append(line)
    return lines


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the repository."""
    return ROOT
