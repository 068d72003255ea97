"""The exercises of notebook 06, images are arrays."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- the place of a pixel after flattening ------------------------------------------------------


def my_flat_index(row, column, shape):
    """Return the place of pixel (row, column) in the flattened picture, an int."""
    width = shape[1]
    return row * width + column


def _flat_index_oracle(row, column, shape):
    """Look the pixel up: flatten a picture with a single 1 in it and search for the 1."""
    image = np.zeros(shape, dtype=np.uint8)
    image[row, column] = 1
    return image.tobytes().index(1)


def _flat_index_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(6):
        height, width = (int(n) for n in rng.integers(2, 30, 2))
        row, column = int(rng.integers(height)), int(rng.integers(width))
        yield Case((row, column, (height, width)))


flat_index = Exercise(
    name="flat_index",
    solution=my_flat_index,
    oracle=_flat_index_oracle,
    cases=[
        Case((1, 2, (7, 8)), "the 240 of the 2"),
        Case((0, 0, (7, 8)), "the first pixel"),
        Case((0, 3, (7, 8)), "in the first row"),
        Case((2, 0, (7, 8)), "in the first column"),
        Case((6, 7, (7, 8)), "the last pixel"),
        Case((2, 1, (3, 2)), "a picture higher than wide"),
        Case((27, 27, (28, 28)), "the last pixel of an MNIST digit"),
    ],
    random_cases=_flat_index_random,
    variants=[
        lambda row, column, shape: np.ravel_multi_index((row, column), shape),
        lambda row, column, shape: int(np.arange(shape[0] * shape[1]).reshape(shape)[row, column]),
    ],
    hints=[
        "How many pixels stand in the list before the first pixel of row 1? And before the first "
        "pixel of row 2?",
        "`row` full rows come first, and each of them has as many pixels as the picture is wide. "
        "Then `column` more pixels.",
        "The width is `shape[1]`: the place is `row * shape[1] + column`.",
    ],
    misconceptions=[
        Misconception(
            lambda row, column, shape: row * shape[0] + column,
            "You multiply by the height, `shape[0]`. What lies before a pixel are full rows, and a "
            "row has as many pixels as the picture is wide: `shape[1]`.",
        ),
        Misconception(
            lambda row, column, shape: column * shape[0] + row,
            "You unroll column after column. NumPy and this course go row after row: first all of "
            "row 0, then all of row 1.",
            variants=[
                lambda row, column, shape: np.ravel_multi_index((row, column), shape, order="F")
            ],
        ),
        Misconception(
            lambda row, column, shape: column * shape[1] + row,
            "Row and column have changed places: it is the number of full rows that is multiplied "
            "by the width.",
        ),
        Misconception(
            lambda row, column, shape: row * 8 + column,
            "That is right for our 2, which is 8 wide, and for no other width. Take the width from "
            "`shape`.",
        ),
        Misconception(
            lambda row, column, shape: row * shape[1] + column + 1,
            "You are one place too far on: places are counted from 0, so the first pixel, (0, 0), "
            "goes to place 0.",
        ),
        Misconception(
            lambda row, column, shape: (row - 1) * shape[1] + (column - 1),
            "You count rows and columns from 1. Here both start at 0, so there is nothing to take "
            "away: pixel (0, 0) goes to place 0.",
        ),
        Misconception(
            lambda row, column, shape: (row - 1) * shape[1] + column,
            "You leave out one row. Rows are counted from 0, so exactly `row` full rows lie before "
            "row number `row`.",
        ),
        Misconception(
            lambda row, column, shape: row * column,
            "`row * column` is the size of the block above and to the left of the pixel. Before it "
            "in the list come `row` full rows and `column` single pixels.",
        ),
        Misconception(
            lambda row, column, shape: row + column,
            "`row + column` counts steps through the picture. In the list each step down jumps "
            "over a whole row of pixels.",
        ),
    ],
    well_done="Now backwards: which row and column is place 38 of a picture 8 wide? "
    "(`38 // 8` and `38 % 8` know.)",
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
        Case((np.array([[[10, 20, 30]]], dtype=np.uint8),), "one pixel"),
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

# --- brighter without running over --------------------------------------------------------------


def my_brighten(image, amount):
    """Return image (uint8) made brighter by amount, clipped to 0..255, as uint8."""
    wide = image.astype(np.int16) + amount
    return np.clip(wide, 0, 255).astype(np.uint8)


def _brighten_oracle(image, amount):
    """Work on Python's whole numbers, which never run over."""
    bright = [min(max(value + amount, 0), 255) for value in image.reshape(-1).tolist()]
    return np.array(bright, dtype=np.uint8).reshape(image.shape)


def _only_white_limited(image, amount):
    result = image.copy()
    for place, value in np.ndenumerate(image):
        result[place] = min(int(value) + amount, 255)
    return result


def _brighten_random(rng: np.random.Generator) -> Iterator[Case]:
    for amount in (35, -120):
        yield Case((rng.integers(0, 256, (2, 3)).astype(np.uint8), amount))


brighten = Exercise(
    name="brighten",
    solution=my_brighten,
    oracle=_brighten_oracle,
    cases=[
        Case((np.array([[100, 250]], dtype=np.uint8), 10), "250 + 10"),
        Case((np.array([[0, 128, 255]], dtype=np.uint8), 0), "nothing to add"),
        Case((np.array([[5, 60, 200]], dtype=np.uint8), -40), "darker"),
        Case((np.array([[0, 1], [254, 255]], dtype=np.uint8), 255), "as bright as can be"),
        Case((np.array([[0, 1], [254, 255]], dtype=np.uint8), -255), "as dark as can be"),
        Case((np.array([[[208, 113, 55]]], dtype=np.uint8), 60), "a petal of the dahlia"),
    ],
    random_cases=_brighten_random,
    same_dtype=True,
    variants=[
        lambda image, amount: np.clip(image.astype(float) + amount, 0, 255).astype(np.uint8),
        lambda image, amount: np.minimum(np.maximum(image.astype(int) + amount, 0), 255).astype(
            "uint8"
        ),
    ],
    hints=[
        "Three steps, and their order matters: a wider type, then the sum and the limits, then "
        "back to bytes.",
        "`image.astype(np.int16)` has room for negative numbers and for numbers above 255. "
        "`np.clip(values, 0, 255)` sets the limits.",
        "`np.clip(image.astype(np.int16) + amount, 0, 255).astype(np.uint8)`",
    ],
    misconceptions=[
        Misconception(
            lambda image, amount: image + amount,
            "You add in bytes. Beyond 255 they start again at 0, a negative amount is not a byte "
            "at all, and clipping afterwards comes too late. Go to a wider type first: "
            "`image.astype(np.int16)`.",
            variants=[
                lambda image, amount: np.clip(image + amount, 0, 255),
                lambda image, amount: np.minimum(image + amount, 255),
            ],
        ),
        Misconception(
            lambda image, amount: (image.astype(np.int16) + amount).astype(np.uint8),
            "The sum is made in a wider type, which is right, but nothing limits it, so it runs "
            "over on the way back to `uint8`. Clip to 0..255 before you convert.",
            variants=[
                lambda image, amount: (image.astype(int) + amount).astype(np.uint8),
                lambda image, amount: ((image.astype(int) + amount) % 256).astype(np.uint8),
            ],
        ),
        Misconception(
            lambda image, amount: np.clip(image.astype(np.int16) + amount, 0, 255),
            "Every number is right, but the picture is no longer made of bytes. Turn it back at "
            "the end with `.astype(np.uint8)`.",
            variants=[
                lambda image, amount: np.clip(image.astype(np.int16) + np.int16(amount), 0, 255)
            ],
        ),
        Misconception(
            lambda image, amount: np.clip(image.astype(np.float64) + amount, 0, 255),
            "Every number is right, but they are floats now. A picture of bytes is asked for: "
            "`.astype(np.uint8)` at the end.",
        ),
        Misconception(
            lambda image, amount: np.minimum(image.astype(np.int16) + amount, 255).astype(np.uint8),
            "White stays white, well done; but a negative amount takes dark pixels below 0, where "
            "they run over into white. Set both limits.",
        ),
        Misconception(
            _only_white_limited,
            "White stays white, well done; but a negative amount leads to a sum below 0, which no "
            "byte can hold, so NumPy stops. Limit it from below as well: `max(0, …)`.",
        ),
        Misconception(
            lambda image, amount: np.maximum(image.astype(np.int16) + amount, 0).astype(np.uint8),
            "Black stays black, well done; but above 255 bright pixels run over into black. Set "
            "both limits.",
        ),
        Misconception(
            lambda image, amount: np.clip(
                np.rint(image.astype(float) * (1 + amount / 255)), 0, 255
            ).astype(np.uint8),
            "You multiply, which leaves black pixels black and changes bright ones most. Brighter "
            "by `amount` means to add the same amount to every pixel.",
        ),
    ],
    well_done="Brighten by 60, then darken by 60: which pixels do not come back, and why?",
)

# --- bytes to fractions -------------------------------------------------------------------------


def my_to_unit(images):
    """Return images (uint8, 0..255) as float32 from 0 to 1, in the same shape."""
    return images.astype(np.float32) / 255


def _to_unit_oracle(images):
    """Look every byte up in a table of exact fractions, rounded once."""
    table = np.array([float(Fraction(byte, 255)) for byte in range(256)])
    return table[images].astype(np.float32)


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

# --- class balance ------------------------------------------------------------------------------


def my_class_shares(labels, classes):
    """Return the share of each class among labels (n,), an array (classes,)."""
    return np.bincount(labels, minlength=classes) / len(labels)


def _class_shares_oracle(labels, classes):
    """Count with Python's list.count, class by class."""
    listed = labels.tolist()
    return np.array([listed.count(k) / len(listed) for k in range(classes)])


def _class_shares_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, classes in ((7, 4), (30, 10)):
        labels = rng.integers(0, classes, n).astype(np.uint8)
        labels[labels == 1] = 0  # so that a class in the middle never occurs
        yield Case((labels, classes))


class_shares = Exercise(
    name="class_shares",
    solution=my_class_shares,
    oracle=_class_shares_oracle,
    cases=[
        Case((np.array([0, 1, 1, 2], dtype=np.uint8), 3), "every class occurs"),
        Case((np.array([0, 2, 0, 2, 2], dtype=np.uint8), 3), "no 1 among them"),
        Case((np.array([0, 1, 0, 1], dtype=np.uint8), 4), "neither 2 nor 3 among them"),
        Case((np.array([3], dtype=np.uint8), 5), "a single label"),
        Case((np.array([9, 0, 9, 4], dtype=np.uint8), 10), "ten digits"),
    ],
    random_cases=_class_shares_random,
    variants=[
        lambda labels, classes: np.array([(labels == k).mean() for k in range(classes)]),
        lambda labels, classes: [float(np.sum(labels == k)) / len(labels) for k in range(classes)],
    ],
    hints=[
        "For one class: `labels == k` is an array of True and False. What is its mean?",
        "`np.bincount(labels)` counts 0s, 1s, 2s, …, but stops after the largest label. "
        "Look at its argument `minlength`.",
        "`np.bincount(labels, minlength=classes) / len(labels)`",
    ],
    misconceptions=[
        Misconception(
            lambda labels, classes: np.unique(labels, return_counts=True)[1] / len(labels),
            "`np.unique` lists only the classes that occur, so an absent class is left out and all "
            "later shares move up. Every class needs its place, with 0 if need be.",
        ),
        Misconception(
            lambda labels, classes: np.bincount(labels) / len(labels),
            "Your array ends with the largest label that occurs. `np.bincount(labels, "
            "minlength=classes)` makes room for the classes after it.",
        ),
        Misconception(
            lambda labels, classes: np.bincount(labels, minlength=classes),
            "These are counts. A share is the count divided by the number of labels.",
        ),
        Misconception(
            lambda labels, classes: np.bincount(labels, minlength=classes) / classes,
            "You divide by the number of classes. The shares have to add up to 1, so divide by the "
            "number of labels.",
        ),
        Misconception(
            lambda labels, classes: 100 * np.bincount(labels, minlength=classes) / len(labels),
            "These are percentages. A share lies between 0 and 1: leave out the factor 100.",
        ),
        Misconception(
            lambda labels, classes: (
                np.bincount(labels, minlength=classes)
                / np.bincount(labels, minlength=classes).max()
            ),
            "You divide by the largest count, so the commonest class gets 1. A share is a part of "
            "all the labels: divide by `len(labels)`.",
        ),
        Misconception(
            lambda labels, classes: np.full(classes, 1 / classes),
            "That is what the shares would be if every class occurred equally often. Count the "
            "labels to see whether they do.",
        ),
    ],
    well_done="If one share were 0.9, what would the accuracy of 90 % be worth?",
)
