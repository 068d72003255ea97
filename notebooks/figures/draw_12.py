"""Drawing of notebook 12."""

from drawing import DATA, ERROR, MODEL, NEUTRAL, RIGHT, arrow, main, svg, text

# what happens, height × width × maps, sheets drawn, side in drawing units, colour
VOLUMES = [
    (["picture", ""], "32 × 32 × 3", 3, 112, DATA),
    (["conv, pool,", "ReLU"], "16 × 16 × 32", 6, 70, MODEL),
    (["conv, pool,", "ReLU"], "8 × 8 × 64", 9, 40, MODEL),
    (["conv, pool,", "ReLU"], "4 × 4 × 64", 9, 22, MODEL),
]
ROWS = [("flatten", "1024", 200, NEUTRAL), ("dense", "64", 90, MODEL), ("softmax", "10", 44, ERROR)]
STEP = 7


def stack(x: float, middle: float, sheets: int, side: float, colours: list[str]) -> str:
    """Return sheets one behind the other, the first in front at the lower left."""
    top = middle - side / 2 + STEP * (sheets - 1) / 2
    drawn = []
    for i in reversed(range(sheets)):
        place = f'x="{x + STEP * i}" y="{top - STEP * i}" width="{side}" height="{side}"'
        colour = colours[i % len(colours)]
        drawn += [
            f'<rect {place} fill="white"/>',
            f'<rect {place} fill="{colour}" fill-opacity="0.2" stroke="{colour}" stroke-width="2"/>',
        ]
    return "".join(drawn)


def cnn() -> str:
    """Return the plain CNN as volumes: three groups, then dense rows."""
    middle, x, parts = 125.0, 14.0, []
    for number, (names, shape, sheets, side, colour) in enumerate(VOLUMES):
        three = ["#D55E00", RIGHT, DATA]  # the nearest of the course's colours to red, green, blue
        wide = side + STEP * (sheets - 1)
        parts.append(stack(x, middle, sheets, side, three if number == 0 else [colour]))
        parts += [text(x + wide / 2, 225 + 22 * i, name, 17) for i, name in enumerate(names)]
        parts.append(text(x + wide / 2, 275, shape, 17, NEUTRAL))
        end = x + wide + (62 if number < 3 else 56)
        parts.append(arrow([(x + wide + 8, middle), (end - 6, middle)]))
        x = end
    x += 16
    for number, (name, count, height, colour) in enumerate(ROWS):
        parts.append(
            f'<rect x="{x - 9}" y="{middle - height / 2}" width="18" height="{height}" rx="4" '
            f'fill="{colour}" fill-opacity="0.3" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [text(x, 247, name, 17), text(x, 275, count, 17, NEUTRAL)]
        if number < len(ROWS) - 1:
            parts.append(arrow([(x + 14, middle), (x + 68, middle)]))
        x += 82
    return svg(900, 295, "A plain CNN: three groups of maps, then dense layers", *parts)


FIGURES = {"12_cnn.svg": cnn}

if __name__ == "__main__":
    main(FIGURES)
