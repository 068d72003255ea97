"""The perceptron widget in JupyterLab: stepped, played, dragged, with Python's numbers."""

import json

import nbformat
import numpy as np
import pytest

from course_utils import perceptron
from course_utils.widgets.perceptron_steps import random_points
from tests.browser.patience import WAIT, at_rest, click, eventually, painted, press

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
SETS = {
    "AND": (CORNERS, np.array([0, 0, 0, 1])),
    "OR": (CORNERS, np.array([0, 1, 1, 1])),
    "XOR": (CORNERS, np.array([0, 1, 1, 0])),
    "random": random_points(),
}


@pytest.fixture
def shown(lab, lab_server):
    """Return the driver with the widget shown by the last cell, and the widget's locator."""
    cells = [
        nbformat.v4.new_code_cell("import json\nfrom course_utils import widgets"),
        nbformat.v4.new_code_cell("steps = widgets.step_perceptron('OR')\nsteps"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab_server.folder / "97_perceptron.ipynb")
    lab.open("97_perceptron.ipynb")
    lab.run_all(timeout=300)
    assert lab.errors() == [] and lab.stderr() == []
    widget = lab.output(2).locator(".perceptron-steps")
    widget.wait_for(timeout=WAIT)
    widget.scroll_into_view_if_needed()
    at_rest(widget)
    return lab, widget


def state(lab) -> dict:
    """Return what Python has heard from the front end, once it has heard the latest."""
    told = int(lab.page.locator(".perceptron-steps").get_attribute("data-told"))

    def heard() -> dict:
        latest = json.loads(lab.run("print(json.dumps(steps._state))"))
        assert latest and latest["told"] >= told, "Python has not heard the latest"
        return latest

    return eventually(lab.page, heard)


def words(widget, name: str) -> str:
    return widget.get_by_test_id(name).inner_text()


def picture(widget) -> str:
    return widget.get_by_test_id("plane").inner_html()


def visits(x, y, w, b, number: int):
    """Carry out the rule in Python and yield weights, bias and mistakes after each visit."""
    mistakes = 0
    for i in range(number):
        before = b, w
        w, b = perceptron.update(x[i % len(x)], y[i % len(x)], w, b)
        mistakes += before[0] != b
        yield w, b, mistakes


def drag(lab, place, by) -> None:
    """Drag what lies at a place of the page by so many pixels."""
    mouse = lab.page.mouse
    mouse.move(*place)
    mouse.down()
    mouse.move(place[0] + by[0], place[1] + by[1], steps=10)
    mouse.up()
    painted(lab.page)


def middle(locator) -> tuple[float, float]:
    box = at_rest(locator)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.browser
def test_or_is_stepped_through_as_in_the_notebook(shown):
    lab, widget = shown
    at_first = picture(widget)
    click(widget, "step")
    assert "Sample 1 of 4: (0, 0), wanted 0" in words(widget, "lines")
    assert "not above 0: answer 0, right" in words(widget, "lines")
    click(widget, "step")
    assert "Sample 2 of 4: (0, 1), wanted 1" in words(widget, "lines")
    assert "change = 1 − 0 = 1" in words(widget, "lines")
    assert "w₂: 0 + 1·1 = 1" in words(widget, "lines")
    assert "Mistakes so far: 1" in words(widget, "counts")
    assert picture(widget) != at_first
    lab.screenshot("perceptron-step")
    click(widget, "jump")
    assert "change = 0 − 1 = −1" in words(widget, "lines")
    click(widget, "back")
    assert "Mistakes so far: 1" in words(widget, "counts")
    for _ in range(3):
        click(widget, "jump")
    click(widget, "jump")  # no further mistake: to the end of the clean pass
    assert "learned" in words(widget, "says")
    assert widget.get_by_test_id("step").is_disabled()
    history, _ = perceptron.train(*SETS["OR"])
    w, b = history[-1]
    heard = state(lab)
    assert [heard["w1"], heard["w2"], heard["b"]] == [*w, b]
    assert heard["mistakes"] == len(history) - 1 == 4 and heard["done"]
    assert lab.run("print(steps.weights, steps.mistakes)").strip() == "(1.0, 1.0, 0.0) 4"
    lab.screenshot("perceptron-or-learned")
    click(widget, "reset")
    assert "Mistakes so far: 0" in words(widget, "counts")
    assert widget.locator("polygon").count() == 0 and widget.locator(".ps-looked-at").count() == 0
    assert lab.console_errors() == []


@pytest.mark.browser
@pytest.mark.parametrize("problem", ["AND", "XOR", "random"])
def test_every_step_has_pythons_numbers(shown, problem):
    lab, widget = shown
    x, y = SETS[problem]
    widget.get_by_test_id("problem").select_option(problem)
    reached = visits(x, y, np.zeros(2), 0.0, 40)
    for number, (w, b, mistakes) in enumerate(reached, 1):
        if widget.get_by_test_id("step").is_disabled():
            assert number > len(x)
            break
        click(widget, "step")
        heard = state(lab)
        assert (heard["w1"], heard["w2"], heard["b"]) == pytest.approx((*w, b), abs=1e-12)
        assert heard["mistakes"] == mistakes
    assert lab.run("print(steps.problem)").strip() == problem
    lab.screenshot(f"perceptron-{problem}")
    assert lab.console_errors() == []


@pytest.mark.browser
def test_the_boundary_is_dragged_and_learning_goes_on_from_there(shown):
    lab, widget = shown
    widget.get_by_test_id("problem").select_option("random")
    before = picture(widget)
    drag(lab, middle(widget.get_by_test_id("handle-1")), (220, 60))
    first = state(lab)
    assert picture(widget) != before
    assert np.hypot(first["w1"], first["w2"]) == pytest.approx(1, abs=0.02)
    drag(lab, middle(widget.get_by_test_id("line")), (40, 0))
    second = state(lab)
    assert (second["w1"], second["w2"]) == (first["w1"], first["w2"])
    assert second["b"] != first["b"] and second["mistakes"] == 0
    x, y = SETS["random"]
    w, b = np.array([second["w1"], second["w2"]]), second["b"]
    wrong = int((perceptron.predict(x, w, b) != y).sum())
    assert f"Wrong now: {wrong} of 16" in words(widget, "counts")
    assert widget.locator(".ps-missed").count() == wrong
    lab.screenshot("perceptron-dragged")

    click(widget, "swap")
    turned = state(lab)
    assert [turned[k] for k in ("w1", "w2", "b")] == [-second[k] for k in ("w1", "w2", "b")]
    for v, c, mistakes in visits(x, y, -w, -b, 8):
        click(widget, "step")
        heard = state(lab)
        assert (heard["w1"], heard["w2"], heard["b"]) == pytest.approx((*v, c), abs=1e-12)
        assert heard["mistakes"] == mistakes
    assert lab.console_errors() == []


@pytest.mark.browser
def test_the_keyboard_reaches_everything(shown):
    lab, widget = shown
    page = lab.page
    widget.get_by_test_id("handle-1").focus()
    press(page, *["ArrowRight"] * 4)
    laid = state(lab)
    assert laid["w1"] != 0 and laid["mistakes"] == 0
    press(page, "ArrowUp", "ArrowDown")
    for expected in ("handle-2", "problem", "reset", "swap"):
        press(page, "Tab")
        focus = "() => document.activeElement.getAttribute('data-testid')"
        assert lab.page.evaluate(focus) == expected
    press(page, "Shift+Tab", "Enter")  # Reset
    assert state(lab)["w1"] == 0
    widget.get_by_test_id("step").focus()
    press(page, "Space", "Enter")
    assert state(lab)["mistakes"] == 1
    assert len(lab.cells()) == 2 and lab.cells()[1]["type"] == "code"  # no shortcut of the Lab
    assert lab.console_errors() == []


@pytest.mark.browser
def test_xor_is_played_until_it_repeats_itself(shown):
    lab, widget = shown
    widget.get_by_test_id("problem").select_option("XOR")
    click(widget, "play")
    assert words(widget, "play") == "Pause"
    widget.get_by_test_id("says").get_by_text("everything repeats").wait_for(timeout=WAIT)
    assert words(widget, "play") == "Play"
    heard = state(lab)
    assert not heard["done"] and heard["mistakes"] >= 6
    lab.screenshot("perceptron-xor-repeats")
    assert lab.console_errors() == []


@pytest.mark.browser
def test_texts_are_large_and_the_widget_fits_the_screen(shown):
    lab, widget = shown
    click(widget, "jump")
    sizes = widget.evaluate(
        """root => [...root.querySelectorAll('*')]
            .filter(node => node.childElementCount === 0 && node.textContent.trim())
            .map(node => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 16
    box = at_rest(widget)
    assert box["height"] < 520 and box["x"] + box["width"] <= 1280
    fetched = lab.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(name.startswith((lab.server.url, "data:", "blob:")) for name in fetched), fetched
