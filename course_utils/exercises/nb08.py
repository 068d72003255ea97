"""The exercises of notebook 08, convolution by hand."""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy import signal

from course_utils.checks import Case, Exercise, Misconception, ValueExercise
from course_utils.worked_examples import (
    CROSS,
    FOUR,
    LOOP,
    NINE,
    ONE_TO_FOUR,
    ONE_TO_NINE,
    RGB_KERNEL,
    RGB_PATCH,
)

# --- pieces of wrong answers --------------------------------------------------------------------


def _cut(image, kernel, row, col):
    """Cut a window out with a slice and multiply: outside, the shapes no longer fit."""
    rows, columns = kernel.shape[:2]
    return (image[row : row + rows, col : col + columns] * kernel).sum()


def _fingered(image, kernel, row, col):
    """Add one product after the other: outside, an index is too large."""
    total = 0
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            total += image[row + i, col + j] * kernel[i, j]
    return total


def _turned(kernel):
    """Turn a kernel by 180°."""
    return kernel[::-1, ::-1]


def _filled(
    rows: Iterable[int], columns: Iterable[int], at: Callable, dtype: type = float
) -> np.ndarray:
    """Fill an array of zeros with at(row, column), as readers do."""
    rows, columns = list(rows), list(columns)
    out = np.zeros((len(rows), len(columns)), dtype)
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            out[r, c] = at(row, column)
    return out


def _listed(rows: Iterable[int], columns: Iterable[int], at: Callable) -> np.ndarray:
    """Make a list of lists of at(row, column): without rows, it has no second axis."""
    columns = list(columns)
    return np.array([[at(row, column) for column in columns] for row in rows])


def _wide(image):
    """Return an image in which nothing runs over."""
    return image.astype(np.int64) if image.dtype.kind in "ui" else image


_BYTES = np.array([[200, 100, 0], [50, 250, 30]], dtype=np.uint8)
_LOPSIDED = np.array([[2, -1, 0], [1, 3, -2], [0, 5, -4]])

# --- one window ---------------------------------------------------------------------------------


def my_window_sum(image, kernel, row, col):
    """Return the sum of products with the kernel's upper left corner on (row, col), a number."""
    height, width = kernel.shape
    window = image[row : row + height, col : col + width]
    return np.sum(window * kernel)


def _window_sum_oracle(image, kernel, row, col):
    """Take one entry out of SciPy's whole map."""
    return signal.correlate2d(_wide(image), kernel, mode="valid")[row, col]


def _window_sum_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window in (((6, 8), (4, 4)), ((7, 6), (5, 5)), ((5, 6), (2, 3)), ((6, 5), (3, 2))):
        last = min(shape) - max(window)  # so that row and col may change places
        place = rng.permutation(last + 1)[:2] if last else (0, 0)
        image, kernel = (rng.integers(-9, 10, size) for size in (shape, window))
        yield Case((image, kernel, int(place[0]), int(place[1])))


def _without_the_last(image, kernel, row, col):
    height, width = kernel.shape
    return sum(
        image[row + i, col + j] * kernel[i, j] for i in range(height - 1) for j in range(width - 1)
    )


window_sum = Exercise(
    name="window_sum",
    solution=my_window_sum,
    oracle=_window_sum_oracle,
    cases=[
        Case((ONE_TO_NINE, ONE_TO_FOUR, 0, 0), "1·1 + 2·2 + 4·3 + 5·4"),
        Case((ONE_TO_NINE, ONE_TO_FOUR, 0, 1), "one column further"),
        Case((FOUR, CROSS, 1, 0), "the 2.1 of the notebook"),
        Case((FOUR, CROSS, 3, 3), "the last window of the 4"),
        Case((NINE, LOOP, 0, 1), "the loop of the 9"),
        Case((NINE, LOOP / 9, 0, 0), "beside the loop, the kernel already divided by 9"),
        Case((ONE_TO_NINE, np.array([[10]]), 2, 1), "a 1 × 1 kernel"),
        Case((ONE_TO_NINE, np.array([[1], [-2]]), 1, 0), "a kernel higher than wide"),
        Case((ONE_TO_NINE, _LOPSIDED, 0, 0), "a kernel as large as the picture"),
        Case((_BYTES, np.array([[1, -1], [2, 3]]), 0, 0), "a picture of bytes"),
    ],
    random_cases=_window_sum_random,
    variants=[
        _cut,
        _fingered,
        lambda image, kernel, row, col: sum(
            image[row + i, col + j] * kernel[i, j] for i, j in np.ndindex(kernel.shape)
        ),
        lambda image, kernel, row, col: np.vdot(
            image[row:, col:][: len(kernel), : kernel.shape[1]], kernel
        ),
        lambda image, kernel, row, col: (
            _wide(image)[row : row + kernel.shape[0], col : col + kernel.shape[1]].ravel()
            @ kernel.ravel()
        ),
    ],
    hints=[
        "Two steps: cut out the part of the picture that lies under the kernel, then multiply "
        "number by number and add everything up.",
        "The part under the kernel starts at row `row` and is as high as the kernel: "
        "`image[row : row + kernel.shape[0], …]`. And the columns?",
        "With `window` cut out like this, `window * kernel` are the products, all at once, and "
        "`np.sum(…)` adds them.",
    ],
    misconceptions=[
        Misconception(
            lambda image, kernel, row, col: _fingered(image, _turned(kernel), row, col),
            "Your kernel is turned by 180°: its last number meets the window's first. That is true "
            "convolution. Deep-learning libraries lay the kernel on as it is.",
            variants=[
                lambda image, kernel, row, col: _cut(image, np.rot90(kernel, 2), row, col),
                lambda image, kernel, row, col: signal.convolve2d(
                    _wide(image), kernel, mode="valid"
                )[row, col],
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row + i, col + j] * kernel[j, i] for i, j in np.ndindex(kernel.shape)
            ),
            "Your kernel is mirrored along its diagonal: row i, column j of the window has to meet "
            "row i, column j of the kernel, `kernel[i, j]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(image, kernel, col, row),
            "Row and column have changed places: `image[row, col]`, rows first.",
            variants=[
                lambda image, kernel, row, col: _fingered(image, kernel, col, row),
                lambda image, kernel, row, col: _cut(image.T, kernel.T, row, col),
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: image[
                row : row + kernel.shape[0], col : col + kernel.shape[1]
            ].sum(),
            "You add up the window itself. The kernel says how much each pixel counts: multiply "
            "by it first.",
        ),
        Misconception(
            lambda image, kernel, row, col: kernel.sum(),
            "You add up the kernel alone, so every picture gets the same number. Multiply each "
            "of its numbers by the pixel under it.",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(image, kernel, row, col) / kernel.size,
            "You take the mean of the products. A convolution adds them up and divides by nothing.",
            variants=[
                lambda image, kernel, row, col: np.mean(
                    image[row : row + len(kernel), col : col + kernel.shape[1]] * kernel
                )
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(image, kernel, row, col) / 9,
            "The division by 9 belongs to the loop detector of the ±1 pictures. The window sum "
            "itself divides by nothing.",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(image, kernel, row, col) / kernel.sum(),
            "You divide by the sum of the kernel, as for a weighted mean. Here the products are "
            "only added up (and a kernel may well add up to 0).",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row - kernel.shape[0] // 2 + i, col - kernel.shape[1] // 2 + j] * kernel[i, j]
                for i, j in np.ndindex(kernel.shape)
            ),
            "You put the kernel's *centre* at (row, col). Its upper left corner belongs there: the "
            "window reaches to the right and down from it. (And a negative index quietly reads "
            "from the other side of the picture.)",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(
                image, kernel, row - kernel.shape[0] // 2, col - kernel.shape[1] // 2
            ),
            "You lay the kernel's *centre* on (row, col), so at the rim the slice starts before "
            "the picture does. It is the upper left corner that lies at (row, col).",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(
                np.pad(image, [(n // 2, n // 2) for n in kernel.shape]), kernel, row, col
            ),
            "You put the kernel's centre at (row, col), and zeros around the picture. Nothing is "
            "padded here: the kernel's upper left corner lies on the pixel at (row, col).",
        ),
        Misconception(
            lambda image, kernel, row, col: _cut(image, kernel, row - 1, col - 1),
            "Your window is one row and one column too far up and left: rows and columns are "
            "counted from 0, so nothing is to be taken away.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row - 1 + i, col - 1 + j] * kernel[i, j] for i, j in np.ndindex(kernel.shape)
            ),
            "Your window starts one pixel too early. Here everything is counted from 0, and the "
            "pixel under the kernel's corner is `image[row, col]` itself. (Index −1 reads from the "
            "other end.)",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row - 1 : row + 2, col - 1 : col + 2] * kernel
            ).sum(),
            "Your window is 3 × 3 and lies *around* (row, col). It starts there, reaches down and "
            "to the right, and is as large as the kernel.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[i, j] * kernel[i, j] for i, j in np.ndindex(kernel.shape)
            ),
            "You always read the window at (0, 0). Count from (row, col) on: `image[row + i, "
            "col + j]`.",
            variants=[
                lambda image, kernel, row, col: (
                    image[: kernel.shape[0], : kernel.shape[1]] * kernel
                ).sum()
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[i, j] * kernel[i, j]
                for i in range(row, kernel.shape[0])
                for j in range(col, kernel.shape[1])
            ),
            "Two counts are mixed up here: the kernel is counted from 0 to its own end, and the "
            "pixel under `kernel[i, j]` is `image[row + i, col + j]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[i, j] * kernel[i, j]
                for i in range(row, row + kernel.shape[0])
                for j in range(col, col + kernel.shape[1])
            ),
            "You count right in the picture, but use the same index for the kernel, which starts "
            "at 0: `kernel[i - row, j - col]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0]][col : col + kernel.shape[1]] * kernel
            ).sum(),
            "A second pair of square brackets slices the *rows* once more. Rows and columns go "
            "into one pair: `image[row : …, col : …]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[1], col : col + kernel.shape[0]] * kernel
            ).sum(),
            "The kernel's height and width have changed places: `kernel.shape` is (height, width).",
        ),
        Misconception(
            _without_the_last,
            "The last row and column of the window are missing. `range(n)` already stops before "
            "n: take all of `kernel.shape[0]` rows and `kernel.shape[1]` columns.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0] - 1, col : col + kernel.shape[1] - 1] * kernel
            ).sum(),
            "Your window is one row and one column smaller than the kernel. A slice already stops "
            "before its end: `row : row + kernel.shape[0]`, without − 1.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : kernel.shape[0], col : kernel.shape[1]] * kernel
            ).sum(),
            "Your slice ends at `kernel.shape[0]` wherever it starts, so only the window at (0, 0) "
            "is right. It has to end one kernel height further on: `row + kernel.shape[0]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (image[row : row + 3, col : col + 3] * kernel).sum(),
            "Your window is always 3 × 3. Take its size from `kernel.shape`: kernels come in other "
            "sizes as well.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row + i, col + j] * kernel[i, j] for i in range(3) for j in range(3)
            ),
            "You count to 3 in both directions, whatever the kernel. Let the loops run over "
            "`range(kernel.shape[0])` and `range(kernel.shape[1])`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + len(kernel), col : col + len(kernel)] * kernel
            ).sum(),
            "Your window is as wide as it is high, but a kernel need not be square: its height is "
            "`kernel.shape[0]` (or `len(kernel)`), its width `kernel.shape[1]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row + i, col + j] * kernel[i, j]
                for i in range(len(kernel))
                for j in range(len(kernel))
            ),
            "Both loops run over the kernel's height, but a kernel need not be square. The columns "
            "want `range(kernel.shape[1])`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0], col : col + kernel.shape[1]] @ kernel
            ).sum(),
            "`@` is the product of matrices, rows times columns. Here each pixel meets only the "
            "number that lies on it: `window * kernel`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0], col : col + kernel.shape[1]] + kernel
            ).sum(),
            "You add the kernel to the window. Multiply: a weight says how much a pixel counts.",
        ),
        Misconception(
            lambda image, kernel, row, col: int(_cut(image, kernel, row, col)),
            "Your sum loses its fraction: 2.1 becomes 2. Leave `int` out.",
        ),
        Misconception(
            lambda image, kernel, row, col: round(float(_cut(image, kernel, row, col)), 2),
            "You round the sum. Round when you print it, if at all: the next layer goes on with "
            "the exact number.",
            variants=[lambda image, kernel, row, col: np.round(_cut(image, kernel, row, col), 2)],
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0], col : col + kernel.shape[1]] * kernel
            ),
            "These are the products. Add them all up, to a single number.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(
                image[row : row + kernel.shape[0], col : col + kernel.shape[1]] * kernel
            ),
            "You have one sum per column: Python's own `sum` adds the rows of an array to each "
            "other. `np.sum` adds all its numbers.",
            variants=[
                lambda image, kernel, row, col: (
                    image[row : row + kernel.shape[0], col : col + kernel.shape[1]] * kernel
                ).sum(axis=0)
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row + kernel.shape[0] - 1, col + kernel.shape[1] - 1] * kernel[-1, -1]
            ),
            "Only the last product is left: each one overwrites the one before. Start with "
            "`total = 0` before the loops and write `total += …`.",
        ),
        Misconception(
            lambda image, kernel, row, col: image[row, col] * kernel[0, 0],
            "You return after the first product: the `return` stands inside the loop. Move it to "
            "the left, until it stands after both loops.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row, col : col + kernel.shape[1]] * kernel[0]
            ).sum(),
            "You return after the kernel's first row: the `return` still stands in the outer loop. "
            "Move it to the left, under the `for`.",
        ),
    ],
    well_done="At how many places (row, col) can a 3 × 3 kernel lie on a 6 × 6 picture?",
)

# --- the size of the result ---------------------------------------------------------------------


def my_output_size(i, k, s, p):
    """Return how many windows of k fit along i pixels, p zeros on each side, stride s, an int."""
    return (i + 2 * p - k) // s + 1


def _output_size_oracle(i, k, s, p):
    """Move a window along the padded row until it no longer fits, and count."""
    places, start = 0, 0
    while start + k <= p + i + p:
        places += 1
        start += s
    return places


def _output_size_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(8):
        i, k, s, p = (int(rng.integers(*ends)) for ends in ((8, 60), (1, 8), (1, 5), (0, 4)))
        yield Case((i, k, s, p))


output_size = Exercise(
    name="output_size",
    solution=my_output_size,
    oracle=_output_size_oracle,
    cases=[
        Case((6, 3, 1, 0), "the 4, a row of 6 under 3 × 3"),
        Case((7, 3, 1, 0), "the 9, from top to bottom"),
        Case((7, 3, 2, 0), "the stride fits exactly"),
        Case((8, 3, 2, 0), "the stride leaves a pixel over"),
        Case((28, 3, 1, 1), "as many as before"),
        Case((3, 3, 1, 0), "a kernel as large as the picture"),
        Case((3, 3, 2, 1), "padding on both sides"),
        Case((5, 1, 2, 0), "a 1 × 1 kernel"),
        Case((28, 2, 2, 0), "an even kernel"),
        Case((10, 3, 4, 1), "a large stride"),
        Case((224, 7, 2, 3), "the first layer of ResNet"),
    ],
    random_cases=_output_size_random,
    same_dtype=True,
    variants=[
        lambda i, k, s, p: int((i + 2 * p - k) / s) + 1,
        lambda i, k, s, p: int((i + 2 * p - k) / s + 1),
        lambda i, k, s, p: math.floor((i + 2 * p - k) / s) + 1,
        lambda i, k, s, p: len(range(0, i + 2 * p - k + 1, s)),
        lambda i, k, s, p: (i + 2 * p - k + s) // s,
        lambda i, k, s, p: -(-(i + 2 * p - k + 1) // s),
    ],
    hints=[
        "With stride 1 and no padding: the window's left edge may stand at 0, 1, …, up to which "
        "pixel? How many places are that?",
        "Padding makes the row longer, on *both* sides: `i + 2 * p`. A stride of s takes only "
        "every s-th place.",
        "`//` divides and rounds down. The places after the first are `(i + 2 * p - k) // s`; "
        "don't forget the first.",
    ],
    misconceptions=[
        Misconception(
            lambda i, k, s, p: (i + p - k) // s + 1,
            "You count the padding once. It is added on *both* sides: `2 * p`.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p - k) // s,
            "One is missing: you count the steps. From the first place to the last there is one "
            "place more than steps, as with fence posts.",
            variants=[lambda i, k, s, p: int((i + 2 * p - k) / s)],
        ),
        Misconception(
            lambda i, k, s, p: -(-(i + 2 * p - k) // s),
            "Your count is short by one wherever the stride fits exactly: the last window, flush "
            "with the end, counts as well. Round down, and then add 1.",
            variants=[
                lambda i, k, s, p: len(range(0, i + 2 * p - k, s)),
                lambda i, k, s, p: math.ceil((i + 2 * p - k) / s),
            ],
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p - k + 1) // s,
            "You add 1 before you divide. First count the whole strides, `// s`, and then add 1 "
            "for the window at the start.",
        ),
        Misconception(
            lambda i, k, s, p: math.ceil((i + 2 * p - k) / s) + 1,
            "You round up, so the last window hangs over the edge. Pixels that are left over are "
            "no place for a window: round down, with `//`.",
            variants=[lambda i, k, s, p: -(-(i + 2 * p - k) // s) + 1],
        ),
        Misconception(
            lambda i, k, s, p: round((i + 2 * p - k) / s) + 1,
            "You round to the nearest, so sometimes a window too many is counted, one that hangs "
            "over the edge. Always round down: `//`.",
        ),
        Misconception(
            lambda i, k, s, p: round((i + 2 * p - k) / s + 1),
            "`round` goes up as well as down (and to the even number from the middle). Where "
            "pixels are left over, no window fits: `//` always rounds down.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p - k) / s + 1,
            "`/` gives a float, and where the stride doesn't fit exactly even a fraction of a "
            "window. `//` divides two ints and rounds down to an int.",
        ),
        Misconception(
            lambda i, k, s, p: np.floor((i + 2 * p - k) / s) + 1,
            "The number is right, but it is a float, and `np.zeros((4.0, 4.0))` is an error. "
            "`//` of two ints is an int; `np.floor` stays a float.",
            variants=[
                lambda i, k, s, p: float((i + 2 * p - k) // s + 1),
                lambda i, k, s, p: (i + 2 * p - k) / s // 1 + 1,
            ],
        ),
        Misconception(
            lambda i, k, s, p: i + 2 * p - k // s + 1,
            "Brackets are missing: Python divides first, so only `k` is divided by the stride. "
            "The whole of `i + 2 * p - k` belongs in brackets.",
        ),
        Misconception(
            lambda i, k, s, p: i + 2 * p - k + 1,
            "That is right for stride 1. With stride s the window stands at every s-th place only.",
        ),
        Misconception(
            lambda i, k, s, p: (i - k) // s + 1 + 2 * p,
            "You add the zeros to the *result*. They are put round the picture, before the kernel "
            "slides: they belong inside the brackets, before the division.",
        ),
        Misconception(
            lambda i, k, s, p: (i + p - k) / s // 1 + 1,
            "You count the padding once, where zeros come on *both* sides: `2 * p`. And the result "
            "should be an int: `//`.",
            variants=[lambda i, k, s, p: np.floor((i + p - k) / s) + 1],
        ),
        Misconception(
            lambda i, k, s, p: (i + p - k) / s + 1,
            "Two things: zeros come on *both* sides, `2 * p`, and `/` makes a float, where `//` "
            "rounds down to an int.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p - k) / s,
            "Two things: these are steps, and there is one place more than steps, + 1; and `/` "
            "makes a float, where `//` rounds down to an int.",
        ),
        Misconception(
            lambda i, k, s, p: np.ceil((i + 2 * p - k) / s) + 1,
            "Two things: pixels that are left over are no place for a window, so round *down*; and "
            "`np.ceil` returns a float. `//` does both.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p - 2 * (k // 2)) // s,
            "You take half a kernel away on each side: that counts the pixels in the middle of a "
            "window only where k is odd and s is 1. Count the left edges: they go from 0 to "
            "`i + 2 * p - k`.",
        ),
        Misconception(
            lambda i, k, s, p: (i - k) // s + 1,
            "The padding is missing: with p zeros on each side the window has a row of `i + 2 * p` "
            "to slide along.",
        ),
        Misconception(
            lambda i, k, s, p: (i - 2 * p - k) // s + 1,
            "You take the padding away. Zeros are *added* on both sides, so there is more room.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p) // s,
            "You count strides along the whole row. The window's left edge cannot come closer to "
            "the end than k: the room it has is `i + 2 * p - k`.",
        ),
        Misconception(
            lambda i, k, s, p: -(-i // s),
            'That is what "same" gives, where the library chooses the padding. Here p is given, '
            "and k matters as well.",
            variants=[lambda i, k, s, p: math.ceil(i / s)],
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p) // k,
            "You lay windows side by side, like tiles. They overlap: each starts s pixels after "
            "the one before.",
        ),
        Misconception(
            lambda i, k, s, p: ((i + 2 * p - k) // s + 1) ** 2,
            "That is the number of windows in a square picture. The number along *one* side is "
            "asked for.",
        ),
    ],
    well_done="For which p does a 5 × 5 kernel with stride 1 leave the size as it is? And a 2 × 2?",
)

# --- the whole picture --------------------------------------------------------------------------


def my_conv2d(image, kernel, stride):
    """Return the map of a grey image (h, w): no padding, the same stride on both axes."""
    kernel_height, kernel_width = kernel.shape
    height = (image.shape[0] - kernel_height) // stride + 1
    width = (image.shape[1] - kernel_width) // stride + 1
    result = np.zeros((height, width))
    for row in range(height):
        for col in range(width):
            top, left = row * stride, col * stride
            window = image[top : top + kernel_height, left : left + kernel_width]
            result[row, col] = np.sum(window * kernel)
    return result


def _conv2d_oracle(image, kernel, stride):
    """Take every stride-th row and column of SciPy's map."""
    return signal.correlate2d(_wide(image), kernel, mode="valid")[::stride, ::stride]


def _starts(image, kernel, stride) -> tuple[range, range]:
    """Return the rows and the columns at which windows start."""
    return tuple(range(0, image.shape[a] - kernel.shape[a] + 1, stride) for a in (0, 1))


def _sizes(image, kernel, stride) -> tuple[int, int]:
    return tuple((image.shape[a] - kernel.shape[a]) // stride + 1 for a in (0, 1))


def _short(sizes, stride, by=1) -> tuple[range, ...]:
    """Return the starts of windows, fewer by so many on each axis."""
    return tuple(range(0, (size - by) * stride, stride) for size in sizes)


def _before_the_last(image, kernel, stride) -> tuple[range, ...]:
    return tuple(range(0, n - k, stride) for n, k in zip(image.shape, kernel.shape, strict=True))


def _slid(image, kernel, rows, columns, at=_cut, build=_filled):
    """Lay the kernel at all pairs of rows and columns."""
    return build(rows, columns, lambda row, col: at(image, kernel, row, col))


def _stepped_output(image, kernel, stride):
    rows, columns = _starts(image, kernel, 1)
    out = np.zeros((len(rows), len(columns)))
    for row in rows[::stride]:
        for col in columns[::stride]:
            out[row, col] = _cut(image, kernel, row, col)
    return out


def _stepped_small_output(image, kernel, stride):
    out = np.zeros(_sizes(image, kernel, stride))
    rows, columns = _starts(image, kernel, stride)
    for row in rows:
        for col in columns:
            out[row, col] = _cut(image, kernel, row, col)
    return out


def _in_a_large_frame(image, kernel, stride):
    out = np.zeros(image.shape)
    result = _slid(image, kernel, *_starts(image, kernel, stride))
    out[: result.shape[0], : result.shape[1]] = result
    return out


def _square_kernel(image, kernel, stride, by_finger):
    k = len(kernel)
    rows, columns = (range(0, n - k + 1, stride) for n in image.shape)

    def at(row, col):
        if by_finger:
            return sum(image[row + i, col + j] * kernel[i, j] for i in range(k) for j in range(k))
        return (image[row : row + k, col : col + k] * kernel).sum()

    return _filled(rows, columns, at)


def _square_picture(image, kernel, stride, at=_cut):
    rows, columns = (range(0, len(image) - k + 1, stride) for k in kernel.shape)
    return _slid(image, kernel, rows, columns, at)


def _stepped_with_gaps(image, kernel, stride, factor):
    out = np.zeros(_sizes(image, kernel, stride))
    for row in range(0, out.shape[0], stride):
        for col in range(0, out.shape[1], stride):
            out[row, col] = _cut(image, kernel, row * factor, col * factor)
    return out


def _added_up_in_place(image, kernel, stride):
    out = np.zeros(_sizes(image, kernel, stride), image.dtype)
    for row, col in np.ndindex(out.shape):
        for i, j in np.ndindex(kernel.shape):
            out[row, col] += image[row * stride + i, col * stride + j] * kernel[i, j]
    return out


def _rounded_up(image, kernel, stride) -> tuple[range, ...]:
    return tuple(
        range(0, n - k + stride, stride) for n, k in zip(image.shape, kernel.shape, strict=True)
    )


def _square_map(image, kernel, stride):
    k = len(kernel)
    starts = range(0, len(image) - k + 1, stride)
    return _filled(
        starts, starts, lambda row, col: (image[row : row + k, col : col + k] * kernel).sum()
    )


def _swapped_shape(image, kernel, stride):
    out = np.zeros(_sizes(image, kernel, stride)[::-1])
    for r, row in enumerate(_starts(image, kernel, stride)[0]):
        for c, col in enumerate(_starts(image, kernel, stride)[1]):
            out[r, c] = _cut(image, kernel, row, col)
    return out


def _strided_inside(image, kernel, stride):
    def at(row, col):
        return sum(
            image[row + i * stride, col + j * stride] * kernel[i, j]
            for i, j in np.ndindex(kernel.shape)
        )

    return _filled(*map(range, _sizes(image, kernel, stride)), at)


def _conv2d_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window, stride in (
        ((6, 9), (3, 2), 2),
        ((9, 6), (2, 4), 3),
        ((5, 7), (3, 3), 1),
        ((8, 8), (3, 3), 3),
    ):
        yield Case((rng.integers(-9, 10, shape), rng.integers(-5, 6, window), stride))


conv2d = Exercise(
    name="conv2d",
    solution=my_conv2d,
    oracle=_conv2d_oracle,
    cases=[
        Case((FOUR, CROSS, 1), "the 4 of the notebook"),
        Case((NINE, LOOP / 9, 1), "the loop detector of the notebook"),
        Case((ONE_TO_NINE, ONE_TO_FOUR, 1), "a kernel that shows whether it is turned"),
        Case((np.arange(16).reshape(4, 4), ONE_TO_FOUR, 2), "the stride fits exactly"),
        Case((np.arange(25).reshape(5, 5), ONE_TO_FOUR, 2), "the stride leaves a pixel over"),
        Case((NINE, np.array([[1, 2, -3]]), 2), "a kernel wider than high"),
        Case((NINE.T, np.array([[1], [2], [-3]]), 2), "a kernel higher than wide"),
        Case((ONE_TO_NINE, np.array([[10]]), 2), "a 1 × 1 kernel"),
        Case((ONE_TO_NINE, _LOPSIDED, 1), "a kernel as large as the picture"),
        Case((ONE_TO_NINE, _LOPSIDED, 2), "a kernel as large as the picture, stride 2"),
        Case((_BYTES, np.array([[1, -3], [2, 3]]), 1), "a picture of bytes"),
        Case((ONE_TO_NINE, np.array([[0.5, 0], [0, -0.25]]), 1), "a kernel of fractions"),
    ],
    random_cases=_conv2d_random,
    variants=[
        lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, stride)),
        lambda image, kernel, stride: _slid(
            image, kernel, *_starts(image, kernel, stride), _fingered, _listed
        ),
        lambda image, kernel, stride: np.einsum(
            "rcij,ij->rc",
            np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride],
            kernel,
        ),
        lambda image, kernel, stride: sum(
            kernel[i, j]
            * image[
                i : image.shape[0] - kernel.shape[0] + 1 + i : stride,
                j : image.shape[1] - kernel.shape[1] + 1 + j : stride,
            ]
            for i, j in np.ndindex(kernel.shape)
        ),
        lambda image, kernel, stride: _conv2d_oracle(image, kernel, stride).tolist(),
    ],
    hints=[
        "Two loops, over the rows and the columns *of the result*; inside them one window sum, as "
        "in the exercise before. How large is the result?",
        "With (row, col) counting the result, the window starts at `row * stride`, "
        "`col * stride` of the picture. Both sizes come from ⌊(i − k)/s⌋ + 1, each with its own "
        "i and k.",
        "`result = np.zeros((height, width))`, and in the loops `result[row, col] = "
        "np.sum(window * kernel)` with `window = image[top : top + kernel.shape[0], left : left + "
        "kernel.shape[1]]`.",
    ],
    misconceptions=[
        Misconception(
            lambda image, kernel, stride: _slid(
                image, _turned(kernel), *_starts(image, kernel, stride)
            ),
            "Your kernel is turned by 180°: that is true convolution. Deep-learning libraries "
            "slide it as it is (cross-correlation).",
            variants=[
                lambda image, kernel, stride: signal.convolve2d(_wide(image), kernel, mode="valid")[
                    ::stride, ::stride
                ],
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel[::-1], *_starts(image, kernel, stride)
            ),
            "Your kernel stands upside down. It is not turned or mirrored at all: its first row "
            "meets the window's first row.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_short(_sizes(image, kernel, stride), stride)
            ),
            "The last row and the last column are missing. Between i − k + 1 places there are "
            "i − k steps, and you count the steps: add 1.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_short(_sizes(image, kernel, stride), stride), build=_listed
            ),
            "You leave out the last row and the last column of windows. From place 0 to place "
            "i − k there are i − k + 1 places: the + 1 is missing.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_before_the_last(image, kernel, stride)
            ),
            "Where the stride fits exactly, the last row or column is missing. `range` stops "
            "*before* its end: with `range(0, i - k + 1, stride)` the window flush with the edge "
            "comes in.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_before_the_last(image, kernel, stride), build=_listed
            ),
            "The window that touches the edge is missing wherever the stride leads it there. "
            "`range(0, i - k, stride)` stops before i − k; that place belongs to it: `i - k + 1`.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *(range(0, n, stride) for n in image.shape), _fingered
            ),
            "You start a window at every pixel, so the last ones stick out of the picture, where "
            "there is nothing to read. The last window starts at `image.shape[0] - "
            "kernel.shape[0]`, and so with the columns.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *(range(0, n, stride) for n in image.shape)
            ),
            "Your last windows are cut off at the edge of the picture, so they no longer fit the "
            'kernel. "Valid" means: only windows that lie inside as a whole.',
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_short(_sizes(image, kernel, stride), stride, -1), _fingered
            ),
            "That is one row and one column too many: the last window would stick out of the "
            "picture. The size is ⌊(i − k)/s⌋ + 1.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(image, kernel, *_rounded_up(image, kernel, stride)),
            "Where the stride doesn't fit exactly, your last window hangs over the edge. You round "
            "the size up; pixels left over at the end are left out: `//` rounds down.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_rounded_up(image, kernel, stride), _fingered
            ),
            "You take one stride too many wherever it doesn't fit exactly, and read outside the "
            "picture. Round the size *down*: ⌊(i − k)/s⌋ + 1.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, _starts(image, kernel, stride)[0], _starts(image, kernel, 1)[1]
            ),
            "Only the rows take strides; the columns still go one by one. The stride holds on both "
            "axes.",
            variants=[
                lambda image, kernel, stride: signal.correlate2d(
                    _wide(image), kernel, mode="valid"
                )[::stride]
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, _starts(image, kernel, 1)[0], _starts(image, kernel, stride)[1]
            ),
            "Only the columns take strides; the rows still go one by one. The stride holds on both "
            "axes.",
            variants=[
                lambda image, kernel, stride: signal.correlate2d(
                    _wide(image), kernel, mode="valid"
                )[:, ::stride]
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *map(range, _sizes(image, kernel, stride)),
                lambda row, col: _cut(image, kernel, row * stride, col),
            ),
            "The size is right, but your window strides downwards only: its left edge belongs at "
            "`col * stride`, too.",
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *map(range, _sizes(image, kernel, stride)),
                lambda row, col: _cut(image, kernel, row, col * stride),
            ),
            "The size is right, but your window strides to the right only: its upper edge belongs "
            "at `row * stride`, too.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, 1)),
            "You don't use the stride: your window goes on by one pixel at a time.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *map(range, _sizes(image, kernel, stride))
            ),
            "The size is right, but your window still goes on by one pixel: you see only the upper "
            "left part of the picture. It starts at `row * stride`, `col * stride`.",
            variants=[
                lambda image, kernel, stride: signal.correlate2d(
                    _wide(image), kernel, mode="valid"
                )[
                    : (image.shape[0] - kernel.shape[0]) // stride + 1,
                    : (image.shape[1] - kernel.shape[1]) // stride + 1,
                ]
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _stepped_output(image, kernel, stride),
            "Your stride steps through the *result* and leaves zeros between. The window strides "
            "over the picture; the result is filled without gaps and is smaller.",
        ),
        Misconception(
            lambda image, kernel, stride: _stepped_with_gaps(image, kernel, stride, 1),
            "The size is right, but your loops take strides through the *result*, so most of it "
            "stays 0. Fill every place of it, and stride when you cut the window out: "
            "`row * stride`.",
        ),
        Misconception(
            lambda image, kernel, stride: _stepped_with_gaps(image, kernel, stride, stride),
            "You take strides twice: in the picture, which is right, and in the loops over the "
            "result, so that most of it stays 0. Let these loops go one by one.",
        ),
        Misconception(
            lambda image, kernel, stride: _stepped_small_output(image, kernel, stride),
            "You write the result at the place where the window lies in the picture. With stride "
            "s, the window at row r belongs in row `r // s` of the result. Or let the loops "
            "count the result.",
        ),
        Misconception(
            _strided_inside,
            "Your stride stands *inside* the window, so it skips pixels under the kernel. It "
            "belongs to the window's corner: `row * stride + i`.",
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *_starts(image, kernel, stride),
                lambda row, col: (
                    image[row + kernel.shape[0] - 1, col + kernel.shape[1] - 1] * kernel[-1, -1]
                ),
            ),
            "Each product overwrites the one before, so only the last is left of every window. Add "
            "them up: `+=`, or `np.sum`.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, stride))[:1],
            "You return after the first row: the `return` stands inside the loop over the rows. "
            "Move it to the left.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, np.ones(kernel.shape), *_starts(image, kernel, stride)
            ),
            "You add up the pixels and leave the kernel out. Multiply each window by it first.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, stride)) / 9,
            "Dividing by 9 is part of the loop detector, not of convolution: whoever wants it "
            "divides the kernel.",
        ),
        Misconception(
            lambda image, kernel, stride: np.maximum(
                _slid(image, kernel, *_starts(image, kernel, stride)), 0
            ),
            "You cut negative sums off at 0. That is ReLU, which comes after the convolution, in "
            "the next notebook.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_starts(image, kernel, stride)
            ).round(2),
            "You round the sums. Round when you print them: the next layer goes on with the exact "
            "numbers.",
        ),
        Misconception(
            lambda image, kernel, stride: (
                _slid(image, kernel, *_starts(image, kernel, stride)) / kernel.size
            ),
            "You take the mean of the products under the window. A convolution adds them up.",
            variants=[
                lambda image, kernel, stride: np.mean(
                    np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[
                        ::stride, ::stride
                    ]
                    * kernel,
                    axis=(2, 3),
                )
            ],
        ),
        Misconception(
            lambda image, kernel, stride: signal.correlate2d(_wide(image), kernel, mode="same")[
                ::stride, ::stride
            ],
            'That is "same": zeros around the picture. "Valid" pads nothing, so the map is smaller '
            "than the picture.",
        ),
        Misconception(
            lambda image, kernel, stride: _in_a_large_frame(image, kernel, stride),
            "Your result is as large as the picture, and what no window reaches stays 0. Make it "
            "only as large as there are places for the window.",
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *_starts(image, kernel, stride),
                lambda row, col: _cut(image, kernel, row, col),
                image.dtype,
            ),
            "Your result has the dtype of the picture, and the sums don't fit in: a byte ends at "
            "255 and knows no minus, and an int drops the fraction. `np.zeros((height, width))` "
            "makes floats.",
        ),
        Misconception(
            _added_up_in_place,
            "You add up in an array of the picture's dtype. Bytes run over there (750 becomes "
            "238), and ints lose each product's fraction. `np.zeros((height, width))` makes floats.",
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *_starts(image, kernel, stride),
                lambda row, col: _cut(image, kernel, row, col),
                kernel.dtype,
            ),
            "Your result has the dtype of the *kernel*: with whole numbers there, the fractions "
            "of the picture are cut off. `np.zeros((height, width))` makes floats.",
        ),
        Misconception(
            lambda image, kernel, stride: _filled(
                *_starts(image, kernel, stride),
                lambda row, col: _cut(image, kernel, row, col),
                int,
            ),
            "Your result holds whole numbers only, so 2.1 becomes 2. Make it an array of floats: "
            "`np.zeros((height, width))`, without `dtype=int`.",
        ),
        Misconception(
            lambda image, kernel, stride: _square_kernel(image, kernel, stride, True),
            "You use one side of the kernel for both directions. A kernel need not be square: its "
            "height is `kernel.shape[0]`, its width `kernel.shape[1]`.",
        ),
        Misconception(
            lambda image, kernel, stride: _square_kernel(image, kernel, stride, False),
            "Your window is always square, k × k, and so doesn't fit a kernel that is not. Take "
            "its height and its width from `kernel.shape`.",
        ),
        Misconception(
            lambda image, kernel, stride: _square_picture(image, kernel, stride),
            "You take the picture to be as wide as it is high. Work out the width of the result "
            "from `image.shape[1]`.",
        ),
        Misconception(
            lambda image, kernel, stride: _square_picture(image, kernel, stride, _fingered),
            "You slide as far to the right as down, but a picture need not be square. The columns "
            "end with `image.shape[1]`.",
        ),
        Misconception(
            _square_map,
            "You work out one size and use it for both directions. Neither pictures nor kernels "
            "need be square: heights come from `shape[0]`, widths from `shape[1]`.",
        ),
        Misconception(
            _swapped_shape,
            "Your result is made as (width, height), so it is too small in one direction. NumPy "
            "wants (height, width), rows first.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, stride)).T,
            "Rows and columns of your result have changed places. The outer loop goes over the "
            "rows, the inner one along a row, from column to column.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_starts(image, kernel, stride)
            ).ravel(),
            "All the sums are there, but in one long list. Put them into rows: an array "
            "(height, width).",
        ),
        Misconception(
            lambda image, kernel, stride: (
                _slid(image, kernel, *_starts(image, kernel, stride))
                .cumsum()
                .reshape(_sizes(image, kernel, stride))
            ),
            "Each sum contains all those before it. Set your total back to 0 for every window: "
            "`total = 0` belongs inside both loops over the result.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_starts(image, kernel, stride)
            ).cumsum(axis=1),
            "Your sums grow along each row: the total goes back to 0 only when a new row begins. "
            "It has to start at 0 for every window.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image,
                kernel,
                *(range(0, n - k + 1, k) for n, k in zip(image.shape, kernel.shape, strict=True)),
            ),
            "Your windows lie side by side like tiles: you step by the size of the kernel. Step "
            "by `stride`, so that they overlap.",
        ),
    ],
    well_done="Each window's sum knows nothing of the others. So what could a computer do with "
    "them all at once?",
)

# --- the zeros around it ------------------------------------------------------------------------


def my_pad_same(image, kernel_size):
    """Return image (h, w) with the zeros that "same" puts round it at stride 1."""
    before = (kernel_size - 1) // 2
    after = kernel_size - 1 - before
    return np.pad(image, ((before, after), (before, after)))


def _pad_same_oracle(image, kernel_size):
    """Add one row and one column after the other, first at the end, then at the start."""
    rows = image.tolist()
    for n in range(kernel_size - 1):
        at_the_end = n % 2 == 0
        rows = [[*row, 0] if at_the_end else [0, *row] for row in rows]
        nothing = [0] * len(rows[0])
        rows = [*rows, nothing] if at_the_end else [nothing, *rows]
    return np.array(rows)


def _padded(image, top, bottom, left, right, **how):
    return np.pad(image, ((top, bottom), (left, right)), **how)


def _padded_alike(image, before, after, **how):
    return np.pad(image, (before, after), **how)


def _whole_frame(image, kernel_size):
    height, width = image.shape
    frame = np.zeros((height + kernel_size - 1, width + kernel_size - 1), dtype=int)
    before = (kernel_size - 1) // 2
    frame[before : before + height, before : before + width] = image
    return frame


def _cut_frame(image, kernel_size, before, after):
    frame = np.zeros((image.shape[0] + before + after, image.shape[1] + before + after))
    frame[before:-after, before:-after] = image
    return frame


def _tight_frame(image, kernel_size):
    n = kernel_size // 2
    frame = np.zeros((image.shape[0] + kernel_size - 1, image.shape[1] + kernel_size - 1))
    frame[n:-n, n:-n] = image
    return frame


def _pad_same_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, kernel_size in (((2, 4), 6), ((5, 3), 4), ((3, 4), 7), ((4, 2), 2)):
        yield Case((rng.integers(-9, 10, shape), kernel_size))


pad_same = Exercise(
    name="pad_same",
    solution=my_pad_same,
    oracle=_pad_same_oracle,
    cases=[
        Case((ONE_TO_NINE, 3), "one row of zeros on every side"),
        Case((ONE_TO_FOUR, 2), "an even kernel"),
        Case((ONE_TO_FOUR, 1), "a 1 × 1 kernel"),
        Case((ONE_TO_NINE, 5), "two rows of zeros on every side"),
        Case((ONE_TO_NINE, 4), "an even kernel, 4 × 4"),
        Case((np.array([[7]]), 3), "a single pixel"),
        Case((np.array([[0.2, 0.8, 0.3]]), 3), "a single row of fractions"),
        Case((np.array([[-1], [1], [-1]]), 2), "paper is −1"),
        Case((_BYTES, 3), "a picture of bytes"),
    ],
    random_cases=_pad_same_random,
    variants=[
        lambda image, kernel_size: _padded_alike(image, (kernel_size - 1) // 2, kernel_size // 2),
        lambda image, kernel_size: np.pad(image, kernel_size // 2)[
            1 - kernel_size % 2 :, 1 - kernel_size % 2 :
        ],
    ],
    hints=[
        "How many rows are to be added in all, so that a map as high as the picture comes out? "
        "(The map is kernel_size − 1 rows lower than what the kernel slides over.)",
        "Share these `kernel_size - 1` rows out between top and bottom. If they can't be halved, "
        "the one left over goes to the bottom (and to the right).",
        "`before = (kernel_size - 1) // 2`, `after = kernel_size // 2`, and `np.pad(image, "
        "((before, after), (…, …)))`: first the rows, then the columns.",
    ],
    misconceptions=[
        Misconception(
            lambda image, kernel_size: np.pad(image, kernel_size // 2),
            "Right for odd kernels. With an even one that is a row and a column too many: only "
            "`kernel_size - 1` are needed in all, so one side gets fewer.",
            variants=[lambda image, kernel_size: np.pad(image, int(kernel_size / 2))],
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, (kernel_size - 1) // 2),
            "Right for odd kernels. With an even one a row and a column are missing: "
            "`kernel_size - 1` is odd then, and the one left over goes to the bottom and right.",
            variants=[lambda image, kernel_size: np.pad(image, int((kernel_size - 1) / 2))],
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, kernel_size // 2, (kernel_size - 1) // 2
            ),
            "With an even kernel the extra row is at the top here, and the extra column on the "
            "left. TensorFlow's rule puts them at the bottom and on the right.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(image, 0, kernel_size - 1),
            "All the zeros are at the bottom and on the right. The number is right; share it out: "
            "half of it goes before the picture.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(image, kernel_size - 1, 0),
            "All the zeros are at the top and on the left. The number is right; share it out: "
            "half of it goes after the picture.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, kernel_size - 1),
            'You add kernel_size − 1 zeros on *every* side: that is "full". "Same" adds so many in '
            "all, both sides together.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, kernel_size),
            "You add a whole kernel on every side. "
            "A 3 × 3 kernel makes the map only 2 rows lower: that is what has to be made up for.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, kernel_size // 2, kernel_size - kernel_size // 2
            ),
            "You share out kernel_size rows, one too many. A kernel of size k makes the map only "
            "k − 1 rows lower.",
            variants=[
                lambda image, kernel_size: _padded_alike(
                    image, kernel_size // 2, -(-kernel_size // 2)
                )
            ],
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, 1),
            "One row of zeros all round is right for a 3 × 3 kernel. Larger ones need more, a "
            "1 × 1 kernel none.",
        ),
        Misconception(
            lambda image, kernel_size: _padded(
                image, (kernel_size - 1) // 2, kernel_size // 2, 0, 0
            ),
            "You pad the rows; the columns need zeros as well, or the map gets narrower.",
        ),
        Misconception(
            lambda image, kernel_size: _padded(
                image, 0, 0, (kernel_size - 1) // 2, kernel_size // 2
            ),
            "You pad the columns; zeros are needed at top and bottom as well, or the map gets "
            "lower.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, mode="edge"
            ),
            'You repeat the pixels at the edge. That is sensible for photographs, but "same" in a '
            "library means zeros.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, mode="reflect"
            ),
            'You mirror the picture at its edge (`mode="reflect"`). "Same" in a library fills up '
            "with zeros.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, mode="symmetric"
            ),
            'You mirror the picture, edge pixels included (`mode="symmetric"`). "Same" in a '
            "library fills up with zeros.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, mode="wrap"
            ),
            "What leaves the picture on one side comes in on the other: you have wrapped it round. "
            '"Same" fills up with zeros.',
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, constant_values=image.min()
            ),
            "You fill up with the picture's darkest value. Zeros are asked for, even where 0 is "
            "not paper: in a ±1 picture they are a grey frame.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, constant_values=-1
            ),
            "You fill up with −1, the paper of the ±1 pictures. A library doesn't know your paper: "
            "it always fills up with 0.",
        ),
        Misconception(
            lambda image, kernel_size: _padded_alike(
                image, (kernel_size - 1) // 2, kernel_size // 2, constant_values=1
            ),
            "You fill up with ones. Zeros are asked for: whatever the kernel says, 0 times it adds "
            "nothing.",
        ),
        Misconception(
            lambda image, kernel_size: _cut_frame(
                image, kernel_size, (kernel_size - 1) // 2, kernel_size // 2
            ),
            "Right, except where no zero is to be added on a side: `[before:-0]` is an empty "
            "slice. Write `before : before + height`.",
        ),
        Misconception(
            lambda image, kernel_size: _tight_frame(image, kernel_size),
            "`[n:-n]` leaves out equally much on both sides. That fits odd kernels from 3 × 3 on; "
            "an even one needs another number at the end, and `[0:-0]` is empty.",
        ),
        Misconception(
            lambda image, kernel_size: (
                np.pad(image, kernel_size // 2)
                if kernel_size % 2
                else _padded_alike(image, 0, kernel_size - 1)
            ),
            "Odd kernels are right. With an even one only the zeros that can't be shared out go to "
            "the bottom and right: a 4 × 4 kernel has 1 row above and 2 below.",
        ),
        Misconception(
            lambda image, kernel_size: (
                np.pad(image, kernel_size // 2)
                if kernel_size % 2
                else _padded_alike(image, 0, kernel_size // 2)
            ),
            "Odd kernels are right. With an even one rows are missing at the top: `kernel_size - "
            "1` in all, shared out as evenly as can be.",
        ),
        Misconception(
            lambda image, kernel_size: _whole_frame(image, kernel_size),
            "The places are right, but your frame holds whole numbers only, so fractions are cut "
            "off. Give it the picture's dtype, or leave `dtype=int` out.",
        ),
        Misconception(
            lambda image, kernel_size: image.copy(),
            "The picture comes back without zeros. It is the *map* that has the same size in the "
            "end; for that the picture has to grow first.",
            variants=[lambda image, kernel_size: image],
        ),
    ],
    well_done="A 2 × 2 kernel sees nothing above or to the left of its pixel, only below and to "
    "the right. What happens to a picture after ten such layers?",
)

# --- colour -------------------------------------------------------------------------------------


def my_conv_colour(image, kernel, bias):
    """Return the map (2-D) of an image (h, w, c) under a kernel (kh, kw, c), plus the bias."""
    kernel_height, kernel_width, _ = kernel.shape
    height = image.shape[0] - kernel_height + 1
    width = image.shape[1] - kernel_width + 1
    result = np.zeros((height, width))
    for row in range(height):
        for col in range(width):
            window = image[row : row + kernel_height, col : col + kernel_width]
            result[row, col] = np.sum(window * kernel) + bias
    return result


def _conv_colour_oracle(image, kernel, bias):
    """Correlate in three dimensions: along the channels there is only one place."""
    maps = signal.correlate(_wide(image), kernel, mode="valid", method="direct")
    return maps[:, :, 0] + bias


def _channel_maps(image, kernel):
    """Correlate channel by channel, (oh, ow, c)."""
    return np.stack(
        [
            signal.correlate2d(_wide(image)[..., c], kernel[..., c], mode="valid")
            for c in range(kernel.shape[2])
        ],
        axis=-1,
    )


def _conv_colour_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window in (((4, 6), (3, 2)), ((5, 3), (2, 3)), ((4, 4), (3, 3))):
        for channels in (2, 3):
            image, kernel = (rng.integers(-9, 10, (*size, channels)) for size in (shape, window))
            yield Case((image, kernel, int(rng.integers(1, 9))))


_RED_AND_BLUE = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])


def _plain_sums(image, kernel):
    return _channel_maps(image, kernel).sum(axis=-1)


def _into(dtype, image, kernel, bias):
    rows, columns = _starts(image, kernel, 1)
    return _filled(rows, columns, lambda row, col: _cut(image, kernel, row, col) + bias, dtype)


def _three_channels(image, kernel, bias):
    return (
        sum(
            signal.correlate2d(_wide(image)[:, :, c], kernel[:, :, c], mode="valid")
            for c in range(3)
        )
        + bias
    )


conv_colour = Exercise(
    name="conv_colour",
    solution=my_conv_colour,
    oracle=_conv_colour_oracle,
    cases=[
        Case((RGB_PATCH, RGB_KERNEL, 1), "the corner of the notebook, 308 − 498 + 164 + 1"),
        Case((_RED_AND_BLUE, np.array([[[2, -1]]]), 3), "two channels, a 1 × 1 kernel"),
        Case((_RED_AND_BLUE, np.array([[[1, 0], [2, 1]], [[-3, 1], [4, 0]]]), 7), "two channels"),
        Case((ONE_TO_NINE[..., None], ONE_TO_FOUR[..., None], 5), "a single channel"),
        Case(
            (np.arange(36).reshape(3, 3, 4) % 7, np.arange(16).reshape(2, 2, 4) % 5 - 2, 10),
            "four channels",
        ),
        Case((np.arange(24).reshape(2, 4, 3) % 5, RGB_KERNEL[:2, :2], -4), "a negative bias"),
        Case((np.arange(24).reshape(4, 2, 3) % 5, RGB_KERNEL[:, :1], 0), "no bias"),
        Case((np.arange(18).reshape(2, 3, 3) % 5, RGB_KERNEL[1:, :2], 0.5), "half a bias"),
        Case(
            (np.arange(18).reshape(2, 3, 3) / 16, RGB_KERNEL[1:, 1:], -0.125),
            "colours from 0 to 1",
        ),
        Case((np.stack([_BYTES, _BYTES[::-1]], axis=-1), RGB_KERNEL[:2, :2, 1:], 2), "bytes"),
    ],
    random_cases=_conv_colour_random,
    variants=[
        lambda image, kernel, bias: _plain_sums(image, kernel) + bias,
        lambda image, kernel, bias: _slid(image, kernel, *_starts(image, kernel, 1)) + bias,
        lambda image, kernel, bias: (
            np.einsum(
                "rdcij,ijc->rd",
                np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1)),
                kernel,
            )
            + bias
        ),
        lambda image, kernel, bias: (
            signal.correlate(_wide(image), kernel, mode="valid")[..., 0] + bias
        ).tolist(),
    ],
    hints=[
        "The window is a box now, (kh, kw, c), and the kernel is a box of the same size: one "
        "product for each pair of numbers, and all of them into *one* sum.",
        "`image[row : row + kh, col : col + kw]` without a third index takes all the channels "
        "with it. Where in the loops does the bias belong, so that it is added once per window?",
        "In the loops: `result[row, col] = np.sum(window * kernel) + bias`. The result has "
        "`image.shape[0] - kh + 1` rows, and no axis for channels.",
    ],
    misconceptions=[
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel),
            "The bias is missing. Add it once to each sum.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel) + kernel.shape[2] * bias,
            "You add the bias once per channel. The channels are summed first; the one bias comes "
            "on top of that sum.",
            variants=[
                lambda image, kernel, bias: (_channel_maps(image, kernel) + bias).sum(axis=-1)
            ],
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel) + kernel.size * bias,
            "You add the bias to every single product. It is added once per window, after the sum.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                _plain_sums(image, kernel) + kernel.shape[0] * kernel.shape[1] * bias
            ),
            "The bias comes in once for each pixel under the kernel. It stands inside one loop too "
            "many: add it once per window, after all the loops over the kernel.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel) - bias,
            "You subtract the bias. It is added, whatever its sign.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel) * bias,
            "You multiply by the bias. It is added to the sum.",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel).mean(axis=-1) + bias,
            "You take the mean over the channels. They are added up: 308 − 498 + 164, and then the "
            "bias.",
            variants=[
                lambda image, kernel, bias: _plain_sums(image, kernel) / kernel.shape[2] + bias
            ],
        ),
        Misconception(
            lambda image, kernel, bias: (_plain_sums(image, kernel) + bias) / kernel.shape[2],
            "You divide everything, bias included, by the number of channels. The channels and the "
            "bias are added up, and nothing is divided.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel) / kernel.size + bias,
            "You take the mean of all the products. They are added up; nothing is divided.",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel) + bias,
            "You keep the channels apart and get one map for each. One kernel makes *one* map: add "
            "the channels up (and add the bias once).",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel),
            "You keep the channels apart and get one map for each. Add them up to one map, and "
            "then add the bias.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel)[..., None] + bias,
            "The numbers are right, but your map has a third axis of length 1. A map "
            "(height, width) is asked for: take `[:, :, 0]`.",
            variants=[
                lambda image, kernel, bias: (
                    signal.correlate(_wide(image), kernel, mode="valid") + bias
                )
            ],
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel)[..., 0] + bias,
            "Only the first channel is looked at. The window takes in all channels, and so does "
            "the kernel.",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel)[..., -1] + bias,
            "Only the last channel is left over: each one overwrites the one before. Add them up, "
            "with `+=`.",
        ),
        Misconception(
            lambda image, kernel, bias: (_plain_sums(image, kernel) + bias)[..., None].repeat(
                kernel.shape[2], axis=-1
            ),
            "The sums are right, but each stands there once per channel. One kernel makes one map: "
            "`np.zeros((height, width))`, without the channels.",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel).max(axis=-1) + bias,
            "You keep the strongest channel. All channels are added up; one may well cancel "
            "another.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                _plain_sums(image, kernel[..., :1].repeat(kernel.shape[2], axis=-1)) + bias
            ),
            "You lay the kernel's first slice on every channel. Each channel has a slice of its "
            "own: `kernel[:, :, c]`.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                signal.correlate2d(_wide(image).sum(-1), kernel.sum(-1), mode="valid") + bias
            ),
            "You add the channels up before you multiply, so the picture is grey and red, green "
            "and blue can't be told apart any more. First the products, channel by channel.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                _plain_sums(image, kernel).cumsum().reshape(_sizes(image, kernel, 1)) + bias
            ),
            "Each sum contains all those before it. Your total has to start at 0 for every window; "
            "then the bias.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                (_plain_sums(image, kernel) + bias).cumsum().reshape(_sizes(image, kernel, 1))
            ),
            "Each number contains all those before it, biases included. Set the total back for "
            "every window: `total = bias` is a good start.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel[..., ::-1]) + bias,
            "The kernel's slices meet the channels in reverse order: blue meets what is meant for "
            "red. Channel c belongs to `kernel[:, :, c]`.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, _turned(kernel)) + bias,
            "Each slice of your kernel is turned by 180°: that is true convolution, and gives 337 "
            "where the notebook has −25. Lay the kernel on as it is.",
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel[::-1, ::-1, ::-1]) + bias,
            "Your kernel is turned round along all three axes, so even the channels meet the wrong "
            "slices. Lay it on as it is (`correlate`, not `convolve`).",
            variants=[
                lambda image, kernel, bias: (
                    signal.convolve(_wide(image), kernel, mode="valid", method="direct")[..., 0]
                    + bias
                )
            ],
        ),
        Misconception(
            lambda image, kernel, bias: _plain_sums(image, kernel)[:-1, :-1] + bias,
            "The last row and column of the map are missing: there are h − kh + 1 places from top "
            "to bottom.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                sum(
                    signal.correlate2d(_wide(image)[..., c], kernel[..., c], mode="same")
                    for c in range(kernel.shape[2])
                )
                + bias
            ),
            'Your map is as large as the picture: that is "same". "Valid" lets the kernel stand '
            "only where it lies inside as a whole.",
        ),
        Misconception(
            lambda image, kernel, bias: _three_channels(image, kernel, bias),
            "You count on exactly three channels. Inside a network there may be one, two or 64: "
            "take the number from `kernel.shape[2]`, or let `np.sum` take them all.",
        ),
        Misconception(
            lambda image, kernel, bias: (
                signal.correlate2d(image.mean(axis=-1), kernel.sum(axis=-1), mode="valid") + bias
            ),
            "You turn the picture grey first. Then the kernel can't tell red from blue: each "
            "channel has to meet its own slice of the kernel before anything is added up.",
        ),
        Misconception(
            lambda image, kernel, bias: _filled(
                *(range(n - len(kernel) + 1) for n in image.shape[:2]),
                lambda row, col: (
                    (image[row : row + len(kernel), col : col + len(kernel)] * kernel).sum() + bias
                ),
            ),
            "You use the kernel's height for its width as well, but a kernel need not be square. "
            "Its width is `kernel.shape[1]`.",
        ),
        Misconception(
            lambda image, kernel, bias: (_plain_sums(image, kernel) + bias).round(2),
            "You round the sums. Round when you print them; the next layer goes on with the exact "
            "numbers.",
        ),
        Misconception(
            lambda image, kernel, bias: np.maximum(_plain_sums(image, kernel) + bias, 0),
            "You cut negative sums off at 0. That is ReLU, the next step in a network, not part of "
            "the convolution.",
        ),
        Misconception(
            lambda image, kernel, bias: _into(image.dtype, image, kernel, bias),
            "Your map has the dtype of the picture, and the sums don't fit in: a byte knows no "
            "minus and nothing above 255, an int no half. `np.zeros((height, width))` makes "
            "floats.",
        ),
        Misconception(
            lambda image, kernel, bias: _into(int, image, kernel, bias),
            "Your map holds whole numbers only, so fractions are cut off. Make it an array of "
            "floats: `np.zeros((height, width))`.",
        ),
    ],
    well_done="How many numbers has the kernel that makes 3 maps out of 2, each 3 × 3, and how "
    "many biases?",
)

# --- a kernel of one's own ----------------------------------------------------------------------


def my_shift_kernel():
    """Give weight 1 to the neighbour on the left and 0 to everything else."""
    kernel = np.zeros((3, 3), dtype=int)
    kernel[1, 0] = 1
    return kernel


shift_kernel = ValueExercise(
    name="shift_kernel",
    answer=my_shift_kernel(),
    solution=my_shift_kernel,
    hints=[
        "Think of one pixel of the result: from which pixel of the old picture should it get its "
        "value?",
        "A picture that has moved one column to the right: the new pixel is the old one's "
        "neighbour on the left. The kernel's middle lies on the pixel itself.",
        "A single 1 and eight 0s. The place of the 1 in the kernel is the place from which you "
        "fetch, seen from the middle.",
    ],
    misconceptions=[
        Misconception(
            [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
            "This moves pictures to the *left*: every pixel fetches its right neighbour. The "
            "kernel doesn't say where a pixel goes, but where it is fetched from. (In true "
            "convolution your kernel would do it.)",
        ),
        Misconception(
            [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
            "This kernel leaves every picture as it is: each pixel fetches itself.",
        ),
        Misconception(
            [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
            "This moves pictures *down*: each pixel fetches the one above it. Which one does it "
            "need?",
        ),
        Misconception(
            [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
            "This moves pictures *up*: each pixel fetches the one below it. Which one does it "
            "need?",
        ),
        Misconception(
            [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
            "This moves pictures to the right *and down*: each pixel fetches its neighbour on the "
            "left, but from the row above. Stay in the same row.",
        ),
        Misconception(
            [[0, 0, 0], [0, 0, 0], [1, 0, 0]],
            "This moves pictures to the right *and up*: each pixel fetches its neighbour on the "
            "left, but from the row below. Stay in the same row.",
        ),
        Misconception(
            [[0, 0, 1], [0, 0, 0], [0, 0, 0]],
            "This moves pictures down and to the left: each pixel fetches its neighbour above on "
            "the right.",
        ),
        Misconception(
            [[0, 0, 0], [0, 0, 0], [0, 0, 1]],
            "This moves pictures up and to the left: each pixel fetches its neighbour below on the "
            "right.",
        ),
        Misconception(
            [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
            "A whole column of ones adds three pixels, one above the other, so the picture is "
            "smeared upwards and downwards as it moves. One pixel is enough.",
        ),
        Misconception(
            [[0, 0, 1], [0, 0, 1], [0, 0, 1]],
            "A whole column of ones adds three pixels into one and smears the picture; and it is "
            "fetched from the right, so it moves to the left.",
        ),
        Misconception(
            np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]]) / 3,
            "This moves the picture and blurs it up and down: each pixel becomes the mean of "
            "three. Fetch one pixel only.",
        ),
        Misconception(
            [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
            "This adds three pixels that lie side by side, so the picture is smeared and stays "
            "where it is. Only one of the ones may stay: which?",
        ),
        Misconception(
            [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
            "This adds the moved picture to the old one. The old one has to go.",
        ),
        Misconception(
            [[0, 0, 0], [0, 1, 1], [0, 0, 0]],
            "This adds the old picture to one that has moved to the left. One fetched pixel is "
            "enough, and from the other side.",
        ),
        Misconception(
            [[0, 0, 0], [1, -1, 0], [0, 0, 0]],
            "This subtracts the old picture from the moved one, and what is left are its vertical "
            "edges. The old pixel need not be taken away: with weight 0 it is gone.",
        ),
        Misconception(
            [[0, 0, 0], [-1, 0, 1], [0, 0, 0]],
            "This shows vertical edges: the right neighbour minus the left one. A shift fetches "
            "one pixel and takes nothing away.",
        ),
        Misconception(
            [[0, 0, 0], [1, 0, -1], [0, 0, 0]],
            "This shows vertical edges: the left neighbour minus the right one. Nothing needs to "
            "be taken away.",
        ),
        Misconception(
            [[0, 0, 0], [-1, 0, 0], [0, 0, 0]],
            "The place is the one. But −1 turns the sign of every pixel: ink becomes negative. The "
            "value is to be fetched as it is.",
        ),
        Misconception(
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            "These ones lie on the diagonal and add three pixels. That is the identity of the "
            "matrix product; here each number of the kernel meets only the pixel under it.",
        ),
        Misconception(
            [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
            "This adds three pixels, one above the other: the picture is smeared up and down and "
            "stays where it is.",
        ),
        Misconception(
            [[1, 1, 1], [0, 0, 0], [0, 0, 0]],
            "Three ones add three pixels, here of the row above: the picture moves down and is "
            "smeared sideways. Fetch one pixel, from the same row.",
        ),
        Misconception(
            [[0, 0, 0], [1, 0, 1], [0, 0, 0]],
            "This adds the left and the right neighbour, so you see the picture twice: moved to "
            "the right, and moved to the left.",
        ),
        Misconception(
            [[0, 0, 0], [0.5, 0, 0.5], [0, 0, 0]],
            "This is the mean of the left and the right neighbour: half the picture goes to the "
            "right, half to the left. Let all of it go one way.",
        ),
        Misconception(
            [[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]],
            "This mixes the moved picture with the old one, half and half: it moves by half a "
            "column, blurred. The old one has to go.",
        ),
        Misconception(
            [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
            "This detects vertical edges: it takes the left column away from the right one. To "
            "move a picture, fetch a single pixel.",
        ),
        Misconception(
            [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
            "This detects vertical edges: it takes the right column away from the left one. To "
            "move a picture, fetch a single pixel.",
        ),
        Misconception(
            [[0, 0, 0], [0, 0, -1], [0, 0, 0]],
            "A −1 does not move things backwards: this fetches the *right* neighbour and turns its "
            "sign. The direction is in the place of the weight, not in its sign.",
        ),
        Misconception(
            [[1, 0, 0]],
            "That is the middle row as it should be, alone. A 3 × 3 kernel is asked for: what belongs "
            "above and below it, so that those rows add nothing?",
        ),
        Misconception(
            [0, 0, 0, 1, 0, 0, 0, 0, 0],
            "These are the numbers, but in one long row. A kernel is 3 × 3: a list of three rows, "
            "`[[…], […], […]]`.",
        ),
        Misconception(
            np.eye(9)[3].reshape(3, 3, 1, 1),
            "That is the kernel, in the shape that Keras wants, with both channel axes. Here the plain "
            "3 × 3 is enough.",
        ),
        Misconception(
            np.ones((3, 3)),
            "Ones everywhere add up all nine pixels: a blur, nine times too bright. All but one of "
            "the neighbours have to go.",
        ),
        Misconception(
            np.zeros((3, 3)),
            "Zeros everywhere fetch nothing: the result is empty. One number has to be a 1.",
        ),
    ],
    well_done="What does a kernel do that holds this one and its mirror image, each with weight ½?",
)
