"""Notebooks as students hand them in, for the tests of the grading."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from course_utils import exercises
from course_utils.grading import _assignment

CHECK = re.compile(r"exercise\.(\w+)\.check\((\w+)\)")


def original(number: str) -> dict:
    """Return a notebook of the course as a student gets it."""
    return json.loads(_assignment.find_notebook(number).read_text(encoding="utf-8"))


def catalogue(number: str) -> dict:
    """Return the exercises of a notebook by name."""
    (module,) = (m for m in exercises.modules() if m.__name__.endswith(f"nb{number}"))
    return exercises.exercises(module)


def exercise_cells(notebook: dict) -> Iterator[tuple[dict, str, str]]:
    """Yield (cell, exercise, answer's name)."""
    for cell in notebook["cells"]:
        if "exercise" in cell["metadata"].get("tags", []):
            yield cell, *CHECK.search("".join(cell["source"])).groups()


def filled(notebook: dict, answer: Callable[[str, str], str | None]) -> dict:
    """Return a copy whose stubs are replaced: ``answer(exercise, name)`` returns code, or None."""
    made = copy.deepcopy(notebook)
    for cell, exercise, name in exercise_cells(made):
        code = answer(exercise, name)
        if code is not None:
            cell["source"] = f"{code}\n\nexercise.{exercise}.check({name})"
    return made


def right(exercise: str, name: str) -> str:
    return f"{name} = exercise.{exercise}.right_answer"


def wrong(exercise: str, name: str, which: int) -> str:
    return f"{name} = exercise.{exercise}.misconceptions[{which}].wrong"


def everything(number: str, only: str = "") -> tuple[dict, dict, dict[str, str | None]]:
    """Return a notebook that asks each exercise once for each answer that its catalogue knows.

    ``only`` names the one exercise to ask.

    Returns
    -------
    dict
        The notebook, with stubs.
    dict
        A student's copy with one right answer and each wrong one.
    dict of str to str or None
        For each question what the check should say of it; None where the answer is right.
    """
    asked, handed_in, expected = original(number), original(number), {}
    known = catalogue(number)
    asked["cells"], handed_in["cells"] = [], []
    for cell in original(number)["cells"]:
        match = CHECK.search("".join(cell["source"]))
        if "exercise" not in cell["metadata"].get("tags", []) or not match:
            asked["cells"].append(cell)
            handed_in["cells"].append(copy.deepcopy(cell))
            continue
        exercise, name = match.groups()
        if only not in ("", exercise):
            continue
        mistakes = known[exercise].misconceptions
        answers = [right(exercise, name)]
        answers += [wrong(exercise, name, which) for which in range(len(mistakes))]
        for i, answer in enumerate(answers):
            stub, done = copy.deepcopy(cell), copy.deepcopy(cell)
            stub["id"] = done["id"] = f"{cell['id'][:40]}-{i}"
            done["source"] = f"{answer}\nexercise.{exercise}.check({name})"
            asked["cells"].append(stub)
            handed_in["cells"].append(done)
            label = exercise if i == 0 else f"{exercise}-{i + 1}"
            expected[label] = mistakes[i - 1].sentence if i else None
    return asked, handed_in, expected


def write(notebook: dict, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
