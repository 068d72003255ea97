"""Whatever a reader writes into an exercise, the rest of the notebook runs.

Two proofs for each notebook: no other cell names what an exercise assigns (read from the code),
and the notebook runs to its end with garbage, and with every wrong answer of the catalogue, in
the place of each stub.
"""

import pytest

from tests.notebooks.answers import run_with_answers
from tests.notebooks.lint import lint
from tests.notebooks.parts import Notebook, notebook_paths

WITH_EXERCISES = [path for path in notebook_paths() if Notebook.read(path).exercises]


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem[:2])
def test_rest_of_the_notebook_runs(path, record_property):
    """All other cells run, with every answer tried in turn."""
    notebook = Notebook.read(path)
    assert lint(notebook, ["exercise_tags", "exercise_names"]) == []
    total = run_with_answers(notebook, path.parent)
    assert total >= len(notebook.exercises)
    record_property("left-running", [path.name, total])
