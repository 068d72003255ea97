"""Pictures with something drawn over them: boxes, heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["show_boxes", "show_heat"]


def show_boxes(
    pictures: np.ndarray,
    boxes: Any,
    found: Any = None,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 6,
    size: float = 1.5,
) -> Figure:
    """Show pictures with a box in each, and beside it the box that was found.

    Parameters
    ----------
    pictures : ndarray
        As in `plots.show_images`.
    boxes : array_like
        Numbers (n, 4): top, left, bottom, right in pixels, half-open. Drawn in blue.
    found : array_like, optional
        As `boxes`; drawn in orange, dashed.
    labels : sequence of str, optional
        A text below each picture.
    columns : int
        Pictures in a row, at most.
    size : float
        Width of a picture in inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not as many boxes as pictures, or a box is not four numbers.

    Examples
    --------
    >>> figure = show_boxes(np.zeros((2, 8, 8), np.uint8), [[1, 1, 4, 5], [0, 2, 3, 8]])
    >>> len(figure.axes[0].patches)
    1
    """
    boxes = _boxes(boxes, len(pictures), "boxes")
    found = None if found is None else _boxes(found, len(pictures), "found")
    figure = plots.show_images(pictures, labels, columns=columns, size=size)
    for number in range(len(pictures)):
        _draw_box(figure.axes[number], boxes[number], plots.COLOURS["data"], "-")
        if found is not None:
            _draw_box(figure.axes[number], found[number], plots.COLOURS["model"], "--")
    return figure


def show_heat(
    pictures: np.ndarray,
    heat: Any,
    window: float,
    stride: float,
    boxes: Any = None,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 6,
    size: float = 1.5,
    above: bool = False,
) -> Figure:
    """Show pictures in grey with a heat map over each, at its true place, and its hottest cell.

    Parameters
    ----------
    pictures : ndarray
        As in `plots.show_images`, in colour: (n, h, w, 3).
    heat : array_like
        Numbers (n, rows, columns), 0 or more; each map has its own scale.
    window, stride : float
        What a cell sees, and how far the next one is, in pixels: see `grad_cam.peaks`.
    boxes : array_like, optional
        Numbers (n, 4), drawn in blue.
    labels : sequence of str, optional
        A text below each picture.
    columns : int
        Pictures in a row, at most.
    size : float
        Width of a picture in inches.
    above : bool
        Show the pictures as they are, in colour, in a row above: for at most `columns` of them.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not as many heat maps or boxes as pictures, or too many for a row above.

    Examples
    --------
    >>> heat = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    >>> figure = show_heat(np.zeros((1, 8, 8, 3), np.uint8), heat, window=4, stride=4)
    >>> figure.axes[0].lines[0].get_xydata().tolist()  # column and row, from pixel centres
    [[5.5, 1.5]]
    """
    from course_utils.grad_cam import peaks

    heat = np.asarray(heat, dtype=float)
    if heat.ndim != 3 or len(heat) != len(pictures):
        raise ValueError(f"heat: shape ({len(pictures)}, rows, columns) expected, got {heat.shape}")
    boxes = None if boxes is None else _boxes(boxes, len(pictures), "boxes")
    grey = np.repeat(np.asarray(pictures).mean(axis=-1, keepdims=True), 3, axis=-1)
    shown, offset = grey.astype(np.uint8), 0
    if above:
        if len(shown) > columns:
            raise ValueError(f"above: at most {columns} pictures are expected, got {len(shown)}")
        shown, offset = np.concatenate([np.asarray(pictures, np.uint8), shown]), len(shown)
        labels = None if labels is None else [""] * offset + list(labels)
        columns = offset
    figure = plots.show_images(shown, labels, columns=columns, size=size)
    height, width = grey.shape[1:3]
    for number, (row, column) in enumerate(peaks(heat, window, stride)):
        axes, (rows, columns_) = figure.axes[offset + number], heat[number].shape
        # imshow counts from pixel centres: half a pixel less than counted from the corner
        first = window / 2 - stride / 2 - 0.5
        extent = (first, first + stride * columns_, first + stride * rows, first)
        strength = heat[number] / max(heat[number].max(), 1e-12)
        axes.imshow(
            strength, cmap="inferno", alpha=0.75 * strength, extent=extent, interpolation="bilinear"
        )
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        if boxes is not None:
            for each in {number, offset + number}:
                _draw_box(figure.axes[each], boxes[number], plots.COLOURS["data"], "-")
        axes.plot(column - 0.5, row - 0.5, "x", color="white", markersize=8, markeredgewidth=2)
    return figure


def _boxes(boxes: Any, n: int, name: str) -> np.ndarray:
    boxes = np.asarray(boxes, dtype=float)
    if boxes.shape != (n, 4):
        raise ValueError(f"{name}: shape ({n}, 4) is expected, a box a picture, got {boxes.shape}")
    return boxes


def _draw_box(axes: Axes, box: np.ndarray, colour: str, style: str) -> None:
    """Draw a half-open box round its pixels, light below so that it is seen on any ground."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    top, left, bottom, right = box
    corner = (left - 0.5, top - 0.5)
    axes.add_patch(
        Rectangle(
            corner, right - left, bottom - top, fill=False, ec=colour, ls=style, lw=2.2,
            path_effects=[withStroke(linewidth=4, foreground="white")],
        )
    )  # fmt: skip
