"""Drawings of notebook 00."""

from drawing import DATA, INK, MODEL, NEUTRAL, arrow, box, main, svg, text


def course_map() -> str:
    """Return the five parts of the course, in order (notebook 00)."""
    parts = [
        ("1", "Neurons", ["a weighted sum,", "nudged downhill"], "01–05"),
        ("2", "Images", ["a dense network", "reads digits"], "06–07"),
        ("3", "Convolution", ["small windows slide,", "worked by hand"], "08–10"),
        ("4", "CNNs", ["digits and colour", "pictures in Keras"], "11–13"),
        ("5", "Beyond", ["what CNNs get", "wrong; further uses"], "14–18"),
    ]
    body = []
    for i, (number, name, lines, notebooks) in enumerate(parts):
        x = 10 + 222 * i
        body += [
            box(x, 20, 192, 150, [], [DATA, DATA, MODEL, MODEL, NEUTRAL][i]),
            text(x + 96, 46, f"{number} · {name}", 20, INK, "bold"),
            *(text(x + 96, 82 + 24 * k, line, 17) for k, line in enumerate(lines)),
            text(x + 96, 148, f"notebooks {notebooks}", 17, NEUTRAL),
        ]
        if i:
            body.append(arrow([(x - 28, 95), (x - 2, 95)]))
    return svg(1100, 190, "Map of the course", *body)


FIGURES = {"00_course_map.svg": course_map}


if __name__ == "__main__":
    main(FIGURES)
