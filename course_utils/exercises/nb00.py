"""The exercises of notebook 00, start here: meeting the check, and ten minutes of NumPy."""

from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- meet the check -----------------------------------------------------------------------------


def my_add(a, b):
    """Return the sum of the numbers a and b."""
    return a + b


def _as_text(a, b):
    return f"{a}{b}"


def _add_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(5):
        yield Case(tuple(int(number) for number in rng.integers(-50, 50, 2)))


add = Exercise(
    name="add",
    solution=my_add,
    oracle=lambda a, b: sum([a, b]),
    cases=[
        Case((3, 4)),
        Case((0, 5), "nothing and five"),
        Case((-2, 2), "they cancel"),
        Case((0.5, 0.25), "fractions"),
    ],
    random_cases=_add_random,
    tolerance=0,
    hints=[
        "Put the sum in place of the three dots, after the word return.",
        "The line becomes: return a + b",
    ],
    misconceptions=[
        Misconception(
            lambda a, b: a * b,
            "You multiplied the numbers. (If that was on purpose: this is how a check names a mistake.)",
        ),
        Misconception(lambda a, b: a - b, "You subtracted b from a. The sum adds it."),
        Misconception(lambda a, b: a, "You returned a alone: b is still to be added."),
        Misconception(
            lambda a, b: (a + b) / 2, "That is the mean of the two. The sum isn't divided."
        ),
        Misconception(
            _as_text,
            "You wrote the two numbers side by side as text. Add them as numbers, without quotes.",
        ),
    ],
    well_done="That is all there is to the mechanics. From here on the exercises are about ideas.",
)

# --- the range of every column ------------------------------------------------------------------


def my_column_ranges(table):
    """Return, for a table (n, k), the k differences largest minus smallest."""
    return table.max(axis=0) - table.min(axis=0)


def _column_ranges_oracle(table):
    """Sort every column; the range is last minus first."""
    return np.array([sorted(column)[-1] - sorted(column)[0] for column in np.asarray(table).T])


def _tables(rng: np.random.Generator) -> Iterator[Case]:
    for shape in ((4, 3), (2, 5), (6, 6)):
        yield Case((rng.integers(-20, 20, shape),))


column_ranges = Exercise(
    name="column_ranges",
    solution=my_column_ranges,
    oracle=_column_ranges_oracle,
    cases=[
        Case((np.array([[1, 8], [3, 2]]),), "two rows"),
        Case((np.array([[28, 5], [47, 20], [35, 10]]),), "the three employees"),
        Case((np.array([[1, 10, 100], [4, 10, -100]]),), "a column that doesn't vary"),
        Case((np.array([[0.5, 2.0], [0.75, 1.0], [0.25, 3.5]]),), "fractions"),
        Case((np.array([[7, 8]]),), "a single row"),
    ],
    random_cases=_tables,
    tolerance=0,
    hints=[
        "One number per column should be left, so the rows are used up. Rows are axis 0.",
        "table.max(axis=0) gives the largest value of each column. What gives the smallest?",
    ],
    misconceptions=[
        Misconception(
            lambda table: max(table) - min(table),
            "Python's own max and min compare whole rows with each other. NumPy's work along an "
            "axis: `table.max(axis=…)`.",
        ),
        Misconception(
            lambda table: (table.max(axis=0) - table.min(axis=0)).astype(int),
            "The fractions are cut off: leave the numbers as they are, without int.",
        ),
        Misconception(
            lambda table: (table.max(axis=0) - table.min(axis=0))[:1],
            "That is the range of the first column alone. One number for every column is wanted.",
        ),
        Misconception(
            lambda table: table.max(axis=1) - table.min(axis=1),
            "You used up the columns (axis=1) and got one number per row. One per column is wanted: "
            "use up the rows.",
        ),
        Misconception(
            lambda table: table.max() - table.min(),
            "You got a single number, the range of the whole table. Say with axis which direction "
            "is used up.",
        ),
        Misconception(
            lambda table: table.min(axis=0) - table.max(axis=0),
            "Largest and smallest have changed places, so the signs are turned round.",
        ),
        Misconception(
            lambda table: table[-1] - table[0],
            "You subtracted the first row from the last. The largest value may stand in any row.",
        ),
        Misconception(
            lambda table: table.max(axis=0),
            "That is the largest value of each column. The smallest is still to be subtracted.",
        ),
    ],
    well_done="`np.ptp(table, axis=0)` does the same: 'peak to peak'.",
)

# --- a layer in one line ------------------------------------------------------------------------


def my_layer(inputs, weights, biases):
    """Return the weighted sums plus biases, shape (n, m)."""
    return inputs @ weights + biases


def _layer_oracle(inputs, weights, biases):
    """Add up term by term, in plain loops."""
    n, k = np.shape(inputs)
    m = len(biases)
    sums = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            sums[i, j] = biases[j] + sum(inputs[i][t] * weights[t][j] for t in range(k))
    return sums


def _bias_before_product(inputs, weights, biases):
    return (inputs + biases.sum()) @ weights


def _bias_per_row(inputs, weights, biases):
    return inputs @ weights + biases[0]


def _product_number_by_number(inputs, weights, biases):
    return inputs * weights + biases


def _other_way_round(inputs, weights, biases):
    return weights @ inputs + biases


def _layers(rng: np.random.Generator) -> Iterator[Case]:
    for n, k, m in ((2, 3, 2), (4, 2, 5), (3, 3, 3)):
        shapes = (n, k), (k, m), (m,)
        yield Case(tuple(rng.integers(-4, 5, shape) for shape in shapes))


layer = Exercise(
    name="layer",
    solution=my_layer,
    oracle=_layer_oracle,
    cases=[
        Case(
            (np.array([[28.0, 5.0]]), np.array([[0.5, 0.0], [1.0, 2.0]]), np.array([0.25, -5.0])),
            "one person, two neurons",
        ),
        Case(
            (
                np.array([[1.0, 2.0], [3.0, 4.0]]),
                np.array([[1.0, 2.0], [3.0, 5.0]]),
                np.array([10.0, 20.0]),
            ),
            "as many rows as neurons",
        ),
        Case((np.zeros((2, 3)), np.ones((3, 1)), np.array([7.0])), "only the bias is left"),
    ],
    random_cases=_layers,
    tolerance=1e-9,
    hints=[
        "Two steps: first the weighted sums, then the biases. The sums are a product with @.",
        "inputs @ weights has shape (n, m). Adding biases of shape (m,) broadcasts them to each row.",
    ],
    misconceptions=[
        Misconception(
            lambda inputs, weights, biases: inputs @ weights,
            "The weighted sums are right, but the biases are missing.",
        ),
        Misconception(
            lambda inputs, weights, biases: (inputs @ weights) * biases,
            "You multiplied by the biases. A bias is added: it moves the sum up or down.",
        ),
        Misconception(
            lambda inputs, weights, biases: inputs @ weights - biases,
            "You subtracted the biases. They are added.",
        ),
        Misconception(
            lambda inputs, weights, biases: (inputs @ weights + biases).astype(int),
            "The fractions are cut off: weights are seldom whole numbers, so leave the sums as they are.",
        ),
        Misconception(
            lambda inputs, weights, biases: inputs @ weights.T + biases,
            "The weights are transposed. They come as (k, m), a column for each neuron, and fit as "
            "they are.",
        ),
        Misconception(
            _bias_per_row,
            "You added the first bias to everything. Every neuron, that is every column, has its own.",
        ),
        Misconception(
            _bias_before_product,
            "You added the biases before the product. They come after: each neuron adds its own to "
            "its finished sum.",
        ),
        Misconception(
            _product_number_by_number,
            "You used *, which multiplies number by number and adds nothing up. The weighted sum is @.",
        ),
        Misconception(
            _other_way_round,
            "You multiplied the other way round. With samples as rows it is inputs @ weights: the "
            "inner numbers of (n, k) and (k, m) must agree.",
        ),
    ],
    well_done="One more bend after it (an activation), and this is a layer of a neural network.",
)
