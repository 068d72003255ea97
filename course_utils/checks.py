"""Exercises that check themselves, and answer with a sentence that helps.

An exercise is one declaration: a model solution, an oracle that is independent of it, cases,
hints, and *misconceptions*: small wrong answers, each with the sentence that clears it up. The
reader's answer is compared with the oracle on every case. Where it differs in exactly the way a
misconception does, the check says that misconception's sentence, otherwise it shows the smallest
case that differs. `course_utils.exercises` tells how to declare one.

Three kinds: `Exercise` (the answer is a function), `ValueExercise` (a number, text, a tuple, an
array or a set) and `ProbeExercise` (a function or a Keras model whose behaviour is looked into).

A check never raises, never changes what it is given, and never trusts what it gets back.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import html
import importlib
import inspect
import linecache
import re
import sys
import textwrap
import types
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils import _results, _running
from course_utils._results import Tolerance, Unusable

__all__ = [
    "NOT_STARTED",
    "NOT_YET",
    "WELL_DONE",
    "Case",
    "Exercise",
    "Misconception",
    "ProbeExercise",
    "Tolerance",
    "ValueExercise",
    "Verdict",
]

NOT_STARTED = "not started"
NOT_YET = "not yet"
WELL_DONE = "well done"

_LOOKS = {  # symbol, colour (red, green, blue) of the three voices and of notes
    NOT_STARTED: ("○", "120, 120, 120"),
    NOT_YET: ("↻", "230, 159, 0"),
    WELL_DONE: ("✓", "0, 158, 115"),
    "note": ("→", "86, 180, 233"),
}


# ---------------------------------------------------------------------------- declarations


@dataclass(frozen=True)
class Case:
    """One input on which an answer is tried.

    Parameters
    ----------
    args : tuple
        The positional arguments. They are copied before each call.
    note : str, optional
        What is special about it, in a few words: ``"an empty picture"``.
    """

    args: tuple
    note: str = ""

    def __post_init__(self) -> None:
        if type(self.args) is not tuple:
            raise TypeError(f"Case(args): a tuple is expected, as in Case((x,)), got {self.args!r}")


@dataclass(frozen=True)
class Misconception:
    """A mistake that a person plausibly makes, and the sentence that clears it up.

    Parameters
    ----------
    wrong : callable or value
        A small wrong function with the solution's parameters; for a `ValueExercise` the wrong
        value. A misconception may raise, return nothing, or change its input: an answer that does
        the same is recognised by it.
    sentence : str
        Full sentences, to the reader, that say what is wrong and where to look.
    variants : sequence, optional
        The same mistake written differently; only tests use them.
    key : str, optional
        For a `ProbeExercise`: what its probe returns for this mistake.
    """

    wrong: Any
    sentence: str
    variants: Sequence[Any] = ()
    key: str = ""


# --------------------------------------------------------------------------------- verdicts


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check has to say.

    Parameters
    ----------
    name : str
        The exercise.
    voice : str
        `NOT_STARTED`, `NOT_YET` or `WELL_DONE`.
    headline : str
        One or two sentences.
    details : tuple of str, optional
        Further sentences.
    evidence : tuple of (str, str), optional
        What was put in, expected, got, printed: a label and text each.
    misconception : Misconception, optional
        The one that was recognised.
    """

    name: str
    voice: str
    headline: str
    details: tuple[str, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    misconception: Misconception | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        lines = [f"[{self.voice}] {self.name}: {self.headline}"]
        lines += [f"  {detail}" for detail in self.details]
        width = max((len(label) for label, _ in self.evidence), default=0) + 2
        for label, text in self.evidence:
            first, *rest = text.split("\n")
            lines.append(f"  {label:{width}}{first}".rstrip())
            lines += [f"  {'':{width}}{line}".rstrip() for line in rest]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = f"<div>{_html(self.headline)}</div>"
        body += "".join(f'<div style="margin-top:4px">{_html(d)}</div>' for d in self.details)
        if self.evidence:
            cell = "padding:2px 12px 2px 0;vertical-align:top;text-align:left;background:none"
            rows = "".join(
                f'<tr style="background:none"><td style="{cell};opacity:.8">{_html(label)}</td>'
                f'<td style="{cell}">{_pre(text)}</td></tr>'
                for label, text in self.evidence
            )
            body += (
                '<table style="margin:6px 0 0 0;border:0;border-collapse:collapse;'
                f'font-size:inherit">{rows}</table>'
            )
        return _box(self.voice, self.voice.capitalize(), self.name, body)


@dataclass(frozen=True, repr=False)
class _Note:
    """A hint or a solution, shown as calmly as a verdict."""

    name: str
    title: str
    text: str
    code: str = ""

    def __repr__(self) -> str:
        head = f"[{self.title}] {self.name}" + (f": {self.text}" if self.text else "")
        return f"{head}\n\n{self.code}" if self.code else head

    def _repr_html_(self) -> str:
        body = f"<div>{_html(self.text)}</div>" if self.text else ""
        if self.code:
            body += f'<div style="margin-top:4px">{_pre(self.code)}</div>'
        return _box("note", self.title.capitalize(), self.name, body)


def _html(text: str) -> str:
    """Escape text, and set what stands between backticks as code."""
    escaped = html.escape(text).replace("\n", " ")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)


def _pre(text: str) -> str:
    escaped = html.escape(text).replace("\n", "&#10;")
    return (
        '<pre style="margin:0;padding:0;background:none;color:inherit;border:0;'
        f'white-space:pre-wrap;font-size:inherit;line-height:1.35">{escaped}</pre>'
    )


def _box(look: str, word: str, name: str, body: str) -> str:
    symbol, colour = _LOOKS[look]
    return (
        f'<div style="border-left:6px solid rgb({colour});background:rgba({colour},.12);'
        "color:inherit;padding:8px 14px;margin:4px 0;border-radius:3px;font-size:15px;"
        f'line-height:1.5;max-width:60em"><div><strong>{symbol} {html.escape(word)}</strong>'
        f' <span style="opacity:.8">· {html.escape(name)}</span></div>{body}</div>'
    )


def _display(thing: Verdict | _Note) -> None:
    """Show in a notebook or in IPython; print elsewhere."""
    if "IPython" in sys.modules:  # not imported here: the checks stay quick to import
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display(thing)
            return
    text = repr(thing)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


# ------------------------------------------------------------------- calling an answer once

_VALUE, _RAISED, _UNUSABLE, _UNFINISHED = "value", "raised", "unusable", "unfinished"


@dataclass
class _Outcome:
    """What came of one call."""

    kind: str
    value: Any = None  # a plain result
    sentence: str = ""  # for the reader, where there is no plain result
    error: str = ""  # name of the exception's type
    message: str = ""  # of the exception
    changed: tuple[int, ...] = ()  # positions of the inputs that were changed
    after: tuple = ()  # those inputs, as they are now
    printed: str = ""
    warned: str = ""


def _attempt(function: Callable, args: tuple, template: object) -> _Outcome:
    """Call a function on copies of the arguments, and copy what it returns."""
    given = copy.deepcopy(args)
    try:
        result = function(*given)
        outcome = _accept(result, template)
    except NotImplementedError:
        return _Outcome(_UNFINISHED)
    except _running.Stop:
        raise
    except BaseException as error:
        outcome = _Outcome(
            _RAISED,
            sentence=_what_was_raised(error),
            error=_results.type_name(error),
            message=_message(error),
        )
    changed = tuple(i for i, pair in enumerate(zip(args, given, strict=True)) if _moved(*pair))
    outcome.changed = changed
    outcome.after = tuple(_results.show(given[i]) for i in changed)
    return outcome


def _moved(before: object, after: object) -> bool:
    return not _results.unchanged(before, after)


def _accept(result: object, template: object) -> _Outcome:
    if result is Ellipsis:
        return _Outcome(_UNFINISHED)
    if result is NotImplemented:
        return _Outcome(_UNFINISHED)
    if result is None:
        return _Outcome(_UNUSABLE, sentence="Your function returns nothing: is a `return` missing?")
    try:
        return _Outcome(_VALUE, value=_results.plain(result, template))
    except Unusable as trouble:
        return _Outcome(_UNUSABLE, sentence=f"Your result cannot be used. {trouble}")


def _what_was_raised(error: BaseException) -> str:
    """Tell of an exception in one line, with the line of the reader's code where it arose."""
    name = _results.type_name(error)
    if isinstance(error, RecursionError):
        return "Your function calls itself without end (RecursionError): what should stop it?"
    if isinstance(error, SystemExit):
        return "Your function asks Python to exit. Let it `return` its result instead."
    if isinstance(error, KeyboardInterrupt):
        return "Your function raises KeyboardInterrupt, which is meant for the stop button."
    message = _message(error)
    line, source = _where(error)
    at = f" in line {line}" if line else ""
    at += f", `{source}`" if source else ""
    said = f"{name}: {message}" if message else name
    said = f"Your function stops with an error{at}: {said}"
    said += "" if said.endswith((".", "!", "?")) else "."
    if "ellipsis" in message:
        said += " A `...` still stands in your code."
    if name == "MemoryError" or name == "_ArrayMemoryError":
        said = f"Your function asks for more memory than there is{at}."
    return said


def _message(error: BaseException) -> str:
    """Return an exception's message, or nothing where it cannot be had."""
    try:
        return _results.clean(str(error))
    except Exception:
        return ""


def _where(error: BaseException) -> tuple[int, str]:
    """Return line number and text of the deepest line in the reader's own code, or 0 and ''."""
    home, line, source = "", 0, ""
    trace = error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename not in (__file__, _results.__file__, _running.__file__):
            if not home:
                home = filename
            if filename == home and "site-packages" not in filename:
                line = trace.tb_lineno
                source = linecache.getline(filename, line)
        trace = trace.tb_next
    return line, _results.clean(source, 60).replace("`", "'")


def _agree(
    one: _Outcome, other: _Outcome, tolerance: Tolerance | None, same_dtype: bool = False
) -> bool:
    """Tell whether two calls came to the same: result, error or defect, and changed inputs."""
    if one.kind != other.kind or one.changed != other.changed:
        return False
    if one.kind == _VALUE:
        return _results.same(one.value, other.value, tolerance, same_dtype)
    return one.error == other.error and (one.kind == _RAISED or one.sentence == other.sentence)


def _parameters(function: Callable) -> list[str]:
    """Return the names of a function's parameters, or an empty list where it keeps them secret."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _wrong_arity(function: Callable, names: Sequence[str]) -> str:
    """Say in a sentence that a function takes another number of inputs than it is called with."""
    try:
        signature = inspect.signature(function)
    except _running.Stop:
        raise
    except BaseException:  # a foreign object may do anything when it is looked at
        return ""
    try:
        signature.bind(*names)
    except TypeError:
        pass
    else:
        return ""
    own = [_results.clean(str(name), 30) for name in signature.parameters]
    if len(own) == len(names):
        return f"Your function cannot be called like this: ({', '.join(names)}), without keywords."
    own[6:] = ["…"] * (len(own) > 6)
    takes = _count(len(signature.parameters), "input") + (f" ({', '.join(own)})" if own else "")
    gets = _count(len(names), "input") + (f" ({', '.join(names)})" if names else "")
    return f"Your function takes {takes}, but it is called with {gets}."


def _changes_input(name: str) -> str:
    return (
        f"Your function changes its input `{name}`, which belongs to the caller. "
        f"Work on a copy: `{name}.copy()`."
    )


def _count(number: int, thing: str) -> str:
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def _not_a_function(answer: object, name: str) -> str:
    """Return why an answer cannot be called, or an empty string."""
    hand_over = (
        f"Hand over the function itself, without brackets: `exercise.{name}.check(my_{name})`."
    )
    if issubclass(type(answer), type):
        return f"This is a class, where a function is asked for. {hand_over}"
    if type(answer) is types.FunctionType and inspect.iscoroutinefunction(answer):
        return "This is an `async` function. Write `def`, not `async def`."
    if not callable(answer):
        return f"This is {_results.words(answer)}, where a function is asked for. {hand_over}"
    return ""


# -------------------------------------------------------------------------------- exercises


class _BaseExercise(ABC):
    """What the three kinds of exercise share: check, hint and solution."""

    name: str
    tolerance: Tolerance | None = None

    def __init__(
        self,
        name: str,
        solution: Callable | None,
        *,
        hints: Sequence[str] = (),
        misconceptions: Sequence[Misconception] = (),
        well_done: str = "",
        variants: Sequence[Any] = (),
        time_limit: float = 5.0,
    ) -> None:
        if not name.isidentifier():
            raise ValueError(f"name: a Python identifier is expected, got {name!r}")
        self.name = name
        self.model_solution = solution
        self.hints = tuple(hints)
        self.misconceptions = tuple(misconceptions)
        self.well_done = well_done
        self.variants = tuple(variants)
        self.time_limit = float(time_limit)
        self._hints_given = 0

    def __repr__(self) -> str:
        return (
            f"Exercise {self.name}: exercise.{self.name}.check(my_{self.name}) checks your answer, "
            f"exercise.{self.name}.hint() has {_count(len(self.hints), 'hint')}, "
            f"exercise.{self.name}.solution() shows a solution."
        )

    def check(self, answer: object, *, time_limit: float | None = None) -> None:
        """Check an answer and show the verdict.

        Parameters
        ----------
        answer : object
            What the exercise asks for. Anything else gets a kind sentence.
        time_limit : float, optional
            Seconds after which the answer's code is stopped; the exercise's own limit by default.
        """
        with contextlib.suppress(KeyboardInterrupt):
            _display(self.verdict(answer, time_limit=time_limit))

    def verdict(self, answer: object, *, time_limit: float | None = None) -> Verdict:
        """Check an answer and return the verdict; parameters as in `check`."""
        try:
            return self._judge(answer, self.time_limit if time_limit is None else time_limit)
        except KeyboardInterrupt:
            return self._not_yet("The check was interrupted before it was done.")
        except Exception as trouble:
            return self._not_yet(
                "This answer confuses the check itself "
                f"({_results.type_name(trouble)}), so it cannot be judged."
            )

    def hint(self) -> None:
        """Show the next hint; after the last one, say so."""
        total = len(self.hints)
        if self._hints_given < total:
            text = self.hints[self._hints_given]
            self._hints_given += 1
            title = f"hint {self._hints_given} of {total}"
            if self._hints_given == total:
                text += f" (This was the last hint: next is `exercise.{self.name}.solution()`.)"
            _display(_Note(self.name, title, text))
        else:
            text = f"There is no further hint. `exercise.{self.name}.solution()` shows a solution."
            _display(_Note(self.name, "no more hints" if total else "no hints", text))

    def solution(self) -> None:
        """Show the source of the model solution."""
        _display(_Note(self.name, "solution", self._solution_text(), self.solution_source()))

    def solution_source(self) -> str:
        """Return the source of the model solution, or an empty string where there is none."""
        if self.model_solution is None:
            return ""
        try:
            return textwrap.dedent(inspect.getsource(self.model_solution)).rstrip()
        except (OSError, TypeError):
            return ""

    def _solution_text(self) -> str:
        return "One way to do it:" if self.solution_source() else "No source can be shown here."

    @property
    def right_answer(self) -> Any:
        """An answer that is right."""
        return self.model_solution

    @abstractmethod
    def _judge(self, answer: object, seconds: float) -> Verdict:
        """Return the verdict; may raise."""

    # -- verdicts ------------------------------------------------------------------------

    def _not_started(self) -> Verdict:
        return Verdict(
            self.name,
            NOT_STARTED,
            "Put your own work in place of the `...` and run the cell again; "
            f"`exercise.{self.name}.hint()` helps.",
        )

    def _not_yet(
        self,
        headline: str,
        *details: str,
        evidence: Iterable[tuple[str, str]] = (),
        misconception: Misconception | None = None,
    ) -> Verdict:
        return Verdict(self.name, NOT_YET, headline, details, tuple(evidence), misconception)

    def _done(self, headline: str, evidence: Iterable[tuple[str, str]] = ()) -> Verdict:
        details = (self.well_done,) if self.well_done else ()
        return Verdict(self.name, WELL_DONE, headline, details, tuple(evidence))

    def _named(
        self, misconception: Misconception, evidence: Iterable[tuple[str, str]] = ()
    ) -> Verdict:
        return self._not_yet(misconception.sentence, evidence=evidence, misconception=misconception)

    def _too_long(
        self, state: str, seconds: float, evidence: Iterable[tuple[str, str]] = ()
    ) -> Verdict:
        if state == _running.INTERRUPTED:
            return self._not_yet("The check was interrupted before it was done.")
        limit = f"{seconds:g} second{'' if seconds == 1 else 's'}"
        if state == _running.STUCK:
            text = (
                f"Your function was not done within {limit} and cannot be stopped from here: it "
                "goes on in the background until you restart the kernel."
            )
        else:
            text = (
                f"Your function was not done within {limit}, so it was stopped. "
                "Is there a loop that never ends?"
            )
        return self._not_yet(text, evidence=evidence)


class Exercise(_BaseExercise):
    """An exercise whose answer is a function, compared with an oracle case by case.

    Parameters
    ----------
    name : str
        The module-level name it is assigned to.
    solution : callable
        The model solution, shown by `solution`; its parameter names are the ones told to the
        reader. Name it ``my_<name>``, as the reader's function is named.
    oracle : callable
        Returns the right result by an independent way (SciPy, a closed form, plain loops).
    cases : sequence of Case or tuple
        Fixed ones that a reader can follow, and edge cases; a bare tuple is a case without a note.
    random_cases : callable, optional
        ``random_cases(rng)`` returns or yields more cases, drawn from a `numpy.random.Generator`.
    tolerance : float or Tolerance, optional
        A bare number is absolute. By default whole numbers are compared exactly, others to
        ``rtol=1e-5, atol=1e-8``.
    same_dtype : bool, optional
        Whether the result's dtype must be the oracle's.
    hints : sequence of str
        From a nudge to nearly the answer.
    misconceptions : sequence of Misconception
        The first that fits is told.
    well_done : str
        A thought to go on with.
    variants : sequence of callable, optional
        Other right answers, for tests.
    time_limit : float, optional
        Seconds for the whole check.
    seed : int, optional
        Of the random cases.

    Examples
    --------
    >>> def my_double(x):
    ...     return 2 * x
    >>> double = Exercise(
    ...     "double",
    ...     my_double,
    ...     oracle=lambda x: x + x,
    ...     cases=[(3,), Case((0,), "zero")],
    ...     misconceptions=[Misconception(lambda x: x**2, "You squared the number.")],
    ... )
    >>> double.check(lambda x: x * x)
    [not yet] double: You squared the number.
      input     x = 3
      expected  6
      got       9
    >>> double.check(lambda x: ...)
    [not started] double: Put your own work in place of the `...` and run the cell again; `exercise.double.hint()` helps.
    """  # noqa: E501 (a line of output)

    def __init__(
        self,
        name: str,
        solution: Callable,
        oracle: Callable | None = None,
        *,
        cases: Sequence[Case | tuple] = (),
        random_cases: Callable[[np.random.Generator], Iterable[Case | tuple]] | None = None,
        tolerance: float | Tolerance | None = None,
        same_dtype: bool = False,
        seed: int = 0,
        **common: Any,
    ) -> None:
        super().__init__(name, solution, **common)
        self.oracle = oracle or solution
        self.fixed_cases = tuple(map(_as_case, cases))
        self.random_cases = random_cases
        self.tolerance = _results.as_tolerance(tolerance)
        self.same_dtype = same_dtype
        self.seed = seed
        self.parameters = _parameters(solution)

    def draw_cases(self, seed: int) -> tuple[Case, ...]:
        """Return the random cases that belong to a seed."""
        if self.random_cases is None:
            return ()
        return tuple(map(_as_case, self.random_cases(np.random.default_rng(seed))))

    @functools.cached_property
    def cases(self) -> tuple[Case, ...]:
        """All cases of a check: the fixed ones, then the random ones."""
        return self.fixed_cases + self.draw_cases(self.seed)

    @functools.cached_property
    def _expected(self) -> list[_Outcome]:
        return [self.expect(case) for case in self.cases]

    @functools.cached_property
    def _mistakes(self) -> list[list[_Outcome]]:
        """What each misconception makes of each case."""
        with _quiet():
            return [
                [
                    _attempt(mistake.wrong, case.args, expected.value)
                    for case, expected in zip(self.cases, self._expected, strict=True)
                ]
                for mistake in self.misconceptions
            ]

    def expect(self, case: Case) -> _Outcome:
        """Ask the oracle."""
        with _quiet():
            result = self.oracle(*copy.deepcopy(case.args))
        return _Outcome(_VALUE, value=_results.plain(result, _results.as_template(result)))

    def tells_apart(self, misconception: Misconception) -> int:
        """Count the cases on which a misconception and the oracle differ."""
        mistakes = self._mistakes[self.misconceptions.index(misconception)]
        return sum(not self._equal(*pair) for pair in zip(self._expected, mistakes, strict=True))

    def _equal(self, one: _Outcome, other: _Outcome) -> bool:
        return _agree(one, other, self.tolerance, self.same_dtype)

    def _judge(self, answer: object, seconds: float) -> Verdict:
        if answer is Ellipsis:
            return self._not_started()
        if trouble := _not_a_function(answer, self.name):
            return self._not_yet(trouble)

        expected, console = self._expected, _running.Console()
        outcomes: list[_Outcome] = []
        repeats: list[tuple[int, _Outcome]] = []
        arity: list[str] = []

        def call(i: int) -> _Outcome:
            console.clear()
            outcome = _attempt(answer, self.cases[i].args, expected[i].value)
            outcome.printed, outcome.warned = console.text, console.warning
            return outcome

        def try_everything() -> None:
            if trouble := _wrong_arity(answer, self.parameters):
                arity.append(trouble)
                return
            for i in range(len(self.cases)):
                outcomes.append(call(i))
                if outcomes[-1].kind == _UNFINISHED:
                    return
            again = self._smallest_wrong(outcomes) or 0
            repeats.append((again, call(again)))

        state = _running.run(try_everything, console, seconds)
        if state != _running.FINISHED:
            evidence = self._input_shown(len(outcomes)) if len(outcomes) < len(self.cases) else ()
            return self._too_long(state, seconds, evidence)
        if arity:
            return self._not_yet(arity[0])
        if outcomes[-1].kind == _UNFINISHED:
            return self._not_started()
        return self._compare(outcomes, *repeats[0])

    def _smallest_wrong(self, outcomes: Sequence[_Outcome]) -> int | None:
        wrong = [i for i, o in enumerate(outcomes) if not self._equal(self._expected[i], o)]
        return min(wrong, key=lambda i: _results.weight(self.cases[i].args), default=None)

    def _compare(self, outcomes: list[_Outcome], repeated: int, repeat: _Outcome) -> Verdict:
        smallest = self._smallest_wrong(outcomes)
        if not self._equal(outcomes[repeated], repeat):
            return self._not_yet(
                "Your function gives two different answers to the same question: does it draw "
                "random numbers, or remember something from call to call?",
                evidence=[
                    *self._input_shown(repeated),
                    *self._got_shown(outcomes[repeated], "first"),
                    *self._got_shown(repeat, "then"),
                ],
            )
        if smallest is None:
            right = f"Right on all {len(outcomes)} cases." if len(outcomes) > 1 else "Right."
            return self._done(right, self._printed(outcomes[0]))
        for mistake, results in zip(self.misconceptions, self._mistakes, strict=True):
            if self._is_recognised(outcomes, results):
                return self._named(mistake, self._evidence(outcomes, smallest))
        return self._explain(outcomes, smallest)

    def _is_recognised(self, outcomes: list[_Outcome], mistakes: list[_Outcome]) -> bool:
        """Tell whether an answer is right where a mistake is, and else wrong in the same way.

        An error of the same type is no sufficient proof: many mistakes raise a ValueError. On one
        case at least the results have to be the same, or the messages.
        """
        proved = False
        for right, mistake, outcome in zip(self._expected, mistakes, outcomes, strict=True):
            if self._equal(right, mistake):
                if not self._equal(right, outcome):
                    return False
            elif self._equal(mistake, outcome):
                proved |= mistake.kind != _RAISED or mistake.message == outcome.message
            else:
                return False
        return proved

    def _explain(self, outcomes: list[_Outcome], smallest: int) -> Verdict:
        outcome, right = outcomes[smallest], self._expected[smallest]
        evidence = self._evidence(outcomes, smallest)
        if outcome.kind == _RAISED or outcome.kind == _UNUSABLE:
            return self._not_yet(outcome.sentence, evidence=evidence)
        if outcome.changed:
            name = self._parameter(outcome.changed[0])
            return self._not_yet(
                _changes_input(name),
                evidence=[
                    *self._input_shown(smallest),
                    (f"{name} afterwards", outcome.after[0]),
                    *self._printed(outcome),
                ],
            )
        sentence = _results.difference(right.value, outcome.value, self.tolerance, self.same_dtype)
        wrong = sum(not self._equal(e, o) for e, o in zip(self._expected, outcomes, strict=True))
        details = []
        if wrong < len(outcomes):
            right_already = len(outcomes) - wrong
            are = "is" if right_already == 1 else "are"
            details.append(f"{right_already} of {len(outcomes)} cases {are} right already.")
        return self._not_yet(sentence, *details, evidence=evidence)

    # -- evidence ------------------------------------------------------------------------

    def _parameter(self, i: int) -> str:
        return self.parameters[i] if i < len(self.parameters) else f"input {i + 1}"

    def _input_shown(self, i: int) -> list[tuple[str, str]]:
        case = self.cases[i]
        lines = []
        for position, argument in enumerate(case.args):
            head = f"{self._parameter(position)} = "
            lines.append(head + _results.show(argument).replace("\n", "\n" + " " * len(head)))
        label = "input" + (f" ({case.note})" if case.note else "")
        return [(label, "\n".join(lines))] if lines else []

    def _got_shown(self, outcome: _Outcome, label: str) -> list[tuple[str, str]]:
        if outcome.kind == _VALUE:
            return [(label, _results.show(outcome.value))]
        return [(label, outcome.sentence)] if outcome.sentence else []

    def _printed(self, outcome: _Outcome) -> list[tuple[str, str]]:
        return _shown_print(outcome.printed)

    def _evidence(self, outcomes: list[_Outcome], i: int) -> list[tuple[str, str]]:
        outcome = outcomes[i]
        shown = self._input_shown(i)
        if outcome.kind == _VALUE:
            expected, got = _results.show_pair(self._expected[i].value, outcome.value)
            shown += [("expected", expected), ("got", got)]
        shown += self._printed(outcome)
        if outcome.warned:
            shown.append(("warning", _results.clean(outcome.warned, 120)))
        return shown


def _shown_print(text: str) -> list[tuple[str, str]]:
    """Show what the reader's code printed: its first lines, without blank ones."""
    lines = [line for line in (_results.clean(line, 320) for line in text.splitlines()) if line]
    if len(lines) > 8:
        lines[8:] = ["…"]
    return [("printed", "\n".join(lines))] if lines else []


def _as_case(case: Case | tuple) -> Case:
    return case if isinstance(case, Case) else Case(case)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Run code of ours, such as a mistake that overflows, without warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


# ----------------------------------------------------------------------------------- values


class ValueExercise(_BaseExercise):
    """An exercise whose answer is a value: a number, text, a tuple, an array, a set or yes or no.

    The right value decides what is asked for. "Not yet" never tells it.

    Parameters
    ----------
    name : str
        The module-level name it is assigned to.
    answer : int, float, bool, str, tuple, list, numpy.ndarray, set or frozenset
        The right value. Text is compared without regard to case and spaces, a set without regard
        to order.
    solution : callable, optional
        A function of no arguments that works the answer out; `solution` shows its source.
    alternatives : sequence, optional
        Other values that are right: another spelling, for example.
    choices : sequence of str, optional
        For text: what there is to choose from.
    tolerance : float or Tolerance, optional
        A bare number is absolute; by default as in `Exercise`.
    hints, misconceptions, well_done, time_limit
        As in `Exercise`; a misconception's `wrong` is a value.

    Examples
    --------
    >>> pixels = ValueExercise(
    ...     "pixels", 784, misconceptions=[Misconception(56, "You added height and width.")]
    ... )
    >>> pixels.check(56)
    [not yet] pixels: You added height and width.
    >>> pixels.check(1000)
    [not yet] pixels: Your number is too large.
    >>> pixels.check("784")
    [not yet] pixels: Numbers are asked for, and this is the text '784'. Leave the quotes out.
    """

    def __init__(
        self,
        name: str,
        answer: Any,
        *,
        solution: Callable[[], Any] | None = None,
        alternatives: Sequence[Any] = (),
        choices: Sequence[str] = (),
        tolerance: float | Tolerance | None = None,
        **common: Any,
    ) -> None:
        super().__init__(name, solution, **common)
        self.answer = answer
        self.choices = tuple(choices)
        self.tolerance = _results.as_tolerance(tolerance)
        self._template = _results.as_template(answer)
        self._right = [self._read(value) for value in (answer, *alternatives)]
        self._wrong = [self._read(mistake.wrong) for mistake in self.misconceptions]

    @property
    def right_answer(self) -> Any:
        """An answer that is right."""
        return self.answer

    def _solution_text(self) -> str:
        source = "" if not self.solution_source() else " Worked out like this:"
        return f"The answer is {_results.show(self.answer)}.{source}"

    def _read(self, answer: object) -> Any:
        """Turn an answer into what can be compared, or raise `Unusable`."""
        if type(self._template) in (set, frozenset):
            if type(answer) not in (set, frozenset, list, tuple):
                raise _results.refusal("A set is", answer)
            entries = list(answer)
            if any(type(entry) not in (str, int, float) for entry in entries):
                raise Unusable("Each entry of the set is to be text or a number.")
            return frozenset(_folded(e) if type(e) is str else e for e in entries)
        value = _results.plain(answer, self._template)
        return _folded(value) if type(value) is str else value

    def _judge(self, answer: object, seconds: float) -> Verdict:
        if answer is Ellipsis:
            return self._not_started()
        if answer is None:
            return self._not_yet(
                "Your answer is None. Did the line that works it out return something?"
            )
        console, taken = _running.Console(), []

        def read() -> None:
            try:
                taken.append((self._read(answer), ""))
            except Unusable as trouble:
                taken.append((None, str(trouble)))
            except Exception:
                taken.append((None, f"This is {_results.words(answer)}, which cannot be read."))

        state = _running.run(read, console, seconds)
        if state != _running.FINISHED:
            return self._too_long(state, seconds)
        value, trouble = taken[0]
        if trouble:
            if type(answer) is str and re.fullmatch(r"[-+.,\deE()\[\]\s]+|True|False", answer):
                trouble += " Leave the quotes out."
            elif callable(answer) and not _results.is_keras(answer):
                trouble += " Hand over the value, not the function."
            return self._not_yet(trouble)
        if any(self._same(right, value) for right in self._right):
            return self._done("Right.")
        for mistake, wrong in zip(self.misconceptions, self._wrong, strict=True):
            if self._same(wrong, value):
                return self._named(mistake)
        return self._not_yet(self._what_is_off(value))

    def _same(self, one: Any, other: Any) -> bool:
        if type(one) is frozenset:
            return one == other
        return _results.same(one, other, self.tolerance)

    def _what_is_off(self, value: Any) -> str:
        right = self._right[0]
        if type(right) is frozenset:
            extra, missing = len(value - right), len(right - value)
            said = [f"{extra} too many in your set"] * bool(extra)
            said += [f"{missing} missing"] * bool(missing)
            return f"Not quite: {', '.join(said)}."
        if type(right) is str:
            if self.choices and value not in map(_folded, self.choices):
                return f"Choose one of these: {', '.join(map(repr, self.choices))}."
            return "That is not it."
        if type(right) is tuple:
            good = sum(self._same(*pair) for pair in zip(right, value, strict=True))
            return f"{good} of the {len(right)} values {'is' if good == 1 else 'are'} right."
        return self._what_is_off_in_numbers(right, value)

    def _what_is_off_in_numbers(self, right: np.ndarray, value: np.ndarray) -> str:
        if right.shape != value.shape:
            asked = "another shape is" if right.shape else "a single number is"
            return f"Your answer has {_results.shape_words(value.shape)}; {asked} asked for."
        if "b" in (right.dtype.kind, value.dtype.kind) and right.dtype != value.dtype:
            asked = "True or False is" if right.dtype.kind == "b" else "A number is"
            return f"{asked} asked for."
        if np.isnan(value).any():
            return "Your answer contains NaN, which is not a number."
        if np.isinf(value).any() and not np.isinf(right).any():
            return "Your answer contains an infinite number."
        if right.dtype.kind == "b" and not right.shape:
            return "That is not it."
        if not right.shape:
            return f"Your number is too {'large' if value > right else 'small'}."
        ones = (numbers.reshape(-1, 1) for numbers in (right, value))  # arrays of one number each
        good = sum(self._same(*pair) for pair in zip(*ones, strict=True))
        return f"{good} of the {right.size} numbers {'is' if good == 1 else 'are'} right."


def _folded(text: str) -> str:
    """Return text without what should not matter: case, spaces, a full stop, quotes."""
    return " ".join(text.casefold().split()).strip(" .!'\"`")


# ----------------------------------------------------------------------------------- probes


class _ProbeOver(BaseException):
    """Ends a probe early, because the answer has been found wanting."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


class ProbeExercise(_BaseExercise):
    """An exercise whose answer is tried out by a probe: find the bug, or build a model.

    Parameters
    ----------
    name : str
        The module-level name it is assigned to.
    solution : callable
        The model solution.
    probe : callable
        ``probe(answer)`` calls the reader's function, or looks into the model, and returns None if
        all is well, else the key of a misconception, a sentence of its own, or a pair of either
        and a further sentence. The function that it gets is wrapped: it returns plain arrays,
        tuples and text, or Keras objects as they are; a stub, an error, a wrong number of inputs,
        a changed input and an unusable result end the probe with the right verdict by themselves.
    answers : {"function", "model", "value"}, optional
        What the reader hands over: a function, a Keras model, or numbers and arrays.
    expects : str, optional
        What the function should return: ``"a pair (x, y) of arrays"``, told where the probe
        stumbles.
    needs : sequence of str, optional
        Modules to import before the clock starts, such as ``"keras"``.
    hints, misconceptions, well_done, variants, time_limit
        As in `Exercise`; each misconception has a `key`.

    Examples
    --------
    >>> def my_halve(x):
    ...     return x / 2
    >>> def probe(answer):
    ...     return None if answer(np.array([2.0]))[0] == 1.0 else "squared"
    >>> halve = ProbeExercise(
    ...     "halve",
    ...     my_halve,
    ...     probe,
    ...     misconceptions=[Misconception(lambda x: x**2, "You squared it.", key="squared")],
    ... )
    >>> halve.check(my_halve)
    [well done] halve: Right.
    >>> halve.check(lambda x: x * x)
    [not yet] halve: You squared it.
    """

    def __init__(
        self,
        name: str,
        solution: Callable,
        probe: Callable[[Any], Any],
        *,
        answers: str = "function",
        expects: str = "",
        needs: Sequence[str] = (),
        **common: Any,
    ) -> None:
        super().__init__(name, solution, **common)
        if answers not in ("function", "model", "value"):
            raise ValueError(
                f"answers: 'function', 'model' or 'value' is expected, got {answers!r}"
            )
        keys = [mistake.key for mistake in self.misconceptions]
        if "" in keys or len(set(keys)) < len(keys):
            raise ValueError(f"misconceptions: each needs a key of its own, got {keys}")
        self.probe = probe
        self.answers = answers
        self.expects = expects
        self.needs = tuple(needs)
        self.parameters = _parameters(solution)

    def _judge(self, answer: object, seconds: float) -> Verdict:
        if answer is Ellipsis:
            return self._not_started()
        for module in self.needs:
            importlib.import_module(module)
        console = _running.Console()
        verdicts: list[Verdict] = []
        state = _running.run(lambda: verdicts.append(self._try(answer)), console, seconds)
        if state != _running.FINISHED:
            return self._too_long(state, seconds)
        verdict = verdicts[0]
        if verdict.voice == NOT_STARTED:
            return verdict
        evidence = (*verdict.evidence, *_shown_print(console.text))
        return dataclasses.replace(verdict, evidence=evidence)

    def _try(self, answer: object) -> Verdict:
        try:
            return self._read_finding(self.probe(self._prepared(answer)))
        except _ProbeOver as over:
            return over.verdict
        except Exception as trouble:
            should = f" It should be {self.expects}." if self.expects else ""
            return self._not_yet(
                f"Your answer could not be tried out.{should}",
                evidence=[("error", _named_error(trouble))],
            )

    def _prepared(self, answer: object) -> Any:
        """Wrap a function, copy a value, let a model through."""
        if self.answers == "function":
            if trouble := _not_a_function(answer, self.name):
                raise _ProbeOver(self._not_yet(trouble))
            return _Probed(self, answer)
        if self.answers == "model":
            if not _results.is_keras(answer) or isinstance(answer, type):
                raise _ProbeOver(
                    self._not_yet(
                        f"A Keras model is asked for, and this is {_results.words(answer)}."
                    )
                )
            return answer
        return self.accept(answer)

    def accept(self, result: object) -> Any:
        """Copy a result into plain values; Keras objects stay what they are."""
        kind = type(result)
        if result is Ellipsis or result is NotImplemented:
            raise _ProbeOver(self._not_started())
        if result is None:
            raise _ProbeOver(self._not_yet("Your function returns nothing: is a `return` missing?"))
        if _results.is_keras(result) and not hasattr(kind, "numpy"):
            return result
        if kind is tuple:
            return tuple(self.accept(part) for part in result)
        if kind is dict and all(type(key) in (str, int) for key in result):
            return {key: self.accept(value) for key, value in result.items()}
        try:
            return _results.plain(result, "" if kind is str else 0.0)
        except Unusable as trouble:
            raise _ProbeOver(self._not_yet(f"Your result cannot be used. {trouble}")) from None

    def _read_finding(self, finding: Any) -> Verdict:
        if finding is None:
            return self._done("Right.")
        key, *details = finding if isinstance(finding, tuple) else (finding,)
        for mistake in self.misconceptions:
            if mistake.key == key:
                return dataclasses.replace(self._named(mistake), details=tuple(details))
        if " " not in key:
            raise KeyError(f"the probe of {self.name} returned the unknown key {key!r}")
        return self._not_yet(key, *details)


class _Probed:
    """The reader's function, as a probe sees it."""

    def __init__(self, exercise: ProbeExercise, function: Callable) -> None:
        self._exercise = exercise
        self._function = function

    def __call__(self, *args: Any) -> Any:
        exercise = self._exercise
        if trouble := _wrong_arity(self._function, exercise.parameters[: len(args)]):
            raise _ProbeOver(exercise._not_yet(trouble))
        given = [_copied(argument) for argument in args]
        try:
            result = self._function(*given)
        except NotImplementedError:
            raise _ProbeOver(exercise._not_started()) from None
        except (_running.Stop, _ProbeOver):
            raise
        except BaseException as error:
            raise _ProbeOver(exercise._not_yet(_what_was_raised(error))) from None
        accepted = exercise.accept(result)
        for name, before, after in zip(exercise.parameters, args, given, strict=False):
            if _moved(before, after):
                raise _ProbeOver(exercise._not_yet(_changes_input(name)))
        return accepted


def _copied(argument: Any) -> Any:
    """Copy what a function could change by mistake; models and the like are handed on."""
    return (
        copy.deepcopy(argument) if type(argument) in (np.ndarray, list, tuple, dict) else argument
    )


def _named_error(error: Exception) -> str:
    return f"{_results.type_name(error)}: {_message(error)}".rstrip(": ")
