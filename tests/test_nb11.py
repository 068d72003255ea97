"""Notebook 11: its networks, its recomputation and its exercises; and `digits`, taken from 07."""

import ast
import inspect
import json
import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.from_notebook import NOTEBOOKS, definitions
from course_utils import digits
from course_utils.convolution import conv2d, max_pool2d, parameter_count, relu
from course_utils.dense import softmax
from course_utils.environment import quiet_import
from course_utils.exercises import nb11

NAME = "11_a_cnn_reads_digits.ipynb"
SEVEN = "07_a_dense_network_reads_digits.ipynb"


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def built(keras):
    """The functions that the notebook builds up in view."""
    names = ["build_cnn", "forward", "strongest_patches", "group", "build_lean", "moving_batches"]
    return definitions(
        NAME, [*names, "train_in_one_cycle"], np=np, math=math, keras=keras, conv2d=conv2d,
        max_pool2d=max_pool2d, relu=relu, softmax=softmax, digits=digits,
    )  # fmt: skip


def pictures(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)


# --- what 07 defines and `digits` keeps -----------------------------------------------------------


def in_notebook(notebook, name):
    """Return the definition of a function, as source without docstring and annotations."""
    cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            for node in ast.parse("".join(cell["source"])).body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    return plain(node)
    raise KeyError(name)


def plain(node):
    """Return a definition without docstring, annotations and imports."""
    node.returns = None
    for argument in node.args.args:
        argument.annotation = None
    node.body = [
        each
        for each in node.body
        if not isinstance(each, ast.Import)
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    return ast.unparse(node)


@pytest.mark.parametrize("name", ["build_dense", "train"])
def test_the_dense_network_and_its_training_are_those_of_07(name):
    ours = ast.parse(inspect.getsource(getattr(digits, name))).body[0]
    assert plain(ours) == in_notebook(SEVEN, name)


@given(down=st.integers(-6, 6), right=st.integers(-6, 6), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_shift_is_that_of_07(down, right, seed):
    images = pictures(2, seed)
    theirs = definitions(SEVEN, ["shift"], np=np).shift(images, down, right)
    np.testing.assert_array_equal(digits.shift(images, down, right), theirs)


@pytest.mark.parametrize("step", [(7, 0), (0, -7)])
def test_a_shift_too_far_is_refused(step):
    with pytest.raises(ValueError, match="up to 6 pixels"):
        digits.shift(pictures(1), *step)


def test_accuracy_when_shifted_is_the_mean_of_four_directions():
    class ReadsOnePixel:
        """Answers 1 where the pixel (14, 14) is inked."""

        def predict(self, images, **_):
            return np.eye(2)[(images[:, 14, 14] > 0).astype(int)]

    images = np.zeros((3, 28, 28), dtype=np.uint8)
    images[0, 14, 14] = 1  # gone after any shift
    images[1, 14, 13] = 1  # comes in by a step to the right
    found = digits.accuracy_when_shifted(ReadsOnePixel(), images, np.array([1, 0, 0]), furthest=2)
    assert found == pytest.approx([1, (3 * 2 + 1) / 12, 2 / 3])


# --- what stands in the notebook ------------------------------------------------------------------


def test_rows_of_the_table_by_the_module_too(built):
    counts = [layer.count_params() for layer in built.build_cnn().layers if layer.weights]
    assert counts[:2] == [parameter_count(3, 1, 8), parameter_count(5, 8, 16)]
    assert sum(counts) == 59_810


def test_the_lean_network_is_no_larger_than_the_example(built):
    lean = built.build_lean()
    assert lean.count_params() == 21_874 <= 34_826
    assert lean.output_shape == (None, 10)


def test_batches_hold_every_picture_once_an_epoch_moved_with_its_label(built):
    images, labels = pictures(30), np.arange(30)
    batches = built.moving_batches(images, labels, 8, 2, np.random.default_rng(0))
    orders, steps = [], set()
    for _ in range(30):  # epochs
        order = []
        for size in (8, 8, 8, 6):
            moved, names = next(batches)
            assert len(moved) == len(names) == size and moved.dtype == np.uint8
            found = [
                (down, right)
                for down in range(-2, 3)
                for right in range(-2, 3)
                if np.array_equal(digits.shift(images[names], down, right), moved)
            ]
            assert len(found) == 1
            steps.add(found[0])
            order += list(names)
        assert sorted(order) == list(range(30))
        orders.append(tuple(order))
    assert len(set(orders)) == 30 and len(steps) > 20


def test_batches_stay_in_the_middle_where_asked(built):
    images = pictures(10)
    moved, names = next(
        built.moving_batches(images, np.arange(10), 10, 0, np.random.default_rng(0))
    )
    np.testing.assert_array_equal(moved, images[names])


@pytest.mark.parametrize("seed", range(3))
def test_the_forward_pass_in_numpy_is_that_of_keras(built, keras, seed):
    keras.utils.set_random_seed(seed)
    cnn, images = built.build_cnn(), pictures(20, seed)
    ours = built.forward(images, cnn.get_weights())
    np.testing.assert_allclose(ours, cnn.predict(images, verbose=0), atol=1e-5)


def test_patches_hold_what_the_response_depends_on(built, keras):
    """Whatever stands outside the patch, the response stays; inside, it changes."""
    keras.utils.set_random_seed(0)
    cnn, images = built.build_cnn(), pictures(4)
    second = keras.Model(cnn.inputs[0], cnn.layers[4].output)
    responses = np.asarray(second(images))[..., 3]
    patches = built.strongest_patches(responses, images, count=4)
    order = responses.max(axis=(1, 2)).argsort()[::-1]
    for i, patch in zip(order, patches, strict=True):
        r, c = np.unravel_index(responses[i].argmax(), (10, 10))
        other = np.pad(pictures(1, 9)[0], 1)
        other[2 * r : 2 * r + 12, 2 * c : 2 * c + 12] = patch
        again = np.asarray(second(other[np.newaxis, 1:-1, 1:-1]))[0, r, c, 3]
        assert again == pytest.approx(responses[i, r, c], abs=1e-4)


def test_one_cycle_rises_and_falls(built):
    class Caught:
        def compile(self, optimizer, **_):
            self.rate = optimizer._learning_rate

        def fit(self, *_, **__):
            return None

    model = Caught()
    built.train_in_one_cycle(model, (np.zeros(12_800), None), None, epochs=4)
    rates = [float(model.rate(step)) for step in range(401)]
    assert int(np.argmax(rates)) == 100 and max(rates) == pytest.approx(0.01)
    assert rates[0] == pytest.approx(0.001) and rates[-1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("message", "kernel", "shape"),
    [
        ("Computed output size would be zero or negative", 5, (4, 4, 1)),
        ("expected min_ndim=4, found ndim=3", 3, (28, 28)),
    ],
)
def test_messages_of_keras_are_quoted_as_they_are(keras, message, kernel, shape):
    cells = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))["cells"]
    assert any(message in "".join(cell["source"]) for cell in cells if cell["id"] == "wrong")
    with pytest.raises(ValueError, match=message):
        keras.Sequential([keras.Input(shape), keras.layers.Conv2D(8, kernel)])


# --- exercises: their oracles against Keras -------------------------------------------------------


def keras_row(keras, row):
    kind, *numbers = row
    if kind == "conv":
        return keras.layers.Conv2D(numbers[0], numbers[1], padding=(*numbers, "valid")[2])
    if kind == "pool":
        return keras.layers.MaxPooling2D(numbers[0])
    return keras.layers.Flatten() if kind == "flatten" else keras.layers.Dense(numbers[0])


def test_traced_shapes_are_those_of_keras(keras):
    for case in [*nb11.trace_shapes.fixed_cases, *nb11.trace_shapes.draw_cases(1)]:
        shape, rows = case.args
        model = keras.Sequential([keras.Input(shape), *(keras_row(keras, row) for row in rows)])
        shapes = [layer.output.shape[1:] for layer in model.layers]
        assert [tuple(each) for each in nb11.trace_shapes.oracle(shape, rows)] == shapes


def test_parameters_of_rows_are_those_of_keras(keras):
    for case in [*nb11.layer_parameters.fixed_cases, *nb11.layer_parameters.draw_cases(1)]:
        shape, row = case.args
        model = keras.Sequential([keras.Input(shape), keras_row(keras, row)])
        assert nb11.layer_parameters.oracle(shape, row) == model.count_params()


def test_an_untouched_cell_does_not_name_its_bugs():
    cells = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))["cells"]
    for name, words in (
        ("setup", ["twice", "Rescaling"]),
        ("augment", ["flip", "roll", "mirrored"]),
    ):
        source = next(
            "".join(cell["source"])
            for cell in cells
            if f"exercise.{name}.check" in str(cell["source"])
        )
        namespace = {"np": np}
        if name == "setup":
            import keras as library

            namespace["keras"] = library
        exec(source.split("\nexercise.")[0], namespace)
        verdict = getattr(nb11, name).verdict(namespace[f"my_{name}"])
        assert verdict.voice == "not yet"
        assert not any(word in verdict.headline for word in words), verdict.headline


# --- answers that look right ----------------------------------------------------------------------


def padded_by(cells, divide=operator.floordiv):
    """Return a `my_trace_shapes` with its own padding for "same", and its own pooling."""

    def trace(shape, rows):
        height, width, channels = shape
        shapes = []
        for kind, *numbers in rows:
            if kind == "conv":
                channels, k, padding = numbers
                extra = 2 * cells(k) if padding == "same" else 0
                height, width = height + extra - k + 1, width + extra - k + 1
            else:
                height, width = divide(height, numbers[0]), divide(width, numbers[0])
            shapes.append((height, width, channels))
        return shapes

    return trace


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"cells": lambda k: 1}, "one cell on each side"),
        ({"cells": lambda k: k // 2}, "even size"),
        ({"cells": lambda k: (k - 1) / 2, "divide": operator.truediv}, "//"),
    ],
)
def test_a_wrong_size_is_named(mistake, words):
    verdict = nb11.trace_shapes.verdict(padded_by(**mistake))
    assert verdict.voice == "not yet" and words in verdict.headline


def network_like(keras, before, scale=1 / 255, bend="relu", optimizer="adam", tail="softmax"):
    """Return a `my_setup` that does not come from the exercise's own module."""

    def my_setup(x):
        layers = [keras.Input((28, 28)), keras.layers.Rescaling(scale)]
        layers += [keras.layers.Reshape((28, 28, 1)), keras.layers.Conv2D(8, 3, activation=bend)]
        layers += [keras.layers.MaxPooling2D(), keras.layers.Flatten()]
        model = keras.Sequential([*layers, keras.layers.Dense(10, activation=tail)])
        made = keras.optimizers.Adam(0.0) if optimizer == "rate 0" else optimizer
        model.compile(optimizer=made, loss="sparse_categorical_crossentropy")
        return before(x), model

    return my_setup


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optimizer": "rate 0"}, "learning rate"),
        ({"before": lambda x: 255 - x}, "changed places"),
        ({"scale": 1 / 128}, "another scale"),
        ({"scale": 1 / 200}, "another scale"),
        ({"bend": None}, "ReLU after the convolution"),
        ({"before": lambda x: np.rot90(x, axes=(1, 2)).copy()}, "have changed"),
        ({"before": lambda x: x / 255}, "twice"),
        ({"before": lambda x: x // 255}, "Only 0 and 1"),
        ({"tail": None}, "nobody applies softmax"),
    ],
)
def test_a_network_that_would_not_learn_is_not_accepted(keras, change, words):
    verdict = nb11.setup.verdict(network_like(keras, **{"before": lambda x: x, **change}))
    assert verdict.voice == "not yet" and words in repr(verdict), repr(verdict)


@pytest.mark.parametrize(
    "change", [{}, {"optimizer": "sgd"}, {"scale": 1 / 256}, {"bend": "elu"}], ids=str
)
def test_a_network_that_would_learn_is_accepted(keras, change):
    verdict = nb11.setup.verdict(network_like(keras, **{"before": lambda x: x, **change}))
    assert verdict.voice == "well done", repr(verdict)


def by_steps(draw, images, rng):
    return np.stack([digits.shift(image[None], *map(int, draw(rng)))[0] for image in images])


def from_numpys_own(images, rng):
    return by_steps(lambda _: np.random.randint(-2, 3, size=2), images, rng)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda rng: rng.permutation([int(rng.integers(-2, 3)), 0]), "never both"),
        (lambda rng: rng.choice([-2, -1, 1, 2], size=2), "never occur"),
        (lambda rng: rng.choice([-2, 2], size=2), "never occur"),
        (lambda rng: rng.integers(-2, 3, size=2) * rng.integers(0, 2), "stay where they are"),
        (lambda rng: np.array([1, -1]) * rng.integers(-2, 3), "diagonal"),
    ],
)
def test_shifts_that_leave_some_out_are_not_accepted(draw, words):
    verdict = nb11.augment.verdict(lambda images, rng: by_steps(draw, images, rng))
    assert verdict.voice == "not yet" and words in verdict.headline, repr(verdict)


@pytest.mark.parametrize(
    ("low", "high", "words", "here"),
    [
        (-2, 2, "No picture moves by 2", "go from -2 to 1"),
        (-1, 3, "No picture moves by −2", "go from -1 to 2"),
        (-1, 2, "by 1 pixel at most", "go from -1 to 1"),
    ],
)
def test_an_end_that_is_left_out_is_named(low, high, words, here):
    verdict = nb11.augment.verdict(
        lambda images, rng: by_steps(lambda rng: rng.integers(low, high, size=2), images, rng)
    )
    assert words in verdict.headline and here in verdict.details[0], repr(verdict)


def test_one_end_left_out_along_one_axis_is_named():
    verdict = nb11.augment.verdict(
        lambda images, rng: by_steps(
            lambda rng: (rng.integers(-2, 3), rng.integers(-2, 2)), images, rng
        )
    )
    assert "moves by 2" in verdict.headline and "to the right" in verdict.details[0]


def cut_out(images, rng, h, w):
    """Pad, and cut windows of a fixed size."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    moved = np.empty_like(images)
    for i, (top, left) in enumerate(rng.integers(0, 5, size=(len(images), 2))):
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


@pytest.mark.parametrize(
    "answer",
    [
        lambda images, rng: cut_out(images, rng, 28, 28),
        lambda images, rng: cut_out(images, rng, images.shape[2], images.shape[1]),
        lambda images, rng: cut_out(images.reshape(-1, 28, 28), rng, 28, 28),
    ],
)
def test_a_size_that_is_written_down_is_not_accepted(answer):
    verdict = nb11.augment.verdict(answer)
    assert verdict.voice == "not yet" and "images.shape" in verdict.headline, repr(verdict)
    right = nb11.augment.verdict(lambda images, rng: cut_out(images, rng, *images.shape[1:]))
    assert right.voice == "well done"


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["pool", "flatten"], "that is a number too"),
        (["pool"], "For pooling your function returns nothing"),
        (["flatten"], "For flatten your function returns nothing"),
    ],
)
def test_a_row_without_a_branch_is_named(kinds, words):
    def my_layer_parameters(shape, row):
        if row[0] not in kinds:
            return nb11.my_layer_parameters(shape, row)

    verdict = nb11.layer_parameters.verdict(my_layer_parameters)
    assert verdict.voice == "not yet" and words in verdict.headline, repr(verdict)


@pytest.mark.parametrize(
    ("kind", "words"), [("conv", "of the convolution are missing"), ("dense", "of the dense layer")]
)
def test_the_biases_of_one_kind_of_layer_are_missed(kind, words):
    def my_layer_parameters(shape, row):
        biases = row[1] if row[0] == kind else 0
        return nb11.my_layer_parameters(shape, row) - biases

    verdict = nb11.layer_parameters.verdict(my_layer_parameters)
    assert verdict.voice == "not yet" and words in verdict.headline, repr(verdict)


def test_shifts_that_cannot_be_repeated_and_floats_are_not_accepted():
    assert "repeat" in nb11.augment.verdict(from_numpys_own).headline
    verdict = nb11.augment.verdict(lambda images, rng: nb11.my_augment(images, rng) / 1)
    assert "uint8" in verdict.headline
