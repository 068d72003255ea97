"""Drawings of notebook 03."""

import itertools

from drawing import DATA, INK, MODEL, NEUTRAL, arrow, main, svg, text

SIZES = [3, 4, 5, 3, 2]
ACROSS = [110, 280, 450, 620, 790]  # where the layers stand
COLOURS = [DATA, MODEL, MODEL, MODEL, MODEL]
NAMES = ["input layer", "hidden layer 1", "hidden layer 2", "hidden layer 3", "output layer"]


def places(top: float, step: float) -> list[list[tuple[float, float]]]:
    """Return the centres of the nodes, layer by layer."""
    middle = top + 2 * step
    return [
        [(x, middle + (i - (n - 1) / 2) * step) for i in range(n)]
        for x, n in zip(ACROSS, SIZES, strict=True)
    ]


def joins(nodes: list[list[tuple[float, float]]], width: float) -> list[str]:
    """Return one line for each weight: every node joined to every node of the layer before."""
    return [
        f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="{NEUTRAL}" '
        f'stroke-width="{width}" stroke-opacity="0.7"/>'
        for left, right in itertools.pairwise(nodes)
        for a in left
        for b in right
    ]


def dots(nodes: list[list[tuple[float, float]]], radius: float) -> list[str]:
    """Return the nodes as discs, the inputs as squares: they compute nothing."""
    squares = [
        f'<rect x="{x - radius}" y="{y - radius}" width="{2 * radius}" height="{2 * radius}" '
        f'fill="{DATA}" stroke="white" stroke-width="2"/>'
        for x, y in nodes[0]
    ]
    discs = [
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" stroke="white" stroke-width="2"/>'
        for layer, colour in zip(nodes[1:], COLOURS[1:], strict=True)
        for x, y in layer
    ]
    return squares + discs


def layers() -> str:
    """Return the network 3-4-5-3-2 with the names of its layers."""
    nodes = places(70, 55)
    return svg(
        900,
        360,
        "Input layer, hidden layers, output layer",
        *[text(x, 28, name, 17, INK, "bold") for x, name in zip(ACROSS, NAMES, strict=True)],
        *joins(nodes, 1.2),
        *dots(nodes, 15),
        arrow([(30, nodes[0][1][1]), (90, nodes[0][1][1])]),
        arrow([(812, nodes[0][1][1]), (872, nodes[0][1][1])]),
        text(450, 335, "numbers travel from left to right", 17, NEUTRAL),
    )


def parameters() -> str:
    """Return the network 3-4-5-3-2 with each of its 53 weights and 14 biases drawn."""
    nodes = places(55, 62)
    stubs = [
        f'<line x1="{x}" y1="{y}" x2="{x}" y2="{y - 29}" stroke="{INK}" stroke-width="3"/>'
        f'<circle cx="{x}" cy="{y - 29}" r="5" fill="{INK}"/>'
        for layer in nodes[1:]
        for x, y in layer
    ]
    between = []
    for (left, right), (k, m) in zip(
        itertools.pairwise(ACROSS), itertools.pairwise(SIZES), strict=True
    ):
        between.append(text((left + right) / 2, 365, f"{k} × {m} = {k * m}", 18, INK, "bold"))
    biases = [
        text(x, 400, f"{n} biases", 18, INK, "bold")
        for x, n in zip(ACROSS[1:], SIZES[1:], strict=True)
    ]
    weights = sum(k * m for k, m in itertools.pairwise(SIZES))
    total = f"{weights} weights + {sum(SIZES[1:])} biases = {weights + sum(SIZES[1:])} parameters"
    return svg(
        900,
        470,
        "The network 3-4-5-3-2 with its 67 parameters",
        *joins(nodes, 1.4),
        *stubs,
        *dots(nodes, 14),
        text(75, 365, "weights:", 17, NEUTRAL),
        text(75, 400, "biases:", 17, NEUTRAL),
        *between,
        *biases,
        text(450, 445, total, 20, INK, "bold"),
    )


def block(
    x: float,
    middle: float,
    rows: int,
    columns: int,
    colour: str,
    name: str,
    bright: set[tuple[int, int]],
) -> str:
    """Return a matrix as a block of cells around a height, its name above, its shape below."""
    side = 30
    top = middle - side * rows / 2
    cells = "".join(
        f'<rect x="{x + side * c}" y="{top + side * r}" width="{side}" height="{side}" '
        f'fill="{colour}" fill-opacity="{0.85 if (r, c) in bright else 0.16}" stroke="{colour}" '
        'stroke-width="1.5"/>'
        for r in range(rows)
        for c in range(columns)
    )
    centre = x + side * columns / 2
    return (
        cells
        + text(centre, top - 20, name, 20, INK, "bold")
        + text(centre, top + side * rows + 20, f"{rows} × {columns}", 18)
    )


def row(index: int, columns: int) -> set[tuple[int, int]]:
    """Return the cells of a row."""
    return {(index, c) for c in range(columns)}


def column(index: int, rows: int) -> set[tuple[int, int]]:
    """Return the cells of a column."""
    return {(r, index) for r in range(rows)}


def columns_product() -> str:
    """Return Wᵀ X + B = Y as blocks: 4 inputs, 5 nodes, 3 samples as columns."""
    middle = 125
    return svg(
        760,
        300,
        "Y = WᵀX + B, samples as columns",
        block(40, middle, 5, 4, MODEL, "Wᵀ", row(1, 4)),
        text(187, middle, "·", 34),
        block(215, middle, 4, 3, DATA, "X", column(0, 4)),
        text(332, middle, "+", 28),
        block(360, middle, 5, 3, MODEL, "B", {(1, 0)}),
        text(480, middle, "=", 28),
        block(510, middle, 5, 3, NEUTRAL, "Y", {(1, 0)}),
        text(680, middle - 15, "5 nodes down,", 17, NEUTRAL),
        text(680, middle + 10, "3 samples across", 17, NEUTRAL),
        text(380, 270, "row 2 of Wᵀ (node 2) times column 1 of X (sample 1)", 17, NEUTRAL),
    )


def rows_product() -> str:
    """Return X W + b = Y as blocks: 3 samples as rows, 4 inputs, 5 nodes."""
    middle = 120
    return svg(
        860,
        280,
        "Y = XW + b, samples as rows",
        block(30, middle, 3, 4, DATA, "X", row(0, 4)),
        text(177, middle, "·", 34),
        block(205, middle, 4, 5, MODEL, "W", column(1, 4)),
        text(382, middle, "+", 28),
        block(410, middle, 1, 5, MODEL, "b", {(0, 1)}),
        text(588, middle, "=", 28),
        block(618, middle, 3, 5, NEUTRAL, "Y", {(0, 1)}),
        text(430, 250, "row 1 of X (sample 1) times column 2 of W (node 2)", 17, NEUTRAL),
    )


FIGURES = {
    "03_layers.svg": layers,
    "03_parameters.svg": parameters,
    "03_columns.svg": columns_product,
    "03_rows.svg": rows_product,
}


if __name__ == "__main__":
    main(FIGURES)
