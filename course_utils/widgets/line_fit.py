"""Move a line through points, and see where it stands on its cost surface (notebook 01)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import regression
from course_utils.widgets._surface import SurfaceWidget, draw_surface
from course_utils.widgets.still import script

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LineFit(SurfaceWidget):
    """The widget that `fit_line` returns.

    Attributes
    ----------
    a, b : float
        Slope and intercept of the line, moved by the reader or set from Python.
    cost : float
        The mean of the squared errors.
    """

    sentence = (
        "A line to fit by hand, beside its cost surface: move the slope and the intercept. "
        "It needs a running kernel: run this cell in JupyterLab."
    )
    _esm = script("element.js", "cost_surface.js", "line_fit.js")
    _from_the_page = ("a", "b")

    a = traitlets.Float(0.0).tag(sync=True)
    b = traitlets.Float(0.0).tag(sync=True)

    @property
    def cost(self) -> float:
        """The mean of the squared errors of the line as it is."""
        return float(regression.cost(*self.points, self.a, self.b))

    def still(self) -> Figure:
        """Return the line with its errors, and its place on the cost surface."""
        from matplotlib.figure import Figure

        from course_utils.plots import COLOURS

        figure = Figure(figsize=(9, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        x, y = self.points
        ends = np.array([min(0, x.min()), x.max() * 1.06])
        says = regression.predict(x, self.a, self.b)
        left.vlines(x, says, y, color=COLOURS["error"], linewidth=2)
        left.plot(ends, regression.predict(ends, self.a, self.b), color=COLOURS["model"])
        left.plot(x, y, "o", color=COLOURS["data"])
        left.set(xlabel=self._labels[0], ylabel=self._labels[1])
        left.set_title(f"a = {self.a:.2f}, b = {self.b:.2f}: cost {self.cost:.2f}")
        draw_surface(right, self)
        right.plot(self.a, self.b, "o", color=COLOURS["model"], markeredgecolor="black",
                   markersize=11)  # fmt: skip
        right.set_title("The cost of every line")
        return figure


def fit_line(x: np.ndarray, y: np.ndarray, a: float = 0.0, b: float = 0.0, **look: Any) -> LineFit:
    """Show a line to move through points, its errors, and its place on the cost surface.

    Sliders move slope and intercept (with the arrow keys, too), and the point on the surface can
    be dragged.

    Parameters
    ----------
    x, y : array_like
        The points, ``(n,)`` each.
    a, b : float
        Slope and intercept to start with.
    **look
        ``x_label``, ``y_label``, ``a_range``, ``b_range``, see `SurfaceWidget`.

    Returns
    -------
    LineFit
        Shown when it is the last line of a cell; its ``a``, ``b`` and ``cost`` can be used in
        later cells.

    Raises
    ------
    ValueError
        If the points settle no line, or a range is empty.

    Examples
    --------
    >>> fit = fit_line([2, 4, 3], [5, 9, 10], a=2, b=1)
    >>> fit.cost
    3.0
    """
    return LineFit(x, y, a=float(a), b=float(b), **look)
