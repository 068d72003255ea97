"""Drawings of notebook 08."""

import numpy as np
from drawing import DATA, INK, MODEL, NEUTRAL, arrow, cells, frame, grid, main, svg, text

from course_utils.worked_examples import FOUR

GREY = "#444444"  # pixels


def pixels(x: float, y: float, image: np.ndarray, side: float) -> str:
    """Return an image of intensities from 0 to 1 as shades of grey."""
    return cells(x, y, *image.shape, side, GREY, 0.04 + 0.76 * image)


def tiles() -> str:
    """Return the 4 cut into overlapping tiles that one and the same small network looks at."""
    x, y, side, k = 20, 70, 42, 3
    out = FOUR.shape[0] - k + 1
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
        text(555, 194, "network", 20, INK, "bold"),
        text(555, 230, "9 weights,", 17),
        text(555, 254, "the same", 17),
        text(555, 278, "for every tile", 17),
        grid(map_x, map_y, letters, cell, NEUTRAL, np.isin(letters, ["A", "B", "P"]) * 0.35, 20),
        text(x + 126, 35, f"picture, {out * out} tiles", 18, INK, "bold"),
        text(396, 35, "tiles overlap", 18, INK, "bold"),
        text(map_x + 98, 35, f"{out * out} answers", 18, INK, "bold"),
    ]
    return svg(900, 370, "Overlapping tiles, one small network", *body)


def padded(
    x: float, y: float, size: int, before: int, after: int, side: float, bare: int = 0
) -> str:
    """Return a size × size picture at (x, y) inside its frame of zeros, dashed.

    The innermost `bare` rings of zeros are left without their digits: something is laid there.
    """
    zeros = []
    for r, c in np.ndindex(before + size + after, before + size + after):
        row, column = r - before, c - before
        if not (0 <= row < size and 0 <= column < size):
            left, top = x + side * column, y + side * row
            zeros.append(
                f'<rect x="{left:g}" y="{top:g}" width="{side}" height="{side}" fill="white" '
                'stroke="#999999" stroke-width="1.2" stroke-dasharray="4 3"/>'
            )
            if not (-bare <= row < size + bare and -bare <= column < size + bare):
                zeros.append(text(left + side / 2, top + side / 2, "0", 16, NEUTRAL))
    return "".join(zeros) + cells(x, y, size, size, side, DATA, 0.2)


def first_and_last(
    x: float, y: float, size: int, kernel: int, before: int, after: int, side: float
) -> str:
    """Return the window at the first and at the last place where it may stand."""
    first = -before * side
    last = (size + after - kernel) * side
    return "".join(
        frame(x + at, y + at, kernel, kernel, side, MODEL, fill=0.22) for at in (first, last)
    )


def stride_padding() -> str:
    """Return the places where a 3 × 3 window may stand on 5 × 5: valid, same, full."""
    size, kernel, side, top = 5, 3, 30, 125
    body = []
    for name, padding, middle in [("valid", 0, 135), ("same", 1, 435), ("full", 2, 755)]:
        x = middle - size * side / 2
        out = size + 2 * padding - kernel + 1
        start = x + side * (kernel / 2 - padding)  # the centre of the first window
        dots = "".join(
            f'<circle cx="{start + side * c:g}" cy="{start - x + top + side * r:g}" r="6" '
            f'fill="{INK}"/>'
            for r, c in np.ndindex(out, out)
        )
        rings = ["no zeros", "1 ring of zeros", "2 rings of zeros"][padding]
        body += [
            text(middle, 24, f"“{name}”: {rings}", 18, INK, "bold"),
            padded(x, top, size, padding, padding, side, bare=padding - 1),
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
        before, after = (kernel - 1) // 2, kernel // 2
        out = before + size + after - kernel + 1
        x = middle - size * side / 2
        body += [
            text(middle, 24, f"{kernel} × {kernel} kernel: {words}", 19, INK, "bold"),
            padded(x, top, size, before, after, side),
            first_and_last(x, top, size, kernel, before, after, side),
            text(middle, 356, f"{size} × {size} in, {out} × {out} out", 18),
        ]
    return svg(900, 380, "Same padding with an odd and with an even kernel", *body)


FIGURES = {
    "08_tiles.svg": tiles,
    "08_stride_padding.svg": stride_padding,
    "08_same_even.svg": same_even,
}


if __name__ == "__main__":
    main(FIGURES)
