"""Drawings of notebook 11."""

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, RIGHT, arrow, main, svg, text

# name, kernels or window, shape, maps, distance of one from the next, side (in drawing units), colour
MAPS = [
    ("picture", "", "28 × 28 × 1", 1, 0, 96, DATA),
    ("convolution", "8 of 3 × 3", "28 × 28 × 8", 8, 4, 96, MODEL),
    ("max pool", "2 × 2", "14 × 14 × 8", 8, 4, 56, RIGHT),
    ("convolution", "16 of 5 × 5", "10 × 10 × 16", 16, 2.8, 46, MODEL),
    ("max pool", "2 × 2", "5 × 5 × 16", 16, 2.8, 28, RIGHT),
]
ROWS = [
    ("flatten", "400", 190, NEUTRAL),
    ("dense", "120", 120, INK),
    ("dense", "64", 84, INK),
    ("softmax", "10", 44, ERROR),
]


def stack(x: float, middle: float, sheets: int, step: float, side: float, colour: str) -> str:
    """Return sheets one behind the other, the first in front at the lower left."""
    parts = []
    for i in reversed(range(sheets)):
        top = middle - side / 2 + step * (sheets - 1) / 2 - step * i
        place = f'x="{x + step * i:g}" y="{top:g}" width="{side}" height="{side}"'
        parts += [
            f'<rect {place} fill="white"/>',
            f'<rect {place} fill="{colour}" fill-opacity="0.18" stroke="{colour}" '
            'stroke-width="1.5"/>',
        ]
    return "".join(parts)


def cnn() -> str:
    """Return the nine rows of the table as blocks, from picture to answer."""
    middle, parts = 125.0, []
    lefts = [14, 140, 292, 404, 520]
    for (name, detail, shape, sheets, step, side, colour), left in zip(MAPS, lefts, strict=True):
        parts.append(stack(left, middle, sheets, step, side, colour))
        centre = left + (side + step * (sheets - 1)) / 2
        parts += [text(centre, 240, name, 16), text(centre, 264, detail, 16)]
        parts.append(text(centre, 288, shape, 16, NEUTRAL))
    for left, right in ((112, 138), (266, 290), (378, 402), (494, 518), (592, 628)):
        parts.append(arrow([(left, middle), (right, middle)]))
    x = 640.0
    for name, numbers, height, colour in ROWS:
        parts.append(
            f'<rect x="{x - 9}" y="{middle - height / 2}" width="18" height="{height}" rx="4" '
            f'fill="{colour}" fill-opacity="0.3" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [text(x, 240, name, 16), text(x, 288, numbers, 16, NEUTRAL)]
        x += 72
    for left in (651, 723, 795):
        parts.append(arrow([(left, middle), (left + 50, middle)]))
    return svg(900, 304, "The network of the table: two rounds of maps, then dense rows", *parts)


FIGURES = {"11_cnn.svg": cnn}

if __name__ == "__main__":
    main(FIGURES)
