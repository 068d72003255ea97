"""A window on its walk over a picture: where it may stand, what it covers, what it gives.

Convolution, pooling and the two halves of the backward pass are one and the same walk, with
another picture under the window and other numbers in it. The front end of `SlidingWindow`
(`static/sliding_window.js`) lays out the same walks; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_ROWS, MOST_COLUMNS = 14, 16
"""The largest picture whose numbers are still legible beside everything else."""

MOST_WEIGHTS = 5
"""The largest kernel or pooling window."""

PADDINGS = ("valid", "same", "full")
POOLS = ("max", "average", "sum")
CHANNELS = {1: ("",), 3: ("red", "green", "blue")}


@dataclass(frozen=True)
class Walk:
    """A window and the picture that it walks over, row by row from the upper left.

    Attributes
    ----------
    picture : numpy.ndarray
        With what was laid around it and between its cells, ``(rows, columns, channels)``.
    inside : numpy.ndarray
        Which cells are the picture's own, ``(rows, columns)``; the others are zeros put there.
    weights : numpy.ndarray or None
        The numbers that multiply what the window covers, ``(kh, kw, channels)``; None in pooling.
    size : tuple of int
        The window's rows and columns.
    shape : tuple of int
        Rows and columns of what comes out.
    stride : int
        Cells from one position to the next.
    reduce : {"sum", "max", "average"}
        What becomes of the cells (pooling) or products (otherwise) of a window.
    bias, divide : float
        The output is the sum divided by `divide`, plus `bias`.
    names : tuple of str
        Of the picture, the window and the output.
    """

    picture: np.ndarray
    inside: np.ndarray
    weights: np.ndarray | None
    size: tuple[int, int]
    shape: tuple[int, int]
    stride: int = 1
    reduce: str = "sum"
    bias: float = 0.0
    divide: float = 1.0
    names: tuple[str, str, str] = ("image", "kernel", "output")

    def part(self, row: int, column: int) -> tuple[slice, slice]:
        """Return which rows and columns of the picture the window covers at a position."""
        top, left = row * self.stride, column * self.stride
        return slice(top, top + self.size[0]), slice(left, left + self.size[1])

    def sums(self, row: int, column: int) -> np.ndarray:
        """Return the sum of the products of each channel, ``(channels,)``."""
        return (self.picture[self.part(row, column)] * self.weights).sum(axis=(0, 1))

    def total(self, row: int, column: int) -> float:
        """Return what the window gives at a position."""
        if self.weights is not None:
            return float(self.sums(row, column).sum() / self.divide + self.bias)
        part = self.part(row, column)
        cells = self.picture[part][self.inside[part]]
        return float({"max": np.max, "average": np.mean, "sum": np.sum}[self.reduce](cells))

    def largest(self, row: int, column: int) -> tuple[int, int]:
        """Return where in the picture the window's largest cell is, the first in row order."""
        rows, columns = self.part(row, column)
        cells = np.where(self.inside[rows, columns], self.picture[rows, columns, 0], -np.inf)
        i, j = np.unravel_index(int(cells.argmax()), cells.shape)
        return rows.start + int(i), columns.start + int(j)

    def output(self) -> np.ndarray:
        """Return what the window gives at all positions, of the shape `shape`."""
        rows, columns = self.shape
        return np.array([[self.total(i, j) for j in range(columns)] for i in range(rows)])


# --- Laying out the walks -----------------------------------------------------------------------


def convolution(
    image: Any, kernel: Any, *, bias: Any = 0, stride: Any = 1, padding: Any = "valid",
    divide: Any = 1,
) -> Walk:  # fmt: skip
    """Return the walk of a kernel over an image (``(h, w)`` or ``(h, w, channels)`` each)."""
    image, kernel = pictured("image", image), pictured("kernel", kernel)
    if image.shape[2] != kernel.shape[2]:
        raise ValueError(
            f"kernel has {kernel.shape[2]} channel(s) and image has {image.shape[2]}; expected as "
            "many of each: (rows, columns) for both, or (rows, columns, 3) for both."
        )
    size = _window_of("kernel", kernel)
    stride = whole("stride", stride, 1, 3)
    pads = [amounts(*pair, stride, padding) for pair in zip(image.shape[:2], size, strict=True)]
    divide = number("divide", divide)
    if divide == 0:
        raise ValueError("divide is 0; expected a number other than 0.")
    picture, inside = _padded(image, np.ones(image.shape[:2], dtype=bool), pads)
    return Walk(
        picture, inside, kernel, size, _positions("kernel", picture, size, stride), stride,
        bias=number("bias", bias), divide=divide,
    )  # fmt: skip


def pooling(
    image: Any, window: Any = 2, stride: Any = None, kind: Any = "max", padding: Any = "valid"
) -> Walk:
    """Return the walk of a pooling window over an image ``(h, w)``."""
    image = pictured("image", image)
    if image.shape[2] != 1:
        raise ValueError(
            f"image has {image.shape[2]} channels; expected (rows, columns): pooling treats each "
            "channel by itself, so show one, for example image[..., 0]."
        )
    if kind not in POOLS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(POOLS)}.")
    if padding not in PADDINGS[:2]:
        raise ValueError(f"padding is {padding!r}; expected 'valid' or 'same' for pooling.")
    window = whole("window", window, 1, MOST_WEIGHTS)
    stride = window if stride is None else whole("stride", stride, 1, MOST_WEIGHTS)
    pads = [amounts(size, window, stride, padding) for size in image.shape[:2]]
    picture, inside = _padded(image, np.ones(image.shape[:2], dtype=bool), pads)
    shape = _positions("window", picture, (window, window), stride)
    return Walk(
        picture, inside, None, (window, window), shape, stride, kind,
        names=("image", "window", "output"),
    )  # fmt: skip


def backward(
    image: Any, kernel: Any, slopes: Any, *, stride: Any = 1, show: Any = "kernel"
) -> Walk:
    """Return the walk that gives the slope of the loss at the kernel, or at the image.

    ∂L/∂F is the valid cross-correlation of X with ∂L/∂O, ∂L/∂X the full one of ∂L/∂O with F
    turned by 180°; with a stride s there are s − 1 zeros between the entries of ∂L/∂O.
    """
    image, kernel = pictured("image", image), pictured("kernel", kernel)
    slopes = pictured("slopes", slopes)
    for name, array in (("image", image), ("kernel", kernel), ("slopes", slopes)):
        if array.shape[2] != 1:
            raise ValueError(f"{name} has {array.shape[2]} channels; expected (rows, columns).")
    if show not in ("kernel", "image"):
        raise ValueError(f"show is {show!r}; expected 'kernel' or 'image'.")
    stride, size = whole("stride", stride, 1, 3), _window_of("kernel", kernel)
    expected = _positions("kernel", image, size, stride)
    if slopes.shape[:2] != expected:
        raise ValueError(
            f"slopes has the shape {slopes.shape[:2]}; expected {expected}, the shape of the "
            f"output of image {image.shape[:2]} and kernel {size} with stride {stride}."
        )
    spaced, inside = _spaced(slopes, stride)
    if show == "kernel":
        return Walk(
            image, np.ones(image.shape[:2], dtype=bool), spaced, spaced.shape[:2], size,
            names=("X", "∂L/∂O", "∂L/∂F"),
        )  # fmt: skip
    # Rows and columns of X that no window reaches have the slope 0: more zeros after the slopes.
    pads = [
        (k - 1, whole_side - cells)
        for k, whole_side, cells in zip(size, image.shape[:2], spaced.shape[:2], strict=True)
    ]
    picture, inside = _padded(spaced, inside, pads)
    return Walk(
        picture, inside, kernel[::-1, ::-1], size, image.shape[:2],
        names=("∂L/∂O", "F turned by 180°", "∂L/∂X"),
    )  # fmt: skip


def amounts(size: int, window: int, stride: int, padding: Any) -> tuple[int, int]:
    """Return how many zeros a padding puts before and after a side."""
    if isinstance(padding, str) and padding in PADDINGS:
        if padding == "same":
            total = max((-(-size // stride) - 1) * stride + window - size, 0)
            return total // 2, total - total // 2
        return (window - 1, window - 1) if padding == "full" else (0, 0)
    if isinstance(padding, int | np.integer) and not isinstance(padding, bool) and padding >= 0:
        most = MOST_WEIGHTS - 1
        if padding > most:
            raise ValueError(f"padding is {padding}; expected at most {most} to stay legible.")
        return int(padding), int(padding)
    raise ValueError(
        f"padding is {padding!r}; expected 'valid', 'same', 'full' or a whole number from 0."
    )


def _padded(
    picture: np.ndarray, inside: np.ndarray, pads: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    return np.pad(picture, (*pads, (0, 0))), np.pad(inside, tuple(pads))


def _spaced(slopes: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes with zeros between them, and which cells are slopes."""
    rows, columns = ((side - 1) * stride + 1 for side in slopes.shape[:2])
    spaced, inside = np.zeros((rows, columns, slopes.shape[2])), np.zeros((rows, columns), bool)
    spaced[::stride, ::stride], inside[::stride, ::stride] = slopes, True
    return spaced, inside


def _positions(
    name: str, picture: np.ndarray, size: tuple[int, int], stride: int
) -> tuple[int, int]:
    """Return how many positions a window has downwards and across."""
    rows, columns = (
        (side - k) // stride + 1 for side, k in zip(picture.shape[:2], size, strict=True)
    )
    if rows < 1 or columns < 1:
        raise ValueError(
            f"{name} of {size[0]} × {size[1]} does not fit into the (padded) image of "
            f"{picture.shape[0]} × {picture.shape[1]}; expected one that is no larger."
        )
    return rows, columns


# --- What may come in ---------------------------------------------------------------------------


def pictured(name: str, values: Any) -> np.ndarray:
    """Return values as float64 ``(rows, columns, channels)``, or say what is wrong with them."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths; expected a full array.") from error
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} holds {array.dtype} values; expected numbers.")
    if array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] > 3):
        raise ValueError(
            f"{name} has the shape {array.shape}; expected (rows, columns) or "
            "(rows, columns, channels) with up to 3 channels."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values; expected finite numbers.")
    if array.shape[0] > MOST_ROWS or array.shape[1] > MOST_COLUMNS:
        raise ValueError(
            f"{name} has the shape {array.shape}; at most {MOST_ROWS} rows and {MOST_COLUMNS} "
            f"columns can be read. Show a part, for example {name}[8:16, 8:16]."
        )
    return array.astype(float).reshape(*array.shape[:2], -1)


def _window_of(name: str, kernel: np.ndarray) -> tuple[int, int]:
    if max(kernel.shape[:2]) > MOST_WEIGHTS:
        raise ValueError(
            f"{name} has the shape {kernel.shape[:2]}; at most {MOST_WEIGHTS} × {MOST_WEIGHTS} can "
            "be read."
        )
    return kernel.shape[0], kernel.shape[1]


def number(name: str, value: Any) -> float:
    """Return a finite number, or say what is wrong with it."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        result = np.nan
    if not np.isfinite(result):
        raise ValueError(f"{name} is {value!r}; expected a number.")
    return result


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number between two, or say what is wrong with it."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; expected a whole number from {low} to {high}.")
    return int(value)


# --- Words ----------------------------------------------------------------------------------------


def decimals(values: np.ndarray) -> int:
    """Return with how many decimals (2 at most, more for small numbers) a table is written."""
    greatest = float(np.abs(values).max(initial=0))
    most = 2 if greatest >= 0.1 or greatest == 0 else 4
    for places in range(most):
        if np.allclose(values, values.round(places), rtol=0, atol=1e-9 * max(1.0, greatest)):
            return places
    return most


def written(value: float, places: int | None = None) -> str:
    """Write a number, with a true minus sign and without the zeros at its end.

    Examples
    --------
    >>> written(1.0999999), written(-1 / 9), written(3.0), written(3.0, 1), written(-1e-17)
    ('1.1', '−0.11', '3', '3.0', '0')
    """
    if places is None:
        text = f"{value:.{2 if abs(value) >= 0.095 else 4}f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:.{places}f}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


def bracketed(value: float, places: int | None = None) -> str:
    """Write a number as `written` does, in brackets where it is negative."""
    text = written(value, places)
    return f"({text})" if text.startswith("−") else text


def sentences(walk: Walk, row: int, column: int) -> list[str]:
    """Return how the output at a position comes about, one line a channel and one for the total.

    Examples
    --------
    >>> sentences(convolution([[1, 2]], [[3, -4]]), 0, 0)
    ['1·3 + 2·(−4) = −5']
    """
    part = walk.part(row, column)
    places = decimals(walk.output())
    total = written(walk.total(row, column), places)
    if walk.weights is None:
        cells = [float(cell) for cell in walk.picture[part][walk.inside[part]].ravel()]
        if walk.reduce == "max":
            return [f"max({', '.join(map(written, cells))}) = {total}"]
        added = " + ".join([written(cells[0]), *map(bracketed, cells[1:])])
        return [f"({added}) ÷ {len(cells)} = {total}" if walk.reduce == "average" else
                f"{added} = {total}"]  # fmt: skip
    after = "" if walk.divide == 1 else f" ÷ {bracketed(walk.divide)}"
    after += "" if walk.bias == 0 else f" {signed(walk.bias)}"
    sums = walk.sums(row, column)
    lines = [_products(walk, part, channel) for channel in range(len(sums))]
    if len(lines) == 1:
        added = f"({lines[0]})" if walk.divide != 1 else lines[0]
        return [f"{added}{after} = {total}"]
    names = CHANNELS.get(len(sums), tuple(f"channel {k + 1}" for k in range(len(sums))))
    lines = [
        f"{name}: {line} = {written(value)}"
        for name, line, value in zip(names, lines, sums, strict=True)
    ]
    added = " ".join([written(sums[0]), *map(signed, sums[1:])])
    added = f"({added})" if walk.divide != 1 else added
    return [*lines, f"{added}{after} = {total}"]


def _products(walk: Walk, part: tuple[slice, slice], channel: int) -> str:
    values, weights = walk.picture[part][..., channel], walk.weights[..., channel]
    pairs = zip(values.ravel(), weights.ravel(), strict=True)
    terms = [f"{bracketed(value)}·{bracketed(weight)}" for value, weight in pairs]
    return " + ".join(terms)


def signed(value: float) -> str:
    """Write a number to be added: its sign, a space, and its magnitude."""
    text = written(value)
    return f"− {text[1:]}" if text.startswith("−") else f"+ {text}"
