"""Run every benchmark, one after the other, and the notebooks as a whole.

    COURSE_DATA_DIR=… make bench

`ablation` and `time_to_accuracy` take an hour or two each: they make only the runs that are not yet
in `benchmarks/results`. `python -m benchmarks.long_cifar10` takes longer still and is left out.
"""

from benchmarks import (
    ablation,
    convolution,
    dense_mnist,
    iris,
    notebooks,
    resume,
    small_cnn,
    stand_in_difficulty,
    time_to_accuracy,
)

for benchmark in (
    stand_in_difficulty,
    iris,
    dense_mnist,
    convolution,
    small_cnn,
    time_to_accuracy,
    ablation,
    notebooks,
    resume,
):
    print(f"\n## {benchmark.__name__}\n", flush=True)
    benchmark.main()
