"""Back-propagation through convolution, pooling and ReLU.

Every function takes `slopes`, the slope of the loss for each number of the output (∂L/∂O, which
comes from the next layer), and returns the slope for each number of the input.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.convolution._arguments import (
    Steps,
    batch,
    common,
    numbers,
    pool_steps,
    slopes_like,
    small_enough,
    steps,
    unbatch,
)
from course_utils.convolution.forward import correlate, pad, together
from course_utils.convolution.pooling import cells_of, largest_of, lowest, places


class ConvGradients(NamedTuple):
    """The slopes of the loss for what went into `conv2d`, each in the shape of its argument."""

    images: np.ndarray
    kernels: np.ndarray
    bias: np.ndarray


def conv2d_gradients(
    images: np.ndarray,
    kernels: np.ndarray,
    slopes: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    dilation: int | tuple[int, int] = 1,
) -> ConvGradients:
    """Return the slopes of the loss for the pictures, the kernels and the bias of `conv2d`.

    ∂L/∂F is the valid cross-correlation of the padded pictures X with ∂L/∂O: F11 met the cells
    X[0, 0], X[0, s], … and each meeting adds its slope. Stride and dilation change roles: the
    slopes lie s apart, the kernel's cells d.

    ∂L/∂X is the full true convolution of ∂L/∂O, with s − 1 zeros put between its entries, and F:
    or, the same, the full cross-correlation with F turned by 180°. ∂L/∂b is the sum of ∂L/∂O.

    Parameters
    ----------
    images, kernels, stride, padding, dilation
        What `conv2d` was called with.
    slopes : array_like
        ∂L/∂O, in the shape of `conv2d`'s result.

    Returns
    -------
    ConvGradients
        ``images`` and ``kernels`` in the shapes of the arguments, ``bias`` ``(c_out,)`` or, for a
        kernel ``(kh, kw)``, ``()``. The dtype follows from `images`, `kernels` and `slopes` as in
        `conv2d`.

    Raises
    ------
    TypeError, ValueError
        As `conv2d`, and if `slopes` doesn't have the shape of its result.

    Examples
    --------
    >>> found = conv2d_gradients(
    ...     np.arange(1, 10).reshape(3, 3), [[1, 2], [3, 4]], [[1, 0], [-1, 2]]
    ... )
    >>> found.kernels
    array([[ 7,  9],
           [13, 15]])
    >>> found.images
    array([[ 1,  2,  0],
           [ 2,  4,  4],
           [-3,  2,  8]])
    >>> found.bias
    array(2)
    """
    pictures, collection, _ = together(images, kernels, None)
    moves = steps(pictures, collection.shape[:2], stride, padding, dilation)
    shape = (len(pictures), *moves.output, collection.shape[-1])
    pictures, collection, delta = common(pictures, collection, slopes_like(slopes, images, shape))
    flat = np.ndim(kernels) == 2
    for_kernels = kernel_slopes(pictures, delta, moves)
    for_bias = delta.sum(axis=(0, 1, 2))
    return ConvGradients(
        unbatch(image_slopes(pictures.shape, collection, delta, moves), images),
        for_kernels[:, :, 0, 0] if flat else for_kernels,
        for_bias.reshape(()) if flat else for_bias,
    )


def kernel_slopes(images: np.ndarray, delta: np.ndarray, moves: Steps) -> np.ndarray:
    """Return ∂L/∂F, (kh, kw, c_in, c_out).

    Each input channel, in all pictures at once, is one picture with n channels; the slopes are the
    kernels (oh, ow, n, c_out) that slide over it.
    """
    padded, sliding = pad(images, moves).transpose(3, 1, 2, 0), delta.transpose(1, 2, 0, 3)
    small_enough(padded, sliding, np.zeros(1, np.int64))
    swapped = Steps(delta.shape[1:3], moves.dilation, moves.stride, ((0, 0), (0, 0)), moves.window)
    kh, kw = moves.window  # where the stride left a rest, there are more places than the kernel has
    return correlate(padded, sliding, swapped)[:, :kh, :kw].transpose(1, 2, 0, 3)


def image_slopes(
    shape: tuple[int, ...], kernels: np.ndarray, delta: np.ndarray, moves: Steps
) -> np.ndarray:
    """Return ∂L/∂X, of `shape` (n, h, w, c_in)."""
    (top, bottom), (left, right) = moves.padding
    padded = (shape[1] + top + bottom, shape[2] + left + right)
    reach = [(k - 1) * d + 1 for k, d in zip(moves.window, moves.dilation, strict=True)]
    places = [size - r + 1 for size, r in zip(padded, reach, strict=True)]
    spread = np.zeros((len(delta), *places, delta.shape[-1]), delta.dtype)
    spread[:, :: moves.stride[0], :: moves.stride[1]] = delta  # s - 1 zeros between the slopes
    turned = kernels[::-1, ::-1].swapaxes(2, 3)
    small_enough(spread, turned, np.zeros(1, np.int64))
    everywhere = tuple((r - 1, r - 1) for r in reach)  # "full"
    full = correlate(
        spread, turned, Steps(moves.window, (1, 1), moves.dilation, everywhere, padded)
    )
    return full[:, top : top + shape[1], left : left + shape[2]]  # padding learns nothing


def max_pool2d_gradient(
    images: np.ndarray,
    slopes: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Send each slope back to the largest cell of its window, the first one in row order.

    Parameters
    ----------
    images, window, stride, padding
        What `max_pool2d` was called with.
    slopes : array_like
        ∂L/∂O, in the shape of its result.

    Returns
    -------
    numpy.ndarray
        ∂L/∂X, in the shape of `images`. A cell that is the largest of several windows gets the sum.
        The dtype is that of `slopes` (int64, float32 or float64).

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d`, and if `slopes` doesn't have the shape of its result.

    Examples
    --------
    >>> max_pool2d_gradient([[5, 1, 3, 3], [8, 2, 3, 2]], [[10, 20]])
    array([[ 0,  0, 20,  0],
           [10,  0,  0,  0]])
    """
    pictures, delta, moves = pooled(images, slopes, window, stride, padding)
    padded = pad(pictures, moves, lowest(pictures.dtype))
    largest = largest_of(pictures, moves)
    back = np.zeros(padded.shape, delta.dtype)
    waiting = np.ones(delta.shape, bool)  # windows whose largest cell hasn't been met yet
    for cell, target in zip(places(padded, moves), places(back, moves), strict=True):
        met = waiting & (cell == largest)
        target += np.where(met, delta, 0)
        waiting &= ~met
    return unbatch(crop(back, pictures.shape, moves), images)


def average_pool2d_gradient(
    images: np.ndarray,
    slopes: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Share each slope equally among the cells of its window; padded cells have no share.

    Parameters and errors are those of `max_pool2d_gradient`; whole numbers give float64.

    Examples
    --------
    >>> average_pool2d_gradient([[5, 1, 3, 3], [8, 2, 3, 2]], [[10, 20]])
    array([[2.5, 2.5, 5. , 5. ],
           [2.5, 2.5, 5. , 5. ]])
    """
    pictures, delta, moves = pooled(images, slopes, window, stride, padding)
    shares = delta / cells_of(pictures.shape, delta.dtype, moves)
    return unbatch(shared(pictures.shape, shares, moves), images)


def sum_pool2d_gradient(
    images: np.ndarray,
    slopes: np.ndarray,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
) -> np.ndarray:
    """Give each slope, whole, to every cell of its window.

    Parameters, results and errors are those of `max_pool2d_gradient`.

    Examples
    --------
    >>> sum_pool2d_gradient([[5, 1, 3, 3], [8, 2, 3, 2]], [[10, 20]])
    array([[10, 10, 20, 20],
           [10, 10, 20, 20]])
    """
    pictures, delta, moves = pooled(images, slopes, window, stride, padding)
    return unbatch(shared(pictures.shape, delta, moves), images)


def pooled(images, slopes, window, stride, padding) -> tuple[np.ndarray, np.ndarray, Steps]:
    """Return pictures (n, h, w, c), slopes (n, oh, ow, c) and the moves of a pooling, checked."""
    pictures = batch(images)
    moves = pool_steps(pictures, window, stride, padding)
    n, _, _, channels = pictures.shape
    return pictures, slopes_like(slopes, images, (n, *moves.output, channels)), moves


def shared(shape: tuple[int, ...], shares: np.ndarray, moves: Steps) -> np.ndarray:
    """Give what each window has to each of its cells; where windows overlap, it adds up."""
    back = pad(np.zeros(shape, shares.dtype), moves)
    for target in places(back, moves):
        target += shares
    return crop(back, shape, moves)


def crop(padded: np.ndarray, shape: tuple[int, ...], moves: Steps) -> np.ndarray:
    """Take the padding off again."""
    (top, _), (left, _) = moves.padding
    return padded[:, top : top + shape[1], left : left + shape[2]]


def global_max_pool2d_gradient(images: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Send the slope of each channel to its largest cell, the first one in row order.

    Parameters
    ----------
    images : array_like
        What `global_max_pool2d` was called with.
    slopes : array_like
        ∂L/∂O, ``()``, ``(c,)`` or ``(n, c)``.

    Returns
    -------
    numpy.ndarray
        ∂L/∂X, in the shape of `images` and the dtype of `slopes` (int64, float32 or float64).

    Raises
    ------
    TypeError, ValueError
        If an argument has another shape or doesn't hold finite real numbers.

    Examples
    --------
    >>> global_max_pool2d_gradient([[5, 1], [8, 8]], 10)
    array([[ 0,  0],
           [10,  0]])
    """
    pictures, delta = globally(images, slopes)
    n, h, w, channels = pictures.shape
    back = np.zeros((n, h * w, channels), delta.dtype)
    first = pictures.reshape(back.shape).argmax(axis=1)
    np.put_along_axis(back, first[:, np.newaxis], delta[:, np.newaxis], axis=1)
    return unbatch(back.reshape(pictures.shape), images)


def global_average_pool2d_gradient(images: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Share the slope of each channel equally among its cells; else `global_max_pool2d_gradient`.

    Whole numbers give float64.

    Examples
    --------
    >>> global_average_pool2d_gradient([[5, 1], [8, 8]], 10)
    array([[2.5, 2.5],
           [2.5, 2.5]])
    """
    pictures, delta = globally(images, slopes)
    _, h, w, _ = pictures.shape
    share = delta[:, np.newaxis, np.newaxis] / (h * w)
    return unbatch(np.broadcast_to(share, pictures.shape).copy(), images)


def global_sum_pool2d_gradient(images: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Give the slope of each channel to all its cells; else as `global_max_pool2d_gradient`.

    Examples
    --------
    >>> global_sum_pool2d_gradient([[5, 1], [8, 8]], 10)
    array([[10, 10],
           [10, 10]])
    """
    pictures, delta = globally(images, slopes)
    share = delta[:, np.newaxis, np.newaxis]
    return unbatch(np.broadcast_to(share, pictures.shape).copy(), images)


def globally(images, slopes) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (n, h, w, c) and slopes (n, c), checked."""
    pictures = batch(images)
    n, _, _, channels = pictures.shape
    return pictures, slopes_like(slopes, images, (n, channels))


def relu_gradient(z: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Let the slopes through where `z` is above 0; at 0 itself the slope is taken as 0.

    Parameters
    ----------
    z : array_like
        What went into `relu`, any shape.
    slopes : array_like
        ∂L/∂relu(z), of the same shape.

    Returns
    -------
    numpy.ndarray
        ∂L/∂z, of the same shape and the dtype of `slopes` (int64, float32 or float64).

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, or an argument doesn't hold finite real numbers.

    Examples
    --------
    >>> relu_gradient([-2, 0, 3], [10, 20, 30])
    array([ 0,  0, 30])
    """
    z, slopes = numbers("z", z), numbers("slopes", slopes)
    if z.shape != slopes.shape:
        raise ValueError(f"slopes: the shape of z, {z.shape}, is expected, got {slopes.shape}")
    return np.where(z > 0, slopes, 0).astype(slopes.dtype, copy=False)
