"""The two CNNs of notebook 11 beside Keras's MNIST example and the dense network of notebook 07.

`benchmarks.time_to_accuracy` runs them. The example is built anew from its description
(https://keras.io/examples/vision/mnist_convnet/): convolutions of 32 and 64 kernels of 3 × 3 with
ReLU, each followed by max pooling, dropout 0.5, ten outputs; Adam, batches of 128, 15 epochs, a
tenth of the 60 000 training pictures kept for validation, divided by 255 beforehand, labels
one-hot. Ours keep 5 000 for validation. Their recipes were chosen on those and frozen before the
test part was read; the test part is read once per seed, in place and moved by 1 to 6 pixels in four
directions.
"""

import contextlib
import functools
import math
import os
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.from_notebook import definitions
from benchmarks.measure import Clock
from course_utils import datasets, digits
from course_utils.environment import quiet_import

NOTEBOOK = "11_a_cnn_reads_digits.ipynb"
NAMES = {
    "example": "Keras's example: 32-64, dropout, 15 epochs",
    "table": "notebook 11, the table's CNN: 8-16, dense 120-64, 6 epochs",
    "table_moving": "the table's CNN, trained as the lean one: with shifts, 8 epochs",
    "lean": "notebook 11, the lean CNN: 8-32-64, global max pooling, 8 epochs",
    "lean_in_place": "the lean CNN, trained without shifts",
    "dense": "notebook 07, dense: 256-128, 6 epochs",
}


def _trained(
    data: datasets.Dataset, seed: int, build: Callable, train: Callable, shuffled_labels: bool
) -> dict[str, Any]:
    """Train a network once; return it, its test accuracy and its cost."""
    import keras

    labels = data.y_train
    if shuffled_labels:
        labels = np.random.default_rng(seed).permutation(labels)
    keras.utils.set_random_seed(seed)
    model = build()
    with Clock() as clock, contextlib.redirect_stdout(open(os.devnull, "w")):
        train(model, (data.x_train, labels), (data.x_val, data.y_val))
    return _measured(model, data, clock)


def _measured(model: Any, data: datasets.Dataset, clock: Clock) -> dict[str, Any]:
    (accuracy,) = digits.accuracy_when_shifted(model, data.x_test, data.y_test, furthest=0)
    return {
        "model": model,
        "accuracy": accuracy,
        "cpu": clock.cpu,
        "wall": clock.wall,
        "parameters": model.count_params(),
    }


def _from_notebook(*names: str) -> Any:
    with quiet_import():
        import keras
    return definitions(NOTEBOOK, [*names], keras=keras, math=math, np=np, digits=digits)


def table_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False
) -> dict[str, Any]:
    """Train the CNN of notebook 11's table once; return it, its test accuracy and its cost.

    With `shuffled_labels` the training labels no longer belong to their pictures, so nothing can
    be learned.
    """
    notebook = _from_notebook("build_cnn")
    return _trained(data, seed, notebook.build_cnn, digits.train, shuffled_labels)


def table_moving(data: datasets.Dataset, seed: int) -> dict[str, Any]:
    """Train the table's CNN as the lean one is trained, on moving digits in one cycle."""
    notebook = _from_notebook("build_cnn", "moving_batches", "train_in_one_cycle")
    train = functools.partial(notebook.train_in_one_cycle, seed=seed)
    return _trained(data, seed, notebook.build_cnn, train, shuffled_labels=False)


def lean_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False, shifts: bool = True
) -> dict[str, Any]:
    """Train the lean CNN of notebook 11 once, as `table_recipe` does.

    Without `shifts` the training pictures stay in the middle.
    """
    names = ["group", "build_lean", "moving_batches", "train_in_one_cycle"]
    notebook = _from_notebook(*names)
    train = functools.partial(notebook.train_in_one_cycle, far=2 if shifts else 0, seed=seed)
    return _trained(data, seed, notebook.build_lean, train, shuffled_labels)


def lean_in_place(data: datasets.Dataset, seed: int) -> dict[str, Any]:
    """Train the lean CNN on digits that stay in the middle."""
    return lean_recipe(data, seed, shifts=False)


def dense(data: datasets.Dataset, seed: int) -> dict[str, Any]:
    """Train the dense network of notebook 07."""
    with quiet_import():
        import keras  # noqa: F401
    return _trained(data, seed, digits.build_dense, digits.train, shuffled_labels=False)


def example(data: datasets.Dataset, seed: int) -> dict[str, Any]:
    """Train the CNN of Keras's example once; return it, its test accuracy and its cost."""
    with quiet_import():
        import keras

    x = np.concatenate([data.x_train, data.x_val])[..., np.newaxis].astype("float32") / 255
    y = keras.utils.to_categorical(np.concatenate([data.y_train, data.y_val]), 10)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    with Clock() as clock:
        model.fit(x, y, batch_size=128, epochs=15, validation_split=0.1, verbose=0)
    scaled = keras.Sequential([keras.Input((28, 28)), keras.layers.Rescaling(1 / 255)])
    scaled.add(keras.layers.Reshape((28, 28, 1)))
    scaled.add(model)
    return _measured(scaled, data, clock)


def run(contestant: str, seed: int) -> dict[str, Any]:
    """Load the data, run one contestant and move its digits (in a process of its own)."""
    recipes = {
        "example": example,
        "table": table_recipe,
        "table_moving": table_moving,
        "lean": lean_recipe,
        "lean_in_place": lean_in_place,
        "dense": dense,
    }
    data = datasets.load_mnist()
    found = recipes[contestant](data, seed)
    moved = digits.accuracy_when_shifted(found.pop("model"), data.x_test, data.y_test)
    return {**found, "moved": moved}


def table_of_shifts(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return the Markdown rows of median accuracies on moved digits."""
    steps = range(digits.FURTHEST + 1)
    rows = [
        "| test digits moved by | " + " | ".join(f"{step} px" for step in steps) + " |",
        "| --- |" + " --- |" * len(steps),
    ]
    for name, results in runs.items():
        medians = [statistics.median(r["moved"][step] for r in results) for step in steps]
        rows.append(f"| {NAMES[name]} | " + " | ".join(f"{m:.3f}" for m in medians) + " |")
    return rows
