"""Drawings of notebook 07."""

import itertools

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, arrow, box, main, svg, text


def two_phases() -> str:
    """Return the training phase above the inference phase (notebook 07)."""
    return svg(
        900,
        400,
        "The training phase and the inference phase",
        text(100, 40, "Training phase", 20, INK, "bold"),
        box(20, 65, 150, 60, ["pictures"], DATA),
        box(340, 145, 140, 60, ["labels"], DATA),
        box(290, 65, 190, 60, ["network"], MODEL),
        box(600, 65, 130, 60, ["answers"], MODEL),
        box(600, 145, 130, 60, ["loss"], ERROR),
        arrow([(170, 85), (288, 85)]),
        arrow([(480, 95), (598, 95)]),
        arrow([(665, 125), (665, 143)]),
        arrow([(480, 175), (598, 175)]),
        arrow([(665, 205), (665, 235), (230, 235), (230, 113), (288, 113)], ERROR),
        text(450, 255, "change the weights, batch after batch", 17),
        '<line x1="20" y1="278" x2="880" y2="278" stroke="#cccccc" stroke-width="1.5"/>',
        text(105, 308, "Inference phase", 20, INK, "bold"),
        box(20, 328, 150, 60, ["one picture"], DATA),
        box(290, 328, 190, 60, ["network,", "weights fixed"], MODEL),
        box(600, 328, 130, 60, ["one answer"], MODEL),
        arrow([(170, 358), (288, 358)]),
        arrow([(480, 358), (598, 358)]),
    )


def dense_network() -> str:
    """Return the network 784-256-128-10 with every neuron joined to the layer before (07)."""
    columns = [
        (230, 9, "784 pixels", "flattened", DATA),
        (420, 7, "256 neurons", "ReLU", MODEL),
        (610, 5, "128 neurons", "ReLU", MODEL),
        (800, 4, "10 neurons", "softmax", ERROR),
    ]
    places = [[(x, 175 + (i - (n - 1) / 2) * 34) for i in range(n)] for x, n, *_ in columns]
    lines = [
        f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="{NEUTRAL}" '
        f'stroke-width="1" stroke-opacity="0.45"/>'
        for left, right in itertools.pairwise(places)
        for a in left
        for b in right
    ]
    dots = []
    for (x, n, name, kind, colour), spots in zip(columns, places, strict=True):
        for i, (_, y) in enumerate(spots):
            if i == n // 2:  # the column is longer than can be drawn
                dots.append(
                    f'<circle cx="{x}" cy="{y}" r="14" fill="white"/>' + text(x, y, "⋮", 26)
                )
            else:
                dots.append(
                    f'<circle cx="{x}" cy="{y}" r="11" fill="{colour}" stroke="white" stroke-width="2"/>'
                )
        dots += [text(x, 335, name, 17), text(x, 360, kind, 16, NEUTRAL)]
    grid = [
        f'<rect x="{30 + 15 * c}" y="{122 + 15 * r}" width="15" height="15" fill="{DATA}" '
        f'fill-opacity="{0.75 if (r, c) in {(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 5), (3, 4), (4, 3), (5, 3)} else 0.08}" '
        'stroke="#999999" stroke-width="0.7"/>'
        for r in range(7)
        for c in range(7)
    ]
    return svg(
        900,
        380,
        "A dense network: 784, 256, 128, 10",
        *grid,
        text(82, 335, "28 × 28 picture", 17),
        arrow([(142, 175), (205, 175)]),
        *lines,
        *dots,
    )


FIGURES = {"07_two_phases.svg": two_phases, "07_dense_network.svg": dense_network}


if __name__ == "__main__":
    main(FIGURES)
