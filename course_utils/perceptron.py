"""The perceptron: a neuron that answers 0 or 1, and the rule by which it learns.

Introduced in notebook 02. Samples are rows: `x` is ``(n, d)``, the labels `y` are 0 or 1 with shape
``(n,)``, the weights `w` are ``(d,)`` and the bias `b` is one number.

The rule and the bound on its mistakes: F. Rosenblatt, "The perceptron: a probabilistic model for
information storage and organization in the brain" (1958); A. Novikoff, "On convergence proofs on
perceptrons" (1962).
"""

from __future__ import annotations

import numpy as np

State = tuple[np.ndarray, float]
"""Weights and bias, ``(w, b)``."""


def step(z: np.ndarray | float) -> np.ndarray:
    """Return 1 where z > 0, else 0.

    Parameters
    ----------
    z : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray
        Of the same shape, integers.

    Examples
    --------
    >>> step(np.array([-0.5, 0.0, 0.5]))
    array([0, 0, 1])
    """
    return np.where(np.asarray(z) > 0, 1, 0)


def predict(x: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Return the perceptron's answer to one sample or to each row of a table.

    Parameters
    ----------
    x : numpy.ndarray
        One sample ``(d,)`` or samples ``(n, d)``.
    w : numpy.ndarray
        Weights, ``(d,)``.
    b : float
        Bias.

    Returns
    -------
    numpy.ndarray
        0 or 1, shape ``()`` or ``(n,)``.

    Examples
    --------
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> predict(corners, np.array([1, 1]), -1.5)
    array([0, 0, 0, 1])
    """
    return step(x @ w + b)


def update(sample: np.ndarray, wanted: int, w: np.ndarray, b: float) -> State:
    """Return weights and bias after one sample has been looked at.

    A right answer leaves them as they are. A mistake adds ``change * sample`` to the weights and
    ``change`` to the bias, where ``change = wanted - answer`` is 1 or -1.

    Parameters
    ----------
    sample : numpy.ndarray
        ``(d,)``.
    wanted : int
        Its label, 0 or 1.
    w, b : numpy.ndarray, float
        Weights ``(d,)`` and bias before; they are not changed in place.

    Returns
    -------
    (numpy.ndarray, float)
        Weights ``(d,)`` and bias after.

    Examples
    --------
    >>> w, b = update(np.array([0, 1]), 1, np.zeros(2), 0.0)
    >>> w.tolist(), b
    ([0.0, 1.0], 1.0)
    """
    change = int(wanted) - int(predict(sample, w, b))
    return w + change * sample, b + change


def train(x: np.ndarray, y: np.ndarray, passes: int = 100) -> tuple[list[State], bool]:
    """Go through the samples again and again, from zeros, until a whole pass has no mistake.

    Parameters
    ----------
    x : numpy.ndarray
        ``(n, d)``.
    y : numpy.ndarray
        Labels 0 or 1, ``(n,)``.
    passes : int
        Passes at most.

    Returns
    -------
    history : list of (numpy.ndarray, float)
        Weights and bias at the start and after each mistake: one entry more than mistakes.
    clean : bool
        Whether the last pass was without a mistake.

    Raises
    ------
    ValueError
        If the shapes don't fit, or a label is neither 0 nor 1.

    Examples
    --------
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> history, clean = train(corners, np.array([0, 1, 1, 1]))
    >>> len(history) - 1, history[-1][0].tolist(), history[-1][1], clean
    (4, [1.0, 1.0], 0.0, True)
    """
    x, y = _checked(x, y)
    w, b = np.zeros(x.shape[1]), 0.0
    history = [(w, b)]
    for _ in range(passes):
        before = len(history)
        for sample, wanted in zip(x, y, strict=True):
            if predict(sample, w, b) != wanted:
                w, b = update(sample, wanted, w, b)
                history.append((w, b))
        if len(history) == before:
            return history, True
    return history, False


def margin(x: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> float:
    """Return γ, how clearly a boundary separates the samples, with the bias as one more weight.

    Each sample gets a 1 appended and `w` gets `b` appended; so the boundary goes through the origin
    of a space with one dimension more. There, γ is the distance from the boundary to the nearest
    sample, negative if a sample lies on the wrong side.

    Parameters
    ----------
    x : numpy.ndarray
        ``(n, d)``.
    y : numpy.ndarray
        Labels 0 or 1, ``(n,)``.
    w, b : numpy.ndarray, float
        Weights ``(d,)``, not all zero together with the bias.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If shapes or labels don't fit, or weights and bias are all zero.

    Examples
    --------
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> round(margin(corners, np.array([0, 0, 0, 1]), np.array([2, 2]), -3), 6)  # 1 / √17
    0.242536
    """
    x, y = _checked(x, y)
    length = np.sqrt(np.dot(w, w) + b * b)
    if length == 0:
        raise ValueError("w and b are all zero, which is no boundary; expected one that is not.")
    return float(((2 * y - 1) * (x @ w + b)).min() / length)


def mistake_bound(x: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> float:
    """Return (R / γ)², which the number of mistakes of `train` never exceeds.

    R is the length of the longest sample with its 1 appended, γ the `margin` of *some* boundary
    that separates the samples. Each such boundary gives a bound that holds; the one with the
    largest margin gives the lowest.

    Parameters
    ----------
    x, y, w, b
        As in `margin`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the boundary doesn't separate the samples.

    Examples
    --------
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> round(mistake_bound(corners, np.array([0, 0, 0, 1]), np.array([2, 2]), -3), 6)
    51.0
    """
    gamma = margin(x, y, w, b)
    if gamma <= 0:
        raise ValueError(
            f"w = {np.asarray(w).tolist()}, b = {b} leaves a sample on the wrong side or on the "
            "boundary; expected weights that separate the samples."
        )
    longest_squared = (np.asarray(x, dtype=np.float64) ** 2).sum(axis=1).max() + 1
    return float(longest_squared / gamma**2)


def _checked(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return samples as floats and labels as integers, or say what is wrong with them."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(x):
        raise ValueError(
            f"x has the shape {x.shape}, y {y.shape}; expected (n, d) and (n,) with n at least 1."
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"y holds {sorted(set(y.tolist()))[:5]}; expected labels 0 and 1 only.")
    return x, y.astype(np.int64)
