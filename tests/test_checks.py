"""The mechanism of the checks, tried on small sample exercises and on a table of garbage."""

from __future__ import annotations

import html
import io
import random
import re
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils import _running, checks
from course_utils.checks import (
    NOT_STARTED,
    NOT_YET,
    WELL_DONE,
    Case,
    Exercise,
    Misconception,
    ProbeExercise,
    Tolerance,
    ValueExercise,
)
from tests import garbage

# --- sample exercises ---------------------------------------------------------------------


def my_flatten(image):
    """Return the pixels row after row."""
    return image.reshape(-1)


def pixels_in_order(image):
    return np.array([pixel for row in image for pixel in row], dtype=image.dtype)


def pictures(rng):
    return [Case((rng.integers(0, 256, shape),)) for shape in [(3, 2), (4, 4), (28, 28)]]


flatten = Exercise(
    "flatten",
    my_flatten,
    pixels_in_order,
    cases=[
        Case((np.arange(6).reshape(2, 3),), "two rows"),
        (np.array([[1, 2], [3, 4]]),),
        Case((np.array([[7]]),), "one pixel"),
    ],
    random_cases=pictures,
    hints=["How many pixels are there?", "Look for `reshape`."],
    misconceptions=[
        Misconception(
            lambda image: image.T.reshape(-1),
            "You went down the columns.",
            variants=[lambda image: image.reshape(-1, order="F")],
        ),
        Misconception(lambda image: image[0], "You stopped after the first row."),
        Misconception(lambda image: image.flatten().sort(), "The method `sort` returns nothing."),
        Misconception(lambda image: image[len(image)], "You counted the rows from 1."),
        Misconception(lambda image: image.reshape(-1).astype(str), "You made text of them."),
    ],
    well_done="Now, what is lost?",
)


def my_mean_and_range(values):
    return values.mean(), np.ptp(values)


mean_and_range = Exercise(
    "mean_and_range",
    my_mean_and_range,
    lambda values: (sum(values) / len(values), max(values) - min(values)),
    cases=[(np.array([1.0, 2.0, 6.0]),), (np.array([-1.0, 1.0]),)],
)

is_large = Exercise(
    "is_large", lambda x: x > 2, lambda x: np.greater(x, 2), cases=[(np.arange(4),)]
)
as_bytes = Exercise(
    "as_bytes",
    lambda x: x.astype(np.uint8),
    lambda x: np.array([int(v) for v in x], dtype=np.uint8),
    cases=[(np.array([1.0, 200.0]),)],
    same_dtype=True,
)
variance = ValueExercise(
    "variance",
    2.0,
    solution=lambda: np.var([1.0, 3.0, 5.0, 3.0]),
    tolerance=0.01,
    hints=["Squares."],
    misconceptions=[Misconception(8 / 3, "You divided by n − 1.")],
    well_done="Why is it called the second moment?",
)


def my_prepare(x, y):
    return x / 255, y


def pairing_probe(answer):
    x, y = answer(np.array([[0.0], [255.0]]), np.array([0, 1]))
    if x.max() > 1:
        return "range"
    if not np.array_equal(x[:, 0] > 0.5, y == 1):
        return "pairing", "Row 0 came back with the label of row 1."
    return None


prepare = ProbeExercise(
    "prepare",
    my_prepare,
    pairing_probe,
    expects="a pair (x, y) of arrays",
    misconceptions=[
        Misconception(lambda x, y: (x, y), "You did not scale the pixels.", key="range"),
        Misconception(lambda x, y: (x[::-1] / 255, y), "You tore the pairs apart.", key="pairing"),
    ],
)

SAMPLES = [flatten, mean_and_range, is_large, as_bytes, variance, prepare]


def text(exercise, answer, **options):
    return repr(exercise.verdict(answer, **options))


def assert_kind(verdict):
    """Not done; one paragraph; no traceback, no address, no file of ours, no raw markup."""
    assert verdict.voice in (NOT_YET, NOT_STARTED)
    said = repr(verdict)
    assert "\n\n" not in said and said == said.strip()
    assert verdict.headline.endswith((".", "?", "!"))
    for unwanted in ("Traceback", "checks.py", "_running", "_results", "site-packages", "confuses"):
        assert unwanted not in said
    assert not re.search(r"0x[0-9a-f]{4}", said)
    assert len(said) < 4000
    markup = verdict._repr_html_()
    assert "\n" not in markup and "<script" not in markup and "<b>" not in markup
    assert verdict.voice.capitalize() in markup


# --- the three voices ---------------------------------------------------------------------


def test_three_voices():
    assert flatten.verdict(my_flatten).voice == WELL_DONE
    assert flatten.verdict(lambda image: image).voice == NOT_YET
    assert flatten.verdict(lambda image: ...).voice == NOT_STARTED
    assert flatten.verdict(garbage.raises(NotImplementedError)).voice == NOT_STARTED
    assert [e.verdict(...).voice for e in SAMPLES] == [NOT_STARTED] * len(SAMPLES)


@pytest.mark.parametrize("exercise", SAMPLES, ids=lambda e: e.name)
def test_the_right_answer_is_well_done(exercise):
    verdict = exercise.verdict(exercise.right_answer)
    assert verdict.voice == WELL_DONE
    assert verdict.details == ((exercise.well_done,) if exercise.well_done else ())


def test_text_is_exact_and_stable():
    expected = (
        "[not yet] flatten: Your result has shape (2, 2), expected (4,).\n"
        "  1 of 6 cases is right already.\n"
        "  input     image = [[1, 2],\n"
        "                     [3, 4]]\n"
        "  expected  [1, 2, 3, 4]\n"
        "  got       [[1, 2],\n"
        "             [3, 4]]"
    )

    def wrong(image):
        return image if image.size > 1 else image.ravel()

    assert text(flatten, wrong) == text(flatten, wrong) == expected
    assert (
        text(flatten, my_flatten)
        == "[well done] flatten: Right on all 6 cases.\n  Now, what is lost?"
    )


def test_check_prints_and_returns_nothing(capsys):
    assert flatten.check(my_flatten) is None
    assert capsys.readouterr() == (text(flatten, my_flatten) + "\n", "")


def test_what_is_shown_survives_a_narrow_encoding(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    flatten.check(lambda image: "größer ✓")
    sys.stdout.flush()
    assert b"[not yet] flatten" in raw.getvalue()


# --- misconceptions -----------------------------------------------------------------------


@pytest.mark.parametrize("exercise", [flatten, variance, prepare], ids=lambda e: e.name)
def test_each_misconception_is_named(exercise):
    for misconception in exercise.misconceptions:
        for wrong in (misconception.wrong, *misconception.variants):
            verdict = exercise.verdict(wrong)
            assert verdict.voice == NOT_YET
            assert verdict.misconception is misconception
            assert verdict.headline == misconception.sentence


def test_the_first_that_fits_is_named():
    twins = [Misconception(lambda x: -x, "First."), Misconception(lambda x: 0 - x, "Second.")]
    negate = Exercise("same", lambda x: x, lambda x: +x, cases=[(3,)], misconceptions=twins)
    assert negate.verdict(lambda x: -x).headline == "First."


def test_a_misconception_has_to_fit_everywhere():
    """Right where the mistake is right, and wrong in the same way on all other cases."""
    square = Exercise(
        "square",
        lambda x: x * x,
        lambda x: x**2,
        cases=[(2,), (3,), (4,)],
        misconceptions=[Misconception(lambda x: 2 * x, "You doubled it.")],
    )
    assert square.verdict(lambda x: 2 * x).misconception is not None
    assert square.verdict(lambda x: 2 * x if x < 4 else 16).misconception is None
    assert square.verdict(lambda x: 2 * x if x > 2 else 5).misconception is None


def test_an_error_of_the_same_type_alone_is_no_proof():
    def beyond(image):
        raise IndexError("something else")

    assert flatten.verdict(beyond).misconception is None
    assert flatten.verdict(lambda image: image[image.shape[0]]).misconception is not None


def test_a_misconception_that_changes_its_input_is_told_from_one_that_does_not():
    def in_place(x):
        x *= 2
        return x

    double = Exercise(
        "double",
        lambda x: 2 * x,
        lambda x: x + x,
        cases=[(np.array([1, 2]),)],
        misconceptions=[Misconception(in_place, "You doubled the caller's array.")],
    )
    assert double.verdict(in_place).headline == "You doubled the caller's array."
    assert double.verdict(lambda x: x * 2).voice == WELL_DONE
    assert double.tells_apart(double.misconceptions[0]) == 1


# --- what differs -------------------------------------------------------------------------


def test_the_smallest_differing_case_is_shown():
    said = text(flatten, lambda image: image.ravel() + (image.size > 4))
    assert "image = [[0, 1, 2]," in said and "(two rows)" in said
    assert "2 of 6 cases are right already." in said


@pytest.mark.parametrize(
    ("exercise", "answer", "sentence"),
    [
        (flatten, lambda i: i.T, "Your result has shape (1, 1), expected (1,)."),
        (flatten, lambda i: 3, "Your result is a single number, expected shape (1,)."),
        (flatten, lambda i: np.sort(-i.ravel()) * -1, "another order"),
        (flatten, lambda i: i.ravel() * 1.5, "Your number differs from the expected one."),
        (flatten, lambda i: i.ravel() > 0, "Your result holds True or False, expected numbers."),
        (flatten, lambda i: i.ravel() / 0, "infinite"),
        (flatten, lambda i: i.ravel() * np.nan, "NaN"),
        (is_large, lambda x: (x > 2) * 1, "Your result holds numbers, expected True or False."),
        (as_bytes, lambda x: x, "Your numbers have the dtype float64, expected uint8."),
        (mean_and_range, lambda v: v.mean(), "2 values are asked for, and this is the number"),
        (mean_and_range, lambda v: (1, 2, 3), "2 values are asked for, and here are 3."),
        (mean_and_range, lambda v: (v.mean(), 9), "Of the 2 values, number 2 differs."),
        (flatten, lambda i, j: i, "Your function takes 2 inputs (i, j), but it is called with 1"),
        (
            flatten,
            lambda: 0,
            "Your function takes no inputs, but it is called with 1 input (image).",
        ),
        (flatten, my_flatten(np.eye(2)), "This is an array of shape (4,), where a function is"),
        (as_bytes, lambda x: None, "Your function returns nothing: is a `return` missing?"),
        (flatten, lambda i: [1, ...], "Part of it is still `...`."),
        (flatten, lambda i: ... * 2, "A `...` still stands in your code."),
        (flatten, garbage.calls_itself, "calls itself without end"),
        (flatten, garbage.calls_exit, "asks Python to exit"),
        (flatten, garbage.random_result, "two different answers"),
        (flatten, garbage.asks_for_too_much_memory, "more memory than there is"),
    ],
)
def test_defects_are_told_in_words(exercise, answer, sentence):
    verdict = exercise.verdict(answer)
    assert_kind(verdict)
    assert sentence in repr(verdict)


def test_lists_numbers_and_other_dtypes_are_fair_answers():
    assert flatten.verdict(lambda i: list(i.ravel())).voice == WELL_DONE
    assert flatten.verdict(lambda i: i.ravel().tolist()).voice == WELL_DONE
    assert flatten.verdict(lambda i: i.ravel().astype(np.float32)).voice == WELL_DONE
    assert flatten.verdict(lambda i: tuple(i.ravel())).voice == WELL_DONE
    assert mean_and_range.verdict(lambda v: [v.mean(), np.ptp(v)]).voice == WELL_DONE
    assert mean_and_range.verdict(lambda v: np.array([v.mean(), np.ptp(v)])).voice == WELL_DONE
    assert flatten.verdict(np.ravel).voice == WELL_DONE
    assert flatten.verdict(lambda image, order="C": image.ravel(order)).voice == WELL_DONE


def test_more_decimals_where_the_difference_is_small():
    third = Exercise("third", lambda: 1 / 3, lambda: 1 / 3, tolerance=1e-9, cases=[()])
    said = text(third, lambda: 0.333333)
    assert "expected  0.33333333\n" in said and "got       0.333333" in said


def test_large_arrays_are_cut_and_the_first_difference_is_named():
    big = Exercise("big", lambda x: x, np.copy, cases=[(np.zeros((50, 40)),)])

    def wrong(x):
        x = x.copy()
        x[3, 7] = 5
        return x

    verdict = big.verdict(wrong)
    assert "1 of 2000 numbers differs; the first at [3, 7]: expected 0, got 5." in verdict.headline
    assert "…" in repr(verdict) and "shape (50, 40)" in repr(verdict)
    assert len(repr(verdict)) < 1200


numbers = hnp.arrays(
    np.float64,
    hnp.array_shapes(max_dims=3, max_side=4),
    elements=st.floats(-1e6, 1e6, allow_subnormal=False),
)


@settings(max_examples=40, deadline=None)
@given(expected=numbers, data=st.data())
def test_property_right_within_the_tolerance_and_wrong_beyond(expected, data):
    exercise = Exercise("constant", lambda: expected, expected.copy, cases=[()])
    assert exercise.verdict(lambda: expected * (1 + 5e-6)).voice == WELL_DONE
    assert exercise.verdict(lambda: expected.tolist()).voice == WELL_DONE
    place = data.draw(st.sampled_from(list(np.ndindex(expected.shape))))
    other = expected.copy()
    other[place] += 1e-4 * max(1.0, abs(other[place]))
    assert_kind(exercise.verdict(lambda: other))
    assert_kind(exercise.verdict(lambda: expected[None]))


@settings(max_examples=40, deadline=None)
@given(expected=st.integers(-(2**60), 2**60), off=st.integers(1, 5))
def test_property_whole_numbers_are_exact(expected, off):
    exercise = ValueExercise("whole", expected)
    assert exercise.verdict(expected).voice == WELL_DONE
    assert exercise.verdict(np.int64(expected)).voice == WELL_DONE
    assert_kind(exercise.verdict(expected + off))
    assert_kind(exercise.verdict(expected - off))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.just(...)
    | hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(max_dims=2, max_side=3)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(result=anything)
def test_property_no_result_upsets_a_check(result):
    for exercise in (flatten, mean_and_range, as_bytes, prepare):
        assert_kind(exercise.verdict(lambda *args: result))
    verdict = variance.verdict(result)
    assert isinstance(repr(verdict), str) and isinstance(verdict._repr_html_(), str)


# --- garbage ------------------------------------------------------------------------------


def test_the_table_of_garbage_is_long_enough():
    assert len(garbage.FUNCTIONS) + len(garbage.ENDLESS) >= 60
    assert len(garbage.VALUES) >= 20


@pytest.mark.parametrize("what", garbage.FUNCTIONS)
def test_garbage_functions_get_a_kind_sentence(what, capsys):
    for exercise in (flatten, mean_and_range, is_large, as_bytes, prepare):
        assert_kind(exercise.verdict(garbage.FUNCTIONS[what]))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("what", garbage.VALUES)
def test_garbage_values_get_a_kind_sentence(what):
    right = [2.5, (2, 3), np.eye(2), "convolution", True, {"a", "b"}]
    for exercise in (variance, *(ValueExercise("value", answer) for answer in right)):
        assert_kind(exercise.verdict(garbage.VALUES[what]()))


@pytest.mark.parametrize("what", garbage.ENDLESS)
@pytest.mark.parametrize("exercise", [flatten, prepare], ids=lambda e: e.name)
def test_endless_functions_are_stopped(what, exercise):
    began = time.monotonic()
    verdict = exercise.verdict(garbage.ENDLESS[what], time_limit=0.2)
    assert time.monotonic() - began < 5
    assert_kind(verdict)
    assert "was stopped" in verdict.headline
    assert not [t for t in threading.enumerate() if t.name == "check" and t.is_alive()]


def test_what_cannot_be_stopped_is_left_and_reported():
    """A call inside C hears nothing until it returns."""
    verdict = flatten.verdict(lambda image: time.sleep(1.2), time_limit=0.2)
    assert_kind(verdict)
    assert "until you restart the kernel" in verdict.headline
    for thread in threading.enumerate():
        if thread.name == "check":
            thread.join(5)
            assert not thread.is_alive()


def test_a_slow_answer_that_returns_is_reported(monkeypatch):
    """As it is with a C call that never lets the waiting thread run."""
    monkeypatch.setattr(_running._Worker, "wait", lambda self, seconds: self.join() is None)
    verdict = flatten.verdict(lambda i: time.sleep(0.05) or i.ravel(), time_limit=0.1)
    assert "not done within 0.1 seconds" in verdict.headline


@pytest.mark.parametrize("exercise", [flatten, variance, prepare], ids=lambda e: e.name)
def test_the_stop_button(exercise, monkeypatch):
    def pressed(self, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(_running._Worker, "wait", pressed)
    verdict = exercise.verdict(my_flatten)
    assert verdict.headline == "The check was interrupted before it was done."


# --- nothing is disturbed -----------------------------------------------------------------


def test_cases_are_never_changed():
    before = [np.copy(case.args[0]) for case in flatten.cases]

    def vandal(image):
        image[...] = -1
        return image.ravel()

    verdict = flatten.verdict(vandal)
    assert "changes its input `image`" in verdict.headline and "`image.copy()`" in verdict.headline
    assert all(np.array_equal(b, c.args[0]) for b, c in zip(before, flatten.cases, strict=True))
    assert flatten.verdict(my_flatten).voice == WELL_DONE


def test_an_input_changed_is_told_though_the_result_is_right():
    def sorts(image):
        flat = image.ravel().copy()
        image.sort(axis=0)
        image[0, 0] = -5
        return flat

    assert "changes its input" in flatten.verdict(sorts).headline


def test_lists_and_dicts_are_watched_too():
    def pops(parts):
        return parts.pop() + len(parts["a"]) if isinstance(parts, dict) else parts.pop()

    last = Exercise(
        "last", lambda parts: parts[-1], lambda parts: parts[::-1][0], cases=[([1, 2],)]
    )
    assert "changes its input `parts`" in last.verdict(pops).headline


def test_a_random_generator_may_move_on():
    draw = Exercise(
        "draw",
        lambda rng: rng.random(3),
        lambda rng: np.array([rng.random() for _ in range(3)]),
        cases=[(np.random.default_rng(1),)],
    )
    assert draw.verdict(lambda rng: rng.random(3)).voice == WELL_DONE


def test_the_notebooks_state_is_restored(capsys):
    def meddles(image):
        np.random.seed(1)
        random.seed(1)
        sys.setrecursionlimit(5000)
        warnings.simplefilter("error")
        warnings.warn("hello", stacklevel=1)

    np.random.seed(7)
    random.seed(7)
    state = np.random.get_state()[1].tolist(), random.getstate()
    world = sys.stdout, sys.stderr, sys.getrecursionlimit(), warnings.filters[:]
    flatten.verdict(meddles)
    flatten.verdict(garbage.loses_the_streams)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == state
    assert (sys.stdout, sys.stderr, sys.getrecursionlimit(), warnings.filters[:]) == world
    assert capsys.readouterr() == ("", "")


def test_random_answers_are_the_same_each_time():
    """So that a notebook that draws random numbers can be compared with its stored output."""
    assert text(flatten, garbage.random_result) == text(flatten, garbage.random_result)


def test_prints_are_passed_on_in_part():
    verdict = flatten.verdict(garbage.prints_megabytes)
    printed = dict(verdict.evidence)["printed"]
    assert printed.startswith("<b>loud</b>") and len(printed) < 400
    shown = flatten.verdict(lambda i: print("shape", i.shape) or i.ravel())
    assert dict(shown.evidence) == {"printed": "shape (2, 3)"}


def test_other_threads_print_as_usual(capsys):
    began, done = threading.Event(), threading.Event()

    def elsewhere():
        began.wait(5)
        print("from elsewhere")
        done.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()

    def answer(image):
        began.set()
        done.wait(5)
        return image.ravel()

    assert flatten.verdict(answer).voice == WELL_DONE
    thread.join()
    assert capsys.readouterr().out == "from elsewhere\n"


def test_the_line_of_an_error_is_the_readers_own():
    def divides(image):
        helper = [1, 2]
        return helper[image.size + 5]

    verdict = flatten.verdict(divides)
    line = divides.__code__.co_firstlineno + 2
    assert verdict.headline == (
        f"Your function stops with an error in line {line}, `return helper[image.size + 5]`: "
        "IndexError: list index out of range."
    )


def test_a_warning_is_summarised():
    verdict = flatten.verdict(garbage.warns)
    assert dict(verdict.evidence)["warning"] == "this is odd"


def test_a_check_within_an_answer():
    def curious(image):
        return image.ravel() if flatten.verdict(my_flatten).voice == WELL_DONE else 0

    assert flatten.verdict(curious).voice == WELL_DONE


# --- values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "accepted", "refused"),
    [
        (784, [784, 784.0, np.uint16(784), np.array(784)], [783, True, "784", [784], 784.001]),
        (0.5, [0.5, np.float32(0.5), 0.5000001], [0.51, -0.5, False, float("nan")]),
        (True, [True, np.True_], [1, False, "True"]),
        ("Row order", ["row order", " ROW  order.", np.str_("row order")], ["rows", 3, ""]),
        ((2, 3), [(2, 3), [2, 3], np.array([2, 3])], [(3, 2), (2,), (2, 3, 1), 6, "(2, 3)"]),
        ([1, 2], [[1, 2], (1, 2), np.array([1, 2])], [[2, 1], [[1, 2]], [1, 2, 3]]),
        (np.eye(2), [np.eye(2), [[1, 0], [0, 1]]], [np.ones((2, 2)), np.eye(3), 1]),
        ({"b", "d"}, [{"d", "b"}, ["b", "d"], ("B", "D")], [{"b"}, {"b", "d", "a"}, "bd", 3]),
    ],
)
def test_values_accepted_and_refused(right, accepted, refused):
    exercise = ValueExercise("value", right)
    for answer in accepted:
        assert exercise.verdict(answer).voice == WELL_DONE
    for answer in refused:
        assert_kind(exercise.verdict(answer))


def test_not_yet_never_tells_the_value():
    secret = ValueExercise("secret", 6543.25)
    for answer in (1, 10**6, "x", [1, 2], None, np.nan, lambda: 3):
        assert "6543" not in text(secret, answer)
    assert secret.verdict(1).headline == "Your number is too small."
    assert secret.verdict(10**6).headline == "Your number is too large."


def test_alternatives_choices_and_parts():
    order = ValueExercise("order", "row", alternatives=["row-major"], choices=["row", "column"])
    assert order.verdict("Row-Major").voice == WELL_DONE
    assert order.verdict("diagonal").headline == "Choose one of these: 'row', 'column'."
    assert order.verdict("column").headline == "That is not it."
    assert ValueExercise("p", (2, 3)).verdict((2, 4)).headline == "1 of the 2 values is right."


@pytest.mark.parametrize("asked", [int, float])
@pytest.mark.parametrize("given", [int, float, np.float32, np.uint8])
def test_the_right_numbers_are_counted_whatever_their_dtype(asked, given):
    right = np.arange(9, dtype=asked).reshape(3, 3)
    answer = right.astype(given)
    answer[1, 1] = 7
    said = ValueExercise("nine", right).verdict(answer).headline
    assert said == "8 of the 9 numbers are right."


def test_tolerance_forms():
    assert ValueExercise("t", 10.0, tolerance=0.5).verdict(10.4).voice == WELL_DONE
    assert ValueExercise("t", 10.0, tolerance=Tolerance(rtol=0.01)).verdict(10.2).voice == NOT_YET
    assert ValueExercise("t", 1.0, tolerance=0).verdict(1 + 1e-12).voice == NOT_YET


# --- probes -------------------------------------------------------------------------------


def test_probe_finding_with_a_detail():
    verdict = prepare.verdict(lambda x, y: (x / 255, 1 - y))
    assert verdict.misconception.key == "pairing"
    assert verdict.details == ("Row 0 came back with the label of row 1.",)


def test_probe_guards_the_function():
    def in_place(x, y):
        x /= 255
        return x, y

    assert "changes its input `x`" in prepare.verdict(in_place).headline
    assert "It should be a pair (x, y) of arrays." in prepare.verdict(lambda x, y: x[0, 0]).headline
    assert "takes 1 input (x)" in prepare.verdict(lambda x: x).headline
    assert "IndexError" in prepare.verdict(lambda x, y: (x[9], y)).headline


def test_probe_may_say_a_sentence_of_its_own():
    exercise = ProbeExercise("own", my_prepare, lambda answer: "The sky is green.")
    assert exercise.verdict(my_prepare).headline == "The sky is green."


def test_probes_take_keras_models_as_they_are():
    class Model:
        __module__ = "keras.src.models"

        def __call__(self, x):
            return x

    exercise = ProbeExercise(
        "model", Model, lambda m: None if type(m) is Model else "bad answer", answers="model"
    )
    assert exercise.verdict(Model()).voice == WELL_DONE
    assert "A Keras model is asked for, and this is a list." in exercise.verdict([]).headline
    builder = ProbeExercise("build", Model, lambda f: None if type(f()) is Model else "bad answer")
    assert builder.verdict(Model).headline.startswith("This is a class")
    assert builder.verdict(lambda: Model()).voice == WELL_DONE


def test_tensors_are_numbers():
    class Tensor:
        __module__ = "tensorflow.python"

        def __init__(self, array):
            self.array = array

        def numpy(self):
            return self.array

    assert flatten.verdict(lambda image: Tensor(image.ravel())).voice == WELL_DONE
    assert_kind(flatten.verdict(lambda image: Tensor([1, 2])))


def test_declarations_are_checked():
    with pytest.raises(TypeError, match="tuple"):
        Case([1])
    with pytest.raises(ValueError, match="key"):
        ProbeExercise("p", my_prepare, print, misconceptions=[Misconception(print, "No.")])
    with pytest.raises(ValueError, match="answers"):
        ProbeExercise("p", my_prepare, print, answers="anything")
    with pytest.raises(ValueError, match="name"):
        ValueExercise("two words", 2)


# --- hints, solutions, looks --------------------------------------------------------------


def test_hints_in_turn(capsys):
    exercise = Exercise("sample", my_flatten, cases=[], hints=["One.", "Two."])
    for _ in range(4):
        assert exercise.hint() is None
    assert capsys.readouterr().out.splitlines() == [
        "[hint 1 of 2] sample: One.",
        "[hint 2 of 2] sample: Two. "
        "(This was the last hint: next is `exercise.sample.solution()`.)",
        *["[no more hints] sample: There is no further hint. "
          "`exercise.sample.solution()` shows a solution."] * 2,
    ]  # fmt: skip


def test_solution_shows_the_source(capsys):
    assert flatten.solution() is None
    assert capsys.readouterr().out == (
        "[solution] flatten: One way to do it:\n\n"
        "def my_flatten(image):\n"
        '    """Return the pixels row after row."""\n'
        "    return image.reshape(-1)\n"
    )
    variance.solution()
    assert "The answer is 2. Worked out like this:" in capsys.readouterr().out


def test_repr_of_an_exercise():
    assert repr(flatten) == (
        "Exercise flatten: exercise.flatten.check(my_flatten) checks your answer, "
        "exercise.flatten.hint() has 2 hints, exercise.flatten.solution() shows a solution."
    )


def test_html_escapes_what_the_reader_wrote():
    def loud(image):
        print("<script>alert(1)</script>")
        raise ValueError("<img src=x onerror=alert(1)>")

    markup = flatten.verdict(loud)._repr_html_()
    assert "<script>" not in markup and "<img" not in markup
    assert html.escape("<script>alert(1)</script>") in markup


def test_html_says_the_voice_in_words_and_keeps_the_lines_of_code():
    for answer, word in [(my_flatten, "✓ Well done"), (lambda i: 0, "↻ Not yet")]:
        assert word in flatten.verdict(answer)._repr_html_()
    note = checks._Note("flatten", "solution", "One way:", "a\n  b")
    assert "a&#10;  b</pre>" in note._repr_html_()


def test_importing_the_checks_is_light():
    code = (
        "import sys, course_utils.checks, course_utils.exercises\n"
        "heavy = 'tensorflow keras scipy matplotlib IPython sklearn'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_in_a_notebook():
    """A verdict is displayed, nothing reaches stderr, and exit() leaves the kernel alive."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    cells = [
        "import numpy as np\n"
        "from course_utils.checks import Exercise\n"
        "def my_double(x):\n    return 2 * x\n"
        "double = Exercise('double', my_double, lambda x: x + x, cases=[(np.arange(3),)])",
        "double.check(my_double)",
        "double.check(lambda x: exit())",
        "def my_double(x):\n    print('hello')\n    return x[7]\ndouble.check(my_double)",
        "double.hint()\ndouble",
        "double.check(lambda x: [i for i in iter(int, 1)], time_limit=0.3)",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=240, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in book.cells]
    assert not [o for cell in outputs for o in cell if o.output_type in ("stream", "error")]
    shown = [cell[0].data for cell in outputs[1:]]
    assert shown[0]["text/plain"] == "[well done] double: Right."
    assert "asks Python to exit" in shown[1]["text/plain"]
    assert "in line 3, `return x[7]`: IndexError" in shown[2]["text/plain"]
    assert "printed  hello" in shown[2]["text/plain"]
    assert outputs[4][1].data["text/plain"].startswith("Exercise double: ")
    assert "was stopped" in shown[4]["text/plain"]
    assert all("<div" in data["text/html"] for data in shown)


def test_the_check_never_raises_even_where_it_is_at_a_loss():
    broken = Exercise("broken", my_flatten, lambda image: object(), cases=[(np.eye(2),)])
    verdict = broken.verdict(my_flatten)
    assert verdict.voice == NOT_YET and "cannot be judged" in verdict.headline
    assert broken.check(my_flatten) is None
