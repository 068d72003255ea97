"""The exercises, one module per notebook: ``nb06`` holds those of notebook 06.

How to declare one
------------------
An exercise is a module-level name that equals its own ``name``. Its solution is a plain function
called ``my_<name>``, because readers see it as the answer to the stub of that name::

    import numpy as np

    from course_utils.checks import Case, Exercise, Misconception


    def my_flatten(image):
        \"\"\"Return the pixels of image (h, w) row after row, shape (h * w,).\"\"\"
        return image.reshape(-1)


    flatten = Exercise(
        "flatten",
        my_flatten,
        oracle=lambda image: np.array([pixel for row in image for pixel in row]),
        cases=[
            Case((np.array([[1, 2, 3], [4, 5, 6]]),), "two rows"),
            (np.array([[7]]),),  # a bare tuple of arguments is a case without a note
        ],
        random_cases=lambda rng: [(rng.integers(0, 256, (h, w)),) for h, w in [(3, 2), (28, 28)]],
        hints=["How many pixels are there?", "`image.reshape` takes the new shape."],
        misconceptions=[
            Misconception(
                lambda image: image.T.reshape(-1),
                "You went down the columns. Read the picture as you read a page, row after row.",
                variants=[lambda image: image.reshape(-1, order="F")],
            ),
        ],
        well_done="What does the flattened picture no longer know?",
    )

- The **oracle** goes another way than the solution: SciPy, a closed form, plain loops. It decides
  what is right, also about the shape. A tuple from the oracle asks for several results.
- **Cases** are fixed ones a reader can follow, edge cases, and random ones from a generator with a
  fixed seed. Together they tell every misconception from the truth and from each other.
- **tolerance**: a bare number is absolute, ``Tolerance(rtol=…, atol=…)`` is both. By default whole
  numbers are exact. ``same_dtype=True`` asks for the oracle's dtype, too.
- A **misconception** (four or more) is a mistake that a person plausibly makes, as a small wrong
  function with full sentences to the reader. It may raise, return None or change its input; the
  reader's function is recognised if it does the same on every case that tells them apart. The
  first one that fits is told. ``variants`` are the same mistake written differently, for tests.

`ValueExercise("pixels", 784, ...)` asks for a value: a number, text, a tuple, an array, a set.
Its misconceptions hold wrong values. `ProbeExercise("prepare", my_prepare, probe, ...)` hands the
reader's function, or a Keras model, to ``probe``, which returns None or the ``key`` of a
misconception. Their docstrings tell more.

In a notebook::

    from course_utils.exercises import nb06 as exercise

    exercise.flatten.check(my_flatten)
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_utils.checks import Exercise, ProbeExercise, ValueExercise


def modules() -> list[ModuleType]:
    """Import and return the exercise modules, in the order of the notebooks.

    Returns
    -------
    list of module
        ``course_utils.exercises.nb00`` and so on, as far as they exist.
    """
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [
        importlib.import_module(f"{__name__}.{name}")
        for name in names
        if re.fullmatch(r"nb\d\d", name)
    ]


def exercises(module: ModuleType) -> dict[str, Exercise | ValueExercise | ProbeExercise]:
    """Return the exercises of one module, in the order of their declaration.

    Parameters
    ----------
    module : module
        One of `modules`.

    Returns
    -------
    dict of str to exercise
        By the module-level names they are assigned to.
    """
    from course_utils.checks import Exercise, ProbeExercise, ValueExercise

    kinds = (Exercise, ProbeExercise, ValueExercise)
    return {name: thing for name, thing in vars(module).items() if isinstance(thing, kinds)}
