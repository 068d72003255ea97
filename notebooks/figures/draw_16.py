"""Drawings of notebook 16."""

from drawing import DATA, ERROR, MODEL, NEUTRAL, arrow, box, main, svg, text

# side and maps of the floors, from the top
FLOORS = [(48, 12), (24, 24), (12, 36), (6, 48)]


def unet() -> str:
    """Return the U: floors down, the ground, floors up, and the bridges between."""
    parts, high, wide = [], 54, 120
    for floor, (side, maps) in enumerate(FLOORS[:-1]):
        y, left, right = 34 + 84 * floor, 120 + 90 * floor, 680 - 90 * floor
        label = [f"{side} × {side}", f"{maps} maps"]
        parts += [
            box(left, y, wide, high, label, MODEL),
            box(right, y, wide, high, label, MODEL),
            arrow([(left + wide + 2, y + high / 2), (right - 4, y + high / 2)], DATA),
            arrow([(left + 75, y + high + 2), (left + 75, y + 84 - 4)], NEUTRAL),
            arrow([(right + 45, y + 84 - 2), (right + 45, y + high + 4)], NEUTRAL),
        ]
    side, maps = FLOORS[-1]
    y = 34 + 84 * 3
    parts += [
        box(390, y, 140, high, [f"{side} × {side}", f"{maps} maps"], MODEL),
        text(460, 46, "bridge", 18, DATA),
        text(56, 61, "picture", 18),
        arrow([(90, 61), (116, 61)], NEUTRAL),
        arrow([(802, 61), (828, 61)], NEUTRAL),
        text(874, 50, "5 scores", 18, ERROR),
        text(874, 72, "a pixel", 18, ERROR),
        text(150, 280, "pool: half the side", 18, NEUTRAL),
        text(770, 280, "repeat: twice the side", 18, NEUTRAL),
    ]
    return svg(920, 350, "A U-Net: down, up, and a bridge on each floor", *parts)


FIGURES = {"16_unet.svg": unet}

if __name__ == "__main__":
    main(FIGURES)
