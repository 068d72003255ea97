"""Drawings of notebook 09."""

import numpy as np
from drawing import DATA, INK, MODEL, NEUTRAL, RIGHT, arrow, frame, grid, main, svg, text

from course_utils.worked_examples import POOL_ME

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
        [385, 560, 735], {"max": np.max, "average": np.mean, "sum": np.sum}.items(), strict=True
    ):
        body.append(text(left + 65, y + 30, name, 20, INK, "bold"))
        for (r, c), colour in BLOCKS.items():
            value = [[reduce(blocks[r, c])]]
            body.append(grid(left + 65 * c, y + 55 + 65 * r, value, 65, colour, 0.3, 22))
    return svg(900, 325, "Pooling 2 × 2 with stride 2: max, average, sum", *body)


FIGURES = {"09_pooling.svg": pooling}


if __name__ == "__main__":
    main(FIGURES)
