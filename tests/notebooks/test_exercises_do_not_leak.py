"""Whatever a reader writes into an exercise, the rest of the notebook runs.

Two proofs for each notebook: no other cell names what an exercise assigns (read from the code),
and the notebook runs to its end with garbage, and with every wrong answer of the catalogue, in
the place of each stub. The second is dear where networks are trained, and nbval runs each notebook
in the default lane anyway: that lane fills only the quick ones with garbage, and `make test-long`
the rest.
"""

import pytest

from tests.notebooks.answers import run_with_answers
from tests.notebooks.lint import lint
from tests.notebooks.parts import Notebook, notebook_paths

WITH_EXERCISES = [path for path in notebook_paths() if Notebook.read(path).exercises]
QUICK = {"01", "02", "06"}  # they load no Keras and train nothing larger than a line
TO_RUN = [
    pytest.param(path, marks=[] if path.stem[:2] in QUICK else [pytest.mark.long])
    for path in WITH_EXERCISES
]


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem[:2])
def test_no_other_cell_names_what_an_exercise_assigns(path):
    """Read from the code."""
    assert lint(Notebook.read(path), ["exercise_tags", "exercise_names"]) == []


@pytest.mark.parametrize("path", TO_RUN, ids=lambda path: path.stem[:2])
def test_rest_of_the_notebook_runs(path, record_property):
    """All other cells run, with every answer tried in turn."""
    notebook = Notebook.read(path)
    total = run_with_answers(notebook, path.parent)
    assert total >= len(notebook.exercises)
    record_property("left-running", [path.name, total])
