"""The exercises of notebook 02, the perceptron."""

import math
from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise

# --- the loss of one probability ----------------------------------------------------------------


def my_surprise(p, y):
    """Return the loss of one prediction: p is the probability given to 1, y is 0 or 1."""
    happened = p if y == 1 else 1 - p
    return -np.log(happened)


def _surprise_oracle(p, y):
    """Sum the series of the logarithm, log h = 2 (t + t³/3 + t⁵/5 + …) with t = (h-1)/(h+1)."""
    h = p**y * (1 - p) ** (1 - y)
    t = (h - 1) / (h + 1)
    return -2 * math.fsum(t**k / k for k in range(1, 20_001, 2))


def _surprise_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(6):
        yield Case((round(float(rng.uniform(0.02, 0.98)), 3), int(rng.integers(2))))


surprise = Exercise(
    name="surprise",
    solution=my_surprise,
    oracle=_surprise_oracle,
    cases=[
        Case((0.9, 1), "confident and right"),
        Case((0.9, 0), "confident and wrong"),
        Case((0.5, 1), "undecided"),
        Case((0.5, 0), "undecided"),
        Case((0.2, 0), "leaning to 0, and 0 it was"),
        Case((0.01, 1), "nearly ruled out, and yet it happened"),
        Case((0.999, 1), "nearly certain, and right"),
        Case((0.002, 1), "all but ruled out, and yet it happened"),
    ],
    random_cases=_surprise_random,
    tolerance=1e-6,
    variants=[
        lambda p, y: -(y * math.log(p) if y else math.log(1 - p)),
        lambda p, y: math.log(1 / p) if y else math.log(1 / (1 - p)),
        lambda p, y: -math.log(abs(1 - y - p)),
    ],
    hints=[
        "First find the probability that was given to *what happened*. Is it always p?",
        "If y is 1, what happened had probability p; if y is 0, it had probability 1 - p.",
        "The loss is minus the natural logarithm, `np.log`, of that probability.",
    ],
    misconceptions=[
        Misconception(
            lambda p, y: -np.log(p),
            "You always take the log of p. That is the probability of a 1; if y is 0, something "
            "else happened, and its probability was 1 - p.",
            variants=[lambda p, y: -math.log(p)],
        ),
        Misconception(
            lambda p, y: -y * np.log(p),
            "For y = 0 you charge nothing at all, so a network that always says 1 would have no "
            "loss on the zeros. There the probability of what happened is 1 - p.",
        ),
        Misconception(
            lambda p, y: np.log(p if y == 1 else 1 - p),
            "The size is right, the sign is not: the log of a probability is never above 0, and a "
            "loss should grow as the prediction gets worse. Put a minus in front.",
        ),
        Misconception(
            lambda p, y: -np.log(1 - p if y == 1 else p),
            "The two cases have changed places: you charge most for predictions that were right. "
            "p is the probability given to y = 1.",
        ),
        Misconception(
            lambda p, y: -np.log10(p if y == 1 else 1 - p),
            "Right, but on another scale: you took the logarithm to base 10. Here log means the "
            "natural logarithm, `np.log`.",
        ),
        Misconception(
            lambda p, y: -np.log2(p if y == 1 else 1 - p),
            "Right, but measured in bits: you took the logarithm to base 2. Here log means the "
            "natural logarithm, `np.log`.",
        ),
        Misconception(
            lambda p, y: (p - y) ** 2,
            "That is the squared error of notebook 01. It can never be above 1, however certain a "
            "wrong prediction was; the log has no such ceiling.",
        ),
        Misconception(
            lambda p, y: float((p > 0.5) != (y == 1)),
            "You cut the probability to 0 or 1 first and count a mistake. Then 0.51 and 0.99 are "
            "worth the same; the loss is taken of the probability itself.",
        ),
        Misconception(
            lambda p, y: 1 - (p if y == 1 else 1 - p),
            "You charge 1 minus the probability of what happened. That has a ceiling of 1; the "
            "loss here is minus the *log* of that probability.",
            variants=[lambda p, y: abs(y - p)],
        ),
    ],
    well_done="What would a prediction of p = 0 cost if a 1 comes after all? (Libraries keep "
    "probabilities a little away from 0 for that reason.)",
)

# --- one step of logistic regression ------------------------------------------------------------


def my_logistic_step(x, y, a, b, rate):
    """Return (a, b) after one step of gradient descent on all samples x (n,), labels y (n,)."""
    p = 1 / (1 + np.exp(-(a * x + b)))
    error = p - y
    return a - rate * np.mean(error * x), b - rate * np.mean(error)


def _logistic_step_oracle(x, y, a, b, rate):
    """Nudge a and b and watch the mean log-loss; no slope formula is used."""

    def cost(a, b):
        z = (a * x + b) * (1 - 2 * y)  # the log-loss is log(1 + exp(±z))
        return np.mean(np.logaddexp(0, z))

    h = 1e-5
    slope_a = (cost(a + h, b) - cost(a - h, b)) / (2 * h)
    slope_b = (cost(a, b + h) - cost(a, b - h)) / (2 * h)
    return float(a - rate * slope_a), float(b - rate * slope_b)


def _descended(error_of, *, sign=-1, summed=False, factor=1.0, a_by_x=True, b_by_x=False):
    """Return a step function that goes wrong in the ways named."""

    def wrong(x, y, a, b, rate):
        error = error_of(a * x + b, y)
        add = np.sum if summed else np.mean
        slope_a = add(error * x) if a_by_x else add(error)
        slope_b = add(error * x) if b_by_x else add(error)
        return a + sign * factor * rate * slope_a, b + sign * factor * rate * slope_b

    return wrong


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _p_minus_y(z, y):
    return _sigmoid(z) - y


def _new_a_used_for_b(x, y, a, b, rate):
    a = a - rate * np.mean((_sigmoid(a * x + b) - y) * x)
    return a, b - rate * np.mean(_sigmoid(a * x + b) - y)


def _means_multiplied(x, y, a, b, rate):
    error = _sigmoid(a * x + b) - y
    return a - rate * np.mean(error) * np.mean(x), b - rate * np.mean(error)


def _one_by_one(x, y, a, b, rate):
    for one_x, one_y in zip(x, y, strict=True):
        error = _sigmoid(a * one_x + b) - one_y
        a, b = a - rate * error * one_x, b - rate * error
    return a, b


def _logistic_step_random(rng: np.random.Generator) -> Iterator[Case]:
    for n in (3, 5, 8):
        x = rng.uniform(-3, 3, n).round(1)
        y = rng.integers(0, 2, n)
        a, b = (round(float(v), 1) for v in rng.uniform(-1, 1, 2))
        yield Case((x, y, a, b, 0.5))


logistic_step = Exercise(
    name="logistic_step",
    solution=my_logistic_step,
    oracle=_logistic_step_oracle,
    cases=[
        Case((np.array([2.0]), np.array([1]), 0.0, 0.0, 1.0), "one sample, p = 0.5"),
        Case((np.array([2.0]), np.array([0]), 0.0, 0.0, 1.0), "the same, but y = 0"),
        Case((np.array([-1.0, 2.0]), np.array([0, 1]), 1.0, -0.5, 0.1), "two samples"),
        Case((np.array([1.0, 2.0, 3.0]), np.array([1, 0, 1]), 0.5, -1.0, 0.3), "three samples"),
        Case((np.array([1.0, 3.0]), np.array([0, 1]), 2.0, -4.0, 0.0), "a rate of 0"),
    ],
    random_cases=_logistic_step_random,
    tolerance=1e-6,
    variants=[
        lambda x, y, a, b, rate: (
            a + rate * float(np.mean((y - _sigmoid(a * x + b)) * x)),
            b + rate * float(np.mean(y - _sigmoid(a * x + b))),
        ),
        lambda x, y, a, b, rate: (
            np.array([a, b])
            - rate * np.mean((_sigmoid(a * x + b) - y) * np.array([x, np.ones(len(x))]), axis=1)
        ),
    ],
    hints=[
        "Three steps: the probability p of every sample, the error p - y of every sample, then the "
        "two slopes.",
        "The slope for a is the mean of (p - y)·x over the samples, the slope for b the mean of "
        "p - y. Downhill means: take rate times the slope away.",
        "Work out both slopes before you change a or b.",
    ],
    misconceptions=[
        Misconception(
            _descended(_p_minus_y, sign=1),
            "You walk uphill. A step against the slope p - y has a minus in front: "
            "`a - rate * slope`.",
            variants=[_descended(lambda z, y: y - _sigmoid(z))],
        ),
        Misconception(
            _descended(lambda z, y: z - y),
            "That is the step for the straight line: you took ax + b for the answer. Send it "
            "through the sigmoid first.",
        ),
        Misconception(
            _descended(lambda z, y: (z > 0) - y),
            "You cut the probability to 0 or 1 before taking the error. The step needs p itself, "
            "so that a nearly right answer moves the curve only a little.",
            variants=[_descended(lambda z, y: (_sigmoid(z) > 0.5).astype(float) - y)],
        ),
        Misconception(
            _descended(_p_minus_y, a_by_x=False),
            "Both slopes are the same in your step. The slope for a has a further factor x: a "
            "sample far from 0 has more to say about a.",
        ),
        Misconception(
            _descended(_p_minus_y, b_by_x=True),
            "Your slope for b has a factor x, which belongs to a only. Think of b as a weight "
            "whose input is always 1.",
        ),
        Misconception(
            _descended(_p_minus_y, summed=True),
            "You add up over the samples where the mean is wanted: with 1000 samples that step "
            "would be 1000 times as long.",
        ),
        Misconception(
            _new_a_used_for_b,
            "You change a first and work out the slope for b with the new a. Both slopes belong to "
            "the place where you stand: compute both, then step.",
        ),
        Misconception(
            _descended(_p_minus_y, factor=2.0),
            "Your step is twice as long. The 2 belonged to the square of notebook 01; the slope of "
            "the log-loss has none.",
        ),
        Misconception(
            _descended(lambda z, y: (_sigmoid(z) - y) * _sigmoid(z) * (1 - _sigmoid(z))),
            "A factor p(1 - p) too many: that is the slope of the sigmoid, which belongs there if "
            "the loss is the square. In the slope of the log-loss it cancels.",
        ),
        Misconception(
            lambda x, y, a, b, rate: (
                float(np.mean(_p_minus_y(a * x + b, y) * x)),
                float(np.mean(_p_minus_y(a * x + b, y))),
            ),
            "You return the two slopes. Asked for are the new a and b: the old ones minus rate "
            "times the slope.",
        ),
        Misconception(
            _means_multiplied,
            "Your slope for a is the mean error times the mean x. First multiply each error by its "
            "own x, then take the mean of the products.",
        ),
        Misconception(
            _one_by_one,
            "You step after each sample, so the second sample meets a changed curve. One step here "
            "looks at all samples with the same a and b.",
        ),
    ],
    well_done="Where all samples are predicted well, p - y is nearly 0 everywhere: the step gets "
    "short by itself.",
)

# --- weights by hand ----------------------------------------------------------------------------

_CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
_NAND = (1, 1, 1, 0)


def my_nand():
    """Return weights and bias (w1, w2, b) of a step neuron that computes NAND."""
    return -1, -1, 1.5


def _probe_nand(answer):
    found = answer()
    try:
        if any(isinstance(n, str) for n in found):
            raise TypeError
        numbers = np.array([float(np.asarray(n)) for n in found])
    except (TypeError, ValueError):
        return "Return three numbers, separated by commas: the two weights, then the bias."
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        return "Return three numbers, separated by commas: the two weights, then the bias."
    values = _CORNERS @ numbers[:2] + numbers[2]
    says = tuple(int(value > 0) for value in values)
    if says == _NAND:
        return None
    off = [i for i in range(4) if says[i] != _NAND[i]]
    if all(values[i] == 0 for i in off) and numbers.any():
        return "on the line"
    key = {
        (0, 0, 0, 1): "and",
        (0, 1, 1, 1): "or",
        (1, 0, 0, 0): "nor",
        (1, 1, 1, 1): "always 1",
        (0, 0, 0, 0): "always 0",
        (0, 0, 1, 1): "one input",
        (0, 1, 0, 1): "one input",
        (1, 0, 1, 0): "one input",
        (1, 1, 0, 0): "one input",
    }.get(says)
    shown = "; ".join(
        f"input {tuple(_CORNERS[i].tolist())}: value {values[i]:g}, so it answers {says[i]}"
        for i in off
    )
    shown = f"Wrong for {shown}."
    return (key, shown) if key else shown


nand = ProbeExercise(
    name="nand",
    solution=my_nand,
    probe=_probe_nand,
    expects="three numbers w1, w2, b",
    variants=[lambda: (-2, -2, 3), lambda: [-0.6, -0.7, 1], lambda: (-1, -1, 2)],
    hints=[
        "Begin with the input (0, 0): the weights have no say there. What must the bias be, so "
        "that the answer is 1?",
        "Each input that is 1 should bring the value closer to 0, so both weights are negative. "
        "One of them alone must not be enough, both together must.",
        "Four conditions: b > 0, w2 + b > 0, w1 + b > 0, w1 + w2 + b ≤ 0. Try w1 = w2 = -1.",
    ],
    misconceptions=[
        Misconception(
            lambda: (1, 1, -1.5),
            "These weights compute AND: 1 only for (1, 1). NAND is the opposite for each of the "
            "four inputs. How can you turn the sign of a value?",
            key="and",
        ),
        Misconception(
            lambda: (1, 1, -0.5),
            "These weights compute OR. NAND is 1 for (0, 0), where only the bias speaks, and 0 for "
            "(1, 1).",
            key="or",
        ),
        Misconception(
            lambda: (-1, -1, 0.5),
            "These weights compute NOR, which is 1 for (0, 0) only. A single 1 at the inputs must "
            "not push the value below 0 yet: the bias is too small against the weights.",
            key="nor",
        ),
        Misconception(
            lambda: (-1, -1, 1),
            "The boundary runs exactly through an input: its value is 0, and the step says 0 "
            "there, as only values above 0 count as 1. Shift the boundary a little.",
            variants=[lambda: (-2, -2, 2)],
            key="on the line",
        ),
        Misconception(
            lambda: (1, 1, 1.5),
            "This neuron answers 1 whatever comes in. For (1, 1) the weights must pull the value "
            "down to 0 or below.",
            variants=[lambda: (0, 0, 1), lambda: (-1, -1, 3)],
            key="always 1",
        ),
        Misconception(
            lambda: (-1, -1, -1.5),
            "This neuron answers 0 whatever comes in. For (0, 0) the value is the bias alone, and "
            "the answer there should be 1.",
            variants=[lambda: (0, 0, 0)],
            key="always 0",
        ),
        Misconception(
            lambda: (-1, 0, 0.5),
            "Your neuron listens to one of the two inputs only. NAND changes its answer only when "
            "both are 1, so both need a weight that matters.",
            variants=[lambda: (0, -1, 0.5), lambda: (1, 0, -0.5)],
            key="one input",
        ),
    ],
    well_done="Every logic circuit, a whole processor included, can be built of NANDs alone: so "
    "enough step neurons, wired up, can compute what a computer can.",
)

# --- one update ---------------------------------------------------------------------------------


def my_update(sample, wanted, w, b):
    """Return (w, b) after one sample (d,) with its label, 0 or 1, has been looked at."""
    answer = 1 if sample @ w + b > 0 else 0
    change = wanted - answer
    return w + change * sample, b + change


def _update_oracle(sample, wanted, w, b):
    """Decide case by case, number by number."""
    value = math.fsum([s * t for s, t in zip(sample.tolist(), w.tolist(), strict=True)] + [b])
    fires = value > 0
    if fires and not wanted:
        return np.array([t - s for s, t in zip(sample.tolist(), w.tolist(), strict=True)]), b - 1
    if wanted and not fires:
        return np.array([t + s for s, t in zip(sample.tolist(), w.tolist(), strict=True)]), b + 1
    return w.copy(), b


def _answer(sample, w, b):
    return 1 if sample @ w + b > 0 else 0


def _update_always(sample, wanted, w, b):
    change = 2 * wanted - 1
    return w + change * sample, b + change


def _update_only_missing_ones(sample, wanted, w, b):
    if wanted == 1 and _answer(sample, w, b) == 0:
        return w + sample, b + 1
    return w, b


def _update_sign_wrong(sample, wanted, w, b):
    change = _answer(sample, w, b) - wanted
    return w + change * sample, b + change


def _update_no_bias(sample, wanted, w, b):
    return w + (wanted - _answer(sample, w, b)) * sample, b


def _update_no_input(sample, wanted, w, b):
    change = wanted - _answer(sample, w, b)
    return w + change, b + change


def _update_at_zero(sample, wanted, w, b):
    change = wanted - (1 if sample @ w + b >= 0 else 0)
    return w + change * sample, b + change


def _update_at_a_half(sample, wanted, w, b):
    change = wanted - (1 if sample @ w + b > 0.5 else 0)
    return w + change * sample, b + change


def _update_by_probability(sample, wanted, w, b):
    change = wanted - _sigmoid(sample @ w + b)
    return w + change * sample, b + change


def _update_bias_by_bias(sample, wanted, w, b):
    change = wanted - _answer(sample, w, b)
    return w + change * sample, b + change * b


def _update_by_value(sample, wanted, w, b):
    change = wanted - (sample @ w + b)
    return w + change * sample, b + change


def _update_without_bias_in_value(sample, wanted, w, b):
    change = wanted - (1 if sample @ w > 0 else 0)
    return w + change * sample, b + change


def _update_random(rng: np.random.Generator) -> Iterator[Case]:
    for d in (2, 2, 3, 3, 4, 4):
        yield Case(
            (
                rng.integers(-3, 4, d).astype(float),
                int(rng.integers(2)),
                rng.integers(-3, 4, d).astype(float),
                float(rng.integers(-12, 13)) / 4,
            )
        )


def _case(sample, wanted, w, b, note):
    return Case((np.array(sample, dtype=float), wanted, np.array(w, dtype=float), b), note)


update = Exercise(
    name="update",
    solution=my_update,
    oracle=_update_oracle,
    cases=[
        _case([0, 1], 1, [0, 0], 0.0, "wanted 1, answered 0"),
        _case([0, 0], 0, [0, 1], 1.0, "wanted 0, answered 1"),
        _case([1, 1], 1, [0, 1], 1.0, "right: nothing moves"),
        _case([1, 0], 0, [0, 1], -1.0, "right: nothing moves"),
        _case([1, 1], 0, [1, -1], 0.0, "a value of exactly 0"),
        _case([1, 1], 0, [1, -1], 0.25, "a value just above 0"),
        _case([2, -1], 0, [1, 1], 1.0, "larger inputs"),
        _case([2, -1], 1, [1, 1], -2.0, "the bias decides"),
        _case([1, 2, 3], 1, [0, 0, -1], 0.5, "three inputs"),
    ],
    random_cases=_update_random,
    variants=[
        lambda sample, wanted, w, b: (
            (w, b)
            if _answer(sample, w, b) == wanted
            else (w + (2 * wanted - 1) * sample, b + 2 * wanted - 1)
        ),
        lambda sample, wanted, w, b: (
            w - (_answer(sample, w, b) - wanted) * sample,
            b - _answer(sample, w, b) + wanted,
        ),
    ],
    hints=[
        "First let the neuron answer: 1 if the value `sample @ w + b` is above 0, else 0. Then "
        "compare with what was wanted.",
        "`wanted - answer` is 0 if the answer is right, 1 if the value was too low, -1 if it was "
        "too high. All three cases fit one formula.",
        "Add `(wanted - answer) * sample` to the weights and `wanted - answer` to the bias, and "
        "return both.",
    ],
    misconceptions=[
        Misconception(
            _update_sign_wrong,
            "You push the wrong way. If 1 was wanted and 0 came, the value has to rise: the change "
            "is wanted minus answer.",
        ),
        Misconception(
            _update_always,
            "You move the weights although the answer was right. This rule learns from mistakes "
            "only.",
        ),
        Misconception(
            _update_only_missing_ones,
            "You correct a 0 that should have been a 1, and let the opposite mistake pass: a 1 "
            "that should have been a 0 takes the sample away again.",
        ),
        Misconception(
            _update_no_bias,
            "The bias never moves in your rule, so the boundary could turn, but not get away from "
            "the origin. It changes like a weight whose input is always 1.",
        ),
        Misconception(
            _update_no_input,
            "You add the same to each weight. A weight whose input was 0 had no part in the "
            "mistake: the change is multiplied by the sample.",
        ),
        Misconception(
            _update_at_zero,
            "A value of exactly 0 counts as 0 here: the step is 1 only for values *above* 0.",
        ),
        Misconception(
            _update_by_value,
            "You compare the label with the value itself, before the step. The perceptron's answer "
            "is 0 or 1; only then is it compared.",
        ),
        Misconception(
            _update_without_bias_in_value,
            "The bias is left out where the neuron answers: its value is `sample @ w + b`.",
        ),
        Misconception(
            _update_at_a_half,
            "You answer 1 only above 0.5. A half is the threshold for a probability; the step "
            "compares the weighted sum with 0.",
        ),
        Misconception(
            _update_by_probability,
            "You compare with the sigmoid, as in logistic regression. The perceptron's answer is "
            "0 or 1, by the step.",
        ),
        Misconception(
            _update_bias_by_bias,
            "Your bias changes by change times *itself*, so from 0 it can never move. It changes "
            "like a weight whose input is always 1.",
        ),
    ],
    well_done="Put p, the probability, in place of the answer: then `wanted - answer` is y - p, "
    "and you have logistic regression, one sample at a time with a rate of 1.",
)

# --- find the bug -------------------------------------------------------------------------------


def my_learn(x, y, passes=100):
    """Return (w, b, mistakes): the rule from zeros until a whole pass is clean."""
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(passes):
        clean = True
        for sample, wanted in zip(x, y, strict=True):
            change = wanted - (1 if sample @ w + b > 0 else 0)
            if change != 0:
                w = w + change * sample
                b = b + change
                mistakes += 1
                clean = False
        if clean:
            break
    return w, b, mistakes


def _learner(
    *, bias="change", sign=1, count="mistakes", stop="clean", first_pass_only=False, always=False
):
    """Return a learner that goes wrong in the ways named."""

    def wrong(x, y, passes=100):
        w, b, mistakes, used = np.zeros(x.shape[1]), 0.0, 0, 0
        for _ in range(passes):
            clean = True
            used += 1
            for sample, wanted in zip(x, y, strict=True):
                change = wanted - (1 if sample @ w + b > 0 else 0)
                if stop == "last sample":
                    clean = change == 0
                if change != 0 or always:
                    w = w + sign * (change if not always else 2 * wanted - 1) * sample
                    b = b + {"change": sign * change, "times b": change * b, "up": 1}[bias]
                    mistakes += change != 0
                    if stop == "clean":
                        clean = False
            if clean or first_pass_only:
                break
        return w, b, {"mistakes": mistakes, "passes": used, "both": mistakes + used}[count]

    return wrong


_LEARN_TABLES = {
    "OR": (_CORNERS, np.array([0, 1, 1, 1])),
    "AND": (_CORNERS, np.array([0, 0, 0, 1])),
    "NAND": (_CORNERS, np.array(_NAND)),
    "AND with the samples in another order": (
        _CORNERS[[3, 1, 0, 2]],
        np.array([1, 0, 0, 0]),
    ),
}


def _reference(x, y, passes=100):
    """Run the rule on labels ±1 with the bias as one more weight: an independent writing."""
    extended = np.column_stack([x, np.ones(len(x))])
    signs, v, mistakes = 2 * y - 1, np.zeros(x.shape[1] + 1), 0
    for _ in range(passes):
        before = mistakes
        for sample, sign in zip(extended, signs, strict=True):
            if (v @ sample > 0) != (sign > 0):
                v, mistakes = v + sign * sample, mistakes + 1
        if mistakes == before:
            break
    return v[:-1], v[-1], mistakes


_LEARN_BUGS = {
    "bias stays": _learner(bias="times b"),
    "bias up": _learner(bias="up"),
    "sign": _learner(sign=-1),
    "first pass": _learner(first_pass_only=True),
    "last sample": _learner(stop="last sample"),
    "passes": _learner(count="passes"),
    "always": _learner(always=True),
}


def _same_run(one, other) -> bool:
    return (
        np.shape(one[0]) == np.shape(other[0])
        and np.allclose(one[0], other[0])
        and np.isclose(one[1], other[1])
        and float(one[2]) == float(other[2])
    )


def _probe_learn(answer):
    runs = {}
    for name, (x, y) in _LEARN_TABLES.items():
        found = answer(x.astype(float), y)
        shapes = [np.shape(part) for part in found] if type(found) is tuple else None
        if shapes != [(2,), (), ()]:
            return "Return three things: the two weights as an array, the bias, the mistakes."
        runs[name] = found
    right = {name: _reference(x, y) for name, (x, y) in _LEARN_TABLES.items()}
    wrong = [name for name in runs if not _same_run(runs[name], right[name])]
    if not wrong:
        return None
    for key, bug in _LEARN_BUGS.items():
        if all(_same_run(runs[name], bug(*_LEARN_TABLES[name])) for name in runs):
            return key
    name = wrong[0]
    x, y = _LEARN_TABLES[name]
    w, b, mistakes = runs[name]
    left = int(np.sum((x @ w + b > 0) != y))
    if left:
        return f"On {name} your weights still get {left} of the 4 inputs wrong."
    expected = right[name][2]
    return (
        f"On {name} all four inputs come out right, but by hand the rule gets there another way: "
        f"with {expected} mistakes, where your function reports {float(mistakes):g}."
    )


learn = ProbeExercise(
    name="learn",
    solution=my_learn,
    probe=_probe_learn,
    expects="three things (w, b, mistakes)",
    hints=[
        "Follow OR on paper, as in the table of the notebook, and print w and b after each update. "
        "Where does the code first differ from you?",
        "The right-hand side of one line uses a variable that has no business there. Which "
        "quantity is always 1 where a weight has its input?",
        "The bias is a weight whose input is always 1: its update is `b = b + change * 1`.",
    ],
    misconceptions=[
        Misconception(
            _LEARN_BUGS["bias stays"],
            "OR comes out right, but AND is never learned, although one line separates it. Follow "
            "the first updates of AND on paper and compare all three numbers with the code's.",
            key="bias stays",
        ),
        Misconception(
            _LEARN_BUGS["bias up"],
            "Now the bias grows by 1 at every mistake, whichever way the mistake went. If 0 was "
            "wanted and 1 came, it has to fall.",
            key="bias up",
        ),
        Misconception(
            _LEARN_BUGS["sign"],
            "The updates push the wrong way: where 1 was wanted and 0 came, your value falls still "
            "further.",
            key="sign",
        ),
        Misconception(
            _LEARN_BUGS["first pass"],
            "Your function stops after the first pass. Later updates may spoil earlier answers, so "
            "go on until a whole pass has no mistake.",
            key="first pass",
        ),
        Misconception(
            _LEARN_BUGS["last sample"],
            "You stop as soon as the *last* sample of a pass is right. One mistake anywhere in the "
            "pass is reason enough for another.",
            key="last sample",
        ),
        Misconception(
            _LEARN_BUGS["passes"],
            "The weights are right, but you count passes. Asked for is the number of mistakes, "
            "which is the number of updates.",
            key="passes",
        ),
        Misconception(
            _LEARN_BUGS["always"],
            "The weights move at every sample, right or wrong; so they never come to rest. Update "
            "on a mistake only.",
            key="always",
        ),
    ],
    well_done="It worked on OR by luck: OR is one of the few tables that a boundary through the "
    "origin can manage. Test on more than one example.",
)
