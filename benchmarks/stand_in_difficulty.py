"""How hard are the stand-ins? A linear model, a dense network and a small CNN on each.

Prints a Markdown table and writes it to ``benchmarks/results/stand_in_difficulty.md``::

    python -m benchmarks.stand_in_difficulty

The recipes are those of a notebook: Adam, batches of 128, a handful of epochs, uint8 images and
the division by 255 inside the model. They were chosen on the validation part. The test part is
read once per seed, at the end; what is tabled is the median of three seeds and their range.

What was fixed when: the drawings, their clutter, overlap, colours and sizes were designed by
looking at contact sheets and committed before any network saw them; not a byte of the pictures has
changed since. The digits changed once after a first look at the validation figures, for a reason
that is not one of difficulty: a test of the centring found validation digits up to 0.4 pixels off
centre (it was estimated on a coarse grid), and it is now computed on every pixel.

What was chosen on validation: the head of the pictures' CNN. With the same three blocks and a
flattened head it reached 0.80 (median of three seeds; 0.97 on the training images) after 6 epochs;
each feature map's largest value alone (global max-pooling, which forgets *where*) gives 0.85.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils import stand_ins

SEEDS = (0, 1, 2)
BATCH = 128
RESULTS = Path(__file__).parent / "results" / "stand_in_difficulty.md"


@dataclass(frozen=True)
class Recipe:
    """A network, how it is trained, and what is asked of it."""

    data: str
    name: str
    layers: Callable[[], list]
    epochs: int
    rate: float
    bar: str
    met: Callable[[float], bool]


@contextmanager
def quiet() -> Iterator[None]:
    """Send what TensorFlow's C++ side writes to standard error into the void.

    (Switching oneDNN off would silence part of it too, and double the training time.)
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, void = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(void)


def linear() -> list:
    from keras import layers

    return [layers.Flatten(), layers.Dense(10)]


def dense(*widths: int) -> list:
    from keras import layers

    hidden = [layers.Dense(width, activation="relu") for width in widths]
    return [layers.Flatten(), *hidden, layers.Dense(10)]


def blocks(*filters: int) -> list:
    """Convolution, max-pooling, batch norm, ReLU; pooled first, so that four times less is left."""
    from keras import layers

    return [
        layer
        for count in filters
        for layer in (
            layers.Conv2D(count, 3, padding="same", use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        )
    ]


def picture_cnn() -> list:
    from keras import layers

    return [*blocks(16, 32, 64), layers.GlobalMaxPooling2D(), layers.Dense(10)]


def digit_cnn() -> list:
    from keras import layers

    return [*blocks(16, 32), layers.Flatten(), layers.Dense(10)]


RECIPES = (
    Recipe("pictures", "linear 3072-10", linear, 6, 1e-3, "≤ 45 %", lambda a: a <= 0.45),
    Recipe("pictures", "dense 3072-256-128-10", lambda: dense(256, 128), 10, 1e-3, "≤ 65 %",
           lambda a: a <= 0.65),
    Recipe("pictures", "CNN 16-32-64", picture_cnn, 6, 3e-3, "≥ 80 %",
           lambda a: a >= 0.80),
    Recipe("digits", "dense 784-128-10", lambda: dense(128), 6, 1e-3, "≥ 93 %",
           lambda a: a >= 0.93),
    Recipe("digits", "CNN 16-32", digit_cnn, 4, 3e-3, "≥ 96 %",
           lambda a: a >= 0.96),
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What one seed gave; accuracies from 0 to 1, processor time in seconds."""

    train: float
    val: float
    test: float | None
    seconds: float
    parameters: int


def train(recipe: Recipe, data: stand_ins.StandIn, seed: int, *, read_test: bool) -> Run:
    """Train one network and measure it."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    images = data.x_train if data.x_train.ndim == 4 else data.x_train[..., None]
    model = keras.Sequential(
        [keras.Input(images.shape[1:]), keras.layers.Rescaling(1 / 255), *recipe.layers()]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(recipe.rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    start = time.process_time()
    history = model.fit(images, data.y_train, batch_size=BATCH, epochs=recipe.epochs, verbose=0)
    seconds = time.process_time() - start

    def accuracy(x: np.ndarray, y: np.ndarray) -> float:
        logits = model.predict(x.reshape(len(x), *images.shape[1:]), batch_size=1000, verbose=0)
        return float(np.mean(logits.argmax(axis=1) == y))

    return Run(
        train=history.history["accuracy"][-1],
        val=accuracy(data.x_val, data.y_val),
        test=accuracy(data.x_test, data.y_test) if read_test else None,
        seconds=seconds,
        parameters=model.count_params(),
    )


def percent(values: list[float]) -> str:
    """Return the median and the range as text.

    >>> percent([0.5, 0.52, 0.49])
    '50.0 (49.0–52.0)'
    """
    low, high = min(values), max(values)
    return f"{100 * statistics.median(values):.1f} ({100 * low:.1f}–{100 * high:.1f})"


def row(recipe: Recipe, runs: list[Run]) -> str:
    """Return one line of the table."""
    tests = [run.test for run in runs if run.test is not None]
    cells = [
        recipe.data,
        recipe.name,
        f"{runs[0].parameters:,}".replace(",", " "),
        f"{recipe.epochs}, {recipe.rate:g}",
        percent([run.train for run in runs]),
        percent([run.val for run in runs]),
        percent(tests) if tests else "not read",
        recipe.bar,
        "–" if not tests else "yes" if recipe.met(statistics.median(tests)) else "**no**",
        f"{statistics.median(run.seconds for run in runs):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = """\
| stand-in | model | parameters | epochs, Adam's rate | training % | validation % | test % \
| bar (test) | met | CPU s |
| --- | --- | ---: | --- | ---: | ---: | ---: | --- | --- | ---: |"""


def main() -> None:
    """Build both stand-ins, train every recipe with every seed, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--validation-only", action="store_true", help="choose a recipe: leave the test part unread"
    )
    read_test = not parser.parse_args().validation_only

    built, data = {}, {}
    for name in ("pictures", "digits"):
        start = time.process_time()
        data[name] = getattr(stand_ins, name)()
        built[name] = time.process_time() - start
    with quiet():
        import tensorflow as tf

        print(HEAD, flush=True)
        lines, medians = [], {}
        for recipe in RECIPES:
            runs = [train(recipe, data[recipe.data], s, read_test=read_test) for s in SEEDS]
            lines.append(row(recipe, runs))
            medians[recipe.name] = statistics.median(run.test or run.val for run in runs)
            print(lines[-1], flush=True)

    ahead = 100 * (medians["CNN 16-32"] - medians["dense 784-128-10"])
    facts = (
        f"Median of {len(SEEDS)} seeds (lowest–highest), batch {BATCH}. "
        f"On the digits the CNN is {ahead:+.1f} points from the dense network. "
        f"Built in {built['digits']:.1f} s (digits) and {built['pictures']:.1f} s (pictures) of "
        f"processor time. Stand-ins version {stand_ins.VERSION}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, TensorFlow {tf.__version__}."
    )
    print(f"\n{facts}")
    if read_test:
        RESULTS.parent.mkdir(exist_ok=True)
        title = "# How hard the stand-ins are\n\n`python -m benchmarks.stand_in_difficulty`\n\n"
        RESULTS.write_text(title + "\n".join([HEAD, *lines]) + f"\n\n{facts}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
