"""The exercises of notebook 10, back-propagation through a convolution.

The first two oracles nudge: a convolution is linear in its kernel and in its image, so moving one
number by 1 up and down gives its slope exactly, with SciPy's `correlate2d` as the convolution.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.signal import convolve2d, correlate2d

from course_utils.checks import Case, Exercise, Misconception


def _numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return whole numbers from -9 to 9."""
    return rng.integers(-9, 10, shape)


def _quarters(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return multiples of 0.25: whoever keeps them in a table of whole numbers cuts them down."""
    return _numbers(rng, *shape) / 4


def _slopes(rng: np.random.Generator, i: int, *shape: int) -> np.ndarray:
    """Return whole numbers for every second case, quarters for the others."""
    return (_quarters if i % 2 else _numbers)(rng, *shape)


NINE = np.arange(1, 10).reshape(3, 3)
HOOK = np.array([[2, 0, 1], [3, -1, 0], [0, 4, 1]])

# --- the slopes of the kernel -------------------------------------------------------------------


def my_kernel_slopes(image, slopes):
    """Return the slope for every kernel entry from image (h, w) and output slopes (oh, ow)."""
    oh, ow = slopes.shape
    kh, kw = image.shape[0] - oh + 1, image.shape[1] - ow + 1
    found = np.zeros((kh, kw))
    for i in range(kh):
        for j in range(kw):
            found[i, j] = (image[i : i + oh, j : j + ow] * slopes).sum()
    return found


def _kernel_slopes_oracle(image, slopes):
    """Nudge each kernel entry by 1 up and down; the change is exact, for O is linear in F."""
    shape = (image.shape[0] - slopes.shape[0] + 1, image.shape[1] - slopes.shape[1] + 1)
    found = np.zeros(shape, dtype=np.result_type(image, slopes))
    for place in np.ndindex(shape):
        nudge = np.zeros(shape, dtype=found.dtype)
        nudge[place] = 1
        up = (correlate2d(image, nudge, mode="valid") * slopes).sum()
        down = (correlate2d(image, -nudge, mode="valid") * slopes).sum()
        found[place] = (up - down) // 2 if found.dtype.kind == "i" else (up - down) / 2
    return found


def _kernel_slopes_by_outputs(image, slopes):
    kh, kw = image.shape[0] - slopes.shape[0] + 1, image.shape[1] - slopes.shape[1] + 1
    found = np.zeros((kh, kw))
    for r, c in np.ndindex(*slopes.shape):
        found += slopes[r, c] * image[r : r + kh, c : c + kw]
    return found


def _kernel_slopes_overwritten(image, slopes):
    kh, kw = image.shape[0] - slopes.shape[0] + 1, image.shape[1] - slopes.shape[1] + 1
    found = np.zeros((kh, kw))
    for r, c in np.ndindex(*slopes.shape):
        found = slopes[r, c] * image[r : r + kh, c : c + kw]
    return found


def _kernel_slopes_always_two_by_two(image, slopes):
    oh, ow = slopes.shape
    found = np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        found[i, j] = (image[i : i + oh, j : j + ow] * slopes).sum()
    return found


def _kernel_slopes_cut_each_time(image, slopes):
    kh, kw = image.shape[0] - slopes.shape[0] + 1, image.shape[1] - slopes.shape[1] + 1
    found = np.zeros((kh, kw), dtype=int)
    for i, j in np.ndindex(kh, kw):
        for r, c in np.ndindex(*slopes.shape):
            found[i, j] += image[i + r, j + c] * slopes[r, c]
    return found


def _kernel_slopes_one_short(image, slopes):
    return _kernel_slopes_oracle(image, slopes)[:-1, :-1]


def _kernel_slopes_random(rng: np.random.Generator) -> Iterator[Case]:
    for i in range(6):
        kh, kw, oh, ow = (int(n) for n in rng.integers(1, 5, 4))
        yield Case((_numbers(rng, kh + oh - 1, kw + ow - 1), _slopes(rng, i, oh, ow)))


kernel_slopes = Exercise(
    name="kernel_slopes",
    solution=my_kernel_slopes,
    oracle=_kernel_slopes_oracle,
    cases=[
        Case((NINE, np.array([[3, 1], [0, 2]])), "a 2 × 2 kernel on 1 … 9"),
        Case((NINE, np.array([[5]])), "a single window"),
        Case((np.array([[1, 2, 4]]), np.array([[3, 1]])), "one row"),
        Case((NINE, HOOK), "a 1 × 1 kernel"),
        Case((np.arange(12).reshape(3, 4), np.array([[1, 0, -2], [4, 1, 0]])), "a wide picture"),
        Case((np.arange(15).reshape(5, 3), np.array([[1, 2], [0, -1]])), "a 4 × 2 kernel"),
        Case((np.arange(25).reshape(5, 5) % 7, HOOK), "a 3 × 3 kernel"),
        Case((NINE, np.array([[0.5, 0.25], [1, 1.5]])), "slopes that are no whole numbers"),
    ],
    random_cases=_kernel_slopes_random,
    variants=[
        _kernel_slopes_by_outputs,
        lambda image, slopes: correlate2d(image, slopes, mode="valid"),
        lambda image, slopes: convolve2d(image, slopes[::-1, ::-1], mode="valid"),
        lambda image, slopes: correlate2d(slopes, image, mode="valid")[::-1, ::-1],
    ],
    hints=[
        "First the shape. A picture of height h and a kernel of height kh give h − kh + 1 rows of "
        "output. You know h and the rows of output: what is kh?",
        "Take one kernel entry and go through the windows. In each it is multiplied by one pixel: "
        "the pixel at the same place of the window. By what does that output's slope come in?",
        "Another way round: the window at (r, c) gives every kernel entry a share of slope: "
        "`slopes[r, c]` times its own pixel. Let `found` start as zeros and add up the shares: "
        "`found += slopes[r, c] * image[r : r + kh, c : c + kw]`.",
    ],
    misconceptions=[
        Misconception(
            lambda image, slopes: convolve2d(image, slopes, mode="valid"),
            "The right pixels meet the wrong slopes: you turn the slopes by 180°. The output at "
            "the top left was made with the pixels at the top left, so its slope belongs to them. "
            "Leave the slopes as they stand.",
            variants=[lambda image, slopes: correlate2d(image, slopes[::-1, ::-1], mode="valid")],
        ),
        Misconception(
            lambda image, slopes: _kernel_slopes_oracle(image, slopes)[::-1, ::-1],
            "All numbers are right, but the table is turned by 180°: the slope of the first kernel "
            "entry stands in the last place. Did image and slopes change places in a call of "
            "`correlate2d`?",
            variants=[lambda image, slopes: correlate2d(slopes, image, mode="valid")],
        ),
        Misconception(
            lambda image, slopes: correlate2d(image, slopes, mode="full"),
            "You let the slopes hang over the edge of the picture (full). Every window lay inside "
            "it, so each kernel entry met only real pixels, and there are no more slopes than "
            "kernel entries.",
        ),
        Misconception(
            lambda image, slopes: correlate2d(image, slopes, mode="same"),
            "Your result has the shape of the picture. One slope per *kernel* entry is asked for: "
            "height h − oh + 1.",
        ),
        Misconception(
            lambda image, slopes: _kernel_slopes_oracle(image, slopes).T,
            "Rows and columns have changed places: entry (i, j) of your table is the slope of "
            "kernel entry (j, i).",
        ),
        Misconception(
            lambda image, slopes: _kernel_slopes_oracle(image, slopes) / slopes.size,
            "You take the mean over the windows. One kernel entry works in all of them, and the "
            "changes it causes there add up: it is a sum.",
        ),
        Misconception(
            lambda image, slopes: _kernel_slopes_oracle(image, np.ones_like(slopes)),
            "You add up the pixels that a kernel entry meets, but not all outputs matter alike: "
            "each pixel has to be multiplied by the slope of *its* output first.",
        ),
        Misconception(
            _kernel_slopes_overwritten,
            "Only the last window is left: each one overwrites those before. The kernel entry is "
            "the same in all windows, so their shares add up: `+=`, not `=`.",
        ),
        Misconception(
            _kernel_slopes_always_two_by_two,
            "That is right for a kernel of 2 × 2. Work the kernel's height and width out from the "
            "shapes of `image` and `slopes`.",
        ),
        Misconception(
            _kernel_slopes_one_short,
            "Your table lacks its last row and its last column. A kernel of height kh fits at "
            "h − kh + 1 places, so oh = h − kh + 1. What is kh then?",
        ),
        Misconception(
            lambda image, slopes: _kernel_slopes_oracle(image, slopes).astype(int),
            "Your table holds whole numbers only: what stands behind the point is cut off. Slopes "
            "are seldom whole; `np.zeros(shape)`, without `dtype=int`, has room for them.",
        ),
        Misconception(
            _kernel_slopes_cut_each_time,
            "Your table holds whole numbers only, so each product loses what stands behind the "
            "point when it is added. `np.zeros(shape)`, without `dtype=int`, keeps it.",
        ),
    ],
    well_done="A kernel of 3 × 3 on a picture of 224 × 224 gets nine slopes, each a sum of 49 284 "
    "products. What does that say about how sure one picture is of nine numbers?",
)

# --- the slopes of the image --------------------------------------------------------------------


def my_image_slopes(kernel, slopes):
    """Return the slope for every pixel from kernel (kh, kw) and output slopes (oh, ow)."""
    kh, kw = kernel.shape
    oh, ow = slopes.shape
    found = np.zeros((oh + kh - 1, ow + kw - 1))
    for r in range(oh):
        for c in range(ow):
            found[r : r + kh, c : c + kw] += slopes[r, c] * kernel
    return found


def _image_slopes_oracle(kernel, slopes):
    """Nudge each pixel by 1 up and down; the change is exact, for O is linear in X."""
    shape = (slopes.shape[0] + kernel.shape[0] - 1, slopes.shape[1] + kernel.shape[1] - 1)
    found = np.zeros(shape, dtype=np.result_type(kernel, slopes))
    for place in np.ndindex(shape):
        nudge = np.zeros(shape, dtype=found.dtype)
        nudge[place] = 1
        up = (correlate2d(nudge, kernel, mode="valid") * slopes).sum()
        down = (correlate2d(-nudge, kernel, mode="valid") * slopes).sum()
        found[place] = (up - down) // 2 if found.dtype.kind == "i" else (up - down) / 2
    return found


def _image_slopes_overwritten(kernel, slopes):
    (kh, kw), (oh, ow) = kernel.shape, slopes.shape
    found = np.zeros((oh + kh - 1, ow + kw - 1))
    for r, c in np.ndindex(oh, ow):
        found[r : r + kh, c : c + kw] = slopes[r, c] * kernel
    return found


def _image_slopes_cut_each_time(kernel, slopes):
    (kh, kw), (oh, ow) = kernel.shape, slopes.shape
    found = np.zeros((oh + kh - 1, ow + kw - 1), dtype=int)
    for r, c in np.ndindex(oh, ow):
        for i, j in np.ndindex(kh, kw):
            found[r + i, c + j] += slopes[r, c] * kernel[i, j]
    return found


def _image_slopes_random(rng: np.random.Generator) -> Iterator[Case]:
    for i in range(6):
        kh, kw, oh, ow = (int(n) for n in rng.integers(1, 5, 4))
        yield Case((_numbers(rng, kh, kw), _slopes(rng, i, oh, ow)))


image_slopes = Exercise(
    name="image_slopes",
    solution=my_image_slopes,
    oracle=_image_slopes_oracle,
    cases=[
        Case((np.array([[1, 2], [3, 4]]), np.array([[3, 1], [0, 2]])), "the kernel of the text"),
        Case((np.array([[1, 2], [3, 4]]), np.array([[1]])), "a single window"),
        Case((np.array([[3]]), np.array([[1, -1], [0, 2]])), "a 1 × 1 kernel"),
        Case((np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [2, -1]])), "a wide kernel"),
        Case((HOOK, np.array([[1, 0, 2, -1], [0, 3, 1, 1]])), "a wide picture"),
        Case(
            (np.array([[1, 3]]), np.array([[0.5, 0.25], [1, 1.5]])),
            "slopes that are no whole numbers",
        ),
    ],
    random_cases=_image_slopes_random,
    variants=[
        lambda kernel, slopes: convolve2d(slopes, kernel, mode="full"),
        lambda kernel, slopes: convolve2d(kernel, slopes),
        lambda kernel, slopes: correlate2d(slopes, kernel[::-1, ::-1], mode="full"),
        lambda kernel, slopes: correlate2d(slopes, np.rot90(kernel, 2), mode="full"),
    ],
    hints=[
        "First the shape: which picture gives `slopes.shape` windows of `kernel.shape`?",
        "Take one output. Its window covered kh × kw pixels, and each was multiplied by the "
        "kernel entry above it. So what share of its slope does each pixel get?",
        "Start with zeros. The window at (r, c) adds `slopes[r, c] * kernel` to the pixels that "
        "it covered, `found[r : r + kh, c : c + kw]`.",
    ],
    misconceptions=[
        Misconception(
            lambda kernel, slopes: correlate2d(slopes, kernel, mode="full"),
            "You slide the kernel over the slopes unturned. Look at the pixel at the top left: "
            "only the top left kernel entry ever touches it, so its slope has to be that entry "
            "times the first slope. Unturned, the *last* entry lands there.",
            variants=[lambda kernel, slopes: convolve2d(slopes, kernel[::-1, ::-1], mode="full")],
        ),
        Misconception(
            lambda kernel, slopes: convolve2d(slopes[::-1, ::-1], kernel, mode="full"),
            "You turn the slopes by 180° (or kernel and slopes have changed places in "
            "`correlate2d`, which comes to the same). It is the kernel that is turned; the slopes "
            "stay as they are.",
            variants=[
                lambda kernel, slopes: correlate2d(kernel, slopes, mode="full"),
                lambda kernel, slopes: correlate2d(
                    slopes[::-1, ::-1], kernel[::-1, ::-1], mode="full"
                ),
            ],
        ),
        Misconception(
            lambda kernel, slopes: correlate2d(slopes, kernel[::-1], mode="full"),
            "You turn the kernel upside down, but not left to right. A turn by 180° is both: "
            "`kernel[::-1, ::-1]`.",
            variants=[lambda kernel, slopes: correlate2d(slopes, np.flipud(kernel), mode="full")],
        ),
        Misconception(
            lambda kernel, slopes: correlate2d(slopes, kernel[:, ::-1], mode="full"),
            "You flip the kernel left to right, but not upside down. A turn by 180° is both: "
            "`kernel[::-1, ::-1]`.",
            variants=[lambda kernel, slopes: correlate2d(slopes, np.fliplr(kernel), mode="full")],
        ),
        Misconception(
            lambda kernel, slopes: correlate2d(slopes, kernel.T, mode="full"),
            "You transpose the kernel, which mirrors it in its diagonal. In a dense layer the way "
            "back is the transposed matrix; here it is the kernel that stays as it is in its "
            "window, or is turned by 180° if you slide it.",
            variants=[lambda kernel, slopes: convolve2d(slopes, kernel[::-1, ::-1].T)],
        ),
        Misconception(
            lambda kernel, slopes: correlate2d(slopes, np.rot90(kernel), mode="full"),
            "You turn the kernel by 90°. `np.rot90` makes a quarter turn; half a turn is "
            "`np.rot90(kernel, 2)`.",
        ),
        Misconception(
            lambda kernel, slopes: convolve2d(slopes, kernel, mode="valid"),
            "You use only places where the kernel lies wholly on the slopes (valid), so most "
            "pixels get nothing. Pixels at the edge had windows too: the result is as large as "
            "the picture.",
        ),
        Misconception(
            lambda kernel, slopes: convolve2d(slopes, kernel, mode="same"),
            "Your result has the shape of the output. One slope per *pixel* is asked for, and the "
            "picture was larger: oh + kh − 1 rows.",
        ),
        Misconception(
            _image_slopes_overwritten,
            "Where windows overlap, the later one overwrites the earlier. A pixel in four windows "
            "moves four outputs, and the changes add up: `+=`, not `=`.",
        ),
        Misconception(
            lambda kernel, slopes: _image_slopes_oracle(kernel, slopes)[::-1, ::-1],
            "All numbers are right, but the table is turned by 180°. Kernel and slopes are not "
            "to be turned both, nor to change places when one is turned.",
            variants=[
                lambda kernel, slopes: correlate2d(slopes[::-1, ::-1], kernel, mode="full"),
                lambda kernel, slopes: correlate2d(kernel[::-1, ::-1], slopes, mode="full"),
            ],
        ),
        Misconception(
            lambda kernel, slopes: _image_slopes_oracle(kernel, slopes).T,
            "Rows and columns have changed places: entry (i, j) of your table is the slope of "
            "pixel (j, i).",
            variants=[lambda kernel, slopes: convolve2d(slopes.T, kernel.T)],
        ),
        Misconception(
            lambda kernel, slopes: _image_slopes_oracle(kernel, slopes).astype(int),
            "Your table holds whole numbers only: what stands behind the point is cut off. Slopes "
            "are seldom whole; `np.zeros(shape)`, without `dtype=int`, has room for them.",
        ),
        Misconception(
            _image_slopes_cut_each_time,
            "Your table holds whole numbers only, so each share loses what stands behind the "
            "point when it is added. `np.zeros(shape)`, without `dtype=int`, keeps it.",
        ),
    ],
    well_done="You did not need the picture. For the kernel's slopes you did. Why is that so?",
)

# --- zeros between the slopes -------------------------------------------------------------------


def my_spread(slopes, stride):
    """Return slopes (oh, ow) with the zeros between them that a stride asks for."""
    oh, ow = slopes.shape
    apart = np.zeros(((oh - 1) * stride + 1, (ow - 1) * stride + 1))
    apart[::stride, ::stride] = slopes
    return apart


def _spread_oracle(slopes, stride):
    """Put down what each row and column holds, one after the other."""

    def between(items, nothing):
        out = []
        for k, item in enumerate(items):
            out += [nothing] * (stride - 1 if k else 0) + [item]
        return out

    rows = [between(row, 0) for row in slopes.tolist()]
    return np.array(between(rows, [0] * len(rows[0])), dtype=slopes.dtype)


def _spread_with(slopes, rows, columns):
    """Put slopes that many rows and columns apart."""
    oh, ow = slopes.shape
    apart = np.zeros(((oh - 1) * rows + 1, (ow - 1) * columns + 1))
    apart[::rows, ::columns] = slopes
    return apart


def _spread_random(rng: np.random.Generator) -> Iterator[Case]:
    for i in range(6):
        oh, ow, stride = (int(n) for n in rng.integers(1, 5, 3))
        yield Case((_slopes(rng, i, oh, ow), stride))


def _block(stride: int, row: int, column: int) -> np.ndarray:
    """Return zeros (stride, stride) with a single 1."""
    block = np.zeros((stride, stride), dtype=int)
    block[row, column] = 1
    return block


spread = Exercise(
    name="spread",
    solution=my_spread,
    oracle=_spread_oracle,
    cases=[
        Case((np.array([[5, 7], [8, 9]]), 2), "stride 2"),
        Case((np.array([[5, 7], [8, 9]]), 1), "stride 1: nothing to do"),
        Case((np.array([[5, 7, 6], [8, 9, 4]]), 3), "stride 3"),
        Case((np.array([[4]]), 4), "a single slope"),
        Case((np.array([[4, 5, 6, 7]]), 2), "one row"),
        Case((np.array([[0.5, 1.75]]), 2), "slopes that are no whole numbers"),
    ],
    random_cases=_spread_random,
    variants=[
        lambda slopes, stride: np.kron(slopes, _block(stride, 0, 0))[
            : (slopes.shape[0] - 1) * stride + 1, : (slopes.shape[1] - 1) * stride + 1
        ],
        lambda slopes, stride: _spread_with(slopes, stride, stride),
    ],
    hints=[
        "How many rows has the result? With stride 3 and two rows of slopes: a row, two rows of "
        "zeros, a row.",
        "n slopes have n − 1 gaps, and each gap holds stride − 1 zeros: n + (n − 1)(stride − 1) "
        "in all, which is (n − 1) · stride + 1.",
        "Make the zeros first, then write the slopes into every stride-th place of both axes at "
        "once: `apart[::stride, ::stride] = slopes`.",
    ],
    misconceptions=[
        Misconception(
            lambda slopes, stride: np.kron(slopes, _block(stride, 0, 0)),
            "There are zeros behind the last slope, too. They belong only *between* the slopes: n "
            "slopes have n − 1 gaps.",
        ),
        Misconception(
            lambda slopes, stride: _spread_with(slopes, stride + 1, stride + 1),
            "Your gaps hold as many zeros as the stride says. Windows `stride` places apart have "
            "stride − 1 places between them; with stride 1 there is nothing to insert.",
        ),
        Misconception(
            lambda slopes, stride: _spread_with(slopes, 1, stride),
            "You put zeros between the columns only. The window also jumps down by `stride` rows.",
        ),
        Misconception(
            lambda slopes, stride: _spread_with(slopes, stride, 1),
            "You put zeros between the rows only. The window also jumps right by `stride` columns.",
        ),
        Misconception(
            lambda slopes, stride: slopes.repeat(stride, axis=0).repeat(stride, axis=1),
            "You repeat the slopes. The windows in between were never computed, so no output of "
            "theirs can have moved the loss: they get 0.",
            variants=[lambda slopes, stride: np.kron(slopes, np.ones((stride, stride)))],
        ),
        Misconception(
            lambda slopes, stride: np.pad(_spread_with(slopes, stride, stride), stride - 1),
            "The gaps are right, but there are also zeros around the outside. That edge belongs "
            "to the *full* correlation that comes next and has to do with the kernel's size, not "
            "with the stride.",
        ),
        Misconception(
            lambda slopes, stride: np.pad(_spread_with(slopes, stride, stride), 1),
            "The gaps are right, but a border of zeros lies around them. What is asked for ends "
            "with the outermost slopes; the *full* correlation that comes next adds its own "
            "border, as wide as the kernel needs.",
        ),
        Misconception(
            lambda slopes, stride: _spread_with(slopes, stride, stride).astype(int),
            "Your table holds whole numbers only: what stands behind the point is cut off. Slopes "
            "are seldom whole; `np.zeros(shape)`, without `dtype=int`, has room for them.",
        ),
        Misconception(
            lambda slopes, stride: np.pad(slopes, stride - 1),
            "Your zeros lie around the slopes. They are needed between them, where windows were "
            "left out.",
        ),
        Misconception(
            lambda slopes, stride: _spread_with(slopes, 2, 2),
            "That is right for stride 2 and for no other. Use `stride`.",
        ),
        Misconception(
            lambda slopes, stride: slopes[::stride, ::stride],
            "You leave slopes out. Going forward the stride left windows out; going back the "
            "remaining outputs, every one of them, have to return to their places.",
        ),
    ],
    well_done="This is also how a picture is made *larger* by a network: spread, then slide a "
    "kernel. Libraries call that layer Conv2DTranspose.",
)

# --- back through max pooling -------------------------------------------------------------------


def my_max_pool_slopes(image, slopes):
    """Return the slope for every pixel of image (2a, 2b), pooled to slopes (a, b) by maximum."""
    found = np.zeros(image.shape)
    for r in range(slopes.shape[0]):
        for c in range(slopes.shape[1]):
            window = image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
            i, j = np.unravel_index(window.argmax(), window.shape)
            found[2 * r + i, 2 * c + j] = slopes[r, c]
    return found


def _max_pool_slopes_oracle(image, slopes):
    """Sort the four pixels of each window by value, then by row, then by column."""
    found = np.zeros(image.shape, dtype=slopes.dtype)
    for r, c in np.ndindex(*slopes.shape):
        places = [(2 * r + i, 2 * c + j) for i in (0, 1) for j in (0, 1)]
        winner = sorted(places, key=lambda place: (-image[place], place))[0]
        found[winner] = slopes[r, c]
    return found


def _by_window(image, slopes, share):
    """Fill each window with `share(window, slope)`."""
    found = np.zeros(image.shape)
    for r, c in np.ndindex(*slopes.shape):
        window = (slice(2 * r, 2 * r + 2), slice(2 * c, 2 * c + 2))
        found[window] = share(image[window], slopes[r, c])
    return found


def _first(mask: np.ndarray) -> np.ndarray:
    """Keep only the first True of a window, in row order."""
    kept = np.zeros(mask.size, dtype=bool)
    kept[mask.argmax()] = True
    return kept.reshape(mask.shape)


def _last(mask: np.ndarray) -> np.ndarray:
    return _first(mask[::-1, ::-1])[::-1, ::-1]


def _first_in_columns(mask: np.ndarray) -> np.ndarray:
    return _first(mask.T).T


def _max_pool_slopes_of_the_whole(image, slopes):
    found = np.zeros(image.shape)
    found[np.unravel_index(image.argmax(), image.shape)] = slopes.sum()
    return found


def _max_pool_slopes_first_in_the_whole(image, slopes):
    found = np.zeros(image.shape)
    for r, c in np.ndindex(*slopes.shape):
        largest = image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].max()
        found[tuple(np.argwhere(image == largest)[0])] = slopes[r, c]
    return found


def _max_pool_slopes_from_zero(image, slopes):
    found = np.zeros(image.shape)
    for r, c in np.ndindex(*slopes.shape):
        best, winner = 0, (2 * r, 2 * c)
        for i, j in np.ndindex(2, 2):
            if image[2 * r + i, 2 * c + j] > best:
                best, winner = image[2 * r + i, 2 * c + j], (2 * r + i, 2 * c + j)
        found[winner] = slopes[r, c]
    return found


def _max_pool_slopes_like_the_image(image, slopes):
    found = np.zeros_like(image)
    found[...] = _max_pool_slopes_oracle(image, slopes)
    return found


def _max_pool_slopes_random(rng: np.random.Generator) -> Iterator[Case]:
    for i in range(6):
        a, b = (int(n) for n in rng.integers(1, 4, 2))
        image = rng.integers(-5, 6, (2 * a, 2 * b))
        slopes = rng.integers(1, 10, (a, b)) * rng.choice([-1, 1], (a, b))
        yield Case((image / 4 if i % 3 == 2 else image, slopes / 4 if i % 3 == 1 else slopes))


max_pool_slopes = Exercise(
    name="max_pool_slopes",
    solution=my_max_pool_slopes,
    oracle=_max_pool_slopes_oracle,
    cases=[
        Case((np.array([[1, 7], [5, 2]]), np.array([[3]])), "one window"),
        Case((np.array([[4, 4], [1, 4]]), np.array([[6]])), "a tie"),
        Case((np.array([[1, 4], [4, 2]]), np.array([[6]])), "a tie, row against column"),
        Case((np.array([[-3, -1], [-2, -8]]), np.array([[-4]])), "nothing above 0"),
        Case((np.array([[2, -9], [1, 0]]), np.array([[5]])), "the largest and the farthest from 0"),
        Case((np.zeros((2, 4), dtype=int), np.array([[2, -3]])), "all equal"),
        Case(
            (
                np.array([[1, 6, 0, 2], [3, 2, 9, 4], [7, 5, 1, 1], [0, 8, 3, 2]]),
                np.array([[1, -2], [3, 4]]),
            ),
            "four windows",
        ),
        Case(
            (np.array([[1, 7], [5, 2]]), np.array([[0.75]])),
            "whole pixels, and a slope that is none",
        ),
        Case((np.array([[1.2, 0.4], [1.9, 1.5]]), np.array([[3]])), "1.9 wins, 1.2 does not tie"),
        Case((np.array([[0.5, 0.501], [0.1, 0.499]]), np.array([[2]])), "nearly a tie"),
        Case((np.array([[1, 7, 7, 2], [5, 2, 3, 4]]), np.array([[5, 8]])), "7 wins twice"),
    ],
    random_cases=_max_pool_slopes_random,
    hints=[
        "Go through the windows. Which of the four pixels made the output? What happens to the "
        "output if one of the other three is nudged a little?",
        "`window.argmax()` gives the place of the first maximum, counted through the rows: 0, 1 "
        "in the first row, 2, 3 in the second. `np.unravel_index(place, (2, 2))` makes row and "
        "column of it, or use `divmod(place, 2)`.",
        "The winner of window (r, c) stands in row 2r + i and column 2c + j of the picture and "
        "gets `slopes[r, c]`; all the others stay 0.",
    ],
    misconceptions=[
        Misconception(
            lambda image, slopes: _by_window(
                image, slopes, lambda window, slope: slope * (window == window.max())
            ),
            "Where two pixels tie, both get the whole slope. The output came from one: by the "
            "convention of this course the *first* in row order, and `argmax` finds it.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image,
                slopes,
                lambda window, slope: (
                    slope * (window == window.max()) / (window == window.max()).sum()
                ),
            ),
            "Where pixels tie, you share the slope among them. One could, but the convention of "
            "this course and of TensorFlow gives all of it to the first in row order.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image, slopes, lambda window, slope: slope * _last(window == window.max())
            ),
            "Where pixels tie, your winner is the last one. The convention is the first in row "
            "order: do you compare with `>=` where `>` is meant?",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image,
                slopes,
                lambda window, slope: slope * _first_in_columns(window == window.max()),
            ),
            "Where pixels tie, your winner is the first going down the columns. The convention is "
            "row order: left to right, then down.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image, slopes, lambda window, slope: slope * _first(window == window.max()).T
            ),
            "The right pixel wins, but inside the window row and column of its place have "
            "changed places. `place // 2` is the row, `place % 2` the column.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image,
                slopes,
                lambda window, slope: slope * _first(abs(window) == abs(window).max()),
            ),
            "You send the slope to the pixel that is farthest from 0. Max pooling kept the largest "
            "*value*: 2 wins against −9.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image,
                slopes,
                lambda window, slope: window * _first(window == window.max()),
            ),
            "The winner gets its own value. Values run forward; what runs back is the slope of "
            "the output, here handed on unchanged.",
        ),
        Misconception(
            lambda image, slopes: _by_window(
                image,
                slopes,
                lambda window, slope: slope * window * _first(window == window.max()),
            ),
            "You multiply the slope by the winner's value. The output *is* the winner: nudge it by "
            "1 and the output moves by 1, so the slope is handed on as it is.",
        ),
        Misconception(
            lambda image, slopes: _by_window(image, slopes, lambda window, slope: slope / 4),
            "You share the slope among the four pixels. That is average pooling; of a maximum only "
            "the winner matters.",
        ),
        Misconception(
            lambda image, slopes: _by_window(image, slopes, lambda window, slope: slope),
            "All four pixels get the slope. That is right for sum pooling; of a maximum only the "
            "winner matters, for a small nudge of the others changes nothing.",
        ),
        Misconception(
            _max_pool_slopes_of_the_whole,
            "You look for one winner in the whole picture. Each 2 × 2 window has its own, and its "
            "own slope.",
        ),
        Misconception(
            _max_pool_slopes_first_in_the_whole,
            "You look for the window's largest value in the whole picture, and find the first "
            "place that holds it, perhaps in another window. Look inside the window, then add "
            "2r and 2c.",
        ),
        Misconception(
            _max_pool_slopes_from_zero,
            "Where nothing in a window is above 0, you take its first pixel. Does your search "
            "for the largest start at 0? Start it at the window's first pixel, or at `-np.inf`.",
        ),
        Misconception(
            _max_pool_slopes_like_the_image,
            "Your table holds whole numbers only, as the picture does: `np.zeros_like(image)` "
            "takes over its type, and 0.75 is cut down to 0. `np.zeros(image.shape)` has room "
            "for such slopes.",
        ),
    ],
    well_done="Three of four pixels learn nothing from this picture. What if the loser had been "
    "right? It gets its chance with another picture.",
)

# --- the slope of a bias, behind a ReLU ---------------------------------------------------------


def my_bias_slopes(z, slopes):
    """Return the slope for each bias (c,); z and the slopes behind the ReLU are (n, h, w, c)."""
    return (slopes * (z > 0)).sum(axis=(0, 1, 2))


def _bias_slopes_oracle(z, slopes):
    """Walk through every place of every picture."""
    found = np.zeros(z.shape[-1], dtype=slopes.dtype)
    for place in np.ndindex(z.shape):
        if z[place] > 0:
            found[place[-1]] += slopes[place]
    return found


def _bias_slopes_random(rng: np.random.Generator) -> Iterator[Case]:
    for i in range(6):
        shape = tuple(int(n) for n in rng.integers(1, 5, 4))
        yield Case((rng.integers(-3, 4, shape), _slopes(rng, i, *shape)))


bias_slopes = Exercise(
    name="bias_slopes",
    solution=my_bias_slopes,
    oracle=_bias_slopes_oracle,
    cases=[
        Case(
            (np.array([[[[2], [-1], [0]]]]), np.array([[[[-3], [5], [4]]]])),
            "one picture of one row, one channel",
        ),
        Case(
            (np.array([[[[2], [-1]], [[0], [3]]]]), np.array([[[[5], [7]], [[4], [-2]]]])),
            "one picture, one channel",
        ),
        Case(
            (np.array([[[[1], [2], [-1]]]]), np.array([[[[0.5], [1.25], [4]]]])),
            "slopes that are no whole numbers",
        ),
        Case(
            (np.array([[[[0.4], [0.001], [-0.3]]]]), np.array([[[[3], [5], [7]]]])),
            "z just above 0",
        ),
        Case(
            (np.array([[[[1, -1]]], [[[2, 3]]]]), np.array([[[[10, 20]]], [[[3, 4]]]])),
            "two pictures, two channels",
        ),
        Case((np.zeros((1, 2, 2, 1), dtype=int), np.ones((1, 2, 2, 1), dtype=int)), "z is 0"),
        Case(
            (-np.ones((1, 2, 1, 2), dtype=int), np.arange(4).reshape(1, 2, 1, 2)), "a dead channel"
        ),
        Case(
            (
                (np.arange(24).reshape(2, 2, 2, 3) % 5) - 1,
                (np.arange(24).reshape(2, 2, 2, 3) % 7) - 2,
            ),
            "two pictures, three channels",
        ),
    ],
    random_cases=_bias_slopes_random,
    variants=[
        lambda z, slopes: np.where(z > 0, slopes, 0).sum(axis=(0, 1, 2)),
        lambda z, slopes: np.where(z > 0, slopes, 0).reshape(-1, z.shape[-1]).sum(axis=0),
        lambda z, slopes: np.einsum("nhwc,nhwc->c", (z > 0).astype(int), slopes),
    ],
    hints=[
        "Two steps back: through the ReLU, then through the addition of the bias. What does the "
        "ReLU do with a slope where z was above 0, and where it was not?",
        "A nudge of one bias moves every place of its own map, in every picture of the batch, by "
        "the same amount, and no other map. What happens with slopes that come back from many "
        "places?",
        "`slopes * (z > 0)` has passed the ReLU. Which axes of (n, h, w, c) have to disappear so "
        "that (c,) is left?",
    ],
    misconceptions=[
        Misconception(
            lambda z, slopes: slopes.sum(axis=(0, 1, 2)),
            "The sum is right, but the ReLU is missing: where z was 0 or less, a nudge of the bias "
            "does not get through.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z >= 0)).sum(axis=(0, 1, 2)),
            "You let the slope through where z is exactly 0. By convention the slope of ReLU at 0 "
            "is 0: only z > 0 lets it through.",
        ),
        Misconception(
            lambda z, slopes: (slopes * np.maximum(z, 0)).sum(axis=(0, 1, 2)),
            "You multiply by ReLU(z), its *value*. Its slope is 1 where z > 0, however large z is.",
            variants=[lambda z, slopes: (slopes * z * (z > 0)).sum(axis=(0, 1, 2))],
        ),
        Misconception(
            lambda z, slopes: np.maximum(slopes, 0).sum(axis=(0, 1, 2)),
            "You cut off the *slopes* that are negative. The gate looks at z, the way forward; "
            "slopes of both signs may pass.",
            variants=[lambda z, slopes: (slopes * (slopes > 0)).sum(axis=(0, 1, 2))],
        ),
        Misconception(
            lambda z, slopes: (z > 0).sum(axis=(0, 1, 2)),
            "You count the open gates. Each has to be multiplied by the slope that arrives there.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).mean(axis=(0, 1, 2)),
            "You take the mean. The bias moves all places of its map at once, so what they do to "
            "the loss adds up. (A mean over the batch belongs to the loss, and is in the slopes "
            "already.)",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).sum(axis=(1, 2)).mean(axis=0),
            "You take the mean over the pictures. If the cost is a mean, its 1/n is in the slopes "
            "already, and here you divide a second time.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).sum(),
            "You add up everything into one number. Each output channel has its own bias, and so "
            "its own slope: the last axis stays.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).sum(axis=(1, 2)),
            "There is a row for each picture. The whole batch shares one bias per channel: add "
            "over the pictures as well.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).sum(axis=0),
            "You add over the pictures only. The bias is the same at all places of a map, so add "
            "over height and width as well.",
        ),
        Misconception(
            lambda z, slopes: (slopes * (z > 0)).sum(axis=(0, 1, 2)).astype(int),
            "Your sums are whole numbers only: what stands behind the point is cut off. Slopes "
            "are seldom whole; `np.zeros(c)`, without `dtype=int`, has room for them.",
        ),
    ],
    well_done="Batch normalisation, in notebook 13, subtracts the mean of each map right after the "
    "convolution. What will be left then for this bias to do?",
)
