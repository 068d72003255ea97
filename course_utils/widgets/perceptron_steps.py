"""Step through the perceptron's rule, sample by sample, and move its boundary by hand.

`step_perceptron` shows the widget of notebook 02; `show_boundaries` draws the strip of pictures
that stands in for it in print.

The front end carries out the rule itself, so that dragging is smooth; it is the rule of
`course_utils.perceptron`, and a test in the browser compares the two number by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import perceptron
from course_utils.widgets.still import STATIC, StillWidget, script

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
_GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
RANDOM = "random"
"""The name of the separable random set."""


def random_points(seed: int = 9, n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Return random points in the plane that a straight line separates.

    Parameters
    ----------
    seed : int
        Another seed, another set.
    n : int
        Number of points.

    Returns
    -------
    x : numpy.ndarray
        ``(n, 2)``, between -2 and 2, with one decimal.
    y : numpy.ndarray
        Labels 0 and 1, ``(n,)``.

    Examples
    --------
    >>> x, y = random_points()
    >>> x.shape, sorted(set(y.tolist()))
    ((16, 2), [0, 1])
    """
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi)
    w, b = np.array([np.cos(angle), np.sin(angle)]), rng.uniform(0.7, 1.1)
    chosen: list[np.ndarray] = []
    room = 0.5  # between two points; less where they would not find a place
    while len(chosen) < n:
        point = rng.uniform(-2, 2, 2).round(1)
        crowded = any(np.hypot(*(point - other)) < room for other in chosen)
        if crowded or abs(point @ w + b) < 0.2:
            room *= 0.999
            continue
        chosen.append(point)
    x = np.array(chosen)
    return x, (x @ w + b > 0).astype(int)


class PerceptronSteps(StillWidget):
    """The widget that `step_perceptron` returns.

    Parameters
    ----------
    problem : {"AND", "OR", "XOR", "random"}
        The samples to begin with.
    seed : int
        Of the random set.

    Attributes
    ----------
    problem : str
        The samples in use.
    weights : tuple of float
        ``(w1, w2, b)`` as the front end shows them now.
    mistakes : int
        Mistakes since the last start.
    """

    sentence = (
        "The perceptron's rule, step by step, with a boundary to drag. It needs a running kernel: "
        "run this cell in JupyterLab."
    )
    _esm = script("element.js", "perceptron_steps.js")
    _css = STATIC / "perceptron_steps.css"

    # Chosen in Python at the start, then by the reader.
    _problem = traitlets.Any("OR").tag(sync=True)
    # From Python to the front end.
    _sets = traitlets.Dict().tag(sync=True)
    # From the front end to Python; anything may come, so nothing is demanded of its type.
    _state = traitlets.Any(None, allow_none=True).tag(sync=True)

    def __init__(self, problem: str = "OR", *, seed: int = 9) -> None:
        names = (*_GATES, RANDOM)
        if problem not in names:
            raise ValueError(f"problem is {problem!r}; expected one of {', '.join(names)}.")
        self._points = {name: (_CORNERS, np.array(y)) for name, y in _GATES.items()}
        self._points[RANDOM] = random_points(seed)
        sets = {
            name: {"x": x.tolist(), "y": y.tolist(), "reach": _reach(x)}
            for name, (x, y) in self._points.items()
        }
        super().__init__(_problem=problem, _sets=sets)

    @property
    def problem(self) -> str:
        """The samples in use."""
        return self._problem if self._problem in list(self._sets) else "OR"

    @property
    def weights(self) -> tuple[float, float, float]:
        """``(w1, w2, b)`` as shown now."""
        w1, w2, b = (_number(self._said(), name) for name in ("w1", "w2", "b"))
        return w1, w2, b

    @property
    def mistakes(self) -> int:
        """Mistakes since the last start."""
        return int(_number(self._said(), "mistakes"))

    def still(self) -> Figure:
        """Return the boundaries from the start to the end of learning, see `show_boundaries`."""
        x, y = self._points[self.problem]
        history, _ = perceptron.train(x, y, passes=3 if self.problem == "XOR" else 100)
        shown = history[1:] if len(history) <= 6 else [*history[1:5], history[-1]]
        numbers = range(1, 6) if len(history) <= 6 else [1, 2, 3, 4, len(history) - 1]
        return show_boundaries(x, y, shown, [f"mistake {number}" for number in numbers], columns=5)

    def set_state(self, sync_data: dict) -> None:
        """Take over what the front end may say: its state and the chosen samples."""
        allowed = ("_state", "_problem")
        super().set_state({key: sync_data[key] for key in sync_data if key in allowed})

    def _said(self) -> dict[str, Any]:
        return self._state if isinstance(self._state, dict) else {}


def step_perceptron(problem: str = "OR", *, seed: int = 9) -> PerceptronSteps:
    """Show a perceptron at learning, to step through, and a boundary to drag.

    Parameters
    ----------
    problem : {"AND", "OR", "XOR", "random"}
        The samples to begin with; the widget has a menu for the others.
    seed : int
        Of the random set, which a straight line separates.

    Returns
    -------
    PerceptronSteps

    Raises
    ------
    ValueError
        If there is no such problem.

    Examples
    --------
    >>> step_perceptron("AND")  # doctest: +ELLIPSIS
    The perceptron's rule, step by step, with a boundary to drag. ...
    """
    return PerceptronSteps(problem, seed=seed)


def show_boundaries(
    x: np.ndarray,
    y: np.ndarray,
    states: Sequence[perceptron.State],
    titles: Sequence[str] | None = None,
    *,
    columns: int = 5,
) -> Figure:
    """Draw a row of planes, each with the samples and one boundary.

    The side where the perceptron answers 1 is tinted; samples with label 1 are filled, those with
    label 0 hollow, and samples that the perceptron gets wrong carry a cross.

    Parameters
    ----------
    x : numpy.ndarray
        Samples, ``(n, 2)``.
    y : numpy.ndarray
        Labels 0 or 1, ``(n,)``.
    states : sequence of (w, b)
        Weights ``(2,)`` and bias, one pair a picture.
    titles : sequence of str, optional
        One a picture.
    columns : int
        Pictures in a row, at most.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> figure = show_boundaries(corners, np.array([0, 1, 1, 1]), [(np.ones(2), -0.5)])
    >>> len(figure.axes)
    1
    """
    import matplotlib
    from matplotlib.figure import Figure

    from course_utils import plots

    columns = min(columns, len(states))
    rows = -(-len(states) // columns)
    with matplotlib.rc_context(plots._STYLE):
        figure = Figure(figsize=(1.8 * max(columns, 2), 2.15 * rows), dpi=100)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for number, ax in enumerate(grid):
            if number >= len(states):
                ax.set_axis_off()
                continue
            draw_boundary(ax, x, y, *states[number])
            if titles is not None:
                ax.set_title(titles[number], fontsize=12, loc="center", pad=5)
    return figure


def draw_boundary(ax: Axes, x: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> None:
    """Draw samples and one boundary into axes, as in `show_boundaries`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    x, y, w, b
        As there.
    """
    from course_utils.plots import COLOURS

    low, high = _reach(x)
    across, up = np.meshgrid(*[np.linspace(low, high, 121)] * 2)
    values = w[0] * across + w[1] * up + b
    ax.contourf(across, up, values > 0, levels=[0.5, 1.5], colors=[COLOURS["model"]], alpha=0.25)
    if np.any(w):
        ax.contour(across, up, values, levels=[0], colors=[COLOURS["model"]], linewidths=3)
    for label, fill in ((0, "white"), (1, COLOURS["data"])):
        ax.plot(*x[y == label].T, "o", ms=9, mew=2, mec=COLOURS["data"], mfc=fill, zorder=3)
    wrong = perceptron.predict(x, np.asarray(w), b) != y
    ax.plot(*x[wrong].T, "x", ms=17, mew=3, color=COLOURS["wrong"], zorder=4)
    ax.set(xlim=(low, high), ylim=(low, high), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(True)
    ax.grid(False)


def _reach(x: np.ndarray) -> tuple[float, float]:
    """Return from where to where both axes go."""
    low, high = float(x.min()), float(x.max())
    room = 0.3 * (high - low) if high - low < 2 else 0.15 * (high - low)
    return round(low - 1.6 * room, 2), round(high + 1.6 * room, 2)


def _number(said: dict[str, Any], name: str) -> float:
    """Return a number that the front end sent, or 0 where it is none."""
    try:
        value = float(said.get(name, 0))
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return value if np.isfinite(value) else 0.0
