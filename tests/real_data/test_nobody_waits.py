"""Each notebook without its trainings: the stored networks in their place, everything else runs."""

import pytest
from nbformat.v4 import new_code_cell

from tests.notebooks.execute import FAILURES, execute, failure_text
from tests.notebooks.parts import Notebook, notebook_paths
from tests.notebooks.stored import JUDGE, marks, without_training

STORING = [path for path in notebook_paths() if marks(Notebook.read(path))]


def test_some_notebook_stores_a_network():
    assert STORING


@pytest.mark.real
@pytest.mark.parametrize("path", STORING, ids=lambda path: path.stem[:2])
def test_the_notebook_runs_without_its_trainings(path):
    """Also on another copy; on the one they were trained on they are as accurate as they say."""
    notebook = Notebook.read(path)
    found = marks(notebook)
    swapped = without_training(notebook)
    cells = []
    for node in swapped.cells:
        cells.append(node)
        for _, mark in found:
            if node.cell_type == "code" and mark.line.removeprefix("# ") in node.source:
                code = JUDGE.format(name=mark.name, data=mark.data, model=mark.model)
                cells.append(new_code_cell(code, id=f"judge-{mark.name}".replace("_", "-")))
    swapped.cells = cells
    try:
        execute(swapped, folder=path.parent, data="real")
    except FAILURES as error:
        pytest.fail(f"{path.name}: {failure_text(swapped, error)}")
