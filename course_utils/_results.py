"""Look at a result without trusting it: copy it, compare it, and say in words what differs.

Only exact, known types are touched (numbers, text, lists, tuples, dicts, NumPy arrays, tensors):
no method of an unknown object is ever called, not even its ``repr``.
"""

from __future__ import annotations

import re
import types
from dataclasses import dataclass

import numpy as np

_NUMBERS = {bool, int, float} | {np.dtype(code).type for code in "?bhilqpBHILQPefdg"}
_COMPLEX = {complex} | {np.dtype(code).type for code in "FDG"}
_TEXT = {str, np.str_}
_DEEPEST = 16  # nested lists
_SPARE = 1_000_000  # numbers that a result may hold beyond what is expected
_SHOWN = 64  # numbers shown in full
_LINE = 84  # characters of a shown line


class Unusable(Exception):
    """A result that cannot be compared; its text is a sentence for the reader."""


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may lie apart: ``atol + rtol * abs(expected)``.

    Parameters
    ----------
    rtol, atol : float
        Relative and absolute part.
    """

    rtol: float = 0.0
    atol: float = 0.0


_USUAL = Tolerance(rtol=1e-5, atol=1e-8)


def as_tolerance(tolerance: float | Tolerance | None) -> Tolerance | None:
    """Read a bare number as an absolute tolerance."""
    if tolerance is None or isinstance(tolerance, Tolerance):
        return tolerance
    return Tolerance(atol=float(tolerance))


# ------------------------------------------------------------------------------------ words


def clean(text: str, most: int = 200) -> str:
    r"""Make foreign text fit for a sentence: one line, no addresses, not too long.

    Examples
    --------
    >>> clean("two\n lines at 0x7f3a12345678")
    'two lines at 0x…'
    """
    text = str.__getitem__(text, slice(0, 10 * most))  # an exact str, even of a subclass
    text = re.sub(r"0x[0-9a-fA-F]{4,}", "0x…", text)
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)  # a terminal's colours
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else text[: most - 2] + " …"


def type_name(thing: object) -> str:
    """Return the name of a thing's type, without asking the thing."""
    return clean(type.__dict__["__name__"].__get__(type(thing)), 60)


def _home(kind: type) -> list[str]:
    """Return the modules that a type and its ancestors come from."""
    return [str(vars(k).get("__module__", "")) for k in type.__dict__["__mro__"].__get__(kind)]


def is_keras(thing: object) -> bool:
    """Tell whether a thing comes from Keras or TensorFlow, without importing either."""
    return any(m.split(".")[0] in ("keras", "tensorflow") for m in _home(type(thing)))


def words(thing: object) -> str:
    """Say in a few words what kind of thing it is.

    Examples
    --------
    >>> words("seven"), words(len), words((i for i in "ab"))
    ("the text 'seven'", 'a function', 'a generator')
    """
    kind = type(thing)
    if thing is None:
        return "None"
    if thing is Ellipsis:
        return "`...`"
    if kind in _TEXT:
        return f"the text {clean(str.__repr__(thing), 40)}"
    if kind in _NUMBERS:
        return f"the number {show(np.asarray(thing))}" if kind is not bool else str(thing)
    if kind in _COMPLEX:
        return "a complex number"
    if kind is np.ndarray:
        return f"an array of {shape_words(thing.shape)}" if thing.shape else "a single number"
    if issubclass(kind, type):
        return "a class"
    known = {
        list: "a list",
        tuple: "a tuple",
        dict: "a dict",
        set: "a set",
        frozenset: "a set",
        range: "a range",
        bytes: "bytes",
        bytearray: "bytes",
        types.FunctionType: "a function",
        types.BuiltinFunctionType: "a function",
        types.MethodType: "a function",
        np.ufunc: "a function",
        types.GeneratorType: "a generator",
        types.CoroutineType: "a coroutine",
        types.ModuleType: "a module",
    }
    return known.get(kind, f"an object of type {type_name(thing)}")


def shape_words(shape: tuple[int, ...]) -> str:
    """Name a shape.

    Examples
    --------
    >>> shape_words((2, 3)), shape_words(())
    ('shape (2, 3)', 'a single number')
    """
    return f"shape {tuple(int(n) for n in shape)}" if shape else "a single number"


def refusal(asked: str, thing: object) -> Unusable:
    """Return the error that says what is asked for and what came instead.

    Examples
    --------
    >>> str(refusal("A set is", map(str, [1])))
    'A set is asked for, and this is an object of type map. Make a list or an array of it first.'
    """
    return Unusable(f"{asked} asked for, and this is {words(thing)}.{_remedy(thing)}")


def _remedy(thing: object) -> str:
    """Return what to do about a result that is not of a usable kind."""
    kind = type(thing)
    if kind in (types.GeneratorType, map, filter, zip, range):
        return " Make a list or an array of it first."
    if kind is types.CoroutineType:
        thing.close()  # or Python complains later that nobody awaited it
        return " Write `def`, not `async def`."
    if kind in (types.FunctionType, types.BuiltinFunctionType, types.MethodType):
        return " Are the brackets of a call missing?"
    if any(m.startswith("scipy.sparse") for m in _home(kind)):
        return " Turn the sparse matrix into an array with `.toarray()`."
    if any(m.startswith("pandas") for m in _home(kind)):
        return " Turn it into an array with `.to_numpy()`."
    if issubclass(kind, np.ndarray):
        return " Return a plain array: `np.asarray(result)`."
    return ""


# ------------------------------------------------------------------------- copying a result


def as_template(right: object) -> object:
    """Read a right result as a template for `plain`: a list of text asks for so many texts.

    Examples
    --------
    >>> as_template(["cat", "dog"]), as_template([1, 2])
    (('cat', 'dog'), [1, 2])
    """
    if type(right) is list and any(type(part) in _TEXT for part in right):
        return tuple(right)
    return right


def plain(result: object, template: object = 0.0) -> object:
    """Copy a result into plain arrays, tuples, dicts and text, as the template has them.

    Parameters
    ----------
    result : object
        Anything at all.
    template : object
        What is expected: a tuple asks for as many values, a dict for its keys, text for text;
        everything else asks for numbers.

    Returns
    -------
    numpy.ndarray, tuple, dict or str
        A copy that shares nothing with `result`.

    Raises
    ------
    Unusable
        With a sentence that says why not.

    Examples
    --------
    >>> plain([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]])
    """
    if type(template) is tuple:
        return _plain_tuple(result, template)
    if type(template) is dict:
        return _plain_dict(result, template)
    if type(template) is str:
        if type(result) not in _TEXT:
            raise refusal("Text is", result)
        if len(result) > 10_000:
            raise Unusable("This text is far longer than the one asked for.")
        return str.__str__(result)
    asked = np.asarray(template)
    return _plain_array(result, [asked.size + _SPARE], asked.dtype.kind == "c")


def _plain_tuple(result: object, template: tuple) -> tuple:
    if is_keras(result):
        result = _from_tensor(result)
    kind = type(result)
    splits = kind in (tuple, list) or (kind is np.ndarray and result.ndim > 0)
    if not splits:
        raise refusal(f"{len(template)} values are", result)
    if len(result) != len(template):
        raise Unusable(
            f"{len(template)} values are asked for, and here "
            + (f"are {len(result)}." if len(result) != 1 else "is one.")
        )
    return tuple(plain(part, asked) for part, asked in zip(result, template, strict=True))


def _plain_dict(result: object, template: dict) -> dict:
    if type(result) is not dict:
        raise refusal("A dict is", result)
    keys = [key for key in dict.__iter__(result) if type(key) in (str, int)]
    if len(keys) != len(result) or set(keys) != set(template):
        asked = clean(", ".join(repr(key) for key in template))
        raise Unusable(f"The dict needs exactly these keys: {asked}.")
    return {key: plain(result[key], template[key]) for key in template}


def _from_tensor(thing: object) -> np.ndarray:
    """Return the numbers of a Keras or TensorFlow tensor."""
    if not hasattr(type(thing), "numpy"):
        raise refusal("Numbers are", thing)
    array = thing.numpy()
    if type(array) is not np.ndarray and type(array) not in _NUMBERS:
        raise Unusable(f"Numbers are asked for, and this tensor holds {words(array)}.")
    return np.asarray(array)


def _plain_array(result: object, room: list[int], complex_too: bool, depth: int = 0) -> np.ndarray:
    kind = type(result)
    if kind in (list, tuple):
        return _plain_list(result, room, complex_too, depth)
    if kind is int:
        return _whole(result)
    if kind in _NUMBERS or (complex_too and kind in _COMPLEX):
        return np.array(result)
    if is_keras(result):
        result = _from_tensor(result)
        kind = np.ndarray
    if kind is np.ndarray:
        if result.dtype.kind not in ("biufc" if complex_too else "biuf"):
            held = {"c": "complex numbers", "O": "Python objects", "U": "text", "S": "text"}
            raise Unusable(
                "Numbers are asked for, and this array holds "
                f"{held.get(result.dtype.kind, 'other things')} (its dtype is "
                f"{clean(str(result.dtype), 40)})."
            )
        room[0] -= result.size
        if room[0] < 0:
            raise Unusable(
                f"This array has {shape_words(result.shape)}: far larger than the one asked for."
            )
        return np.array(result)
    if depth:
        if result is Ellipsis:
            raise Unusable("Part of it is still `...`.")
        raise Unusable(f"Part of it is {words(result)}, where a number is asked for.")
    raise refusal("Real numbers are" if kind in _COMPLEX else "Numbers are", result)


def _plain_list(parts, room: list[int], complex_too: bool, depth: int) -> np.ndarray:
    if depth >= _DEEPEST:
        raise Unusable("It is a list in a list in a list, and so on, far too deep.")
    room[0] -= len(parts)
    if room[0] < 0:
        raise Unusable(f"This list has {len(parts)} entries: far more than asked for.")
    arrays = [_plain_array(part, room, complex_too, depth + 1) for part in tuple(parts)]
    if not arrays:
        return np.zeros(0)
    if len({array.shape for array in arrays}) > 1:
        raise Unusable("The rows of this list have different lengths, so it is no array.")
    if len({array.dtype.kind == "b" for array in arrays}) > 1:
        raise Unusable("It mixes True and False with numbers.")
    return np.stack(arrays)


def _whole(number: int) -> np.ndarray:
    try:
        return np.array(number, dtype=np.int64)
    except OverflowError:
        try:
            return np.array(float(number))
        except OverflowError:
            raise Unusable("This number is far too large.") from None


# --------------------------------------------------------------------------------- comparing


def same(
    expected: object, got: object, tolerance: Tolerance | None = None, same_dtype: bool = False
) -> bool:
    """Tell whether two plain results are the same.

    Whole numbers are compared exactly, others within the tolerance; two NaN are the same; numbers
    and truth values never are.

    Examples
    --------
    >>> same(np.array([1.0, 2.0]), np.array([1, 2])), same(np.array(1), np.array(True))
    (True, False)
    """
    if type(expected) is not type(got):
        return False
    if type(expected) is tuple:
        return len(expected) == len(got) and all(
            same(e, g, tolerance, same_dtype) for e, g in zip(expected, got, strict=True)
        )
    if type(expected) is dict:
        return expected.keys() == got.keys() and all(
            same(expected[key], got[key], tolerance, same_dtype) for key in expected
        )
    if type(expected) is str:
        return expected.split() == got.split()
    if expected.shape != got.shape or (same_dtype and expected.dtype != got.dtype):
        return False
    if (expected.dtype.kind == "b") != (got.dtype.kind == "b"):
        return False
    return bool(np.all(_close(expected, got, tolerance)))


def _close(expected: np.ndarray, got: np.ndarray, tolerance: Tolerance | None) -> np.ndarray:
    """Compare number by number; the shapes are equal."""
    kinds = {expected.dtype.kind, got.dtype.kind}
    if kinds <= set("biu"):
        return expected == got
    if tolerance is None:
        tolerance = _USUAL
        if expected.dtype.kind in "iu":  # a whole number computed with decimals on the way
            spare = min(64 * float(np.finfo(got.dtype).eps), 1e-5)
            tolerance = Tolerance(spare, spare)
    wide = np.complex128 if "c" in kinds else np.float64
    e, g = expected.astype(wide), got.astype(wide)
    with np.errstate(all="ignore"):
        near = np.abs(g - e) <= tolerance.atol + tolerance.rtol * np.abs(e)
    near &= np.isfinite(e) & np.isfinite(g)
    return near | (e == g) | (np.isnan(e) & np.isnan(g))


def unchanged(before: object, after: object) -> bool:
    """Tell whether an input is still exactly what it was.

    Only numbers, text, arrays and containers of them are looked at: a random generator may move on.
    """
    if type(before) is not type(after):
        return False
    if type(before) is np.ndarray:
        if before.shape != after.shape or before.dtype != after.dtype:
            return False
        equal_nan = before.dtype.kind in "fc"
        return np.array_equal(before, after, equal_nan=equal_nan)
    if type(before) in (list, tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if type(before) is dict:
        return list(before) == [k for k in after if type(k) in (str, int)] and all(
            unchanged(before[key], after[key]) for key in before
        )
    if type(before) in _NUMBERS | _TEXT:
        return bool(before == after) or before != before
    return True


def weight(thing: object) -> int:
    """Count the numbers in an input, to find the smallest case."""
    if type(thing) is np.ndarray:
        return thing.size
    if type(thing) in (list, tuple):
        return sum(map(weight, thing))
    if type(thing) is dict:
        return sum(map(weight, thing.values()))
    return 1


# ----------------------------------------------------------------------------------- telling


def difference(
    expected: object, got: object, tolerance: Tolerance | None = None, same_dtype: bool = False
) -> str:
    """Say in a sentence how two plain results differ.

    Examples
    --------
    >>> difference(np.zeros((2, 3)), np.zeros((3, 2)))
    'Your result has shape (3, 2), expected (2, 3).'
    """
    if type(expected) is tuple:
        for i, (e, g) in enumerate(zip(expected, got, strict=True), start=1):
            if not same(e, g, tolerance, same_dtype):
                return f"Of the {len(expected)} values, number {i} differs. " + difference(
                    e, g, tolerance, same_dtype
                )
    if type(expected) is dict:
        for key in expected:
            if not same(expected[key], got[key], tolerance, same_dtype):
                return f"The value of {key!r} differs. " + difference(
                    expected[key], got[key], tolerance, same_dtype
                )
    if type(expected) is str:
        return "Your text is another one."
    return _array_difference(expected, got, tolerance, same_dtype)


def _array_difference(
    expected: np.ndarray, got: np.ndarray, tolerance: Tolerance | None, same_dtype: bool
) -> str:
    if expected.shape != got.shape:
        has = f"has {shape_words(got.shape)}" if got.shape else "is a single number"
        asked = shape_words(expected.shape)
        if got.shape:
            asked = asked.removeprefix("shape ")
        return f"Your result {has}, expected {asked}."
    if expected.dtype.kind == "b" != got.dtype.kind:
        return "Your result holds numbers, expected True or False."
    if got.dtype.kind == "b" != expected.dtype.kind:
        return "Your result holds True or False, expected numbers."
    if same_dtype and expected.dtype != got.dtype:
        return f"Your numbers have the dtype {got.dtype}, expected {expected.dtype}."
    if got.dtype.kind in "fc":
        if np.isnan(got).any() and not np.isnan(expected).any():
            return "Your result contains NaN, which is not a number."
        if np.isinf(got).any() and not np.isinf(expected).any():
            return "Your result contains an infinite number."
    wrong = ~_close(expected, got, tolerance)
    if got.size == 1:
        return "Your number differs from the expected one."
    count = int(wrong.sum())
    if got.size > 1 and np.all(
        _close(np.sort(expected, axis=None), np.sort(got, axis=None), tolerance)
    ):
        return "The right numbers are there, in another order."
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = ", ".join(map(str, place))
    differ = "differs" if count == 1 else "differ"
    if got.size > _SHOWN:
        e, g = _pair(expected[place], got[place])
        first = f"the first at [{where}]: expected {e}, got {g}"
        return f"{count} of {got.size} numbers {differ}; {first}."
    return f"{count} of {got.size} numbers {differ}; the first stands at [{where}]."


def _pair(expected: object, got: object) -> tuple[str, str]:
    """Show two results with as many decimals as it takes to see that they differ."""
    for digits in (4, 8, 16):
        shown = show(expected, digits), show(got, digits)
        if shown[0] != shown[1]:
            break
    return shown


def show_pair(expected: object, got: object) -> tuple[str, str]:
    """Show two plain results side by side, see `show`."""
    return _pair(expected, got)


def show(thing: object, digits: int = 4) -> str:
    """Write numbers, arrays, text and containers of them, rounded and cut where they are long.

    Examples
    --------
    >>> print(show(np.array([[1.0, 0.123456], [2.0, 3.0]])))
    [[1.    , 0.1235],
     [2.    , 3.    ]]
    """
    kind = type(thing)
    if kind in _TEXT:
        return clean(str.__repr__(thing), _LINE)
    if kind is np.ndarray or kind in _NUMBERS or kind in _COMPLEX:
        return _show_array(np.asarray(thing), digits)
    if kind in (tuple, list):
        flat = [show(part, digits) for part in thing[:12]] + ["…"] * (len(thing) > 12)
        gap = ",\n " if any("\n" in part for part in flat) else ", "
        flat = [part.replace("\n", "\n ") for part in flat]
        opening, closing = "()" if kind is tuple else "[]"
        return (
            opening
            + gap.join(flat)
            + ("," if flat and kind is tuple and len(thing) == 1 else "")
            + closing
        )
    if kind is dict:
        parts = [f"{clean(repr(key), 40)}: {show(value, digits)}" for key, value in thing.items()]
        return "{" + ", ".join(parts[:12]) + "}"
    if kind in (set, frozenset):
        return "{" + ", ".join(sorted(show(entry, digits) for entry in thing)) + "}"
    return words(thing)


def _show_array(array: np.ndarray, digits: int) -> str:
    if array.dtype.kind not in "biufc":
        return words(array)
    largest = float(np.abs(array[np.isfinite(array)]).max(initial=0)) if array.size else 0.0
    text = np.array2string(
        array,
        max_line_width=_LINE,
        precision=digits,
        suppress_small=largest >= 10.0**-digits,
        separator=", ",
        threshold=_SHOWN,
        edgeitems=2,
        floatmode="maxprec",
        sign="-",
    ).replace("...", "…")
    text = re.sub(r"\n\n+", "\n", text)
    if array.ndim == 0 and array.dtype.kind == "f":
        text = text.rstrip(".")
    if array.size > _SHOWN or (array.size == 0 and array.ndim > 1):
        text += f"  {shape_words(array.shape)}"
    return text
