"""A notebook is brought back: what later cells need is there, and nothing else was touched."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from course_utils import _needed, _state, presenting
from course_utils.presenting import ResumeError, place, resume, sections, state_before
from tests.notebooks.execute import FAILURES, execute, failure_text
from tests.notebooks.going_on import bring_back, go_on
from tests.notebooks.parts import Notebook, notebook_paths

NOTEBOOKS = {path.name[:2]: Notebook.read(path) for path in notebook_paths()}
each_notebook = pytest.mark.parametrize("number", NOTEBOOKS)


def notebook(folder: Path, *cells: str, number: str = "99", **metadata: dict) -> Notebook:
    """Write a notebook; a text that begins with a heading (# 99, ##, ###) is Markdown."""
    written = []
    for n, source in enumerate(cells):
        kind = "markdown" if source.startswith(("# 99", "## ", "### ")) else "code"
        written.append({
            "cell_type": kind, "id": f"c{n}", "source": source.splitlines(keepends=True),
            "metadata": metadata.get(f"c{n}", {}),
        })  # fmt: skip
    path = folder / f"{number}_made_up.ipynb"
    path.write_text(json.dumps({"cells": written}), encoding="utf-8")
    return Notebook.read(path)


def back(folder: Path, *cells: str, before: str = "S", **metadata: dict) -> dict:
    """Write a notebook that goes on after "## S", bring it back and run it to its end."""
    made = notebook(folder, *cells, **metadata)
    names = bring_back(made, before, folder)
    go_on(made, dict(names), place(made, before))
    return names


# --- What is needed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "below", "wanted"),
    [
        (["a = 1", "b = 2"], "a", {"a"}),
        (["a = 1", "b = a", "c = b"], "c", {"a", "b", "c"}),
        (["b = 1", "a = b", "a = 2"], "a", {"a"}),
        (["a = []", "a.append(1)", "assert a == [1]"], "assert a == [1]", {"a"}),
        (["a = {}", "a[1] = 2"], "assert a[1] == 2", {"a"}),
        (["a = 1", "a += 1"], "assert a == 2", {"a"}),
        (["a = 1", "if a:\n    b = 2", "c = 1"], "b", {"a", "b"}),
        (["b = 1", "if not b:\n    b = 2"], "assert b == 1", {"b"}),
        (["t = 0", "for i in range(3):\n    t += i", "u = 1"], "assert t == 3", {"t", "i"}),
        (["k = 2", "def f(x):\n    return k * x", "k = 3"], "assert f(1) == 3", {"k", "f"}),
        (["r = {}", "def note(n):\n    r[n] = 1", "note(5)"], "assert r[5]", {"r", "note"}),
        (["a = [2]", "def f(x):\n    x.append(1)", "f(a)"], "assert a[1] == 1", {"a", "f"}),
        (["a = [1]", "def f(*, x):\n    x.pop()", "f(x=a)"], "assert not a", {"a", "f"}),
        (["a = [1]", "def f(*x):\n    x[0].pop()", "f(a)"], "assert not a", {"a", "f"}),
        (["a = [1]", "def f(x):\n    return x[0]", "b = f(a)"], "a", {"a"}),
        (["a = iter([1, 2])", "b = next(a)"], "assert next(a) == 2", {"a", "b"}),
        (["import random", "a = [1, 2]", "random.shuffle(a)"], "a", {"random", "a"}),
        (["a = [i for i in range(3)]", "i = 7"], "a", {"a"}),
        (["[n := 1]", "m = 2"], "n", {"n"}),
        (["class A:\n    b = 1", "a = A()", "a.b = 2"], "assert a.b == 2", {"A", "a"}),
        (["a = 1\nprint(a)\nb = 2"], "b", {"b"}),
        (["global_name = 1", "def f():\n    global g\n    g = 1", "f()"], "g", {"f", "g"}),
    ],
)
def test_only_what_is_needed_is_run(tmp_path, above, below, wanted):
    names = back(tmp_path, *above, "## S", below)
    assert {name for name in names if not name.startswith("__")} == wanted


@pytest.mark.parametrize(
    "below",
    ["b = 1\nb", "for b in [1]:\n    b", "with open('x') as b:\n    b", "[b for b in [1]]",
     "(lambda b: b)(1)", "def f(b):\n    return b", "import b\nb"],
)  # fmt: skip
def test_what_is_bound_below_is_not_needed(tmp_path, below):
    made = notebook(tmp_path, "b = 1 / 0", "## S", below)
    assert state_before(made, place(made, "S")) == []


def test_settings_go_with_the_modules_that_are_used(tmp_path):
    cells = ["import random\nimport math\nrandom.seed(3)\nmath.sqrt(4)", "## S", "random.random()"]
    made = notebook(tmp_path, *cells)
    kept = [ast.unparse(each.node) for each in state_before(made, place(made, "S"))]
    assert kept == ["import random", "random.seed(3)"]


@pytest.mark.parametrize("loaded", [False, True], ids=["as in a new kernel", "TensorFlow loaded"])
def test_nothing_is_printed_displayed_or_written_to_stderr(tmp_path, capfd, monkeypatch, loaded):
    if loaded:
        monkeypatch.setitem(sys.modules, "tensorflow", object())
    noisy = "import os, sys\nprint('out')\nprint('err', file=sys.stderr)\na = 1"
    loud = "def f():\n    print('out')\n    os.write(2, b'low')\n    return 1\nb = f()"
    back(tmp_path, noisy, loud, "## S", "a, b, os")
    out, err = capfd.readouterr()
    assert out.startswith("Notebook 99 is back before 'S': 2 cells in ")
    assert len(out.splitlines()) == 1 and err == ""


def test_figures_made_on_the_way_are_closed(tmp_path):
    import matplotlib.pyplot as plt

    made = notebook(tmp_path, "import matplotlib.pyplot as p\n_, ax = p.subplots()", "## S", "ax")
    assert "ax" in bring_back(made, "S", tmp_path)
    assert plt.get_fignums() == []


def test_answers_and_names_of_ones_own_stay(tmp_path):
    """Exercises are not run again; names that the notebook binds are as it binds them."""
    stub = "def my_f(x):\n    return ..."
    made = notebook(tmp_path, "a = 1", stub, "## S", "a, my_f", c1={"tags": ["exercise"]})
    names = {"my_f": "solved", "mine": 5, "a": "altered"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        resume(made.number, "S", names)
    assert (names["my_f"], names["mine"], names["a"]) == ("solved", 5, 1)


def test_source_of_a_function_can_be_read(tmp_path):
    import inspect

    names = back(tmp_path, "def f(x):\n    return x + 1", "## S", "f(1)")
    assert inspect.getsource(names["f"]) == "def f(x):\n    return x + 1\n"


# --- Instead of long computations -----------------------------------------------------------------

STORES = {"name": "99_net", "model": "net", "history": "history", "data": "data", "seed": 0}
TRAINED = (
    "class trained:\n    loaded = []\n    def load(name):\n        trained.loaded.append(name)\n"
    "        return 'net'\n    history = load"
)
LOADING = '# net, history = trained.load("99_net"), trained.history("99_net")\nb = net'


def test_a_stored_network_is_loaded_where_it_is_needed(tmp_path, capsys):
    cells = [TRAINED, "data = 1", "net = history = 1 / 0", LOADING, "## S", "assert b == 'net'"]
    names = back(tmp_path, *cells, c2={"stores": STORES})
    assert names["trained"].loaded == ["99_net", "99_net"]
    assert "with the stored 99_net." in capsys.readouterr().out
    names = back(tmp_path, *cells, "## T", "data", before="T", c2={"stores": STORES})
    assert "trained" not in names


def test_what_loads_a_network_below_is_there(tmp_path):
    """Who is at the training can load the network: the module is needed for the comment."""
    cells = [TRAINED, "data = 1", "## S", "net = history = 2", LOADING]
    assert "trained" in back(tmp_path, *cells, c3={"stores": STORES})


def test_quick_lines_replace_a_cell(tmp_path):
    cells = ["r = {}", "m = 1 / 0\nr['m'] = m", "## S", "assert r['m'] == 5"]
    assert back(tmp_path, *cells, c1={"resume": "r['m'] = 5"})["r"] == {"m": 5}


def test_quick_lines_are_no_use_where_more_is_needed(tmp_path):
    cells = ["r = {}", "m = 2 + 4\nr['m'] = m", "## S", "assert r['m'] == m == 6"]
    assert back(tmp_path, *cells, c1={"resume": "r['m'] = 5"})["m"] == 6


@each_notebook
def test_numbers_in_quick_lines_stand_in_the_stored_output(number):
    """They were computed: each number with a point was printed by the cell, or stands in it."""
    for cell in NOTEBOOKS[number].code:
        quick = cell.metadata.get(presenting.KEY)
        if quick is None:
            continue
        printed = " ".join(cell.output_texts()).split()
        for node in ast.walk(ast.parse(quick)):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                written = ast.get_source_segment(quick, node)
                known = written in printed or written in re.findall(r"[\d.]+", cell.source)
                assert known, f"{cell.id}: {written} was not printed"


# --- Where to go on -------------------------------------------------------------------------------

PLACES = ["# 99 · Title", "## Apples", "a = 1", "### Green ones", "b = 2", "## Apple pie", "c = 3"]


@pytest.mark.parametrize(
    ("before", "cell"),
    [(1, "c1"), ("2", "c5"), ("Apples", "c1"), ("pie", "c5"), ("green ONES", "c3"), ("c4", "c4")],
)
def test_a_place_is_a_number_words_or_an_id(tmp_path, before, cell):
    assert place(notebook(tmp_path, *PLACES), before).id == cell


def test_numbers_in_headings_count(tmp_path):
    cells = ["## 1 · One", "a = 1", "## Pause here", "## 2 · Two", "b = 2"]
    made = notebook(tmp_path, *cells)
    assert place(made, 2).id == "c3" and place(made, "two").id == "c3"
    assert [each.key for each in sections(made)] == ["1", "", "2"]


@pytest.mark.parametrize(
    ("before", "said"),
    [("pears", "no heading, section or cell has 'pears'"), ("apple", "2 headings have 'apple'"),
     (3, "no heading, section or cell has '3'"), ("", "no heading")],
)  # fmt: skip
def test_an_unknown_place_is_answered_with_the_list(tmp_path, before, said):
    with pytest.raises(ResumeError, match=said) as caught:
        place(notebook(tmp_path, *PLACES), before)
    assert str(caught.value).endswith("  1  Apples\n  2  Apple pie")


def test_without_a_place_you_are_asked(tmp_path, monkeypatch, capsys):
    notebook(tmp_path, *PLACES, "## Unused", "b")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda _: " 3 ")
    names: dict = {}
    resume("99", namespace=names)
    assert names["b"] == 2
    assert "  1  Apples\n  2  Apple pie\n  3  Unused\n" in capsys.readouterr().out


def test_where_nobody_answers_it_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    notebook(tmp_path, *PLACES)
    monkeypatch.chdir(tmp_path)

    def nobody(_):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    resume("99", namespace={})
    assert capsys.readouterr().out.endswith("resume('99', 'Apples')\n")


@pytest.mark.parametrize("number", ["98", "9", 99, "../99"])
def test_a_notebook_that_is_not_there(tmp_path, number):
    notebook(tmp_path, *PLACES, number="99" if number != 99 else "97")
    with pytest.raises(ResumeError, match=r"0 files .*_….ipynb lie in .*expected one"):
        presenting.read_notebook(number, tmp_path)


def test_outside_a_notebook_it_says_so(tmp_path, monkeypatch):
    notebook(tmp_path, *PLACES)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ResumeError, match="no running notebook"):
        resume("99", 1)


def test_a_cell_that_fails_is_named_with_what_to_do(tmp_path):
    made = notebook(tmp_path, "a = 1", "b = a / 0", "## S", "b")
    with pytest.raises(ResumeError, match=r"cell 'c1' stopped with ZeroDivisionError.*Run All"):
        bring_back(made, "S", tmp_path)


# --- The notebooks of the course ------------------------------------------------------------------


def missing(made: Notebook, start) -> set[str]:
    """Return names that cells from a place on use and that only code above it binds."""
    above = [cell for cell in made.code if cell.number < start.number and not cell.is_exercise]
    (there,) = _state.statements([(cell.number, _needed.plain(cell.source)) for cell in above])
    chosen = state_before(made, start)
    made_there = set().union(*(each.binds | each.changes for each in there))
    bound = set().union(*(each.binds | each.changes for each in chosen))
    used = set()
    for each in chosen:
        used |= each.reads | each.later
    return (used & made_there) - bound


@each_notebook
def test_every_section_can_be_named(number):
    made = NOTEBOOKS[number]
    for each in sections(made):
        if each.key:
            assert place(made, each.key).id == each.cell.id
        assert place(made, each.cell.id).id == each.cell.id


@each_notebook
def test_what_is_run_needs_nothing_that_is_left_out(number):
    made = NOTEBOOKS[number]
    for each in sections(made):
        assert not missing(made, each.cell), each.title


@pytest.mark.parametrize("number", ["01", "02"])
def test_every_section_runs_after_the_notebook_was_brought_back(number, record_property, capfd):
    """Those without a network, here; all others in the lanes for what takes long."""
    made = NOTEBOOKS[number]
    found = sections(made)
    for each, following in zip(found, [*found[1:], None], strict=True):
        names = bring_back(made, each.cell.id, made.path.parent)
        assert capfd.readouterr().err == ""
        go_on(made, names, each.cell, following.cell if following else None)
        capfd.readouterr()
    record_property("brought-back", [number, len(found)])


def test_in_a_kernel_the_rest_runs_without_a_word_on_stderr(record_property):
    """The cell as a presenter uses it, then the last section: nothing else was run."""
    import nbformat

    made = NOTEBOOKS["01"]
    last = sections(made)[-1]
    node = nbformat.reads(json.dumps(made.raw), as_version=4)
    call = node.cells[1].source.splitlines()[-1].removeprefix("# ")
    node.cells[1].source = call.replace('resume("01")', f'resume("01", {last.key})')
    node.cells = [node.cells[1], *node.cells[last.cell.number - 1 :]]
    try:
        execute(node, folder=made.path.parent, data="stand-in")
    except FAILURES as error:
        pytest.fail(failure_text(node, error))
    (said,) = node.cells[0].outputs
    assert said.name == "stdout" and said.text.startswith("Notebook 01 is back before")
    outputs = [output for cell in node.cells[1:] for output in cell.get("outputs", [])]
    assert outputs and not [each for each in outputs if each.get("name") == "stderr"]
