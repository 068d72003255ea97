"""What a reader could hand to a check by accident, or to see what happens: one table for all tests.

`VALUES` are things that are no sensible value; `FUNCTIONS` take any number of inputs and misbehave,
or are no functions at all. `ENDLESS` never return: try them with a short time limit.
None of them is the right answer to any exercise.
"""

from __future__ import annotations

import array
import collections
import decimal
import io
import random
import sys
import time
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class HostileError(Exception):
    """Cannot even be printed."""

    def __str__(self):
        raise ValueError("no message for you")

    __repr__ = __str__


class Hostile:
    """Refuses whatever a check might ask of it, or answers with a lie."""

    def __eq__(self, other):
        return True

    __hash__ = None

    def _refuse(self, *anything):
        raise HostileError

    __repr__ = __str__ = __len__ = __iter__ = __float__ = __array__ = __bool__ = _refuse
    __getattr__ = __getitem__ = __add__ = __sub__ = __format__ = __reduce_ex__ = _refuse


class Liar(np.ndarray):
    """An array that pretends to have any shape and to equal everything."""

    shape = property(lambda self: (2, 3))
    dtype = property(lambda self: np.dtype(float))

    def __eq__(self, other):
        return np.True_

    __hash__ = None

    def __array_function__(self, *anything):
        return np.True_

    def __array_ufunc__(self, *anything, **more):
        return np.True_


class PretendsToBeNumber(float):
    """A float that says it equals every number."""

    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class ListThatLies(list):
    """A list that has another length each time."""

    def __len__(self):
        return random.randrange(5)


class LoudText(str):
    """Text that exits when it is printed."""

    def __str__(self):
        sys.exit("text")

    __repr__ = __format__ = __str__


class Meta(type):
    """A metaclass that lies about names and instances."""

    __name__ = property(lambda cls: 1 / 0)

    def __instancecheck__(cls, instance):
        raise HostileError


class OddlyMade(metaclass=Meta):
    """Made by `Meta`."""


class FalseTensor:
    """Says that it comes from Keras, and breaks."""

    __module__ = "keras.src.false"

    def numpy(self):
        return Hostile()


class CallableThing:
    """An instance that can be called, and returns itself."""

    def __call__(self, *args):
        return self


def holds_itself():
    knot: list = []
    knot.append(knot)
    return knot


def object_array():
    array = np.empty(2, dtype=object)
    array[0] = Hostile()
    return array


def structured():
    return np.zeros(3, dtype=[("a", int), ("b", float)])


def sparse():
    from scipy.sparse import csr_array

    return csr_array(np.eye(3))


def coroutine():
    async def nothing():
        return 0

    return nothing()


VALUES: dict[str, Callable[[], Any]] = {
    "odd shape": lambda: np.full((7, 1, 3, 2), 0.123),
    "no numbers": lambda: np.zeros((0, 7, 2)),
    "NaN": lambda: float("nan"),
    "NaN array": lambda: np.full((2, 2), np.nan),
    "infinity": lambda: float("-inf"),
    "complex number": lambda: 1 + 2j,
    "complex array": lambda: np.ones(3) * 1j,
    "text": lambda: "garbage, surely",
    "bytes": lambda: b"\xff\x00",
    "array of text": lambda: np.array(["a", "b"]),
    "object array": object_array,
    "structured array": structured,
    "dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    "matrix": lambda: np.ones((2, 2)).view(np.matrix),
    "sparse matrix": sparse,
    "huge array": lambda: np.broadcast_to(1.5, (10**6, 10**6)),
    "huge number": lambda: 10**400,
    "ragged list": lambda: [[1, 2], [3]],
    "list with None": lambda: [1.5, None],
    "list of text": lambda: ["1", "2"],
    "list with a stub": lambda: [1.5, ...],
    "list that holds itself": holds_itself,
    "list of Hostile": lambda: [Hostile(), Hostile()],
    "list that lies": lambda: ListThatLies([1, 2, 3]),
    "dict": lambda: {"answer": 1, (1, 2): Hostile()},
    "set of odd things": lambda: {None, ("a",)},
    "generator": lambda: (i for i in range(3)),
    "endless generator": lambda: iter(int, 1),
    "map": lambda: map(str, [1, 2]),
    "range": lambda: range(10**12),
    "coroutine": coroutine,
    "class": lambda: Hostile,
    "function": lambda: len,
    "module": lambda: types,
    "file": io.StringIO,
    "decimal": lambda: decimal.Decimal("0.1"),
    "array.array": lambda: array.array("d", [1.0]),
    "deque": lambda: collections.deque([1.0]),
    "memory view": lambda: memoryview(b"abc"),
    "exception": HostileError,
    "hostile object": Hostile,
    "array that lies": lambda: np.full(7, 0.123).view(Liar),
    "number that lies": lambda: PretendsToBeNumber(0.123),
    "text that exits": lambda: LoudText("boo"),
    "object of an odd metaclass": OddlyMade,
    "false tensor": FalseTensor,
    "nested tuple": lambda: ((((((1.5,),),),),),),
    "HTML": lambda: "<script>alert('boo')</script>",
}


class ExitsWhenLookedAt:
    """Can be called, but not asked for its parameters."""

    @property
    def __signature__(self):
        sys.exit("signature")

    def __call__(self, *args):
        return self


def returns(make: Callable[[], Any]) -> Callable[..., Any]:
    return lambda *args: make()


def changes_inputs(*args):
    for argument in args:
        if isinstance(argument, np.ndarray):
            argument[...] = 0
        elif isinstance(argument, list):
            argument.append(Hostile())
        elif isinstance(argument, dict):
            argument.clear()
    return np.full((7, 1, 3, 2), 0.123)


def calls_itself(*args):
    return calls_itself(*args)


def raises(error: type[BaseException], *message) -> Callable[..., Any]:
    def function(*args):
        raise error(*message)

    return function


def calls_exit(*args):
    sys.exit("bye")


def prints_megabytes(*args):
    for _ in range(200):
        print("<b>loud</b>" * 1000)
        print("loud" * 1000, file=sys.stderr)


def prints_odd_characters(*args):
    print("\x1b[31mred\x00\ud800\n\n\n\n\nend")


def warns(*args):
    for _ in range(100):
        warnings.warn("this is odd", stacklevel=1)
    return float("nan")


def random_result(*args):
    return np.random.normal(size=3)


def loses_the_streams(*args):
    sys.stdout = sys.stderr = None
    print("where?")
    return Hostile()


def takes_nine(a, b, c, d, e, f, g, h, i):
    return 0.123


def takes_keywords(*, image):
    return 0.123


async def is_async(*args):
    return 0.123


def yields(*args):
    yield 0.123


def asks_for_too_much_memory(*args):
    return np.zeros((10**7, 10**7))


def forgets_to_return(*args):
    sum([1, 2])


@dataclass
class StubInside:
    def __call__(self, *args):
        weights = ...
        return weights * 2


FUNCTIONS: dict[str, Any] = {
    **{f"returns {what}": returns(make) for what, make in VALUES.items()},
    "returns None": forgets_to_return,
    "changes its inputs": changes_inputs,
    "calls itself": calls_itself,
    "raises": raises(ValueError, "<b>no</b>\n\nmany\nlines"),
    "raises with an address": raises(RuntimeError, object()),
    "raises a long message": raises(KeyError, "x" * 10**6),
    "raises an unprintable error": raises(HostileError),
    "raises StopIteration": raises(StopIteration),
    "raises KeyboardInterrupt": raises(KeyboardInterrupt),
    "raises GeneratorExit": raises(GeneratorExit),
    "raises a group": raises(ExceptionGroup, "many", [ValueError(1), HostileError()]),
    "calls exit": calls_exit,
    "prints megabytes": prints_megabytes,
    "prints odd characters": prints_odd_characters,
    "warns": warns,
    "random result": random_result,
    "loses the streams": loses_the_streams,
    "takes nine inputs": takes_nine,
    "takes keywords only": takes_keywords,
    "async function": is_async,
    "generator function": yields,
    "too much memory": asks_for_too_much_memory,
    "stub inside": StubInside(),
    "a callable thing": CallableThing(),
    "a thing that exits when looked at": ExitsWhenLookedAt(),
    # no functions at all
    "a class": Hostile,
    "a class of an odd metaclass": OddlyMade,
    "a number": 0.123,
    "an array": np.full(7, 0.123),
    "text": "lambda x: x",
    "None": None,
    "a module": types,
    "a hostile object": Hostile(),
    "an object of an odd metaclass": OddlyMade(),
}


def loops(*args):
    while True:
        pass


def loops_and_passes(*args):
    while True:
        try:  # noqa: SIM105
            time.sleep(0.001)
        except:  # noqa: E722
            pass


def loops_and_catches_everything(*args):
    while True:
        try:
            while True:
                try:  # noqa: SIM105
                    time.sleep(0.001)
                except:  # noqa: E722 (the point of it)
                    pass
        except BaseException:
            pass


def loops_in_finally(*args):
    try:
        while True:
            pass
    finally:
        while True:
            pass


def prints_for_ever(*args):
    while True:
        print("still here")


ENDLESS: dict[str, Callable[..., Any]] = {
    "loops": loops,
    "loops and passes": loops_and_passes,
    "loops and catches everything": loops_and_catches_everything,
    "loops in finally": loops_in_finally,
    "prints for ever": prints_for_ever,
}
