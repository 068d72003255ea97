"""The two widgets of notebook 01 in JupyterLab: what is moved, moves, and Python knows."""

import hashlib

import nbformat
import pytest

from tests.browser.patience import WAIT, at_rest, eventually, painted, press

SETUP = """import numpy as np
from course_utils.widgets import explore_rates, fit_line
rng = np.random.default_rng(2)
km = rng.uniform(1, 6, 20).round(1)
euros = (2 * km + 1 + rng.normal(0, 1.5, 20)).round(1)"""
# The cost at the end of the path that Python walks.
REACHED = "((euros - explorer.path[-1, 0] * km - explorer.path[-1, 1]) ** 2).mean()"


def shown(lab, lab_server, name, code):
    """Run a notebook that shows a widget in its last cell; return the widget's locator."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, code)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab_server.folder / name)
    lab.open(name)
    lab.run_all(timeout=300)
    assert lab.errors() == [] and lab.stderr() == []
    found = lab.output(2).locator(".cost-surface")
    found.wait_for(timeout=WAIT)
    found.scroll_into_view_if_needed()
    at_rest(found)
    return found


@pytest.fixture
def fit(lab, lab_server):
    code = 'fit = fit_line(km, euros, x_label="km", y_label="euros")\nfit'
    return lab, shown(lab, lab_server, "97_fit.ipynb", code)


@pytest.fixture
def explorer(lab, lab_server):
    code = "explorer = explore_rates(km, euros)\nexplorer"
    return lab, shown(lab, lab_server, "97_rate.ipynb", code)


def picture(widget, name) -> str:
    """Return a fingerprint of a canvas."""
    data = widget.get_by_test_id(name).evaluate("canvas => canvas.toDataURL()")
    return hashlib.sha256(data.encode()).hexdigest()


def cost(widget) -> float:
    return float(widget.get_attribute("data-cost"))


def settled(lab, widget, expression) -> None:
    """Wait until Python holds what the reader did, and the page has drawn it."""

    def holds():
        python = lab.run(f"print({expression})").strip()
        assert python == "True", f"{expression} does not become true: " + widget.inner_text()

    eventually(lab.page, holds)
    painted(lab.page)


def agreed(lab, widget, expression) -> None:
    """Wait until Python and the page show the same cost.

    A drag sends many values, so for a moment Python still holds an earlier one.
    """

    def agree():
        assert cost(widget) == pytest.approx(float(lab.run(f"print({expression})")), rel=1e-9)

    eventually(lab.page, agree)


def changed(lab, widget, name, before: str) -> None:
    """Wait until a canvas shows another picture: it is drawn in the next frame, not at once."""

    def differs():
        assert picture(widget, name) != before, f"{name} is still the picture of before"

    eventually(lab.page, differs)


def drag(lab, widget, name, start, end) -> None:
    """Drag over a canvas between two places, given as shares of its width and height."""
    widget.get_by_test_id(name).scroll_into_view_if_needed()
    box = at_rest(widget.get_by_test_id(name))
    for number, (x, y) in enumerate((start, end)):
        place = (box["x"] + x * box["width"], box["y"] + y * box["height"])
        lab.page.mouse.move(*place, steps=1 + 9 * number)
        if number == 0:
            lab.page.mouse.down()
    lab.page.mouse.up()
    painted(lab.page)


def looks_right(lab, widget) -> None:
    """Texts are large, the widget fits a projector's screen, and nothing came from a network."""
    sizes = widget.evaluate(
        """root => [...root.querySelectorAll('*')]
            .filter(node => node.childElementCount === 0 && node.textContent.trim())
            .map(node => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 16
    at_rest(widget)
    left, right = (plot.bounding_box() for plot in widget.locator("canvas").all())
    assert left["y"] == right["y"] and left["x"] + left["width"] < right["x"]  # side by side
    box = widget.bounding_box()
    assert box["height"] < 560 and box["x"] + box["width"] <= 1280
    fetched = lab.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(name.startswith((lab.server.url, "data:", "blob:")) for name in fetched), fetched
    assert lab.console_errors() == []


@pytest.mark.browser
def test_a_line_is_moved_by_keys_by_the_mouse_and_from_python(fit):
    lab, fit = fit
    before = picture(fit, "scatter"), picture(fit, "surface")
    first = cost(fit)

    # The keyboard: arrows move the slope, and are no commands of JupyterLab.
    fit.get_by_test_id("a").focus()
    for _ in range(50):
        lab.page.keyboard.press("ArrowRight")
    settled(lab, fit, "abs(fit.a - 0.5) < 1e-9")
    changed(lab, fit, "scatter", before[0])
    changed(lab, fit, "surface", before[1])
    agreed(lab, fit, "fit.cost")
    assert cost(fit) < first
    assert len(lab.cells()) == 2

    fit.get_by_test_id("b").focus()
    press(lab.page, "End")
    settled(lab, fit, "fit.b == fit._b_range[1]")
    agreed(lab, fit, "fit.cost")
    lab.screenshot("line-fit-moved")

    # The mouse: the point is dragged over the surface, to a flat line through 0.
    before = picture(fit, "scatter")
    drag(lab, fit, "surface", (0.8, 0.4), (0.5, 0.5))
    changed(lab, fit, "scatter", before)
    settled(lab, fit, "fit.a < 3 and fit.b < 3 and not fit.a == 0.5")
    agreed(lab, fit, "fit.cost")

    # Squares, and the least cost, which is NumPy's.
    before = picture(fit, "scatter")
    fit.get_by_test_id("squares").check()
    changed(lab, fit, "scatter", before)
    lab.screenshot("line-fit-squares")
    fit.get_by_test_id("best").click()
    settled(lab, fit, "np.allclose([fit.a, fit.b], np.polyfit(km, euros, 1))")

    lab.run("fit.a = -1.0")
    agreed(lab, fit, "fit.cost")
    assert cost(fit) > 50
    assert "−1.00 x" in fit.get_by_test_id("says").inner_text()
    looks_right(lab, fit)


@pytest.mark.browser
def test_a_rate_creeps_settles_or_runs_away(explorer):
    lab, explorer = explorer
    small = cost(explorer)
    assert "Cost at the start 67.39, after 30 steps" in explorer.get_by_test_id("says").inner_text()
    lab.screenshot("learning-rate-small")

    pictures = {picture(explorer, "surface") + picture(explorer, "curve")}
    lab.run("explorer.rate = 0.06")
    agreed(lab, explorer, REACHED)
    good = cost(explorer)
    pictures.add(picture(explorer, "surface") + picture(explorer, "curve"))
    assert good < small
    lab.screenshot("learning-rate-good")

    # The keyboard drives the rate up until the cost explodes.
    explorer.get_by_test_id("rate").focus()
    press(lab.page, "End")
    settled(lab, explorer, "explorer.rate > 0.09")
    agreed(lab, explorer, REACHED)
    assert cost(explorer) > 1e3
    assert "cs-problem" in explorer.get_by_test_id("says").get_attribute("class")
    pictures.add(picture(explorer, "surface") + picture(explorer, "curve"))
    lab.screenshot("learning-rate-large")
    assert len(pictures) == 3

    # More steps, and another start, dragged there; Python walks the same path.
    explorer.get_by_test_id("steps").focus()
    press(lab.page, "Home")
    settled(lab, explorer, "explorer.steps == 1 and len(explorer.path) == 2")
    drag(lab, explorer, "surface", (0.4, 0.6), (0.8, 0.3))
    settled(lab, explorer, "explorer.a > 2 and explorer.b > 1")
    agreed(lab, explorer, REACHED)
    looks_right(lab, explorer)
