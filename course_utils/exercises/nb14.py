"""The exercises of notebook 14, what CNNs get wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from course_utils.capsules import squash
from course_utils.checks import Case, Exercise, Misconception

# --- pictures cut up -----------------------------------------------------------------------------


def my_scramble(image, order):
    """Return image (h, w) with its quarters in another order: place k shows quarter order[k]."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    quarters = [image[:h, :w], image[:h, w:], image[h:, :w], image[h:, w:]]
    a, b, c, d = (quarters[number] for number in order)
    return np.block([[a, b], [c, d]])


def _scramble_by_copying(image, order):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    result = image.copy()
    for place, number in enumerate(order):
        down, right = h * (place // 2), w * (place % 2)
        top, left = h * (number // 2), w * (number % 2)
        result[down : down + h, right : right + w] = image[top : top + h, left : left + w]
    return result


def _scramble_oracle(image, order):
    """Fetch every pixel on its own."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    result = np.zeros_like(image)
    for row in range(2 * h):
        for column in range(2 * w):
            number = order[2 * (row // h) + column // w]
            source = (number // 2) * h + row % h, (number % 2) * w + column % w
            result[row, column] = image[source]
    return result


def _scramble_onto_itself(image, order):
    """Write into the picture that is still being read."""
    result = image.copy()
    h, w = image.shape[0] // 2, image.shape[1] // 2
    corners = [(0, 0), (0, w), (h, 0), (h, w)]
    for (down, right), number in zip(corners, order, strict=True):
        top, left = corners[number]
        result[down : down + h, right : right + w] = result[top : top + h, left : left + w].copy()
    return result


def _strips(image, order):
    height = image.shape[0] // 4
    return np.concatenate([image[height * k : height * (k + 1)] for k in order])


def _turned_quarters(image, order):
    blocks = my_scramble(image, order)
    h, w = image.shape[0] // 2, image.shape[1] // 2
    tiles = [blocks[:h, :w], blocks[:h, w:], blocks[h:, :w], blocks[h:, w:]]
    a, b, c, d = (tile[:, ::-1] for tile in tiles)
    return np.block([[a, b], [c, d]])


def _quarters(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return [image[:h, :w], image[:h, w:], image[h:, :w], image[h:, w:]]


def _scramble_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape in ((4, 6), (8, 4)):
        image = rng.permutation(shape[0] * shape[1]).reshape(shape)
        turn = [[1, 2, 3, 0], [3, 0, 1, 2], [2, 0, 3, 1], [1, 3, 0, 2]][rng.integers(4)]
        yield Case((image, turn))


_FOUR = np.array([[1, 1, 2, 2], [1, 0, 2, 0], [3, 3, 4, 4], [3, 0, 4, 0]])

scramble = Exercise(
    name="scramble",
    solution=my_scramble,
    variants=[_scramble_by_copying],
    oracle=_scramble_oracle,
    cases=[
        Case((np.array([[1, 2], [3, 4]]), [3, 2, 1, 0]), "quarters of one pixel"),
        Case((_FOUR, [1, 2, 3, 0]), "each place shows the next quarter"),
        Case((np.arange(24).reshape(4, 6), [2, 0, 3, 1]), "wider than tall"),
        Case((np.arange(16).reshape(8, 2), [1, 3, 0, 2]), "taller than wide"),
        Case((_FOUR, [0, 1, 2, 3]), "everything stays"),
    ],
    random_cases=_scramble_random,
    tolerance=0,
    hints=[
        "Cut first: a quarter is `image[:h, :w]`, with half the height and half the width. Which "
        "slices are the other three?",
        "Keep the four quarters in a list, in the order top left, top right, bottom left, bottom "
        "right. Place 0 then gets `quarters[order[0]]`.",
        "`np.block([[a, b], [c, d]])` puts four arrays together again.",
    ],
    misconceptions=[
        Misconception(
            lambda image, order: my_scramble(image, np.argsort(order)),
            "You send quarter k to place `order[k]`. It is the other way round: place k *shows* "
            "quarter `order[k]`.",
        ),
        Misconception(
            lambda image, order: my_scramble(image, [number - 1 for number in order]),
            "You count the quarters from 1. They are numbered from 0, as NumPy counts: "
            "`quarters[order[0]]`, without a − 1.",
        ),
        Misconception(
            lambda image, order: my_scramble(
                image, [2 * (order[k] % 2) + order[k] // 2 for k in (0, 2, 1, 3)]
            ),
            "You number the quarters down the columns. They are numbered as you read: top left, top "
            "right, bottom left, bottom right.",
        ),
        Misconception(
            lambda image, order: image.copy(),
            "Your picture comes back as it was. Cut it into its quarters, and put them together in "
            "the order asked for.",
            variants=[lambda image, order: image],
        ),
        Misconception(
            _strips,
            "You cut the picture into four strips. Asked for are quarters: cut the height in half "
            "*and* the width.",
        ),
        Misconception(
            _scramble_onto_itself,
            "You write into the picture that you still read from, so that a quarter is gone before "
            "its turn. Write into a new array, and read from `image`.",
        ),
        Misconception(
            lambda image, order: np.stack([_quarters(image)[k] for k in order]),
            "The right quarters in the right order, but still four pictures. Put them together: "
            "`np.block([[a, b], [c, d]])`.",
        ),
        Misconception(
            lambda image, order: np.concatenate([_quarters(image)[k] for k in order]),
            "You put the quarters one below the other. Two go side by side, and two below them: "
            "`np.block([[a, b], [c, d]])`.",
        ),
        Misconception(
            lambda image, order: np.block(
                [
                    [_quarters(image)[order[0]], _quarters(image)[order[2]]],
                    [_quarters(image)[order[1]], _quarters(image)[order[3]]],
                ]
            ),
            "You cut rightly, but fill the places down the columns. Place 1 is top right, place 2 "
            "bottom left.",
        ),
        Misconception(
            lambda image, order: (
                image[np.repeat(order, len(image) // 4)]
                if len(image) % 4 == 0
                else image[list(order)[: len(image)]]
            ),
            "`order` counts quarters, not rows of the picture. Cut the quarters out first.",
        ),
        Misconception(
            _turned_quarters,
            "The quarters are at the right places, but each is mirrored. Only their places change.",
        ),
    ],
    well_done="Of how many of the 24 orders would *you* still read the digit?",
)

# --- one step of the fast gradient sign method ------------------------------------------------------


def my_fgsm_step(image, gradient, epsilon):
    """Return image (h, w) after a step of epsilon grey levels that makes the loss grow."""
    return np.clip(image + epsilon * np.sign(gradient), 0, 255)


def _step_by_comparing(image, gradient, epsilon):
    up, down = (gradient > 0).astype(int), (gradient < 0).astype(int)
    return np.minimum(np.maximum(image.astype(int) + epsilon * (up - down), 0), 255)


def _fgsm_step_oracle(image, gradient, epsilon):
    """Move one pixel after the other."""
    result = []
    for pixels, slopes in zip(image.tolist(), gradient.tolist(), strict=True):
        row = []
        for pixel, slope in zip(pixels, slopes, strict=True):
            if slope > 0:
                pixel = min(pixel + epsilon, 255)
            elif slope < 0:
                pixel = max(pixel - epsilon, 0)
            row.append(pixel)
        result.append(row)
    return np.array(result)


def _step(image, gradient, epsilon, way: Callable = np.sign, low=0, high=255):
    """Take the step with one of its parts exchanged."""
    return np.clip(image + epsilon * way(gradient), low, high)


def _wrapped(image, gradient, epsilon):
    return (image.astype(int) + epsilon * np.sign(gradient).astype(int)) % 256


def _fgsm_step_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape in ((3, 4), (5, 2)):
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        image.flat[:3] = 0, 250, 120
        gradient = np.round(rng.normal(0, 0.4, shape), 2)
        gradient.flat[:4] = -0.25, 0.5, 0.0, 1e-4
        yield Case((image, gradient, int(rng.integers(8, 60))))


fgsm_step = Exercise(
    name="fgsm_step",
    solution=my_fgsm_step,
    variants=[_step_by_comparing],
    oracle=_fgsm_step_oracle,
    cases=[
        Case(
            (np.array([[100, 100, 100]], dtype=np.uint8), np.array([[0.5, -0.01, 0.0]]), 20),
            "three pixels: up, down, and one that doesn't matter",
        ),
        Case(
            (np.array([[250, 5], [0, 255]], dtype=np.uint8), np.array([[1.0, -1], [-2, 2]]), 16),
            "at the ends of the grey scale",
        ),
        Case(
            (np.array([[10, 200]], dtype=np.uint8), np.array([[-0.5, 0.25]]), 0),
            "no step at all",
        ),
        Case(
            (np.array([[0, 30], [128, 255]], dtype=np.uint8), np.array([[0.2, 0], [-3, -0.1]]), 32),
            "a little picture",
        ),
        Case(
            (np.array([[20, 90, 140]], dtype=np.uint8), np.array([[0.003, -1e-4, -0.002]]), 100),
            "small slopes, and a long step",
        ),
        Case(
            (np.array([[60, 110, 170]], dtype=np.uint8), np.array([[1e-6, -1e-9, 1e-12]]), 40),
            "slopes as tiny as those of a network that is sure of a digit",
        ),
    ],
    random_cases=_fgsm_step_random,
    tolerance=1e-6,
    hints=[
        "The gradient says how the loss grows with each pixel. A pixel whose number is positive: "
        "should it become lighter or darker, if the loss is to grow?",
        "`np.sign` keeps only the direction: −1, 0 or 1. Times ε, added to the picture.",
        "Grey levels end at 0 and 255: `np.clip(…, 0, 255)`.",
    ],
    misconceptions=[
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon, way=lambda g: g),
            "You add the gradient itself. FGSM takes its *sign*: every pixel takes a step of the "
            "same length, however small its slope.",
        ),
        Misconception(
            lambda image, gradient, epsilon: image + epsilon * gradient,
            "You add the gradient itself. FGSM takes its *sign*, so that every pixel takes a step of "
            "the same length; then cut off at 0 and 255.",
        ),
        Misconception(
            lambda image, gradient, epsilon: image - epsilon * np.sign(gradient),
            "You subtract: down the slope, as in training, and the loss shrinks. An attack makes it "
            "*grow*: add, then cut off at 0 and 255.",
        ),
        Misconception(
            lambda image, gradient, epsilon: image - epsilon * gradient,
            "Two things: an attack goes *up* the slope, so add; and FGSM takes the *sign* of the "
            "gradient, so that every pixel takes a step of the same length.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, np.where(np.abs(gradient) < 0.005, 0, gradient), epsilon
            ),
            "You leave pixels with a small slope alone. In a network nearly all slopes are small, and "
            "together they do it: whatever is not exactly 0 takes the whole step.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, gradient, epsilon, way=lambda g: np.where(np.abs(g) < 1e-5, 0, np.sign(g))
            ),
            "You take tiny slopes for 0. Where a network is sure, all of its slopes are that tiny, and "
            "your attack would stand still: whatever is not exactly 0 takes the whole step.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, gradient, epsilon, way=lambda g: np.tanh(1e6 * g)
            ),
            "A steep tanh is not yet a sign: tiny slopes take less than the whole step. `np.sign` "
            "does not ask how large a number is.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon, low=-np.inf),
            "You cut off at 255 only. Dark pixels that get darker fall below 0: cut off at both ends.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon, high=np.inf),
            "You cut off at 0 only. Light pixels that get lighter rise above 255: cut off at both "
            "ends.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, -gradient, epsilon),
            "You go down the slope, as in training: the loss shrinks. An attack makes it *grow*: add.",
        ),
        Misconception(
            lambda image, gradient, epsilon: image + epsilon * np.sign(gradient),
            "The step is right, but some pixels leave the grey scale. Cut off at 0 and 255 with "
            "`np.clip`.",
        ),
        Misconception(
            _wrapped,
            "Beyond 255 your pixels start again at 0: that is what uint8 does. Compute with wider "
            "numbers, and cut off with `np.clip`.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon / 255),
            "You divide ε by 255. Here the pixels count from 0 to 255, and so does ε.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon * 255),
            "You multiply ε by 255. It counts grey levels already, as the pixels do.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon, high=1),
            "You cut off at 1. These pixels count from 0 to 255.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, image.astype(float), epsilon),
            "You take the sign of the picture, which is never negative. It is the *gradient* that "
            "says which way.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, gradient, epsilon, way=lambda g: np.where(g >= 0, 1, -1)
            ),
            "You move the pixels whose gradient is 0, too. They change nothing: leave them.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, gradient, epsilon, way=lambda g: np.where(g > 0, 1, -1)
            ),
            "A pixel whose gradient is 0 gets darker in yours. It changes nothing: leave it.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(image, gradient, epsilon, way=lambda g: g > 0),
            "You only make pixels lighter. Where the gradient is negative, *darker* makes the loss "
            "grow.",
        ),
        Misconception(
            lambda image, gradient, epsilon: epsilon * np.sign(gradient),
            "That is the step alone. Add it to the picture.",
        ),
        Misconception(
            lambda image, gradient, epsilon: np.clip(epsilon * np.sign(gradient), 0, 255),
            "That is the step alone, and cut off so that nothing gets darker. Add it to the picture "
            "first, then cut off.",
        ),
        Misconception(
            lambda image, gradient, epsilon: _step(
                image, gradient, epsilon, way=lambda g: g / max(np.abs(g).max(), 1e-9)
            ),
            "You scale the gradient so that its largest number is 1, and only one pixel takes the "
            "whole step. `np.sign` gives every pixel a step of ε.",
        ),
    ],
    well_done="How far apart are the two pictures at most, in any pixel? That is why one ε is enough "
    "to describe an attack.",
)

# --- how many pictures hold out ---------------------------------------------------------------------


def my_held_out(answers, labels):
    """Return the share of the pictures that are read right under every attack."""
    return np.mean((answers == labels).all(axis=0))


def _held_out_by_product(answers, labels):
    return float(np.prod(answers == labels, axis=0).sum() / len(labels))


def _held_out_oracle(answers, labels):
    """Ask picture by picture."""
    held = 0
    for picture, label in enumerate(labels.tolist()):
        held += all(int(row[picture]) == label for row in answers)
    return held / len(labels)


def _shares(answers, labels):
    return (answers == labels).mean(axis=1)


def _held_out_random(rng: np.random.Generator) -> Iterator[Case]:
    for attacks, count in ((3, 10), (4, 12)):
        labels = rng.integers(0, 10, count)
        answers = np.tile(labels, (attacks, 1))
        # Each attack fools other pictures; the first row, without an attack, hardly any.
        answers[0, 0] += 1
        answers[1, 1:3] += 1
        answers[2:, 3] += 1
        answers[2, 4:6] += 1
        # One is fooled upwards and downwards: neither the mean nor the sum of its answers shows it.
        labels[6] = 3
        answers[:, 6] = [3, 2, 4, 3][:attacks]
        yield Case((answers % 10, labels))


held_out = Exercise(
    name="held_out",
    solution=my_held_out,
    variants=[_held_out_by_product],
    oracle=_held_out_oracle,
    cases=[
        Case(
            (np.array([[3, 1, 4, 1], [3, 1, 9, 1], [3, 7, 4, 1]]), np.array([3, 1, 4, 1])),
            "two attacks, each fools one of four",
        ),
        Case(
            (np.array([[2, 7, 1, 8, 0], [2, 7, 1, 3, 5]]), np.array([2, 7, 1, 8, 5])),
            "one is wrong from the beginning, and right under attack",
        ),
        Case((np.array([[5, 6], [5, 6]]), np.array([5, 6])), "nothing is fooled"),
        Case((np.array([[5, 6], [6, 5]]), np.array([5, 6])), "everything is fooled"),
        Case((np.array([[4, 4, 0, 4]]), np.array([4, 4, 4, 4])), "no attack: plain accuracy"),
        Case(
            (np.array([[3, 6], [2, 6], [4, 6]]), np.array([3, 6])),
            "fooled into a lower and into a higher digit",
        ),
    ],
    random_cases=_held_out_random,
    tolerance=1e-6,
    hints=[
        "The attacker picks the attack *after* seeing the picture. When does a picture hold out?",
        "`answers == labels` is True where an answer is right: one row an attack, one column a "
        "picture. A picture holds out if its whole column is True.",
        "`.all(axis=0)` asks column by column; the mean of True and False is a share.",
    ],
    misconceptions=[
        Misconception(
            lambda answers, labels: np.mean(answers == labels),
            "You average over the attacks, as if they came by lot. An attacker takes the one that "
            "works: a picture holds out only if it is right under *every* one.",
        ),
        Misconception(
            lambda answers, labels: np.mean(answers.mean(axis=0) == labels),
            "You average the answers and compare with the label. Class numbers are names: 2 and 4 do "
            "not make a 3. Compare first, `answers == labels`.",
            variants=[
                lambda answers, labels: np.mean(answers.sum(axis=0) == labels * len(answers))
            ],
        ),
        Misconception(
            lambda answers, labels: _shares(answers, labels).min(),
            "You take the single worst attack for all pictures. But each attack fools other "
            "pictures, and the attacker picks for each picture: ask picture by picture first.",
        ),
        Misconception(
            lambda answers, labels: np.mean((answers == labels).any(axis=0)),
            "You count a picture as soon as one reading is right. It has to be right under all.",
        ),
        Misconception(
            lambda answers, labels: _shares(answers, labels)[0],
            "You look at the first row only, the readings without an attack.",
        ),
        Misconception(
            lambda answers, labels: _shares(answers, labels)[-1],
            "You look at the last row only. What the other attacks fooled does not hold out either.",
        ),
        Misconception(
            lambda answers, labels: 1 - my_held_out(answers, labels),
            "That is the share that is fooled by some attack. Asked for is the share that holds out.",
        ),
        Misconception(
            lambda answers, labels: np.sum((answers == labels).all(axis=0)),
            "That is the number of pictures. Divide it by how many there are.",
        ),
        Misconception(
            lambda answers, labels: np.mean((answers == labels).all(axis=1)),
            "You ask which attacks fool nobody. Ask along the other axis: which pictures are right in "
            "every row?",
        ),
        Misconception(
            lambda answers, labels: np.mean((answers == answers[0]).all(axis=0)),
            "You ask whether the answer stays the same, not whether it is right. Compare with the "
            "labels.",
        ),
        Misconception(
            lambda answers, labels: _shares(answers, labels).prod(),
            "You multiply the accuracies, as if the attacks fooled pictures by independent lots. "
            "Ask picture by picture: is it right in every row?",
        ),
        Misconception(
            lambda answers, labels: 100 * my_held_out(answers, labels),
            "That is a number of per cent. A share is between 0 and 1: leave the 100 out.",
        ),
        Misconception(
            lambda answers, labels: my_held_out(answers, labels) / _shares(answers, labels)[0],
            "You divide by the accuracy without an attack. Asked for is the share of *all* pictures.",
        ),
        Misconception(
            lambda answers, labels: np.mean((answers == labels)[1:].all(axis=0)),
            "A picture that is wrong without any attack does not hold out either: the first row counts.",
        ),
    ],
    well_done="A new attack can only add a row. What can it do to your number?",
)

# --- capsules: squash ---------------------------------------------------------------------------


def my_squash_rows(s):
    """Return the rows of s (n, size), each squashed; a row of zeros stays zeros."""
    square = (s**2).sum(axis=1, keepdims=True)
    return s * np.sqrt(square) / (1 + square)


def _squash_with_care(s):
    length = np.linalg.norm(s, axis=1)[:, np.newaxis]
    direction = np.divide(s, length, out=np.zeros_like(s), where=length > 0)
    return length**2 / (1 + length**2) * direction


def _squash_oracle(s):
    """Take one row after the other, and turn angles instead of dividing."""
    result = []
    for row in s.tolist():
        length = math.hypot(*row)
        largest = max(row, key=abs)
        if largest == 0:
            result.append([0.0] * len(row))
            continue
        # the new length, spread over the components in the ratio of the old ones
        short = 1 - 1 / (1 + length * length)
        result.append([short * x / length for x in row])
    return np.array(result)


def _squash_by(factor: Callable, axis: int | None = 1) -> Callable:
    """Return the wrong squash that multiplies by `factor(length)`."""
    return lambda s: s * factor(np.sqrt((s**2).sum(axis=axis, keepdims=True)))


def _squash_without_keepdims(s):
    square = (s**2).sum(axis=1)
    return s * np.sqrt(square) / (1 + square)


def _squash_manhattan(s):
    length = np.abs(s).sum(axis=1, keepdims=True)
    return s * length / (1 + length**2)


def _squash_mean(s):
    square = (s**2).mean(axis=1, keepdims=True)
    return s * np.sqrt(square) / (1 + square)


def _row_softmax(s):
    powers = np.exp(s - s.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _squash_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, size in ((2, 3), (3, 3), (4, 2)):
        yield Case((np.round(rng.normal(0, rng.uniform(0.3, 3), (n, size)), 2) + 0.01,))


squash_rows = Exercise(
    name="squash_rows",
    solution=my_squash_rows,
    variants=[_squash_with_care],
    oracle=_squash_oracle,
    cases=[
        Case((np.array([[3.0, 4.0]]),), "the vector done by hand"),
        Case((np.array([[0.6, -0.8], [6.0, -8.0]]),), "lengths 1 and 10, the same direction"),
        Case((np.array([[0.03, 0.04, 0.0]]),), "a short vector"),
        Case((np.array([[1.0, -2.0], [0.0, 0.0], [5.0, 0.5]]),), "a row of zeros among others"),
    ],
    random_cases=_squash_random,
    tolerance=1e-6,
    hints=[
        "A row has one length, `|s|`: the root of the sum of its squares. All its components are "
        "multiplied by the same number, so the direction stays.",
        "By which number? `|s|² / (1 + |s|²)` times `1 / |s|`. One `|s|` cancels: then nothing is "
        "divided by 0, and a row of zeros stays zeros by itself.",
        "`square = (s**2).sum(axis=1, keepdims=True)` has the shape (n, 1), so that it multiplies "
        "each row by its own number: `s * np.sqrt(square) / (1 + square)`.",
    ],
    misconceptions=[
        Misconception(
            _squash_by(lambda length: length**2 / (1 + length**2) / length),
            "Right, but for a row of zeros: there you divide 0 by 0 and get nan, which soon is "
            "everywhere. Cancel one |s| before you compute.",
        ),
        Misconception(
            _squash_by(lambda length: 1 / length),
            "You divide by the length alone, so each row is exactly 1 long (and a row of zeros nan). "
            "The length should still tell how sure: multiply by |s|² / (1 + |s|²), too.",
        ),
        Misconception(
            _squash_by(lambda length: 1 / np.where(length > 0, length, 1)),
            "You divide by the length alone, so each row is exactly 1 long, or 0. The length should "
            "still tell how sure: multiply by |s|² / (1 + |s|²), too.",
        ),
        Misconception(
            _squash_by(lambda length: 1 / (1 + length)),
            "Your new length is |s| / (1 + |s|), without the squares. It is between 0 and 1 as well, "
            "but short vectors hardly shrink: the formula has |s|² in both places.",
        ),
        Misconception(
            _squash_by(lambda length: length**2 / (1 + length**2)),
            "You multiply s by |s|² / (1 + |s|²), and long rows stay long. That fraction is the new "
            "*length*: it belongs to the direction s / |s|, whose length is 1.",
        ),
        Misconception(
            _squash_by(lambda length: 1 / (1 + length**2)),
            "You divide by |s|² where |s| belongs, so long rows end up near 0. The direction is "
            "s / |s|: a root is missing.",
        ),
        Misconception(
            _squash_by(lambda length: 1 / np.maximum(length, 1)),
            "You shorten what is longer than 1 and leave the rest. Squash makes every row shorter, "
            "a short one much shorter.",
        ),
        Misconception(
            _squash_by(lambda length: length / (1 + length)),
            "A square is missing below: |s|² / (1 + |s|²). With yours, long rows stay long.",
        ),
        Misconception(
            lambda s: s * np.abs(s) / (1 + s**2),
            "You squash each component by itself, and so the direction changes. A row has *one* "
            "length, made of all its components.",
        ),
        Misconception(
            np.tanh,
            "The function tanh goes over the components one by one: the direction changes, and the length can "
            "be above 1. Squash multiplies a whole row by one number.",
        ),
        Misconception(
            lambda s: 1 / (1 + np.exp(-s)),
            "Sigmoid goes over the components one by one and makes them all positive: the direction "
            "is lost. Squash multiplies a whole row by one number.",
        ),
        Misconception(
            _row_softmax,
            "Softmax makes probabilities, which add up to 1. Squash keeps the direction of a row and "
            "changes its length.",
        ),
        Misconception(
            _squash_by(lambda length: length / (1 + length**2), axis=0),
            "You take the lengths of the columns (`axis=0`). A vector lies in a row: `axis=1`.",
        ),
        Misconception(
            _squash_by(lambda length: length / (1 + length**2), axis=None),
            "You take one length for the whole table. Each row has its own: `axis=1`.",
        ),
        Misconception(
            _squash_without_keepdims,
            "Your lengths have the shape (n,), and NumPy lays them along the columns (or stops). With "
            "`keepdims=True` they are (n, 1): one for each row.",
        ),
        Misconception(
            _squash_manhattan,
            "Your length is the sum of the absolute values. That of (3, 4) is 5, not 7: the root of "
            "the sum of the squares.",
        ),
        Misconception(
            _squash_mean,
            "You take the mean of the squares where their sum belongs: (3, 4) has |s|² = 25.",
        ),
        Misconception(
            lambda s: (s**2).sum(axis=1) / (1 + (s**2).sum(axis=1)),
            "Those are the new lengths, and the directions are gone. Multiply each by its s / |s|.",
        ),
        Misconception(
            lambda s: s.copy(),
            "Your rows come out as they went in. Each should get shorter than 1.",
            variants=[lambda s: s],
        ),
    ],
    well_done="What length goes in if ½ comes out? And what would happen to routing if short vectors "
    "were not made so much shorter?",
)

# --- capsules: a round of routing ---------------------------------------------------------------


def my_routing_step(predictions, logits):
    """Return the logits (lower, upper) after one more round of routing."""
    powers = np.exp(logits)
    shares = powers / powers.sum(axis=1, keepdims=True)
    sums = (shares[:, :, np.newaxis] * predictions).sum(axis=0)
    outputs = squash(sums)
    return logits + (predictions * outputs).sum(axis=2)


def _routing_step_with_einsum(predictions, logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    sums = np.einsum("ij,ijk->jk", shares, predictions)
    square = (sums**2).sum(axis=1, keepdims=True)
    outputs = sums * np.sqrt(square) / (1 + square)
    return logits + np.einsum("ijk,jk->ij", predictions, outputs)


def _routing_step_oracle(predictions, logits):
    """Go from capsule to capsule, as with a pencil."""
    lower, upper, size = predictions.shape
    result = logits.copy()
    for j in range(upper):
        total = [0.0] * size
        for i in range(lower):
            # the share: 1 over the sum of how many times larger the others' powers are
            share = 1 / sum(math.exp(other - logits[i, j]) for other in logits[i].tolist())
            total = [t + share * float(p) for t, p in zip(total, predictions[i, j], strict=True)]
        length = math.hypot(*total)
        output = [length * t / (1 + length * length) for t in total]
        for i in range(lower):
            result[i, j] += sum(
                float(p) * o for p, o in zip(predictions[i, j], output, strict=True)
            )
    return result


def _shares_over(axis: int | tuple) -> Callable:
    """Return the softmax over another axis."""

    def shares(logits):
        powers = np.exp(logits)
        return powers / powers.sum(axis=axis, keepdims=True)

    return shares


_ROW_SHARES = _shares_over(1)


def _round_of(
    shares: Callable = _ROW_SHARES,
    gather: Callable = lambda shares, p: (shares[:, :, np.newaxis] * p).sum(axis=0),
    shrink: Callable = squash,
    agree: Callable = lambda p, v: (p * v).sum(axis=2),
    end: Callable = lambda logits, agreement, shares, outputs: logits + agreement,
) -> Callable:
    """Return a round of routing with one of its parts exchanged."""

    def step(predictions, logits):
        given = shares(logits)
        outputs = shrink(gather(given, predictions))
        return end(logits, agree(predictions, outputs), given, outputs)

    return step


def _cosine(p, v):
    lengths = np.linalg.norm(p, axis=2) * np.linalg.norm(v, axis=1)
    return (p * v).sum(axis=2) / lengths


def _routing_random(rng: np.random.Generator) -> Iterator[Case]:
    for lower, upper, size in ((3, 2, 4), (4, 3, 2), (3, 3, 3)):
        predictions = np.round(rng.normal(0, 1.5, (lower, upper, size)), 1) + 0.05
        yield Case((predictions, np.round(rng.normal(0, 1, (lower, upper)), 1)))


_RING_AND_STROKE = np.array([[[0.0, 2.0], [2.0, 0.0]], [[2.4, 1.2], [-1.0, 0.0]]])

routing_step = Exercise(
    name="routing_step",
    solution=my_routing_step,
    variants=[_routing_step_with_einsum],
    oracle=_routing_step_oracle,
    cases=[
        Case((_RING_AND_STROKE, np.zeros((2, 2))), "the first round, done by hand"),
        Case((_RING_AND_STROKE, np.array([[1.28, 0.4], [1.92, -0.2]])), "the second round by hand"),
        Case(
            (np.array([[[1.0, 2.0, 0.5], [0.5, -1.0, 2.0]]]), np.array([[0.3, -0.4]])),
            "a single lower capsule",
        ),
        Case(
            (np.array([[[1.0], [2.0]], [[-3.0], [2.0]], [[0.5], [1.0]]]), np.array([[1.0, 0]] * 3)),
            "capsules of one number",
        ),
    ],
    random_cases=_routing_random,
    tolerance=1e-6,
    hints=[
        "Four lines, in the order of the round done by hand: shares from logits, sums, outputs, "
        "agreement. The last is added to the logits.",
        "Shapes: `predictions` is (lower, upper, size). Shares are (lower, upper), each *row* a "
        "softmax. Give them a third axis, `shares[:, :, np.newaxis]`, multiply, and add up over "
        "the lower capsules, `axis=0`: (upper, size).",
        "`outputs = squash(sums)`, and the dot products are `(predictions * outputs).sum(axis=2)`.",
    ],
    misconceptions=[
        Misconception(
            _round_of(shares=_shares_over(0)),
            "Your softmax runs over the lower capsules (`axis=0`). A lower capsule shares *its* vote "
            "among the upper ones: each row adds up to 1, `axis=1`.",
        ),
        Misconception(
            _round_of(shares=_shares_over((0, 1))),
            "Your softmax runs over the whole table. Each row, a lower capsule, has a whole vote to "
            "share: `axis=1`, with `keepdims=True`.",
        ),
        Misconception(
            _round_of(shares=lambda logits: np.exp(logits) / np.exp(logits).sum(axis=1)),
            "Your sums have the shape (lower,), and NumPy lays them along the columns (or stops). With "
            "`keepdims=True` they are (lower, 1): each row is divided by its own.",
        ),
        Misconception(
            _round_of(shares=lambda logits: logits),
            "You use the logits themselves as shares. They are zeros at first, so nothing would ever "
            "be sent: make shares of them, a softmax over each row.",
        ),
        Misconception(
            _round_of(shares=np.exp),
            "Half of the softmax: the powers are there, but they are not divided by their sum. Each "
            "row of shares should add up to 1.",
        ),
        Misconception(
            _round_of(shares=lambda logits: np.full(logits.shape, 1 / logits.shape[1])),
            "The first round is right. But you share equally every time: what was agreed before "
            "stands in `logits`.",
        ),
        Misconception(
            _round_of(agree=lambda p, v: -np.linalg.norm(p - v, axis=2)),
            "You measure agreement by the distance. A prediction of length 3 that points exactly "
            "along the output is 2 or more away from it: ask the direction, by the dot product.",
        ),
        Misconception(
            _round_of(agree=lambda p, v: np.linalg.norm(p - v, axis=2)),
            "You add the distance from prediction to output, so whoever is far away gets *more*. "
            "Agreement is the dot product: large where both point the same way.",
        ),
        Misconception(
            _round_of(agree=lambda p, v: np.maximum((p * v).sum(axis=2), 0)),
            "You drop the negative agreements. A prediction that points the other way is to count "
            "*against*: add the dot product as it is.",
        ),
        Misconception(
            _round_of(agree=lambda p, v: (p * v).mean(axis=2)),
            "You take the mean over the components. A dot product is their sum: `.sum(axis=2)`.",
        ),
        Misconception(
            _round_of(agree=_cosine),
            "You divide the dot product by both lengths. That is the cosine; here a sure capsule "
            "(a long one) is to have more say, so the lengths stay in.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: agreement),
            "You return the agreement of this round alone. It is added to the `logits` of the rounds "
            "before.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: logits - agreement),
            "You subtract the agreement: whoever agrees would get less. Add it.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: shares + agreement),
            "You add the agreement to the shares. Add it to the logits: the next softmax makes shares "
            "of them.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: logits + shares * agreement),
            "You weigh the agreement by the share once more. The share has done its work in the sum: "
            "add the dot product as it is.",
        ),
        Misconception(
            _round_of(
                end=lambda logits, agreement, shares, outputs: _ROW_SHARES(logits + agreement)
            ),
            "One step too far: those are the shares of the *next* round. Return the logits; the next "
            "round makes shares of them.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: shares),
            "You return the shares of this round. Go on: sums, outputs, and what agrees with them is "
            "added to the logits.",
        ),
        Misconception(
            _round_of(end=lambda logits, agreement, shares, outputs: outputs),
            "You return the upper capsules. One line is missing: their dot products with the "
            "predictions, added to the logits.",
        ),
        Misconception(
            _round_of(shrink=lambda sums: sums),
            "You compare with the sums before they are squashed. The upper capsules are "
            "`squash(sums)`: shorter than 1, or one loud capsule decides everything.",
        ),
        Misconception(
            _round_of(shrink=lambda sums: sums / np.linalg.norm(sums, axis=1, keepdims=True)),
            "Your upper capsules are all exactly 1 long, so none is surer than another. `squash` "
            "gives them lengths that tell: use it.",
        ),
        Misconception(
            _round_of(shrink=lambda sums: squash(sums, axis=0)),
            "You squash along the wrong axis, across the upper capsules. The components of one "
            "capsule lie along the last axis.",
        ),
        Misconception(
            _round_of(gather=lambda shares, p: (shares[:, :, np.newaxis] * p).mean(axis=0)),
            "You take the mean over the lower capsules. It is their sum: the more of them agree, the "
            "longer the upper capsule.",
        ),
        Misconception(
            _round_of(gather=lambda shares, p: (shares[:, :, np.newaxis] * squash(p)).sum(axis=0)),
            "You squash each prediction before adding up. Squash comes after: it is the sum whose "
            "length tells how many agreed.",
        ),
        Misconception(
            _round_of(gather=lambda shares, p: p.sum(axis=0)),
            "You add up whole predictions. Multiply each by its share first.",
        ),
        Misconception(
            lambda predictions, logits: logits.copy(),
            "The logits come out as they went in. What agrees with the outputs is to be added.",
            variants=[lambda predictions, logits: logits],
        ),
    ],
    well_done="Three rounds of this are `route` (its last round needs no agreement any more). What "
    "would many more rounds do to the shares?",
)
