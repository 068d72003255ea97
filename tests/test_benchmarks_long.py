"""The longer recipe: its averages, and a test part that is read once."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import long_cifar10, measure
from course_utils import datasets

SOURCE = datasets.Source("altered", "pictures", "a" * 64, False)
FIGURES = {"accuracy": 0.9, "once": 0.89, "cpu": 1000.0, "wall": 700.0, "peak": 1.5}


def test_pictures_are_read_in_place_and_moved_along_both_diagonals():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 6, 6, 3))
    seen = []

    def both_ways(_, there):
        seen.append(there)
        return np.full((3, 10), float(len(seen)))

    answers = long_cifar10.read_moved(None, pictures, 1, both_ways)
    np.testing.assert_allclose(answers, (1 + 2 + 3 + 4 + 5) / 5)
    in_place, *moved = seen
    np.testing.assert_array_equal(in_place, pictures)
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    expected = [padded[:, a : a + 6, b : b + 6] for a in (0, 2) for b in (0, 2)]
    np.testing.assert_array_equal(moved, expected)
    assert all(not np.array_equal(there, pictures) for there in moved)


def test_nothing_moved_reads_in_place_only():
    answers = long_cifar10.read_moved(None, np.zeros((2, 8, 8, 3)), 0, lambda *_: np.ones((2, 10)))
    np.testing.assert_array_equal(answers, np.ones((2, 10)))


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    monkeypatch.setattr(long_cifar10, "CHANNELS", (4, 8))
    monkeypatch.setattr(long_cifar10, "SIZES", (16, 24))


def test_a_line_for_each_epoch(tiny):
    pytest.importorskip("keras")
    data = datasets.load_cifar10(source="stand-in")
    training = data.x_train[:128], data.y_train[:128]
    held_out = data.x_val[:20], data.y_val[:20]
    lines = []
    found = long_cifar10.train_and_read(training, *held_out, 0, held_out, lines.append)
    assert [line.split(":")[0] for line in lines] == [
        "epoch  1 of 2, 16 pixels",
        "epoch  2 of 2, 24 pixels",
    ]
    assert all("val_accuracy" in line for line in lines)
    assert 0 <= found["accuracy"] <= 1 and found["cpu"] > 0
    kernels = 9 * (3 * 4 + 4 * 4 + 4 * 8 + 8 * 8)  # two convolutions a group
    assert found["parameters"] == kernels + 4 * (4 + 4 + 8 + 8) + 9 * 10
    assert "GPU" in long_cifar10.devices()


def test_a_seed_is_tested_once_while_the_settings_stay(tiny, monkeypatch):
    asked = []

    def one_run(seed, validate):
        assert not validate
        asked.append(seed)
        where = {"machine": "two cores", "device": "no GPU", "parameters": 9}
        return {"seed": seed, **where, **FIGURES}

    first = long_cifar10.tested(0, SOURCE, one_run)
    assert long_cifar10.tested(0, SOURCE, one_run) == first
    long_cifar10.tested(1, SOURCE, one_run)
    assert asked == [0, 1]
    assert [run["seed"] for run in measure.read_results("long_cifar10")["runs"]] == [0, 1]
    monkeypatch.setattr(long_cifar10, "PEAK", 0.3)
    long_cifar10.tested(0, SOURCE, one_run)
    assert asked == [0, 1, 0]
    assert [run["seed"] for run in measure.read_results("long_cifar10")["runs"]] == [0]


def test_while_validating_the_test_part_is_not_read(tiny, monkeypatch):
    data = SimpleNamespace(
        x_train="train", y_train="y", x_val="val", y_val="v", source=SOURCE
    )  # no test part at all
    monkeypatch.setattr(long_cifar10.datasets, "load_cifar10", lambda: data)
    monkeypatch.setattr(long_cifar10, "devices", lambda: "no GPU")
    monkeypatch.setattr(long_cifar10, "train_and_read", lambda *arguments, **_: {"got": arguments})
    found = long_cifar10.run(0, validate=True)
    assert found["got"][:3] == (("train", "y"), "val", "v")


@pytest.mark.parametrize(
    ("where", "answer"), [("two cores", "5.00"), ("another", "not measured on this machine")]
)
def test_the_ratio_is_of_one_machine(tiny, where, answer):
    contestants = {"cifar10-tutorial": {"runs": [{"cpu": 100.0}, {"cpu": 200.0}, {"cpu": 900.0}]}}
    measure.write_results("time_to_accuracy", {"machine": "two cores", "contestants": contestants})
    assert long_cifar10.against_the_tutorial(1000.0, where) == answer


@pytest.mark.parametrize(("target", "verdict"), [(0.85, "reached in 700.0 s"), (0.94, "not reach")])
def test_the_seconds_to_a_target(tiny, monkeypatch, capsys, target, verdict):
    def fake(*_, **arguments):
        where = {"machine": "two cores", "device": "no GPU", "parameters": 9}
        return {"seed": arguments["seed"], **where, **FIGURES}

    monkeypatch.setattr(long_cifar10, "in_own_process", fake)
    long_cifar10.main(["--validate", "--seed", "0", "1", "--target", str(target)])
    assert verdict in capsys.readouterr().out
    assert measure.read_results("long_cifar10") == {}  # a validation is not a test
