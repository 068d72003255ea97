"""Contestants side by side: what each trains on, what is counted, and what is not run twice."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cnn_mnist, measure, plain_cnn, time_to_accuracy, well_trained
from course_utils import datasets

SOURCES = {
    "cifar10": datasets.Source("altered", "pictures", "a" * 64, False),
    "mnist": datasets.Source("mnist", "digits", "b" * 64, True),
}


@pytest.fixture(scope="module")
def data():
    return small(datasets.load_cifar10(source="stand-in"))


def small(data, train=120, val=30, test=40):
    return replace(
        data,
        x_train=data.x_train[:train],
        y_train=data.y_train[:train],
        x_val=data.x_val[:val],
        y_val=data.y_val[:val],
        x_test=data.x_test[:test],
        y_test=data.y_test[:test],
    )


def test_validation_pictures_go_back_to_the_training_part(data):
    whole = time_to_accuracy.without_validation(data)
    assert len(whole.x_train) == len(whole.y_train) == 150
    np.testing.assert_array_equal(whole.x_train[-1], data.x_val[-1])
    assert whole.y_train[-1] == data.y_val[-1]
    assert whole.x_val.shape == (0, 32, 32, 3)
    assert whole.x_test is data.x_test


def test_the_tutorial_is_the_network_described(data):
    """Its parameters, counted by hand."""
    pytest.importorskip("keras")
    found = time_to_accuracy.tutorial(data, seed=0, epochs=1)
    convolutions = (3 * 9 + 1) * 32 + (32 * 9 + 1) * 64 + (64 * 9 + 1) * 64
    dense = (4 * 4 * 64 + 1) * 64 + (64 + 1) * 10
    assert found["parameters"] == convolutions + dense == 122_570
    assert 0 <= found["accuracy"] <= 1 and found["cpu"] > 0


def test_the_dense_network_of_12_trains_without_validation(data):
    pytest.importorskip("keras")
    found = plain_cnn.dense_recipe(time_to_accuracy.without_validation(data), seed=0)
    assert found["parameters"] == (32 * 32 * 3 + 1) * 256 + 257 * 10


def test_reading_both_ways_is_counted_and_done_in_the_size_of_the_last_epoch(data, monkeypatch):
    pytest.importorskip("keras")
    sizes, original = [], well_trained.in_size

    def spy(pictures, size, notebook):
        sizes.append(size)
        return original(pictures, size, notebook)

    monkeypatch.setattr(well_trained, "in_size", spy)
    found = well_trained.well_recipe(data, seed=0, sizes=(16,), channels=(4, 8))
    assert sizes == [16]
    assert time_to_accuracy.with_reading(found)["cpu"] == found["cpu"] + found["reading"]
    assert found["reading"] > 0 and found["cpu"] > 0
    assert found["parameters"] == 3 * 9 * 4 + 4 * 9 * 8 + 4 * (4 + 8) + 9 * 10


def test_shuffled_labels_leave_the_data_alone(data):
    pytest.importorskip("keras")
    before = data.y_train.copy()
    well_trained.well_recipe(data, 0, shuffled_labels=True, sizes=(16,), channels=(2,))
    np.testing.assert_array_equal(data.y_train, before)


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Return a fake run that records what it was asked for."""
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    asked = []

    def one_run(name, seed):
        asked.append((name, seed))
        cpu = 200.0 if name.endswith(("tutorial", "example")) else 50.0
        figures = {"accuracy": 0.7 + seed / 100, "cpu": cpu, "wall": 150.0, "peak": 1.25}
        moved = {"moved": [figures["accuracy"], *[0.5] * 6]} if name.startswith("mnist") else {}
        return {**figures, **moved, "parameters": 1000}

    one_run.asked = asked
    return one_run


def test_turn_by_turn_and_never_twice(runs):
    everything = time_to_accuracy.contestants()
    results = time_to_accuracy.all_runs(runs, SOURCES)
    assert runs.asked == [(name, seed) for seed in (0, 1, 2) for name in everything]
    runs.asked.clear()
    assert time_to_accuracy.all_runs(runs, SOURCES) == results
    assert runs.asked == []


def test_only_some_and_then_the_rest(runs):
    time_to_accuracy.all_runs(runs, SOURCES, ["cifar10-tutorial"])
    assert runs.asked == [("cifar10-tutorial", seed) for seed in (0, 1, 2)]
    time_to_accuracy.all_runs(runs, SOURCES)
    assert len(runs.asked) == len(set(runs.asked)) == 3 * len(time_to_accuracy.contestants())


def test_another_recipe_is_measured_anew_the_others_are_kept(runs, monkeypatch):
    time_to_accuracy.all_runs(runs, SOURCES)
    runs.asked.clear()
    monkeypatch.setattr(well_trained, "SHORT", (16, 16))
    time_to_accuracy.all_runs(runs, SOURCES)
    assert runs.asked == [("cifar10-short", seed) for seed in (0, 1, 2)]


def test_an_interrupted_benchmark_keeps_what_it_has(runs, tmp_path):
    def interrupted(name, seed):
        if len(runs.asked) == 4:
            raise KeyboardInterrupt
        return runs(name, seed)

    with pytest.raises(KeyboardInterrupt):
        time_to_accuracy.all_runs(interrupted, SOURCES)
    stored = json.loads((tmp_path / "time_to_accuracy.json").read_text(encoding="utf-8"))
    assert sum(len(each["runs"]) for each in stored["contestants"].values()) == 4


def test_both_tables_say_the_copy_and_the_ratio(runs):
    text = time_to_accuracy.as_markdown(time_to_accuracy.all_runs(runs, SOURCES))
    for names, _, title in time_to_accuracy.PARTS.values():
        assert f"## {title}" in text
        for label in names.values():
            assert f"| {label} | 1000 | 0.7100 (0.7000–0.7200) |" in text
    assert "pictures; aaaaaaaaaaaa" in text and "digits; bbbbbbbbbbbb" in text
    assert text.count("| 1.00 |") == 2 and "| 0.25 |" in text
    for label in cnn_mnist.NAMES.values():
        assert f"| {label} | 0.710 | 0.500 |" in text, "the shifted digits"


def test_a_table_without_its_reference_has_no_ratio(runs):
    text = time_to_accuracy.as_markdown(
        time_to_accuracy.all_runs(runs, SOURCES, ["cifar10-well", "cifar10-short"])
    )
    assert text.count("| – |") == 2 and "## MNIST" not in text


def test_each_contestant_has_settings_that_json_can_hold():
    for name in time_to_accuracy.contestants():
        assert json.dumps(time_to_accuracy.settings(name))
    assert time_to_accuracy.settings("cifar10-well")["sizes"][-1] == 32


def test_an_unknown_contestant_is_refused(capsys):
    with pytest.raises(SystemExit):
        time_to_accuracy.main(["--only", "nobody"])
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("loads", "words"), [([None], "depend on"), ([2.2, 17.6, None], "2 to 18 threads")]
)
def test_the_table_says_what_else_ran(loads, words):
    assert words in measure.at_work([{"load": load} for load in loads])
