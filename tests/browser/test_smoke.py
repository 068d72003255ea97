"""The notebooks run in JupyterLab, and their widgets move.

00 and 08 with every `make test`, all with `make test-browser`.
"""

import itertools

import pytest

from tests.browser.conftest import to_run
from tests.browser.patience import at_rest, eventually
from tests.notebooks.parts import notebook_paths

WIDGET = "application/vnd.jupyter.widget-view+json"
# All that a reader sees of a widget.
LOOK = """root => JSON.stringify([
    root.innerHTML,
    [...root.querySelectorAll("canvas")].map(each => each.toDataURL()),
    [...root.querySelectorAll("input, select")].map(each => [each.value, each.checked]),
])"""


def ways_to_move(lab, root):
    """Yield what a reader would try: draw, push a slider, choose, press a button."""
    for pad in root.get_by_test_id("pad").all():
        yield "draw", lambda pad=pad: draw_one(lab, pad)
    for slider in root.locator("input[type=range], [role=slider]").all():
        yield "push", lambda slider=slider: slider.press("ArrowRight")
    for menu in root.locator("select:enabled").all():
        yield "choose", lambda menu=menu: menu.press("ArrowDown")
    for button in root.locator("button:enabled").all():
        yield "press", lambda button=button: button.click()


def changes(lab, root, before: str) -> bool:
    """Return whether a widget looks other than before within five seconds."""

    def looks_other() -> None:
        assert root.evaluate(LOOK) != before

    try:
        eventually(lab.page, looks_other, seconds=5)
    except AssertionError:
        return False
    return True


def at_rest_for_a_while(lab, root) -> str:
    """Return how a widget looks once nothing changes by itself."""
    for _ in range(100):
        before = root.evaluate(LOOK)
        lab.page.wait_for_timeout(300)
        if root.evaluate(LOOK) == before:
            return before
    raise AssertionError("it moves by itself and does not stop")


def move_widgets(lab) -> int:
    """Move every widget of the notebook that is open, and return their number."""
    moved = 0
    for cell in lab.cells():
        outputs = enumerate(cell["outputs"])
        for place in [place for place, found in outputs if WIDGET in found.get("data", {})]:
            root = lab.output(cell["number"]).locator(".jp-OutputArea-child").nth(place)
            root.scroll_into_view_if_needed()
            before = at_rest_for_a_while(lab, root)
            tried = []
            for name, move in itertools.islice(ways_to_move(lab, root), 6):
                move()
                tried.append(name)
                if changes(lab, root, before):
                    moved += 1
                    break
            else:
                raise AssertionError(f"cell {cell['number']}: nothing moves (tried {tried})")
    return moved


def draw_one(lab, pad) -> None:
    """Draw a 1 with the mouse."""
    box = at_rest(pad)
    middle, mouse = box["x"] + box["width"] / 2, lab.page.mouse
    mouse.move(middle, box["y"] + 0.15 * box["height"])
    mouse.down()
    mouse.move(middle, box["y"] + 0.85 * box["height"], steps=15)
    mouse.up()


def run_through(lab, name: str) -> None:
    """Open a notebook, run all its cells, and expect nothing wrong on the page."""
    lab.open(to_run(name))
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
    draw_one(lab, pad.get_by_test_id("pad"))
    pad.get_by_test_id("says").get_by_text("reads 1").wait_for(timeout=120_000)
    lab.screenshot("00_pad")
    assert lab.console_errors() == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem[:2] == "08" else [pytest.mark.browser])
        for path in notebook_paths()
    ],
    ids=lambda path: path.stem[:2],
)
def test_notebook_runs_in_jupyterlab_and_its_widgets_move(lab, path, record_property):
    """Every notebook; each widget, moved as a reader would, looks other than before."""
    run_through(lab, path.name)
    moved = move_widgets(lab)
    assert lab.console_errors() == []
    record_property("in-jupyterlab", [path.name, moved])


def test_a_widget_that_does_not_move_is_noticed(lab, lab_server):
    """Otherwise the test above would accept whatever is on the page."""
    from tests.notebooks.good import code, good_notebook, write

    notebook = good_notebook()
    notebook["cells"] = [
        code("from ipywidgets import Button, IntSlider\nIntSlider()", 1),
        code("Button(description='does nothing')", 2),
    ]
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"still-{number}"
    write(notebook, lab_server.folder, "99_still.ipynb")
    lab.open("99_still.ipynb")
    lab.run_all(timeout=300)
    with pytest.raises(AssertionError, match=r"cell 2: nothing moves \(tried \['press'\]\)"):
        move_widgets(lab)


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
