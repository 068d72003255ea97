"""Drawings of notebook 04."""

from drawing import DATA, ERROR, INK, MODEL, NEUTRAL, RIGHT, arrow, box, main, minus, svg, text


def split() -> str:
    """Return a bar cut 80 : 10 : 10, and what each part is for."""
    parts = [
        (20, 560, "training", "80 %", DATA, ["for fitting the weights,", "read in every epoch"]),
        (590, 140, "validation", "10 %", MODEL, ["for choosing,", "read often"]),
        (740, 140, "test", "10 %", RIGHT, ["for the verdict,", "read once"]),
    ]
    body = []
    for x, width, name, share, colour, use in parts:
        body += [box(x, 30, width, 80, [name, share], colour)]
        body += [text(x + width / 2, 140 + 26 * i, line, 17) for i, line in enumerate(use)]
    return svg(900, 190, "Training, validation and test part, 80 : 10 : 10", *body)


def chain() -> str:
    """Return the 1-1-1 network as a graph: numbers forward, slopes back, all computed here."""
    x, y, w1, b1, w2, b2 = 1.5, 3.0, 2.0, 1.0, -0.5, 3.0
    product_1 = w1 * x
    z = product_1 + b1
    h = max(0.0, z)
    product_2 = w2 * h
    p = product_2 + b2
    loss = (p - y) ** 2

    slope_p = 2 * (p - y)
    slope_h = slope_p * w2
    slope_z = slope_h * (z > 0)
    into = {
        "w₁": (w1, slope_z * x),
        "b₁": (b1, slope_z),
        "w₂": (w2, slope_p * h),
        "b₂": (b2, slope_p),
    }
    operations = [
        (70, "x", x, None, None),
        (200, "× w₁", product_1, slope_z, "w₁"),
        (330, "+ b₁", z, slope_z, "b₁"),
        (460, "ReLU", h, slope_h, None),
        (590, "× w₂", product_2, slope_p, "w₂"),
        (720, "+ b₂", p, slope_p, "b₂"),
        (850, "(p − y)²", loss, None, "y"),
    ]
    body = []
    for place, name, value, slope, parameter in operations:
        colour = DATA if name == "x" else ERROR if parameter == "y" else MODEL
        body.append(box(place - 45, 150, 90, 54, [name], colour))
        body.append(text(place, 128, minus(value), 20, INK, "bold"))
        if slope is not None:
            body.append(text(place, 228, minus(slope), 20, ERROR, "bold"))
        if place > 70:
            body.append(arrow([(place - 85, 170), (place - 47, 170)]))
        if place > 200:
            body.append(arrow([(place - 47, 190), (place - 83, 190)], ERROR))
        if parameter == "y":
            body.append(text(place, 52, f"y = {minus(y)}", 18, DATA))
            body.append(arrow([(place, 66), (place, 112)]))
        elif parameter:
            number, its_slope = into[parameter]
            body.append(text(place, 52, f"{parameter} = {minus(number)}", 18))
            body.append(arrow([(place, 66), (place, 112)]))
            body.append(text(place, 290, f"{parameter}: {minus(its_slope)}", 18, ERROR, "bold"))
            body.append(arrow([(place, 242), (place, 274)], ERROR))
    body += [
        text(140, 20, "forward: values, in black", 17, NEUTRAL),
        text(640, 330, "backward: slope of the loss for each of these numbers", 17, ERROR),
    ]
    return svg(910, 350, "Numbers forward, slopes back through a 1-1-1 network", *body)


def shapes() -> str:
    """Return the two layers with the shape of everything that flows through them."""
    columns = [
        (90, ["inputs x", "(n, k)"], DATA),
        (450, ["hidden h", "(n, m)"], MODEL),
        (810, ["answer p", "(n, c)"], MODEL),
    ]
    body = [box(x - 80, 40, 160, 74, lines, colour) for x, lines, colour in columns]
    for left, number, shape in [(170, 1, "(k, m)"), (530, 2, "(m, c)")]:
        body.append(arrow([(left, 77), (left + 198, 77)]))
        body.append(text(left + 99, 56, f"kernel {number} {shape}", 17))
        body.append(text(left + 99, 100, f"bias {number} ({shape[4]},)", 17))
    for x, name, shape in [(450, "delta 1", "(n, m)"), (810, "delta 2", "(n, c)")]:
        body.append(box(x - 80, 190, 160, 74, [name, shape], ERROR))
        body.append(arrow([(x, 114), (x, 188)], NEUTRAL))
    body += [
        arrow([(730, 227), (532, 227)], ERROR),
        text(630, 206, "× kernel 2, turned", 17),
        text(630, 250, "where h &gt; 0", 17),
        arrow([(370, 227), (180, 227)], ERROR),
        text(90, 215, "slopes for", 17, ERROR),
        text(90, 239, "kernel 1, bias 1", 17, ERROR),
        arrow([(810, 264), (810, 300)], ERROR),
        text(780, 320, "slopes for kernel 2, bias 2", 17, ERROR),
    ]
    return svg(910, 340, "Shapes in a two-layer network, forward and back", *body)


FIGURES = {"04_split.svg": split, "04_chain.svg": chain, "04_shapes.svg": shapes}


if __name__ == "__main__":
    main(FIGURES)
