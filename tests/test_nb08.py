"""The exercises of notebook 08 agree with Keras, which their oracles do not import."""

import numpy as np
import pytest
from scipy import signal

from course_utils.checks import NOT_YET
from course_utils.environment import quiet_import
from course_utils.exercises import nb08
from course_utils.worked_examples import ONE_TO_FOUR, ONE_TO_NINE

with quiet_import():
    import keras

SEEDS = range(4)
ROWS = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def keras_map(image, kernel, bias=0.0, strides=1, padding="valid"):
    """Return what keras.ops makes of one image and one kernel, (h, w, c) and (kh, kw, c)."""
    batch = image[None].astype(np.float64)
    kernels = kernel[..., None].astype(np.float64)
    return np.array(keras.ops.conv(batch, kernels, strides, padding))[0, :, :, 0] + bias


def cases_of(exercise):
    return [*exercise.fixed_cases, *(c for seed in SEEDS for c in exercise.draw_cases(seed))]


def test_a_window_sum_is_an_entry_of_keras_s_map():
    for case in cases_of(nb08.window_sum):
        image, kernel, row, col = case.args
        expected = keras_map(image[..., None], kernel[..., None])[row, col]
        np.testing.assert_allclose(nb08.window_sum.oracle(*case.args), expected, atol=1e-9)


def test_output_size_is_the_length_of_keras_s_map():
    for case in cases_of(nb08.output_size):
        i, k, s, p = case.args
        row = np.zeros((1, i + 2 * p, 1))
        expected = keras.ops.conv(row, np.zeros((k, 1, 1)), s, "valid").shape[1]
        assert nb08.output_size.oracle(*case.args) == expected, case


def test_conv2d_is_keras_s():
    for case in cases_of(nb08.conv2d):
        image, kernel, stride = case.args
        expected = keras_map(image[..., None], kernel[..., None], strides=stride)
        got = nb08.conv2d.oracle(*case.args)
        np.testing.assert_allclose(got, expected, atol=1e-9, err_msg=case.note)


def test_padding_first_and_then_valid_is_keras_s_same():
    rng = np.random.default_rng(0)
    for case in cases_of(nb08.pad_same):
        image, size = case.args
        kernel = rng.normal(size=(size, size))
        padded = nb08.pad_same.oracle(*case.args)
        np.testing.assert_allclose(
            signal.correlate2d(padded, kernel, mode="valid"),
            keras_map(image[..., None], kernel[..., None], padding="same"),
            atol=1e-9,
            err_msg=case.note,
        )


def test_colour_is_keras_s():
    for case in cases_of(nb08.conv_colour):
        got = nb08.conv_colour.oracle(*case.args)
        np.testing.assert_allclose(got, keras_map(*case.args), atol=1e-9, err_msg=case.note)


def test_numbers_that_the_sentences_and_notes_quote():
    assert nb08.window_sum.oracle(ONE_TO_NINE, ONE_TO_FOUR, 0, 0) == 1 * 1 + 2 * 2 + 4 * 3 + 5 * 4
    corner, kernel, bias = nb08.conv_colour.fixed_cases[0].args
    assert nb08._channel_maps(corner, kernel).ravel().tolist() == [308, -498, 164]
    assert nb08.conv_colour.oracle(corner, kernel, bias) == [[-25]]
    flipped = next(m for m in nb08.conv_colour.misconceptions if "337" in m.sentence)
    assert flipped.wrong(corner, kernel, bias) == [[337]]
    assert nb08.output_size.oracle(224, 7, 2, 3) == 112, "as ResNet's first layer"


def finished(exercise, finish):
    """Return the model solution with a last step that spoils it on some inputs only."""
    return lambda *args: finish(exercise.model_solution(*args), *args)


SLY = {
    "whole numbers only": lambda result, *_: np.asarray(result).astype(int),
    "rounded": lambda result, *_: np.round(result, 2),
    "the picture's dtype": lambda result, image, *_: np.asarray(result).astype(image.dtype),
    "the kernel's dtype": lambda result, _, kernel, *__: np.asarray(result).astype(kernel.dtype),
    "ReLU": lambda result, *_: np.maximum(result, 0),
}


@pytest.mark.parametrize("exercise", [nb08.window_sum, nb08.conv2d, nb08.conv_colour])
@pytest.mark.parametrize("finish", SLY)
def test_answers_that_are_right_on_most_pictures_are_not_done(exercise, finish):
    verdict = exercise.verdict(finished(exercise, SLY[finish]))
    assert verdict.voice == NOT_YET
    assert verdict.evidence, "the case that shows it"


def test_padding_that_drops_fractions_is_not_done():
    assert nb08.pad_same.verdict(finished(nb08.pad_same, SLY["whole numbers only"])).evidence


# --- the kernel that shifts ---------------------------------------------------------------------


def slid(kernel, image):
    return keras_map(image[..., None], np.asarray(kernel)[..., None], padding="same")


def moved(image, down=0, right=0):
    """Return a picture moved by up to one row and column, zeros coming in."""
    frame = np.pad(image, 1)
    height, width = image.shape
    return frame[1 - down : 1 - down + height, 1 - right : 1 - right + width]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shift_kernel_moves_every_picture_one_column_to_the_right(seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=rng.integers(1, 9, 2))
    np.testing.assert_array_equal(slid(nb08.shift_kernel.answer, image), moved(image, right=1))


DOES = {
    "*left*: every pixel": lambda image: moved(image, right=-1),
    "leaves every picture": lambda image: image,
    "*down*": lambda image: moved(image, down=1),
    "*up*": lambda image: moved(image, down=-1),
    "to the right *and down*": lambda image: moved(image, 1, 1),
    "smeared upwards and downwards": lambda image: sum(moved(image, n, 1) for n in (-1, 0, 1)),
    "adds the moved picture": lambda image: image + moved(image, right=1),
    "subtracts the old picture": lambda image: moved(image, right=1) - image,
    "right neighbour minus": lambda image: moved(image, right=-1) - moved(image, right=1),
    "But −1 turns the sign": lambda image: -moved(image, right=1),
    "does not move things backwards": lambda image: -moved(image, right=-1),
}


@pytest.mark.parametrize("says", DOES)
def test_a_wrong_kernel_does_what_its_sentence_says(says):
    (mistake,) = (m for m in nb08.shift_kernel.misconceptions if says in m.sentence)
    image = np.array(ROWS)
    np.testing.assert_array_equal(slid(mistake.wrong, image), DOES[says](image))


def test_in_true_convolution_the_kernel_is_the_other_one():
    mirrored = np.flip(nb08.shift_kernel.answer)
    assert nb08.shift_kernel.verdict(mirrored).headline.startswith("This moves pictures to the *le")
    image = np.array(ROWS)
    true = signal.convolve2d(image, mirrored, mode="same")
    np.testing.assert_array_equal(true, moved(image, right=1))
