"""Bring a notebook back after its kernel died, in front of people who wait.

The first code cell of each notebook holds, as a comment, the call for it:

    from course_utils.presenting import resume; resume("11")

It asks for the section you are in, and runs, without a word, what the notebook needs from there
on: of the code above only the statements that make names which are used further down. Prints,
figures, widgets and asserts are left out, stored networks are loaded instead of trained, and
answers to exercises, whose names begin with ``my_``, stay as they are.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import re
import sys
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils import _needed, _state, _stored_marks
from course_utils._notebook import Cell, Notebook

KEY = "resume"
"""In a cell's metadata: quicker lines that make what later cells need of a long computation."""

_AFTERWARDS = (
    "Restart the kernel (Kernel → Restart Kernel), select the cell you were at, and use "
    "Run → Run All Above Selected Cell."
)


_FIRST_CELL = """\
# Presenting, and the kernel died? Take away the next #, run this cell, and say where you were.
# from course_utils.presenting import resume; resume("NUMBER")"""


def first_cell(number: str) -> str:
    """Return the code cell that stands below the title of a notebook.

    Examples
    --------
    >>> print(first_cell("07"))
    # Presenting, and the kernel died? Take away the next #, run this cell, and say where you were.
    # from course_utils.presenting import resume; resume("07")
    """
    return _FIRST_CELL.replace("NUMBER", number)


class ResumeError(RuntimeError):
    """The notebook, or a section of it, isn't there, or a cell failed; says what to do."""


@dataclass(frozen=True)
class Section:
    """A heading of the second level: what to type for it, its text, its cell."""

    key: str
    title: str
    cell: Cell


def resume(
    notebook: str,
    before: int | str | None = None,
    namespace: MutableMapping[str, Any] | None = None,
) -> None:
    """Run what a notebook needs from a section on.

    Parameters
    ----------
    notebook : str
        The number that its file begins with, as ``"11"``. The file lies in the working folder.
    before : int or str, optional
        The section you are in: its number in the list, words of its heading (of whatever level),
        or the id of a cell. Without it the sections are listed and you are asked.
    namespace : mutable mapping, optional
        Where the names go; that of the running notebook by default. Names that the notebook
        itself uses are bound anew, all others left alone.

    Raises
    ------
    ResumeError
        If there is no such notebook or section, or if a cell fails.
    """
    found = read_notebook(notebook)
    if before is None:
        before = _ask(found)
        if before is None:
            return
    start = place(found, before)
    began = time.perf_counter()
    names = _names_of_kernel() if namespace is None else namespace
    chosen = state_before(found, start)
    with _quietly():
        _run(found, chosen, names)
    networks = sorted(set(re.findall(r"trained\.load\('(\w+)'\)", _text(chosen))))
    print(
        f"Notebook {found.number} is back before {_title(start)!r}: "
        f"{len({each.place for each in chosen})} cells in {time.perf_counter() - began:.1f} s"
        + (f", with the stored {', '.join(networks)}." if networks else ".")
    )


def read_notebook(number: str, folder: Path | None = None) -> Notebook:
    """Return the notebook with a number from a folder (the working folder by default)."""
    folder = Path.cwd() if folder is None else folder
    paths = sorted(folder.glob(f"{number}_*.ipynb")) if re.fullmatch(r"\d\d", str(number)) else []
    if len(paths) != 1:
        raise ResumeError(
            f"{len(paths)} files {number}_….ipynb lie in {folder}; expected one. Give the number "
            "as its file name has it, like resume('07'), in a notebook of the folder notebooks."
        )
    return Notebook.read(paths[0])


def sections(notebook: Notebook) -> list[Section]:
    """Return the sections that have code in or below them, with what to type for each.

    That is the number in the heading (``5 · How it learns``) where headings have numbers, else
    the number in the list.
    """
    last = max((cell.number for cell in notebook.code), default=0)
    found = [
        (text, cell)
        for cell in notebook.cells
        for level, text in cell.headings()
        if level == 2 and cell.number < last
    ]
    own = [re.match(r"(\d+) · ", text) for text, _ in found]
    if any(own):
        keys = [match[1] if match else "" for match in own]
    else:
        keys = [str(number) for number in range(1, len(found) + 1)]
    return [Section(key, text, cell) for key, (text, cell) in zip(keys, found, strict=True)]


def listing(notebook: Notebook) -> str:
    """Return the sections as a list, one a line."""
    lines = []
    for each in sections(notebook):
        text = re.sub(r"^\d+ · ", "", each.title)
        lines.append(f"{each.key:>3}  {text}")
    return "\n".join(lines)


def place(notebook: Notebook, before: int | str) -> Cell:
    """Return the cell that is meant by a section's number, words of a heading, or a cell's id.

    Raises
    ------
    ResumeError
        If there is none, or several.
    """
    wanted = str(before).strip()
    by_key = [each.cell for each in sections(notebook) if each.key and each.key == wanted]
    by_id = [cell for cell in notebook.cells if cell.id == wanted]
    headings = [(text, cell) for cell in notebook.cells for _, text in cell.headings()]
    same = [cell for text, cell in headings if _plain(text) == _plain(wanted)]
    alike = [cell for text, cell in headings if _plain(wanted) and _plain(wanted) in _plain(text)]
    found = next((cells for cells in (by_key, by_id, same, alike) if cells), [])
    if len(found) == 1:
        return found[0]
    several = f"{len(found)} headings have" if found else "no heading, section or cell has"
    raise ResumeError(
        f"{several} {wanted!r} in notebook {notebook.number}. Give the number of a section, or "
        f"more of its words:\n{listing(notebook)}"
    )


def state_before(notebook: Notebook, start: Cell) -> list[_state.Statement]:
    """Return the statements above a cell which the cells from there on need, in order."""
    loading = _stored_marks.without_training(notebook)
    above = [
        (cell.number, _needed.plain(loading.get(cell.number, cell.source)))
        for cell in notebook.code
        if cell.number < start.number and not cell.is_exercise
    ]
    below = [
        (cell.number, _needed.plain(_stored_marks.uncommented(cell.source)))
        for cell in notebook.code
        if cell.number >= start.number
    ]
    quick = [
        (cell.number, cell.metadata[KEY])
        for cell in notebook.code
        if KEY in cell.metadata and cell.number < start.number
    ]
    parts = _state.statements(above, below, quick)
    instead: dict[int, list[_state.Statement]] = {}
    for each in parts[2]:
        instead.setdefault(each.place, []).append(each)
    return _state.needed(parts[0], _state.wanted_by(parts[1]), instead)


# --- Helpers --------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Return a heading without marks, for comparing."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


def _title(cell: Cell) -> str:
    headings = cell.headings()
    return headings[0][1] if headings else cell.id


def _text(chosen: list[_state.Statement]) -> str:
    return "\n".join(ast.unparse(each.node) for each in chosen)


def _ask(notebook: Notebook) -> str | None:
    """List the sections and return the answer; None where nobody can be asked."""
    print(listing(notebook))
    with contextlib.suppress(EOFError, _no_input()):
        return input("Which section are you in? Its number, or words of a heading: ")
    print(f"Call it with one of them: resume({notebook.number!r}, {sections(notebook)[0].title!r})")
    return None


def _no_input() -> type[Exception]:
    """Return what Jupyter raises where there is nobody to be asked."""
    from IPython.core.error import StdinNotImplementedError

    return StdinNotImplementedError


def _names_of_kernel() -> MutableMapping[str, Any]:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise ResumeError("there is no running notebook here: call resume in one of its cells")
    return shell.user_ns


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Show nothing: no output, no figure, no message of a library."""
    from IPython.utils.capture import capture_output

    from course_utils.environment import withheld_messages

    with withheld_messages(), capture_output():
        try:
            yield
        finally:
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")


def _run(
    notebook: Notebook, chosen: list[_state.Statement], names: MutableMapping[str, Any]
) -> None:
    """Run statements, cell by cell.

    Raises
    ------
    ResumeError
        If one fails.
    """
    for number in sorted({each.place for each in chosen}):
        cell = notebook.cells[number - 1]
        body = [each.node for each in chosen if each.place == number]
        file = f"<notebook {notebook.number}, {cell.id}>"
        lines = (_needed.plain(cell.source) + "\n").splitlines(keepends=True)
        linecache.cache[file] = (len(cell.source), None, lines, file)  # for tracebacks and help
        code = compile(ast.Module(body, []), file, "exec")
        try:
            exec(code, names)
        except Exception as error:
            raise ResumeError(
                f"the cell {cell.id!r} stopped with {type(error).__name__}: {error}. {_AFTERWARDS}"
            ) from error
