"""The gallery's benchmark runs what it says, keeps what holds, and writes a line for each row."""

import json

import numpy as np
import pytest

from benchmarks import gallery, measure
from course_utils import scenes


@pytest.fixture
def tiny(monkeypatch):
    """Few scenes, one epoch, little forest."""
    masks, objects = scenes.load_segmentation(24, 2, 6), scenes.load_localisation(24, 2, 6)
    monkeypatch.setattr(scenes, "load_segmentation", lambda: masks)
    monkeypatch.setattr(scenes, "load_localisation", lambda: objects)
    monkeypatch.setattr(gallery, "EPOCHS", dict.fromkeys(gallery.EPOCHS, 1))
    return masks


@pytest.mark.parametrize("name", [name for name in gallery.WHAT if name != "forest"])
def test_one_run_on_tiny_data(tiny, name):
    found = gallery.run(name, seed=0)
    assert 0 <= found["score"] <= 1 and found["cpu"] > 0
    if name == "boxes":
        assert 0 < found["mean_box"] < 1
    elif name == "grad_cam":
        assert 0 <= found["accuracy"] <= 1 and 0 <= found["middle"] <= 1
    else:
        assert len(found["classes"]) == 5
        assert found["score"] == pytest.approx(np.mean(found["classes"]), abs=1e-3)


@pytest.fixture
def runs(tiny, monkeypatch, tmp_path):
    """Every run takes no time; the calls are noted."""
    calls = []

    def one_run(function, name, seed):
        calls.append((name, seed))
        extra = {"boxes": {"mean_box": 0.1}, "grad_cam": {"middle": 0.2, "accuracy": 0.8}}
        return {"score": seed / 10, "cpu": 1.0, "peak": 1.0, **extra.get(name, {})}

    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    monkeypatch.setattr(gallery, "in_own_process", one_run)
    return calls


def test_runs_go_seed_by_seed_and_are_not_repeated(runs, tmp_path):
    gallery.all_runs(["boxes"])
    assert runs == [("boxes", 0), ("boxes", 1), ("boxes", 2)]
    gallery.all_runs(list(gallery.WHAT))
    assert len(runs) == len(set(runs)) == 15
    gallery.all_runs(list(gallery.WHAT))
    assert len(runs) == 15
    stored = json.loads((tmp_path / "gallery.json").read_text("utf-8"))
    assert [run["score"] for run in stored["rows"]["unet"]["runs"]] == [0, 0.1, 0.2]


def test_only_what_changed_is_run_again(runs, monkeypatch):
    gallery.all_runs(list(gallery.WHAT))
    monkeypatch.setitem(gallery.EPOCHS, "boxes", 7)
    gallery.all_runs(list(gallery.WHAT))
    assert runs[15:] == [("boxes", seed) for seed in range(3)]


def test_the_table_has_a_line_for_each_row(runs):
    table = gallery.as_markdown(gallery.all_runs(list(gallery.WHAT)))
    for what in gallery.WHAT.values():
        assert f"| {what} | " in table
    assert "0.100 (0.000–0.200)" in table and "| 0.200 | |" in table
