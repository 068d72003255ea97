"""The perceptron's rule: it ends, within its bound, where scikit-learn ends too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.svm import SVC

from benchmarks.from_notebook import definitions
from course_utils import dense, perceptron
from course_utils.exercises import nb02

NOTEBOOK = "02_the_perceptron.ipynb"
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
AND, OR, XOR = (np.array(y) for y in ([0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]))


def separable(seed: int, d: int, gap: float = 0.1):
    """Return random samples, labels and the boundary that separates them by at least a gap."""
    rng = np.random.default_rng(seed)
    w, b = rng.normal(size=d), float(rng.normal())
    x = rng.uniform(-2, 2, (40, d))
    values = (x @ w + b) / np.sqrt(w @ w + b * b)
    keep = np.abs(values) > gap
    return x[keep], (values[keep] > 0).astype(int), w, b


@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([0.02, 0.1, 0.4]))
@settings(max_examples=60, deadline=None)
def test_mistakes_stay_below_the_bound(seed, d, gap):
    x, y, w, b = separable(seed, d, gap)
    if not len(x):
        return
    bound = perceptron.mistake_bound(x, y, w, b)
    history, clean = perceptron.train(x, y, passes=int(bound) + 2)
    assert clean
    assert len(history) - 1 <= bound
    assert np.array_equal(perceptron.predict(x, *history[-1]), y)


@given(st.integers(0, 10**6), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_the_steps_of_the_proof_hold(seed, d):
    """At least γ further along the separator, at most R² longer squared, at each mistake."""
    x, y, w, b = separable(seed, d)
    if not len(x):
        return
    u = np.append(w, b) / np.sqrt(w @ w + b * b)
    gamma, longest = perceptron.margin(x, y, w, b), np.sqrt((x**2).sum(1).max() + 1)
    path = np.array([np.append(*state) for state in perceptron.train(x, y, passes=2000)[0]])
    k = np.arange(len(path))
    assert (path @ u >= k * gamma - 1e-9).all()
    assert ((path**2).sum(axis=1) <= k * longest**2 + 1e-9).all()


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_scikit_learn_gives_the_same_predictions_where_both_separate(seed, d):
    x, y, _, _ = separable(seed, d)
    if len(np.unique(y)) < 2:
        return
    history, clean = perceptron.train(x, y, passes=3000)
    theirs = Perceptron(shuffle=False, tol=None, max_iter=3000).fit(x, y)
    assert clean
    assert np.array_equal(theirs.predict(x), y)
    assert np.array_equal(perceptron.predict(x, *history[-1]), theirs.predict(x))


@pytest.mark.parametrize(("y", "mistakes", "bound"), [(AND, 10, 51), (OR, 4, 27)])
def test_and_and_or(y, mistakes, bound):
    history, clean = perceptron.train(CORNERS, y)
    assert clean and len(history) - 1 == mistakes <= bound
    # The boundary with the largest margin, bias as a weight: a support vector machine on (x, 1)
    # mirrored, whose own intercept is 0 by symmetry.
    signs = 2 * y - 1
    mirrored = np.column_stack([CORNERS, np.ones(4)]) * signs[:, None]
    svm = SVC(kernel="linear", C=1e8).fit(np.vstack([mirrored, -mirrored]), [1] * 4 + [0] * 4)
    *w, b = svm.coef_[0]
    assert svm.intercept_[0] == pytest.approx(0, abs=1e-4)
    assert perceptron.mistake_bound(CORNERS, y, np.array(w), b) == pytest.approx(bound, rel=1e-3)


def test_xor_is_never_learned():
    history, clean = perceptron.train(CORNERS, XOR, passes=500)
    assert not clean
    assert len({(*w.tolist(), b) for w, b in history}) < 20  # it goes round in circles


def test_zero_is_no_yes():
    assert perceptron.step([-1e-300, 0.0, -0.0, 1e-300]).tolist() == [0, 0, 0, 1]


def test_a_right_answer_changes_nothing_and_inputs_stay():
    w, sample = np.array([1.0, 1.0]), np.array([1.0, 1.0])
    after, b = perceptron.update(sample, 1, w, 0.0)
    assert after.tolist() == w.tolist() and b == 0.0
    perceptron.update(sample, 0, w, 0.0)
    assert w.tolist() == sample.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: perceptron.train(CORNERS, np.array([1, 2, 0, 1])), "labels 0 and 1"),
        (lambda: perceptron.train(CORNERS, np.array([1, 0])), "expected (n, d) and (n,)"),
        (lambda: perceptron.margin(CORNERS, AND, np.zeros(2), 0.0), "no boundary"),
        (lambda: perceptron.mistake_bound(CORNERS, XOR, np.ones(2), -0.5), "wrong side"),
    ],
)
def test_what_cannot_be_is_said(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)


# --- the notebook's versions -------------------------------------------------------------------


@pytest.fixture(scope="module")
def taught():
    names = ["sigmoid", "cost", "slopes", "step", "predict", "update", "train"]
    return definitions(NOTEBOOK, names, np=np)


def test_the_notebook_teaches_what_the_module_holds(taught):
    for seed in range(20):
        x, y, _, _ = separable(seed, 1 + seed % 4)
        ours, theirs = perceptron.train(x, y), taught.train(x, y)
        assert ours[1] == theirs[1] and len(ours[0]) == len(theirs[0])
        for (w, b), (v, c) in zip(ours[0], theirs[0], strict=True):
            assert np.array_equal(w, v) and b == c
        z = np.linspace(-2, 2, 9)
        assert np.array_equal(taught.step(z), perceptron.step(z))
    assert taught.train(CORNERS, XOR)[1] is False


def test_the_notebooks_sigmoid_and_cost_are_those_of_dense(taught):
    z = np.linspace(-20, 20, 41)
    np.testing.assert_allclose(taught.sigmoid(z), dense.sigmoid(z), rtol=1e-12)
    x, y = np.arange(8.0), np.array([0, 0, 1, 0, 1, 1, 0, 1])
    p = dense.sigmoid(0.7 * x - 2)
    loss = dense.binary_crossentropy(y[:, None], p[:, None]).mean()
    assert taught.cost(x, y, 0.7, -2) == pytest.approx(loss)


def test_the_notebooks_slopes_are_those_of_finite_differences(taught):
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y, (a, b), h = rng.normal(size=6), rng.integers(0, 2, 6), rng.normal(size=2), 1e-5
        by_nudging = [
            (taught.cost(x, y, a + h, b) - taught.cost(x, y, a - h, b)) / (2 * h),
            (taught.cost(x, y, a, b + h) - taught.cost(x, y, a, b - h)) / (2 * h),
        ]
        np.testing.assert_allclose(taught.slopes(x, y, a, b), by_nudging, atol=1e-8)


# --- the oracles of the exercises --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_exercises_loss_is_scikit_learns(seed):
    from sklearn.metrics import log_loss

    for p, y in (case.args for case in nb02.surprise.draw_cases(seed)):
        assert nb02.surprise.oracle(p, y) == pytest.approx(log_loss([y], [p], labels=[0, 1]))


def test_steps_of_the_exercise_lead_to_scikit_learns_logistic_regression():
    x, y = np.arange(-3.0, 5.0), np.array([0, 0, 0, 1, 0, 1, 1, 1])
    a = b = 0.0
    for _ in range(2000):
        a, b = nb02.logistic_step.oracle(x, y, a, b, 0.3)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[:, None], y)
    assert (a, b) == pytest.approx((theirs.coef_[0, 0], theirs.intercept_[0]), abs=1e-4)


def test_the_reference_of_the_last_exercise_is_the_modules_rule():
    for x, y in nb02._LEARN_TABLES.values():
        w, b, mistakes = nb02._reference(x, y)
        history, _ = perceptron.train(x, y)
        assert mistakes == len(history) - 1
        assert np.array_equal(w, history[-1][0]) and b == history[-1][1]
