"""The ablation changes one thing at a time, and its whole recipe is the notebook's."""

import itertools
import json
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import ablation, measure, well_trained
from course_utils import datasets

SIZES = (16, 24)


def differences(one: ablation.Settings, other: ablation.Settings) -> set[str]:
    a, b = asdict(one), asdict(other)
    return {name for name in a if a[name] != b[name]}


@pytest.fixture(scope="module")
def data():
    whole = datasets.load_cifar10(source="stand-in")
    return SimpleNamespace(
        x_train=whole.x_train[:160],
        y_train=whole.y_train[:160],
        x_val=whole.x_val[:50],
        y_val=whole.y_val[:50],
    )


@pytest.fixture
def keras():
    return pytest.importorskip("keras")


def test_the_whole_recipe_is_the_notebooks_own(data, keras):
    """Same weights after two epochs, to the last bit."""
    settings = replace(ablation.whole_recipe(), sizes=SIZES, channels=(4, 8))
    notebook = well_trained.functions(keras)
    predictions = []
    for parts in ("ours", "theirs"):
        keras.utils.set_random_seed(5)
        model, functions = (
            ablation.assemble(settings, keras)
            if parts == "ours"
            else (notebook.build_cnn(4, 8), notebook)
        )
        functions.train_well(model, (data.x_train, data.y_train), sizes=SIZES, seed=5, show=None)
        predictions.append(model.predict(data.x_val, verbose=0))
        optimiser = model.optimizer.get_config()
    np.testing.assert_array_equal(*predictions)
    assert optimiser["weight_decay"] == pytest.approx(settings.weight_decay)


def test_each_row_of_the_build_up_changes_one_thing_and_the_last_is_the_recipe():
    rows = ablation.build_up()
    for before, after in itertools.pairwise(rows[:-1]):
        changed = differences(before.settings, after.settings)
        assert len(changed - {"peak"}) == 1, (after.name, changed)  # each optimiser has its own
    assert rows[-1].settings == rows[-2].settings == ablation.whole_recipe()
    assert [row.both_ways for row in rows] == [False] * (len(rows) - 1) + [True]


def test_each_departure_changes_one_thing():
    for row in ablation.departures():
        assert len(differences(row.settings, ablation.whole_recipe())) == 1, row.name


def test_the_aside_only_moves_the_dropout(keras):
    (moved,) = ablation.asides()
    (row,) = (row for row in ablation.departures() if row.name == "dropout")
    assert differences(moved.settings, row.settings) == {"order"}
    group = ablation.group_of(row.settings, keras)(4), ablation.group_of(moved.settings, keras)(4)
    names = [[type(layer).__name__ for layer in layers] for layers in group]
    rest = ["BatchNormalization", "ReLU"]
    assert names[0] == ["Conv2D", "MaxPooling2D", "Dropout", *rest]
    assert names[1] == ["Conv2D", "MaxPooling2D", *rest, "Dropout"]


def test_names_and_digests_are_all_different():
    rows = ablation.table()
    kept = ablation.stored({}, rows, "data")
    assert len({row["name"] for row in kept}) == len({row["digest"] for row in kept}) == len(rows)


@pytest.mark.parametrize("row", ablation.table(), ids=lambda row: row.name)
def test_each_row_builds_what_it_says(row, keras):
    model, _ = ablation.assemble(row.settings, keras)
    kinds = [type(layer).__name__ for layer in model.layers]
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    normalised = "normalise" in row.settings.order
    assert kinds.count("Conv2D") == len(row.settings.channels)
    assert kinds.count("BatchNormalization") == len(row.settings.channels) * normalised
    assert kinds.count("Dropout") == len(row.settings.channels) * bool(row.settings.dropout)
    end = {"max": "GlobalMaxPooling2D", "average": "GlobalAveragePooling2D"}[row.settings.end]
    assert kinds[-2:] == [end, "Dense"]
    if normalised:
        relu_first = kinds.index("ReLU") < kinds.index("BatchNormalization")
        assert first.use_bias == relu_first == (row.name == "after")


def test_the_start_has_the_deviation_asked_for(keras):
    """Each layer draws its own weights."""
    model, _ = ablation.assemble(ablation.build_up()[0].settings, keras)
    weights = [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")][:4]
    for each in weights:
        assert each.std() == pytest.approx(0.05, rel=0.1)
    assert not np.array_equal(weights[2].ravel()[:100], weights[3].ravel()[:100])


@pytest.mark.parametrize("angle", [0.0, 90.0])
def test_turning_and_scaling_know_the_middle(angle):
    picture = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype="uint8")
    fixed = SimpleNamespace(
        uniform=lambda low, high, count: (
            np.full(count, high if high > 1 else 1.0) if high else np.zeros(count)
        )
    )
    turned = ablation.turned_and_scaled(picture, angle, 0.0, fixed)
    quarter = [np.rot90(picture, turns, axes=(1, 2)) for turns in ((0,) if not angle else (1, 3))]
    assert any(np.array_equal(turned, each) for each in quarter)


def test_scaling_by_two_shows_the_middle_larger():
    picture = np.zeros((1, 8, 8, 3), dtype="uint8")
    picture[:, 3:5, 3:5] = 200
    fixed = SimpleNamespace(uniform=lambda low, high, count: np.full(count, 2.0 * (low > 0)))
    larger = ablation.turned_and_scaled(picture, 0.0, 0.5, fixed)
    assert 10 < (larger[0, :, :, 0] > 100).sum() <= 16
    np.testing.assert_array_equal(larger, larger[:, ::-1, ::-1])


@pytest.mark.parametrize("name", ["rotation", "scaling", "noise"])
def test_a_distortion_leaves_a_picture_near_itself(name):
    rng = np.random.default_rng(1)
    pictures = np.broadcast_to(
        np.linspace(20, 230, 32, dtype="uint8")[:, None, None], (3, 32, 32, 3)
    )
    row = {row.name: row for row in ablation.departures()}[name]
    move = ablation.move_of(row.settings, well_trained.functions().shift_and_flip)
    moved = move(pictures, 0, np.zeros(3, dtype=bool), rng)
    assert moved.dtype == np.uint8 and moved.shape == pictures.shape
    away = np.abs(moved.astype(int) - pictures).mean(axis=(1, 2, 3))
    assert (away > 0).all() and (away < 25).all()
    assert len(set(away)) == 3  # each in its own way


def test_no_picture_is_mirrored_where_flips_are_off():
    pictures = np.random.default_rng(2).integers(0, 256, (4, 32, 32, 3), dtype="uint8")
    move = ablation.move_of(
        ablation.build_up()[0].settings, well_trained.functions().shift_and_flip
    )
    same = move(pictures, 0, np.ones(4, dtype=bool), np.random.default_rng(0))
    np.testing.assert_array_equal(same, pictures)


def test_sizes_are_stretched_to_the_epochs():
    assert ablation.stretched((16, 24, 32), 6) == (16, 16, 24, 24, 32, 32)
    assert ablation.stretched((16, 16, 24, 32), 2) == (16, 24)
    assert len(ablation.whole_recipe().sizes) == ablation.EPOCHS


def test_one_run_on_tiny_data(data, monkeypatch):
    monkeypatch.setattr(ablation, "PICTURES", 64)
    row = {row.name: row for row in ablation.table()}["average"]
    settings = replace(row.settings, sizes=SIZES, channels=(4, 8), rotation=5.0, noise=3.0)
    found = ablation.train_once(data, settings, seed=0)
    assert 0 <= found["accuracy"] <= 1 and 0 <= found["both_ways"] <= 1
    assert found["cpu"] > 0


SOURCE = datasets.Source("stand-in", "the stand-in", "0" * 64, True)


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Return a fake run that records what it was asked for."""
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    asked = []

    def one_run(name, seed):
        asked.append((name, seed))
        return {"accuracy": 0.5, "both_ways": 0.6, "cpu": 10.0, "cpu_both_ways": 11.0}

    one_run.asked = asked
    return one_run


def test_runs_go_seed_by_seed_and_are_not_repeated(runs):
    results = ablation.all_runs(runs, SOURCE)
    rows = ablation.table()
    assert [seed for _, seed in runs.asked] == sorted(seed for _, seed in runs.asked)
    assert len(runs.asked) == (len(rows) - 1) * len(ablation.SEEDS)  # the last two rows share runs
    by_name = {row["name"]: row for row in results["rows"]}
    assert [run["accuracy"] for run in by_name["both_ways"]["runs"]] == [0.6] * 3
    assert [run["cpu"] for run in by_name["sizes"]["runs"]] == [10.0] * 3
    runs.asked.clear()
    assert ablation.all_runs(runs, SOURCE)["rows"] == results["rows"]
    assert runs.asked == []


def test_an_interrupted_benchmark_goes_on(runs):
    def interrupted(name, seed):
        if len(runs.asked) == 30:
            raise KeyboardInterrupt
        return runs(name, seed)

    with pytest.raises(KeyboardInterrupt):
        ablation.all_runs(interrupted, SOURCE)
    ablation.all_runs(runs, SOURCE)
    assert len(runs.asked) == len(set(runs.asked)) == (len(ablation.table()) - 1) * 3


def test_only_what_changed_is_run_again(runs, monkeypatch):
    ablation.all_runs(runs, SOURCE)
    runs.asked.clear()
    rows = ablation.table()
    rows[-1] = replace(rows[-1], settings=replace(rows[-1].settings, batch_size=64))
    monkeypatch.setattr(ablation, "table", lambda: rows)
    ablation.all_runs(runs, SOURCE)
    assert runs.asked == [(rows[-1].name, seed) for seed in ablation.SEEDS]


def test_another_copy_of_the_data_is_measured_anew(runs):
    ablation.all_runs(runs, SOURCE)
    count = len(runs.asked)
    ablation.all_runs(runs, replace(SOURCE, digest="1" * 64))
    assert len(runs.asked) == 2 * count


def test_the_table_has_a_line_for_each_row(runs):
    text = ablation.as_markdown(ablation.all_runs(runs, SOURCE))
    for row in ablation.table():
        assert f"| {row.change} | 0." in text
    assert "the stand-in" in text and "0.500 (0.500–0.500)" in text


def test_the_stored_results_are_those_of_the_recipe_as_it_is():
    path = Path(ablation.__file__).parent / "results" / "ablation.json"
    if not path.exists():
        pytest.skip("not measured yet")
    results = json.loads(path.read_text(encoding="utf-8"))
    kept = ablation.stored(results, ablation.table(), results["digest"])
    assert results["rows"] == kept
