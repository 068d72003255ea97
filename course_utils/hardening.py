"""Training on pictures that are made harder in every batch (notebook 14).

The three functions stand in notebook 14 in view of the reader, who meets them in the order in
which they stand here; a test holds the notebook's versions against these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from course_utils import adversarial, distortions

if TYPE_CHECKING:
    import keras


def varied_batches(
    images: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    degrees: float = 20,
    far: int = 3,
    batch_size: int = 128,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches for ever: a new order each epoch, each picture turned and moved its own way.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, uint8.
    labels : numpy.ndarray
        Class numbers ``(n,)``.
    rng : numpy.random.Generator
        Draws order, angles and shifts.
    degrees : float
        The greatest angle, either way.
    far : int
        The greatest shift in pixels, each way.
    batch_size : int
        Pictures in a batch; the last of an epoch may be smaller.

    Yields
    ------
    (numpy.ndarray, numpy.ndarray)
        Pictures, uint8, and their labels.

    Examples
    --------
    >>> pictures = np.zeros((3, 8, 8), dtype=np.uint8)
    >>> batches = varied_batches(pictures, np.arange(3), np.random.default_rng(0), batch_size=2)
    >>> [len(next(batches)[1]) for _ in range(4)]
    [2, 1, 2, 1]
    """
    while True:
        order = rng.permutation(len(images))
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            angles = rng.uniform(-degrees, degrees, len(batch))
            down, right = rng.integers(-far, far + 1, (2, len(batch)))
            turned = distortions.rotate(images[batch], angles)
            yield distortions.shift(turned, down, right), labels[batch]


def attacked_batches(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    epsilon: int = 48,
    batch_size: int = 128,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches for ever, half of each attacked: a step against the network as it is now.

    Parameters
    ----------
    model : keras.Model
        The network that is being trained, as `adversarial.fgsm` takes it.
    images, labels, rng, batch_size
        As for `varied_batches`.
    epsilon : int
        The greatest step in grey levels; each batch draws its own, from 1.

    Yields
    ------
    (numpy.ndarray, numpy.ndarray)
        Pictures, uint8, and their true labels.

    Examples
    --------
    ``next(attacked_batches(model, data.x_train, data.y_train, np.random.default_rng(0)))``
    """
    while True:
        order = rng.permutation(len(images))
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            pictures, half = images[batch].copy(), len(batch) // 2
            step = int(rng.integers(1, epsilon + 1))
            pictures[:half] = adversarial.fgsm(model, pictures[:half], labels[batch[:half]], step)
            yield pictures, labels[batch]


def train_on_batches(
    model: keras.Model,
    batches: Iterator[tuple[np.ndarray, np.ndarray]],
    count: int,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    epochs: int = 6,
    batch_size: int = 128,
    verbose: int = 2,
) -> keras.callbacks.History:
    """Train as `digits.train` does, on batches that are made on the way.

    Parameters
    ----------
    model : keras.Model
        Returns probabilities; it is compiled here.
    batches : iterator
        Of (pictures, labels).
    count, batch_size : int
        Pictures in an epoch and in a batch.
    validation : (pictures, labels), optional
        Read after each epoch.
    epochs, verbose
        As in Keras.

    Returns
    -------
    keras.callbacks.History
        With loss and accuracy, one number an epoch.

    Examples
    --------
    ``train_on_batches(model, varied_batches(x, y, rng), len(x), (data.x_val, data.y_val))``
    """
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    steps = math.ceil(count / batch_size)
    falling = keras.optimizers.schedules.CosineDecay(0.002, epochs * steps)
    model.compile(
        optimizer=keras.optimizers.Adam(falling),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model.fit(
        batches,
        steps_per_epoch=steps,
        epochs=epochs,
        shuffle=False,
        validation_data=validation,
        validation_batch_size=500,
        verbose=verbose,
    )
