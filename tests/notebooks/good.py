"""A small notebook that breaks no rule, built by code: every wrong one starts from it."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

from course_utils.presenting import first_cell
from tests.notebooks.lint import SHUT_DOWN

HEADER = """\
# 99 · A good notebook

**After this notebook you can**

- count the pixels of a picture
- say what a sum of weights is

**You need first:** nothing

**Minutes:** MINUTES

**Data:** none
"""

FOOTER = f"""\
## Recap

You can now

- count the pixels of a picture: height times width
- say what a sum of weights is: products, added up

## What can go wrong

A width that is taken for a height gives the same product and a different picture.

## Where next

98 · The notebook that does not exist

{SHUT_DOWN}
"""

EXERCISE = '''\
def my_total(values):
    """Return the sum of values, shape (n,)."""
    return ...  # your code here

exercise.total.check(my_total)
# exercise.total.hint()
'''

# A one-pixel PNG: what matters to the rules is that there is a picture.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)
PLOT = f"""\
import base64
from IPython.display import Image
Image(base64.b64decode("{PNG}"))
"""

# The exercise of the fixture, as a module that its kernel finds beside the notebook.
EXERCISES = '''\
"""The exercise of the fixture notebook."""

import numpy as np
from course_utils.checks import Case, Exercise, Misconception


def solution(values):
    """Add up."""
    return np.sum(values)


total = Exercise(
    name="total",
    solution=solution,
    oracle=lambda values: float(sum(values)),
    cases=[Case((np.array([1.0, 2.0, 4.0]),)), Case((np.array([3.0, 5.0]),))],
    tolerance=1e-9,
    hints=["Add the numbers."],
    misconceptions=[
        Misconception(lambda values: np.prod(values), "You multiplied."),
        Misconception(lambda values: np.mean(values), "That is the mean."),
    ],
    well_done="A neuron does this with weights.",
)
'''


def markdown(source: str, slide: str = "slide") -> dict:
    """Return a Markdown cell without an id."""
    return {
        "cell_type": "markdown",
        "metadata": {"slideshow": {"slide_type": slide}},
        "source": source.rstrip("\n"),
    }


def code(source: str, count: int, outputs: tuple = (), tags: tuple = ()) -> dict:
    """Return a code cell without an id, as if it had been run."""
    metadata: dict = {"slideshow": {"slide_type": "fragment"}}
    if tags:
        metadata["tags"] = list(tags)
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source.rstrip("\n"),
        "execution_count": count,
        "outputs": list(outputs),
    }


def stream(text: str, name: str = "stdout") -> dict:
    """Return a stream output."""
    return {"output_type": "stream", "name": name, "text": text}


def good_notebook(exercises: str = "course_utils.exercises") -> dict:
    """Return the good notebook.

    Parameters
    ----------
    exercises : str
        The package from which it imports its exercises, ``nb99``.
    """
    picture = {
        "output_type": "execute_result",
        "execution_count": 5,
        "metadata": {},
        "data": {"image/png": PNG, "text/plain": "<IPython.core.display.Image object>"},
    }
    cells = [
        markdown(HEADER),
        code(first_cell("99"), 1),
        code(f"from {exercises} import nb99 as exercise", 2, tags=("nbval-ignore-output",)),
        markdown(
            "## How many pixels?\n\n**What do you expect?** Four rows of seven columns.\n\n"
            "<details><summary>Answer</summary>\n\n28 numbers.\n\n</details>",
            "subslide",
        ),
        code("pixels = 4 * 7\nprint(pixels)", 3, (stream("28\n"),)),
        markdown('### Is that so? "A 7 by 7 grid", says a slide that shows 7 rows of 8.', "slide"),
        code("assert 7 * 8 == 56\nprint(7 * 8)", 4, (stream("56\n"),)),
        markdown("A picture of it:"),
        code(PLOT, 5, (picture,)),
        markdown("The picture shows one pixel, which has one colour and nothing beside it to see."),
        markdown("## Exercise\n\nAdd up the numbers of a list."),
        code(EXERCISE, 6, tags=("exercise", "nbval-ignore-output")),
        markdown(FOOTER),
    ]
    cells[1]["metadata"]["slideshow"]["slide_type"] = "skip"
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number:02}"
    notebook = {
        "nbformat": 4, "nbformat_minor": 5, "cells": cells,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    }  # fmt: skip
    words = sum(len(c["source"].split()) for c in cells if c["cell_type"] == "markdown")
    minutes = 5 * int((words / 180 + 5 + 8) / 5 + 0.5)
    cells[0]["source"] = cells[0]["source"].replace("MINUTES", str(minutes))
    return deepcopy(notebook)


def cell_of(notebook: dict, text: str) -> dict:
    """Return the cell that contains a text."""
    return next(cell for cell in notebook["cells"] if text in cell["source"])


def write(notebook: dict, folder: Path, name: str = "99_good.ipynb") -> Path:
    """Write a notebook into a folder, with the exercises it imports beside it."""
    path = folder / name
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    package = folder / "fixture_exercises"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "nb99.py").write_text(EXERCISES, encoding="utf-8")
    return path
