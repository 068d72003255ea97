"""Linear regression against NumPy's and scikit-learn's, and notebook 01 against the module."""

import ast
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.from_notebook import NOTEBOOKS, definitions
from course_utils import regression
from course_utils.exercises import nb01

NOTEBOOK = "01_linear_regression.ipynb"
SEEDS = st.integers(0, 2**32 - 1)
WIDTHS = st.one_of(st.none(), st.integers(1, 5))  # None: one input, as a plain array


def problem(seed, k):
    """Draw inputs, outputs, slopes and an intercept."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers((k or 1) + 2, 30))
    x = rng.normal(rng.normal(), rng.uniform(0.5, 3), n if k is None else (n, k))
    a = rng.normal() if k is None else rng.normal(size=k)
    return x, rng.normal(0, 5, n), a, rng.normal()


def with_ones(x):
    return np.column_stack([x, np.ones(len(x))])


@settings(max_examples=50, deadline=None)
@given(SEEDS, WIDTHS)
def test_predictions_and_cost_are_what_loops_give(seed, k):
    x, y, a, b = problem(seed, k)
    rows = x.reshape(len(y), -1)
    looped = [sum(s * v for s, v in zip(np.atleast_1d(a), row, strict=True)) + b for row in rows]
    np.testing.assert_allclose(regression.predict(x, a, b), looped, rtol=1e-12, atol=1e-12)
    expected = sum((t - p) ** 2 for t, p in zip(y, looped, strict=True)) / len(y)
    assert np.isclose(regression.cost(x, y, a, b), expected, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(SEEDS, WIDTHS)
def test_gradients_are_what_nudging_finds(seed, k):
    x, y, a, b = problem(seed, k)
    by_rule, nudged = regression.gradients(x, y, a, b), regression.slopes_by_nudging(x, y, a, b)
    assert np.shape(by_rule[0]) == np.shape(nudged[0]) == np.shape(a)
    np.testing.assert_allclose(np.append(*by_rule), np.append(*nudged), rtol=1e-6, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(SEEDS, WIDTHS)
def test_closed_form_is_lstsq(seed, k):
    x, y, *_ = problem(seed, k)
    a, b = regression.closed_form(x, y)
    assert np.shape(a) == x.shape[1:]
    expected = np.linalg.lstsq(with_ones(x), y, rcond=None)[0]
    np.testing.assert_allclose(np.append(a, b), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.append(*regression.gradients(x, y, a, b)), 0, atol=1e-8)


@pytest.mark.parametrize("k", [None, 1, 3])
def test_closed_form_is_scikit_learns(k):
    from sklearn.linear_model import LinearRegression

    x, y, *_ = problem(4, k)
    model = LinearRegression().fit(x.reshape(len(y), -1), y)
    a, b = regression.closed_form(x, y)
    np.testing.assert_allclose(np.atleast_1d(a), model.coef_, rtol=1e-9)
    assert np.isclose(b, model.intercept_)


def test_inputs_that_do_not_settle_the_line_are_refused():
    with pytest.raises(np.linalg.LinAlgError):
        regression.closed_form(np.full(5, 2.0), np.arange(5.0))


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_below_the_largest_rate_the_descent_settles_above_it_runs_away(seed, k):
    x, y, a, b = problem(seed, k)
    bottom, limit = regression.closed_form(x, y), regression.largest_rate(x)
    least = regression.cost(x, y, *bottom)

    def excess(rate, steps):
        path = regression.descend(x, y, a, b, rate, steps)
        assert path.shape == (steps + 1, k + 1)
        return np.array([regression.cost(x, y, p[:-1], p[-1]) for p in path]) - least

    below = excess(0.99 * limit, 200)
    assert (np.diff(below) <= 1e-12 * below[0] + 1e-12).all()
    curvature = np.linalg.eigh(with_ones(x).T @ with_ones(x))[1][:, -1]
    a, b = bottom[0] + curvature[:-1], bottom[1] + curvature[-1]  # off along the steepest axis
    above = excess(1.01 * limit, 200)
    assert above[-1] > 10 * above[0]


def test_the_path_starts_at_the_start_and_ends_at_the_bottom():
    x, y, a, b = problem(11, None)
    path = regression.descend(x, y, a, b, 0.9 * regression.largest_rate(x), 5000)
    assert path.shape == (5001, 2) and (path[0] == (a, b)).all()
    np.testing.assert_allclose(path[-1], regression.closed_form(x, y), atol=1e-8)


def test_a_descent_that_runs_away_does_so_quietly(recwarn):
    x, y, a, b = problem(11, None)
    path = regression.descend(x, y, a, b, 50.0, 1000)
    assert not np.isfinite(path[-1]).all() and not recwarn.list


# --- the notebook -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written():
    """What notebook 01 defines."""
    one = ["predict", "cost", "slopes_by_nudging", "gradients", "descend", "closed_form"]
    return definitions(NOTEBOOK, [*one, "predict_many", "gradients_many"], np=np)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_the_notebooks_functions_are_the_modules(written, seed):
    x, y, a, b = problem(seed, None)
    for name in ("predict", "cost", "gradients", "slopes_by_nudging", "closed_form"):
        arguments = {"predict": (x, a, b), "closed_form": (x, y)}.get(name, (x, y, a, b))
        ours, theirs = getattr(regression, name), getattr(written, name)
        np.testing.assert_allclose(ours(*arguments), theirs(*arguments), rtol=1e-7, atol=1e-7)
    ours, theirs = (w.descend(x, y, a, b, 0.01, 30) for w in (regression, written))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 5))
def test_and_so_are_those_for_several_inputs(written, seed, k):
    x, y, a, b = problem(seed, k)
    np.testing.assert_allclose(written.predict_many(x, a, b), regression.predict(x, a, b))
    ours, theirs = regression.gradients(x, y, a, b), written.gradients_many(x, y, a, b)
    np.testing.assert_allclose(np.append(*ours), np.append(*theirs), rtol=1e-9, atol=1e-9)


def test_the_exercise_speaks_of_the_notebooks_rides():
    cells = json.loads((NOTEBOOKS / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    wanted = {"rng", "km", "euros"}
    code = []
    for cell in cells:
        if cell["cell_type"] == "code" and "exercise" not in cell["metadata"].get("tags", []):
            for node in ast.parse("".join(cell["source"])).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in wanted:
                    code.append(ast.unparse(node))
                    wanted.discard(ast.unparse(node.targets[0]))
    rides = {"np": np}
    exec("\n".join(code), rides)
    assert (rides["km"] == nb01.KM).all() and (rides["euros"] == nb01.EUROS).all()


def test_the_largest_rate_is_found_by_trial_too():
    """The exercise's answer comes from an eigenvalue; walking down finds the same border."""
    bottom = regression.closed_form(nb01.KM, nb01.EUROS)
    settled = []
    for thousandths in range(70, 81):
        path = regression.descend(nb01.KM, nb01.EUROS, 0.0, 4.0, thousandths / 1000, 2000)
        if np.allclose(path[-1], bottom, rtol=0, atol=1e-6):
            settled.append(thousandths)
    assert settled == list(range(70, settled[-1] + 1))
    assert nb01.largest_rate.right_answer == settled[-1] / 1000 < regression.largest_rate(nb01.KM)
    assert settled[-1] < 80
