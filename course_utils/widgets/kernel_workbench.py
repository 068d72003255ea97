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

from course_utils.kernels import kernel_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FILES = {"China": "china.jpg", "flower": "flower.jpg"}
_FEW = ("box blur 5×5", "sharpen", "emboss", "Sobel, vertical edges", "Sobel, horizontal edges")
_GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601: green looks brightest to us, blue darkest


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
    tall = min(wide * pixels.shape[0] / pixels.shape[1], 3.2)
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
                _draw_panel(ax, results[i], titles[i], signed=signed[i])
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


def _draw_panel(ax: Axes, values: np.ndarray, name: str, *, signed: bool = False) -> None:
    """Draw a picture, or numbers of both signs with their scale, under its name."""
    from course_utils import plots

    if signed:
        edge = full_colour(values)
        ax.imshow(values, cmap=plots.DIVERGING, vmin=-edge, vmax=edge, interpolation="auto")
        _draw_scale(ax, edge)
    else:
        ax.imshow(values, cmap="gray", vmin=0, vmax=255, interpolation="auto")
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


def _row_height(titles: Sequence[str], tall: float, with_scale: bool) -> float:
    """Return the height in inches of a row of panels."""
    return _title_height(titles) + tall + (0.34 if with_scale else 0.1)


def _title_height(titles: Sequence[str]) -> float:
    """Return the height in inches of the titles above a row."""
    return 0.12 + 0.22 * max(text.count("\n") + 1 for text in titles)


def _filtered(pixels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the kernel slid over the picture, without padding."""
    from scipy.signal import correlate2d

    return correlate2d(pixels.astype(float), kernel, mode="valid")


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
