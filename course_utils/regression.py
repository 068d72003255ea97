"""Linear regression: a straight line, its cost, and the way down to the best one.

Introduced in notebook 01, which writes the same functions out for one input; here they serve
several inputs too, in the same lines, because ``np.dot`` multiplies an array by a number as well
as a matrix by a vector. NumPy only.

Shapes: one input is ``x (n,)`` with a slope ``a`` that is a number; k inputs are ``x (n, k)``,
samples as rows, with slopes ``a (k,)``. The intercept ``b`` is a number, the outputs are
``y (n,)``. An error is what was measured minus what the line says.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "closed_form",
    "cost",
    "descend",
    "gradients",
    "largest_rate",
    "predict",
    "slopes_by_nudging",
]


def predict(x: np.ndarray, a: float | np.ndarray, b: float) -> np.ndarray:
    """Return what the line says, ``a x + b`` or ``a1 x1 + … + ak xk + b``.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, ``(n,)`` or ``(n, k)``.
    a : float or numpy.ndarray
        The slope, or the ``(k,)`` slopes.
    b : float
        The intercept.

    Returns
    -------
    numpy.ndarray
        ``(n,)``.

    Examples
    --------
    >>> predict(np.array([2, 4]), 2, 1)
    array([5, 9])
    >>> predict(np.array([[2, 5], [4, 0]]), np.array([2, 3]), 1)
    array([20,  9])
    """
    return np.dot(x, a) + b


def cost(x: np.ndarray, y: np.ndarray, a: float | np.ndarray, b: float) -> float:
    """Return the mean of the squared errors.

    Parameters
    ----------
    x, a, b
        As in `predict`.
    y : numpy.ndarray
        What was measured, ``(n,)``, in some unit; the cost is in that unit squared.

    Returns
    -------
    float

    Examples
    --------
    >>> float(cost(np.array([2, 4, 3]), np.array([5, 9, 10]), 2, 2))
    2.0
    """
    return np.mean((y - predict(x, a, b)) ** 2)


def slopes_by_nudging(
    x: np.ndarray, y: np.ndarray, a: float | np.ndarray, b: float, nudge: float = 1e-3
) -> tuple[float | np.ndarray, float]:
    """Return the slopes of the cost, found by moving each parameter a little both ways.

    Because the cost is a square, the difference of the two nudges is exact for a nudge of any
    size, save for rounding.

    Parameters
    ----------
    x, y, a, b
        As in `cost`.
    nudge : float
        How far to each side.

    Returns
    -------
    tuple
        The slope for `a` (of its shape) and the slope for `b`.

    Examples
    --------
    >>> slope_a, slope_b = slopes_by_nudging(np.array([2, 4, 3]), np.array([5, 9, 10]), 2, 1)
    >>> round(float(slope_a), 6), round(float(slope_b), 6)
    (-6.0, -2.0)
    """
    flat = np.atleast_1d(np.asarray(a, dtype=float))
    one_each = np.eye(len(flat)) * nudge  # row j nudges slope j alone
    shaped = [step.reshape(np.shape(a)) for step in one_each]
    slope_a = [(cost(x, y, a + s, b) - cost(x, y, a - s, b)) / (2 * nudge) for s in shaped]
    slope_b = (cost(x, y, a, b + nudge) - cost(x, y, a, b - nudge)) / (2 * nudge)
    return np.reshape(slope_a, np.shape(a))[()], slope_b


def gradients(
    x: np.ndarray, y: np.ndarray, a: float | np.ndarray, b: float
) -> tuple[float | np.ndarray, float]:
    """Return the slopes of the cost by the rule for a derivative.

    The slope of one squared error is 2 × error × (how the error changes): −x for the slope and −1
    for the intercept. The slope of the cost is the mean of these.

    Parameters
    ----------
    x, y, a, b
        As in `cost`.

    Returns
    -------
    tuple
        The slope for `a` (of its shape) and the slope for `b`.

    Examples
    --------
    >>> slope_a, slope_b = gradients(np.array([2, 4, 3]), np.array([5, 9, 10]), 2, 1)
    >>> float(slope_a), float(slope_b)
    (-6.0, -2.0)
    """
    error = y - predict(x, a, b)
    return -2 * np.dot(error, x) / len(y), -2 * np.mean(error)


def descend(
    x: np.ndarray, y: np.ndarray, a: float | np.ndarray, b: float, rate: float, steps: int
) -> np.ndarray:
    """Go downhill on the cost, and return every stop on the way.

    Parameters
    ----------
    x, y, a, b
        As in `cost`; `a` and `b` are where the descent starts.
    rate : float
        The learning rate: each parameter moves by −`rate` times its slope.
    steps : int
        How many steps.

    Returns
    -------
    numpy.ndarray
        ``(steps + 1, 2)``: slope and intercept, the start included; for k inputs
        ``(steps + 1, k + 1)``, the intercept last. With too large a rate the numbers grow, in the
        end to infinity.

    Examples
    --------
    >>> descend(np.array([2, 4, 3]), np.array([5, 9, 10]), 2, 1, rate=0.05, steps=1)
    array([[2. , 1. ],
           [2.3, 1.1]])
    """
    path = [np.append(a, b)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            slope_a, slope_b = gradients(x, y, a, b)
            a, b = a - rate * slope_a, b - rate * slope_b
            path.append(np.append(a, b))
    return np.array(path, dtype=float)


def closed_form(x: np.ndarray, y: np.ndarray) -> tuple[float | np.ndarray, float]:
    """Return slope and intercept with the least cost, without any steps.

    With inputs and outputs counted from their means, both slopes of the cost are 0 where
    ``XᵀX a = Xᵀy``; the line then runs through the point of the means.

    Parameters
    ----------
    x, y
        As in `cost`, with more samples than inputs.

    Returns
    -------
    tuple
        The slope (or the ``(k,)`` slopes) and the intercept.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the data don't settle the slopes: all inputs the same, for example.

    Examples
    --------
    >>> a, b = closed_form(np.array([2, 4, 3]), np.array([5, 9, 10]))
    >>> round(float(a), 9), round(float(b), 9)
    (2.0, 2.0)
    """
    columns = np.reshape(x, (len(y), -1)).astype(float)
    means = columns.mean(axis=0)
    centred = columns - means
    slopes = np.linalg.solve(centred.T @ centred, centred.T @ (y - np.mean(y)))
    intercept = np.mean(y) - means @ slopes
    return slopes.reshape(np.shape(x)[1:])[()], intercept


def largest_rate(x: np.ndarray) -> float:
    """Return the learning rate below which gradient descent settles, and above which it runs away.

    One step multiplies the distance from the bottom, along each axis of the bowl, by
    ``1 − rate × curvature``. That shrinks as long as ``rate < 2 / curvature``, and the steepest
    axis sets the limit (E. Süli, D. Mayers, *An Introduction to Numerical Analysis*, 2003, has the
    argument for iterations in general).

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, ``(n,)`` or ``(n, k)``; the outputs don't matter.

    Returns
    -------
    float

    Examples
    --------
    >>> round(largest_rate(np.array([2, 4, 3])), 4)
    0.0943
    """
    columns = np.reshape(x, (len(x), -1))
    with_ones = np.column_stack([columns, np.ones(len(x))])
    curvatures = np.linalg.eigvalsh(2 * with_ones.T @ with_ones / len(x))
    return float(2 / curvatures[-1])
