"""`convolution` against SciPy and TensorFlow, forwards and backwards, on generated cases.

The oracle from SciPy spreads the kernel by writing zeros into it, correlates without steps and
takes every s-th result; that of TensorFlow is `tf.nn`. Neither shares a line with what it checks.
This is the one file that imports TensorFlow; finite differences are in
`test_convolution_gradients`.
"""

import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from course_utils import convolution as cv
from course_utils.environment import quiet_import

with quiet_import():
    import tensorflow as tf

SIDES = st.integers(1, 10)
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
AMOUNTS = st.tuples(st.integers(0, 3), st.integers(0, 3))
PADDING = st.one_of(
    st.sampled_from(["valid", "same", "full"]), st.integers(0, 3), st.tuples(AMOUNTS, AMOUNTS)
)
QUICK = {"deadline": None, "derandomize": True}


def amounts(padding, sizes, window, stride, dilation=(1, 1)):
    """((top, bottom), (left, right)), worked out again."""
    found = []
    for axis in (0, 1):
        reach = 1 + (window[axis] - 1) * dilation[axis]
        if padding == "valid":
            found.append((0, 0))
        elif padding == "full":
            found.append((reach - 1, reach - 1))
        elif padding == "same":
            places = math.ceil(sizes[axis] / stride[axis])
            total = max(0, (places - 1) * stride[axis] + reach - sizes[axis])
            found.append((total // 2, math.ceil(total / 2)))
        elif isinstance(padding, int):
            found.append((padding, padding))
        else:
            found.append(padding[axis])
    return tuple(found)


def fits(sizes, window, pads, dilation=(1, 1)):
    return all(
        size + sum(pad) > (k - 1) * d
        for size, k, pad, d in zip(sizes, window, pads, dilation, strict=True)
    )


def by_scipy(x, kernels, bias, stride, pads, dilation):
    """Convolve a batch (n, h, w, c_in) with kernels (kh, kw, c_in, c_out), one pair at a time."""
    kh, kw, c_in, c_out = kernels.shape
    spread = np.zeros(((kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1, c_in, c_out))
    spread[:: dilation[0], :: dilation[1]] = kernels
    x = np.pad(x, ((0, 0), *pads, (0, 0)))
    maps = [
        sum(signal.correlate2d(one[..., c], spread[..., c, m], "valid") for c in range(c_in))
        for one in x
        for m in range(c_out)
    ]
    steps = np.array(maps)[:, :: stride[0], :: stride[1]]
    return np.moveaxis(steps.reshape(len(x), c_out, *steps.shape[1:]), 1, -1) + bias


def by_tensorflow(x, kernels, bias, stride, pads, dilation):
    explicit = [(0, 0), *pads, (0, 0)]
    return tf.nn.conv2d(x, kernels, stride, explicit, dilations=dilation).numpy() + bias


def numbers(rng, shape, whole):
    return rng.integers(-9, 10, shape) if whole else rng.normal(size=shape)


convolutions, pools, tapes = {}, {}, {}  # what was really checked


def note(cases, key, **facts):
    cases[key] = {name for name, is_so in facts.items() if is_so}


# --- forwards -------------------------------------------------------------------------------------


@settings(max_examples=800, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 5), st.integers(1, 5)), c_in=st.integers(1, 3),
    c_out=st.integers(1, 3), stride=PAIRS, dilation=PAIRS, padding=PADDING,
    ndim=st.sampled_from([2, 3, 4]), whole=st.booleans(),
)  # fmt: skip
def test_conv2d_equals_scipy_and_tensorflow(
    seed, n, sizes, window, c_in, c_out, stride, dilation, padding, ndim, whole
):
    pads = amounts(padding, sizes, window, stride, dilation)
    assume(fits(sizes, window, pads, dilation))
    rng = np.random.default_rng(seed)
    if ndim == 2:
        c_in = c_out = 1
    n = n if ndim == 4 else 1
    x = numbers(rng, (n, *sizes, c_in), whole)
    kernels = numbers(rng, (*window, c_in, c_out), whole)
    bias = numbers(rng, c_out, whole)
    ours = cv.conv2d(
        {4: x, 3: x[0], 2: x[0, ..., 0]}[ndim],
        kernels[:, :, 0, 0] if ndim == 2 else kernels,
        bias[0] if ndim == 2 else bias,
        stride, padding, dilation,
    )  # fmt: skip
    assert ours.dtype == (np.int64 if whole else np.float64)
    assert ours.ndim == ndim
    # "the same numbers" of design: a few roundings for each of the products summed
    terms = kernels[..., 0].size + 1
    size = by_scipy(abs(x), abs(kernels), abs(bias), stride, pads, dilation)
    allowed = 0 if whole else 4 * terms * np.finfo(float).eps * size
    settings = (bias, stride, pads, dilation)
    as_float = x.astype(float), kernels.astype(float)
    oracles = [by_scipy, by_tensorflow]
    for oracle in oracles:
        theirs = oracle(*as_float, *settings)
        assert np.all(abs(ours.reshape(theirs.shape) - theirs) <= allowed), oracle
    if padding in ("valid", "same"):  # TensorFlow's own idea of the words
        words = tf.nn.conv2d(*as_float, stride, padding.upper(), dilations=dilation).numpy() + bias
        assert np.all(abs(ours.reshape(words.shape) - words) <= allowed)
    note(
        convolutions, (seed, n, sizes, window, c_in, c_out, stride, dilation, padding, ndim, whole),
        strided=max(stride) > 1, dilated=max(dilation) > 1, uneven=stride[0] != stride[1],
        both=max(stride) > 1 and max(dilation) > 1 and max(window) > 1,
        odd=sizes[0] % 2 == 1, even=sizes[0] % 2 == 0, odd_kernel=window[0] % 2 == 1,
        even_kernel=window[0] % 2 == 0, channels=c_in > 1 and c_out > 1, batch=n > 1, whole=whole,
        same=padding == "same", full=padding == "full", valid=padding == "valid",
        number=isinstance(padding, int), pairs=isinstance(padding, tuple),
    )  # fmt: skip


def pool_by_scipy(x, window, stride, pads, kind):
    ones, corner = np.ones(window), [k // 2 for k in window]
    around = ((0, 0), *pads, (0, 0))
    inside = np.pad(np.ones(x.shape), around)
    padded = np.pad(x.astype(float), around, constant_values=-np.inf if kind == "max" else 0)
    maps = []
    for one, cells in zip(np.moveaxis(padded, -1, 1), np.moveaxis(inside, -1, 1), strict=True):
        for channel, count in zip(one, cells, strict=True):
            if kind == "max":
                found = ndimage.maximum_filter(channel, window, mode="constant", cval=-np.inf)
                h, w = (size - k + 1 for size, k in zip(channel.shape, window, strict=True))
                found = found[corner[0] : corner[0] + h, corner[1] : corner[1] + w]
            else:
                found = signal.correlate2d(channel, ones, "valid")
            found = found[:: stride[0], :: stride[1]]
            if kind == "average":
                covered = signal.correlate2d(count, ones, "valid")
                found = found / covered[:: stride[0], :: stride[1]]
            maps.append(found)
    shaped = np.reshape(maps, (len(x), x.shape[-1], *np.shape(maps)[1:]))
    return np.moveaxis(shaped, 1, -1)


POOLS = {"max": cv.max_pool2d, "average": cv.average_pool2d, "sum": cv.sum_pool2d}
BY_TENSORFLOW = {"max": tf.nn.max_pool2d, "average": tf.nn.avg_pool2d}


@settings(max_examples=700, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)), channels=st.integers(1, 3),
    stride=st.one_of(st.none(), PAIRS), padding=PADDING, ndim=st.sampled_from([2, 3, 4]),
    kind=st.sampled_from(list(POOLS)), whole=st.booleans(),
)  # fmt: skip
def test_pools_equal_scipy_and_tensorflow(
    seed, n, sizes, window, channels, stride, padding, ndim, kind, whole
):
    step = window if stride is None else stride
    pads = amounts(padding, sizes, window, step)
    assume(padding != "full" and fits(sizes, window, pads))
    covered = all(
        before < k and (size + before + after - k) // s * s < before + size
        for size, k, s, (before, after) in zip(sizes, window, step, pads, strict=True)
    )
    assume(covered)  # a window wholly in the padding is an error
    rng = np.random.default_rng(seed)
    channels = 1 if ndim == 2 else channels
    n = n if ndim == 4 else 1
    x = numbers(rng, (n, *sizes, channels), whole)
    ours = POOLS[kind]({4: x, 3: x[0], 2: x[0, ..., 0]}[ndim], window, stride, padding)
    assert ours.dtype == (np.int64 if whole and kind != "average" else np.float64)
    assert ours.ndim == ndim
    oracles = [pool_by_scipy(x, window, step, pads, kind)]
    if kind in BY_TENSORFLOW and padding in ("valid", "same"):
        pool = BY_TENSORFLOW[kind]
        oracles.append(pool(tf.constant(x, tf.float64), window, step, padding.upper()).numpy())
    for theirs in oracles:
        terms, size = math.prod(window), window[0] * window[1] * abs(x).max()
        allowed = 4 * terms * np.finfo(float).eps * size
        if kind == "max" or (whole and kind == "sum"):
            allowed = 0
        assert np.all(abs(ours.reshape(theirs.shape) - theirs) <= allowed)
    note(
        pools, (seed, n, sizes, window, channels, stride, padding, ndim, kind, whole),
        max=kind == "max", average=kind == "average", sum=kind == "sum",
        tensorflow=len(oracles) > 1, same=padding == "same", valid=padding == "valid",
        number=isinstance(padding, int), pairs=isinstance(padding, tuple), odd=sizes[0] % 2 == 1,
        even=sizes[0] % 2 == 0, odd_window=window[0] % 2 == 1, even_window=window[0] % 2 == 0,
        batch=n > 1, channels=channels > 1, own_stride=stride is not None,
        overlap=step[0] < window[0], gaps=step[0] > window[0],
    )  # fmt: skip


# --- backwards ------------------------------------------------------------------------------------


@settings(max_examples=150, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)), c_in=st.integers(1, 3),
    c_out=st.integers(1, 3), stride=PAIRS, padding=PADDING,
)  # fmt: skip
def test_conv2d_gradients_equal_gradient_tape(seed, n, sizes, window, c_in, c_out, stride, padding):
    """Without dilation, whose way back TensorFlow doesn't offer on a CPU."""
    pads = amounts(padding, sizes, window, stride)
    assume(fits(sizes, window, pads))
    rng = np.random.default_rng(seed)
    values = [
        tf.constant(rng.normal(size=shape))
        for shape in [(n, *sizes, c_in), (*window, c_in, c_out), (c_out,)]
    ]
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = tf.nn.conv2d(*values[:2], stride, [(0, 0), *pads, (0, 0)]) + values[2]
        loss = tf.reduce_sum(tf.sin(out))
    theirs = tape.gradient(loss, values)
    images, kernels, _ = (value.numpy() for value in values)
    ours = cv.conv2d_gradients(images, kernels, np.cos(out.numpy()), stride, padding)
    for a, b in zip(ours, theirs, strict=True):
        assert relative(a, b.numpy()) < 1e-12
    note(
        tapes,
        ("conv2d", seed, n, sizes, window, c_in, c_out, stride, padding),
        strided=max(stride) > 1,
    )


@settings(max_examples=150, **QUICK)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3), sizes=st.tuples(SIDES, SIDES),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)), channels=st.integers(1, 3),
    stride=PAIRS, padding=st.sampled_from(["valid", "same"]),
    kind=st.sampled_from(["max", "average"]),
)  # fmt: skip
def test_pool_gradients_equal_gradient_tape(
    seed, n, sizes, window, channels, stride, padding, kind
):
    assume(padding == "same" or fits(sizes, window, ((0, 0), (0, 0))))
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.normal(size=(n, *sizes, channels)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = BY_TENSORFLOW[kind](x, window, stride, padding.upper())
        loss = tf.reduce_sum(tf.sin(out))
    theirs = tape.gradient(loss, x).numpy()
    back = {"max": cv.max_pool2d_gradient, "average": cv.average_pool2d_gradient}[kind]
    ours = back(x.numpy(), np.cos(out.numpy()), window, stride, padding)
    assert relative(ours, theirs) < 1e-12
    note(
        tapes,
        (kind, seed, n, sizes, window, channels, stride, padding),
        strided=max(stride) > 1,
        overlap=stride[0] < window[0],
    )


@settings(max_examples=30, **QUICK)
@given(seed=st.integers(0, 2**32 - 1), sizes=st.tuples(SIDES, SIDES), kind=st.integers(0, 3))
def test_the_other_gradients_equal_gradient_tape(seed, sizes, kind):
    forwards, ours = [
        (tf.nn.relu, cv.relu_gradient),
        (lambda x: tf.reduce_max(x, (1, 2)), cv.global_max_pool2d_gradient),
        (lambda x: tf.reduce_mean(x, (1, 2)), cv.global_average_pool2d_gradient),
        (lambda x: tf.reduce_sum(x, (1, 2)), cv.global_sum_pool2d_gradient),
    ][kind]
    x = tf.constant(np.random.default_rng(seed).normal(size=(2, *sizes, 3)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = forwards(x)
        loss = tf.reduce_sum(tf.sin(out))
    theirs = tape.gradient(loss, x).numpy()
    assert relative(ours(x.numpy(), np.cos(out.numpy())), theirs) < 1e-12
    note(tapes, (kind, seed, sizes))


def relative(a, b):
    """Norm-wise relative error."""
    return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-12)


def test_max_pooling_in_tensorflow_breaks_ties_as_we_do():
    x = tf.constant([[3.0, 3.0, 1.0], [3.0, 0.0, 1.0], [2.0, 1.0, 1.0]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = tf.nn.max_pool2d(x[tf.newaxis, ..., tf.newaxis], 2, 1, "VALID")
    slopes = np.array([[10.0, 20.0], [30.0, 40.0]])
    theirs = tape.gradient(out, x, slopes.reshape(out.shape)).numpy()
    np.testing.assert_array_equal(cv.max_pool2d_gradient(x.numpy(), slopes, 2, 1), theirs)


# --- how much was checked -------------------------------------------------------------------------


def counted(cases):
    return {name: sum(name in facts for facts in cases.values()) for facts in cases.values()
            for name in facts}  # fmt: skip


def test_a_thousand_cases_of_every_kind_were_really_checked(record_property):
    assert len(convolutions) >= 600
    assert len(pools) >= 400
    assert len(convolutions) + len(pools) >= 1000
    record_property("convolution-cases", len(convolutions) + len(pools))
    facts = counted(convolutions)
    wanted = "strided dilated both uneven odd even odd_kernel even_kernel channels batch whole"
    assert all(facts[name] >= 80 for name in wanted.split()), facts
    wanted = "valid same full number pairs"
    assert all(facts[name] >= 40 for name in wanted.split()), facts
    facts = counted(pools)
    wanted = "odd even odd_window even_window batch channels own_stride overlap max average sum"
    assert all(facts[name] >= 80 for name in wanted.split()), facts
    wanted = "tensorflow valid same number pairs gaps"
    assert all(facts[name] >= 30 for name in wanted.split()), facts


def test_three_hundred_gradients_were_really_checked(record_property):
    assert len(tapes) >= 300
    assert counted(tapes)["strided"] >= 100
    record_property("gradient-cases", len(tapes))
