"""The benchmarks measure what the notebooks show."""

import json
import math

import pytest

from benchmarks import dense_mnist, from_notebook
from benchmarks.from_notebook import definitions
from benchmarks.measure import Clock, in_own_process, middle


def test_the_measured_recipe_is_the_one_in_the_notebook():
    notebook = definitions(dense_mnist.NOTEBOOK, ["shift"], math=math)
    assert notebook.shift.__doc__.startswith("Move pictures")
    assert (
        "keras" in definitions(dense_mnist.NOTEBOOK, ["build_dense"]).build_dense.__code__.co_names
    )


@pytest.mark.parametrize("name", ["no_such_function", "my_count_parameters"])
def test_a_function_that_is_not_there_is_named(name):
    """Exercise stubs do not count as definitions."""
    with pytest.raises(KeyError, match=name):
        definitions(dense_mnist.NOTEBOOK, [name])


def test_middle_is_the_median_with_the_range():
    assert middle([0.3, 0.1, 0.2], 1) == "0.2 (0.1–0.3)"


def test_a_contestant_runs_in_a_process_of_its_own():
    import os

    result = in_own_process("tests.test_benchmarks:contestant", seed=3)
    assert result["seed"] == 3
    assert result["process"] != os.getpid()
    assert result["peak"] > 0.001


def test_a_contestant_that_dies_is_reported():
    with pytest.raises(RuntimeError, match="ended without a result"):
        in_own_process("tests.test_benchmarks:dying_contestant")


def test_the_clock_counts_processor_seconds():
    with Clock() as clock:
        sum(i * i for i in range(200_000))
    assert clock.cpu > 0
    assert clock.wall > 0


def contestant(seed):
    import os

    return {"seed": seed, "process": os.getpid()}


def dying_contestant():
    import os

    os._exit(3)


def test_the_code_of_a_function_is_what_it_does(tmp_path, monkeypatch):
    def notebook(name, source):
        cell = {"cell_type": "code", "metadata": {}, "source": [source]}
        (tmp_path / name).write_text(json.dumps({"cells": [cell]}), encoding="utf-8")

    monkeypatch.setattr(from_notebook, "NOTEBOOKS", tmp_path)
    notebook("a", 'def double(x, by=2):\n    """Return more."""\n    return x * by')
    notebook("b", "def double(x, by=3):  # more\n    return x*by")
    notebook("c", "def double(x, by=2):\n    return x + by")
    one, same, other = (from_notebook.code_of(name, ["double"], False) for name in "abc")
    assert one == same != other
    one, another, _ = (from_notebook.code_of(name, ["double"]) for name in "abc")
    assert one != another  # default
