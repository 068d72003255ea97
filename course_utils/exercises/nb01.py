"""The exercises of notebook 01, linear regression."""

from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ValueExercise

_rng = np.random.default_rng(2)
KM = _rng.uniform(1, 6, 20).round(1)
"""How long the notebook's twenty rides were, ``(20,)``; a test compares."""
EUROS = (2 * KM + 1 + _rng.normal(0, 1.5, 20)).round(1)
"""What they cost, ``(20,)``."""

THREE = (np.array([2.0, 4.0, 3.0]), np.array([5.0, 9.0, 10.0]))


def _rides(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rides whose lengths are all different, in order."""
    x = np.cumsum(rng.integers(1, 4, n)) + 0.5
    return x, (2 * x + rng.normal(0, 2, n)).round(2)


# --- the cost of a line -------------------------------------------------------------------------


def my_cost(x, y, a, b):
    """Return the mean of the squared errors of the line a x + b, a number."""
    error = y - (a * x + b)
    return np.mean(error**2)


def _cost_oracle(x, y, a, b):
    """Add up ride by ride, in plain Python."""
    total = 0.0
    for length, price in zip(x.tolist(), y.tolist(), strict=True):
        total += (price - a * length - b) ** 2
    return total / len(x)


def _line_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n in (4, 7):
        a, b = (float(value) for value in rng.normal(2, 1, 2).round(2))
        yield Case((*_rides(rng, n), a, b))


def _errors(x, y, a, b):
    return y - (a * x + b)


cost = Exercise(
    name="cost",
    solution=my_cost,
    oracle=_cost_oracle,
    cases=[
        Case((*THREE, 2, 1), "our three rides, the line 2x + 1"),
        Case((*THREE, 5, -5), "our three rides, the line 5x − 5"),
        Case((np.array([2.0, 4.0]), np.array([5.0, 9.0]), 2, 1), "a line that fits exactly"),
        Case((np.array([3.0]), np.array([10.0]), 4, 3), "one ride, a trial that says 15"),
        Case((np.array([1.0, 2.0, 6.0]), np.array([4.0, 0.0, 1.0]), 0, 0), "the line y = 0"),
    ],
    random_cases=_line_cases,
    variants=[
        lambda x, y, a, b: ((a * x + b - y) ** 2).sum() / len(x),
        lambda x, y, a, b: np.dot(_errors(x, y, a, b), _errors(x, y, a, b)) / y.size,
    ],
    hints=[
        "Three steps: what the line says for each ride, the errors, the mean of their squares.",
        "`a * x + b` works on the whole array at once. An array is squared with `** 2`.",
        "`np.mean((y - (a * x + b)) ** 2)`",
    ],
    misconceptions=[
        Misconception(
            lambda x, y, a, b: np.mean(_errors(x, y, a, b)),
            "You take the mean of the errors themselves. Errors above and below the line cancel, "
            "so a bad line can look perfect. Square each error first.",
        ),
        Misconception(
            lambda x, y, a, b: np.mean(_errors(x, y, a, b)) ** 2,
            "You square the mean. By then errors above and below the line have cancelled already. "
            "Square each error, then take the mean.",
        ),
        Misconception(
            lambda x, y, a, b: np.sum(_errors(x, y, a, b) ** 2),
            "That is the sum of the squared errors. It grows with the number of rides, so a fair "
            "comparison needs their mean.",
        ),
        Misconception(
            lambda x, y, a, b: np.mean(np.abs(_errors(x, y, a, b))),
            "You take the mean of the errors without their signs. That is a cost too, but not this "
            "one: square the errors.",
        ),
        Misconception(
            lambda x, y, a, b: np.sqrt(np.mean(_errors(x, y, a, b) ** 2)),
            "You have taken the root at the end, which gives a typical error in euros. Here the "
            "cost is the mean square itself.",
        ),
        Misconception(
            lambda x, y, a, b: np.mean(_errors(x, y, a, b) ** 2) / 2,
            "You divide by 2 at the end. Some books do, to make a later formula shorter; here the "
            "cost is the plain mean.",
        ),
        Misconception(
            lambda x, y, a, b: np.var(_errors(x, y, a, b)),
            "`np.var` takes the mean error off before it squares. So a line that lies 100 too low "
            "everywhere would cost nothing. Square the errors as they are.",
        ),
        Misconception(
            lambda x, y, a, b: _errors(x, y, a, b) ** 2,
            "These are the squared errors, one for each ride. The cost is a single number, their "
            "mean.",
        ),
        Misconception(
            lambda x, y, a, b: np.mean((y - a * (x + b)) ** 2),
            "Your line is a(x + b): the intercept has slipped into the brackets and is multiplied "
            "by a. The line is a·x + b.",
        ),
        Misconception(
            lambda x, y, a, b: np.mean(_errors(x, y, b, a) ** 2),
            "The two parameters have changed places: a is the slope, which multiplies x, and b is "
            "added.",
        ),
    ],
    well_done="What does the unit of this number have to be, if the rides are paid in euros?",
)

# --- the best line in one go --------------------------------------------------------------------


def my_best_line(x, y):
    """Return (a, b), slope and intercept of the line with the least cost."""
    from_mean_x, from_mean_y = x - x.mean(), y - y.mean()
    a = np.sum(from_mean_x * from_mean_y) / np.sum(from_mean_x**2)
    return a, y.mean() - a * x.mean()


def _best_line_oracle(x, y):
    """Let NumPy solve the least-squares problem."""
    a, b = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return float(a), float(b)


def _slope(x, y):
    return np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)


def _upside_down(x, y):
    a = np.sum((x - x.mean()) ** 2) / np.sum((x - x.mean()) * (y - y.mean()))
    return a, y.mean() - a * x.mean()


def _through_two(x, y):
    a = (y[-1] - y[0]) / (x[-1] - x[0])
    return a, y[0] - a * x[0]


def _by_neighbours(x, y):
    a = np.mean(np.diff(y) / np.diff(x))
    return a, y.mean() - a * x.mean()


def _regressed_on_y(x, y):
    a = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((y - y.mean()) ** 2)
    return a, y.mean() - a * x.mean()


def _product_of_sums(x, y):
    a = np.sum(x * y) / np.sum(x**2)
    return a, y.mean() - a * x.mean()


best_line = Exercise(
    name="best_line",
    solution=my_best_line,
    oracle=_best_line_oracle,
    cases=[
        Case(THREE, "our three rides"),
        Case((np.array([0.0, 1.0, 5.0]), np.array([1.0, 5.0, 3.0])), "three other points"),
        Case((np.array([2.0, 4.0]), np.array([5.0, 9.0])), "two points: an exact line"),
        Case((np.array([1.0, 2.0, 3.0, 6.0]), np.array([9.0, 4.0, 5.0, 1.0])), "falling prices"),
        Case((KM, EUROS), "the twenty rides"),
    ],
    random_cases=lambda rng: [_rides(rng, n) for n in (5, 9)],
    variants=[
        lambda x, y: tuple(np.polyfit(x, y, 1)),
        lambda x, y: (
            (np.mean(x * y) - x.mean() * y.mean()) / np.var(x),
            y.mean() - (np.mean(x * y) - x.mean() * y.mean()) / np.var(x) * x.mean(),
        ),
    ],
    hints=[
        "Repeat the four columns of the table above, but for any `x` and `y`: how far is each "
        "from its mean?",
        "`x - x.mean()` gives all distances at once. The slope is one sum divided by another; the "
        "intercept makes the line pass through the point of the means.",
        "`a = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)`, then "
        "`b = y.mean() - a * x.mean()`",
    ],
    misconceptions=[
        Misconception(
            lambda x, y: (y.mean() - _slope(x, y) * x.mean(), _slope(x, y)),
            "Both numbers are right, but in the wrong order. Return the slope a first, then the "
            "intercept b.",
        ),
        Misconception(
            _upside_down,
            "Your fraction for the slope stands on its head: the squares of the x distances belong "
            "below.",
        ),
        Misconception(
            _through_two,
            "You draw the line through the first and the last ride, and the others have no say. "
            "Every ride counts in a sum.",
        ),
        Misconception(
            _by_neighbours,
            "You take the mean of the slopes from ride to ride. Two rides of nearly the same "
            "length then count as much as two far apart, although their slope is mostly noise.",
        ),
        Misconception(
            lambda x, y: (np.sum(x * y) / np.sum(x**2), 0.0),
            "That is the best line through the origin, where a ride of 0 km costs nothing. Measure "
            "x and y from their means, and work out b.",
        ),
        Misconception(
            _product_of_sums,
            "Your slope uses x and y themselves. Measure both from their means first: x − x.mean() "
            "and y − y.mean().",
        ),
        Misconception(
            _regressed_on_y,
            "You divide by the squared distances of y. Those of x belong there: we predict y from "
            "x, not the other way round.",
        ),
        Misconception(
            lambda x, y: (_slope(x, y), y.mean()),
            "The slope is right. As intercept you give the mean of y, the height of the line at "
            "the mean of x. Go back from there to x = 0.",
        ),
        Misconception(
            lambda x, y: (_slope(x, y), y.mean() + _slope(x, y) * x.mean()),
            "The slope is right, the sign in the intercept is not. The line passes through the "
            "means, so y.mean() = a·x.mean() + b. Solve that for b.",
        ),
        Misconception(
            lambda x, y: (_slope(x, y), y[0] - _slope(x, y) * x[0]),
            "The slope is right, but you make the line pass through the first ride. It passes "
            "through the point of the means.",
        ),
    ],
    well_done="What happens if all rides are equally long? Which line should a function return?",
)

# --- one step of gradient descent ---------------------------------------------------------------


def my_step(x, y, a, b, rate):
    """Return (a, b) after one step of gradient descent on the cost."""
    error = y - (a * x + b)
    slope_a = -2 * np.mean(error * x)
    slope_b = -2 * np.mean(error)
    return a - rate * slope_a, b - rate * slope_b


def _step_oracle(x, y, a, b, rate):
    """Nudge by 1 both ways: on a square that gives the slope exactly."""
    slope_a = (_cost_oracle(x, y, a + 1, b) - _cost_oracle(x, y, a - 1, b)) / 2
    slope_b = (_cost_oracle(x, y, a, b + 1) - _cost_oracle(x, y, a, b - 1)) / 2
    return a - rate * slope_a, b - rate * slope_b


def _step_with(change):
    """Return a wrong step; `change` makes the two slopes of x and the error."""

    def wrong(x, y, a, b, rate):
        slope_a, slope_b = change(x, y - (a * x + b))
        return a - rate * slope_a, b - rate * slope_b

    return wrong


def _one_after_the_other(x, y, a, b, rate):
    a = a + rate * 2 * np.mean((y - (a * x + b)) * x)
    b = b + rate * 2 * np.mean(y - (a * x + b))
    return a, b


def _the_other_way_round(x, y, a, b, rate):
    b = b + rate * 2 * np.mean(y - (a * x + b))
    a = a + rate * 2 * np.mean((y - (a * x + b)) * x)
    return a, b


def _slopes_alone(x, y, a, b, rate):
    error = y - (a * x + b)
    return -2 * np.mean(error * x), -2 * np.mean(error)


def _changes_alone(x, y, a, b, rate):
    error = y - (a * x + b)
    return rate * 2 * np.mean(error * x), rate * 2 * np.mean(error)


def _step_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n in (3, 6):
        a, b = (float(value) for value in rng.normal(1, 1, 2).round(2))
        yield Case((*_rides(rng, n), a, b, 0.01))


step = Exercise(
    name="step",
    solution=my_step,
    oracle=_step_oracle,
    cases=[
        Case((*THREE, 2, 1, 0.05), "our three rides, from the line 2x + 1"),
        Case((*THREE, 0, 0, 0.01), "our three rides, from nothing"),
        Case((*THREE, 2, 2, 0.05), "from the best line: nothing should move"),
        Case((np.array([3.0]), np.array([10.0]), 1, 1, 0.01), "one ride, the first trial"),
        Case((np.array([3.0]), np.array([10.0]), 4, 3, 0.01), "one ride, too high"),
        Case((*THREE, 1, 3, 0.0), "a learning rate of 0"),
    ],
    random_cases=_step_cases,
    variants=[
        lambda x, y, a, b, rate: (
            a - rate * 2 * ((a * x + b - y) * x).sum() / len(x),
            b - rate * 2 * (a * x + b - y).sum() / len(x),
        ),
    ],
    hints=[
        "First both slopes, each at the old (a, b). Only then move.",
        "The slope for a is −2 times the mean of error × x, the slope for b is −2 times the mean "
        "of the error. Downhill means against the slope.",
        "`slope_a = -2 * np.mean((y - (a * x + b)) * x)`; the new a is `a - rate * slope_a`, and "
        "so for b.",
    ],
    misconceptions=[
        Misconception(
            _step_with(lambda x, e: (2 * np.mean(e * x), 2 * np.mean(e))),
            "You go uphill: the cost grows with each of your steps. The slope points up, so take "
            "it away: a − rate × slope. (Or look at the sign of your slopes.)",
        ),
        Misconception(
            _one_after_the_other,
            "You move a first and then use the new a to find the slope for b. Both slopes belong "
            "to the same place: work out both, then move both.",
        ),
        Misconception(
            _the_other_way_round,
            "You move b first and then use the new b to find the slope for a. Both slopes belong "
            "to the same place: work out both, then move both.",
        ),
        Misconception(
            lambda x, y, a, b, rate: (a + rate * 2 * np.mean((y - (a * x + b)) * x), b),
            "Only a moves. One step moves both parameters, each against its own slope.",
        ),
        Misconception(
            _step_with(lambda x, e: (-np.mean(e * x), -np.mean(e))),
            "Your steps are half as long as they should be: the 2 that comes from the square is "
            "missing in the slopes.",
        ),
        Misconception(
            _step_with(lambda x, e: (-2 * np.sum(e * x), -2 * np.sum(e))),
            "You add up over the rides. The cost is a mean, so its slopes are means too: with "
            "twice as many rides you would take steps twice as long.",
        ),
        Misconception(
            _step_with(lambda x, e: (-2 * np.mean(e), -2 * np.mean(e))),
            "Both parameters get the same slope. A nudge of a changes what the line says by x "
            "times as much, so the error of each ride is multiplied by its x.",
        ),
        Misconception(
            _step_with(lambda x, e: (-2 * np.mean(e) * np.mean(x), -2 * np.mean(e))),
            "For a you multiply two means. Multiply error and x ride by ride, then take the mean: "
            "that is not the same.",
        ),
        Misconception(
            _step_with(lambda x, e: (-2 * np.mean(e * x), -2 * np.mean(e * x))),
            "For b, too, you multiply by x. A nudge of b changes what the line says by 1, whatever "
            "x is.",
        ),
        Misconception(
            lambda x, y, a, b, rate: _step_with(
                lambda x, e: (-2 * np.mean(e * x), -2 * np.mean(e))
            )(x, y, a, b, 1),
            "You move by the whole slope. Multiply it by the learning rate first.",
        ),
        Misconception(
            _slopes_alone,
            "These are the two slopes. Go the step as well: take rate × slope away from a and b.",
        ),
        Misconception(
            _changes_alone,
            "These are the changes of a and b. Return where the step leads: the old values plus "
            "the changes.",
        ),
    ],
    well_done="From the best line no step leads away, whatever the rate. Why?",
)

# --- the largest learning rate ------------------------------------------------------------------


def my_largest_rate():
    """Return the largest of 0.001, 0.002, 0.003, … with which the descent still settles."""
    with_ones = np.column_stack([KM, np.ones(20)])
    curvatures = np.linalg.eigvalsh(2 * with_ones.T @ with_ones / 20)
    limit = 2 / curvatures.max()  # each step multiplies the distance by 1 - rate * curvature
    return float(np.floor(1000 * limit) / 1000)


largest_rate = ValueExercise(
    name="largest_rate",
    answer=my_largest_rate(),
    solution=my_largest_rate,
    tolerance=1e-6,
    hints=[
        "Halve the search: take one rate that settles and one that runs away, try the middle, and "
        "keep the half that holds the border.",
        "Near the border the numbers grow very slowly. Compare the cost after 2000 steps with the "
        "cost after 4000.",
        "`descend(km, euros, 0, 4, rate, 4000)[[2000, 4000]]` shows two stops of one descent. "
        "Between 0.07 and 0.08 there are only nine rates left to try.",
    ],
    misconceptions=[
        Misconception(
            0.076,
            "So close that a short run can't tell: with 0.076 each step makes the zigzag only "
            "0.15 % wider. Run 4000 steps and look at the end.",
        ),
        Misconception(
            0.0759,
            "That rate settles, but whole thousandths are asked for: 0.001, 0.002, 0.003, …",
        ),
        Misconception(
            0.08,
            "With 0.08 the cost grows from step to step. Try some rates below it, in thousandths.",
        ),
        Misconception(
            0.07,
            "With 0.07 the descent settles, but it is not the largest. Try the thousandths "
            "between 0.07 and 0.08.",
        ),
        Misconception(
            0.037,
            "Up to there the descent comes down without jumping from side to side. It may jump and "
            "still settle: go on to larger rates.",
        ),
        Misconception(
            0.111,
            "That is the border for a single ride of 3 km with b held fixed. Two parameters and "
            "twenty rides make a steeper valley. Try it out.",
        ),
        Misconception(
            0.094,
            "That is the border for the three rides. The twenty rides are longer, so their valley "
            "is steeper. Use `km` and `euros`.",
        ),
        Misconception(
            75,
            "Is that in thousandths? Give the rate itself, a number below 1.",
            variants=[75.0],
        ),
    ],
    well_done="Is the largest rate that settles also the one that settles fastest, in every "
    "direction of the valley?",
)

# --- one slope per parameter, for any number of inputs ------------------------------------------


def my_slopes_many(X, y, a, b):
    """Return (slopes for a, an array (k,); slope for b, a number)."""
    error = y - (X @ a + b)
    return -2 * (error @ X) / len(y), -2 * np.mean(error)


def _slopes_many_oracle(X, y, a, b):
    """Nudge each parameter by 1 both ways, which is exact on a square."""

    def at(slopes, intercept):
        total = 0.0
        for row, price in zip(X.tolist(), y.tolist(), strict=True):
            says = sum(s * v for s, v in zip(slopes, row, strict=True)) + intercept
            total += (price - says) ** 2
        return total / len(y)

    slopes = []
    for j in range(len(a)):
        up, down = a.astype(float).tolist(), a.astype(float).tolist()
        up[j] += 1
        down[j] -= 1
        slopes.append((at(up, b) - at(down, b)) / 2)
    return np.array(slopes), (at(a.tolist(), b + 1) - at(a.tolist(), b - 1)) / 2


def _many_with(change):
    """Return wrong slopes; `change` makes them of X and the errors."""
    return lambda X, y, a, b: change(X, y - (X @ a + b))


def _slopes_many_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n, k in ((5, 2), (8, 3), (6, 1)):
        X = rng.integers(0, 9, (n, k)) / 2
        a, b = rng.normal(1, 1, k).round(2), round(float(rng.normal()), 2)
        yield Case((X, (X.sum(axis=1) + rng.normal(0, 1, n)).round(2), a, b))


slopes_many = Exercise(
    name="slopes_many",
    solution=my_slopes_many,
    oracle=_slopes_many_oracle,
    cases=[
        Case(
            (
                np.array([[2.0, 1.0], [4.0, 0.0], [3.0, 5.0]]),
                np.array([5.0, 9.0, 10.0]),
                np.array([2.0, 0.0]),
                1.0,
            ),
            "three rides, two inputs",
        ),
        Case(
            (np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([4.0, 9.0]), np.zeros(2), 0.0),
            "as many rides as inputs",
        ),
        Case(
            (np.array([[2.0], [4.0], [3.0]]), np.array([5.0, 9.0, 10.0]), np.array([2.0]), 1.0),
            "a single input",
        ),
        Case(
            (np.array([[1.0, 2.0, 0.0]]), np.array([7.0]), np.array([1.0, 1.0, 1.0]), 1.0),
            "a single ride",
        ),
    ],
    random_cases=_slopes_many_cases,
    variants=[
        lambda X, y, a, b: (
            2 * X.T @ (X @ a + b - y) / len(y),
            2 * (X @ a + b - y).mean(),
        ),
        lambda X, y, a, b: (
            [-2 * np.mean((y - X @ a - b) * X[:, j]) for j in range(X.shape[1])],
            -2 * np.mean(y - X @ a - b),
        ),
    ],
    hints=[
        "The rule has not changed: −2 times the mean of error × input. There is one input per "
        "column of X, and so one slope per column.",
        "A loop over the columns is fine: `X[:, j]` is column j. `error @ X` adds up error × input "
        "for all columns at once.",
        "`error = y - (X @ a + b)`, then `-2 * (error @ X) / len(y)` and `-2 * np.mean(error)`",
    ],
    misconceptions=[
        Misconception(
            _many_with(lambda X, e: (2 * (e @ X) / len(e), 2 * e.mean())),
            "The sizes are right, the signs are not: a positive error means that the prediction is "
            "too small, so raising a parameter lowers the cost, and the slope is negative.",
        ),
        Misconception(
            _many_with(lambda X, e: (-2 * (e @ X), -2 * e.sum())),
            "These are sums over the rides. The cost is a mean, so divide by the number of rides.",
        ),
        Misconception(
            _many_with(lambda X, e: (-2 * (e @ X) / X.shape[1], -2 * e.mean())),
            "You divide by the number of inputs. The mean goes over the rides, `len(y)` of them.",
        ),
        Misconception(
            _many_with(lambda X, e: (-(e @ X) / len(e), -e.mean())),
            "Your slopes are half of what they should be: the square brings a factor of 2.",
        ),
        Misconception(
            _many_with(lambda X, e: (-2 * e.mean() * X.mean(axis=0), -2 * e.mean())),
            "You multiply the mean error by the mean of each input. Multiply ride by ride first, "
            "then take the mean.",
        ),
        Misconception(
            _many_with(lambda X, e: (-2 * (X @ e) / len(e), -2 * e.mean())),
            "`X @ e` goes along the rows of X, and there are as many errors as rides: the errors "
            "have to meet the columns. Write `error @ X` or `X.T @ error`.",
            variants=[
                lambda X, y, a, b: (-2 * X @ (y - X @ a - b) / len(y), -2 * np.mean(y - X @ a - b))
            ],
        ),
        Misconception(
            _many_with(lambda X, e: (-2 * e.mean() * np.ones(X.shape[1]), -2 * e.mean())),
            "All slopes come out the same. The slope for each parameter needs its own input, a "
            "column of X, multiplied into the errors.",
        ),
        Misconception(
            lambda X, y, a, b: (-2 * ((y - X @ a) @ X) / len(y), -2 * np.mean(y - X @ a)),
            "The intercept is missing from your predictions: the error is `y - (X @ a + b)`.",
        ),
        Misconception(
            _many_with(lambda X, e: (np.mean(-2 * (e @ X) / len(e)), -2 * e.mean())),
            "You have taken the mean over the inputs too, so one number is left for all slopes. "
            "Keep one slope per column.",
            variants=[_many_with(lambda X, e: (-2 * np.mean(e[:, None] * X), -2 * e.mean()))],
        ),
    ],
    well_done="A neuron with k inputs learns by these very lines. Only its output gets squeezed.",
)
