"""The drawing pad in JupyterLab: a stroke goes to Python and its answer comes back."""

import json

import nbformat
import pytest

from tests.browser.patience import WAIT, at_rest, eventually, painted, press

NOTEBOOK = [
    "import numpy as np\nfrom course_utils.widgets import draw_digit\nasked = []",
    """def read(image):
    asked.append(image)
    tall = np.ptp(np.flatnonzero(image.any(axis=1))) > np.ptp(np.flatnonzero(image.any(axis=0)))
    if image.mean() > 110:
        raise RuntimeError("too much ink")
    return 0.93 * np.eye(10)[1 if tall else 7] + 0.007


pad = draw_digit(read)
pad""",
]


@pytest.fixture
def pad(lab, lab_server):
    """Return the driver with the pad shown by the last cell, and the pad's locator."""
    cells = [nbformat.v4.new_code_cell(source) for source in NOTEBOOK]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab_server.folder / "98_pad.ipynb")
    lab.open("98_pad.ipynb")
    lab.run_all(timeout=300)
    assert lab.errors() == [] and lab.stderr() == []
    found = lab.output(2).locator(".draw-digit")
    found.wait_for(timeout=WAIT)
    found.scroll_into_view_if_needed()
    at_rest(found)
    return lab, found


def stroke(lab, pad, points) -> None:
    """Draw with the mouse through points given as shares of the pad's side."""
    box = at_rest(pad.get_by_test_id("pad"))
    mouse = lab.page.mouse
    for number, (x, y) in enumerate(points):
        place = (box["x"] + x * box["width"], box["y"] + y * box["height"])
        if number == 0:
            mouse.move(*place)
            mouse.down()
        else:
            mouse.move(*place, steps=12)
    mouse.up()
    painted(lab.page)


def ink(pad) -> int:
    """Return the sum of the 28 × 28 pixels shown."""
    return int(pad.get_by_test_id("preview").get_attribute("data-ink"))


def same_in_python(lab, pad) -> list[list[int]]:
    """Return Python's pixels, which are those shown once the last piece of a stroke is answered.

    While it is drawn a stroke is read several times, so the words may be there before that.
    """
    pixels = json.loads(lab.run("import json; print(json.dumps(pad.image.tolist()))"))
    assert sum(map(sum, pixels)) == ink(pad)
    return pixels


def says(pad, text: str) -> None:
    pad.get_by_test_id("says").get_by_text(text).wait_for(timeout=WAIT)


@pytest.mark.browser
def test_a_stroke_is_read_and_cleared(pad):
    lab, pad = pad
    assert ink(pad) == 0
    says(pad, "Draw a digit from 0 to 9.")
    stroke(lab, pad, [(0.5, 0.2), (0.47, 0.8)])
    says(pad, "reads 1, 94 %")
    # What is shown is what Python has: 20 pixels tall, centred.
    seen = eventually(lab.page, lambda: same_in_python(lab, pad))
    assert ink(pad) > 5000 and sum(any(row) for row in seen) == 20
    bar = pad.locator("[data-digit='1']")
    assert "dd-best" in bar.get_attribute("class")
    assert bar.inner_text().split() == ["1", "94", "%"]
    assert bar.locator(".dd-fill").get_attribute("style") == "width: 93.7%;"
    assert lab.run(
        "print(pad.image.dtype, pad.probabilities.argmax(), len(asked) > 1)"
    ).split() == [
        "uint8",
        "1",
        "True",
    ]
    lab.screenshot("drawing-pad-one")

    # A second stroke, taken back.
    stroke(lab, pad, [(0.05, 0.5), (0.95, 0.5)])
    says(pad, "reads 7, 94 %")
    pad.get_by_test_id("undo").click()
    says(pad, "reads 1, 94 %")

    pad.get_by_test_id("clear").click()
    says(pad, "Draw a digit from 0 to 9.")
    assert ink(pad) == 0
    assert pad.locator(".dd-best").count() == 0
    assert lab.run("print(pad.image.any(), pad.probabilities)").split() == ["False", "None"]
    assert pad.get_by_test_id("clear").is_disabled()
    assert lab.console_errors() == []


@pytest.mark.browser
def test_the_keyboard_and_python_can_draw_too(pad):
    lab, pad = pad
    chooser = pad.get_by_test_id("examples")
    chooser.focus()
    press(lab.page, "7")  # in JupyterLab's command mode this would make a heading
    assert lab.cells()[1]["type"] == "code"
    chooser.select_option(label="a 1")
    says(pad, "reads 1, 94 %")
    assert ink(pad) > 5000
    # From the chooser back to Clear, and press it.
    press(lab.page, "Shift+Tab", "Enter")
    says(pad, "Draw a digit from 0 to 9.")

    lab.run("pad.draw([[(20, 140), (260, 140)]])")
    says(pad, "reads 7, 94 %")
    stroke(lab, pad, [(0.5, 0.02), (0.5, 0.98)])  # goes on from what Python drew
    lab.page.wait_for_function(
        "() => document.querySelector('[data-testid=says]').textContent.startsWith('reads 1')",
        timeout=WAIT,
    )
    assert lab.run("print(len(pad._strokes))").strip() == "2"
    assert lab.console_errors() == []


@pytest.mark.browser
def test_an_error_is_shown_and_the_pad_goes_on(pad):
    lab, pad = pad
    lab.run(
        "pad.draw([[(x, y), (x + 1, y)] for x in range(90, 190, 9) for y in range(90, 190, 9)])"
    )
    says(pad, "The reading function failed. RuntimeError: too much ink")
    lab.screenshot("drawing-pad-error")
    pad.get_by_test_id("clear").click()
    says(pad, "Draw a digit from 0 to 9.")
    stroke(lab, pad, [(0.5, 0.2), (0.5, 0.8)])
    says(pad, "reads 1, 94 %")
    assert lab.errors() == []
    assert lab.console_errors() == []


@pytest.mark.browser
def test_a_finger_draws_without_moving_the_page(pad):
    lab, pad = pad
    canvas = pad.get_by_test_id("pad")
    assert canvas.evaluate("node => getComputedStyle(node).touchAction") == "none"
    for kind, x, y in [("down", 150, 60), ("move", 150, 150), ("move", 150, 240), ("up", 150, 240)]:
        canvas.evaluate(
            """(node, [kind, x, y]) => {
                const box = node.getBoundingClientRect();
                node.dispatchEvent(new PointerEvent('pointer' + kind, {
                    pointerId: 7, pointerType: 'touch', isPrimary: true, bubbles: true,
                    cancelable: true, clientX: box.left + x, clientY: box.top + y}));
            }""",
            [kind, x, y],
        )
    says(pad, "reads 1, 94 %")
    assert lab.console_errors() == []


@pytest.mark.browser
def test_texts_are_large_and_the_pad_fits_the_screen(pad):
    lab, pad = pad
    sizes = pad.evaluate(
        """root => [...root.querySelectorAll('*')]
            .filter(node => node.childElementCount === 0 && node.textContent.trim())
            .map(node => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 16
    box = at_rest(pad)
    assert box["height"] < 460 and box["x"] + box["width"] <= 1280
    fetched = lab.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(name.startswith((lab.server.url, "data:", "blob:")) for name in fetched), fetched
