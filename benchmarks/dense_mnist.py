"""The dense network of notebook 07 beside the quickstart network of TensorFlow's beginner tutorial.

    COURSE_DATA_DIR=… python -m benchmarks.dense_mnist

Both on the same data and cores, each run in a process of its own. The quickstart is built anew from
its description (https://www.tensorflow.org/tutorials/quickstart/beginner): 128 hidden units with
ReLU, dropout 0.2, Adam, five epochs at Keras's default batch of 32, all 60 000 training pictures,
divided by 255.0 beforehand. Ours keeps 5 000 of them for validation. Its recipe was chosen on those
and frozen before the test part was read; the test part is read once per seed.
"""

import contextlib
import math
import os
from typing import Any

import numpy as np

from benchmarks.from_notebook import definitions
from benchmarks.measure import Clock, in_own_process, machine, middle, publish
from course_utils import datasets
from course_utils.environment import quiet_import

NOTEBOOK = "07_a_dense_network_reads_digits.ipynb"
SEEDS = (0, 1, 2)


def dense_recipe(
    data: datasets.Dataset, seed: int, shuffled_labels: bool = False
) -> dict[str, Any]:
    """Train the network of notebook 07 once; return its test accuracy and cost.

    With `shuffled_labels` the training labels no longer belong to their pictures, so nothing can
    be learned: what comes out then is what a broken recipe looks like.
    """
    with quiet_import():
        import keras

    notebook = definitions(NOTEBOOK, ["build_dense", "train"], keras=keras, math=math)
    labels = data.y_train
    if shuffled_labels:
        labels = np.random.default_rng(seed).permutation(labels)
    keras.utils.set_random_seed(seed)
    model = notebook.build_dense()
    with Clock() as clock, contextlib.redirect_stdout(open(os.devnull, "w")):
        notebook.train(model, (data.x_train, labels), (data.x_val, data.y_val))
    accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)[1]
    return {
        "accuracy": accuracy,
        "cpu": clock.cpu,
        "wall": clock.wall,
        "parameters": model.count_params(),
    }


def quickstart(data: datasets.Dataset, seed: int) -> dict[str, Any]:
    """Train the quickstart network once; return its test accuracy and cost."""
    with quiet_import():
        import keras

    x = np.concatenate([data.x_train, data.x_val]) / 255.0
    y = np.concatenate([data.y_train, data.y_val])
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    with Clock() as clock:
        model.fit(x, y, epochs=5, verbose=0)
    accuracy = model.evaluate(data.x_test / 255.0, data.y_test, verbose=0)[1]
    return {
        "accuracy": accuracy,
        "cpu": clock.cpu,
        "wall": clock.wall,
        "parameters": model.count_params(),
    }


def run(contestant: str, seed: int) -> dict[str, Any]:
    """Load the data and run one contestant (in a process of its own)."""
    return {"dense_recipe": dense_recipe, "quickstart": quickstart}[contestant](
        datasets.load_mnist(), seed
    )


def main() -> None:
    """Run both with each seed, turn by turn, and publish the table."""
    names = {
        "dense_recipe": "notebook 07: 256-128, batch 128, 6 epochs",
        "quickstart": "quickstart: 128, dropout, batch 32, 5 epochs",
    }
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for seed in SEEDS:
        for name in names:
            runs[name].append(
                in_own_process("benchmarks.dense_mnist:run", contestant=name, seed=seed)
            )
    reference = sorted(r["cpu"] for r in runs["quickstart"])[len(SEEDS) // 2]
    rows = [
        f"| {names[name]} | {results[0]['parameters']} "
        f"| {middle([r['accuracy'] for r in results], 4)} "
        f"| {middle([r['cpu'] for r in results], 1)} "
        f"| {sorted(r['cpu'] for r in results)[len(SEEDS) // 2] / reference:.2f} "
        f"| {middle([r['wall'] for r in results], 1)} | {max(r['peak'] for r in results):.2f} |"
        for name, results in runs.items()
    ]
    publish(
        "dense_mnist",
        "\n".join(
            [
                "# A dense network on MNIST",
                "",
                f"Data: {datasets.load_mnist().source.copy}. "
                f"Seeds {', '.join(map(str, SEEDS))}; median "
                f"(smallest–largest). Training only. {machine()}.",
                "",
                "| network | parameters | test accuracy | CPU s | CPU, ratio | wall s | peak GB |",
                "| --- | --- | --- | --- | --- | --- | --- |",
                *rows,
            ]
        ),
    )


if __name__ == "__main__":
    main()
