"""Grade notebooks with the checks that the exercises already have.

``python -m course_utils.grading export 08 DEST`` turns a notebook into an nbgrader assignment,
``python -m course_utils.grading grade 08 DEST SUBMISSIONS`` grades students' copies of it.
``instructor/grading.md`` tells how, and what the grading does not protect against.

`require` is what a test cell of an exported assignment calls. Where it runs decides how much it
can be trusted. In nbgrader's own runner, that is the student's kernel. Here, it is a process of
its own, the judge (`_judge`), where no student's code runs: a function that a student wrote stays
in another process (`_worker`), and what `require` gets is a proxy that asks there (`_wire`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_utils.checks import Verdict

__all__ = ["NotYet", "require"]


class NotYet(AssertionError):
    """An answer that is not right (yet); its text is the check's own sentence.

    Parameters
    ----------
    verdict : Verdict
        What the check says.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.headline)
        self.verdict = verdict


def verdict_of(exercise: Any, answer: object) -> Verdict:
    """Ask an exercise what it thinks of an answer; the judge puts its own way here."""
    return exercise.verdict(answer)


def require(exercise: Any, answer: object) -> None:
    """Pass if the exercise's check says "well done".

    Parameters
    ----------
    exercise : Exercise, ValueExercise or ProbeExercise
        From `course_utils.exercises`.
    answer : object
        The student's.

    Raises
    ------
    NotYet
        With the sentence of the check.

    Examples
    --------
    >>> from course_utils.exercises import nb00
    >>> require(nb00.add, lambda a, b: a + b)
    >>> require(nb00.add, lambda a, b: a - b)
    Traceback (most recent call last):
        ...
    course_utils.grading.NotYet: You subtracted b from a. The sum adds it.
    """
    from course_utils.checks import WELL_DONE

    verdict = verdict_of(exercise, answer)
    if verdict.voice != WELL_DONE:
        raise NotYet(verdict)
