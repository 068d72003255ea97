"""The exercises of notebook 13, training CNNs well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise, Tolerance

# --- a learning rate that rises and falls -------------------------------------------------------


def my_one_cycle(step, steps, peak):
    """Return the learning rate at a step, 0 ≤ step < steps."""
    rising = steps / 4
    if step <= rising:
        return peak * step / rising
    return peak * (steps - step) / (steps - rising)


def _lower_of_two_lines(step, steps, peak):
    return peak * min(4 * step / steps, 4 * (1 - step / steps) / 3)


def _one_cycle_oracle(step, steps, peak):
    """Join three points by straight lines."""
    return float(np.interp(step, [0, steps / 4, steps], [0, peak, 0]))


def _cycle(
    step,
    steps,
    peak,
    rise: Callable = lambda step, rising: step / rising,
    fall: Callable = lambda step, rising, steps: (steps - step) / (steps - rising),
    quarter: float = 0.25,
):
    """Follow the cycle with one of its parts exchanged."""
    rising = steps * quarter
    if step <= rising:
        return float(peak * rise(step, rising))
    return float(peak * fall(step, rising, steps))


def _all_rates(step, steps, peak):
    return np.array([my_one_cycle(each, steps, peak) for each in range(steps)])


def _one_cycle_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3):
        steps = 4 * int(rng.integers(5, 200))
        peak = float(np.round(rng.uniform(0.01, 0.5), 3))
        yield Case((int(rng.integers(1, steps // 4)), steps, peak), "rising")
        yield Case((int(rng.integers(steps // 4 + 1, steps - 1)), steps, peak), "falling")


one_cycle = Exercise(
    name="one_cycle",
    solution=my_one_cycle,
    variants=[_lower_of_two_lines],
    oracle=_one_cycle_oracle,
    cases=[
        Case((0, 40, 0.2), "the first step"),
        Case((1, 40, 0.2), "the second step"),
        Case((5, 40, 0.2), "half-way up"),
        Case((10, 40, 0.2), "the peak"),
        Case((25, 40, 0.2), "half-way down"),
        Case((39, 40, 0.2), "the last step"),
        Case((3, 4, 0.6), "four steps in all"),
    ],
    random_cases=_one_cycle_random,
    tolerance=1e-6,
    hints=[
        "Three points are given: 0 at step 0, `peak` at step `steps / 4`, 0 at step `steps`. Two "
        "straight lines join them, and an `if` says on which of them you are.",
        "On the way up: what share of the quarter lies behind you? On the way down: what share of "
        "the other three quarters still lies before you?",
        "With `rising = steps / 4`: up to `rising` it is `peak * step / rising`, after that "
        "`peak * (steps - step) / (steps - rising)`.",
    ],
    misconceptions=[
        Misconception(
            lambda step, steps, peak: _cycle(step, steps, peak, quarter=0.5),
            "You rise for half of the steps. Here the peak comes after a quarter, and the way down "
            "takes the other three.",
        ),
        Misconception(
            lambda step, steps, peak: peak * (1 + np.cos(np.pi * step / steps)) / 2,
            "That is notebook 11's half cosine: it begins at the peak and only falls. Here the rate first "
            "rises from 0, in straight lines both ways.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(step, steps, peak, quarter=0.75),
            "You rise for three quarters and fall in one. It is the other way round: a short way up, a "
            "long way down.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step, steps, peak, fall=lambda step, rising, steps: 1 - step / steps
            ),
            "The way up is right. Right after the peak your rate jumps down by a quarter: the line "
            "down starts at the peak, so measure it from there.",
        ),
        Misconception(
            lambda step, steps, peak: (
                peak * 4 * step / steps if step < steps / 4 else peak * (1 - step / steps)
            ),
            "The way up is right. Where it ends, your rate jumps down by a quarter and never is at its "
            "peak: the line down starts there, so measure it from there.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step, steps, peak, fall=lambda step, rising, steps: 1 - (step - rising) / steps
            ),
            "The way up is right. Your way down is too flat: a quarter of the peak is left at the "
            "end. It has three quarters of the steps to get to 0, not all of them.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step, steps, peak, fall=lambda step, rising, steps: 2 - step / rising
            ),
            "You go down as steeply as you came up. So you are at 0 half-way through, and below 0 "
            "after that: the way down is three times as long.",
            variants=[
                lambda step, steps, peak: peak - abs(step - steps / 4) * peak / (steps / 4),
            ],
        ),
        Misconception(
            lambda step, steps, peak: max(
                0.0,
                _cycle(step, steps, peak, fall=lambda step, rising, steps: 2 - step / rising),
            ),
            "You go down as steeply as you came up, and stay at 0 for the second half: no learning "
            "there. The way down is three times as long.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step, steps, peak, fall=lambda step, rising, steps: (steps - step) / rising
            ),
            "You divide the way down by the length of the way up, so that the rate leaps to three "
            "times the peak. It is `steps - rising` steps long.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step,
                steps,
                peak,
                fall=lambda step, rising, steps: (step - rising) / (steps - rising),
            ),
            "After the peak your rate starts again from 0 and rises a second time. Count the steps "
            "that are left, `steps - step`.",
        ),
        Misconception(
            lambda step, steps, peak: peak * (1 - step / steps),
            "Your rate starts at its peak and only falls. The first quarter of the steps is for the "
            "warm-up: it rises from 0.",
        ),
        Misconception(
            lambda step, steps, peak: peak * step / steps,
            "Your rate rises to the very end. After a quarter of the steps it should turn.",
        ),
        Misconception(
            lambda step, steps, peak: peak * min(1.0, step / (steps / 4)),
            "Your rate stays at its peak once it is there. After the warm-up it falls to 0.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(step, steps, peak, rise=lambda step, rising: 1.0),
            "The way down is right, the way up is missing: your rate stands at its peak from step 0. "
            "It should rise from 0.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step, steps, peak, rise=lambda step, rising: 0.1 + 0.9 * step / rising
            ),
            "You start at a tenth of the peak, as many recipes do. Here the cycle starts at 0.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step,
                steps,
                peak,
                fall=lambda step, rising, steps: (
                    (1 + np.cos(np.pi * (step - rising) / (steps - rising))) / 2
                ),
            ),
            "You come down along a cosine, as `CosineDecay` does. That works just as well; asked for "
            "here is the straight line.",
        ),
        Misconception(
            lambda step, steps, peak: _one_cycle_oracle(step + 1, steps, peak),
            "You are one step ahead. Steps are counted from 0 here, and the cycle starts at 0.",
        ),
        Misconception(
            lambda step, steps, peak: (
                peak * 4 * (step + 1) / steps
                if step < steps / 4
                else my_one_cycle(step, steps, peak)
            ),
            "The way down is right. On the way up you are one step ahead: steps are counted from 0 here, "
            "and the cycle starts at 0.",
        ),
        Misconception(
            lambda step, steps, peak: _cycle(
                step,
                steps,
                peak,
                fall=lambda step, rising, steps: (steps - 1 - step) / (steps - 1 - rising),
            ),
            "You arrive at 0 one step too early, and so the last step learns nothing. The line down "
            "would reach 0 at step number `steps`, one after the last.",
        ),
        Misconception(
            lambda step, steps, peak: (
                peak * (step // (steps / 4))
                if step <= steps / 4
                else peak * ((steps - step) // (steps - steps / 4))
            ),
            "You divide with `//`, which drops everything after the point: only 0 and the peak are "
            "left. Divide with `/`.",
        ),
        Misconception(
            lambda step, steps, peak: (
                peak * (step // (steps // 4))
                if step < steps / 4
                else my_one_cycle(step, steps, peak)
            ),
            "The way down is right. On the way up you divide with `//`, which drops everything after the "
            "point: it stays at 0. Divide with `/`.",
            variants=[
                lambda step, steps, peak: (
                    peak * step // (steps // 4)
                    if step < steps / 4
                    else my_one_cycle(step, steps, peak)
                ),
            ],
        ),
        Misconception(
            lambda step, steps, peak: peak * 4 / 3 * (1 - step / steps),
            "You follow the way down from the first step, and so you start at four thirds of the peak. "
            "In the first quarter the line up is the smaller one: that is where you are.",
        ),
        Misconception(
            lambda step, steps, peak: peak * 4 * step / steps,
            "You follow the way up to the last step, and arrive at nearly four times the peak. After a "
            "quarter of the steps the rate turns.",
        ),
        Misconception(
            lambda step, steps, peak: peak * max(4 * step / steps, 4 / 3 * (1 - step / steps)),
            "Your two lines are right, but you take the larger of them. The cycle is always the smaller: "
            "`min`.",
        ),
        Misconception(
            lambda step, steps, peak: _one_cycle_oracle(step, steps, 1.0),
            "The form is right, but your rate always climbs to 1. Multiply by `peak`.",
        ),
        Misconception(
            _all_rates,
            "You return the rates of all steps. Asked for is a single number, the rate at `step`.",
            variants=[lambda step, steps, peak: _all_rates(step, steps, peak).tolist()],
        ),
    ],
    well_done="Why not the peak from the start? What do the first gradients of a network with random "
    "weights know of the right direction?",
)

# --- batch normalisation ------------------------------------------------------------------------


def my_normalise(x, gamma, beta, eps):
    """Return x (n, h, w, c), each channel with mean beta and a spread of about gamma."""
    mean = x.mean(axis=(0, 1, 2))
    variance = x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def _normalise_in_rows(x, gamma, beta, eps):
    rows = x.reshape(-1, x.shape[-1])
    centred = rows - rows.mean(axis=0)
    rows = centred * (gamma / ((centred**2).mean(axis=0) + eps) ** 0.5) + beta
    return rows.reshape(x.shape)


def _normalise_oracle(x, gamma, beta, eps):
    """Take one channel after the other, and its numbers one by one."""
    result = np.zeros(x.shape)
    for channel in range(x.shape[-1]):
        values = [float(value) for value in x[..., channel].ravel()]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        unit = [(value - mean) / (variance + eps) ** 0.5 for value in values]
        new = [float(gamma[channel]) * value + float(beta[channel]) for value in unit]
        result[..., channel] = np.reshape(new, x.shape[:-1])
    return result


def _over(*axes: int | None) -> Callable:
    """Return the normalisation that averages over other axes."""
    axis = None if axes == (None,) else axes

    def normalise(x, gamma, beta, eps):
        mean, variance = (f(x, axis=axis, keepdims=True) for f in (np.mean, np.var))
        return gamma * (x - mean) / np.sqrt(variance + eps) + beta

    return normalise


def _by(divisor: Callable) -> Callable:
    """Return the normalisation that divides by something else: `divisor(variance, eps)`."""

    def normalise(x, gamma, beta, eps):
        mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
        return gamma * (x - mean) / divisor(variance, eps) + beta

    return normalise


def _unit(x, eps):
    return my_normalise(x, 1, 0, eps)


def _smaller_sample(x, gamma, beta, eps):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2), ddof=1)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def _in_place(x, gamma, beta, eps):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    x -= mean
    x /= np.sqrt(variance + eps)
    x *= gamma
    x += beta
    return x


def _normalise_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, eps in (((2, 2, 3, 2), 0.001), ((4, 3, 2, 3), 0.01), ((3, 4, 4, 4), 0.001)):
        channels = shape[-1]
        x = np.round(
            rng.normal(rng.uniform(-3, 3, channels), rng.uniform(1, 4, channels), shape), 2
        )
        gamma, beta = np.round(rng.uniform(0.5, 3, (2, channels)), 2)
        yield Case((x, gamma, beta, eps))


normalise = Exercise(
    name="normalise",
    solution=my_normalise,
    variants=[_normalise_in_rows],
    oracle=_normalise_oracle,
    cases=[
        Case(
            (
                np.array([[[[1.0, 10.0]], [[3.0, 30.0]]], [[[1.0, 30.0]], [[3.0, 10.0]]]]),
                np.array([1.0, 1.0]),
                np.array([0.0, 0.0]),
                0.0,
            ),
            "two pictures of 2 × 1 and two channels: means 2 and 20, spreads 1 and 10",
        ),
        Case(
            (
                np.array([[[[1.0, 10.0]], [[3.0, 30.0]]], [[[1.0, 30.0]], [[3.0, 10.0]]]]),
                np.array([3.0, 0.5]),
                np.array([4.0, -1.0]),
                0.0,
            ),
            "the same, stretched and moved",
        ),
        Case(
            (
                np.array([[[[1.0, 5.0], [3.0, 5.0]]]]),
                np.array([2.0, 2.0]),
                np.array([0.0, 7.0]),
                3.0,
            ),
            "channel 1 is the same everywhere; eps = 3",
        ),
    ],
    random_cases=_normalise_random,
    tolerance=Tolerance(rtol=1e-5, atol=1e-5),
    hints=[
        "A channel is what one kernel found, at all places of all pictures: one mean for each. Over "
        "which axes of (n, h, w, c) do you average, so that c numbers are left?",
        "`x.mean(axis=(0, 1, 2))` and `x.var(axis=(0, 1, 2))` have the shape (c,), and NumPy applies "
        "them along the last axis by itself.",
        "`eps` goes under the root, added to the variance. `gamma` multiplies what comes out, and "
        "`beta` is added last.",
    ],
    misconceptions=[
        Misconception(
            _over(0),
            "You average over the pictures only, so that every *place* has a mean of its own. A kernel "
            "is the same at every place: average over rows and columns, too.",
        ),
        Misconception(
            _over(None),
            "You use one mean and one variance for everything. Each channel has its own.",
        ),
        Misconception(
            _over(1, 2),
            "You normalise each picture by itself, which is called instance normalisation. *Batch* "
            "normalisation averages over all pictures of the batch as well.",
        ),
        Misconception(
            _over(0, 1),
            "You average over pictures and rows, but not over columns: every column has a mean of its "
            "own. One mean for each channel asks for axes 0, 1 and 2.",
        ),
        Misconception(
            _over(-1),
            "You average over the channels, place by place. Each channel should keep to itself: "
            "average over the other three axes.",
        ),
        Misconception(
            _over(1, 2, 3),
            "You take the mean of each picture, all channels together, which is called layer "
            "normalisation. Average over the pictures, and leave the channels apart.",
        ),
        Misconception(
            _by(lambda variance, eps: variance + eps),
            "You divide by the variance. What brings the spread to 1 is its root: `np.sqrt`.",
        ),
        Misconception(
            _by(lambda variance, eps: np.sqrt(variance)),
            "You left out `eps`. Look at a channel that is the same everywhere: its variance is 0, and "
            "0 divided by 0 is no number.",
        ),
        Misconception(
            _by(lambda variance, eps: np.sqrt(variance) + eps),
            "You add `eps` after taking the root. It stands under the root, added to the variance.",
        ),
        Misconception(
            _smaller_sample,
            "You divide the sum of squares by one less than their number (`ddof=1`). Batch "
            "normalisation takes the plain mean of squares, which is what `var` does by itself.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: x - x.mean(axis=(0, 1, 2)),
            "The means are right. Now divide by the root of variance + eps, then `gamma` and `beta`.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: gamma * x / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + beta,
            "The variance is right, but you didn't take the mean away first.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: _unit(x, eps),
            "Each channel has mean 0 and spread 1 now. The layer then lets the network choose others: "
            "times `gamma`, plus `beta`.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: gamma * _unit(x, eps),
            "Nearly there: `beta` is missing. It is added last.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: _unit(x, eps) + beta,
            "Nearly there: `gamma` is missing. It multiplies before `beta` is added.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: beta * _unit(x, eps) + gamma,
            "`gamma` and `beta` have changed places: `gamma` stretches, `beta` moves.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: gamma * (_unit(x, eps) + beta),
            "You add `beta` before you multiply by `gamma`, so that it is stretched too. First times "
            "`gamma`, then plus `beta`.",
        ),
        Misconception(
            lambda x, gamma, beta, eps: (
                (gamma * x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + beta
            ),
            "You multiply x by `gamma` before you take its mean away. Put brackets around "
            "`x - mean`.",
        ),
        Misconception(
            _in_place,
            "The result is right, but it was worked out inside x, which belongs to the caller: `-=` "
            "changes the array itself. Write `x = x - mean`, which makes a new one.",
        ),
    ],
    well_done="A picture's result now depends on the other pictures of its batch. That is why the "
    "layer keeps running means for later, and why a batch of one picture would be a bad one to learn "
    "from.",
)

# --- dead channels ------------------------------------------------------------------------------


def my_dead_share(activations):
    """Return the share of the channels of activations (n, h, w, c) that are 0 everywhere."""
    dead = (activations == 0).all(axis=(0, 1, 2))
    return dead.mean()


def _by_the_largest(activations):
    return float(np.mean(activations.max(axis=(0, 1, 2)) == 0))


def _by_the_sums(activations):
    sums = activations.reshape(-1, activations.shape[-1]).sum(axis=0)
    return 1 - np.count_nonzero(sums) / len(sums)


def _dead_share_oracle(activations):
    """Look at the channels one after the other until something is found in them."""
    channels = activations.shape[-1]
    dead = sum(
        not any(float(value) for value in activations[..., channel].ravel())
        for channel in range(channels)
    )
    return dead / channels


def _dead_in_any_picture(activations):
    return (activations == 0).all(axis=(1, 2)).any(axis=0).mean()


def _activations(rng: np.random.Generator, shape: tuple[int, ...], dead: int) -> np.ndarray:
    """Draw activations: some channels dead, others that fire rarely, faintly, in one picture."""
    c = shape[-1]
    x = np.maximum(np.round(rng.uniform(-2, 2, shape), 2), 0)
    x[:, 0, 0] = np.maximum(x[:, 0, 0], 0.5)  # each living map fires somewhere
    x[:, 0, 1, 1:] = 0
    x[..., :dead] = 0
    quiet, faint, last = dead, dead + 1, dead + 2
    x[1:, ..., quiet] = 0  # fires in the first picture only
    x[..., faint] = 0
    x[-1, -1, -1, faint] = 1e-5  # nearly dead
    x[..., last] = 0
    x[-1, 0, -1, last] = 1.5  # fires in the last picture only
    return x[..., rng.permutation(c)]


def _dead_share_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, dead in (((3, 2, 2, 5), 1), ((4, 3, 2, 8), 3), ((5, 4, 3, 16), 2)):
        yield Case((_activations(rng, shape, dead),))


dead_share = Exercise(
    name="dead_share",
    solution=my_dead_share,
    variants=[_by_the_largest, _by_the_sums],
    oracle=_dead_share_oracle,
    cases=[
        Case(
            (np.array([[[[0.0, 2.0, 0.0, 0.0]]], [[[0.0, 0.0, 3.0, 0.0]]]]),),
            "two pictures of one pixel, four channels: the first and the last are 0 in both",
        ),
        Case((np.array([[[[0.0, 1.0], [0.0, 2.0]]]]),), "one of two channels"),
        Case((np.array([[[[1.0, 0.0]]], [[[0.0, 1.0]]]]),), "each fires once: none is dead"),
        Case((np.zeros((2, 1, 2, 3)),), "nothing but zeros"),
        Case(
            (np.array([[[[0.0, 0.0]]], [[[1.0, 2.0]]]]),),
            "the first picture says nothing to anyone",
        ),
        Case(
            (np.array([[[[1.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [2.0, 0.0]]]]),),
            "channel 0 fires at another place of each picture",
        ),
        Case((np.array([[[[0.5, 0.0, 0.0]]]], dtype=np.float32),), "one picture; float32"),
    ],
    random_cases=_dead_share_random,
    tolerance=1e-6,
    hints=[
        "Take one channel, `activations[..., 0]`. How do you ask whether all of its numbers are 0?",
        "`activations == 0` is True and False, of the same shape. `.all(axis=…)` asks along some axes "
        "and keeps the others: which one is to be kept?",
        "With `axis=(0, 1, 2)` one True or False is left for each channel. The mean of such an array "
        "is the share of True.",
    ],
    misconceptions=[
        Misconception(
            lambda activations: (activations == 0).mean(),
            "You count zeros one by one. After a ReLU many numbers are 0 in a healthy network; a "
            "channel is dead only if *all* of its numbers are.",
        ),
        Misconception(
            lambda activations: (activations == 0).any(axis=(0, 1, 2)).mean(),
            "You ask whether a channel is 0 *anywhere*, which nearly every channel is. Ask whether it "
            "is 0 everywhere: `all`, not `any`.",
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=(1, 2)).mean(),
            "You ask each picture by itself and average. A channel that is 0 for one picture may fire "
            "for the next: ask over all pictures, axis 0 too.",
        ),
        Misconception(
            _dead_in_any_picture,
            "You call a channel dead if a single picture leaves it at 0. Perhaps that picture holds "
            "nothing for it: dead is 0 for *every* picture.",
        ),
        Misconception(
            lambda activations: (activations[0] == 0).all(axis=(0, 1)).mean(),
            "You look at the first picture only. What it leaves at 0 may fire for another: ask all.",
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=0).mean(),
            "You ask place by place: which places of a map are 0 in all pictures? Ask over rows and "
            "columns as well, axes 1 and 2.",
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=-1).mean(),
            "You count places at which all channels are 0. Asked for are channels that are 0 at all "
            "places: keep the last axis, and ask over the other three.",
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=(1, 2, 3)).mean(),
            "You count pictures for which every channel is 0. Keep the last axis, the channels, and "
            "ask over the other three.",
        ),
        Misconception(
            lambda activations: 1 - my_dead_share(activations),
            "That is the share of the living ones. Which did you ask for, `== 0` or `> 0`?",
        ),
        Misconception(
            lambda activations: my_dead_share(activations) * activations.shape[-1],
            "You return how many channels are dead. Asked for is their share: divide by the number of "
            "channels, or take `mean` instead of `sum`.",
        ),
        Misconception(
            lambda activations: (
                my_dead_share(activations) * activations.shape[-1] / len(activations)
            ),
            "You divide the number of dead channels by the number of pictures: `len` counts along axis "
            "0. Divide by the number of channels, or take `mean`.",
        ),
        Misconception(
            lambda activations: 100 * my_dead_share(activations),
            "You return per cent. Asked for is a share from 0 to 1.",
        ),
        Misconception(
            lambda activations: (activations == 0).all(axis=(0, 1, 2)),
            "You have True or False for each channel, and they are right. What share of them is True? "
            "Take the mean.",
        ),
        Misconception(
            lambda activations: (activations.mean(axis=(0, 1, 2)) < 0.01).mean(),
            "You count channels that are *nearly* silent as well. One that fires once, however "
            "faintly, still gets a gradient: dead means exactly 0.",
            variants=[lambda activations: (activations.max(axis=(0, 1, 2)) < 0.01).mean()],
        ),
    ],
    well_done="All weights of a dead channel's kernel get the gradient 0, and no rate, however small, "
    "makes a step of that: only the layers before it can wake it. Why could it hardly die in the first place "
    "if its numbers were brought to mean 0 just before ReLU?",
)

# --- find four bugs: a batch, augmented ---------------------------------------------------------


def my_augment(pictures, labels, rng):
    """Return a batch (n, 32, 32, 3) in a new order, moved and mirrored, and its labels (n,)."""
    order = rng.permutation(len(pictures))
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    batch = np.empty_like(pictures)
    for place, i in enumerate(order):
        top, left = rng.integers(0, 5, size=2)
        window = padded[i, top : top + 32, left : left + 32]
        batch[place] = window[:, ::-1] if rng.random() < 0.5 else window
    return batch, labels[order]


def _augment_all_at_once(pictures, labels, rng):
    n = len(pictures)
    order = rng.permutation(n)
    mirrored = rng.random(n) < 0.5
    pictures = np.where(mirrored[:, None, None, None], pictures[:, :, ::-1], pictures)[order]
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)))
    rows, columns = rng.integers(0, 5, (2, n, 1)) + np.arange(32)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None]], labels[order]


def _pushed(picture: np.ndarray, down: int, right: int, mode: str = "edge") -> np.ndarray:
    """Move one picture (32, 32, 3), filling the edge as `np.pad` does."""
    padded = np.pad(picture, ((6, 6), (6, 6), (0, 0)), mode=mode)
    return padded[6 - down : 38 - down, 6 - right : 38 - right]


def _augment(
    pictures,
    labels,
    rng,
    shuffle: Callable = lambda pictures, labels, rng: (
        lambda order: (pictures[order], labels[order])
    )(rng.permutation(len(labels))),
    mirror: Callable = lambda picture: picture[:, ::-1],
    push: Callable = _pushed,
    flips: Callable = lambda n, rng: rng.random(n) < 0.5,
    steps: Callable = lambda n, rng: rng.integers(-2, 3, (n, 2)),
):
    """Augment with some of the parts exchanged: most mistakes are one such part."""
    pictures, labels = shuffle(pictures, labels, rng)
    n = len(pictures)
    flipped = [
        mirror(picture) if flip else picture
        for picture, flip in zip(pictures, flips(n, rng), strict=True)
    ]
    moved = [
        push(picture, int(down), int(right))
        for picture, (down, right) in zip(flipped, steps(n, rng), strict=True)
    ]
    return np.stack(moved), labels


def _with(**parts: Callable) -> Callable:
    """Return the augmentation with those parts exchanged."""
    return lambda pictures, labels, rng: _augment(pictures, labels, rng, **parts)


def _rolled(picture: np.ndarray, down: int, right: int) -> np.ndarray:
    return np.roll(picture, (down, right), axis=(0, 1))


def _left_in_place(picture: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move a picture over a copy of itself: what it doesn't cover stays as it was."""
    moved = picture.copy()
    to, of = (
        tuple(slice(max(0, sign * s), 32 + min(0, sign * s)) for s in (down, right))
        for sign in (1, -1)
    )
    moved[to] = picture[of]
    return moved


def _once_for_all(draw: Callable) -> Callable:
    """Return the draw made once, and repeated for every picture."""
    return lambda n, rng: np.repeat(draw(1, rng), n, axis=0)


def _flip_coins(n, rng):
    return rng.random(n) < 0.5


def _draw_steps(n, rng):
    return rng.integers(-2, 3, (n, 2))


def _colleagues(pictures, labels, rng):
    pictures = pictures[rng.permutation(len(pictures))]
    if rng.random() < 0.5:
        pictures = pictures[:, ::-1]
    down, right = rng.integers(-2, 3, size=2)
    pictures = np.roll(pictures, (down, right), axis=(1, 2))
    return pictures, labels


def _only_pictures(pictures, labels, rng):
    return pictures[rng.permutation(len(labels))], labels


def _only_labels(pictures, labels, rng):
    return pictures, labels[rng.permutation(len(labels))]


def _two_orders(pictures, labels, rng):
    return pictures[rng.permutation(len(labels))], labels[rng.permutation(len(labels))]


def _shuffled_again(pictures, labels, rng):
    order = rng.permutation(len(labels))
    return pictures[order], labels[order][order]


def _old_order(pictures, labels, rng):
    return pictures, labels


def _drawn_with_replacement(pictures, labels, rng):
    which = rng.integers(0, len(labels), len(labels))
    return pictures[which], labels[which]


def _not_cut(pictures, labels, rng):
    pictures, labels = my_augment(pictures, labels, rng)
    return np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect"), labels


def _no_bytes(pictures, labels, rng):
    pictures, labels = my_augment(pictures, labels, rng)
    return pictures.astype(float), labels


def _scaled(pictures, labels, rng):
    pictures, labels = my_augment(pictures, labels, rng)
    return pictures / 255, labels


def _brightened(pictures, labels, rng):
    pictures, labels = my_augment(pictures, labels, rng)
    factors = rng.uniform(0.8, 1.2, (len(pictures), 1, 1, 1))
    return np.clip(pictures * factors, 0, 255).astype(np.uint8), labels


def _noise_at_the_edge(picture: np.ndarray, down: int, right: int) -> np.ndarray:
    """Leave at the edge what happens to stand in new memory."""
    stripes = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
    moved = _pushed(picture, down, right)
    seen = _pushed(np.ones((32, 32, 1), bool), down, right, "constant")
    return np.where(seen, moved, stripes)


def _own_seed(pictures, labels, rng):
    return my_augment(pictures, labels, np.random.default_rng(0))


def _no_seed(pictures, labels, rng):
    return my_augment(pictures, labels, np.random.default_rng())


_SIDE = 32


def _told_by(picture: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the three bytes of a pixel, which say of which picture and which place it is."""
    red = row * 8 + picture % 8
    green = column * 8 + picture // 8
    blue = 1 + (picture * 7 + row * 11 + column * 13) % 255  # to see that the others are unharmed
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def _telling_pictures(n: int) -> np.ndarray:
    """Make pictures (n, 32, 32, 3) of which each pixel tells its picture, row and column."""
    return _told_by(*np.meshgrid(range(n), range(_SIDE), range(_SIDE), indexing="ij"))


@dataclass
class _Origins:
    """Where each pixel (n, 32, 32) comes from, as far as its bytes say so."""

    picture: np.ndarray
    row: np.ndarray
    column: np.ndarray
    known: np.ndarray

    @classmethod
    def of(cls, pictures: np.ndarray) -> _Origins:
        red, green, _ = np.moveaxis(pictures.astype(int), -1, 0)
        picture, row, column = red % 8 + green % 8 * 8, red // 8, green // 8
        return cls(picture, row, column, (_told_by(picture, row, column) == pictures).all(axis=-1))


@dataclass
class _Moves:
    """What was done to the pictures of one batch, (n,) each."""

    source: np.ndarray  # number of the picture
    upside: np.ndarray  # turned upside down
    mirrored: np.ndarray
    steps: np.ndarray  # down and right, (n, 2)
    edge: str  # "fine", "rolled" or "edge"


def _trace(result: np.ndarray) -> _Moves | str:
    """Find out what was done to telling pictures, or return the key of what should never be done."""
    origins, middle = _Origins.of(result), (slice(None), slice(12, 20), slice(12, 20))
    if not origins.known[middle].all():
        others = [_Origins.of(result[..., list(order)]) for order in permutations(range(3))]
        swapped = np.any([other.known[middle].all(axis=(1, 2)) for other in others[1:]], axis=0)
        return "channels" if (swapped | origins.known[middle].all(axis=(1, 2))).all() else "pixels"
    source, row, column = (
        part[:, 16, 16] for part in (origins.picture, origins.row, origins.column)
    )
    down, right = origins.row[:, 17, 16] - row, origins.column[:, 16, 17] - column
    if (origins.row[:, 16, 17] != row).any():
        return "turned"
    if (np.abs(down) != 1).any() or (np.abs(right) != 1).any():
        return "pixels"
    places = np.arange(_SIDE) - 16
    rows = (row[:, np.newaxis] + down[:, np.newaxis] * places)[:, :, np.newaxis]
    columns = (column[:, np.newaxis] + right[:, np.newaxis] * places)[:, np.newaxis, :]
    inside = (rows >= 0) & (rows < _SIDE) & (columns >= 0) & (columns < _SIDE)
    own = origins.known & (origins.picture == source[:, np.newaxis, np.newaxis])
    if not (own & (origins.row == rows) & (origins.column == columns))[inside].all():
        return "pixels"
    steps = [
        np.where(way == 1, -at[:, 0], at[:, 0] - (_SIDE - 1))
        for way, at in ((down, rows[:, :, 0]), (right, columns[:, 0]))
    ]
    edge = _edge_key(result, origins, own, inside, rows, columns)
    return _Moves(source, down == -1, right == -1, np.stack(steps, axis=1), edge)


def _edge_key(result, origins: _Origins, own, inside, rows, columns) -> str:
    """Return what came in at the edge: "rolled", "edge" for something odd, else "fine"."""
    if inside.all():
        return "fine"
    far = (np.abs(origins.row - rows) > 16) | (np.abs(origins.column - columns) > 16)
    if (own & far & ~inside).sum() > 0.2 * (~inside).sum():
        return "rolled"
    for picture, fine, seen in zip(result, own & ~far, inside, strict=True):
        filled = picture[~seen]
        if not fine[~seen].all() and (filled != filled[0]).any():
            return "edge"
    return "fine"


def _probe_augment(augment):
    """Send in pictures that tell of each pixel where it was, and see what comes back with what."""
    few, n = _tried(augment, 5, 0), 24  # the code of a pixel tells 64 pictures apart
    if isinstance(few, str | tuple):
        return few
    labels = _labels(n)
    batches, told = [], []
    for seed in range(10):
        tried = _tried(augment, n, seed)
        if isinstance(tried, str | tuple):
            return tried
        batches.append(tried.moves)
        told.append(tried.labels)
    if any(len(set(moves.source.tolist())) < n for moves in batches):
        return "replacement"
    bugs = _bugs(batches, told, labels)
    if bugs:
        return bugs[0], _progress({_FAMILY[bug] for bug in bugs})
    if all((np.diff(each.astype(int)) >= 0).all() for each in told):
        return "Each picture has its label, but your batch is sorted by labels. A random order is asked for."
    again = _tried(augment, n, 1)
    return _moves_key(batches) or _seed_key(batches, again)


@dataclass
class _Tried:
    moves: _Moves
    labels: np.ndarray


def _labels(n: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 10, n).astype(np.uint8)


def _tried(augment: Callable, n: int, seed: int) -> _Tried | str | tuple[str, str]:
    """Augment n telling pictures; return what was done, or what is wrong with the result itself."""
    pictures, labels = _telling_pictures(n), _labels(n)
    result = augment(pictures, labels, np.random.default_rng(seed))
    if not isinstance(result, tuple) or len(result) != 2:
        return "Return two things, the pictures and their labels: `return pictures, labels`."
    moved, told = (np.asarray(part) for part in result)
    if told.ndim == 4:
        return "Return the pictures first, then the labels: `return pictures, labels`."
    if told.shape != labels.shape:
        return f"The labels went in with the shape {labels.shape}, and came out with {told.shape}."
    if moved.ndim != 4 or len(moved) != n:
        return f"{n} pictures of 32 × 32 × 3 went in, and as many should come out, in one array."
    if moved.shape != pictures.shape:
        return "shape", f"Here {pictures.shape} became {moved.shape}."
    if moved.dtype != np.uint8:
        return "bytes", f"Here they came back as {moved.dtype}."
    if told.dtype.kind not in "iu":
        return f"The labels went in as whole numbers, and came out as {told.dtype}."
    moves = _trace(moved)
    return moves if isinstance(moves, str) else _Tried(moves, told)


# Which of the colleague's four bugs a key belongs to.
_FAMILY = {
    "colleague": "labels",
    "only pictures": "labels",
    "only labels": "labels",
    "two orders": "labels",
    "turned over": "upside down",
    "upside down": "upside down",
    "rolled": "rolled",
    "one draw": "draws",
    "one mirror": "draws",
    "one step": "draws",
}


def _bugs(batches: list[_Moves], told: list[np.ndarray], labels: np.ndarray) -> list[str]:
    """Return the keys of the colleague's bugs that are still there, in the order of his lines."""
    bugs = [_pairing_key(batches, told, labels), _upside_key(batches)]
    bugs += [
        "rolled" if any(moves.edge == "rolled" for moves in batches) else None,
        _draws(batches),
    ]
    found = [bug for bug in bugs if bug]
    if [_FAMILY[bug] for bug in found] == ["labels", "upside down", "rolled", "draws"]:
        found.insert(0, "colleague")
    return found


def _progress(families: set[str]) -> str:
    """Say how many of the four bugs are gone."""
    count = 4 - len(families)
    return f"{['None', 'One', 'Two', 'Three'][count]} of the four bugs {'is' if count < 2 else 'are'} gone."


def _pairing_key(batches: list[_Moves], told: list[np.ndarray], labels: np.ndarray) -> str | None:
    """Return what is wrong with the order of pictures and labels, if anything."""
    pairs = list(zip(batches, told, strict=True))
    if all(np.array_equal(each, labels[moves.source]) for moves, each in pairs):
        return None
    if all(np.array_equal(each, labels) for each in told):
        return "only pictures"
    if all((np.diff(moves.source) == 1).all() for moves in batches):
        return "only labels"
    return "two orders"


def _upside_key(batches: list[_Moves]) -> str | None:
    upside, mirrored = (
        np.concatenate([getattr(moves, name) for moves in batches])
        for name in ("upside", "mirrored")
    )
    if not upside.any():
        return None
    return "turned over" if (upside == mirrored).all() else "upside down"


def _draws(batches: list[_Moves]) -> str | None:
    """Tell whether a batch's pictures were all moved or mirrored in the same way."""
    flips = [moves.mirrored | moves.upside for moves in batches]
    mirror = np.any(flips) and all((each == each[0]).all() for each in flips)
    mirror = mirror and not np.all(flips)
    all_steps = [moves.steps for moves in batches]
    step = np.any(all_steps) and all((each == each[0]).all() for each in all_steps)
    return {(1, 1): "one draw", (1, 0): "one mirror", (0, 1): "one step"}.get((mirror, step))


def _moves_key(batches: list[_Moves]) -> str | tuple[str, str] | None:
    """Return what is wrong with the mirroring and the steps of all pictures together."""
    if any(moves.edge == "edge" for moves in batches):
        return "edge"
    share = np.mean([moves.mirrored for moves in batches])
    if share in (0, 1):
        return "never mirrored" if share == 0 else "always mirrored"
    if not 0.35 < share < 0.65:
        return (
            f"About half of the pictures are to be mirrored, and here it was {share:.0%} of them."
        )
    steps = np.concatenate([moves.steps for moves in batches])
    found = _steps_key(steps)
    if found:
        return found
    if all((np.abs(np.diff(moves.source)) == 1).mean() > 0.3 for moves in batches):
        return "not shuffled"
    return None


def _steps_key(steps: np.ndarray) -> str | tuple[str, str] | None:
    """Return what is wrong with the steps (n, 2)."""
    if not steps.any():
        return "unmoved"
    if np.abs(steps).max() > 2:
        return "too far", f"Here one moved by {np.abs(steps).max()}."
    if not steps.any(axis=0).all():
        return "one axis"
    if (steps.min(axis=0) >= 0).any() or (steps.max(axis=0) <= 0).any():
        return "one way"
    ends = {int(each) for each in (*steps.min(axis=0), *steps.max(axis=0))}
    if ends != {-2, 2}:
        return "an end left out"
    if any(set(along) != {-2, -1, 0, 1, 2} for along in steps.T.tolist()):
        return "only ends"
    if (np.abs(steps[:, 0]) == np.abs(steps[:, 1])).all():
        return "diagonal"
    return None


def _seed_key(batches: list[_Moves], again: _Tried | str | tuple[str, str]) -> str | None:
    """Tell whether what is drawn depends on the generator that comes in, and on nothing else."""
    facts = [_by_source(moves) for moves in batches]
    if not isinstance(again, _Tried) or _differ(facts[1], _by_source(again.moves)):
        return "no seed"
    facts = [(*fact, moves.steps) for fact, moves in zip(facts, batches, strict=True)]
    if any(
        all(np.array_equal(*pair) for pair in pairwise(fact)) for fact in zip(*facts, strict=True)
    ):
        return "own seed"
    return None


def _by_source(moves: _Moves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return order, mirroring and steps, the latter two picture by picture."""
    back = np.argsort(moves.source)
    return moves.source, moves.mirrored[back], moves.steps[back]


def _differ(one: tuple, other: tuple) -> bool:
    return not all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


augment = ProbeExercise(
    name="augment",
    solution=my_augment,
    probe=_probe_augment,
    expects="a pair (pictures, labels) of arrays",
    variants=[
        _augment_all_at_once,
        _with(),
        _with(push=_left_in_place),
        _with(push=lambda picture, down, right: _pushed(picture, down, right, "symmetric")),
    ],
    hints=[
        "Put a number on ten pictures and the same on their labels, and follow both through the first "
        "line. Do they meet again at the `return`?",
        "The axes of a batch are pictures, rows, columns, channels. Which of them does "
        "`pictures[:, ::-1]` turn round? And in a single picture, which has no axis for pictures?",
        "How often is `rng` asked for a mirror and for a step: once a batch, or once a picture? A loop "
        "over the pictures is fine.",
        "`np.roll` puts in on the left what it pushed out on the right. Instead pad each picture with "
        "2 rows and columns on all sides (`np.pad`); a window of 32 × 32 then has 5 × 5 places.",
    ],
    misconceptions=[
        Misconception(
            _colleagues,
            "All four bugs are still there. Show ten pictures with their labels before and after: does "
            "the label still name what you see, which way up is it, what stands at its edges, and do "
            "all ten do the same?",
            key="colleague",
        ),
        Misconception(
            _with(shuffle=_only_pictures),
            "The pictures are in a new order, the labels still in the old one: a horse is called a "
            "ship. Keep the order in a variable, and use it for both.",
            key="only pictures",
        ),
        Misconception(
            _with(shuffle=_only_labels),
            "The labels are in a new order, the pictures still in the old one. Keep the order in a "
            "variable, and use it for both.",
            key="only labels",
        ),
        Misconception(
            _with(shuffle=_two_orders),
            "Pictures and labels are both moved about, but not in the same order. Each call of "
            "`rng.permutation` draws a new one: draw once, and use it for both.",
            key="two orders",
            variants=[_with(shuffle=_shuffled_again)],
        ),
        Misconception(
            _with(mirror=lambda picture: picture[::-1]),
            "Each picture has its label again. But some stand on their heads. What is mirrored left to "
            "right keeps its rows and reverses its columns: which axis is that?",
            key="upside down",
        ),
        Misconception(
            _with(mirror=lambda picture: picture[::-1, ::-1]),
            "You turn both rows and columns round, which is a half turn: the sky is below. Only the "
            "columns should be reversed.",
            key="turned over",
        ),
        Misconception(
            _with(push=_rolled),
            "Look at the edges of a picture that was moved by 2: what left on one side has come in on "
            "the other. `np.roll` does that. Pad the picture first and cut a window out of it.",
            key="rolled",
            variants=[
                _with(push=lambda picture, down, right: _pushed(picture, down, right, "wrap")),
            ],
        ),
        Misconception(
            _with(flips=_once_for_all(_flip_coins), steps=_once_for_all(_draw_steps)),
            "Show a whole batch: all its pictures do the same, because mirror and step are drawn once "
            "for all of them. Draw both for each picture.",
            key="one draw",
        ),
        Misconception(
            _with(flips=_once_for_all(_flip_coins)),
            "In your batches either all pictures are mirrored or none: the coin is tossed once. Toss it "
            "for each picture.",
            key="one mirror",
        ),
        Misconception(
            _with(steps=_once_for_all(_draw_steps)),
            "All pictures of your batch move by the same step, down and to the right: it is drawn once. "
            "Draw one for each picture.",
            key="one step",
        ),
        Misconception(
            _with(mirror=lambda picture: picture[..., ::-1]),
            "The colours have changed places. In a single picture the axes are rows, columns, "
            "channels, in a batch there is one more before them: count which one `::-1` meets.",
            key="channels",
            variants=[_with(mirror=lambda picture: np.flip(picture))],
        ),
        Misconception(
            _with(mirror=lambda picture: picture.swapaxes(0, 1)),
            "Rows and columns have changed places, so that some pictures lie on their side. A mirror "
            "only reverses the order of the columns.",
            key="turned",
            variants=[_with(mirror=lambda picture: np.rot90(picture))],
        ),
        Misconception(
            _brightened,
            "The pixels themselves have changed. Mirror and step only move them: each pixel of a "
            "result should be found in its picture, byte for byte.",
            key="pixels",
        ),
        Misconception(
            _no_bytes,
            "Your pictures are no bytes any more. The network scales them itself and the memory is "
            "dear: keep uint8. (`np.zeros` makes floats, unless you say `dtype=pictures.dtype`.)",
            key="bytes",
            variants=[_scaled],
        ),
        Misconception(
            _not_cut,
            "Your pictures have another size. Cut a window of 32 × 32 out of the padded picture.",
            key="shape",
        ),
        Misconception(
            _with(push=_noise_at_the_edge),
            "What comes in at the edge of a moved picture is neither one colour nor its own edge. Look "
            "at the outermost two rows and columns; `np.empty`, for one, holds what happened to be "
            "there before.",
            key="edge",
        ),
        Misconception(
            _with(flips=lambda n, rng: np.zeros(n, bool)),
            "No picture is mirrored any more. Mirroring was a good idea, only the axis was wrong: "
            "reverse the columns of about half of them.",
            key="never mirrored",
        ),
        Misconception(
            _with(flips=lambda n, rng: np.ones(n, bool)),
            "All pictures are mirrored. Then the network never sees the others: toss a coin for each.",
            key="always mirrored",
        ),
        Misconception(
            _with(steps=lambda n, rng: np.zeros((n, 2), int)),
            "No picture is moved any more. Draw a step from −2 to 2 for each, down and right.",
            key="unmoved",
        ),
        Misconception(
            _with(steps=lambda n, rng: rng.integers(0, 3, (n, 2))),
            "Your pictures move one way only, never back. Draw from −2 to 2; in a picture padded by 2 "
            "on all sides the window has 5 places along each axis.",
            key="one way",
        ),
        Misconception(
            _with(steps=lambda n, rng: rng.integers(-2, 2, (n, 2))),
            "One end is never reached. `rng.integers(-2, 2)` gives −2, −1, 0 and 1, and "
            "`rng.integers(0, 4)` only four places: the upper end is left out.",
            key="an end left out",
        ),
        Misconception(
            _with(steps=lambda n, rng: rng.choice([-2, 2], (n, 2))),
            "Some steps never occur. Up to 2 pixels means −2, −1, 0, 1 or 2, for down as for right.",
            key="only ends",
        ),
        Misconception(
            _with(steps=lambda n, rng: rng.integers(-2, 3, (n, 2)) * [0, 1]),
            "Your pictures move along one axis only. Draw two steps, one down and one to the right.",
            key="one axis",
        ),
        Misconception(
            _with(steps=lambda n, rng: np.repeat(rng.integers(-2, 3, (n, 1)), 2, axis=1)),
            "Down and right are always the same amount, so that all pictures slide along a diagonal. "
            "Draw the two by themselves.",
            key="diagonal",
        ),
        Misconception(
            _with(steps=lambda n, rng: rng.integers(-4, 5, (n, 2))),
            "Some pictures move by more than 2 pixels. Asked for are steps from −2 to 2: at 32 pixels, "
            "more costs a good deal of the picture.",
            key="too far",
        ),
        Misconception(
            _with(shuffle=_old_order),
            "Each picture has its label, but the batch keeps its old order. That one line was a good "
            "idea: draw a new order, and use it for both arrays.",
            key="not shuffled",
            variants=[
                _with(shuffle=lambda pictures, labels, rng: (pictures[::-1], labels[::-1])),
            ],
        ),
        Misconception(
            _with(shuffle=_drawn_with_replacement),
            "Some pictures come back twice and others are gone. A new order keeps each one exactly "
            "once: `rng.permutation` does that, `rng.integers` doesn't.",
            key="replacement",
        ),
        Misconception(
            _own_seed,
            "Something is drawn in the same way whatever `rng` comes in, so that every epoch would see "
            "the same. Let the `rng` of the caller draw everything.",
            key="own seed",
        ),
        Misconception(
            _no_seed,
            "Called twice with the same seed, your function gives two different batches: nobody could "
            "repeat your training. Let the `rng` of the caller draw everything, not `np.random`.",
            key="no seed",
        ),
    ],
    well_done="No error, no warning: ten pictures with their labels show all four. Which of the changes "
    "would you leave out if the pictures were digits, or road signs?",
)

# --- labels that are not quite sure -------------------------------------------------------------


def my_smooth_labels(labels, classes, amount):
    """Return for labels (n,) the probabilities (n, classes) that a network is to aim at."""
    hard = np.eye(classes)[labels]
    return (1 - amount) * hard + amount / classes


def _filled_in(labels, classes, amount):
    rows = np.full((len(labels), classes), amount / classes)
    rows[np.arange(len(labels)), labels] += 1 - amount
    return rows


def _smooth_labels_oracle(labels, classes, amount):
    """Write down the two probabilities there are, entry by entry."""
    low = amount / classes
    high = 1 - (classes - 1) * low
    return np.array(
        [[high if k == int(label) else low for k in range(classes)] for label in labels]
    )


def _two_values(right: Callable, other: Callable) -> Callable:
    """Return the labels with other values for the right class and for the others."""

    def smooth(labels, classes, amount):
        hard = np.eye(classes)[labels]
        return np.where(hard == 1, right(classes, amount), other(classes, amount))

    return smooth


def _in_every_row(labels, classes, amount):
    rows = np.full((len(labels), classes), amount / classes)
    rows[:, labels] += 1 - amount
    return rows


def _from_own_classes(labels, classes, amount):
    return my_smooth_labels(labels, int(labels.max()) + 1, amount)


def _counted_from_one(labels, classes, amount):
    return my_smooth_labels(labels.astype(int) - 1, classes, amount)


def _whole_numbers(labels, classes, amount):
    return my_smooth_labels(labels, classes, amount).astype(labels.dtype)


def _smooth_random(rng: np.random.Generator) -> Iterator[Case]:
    for classes, amount in ((5, 0.2), (10, 0.1), (7, 0.05)):
        labels = rng.integers(0, classes - 1, 4).astype(np.uint8)  # the last class does not occur
        labels[0] = 1
        yield Case((labels, classes, amount))


smooth_labels = Exercise(
    name="smooth_labels",
    solution=my_smooth_labels,
    variants=[_filled_in],
    oracle=_smooth_labels_oracle,
    cases=[
        Case((np.array([2], np.uint8), 4, 0.2), "0.2 for four: 0.05 each"),
        Case((np.array([0, 1], np.uint8), 2, 0.5), "two classes"),
        Case((np.array([1, 0, 2], np.uint8), 3, 0.0), "nothing is taken away"),
        Case((np.array([2, 0], np.uint8), 10, 0.1), "ten classes, of which two occur"),
    ],
    random_cases=_smooth_random,
    tolerance=1e-6,
    hints=[
        "Take one label, 2 of 4 classes, as a row with a single 1. With 0.2 taken away there are 0.8 "
        "and three zeros. How much does each of the four get back?",
        "`np.eye(classes)[labels]` makes all rows at once: it picks rows of the identity matrix.",
        "Every entry shrinks to (1 − amount) of itself, and every entry gets amount / classes.",
    ],
    misconceptions=[
        Misconception(
            lambda labels, classes, amount: np.eye(classes)[labels],
            "Your rows hold a single 1 each, which is where we start. Take `amount` away from it, and "
            "share it out.",
        ),
        Misconception(
            _two_values(lambda k, a: 1 - a, lambda k, a: a / (k - 1)),
            "You share `amount` among the *other* classes only. Here, as in Keras, the right class "
            "gets its share back as well: amount / classes for each.",
        ),
        Misconception(
            _two_values(lambda k, a: 1 - a, lambda k, a: a / k),
            "Add up one of your rows: it isn't 1. The right class lost `amount` and got nothing back; "
            "its own share is still to be added.",
        ),
        Misconception(
            _two_values(lambda k, a: 1.0, lambda k, a: a / k),
            "Add up one of your rows: it is more than 1. What the others get has to be taken away from "
            "the right class first.",
        ),
        Misconception(
            lambda labels, classes, amount: np.eye(classes)[labels] + amount / classes,
            "Add up one of your rows: it is 1 + amount. Before each class gets its share, take "
            "`amount` away from the 1.",
        ),
        Misconception(
            lambda labels, k, a: (1 - a) * np.eye(k)[labels] + a / (k - 1),
            "Add up one of your rows: it is a little more than 1. All classes get a share, the right "
            "one too, so `amount` has to be divided by `classes`.",
            variants=[_two_values(lambda k, a: 1 - a + a / (k - 1), lambda k, a: a / (k - 1))],
        ),
        Misconception(
            _two_values(lambda k, a: 1 - a, lambda k, a: a),
            "You give the whole `amount` to each of the other classes. It is shared: add up a row, it "
            "should be 1.",
            variants=[lambda labels, k, a: np.clip(np.eye(k)[labels], a, 1 - a)],
        ),
        Misconception(
            lambda labels, classes, amount: np.eye(classes)[labels] - amount + amount / classes,
            "You take `amount` away from every entry, so that some probabilities are below 0. Only the "
            "right class has something to give.",
        ),
        Misconception(
            _two_values(lambda k, a: 1 - a + a / k, lambda k, a: a / (k - 1)),
            "The right class has the right value. The others share what is left, 1 less that value: "
            "amount / classes for each of them, too.",
        ),
        Misconception(
            lambda labels, classes, amount: (1 - amount) * np.eye(classes)[labels],
            "You have taken `amount` away, and nobody got it. Each class gets amount / classes.",
        ),
        Misconception(
            lambda labels, classes, amount: (
                amount * np.eye(classes)[labels] + (1 - amount) / classes
            ),
            "`amount` and 1 − `amount` have changed places: with 0.1 the right class should keep "
            "nearly everything.",
        ),
        Misconception(
            lambda labels, classes, amount: (1 - amount) * np.eye(classes)[labels] + amount,
            "Each of your classes gets the whole `amount`. Divide it by the number of classes first.",
        ),
        Misconception(
            lambda labels, classes, amount: (
                (1 - amount) * np.eye(classes)[labels] + amount / len(labels)
            ),
            "You divide `amount` by the number of pictures. It is shared among the classes of one "
            "picture.",
        ),
        Misconception(
            _whole_numbers,
            "Your rows hold whole numbers, so everything after the point is lost. Probabilities need "
            "floats: leave the dtype of the labels behind.",
        ),
        Misconception(
            _in_every_row,
            "`[:, labels]` means these columns in *every* row. Each row has one column of its own: "
            "`[np.arange(len(labels)), labels]`.",
        ),
        Misconception(
            _from_own_classes,
            "You count the classes by the largest label. In a small batch the last class may not "
            "occur: use `classes`.",
        ),
        Misconception(
            _counted_from_one,
            "You count classes from 1. Label 0 belongs to column 0.",
        ),
        Misconception(
            lambda labels, classes, amount: my_smooth_labels(labels, classes, amount).T,
            "Your table lies on its side. Wanted is a row for each picture and a column for each "
            "class.",
        ),
    ],
    well_done="With such labels the loss can never reach 0, and a network that is quite sure pays for "
    "it. Why would you measure accuracy against the hard labels all the same?",
)

# --- which recipe? ------------------------------------------------------------------------------


def my_choose_recipe(results):
    """Return the name of the recipe to use from now on."""
    best = max(results, key=lambda row: np.mean(row["validation"]))
    return best["recipe"]


def _by_sums(results):
    means = {row["recipe"]: sum(row["validation"]) / len(row["validation"]) for row in results}
    return sorted(means, key=means.get)[-1]


def _choose_recipe_oracle(results):
    """Go down the table and keep the better one, as somebody with a pencil would."""
    name, highest = "", -1.0
    for row in results:
        total, seeds = 0.0, 0
        for accuracy in row["validation"]:
            total, seeds = total + accuracy, seeds + 1
        if total > highest * seeds:
            name, highest = row["recipe"], total / seeds
    return name


def _best_by(score: Callable) -> Callable:
    """Return the choice of the recipe with the highest score."""
    return lambda results: max(results, key=score)["recipe"]


def _by_gap(row):
    return -abs(np.mean(row["train"]) - np.mean(row["validation"]))


def _table(*rows: tuple) -> list[dict]:
    names = ("recipe", "train", "validation", "test", "seconds")
    return [dict(zip(names, row, strict=True)) for row in rows]


# What is said of each row about its accuracies: validation, test and training, less a common level.
_ROLES = {
    "best on average": ([0.08, 0.045, 0.01], [0.0, 0.01, -0.01], 0.05),
    "best on the test part": ([-0.03, -0.02, -0.04], [0.06, 0.05, 0.06], 0.03),
    "one lucky test": ([-0.02, -0.01, -0.02], [-0.02, 0.12, -0.02], 0.04),
    "one lucky seed": ([-0.06, 0.12, -0.02], [-0.01, -0.02, 0.0], 0.04),
    "fits best": ([-0.04, -0.05, -0.05], [-0.05, -0.03, -0.04], 0.2),
    "cheapest": ([-0.5, -0.5, -0.49], [-0.5, -0.49, -0.5], -0.4),
    "many seeds": ([0.0, -0.01, 0.01, 0.0, 0.01, -0.01, 0.01], [-0.01] * 7, 0.04),
    "one bad seed": ([0.065, -0.12, 0.065], [0.01, -0.02, 0.02], 0.03),
    "steady": ([0.018, 0.018, 0.018], [-0.01, -0.01, 0.0], 0.06),
    "nearly steady": ([0.043, 0.043, 0.043, 0.043, 0.043, 0.012], [-0.01] * 6, 0.06),
    "begins well": ([0.1, 0.05, -0.09], [0.0, 0.01, 0.0], 0.04),
    "good at both": ([0.02, 0.01, 0.03], [0.04, 0.04, 0.03], 0.1),
    "no gap": ([-0.08, -0.07, -0.09], [-0.08, -0.09, -0.08], -0.08),
}


def _recipes_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3):
        level = rng.uniform(0.6, 0.75)
        rows = []
        for validation, test, train in _ROLES.values():
            accuracies = [
                np.round(level + np.array(part) + rng.uniform(-0.002, 0.002, len(part)), 4).tolist()
                for part in ([train] * len(validation), validation, test)
            ]
            seconds = int(rng.integers(200, 700)) if validation[0] > -0.4 else 150
            rows.append((*accuracies, seconds))
        plain = [level - 0.1, level - 0.11]
        ends = [([level - 0.06] * 2, plain, plain, seconds) for seconds in (450, 460)]
        order = [ends[0], *(rows[i] for i in rng.permutation(len(rows))), ends[1]]
        yield Case((_table(*((f"recipe {chr(65 + i)}", *row) for i, row in enumerate(order))),))


# Two recipes each, of which some wrong rule takes the other one.
_PAIRS = {
    "chosen by the test part, or by the seconds": _table(
        ("smaller rate", [0.80, 0.81], [0.74, 0.76], [0.70, 0.71], 380),
        ("larger", [0.98, 0.97], [0.72, 0.73], [0.78, 0.79], 150),
    ),
    "a lucky seed": _table(
        ("dropout", [0.71, 0.71], [0.80, 0.62], [0.70, 0.69], 320),
        ("weight decay", [0.90, 0.91], [0.73, 0.75], [0.73, 0.72], 310),
    ),
    "four seeds and two": _table(
        ("weight decay", [0.90, 0.91], [0.73, 0.75], [0.73, 0.72], 310),
        (
            "flips",
            [0.80, 0.81, 0.79, 0.80],
            [0.70, 0.71, 0.69, 0.70],
            [0.69, 0.70, 0.68, 0.69],
            310,
        ),
    ),
    "one seed that failed": _table(
        ("shifts", [0.84, 0.70, 0.83], [0.80, 0.60, 0.80], [0.78, 0.59, 0.78], 310),
        ("plain", [0.95, 0.96, 0.95], [0.70, 0.69, 0.70], [0.68, 0.67, 0.68], 310),
    ),
    "one seed far ahead": _table(
        ("small pictures", [0.80, 0.80, 0.80], [0.81, 0.72, 0.72], [0.74, 0.73, 0.72], 310),
        ("noise", [0.81, 0.82, 0.70], [0.74, 0.74, 0.60], [0.73, 0.72, 0.60], 310),
    ),
}
_SHORT_TABLE = _table(
    ("plain", [0.91, 0.92], [0.70, 0.69], [0.69, 0.71], 300),
    ("batch normalisation", [0.93, 0.94], [0.74, 0.76], [0.73, 0.74], 380),
    ("dropout", [0.80, 0.81], [0.71, 0.78], [0.75, 0.76], 320),
    ("smaller", [0.78, 0.77], [0.72, 0.71], [0.73, 0.80], 150),
)
_LONGER_TABLE = _table(
    ("plain", [0.95, 0.96, 0.95], [0.70, 0.71, 0.70], [0.70, 0.69, 0.71], 310),
    ("dropout", [0.84, 0.85, 0.84], [0.73, 0.79, 0.70], [0.74, 0.73, 0.73], 330),
    ("shift and flip", [0.82, 0.83, 0.82], [0.77, 0.76, 0.78], [0.75, 0.76, 0.76], 350),
    ("weight decay", [0.86, 0.87, 0.86], [0.75, 0.74, 0.75], [0.78, 0.79, 0.78], 320),
    ("larger", [0.98, 0.98, 0.97], [0.78, 0.73, 0.74], [0.73, 0.74, 0.81], 900),
    ("dense", [0.60, 0.61, 0.60], [0.52, 0.53, 0.52], [0.52, 0.52, 0.53], 90),
    ("smooth labels", [0.90, 0.90, 0.91], [0.72, 0.72, 0.73], [0.72, 0.73, 0.72], 315),
)

choose_recipe = Exercise(
    name="choose_recipe",
    solution=my_choose_recipe,
    variants=[_by_sums],
    oracle=_choose_recipe_oracle,
    cases=[
        Case((_SHORT_TABLE,), "four recipes, two seeds"),
        Case((_LONGER_TABLE,), "seven recipes, three seeds"),
        Case((_SHORT_TABLE[:1],), "a single recipe"),
        *(Case((pair,), note) for note, pair in _PAIRS.items()),
    ],
    random_cases=_recipes_random,
    hints=[
        "Suppose that ten recipes are equally good. Each has a test accuracy a little off, by chance. "
        "What does the largest of the ten say about new pictures?",
        "Which part of the data is there for choosing, so that the test part stays unseen until the "
        "choice is made?",
        "`max` over the seeds takes the luckiest one. `np.mean` makes one number of all seeds, however "
        "many there are.",
    ],
    misconceptions=[
        Misconception(
            _best_by(lambda row: max(row["test"])),
            "Two things make the winner look better than it is: you choose by the test part, and by the "
            "luckiest seed of each recipe. Which part is there for choosing? And what makes one number "
            "of several seeds?",
        ),
        Misconception(
            _best_by(lambda row: np.mean(row["test"])),
            "All seeds count, as they should. But you choose by the test part, and so its accuracy is that "
            "of a winner, too good on average. Choose on the validation part; read the test part once, "
            "after that.",
            variants=[
                lambda results: my_choose_recipe([r | {"validation": r["test"]} for r in results])
            ],
        ),
        Misconception(
            _best_by(lambda row: max(row["validation"])),
            "The right part of the data. But a single lucky seed decides: with more seeds a recipe has "
            "more tickets in the draw. Take the mean of its seeds.",
        ),
        Misconception(
            _best_by(lambda row: np.mean(row["validation"] + row["test"])),
            "You let validation and test part choose together. As soon as the test part has a say in "
            "the choice, its accuracy is no longer that of unseen pictures: leave it out.",
            variants=[_best_by(lambda row: np.mean(row["validation"]) + np.mean(row["test"]))],
        ),
        Misconception(
            _best_by(lambda row: np.mean(row["train"])),
            "You choose by the training accuracy, and so the recipe that learns most by heart. Ask the "
            "pictures that no training has seen: the validation part.",
        ),
        Misconception(
            _best_by(lambda row: sum(row["validation"])),
            "You add up the seeds, so that a recipe wins by having been tried more often. Divide by "
            "how many there are: the mean.",
        ),
        Misconception(
            _best_by(lambda row: np.median(row["validation"])),
            "You take the seed in the middle. It hides a training that failed; here the mean is asked "
            "for.",
        ),
        Misconception(
            _best_by(lambda row: min(row["validation"])),
            "You compare the worst seed of each recipe. That is careful, but it is still a single "
            "seed: take the mean of all.",
        ),
        Misconception(
            _best_by(lambda row: row["validation"][0]),
            "You look at the first seed of each recipe only. Which seed comes first is chance: take the "
            "mean of all.",
        ),
        Misconception(
            _best_by(_by_gap),
            "You choose the smallest gap between training and validation. A network that has learned "
            "nothing has no gap either: compare the validation accuracies themselves.",
        ),
        Misconception(
            _best_by(lambda row: -np.mean(row["validation"])),
            "You found the recipe with the *lowest* accuracy. Lowest is best for a loss, highest for an "
            "accuracy.",
            variants=[
                lambda results: sorted(results, key=lambda r: np.mean(r["validation"]))[0]["recipe"]
            ],
        ),
        Misconception(
            _best_by(lambda row: -row["seconds"]),
            "You choose the cheapest recipe. Asked for is the most accurate; the seconds are there to be "
            "reported beside it.",
        ),
        Misconception(
            _best_by(lambda row: np.mean(row["validation"]) / row["seconds"]),
            "You divide by the seconds, and so a poor but quick recipe wins. Time is no object here: "
            "compare the accuracies alone.",
        ),
        Misconception(
            lambda results: results[-1]["recipe"],
            "You take the last recipe of the table, which is the last one tried, not the best.",
        ),
        Misconception(
            lambda results: results[0]["recipe"],
            "You take the first recipe of the table, whatever the others reach. Compare them all.",
        ),
        Misconception(
            lambda results: max(results, key=lambda row: np.mean(row["validation"])),
            'The right row, and all of it. Return its name only: `best["recipe"]`.',
        ),
        Misconception(
            lambda results: max(np.mean(row["validation"]) for row in results),
            "That is the best mean accuracy. Return the name of the recipe that reaches it.",
        ),
        Misconception(
            lambda results: int(np.argmax([np.mean(row["validation"]) for row in results])),
            "That is the number of the right row. Return the name that stands in it: "
            '`results[i]["recipe"]`.',
        ),
    ],
    well_done="The winner's *validation* accuracy is now too good, since it won. Its test accuracy, read "
    "once, is not: which of the two do you put in the report?",
)
