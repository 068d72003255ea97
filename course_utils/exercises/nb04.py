"""The exercises of notebook 04, training from scratch."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise

TINY = 1e-7

# --- a split that leaks -------------------------------------------------------------------------


def my_parts(x, rng):
    """Return (training, validation, test), 80:10:10, scaled by the training part."""
    order = rng.permutation(len(x))
    first, second = len(x) * 8 // 10, len(x) * 9 // 10
    rows = x[order[:first]], x[order[first:second]], x[order[second:]]
    centre, spread = rows[0].mean(axis=0), rows[0].std(axis=0)
    training, validation, test = ((part - centre) / spread for part in rows)
    return training, validation, test


def _cut(x, rng, scale: Callable | None = None, order=None):
    """Return the three parts of x, each changed by `scale(part, training part)`."""
    order = rng.permutation(len(x)) if order is None else order
    first, second = len(x) * 8 // 10, len(x) * 9 // 10
    rows = x[order[:first]], x[order[first:second]], x[order[second:]]
    return rows if scale is None else tuple(scale(part, rows[0]) for part in rows)


def _by_training(part, training):
    return (part - training.mean(axis=0)) / training.std(axis=0)


def _scaled_before_the_cut(x, rng):
    return _cut((x - x.mean(axis=0)) / x.std(axis=0), rng)


def _scaled_by_all_afterwards(x, rng):
    return _cut(x, rng, lambda part, _: (part - x.mean(axis=0)) / x.std(axis=0))


def _each_by_its_own(x, rng):
    return _cut(x, rng, lambda part, _: (part - part.mean(axis=0)) / part.std(axis=0))


def _one_scale_for_all_features(x, rng):
    return _cut(x, rng, lambda part, training: (part - training.mean()) / training.std())


def _only_training_scaled(x, rng):
    training, validation, test = _cut(x, rng)
    return _by_training(training, training), validation, test


def _not_scaled(x, rng):
    return _cut(x, rng)


def _only_centred(x, rng):
    return _cut(x, rng, lambda part, training: part - training.mean(axis=0))


def _in_file_order(x, rng):
    return _cut(x, rng, _by_training, np.arange(len(x)))


def _backwards(x, rng):
    return _cut(x, rng, _by_training, np.arange(len(x))[::-1])


def _generator_of_its_own(x, rng):
    return _cut(x, np.random.default_rng(0), _by_training)


def _by_training_and_validation(x, rng):
    learned = _cut(x, rng)
    seen = np.concatenate(learned[:2])
    return tuple((part - seen.mean(axis=0)) / seen.std(axis=0) for part in learned)


def _with_replacement(x, rng):
    return _cut(x, rng, _by_training, rng.integers(0, len(x), len(x)))


def _validation_inside_training(x, rng):
    order = rng.permutation(len(x))
    first, second = len(x) * 8 // 10, len(x) * 9 // 10
    rows = x[order[:second]], x[order[first:second]], x[order[second:]]
    return tuple(_by_training(part, rows[0]) for part in rows)


def _test_overlaps_validation(x, rng):
    order = rng.permutation(len(x))
    first, second = len(x) * 8 // 10, len(x) * 9 // 10
    rows = x[order[:first]], x[order[first:second]], x[order[first:]]
    return tuple(_by_training(part, rows[0]) for part in rows)


def _who_is_where(parts: list[np.ndarray], x: np.ndarray, scale: tuple) -> list[np.ndarray] | None:
    """Return the row numbers in each part, or None if the rows are not those of x so scaled."""
    rows = [part * scale[1] + scale[0] for part in parts]
    numbers = [np.abs(part[:, None] - x[None]).sum(axis=2).argmin(axis=1) for part in rows]
    fits = all(np.allclose(part, x[n], atol=1e-6) for part, n in zip(rows, numbers, strict=True))
    return numbers if fits else None


def _membership_finding(numbers: list[np.ndarray], n: int) -> str | None:
    """Return what is wrong with which row is where, if anything."""
    training, validation, test = (set(part.tolist()) for part in numbers)
    if any(len(set(part.tolist())) < len(part) for part in numbers):
        return "replacement"
    if training & (validation | test):
        return "training shares"
    if validation & test:
        return "test shares"
    sizes = tuple(len(part) for part in numbers)
    if sizes != (n * 8 // 10, n * 9 // 10 - n * 8 // 10, n - n * 9 // 10):
        return f"The parts have {sizes} rows of {n}; 80 : 10 : 10 is asked for."
    if np.array_equal(np.concatenate(numbers), np.arange(n)):
        return "file order"
    return None


def _probe_parts(parts):
    """Send in features of very different size, find each row again, and see what scaled it."""
    x = np.random.default_rng(5).normal([5, -300, 0.02], [2, 40, 0.001], (60, 3))
    result = parts(x.copy(), np.random.default_rng(6))
    if not isinstance(result, tuple) or len(result) != 3:
        return "Your function should return three arrays: `return training, validation, test`."
    arrays = [np.asarray(part, dtype=float) for part in result]
    if any(part.ndim != 2 or part.shape[1] != 3 or not len(part) for part in arrays):
        return "Each part should have the shape (rows, features), with at least one row."
    if not all(np.isfinite(part).all() for part in arrays):
        return "Some of your numbers are infinite or not a number."
    if finding := _scaling_finding(arrays, x):
        return finding
    others = parts(x.copy(), np.random.default_rng(7))
    return "no chance" if np.array_equal(arrays[0], np.asarray(others[0])) else None


def _scaling_finding(arrays: list[np.ndarray], x: np.ndarray) -> str | None:
    """Return by what the parts were scaled, if not by the training part, else what is where."""
    everything = (x.mean(axis=0), x.std(axis=0))
    if _who_is_where(arrays, x, everything):
        return "scaled by all"
    if numbers := _who_is_where(arrays, x, (0, 1)):
        return _membership_finding(numbers, len(x)) or "not scaled"
    if _who_is_where(arrays[1:], x, (0, 1)):
        return "only training"
    if all(np.allclose(p.mean(axis=0), 0) and np.allclose(p.std(axis=0), 1) for p in arrays):
        return "each by its own"
    for numbers in _candidates(arrays[0], x):
        training = x[numbers]
        centre, spread = training.mean(axis=0), training.std(axis=0)
        if found := _who_is_where(arrays, x, (centre, spread)):
            return _membership_finding(found, len(x))
        if _who_is_where(arrays, x, (centre, 1)):
            return "only centred"
        if _who_is_where(arrays, x, (training.mean(), training.std())):
            return "one scale"
        for other in (arrays[1], arrays[2]):
            seen = _seen_with(arrays[0], other, x, numbers)
            if _who_is_where(arrays, x, (seen.mean(axis=0), seen.std(axis=0))):
                return "by two parts"
    return (
        "The rows are not those of x, less the mean of the training rows and divided by their "
        "spread, feature by feature."
    )


def _seen_with(training: np.ndarray, other: np.ndarray, x: np.ndarray, numbers: np.ndarray):
    """Return the rows of x behind two parts scaled alike; `numbers` are those of the first."""
    scale = training.std(axis=0) / x[numbers].std(axis=0)
    back = (other - training[0]) / scale + x[numbers[0]]
    found = np.abs((back[:, None] - x[None]) / x.std(axis=0)).sum(axis=2).argmin(axis=1)
    return np.concatenate([x[numbers], x[found]])


def _candidates(training: np.ndarray, x: np.ndarray) -> Iterator[np.ndarray]:
    """Yield guesses which rows of x these are: scaling leaves the order of size as it was.

    The first feature, scaled and moved by any two numbers, has to fit x again. Rows i and j of the
    part, taken for rows p and q of x, settle both numbers; one pair after the other is tried.
    """
    values, own = x[:, 0], training[:, 0]
    low, high = own.argmin(), own.argmax()
    if own[high] == own[low]:
        return
    ranks = np.argsort(values)
    for p in ranks[:25]:
        for q in ranks[:-26:-1]:
            if values[q] <= values[p]:
                continue
            back = values[p] + (own - own[low]) * (values[q] - values[p]) / (own[high] - own[low])
            numbers = np.abs(back[:, None] - values[None]).argmin(axis=1)
            if np.allclose(values[numbers], back, atol=1e-7):
                yield numbers


parts = ProbeExercise(
    name="parts",
    solution=my_parts,
    probe=_probe_parts,
    expects="three arrays: training, validation, test",
    hints=[
        "Imagine that one test row held the value 10 000. Which numbers of the training part "
        "would change?",
        "The mean and the spread are learned from data too. From which rows may anything be "
        "learned?",
        "Cut first. Then take mean and std of the training rows, and use these two for all three "
        "parts.",
    ],
    misconceptions=[
        Misconception(
            _scaled_before_the_cut,
            "Put 10 000 into one test row and every training row changes. Something is computed "
            "from all the rows while the test rows are still among them.",
            variants=[_scaled_by_all_afterwards],
            key="scaled by all",
        ),
        Misconception(
            _each_by_its_own,
            "Each part is scaled by its own mean and spread. The same flower would get different "
            "numbers in different parts, and a single new flower could not be scaled at all: use "
            "those of the training part throughout.",
            key="each by its own",
        ),
        Misconception(
            _only_training_scaled,
            "Only the training part is scaled. The network would meet numbers of quite another "
            "size in the other two: scale them by the same mean and spread.",
            key="only training",
        ),
        Misconception(
            _not_scaled,
            "Nothing leaks any more, but nothing is scaled either. Scaling is wanted, by the "
            "training part's mean and spread.",
            key="not scaled",
        ),
        Misconception(
            _only_centred,
            "The mean is taken off, but you don't divide by the spread.",
            key="only centred",
        ),
        Misconception(
            _one_scale_for_all_features,
            "You scale by one mean and one spread for all features together. Each feature, each "
            "column, has its own: `mean(axis=0)`.",
            key="one scale",
        ),
        Misconception(
            _in_file_order,
            "The rows are cut in the order of the file. If it is sorted by species, the test part "
            "holds one species only: cut a random order.",
            key="file order",
        ),
        Misconception(
            _generator_of_its_own,
            "Another generator came in, and the same rows went into the same parts: draw the "
            "order from `rng`, or there is no chance in it.",
            variants=[_backwards],
            key="no chance",
        ),
        Misconception(
            _by_training_and_validation,
            "The test rows are out of it, but the validation rows still help to scale. They too "
            "stand for data that the network has not seen: learn from the training rows alone.",
            key="by two parts",
        ),
        Misconception(
            _with_replacement,
            "Some rows occur twice: rng.integers draws with replacement. rng.permutation has each "
            "row number exactly once.",
            key="replacement",
        ),
        Misconception(
            _validation_inside_training,
            "Some training rows stand in another part as well, so the network is asked what it "
            "has seen. Look at where each slice begins and ends.",
            key="training shares",
        ),
        Misconception(
            _test_overlaps_validation,
            "Validation and test share rows: choosing on one then uses up the other. Look at where "
            "each slice begins and ends.",
            key="test shares",
        ),
    ],
    well_done="The same holds for everything that is learned from data: which features to keep, "
    "what to fill gaps with, which words to count.",
)

# --- the cross-entropy of a batch ---------------------------------------------------------------


def my_cross_entropy(probabilities, labels):
    """Return the mean of -log of the probability given to each row's right class."""
    given = probabilities[np.arange(len(labels)), labels]
    return np.mean(-np.log(np.maximum(given, 1e-7)))


def _cross_entropy_oracle(probabilities, labels):
    """Take Python's own logarithm of one number at a time."""
    losses = [
        -math.log(max(float(row[label]), TINY))
        for row, label in zip(probabilities, labels, strict=True)
    ]
    return math.fsum(losses) / len(losses)


def _losses(probabilities, labels) -> np.ndarray:
    return -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], TINY))


def _summed(probabilities, labels):
    return _losses(probabilities, labels).sum()


def _sign_forgotten(probabilities, labels):
    return -_losses(probabilities, labels).mean()


def _over_all_entries(probabilities, labels):
    return _losses(probabilities, labels).sum() / probabilities.size


def _other_logarithm(probabilities, labels):
    return _losses(probabilities, labels).mean() / np.log(10)


def _two_logarithm(probabilities, labels):
    return _losses(probabilities, labels).mean() / np.log(2)


def _log_of_the_mean(probabilities, labels):
    given = probabilities[np.arange(len(labels)), labels]
    return -np.log(max(given.mean(), TINY))


def _largest_probability(probabilities, labels):
    return -np.log(np.maximum(probabilities.max(axis=1), TINY)).mean()


def _all_classes(probabilities, labels):
    return -np.log(np.maximum(probabilities, TINY)).sum(axis=1).mean()


def _wrong_classes_too(probabilities, labels):
    right = np.eye(probabilities.shape[1])[labels] == 1
    given = np.where(right, probabilities, 1 - probabilities)
    return -np.log(np.maximum(given, TINY)).sum(axis=1).mean()


def _infinite(probabilities, labels):
    with np.errstate(divide="ignore"):
        return -np.log(probabilities[np.arange(len(labels)), labels]).mean()


def _whole_columns(probabilities, labels):
    return -np.log(np.maximum(probabilities[:, labels], TINY)).mean()


def _added(probabilities, labels):
    return -np.log(probabilities[np.arange(len(labels)), labels] + TINY).mean()


def _only_zeros_raised(probabilities, labels):
    given = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.where(given == 0, TINY, given)).mean()


def _one_minus(probabilities, labels):
    return (1 - probabilities[np.arange(len(labels)), labels]).mean()


def _entropy_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, classes in ((4, 3), (7, 2), (5, 5)):
        p = rng.dirichlet(np.ones(classes), n)
        yield Case((p, rng.integers(0, classes, n)))


cross_entropy = Exercise(
    name="cross_entropy",
    solution=my_cross_entropy,
    oracle=_cross_entropy_oracle,
    cases=[
        Case((np.array([[0.25, 0.75]]), np.array([0])), "one sample"),
        Case((np.array([[0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]), np.array([0, 1])), "two samples"),
        Case((np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([0, 1])), "a probability of 0"),
        Case((np.array([[4e-8, 1 - 4e-8]]), np.array([0])), "a probability of 4e-8"),
    ],
    random_cases=_entropy_random,
    tolerance=1e-6,
    variants=[
        lambda probabilities, labels: (
            -np.log(np.maximum(probabilities, 1e-7))[np.eye(probabilities.shape[1])[labels] == 1]
        ).mean(),
        _cross_entropy_oracle,
    ],
    hints=[
        "Only one number in each row matters: the probability of the class that `labels` names. "
        "How do you pick row i, column labels[i], for every i?",
        "`probabilities[np.arange(n), labels]` picks them all at once; a loop does it as well.",
        "Raise what is too small with `np.maximum(…, 1e-7)`, take `-np.log` of it, and the mean.",
    ],
    misconceptions=[
        Misconception(
            _summed,
            "That is the sum of the losses. The cost is their mean; otherwise a larger batch would "
            "look worse.",
        ),
        Misconception(
            _sign_forgotten,
            "The sign is missing: logarithms of probabilities are negative or 0, and a loss is "
            "positive.",
        ),
        Misconception(
            _over_all_entries,
            "You divide by the number of all entries, samples × classes. The mean is taken over the "
            "samples only. (`.mean()` of an array with one number a row and zeros elsewhere does "
            "this.)",
        ),
        Misconception(_other_logarithm, "You took the logarithm to base 10. Here it is np.log."),
        Misconception(
            _two_logarithm,
            "You took the logarithm to base 2, which counts bits. The course, and Keras, use the "
            "natural one: np.log.",
        ),
        Misconception(
            _log_of_the_mean,
            "You took the mean of the probabilities first and its logarithm then. First one loss "
            "for each sample, then the mean of the losses.",
        ),
        Misconception(
            _largest_probability,
            "You took the largest probability of each row, which is what the network believes. The "
            "loss asks for the probability of what is true.",
        ),
        Misconception(
            _all_classes,
            "You added −log p over all classes. One-hot truth is 0 for the wrong ones: only the "
            "right class counts.",
        ),
        Misconception(
            _wrong_classes_too,
            "You count −log(1 − p) for the wrong classes too: that treats each class as a yes-or-no "
            "question of its own (binary cross-entropy). With softmax only the right class counts.",
        ),
        Misconception(
            _infinite,
            "Right, except where the truth was given the probability 0: that costs infinitely much. "
            "Raise probabilities to 1e-7 first.",
        ),
        Misconception(
            _whole_columns,
            "`probabilities[:, labels]` takes whole columns, n × n numbers. You want one number "
            "a row: `probabilities[np.arange(n), labels]`.",
        ),
        Misconception(
            _added,
            "You add 1e-7 to every probability. Only those below 1e-7 are to be raised, and to "
            "1e-7: `np.maximum`.",
        ),
        Misconception(
            _only_zeros_raised,
            "You raise a probability of exactly 0. All that are below 1e-7 count as 1e-7.",
        ),
        Misconception(
            _one_minus,
            "You took 1 − p. It is fair to an answer that is nearly right, but hardly tells 0.01 "
            "from 0.000 01. Cross-entropy is −log p.",
        ),
    ],
    well_done="A network that knows nothing gives each of ten classes 0.1. What is its cost? If "
    "training starts far above that, something is wrong before the first step.",
)

# --- one step on a 1-1-1 network ----------------------------------------------------------------


def my_one_step(x, y, w1, w2, rate):
    """Return (w1, w2) after one step of gradient descent on (p - y)²."""
    h = 1 / (1 + np.exp(-w1 * x))
    p = w2 * h
    slope_p = 2 * (p - y)
    slope_w2 = slope_p * h
    slope_h = slope_p * w2
    slope_w1 = slope_h * h * (1 - h) * x
    return w1 - rate * slope_w1, w2 - rate * slope_w2


def _one_step_oracle(x, y, w1, w2, rate):
    """Take the slopes by a step into the complex plane: the loss is analytic, so no rounding.

    Im f(w + i·ε) / ε is f′(w) (Squire and Trapp 1998).
    """

    def loss(a, b):
        return (b / (1 + np.exp(-a * x)) - y) ** 2

    tiny = 1e-20
    slope_1 = loss(w1 + 1j * tiny, w2).imag / tiny
    slope_2 = loss(w1, w2 + 1j * tiny).imag / tiny
    return float(w1 - rate * slope_1), float(w2 - rate * slope_2)


def _pieces(x, y, w1, w2) -> tuple[float, float, float, float]:
    """Return z, h, the slope at p, and the slope of the sigmoid."""
    z = w1 * x
    h = 1 / (1 + np.exp(-z))
    return z, h, 2 * (w2 * h - y), h * (1 - h)


def _uphill(x, y, w1, w2, rate):
    new_1, new_2 = my_one_step(x, y, w1, w2, rate)
    return 2 * w1 - new_1, 2 * w2 - new_2


def _slopes_returned(x, y, w1, w2, rate):
    _, h, slope_p, bend = _pieces(x, y, w1, w2)
    return slope_p * w2 * bend * x, slope_p * h


def _sigmoid_slope_forgotten(x, y, w1, w2, rate):
    _, h, slope_p, _ = _pieces(x, y, w1, w2)
    return w1 - rate * slope_p * w2 * x, w2 - rate * slope_p * h


def _slope_from_the_sum(x, y, w1, w2, rate):
    z, h, slope_p, _ = _pieces(x, y, w1, w2)
    return w1 - rate * slope_p * w2 * z * (1 - z) * x, w2 - rate * slope_p * h


def _new_w2_used(x, y, w1, w2, rate):
    _, h, slope_p, bend = _pieces(x, y, w1, w2)
    new_2 = w2 - rate * slope_p * h
    return w1 - rate * slope_p * new_2 * bend * x, new_2


def _two_forgotten(x, y, w1, w2, rate):
    return my_one_step(x, y, w1, w2, rate / 2)


def _input_forgotten(x, y, w1, w2, rate):
    _, h, slope_p, bend = _pieces(x, y, w1, w2)
    return w1 - rate * slope_p * w2 * bend, w2 - rate * slope_p * h


def _w2_forgotten(x, y, w1, w2, rate):
    _, h, slope_p, bend = _pieces(x, y, w1, w2)
    return w1 - rate * slope_p * bend * x, w2 - rate * slope_p * h


def _w2_times_x(x, y, w1, w2, rate):
    _, _, slope_p, bend = _pieces(x, y, w1, w2)
    return w1 - rate * slope_p * w2 * bend * x, w2 - rate * slope_p * x


def _only_the_last_weight(x, y, w1, w2, rate):
    _, h, slope_p, _ = _pieces(x, y, w1, w2)
    return w1, w2 - rate * slope_p * h


def _swapped(x, y, w1, w2, rate):
    return my_one_step(x, y, w1, w2, rate)[::-1]


def _step_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(5):
        x, y, w1, w2 = (round(float(v), 2) for v in rng.normal(0, 1.5, 4))
        yield Case((x, y, w1, w2, round(float(rng.uniform(0.05, 0.5)), 2)))


one_step = Exercise(
    name="one_step",
    solution=my_one_step,
    oracle=_one_step_oracle,
    cases=[
        Case((2.0, 0.0, 0.0, 2.0, 0.5), "w1 = 0, so h is one half and p is 1"),
        Case((1.0, 1.0, 0.0, 2.0, 0.1), "p is y already: nothing should move"),
        Case((-1.5, 2.0, 0.8, -1.0, 0.1), "a negative input"),
    ],
    random_cases=_step_random,
    tolerance=1e-9,
    hints=[
        "Do the first case on paper: x = 2, y = 0, w1 = 0, w2 = 2. Forward: h, p. Then the slope "
        "at p, and one factor for each box on the way back.",
        "slope_p = 2(p − y). w2 was multiplied by h. On the way to w1 stand w2, the sigmoid "
        "with h(1 − h), and x.",
        "`slope_w1 = slope_p * w2 * h * (1 - h) * x`, `slope_w2 = slope_p * h`; each weight less "
        "rate times its slope.",
    ],
    misconceptions=[
        Misconception(
            _uphill,
            "You go uphill: the slope says where the loss grows, so the step is taken against it.",
        ),
        Misconception(
            _slopes_returned,
            "These are the two slopes. Asked for are the weights after the step: weight − rate × "
            "slope.",
        ),
        Misconception(
            _sigmoid_slope_forgotten,
            "The weight w2 is right. On the way back to w1 you pass the sigmoid as if it weren't there: its "
            "own slope, h(1 − h), is a factor too.",
        ),
        Misconception(
            _slope_from_the_sum,
            "The slope of the sigmoid is h(1 − h), from its *output*. You put in z = w1 x, the sum "
            "that goes into it.",
        ),
        Misconception(
            _new_w2_used,
            "You changed w2 first, and used the new one on the way back to w1. All slopes belong to "
            "the weights of the forward pass: compute both, then step.",
        ),
        Misconception(
            _two_forgotten,
            "Both steps are half as long as they should be: the slope of (p − y)² is 2(p − y).",
        ),
        Misconception(
            _input_forgotten,
            "The weight w2 is right. The slope at z is not yet that of w1: w1 was multiplied by x, so there "
            "is one factor x more.",
        ),
        Misconception(
            _w2_forgotten,
            "The weight w2 is right. Between p and h stands w2: nudging h moves p w2 times as much, which is "
            "one factor more for w1.",
        ),
        Misconception(
            _w2_times_x,
            "The weight w1 is right. w2 was multiplied by h, not by x: each weight's slope has the value that "
            "went into *its own* box.",
        ),
        Misconception(
            _only_the_last_weight,
            "Only w2 has moved. The error has to travel on, through w2 and the sigmoid, to w1.",
        ),
        Misconception(_swapped, "The two weights have changed places: return w1 first, then w2."),
    ],
    well_done="The factor h(1 − h) is 0.25 at most. What happens to a slope that has to pass ten "
    "sigmoids?",
)

# --- how many updates ---------------------------------------------------------------------------


def my_updates(samples, batch_size, epochs):
    """Return (number of updates in all, size of the last batch of an epoch)."""
    batches = -(-samples // batch_size)  # division rounded up
    return batches * epochs, samples - (batches - 1) * batch_size


def _updates_oracle(samples, batch_size, epochs):
    """Walk through one epoch and look at each batch."""
    sizes = [len(range(samples)[i : i + batch_size]) for i in range(0, samples, batch_size)]
    return epochs * len(sizes), sizes[-1]


def _last_size(samples, batch_size) -> int:
    return samples - (-(-samples // batch_size) - 1) * batch_size


def _last_batch_dropped(samples, batch_size, epochs):
    return samples // batch_size * epochs, _last_size(samples, batch_size)


def _always_one_more(samples, batch_size, epochs):
    return (samples // batch_size + 1) * epochs, _last_size(samples, batch_size)


def _remainder(samples, batch_size, epochs):
    return -(-samples // batch_size) * epochs, samples % batch_size


def _one_more_and_remainder(samples, batch_size, epochs):
    return (samples // batch_size + 1) * epochs, samples % batch_size


def _one_epoch(samples, batch_size, epochs):
    return -(-samples // batch_size), _last_size(samples, batch_size)


def _batches_across_epochs(samples, batch_size, epochs):
    return -(-samples * epochs // batch_size), _last_size(samples, batch_size)


def _one_per_sample(samples, batch_size, epochs):
    return samples * epochs, _last_size(samples, batch_size)


def _one_per_epoch(samples, batch_size, epochs):
    return epochs, _last_size(samples, batch_size)


def _last_is_full(samples, batch_size, epochs):
    return -(-samples // batch_size) * epochs, batch_size


def _not_rounded(samples, batch_size, epochs):
    return samples / batch_size * epochs, _last_size(samples, batch_size)


def _ceiling_of_numpy(samples, batch_size, epochs):
    return np.ceil(samples / batch_size) * epochs, _last_size(samples, batch_size)


def _rounded_to_nearest(samples, batch_size, epochs):
    return round(samples / batch_size) * epochs, _last_size(samples, batch_size)


def _updates_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(6):
        batch_size = int(rng.integers(2, 40))
        yield Case((int(rng.integers(1, 300)), batch_size, int(rng.integers(2, 20))))
    yield Case((int(rng.integers(2, 9)) * 16, 16, 3))


updates = Exercise(
    name="updates",
    solution=my_updates,
    oracle=_updates_oracle,
    cases=[
        Case((10, 4, 2), "ten samples in fours"),
        Case((12, 4, 5), "divided evenly"),
        Case((13, 4, 3), "one sample left over"),
        Case((5, 8, 3), "a batch larger than all the samples"),
        Case((55_000, 128, 6), "the training part of MNIST"),
    ],
    random_cases=_updates_random,
    tolerance=0,
    same_dtype=True,
    variants=[
        lambda samples, batch_size, epochs: (
            math.ceil(samples / batch_size) * epochs,
            samples % batch_size or batch_size,
        ),
        lambda samples, batch_size, epochs: (
            (samples - 1) // batch_size * epochs + epochs,
            (samples - 1) % batch_size + 1,
        ),
    ],
    hints=[
        "Draw ten samples and fence them off in fours. How many fences do you need? And for "
        "twelve?",
        "The batches of one epoch: samples / batch_size, rounded up (`math.ceil`). Each epoch "
        "begins anew.",
        "The last batch holds what the full ones before it leave: samples − (batches − 1) × "
        "batch_size.",
    ],
    misconceptions=[
        Misconception(
            _last_batch_dropped,
            "You rounded down, so the samples of the last, smaller batch would never be used. Round "
            "up.",
        ),
        Misconception(
            _one_more_and_remainder,
            "Where the batch divides the samples evenly, you count one batch too many, with 0 "
            "samples in it.",
        ),
        Misconception(
            _always_one_more,
            "You always add one batch for the rest. Where the batch divides the samples evenly, "
            "there is no rest.",
        ),
        Misconception(
            _remainder,
            "The last batch is the remainder only if there is one. If the batch divides the samples "
            "evenly, the last one is full, not empty.",
        ),
        Misconception(
            _one_epoch,
            "That is the number of updates in one epoch. Each epoch has as many again.",
        ),
        Misconception(
            _batches_across_epochs,
            "You cut all the epochs into batches as one long row. But each epoch ends with its own "
            "last batch, however small: round up within an epoch, then multiply.",
        ),
        Misconception(
            _one_per_sample,
            "That would be one update for each sample. A batch makes one update together.",
        ),
        Misconception(
            _one_per_epoch,
            "That would be one update an epoch, as with a batch of all samples. Here each batch "
            "makes one.",
        ),
        Misconception(
            _last_is_full,
            "The number of updates is right, but the last batch is full only if the batch divides "
            "the samples evenly.",
        ),
        Misconception(
            _not_rounded,
            "A part of a batch is a batch too: the number of updates has to be a whole number, "
            "rounded up within each epoch.",
        ),
        Misconception(
            _ceiling_of_numpy,
            "The numbers are right, but a count should be a whole number: np.ceil returns 3.0, "
            "`math.ceil` returns 3.",
        ),
        Misconception(
            _rounded_to_nearest,
            "You rounded to the nearest whole number. However few samples are left over, they make "
            "a batch: always round up.",
        ),
    ],
    well_done="Doubling the batch halves the number of steps, but not the work of an epoch. What "
    "would you change about the learning rate?",
)

# --- find the bugs: an epoch --------------------------------------------------------------------


def my_epoch(x, y, w, rate, batch_size, rng):
    """Return w (features,) after one epoch on x (n, features), y (n,)."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        rows, targets = x[batch], y[batch]
        w = w - rate * 2 * rows.T @ (rows @ w - targets) / len(rows)
    return w


def _walk(x, y, w, rate, batches, divide: Callable, sign: float = -1.0, factor: float = 2.0):
    """Take one step for each batch of row numbers; `divide(batch)` is the denominator."""
    for batch in batches:
        slope = factor * x[batch].T @ (x[batch] @ w - y[batch]) / divide(batch)
        w = w + sign * rate * slope
    return w


def _in_batches(order, batch_size) -> list[np.ndarray]:
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def _both_bugs(x, y, w, rate, batch_size, rng):
    x, y = rng.permutation(x), rng.permutation(y)
    return _walk(x, y, w, rate, _in_batches(np.arange(len(x)), batch_size), lambda batch: 1)


def _shuffled_apart(x, y, w, rate, batch_size, rng):
    x, y = rng.permutation(x), rng.permutation(y)
    return _walk(x, y, w, rate, _in_batches(np.arange(len(x)), batch_size), len)


def _only_x_shuffled(x, y, w, rate, batch_size, rng):
    x = rng.permutation(x)
    return _walk(x, y, w, rate, _in_batches(np.arange(len(x)), batch_size), len)


def _not_averaged(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(rng.permutation(len(x)), batch_size), lambda batch: 1)


def _divided_by_all(x, y, w, rate, batch_size, rng):
    batches = _in_batches(rng.permutation(len(x)), batch_size)
    return _walk(x, y, w, rate, batches, lambda batch: len(x))


def _divided_by_batch_size(x, y, w, rate, batch_size, rng):
    batches = _in_batches(rng.permutation(len(x)), batch_size)
    return _walk(x, y, w, rate, batches, lambda batch: batch_size)


def _epoch_not_shuffled(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(np.arange(len(x)), batch_size), len)


def _small_batch_dropped(x, y, w, rate, batch_size, rng):
    batches = _in_batches(rng.permutation(len(x)), batch_size)
    return _walk(x, y, w, rate, [b for b in batches if len(b) == batch_size], len)


def _backwards_in_step(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(np.arange(len(x))[::-1], batch_size), len)


def _shuffled_by_its_own(x, y, w, rate, batch_size, rng):
    return my_epoch(x, y, w, rate, batch_size, np.random.default_rng(0))


def _old_weights(x, y, w, rate, batch_size, rng):
    new = w
    for batch in _in_batches(rng.permutation(len(x)), batch_size):
        new = new - rate * 2 * x[batch].T @ (x[batch] @ w - y[batch]) / len(batch)
    return new


def _drawn_anew(x, y, w, rate, batch_size, rng):
    batches = [rng.integers(0, len(x), batch_size) for _ in range(-(-len(x) // batch_size))]
    return _walk(x, y, w, rate, batches, len)


def _up_the_hill(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(rng.permutation(len(x)), batch_size), len, sign=1.0)


def _half_the_slope(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(rng.permutation(len(x)), batch_size), len, factor=1.0)


def _first_batch_only(x, y, w, rate, batch_size, rng):
    return _walk(x, y, w, rate, _in_batches(rng.permutation(len(x)), batch_size)[:1], len)


def _probe_epoch(epoch):
    """Let each sample own one weight: the step of a weight then tells the size of its batch."""
    n, batch_size, rate = 10, 4, 0.5
    x, y = np.eye(n), np.arange(1.0, n + 1)
    result = epoch(x, y, np.zeros(n), rate, batch_size, np.random.default_rng(3))
    new = np.asarray(result)
    if isinstance(result, tuple) or new.shape != (n,):
        return "Your function should return w alone, an array (features,): `return w`."
    if not np.isfinite(new).all():
        return "Some of your weights are infinite or not a number."
    step = new / (2 * rate)  # y / (size of the batch), where all is well
    if finding := _pairing_in_epoch(epoch):
        return "both" if finding == "apart" and np.isin(step, y).all() else finding
    return _division_finding(step / y, epoch)


def _pairing_in_epoch(epoch) -> str | None:
    """Return "apart" where weights that fit perfectly are moved: x and y no longer belong."""
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(30, 2)), np.array([3.0, -2.0])
    after = np.asarray(epoch(x, x @ w, w, 0.01, 7, np.random.default_rng(5)))
    if after.shape == w.shape and np.allclose(after, w, atol=1e-9):
        return None
    return "apart"


def _division_finding(shares: np.ndarray, epoch) -> str | None:
    """Return what is wrong, given each sample's share of a step: 1/4 eight times and 1/2 twice."""
    found = tuple(np.sort(shares).round(6))
    known = {
        (0.25,) * 8 + (0.5,) * 2: None,
        (1.0,) * 10: "not averaged",
        (0.1,) * 10: "by all",
        (0.25,) * 10: "by batch size",
        (0.0,) * 2 + (0.25,) * 8: "dropped",
        (0.0,) * 6 + (0.25,) * 4: "first batch",
        (-0.5,) * 2 + (-0.25,) * 8: "uphill",
        (0.125,) * 8 + (0.25,) * 2: "half",
    }
    if found not in known:
        if 0.0 in found and len(set(found)) > 1:
            return "drawn anew"
        return "The steps are not those of the mean over each batch, every sample once."
    if known[found]:
        return known[found]
    if _always_the_same_rest(epoch):
        return "not shuffled"
    # eight equal rows, two batches: the second starts from 0.2, so w is 1 - 0.8², not 0.4
    twice = epoch(np.ones((8, 1)), np.ones(8), np.zeros(1), 0.1, 4, np.random.default_rng(8))
    return None if np.allclose(twice, 0.36, atol=1e-9) else "old weights"


def _always_the_same_rest(epoch) -> bool:
    """Whether the small batch holds the same two samples for each of five generators."""
    n = 10
    rests = {
        tuple(np.argsort(np.asarray(epoch(np.eye(n), np.ones(n), np.zeros(n), 0.5, 4, rng)))[-2:])
        for rng in map(np.random.default_rng, range(5))
    }
    return len({frozenset(rest) for rest in rests}) == 1


epoch = ProbeExercise(
    name="epoch",
    solution=my_epoch,
    probe=_probe_epoch,
    expects="the new weights, an array (features,)",
    hints=[
        "Take the second complaint first. If y is exactly x @ w, every error is 0 and nothing may "
        "move. Unless a row meets somebody else's target: which line could do that?",
        "For the first complaint, work out the slope for a batch of 2 equal rows, and of 200 equal "
        "rows. Should it differ?",
        "Draw *one* order of row numbers and use it for both arrays; divide by `len(rows)`.",
    ],
    misconceptions=[
        Misconception(
            _both_bugs,
            "Both complaints still hold: weights that fit perfectly are moved, and the step grows "
            "with the batch. Follow one row and its target through the first line, then look at "
            "what the last line adds up.",
            key="both",
        ),
        Misconception(
            _shuffled_apart,
            "The steps no longer grow with the batch. But weights that fit perfectly are still "
            "moved: do a row and its target stay together?",
            variants=[_only_x_shuffled],
            key="apart",
        ),
        Misconception(
            _not_averaged,
            "Rows and targets stay together now. But a batch of 200 equal rows still makes a step "
            "100 times as long as a batch of 2: the cost is a mean.",
            key="not averaged",
        ),
        Misconception(
            _divided_by_all,
            "You divide by the number of all samples. A batch stands for all of them: its slope is "
            "the mean over the batch.",
            key="by all",
        ),
        Misconception(
            _divided_by_batch_size,
            "You divide by batch_size. The last batch may hold fewer rows: divide by the rows that "
            "are really there.",
            key="by batch size",
        ),
        Misconception(
            _epoch_not_shuffled,
            "Rows and targets stay together, but whichever generator comes in, the same rows are in "
            "the last batch. A random order from `rng` is wanted, one for both.",
            variants=[_backwards_in_step, _shuffled_by_its_own],
            key="not shuffled",
        ),
        Misconception(
            _small_batch_dropped,
            "The last, smaller batch is left out, so its samples teach nothing in this epoch.",
            key="dropped",
        ),
        Misconception(
            _first_batch_only,
            "Only the first batch makes a step: is the `return` inside the loop?",
            key="first batch",
        ),
        Misconception(
            _old_weights,
            "Each batch finds its error with the weights from before the epoch. A batch starts "
            "where the one before it ended: `rows @ w` with the w of that moment.",
            key="old weights",
        ),
        Misconception(
            _drawn_anew,
            "Some samples are used twice in the epoch and others not at all. Shuffle once and walk "
            "through the order.",
            key="drawn anew",
        ),
        Misconception(
            _up_the_hill,
            "The steps go uphill now: the sign before `rate` was right.",
            key="uphill",
        ),
        Misconception(
            _half_the_slope,
            "The steps are half as long as they should be: the slope of the squared error has a "
            "factor 2.",
            key="half",
        ),
    ],
    well_done="Neither bug raises an error. Two tests would have caught them: perfect weights must "
    "stay, and doubling every row must change nothing.",
)
