"""Pictures made harder: moved, turned, scaled, lit from one side, noisy, cut up (notebook 14).

Every function takes a batch of pictures, ``(n, h, w)`` or ``(n, h, w, c)`` of dtype uint8, and
returns a new one of the same shape and dtype. What enters at an edge is `edge`: ``"black"`` (0,
as in pictures of digits) or ``"nearest"`` (the outermost pixels once more, for photographs).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_MODES = {"black": "constant", "nearest": "nearest"}


def shift(
    images: np.ndarray,
    down: int | np.ndarray,
    right: int | np.ndarray,
    edge: str = "black",
) -> np.ndarray:
    """Move pictures by whole pixels; what leaves is lost.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    down, right : int or numpy.ndarray
        Pixels, negative for up and left: one number for all pictures, or one each, ``(n,)``.
    edge : {"black", "nearest"}
        What enters.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures, there is not one whole number a picture, or `edge` is
        another word.

    Examples
    --------
    >>> shift(np.array([[[1, 2], [3, 4]]], dtype=np.uint8), down=0, right=1)
    array([[[0, 1],
            [0, 3]]], dtype=uint8)
    """
    images, mode = _pictures(images), _mode(edge)
    down, right = _each(down, len(images), "down"), _each(right, len(images), "right")
    if not all(np.array_equal(steps, np.rint(steps)) for steps in (down, right)):
        raise ValueError("down, right: whole pixels are expected, got fractions")
    h, w = images.shape[1:3]
    # Where each pixel comes from; outside it is the nearest one, or black.
    rows = np.arange(h) - down.astype(int)[:, np.newaxis]
    columns = np.arange(w) - right.astype(int)[:, np.newaxis]
    picture = np.arange(len(images))[:, np.newaxis, np.newaxis]
    moved = images[
        picture, rows.clip(0, h - 1)[:, :, np.newaxis], columns.clip(0, w - 1)[:, np.newaxis]
    ]
    if mode == "constant":
        outside = ((rows < 0) | (rows >= h))[:, :, np.newaxis]
        outside = outside | ((columns < 0) | (columns >= w))[:, np.newaxis]
        moved[outside] = 0
    return moved


def rotate(images: np.ndarray, degrees: float | np.ndarray, edge: str = "black") -> np.ndarray:
    """Turn pictures about their middle, anticlockwise.

    Numbers between pixels are those of the straight lines between them (SciPy's ``order=1``).

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    degrees : float or numpy.ndarray
        Negative is clockwise: one angle for all pictures, or one each, ``(n,)``.
    edge : {"black", "nearest"}
        What enters.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures, there is not one angle a picture, or `edge` is another
        word.

    Examples
    --------
    >>> rotate(np.array([[[1, 2], [3, 4]]], dtype=np.uint8), 90)
    array([[[2, 4],
            [1, 3]]], dtype=uint8)
    """
    images = _pictures(images)
    angles = np.radians(_each(degrees, len(images), "degrees"))
    cosine, sine = np.cos(angles), np.sin(angles)
    # From a place in the new picture (row, column) to the place in the old one.
    matrices = np.moveaxis(np.array([[cosine, sine], [-sine, cosine]]), -1, 0)
    return _transformed(images, matrices, edge)


def scale(images: np.ndarray, factor: float | np.ndarray, edge: str = "black") -> np.ndarray:
    """Show what is on the pictures larger or smaller; the pictures keep their size.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    factor : float or numpy.ndarray
        Greater than 0; 2 for twice as large, about the middle: one for all, or one each, ``(n,)``.
    edge : {"black", "nearest"}
        What enters.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures, a factor is not greater than 0, there is not one a
        picture, or `edge` is another word.

    Examples
    --------
    >>> scale(np.array([[[0, 0, 0], [8, 8, 8], [0, 0, 0]]], dtype=np.uint8), 2)
    array([[[4, 4, 4],
            [8, 8, 8],
            [4, 4, 4]]], dtype=uint8)
    """
    images = _pictures(images)
    factors = _each(factor, len(images), "factor")
    if (factors <= 0).any():
        raise ValueError(f"factor: numbers greater than 0 are expected, got {factors.min():g}")
    return _transformed(images, np.eye(2) / factors[:, np.newaxis, np.newaxis], edge)


def light(images: np.ndarray, levels: float) -> np.ndarray:
    """Light pictures from the right: the first column stays, the last gets `levels` lighter.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    levels : float
        Grey levels; negative for shade. The result is cut off at 0 and 255.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures or `levels` is no number.

    Examples
    --------
    >>> light(np.array([[[10, 10, 250]]], dtype=np.uint8), 20)
    array([[[ 10,  20, 255]]], dtype=uint8)
    """
    images = _pictures(images)
    ramp = np.linspace(0, _number(levels, "levels"), images.shape[2])
    return _bytes(images + (ramp if images.ndim == 3 else ramp[:, np.newaxis]))


def noise(images: np.ndarray, levels: float, rng: np.random.Generator) -> np.ndarray:
    """Add a normally distributed random number to every pixel.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    levels : float
        Standard deviation in grey levels, 0 or more. The result is cut off at 0 and 255.
    rng : numpy.random.Generator
        Draws the numbers.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures, or `levels` is no number or less than 0.

    Examples
    --------
    >>> noise(np.full((1, 1, 3), 100, dtype=np.uint8), 0, np.random.default_rng(0))
    array([[[100, 100, 100]]], dtype=uint8)
    """
    images = _pictures(images)
    if _number(levels, "levels") < 0:
        raise ValueError(f"levels: 0 or more is expected, got {levels}")
    return _bytes(images + rng.normal(0, levels, images.shape))


def shuffle_tiles(images: np.ndarray, parts: int, rng: np.random.Generator) -> np.ndarray:
    """Cut each picture into parts × parts tiles and put them together in a random order.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``, uint8.
    parts : int
        Tiles side by side; divides height and width.
    rng : numpy.random.Generator
        Draws an order for each picture.

    Returns
    -------
    numpy.ndarray
        As `images`; tiles are neither turned nor mirrored.

    Raises
    ------
    TypeError, ValueError
        If `images` are no such pictures, or `parts` does not divide their sides.

    Examples
    --------
    >>> shuffle_tiles(np.array([[[1, 2], [3, 4]]], dtype=np.uint8), 2, np.random.default_rng(0))
    array([[[3, 1],
            [2, 4]]], dtype=uint8)
    """
    images = _pictures(images)
    n, h, w = images.shape[:3]
    if not isinstance(parts, (int, np.integer)) or parts < 1 or h % parts or w % parts:
        raise ValueError(
            f"parts: a whole number that divides {h} and {w} (the sides) is expected, got {parts!r}"
        )
    rest = images.shape[3:]
    tiles = images.reshape(n, parts, h // parts, parts, w // parts, *rest).swapaxes(2, 3)
    tiles = tiles.reshape(n, parts * parts, h // parts, w // parts, *rest)
    order = rng.permuted(np.tile(np.arange(parts * parts), (n, 1)), axis=1)
    tiles = tiles[np.arange(n)[:, np.newaxis], order]
    tiles = tiles.reshape(n, parts, parts, h // parts, w // parts, *rest).swapaxes(2, 3)
    return tiles.reshape(images.shape)


# --- How it is done -----------------------------------------------------------------------------


def _pictures(images: np.ndarray) -> np.ndarray:
    """Return the pictures; refuse everything else."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        got = f"{images.dtype}" if isinstance(images, np.ndarray) else type(images).__name__
        raise TypeError(f"images: an array of dtype uint8 is expected, got {got}")
    if images.ndim not in (3, 4):
        raise ValueError(
            "images: a batch (n, height, width) or (n, height, width, channels) is expected, got "
            f"the shape {images.shape}; for one picture write images[np.newaxis]"
        )
    return images


def _mode(edge: str) -> str:
    if edge not in _MODES:
        raise ValueError(f"edge: 'black' or 'nearest' is expected, got {edge!r}")
    return _MODES[edge]


def _number(value: float, name: str) -> float:
    if not np.isscalar(value) or not np.isreal(value) or not np.isfinite(value):
        raise ValueError(f"{name}: a finite number is expected, got {value!r}")
    return float(value)


def _each(value: float | np.ndarray, count: int, name: str) -> np.ndarray:
    """Return one number a picture."""
    numbers = np.asarray(value, dtype=float)
    if numbers.shape not in ((), (count,)):
        raise ValueError(
            f"{name}: one number, or one for each of the {count} pictures, is expected, got "
            f"the shape {numbers.shape}"
        )
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: finite numbers are expected")
    return np.broadcast_to(numbers, (count,))


def _transformed(images: np.ndarray, matrices: np.ndarray, edge: str) -> np.ndarray:
    """Return pictures whose place p shows the old one's middle + matrix · (p − middle)."""
    mode = _mode(edge)
    middle = (np.array(images.shape[1:3]) - 1) / 2
    result = np.empty(images.shape, dtype=np.uint8)
    for new, old, matrix in zip(result, images, matrices, strict=True):
        offset = middle - matrix @ middle
        # Rounding errors of sine and cosine would push edge pixels outside: 1e-9 is no pixel.
        offset = offset.round(9)
        if old.ndim == 2:
            planes = [(new, old)]
        else:
            planes = [(new[..., c], old[..., c]) for c in range(old.shape[-1])]
        for target, plane in planes:
            target[...] = _bytes(
                ndimage.affine_transform(
                    plane.astype(np.float32), matrix.round(12), offset, order=1, mode=mode
                )
            )
    return result


def _bytes(numbers: np.ndarray) -> np.ndarray:
    return np.rint(numbers).clip(0, 255).astype(np.uint8)
