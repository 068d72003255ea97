"""Drawings of notebook 11."""

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, RIGHT, arrow, main, svg, text

# name, shape, maps drawn, side in drawing units, colour; pooled and flat rows have no parameters
MAPS = [
    ("picture", "28 × 28 × 1", 1, 96, DATA),
    ("convolution", "28 × 28 × 8", 5, 96, MODEL),
    ("max pool", "14 × 14 × 8", 5, 60, RIGHT),
    ("convolution", "10 × 10 × 16", 8, 46, MODEL),
    ("max pool", "5 × 5 × 16", 8, 28, RIGHT),
]
ROWS = [("flatten", "400", 190), ("dense", "120", 120), ("dense", "64", 84), ("softmax", "10", 44)]


def stack(x: float, middle: float, sheets: int, side: float, colour: str) -> str:
    """Return sheets one behind the other, the first in front at the lower left."""
    step = 7
    return "".join(
        f'<rect x="{x + step * i}" y="{middle - side / 2 + step * (sheets - 1) / 2 - step * i}" '
        f'width="{side}" height="{side}" fill="white" stroke="{colour}" stroke-width="2"/>'
        f'<rect x="{x + step * i}" y="{middle - side / 2 + step * (sheets - 1) / 2 - step * i}" '
        f'width="{side}" height="{side}" fill="{colour}" fill-opacity="0.18"/>'
        for i in reversed(range(sheets))
    )


def cnn() -> str:
    """Return the nine rows of the table as blocks, from picture to answer."""
    middle, parts = 140.0, []
    lefts = [16, 146, 306, 430, 556]
    for (name, shape, sheets, side, colour), left in zip(MAPS, lefts, strict=True):
        parts.append(stack(left, middle, sheets, side, colour))
        centre = left + (side + 7 * (sheets - 1)) / 2
        parts += [text(centre, 245, name, 16), text(centre, 270, shape, 16, NEUTRAL)]
    for left, right in ((114, 144), (272, 304), (396, 428), (527, 554), (635, 660)):
        parts.append(arrow([(left, middle), (right, middle)]))
    x = 673.0
    for name, numbers, height in ROWS:
        colour = ERROR if name == "softmax" else (NEUTRAL if name == "flatten" else MODEL)
        parts.append(
            f'<rect x="{x - 9}" y="{middle - height / 2}" width="18" height="{height}" rx="4" '
            f'fill="{colour}" fill-opacity="0.3" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [text(x, 245, name, 16, INK), text(x, 270, numbers, 16, NEUTRAL)]
        x += 63
    for left in (684, 747, 810):
        parts.append(arrow([(left, middle), (left + 41, middle)]))
    return svg(900, 290, "The network of the table: two rounds of maps, then dense rows", *parts)


FIGURES = {"11_cnn.svg": cnn}

if __name__ == "__main__":
    main(FIGURES)
