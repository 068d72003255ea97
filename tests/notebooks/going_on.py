"""Bring a notebook back with `course_utils.presenting`, and go on in it, without a kernel."""

from __future__ import annotations

import contextlib
import io
import linecache
import sys
from pathlib import Path
from typing import Any

from course_utils import _needed, _stored_marks, presenting
from tests.notebooks.parts import Cell, Notebook


def bring_back(notebook: Notebook, before: int | str, folder: Path) -> dict[str, Any]:
    """Call `resume` in a folder, as a cell of a notebook there does; return the names it makes."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        presenting.resume(notebook.number, before, names)
    return names


def go_on(notebook: Notebook, names: dict[str, Any], first: Cell, last: Cell | None = None) -> int:
    """Run the code from a cell on, up to but without another; return how many cells ran.

    Stored networks are loaded instead of trained. Nothing is shown.

    Raises
    ------
    AssertionError
        If a cell fails; the message names it.
    """
    loading = _stored_marks.without_training(notebook)
    stop = last.number if last else len(notebook.cells) + 1
    cells = [cell for cell in notebook.code if first.number <= cell.number < stop]
    for cell in cells:
        source = _needed.plain(loading.get(cell.number, cell.source))
        file = f"<{notebook.number} {cell.id}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        folder = contextlib.chdir(notebook.path.parent)
        try:
            with folder, contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, file, "exec"), names)
        except Exception as error:
            message = f"{notebook.path.name}: {cell.id}: {type(error).__name__}: {error}"
            raise AssertionError(message) from error
        finally:
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
    return len(cells)
