"""Draw 06_flattening.svg: a 3 × 4 image and the row of 12 numbers it becomes.

Run it with ``python notebooks/figures/06_flattening.py`` after a change.
"""

from pathlib import Path

ROWS, COLUMNS, SIDE = 3, 4, 46
GRID_X, GRID_Y = 60, 44
STRIP_X, STRIP_Y = 310, 120
WIDTH, HEIGHT = 900, 246
BLUE, GREEN, VERMILION, GREY = "#0072B2", "#009E73", "#D55E00", "#555555"
# One light shade per image row, so that the eye can follow a row into the strip.
SHADES = ("#FFFFFF", "#E4E4E4", "#C4C4C4")
HERE, RIGHT, BELOW = (1, 1), (1, 2), (2, 1)
EDGE = {HERE: BLUE, RIGHT: GREEN, BELOW: VERMILION}


def box(x, y, row, column):
    """Return one square with its pixel number, outlined if it is one of the three pixels."""
    colour, width = (EDGE[row, column], 4) if (row, column) in EDGE else (GREY, 1)
    inset = width / 2
    return (
        f'<rect x="{x + inset}" y="{y + inset}" width="{SIDE - width}" height="{SIDE - width}" '
        f'fill="{SHADES[row]}" stroke="{colour}" stroke-width="{width}"/>'
        f'<text x="{x + SIDE / 2}" y="{y + SIDE / 2 + 6}" text-anchor="middle" font-size="18">'
        f"{row * COLUMNS + column}</text>"
    )


def strip_centre(row, column):
    """Return the x coordinate of the middle of a pixel's place in the strip."""
    return STRIP_X + (row * COLUMNS + column + 0.5) * SIDE


def arc(start, end, height, colour, text, above):
    """Return an arc over (or under) the strip between two pixels, with its caption."""
    x1, x2 = strip_centre(*start), strip_centre(*end)
    y = STRIP_Y - 4 if above else STRIP_Y + SIDE + 4
    bend = y - height if above else y + height
    text_y = bend + height / 4 - 8 if above else bend - height / 4 + 22
    return (
        f'<path d="M{x1},{y} C{x1},{bend} {x2},{bend} {x2},{y}" fill="none" stroke="{colour}" '
        f'stroke-width="3"/><text x="{(x1 + x2) / 2}" y="{text_y}" text-anchor="middle" '
        f'font-size="17" fill="{colour}">{text}</text>'
    )


def drawing():
    """Return the whole drawing as SVG text."""
    cells = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    grid = [box(GRID_X + c * SIDE, GRID_Y + r * SIDE, r, c) for r, c in cells]
    strip = [box(strip_centre(r, c) - SIDE / 2, STRIP_Y, r, c) for r, c in cells]
    labels = [
        f'<text x="{GRID_X - 12}" y="{GRID_Y + (r + 0.5) * SIDE + 6}" text-anchor="end" '
        f'font-size="16" fill="{GREY}">row {r}</text>'
        for r in range(ROWS)
    ] + [
        f'<text x="{GRID_X + (c + 0.5) * SIDE}" y="{GRID_Y - 10}" text-anchor="middle" '
        f'font-size="16" fill="{GREY}">col {c}</text>'
        for c in range(COLUMNS)
    ]
    arrow_y = STRIP_Y + SIDE / 2
    arrow = (
        f'<path d="M{GRID_X + COLUMNS * SIDE + 10},{arrow_y} H{STRIP_X - 22}" stroke="{GREY}" '
        f'stroke-width="3"/><path d="M{STRIP_X - 24},{arrow_y - 8} L{STRIP_X - 8},{arrow_y} '
        f'L{STRIP_X - 24},{arrow_y + 8} Z" fill="{GREY}"/>'
    )
    arcs = [
        arc(HERE, RIGHT, 34, GREEN, "right-hand neighbour: 1 on", above=True),
        arc(HERE, BELOW, 56, VERMILION, "neighbour below: 4 on, the width", above=False),
    ]
    body = "\n".join([*labels, *grid, arrow, *strip, *arcs])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(drawing(), encoding="utf-8")
