"""Drawings of notebook 01."""

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, arrow, box, main, svg, text


def descent_loop() -> str:
    """Return the four stations of gradient descent, in a ring."""
    return svg(
        900,
        250,
        "Gradient descent goes round four stations",
        box(20, 40, 180, 70, ["predict", "a x + b"], MODEL),
        box(235, 40, 200, 70, ["errors", "y − (a x + b)"], ERROR),
        box(470, 40, 190, 70, ["one slope for", "each parameter"], ERROR),
        box(705, 40, 175, 70, ["one small step", "downhill"], MODEL),
        arrow([(200, 75), (233, 75)]),
        arrow([(435, 75), (468, 75)]),
        arrow([(660, 75), (703, 75)]),
        arrow([(792, 110), (792, 190), (110, 190), (110, 112)], MODEL),
        text(450, 215, "a and b are a little better: go round again", 18, INK),
        text(110, 20, "x comes in here", 16, NEUTRAL),
        text(335, 20, "y comes in here", 16, NEUTRAL),
        f'<circle cx="110" cy="40" r="6" fill="{DATA}"/>',
        f'<circle cx="335" cy="40" r="6" fill="{DATA}"/>',
    )


FIGURES = {"01_descent_loop.svg": descent_loop}

if __name__ == "__main__":
    main(FIGURES)
