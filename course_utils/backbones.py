"""Two networks that others trained on ImageNet's 1.3 million photographs, to build on.

`load` returns MobileNetV2 or ResNet50 with its trained weights and without its last layer: a model
that makes features of pictures. The file with the weights is looked for

1. in the folder named by the environment variable ``COURSE_DATA_DIR``, under the name it has at
   Keras's (``data/registry.toml`` lists it);
2. in the course's own cache, then in Keras's (``~/.keras/models``);
3. on the network.

Nothing in the course needs it: where there is none, `load` raises `BackboneMissing`, whose message
is one sentence, and `build` still makes the same network with random weights, to be counted.

A file is used only if its size is the registry's, and its MD5 that of Keras's source. For
MobileNetV2 Keras states no MD5; there the numbers must fit into the network, all of them, and be
finite. A file of weights holds numbers and names only, nothing that could be run.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils import _fetch, datasets

if TYPE_CHECKING:
    import keras

__all__ = ["BackboneMissing", "build", "load", "multiplications"]

_LEAST_SIDE = 32  # what keras.applications asks for
_gave_up: dict[str, BackboneMissing] = {}  # nobody waits for the same silent host twice


class BackboneMissing(RuntimeError):
    """There are no usable weights; the message says in one sentence why, and what to do."""


@dataclass(frozen=True)
class _Entry:
    """What the registry says about a file of weights."""

    name: str
    title: str
    file: str
    bytes: int
    url: str
    md5: str = ""


def build(name: str, side: int = 96, *, weights: str | Path | None = None) -> keras.Model:
    """Return a backbone without its last layer, made for pictures with values from 0 to 255.

    Parameters
    ----------
    name : {"mobilenet_v2", "resnet50"}
        Which network.
    side : int
        Height and width of the pictures, 32 or more. The kernels are the same for every size.
    weights : path, optional
        A file of weights in Keras's older HDF5 format. Without one the weights are random.

    Returns
    -------
    keras.Model
        From pictures of shape (n, `side`, `side`, 3) to features, float32, of shape (n, 1280) for
        MobileNetV2 and (n, 2048) for ResNet50: the mean of each channel of the last maps. The
        preparation of the pixels that the network was trained with is part of the model, and the
        model is frozen (``trainable`` is False).

    Raises
    ------
    ValueError
        If `name` or `side` is not one of those above, or the file does not fit the network.
    TypeError
        If `side` is not a whole number.

    Notes
    -----
    M. Sandler and others: MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018.
    K. He and others: Deep Residual Learning for Image Recognition, CVPR 2016. Built by
    keras.applications.

    Examples
    --------
    >>> build("mobilenet_v2", 32).output_shape
    (None, 1280)
    """
    entry = _entry(name)
    side = _checked_side(side)
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    picture = keras.Input((side, side, 3))
    if name == "mobilenet_v2":
        prepare, make = keras.applications.mobilenet_v2.preprocess_input, "MobileNetV2"
    else:
        prepare, make = keras.applications.resnet.preprocess_input, "ResNet50"
    network = getattr(keras.applications, make)(
        include_top=False, weights=None, input_shape=(side, side, 3), pooling="avg"
    )
    if weights is not None:
        _fill(network, Path(weights), entry)
    model = keras.Model(picture, network(prepare(picture)), name=name)
    model.trainable = False
    return model


def load(name: str, side: int = 96, *, download: bool = True) -> keras.Model:
    """Return a backbone with the weights that it learned on ImageNet.

    Parameters
    ----------
    name : {"mobilenet_v2", "resnet50"}
        Which network: a file of 9 or of 95 MB.
    side : int
        Height and width of the pictures, 32 or more.
    download : bool
        Whether to ask the network where no file is at hand. With ``COURSE_DATA=stand-in`` nothing
        is asked.

    Returns
    -------
    keras.Model
        As from `build`.

    Raises
    ------
    BackboneMissing
        If there are no usable weights.
    ValueError, TypeError
        If an argument is not one of those above.

    Examples
    --------
    >>> load("vgg16")
    Traceback (most recent call last):
        ...
    ValueError: name is 'vgg16'; expected one of mobilenet_v2, resnet50.
    """
    entry = _entry(name)
    side = _checked_side(side)
    path = _at_hand(entry)
    if path is None:
        path = _downloaded(entry, allowed=download)
    try:
        return build(name, side, weights=path)
    except ValueError as error:
        raise BackboneMissing(f"{error} Remove it, and the course looks elsewhere.") from error


def multiplications(model: keras.Model) -> int:
    """Return how many multiplications a model needs to read one picture.

    Counted are those of convolutions, depthwise convolutions and dense layers, also inside models
    within the model: *places × numbers of one kernel × kernels*. The rest (normalising, adding) is
    small beside it.

    Parameters
    ----------
    model : keras.Model
        Built for pictures of a known size.

    Returns
    -------
    int
        Multiplications a picture.

    Raises
    ------
    ValueError
        If the size of a layer's output is open.

    Examples
    --------
    >>> from course_utils.environment import quiet_import
    >>> with quiet_import():
    ...     import keras
    >>> layers = [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, padding="same")]
    >>> multiplications(keras.Sequential(layers))  # 8 · 8 places, 3 · 3 · 3 numbers, 4 kernels
    6912
    """
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiplications(layer)
        elif isinstance(
            layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense
        ):
            places = layer.output.shape[1:-1]
            if None in places:
                raise ValueError(
                    f"the size of what layer {layer.name!r} puts out is open; "
                    "expected a model whose Input states height and width."
                )
            total += math.prod(places) * math.prod(layer.kernel.shape)
    return total


# --- Arguments and registry ---------------------------------------------------------------------


def _entry(name: str) -> _Entry:
    tables: Mapping[str, Any] = datasets.registry().get("backbones", {})
    if name not in tables:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(sorted(tables))}.")
    table = tables[name]
    return _Entry(
        name,
        table["title"],
        table["file"],
        table["bytes"],
        table["url"],
        table.get("md5", ""),
    )


def _checked_side(side: int) -> int:
    if isinstance(side, bool) or not isinstance(side, int | np.integer):
        raise TypeError(
            f"side is of type {type(side).__name__}; expected a whole number of pixels."
        )
    if side < _LEAST_SIDE:
        raise ValueError(f"side is {side}; expected {_LEAST_SIDE} pixels or more.")
    return int(side)


# --- Files ----------------------------------------------------------------------------------------


def _wrong(path: Path, entry: _Entry) -> str:
    """Say what is wrong with a file, or return an empty string."""
    size = path.stat().st_size
    if size != entry.bytes:
        return f"it has {size:,} bytes instead of {entry.bytes:,}"
    if entry.md5:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found != entry.md5:
            return f"its MD5 begins with {found[:8]} instead of {entry.md5[:8]}"
    return ""


def _fill(network: keras.Model, path: Path, entry: _Entry) -> None:
    """Load weights; a file that leaves one number unset, or sets one that is none, is refused."""
    for weight in network.weights:
        weight.assign(np.full(weight.shape, np.nan, "float32"))
    try:
        network.load_weights(path)
    except Exception as error:  # h5py and Keras raise what they please on a damaged file
        raise ValueError(f"{path.name} holds no weights that fit {entry.title}.") from error
    if not all(np.isfinite(weight).all() for weight in network.get_weights()):
        raise ValueError(f"{path.name} holds no weights that fit {entry.title}.")


def _keras_models() -> Path:
    """Return the folder where Keras keeps the weights it has downloaded."""
    return datasets.keras_folder().with_name("models")


def _at_hand(entry: _Entry) -> Path | None:
    """Return a good file that is on this machine; somebody's bad one in COURSE_DATA_DIR counts."""
    try:
        chosen = datasets.instructor_folder()
    except datasets.DataError as error:
        raise BackboneMissing(str(error)) from None
    if chosen is not None and (path := chosen / entry.file).is_file():
        try:
            trouble = _wrong(path, entry)
        except OSError as error:
            trouble = f"it cannot be read ({error.strerror})"
        if trouble:
            raise BackboneMissing(
                f"{entry.title}: {entry.file} in {datasets.FOLDER} is not the file that the "
                f"registry describes ({trouble}): copy it there again, or remove it."
            )
        return path
    own = datasets.cache_folder() / entry.file
    for path in (own, _keras_models() / entry.file):
        with contextlib.suppress(OSError):
            if path.is_file():
                if not _wrong(path, entry):
                    return path
                if path == own:
                    path.unlink()  # damaged, and the course's own: fetched anew
    return None


def _downloaded(entry: _Entry, *, allowed: bool) -> Path:
    """Fetch the file into the course's cache and return its path."""
    where = (
        f"put {entry.file} into a folder and set COURSE_DATA_DIR to it, or go on without: "
        "nothing else needs it"
    )
    if os.environ.get("COURSE_DATA", "").strip() == "stand-in":
        why = "COURSE_DATA is set to stand-in, so nothing is fetched"
        raise BackboneMissing(f"No weights of {entry.title} here: {why}; {where}.")
    if not allowed:
        raise BackboneMissing(f"No weights of {entry.title} here: not at hand; {where}.")
    if entry.name in _gave_up:
        raise _gave_up[entry.name]
    with datasets._working_folder() as (folder, lasting):
        path = folder / entry.file
        try:
            if not lasting:
                raise _fetch.FetchError(["the cache folder cannot be written"])
            host = _fetch.fetch(
                [entry.url],
                path,
                sha256=None,  # Keras states another digest, which is compared below
                size=entry.bytes,
                label=f"{entry.title}'s weights",
                budget=_fetch.Budget(_fetch.LIMITS.patience),
            )
            if trouble := _wrong(path, entry):
                raise _fetch.FetchError([f"{host} sent something else than the file ({trouble})"])
        except _fetch.FetchError as error:
            missing = BackboneMissing(f"No weights of {entry.title} here: {error}; {where}.")
            _gave_up[entry.name] = missing
            raise missing from None
        target = datasets.cache_folder() / entry.file
        datasets._keep(path, target)
    return target
