"""Notebook 08 types out the pictures of `worked_examples` and the functions of `convolution`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.from_notebook import definitions
from course_utils import convolution, worked_examples
from tests.notebooks.parts import Notebook, notebook_paths

(PATH,) = (path for path in notebook_paths() if path.name.startswith("08"))
SHOWN = {
    "cross": worked_examples.CROSS,
    "loop": worked_examples.LOOP,
    "vertical": worked_examples.VERTICAL,
    "diagonal": worked_examples.DIAGONAL,
    "patch": worked_examples.RGB_PATCH,
    "cube": worked_examples.RGB_KERNEL,
    "X": worked_examples.ONE_TO_NINE,
    "F": worked_examples.ONE_TO_FOUR,
}


@pytest.fixture(scope="module")
def names():
    """What the notebook's cells define, those left out that show a widget, race or ask Keras."""
    cells = [
        cell.source
        for cell in Notebook.read(PATH).code
        if not cell.is_exercise
        and cell.is_compared
        and not any(word in cell.source for word in ("widgets.", "keras", "step in range"))
    ]
    shown: dict = {}
    exec("\n".join(cells), shown)
    return shown


@pytest.fixture(scope="module")
def functions():
    """The two convolutions that the notebook writes."""
    return definitions(
        PATH.name, ["conv2d_loops", "conv2d"], np=np, sliding_window_view=sliding_window_view
    )


@pytest.mark.parametrize("name", SHOWN)
def test_it_shows_the_worked_examples(name, names):
    assert np.array_equal(names[name], SHOWN[name])


def test_it_shows_the_digits(names):
    digits = names["pictures"]
    assert np.array_equal(digits["6"], worked_examples.SIX)
    assert np.array_equal(digits["8"], worked_examples.EIGHT)
    assert np.array_equal(digits["96"], worked_examples.NINETY_SIX)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    image=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 4),
)
@pytest.mark.parametrize("name", ["conv2d_loops", "conv2d"])
def test_its_functions_are_those_of_the_module(name, functions, seed, image, kernel, stride):
    rng = np.random.default_rng(seed)
    picture, weights = rng.integers(-9, 10, image), rng.integers(-9, 10, kernel)
    ours = getattr(functions, name)(picture, weights, stride)
    theirs = getattr(convolution, name)(picture, weights, stride=stride)
    assert np.array_equal(ours, theirs)
