"""Put other answers into the exercise cells of a notebook and run all the rest."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from tests.notebooks.execute import FAILURES, execute, failure_text
from tests.notebooks.lint import check_calls
from tests.notebooks.parts import Cell, Notebook, names_bound

# What a reader might leave behind, for a name {name}.
GARBAGE = [
    "{name} = None",
    "{name} = object()",
    "def {name}(*args, **kwargs):\n    return 'garbage'",
    "def {name}(*args, **kwargs):\n    return [[1, 2], [3]]",
    "def {name}(*args, **kwargs):\n    raise ValueError('garbage')",
    "{name} = 'garbage'",
]


def checked(cell: Cell) -> tuple[str, str]:
    """Return the exercise that a cell checks and the name it hands over."""
    (call,) = check_calls(cell)
    return call.func.value.attr, call.args[0].id


def garbage_answers(notebook: Notebook, cell: Cell) -> list[str]:
    """Return cell sources, each a piece of garbage in every name of the cell, then the check."""
    exercise, name = checked(cell)
    names = sorted(names_bound(cell.tree))
    return [
        "\n".join(piece.format(name=each) for each in names)
        + f"\nexercise.{exercise}.check({name})"
        for piece in GARBAGE
    ]


def wrong_answers(notebook: Notebook, cell: Cell) -> list[str]:
    """Return cell sources, each a wrong answer of the exercise's catalogue, then the check."""
    exercise, name = checked(cell)
    module = importlib.import_module(notebook.exercise_module())
    catalogue = getattr(module, exercise).misconceptions
    return [
        f"{name} = exercise.{exercise}.misconceptions[{index}].wrong\n"
        f"exercise.{exercise}.check({name})"
        for index in range(len(catalogue))
    ]


def fill(notebook: Notebook) -> tuple[nbformat.NotebookNode, int]:
    """Return the notebook with all garbage and wrong answers for each stub, and their number.

    Every answer gets a cell of its own, so that one run of the notebook tries them all. At the end
    the name is deleted: a later cell that uses it fails, whatever its value would have been.
    """
    filled = nbformat.reads(json.dumps(notebook.raw), as_version=4)
    cells, total = [], 0
    for cell, node in zip(notebook.cells, list(filled.cells), strict=True):
        if not cell.is_exercise:
            cells.append(node)
            continue
        answers = garbage_answers(notebook, cell) + wrong_answers(notebook, cell)
        total += len(answers)
        names = ", ".join(sorted(names_bound(cell.tree)))
        for number, source in enumerate([*answers, f"del {names}"], 1):
            cells.append(new_code_cell(source, id=f"{cell.id[:50]}-answer-{number}"))
    filled.cells = cells
    return filled, total


def run_with_answers(notebook: Notebook, folder: Path) -> int:
    """Run a notebook with garbage and wrong answers; return how many were put in.

    Raises
    ------
    AssertionError
        If a cell fails; the message names it.
    """
    filled, total = fill(notebook)
    try:
        execute(filled, folder=folder, data="stand-in")
    except FAILURES as error:
        message = f"{notebook.path.name}: {failure_text(filled, error)}"
        raise AssertionError(message) from None
    return total
