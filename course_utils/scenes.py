"""Small pictures of drawn objects, with the answers: for segmentation, boxes and heat maps.

Four kinds of objects (ring, star, cross, moon) lie on a grey ground. Each kind comes in two of
four colours and shares each of them with another kind; strokes and blobs of the same colours lie
under and over the objects, the light falls unevenly, and there is noise. So the colour of a pixel
tells little about what it belongs to: its surroundings have to be looked at.

Everything is drawn from a seed, on the reader's machine. The scenes were fixed before any network
was trained on them; `tests/test_scenes.py` holds them by their digest, together with how far one
gets without a network.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_utils.datasets import Dataset, generated

__all__ = [
    "KINDS",
    "SIDE",
    "Localisation",
    "Segmentation",
    "load_localisation",
    "load_segmentation",
    "localisation",
    "segmentation",
]

SIDE = 48
"""Height and width of a scene in pixels."""

KINDS = ("ring", "star", "cross", "moon")
"""What the objects are: 1 to 4 in masks, where the ground is 0; 0 to 3 in labels."""

_COLOURS = np.array([[205, 70, 60], [215, 180, 60], [80, 165, 85], [70, 105, 200]], dtype=float)
_OF_KIND = ((0, 1), (1, 2), (2, 3), (3, 0))  # two colours each; every colour has two kinds
_ROWS, _COLUMNS = np.mgrid[:SIDE, :SIDE] + 0.5  # centres of the pixels
_NOISE = 14.0  # grey values, standard deviation


class Segmentation(NamedTuple):
    """Scenes with what each pixel belongs to.

    Attributes
    ----------
    pictures : ndarray
        uint8, (n, 48, 48, 3).
    masks : ndarray
        uint8, (n, 48, 48): 0 where the ground or clutter is seen, else 1 + position in `KINDS`.
    """

    pictures: np.ndarray
    masks: np.ndarray


class Localisation(NamedTuple):
    """Scenes with one object, what it is and where.

    Attributes
    ----------
    pictures : ndarray
        uint8, (n, 48, 48, 3).
    labels : ndarray
        uint8, (n,): positions in `KINDS`.
    boxes : ndarray
        int64, (n, 4): top, left, bottom, right of the object in pixels. Half-open, as slices are:
        ``picture[top:bottom, left:right]`` holds the object and nothing more.
    """

    pictures: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray


def segmentation(n: int, seed: int) -> Segmentation:
    """Draw scenes of three to five objects, which may cover each other, and their masks.

    Parameters
    ----------
    n : int
        How many, 1 or more.
    seed : int
        The same seed draws the same scenes; 0 or more.

    Returns
    -------
    Segmentation
        `pictures` (n, 48, 48, 3) and `masks` (n, 48, 48), both uint8.

    Raises
    ------
    TypeError
        If `n` or `seed` is no whole number.
    ValueError
        If `n` is below 1 or `seed` below 0.

    Examples
    --------
    >>> pictures, masks = segmentation(2, seed=0)
    >>> pictures.shape, masks.shape, int(masks.max()) <= 4
    ((2, 48, 48, 3), (2, 48, 48), True)
    """
    n, rng = _checked(n, seed)
    pictures = np.zeros((n, SIDE, SIDE, 3), np.uint8)
    masks = np.zeros((n, SIDE, SIDE), np.uint8)
    for picture, mask in zip(pictures, masks, strict=True):
        colours = _ground(rng)
        for _ in range(rng.integers(3, 6)):
            _clutter(colours, rng)
        for _ in range(rng.integers(3, 6)):
            kind = int(rng.integers(len(KINDS)))
            where = _object(kind, rng, 6.0, 10.5, margin=2.0)
            mask[where] = kind + 1
            _paint(colours, where, _OF_KIND[kind][rng.integers(2)], rng)
        for _ in range(rng.integers(1, 4)):
            mask[_clutter(colours, rng, thin=True)] = 0
        picture[:] = _photographed(colours, rng)
    return Segmentation(pictures, masks)


def localisation(n: int, seed: int) -> Localisation:
    """Draw scenes with one object among clutter, anywhere in the picture.

    Parameters
    ----------
    n : int
        How many, 1 or more.
    seed : int
        The same seed draws the same scenes; 0 or more.

    Returns
    -------
    Localisation
        `pictures` (n, 48, 48, 3) and `labels` (n,), uint8; `boxes` (n, 4), int64: top, left,
        bottom, right in pixels, half-open.

    Raises
    ------
    TypeError
        If `n` or `seed` is no whole number.
    ValueError
        If `n` is below 1 or `seed` below 0.

    Examples
    --------
    >>> pictures, labels, boxes = localisation(2, seed=0)
    >>> top, left, bottom, right = boxes[0]
    >>> pictures[0, top:bottom, left:right].shape == (bottom - top, right - left, 3)
    True
    """
    n, rng = _checked(n, seed)
    pictures = np.zeros((n, SIDE, SIDE, 3), np.uint8)
    labels = np.zeros(n, np.uint8)
    boxes = np.zeros((n, 4), np.int64)
    for number, (picture, box) in enumerate(zip(pictures, boxes, strict=True)):
        labels[number] = kind = int(rng.integers(len(KINDS)))
        colours = _ground(rng)
        for _ in range(rng.integers(5, 9)):
            _clutter(colours, rng)
        where = _object(kind, rng, 6.0, 10.5, margin=None)
        _paint(colours, where, _OF_KIND[kind][rng.integers(2)], rng)
        rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
        box[:] = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        for _ in range(rng.integers(1, 3)):
            _clutter(colours, rng, thin=True)
        picture[:] = _photographed(colours, rng)
    return Localisation(pictures, labels, boxes)


def load_segmentation(train: int = 2400, val: int = 300, test: int = 300) -> Dataset:
    """Return segmentation scenes in three parts: `x_train` pictures, `y_train` masks, and so on.

    Parameters
    ----------
    train, val, test : int
        How many scenes each part has. A shorter part is the beginning of a longer one.

    Returns
    -------
    Dataset
        Its `y_…` are masks (n, 48, 48), uint8; `class_names` are the ground and the four kinds.

    Examples
    --------
    >>> data = load_segmentation(4, 2, 2)
    >>> data.x_train.shape, data.y_val.shape
    ((4, 48, 48, 3), (2, 48, 48))
    """
    parts = [segmentation(*which) for which in zip((train, val, test), (11, 12, 13), strict=True)]
    arrays = [array for part in parts for array in part]
    return generated(
        "scenes with masks",
        *arrays,
        class_names=("ground", *KINDS),
        text=_line("scenes of several objects, with masks", train, val, test),
    )


def load_localisation(
    train: int = 6000, val: int = 500, test: int = 500
) -> tuple[Dataset, Dataset]:
    """Return scenes of one object in three parts, twice: with what it is, and with where it is.

    Parameters
    ----------
    train, val, test : int
        How many scenes each part has. A shorter part is the beginning of a longer one.

    Returns
    -------
    objects, places : tuple of Dataset
        Both have the same pictures. The `y_…` of `objects` are labels (n,), uint8, those of
        `places` boxes (n, 4), int64: top, left, bottom, right in pixels, half-open.

    Examples
    --------
    >>> objects, places = load_localisation(4, 2, 2)
    >>> objects.y_train.shape, places.y_train.shape, objects.class_names
    ((4,), (4, 4), ('ring', 'star', 'cross', 'moon'))
    """
    parts = [localisation(*which) for which in zip((train, val, test), (21, 22, 23), strict=True)]
    labels = [array for part in parts for array in (part.pictures, part.labels)]
    boxes = [array for part in parts for array in (part.pictures, part.boxes)]
    text = _line("scenes of one object", train, val, test)
    return (
        generated("scenes with labels", *labels, class_names=KINDS, text=f"{text}, with its label"),
        generated("scenes with boxes", *boxes, class_names=KINDS, text=f"{text}, with its box"),
    )


# --- How it is done -----------------------------------------------------------------------------


def _checked(n: int, seed: int) -> tuple[int, np.random.Generator]:
    """Return the number of scenes and a generator, or say what is wrong with n or seed."""
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        try:
            number = operator.index(value)
        except TypeError:
            raise TypeError(f"{name}: a whole number is expected, got {value!r}") from None
        if number < least:
            raise ValueError(f"{name}: {least} or more is expected, got {number}")
    return operator.index(n), np.random.default_rng(operator.index(seed))


def _line(what: str, *sizes: int) -> str:
    """Return one line that says what was drawn."""
    return f"{what}: {' + '.join(map(str, sizes))} pictures of {SIDE} × {SIDE}, drawn here"


def _ground(rng: np.random.Generator) -> np.ndarray:
    """Return a grey ground (48, 48, 3) with soft waves in its brightness, floats of 0 to 255."""
    angle, length, phase = rng.uniform(0, np.pi), rng.uniform(6, 20), rng.uniform(0, 2 * np.pi)
    along = _COLUMNS * np.cos(angle) + _ROWS * np.sin(angle)
    wave = rng.uniform(5, 20) * np.sin(2 * np.pi * along / length + phase)
    tint = rng.uniform(-12, 12, 3)
    return (rng.uniform(95, 165) + wave)[..., np.newaxis] + tint


def _paint(
    colours: np.ndarray, where: np.ndarray, colour: int, rng: np.random.Generator
) -> np.ndarray:
    """Paint pixels with a shade of one of the four colours; return where."""
    colours[where] = _COLOURS[colour] * rng.uniform(0.75, 1.15) + rng.uniform(-14, 14, 3)
    return where


def _clutter(colours: np.ndarray, rng: np.random.Generator, thin: bool = False) -> np.ndarray:
    """Paint a stroke, or a blob or brick that is no object; return where."""
    row, column = rng.uniform(0, SIDE, 2)
    angle = rng.uniform(0, 2 * np.pi)
    along, across = _turned(row, column, angle)
    form = 0 if thin else int(rng.integers(3))
    if form == 0:  # a stroke
        length, width = rng.uniform(6, 18), rng.uniform(0.6, 1.1) if thin else rng.uniform(0.8, 1.8)
        where = (np.abs(along) <= length) & (np.abs(across) <= width)
    elif form == 1:  # a blob
        where = (along / rng.uniform(2, 5)) ** 2 + (across / rng.uniform(2, 5)) ** 2 <= 1
    else:  # a brick
        where = (np.abs(along) <= rng.uniform(2, 5)) & (np.abs(across) <= rng.uniform(2, 5))
    return _paint(colours, where, int(rng.integers(len(_COLOURS))), rng)


def _turned(row: float, column: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels' coordinates about a point, on axes that are turned by an angle."""
    down, right = _ROWS - row, _COLUMNS - column
    cosine, sine = np.cos(angle), np.sin(angle)
    return right * cosine + down * sine, down * cosine - right * sine


def _object(
    kind: int, rng: np.random.Generator, least: float, most: float, margin: float | None
) -> np.ndarray:
    """Return the pixels (48, 48), bool, of an object of some size, place and turn.

    Its centre is at least `margin` pixels from the frame; with None all of it is in the picture.
    """
    size = rng.uniform(least, most)
    low = size if margin is None else margin
    row, column = rng.uniform(low, SIDE - low, 2)
    along, across = _turned(row, column, rng.uniform(0, 2 * np.pi))
    return _FORMS[kind](along / size, across / size)


def _ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x**2 + y**2 <= 1) & (x**2 + y**2 >= 0.5**2)


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Five points of radius 1, notches of radius 0.42: inside one line after folding it up."""
    distance, tenth = np.hypot(x, y), np.pi / 5
    angle = np.abs((np.arctan2(y, x) + tenth) % (2 * tenth) - tenth)
    x, y = distance * np.cos(angle), distance * np.sin(angle)
    notch_x, notch_y = 0.42 * np.cos(tenth), 0.42 * np.sin(tenth)
    return (x - 1) * notch_y - y * (notch_x - 1) <= 0


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (np.maximum(np.abs(x), np.abs(y)) <= 0.9) & (np.minimum(np.abs(x), np.abs(y)) <= 0.28)


def _moon(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x**2 + y**2 <= 1) & ((x - 0.5) ** 2 + y**2 >= 0.75**2)


_FORMS: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (_ring, _star, _cross, _moon)


def _photographed(colours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the scene in uneven light, with noise, as uint8."""
    angle = rng.uniform(0, 2 * np.pi)
    along = ((_COLUMNS - SIDE / 2) * np.cos(angle) + (_ROWS - SIDE / 2) * np.sin(angle)) / SIDE
    light = 1 + rng.uniform(0.1, 0.4) * along
    noisy = colours * light[..., np.newaxis] + rng.normal(0, _NOISE, colours.shape)
    return np.rint(noisy).clip(0, 255).astype(np.uint8)
