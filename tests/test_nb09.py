"""Notebook 09 shows the tables of `worked_examples`, and its functions and oracles are right."""

import ast

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.from_notebook import definitions
from course_utils import convolution, worked_examples
from course_utils.convolution import conv2d, max_pool2d, relu
from course_utils.environment import quiet_import
from course_utils.exercises import nb09
from course_utils.worked_examples import DIAGONAL, LOOP
from tests.notebooks.parts import Notebook, notebook_paths

with quiet_import():
    import keras

NAME = "09_relu_and_pooling_by_hand.ipynb"
(PATH,) = (path for path in notebook_paths() if path.name == NAME)
SHOWN = {
    "table": worked_examples.POOL_ME,
    "tenths": worked_examples.POOL_ME_TENTHS,
    "wide": worked_examples.AVERAGE_ME,
}
SEEDS = range(3)


@pytest.mark.parametrize("name", SHOWN)
def test_the_notebook_types_out_the_table(name):
    (value,) = (
        node.value
        for cell in Notebook.read(PATH).code
        for node in cell.tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    assert ast.unparse(value.func) == "np.array"
    np.testing.assert_array_equal(ast.literal_eval(value.args[0]), SHOWN[name])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window, stride", [(2, 2), (2, 1), (3, 2), (2, 3)])
def test_functions_of_the_notebook_equal_the_modules(seed, window, stride):
    shown = definitions(NAME, ["pool", "relu"], np=np, sliding_window_view=sliding_window_view)
    image = np.random.default_rng(seed).normal(size=(7, 9))
    np.testing.assert_array_equal(shown.relu(image), relu(image))
    for reduce, ours in {np.max: "max", np.mean: "average", np.sum: "sum"}.items():
        expected = getattr(convolution, f"{ours}_pool2d")(image, window, stride)
        np.testing.assert_allclose(shown.pool(image, window, stride, reduce), expected, atol=1e-12)


def pooled_by_keras(image: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Pool a picture (h, w, c) with a Keras layer."""
    layer = keras.layers.MaxPooling2D(window, strides=stride)
    return np.asarray(layer(image[np.newaxis].astype("float32")))[0]


def cases(exercise) -> list[tuple]:
    """Return the inputs of all fixed cases and of some random ones."""
    drawn = [case for seed in SEEDS for case in exercise.draw_cases(seed)]
    return [case.args for case in (*exercise.fixed_cases, *drawn)]


def test_max_pool():
    for image, window, stride in cases(nb09.max_pool):
        expected = nb09.max_pool.oracle(image, window, stride)
        np.testing.assert_array_equal(
            pooled_by_keras(image[..., np.newaxis], window, stride)[..., 0], expected
        )
        np.testing.assert_array_equal(max_pool2d(image, window, stride), expected)


def test_pool_channels():
    for image, size in cases(nb09.pool_channels):
        expected = nb09.pool_channels.oracle(image, size)
        np.testing.assert_array_equal(pooled_by_keras(image, size, size), expected)
        np.testing.assert_array_equal(max_pool2d(image, size), expected)


@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
def test_next_layer(kind):
    for height, width, maps, window, stride, nodes in cases(nb09.next_layer):
        model = keras.Sequential(
            [
                keras.Input((height, width, maps)),
                getattr(keras.layers, kind)(window, strides=stride),
                keras.layers.Flatten(),
                keras.layers.Dense(nodes),
            ]
        )
        expected = nb09.next_layer.oracle(height, width, maps, window, stride, nodes)
        assert model.count_params() == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_dead_units_have_no_slope(seed):
    """A unit is dead exactly where the slope of the sum of all activations is 0 for its bias."""
    import tensorflow as tf

    z = np.random.default_rng(seed).normal(-1.5, 1, (6, 9))
    bias = tf.Variable(np.zeros(9))
    with tf.GradientTape() as tape:
        activations = tf.nn.relu(z + bias)
        total = tf.reduce_sum(activations)
    slopes = tape.gradient(total, bias).numpy()
    assert 0 < (slopes == 0).mean() < 1
    assert nb09.dead_units.oracle(activations.numpy()) == pytest.approx((slopes == 0).mean())


@pytest.mark.parametrize("name", nb09.NINE_PICTURES)
def test_pooled_maps(name):
    picture = nb09.NINE_PICTURES[name].astype(float)
    kernels = np.stack([LOOP, DIAGONAL], axis=-1)[:, :, np.newaxis] / 9
    expected = max_pool2d(relu(conv2d(picture[..., np.newaxis], kernels)), 2, 1)
    np.testing.assert_allclose(nb09.pooled_maps(picture), expected, atol=1e-12)


@pytest.mark.parametrize("name", nb09.NINE_PICTURES)
def test_nine_layer_judges_as_a_keras_network_does(name):
    weights, bias = nb09.my_nine_layer()
    model = keras.Sequential(
        [
            keras.Input((7, 5, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.MaxPooling2D(2, strides=1),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    kernels = np.stack([LOOP, DIAGONAL], axis=-1)[:, :, np.newaxis] / 9
    model.set_weights([kernels, np.zeros(2), weights.reshape(-1, 1), np.array([bias])])
    picture = nb09.NINE_PICTURES[name]
    z = model(picture[np.newaxis, ..., np.newaxis].astype("float32")).numpy().item()
    assert z == pytest.approx((nb09.pooled_maps(picture) * weights).sum() + bias, abs=1e-4)
    assert (z > 0) == name.startswith("9")
