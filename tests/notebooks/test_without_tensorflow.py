"""Notebooks 01–04 and 08–10 are NumPy: TensorFlow comes in only where Keras is an oracle."""

import ast

import nbformat
import pytest

from tests.notebooks.execute import execute
from tests.notebooks.parts import notebook_paths

ORACLE = "# Oracle: Keras"
FREE = [
    path for path in notebook_paths() if path.name[:2] in {"01", "02", "03", "04", "08", "09", "10"}
]


def imports_keras(source: str) -> bool:
    """Whether a cell names keras or tensorflow in an import."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return any(name.split(".")[0] in ("keras", "tensorflow") for name in names)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import keras", True),
        ("with quiet_import():\n    import tensorflow.math as m", True),
        ("from keras.layers import Dense", True),
        ("import numpy as np\nkeras = 3", False),
    ],
)
def test_an_import_is_recognised(source, expected):
    assert imports_keras(source) is expected


@pytest.mark.parametrize("path", FREE, ids=lambda path: path.stem[:2])
def test_only_oracle_cells_import_keras(path):
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    unmarked = [c.id for c in cells if imports_keras(c.source) and not c.source.startswith(ORACLE)]
    assert unmarked == []


@pytest.mark.parametrize("path", FREE, ids=lambda path: path.stem[:2])
def test_nothing_before_the_first_figure_loads_tensorflow(path):
    notebook = nbformat.read(path, as_version=4)
    figures = [
        number
        for number, cell in enumerate(notebook.cells)
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    ]
    assert figures, "the notebook shows no figure"
    notebook.cells = notebook.cells[: figures[0] + 1]
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            "import sys; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
        )
    )
    execute(notebook, folder=path.parent, data="stand-in")
    # A busy kernel may hand over one line in two pieces.
    assert "".join(output.text for output in notebook.cells[-1].outputs) == "[]\n"
