"""The oracles of notebook 12 agree with Keras and scikit-learn; its functions do what they say."""

import hashlib

import numpy as np
import pytest

from benchmarks.from_notebook import definitions
from course_utils import datasets, presenting
from course_utils.checks import NOT_YET
from course_utils.environment import quiet_import
from course_utils.exercises import nb12
from tests.notebooks.parts import Notebook, notebook_paths

NOTEBOOK = "12_a_cnn_sees_colour.ipynb"


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def notebook(keras):
    return definitions(
        NOTEBOOK,
        ["build_cnn", "build_dense", "fingerprints", "thumbnails", "grey"],
        keras=keras,
        np=np,
        hashlib=hashlib,
    )


@pytest.mark.parametrize(
    ("shape", "maps", "hidden", "classes"),
    [((32, 32, 3), [32, 64, 64], 64, 10), ((30, 33, 2), [4, 6], 3, 2), ((9, 8, 1), [5], 7, 4)],
)
def test_parameters_are_those_of_keras(keras, shape, maps, hidden, classes):
    groups = [
        layer
        for count in maps
        for layer in (
            keras.layers.Conv2D(count, 3, padding="same"),
            keras.layers.MaxPooling2D(),
            keras.layers.ReLU(),
        )
    ]
    dense = [keras.layers.Flatten(), keras.layers.Dense(hidden), keras.layers.Dense(classes)]
    model = keras.Sequential([keras.Input(shape), *groups, *dense])
    assert nb12.cnn_parameters.oracle(shape, maps, hidden, classes) == model.count_params()


def test_standardising_is_that_of_scikit_learn():
    from sklearn.preprocessing import StandardScaler

    for case in nb12.standardise.draw_cases(3):
        train, pictures = case.args
        scaler = StandardScaler().fit(train.reshape(-1, 3).astype(float))
        expected = scaler.transform(pictures.reshape(-1, 3).astype(float)).reshape(pictures.shape)
        np.testing.assert_allclose(nb12.standardise.oracle(train, pictures), expected, atol=1e-9)


def test_records_are_those_of_the_official_file(tmp_path):
    """What `prepare` undoes is what writing a picture channel by channel does."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    records = np.stack([np.concatenate([p[..., c].ravel() for c in range(3)]) for p in pictures])
    labels = np.arange(4, dtype=np.uint8)
    back, flat = nb12.prepare.oracle(records, labels[:, np.newaxis], 32)
    np.testing.assert_array_equal(back, pictures)
    np.testing.assert_array_equal(flat, labels)


def test_the_confused_pair_is_that_of_scikit_learns_matrix():
    from sklearn.metrics import confusion_matrix

    true = [0] * 9 + [1] * 9 + [2] * 9
    says = [0] * 6 + [2] * 3 + [1] * 7 + [0] * 2 + [2] * 5 + [0] * 4
    assert nb12.most_confused.oracle(confusion_matrix(true, says)) == (0, 2)


def test_turning_point_of_early_stopping(keras):
    """Where both signs show, Keras's EarlyStopping keeps the weights of that epoch."""
    history = nb12.turning_point.fixed_cases[0].args[0]
    stopping = keras.callbacks.EarlyStopping(patience=99, restore_best_weights=True)
    stopping.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    stopping.model.compile()
    stopping.on_train_begin()
    for epoch, val_loss in enumerate(history["val_loss"]):
        stopping.on_epoch_end(epoch, {"val_loss": val_loss})
    assert stopping.best_epoch + 1 == nb12.turning_point.oracle(history) == 3


@pytest.mark.parametrize(
    "falls",
    [
        lambda loss, val_loss, best: loss[-1] < loss[0],
        lambda loss, val_loss, best: val_loss[-1] > loss[-1],
        lambda loss, val_loss, best: loss[-1] < loss[-2],
        lambda loss, val_loss, best: min(loss) < loss[best],
    ],
    ids=["than the first epoch", "a gap", "than the epoch before", "ever lower"],
)
def test_turning_point_asks_for_training_loss_lower_than_at_the_turn(falls):
    def answer(history):
        loss, val_loss = history["loss"], history["val_loss"]
        best = val_loss.index(min(val_loss))
        return best + 1 if val_loss[-1] > val_loss[best] and falls(loss, val_loss, best) else 0

    verdict = nb12.turning_point.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


def _above_the_turn(values, best):
    return values[-1] > values[best]


def _below_the_turn(values, best):
    return values[-1] < values[best]


@pytest.mark.parametrize(
    ("rises", "falls"),
    [
        *[
            (rises, _below_the_turn)
            for rises in (
                lambda v, best: v[-1] > v[-2],
                lambda v, best: v[-1] == max(v[best:]) > v[best],
                lambda v, best: len(v) > best + 1 and np.all(np.diff(v[best:]) > 0),
                lambda v, best: v[-1] > v[0],
            )
        ],
        *[
            (_above_the_turn, falls)
            for falls in (
                lambda v, best: v[-1] == min(v),
                lambda v, best: np.all(np.diff(v[best:]) < 0),
                lambda v, best: np.all(np.diff(v) < 0),
                lambda v, best: np.mean(v[best + 1 :]) < v[best],
            )
        ],
        (
            lambda v, best: len(v) > best + 1 and np.all(np.diff(v[best:]) > 0),
            lambda v, best: np.all(np.diff(v[best:]) < 0),
        ),
        (lambda v, best: v[-1] > v[-2], lambda v, best: v[-1] < v[-2]),
    ],
    ids=[
        *("above the epoch before", "ends highest", "rises in every epoch", "above the first"),
        *("ends lowest", "falls in every epoch after", "falls in every epoch", "lower on average"),
        *("both in every epoch", "both in the last step"),
    ],
)
def test_turning_point_compares_the_end_with_the_turn_whatever_happens_between(rises, falls):
    def answer(history):
        loss, val_loss = history["loss"], history["val_loss"]
        best = val_loss.index(min(val_loss))
        return best + 1 if rises(val_loss, best) and falls(loss, best) else 0

    verdict = nb12.turning_point.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


def test_the_lowest_validation_loss_stands_once_as_the_text_says():
    for case in nb12.turning_point.cases:
        val_loss = case.args[0]["val_loss"]
        assert val_loss.count(min(val_loss)) == 1


def test_a_small_wiggle_of_training_loss_at_the_end_does_not_hide_over_fitting():
    history = {"loss": [2, 1.5, 1, 0.6, 0.8], "val_loss": [2, 1.5, 1.6, 1.8, 1.9]}
    assert nb12.turning_point.oracle(history) == nb12.my_turning_point(history) == 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda history: int(np.argmin(history["val_loss"])),
        lambda history: next(
            (
                epoch
                for epoch in range(1, len(history["loss"]))
                if history["val_loss"][epoch] > history["val_loss"][epoch - 1]
                and history["loss"][epoch] < history["loss"][epoch - 1]
            ),
            0,
        ),
    ],
    ids=["the bare place", "the first step in which the curves part"],
)
def test_first_attempts_at_the_turning_point_get_a_sentence_of_their_own(answer):
    verdict = nb12.turning_point.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


def _without_diagonal(matrix):
    return matrix * (1 - np.eye(len(matrix), dtype=int))


def _both_ways(shares):
    return _without_diagonal(shares + shares.T)


def _largest_pair(scores):
    place = np.unravel_index(scores.argmax(), scores.shape)
    return tuple(sorted(int(number) for number in place))


@pytest.mark.parametrize(
    "scores",
    [
        lambda m: _without_diagonal(m * m.T),
        lambda m: np.minimum(m, m.T) - np.diag(np.diag(m) + 1),
        lambda m: _both_ways(m / m.sum(axis=1, keepdims=True)),
        lambda m: _both_ways(m / m.sum(axis=0)),
        lambda m: _without_diagonal(m / m.sum(axis=1, keepdims=True)),
    ],
    ids=["multiplied", "the smaller", "shares of rows", "shares of columns", "one share"],
)
def test_confused_pairs_are_counted_both_ways_added_up(scores):
    verdict = nb12.most_confused.verdict(lambda matrix: _largest_pair(scores(matrix)))
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


@pytest.mark.parametrize(
    "answer",
    [
        lambda train, pictures: (pictures - pictures.mean()) / pictures.std(),
        lambda train, pictures: pictures / 255,
        lambda train, pictures: (pictures - train.mean((1, 2))) / train.std((1, 2)),
        lambda train, pictures: (pictures - train.mean(-1)) / train.std(-1),
        lambda train, pictures: (pictures - train.mean((0, 1, 2))) / train.std((0, 1, 2), ddof=1),
    ],
    ids=["own, all channels", "by 255", "each picture", "over channels", "n - 1"],
)
def test_first_attempts_at_standardising_get_a_sentence_of_their_own(answer):
    verdict = nb12.standardise.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


@pytest.mark.parametrize(
    ("kernel", "map_bias", "flat"),
    [
        (lambda below, picture: 9 * below, 0, lambda h, w, c: h * w * c),
        (lambda below, picture: 9 * below, 1, lambda h, w, c: c),
        (lambda below, picture: 9 * picture, 1, lambda h, w, c: h * w * c),
        (lambda below, picture: 9 * below, 1, lambda h, w, c: h * h * c),
    ],
    ids=["no biases of maps", "no flatten", "depth of the picture", "height squared"],
)
def test_first_attempts_at_counting_get_a_sentence_of_their_own(kernel, map_bias, flat):
    def answer(shape, maps, hidden, classes):
        height, width, below = shape
        total = 0
        for count in maps:
            total += (kernel(below, shape[2]) + map_bias) * count
            height, width, below = height // 2, width // 2, count
        return total + (flat(height, width, below) + 1) * hidden + (hidden + 1) * classes

    verdict = nb12.cnn_parameters.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


def test_thumbnails_do_not_see_brightness_and_contrast(notebook):
    pictures = np.random.default_rng(1).integers(60, 120, (3, 32, 32, 3)).astype(np.uint8)
    rows = notebook.thumbnails(pictures)
    assert rows.shape == (3, 192)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rows, notebook.thumbnails(pictures * 2 + 10), atol=1e-4)
    assert (rows @ rows.T)[0, 1] < 0.9


def test_a_notebook_brought_back_makes_the_same_thumbnails(notebook):
    """The quick lines in the cell's metadata add whole numbers, where the cell takes means."""
    (path,) = [path for path in notebook_paths() if path.name == NOTEBOOK]
    quick = {"np": np}
    for cell in Notebook.read(path).code:
        lines = cell.metadata.get(presenting.KEY, "")
        if "def thumbnails" in lines:
            exec(lines, quick)
    pictures = np.random.default_rng(2).integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    pictures[0, :16] = 255  # as large as sums get
    np.testing.assert_allclose(
        quick["thumbnails"](pictures), notebook.thumbnails(pictures), atol=1e-5
    )


def test_fingerprints_tell_pictures_apart_by_one_byte(notebook):
    pictures = np.zeros((3, 32, 32, 3), np.uint8)
    pictures[2, 5, 5, 1] = 1
    assert len(notebook.fingerprints(pictures)) == 2


def test_grey_pictures_have_three_equal_channels(notebook):
    red_green_white = np.array([[255, 0, 0], [0, 255, 0], [255, 255, 255]], np.uint8)
    grey = notebook.grey(red_green_white.reshape(1, 1, 3, 3))
    assert grey.dtype == np.uint8 and (grey == grey[..., :1]).all()
    lightness = grey[0, 0, :, 0].astype(int)
    assert lightness.tolist() == [85, 85, 255]


def test_the_networks_take_bytes(notebook):
    data = datasets.load_cifar10(source="stand-in", limit=50)
    for model in (notebook.build_cnn(), notebook.build_dense(8)):
        shares = model.predict(data.x_train[:5], verbose=0)
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
