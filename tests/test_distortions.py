"""Distortions agree with NumPy's and SciPy's own; what they take and refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from course_utils import digits, distortions

pictures = hnp.arrays(np.uint8, (3, 8, 6)) | hnp.arrays(np.uint8, (2, 6, 8, 3))
few = settings(max_examples=40, deadline=None)
RNG = np.random.default_rng(0)
EVERY = {
    "shift": lambda images: distortions.shift(images, 1, -2),
    "rotate": lambda images: distortions.rotate(images, 20),
    "scale": lambda images: distortions.scale(images, 1.3),
    "light": lambda images: distortions.light(images, 50),
    "noise": lambda images: distortions.noise(images, 20, np.random.default_rng(0)),
    "shuffle_tiles": lambda images: distortions.shuffle_tiles(images, 2, np.random.default_rng(0)),
}
each = pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)


@each
@given(images=pictures)
@few
def test_shape_and_dtype_stay_and_the_input_too(change, images):
    before = images.copy()
    changed = change(images)
    assert changed.shape == images.shape and changed.dtype == np.uint8
    np.testing.assert_array_equal(images, before)
    assert not np.shares_memory(changed, images)


@given(pictures, st.integers(-9, 9), st.integers(-9, 9))
@few
def test_a_shift_is_a_roll_of_a_framed_picture(images, down, right):
    frame = [(0, 0), (9, 9), (9, 9), (0, 0)][: images.ndim]
    framed = np.roll(np.pad(images, frame), (down, right), axis=(1, 2))
    expected = framed[:, 9:-9, 9:-9]
    np.testing.assert_array_equal(distortions.shift(images, down, right), expected)


@given(hnp.arrays(np.uint8, (3, 8, 6)), st.integers(-6, 6), st.integers(-6, 6))
@few
def test_a_shift_is_that_of_notebook_07(images, down, right):
    expected = digits.shift(images, down, right)
    np.testing.assert_array_equal(distortions.shift(images, down, right), expected)


@given(pictures, st.integers(-9, 9), st.integers(-9, 9))
@few
def test_the_nearest_edge_is_scipys(images, down, right):
    step = [0, down, right, 0][: images.ndim]
    expected = ndimage.shift(images, step, order=0, mode="nearest")
    found = distortions.shift(images, down, right, edge="nearest")
    np.testing.assert_array_equal(found, expected)


@given(hnp.arrays(np.uint8, (3, 7, 7)) | hnp.arrays(np.uint8, (2, 6, 6, 3)), st.integers(-5, 5))
@few
def test_quarter_turns_are_numpys(images, quarters):
    expected = np.rot90(images, quarters, axes=(1, 2))
    np.testing.assert_array_equal(distortions.rotate(images, 90 * quarters), expected)


@given(pictures, st.floats(-180, 180))
@few
def test_a_turn_is_scipys(images, degrees):
    expected = ndimage.rotate(
        images.astype(float), degrees, axes=(1, 2), reshape=False, order=1, mode="nearest"
    )
    found = distortions.rotate(images, degrees, edge="nearest")
    np.testing.assert_allclose(found, expected, atol=0.51)


@given(hnp.arrays(np.uint8, (2, 5, 5)), st.sampled_from([2, 4]))
@few
def test_enlarging_and_shrinking_again_keeps_the_middle(images, factor):
    larger = distortions.scale(images, factor, edge="nearest")
    np.testing.assert_array_equal(larger[:, 2, 2], images[:, 2, 2])
    half = distortions.scale(images, 1 / factor)
    assert half[0, 2, 2] == images[0, 2, 2]
    step = factor // 2  # a pixel of the small picture is every second or fourth of the large one
    if factor == 2:
        np.testing.assert_array_equal(half[:, 2 - step, 2], images[:, 0, 2])
        np.testing.assert_array_equal(half[:, 2 + step, 2 + step], images[:, 4, 4])


def test_scaling_is_that_of_scipys_zoom_about_the_middle():
    small = RNG.integers(0, 256, (1, 5, 5), dtype=np.uint8)
    zoomed = ndimage.zoom(small[0].astype(float), 2 - 1 / 5, order=1)  # 9 × 9, twice as fine
    np.testing.assert_array_equal(
        distortions.scale(small, 2)[0], np.rint(zoomed[2:7, 2:7]).astype(np.uint8)
    )


@pytest.mark.parametrize("change", [distortions.rotate, distortions.scale])
def test_one_number_for_each_picture(change):
    images = RNG.integers(0, 256, (3, 8, 8), dtype=np.uint8)
    values = np.array([0.7, 1.0, 1.6])
    apart = [change(images[i : i + 1], value)[0] for i, value in enumerate(values)]
    np.testing.assert_array_equal(change(images, values), apart)


def test_one_shift_for_each_picture():
    images = RNG.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    down, right = RNG.integers(-3, 4, (2, 4))
    apart = [distortions.shift(images[i : i + 1], int(down[i]), int(right[i]))[0] for i in range(4)]
    np.testing.assert_array_equal(distortions.shift(images, down, right), apart)


def test_nothing_changes_where_nothing_is_asked_for():
    images = RNG.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    unchanged = [
        distortions.shift(images, 0, 0),
        distortions.rotate(images, 0),
        distortions.scale(images, 1),
        distortions.light(images, 0),
        distortions.noise(images, 0, np.random.default_rng(0)),
        distortions.shuffle_tiles(images, 1, np.random.default_rng(0)),
    ]
    for found in unchanged:
        np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize("shape", [(2, 4, 11), (2, 4, 11, 3)])
def test_light_comes_from_the_right_and_is_cut_off(shape):
    images = np.full(shape, 100, dtype=np.uint8)
    lit = distortions.light(images, 200)
    expected = np.minimum(100 + 20 * np.arange(11), 255)
    for picture in lit:
        for row in picture if len(shape) == 3 else np.moveaxis(picture, -1, 1).reshape(-1, 11):
            np.testing.assert_array_equal(row, expected)
    assert distortions.light(images, -200)[0, 0, -1].max() == 0


def test_light_is_cut_off_at_both_ends():
    images = np.array([[[0, 100, 250]]], dtype=np.uint8)
    assert distortions.light(images, 20).tolist() == [[[0, 110, 255]]]
    assert distortions.light(images, -300).tolist() == [[[0, 0, 0]]]


def test_noise_has_the_size_asked_for_and_is_drawn_once():
    images = np.full((50, 20, 20), 128, dtype=np.uint8)
    noisy = distortions.noise(images, 20, np.random.default_rng(1))
    away = noisy.astype(float) - 128
    assert abs(away.mean()) < 0.5 and away.std() == pytest.approx(20, rel=0.02)
    np.testing.assert_array_equal(noisy, distortions.noise(images, 20, np.random.default_rng(1)))
    assert not np.array_equal(noisy[0], noisy[1])


@pytest.mark.parametrize("shape", [(30, 8, 12), (30, 8, 12, 3)])
@pytest.mark.parametrize("parts", [2, 4])
def test_tiles_are_all_there_each_once_and_upright(shape, parts):
    images = RNG.integers(0, 256, shape, dtype=np.uint8)
    cut = distortions.shuffle_tiles(images, parts, np.random.default_rng(0))
    h, w = 8 // parts, 12 // parts

    def tiles(picture):
        return [
            picture[r * h : (r + 1) * h, c * w : (c + 1) * w].tobytes()
            for r in range(parts)
            for c in range(parts)
        ]

    orders = [
        tuple(tiles(old).index(tile) for tile in tiles(new))
        for old, new in zip(images, cut, strict=True)
    ]
    assert all(sorted(order) == list(range(parts**2)) for order in orders)
    assert len(set(orders)) > 10  # each picture in an order of its own


def test_every_order_of_four_tiles_is_as_likely():
    images = np.broadcast_to(np.arange(4, dtype=np.uint8).reshape(2, 2), (24_000, 2, 2)).copy()
    cut = distortions.shuffle_tiles(images, 2, np.random.default_rng(0)).reshape(-1, 4)
    counts = np.unique(cut, axis=0, return_counts=True)[1]
    assert len(counts) == 24 and (np.abs(counts - 1000) < 150).all()


GOOD = np.zeros((2, 4, 4), dtype=np.uint8)


@each
@pytest.mark.parametrize(
    ("images", "error", "says"),
    [
        (GOOD.astype(float), TypeError, "images: an array of dtype uint8 is expected, got float64"),
        (GOOD.tolist(), TypeError, "images: an array of dtype uint8 is expected, got list"),
        (GOOD[0], ValueError, r"images: a batch .* got the shape \(4, 4\); for one picture"),
    ],
)
def test_other_pictures_are_refused(change, images, error, says):
    with pytest.raises(error, match=says):
        change(images)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: distortions.shift(GOOD, 0.5, 0), "whole pixels"),
        (lambda: distortions.shift(GOOD, 0, [1, 2, 3]), r"right: one number, or .* got the shape"),
        (lambda: distortions.shift(GOOD, 0, 0, edge="wrap"), "edge: 'black' or 'nearest'"),
        (lambda: distortions.rotate(GOOD, 5, edge="white"), "edge: .* got 'white'"),
        (lambda: distortions.rotate(GOOD, np.nan), "degrees: finite numbers"),
        (lambda: distortions.scale(GOOD, 0), "factor: numbers greater than 0 .* got 0"),
        (lambda: distortions.light(GOOD, np.inf), "levels: a finite number"),
        (lambda: distortions.light(GOOD, np.zeros(2)), "levels: a finite number"),
        (lambda: distortions.noise(GOOD, -1, RNG), "levels: 0 or more is expected, got -1"),
        (lambda: distortions.shuffle_tiles(GOOD, 3, RNG), "parts: .* divides 4 and 4 .* got 3"),
        (lambda: distortions.shuffle_tiles(GOOD, 2.0, RNG), r"parts: .* got 2\.0"),
    ],
)
def test_other_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
