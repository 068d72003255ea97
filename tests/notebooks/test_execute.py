"""What `make notebooks` writes, and when it writes nothing."""

import base64
import io
import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin

from tests.notebooks import execute
from tests.notebooks.good import markdown


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A folder of notebooks that the tool takes for the course's."""
    monkeypatch.setattr(execute, "notebook_paths", lambda: sorted(tmp_path.glob("*.ipynb")))
    return tmp_path


def store(folder, name, *sources):
    """Store a notebook that an editor has left its marks on; return its path and text."""
    cells = [new_markdown_cell("# Title", id="title")]
    for number, source in enumerate(sources):
        metadata = {"slideshow": {"slide_type": "slide"}, "vscode": {"x": 1}}
        cells.append(new_code_cell(source, id=f"code-{number}", metadata=metadata))
    metadata = {"language_info": {"name": "python", "version": "3.1"}, "widgets": {}}
    path = folder / name
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path, path.read_text(encoding="utf-8")


def test_outputs_are_written_and_lean(notebooks, capsys):
    path, _ = store(
        notebooks,
        "01_works.ipynb",
        "import os\nprint(os.environ['COURSE_DATA'])",
        "from ipywidgets import IntSlider\nIntSlider(3)",
        "print('one')\nprint('two')\n6 * 7",
    )
    assert execute.main([]) == 0
    notebook = json.loads(path.read_text(encoding="utf-8"))
    _, first, second, third = notebook["cells"]
    assert [cell["id"] for cell in notebook["cells"]] == ["title", "code-0", "code-1", "code-2"]
    assert [cell["execution_count"] for cell in (first, second, third)] == [1, 2, 3]
    assert "".join(first["outputs"][0]["text"]) == "real\n"
    assert first["metadata"] == {"slideshow": {"slide_type": "slide"}}
    (output,) = second["outputs"]
    assert list(output["data"]) == ["text/plain"] and "IntSlider" in str(output["data"])
    assert [output["output_type"] for output in third["outputs"]] == ["stream", "execute_result"]
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    said = capsys.readouterr().out
    assert "01_works.ipynb: " in said and " s, peak 0." in said and "written" in said
    assert list(notebooks.glob(".*")) == []


def test_a_failing_notebook_is_left_alone(notebooks, capsys):
    path, before = store(notebooks, "01_fails.ipynb", "print('so far')", "raise OSError('no data')")
    assert execute.main(["01"]) == 1
    assert path.read_text(encoding="utf-8") == before
    assert "cell 3 (code-1): OSError: no data" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--check", "--stand-in"])
def test_a_trial_writes_nothing(notebooks, option, capsys):
    path, before = store(notebooks, "01_works.ipynb", "import os\nos.environ['COURSE_DATA']")
    assert execute.main([option]) == 0
    assert path.read_text(encoding="utf-8") == before
    said = capsys.readouterr().out
    assert "not written" in said and ("stand-in data" in said) == (option == "--stand-in")


def test_an_unknown_number_is_named(notebooks):
    store(notebooks, "01_works.ipynb", "1")
    with pytest.raises(SystemExit, match="no notebook 09"):
        execute.main(["09"])


def test_half_a_file_is_never_left(notebooks, monkeypatch):
    """The disk fails at the last moment: the old file is whole, nothing else lies there."""
    path, before = store(notebooks, "01_works.ipynb", "1")
    notebook = nbformat.read(path, as_version=4)

    def fails(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(execute.os, "replace", fails)
    with pytest.raises(OSError, match="no space"):
        execute.write(notebook, path)
    assert path.read_text(encoding="utf-8") == before
    assert list(notebooks.iterdir()) == [path]


def test_an_invalid_notebook_is_not_written(notebooks):
    path, before = store(notebooks, "01_works.ipynb", "1")
    notebook = nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {},
                                   "cells": [markdown("no id")]})  # fmt: skip
    notebook.cells[0].id = "not an id: spaces"
    with pytest.raises(nbformat.ValidationError):
        execute.write(notebook, path)
    assert path.read_text(encoding="utf-8") == before


def test_png_loses_its_stamp_and_no_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Matplotlib version3.10, https://matplotlib.org/")
    buffer = io.BytesIO()
    rgba = Image.fromarray(pixels).convert("RGBA")
    rgba.save(buffer, "PNG", pnginfo=info)
    encoded = execute.smaller_png(base64.b64encode(buffer.getvalue()).decode())
    raw = base64.b64decode(encoded)
    assert b"Matplotlib" not in raw and len(raw) < len(buffer.getvalue())
    with Image.open(io.BytesIO(raw)) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), pixels)


def test_streams_are_joined_and_progress_bars_reduced():
    outputs = [
        new_output("stream", name="stdout", text=" 10 %\r 50 %"),
        new_output("stream", name="stdout", text="\r100 %\ndone\n"),
    ]
    (output,) = execute.join_streams(outputs)
    assert output.text == "100 %\ndone\n"
