"""Iris: the network of notebook 04, trained by `dense` and by Keras.

    python -m benchmarks.iris

Both train the same network from the same start: 4 inputs, 8 hidden nodes (ReLU), 3 outputs
(softmax), cross-entropy, plain gradient descent, 200 epochs at batch 16, the samples shuffled
before each epoch. First the cost of one training, each run in a process of its own: processor
seconds of the training call alone, imports and building not counted; then the test accuracy over
20 random splits 80 : 10 : 10. The recipe was chosen on the validation part of the course's fixed
split; each test part is read once.
"""

import statistics
from typing import Any

import numpy as np

from benchmarks.from_notebook import definitions
from benchmarks.measure import Clock, in_own_process, machine, middle, publish
from course_utils import datasets, dense, optimisers
from course_utils.environment import quiet_import

NOTEBOOK = "04_training_from_scratch.ipynb"
SIZES, ACTIVATIONS, LOSS = [4, 8, 3], ["relu", "softmax"], "categorical_crossentropy"
RATE, EPOCHS, BATCH = 0.1, 200, 16
SEEDS = (0, 1, 2, 3, 4)
SPLITS = 20


def start(seed: int) -> tuple[dense.Network, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a fresh network, and Iris split and scaled as in notebook 04.

    The parts are training features and one-hot species, test features and species.
    """
    notebook = definitions(NOTEBOOK, ["cut"])
    data = datasets.load_iris()
    x = np.concatenate([data.x_train, data.x_val, data.x_test])
    y = np.concatenate([data.y_train, data.y_val, data.y_test])
    rng = np.random.default_rng(seed)
    training, _, test = notebook.cut(len(x), rng)
    x = (x - x[training].mean(axis=0)) / x[training].std(axis=0)
    network = dense.initialise(SIZES, ACTIVATIONS, rng, scheme="he")
    return network, x[training], np.eye(3)[y[training]], x[test], y[test]


def by_dense(seed: int, epochs: int = EPOCHS) -> dict[str, float]:
    """Train with `dense`; return test accuracy and cost."""
    network, x, y, x_test, y_test = start(seed)
    rng, rule = np.random.default_rng(seed), optimisers.GradientDescent(RATE)
    with Clock() as clock:
        dense.train(network, x, y, LOSS, rule, epochs=epochs, batch_size=BATCH, rng=rng)
    right = dense.forward(network, x_test)[-1].argmax(axis=1) == y_test
    return {"accuracy": float(right.mean()), "cpu": clock.cpu, "wall": clock.wall}


def by_keras(seed: int, epochs: int = EPOCHS) -> dict[str, float]:
    """Train the same network with Keras's `model.fit`; return test accuracy and cost."""
    with quiet_import():
        import keras

    network, x, y, x_test, y_test = start(seed)
    keras.utils.set_random_seed(seed)
    dense_layers = [
        keras.layers.Dense(nodes, activation=name)
        for nodes, name in zip(SIZES[1:], ACTIVATIONS, strict=True)
    ]
    model = keras.Sequential([keras.Input((SIZES[0],)), *dense_layers])
    model.set_weights(network.parameters)
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss=LOSS)
    with Clock() as clock:
        model.fit(x, y, epochs=epochs, batch_size=BATCH, verbose=0)
    right = model(x_test).numpy().argmax(axis=1) == y_test
    return {"accuracy": float(right.mean()), "cpu": clock.cpu, "wall": clock.wall}


CONTESTANTS = {"dense": by_dense, "keras": by_keras}


def run(contestant: str, seeds: list[int]) -> dict[str, Any]:
    """Train once for each seed, one after the other (in a process of its own)."""
    return {"runs": [CONTESTANTS[contestant](seed) for seed in seeds]}


def main() -> None:
    """Measure both, turn by turn; publish the table."""
    names = {"dense": "`dense`, NumPy (notebook 04)", "keras": "Keras, `model.fit`"}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    peak = dict.fromkeys(names, 0.0)
    for seed in SEEDS:
        for name in names:
            result = in_own_process("benchmarks.iris:run", contestant=name, seeds=[seed])
            runs[name] += result["runs"]
            peak[name] = max(peak[name], result["peak"])
    accuracies = {}
    for name in names:
        rest = [seed for seed in range(SPLITS) if seed not in SEEDS]
        further = in_own_process("benchmarks.iris:run", contestant=name, seeds=rest)["runs"]
        accuracies[name] = [result["accuracy"] for result in runs[name] + further]
    reference = statistics.median(result["cpu"] for result in runs["keras"])
    rows = [
        f"| {names[name]} | {middle([r['cpu'] for r in runs[name]], 2)} "
        f"| {statistics.median(r['cpu'] for r in runs[name]) / reference:.3f} "
        f"| {middle([r['wall'] for r in runs[name]], 2)} | {peak[name]:.2f} "
        f"| {middle(accuracies[name], 3)} |"
        for name in names
    ]
    publish(
        "iris",
        "\n".join(
            [
                "# Iris: the same network by hand and in Keras",
                "",
                f"{'-'.join(map(str, SIZES))}, {EPOCHS} epochs at batch {BATCH}, plain gradient "
                f"descent at rate {RATE}. Costs: {len(SEEDS)} seeds, one process each, training "
                f"call alone; accuracy: {SPLITS} splits 80 : 10 : 10, 15 test flowers each. Median "
                f"(smallest–largest). {machine()}.",
                "",
                "| trained by | CPU s | CPU, ratio | wall s | peak GB | test accuracy |",
                "| --- | --- | --- | --- | --- | --- |",
                *rows,
            ]
        ),
    )


if __name__ == "__main__":
    main()
