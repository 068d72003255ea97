"""Each error of `convolution` names the argument, what came and what was expected."""

import re

import numpy as np
import pytest

from course_utils import convolution as cv

GREY, KERNEL = np.ones((5, 6)), np.ones((3, 3))
BATCH, KERNELS = np.ones((2, 5, 6, 3)), np.ones((3, 3, 3, 4))
NAN = np.array([[1.0, 2.0], [np.nan, 4.0]])

CONVOLUTIONS = [
    # images, kernels
    (([[1, 2], [3]], KERNEL), ValueError, "images: an array of numbers is expected, got rows of"),
    ((GREY, [[1, 2], [3]]), ValueError, "kernels: an array of numbers is expected, got rows of"),
    ((np.full((3, 3), "a"), KERNEL), TypeError, "images: real numbers are expected, got dtype <U1"),
    ((GREY.astype(object), KERNEL), TypeError, "images: real numbers .* got dtype object"),
    ((GREY * 1j, KERNEL), TypeError, "images: real numbers .* got dtype complex128"),
    ((GREY, KERNEL * 1j), TypeError, "kernels: real numbers .* got dtype complex128"),
    ((None, KERNEL), TypeError, "images: real numbers .* got dtype object"),
    ((NAN, np.ones((1, 1))), ValueError, r"images: finite numbers .* got nan at position \(1, 0\)"),
    ((np.ones((2, 2)), -np.inf * NAN), ValueError, r"kernels: finite .* got -inf at position"),
    ((np.ones((0, 5)), KERNEL), ValueError, r"images: at least one number .* got shape \(0, 5\)"),
    ((GREY, np.ones((3, 0))), ValueError, r"kernels: at least one number .* got shape \(3, 0\)"),
    ((np.full((3, 3), 2**63, np.uint64), KERNEL), ValueError, r"images: whole .* below 2\*\*63"),
    ((np.ones(5), KERNEL), ValueError, r"images: shape \(h, w\), \(h, w, c\) or .* got \(5,\)"),
    ((5, KERNEL), ValueError, r"images: shape \(h, w\), \(h, w, c\) or .* got \(\)"),
    ((np.ones((1, 2, 5, 6, 3)), KERNELS), ValueError, r"images: shape .* got \(1, 2, 5, 6, 3\)"),
    ((GREY, np.ones(3)), ValueError, r"kernels: shape \(kh, kw\) or .* got \(3,\)"),
    ((BATCH, np.ones((3, 3, 3))), ValueError, r"kernels: shape \(kh, kw\) or .* got \(3, 3, 3\)"),
    # a batch of grey digits looks like one picture with many channels
    ((np.ones((9, 8, 8)), KERNEL), ValueError, r"images: .* \(9, 8, 8\).*images\[\.\.\., np"),
    ((BATCH, KERNEL), ValueError, r"images: a kernel \(kh, kw\) goes with one grey picture .* got"),
    ((np.ones((9, 8, 8)), np.ones((3, 3, 1, 2))), ValueError, r"c_in = 8 .* images\[\.\.\.,"),
    ((GREY, np.ones((3, 3, 1, 2))), ValueError, r"images: .* \(5, 6\)\. images\[\.\.\., np"),
    ((BATCH, np.ones((3, 3, 2, 4))), ValueError, r"c_in = 3 .* \(2, 5, 6, 3\), got .* \(3, 3, 2"),
    ((GREY, np.ones((6, 3))), ValueError, r"kernels: a window within .* got \(6, 3\) on"),
    ((GREY, KERNEL, None, 1, "valid", 3), ValueError, r"kernels: .* by dilation \(3, 3\), on"),
    ((GREY, np.ones((9, 3)), None, 1, 1), ValueError, r"kernels: .* with 1 \+ 1 cells of padding"),
    ((np.full((3, 3), 2**31), np.full((2, 2), 2**31)), ValueError, "may reach 1.8e.19. Pass"),
    # bias
    ((BATCH, KERNELS, np.ones(3)), ValueError, r"bias: .* shape \(4,\), is .* got shape \(3,"),
    ((BATCH, KERNELS, 1), ValueError, r"bias: one number per .* shape \(4,\), .* \(\)"),
    ((GREY, KERNEL, np.ones(2)), ValueError, r"bias: one number is expected, got shape \(2,\)"),
    ((GREY, KERNEL, "a"), TypeError, "bias: real numbers are expected, got dtype <U1"),
    ((GREY, KERNEL, np.nan), ValueError, r"bias: finite numbers are expected, got nan"),
    # stride and dilation
    ((GREY, KERNEL, None, 0), ValueError, "stride: 1 or more is expected, got 0"),
    ((GREY, KERNEL, None, (1, -2)), ValueError, "stride: 1 or more is expected, got -2"),
    ((GREY, KERNEL, None, 1.0), TypeError, "stride: a whole number is expected, got 1.0"),
    ((GREY, KERNEL, None, True), TypeError, "stride: a whole number is expected, got True"),
    ((GREY, KERNEL, None, "2"), TypeError, "stride: a whole number is expected, got '2'"),
    ((GREY, KERNEL, None, None), TypeError, "stride: a whole number is expected, got None"),
    ((GREY, KERNEL, None, (1, 2, 3)), ValueError, r"stride: one .* or a pair .* got \(1, 2, 3\)"),
    ((GREY, KERNEL, None, (1, 2.5)), TypeError, "stride: a whole number is expected, got 2.5"),
    ((GREY, KERNEL, None, 1, "valid", 0), ValueError, "dilation: 1 or more is expected, got 0"),
    # padding
    ((GREY, KERNEL, None, 1, "Same"), ValueError, "padding: 'valid', 'same', 'full', .* 'Same'"),
    ((GREY, KERNEL, None, 1, -1), ValueError, "padding: 0 or more is expected, got -1"),
    ((GREY, KERNEL, None, 1, 0.5), TypeError, "padding: a whole number is expected, got 0.5"),
    ((GREY, KERNEL, None, 1, (1, 1)), ValueError, r"padding: .* \(\(top, .* got \(1, 1\)"),
    ((GREY, KERNEL, None, 1, ((1, 1), (0, -1))), ValueError, "padding: 0 or more is .* got -1"),
    ((GREY, KERNEL, None, 1, ((1, 1), (0, 1.5))), TypeError, "padding: a whole .* got 1.5"),
    ((GREY, KERNEL, None, 1, ((1, 1), (1, 1), (1, 1))), ValueError, "padding: one whole number or"),
    ((GREY, KERNEL, None, 1, ((1, 1), 2)), ValueError, r"padding: one .* got \(\(1, 1\), 2\)"),
]  # fmt: skip


@pytest.mark.parametrize("function", [cv.conv2d, cv.convolve2d_true, cv.conv2d_loops])
@pytest.mark.parametrize(("arguments", "error", "message"), CONVOLUTIONS)
def test_convolutions(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


FROM_STRIDE_ON = [row for row in CONVOLUTIONS if len(row[0]) != 3]


@pytest.mark.parametrize(("arguments", "error", "message"), FROM_STRIDE_ON)
def test_conv2d_gradients_says_the_same(arguments, error, message):
    images, kernels, *rest = arguments
    with pytest.raises(error, match=message):
        cv.conv2d_gradients(images, kernels, 0, *rest[1:])


POOLING = [
    ((np.ones(5),), ValueError, r"images: shape \(h, w\), .* got \(5,\)"),
    ((np.full((2, 2), "a"),), TypeError, "images: real numbers are expected, got dtype <U1"),
    ((NAN,), ValueError, r"images: finite numbers are expected, got nan at position \(1, 0\)"),
    ((np.ones((0, 2)),), ValueError, r"images: at least one number is .* \(0, 2\)"),
    ((GREY, 0), ValueError, "window: 1 or more is expected, got 0"),
    ((GREY, 2.0), TypeError, "window: a whole number is expected, got 2.0"),
    ((GREY, (2, 2, 2)), ValueError, r"window: one whole number or a pair .* got \(2, 2, 2\)"),
    ((GREY, 6), ValueError, r"window: a window within .* got \(6, 6\) on \(h, w\) = \(5, 6\)"),
    ((GREY, 2, 0), ValueError, "stride: 1 or more is expected, got 0"),
    ((GREY, 2, 1.5), TypeError, "stride: a whole number is expected, got 1.5"),
    ((GREY, 2, 2, "full"), ValueError, "padding: .* got 'full', which is for convolutions"),
    ((GREY, 2, 2, "some"), ValueError, "padding: 'valid', 'same', a whole number .* got 'some'"),
    ((GREY, 2, 2, -1), ValueError, "padding: 0 or more is expected, got -1"),
    ((GREY, 2, 1, 2), ValueError, r"padding: every window must hold a cell .* got 2 with window"),
    ((GREY, 2, 1, ((0, 0), (0, 2))), ValueError, r"padding: every window must hold a cell"),
    ((GREY, 2, 7, ((0, 5), (0, 0))), ValueError, r"padding: every window must .* \(5, 6\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    "function", [cv.max_pool2d, cv.average_pool2d, cv.sum_pool2d, cv.pool2d_loops]
)
@pytest.mark.parametrize(("arguments", "error", "message"), POOLING)
def test_pools(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


@pytest.mark.parametrize(
    "back", [cv.max_pool2d_gradient, cv.average_pool2d_gradient, cv.sum_pool2d_gradient]
)
@pytest.mark.parametrize(("arguments", "error", "message"), POOLING)
def test_the_gradients_of_pools_say_the_same(back, arguments, error, message):
    with pytest.raises(error, match=message):
        back(arguments[0], 0, *arguments[1:])


@pytest.mark.parametrize("kind", ["max", "average", "sum"])
@pytest.mark.parametrize(("arguments", "error", "message"), POOLING[:4])
def test_global_pools(kind, arguments, error, message):
    for function, rest in [("global_{}_pool2d", ()), ("global_{}_pool2d_gradient", (0,))]:
        with pytest.raises(error, match=message):
            getattr(cv, function.format(kind))(*arguments, *rest)


SLOPES = [
    (lambda s: cv.conv2d_gradients(GREY, KERNEL, s), "(3, 4)"),
    (lambda s: cv.conv2d_gradients(BATCH[0], KERNELS, s), "(3, 4, 4)"),
    (lambda s: cv.conv2d_gradients(BATCH, KERNELS, s, 2, "same"), "(2, 3, 3, 4)"),
    (lambda s: cv.max_pool2d_gradient(GREY, s), "(2, 3)"),
    (lambda s: cv.average_pool2d_gradient(BATCH[0], s), "(2, 3, 3)"),
    (lambda s: cv.sum_pool2d_gradient(BATCH, s, 3, 1), "(2, 3, 4, 3)"),
    (lambda s: cv.global_max_pool2d_gradient(GREY, s), "()"),
    (lambda s: cv.global_average_pool2d_gradient(BATCH[0], s), "(3,)"),
    (lambda s: cv.global_sum_pool2d_gradient(BATCH, s), "(2, 3)"),
]


@pytest.mark.parametrize(("call", "shape"), SLOPES)
def test_slopes_have_the_shape_of_the_output(call, shape):
    message = f"slopes: the shape of the output, {shape}, is expected, got (2, 2)"
    with pytest.raises(ValueError, match=re.escape(message)):
        call(np.ones((2, 2)))
    with pytest.raises(TypeError, match="slopes: real numbers are expected, got dtype <U1"):
        call("a")
    with pytest.raises(ValueError, match="slopes: finite numbers are expected, got inf at posit"):
        call([1, np.inf])


def test_relu():
    with pytest.raises(ValueError, match=r"z: finite numbers are expected, got nan at position"):
        cv.relu(NAN)
    with pytest.raises(
        ValueError, match=r"slopes: the shape of z, \(3,\), is expected, got \(2,\)"
    ):
        cv.relu_gradient(np.ones(3), np.ones(2))


def test_an_unknown_way_to_pool_in_loops():
    with pytest.raises(ValueError, match="reduce: one of max, average, sum is expected, got 'min'"):
        cv.pool2d_loops(GREY, reduce="min")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cv.output_size(0, 3), ValueError, "i: 1 or more is expected, got 0"),
        (lambda: cv.output_size(5, 3.0), TypeError, "k: a whole number is expected, got 3.0"),
        (lambda: cv.output_size(5, 3, s=0), ValueError, "s: 1 or more is expected, got 0"),
        (lambda: cv.output_size(5, 3, p=-1), ValueError, "p: 0 or more is expected, got -1"),
        (lambda: cv.output_size(5, 3, d=0), ValueError, "d: 1 or more is expected, got 0"),
        (lambda: cv.output_size(5, 4, d=2, p=0), ValueError, r"k: .* k = 4 \(dilation 2\) on 5 \+"),
        (lambda: cv.padding_amounts(0, 3), ValueError, "size: 1 or more is expected, got 0"),
        (lambda: cv.padding_amounts(5, "3"), TypeError, "kernel: a whole number is .* got '3'"),
        (lambda: cv.padding_amounts(5, 3, padding="all"), ValueError, "padding: .* got 'all'"),
        (lambda: cv.padding_amounts(5, 3, padding=-1), ValueError, "padding: 0 or more"),
        (lambda: cv.padding_amounts(5, 3, padding=(1, 2, 3)), ValueError, "padding: "),
        (lambda: cv.receptive_field([(3,)]), ValueError, r"layers: \(kernel, str.* got \(3,\)"),
        (lambda: cv.receptive_field([3]), ValueError, r"layers: \(kernel, stride\) .* got 3"),
        (lambda: cv.receptive_field([(3, 0)]), ValueError, "layers: 1 or more is expected, got 0"),
        (lambda: cv.receptive_field([(3, 1.0)]), TypeError, "layers: a whole number is .* got 1.0"),
        (lambda: cv.parameter_count(0, 1, 1), ValueError, "kernel: 1 or more is expected, got 0"),
        (lambda: cv.parameter_count(3, 1.5, 1), TypeError, "c_in: a whole number is .* got 1.5"),
        (lambda: cv.parameter_count(3, 1, 0), ValueError, "c_out: 1 or more is expected, got 0"),
        (lambda: cv.conv_matrix(BATCH, (5, 5)), ValueError, r"kernel: shape \(kh, kw\) .* \(2, 5"),
        (lambda: cv.conv_matrix(NAN, (5, 5)), ValueError, "kernel: finite numbers are expected"),
        (lambda: cv.conv_matrix(KERNEL, (5, 5, 1)), ValueError, r"image_shape: .* \(5, 5, 1\)"),
        (lambda: cv.conv_matrix(KERNEL, (2, 5)), ValueError, r"kernel: a window .* \(2, 5\)"),
        (lambda: cv.conv_matrix(KERNEL, (5, 0)), ValueError, "image_shape: 1 or more is expected"),
        (lambda: cv.conv_matrix(KERNEL, (5, 5), 0), ValueError, "stride: 1 or more is expected"),
        (lambda: cv.conv_matrix([[1], [2, 3]], (5, 5)), ValueError, "kernel: an array of numbers"),
    ],
)  # fmt: skip
def test_sizes_and_matrix(call, error, message):
    with pytest.raises(error, match=message):
        call()
