"""The vocabulary of the course's drawings: text, boxes and arrows in SVG.

Each notebook's drawings stand in a `draw_NN.py` beside this file, one function a drawing, and its
table `FIGURES` names the files; `python notebooks/figures/draw_NN.py` writes them. The colours are
the roles of `course_utils.plots.COLOURS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from course_utils.plots import COLOURS

FOLDER = Path(__file__).parent
DATA, MODEL, ERROR, RIGHT, WRONG, NEUTRAL = (
    COLOURS[role] for role in ("data", "model", "error", "right", "wrong", "neutral")
)
INK = "#222222"


def text(
    x: float, y: float, words: str, size: int = 18, colour: str = INK, weight: str = "normal"
) -> str:
    """Return centred text."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}" '
        f'text-anchor="middle" dominant-baseline="middle">{words}</text>'
    )


def box(x: float, y: float, w: float, h: float, lines: list[str], colour: str) -> str:
    """Return a rounded box with its upper left corner at (x, y) and centred lines of text."""
    middle = y + h / 2 - 12 * (len(lines) - 1)
    words = "".join(text(x + w / 2, middle + 24 * i, line) for i, line in enumerate(lines))
    return (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10" fill="{colour}" '
        f'fill-opacity="0.14" stroke="{colour}" stroke-width="2.5"/>{words}'
    )


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
