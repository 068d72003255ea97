"""Try learning rates: the way down the cost surface, and the cost at each step (notebook 01)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import regression
from course_utils.widgets._surface import SurfaceWidget, draw_surface
from course_utils.widgets.still import script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_STEPS = 300


class LearningRate(SurfaceWidget):
    """The widget that `explore_rates` returns.

    Attributes
    ----------
    rate : float
        The learning rate chosen now.
    steps : float
        How many steps are drawn, a whole number.
    a, b : float
        Where the descent starts.
    """

    sentence = (
        "A learning rate to choose: the way down the cost surface and the cost at each step. "
        "It needs a running kernel: run this cell in JupyterLab."
    )
    _esm = script("element.js", "cost_surface.js", "learning_rate.js")
    _from_the_page = ("rate", "steps", "a", "b")

    rate = traitlets.Float(0.01).tag(sync=True)
    steps = traitlets.Float(30.0).tag(sync=True)
    a = traitlets.Float(0.0).tag(sync=True)
    b = traitlets.Float(0.0).tag(sync=True)
    _most = traitlets.Float(0.1).tag(sync=True)
    _most_steps = traitlets.Int(_MOST_STEPS).tag(sync=True)

    @property
    def path(self) -> np.ndarray:
        """The stops of the descent that is shown, ``(steps + 1, 2)``."""
        steps = int(np.clip(self.steps, 1, _MOST_STEPS))
        return regression.descend(*self.points, self.a, self.b, self.rate, steps)

    def still(self) -> Figure:
        """Return the way down and the cost at each step, for a small, a good and a large rate."""
        from matplotlib.figure import Figure

        from course_utils.plots import COLOURS

        limit = regression.largest_rate(self.points[0])
        figure = Figure(figsize=(9, 5.6), layout="constrained")
        axes = figure.subplots(2, 3)
        for (above, below), share in zip(axes.T, (0.03, 0.7, 1.04), strict=True):
            path = regression.descend(*self.points, self.a, self.b, share * limit, 30)
            costs = [regression.cost(*self.points, *stop) for stop in path]
            draw_surface(above, self)
            colour = COLOURS["wrong" if costs[-1] > costs[0] else "model"]
            drawn = path[:9] if costs[-1] > costs[0] else path  # else its zigzag covers the map
            above.plot(*drawn.T, "o-", color=colour, markersize=3.5, linewidth=1.2)
            above.plot(*path[0], "o", color="black", markersize=6)
            above.set_title(f"rate {share * limit:.3f}")
            below.plot(costs, ".-", color=colour)
            least = regression.cost(*self.points, *self._best)
            below.axhline(least, color=COLOURS["right"], linewidth=1.5)
            below.set(xlabel="step", ylabel="cost", yscale="log", ylim=_decades(least, max(costs)))
        return figure


def _decades(low: float, high: float) -> tuple[float, float]:
    """Return whole powers of ten around two costs, at least two powers apart."""
    low = 10.0 ** np.floor(np.log10(max(low, high * 1e-6)))
    return low, max(10.0 ** np.ceil(np.log10(high)), 100 * low)


def explore_rates(
    x: np.ndarray,
    y: np.ndarray,
    rate: float | None = None,
    *,
    start: tuple[float, float] = (0.0, 0.0),
    steps: int = 30,
    **look: Any,
) -> LearningRate:
    """Show what a learning rate does: the way down the cost surface, and the cost at each step.

    Parameters
    ----------
    x, y : array_like
        The points, ``(n,)`` each.
    rate : float, optional
        To start with; by default a small one.
    start : tuple of float
        Slope and intercept where the descent starts; the point can be dragged.
    steps : int
        How many steps are drawn, up to 300.
    **look
        ``x_label``, ``y_label``, ``a_range``, ``b_range``, see `SurfaceWidget`.

    Returns
    -------
    LearningRate
        Shown when it is the last line of a cell; its ``rate`` and ``path`` can be used in later
        cells.

    Raises
    ------
    ValueError
        If the points settle no line, a range is empty, or `rate` is not above 0.

    Examples
    --------
    >>> explorer = explore_rates([2, 4, 3], [5, 9, 10], rate=0.05, start=(2, 1), steps=1)
    >>> explorer.path[-1]
    array([2.3, 1.1])
    """
    most = 1.3 * regression.largest_rate(np.asarray(x, dtype=float)) if len(x) else 1.0
    rate = round(most / 100, 4) if rate is None else float(rate)
    if not rate > 0:
        raise ValueError(f"rate is {rate!r}; expected a number above 0.")
    a, b = map(float, start)
    return LearningRate(
        x, y, rate=rate, steps=float(steps), a=a, b=b, _most=max(most, rate), **look
    )
