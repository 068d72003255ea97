"""The recipes of notebook 12 on colour pictures: the plain CNN and the dense network beside it.

Taken out of the notebook, so that what is measured is what is shown. They were chosen on the
validation part and frozen before the test part was read; it is read once per seed. The accuracies
reached stand in `tests/real_data/bands.toml`.
"""

import math
from typing import Any

import numpy as np

from benchmarks.from_notebook import definitions
from benchmarks.measure import Clock
from course_utils import datasets
from course_utils.environment import quiet_import

NOTEBOOK = "12_a_cnn_sees_colour.ipynb"


def plain_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False
) -> dict[str, Any]:
    """Train the CNN of notebook 12 once; return its test accuracy and cost.

    With `shuffled_labels` the training labels no longer belong to their pictures, so nothing can
    be learned: what comes out then is what a broken recipe looks like.
    """
    notebook, keras = _notebook()
    return _trained(notebook, keras, notebook.build_cnn, data, seed, shuffled_labels)


def dense_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False
) -> dict[str, Any]:
    """Train the dense network of notebook 12 once; as `plain_recipe`."""
    notebook, keras = _notebook()
    return _trained(
        notebook, keras, lambda: notebook.build_dense(256), data, seed, shuffled_labels, rate=0.001
    )


def _notebook() -> tuple[Any, Any]:
    """Return the functions of the notebook, and Keras."""
    with quiet_import():
        import keras

    names = ["build_dense", "build_cnn", "batches", "one_line", "train"]
    return definitions(NOTEBOOK, names, keras=keras, math=math, np=np), keras


def _trained(notebook, keras, build, data, seed, shuffled_labels, **settings) -> dict[str, Any]:
    labels = data.y_train
    if shuffled_labels:
        labels = np.random.default_rng(seed).permutation(labels)
    validation = (data.x_val, data.y_val) if len(data.x_val) else None
    keras.utils.set_random_seed(seed)
    model = build()
    with Clock() as clock:
        notebook.train(model, (data.x_train, labels), validation, seed=seed, show=None, **settings)
    accuracy = model.evaluate(data.x_test, data.y_test, batch_size=500, verbose=0)[1]
    return {
        "accuracy": accuracy,
        "cpu": clock.cpu,
        "wall": clock.wall,
        "parameters": model.count_params(),
    }
