"""What the functions of this package accept: every check and every message stands here.

Numbers come in three kinds. Whole numbers of any width, and True and False as 1 and 0, become
int64, so that no picture of bytes overflows; float32 stays; every other float becomes float64.
Where two arrays meet, whole numbers with whole numbers stay whole (and exact), float32 with float32
stays float32, and anything else is float64. Nothing that is passed in is ever changed.
"""

from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

import numpy as np

WORDS = ("valid", "same", "full")


class Steps(NamedTuple):
    """How a window moves over a picture; each entry is (for the rows, for the columns)."""

    window: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]  # ((top, bottom), (left, right))
    output: tuple[int, int]


def numbers(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array of int64, float32 or float64; refuse what holds no numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name}: an array of numbers is expected, got rows of unequal length"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: real numbers are expected, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name}: at least one number is expected, got shape {array.shape}")
    if array.dtype.kind != "f":
        if array.dtype == np.uint64 and array.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{name}: whole numbers below 2**63 are expected, got {array.max()}")
        return array.astype(np.int64, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(
            f"{name}: finite numbers are expected, got {array[where]} at position {where}"
        )
    return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)


def whole(name: str, value: Any, least: int) -> int:
    """Return `value` as an int of `least` or more."""
    try:
        if isinstance(value, bool | np.bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: a whole number is expected, got {value!r}") from None
    if number < least:
        raise ValueError(f"{name}: {least} or more is expected, got {value!r}")
    return number


def is_sequence(value: Any) -> bool:
    """Say whether `value` is more than one number."""
    return isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def pair(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """Return (for the rows, for the columns), from such a pair or from one number for both."""
    if is_sequence(value):
        if len(value) != 2:
            raise ValueError(
                f"{name}: one whole number or a pair (rows, columns) is expected, got {value!r}"
            )
        rows, columns = value
    else:
        rows = columns = value
    return whole(name, rows, least), whole(name, columns, least)


def batch(images: Any, name: str = "images") -> np.ndarray:
    """Return pictures (h, w), (h, w, c) or (n, h, w, c) as (n, h, w, c)."""
    array = numbers(name, images)
    if array.ndim not in (2, 3, 4):
        raise ValueError(
            f"{name}: shape (h, w), (h, w, c) or (n, h, w, c) is expected, got {array.shape}"
        )
    return as_batch(array)


def as_batch(array: np.ndarray) -> np.ndarray:
    """Give (h, w) a channel and (h, w, c) a batch of one."""
    if array.ndim == 2:
        array = array[..., np.newaxis]
    return array[np.newaxis] if array.ndim == 3 else array


def unbatch(array: np.ndarray, images: Any) -> np.ndarray:
    """Take off `array` (n, …, c) the axes that `images` came without."""
    ndim = np.ndim(images)
    if ndim == 2:
        array = array[..., 0]
    return array if ndim == 4 else array[0, ...]


def images_and_kernels(images: Any, kernels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (n, h, w, c_in) and kernels (kh, kw, c_in, c_out) that go together."""
    pictures, collection = batch(images), numbers("kernels", kernels)
    shape, ndim = collection.shape, np.ndim(images)
    if collection.ndim not in (2, 4):
        raise ValueError(
            f"kernels: shape (kh, kw) or (kh, kw, c_in, c_out) is expected, got {shape}"
        )
    if collection.ndim == 2 and ndim != 2:
        raise ValueError(
            f"images: a kernel (kh, kw) goes with one grey picture (h, w), got images of shape "
            f"{np.shape(images)}. For grey pictures in a batch, images[..., np.newaxis] adds the "
            f"channel; the kernel then is kernels[:, :, np.newaxis, np.newaxis]"
        )
    if collection.ndim == 4 and ndim == 2:
        raise ValueError(
            f"images: kernels (kh, kw, c_in, c_out) go with (h, w, c) or (n, h, w, c), got shape "
            f"{np.shape(images)}. images[..., np.newaxis] adds the channel"
        )
    if collection.ndim == 2:
        collection = collection[:, :, np.newaxis, np.newaxis]
    c_in = pictures.shape[-1]
    if collection.shape[2] != c_in:
        hint = (
            ". If these are grey pictures in a batch, images[..., np.newaxis] adds the channel"
            if ndim == 3 and collection.shape[2] == 1
            else ""
        )
        raise ValueError(
            f"kernels: c_in = {c_in} is expected, the channels of images {np.shape(images)}, "
            f"got kernels of shape {shape}{hint}"
        )
    return pictures, collection


def common(*arrays: np.ndarray) -> list[np.ndarray]:
    """Return the arrays in one dtype, see the top of the file."""
    dtype = np.result_type(*arrays)
    return [array.astype(dtype, copy=False) for array in arrays]


def with_bias(bias: Any, kernels: np.ndarray, flat: bool) -> np.ndarray:
    """Return the bias (c_out,) for `kernels` (kh, kw, c_in, c_out); `flat` says they came 2-D."""
    c_out = kernels.shape[-1]
    if bias is None:
        return np.zeros(c_out, kernels.dtype)
    array = numbers("bias", bias)
    if isinstance(bias, int | float):  # as in NumPy, a plain Python number doesn't widen float32
        array = array.astype(np.result_type(kernels.dtype, bias))
    if array.shape == (c_out,) or (flat and array.shape == ()):
        return array.reshape(c_out)
    expected = "one number" if flat else f"one number per output channel, shape ({c_out},),"
    raise ValueError(f"bias: {expected} is expected, got shape {array.shape}")


def small_enough(images: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> None:
    """Refuse whole numbers so large that a sum might leave int64 without a word."""
    if images.dtype.kind != "i":
        return
    terms = math.prod(kernels.shape[:3])
    most = terms * largest(images) * largest(kernels) + largest(bias)
    if most >= 2**63:
        raise ValueError(
            f"images, kernels, bias: sums of whole numbers below 2**63 are expected, got numbers "
            f"that may reach {most:.1e}. Pass them as float"
        )


def largest(array: np.ndarray) -> int:
    """Return the largest absolute value, as a Python int, which has no limit."""
    return max(abs(int(array.min())), abs(int(array.max())))


def axis_padding(
    size: int, kernel: int, stride: int, padding: Any, dilation: int
) -> tuple[int, int]:
    """Return the cells added (before, after) along one axis; `padding` is a word or a pair."""
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        return 0, 0
    if padding == "full":
        return reach - 1, reach - 1
    if padding == "same":
        places = -(-size // stride)  # rounded up
        missing = max((places - 1) * stride + reach - size, 0)
        return missing // 2, missing - missing // 2  # an odd one goes below, or to the right
    return padding


def sides(padding: Any, words: tuple[str, ...] = WORDS) -> Any:
    """Return `padding` for rows and for columns: each a word or a pair (before, after)."""
    if isinstance(padding, str):
        if padding not in words:
            listed = ", ".join(repr(word) for word in words)
            raise ValueError(
                f"padding: {listed}, a whole number or ((top, bottom), (left, right)) is "
                f"expected, got {padding!r}"
            )
        return padding, padding
    if is_sequence(padding):
        if len(padding) != 2 or not all(is_sequence(side) and len(side) == 2 for side in padding):
            raise ValueError(
                f"padding: one whole number or ((top, bottom), (left, right)) is expected, "
                f"got {padding!r}"
            )
        rows, columns = (tuple(whole("padding", p, 0) for p in side) for side in padding)
        return rows, columns
    amount = whole("padding", padding, 0)
    return (amount, amount), (amount, amount)


def steps(
    images: np.ndarray,
    window: tuple[int, int],
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    *,
    name: str = "kernels",
    words: tuple[str, ...] = WORDS,
) -> Steps:
    """Return how a window moves over `images` (n, h, w, c); refuse one that doesn't fit in."""
    stride, dilation = pair("stride", stride), pair("dilation", dilation)
    amounts, output = [], []
    axes = zip(images.shape[1:3], window, stride, sides(padding, words), dilation, strict=True)
    for size, k, s, side, d in axes:
        before, after = axis_padding(size, k, s, side, d)
        room = before + size + after - (k - 1) * d - 1
        if room < 0:
            spread = f", spread by dilation {dilation}," if dilation != (1, 1) else ""
            padded = f" with {before} + {after} cells of padding" if before + after else ""
            raise ValueError(
                f"{name}: a window within the picture is expected, got {window}{spread} on "
                f"(h, w) = {images.shape[1:3]}{padded}"
            )
        amounts.append((before, after))
        output.append(room // s + 1)
    return Steps(window, stride, dilation, tuple(amounts), tuple(output))


def pool_steps(images: np.ndarray, window: Any, stride: Any, padding: Any) -> Steps:
    """Return how a pooling window moves; each place must hold a cell of the picture."""
    window = pair("window", window)
    if isinstance(padding, str) and padding == "full":
        raise ValueError(
            "padding: 'valid', 'same', a whole number or ((top, bottom), (left, right)) is "
            "expected, got 'full', which is for convolutions: pooling ignores padded cells"
        )
    found = steps(
        images,
        window,
        window if stride is None else stride,
        padding,
        name="window",
        words=("valid", "same"),
    )
    for size, k, s, (before, _), places in zip(
        images.shape[1:3], window, found.stride, found.padding, found.output, strict=True
    ):
        if before >= k or (places - 1) * s >= before + size:
            raise ValueError(
                f"padding: every window must hold a cell of the picture, got {padding!r} with "
                f"window {window} and stride {found.stride} on (h, w) = {images.shape[1:3]}"
            )
    return found


def slopes_like(slopes: Any, images: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return slopes as a batch `shape` (n, …, c); they must look like the output for `images`."""
    array = numbers("slopes", slopes)
    expected = shape[1:] if np.ndim(images) < 4 else shape
    expected = expected[:-1] if np.ndim(images) == 2 else expected
    if array.shape != expected:
        raise ValueError(
            f"slopes: the shape of the output, {expected}, is expected, got {array.shape}"
        )
    return array.reshape(shape)
