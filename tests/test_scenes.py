"""The scenes stay as they are, and are hard enough: how far one gets without a network."""

import hashlib

import numpy as np
import pytest

from benchmarks import gallery
from course_utils import grad_cam, overlap, scenes
from course_utils.datasets import Dataset


def mark(*arrays):
    found = hashlib.sha256()
    for array in arrays:
        found.update(repr((array.shape, array.dtype.str)).encode())
        found.update(array.tobytes())
    return found.hexdigest()


# Fixed before any network of notebook 16 was trained on them. Do not adjust.
MASKS = "af151f6ed85deebba22e6aab0247e0b48c1b3a7bd6c5fb68361c22a7e522587a"
BOXES = "db4f737029ada654778e3545f6c3f1d179845fe4529e890dcee4c9ac20bee56a"


def test_the_scenes_are_those_that_were_fixed():
    assert mark(*scenes.segmentation(50, seed=11), *scenes.segmentation(50, seed=13)) == MASKS
    assert mark(*scenes.localisation(50, seed=21), *scenes.localisation(50, seed=23)) == BOXES


@pytest.fixture(scope="module")
def masks():
    return scenes.load_segmentation(400, 100, 2)


@pytest.fixture(scope="module")
def boxes():
    return scenes.localisation(500, seed=22)


@pytest.mark.parametrize("draw", [scenes.segmentation, scenes.localisation])
def test_a_seed_draws_the_same_and_another_draws_others(draw):
    first, again, other = draw(3, 5), draw(3, 5), draw(3, 6)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[0] != other[0]).any()
    for short, long in zip(draw(2, 5), first, strict=True):
        np.testing.assert_array_equal(short, long[:2])


def test_shapes_and_dtypes():
    pictures, masks = scenes.segmentation(3, 0)
    assert (pictures.shape, pictures.dtype) == ((3, 48, 48, 3), np.uint8)
    assert (masks.shape, masks.dtype) == ((3, 48, 48), np.uint8)
    pictures, labels, boxes = scenes.localisation(3, 0)
    assert (pictures.shape, pictures.dtype) == ((3, 48, 48, 3), np.uint8)
    assert (labels.shape, labels.dtype, boxes.shape, boxes.dtype) == \
        ((3,), np.uint8, (3, 4), np.int64)  # fmt: skip


def test_all_classes_occur_and_share_their_colours(masks):
    """Each kind has two of four colours, about half of its pixels each; each colour two kinds."""
    x, y = masks.x_train.astype(float), masks.y_train
    assert set(np.unique(y)) == set(range(5))
    colours = scenes._COLOURS - scenes._COLOURS.mean(axis=1, keepdims=True)
    seen = x - x.mean(axis=-1, keepdims=True)
    nearest = np.argmax(
        seen @ (colours / np.linalg.norm(colours, axis=1, keepdims=True)).T, axis=-1
    )
    shares = np.array(
        [np.bincount(nearest[y == k], minlength=4) / (y == k).sum() for k in range(1, 5)]
    )
    assert ((shares > 0.3) == [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]]).all()
    assert min((y == kind).mean() for kind in range(1, 5)) > 0.02


def test_objects_cover_each_other(masks):
    """Where two kinds are neighbours, one lies over the other, or they touch."""
    y = masks.y_train.astype(int)
    down, right = (y[:, 1:], y[:, :-1]), (y[:, :, 1:], y[:, :, :-1])
    met = np.zeros(len(y), bool)
    for one, other in (down, right):
        met |= ((one != other) & (one > 0) & (other > 0)).any(axis=(1, 2))
    assert met.mean() > 0.4


def test_clutter_has_the_colours_of_the_objects(masks):
    """Much of the ground is as colourful as the objects."""
    x, y = masks.x_train.astype(float), masks.y_train
    colourful = x.max(axis=-1) - x.min(axis=-1) > 80
    share = (colourful & (y == 0)).sum() / colourful.sum()
    assert share > 0.2


@pytest.mark.parametrize("seed", range(2))
def test_pixel_by_pixel_one_gets_so_far(masks, seed):
    functions = gallery.forest_functions()
    forest = functions.grow_forest(masks.x_train, masks.y_train, seed)
    answers = forest.predict(functions.pixel_features(masks.x_val)).reshape(masks.y_val.shape)
    assert 0.3 < overlap.mean_iou(masks.y_val, answers, 5) < 0.6


def test_without_looking_one_gets_so_far(boxes):
    always = scenes.localisation(500, seed=21).boxes.mean(axis=0)
    assert overlap.box_iou(always, boxes.boxes).mean() < 0.35
    centre = np.full((500, 2), scenes.SIDE / 2)
    assert grad_cam.inside(centre, boxes.boxes).mean() < 0.35


def test_a_box_holds_its_object_and_nothing_more():
    """Draw the objects alone, on black, and look for what isn't black."""
    generator = np.random.default_rng(3)
    for kind in range(4):
        for _ in range(20):
            where = scenes._object(kind, generator, 6.0, 10.5, margin=None)
            assert where.any()
            assert 6 <= np.ptp(np.flatnonzero(where.any(axis=0))) + 1 <= 21
    pictures, labels, boxes = scenes.localisation(200, seed=4)
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= scenes.SIDE).all()
    sides = boxes[:, 2:] - boxes[:, :2]
    assert sides.min() >= 7 and sides.max() <= 22
    assert set(labels) == {0, 1, 2, 3}
    inside, outside = [], []
    for picture, (top, left, bottom, right) in zip(pictures.astype(float), boxes, strict=True):
        colourful = picture.max(axis=-1) - picture.min(axis=-1)
        inside.append(colourful[top:bottom, left:right].mean())
        outside.append(colourful.mean())
    assert np.mean(inside) > 1.4 * np.mean(outside)


def test_the_forms_are_what_they_are_called():
    """A ring has a hole, a star five points, a cross four arms, a moon one hollow side."""
    y, x = np.mgrid[-1.2:1.2:401j, -1.2:1.2:401j]
    assert not scenes._ring(x, y)[200, 200] and scenes._star(x, y)[200, 200]
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)

    def runs(form, radius):
        on = form(radius * np.cos(angle), radius * np.sin(angle))
        return int((on & ~np.roll(on, 1)).sum())

    assert (runs(scenes._star, 0.8), runs(scenes._cross, 0.8), runs(scenes._moon, 0.9)) == (5, 4, 1)
    assert scenes._ring(np.cos(angle) * 0.75, np.sin(angle) * 0.75).all()


def test_the_parts_are_datasets_and_differ():
    data = scenes.load_segmentation(3, 2, 2)
    objects, places = scenes.load_localisation(3, 2, 2)
    for each in (data, objects, places):
        assert isinstance(each, Dataset) and each.source.copy == "generated"
        assert (each.x_train[:2] != each.x_val).any() and (each.x_val != each.x_test).any()
    np.testing.assert_array_equal(objects.x_val, places.x_val)
    assert len({each.source.digest for each in (data, objects, places)}) == 3


@pytest.mark.parametrize("draw", [scenes.segmentation, scenes.localisation])
@pytest.mark.parametrize(
    ("n", "seed", "error", "words"),
    [
        (0, 0, ValueError, "n: 1 or more is expected, got 0"),
        (2, -1, ValueError, "seed: 0 or more is expected, got -1"),
        (2.5, 0, TypeError, "n: a whole number is expected, got 2.5"),
        (2, "x", TypeError, "seed: a whole number is expected, got 'x'"),
    ],
)
def test_bad_input_is_named(draw, n, seed, error, words):
    with pytest.raises(error, match=words):
        draw(n, seed)
