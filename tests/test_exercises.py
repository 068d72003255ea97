"""Every exercise of the course keeps its promises: one set of tests for all of them.

Whatever `course_utils.exercises` finds is tested here, so a new exercise needs no test of its own.
"""

from __future__ import annotations

import copy
import inspect

import numpy as np
import pytest

from course_utils import _results, exercises
from course_utils.checks import (
    NOT_STARTED,
    NOT_YET,
    WELL_DONE,
    Exercise,
    ProbeExercise,
    ValueExercise,
)
from tests import garbage
from tests.test_checks import assert_kind

MANY_SEEDS = range(1, 21)  # of random cases beyond those of a check

ALL = [
    pytest.param(exercise, id=f"{module.__name__.rpartition('.')[2]}.{name}")
    for module in exercises.modules()
    for name, exercise in exercises.exercises(module).items()
]
of = pytest.mark.parametrize


def kind_of(kind):
    return [parameter for parameter in ALL if isinstance(parameter.values[0], kind)]


def stub(exercise):
    """Return what stands in the notebook before the reader starts."""
    if isinstance(exercise, ValueExercise):
        return ...
    return lambda *args: ...


@pytest.fixture
def label(request):
    """Return "nb06.flatten", as the test's id has it."""
    return request.node.callspec.id


@of("exercise", ALL)
def test_name_is_the_modules_own(exercise, label):
    module, name = label.split(".")
    assert exercise.name == name
    assert (
        exercise
        in exercises.exercises(
            next(m for m in exercises.modules() if m.__name__.endswith(module))
        ).values()
    )


@of("exercise", ALL)
def test_stub_is_not_started(exercise):
    verdict = exercise.verdict(stub(exercise))
    assert verdict.voice == NOT_STARTED
    assert f"exercise.{exercise.name}.hint()" in verdict.headline


@of("exercise", ALL)
def test_model_solution_and_its_variants_are_well_done(exercise):
    for right in (exercise.right_answer, *exercise.variants):
        verdict = exercise.verdict(right)
        assert verdict.voice == WELL_DONE, repr(verdict)
    assert verdict.details == (exercise.well_done,)


@of("exercise", kind_of(Exercise))
def test_solution_equals_the_oracle_on_many_random_cases(exercise):
    assert exercise.oracle is not exercise.model_solution, "the oracle has to be independent"
    cases = list(exercise.fixed_cases)
    for seed in MANY_SEEDS if exercise.random_cases else ():
        cases += exercise.draw_cases(seed)
    assert len(cases) >= 3
    for case in cases:
        expected = exercise.expect(case).value
        got = exercise.model_solution(*copy.deepcopy(case.args))
        got = _results.plain(got, _results.as_template(expected))
        assert _results.same(expected, got, exercise.tolerance, exercise.same_dtype), case


@of("exercise", kind_of(Exercise))
def test_cases_are_many_and_the_same_each_time(exercise):
    assert len(exercise.cases) >= 3
    for first, then in zip(exercise.draw_cases(3), exercise.draw_cases(3), strict=True):
        assert _results.unchanged(list(first.args), list(then.args))
    arity = len(exercise.parameters)
    assert all(len(case.args) == arity for case in exercise.cases)


@of("exercise", kind_of(ValueExercise))
def test_value_is_what_its_solution_works_out(exercise):
    if exercise.model_solution is not None:
        assert exercise.verdict(exercise.model_solution()).voice == WELL_DONE


@of("exercise", ALL)
def test_each_misconception_gets_its_own_sentence(exercise, label, record_property):
    assert len(exercise.misconceptions) >= 4
    sentences = [misconception.sentence for misconception in exercise.misconceptions]
    assert len(set(sentences)) == len(sentences)
    for i, misconception in enumerate(exercise.misconceptions):
        for wrong in (misconception.wrong, *misconception.variants):
            verdict = exercise.verdict(wrong)
            assert verdict.voice == NOT_YET, f"{i}: {misconception.sentence}"
            assert verdict.misconception is misconception, f"{i}: {verdict!r}"
            assert verdict.headline == misconception.sentence
        record_property("wrong-answer", [label, i])


@of("exercise", kind_of(Exercise))
def test_each_misconception_differs_from_the_oracle(exercise):
    for misconception in exercise.misconceptions:
        assert exercise.tells_apart(misconception) >= 1, misconception.sentence


@of("exercise", ALL)
def test_garbage_gets_a_kind_sentence(exercise, capsys):
    if isinstance(exercise, ValueExercise):
        answers = {what: make() for what, make in garbage.VALUES.items()}
    elif isinstance(exercise, ProbeExercise) and exercise.answers != "function":
        answers = {what: make() for what, make in garbage.VALUES.items()} | garbage.FUNCTIONS
    else:
        answers = garbage.FUNCTIONS
    for what, answer in answers.items():
        verdict = exercise.verdict(answer)
        assert verdict.voice != WELL_DONE, what
        assert_kind(verdict)
        assert capsys.readouterr() == ("", ""), what


@of("exercise", ALL)
def test_an_endless_loop_is_stopped(exercise):
    if isinstance(exercise, ValueExercise):
        pytest.skip("a value cannot loop")
    if isinstance(exercise, ProbeExercise) and exercise.answers != "function":
        pytest.skip("a model is not called")
    answer = garbage.ENDLESS["loops and catches everything"]
    verdict = exercise.verdict(answer, time_limit=0.2)
    assert_kind(verdict)
    assert "was stopped" in verdict.headline


@of("exercise", ALL)
def test_hints_and_solution(exercise, capsys):
    assert len(exercise.hints) >= 2
    exercise._hints_given = 0
    for i in range(1, len(exercise.hints) + 1):
        exercise.hint()
        assert f"[hint {i} of {len(exercise.hints)}] {exercise.name}: " in capsys.readouterr().out
    exercise._hints_given = 0
    exercise.solution()
    shown = capsys.readouterr().out
    if not isinstance(exercise, ValueExercise):
        assert f"def my_{exercise.name}(" in shown
        assert inspect.getdoc(exercise.model_solution).splitlines()[0] in shown
    else:
        assert shown.startswith(f"[solution] {exercise.name}: The answer is ")


@of("exercise", ALL)
def test_sentences_are_full_sentences(exercise):
    sentences = [m.sentence for m in exercise.misconceptions]
    assert exercise.well_done
    for sentence in (*sentences, *exercise.hints, exercise.well_done):
        assert sentence == sentence.strip() and "\n" not in sentence and "  " not in sentence
        assert len(sentence) <= 400
    for sentence in (*sentences, exercise.well_done):
        assert sentence.endswith((".", "?", "!", "…", ".)", "?)", "!)")), sentence
        start = sentence.lstrip("(`'\"")
        assert start[0].isupper() or start[0].isdigit() or sentence[0] == "`", sentence
        assert len(sentence.split()) >= 4


@of("exercise", ALL)
def test_not_yet_never_tells_a_value(exercise):
    if not isinstance(exercise, ValueExercise) or isinstance(exercise.answer, bool):
        pytest.skip("only values are kept secret")
    right = _results.show(exercise.answer)
    for answer in (np.float64(-123.456), "no idea", [-5, -6]):
        assert len(right) < 3 or right not in repr(exercise.verdict(answer))
