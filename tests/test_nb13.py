"""The oracles of notebook 13 agree with Keras; its probe sees what was done to a batch."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.from_notebook import NOTEBOOKS
from course_utils.checks import NOT_YET, WELL_DONE
from course_utils.environment import quiet_import
from course_utils.exercises import nb13

NAME = "13_training_cnns_well.ipynb"


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


# --- the oracles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_normalising_is_that_of_the_layer_while_it_learns(keras, seed):
    for case in (*nb13.normalise.fixed_cases, *nb13.normalise.draw_cases(seed)):
        x, gamma, beta, eps = case.args
        layer = keras.layers.BatchNormalization(epsilon=eps)
        layer.build(x.shape)
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)
        expected = np.asarray(layer(x, training=True))
        np.testing.assert_allclose(nb13.normalise.oracle(x, gamma, beta, eps), expected, atol=1e-4)


@pytest.mark.parametrize(("steps", "peak"), [(4, 0.6), (40, 0.2), (120, 0.05)])
def test_the_cycle_is_a_warm_up_and_a_linear_decay_of_keras(keras, steps, peak):
    schedules, rising = keras.optimizers.schedules, steps // 4
    up = schedules.CosineDecay(0.0, steps, warmup_target=peak, warmup_steps=rising)
    down = schedules.PolynomialDecay(peak, steps - rising, end_learning_rate=0.0, power=1.0)
    for step in range(steps):
        expected = up(step) if step <= rising else down(step - rising)
        found = nb13.one_cycle.oracle(step, steps, peak)
        assert found == pytest.approx(float(expected), abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_with_smoothing_is_the_loss_of_smoothed_labels(keras, seed):
    rng = np.random.default_rng(seed)
    for case in (*nb13.smooth_labels.fixed_cases, *nb13.smooth_labels.draw_cases(seed)):
        labels, classes, amount = case.args
        says = rng.dirichlet(np.ones(classes), len(labels)).astype("float32")
        theirs = keras.losses.CategoricalCrossentropy(label_smoothing=amount)
        expected = float(theirs(np.eye(classes)[labels], says))
        smooth = nb13.smooth_labels.oracle(labels, classes, amount)
        ours = keras.losses.CategoricalCrossentropy()(smooth, says)
        assert float(ours) == pytest.approx(expected, rel=1e-5)
        by_hand = -(smooth * np.log(says)).sum(axis=1).mean()
        assert by_hand == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("dead", [0, 1, 3, 6])
def test_a_dead_channel_of_keras_gets_no_gradient(keras, dead):
    """Kill channels of a convolution by their biases: as many kernels have the gradient 0."""
    import tensorflow as tf

    layer = keras.layers.Conv2D(6, 3, activation="relu")
    x = tf.constant(np.random.default_rng(1).uniform(size=(4, 8, 8, 3)), "float32")
    layer.build(x.shape)
    layer.bias.assign([-99.0] * dead + [1.0] * (6 - dead))
    with tf.GradientTape() as tape:
        out = layer(x)
        loss = tf.reduce_sum(out**2)
    gradient = tape.gradient(loss, layer.kernel.value).numpy()
    without = np.mean(np.abs(gradient).reshape(-1, 6).max(axis=0) == 0)
    assert nb13.dead_share.oracle(out.numpy()) == without == dead / 6


def test_dead_channels_counted_from_the_set_of_those_that_fire():
    for case in nb13.dead_share.cases:
        (x,) = case.args
        fires = {channel for *_, channel in zip(*np.nonzero(x), strict=True)}
        assert nb13.dead_share.oracle(x) == pytest.approx(1 - len(fires) / x.shape[-1])


# --- the choice of a recipe -----------------------------------------------------------------------

RULES = {
    "mean validation": lambda row: np.mean(row["validation"]),
    "mean test": lambda row: np.mean(row["test"]),
    "luckiest test": lambda row: max(row["test"]),
    "luckiest seed": lambda row: max(row["validation"]),
    "training": lambda row: np.mean(row["train"]),
    "seconds": lambda row: -row["seconds"],
    "sum": lambda row: sum(row["validation"]),
    "median": lambda row: np.median(row["validation"]),
    "worst seed": lambda row: min(row["validation"]),
    "first seed": lambda row: row["validation"][0],
    "both parts": lambda row: np.mean(row["validation"]) + np.mean(row["test"]),
}


@pytest.mark.parametrize("seed", range(8))
def test_every_wrong_rule_names_another_recipe(seed):
    for case in nb13.choose_recipe.draw_cases(seed):
        (results,) = case.args
        named = {rule: max(results, key=score)["recipe"] for rule, score in RULES.items()}
        named |= {"first row": results[0]["recipe"], "last row": results[-1]["recipe"]}
        assert len(set(named.values())) == len(named), named
        assert named["mean validation"] == nb13.choose_recipe.oracle(results)


def test_rules_differ_in_the_tables_that_a_reader_sees():
    rules = ["mean validation", "mean test", "luckiest seed", "training", "seconds"]
    for table in (nb13._LONGER_TABLE,):
        named = [max(table, key=RULES[rule])["recipe"] for rule in rules]
        named += [table[0]["recipe"], table[-1]["recipe"]]
        assert len(set(named)) == len(named), named


# --- the probe of `augment` -----------------------------------------------------------------------


def judged(answer):
    verdict = nb13.augment.verdict(answer, time_limit=60)
    return verdict.voice, verdict.misconception and verdict.misconception.key


def test_every_pixel_tells_where_it_is():
    pictures = nb13._telling_pictures(64)
    assert pictures.dtype == np.uint8
    assert len(np.unique(pictures.reshape(-1, 3), axis=0)) == 64 * 32 * 32
    origins = nb13._Origins.of(pictures)
    assert origins.known.all()
    assert (origins.picture == np.arange(64).reshape(-1, 1, 1)).all()
    assert (origins.row == np.arange(32)[:, np.newaxis]).all()
    assert (origins.column == np.arange(32)).all()
    assert not nb13._Origins.of(pictures // 2 * 2 + 1).known.all()
    assert pictures.max(axis=-1).min() > 0  # so that a black edge is taken for no pixel


@given(
    down=st.integers(-5, 5),
    right=st.integers(-5, 5),
    mirrored=st.booleans(),
    upside=st.booleans(),
    mode=st.sampled_from(["constant", "edge", "symmetric", "reflect", "wrap"]),
)
@settings(max_examples=40, deadline=None)
def test_what_was_done_is_found_out(down, right, mirrored, upside, mode):
    pictures = nb13._telling_pictures(4)[::-1]
    changed = pictures[:, :: -1 if upside else 1, :: -1 if mirrored else 1]
    moves = nb13._trace(np.stack([nb13._pushed(each, down, right, mode) for each in changed]))
    assert moves.source.tolist() == [3, 2, 1, 0]
    assert (moves.upside == upside).all() and (moves.mirrored == mirrored).all()
    assert (moves.steps == (down, right)).all()
    rolled = mode == "wrap" and (down, right) != (0, 0)
    assert moves.edge == ("rolled" if rolled else "fine")


def crops(pictures, labels, rng, mode="edge", dtype=np.uint8, order=None):
    """Move and mirror by SciPy's shift, an implementation of its own."""
    from scipy.ndimage import shift

    order = rng.permutation(len(labels)) if order is None else order
    moved = np.zeros(pictures.shape, dtype)
    for place, i in enumerate(order):
        step = (*(int(each) for each in rng.integers(-2, 3, 2)), 0)
        moved[place] = shift(pictures[i], step, order=0, mode=mode)
        if rng.integers(2):
            moved[place] = np.fliplr(moved[place])
    return moved, labels[order]


@pytest.mark.parametrize("mode", ["nearest", "constant", "reflect", "mirror"])
def test_any_way_to_fill_the_edge_is_right(mode):
    assert judged(lambda p, y, rng: crops(p, y, rng, mode)) == (WELL_DONE, None)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("rolled", lambda p, y, rng: crops(p, y, rng, "grid-wrap")),
        ("bytes", lambda p, y, rng: crops(p, y, rng, "nearest", float)),
        ("bytes", lambda p, y, rng: crops(p, y, rng, "nearest", np.int64)),
        ("not shuffled", lambda p, y, rng: crops(p, y, rng, "nearest", order=range(len(y)))),
        ("two orders", lambda p, y, rng: (p[rng.permutation(len(y))], y[rng.permutation(len(y))])),
        ("never mirrored", lambda p, y, rng: (p.copy(), y)),
    ],
)
def test_what_else_is_recognised(key, answer):
    assert judged(answer) == (NOT_YET, key)


def repaired(labels, axis, edge, draws):
    """Return the colleague's function with some of his four bugs repaired."""

    def augment(pictures, given, rng):
        order = rng.permutation(len(given))
        pictures = pictures[order]
        n = len(order) if draws else 1
        flips, steps = rng.random(n) < 0.5, rng.integers(-2, 3, (n, 2))
        turned = pictures[:, :, ::-1] if axis else pictures[:, ::-1]
        pictures = np.where(flips[:, np.newaxis, np.newaxis, np.newaxis], turned, pictures)
        push = nb13._pushed if edge else nb13._rolled
        steps = np.broadcast_to(steps, (len(order), 2)).tolist()
        moved = [push(each, *step) for each, step in zip(pictures, steps, strict=True)]
        return np.stack(moved), given[order] if labels else given

    return augment


@pytest.mark.parametrize("which", list(itertools.product([False, True], repeat=4)))
def test_each_bug_that_is_left_is_told_in_turn_and_the_others_are_counted(which):
    verdict = nb13.augment.verdict(repaired(*which), time_limit=60)
    if all(which):
        assert verdict.voice == WELL_DONE
        return
    keys = ["only pictures", "upside down", "rolled", "one draw"]
    expected = keys[which.index(False)] if any(which) else "colleague"
    assert verdict.misconception.key == expected
    count = ["None", "One", "Two", "Three"][sum(which)]
    assert verdict.details[0].startswith(f"{count} of the four bugs ")


def test_input_that_is_changed_is_seen():
    def in_place(pictures, labels, rng):
        rng.shuffle(labels)
        return pictures, labels

    assert "changes its input `labels`" in nb13.augment.verdict(in_place).headline


# --- what stands in the notebook ------------------------------------------------------------------


def test_the_colleagues_code_in_the_notebook_has_all_four_bugs():
    cells = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (source,) = [each for each in sources if "exercise.augment.check(" in each]
    code, _, check = source.partition("exercise.augment.check(")
    scope = {"np": np}
    exec(code, scope)
    assert judged(scope[check.partition(")")[0]]) == (NOT_YET, "colleague")


# --- mistakes that readers made -------------------------------------------------------------------


def _all_columns(labels, classes, amount):
    rows = np.full((len(labels), classes), amount / classes)
    rows[:, labels] += 1 - amount
    return rows


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        ("one_cycle", lambda i, n, p: p * i / (n / 4) if i < n / 4 else p * (1 - i / n), "jumps"),
        (
            "one_cycle",
            lambda i, n, p: p * (i + 1) / (n / 4) if i < n / 4 else p * (n - i) / (n - n / 4),
            "one step ahead",
        ),
        (
            "one_cycle",
            lambda i, n, p: p * i // (n // 4) if i < n // 4 else p * (n - i) / (n - n // 4),
            "`//`",
        ),
        ("one_cycle", lambda i, n, p: p * 4 / 3 * (1 - i / n), "four thirds of the peak"),
        ("one_cycle", lambda i, n, p: p * 4 * i / n, "nearly four times the peak"),
        ("one_cycle", lambda i, n, p: p * max(4 * i / n, 4 / 3 * (1 - i / n)), "the smaller"),
        ("smooth_labels", _all_columns, "*every* row"),
        ("dead_share", lambda x: np.mean(x.max(axis=(0, 1, 2)) < 0.003), "dead means exactly 0"),
    ],
)
def test_what_is_said_of_a_mistake(exercise, answer, said):
    verdict = getattr(nb13, exercise).verdict(answer)
    assert verdict.voice == NOT_YET
    assert said in verdict.headline


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "mean validation"])
def test_a_wrong_choice_is_shown_on_two_recipes(rule):
    verdict = nb13.choose_recipe.verdict(lambda results: max(results, key=RULES[rule])["recipe"])
    assert verdict.misconception
    assert repr(verdict).count("'recipe'") == 2


# --- what the notebook says of the ablation -------------------------------------------------------


@pytest.fixture(scope="module")
def ablation():
    """Mean accuracy and seconds of each row of the stored ablation."""
    path = NOTEBOOKS.parent / "benchmarks" / "results" / "ablation.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {
        row["name"]: [
            float(np.mean([run[key] for run in row["runs"]])) for key in ("accuracy", "cpu")
        ]
        for row in rows
    }


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("ablation-ladder-after", "The long steps: normalising *before* ReLU"),
        (
            "ablation-ladder-after",
            "pictures cost three points and save a third of the seconds",
        ),
        ("ablation-ladder-after", "In all: eleven points more, a third fewer seconds"),
        ("ablation-after", "turns, scaling and noise only make it harder"),
        ("ablation-after", "*before* normalising fourteen points"),
        ("ablation-after", "after the ReLU eight"),
        ("ablation-after", "Pooling first costs five points on the way up, in the recipe nothing"),
        ("ablation-after", "saves a quarter of its seconds"),
        ("test-after", "about as good as notebook 12's, for less than a third of the seconds"),
    ],
)
def test_the_notebook_says_what_the_tests_below_hold(cell, words):
    notebook = json.loads((NOTEBOOKS / "13_training_cnns_well.ipynb").read_text("utf-8"))
    (text,) = ("".join(each["source"]) for each in notebook["cells"] if each["id"] == cell)
    assert words in text


def test_pooling_first_costs_five_points_where_it_stands_and_none_in_the_recipe(ablation):
    points = 100 * (ablation["before"][0] - ablation["pool_first"][0])
    assert points == pytest.approx(5, abs=1.5)
    assert abs(ablation["sizes"][0] - ablation["pool_last"][0]) < 0.01
    assert ablation["sizes"][1] / ablation["pool_last"][1] == pytest.approx(3 / 4, abs=0.05)


def test_small_pictures_cost_three_points_and_save_a_third_of_the_seconds(ablation):
    points = 100 * (ablation["shifts"][0] - ablation["sizes"][0])
    assert points == pytest.approx(3, abs=1)
    assert ablation["sizes"][1] / ablation["shifts"][1] == pytest.approx(2 / 3, abs=0.06)


def test_normalising_before_relu_the_cycle_and_mirror_images_are_the_long_steps(ablation):
    pairs = [("after", "before"), ("glorot", "cycle"), ("smoothing", "flips")]
    assert all(ablation[b][0] > ablation[a][0] + 0.04 for a, b in pairs)


def test_dropout_costs_fourteen_points_before_normalisation_and_eight_after_relu(ablation):
    recipe, _ = ablation["sizes"]
    assert 100 * (recipe - ablation["dropout"][0]) == pytest.approx(14, abs=1)
    assert 100 * (recipe - ablation["dropout_last"][0]) == pytest.approx(8, abs=1)


def test_all_together_is_eleven_points_for_a_third_fewer_seconds(ablation):
    points = 100 * (ablation["both_ways"][0] - ablation["plain"][0])
    assert points == pytest.approx(11, abs=0.7)
    assert ablation["both_ways"][1] / ablation["plain"][1] == pytest.approx(2 / 3, abs=0.06)


def test_turns_scaling_and_noise_make_it_harder(ablation):
    names = ("rotation", "scaling", "noise")
    assert all(ablation[name][0] < ablation["sizes"][0] - 0.01 for name in names)


def test_the_cut_recipe_is_as_good_as_12s_for_less_than_a_third_of_the_seconds():
    path = NOTEBOOKS.parent / "benchmarks" / "results" / "time_to_accuracy.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["contestants"]
    accuracy, cpu = (
        {name: np.median([run[key] for run in runs[name]["runs"]]) for name in runs}
        for key in ("accuracy", "cpu")
    )
    assert accuracy["cifar10-short"] > accuracy["cifar10-plain"] - 0.005
    assert cpu["cifar10-short"] < cpu["cifar10-plain"] / 3


def test_the_long_steps_are_few(ablation):
    names = list(ablation)[: list(ablation).index("both_ways") + 1]
    steps = [ablation[b][0] - ablation[a][0] for a, b in itertools.pairwise(names)]
    assert 2 <= sum(step > 0.03 for step in steps) <= 4


def test_cures_of_over_fitting_bring_little_in_so_few_epochs(ablation):
    assert ablation["smoothing"][0] < ablation["decay"][0] < ablation["sgd"][0] + 0.01
    assert ablation["he"][0] < ablation["plain"][0] + 0.01
    departures = list(ablation)[list(ablation).index("both_ways") + 1 :]
    assert min(departures, key=lambda name: ablation[name][0]) == "dropout"
