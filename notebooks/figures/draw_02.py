"""Draw the figure of notebook 02: python notebooks/figures/draw_02.py."""

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, arrow, box, main, svg, text


def neuron() -> str:
    """Return the perceptron: inputs, weights, sum, step, answer."""
    parts = []
    for k, y in ((1, 70), (2, 160), (3, 250)):
        parts += [
            f'<circle cx="70" cy="{y}" r="27" fill="{DATA}" fill-opacity="0.14" stroke="{DATA}" '
            'stroke-width="2.5"/>',
            text(70, y, f"x{'₁₂₃'[k - 1]}", 20),
            arrow([(99, y), (352, 160 + (y - 160) * 0.35)]),
            text(200, {1: 74, 2: 140, 3: 248}[k], f"· w{'₁₂₃'[k - 1]}", 20, MODEL_TEXT, "bold"),
        ]
    return svg(
        900,
        320,
        "A neuron: weighted inputs, sum and bias, step, answer",
        *parts,
        f'<circle cx="400" cy="160" r="45" fill="{MODEL}" fill-opacity="0.14" stroke="{MODEL}" '
        'stroke-width="2.5"/>',
        text(400, 160, "+", 40),
        arrow([(400, 262), (400, 208)]),
        text(400, 282, "b (bias)", 20, MODEL_TEXT, "bold"),
        arrow([(447, 160), (573, 160)]),
        text(510, 138, "value z", 18),
        box(575, 110, 120, 100, [""], ERROR),
        f'<polyline points="595,185 635,185 635,135 675,135" fill="none" stroke="{INK}" '
        'stroke-width="3.5"/>',
        text(635, 232, "step f", 18, NEUTRAL),
        arrow([(696, 160), (790, 160)]),
        text(838, 148, "y", 22, INK, "bold"),
        text(838, 176, "0 or 1", 18),
    )


MODEL_TEXT = "#8A5A00"  # the model's orange, dark enough for text on white
FIGURES = {"02_neuron.svg": neuron}


if __name__ == "__main__":
    main(FIGURES)
