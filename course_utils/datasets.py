"""Load the course's data, wherever it is, and say which copy it is.

`load_mnist`, `load_cifar10` and `load_iris` return a `Dataset`. The images are looked for

1. in the folder named by the environment variable ``COURSE_DATA_DIR`` (a USB stick, a shared
   drive): ``mnist.npz``, ``cifar10.npz`` or the official files;
2. in the course's own cache, then in Keras's (only its ``mnist.npz``);
3. on the network, from several hosts in turn;
4. else a **stand-in** is built on this machine, and a notice says so.

``COURSE_DATA=real`` (or ``stand-in``, or ``auto``) forces the choice for every call with
``source="auto"``; ``COURSE_CACHE_DIR`` moves the cache. What makes a copy the original is its
content, never its name: see ``data/registry.toml``.

An unusable file in ``COURSE_DATA_DIR`` is an error even with ``source="auto"``: somebody put it
there to be used, and passing over it would hide a stick that needs to be copied again. A damaged
file in the cache is nobody's wish, so it is removed and fetched anew.

``python -m course_utils.datasets --help`` lists, fetches and exports the data.
"""

import contextlib
import functools
import html
import importlib
import os
import shutil
import sys
import tempfile
import textwrap
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils import _data_files, _fetch
from course_utils._data_files import Found, Spec, Unusable, Whole

__all__ = [
    "DataError",
    "Dataset",
    "Source",
    "cache_folder",
    "data_folder",
    "generated",
    "load_cifar10",
    "load_iris",
    "load_mnist",
    "registry",
]

SOURCES = ("auto", "real", "stand-in")
FOLDER = "your COURSE_DATA_DIR folder"
CACHE = "the cache"
KERAS = "Keras's cache"
_SPLIT_SEED = 20_260_901  # fixed for ever: everybody validates on the same images
_LIMIT_SEED = 20_260_902
_STALE_SECONDS = 3600.0
_SPLITS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")

_gave_up: dict[str, _fetch.FetchError] = {}  # by data set, or "" when no host answered at all


class DataError(RuntimeError):
    """The data cannot be loaded; the message says why and what to do."""


@dataclass(frozen=True)
class Source:
    """Which copy of the data this is.

    Attributes
    ----------
    copy : str
        ``"mnist"``, ``"cifar10"`` or ``"iris"`` for the original, ``"altered"`` for a copy that
        differs from it, ``"stand-in"`` for the course's own replacement, ``"generated"`` for data
        that the course draws itself, the same on every machine.
    text : str
        One line for people.
    digest : str
        SHA-256 (hex) over the content of the whole copy, before any limit.
    verified : bool
        Whether it is the original, byte for byte. Generated data is no copy of anything: true.
    """

    copy: str
    text: str
    digest: str
    verified: bool

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training, validation and test data. Immutable: the arrays are read-only.

    Attributes
    ----------
    name : str
        ``"MNIST"``, ``"CIFAR-10"``, ``"Iris"``, or ``"stand-in for MNIST"`` and the like.
    x_train, x_val, x_test : ndarray
        Images, uint8, of shape (n, 28, 28) or (n, 32, 32, 3); Iris: float64 features, in
        centimetres, of shape (n, 4). Generated data: as its maker says.
    y_train, y_val, y_test : ndarray
        Labels, uint8, of shape (n,): positions in `class_names`. Generated data may have masks,
        boxes or coordinates instead, one row per image.
    class_names : tuple of str
        What the labels mean.
    source : Source
        Which copy this is; ``print(data.source)`` says it in one line.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    source: Source

    def __post_init__(self) -> None:
        for split in _SPLITS:
            array = getattr(self, split)
            while isinstance(array, np.ndarray):  # a view can be unlocked while its owner is
                array.flags.writeable = False
                array = array.base

    def __repr__(self) -> str:
        lines = [str(self.source)]
        for part, word in (("train", "training"), ("val", "validation"), ("test", "test")):
            x = getattr(self, f"x_{part}")
            lines.append(f"  {word:<10} {len(x):>6,} × {x.shape[1:]} {x.dtype}")
        if self.class_names:
            lines.append(f"  classes    {', '.join(self.class_names)}")
        return "\n".join(lines)


class Located(NamedTuple):
    """A whole data set with the place it was read from."""

    whole: Whole
    place: str
    verified: bool
    digest: str
    bytes: int = 0  # size of the files it was read from


# --- loading --------------------------------------------------------------------------------


def load_mnist(*, source: str = "auto", limit: int | None = None) -> Dataset:
    """Load MNIST: 70 000 handwritten digits, 28 × 28 grey pixels.

    Parameters
    ----------
    source : {"auto", "real", "stand-in"}
        "auto" takes the first copy there is (see the head of this module) and falls back to the
        stand-in with a notice; "real" never falls back; "stand-in" takes nothing else.
    limit : int, optional
        Keep that many training images, the classes in proportion; validation and test images
        are reduced alike. A limit above what there is keeps everything.

    Returns
    -------
    Dataset
        55 000 training, 5 000 validation and 10 000 test images, uint8 of shape (n, 28, 28).

    Raises
    ------
    DataError
        If the data asked for cannot be had, with the remedy.
    ValueError, TypeError
        If an argument is not one of those above.

    Notes
    -----
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86(11), 2278-2324, 1998.

    Examples
    --------
    >>> data = load_mnist(source="stand-in", limit=500)  # doctest: +ELLIPSIS
    ======...
    >>> data.x_train.shape
    (500, 28, 28)
    """
    return _load_images("mnist", source, limit)


def load_cifar10(*, source: str = "auto", limit: int | None = None) -> Dataset:
    """Load CIFAR-10: 60 000 colour photographs of ten kinds of things, 32 × 32 pixels.

    Parameters
    ----------
    source : {"auto", "real", "stand-in"}
        As for `load_mnist`.
    limit : int, optional
        As for `load_mnist`.

    Returns
    -------
    Dataset
        45 000 training, 5 000 validation and 10 000 test images, uint8 of shape (n, 32, 32, 3).

    Raises
    ------
    DataError
        If the data asked for cannot be had, with the remedy.
    ValueError, TypeError
        If an argument is not one of those above.

    Notes
    -----
    A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report,
    University of Toronto, 2009. The data states no licence: it is fetched, never redistributed.

    Examples
    --------
    >>> data = load_cifar10(source="stand-in", limit=500)  # doctest: +ELLIPSIS
    ======...
    >>> data.class_names[3]
    'cat'
    """
    return _load_images("cifar10", source, limit)


def load_iris(*, source: str = "auto", limit: int | None = None) -> Dataset:
    """Load Iris: 150 flowers of three species, four lengths in centimetres each.

    Parameters
    ----------
    source : {"auto", "real", "stand-in"}
        For symmetry only: scikit-learn ships the data, so it is always the real one.
    limit : int, optional
        As for `load_mnist`.

    Returns
    -------
    Dataset
        120 training, 15 validation and 15 test flowers; features float64 of shape (n, 4):
        length and width of sepal, length and width of petal.

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of those above.

    Notes
    -----
    R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7(2),
    179-188, 1936.

    Examples
    --------
    >>> data = load_iris()
    >>> data.x_train.shape, data.x_val.shape, data.x_test.shape
    ((120, 4), (15, 4), (15, 4))
    >>> print(data.source)
    Iris, the original (verified), as scikit-learn ships it
    """
    _wanted(source)
    entry = registry()["datasets"]["iris"]
    names = tuple(entry["class_names"])
    limit = _checked_limit(limit, len(names))
    from sklearn.datasets import load_iris as ship

    bunch = ship()
    x = np.ascontiguousarray(bunch.data, dtype="<f8")
    y = bunch.target.astype(np.uint8)
    content = {
        "features": _data_files.sha256(x.tobytes()),
        "labels": _data_files.sha256(y.tobytes()),
    }
    verified = content == entry["content"]
    kind = "the original (verified)" if verified else "a re-encoded or altered copy"
    test = _stratified(y, entry["test"], _SPLIT_SEED)
    rest = np.setdiff1d(np.arange(len(y)), test)
    val = rest[_stratified(y[rest], entry["validation"], _SPLIT_SEED + 1)]
    train = np.setdiff1d(rest, val)
    parts = [array[rows] for rows in (train, val, test) for array in (x, y)]
    return Dataset(
        entry["title"],
        *_limited(parts, limit, len(names)),
        names,
        Source(
            "iris" if verified else "altered",
            f"{entry['title']}, {kind}, as scikit-learn ships it",
            _data_files.array_digest(x, y),
            verified,
        ),
    )


def generated(
    name: str,
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_val: np.ndarray,
    y_val: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    *,
    class_names: tuple[str, ...] = (),
    text: str,
) -> Dataset:
    """Return data that the course draws itself, in the form in which it is loaded elsewhere.

    Parameters
    ----------
    name : str
        What it is, for example ``"scenes"``.
    x_train, y_train, x_val, y_val, x_test, y_test : ndarray
        Inputs of shape (n, ...) and targets of shape (n, ...): labels, masks, boxes, coordinates.
        Numbers or truth values. They are not copied but made read-only.
    class_names : tuple of str, optional
        What labels mean, where there are any.
    text : str
        One line for people: what draws it, from which seed.

    Returns
    -------
    Dataset
        Its ``source.copy`` is ``"generated"``, its ``source.digest`` the SHA-256 over the shapes,
        types and values of all six arrays, in this order.

    Raises
    ------
    TypeError
        If one of the six is not an array of numbers.
    ValueError
        If a part is empty, has more inputs than targets or the reverse, or differs in shape or
        type from the training part; or if `name` or `text` is not one line.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.arange(8.0).reshape(4, 2), np.arange(4)
    >>> data = generated("rows", x[:2], y[:2], x[2:3], y[2:3], x[3:], y[3:], text="rows, counted")
    >>> print(data)
    rows, counted
      training        2 × (2,) float64
      validation      1 × (2,) float64
      test            1 × (2,) float64
    >>> data.source.copy
    'generated'
    """
    for key, words in (("name", name), ("text", text)):
        if not isinstance(words, str) or len(words.splitlines()) != 1 or not words.strip():
            raise ValueError(f"{key} is {words!r}; expected one line of text")
    arrays = dict(zip(_SPLITS, (x_train, y_train, x_val, y_val, x_test, y_test), strict=True))
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            given = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"{key} is {given}; expected an array of numbers")
        model = arrays[f"{key[0]}_train"]
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(f"{key} has the shape {array.shape}; expected (n, ...) with n ≥ 1")
        if (array.shape[1:], array.dtype) != (model.shape[1:], model.dtype):
            raise ValueError(
                f"{key} has rows of shape {array.shape[1:]} and type {array.dtype}; expected "
                f"{model.shape[1:]} and {model.dtype}, as {key[0]}_train has"
            )
    for part in ("train", "val", "test"):
        inputs, targets = (len(arrays[f"{kind}_{part}"]) for kind in "xy")
        if inputs != targets:
            raise ValueError(f"x_{part} has {inputs} rows and y_{part} {targets}; expected as many")
    digest = _data_files.array_digest(*arrays.values())
    source = Source("generated", text, digest, True)
    return Dataset(name, *arrays.values(), tuple(class_names), source)


def _load_images(name: str, source: str, limit: int | None) -> Dataset:
    wanted = _wanted(source)
    spec = specification(name)
    limit = _checked_limit(limit, len(spec.class_names))
    if wanted == "stand-in":
        return _stand_in(spec, limit, ["it was asked for"], forced=True)
    try:
        found = locate(name, download=True, wait=wanted == "real")
    except NotFound as failure:
        if wanted == "real":
            raise DataError(_no_data_sentence(spec, failure.reasons)) from None
        return _stand_in(spec, limit, failure.short)
    return _as_dataset(spec, found, limit)


def _as_dataset(spec: Spec, found: Located, limit: int | None) -> Dataset:
    # A copy with another number of images keeps the same share of them for validation.
    validation = spec.validation * len(found.whole.y_train) // spec.train
    validation = max(validation, len(spec.class_names))
    parts = _split_in_place(found.whole, validation)
    kind = (
        "the original (verified)"
        if found.verified
        else "a re-encoded or altered copy, not the original"
    )
    return Dataset(
        spec.title,
        *_limited(parts, limit, len(spec.class_names)),
        spec.class_names,
        Source(
            spec.name if found.verified else "altered",
            f"{spec.title}, {kind}, from {found.place}",
            found.digest,
            found.verified,
        ),
    )


# --- splits ---------------------------------------------------------------------------------


def _stratified(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose `count` rows, the classes in proportion, the same on every machine.

    NumPy promises that RandomState's numbers never change; the shares are whole-number
    arithmetic (largest remainder first).
    """
    classes, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    shares, remainders = np.divmod(sizes * count, len(labels))
    late = np.argsort(-remainders, kind="stable")[: count - shares.sum()]
    shares[late] += 1
    draw = np.random.RandomState(seed).random_sample(len(labels))
    chosen = []
    for number in range(len(classes)):
        rows = np.flatnonzero(codes == number)
        chosen.append(rows[np.argsort(draw[rows], kind="stable")[: shares[number]]])
    return np.sort(np.concatenate(chosen))


def _split_in_place(whole: Whole, validation: int) -> list[np.ndarray]:
    """Move the validation images to the end of the training arrays and return six views.

    Working in place keeps one copy in memory. The order within each part stays the official one.
    """
    rows = _stratified(whole.y_train, validation, _SPLIT_SEED)
    stay = np.setdiff1d(np.arange(len(whole.y_train)), rows)
    for array in (whole.x_train, whole.y_train):
        kept = array[rows]
        for start in range(0, len(stay), 1000):
            # Row i moves to a place at or before i, so nothing unread is overwritten.
            part = stay[start : start + 1000]
            array[start : start + len(part)] = array[part]
        array[len(stay) :] = kept
    x, y, cut = whole.x_train, whole.y_train, len(stay)
    return [x[:cut], y[:cut], x[cut:], y[cut:], whole.x_test, whole.y_test]


def _limited(parts: list[np.ndarray], limit: int | None, classes: int) -> list[np.ndarray]:
    train = len(parts[1])
    if limit is None or limit >= train:
        return parts
    limited = []
    for number, (x, y) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        count = min(len(y), max(classes, round(len(y) * limit / train)))
        rows = _stratified(y, count, _LIMIT_SEED + number)
        limited += [x[rows], y[rows]]
    return limited


# --- arguments and environment --------------------------------------------------------------


def _wanted(source: str) -> str:
    if not isinstance(source, str):
        raise TypeError(
            f"source is of type {type(source).__name__}; expected one of {', '.join(SOURCES)}"
        )
    if source not in SOURCES:
        raise ValueError(f"source is {source!r}; expected one of {', '.join(SOURCES)}")
    forced = os.environ.get("COURSE_DATA", "").strip()
    if forced and forced not in SOURCES:
        raise DataError(
            f"The environment variable COURSE_DATA is {forced!r}; expected one of "
            f"{', '.join(SOURCES)}: set it to one of them or remove it."
        )
    return forced if source == "auto" and forced else source


def _checked_limit(limit: int | None, classes: int) -> int | None:
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer):
        raise TypeError(
            f"limit is of type {type(limit).__name__}; expected None or a whole number of "
            "training examples"
        )
    if limit < classes:
        raise ValueError(f"limit is {limit}; expected {classes} or more, so that each class occurs")
    return int(limit)


def data_folder() -> Path:
    """Return the folder that holds ``registry.toml``.

    Returns
    -------
    Path
        ``course_utils/_data`` in an installed copy, else ``data`` in the repository.

    Examples
    --------
    >>> (data_folder() / "registry.toml").is_file()
    True
    """
    here = Path(__file__).resolve().parent
    packaged = here / "_data"
    return packaged if (packaged / "registry.toml").is_file() else here.parent / "data"


@functools.cache
def _parsed(path: Path, changed_ns: int) -> dict:
    with path.open("rb") as file:
        return tomllib.load(file)


def registry() -> dict:
    """Return the registry of downloadable files, as written in ``registry.toml``.

    Returns
    -------
    dict
        Tables ``datasets`` and, where networks are stored, ``trained``. Treat it as read-only.

    Examples
    --------
    >>> registry()["datasets"]["mnist"]["train"]
    60000
    """
    path = data_folder() / "registry.toml"
    return _parsed(path, path.stat().st_mtime_ns)


def specification(name: str) -> Spec:
    """Return what the registry says about ``"mnist"`` or ``"cifar10"``."""
    entry = registry()["datasets"][name]
    return Spec(
        name,
        entry["title"],
        entry["layout"],
        tuple(entry["image_shape"]),
        entry["train"],
        entry["test"],
        entry["validation"],
        tuple(entry["class_names"]),
        entry["content"],
        tuple(entry["copies"]),
        entry.get("licence", ""),
        entry.get("citation", ""),
    )


def cache_folder() -> Path:
    """Return the folder for downloads and stand-ins (it may not exist yet).

    Returns
    -------
    Path
        ``COURSE_CACHE_DIR`` where that is set, else the usual place for caches of this system.
    """
    chosen = os.environ.get("COURSE_CACHE_DIR", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("neural-networks-by-hand"))


def keras_folder() -> Path:
    """Return the folder where Keras keeps the data it has downloaded."""
    chosen = os.environ.get("KERAS_HOME", "").strip()
    return (Path(chosen).expanduser() if chosen else Path.home() / ".keras") / "datasets"


def instructor_folder() -> Path | None:
    """Return ``COURSE_DATA_DIR``, or None where it is not set.

    Raises
    ------
    DataError
        If it is set to something that is not a folder.
    """
    chosen = os.environ.get("COURSE_DATA_DIR", "").strip()
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        what = "a file, not a folder" if folder.exists() else "a folder that does not exist"
        raise DataError(
            f"The environment variable COURSE_DATA_DIR names {what} ({folder}): plug the drive in "
            "or correct the name, or remove the variable to let the course look elsewhere."
        )
    return folder


# --- looking for the real data --------------------------------------------------------------


class NotFound(Exception):
    """There is no real copy: why, in full (`reasons`) and in few words (`short`)."""

    def __init__(self, reasons: list[str], short: list[str] | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.short = reasons if short is None else short


def locate(name: str, *, download: bool, wait: bool = False) -> Located:
    """Find and read a real copy, in the order given at the head of this module.

    Parameters
    ----------
    name : str
        ``"mnist"`` or ``"cifar10"``.
    download : bool
        Whether to ask the network when no copy is at hand.
    wait : bool
        Wait for slow hosts, and ask even those that failed a moment ago.

    Returns
    -------
    Located
        The data with its place.

    Raises
    ------
    DataError
        If a file in ``COURSE_DATA_DIR`` is unusable, or that folder is not there.
    NotFound
        If there is no copy.
    """
    spec = specification(name)
    reasons = []
    folder = instructor_folder()
    if folder is not None:
        found = _data_files.find(folder, spec)
        if found is not None:
            return _from_instructor(found, folder, spec)
        reasons.append(_nothing_in(folder, spec))
    with contextlib.suppress(NotFound):
        return from_cache(spec, remove_damaged=download)
    if not download:
        raise NotFound([*reasons, "it is not in a cache"])
    try:
        return download_original(spec, wait=wait)
    except _fetch.FetchError as error:
        offline = ["no data host can be reached (is this machine online?)"]
        short = offline if error.offline else error.reasons
        raise NotFound([*reasons, *error.reasons], [*reasons, *short]) from None


def _from_instructor(found: Found, folder: Path, spec: Spec) -> Located:
    try:
        whole = _data_files.read(found, spec)
    except Unusable as error:
        raise DataError(
            f"{error}. It lies in {FOLDER} ({folder}): copy it there again, or remove it to let "
            "the course look elsewhere."
        ) from None
    except OSError as error:
        raise DataError(
            f"{spec.title} in {FOLDER} ({folder}) cannot be read "
            f"({error.strerror or type(error).__name__}): check the drive and its permissions."
        ) from None
    return Located(whole, FOLDER, *_data_files.check(whole, spec), found.bytes)


def _nothing_in(folder: Path, spec: Spec) -> str:
    holds = f"{FOLDER} holds no {spec.name}.npz and none of the official files"
    if spec.layout == "cifar-binary" and any(folder.glob("cifar-10-*py*")):
        holds += " (its Python archive holds pickles, which are never opened: use the binary one)"
    return holds


def from_cache(spec: Spec, *, remove_damaged: bool) -> Located:
    """Read the copy in the course's cache or in Keras's; only the original is accepted.

    Parameters
    ----------
    spec : Spec
        The data set.
    remove_damaged : bool
        Whether to remove a damaged copy from the course's own cache (never from Keras's).

    Returns
    -------
    Located
        The data.

    Raises
    ------
    NotFound
        If neither cache has it.
    """
    found = None
    with contextlib.suppress(OSError):  # a folder that may not be looked into
        found = _data_files.find(cache_folder(), spec)
    if found is not None:
        before = _state(found)
        located = _verified(found, spec, CACHE)
        if located is not None:
            return located
        # An unfinished set is left alone: another program may be adding to it right now.
        if remove_damaged and not found.missing and _state(found) == before:
            for path in found.paths.values():
                with contextlib.suppress(OSError):
                    path.unlink()
    if spec.name == "mnist":
        keras = keras_folder() / "mnist.npz"  # never its CIFAR-10: those are pickles
        located = _verified(Found("npz", {keras.name: keras}), spec, KERAS)
        if located is not None:
            return located
    raise NotFound([])


def _state(found: Found) -> list[tuple[int, int]]:
    """Return what changes when another program replaces a file: sizes and times."""
    states = []
    for path in found.paths.values():
        with contextlib.suppress(OSError):
            status = path.stat()
            states.append((status.st_size, status.st_mtime_ns))
    return states


def _verified(found: Found, spec: Spec, place: str) -> Located | None:
    """Read a copy that nobody vouches for: only the original is accepted."""
    try:
        size = found.bytes
        whole = _data_files.read(found, spec)
    except (Unusable, OSError):
        return None
    verified, digest = _data_files.check(whole, spec)
    return Located(whole, place, True, digest, size) if verified else None


def download_original(spec: Spec, *, wait: bool) -> Located:
    """Download a data set into the cache.

    Parameters
    ----------
    spec : Spec
        The data set.
    wait : bool
        Wait for slow hosts, and ask even those that failed a moment ago.

    Returns
    -------
    Located
        The verified data.

    Raises
    ------
    FetchError
        If no host delivered it.
    """
    if not wait:
        for key in (spec.name, ""):
            if key in _gave_up:
                earlier = _gave_up[key]
                raise _fetch.FetchError(earlier.reasons, offline=earlier.offline)
    budget = _fetch.Budget(float("inf") if wait else _fetch.LIMITS.patience)
    reasons: list[str] = []
    for copy in spec.copies:
        try:
            located = _download_copy(copy, spec, budget, wait)
        except _fetch.FetchError as error:
            reasons += error.reasons
            if isinstance(error, _fetch.DiskError) or budget.spent:
                break
        else:
            _gave_up.clear()
            return located
    failure = _fetch.FetchError(reasons, offline=not budget.answered)
    _gave_up[spec.name] = failure
    if failure.offline:
        _gave_up[""] = failure
    raise failure


def _download_copy(copy: dict, spec: Spec, budget: _fetch.Budget, wait: bool) -> Located:
    with _working_folder() as (folder, lasting):
        hosts = []
        for file in copy["files"]:
            host = _fetch.fetch(
                file["urls"],
                folder / file["name"],
                sha256=file.get("sha256"),
                size=file.get("bytes"),
                label=spec.title,
                budget=budget,
                wait=wait,
            )
            hosts.append(host)
        found = _data_files.find(folder, spec)
        located = None if found is None else _verified(found, spec, _and(hosts))
        if located is None:
            raise _fetch.FetchError(
                [f"{_and(hosts)} sent something else than {spec.title} (wrong content)"]
            )
        if lasting:
            for file in copy["files"]:
                _keep(folder / file["name"], cache_folder() / file["name"])
        return located


def _and(hosts: list[str]) -> str:
    return " and ".join(dict.fromkeys(hosts))


@contextlib.contextmanager
def _working_folder() -> Iterator[tuple[Path, bool]]:
    """Make a folder for unfinished files: in the cache, so that finishing is a mere renaming.

    Where the cache cannot be written, a temporary folder serves for this once.
    """
    cache = cache_folder()
    folder = cache / f"unfinished-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        lasting = True
    except OSError:
        folder, lasting = Path(tempfile.mkdtemp(prefix="course-data-")), False
        print("The cache folder cannot be written, so the data will not be kept for next time.")
    else:
        _sweep(cache)
    try:
        yield folder, lasting
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(cache: Path) -> None:
    """Remove what downloads left behind when their program was killed."""
    for left in cache.glob("unfinished-*"):
        with contextlib.suppress(OSError):
            newest = max(path.stat().st_mtime for path in (left, *left.iterdir()))
            if time.time() - newest > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _keep(finished: Path, target: Path) -> None:
    """Rename a verified file into its place, also while another program reads the old one."""
    for pause in (0.1, 0.3, 1.0, None):
        try:
            os.replace(finished, target)
            return
        except PermissionError:  # Windows, while somebody has the target open
            if pause is None:
                return  # the other program has put the same file there, or will
            time.sleep(pause)
        except OSError:
            return


def _no_data_sentence(spec: Spec, reasons: list[str]) -> str:
    return (
        f"{spec.title} could not be had: {'; '.join(reasons)}. Connect to the network and run this "
        f"again, or put {spec.name}.npz into a folder and set COURSE_DATA_DIR to that folder, or "
        f'work with the stand-in: load_{spec.name}(source="stand-in").'
    )


# --- the stand-in ---------------------------------------------------------------------------

_STAND_INS = {
    "mnist": (
        "digits",
        "scikit-learn's handwritten 8 × 8 digits, enlarged",
    ),
    "cifar10": (
        "pictures",
        "small pictures drawn by a program",
    ),
}


def _stand_in(spec: Spec, limit: int | None, reasons: list[str], *, forced: bool = False):
    kind, what = _STAND_INS[spec.name]
    arrays = stand_in_arrays(kind)
    parts = [np.asarray(arrays[split]) for split in _SPLITS]
    data = Dataset(
        f"stand-in for {spec.title}",
        *_limited(parts, limit, len(spec.class_names)),
        spec.class_names,
        Source(
            "stand-in",
            f"stand-in for {spec.title}, not {spec.title}: {what}",
            _data_files.array_digest(*parts),
            False,
        ),
    )
    _show_notice(spec, what, reasons, forced)
    return data


def stand_in_path(kind: str) -> Path:
    """Return where a stand-in is cached; the name changes with `stand_ins.VERSION`."""
    stand_ins = importlib.import_module("course_utils.stand_ins")
    return cache_folder() / f"stand-in-{kind}-v{stand_ins.VERSION}.npz"


def stand_in_arrays(kind: str) -> dict[str, np.ndarray]:
    """Return the stand-in's six arrays, from the cache or freshly built.

    Parameters
    ----------
    kind : {"digits", "pictures"}
        Which one.

    Returns
    -------
    dict of str to ndarray
        ``x_train``, ``y_train``, ``x_val``, ``y_val``, ``x_test`` and ``y_test``, all uint8.
    """
    path = stand_in_path(kind)
    arrays = _cached_stand_in(path)
    if arrays is None:
        built = getattr(importlib.import_module("course_utils.stand_ins"), kind)()
        arrays = {split: np.ascontiguousarray(getattr(built, split)) for split in _SPLITS}
        digest = np.array(_data_files.array_digest(*arrays.values()))
        with contextlib.suppress(OSError):  # a cache that cannot be written costs a rebuild
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: np.savez(file, digest=digest, **arrays))
    return arrays


def _cached_stand_in(path: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {split: archive[split] for split in _SPLITS}
            digest = str(archive["digest"])
    except Exception:  # whatever is wrong with it, it is built anew
        return None
    return arrays if digest == _data_files.array_digest(*arrays.values()) else None


def write_atomically(path: Path, write: Callable) -> None:
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : Path
        The file; its folder exists.
    write : callable
        Called with a binary file to fill.

    Raises
    ------
    OSError
        If the file cannot be written; then nothing is left behind.
    """
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with unfinished.open("xb") as file:
            write(file)
        os.replace(unfinished, path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _show_notice(spec: Spec, what: str, reasons: list[str], forced: bool) -> None:
    head = f"This is NOT {spec.title}: it is the course's stand-in ({what})."
    why = f"Why: {'; '.join(reasons)}."
    todo = (
        f"Everything runs, but the numbers in the text are for {spec.title}. To get the real data, "
        + (
            f'unset COURSE_DATA or call load_{spec.name}(source="real").'
            if forced
            else "connect to the network and restart this notebook, or put "
            f"{spec.name}.npz into a folder and set COURSE_DATA_DIR to it."
        )
    )
    rule = "=" * 88
    text = "\n".join([rule, *(textwrap.fill(line, 88) for line in (head, why, todo)), rule])
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display({"text/plain": text, "text/html": _notice_box(head, why, todo)}, raw=True)
    else:
        print(text)


def _notice_box(head: str, why: str, todo: str) -> str:
    lines = "".join(
        f'<p style="margin:.3em 0;{style}">{html.escape(line)}</p>'
        for line, style in ((head, "font-weight:bold;font-size:110%"), (why, ""), (todo, ""))
    )
    return (
        '<div role="note" style="border:3px solid #D55E00;background:#FFF4E8;color:#000;'
        f'padding:.6em 1em;margin:.5em 0">{lines}</div>'
    )


if __name__ == "__main__":
    from course_utils._data_cli import main

    sys.exit(main())
