"""What the two widgets of notebook 01 share: a line's data, its cost surface, and its picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import regression
from course_utils.widgets.still import STATIC, StillWidget

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = 10
"""Bands of the cost surface; from one to the next the cost above the least doubles."""

Range = tuple[float, float]


class SurfaceWidget(StillWidget):
    """A widget on a scatter of points, the lines through it, and the cost of each line.

    Parameters
    ----------
    x, y : array_like
        The points, ``(n,)`` each: three or more, not all with the same x.
    x_label, y_label : str
        Names of the axes.
    a_range, b_range : tuple of float, optional
        What the surface shows; by default the best line lies in the middle and the flat line
        y = 0 is in view.

    Raises
    ------
    ValueError
        If the points settle no line, or a range is empty.
    """

    _css = STATIC / "cost_surface.css"

    _x = traitlets.List().tag(sync=True)
    _y = traitlets.List().tag(sync=True)
    _labels = traitlets.List().tag(sync=True)
    _a_range = traitlets.List().tag(sync=True)
    _b_range = traitlets.List().tag(sync=True)
    _best = traitlets.List().tag(sync=True)
    _shades = traitlets.Int(SHADES).tag(sync=True)

    _from_the_page: tuple[str, ...] = ()  # the numbers that the front end may set

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        x_label: str = "x",
        y_label: str = "y",
        a_range: Range | None = None,
        b_range: Range | None = None,
        **traits: Any,
    ) -> None:
        self.points = points(x, y)
        a, b = (float(value) for value in regression.closed_form(*self.points))
        super().__init__(
            _x=self.points[0].tolist(),
            _y=self.points[1].tolist(),
            _labels=[x_label, y_label],
            _best=[a, b],
            _a_range=_interval(a_range, a, "a_range", 0.5),
            _b_range=_interval(b_range, b, "b_range", float(np.std(self.points[1]))),
            **traits,
        )

    def set_state(self, sync_data: dict) -> None:
        """Take over the numbers that the front end sends, if they are numbers."""
        super().set_state(
            {
                key: float(value)
                for key, value in sync_data.items()
                if key in self._from_the_page
                and isinstance(value, int | float)
                and math.isfinite(value)
            }
        )


def points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points as floats, or say what is wrong with them."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or len(x) < 3:
        raise ValueError(
            f"x has the shape {x.shape} and y {y.shape}; expected two arrays (n,) of the same "
            "length, three points or more."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y hold infinite numbers or NaN; expected plain numbers.")
    if x.max() - x.min() <= 1e-9 * abs(x).max():
        raise ValueError("All x are the same, so no line is the best; expected different ones.")
    return x, y


def _interval(given: Range | None, best: float, name: str, margin: float) -> list[float]:
    if given is None:
        half = math.ceil(1.5 * abs(best) + margin)
        return [float(round(best) - half), float(round(best) + half)]
    low, high = map(float, given)
    if not low < high:
        raise ValueError(f"{name} is {given!r}; expected (low, high) with low below high.")
    return [low, high]


def draw_surface(ax: Axes, widget: SurfaceWidget) -> None:
    """Draw the cost for each slope and intercept as bands, as the front end does."""
    from matplotlib.colors import LinearSegmentedColormap

    from course_utils.plots import COLOURS

    (a_low, a_high), (b_low, b_high) = widget._a_range, widget._b_range
    a, b = np.linspace(a_low, a_high, 181), np.linspace(b_low, b_high, 181)
    x, y = widget.points
    costs = np.array([[regression.cost(x, y, s, i) for s in a] for i in b])
    least = regression.cost(x, y, *widget._best)
    levels = least + (costs.max() - least) * 2.0 ** np.arange(-SHADES, 1)
    colours = LinearSegmentedColormap.from_list("cost", ["white", COLOURS["error"]])
    shades = [colours(0.15 + 0.85 * k / SHADES) for k in range(SHADES)]
    ax.contourf(a, b, costs, levels=levels, colors=shades)
    ax.contour(a, b, costs, levels=levels[:-1], colors="white", linewidths=0.7)
    ax.plot(*widget._best, "+", color=COLOURS["right"], markersize=13, markeredgewidth=2.5)
    ax.grid(False)
    ax.set(xlabel="slope a", ylabel="intercept b", xlim=(a_low, a_high), ylim=(b_low, b_high))
