"""The oracles of notebook 09's exercises agree with Keras and with `course_utils.convolution`."""

import numpy as np
import pytest

from course_utils.convolution import conv2d, max_pool2d, relu
from course_utils.environment import quiet_import
from course_utils.exercises import nb09
from course_utils.worked_examples import DIAGONAL, LOOP

with quiet_import():
    import keras

SEEDS = range(3)


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
