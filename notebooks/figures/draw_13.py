"""Drawings of notebook 13."""

from drawing import DATA, ERROR, MODEL, NEUTRAL, RIGHT, arrow, box, cells, line, main, svg, text

# where something can be changed, colour, what
PLACES = [
    ("pictures", DATA, ["mirror images", "shifts", "turns, noise", "smaller at first"]),
    (
        "network",
        MODEL,
        ["starting weights", "batch normalisation", "dropout", "skip connections"],
    ),
    ("labels", RIGHT, ["label smoothing"]),
    ("steps", ERROR, ["one cycle", "momentum", "weight decay"]),
    ("machine", NEUTRAL, ["batch size"]),
]


def places() -> str:
    """Return the five places where a recipe can be changed, with the changes below each."""
    parts = []
    for number, (name, colour, changes) in enumerate(PLACES):
        x = 10 + 178 * number
        parts.append(box(x, 14, 148, 54, [name], colour))
        parts += [text(x + 74, 98 + 27 * i, change, 18) for i, change in enumerate(changes)]
    return svg(880, 200, "Where a recipe can be changed: five places", *parts)


def chain(y: float, skip: bool) -> list[str]:
    """Return a picture, four convolutions and an answer in a row, with ways around or without."""
    parts, end = [text(44, y, "picture"), text(852, y, "answer")], 84.0
    for number in range(4):
        x = 140 + 176 * number
        parts += [arrow([(end, y), (x - 3, y)]), box(x, y - 24, 76, 48, ["conv"], MODEL)]
        end = x + 80
        if skip and number:  # the first one changes the number of channels: nothing to add to
            plus = x + 112
            parts.append(line([(x - 32, y), (x - 32, y - 48), (plus, y - 48)], DATA, 3))
            parts += [
                arrow([(plus, y - 48), (plus, y - 14)], DATA),
                arrow([(end, y), (plus - 15, y)]),
            ]
            parts.append(
                f'<circle cx="{plus}" cy="{y}" r="13" fill="none" stroke="{DATA}" stroke-width="2.5"/>'
            )
            parts.append(text(plus, y, "+", 22, DATA))
            end = plus + 15
    return [*parts, arrow([(end, y), (816, y)])]


def skip() -> str:
    """Return a plain chain of convolutions and, below it, one with skip connections."""
    return svg(
        900, 210, "Above a plain chain of layers, below one with ways around each layer",
        *chain(40, False), *chain(150, True),
    )  # fmt: skip


def batch_norm() -> str:
    """Return three pictures with two channels; the numbers of a channel share mean and spread."""
    parts = []
    for channel, (y, colour) in enumerate([(24, MODEL), (136, DATA)]):
        parts.append(text(112, y + 42, f"channel {channel + 1}", 18, anchor="end"))
        for picture in range(3):
            parts.append(cells(140 + 124 * picture, y, 3, 3, 28, colour, 0.35))
        parts.append(arrow([(486, y + 42), (536, y + 42)], colour))
        parts.append(box(544, y + 8, 246, 68, ["one mean, one variance", "of 27 numbers"], colour))
    parts += [text(182 + 124 * picture, 248, f"picture {picture + 1}", 18) for picture in range(3)]
    return svg(810, 268, "Batch normalisation: what shares a mean and a variance", *parts)


FIGURES = {"13_places.svg": places, "13_skip.svg": skip, "13_batch_norm.svg": batch_norm}

if __name__ == "__main__":
    main(FIGURES)
