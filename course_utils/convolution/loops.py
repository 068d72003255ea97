"""The same operations as loops that one can follow with a finger: slow, and hiding nothing."""

from __future__ import annotations

import numpy as np

from course_utils.convolution._arguments import Steps, batch, pool_steps, steps, unbatch
from course_utils.convolution.forward import pad, together


def conv2d_loops(
    images: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | float | None = None,
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Return what `conv2d` returns, one product after the other; arguments and errors are its.

    Examples
    --------
    >>> conv2d_loops(np.arange(1, 10).reshape(3, 3), [[1, 2], [3, 4]])
    array([[37, 47],
           [67, 77]])
    """
    pictures, collection, offsets = together(images, kernels, bias)
    moves = steps(pictures, collection.shape[:2], stride, padding, dilation)
    padded = pad(pictures, moves)
    n, c_in, c_out = len(padded), *collection.shape[2:]
    maps = np.zeros((n, *moves.output, c_out), padded.dtype)
    for picture in range(n):
        for m in range(c_out):
            for c in range(c_in):  # one output map adds up what it finds in every input channel
                maps[picture, :, :, m] += slide(
                    padded[picture, :, :, c], collection[:, :, c, m], moves
                )
            maps[picture, :, :, m] += offsets[m]
    return unbatch(maps, images)


def slide(picture: np.ndarray, kernel: np.ndarray, moves: Steps) -> np.ndarray:
    """Lay one kernel on every window of one picture (h, w), multiply and add up."""
    (oh, ow), (kh, kw) = moves.output, kernel.shape
    (down, across), (d_row, d_column) = moves.stride, moves.dilation
    sums = np.zeros((oh, ow), picture.dtype)
    for row in range(oh):
        for column in range(ow):
            for i in range(kh):
                for j in range(kw):
                    cell = picture[row * down + i * d_row, column * across + j * d_column]
                    sums[row, column] += cell * kernel[i, j]
    return sums


REDUCERS = {"max": max, "average": lambda cells: sum(cells) / len(cells), "sum": sum}


def pool2d_loops(
    images: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    reduce: str = "max",
) -> np.ndarray:
    """Return what the poolings return, one window after the other.

    Parameters
    ----------
    images, window, stride, padding
        As in `max_pool2d`.
    reduce : str
        What becomes of a window: ``"max"``, ``"average"`` or ``"sum"``.

    Returns
    -------
    numpy.ndarray
        As `max_pool2d`, `average_pool2d` or `sum_pool2d`.

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d`, and for another `reduce`.

    Examples
    --------
    >>> pool2d_loops([[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]], reduce="sum")
    array([[16, 18],
           [ 8,  3]])
    """
    if reduce not in REDUCERS:
        raise ValueError(f"reduce: one of {', '.join(REDUCERS)} is expected, got {reduce!r}")
    pictures = batch(images)
    moves = pool_steps(pictures, window, stride, padding)
    n, h, w, channels = pictures.shape
    (down, across), (kh, kw), (oh, ow) = moves.stride, moves.window, moves.output
    (above, _), (left, _) = moves.padding
    dtype = pictures.dtype
    if reduce == "average":  # of whole numbers, a float
        dtype = np.result_type(dtype, np.float32)
    maps = np.zeros((n, oh, ow, channels), dtype)
    for picture in range(n):
        for c in range(channels):
            for row in range(oh):
                for column in range(ow):
                    cells = []
                    for i in range(row * down - above, row * down - above + kh):
                        for j in range(column * across - left, column * across - left + kw):
                            if 0 <= i < h and 0 <= j < w:  # a padded cell has no say
                                cells.append(pictures[picture, i, j, c])
                    maps[picture, row, column, c] = REDUCERS[reduce](cells)
    return unbatch(maps, images)
