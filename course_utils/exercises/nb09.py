"""The exercises of notebook 09, ReLU and pooling by hand."""

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise
from course_utils.worked_examples import DIAGONAL, EIGHT, LOOP, NINE, NINE_LEFT, SIX, picture

# --- dead units ---------------------------------------------------------------------------------


def my_dead_units(activations):
    """Return the share of units, from 0 to 1, that a whole batch (samples, units) leaves at 0."""
    silent = (activations == 0).all(axis=0)  # one answer per unit
    return float(silent.mean())


def _dead_units_oracle(activations):
    """Collect the units that spoke at least once."""
    spoke = {int(unit) for unit in np.nonzero(activations)[1]}
    return 1 - len(spoke) / activations.shape[1]


def _dead_units_random(rng: np.random.Generator) -> Iterator[Case]:
    for samples, units in ((5, 8), (7, 10), (12, 5)):
        activations = np.maximum(rng.normal(size=(samples, units)).round(2), 0)
        activations[:, rng.permutation(units)[: units // 3]] = 0
        yield Case((activations,))


dead_units = Exercise(
    name="dead_units",
    solution=my_dead_units,
    oracle=_dead_units_oracle,
    cases=[
        Case(
            (np.array([[0, 2.0, 0, 0], [0, 1.5, 0.3, 0], [0, 0, 0, 0]]),),
            "three samples, four units",
        ),
        Case((np.array([[0.5, 0, 0.1], [0, 1, 0.2]]),), "all units alive"),
        Case((np.zeros((3, 2)),), "nothing but silence"),
        Case((np.array([[0, 0, 1.0], [0, 0, 2.0], [0, 0, 0]]),), "a silent sample too"),
        Case((np.array([[0, 1e-6], [0, 0], [0, 0]]),), "one whisper is a sign of life"),
    ],
    random_cases=_dead_units_random,
    variants=[
        lambda activations: (activations.max(axis=0) == 0).mean(),
        lambda activations: 1 - (activations > 0).any(axis=0).mean(),
        lambda activations: sum(not column.any() for column in activations.T) / len(activations.T),
    ],
    hints=[
        "A unit is a column. When is a whole column silent? One sample with a number above 0 is "
        "enough to show that the unit lives.",
        "`activations == 0` is True or False for each number. `.all(axis=0)` asks a question down "
        "each column.",
        "The mean of Trues and Falses is the share of Trues: `(activations == 0).all(axis=0).mean()`.",
    ],
    misconceptions=[
        Misconception(
            lambda activations: (activations == 0).mean(),
            "That is the share of zeros among all the numbers. A healthy unit is silent for many "
            "samples; dead is a unit that is silent for *every* one.",
            variants=[lambda activations: 1 - np.count_nonzero(activations) / activations.size],
        ),
        Misconception(
            lambda activations: (activations == 0).any(axis=0).mean(),
            "You count each unit that is silent at least once. ReLU is meant to be silent now and "
            "then; a dead unit is so always: `all`, not `any`.",
            variants=[lambda activations: (activations.min(axis=0) == 0).mean()],
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=1).mean(),
            "You ask whether a *sample* leaves all units silent. Samples are rows and units are "
            "columns, so a question to each unit runs down the rows: `axis=0`.",
            variants=[lambda activations: (activations.max(axis=1) == 0).mean()],
        ),
        Misconception(
            lambda activations: float((activations == 0).all(axis=0).sum()),
            "That is how many units are dead. The share is asked for: divide by the number of "
            "units.",
            variants=[
                lambda activations: sum(1 for column in activations.T if not column.any()),
            ],
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=0).sum() / len(activations),
            "You divide by the number of samples, which is what `len` counts. The share is one of "
            "units: divide by `activations.shape[1]`.",
        ),
        Misconception(
            lambda activations: (activations > 0).any(axis=0).mean(),
            "That is the share of units that live. The dead ones are the rest.",
            variants=[lambda activations: (activations.max(axis=0) > 0).mean()],
        ),
        Misconception(
            lambda activations: 100 * (activations == 0).all(axis=0).mean(),
            "That is a percentage. The share is to be a number from 0 to 1, so without the 100.",
        ),
        Misconception(
            lambda activations: (activations[0] == 0).mean(),
            "You look at the first sample only. A unit that is silent there may speak for the "
            "next: ask the whole batch.",
        ),
        Misconception(
            lambda activations: (np.median(activations, axis=0) == 0).mean(),
            "You count units that are silent for more than half of the samples. As long as one "
            "sample makes a unit speak, that sample also has a slope to train it with: it is not "
            "dead.",
            variants=[
                lambda activations: ((activations == 0).mean(axis=0) > 0.5).mean(),
            ],
        ),
    ],
    well_done="What if the unit is silent for this batch, and speaks for the next? One batch can "
    "only raise the suspicion: count over all the training data.",
)

# --- max pooling --------------------------------------------------------------------------------


def my_max_pool(image, window, stride):
    """Return the largest number of each window of image (h, w); the windows lie inside it."""
    h, w = image.shape
    rows = range(0, h - window + 1, stride)
    columns = range(0, w - window + 1, stride)
    pooled = [[image[r : r + window, c : c + window].max() for c in columns] for r in rows]
    return np.array(pooled)


def _max_pool_oracle(image, window, stride):
    """Filter every place with SciPy, then keep those where a window starts."""
    from scipy.ndimage import maximum_filter

    first = window // 2  # SciPy notes the maximum of a window at its middle
    h, w = image.shape
    kept = maximum_filter(image, size=window)[
        first : first + h - window + 1 : stride, first : first + w - window + 1 : stride
    ]
    return np.ascontiguousarray(kept)


def _windows(image, window, rows, columns, reduce: Callable) -> np.ndarray:
    """Return a number for each window that starts at one of the rows and columns."""
    return np.array(
        [[reduce(image[r : r + window, c : c + window]) for c in columns] for r in rows]
    )


def _pool_by(reduce: Callable) -> Callable:
    """Return pooling that makes something else of a window."""

    def pool(image, window, stride):
        h, w = image.shape
        rows, columns = range(0, h - window + 1, stride), range(0, w - window + 1, stride)
        return _windows(image, window, rows, columns, reduce)

    return pool


def _stride_down_only(image, window, stride):
    h, w = image.shape
    rows, columns = range(0, h - window + 1, stride), range(w - window + 1)
    return _windows(image, window, rows, columns, np.max)


def _stride_across_only(image, window, stride):
    return _stride_down_only(image.T, window, stride).T


def _last_window_left_out(image, window, stride):
    h, w = image.shape
    rows, columns = range(0, h - window, stride), range(0, w - window, stride)
    return _windows(image, window, rows, columns, np.max)


def _short_ranges_into_zeros(image, window, stride):
    """Leave out the last window as above, and keep two axes where nothing is left."""
    h, w = image.shape
    rows, columns = range(0, h - window, stride), range(0, w - window, stride)
    return _windows(image, window, rows, columns, np.max).reshape(len(rows), len(columns))


def _steps_instead_of_windows(image, window, stride):
    """Make as many rows and columns as there are steps."""
    h, w = image.shape
    rows, columns = (h - window) // stride, (w - window) // stride
    starts = [[stride * k for k in range(n)] for n in (rows, columns)]
    return _windows(image, window, *starts, np.max).reshape(rows, columns)


def _windows_over_the_edge(image, window, stride):
    h, w = image.shape
    return _windows(image, window, range(0, h, stride), range(0, w, stride), np.max)


def _edge_filled_with_zeros(image, window, stride):
    h, w = image.shape
    image = np.pad(image, (0, window))
    return _windows(image, window, range(0, h, stride), range(0, w, stride), np.max)


def _swapped_sizes(image, window, stride):
    return my_max_pool(image, stride, window)


def _stride_of_one(image, window, stride):
    return my_max_pool(image, window, 1)


def _stride_of_the_window(image, window, stride):
    return my_max_pool(image, window, window)


def _stride_forgotten_in_the_slice(image, window, stride):
    """Return as many numbers as there should be, from windows that move by 1."""
    h, w = image.shape
    rows, columns = (h - window) // stride + 1, (w - window) // stride + 1
    return _windows(image, window, range(rows), range(columns), np.max)


def _window_times_the_count(image, window, stride):
    """Return as many numbers as there should be, from windows that move by their own size."""
    h, w = image.shape
    rows, columns = (h - window) // stride + 1, (w - window) // stride + 1
    starts = [[window * k for k in range(n)] for n in (rows, columns)]
    return _windows(image, window, *starts, np.max)


def _sides_divided_by_the_stride(image, window, stride):
    h, w = image.shape
    starts = [[stride * k for k in range(n // stride)] for n in (h, w)]
    return _windows(image, window, *starts, np.max)


def _as_if_square(image, window, stride):
    starts = range(0, len(image) - window + 1, stride)
    return _windows(image, window, starts, starts, np.max)


def _one_number_for_all_columns(image, window, stride):
    rows = range(0, image.shape[0] - window + 1, stride)
    return np.array([[image[r : r + window].max()] for r in rows])


def _start_at_zero(block) -> float:
    """Look for the largest number above 0."""
    best = 0
    for number in block.reshape(-1):
        if number > best:
            best = number
    return best


def _max_pool_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, window, stride in (((6, 7), 2, 2), ((5, 8), 3, 1), ((9, 7), 2, 3)):
        yield Case((rng.integers(-20, 21, shape), window, stride))


max_pool = Exercise(
    name="max_pool",
    solution=my_max_pool,
    oracle=_max_pool_oracle,
    cases=[
        Case((np.arange(16).reshape(4, 4) * 7 % 16, 2, 2), "four blocks"),
        Case((np.array([[3, -1, 4], [1, -5, 9]]), 2, 1), "the windows overlap"),
        Case((np.array([[-3, -1, -4], [-1, -5, -9], [-2, -6, -5]]), 2, 1), "all negative"),
        Case((np.array([[2, -7, 1, -8], [2, -8, 1, -8]]), 2, 2), "a large negative number"),
        Case((np.arange(35).reshape(5, 7) * 11 % 35, 3, 2), "windows of 3 × 3, two apart"),
        Case((np.arange(30).reshape(5, 6) * 7 % 30, 2, 3), "gaps between the windows"),
        Case((np.arange(15).reshape(3, 5), 2, 2), "a row and a column are left over"),
        Case((np.array([[0.5, 0.25], [0.125, 0.75]]), 2, 2), "one window"),
    ],
    random_cases=_max_pool_random,
    variants=[
        lambda image, window, stride: np.lib.stride_tricks.sliding_window_view(
            image, (window, window)
        )[::stride, ::stride].max(axis=(2, 3)),
    ],
    hints=[
        "Where may a window start? The first row is 0. In which row does the last one start, if "
        "it has to lie inside the picture?",
        "The window that starts at (r, c) is `image[r : r + window, c : c + window]`; `.max()` "
        "is its answer. Two loops, one inside the other, go through r and c.",
        "`range(0, h - window + 1, stride)` gives the first rows of all the windows; the columns "
        "go likewise, with `w`.",
    ],
    misconceptions=[
        Misconception(
            _stride_down_only,
            "Your windows jump by the stride from row to row, but from column to column they go "
            "in steps of 1. The stride holds for both axes.",
        ),
        Misconception(
            _stride_across_only,
            "Your windows jump by the stride from column to column, but from row to row they go "
            "in steps of 1. The stride holds for both axes.",
        ),
        Misconception(
            _pool_by(np.min),
            "You keep the smallest number of each window: the places where the feature is *least* "
            "to be seen. Max pooling keeps the largest.",
        ),
        Misconception(
            _pool_by(np.mean),
            "That is average pooling. Max pooling keeps the largest number of a window and forgets "
            "the rest.",
        ),
        Misconception(
            _pool_by(lambda block: np.abs(block).max()),
            "You take the largest *magnitude*. A strong no, such as −8, is not a strong yes: "
            "compare the numbers with their signs.",
            variants=[lambda image, window, stride: my_max_pool(abs(image), window, stride)],
        ),
        Misconception(
            _pool_by(lambda block: max(block.reshape(-1), key=abs)),
            "You keep the number that lies farthest from 0, be it negative. Max pooling keeps the "
            "largest: among −8 and 1 that is 1.",
            variants=[
                _pool_by(lambda block: block.reshape(-1)[np.abs(block).argmax()]),
            ],
        ),
        Misconception(
            _pool_by(_start_at_zero),
            "In a window of negative numbers you answer 0, which isn't in it. Does your search "
            "begin with 0? Begin with a number of the window.",
            variants=[
                lambda image, window, stride: np.maximum(my_max_pool(image, window, stride), 0),
            ],
        ),
        Misconception(
            _stride_of_one,
            "Your windows overlap where they shouldn't: they always move by 1. They should move by "
            "`stride`.",
        ),
        Misconception(
            _stride_of_the_window,
            "You move by the size of the window. That is the usual choice, not the only one: move "
            "by `stride`.",
        ),
        Misconception(
            _swapped_sizes,
            "Window and stride have changed places: the window is the square you look into, the "
            "stride is how far you move it.",
        ),
        Misconception(
            _last_window_left_out,
            "The last window is missing where it would just fit. It starts at `h - window`, and "
            "`range` stops *before* its end: one more is needed, `h - window + 1`.",
        ),
        Misconception(
            _short_ranges_into_zeros,
            "The last window is missing where it would just fit; if only one fits, nothing is "
            "left. `range` stops *before* its end: it has to be `h - window + 1`; columns likewise.",
        ),
        Misconception(
            _steps_instead_of_windows,
            "Your result is a row and a column short. `(h - window) // stride` counts the steps "
            "of the window, and it has one place more than steps, the first: + 1.",
        ),
        Misconception(
            _windows_over_the_edge,
            "Your last windows hang over the edge, where only a part of them has numbers. Keep to "
            "windows that lie inside the picture.",
        ),
        Misconception(
            _edge_filled_with_zeros,
            "You fill up the edge with zeros, so there are more windows than fit, and a 0 wins "
            "over negative numbers. Keep to windows that lie inside the picture.",
        ),
        Misconception(
            _stride_forgotten_in_the_slice,
            "There are as many numbers as there should be, but the windows they come from move by "
            "1. The window for row r of the result starts at row `stride * r`; columns likewise.",
        ),
        Misconception(
            _window_times_the_count,
            "There are as many numbers as there should be, but your windows start at multiples of "
            "`window`. They are `stride` apart: number r starts at row `stride * r`.",
        ),
        Misconception(
            _sides_divided_by_the_stride,
            "You make `h // stride` rows of windows. That many fit only where the window is as "
            "large as the stride. Which is the last row in which a window may start?",
        ),
        Misconception(
            _as_if_square,
            "You use the height of the image for its width as well. Images need not be square: "
            "`h, w = image.shape`.",
        ),
        Misconception(
            _one_number_for_all_columns,
            "You take one maximum over whole rows. A window is as narrow as it is high: slice the "
            "columns as well, `image[r : r + window, c : c + window]`.",
        ),
    ],
    well_done="For which pictures does it make no difference whether ReLU comes before or after "
    "max pooling? (For all of them. But one order is cheaper.)",
)

# --- per channel --------------------------------------------------------------------------------


def my_pool_channels(image, size):
    """Return image (h, w, c) with each block of size × size replaced by its maximum, per channel."""
    h, w, c = image.shape
    rows, columns = h // size, w // size
    blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size, c)
    return blocks.max(axis=(1, 3))


def _pool_channels_oracle(image, size):
    """Take one channel after the other, and in each the largest of every shifted copy."""
    h, w = (n // size * size for n in image.shape[:2])
    channels = []
    for channel in np.moveaxis(image, -1, 0):
        copies = [channel[i:h:size, j:w:size] for i in range(size) for j in range(size)]
        channels.append(np.maximum.reduce(copies))
    return np.stack(channels, axis=-1)


def _cut(image, size):
    """Leave out the rows and columns that fill no block."""
    h, w = (n // size * size for n in image.shape[:2])
    return image[:h, :w]


def _split(image, size):
    """Return a picture as (rows, size, columns, size, c)."""
    image = _cut(image, size)
    h, w, c = image.shape
    return image.reshape(h // size, size, w // size, size, c)


def _wrongly_split(image, size):
    image = _cut(image, size)
    h, w, c = image.shape
    return image.reshape(h // size, w // size, size, size, c).max(axis=(2, 3))


def _wrongly_split_not_cut(image, size):
    h, w, c = image.shape
    return image.reshape(h // size, w // size, size, size, c).max(axis=(2, 3))


def _cut_at_the_start(image, size):
    h, w, _ = image.shape
    return my_pool_channels(image[h % size :, w % size :], size)


def _not_cut(image, size):
    h, w, c = image.shape
    return image.reshape(h // size, size, w // size, size, c).max(axis=(1, 3))


def _parts_of_blocks_kept(image, size):
    h, w, _ = image.shape
    return np.array(
        [
            [image[r : r + size, c : c + size].max(axis=(0, 1)) for c in range(0, w, size)]
            for r in range(0, h, size)
        ]
    )


def _rows_only(image, size):
    h, w, c = image.shape
    h = h // size * size
    return image[:h].reshape(h // size, size, w, c).max(axis=1)


def _channels_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, size in (((6, 4, 3), 2), ((7, 8, 2), 3), ((9, 6, 4), 3)):
        yield Case((rng.integers(-50, 51, shape), size))


pool_channels = Exercise(
    name="pool_channels",
    solution=my_pool_channels,
    oracle=_pool_channels_oracle,
    cases=[
        Case((np.arange(24).reshape(2, 4, 3) * 7 % 24, 2), "two blocks, three channels"),
        Case((np.arange(32).reshape(4, 4, 2) * 11 % 32, 2), "four blocks, two channels"),
        Case((-np.arange(45).reshape(5, 3, 3) * 7 % 45, 2), "rows and a column left over"),
        Case((np.arange(64).reshape(8, 8, 1) * 3 % 64, 4), "one channel"),
        Case((np.arange(12).reshape(2, 3, 2), 1), "blocks of one pixel"),
    ],
    random_cases=_channels_random,
    variants=[
        lambda image, size: np.stack(
            [_split(image[..., [c]], size)[..., 0].max(axis=(1, 3)) for c in range(image.shape[2])],
            axis=-1,
        ),
        lambda image, size: np.lib.stride_tricks.sliding_window_view(
            image, (size, size), axis=(0, 1)
        )[::size, ::size].max(axis=(3, 4)),
    ],
    hints=[
        "The grey version above split each axis into *which block* and *where in it*. Here one "
        "more axis comes behind them, and nothing happens to it.",
        "First cut off what fills no block: `rows, columns = h // size, w // size`, then "
        "`image[: rows * size, : columns * size]`.",
        "`.reshape(rows, size, columns, size, c)`. The two axes “where in the block” are 1 and 3.",
    ],
    misconceptions=[
        Misconception(
            lambda image, size: _split(image, size).max(axis=(1, 3, 4)),
            "You take the maximum over the channels as well, so only one map is left. Each channel "
            "is pooled on its own: as many come out as went in.",
        ),
        Misconception(
            lambda image, size: _split(image[..., :1], size).max(axis=(1, 3))[..., 0],
            "Only channel 0 comes out. All channels are to be pooled, each on its own.",
        ),
        Misconception(
            _wrongly_split,
            "The shape is right, the numbers are not: `reshape` keeps the order in memory, row "
            "after row, so the split axes have to stay in the order row of blocks, row in it, "
            "column of blocks, column in it.",
        ),
        Misconception(
            _wrongly_split_not_cut,
            "Two things. `reshape` keeps the order in memory, row after row, so each axis has to "
            "be split where it stands: row of blocks, row in it, column of blocks, column in it. "
            "And rows or columns that fill no block have to be cut off first.",
        ),
        Misconception(
            _cut_at_the_start,
            "You cut off what is too much at the top and at the left. Blocks begin at row 0 and "
            "column 0; what is left over lies at the bottom and at the right.",
        ),
        Misconception(
            lambda image, size: _split(image, size).max(axis=(0, 2)),
            "You take the maximum over *which block* and keep *where in it*. It is the other two "
            "axes that are to go, 1 and 3.",
        ),
        Misconception(
            lambda image, size: _split(image, size).mean(axis=(1, 3)),
            "These are averages. The largest number of each block is asked for.",
        ),
        Misconception(
            _not_cut,
            "Your function works where blocks fill the picture, and `reshape` refuses where rows "
            "or columns are left over. Cut them off first.",
        ),
        Misconception(
            _parts_of_blocks_kept,
            "You also pool the rest at the right and at the bottom, where no whole block fits. "
            "Leave it out: `h // size` blocks fit, no more.",
        ),
        Misconception(
            lambda image, size: _cut(image, size)[::size, ::size],
            "You keep the top left number of each block, whatever the others are. That is a "
            "stride without a pool.",
        ),
        Misconception(
            _rows_only,
            "You have pooled down the rows only: the picture is as wide as before. Split the "
            "columns as well.",
        ),
    ],
    well_done="With a fourth axis in front it pools a whole batch (n, h, w, c): which axes go then?",
)

# --- what the next layer costs ------------------------------------------------------------------


def my_next_layer(height, width, maps, window, stride, nodes):
    """Return how many numbers a dense layer learns that reads the pooled feature maps."""
    rows = (height - window) // stride + 1
    columns = (width - window) // stride + 1
    return rows * columns * maps * nodes + nodes


def _next_layer_oracle(height, width, maps, window, stride, nodes):
    """Pool real arrays, flatten them, and count the entries of real weights."""
    pooled = np.zeros((height - window + 1, width - window + 1, maps))[::stride, ::stride]
    return int(np.zeros((pooled.size + 1, nodes)).size)  # one row more: the biases


def _layer(rows, columns, maps, nodes) -> int:
    return int(rows * columns * maps * nodes + nodes)


def _fits(n: int, window: int, stride: int) -> int:
    return (n - window) // stride + 1


def _next_layer_random(rng: np.random.Generator) -> Iterator[Case]:
    for window, stride in ((2, 2), (3, 2), (3, 3), (2, 3)):
        height, width = (int(n) for n in rng.integers(7, 20, 2))
        yield Case(
            (height, width, int(rng.integers(2, 9)), window, stride, int(rng.integers(3, 9)))
        )


next_layer = Exercise(
    name="next_layer",
    solution=my_next_layer,
    oracle=_next_layer_oracle,
    cases=[
        Case((4, 4, 1, 2, 2, 1), "four numbers into one neuron"),
        Case((5, 3, 1, 2, 1, 1), "the loop detector's map"),
        Case((6, 4, 3, 2, 2, 5), "three maps into five neurons"),
        Case((7, 7, 2, 3, 2, 3), "windows that overlap"),
        Case((8, 6, 4, 3, 2, 2), "a row and a column left over"),
        Case((26, 26, 32, 2, 2, 128), "a layer of usual size"),
    ],
    random_cases=_next_layer_random,
    tolerance=0,
    hints=[
        "Go in two steps. How many rows and columns are left after pooling? Then: how many "
        "numbers reach the dense layer?",
        "All maps are flattened into one row: rows × columns × maps. Every node has a weight for "
        "each of them.",
        "rows = (height − window) // stride + 1. And each node has one bias.",
    ],
    misconceptions=[
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                (height - window) // stride, (width - window) // stride, maps, nodes
            ),
            "A row and a column of windows are missing: the window also stands at its start, "
            "before any step. Steps + 1.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                -(-(height - window) // stride) + 1, -(-(width - window) // stride) + 1, maps, nodes
            ),
            "You round up, so that the last window hangs over the edge. Only whole steps count: "
            "`//` rounds down.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: (
                ((height - window) / stride + 1) * ((width - window) / stride + 1) * maps * nodes
                + nodes
            ),
            "Half a row cannot be. Where the stride does not go up evenly, `/` gives a fraction; "
            "only whole steps count: `//` rounds down.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                round((height - window) / stride) + 1,
                round((width - window) / stride) + 1,
                maps,
                nodes,
            ),
            "You round to the nearest whole number, at times upwards, where a window no longer "
            "fits. Only whole steps count: `//` rounds down.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                height // stride, width // stride, maps, nodes
            ),
            "You divide the sides by the stride. That is right only where the window is as large "
            "as the stride; in general it is (height − window) // stride + 1.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                height // window, width // window, maps, nodes
            ),
            "You divide the sides by the window, as if the windows stood side by side. They are "
            "`stride` apart.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                _fits(height, window, stride), _fits(width, window, stride), 1, nodes
            ),
            "You let the dense layer read one map. Pooling keeps them apart, so it reads all of "
            "them: times `maps`.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: (
                _fits(height, window, stride) * _fits(width, window, stride) * maps * nodes
            ),
            "The weights are right. Each node has a bias as well.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: (
                _fits(height, window, stride) * _fits(width, window, stride) * maps * nodes + 1
            ),
            "You count one bias for the layer. Each node has its own.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: (
                _layer(_fits(height, window, stride), _fits(width, window, stride), maps, nodes)
                + window * window * maps
            ),
            "You give the pooling windows weights. A maximum has nothing to learn: they have none.",
            variants=[
                lambda height, width, maps, window, stride, nodes: (
                    my_next_layer(height, width, maps, window, stride, nodes) + window**2 * maps
                ),
            ],
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(height, width, maps, nodes),
            "You count as if nothing had been pooled: the dense layer reads the pooled maps, which "
            "are smaller.",
        ),
        Misconception(
            lambda height, width, maps, window, stride, nodes: _layer(
                _fits(height, window, stride), _fits(height, window, stride), maps, nodes
            ),
            "You use the height for both sides. Maps need not be square.",
        ),
    ],
    well_done="And if the window were as large as the whole map? Then the layer would read `maps` "
    "numbers, whatever the size of the picture.",
)

# --- a network for the 9 ------------------------------------------------------------------------


def my_nine_layer():
    """Return (weights, bias) of a dense layer that says yes to a 9; weights is (4, 2, 2)."""
    weights = np.zeros((4, 2, 2))
    weights[0, :, 0] = 6  # a loop at the top speaks for a 9,
    weights[3, :, 0] = -6  # one at the bottom against it,
    weights[3, :, 1] = 9  # a tail for it, so that only both together are enough
    return weights, -19.0


NINE_PICTURES = {
    "9": NINE,
    "9, moved": NINE_LEFT,
    "6": SIX,
    "8": EIGHT,
    "ring": picture("-+++- -+-+- -+++- ----- ----- ----- -----"),
    "stroke": picture("----- ----- ----+ ---+- --+-- -+--- +----"),
}
"""What a network for the 9 is tried on."""


def pooled_maps(image: np.ndarray) -> np.ndarray:
    """Return what the dense layer reads of an image (7, 5): shape (4, 2, 2).

    The maps of the loop detector and of the diagonal detector, after ReLU and max pooling
    2 × 2 with stride 1.
    """
    view = np.lib.stride_tricks.sliding_window_view
    kernels = np.stack([LOOP, DIAGONAL], axis=-1) / 9
    maps = np.einsum("rcij,ijk->rck", view(image, (3, 3)), kernels)
    return view(np.maximum(maps, 0), (2, 2), axis=(0, 1)).max(axis=(3, 4))


def _probe_nine_layer(build):
    """Let the layer judge six pictures."""
    result = build()
    if not isinstance(result, tuple) or len(result) != 2:
        return "Your function should return two things: `return weights, bias`."
    weights, bias = (np.asarray(part, dtype=float) for part in result)
    if weights.shape != (4, 2, 2) or bias.size != 1:
        return (
            "The weights should have the shape (4, 2, 2), a row, a column and a map, and the bias "
            f"should be one number; got {weights.shape} and {bias.shape}."
        )
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        return "Every weight and the bias should be a finite number."
    z = {
        name: float((pooled_maps(image) * weights).sum() + bias.item())
        for name, image in NINE_PICTURES.items()
    }
    finding = _nine_finding(z, weights)
    table = ", ".join(f"{name}: {value:+.2f}" for name, value in z.items())
    return finding and (finding, f"The sums z that your layer makes: {table}.")


def _nine_finding(z: dict[str, float], weights: np.ndarray) -> str | None:
    """Return what is wrong with the sums that the pictures get, if anything."""
    yes = {name for name, value in z.items() if value > 0}
    nines = {"9", "9, moved"}
    if yes == nines:
        return None
    if yes == set(z):
        return "all yes"
    if not yes:
        return "all no"
    if "9" not in yes:
        return "the 6 instead" if "6" in yes else "not the 9"
    too_much = {name for name in set(z) - nines if z[name] >= min(z["9"], z["9, moved"])}
    if not too_much:
        return "only the bias"
    if "9, moved" not in yes and not np.array_equal(weights[:, 0], weights[:, 1]):
        return "one place"
    for key, name in {"the 6 too": "6", "the 8 too": "8"}.items():
        if name in yes | too_much:
            return key
    return "the ring" if "ring" in too_much else "the stroke"


def _weights(*, top: float, bottom: float, tail: float) -> np.ndarray:
    """Return weights for a loop at the top, one at the bottom, and a tail at the bottom."""
    weights = np.zeros((4, 2, 2))
    weights[0, :, 0], weights[3, :, 0], weights[3, :, 1] = top, bottom, tail
    return weights


def _right_column_only():
    weights = 2 * _weights(top=6, bottom=-6, tail=9)
    weights[:, 0] = 0
    return weights, -19.0


def _tail_in_any_row():
    weights = _weights(top=2, bottom=-2, tail=8)
    weights[:, :, 1] = 8
    return weights, -12.0


def _tail_at_the_top():
    weights = _weights(top=4, bottom=-4, tail=0)
    weights[0, :, 1] = -8
    return -weights, -9.0


def _one_cell_of_the_tail():
    weights = np.zeros((4, 2, 2))
    weights[3, 0, 1] = 1
    return weights, -0.5


nine_layer = ProbeExercise(
    name="nine_layer",
    solution=my_nine_layer,
    probe=_probe_nine_layer,
    expects="a pair: weights of shape (4, 2, 2) and a bias",
    hints=[
        "Start with `weights = np.zeros((4, 2, 2))`. Then `weights[0, :, 0] = …` is the weight of a "
        "loop at the top, for both columns. Which slice is the tail, at the bottom of map 1?",
        "The ring has the loop of the 9, the stroke has its tail. So neither of the two may be "
        "enough for a yes, only both together. The moved 9 has its loop in one cell only, the ring in "
        "two: so the tail has to weigh more than the loop, but not much more than twice that.",
        "Take a, −a and d for the loop at the top, the loop at the bottom and the tail. Before the "
        "bias, the moved 9 makes a + 1.56 d, the ring 2 a + 0.67 d, the stroke 2 d. For which "
        "ratios of a to d is the first the largest? Then choose a bias that lies between.",
    ],
    variants=[
        lambda: (_weights(top=12, bottom=-12, tail=18), np.array([-38.0])),
        lambda: (_weights(top=7, bottom=-7, tail=10), -21.7),
        lambda: (_weights(top=0.6, bottom=-0.6, tail=1), -2.06),
    ],
    misconceptions=[
        Misconception(
            lambda: (_weights(top=4, bottom=-4, tail=0), -2.0),
            "The ring scores at least as much as the moved 9, so no bias can let the one in and "
            "keep the other out. What the ring lacks is the tail: give it more weight, compared "
            "with the loop.",
            variants=[
                lambda: (_weights(top=4, bottom=-4, tail=4), -2.0),
                lambda: (_weights(top=4, bottom=-4, tail=4), -11.0),
                lambda: (_weights(top=8, bottom=-8, tail=2), -6.0),
            ],
            key="the ring",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=-2, tail=8), -12.0),
            "The slanting stroke scores at least as much as the moved 9, so no bias can let the "
            "one in and keep the other out. What the stroke lacks is the loop: give it more "
            "weight, compared with the tail.",
            variants=[
                lambda: (_weights(top=0, bottom=0, tail=5), -5.0),
                _one_cell_of_the_tail,
            ],
            key="the stroke",
        ),
        Misconception(
            lambda: (_weights(top=6, bottom=-6, tail=9), -15.0),
            "The weights are good: both 9s score more than all the others. Only the bias is off. "
            "It has to pull the others below 0, and to leave the moved 9 above.",
            variants=[lambda: (_weights(top=6, bottom=-6, tail=9), -25.0)],
            key="only the bias",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=-2, tail=8)[::-1], -12.0),
            "The 6 gets a yes, and the 9 a no: the rows are upside down, or the two maps have "
            "changed places. Row 0 is the top; map 0 is the loop, map 1 the diagonal.",
            variants=[
                lambda: (_weights(top=2, bottom=-2, tail=8)[:, :, ::-1], -5.0),
                _tail_at_the_top,
            ],
            key="the 6 instead",
        ),
        Misconception(
            _tail_in_any_row,
            "The 6 gets a yes as well: it has a slanting stroke too, at the top. Let the diagonal "
            "map count in the bottom row only, where the 9 has its tail.",
            key="the 6 too",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=2, tail=8), -6.0),
            "The 8 gets a yes as well, or scores more than the moved 9. A loop at the bottom "
            "should count against a 9.",
            variants=[lambda: (_weights(top=4, bottom=0, tail=4), -2.0)],
            key="the 8 too",
        ),
        Misconception(
            _right_column_only,
            "The 9 gets a yes, the moved one doesn't, since your two columns differ. Give both "
            "columns of a row the same weight: left or right should not matter.",
            key="one place",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=-2, tail=8), 12.0),
            "Everything gets a yes. The bias is what the evidence has to overcome: make "
            "it negative, or more so.",
            variants=[lambda: (np.zeros((4, 2, 2)), 1.0)],
            key="all yes",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=-2, tail=8) / 4, -12.0),
            "Everything gets a no, the 9 as well: its evidence doesn't make up for the bias. Work "
            "out z for the 9.",
            variants=[lambda: (np.zeros((4, 2, 2)), -1.0)],
            key="all no",
        ),
        Misconception(
            lambda: (_weights(top=2, bottom=-2, tail=-8), 2.0),
            "Something else gets a yes, and the 9 doesn't. What a 9 has, a loop at the top and a "
            "tail at the bottom, should have positive weights.",
            variants=[lambda: (_weights(top=2, bottom=-2, tail=-4), 1.0)],
            key="not the 9",
        ),
    ],
    well_done="Now try the 7 of section 7's line-up. Weights a, −a and d that pass say yes to it as "
    "well: it has the tail, and an arch that is a third of a loop.",
)
