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
from course_utils.widgets.kernel_workbench import sample_photo, show_filtered, to_grey
from course_utils.widgets.learning_rate import LearningRate, explore_rates
from course_utils.widgets.line_fit import LineFit, fit_line
from course_utils.widgets.perceptron_steps import (
    PerceptronSteps,
    draw_boundary,
    show_boundaries,
    step_perceptron,
)
from course_utils.widgets.playground import Playground, playground

__all__ = [
    "DrawingPad",
    "LearningRate",
    "LineFit",
    "PerceptronSteps",
    "Playground",
    "centre_digit",
    "draw_boundary",
    "draw_digit",
    "draw_strokes",
    "example_strokes",
    "explore_rates",
    "fit_line",
    "playground",
    "sample_photo",
    "show_boundaries",
    "show_filtered",
    "static_strip",
    "step_perceptron",
    "to_grey",
]
