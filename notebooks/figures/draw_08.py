"""Drawings of notebook 08."""

import numpy as np
from drawing import (
    DATA,
    INK,
    MODEL,
    NEUTRAL,
    arrow,
    box,
    cells,
    frame,
    grid,
    line,
    main,
    svg,
    text,
    zeros,
)

from course_utils.convolution import (
    conv2d,
    output_size,
    padding_amounts,
    parameter_count,
    receptive_field,
)
from course_utils.worked_examples import (
    AVERAGE_ME,
    CROSS,
    DIAGONAL,
    FOUR,
    LOOP,
    ONE_TO_FOUR,
    ONE_TO_NINE,
    VERTICAL,
)

GREY = "#444444"  # pixels


def pixels(x: float, y: float, image: np.ndarray, side: float) -> str:
    """Return an image of intensities as shades of grey: 0 is the darkest, 1 the lightest."""
    return cells(x, y, *image.shape, side, GREY, 0.04 + 0.76 * (1 - image))


def tiles() -> str:
    """Return the 4 cut into overlapping tiles that one and the same small neuron looks at."""
    x, y, side, k = 20, 70, 42, 3
    out = output_size(FOUR.shape[0], k)
    letters = np.array([chr(ord("A") + i) for i in range(out * out)]).reshape(out, out)
    shown = [(0, 0, 60), (0, 1, 158), (out - 1, out - 1, 276)]  # tile's row and column; height
    map_x, map_y, cell = 686, 106, 49
    body = [pixels(x, y, FOUR, side)]
    for row, column, top in shown:
        letter, middle = letters[row, column], top + 36
        body += [
            frame(
                x + side * column + 3,
                y + side * row + 3,
                k - 6 / side,
                k - 6 / side,
                side,
                DATA,
                dash="9 6" if letter == "B" else "none",
            ),
            text(338, middle, letter, 22, INK, "bold"),
            pixels(360, top, FOUR[row : row + k, column : column + k], 24),
            frame(360, top, k, k, 24, DATA, dash="9 6" if letter == "B" else "none"),
            arrow([(442, middle), (478, middle)]),
        ]
    body += [
        text(396, 253, "⋮", 28),
        arrow([(632, 204), (678, 204)]),
        f'<rect x="482" y="60" width="146" height="288" rx="10" fill="{MODEL}" '
        f'fill-opacity="0.14" stroke="{MODEL}" stroke-width="2.5"/>',
        text(555, 168, "one small", 20, INK, "bold"),
        text(555, 194, "neuron", 20, INK, "bold"),
        text(555, 230, "9 weights", 17),
        text(555, 252, "and a bias,", 17),
        text(555, 274, "the same", 17),
        text(555, 296, "for every tile", 17),
        grid(map_x, map_y, letters, cell, NEUTRAL, np.isin(letters, ["A", "B", "P"]) * 0.35, 20),
        text(x + 126, 35, f"picture, {out * out} tiles", 18, INK, "bold"),
        text(396, 35, "tiles overlap", 18, INK, "bold"),
        text(map_x + 98, 35, f"{out * out} answers", 18, INK, "bold"),
    ]
    return svg(900, 370, "Overlapping tiles, one small neuron", *body)


def first_and_last(
    x: float, y: float, size: int, kernel: int, before: int, after: int, side: float
) -> str:
    """Return the window at the first and at the last place where it may stand."""
    first = -before * side
    last = (size + after - kernel) * side
    return "".join(
        frame(x + at, y + at, kernel, kernel, side, MODEL, fill=0.22) for at in (first, last)
    )


def stride() -> str:
    """Return the windows of 3 along a row of 10 pixels with stride 2, and the pixel left over."""
    size, kernel, step, side, x, top = 10, 3, 2, 56, 175, 56
    starts = range(0, size - kernel + 1, step)
    assert len(starts) == output_size(size, kernel, step)
    read = np.isin(np.arange(size), [start + j for start in starts for j in range(kernel)])
    body = [
        text(x - 18, top - 22, "column", 17, NEUTRAL, "normal", "end"),
        text(x - 18, top + side / 2, "the row", 18, INK, "bold", "end"),
        cells(x, top, 1, size, side, DATA, np.where(read, 0.25, 0.0)),
    ]
    body += [text(x + side * (i + 0.5), top - 22, str(i), 17, NEUTRAL) for i in range(size)]
    for number, start in enumerate(starts):
        y = top + side + 20 + 44 * number
        body += [
            frame(x + side * start + 3, y, 30 / side, kernel - 6 / side, side, MODEL, 0.3),
            text(x - 18, y + 15, f"place {number + 1}", 17, INK, "normal", "end"),
            text(x + side * (start + kernel / 2), y + 16, f"from column {start}", 17),
        ]
    unread = x + side * (size - 0.5)
    low = top + side
    body += [
        arrow([(unread, low + 84), (unread, low + 8)]),
        text(unread, low + 104, "never read", 18, INK, "bold"),
    ]
    return svg(900, 320, "Stride 2: every second place, and a pixel that no window reads", *body)


def stride_padding() -> str:
    """Return the places where a 3 × 3 window may stand on 5 × 5: valid, same, full."""
    size, kernel, side, top = 5, 3, 30, 125
    body = []
    for name, middle in [("valid", 135), ("same", 435), ("full", 755)]:
        padding, _ = padding_amounts(size, kernel, padding=name)
        x = middle - size * side / 2
        out = output_size(size, kernel, p=padding)
        start = x + side * (kernel / 2 - padding)  # the centre of the first window
        dots = "".join(
            f'<circle cx="{start + side * c:g}" cy="{start - x + top + side * r:g}" r="{6 if padding < 2 else 3.5}" '
            f'fill="{INK}"/>'
            for r, c in np.ndindex(out, out)
        )
        rings = ["no zeros", "1 ring of zeros", "2 rings of zeros"][padding]
        body += [
            text(middle, 24, f"“{name}”: {rings}", 18, INK, "bold"),
            zeros(x, top, size, padding, padding, side, aside=padding - 1),
            cells(x, top, size, size, side, DATA, 0.2),
            first_and_last(x, top, size, kernel, padding, padding, side),
            dots,
            text(middle, 366, f"{out} × {out} places", 20, INK, "bold"),
            text(middle, 394, f"5 + 2·{padding} − 3 + 1 = {out}", 17, NEUTRAL),
        ]
    body.append(text(450, 430, "● the middle of the window, wherever it may stand", 18))
    return svg(900, 450, "Valid, same and full: where the window may stand", *body)


def same_even() -> str:
    """Return same padding for a 3 × 3 and for a 2 × 2 kernel."""
    size, side, top = 4, 46, 96
    body = []
    for kernel, middle, words in [
        (3, 225, "one ring, all around"),
        (2, 675, "bottom and right only"),
    ]:
        before, after = padding_amounts(size, kernel)
        out = before + size + after - kernel + 1
        x = middle - size * side / 2
        body += [
            text(middle, 24, f"{kernel} × {kernel} kernel: {words}", 19, INK, "bold"),
            zeros(x, top, size, before, after, side),
            cells(x, top, size, size, side, DATA, 0.2),
            first_and_last(x, top, size, kernel, before, after, side),
            text(middle, 356, f"{size} × {size} in, {out} × {out} out", 18),
        ]
    return svg(900, 380, "Same padding with an odd and with an even kernel", *body)


def cell(x: float, y: float, radius: float, active: bool, name: str = "") -> str:
    """Return a nerve cell: filled and with a volley of spikes above it if it answers."""
    spikes = "".join(
        line([(x + 7 * i, y - radius - 8), (x + 7 * i, y - radius - 24)], INK, 2.5)
        for i in range(-3, 4)
    )
    return (
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{MODEL if active else "white"}" '
        f'stroke="{MODEL if active else "#999999"}" stroke-width="3"/>'
        + (text(x, y, name, 18, INK if active else NEUTRAL) if name else "")
        + (spikes if active else "")
    )


def visual_cortex() -> str:
    """Return a bar of light in three situations, three simple cells and a complex cell."""
    fields = [-38, 0, 38]  # where the receptive fields lie on the retina, from its middle
    situations = [("bar", 0, True), ("moved", 2, True), ("turned", 1, False)]
    body = [
        text(185, 24, "light on the retina", 19, INK, "bold"),
        text(440, 24, "three simple cells", 19, INK, "bold"),
        text(440, 50, "upright bar at its own place", 17),
        text(740, 24, "one complex cell", 19, INK, "bold"),
        text(740, 50, "upright bar at 1, 2 or 3", 17),
    ]
    for number, (name, place, upright) in enumerate(situations):
        middle = 138 + 132 * number
        centre = 185 + fields[place]
        bar = (centre - 8, middle - 34, 16, 58) if upright else (185 - 58, middle - 13, 116, 16)
        body += [
            text(58, middle, name, 19, INK, "bold"),
            f'<rect x="110" y="{middle - 58}" width="150" height="118" rx="6" fill="#3A3A3A"/>',
            '<rect x="{}" y="{}" width="{}" height="{}" fill="#FFF3C4"/>'.format(*bar),
        ]
        answers = [upright and i == place for i in range(len(fields))]
        for i, (field, active) in enumerate(zip(fields, answers, strict=True)):
            x = 350 + 90 * i
            body += [
                f'<ellipse cx="{185 + field}" cy="{middle - 5}" rx="15" ry="40" fill="none" '
                'stroke="white" stroke-width="2" stroke-dasharray="5 4"/>',
                text(185 + field, middle + 47, str(i + 1), 16, "white"),
            ]
            body.append(cell(x, middle + 6, 24, active, str(i + 1)))
        body += [
            f'<rect x="310" y="{middle - 54}" width="260" height="98" rx="12" fill="none" '
            'stroke="#AAAAAA" stroke-width="1.5"/>',
            arrow([(572, middle + 6), (664, middle + 6)]),
            cell(705, middle + 6, 32, any(answers)),
            text(
                755,
                middle + 6,
                "answers" if any(answers) else "silent",
                19,
                INK if any(answers) else NEUTRAL,
                "bold" if any(answers) else "normal",
                "start",
            ),
        ]
    return svg(900, 480, "Simple and complex cells of the visual cortex", *body)


HEAD = """
..............
....######....
...#......#...
..#........#..
.##.##..##.##.
#.#.##..##.#.#
#.#........#.#
.##...##...##.
..#...##...#..
..#........#..
..#..####..#..
...#......#...
....######....
..............
"""


def strokes(x: float, y: float, side: float, *paths: str) -> str:
    """Return thick strokes, given in a square of 100, in a square of the side at (x, y)."""
    return (
        f'<g transform="translate({x:g} {y:g}) scale({side / 100:g})" fill="none" '
        f'stroke="{INK}" stroke-width="{500 / side:g}" stroke-linecap="round">'
        + "".join(f'<path d="{path}"/>' for path in paths)
        + "</g>"
    )


EYE = ("M15,50 Q50,15 85,50 Q50,85 15,50 z", "M40,50 a10,10 0 1 0 20,0 a10,10 0 1 0 -20,0 z")
NOSE = ("M55,15 Q50,45 32,70 Q45,85 66,74",)
EAR = ("M35,75 Q20,15 55,18 Q88,25 62,62 Q55,85 35,75", "M45,58 Q40,35 56,34 Q66,38 56,52")
WHOLE = (
    "M50,8 Q86,8 82,50 Q80,92 50,92 Q20,92 18,50 Q14,8 50,8 z",
    "M18,40 Q4,36 8,52 Q11,64 20,60",
    "M82,40 Q96,36 92,52 Q89,64 80,60",
    "M28,42 Q36,34 44,42 Q36,50 28,42 z",
    "M56,42 Q64,34 72,42 Q64,50 56,42 z",
    "M50,46 L46,62 L54,62",
    "M36,74 Q50,84 64,74",
)


def hierarchy() -> str:
    """Return pixels, detectors of lines, of parts of a head, and of a head."""
    image = np.array([[sign == "#" for sign in row] for row in HEAD.split()])
    side, middle = 13, 195
    lines = ["M50,15 V85", "M15,50 H85", "M20,80 L80,20", "M20,20 L80,80", "M20,75 Q20,25 80,25"]
    stops = [(340, 70 + 62.5 * i) for i in range(5)]
    parts = [(555, 85, EYE), (555, 195, NOSE), (555, 305, EAR)]
    body = [
        cells(30, middle - 7 * side, *image.shape, side, GREY, 0.04 + 0.76 * image),
        *(line([(212, middle), (x - 26, y)], "#AAAAAA") for x, y in stops),
        *(
            line([(x + 26, y), (left - 42, top)], "#AAAAAA")
            for x, y in stops
            for left, top, _ in parts
        ),
        *(line([(left + 42, top), (700, middle)], "#AAAAAA") for left, top, _ in parts),
    ]
    for (x, y), path in zip(stops, lines, strict=True):
        body += [box(x - 26, y - 26, 52, 52, [], MODEL), strokes(x - 22, y - 22, 44, path)]
    for x, y, paths in parts:
        body += [box(x - 42, y - 42, 84, 84, [], MODEL), strokes(x - 37, y - 37, 74, *paths)]
    body += [box(700, middle - 80, 160, 160, [], MODEL), strokes(708, middle - 72, 144, *WHOLE)]
    for x, words in [(121, "pixels"), (340, "lines"), (555, "eye, nose, ear"), (780, "head")]:
        body.append(text(x, 385, words, 20, INK, "bold"))
    return svg(900, 410, "From pixels to lines, to parts, to a head", *body)


def stacked_layers() -> str:
    """Return what one neuron of layer 4 sees through stacked 3 × 3 kernels, from the side."""
    kernel, layers, side, step, wide = 3, 4, 42, 72, 11
    middle, top = 450, 24
    seen = [receptive_field([(kernel, 1)] * depth) if depth else 1 for depth in range(layers + 1)]
    x = [middle + side * (i - (wide - 1) / 2) for i in range(wide)]  # centres of a row's cells
    body, fan = [], []
    for depth, count in enumerate(seen):
        y, first = top + step * depth, (wide - count) // 2
        inside = [first <= i < first + count for i in range(wide)]
        picture = depth == layers
        if not picture:
            fan += [
                line([(x[i], y + side), (x[j], y + step)], MODEL)
                for i in range(wide)
                if inside[i]
                for j in range(i - kernel // 2, i + kernel // 2 + 1)
            ]
        colour = DATA if picture else MODEL
        body += [
            cells(x[0] - side / 2, y, 1, wide, side, "#BBBBBB", 0.05),
            cells(x[first] - side / 2, y, 1, count, side, colour, 0.55),
            text(
                40,
                y + side / 2,
                "picture" if picture else f"layer {layers - depth}",
                19,
                INK,
                "normal",
                "start",
            ),
            text(
                730,
                y + side / 2,
                "one neuron" if count == 1 else f"{count} × {count}",
                20,
                INK,
                "bold",
                "start",
            ),
        ]
    body.append(text(middle, 392, "seen from the side; every kernel is 3 × 3", 18, NEUTRAL))
    return svg(900, 410, "What a neuron of layer 4 sees of the picture", *fan, *body)


def volumes() -> str:
    """Return two input maps, a kernel for each pair of maps, and three output maps."""
    maps = [FOUR[1:, :5], AVERAGE_ME / 3]
    kernels = [[VERTICAL, VERTICAL.T, DIAGONAL], [DIAGONAL[::-1], LOOP, CROSS]]
    n_in, n_out, k = len(maps), len(kernels[0]), 3
    rows, columns, last = [92, 216], [330, 530, 730], 362
    weights = parameter_count(k, n_in, n_out, bias=False)
    body = [
        f'<rect x="{x - 74}" y="18" width="148" height="272" rx="12" fill="{MODEL}" '
        'fill-opacity="0.12"/>'
        for x in columns
    ]
    for y, image in zip(rows, maps, strict=True):  # a map goes to every kernel of its row
        body += [
            line([(151, y), (columns[-1], y)], "#AAAAAA"),
            cells(46, y - 52.5, *image.shape, 21, DATA, 0.05 + 0.8 * image),
        ]
    for column, x in enumerate(columns):
        total = 0
        for row, y in enumerate(rows):
            kernel = kernels[row][column]
            total = total + conv2d(maps[row], kernel)
            body += [
                f'<rect x="{x - 45}" y="{y - 45}" width="90" height="90" fill="white"/>',
                cells(x - 45, y - 45, k, k, 30, MODEL, 0.15 + 0.65 * (kernel > 0)),
            ]
        shade = 0.05 + 0.75 * (total - total.min()) / np.ptp(total)
        body += [
            text(x, (rows[0] + rows[1]) / 2, "+", 32, INK, "bold"),
            arrow([(x, 292), (x, last - 44)]),
            text(x + 12, 307, "+ bias", 16, INK, "normal", "start"),
            cells(x - 39, last - 39, *total.shape, 26, NEUTRAL, shade),
        ]
    body += [
        text(98, 20, f"{n_in} input maps", 19, INK, "bold"),
        text(180, last, f"{n_out} output maps", 19, INK, "bold"),
        text(
            530,
            434,
            f"{n_out} × {n_in} kernels of {k} × {k}: {weights} weights, and {n_out} biases",
            19,
        ),
    ]
    return svg(900, 458, "Two input maps, six kernels, three output maps", *body)


def cross_vs_true() -> str:
    """Return 1 … 9 with the kernel 1 2 / 3 4 as it stands, and turned by 180°."""
    side = 46
    body = [
        text(109, 26, "picture", 19, INK, "bold"),
        text(306, 26, "kernel", 19, INK, "bold"),
        arrow([(306, 166), (306, 264)]),
        text(324, 214, "turned by 180°", 18, INK, "normal", "start"),
    ]
    for middle, name, kernel in [
        (118, "cross-correlation", ONE_TO_FOUR),
        (314, "true convolution", ONE_TO_FOUR[::-1, ::-1]),
    ]:
        result = conv2d(ONE_TO_NINE, kernel)
        products = [f"{a}·{b}" for a, b in zip(ONE_TO_NINE[:2, :2].flat, kernel.flat, strict=True)]
        body += [
            grid(40, middle - 69, ONE_TO_NINE, side, DATA, 0.2, 20),
            frame(40, middle - 69, 2, 2, side),
            grid(260, middle - 46, kernel, side, MODEL, 0.35, 20),
            text(515, middle, f"{' + '.join(products)} = {result[0, 0]}", 18),
            grid(720, middle - 54, result, 54, NEUTRAL, [[0.35, 0.08], [0.08, 0.08]], 20),
            text(774, middle - 78, name, 19, INK, "bold"),
        ]
    return svg(900, 404, "The kernel as it stands, and turned by 180°", *body)


FIGURES = {
    "08_tiles.svg": tiles,
    "08_visual_cortex.svg": visual_cortex,
    "08_hierarchy.svg": hierarchy,
    "08_stride.svg": stride,
    "08_stride_padding.svg": stride_padding,
    "08_same_even.svg": same_even,
    "08_receptive_field.svg": stacked_layers,
    "08_volumes.svg": volumes,
    "08_cross_vs_true.svg": cross_vs_true,
}


if __name__ == "__main__":
    main(FIGURES)
