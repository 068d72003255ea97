"""A window's walk as a strip of frames: what print, GitHub and a notebook without a kernel show."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.widgets._windows import CHANNELS, Walk, decimals, sentences, whole, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 9.0  # inches, at 100 dots each
_TEXT = 12.0  # points
_LETTER = 0.09  # inches, about the width of a letter at 12 points
_LINE = 0.23  # inches from line to line
_BELOW = 0.25  # inches under each frame
_HALF = 4.45  # inches: a frame that is no wider stands beside another one
_TALL = 5.4  # inches: a strip of the usual four frames that is higher has two


def strip(walk: Walk, at: Any = None, title: str | None = None) -> Figure:
    """Draw a walk at some of its positions, each with what the window gives there.

    Parameters
    ----------
    walk : Walk
        The walk.
    at : sequence of (int, int), optional
        The positions, as rows and columns of the output from 0; by default the first two, one in
        the middle and the last, or, where these would be too high, the second and the last.
    title : str, optional
        A line above the frames.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib
    from matplotlib.figure import Figure

    from course_utils import plots

    look = _Look(walk)
    columns = 2 if look.width <= _HALF else 1
    stops = _stops(walk, at, columns)
    top = 0.45 if title else 0.05
    rows, texts, height, wide = _arranged(look, stops, columns, top)
    if at is None and columns == 2 and len(stops) == 4 and height > _TALL:
        rows, texts, height, wide = _arranged(look, [stops[1], stops[3]], columns, top)
    columns = len(rows[0])
    with matplotlib.rc_context(plots._STYLE):
        figure = Figure(figsize=(wide * columns, height), dpi=100, layout="none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, wide * columns), ylim=(height, 0))
        axes.set_axis_off()
        if title:
            axes.text(0.1, 0.25, title, fontsize=15, va="center")
        y = top
        for row, lines in zip(rows, texts, strict=True):
            for place, stop in enumerate(row):
                sums = _lines(walk, stop, wide - 0.25)
                _frame(axes, look, stop, place * wide + 0.1, y, sums)
            y += look.height + _LINE * lines + _BELOW
    return figure


def _arranged(
    look: _Look, stops: list, columns: int, top: float
) -> tuple[list, list, float, float]:
    """Return the rows of frames, the lines of text under each, the height, a frame's width."""
    columns = min(columns, len(stops))
    wide = _WIDTH / 2 if columns == 2 else max(_WIDTH / 2, look.width)
    rows = [stops[i : i + columns] for i in range(0, len(stops), columns)]
    texts = [max(len(_lines(look.walk, stop, wide - 0.25)) for stop in row) for row in rows]
    height = top + sum(look.height + _LINE * lines + _BELOW for lines in texts)
    return rows, texts, height, wide


def _stops(walk: Walk, at: Any, columns: int) -> list[tuple[int, int]]:
    """Return the positions to draw."""
    rows, across = walk.shape
    if at is None:
        count = rows * across
        middle = (count - 1 + across) // 2
        # Two frames where each takes the whole width.
        numbers = (0, 1, middle, count - 1) if columns == 2 else (middle, count - 1)
        return [divmod(each, across) for each in sorted(set(numbers)) if each < count]
    try:
        stops = [tuple(stop) for stop in at]
    except TypeError:
        stops = []
    if not stops or any(len(stop) != 2 for stop in stops):
        raise ValueError(f"at is {at!r}; expected positions such as [(0, 0), (1, 2)].")
    return [
        (whole("at (row)", row, 0, rows - 1), whole("at (column)", column, 0, across - 1))
        for row, column in stops
    ]


def _lines(walk: Walk, stop: tuple[int, int], width: float) -> list[str]:
    """Return the sums of a position, broken into lines that fit a width."""
    letters = max(20, int(width / _LETTER))
    kept = "\N{NO-BREAK SPACE}"  # no line begins with a sign, none holds the result alone
    lines = []
    for text in sentences(walk, *stop):
        bound = text.replace(" + ", f"{kept}+ ").replace(" = ", f"{kept}={kept}")
        bound = bound.replace(" ÷ ", f"{kept}÷{kept}")
        lines += [line.replace(kept, " ") for line in textwrap.wrap(bound, letters)]
    return lines


class _Look:
    """Sizes, colours and texts that all frames of a strip share."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.output = walk.output()
        self.places = decimals(self.output)
        rows = len(walk.picture)
        self.texts = np.vectorize(written, otypes=[object])(walk.picture)
        own = walk.picture[walk.inside]
        self.weights = None
        answers = [written(float(value), self.places) for value in self.output.ravel()]
        self.out_tall = 0.36
        self.out_wide = max(0.4, _widest(answers) + 0.08)
        self.gap = 0.28
        # The weights lie in the window's cells where there is room for two lines of text: beside
        # another frame if that fits, or else alone.
        for sign, limit in (("×", _HALF), ("", _HALF), (None, _HALF), ("×", _WIDTH)):
            self._measure(sign)
            if self.width <= limit:
                break
        else:
            self._measure(None)
        self.height = 0.3 + max(rows * self.tall, walk.shape[0] * self.out_tall)
        self.shade = shades(own)
        pooled = walk.weights is None
        self.out_shade = self.shade if pooled else shades(self.output, signed=True)

    def _measure(self, sign: str | None) -> None:
        """Set the size of the picture's cells, with weights after a sign or without, and all."""
        self.weights = None
        if self.walk.weights is not None and sign is not None:
            put = np.vectorize(lambda value: sign + written(value), otypes=[object])
            self.weights = put(self.walk.weights)
        stacked = self.weights is not None
        texts = [*self.texts.ravel(), *(self.weights.ravel() if stacked else ())]
        self.tall, least = (0.38, 0.38) if stacked else (0.3, 0.3)
        self.wide = max(least, _widest(texts) + 0.05)
        _, columns, channels = self.walk.picture.shape
        across = channels * (columns * self.wide + 0.15) - 0.15
        self.width = across + self.gap + self.walk.shape[1] * self.out_wide + 0.2


def _widest(texts: Sequence[str]) -> float:
    """Return the width in inches of the longest of some numbers at 12 points."""
    narrow, wide = ".,()", "−×"
    return max(
        sum(0.055 if c in narrow else 0.14 if c in wide else 0.106 for c in text) for text in texts
    )


def shades(values: np.ndarray, *, signed: bool | None = None):
    """Return a function that gives the colour of a number among others.

    Greys where none of them is negative, white at 1, at 255 or at the greatest; else the map of
    signed numbers.
    """
    from matplotlib import colormaps

    from course_utils.plots import DIVERGING

    greatest = float(np.abs(values).max(initial=0)) or 1.0
    if signed is None:
        signed = bool((values < 0).any())
    if signed:
        diverging = colormaps[DIVERGING]
        return lambda value: diverging(0.5 + 0.5 * value / greatest)
    top = 1.0 if greatest <= 1 else 255.0 if 100 <= greatest <= 255 else greatest
    grey = colormaps["gray"]
    return lambda value: grey(value / top)


def _frame(
    axes: Axes, look: _Look, stop: tuple[int, int], x: float, y: float, lines: Sequence[str]
) -> None:
    """Draw one position: the picture, the window on it, the output so far, the sum."""
    from course_utils.plots import COLOURS

    walk = look.walk
    rows, columns, channels = walk.picture.shape
    part = walk.part(*stop)
    orange = COLOURS["model"]
    across, y = x, y + 0.3
    for channel in range(channels):
        name = walk.names[0]
        if channels > 1:
            name = CHANNELS.get(channels, ("",) * channels)[channel] or f"channel {channel + 1}"
        axes.text(across, y - 0.07, name, fontsize=_TEXT, va="bottom", color=COLOURS["neutral"])
        for row in range(rows):
            for column in range(columns):
                covered = part[0].start <= row < part[0].stop
                covered &= part[1].start <= column < part[1].stop
                weight = None
                if covered and look.weights is not None:
                    weight = look.weights[row - part[0].start, column - part[1].start, channel]
                value = walk.picture[row, column, channel]
                ignored = walk.weights is None and not walk.inside[row, column]
                _cell(
                    axes, across + column * look.wide, y + row * look.tall, look.wide, look.tall,
                    "" if ignored else look.texts[row, column, channel],
                    look.shade(value) if walk.inside[row, column] else None, weight,
                )  # fmt: skip
        _outline(
            axes, across + part[1].start * look.wide, y + part[0].start * look.tall,
            walk.size[1] * look.wide, walk.size[0] * look.tall, orange,
        )  # fmt: skip
        if walk.reduce == "max":
            i, j = walk.largest(*stop)
            _outline(
                axes, across + j * look.wide + 0.05, y + i * look.tall + 0.05, look.wide - 0.1,
                look.tall - 0.1, orange,
            )  # fmt: skip
        across += columns * look.wide + 0.15
    across += look.gap - 0.15
    arrow = {"arrowstyle": "-|>", "color": orange, "linewidth": 2.5, "mutation_scale": 16}
    middle = y + min(rows * look.tall, walk.shape[0] * look.out_tall) / 2
    axes.annotate("", (across - 0.06, middle), (across - look.gap + 0.06, middle), arrowprops=arrow)
    axes.text(
        across, y - 0.07, walk.names[2], fontsize=_TEXT, va="bottom", color=COLOURS["neutral"]
    )
    for (i, j), value in np.ndenumerate(look.output):
        done = (i, j) <= stop
        _cell(
            axes, across + j * look.out_wide, y + i * look.out_tall, look.out_wide, look.out_tall,
            written(float(value), look.places) if done else "",
            look.out_shade(value) if done else "white",
        )  # fmt: skip
    _outline(
        axes, across + stop[1] * look.out_wide, y + stop[0] * look.out_tall, look.out_wide,
        look.out_tall, orange,
    )  # fmt: skip
    axes.text(
        x, y + look.height - 0.22, "\n".join(lines), fontsize=_TEXT, va="top",
        linespacing=_LINE * 72 / _TEXT / 1.2,
    )  # fmt: skip


def _cell(
    axes: Axes, x: float, y: float, wide: float, tall: float, text: str, colour: Any,
    weight: str | None = None,
) -> None:  # fmt: skip
    """Draw a cell with its number, and a weight laid upon it; without a colour it is hatched."""
    from matplotlib.patches import FancyBboxPatch, Rectangle

    from course_utils.plots import COLOURS, _ink

    look: dict[str, Any] = {"facecolor": colour, "edgecolor": "#BFBFBF", "linewidth": 0.8}
    ink = COLOURS["neutral"]
    if colour is None:
        look |= {"facecolor": "#F2F2F2", "edgecolor": "#CFCFCF", "hatch": "//"}
    else:
        ink = _ink(colour)
    axes.add_artist(Rectangle((x, y), wide, tall, **look))  # add_patch would rescale, slowly
    height = tall / 2 if weight is None else 0.3 * tall
    axes.text(
        x + wide / 2, y + height, text, ha="center", va="center_baseline", fontsize=_TEXT, color=ink
    )
    if weight is not None:
        box = "round,pad=0,rounding_size=0.05"
        pale = weight in ("×0", "0")
        colour = "#FBEBCB" if pale else "#D5C6EA" if "−" in weight else COLOURS["model"]
        low = y + 0.53 * tall
        axes.add_artist(
            FancyBboxPatch(
                (x + 0.03, low), wide - 0.06, 0.4 * tall, boxstyle=box, linewidth=0,
                facecolor=colour, zorder=2,
            )
        )  # fmt: skip
        axes.text(
            x + wide / 2, low + 0.2 * tall, weight, ha="center", va="center_baseline",
            fontsize=_TEXT, color=COLOURS["neutral"] if pale else "black", zorder=3,
        )  # fmt: skip


def _outline(axes: Axes, x: float, y: float, wide: float, tall: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    # A dark line around it, so that it is seen on every shade.
    for colour_of, width in (("#262626", 5.0), (colour, 3.5)):
        axes.add_artist(
            Rectangle(
                (x, y), wide, tall, fill=False, edgecolor=colour_of, linewidth=width, zorder=4
            )
        )
