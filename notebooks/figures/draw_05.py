"""Draw the figures of notebook 05: `python notebooks/figures/draw_05.py` writes the SVG files."""

from __future__ import annotations

import itertools

from drawing import DATA, MODEL, NEUTRAL, RIGHT, arrow, box, main, svg, text


def regression_network() -> str:
    """Draw the 2-3-3-1 network with all its lines."""
    columns = [(110, 2, "2 inputs", DATA), (330, 3, "3 nodes", MODEL), (550, 3, "3 nodes", MODEL)]
    columns.append((770, 1, "1 output", RIGHT))
    places = [[(x, 150 + 90 * (k - (n - 1) / 2)) for k in range(n)] for x, n, _, _ in columns]
    lines = "".join(
        f'<line x1="{a}" y1="{b}" x2="{c}" y2="{d}" stroke="{NEUTRAL}" stroke-width="1.8"/>'
        for left, right in itertools.pairwise(places)
        for a, b in left
        for c, d in right
    )
    nodes = "".join(
        f'<circle cx="{x}" cy="{y}" r="24" fill="white" stroke="{colour}" stroke-width="3.5"/>'
        for column, (_, _, _, colour) in zip(places, columns, strict=True)
        for x, y in column
    )
    words = "".join(text(x, 290, word, 20) for x, _, word, _ in columns)
    under = "".join(text(x, 318, word, 18, NEUTRAL) for x, word in
                    [(330, "ReLU"), (550, "ReLU"), (770, "bare sum")])  # fmt: skip
    return svg(880, 340, "A network of 2, 3, 3 and 1 nodes", lines, nodes, words, under)


def four_verbs() -> str:
    """Draw what compile, fit, evaluate and predict take and give."""
    rows = [
        (20, "compile", "loss, rule, metrics", "nothing is computed", NEUTRAL),
        (110, "fit", "samples and answers", "new weights, a history", MODEL),
        (200, "evaluate", "samples and answers", "loss and metrics", DATA),
        (290, "predict", "samples only", "the network's answers", RIGHT),
    ]
    parts = []
    for y, verb, takes, gives, colour in rows:
        parts += [
            box(330, y, 200, 66, [verb], colour),
            text(145, y + 33, takes, 19),
            text(715, y + 33, gives, 19),
            arrow([(265, y + 33), (322, y + 33)]),
            arrow([(530, y + 33), (578, y + 33)]),
        ]
    return svg(880, 375, "The four verbs of a Keras model", *parts)


FIGURES = {"05_network.svg": regression_network, "05_four_verbs.svg": four_verbs}

if __name__ == "__main__":
    main(FIGURES)
