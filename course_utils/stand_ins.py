"""Stand-in data: what the notebooks use where neither MNIST nor CIFAR-10 can be had.

`digits` enlarges the real 8 × 8 handwritten digits that scikit-learn ships until they look like
MNIST. `pictures` draws ten classes of small colour pictures that bear CIFAR-10's names. Both need
no network, take a few seconds, and give the same bytes on every run: each image has a random
generator of its own, seeded by (kind of data, seed, part, index), and geometry is rounded to whole
pixels of a fine canvas. (A different release of SciPy or Pillow may round a pixel differently.)

The drawings are made to be *told apart by shape*: colour, background, place, size, pose and the
things lying about are drawn from the same lots for every class, so that a network which looks at
shapes wherever they are does clearly better than one that weighs fixed pixels. How much better is
measured by ``python -m benchmarks.stand_in_difficulty``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

VERSION = 2
"""Raised whenever a change here alters any image; caches keep it beside the arrays."""

PARTS = ("train", "val", "test")


@dataclass(frozen=True, eq=False, repr=False)
class StandIn:
    """Images and labels of the three parts, all ``uint8``.

    Attributes
    ----------
    x_train, x_val, x_test : numpy.ndarray
        Images, ``(n, 28, 28)`` for digits and ``(n, 32, 32, 3)`` for pictures, values 0 to 255.
    y_train, y_val, y_test : numpy.ndarray
        Labels ``(n,)``, 0 to 9.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def __repr__(self) -> str:
        counts = " + ".join(str(len(labels)) for labels in (self.y_train, self.y_val, self.y_test))
        size = " × ".join(str(side) for side in self.x_train.shape[1:])
        return f"<StandIn: {counts} images of {size}>"


def _generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def _shuffled(n: int, *key: int) -> np.ndarray:
    """Return 0 … n − 1 in an order that depends on `key` alone."""
    return _generator(*key).random(n).argsort(kind="stable")


# --- Digits ---------------------------------------------------------------------------------------

WRITER_STARTS = (0, 130, 256, 386, 516, 646, 776, 906, 1029, 1157, 1287, 1415, 1545, 1667)
"""Index in ``load_digits()`` of the first digit of each filled-in form.

The order of the labels tells. Everybody filled in the same form of 130 boxes: 0 to 9 three times,
then a hundred digits that begin 0955650989 and end 5488490898. The 1 797 labels are this form
fourteen times over, with 23 boxes left out (unreadable ones, presumably) and one label that differs
(row 385 is a 3 where the form asks for an 8). There is one way only to lay the forms along the
labels: nine are complete, and where boxes are missing the next form still begins with its run of
0 to 9 (or of 1 to 9, at row 906).

What cannot be told: the set's authors speak of 13 writers and there are 14 forms, so one person may
have filled in two. The labels cannot say which. Compared by their mean images of each digit, no two
forms are as alike (distance 1.12 and more) as two halves of one form are (0.59 to 0.84); the two
closest pairs, 9 with 10 and 2 with 6, are kept in one part to be on the safe side.
"""

WRITERS = {
    "train": (0, 2, 3, 5, 6, 7, 9, 10, 13),
    "val": (4, 11),
    "test": (1, 8, 12),
}
"""Which forms go to which part: nobody's hand is in two parts."""

_TRAIN_DIGITS_EACH = 1200  # per class
_BOX = 20  # MNIST's makers fitted each digit into 20 × 20 pixels …
_SIDE = 28  # … and put its centre of mass at the centre of 28 × 28
_SHARPEN = 0.2  # of the Laplacian is taken off: the scan averaged 4 × 4 dots, which blurred it
_INK = 0.62  # share of ink from which a point belongs to the stroke: gives MNIST's thickness
_CONTRAST = 1.7  # how fast the edge of a stroke goes from black to white: gives MNIST's greys


@dataclass(frozen=True, eq=False)
class DigitOrigin:
    """Where each digit image of one part comes from.

    Attributes
    ----------
    base : numpy.ndarray
        ``(n,)``, the row of ``sklearn.datasets.load_digits().images`` it was made from.
    writer : numpy.ndarray
        ``(n,)``, the number of the form (see `WRITER_STARTS`), 0 to 13.
    augmented : bool
        Whether the images of this part were varied at random.
    """

    base: np.ndarray
    writer: np.ndarray
    augmented: bool


def digit_origins(seed: int = 0) -> dict[str, DigitOrigin]:
    """Say which handwritten digit, and whose, is behind each image of `digits`.

    Parameters
    ----------
    seed : int
        The same seed as given to `digits`.

    Returns
    -------
    dict
        From ``"train"``, ``"val"`` and ``"test"`` to a `DigitOrigin`, in the order of the images.

    Examples
    --------
    >>> origins = digit_origins()
    >>> {part: len(origin.base) for part, origin in origins.items()}
    {'train': 12000, 'val': 260, 'test': 376}
    """
    labels = _small_digits()[1]
    forms = np.searchsorted(WRITER_STARTS, np.arange(len(labels)), side="right") - 1
    origins = {}
    for number, part in enumerate(PARTS):
        base = np.flatnonzero(np.isin(forms, WRITERS[part]))
        if part == "train":  # every class equally often, every base image about equally often
            base = np.concatenate(
                [np.resize(base[labels[base] == c], _TRAIN_DIGITS_EACH) for c in range(10)]
            )
        base = base[_shuffled(len(base), 1, seed, number)]
        origins[part] = DigitOrigin(base, forms[base], augmented=part == "train")
    return origins


def digits(seed: int = 0) -> StandIn:
    """Return real handwritten digits, enlarged to look like MNIST.

    Made from scikit-learn's ``load_digits`` (1 797 digits of 8 × 8 pixels: E. Alpaydin and
    C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI, 1998). As in MNIST, each digit is
    anti-aliased, fits a 20 × 20 box, and has its centre of mass at the centre of 28 × 28 black
    pixels. Only the training part is varied at random (turned, slanted, stretched, thickened,
    shifted by less than a pixel), to 1 200 images of each class. Validation and test images are
    other people's digits, each used once as it is; that is why there are only a few hundred.

    Parameters
    ----------
    seed : int
        Chooses the variations and the order.

    Returns
    -------
    StandIn
        ``(n, 28, 28)`` images: 12 000 for training, 260 for validation, 376 for the test.

    Examples
    --------
    >>> data = digits()  # doctest: +SKIP
    >>> data.x_train.shape, data.x_val.shape, data.x_test.shape  # doctest: +SKIP
    ((12000, 28, 28), (260, 28, 28), (376, 28, 28))
    """
    small, labels = _small_digits()
    ink = _ink(small)
    scale = _fitting_scale(ink)
    arrays = {}
    for part, origin in digit_origins(seed).items():
        arrays[f"x_{part}"] = _digit_images(origin, ink, scale, (2, seed, PARTS.index(part)))
        arrays[f"y_{part}"] = labels[origin.base]
    return StandIn(**arrays)


def _digit_images(
    origin: DigitOrigin, ink: np.ndarray, scale: np.ndarray, key: tuple[int, ...]
) -> np.ndarray:
    """Draw the images of one part; image i varies as the random numbers of (*key, i) say."""
    images = np.empty((len(origin.base), _SIDE, _SIDE), np.uint8)
    for i, base in enumerate(origin.base):
        turn, threshold, shift = np.eye(2), _INK, np.zeros(2)
        if origin.augmented:
            turn, threshold, shift = _variation(_generator(*key, i))
        images[i] = _enlarge(ink[base], turn / scale[base], threshold, shift)
    return images


def _small_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the 8 × 8 images as shares of ink from 0 to 1, and their labels."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images / 16, bunch.target.astype(np.uint8)


def _ink(small: np.ndarray) -> np.ndarray:
    """Return cubic spline coefficients of the sharpened images, with an empty margin around."""
    from scipy import ndimage

    padded = np.pad(small, ((0, 0), (2, 2), (2, 2)))
    sharp = [image - _SHARPEN * ndimage.laplace(image) for image in padded]
    return np.stack([ndimage.spline_filter(image, order=3) for image in sharp])


_FROM_CENTRE = np.arange(_SIDE) - (_SIDE - 1) / 2  # of each row or column


def _render(ink: np.ndarray, matrix: np.ndarray, middle: np.ndarray, threshold: float):
    """Return the brightness, 0 to 1, of 28 × 28 pixels, of which the central one shows `middle`.

    A step of one pixel is a step by `matrix` in the small image.
    """
    from scipy import ndimage

    shape = (_SIDE, _SIDE)
    offset = middle - matrix.sum(axis=1) * ((_SIDE - 1) / 2)
    share = ndimage.affine_transform(ink, matrix, offset, shape, order=3, prefilter=False)
    return np.clip((share - threshold) * _CONTRAST + 0.5, 0, 1)


def _middle(ink: np.ndarray) -> np.ndarray:
    return np.full(2, (ink.shape[-1] - 1) / 2)


def _fitting_scale(ink: np.ndarray) -> np.ndarray:
    """Return for each digit how many pixels one small pixel becomes, so that it fits the box."""
    first = _BOX / 8
    scales = np.empty(len(ink))
    for i, digit in enumerate(ink):
        seen = _render(digit, np.eye(2) / first, _middle(digit), _INK) > 0.25
        extent = max(np.ptp(np.flatnonzero(seen.any(axis=k))) + 1 for k in (0, 1))
        scales[i] = first * _BOX / extent
    return scales


def _enlarge(ink, matrix: np.ndarray, threshold: float, shift: Sequence[float]) -> np.ndarray:
    """Draw one digit on 28 × 28 pixels, its centre of mass `shift` pixels off the centre."""
    first = _render(ink, matrix, _middle(ink), threshold)
    mass = np.array([(first.sum(axis=k) * _FROM_CENTRE).sum() for k in (1, 0)]) / first.sum()
    image = _render(ink, matrix, _middle(ink) + (matrix * (mass - shift)).sum(axis=1), threshold)
    return (255 * image + 0.5).astype(np.uint8)


def _variation(rng: np.random.Generator) -> tuple[np.ndarray, float, np.ndarray]:
    """Draw a small turn, slant and stretch as one matrix, a stroke thickness and a shift."""
    u = 2 * rng.random(7) - 1
    angle, slant = math.radians(9) * u[0], 0.14 * u[1]
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, 0], [slant, 1]])
    stretch = np.array([1 + 0.07 * u[2], 1 + 0.1 * u[3]])
    return turn * stretch, _INK + 0.08 * u[4], 0.8 * u[5:7]


# --- Pictures: canvas and vocabulary --------------------------------------------------------------

PICTURE_COUNTS = {"train": 12_000, "val": 1_000, "test": 2_000}
_PIXELS = 32
_FINE = 4  # the canvas is so many times finer, for smooth edges
_CANVAS = _PIXELS * _FINE

Colour = tuple[int, int, int]
Point = tuple[float, float]

_CIRCLE = [(math.cos(k * math.pi / 8), math.sin(k * math.pi / 8)) for k in range(16)]


class Dice:
    """Random numbers for one picture, drawn in one go because one by one is slow."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self._numbers: Iterator[float] = iter(())

    def __call__(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number between `low` and `high`."""
        for number in self._numbers:
            return low + (high - low) * number
        self._numbers = iter(self._rng.random(160).tolist())
        return self(low, high)

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self() < probability

    def pick(self, choices: Sequence):
        """Return one of the choices."""
        return choices[int(self() * len(choices))]

    def count(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self() * (high - low + 1))

    def colour(self) -> Colour:
        """Return any colour, from black to white, more often dull than vivid."""
        red, green, blue = self(0, 256), self(0, 256), self(0, 256)
        grey = (red + green + blue) / 3
        keep = self(0.1, 0.9)
        return tuple(int(grey + keep * (value - grey)) for value in (red, green, blue))


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour `share` of the way from `a` to `b`."""
    return tuple(int(p + (q - p) * share) for p, q in zip(a, b, strict=True))


def _difference(a: Colour, b: Colour) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])


def _unlike(dice: Dice, others: Sequence[Colour], enough: int) -> Colour:
    """Return a random colour that stands out from the others (the best of eight at worst)."""
    best, best_difference = (0, 0, 0), -1
    for _ in range(8):
        colour = dice.colour()
        difference = min(_difference(colour, other) for other in others)
        if difference > best_difference:
            best, best_difference = colour, difference
        if difference >= enough:
            break
    return best


_DARK, _LIGHT = (24, 22, 26), (240, 238, 230)


class Sketch:
    """A canvas on which things are drawn in their own coordinates.

    The thing reaches from about −1 to 1 in both directions, x to the right, y downwards. `place`
    says where that square lies on the canvas, how large it is, which way it faces and how far it
    is tilted. Colours are ``coat`` (the thing itself), ``shade`` (its parts in shadow), ``accent``
    (beak, window, stripe), and the eyes' and tyres' ``dark`` and ``light``.
    """

    def __init__(self, image: Image.Image, dice: Dice):
        self.dice = dice
        self._draw = ImageDraw.Draw(image)
        self.place(0, 0, 1)
        self.coat = self.shade = self.accent = _DARK
        self.dark, self.light = _DARK, _LIGHT

    def place(
        self, x: float, y: float, size: float, *, tilt: float = 0, flip: bool = False, tall=1.0
    ) -> None:
        """Put the thing's middle at (x, y) in canvas units, with half-width `size`."""
        cos, sin = math.cos(tilt) * size, math.sin(tilt) * size
        mirror = -1 if flip else 1
        self._frame = (cos * mirror, -sin * tall, x, sin * mirror, cos * tall, y)
        self._unit = size

    def _pixels(self, points: Sequence[Point]) -> list[tuple[int, int]]:
        a, b, c, d, e, f = self._frame
        return [(round(a * x + b * y + c), round(d * x + e * y + f)) for x, y in points]

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the polygon through the points."""
        self._draw.polygon(self._pixels(points), fill=colour)

    def blob(self, x, y, width, height, colour: Colour, lean: float = 0.0) -> None:
        """Fill an ellipse of half-axes `width` and `height` around (x, y), turned by `lean`."""
        cos, sin = math.cos(lean), math.sin(lean)
        p, q, r, s = width * cos, -height * sin, width * sin, height * cos
        self.shape([(x + p * u + q * v, y + r * u + s * v) for u, v in _CIRCLE], colour)

    def box(self, left, top, right, bottom, colour: Colour) -> None:
        """Fill a rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a bent line `width` wide, in the thing's units."""
        thick = max(2, round(width * self._unit))
        self._draw.line(self._pixels(points), fill=colour, width=thick, joint="curve")

    def wheel(self, x: float, y: float, radius: float) -> None:
        """Draw a tyre with its hub."""
        self.blob(x, y, radius, radius, self.dark)
        self.blob(x, y, radius * 0.45, radius * 0.45, self.light)

    def eye(self, x: float, y: float, radius: float = 0.09) -> None:
        """Draw an eye: light around, dark within."""
        self.blob(x, y, radius, radius, self.light)
        self.blob(x, y, radius * 0.6, radius * 0.6, self.dark)

    def legs(self, xs: Sequence[float], top: float, foot: float, width: float, stride: float):
        """Draw legs from `top` down to `foot`, in turn far and near, swung by ∓ `stride`."""
        for k, x in enumerate(xs):
            swing, colour = (stride, self.coat) if k % 2 else (-stride, self.shade)
            knee, ankle = (x + swing / 3, (top + foot) / 2), (x + swing, foot)
            self.line([(x, top), knee, ankle], width, colour)


# --- Pictures: one function per class -------------------------------------------------------------
# A polygon is read as a line of points, not as a column of numbers:
# fmt: off


def airplane(s: Sketch) -> None:
    """Draw an aeroplane from above, or from the side."""
    if s.dice.chance(0.5):
        sweep, span = s.dice(0.15, 0.5), s.dice(0.85, 1.0)
        s.shape([(0.25, 0), (0.25 - sweep, -span), (-0.05 - sweep, -span), (-0.2, 0)], s.shade)
        s.shape([(0.25, 0), (0.25 - sweep, span), (-0.05 - sweep, span), (-0.2, 0)], s.shade)
        s.shape([(-0.6, 0), (-0.9, -0.38), (-1, -0.38), (-0.95, 0)], s.shade)
        s.shape([(-0.6, 0), (-0.9, 0.38), (-1, 0.38), (-0.95, 0)], s.shade)
        s.blob(0, 0, 1, 0.15, s.coat)
        s.blob(0.78, 0, 0.1, 0.08, s.accent)
    else:
        s.shape([(-0.6, -0.05), (-0.8, -0.6), (-1, -0.6), (-0.95, 0)], s.shade)
        s.shape([(0.1, -0.1), (-0.15, -0.4), (-0.28, -0.4), (-0.15, -0.05)], s.shade)
        s.blob(0, 0, 1, 0.19, s.coat)
        for x in (-0.45, -0.2, 0.05, 0.3):
            s.blob(x, -0.05, 0.055, 0.055, s.dark)
        s.shape([(0.92, -0.08), (0.62, -0.15), (0.62, -0.02)], s.accent)
        reach = s.dice(0.45, 0.65)
        s.shape([(0.25, 0.05), (-0.3, reach), (-0.5, reach), (-0.2, 0.05)], s.shade)


def automobile(s: Sketch) -> None:
    """Draw a car from the side, or from the front."""
    if s.dice.chance(0.65):
        roof, back = s.dice(-0.5, -0.38), s.dice(-0.9, -0.65)
        s.shape([(back, -0.02), (back + 0.25, roof), (0.25, roof), (0.55, -0.02)], s.coat)
        s.shape([(back + 0.13, -0.05), (back + 0.3, roof + 0.1), (-0.2, roof + 0.1), (-0.2, -0.05)],
                s.accent)
        s.shape([(-0.1, -0.05), (-0.1, roof + 0.1), (0.22, roof + 0.1), (0.42, -0.05)], s.accent)
        s.shape([(-1, -0.05), (0.6, -0.05), (0.95, 0.08), (1, 0.36), (-1, 0.36)], s.coat)
        s.box(-1, 0.24, 1, 0.36, s.shade)
        s.wheel(-0.55, 0.36, 0.25)
        s.wheel(0.58, 0.36, 0.25)
    else:
        s.box(-0.72, 0.3, -0.42, 0.68, s.dark)
        s.box(0.42, 0.3, 0.72, 0.68, s.dark)
        s.shape([(-0.68, -0.05), (-0.45, -0.6), (0.45, -0.6), (0.68, -0.05)], s.coat)
        s.shape([(-0.52, -0.08), (-0.37, -0.48), (0.37, -0.48), (0.52, -0.08)], s.accent)
        s.box(-0.8, -0.08, 0.8, 0.5, s.coat)
        s.box(-0.35, 0.12, 0.35, 0.34, s.dark)
        s.blob(-0.58, 0.14, 0.15, 0.13, s.light)
        s.blob(0.58, 0.14, 0.15, 0.13, s.light)


def bird(s: Sketch) -> None:
    """Draw a bird on its legs, or in flight."""
    if s.dice.chance(0.6):
        s.line([(-0.1, 0.3), (-0.12, 0.85), (0.08, 0.85)], 0.08, s.dark)
        s.line([(0.12, 0.3), (0.14, 0.85), (0.34, 0.85)], 0.08, s.dark)
        drop = s.dice(-0.2, 0.5)
        s.shape([(-0.35, -0.05), (-1, drop), (-0.95, drop + 0.22), (-0.3, 0.3)], s.shade)
        s.blob(0, 0.08, 0.55, 0.38, s.coat, lean=-0.35)
        s.shape([(0.66, -0.5), (1, -0.36), (0.66, -0.26)], s.accent)
        s.blob(0.48, -0.4, 0.28, 0.27, s.coat)
        s.blob(-0.12, 0.06, 0.36, 0.19, s.shade, lean=0.3)
        s.eye(0.55, -0.45)
    else:
        lift = s.dice(0.5, 0.95)
        s.shape([(-0.5, 0.1), (-1, -0.02), (-1, 0.32)], s.shade)
        s.shape([(0.25, 0.05), (0.0, -lift), (-0.4, -lift * 0.9), (-0.3, 0.1)], s.shade)
        s.shape([(0.8, -0.02), (1.05, 0.1), (0.8, 0.14)], s.accent)
        s.blob(0.05, 0.12, 0.6, 0.22, s.coat)
        s.blob(0.62, 0.03, 0.23, 0.2, s.coat)
        s.shape([(0.2, 0.1), (-0.25, lift), (-0.6, lift * 0.8), (-0.3, 0.1)], s.shade)
        s.eye(0.68, -0.02, 0.08)


def cat(s: Sketch) -> None:
    """Draw a cat sitting, or its face: pricked ears, whiskers, round head."""
    if s.dice.chance(0.5):
        curl = s.dice(-0.4, 0.2)
        s.line([(-0.3, 0.8), (-0.8, 0.7), (-0.88, 0.3), (-0.65, curl)], 0.15, s.shade)
        s.blob(-0.05, 0.45, 0.42, 0.52, s.coat)
        s.box(0.08, 0.4, 0.22, 0.95, s.shade)
        s.box(-0.18, 0.4, -0.04, 0.95, s.shade)
        x, y, r = 0.05, -0.28, 0.42
    else:
        x, y, r = 0.0, 0.1, 0.8
    for side in (-1, 1):
        s.shape([(x + side * r * 0.95, y - r * 0.2), (x + side * r * 0.85, y - r * 1.4),
                 (x + side * r * 0.15, y - r * 0.75)], s.coat)
        s.shape([(x + side * r * 0.8, y - r * 0.5), (x + side * r * 0.77, y - r * 1.1),
                 (x + side * r * 0.4, y - r * 0.75)], s.accent)
    s.blob(x, y, r, r * 0.85, s.coat)
    for side in (-1, 1):
        s.eye(x + side * r * 0.42, y - r * 0.15, r * 0.2)
        for droop in (0.2, 0.45):
            s.line([(x + side * r * 0.3, y + r * 0.35), (x + side * r * 1.3, y + r * droop)],
                   0.03, s.light)
    s.shape([(x - r * 0.14, y + r * 0.2), (x + r * 0.14, y + r * 0.2), (x, y + r * 0.38)], s.accent)


def deer(s: Sketch) -> None:
    """Draw a deer: antlers, thin legs, upright neck; or its head from the front."""
    if s.dice.chance(0.6):
        s.legs((-0.5, -0.4, 0.15, 0.25), 0.2, 0.98, 0.08, s.dice(0.02, 0.14))
        s.blob(-0.12, 0.12, 0.55, 0.24, s.coat)
        s.blob(-0.68, 0.02, 0.12, 0.1, s.light)
        s.shape([(0.12, 0.05), (0.35, 0.2), (0.62, -0.4), (0.4, -0.45)], s.coat)
        x, y = 0.6, -0.45
        s.blob(x + 0.06, y, 0.27, 0.13, s.coat, lean=0.3)
        s.blob(x - 0.25, y - 0.05, 0.14, 0.06, s.shade, lean=0.3)
        s.eye(x + 0.05, y - 0.04, 0.06)
        _antler(s, x - 0.08, y - 0.1, -0.55, 0.55)
        _antler(s, x + 0.0, y - 0.1, 0.35, 0.52)
        for k in range(4):
            s.blob(-0.45 + 0.2 * k, 0.02 + 0.08 * (k % 2), 0.05, 0.05, s.light)
    else:
        for side in (-1, 1):
            _antler(s, side * 0.15, -0.15, side, 0.82)
            s.blob(side * 0.5, 0.0, 0.26, 0.11, s.shade, lean=-side * 0.35)
        s.shape([(-0.33, 0), (-0.2, -0.22), (0.2, -0.22), (0.33, 0), (0.16, 0.75), (-0.16, 0.75)],
                s.coat)
        s.blob(0, 0.78, 0.2, 0.16, s.shade)
        s.blob(0, 0.72, 0.1, 0.07, s.dark)
        s.eye(-0.2, 0.08, 0.1)
        s.eye(0.2, 0.08, 0.1)


def _antler(s: Sketch, x: float, y: float, lean: float, height: float) -> None:
    """Draw one antler: a beam with two tines."""
    tip = (x + lean * height * 0.75, y - height)
    bend = (x + lean * height * 0.7, y - height * 0.45)
    s.line([(x, y), bend, tip], 0.08, s.accent)
    s.line([bend, (bend[0] - lean * height * 0.35, bend[1] - height * 0.45)], 0.07, s.accent)
    s.line([bend, (bend[0] + lean * height * 0.4, bend[1] - height * 0.2)], 0.07, s.accent)


def dog(s: Sketch) -> None:
    """Draw a dog from the side, or its face: hanging ears, long muzzle."""
    if s.dice.chance(0.55):
        tail = s.dice(-0.7, -0.2)
        s.line([(-0.55, 0.0), (-0.85, -0.1), (-1, tail)], 0.14, s.coat)
        s.legs((-0.52, -0.38, 0.2, 0.34), 0.2, 0.82, 0.17, s.dice(0.03, 0.16))
        s.blob(-0.08, 0.12, 0.58, 0.29, s.coat)
        s.blob(0.42, -0.2, 0.26, 0.34, s.coat, lean=0.4)
        s.blob(0.56, -0.38, 0.3, 0.25, s.coat)
        s.blob(0.85, -0.28, 0.24, 0.14, s.coat)
        s.blob(1.03, -0.33, 0.08, 0.07, s.dark)
        s.blob(0.42, -0.24, 0.12, 0.3, s.shade, lean=0.15)
        s.eye(0.65, -0.45, 0.08)
        s.box(0.3, -0.06, 0.55, 0.04, s.accent)
    else:
        s.blob(0, -0.05, 0.6, 0.65, s.coat)
        for side in (-1, 1):
            s.blob(side * 0.66, 0.05, 0.22, 0.62, s.shade, lean=-side * s.dice(0.1, 0.4))
            s.eye(side * 0.26, -0.2, 0.13)
        s.shape([(-0.13, 0.5), (0.13, 0.5), (0.1, 0.95), (-0.1, 0.95)], s.accent)
        s.blob(0, 0.32, 0.36, 0.3, s.light)
        s.blob(0, 0.15, 0.19, 0.13, s.dark)


def frog(s: Sketch) -> None:
    """Draw a frog squatting, seen from the front, or from above with its legs out."""
    if s.dice.chance(0.55):
        for side in (-1, 1):
            s.blob(side * 0.68, 0.4, 0.32, 0.42, s.shade, lean=side * 0.4)
            s.blob(side * 0.75, 0.8, 0.32, 0.1, s.shade)
        s.blob(0, 0.25, 0.68, 0.55, s.coat)
        s.blob(0, 0.5, 0.42, 0.3, s.light)
        for side in (-1, 1):
            s.blob(side * 0.42, -0.38, 0.26, 0.26, s.coat)
            s.eye(side * 0.42, -0.42, 0.19)
        s.line([(-0.5, 0.05), (-0.2, 0.17), (0.2, 0.17), (0.5, 0.05)], 0.07, s.dark)
    else:
        bend = s.dice(0.7, 1.0)
        for side in (-1, 1):
            s.line([(side * 0.2, 0.45), (side * bend, 0.15), (side * 0.55, 0.65),
                    (side * 0.95, 0.95)], 0.17, s.shade)
            s.line([(side * 0.3, -0.25), (side * 0.75, -0.2), (side * 0.85, -0.65)], 0.14, s.shade)
        s.blob(0, 0.1, 0.42, 0.6, s.coat)
        s.blob(0, -0.45, 0.4, 0.3, s.coat)
        s.eye(-0.3, -0.62, 0.16)
        s.eye(0.3, -0.62, 0.16)
        for y in (-0.1, 0.15, 0.4):
            s.blob(s.dice(-0.2, 0.2), y, 0.09, 0.09, s.accent)


def horse(s: Sketch) -> None:
    """Draw a horse from the side, or its head and neck: hair along a high neck, long face."""
    if s.dice.chance(0.6):
        sweep = s.dice(-0.15, 0.1)
        s.line([(-0.6, -0.05), (-0.85, 0.1), (-0.9 + sweep, 0.65)], 0.2, s.accent)
        s.legs((-0.52, -0.38, 0.22, 0.34), 0.15, 0.98, 0.14, s.dice(0.03, 0.22))
        s.blob(-0.1, 0.06, 0.6, 0.3, s.coat)
        s.line([(0.02, -0.15), (0.3, -0.6), (0.52, -0.85)], 0.24, s.accent)
        s.shape([(0.1, -0.1), (0.42, 0.18), (0.78, -0.55), (0.5, -0.85)], s.coat)
        s.blob(0.75, -0.5, 0.37, 0.15, s.coat, lean=0.75)
        s.shape([(0.45, -0.75), (0.48, -1.02), (0.62, -0.78)], s.coat)
        s.eye(0.64, -0.62, 0.06)
    else:
        s.shape([(-0.75, 1), (-0.7, 0.1), (-0.35, -0.65), (0.0, -0.8), (-0.2, 0), (-0.3, 1)],
                s.accent)
        s.shape([(-0.5, 1), (-0.45, 0.1), (-0.2, -0.6), (0.25, -0.5), (0.3, 0.05), (0.35, 1)],
                s.coat)
        s.blob(0.3, -0.15, 0.62, 0.25, s.coat, lean=0.8)
        s.blob(0.65, 0.25, 0.2, 0.17, s.shade)
        s.shape([(-0.2, -0.55), (-0.12, -1), (0.1, -0.6)], s.coat)
        s.eye(0.15, -0.35, 0.1)
        s.blob(0.7, 0.22, 0.06, 0.06, s.dark)


def ship(s: Sketch) -> None:
    """Draw a steamer, or a sailing boat."""
    if s.dice.chance(0.5):
        left, height = s.dice(-0.55, -0.35), s.dice(-0.35, -0.2)
        s.box(-0.05, height - 0.5, 0.17, height, s.accent)
        s.box(-0.05, height - 0.4, 0.17, height - 0.28, s.light)
        s.box(left, height, 0.5, 0.15, s.light)
        for k in range(4):
            s.blob(left + 0.15 + 0.21 * k, height + 0.2, 0.07, 0.07, s.dark)
        s.shape([(-0.95, 0.12), (1, 0.05), (0.75, 0.6), (-0.8, 0.6)], s.coat)
        s.shape([(-0.87, 0.42), (0.84, 0.42), (0.75, 0.6), (-0.8, 0.6)], s.shade)
    else:
        s.line([(0, -0.95), (0, 0.5)], 0.08, s.dark)
        reach = s.dice(0.5, 0.8)
        s.shape([(0.07, -0.9), (reach + 0.1, 0.25), (0.07, 0.25)], s.light)
        s.shape([(-0.07, -0.75), (-reach, 0.25), (-0.07, 0.25)], s.accent)
        s.shape([(-0.9, 0.38), (0.95, 0.38), (0.6, 0.8), (-0.65, 0.8)], s.coat)


def truck(s: Sketch) -> None:
    """Draw a lorry: a tall load (box, tank or heap) behind a cab."""
    load = s.dice.pick(("box", "tank", "heap"))
    top = s.dice(-0.75, -0.55)
    if load == "box":
        s.box(-1, top, 0.34, 0.3, s.coat)
        s.box(-1, -0.15, 0.34, 0.0, s.shade)
    elif load == "tank":
        s.box(-0.9, 0.1, 0.3, 0.3, s.shade)
        s.blob(-0.34, -0.18, 0.66, 0.36, s.coat)
        s.box(-0.4, -0.53, -0.28, 0.18, s.shade)
    else:
        s.blob(-0.33, -0.2, 0.5, 0.32, s.accent)
        s.shape([(-1, -0.28), (0.34, -0.28), (0.26, 0.3), (-0.9, 0.3)], s.coat)
    s.shape([(0.4, 0.34), (0.4, -0.4), (0.75, -0.4), (1, 0.0), (1, 0.34)], s.shade)
    s.shape([(0.52, -0.02), (0.52, -0.3), (0.7, -0.3), (0.88, -0.02)], s.light)
    s.box(-0.95, 0.28, 1, 0.38, s.dark)
    for x in (-0.72, -0.3, 0.68):
        s.wheel(x, 0.45, 0.21)
# fmt: on


DRAWINGS: dict[str, Callable[[Sketch], None]] = {
    "airplane": airplane,
    "automobile": automobile,
    "bird": bird,
    "cat": cat,
    "deer": deer,
    "dog": dog,
    "frog": frog,
    "horse": horse,
    "ship": ship,
    "truck": truck,
}
"""From class name to drawing function, in the order of the labels (CIFAR-10's)."""


# --- Pictures: what is around the thing ----------------------------------------------------------


def _background(dice: Dice, near: Colour, far: Colour) -> Image.Image:
    """Return a canvas in two colours: a slope of light, a horizon, bands, or patches."""
    kind = dice.count(0, 3)
    if kind == 0:  # each corner its own mixture
        corners = np.array([_mixed(near, far, dice()) for _ in range(4)], np.uint8)
        small = Image.fromarray(corners.reshape(2, 2, 3))
        return small.resize((_CANVAS, _CANVAS), Image.Resampling.BILINEAR)
    image = Image.new("RGB", (_CANVAS, _CANVAS), far)
    draw = ImageDraw.Draw(image)
    if kind == 1:  # land or water below, sky above
        left, right = (int(dice(0.3, 0.85) * _CANVAS) for _ in range(2))
        draw.polygon([(0, left), (_CANVAS, right), (_CANVAS, _CANVAS), (0, _CANVAS)], fill=near)
    elif kind == 2:  # waves, boards, blinds
        step, lean = dice.count(10, 36), dice.count(-40, 40)
        width = max(2, int(step * dice(0.2, 0.6)))
        upright = dice.chance(0.5)
        for at in range(-40, _CANVAS + 40, step):
            ends = (at, -2, at + lean, _CANVAS + 2)
            draw.line(ends if upright else (ends[1], ends[0], ends[3], ends[2]), near, width)
    else:  # leaves, stones, lights
        for _ in range(dice.count(8, 20)):
            x, y, r = dice(0, _CANVAS), dice(0, _CANVAS), dice(4, 16)
            colour = _mixed(near, far, dice(0, 0.7))
            draw.ellipse((int(x - r), int(y - r), int(x + r), int(y + r)), fill=colour)
    return image


def _clutter(s: Sketch, size: float, colour: Colour) -> None:
    """Draw something of no class: disc, ring, box, wedge, stick, or a bent branch."""
    dice = s.dice
    kind = dice.count(0, 5)
    s.place(dice(0, _CANVAS), dice(0, _CANVAS), size, tilt=dice(0, 2 * math.pi))
    if kind == 0:
        s.blob(0, 0, 1, dice(0.5, 1), colour)
    elif kind == 1:
        s.wheel(0, 0, 0.9)
    elif kind == 2:
        s.box(-1, -dice(0.3, 1), 1, 0.5, colour)
    elif kind == 3:
        s.shape([(-0.9, 0.7), (0.9, 0.7), (dice(-1, 1), -1)], colour)
    elif kind == 4:
        s.line([(-2, 0), (2, 0)], 0.3, colour)
    else:
        s.line([(-1.5, 0.5), (0, 0.2), (0.6, -1.2)], 0.25, colour)
        s.line([(0, 0.2), (1.4, 0.4)], 0.25, colour)


def _picture(label: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one ``(32, 32, 3)`` picture of this class."""
    dice = Dice(rng)
    far = dice.colour()
    near = _mixed(far, dice.colour(), 0.6)
    image = _background(dice, near, far)
    s = Sketch(image, dice)

    for _ in range(dice.count(1, 4)):
        _clutter(s, dice(6, 16), dice.colour())

    s.coat = _unlike(dice, (near, far), 190)
    s.shade = _mixed(s.coat, dice.pick((_DARK, _LIGHT)), dice(0.25, 0.5))
    s.accent = _unlike(dice, (s.coat, near, far), 150)
    size = dice(0.29, 0.44) * _CANVAS
    room = _CANVAS / 2 - 0.85 * size
    s.place(
        _CANVAS / 2 + dice(-room, room),
        _CANVAS / 2 + dice(-room, room),
        size,
        tilt=dice(-0.3, 0.3),
        flip=dice.chance(0.5),
        tall=dice(0.85, 1.15),
    )
    tuple(DRAWINGS.values())[label](s)

    for _ in range(dice.count(0, 2)):
        _clutter(s, dice(5, 9), dice.colour())
    return _with_noise(np.asarray(image.reduce(_FINE)), int(dice(8, 40)), rng)


def _with_noise(picture: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """Add noise of up to ± `strength`, the sum of two dice per value, in whole numbers."""
    two = rng.integers(0, 256, (2, *picture.shape), dtype=np.uint8).astype(np.int16)
    noise = ((two[0] + two[1] - 255).astype(np.int32) * strength) >> 8
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def pictures(seed: int = 0) -> StandIn:
    """Return ten classes of small drawn colour pictures with CIFAR-10's names.

    Parameters
    ----------
    seed : int
        Chooses everything that varies.

    Returns
    -------
    StandIn
        ``(n, 32, 32, 3)`` images: 12 000 for training, 1 000 for validation, 2 000 for the test,
        with equally many of each class; label k is the k-th name in `DRAWINGS`.

    Examples
    --------
    >>> data = pictures()  # doctest: +SKIP
    >>> data.x_train.shape  # doctest: +SKIP
    (12000, 32, 32, 3)
    """
    arrays = {}
    for part in PARTS:
        arrays[f"x_{part}"], arrays[f"y_{part}"] = _picture_part(part, PICTURE_COUNTS[part], seed)
    return StandIn(**arrays)


def _picture_part(part: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images and labels of one part."""
    number = PARTS.index(part)
    labels = (_shuffled(count, 3, seed, number) % len(DRAWINGS)).astype(np.uint8)
    images = np.empty((count, _PIXELS, _PIXELS, 3), np.uint8)
    for i, label in enumerate(labels):
        images[i] = _picture(label, _generator(4, seed, number, i))
    return images, labels
