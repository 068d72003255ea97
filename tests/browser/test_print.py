"""The reference pages on paper: the cheat sheet fits on one sheet of A4, nothing is cut off."""

import re

import pytest
from markdown_it import MarkdownIt

from tests.notebooks.parts import ROOT

pytestmark = pytest.mark.browser
REFERENCE = ROOT / "reference"
PAGE = (733, 1062)  # A4 less 8 mm on each side, in CSS pixels


@pytest.fixture
def page(chromium):
    """A page as wide as the paper's text, which looks as it does in print."""
    page = chromium.new_page(viewport={"width": PAGE[0], "height": PAGE[1]})
    page.emulate_media(media="print")
    yield page
    page.close()


def show(page, name: str, more: str = "") -> None:
    """Show a reference page in its style for print, without any theme."""
    text = (REFERENCE / f"{name}.md").read_text(encoding="utf-8") + more
    style = (REFERENCE / "print.css").read_text(encoding="utf-8")
    body = MarkdownIt("commonmark").enable("table").render(text)
    address = name.replace("_", "-")
    page.set_content(
        f"<!doctype html><style>body {{ font-family: 'DejaVu Sans'; margin: 0 }} {style}</style>"
        f"<section id='{address}'>{body}</section>"
    )


def sheets(page) -> int:
    """Return how many sheets of paper a page takes."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


def test_the_cheat_sheet_is_one_sheet(page):
    show(page, "cheat_sheet")
    assert sheets(page) == 1


def test_more_than_a_sheet_would_be_noticed(page):
    show(page, "cheat_sheet", more="\n\nAnother line." * 120)
    assert sheets(page) > 1


@pytest.mark.parametrize("name", ["cheat_sheet", "glossary"])
def test_nothing_is_cut_off_at_the_side(page, name):
    show(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") == PAGE[0]
    too_wide = """[...document.querySelectorAll("table, pre, p, li")]
        .filter(each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth)
        .map(each => each.innerText.slice(0, 60))"""
    assert page.evaluate(too_wide) == []
