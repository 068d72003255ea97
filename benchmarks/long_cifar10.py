"""The recipe of notebook 13, a deeper network and more epochs, for a GPU or a patient laptop.

    COURSE_DATA_DIR=… python -m benchmarks.long_cifar10 --validate      while looking for settings
    COURSE_DATA_DIR=… python -m benchmarks.long_cifar10 --seed 0        once they stand

With `--validate` it trains on the training part and says how it does on the validation part; the
test part is not read. Without, it trains on all 50 000 training pictures and reads the test part
once; the result is stored in `results/long_cifar10.json`, and a seed that stands there is not
tested again while the settings stay the same.

Each group has a second convolution behind the first: eight epochs are too few for that to pay,
twenty are not. The answers are averaged over each picture, its mirror image, and both moved by a
pixel along each diagonal (after K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU",
2024). On the validation part that brought two points, and averaging the weights of the last epochs
nothing, the learning rate having fallen to 0.
"""

import argparse
import itertools
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import time_to_accuracy, well_trained
from benchmarks.measure import (
    Clock,
    digest,
    in_own_process,
    machine,
    middle,
    publish,
    read_results,
    write_results,
)
from course_utils import datasets
from course_utils.environment import quiet_import

CHANNELS = (48, 96, 192)
SIZES = (16,) * 6 + (24,) * 11 + (32,) * 5
PEAK = 0.2
BATCH_SIZE = 128
MOVED = 1  # pixels, at prediction; 0 for mirror images alone


def settings() -> dict[str, Any]:
    """Return the numbers that make the recipe; a test with others is another test."""
    return {
        **well_trained.settings_of(),
        "convolutions": 2,  # a group
        "channels": CHANNELS,
        "sizes": SIZES,
        "peak": PEAK,
        "batch_size": BATCH_SIZE,
        "moved": MOVED,
    }


def deeper(keras: Any, group: Callable[[int], list[Any]]) -> Callable[[int], list[Any]]:
    """Return the notebook's group with a second convolution, normalised and rectified, behind it.

    Parameters
    ----------
    keras : module
        Keras.
    group : callable
        The notebook's: a number of channels to a list of layers that halve the maps.

    Returns
    -------
    callable
        The same, with three layers more.
    """

    def deep_group(channels: int) -> list[Any]:
        return [
            *group(channels),
            keras.layers.Conv2D(channels, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
        ]

    return deep_group


def read_moved(model: Any, pictures: np.ndarray, moved: int, both_ways: Callable) -> np.ndarray:
    """Return probabilities averaged over the pictures in place and moved along both diagonals.

    Parameters
    ----------
    model : keras.Model
        What reads.
    pictures : ndarray
        Of shape (n, h, h, 3).
    moved : int
        By how many pixels, down or up as well as right or left; 0 to read them in place only.
    both_ways : callable
        The notebook's `predict_both_ways`, which averages each with its mirror image.

    Returns
    -------
    ndarray
        Of shape (n, classes).
    """
    answers = both_ways(model, pictures)
    if moved:
        size = pictures.shape[1]
        width = ((0, 0), (moved, moved), (moved, moved), (0, 0))
        padded = np.pad(pictures, width, mode="reflect")
        for row, column in itertools.product((0, 2 * moved), repeat=2):
            there = padded[:, row : row + size, column : column + size]
            answers = answers + both_ways(model, there)
        answers = answers / 5
    return answers


def devices() -> str:
    """Return the accelerators that TensorFlow sees, or that there is none."""
    with quiet_import():
        import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(each).get("device_name") for each in found]
    return ", ".join(name or "a GPU" for name in names) or "no GPU"


def train_and_read(
    training: tuple[np.ndarray, np.ndarray],
    pictures: np.ndarray,
    labels: np.ndarray,
    seed: int,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train once, say how each epoch went, and read pictures once all is done.

    Parameters
    ----------
    training : pair of ndarray
        Pictures, uint8 (n, 32, 32, 3), and labels (n,).
    pictures, labels : ndarray
        What is read at the end.
    seed : int
        Of the start and of the order, shifts and mirror images.
    validation : pair of ndarray, optional
        Read after each epoch, on the clock.
    say : callable
        Is given a line for each epoch.

    Returns
    -------
    dict
        `accuracy`; `once`, without averaged answers; `cpu` and `wall` seconds, training and
        reading together; `parameters`.
    """
    with quiet_import():
        import keras

    notebook = well_trained.functions(keras)
    build = well_trained.functions(keras, group=deeper(keras, notebook.group)).build_cnn
    keras.utils.set_random_seed(seed)
    model = build(*CHANNELS)

    def show(epoch: int, logs: dict[str, float]) -> None:
        values = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        say(f"epoch {epoch + 1:2} of {len(SIZES)}, {SIZES[epoch]} pixels: {values}")

    with Clock() as clock:
        notebook.train_well(
            model,
            training,
            validation,
            sizes=SIZES,
            peak=PEAK,
            batch_size=BATCH_SIZE,
            seed=seed,
            show=show,
        )
    with Clock() as reading:
        seen = well_trained.in_size(pictures, SIZES[-1], notebook)
        answers = read_moved(model, seen, MOVED, notebook.predict_both_ways)
    once = model.predict(seen, 500, verbose=0)
    return {
        "accuracy": float((answers.argmax(axis=1) == labels).mean()),
        "once": float((once.argmax(axis=1) == labels).mean()),
        "cpu": clock.cpu + reading.cpu,
        "wall": clock.wall + reading.wall,
        "parameters": model.count_params(),
    }


def run(seed: int, validate: bool) -> dict[str, Any]:
    """Load the data and run once (in a process of its own)."""
    data = datasets.load_cifar10()
    device = devices()
    print(f"{data.source}. {machine()}, {device}.", flush=True)

    def say(line: str) -> None:
        print(line, flush=True)

    if validate:
        held_out = data.x_val, data.y_val
        found = train_and_read((data.x_train, data.y_train), *held_out, seed, held_out, say)
    else:
        data = time_to_accuracy.without_validation(data)
        training = data.x_train, data.y_train
        found = train_and_read(training, data.x_test, data.y_test, seed, say=say)
    return {"seed": seed, "machine": machine(), "device": device, **found}


def tested(
    seed: int, source: datasets.Source, one_run: Callable[[int, bool], dict[str, Any]]
) -> dict[str, Any]:
    """Return the result on the test part: the stored one where that seed has been tested."""
    mark = digest(source.digest, settings())
    results = read_results("long_cifar10")
    runs = results["runs"] if results.get("digest") == mark else []
    for each in runs:
        if each["seed"] == seed:
            print(f"Seed {seed} has been tested with these settings: its result is stored.")
            return each
    runs.append(one_run(seed, False))
    results = {
        "digest": mark,
        "data": f"{source}; {source.digest[:12]}",
        "settings": settings(),
        "runs": runs,
    }
    write_results("long_cifar10", results)
    publish("long_cifar10", as_markdown(results))
    return runs[-1]


def against_the_tutorial(cpu: float, where: str) -> str:
    """Return how many times the tutorial's CPU time that is, if both ran on the same machine."""
    results = read_results("time_to_accuracy")
    unit = time_to_accuracy.median_cpu(results, "cifar10-tutorial")
    if unit is None or results["machine"] != where:
        return "not measured on this machine"
    return f"{cpu / unit:.2f}"


def as_markdown(results: dict[str, Any]) -> str:
    """Return the document."""
    runs = results["runs"]
    numbers = results["settings"]
    sizes = [f"{numbers['sizes'].count(size)} of {size}" for size in sorted({*numbers["sizes"]})]
    where = sorted({f"{run['machine']}, {run['device']}" for run in runs})
    cpu = [run["cpu"] for run in runs]
    ratio = against_the_tutorial(statistics.median(cpu), runs[-1]["machine"])
    return "\n".join(
        [
            "# A longer recipe on CIFAR-10",
            "",
            f"Data: {results['data']}. Trained on the training and validation parts, tested once a "
            f"seed (seeds {', '.join(str(run['seed']) for run in runs)}): median "
            f"(smallest–largest). {'; '.join(where)}.",
            "",
            f"Channels {'-'.join(map(str, numbers['channels']))}, {runs[0]['parameters']} "
            f"parameters; epochs: {', '.join(sizes)} pixels.",
            "",
            "| what | value |",
            "| --- | --- |",
            f"| test accuracy, answers averaged | {middle([run['accuracy'] for run in runs], 4)} |",
            f"| test accuracy, read once | {middle([run['once'] for run in runs], 4)} |",
            f"| CPU s, training and reading | {middle(cpu, 0)} |",
            f"| CPU time ÷ that of TensorFlow's tutorial | {ratio} |",
            f"| wall s | {middle([run['wall'] for run in runs], 0)} |",
            f"| peak GB | {max(run['peak'] for run in runs):.2f} |",
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Train once, or several times, and say what was reached at what cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_cifar10")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="one run each (0)")
    parser.add_argument("--validate", action="store_true", help="leave the test part alone")
    parser.add_argument("--target", type=float, help="say in how many seconds this was reached")
    options = parser.parse_args(arguments)

    def one_run(seed: int, validate: bool) -> dict[str, Any]:
        return in_own_process("benchmarks.long_cifar10:run", seed=seed, validate=validate)

    runs = []
    for seed in options.seed:
        if options.validate:
            found = one_run(seed, True)
        else:
            found = tested(seed, datasets.load_cifar10().source, one_run)
        print(
            f"seed {seed}: {'validation' if options.validate else 'test'} accuracy "
            f"{found['accuracy']:.4f} ({found['once']:.4f} read once), {found['cpu']:.0f} CPU s, "
            f"{found['wall']:.0f} s, {found['peak']:.2f} GB; CPU time ÷ the tutorial's: "
            f"{against_the_tutorial(found['cpu'], found['machine'])}",
            flush=True,
        )
        runs.append(found)
    if options.target:
        mean = statistics.mean(found["accuracy"] for found in runs)
        seconds = statistics.median(found["wall"] for found in runs)
        verdict = f"reached in {seconds:.1f} s" if mean >= options.target else "not reached"
        print(f"{options.target} {verdict}: mean accuracy {mean:.4f} when all training is done")


if __name__ == "__main__":
    main()
