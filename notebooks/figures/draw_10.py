"""Drawings of notebook 10."""

import numpy as np
from drawing import (
    DATA,
    ERROR,
    INK,
    MODEL,
    NEUTRAL,
    arrow,
    box,
    cells,
    frame,
    grid,
    line,
    main,
    minus,
    svg,
    text,
    zeros,
)

from course_utils.convolution import conv2d, max_pool2d, max_pool2d_gradient
from course_utils.worked_examples import ONE_TO_FOUR, POOL_ME

SLOPES = np.array([[1, 0], [-1, 2]])  # ∂L/∂O


def names(letter: str, size: int) -> np.ndarray:
    """Return the names of a square matrix's entries: X₁₁, X₁₂ and so on."""
    below = "₀₁₂₃₄₅₆₇₈₉"
    return np.array(
        [[f"{letter}{below[r]}{below[c]}" for c in range(1, size + 1)] for r in range(1, size + 1)]
    )


def shapes() -> str:
    """Return X, F, O and the loss, and under each its slopes, of the same shape."""
    side, top, low = 40, 140, 300  # heights of the two ways
    columns = [(125, "X", 3, DATA), (620, "O", 2, NEUTRAL)]
    body = []
    for middle, letter, size, colour in columns:
        half = side * size / 2
        body += [
            text(middle, top - half - 18, f"{letter}: {size} × {size}", 20, INK, "bold"),
            grid(middle - half, top - half, names(letter, size), side, colour, 0.2),
            text(middle, low + half + 20, f"∂L/∂{letter}: {size} × {size}", 20, INK, "bold"),
            cells(middle - half, low - half, size, size, side, ERROR, 0.35),
        ]
    body += [
        line([(30, 220), (730, 220)], NEUTRAL, 1),
        text(490, 192, "forward", 18, NEUTRAL),
        text(490, 248, "backward", 18, NEUTRAL),
        arrow([(192, top), (572, top)]),
        arrow([(668, top), (770, top)]),
        box(774, top - 32, 106, 64, ["loss L"], ERROR),
        arrow([(827, top + 34), (827, low), (668, low)], ERROR),
        arrow([(572, low), (192, low)], ERROR),
        text(265, low - 18, "with F", 18),
        # the filter joins from the side, and its slopes leave to the side
        grid(335, 12, names("F", 2), side, MODEL, 0.2),
        text(430, 52, "F: 2 × 2", 20, INK, "bold", "start"),
        arrow([(375, 94), (375, top - 3)]),
        cells(335, 354, 2, 2, side, ERROR, 0.35),
        text(430, 394, "∂L/∂F: 2 × 2", 20, INK, "bold", "start"),
        arrow([(375, low), (375, 350)], ERROR),
        text(390, 328, "with X", 18, anchor="start"),
    ]
    return svg(900, 446, "Shapes forward and backward", *body)


def worked(window: np.ndarray, weights: np.ndarray) -> str:
    """Return the products of a window and the weights on it, and their sum."""
    products = [
        f"{minus(a)}·{b}" if a >= 0 else f"({minus(a)})·{b}"
        for a, b in zip(window.flat, weights.flat, strict=True)
    ]
    return f"{' + '.join(products)} = {minus((window * weights).sum())}"


def back_through_conv() -> str:
    """Return ∂L/∂X as the full cross-correlation of the slopes with F turned, two cells worked."""
    side, x, y, large, right = 50, 105, 132, 64, 660  # the slopes at (x, y), ∂L/∂X from `right` on
    turned = ONE_TO_FOUR[::-1, ::-1]
    slopes_x = conv2d(SLOPES, turned, padding="full")
    middle, top = y + side, y + side - 1.5 * large
    chosen = np.full((3, 3), 0.14)
    chosen[0, 0] = chosen[1, 1] = 0.6
    around = np.pad(SLOPES, 1)
    return svg(
        900,
        412,
        "Back through a convolution",
        text(x + side, 40, "∂L/∂O, in zeros", 20, INK, "bold"),
        zeros(x, y, 2, 1, 1, side),
        grid(x, y, SLOPES, side, ERROR, 0.35, 22),
        frame(x, y, 2, 2, side),
        frame(x - side, y - side, 2, 2, side, DATA, dash="9 5"),
        arrow([(x + 3 * side + 12, middle), (right - 12, middle)]),
        text(378, 24, "F", 20, INK, "bold"),
        grid(378 - 42, 42, ONE_TO_FOUR, 42, MODEL, 0.12, 20),
        arrow([(426, 84), (476, 84)]),
        text(526, 24, "F, turned by 180°", 20, INK, "bold"),
        grid(526 - 42, 42, turned, 42, MODEL, 0.4, 20),
        arrow([(526, 128), (526, middle - 3)]),
        text(right + 1.5 * large, 40, "∂L/∂X", 20, INK, "bold"),
        grid(right, top, slopes_x, large, ERROR, chosen, 24),
        frame(right + large, top + large, 1, 1, large),
        frame(right, top, 1, 1, large, DATA, dash="9 5"),
        text(30, 324, "Corner X₁₁ took part in one output (dashed):", 18, anchor="start"),
        text(560, 324, worked(around[:2, :2], turned), 19, INK, "bold", "start"),
        text(30, 374, "Middle X₂₂ took part in all four outputs (framed):", 18, anchor="start"),
        text(560, 374, worked(around[1:3, 1:3], turned), 19, INK, "bold", "start"),
    )


def four_blocks(x: float, y: float, values: np.ndarray, largest: np.ndarray, colour: str) -> str:
    """Return a 4 × 4 matrix cut into four blocks, the largest cell of each framed."""
    side, gap = 42, 8
    body = []
    for r, c in np.ndindex(values.shape):
        left = x + side * c + gap * (c // 2)
        top = y + side * r + gap * (r // 2)
        shade = 0.5 if largest[r, c] else 0.1
        body.append(grid(left, top, [[values[r, c]]], side, colour, shade, 20))
        if largest[r, c]:
            body.append(frame(left + 2, top + 2, 1, 1, side - 4, INK))
    return "".join(body)


def back_through_max_pool() -> str:
    """Return the maxima of four blocks forward, and back the slopes that only they receive."""
    slopes = np.array([[1, -2], [3, 4]])
    pooled = max_pool2d(POOL_ME)
    largest = max_pool2d_gradient(POOL_ME, np.ones((2, 2))) > 0
    back = max_pool2d_gradient(POOL_ME, slopes)
    x, out, side = 120, 640, 58
    rows = [(36, POOL_ME, pooled, DATA, NEUTRAL), (246, back, slopes, ERROR, ERROR)]
    body = []
    for top, left_values, right_values, colour, other in rows:
        body += [
            four_blocks(x, top, left_values, largest, colour),
            grid(out, top + 88 - side, right_values, side, other, 0.35, 22),
        ]
    return svg(
        900,
        440,
        "Back through max pooling",
        *body,
        text(60, 124, "X", 20, INK, "bold"),
        text(60, 334, "∂L/∂X", 20, INK, "bold"),
        text(820, 124, "O", 20, INK, "bold"),
        text(820, 334, "∂L/∂O", 20, INK, "bold"),
        arrow([(320, 124), (620, 124)]),
        text(470, 98, "forward: the largest goes on", 18),
        arrow([(620, 334), (320, 334)], ERROR),
        text(470, 308, "backward: the slope goes", 18),
        text(470, 360, "to the framed cell only", 18),
    )


def stride_zeros() -> str:
    """Return the slopes of a stride-2 output, spread with zeros before the full correlation."""
    stride, side, middle = 2, 44, 166
    spread = np.zeros((3, 3), dtype=int)
    spread[::stride, ::stride] = SLOPES
    given = np.zeros((3, 3), dtype=bool)
    given[::stride, ::stride] = True
    turned = ONE_TO_FOUR[::-1, ::-1]
    slopes_x = conv2d(spread, turned, padding="full")
    x = 278
    return svg(
        900,
        342,
        "Stride 2: zeros between the slopes",
        text(104, middle - side - 22, "∂L/∂O: 2 × 2", 20, INK, "bold"),
        grid(60, middle - side, SLOPES, side, ERROR, 0.45, 20),
        arrow([(158, middle), (222, middle)]),
        text(
            x + 1.5 * side, middle - 2.5 * side - 24, "zeros between, and around", 20, INK, "bold"
        ),
        zeros(x, middle - 1.5 * side, 3, 1, 1, side),
        grid(x, middle - 1.5 * side, spread, side, ERROR, given * 0.45, 20),
        text(572, 24, "F turned", 20, INK, "bold"),
        grid(572 - 40, 42, turned, 40, MODEL, 0.35, 20),
        arrow([(572, 124), (572, middle - 3)]),
        arrow([(466, middle), (644, middle)]),
        text(756, middle - 2 * 48 - 22, "∂L/∂X: 4 × 4", 20, INK, "bold"),
        grid(660, middle - 2 * 48, slopes_x, 48, ERROR, 0.2, 20),
        text(450, 318, "stride 2: one zero between two slopes; stride s: s − 1 zeros", 19),
    )


FIGURES = {
    "10_shapes.svg": shapes,
    "10_back_through_conv.svg": back_through_conv,
    "10_back_through_max_pool.svg": back_through_max_pool,
    "10_stride_zeros.svg": stride_zeros,
}


if __name__ == "__main__":
    main(FIGURES)
