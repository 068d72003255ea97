"""The sliding window: a kernel over an image, its products, their sum, the output filling up.

`slide_window` (convolution), `slide_pool` (pooling) and `slide_back` (the backward pass) show the
widget of notebooks 08–10; `show_windows` draws the strip of frames that stands in for it in print.

The front end calculates by itself, so that playing is smooth; a test in the browser compares its
numbers with NumPy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import worked_examples
from course_utils.widgets import _windows
from course_utils.widgets._window_strip import strip
from course_utils.widgets.still import STATIC, StillWidget, script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ARRAYS = ("image", "kernel", "slopes")
_CHOICES = ("bias", "stride", "padding", "kind", "window", "show")
_MOST = 1e6  # the greatest magnitude of a number that the front end may send


class SlidingWindow(StillWidget):
    """The widget that `slide_window`, `slide_pool` and `slide_back` return.

    Everything that can be read from it is as the front end shows it now, the reader's changes
    included.
    """

    sentence = (
        "A window sliding over an image, position by position. It needs a running kernel: run "
        "this cell in JupyterLab."
    )
    _esm = script("element.js", "sliding_window.js")
    _css = STATIC / "sliding_window.css"

    # From Python to the front end.
    _setup = traitlets.Dict().tag(sync=True)
    # From the front end to Python; anything may come, so nothing is demanded of its type.
    _state = traitlets.Any(None, allow_none=True).tag(sync=True)

    def __init__(
        self, mode: str, title: str | None = None, show_size: bool = True, **settings: Any
    ) -> None:
        walk = _walk(mode, settings)  # raises where something does not fit
        given = {
            name: _windows.pictured(name, value).tolist() if name in _ARRAYS else _plain(value)
            for name, value in settings.items()
        }
        if mode == "pool":
            given["stride"] = walk.stride
        super().__init__(
            _setup={"mode": mode, "title": title, "show_size": bool(show_size), **given}
        )

    @property
    def image(self) -> np.ndarray:
        """The image, ``(h, w)`` or ``(h, w, channels)``."""
        return _flat(self._settings()["image"])

    @property
    def kernel(self) -> np.ndarray | None:
        """The kernel, ``(kh, kw)`` or ``(kh, kw, channels)``; None in pooling."""
        kernel = self._settings().get("kernel")
        return None if kernel is None else _flat(kernel)

    @property
    def slopes(self) -> np.ndarray | None:
        """∂L/∂O, of the shape of the output; None but in the backward pass."""
        slopes = self._settings().get("slopes")
        return None if slopes is None else _flat(slopes)

    @property
    def position(self) -> tuple[int, int]:
        """Row and column of the output's framed cell, from 0."""
        rows, columns = self._walk().shape
        row, column = (_whole(self._said().get(name)) for name in ("row", "column"))
        return (row, column) if row < rows and column < columns else (0, 0)

    @property
    def total(self) -> float:
        """The number that stands at `position`."""
        said = _number(self._said().get("total"))
        return self._walk().total(*self.position) if said is None else said

    @property
    def output(self) -> np.ndarray:
        """The output, NaN where it is not filled in yet."""
        walk = self._walk()
        said = self._said().get("output")
        try:
            rows = [[np.nan if v is None else _number(v) for v in row] for row in said]
            output = np.array(rows, dtype=float)
        except (TypeError, ValueError):
            output = np.empty(0)
        if output.shape == walk.shape:
            return output
        output = walk.output()
        row, column = self.position
        output.ravel()[row * walk.shape[1] + column + 1 :] = np.nan
        return output

    def still(self) -> Figure:
        """Return a strip of frames, see `show_windows`."""
        title = self._setup.get("title")
        return strip(self._walk(), title=title if isinstance(title, str) else None)

    def set_state(self, sync_data: dict) -> None:
        """Take over what the front end may say: its state."""
        super().set_state({key: sync_data[key] for key in sync_data if key == "_state"})

    def _said(self) -> dict[str, Any]:
        return self._state if isinstance(self._state, dict) else {}

    def _walk(self) -> _windows.Walk:
        return _walk(self._setup["mode"], self._settings())

    def _settings(self) -> dict[str, Any]:
        """Return what the front end shows, or what was given where that makes no sense."""
        given = {
            name: np.array(value) if name in _ARRAYS else value
            for name, value in self._setup.items()
            if name not in ("mode", "title", "show_size")
        }
        said = self._said()
        shown = dict(given)
        for name in given:
            if name in _ARRAYS:
                array = _numbers(said.get(name))
                if array is not None and array.shape == given[name].shape:
                    shown[name] = array
            elif name in _CHOICES and name in said:
                shown[name] = said[name]
        try:
            _walk(self._setup["mode"], shown)
        except (TypeError, ValueError):
            return given
        return shown


def _walk(mode: str, settings: dict[str, Any]) -> _windows.Walk:
    makers = {
        "convolution": _windows.convolution,
        "pool": _windows.pooling,
        "back": _windows.backward,
    }
    return makers[mode](**settings)


def slide_window(
    image: np.ndarray | None = None,
    kernel: np.ndarray | None = None,
    *,
    bias: float = 0,
    stride: int = 1,
    padding: str | int = "valid",
    divide: float = 1,
    title: str | None = None,
    show_size: bool = True,
) -> SlidingWindow:
    """Show a kernel sliding over an image: its products, their sum, the output filling up.

    Step, play or scrub; click a cell of the output to jump there, a number of the image or the
    kernel to change it. The output at a position is the sum of the products divided by `divide`,
    plus `bias`.

    Parameters
    ----------
    image : array_like, optional
        ``(h, w)`` or ``(h, w, 3)``, up to 14 × 16; by default the 4 of notebook 08.
    kernel : array_like, optional
        ``(kh, kw)``, or ``(kh, kw, 3)`` for an image with three channels, up to 5 × 5; by default
        the one laid on the 4.
    bias : float
        Added to each sum.
    stride : int
        From 1 to 3: how far from one position to the next.
    padding : {"valid", "same", "full"} or int
        Zeros around the image, as in `course_utils.convolution.conv2d`.
    divide : float
        Each sum is divided by it: ``divide=9`` for a mean of nine products.
    title : str, optional
        A line above it.
    show_size : bool
        Whether the formula of the output's size stands below it; a lesson in which the reader
        has yet to find the formula leaves it out.

    Returns
    -------
    SlidingWindow
        Shown when it is the last line of a cell; its ``image``, ``kernel``, ``output``,
        ``position`` and ``total`` can be read in later cells.

    Raises
    ------
    ValueError
        If a shape, a number or a setting does not fit; the message names it.

    Examples
    --------
    >>> sliding = slide_window()
    >>> sliding.position, sliding.total
    ((0, 0), 1.0)
    """
    image = worked_examples.FOUR if image is None else image
    kernel = worked_examples.CROSS if kernel is None else kernel
    return SlidingWindow(
        "convolution", title, show_size, image=image, kernel=kernel, bias=bias, stride=stride,
        padding=padding, divide=divide,
    )  # fmt: skip


def slide_pool(
    image: np.ndarray | None = None,
    window: int = 2,
    stride: int | None = None,
    kind: str = "max",
    padding: str = "valid",
    *,
    title: str | None = None,
) -> SlidingWindow:
    """Show a pooling window sliding over an image.

    Parameters
    ----------
    image : array_like, optional
        ``(h, w)``; by default the one pooled in notebook 09.
    window : int
        Rows and columns of the window.
    stride : int, optional
        From one position to the next; by default as large as the window.
    kind : {"max", "average", "sum"}
        What is taken of the cells in the window.
    padding : {"valid", "same"}
        Padded cells are left out of maximum and average.
    title : str, optional
        A line above it.

    Returns
    -------
    SlidingWindow

    Raises
    ------
    ValueError
        If a shape or a setting does not fit; the message names it.

    Examples
    --------
    >>> slide_pool(kind="average").total
    4.0
    """
    image = worked_examples.POOL_ME if image is None else image
    return SlidingWindow(
        "pool", title, image=image, window=window, stride=stride, kind=kind, padding=padding
    )


def slide_back(
    image: np.ndarray | None = None,
    kernel: np.ndarray | None = None,
    slopes: np.ndarray | None = None,
    *,
    stride: int = 1,
    show: str = "kernel",
    title: str | None = None,
) -> SlidingWindow:
    """Show the backward pass of a convolution as the same walk of a window.

    ∂L/∂F, the slope of the loss at the kernel, is what ∂L/∂O gives as a kernel over the image;
    ∂L/∂X, the slope at the image, is what the kernel turned by 180° gives over ∂L/∂O with zeros
    around it. A menu changes from one to the other.

    Parameters
    ----------
    image : array_like, optional
        X, ``(h, w)``; by default 1 … 9.
    kernel : array_like, optional
        F, ``(kh, kw)``; by default 1 2 / 3 4.
    slopes : array_like, optional
        ∂L/∂O, of the shape of the output (no padding); by default 1 0 / −1 2.
    stride : int
        The forward pass's, from 1 to 3. With a stride s, s − 1 zeros stand between the slopes.
    show : {"kernel", "image"}
        ∂L/∂F or ∂L/∂X.
    title : str, optional
        A line above it.

    Returns
    -------
    SlidingWindow
        Its ``output`` is the one that is shown.

    Raises
    ------
    ValueError
        If a shape or a setting does not fit; the message names it.

    Examples
    --------
    >>> slide_back().total, slide_back(show="image").total
    (7.0, 1.0)
    """
    image, kernel, slopes = _lesson(image, kernel, slopes)
    return SlidingWindow(
        "back", title, image=image, kernel=kernel, slopes=slopes, stride=stride, show=show
    )


def show_windows(
    image: np.ndarray | None = None,
    kernel: np.ndarray | None = None,
    *,
    at: Sequence[tuple[int, int]] | None = None,
    bias: float = 0,
    stride: int | None = None,
    padding: str | int = "valid",
    divide: float = 1,
    pool: str | None = None,
    window: int = 2,
    slopes: np.ndarray | None = None,
    show: str = "kernel",
    title: str | None = None,
) -> Figure:
    """Draw a sliding window as a strip of frames: the window, the output so far, the sum.

    Without `pool` and `slopes` it is a convolution, see `slide_window`; with `pool` a pooling, see
    `slide_pool`; with `slopes` the backward pass, see `slide_back`.

    Parameters
    ----------
    image, kernel : array_like, optional
        As in `slide_window` or, with `slopes`, `slide_back`.
    at : sequence of (row, column), optional
        The cells of the output, from 0, that get a frame; by default the first two, one in the
        middle and the last, or, where these would be higher than a slide, the second and the last.
    bias, padding, divide
        As in `slide_window`.
    stride : int, optional
        1 by default, in pooling the window's size.
    pool : {"max", "average", "sum"}, optional
        Pooling of this kind.
    window : int
        The pooling window's rows and columns.
    slopes : array_like, optional
        ∂L/∂O.
    show : {"kernel", "image"}
        With `slopes`: ∂L/∂F or ∂L/∂X.
    title : str, optional
        A line above the frames.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape, a number, a setting or a position does not fit; the message names it.

    Examples
    --------
    >>> figure = show_windows(np.eye(4), np.ones((2, 2)), at=[(0, 0), (2, 2)])
    >>> figure.get_size_inches()[0].item()
    9.0
    """
    from course_utils import plots

    plots._load_backend()  # the strip's figure is not pyplot's: without this a notebook prints it
    if pool is not None and (kernel is not None or slopes is not None):
        raise ValueError("pool is given together with kernel or slopes; pooling has neither.")
    if pool is not None:
        image = worked_examples.POOL_ME if image is None else image
        return strip(_windows.pooling(image, window, stride, pool, padding), at, title)
    stride = 1 if stride is None else stride
    if slopes is not None:
        image, kernel, slopes = _lesson(image, kernel, slopes)
        return strip(_windows.backward(image, kernel, slopes, stride=stride, show=show), at, title)
    walk = _windows.convolution(
        worked_examples.FOUR if image is None else image,
        worked_examples.CROSS if kernel is None else kernel,
        bias=bias, stride=stride, padding=padding, divide=divide,
    )  # fmt: skip
    return strip(walk, at, title)


def _lesson(image: Any, kernel: Any, slopes: Any) -> tuple[Any, Any, Any]:
    """Return X, F and ∂L/∂O, notebook 10's where none is given."""
    return (
        worked_examples.ONE_TO_NINE if image is None else image,
        worked_examples.ONE_TO_FOUR if kernel is None else kernel,
        [[1, 0], [-1, 2]] if slopes is None else slopes,
    )


def _flat(array: np.ndarray) -> np.ndarray:
    """Return ``(h, w)`` for an array with one channel."""
    return array[..., 0] if array.shape[-1] == 1 else array


def _plain(value: Any) -> Any:
    """Return a number as the page understands it."""
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _number(value: Any) -> float | None:
    """Return a number that the front end sent, or None where it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= _MOST else None


def _whole(value: Any) -> int:
    """Return an index that the front end sent, or 0 where it is none."""
    sent = _number(value)
    return int(sent) if sent is not None and sent >= 0 else 0


def _numbers(values: Any) -> np.ndarray | None:
    """Return an array of numbers that the front end sent, or None where it is none."""
    try:
        array = np.array(values)
    except (TypeError, ValueError, OverflowError):
        return None
    sound = array.dtype.kind in "if" and array.size and np.isfinite(array).all()
    return array.astype(float) if sound and np.abs(array).max() <= _MOST else None
