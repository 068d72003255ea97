"""Capsules beside a CNN with as many parameters, on digits that were turned and moved.

    COURSE_DATA_DIR=… python -m benchmarks.capsule_digits

Three networks of `course_utils.capsules`: the capsule network, a CNN with as many parameters, and
one with as many as the part of the capsule network that reads (its decoder draws). Each learns from
the same digits, which are turned by at most 10° and moved by at most one pixel, as in notebook 14;
and reads the digits of the test part five times: as they are, turned by 15° and by 30° (each one
way or the other), moved by two and by three pixels (each in one of four directions).

The learning rate (of 0.001, 0.002 and 0.004, for each) and the weight of the drawing (of 0.4 and 2)
were chosen by ten epochs with seed 0, on the validation part; the test part is read once per seed.
Every run is stored as soon as it ends, in `results/capsule_digits.json`, and only what is missing
is run.

Source: S. Sabour, N. Frosst, G. Hinton, "Dynamic routing between capsules", 2017, which compares
with a CNN on moved digits in the same way.
"""

import ast
import inspect
import math
import statistics
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

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
from course_utils import capsules, datasets, distortions
from course_utils.environment import quiet_import

PICTURES = 10_000  # the first of the training part
EPOCHS = 15
BATCH = 64
TURN, MOVE = 10, 1  # degrees and pixels, at most, while learning
SEEDS = (0, 1, 2)
CONDITIONS = {
    "in place": ("turn", 0),
    "turned by 15°": ("turn", 15),
    "turned by 30°": ("turn", 30),
    "moved by 2 pixels": ("move", 2),
    "moved by 3 pixels": ("move", 3),
}
NETWORKS = {
    "capsules": "capsules",
    "rival": "CNN, as many parameters",
    "small_rival": "CNN, as many as the capsules' part that reads",
}


def slightly_moved(pictures: np.ndarray, seed: int) -> np.ndarray:
    """Return the pictures (n, h, w, c), each a little turned and moved, as notebook 14 has them."""
    rng, n = np.random.default_rng(seed), len(pictures)
    turned = distortions.rotate(pictures, rng.uniform(-TURN, TURN, n))
    return distortions.shift(
        turned, rng.integers(-MOVE, MOVE + 1, n), rng.integers(-MOVE, MOVE + 1, n)
    )


def displaced(pictures: np.ndarray, kind: str, far: int, seed: int) -> np.ndarray:
    """Return the pictures, each turned or moved exactly so far, in a direction drawn for each."""
    rng = np.random.default_rng(seed)
    if kind == "turn":
        return distortions.rotate(pictures, far * rng.choice([-1, 1], len(pictures)))
    ways = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])[rng.integers(0, 4, len(pictures))]
    return distortions.shift(pictures, *(far * ways.T))


def build(name: str) -> Any:
    """Return one of `NETWORKS`, compiled."""
    if name == "capsules":
        return capsules.capsnet()
    return capsules.rival(capsules.UNITS if name == "rival" else capsules.UNITS_READING)


def train_once(data: datasets.Dataset, name: str, seed: int) -> dict[str, Any]:
    """Train one network and read the test part in every condition.

    Returns
    -------
    dict
        `accuracy` (a list, as `CONDITIONS`), `parameters`, and `cpu`, CPU seconds of the training.
    """
    with quiet_import():
        import keras

    keras.utils.set_random_seed(seed)
    x = slightly_moved(data.x_train[:PICTURES, ..., np.newaxis], seed)
    y = data.y_train[:PICTURES]
    model = build(name)
    wanted = {"digit": y, "picture": x / np.float32(255)} if name == "capsules" else y
    with Clock() as clock:
        model.fit(x, wanted, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    accuracies = []
    for kind, far in CONDITIONS.values():
        pictures = displaced(data.x_test[..., np.newaxis], kind, far, seed)
        answer = model.predict(pictures, 500, verbose=0)
        answer = answer["digit"] if name == "capsules" else answer
        accuracies.append(float((answer.argmax(axis=1) == data.y_test).mean()))
    return {"accuracy": accuracies, "parameters": int(model.count_params()), "cpu": clock.cpu}


def run(name: str, seed: int) -> dict[str, Any]:
    """Load the data and train one network (in a process of its own)."""
    return train_once(datasets.load_mnist(), name, seed)


def code() -> str:
    """Return a mark of what the functions do, whatever their comments and docstrings say."""
    parts = (capsules.layers, capsules.capsnet, capsules.rival, slightly_moved, displaced)
    trees = []
    for part in (*parts, train_once):
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
        trees.append(ast.unparse(tree))
    return digest(trees, capsules.MARGINS, capsules.ABSENT, PICTURES, EPOCHS, BATCH, TURN, MOVE)


def all_runs(
    one_run: Callable[[str, int], dict[str, Any]], source: datasets.Source
) -> dict[str, Any]:
    """Make every run that is not stored, seed by seed, and store each as it ends."""
    earlier = read_results("capsule_digits")
    mark = digest(source.digest, code(), [*CONDITIONS.items()])
    same = earlier.get("mark") == mark
    results = {
        "data": str(source),
        "digest": source.digest,
        "mark": mark,
        "machine": machine(),
        "pictures": PICTURES,
        "epochs": EPOCHS,
        "conditions": [*CONDITIONS],
        "rows": [
            {"name": name, "network": words, "parameters": None, "runs": []}
            for name, words in NETWORKS.items()
        ],
    }
    if same:
        results["rows"] = earlier["rows"]
    for seed in SEEDS:
        for row in results["rows"]:
            if seed in [run["seed"] for run in row["runs"]]:
                continue
            load = load_average()
            found = one_run(row["name"], seed)
            row["parameters"] = found["parameters"]
            row["runs"].append(
                {
                    "seed": seed,
                    "accuracy": [round(each, 4) for each in found["accuracy"]],
                    "cpu": round(found["cpu"], 1),
                    "load": load,
                }
            )
            print(f"seed {seed}, {row['name']}:", row["runs"][-1], flush=True)
            write_results("capsule_digits", results)
            store("capsule_digits", as_markdown(results))
    return results


def as_markdown(results: dict[str, Any]) -> str:
    """Return the table."""
    runs = [run for row in results["rows"] for run in row["runs"]]
    seeds = sorted({run["seed"] for run in runs})
    head = ["network", "parameters", *results["conditions"], "CPU s"]
    lines = [
        "# Capsules beside CNNs, on digits turned and moved",
        "",
        f"Data: {results['data']}. Trained on the first {results['pictures']} training pictures, "
        f"turned by at most {TURN}° and moved by at most {MOVE} pixel, {results['epochs']} epochs; "
        f"accuracy on the test part, turned or moved exactly so far: median (smallest–largest) of "
        f"seeds {', '.join(map(str, seeds))}. CPU seconds: training; median. "
        f"{results['machine']}. {at_work(runs)}",
        "",
        f"| {' | '.join(head)} |",
        "| --- " * len(head) + "|",
    ]
    for row in results["rows"]:
        if not row["runs"]:
            continue
        columns = zip(*(run["accuracy"] for run in row["runs"]), strict=True)
        seconds = statistics.median(run["cpu"] for run in row["runs"])
        cells = [row["network"], f"{row['parameters']:,}"]
        cells += [middle(list(column), 3) for column in columns]
        lines.append(f"| {' | '.join([*cells, f'{math.ceil(seconds)}'])} |")
    return "\n".join(lines)


def main() -> None:
    """Make the runs that are missing and publish the table."""

    def one_run(name: str, seed: int) -> dict[str, Any]:
        return in_own_process("benchmarks.capsule_digits:run", name=name, seed=seed)

    publish("capsule_digits", as_markdown(all_runs(one_run, datasets.load_mnist().source)))


if __name__ == "__main__":
    main()
