"""The exercises of notebook 08, convolution by hand."""

import itertools
import math
from collections.abc import Iterator

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

# --- shared by oracles and wrong answers --------------------------------------------------------


def _wide(image):
    """Return an image in which nothing runs over."""
    return image.astype(np.int64) if image.dtype.kind in "ui" else image


def _valid(image, kernel):
    """Let SciPy slide the kernel over the whole picture, one pixel at a time."""
    return signal.correlate2d(_wide(image), kernel, mode="valid")


def _turned(kernel):
    """Turn a kernel by 180°."""
    return kernel[::-1, ::-1]


def _window(image, kernel, row, col):
    """Cut out what lies under the kernel."""
    height, width = kernel.shape[:2]
    return image[row : row + height, col : col + width]


def _sum_at(image, kernel, row, col):
    return (_window(image, kernel, row, col) * kernel).sum()


def _slid(image, kernel, rows: range, columns: range, dtype: type = float):
    """Fill an array of zeros with the sums of windows that start in these rows and columns."""
    result = np.zeros((len(rows), len(columns)), dtype)
    for r, row in enumerate(rows):
        for c, col in enumerate(columns):
            result[r, c] = _sum_at(image, kernel, row, col)
    return result


def _starts(image, kernel, stride) -> tuple[range, range]:
    """Return the rows and the columns at which windows start."""
    return tuple(range(0, image.shape[a] - kernel.shape[a] + 1, stride) for a in (0, 1))


_BYTES = np.array([[200, 100, 0], [50, 250, 30]], dtype=np.uint8)
_LOPSIDED = np.array([[2, -1, 0], [1, 3, -2], [0, 5, -4]])

# --- one window ---------------------------------------------------------------------------------


def _centred_round_the_edge(image, kernel, row, col):
    """Lay the kernel's middle on (row, col); a negative index counts from the other end."""
    places = (np.arange(n) - n // 2 for n in kernel.shape)
    down, right = (n + first for n, first in zip(places, (row, col), strict=True))
    return (image[np.ix_(down, right)] * kernel).sum()


def _centred_with_zeros(image, kernel, row, col):
    """Lay the kernel's middle on (row, col), zeros around the picture."""
    height, width = kernel.shape
    around = np.pad(_wide(image), ((height // 2, height), (width // 2, width)))
    return _sum_at(around, kernel, row, col)


def my_window_sum(image, kernel, row, col):
    """Return the sum of products with the kernel's upper left corner on (row, col), a number."""
    height, width = kernel.shape
    window = image[row : row + height, col : col + width]
    return np.sum(window * kernel)


def _window_sum_oracle(image, kernel, row, col):
    """Take one entry out of SciPy's whole map."""
    return _valid(image, kernel)[row, col]


def _window_sum_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window in (((6, 8), (4, 4)), ((7, 6), (5, 5)), ((5, 6), (2, 3)), ((6, 5), (3, 2))):
        last = min(shape) - max(window)  # so that row and col may change places
        place = rng.permutation(last + 1)[:2] if last else (0, 0)
        image, kernel = (rng.integers(-9, 10, size) for size in (shape, window))
        yield Case((image, kernel, int(place[0]), int(place[1])))


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
        lambda image, kernel, row, col: sum(
            image[row + i, col + j] * kernel[i, j] for i, j in np.ndindex(kernel.shape)
        ),
        lambda image, kernel, row, col: np.vdot(
            image[row:, col:][: len(kernel), : kernel.shape[1]], kernel
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
            lambda image, kernel, row, col: _sum_at(image, _turned(kernel), row, col),
            "Your kernel is turned by 180°: its last number meets the window's first. Lay the "
            "kernel on as it is. (What the turned one is good for: section 7.)",
            variants=[
                lambda image, kernel, row, col: signal.convolve2d(
                    _wide(image), kernel, mode="valid"
                )[row, col],
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: _sum_at(image, kernel, col, row),
            "Row and column have changed places: `image[row, col]`, rows first.",
            variants=[lambda image, kernel, row, col: _sum_at(image.T, kernel.T, row, col)],
        ),
        Misconception(
            lambda image, kernel, row, col: _window(image, kernel, row, col).sum(),
            "You add up the window itself. The kernel says how much each pixel counts: multiply "
            "by it first.",
        ),
        Misconception(
            lambda image, kernel, row, col: _sum_at(image, kernel, row, col) / kernel.size,
            "You take the mean of the products. A convolution adds them up and divides by nothing.",
            variants=[
                lambda image, kernel, row, col: np.mean(_window(image, kernel, row, col) * kernel)
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: _sum_at(
                image, kernel, row - kernel.shape[0] // 2, col - kernel.shape[1] // 2
            ),
            "You lay the kernel's *centre* on (row, col), so at the rim the slice starts before "
            "the picture does. It is the upper left corner that lies at (row, col).",
        ),
        Misconception(
            _centred_round_the_edge,
            "You lay the kernel's *centre* on (row, col), and at the rim your index is negative, "
            "which Python counts from the other end. It is the upper left corner that lies at "
            "(row, col).",
        ),
        Misconception(
            _centred_with_zeros,
            "You lay the kernel's *centre* on (row, col), with zeros beyond the rim. It is the "
            "upper left corner that lies at (row, col); nothing is padded here.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                _window(image, kernel, row, col)[:-1, :-1] * kernel
            ).sum(),
            "Your window is a row and a column too small. A slice stops *before* its end, so it "
            "already has `kernel.shape[0]` rows if it ends at `row + kernel.shape[0]`, without "
            "−1.",
        ),
        Misconception(
            lambda image, kernel, row, col: _sum_at(image, kernel, 0, 0),
            "You always read the window at (0, 0). Count from (row, col) on: `image[row + i, "
            "col + j]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: (
                image[row : row + kernel.shape[0]][col : col + kernel.shape[1]] * kernel
            ).sum(),
            "A second pair of square brackets slices the *rows* once more. Rows and columns go "
            "into one pair: `image[row : …, col : …]`.",
        ),
        Misconception(
            lambda image, kernel, row, col: _sum_at(image, kernel[:-1, :-1], row, col),
            "The last row and column of the window are missing. `range(n)` already stops before "
            "n: take all of `kernel.shape[0]` rows and `kernel.shape[1]` columns.",
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
            lambda image, kernel, row, col: (_window(image, kernel, row, col) @ kernel).sum(),
            "`@` is the product of matrices, rows times columns. Here each pixel meets only the "
            "number that lies on it: `window * kernel`.",
        ),
        Misconception(
            lambda image, kernel, row, col: _window(image, kernel, row, col) * kernel,
            "These are the products. Add them all up, to a single number.",
        ),
        Misconception(
            lambda image, kernel, row, col: sum(_window(image, kernel, row, col) * kernel),
            "You have one sum per column: Python's own `sum` adds the rows of an array to each "
            "other. `np.sum` adds all its numbers.",
            variants=[
                lambda image, kernel, row, col: (_window(image, kernel, row, col) * kernel).sum(0)
            ],
        ),
        Misconception(
            lambda image, kernel, row, col: image[row, col] * kernel[0, 0],
            "You return after the first product: the `return` stands inside the loop. Move it to "
            "the left, until it stands after both loops.",
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
        i, k, s, p = (int(rng.integers(*ends)) for ends in ((8, 60), (1, 8), (1, 8), (0, 7)))
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
        Case((4, 2, 1, 1), "an even kernel, one zero on each side"),
        Case((8, 4, 2, 2), "an even kernel, half of it padded on each side"),
        Case((10, 3, 4, 1), "a large stride"),
        Case((224, 7, 2, 3), "the first layer of ResNet"),
        Case((40, 5, 7, 6), "a larger stride and wide padding"),
    ],
    random_cases=_output_size_random,
    same_dtype=True,
    variants=[
        lambda i, k, s, p: int((i + 2 * p - k) / s + 1),
        lambda i, k, s, p: len(range(0, i + 2 * p - k + 1, s)),
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
            lambda i, k, s, p: (i + 2 * p - k) / s + 1,
            "`/` gives a float: 4.0 instead of the int 4 (below both may be written 4), and where "
            "the stride doesn't fit exactly even a fraction of a window. `//` divides two ints and "
            "rounds down to an int.",
        ),
        Misconception(
            lambda i, k, s, p: np.floor((i + 2 * p - k) / s) + 1,
            "The value is right, but its type isn't: yours is a float, 4.0, and an int, 4, is "
            "asked for; `np.zeros((4.0, 4.0))` is an error. `//` of two ints is an int; "
            "`np.floor` stays a float.",
            variants=[lambda i, k, s, p: (i + 2 * p - k) / s // 1 + 1],
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
            lambda i, k, s, p: (i - k) // s + 1,
            "The padding is missing: with p zeros on each side the window has a row of `i + 2 * p` "
            "to slide along.",
        ),
        Misconception(
            lambda i, k, s, p: -(-i // s),
            'That is what "same" gives, where the library chooses the padding. Here p is given, '
            "and k matters as well.",
            variants=[lambda i, k, s, p: math.ceil(i / s)],
        ),
        Misconception(
            lambda i, k, s, p: i if s == 1 and p == k // 2 else (i + 2 * p - k) // s + 1,
            "With half the kernel as padding the size stays as it is only if the kernel is odd. "
            "With an even one there is a place more: count them for i = 4, k = 2, p = 1.",
        ),
        Misconception(
            lambda i, k, s, p: (i + 2 * p) // k,
            "You lay windows side by side, like tiles. They overlap: each starts s pixels after "
            "the one before.",
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
    return _valid(image, kernel)[::stride, ::stride]


def _upper_left(image, kernel, stride):
    height, width = _conv2d_oracle(image, kernel, stride).shape
    return _slid(image, kernel, range(height), range(width))


def _with_gaps(image, kernel, stride):
    result = np.zeros(_valid(image, kernel).shape)
    result[::stride, ::stride] = _conv2d_oracle(image, kernel, stride)
    return result


def _one_size(image, kernel, stride):
    k = len(kernel)
    starts = range(0, len(image) - k + 1, stride)
    rows = [[(image[r : r + k, c : c + k] * kernel).sum() for c in starts] for r in starts]
    return np.array(rows)


def _last_start_lost(image, kernel, stride):
    rows, columns = (range(0, image.shape[a] - kernel.shape[a], stride) for a in (0, 1))
    return np.array([[_sum_at(image, kernel, r, c) for c in columns] for r in rows])


def _last_left_zero(image, kernel, stride):
    result = np.array(_conv2d_oracle(image, kernel, stride), dtype=float)
    rows, columns = (range(0, image.shape[a] - kernel.shape[a], stride) for a in (0, 1))
    result[len(rows) :] = 0
    result[:, len(columns) :] = 0
    return result


def _add_one_first(image, kernel, stride):
    sizes = ((image.shape[a] - kernel.shape[a] + 1) // stride for a in (0, 1))
    return _slid(image, kernel, *(range(0, n * stride, stride) for n in sizes))


def _filled_by_pixels(image, kernel, stride):
    rows, columns = _starts(image, kernel, stride)
    result = np.zeros((len(rows), len(columns)))
    for row, col in itertools.product(rows, columns):
        result[row, col] = _sum_at(image, kernel, row, col)
    return result


def _returned_early(image, kernel, stride, rows=None, columns=None):
    """Fill only the first rows and columns of the map."""
    result = np.zeros(_conv2d_oracle(image, kernel, stride).shape)
    result[:rows, :columns] = _conv2d_oracle(image, kernel, stride)[:rows, :columns]
    return result


def _never_set_back(sums):
    return sums.cumsum().reshape(sums.shape)


def _conv2d_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window, stride in (
        ((6, 9), (3, 2), 2),
        ((9, 6), (2, 4), 3),
        ((5, 7), (3, 3), 1),
        ((8, 8), (3, 3), 3),
        ((11, 14), (2, 3), 5),
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
        Case((np.arange(81).reshape(9, 9) % 11, ONE_TO_FOUR, 4), "a stride of 4"),
    ],
    random_cases=_conv2d_random,
    variants=[
        lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, stride)),
        lambda image, kernel, stride: np.einsum(
            "rcij,ij->rc",
            np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride],
            kernel,
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
            lambda image, kernel, stride: _conv2d_oracle(image, _turned(kernel), stride),
            "Your kernel is turned by 180°. Slide it as it is. (What the turned one is good for: "
            "section 7.)",
            variants=[
                lambda image, kernel, stride: signal.convolve2d(_wide(image), kernel, mode="valid")[
                    ::stride, ::stride
                ],
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _conv2d_oracle(image, kernel, stride)[:-1, :-1],
            "The last row and the last column are missing. Between i − k + 1 places there are "
            "i − k steps, and you count the steps: add 1.",
            variants=[
                lambda image, kernel, stride: _slid(
                    image, kernel, *(starts[:-1] for starts in _starts(image, kernel, stride))
                )
            ],
        ),
        Misconception(
            lambda image, kernel, stride: _valid(image, kernel)[:-1:stride, :-1:stride],
            "Where the stride fits exactly, the last row or column is missing. `range` stops "
            "*before* its end: with `range(0, i - k + 1, stride)` the window flush with the edge "
            "comes in.",
        ),
        Misconception(
            lambda image, kernel, stride: _valid(image, kernel)[::stride],
            "Only the rows take strides; the columns still go one by one. The stride holds on both "
            "axes.",
        ),
        Misconception(
            lambda image, kernel, stride: _valid(image, kernel)[:, ::stride],
            "Only the columns take strides; the rows still go one by one. The stride holds on both "
            "axes.",
        ),
        Misconception(
            lambda image, kernel, stride: _valid(image, kernel),
            "You don't use the stride: your window goes on by one pixel at a time.",
            variants=[
                lambda image, kernel, stride: _slid(image, kernel, *_starts(image, kernel, 1))
            ],
        ),
        Misconception(
            _upper_left,
            "The size is right, but your window still goes on by one pixel: you see only the upper "
            "left part of the picture. It starts at `row * stride`, `col * stride`.",
        ),
        Misconception(
            _with_gaps,
            "Your stride steps through the *result* and leaves zeros between. The window strides "
            "over the picture; the result is filled without gaps and is smaller.",
        ),
        Misconception(
            lambda image, kernel, stride: _conv2d_oracle(image, kernel, stride) / kernel.size,
            "You take the mean of the products under the window. A convolution adds them up.",
        ),
        Misconception(
            lambda image, kernel, stride: signal.correlate2d(_wide(image), kernel, mode="same")[
                ::stride, ::stride
            ],
            'That is "same": zeros around the picture. "Valid" pads nothing, so the map is smaller '
            "than the picture.",
        ),
        Misconception(
            lambda image, kernel, stride: _slid(
                image, kernel, *_starts(image, kernel, stride), image.dtype
            ),
            "Your result has the dtype of the picture, and the sums don't fit in: a byte ends at "
            "255 and knows no minus, and an int drops the fraction. `np.zeros((height, width))` "
            "makes floats.",
        ),
        Misconception(
            _one_size,
            "You work out one size and use it for both directions. Neither pictures nor kernels "
            "need be square: heights come from `shape[0]`, widths from `shape[1]`.",
        ),
        Misconception(
            lambda image, kernel, stride: _conv2d_oracle(image, kernel, stride).T,
            "Rows and columns of your map have changed places: `result[row, col]`, and `row` "
            "counts from top to bottom.",
        ),
        Misconception(
            _last_start_lost,
            "A row and a column are missing wherever the stride fits exactly: `range` stops "
            "*before* its end. With `range(0, i - k + 1, stride)` the window flush with the edge "
            "comes in.",
        ),
        Misconception(
            _last_left_zero,
            "The size is right, but some sums in the last row and column are still 0: your loop "
            "stops one place too early. `range` leaves its end out: `range(0, i - k + 1, stride)`.",
        ),
        Misconception(
            _add_one_first,
            "You add 1 before you divide, and so the map is too small. First count the whole "
            "strides, `// stride`, and then add 1 for the window at the start.",
        ),
        Misconception(
            _filled_by_pixels,
            "`result[row, col]` counts places, not pixels, but your loops go over the pixels where "
            "windows start. Let them count places, 0, 1, 2, …, and cut the window out at "
            "`row * stride`, `col * stride`.",
        ),
        Misconception(
            lambda image, kernel, stride: _returned_early(image, kernel, stride, 1, 1),
            "Only the first number is worked out: the `return` stands inside the inner loop. Move "
            "it to the left, until it stands after both loops.",
        ),
        Misconception(
            lambda image, kernel, stride: _returned_early(image, kernel, stride, 1),
            "Only the first row is worked out: the `return` stands inside the outer loop. Move it "
            "to the left, until it stands after both loops.",
        ),
        Misconception(
            lambda image, kernel, stride: _conv2d_oracle(image, kernel, stride).ravel(),
            "All the sums are there, but in one long list. Put them into rows: an array "
            "(height, width).",
        ),
        Misconception(
            lambda image, kernel, stride: _never_set_back(_conv2d_oracle(image, kernel, stride)),
            "Each sum contains all those before it. Set your total back to 0 for every window: "
            "`total = 0` belongs inside both loops over the result.",
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


def _shared_out(kernel_size) -> tuple[int, int]:
    """Return the numbers of zeros before and after."""
    return (kernel_size - 1) // 2, kernel_size // 2


def _cut_frame(image, kernel_size):
    before, after = _shared_out(kernel_size)
    frame = np.zeros((image.shape[0] + before + after, image.shape[1] + before + after))
    frame[before:-after, before:-after] = image
    return frame


def _cut_alike(image, on_a_side, in_all):
    """Lay the picture into zeros, by a slice that leaves out as many at the end as at the start."""
    frame = np.zeros((image.shape[0] + in_all, image.shape[1] + in_all))
    frame[on_a_side:-on_a_side, on_a_side:-on_a_side] = image
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
        lambda image, kernel_size: np.pad(image, ((kernel_size - 1) // 2, kernel_size // 2)),
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
            lambda image, kernel_size: np.pad(image, _shared_out(kernel_size)[::-1]),
            "With an even kernel the extra row is at the top here, and the extra column on the "
            "left. TensorFlow's rule puts them at the bottom and on the right.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, (0, kernel_size - 1)),
            "All the zeros are at the bottom and on the right. The number is right; share it out: "
            "half of it goes before the picture.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, kernel_size - 1),
            'You add kernel_size − 1 zeros on *every* side: that is "full". "Same" adds so many in '
            "all, both sides together.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, 1),
            "One row of zeros all round is right for a 3 × 3 kernel. Larger ones need more, a "
            "1 × 1 kernel none.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, (_shared_out(kernel_size), (0, 0))),
            "You pad the rows; the columns need zeros as well, or the map gets narrower.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, ((0, 0), _shared_out(kernel_size))),
            "You pad the columns; zeros are needed at top and bottom as well, or the map gets "
            "lower.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, _shared_out(kernel_size), mode="edge"),
            'You repeat the pixels at the edge. That is sensible for photographs, but "same" in a '
            "library means zeros.",
        ),
        Misconception(
            lambda image, kernel_size: np.pad(image, _shared_out(kernel_size), constant_values=-1),
            "You fill up with −1, the paper of the ±1 pictures. A library doesn't know your paper: "
            "it always fills up with 0.",
        ),
        Misconception(
            _cut_frame,
            "Right, except where no zero is to be added on a side: `[before:-0]` is an empty "
            "slice. Write `before : before + height`.",
        ),
        Misconception(
            lambda image, k: _cut_alike(image, (k - 1) // 2, k - 1),
            "Right for odd kernels from 3 on. But for a = 0 the slice `a:-a` is empty, and an even "
            "kernel has a zero more at the end than at the start. Write `a : a + height`.",
        ),
        Misconception(
            lambda image, k: _cut_alike(image, (k - 1) // 2, (k - 1) // 2 * 2),
            "Two things. For a = 0 the slice `a:-a` is empty: write `a : a + height`. And an even "
            "kernel needs `kernel_size - 1` zeros in all, an odd number: one more at the bottom "
            "and right.",
        ),
        Misconception(
            lambda image, k: _cut_alike(image, k // 2, k // 2 * 2),
            "Two things. For a = 0 the slice `a:-a` is empty: write `a : a + height`. And an even "
            "kernel needs only `kernel_size - 1` zeros in all: one less at the top and left.",
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
    channels = range(kernel.shape[2])
    return np.stack([_valid(image[..., c], kernel[..., c]) for c in channels], axis=-1)


def _sums(image, kernel):
    return _channel_maps(image, kernel).sum(axis=-1)


def _three_channels(image, kernel, bias):
    return sum(_valid(image[:, :, c], kernel[:, :, c]) for c in range(3)) + bias


def _conv_colour_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window in (((4, 6), (3, 2)), ((5, 3), (2, 3)), ((4, 4), (3, 3))):
        for channels in (2, 3, 6):
            image, kernel = (rng.integers(-9, 10, (*size, channels)) for size in (shape, window))
            yield Case((image, kernel, int(rng.integers(1, 9))))


_RED_AND_BLUE = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])

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
        Case(
            (np.arange(108).reshape(3, 3, 12) % 7, np.arange(48).reshape(2, 2, 12) % 5 - 2, 1),
            "twelve channels, as inside a network",
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
        lambda image, kernel, bias: _sums(image, kernel) + bias,
        lambda image, kernel, bias: (
            np.einsum(
                "rdcij,ijc->rd",
                np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1)),
                kernel,
            )
            + bias
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
            lambda image, kernel, bias: _sums(image, kernel),
            "The bias is missing. Add it once to each sum.",
        ),
        Misconception(
            lambda image, kernel, bias: _sums(image, kernel) + kernel.shape[2] * bias,
            "You add the bias once per channel. The channels are summed first; the one bias comes "
            "on top of that sum.",
            variants=[
                lambda image, kernel, bias: (_channel_maps(image, kernel) + bias).sum(axis=-1)
            ],
        ),
        Misconception(
            lambda image, kernel, bias: _sums(image, kernel) + kernel.size * bias,
            "You add the bias to every single product. It is added once per window, after the sum.",
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel).mean(axis=-1) + bias,
            "You take the mean over the channels. They are added up: 308 − 498 + 164, and then the "
            "bias.",
            variants=[lambda image, kernel, bias: _sums(image, kernel) / kernel.shape[2] + bias],
        ),
        Misconception(
            lambda image, kernel, bias: _channel_maps(image, kernel) + bias,
            "You keep the channels apart and get one map for each. One kernel makes *one* map: add "
            "the channels up (and add the bias once).",
        ),
        Misconception(
            lambda image, kernel, bias: _sums(image, kernel)[..., None] + bias,
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
            lambda image, kernel, bias: (
                _sums(image, kernel[..., :1].repeat(kernel.shape[2], axis=-1)) + bias
            ),
            "You lay the kernel's first slice on every channel. Each channel has a slice of its "
            "own: `kernel[:, :, c]`.",
        ),
        Misconception(
            lambda image, kernel, bias: _valid(_wide(image).sum(-1), kernel.sum(-1)) + bias,
            "You add the channels up before you multiply, so the picture is grey and red, green "
            "and blue can't be told apart any more. First the products, channel by channel.",
        ),
        Misconception(
            lambda image, kernel, bias: _sums(image, _turned(kernel)) + bias,
            "Each slice of your kernel is turned by 180°, and so the corner of the photograph "
            "gives 337 instead of −25. Lay the kernel on as it is. (Section 7 is about that.)",
        ),
        Misconception(
            lambda image, kernel, bias: _sums(image, kernel)[:-1, :-1] + bias,
            "The last row and column of the map are missing: there are h − kh + 1 places from top "
            "to bottom.",
        ),
        Misconception(
            _three_channels,
            "You count on exactly three channels. Inside a network there may be one, two or 64: "
            "take the number from `kernel.shape[2]`, or let `np.sum` take them all.",
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
            "kernel doesn't say where a pixel goes, but where it is fetched from. (Turned by 180°, "
            "as in section 7, your kernel would do it.)",
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
            [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
            "A whole column of ones adds three pixels, one above the other, so the picture is "
            "smeared upwards and downwards as it moves. One pixel is enough.",
        ),
        Misconception(
            [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
            "This adds the moved picture to the old one. The old one has to go.",
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
            [[0, 0, 0], [-1, 0, 0], [0, 0, 0]],
            "The place is the one. But −1 turns the sign of every pixel: ink becomes negative. The "
            "value is to be fetched as it is.",
        ),
        Misconception(
            [[0, 0, 0], [0, 0, -1], [0, 0, 0]],
            "A −1 does not move things backwards: this fetches the *right* neighbour and turns its "
            "sign. The direction is in the place of the weight, not in its sign.",
        ),
        Misconception(
            [[1, 0, 0]],
            "That is the middle row as it should be, alone. A 3 × 3 kernel is asked for: what "
            "belongs above and below it, so that those rows add nothing?",
        ),
        Misconception(
            [0, 0, 0, 1, 0, 0, 0, 0, 0],
            "These are the numbers, but in one long row. A kernel is 3 × 3: a list of three rows, "
            "`[[…], […], […]]`.",
        ),
    ],
    well_done="What does a kernel do that holds this one and its mirror image, each with weight ½?",
)
