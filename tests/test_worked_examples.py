"""The small pictures stand in a module and in the notebook that introduces them: the same ones."""

import ast

import numpy as np
import pytest

from course_utils import worked_examples
from tests.notebooks.parts import Notebook, notebook_paths


def test_arrays_are_read_only():
    arrays = [value for value in vars(worked_examples).values() if isinstance(value, np.ndarray)]
    assert len(arrays) >= 15
    assert not any(array.flags.writeable for array in arrays)


def test_the_six_is_the_nine_turned():
    assert np.array_equal(worked_examples.SIX, np.rot90(worked_examples.NINE, 2))


def test_the_left_nine_is_the_nine_moved():
    moved = np.hstack([worked_examples.NINE[:, 1:], -np.ones((7, 1), int)])
    assert np.array_equal(worked_examples.NINE_LEFT, moved)


@pytest.mark.parametrize("rows", ["", "+- +", "+0 --", " "])
def test_a_wrong_picture_is_refused(rows):
    with pytest.raises(ValueError, match="rows"):
        worked_examples.picture(rows)


def test_notebook_06_shows_the_same_nine():
    (path,) = (path for path in notebook_paths() if path.name.startswith("06"))
    shown = [
        worked_examples.picture(node.args[0].value)
        for cell in Notebook.read(path).code
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "picture"
    ]
    for expected in (worked_examples.NINE, worked_examples.NINE_LEFT):
        assert any(np.array_equal(expected, each) for each in shown)
