"""Generated stick figures in ten poses: the data of notebook 15's project.

Nobody had to be photographed. A *person* has proportions, clothes, a room, a camera, and a manner
of their own for each pose; for each pose the person stands before the camera once (a *session*),
and a session's pictures differ as the frames of a short film do. So pictures of one session look
alike, as they do in real collections, and only a split by person tells how well a network reads
somebody whom it has never seen.

A figure is a skeleton in space: fifteen joints, joined by limbs whose lengths belong to the
person. A pose says which way each limb points; what a pose leaves free (the arms while somebody
squats) is drawn from the same lot for all poses. The skeleton is turned, seen from the camera,
moved into the picture and drawn with Pillow among things that resemble limbs.

`draw` returns pictures, labels and persons; `load` splits them by person. Every person has random
generators of their own, seeded by (seed, person), and geometry is rounded to whole pixels of a
fine canvas, so the same call gives the same bytes. (A different release of Pillow may round a
pixel differently.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from course_utils.datasets import Dataset, Source

__all__ = [
    "JOINTS",
    "LIMBS",
    "MIRRORED",
    "POSES",
    "SIDE",
    "Drawn",
    "PoseData",
    "draw",
    "load",
    "mirrored",
    "skeletons",
]

VERSION = 1
"""Raised whenever a change here alters any picture."""

SIDE = 48
"""Pixels along each side of a picture."""

POSES = (
    "stand",
    "arms up",
    "point left",
    "point right",
    "tree",
    "sit",
    "squat",
    "lunge",
    "bend",
    "kneel",
)
"""The names of the labels. Left and right are those of the picture."""

MIRRORED = tuple(
    POSES.index({"point left": "point right", "point right": "point left"}.get(p, p)) for p in POSES
)
"""The label of each pose's mirror image: two poses change places, the others stay."""

JOINTS = (
    *("pelvis", "neck", "head"),
    *("shoulder 1", "elbow 1", "hand 1", "shoulder 2", "elbow 2", "hand 2"),
    *("hip 1", "knee 1", "foot 1", "hip 2", "knee 2", "foot 2"),
)
"""The joints in the order of `skeletons`; seen from the front, 1 is on the left in the picture."""

LIMBS = (
    *((0, 1), (1, 2)),
    *((1, 3), (3, 4), (4, 5), (1, 6), (6, 7), (7, 8)),
    *((0, 9), (9, 10), (10, 11), (0, 12), (12, 13), (13, 14)),
)
"""Which joints each limb joins."""

_LENGTHS = (0.32, 0.13, 0.1, 0.17, 0.16, 0.06, 0.25, 0.24)
"""Torso, neck and head, half the shoulders, upper arm, forearm, half the hips, thigh, shin."""
_LENGTH_OF_LIMB = np.array([0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7, 5, 6, 7])

# Where limbs point, in degrees: forwards (0 is down, 90 forwards, 180 up), then outwards.
_ARMS = {
    "hanging": ((0, 12), (6, 8)),
    "forwards": ((80, 8), (85, 2)),
    "on the hips": ((-15, 45), (20, -50)),
    "up": ((180, 25), (180, 8)),
    "sideways": ((10, 85), (0, 88)),
    "folded": ((15, 20), (110, -45)),
    "overhead": ((170, 50), (178, -35)),
}
_STRAIGHT = ((0, 7), (0, 4))
_LEGS = {
    "stand": (_STRAIGHT, _STRAIGHT),
    "arms up": (_STRAIGHT, _STRAIGHT),
    "point left": (_STRAIGHT, _STRAIGHT),
    "point right": (_STRAIGHT, _STRAIGHT),
    "tree": (((2, 2), (0, 0)), ((25, 60), (-15, -55))),
    "sit": (((84, 10), (2, 4)), ((84, 10), (2, 4))),
    "squat": (((98, 20), (-28, 4)), ((98, 20), (-28, 4))),
    "lunge": (((72, 4), (-8, 2)), ((-32, 4), (-68, 2))),
    "bend": (_STRAIGHT, _STRAIGHT),
    "kneel": (((4, 8), (-82, 4)), ((4, 8), (-82, 4))),
}
_LEAN = {"sit": 2, "squat": 28, "lunge": 6, "bend": 88, "kneel": 4}  # of the torso, forwards
_FREE_ARMS = ("hanging", "forwards", "on the hips", "up", "sideways", "folded")
_POSE_ARMS = {
    "stand": ("hanging", "on the hips", "folded"),
    "arms up": ("up", "overhead"),
    "tree": ("overhead", "up", "folded", "sideways"),
    "bend": ("hanging",),
}
_TURNED = {"point left": 35, "point right": 35, "tree": 45, "arms up": 70, "stand": 80}
"""Degrees that the camera may be off the front; the other poses are seen more from the side."""

_STEADY = 5.0  # degrees, from picture to picture
_MANNER = 7.0  # degrees, from session to session
_FINE = 2  # the canvas is finer than the picture by this factor
_CANVAS = SIDE * _FINE
_EDGE = 2.0  # pixels that joints keep from the edge


class Drawn(NamedTuple):
    """What `draw` returns.

    Attributes
    ----------
    pictures : numpy.ndarray
        ``(n, 48, 48)``, uint8, from 0 (black) to 255.
    labels : numpy.ndarray
        ``(n,)``, uint8: positions in `POSES`.
    person : numpy.ndarray
        ``(n,)``, int64: who is in the picture, 0, 1, 2 …
    """

    pictures: np.ndarray
    labels: np.ndarray
    person: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class PoseData(Dataset):
    """A `Dataset` that also says who is in each picture. No person is in two parts.

    Attributes
    ----------
    person_train, person_val, person_test : numpy.ndarray
        ``(n,)``, int64, beside the pictures of the same part.
    """

    person_train: np.ndarray
    person_val: np.ndarray
    person_test: np.ndarray

    def __repr__(self) -> str:
        people = [
            len(np.unique(getattr(self, f"person_{part}"))) for part in ("train", "val", "test")
        ]
        return super().__repr__() + "\n  people     {}, {} and {} others".format(*people)


# --- what a person is ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Person:
    """What stays the same in all pictures of a person."""

    lengths: np.ndarray  # (8,), as _LENGTHS; a standing person is about 1 high
    height: float  # in pixels, standing
    thick: float  # of a limb, in pixels
    head: float  # radius, share of the height
    shades: tuple[int, int, int, int]  # of skin, upper part, legs, and the wall
    tilt: float  # degrees, of the camera, looking down
    style: int  # 0: limbs of one width; 1: a body; 2: a skirt or a wide coat; 3: hollow head
    room: int  # kind of background


def _rng(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((15, VERSION, *key))))


def _person(rng: np.random.Generator) -> _Person:
    """Draw a person, with room and camera."""
    lengths = np.array(_LENGTHS) * rng.uniform(0.82, 1.18, len(_LENGTHS))
    wall = int(rng.integers(30, 226))
    far = [shade for shade in range(10, 246, 5) if abs(shade - wall) >= 75]
    shades = [int(shade) for shade in rng.choice(far, 3)]
    return _Person(
        lengths,
        rng.uniform(28, 40),
        rng.uniform(1.3, 2.9),
        rng.uniform(0.055, 0.085),
        (*shades, wall),
        rng.uniform(-4, 22),
        int(rng.integers(4)),
        int(rng.integers(4)),
    )


# --- skeletons ----------------------------------------------------------------------------------


def _directions(forwards: np.ndarray, outwards: np.ndarray, side: float) -> np.ndarray:
    """Return unit vectors (n, 3) to the right, up and towards the camera."""
    f, s = np.radians(forwards), np.radians(outwards)
    return np.stack([side * np.sin(s), -np.cos(s) * np.cos(f), np.cos(s) * np.sin(f)], axis=-1)


def skeletons(
    pose: str, n: int, rng: np.random.Generator, lengths: Sequence[float] = _LENGTHS
) -> np.ndarray:
    """Return the joints of one session: a person in a pose, n times, seen from the front.

    Parameters
    ----------
    pose : str
        One of `POSES`.
    n : int
        How many; 1 or more.
    rng : numpy.random.Generator
        Draws the session's manner, and how each picture departs from it.
    lengths : sequence of float
        Eight positive lengths: torso, neck and head, half the shoulders, upper arm, forearm, half
        the hips, thigh, shin. By default those of somebody of height 1.

    Returns
    -------
    numpy.ndarray
        Float64, ``(n, 15, 3)``: for each of the `JOINTS`, how far it is to the right of the pelvis,
        above it and in front of it, in the unit of `lengths`.

    Raises
    ------
    ValueError
        If `pose` is none of `POSES`, `n` is below 1, or `lengths` aren't eight positive numbers.

    Examples
    --------
    >>> joints = skeletons("arms up", 4, np.random.default_rng(0))
    >>> joints.shape
    (4, 15, 3)
    >>> head, hand = JOINTS.index("head"), JOINTS.index("hand 1")
    >>> bool((joints[:, hand, 1] > joints[:, head, 1]).all())
    True
    """
    if pose not in POSES:
        raise ValueError(f"pose is {pose!r}; expected one of {', '.join(POSES)}")
    _whole("n", n, 1)
    sizes = np.asarray(lengths, float)
    if sizes.shape != (len(_LENGTHS),) or not (sizes > 0).all() or not np.isfinite(sizes).all():
        raise ValueError(f"lengths is {lengths!r}; expected {len(_LENGTHS)} positive numbers")
    arms = _ARMS[str(rng.choice(_POSE_ARMS.get(pose, _FREE_ARMS)))]
    angles = np.array([*arms, *arms, *_LEGS[pose][0], *_LEGS[pose][1]], float)  # (8, 2)
    if pose.startswith("point"):
        relaxed = _ARMS[str(rng.choice(["hanging", "on the hips", "folded"]))]
        pointing = [(8, 86), (5, 88)]
        angles[:4] = [*pointing, *relaxed] if pose == "point left" else [*relaxed, *pointing]
    elif rng.random() < 0.5:  # the other leg in front, or in the air
        angles[4:] = angles[[6, 7, 4, 5]]
    manner = rng.normal(0, _MANNER, angles.shape).clip(-2 * _MANNER, 2 * _MANNER)
    unsteady = rng.normal(0, _STEADY, (n, *angles.shape)).clip(-2 * _STEADY, 2 * _STEADY)
    angles = angles + manner + unsteady
    lean = _LEAN.get(pose, 0) + rng.normal(0, 6) + rng.normal(0, 3, n)
    sway = rng.normal(0, 4) + rng.normal(0, 2, n)
    return _joints(angles, lean, sway, sizes)


def _joints(
    angles: np.ndarray, lean: np.ndarray, sway: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """Put the limbs together: angles (n, 8, 2), lean and sway (n,), in degrees."""
    n = len(angles)
    up = -_directions(-lean, -sway, 1.0)  # of the torso
    across = np.zeros((n, 3))
    across[:, 0] = 1.0
    ways = [up, up]
    for first in (0, 4):  # arms, then legs
        for side, number in ((-1.0, first), (1.0, first + 2)):
            ways += [side * across]
            ways += [_directions(*angles[:, k].T, side) for k in (number, number + 1)]
    joints = np.zeros((n, len(JOINTS), 3))
    for (start, end), size, way in zip(LIMBS, sizes[_LENGTH_OF_LIMB], ways, strict=True):
        joints[:, end] = joints[:, start] + size * way
    return joints


def _seen(joints: np.ndarray, turn: np.ndarray, tilt: float, roll: np.ndarray) -> np.ndarray:
    """Return what a camera sees of joints (n, 15, 3): to the right and downwards, (n, 15, 2).

    The camera goes round the person by `turn`, looks down by `tilt` and is held askew by `roll`
    (degrees); it is far away, so that nothing shrinks with the distance.
    """
    turn, roll = np.radians(turn)[:, np.newaxis], np.radians(roll)[:, np.newaxis]
    x, y, z = np.moveaxis(joints, -1, 0)
    x, z = np.cos(turn) * x + np.sin(turn) * z, np.cos(turn) * z - np.sin(turn) * x
    y = np.cos(np.radians(tilt)) * y - np.sin(np.radians(tilt)) * z
    return np.stack(
        [np.cos(roll) * x - np.sin(roll) * y, -np.sin(roll) * x - np.cos(roll) * y], axis=-1
    )


def _placed(flat: np.ndarray, height: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Scale and move joints (n, 15, 2) into the picture, in pixels.

    A figure is `height` (n,) times its own size, smaller where it would not fit; `place` (n, 2),
    from 0 to 1, says where in the room that is left it stands.
    """
    low, high = flat.min(axis=1), flat.max(axis=1)
    most = (SIDE - 1 - 2 * _EDGE) / (high - low).max(axis=1)
    scale = np.minimum(height, most)[:, np.newaxis]
    room = SIDE - 1 - 2 * _EDGE - scale * (high - low)
    start = _EDGE + place * room - scale * low
    return flat * scale[:, np.newaxis] + start[:, np.newaxis]


def _session(pose: str, n: int, person: _Person, rng: np.random.Generator) -> np.ndarray:
    """Return the joints in the picture, (n, 15, 2), in pixels."""
    joints = skeletons(pose, n, rng, person.lengths)
    if pose in _TURNED:
        turn = rng.uniform(-_TURNED[pose], _TURNED[pose])
    else:
        turn = rng.uniform(25, 90) * rng.choice([-1, 1])
    turn = turn + rng.normal(0, 5, n)
    flat = _seen(joints, turn, person.tilt, rng.normal(0, 4) + rng.normal(0, 1, n))
    height = person.height * rng.uniform(0.9, 1.1) * rng.uniform(0.96, 1.04, n)
    place = (rng.uniform(0.2, 0.8, 2) + rng.normal(0, 0.08, (n, 2))).clip(0, 1)
    return _placed(flat, height, place)


# --- pictures -----------------------------------------------------------------------------------


def _fine(points: np.ndarray) -> list[tuple[int, int]]:
    """Return points in pixels as whole pixels of the fine canvas."""
    return [(int(x), int(y)) for x, y in np.rint(points * _FINE + (_FINE - 1) / 2)]


def _background(person: _Person, rng: np.random.Generator) -> Image.Image:
    """Draw the wall, floor and furniture of one session."""
    wall = person.shades[3]
    image = Image.new("L", (_CANVAS, _CANVAS), wall)
    pen = ImageDraw.Draw(image)

    def near(far: int) -> int:
        return int(np.clip(wall + rng.integers(-far, far + 1), 0, 255))

    if person.room in (0, 2):  # a floor
        floor = int(rng.integers(_CANVAS // 2, _CANVAS))
        pen.rectangle((0, floor, _CANVAS, _CANVAS), fill=near(40))
    if person.room == 1:  # curtains
        step = int(rng.integers(9, 22))
        for x in range(int(rng.integers(0, step)), _CANVAS, step):
            pen.line((x, 0, x, _CANVAS), near(35), max(2, step // 3))
    if person.room in (2, 3):  # shelves and windows
        for _ in range(3):
            x, y, w, h = (int(each) for each in rng.integers(0, (_CANVAS, _CANVAS, 40, 40)))
            pen.rectangle((x, y, x + w + 6, y + h + 6), fill=near(45), outline=near(60))
    for _ in range(int(rng.integers(1, 4))):  # things with legs
        _stick(pen, rng, int(rng.integers(0, 256)))
    return image


def _stick(pen: ImageDraw.ImageDraw, rng: np.random.Generator, shade: int) -> None:
    """Draw something that is as long and thick as a limb, and sometimes bent like one."""
    ends = rng.integers(0, _CANVAS, 2)
    steps = rng.integers(-22, 23, (int(rng.integers(1, 3)), 2))
    points = [(int(x), int(y)) for x, y in np.vstack([ends, ends + np.cumsum(steps, axis=0)])]
    pen.line(points, shade, int(rng.integers(2, 6)), joint="curve")


def _figure(pen: ImageDraw.ImageDraw, joints: np.ndarray, person: _Person) -> None:
    """Draw one figure: joints (15, 2), in pixels."""
    skin, upper, lower, _ = person.shades
    points = _fine(joints)
    width = max(2, round(person.thick * _FINE))

    def limb(*numbers: int, shade: int, wide: int = width) -> None:
        pen.line([points[k] for k in numbers], shade, wide, joint="curve")
        x, y = points[numbers[-1]]
        r = wide // 2
        pen.ellipse((x - r, y - r, x + r, y + r), fill=shade)

    if person.style == 2:
        pen.polygon([points[k] for k in (3, 6, 13, 10)], fill=lower)
    for leg in ((0, 9, 10, 11), (0, 12, 13, 14)):
        limb(*leg, shade=lower)
    body = 2 * width if person.style in (1, 2) else width
    limb(0, 1, shade=upper, wide=body)
    for arm in ((1, 3, 4, 5), (1, 6, 7, 8)):
        limb(*arm, shade=upper)
    x, y = points[2]
    r = max(3, round(person.head * person.height * _FINE))
    hollow = person.style == 3
    pen.ellipse(
        (x - r, y - r, x + r, y + r), None if hollow else skin, skin, width if hollow else 1
    )


def _light(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let light fall in from one side, and add noise: in whole numbers, to be the same anywhere."""
    slope = rng.integers(-40, 41, 2)
    ramp = np.arange(SIDE) - SIDE // 2
    light = (slope[0] * ramp[:, np.newaxis] + slope[1] * ramp) // SIDE
    strength = int(rng.integers(8, 32))
    dice = rng.integers(0, 256, (2, *pictures.shape), dtype=np.uint8).astype(np.int16)
    noise = ((dice[0] + dice[1] - 255).astype(np.int32) * strength) >> 8
    flicker = rng.integers(-12, 13, (len(pictures), 1, 1))
    return np.clip(pictures + light + noise + flicker, 0, 255).astype(np.uint8)


def _film(pose: str, n: int, person: _Person, rng: np.random.Generator) -> np.ndarray:
    """Draw the n pictures of one session, (n, 48, 48)."""
    joints = _session(pose, n, person, rng)
    room = _background(person, rng)
    pictures = np.empty((n, SIDE, SIDE), np.uint8)
    for k in range(n):
        image = room.copy()
        pen = ImageDraw.Draw(image)
        _figure(pen, joints[k], person)
        for _ in range(int(rng.integers(0, 2))):  # somebody's bag, a passing arm
            _stick(pen, rng, int(rng.integers(0, 256)))
        pictures[k] = np.asarray(image.reduce(_FINE))
    return _light(pictures, rng)


# --- data ---------------------------------------------------------------------------------------


def draw(people: int = 50, per_pose: int = 500, seed: int = 0) -> Drawn:
    """Draw stick figures of some people in all ten poses.

    Parameters
    ----------
    people : int
        How many different persons; 1 or more.
    per_pose : int
        Pictures of each pose, all people together: a multiple of `people`.
    seed : int
        Chooses the people and all that they do; 0 or more. Person k is the same whatever `people`.

    Returns
    -------
    Drawn
        `pictures` (n, 48, 48), `labels` and `person` (n,), person by person and pose by pose, with
        n = 10 · per_pose.

    Raises
    ------
    TypeError
        If an argument is not a whole number.
    ValueError
        If one is too small, or `per_pose` is not a multiple of `people`.

    Examples
    --------
    >>> pictures, labels, person = draw(people=3, per_pose=6)
    >>> pictures.shape, pictures.dtype
    ((60, 48, 48), dtype('uint8'))
    >>> POSES[labels[0]], [int(k) for k in np.unique(person)]
    ('stand', [0, 1, 2])
    """
    _whole("people", people, 1)
    _whole("per_pose", per_pose, 1)
    _whole("seed", seed, 0)
    each, left = divmod(per_pose, people)
    if left:
        raise ValueError(
            f"per_pose is {per_pose}, people is {people}; expected a multiple of people, so that "
            "everybody does each pose equally often"
        )
    films = []
    for number in range(people):
        person = _person(_rng(seed, number))
        films += [
            _film(pose, each, person, _rng(seed, number, 1 + label))
            for label, pose in enumerate(POSES)
        ]
    labels = np.tile(np.repeat(np.arange(len(POSES), dtype=np.uint8), each), people)
    return Drawn(np.concatenate(films), labels, np.repeat(np.arange(people), len(POSES) * each))


def load(people: int = 50, per_pose: int = 500, seed: int = 0) -> PoseData:
    """Draw stick figures and split them by person.

    A fifth of the people (rounded, but at least one) are kept for the validation part and as many
    for the test part. Within each part the pictures are in a random order.

    Parameters
    ----------
    people : int
        How many different persons; 3 or more.
    per_pose, seed : int
        As for `draw`.

    Returns
    -------
    PoseData
        Pictures of shape (n, 48, 48), labels, and who is in each picture; ``data.source.copy`` is
        ``"generated"``.

    Raises
    ------
    TypeError, ValueError
        As `draw` does.

    Examples
    --------
    >>> load(people=5, per_pose=10)
    stick figures: 5 people, 10 pictures of each of ten poses, seed 0 (generated)
      training       60 × (48, 48) uint8
      validation     20 × (48, 48) uint8
      test           20 × (48, 48) uint8
      classes    stand, arms up, point left, point right, tree, sit, squat, lunge, bend, kneel
      people     3, 1 and 1 others
    """
    _whole("people", people, 3)
    drawn = draw(people, per_pose, seed)
    rng = _rng(seed, 1_000_000)
    away = max(1, round(people / 5))
    order = rng.permutation(people)
    groups = order[2 * away :], order[:away], order[away : 2 * away]
    parts = [rng.permutation(np.flatnonzero(np.isin(drawn.person, group))) for group in groups]
    arrays = [array[rows] for rows in parts for array in (drawn.pictures, drawn.labels)]
    digest = hashlib.sha256()
    for array in drawn:
        digest.update(np.ascontiguousarray(array).tobytes())
    text = (
        f"stick figures: {people} people, {per_pose} pictures of each of ten poses, "
        f"seed {seed} (generated)"
    )
    return PoseData(
        "stick figures",
        *arrays,
        POSES,
        Source("generated", text, digest.hexdigest(), True),
        *(drawn.person[rows] for rows in parts),
    )


def mirrored(labels: np.ndarray) -> np.ndarray:
    """Return the labels of the mirror images: left becomes right.

    Parameters
    ----------
    labels : numpy.ndarray
        Whole numbers from 0 to 9, of any shape.

    Returns
    -------
    numpy.ndarray
        Of the same shape and dtype.

    Raises
    ------
    ValueError
        If a label is no whole number from 0 to 9.

    Examples
    --------
    >>> mirrored(np.array([0, 2, 3]))
    array([0, 3, 2])
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or (
        labels.size and not 0 <= labels.min() <= labels.max() < len(POSES)
    ):
        raise ValueError(f"labels is {labels!r}; expected whole numbers from 0 to {len(POSES) - 1}")
    return np.array(MIRRORED, labels.dtype)[labels]


def _whole(name: str, value: int, least: int) -> None:
    """Raise where a value is no whole number, or too small."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is of type {type(value).__name__}; expected a whole number")
    if value < least:
        raise ValueError(f"{name} is {value}; expected {least} or more")
