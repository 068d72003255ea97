"""The gradients of `convolution` against central differences, stride and dilation included.

Float64, norm-wise relative error. Away from ties and kinks: the numbers that a maximum or ReLU
looks at lie further apart, or further from 0, than a nudge moves them.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_utils import convolution as cv

NUDGE = 1e-5
SIDES = st.integers(1, 6)
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
AMOUNTS = st.tuples(st.integers(0, 2), st.integers(0, 2))
WORDS = st.sampled_from(["valid", "same"])
PADDING = st.one_of(WORDS, st.integers(0, 2), st.tuples(AMOUNTS, AMOUNTS))
QUICK = {"deadline": None, "derandomize": True}

checked = set()


def differences(loss, array):
    """Nudge every number both ways."""
    slopes = np.empty_like(array)
    for place in np.ndindex(array.shape):
        middle = array[place]
        array[place] = middle + NUDGE
        above = loss()
        array[place] = middle - NUDGE
        below = loss()
        array[place] = middle
        slopes[place] = (above - below) / (2 * NUDGE)
    return slopes


def relative(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-6)


def apart(rng, shape):
    """Numbers at least 0.05 from each other and from 0, in random order."""
    size = int(np.prod(shape))
    steps = np.concatenate([np.arange(-(size // 2), 0), np.arange(1, size - size // 2 + 1)])
    return rng.permutation(steps * 0.1 + rng.uniform(-0.02, 0.02, size)).reshape(shape)


def tried(call, *arguments):
    """The result, or None where the arguments don't fit (a kernel larger than the picture …)."""
    try:
        return call(*arguments)
    except ValueError:
        return None


@settings(max_examples=220, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 3), st.integers(1, 3)), c_in=st.integers(1, 2),
    c_out=st.integers(1, 2), stride=PAIRS, dilation=PAIRS,
    padding=st.one_of(PADDING, st.just("full")), ndim=st.sampled_from([2, 3, 4]),
)  # fmt: skip
def test_conv2d(seed, n, sizes, window, c_in, c_out, stride, dilation, padding, ndim):
    rng = np.random.default_rng(seed)
    shape = {2: sizes, 3: (*sizes, c_in), 4: (n, *sizes, c_in)}[ndim]
    images = rng.normal(size=shape)
    kernels = rng.normal(size=window if ndim == 2 else (*window, c_in, c_out))
    bias = rng.normal(size=() if ndim == 2 else c_out)
    moves = (stride, padding, dilation)
    output = tried(cv.conv2d, images, kernels, bias, *moves)
    assume(output is not None)
    weights = rng.normal(size=output.shape)
    found = cv.conv2d_gradients(images, kernels, weights * np.cos(output), *moves)

    def loss():
        return (weights * np.sin(cv.conv2d(images, kernels, bias, *moves))).sum()

    for ours, array in zip(found, (images, kernels, bias), strict=True):
        assert ours.shape == array.shape
        assert relative(ours, differences(loss, array)) < 1e-7
    facts = (n, sizes, window, c_in, c_out, padding, ndim)
    checked.add(("conv2d", stride, dilation, seed, facts))


POOLS = {
    "max": (cv.max_pool2d, cv.max_pool2d_gradient),
    "average": (cv.average_pool2d, cv.average_pool2d_gradient),
    "sum": (cv.sum_pool2d, cv.sum_pool2d_gradient),
}


@settings(max_examples=220, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 3), st.integers(1, 3)), channels=st.integers(1, 2),
    stride=st.one_of(st.none(), PAIRS), padding=PADDING, ndim=st.sampled_from([2, 3, 4]),
    kind=st.sampled_from(list(POOLS)),
)  # fmt: skip
def test_pools(seed, n, sizes, window, channels, stride, padding, ndim, kind):
    rng = np.random.default_rng(seed)
    images = apart(rng, {2: sizes, 3: (*sizes, channels), 4: (n, *sizes, channels)}[ndim])
    pool, back = POOLS[kind]
    output = tried(pool, images, window, stride, padding)
    assume(output is not None)
    weights = rng.normal(size=output.shape)
    ours = back(images, weights * np.cos(output), window, stride, padding)
    assert ours.shape == images.shape
    theirs = differences(
        lambda: (weights * np.sin(pool(images, window, stride, padding))).sum(), images
    )
    assert relative(ours, theirs) < 1e-7
    facts = (n, sizes, window, channels, padding, ndim)
    checked.add((kind, stride or window, (1, 1), seed, facts))


OTHERS = {
    "global max": (cv.global_max_pool2d, cv.global_max_pool2d_gradient),
    "global average": (cv.global_average_pool2d, cv.global_average_pool2d_gradient),
    "global sum": (cv.global_sum_pool2d, cv.global_sum_pool2d_gradient),
    "relu": (cv.relu, cv.relu_gradient),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("shape", [(4, 3), (3, 4, 2), (2, 3, 3, 2), (1, 1, 1, 1)])
def test_others(name, shape):
    rng = np.random.default_rng(0)
    forwards, back = OTHERS[name]
    images = apart(rng, shape)
    output = forwards(images)
    weights = rng.normal(size=output.shape)
    ours = back(images, weights * np.cos(output))
    assert ours.shape == shape
    theirs = differences(lambda: (weights * np.sin(forwards(images))).sum(), images)
    assert relative(ours, theirs) < 1e-7


def test_three_hundred_cases_were_really_checked(record_property):
    assert len(checked) >= 300
    steps = {(stride != (1, 1), dilation != (1, 1)) for _, stride, dilation, *_ in checked}
    assert steps == {(False, False), (False, True), (True, False), (True, True)}
    assert sum(stride != (1, 1) for _, stride, *_ in checked) >= 150
    assert {kind for kind, *_ in checked} == {"conv2d", *POOLS}
    record_property("gradient-cases", len(checked))


# --- where there is a tie, or a kink --------------------------------------------------------------


def test_of_equal_maxima_the_first_in_row_order_gets_all():
    images = np.full((2, 2, 2), 7)
    images[:, :, 1] = [[1, 2], [2, 2]]
    back = cv.max_pool2d_gradient(images, [[[10, 20]]])
    np.testing.assert_array_equal(back[..., 0], [[10, 0], [0, 0]])
    np.testing.assert_array_equal(back[..., 1], [[0, 20], [0, 0]])
    back = cv.global_max_pool2d_gradient(images, [10, 20])
    np.testing.assert_array_equal(back[..., 1], [[0, 20], [0, 0]])


def test_a_cell_that_wins_twice_gets_both_slopes():
    back = cv.max_pool2d_gradient([[1, 5, 2]], [[10, 20]], window=(1, 2), stride=1)
    np.testing.assert_array_equal(back, [[0, 30, 0]])


@pytest.mark.parametrize("dtype", [np.int64, np.float32, float])
def test_padding_never_wins(dtype):
    """Also where all cells are nearly the least number there is."""
    least = np.iinfo(dtype).min + 1 if dtype is np.int64 else np.finfo(dtype).min
    images = np.full((2, 2), least, dtype)
    np.testing.assert_array_equal(cv.max_pool2d(images, 2, 1, padding=1), least)
    back = cv.max_pool2d_gradient(images, np.ones((3, 3), dtype), 2, 1, padding=1)
    assert back.sum() == 9


def test_the_slope_of_relu_at_zero_is_zero():
    np.testing.assert_array_equal(
        cv.relu_gradient([-1.0, 0.0, -0.0, 1e-300], np.ones(4)), [0, 0, 0, 1]
    )


def test_the_tables_of_the_course():
    found = cv.conv2d_gradients(np.arange(1, 10).reshape(3, 3), [[1, 2], [3, 4]], [[1, 0], [-1, 2]])
    np.testing.assert_array_equal(found.kernels, [[7, 9], [13, 15]])
    np.testing.assert_array_equal(found.images, [[1, 2, 0], [2, 4, 4], [-3, 2, 8]])
    assert found.bias == 2


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_formulas_in_the_docstring(stride):
    """∂L/∂F and ∂L/∂X written out with SciPy, zeros between the slopes."""
    from scipy import signal

    rng = np.random.default_rng(stride)
    images, kernel = rng.normal(size=(8, 9)), rng.normal(size=(3, 2))
    slopes = rng.normal(size=cv.conv2d(images, kernel, stride=stride).shape)
    spread = np.zeros((6, 8))
    spread[::stride, ::stride] = slopes
    found = cv.conv2d_gradients(images, kernel, slopes, stride)
    np.testing.assert_allclose(found.kernels, signal.correlate2d(images, spread, "valid"))
    np.testing.assert_allclose(found.images, signal.convolve2d(spread, kernel, "full"))
    turned = kernel[::-1, ::-1]
    np.testing.assert_allclose(found.images, signal.correlate2d(spread, turned, "full"))


def test_dtypes():
    rng = np.random.default_rng(0)
    for dtype in (np.int64, np.float32, np.float64):
        x = rng.integers(-5, 5, (1, 6, 6, 2)).astype(dtype)
        k = rng.integers(-5, 5, (3, 3, 2, 2)).astype(dtype)
        for array in cv.conv2d_gradients(x, k, cv.conv2d(x, k)):
            assert array.dtype == dtype
        for kind, (pool, back) in POOLS.items():
            halves = kind == "average" and dtype is np.int64
            slopes = pool(x).astype(dtype)
            assert back(x, slopes).dtype == (np.float64 if halves else dtype)
    assert cv.conv2d_gradients(x, k, cv.conv2d(x, k).astype(int)).kernels.dtype == np.float64


def test_arguments_are_left_alone():
    rng = np.random.default_rng(1)
    x, k = rng.normal(size=(2, 5, 5, 1)), rng.normal(size=(2, 2, 1, 1))
    for array in (x, k):
        array.setflags(write=False)
    slopes = cv.conv2d(x, k)
    slopes.setflags(write=False)
    cv.conv2d_gradients(x, k, slopes)
    for _, back in POOLS.values():
        back(x, slopes, 2, 1)
    for name, (forwards, back) in OTHERS.items():
        result = back(x, forwards(x))
        assert not np.shares_memory(result, x), name
        assert result.flags.writeable
