"""Things to move, draw on and watch, one module each.

Every widget carries a still picture of itself, which is what print, GitHub and a notebook without
a kernel show (`course_utils.widgets.still`).
"""

from course_utils.widgets.drawing_pad import (
    DrawingPad,
    centre_digit,
    draw_digit,
    draw_strokes,
    example_strokes,
    static_strip,
)

__all__ = [
    "DrawingPad",
    "centre_digit",
    "draw_digit",
    "draw_strokes",
    "example_strokes",
    "static_strip",
]
