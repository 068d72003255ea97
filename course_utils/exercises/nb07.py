"""The exercises of notebook 07, a dense network reads digits."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise

# --- precision and recall -----------------------------------------------------------------------


def my_precision_recall(truth, says):
    """Return (precision, recall) of 0/1 answers against 0/1 labels."""
    truth, says = np.asarray(truth) == 1, np.asarray(says) == 1
    found = np.sum(truth & says)
    precision = found / np.sum(says) if says.any() else 0.0
    recall = found / np.sum(truth) if truth.any() else 0.0
    return float(precision), float(recall)


def _precision_recall_oracle(truth, says):
    """Compare two sets: which pictures are 8s, and which were called so."""
    eights = {i for i, label in enumerate(truth) if label}
    called = {i for i, answer in enumerate(says) if answer}
    both = len(eights & called)
    return (both / len(called) if called else 0.0, both / len(eights) if eights else 0.0)


def _share(part: float, whole: float) -> float:
    """Return part / whole, or 0 where there is nothing to share."""
    return float(part / whole) if whole else 0.0


def _counts(truth, says) -> tuple[int, int, int, int]:
    """Return found, missed, false alarms, rightly passed."""
    truth, says = np.asarray(truth) == 1, np.asarray(says) == 1
    return (
        int(np.sum(truth & says)),
        int(np.sum(truth & ~says)),
        int(np.sum(~truth & says)),
        int(np.sum(~truth & ~says)),
    )


def _precision_and_recall_swapped(truth, says):
    found, missed, false_alarms, _ = _counts(truth, says)
    return _share(found, found + missed), _share(found, found + false_alarms)


def _accuracy_for_recall(truth, says):
    found, missed, false_alarms, passed = _counts(truth, says)
    return (
        _share(found, found + false_alarms),
        _share(found + passed, found + missed + false_alarms + passed),
    )


def _over_all_pictures(truth, says):
    found, _, _, _ = _counts(truth, says)
    return _share(found, len(truth)), _share(found, len(truth))


def _matches_counted_as_found(truth, says):
    found, missed, false_alarms, passed = _counts(truth, says)
    return (
        _share(found + passed, found + false_alarms),
        _share(found + passed, found + missed),
    )


def _odds_instead_of_shares(truth, says):
    found, missed, false_alarms, _ = _counts(truth, says)
    return _share(found, false_alarms), _share(found, missed)


def _empty_counts_as_perfect(truth, says):
    found, missed, false_alarms, _ = _counts(truth, says)
    return (
        found / (found + false_alarms) if found + false_alarms else 1.0,
        found / (found + missed) if found + missed else 1.0,
    )


def _precision_recall_random(rng: np.random.Generator) -> Iterator[Case]:
    for n in (6, 12, 40):
        yield Case((rng.integers(0, 2, n), rng.integers(0, 2, n)))


precision_recall = Exercise(
    name="precision_recall",
    solution=my_precision_recall,
    oracle=_precision_recall_oracle,
    cases=[
        Case(
            (np.array([1, 1, 1, 1, 0]), np.array([1, 0, 0, 0, 1])),
            "one of four found, one false alarm",
        ),
        Case((np.array([1, 0, 1, 0, 0, 1]), np.array([1, 1, 1, 0, 0, 0])), "six pictures"),
        Case((np.array([1, 0, 1]), np.array([0, 0, 0])), "never says 8"),
        Case((np.array([0, 0, 0]), np.array([0, 1, 0])), "no 8 among them"),
    ],
    random_cases=_precision_recall_random,
    tolerance=1e-9,
    hints=[
        "Count three things first: found = both are 1; missed = truth is 1 and says is 0; "
        "false alarms = truth is 0 and says is 1.",
        "precision = found / (found + false alarms); recall = found / (found + missed). "
        "Return them in that order.",
        "Test each denominator before you divide: where it is 0, the answer is 0.",
    ],
    misconceptions=[
        Misconception(
            _precision_and_recall_swapped,
            "Precision and recall have changed places: precision divides by everything you called "
            "an 8, recall by all the 8s there are.",
        ),
        Misconception(
            _accuracy_for_recall,
            "Your second number is the accuracy: it also counts the pictures that were rightly "
            "passed. Recall looks at the true 8s only.",
        ),
        Misconception(
            _over_all_pictures,
            "You divide by the number of all pictures. Precision divides by the answers that say 8, "
            "recall by the true 8s.",
        ),
        Misconception(
            _matches_counted_as_found,
            "You count every agreement as found, those on 'not an 8' included. Found means that "
            "truth and answer are both 1.",
        ),
        Misconception(
            _odds_instead_of_shares,
            "You divide what was found by what went wrong. A share divides by the whole: found plus "
            "false alarms for precision, found plus missed for recall.",
        ),
        Misconception(
            _empty_counts_as_perfect,
            "Where there is nothing to divide by you return 1. The convention here, and "
            "scikit-learn's, is 0: a program that finds nothing earns nothing.",
        ),
    ],
    well_done="Which of the two would you want high in a test for a dangerous illness, "
    "and which in a filter for unwanted mail?",
)

# --- counting parameters ------------------------------------------------------------------------


def my_count_parameters(sizes):
    """Return the number of weights and biases of a dense network with these layer sizes."""
    total = 0
    for inputs, nodes in itertools.pairwise(sizes):
        total += inputs * nodes + nodes
    return total


def _count_parameters_oracle(sizes):
    """Count the entries of arrays that really have those shapes, one row more for the biases."""
    return sum(np.broadcast_to(0, (i + 1, o)).size for i, o in itertools.pairwise(sizes))


def _no_biases(sizes):
    return sum(i * o for i, o in itertools.pairwise(sizes))


def _bias_per_input(sizes):
    return sum(i * o + i for i, o in itertools.pairwise(sizes))


def _one_bias_per_layer(sizes):
    return sum(i * o + 1 for i, o in itertools.pairwise(sizes))


def _biases_for_inputs_too(sizes):
    return _no_biases(sizes) + sum(sizes)


def _all_multiplied(sizes):
    return int(np.prod([Fraction(size) for size in sizes]))


def _last_biases_forgotten(sizes):
    return my_count_parameters(sizes) - sizes[-1]


def _output_layer_forgotten(sizes):
    return my_count_parameters(sizes[:-1])


def _count_random(rng: np.random.Generator) -> Iterator[Case]:
    for depth in (2, 3, 5):
        yield Case(([int(size) for size in rng.integers(2, 40, depth)],))


count_parameters = Exercise(
    name="count_parameters",
    solution=my_count_parameters,
    oracle=_count_parameters_oracle,
    cases=[
        Case(([2, 3],), "two inputs, three neurons"),
        Case(([3, 4, 2],), "one hidden layer of four"),
        Case(([784, 1],), "the single neuron of act one"),
        Case(([784, 256, 128, 10],), "the network above"),
    ],
    random_cases=_count_random,
    tolerance=0,
    hints=[
        "Take [2, 3] first and draw it: how many lines join 2 inputs to 3 neurons, and how many neurons "
        "have a bias?",
        "Each pair of neighbours in the list is one layer: inputs × neurons weights and one bias for each neuron. "
        "zip(sizes[:-1], sizes[1:]) walks over the pairs.",
    ],
    misconceptions=[
        Misconception(
            _no_biases,
            "The weights are right, but each neuron has a bias as well: add one per neuron of each "
            "layer after the input.",
        ),
        Misconception(
            _bias_per_input,
            "You gave each input of a layer a bias. A bias belongs to the neuron that adds up: one "
            "per neuron.",
        ),
        Misconception(
            _one_bias_per_layer,
            "You count one bias per layer. Every neuron of the layer has its own.",
        ),
        Misconception(
            _biases_for_inputs_too,
            "The input layer has no biases: it only holds the numbers that come in.",
        ),
        Misconception(
            _all_multiplied,
            "You multiplied all the sizes. Only neighbouring layers are joined: multiply in pairs, "
            "then add.",
        ),
        Misconception(
            _last_biases_forgotten,
            "Only the biases of the last layer are missing: output neurons have them too.",
        ),
        Misconception(
            _output_layer_forgotten,
            "The last layer is missing: its neurons have weights and biases too.",
        ),
    ],
    well_done="Try it on [6_220_800, 4_000_000] later in this notebook.",
)

# --- find the bug: prepare ----------------------------------------------------------------------


def my_prepare(x, y):
    """Return the pictures as floats 0..1 with their labels, both in one new order."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(x))
    return x[order] / 255, y[order]


def _two_orders(x, y):
    rng = np.random.default_rng(0)
    return x[rng.permutation(len(x))] / 255, y[rng.permutation(len(y))]


def _only_pictures_shuffled(x, y):
    return x[np.random.default_rng(0).permutation(len(x))] / 255, y


def _only_labels_shuffled(x, y):
    return x / 255, y[np.random.default_rng(0).permutation(len(y))]


def _not_shuffled(x, y):
    return x / 255, y


def _sorted_by_label(x, y):
    order = np.argsort(y, kind="stable")
    return x[order] / 255, y[order]


def _turned_round(x, y):
    return x[::-1] / 255, y[::-1]


def _rolled(x, y):
    return np.roll(x, 1, axis=0) / 255, np.roll(y, 1)


def _two_swapped(x, y):
    order = np.arange(len(x))
    order[[0, 1]] = order[[1, 0]]
    return x[order] / 255, y[order]


def _scaled_twice(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / 255 / 255, y[order]


def _not_scaled(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order].astype(float), y[order]


def _by_own_largest(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / x.max(), y[order]


def _by_256(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / 256, y[order]


def _whole_numbers(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] // 255, y[order]


def _drawn_with_replacement(x, y):
    order = np.random.default_rng(0).integers(0, len(x), len(x))
    return x[order] / 255, y[order]


def _labels_scaled(x, y):
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / 255, y[order] / 255


def _probe_prepare(prepare):
    """Send in pictures that carry their number in a corner, and see what comes back with what."""
    n = 50
    rng = np.random.default_rng(7)
    x = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    x = np.minimum(x, 250)  # no white: the largest value here isn't the largest there is
    x[:, 0, 0] = np.arange(n) * 5
    y = rng.integers(0, 10, n).astype(np.uint8)
    result = prepare(x.copy(), y.copy())
    if not isinstance(result, tuple) or len(result) != 2:
        return "Your function should return two things, the pictures and the labels: `return x, y`."
    pictures, labels = (np.asarray(part) for part in result)
    if pictures.shape != x.shape or labels.shape != y.shape:
        return (
            f"The shapes have changed: {x.shape} and {y.shape} went in, {pictures.shape} and "
            f"{labels.shape} came out."
        )
    scale = _scale_finding(pictures)
    if scale:
        return scale
    unit = _unit_finding(pictures, x)
    if unit:
        return unit
    number = np.rint(pictures[:, 0, 0] * 255 / 5).astype(int)
    if not np.allclose(pictures, x[np.clip(number, 0, n - 1)] / 255, atol=1e-6):
        return "The pictures themselves have changed: only their order and their scale should."
    if len(set(number)) < n:
        return "replacement"
    return _pairing_finding(number, labels, y)


def _scale_finding(pictures: np.ndarray) -> str | None:
    """Return what is wrong with the range of values, if anything."""
    top = pictures.max()
    if set(np.unique(pictures)) <= {0, 1}:
        return "whole numbers"
    if top > 2:
        return "not scaled"
    if top < 0.1:
        return "scaled twice"
    return None


def _unit_finding(pictures: np.ndarray, x: np.ndarray) -> str | None:
    """Return what stands for white, if it isn't 255."""
    if np.isclose(pictures.max(), 1, atol=1e-6):
        return "own largest"
    if np.isclose(pictures.max(), x.max() / 256, atol=1e-6):
        return "256"
    return None


def _pairing_finding(number: np.ndarray, labels: np.ndarray, y: np.ndarray) -> str | None:
    """Return what is wrong with the order of pictures and labels, if anything."""
    in_old_order = np.array_equal(number, np.arange(len(y)))
    if np.array_equal(labels, y[number]):
        return "not shuffled" if in_old_order else _disorder_finding(number, labels)
    if np.allclose(labels, y[number] / 255):
        return "labels scaled"
    if in_old_order:
        return "only labels"
    return "only pictures" if np.array_equal(labels, y) else "two orders"


def _disorder_finding(number: np.ndarray, labels: np.ndarray) -> str | None:
    """Return what is too regular for a shuffle; in a random order few neighbours stay together."""
    if (np.diff(labels.astype(int)) >= 0).all():
        return "sorted"
    together = np.mean(np.abs(np.diff(number)) == 1)
    return "neighbours" if together > 0.3 else None


prepare = ProbeExercise(
    name="prepare",
    solution=my_prepare,
    probe=_probe_prepare,
    expects="a pair (pictures, labels) of arrays",
    hints=[
        "Two lines shuffle. Put numbers on ten pictures and ten labels, and follow picture 0 and "
        "label 0 through them. Do they get to the same place?",
        "Each call of rng.permutation draws a new order. How many orders do you want?",
        "Draw one order, keep it in a variable, and use it for both arrays.",
    ],
    misconceptions=[
        Misconception(
            _two_orders,
            "The bug is still there (yours, or the colleague's). The scale is right. Now follow ten "
            "numbered pictures and their ten labels through your lines: do they meet again?",
            key="two orders",
        ),
        Misconception(
            _only_pictures_shuffled,
            "The pictures are in a new order, the labels still in the old one.",
            key="only pictures",
        ),
        Misconception(
            _only_labels_shuffled,
            "The labels are in a new order, the pictures still in the old one.",
            key="only labels",
        ),
        Misconception(
            _not_shuffled,
            "Each picture has its label again, but nothing is shuffled any more: a new order is "
            "wanted.",
            key="not shuffled",
        ),
        Misconception(
            _sorted_by_label,
            "Each picture has its label, but all the 0s come first, then all the 1s, and so on. "
            "Batch after batch would show a single digit: a random order is wanted.",
            key="sorted",
        ),
        Misconception(
            _turned_round,
            "Each picture has its label, but neighbours are still neighbours: the order is turned "
            "round or moved along, not random.",
            variants=[_rolled, _two_swapped],
            key="neighbours",
        ),
        Misconception(
            _scaled_twice,
            "The pictures are divided by 255 twice, so all of them are nearly black.",
            key="scaled twice",
        ),
        Misconception(
            _not_scaled,
            "The pictures still run from 0 to 255. Wanted are floats from 0 to 1.",
            key="not scaled",
        ),
        Misconception(
            _by_own_largest,
            "You divide by the largest value of this set, so the same byte gets another fraction in "
            "the next one. White is 255, always.",
            key="own largest",
        ),
        Misconception(
            _by_256,
            "You divide by 256. There are 256 shades, but the largest is 255, and it must become "
            "exactly 1.",
            key="256",
        ),
        Misconception(
            _whole_numbers,
            "You divided with //, which drops everything after the point: only 0 and 1 are left of "
            "256 shades.",
            key="whole numbers",
        ),
        Misconception(
            _drawn_with_replacement,
            "Some pictures occur twice and others are gone. Shuffling keeps each one exactly once: "
            "rng.permutation does that, rng.integers doesn't.",
            key="replacement",
        ),
        Misconception(
            _labels_scaled,
            "The labels are divided by 255 as well. A label names a class; only pixels are scaled.",
            key="labels scaled",
        ),
    ],
    well_done="No error message would ever have told you. Looking at ten pictures with their labels "
    "would have.",
)


# --- undo the shuffle ---------------------------------------------------------------------------


def my_undo_shuffle(shuffled, order):
    """Return rows such that rows[:, order] equals shuffled."""
    rows = np.empty_like(shuffled)
    rows[:, order] = shuffled
    return rows


def _undo_shuffle_oracle(shuffled, order):
    """Find, for each place, where its number went: the inverse permutation."""
    return np.asarray(shuffled)[:, np.argsort(order)]


def _shuffled_again(shuffled, order):
    return shuffled[:, order]


def _order_backwards(shuffled, order):
    return shuffled[:, order[::-1]]


def _row_read_backwards(shuffled, order):
    return shuffled[:, ::-1]


def _numbers_sorted(shuffled, order):
    return np.sort(shuffled, axis=1)


def _rows_rearranged(shuffled, order):
    return shuffled[np.argsort(order[: len(shuffled)])]


def _undo_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, p in ((2, 5), (3, 7), (1, 9)):
        yield Case((rng.permutation(n * p).reshape(n, p), rng.permutation(p)))


undo_shuffle = Exercise(
    name="undo_shuffle",
    solution=my_undo_shuffle,
    oracle=_undo_shuffle_oracle,
    cases=[
        Case((np.array([[30, 10, 20, 40]]), np.array([2, 0, 1, 3])), "rows was 10 20 30 40"),
        Case((np.array([[5, 6, 7], [8, 9, 4]]), np.array([1, 2, 0])), "two rows"),
        Case((np.array([[1, 2, 3]]), np.array([0, 1, 2])), "an order that changes nothing"),
    ],
    random_cases=_undo_random,
    tolerance=0,
    hints=[
        "Take one row: rows = [10, 20, 30, 40] and order = [2, 0, 1, 3]. Write down "
        "rows[order], then think about where its first number has to go back to.",
        "shuffled[:, i] came from column order[i]. So column order[i] of the answer is "
        "shuffled[:, i], for every i.",
        "NumPy can assign to many columns at once: rows[:, order] = … on an empty array of the "
        "same shape.",
    ],
    misconceptions=[
        Misconception(
            _shuffled_again,
            "You shuffled a second time. Undoing goes the other way: column order[i] of the answer "
            "is column i of what you were given.",
        ),
        Misconception(
            _order_backwards,
            "You applied the order read backwards. The undoing order isn't the reverse of the list, "
            "but its inverse: where did each column go?",
        ),
        Misconception(
            _row_read_backwards,
            "You turned each row round. That undoes only one shuffle, the one that turns rows round.",
        ),
        Misconception(
            _numbers_sorted,
            "You sorted the numbers. A picture's pixels were not in order of size before: use "
            "`order` to find their places.",
        ),
        Misconception(
            _rows_rearranged,
            "You rearranged the rows, which are the pictures. The shuffle moved columns, the pixels "
            "within each picture.",
        ),
    ],
    well_done="`np.argsort(order)` is the same undoing as an order of its own: it sorts the order "
    "back to 0, 1, 2, …",
)
