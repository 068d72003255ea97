"""Capsules equal an independent computation, and their Keras layers equal the NumPy functions."""

import decimal
import json
import subprocess
import sys
import zipfile
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils import capsules, datasets, trained

EXACT = decimal.Context(prec=60, Emin=-5000, Emax=5000)
ANY_SIZE = st.floats(allow_nan=False, allow_infinity=False)  # subnormal to 1.8e308
ORDINARY = st.floats(-12, 12)
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=4)


# --- an independent computation: lists, loops, 60 digits ----------------------------------------


def exact_squash(vector: list[Decimal]) -> list[Decimal]:
    square = sum((x * x for x in vector), Decimal(0))
    if square == 0:
        return [Decimal(0)] * len(vector)
    return [square / (1 + square) * x / square.sqrt() for x in vector]


def exact_softmax(numbers: list[Decimal]) -> list[Decimal]:
    powers = [(x - max(numbers)).exp() for x in numbers]
    return [power / sum(powers) for power in powers]


def exact_route(predictions: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    votes = [[[Decimal(float(x)) for x in upper] for upper in lower] for lower in predictions]
    lowers, uppers, size = (range(n) for n in predictions.shape)
    logits = [[Decimal(0) for _ in uppers] for _ in lowers]
    for _ in range(iterations):
        shares = [exact_softmax(row) for row in logits]
        outputs = []
        for j in uppers:
            total = [sum(shares[i][j] * votes[i][j][k] for i in lowers) for k in size]
            outputs.append(exact_squash(total))
        for i in lowers:
            for j in uppers:
                logits[i][j] += sum(votes[i][j][k] * outputs[j][k] for k in size)
    return np.array(outputs, dtype=float), np.array(shares, dtype=float)


# --- squash -------------------------------------------------------------------------------------


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=1, max_side=6), elements=ANY_SIZE))
@settings(max_examples=400, deadline=None)
def test_squash_equals_60_digits_for_tiny_and_huge_vectors(s):
    with decimal.localcontext(EXACT):
        expected = [float(x) for x in exact_squash([Decimal(float(x)) for x in s])]
    np.testing.assert_allclose(capsules.squash(s), expected, rtol=1e-12, atol=1e-300)


@given(hnp.arrays(np.float64, (3, 4), elements=ORDINARY))
@settings(deadline=None)
def test_squash_keeps_the_direction_and_stays_below_one(s):
    v = capsules.squash(s)
    lengths, before = np.linalg.norm(v, axis=-1), np.linalg.norm(s, axis=-1)
    assert np.all(lengths < 1)
    np.testing.assert_allclose(lengths, before**2 / (1 + before**2), atol=1e-12)
    np.testing.assert_allclose(v * before[:, None], s * lengths[:, None], atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_squash_works_along_any_axis(axis):
    s = np.random.default_rng(0).normal(size=(2, 3, 4))
    moved = capsules.squash(np.moveaxis(s, axis, -1))
    np.testing.assert_array_equal(capsules.squash(s, axis), np.moveaxis(moved, -1, axis))


def test_squash_at_the_ends():
    assert capsules.squash(np.zeros(3)).tolist() == [0, 0, 0]
    for huge in (1e200, 1.7e308):
        np.testing.assert_allclose(capsules.squash(np.full(4, huge)), 0.5)
    np.testing.assert_allclose(capsules.squash(np.array([1e-100, 0])), [1e-200, 0], rtol=1e-12)
    np.testing.assert_allclose(capsules.squash([3, 4]), [75 / 130, 100 / 130])
    assert capsules.squash(np.zeros((0, 3))).shape == (0, 3)


def test_squash_leaves_its_input_alone():
    s = np.array([[3.0, 4.0]])
    capsules.squash(s)
    assert s.tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("s", "axis", "said"),
    [
        ([1.0, np.nan], -1, "s holds nan"),
        ([np.inf], -1, "s holds nan or inf"),
        (["a"], -1, "real numbers"),
        ([1j], -1, "real numbers"),
        ([1.0], 1, "axis is 1"),
        (3.0, -1, "axis is -1"),
    ],
)
def test_squash_names_what_is_wrong(s, axis, said):
    with pytest.raises(ValueError, match=said):
        capsules.squash(s, axis)


# --- routing ------------------------------------------------------------------------------------


@given(
    SHAPES.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=ORDINARY)),
    st.integers(1, 4),
)
@settings(max_examples=80, deadline=None)
def test_route_equals_60_digits(predictions, iterations):
    with decimal.localcontext(EXACT):
        expected = exact_route(predictions, iterations)
    for found, right in zip(capsules.route(predictions, iterations), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-6)


@given(hnp.arrays(np.float64, (2, 3, 2), elements=st.floats(-1e-160, 1e-160)))
@settings(max_examples=40, deadline=None)
def test_tiny_predictions_change_no_share(predictions):
    outputs, couplings = capsules.route(predictions)
    np.testing.assert_allclose(couplings, 1 / 3)
    assert np.all(np.abs(outputs) < 1e-300)


@given(hnp.arrays(np.float64, (3, 2, 3), elements=st.floats(-1e150, 1e150)))
@settings(max_examples=60, deadline=None)
def test_huge_predictions_give_no_nan(predictions):
    outputs, couplings = capsules.route(predictions)
    np.testing.assert_allclose(couplings.sum(axis=-1), 1)
    assert np.all(np.linalg.norm(outputs, axis=-1) <= 1 + 1e-12)


def test_huge_predictions_equal_60_digits():
    predictions = 1e120 * np.array([[[1.0, 2.0], [3.0, 0.5]], [[1.5, 2.5], [-2.0, 0.25]]])
    with decimal.localcontext(decimal.Context(prec=60, Emin=-(10**9), Emax=10**9)):
        expected = exact_route(predictions / 1e118, 3)  # the shares are 0 and 1 there already
    for found, right in zip(capsules.route(predictions), expected, strict=True):
        np.testing.assert_allclose(found, right, atol=1e-3)


def test_route_takes_a_batch():
    predictions = np.random.default_rng(1).normal(size=(2, 3, 5, 4, 6))
    outputs, couplings = capsules.route(predictions)
    assert outputs.shape == (2, 3, 4, 6) and couplings.shape == (2, 3, 5, 4)
    one = capsules.route(predictions[1, 2])
    np.testing.assert_allclose(outputs[1, 2], one[0])
    np.testing.assert_allclose(couplings[1, 2], one[1])


@pytest.mark.parametrize(
    ("predictions", "iterations", "said"),
    [
        (np.zeros((2, 2)), 3, r"shape \(2, 2\)"),
        (np.zeros((2, 0, 2)), 3, "a capsule below and above"),
        (np.full((1, 1, 1), np.nan), 3, "predictions holds nan"),
        (np.zeros((1, 1, 1)), 0, "iterations is 0"),
        (np.zeros((1, 1, 1)), 2.0, "whole number"),
        (np.zeros((1, 1, 1)), True, "whole number"),
    ],
)
def test_route_names_what_is_wrong(predictions, iterations, said):
    with pytest.raises(ValueError, match=said):
        capsules.route(predictions, iterations)


# --- margin loss --------------------------------------------------------------------------------


@given(
    hnp.arrays(np.float64, (3, 4), elements=st.floats(0, 1)),
    hnp.arrays(np.int64, 3, elements=st.integers(0, 3)),
)
@settings(deadline=None)
def test_margin_loss_equals_loops(lengths, labels):
    expected = []
    for row, label in zip(lengths.tolist(), labels.tolist(), strict=True):
        loss = 0.0
        for j, length in enumerate(row):
            if j == label:
                loss += (0.9 - length) ** 2 if length < 0.9 else 0
            elif length > 0.1:
                loss += 0.5 * (length - 0.1) ** 2
        expected.append(loss)
    np.testing.assert_allclose(capsules.margin_loss(labels, lengths), expected, atol=1e-12)


@pytest.mark.parametrize("labels", [[4], [-1], [1.0], [[1]], [0, 1]])
def test_margin_loss_names_what_is_wrong(labels):
    with pytest.raises(ValueError, match="expected"):
        capsules.margin_loss(np.array(labels), np.zeros((1, 4)))


# --- Keras --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own():
    pytest.importorskip("keras")
    return capsules.layers()


@pytest.mark.parametrize("scale", [0.0, 1e-4, 0.1, 1, 30])
def test_keras_squash_equals_numpy(own, scale):
    s = scale * np.random.default_rng(2).normal(size=(4, 5, 8))
    np.testing.assert_allclose(own.Squash()(s), capsules.squash(s), atol=1e-6)


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_keras_capsules_equal_numpy(own, iterations):
    rng = np.random.default_rng(3)
    lower = capsules.squash(rng.normal(size=(4, 6, 5))).astype("float32")
    layer = own.Capsules(3, 7, iterations)
    found = np.asarray(layer(lower))
    layer.matrices.assign(rng.normal(size=layer.matrices.shape))
    found, matrices = np.asarray(layer(lower)), np.asarray(layer.matrices)
    predictions = np.zeros((4, 6, 3, 7))
    for i in range(6):
        for j in range(3):
            predictions[:, i, j] = lower[:, i] @ matrices[i, :, j]
    np.testing.assert_allclose(found, capsules.route(predictions, iterations)[0], atol=1e-5)
    assert layer.compute_output_shape((4, 6, 5)) == found.shape


def test_keras_lengths_mask_and_loss_equal_numpy(own):
    v = np.random.default_rng(4).normal(size=(3, 4, 2)).astype("float32")
    lengths = np.linalg.norm(v, axis=-1)
    np.testing.assert_allclose(own.Lengths()(v), lengths, atol=1e-6)
    expected = np.where((lengths == lengths.max(axis=1, keepdims=True))[..., None], v, 0)
    np.testing.assert_array_equal(own.LongestOnly()(v), expected)
    labels = np.array([0, 3, 2])
    right = capsules.margin_loss(labels, lengths).mean()
    for form in (labels, labels[:, None]):
        np.testing.assert_allclose(own.MarginLoss()(form, lengths), right, rtol=1e-5)


def test_slopes_are_finite_where_everything_is_zero(own):
    import keras
    import tensorflow as tf

    picture = tf.zeros((2, 28, 28, 1))
    model = capsules.capsnet()
    with tf.GradientTape() as tape:
        answer = model(picture)
        loss = own.MarginLoss()(np.array([1, 2]), answer["digit"])
        loss += keras.ops.mean(answer["picture"])
    for slope in tape.gradient(loss, model.trainable_variables):
        assert slope is None or np.isfinite(slope).all()


def test_the_networks_have_equally_many_parameters(own):
    net, rival = capsules.capsnet(), capsules.rival()
    assert rival.count_params() == pytest.approx(net.count_params(), rel=0.05)
    reading = net.count_params() - net.get_layer("decoder").count_params()
    assert capsules.rival(capsules.UNITS_READING).count_params() == pytest.approx(reading, rel=0.05)


@pytest.mark.parametrize("bad", ["classes", "size", "iterations", "drawing_units"])
def test_capsnet_names_what_is_wrong(bad):
    with pytest.raises(ValueError, match=bad):
        capsules.capsnet(**{bad: 0})


def test_it_learns_and_comes_back_from_a_file_in_another_process(own, tmp_path, monkeypatch):
    """`trained.load` finds the classes by itself: nothing else is imported there."""
    import keras

    data = datasets.load_mnist(source="stand-in")
    monkeypatch.setattr(datasets, "data_folder", lambda: tmp_path)
    x, y = data.x_train[:300, ..., None], data.y_train[:300]
    keras.utils.set_random_seed(0)
    net = capsules.capsnet()
    targets = {"digit": y, "picture": x / np.float32(255)}
    curves = net.fit(x, targets, batch_size=50, epochs=4, verbose=0).history
    assert curves["loss"][-1] < 0.8 * curves["loss"][0]
    path = trained.save(
        net, "14_try", {"data": "stand-in", "seed": 0, "accuracy": 0.0, "history": curves}
    )
    assert path.stat().st_size < 2_000_000
    assert trained.history("14_try")["modules"] == ["course_utils.capsules"]
    right = net.predict(x[:5], verbose=0)
    np.savez(tmp_path / "x.npz", x=x[:5])
    code = f"""
import numpy as np
from course_utils import datasets, trained
datasets.data_folder = lambda: __import__("pathlib").Path({str(tmp_path)!r})
model = trained.load("14_try")
found = model.predict(np.load({str(tmp_path / "x.npz")!r})["x"], verbose=0)
assert type(model.get_layer("capsules")).__name__ == "Capsules" and model.optimizer is not None
np.savez({str(tmp_path / "found.npz")!r}, **found)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
    with np.load(tmp_path / "found.npz") as found:
        for name in right:
            np.testing.assert_allclose(found[name], right[name], atol=1e-5)
    with zipfile.ZipFile(path) as file:
        assert "Lambda" not in json.dumps(json.loads(file.read("config.json")))


def test_importing_the_module_does_not_import_keras():
    code = "import sys, course_utils.capsules; assert 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
