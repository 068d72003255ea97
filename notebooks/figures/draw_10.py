"""Drawings of notebook 10."""

import numpy as np
from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, arrow, box, cells, grid, main, svg, text


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


FIGURES = {"10_shapes.svg": shapes}


if __name__ == "__main__":
    main(FIGURES)
