"""The benchmark of whole notebooks runs what has changed, on one core, and keeps the rest."""

import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks import measure, notebooks


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two notebooks, results in a folder of their own, and a list of what was executed."""
    paths = [tmp_path / name for name in ("01_first.ipynb", "02_second.ipynb")]
    for path in paths:
        nbformat.write(new_notebook(cells=[new_code_cell("x = 1", id="one")]), path)
    executed = []

    def pretend(path):
        executed.append(path.stem)
        return {"seconds": 61.4, "peak": 1.234}

    monkeypatch.setattr(notebooks, "measured", pretend)
    monkeypatch.setattr(notebooks, "notebook_paths", lambda: paths)
    monkeypatch.setattr(notebooks, "one_core", lambda: None)
    monkeypatch.setattr(notebooks, "copies", lambda: "some digits")
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    return paths, executed


def test_only_a_changed_notebook_is_run_again(course, capsys):
    paths, executed = course
    notebooks.main([])
    notebooks.main([])
    assert executed == ["01_first", "02_second"]
    nbformat.write(new_notebook(cells=[new_code_cell("x = 2", id="one")]), paths[1])
    notebooks.main([])
    assert executed == ["01_first", "02_second", "02_second"]
    assert "| 02_second | 61 | 1.23 |" in capsys.readouterr().out


def test_another_machine_measures_anew(course, monkeypatch, capsys):
    _, executed = course
    notebooks.main([])
    monkeypatch.setattr(notebooks, "machine", lambda: "another")
    notebooks.main(["02"])
    assert executed == ["01_first", "02_second", "02_second"]
    assert list(measure.read_results("notebooks")["runs"]) == ["02_second"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores can't be chosen here")
def test_kernels_get_one_core(monkeypatch):
    chosen = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cores: chosen.append(cores))
    notebooks.one_core()
    assert chosen == [{3}]
