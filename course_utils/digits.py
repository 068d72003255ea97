"""What notebook 07 builds to read MNIST's digits, for the notebooks that compare with it.

`build_dense`, `train` and `shift` stand in notebook 07 in view of the reader, and
`accuracy_when_shifted` is the measurement of its third act; a test holds the notebook's versions
against these. TensorFlow is imported only where a network is built or trained.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

FURTHEST = 6
"""The greatest shift, in pixels: beyond it hardly a digit would keep its ink."""

DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Steps (down, right): right, left, down, up."""


def build_dense(activation: str | None = "relu") -> keras.Sequential:
    """Return the dense network 784-256-128-10 of notebook 07, not compiled.

    Parameters
    ----------
    activation : str, optional
        Of the two hidden layers.

    Returns
    -------
    keras.Sequential
        Takes pictures ``(n, 28, 28)``, 0 to 255, and returns ten probabilities each.
    """
    import keras

    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation=activation),
            keras.layers.Dense(128, activation=activation),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def train(
    model: keras.Model,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    epochs: int = 6,
    batch_size: int = 128,
    verbose: int = 2,
) -> keras.callbacks.History:
    """Train with Adam, whose learning rate falls from 0.002 to 0 along half a cosine.

    Parameters
    ----------
    model : keras.Model
        Returns probabilities; it is compiled here.
    training, validation : (pictures, labels)
        Arrays of equal length; labels are class numbers.
    epochs, batch_size, verbose
        As in Keras.

    Returns
    -------
    keras.callbacks.History
        With loss and accuracy on both parts, one number an epoch.
    """
    import keras

    steps = epochs * math.ceil(len(training[0]) / batch_size)
    falling = keras.optimizers.schedules.CosineDecay(0.002, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(falling),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model.fit(
        *training,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=validation,
        verbose=verbose,
    )


def shift(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move pictures; background (0) enters on one side, what leaves on the other is lost.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, any dtype.
    down, right : int
        From -6 to 6 pixels; negative is up, left.

    Returns
    -------
    numpy.ndarray
        A new array of the same shape and dtype.

    Raises
    ------
    ValueError
        If a shift is larger than 6 pixels.

    Examples
    --------
    >>> shift(np.array([[[1, 2], [3, 4]]]), down=0, right=1)
    array([[[0, 1],
            [0, 3]]])
    """
    if max(abs(down), abs(right)) > FURTHEST:
        raise ValueError(
            f"down, right: shifts of up to {FURTHEST} pixels are expected, got {down}, {right}"
        )
    h, w = images.shape[1:]
    padded = np.pad(images, ((0, 0), (FURTHEST, FURTHEST), (FURTHEST, FURTHEST)))
    return padded[:, FURTHEST - down : FURTHEST - down + h, FURTHEST - right : FURTHEST - right + w]


def accuracy_when_shifted(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, furthest: int = FURTHEST
) -> list[float]:
    """Return the accuracy after a shift by 0, 1, … pixels, each the mean over four directions.

    Parameters
    ----------
    model : keras.Model
        Takes pictures like `images` and returns probabilities ``(n, classes)``.
    images, labels : numpy.ndarray
        ``(n, h, w)`` and class numbers ``(n,)``.
    furthest : int
        The greatest shift, up to 6 pixels.

    Returns
    -------
    list of float
        `furthest` + 1 numbers from 0 to 1.

    Raises
    ------
    ValueError
        If `furthest` is larger than 6.
    """
    right_answers = []
    for step in range(furthest + 1):
        ways = DIRECTIONS if step else ((0, 0),)
        # one call for all directions: each call of `predict` costs some 50 ms before it begins
        moved = np.concatenate([shift(images, step * down, step * right) for down, right in ways])
        answers = model.predict(moved, batch_size=256, verbose=0).argmax(axis=1)
        right_answers.append(float(np.mean(answers == np.tile(labels, len(ways)))))
    return right_answers
