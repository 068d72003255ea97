"""IoU of masks is scikit-learn's, IoU of boxes that of counted pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import jaccard_score

from course_utils import overlap

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=6)


@given(data=st.data(), shape=SHAPES)
@settings(max_examples=100, deadline=None)
def test_two_masks_as_scikit_learn_has_it(data, shape):
    one, other = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    if not (one | other).any():
        assert np.isnan(overlap.iou(one, other))
    else:
        assert overlap.iou(one, other) == pytest.approx(
            jaccard_score(one.ravel(), other.ravel(), zero_division=0), abs=1e-12
        )


@given(data=st.data(), shape=SHAPES, classes=st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_classes_as_scikit_learn_has_them(data, shape, classes):
    numbers = hnp.arrays(np.uint8, shape, elements=st.integers(0, classes - 1))
    truth, predicted = data.draw(numbers), data.draw(numbers)
    there = np.union1d(truth, predicted)  # scikit-learn's own default, too
    expected = jaccard_score(
        truth.ravel(), predicted.ravel(), average=None, labels=there, zero_division=0
    )
    found = overlap.class_ious(truth, predicted, classes)
    np.testing.assert_allclose(found[there], expected, atol=1e-12)
    assert np.isnan(np.delete(found, there)).all()
    mean = jaccard_score(
        truth.ravel(), predicted.ravel(), average="macro", labels=there, zero_division=0
    )
    assert overlap.mean_iou(truth, predicted, classes) == pytest.approx(mean, abs=1e-12)


def by_counting(box, other):
    one, two = np.zeros((2, 30, 30), bool)
    one[box[0] : max(box[0], box[2]), box[1] : max(box[1], box[3])] = True
    two[other[0] : max(other[0], other[2]), other[1] : max(other[1], other[3])] = True
    union = (one | two).sum()
    return (one & two).sum() / union if union else 0.0


BOX = st.tuples(*[st.integers(0, 29)] * 4)  # some of them run backwards: empty


@given(box=BOX, other=BOX)
@settings(max_examples=300, deadline=None)
def test_boxes_as_counted(box, other):
    assert overlap.box_iou(box, other) == pytest.approx(by_counting(box, other), abs=1e-12)
    assert overlap.box_iou(box, other) == overlap.box_iou(other, box)


def test_many_boxes_at_once_and_one_against_many():
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 15, (20, 2, 2))
    boxes, others = (np.hstack([corners[:, i], corners[:, i] + [[8, 5]]]) for i in range(2))
    expected = [by_counting(*pair) for pair in zip(boxes, others, strict=True)]
    np.testing.assert_allclose(overlap.box_iou(boxes, others), expected)
    np.testing.assert_allclose(
        overlap.box_iou(boxes[0], others), [by_counting(boxes[0], other) for other in others]
    )


def test_half_a_pixel_counts():
    assert overlap.box_iou([0, 0, 1, 1], [0, 0.5, 1, 1.5]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: overlap.iou([1, 0], [True, False]), TypeError, "one: a mask of dtype bool"),
        (lambda: overlap.iou([True], [1.0]), TypeError, "other: a mask of dtype bool"),
        (lambda: overlap.iou([True], [True, False]), ValueError, r"other: shape \(1,\)"),
        (lambda: overlap.class_ious([0.5], [0], 2), TypeError, "truth: whole numbers"),
        (lambda: overlap.class_ious([0], [2], 2), ValueError, "predicted: numbers from 0 to 1"),
        (lambda: overlap.class_ious([0, 1], [1], 2), ValueError, r"predicted: shape \(2,\)"),
        (lambda: overlap.class_ious([0], [0], 0), ValueError, "classes: 1 or more"),
        (lambda: overlap.mean_iou(np.zeros(0, int), np.zeros(0, int), 2), ValueError, "truth"),
        (lambda: overlap.box_iou([0, 0, 1], [0, 0, 1, 1]), ValueError, "boxes: shape"),
        (lambda: overlap.box_iou([0, 0, 1, 1], 3), ValueError, "others: shape"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
