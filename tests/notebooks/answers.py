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


ROUNDS = {"garbage": garbage_answers, "wrong answers": wrong_answers}


def fill(notebook: Notebook, round_name: str) -> tuple[nbformat.NotebookNode, int]:
    """Return the notebook with each stub replaced by all answers of a round, and their number.

    Every answer gets a cell of its own, so that one run of the notebook tries them all; the last
    one stays in place for the cells that follow. In the round of wrong answers the names are
    deleted at the end: a later cell that uses one fails, whatever its value would have been.
    """
    filled = nbformat.reads(json.dumps(notebook.raw), as_version=4)
    cells, total = [], 0
    for cell, node in zip(notebook.cells, list(filled.cells), strict=True):
        if not cell.is_exercise:
            cells.append(node)
            continue
        answers = ROUNDS[round_name](notebook, cell)
        total += len(answers)
        if round_name == "wrong answers":
            answers = [*answers, f"del {checked(cell)[1]}"]
        for number, source in enumerate(answers, 1):
            cells.append(new_code_cell(source, id=f"{cell.id[:50]}-answer-{number}"))
    filled.cells = cells
    return filled, total


def run_with(notebook: Notebook, round_name: str, folder: Path) -> int:
    """Run a notebook with the answers of a round; return how many were put in.

    Raises
    ------
    AssertionError
        If a cell fails; the message names it.
    """
    filled, total = fill(notebook, round_name)
    try:
        execute(filled, folder=folder, data="stand-in")
    except FAILURES as error:
        message = f"{notebook.path.name} with {round_name}: {failure_text(filled, error)}"
        raise AssertionError(message) from None
    return total
