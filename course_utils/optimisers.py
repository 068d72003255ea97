"""Rules that turn slopes into steps: gradient descent, momentum, Adam.

Introduced in notebooks 01 (gradient descent) and 04 (momentum, Adam). Each rule changes a list of
arrays in place, given the slope of the cost for each of them.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class GradientDescent:
    """Step against the slope, `w -= rate * slope`; with momentum, a ball that keeps rolling.

    With momentum `m` the step is `v = m * v - rate * slope; w += v` (Polyak 1964), as in Keras.

    Parameters
    ----------
    rate : float
        The learning rate.
    momentum : float, optional
        How much of the last step is kept, 0 (the default) to just below 1.

    Examples
    --------
    >>> w = np.array([4.0])
    >>> GradientDescent(rate=0.1).update([w], [2 * w])
    >>> w
    array([3.2])
    """

    rate: float
    momentum: float = 0.0
    velocity: list[np.ndarray] = field(default_factory=list, repr=False)

    def update(self, parameters: list[np.ndarray], slopes: list[np.ndarray]) -> None:
        """Change the parameters in place, given the slope for each, of the same shape."""
        self.velocity = self.velocity or [np.zeros_like(w) for w in parameters]
        for w, slope, v in zip(parameters, slopes, self.velocity, strict=True):
            v *= self.momentum
            v -= self.rate * slope
            w += v


@dataclass
class Adam:
    """Steps scaled by running means of slope and slope² (Kingma and Ba 2015), as Keras does it.

    Parameters
    ----------
    rate : float, optional
        The learning rate: about the size of the first steps, whatever the slope.
    beta_1, beta_2 : float, optional
        How slowly the two running means forget.
    epsilon : float, optional
        Keeps the division away from 0.

    Examples
    --------
    >>> w = np.array([4.0])
    >>> Adam(rate=0.5).update([w], [2 * w])
    >>> w.round(4)
    array([3.5])
    """

    rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    means: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list, repr=False)
    steps: int = field(default=0, repr=False)

    def update(self, parameters: list[np.ndarray], slopes: list[np.ndarray]) -> None:
        """Change the parameters in place, given the slope for each, of the same shape."""
        self.means = self.means or [(np.zeros_like(w), np.zeros_like(w)) for w in parameters]
        self.steps += 1
        # the means start at 0 and are too small at first: this makes up for it
        rate = self.rate * np.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps)
        for w, slope, (first, second) in zip(parameters, slopes, self.means, strict=True):
            first += (1 - self.beta_1) * (slope - first)
            second += (1 - self.beta_2) * (slope * slope - second)
            w -= rate * first / (np.sqrt(second) + self.epsilon)
