"""Small molecules as density maps, to find the charged group in.

A molecule of fourteen to sixteen atoms is drawn as X-rays would show it: a volume of 16 × 16 × 16
voxels, each atom a blurred ball as strong as it has electrons, carbon 6, oxygen 8; hydrogen is too
faint to be seen. Every molecule is a short chain of carbon with three side groups, each a carbon
with two more atoms at angles of 120°:

=============  ===============================================  =================================
group          the two atoms                                    charge
=============  ===============================================  =================================
carboxylate    two oxygens, both at an end                      -1: the group looked for
ester          two oxygens, a further carbon behind one         none
ketone         an oxygen and a carbon                           none
=============  ===============================================  =================================

The charge itself leaves no trace in the map; only the arrangement of the atoms gives it away.
Chain, directions and place are drawn at random, noise is added, and each molecule has a random
generator of its own: the same seed gives the same molecules, however many are asked for.

`by_brightness` and `by_template` are the rules that a network has to beat.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from course_utils.datasets import Dataset, generated

__all__ = [
    "CELLS",
    "ELECTRONS",
    "SIDE",
    "Molecules",
    "by_brightness",
    "by_template",
    "cell_of",
    "centre_of",
    "conv3d",
    "dataset",
    "found",
    "molecules",
    "template",
    "turned",
]

SIDE = 16
"""Voxels along each axis of a volume."""

CELLS = 8
"""Cells along each axis: a cell is a block of 2 × 2 × 2 voxels."""

BOND = 2.4
"""Distance of bonded atoms, in voxels."""

BLUR = 0.9
"""Standard deviation of an atom's ball, in voxels; each molecule's differs by up to a tenth."""

NOISE = 0.12
"""Standard deviation of the noise, in units of an oxygen's greatest density."""

NEAR = 2.0
"""A group counts as found if the place named is no further off than this, in voxels."""

ELECTRONS = {"C": 6, "O": 8}
"""Electrons of the atoms that can be seen."""

_MARGIN = 1.0  # voxels between an atom's centre and the faces
_APART = 1.45  # bonds: atoms that are not bonded keep at least this distance
_VERSION = 1  # raised with each change of what a seed gives
_PARTS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Molecules:
    """Density maps, and where the charged group of each lies.

    Attributes
    ----------
    volumes : numpy.ndarray
        Densities ``(n, 16, 16, 16, 1)``, float32; an oxygen's greatest density is 1.
    places : numpy.ndarray
        The carbon of the charged group ``(n, 3)``, float32: depth, row, column in voxels (0 is
        the middle of the first voxel).
    atoms : tuple of numpy.ndarray
        For each molecule ``(atoms, 3)``, the places of all its atoms.
    electrons : tuple of numpy.ndarray
        For each molecule ``(atoms,)``, 6 or 8.
    groups : numpy.ndarray
        The carbons of all three groups ``(n, 3, 3)``: carboxylate, ester, ketone.
    """

    volumes: np.ndarray
    places: np.ndarray
    atoms: tuple[np.ndarray, ...]
    electrons: tuple[np.ndarray, ...]
    groups: np.ndarray

    def __repr__(self) -> str:
        return f"<Molecules: {len(self.volumes)} volumes of {' × '.join([str(SIDE)] * 3)}>"


# --- drawing molecules ----------------------------------------------------------------------------


def molecules(n: int, seed: int = 0, *, noise: float = NOISE) -> Molecules:
    """Draw molecules.

    Parameters
    ----------
    n : int
        How many, 1 or more.
    seed : int
        0 or more. The first molecules of a seed are the same for every `n`.
    noise : float
        Standard deviation of the noise, in units of an oxygen's greatest density.

    Returns
    -------
    Molecules

    Raises
    ------
    ValueError
        If `n` is less than 1, `seed` or `noise` negative, or one of them no such number.

    Examples
    --------
    >>> some = molecules(3, seed=1)
    >>> some.volumes.shape, some.places.shape
    ((3, 16, 16, 16, 1), (3, 3))
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} is {value!r}; expected a whole number, {least} or more.")
    if not (isinstance(noise, int | float) and 0 <= noise < np.inf):
        raise ValueError(f"noise is {noise!r}; expected a number, 0 or more.")
    volumes = np.empty((n, SIDE, SIDE, SIDE, 1), np.float32)
    atoms, electrons, groups = [], [], np.empty((n, 3, 3))
    for index in range(n):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((_VERSION, seed, index))))
        places, kinds, centres = _grown(rng)
        blur = BLUR * rng.uniform(0.9, 1.1)
        volumes[index, ..., 0] = _density(places, kinds, blur)
        volumes[index, ..., 0] += noise * rng.normal(size=(SIDE, SIDE, SIDE))
        atoms.append(places)
        electrons.append(kinds)
        groups[index] = places[centres]
    return Molecules(
        volumes, groups[:, 0].astype(np.float32), tuple(atoms), tuple(electrons), groups
    )


def _density(places: np.ndarray, kinds: np.ndarray, blur: float) -> np.ndarray:
    """Return the sum of the atoms' balls, (16, 16, 16); an oxygen's has the height 1."""
    distance = np.arange(SIDE) - places[:, :, np.newaxis]  # (atoms, 3 axes, 16)
    balls = np.exp(-(distance**2) / (2 * blur**2))
    strong = kinds / ELECTRONS["O"]
    return np.einsum("a,ai,aj,ak->ijk", strong, *balls.transpose(1, 0, 2), optimize=True)


def _direction(rng: np.random.Generator) -> np.ndarray:
    vector = rng.normal(size=3)
    return vector / np.linalg.norm(vector)


def _bent(rng: np.random.Generator, along: np.ndarray) -> np.ndarray:
    """Return a random direction at 60° to `along`: the angle between two bonds is then 120°."""
    across = np.cross(along, _direction(rng))
    across /= np.linalg.norm(across)
    return along / 2 + across * np.sqrt(3) / 2


def _grown(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return places, electrons, and the indices of the three groups' carbons."""
    while True:
        chain = int(rng.integers(4, 7))
        drawn = _one_try(rng, chain)
        if drawn is None:
            continue
        places, kinds, centres = drawn
        low, high = places.min(axis=0), places.max(axis=0)
        room = SIDE - 1 - 2 * _MARGIN - (high - low)
        if (room < 0).any():
            continue
        return places - low + _MARGIN + rng.uniform(0, 1, 3) * room, kinds, centres


def _one_try(rng: np.random.Generator, chain: int):
    places: list[np.ndarray] = [np.zeros(3)]
    kinds = ["C"]

    def add(parent: int, direction: np.ndarray, kind: str) -> int | None:
        place = places[parent] + BOND * direction
        for index, other in enumerate(places):
            if index != parent and np.sum((place - other) ** 2) < (_APART * BOND) ** 2:
                return None
        places.append(place)
        kinds.append(kind)
        return len(places) - 1

    along, ways = _direction(rng), []
    for index in range(1, chain):
        if add(index - 1, along, "C") is None:
            return None
        ways.append(along)
        along = _bent(rng, along)
    # each group sits on an atom of the chain of its own
    ends = {0: -_bent(rng, ways[0]), chain - 1: along}
    centres = []
    for (first, second, behind), seat in zip(
        (("O", "O", ""), ("O", "O", "C"), ("O", "C", "")), rng.permutation(chain)[:3], strict=True
    ):
        if seat in ends:
            away = ends[seat]
        else:  # opposite to the two bonds of the chain, in their plane
            away = ways[seat - 1] - ways[seat]
            away /= np.linalg.norm(away)
        centre = add(int(seat), away, "C")
        if centre is None:
            return None
        one = _bent(rng, away)
        other = away - one  # in their plane, and at 60° too
        left, right = add(centre, one, first), add(centre, other, second)
        if left is None or right is None:
            return None
        if behind and add(right, _bent(rng, other), behind) is None:
            return None
        centres.append(centre)
    return np.array(places), np.array([ELECTRONS[kind] for kind in kinds]), centres


def turned(
    volumes: np.ndarray, places: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Turn each volume in one of the 24 ways that fit the grid, drawn at random.

    A molecule has no top: turned, it is as good an example as before.

    Parameters
    ----------
    volumes : numpy.ndarray
        ``(n, 16, 16, 16, 1)``.
    places : numpy.ndarray
        ``(n, 3)``: a place in each, in voxels.
    rng : numpy.random.Generator
        Draws the turns.

    Returns
    -------
    volumes, places : numpy.ndarray
        New arrays of the same shapes and dtypes; each place is where it was in the molecule.

    Raises
    ------
    ValueError
        If a shape differs, or there are not as many places as volumes.

    Examples
    --------
    >>> some = molecules(4)
    >>> more, places = turned(some.volumes, some.places, np.random.default_rng(0))
    >>> more.shape, bool(np.isclose(more.sum(), some.volumes.sum(), rtol=1e-4))
    ((4, 16, 16, 16, 1), True)
    """
    _volumes(volumes)
    if np.shape(places) != (len(volumes), 3):
        raise ValueError(f"places: expected {(len(volumes), 3)}, got {np.shape(places)}.")
    ways = _ways()
    drawn = rng.integers(len(ways), size=len(volumes))
    new, where = np.empty_like(volumes), np.empty_like(places)
    for number, (order, backwards) in enumerate(ways):
        these = np.flatnonzero(drawn == number)
        axes = (0, *(axis + 1 for axis in order), 4)
        flip = tuple(axis + 1 for axis in range(3) if backwards[axis])
        new[these] = np.flip(volumes[these].transpose(axes), flip)
        moved = np.asarray(places)[these][:, list(order)]
        where[these] = np.where(backwards, SIDE - 1 - moved, moved)
    return new, where


def _ways() -> list[tuple[tuple[int, ...], tuple[bool, ...]]]:
    """Return orders of the axes and which then run backwards: turns, no mirror images."""
    ways = []
    for order in itertools.permutations(range(3)):
        for backwards in itertools.product((False, True), repeat=3):
            matrix = np.eye(3)[list(order)] * np.where(backwards, -1, 1)[:, np.newaxis]
            if np.linalg.det(matrix) > 0:
                ways.append((order, backwards))
    return ways


# --- places and cells -----------------------------------------------------------------------------


def cell_of(places: np.ndarray) -> np.ndarray:
    """Return the number of the cell that each place lies in.

    Parameters
    ----------
    places : numpy.ndarray
        ``(n, 3)``: depth, row, column in voxels, from -0.5 (a face of the volume) to below 15.5.

    Returns
    -------
    numpy.ndarray
        ``(n,)``, uint16, 0 to 511: 64 · depth + 8 · row + column of the cell.

    Raises
    ------
    ValueError
        If the shape differs or a place lies outside the volume.

    Examples
    --------
    >>> cell_of(np.array([[0.0, 0.0, 0.0], [3.0, 1.0, 15.0]])).tolist()
    [0, 71]
    """
    places = _places(places, "places")
    if not ((places >= -0.5) & (places < SIDE - 0.5)).all():
        raise ValueError(f"places leave the volume; expected -0.5 up to below {SIDE - 0.5}.")
    cells = np.floor((places + 0.5) / (SIDE // CELLS)).astype(int)
    return (cells @ [CELLS**2, CELLS, 1]).astype(np.uint16)


def centre_of(cells: np.ndarray) -> np.ndarray:
    """Return the middle of each cell.

    Parameters
    ----------
    cells : numpy.ndarray
        ``(n,)``, whole numbers from 0 to 511, as `cell_of` gives them.

    Returns
    -------
    numpy.ndarray
        ``(n, 3)``, float64: depth, row, column in voxels.

    Raises
    ------
    ValueError
        If they are no such numbers.

    Examples
    --------
    >>> centre_of(np.array([0, 71])).tolist()
    [[0.5, 0.5, 0.5], [2.5, 0.5, 14.5]]
    """
    cells = np.asarray(cells)
    if cells.ndim != 1 or cells.dtype.kind not in "iu":
        raise ValueError(f"cells: expected whole numbers (n,), got {cells.dtype} {cells.shape}.")
    if ((cells < 0) | (cells >= CELLS**3)).any():
        raise ValueError(f"cells leave 0 to {CELLS**3 - 1}.")
    wide = SIDE // CELLS
    return np.stack(np.unravel_index(cells, (CELLS,) * 3), axis=1) * wide + (wide - 1) / 2


def found(named: np.ndarray, places: np.ndarray, near: float = NEAR) -> np.ndarray:
    """Return which groups were found: those with the place named no further off than `near`.

    Parameters
    ----------
    named, places : numpy.ndarray
        ``(n, 3)``, in voxels: the answers, and where the groups are.
    near : float
        In voxels.

    Returns
    -------
    numpy.ndarray
        ``(n,)``, bool.

    Raises
    ------
    ValueError
        If the shapes differ or are no such shapes.

    Examples
    --------
    >>> found(np.array([[1.0, 1, 1], [1, 1, 1]]), np.array([[1.0, 1, 2.5], [1, 3, 2]])).tolist()
    [True, False]
    """
    named, places = _places(named, "named"), _places(places, "places")
    if named.shape != places.shape:
        raise ValueError(f"named is {named.shape}, places {places.shape}; expected the same shape.")
    return np.linalg.norm(named - places, axis=1) <= near


def _places(places: np.ndarray, name: str) -> np.ndarray:
    places = np.asarray(places, float)
    if places.ndim != 2 or places.shape[1] != 3:
        raise ValueError(f"{name}: expected the shape (n, 3), got {places.shape}.")
    if not np.isfinite(places).all():
        raise ValueError(f"{name} holds numbers that are not finite.")
    return places


# --- convolution ----------------------------------------------------------------------------------


def conv3d(volume: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a kernel over a volume, unflipped and without padding, as `Conv3D` does.

    Parameters
    ----------
    volume : numpy.ndarray
        ``(d, h, w)``.
    kernel : numpy.ndarray
        ``(e, k, m)``, no larger than the volume along any axis.

    Returns
    -------
    numpy.ndarray
        ``(d - e + 1, h - k + 1, w - m + 1)``, float64: at each place the sum of the products.

    Raises
    ------
    ValueError
        If one of them has not three axes, is empty, or the kernel is larger than the volume.

    Examples
    --------
    >>> conv3d(np.arange(27).reshape(3, 3, 3), np.ones((2, 2, 2))).ravel().tolist()
    [52.0, 60.0, 76.0, 84.0, 124.0, 132.0, 148.0, 156.0]
    """
    volume, kernel = np.asarray(volume, float), np.asarray(kernel, float)
    for name, array in (("volume", volume), ("kernel", kernel)):
        if array.ndim != 3 or not array.size:
            raise ValueError(f"{name}: expected the shape (d, h, w), got {array.shape}.")
    if any(k > v for k, v in zip(kernel.shape, volume.shape, strict=True)):
        raise ValueError(f"kernel {kernel.shape} is larger than volume {volume.shape}.")
    size = [v - k + 1 for v, k in zip(volume.shape, kernel.shape, strict=True)]
    result = np.zeros(size)
    for offset in np.ndindex(kernel.shape):
        part = tuple(slice(o, o + s) for o, s in zip(offset, size, strict=True))
        result += kernel[offset] * volume[part]
    return result


# --- rules ----------------------------------------------------------------------------------------


def template(turn: np.ndarray | None = None, *, behind: float = 0.0, side: int = 11) -> np.ndarray:
    """Return the density of a carboxylate and of the atom it sits on, its carbon in the middle.

    Parameters
    ----------
    turn : numpy.ndarray, optional
        A rotation matrix ``(3, 3)``; by default the group lies in a plane of constant depth.
    behind : float
        What to take away behind each oxygen, where a further atom could sit: in all, this many
        oxygens' density, spread over a circle. 0 for nothing.
    side : int
        Voxels along each axis, odd.

    Returns
    -------
    numpy.ndarray
        ``(side, side, side)``, float64, of mean 0 and length 1.

    Raises
    ------
    ValueError
        If `turn` is no rotation matrix or `side` not odd.

    Examples
    --------
    >>> template().shape
    (11, 11, 11)
    """
    turn = np.eye(3) if turn is None else np.asarray(turn, float)
    if turn.shape != (3, 3) or not np.allclose(turn @ turn.T, np.eye(3), atol=1e-6):
        raise ValueError("turn: expected a rotation matrix (3, 3).")
    if side < 1 or side % 2 == 0:
        raise ValueError(f"side is {side!r}; expected an odd number.")
    carbon, high, circle = ELECTRONS["C"] / ELECTRONS["O"], np.sqrt(3) / 2, 12
    atoms, strong = [np.zeros(3), np.array([0.0, 0, -1])], [carbon, carbon]
    for sign in (1, -1):
        oxygen = np.array([0, sign * high, 0.5])
        up = np.array([1.0, 0, 0])
        atoms.append(oxygen)
        strong.append(1.0)
        for angle in 2 * np.pi * np.arange(circle) / circle:
            across = np.cos(angle) * up + np.sin(angle) * np.cross(oxygen, up)
            atoms.append(1.5 * oxygen + high * across)  # at 120° to the bond behind it
            strong.append(-behind / circle)
    axis = np.arange(side) - side // 2
    distance = axis - (BOND * np.array(atoms) @ turn.T)[:, :, np.newaxis]
    balls = np.exp(-(distance**2) / (2 * BLUR**2))
    patch = np.einsum("a,ai,aj,ak->ijk", np.array(strong), *balls.transpose(1, 0, 2), optimize=True)
    patch -= patch.mean()
    return patch / np.linalg.norm(patch)


def by_brightness(volumes: np.ndarray, blur: float = 1.5) -> np.ndarray:
    """Name the brightest place of each volume after blurring it.

    Two oxygens with a carbon between them are the densest triple of atoms, so this is not silly.

    Parameters
    ----------
    volumes : numpy.ndarray
        ``(n, 16, 16, 16, 1)``.
    blur : float
        Standard deviation of the blur in voxels; 0 for none.

    Returns
    -------
    numpy.ndarray
        ``(n, 3)``: depth, row, column of a voxel.

    Raises
    ------
    ValueError
        If the shape differs.

    Examples
    --------
    >>> by_brightness(molecules(2).volumes).shape
    (2, 3)
    """
    from scipy.ndimage import gaussian_filter

    blurred = [gaussian_filter(each, blur, mode="constant") for each in _volumes(volumes)]
    return _brightest(np.array(blurred))


def by_template(volumes: np.ndarray, turns: int = 200, behind: float = 0.0) -> np.ndarray:
    """Name the place where a carboxylate, turned in many ways, fits best.

    At each place, in each direction, the `template` is multiplied with the density there and the
    products summed up (a convolution); the largest sum over all directions and places wins.

    Parameters
    ----------
    volumes : numpy.ndarray
        ``(n, 16, 16, 16, 1)``.
    turns : int
        How many directions, drawn at random (always the same ones).
    behind : float
        As in `template`: with 0 the rule knows what must be there; above 0 it also knows where
        nothing may be, as whoever knows chemistry would tell it.

    Returns
    -------
    numpy.ndarray
        ``(n, 3)``: depth, row, column of a voxel.

    Raises
    ------
    ValueError
        If the shape differs, or `turns` is less than 1.

    Examples
    --------
    >>> by_template(molecules(2).volumes, turns=10).shape
    (2, 3)
    """
    from scipy.spatial.transform import Rotation

    if turns < 1:
        raise ValueError(f"turns is {turns!r}; expected 1 or more.")
    densities, side = _volumes(volumes), 11
    if len(densities) > 25:  # some at a time: their spectra take much memory
        parts = [volumes[start : start + 25] for start in range(0, len(densities), 25)]
        return np.concatenate([by_template(part, turns, behind) for part in parts])
    wide = (SIDE + side - 1,) * 3  # so that nothing wraps round
    spectra = np.fft.rfftn(densities, wide, axes=(1, 2, 3))
    best = np.full(densities.shape, -np.inf)
    inside = (slice(None), *[slice(side // 2, side // 2 + SIDE)] * 3)
    for turn in Rotation.random(turns, random_state=0).as_matrix():
        flipped = template(turn, behind=behind, side=side)[::-1, ::-1, ::-1]
        spectrum = np.fft.rfftn(flipped, wide, axes=(0, 1, 2))
        sums = np.fft.irfftn(spectra * spectrum, wide, axes=(1, 2, 3))
        np.maximum(best, sums[inside], out=best)
    return _brightest(best)


def _volumes(volumes: np.ndarray) -> np.ndarray:
    volumes = np.asarray(volumes)
    if volumes.ndim != 5 or volumes.shape[1:] != (SIDE, SIDE, SIDE, 1):
        raise ValueError(
            f"volumes: expected the shape (n, {SIDE}, {SIDE}, {SIDE}, 1), got {volumes.shape}."
        )
    return volumes[..., 0]


def _brightest(values: np.ndarray) -> np.ndarray:
    where = values.reshape(len(values), -1).argmax(axis=1)
    return np.stack(np.unravel_index(where, values.shape[1:]), axis=1).astype(float)


# --- for a notebook -------------------------------------------------------------------------------


def dataset(train: int = 6000, val: int = 500, test: int = 1000) -> Dataset:
    """Return drawn molecules in three parts, in the form of the course's other data.

    Parameters
    ----------
    train, val, test : int
        How many molecules each part has. The first ones are the same for every number.

    Returns
    -------
    Dataset
        `x_train` and so on: float32, (n, 16, 16, 16, 1); `y_train` and so on: float32, (n, 3), the
        place of the charged group's carbon in voxels.

    Examples
    --------
    >>> data = dataset(4, 2, 2)
    >>> data.x_train.shape, data.y_val.shape
    ((4, 16, 16, 16, 1), (2, 3))
    """
    arrays = []
    for n, seed in ((train, 161), (val, 162), (test, 163)):
        drawn = molecules(n, seed)
        arrays += [drawn.volumes, drawn.places]
    sizes = f"{train} + {val} + {test}"
    text = f"molecules: {sizes} volumes of {SIDE} × {SIDE} × {SIDE}, drawn on this machine"
    return generated("molecules", *arrays, class_names=(), text=text)
