"""Turn a notebook of the course into an nbgrader assignment, a student's copy into a submission.

The format is nbgrader's (schema version 3): each exercise cell is an autograded answer, followed
by a test cell worth points. The test cell calls the course's own check, nothing is repeated here.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import course_utils

SCHEMA_VERSION = 3
MOST_BYTES = 16 * 2**20  # of a notebook handed in; read, that may be 400 MB
MOST_CELLS = 2000

CONFIG = '''\
"""Settings of nbgrader for this course, written by `python -m course_utils.grading export`."""

c = get_config()
c.CourseDirectory.course_id = "neural-networks-by-hand"
c.ClearSolutions.code_stub = {"python": ""}  # the course's own stubs stay as they are
c.OverwriteCells.add_missing_cells = True
c.Execute.timeout = 600  # seconds that a cell may take
'''

_SOLUTION = """

### BEGIN SOLUTION
{answer} = {module}.{exercise}.right_answer
### END SOLUTION"""

_TEST = """\
from course_utils import grading
from course_utils.exercises import {module}

grading.require({module}.{exercise}, {answer})"""

_CHECK = re.compile(r"\bexercise\.(\w+)\.check\(\s*(\w+)\s*\)")
_IMPORT = re.compile(r"^from course_utils\.exercises import (nb\d\d) as exercise$", re.M)


class Unreadable(Exception):
    """A file that is no notebook; its text is a sentence."""


@dataclass(frozen=True)
class Question:
    """One exercise as the assignment asks it.

    Parameters
    ----------
    grade_id : str
        Of its test cell.
    exercise, answer : str
        The exercise's name, and that of the student's answer to it.
    points : float
        What a right answer is worth.
    test : str
        Source of the test cell.
    answer_id : str
        Id of the answer's cell.
    stub : str
        What stands in it before a student begins.
    """

    grade_id: str
    exercise: str
    answer: str
    points: float
    test: str
    answer_id: str
    stub: str


def find_notebook(number: str, folder: Path | None = None) -> Path:
    """Return the notebook of the course with a number such as ``"08"``.

    Raises
    ------
    FileNotFoundError
        If there is none, or more than one.
    """
    folder = folder or Path(course_utils.__file__).resolve().parents[1] / "notebooks"
    found = sorted(folder.glob(f"{number}_*.ipynb")) if re.fullmatch(r"\d\d", number) else []
    if len(found) != 1:
        raise FileNotFoundError(
            f"number: one notebook {number}_….ipynb is expected in {folder}, found {len(found)}"
        )
    return found[0]


def read(path: Path) -> dict[str, Any]:
    """Read a notebook that anybody may have written.

    Raises
    ------
    Unreadable
        With a sentence that says why it is none.
    """
    try:
        if not path.is_file():
            raise ValueError("a pipe, for example, has no end")
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"The file is larger than {MOST_BYTES // 2**20} MB.")
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
        if len(cells) > MOST_CELLS:
            raise Unreadable(f"The file holds more than {MOST_CELLS} cells.")
        tidy = [_tidy(cell) for cell in cells]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("The file is not a notebook that can be read.") from error
    metadata = notebook.get("metadata")
    return {
        "cells": tidy,
        "metadata": metadata if isinstance(metadata, dict) else {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _tidy(cell: dict) -> dict:
    """Return a cell with what the format asks for, without outputs and nbgrader's marks."""
    source = cell["source"]
    source = source if isinstance(source, str) else "".join(source)
    source = source.encode("utf-8", "replace").decode()  # JSON may hold half a character
    kind = cell["cell_type"] if cell["cell_type"] in ("code", "markdown", "raw") else "raw"
    metadata = cell.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    metadata.pop("nbgrader", None)
    tidy = {"cell_type": kind, "metadata": metadata, "source": source}
    if isinstance(cell.get("id"), str) and re.fullmatch(r"[\w-]{1,64}", cell["id"]):
        tidy["id"] = cell["id"]
    return tidy | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _write(notebook: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    for i, cell in enumerate(notebook["cells"]):
        if cell.get("id", "") in {"", *seen}:
            cell["id"] = f"cell-{i}"
        seen.add(cell["id"])
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _mark(grade_id: str, *, points: float | None = None) -> dict[str, Any]:
    """Return nbgrader's metadata of an answer cell, or, with points, of a test cell."""
    is_test = points is not None
    mark = {
        "cell_type": "code",
        "grade": is_test,
        "grade_id": grade_id,
        "locked": is_test,
        "schema_version": SCHEMA_VERSION,
        "solution": not is_test,
        "task": False,
    }
    return mark | ({"points": points} if is_test else {})


def _test_cell(question: Question) -> dict:
    mark = _mark(question.grade_id, points=question.points)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": question.grade_id,
        "metadata": {"nbgrader": mark, "tags": ["test"]},
        "outputs": [],
        "source": question.test,
    }


def assignment(notebook: dict, points: float = 1.0) -> dict:
    """Return nbgrader's source version of a notebook of the course.

    Parameters
    ----------
    notebook : dict
        As `read` returns it.
    points : float
        For each exercise.

    Returns
    -------
    dict
        The notebook with marks on its exercise cells, the model solutions in the regions that
        nbgrader leaves out of the students' version, and a test cell after each exercise.
    """
    modules = [m[1] for cell in notebook["cells"] if (m := _IMPORT.search(cell["source"]))]
    made = copy.deepcopy(notebook)
    cells, seen = [], {}
    for cell in made["cells"]:
        cells.append(cell)
        check = _CHECK.search(cell["source"])
        if "exercise" not in cell["metadata"].get("tags", []) or not check:
            continue
        exercise, answer = check[1], check[2]
        seen[exercise] = seen.get(exercise, 0) + 1
        label = exercise if seen[exercise] == 1 else f"{exercise}-{seen[exercise]}"
        place = {"module": modules[0], "exercise": exercise, "answer": answer}
        cell["metadata"]["nbgrader"] = _mark(f"answer-{label}")
        cell["source"] += _SOLUTION.format(**place | {"module": "exercise"})
        question = Question(
            f"test-{label}", exercise, answer, points, _TEST.format(**place), cell["id"], ""
        )
        cells.append(_test_cell(question))
    made["cells"] = cells
    return made


def export(
    number: str, course: Path, *, points: float = 1.0, notebooks: Path | None = None
) -> Path:
    """Write the assignment of one notebook into the folder of an nbgrader course.

    Parameters
    ----------
    number : str
        Of the notebook: ``"08"``.
    course : Path
        Folder of the course; it and `nbgrader_config.py` in it are made where they are missing.
    points : float
        For each exercise.
    notebooks : Path, optional
        Where the course's notebooks are, if not beside this package.

    Returns
    -------
    Path
        ``course/source/NN_topic/NN_topic.ipynb``.
    """
    original = find_notebook(number, notebooks)
    path = course / "source" / original.stem / original.name
    _write(assignment(read(original), points), path)
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    return path


def questions(path: Path) -> list[Question]:
    """Read what an exported assignment asks, from its marked cells.

    Raises
    ------
    Unreadable
        If the file is not an assignment as `export` writes it.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found, before = [], None
        for cell in cells:
            mark = cell["metadata"].get("nbgrader", {})
            source = "".join(cell["source"])
            if mark.get("solution"):
                before = cell
            elif mark.get("grade") and before is not None:
                call = ast.parse(source).body[-1].value
                exercise, answer = call.args[0].attr, call.args[1].id
                stub = "".join(before["source"]).partition("\n\n### BEGIN SOLUTION")[0]
                points, label = float(mark["points"]), mark["grade_id"]
                found.append(Question(label, exercise, answer, points, source, before["id"], stub))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise Unreadable(
            f"{path} is not an assignment: make it with `python -m course_utils.grading export`."
        ) from error
    if not found:
        raise Unreadable(f"{path} holds no test cell.")
    return found


def submission(asked: list[Question], notebook: dict) -> dict:
    """Return a student's copy of the notebook as a submission to the assignment.

    The cell of an answer is found by its id, else by the check in it, else by the name it
    defines. A missing one is added at the end, as the stub that it was. A student's metadata are
    left out: nothing needs them, and they may be such that no file can be made of them.

    Parameters
    ----------
    asked : list of Question
        What the assignment asks.
    notebook : dict
        The student's copy, as `read` returns it.
    """
    made = {
        **notebook,
        "cells": [{**cell, "metadata": {}} for cell in notebook["cells"]],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    }
    taken: dict[int, Question] = {}
    for question in asked:
        place = _place_of(question, made["cells"], set(taken))
        if place is None:
            stub = {"cell_type": "code", "execution_count": None, "outputs": []}
            made["cells"].append(stub | {"metadata": {}, "source": question.stub})
            place = len(made["cells"]) - 1
        taken[place] = question
    cells = []
    ours = {question.grade_id for question in asked}
    for i, cell in enumerate(made["cells"]):
        if cell.get("id") in ours and i not in taken:
            continue  # a test cell, from an assignment handed out as such
        cells.append(cell)
        if i in taken:
            label = taken[i].grade_id.removeprefix("test-")
            cell["metadata"]["nbgrader"] = _mark(f"answer-{label}")
            cells.append(_test_cell(taken[i]))
    made["cells"] = cells
    return made


def _place_of(question: Question, cells: list[dict], taken: set[int]) -> int | None:
    """Return the position of the cell with the answer; an untouched stub is the last choice."""
    answer = re.escape(question.answer)
    binds = re.compile(rf"^(def {answer}\b|class {answer}\b|{answer}\s*=)", re.M)
    tests = (
        lambda cell: cell.get("id") == question.answer_id,
        lambda cell: (m := _CHECK.search(cell["source"])) and m[1] == question.exercise,
        lambda cell: binds.search(cell["source"]),
    )
    free = [
        i
        for i, cell in enumerate(cells)
        if i not in taken
        and cell["cell_type"] == "code"
        and "grading.require(" not in cell["source"]
    ]
    found = [i for test in tests for i in free if test(cells[i])]
    begun = [i for i in found if cells[i]["source"].strip() != question.stub.strip()]
    return next(iter(begun or found), None)
