"""Offline decks, without a browser: what `make slides` writes is read back and compared.

What a deck does when it is opened is tested in tests/browser/test_decks.py.
"""

from __future__ import annotations

import doctest
import re
from collections import Counter

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks.parts import ROOT, notebook_paths
from tools import npm
from tools.slides import __main__ as command
from tools.slides import build

NOTEBOOK = ROOT / "notebooks" / "08_convolution_by_hand.ipynb"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return BeautifulSoup(build.page(NOTEBOOK), "html.parser")


def squeezed(text: str) -> str:
    """Return a text without its white space: HTML breaks lines elsewhere."""
    return re.sub(r"\s+", "", text)


def cells_of(notebook, *types: str) -> list:
    return [cell for cell in notebook.cells if build.slide_type(cell) in types]


def small(tmp_path, *cells) -> BeautifulSoup:
    """Return the page of a notebook of a few cells."""
    path = tmp_path / "99_small.ipynb"
    nbformat.write(new_notebook(cells=[text("# 99 · Small", "slide"), *cells]), path)
    return BeautifulSoup(build.page(path), "html.parser")


def text(source: str, kind: str = "fragment"):
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


# --- A whole notebook -----------------------------------------------------------------------------


def test_one_screen_for_each_slide_and_subslide(page, notebook):
    types = Counter(build.slide_type(cell) for cell in notebook.cells)
    assert len(page.select(".slides > section")) == types["slide"]
    screens = page.select(".slides > section > section")
    assert [s["id"] for s in screens] == [c.id for c in cells_of(notebook, "slide", "subslide")]
    assert len(page.select("section > div.fragment")) == types["fragment"]


def test_every_cell_that_is_shown_stands_there_in_order(page, notebook):
    shown = cells_of(notebook, "slide", "subslide", "fragment", "-")
    code = [squeezed(c.source) for c in shown if c.cell_type == "code"]
    assert [squeezed(each.get_text()) for each in page.select(".jp-CodeCell .highlight")] == code
    assert len(page.select("section > .jp-Cell, .fragment > .jp-Cell")) == len(shown)


def test_cells_to_skip_are_not_in_the_deck(page, notebook):
    everything = squeezed(page.get_text())
    skipped = cells_of(notebook, "skip")
    assert len(skipped) >= 2
    assert not [c.id for c in skipped if squeezed(c.source.splitlines()[-1])[:60] in everything]


def test_notes_are_for_the_speaker_view(page, notebook):
    notes = page.select("aside.notes")
    wanted = [build.plain_text(cell.source) for cell in cells_of(notebook, "notes")]
    assert len(wanted) >= 3
    assert [squeezed(each.get_text()) for each in notes] == [squeezed(each) for each in wanted]
    # Inside a fragment reveal.js would show them only while that fragment is the newest.
    assert all(each.parent.name == "section" for each in notes)


def test_outputs_stand_there(page, notebook):
    texts = [o.text for c in cells_of(notebook, "subslide", "fragment")
             for o in c.get("outputs", []) if o.output_type == "stream"]  # fmt: skip
    outputs = [squeezed(each.get_text()) for each in page.select(".jp-OutputArea pre")]
    assert outputs == [squeezed(each) for each in texts]


def test_pictures_are_embedded_and_described(page, notebook):
    pictures = page.select("img")
    shown = cells_of(notebook, "slide", "subslide", "fragment")
    drawn = sum("image/png" in o.get("data", {}) for c in shown for o in c.get("outputs", []))
    printed = sum(c.source.count("](figures/") for c in shown)
    assert len(pictures) == drawn + printed > 10
    assert all(re.match(r"data:image/(png|svg\+xml);base64,\w", each["src"]) for each in pictures)
    assert not [each["alt"] for each in pictures if len(each["alt"]) < 20]
    assert not [each["alt"] for each in pictures if each["alt"].startswith("No description")]


def test_widgets_are_replaced_by_their_static_strips(page, notebook):
    """The text that asks for a running kernel is not shown; the picture beside it is."""
    strips = [c for c in notebook.cells if "widgets." in c.source and c.get("outputs")]
    assert strips and all("image/png" in c.outputs[0].data for c in strips)
    assert "It needs a running kernel" not in page.get_text()


def test_answers_are_folded_and_whole(page, notebook):
    wanted = sum(c.source.count("<details>") for c in cells_of(notebook, "slide", "subslide"))
    answers = page.select("details.answer.fragment")
    assert len(answers) == wanted > 5
    for answer in answers:
        summary = answer.select_one("summary")
        assert len(answer.get_text()) > len(summary.get_text()) + 20, answer
    assert not page.select("details[open]")


def test_links_lead_to_decks_that_are_built(page):
    inside = [a["href"] for a in page.select("a[href]") if not re.match(r"https://|#", a["href"])]
    assert len(inside) > 5
    assert {href for href in inside} <= {f"{path.stem}.html" for path in notebook_paths()}


def nothing_from_outside(soup: BeautifulSoup) -> None:
    """Expect that the page loads nothing: links may lead away, pictures and scripts may not."""
    for element in soup.select("[src], [srcset], [data], [poster], link, iframe, object, embed"):
        assert element.name == "img" and element["src"].startswith("data:"), element.name
    for style in [*soup.select("style"), *soup.select("[style]")]:
        css = style.string or "" if style.name == "style" else style["style"]
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#)", css), css[:200]
    assert not soup.select("meta[http-equiv], base, form")


def test_the_page_loads_nothing(page):
    nothing_from_outside(page)


def test_the_test_sees_what_would_be_loaded():
    for wrong in (
        '<link rel="stylesheet" href="deck.css">',
        '<img src="figures/08.svg">',
        '<script src="https://cdn.example/reveal.js"></script>',
        "<style>@import 'a.css'</style>",
        '<p style="background: url(a.png)">x</p>',
    ):
        with pytest.raises(AssertionError):
            nothing_from_outside(BeautifulSoup(wrong, "html.parser"))


# --- Cells made for a case ------------------------------------------------------------------------


def test_formulas_are_marked(tmp_path):
    page = small(tmp_path, text("For $x < 1$ and\n\n$$y = \\frac{a}{b}$$\n\n`$code$` costs 5 $."))
    assert [f.get_text() for f in page.select(".formula")] == [
        "\\(x < 1\\)",
        "\\[y = \\frac{a}{b}\\]",
    ]
    assert page.select('script[data-inline="tex-svg-full.js"]')


def test_a_deck_without_formulas_does_not_carry_mathjax(tmp_path):
    page = small(tmp_path, text("Two and two."))
    assert page.select('script[data-inline="reveal.js"]')
    assert not page.select('script[data-inline="tex-svg-full.js"]')


def test_notes_after_a_fragment_go_to_the_end_of_their_screen(tmp_path):
    page = small(tmp_path, text("One"), text("Say it slowly.", "notes"), text("Two"),
                 text("Next", "subslide"))  # fmt: skip
    first, second = page.select(".slides > section > section")
    assert first.find_all(recursive=False)[-1].get_text().strip() == "Say it slowly."
    assert not second.select("aside")


def drawing(kind: str = "fragment"):
    picture = new_output("display_data", {"image/png": DOT, "text/plain": "<Figure size 9x9>"})
    return new_code_cell("draw()", outputs=[picture], execution_count=1,
                         metadata={"slideshow": {"slide_type": kind}})  # fmt: skip


def test_a_figure_is_described_by_the_prose_after_it(tmp_path):
    page = small(tmp_path, drawing(), text("Breathe.", "notes"),
                 text("Left, the **rides**. Right, the costs.", "skip"))  # fmt: skip
    (picture,) = page.select("img")
    assert picture["alt"] == "Figure. Left, the rides. Right, the costs."
    assert "<Figure size" not in page.get_text()


def test_a_long_description_ends_with_a_sentence(tmp_path):
    sentence = "The blue line climbs by two for each step to the right. "
    page = small(tmp_path, drawing(), text(20 * sentence))
    alt = page.select_one("img")["alt"]
    assert len(alt) <= build.LONGEST_ALT and alt.endswith("to the right.")


def test_a_picture_that_is_missing_is_refused(tmp_path):
    for source in ("figures/not_there.svg", "https://example.org/a.png"):
        with pytest.raises(build.DeckError, match=re.escape(source)):
            small(tmp_path, text(f"![A picture that is not there]({source})"))


# --- One file -------------------------------------------------------------------------------------


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Stand-ins for reveal.js and MathJax, with what must not end a script too early."""
    for name, path in build.SCRIPTS.values():
        target = tmp_path / "npm" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"/*{path}*/ x = '</script><!-- <script>'", encoding="utf-8")
        (tmp_path / "npm" / name / "LICENSE").write_text(f"Free: {name}\n", encoding="utf-8")
    monkeypatch.setattr(npm, "fetch", lambda name: tmp_path / "npm" / name)


def test_a_deck_is_one_file(tmp_path, packages):
    deck = build.build(NOTEBOOK, tmp_path / "decks")
    assert deck.path.name == "08_convolution_by_hand.html"
    assert [path.name for path in deck.path.parent.iterdir()] == [deck.path.name]
    written = BeautifulSoup(deck.path.read_text(encoding="utf-8"), "html.parser")
    nothing_from_outside(written)
    assert not written.select("[data-inline]")
    assert deck.screens == len(written.select(".slides > section > section"))
    scripts = [each.string for each in written.select("script")]
    assert ["reveal.js*/" in scripts[0], "notes.js*/" in scripts[1]] == [True, True]
    assert "Free: reveal.js" in scripts[0]
    assert deck.not_run == 0
    assert scripts[-1] == (ROOT / "tools/slides/deck/deck.js").read_text(encoding="utf-8")
    assert len(written.select(".slides")) == 1


def test_cells_that_have_not_been_run_are_counted(tmp_path, packages, monkeypatch, capsys):
    path = tmp_path / "99_small.ipynb"
    fresh = new_code_cell("1 + 1", metadata={"slideshow": {"slide_type": "fragment"}})
    nbformat.write(new_notebook(cells=[text("# 99 · Small", "slide"), fresh, drawing()]), path)
    monkeypatch.setattr(command, "notebooks", lambda wanted: [path])
    monkeypatch.setattr(command, "build", lambda path: build.build(path, tmp_path))
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert "1 of its cells have not been run" in said
    assert "?print-pdf" in said


def test_the_command_says_what_to_do(tmp_path, monkeypatch, capsys):
    assert command.main(["77"]) == 1
    assert "no notebook '77'" in capsys.readouterr().err

    def refused(path):
        raise npm.PackageError("run this again where there is a network")

    monkeypatch.setattr(command, "build", refused)
    assert command.main(["00"]) == 1
    assert capsys.readouterr().err == "run this again where there is a network\n"


@pytest.mark.parametrize("module", [build, npm], ids=lambda module: module.__name__)
def test_examples_in_the_documentation(module):
    found = doctest.testmod(module)
    assert found.attempted >= 2
    assert found.failed == 0
