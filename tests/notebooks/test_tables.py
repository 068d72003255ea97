"""The tables of notebooks 08–10: shown, asserted, and true by three independent computations.

Each table of the syllabus is written out here once. A notebook has to print it in a cell whose
output is compared, and to assert it; SciPy, a Keras layer with copied weights and
`course_utils.convolution` have to agree with it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from course_utils import convolution
from course_utils.worked_examples import (
    AVERAGE_ME,
    CROSS,
    FOUR,
    LOOP,
    NINE,
    NINE_LEFT,
    ONE_TO_FOUR,
    ONE_TO_NINE,
    POOL_ME,
    POOL_ME_TENTHS,
    RGB_KERNEL,
    RGB_PATCH,
)
from tests.notebooks.parts import Notebook, notebook_paths
from tests.notebooks.test_syllabus import value_of

HALF_A_DIGIT = 0.0051  # the syllabus gives two decimals
SLOPES = np.array([[1, 0], [-1, 2]])
EXISTING = {path.name[:2]: path for path in notebook_paths()}


@dataclass(frozen=True)
class Table:
    """A table, and its computation by SciPy, by Keras and by the course."""

    notebook: str
    name: str
    rows: list[list[float]]
    scipy: Callable[[], np.ndarray]
    keras: Callable[[], np.ndarray]
    course: Callable[[], np.ndarray]


# --- by SciPy and NumPy -------------------------------------------------------------------------


def pooled(image: np.ndarray, size: int, stride: int, reduce: Callable) -> np.ndarray:
    """Pool by plain slicing."""
    places = [range(0, n - size + 1, stride) for n in image.shape]
    cells = [[reduce(image[r : r + size, c : c + size]) for c in places[1]] for r in places[0]]
    return np.array(cells)


def positive(image: np.ndarray) -> np.ndarray:
    """Return the loop detector's map of a picture, what is negative set to 0."""
    return np.maximum(correlate2d(image, LOOP, "valid") / 9, 0)


def per_channel(kernel: np.ndarray) -> np.ndarray:
    """Return the sum of products in each channel of the RGB patch, ``(1, 3)``."""
    return np.array(
        [[correlate2d(RGB_PATCH[..., c], kernel[..., c], "valid").item() for c in range(3)]]
    )


# --- by Keras -----------------------------------------------------------------------------------


def keras_conv(image: np.ndarray, kernel: np.ndarray, bias: float = 0.0) -> np.ndarray:
    """Apply a Conv2D layer that has been given the kernel."""
    import keras

    image = image.reshape(1, *image.shape[:2], -1).astype("float32")
    layer = keras.layers.Conv2D(1, kernel.shape[:2])
    layer.build(image.shape)
    layer.set_weights([kernel.reshape(*kernel.shape[:2], -1, 1), np.array([bias])])
    return np.array(layer(image))[0, ..., 0]


def keras_pool(kind: str, image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Apply a MaxPooling2D or AveragePooling2D layer."""
    import keras

    layer = getattr(keras.layers, kind)(size, strides=stride)
    return np.array(layer(image[None, ..., None].astype("float32")))[0, ..., 0]


def keras_positive(image: np.ndarray) -> np.ndarray:
    """Return `positive` by layers."""
    import keras

    return np.array(keras.layers.ReLU()(keras_conv(image, LOOP / 9)))


def keras_per_channel(kernel: np.ndarray) -> np.ndarray:
    """Return `per_channel` by a DepthwiseConv2D layer, which keeps the channels apart."""
    import keras

    layer = keras.layers.DepthwiseConv2D(3)
    layer.build((1, 3, 3, 3))
    layer.set_weights([kernel[..., None], np.zeros(3)])
    return np.array(layer(RGB_PATCH[None].astype("float32")))[0, 0]


def tape(with_respect_to: str) -> np.ndarray:
    """Return a slope of the loss whose slopes at the output are SLOPES."""
    import tensorflow as tf

    values = {
        "image": tf.constant(ONE_TO_NINE.reshape(1, 3, 3, 1), "float64"),
        "kernel": tf.constant(ONE_TO_FOUR.reshape(2, 2, 1, 1), "float64"),
    }
    with tf.GradientTape() as recorded:
        recorded.watch(values)
        output = tf.nn.conv2d(values["image"], values["kernel"], 1, "VALID")
        loss = tf.reduce_sum(output[0, ..., 0] * SLOPES)
    return recorded.gradient(loss, values[with_respect_to]).numpy().squeeze()


# --- the tables ---------------------------------------------------------------------------------


def convolved(image: np.ndarray, kernel: np.ndarray, bias: float = 0.0) -> dict[str, Callable]:
    """Return the three computations of a convolution of a grey picture."""
    return {
        "scipy": lambda: correlate2d(image, kernel, "valid") + bias,
        "keras": lambda: keras_conv(image, kernel, bias),
        "course": lambda: convolution.conv2d(image, kernel) + bias,
    }


def colour(kernel: np.ndarray) -> dict[str, Callable]:
    """Return the three computations of the RGB patch's one output."""
    return {
        "scipy": lambda: per_channel(kernel).sum(keepdims=True) + 1,
        "keras": lambda: keras_conv(RGB_PATCH, kernel, 1),
        "course": lambda: convolution.conv2d(RGB_PATCH, kernel[..., None], bias=np.ones(1))[..., 0],
    }


def channels(kernel: np.ndarray) -> dict[str, Callable]:
    """Return the three computations of the RGB patch's sums per channel."""
    return {
        "scipy": lambda: per_channel(kernel),
        "keras": lambda: keras_per_channel(kernel),
        "course": lambda: np.array(
            [[convolution.conv2d(RGB_PATCH[..., c], kernel[..., c]).item() for c in range(3)]]
        ),
    }


def max_pooled(image: Callable, by_keras: Callable, stride: int) -> dict[str, Callable]:
    """Return the three computations of a maximum over windows of 2 × 2."""
    return {
        "scipy": lambda: pooled(image(), 2, stride, np.max),
        "keras": lambda: keras_pool("MaxPooling2D", by_keras(), 2, stride),
        "course": lambda: convolution.max_pool2d(image(), 2, stride),
    }


def detector(image: np.ndarray) -> dict[str, Callable]:
    """Return the three computations of loop detector, ReLU and max pooling with stride 1."""
    return max_pooled(lambda: positive(image), lambda: keras_positive(image), 1)


TURNED = RGB_KERNEL[::-1, ::-1]
TABLES = [
    Table(
        "08",
        "map of the 4",
        [[1.0, 1.2, 1.1, 0.9], [2.1, 2.7, 2.5, 1.9], [1.0, 2.1, 2.4, 1.4], [1.0, 1.8, 2.0, 1.8]],
        **convolved(FOUR, CROSS),
    ),
    Table(
        "08",
        "map of the 9",
        [
            [-0.11, 1, -0.11],
            [-0.56, 0.11, -0.33],
            [-0.33, 0.33, -0.33],
            [-0.56, -0.11, -0.56],
            [-0.33, -0.56, -0.33],
        ],
        **convolved(NINE, LOOP / 9),
    ),
    Table("08", "sums of the channels", [[308, -498, 164]], **channels(RGB_KERNEL)),
    Table("08", "colour", [[-25]], **colour(RGB_KERNEL)),
    Table("08", "sums of the channels, kernels turned", [[-151, 164, 323]], **channels(TURNED)),
    Table("08", "colour, kernels turned", [[337]], **colour(TURNED)),
    Table("08", "cross-correlation", [[37, 47], [67, 77]], **convolved(ONE_TO_NINE, ONE_TO_FOUR)),
    Table(
        "08",
        "true convolution",
        [[23, 33], [53, 63]],
        scipy=lambda: convolve2d(ONE_TO_NINE, ONE_TO_FOUR, "valid"),
        keras=lambda: keras_conv(ONE_TO_NINE, ONE_TO_FOUR[::-1, ::-1]),
        course=lambda: convolution.convolve2d_true(ONE_TO_NINE, ONE_TO_FOUR),
    ),
    Table(
        "09",
        "map of the 9, moved",
        [
            [1, -0.11, -0.11],
            [0.11, -0.33, -0.11],
            [0.33, -0.33, -0.11],
            [-0.11, -0.56, -0.33],
            [-0.56, -0.33, -0.56],
        ],
        **convolved(NINE_LEFT, LOOP / 9),
    ),
    Table("09", "9 pooled", [[1, 1], [0.33, 0.33], [0.33, 0.33], [0, 0]], **detector(NINE)),
    Table("09", "9 moved, pooled", [[1, 0], [0.33, 0], [0.33, 0], [0, 0]], **detector(NINE_LEFT)),
    Table("09", "maxima", [[8, 9], [3, 2]], **max_pooled(lambda: POOL_ME, lambda: POOL_ME, 2)),
    Table(
        "09",
        "averages",
        [[4, 4.5], [2, 0.75]],
        scipy=lambda: pooled(POOL_ME, 2, 2, np.mean),
        keras=lambda: keras_pool("AveragePooling2D", POOL_ME, 2, 2),
        course=lambda: convolution.average_pool2d(POOL_ME, 2),
    ),
    Table(
        "09",
        "sums",
        [[16, 18], [8, 3]],
        scipy=lambda: pooled(POOL_ME, 2, 2, np.sum),
        keras=lambda: 4 * keras_pool("AveragePooling2D", POOL_ME, 2, 2),
        course=lambda: convolution.sum_pool2d(POOL_ME, 2),
    ),
    Table(
        "09",
        "maxima of tenths",
        [[0.3, 0.9], [0, 0.4]],
        **max_pooled(lambda: POOL_ME_TENTHS, lambda: POOL_ME_TENTHS, 2),
    ),
    Table(
        "09",
        "averages of 3 × 3",
        [[1.67, 1.67, 1.67], [1.00, 1.22, 1.78], [1.11, 0.78, 1.33]],
        scipy=lambda: correlate2d(AVERAGE_ME, np.ones((3, 3)) / 9, "valid"),
        keras=lambda: keras_pool("AveragePooling2D", AVERAGE_ME, 3, 1),
        course=lambda: convolution.average_pool2d(AVERAGE_ME, 3, 1),
    ),
    Table(
        "10",
        "slopes for the filter",
        [[7, 9], [13, 15]],
        scipy=lambda: correlate2d(ONE_TO_NINE, SLOPES, "valid"),
        keras=lambda: tape("kernel"),
        course=lambda: convolution.conv2d_gradients(ONE_TO_NINE, ONE_TO_FOUR, SLOPES).kernels,
    ),
    Table(
        "10",
        "slopes for the picture",
        [[1, 2, 0], [2, 4, 4], [-3, 2, 8]],
        scipy=lambda: convolve2d(SLOPES, ONE_TO_FOUR, "full"),
        keras=lambda: tape("image"),
        course=lambda: convolution.conv2d_gradients(ONE_TO_NINE, ONE_TO_FOUR, SLOPES).images,
    ),
]
NAMED = {"ids": lambda table: f"{table.notebook} {table.name}"}


@pytest.mark.parametrize("table", TABLES, **NAMED)
@pytest.mark.parametrize("by", ["scipy", "keras", "course"])
def test_the_table_is_true(table, by):
    computed = np.asarray(getattr(table, by)())
    assert computed.shape == np.shape(table.rows)
    np.testing.assert_allclose(computed, table.rows, rtol=0, atol=HALF_A_DIGIT)


# --- in the notebook ----------------------------------------------------------------------------


def printed_rows(text: str) -> list[list[float]]:
    """Return the numbers of each line of an output."""
    number = r"(?<![\w.])[-−]?\d*\.?\d+(?:[eE][-+]?\d+)?"
    lines = text.replace("−", "-").splitlines()
    return [[float(found) for found in re.findall(number, line)] for line in lines]


def close(a: object, b: object) -> bool:
    """Whether two tables are the same to two decimals."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= HALF_A_DIGIT))


def is_printed(rows: list[list[float]], text: str) -> bool:
    """Whether a table stands in a text, row below row, perhaps with others beside it."""
    lines, width = printed_rows(text), len(rows[0])
    for top in range(len(lines) - len(rows) + 1):
        block = lines[top : top + len(rows)]
        starts = range(min(len(line) for line in block) - width + 1)
        if any(close([line[left : left + width] for line in block], rows) for left in starts):
            return True
    return False


def literals(node: ast.AST) -> Iterator[object]:
    """Yield the numbers, and the lists or tuples of numbers, that stand in a piece of code."""
    for each in ast.walk(node):
        if not isinstance(each, ast.expr):
            continue
        value = read(each)
        if value is not None:
            yield value


def read(node: ast.expr) -> object:
    """Return the number or the nested list of numbers that an expression writes out, or None."""
    if isinstance(node, ast.List | ast.Tuple):
        values = [read(each) for each in node.elts]
        return None if not values or any(value is None for value in values) else values
    return value_of(node)


def is_asserted(rows: list[list[float]], tree: ast.AST) -> bool:
    """Whether a table is written out in an assertion, or under a name that an assertion uses."""
    asserted = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and ".assert_" in f".{ast.unparse(node.func)}")
    ]
    used = {n.id for node in asserted for n in ast.walk(node) if isinstance(n, ast.Name)}
    named = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and used & {target.id for target in node.targets if isinstance(target, ast.Name)}
    ]
    wanted = np.array(rows)
    shapes = [wanted, wanted[0]] if len(rows) == 1 else [wanted]
    shapes += [wanted[0, 0]] if wanted.size == 1 else []
    for value in (value for node in [*asserted, *named] for value in literals(node)):
        try:
            if any(close(value, shape) for shape in shapes):
                return True
        except ValueError:  # lists of different lengths
            continue
    return False


@pytest.mark.parametrize("table", [t for t in TABLES if t.notebook in EXISTING], **NAMED)
def test_the_notebook_shows_and_asserts_the_table(table):
    notebook = Notebook.read(EXISTING[table.notebook])
    compared = [cell for cell in notebook.code if cell.is_compared]
    texts = [text for cell in compared for text in cell.output_texts()]
    assert any(is_printed(table.rows, text) for text in texts), "no compared output shows it"
    assert any(is_asserted(table.rows, cell.tree) for cell in notebook.code), "no cell asserts it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[37 47]\n [67 77]]", True),
        ("map:\n37.0 47.0 | 1\n67.0 77.0 | 2", True),
        ("1  37 47\n2  67 77", True),
        ("[[37 47]\n\n [67 77]]", False),
        ("[[37 47]\n [67 78]]", False),
        ("37 47", False),
        ("[[-37 47]\n [67 77]]", False),
    ],
)
def test_a_printed_table_is_found(text, expected):
    assert is_printed([[37, 47], [67, 77]], text) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("assert (m == [[37, 47], [67, 77]]).all()", True),
        ("np.testing.assert_allclose(m, ((37, 47), (67, 77)))", True),
        ("expected = [[37, 47], [67, 77]]\nassert np.array_equal(m, expected)", True),
        ("expected = [[37, 47], [67, 77]]\nassert m.any()", False),
        ("m = [[37, 47], [67, 77]]", False),
        ("assert (m == [[37, 47], [67, 78]]).all()", False),
        ("assert (m == [[37, 47, 67, 77]]).all()", False),
    ],
)
def test_an_asserted_table_is_found(code, expected):
    assert is_asserted([[37, 47], [67, 77]], ast.parse(code)) is expected


def test_a_single_number_may_be_asserted_plainly():
    assert is_asserted([[-25]], ast.parse("assert total == -25"))
    assert not is_asserted([[-25]], ast.parse("assert total == 25"))
