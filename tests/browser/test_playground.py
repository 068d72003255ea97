"""The playground in JupyterLab: it trains before the reader's eyes, and every control acts at once.

The times are the requirement itself, so they are measured here, in the page: the redraws that can
be told apart on screen, and the time from a click to the last picture.
"""

import nbformat
import pytest

NOTEBOOK = [
    "from course_utils.widgets import playground",
    "play = playground('spiral', [8, 8])\nplay",
]
WAIT = 20_000  # milliseconds for an answer of a busy machine
SOON = 300  # milliseconds within which every control has to act
REDRAWS = 10  # a second, at least

# Look at the canvas at each frame of the screen; count how often its pixels have changed.
COUNT = """(root, milliseconds) => new Promise((resolve) => {
    const canvas = root.querySelector("[data-testid=region]");
    const paper = canvas.getContext("2d");
    const first = { redraws: Number(root.dataset.redraws), epoch: Number(root.dataset.epoch) };
    const begin = performance.now();
    let changes = 0, before = null;
    function look() {
        const pixels = new Uint32Array(
            paper.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        let sum = 0;
        for (let i = 0; i < pixels.length; i += 7) sum = (sum * 31 + pixels[i]) | 0;
        if (before !== null && sum !== before) changes += 1;
        before = sum;
        const passed = performance.now() - begin;
        if (passed < milliseconds) return requestAnimationFrame(look);
        const redraws = Number(root.dataset.redraws) - first.redraws;
        const epochs = Number(root.dataset.epoch) - first.epoch;
        resolve({ changes, redraws, epochs, seconds: passed / 1000 });
    }
    requestAnimationFrame(look);
})"""

# Act on a control, wait until a condition holds, and tell how long that took.
REACT = """([root, act, holds]) => new Promise((resolve) => {
    const done = new Function("root", `return ${holds}`);
    const begin = performance.now();
    new MutationObserver((_, observer) => {
        if (!done(root)) return;
        observer.disconnect();
        resolve(performance.now() - begin);
    }).observe(root, { attributes: true, subtree: true, childList: true, characterData: true });
    new Function("root", act)(root);
    setTimeout(() => resolve(1e9), 10_000);
})"""


@pytest.fixture
def play(lab, lab_server):
    """Return the driver with the playground shown by the last cell, and the playground."""
    cells = [nbformat.v4.new_code_cell(source) for source in NOTEBOOK]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab_server.folder / "97_playground.ipynb")
    lab.open("97_playground.ipynb")
    lab.run_all(timeout=120)
    assert lab.errors() == [] and lab.stderr() == []
    found = lab.output(2).locator(".playground")
    found.wait_for(timeout=WAIT)
    found.scroll_into_view_if_needed()
    return lab, found


def reaction(lab, root, act: str, holds: str) -> float:
    """Return the milliseconds from acting on a control until a condition holds."""
    return lab.page.evaluate(REACT, [root.element_handle(), act, holds])


def busiest(root) -> dict:
    """Count for two seconds; a machine that others keep busy may have three tries."""
    tries = []
    for _ in range(3):
        tries.append(root.evaluate(COUNT, 2000))
        if tries[-1]["changes"] / tries[-1]["seconds"] >= REDRAWS:
            break
    return max(tries, key=lambda seen: seen["redraws"] / seen["seconds"])


def click(name: str) -> str:
    return f"root.querySelector('[data-testid={name}]').click()"


def choose(name: str, value: object) -> str:
    return (
        f"const s = root.querySelector('[data-testid={name}]'); s.value = '{value}';"
        "s.dispatchEvent(new Event('change', { bubbles: true }));"
    )


def wait_for_epoch(lab, epoch: int) -> None:
    lab.page.wait_for_function(
        "n => Number(document.querySelector('.playground').dataset.epoch) >= n",
        arg=epoch,
        timeout=WAIT,
    )


@pytest.mark.browser
def test_it_trains_live_and_stops_at_once(play, record_testsuite_property):
    lab, root = play
    assert root.get_attribute("data-running") == "false" and lab.kernel_status() == "idle"
    lab.screenshot("playground-before")
    before = root.get_by_test_id("region").screenshot()
    root.get_by_test_id("run").click()
    wait_for_epoch(lab, 5)
    seen = busiest(root)
    per_second = seen["changes"] / seen["seconds"]
    print(f"{per_second:.1f} redraws on screen a second; {seen}")
    record_testsuite_property("playground-redraws-a-second", round(per_second, 1))
    assert per_second >= REDRAWS
    assert seen["epochs"] >= seen["redraws"] - 1 > 0, "each redraw after an epoch at least"

    # The kernel is free for other cells while the network trains.
    assert lab.run("6 * 7") == "42"
    assert lab.run("print(play.running, play.epoch > 5)").split() == ["True", "True"]

    # Pause: from the click to the page at rest; after that no picture comes any more.
    took = reaction(lab, root, click("run"), "root.dataset.running === 'false'")
    print(f"{took:.0f} ms from the click to the stop")
    assert took < SOON
    at_rest = root.get_attribute("data-redraws")
    lab.page.wait_for_timeout(700)
    assert root.get_attribute("data-redraws") == at_rest
    assert lab.run("print(play.running, play._thread)").split() == ["False", "None"]
    assert root.get_by_test_id("region").screenshot() != before
    assert int(lab.run("print(play.epoch)")) == int(root.get_attribute("data-epoch"))
    assert lab.errors() == [] and lab.stderr() == [] and lab.console_errors() == []


@pytest.mark.browser
def test_every_control_acts_at_once_while_it_trains(play):
    lab, root = play
    root.get_by_test_id("run").click()
    wait_for_epoch(lab, 30)
    for what, act, holds in [
        ("rate", choose("rate", "0.3"), "root.dataset.epoch > 0"),
        ("data", choose("data", "moons"), "root.dataset.epoch < 15"),
        ("activation", choose("activation", "relu"), "root.dataset.epoch < 15"),
        (
            "layers",
            choose("layers", 4),
            "root.querySelectorAll('.pg-column:not([hidden]) .pg-map').length === 32",
        ),
        (
            "nodes",
            choose("nodes-2", 1),
            "root.querySelectorAll('.pg-column:not([hidden]) .pg-map').length === 25",
        ),
        ("reset", click("reset"), "root.dataset.epoch < 15"),
    ]:
        wait_for_epoch(lab, 20)
        took = reaction(lab, root, act, holds)
        print(f"{what}: {took:.0f} ms")
        assert took < SOON, what
        assert root.get_attribute("data-running") == "true", "it goes on training"
    settings = lab.run("print(*play.settings.values())").strip()
    assert settings == "moons [8, 1, 8, 8] relu 0.3"
    seen = busiest(root)
    print(seen)
    assert seen["redraws"] / seen["seconds"] >= REDRAWS, "with four hidden layers too"
    took = reaction(lab, root, click("step"), "root.dataset.running === 'false'")
    assert took < SOON
    lab.screenshot("playground-four-layers")
    assert lab.stderr() == [] and lab.console_errors() == []


@pytest.mark.browser
def test_it_waits_for_the_page_and_ends_with_the_widget(play):
    lab, root = play
    root.get_by_test_id("run").click()
    wait_for_epoch(lab, 3)
    # A busy cell does not stop it for good, and the buttons act in the meantime.
    lab.run("import time; time.sleep(1)")
    wait_for_epoch(lab, int(root.get_attribute("data-epoch")) + 3)
    lab.run("thread = play._thread; play.close(); thread.join(5)")
    assert lab.run("print(thread.is_alive())").strip() == "False"
    assert lab.errors() == [] and lab.stderr() == []


@pytest.mark.browser
def test_the_keyboard_reaches_every_control(play):
    lab, root = play
    root.get_by_test_id("run").focus()
    reached = []
    for _ in range(9):
        reached.append(lab.page.evaluate("document.activeElement.dataset.testid"))
        lab.page.keyboard.press("Tab")
    assert reached == [
        "run", "step", "reset", "data", "layers", "activation", "rate", "nodes-1", "nodes-2",
    ]  # fmt: skip
    root.get_by_test_id("step").focus()
    lab.page.keyboard.press("Enter")
    wait_for_epoch(lab, 1)
    root.get_by_test_id("run").focus()
    lab.page.keyboard.press("Space")
    wait_for_epoch(lab, 4)
    lab.page.keyboard.press("Space")
    root.get_by_test_id("status").get_by_text("paused").wait_for(timeout=WAIT)
    assert lab.cells()[1]["type"] == "code", "keys are not JupyterLab's commands here"
    assert lab.console_errors() == []


@pytest.mark.browser
def test_texts_are_large_and_it_fits_the_screen(play):
    lab, root = play
    lab.run("play.choose(data='spiral', hidden=[8, 8], rate=0.3)")
    lab.run("for _ in range(200): play.step()")
    wait_for_epoch(lab, 200)
    root.scroll_into_view_if_needed()
    lab.screenshot("playground-spiral")
    sizes = root.evaluate(
        """root => [...root.querySelectorAll('*')]
            .filter(node => node.childElementCount === 0 && node.textContent.trim())
            .map(node => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 16
    box = root.bounding_box()
    assert box["height"] < 520 and box["x"] + box["width"] <= 1280
    fetched = lab.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(name.startswith((lab.server.url, "data:", "blob:")) for name in fetched), fetched
