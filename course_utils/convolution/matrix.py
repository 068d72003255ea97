"""A convolution written as one sparse matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from course_utils.convolution._arguments import as_batch, numbers, pair, steps
from course_utils.convolution.forward import pad, windows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def conv_matrix(
    kernel: np.ndarray,
    image_shape: tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    dilation: int | tuple[int, int] = 1,
) -> csr_array:
    """Return the matrix whose product with a flattened picture is its convolution.

    Row by row it holds the kernel's numbers at the cells that one window covers, and zeros, which
    aren't stored, elsewhere.

    Parameters
    ----------
    kernel : array_like
        ``(kh, kw)``.
    image_shape : (int, int)
        Height and width of the pictures.
    stride, padding, dilation
        As in `conv2d`.

    Returns
    -------
    scipy.sparse.csr_array
        ``(oh * ow, h * w)``, with ``conv_matrix(kernel, image.shape) @ image.ravel()`` equal to
        ``conv2d(image, kernel).ravel()``.

    Raises
    ------
    TypeError, ValueError
        As `conv2d`.

    Examples
    --------
    >>> conv_matrix([[1, 2], [3, 4]], (2, 3)).toarray()
    array([[1, 2, 0, 3, 4, 0],
           [0, 1, 2, 0, 3, 4]])
    """
    from scipy.sparse import csr_array  # here, so that notebooks which need none start faster

    height, width = pair("image_shape", image_shape)
    weights = numbers("kernel", kernel)
    if weights.ndim != 2:
        raise ValueError(f"kernel: shape (kh, kw) is expected, got {weights.shape}")
    cells = as_batch(np.arange(height * width).reshape(height, width))
    moves = steps(cells, weights.shape, stride, padding, dilation, name="kernel")
    covered = windows(pad(cells, moves, value=-1), moves).reshape(-1, weights.size)
    row, place = np.nonzero((covered >= 0) & (weights.ravel() != 0))  # -1 is padding
    entries = (weights.ravel()[place], (row, covered[row, place]))
    return csr_array(entries, shape=(len(covered), cells.size))
