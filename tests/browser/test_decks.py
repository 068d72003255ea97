"""Offline decks opened from disk in Chromium, with the network cable out.

One deck with every `make test`, if `make slides` has fetched reveal.js before; all of them with
`make test-browser`, which fetches what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.browser.conftest import SCREENSHOTS
from tests.browser.legible import FIGURES, SMALL
from tests.browser.patience import WAIT, eventually, painted
from tests.notebooks.parts import ROOT, notebook_paths
from tools import npm
from tools.slides import build

LOCAL = ("file:", "data:", "blob:", "about:")

# What hangs over the edge, and cannot be reached by scrolling.
OUTSIDE = """() => {
    const screen = Reveal.getCurrentSlide(), found = [];
    const scrolls = screen.scrollHeight > screen.clientHeight + 1;
    if (scrolls && getComputedStyle(screen).overflowY !== 'auto') found.push('cut off below');
    if (scrolls && screen.tabIndex !== 0) found.push('scrolls, and the keyboard cannot');
    if (screen.getBoundingClientRect().bottom > innerHeight + 1) found.push('below the edge');
    for (const element of screen.querySelectorAll('p, li, pre, img, svg, td, th, summary'))
        if (!element.closest('aside.notes, .wide, mjx-assistive-mml')
            && element.getBoundingClientRect().right > innerWidth + 1)
            found.push(`beyond the right edge: ${element.textContent.slice(0, 40)}`);
    for (const element of screen.querySelectorAll('pre, .table'))
        if (element.scrollWidth > element.clientWidth + 1 && element.tabIndex !== 0)
            found.push(`cut off at the right: ${element.textContent.slice(0, 40)}`);
    return found;
}"""
HERE = f"""async () => {{
    const [slide, steps] = [Reveal.getCurrentSlide(), Reveal.availableFragments()];
    const here = {{id: slide.id, whole: !steps.next, tall: slide.classList.contains('tall'),
                  top: slide.scrollTop, last: Reveal.isLastSlide()}};
    if (here.whole)
        Object.assign(here, {{small: ({SMALL})(slide, Reveal.getScale()),
                              figures: await ({FIGURES})(slide), outside: ({OUTSIDE})()}});
    return here;
}}"""


@dataclass
class Opened:
    """A deck in a page, and what went wrong there."""

    page: object  # playwright.sync_api.Page
    wrong: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def note(self, page) -> None:
        """Listen to a page."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"uncaught: {error}"))
        page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url[:200]}"))
        page.on("request", lambda request: self.asked_for.append(request.url[:200]))

    def _heard(self, message) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")


@contextmanager
def opened(chromium, built: build.Deck, query: str = "") -> Iterator[Opened]:
    """Open a deck from disk; every request but for files is blocked, and noted."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    context.set_default_timeout(2 * WAIT)

    def only_files(route):
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", only_files)
    deck = Opened(context.new_page())
    deck.note(deck.page)
    deck.page.goto(built.path.as_uri() + query)
    deck.page.wait_for_selector("html.shown", state="attached")
    try:
        yield deck
    finally:
        context.close()


@pytest.fixture
def packages(request):
    """Skip what needs reveal.js where it has not been fetched and nobody asked for the browser."""
    asked_for = request.config.getoption("markexpr", "") == "browser"
    if not asked_for and not npm.stored("reveal.js"):
        pytest.skip("reveal.js is not here yet: `make slides` fetches it, once")


def walk(deck: Opened) -> list[dict]:
    """Press space until the end; return what each screen was like when all of it was there."""
    page, seen, before = deck.page, {}, None
    for _ in range(2000):
        here = page.evaluate(HERE)
        if here["whole"]:
            seen.setdefault(here["id"], here)
            if here["last"] and here == before:
                return list(seen.values())
        before = here
        page.keyboard.press("Space")
    raise AssertionError(f"no end after 2000 steps, now at {here}")


def faults(seen: list[dict], name: str) -> dict[str, list[str]]:
    return {screen["id"]: screen[name] for screen in seen if screen[name]}


def drive(chromium, built: build.Deck, record_property) -> None:
    """Open a deck, read its formulas, go through all its screens."""
    with opened(chromium, built) as deck:
        page = deck.page
        assert page.evaluate("Reveal.getScale()") == 1
        ids = page.evaluate("Reveal.getSlides().map(slide => slide.id)")
        assert len(ids) == built.screens
        assert page.locator("mjx-container").count() == built.formulas
        assert page.locator(".formula:not(:has(mjx-container svg path))").count() == 0
        assert page.locator("[data-mml-node=merror]").count() == 0
        seen = walk(deck)
        page.screenshot(path=SCREENSHOTS.joinpath(f"deck-{built.path.name[:2]}.png"))
        assert [screen["id"] for screen in seen] == ids
        assert deck.wrong == []
        assert [url for url in deck.asked_for if not url.startswith(LOCAL)] == []
        assert faults(seen, "small") == {}
        assert faults(seen, "figures") == {}
        assert faults(seen, "outside") == {}
        tall = sum(screen["tall"] for screen in seen)
        assert page.locator("details.answer:not([open])").count() == 0  # all had their turn
    record_property("deck", [built.path.name, len(seen), built.formulas, tall])


def serious(page) -> list[str]:
    """Return the faults that shut out readers, as axe-core finds them."""
    page.add_script_tag(path=npm.fetch("axe-core") / "axe.min.js")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['impact']} {fault['id']}: {fault['help']}: {node['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:3]
    ]


@pytest.fixture(scope="session")
def decks(tmp_path_factory):
    """Return a function that builds the deck of a notebook, once."""
    folder = tmp_path_factory.mktemp("decks")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    built: dict[str, build.Deck] = {}

    def deck_of(number: str) -> build.Deck:
        (notebook,) = build.notebooks([number])
        if number not in built:
            built[number] = build.build(notebook, folder)
        return built[number]

    return deck_of


def test_deck_08_works_without_a_network(packages, chromium, decks, record_property):
    drive(chromium, decks("08"), record_property)


NUMBERS = [path.stem[:2] for path in notebook_paths()]


@pytest.mark.browser
@pytest.mark.parametrize("number", NUMBERS)
def test_deck_works_without_a_network(packages, chromium, decks, number, record_property):
    drive(chromium, decks(number), record_property)


@pytest.mark.browser
@pytest.mark.parametrize("number", NUMBERS)
def test_deck_shuts_nobody_out(packages, chromium, decks, number, record_property):
    """The print view has every screen in one page, with all that the presentation shows."""
    built = decks(number)
    with opened(chromium, built, "?print-pdf") as deck:
        eventually(deck.page, lambda: laid_out(deck.page, built.screens))
        assert serious(deck.page) == []
        assert deck.wrong == []
    record_property("axe-deck", number)


def laid_out(page, screens: int) -> None:
    assert page.locator(".pdf-page > section").count() == screens


@pytest.mark.browser
def test_the_presentation_shuts_nobody_out(packages, chromium, decks):
    """What only the presentation has: one screen of many, controls, what scrolls."""
    with opened(chromium, decks("01")) as deck:
        assert serious(deck.page) == []
        tall = deck.page.evaluate("document.querySelector('section.tall').id")
        deck.page.evaluate("id => { location.hash = `#/${id}` }", tall)
        eventually(deck.page, lambda: is_at(deck.page, tall))
        assert serious(deck.page) == []


def is_at(page, screen: str) -> None:
    assert page.evaluate("Reveal.getCurrentSlide().id") == screen


@pytest.mark.browser
def test_axe_sees_a_fault(packages, chromium, decks):
    with opened(chromium, decks("00")) as deck:
        deck.page.evaluate("Reveal.getCurrentSlide().innerHTML = '<img src=\"data:,\">'")
        assert any("image-alt" in fault for fault in serious(deck.page))


@pytest.mark.browser
def test_the_measures_see_what_is_too_small(packages, chromium, decks):
    with opened(chromium, decks("00")) as deck:
        page = deck.page
        small = f"() => ({SMALL})(Reveal.getCurrentSlide(), Reveal.getScale())"
        assert page.evaluate(small) == []
        page.evaluate(
            "html => { Reveal.getCurrentSlide().innerHTML = html }",
            '<p style="font-size: 15px">little</p><p>x<sub style="font-size: 11px">tiny</sub>'
            '<sub style="font-size: 12px">i</sub></p><p style="width: 1400px">wide</p>',
        )
        assert page.evaluate(small) == ["15 px: little", "11 px: tiny"]
        assert page.evaluate(OUTSIDE) == ["beyond the right edge: wide"]


@pytest.mark.browser
def test_an_answer_waits_for_its_turn_or_a_click(packages, chromium, decks):
    with opened(chromium, decks("08")) as deck:
        page = deck.page
        page.evaluate("location.hash = '#/nb08-count-expect'")
        eventually(page, lambda: is_at(page, "nb08-count-expect"))
        answer = page.locator("section.present details.answer")
        assert answer.is_visible() and answer.get_attribute("open") is None
        answer.locator("summary").click()
        assert answer.get_attribute("open") is not None
        answer.locator("summary").click()
        assert answer.get_attribute("open") is None
        page.keyboard.press("Space")
        assert answer.get_attribute("open") is not None
        page.keyboard.press("p")
        assert answer.get_attribute("open") is None
        is_at(page, "nb08-count-expect")


@pytest.mark.browser
def test_space_scrolls_a_tall_screen_before_it_leaves_it(packages, chromium, decks):
    with opened(chromium, decks("01")) as deck:
        page, seen = deck.page, []
        tall = page.evaluate("document.querySelector('section.tall').id")
        page.evaluate("id => { location.hash = `#/${id}` }", tall)
        eventually(page, lambda: is_at(page, tall))
        while page.evaluate("Reveal.getCurrentSlide().id") == tall and len(seen) < 50:
            seen.append(
                page.evaluate("""() => {
                const screen = Reveal.getCurrentSlide();
                return [screen.scrollTop, screen.scrollHeight - screen.clientHeight];
            }""")
            )
            page.keyboard.press("Space")
        assert seen[0][0] == 0 and len(seen) < 50
        assert seen[-1][0] >= seen[-1][1] - 1 > 0


@pytest.mark.browser
def test_overview_and_help_answer_the_keyboard(packages, chromium, decks):
    with opened(chromium, decks("00")) as deck:
        page = deck.page
        page.keyboard.press("Escape")
        painted(page)
        assert page.evaluate("Reveal.isOverview()")
        page.keyboard.press("Escape")
        assert not page.evaluate("Reveal.isOverview()")
        page.keyboard.press("Shift+?")
        page.get_by_text("Keyboard Shortcuts").wait_for()
        assert deck.wrong == []


@pytest.mark.browser
def test_speaker_view_shows_notes_and_the_next_screen(packages, chromium, decks):
    with opened(chromium, decks("01")) as deck:
        page = deck.page
        with page.expect_popup() as waiting:
            page.keyboard.press("s")
        speaker = waiting.value
        deck.note(speaker)
        notes = speaker.locator(".speaker-controls-notes .value")
        notes.get_by_text("one question, asked three times").wait_for()
        frames = [frame for frame in speaker.frames if frame.url.startswith("file:")]
        assert len(frames) == 2  # this screen and the next
        for frame in frames:
            frame.wait_for_selector("html.shown", state="attached")
        page.evaluate("location.hash = '#/fit-intro'")
        notes.get_by_text("let the room steer").wait_for()
        assert notes.locator("svg").count() >= 1  # a formula, drawn once
        assert notes.locator("math").count() == 0
        eventually(speaker, lambda: follows(frames[0]))
        speaker.screenshot(path=SCREENSHOTS / "deck-01-speaker.png")
        assert deck.wrong == []


def follows(frame) -> None:
    assert frame.evaluate("Reveal.getCurrentSlide().id") == "fit-intro"


@pytest.mark.browser
def test_a_deck_prints_as_a_pdf(packages, chromium, decks):
    screens = decks("01").screens
    with opened(chromium, decks("01"), "?print-pdf") as deck:
        eventually(deck.page, lambda: laid_out(deck.page, screens))
        pdf = deck.page.pdf(prefer_css_page_size=True, print_background=True)
        (ROOT / "build" / "deck-01.pdf").write_bytes(pdf)
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", pdf)
    assert pdf.startswith(b"%PDF") and screens <= len(pages) <= 2 * screens
    boxes = {tuple(float(each) for each in box.split()[2:])
             for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)}  # fmt: skip
    assert all(abs(width / height - 1280 / 720) < 0.01 for width, height in boxes)
