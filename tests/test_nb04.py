"""Notebook 04: what it builds in view is what the modules do; its exercises are sound."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import iris
from benchmarks.from_notebook import NOTEBOOKS, definitions
from course_utils import dense
from course_utils.checks import NOT_STARTED, NOT_YET, WELL_DONE
from course_utils.exercises import nb04
from course_utils.optimisers import Adam, GradientDescent
from tests.notebooks.parts import Notebook

NAME = "04_training_from_scratch.ipynb"
LOSS = "categorical_crossentropy"


@pytest.fixture(scope="module")
def built():
    """The functions that the notebook builds up in view."""
    names = ["cut", "softmax", "forward", "cost", "gradients", "nudge_all", "train", "adam_step"]
    return definitions(NAME, names, np=np)


@pytest.fixture(scope="module")
def notebook():
    return Notebook.read(NOTEBOOKS / NAME)


def code(notebook, cell_id):
    return next(cell.source for cell in notebook.code if cell.id == cell_id)


def problem(seed, n=23, k=3, hidden=5, classes=4):
    rng = np.random.default_rng(seed)
    network = dense.initialise([k, hidden, classes], ["relu", "softmax"], rng, scheme="he")
    return network, rng.normal(size=(n, k)), np.eye(classes)[rng.integers(0, classes, n)]


# --- the notebook's definitions against the modules -----------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_forward_cost_and_gradients_are_those_of_dense(built, seed):
    network, x, y = problem(seed)
    hidden, p = built.forward(network.parameters, x)
    np.testing.assert_allclose(hidden, dense.forward(network, x)[1], atol=1e-12)
    np.testing.assert_allclose(p, dense.forward(network, x)[2], atol=1e-12)
    ours = built.cost(network.parameters, x, y)
    assert ours == pytest.approx(dense.cost(network, x, y, LOSS), abs=1e-12)
    theirs = dense.gradients(network, x, y, LOSS)
    for mine, other in zip(built.gradients(network.parameters, x, y), theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)


def test_nudging_leaves_the_weights_as_they_were(built):
    network, x, y = problem(7)
    before = [array.copy() for array in network.parameters]
    slopes = built.nudge_all(network.parameters, x, y)
    for array, same in zip(network.parameters, before, strict=True):
        np.testing.assert_array_equal(array, same)
    for nudged, slope in zip(slopes, dense.gradients(network, x, y, LOSS), strict=True):
        np.testing.assert_allclose(nudged, slope, atol=1e-8)


def test_the_training_loop_is_that_of_dense(built):
    (one, x, y), (other, *_) = problem(8), problem(8)
    costs = built.train(one.parameters, x, y, 0.2, 6, 7, np.random.default_rng(1))
    history = dense.train(
        other, x, y, LOSS, GradientDescent(0.2), epochs=6, batch_size=7,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    np.testing.assert_allclose(costs, history["loss"], atol=1e-10)
    for mine, theirs in zip(one.parameters, other.parameters, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-10)


def test_adam_is_that_of_optimisers(built):
    rng = np.random.default_rng(9)
    w, first, second = np.zeros(3), 0, 0
    theirs, rule = np.zeros(3), Adam(0.1)
    for t in range(1, 20):
        slope = rng.normal(size=3)
        w, first, second = built.adam_step(w, slope, first, second, t, rate=0.1)
        rule.update([theirs], [slope])
        # epsilon is added before Keras corrects the means and after the notebook does
        np.testing.assert_allclose(w, theirs, atol=1e-4)


@given(n=st.integers(10, 400), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_a_cut_has_each_row_once(n, seed):
    parts = definitions(NAME, ["cut"]).cut(n, np.random.default_rng(seed))
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert len(parts[0]) == n * 8 // 10
    assert abs(len(parts[1]) - n / 10) <= 1 and abs(len(parts[2]) - n / 10) <= 1


def test_the_rides_are_those_of_notebook_01(notebook):
    path = NOTEBOOKS / "01_linear_regression.ipynb"
    if not path.exists():
        pytest.skip("notebook 01 is not there")
    lines = code(notebook, "paths-code").splitlines()[:3]
    sources = [cell.source for cell in Notebook.read(path).code]
    assert any(all(line in source for line in lines) for source in sources)


def test_the_drawn_chain_has_the_numbers_of_the_notebook(notebook):
    drawing = (Path(NOTEBOOKS) / "figures" / "04_chain.svg").read_text(encoding="utf-8")
    words = set(re.findall(r">([^<>]+)</text>", drawing))
    values = code(notebook, "chain-forward").splitlines()[0].partition("= ")[2].split(", ")
    names = ["x", "y", "w₁", "b₁", "w₂", "b₂"]
    for name, value in list(zip(names, values, strict=True))[1:]:
        assert f"{name} = {float(value):g}".replace("-", "−") in words
    asserted = re.search(r"slopes_1 == \[([^\]]+)\]", code(notebook, "chain-nudge-code"))[1]
    for name, slope in zip(names[2:], asserted.split(", "), strict=True):
        assert f"{name}: {slope}".replace("-", "−") in words


# --- Iris -----------------------------------------------------------------------------------------


def test_the_benchmark_trains_the_network_of_the_notebook(notebook):
    split = code(notebook, "splits-code")
    assert f"epochs={iris.EPOCHS}, batch_size={iris.BATCH}" in split
    assert f"initialise({iris.SIZES}" in split
    assert f"chosen == {iris.RATE}" in code(notebook, "iris-chosen")


def test_iris_reaches_what_the_syllabus_asks_as_the_median_of_twenty_splits():
    accuracies = [iris.by_dense(seed)["accuracy"] for seed in range(iris.SPLITS)]
    assert np.median(accuracies) >= 0.93
    assert min(accuracies) > 0.7


def test_both_contestants_start_alike():
    (one, x, y, *_), (other, *_) = iris.start(3), iris.start(3)
    for mine, theirs in zip(one.parameters, other.parameters, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert x.shape == (120, 4) and y.shape == (120, 3)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)


# --- exercises ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_cross_entropy_is_that_of_scikit_learn(seed):
    from sklearn.metrics import log_loss

    for case in nb04.cross_entropy.draw_cases(seed):
        p, labels = case.args
        expected = log_loss(labels, p, labels=range(p.shape[1]))
        assert nb04.cross_entropy.oracle(p, labels) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_one_step_is_that_of_dense(seed):
    for case in nb04.one_step.draw_cases(seed):
        x, y, w1, w2, rate = case.args
        kernels = [np.array([[w1]]), np.array([[w2]])]
        network = dense.Network(kernels, [np.zeros(1), np.zeros(1)], ("sigmoid", "linear"))
        slopes = dense.gradients(network, np.array([[x]]), np.array([[y]]), "mse")
        expected = [w1 - rate * slopes[0].item(), w2 - rate * slopes[2].item()]
        np.testing.assert_allclose(nb04.one_step.oracle(*case.args), expected, atol=1e-10)


def repaired(notebook, cell_id, name, returned):
    """Define the function of an exercise cell with what it is to return in place of the `...`."""
    source = code(notebook, cell_id).partition("\nexercise.")[0]
    source, count = re.subn(r"return \.\.\..*", f"return {returned}", source)
    assert count == 1
    namespace = {"np": np}
    exec(source, namespace)
    return namespace[name]


@pytest.mark.parametrize(
    ("cell_id", "exercise", "returned", "key"),
    [
        ("ex-parts-cell", nb04.parts, "training, validation, test", "scaled by all"),
        ("ex-epoch-cell", nb04.epoch, "w", "both"),
    ],
)
def test_the_code_with_the_bug_is_recognised_once_it_returns_something(
    notebook, cell_id, exercise, returned, key
):
    name = f"my_{exercise.name}"
    assert exercise.verdict(repaired(notebook, cell_id, name, "...")).voice == NOT_STARTED
    verdict = exercise.verdict(repaired(notebook, cell_id, name, returned))
    assert verdict.voice == NOT_YET and verdict.misconception.key == key


def with_standard_scaler(x, rng):
    from sklearn.preprocessing import StandardScaler

    x = x[rng.permutation(len(x))]
    training, validation, test = np.split(x, [len(x) * 8 // 10, len(x) * 9 // 10])
    scaler = StandardScaler().fit(training)
    return scaler.transform(training), scaler.transform(validation), scaler.transform(test)


def with_mean(x, y, w, rate, batch_size, rng):
    together = rng.permutation(np.column_stack([x, y]))
    for batch in np.split(together, range(batch_size, len(x), batch_size)):
        error = batch[:, :-1] @ w - batch[:, -1]
        w = w - rate * (2 * batch[:, :-1] * error[:, np.newaxis]).mean(axis=0)
    return w


@pytest.mark.parametrize(
    ("exercise", "answer"), [(nb04.parts, with_standard_scaler), (nb04.epoch, with_mean)]
)
def test_other_ways_to_repair_are_welcome(exercise, answer):
    assert exercise.verdict(answer).voice == WELL_DONE


def test_a_part_whose_scale_is_off_is_not_accepted():
    def slightly_off(x, rng):
        training, validation, test = nb04.my_parts(x, rng)
        return training, validation, test * 1.01

    def sample_spread(x, rng):
        parts = nb04.my_parts(x, rng)
        n = len(parts[0])
        return tuple(part * np.sqrt((n - 1) / n) for part in parts)

    for answer in (slightly_off, sample_spread):
        assert nb04.parts.verdict(answer).voice == NOT_YET


@pytest.mark.parametrize("answer", [(400.0, 104), (6.0, 2.0)])
def test_counts_are_whole_numbers(answer):
    def floats(samples, batch_size, epochs):
        updates, last = nb04.my_updates(samples, batch_size, epochs)
        return type(answer[0])(updates), type(answer[1])(last)

    assert nb04.updates.verdict(floats).voice == NOT_YET
