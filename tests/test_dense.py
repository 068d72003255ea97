"""`dense` against finite differences, Keras and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import dense
from course_utils.optimisers import GradientDescent

HIDDEN = ["linear", "relu", "sigmoid", "tanh", "softmax"]
ENDINGS = [(name, "mse") for name in HIDDEN] + [
    ("sigmoid", "binary_crossentropy"),
    ("softmax", "categorical_crossentropy"),
]


def targets(loss, n, outputs, rng):
    if loss == "categorical_crossentropy":
        return np.eye(outputs)[rng.integers(0, outputs, n)]
    if loss == "binary_crossentropy":
        return rng.integers(0, 2, (n, outputs)).astype(float)
    return rng.normal(size=(n, outputs))


def near_a_kink(network, x, margin=1e-3):
    """Whether a weighted sum into a ReLU lies so close to 0 that a nudge may cross it."""
    outputs = dense.forward(network, x)
    for layer, name in enumerate(network.activations):
        if name == "relu":
            sums = outputs[layer] @ network.kernels[layer] + network.biases[layer]
            if np.abs(sums).min() < margin:
                return True
    return False


def numerical(network, x, y, loss, nudge=1e-6):
    slopes = []
    for array in network.parameters:
        slope = np.empty_like(array)
        for place in np.ndindex(array.shape):
            middle = array[place]
            array[place] = middle + nudge
            above = dense.cost(network, x, y, loss)
            array[place] = middle - nudge
            below = dense.cost(network, x, y, loss)
            array[place] = middle
            slope[place] = (above - below) / (2 * nudge)
        slopes.append(slope)
    return slopes


def error(ours, theirs):
    """Norm-wise relative error over all parameters together."""
    a, b = (np.concatenate([s.ravel() for s in slopes]) for slopes in (ours, theirs))
    return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-12)


checked = set()


@settings(max_examples=400, derandomize=True, deadline=None)  # repeats: the count below is the same
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.tuples(st.integers(1, 5), st.sampled_from(HIDDEN)), max_size=3),
    ending=st.sampled_from(ENDINGS),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    n=st.integers(1, 6),
)
def test_gradients_equal_central_differences(seed, hidden, ending, inputs, outputs, n):
    rng = np.random.default_rng(seed)
    activation, loss = ending
    sizes = [inputs, *(nodes for nodes, _ in hidden), outputs]
    names = [*(name for _, name in hidden), activation]
    network = dense.initialise(sizes, names, rng)
    for bias in network.biases:
        bias[:] = 0.3 * rng.normal(size=bias.shape)
    x = rng.normal(size=(n, inputs))
    while near_a_kink(network, x):
        x = rng.normal(size=(n, inputs))
    y = targets(loss, n, outputs, rng)
    ours = dense.gradients(network, x, y, loss)
    theirs = numerical(network, x, y, loss)
    size = np.linalg.norm(np.concatenate([s.ravel() for s in theirs]))
    if size > 1e-4:  # below that, rounding of the cost hides the slope
        assert error(ours, theirs) < 1e-6
        checked.add((seed, tuple(sizes), tuple(names), loss))
    else:
        np.testing.assert_allclose(error(ours, theirs) * size, 0, atol=1e-8)


def test_two_hundred_networks_were_really_checked():
    assert len(checked) >= 200
    assert {len(names) for _, _, names, _ in checked} == {1, 2, 3, 4}
    assert {(names[-1], loss) for _, _, names, loss in checked} == set(ENDINGS)
    assert {name for _, _, names, _ in checked for name in names[:-1]} == set(HIDDEN)


@pytest.mark.parametrize("z", [-1000.0, 0.0, 1000.0])
def test_activations_survive_large_numbers(z):
    with np.errstate(all="raise", under="ignore"):
        assert dense.sigmoid(np.array([z]))[0] == pytest.approx({-1000.0: 0, 0.0: 0.5}.get(z, 1))
        np.testing.assert_allclose(dense.softmax(np.array([[z, z]])), 0.5)
        np.testing.assert_allclose(
            dense.softmax(np.array([[1000.0, -1000.0]])), [[1, 0]], atol=1e-300
        )


def test_log_of_zero_is_large_and_finite():
    with np.errstate(all="raise"):
        y, p = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
        assert dense.binary_crossentropy(y, p)[0] == pytest.approx(16.118, abs=1e-3)
        assert dense.categorical_crossentropy(y, p)[0] == pytest.approx(16.118, abs=1e-3)


@pytest.mark.parametrize("loss", dense.LOSSES)
def test_losses_equal_keras(loss):
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras

    rng = np.random.default_rng(1)
    y = targets(loss, 5, 3, rng)
    p = dense.softmax(rng.normal(size=(5, 3)))
    theirs = {
        "mse": keras.losses.mean_squared_error,
        "binary_crossentropy": keras.losses.binary_crossentropy,
        "categorical_crossentropy": keras.losses.categorical_crossentropy,
    }[loss](keras.ops.convert_to_tensor(y), keras.ops.convert_to_tensor(p))
    np.testing.assert_allclose(dense.LOSSES[loss](y, p), np.asarray(theirs), rtol=1e-6)


def test_training_follows_keras_step_by_step():
    """Same start, plain gradient descent, same batches in the same order: the same losses."""
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(37, 4)), np.eye(3)[rng.integers(0, 3, 37)]
    network = dense.initialise([4, 6, 3], ["tanh", "softmax"], rng)
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="float64"),
            keras.layers.Dense(6, activation="tanh", dtype="float64"),
            keras.layers.Dense(3, activation="softmax", dtype="float64"),
        ]
    )
    model.set_weights(network.parameters)
    model.compile(keras.optimizers.SGD(0.3), "categorical_crossentropy")
    ours = dense.train(
        network, x, y, "categorical_crossentropy", GradientDescent(0.3), epochs=5, batch_size=8
    )["loss"]
    theirs = []
    for _ in range(5):
        model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
        theirs.append(model.evaluate(x, y, batch_size=37, verbose=0))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2, 3], ["step"]), "activations: 1 of linear"),
        (([2, 3, 1], ["relu"]), r"2 of .* sizes \[2, 3, 1\], got \['relu'\]"),
    ],
)
def test_bad_names_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        dense.initialise(*arguments, np.random.default_rng(0))


def test_unknown_scheme_is_named():
    with pytest.raises(ValueError, match=r"scheme: one of glorot, he, normal, zeros .* 'best'"):
        dense.initialise([2, 1], ["relu"], np.random.default_rng(0), scheme="best")


def test_a_loss_that_does_not_fit_the_last_activation_is_refused():
    network = dense.initialise([2, 3], ["relu"], np.random.default_rng(0))
    with pytest.raises(ValueError, match="categorical_crossentropy with softmax; got"):
        dense.gradients(network, np.zeros((1, 2)), np.zeros((1, 3)), "categorical_crossentropy")


def test_zeros_leave_all_hidden_nodes_alike():
    rng = np.random.default_rng(3)
    network = dense.initialise([2, 4, 1], ["tanh", "linear"], rng, scheme="zeros")
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    dense.train(network, x, y, "mse", GradientDescent(0.1), epochs=5, batch_size=5, rng=rng)
    assert np.ptp(network.kernels[0], axis=1).max() == 0


def test_validation_is_noted_and_batches_cover_everything():
    rng = np.random.default_rng(4)
    network = dense.initialise([1, 1], ["linear"], rng)
    x = np.arange(10.0).reshape(-1, 1) / 10
    history = dense.train(
        network, x, 2 * x, "mse", GradientDescent(0.5), epochs=60, batch_size=4, rng=rng,
        validation=(x + 1, 2 * x + 2),
    )  # fmt: skip
    assert len(history["loss"]) == len(history["val_loss"]) == 60
    assert history["loss"][-1] < 1e-3 < history["loss"][0]
