"""`convolution` in its details: loops, dtypes, sizes, the matrix, memory, what is left alone."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import signal

from course_utils import convolution as cv
from course_utils import worked_examples as we

SIDES = st.integers(1, 7)
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADDING = st.one_of(
    st.sampled_from(["valid", "same"]), st.integers(0, 2), st.just(((0, 1), (2, 0)))
)
QUICK = {"deadline": None, "derandomize": True}
DTYPES = st.sampled_from([np.int64, np.uint8, bool, np.float32, np.float64])


def values(rng, shape, dtype):
    if np.issubdtype(dtype, np.floating):
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(0, 2 if dtype is bool else 255, shape).astype(dtype)


def same_numbers(ours, theirs, terms, size):
    """Exact for whole numbers, otherwise within 4·k·eps·Σ|x·w|."""
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    allowed = 0 if ours.dtype == np.int64 else 4 * terms * np.finfo(ours.dtype).eps * size
    assert np.all(abs(ours - theirs) <= allowed)


# --- the loops ------------------------------------------------------------------------------------


@settings(max_examples=120, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), sizes=st.tuples(SIDES, SIDES),
    window=PAIRS, c_in=st.integers(1, 2), c_out=st.integers(1, 2), stride=PAIRS, dilation=PAIRS,
    padding=st.one_of(PADDING, st.just("full")), ndim=st.sampled_from([2, 3, 4]), dtype=DTYPES,
)  # fmt: skip
def test_loops_and_windows_give_the_same_convolution(
    seed, n, sizes, window, c_in, c_out, stride, dilation, padding, ndim, dtype
):
    rng = np.random.default_rng(seed)
    images = values(rng, {2: sizes, 3: (*sizes, c_in), 4: (n, *sizes, c_in)}[ndim], dtype)
    kernels = values(rng, window if ndim == 2 else (*window, c_in, c_out), dtype)
    bias = values(rng, () if ndim == 2 else c_out, dtype)
    arguments = (images, kernels, bias, stride, padding, dilation)
    try:
        ours = cv.conv2d(*arguments)
    except ValueError:
        assume(False)  # the kernel is larger than the picture
    size = cv.conv2d(abs(images * 1.0), abs(kernels * 1.0), abs(bias * 1.0), *arguments[3:])
    same_numbers(ours, cv.conv2d_loops(*arguments), kernels.size + 1, size)
    turned = kernels[::-1, ::-1]
    np.testing.assert_array_equal(
        cv.convolve2d_true(*arguments), cv.conv2d(images, turned, *arguments[2:])
    )


POOLS = {"max": cv.max_pool2d, "average": cv.average_pool2d, "sum": cv.sum_pool2d}


@settings(max_examples=120, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), sizes=st.tuples(SIDES, SIDES),
    window=PAIRS, channels=st.integers(1, 2), stride=st.one_of(st.none(), PAIRS), padding=PADDING,
    ndim=st.sampled_from([2, 3, 4]), dtype=DTYPES, kind=st.sampled_from(list(POOLS)),
)  # fmt: skip
def test_loops_and_places_give_the_same_pooling(
    seed, n, sizes, window, channels, stride, padding, ndim, dtype, kind
):
    rng = np.random.default_rng(seed)
    images = values(rng, {2: sizes, 3: (*sizes, channels), 4: (n, *sizes, channels)}[ndim], dtype)
    try:
        ours = POOLS[kind](images, window, stride, padding)
    except ValueError:
        assume(False)
    loops = cv.pool2d_loops(images, window, stride, padding, reduce=kind)
    same_numbers(ours, loops, window[0] * window[1], abs(images * 1.0).sum())


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (2, 4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_a_global_pool_is_a_pool_whose_window_is_the_picture(kind, shape, dtype):
    images = values(np.random.default_rng(0), shape, dtype)
    ours = getattr(cv, f"global_{kind}_pool2d")(images)
    window = POOLS[kind](images, (4, 5)).reshape(ours.shape)
    assert ours.dtype == window.dtype
    assert ours.shape == {2: (), 3: (3,), 4: (2, 3)}[len(shape)]
    np.testing.assert_allclose(ours, window, rtol=1e-6)


# --- dtypes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "kernels", "bias", "expected"),
    [
        (np.uint8, np.uint8, None, np.int64),
        (bool, bool, None, np.int64),
        (np.int8, np.uint64, np.int32, np.int64),
        (np.float32, np.float32, None, np.float32),
        (np.float32, np.float32, np.float32, np.float32),
        (np.float32, np.float32, np.float64, np.float64),
        (np.float32, np.float64, None, np.float64),
        (np.uint8, np.float32, None, np.float64),
        (np.float16, np.float16, None, np.float64),
        (np.int64, np.int64, np.float32, np.float64),
    ],
)
def test_dtypes_that_meet(images, kernels, bias, expected):
    bias = None if bias is None else np.ones((), bias)
    arguments = (np.ones((3, 3), images), np.ones((2, 2), kernels), bias)
    assert cv.conv2d(*arguments).dtype == cv.conv2d_loops(*arguments).dtype == expected


def test_a_plain_number_as_bias_does_not_widen_float32():
    x, k = np.ones((3, 3), np.float32), np.ones((2, 2), np.float32)
    assert cv.conv2d(x, k, 0.5).dtype == cv.conv2d(x, k, 1).dtype == np.float32
    assert cv.conv2d(x.astype(int), k.astype(int), 0.5).dtype == np.float64


def test_bytes_do_not_overflow():
    white = np.full((5, 5), 255, np.uint8)
    assert cv.conv2d(white, np.full((5, 5), 255, np.uint8)) == 25 * 255**2
    assert cv.sum_pool2d(white, 5) == 25 * 255
    assert cv.average_pool2d(white, 5) == 255


def test_large_whole_numbers_stay_exact():
    """2**53 + 1 is the first whole number that float64 can't hold."""
    assert cv.conv2d([[2**53, 1]], [[1, 1]])[0, 0] == 2**53 + 1


def test_lists_and_any_memory_order_are_welcome():
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=(2, 6, 7, 3)), rng.normal(size=(3, 2, 3, 4))
    expected = cv.conv2d(x, k)
    np.testing.assert_array_equal(cv.conv2d(x.tolist(), k.tolist()), expected)
    np.testing.assert_allclose(cv.conv2d(np.asfortranarray(x), np.asfortranarray(k)), expected)
    np.testing.assert_allclose(cv.conv2d(x[:, ::-1, ::-1][:, ::-1, ::-1], k), expected, rtol=1e-12)


def test_arguments_are_left_alone_and_results_are_new():
    x, k = np.ones((1, 4, 4, 1)), np.ones((1, 1, 1, 1))
    x.setflags(write=False)
    k.setflags(write=False)
    for result in (cv.conv2d(x, k), cv.max_pool2d(x, 1), cv.sum_pool2d(x, 1), cv.relu(x)):
        assert not np.shares_memory(result, x)
        assert result.flags.writeable
        np.testing.assert_array_equal(result, x)


# --- sizes ----------------------------------------------------------------------------------------


@settings(max_examples=150, **QUICK)
@given(
    i=st.integers(1, 20), k=st.integers(1, 5), s=st.integers(1, 4), p=st.integers(0, 4),
    d=st.integers(1, 3),
)  # fmt: skip
def test_output_size_is_what_comes_out(i, k, s, p, d):
    try:
        size = cv.output_size(i, k, s, p, d)
    except ValueError:
        assert i + 2 * p < (k - 1) * d + 1
        return
    assert size == len(cv.conv2d(np.ones((i, 1)), np.ones((k, 1)), None, s, ((p, p), (0, 0)), d))


@settings(max_examples=150, **QUICK)
@given(
    i=st.integers(1, 20), k=st.integers(1, 5), s=st.integers(1, 4), d=st.integers(1, 3),
    padding=st.sampled_from(["same", "full"]),
)  # fmt: skip
def test_padding_amounts_are_what_is_padded(i, k, s, d, padding):
    before, after = cv.padding_amounts(i, k, s, padding, d)
    rng = np.random.default_rng(0)
    column, kernel = rng.normal(size=(i, 1)), rng.normal(size=(k, 1))
    ours = cv.conv2d(column, kernel, None, s, padding, d)
    around = np.pad(column, ((before, after), (0, 0)))
    np.testing.assert_allclose(ours, cv.conv2d(around, kernel, None, s, "valid", d), rtol=1e-12)
    if padding == "same":
        assert len(ours) == -(-i // s)
        assert after - before in (0, 1)
    else:
        assert before == after == (k - 1) * d


def test_padding_amounts_of_numbers():
    assert cv.padding_amounts(5, 3, padding=2) == (2, 2)
    assert cv.padding_amounts(5, 3, padding=(0, 2)) == (0, 2)
    assert cv.padding_amounts(5, 3, padding="valid") == (0, 0)


@settings(max_examples=60, **QUICK)
@given(
    layers=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)), max_size=4)
)
def test_receptive_field_is_how_far_one_output_cell_looks(layers):
    """All kernels ones: the last output's gradient is non-zero exactly where it looks."""
    field = cv.receptive_field(layers)
    lines = [np.ones((1, field + 5))]
    for k, s, d in layers:
        lines.append(cv.conv2d(lines[-1], np.ones((1, k)), None, (1, s), "valid", (1, d)))
    slopes = np.zeros(lines[-1].shape)
    slopes[0, 0] = 1
    for line, (k, s, d) in zip(reversed(lines[:-1]), reversed(layers), strict=True):
        slopes = cv.conv2d_gradients(line, np.ones((1, k)), slopes, (1, s), "valid", (1, d)).images
    seen = np.flatnonzero(slopes[0])
    assert seen[0] == 0
    assert seen[-1] + 1 == field


def test_two_stacked_kernels_see_five_cells():
    assert [cv.receptive_field([(3, 1)] * n) for n in range(5)] == [1, 3, 5, 7, 9]


def test_parameter_count():
    assert cv.parameter_count(3, 2, 3, bias=False) == 3 * 2 * 3 * 3
    assert cv.parameter_count((5, 1), 1, 8) == 48


# --- the matrix -----------------------------------------------------------------------------------


@settings(max_examples=100, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), sizes=st.tuples(SIDES, SIDES), window=PAIRS, stride=PAIRS,
    dilation=PAIRS, padding=st.one_of(PADDING, st.just("full")),
)  # fmt: skip
def test_the_matrix_times_the_picture_is_the_convolution(
    seed, sizes, window, stride, dilation, padding
):
    rng = np.random.default_rng(seed)
    image, kernel = rng.integers(-9, 9, sizes), rng.integers(-2, 3, window)
    moves = (stride, padding, dilation)
    try:
        expected = cv.conv2d(image, kernel, None, *moves)
    except ValueError:
        assume(False)
    matrix = cv.conv_matrix(kernel, sizes, *moves)
    assert matrix.shape == (expected.size, image.size)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix @ image.ravel(), expected.ravel())
    assert np.all(matrix.data != 0)
    # and its transpose is the way back
    slopes = rng.integers(-9, 9, expected.shape)
    back = cv.conv2d_gradients(image, kernel, slopes, *moves).images
    np.testing.assert_array_equal(matrix.T @ slopes.ravel(), back.ravel())


# --- memory ---------------------------------------------------------------------------------------


def peak_beside_the_result(function, *arguments):
    tracemalloc.start()
    try:
        result = function(*arguments)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - result.nbytes


SHAPES = [
    ((2, 32, 32, 32), (3, 3, 32, 64), "valid"),
    ((512, 512), (5, 5), "valid"),
    ((1, 64, 64, 3), (11, 11, 3, 8), "same"),
    ((64, 28, 28, 1), (28, 28, 1, 2), "same"),
    ((1, 40000), (1, 9000), "valid"),
    ((1, 128, 128, 1), (1, 1, 1, 64), "valid"),
    ((4, 16, 16, 256), (3, 3, 256, 4), "same"),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("images", "kernels", "padding"), SHAPES)
def test_windows_take_at_most_twelve_times_the_pictures(images, kernels, padding, dtype):
    x, k = np.ones(images, dtype), np.ones(kernels, dtype)
    assert peak_beside_the_result(cv.conv2d, x, k, None, 1, padding) <= 12 * x.nbytes


# --- the course's own numbers ---------------------------------------------------------------------


def test_the_pictures_of_the_course():
    loop = cv.conv2d(we.NINE, we.LOOP) / 9
    np.testing.assert_allclose(
        loop.round(2),
        [[-0.11, 1, -0.11], [-0.56, 0.11, -0.33], [-0.33, 0.33, -0.33], [-0.56, -0.11, -0.56],
         [-0.33, -0.56, -0.33]],
    )  # fmt: skip
    kernels = we.RGB_KERNEL[..., np.newaxis]
    assert cv.conv2d(we.RGB_PATCH, kernels, [1]).item() == -25
    assert cv.convolve2d_true(we.RGB_PATCH, kernels, [1]).item() == 337
    np.testing.assert_array_equal(
        cv.max_pool2d(cv.relu(loop), 2, 1).round(2), [[1, 1], [0.33, 0.33], [0.33, 0.33], [0, 0]]
    )


def test_true_convolution_equals_scipy():
    rng = np.random.default_rng(0)
    for (h, w), (kh, kw), padding in itertools.product(
        [(5, 6), (4, 4)], [(3, 3), (2, 3)], ["valid", "full"]
    ):
        image, kernel = rng.normal(size=(h, w)), rng.normal(size=(kh, kw))
        np.testing.assert_allclose(
            cv.convolve2d_true(image, kernel, padding=padding),
            signal.convolve2d(image, kernel, padding),
            rtol=1e-12, atol=1e-14,
        )  # fmt: skip


def test_public_names_are_documented():
    for name in cv.__all__:
        assert getattr(cv, name).__doc__, name
        assert name in dir(cv)


def test_the_package_starts_without_tensorflow_and_scipy():
    """Notebooks 08–10 draw their first figure before anything heavy is imported."""
    import subprocess
    import sys

    code = (
        "import sys, course_utils.convolution;"
        "print([m for m in ('tensorflow', 'keras', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
