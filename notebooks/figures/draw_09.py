"""Drawings of notebook 09."""

import numpy as np
from drawing import (
    DATA,
    ERROR,
    INK,
    MODEL,
    NEUTRAL,
    RIGHT,
    arrow,
    cells,
    frame,
    grid,
    line,
    main,
    minus,
    svg,
    text,
)

from course_utils.convolution import average_pool2d, conv2d, max_pool2d, relu, sum_pool2d
from course_utils.worked_examples import LOOP, NINE, POOL_ME

BELOW = "#7B5AA6"  # feature maps are orange above 0 and purple below
BLOCKS = {(0, 0): DATA, (0, 1): MODEL, (1, 0): RIGHT, (1, 1): NEUTRAL}  # to follow each block


def pooling() -> str:
    """Return POOL_ME in four blocks, and their maxima, averages and sums."""
    blocks = POOL_ME.reshape(2, 2, 2, 2).swapaxes(1, 2)  # block row, block column, row, column
    side, x, y = 60, 40, 60
    body = [text(x + 2 * side, 28, "4 × 4", 20, INK, "bold")]
    for (r, c), colour in BLOCKS.items():
        corner = (x + 2 * side * c, y + 2 * side * r)
        body += [
            grid(*corner, blocks[r, c], side, colour, 0.3, 24),
            frame(*corner, 2, 2, side, INK),
        ]
    body.append(arrow([(x + 4 * side + 18, y + 2 * side), (358, y + 2 * side)]))
    for left, (name, reduce) in zip(
        [385, 560, 735],
        {"max": max_pool2d, "average": average_pool2d, "sum": sum_pool2d}.items(),
        strict=True,
    ):
        body.append(text(left + 65, y + 30, name, 20, INK, "bold"))
        for (r, c), colour in BLOCKS.items():
            value = reduce(blocks[r, c])
            body.append(grid(left + 65 * c, y + 55 + 65 * r, value, 65, colour, 0.3, 22))
    return svg(900, 325, "Pooling 2 × 2 with stride 2: max, average, sum", *body)


def axes(x: float, y: float, left: float, right: float, high: float, name: str) -> str:
    """Return two axes through (x, y), reaching so far to the left, to the right and up."""
    return (
        arrow([(x - left, y), (x + right, y)])
        + arrow([(x, y + 25), (x, y - high)])
        + text(x + right, y + 24, "z", 19)
        + text(x, y - high - 34, name, 20, INK, "bold")
    )


def dot(x: float, y: float, colour: str, filled: bool) -> str:
    """Return a point that belongs to the curve (filled) or doesn't (open)."""
    fill = colour if filled else "white"
    return f'<circle cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="{colour}" stroke-width="4"/>'


def relu_graph() -> str:
    """Return ReLU and its slope."""
    y, unit, one = 265, 60, 60  # the height of 0; a step of z; a slope of 1
    left, right = 215, 665
    marks = [text(x + unit * z, y + 24, minus(z), 17) for x in (left, right) for z in (-2, 2)]
    return svg(
        900,
        330,
        "ReLU and its slope",
        axes(left, y, 175, 195, 190, "ReLU(z) = max(0, z)"),
        axes(right, y, 175, 195, 190, "its slope"),
        *marks,
        line([(left - 170, y), (left, y), (left + 2.8 * unit, y - 2.8 * unit)], MODEL, 6),
        text(left - 30, y - 2 * unit, "2", 17),
        line([(left - 10, y - 2 * unit), (left + 2 * unit, y - 2 * unit), (left + 2 * unit, y)]),
        line([(right - 170, y), (right, y)], ERROR, 6),
        line([(right, y - one), (right + 180, y - one)], ERROR, 6),
        dot(right, y - one, ERROR, False),
        dot(right, y, ERROR, True),
        text(right - 28, y - one, "1", 17),
        text(right + 100, y - one - 26, "slope 1", 18),
        text(right - 100, y - 26, "slope 0", 18),
    )


def signed(x: float, y: float, values: np.ndarray, side: float, size: int = 16) -> str:
    """Return a small matrix whose shades are orange above 0 and purple below."""
    return "".join(
        grid(x + side * c, y + side * r, [[value]], side, colour, 0.08 + 0.6 * abs(value), size)
        for (r, c), value in np.ndenumerate(values)
        for colour in [MODEL if value > 0 else BELOW if value < 0 else NEUTRAL]
    )


def nine_network() -> str:
    """Return the network that says whether a 9 is shown, with the maps of the 9."""
    feature = conv2d(NINE, LOOP) / 9
    rectified = relu(feature)
    pooled = max_pool2d(rectified, 2, stride=1)
    side, middle = 56, 205
    stages = [
        (70, "picture", NINE, 20),
        (265, "convolution", feature, side),
        (461, "ReLU", rectified, side),
        (630, "max pooling", pooled, side),
    ]
    body = []
    for x, name, values, step in stages:
        rows, columns = values.shape
        left, top = x - step * columns / 2, middle - step * rows / 2
        body += [
            text(x, 26, name, 19, INK, "bold"),
            cells(left, top, rows, columns, step, BELOW, 0.6 * (values < 0))
            + cells(left, top, rows, columns, step, MODEL, 0.8 * (values > 0))
            if name == "picture"
            else signed(left, top, values, step, 16),
            text(x, 372, f"{rows} × {columns}", 19),
        ]
    ends = [(123, 181), (349, 377), (545, 573), (687, 726), (788, 814)]
    body += [arrow([(start, middle), (end, middle)]) for start, end in ends]
    body += [
        cells(130, middle - 62, 3, 3, 14, BELOW, 0.6 * (LOOP < 0)),
        cells(130, middle - 62, 3, 3, 14, MODEL, 0.8 * (LOOP > 0)),
        text(151, middle - 82, "loop", 16),
        *(
            f'<circle cx="{x}" cy="{middle}" r="28" fill="{MODEL}" fill-opacity="0.3" '
            f'stroke="{MODEL}" stroke-width="2.5"/>'
            + text(x, middle, letter, 22)
            + text(x, 26, name, 19, INK, "bold")
            + text(x, 372, note, 17)
            for x, letter, name, note in [
                (757, "z", "dense", f"{pooled.size} weights"),
                (845, "p", "sigmoid", "a 9?"),
            ]
        ),
    ]
    return svg(900, 395, "Is it a 9? The whole network", *body)


FIGURES = {
    "09_relu.svg": relu_graph,
    "09_pooling.svg": pooling,
    "09_nine_network.svg": nine_network,
}


if __name__ == "__main__":
    main(FIGURES)
