"""Run every benchmark, one after the other, and the notebooks as a whole.

COURSE_DATA_DIR=… make bench
"""

from benchmarks import (
    cnn_mnist,
    convolution,
    dense_mnist,
    iris,
    notebooks,
    small_cnn,
    stand_in_difficulty,
)

for benchmark in (
    stand_in_difficulty,
    iris,
    dense_mnist,
    cnn_mnist,
    convolution,
    small_cnn,
    notebooks,
):
    print(f"\n## {benchmark.__name__}\n", flush=True)
    benchmark.main()
