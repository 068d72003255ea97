"""The Python side of notebook 01's widgets: what they refuse, take over and draw."""

import numpy as np
import pytest

from course_utils import regression
from course_utils.widgets import explore_rates, fit_line

X, Y = np.array([2.0, 4.0, 3.0]), np.array([5.0, 9.0, 10.0])


@pytest.mark.parametrize("make", [fit_line, explore_rates])
@pytest.mark.parametrize(
    ("x", "y"),
    [(X, Y[:2]), (X[:2], Y[:2]), (np.ones(3), Y), (X, [1, 2, np.nan]), (X[:, None], Y)],
)
def test_points_that_settle_no_line_are_refused(make, x, y):
    with pytest.raises(ValueError, match="expected"):
        make(x, y)


def test_empty_ranges_and_rates_below_zero_are_refused():
    with pytest.raises(ValueError, match="a_range"):
        fit_line(X, Y, a_range=(2, 2))
    with pytest.raises(ValueError, match="rate"):
        explore_rates(X, Y, rate=-1)


def test_the_page_may_set_its_numbers_and_nothing_else():
    fit = fit_line(X, Y)
    fit.set_state({"a": 2, "b": "three", "_x": [1], "_best": [0, 0]})
    assert (fit.a, fit.b, fit._x) == (2.0, 0.0, [2.0, 4.0, 3.0])
    fit.set_state({"a": float("nan"), "b": 2})
    assert (fit.a, fit.b) == (2.0, 2.0) and fit.cost == 2.0


def test_the_path_is_the_descents():
    explorer = explore_rates(X, Y, rate=0.05, start=(1, 2), steps=7)
    assert (explorer.path == regression.descend(X, Y, 1.0, 2.0, 0.05, 7)).all()
    explorer.steps = 1e9
    assert len(explorer.path) == 301


@pytest.mark.parametrize("make", [fit_line, explore_rates])
def test_a_still_picture_is_always_there(make):
    data, _ = make(X, Y)._repr_mimebundle_()
    assert data["image/png"] and data["text/plain"].endswith("JupyterLab.")
