"""Grad-CAM is the closed form where there is one, and finite differences elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import grad_cam
from course_utils.environment import quiet_import


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


def pooled(keras, activation="softmax"):
    """Maps, their means, a dense layer."""
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((9, 8, 2)),
            keras.layers.Conv2D(6, 3, activation="relu", name="maps"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation=activation, bias_initializer="random_normal"),
        ]
    )


def deeper(keras):
    """After the maps another convolution and two dense layers: no closed form."""
    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            keras.Input((7, 7, 1)),
            keras.layers.Conv2D(3, 3, activation="relu", name="maps"),
            keras.layers.Conv2D(4, 2, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("activation", ["softmax", None])
def test_with_global_pooling_it_is_the_maps_weighted_by_the_dense_layer(keras, activation):
    model = pooled(keras, activation)
    x = np.random.default_rng(0).normal(size=(5, 9, 8, 2)).astype("float32")
    classes = np.array([0, 1, 2, 1, 0])
    maps = np.asarray(keras.Model(model.inputs[0], model.get_layer("maps").output)(x))
    weights = np.asarray(model.layers[-1].kernel)[:, classes]
    expected = np.maximum(np.einsum("nhwk,kn->nhw", maps, weights), 0) / (7 * 6)
    assert expected.max() > 0
    found = grad_cam.heat_maps(model, x, classes, "maps")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    one_by_one = grad_cam.heat_maps(model, x, classes, "maps", batch_size=2)
    np.testing.assert_allclose(one_by_one, found, atol=1e-7)


def test_elsewhere_it_is_what_nudging_the_maps_says(keras):
    model = deeper(keras)
    x = np.random.default_rng(1).normal(size=(2, 7, 7, 1)).astype("float32")
    maps = np.asarray(keras.Model(model.inputs[0], model.layers[0].output)(x)).astype("float64")

    def score(maps, wanted):
        """The rest of the network in float64, by NumPy, up to the score before softmax."""
        kernel, bias = (np.asarray(w, float) for w in model.layers[1].get_weights())
        windows = np.lib.stride_tricks.sliding_window_view(maps, (2, 2), axis=(0, 1))
        y = np.tanh(np.einsum("hwkij,ijkc->hwc", windows, kernel) + bias)
        gamma, beta, mean, variance = (np.asarray(w, float) for w in model.layers[2].get_weights())
        y = gamma * (y - mean) / np.sqrt(variance + model.layers[2].epsilon) + beta
        kernel, bias = (np.asarray(w, float) for w in model.layers[4].get_weights())
        y = np.tanh(y.ravel() @ kernel + bias)
        kernel, bias = (np.asarray(w, float) for w in model.layers[5].get_weights())
        return (y @ kernel + bias)[wanted]

    classes = np.array([2, 0])
    slopes = np.zeros_like(maps)
    for place in np.ndindex(maps.shape):
        moved = maps[place[0]].copy()
        moved[place[1:]] += 1e-5
        above = score(moved, classes[place[0]])
        moved[place[1:]] -= 2e-5
        slopes[place] = (above - score(moved, classes[place[0]])) / 2e-5
    weights = slopes.mean(axis=(1, 2))
    expected = np.maximum(np.einsum("nhwk,nk->nhw", maps, weights), 0)
    assert expected.max() > 0
    np.testing.assert_allclose(
        grad_cam.heat_maps(model, x, classes, "maps"), expected, rtol=1e-4, atol=1e-6
    )


def test_frozen_layers_are_followed_too(keras):
    model = pooled(keras)
    x = np.random.default_rng(2).normal(size=(3, 9, 8, 2)).astype("float32")
    free = grad_cam.heat_maps(model, x, [0, 1, 2], "maps")
    model.trainable = False
    np.testing.assert_allclose(grad_cam.heat_maps(model, x, [0, 1, 2], "maps"), free, atol=1e-7)
    assert grad_cam.heat_maps(model, x[:0], np.zeros(0, int), "maps").shape == (0, 7, 6)


@given(seed=st.integers(0, 2**32 - 1), shape=st.tuples(*[st.integers(1, 4)] * 4))
@settings(max_examples=50, deadline=None)
def test_maps_and_gradients_combined_cell_by_cell(seed, shape):
    maps, slopes = np.random.default_rng(seed).normal(size=(2, *shape))
    n, h, w, c = shape
    for i, row, column in np.ndindex(n, h, w):
        total = sum(maps[i, row, column, k] * slopes[i, :, :, k].sum() / (h * w) for k in range(c))
        assert grad_cam.combine(maps, slopes)[i, row, column] == pytest.approx(max(0, total))


def test_a_cell_lies_in_the_middle_of_what_it_sees(keras):
    """Change single pixels: those that reach a cell are its window, its centre is the peak."""
    model = keras.Sequential(
        [
            keras.Input((20, 20, 1)),
            keras.layers.Conv2D(1, 3, kernel_initializer="ones"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Conv2D(1, 3, kernel_initializer="ones"),
        ]
    )
    dots = np.eye(400, dtype="float32").reshape(400, 20, 20, 1)
    reached = np.asarray(model(dots))[..., 0] > 0  # (400, 7, 7)
    window, stride = 8, 2
    for row, column in np.ndindex(7, 7):
        pixels = np.argwhere(reached[:, row, column].reshape(20, 20))
        assert (pixels.max(axis=0) - pixels.min(axis=0) + 1 == window).all()
        heat = np.zeros((1, 7, 7))
        heat[0, row, column] = 1
        centre = (pixels.min(axis=0) + pixels.max(axis=0) + 1) / 2
        np.testing.assert_allclose(grad_cam.peaks(heat, window, stride)[0], centre)


def test_a_dark_map_has_no_peak_and_lies_in_no_box():
    places = grad_cam.peaks(np.zeros((1, 3, 3)), 8, 2)
    assert np.isnan(places).all()
    assert not grad_cam.inside(places, [[0, 0, 99, 99]]).any()


@given(row=st.integers(0, 9), column=st.integers(0, 9), box=st.tuples(*[st.integers(0, 9)] * 4))
@settings(max_examples=100, deadline=None)
def test_inside_is_the_slice(row, column, box):
    picture = np.zeros((10, 10), bool)
    picture[box[0] : box[2], box[1] : box[3]] = True
    found = grad_cam.inside([[row + 0.5, column + 0.5]], [box])
    assert found[0] == picture[row, column]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m, x: grad_cam.heat_maps(m, x, [0, 1], "nothing"), "layer: one of maps, "),
        (lambda m, x: grad_cam.heat_maps(m, x, [0], "maps"), "classes: 2 whole numbers"),
        (lambda m, x: grad_cam.heat_maps(m, x, [0, 3], "maps"), "classes: 0 to 2 are"),
        (lambda m, x: grad_cam.heat_maps(m, x, [0, 1], m.layers[-1].name), "puts out shape"),
        (lambda m, x: grad_cam.combine(np.ones((2, 2)), np.ones((2, 2))), "maps: shape"),
        (lambda m, x: grad_cam.combine(np.ones((2, 2, 1)), np.ones((2, 1, 1))), "gradients: shape"),
        (lambda m, x: grad_cam.peaks(np.ones((2, 2)), 3, 1), "heat: shape"),
        (lambda m, x: grad_cam.peaks(np.ones((1, 2, 2)), 0, 1), "window: a positive"),
        (lambda m, x: grad_cam.peaks(np.ones((1, 2, 2)), 3, -1), "stride: a positive"),
        (lambda m, x: grad_cam.inside([1, 2], [[0, 0, 1, 1]]), "points: shape"),
        (lambda m, x: grad_cam.inside([[1, 2]], [[0, 0, 1]]), "boxes: shape"),
    ],
)
def test_bad_input_is_named(keras, call, words):
    with pytest.raises(ValueError, match=words):
        call(pooled(keras), np.zeros((2, 9, 8, 2), "float32"))


def test_the_last_layer_has_to_be_dense(keras):
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()]
    )
    with pytest.raises(TypeError, match="model: a Dense layer is expected at the end, got Flatten"):
        grad_cam.heat_maps(model, np.zeros((1, 4, 4, 1)), [0], model.layers[0].name)
