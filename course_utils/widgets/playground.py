"""A playground: choose points and a network, and watch the network learn to tell them apart.

In the manner of TensorFlow Playground, with the network of `course_utils.dense`. Training runs in
a thread of its own, one epoch a picture, and only while somebody looks: it is never more than a few
pictures ahead of what the page has drawn. So buttons act at once, and other cells can run
meanwhile.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from course_utils import dense
from course_utils.optimisers import GradientDescent
from course_utils.widgets.still import STATIC, StillWidget, script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 200
"""How many points the network learns from; it is tried on as many fresh ones."""

EDGE = 3.0
"""The plane that is shown runs from -EDGE to EDGE in both directions."""

GRID = 50
"""The decision region is computed on GRID × GRID points of that plane."""

ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")
RATES = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
MOST_LAYERS, MOST_NODES = 4, 8

_BATCH = 10
_FRAME = 0.04  # seconds from one picture to the next, at least
_AHEAD = 4  # pictures on their way to the page, at most: more would make the buttons late
_PATIENCE = 60.0  # seconds to wait for a page that has stopped drawing
_MOST_EPOCHS = 10_000
_CURVE = 150  # points of the loss curve that are sent
_NODE_STEP = 2  # the small pictures of the nodes show every second point of the grid


# --- The points ---------------------------------------------------------------------------------


def make_points(data: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return points in the plane and their classes.

    Parameters
    ----------
    data : str
        ``"circle"`` (one class inside the other), ``"xor"`` (opposite corners belong together),
        ``"spiral"``, ``"moons"`` or ``"clouds"`` (two normal distributions).
    n : int
        How many points, an even number; the classes are of equal size, but for ``"xor"``.
    rng : numpy.random.Generator
        Where they lie.

    Returns
    -------
    x : numpy.ndarray
        ``(n, 2)``, within about -2.8 to 2.8.
    y : numpy.ndarray
        ``(n, 1)``, 0.0 or 1.0.

    Raises
    ------
    ValueError
        If `data` is none of these.

    Examples
    --------
    >>> x, y = make_points("spiral", 200, np.random.default_rng(0))
    >>> x.shape, y.shape, float(y.mean())
    ((200, 2), (200, 1), 0.5)
    """
    if data not in _MAKERS:
        raise ValueError(f"data: one of {', '.join(_MAKERS)} is expected, got {data!r}")
    _, make = _MAKERS[data]
    label = np.repeat([0.0, 1.0], n // 2)
    x, label = make(label, rng)
    return x, label[:, np.newaxis]


def _circle(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    radius = np.where(
        label == 1, rng.uniform(0, 1.2, label.size), rng.uniform(1.8, 2.7, label.size)
    )
    angle = rng.uniform(0, 2 * np.pi, label.size)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), label


def _xor(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.uniform(0.2, 2.6, (label.size, 2)) * rng.choice([-1, 1], (label.size, 2))
    return x, (x[:, 0] * x[:, 1] < 0).astype(float)


def _spiral(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    along = np.tile(np.linspace(0.05, 1, label.size // 2), 2)
    angle = 2.9 * np.pi * along + np.pi * label
    arms = 2.6 * along[:, np.newaxis] * np.column_stack([np.sin(angle), np.cos(angle)])
    return arms + rng.normal(0, 0.05, arms.shape), label


def _moons(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(0, np.pi, label.size)
    side = 1 - 2 * label  # the second moon is the first, turned upside down
    arcs = np.column_stack([side * np.cos(angle), side * np.sin(angle)])
    x = 1.5 * (arcs + np.column_stack([label - 0.5, 0.5 * label - 0.25]))
    return x + rng.normal(0, 0.15, x.shape), label


def _clouds(label: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    middle = np.where(label == 1, 1.2, -1.2)[:, np.newaxis]
    return (middle + rng.normal(0, 0.6, (label.size, 2))).clip(-2.8, 2.8), label


_Maker = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]
_MAKERS: dict[str, tuple[str, _Maker]] = {
    "circle": ("circle", _circle),
    "xor": ("XOR", _xor),
    "spiral": ("spiral", _spiral),
    "moons": ("two moons", _moons),
    "clouds": ("two clouds", _clouds),
}
DATA = tuple(_MAKERS)


def plane() -> np.ndarray:
    """Return the points of the plane that are shown, ``(GRID * GRID, 2)``, top row first."""
    line = np.linspace(-EDGE, EDGE, GRID)
    across, up = np.meshgrid(line, line[::-1])
    return np.column_stack([across.ravel(), up.ravel()])


# --- The widget ---------------------------------------------------------------------------------


class Playground(StillWidget):
    """The widget that `playground` returns.

    Attributes
    ----------
    network : course_utils.dense.Network
        A copy of the network as it is now.
    settings : dict
        The choices that hold: data, hidden, activation, rate.
    epoch : int
        How many times it has seen all points.
    running : bool
        Whether it is being trained.
    losses : numpy.ndarray
        The mean binary cross-entropy before training and after each epoch, ``(epoch + 1, 2)``: on
        the training points, and on fresh ones.
    """

    sentence = (
        "A playground to watch a small network learn. It needs a running kernel: "
        "run this cell in JupyterLab."
    )
    _esm = script("element.js", "playground.js")
    _css = STATIC / "playground.css"

    # From Python to the page, in one message a picture; `_frame` counts the pictures.
    _frame = traitlets.Int(0).tag(sync=True)
    _epoch = traitlets.Int(0).tag(sync=True)
    _running = traitlets.Bool(False).tag(sync=True)
    _settings = traitlets.Dict().tag(sync=True)
    _says = traitlets.Unicode("").tag(sync=True)
    _points = traitlets.Bytes(b"").tag(sync=True)  # float32: x, y, class of each point
    _grid = traitlets.Bytes(b"").tag(sync=True)  # uint8 (GRID, GRID): the output, 0 to 255
    _nodes = traitlets.Bytes(b"").tag(sync=True)  # uint8: the same, coarser, of each hidden node
    _curve = traitlets.Bytes(b"").tag(sync=True)  # float32: epoch, loss, loss on fresh points
    _choices = traitlets.Dict().tag(sync=True)

    def __init__(
        self, data: str, hidden: Sequence[int], activation: str, rate: float, seed: int
    ) -> None:
        from course_utils.plots import COLOURS

        self._lock = threading.RLock()  # held by whoever looks at, or changes, what is below
        self._wake = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None  # the one that trains; none: paused
        self._seen = 0  # the last picture that a page has drawn
        self._seed, self._start = seed, 0
        self._plane = plane()
        self._choose(data=data, hidden=hidden, activation=activation, rate=rate)
        choices = {
            "data": [[name, words] for name, (words, _) in _MAKERS.items()],
            "activation": list(ACTIVATIONS),
            "rate": list(RATES),
            "layers": MOST_LAYERS,
            "nodes": MOST_NODES,
            "grid": GRID,
            "small": len(range(0, GRID, _NODE_STEP)),
            "edge": EDGE,
            "colours": COLOURS,
        }
        super().__init__(_choices=choices)
        self._begin()
        self.on_msg(self._heard)

    # What a reader, or a cell, can do; every one of these may come from any thread.

    @property
    def network(self) -> dense.Network:
        """A copy of the network as it is now."""
        with self._lock:
            return copy.deepcopy(self._network)

    @property
    def settings(self) -> dict:
        """The choices that hold: data, hidden, activation, rate."""
        return copy.deepcopy(self._settings)

    @property
    def epoch(self) -> int:
        """How many times the network has seen all points."""
        return self._epoch

    @property
    def running(self) -> bool:
        """Whether the network is being trained."""
        return self._thread is not None

    @property
    def losses(self) -> np.ndarray:
        """The loss on the training points and on fresh ones, ``(epoch + 1, 2)``."""
        with self._lock:
            return np.array(self._losses)

    def run(self) -> None:
        """Train, an epoch a picture, until `pause`."""
        with self._lock:
            if self._thread is None and self._can_go_on():
                self._thread = threading.Thread(target=self._train, name="playground", daemon=True)
                self._seen = self._frame  # don't wait for pictures of the past
                self._thread.start()
                self._show()

    def pause(self) -> None:
        """Stop training, and keep what has been learned."""
        with self._lock:
            if self._thread is not None:
                self._thread = None
                self._wake.notify_all()
                self._show()

    def step(self) -> None:
        """Train for one epoch."""
        with self._lock:
            self._thread = None
            self._wake.notify_all()
            if self._can_go_on():
                self._advance()
            self._show()

    def reset(self) -> None:
        """Begin again with other random weights; go on training if it was running."""
        with self._lock:
            self._start += 1
            self._begin()

    def choose(self, **settings: Any) -> None:
        """Change settings; all but the learning rate begin again, from the same random weights.

        Parameters
        ----------
        **settings
            Some of ``data``, ``hidden``, ``activation``, ``rate``, see `playground`.

        Raises
        ------
        ValueError
            If one is not among the choices; then none is changed.
        """
        with self._lock:
            before = dict(self._settings)
            self._choose(**{**before, **settings})
            if before == {**self._settings, "rate": before["rate"]}:
                self._rule.rate = self._settings["rate"]
                self._show()
            else:
                self._begin()

    def close(self) -> None:
        """End training and close the widget."""
        if hasattr(self, "_lock"):
            with self._lock:
                self._thread = None
                self._wake.notify_all()
        super().close()

    def still(self) -> Figure:
        """Return a still picture: this network after up to 300 epochs more."""
        with self._lock:
            twin = (copy.deepcopy(self._network), copy.deepcopy(self._rng), list(self._losses))
            rule = GradientDescent(self._settings["rate"])
        for _ in range(300):
            twin[2].append(_one_epoch(twin[0], self._training, self._fresh, rule, twin[1]))
        return _picture(twin[0], self._training, np.array(twin[2]))

    # How it works; the caller holds the lock.

    def _choose(self, *, data: Any, hidden: Any, activation: Any, rate: Any) -> None:
        for name, value, choices in (
            ("data", data, DATA),
            ("activation", activation, ACTIVATIONS),
            ("rate", rate, RATES),
        ):
            if isinstance(value, list | dict | bool) or value not in choices:
                expected = ", ".join(map(str, choices))
                raise ValueError(f"{name}: one of {expected} is expected, got {value!r}")
        sizes = list(hidden) if isinstance(hidden, list | tuple) else [0]
        fair = all(type(size) is int and 1 <= size <= MOST_NODES for size in sizes)
        if not fair or len(sizes) > MOST_LAYERS:
            raise ValueError(
                f"hidden: up to {MOST_LAYERS} numbers of nodes from 1 to {MOST_NODES} are "
                f"expected, as in [4, 2], got {hidden!r}"
            )
        self._settings = {
            "data": data,
            "hidden": sizes,
            "activation": activation,
            "rate": float(rate),
        }

    def _begin(self) -> None:
        chosen = self._settings
        points = np.random.default_rng(self._seed)
        self._training = make_points(chosen["data"], POINTS, points)
        self._fresh = make_points(chosen["data"], POINTS, points)
        self._rng = np.random.default_rng([self._seed, self._start])
        layers = len(chosen["hidden"])
        self._network = dense.initialise(
            [2, *chosen["hidden"], 1],
            [chosen["activation"]] * layers + ["sigmoid"],
            self._rng,
            "he" if chosen["activation"] == "relu" else "glorot",
        )
        self._rule = GradientDescent(chosen["rate"])
        self._losses = [_both_losses(self._network, self._training, self._fresh)]
        self._show()

    def _can_go_on(self) -> bool:
        return len(self._losses) <= _MOST_EPOCHS and np.isfinite(self._losses[-1]).all()

    def _advance(self) -> None:
        losses = _one_epoch(self._network, self._training, self._fresh, self._rule, self._rng)
        self._losses.append(losses)

    def _train(self) -> None:
        """Train, an epoch a picture, as long as this is the thread that trains (in the thread)."""
        with self._lock:
            while self._thread is threading.current_thread():
                started = time.monotonic()
                self._advance()
                if not self._can_go_on():
                    self._thread = None
                self._show()
                # Waiting gives the lock back: this is when everybody else has their turn.
                self._wait_until(started + _FRAME, lambda: False)
                self._wait_until(started + _PATIENCE, self._page_keeps_up)
                if self._thread is threading.current_thread() and not self._page_keeps_up():
                    self._thread = None  # nobody looks any more
                    self._show()

    def _page_keeps_up(self) -> bool:
        return self._frame - self._seen < _AHEAD

    def _wait_until(self, moment: float, done: Callable[[], bool]) -> None:
        """Wait for a moment, for `done`, or until another thread, or none, is to train."""
        mine = threading.current_thread()
        left = moment - time.monotonic()
        self._wake.wait_for(lambda: done() or self._thread is not mine, max(left, 0))

    def _show(self) -> None:
        """Send everything that has changed to the page, in one message."""
        with np.errstate(all="ignore"):
            _, *hidden, output = dense.forward(self._network, self._plane)
        kept = np.unique(np.linspace(0, len(self._losses) - 1, _CURVE).astype(int))
        with self.hold_sync():
            self._epoch = len(self._losses) - 1
            self._says = self._in_words()
            self._points = np.column_stack(self._training).astype("<f4").tobytes()
            self._grid = _as_bytes(output)
            self._nodes = b"".join(map(_small, hidden))
            curve = np.column_stack([kept, np.array(self._losses)[kept]])
            self._curve = curve.astype("<f4").tobytes()
            self._frame += 1
            # Last: whoever sees that it has ended finds everything else as it is at the end.
            self._running = self._thread is not None

    def _in_words(self) -> str:
        training, fresh = self._losses[-1]
        if not np.isfinite([training, fresh]).all():
            return "The weights ran away. Choose a smaller learning rate, then Reset."
        if len(self._losses) > _MOST_EPOCHS:
            return f"{_MOST_EPOCHS} epochs are enough: Reset to begin again."
        return f"loss {training:.3f} on these points, {fresh:.3f} on fresh ones"

    def set_state(self, sync_data: dict) -> None:
        """Let the page change nothing by itself: it sends messages."""

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        """Do what a message of the page asks for, whatever it holds."""
        message = content if isinstance(content, dict) else {}
        asked = message.get("do")
        if asked == "seen" and type(message.get("frame")) is int:
            with self._lock:
                self._seen = max(self._seen, min(message["frame"], self._frame))
                self._wake.notify_all()
        elif asked in ("run", "pause", "step", "reset"):
            getattr(self, asked)()
        elif asked == "choose":
            names = ("data", "hidden", "activation", "rate")
            settings = {name: message[name] for name in names if name in message}
            try:
                self.choose(**settings)
            except (ValueError, TypeError):
                with self._lock:
                    self._show()  # the page shows again what holds


def playground(
    data: str = "circle",
    hidden: Sequence[int] = (3,),
    activation: str = "tanh",
    rate: float = 0.1,
    *,
    seed: int = 0,
) -> Playground:
    """Show a playground: choose points and a network, and watch it learn.

    The network has two inputs, the coordinates of a point, and one sigmoid output. It is trained
    on 200 points, in batches of 10, by plain gradient descent on the binary cross-entropy. Nothing
    is trained before Run or Step is pressed.

    Parameters
    ----------
    data : str, optional
        The points: ``"circle"``, ``"xor"``, ``"spiral"``, ``"moons"`` or ``"clouds"``.
    hidden : sequence of int, optional
        The number of nodes, 1 to 8, of up to four hidden layers; ``()`` for none.
    activation : str, optional
        Of the hidden layers: ``"tanh"``, ``"relu"``, ``"sigmoid"`` or ``"linear"``.
    rate : float, optional
        The learning rate: 0.001, 0.01, 0.03, 0.1, 0.3, 1 or 3.
    seed : int, optional
        Chooses the points and the random weights to begin with.

    Returns
    -------
    Playground
        Shown when it is the last line of a cell.

    Raises
    ------
    ValueError
        If a setting is not among the choices.

    Examples
    --------
    >>> play = playground("xor", [4])
    >>> play.step()
    >>> play.epoch, play.running
    (1, False)
    """
    return Playground(data, hidden, activation, rate, seed)


def _one_epoch(
    network: dense.Network,
    training: tuple[np.ndarray, np.ndarray],
    fresh: tuple[np.ndarray, np.ndarray],
    rule: GradientDescent,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Train for one epoch and return both losses; too large a rate may give NaN."""
    with np.errstate(all="ignore"):
        history = dense.train(
            network,
            *training,
            "binary_crossentropy",
            rule,
            epochs=1,
            batch_size=_BATCH,
            rng=rng,
            validation=fresh,
        )
    if not all(np.isfinite(array).all() for array in network.parameters):
        return np.nan, np.nan
    return history["loss"][0], history["val_loss"][0]


def _both_losses(network: dense.Network, *parts: tuple) -> tuple[float, ...]:
    return tuple(dense.cost(network, x, y, "binary_crossentropy") for x, y in parts)


def _as_bytes(values: np.ndarray) -> bytes:
    """Return values from 0 to 1 as bytes."""
    return np.round(255 * np.nan_to_num(values, nan=0.5)).astype(np.uint8).tobytes()


def _small(outputs: np.ndarray) -> bytes:
    """Return what the nodes of a layer say, ``(GRID², nodes)``, as small pictures around 127."""
    maps = outputs.T.reshape(-1, GRID, GRID)[:, ::_NODE_STEP, ::_NODE_STEP]
    most = np.abs(maps).max(axis=(1, 2), keepdims=True)
    with np.errstate(all="ignore"):
        return _as_bytes(0.5 + 0.5 * np.where(most > 0, maps / most, 0))


def _picture(network: dense.Network, training: tuple, losses: np.ndarray) -> Figure:
    """Draw the points in the decision region, and beside it the loss curve."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    from course_utils.plots import COLOURS

    x, y = training
    says = dense.forward(network, plane())[-1].reshape(GRID, GRID)
    colours = LinearSegmentedColormap.from_list("", [COLOURS["model"], "white", COLOURS["data"]])
    figure = Figure(figsize=(8.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    left.imshow(
        says, cmap=colours, vmin=0, vmax=1, extent=(-EDGE, EDGE, -EDGE, EDGE),
        interpolation="bilinear", alpha=0.75,
    )  # fmt: skip
    for label, colour, marker in ((0, COLOURS["model"], "s"), (1, COLOURS["data"], "o")):
        chosen = x[y[:, 0] == label]
        left.scatter(*chosen.T, s=26, c=colour, marker=marker, edgecolors="white", linewidths=0.8)
    left.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    left.grid(False)
    left.tick_params(labelsize=12)
    left.set_title(f"after {len(losses) - 1} epochs", fontsize=13, loc="left")
    epochs = np.arange(len(losses))
    right.plot(epochs, losses[:, 0], color=COLOURS["data"], linewidth=2.5, label="these points")
    right.plot(epochs, losses[:, 1], color=COLOURS["model"], label="fresh points", linestyle="--")
    right.set_ylim(bottom=0)
    right.set_xlabel("epoch", fontsize=13)
    right.set_title("loss", fontsize=13, loc="left")
    right.legend(frameon=False, fontsize=12)
    right.tick_params(labelsize=12)
    right.spines[["top", "right"]].set_visible(False)
    return figure
