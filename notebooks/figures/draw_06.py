"""Drawings of notebook 06."""

from drawing import DATA, INK, NEUTRAL, RIGHT, WRONG, arrow, main, svg, text

ROWS, COLUMNS, SIDE = 3, 4, 46
GRID_X, GRID_Y = 60, 44
STRIP_X, STRIP_Y = 310, 120
SHADES = ("#FFFFFF", "#E4E4E4", "#C4C4C4")  # one an image row, to follow it into the strip
HERE, BESIDE, BELOW = (1, 1), (1, 2), (2, 1)
EDGE = {HERE: DATA, BESIDE: RIGHT, BELOW: WRONG}


def square(x: float, y: float, row: int, column: int) -> str:
    """Return one square with its pixel number, outlined if it is one of the three pixels."""
    colour, width = (EDGE[row, column], 4) if (row, column) in EDGE else (NEUTRAL, 1)
    inset = width / 2
    return (
        f'<rect x="{x + inset}" y="{y + inset}" width="{SIDE - width}" height="{SIDE - width}" '
        f'fill="{SHADES[row]}" stroke="{colour}" stroke-width="{width}"/>'
        + text(x + SIDE / 2, y + SIDE / 2, str(row * COLUMNS + column))
    )


def strip_centre(row: int, column: int) -> float:
    """Return the x coordinate of the middle of a pixel's place in the strip."""
    return STRIP_X + (row * COLUMNS + column + 0.5) * SIDE


def arc(end: tuple[int, int], height: float, words: str) -> str:
    """Return an arc from HERE to another pixel, over (or, height < 0, under) the strip."""
    x1, x2, colour = strip_centre(*HERE), strip_centre(*end), EDGE[end]
    y = STRIP_Y - 4 if height > 0 else STRIP_Y + SIDE + 4
    return (
        f'<path d="M{x1},{y} C{x1},{y - height} {x2},{y - height} {x2},{y}" fill="none" '
        f'stroke="{colour}" stroke-width="3"/>'
        + text((x1 + x2) / 2, y - height - (6 if height > 0 else -4), words, 17, INK)
    )


def flattening() -> str:
    """Return a 3 × 4 image and the row of 12 numbers it becomes."""
    cells = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    return svg(
        900,
        246,
        "A grid of 3 × 4 pixels, flattened to 12 numbers",
        *(square(GRID_X + c * SIDE, GRID_Y + r * SIDE, r, c) for r, c in cells),
        *(square(strip_centre(r, c) - SIDE / 2, STRIP_Y, r, c) for r, c in cells),
        *(text(30, GRID_Y + (r + 0.5) * SIDE, f"row {r}", 16, NEUTRAL) for r in range(ROWS)),
        *(
            text(GRID_X + (c + 0.5) * SIDE, GRID_Y - 14, f"col {c}", 16, NEUTRAL)
            for c in range(COLUMNS)
        ),
        arrow(
            [(GRID_X + COLUMNS * SIDE + 10, STRIP_Y + SIDE / 2), (STRIP_X - 8, STRIP_Y + SIDE / 2)]
        ),
        arc(BESIDE, 34, "right-hand neighbour: 1 on"),
        arc(BELOW, -56, "neighbour below: 4 on, the width"),
    )


FIGURES = {"06_flattening.svg": flattening}


if __name__ == "__main__":
    main(FIGURES)
