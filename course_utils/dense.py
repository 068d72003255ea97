"""A fully connected network of any depth, in NumPy: forward, backward, training.

Introduced in notebooks 03 (layers, activations) and 04 (losses, back-propagation, training).
Samples are rows: a layer with `k` inputs and `m` nodes has a kernel `(k, m)` and a bias `(m,)`, and
turns `x` of shape `(n, k)` into `activation(x @ kernel + bias)`, of shape `(n, m)`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.optimisers import Adam, GradientDescent

TINY = 1e-7  # under a logarithm, probabilities are kept this far from 0 and 1, as Keras does


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z)), written so that exp never overflows."""
    power = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, power) / (1 + power)


def softmax(z: np.ndarray) -> np.ndarray:
    """Return exp(z) / Σ exp(z) over the last axis; taking the largest z off changes nothing."""
    power = np.exp(z - z.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


# name: (z -> a, (a, slope at a) -> slope at z). Every slope can be had from the output `a` alone.
ACTIVATIONS = {
    "linear": (lambda z: z, lambda a, slope: slope),
    "relu": (lambda z: np.maximum(z, 0), lambda a, slope: slope * (a > 0)),
    "sigmoid": (sigmoid, lambda a, slope: slope * a * (1 - a)),
    "tanh": (np.tanh, lambda a, slope: slope * (1 - a * a)),
    "softmax": (softmax, lambda a, slope: a * (slope - (slope * a).sum(-1, keepdims=True))),
}


def squared_error(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the mean of (y - p)² over the outputs: targets, answers (n, m) -> losses (n,)."""
    return ((y - p) ** 2).mean(axis=-1)


def binary_crossentropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the mean of -[y log p + (1 - y) log(1 - p)] over the outputs, (n, m) -> (n,)."""
    p = np.clip(p, TINY, 1 - TINY)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=-1)


def categorical_crossentropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return -Σ y log p over the classes; `y` is one-hot, (n, m) -> (n,)."""
    return -(y * np.log(np.clip(p, TINY, 1 - TINY))).sum(axis=-1)


LOSSES = {
    "mse": squared_error,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
}


@dataclass
class Network:
    """Kernels `(inputs, nodes)`, biases `(nodes,)` and the activation's name, layer by layer."""

    kernels: list[np.ndarray]
    biases: list[np.ndarray]
    activations: tuple[str, ...]

    @property
    def parameters(self) -> list[np.ndarray]:
        """The arrays themselves: kernel, bias, kernel, bias, …, in Keras's order."""
        return [array for pair in zip(self.kernels, self.biases, strict=True) for array in pair]


def initialise(
    sizes: Sequence[int], activations: Sequence[str], rng: np.random.Generator, scheme="glorot"
) -> Network:
    """Return a network with random kernels and zero biases.

    `sizes` counts the inputs and then the nodes of each layer. The kernels are normal with standard
    deviation √(2 / (inputs + nodes)) for ``"glorot"`` (Glorot and Bengio 2010), √(2 / inputs) for
    ``"he"`` (He and others 2015), 1 for ``"normal"``, 0 for ``"zeros"``. Raises ValueError for an
    unknown name, or if there isn't one activation for each layer.

    >>> network = initialise([4, 8, 3], ["relu", "softmax"], np.random.default_rng(0))
    >>> [array.shape for array in network.parameters]
    [(4, 8), (8,), (8, 3), (3,)]
    """
    spreads = {
        "glorot": lambda inputs, nodes: (2 / (inputs + nodes)) ** 0.5,
        "he": lambda inputs, nodes: (2 / inputs) ** 0.5,
        "normal": lambda inputs, nodes: 1.0,
        "zeros": lambda inputs, nodes: 0.0,
    }
    if scheme not in spreads:
        raise ValueError(f"scheme: one of {', '.join(spreads)} is expected, got {scheme!r}")
    unknown = [name for name in activations if name not in ACTIVATIONS]
    if unknown or len(activations) != len(sizes) - 1:
        raise ValueError(
            f"activations: {len(sizes) - 1} of {', '.join(ACTIVATIONS)} are expected for sizes "
            f"{list(sizes)}, got {list(activations)}"
        )
    pairs = itertools.pairwise(sizes)
    kernels = [spreads[scheme](*pair) * rng.normal(size=pair) for pair in pairs]
    return Network(kernels, [np.zeros(nodes) for nodes in sizes[1:]], tuple(activations))


def forward(network: Network, x: np.ndarray) -> list[np.ndarray]:
    """Return `x` (n, inputs), then the output (n, nodes) of each layer; the last is the answer."""
    outputs = [x]
    layers = zip(network.kernels, network.biases, network.activations, strict=True)
    for kernel, bias, name in layers:
        activate, _ = ACTIVATIONS[name]
        outputs.append(activate(outputs[-1] @ kernel + bias))
    return outputs


def cost(network: Network, x: np.ndarray, y: np.ndarray, loss: str) -> float:
    """Return the mean loss over samples `x` (n, inputs) with targets `y` (n, outputs)."""
    return float(LOSSES[loss](y, forward(network, x)[-1]).mean())


def gradients(network: Network, x: np.ndarray, y: np.ndarray, loss: str) -> list[np.ndarray]:
    """Return the slope of the cost for each of `network.parameters`, by back-propagation.

    `delta` (n, nodes) is the slope at the weighted sums of a layer, from the last layer backwards.
    The chain rule (Rumelhart, Hinton and Williams 1986) makes of it the slopes for the layer's
    kernel (its inputs, transposed, times delta) and bias (delta summed over the samples), and,
    through the kernel and the activation before it, the delta of the layer before.
    """
    outputs = forward(network, x)
    delta = output_delta(network.activations[-1], loss, y, outputs[-1])
    slopes: list[np.ndarray] = []
    for layer in reversed(range(len(network.kernels))):
        slopes = [outputs[layer].T @ delta, delta.sum(axis=0), *slopes]
        if layer > 0:
            _, back = ACTIVATIONS[network.activations[layer - 1]]
            delta = back(outputs[layer], delta @ network.kernels[layer].T)
    return slopes


def output_delta(activation: str, loss: str, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the slope of the cost at the weighted sums of the last layer, shape (n, outputs)."""
    n, outputs = p.shape
    if loss == "mse":
        _, back = ACTIVATIONS[activation]
        return back(p, 2 * (p - y) / (n * outputs))
    if (activation, loss) == ("sigmoid", "binary_crossentropy"):
        return (p - y) / (n * outputs)  # the slope of the logarithm cancels that of the sigmoid
    if (activation, loss) == ("softmax", "categorical_crossentropy"):
        return (p * y.sum(axis=-1, keepdims=True) - y) / n
    raise ValueError(
        f"loss: mse goes with every last activation, binary_crossentropy with sigmoid, "
        f"categorical_crossentropy with softmax; got {loss!r} with {activation!r}"
    )


def train(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    loss: str,
    rule: GradientDescent | Adam,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator | None = None,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, list[float]]:
    """Train in place by mini-batches; return the cost after each epoch, ``loss`` and ``val_loss``.

    `rng` shuffles the samples `x` (n, inputs), `y` (n, outputs) before each epoch; without it they
    keep their order. The last batch of an epoch may be smaller.

    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> line = initialise([1, 1], ["linear"], np.random.default_rng(0))
    >>> _ = train(line, x, 3 * x + 1, "mse", GradientDescent(0.2), epochs=300, batch_size=3)
    >>> [round(p.item(), 3) for p in line.parameters]
    [3.0, 1.0]
    """
    history: dict[str, list[float]] = {"loss": []}
    for _ in range(epochs):
        order = np.arange(len(x)) if rng is None else rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            rule.update(network.parameters, gradients(network, x[batch], y[batch], loss))
        history["loss"].append(cost(network, x, y, loss))
        if validation is not None:
            history.setdefault("val_loss", []).append(cost(network, *validation, loss))
    return history
