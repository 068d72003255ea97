"""Convolution: `course_utils.convolution` beside Keras and SciPy, in one run, float32.

    python -m benchmarks.convolution

Processor seconds of forward passes, all threads together, the contestants turn by turn in one
process; then the memory that the windows take, and what the loops cost.
"""

import statistics
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Clock, in_own_process, machine, middle, publish
from course_utils import convolution

ROUNDS = 15
BATCH, KERNELS = (64, 32, 32, 32), (3, 3, 32, 64)
GREY, KERNEL = (512, 512), (5, 5)
SMALL, FEW = (4, 28, 28, 1), (3, 3, 1, 4)  # for the loops, which take their time


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return normal numbers, float32."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def turn_by_turn(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return the processor seconds of each call, measured in turns after a warm-up."""
    costs: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 2):
        for name, call in calls.items():
            with Clock() as clock:
                call()
            if turn > 1:
                costs[name].append(clock.cpu)
    return costs


def on_a_batch() -> dict[str, list[float]]:
    """Convolve 64 pictures with 64 kernels: `conv2d`, and a Keras layer with the same kernels."""
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras

    images, kernels, bias = numbers(BATCH, 0), numbers(KERNELS, 1), numbers(KERNELS[-1:], 2)
    layer = keras.layers.Conv2D(KERNELS[-1], KERNELS[:2])
    layer.build(BATCH)
    layer.set_weights([kernels, bias])
    tensor = keras.ops.convert_to_tensor(images)
    calls = {
        "ours": lambda: convolution.conv2d(images, kernels, bias),
        "reference": lambda: np.asarray(layer(tensor)),
    }
    np.testing.assert_allclose(calls["ours"](), calls["reference"](), atol=1e-3)
    return turn_by_turn(calls, ROUNDS)


def on_a_grey_picture() -> dict[str, list[float]]:
    """Convolve one large picture with one kernel: `conv2d`, and `scipy.signal.correlate2d`."""
    from scipy.signal import correlate2d

    image, kernel = numbers(GREY, 0), numbers(KERNEL, 1)
    calls = {
        "ours": lambda: convolution.conv2d(image, kernel),
        "reference": lambda: correlate2d(image, kernel, "valid"),
    }
    np.testing.assert_allclose(calls["ours"](), calls["reference"](), atol=1e-3)
    return turn_by_turn(calls, ROUNDS)


def in_loops() -> dict[str, list[float]]:
    """Convolve few pictures with few kernels: `conv2d`, and the loops."""
    images, kernels = numbers(SMALL, 0), numbers(FEW, 1)
    calls = {
        "ours": lambda: convolution.conv2d(images, kernels),
        "reference": lambda: convolution.conv2d_loops(images, kernels),
    }
    return turn_by_turn(calls, 3)


TASKS = {
    f"{BATCH[0]} pictures {BATCH[1]} × {BATCH[2]} × {BATCH[3]}, {KERNELS[-1]} kernels 3 × 3": (
        on_a_batch, "Keras `Conv2D`", 3,
    ),
    f"a grey picture {GREY[0]} × {GREY[1]}, one kernel 5 × 5": (
        on_a_grey_picture, "`scipy.signal.correlate2d`", 1,
    ),
    f"{SMALL[0]} grey pictures {SMALL[1]} × {SMALL[2]}, {FEW[-1]} kernels 3 × 3": (
        in_loops, "`conv2d_loops`", None,
    ),
}  # fmt: skip


def measure(task: str) -> dict[str, Any]:
    """Return the costs of one task (in a process of its own)."""
    return {"costs": TASKS[task][0]()}


def memory() -> dict[str, float]:
    """Return, for the two large tasks, the most memory beside input and result, over the input."""
    found = {}
    shapes = [(BATCH, KERNELS), (GREY, KERNEL)]
    for task, (images, kernels) in zip(TASKS, shapes, strict=False):
        x, k = numbers(images, 0), numbers(kernels, 1)
        tracemalloc.start()
        result = convolution.conv2d(x, k)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found[task] = (peak - result.nbytes) / x.nbytes
    return found


def main() -> None:
    """Measure everything; publish the table."""
    beside = memory()
    rows = []
    for task, (_, reference, limit) in TASKS.items():
        costs = in_own_process("benchmarks.convolution:measure", task=task)["costs"]
        ours, theirs = (statistics.median(costs[name]) for name in ("ours", "reference"))
        target = "" if limit is None else f"≤ {limit} × the reference"
        factor = f"{ours / theirs:.2f}" if limit else f"1 / {theirs / ours:.0f}"
        rows.append(
            f"| {task} | {middle([1e3 * c for c in costs['ours']], 1)} | {reference} "
            f"| {middle([1e3 * c for c in costs['reference']], 1)} | {factor} | {target} "
            f"| {f'{beside[task]:.2f}' if task in beside else ''} |"
        )
    publish(
        "convolution",
        "\n".join(
            [
                "# Convolution: NumPy beside Keras and SciPy",
                "",
                f"float32, forwards, CPU milliseconds of all threads, median (smallest–largest) of "
                f"{ROUNDS} turns (loops: 3). Memory: the most beside input and result, as a "
                f"multiple of the input; at most 12. {machine()}.",
                "",
                "| task | `conv2d` | reference | its cost | ratio | target | memory |",
                "| --- | --- | --- | --- | --- | --- | --- |",
                *rows,
            ]
        ),
    )


if __name__ == "__main__":
    main()
