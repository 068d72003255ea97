"""The course's networks beside two well-known tutorials: accuracy, CPU seconds and memory.

    COURSE_DATA_DIR=… python -m benchmarks.time_to_accuracy [--only NAME …]

All on the same cores, each run in a process of its own, turn by turn.

CIFAR-10: all train on the 50 000 training pictures and are tested once a seed on the 10 000. The
tutorial is built anew from its description (https://www.tensorflow.org/tutorials/images/cnn): three
convolutions of 32, 64 and 64 kernels of 3 × 3 with ReLU and without padding, max pooling after the
first two, a dense layer of 64, ten outputs; Adam, batches of 32, 10 epochs. In its favour it is
spared two things here: its pictures are float32, where the division by 255.0 would make them
float64, and it does not read the test pictures after each epoch. The recipes of notebooks 12 and 13
were chosen on the validation part and frozen before the test part was read; only the cut to three
epochs was made cheaper once a dearer one had been tested. Those of 13 average their answers for
mirror images; the CPU seconds of that reading are counted.

MNIST: the contestants of `benchmarks.cnn_mnist`.

Every run is stored in `results/time_to_accuracy.json` as soon as it ends, and not made again while
its settings and the data stay the same.
"""

import argparse
import dataclasses
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import cnn_mnist, plain_cnn, well_trained
from benchmarks.from_notebook import code_of
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

SEEDS = (0, 1, 2)
CIFAR10 = {
    "tutorial": "TensorFlow's tutorial: 32-64-64, dense 64, 10 epochs",
    "dense": "notebook 12, dense: 256, 6 epochs",
    "plain": "notebook 12, the plain CNN: 32-64-64, dense 64, 6 epochs",
    "short": f"notebook 13, its recipe cut to {len(well_trained.SHORT)} epochs",
    "well": "notebook 13, the recipe",
}
PARTS = {  # data set: contestants, the one whose CPU time is 1, title
    "cifar10": (CIFAR10, "tutorial", "CIFAR-10"),
    "mnist": (cnn_mnist.NAMES, "example", "MNIST"),
}
WELL = {"short": well_trained.short_recipe, "well": well_trained.well_recipe}
_TABLE = [(cnn_mnist.NOTEBOOK, ["build_cnn"])]
_TABLE_MOVING = [(cnn_mnist.NOTEBOOK, ["build_cnn", "moving_batches", "train_in_one_cycle"])]
_LEAN = [(cnn_mnist.NOTEBOOK, ["group", "build_lean", "moving_batches", "train_in_one_cycle"])]
OURS = {  # the functions whose change makes another contestant
    "cifar10-dense": [(plain_cnn.NOTEBOOK, ["build_dense", "batches", "train"])],
    "cifar10-plain": [(plain_cnn.NOTEBOOK, ["build_cnn", "batches", "train"])],
    "mnist-table": _TABLE,
    "mnist-table_moving": _TABLE_MOVING,
    "mnist-lean": _LEAN,
    "mnist-lean_in_place": _LEAN,
}


def contestants() -> list[str]:
    """Return the names of all, like "cifar10-tutorial"."""
    return [f"{part}-{name}" for part, (names, _, _) in PARTS.items() for name in names]


# --- one run --------------------------------------------------------------------------------


def without_validation(data: datasets.Dataset) -> datasets.Dataset:
    """Return the data with its validation pictures put back among the training pictures."""
    return dataclasses.replace(
        data,
        x_train=np.concatenate([data.x_train, data.x_val]),
        y_train=np.concatenate([data.y_train, data.y_val]),
        x_val=data.x_val[:0],
        y_val=data.y_val[:0],
    )


def tutorial(data: datasets.Dataset, seed: int, epochs: int = 10) -> dict[str, Any]:
    """Train the CNN of TensorFlow's tutorial once; return its test accuracy and cost."""
    with quiet_import():
        import keras

    layers = keras.layers
    pictures = data.x_train.astype("float32") / 255
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    with Clock() as clock:
        model.fit(pictures, data.y_train, epochs=epochs, verbose=0)
    test = data.x_test.astype("float32") / 255
    return {
        "accuracy": model.evaluate(test, data.y_test, batch_size=500, verbose=0)[1],
        "cpu": clock.cpu,
        "wall": clock.wall,
        "parameters": model.count_params(),
    }


def with_reading(found: dict[str, Any]) -> dict[str, Any]:
    """Return a result of notebook 13's recipe with the seconds of reading both ways counted."""
    seconds = {
        "cpu": found["cpu"] + found["reading"],
        "wall": found["wall"] + found["reading_wall"],
    }
    return {**found, **seconds}


def run(contestant: str, seed: int) -> dict[str, Any]:
    """Load the data and run one contestant (in a process of its own)."""
    part, name = contestant.split("-")
    if part == "mnist":
        return cnn_mnist.run(name, seed)
    data = without_validation(datasets.load_cifar10())
    if name in WELL:
        return with_reading(WELL[name](data, seed))
    recipes: dict[str, Callable[..., dict[str, Any]]] = {
        "tutorial": tutorial,
        "dense": plain_cnn.dense_recipe,
        "plain": plain_cnn.plain_recipe,
    }
    return recipes[name](data, seed)


# --- all runs -------------------------------------------------------------------------------


def settings(contestant: str) -> Any:
    """Return what makes a contestant; another makes its stored runs void."""
    part, name = contestant.split("-")
    if part == "cifar10" and name in WELL:
        return well_trained.settings_of(well_trained.SHORT if name == "short" else None)
    label = PARTS[part][0][name]
    return [label, *(code_of(notebook, names) for notebook, names in OURS.get(contestant, []))]


def all_runs(
    one_run: Callable[[str, int], dict[str, Any]],
    sources: dict[str, datasets.Source],
    only: list[str] | None = None,
) -> dict[str, Any]:
    """Make every run that is not stored, seed by seed, and store each as it ends.

    Runs of contestants not in `only` are kept, not made.
    """
    earlier = read_results("time_to_accuracy").get("contestants", {})
    kept = {}
    for name in contestants():
        mark = digest(sources[name.split("-")[0]].digest, settings(name))
        runs = earlier.get(name, {})
        kept[name] = {"digest": mark, "runs": runs["runs"] if runs.get("digest") == mark else []}
    results = {
        "machine": machine(),
        "data": {part: f"{each}; {each.digest[:12]}" for part, each in sources.items()},
        "contestants": kept,
    }
    for seed in SEEDS:
        for name in only or contestants():
            runs = kept[name]["runs"]
            if seed in [run["seed"] for run in runs]:
                continue
            load = load_average()
            found = one_run(name, seed)
            runs.append({"seed": seed, "load": load, **found})
            print(f"{name}, seed {seed}: {found['accuracy']:.4f}, {found['cpu']:.0f} s", flush=True)
            write_results("time_to_accuracy", results)
            store("time_to_accuracy", as_markdown(results))
    return results


def median_cpu(results: dict[str, Any], contestant: str) -> float | None:
    """Return the median CPU seconds of a contestant; None where it has not run."""
    runs = results.get("contestants", {}).get(contestant, {}).get("runs", [])
    return statistics.median(run["cpu"] for run in runs) if runs else None


def table(results: dict[str, Any], part: str) -> list[str]:
    """Return the Markdown rows of one data set."""
    names, reference, _ = PARTS[part]
    unit = median_cpu(results, f"{part}-{reference}")
    rows = [
        "| network | parameters | test accuracy | CPU s | CPU, ratio | wall s | peak GB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, label in names.items():
        runs = results["contestants"][f"{part}-{name}"]["runs"]
        if not runs:
            continue
        cpu = [run["cpu"] for run in runs]
        ratio = f"{statistics.median(cpu) / unit:.2f}" if unit else "–"
        rows.append(
            f"| {label} | {runs[0]['parameters']} "
            f"| {middle([run['accuracy'] for run in runs], 4)} | {middle(cpu, 0)} | {ratio} "
            f"| {middle([run['wall'] for run in runs], 0)} "
            f"| {max(run['peak'] for run in runs):.2f} |"
        )
    return rows


def as_markdown(results: dict[str, Any]) -> str:
    """Return the document."""
    runs = [run for each in results["contestants"].values() for run in each["runs"]]
    lines = [
        "# Time to accuracy",
        "",
        f"Seeds {', '.join(map(str, sorted({run['seed'] for run in runs})))}: median "
        f"(smallest–largest), tested once a seed. {results['machine']}. {at_work(runs)}",
    ]
    notes = {
        "cifar10": "All train on the training and validation parts. CPU seconds: training, and for "
        "notebook 13 reading the test part with mirror images averaged.",
        "mnist": "CPU seconds: training, its validation included.",
    }
    for part, (_, _, title) in PARTS.items():
        rows = table(results, part)
        if len(rows) > 2:
            lines += ["", f"## {title}", "", f"Data: {results['data'][part]}. {notes[part]}", ""]
            lines += rows
    shifts = {name: results["contestants"][f"mnist-{name}"]["runs"] for name in cnn_mnist.NAMES}
    if all(shifts.values()):
        lines += [
            "",
            "Accuracy on the test digits moved by 1 to 6 pixels: mean over four directions, median "
            "of the seeds.",
            "",
            *cnn_mnist.table_of_shifts(shifts),
        ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Make the runs that are missing and publish the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_accuracy")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=contestants(),
        metavar="NAME",
        help=f"run only these of {', '.join(contestants())}",
    )
    options = parser.parse_args(arguments)

    def one_run(contestant: str, seed: int) -> dict[str, Any]:
        return in_own_process("benchmarks.time_to_accuracy:run", contestant=contestant, seed=seed)

    sources = {"cifar10": datasets.load_cifar10().source, "mnist": datasets.load_mnist().source}
    publish("time_to_accuracy", as_markdown(all_runs(one_run, sources, options.only)))


if __name__ == "__main__":
    main()
