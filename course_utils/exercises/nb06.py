"""The exercises of notebook 06, images are arrays."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- from the place in the list back to the pixel -----------------------------------------------


def my_pixel_at(place, shape):
    """Return (row, column) of the pixel that flattening sends to a place, two ints."""
    width = shape[1]
    return place // width, place % width


def _pixel_at_oracle(place, shape):
    """Walk through the picture pixel by pixel and count."""
    walked = 0
    for row in range(shape[0]):
        for column in range(shape[1]):
            if walked == place:
                return row, column
            walked += 1
    raise ValueError(f"place is {place}, but a picture of shape {shape} has {walked} pixels")


def _pixel_at_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(6):
        height, width = (int(n) for n in rng.integers(2, 30, 2))
        yield Case((int(rng.integers(height * width)), (height, width)))


pixel_at = Exercise(
    name="pixel_at",
    solution=my_pixel_at,
    oracle=_pixel_at_oracle,
    cases=[
        Case((10, (7, 8)), "the 240"),
        Case((0, (7, 8)), "the first pixel"),
        Case((3, (7, 8)), "in the first row"),
        Case((16, (7, 8)), "in the first column"),
        Case((55, (7, 8)), "the last pixel"),
        Case((5, (3, 2)), "a picture higher than wide"),
        Case((783, (28, 28)), "the last pixel of an MNIST digit"),
    ],
    random_cases=_pixel_at_random,
    same_dtype=True,
    variants=[
        lambda place, shape: divmod(place, shape[1]),
        lambda place, shape: np.unravel_index(place, shape),
        lambda place, shape: [place // shape[1], place - place // shape[1] * shape[1]],
    ],
    hints=[
        "How many full rows fit into `place` pixels? And how many pixels are left over then?",
        "`//` divides and leaves out the rest; `%` is that rest. Which side of `shape` do you "
        "divide by?",
        "A full row has `shape[1]` pixels: the row is `place // shape[1]`, the column "
        "`place % shape[1]`.",
    ],
    misconceptions=[
        Misconception(
            lambda place, shape: (place // shape[0], place % shape[0]),
            "You divide by the height, `shape[0]`. What fills up one after the other are rows, and "
            "a row has as many pixels as the picture is wide: `shape[1]`.",
        ),
        Misconception(
            lambda place, shape: (place % shape[0], place // shape[0]),
            "You roll the list up column after column. NumPy and this course go row after row: "
            "the first `shape[1]` places are row 0.",
            variants=[lambda place, shape: np.unravel_index(place, shape, order="F")],
        ),
        Misconception(
            lambda place, shape: (place % shape[1], place // shape[1]),
            "Both numbers are right, but they have changed places: the row comes first.",
        ),
        Misconception(
            lambda place, shape: (place // 8, place % 8),
            "That is right for our 7 × 8 picture, and for no other width. Take the width from "
            "`shape`.",
        ),
        Misconception(
            lambda place, shape: ((place - place % shape[1]) / shape[1], place % shape[1]),
            "The numbers are right, but the row is a float, and `image[1.0, 2]` is an error: an "
            "index has to be an int. Divide with `//`, not with `/`.",
            variants=[lambda place, shape: (np.floor(place / shape[1]), place % shape[1])],
        ),
        Misconception(
            lambda place, shape: (float(place // shape[1]), float(place % shape[1])),
            "The numbers are right, but both are floats, and an index has to be an int. `//` and "
            "`%` of two ints are ints.",
            variants=[lambda place, shape: divmod(place, float(shape[1]))],
        ),
        Misconception(
            lambda place, shape: (place / shape[1], place % shape[1]),
            "`/` gives a fraction of a row, and no pixel lies in row 1.25. How many *full* rows "
            "come before it? `//` leaves the rest out.",
        ),
        Misconception(
            lambda place, shape: (round(place / shape[1]), place % shape[1]),
            "You round to the nearest row, so pixels in the right half of the picture slip into "
            "the next one. Only full rows count: `//` rounds down.",
        ),
        Misconception(
            lambda place, shape: (place // shape[1] + 1, place % shape[1] + 1),
            "You count rows and columns from 1. Here both start at 0: place 0 is pixel (0, 0).",
        ),
        Misconception(
            lambda place, shape: ((place - 1) // shape[1], (place - 1) % shape[1]),
            "You are one place behind: places are counted from 0, so there is nothing to take "
            "away. Place 0 is pixel (0, 0).",
        ),
        Misconception(
            lambda place, shape: (place // shape[1], place - shape[1]),
            "You take one row's width away from the place, however many rows lie before it. Take "
            "away all the full rows: what is left is `place % shape[1]`.",
        ),
        Misconception(
            lambda place, shape: place // shape[1],
            "That is the row. The column is asked for as well: `return row, column`.",
        ),
    ],
    well_done="And if a batch (n, h, w) is flattened whole: which picture, row and column is "
    "place 1000?",
)

# --- the order of the channels ------------------------------------------------------------------


def my_bgr_to_rgb(image):
    """Return image (h, w, 3) with its channels in the order red, green, blue."""
    return image[:, :, ::-1]


def _bgr_to_rgb_oracle(image):
    """Rebuild the picture pixel by pixel."""
    return np.array([[[r, g, b] for b, g, r in row] for row in image.tolist()], dtype=np.uint8)


def _swapped_through_views(image):
    image[:, :, 0], image[:, :, 2] = image[:, :, 2], image[:, :, 0]
    return image


def _swapped_one_after_the_other(image):
    result = image.copy()
    result[:, :, 0] = result[:, :, 2]
    result[:, :, 2] = result[:, :, 0]
    return result


def _bgr_to_rgb_random(rng: np.random.Generator) -> Iterator[Case]:
    for height, width in ((2, 3), (4, 2)):
        yield Case((rng.integers(0, 256, (height, width, 3)).astype(np.uint8),))


bgr_to_rgb = Exercise(
    name="bgr_to_rgb",
    solution=my_bgr_to_rgb,
    oracle=_bgr_to_rgb_oracle,
    cases=[
        Case((np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8),), "two pixels side by side"),
        Case((np.array([[[1, 2, 3]], [[4, 5, 6]]], dtype=np.uint8),), "two, one above the other"),
        Case((np.arange(27, dtype=np.uint8).reshape(3, 3, 3),), "3 × 3 pixels"),
    ],
    random_cases=_bgr_to_rgb_random,
    same_dtype=True,
    variants=[
        lambda image: np.stack([image[..., 2], image[..., 1], image[..., 0]], axis=-1),
        lambda image: image[..., [2, 1, 0]],
        lambda image: np.flip(image, axis=2),
    ],
    hints=[
        "Only the last axis has to change. Its places 0, 1, 2 hold blue, green and red.",
        "Take the three channels apart and stack them in another order, as the notebook did; or "
        "give the wanted order as an index.",
        "`image[:, :, [2, 1, 0]]` asks for channel 2 first. `image[:, :, ::-1]` does the same: "
        "the last axis backwards.",
    ],
    misconceptions=[
        Misconception(
            lambda image: image[::-1],
            "You have turned the picture upside down: `[::-1]` alone reverses the first axis, the "
            "rows. The channels are the last axis: `[:, :, ::-1]`.",
            variants=[np.flipud],
        ),
        Misconception(
            lambda image: image[:, ::-1],
            "You have mirrored the picture left to right: the second axis holds the columns. The "
            "channels are the third.",
            variants=[np.fliplr],
        ),
        Misconception(
            lambda image: image[::-1, ::-1, ::-1],
            "You have reversed all three axes, so the picture is also upside down and mirrored. "
            "Reverse the last axis only.",
            variants=[np.flip],
        ),
        Misconception(
            lambda image: np.moveaxis(image, -1, 0),
            "You have moved the channel axis to the front (channels first). The shape should stay "
            "(h, w, 3); only the order within the last axis changes.",
            variants=[lambda image: image.transpose(2, 0, 1)],
        ),
        Misconception(
            lambda image: np.array([image[:, :, 2], image[:, :, 1], image[:, :, 0]]),
            "The order of the channels is right, but they lie along the first axis now. "
            "`np.stack(…, axis=-1)` puts them along the last.",
            variants=[lambda image: np.moveaxis(image[..., ::-1], -1, 0)],
        ),
        Misconception(
            lambda image: image.T,
            "`.T` reverses the order of all the axes, so columns become rows and the channels come "
            "first. You want the axes as they are, and the last one read backwards.",
            variants=[lambda image: image.transpose()],
        ),
        Misconception(
            lambda image: np.roll(image, 1, axis=-1),
            "Red is first now, but blue and green still stand in the old order: you have rolled "
            "the channels instead of reversing them.",
            variants=[lambda image: image[..., [2, 0, 1]]],
        ),
        Misconception(
            lambda image: image[:, :, 2],
            "That is the red channel alone, a grey picture. All three channels are wanted, red "
            "first.",
        ),
        Misconception(
            _swapped_through_views,
            "Blue is lost: `image[:, :, 0]` is a window into the same memory, not a copy, so after "
            "red has been written there, blue cannot be read any more. And the caller's picture "
            "has changed as well. Index with the new order instead of swapping.",
        ),
        Misconception(
            _swapped_one_after_the_other,
            "Blue is lost: the first line writes red over it, and the second line then copies red "
            "back. Read the old channels from `image`, which you leave as it is.",
        ),
        Misconception(
            lambda image: image.copy(),
            "The picture comes back as it was, still blue first.",
            variants=[lambda image: image],
        ),
    ],
    well_done="The same function also turns RGB into BGR: why?",
)

# --- the difference of two pictures -------------------------------------------------------------


def my_difference(first, second):
    """Return how far two pictures (uint8, one shape) differ in each number, as uint8."""
    wide = first.astype(np.int16) - second
    return np.abs(wide).astype(np.uint8)


def _difference_oracle(first, second):
    """Work on Python's whole numbers, which never run over."""
    pairs = zip(first.reshape(-1).tolist(), second.reshape(-1).tolist(), strict=True)
    far = [max(a, b) - min(a, b) for a, b in pairs]
    return np.array(far, dtype=np.uint8).reshape(first.shape)


def _difference_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape in ((2, 3), (2, 2, 3)):
        yield Case(tuple(rng.integers(0, 256, (2, *shape)).astype(np.uint8)))


def _pair(first: list, second: list) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures of bytes."""
    return np.array(first, dtype=np.uint8), np.array(second, dtype=np.uint8)


difference = Exercise(
    name="difference",
    solution=my_difference,
    oracle=_difference_oracle,
    cases=[
        Case(_pair([[100, 250]], [[110, 240]]), "once up by 10, once down by 10"),
        Case(_pair([[7, 200]], [[7, 200]]), "two equal pictures"),
        Case(_pair([[0, 255]], [[255, 0]]), "as far apart as can be"),
        Case(_pair([[90, 91], [92, 93]], [[60, 60], [60, 60]]), "the first is brighter all over"),
        Case(_pair([[[208, 113, 55]]], [[[200, 120, 60]]]), "one coloured pixel"),
    ],
    random_cases=_difference_random,
    same_dtype=True,
    variants=[
        lambda first, second: np.maximum(first, second) - np.minimum(first, second),
        lambda first, second: np.where(first > second, first - second, second - first),
        lambda first, second: np.abs(first.astype(float) - second).astype("uint8"),
    ],
    hints=[
        "What is 100 − 110 in bytes? The type has to hold negative numbers before you subtract.",
        "`first.astype(np.int16)` is wider *and* has a sign. `np.abs` takes the sign away again.",
        "`np.abs(first.astype(np.int16) - second).astype(np.uint8)`",
    ],
    misconceptions=[
        Misconception(
            lambda first, second: first - second,
            "Where the second picture is brighter the difference is negative, and it runs over. "
            "The type must be wider than a byte *and* signed before you subtract: "
            "`first.astype(np.int16)`; then `np.abs`.",
            variants=[
                lambda first, second: np.abs(first - second),
                lambda first, second: np.abs(first.astype(np.uint16) - second).astype(np.uint8),
                lambda first, second: np.clip(first - second, 0, 255),
                lambda first, second: (first.astype(np.int16) - second).astype(np.uint8),
            ],
        ),
        Misconception(
            lambda first, second: np.abs(first.astype(np.uint16) - second),
            "`uint16` is wider, but it has no sign: below 0 it runs over to 65 535. Take a type "
            "that is wider *and* signed, `np.int16`.",
            variants=[lambda first, second: first.astype(np.uint16) - second],
        ),
        Misconception(
            lambda first, second: np.clip(first.astype(np.uint16) - second, 0, 255).astype(
                np.uint8
            ),
            "`uint16` is wider, but it has no sign: below 0 it runs over to 65 535, which you then "
            "cut off at 255. Take a type that is wider *and* signed, `np.int16`.",
        ),
        Misconception(
            lambda first, second: np.clip(first.astype(np.int16) - second, 0, 255).astype(np.uint8),
            "You set negative differences to 0, so a pixel that is brighter in the second picture "
            "seems unchanged. How far they differ has no direction: `np.abs`.",
            variants=[
                lambda first, second: np.where(first > second, first - second, 0).astype(np.uint8)
            ],
        ),
        Misconception(
            lambda first, second: second - first,
            "In bytes a negative difference runs over, whichever picture comes first. Go to a "
            "type that is wider *and* signed, `np.int16`, and take `np.abs`.",
            variants=[lambda first, second: np.abs(second - first)],
        ),
        Misconception(
            lambda first, second: first.astype(np.int16) - second,
            "The type is wide enough now, and the sign is there. How *far* they differ has no "
            "sign: take `np.abs`, then go back to bytes.",
        ),
        Misconception(
            lambda first, second: np.abs(first.astype(np.int8) - second.astype(np.int8)).astype(
                np.uint8
            ),
            "Differences above 128 come out too small here. Did you use `int8`, which ends at "
            "127, or take the smaller of two byte differences that ran over? Widen to `np.int16` "
            "before you subtract.",
            variants=[lambda first, second: np.minimum(first - second, second - first)],
        ),
        Misconception(
            lambda first, second: np.abs(first.astype(np.int16) - second),
            "Every number is right, but the picture is no longer made of bytes. Turn it back at "
            "the end with `.astype(np.uint8)`.",
        ),
        Misconception(
            lambda first, second: np.abs(first.astype(np.int64) - second),
            "Every number is right, but each takes 8 bytes now. Turn the picture back into bytes "
            "at the end with `.astype(np.uint8)`.",
            variants=[
                lambda first, second: np.abs(first.astype(np.int64) - second.astype(np.int64))
            ],
        ),
        Misconception(
            lambda first, second: first.astype(np.int64) - second,
            "The type is wide enough, and signed. How *far* two numbers differ has no sign: take "
            "`np.abs`, then go back to bytes.",
        ),
        Misconception(
            lambda first, second: np.abs(first.astype(np.float64) - second),
            "Every number is right, but they are floats now. A picture of bytes is asked for: "
            "`.astype(np.uint8)` at the end.",
        ),
        Misconception(
            lambda first, second: first != second,
            "That tells *whether* two pixels differ. How far they differ is asked for.",
        ),
    ],
    well_done="Why is no `np.clip` needed here, as it was for brightening?",
)

# --- bytes to fractions -------------------------------------------------------------------------


def my_to_unit(images):
    """Return images (uint8, 0..255) as float32 from 0 to 1, in the same shape."""
    return images.astype(np.float32) / 255


def _to_unit_oracle(images):
    """Look every byte up in a table of exact fractions, rounded once."""
    table = np.array([float(Fraction(byte, 255)) for byte in range(256)])
    return table[images].astype(np.float32)


def _divided_if_large(images):
    values = images.astype(np.float32)
    return values / 255 if values.max() > 1 else values


def _stretched(images):
    values = images.astype(np.float32)
    return (values - values.min()) / (values.max() - values.min())


def _to_unit_random(rng: np.random.Generator) -> Iterator[Case]:
    yield Case((rng.integers(0, 256, (2, 3)).astype(np.uint8),))
    yield Case((rng.integers(30, 220, (2, 2, 2)).astype(np.uint8),), "a batch of two pictures")


to_unit = Exercise(
    name="to_unit",
    solution=my_to_unit,
    oracle=_to_unit_oracle,
    cases=[
        Case((np.array([[0, 51, 255]], dtype=np.uint8),), "black, a fifth, white"),
        Case((np.array([[0, 1]], dtype=np.uint8),), "a picture that is nearly black"),
        Case((np.array([[0, 102]], dtype=np.uint8),), "a dark picture"),
        Case((np.array([[153, 204]], dtype=np.uint8),), "a pale picture"),
        Case((np.array([[[208, 113, 55]]], dtype=np.uint8),), "a petal of the dahlia"),
    ],
    random_cases=_to_unit_random,
    same_dtype=True,
    variants=[
        lambda images: (images / 255).astype(np.float32),
        lambda images: images * np.float32(1 / 255),
        lambda images: np.divide(images, 255, dtype=np.float32),
    ],
    hints=[
        "One division does it. Which number has to become 1, in every picture?",
        "`/` makes `float64` of bytes. Convert to `float32` before you divide, or after.",
        "`images.astype(np.float32) / 255`",
    ],
    misconceptions=[
        Misconception(
            lambda images: images / 255,
            "The numbers are right, but they are `float64`: 8 bytes each, twice what a network "
            "uses. Convert to `np.float32`.",
            variants=[lambda images: images.astype(float) / 255.0],
        ),
        Misconception(
            lambda images: (images // 255).astype(np.float32),
            "`//` throws the fraction away: everything below 255 becomes 0. Use `/`.",
            variants=[
                lambda images: (images / 255).astype(np.uint8).astype(np.float32),
                lambda images: (images / 255).astype(int).astype(np.float32),
            ],
        ),
        Misconception(
            lambda images: images // 255,
            "`//` is division of whole numbers: only 255 gives 1, everything below becomes 0. Use "
            "`/`, on `float32`.",
            variants=[lambda images: (images / 255).astype(np.uint8)],
        ),
        Misconception(
            lambda images: images.astype(np.float32) / 256,
            "You divide by 256, the number of different bytes. The largest byte is 255, and it has "
            "to become exactly 1.",
        ),
        Misconception(
            lambda images: images.astype(np.float32) / images.max(),
            "You divide by the largest value of each picture, so the same byte becomes a different "
            "fraction in a dark picture than in a bright one (and an all-black one has nothing to "
            "divide by). White is 255, always.",
        ),
        Misconception(
            lambda images: images / images.max(),
            "You divide by the largest value of each picture, so dark pictures become brighter "
            "than they are. White is 255, always. (And `/` makes `float64`: convert.)",
        ),
        Misconception(
            lambda images: images / 256,
            "White has to become exactly 1, and the largest byte is 255, not 256. And `/` makes "
            "`float64`: convert to `np.float32`.",
        ),
        Misconception(
            _divided_if_large,
            "You guess the range from the largest value. But these are bytes, and bytes may all be "
            "0 or 1 in a nearly black picture: you leave the 1 of 255 as it is, so it becomes "
            "white. Always divide.",
            variants=[
                lambda images: (images / 255 if images.max() > 1 else images).astype(np.float32)
            ],
        ),
        Misconception(
            lambda images: images / 255 if images.max() > 1 else images,
            "You guess the range from the largest value, and a nearly black picture, all 0 and 1, "
            "is guessed wrong: its 1 is 1 of 255. Divide always. (And `/` makes `float64`: "
            "convert.)",
        ),
        Misconception(
            _stretched,
            "You stretch each picture until its darkest pixel is 0 and its brightest 1. That "
            "changes contrast from picture to picture; divide by 255, always.",
        ),
        Misconception(
            lambda images: images.astype(np.float32) / 127.5 - 1,
            "That gives −1 to 1, a range some networks want. Here black is to stay 0.",
        ),
        Misconception(
            lambda images: images.astype(np.float32) / 255 / 255,
            "You divide by 255 twice: white becomes 0.004 and the picture is nearly black. Once is "
            "enough.",
        ),
        Misconception(
            lambda images: images.astype(np.float32),
            "The type is right, but white is still 255. Divide by 255.",
        ),
    ],
    well_done="In notebook 07 the network itself divides by 255, so that nobody can forget it, "
    "or do it twice.",
)

# --- is one part of the data like the other? ----------------------------------------------------


def my_share_gap(train, held_out, classes):
    """Return each class's share in held_out minus its share in train, an array (classes,)."""
    shares = [np.bincount(labels, minlength=classes) / len(labels) for labels in (train, held_out)]
    return shares[1] - shares[0]


def _share_gap_oracle(train, held_out, classes):
    """Count with Python's list.count, class by class, in exact fractions."""
    train, held_out = train.tolist(), held_out.tolist()
    return np.array(
        [
            float(Fraction(held_out.count(k), len(held_out)) - Fraction(train.count(k), len(train)))
            for k in range(classes)
        ]
    )


def _share_gap_random(rng: np.random.Generator) -> Iterator[Case]:
    for sizes, classes in (((11, 7), 4), ((30, 20), 10)):
        parts = [rng.integers(0, classes, n).astype(np.uint8) for n in sizes]
        parts[1][parts[1] == 1] = 0  # so that a class in the middle is missing from one part
        yield Case((*parts, classes))


def _labels(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.uint8)


def _counts(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(labels, minlength=classes)


share_gap = Exercise(
    name="share_gap",
    solution=my_share_gap,
    oracle=_share_gap_oracle,
    cases=[
        Case((_labels(0, 1, 1, 2), _labels(0, 2), 3), "the 1 is missing from held_out"),
        Case((_labels(0, 1), _labels(0, 0, 1, 1), 2), "the same shares, different numbers"),
        Case((_labels(0, 0, 1), _labels(1, 2), 4), "no 3 anywhere"),
        Case((_labels(2), _labels(0, 0, 0, 1), 3), "a single label in train"),
        Case((_labels(9, 0, 9, 4, 4), _labels(9, 1, 0, 9), 10), "ten digits"),
    ],
    random_cases=_share_gap_random,
    variants=[
        lambda train, held_out, classes: np.array(
            [(held_out == k).mean() - (train == k).mean() for k in range(classes)]
        ),
        lambda train, held_out, classes: [
            held_out.tolist().count(k) / len(held_out) - train.tolist().count(k) / len(train)
            for k in range(classes)
        ],
    ],
    hints=[
        "First the share of each class in one part: its count divided by what? Then the same for "
        "the other part.",
        "`np.bincount(labels, minlength=classes)` counts, and keeps a place for classes that do "
        "not occur. Or, for one class: what is the mean of `labels == k`?",
        "`np.bincount(held_out, minlength=classes) / len(held_out)` minus the same of `train`.",
    ],
    misconceptions=[
        Misconception(
            lambda train, held_out, classes: (
                _counts(train, classes) / len(train) - _counts(held_out, classes) / len(held_out)
            ),
            "The sign is turned round: a class that is commoner in `held_out` should get a "
            "positive number. Take `held_out` minus `train`.",
        ),
        Misconception(
            lambda train, held_out, classes: np.abs(
                _counts(held_out, classes) / len(held_out) - _counts(train, classes) / len(train)
            ),
            "You leave out the sign, so one can't tell which part has more of a class. No `abs` "
            "here.",
        ),
        Misconception(
            lambda train, held_out, classes: _counts(held_out, classes) - _counts(train, classes),
            "These are differences of counts, and the larger part has more of everything. Divide "
            "each part's counts by its own number of labels first.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                (_counts(held_out, classes) - _counts(train, classes)) / len(train)
            ),
            "You divide both by the number of training labels. Each part has its own size: divide "
            "the counts of `held_out` by `len(held_out)`.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                (_counts(held_out, classes) - _counts(train, classes)) / len(held_out)
            ),
            "You divide both by the number of held-out labels. Each part has its own size: divide "
            "the counts of `train` by `len(train)`.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                (_counts(held_out, classes) - _counts(train, classes))
                / (len(train) + len(held_out))
            ),
            "You divide both by the number of all labels together. A share belongs to one part: "
            "divide each by its own length.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                (_counts(held_out, classes) - _counts(train, classes)) / classes
            ),
            "You divide by the number of classes. The shares of one part have to add up to 1, so "
            "divide its counts by its number of labels.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                100
                * (
                    _counts(held_out, classes) / len(held_out)
                    - _counts(train, classes) / len(train)
                )
            ),
            "These are percentages. A share lies between 0 and 1: leave out the factor 100.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                np.bincount(held_out) / len(held_out) - np.bincount(train) / len(train)
            ),
            "`np.bincount` stops after the largest label, so your array is too short, or the two "
            "do not fit together. `np.bincount(labels, minlength=classes)` makes room for every "
            "class.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                np.unique(held_out, return_counts=True)[1] / len(held_out)
                - np.unique(train, return_counts=True)[1] / len(train)
            ),
            "`np.unique` lists only the classes that occur, so the two parts don't line up. Every "
            "class needs its place, with 0 if need be.",
        ),
        Misconception(
            lambda train, held_out, classes: np.array(
                [(held_out == k).mean() - (train == k).mean() for k in range(1, classes + 1)]
            ),
            "Your shares are shifted by one place: you count the classes from 1, so entry 0 tells "
            "of class 1. Classes are counted from 0: `range(classes)`.",
        ),
        Misconception(
            lambda train, held_out, classes: (
                _counts(held_out + 1, classes + 1)[:classes] / len(held_out)
                - _counts(train + 1, classes + 1)[:classes] / len(train)
            ),
            "Your shares are shifted by one place to the right: entry 1 tells of class 0. Put "
            "class 0 at index 0.",
        ),
        Misconception(
            lambda train, held_out, classes: _counts(held_out, classes) / len(held_out),
            "These are the shares in `held_out`. Take the shares in `train` away from them.",
        ),
    ],
    well_done="All the gaps add up to 0, whatever the data: why?",
)
