"""The exercises of notebook 03, anatomy of a network."""

import math
from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- find the bugs: standardise -----------------------------------------------------------------


def my_standardise(train, test):
    """Return both tables (samples, features), centred and scaled as the training table asks."""
    mean = train.mean(axis=0)
    spread = train.std(axis=0)
    return (train - mean) / spread, (test - mean) / spread


def _standardise_oracle(train, test):
    """Column by column, in plain Python."""
    scaled = np.zeros(np.shape(train)), np.zeros(np.shape(test))
    for j, column in enumerate(train.T.tolist()):
        mean = math.fsum(column) / len(column)
        spread = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        for table, result in zip((train, test), scaled, strict=True):
            result[:, j] = [(value - mean) / spread for value in table[:, j].tolist()]
    return scaled


def _each_for_itself(axis: int, ddof: int):
    """Scale both tables by their own mean and deviation along an axis."""

    def scale(table):
        mean = table.mean(axis=axis, keepdims=True)
        return (table - mean) / table.std(axis=axis, ddof=ddof, keepdims=True)

    return lambda train, test: (scale(train), scale(test))


def _as_training(axis: int | None, ddof: int):
    """Scale both tables by the training table's mean and deviation along an axis."""

    def scale(train, test):
        mean = train.mean(axis=axis, keepdims=True)
        spread = train.std(axis=axis, ddof=ddof, keepdims=True)
        return (train - mean) / spread, (test - mean) / spread

    return scale


def _both_together(train, test):
    together = np.concatenate([train, test])
    mean, spread = together.mean(axis=0), together.std(axis=0)
    return (train - mean) / spread, (test - mean) / spread


def _training_mean_own_spread(train, test):
    mean = train.mean(axis=0)
    return (train - mean) / train.std(axis=0), (test - mean) / test.std(axis=0)


def _scaled_as_a_sample(test_mean: bool, test_spread: bool):
    """Divide by n - 1; the test table has its own mean, its own spread, or neither."""

    def scale(train, test):
        mean, spread = train.mean(axis=0), train.std(axis=0, ddof=1)
        own_mean = test.mean(axis=0) if test_mean else mean
        own_spread = test.std(axis=0, ddof=1) if test_spread else spread
        return (train - mean) / spread, (test - own_mean) / own_spread

    return scale


def _both_together_as_a_sample(train, test):
    together = np.concatenate([train, test])
    mean, spread = together.mean(axis=0), together.std(axis=0, ddof=1)
    return (train - mean) / spread, (test - mean) / spread


def _only_centred(train, test):
    mean = train.mean(axis=0)
    return train - mean, test - mean


def _divided_by_variance(train, test):
    mean, variance = train.mean(axis=0), train.var(axis=0)
    return (train - mean) / variance, (test - mean) / variance


def _to_unit_range(train, test):
    low, high = train.min(axis=0), train.max(axis=0)
    return (train - low) / (high - low), (test - low) / (high - low)


def _standardise_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, m, k in ((5, 3, 2), (8, 2, 4), (6, 5, 3)):
        size = 10.0 ** rng.integers(-1, 4, k)
        yield Case((rng.normal(2, 1, (n, k)) * size, rng.normal(2, 1, (m, k)) * size))


standardise = Exercise(
    name="standardise",
    solution=my_standardise,
    oracle=_standardise_oracle,
    cases=[
        Case(
            (np.array([[0.0, 10.0], [2.0, 30.0], [4.0, 20.0]]), np.array([[2.0, 20.0]])),
            "a test sample that lies on the training mean",
        ),
        Case(
            (np.array([[1, 100], [3, 300], [5, 200]]), np.array([[3, 200], [5, 400]])),
            "whole numbers",
        ),
        Case(
            (
                np.array([[28, 40000, 5], [47, 60000, 20], [35, 55000, 10]]),
                np.array([[50, 90000, 30], [22, 30000, 1]]),
            ),
            "our employees, and two new ones",
        ),
    ],
    random_cases=_standardise_random,
    tolerance=1e-9,
    variants=[
        lambda train, test: tuple(
            (table - np.mean(train, 0)) / np.sqrt(np.var(train, 0)) for table in (train, test)
        )
    ],
    hints=[
        "Put the table (0, 10), (2, 30), (4, 20) through it and work out one column on paper. Which "
        "numbers does `mean` average, a column's or a row's?",
        "Then compare the spread with yours: by how much do the two formulas for the standard "
        "deviation differ for 3 values? What does `ddof` do?",
        "Last, the test table: a single new employee has no mean and no spread worth the name. "
        "Whose mean and spread would be used once the network is at work?",
    ],
    misconceptions=[
        Misconception(
            _each_for_itself(axis=1, ddof=1),
            "All three bugs are still in. Take the table (0, 10), (2, 30), (4, 20), work out on "
            "paper what should come out, and compare line by line.",
        ),
        Misconception(
            _each_for_itself(axis=0, ddof=1),
            "One down, two to go. The means are right. The spread is divided by n − 1: look at "
            "`ddof`. Then look at the test table.",
        ),
        Misconception(
            _scaled_as_a_sample(test_mean=False, test_spread=True),
            "The means are right. The spread is divided by n − 1: look at `ddof`. Then look at the "
            "test table: whose spread is it divided by?",
        ),
        Misconception(
            _scaled_as_a_sample(test_mean=True, test_spread=False),
            "The means are right in the training table. The spread is divided by n − 1: look at "
            "`ddof`. Then look at the test table: whose mean is taken off it?",
        ),
        Misconception(
            lambda train, test: (_scaled_as_a_sample(False, False)(train, test)[0], test),
            "The means are right. The spread is divided by n − 1: look at `ddof`. Then look at the "
            "test table, which comes back as it was.",
        ),
        Misconception(
            _each_for_itself(axis=1, ddof=0),
            "The spread is divided by n now, which is right. But a row mixes an age with a salary: "
            "it is each feature, a column, that has a mean and a spread. And one more bug is left.",
        ),
        Misconception(
            _each_for_itself(axis=0, ddof=0),
            "The training table is right. The test table is scaled by its own mean and spread, so "
            "the same employee would get other numbers in other company: use the training "
            "table's.",
        ),
        Misconception(
            _as_training(axis=0, ddof=1),
            "Nearly: `ddof=1` divides by n − 1, the estimate for a sample. This course, like "
            "`StandardScaler`, divides by n.",
        ),
        Misconception(
            _as_training(axis=1, ddof=1),
            "The mean is still taken along each row, so there is one per employee, and the test "
            "table has other employees. There should be one per feature. And look at `ddof`.",
        ),
        Misconception(
            _as_training(axis=1, ddof=0),
            "The mean is still taken along each row, so there is one per employee, and the test "
            "table has other employees. There should be one mean per feature.",
        ),
        Misconception(
            _as_training(axis=None, ddof=0),
            "You take one mean and one spread over the whole table, so ages and salaries are mixed: "
            "each column needs its own, `axis=0`.",
        ),
        Misconception(
            _both_together,
            "You take mean and spread over both tables together. Then the test data have had a "
            "say in the preparation, and they should be unseen: use the training table alone.",
        ),
        Misconception(
            _both_together_as_a_sample,
            "You take mean and spread over both tables together, and the test data should be "
            "unseen: use the training table alone. And the spread is divided by n − 1: look at "
            "`ddof`.",
        ),
        Misconception(
            _training_mean_own_spread,
            "The mean is the training table's, but the test table is still divided by its own "
            "spread. Both numbers come from the training table.",
        ),
        Misconception(
            _only_centred,
            "Both tables are centred, but not scaled: divide by the training table's spread.",
        ),
        Misconception(
            _divided_by_variance,
            "You divide by the variance. The standard deviation is its square root.",
        ),
        Misconception(
            _to_unit_range,
            "You stretch each feature to 0..1 by its smallest and largest value. That is another "
            "way of scaling; here the mean is to become 0 and the spread 1.",
        ),
    ],
    well_done="After scaling, is the mean of the test table exactly 0? Should it be?",
)

# --- one-hot ------------------------------------------------------------------------------------


def my_one_hot(codes, classes):
    """Return the one-hot rows of codes (n,), shape (n, classes)."""
    rows = np.zeros((len(codes), classes))
    rows[np.arange(len(codes)), codes] = 1
    return rows


def _one_hot_oracle(codes, classes):
    """Ask each class of each sample, in plain Python."""
    return np.array([[float(code == k) for k in range(classes)] for code in codes.tolist()])


def _only_what_occurs(codes, classes):
    names, places = np.unique(codes, return_inverse=True)
    return np.eye(len(names))[places]


def _every_row_every_code(codes, classes):
    rows = np.zeros((len(codes), classes))
    rows[:, codes] = 1
    return rows


def _code_instead_of_one(codes, classes):
    rows = np.zeros((len(codes), classes))
    rows[np.arange(len(codes)), codes] = codes
    return rows


def _one_hot_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, classes in ((4, 3), (7, 5), (3, 6)):
        yield Case((rng.integers(0, classes, n), classes))


one_hot = Exercise(
    name="one_hot",
    solution=my_one_hot,
    oracle=_one_hot_oracle,
    cases=[
        Case((np.array([2, 0, 2, 1]), 3), "sales, IT, sales, legal"),
        Case((np.array([0, 1]), 2), "two classes"),
        Case((np.array([1]), 4), "a single sample"),
        Case((np.array([0, 2, 0]), 3), "nobody of class 1"),
        Case((np.array([1, 0, 1]), 4), "nobody of classes 2 and 3"),
    ],
    random_cases=_one_hot_random,
    variants=[
        lambda codes, classes: np.eye(classes)[codes],
        lambda codes, classes: (codes[:, np.newaxis] == np.arange(classes)).astype(int),
        lambda codes, classes: [[int(k == code) for k in range(classes)] for code in codes],
    ],
    hints=[
        "Start from a table of zeros, `np.zeros((len(codes), classes))`. In row i, which column "
        "gets the 1?",
        "A loop is fine: `for i, code in enumerate(codes)`.",
        "Without a loop: the rows of `np.eye(classes)` are the one-hot codes of 0, 1, 2, …, and "
        "an array of codes may pick rows.",
    ],
    misconceptions=[
        Misconception(
            lambda codes, classes: np.eye(classes)[:, codes],
            "Samples are columns in your table. Here they are rows: shape (n, classes).",
            variants=[lambda codes, classes: _one_hot_oracle(codes, classes).T],
        ),
        Misconception(
            lambda codes, classes: np.eye(codes.max() + 1)[codes],
            "Your table ends with the largest code that occurs. Every class gets its column, "
            "`classes` in all, or the next batch has another width.",
        ),
        Misconception(
            _only_what_occurs,
            "You give columns only to the classes that occur here, so a column means another "
            "class in each batch. There are `classes` columns, always.",
        ),
        Misconception(
            lambda codes, classes: np.eye(classes)[codes - 1],
            "You count the classes from 1: code 0 belongs in column 0.",
        ),
        Misconception(
            lambda codes, classes: np.eye(classes + 1)[codes],
            "There is one column too many: codes run from 0 to `classes` − 1.",
        ),
        Misconception(
            _every_row_every_code,
            "`rows[:, codes] = 1` sets these columns in *every* row. Each row gets a single 1: name "
            "the rows as well, `np.arange(len(codes))`.",
        ),
        Misconception(
            _code_instead_of_one,
            "You wrote the code itself where the 1 belongs, so the classes are ordered again, and "
            "class 0 has no mark at all.",
        ),
        Misconception(
            lambda codes, classes: 1 - np.eye(classes)[codes],
            "Zeros and ones have changed places: the class itself is the one that is hot.",
        ),
        Misconception(
            lambda codes, classes: codes[:, np.newaxis] == np.arange(classes),
            "The places are right, but these are True and False. Numbers are asked for: "
            "`.astype(float)`.",
        ),
        Misconception(
            lambda codes, classes: np.tri(classes)[codes],
            "Your rows have a 1 in every column up to the code, which is an order again. Only the "
            "class's own column gets a 1.",
        ),
    ],
    well_done="What does `np.argmax(rows, axis=1)` give back? That is how a network's answer is "
    "read.",
)

# --- the missing layer --------------------------------------------------------------------------


def my_hidden_size(inputs, outputs, total):
    """Return how many hidden nodes inputs → ? → outputs has, if it has total parameters."""
    return (total - outputs) // (inputs + 1 + outputs)


def _hidden_size_oracle(inputs, outputs, total):
    """Try one size after the other, counting weights and biases layer by layer."""
    hidden = 1
    while inputs * hidden + hidden + hidden * outputs + outputs < total:
        hidden += 1
    return hidden


def _hidden_size_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(6):
        inputs, hidden, outputs = (int(n) for n in rng.integers(1, 60, 3))
        yield Case((inputs, outputs, (inputs + 1) * hidden + (hidden + 1) * outputs))


hidden_size = Exercise(
    name="hidden_size",
    solution=my_hidden_size,
    oracle=_hidden_size_oracle,
    cases=[
        Case((3, 2, 26), "a few nodes: try 1, 2, 3, … by hand"),
        Case((1, 1, 4), "the smallest network of all"),
        Case((2, 9, 69), "more outputs than inputs"),
        Case((10, 3, 143), "the one in the text"),
        Case((784, 10, 101770), "a network that reads digits"),
    ],
    random_cases=_hidden_size_random,
    same_dtype=True,
    variants=[
        # the biases of the outputs are fewer than one more hidden node would cost: the remainder
        lambda inputs, outputs, total: total // (inputs + outputs + 1),
        lambda inputs, outputs, total: round((total - outputs) / (inputs + 1 + outputs)),
    ],
    hints=[
        "Call the number h. How many weights and biases lie between the inputs and the h nodes? "
        "How many between these and the outputs?",
        "All together: inputs · h + h + h · outputs + outputs. Which of the four terms has no h?",
        "What does *one* hidden node bring along: its weights from the inputs, its own bias, and "
        "its weights to the outputs. The outputs' biases are there anyway.",
    ],
    misconceptions=[
        Misconception(
            lambda inputs, outputs, total: (total - outputs) / (inputs + 1 + outputs),
            "The number is right, but it is a float, and nodes are counted. For whole numbers there "
            "is `//`.",
        ),
        Misconception(
            lambda inputs, outputs, total: total // (inputs + outputs),
            "You count the weights only. Every hidden node and every output has a bias, too.",
            variants=[lambda inputs, outputs, total: int(total / (inputs + outputs))],
        ),
        Misconception(
            lambda inputs, outputs, total: (total - outputs) // (inputs + outputs),
            "The outputs' biases are counted, those of the hidden nodes aren't: each hidden node "
            "brings one along.",
        ),
        Misconception(
            lambda inputs, outputs, total: total / (inputs + 1 + outputs),
            "Nearly: the outputs have biases too, which have nothing to do with h. Take them off "
            "first; then the division comes out even.",
        ),
        Misconception(
            lambda inputs, outputs, total: round(total / (inputs + 1 + outputs)),
            "Rounding hides that something is missing: the outputs' biases. Take them off before "
            "you divide, and nothing is left to round.",
        ),
        Misconception(
            lambda inputs, outputs, total: -(-total // (inputs + 1 + outputs)),
            "Rounding up hides that something is missing: the outputs' biases. Take them off before "
            "you divide, and nothing is left to round.",
            variants=[lambda inputs, outputs, total: math.ceil(total / (inputs + 1 + outputs))],
        ),
        Misconception(
            lambda inputs, outputs, total: (total - 2) // (inputs + outputs),
            "You count one bias per layer. Every node has its own.",
        ),
        Misconception(
            lambda inputs, outputs, total: (total - inputs - outputs) // (inputs + 1 + outputs),
            "You gave the inputs biases as well. The input layer computes nothing and has none.",
        ),
        Misconception(
            lambda inputs, outputs, total: total / (inputs + outputs),
            "You count the weights only. Every hidden node and every output has a bias, too. (And "
            "nodes are counted: for whole numbers there is `//`.)",
        ),
        Misconception(
            lambda inputs, outputs, total: (total - outputs) / (inputs + outputs),
            "Each hidden node brings a bias of its own along. (And nodes are counted: for whole "
            "numbers there is `//`.)",
        ),
        Misconception(
            lambda inputs, outputs, total: (total - 2) / (inputs + outputs),
            "You count one bias per layer. Every node has its own. (And nodes are counted: for "
            "whole numbers there is `//`.)",
        ),
        Misconception(
            lambda inputs, outputs, total: (total - inputs - outputs) / (inputs + 1 + outputs),
            "You gave the inputs biases as well. The input layer computes nothing and has none. "
            "(And nodes are counted: for whole numbers there is `//`.)",
        ),
        Misconception(
            lambda inputs, outputs, total: total / (inputs * outputs),
            "You divide by inputs × outputs, as if each input were joined to each output. They are "
            "joined to the hidden nodes only. (And nodes are counted: for whole numbers there is "
            "`//`.)",
        ),
        Misconception(
            lambda inputs, outputs, total: total // (inputs * outputs),
            "You divide by inputs × outputs, as if each input were joined to each output. They are "
            "joined to the hidden nodes only.",
        ),
        Misconception(
            lambda inputs, outputs, total: total - inputs - outputs,
            "You took the nodes off the total. The total counts parameters: each hidden node "
            "brings a bias and one weight for each input and output.",
        ),
    ],
    well_done="One line of a paper and one number, and you know the network. Some papers get these "
    "sums wrong: you can tell now. (`total // (inputs + outputs + 1)` gives the same, but only "
    "because `//` throws the outputs' biases away: why are they always too few to matter?)",
)

# --- softmax that never overflows ---------------------------------------------------------------


def my_softmax(scores):
    """Return the softmax of each row of scores (n, classes), in the same shape."""
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def _softmax_oracle(scores):
    """One over the sum of exp(other - own), number by number: no power is ever divided by one."""

    def exp(x):
        return math.exp(x) if x < 700 else math.inf

    rows = scores.tolist()
    return np.array([[1 / math.fsum(exp(z - own) for z in row) for own in row] for row in rows])


def _softmax_shifted_by(shift):
    """Return a softmax by rows which takes shift(scores) off first."""

    def softmax(scores):
        power = np.exp(scores - shift(scores))
        return power / power.sum(axis=1, keepdims=True)

    return softmax


def _over_everything(scores):
    power = np.exp(scores - scores.max())
    return power / power.sum()


def _down_the_columns(scores):
    power = np.exp(scores - scores.max(axis=0))
    return power / power.sum(axis=0)


def _without_keepdims(scores):
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1)


def _largest_without_keepdims(scores):
    power = np.exp(scores - scores.max(axis=1))
    return power / power.sum(axis=1, keepdims=True)


def _never_keepdims(scores):
    power = np.exp(scores - scores.max(axis=1))
    return power / power.sum(axis=1)


def _clipped(limit):
    def softmax(scores):
        power = np.exp(np.clip(scores, -limit, limit))
        return power / power.sum(axis=1, keepdims=True)

    return softmax


def _not_shared_out(scores):
    return np.exp(scores - scores.max(axis=1, keepdims=True))


def _divided_by_largest(scores):
    power = np.exp(scores / np.abs(scores).max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def _hottest_only(scores):
    return (scores == scores.max(axis=1, keepdims=True)).astype(float)


def _softmax_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, classes, size in ((2, 3, 1), (4, 2, 3), (3, 5, 60)):
        yield Case((rng.normal(0, size, (n, classes)),))


softmax = Exercise(
    name="softmax",
    solution=my_softmax,
    oracle=_softmax_oracle,
    cases=[
        Case((np.array([[2.0, 1.0, 0.0]]),), "the one worked by hand"),
        Case((np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]),), "two samples"),
        Case((np.array([[1.0, 0.0], [2.0, 4.0]]),), "as many samples as classes"),
        Case((np.array([[1000.0, 0.0, -1000.0]]),), "large scores"),
        Case((np.array([[-1000.0, -1001.0]]),), "only very negative scores"),
        Case((np.array([[1000.0, 1001.0], [0.0, 1.0]]),), "one large row, one small"),
    ],
    random_cases=_softmax_random,
    tolerance=1e-9,
    variants=[
        lambda scores: np.array([np.exp(z - z.max()) / np.exp(z - z.max()).sum() for z in scores]),
        lambda scores: np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)),
    ],
    hints=[
        "Adding the same number to all scores of a row changes nothing. Which number, taken off, "
        "makes sure that no power is too large for the computer?",
        "If the largest score of the row is taken off, the largest power is e⁰ = 1 and the others "
        "are smaller. Every row has its own largest score.",
        "`scores.max(axis=1, keepdims=True)` has the shape (n, 1), so it broadcasts over the row; "
        "the sum needs the same.",
    ],
    misconceptions=[
        Misconception(
            _softmax_shifted_by(lambda scores: 0),
            "Right for small scores, but e¹⁰⁰⁰ is too large for the computer, and a row of very "
            "negative scores gives 0 ÷ 0. Take something off the scores first.",
        ),
        Misconception(
            _softmax_shifted_by(lambda scores: scores.max()),
            "You take the largest score of the *whole* table off. In a row that is small all over, "
            "every power is then 0 and you divide 0 by 0. Each row needs its own.",
        ),
        Misconception(
            _softmax_shifted_by(lambda scores: scores.mean(axis=1, keepdims=True)),
            "You take the mean off. The largest score may still lie far above it, and its power "
            "overflows: take the largest off.",
        ),
        Misconception(
            _softmax_shifted_by(lambda scores: scores.min(axis=1, keepdims=True)),
            "You take the smallest score off, so the others become even larger positive numbers: "
            "take the largest off.",
        ),
        Misconception(
            _over_everything,
            "You share 1 among all numbers of the table. Each row, one sample, is to add up to 1.",
            variants=[lambda scores: _over_everything(scores + 0.5)],
        ),
        Misconception(
            _down_the_columns,
            "Your columns add up to 1. A row is a sample, and its classes share the 1: `axis=1`.",
        ),
        Misconception(
            _without_keepdims,
            "Without `keepdims=True` the sums have the shape (n,), and broadcasting lines them up "
            "with the columns. (With as many samples as classes there isn't even an error.)",
        ),
        Misconception(
            _largest_without_keepdims,
            "Without `keepdims=True` the *largest scores* have the shape (n,), and broadcasting "
            "lines them up with the columns. (With as many samples as classes there isn't even an "
            "error.)",
        ),
        Misconception(
            _never_keepdims,
            "Without `keepdims=True` the *largest scores* have the shape (n,), and so have the "
            "sums: broadcasting lines both up with the columns. (With as many samples as classes "
            "there isn't even an error.)",
        ),
        Misconception(
            _clipped(500),
            "You cut off scores beyond ±500. That avoids the overflow and changes the answer: 1000 "
            "and 1001 become equal. Taking the same number off all of a row changes nothing.",
            variants=[_clipped(700), _clipped(300)],
        ),
        Misconception(
            _not_shared_out,
            "The powers no longer overflow, but they are not shared out yet: divide by the sum of "
            "the row.",
        ),
        Misconception(
            _divided_by_largest,
            "You *divide* by the largest score. Only *taking off* the same number leaves softmax "
            "as it is; division makes the differences smaller.",
        ),
        Misconception(
            _hottest_only,
            "That gives everything to the largest score. Softmax is softer: the others get a share "
            "as well.",
        ),
    ],
    well_done="Scores of 1000 look far-fetched; a network with a learning rate too large gets there "
    "in seconds, and the first NaN ends its training.",
)

# --- two layers into one ------------------------------------------------------------------------


def my_collapse(w1, b1, w2, b2):
    """Return (w, b) with x @ w + b equal to (x @ w1 + b1) @ w2 + b2 for every x."""
    return w1 @ w2, b1 @ w2 + b2


def _collapse_oracle(w1, b1, w2, b2):
    """Send in a sample of zeros and then samples with a single 1, node by node."""

    def layer(x, w, b):
        return [b[j] + sum(x[i] * w[i][j] for i in range(len(x))) for j in range(len(b))]

    def both(x):
        return layer(layer(x, w1, b1), w2, b2)

    inputs = len(w1)
    bias = np.array(both([0] * inputs))
    units = [[int(i == k) for i in range(inputs)] for k in range(inputs)]
    return np.array([both(unit) for unit in units]) - bias, bias


def _collapse_random(rng: np.random.Generator) -> Iterator[Case]:
    for k, h, m in ((2, 4, 3), (3, 3, 3), (5, 2, 1)):
        yield Case(tuple(rng.integers(-4, 5, shape) for shape in ((k, h), (h,), (h, m), (m,))))


collapse = Exercise(
    name="collapse",
    solution=my_collapse,
    oracle=_collapse_oracle,
    cases=[
        Case(
            (np.array([[2]]), np.array([1]), np.array([[3]]), np.array([4])),
            "one input, one node, one output",
        ),
        Case(
            (
                np.array([[1, 0], [2, 3]]),
                np.array([1, -1]),
                np.array([[0, 1], [4, 2]]),
                np.array([5, 0]),
            ),
            "two nodes everywhere",
        ),
        Case(
            (
                np.array([[1, 2, 0]]),
                np.array([0, 1, 3]),
                np.array([[1], [2], [-1]]),
                np.array([10]),
            ),
            "1 → 3 → 1",
        ),
    ],
    random_cases=_collapse_random,
    tolerance=1e-9,
    variants=[lambda w1, b1, w2, b2: (np.dot(w1, w2), (b1[np.newaxis] @ w2)[0] + b2)],
    hints=[
        "Do it with plain numbers first: (2x + 1) · 3 + 4. What stands before x, what stands "
        "alone? Which numbers did the 1 meet on its way out?",
        "Multiply (x @ w1 + b1) @ w2 + b2 out: two terms, then b2.",
        "The order of a matrix product matters: x meets w1 first, then w2. And b1 has to go "
        "through the second layer as well.",
    ],
    misconceptions=[
        Misconception(
            lambda w1, b1, w2, b2: (w1 @ w2, b1 + b2),
            "The weights are right. But b1 goes through the second layer as well, where it is "
            "multiplied by w2, before b2 is added.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 @ w2, b2),
            "The weights are right, but b1 is lost: what the first layer adds goes through the "
            "second one too.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 @ w2, b1 @ w2),
            "Nearly: the second layer's own bias b2 is missing.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 @ w2, (b1 + b2) @ w2),
            "`b2` is added *after* the second layer's weights, so it isn't multiplied by them.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w2 @ w1, b1 @ w2 + b2),
            "The bias is right. But x meets w1 first and then w2: written from left to right, "
            "`w1 @ w2`.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 + b2),
            "That is right for samples as columns, where weights stand on the left. Here samples "
            "are rows, so the order is turned round.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2),
            "The weights are right. b1 is a row, as the samples are, so w2 comes after it: the "
            "other way round in the product.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 * w2, b1 * w2 + b2),
            "`*` multiplies number by number and adds nothing up. The weighted sums of a layer are "
            "a matrix product, `@`.",
        ),
        Misconception(
            lambda w1, b1, w2, b2: (w1 + w2, b1 + b2),
            "You added the layers. One comes *after* the other, so the weights are multiplied.",
        ),
    ],
    well_done="By the same step three layers become one, and so do a hundred. What stops it is an "
    "activation in between.",
)
