"""The recipe of notebook 13, taken out of it, so that what is measured is what is shown.

It was chosen on the validation part and frozen before the test part was read; the test part is
read once per seed. The accuracies reached stand in `tests/real_data/bands.toml`.
"""

import inspect
import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.from_notebook import code_of, definitions
from benchmarks.measure import Clock, digest
from course_utils import datasets
from course_utils.environment import quiet_import

NOTEBOOK = "13_training_cnns_well.ipynb"
CHANNELS = (32, 64, 128, 128)
# Made cheaper, by cost and validation accuracy, after (16, 16, 24) had been tested: 0.731, 0.26 of
# the tutorial's CPU time.
SHORT = (16, 16, 20)  # sizes of picture, an epoch each, of the short recipe
_FUNCTIONS = (
    "group",
    "build_cnn",
    "shrink",
    "shift_and_flip",
    "one_epoch",
    "one_cycle",
    "one_line",
    "compile_well",
    "train_well",
    "predict_both_ways",
)


def functions(keras: Any = None, **instead: Any) -> SimpleNamespace:
    """Return the functions of the notebook.

    Parameters
    ----------
    keras : module, optional
        Keras; without it the functions can be looked at, not called.
    **instead
        Functions that take the place of the notebook's own of the same name wherever it calls
        them: `functions(keras, group=plain_group).build_cnn` builds of plain groups.
    """
    names = [name for name in _FUNCTIONS if name not in instead]
    found = definitions(NOTEBOOK, names, keras=keras, math=math, np=np, **instead)
    return SimpleNamespace(**vars(found), **instead)


def default(function: str, argument: str) -> Any:
    """Return the default that a function of the notebook has for an argument."""
    return inspect.signature(getattr(functions(), function)).parameters[argument].default


def code(without: tuple[str, ...] = ("one_line",)) -> str:
    """Return a short mark of what the notebook's functions do, to notice when it changes."""
    names = [name for name in _FUNCTIONS if name not in without]
    return digest(code_of(NOTEBOOK, names, defaults=False))


def in_size(pictures: np.ndarray, size: int, notebook: SimpleNamespace) -> np.ndarray:
    """Return the pictures (n, h, h, 3) of that size, themselves where they have it."""
    return pictures if pictures.shape[1] == size else notebook.shrink(pictures, size)


def settings_of(sizes: tuple[int, ...] | None = None) -> dict[str, Any]:
    """Return the numbers that make the recipe, and a mark of its code, from the notebook."""
    numbers = {name: default("train_well", name) for name in ("peak", "batch_size", "far")}
    return {
        **numbers,
        "smoothing": default("compile_well", "smoothing"),
        "channels": CHANNELS,
        "sizes": sizes or default("train_well", "sizes"),
        "code": code(),
    }


def train_and_read(
    training: tuple[np.ndarray, np.ndarray],
    pictures: np.ndarray,
    labels: np.ndarray,
    seed: int,
    channels: tuple[int, ...] = CHANNELS,
    sizes: tuple[int, ...] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Train the network of notebook 13 once, then read pictures once and both ways.

    They are read in the size of the last epoch, which the network has got used to.

    Parameters
    ----------
    training : pair of ndarray
        Pictures, uint8 (n, 32, 32, 3), and labels (n,).
    pictures, labels : ndarray
        What is read after the training.
    seed : int
        Of the start and of the order, shifts and mirror images.
    channels : tuple of int
        Of the groups.
    sizes : tuple of int, optional
        Of the pictures, an epoch each; those of the notebook if left out.
    **settings
        Passed on to the notebook's `train_well`.

    Returns
    -------
    dict
        `accuracy` with mirror images averaged, `once` without; `cpu` and `wall` seconds of the
        training, `reading` and `reading_wall` those of the pictures read both ways;
        `parameters`.
    """
    with quiet_import():
        import keras

    notebook = functions(keras)
    sizes = sizes or default("train_well", "sizes")
    keras.utils.set_random_seed(seed)
    model = notebook.build_cnn(*channels)
    with Clock() as clock:
        notebook.train_well(model, training, sizes=sizes, seed=seed, **{"show": None, **settings})
    with Clock() as reading:
        seen = in_size(pictures, sizes[-1], notebook)
        both = notebook.predict_both_ways(model, seen)
    once = model.predict(seen, 500, verbose=0)
    return {
        "accuracy": float((both.argmax(axis=1) == labels).mean()),
        "once": float((once.argmax(axis=1) == labels).mean()),
        "cpu": clock.cpu,
        "wall": clock.wall,
        "reading": reading.cpu,
        "reading_wall": reading.wall,
        "parameters": model.count_params(),
    }


def well_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False, **settings: Any
) -> dict[str, Any]:
    """Train on the training part alone; return the test accuracy and the cost.

    With `shuffled_labels` the training labels no longer belong to their pictures, so nothing can
    be learned: what comes out then is what a broken recipe looks like.
    """
    labels = data.y_train
    if shuffled_labels:
        labels = np.random.default_rng(seed).permutation(labels)
    return train_and_read((data.x_train, labels), data.x_test, data.y_test, seed, **settings)


def short_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False
) -> dict[str, Any]:
    """Train as `well_recipe` does, for a few epochs on smaller pictures."""
    return well_recipe(data, seed, shuffled_labels, sizes=SHORT)
