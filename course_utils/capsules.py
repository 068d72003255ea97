"""Capsules: small vectors that say how sure (their length) and how it lies (their direction).

`squash`, `route` and `margin_loss` are plain NumPy and taught in notebook 14; `capsnet` builds a
small network for digits with Keras, of layers that compute the same (`layers`). Source: S. Sabour,
N. Frosst, G. Hinton, "Dynamic routing between capsules", 2017.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

PACKAGE = "course_utils"
"""Under this name Keras finds the classes of `layers` again in a stored network."""

MARGINS = (0.9, 0.1)
"""The length that a capsule should have at least if its digit is there, at most if it isn't."""

ABSENT = 0.5
"""How much a capsule counts in the loss whose digit is not there (λ in the paper)."""

UNITS, UNITS_READING = 133, 79
"""Hidden nodes that give `rival` as many parameters as `capsnet`, or as its part that reads."""

_TINY = 1e-12  # added below a root: where a vector is 0, the slope of its length is not defined


# --- in NumPy -----------------------------------------------------------------------------------


def squash(s: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return vectors of the same direction, with a length between 0 and 1.

    v = |s|² / (1 + |s|²) · s / |s|: a short vector becomes much shorter, a long one nearly 1 long.
    The vector 0 stays 0. No square is too large or too small for a float on the way.

    Parameters
    ----------
    s : ndarray
        Vectors, of real numbers.
    axis : int, optional
        Along it lie the components of a vector.

    Returns
    -------
    ndarray
        Of the shape of `s`; float64.

    Raises
    ------
    ValueError
        If `s` has no such axis, or a number in it is not finite.

    Notes
    -----
    Equation 1 of Sabour, Frosst and Hinton, 2017.

    Examples
    --------
    >>> squash(np.array([3.0, 4.0])).round(4)  # length 5 becomes 25/26
    array([0.5769, 0.7692])
    """
    s = _finite(s, "s")
    if not -s.ndim <= axis < s.ndim:
        raise ValueError(
            f"axis is {axis}, s has the shape {s.shape}; expected the number of one of its axes."
        )
    if not s.size:
        return s.copy()
    largest = np.abs(s).max(axis=axis, keepdims=True)
    scaled = s / np.where(largest > 0, largest, 1)  # no component is above 1: nothing overflows
    root = np.sqrt((scaled**2).sum(axis=axis, keepdims=True))
    direction = scaled / np.where(root > 0, root, 1)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        length = largest * root
        short = np.minimum(length, 1) ** 2
        long = (1 / np.maximum(length, 1)) ** 2
        share = np.where(length < 1, short / (1 + short), 1 / (1 + long))
        return share * direction


def route(predictions: np.ndarray, iterations: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Let lower capsules agree on which upper capsules to support: dynamic routing.

    Each lower capsule shares its vote among the upper ones, at first equally. An upper capsule is
    the squashed sum of what it gets. Where a prediction points the way that the sum went (their
    dot product), its share grows.

    Parameters
    ----------
    predictions : ndarray, (..., lower, upper, size)
        `[i, j]` is what lower capsule i predicts for upper capsule j.
    iterations : int, optional
        How often the shares are computed, 1 or more.

    Returns
    -------
    outputs : ndarray, (..., upper, size)
        The upper capsules; float64.
    couplings : ndarray, (..., lower, upper)
        The shares with which these outputs were made; each row adds up to 1.

    Raises
    ------
    ValueError
        If `predictions` has fewer than three axes, no capsules or a number that is not finite,
        or `iterations` is not a whole number of at least 1.

    Notes
    -----
    Procedure 1 of Sabour, Frosst and Hinton, 2017.

    Examples
    --------
    >>> agreed = [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, -1.0]]]
    >>> outputs, couplings = route(np.array(agreed), iterations=2)
    >>> couplings.round(3)  # both predicted the same for the first: it gets more
    array([[0.622, 0.378],
           [0.622, 0.378]])
    """
    predictions = _finite(predictions, "predictions")
    if predictions.ndim < 3 or 0 in predictions.shape[-3:]:
        raise ValueError(
            f"predictions has the shape {predictions.shape}; expected (..., lower, upper, size) "
            "with a capsule below and above at least."
        )
    if isinstance(iterations, bool) or not isinstance(iterations, int | np.integer):
        raise ValueError(f"iterations is {iterations!r}; expected a whole number, such as 3.")
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; expected 1 or more.")
    logits, outputs = np.zeros(predictions.shape[:-1]), np.zeros(predictions[..., 0, :, :].shape)
    for _ in range(iterations):
        # In the first round no output is there yet to agree with: the logits stay 0.
        logits += np.einsum("...ije,...je->...ij", predictions, outputs)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        couplings = powers / powers.sum(axis=-1, keepdims=True)
        outputs = squash(np.einsum("...ij,...ije->...je", couplings, predictions))
    return outputs, couplings


def margin_loss(labels: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return what it costs that capsules have these lengths, for each picture.

    The capsule of the right class should be 0.9 long at least, each other 0.1 at most; what is
    missing or too much is squared, and counts half for the others.

    Parameters
    ----------
    labels : ndarray, (n,)
        The right classes, whole numbers from 0.
    lengths : ndarray, (n, classes)
        Of the capsules, from 0 to 1.

    Returns
    -------
    ndarray, (n,)
        The losses.

    Raises
    ------
    ValueError
        If the shapes don't belong together or a label is not a class.

    Notes
    -----
    Equation 4 of Sabour, Frosst and Hinton, 2017.

    Examples
    --------
    >>> margin_loss(np.array([0]), np.array([[0.7, 0.3]])).round(3)  # 0.2² + 0.5 · 0.2²
    array([0.06])
    """
    lengths, labels = _finite(lengths, "lengths"), np.asarray(labels)
    if lengths.ndim != 2 or labels.shape != lengths.shape[:1]:
        raise ValueError(
            f"labels has the shape {labels.shape}, lengths {lengths.shape}; "
            "expected (n,) and (n, classes)."
        )
    if labels.dtype.kind not in "iu" or not np.isin(labels, range(lengths.shape[1])).all():
        raise ValueError(
            f"labels are {labels.dtype}, {labels.ravel()[:5]} …; "
            f"expected whole numbers from 0 to {lengths.shape[1] - 1}."
        )
    there = np.eye(lengths.shape[1])[labels]
    least, most = MARGINS
    missing, too_much = np.maximum(0, least - lengths) ** 2, np.maximum(0, lengths - most) ** 2
    return (there * missing + ABSENT * (1 - there) * too_much).sum(axis=1)


def _finite(values: Any, name: str) -> np.ndarray:
    """Return real, finite numbers as float64."""
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} is of dtype {values.dtype}; expected real numbers.")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds nan or inf; expected finite numbers.")
    return values.astype(np.float64)


# --- in Keras -----------------------------------------------------------------------------------


@functools.cache
def layers() -> SimpleNamespace:
    """Return the classes of the network, and make them known to Keras, so that it can load them.

    They are made at the first call: importing this module doesn't import Keras.

    Returns
    -------
    types.SimpleNamespace
        `Squash`, `Capsules`, `Lengths` and `LongestOnly` (layers), `MarginLoss` (a loss).

    Examples
    --------
    >>> float(layers().Lengths()(np.array([[[3.0, 4.0]]], "float32"))[0, 0])
    5.0
    """
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    ops, register = keras.ops, keras.saving.register_keras_serializable(PACKAGE)

    def squashed(s):
        square = ops.sum(ops.square(s), axis=-1, keepdims=True)
        return s * ops.sqrt(square + _TINY) / (1 + square)

    @register
    class Squash(keras.layers.Layer):
        """Squash vectors, which lie along the last axis."""

        def call(self, inputs):
            return squashed(inputs)

        def compute_output_shape(self, input_shape):
            return input_shape

    @register
    class Capsules(keras.layers.Layer):
        """Capsules (n, upper, size) above others (n, lower, size below), joined by routing.

        A matrix for each pair turns a lower capsule into its prediction for an upper one.
        """

        def __init__(self, upper, size, iterations=3, **kwargs):
            super().__init__(**kwargs)
            self.upper, self.size, self.iterations = upper, size, iterations

        def build(self, input_shape):
            _, lower, below = input_shape
            self.matrices = self.add_weight(
                shape=(lower, below, self.upper, self.size),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
                name="matrices",
            )

        def call(self, inputs):
            predictions = ops.einsum("nid,idje->nije", inputs, self.matrices)
            # Shares are found without slopes: only the last sum is trained through. It costs less.
            fixed = ops.stop_gradient(predictions)
            logits = ops.zeros_like(fixed[..., 0])
            for _ in range(self.iterations - 1):
                outputs = squashed(ops.einsum("nij,nije->nje", ops.softmax(logits), fixed))
                logits = logits + ops.einsum("nije,nje->nij", fixed, outputs)
            couplings = ops.softmax(logits)
            return squashed(ops.einsum("nij,nije->nje", couplings, predictions))

        def compute_output_shape(self, input_shape):
            return (input_shape[0], self.upper, self.size)

        def get_config(self):
            own = {"upper": self.upper, "size": self.size, "iterations": self.iterations}
            return {**super().get_config(), **own}

    @register
    class Lengths(keras.layers.Layer):
        """The length of each capsule: (n, capsules, size) to (n, capsules)."""

        def call(self, inputs):
            return ops.sqrt(ops.sum(ops.square(inputs), axis=-1) + _TINY)

        def compute_output_shape(self, input_shape):
            return input_shape[:-1]

    @register
    class LongestOnly(keras.layers.Layer):
        """Keep the longest capsule of each picture; the others become 0."""

        def call(self, inputs):
            square = ops.sum(ops.square(inputs), axis=-1)
            chosen = ops.one_hot(ops.argmax(square, axis=-1), inputs.shape[1], dtype=inputs.dtype)
            return inputs * chosen[..., None]

        def compute_output_shape(self, input_shape):
            return input_shape

    @register
    class MarginLoss(keras.losses.Loss):
        """`margin_loss` for labels (n,) or (n, 1) and lengths (n, classes)."""

        def call(self, y_true, y_pred):
            labels = ops.reshape(ops.cast(y_true, "int32"), (-1,))
            there = ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)
            least, most = MARGINS
            missing = ops.square(ops.relu(least - y_pred))
            too_much = ops.square(ops.relu(y_pred - most))
            return ops.sum(there * missing + ABSENT * (1 - there) * too_much, axis=-1)

    return SimpleNamespace(
        Squash=Squash,
        Capsules=Capsules,
        Lengths=Lengths,
        LongestOnly=LongestOnly,
        MarginLoss=MarginLoss,
    )


def register_layers() -> None:
    """Make the classes of `layers` known to Keras; `trained.load` calls it.

    Examples
    --------
    >>> register_layers()
    """
    layers()


def capsnet(
    classes: int = 10,
    *,
    size: int = 8,
    iterations: int = 3,
    drawing_units: int = 64,
    drawing_weight: float = 2.0,
    rate: float = 0.002,
) -> keras.Model:
    """Return a small capsule network for pictures of 28 × 28, compiled, not yet trained.

    Two convolutions make 128 capsules of `size` numbers; routing makes one for each class. Its
    output ``"digit"`` is their lengths. A small decoder draws the picture again from the longest
    capsule alone, output ``"picture"`` (0 to 1): this keeps in a capsule what a label doesn't say.

    Parameters
    ----------
    classes : int, optional
        Upper capsules.
    size : int, optional
        Numbers in a capsule, lower and upper.
    iterations : int, optional
        Of the routing.
    drawing_units : int, optional
        Nodes of the decoder's hidden layer.
    drawing_weight : float, optional
        How much the mean squared error of the drawing counts beside the margin loss.
    rate : float, optional
        Adam's learning rate.

    Returns
    -------
    keras.Model
        It takes pictures (n, 28, 28, 1), 0 to 255; `fit` wants
        ``{"digit": labels, "picture": pictures / 255}``. Its layers ``"capsules"`` (the classes')
        and ``"decoder"`` can be used by themselves.

    Notes
    -----
    After Sabour, Frosst and Hinton, 2017, with smaller numbers throughout; there the decoder is
    given the capsule of the right class while training, here always the longest.

    Examples
    --------
    >>> capsnet().count_params()
    164144
    """
    if iterations < 1 or min(classes, size, drawing_units) < 1:
        raise ValueError(
            f"classes, size, iterations and drawing_units are {classes}, {size}, {iterations} and "
            f"{drawing_units}; expected whole numbers of 1 or more."
        )
    own = layers()
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    kl = keras.layers
    picture = keras.Input((28, 28, 1))
    x = kl.Rescaling(1 / 255)(picture)
    x = kl.Conv2D(16, 5, strides=2, activation="relu")(x)  # 12 × 12
    x = kl.Conv2D(8 * size, 5, strides=2)(x)  # 4 × 4, eight capsules at each place
    x = own.Squash()(kl.Reshape((-1, size))(x))
    capsules = own.Capsules(classes, size, iterations, name="capsules")(x)
    decoder = keras.Sequential(
        [
            keras.Input((classes, size)),
            kl.Flatten(),
            kl.Dense(drawing_units, activation="relu"),
            kl.Dense(28 * 28, activation="sigmoid"),
            kl.Reshape((28, 28, 1)),
        ],
        name="decoder",
    )
    outputs = {
        "digit": own.Lengths(name="digit")(capsules),
        "picture": decoder(own.LongestOnly()(capsules)),
    }
    model = keras.Model(picture, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss={"digit": own.MarginLoss(), "picture": "mse"},
        loss_weights={"digit": 1.0, "picture": drawing_weight},
        metrics={"digit": "accuracy"},
    )
    return model


def rival(units: int = UNITS, *, rate: float = 0.002) -> keras.Model:
    """Return a CNN with as many parameters as `capsnet`, compiled, not yet trained.

    The same convolutions, but with max pooling instead of strides, and dense layers above them.

    Parameters
    ----------
    units : int, optional
        Nodes of the hidden layer; with `UNITS` it has as many parameters as `capsnet`, with
        `UNITS_READING` as many as its part that reads (without the decoder), to within 1 %.
    rate : float, optional
        Adam's learning rate.

    Returns
    -------
    keras.Model
        It takes pictures (n, 28, 28, 1), 0 to 255, and returns ten probabilities.

    Examples
    --------
    >>> rival().count_params()
    163745
    """
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    kl = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            kl.Rescaling(1 / 255),
            kl.Conv2D(16, 5, activation="relu"),
            kl.MaxPooling2D(),
            kl.Conv2D(64, 5, activation="relu"),
            kl.MaxPooling2D(),
            kl.Flatten(),
            kl.Dense(units, activation="relu"),
            kl.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
