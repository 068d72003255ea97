"""The named kernels, held against SciPy, closed forms and each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from course_utils.kernels import CLASSIC_KERNELS, kernel_named, over_whole

RNG = np.random.default_rng(8)
PICTURE = RNG.integers(0, 256, (12, 15)).astype(float)


def slid(name: str) -> np.ndarray:
    return signal.correlate2d(PICTURE, CLASSIC_KERNELS[name], "valid")


def test_all_are_square_odd_floats_that_nobody_can_change():
    assert len(CLASSIC_KERNELS) == 9
    for kernel in CLASSIC_KERNELS.values():
        assert kernel.shape in ((3, 3), (5, 5)) and kernel.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            kernel[0, 0] = 1
    with pytest.raises(TypeError):
        CLASSIC_KERNELS["mine"] = np.eye(3)


@pytest.mark.parametrize("name", CLASSIC_KERNELS)
def test_the_weights_add_up_to_1_or_for_edges_to_0(name):
    total = 0 if name.startswith("Sobel") or name == "Laplacian" else 1
    assert CLASSIC_KERNELS[name].sum() == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(
    "name, oracle",
    [
        ("identity", PICTURE),
        ("box blur 3×3", ndimage.uniform_filter(PICTURE, 3)),
        ("box blur 5×5", ndimage.uniform_filter(PICTURE, 5)),
        ("Sobel, vertical edges", ndimage.sobel(PICTURE, axis=1)),
        ("Sobel, horizontal edges", ndimage.sobel(PICTURE, axis=0)),
        ("Laplacian", ndimage.laplace(PICTURE)),
        ("sharpen", PICTURE - ndimage.laplace(PICTURE)),
    ],
)
def test_scipys_own_filters_give_the_same(name, oracle):
    rim = len(CLASSIC_KERNELS[name]) // 2
    np.testing.assert_allclose(slid(name), oracle[rim:-rim, rim:-rim], rtol=0, atol=1e-9)


def test_the_gaussian_blur_is_two_box_sums_of_two_twice_over():
    kernel = np.ones((1, 1))
    for _ in range(4):  # the binomial numbers 1 4 6 4 1 across and down
        kernel = signal.convolve2d(kernel, np.ones((2, 2)) / 4)
    np.testing.assert_allclose(CLASSIC_KERNELS["Gaussian blur 5×5"], kernel, rtol=0, atol=1e-15)
    assert CLASSIC_KERNELS["Gaussian blur 5×5"][2, 2] == 36 / 256


def test_edges_have_the_sign_that_is_promised():
    rising = np.tile(np.arange(6.0), (6, 1))
    across = signal.correlate2d(rising, CLASSIC_KERNELS["Sobel, vertical edges"], "valid")
    down = signal.correlate2d(rising.T, CLASSIC_KERNELS["Sobel, horizontal edges"], "valid")
    assert (across == 8).all() and (down == 8).all()
    turned = np.rot90(CLASSIC_KERNELS["Sobel, vertical edges"], -1)  # clockwise
    assert np.array_equal(turned, CLASSIC_KERNELS["Sobel, horizontal edges"])


def test_emboss_lights_what_gets_brighter_towards_the_lower_right():
    emboss = CLASSIC_KERNELS["emboss"]
    difference = emboss - CLASSIC_KERNELS["identity"]
    assert np.array_equal(difference, -difference[::-1, ::-1])  # a difference of opposite corners
    assert emboss[2, 2] > 0 > emboss[0, 0]


@pytest.mark.parametrize("typed", ["BOX BLUR 3x3", "box blur 3×3", "Box  blur 3 × 3"])
def test_a_name_is_found_however_it_is_typed(typed):
    assert kernel_named(typed) is CLASSIC_KERNELS["box blur 3×3"]


@pytest.mark.parametrize("wrong", ["blur", "", None, 3, np.eye(3)])
def test_an_unknown_name_lists_the_known_ones(wrong):
    with pytest.raises(ValueError, match=r"kernel is .*expected one of 'identity'.*'emboss'"):
        kernel_named(wrong)


@given(
    st.lists(st.integers(-50, 50), min_size=9, max_size=9),
    st.integers(1, 300),
)
def test_whole_numbers_and_their_divisor_give_the_kernel_back(whole, divisor):
    kernel = np.reshape(whole, (3, 3)) / divisor
    numerators, found = over_whole(kernel)
    assert 1 <= found <= divisor and np.array_equal(numerators, np.round(numerators))
    np.testing.assert_allclose(numerators / found, kernel, rtol=0, atol=1e-9)


def test_weights_that_no_divisor_makes_whole_stay_as_they_are():
    kernel = np.array([[np.pi, 1.0], [0.0, -np.e]])
    numerators, divisor = over_whole(kernel)
    assert divisor == 1 and np.array_equal(numerators, kernel)


@pytest.mark.parametrize("wrong", [np.array([[np.nan]]), np.array([["1"]])])
def test_a_divisor_is_sought_for_numbers_only(wrong):
    with pytest.raises(ValueError, match="expected finite numbers"):
        over_whole(wrong)
