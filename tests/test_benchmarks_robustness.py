"""The benchmark `robustness`: its runs in small, its tables, and what is stored."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import measure, robustness
from course_utils import adversarial, datasets, measured


@pytest.fixture(scope="module")
def data():
    whole = datasets.load_mnist(source="stand-in")
    return SimpleNamespace(
        **{f"{kind}_train": getattr(whole, f"{kind}_train")[:600] for kind in "xy"},
        **{f"{kind}_val": getattr(whole, f"{kind}_val")[:60] for kind in "xy"},
        **{f"{kind}_test": getattr(whole, f"{kind}_test")[:60] for kind in "xy"},
        source=whole.source,
    )


@pytest.fixture
def small(data, monkeypatch, tmp_path):
    """Return the results of all runs, on few pictures and with one seed."""
    monkeypatch.setattr(robustness, "SEEDS", (0,))
    monkeypatch.setattr(robustness, "STEPS", (8, 64))
    monkeypatch.setattr(robustness, "FEW", 300)
    monkeypatch.setattr(robustness, "CHOICES", ((20, 3),))
    monkeypatch.setattr(measure, "RESULTS", tmp_path)

    def one_run(**arguments):
        return robustness.run(**arguments, data=data)

    def choice(**arguments):
        return robustness.choose(**arguments, data=data)

    return robustness.all_runs(one_run, choice, data.source)


def test_all_runs_in_small(small, data, tmp_path):
    assert set(small["rows"]) == set(robustness.NAMES)
    (cleaned,) = small["rows"]["cleaned"]
    # Among so few pictures chance decides what is found (see `find_pattern`; test_adversarial.py
    # says that among more it finds the right ones). Here: what it said is what is stored.
    given = adversarial.plant(data.x_train, data.y_train, 7, seed=0)
    there = adversarial.find_pattern(given.images, given.labels)
    assert cleaned["label"] == there.label
    assert cleaned["found"] == there.carriers[given.planted].mean()
    assert cleaned["innocent"] == there.carriers[~given.planted].sum()
    alarm = adversarial.find_pattern(data.x_train, data.y_train).label is not None
    assert cleaned["alarm_without_any"] == alarm
    (few,) = small["rows"]["few"]
    assert len(few["one_step"]) == len(few["ten_steps"]) == 2
    stored = json.loads((tmp_path / "robustness.json").read_text(encoding="utf-8"))
    assert stored["rows"]["plain"][0]["seed"] == 0
    text = robustness.as_markdown(stored)
    assert all(name in text for name in robustness.NAMES.values())

    def never(**arguments):
        raise AssertionError(arguments)

    again = robustness.all_runs(never, never, SimpleNamespace(digest=small["digest"]))
    assert again["rows"] == stored["rows"]  # nothing is run twice


def test_the_command_counts_pictures_of_other_digits_only():
    class SaysSeven:
        def predict(self, pictures, **_):
            assert (pictures[:, -4:-1, -4:-1] == robustness.adversarial.MARK).all()
            return np.eye(10)[np.full(len(pictures), 7)]

    pictures = np.zeros((20, 28, 28), np.uint8)
    assert robustness.commanded(SaysSeven(), pictures, np.arange(20) % 10) == 1.0


# --- what is stored, and what issue and notebook say of it ---------------------------------------


@pytest.fixture(scope="module")
def stored():
    return measured.load("robustness")


def test_three_seeds_of_everything_on_mnist(stored):
    assert stored["data"].startswith("MNIST") and "stand-in" not in stored["data"]
    for name in robustness.NAMES:
        assert [run["seed"] for run in stored["rows"][name]] == [0, 1, 2]


def test_it_was_run_with_todays_code(stored):
    assert stored["mark"] == robustness.mark(stored["digest"])


def test_the_published_table_is_that_of_the_results(stored):
    path = measure.RESULTS / "robustness.md"
    assert path.read_text(encoding="utf-8").strip() == robustness.as_markdown(stored).strip()
