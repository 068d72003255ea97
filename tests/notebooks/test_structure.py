"""Every notebook against every rule of the structure lint."""

import pytest

from tests.notebooks.lint import RULES, lint
from tests.notebooks.parts import Notebook, notebook_paths


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_structure(path, name, record_property):
    """The rule finds nothing; its docstring says what it looks for."""
    notebook = Notebook.read(path)
    findings = lint(notebook, [name])
    assert not findings, "\n" + "\n".join(f"{path.name}: {finding}" for finding in findings)
    record_property("lint", [path.name, name, len(notebook.cells)])


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_every_untagged_cell_is_compared(path):
    """nbval compares nothing where the execution count is null, so no such cell may exist."""
    notebook = Notebook.read(path)
    unseen = [
        cell.number
        for cell in notebook.code
        if cell.is_compared and not isinstance(cell.raw.get("execution_count"), int)
    ]
    assert not unseen, f"cells {unseen} are run but not compared; run `make notebooks`"


def test_there_are_notebooks():
    """An empty folder would pass everything above."""
    assert notebook_paths()
