"""Convolution forwards: every window at once, as sliding windows and a matrix product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_utils.convolution._arguments import (
    Steps,
    common,
    images_and_kernels,
    numbers,
    small_enough,
    steps,
    unbatch,
    with_bias,
)

BLOCK = 2**16  # numbers copied at a time: few enough to stay in the processor's cache
PRODUCTS = 10**6  # in one matrix product: with more, OpenBLAS wakes threads that mostly wait


def conv2d(
    images: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | float | None = None,
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Slide kernels over pictures and sum the products: what deep learning calls a convolution.

    ``O[r, c, m] = bias[m] + Σ X[r·s + i·d, c·s + j·d, k] · K[i, j, k, m]`` over i, j, k, with
    stride s, dilation d and the padded picture X. The kernel isn't turned: this is the
    cross-correlation of signal processing (V. Dumoulin, F. Visin, *A guide to convolution
    arithmetic for deep learning*, 2016).

    Parameters
    ----------
    images : array_like
        One grey picture ``(h, w)``, one with channels ``(h, w, c_in)``, or a batch
        ``(n, h, w, c_in)``.
    kernels : array_like
        ``(kh, kw)``, with a grey picture only, or ``(kh, kw, c_in, c_out)``.
    bias : array_like, optional
        ``(c_out,)``; a number where the kernel is ``(kh, kw)``.
    stride, dilation : int or (int, int)
        Step from window to window, and from cell to cell within a window; for rows, columns.
    padding : str, int or ((top, bottom), (left, right))
        Zeros around the picture: none (``"valid"``), as many as `padding_amounts` says for
        ``"same"`` and ``"full"``, or a number of cells.

    Returns
    -------
    numpy.ndarray
        ``(oh, ow)``, ``(oh, ow, c_out)`` or ``(n, oh, ow, c_out)``. Whole numbers (and bool, as 0
        and 1) give int64, exactly; float32 alone gives float32; anything else float64.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value, or isn't finite; if the kernel is larger
        than the padded picture; if whole numbers might overflow.

    Examples
    --------
    >>> picture = np.arange(1, 10).reshape(3, 3)
    >>> conv2d(picture, [[1, 2], [3, 4]])
    array([[37, 47],
           [67, 77]])
    >>> conv2d(np.zeros((64, 28, 28, 1)), np.ones((5, 5, 1, 8)), padding="same").shape
    (64, 28, 28, 8)
    """
    pictures, collection, offsets = together(images, kernels, bias)
    moves = steps(pictures, collection.shape[:2], stride, padding, dilation)
    return unbatch(correlate(pictures, collection, moves, offsets), images)


def convolve2d_true(
    images: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | float | None = None,
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Convolve in the sense of mathematics: as `conv2d`, with each kernel turned by 180°.

    Parameters, results and errors are those of `conv2d`; channels aren't reversed.

    Examples
    --------
    >>> picture = np.arange(1, 10).reshape(3, 3)
    >>> convolve2d_true(picture, [[1, 2], [3, 4]])
    array([[23, 33],
           [53, 63]])
    """
    kernels = numbers("kernels", kernels)
    turned = kernels[::-1, ::-1] if kernels.ndim > 1 else kernels  # of one axis: conv2d complains
    return conv2d(images, turned, bias, stride, padding, dilation)


def relu(z: np.ndarray) -> np.ndarray:
    """Return the larger of z and 0, number by number.

    Parameters
    ----------
    z : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray
        Of the same shape; int64, float32 or float64 as in `conv2d`.

    Raises
    ------
    TypeError, ValueError
        If `z` doesn't hold finite real numbers.

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0, 0, 3])
    """
    return np.maximum(numbers("z", z), 0)


def together(images, kernels, bias) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (n, h, w, c), kernels (kh, kw, c, m) and bias (m,), checked, in one dtype."""
    pictures, collection = common(*images_and_kernels(images, kernels))
    offsets = with_bias(bias, collection, flat=np.ndim(kernels) == 2)
    pictures, collection, offsets = common(pictures, collection, offsets)
    small_enough(pictures, collection, offsets)
    return pictures, collection, offsets


def correlate(
    images: np.ndarray, kernels: np.ndarray, moves: Steps, bias: np.ndarray | int = 0
) -> np.ndarray:
    """Return `conv2d` of a batch (n, h, w, c) that is known to be in order.

    A window laid out as a row of kh·kw·c numbers, times the kernels as columns, is the window's
    sum for every kernel. All windows at once would take kh·kw times the memory of the pictures,
    so they are copied out block by block.
    """
    view = windows(pad(images, moves), moves)
    columns = kernels.reshape(-1, kernels.shape[-1])
    cells, c_out = columns.shape
    sums = np.empty((*view.shape[:3], c_out), images.dtype)
    room = max(min(BLOCK // cells, PRODUCTS // columns.size), 16)  # a few rows at a time are slow
    room = max(min(room, 4 * images.size // max(columns.shape)), 1)  # yet memory is limited
    for block in blocks(view.shape[:3], room):
        sums[block] = (as_rows(view[block]) @ columns).reshape(sums[block].shape)
        sums[block] += bias
    return sums


def as_rows(view: np.ndarray) -> np.ndarray:
    """Copy windows (n, oh, ow, kh, kw, c) into rows of kh·kw·c numbers."""
    kh, kw, c = view.shape[3:]
    if c > 1:
        return view.reshape(-1, kh * kw * c)
    # Neighbours in memory are copied fastest, and in a grey picture these are the windows' own
    # neighbours, not their few cells: so cell by cell, each for all windows.
    return np.moveaxis(view, (3, 4, 5), (0, 1, 2)).reshape(kh * kw, -1).T


def pad(images: np.ndarray, moves: Steps, value: float = 0) -> np.ndarray:
    """Put cells of `value` around a batch (n, h, w, c)."""
    if moves.padding == ((0, 0), (0, 0)):
        return images
    return np.pad(images, ((0, 0), *moves.padding, (0, 0)), constant_values=value)


def windows(padded: np.ndarray, moves: Steps) -> np.ndarray:
    """Return every window, (n, oh, ow, kh, kw, c): a view that copies nothing."""
    (down, across), (d_row, d_column) = moves.stride, moves.dilation
    reach = [(k - 1) * d + 1 for k, d in zip(moves.window, moves.dilation, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))
    view = view[:, ::down, ::across, :, ::d_row, ::d_column]
    return np.moveaxis(view, 3, -1)  # the channels last again


def blocks(shape: tuple[int, int, int], room: int) -> Iterator[tuple[slice, ...]]:
    """Cut places (n, oh, ow) into blocks of at most `room`: part of a row, rows, or pictures."""
    n, oh, ow = shape
    columns = min(room, ow)
    rows = min(max(room // ow, 1), oh)
    pictures = min(max(room // (oh * ow), 1), n)
    for first in range(0, n, pictures):
        for top in range(0, oh, rows):
            for left in range(0, ow, columns):
                yield np.s_[first : first + pictures, top : top + rows, left : left + columns]
