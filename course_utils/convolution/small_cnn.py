"""A small convolutional network, trained in NumPy: convolution, ReLU, pooling, dense, softmax."""

from __future__ import annotations

import numpy as np

from course_utils.convolution._arguments import numbers
from course_utils.convolution.forward import conv2d, relu
from course_utils.convolution.gradients import (
    average_pool2d_gradient,
    conv2d_gradients,
    global_max_pool2d_gradient,
    max_pool2d_gradient,
    relu_gradient,
)
from course_utils.convolution.pooling import average_pool2d, global_max_pool2d, max_pool2d
from course_utils.dense import TINY, softmax
from course_utils.optimisers import Adam, GradientDescent

# name: (forwards, backwards)
POOLINGS = {
    "max": (max_pool2d, max_pool2d_gradient),
    "average": (average_pool2d, average_pool2d_gradient),
    "global max": (global_max_pool2d, global_max_pool2d_gradient),
    None: (lambda maps: maps, lambda maps, slopes: slopes),
}


class SmallCNN:
    """One convolution ("same"), ReLU, pooling, and one dense layer with softmax.

    Parameters
    ----------
    image_shape : (int, int, int)
        Height, width, channels of the pictures.
    classes : int
        How many there are to tell apart.
    kernels : int
        How many kernels the convolution learns.
    size : int
        Height and width of each kernel.
    pooling : str or None
        ``"max"`` or ``"average"`` (2 × 2), ``"global max"``, or None for no pooling.
    seed : int
        Of the random start: He's initialisation (He and others 2015), biases 0.

    Raises
    ------
    ValueError
        If `pooling` isn't one of these.

    Examples
    --------
    >>> network = SmallCNN(image_shape=(8, 8, 1), classes=10, kernels=16)
    >>> [array.shape for array in network.parameters]
    [(3, 3, 1, 16), (16,), (256, 10), (10,)]
    >>> network.predict(np.zeros((5, 8, 8, 1))).shape
    (5, 10)
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (8, 8, 1),
        classes: int = 10,
        kernels: int = 16,
        size: int = 3,
        pooling: str | None = "max",
        seed: int = 0,
    ):
        if pooling not in POOLINGS:
            raise ValueError(
                f"pooling: one of {', '.join(map(repr, POOLINGS))} is expected, got {pooling!r}"
            )
        self.image_shape = tuple(image_shape)
        self.pool, self.pool_gradient = POOLINGS[pooling]
        height, width, channels = image_shape
        features = self.pool(np.zeros((1, height, width, kernels))).size
        rng = np.random.default_rng(seed)
        self.kernels = he(rng, (size, size, channels, kernels), inputs=size * size * channels)
        self.kernel_bias = np.zeros(kernels)
        self.weights = he(rng, (features, classes), inputs=features)
        self.bias = np.zeros(classes)

    @property
    def parameters(self) -> list[np.ndarray]:
        """The arrays themselves: kernels, their bias, dense weights, their bias, as in Keras."""
        return [self.kernels, self.kernel_bias, self.weights, self.bias]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what each layer makes of pictures (n, h, w, c); the last are probabilities."""
        sums = conv2d(x, self.kernels, self.kernel_bias, padding="same")
        maps = relu(sums)
        pooled = self.pool(maps)
        features = pooled.reshape(len(x), -1)
        return sums, maps, pooled, features, softmax(features @ self.weights + self.bias)

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Return the slope of the mean cross-entropy for each of `parameters`, y labels (n,)."""
        sums, maps, pooled, features, answer = self.forward(x)
        delta = (answer - np.eye(len(self.bias))[y]) / len(x)  # softmax and cross-entropy together
        back = (delta @ self.weights.T).reshape(pooled.shape)
        back = relu_gradient(sums, self.pool_gradient(maps, back))
        first = conv2d_gradients(x, self.kernels, back, padding="same")
        return [first.kernels, first.bias, features.T @ delta, delta.sum(axis=0)]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n, classes), for pictures (n, h, w, c)."""
        return self.forward(self._pictures(x))[-1]

    def accuracy(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the share of pictures (n, h, w, c) whose likeliest class is the label, y (n,)."""
        return float((self.predict(x).argmax(axis=1) == y).mean())

    def cost(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the mean cross-entropy: −log of the probability of the label, y (n,)."""
        answer = self.predict(x)[np.arange(len(x)), y]
        return float(-np.log(np.maximum(answer, TINY)).mean())

    def train(
        self,
        x: np.ndarray,
        y: np.ndarray,
        epochs: int,
        batch_size: int,
        rule: Adam | GradientDescent,
        rng: np.random.Generator,
        validation: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> dict[str, list[float]]:
        """Train in place by mini-batches, shuffled by `rng`; return what each epoch came to.

        The history holds ``loss`` and ``accuracy`` on `x` (n, h, w, c), `y` labels (n,), after each
        epoch, and ``val_loss`` and ``val_accuracy`` on `validation`, a pair like (x, y).
        """
        x, y = self._pictures(x), self._labels(y, len(x))
        parts = {"": (x, y)} | ({} if validation is None else {"val_": validation})
        history = {prefix + name: [] for prefix in parts for name in ("loss", "accuracy")}
        for _ in range(epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(x), batch_size):
                chosen = order[start : start + batch_size]
                rule.update(self.parameters, self.gradients(x[chosen], y[chosen]))
            for prefix, part in parts.items():
                history[prefix + "loss"].append(self.cost(*part))
                history[prefix + "accuracy"].append(self.accuracy(*part))
        return history

    def _pictures(self, x: np.ndarray) -> np.ndarray:
        """Check that `x` is a batch of pictures as declared."""
        x = numbers("x", x)
        if x.ndim != 4 or x.shape[1:] != self.image_shape:
            raise ValueError(
                f"x: pictures (n, {', '.join(map(str, self.image_shape))}) are expected, got shape "
                f"{x.shape}. Grey pictures get their channel by x[..., np.newaxis]"
            )
        return x

    def _labels(self, y: np.ndarray, n: int) -> np.ndarray:
        """Check that `y` holds one label for each of n pictures."""
        y, classes = numbers("y", y), len(self.bias)
        if y.shape != (n,) or y.dtype.kind != "i" or y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"y: whole numbers from 0 to {classes - 1}, shape ({n},), are expected, got "
                f"{y.dtype} from {y.min()} to {y.max()}, shape {y.shape}"
            )
        return y


def he(rng: np.random.Generator, shape: tuple[int, ...], inputs: int) -> np.ndarray:
    """Return normal numbers with standard deviation √(2 / inputs)."""
    return rng.normal(scale=(2 / inputs) ** 0.5, size=shape)
