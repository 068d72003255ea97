"""Each notebook, brought back before each of its sections: the section runs."""

import contextlib
import os

import pytest

from course_utils.presenting import sections
from tests.notebooks.going_on import bring_back, go_on
from tests.notebooks.parts import Notebook, notebook_paths
from tests.notebooks.stored import marks

# Stored networks were trained on the real data, and are of little use on other pictures.
CASES = [
    pytest.param(
        path,
        id=path.name[:2],
        marks=pytest.mark.real if marks(Notebook.read(path)) else pytest.mark.long,
    )
    for path in notebook_paths()
]


@pytest.mark.parametrize("path", CASES)
def test_every_section_runs_after_the_notebook_was_brought_back(path, record_property):
    notebook = Notebook.read(path)
    found = sections(notebook)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for each, following in zip(found, [*found[1:], None], strict=True):
        names = bring_back(notebook, each.cell.id, path.parent)
        go_on(notebook, names, each.cell, following.cell if following else None)
        with contextlib.suppress(ImportError):
            import keras

            keras.backend.clear_session()
    record_property("brought-back", [notebook.number, len(found)])


@pytest.mark.parametrize("path", CASES)
def test_the_second_half_runs_to_its_end(path):
    """What several sections below need is there, not only what the next one needs."""
    notebook = Notebook.read(path)
    found = sections(notebook)
    middle = found[len(found) // 2].cell
    names = bring_back(notebook, middle.id, path.parent)
    assert go_on(notebook, names, middle)
