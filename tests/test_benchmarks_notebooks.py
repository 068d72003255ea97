"""The benchmark of whole notebooks runs what has changed, as on Binder, and keeps the rest."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from benchmarks import measure, notebooks
from tests.notebooks.parts import notebook_paths

FINE = {"seconds": 61.4, "kernel": 1.1, "together": 1.234, "server": 0.15, "failure": None}
KILLED = {**FINE, "together": 2.1, "failure": "killed: 2.10 GB were held, 2.00 GB are allowed"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two notebooks, results and a README of their own, and a list of what was executed."""
    paths = [tmp_path / name for name in ("01_first.ipynb", "02_second.ipynb")]
    for path in paths:
        write(path, "x = 1")
    executed = []

    def pretend(path):
        executed.append(path.stem)
        return FINE

    readme = tmp_path / "README.md"
    readme.write_text("before\n" + "\n".join(notebooks.MARKS) + "\nafter\n", encoding="utf-8")
    monkeypatch.setattr(notebooks, "README", readme)
    monkeypatch.setattr(notebooks, "measured", pretend)
    monkeypatch.setattr(notebooks, "notebook_paths", lambda: paths)
    monkeypatch.setattr(notebooks, "copies", lambda: "some digits")
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    return paths, executed


def write(path, code):
    title = new_markdown_cell(f"# {path.stem[:2]} · A title: with a colon", id="title")
    nbformat.write(new_notebook(cells=[title, new_code_cell(code, id="one")]), path)


def test_only_a_changed_notebook_is_run_again(course, capsys):
    paths, executed = course
    notebooks.main([])
    notebooks.main([])
    assert executed == ["01_first", "02_second"]
    write(paths[1], "x = 2")
    notebooks.main([])
    assert executed == ["01_first", "02_second", "02_second"]
    assert "| 02 | A title: with a colon | 1.23 | 1.10 | 1.0 |" in capsys.readouterr().out


def test_another_machine_measures_anew(course, monkeypatch, capsys):
    _, executed = course
    notebooks.main([])
    monkeypatch.setattr(notebooks, "machine", lambda: "another")
    notebooks.main(["02"])
    assert executed == ["01_first", "02_second", "02_second"]
    assert list(measure.read_results("notebooks")["runs"]) == ["02_second"]


def test_what_did_not_finish_is_said_and_run_again(course, monkeypatch, capsys):
    _, executed = course
    monkeypatch.setattr(notebooks, "measured", lambda path: KILLED)
    with pytest.raises(SystemExit, match="did not finish: killed"):
        notebooks.main(["02"])
    document = (measure.RESULTS / "notebooks.md").read_text(encoding="utf-8")
    assert "- 02_second: killed: 2.10 GB" in document and "**did not finish**" in document
    assert "02 did not finish" in notebooks.README.read_text(encoding="utf-8")
    monkeypatch.setattr(notebooks, "measured", lambda path: executed.append(path.stem) or FINE)
    notebooks.main([])
    assert executed == ["01_first", "02_second"]
    assert "all 2 finished" in notebooks.README.read_text(encoding="utf-8")


def test_a_run_that_was_measured_otherwise_is_run_again(course, capsys):
    _, executed = course
    run = {"digest": "any", "seconds": 9.0, "peak": 1.0}
    results = {"machine": notebooks.machine(), "data": "some digits", "runs": {"01_first": run}}
    measure.write_results("notebooks", results)
    notebooks.main([])
    assert executed == ["01_first", "02_second"]


def test_readme_gets_the_table_and_keeps_the_rest(course, capsys):
    notebooks.main([])
    notebooks.main([])
    lines = notebooks.README.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", notebooks.MARKS[0]]
    assert lines[-2:] == [notebooks.MARKS[1], "after"]
    assert [line[:4] for line in lines if re.match(r"\| \d", line)] == ["| 01", "| 02"]


@pytest.mark.parametrize("marks", [0, 2])
def test_a_readme_without_its_marks_is_refused(marks):
    text = "\n".join(notebooks.MARKS) * marks
    with pytest.raises(ValueError, match="once each"):
        notebooks.with_table(text, {"runs": {}})


# --- What README says -----------------------------------------------------------------------------


def test_readme_quotes_what_was_measured():
    text = notebooks.README.read_text(encoding="utf-8")
    assert notebooks.with_table(text, notebooks.known()) == text, "run `make bench`"


def test_every_notebook_finished_on_one_core_in_2_gb():
    runs = notebooks.known()["runs"]
    assert set(runs) == {path.stem for path in notebook_paths()}, "run `make bench`"
    for name, run in runs.items():
        assert run["failure"] is None, name
        assert run["kernel"] < run["together"] <= 2.0, name
        assert run["kernel"] <= 1.4, name
