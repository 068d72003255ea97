"""The live deck as an instructor presents it: JupyterLab with *Toggle Deck*, by the keyboard.

Notebook 08 is run whole and looked at screen by screen (build/screenshots/live-08-….png); the
others are shown with the outputs they are stored with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.browser.conftest import Lab, fresh_page
from tests.browser.legible import FIGURES, SMALL
from tests.browser.patience import at_rest, eventually, painted, press
from tests.notebooks.parts import ROOT, notebook_paths

pytestmark = pytest.mark.browser

STYLE = ROOT / "tools" / "slides" / "live.json5"
HEIGHT = 720
TOP = "window.jupyterapp.shell.currentWidget.content"
HERE = f"""() => {{
    const notebook = {TOP};
    const ids = name => [...notebook.widgets].filter(cell => cell.hasClass(name))
        .map(cell => cell.model.id);
    return {{cell: notebook.activeCell.model.id, seen: ids('jp-deck-mod-visible'),
             laid_out: ids('jp-deck-mod-onscreen')}};
}}"""
# Answers count unfolded: an instructor opens them.
MEASURE = f"""async () => {{
    const deck = document.querySelector('.jp-Deck .jp-Notebook');
    const answers = [...deck.querySelectorAll('.jp-deck-mod-onscreen details')];
    for (const answer of answers) answer.open = true;
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    const cut = [];
    const shown = [...deck.querySelectorAll('.jp-deck-mod-onscreen :is(.cm-scroller, pre, table,'
        + ' img, p, li, mjx-container)')].filter(element => element.checkVisibility());
    for (const element of shown) {{
        const text = element.textContent.trim().slice(0, 40);
        if (element.matches('.cm-scroller, pre') && element.scrollWidth > element.clientWidth + 1)
            cut.push(`cut off at the right: ${{text}}`);
        if (element.getBoundingClientRect().right > innerWidth + 1)
            cut.push(`beyond the right edge: ${{text}}`);
    }}
    const scrollers = [deck, ...deck.querySelectorAll('.jp-WindowedPanel-outer')];
    const heights = scrollers.map(each => each.scrollHeight - each.clientHeight);
    const measured = {{small: ({SMALL})(deck), figures: await ({FIGURES})(deck), cut,
        height: innerHeight + Math.max(...heights), answers: answers.length}};
    for (const answer of answers) answer.open = false;
    return measured;
}}"""


@dataclass
class Presented:
    """A notebook in deck mode."""

    lab: Lab
    screens: list[list[str]]  # the ids of the cells on each
    measured: dict[str, dict] = field(default_factory=dict)

    def here(self) -> dict:
        return self.lab.page.evaluate(HERE)

    def is_at(self, cell: str) -> None:
        assert self.here()["cell"] == cell

    def shows(self, screen: list[str], upto: str) -> None:
        """The screen, down to a cell, is to be seen; the rest has its place, and waits."""
        here = self.here()
        assert here["cell"] == upto
        assert here["seen"] == screen[: screen.index(upto) + 1]
        assert here["laid_out"] == screen


def screens_of(path: Path) -> list[list[str]]:
    """Return the ids of the cells of each screen, as the slide types say."""
    screens: list[list[str]] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        kind = cell["metadata"]["slideshow"]["slide_type"]
        if kind in ("slide", "subslide"):
            screens.append([])
        if kind not in ("skip", "notes"):
            screens[-1].append(cell["id"])
    return screens


@contextmanager
def presented(lab: Lab, path: Path) -> Iterator[Presented]:
    """Begin at the first cell, and press the button in the toolbar.

    JupyterLab keeps the deck for whoever opens it next, so at the end it is over.
    """
    page, deck = lab.page, Presented(lab, screens_of(path))
    page.evaluate(f"{TOP}.activeCellIndex = 0")
    page.locator(".jp-NotebookPanel-toolbar [data-command='deck:toggle']").click()
    page.locator("body[data-jp-deck-mode=presenting] .jp-Deck").wait_for()
    eventually(page, partial(deck.shows, deck.screens[0], deck.screens[0][0]))
    try:
        yield deck
    finally:
        page.evaluate("window.jupyterapp.commands.execute('deck:stop')")
        eventually(page, partial(not_active, page))


def not_active(page) -> None:
    setting = page.evaluate("""async () => {
        const plugin = await window.jupyterapp.serviceManager.settings
            .fetch('jupyterlab-slideshow:plugin');
        return plugin.raw;
    }""")
    assert '"active": true' not in setting


def go_to(deck: Presented, screen: list[str], cell: str) -> None:
    """Go to a cell of a screen directly, as a click in the table of contents does."""
    deck.lab.page.evaluate(
        f"id => {{ {TOP}.activeCellIndex = {TOP}.widgets.findIndex(c => c.model.id === id); }}",
        cell,
    )
    eventually(deck.lab.page, partial(deck.shows, screen, cell))


def walk(deck: Presented, each=None) -> None:
    """Press space from the first screen to the last; measure each when all of it is there."""
    page = deck.lab.page
    for screen in deck.screens:
        for cell in screen:
            if deck.here()["cell"] != cell:
                press(page, "Space")
            eventually(page, partial(deck.shows, screen, cell))
        deck.measured[screen[0]] = page.evaluate(MEASURE)
        if each:
            each(screen[0])
    press(page, "Space")
    deck.is_at(deck.screens[-1][-1])


def faults(deck: Presented) -> dict[str, list[str]]:
    """Return, for each screen that has any, what is too small, cut off or too tall."""
    found = {}
    for screen, measured in deck.measured.items():
        wrong = [*measured["small"], *measured["figures"], *measured["cut"]]
        if measured["height"] > 2 * HEIGHT:
            wrong.append(f"{measured['height']} px tall: more than one scroll")
        if wrong:
            found[screen] = wrong
    return found


def tall(deck: Presented) -> dict[str, int]:
    """Return the heights of the screens that have to be scrolled, once."""
    return {screen: measured["height"] for screen, measured in deck.measured.items()
            if measured["height"] > HEIGHT}  # fmt: skip


def without_style(deck: Presented, off: bool = True) -> None:
    """Switch the style sheet off, or on again."""
    sheet = "document.querySelector('style.jp-Fonts-Sheet.jp-fonts-mod-global')"
    deck.lab.page.evaluate(f"off => {{ {sheet}.sheet.disabled = off; }}", off)


PATHS = {path.stem[:2]: path for path in notebook_paths()}
OTHERS = sorted(set(PATHS) - {"08"})


@pytest.fixture(scope="module")
def eight(lab_server, chromium):
    """Present notebook 08, all its cells run."""
    with fresh_page(lab_server, chromium) as lab:
        lab.open(PATHS["08"].name)
        lab.run_all(timeout=1200)
        assert lab.errors() == []
        with presented(lab, PATHS["08"]) as deck:
            yield deck


def test_notebook_08_is_presented_from_start_to_end(eight, record_property):
    lab = eight.lab

    def look(screen: str) -> None:
        lab.screenshot(f"live-08-{len(eight.measured):02}-{screen}")

    walk(eight, look)
    record_property("live-deck", ["08", len(eight.measured), len(tall(eight))])
    assert faults(eight) == {}
    assert sum(measured["answers"] for measured in eight.measured.values()) > 5
    assert lab.console_errors() == []


def test_a_widget_stays_live_in_the_deck(eight):
    page = eight.lab.page
    go_to(eight, ["nb08-slide-code"], "nb08-slide-code")
    widget = page.locator(".jp-deck-mod-visible .sliding-window")
    at_rest(widget)
    before = widget.get_by_test_id("total").inner_text()
    widget.get_by_test_id("scrub").focus()
    press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")
    assert widget.get_attribute("data-position") == "4"
    assert widget.get_by_test_id("total").inner_text() != before
    eventually(page, partial(python_knows, eight.lab, "(1, 0)"))
    eight.is_at("nb08-slide-code")  # the arrows were the slider's
    eight.lab.screenshot("live-08-widget")


def python_knows(lab, position: str) -> None:
    code = "[each for each in Out.values() if type(each).__name__ == 'SlidingWindow'][0].position"
    assert lab.run(code) == position


def test_control_enter_runs_a_cell_where_it_stands(eight):
    page, lab = eight.lab.page, eight.lab
    screen = next(screen for screen in eight.screens if "nb08-count" in screen)
    go_to(eight, screen, "nb08-count")
    before = count(lab)
    press(page, "Control+Enter")
    eventually(page, partial(has_run, lab, before))
    assert lab.errors() == []
    eight.shows(screen, "nb08-count")
    press(page, "Space")
    eventually(page, partial(eight.shows, screen, "nb08-count-after"))
    press(page, "Shift+Space")
    eventually(page, partial(eight.shows, screen, "nb08-count"))


def count(lab) -> int | None:
    return lab.page.evaluate(f"{TOP}.activeCell.model.executionCount")


def has_run(lab, before: int) -> None:
    assert (count(lab) or 0) > before


def test_without_the_style_sheet_it_cannot_be_read(eight):
    page = eight.lab.page
    go_to(eight, eight.screens[0], eight.screens[0][0])
    assert page.evaluate(MEASURE)["small"] == []
    without_style(eight)
    painted(page)
    small = page.evaluate(MEASURE)["small"]
    without_style(eight, False)
    assert any(text.startswith("14 px: ") for text in small), small
    page.evaluate("""() => {
        const cell = document.querySelector('.jp-deck-mod-visible .jp-RenderedMarkdown');
        const wide = document.createElement('pre');
        wide.style.height = '1500px';
        wide.textContent = 'x'.repeat(200);
        cell.append(wide);
    }""")
    measured = page.evaluate(MEASURE)
    page.evaluate("document.querySelector('.jp-RenderedMarkdown > pre[style]').remove()")
    assert measured["height"] > 2 * HEIGHT
    assert len(measured["cut"]) == 1


def test_escape_ends_the_deck(eight):  # the last one that needs it
    page = eight.lab.page
    go_to(eight, eight.screens[0], eight.screens[0][0])
    press(page, "Escape")
    page.locator("body:not([data-jp-deck-mode])").wait_for(state="attached")
    assert page.locator(".jp-Deck").count() == 0
    assert page.evaluate(f"{TOP}.activeCell.model.id") == eight.screens[0][0]


@pytest.mark.parametrize("number", OTHERS)
def test_a_notebook_can_be_presented(lab, number, record_property):
    lab.open(PATHS[number].name, stored=True)
    with presented(lab, PATHS[number]) as deck:
        walk(deck)
        lab.screenshot(f"live-{number}")
        record_property("live-deck", [number, len(deck.measured), len(tall(deck))])
        assert faults(deck) == {}
        assert lab.console_errors() == []


def test_the_style_sheet_in_force_is_the_repository_s():
    """What JupyterLab reads was put there when the course was installed."""
    installed = Path(sys.prefix, "share/jupyter/lab/settings/overrides.d")
    copy = installed / "neural-networks-by-hand.json5"
    assert copy.exists() and copy.read_text() == STYLE.read_text(), (
        "put it there: python -m pip install --no-deps --editable ."
    )
