"""Notebook 10: what it builds in view is what the modules do; its exercises are sound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.from_notebook import definitions
from course_utils import convolution
from course_utils.convolution import conv2d, conv2d_gradients, max_pool2d, max_pool2d_gradient
from course_utils.dense import softmax
from course_utils.exercises import nb10
from tests.notebooks.parts import Notebook, notebook_paths

NAME = "10_backpropagation_through_a_convolution.ipynb"


@pytest.fixture(scope="module")
def built():
    """The functions that the notebook builds up in view."""
    return definitions(
        NAME, ["by_nudging", "forward", "backward", "moved"], np=np, convolution=convolution,
        conv2d=conv2d, conv2d_gradients=conv2d_gradients, max_pool2d=max_pool2d,
        max_pool2d_gradient=max_pool2d_gradient, softmax=softmax,
    )  # fmt: skip


def digits(n):
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images[:n, ..., np.newaxis] / 16, data.target[:n]


# --- what stands in the notebook ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_both_passes_are_those_of_small_cnn(built, seed):
    network, (x, labels) = convolution.SmallCNN(seed=seed), digits(20)
    for ours, theirs in zip(built.forward(network.parameters, x), network.forward(x), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    ours = built.backward(network.parameters, x, np.eye(10)[labels])
    for mine, theirs in zip(ours, network.gradients(x, labels), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_the_whole_network_has_the_slopes_of_the_tape(built):
    import tensorflow as tf

    network, (x, labels) = convolution.SmallCNN(seed=5), digits(16)
    weights = [tf.Variable(array) for array in network.parameters]
    with tf.GradientTape() as tape:
        maps = tf.nn.relu(tf.nn.conv2d(tf.constant(x), weights[0], 1, "SAME") + weights[1])
        flat = tf.reshape(tf.nn.max_pool2d(maps, 2, 2, "VALID"), (len(x), -1))
        sums = flat @ weights[2] + weights[3]
        cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, sums))
    for ours, theirs in zip(
        built.backward(network.parameters, x, np.eye(10)[labels]),
        tape.gradient(cost, weights),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_nudging_finds_slopes_and_leaves_the_numbers_as_they_were(seed):
    nudge = definitions(NAME, ["by_nudging"], np=np).by_nudging
    rng = np.random.default_rng(seed)
    array, weights = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    before = array.copy()
    slopes = nudge(lambda: (weights * array**2).sum(), array)
    np.testing.assert_allclose(slopes, 2 * weights * before, atol=1e-6)
    np.testing.assert_array_equal(array, before)


def test_a_digit_moves_as_far_as_it_is_told(built):
    x, _ = digits(3)
    middle = built.moved(x, 0, 0)
    assert middle.shape == (3, 14, 14, 1)
    for down, right in np.ndindex(5, 5):
        expected = np.roll(middle, (down - 2, right - 2), axis=(1, 2))
        np.testing.assert_array_equal(built.moved(x, down - 2, right - 2), expected)


# --- exercises: their oracles against TensorFlow and the course's module --------------------------


def tape_slopes(image, kernel, slopes, stride=1):
    """Return ∂L/∂X and ∂L/∂F by TensorFlow, where L = Σ slopes · O."""
    import tensorflow as tf

    x = tf.constant(np.asarray(image, float)[None, ..., None])
    f = tf.constant(np.asarray(kernel, float)[..., None, None])
    with tf.GradientTape() as tape:
        tape.watch([x, f])
        loss = tf.reduce_sum(tf.nn.conv2d(x, f, stride, "VALID")[0, ..., 0] * slopes)
    for_x, for_f = tape.gradient(loss, [x, f])
    return for_x.numpy()[0, ..., 0], for_f.numpy()[..., 0, 0]


def shape_of_kernel(image, slopes):
    return tuple(n - o + 1 for n, o in zip(image.shape, slopes.shape, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_kernel_slopes_are_those_of_the_tape_and_of_the_module(seed):
    for case in [*nb10.kernel_slopes.fixed_cases, *nb10.kernel_slopes.draw_cases(seed)]:
        image, slopes = case.args
        kernel = np.ones(shape_of_kernel(image, slopes))
        expected = nb10.kernel_slopes.oracle(image, slopes)
        np.testing.assert_allclose(tape_slopes(image, kernel, slopes)[1], expected, atol=1e-9)
        np.testing.assert_array_equal(conv2d_gradients(image, kernel, slopes).kernels, expected)


@pytest.mark.parametrize("seed", range(3))
def test_image_slopes_are_those_of_the_tape_and_of_the_module(seed):
    for case in [*nb10.image_slopes.fixed_cases, *nb10.image_slopes.draw_cases(seed)]:
        kernel, slopes = case.args
        expected = nb10.image_slopes.oracle(kernel, slopes)
        image = np.zeros(expected.shape)
        np.testing.assert_allclose(tape_slopes(image, kernel, slopes)[0], expected, atol=1e-9)
        np.testing.assert_array_equal(conv2d_gradients(image, kernel, slopes).images, expected)


@pytest.mark.parametrize("seed", range(3))
def test_spread_slopes_give_the_slopes_of_a_stride(seed):
    kernel = np.array([[1, -2], [3, 5]])
    for case in [*nb10.spread.fixed_cases, *nb10.spread.draw_cases(seed)]:
        slopes, stride = case.args
        apart = nb10.spread.oracle(slopes, stride)
        shape = tuple(n + 1 for n in apart.shape)
        image = np.random.default_rng(seed).integers(-9, 10, shape)
        for_image, for_kernel = tape_slopes(image, kernel, slopes, stride)
        np.testing.assert_allclose(nb10.image_slopes.oracle(kernel, apart), for_image, atol=1e-9)
        np.testing.assert_allclose(nb10.kernel_slopes.oracle(image, apart), for_kernel, atol=1e-9)
        found = conv2d_gradients(image, kernel, slopes, stride=stride)
        np.testing.assert_array_equal(found.images, nb10.image_slopes.oracle(kernel, apart))


@pytest.mark.parametrize("seed", range(3))
def test_max_pooling_is_that_of_the_tape_and_of_the_module_ties_included(seed):
    import tensorflow as tf

    for case in [*nb10.max_pool_slopes.fixed_cases, *nb10.max_pool_slopes.draw_cases(seed)]:
        image, slopes = case.args
        x = tf.constant(image[None, ..., None].astype(float))
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.nn.max_pool2d(x, 2, 2, "VALID")[0, ..., 0] * slopes)
        expected = nb10.max_pool_slopes.oracle(image, slopes)
        np.testing.assert_array_equal(tape.gradient(loss, x).numpy()[0, ..., 0], expected)
        np.testing.assert_array_equal(max_pool2d_gradient(image, slopes), expected)


@pytest.mark.parametrize("seed", range(3))
def test_bias_slopes_are_those_of_the_tape(seed):
    import tensorflow as tf

    for case in [*nb10.bias_slopes.fixed_cases, *nb10.bias_slopes.draw_cases(seed)]:
        z, slopes = case.args
        bias = tf.zeros(z.shape[-1], tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(bias)
            loss = tf.reduce_sum(tf.nn.relu(tf.constant(z.astype(float)) + bias) * slopes)
        expected = nb10.bias_slopes.oracle(z, slopes)
        np.testing.assert_allclose(tape.gradient(loss, bias).numpy(), expected, atol=1e-9)


def test_the_strip_of_the_pictures_slopes_is_stored_as_a_picture():
    (path,) = [path for path in notebook_paths() if path.name == NAME]
    (strip,) = [cell for cell in Notebook.read(path).cells if cell.id == "strip"]
    assert any("image/png" in output.get("data", {}) for output in strip.raw["outputs"])
