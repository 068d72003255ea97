"""Draw the boxes-and-arrows figures of the notebooks as SVG.

    python notebooks/figures/draw.py

Each figure is one function that returns the body of an SVG; the vocabulary (box, arrow, text) and
the colours (the roles of `course_utils.plots.COLOURS`) are shared.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from course_utils.plots import COLOURS

FOLDER = Path(__file__).parent
DATA, MODEL, ERROR, NEUTRAL = (COLOURS[role] for role in ("data", "model", "error", "neutral"))
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
        for c in (DATA, MODEL, ERROR, NEUTRAL)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'role="img" font-family="DejaVu Sans, Verdana, sans-serif"><title>{title}</title>'
        f'<defs>{heads}</defs><rect width="{width}" height="{height}" fill="white"/>'
        + "\n".join(body)
        + "</svg>\n"
    )


def two_phases() -> str:
    """Return the training phase above the inference phase (notebook 07)."""
    return svg(
        900,
        400,
        "The training phase and the inference phase",
        text(100, 40, "Training phase", 20, INK, "bold"),
        box(20, 65, 150, 60, ["pictures"], DATA),
        box(20, 145, 150, 60, ["labels"], DATA),
        box(290, 65, 190, 60, ["network"], MODEL),
        box(600, 65, 130, 60, ["answers"], MODEL),
        box(600, 145, 130, 60, ["loss"], ERROR),
        arrow([(170, 95), (288, 95)]),
        arrow([(480, 95), (598, 95)]),
        arrow([(665, 125), (665, 143)]),
        arrow([(170, 175), (598, 175)]),
        arrow([(730, 175), (800, 175), (800, 235), (385, 235), (385, 127)], ERROR),
        text(590, 255, "change the weights, batch after batch", 17),
        '<line x1="20" y1="278" x2="880" y2="278" stroke="#cccccc" stroke-width="1.5"/>',
        text(105, 308, "Inference phase", 20, INK, "bold"),
        box(20, 328, 150, 60, ["one picture"], DATA),
        box(290, 328, 190, 60, ["network,", "weights fixed"], MODEL),
        box(600, 328, 130, 60, ["one answer"], MODEL),
        arrow([(170, 358), (288, 358)]),
        arrow([(480, 358), (598, 358)]),
    )


def dense_network() -> str:
    """Return the network 784-256-128-10 with every neuron joined to the layer before (07)."""
    columns = [
        (230, 9, "784 pixels", "flattened", DATA),
        (420, 7, "256 neurons", "ReLU", MODEL),
        (610, 5, "128 neurons", "ReLU", MODEL),
        (800, 4, "10 neurons", "softmax", ERROR),
    ]
    places = [[(x, 175 + (i - (n - 1) / 2) * 34) for i in range(n)] for x, n, *_ in columns]
    lines = [
        f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="{NEUTRAL}" '
        f'stroke-width="1" stroke-opacity="0.45"/>'
        for left, right in itertools.pairwise(places)
        for a in left
        for b in right
    ]
    dots = []
    for (x, n, name, kind, colour), spots in zip(columns, places, strict=True):
        for i, (_, y) in enumerate(spots):
            if i == n // 2:  # the column is longer than can be drawn
                dots.append(
                    f'<circle cx="{x}" cy="{y}" r="14" fill="white"/>' + text(x, y, "⋮", 26)
                )
            else:
                dots.append(
                    f'<circle cx="{x}" cy="{y}" r="11" fill="{colour}" stroke="white" stroke-width="2"/>'
                )
        dots += [text(x, 335, name, 17), text(x, 360, kind, 16, NEUTRAL)]
    grid = [
        f'<rect x="{30 + 15 * c}" y="{122 + 15 * r}" width="15" height="15" fill="{DATA}" '
        f'fill-opacity="{0.75 if (r, c) in {(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 5), (3, 4), (4, 3), (5, 3)} else 0.08}" '
        'stroke="#999999" stroke-width="0.7"/>'
        for r in range(7)
        for c in range(7)
    ]
    return svg(
        900,
        380,
        "A dense network: 784, 256, 128, 10",
        *grid,
        text(82, 335, "28 × 28 picture", 17),
        arrow([(142, 175), (205, 175)]),
        *lines,
        *dots,
    )


def course_map() -> str:
    """Return the five parts of the course, in order (notebook 00)."""
    parts = [
        ("1", "Neurons", ["a weighted sum,", "nudged downhill"], "01–05"),
        ("2", "Images", ["a dense network", "reads digits"], "06–07"),
        ("3", "Convolution", ["small kernels slide,", "worked by hand"], "08–10"),
        ("4", "CNNs", ["digits and colour", "pictures in Keras"], "11–13"),
        ("5", "Beyond", ["what CNNs get", "wrong; further uses"], "14–18"),
    ]
    body = []
    for i, (number, name, lines, notebooks) in enumerate(parts):
        x = 10 + 222 * i
        body += [
            box(x, 20, 192, 150, [], [DATA, DATA, MODEL, MODEL, NEUTRAL][i]),
            text(x + 96, 46, f"{number} · {name}", 20, INK, "bold"),
            *(text(x + 96, 82 + 24 * k, line, 17) for k, line in enumerate(lines)),
            text(x + 96, 148, f"notebooks {notebooks}", 17, NEUTRAL),
        ]
        if i:
            body.append(arrow([(x - 28, 95), (x - 2, 95)]))
    return svg(1100, 190, "Map of the course", *body)


FIGURES = {
    "00_course_map.svg": course_map,
    "07_two_phases.svg": two_phases,
    "07_dense_network.svg": dense_network,
}

if __name__ == "__main__":
    for name, draw in FIGURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(name)
