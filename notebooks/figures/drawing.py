"""The vocabulary of the course's drawings: text, boxes, small matrices and arrows in SVG.

Each notebook's drawings stand in a `draw_NN.py` beside this file, one function a drawing, and its
table `FIGURES` names the files; `python notebooks/figures/draw_NN.py` writes them. The colours are
the roles of `course_utils.plots.COLOURS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from course_utils.plots import COLOURS

FOLDER = Path(__file__).parent
DATA, MODEL, ERROR, RIGHT, WRONG, NEUTRAL = (
    COLOURS[role] for role in ("data", "model", "error", "right", "wrong", "neutral")
)
INK = "#222222"


def text(
    x: float,
    y: float,
    words: str,
    size: int = 18,
    colour: str = INK,
    weight: str = "normal",
    anchor: str = "middle",
) -> str:
    """Return text centred on (x, y), or beginning ("start") or ending ("end") there."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}" '
        f'text-anchor="{anchor}" dominant-baseline="middle">{words}</text>'
    )


def minus(number: float) -> str:
    """Return a number as short as two decimals allow, with a proper minus sign."""
    return f"{round(float(number), 2) + 0:g}".replace("-", "−")


def box(x: float, y: float, w: float, h: float, lines: list[str], colour: str) -> str:
    """Return a rounded box with its upper left corner at (x, y) and centred lines of text."""
    middle = y + h / 2 - 12 * (len(lines) - 1)
    words = "".join(text(x + w / 2, middle + 24 * i, line) for i, line in enumerate(lines))
    return (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10" fill="{colour}" '
        f'fill-opacity="0.14" stroke="{colour}" stroke-width="2.5"/>{words}'
    )


def cells(
    x: float,
    y: float,
    rows: int,
    columns: int,
    side: float,
    colour: str = NEUTRAL,
    shade: ArrayLike = 0.14,
) -> str:
    """Return a grid of squares with its upper left corner at (x, y).

    `shade` is how much of the colour fills the squares, from 0 to 1: one number, or one a square.
    """
    shades = np.broadcast_to(shade, (rows, columns))
    return "".join(
        f'<rect x="{x + side * c:g}" y="{y + side * r:g}" width="{side}" height="{side}" '
        f'fill="{colour}" fill-opacity="{shades[r, c]:.2f}" stroke="{colour}" stroke-width="1.5"/>'
        for r, c in np.ndindex(rows, columns)
    )


def grid(
    x: float,
    y: float,
    values: ArrayLike,
    side: float,
    colour: str = NEUTRAL,
    shade: ArrayLike = 0.14,
    size: int = 18,
) -> str:
    """Return a small matrix: a grid of squares with a number, or a word, in each."""
    values = np.asarray(values)
    words = "".join(
        text(
            x + side * (c + 0.5),
            y + side * (r + 0.5),
            value if isinstance(value, str) else minus(value),
            size,
        )
        for (r, c), value in np.ndenumerate(values)
    )
    return cells(x, y, *values.shape, side, colour, shade) + words


def frame(
    x: float,
    y: float,
    rows: float,
    columns: float,
    side: float,
    colour: str = MODEL,
    fill: float = 0,
    dash: str = "none",
) -> str:
    """Return the thick outline of a window of rows × columns squares, lightly filled if asked."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{side * columns:g}" height="{side * rows:g}" rx="3" '
        f'fill="{colour}" fill-opacity="{fill}" stroke="{colour}" stroke-width="4" '
        f'stroke-dasharray="{dash}"/>'
    )


def zeros(
    x: float, y: float, size: int, before: int, after: int, side: float, aside: int = 0
) -> str:
    """Return the dashed zeros around a size × size picture whose corner is at (x, y).

    `before` rows of them stand above (and columns at left), `after` below (and at right). In
    the innermost `aside` rings the digits leave the middle of the square free for something else.
    """
    body = []
    for row, column in np.ndindex(before + size + after, before + size + after):
        row, column = row - before, column - before
        if not (0 <= row < size and 0 <= column < size):
            left, top = x + side * column, y + side * row
            body.append(
                f'<rect x="{left:g}" y="{top:g}" width="{side}" height="{side}" fill="white" '
                'stroke="#999999" stroke-width="1.2" stroke-dasharray="4 3"/>'
            )
            inner = -aside <= row < size + aside and -aside <= column < size + aside
            at = side / 2 - 6 * inner
            body.append(text(left + at, top + at, "0", 16, NEUTRAL))
    return "".join(body)


def line(points: list[tuple[float, float]], colour: str = INK, width: float = 1.5) -> str:
    """Return a plain line through the points."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def arrow(points: list[tuple[float, float]], colour: str = NEUTRAL) -> str:
    """Return a line through the points with a head at its end."""
    path = " ".join(f"{x},{y}" for x, y in points)
    name = colour.strip("#")
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" '
        f'marker-end="url(#head-{name})"/>'
    )


def svg(width: int, height: int, title: str, *body: str) -> str:
    """Return a whole SVG on a white ground, so that it reads in a dark theme as well."""
    heads = "".join(
        f'<marker id="head-{c.strip("#")}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="{c}"/></marker>'
        for c in COLOURS.values()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'role="img" font-family="DejaVu Sans, Verdana, sans-serif"><title>{title}</title>'
        f'<defs>{heads}</defs><rect width="{width}" height="{height}" fill="white"/>'
        + "\n".join(body)
        + "</svg>\n"
    )


def main(figures: dict[str, Callable[[], str]]) -> None:
    """Write each figure into this folder."""
    for name, draw in figures.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(name)
