"""One visual vocabulary for every figure of the course.

Each function draws one figure, about 900 pixels wide, and returns it. The figure is already
taken out of pyplot's list, so **the bare call as the last line of a cell shows it, exactly once**;
anywhere else in a cell, write ``display(show_images(...))``. A returned figure can still be
changed (``figure.axes[0].set_title(...)``) and saved (``figure.savefig("name.png")``).

The colours have fixed roles, see `COLOURS`. Pixels are grey, and whatever has a sign (weights,
feature maps) uses the map `DIVERGING` with 0 in its middle.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLOURS: dict[str, str] = {
    "data": "#0072B2",  # blue: what was measured, the training examples
    "model": "#E69F00",  # orange: what a model says; in histories, the validation curve
    "error": "#CC79A7",  # purple: the distance between the two
    "right": "#009E73",  # green: correct answers
    "wrong": "#D55E00",  # vermilion: mistakes
    "neutral": "#595959",  # grey: axes, notes, what is not the point
}
"""The Okabe–Ito colours, told apart with every common colour blindness, each in one role."""

DIVERGING = "PuOr_r"
"""Colour map for signed values: purple below 0, white at 0, orange above."""

WIDTH = 9.0  # inches; at 100 dots per inch a full-width figure is 900 pixels wide
_DPI = 100
_TEXT = 12.0  # points: the smallest text of a figure
_TITLE = 15.0
_MOST_IMAGES = 400
_MOST_IN_MOSAIC = 2000
_MOST_NUMBERS = 32  # rows or columns of a matrix whose numbers are still legible

_STYLE: dict[str, Any] = {
    "figure.dpi": _DPI,
    "figure.figsize": (WIDTH, 4.5),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same on every machine
    "font.size": 13,
    "figure.titlesize": _TITLE,
    "axes.titlesize": _TITLE,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 13,
    "axes.labelcolor": "#262626",
    "axes.edgecolor": COLOURS["neutral"],
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": matplotlib.cycler(
        color=["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]
    ),
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.5,
    "lines.markersize": 7,
    "xtick.labelsize": _TEXT,
    "ytick.labelsize": _TEXT,
    "xtick.color": COLOURS["neutral"],
    "ytick.color": COLOURS["neutral"],
    "xtick.labelcolor": "#262626",
    "ytick.labelcolor": "#262626",
    "legend.fontsize": _TEXT,
    "legend.frameon": False,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
}


def use_course_style() -> None:
    """Make figures drawn directly with matplotlib look like those of this module.

    Called once, in the first code cell of a notebook. It changes `matplotlib.rcParams`: colours
    in the course's order, text of 12 points or more, 900 × 450 pixels, a light grid.

    Examples
    --------
    >>> use_course_style()
    >>> float(matplotlib.rcParams["font.size"])
    13.0
    """
    matplotlib.rcParams.update(_STYLE)


# --- Pictures -----------------------------------------------------------------------------------


def show_images(
    images: np.ndarray,
    labels: Sequence | np.ndarray | None = None,
    *,
    columns: int = 10,
    class_names: Sequence[str] | None = None,
    size: float | None = None,
    title: str | None = None,
) -> Figure:
    """Show pictures in rows, each above its label.

    For hundreds of small pictures `show_mosaic` is quicker.

    Parameters
    ----------
    images : numpy.ndarray
        Grey pictures ``(n, h, w)`` or ``(n, h, w, 1)``, colour pictures ``(n, h, w, 3)``, or one
        picture ``(h, w)`` or ``(h, w, 3)``. Integers count from 0 to 255; floats from 0 to 1, or
        from 0 to 255 if one of them is greater than 1.
    labels : sequence, optional
        One per picture: class numbers (together with `class_names`) or texts.
    columns : int
        Pictures in a row, at most; fewer where labels would run into each other.
    class_names : sequence of str, optional
        The name of each class, used where `labels` holds class numbers.
    size : float, optional
        Width of one picture in inches of 100 pixels; by default 2 or, for a single one, 3. A row
        never gets wider than 9 inches, so ``size=9`` means: as large as fits.
    title : str, optional
        A line above the pictures.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shape is none of the above, values lie outside the range, there are not as many
        labels as pictures, or `size` is not positive.

    Examples
    --------
    >>> show_images(np.zeros((3, 28, 28), dtype=np.uint8), [5, 0, 4])
    <Figure size 675x260 with 3 Axes>
    """
    if size is not None and not size > 0:
        raise ValueError(f"size is {size!r}; expected a width in inches, greater than 0.")
    pictures, top = _pictures(images, "images")
    captions = None if labels is None else _captions(labels, len(pictures), class_names)
    return _grid(
        pictures, captions, columns=columns, title=title, cmap="gray", low=0, high=top, size=size
    )


def show_mosaic(
    images: np.ndarray,
    row_labels: Sequence | np.ndarray | None = None,
    *,
    columns: int = 20,
    title: str | None = None,
) -> Figure:
    """Show many small pictures of one size in a single large one, row after row.

    Parameters
    ----------
    images : numpy.ndarray
        As for `show_images`; up to 2000 pictures.
    row_labels : sequence, optional
        One text per *row* of the mosaic, written at its left.
    columns : int
        Pictures in a row; the last row may be shorter.
    title : str, optional
        A line above the mosaic.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If `images` can't be shown, there are too many, or not as many labels as rows.

    Examples
    --------
    >>> show_mosaic(np.zeros((40, 28, 28), dtype=np.uint8), ["zeros", "ones"])
    <Figure size 900x91 with 1 Axes>
    """
    pictures, top = _pictures(images, "images")
    if columns < 1:
        raise ValueError(f"columns is {columns}; expected at least 1.")
    if len(pictures) > _MOST_IN_MOSAIC:
        raise ValueError(
            f"{len(pictures)} pictures are too many for one mosaic (at most {_MOST_IN_MOSAIC}). "
            "Show some of them, for example images[:200]."
        )
    rows = -(-len(pictures) // columns)
    texts = [] if row_labels is None else [str(label) for label in row_labels]
    if row_labels is not None and len(texts) != rows:
        raise ValueError(f"row_labels has {len(texts)} entries for {rows} rows; expected {rows}.")
    canvas = _mosaic(pictures, rows, columns, top)
    left = 0.1 + (max(map(_text_width, texts)) + 0.1 if texts else 0.0)
    wide = min(WIDTH - left - 0.1, 1.2 * columns)
    tall = wide * canvas.shape[0] / canvas.shape[1]
    head = _head(title, WIDTH)
    with _course_style():
        figure = _new_figure(max(left + wide + 0.1, 3.0), head + tall + 0.1)
        _heading(figure, title, 0.1)
        axes = _place(figure, left, head + 0.05, wide, tall)
        axes.imshow(canvas, cmap="gray", vmin=0, vmax=top, aspect="auto")
        _bare(axes)
        if texts:
            step = canvas.shape[0] / rows
            axes.set_yticks([(row + 0.5) * step - 0.5 for row in range(rows)], texts)
            axes.tick_params(length=0, labelsize=_TEXT)
    return figure


def show_channels(image: np.ndarray, *, title: str | None = None) -> Figure:
    """Show a colour picture and, beside it, its three channels as grey pictures.

    A channel is bright where there is much of its colour.

    Parameters
    ----------
    image : numpy.ndarray
        One colour picture ``(h, w, 3)``: red, green, blue; integers 0–255 or floats 0–1.
    title : str, optional
        A line above the pictures.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If `image` is not one colour picture.

    Examples
    --------
    >>> show_channels(np.zeros((32, 32, 3), dtype=np.uint8))
    <Figure size 900x260 with 4 Axes>
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[-1] != 3:
        raise ValueError(
            f"image has the shape {array.shape}; expected one colour picture (height, width, 3), "
            "for example x_train[0]."
        )
    pictures, top = _pictures(array[np.newaxis], "image")
    panels = [pictures[0], *np.moveaxis(pictures[0], -1, 0)]
    captions = ["picture", "red", "green", "blue"]
    figure = _grid(panels, captions, columns=4, title=title, cmap="gray", low=0, high=top)
    frames = (COLOURS["wrong"], COLOURS["right"], COLOURS["data"])  # the nearest to R, G, B
    for axes, colour in zip(figure.axes[1:], frames, strict=True):
        _frame(axes, colour, 4)
    return figure


def show_signed(
    arrays: np.ndarray | Sequence[np.ndarray],
    labels: Sequence | np.ndarray | None = None,
    *,
    columns: int = 8,
    limit: float | None = None,
    title: str | None = None,
) -> Figure:
    """Show arrays of signed numbers (weights, feature maps) on one scale with 0 in the middle.

    Purple is negative, white is 0, orange is positive; the same colour means the same number in
    every panel, so panels can be compared. Where only one number and its negative (and 0) occur,
    coloured squares name them; otherwise a scale does.

    Parameters
    ----------
    arrays : numpy.ndarray or sequence of numpy.ndarray
        ``(n, h, w)``, one array ``(h, w)``, or a sequence of arrays ``(h, w)``, not necessarily
        of one size.
    labels : sequence, optional
        One text per array, shown below it.
    columns : int
        Panels in a row, at most.
    limit : float, optional
        The number at the ends of the scale; by default the greatest magnitude that occurs.
    title : str, optional
        A line above the panels.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the arrays are not two-dimensional numbers, or `limit` is not positive.

    Examples
    --------
    >>> show_signed(np.eye(3) - 0.5, title="A kernel")
    <Figure size 390x354 with 3 Axes>
    """
    if isinstance(arrays, np.ndarray) and arrays.ndim == 2:
        arrays = arrays[np.newaxis]
    panels = [_numbers(array, "arrays") for array in arrays]
    if not panels or any(panel.ndim != 2 or panel.size == 0 for panel in panels):
        shapes = np.shape(arrays) if isinstance(arrays, np.ndarray) else [p.shape for p in panels]
        raise ValueError(
            f"arrays has the shape {shapes}; expected (n, height, width). A Keras kernel "
            "(height, width, inputs, nodes) becomes that by np.moveaxis(kernel[:, :, 0, :], -1, 0)."
        )
    if limit is not None and not limit > 0:
        raise ValueError(f"limit is {limit!r}; expected a number greater than 0.")
    finite = np.concatenate([panel[np.isfinite(panel)] for panel in panels])
    edge = float(limit or (np.abs(finite).max() if finite.size else 0) or 1.0)
    captions = None if labels is None else _captions(labels, len(panels), None)
    figure = _grid(
        panels, captions, columns=columns, title=title, cmap=DIVERGING, low=-edge, high=edge,
        right=0.9,
    )  # fmt: skip
    values = set(np.unique(finite).tolist())
    if values and values <= {-edge, 0.0, edge}:
        _squares_beside(figure, sorted(values, reverse=True), edge)
    else:
        _scale_beside(figure, edge)
    return figure


def show_mistakes(
    images: np.ndarray,
    true: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str] | None = None,
    n: int = 10,
    *,
    columns: int = 5,
    title: str | None = None,
) -> Figure:
    """Show the mistakes that a classifier was most sure of.

    Parameters
    ----------
    images : numpy.ndarray
        ``(m, h, w)`` or ``(m, h, w, 3)``, as for `show_images`.
    true : numpy.ndarray
        The true class numbers ``(m,)``.
    probabilities : numpy.ndarray
        What the classifier says, ``(m, classes)``, each row adding up to 1.
    class_names : sequence of str, optional
        The name of each class; the class numbers by default.
    n : int
        How many mistakes, at most.
    columns : int
        Pictures in a row, at most.
    title : str, optional
        A line above the pictures; by default the number of mistakes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the lengths differ, rows don't add up to 1, or a class number has no probability.

    Examples
    --------
    >>> images = np.zeros((2, 28, 28), dtype=np.uint8)
    >>> show_mistakes(images, [0, 1], [[0.9, 0.1], [0.8, 0.2]])
    <Figure size 300x400 with 1 Axes>
    """
    shares = _numbers(probabilities, "probabilities")
    if shares.ndim != 2 or shares.shape[1] < 2:
        raise ValueError(
            f"probabilities has the shape {shares.shape}; expected (images, classes), "
            "as model.predict returns them."
        )
    if not np.allclose(shares.sum(axis=1), 1, atol=1e-2) or (shares < -1e-6).any():
        raise ValueError(
            "probabilities has rows that don't add up to 1: these look like scores (logits). "
            "Pass them through softmax first."
        )
    classes = shares.shape[1]
    answers = _class_numbers(true, "true", classes)
    names = _names(class_names, classes)
    if not len(answers) == len(shares) == len(images):
        raise ValueError(
            f"images, true and probabilities have the lengths {len(images)}, {len(answers)} and "
            f"{len(shares)}; expected one of each for every picture."
        )
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1.")
    says = shares.argmax(axis=1)
    sure = shares.max(axis=1)
    wrong = np.flatnonzero(says != answers)
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:n]
    if title is None:
        title = f"{len(wrong)} of {len(answers)} wrong"
        if len(chosen) < len(wrong):
            title += f": the {len(chosen)} it was most sure of"
    if not len(chosen):
        return _sentence(f"No mistakes among {len(answers)} pictures.")
    captions = [
        f"true {names[answers[i]]},\nsays {names[says[i]]} ({percent(sure[i])})" for i in chosen
    ]
    pictures, top = _pictures(np.asarray(images)[chosen], "images")
    return _grid(pictures, captions, columns=columns, title=title, cmap="gray", low=0, high=top)


def show_reading(
    pictures: Sequence[np.ndarray],
    labels: Sequence[str] | None = None,
    probabilities: np.ndarray | None = None,
    *,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Show the steps of a picture side by side and, at the right, what a classifier says to it.

    Parameters
    ----------
    pictures : sequence of numpy.ndarray
        One to four grey ``(h, w)`` or colour ``(h, w, 3)`` pictures, not necessarily of one size.
    labels : sequence of str, optional
        One text per picture, shown below it.
    probabilities : numpy.ndarray, optional
        One probability per class ``(classes,)``, drawn as bars; up to 20 classes.
    class_names : sequence of str, optional
        The name of each class; the class numbers by default.
    title : str, optional
        A line above the pictures.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a picture can't be shown, or the probabilities are not one number from 0 to 1 a class.

    Examples
    --------
    >>> show_reading([np.zeros((28, 28))], ["a picture"], [0.9, 0.1])
    <Figure size 550x280 with 2 Axes>
    """
    panels = [_pictures(np.asarray(picture)[np.newaxis], "pictures") for picture in pictures]
    if not 1 <= len(panels) <= 4:
        raise ValueError(f"pictures holds {len(panels)} pictures; expected one to four.")
    captions = ["" for _ in panels] if labels is None else _captions(labels, len(panels), None)
    shares = None if probabilities is None else _numbers(probabilities, "probabilities")
    if shares is not None and (
        shares.ndim != 1 or not 2 <= len(shares) <= 20 or not ((shares >= 0) & (shares <= 1)).all()
    ):
        raise ValueError(
            f"probabilities has the shape {shares.shape}; expected one number from 0 to 1 for each "
            "of 2 to 20 classes, as one row of model.predict."
        )
    names = None if shares is None else _names(class_names, len(shares))
    side = min(2.2, (WIDTH - (0 if shares is None else 3.2)) / len(panels) - 0.1)
    head = _head(title, WIDTH)
    width = len(panels) * (side + 0.1) + 0.1 + (0 if shares is None else 3.1)
    tall = side if shares is None else max(side, 0.22 * len(shares))
    with _course_style():
        figure = _new_figure(width, head + tall + 0.6)
        _heading(figure, title, 0.1)
        for index, (pixels, top) in enumerate(panels):
            axes = _place(figure, 0.1 + index * (side + 0.1), head + 0.1, side, side)
            axes.imshow(pixels[0], cmap="gray", vmin=0, vmax=top)
            _bare(axes)
            axes.set_xlabel(captions[index], fontsize=_TEXT, labelpad=4)
        if shares is not None:
            longest = max(map(_text_width, names))
            left = width - 3.1 + longest + 0.15
            axes = _place(figure, left, head + 0.1, width - left - 0.95, tall)
            _draw_shares(axes, shares, names)
    return figure


# --- Numbers ------------------------------------------------------------------------------------


def show_matrix(
    matrix: np.ndarray,
    *,
    title: str | None = None,
    fmt: str | None = None,
    white: float | None = None,
    ax: Axes | None = None,
) -> Figure | None:
    """Show a small matrix: each number inside a cell of its shade.

    Matrices without negative numbers are grey (0 is black; white is 255 for ``uint8``, for others
    their greatest number). With negative numbers the map is `DIVERGING`, 0 is white.

    Parameters
    ----------
    matrix : numpy.ndarray
        ``(rows, columns)``, or a vector ``(n,)``, shown as one row; up to 32 × 32. NaN is shown
        as a hatched cell: "no number here".
    title : str, optional
        A line above the matrix.
    fmt : str, optional
        How to write a number, for example ``".3f"``. By default whole numbers have no decimals
        and others have two.
    white : float, optional
        The number that is drawn white, in a matrix without negative numbers.
    ax : matplotlib.axes.Axes, optional
        Draw into these axes, for several matrices side by side.

    Returns
    -------
    matplotlib.figure.Figure or None
        The figure; None if `ax` is given (its figure is the caller's).

    Raises
    ------
    ValueError
        If `matrix` is not a matrix of numbers or is too large to be read, or if `white` is not
        positive or less than a number of the matrix.

    Examples
    --------
    >>> show_matrix(np.array([[1, 0], [-2, 3]]))
    <Figure size 140x140 with 1 Axes>
    """
    numbers = _numbers(matrix, "matrix")
    numbers = numbers[np.newaxis] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or not numbers.size:
        raise ValueError(
            f"matrix has the shape {np.shape(matrix)}; expected (rows, columns) with at least one "
            "number."
        )
    rows, across = numbers.shape
    if max(rows, across) > _MOST_NUMBERS:
        raise ValueError(
            f"matrix has {rows} rows and {across} columns; at most {_MOST_NUMBERS} of each can be "
            "read. Show a part, for example matrix[8:20, 8:20], or use show_images."
        )
    is_byte = np.asarray(matrix).dtype == np.uint8
    finite = numbers[np.isfinite(numbers)]
    greatest = float(np.abs(finite).max()) if finite.size else 0.0
    if white is not None and not white >= max(greatest, np.finfo(float).tiny):
        raise ValueError(
            f"white is {white!r}; expected a number greater than 0, and at least the greatest of "
            f"the matrix, {greatest:.4g}."
        )
    top = white or (255.0 if is_byte else greatest or 1.0)
    texts = _written(numbers, fmt)
    with _course_style():
        figure = None
        if ax is None:
            longest = max(len(text) for line in texts for text in line)
            cell = min(max(0.6, 0.14 * longest + 0.2), WIDTH / across)
            tall = min(cell, 0.6)
            head = _head(title, max(cell * across, 3.0))
            width = max(cell * across, 3.0 if title else 0) + 0.2
            figure = _new_figure(width, tall * rows + 0.2 + head)
            _heading(figure, title, 0.1)
            ax = _place(figure, 0.1, 0.1 + head, cell * across, tall * rows)
        else:
            ax.set_aspect("equal")
            ax.set_title(title or "")
        _draw_matrix(ax, numbers, texts, top)
    return figure


def plot_history(
    history: Mapping[str, Sequence[float]] | Any, *, title: str | None = None
) -> Figure:
    """Plot how loss and accuracy developed, on training and validation data.

    Parameters
    ----------
    history : mapping or keras.callbacks.History
        What ``model.fit`` returns, or its ``history``: a list of numbers, one per epoch, under
        ``"loss"`` and optionally ``"val_loss"``, ``"accuracy"``, ``"val_accuracy"``.
    title : str, optional
        A line above the panels.

    Returns
    -------
    matplotlib.figure.Figure
        One panel (loss), or two (loss and accuracy) side by side.

    Raises
    ------
    ValueError
        If there is no loss, or a curve is not a list of numbers.

    Examples
    --------
    >>> plot_history({"loss": [0.4, 0.2], "accuracy": [0.88, 0.94]})
    <Figure size 900x400 with 2 Axes>
    """
    curves = getattr(history, "history", history)
    if not isinstance(curves, Mapping):
        raise ValueError(
            f"history is a {type(history).__name__}; expected what model.fit(...) returned, "
            "or its .history."
        )
    if "loss" not in curves:
        raise ValueError(
            f"history holds {sorted(curves) or 'nothing'}; expected at least 'loss', "
            "as model.fit(...).history does."
        )
    accuracy = next((key for key in curves if key == "acc" or key.endswith("accuracy")), None)
    if accuracy and accuracy.startswith("val_"):
        accuracy = accuracy.removeprefix("val_")
    panels = [("loss", "Loss")] + ([(accuracy, "Accuracy")] if accuracy else [])
    with _course_style():
        figure = _new_figure(WIDTH if len(panels) == 2 else 6.0, 4.0, layout="constrained")
        if title:
            figure.suptitle(title, x=0.01, ha="left")
        for number, (key, name) in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), number)
            _draw_curves(axes, curves, key)
            axes.set_title(name)
    return figure


def plot_confusion(
    true: np.ndarray,
    predicted: np.ndarray,
    class_names: Sequence[str] | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Show which classes are taken for which: counts, and shares of each true class.

    Rows are true classes, columns what the classifier says. Correct answers, on the diagonal, are
    grey; a mistake is the more orange the greater its share of its row.

    Parameters
    ----------
    true, predicted : numpy.ndarray
        Class numbers ``(n,)``.
    class_names : sequence of str, optional
        The name of each class; class numbers by default.
    title : str, optional
        A line above the table; by default the number of mistakes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the lengths differ, or something is not a class number.

    Examples
    --------
    >>> plot_confusion([0, 0, 1], [0, 1, 1], ["cat", "dog"])
    <Figure size 431x307 with 1 Axes>
    """
    classes = None if class_names is None else len(class_names)
    rows = _class_numbers(true, "true", classes)
    columns = _class_numbers(predicted, "predicted", classes)
    if len(rows) != len(columns):
        raise ValueError(
            f"true has {len(rows)} answers and predicted {len(columns)}; expected as many of each."
        )
    classes = classes or max(2, int(max(rows.max(), columns.max())) + 1)
    names = _names(class_names, classes)
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    if title is None:
        title = f"{int((rows != columns).sum())} of {len(rows)} wrong"
    with _course_style():
        return _draw_confusion(counts, names, title)


# --- How it is done -----------------------------------------------------------------------------


def plot_ablation(ladder: Sequence[Mapping], departures: Sequence[Mapping] = ()) -> Figure:
    """Show what each change of a recipe brings: a line each, accuracy beside CPU seconds.

    A dot is the mean over the seeds, a bar their range. The dashed line is the whole recipe, the
    last row of the ladder.

    Parameters
    ----------
    ladder : sequence of mapping
        From a plain recipe to the whole one, each row keeping the changes above it: ``"change"``
        (in words) and ``"runs"``, a list with ``"accuracy"`` and ``"cpu"`` (seconds) of each seed.
    departures : sequence of mapping, optional
        Rows of the same kind: the whole recipe with one change each.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the ladder is empty, or a row has no runs.

    Examples
    --------
    >>> runs = [{"accuracy": 0.70, "cpu": 60}, {"accuracy": 0.72, "cpu": 62}]
    >>> plot_ablation([{"change": "plain", "runs": runs}])
    <Figure size 900x126 with 2 Axes>
    """
    rows = [*ladder, *departures]
    empty = [row["change"] for row in rows if not row["runs"]]
    if not ladder or empty:
        what = f"{empty[0]!r} has no runs" if empty else "ladder is empty"
        raise ValueError(f"{what}; expected a run or more in each row, one row or more.")
    gap = 1 if departures else 0  # a line left empty between the two parts
    places = [place + gap * (place >= len(ladder)) for place in range(len(rows))]
    names = [row["change"] for row in ladder] + [f"but {row['change']}" for row in departures]
    with _course_style():
        figure = _new_figure(WIDTH, 0.8 + 0.23 * max(len(rows) + gap, 2), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
        for axes, key, label in (
            (left, "accuracy", "Validation accuracy"),
            (right, "cpu", "CPU seconds"),
        ):
            means = [float(np.mean([run[key] for run in row["runs"]])) for row in rows]
            axes.axvline(means[len(ladder) - 1], ls="--", lw=1, color=COLOURS["neutral"])
            for number, (place, row) in enumerate(zip(places, rows, strict=True)):
                colour = COLOURS["data" if number < len(ladder) else "model"]
                ends = [f(run[key] for run in row["runs"]) for f in (min, max)]
                axes.plot(ends, [place, place], color=colour, lw=3)
                axes.plot(means[number], place, "o", color=colour)
            axes.set_xlabel(label)
        left.set_yticks(places, [textwrap.shorten(name, 44, placeholder=" …") for name in names])
        left.tick_params(axis="y", labelsize=11)
        left.set_ylim(places[-1] + 0.6, -0.6)
    return figure


@contextmanager
def _course_style() -> Iterator[None]:
    """Apply the style while drawing, whether or not `use_course_style` was called."""
    _load_backend()
    with matplotlib.rc_context(_STYLE):
        yield


@cache
def _load_backend() -> None:
    """Let pyplot load its backend now.

    In a notebook that switches interactive mode on, teaches IPython to show figures, and must not
    happen inside `matplotlib.rc_context`, which would switch interactive mode off again.
    """
    plt.close(plt.figure())


def _new_figure(width: float, height: float, layout: str = "none") -> Figure:
    """Return an empty figure that pyplot has forgotten, so that nothing shows it a second time."""
    size = (round(width * _DPI) / _DPI, round(height * _DPI) / _DPI)
    figure = plt.figure(figsize=size, dpi=_DPI, layout=layout)
    plt.close(figure)
    return figure


def _place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place given in inches from the figure's upper left corner."""
    across, down = figure.get_size_inches()
    return figure.add_axes(
        (left / across, 1 - (top + height) / down, width / across, height / down)
    )


def _wrapped(title: str, width: float) -> str:
    """Break a title into lines that fit a width in inches."""
    return textwrap.fill(title, max(12, int(width / 0.115)))


def _head(title: str | None, width: float) -> float:
    """Return the height in inches that a title needs."""
    return 0.15 + 0.27 * (_wrapped(title, width).count("\n") + 1) if title else 0.0


def _heading(figure: Figure, title: str | None, left: float) -> None:
    """Write a title at the upper left."""
    if title:
        across, down = figure.get_size_inches()
        figure.text(
            left / across, 1 - 0.12 / down, _wrapped(title, across - 2 * left),
            ha="left", va="top", fontsize=_TITLE,
        )  # fmt: skip


def _frame(axes: Axes, colour: str, width: float) -> None:
    """Draw a frame around a picture."""
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=width)


def _bare(axes: Axes) -> None:
    """Take away ticks and grid; leave a thin frame."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    _frame(axes, "#BFBFBF", 0.8)


def _text_width(text: str) -> float:
    """Return the approximate width in inches of the longest line of a text at 12 points."""
    return max(len(line) for line in text.split("\n")) * 0.104


def _grid(
    panels: Sequence[np.ndarray],
    captions: list[str] | None,
    *,
    columns: int,
    title: str | None,
    cmap: str,
    low: float,
    high: float,
    right: float = 0.0,
    size: float | None = None,
) -> Figure:
    """Draw panels in rows, captions below them, `right` inches left free for a scale.

    Panels are `size` inches wide, or as wide as there is room for.
    """
    if columns < 1:
        raise ValueError(f"columns is {columns}; expected at least 1.")
    if len(panels) > _MOST_IMAGES:
        raise ValueError(
            f"{len(panels)} pictures are too many for one figure (at most {_MOST_IMAGES}). "
            "Show some of them, for example images[:40]."
        )
    captions = captions and [textwrap.fill(c, 24) if "\n" not in c else c for c in captions]
    gap = 0.12
    room = WIDTH - right
    widest = max(map(_text_width, captions)) + gap if captions else 0.0
    columns = max(1, min(columns, len(panels), int(room / widest) if widest else columns))
    usual = size + gap if size else 2.25 if len(panels) > 1 else 3.0
    cell = max(min(room / columns, usual), min(widest, room))
    picture = min(cell - gap, size or 3.0)
    ratio = max(panel.shape[0] / panel.shape[1] for panel in panels)
    height = picture * min(max(ratio, 0.05), 3.0)
    lines = max(c.count("\n") + 1 for c in captions) if captions else 0
    step = height + gap + 0.23 * lines
    rows = -(-len(panels) // columns)
    width = max(cell * columns, 3.0) + right
    head = _head(title, width - gap)
    with _course_style():
        figure = _new_figure(width, head + rows * step + gap)
        _heading(figure, title, gap / 2)
        for index, panel in enumerate(panels):
            row, column = divmod(index, columns)
            left = column * cell + (cell - picture) / 2
            axes = _place(figure, left, head + gap / 2 + row * step, picture, height)
            sharp = max(panel.shape[:2]) <= 96
            axes.imshow(
                panel, cmap=cmap, vmin=low, vmax=high, interpolation="nearest" if sharp else "auto"
            )
            _bare(axes)
            if captions:
                axes.set_xlabel(captions[index], fontsize=_TEXT, labelpad=4)
    return figure


def _scale_beside(figure: Figure, edge: float) -> None:
    """Draw the scale of `show_signed` at the right."""
    across, down = figure.get_size_inches()
    top = max(1 - axes.get_position().y1 for axes in figure.axes[:1]) * down
    height = min(down - top - 0.15, 3.0)
    with _course_style():
        bar = _place(figure, across - 0.85, top + 0.05, 0.16, max(height - 0.1, 0.4))
        mappable = matplotlib.cm.ScalarMappable(Normalize(-edge, edge), DIVERGING)
        scale = figure.colorbar(mappable, cax=bar, ticks=[-edge, 0, edge])
        scale.ax.set_yticklabels([_short(-edge), "0", _short(edge)], fontsize=_TEXT)
        scale.outline.set_visible(False)
        scale.ax.grid(False)


def _squares_beside(figure: Figure, values: Sequence[float], edge: float) -> None:
    """Name the few numbers of `show_signed` by squares of their colours at the right."""
    across, down = figure.get_size_inches()
    top = (1 - figure.axes[0].get_position().y1) * down
    side = 0.22
    cmap = matplotlib.colormaps[DIVERGING]
    with _course_style():
        for k, value in enumerate(values):
            axes = _place(figure, across - 0.85, top + 0.05 + k * 1.5 * side, side, side)
            axes.set_facecolor(cmap(0.5 + 0.5 * value / edge))
            _bare(axes)
            axes.text(
                1.4, 0.5, ("+" if value > 0 else "") + _short(value), transform=axes.transAxes,
                va="center", fontsize=_TEXT,
            )  # fmt: skip


def _mosaic(pictures: np.ndarray, rows: int, columns: int, top: float) -> np.ndarray:
    """Return one array with all pictures, grey lines between them and white where none is."""
    n, height, width = pictures.shape[:3]
    rest = pictures.shape[3:]
    full = np.full((rows * columns, height + 1, width + 1, *rest), top, dtype=pictures.dtype)
    full[:n] = 0.75 * top
    full[:n, :height, :width] = pictures
    grid = full.reshape(rows, columns, height + 1, width + 1, *rest).swapaxes(1, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1), *rest)[:-1, :-1]


def _draw_matrix(axes: Axes, numbers: np.ndarray, texts: list[list[str]], top: float) -> None:
    """Fill axes with the shaded cells and their numbers; the scale ends at `top`."""
    rows, across = numbers.shape
    finite = numbers[np.isfinite(numbers)]
    signed = finite.size > 0 and float(finite.min()) < 0
    norm = Normalize(-top if signed else 0, top)
    cmap = matplotlib.colormaps[DIVERGING if signed else "gray"]
    shape = axes.get_aspect()  # imshow would make the cells square
    axes.imshow(np.ma.masked_invalid(numbers), cmap=cmap, norm=norm, aspect=shape)
    axes.set(xlim=(-0.5, across - 0.5), ylim=(rows - 0.5, -0.5))
    _bare(axes)
    for line in range(1, rows):
        axes.axhline(line - 0.5, color="#BFBFBF", linewidth=0.8)
    for line in range(1, across):
        axes.axvline(line - 0.5, color="#BFBFBF", linewidth=0.8)
    box = axes.get_window_extent()
    longest = max(len(text) for line in texts for text in line)
    wide, tall = box.width / across, box.height / rows
    if shape != "auto":
        wide = tall = min(wide, tall)
    fitting = min(wide / (0.68 * longest + 0.35), tall / 1.3)
    size = float(np.clip(fitting * 72 / axes.figure.dpi, 6.0, 14.0))
    for row in range(rows):
        for column in range(across):
            value = numbers[row, column]
            if np.isfinite(value):
                colour = _ink(cmap(norm(value)))
            else:
                colour = COLOURS["neutral"]
                axes.add_patch(
                    plt.Rectangle(
                        (column - 0.5, row - 0.5), 1, 1,
                        facecolor="#F2F2F2", edgecolor="#CFCFCF", hatch="///", linewidth=0,
                    )
                )  # fmt: skip
            axes.text(
                column, row, texts[row][column], ha="center", va="center", color=colour,
                fontsize=size,
            )  # fmt: skip


def _draw_curves(axes: Axes, curves: Mapping[str, Sequence[float]], key: str) -> None:
    """Draw the training curve and, where there is one, the validation curve."""
    longest = 1
    for name, role, text, marker in (
        (key, "data", "training", "o"),
        (f"val_{key}", "model", "validation", "s"),
    ):
        if name not in curves:
            continue
        values = _numbers(curves[name], f"history[{name!r}]").astype(np.float64)
        if values.ndim != 1 or not len(values):
            raise ValueError(
                f"history[{name!r}] has the shape {values.shape}; expected a list of numbers, "
                "one per epoch."
            )
        longest = max(longest, len(values))
        axes.plot(
            np.arange(1, len(values) + 1), values, color=COLOURS[role],
            marker=marker if len(values) <= 30 else None,
            label=f"{text} (last {values[-1]:.3f})",
        )  # fmt: skip
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, nbins=8))
    pad = max(0.5, 0.03 * longest)
    axes.set_xlim(1 - pad, longest + pad)
    axes.legend(loc="best")


def _draw_shares(axes: Axes, shares: np.ndarray, names: Sequence[str]) -> None:
    """Draw one bar per class; the greatest stands out."""
    best = int(shares.argmax())
    colours = [COLOURS["model"] if k == best else "#A6A6A6" for k in range(len(shares))]
    axes.barh(range(len(shares)), shares, color=colours, height=0.72)
    axes.set(xlim=(0, 1), ylim=(len(shares) - 0.5, -0.5), xticks=[])
    axes.set_yticks(range(len(shares)), names, fontsize=_TEXT)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    for k, share in enumerate(shares):
        if k == best or share >= 0.005:
            axes.text(
                share + 0.02, k, percent(share), va="center", fontsize=_TEXT,
                fontweight="bold" if k == best else "normal",
            )  # fmt: skip


def _draw_confusion(counts: np.ndarray, names: Sequence[str], title: str) -> Figure:
    """Draw the table of counts and row shares."""
    classes = len(names)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    off = shares.copy()
    np.fill_diagonal(off, 0)
    worst = max(off.max(), 0.01)
    cmap = LinearSegmentedColormap.from_list("mistakes", ["#FFFFFF", COLOURS["wrong"]])
    side = max(map(_text_width, names)) + 0.55
    cell = float(np.clip((WIDTH - side - 0.1) / classes, 0.3, 1.6))
    tall = min(cell, 0.5 if classes > 4 else 0.9)  # ten rows fit a projector
    slant = any(_text_width(name) > cell - 0.06 for name in names)
    foot = 0.45 + (0.75 * max(map(_text_width, names)) if slant else 0.25)
    head = _head(title, 3.0 + cell * classes - 0.4)
    figure = _new_figure(side + cell * classes + 0.25, head + tall * classes + foot + 0.15)
    _heading(figure, title, 0.15)
    axes = _place(figure, side + 0.1, head + 0.05, cell * classes, tall * classes)
    axes.imshow(off, cmap=cmap, norm=Normalize(0, worst), aspect="auto")
    _bare(axes)
    for line in range(1, classes):
        axes.axhline(line - 0.5, color="white", linewidth=1.5)
        axes.axvline(line - 0.5, color="white", linewidth=1.5)
    with_share = cell >= 0.58
    for row in range(classes):
        for column in range(classes):
            count = counts[row, column]
            if row == column:
                axes.add_patch(
                    plt.Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, color="#EDEDED")
                )
                colour = COLOURS["neutral"]
            elif not count:
                continue
            else:
                colour = _ink(cmap(off[row, column] / worst))
            text = f"{count}\n{percent(shares[row, column])}" if with_share else f"{count}"
            axes.text(
                column, row, text, ha="center", va="center", color=colour, linespacing=1.1,
                fontsize=_TEXT if cell >= 0.4 else 9.0,
                fontweight="bold" if row != column and off[row, column] > 0.5 * worst else "normal",
            )  # fmt: skip
    axes.set_xticks(range(classes), names)
    axes.set_yticks(range(classes), names)
    axes.tick_params(length=0, labelsize=_TEXT)
    if slant:
        plt.setp(axes.get_xticklabels(), rotation=40, ha="right", rotation_mode="anchor")
    axes.set_xlabel("says", fontsize=13)
    axes.set_ylabel("true", fontsize=13)
    return figure


def _sentence(text: str) -> Figure:
    """Return a figure that holds only a sentence."""
    with _course_style():
        figure = _new_figure(6.0, 0.7)
        axes = figure.add_axes((0, 0, 1, 1))  # a notebook does not show a figure without axes
        axes.set_axis_off()
        axes.text(0.02, 0.5, text, va="center", fontsize=_TITLE, color=COLOURS["right"])
    return figure


def _ink(background: tuple[float, ...]) -> str:
    """Return black or white, whichever is easier to read on a colour (WCAG contrast)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(background)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def percent(share: float) -> str:
    """Write a share as people do, without rounding a near-certainty to 100 %.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    str
        For example ``"93 %"``, ``"0.4 %"`` or ``">99.9 %"``.

    Examples
    --------
    >>> percent(0.934), percent(0.9996)
    ('93 %', '>99.9 %')
    """
    value = 100 * float(share)
    if abs(value - round(value)) < 1e-9:
        return f"{value:.0f} %"
    if value > 99.9:
        return ">99.9 %"
    if value < 0.1:
        return "<0.1 %"
    return f"{value:.1f} %" if value < 1.95 or value > 99.0 else f"{value:.0f} %"


def _short(number: float) -> str:
    """Write a number with three significant digits and a true minus sign."""
    return f"{number:.3g}".replace("-", "−")


def _written(numbers: np.ndarray, fmt: str | None) -> list[list[str]]:
    """Write the numbers of a matrix, all in one way."""
    finite = numbers[np.isfinite(numbers)]
    if fmt is None:
        fmt = ".0f" if np.array_equal(finite, np.round(finite)) else ".2f"
    spec = fmt.strip("{}:")

    def write(value: float) -> str:
        if np.isnan(value):
            return ""
        if np.isinf(value):
            return "∞" if value > 0 else "−∞"
        number = float(value)
        text = format(int(number) if spec.endswith(("d", "x")) else number, spec)
        if float(number) and text.strip("-0.") == "" and spec == ".0f":
            return text
        return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")

    try:
        return [[write(value) for value in row] for row in numbers]
    except ValueError as error:
        raise ValueError(f"fmt is {fmt!r}; expected a format such as '.2f' or 'd'.") from error


def _numbers(values: Any, name: str) -> np.ndarray:
    """Return values as an array of real numbers, or say what is wrong with them."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} has rows of different lengths; expected a full array.") from error
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if array.dtype.kind not in "uif":
        raise ValueError(f"{name} holds {array.dtype} values; expected numbers.")
    return array


def _pictures(images: Any, name: str) -> tuple[np.ndarray, float]:
    """Return pictures as ``(n, h, w)`` or ``(n, h, w, 3)``, and the value that means white."""
    array = _numbers(images, name)
    shape = array.shape
    if array.ndim == 2 or (array.ndim == 3 and shape[-1] == 3 and min(shape[:2]) > 4):
        array = array[np.newaxis]
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] != 3) or not array.size:
        raise ValueError(
            f"{name} has the shape {shape}; expected grey pictures (n, height, width) or colour "
            "pictures (n, height, width, 3), at least one."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; expected values from 0 to 255 or 0 to 1.")
    low, high = array.min(), array.max()
    if low < 0 or high > 255:
        raise ValueError(
            f"{name} holds values from {low:.4g} to {high:.4g}; expected 0 to 255 or 0 to 1. "
            "For signed values use show_signed."
        )
    if array.dtype.kind in "ui":
        return array.astype(np.uint8), 255.0
    top = 1.0 if high <= 1 else 255.0
    return array.astype(np.float32) / np.float32(top), 1.0


def _captions(
    labels: Sequence | np.ndarray, count: int, class_names: Sequence[str] | None
) -> list[str]:
    """Return one text per picture."""
    labels = list(np.ravel(labels)) if isinstance(labels, np.ndarray) else list(labels)
    if len(labels) != count:
        raise ValueError(
            f"labels has {len(labels)} entries for {count} pictures; expected {count}."
        )
    if class_names is None:
        return [str(label) for label in labels]
    numbers = _class_numbers(labels, "labels", len(class_names))
    return [str(class_names[number]) for number in numbers]


def _class_numbers(values: Any, name: str, classes: int | None) -> np.ndarray:
    """Return class numbers as ``int64 (n,)``, or say what is wrong with them."""
    array = _numbers(values, name)
    if array.ndim == 2 and array.shape[1] == 1:  # CIFAR-10's labels come as a column
        array = array[:, 0]
    if array.ndim != 1 or not array.size:
        hint = " Take probabilities.argmax(axis=1) first." if array.ndim == 2 else ""
        raise ValueError(f"{name} has the shape {array.shape}; expected class numbers (n,).{hint}")
    if array.dtype.kind == "f" and not np.array_equal(array, np.round(array)):
        raise ValueError(f"{name} holds fractions; expected class numbers 0, 1, 2, …")
    array = array.astype(np.int64)
    if array.min() < 0 or (classes is not None and array.max() >= classes):
        top = "" if classes is None else f" to {classes - 1}"
        raise ValueError(
            f"{name} holds class numbers from {array.min()} to {array.max()}; expected 0{top}."
        )
    return array


def _names(class_names: Sequence[str] | None, classes: int) -> list[str]:
    """Return a name for each class."""
    if class_names is None:
        return [str(number) for number in range(classes)]
    if len(class_names) != classes:
        raise ValueError(f"class_names has {len(class_names)} names for {classes} classes.")
    return [str(name) for name in class_names]
