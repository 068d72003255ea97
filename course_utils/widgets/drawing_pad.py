"""A pad to draw a digit on, read by a network at every stroke.

`draw_digit` shows the pad where a Python kernel runs; everywhere else (on GitHub, in print) the
same output holds a still picture of what it does. `centre_digit` prepares a drawing as MNIST's
makers did, so that a network trained on MNIST sees what it knows.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from PIL import Image, ImageDraw

from course_utils.widgets.still import STATIC, StillWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 280
"""Width and height of the pad in its own units; strokes are lists of points in these units."""

BRUSH = 24
"""Thickness of a stroke in those units: as thick, once shrunk, as the strokes of MNIST."""

Read = Callable[[np.ndarray], Any]
Stroke = Sequence[tuple[float, float]]

_MOST_STROKES, _MOST_POINTS = 200, 20_000
_EDGE = 0.2 * SIDE  # how far a stroke may run over the edge before it is cut


# --- From a drawing to 28 × 28 ------------------------------------------------------------------


def centre_digit(image: np.ndarray) -> np.ndarray:
    """Prepare a white-on-black drawing as MNIST's makers did.

    The drawing is cut out, shrunk (or enlarged) by area averaging until its longer side measures
    20 pixels, and placed on 28 × 28 black pixels so that its centre of mass lies on pixel (14, 14),
    as near as whole pixels allow and without cutting anything off.

    Parameters
    ----------
    image : numpy.ndarray
        ``(h, w)``, strokes bright on 0; ``uint8``, ``bool``, or floats from 0 to 1 or 0 to 255.

    Returns
    -------
    numpy.ndarray
        ``(28, 28)``, ``uint8``; all zeros if nothing is drawn.

    Raises
    ------
    ValueError
        If `image` is not such a picture.

    Notes
    -----
    The procedure is the one described on MNIST's page (Y. LeCun, C. Cortes, C. J. C. Burges,
    "The MNIST database of handwritten digits"). That the centre is pixel 14, counted from 0, was
    measured: the centres of mass of MNIST's pictures scatter by half a pixel around 14.0.

    Examples
    --------
    >>> image = np.zeros((100, 100), dtype=np.uint8)
    >>> image[10:50, 60:80] = 255
    >>> centred = centre_digit(image)
    >>> rows, columns = np.nonzero(centred)
    >>> centred.shape, int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    ((28, 28), 20, 10)
    """
    pixels = _grey(image)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    centred = np.zeros((28, 28), dtype=np.uint8)
    if not rows.size:
        return centred
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / max(cut.shape)
    high, wide = (max(1, round(length * scale)) for length in cut.shape)
    small = np.asarray(Image.fromarray(cut).resize((wide, high), Image.Resampling.BOX))
    mass = small.sum(dtype=np.float64)
    if not mass:  # specks too faint to survive the averaging
        return centred
    top, left = (
        int(np.clip(math.floor(14.5 - float(position)), 0, 28 - length))
        for position, length in (
            (small.sum(axis=1, dtype=np.float64) @ np.arange(high) / mass, high),
            (small.sum(axis=0, dtype=np.float64) @ np.arange(wide) / mass, wide),
        )
    )
    centred[top : top + high, left : left + wide] = small
    return centred


def draw_strokes(strokes: Sequence[Stroke]) -> np.ndarray:
    """Draw strokes with the pad's round brush, white on black, with smooth edges.

    Parameters
    ----------
    strokes : sequence of sequences of (x, y)
        In units of the pad: (0, 0) is its upper left corner, (280, 280) its lower right.

    Returns
    -------
    numpy.ndarray
        ``(280, 280)``, ``uint8``.

    Examples
    --------
    >>> image = draw_strokes([[(140, 60), (140, 220)]])
    >>> int(image[140, 140]), int(image[140, 60])
    (255, 0)
    """
    fine = 2  # drawn larger and averaged, for smooth edges
    canvas = Image.new("L", (SIDE * fine, SIDE * fine))
    pen = ImageDraw.Draw(canvas)
    radius = BRUSH * fine / 2
    for stroke in strokes:
        points = [(x * fine, y * fine) for x, y in stroke]
        if len(points) > 1:
            pen.line(points, fill=255, width=round(2 * radius))
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(canvas.reduce(fine))


def example_strokes(digit: int) -> list[list[tuple[float, float]]]:
    """Return a digit as strokes of the pad, as a careful person would draw it.

    Parameters
    ----------
    digit : int
        0 to 9.

    Returns
    -------
    list of list of (float, float)

    Raises
    ------
    ValueError
        If `digit` is not one.

    Examples
    --------
    >>> example_strokes(7)
    [[(92.0, 64.0), (190.0, 62.0), (132.0, 232.0)]]
    """
    if digit not in range(10):
        raise ValueError(f"digit is {digit!r}; expected 0 to 9.")
    return _DIGITS[digit]()


def _arc(x: float, y: float, a: float, b: float, start: float, end: float) -> list:
    """Return points on an ellipse, angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 28))
    return [(round(x + a * math.cos(t), 1), round(y + b * math.sin(t), 1)) for t in angles.tolist()]


_DIGITS: list[Callable[[], list]] = [
    lambda: [_arc(140, 140, 54, 88, -80, 285)],
    lambda: [[(156.0, 52.0), (130.0, 230.0)]],
    lambda: [[*_arc(138, 98, 48, 48, 190, 395), (94.0, 226.0), (198.0, 224.0)]],
    lambda: [[*_arc(134, 92, 46, 42, 205, 425), *_arc(132, 182, 54, 50, -70, 155)]],
    lambda: [[(112.0, 54.0), (92.0, 150.0), (196.0, 146.0)], [(172.0, 62.0), (160.0, 236.0)]],
    lambda: [
        [(186.0, 56.0), (112.0, 58.0), (104.0, 132.0), *_arc(132, 178, 54, 54, 250, 510)],
    ],
    lambda: [[*_arc(168, 162, 64, 114, 265, 172), *_arc(142, 184, 40, 46, 180, 540)]],
    lambda: [[(92.0, 64.0), (190.0, 62.0), (132.0, 232.0)]],
    lambda: [[*_arc(140, 92, 38, 42, 90, 450), *_arc(140, 184, 48, 50, 270, -90)]],
    lambda: [[*_arc(138, 98, 44, 48, 0, -360), (178.0, 160.0), (166.0, 234.0)]],
]


def _grey(image: Any) -> np.ndarray:
    """Return a picture as ``uint8 (h, w)``, or say what is wrong with it."""
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 or not array.size or array.dtype.kind not in "buif":
        raise ValueError(
            f"image has the shape {array.shape} and the type {array.dtype}; expected one grey "
            "picture (height, width) of numbers."
        )
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 255:
        raise ValueError("image holds values outside 0 to 255; expected 0 to 255, or 0 to 1.")
    if array.dtype.kind == "f":
        array = np.round(array * (255 if array.max() <= 1 else 1))
    return np.ascontiguousarray(array.astype(np.uint8))


# --- The pad ------------------------------------------------------------------------------------


class DrawingPad(StillWidget):
    """The widget that `draw_digit` returns.

    Parameters
    ----------
    read : callable, optional
        Takes ``(28, 28)`` ``uint8`` and returns ten probabilities.
    examples : numpy.ndarray, optional
        Pictures ``(n, 28, 28)`` that a reader can choose instead of drawing; by default one
        drawing of each digit.

    Attributes
    ----------
    image : numpy.ndarray
        What the network sees now, ``(28, 28)`` ``uint8``.
    probabilities : numpy.ndarray or None
        What `read` said to it, ``(10,)`` ``float64``; None if nothing is drawn or it failed.
    answer : str
        The line below the bars, for example ``"reads 7, 93 %"``.
    """

    sentence = (
        "A pad to draw a digit on, with mouse, pen or finger. It needs a running kernel: "
        "run this cell in JupyterLab."
    )
    _esm = STATIC / "drawing_pad.js"
    _css = STATIC / "drawing_pad.css"

    # From the front end to Python; anything may come, so nothing is demanded of its type.
    _request = traitlets.Any(None, allow_none=True).tag(sync=True)
    # From Python to the front end; `_serial` counts up when all of it is new.
    _serial = traitlets.Int(0).tag(sync=True)
    _by = traitlets.Unicode("").tag(sync=True)  # the view that made the drawing
    _heard = traitlets.Unicode("").tag(sync=True)  # the request that this answers
    _strokes = traitlets.List().tag(sync=True)
    _backdrop = traitlets.Bytes(b"").tag(sync=True)
    _preview = traitlets.Bytes(bytes(784)).tag(sync=True)
    _chances = traitlets.List().tag(sync=True)
    _shares = traitlets.List().tag(sync=True)
    _says = traitlets.Unicode("").tag(sync=True)
    _failed = traitlets.Bool(False).tag(sync=True)
    _reads = traitlets.Bool(False).tag(sync=True)
    _examples = traitlets.List().tag(sync=True)
    _side = traitlets.Int(SIDE).tag(sync=True)
    _brush = traitlets.Int(BRUSH).tag(sync=True)

    def __init__(self, read: Read | None = None, *, examples: np.ndarray | None = None) -> None:
        if read is not None and not callable(read):
            raise TypeError(
                f"read is a {type(read).__name__}; expected a function that takes a picture "
                "(28, 28) and returns ten probabilities."
            )
        self._read = read
        self._pictures = None if examples is None else _example_pictures(examples)
        names = (
            [f"a {digit}" for digit in range(10)]
            if self._pictures is None
            else [f"number {number}" for number in range(1, len(self._pictures) + 1)]
        )
        super().__init__(_reads=read is not None, _examples=names)
        self._update([], b"")
        self.observe(self._asked, names="_request")

    @property
    def image(self) -> np.ndarray:
        """What the network sees, ``(28, 28)`` ``uint8``."""
        return np.frombuffer(self._preview, dtype=np.uint8).reshape(28, 28).copy()

    @property
    def probabilities(self) -> np.ndarray | None:
        """What `read` said, ``(10,)``, or None."""
        return np.array(self._chances) if self._chances else None

    @property
    def answer(self) -> str:
        """The line below the bars."""
        return self._says

    def draw(self, strokes: Sequence[Stroke]) -> None:
        """Draw strokes, as if by hand.

        Parameters
        ----------
        strokes : sequence of sequences of (x, y)
            In units of the pad, 0 to 280, y downwards.
        """
        self._update(_clean(strokes), b"")

    def clear(self) -> None:
        """Clear the drawing."""
        self._update([], b"")

    def show_example(self, number: int) -> None:
        """Show one of the examples, counted from 0.

        Parameters
        ----------
        number : int
            Which one.

        Raises
        ------
        IndexError
            If there is no such example.
        """
        if number not in range(len(self._examples)):
            raise IndexError(f"number is {number!r}; expected 0 to {len(self._examples) - 1}.")
        if self._pictures is None:
            self._update(_clean(example_strokes(number)), b"")
        else:
            self._update([], self._pictures[number].tobytes())

    def still(self) -> Figure:
        """Return a still picture of the pad at work, see `static_strip`."""
        return static_strip(self._read, self._strokes or None)

    def set_state(self, sync_data: dict) -> None:
        """Take over what the front end sends: its requests, nothing else."""
        super().set_state({key: sync_data[key] for key in sync_data if key == "_request"})

    def _asked(self, change: Any) -> None:
        """Answer a request of the front end, whatever it holds."""
        request = change["new"] if isinstance(change["new"], dict) else {}
        view, number = request.get("view"), request.get("n")
        view = view if isinstance(view, str) else ""
        heard = f"{view}:{number}"[:80]
        example = request.get("example")
        if isinstance(example, int) and example in range(len(self._examples)):
            with self.hold_sync():
                self._heard = heard
                self.show_example(example)
        else:
            self._update(_clean(request.get("strokes")), b"", view[:40], heard)

    def _update(self, strokes: list, backdrop: bytes, by: str = "", heard: str = "") -> None:
        """Read a drawing and tell the front end, in one message."""
        if backdrop:
            image = np.frombuffer(backdrop, dtype=np.uint8).reshape(28, 28)
        else:
            image = centre_digit(draw_strokes(strokes))
        chances, says, failed = _answer(self._read, image)
        with self.hold_sync():
            self._by = by
            if heard:
                self._heard = heard
            self._strokes = [[list(point) for point in stroke] for stroke in strokes]
            self._backdrop = backdrop
            self._preview = image.tobytes()
            self._chances = chances
            self._shares = [_percent(chance) for chance in chances]
            self._says = says
            self._failed = failed
            self._serial += 1


def draw_digit(read: Read | None = None, *, examples: np.ndarray | None = None) -> DrawingPad:
    """Show a pad to draw a digit on, and what a network reads.

    After each stroke the drawing is prepared by `centre_digit` and given to `read`; the pad shows
    the 28 × 28 pixels and the ten probabilities. Who can't draw chooses an example.

    Parameters
    ----------
    read : callable, optional
        Takes the picture, ``(28, 28)`` ``uint8``, and returns ten probabilities, ``(10,)`` or
        ``(1, 10)``. Without it the pad shows the pixels only. If it raises, the pad shows the
        error and goes on.
    examples : numpy.ndarray, optional
        Pictures ``(n, 28, 28)`` to choose from; by default one drawing of each digit.

    Returns
    -------
    DrawingPad
        Shown when it is the last line of a cell; its ``image`` and ``probabilities`` can be used
        in later cells.

    Raises
    ------
    TypeError
        If `read` can't be called.
    ValueError
        If `examples` are not grey pictures.

    Examples
    --------
    >>> pad = draw_digit(lambda image: np.eye(10)[7])
    >>> pad.draw([[(90, 60), (190, 60), (130, 230)]])
    >>> pad.answer
    'reads 7, 100 %'
    """
    return DrawingPad(read, examples=examples)


def static_strip(read: Read | None = None, strokes: Sequence[Stroke] | None = None) -> Figure:
    """Return a still picture of the way from strokes to an answer.

    Parameters
    ----------
    read : callable, optional
        As for `draw_digit`; its answer is drawn as bars. Without it, or if it fails, there are
        no bars.
    strokes : sequence of sequences of (x, y), optional
        The drawing; by default a stored 3, small and off the centre.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> static_strip()
    <Figure size 700x280 with 3 Axes>
    """
    from course_utils import plots

    if strokes is None:
        strokes = [[(0.7 * x + 100, 0.7 * y + 85) for x, y in line] for line in example_strokes(3)]
    drawing = draw_strokes(_clean(strokes))
    shrunk = np.asarray(Image.fromarray(drawing).resize((28, 28), Image.Resampling.BOX))
    centred = centre_digit(drawing)
    chances, _, _ = _answer(read, centred)
    return plots.show_reading(
        [drawing, shrunk, centred],
        ["drawn", "as 28 × 28 pixels", "sized and centred"],
        np.array(chances) if chances else None,
    )


def _answer(read: Read | None, image: np.ndarray) -> tuple[list[float], str, bool]:
    """Return probabilities, the line to show, and whether something went wrong."""
    if not image.any():
        return [], "Draw a digit from 0 to 9." if read else "", False
    if read is None:
        return [], "", False
    try:
        # Keras prints a progress bar for a single picture; nobody wants it in the notebook.
        with contextlib.redirect_stdout(io.StringIO()):
            said = read(image.copy())
        chances = np.asarray(said, dtype=np.float64).ravel()
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        return [], f"The reading function failed. {type(error).__name__}: {text}", True
    if chances.shape != (10,):
        return [], f"The reading function returned {chances.size} numbers; expected 10.", True
    fair = np.isfinite(chances).all() and chances.min() >= -1e-6
    if not fair or abs(chances.sum() - 1) > 0.02:
        text = "The reading function returned numbers that are not probabilities: they should lie "
        return [], text + "between 0 and 1 and add up to 1 (is softmax missing?).", True
    chances = chances.clip(0, 1)
    best = int(chances.argmax())
    return chances.tolist(), f"reads {best}, {_percent(chances[best])}", False


def _percent(share: float) -> str:
    from course_utils import plots

    return plots.percent(share)


def _clean(strokes: Any) -> list[list[tuple[float, float]]]:
    """Return whatever came as strokes: numbers only, near the pad, not too many."""
    clean, count = [], 0
    for stroke in list(strokes)[:_MOST_STROKES] if isinstance(strokes, list | tuple) else ():
        points = []
        for point in stroke if isinstance(stroke, list | tuple) else ():
            place = _place(point)
            if place is not None and count < _MOST_POINTS:
                points.append(place)
                count += 1
        if points:
            clean.append(points)
    return clean


def _place(point: Any) -> tuple[float, float] | None:
    """Return a point as two numbers near the pad, or None if it is no point."""
    if not isinstance(point, list | tuple) or len(point) != 2:
        return None
    try:
        x, y = (float(value) for value in point)
    except (TypeError, ValueError, OverflowError):
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    return tuple(min(max(value, -_EDGE), SIDE + _EDGE) for value in (x, y))


def _example_pictures(examples: Any) -> np.ndarray:
    """Return examples as ``uint8 (n, 28, 28)``; other sizes are centred as a drawing is."""
    array = np.asarray(examples)
    if array.ndim != 3 or not 1 <= len(array) <= 50:
        raise ValueError(
            f"examples has the shape {array.shape}; expected 1 to 50 grey pictures (n, 28, 28)."
        )
    if array.shape[1:] == (28, 28):
        return np.stack([_grey(picture) for picture in array])
    return np.stack([centre_digit(picture) for picture in array])
