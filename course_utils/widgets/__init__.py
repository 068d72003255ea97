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
from course_utils.widgets.kernel_workbench import (
    KernelWorkbench,
    kernel_workbench,
    sample_photo,
    show_filtered,
    to_grey,
)
from course_utils.widgets.learning_rate import LearningRate, explore_rates
from course_utils.widgets.line_fit import LineFit, fit_line
from course_utils.widgets.perceptron_steps import (
    PerceptronSteps,
    draw_boundary,
    show_boundaries,
    step_perceptron,
)
from course_utils.widgets.playground import Playground, playground
from course_utils.widgets.sliding_window import (
    SlidingWindow,
    show_windows,
    slide_back,
    slide_pool,
    slide_window,
)

__all__ = [
    "DrawingPad",
    "KernelWorkbench",
    "LearningRate",
    "LineFit",
    "PerceptronSteps",
    "Playground",
    "SlidingWindow",
    "centre_digit",
    "draw_boundary",
    "draw_digit",
    "draw_strokes",
    "example_strokes",
    "explore_rates",
    "fit_line",
    "kernel_workbench",
    "playground",
    "sample_photo",
    "show_boundaries",
    "show_filtered",
    "show_windows",
    "slide_back",
    "slide_pool",
    "slide_window",
    "static_strip",
    "step_perceptron",
    "to_grey",
]
