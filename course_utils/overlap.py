"""How well two regions agree: the area they share, over the area of both (IoU).

Intersection over union is P. Jaccard's coefficient (*Bulletin de la Société vaudoise des sciences
naturelles* 37, 1901, page 547): |A ∩ B| / |A ∪ B|, 1 for equal regions and 0 for regions that
share nothing. Here for masks, for pictures of class numbers, and for boxes.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

__all__ = ["box_iou", "class_ious", "iou", "mean_iou"]


def iou(one: Any, other: Any) -> float:
    """Return intersection over union of two masks.

    Parameters
    ----------
    one, other : array_like
        bool, of one shape (any); True where a pixel belongs to the region.

    Returns
    -------
    float
        From 0 to 1; nan where both are empty, because then there is nothing to compare.

    Raises
    ------
    TypeError
        If a mask is not boolean.
    ValueError
        If their shapes differ.

    Examples
    --------
    >>> iou([True, True, False], [False, True, True])
    0.3333333333333333
    """
    one, other = np.asarray(one), np.asarray(other)
    for name, mask in (("one", one), ("other", other)):
        if mask.dtype != bool:
            raise TypeError(f"{name}: a mask of dtype bool is expected, got {mask.dtype}")
    _same_shape("other", other, one)
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else float("nan")


def class_ious(truth: Any, predicted: Any, classes: int) -> np.ndarray:
    """Return the intersection over union of each class, over all pixels of all pictures together.

    Parameters
    ----------
    truth, predicted : array_like
        Whole numbers from 0 to classes − 1, of one shape (any): the class of each pixel.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray
        float64 (classes,); nan for a class that occurs in neither.

    Raises
    ------
    TypeError
        If `truth` or `predicted` doesn't hold whole numbers.
    ValueError
        If their shapes differ, `classes` is below 1, or a number is not one of the classes.

    Examples
    --------
    >>> class_ious([0, 0, 1, 1], [0, 1, 1, 1], classes=3).round(2).tolist()
    [0.5, 0.67, nan]
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    classes = operator.index(classes)
    if classes < 1:
        raise ValueError(f"classes: 1 or more is expected, got {classes}")
    for name, numbers in (("truth", truth), ("predicted", predicted)):
        if not np.issubdtype(numbers.dtype, np.integer):
            raise TypeError(f"{name}: whole numbers are expected, got {numbers.dtype}")
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
            raise ValueError(
                f"{name}: numbers from 0 to {classes - 1} are expected, "
                f"got {numbers.min()} to {numbers.max()}"
            )
    _same_shape("predicted", predicted, truth)
    return np.array([iou(truth == number, predicted == number) for number in range(classes)])


def mean_iou(truth: Any, predicted: Any, classes: int) -> float:
    """Return the mean of the classes' intersections over unions.

    Classes that occur in neither are left out. All pixels of all pictures are counted together
    first, then each class weighs the same, however few pixels it has.

    Parameters
    ----------
    truth, predicted : array_like
        Whole numbers from 0 to classes − 1, of one shape (any), not empty.
    classes : int
        How many classes there are.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        As `class_ious`; a ValueError, too, if there are no pixels.

    Examples
    --------
    >>> round(mean_iou([0, 0, 1, 1], [0, 1, 1, 1], classes=3), 3)
    0.583
    """
    each = class_ious(truth, predicted, classes)
    if np.isnan(each).all():
        raise ValueError("truth: at least one pixel is expected, got none")
    return float(np.nanmean(each))


def box_iou(boxes: Any, others: Any) -> Any:
    """Return intersection over union of boxes, pair by pair.

    Parameters
    ----------
    boxes, others : array_like
        Numbers (..., 4): top, left, bottom, right in pixels, half-open: the box covers rows from
        top up to bottom, bottom not included. A bottom above its top (or a right before its left),
        as a network may say, makes an empty box. NumPy's rules of broadcasting pair them.

    Returns
    -------
    ndarray or float
        float64 (...), from 0 to 1; 0 where both boxes are empty.

    Raises
    ------
    ValueError
        If the last axis has another length than 4.

    Examples
    --------
    >>> box_iou([0, 0, 2, 2], [1, 1, 3, 3])
    0.14285714285714285
    """
    boxes, others = np.asarray(boxes, dtype=float), np.asarray(others, dtype=float)
    for name, each in (("boxes", boxes), ("others", others)):
        if each.ndim == 0 or each.shape[-1] != 4:
            raise ValueError(f"{name}: shape (..., 4) is expected, got {each.shape}")
    inner = np.concatenate(
        [
            np.maximum(boxes[..., :2], others[..., :2]),
            np.minimum(boxes[..., 2:], others[..., 2:]),
        ],
        axis=-1,
    )
    # An empty box would lend its far corner to the inner one: so it shares nothing by definition.
    shared = np.where((_area(boxes) > 0) & (_area(others) > 0), _area(inner), 0.0)
    union = _area(boxes) + _area(others) - shared
    result = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return float(result) if result.ndim == 0 else result


def _area(boxes: np.ndarray) -> np.ndarray:
    """Return the areas of boxes (..., 4); a side that runs backwards counts as 0."""
    return np.maximum(boxes[..., 2:] - boxes[..., :2], 0).prod(axis=-1)


def _same_shape(name: str, array: np.ndarray, other: np.ndarray) -> None:
    if array.shape != other.shape:
        raise ValueError(f"{name}: shape {other.shape} is expected, got {array.shape}")
