"""The site as a reader meets it: built in a clean copy, opened as files, the network blocked."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.patience import WAIT
from tests.notebooks.parts import ROOT
from tools import badge, npm
from tools.site import check, pages

pytestmark = pytest.mark.browser
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
ALL = [pages.FRONT, *pages.documents()]
NOTEBOOKS = pages.sections()["Notebooks"]
FORMULAS = """() => {
    const math = [...document.querySelectorAll("article .math")];
    const drawn = math.filter(each => each.querySelector("mjx-container svg"));
    return [math.length, drawn.length, document.querySelectorAll("article mjx-merror").length];
}"""
FAULTS = """() => axe.run(document, {preload: false, resultTypes: ["violations"]}).then(found =>
    found.violations.filter(each => ["serious", "critical"].includes(each.impact)).map(each =>
        `${each.id}: ${each.nodes.length} × ${each.nodes[0].html.slice(0, 200)}`))"""
WIDER = """() => [...document.querySelectorAll("article *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 5)"""


@pytest.fixture(scope="session")
def clean_copy(tmp_path_factory) -> Path:
    """Return a copy of what git has or would have, pointed at a repository."""
    copy = tmp_path_factory.mktemp("clean") / "course"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    badge.point_at("ada/networks", copy)
    store = npm.fetch("mathjax").parent
    shutil.copytree(store, copy / "build" / "npm")
    return copy


@pytest.fixture(scope="session")
def site(clean_copy) -> Path:
    """Build the site once; return its folder."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.fail("Sphinx is not installed: make test-browser, or make site, installs it")
    before = {path for path in clean_copy.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-m", "tools.site"], cwd=clean_copy, capture_output=True, text=True,
        encoding="utf-8", env=os.environ | {"PYTHONPATH": str(clean_copy)}, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    folder = clean_copy / "build" / "site"
    assert f"{len(ALL)} pages" in done.stdout and "make badge" not in done.stdout
    new = {path for path in clean_copy.rglob("*") if path.is_file()} - before
    outside = {p for p in new if p.relative_to(clean_copy).parts[0] != "build"}
    assert not {p for p in outside if "__pycache__" not in p.parts}, "the build leaves files behind"
    return folder


class Visit:
    """A page of the browser that hears everything that goes wrong, and may load files only."""

    def __init__(self, chromium, own: str = "file://", **options):
        self.context = chromium.new_context(**({"viewport": DESK} | options))
        self.context.set_default_timeout(2 * WAIT)
        self.heard: list[str] = []
        self.context.route(
            lambda url: not url.startswith((own, "data:", "blob:")),
            lambda route: route.abort(),
        )
        self.page = self.context.new_page()
        self.page.on("request", self._asked)
        self.page.on("requestfailed", lambda request: self.heard.append(f"failed: {request.url}"))
        self.page.on("pageerror", lambda error: self.heard.append(f"uncaught: {error}"))
        self.page.on("console", self._said)
        self.own = own

    def _asked(self, request):
        if not request.url.startswith((self.own, "data:", "blob:")):
            self.heard.append(f"asked for {request.url}")

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.heard.append(f"console: {message.text}")


@pytest.fixture
def visit(chromium):
    """Return what opens visits; they are closed after the test."""
    opened = []

    def begin(**options) -> Visit:
        opened.append(Visit(chromium, **options))
        return opened[-1]

    yield begin
    for each in opened:
        each.context.close()


def address(site: Path, document: str) -> str:
    """Return the address of a document's page as a file."""
    return (site / pages.page_of(document)).as_uri()


def faults(page) -> list[str]:
    """Return the serious faults that axe finds on a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((npm.fetch("axe-core") / "axe.min.js").read_text("utf-8") + "; 0")
    return page.evaluate(FAULTS)


def test_pages_are_there_and_whole(site, clean_copy, record_property):
    found, counts = check.check_site(site, clean_copy)
    assert found == []
    assert counts.pages == len(ALL) and counts.words > 100_000 and counts.pictures > 100
    record_property("site", str(counts))


def test_it_can_be_published_as_it_is(site):
    """GitHub Pages leaves out folders with an underscore unless this file is there."""
    assert (site / ".nojekyll").is_file()
    links = [path for path in site.rglob("*") if path.is_symlink()]
    assert not links


@pytest.mark.parametrize("document", ALL)
def test_a_page(site, visit, document, record_property):
    """Offline, formulas, accessibility in light and dark and on a phone, and no wider than that."""
    at = visit()
    page = at.page
    page.goto(address(site, document))
    page.wait_for_function(
        "() => [...document.querySelectorAll('article .math')].every(e => e.firstElementChild)"
    )
    formulas, drawn, wrong = page.evaluate(FORMULAS)
    assert drawn == formulas and wrong == 0
    for picture in page.locator("article img").all():
        assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 0
    assert faults(page) == [], "light"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert faults(page) == [], "dark"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.evaluate("document.querySelectorAll('article details').forEach(e => { e.open = true })")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], page.evaluate(WIDER)
    assert faults(page) == [], "phone"
    assert at.heard == []
    record_property("site-page", [document, formulas])


def test_formulas_are_among_them(site):
    """Otherwise the test above could pass without any."""
    text = (site / "notebooks" / "01_linear_regression.html").read_text("utf-8")
    assert text.count('class="math') > 50


def test_next_leads_through_all_notebooks_and_back(site, visit):
    page = visit().page
    page.goto(address(site, pages.FRONT))
    seen = []
    for _ in NOTEBOOKS:
        page.locator("a.next-page").click()
        page.wait_for_url(f"**/{pages.page_of(NOTEBOOKS[len(seen)])}")
        seen.append(page.locator("article h1").inner_text()[:2])
    assert seen == [f"{number:02}" for number in range(len(NOTEBOOKS))]
    for document in reversed([pages.FRONT, *NOTEBOOKS[:-1]]):
        page.locator("a.prev-page").click()
        page.wait_for_url(f"**/{pages.page_of(document)}")


@pytest.fixture(scope="module")
def served(site):
    """Serve the site on this machine; return its address."""
    handler = functools.partial(Quiet, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("how", ["as files", "from a server"])
def test_the_search_finds_pooling(site, served, visit, how):
    start = served if how == "from a server" else site.as_uri()
    at = visit(own=start if how == "from a server" else "file://")
    page = at.page
    page.goto(f"{start}/index.html")
    page.locator("input[name=q]").fill("pooling")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li")
    results.filter(has_text="09 · ReLU and pooling by hand").first.wait_for()
    page.get_by_text("Search finished").wait_for()
    if how == "from a server":  # with extracts
        results.locator("p.context").first.wait_for()
    titles = results.locator("a").all_inner_texts()
    assert any(title.startswith("Teaching 09") for title in titles), titles
    assert faults(page) == []
    results.locator("a", has_text="09 · ReLU").first.click()
    page.locator("article h1", has_text="09 ·").wait_for()
    assert at.heard == []


def test_the_reader_chooses_light_or_dark(site, visit):
    page = visit().page
    page.goto(address(site, NOTEBOOKS[8]))
    seen = set()
    for _ in range(3):
        page.locator(".theme-toggle-content button").click()
        seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2
    kept = page.evaluate("document.body.dataset.theme")
    page.reload()
    assert page.evaluate("document.body.dataset.theme") == kept


def test_on_a_phone_the_keyboard_opens_the_list_of_pages(site, visit):
    page = visit(viewport=PHONE).page
    page.goto(address(site, NOTEBOOKS[0]))
    button = page.get_by_role("button", name="Pages of the course")
    link = page.get_by_role("link", name="08 · Convolution by hand").first
    assert not link.is_visible() or link.bounding_box()["x"] < 0
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.sidebar-drawer').getBoundingClientRect().x === 0"
    )
    assert button.get_attribute("aria-expanded") == "true"
    link.click()
    page.wait_for_url("**/08_convolution_by_hand.html")


def test_answers_are_folded_and_exercises_show_their_stub(site, visit):
    page = visit().page
    page.goto(address(site, NOTEBOOKS[8]))
    fold = page.locator("article details").filter(has_text="Answer").first
    inside = fold.locator("p").first
    assert not inside.is_visible()
    fold.locator("summary").click()
    inside.wait_for(state="visible")
    stub = page.locator(".tag_exercise").first
    assert "# your code here" in stub.inner_text() and "Not started" in stub.inner_text()


def test_every_notebook_can_be_launched(site):
    for document in NOTEBOOKS:
        text = (site / pages.page_of(document)).read_text("utf-8")
        assert badge.binder_url("ada/networks", document) in text
        assert badge.colab_url("ada/networks", document) in text


def test_the_checks_hear_what_goes_wrong(site, visit, tmp_path):
    """A page that asks the network, throws, has a grey text on grey and a formula left alone."""
    (tmp_path / "wrong.html").write_text(
        "<!doctype html><html lang=en><title>x</title><main><article><h1>x</h1>"
        "<p style='color:#888;background:#999'>faint</p><span class=math>\\(x\\)</span>"
        "<img alt='' src='https://example.org/a.png'><img alt='' src='gone.png'></article></main>"
        "<script>undefinedFunction()</script>",
        "utf-8",
    )
    at = visit()
    at.page.goto((tmp_path / "wrong.html").as_uri())
    assert any("color-contrast" in fault for fault in faults(at.page))
    assert at.page.evaluate(FORMULAS) == [1, 0, 0]
    heard = " ".join(at.heard)
    assert "asked for https://example.org/a.png" in heard and "gone.png" in heard
    assert "uncaught: undefinedFunction" in heard
