"""Transfer learning in notebook 15's way: how much do a few pictures of new classes bring?

    COURSE_DATA_DIR=… python -m benchmarks.transfer

A base is trained on six classes of CIFAR-10; of the other four there are 5, 20 or 50 pictures each
(and their mirror images). From these a network is trained from scratch (the base's own, and a
smaller one), a new last layer on the frozen base, and the whole base, fine-tuned. And with 20 each:
a new last layer on the first one or two groups only. Each of five draws has a base of its own,
examples of its own and starts of its own.

Everything is done by the notebook's functions. Rates and epochs (`RECIPES`) were chosen for
"scratch", "frozen" and "tuned", each by itself, on 1000 validation pictures of the new classes,
with draws 100 and up, from the `TRIED` ones, and then left alone; the test part is read once per
draw and way. The smaller network takes the recipe of "scratch", and the first one or two groups
that of all three, so neither is at its best: read their rows with care. The rate of "tuned" is the
lowest of those tried, at which little moves.

Every draw is stored as soon as it ends, in `results/transfer.json`, under a digest of data,
settings and the notebook's functions.
"""

import statistics
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.from_notebook import code_of, definitions
from benchmarks.measure import (
    Clock,
    at_work,
    digest,
    in_own_process,
    load_average,
    machine,
    middle,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import datasets
from course_utils.environment import quiet_import

NOTEBOOK = "15_transfer_learning.ipynb"
FUNCTIONS = [
    "only",
    "group",
    "build_cnn",
    "pretrain",
    "few_examples",
    "train",
    "read",
    "share_right",
    "features_of",
    "thaw",
]
OLD, NEW = (1, 2, 3, 4, 6, 8), (0, 5, 7, 9)
CHANNELS, SMALL = (32, 64, 128), (16, 32)
COUNTS = (5, 20, 50)
DRAWS = (0, 1, 2, 3, 4)
WAYS = ("scratch", "small", "frozen", "tuned")
NAMES = {
    "scratch": "from scratch",
    "small": "from scratch, smaller",
    "frozen": "frozen",
    "tuned": "fine-tuned",
}
RECIPES: dict[str, dict[str, float]] = {
    "scratch": {"rate": 0.004, "epochs": 40},
    "small": {"rate": 0.004, "epochs": 40},
    "frozen": {"rate": 0.01, "epochs": 10},
    "tuned": {"rate": 0.0001, "epochs": 6},  # after the frozen way
}
TRIED = {
    "scratch": "Adam at 0.001, 0.004 and 0.01; 10, 20 and 40 epochs; earlier, with the maximum at "
    "the end instead of the mean, momentum at 0.01 and 0.05, and 80 epochs",
    "frozen": "Adam at 0.003, 0.01 and 0.03; 5, 10, 20, 30 and 60 epochs",
    "tuned": "Adam at 0.0001, 0.0003 and 0.001; 3, 6, 12 and 24 epochs",
}


def notebook(keras: Any) -> SimpleNamespace:
    """Return the notebook's functions."""
    import math

    return definitions(NOTEBOOK, FUNCTIONS, keras=keras, np=np, math=math)


def one_draw(
    data: datasets.Dataset, draw: int, counts: tuple[int, ...] = COUNTS, part: str = "test"
) -> dict[str, Any]:
    """Train a base, then every way for every count; judge on the new classes of a part.

    Returns
    -------
    dict
        `base`: accuracy on the old classes' validation pictures, and CPU seconds; `found`: a list
        of dicts with `way`, `count`, `groups`, `accuracy` and `cpu` (training; for the frozen way
        with the features of the examples).
    """
    with quiet_import():
        import keras

    the = notebook(keras)
    keras.utils.set_random_seed(draw)
    base = the.build_cnn(len(OLD), *CHANNELS)
    with Clock() as clock:
        the.pretrain(base, *the.only(data.x_train, data.y_train, OLD))
    result: dict[str, Any] = {
        "base": the.share_right(base, *the.only(data.x_val, data.y_val, OLD)),
        "cpu": round(clock.cpu, 1),
        "found": [],
    }
    learned = base.get_weights()
    x, y = the.only(data.x_train, data.y_train, NEW)
    pictures, labels = the.only(getattr(data, f"x_{part}"), getattr(data, f"y_{part}"), NEW)

    def note(way: str, count: int, groups: int, accuracy: float, clock: Clock) -> None:
        entry = {"way": way, "count": count, "groups": groups}
        result["found"].append(
            {**entry, "accuracy": round(accuracy, 4), "cpu": round(clock.cpu, 1)}
        )

    for count in counts:
        few, few_labels = the.few_examples(x, y, count, draw)
        for way, channels in (("scratch", CHANNELS), ("small", SMALL)):
            keras.utils.set_random_seed(draw)
            network = the.build_cnn(len(NEW), *channels)
            with Clock() as clock:
                the.train(network, few, few_labels, **RECIPES[way])
            note(way, count, len(channels), the.share_right(network, pictures, labels), clock)
        for groups in (1, 2, 3):
            if groups < 3 and count != 20:
                continue
            base.set_weights(learned)
            features = the.features_of(base, groups)
            keras.utils.set_random_seed(draw)
            layer = keras.layers.Dense(len(NEW), activation="softmax")
            head = keras.Sequential([keras.Input(features.output_shape[1:]), layer])
            with Clock() as clock:
                the.train(head, the.read(features, few), few_labels, **RECIPES["frozen"])
            seen = the.read(features, pictures)
            note("frozen", count, groups, the.share_right(head, seen, labels), clock)
        the.thaw(features)
        tuned = keras.Sequential([features, head])
        with Clock() as clock:
            the.train(tuned, few, few_labels, **RECIPES["tuned"])
        note("tuned", count, 3, the.share_right(tuned, pictures, labels), clock)
    return result


def run(draw: int) -> dict[str, Any]:
    """Load the data and run one draw (in a process of its own)."""
    return one_draw(datasets.load_cifar10(), draw)


def mark(data: str) -> str:
    """Return a digest of all that a result depends on."""
    settings = [OLD, NEW, CHANNELS, SMALL, COUNTS, RECIPES]
    return digest(data, settings, code_of(NOTEBOOK, FUNCTIONS))


def main() -> None:
    """Make the draws that are missing and publish the table."""
    source = datasets.load_cifar10().source
    earlier = read_results("transfer")
    runs = earlier.get("runs", []) if earlier.get("digest") == mark(source.digest) else []
    results = {
        "data": str(source),
        "content": source.digest,
        "digest": mark(source.digest),
        "machine": machine(),
        "names": NAMES,
        "recipes": RECIPES,
        "tried": TRIED,
        "runs": runs,
    }
    for draw in DRAWS:
        if draw not in [found["draw"] for found in runs]:
            load = load_average()
            found = in_own_process("benchmarks.transfer:run", draw=draw)
            found.pop("peak")
            runs.append({"draw": draw, "load": load, **found})
            print(f"draw {draw}: base {found['base']:.3f}", flush=True)
            write_results("transfer", results)
            store("transfer", as_markdown(results))
    publish("transfer", as_markdown(results))


def accuracies(results: dict[str, Any], way: str, count: int, groups: int) -> list[float]:
    """Return the test accuracies of the draws for one way."""
    return [
        found["accuracy"]
        for run in results["runs"]
        for found in run["found"]
        if (found["way"], found["count"], found["groups"]) == (way, count, groups)
    ]


def as_markdown(results: dict[str, Any]) -> str:
    """Return the tables."""
    runs = results["runs"]
    groups = {"scratch": len(CHANNELS), "small": len(SMALL), "frozen": 3, "tuned": 3}
    lines = [
        "# Transfer learning: few pictures of new classes",
        "",
        f"Data: {results['data']}. A base of three groups (32-64-128) learns cars, birds, cats, "
        "deer, frogs and ships from all their training pictures; airplanes, dogs, horses, trucks "
        "come with a few examples each and their mirror images. Accuracy on the new classes' test "
        f"pictures, median (smallest–largest) of {len(runs)} draws, each with a base of its own "
        f"(old classes, validation: {middle([run['base'] for run in runs], 3)}; "
        f"{middle([run['cpu'] for run in runs], 0)} CPU seconds). {results['machine']}. "
        f"{at_work(runs)}",
        "",
        "| way | " + " | ".join(f"{count} each" for count in COUNTS) + " |",
        "| --- " * (len(COUNTS) + 1) + "|",
    ]
    for way in WAYS:
        cells = [middle(accuracies(results, way, count, groups[way]), 3) for count in COUNTS]
        lines.append(f"| {NAMES[way]} | {' | '.join(cells)} |")
    lines += ["", "Points won over the network from scratch, draw by draw:", ""]
    lines += ["| way | " + " | ".join(f"{count} each" for count in COUNTS) + " |"]
    lines.append("| --- " * (len(COUNTS) + 1) + "|")
    for way in ("frozen", "tuned"):
        cells = [middle(points(results, way, count), 1) for count in COUNTS]
        lines.append(f"| {NAMES[way]} | {' | '.join(cells)} |")
    lines += [
        "",
        "What each group carries over, frozen, 20 examples each:",
        "",
        "| groups reused | accuracy |",
        "| --- | --- |",
    ]
    for number in (1, 2, 3):
        lines.append(f"| {number} | {middle(accuracies(results, 'frozen', 20, number), 3)} |")
    lines += ["", "CPU seconds of the training with 20 examples each, the median:", ""]
    for way in WAYS:
        seconds = [
            found["cpu"]
            for run in runs
            for found in run["found"]
            if (found["way"], found["count"], found["groups"]) == (way, 20, groups[way])
        ]
        lines.append(f"- {NAMES[way]}: {statistics.median(seconds):.1f}")
    return "\n".join(lines)


def points(results: dict[str, Any], way: str, count: int) -> list[float]:
    """Return by how many points a way is ahead of the network from scratch, draw by draw."""
    ahead = zip(
        accuracies(results, way, count, 3), accuracies(results, "scratch", count, 3), strict=True
    )
    return [100 * (theirs - scratch) for theirs, scratch in ahead]


if __name__ == "__main__":
    main()
