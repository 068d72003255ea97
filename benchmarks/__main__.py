"""Run every benchmark, one after the other, and the notebooks as a whole.

    COURSE_DATA_DIR=… make bench

`ablation` and `time_to_accuracy` take an hour or two each, those of notebooks 14 to 16 long enough:
they make only the runs that are not yet in `benchmarks/results`. `python -m
benchmarks.long_cifar10` takes longer still and is left out.
"""

from benchmarks import (
    ablation,
    capsule_digits,
    convolution,
    dense_mnist,
    gallery,
    iris,
    notebooks,
    pose_split,
    resume,
    robustness,
    small_cnn,
    stand_in_difficulty,
    time_to_accuracy,
    transfer,
    volumes,
)

for benchmark in (
    stand_in_difficulty,
    iris,
    dense_mnist,
    convolution,
    small_cnn,
    time_to_accuracy,
    ablation,
    robustness,
    capsule_digits,
    transfer,
    pose_split,
    gallery,
    volumes,
    notebooks,
    resume,
):
    print(f"\n## {benchmark.__name__}\n", flush=True)
    benchmark.main()
