"""Choose or type a kernel and see at once what it makes of a photograph (notebook 08).

`kernel_workbench` shows the widget; `show_filtered` draws a photograph beside the results of
several kernels, which stands in for it in print; `sample_photo` is the photograph they use.

The front end slides the kernel itself, so that a result is there as soon as a weight changes; a
test in the browser compares its numbers with SciPy's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils.kernels import CLASSIC_KERNELS, kernel_named, over_whole
from course_utils.widgets.still import STATIC, StillWidget, script

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FILES = {"China": "china.jpg", "flower": "flower.jpg"}
_YOURS = "your photograph"
_FEW = ("box blur 5×5", "sharpen", "emboss", "Sobel, vertical edges", "Sobel, horizontal edges")
_GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601: green looks brightest to us, blue darkest
_ROOM = (240, 360)  # rows and columns of the largest photograph that is slid over at once
_GREY_SHADES, _SIGNED_SHADES = 48, 25  # enough to the eye; more would double a notebook's size
_SHAPES = ((3, 3), (5, 5))
_MOST_WEIGHT = 999


class KernelWorkbench(StillWidget):
    """The widget that `kernel_workbench` returns.

    Parameters
    ----------
    photo : numpy.ndarray, optional
        As for `kernel_workbench`.
    kernel : str or numpy.ndarray
        As there.

    Attributes
    ----------
    kernel : numpy.ndarray
        The weights that the reader chose, float64, ``(3, 3)`` or ``(5, 5)``; while a kernel is
        learned back, the one that is wanted.
    photo : numpy.ndarray
        The photograph in use, uint8, ``(h, w)``.
    result : numpy.ndarray
        The kernel slid over the photograph without padding, float64,
        ``(h - k + 1, w - k + 1)``; computed when asked for.
    """

    sentence = (
        "A workbench for kernels: choose or type one and see what it makes of a photograph. It "
        "needs a running kernel: run this cell in JupyterLab."
    )
    _esm = script("element.js", "kernel_workbench.js")
    _css = STATIC / "kernel_workbench.css"

    # From Python to the front end.
    _photos = traitlets.List().tag(sync=True)  # name, width, height, pixels (uint8, row by row)
    _named = traitlets.List().tag(sync=True)  # name, cells, divisor
    _colours = traitlets.Bytes(b"").tag(sync=True)  # uint8 (256, 3): negative to positive
    _start = traitlets.Dict().tag(sync=True)
    # From the front end to Python; anything may come, so nothing is demanded of its type.
    _state = traitlets.Any(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        photo: np.ndarray | None = None,
        kernel: str | np.ndarray = "Sobel, vertical edges",
    ) -> None:
        self._kernels = dict(CLASSIC_KERNELS)
        self._pictures = {name: sample_photo(name) for name in _FILES}
        if photo is not None:
            self._pictures = {_YOURS: _fitting(photo), **self._pictures}
        if isinstance(kernel, str):
            found = kernel_named(kernel)
            self._base = next(name for name, each in CLASSIC_KERNELS.items() if each is found)
        else:
            self._base = "your kernel"
            self._kernels = {self._base: _square(kernel), **self._kernels}
        super().__init__(
            _photos=[_sent_photo(name, pixels) for name, pixels in self._pictures.items()],
            _named=[_sent_kernel(name, each) for name, each in self._kernels.items()],
            _colours=_colours(),
            _start={"photo": next(iter(self._pictures)), "base": self._base},
        )

    @property
    def kernel(self) -> np.ndarray:
        """The weights as shown now, ``(3, 3)`` or ``(5, 5)``."""
        said = self._said()
        try:
            cells = np.array(said["cells"], dtype=float)
            with np.errstate(all="ignore"):
                weights = _weights(cells / float(said["divisor"]), "kernel")
        except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
            weights = np.empty((0, 0))
        known = self._kernels[self._base]
        return weights if weights.shape in _SHAPES else known.copy()

    @property
    def photo(self) -> np.ndarray:
        """The photograph in use, uint8, ``(h, w)``."""
        name = self._said().get("photo")
        known = isinstance(name, str) and name in self._pictures
        return self._pictures[name if known else next(iter(self._pictures))].copy()

    @property
    def result(self) -> np.ndarray:
        """The kernel slid over the photograph without padding, ``(h - k + 1, w - k + 1)``."""
        return _filtered(self.photo, self.kernel)

    def still(self) -> Figure:
        """Return the photograph, the kernel's numbers and the result side by side."""
        return _draw_bench(self.photo, self.kernel, self._name())

    def set_state(self, sync_data: dict) -> None:
        """Take over what the front end may say."""
        super().set_state({key: sync_data[key] for key in sync_data if key == "_state"})

    def _name(self) -> str:
        """Return the name of the kernel in use, if it is one of the menu."""
        weights = self.kernel
        for name, known in self._kernels.items():
            if known.shape == weights.shape and np.allclose(known, weights, atol=1e-9):
                return name
        return "kernel"

    def _said(self) -> dict[str, Any]:
        return self._state if isinstance(self._state, dict) else {}


def kernel_workbench(
    photo: np.ndarray | None = None, kernel: str | np.ndarray = "Sobel, vertical edges"
) -> KernelWorkbench:
    """Show a photograph, a kernel to choose, type and turn, and what the kernel makes of it.

    The kernel is slid as it stands, without padding; a result whose weights add up to 0 is shown
    purple below 0 and orange above, any other as a picture clipped to 0–255. Pointing at a pixel
    shows the numbers in the window there, their products with the weights, and the sum. "Learn it
    back" starts from random weights and finds the kernel again from photograph and result alone,
    by gradient descent on the mean squared error of pixels counted from their mean in standard
    deviations.

    Parameters
    ----------
    photo : numpy.ndarray, optional
        Grey ``(h, w)`` or colour ``(h, w, 3)``, made grey as `to_grey` does. More than 240 × 360
        pixels are reduced: blocks of 2 × 2, 3 × 3, … become their averages. A menu has
        scikit-learn's two photographs in any case; by default it is these alone.
    kernel : str or numpy.ndarray
        A name of `course_utils.kernels.CLASSIC_KERNELS`, or weights ``(3, 3)`` or ``(5, 5)``.

    Returns
    -------
    KernelWorkbench
        Its ``.kernel``, ``.photo`` and ``.result`` are what the widget shows now.

    Raises
    ------
    ValueError
        If the photograph or the kernel is none of the above, the photograph is smaller than 5 × 5
        pixels, or a weight is beyond ±999.

    Examples
    --------
    >>> bench = kernel_workbench(kernel="Laplacian")
    >>> bench
    A workbench for kernels: choose or type one and see what it makes of a photograph. It needs ...
    >>> bench.result.shape
    (211, 318)
    """
    return KernelWorkbench(photo, kernel)


def sample_photo(name: str = "China") -> np.ndarray:
    """Return one of scikit-learn's two photographs, grey and half as wide and high.

    Four neighbouring pixels become their average.

    Parameters
    ----------
    name : {"China", "flower"}
        Which one.

    Returns
    -------
    numpy.ndarray
        uint8, ``(213, 320)``.

    Raises
    ------
    ValueError
        If there is no such photograph.

    Examples
    --------
    >>> photo = sample_photo("China")
    >>> photo.shape, photo.dtype
    ((213, 320), dtype('uint8'))
    """
    if name not in _FILES:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(map(repr, _FILES))}.")
    from sklearn.datasets import load_sample_image

    return _reduced(load_sample_image(_FILES[name]) @ _GREY, 2)


def to_grey(photo: np.ndarray) -> np.ndarray:
    """Return a picture as grey whole numbers from 0 to 255.

    Colour becomes 0.299 red + 0.587 green + 0.114 blue (the brightness of ITU-R BT.601), rounded.

    Parameters
    ----------
    photo : numpy.ndarray
        Grey ``(h, w)`` or colour ``(h, w, 3)``: integers from 0 to 255; floats from 0 to 1, or
        from 0 to 255 if one of them is greater than 1.

    Returns
    -------
    numpy.ndarray
        uint8, ``(h, w)``.

    Raises
    ------
    ValueError
        If the shape or the range is another.

    Examples
    --------
    >>> to_grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8))
    array([[ 76, 150,  29]], dtype=uint8)
    """
    return np.rint(_brightness(photo)).astype(np.uint8)


def show_filtered(
    photo: np.ndarray | None = None,
    kernels: Mapping[str, np.ndarray] | Sequence[str] | None = None,
    *,
    columns: int | None = None,
    title: str | None = None,
) -> Figure:
    """Show a photograph and what several kernels make of it.

    Each kernel is slid over the photograph without padding ("valid"). A kernel whose weights add
    up to 0 gives numbers of both signs: purple below 0, white at 0, orange above, in full colour
    from the number that is named. Any other result is shown as a picture, clipped to 0–255.

    Parameters
    ----------
    photo : numpy.ndarray, optional
        Grey ``(h, w)`` or colour ``(h, w, 3)``, see `to_grey`; by default ``sample_photo()``.
    kernels : mapping of str to numpy.ndarray, or sequence of str, optional
        Name to kernel ``(kh, kw)``, or names of `course_utils.kernels.CLASSIC_KERNELS`; by default
        five of these.
    columns : int, optional
        Panels in a row; by default as many as make two rows, 2 to 4.
    title : str, optional
        A line above the pictures.

    Returns
    -------
    matplotlib.figure.Figure
        900 pixels wide; the photograph is the first panel.

    Raises
    ------
    ValueError
        If a picture or a kernel is not as above, or a kernel is larger than the photograph.

    Examples
    --------
    >>> figure = show_filtered(kernels=["sharpen", "Laplacian"])
    >>> [ax.get_title("left") for ax in figure.axes]
    ['photograph', 'sharpen', 'Laplacian']
    """
    from course_utils import plots

    pixels = sample_photo() if photo is None else to_grey(photo)
    chosen = _chosen(kernels, pixels.shape)
    if columns is None:
        columns = min(max(-(-(len(chosen) + 1) // 2), 2), 4)
    if columns < 1:
        raise ValueError(f"columns is {columns}; expected at least 1.")
    names = ["photograph", *chosen]
    results = [pixels, *(_filtered(pixels, kernel) for kernel in chosen.values())]
    signed = [False, *map(_is_signed, chosen.values())]
    gap = 0.12
    wide = (plots.WIDTH - gap * (columns + 1)) / columns
    tall = min(wide * pixels.shape[0] / pixels.shape[1], 2.5)
    titles = [textwrap.fill(name, max(8, int(wide / 0.11))) for name in names]
    with plots._course_style():
        top = plots._head(title, plots.WIDTH)
        rows = [range(i, min(i + columns, len(names))) for i in range(0, len(names), columns)]
        heights = [_row_height([titles[i] for i in row], tall, any(signed[i] for i in row))
                   for row in rows]  # fmt: skip
        figure = plots._new_figure(plots.WIDTH, top + sum(heights) + 0.05)
        plots._heading(figure, title, gap)
        for row, height in zip(rows, heights, strict=True):
            above = _title_height([titles[i] for i in row])
            for column, i in enumerate(row):
                left = gap + (wide + gap) * column
                ax = plots._place(figure, left, top + above, wide, tall)
                _draw_panel(ax, results[i], titles[i], pixels.shape, signed=signed[i])
            top += height
    return figure


def full_colour(result: np.ndarray) -> float:
    """Return the number that is drawn in full colour where a result has both signs.

    All but three in a hundred of the pixels lie within it, on either side of 0, so that a few
    extremes don't make the rest pale.

    Parameters
    ----------
    result : numpy.ndarray
        Numbers of both signs.

    Returns
    -------
    float
        Greater than 0: a whole number, or 1 where the result is 0 (nearly) everywhere.

    Examples
    --------
    >>> full_colour(np.array([-3.0, 0.0, 2.0]))
    3.0
    """
    sizes = np.sort(np.abs(np.ravel(result)))
    return float(max(np.ceil(sizes[int(np.ceil(0.97 * (sizes.size - 1)))]), 1.0))


def _draw_panel(
    ax: Axes, values: np.ndarray, name: str, shape: tuple[int, ...], *, signed: bool = False
) -> None:
    """Draw a picture, or numbers of both signs with their scale, under its name.

    A result is drawn where it belongs on a photograph of that shape, with the rim left empty.
    """
    import matplotlib

    from course_utils import plots

    down, across = ((whole - part) / 2 for whole, part in zip(shape, values.shape, strict=True))
    extent = (across, shape[1] - across, shape[0] - down, down)
    edge = full_colour(values) if signed else 0
    shades = matplotlib.colormaps[plots.DIVERGING if signed else "gray"]
    ax.imshow(
        values,
        cmap=shades.resampled(_SIGNED_SHADES if signed else _GREY_SHADES),
        vmin=-edge if signed else 0,
        vmax=edge if signed else 255,
        extent=extent,
        interpolation="auto",
        interpolation_stage="data",
    )
    ax.set(xlim=(0, shape[1]), ylim=(shape[0], 0))
    if signed:
        _draw_scale(ax, edge)
    plots._bare(ax)
    ax.set_title(name, fontsize=14, pad=5, linespacing=1.05)


def _draw_scale(ax: Axes, edge: float) -> None:
    """Draw below a panel which colour means which number."""
    from course_utils import plots

    inches = ax.get_window_extent().height / ax.figure.dpi
    bar = ax.inset_axes((0.27, -0.24 / inches, 0.46, 0.12 / inches))
    bar.imshow(np.linspace(-1, 1, 256)[np.newaxis], cmap=plots.DIVERGING, aspect="auto")
    plots._bare(bar)
    for place, side, text in ((-0.03, "right", f"−{edge:.0f}"), (1.03, "left", f"{edge:.0f}")):
        bar.text(place, 0.4, text, ha=side, va="center", fontsize=12, transform=bar.transAxes)


def _draw_bench(pixels: np.ndarray, kernel: np.ndarray, name: str) -> Figure:
    """Draw photograph, kernel and result in a row."""
    from course_utils import plots

    cells, divisor = over_whole(kernel)
    result, signed = _filtered(pixels, kernel), _is_signed(kernel)
    wide, gap, between = 3.1, 0.12, 2.2
    tall = min(wide * pixels.shape[0] / pixels.shape[1], 2.5)
    with plots._course_style():
        top = 0.34
        figure = plots._new_figure(plots.WIDTH, top + max(tall, between) + 0.34)
        _draw_panel(plots._place(figure, gap, top, wide, tall), pixels, "photograph", pixels.shape)
        left = gap + wide + 0.2
        plots.show_matrix(cells, ax=(ax := plots._place(figure, left, top, between, between)))
        over = "" if divisor == 1 else f"all ÷ {divisor}"
        ax.set_title(name, fontsize=14, pad=5)
        ax.set_xlabel(over, fontsize=14, labelpad=4)
        place = plots._place(figure, plots.WIDTH - gap - wide, top, wide, tall)
        _draw_panel(place, result, "result", pixels.shape, signed=signed)
    return figure


def _row_height(titles: Sequence[str], tall: float, with_scale: bool) -> float:
    """Return the height in inches of a row of panels."""
    return _title_height(titles) + tall + (0.34 if with_scale else 0.1)


def _title_height(titles: Sequence[str]) -> float:
    """Return the height in inches of the titles above a row."""
    return 0.12 + 0.22 * max(text.count("\n") + 1 for text in titles)


def _filtered(pixels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the kernel slid over the picture, without padding."""
    from course_utils.convolution import conv2d

    return conv2d(pixels.astype(float), kernel)


def _is_signed(kernel: np.ndarray) -> bool:
    """Whether a kernel's weights add up to 0 (nearly, next to their sizes)."""
    return bool(abs(kernel.sum()) <= 1e-6 * np.abs(kernel).sum())


def _chosen(kernels: Any, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return name to kernel, or say what is wrong with one."""
    if kernels is None:
        kernels = _FEW
    if isinstance(kernels, str):
        kernels = [kernels]
    if not isinstance(kernels, Mapping):
        kernels = {name: kernel_named(name) for name in kernels}
    if not kernels:
        raise ValueError("kernels is empty; expected one kernel or more, by their names.")
    for name, kernel in kernels.items():
        weights = _weights(kernel, f"kernels[{name!r}]")
        if any(k > n for k, n in zip(weights.shape, shape, strict=True)):
            raise ValueError(
                f"kernels[{name!r}] has the shape {weights.shape}, larger than the photograph, "
                f"{shape}; expected a smaller kernel."
            )
    return {str(name): _weights(kernel, "kernels") for name, kernel in kernels.items()}


def _weights(kernel: Any, name: str) -> np.ndarray:
    """Return weights as float64 ``(kh, kw)``, or say what is wrong with them."""
    try:
        array = np.asarray(kernel)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths; expected a full array.") from error
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} holds {array.dtype} values; expected numbers.")
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} has the shape {array.shape}; expected (rows, columns).")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; expected finite numbers.")
    return array.astype(float)


def _square(kernel: Any) -> np.ndarray:
    """Return weights as float64 ``(3, 3)`` or ``(5, 5)``, or say what is wrong with them."""
    weights = _weights(kernel, "kernel")
    if weights.shape not in _SHAPES:
        raise ValueError(f"kernel has the shape {weights.shape}; expected (3, 3) or (5, 5).")
    if np.abs(weights).max() > _MOST_WEIGHT:
        raise ValueError(
            f"kernel has a weight of {np.abs(weights).max():.4g}; expected numbers from "
            f"-{_MOST_WEIGHT} to {_MOST_WEIGHT}."
        )
    return weights


def _fitting(photo: Any) -> np.ndarray:
    """Return a photograph as grey uint8, reduced until it is quickly slid over."""
    values = _brightness(photo)
    if min(values.shape) < 5:
        raise ValueError(
            f"photo has the shape {np.shape(photo)}; expected at least 5 rows and 5 columns, so "
            "that a 5 × 5 kernel fits in."
        )
    factor = max(-(-size // room) for size, room in zip(values.shape, _ROOM, strict=True))
    if min(values.shape) // factor < 5:
        raise ValueError(
            f"photo has the shape {np.shape(photo)}, too long and narrow to be shown; expected "
            "something like 200 × 300 pixels."
        )
    return _reduced(values, factor)


def _sent_photo(name: str, pixels: np.ndarray) -> dict[str, Any]:
    """Return a photograph as the front end takes it."""
    h, w = pixels.shape
    return {"name": name, "width": w, "height": h, "pixels": pixels.tobytes()}


def _sent_kernel(name: str, kernel: np.ndarray) -> dict[str, Any]:
    """Return a kernel as the front end takes it: whole numbers and a divisor, if possible."""
    cells, divisor = over_whole(kernel)
    if np.abs(cells).max() > _MOST_WEIGHT:
        cells, divisor = kernel, 1
    return {"name": name, "cells": cells.tolist(), "divisor": divisor}


def _colours() -> bytes:
    """Return the course's colours of signed numbers, 256 × red, green, blue."""
    import matplotlib

    from course_utils import plots

    shades = matplotlib.colormaps[plots.DIVERGING](np.arange(256), bytes=True)
    return np.ascontiguousarray(shades[:, :3]).tobytes()


def _brightness(photo: Any) -> np.ndarray:
    """Return a picture as grey float64 from 0 to 255, or say what is wrong with it."""
    try:
        array = np.asarray(photo)
    except ValueError as error:
        raise ValueError("photo has rows of different lengths; expected a full array.") from error
    if array.dtype.kind not in "uif":
        raise ValueError(f"photo holds {array.dtype} values; expected numbers from 0 to 255.")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise ValueError(
            f"photo has the shape {array.shape}; expected one grey picture (height, width) or one "
            "colour picture (height, width, 3)."
        )
    values = array.astype(float)
    if not np.isfinite(values).all():
        raise ValueError("photo holds NaN or infinity; expected numbers from 0 to 255 or 0 to 1.")
    low, high = values.min(), values.max()
    if low < 0 or high > 255:
        raise ValueError(
            f"photo holds numbers from {low:.4g} to {high:.4g}; expected 0 to 255 or 0 to 1."
        )
    if array.dtype.kind == "f" and high <= 1:
        values *= 255
    return values @ _GREY if array.ndim == 3 else values


def _reduced(values: np.ndarray, factor: int) -> np.ndarray:
    """Return blocks of pixels averaged to one, as uint8; an incomplete block at the end is cut."""
    h, w = (size // factor for size in values.shape)
    blocks = values[: h * factor, : w * factor].reshape(h, factor, w, factor)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
