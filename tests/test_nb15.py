"""Notebook 15: its functions, its exercises against Keras, and what it says of stored results."""

import inspect
import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import transfer
from benchmarks.from_notebook import NOTEBOOKS, definitions
from benchmarks.measure import RESULTS
from course_utils import backbones, datasets, measured
from course_utils.checks import NOT_YET, WELL_DONE
from course_utils.environment import quiet_import
from course_utils.exercises import nb15

NAME = "15_transfer_learning.ipynb"


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def the(keras):
    """The notebook's functions."""
    return transfer.notebook(keras)


@pytest.fixture(scope="module")
def cells():
    """The sources of the notebook's cells by their ids."""
    found = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in found}


# --- the notebook's functions ---------------------------------------------------------------------


def test_labels_are_numbered_anew(the):
    labels = np.array([9, 0, 3, 7, 9, 5])
    pictures = np.arange(6)
    kept, numbers = the.only(pictures, labels, (0, 5, 7, 9))
    assert kept.tolist() == [0, 1, 3, 4, 5]
    assert [(0, 5, 7, 9)[number] for number in numbers] == labels[kept].tolist()


@pytest.mark.parametrize("count", [1, 5, 12])
def test_few_examples_are_balanced_different_and_mirrored(the, count):
    labels = np.repeat(np.arange(4), 12)
    pictures = np.zeros((48, 2, 3, 1), int)
    pictures[:, :, 0, 0], pictures[:, :, 2, 0] = np.arange(48)[:, np.newaxis], 100
    few, known = the.few_examples(pictures, labels, count, seed=1)
    half = len(few) // 2
    assert half == 4 * count and np.bincount(known[:half]).tolist() == [count] * 4
    names = few[:half, 0, 0, 0]
    assert len(set(names)) == half and (labels[names] == known[:half]).all()
    np.testing.assert_array_equal(few[half:], few[:half, :, ::-1])
    np.testing.assert_array_equal(known[half:], known[:half])
    again, _ = the.few_examples(pictures, labels, count, seed=1)
    np.testing.assert_array_equal(again, few)


def test_the_groups_are_those_of_notebook_13(keras, the):
    theirs = definitions("13_training_cnns_well.ipynb", ["group"], keras=keras).group
    ours = [(type(layer), layer.get_config()) for layer in the.group(8)]
    for (kind, config), layer in zip(ours, theirs(8), strict=True):
        other = layer.get_config()
        assert kind is type(layer)
        assert {**config, "name": ""} == {**other, "name": ""}


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_features_are_the_means_of_the_channels(keras, the, groups):
    network = the.build_cnn(6, 4, 5, 7)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("float32")
    x = pictures
    for layer in network.layers[: 4 * groups + 1]:
        x = layer(x)
    assert isinstance(layer, keras.layers.ReLU)
    features = the.features_of(network, groups)
    np.testing.assert_allclose(features(pictures), np.mean(x, axis=(1, 2)), atol=1e-5)
    if groups == 3:
        np.testing.assert_allclose(
            network(pictures), network.layers[-1](features(pictures)), atol=1e-5
        )


def test_pretraining_mirrors_every_other_epoch(keras, the):
    shown = []

    class Watched:
        def compile(self, **settings):
            rate = settings["optimizer"].learning_rate
            assert float(rate) == 0.0  # before the first step

        def fit(self, pictures, labels, **_):
            shown.append(pictures.copy())
            return SimpleNamespace(history={"loss": [1.0], "accuracy": [0.5]})

    pictures = np.arange(2 * 3 * 4).reshape(2, 3, 4, 1)
    curves = the.pretrain(Watched(), pictures, np.array([0, 1]), epochs=4)
    assert curves == {"loss": [1.0] * 4, "accuracy": [0.5] * 4}
    for epoch, seen in enumerate(shown):
        expected = np.flip(pictures, axis=2) if epoch % 2 else pictures
        np.testing.assert_array_equal(seen, expected)


def trained_a_little(keras, the, prepare):
    """Fine-tune in small; return by how much notes, γ and kernels of the first group moved."""
    base = the.build_cnn(6, 4, 5, 7)
    features = the.features_of(base)
    model = prepare(features)
    _, convolution, _, norm = base.layers[:4]
    before = [
        np.asarray(weight).copy() for weight in (norm.moving_mean, norm.gamma, convolution.kernel)
    ]
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
    the.train(model, pictures, np.arange(40) % 4, rate=0.01, epochs=2)
    after = [np.asarray(weight) for weight in (norm.moving_mean, norm.gamma, convolution.kernel)]
    return [np.abs(a - b).max() for a, b in zip(after, before, strict=True)]


def test_thawed_kernels_learn_and_notes_stay(keras, the):
    def prepare(features):
        features.trainable = False
        the.thaw(features)
        return keras.Sequential([features, keras.layers.Dense(4, activation="softmax")])

    notes, gamma, kernel = trained_a_little(keras, the, prepare)
    assert notes == gamma == 0 and kernel > 0


def test_what_the_presenter_is_told_of_training_false(keras, the, cells):
    """`fit` overrules it. Where a later Keras no longer does, the sentence has to go."""

    def prepare(features):
        picture = keras.Input((32, 32, 3))
        answer = keras.layers.Dense(4, activation="softmax")
        return keras.Model(picture, answer(features(picture, training=False)))

    assert "In Keras 3.15 that is not enough" in cells["notes-ways"]
    notes, _, _ = trained_a_little(keras, the, prepare)
    assert notes > 0 or not keras.__version__.startswith("3.15")


# --- the exercises --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_depthwise_counts_are_those_of_keras(keras, seed):
    for case in (*nb15.depthwise.fixed_cases, *nb15.depthwise.draw_cases(seed)):
        height, width, side, inputs, outputs = case.args
        network = keras.Sequential(
            [
                keras.Input((height, width, inputs)),
                keras.layers.DepthwiseConv2D(side, padding="same", use_bias=False),
                keras.layers.Conv2D(outputs, 1, use_bias=False),
            ]
        )
        expected = (network.count_params(), backbones.multiplications(network))
        assert tuple(nb15.depthwise.oracle(*case.args)) == expected


def judged(answer):
    verdict = nb15.reuse.verdict(answer, time_limit=60)
    return verdict.voice, verdict.misconception and verdict.misconception.key


def test_a_network_with_the_right_numbers_by_chance_is_not_enough(keras):
    """All that counts is right, but the features come from elsewhere."""

    def sly(old, classes):
        other = nb15._old_network(99)
        return nb15.my_reuse(other, classes)

    assert judged(sly) == (NOT_YET, "other features")


def test_constant_answers_are_refused(keras):
    def constant(old, classes):
        picture = keras.Input(old.input_shape[1:])
        flat = keras.layers.GlobalAveragePooling2D()(picture)
        zero = keras.layers.Dense(classes, kernel_initializer="zeros", activation="softmax")
        return keras.Model(picture, zero(flat))

    assert judged(constant)[0] == NOT_YET


@pytest.mark.parametrize("answer", [lambda old, classes: 3, lambda old, classes: np.ones((7, 4))])
def test_what_is_no_model_is_refused(keras, answer):
    assert judged(answer)[0] == NOT_YET


def test_weights_that_are_changed_on_the_way_are_seen(keras):
    def spoils(old, classes):
        model = nb15.my_reuse(old, classes)
        old.layers[-1].set_weights([0 * array for array in old.layers[-1].get_weights()])
        return model

    assert "`old` have changed" in nb15.reuse.verdict(spoils, time_limit=60).headline


def test_one_that_is_frozen_layer_by_layer_is_right(keras):
    def by_layers(old, classes):
        features = keras.Sequential(old.layers[:-1])
        for layer in features.layers:
            layer.trainable = False
        return keras.Sequential([*features.layers, keras.layers.Dense(classes, "softmax")])

    assert judged(by_layers) == (WELL_DONE, None)


def head_of(keras, activation, **settings):
    """Return an answer whose new layer has these settings: for example large first weights."""

    def answer(old, classes):
        features = keras.Model(old.inputs[0], old.layers[-2].output)
        features.trainable = False
        layer = keras.layers.Dense(classes, activation=activation, **settings)
        return keras.Sequential([features, layer])

    return answer


@pytest.mark.parametrize("seed", range(3))
def test_saturated_answers_are_told_apart(keras, seed):
    """Where all probabilities are 0 or 1, softmax and sigmoid say the same: that judges nobody."""
    large = keras.initializers.RandomNormal(stddev=1000, seed=seed)
    for settings in ({}, {"use_bias": False}):
        right = head_of(keras, "softmax", kernel_initializer=large, **settings)
        assert judged(right) == (WELL_DONE, None)
        wrong = head_of(keras, "sigmoid", kernel_initializer=large, **settings)
        assert judged(wrong) == (NOT_YET, "sigmoid")


def test_an_old_network_that_lost_its_layer_is_told_so(keras):
    def tutorial(old, classes):
        old.pop()
        old.trainable = False
        old.add(keras.layers.Dense(classes, activation="softmax"))
        return old

    def around_it(old, classes):
        old.pop()
        old.trainable = False
        return keras.Sequential([old, keras.layers.Dense(classes, activation="softmax")])

    assert judged(tutorial) == judged(around_it) == (NOT_YET, "old changed")


def test_a_cut_in_the_wrong_place_comes_before_freezing(keras):
    def stacked(old, classes):
        return keras.Sequential([old, keras.layers.Dense(classes, activation="softmax")])

    assert judged(stacked) == (NOT_YET, "on the old answers")


def test_the_outer_switch_wins_and_the_reader_hears_of_it(keras):
    def thawed_inside(old, classes):
        model = nb15.my_reuse(old, classes)
        model.trainable = False
        model.layers[-1].trainable = True
        return model

    assert judged(thawed_inside) == (NOT_YET, "all frozen")
    assert "outer" in nb15.reuse.verdict(thawed_inside, time_limit=60).headline


def test_people_are_drawn_with_equal_chances():
    def by_pictures(person, share, rng):
        people = list(dict.fromkeys(rng.permutation(person).tolist()))
        chosen = people[: max(1, round(share * len(people)))]
        return np.flatnonzero(~np.isin(person, chosen)), np.flatnonzero(np.isin(person, chosen))

    verdict = nb15.split_by_person.verdict(by_pictures)
    assert (verdict.voice, verdict.misconception.key) == (NOT_YET, "unequal")


def test_chances_that_grow_with_the_place_are_seen():
    """Neither the large nor the small people are preferred, but the later ones."""

    def later(person, share, rng):
        people = np.unique(person)
        weights = np.arange(1, len(people) + 1) ** 0.8
        count = max(1, round(share * len(people)))
        chosen = rng.choice(people, count, replace=False, p=weights / weights.sum())
        return np.flatnonzero(~np.isin(person, chosen)), np.flatnonzero(np.isin(person, chosen))

    verdict = nb15.split_by_person.verdict(later)
    assert (verdict.voice, verdict.misconception.key) == (NOT_YET, "chances")


@pytest.mark.parametrize("seed", range(40))
def test_equal_chances_pass_whatever_the_generator_does(seed):
    def right(person, share, rng):
        mine = np.random.default_rng([seed, int(rng.integers(2**60))])
        return nb15.my_split_by_person(person, share, mine)

    assert nb15._probe_split(right) is None


def test_a_coin_for_each_person_is_not_called_a_repeated_draw():
    def coins(person, share, rng):
        people = np.unique(person)
        chosen = people[rng.random(len(people)) < share]
        return np.flatnonzero(~np.isin(person, chosen)), np.flatnonzero(np.isin(person, chosen))

    verdict = nb15.split_by_person.verdict(coins)
    assert (verdict.voice, verdict.misconception.key) == (NOT_YET, "coins")


def test_a_list_of_both_parts_is_told_to_be_a_tuple():
    def listed(person, share, rng):
        return list(nb15.my_split_by_person(person, share, rng))

    verdict = nb15.split_by_person.verdict(listed)
    assert (verdict.voice, verdict.misconception.key) == (NOT_YET, "list")
    assert "tuple" in verdict.headline


def test_weights_frozen_one_by_one_are_not_called_random(keras):
    def by_weights(old, classes):
        features = keras.Model(old.inputs[0], old.layers[-2].output)
        for weight in features.weights:
            weight.trainable = False
        return keras.Sequential([features, keras.layers.Dense(classes, activation="softmax")])

    assert judged(by_weights) == (NOT_YET, "batch statistics")
    headline = nb15.reuse.verdict(by_weights, time_limit=60).headline
    assert "random" not in headline and "notes" in headline


def test_who_reuses_a_network_hears_that_its_layers_are_shared(keras):
    old = nb15._old_network()
    nb15.my_reuse(old, 4)
    assert not any(layer.trainable for layer in old.layers[:-1])
    assert "shares its layers with `old`" in nb15.reuse.well_done


def test_of_a_zero_point_cut_off_it_is_not_said_that_0_moves():
    def cut_off(values, low, high):
        scale = (high - low) / 255
        whole = np.round(values / scale) + int(-128 - low / scale)
        return np.clip(whole, -128, 127).astype(np.int8)

    sentence = nb15.quantise.verdict(cut_off).misconception.sentence
    assert "0 still comes back as 0" in sentence and "low" in sentence
    scale, zero_point = 1.42 / 255, int(-128 + 0.5 / (1.42 / 255))
    q = cut_off(np.array([0.0]), -0.5, 0.92)
    assert (float(q[0]) - zero_point) * scale == 0


@pytest.mark.parametrize("rounded", [math.floor, math.ceil, int])
def test_a_zero_point_that_is_not_rounded_gets_a_hint(rounded):
    def answer(values, low, high):
        scale = (high - low) / 255
        whole = np.round(values / scale) + rounded(-128 - low / scale)
        return np.clip(whole, -128, 127).astype(np.int8)

    verdict = nb15.quantise.verdict(answer)
    assert verdict.voice == NOT_YET and "zero point" in verdict.misconception.sentence


@pytest.mark.parametrize(
    "answer",
    [
        lambda h, w, k, i, o: (9 * i + i * o, h * w * (9 * i + i * o)),
        lambda h, w, k, i, o: (k * k * i + i * o, 2 * h * w * (k * k * i + i * o)),
    ],
)
def test_counts_that_are_off_by_a_habit_get_a_hint(answer):
    verdict = nb15.depthwise.verdict(answer)
    assert verdict.voice == NOT_YET and verdict.misconception is not None


# --- the benchmark --------------------------------------------------------------------------------


def test_a_draw_goes_through_all_ways(monkeypatch, keras):
    """In small, on the stand-in: as many results as there should be, and shares of pictures."""
    monkeypatch.setattr(
        transfer, "RECIPES", {way: {"rate": 0.001, "epochs": 1} for way in transfer.WAYS}
    )
    data = datasets.load_cifar10(source="stand-in", limit=500)
    found = transfer.one_draw(data, 0, counts=(5, 20), part="val")
    labels = [(row["way"], row["count"], row["groups"]) for row in found["found"]]
    assert sorted(labels) == sorted(
        [(way, count, 2 if way == "small" else 3) for way in transfer.WAYS for count in (5, 20)]
        + [("frozen", 20, 1), ("frozen", 20, 2)]
    )
    assert all(0 <= row["accuracy"] <= 1 for row in found["found"])


@pytest.fixture(scope="module")
def stored():
    return measured.load("transfer")


def test_stored_results_are_of_todays_notebook(stored):
    assert "re-encoded" in stored["data"] or "the original" in stored["data"]
    assert stored["digest"] == transfer.mark(stored["content"])
    assert stored["recipes"] == transfer.RECIPES
    table = (RESULTS / "transfer.md").read_text(encoding="utf-8")
    assert table.rstrip() == transfer.as_markdown(stored).rstrip()


def test_every_draw_has_every_way(stored):
    assert [run["draw"] for run in stored["runs"]] == list(transfer.DRAWS)
    for way in transfer.WAYS:
        for count in transfer.COUNTS:
            groups = 2 if way == "small" else 3
            assert len(transfer.accuracies(stored, way, count, groups)) == len(transfer.DRAWS)


@pytest.mark.parametrize("way", ["frozen", "tuned"])
def test_with_twenty_examples_transfer_beats_scratch_by_five_points(stored, way):
    assert np.median(transfer.points(stored, way, 20)) >= 5


def test_the_notebook_trains_by_the_recipes_of_the_benchmark(cells):
    calls = {"scratch": "scratch", "frozen": "frozen", "tuned": "tuned"}
    for way, cell in calls.items():
        rate, epochs = re.search(r"rate=([\d.]+), epochs=(\d+)\)", cells[cell]).groups()
        recipe = transfer.RECIPES[way]
        assert (float(rate), int(epochs)) == (recipe["rate"], recipe["epochs"]), way
    assert f"OLD, NEW = {transfer.OLD}, {transfer.NEW}" in cells["load"]
    assert f"build_cnn(6, {', '.join(map(str, transfer.CHANNELS))})" in cells["pretrain"]


def test_what_is_counted_in_prose(keras, cells, the):
    base = the.build_cnn(6, *transfer.CHANNELS)
    assert "Our base has 16 layers, its input counted" in cells["backbones-count-before"]
    assert len(base.layers) + 1 == len(keras.Model(base.inputs, base.outputs).layers) == 16
    four = the.build_cnn(4, *transfer.CHANNELS).count_params()
    assert "nearly two hundred times" in cells["frozen-before"]
    assert 180 <= four / 516 < 200
    assert "4500 pictures of every class" in cells["idea"]
    assert "After two epochs two thirds would come from eighty pictures" in cells["tuned-how"]
    assert math.isclose(1 - 0.9**10, 2 / 3, abs_tol=0.02)
    epochs = transfer.RECIPES["tuned"]["epochs"]
    assert "Below we train for six" in cells["tuned-notes"] and epochs == 6
    assert "(0.9³⁰ = 0.04 is left)" in cells["tuned-how"] and round(0.9 ** (5 * epochs), 2) == 0.04


def test_backbones_are_a_tenth(keras, cells):
    small, large = (backbones.build(name, 224) for name in ("mobilenet_v2", "resnet50"))
    assert "A tenth of the parameters and less than a tenth" in cells["backbones-count-after"]
    assert small.count_params() / large.count_params() == pytest.approx(0.1, abs=0.01)
    assert backbones.multiplications(small) < backbones.multiplications(large) / 10


def test_signatures_that_the_text_relies_on(the):
    assert list(inspect.signature(the.train).parameters) == [
        "model",
        "pictures",
        "labels",
        "rate",
        "epochs",
    ]


def median(stored, way, count, groups=3):
    return float(np.median(transfer.accuracies(stored, way, count, groups)))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("draws-after", "even the worst draw of the reused base is far above the best from"),
        ("draws-after", "as large with twenty as with five, about twelve points, and smaller with"),
        ("draws-after", "Frozen and fine-tuned are level, their bars overlap everywhere"),
        (
            "draws-after",
            "The smaller network's medians are lower, but with 5 and 20 its bars overlap the large",
        ),
        (
            "draws-after",
            "base and starts are drawn anew, too), and the smaller network with fifty",
        ),
        ("draws-after", "The bars of the reused base and those from scratch overlap nowhere."),
        ("tuned-after", "of the rates tried (0.001, 0.0003, 0.0001) the smallest did best"),
        (
            "layers-after",
            "alone doubles guessing; each further one adds about eleven points",
        ),
        ("layers-after", "two do about as well as the network from scratch"),
        ("layers-after", "rate and epochs were chosen for three groups"),
        ("recap", "each further one added about eleven points"),
        ("pause", "all five draws put that ahead of a training from scratch"),
    ],
)
def test_the_notebook_says_what_the_tests_below_hold(cells, cell, words):
    assert words in cells[cell]


def test_with_twenty_the_bars_are_far_apart(stored):
    for way in ("frozen", "tuned"):
        worst = min(transfer.accuracies(stored, way, 20, 3))
        assert worst > max(transfer.accuracies(stored, "scratch", 20, 3)) + 0.04
        assert min(transfer.points(stored, way, 20)) > 0


def test_the_lead_shrinks_with_fifty(stored):
    for way in ("frozen", "tuned"):
        five, twenty, fifty = (np.median(transfer.points(stored, way, n)) for n in (5, 20, 50))
        assert min(five, twenty) > fifty + 2
        assert five == pytest.approx(12, abs=0.6) and twenty == pytest.approx(12, abs=0.6)


@pytest.mark.parametrize("count", transfer.COUNTS)
def test_frozen_and_fine_tuned_are_level_and_medians_of_small_are_lower(stored, count):
    assert abs(median(stored, "frozen", count) - median(stored, "tuned", count)) < 0.015
    assert median(stored, "small", count, 2) < median(stored, "scratch", count) - 0.02


def bars_overlap(stored, one, other, count):
    a, b = (transfer.accuracies(stored, way, count, groups) for way, groups in (one, other))
    return min(a) <= max(b) and min(b) <= max(a)


def test_which_bars_overlap(stored):
    for count in transfer.COUNTS:
        assert bars_overlap(stored, ("frozen", 3), ("tuned", 3), count)
        for reused in (("frozen", 3), ("tuned", 3)):
            assert not bars_overlap(stored, reused, ("scratch", 3), count)
            assert not bars_overlap(stored, reused, ("small", 2), count)
        small = bars_overlap(stored, ("scratch", 3), ("small", 2), count)
        assert small == (count in (5, 20))


def test_the_smaller_network_has_no_recipe_of_its_own(stored):
    assert "small" not in stored["tried"]
    assert stored["recipes"]["small"] == stored["recipes"]["scratch"]


def test_the_rate_of_the_tuning_is_the_smallest_tried(stored):
    tried = [float(number) for number in re.findall(r"0\.\d+", stored["tried"]["tuned"])]
    assert sorted(tried) == [0.0001, 0.0003, 0.001]
    assert stored["recipes"]["tuned"]["rate"] == min(tried)


def test_which_bars_are_long(stored):
    groups = {"scratch": 3, "small": 2, "frozen": 3, "tuned": 3}
    long = {
        (way, count)
        for way in transfer.WAYS
        for count in transfer.COUNTS
        if np.ptp(transfer.accuracies(stored, way, count, groups[way])) > 0.08
    }
    assert long == {*((way, 5) for way in transfer.WAYS), ("small", 50)}


def test_each_group_adds_about_eleven_points(stored):
    one, two, three = (median(stored, "frozen", 20, groups) for groups in (1, 2, 3))
    assert one == pytest.approx(2 * 0.25, abs=0.05)
    assert 100 * (two - one) == pytest.approx(11, abs=1)
    assert 100 * (three - two) == pytest.approx(11, abs=1)
    assert abs(two - median(stored, "scratch", 20)) < 0.03


def test_range_of_the_baseline_with_other_people():
    """As the notebook quotes it, of other people than its own."""
    (row,) = (row for row in measured.load("pose_split")["rows"] if row["name"] == "linear")
    reached = [run["accuracy"] for run in row["runs"]]
    assert len(reached) == 3 and 0 not in [run["seed"] for run in row["runs"]]
    quoted = f"it had {min(reached):.2f} to {max(reached):.2f}"
    notebook = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))
    (cell,) = (each for each in notebook["cells"] if each["id"] == "poses-baseline-after")
    assert quoted in "".join(cell["source"])
