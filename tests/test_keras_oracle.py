"""Keras's own convolution, asked in the shapes of the course."""

import subprocess
import sys

import numpy as np
import pytest

from course_utils import convolution, keras_oracle
from course_utils.worked_examples import ONE_TO_FOUR, ONE_TO_NINE


def test_it_says_what_the_notebook_prints():
    assert keras_oracle.conv2d(ONE_TO_NINE, ONE_TO_FOUR).tolist() == [[37, 47], [67, 77]]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_it_agrees_with_ours(stride, padding):
    rng = np.random.default_rng(stride)
    image, kernels, bias = (rng.normal(size=size) for size in ((7, 8, 2), (3, 2, 2, 4), 4))
    np.testing.assert_allclose(
        keras_oracle.conv2d(image, kernels, bias, stride, padding),
        convolution.conv2d(image, kernels, bias, stride, padding),
        atol=1e-12,
    )


def test_one_bias_serves_all_maps():
    image, kernels = np.ones((3, 3, 1)), np.ones((2, 2, 1, 2))
    assert np.array_equal(keras_oracle.conv2d(image, kernels, 0.5), np.full((2, 2, 2), 4.5))


def test_axes_that_do_not_go_together_are_named():
    with pytest.raises(ValueError, match=r"image has shape \(3, 3, 1\) and kernels \(2, 2\)"):
        keras_oracle.conv2d(np.ones((3, 3, 1)), np.ones((2, 2)))


def test_keras_is_imported_only_when_it_is_asked():
    code = "import sys; from course_utils import keras_oracle; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
