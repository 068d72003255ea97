"""Pooling forwards: the largest, the mean or the sum of each window, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from course_utils.convolution._arguments import Steps, batch, pool_steps, unbatch
from course_utils.convolution.forward import pad


def max_pool2d(
    images: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Return the largest number in each window; channels don't mix.

    Parameters
    ----------
    images : array_like
        ``(h, w)``, ``(h, w, c)`` or ``(n, h, w, c)``. A batch of grey pictures needs its channel:
        ``images[..., np.newaxis]``.
    window, stride : int or (int, int)
        Size of the window and its step, for rows and columns; the stride is the window by default.
    padding : str, int or ((top, bottom), (left, right))
        ``"valid"``, ``"same"`` (see `padding_amounts`) or a number of cells. Padded cells make
        room for more windows and are ignored otherwise.

    Returns
    -------
    numpy.ndarray
        As many axes as `images`, with output height and width. Whole numbers give int64, float32
        stays, other floats give float64.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value, or isn't finite; if the window is larger
        than the padded picture, or lies wholly in the padding somewhere.

    Examples
    --------
    >>> max_pool2d([[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]])
    array([[8, 9],
           [3, 2]])
    """
    pictures = batch(images)
    moves = pool_steps(pictures, window, stride, padding)
    return unbatch(largest_of(pictures, moves), images)


def average_pool2d(
    images: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Return the mean of each window; padded cells count neither in the sum nor in the number.

    Parameters and errors are those of `max_pool2d`. Whole numbers give float64.

    Examples
    --------
    >>> average_pool2d([[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]])
    array([[4.  , 4.5 ],
           [2.  , 0.75]])
    """
    pictures = batch(images)
    moves = pool_steps(pictures, window, stride, padding)
    return unbatch(
        sum_of(pictures, moves) / cells_of(pictures.shape, pictures.dtype, moves), images
    )


def sum_pool2d(
    images: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Return the sum of each window; padded cells add nothing.

    Parameters, results and errors are those of `max_pool2d`.

    Examples
    --------
    >>> sum_pool2d([[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]])
    array([[16, 18],
           [ 8,  3]])
    """
    pictures = batch(images)
    moves = pool_steps(pictures, window, stride, padding)
    return unbatch(sum_of(pictures, moves), images)


def global_max_pool2d(images: np.ndarray) -> np.ndarray:
    """Return the largest number of each channel of each picture.

    Parameters
    ----------
    images : array_like
        ``(h, w)``, ``(h, w, c)`` or ``(n, h, w, c)``.

    Returns
    -------
    numpy.ndarray
        ``()``, ``(c,)`` or ``(n, c)``; dtypes as in `max_pool2d`.

    Raises
    ------
    TypeError, ValueError
        If `images` has another shape or doesn't hold finite real numbers.

    Examples
    --------
    >>> global_max_pool2d([[5, 1], [8, 2]])
    array(8)
    """
    return unbatch(batch(images).max(axis=(1, 2)), images)


def global_average_pool2d(images: np.ndarray) -> np.ndarray:
    """Return the mean of each channel of each picture, as float; else as `global_max_pool2d`.

    Examples
    --------
    >>> global_average_pool2d([[5, 1], [8, 2]])
    array(4.)
    """
    return unbatch(batch(images).mean(axis=(1, 2)), images)


def global_sum_pool2d(images: np.ndarray) -> np.ndarray:
    """Return the sum of each channel of each picture; else as `global_max_pool2d`.

    Examples
    --------
    >>> global_sum_pool2d([[5, 1], [8, 2]])
    array(16)
    """
    return unbatch(batch(images).sum(axis=(1, 2)), images)


def largest_of(images: np.ndarray, moves: Steps) -> np.ndarray:
    """Return the largest number in each window of a batch (n, h, w, c)."""
    return combine(np.maximum, pad(images, moves, lowest(images.dtype)), moves)


def sum_of(images: np.ndarray, moves: Steps) -> np.ndarray:
    """Return the sum of each window of a batch (n, h, w, c)."""
    return combine(np.add, pad(images, moves), moves)


def combine(rule: np.ufunc, padded: np.ndarray, moves: Steps) -> np.ndarray:
    """Take the places of all windows together, one after the other, by `rule`."""
    first, *rest = places(padded, moves)
    result = first.copy()
    for cell in rest:
        rule(result, cell, out=result)
    return result


def cells_of(shape: tuple[int, ...], dtype: np.dtype, moves: Steps) -> np.ndarray:
    """Return how many cells of pictures of `shape` (n, h, w, c) each window holds, (1, oh, ow, 1).

    The numbers are floats, to divide numbers of `dtype` by.
    """
    ones = np.ones((1, *shape[1:3], 1), np.result_type(dtype, np.float32))
    return sum_of(ones, moves)


def places(padded: np.ndarray, moves: Steps) -> Iterator[np.ndarray]:
    """Yield, for each place in the window in row order, what all windows (n, oh, ow, c) have there.

    First the top left cells of all windows, then the cells to the right of these, and so on: views
    of `padded`, which is all that pooling needs, forwards and backwards.
    """
    (down, across), (oh, ow) = moves.stride, moves.output
    for i, j in product(*map(range, moves.window)):
        yield padded[:, i : i + down * (oh - 1) + 1 : down, j : j + across * (ow - 1) + 1 : across]


def lowest(dtype: np.dtype) -> float:
    """Return a number that no other is below, to pad with where the largest is sought."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
