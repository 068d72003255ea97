"""The notebooks run in JupyterLab: 00 with every `make test`, all with `make test-browser`."""

import pytest

from tests.browser.patience import at_rest, eventually
from tests.notebooks.parts import notebook_paths


def run_through(lab, name: str) -> None:
    """Open a notebook, run all its cells, and expect nothing wrong on the page."""
    lab.open(name)
    lab.run_all(timeout=1200)
    lab.screenshot(name.removesuffix(".ipynb"))
    assert lab.errors() == []
    assert lab.stderr() == []
    assert lab.console_errors() == []
    assert not [cell["number"] for cell in lab.cells() if cell["waiting"]]


def test_notebook_00_runs_in_jupyterlab_and_reads_a_digit(lab):
    """The first notebook, which `make lab` opens: a 1 is drawn with the mouse and read."""
    run_through(lab, "00_start_here.ipynb")
    pad = lab.page.locator(".draw-digit")
    pad.scroll_into_view_if_needed()
    box = at_rest(pad.get_by_test_id("pad"))
    middle, mouse = box["x"] + box["width"] / 2, lab.page.mouse
    mouse.move(middle, box["y"] + 0.15 * box["height"])
    mouse.down()
    mouse.move(middle, box["y"] + 0.85 * box["height"], steps=15)
    mouse.up()
    pad.get_by_test_id("says").get_by_text("reads 1").wait_for(timeout=120_000)
    lab.screenshot("00_pad")
    assert lab.console_errors() == []


@pytest.mark.browser
@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_notebook_runs_in_jupyterlab(lab, path):
    """Every notebook."""
    run_through(lab, path.name)


def said_by_the_page(lab) -> None:
    """A script's output runs when it is shown, which may be after the last cell has run."""
    assert any("from the page" in text for text in lab.console_errors()), lab.console


def test_the_driver_sees_what_goes_wrong(lab, lab_server):
    """A notebook with an error, a line on stderr and a script that throws."""
    from tests.notebooks.good import code, good_notebook, write

    notebook = good_notebook()
    notebook["cells"] = [
        code("import sys\nprint('careful', file=sys.stderr)", 1),
        code("from IPython.display import Javascript\n"
             "Javascript(\"console.error('from the page')\")", 2),
        code("1 / 0", 3),
        code("print('not reached')", 4),
    ]  # fmt: skip
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"wrong-{number}"
    write(notebook, lab_server.folder, "99_wrong.ipynb")
    lab.open("99_wrong.ipynb")
    lab.run_all(timeout=300)
    assert lab.errors() == ["cell 3: ZeroDivisionError: division by zero"]
    assert lab.stderr() == ["cell 1: careful\n"]
    eventually(lab.page, lambda: said_by_the_page(lab))
    assert lab.run("6 * 7") == "42"
