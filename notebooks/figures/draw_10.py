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
    side, top, low = 48, 132, 325  # heights of the two rows' middles
    columns = [(125, "X", 3, DATA), (380, "F", 2, MODEL), (620, "O", 2, NEUTRAL)]
    body = []
    for middle, letter, size, colour in columns:
        half = side * size / 2
        body += [
            text(middle, top - half - 20, f"{letter}: {size} × {size}", 20, INK, "bold"),
            grid(middle - half, top - half, names(letter, size), side, colour, 0.2),
            text(middle, low - half - 20, f"∂L/∂{letter}: {size} × {size}", 20, INK, "bold"),
            cells(middle - half, low - half, size, size, side, ERROR, 0.35),
        ]
    body += [
        arrow([(202, top), (326, top)]),
        arrow([(434, top), (566, top)]),
        arrow([(674, top), (770, top)]),
        box(774, top - 32, 106, 64, ["loss L"], ERROR),
        arrow([(827, top + 34), (827, low), (676, low)], ERROR),
        arrow([(566, low), (436, low)], ERROR),
        text(501, low - 20, "with X", 18),
        arrow([(620, low + 52), (620, 432), (125, 432), (125, low + 78)], ERROR),
        text(380, 412, "with F", 18),
        text(264, top - 20, "forward", 18, NEUTRAL),
        text(760, low + 24, "backward", 18, NEUTRAL),
    ]
    return svg(900, 450, "Shapes forward and backward", *body)


def back_through_conv() -> str:
    """Return ∂L/∂X as the full cross-correlation of the slopes with F turned, one cell worked."""
    side, x, middle = 50, 90, 190
    turned = ONE_TO_FOUR[::-1, ::-1]
    slopes_x = conv2d(SLOPES, turned, padding="full")
    products = [
        f"{minus(a)}·{b}" if a >= 0 else f"({minus(a)})·{b}"
        for a, b in zip(SLOPES.flat, turned.flat, strict=True)
    ]
    chosen = np.full((3, 3), 0.14)
    chosen[1, 1] = 0.7
    return svg(
        900,
        410,
        "Back through a convolution",
        text(x + side, 24, "∂L/∂O, in zeros", 20, INK, "bold"),
        zeros(x, middle - side, 2, 1, 1, side),
        grid(x, middle - side, SLOPES, side, ERROR, 0.35, 22),
        frame(x, middle - side, 2, 2, side),
        text(430, 24, "F, turned by 180°", 20, INK, "bold"),
        grid(380, 56, ONE_TO_FOUR, side, MODEL, 0.12, 22),
        arrow([(430, 162), (430, 212)]),
        grid(380, 216, turned, side, MODEL, 0.4, 22),
        frame(380, 216, 2, 2, side),
        arrow([(262, middle), (366, middle)]),
        arrow([(494, middle), (598, middle)]),
        text(705, 24, "∂L/∂X", 20, INK, "bold"),
        grid(705 - 1.5 * 64, middle - 1.5 * 64, slopes_x, 64, ERROR, chosen, 24),
        frame(705 - 32, middle - 32, 1, 1, 64, INK),
        text(
            450, 350, "X₂₂ took part in all four outputs, so four products meet in its slope:", 19
        ),
        text(450, 384, f"{' + '.join(products)} = {minus(slopes_x[1, 1])}", 21, INK, "bold"),
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
    x = 250
    return svg(
        900,
        342,
        "Stride 2: zeros between the slopes",
        text(84, middle - side - 22, "∂L/∂O: 2 × 2", 20, INK, "bold"),
        grid(40, middle - side, SLOPES, side, ERROR, 0.45, 20),
        arrow([(138, middle), (196, middle)]),
        text(316, middle - 2.5 * side - 24, "zeros between, and around", 20, INK, "bold"),
        zeros(x, middle - 1.5 * side, 3, 1, 1, side),
        grid(x, middle - 1.5 * side, spread, side, ERROR, given * 0.45, 20),
        text(528, middle - side - 22, "F turned", 20, INK, "bold"),
        grid(484, middle - side, turned, side, MODEL, 0.35, 20),
        arrow([(438, middle), (474, middle)]),
        arrow([(582, middle), (640, middle)]),
        text(748, middle - 2 * 48 - 22, "∂L/∂X: 4 × 4", 20, INK, "bold"),
        grid(652, middle - 2 * 48, slopes_x, 48, ERROR, 0.2, 20),
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
