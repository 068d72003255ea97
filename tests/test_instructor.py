"""The instructor pages: what they name exists, their minutes are the lint's, and all adds up."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from tests.notebooks import plan
from tests.notebooks.kit import (
    PAGE_RULES,
    README_RULES,
    chapter,
    days,
    findings,
    read_kit,
)
from tests.notebooks.parts import Notebook, notebook_paths
from tests.notebooks.plan import PAGES, Page, screens, sections, table, up_to_date

KIT = read_kit()
README = (PAGES / "README.md").read_text(encoding="utf-8")

# --- The pages as they are ------------------------------------------------------------------------


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_every_notebook_has_a_page(path):
    assert path.stem[:2] in KIT, f"write instructor/{path.stem}.md"


def test_every_page_belongs_to_a_notebook():
    stems = {path.stem for path in notebook_paths()}
    assert {path.stem for path in PAGES.glob("[0-9][0-9]_*.md")} <= stems


@pytest.mark.parametrize("name", PAGE_RULES)
@pytest.mark.parametrize("number", KIT)
def test_page(number, name, record_property):
    """The rule finds nothing; its docstring says what it looks for."""
    found = list(PAGE_RULES[name](KIT[number]))
    assert not found, "\n" + "\n".join(found)
    record_property("instructor-page", [number, name])


@pytest.mark.parametrize("name", README_RULES)
def test_timetables(name):
    found = list(README_RULES[name](README, KIT))
    assert not found, "\n" + "\n".join(found)


# --- The minutes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_sections_add_up_to_the_minutes_of_the_lint(path):
    notebook = Notebook.read(path)
    total = sum(section.minutes for section in sections(notebook))
    assert 5 * int(total / 5 + 0.5) == notebook.minutes
    exact = sum(plan.cell_minutes(cell) for cell in notebook.cells)
    assert abs(total - exact) <= 0.5


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_screens_hold_every_cell_once(path):
    notebook = Notebook.read(path)
    held = [cell.number for screen in screens(notebook) for cell in screen.cells]
    assert held == [cell.number for cell in notebook.cells]
    inside = [screen for section in sections(notebook) for screen in section.screens]
    assert inside == screens(notebook)


def cell(kind: str, source: str, slide: str = "slide", **metadata) -> dict:
    metadata["slideshow"] = {"slide_type": slide}
    return {"cell_type": kind, "id": f"c{len(source)}", "source": source, "metadata": metadata}


def test_minutes_of_a_notebook_worked_by_hand():
    """90 words are half a minute; halves are rounded where they add up, not section by section."""
    raw = {
        "cells": [
            cell("markdown", "# " + "word " * 89),
            cell("markdown", "## One\n" + "word " * 88),
            cell("code", "1 + 1", "fragment"),
            cell("markdown", "## Two\n" + "word " * 178),
            cell("code", "exercise.x.check(my_x)", "subslide", tags=["exercise"]),
        ]
    }
    found = [(s.title, s.minutes) for s in sections(Notebook(Path("99_x.ipynb"), raw))]
    assert found == [("Title and set-up", 1), ("One", 1), ("Two", 10)]


def test_what_stays_at_home_is_taken_off():
    page = KIT["00"]
    rows = {row.section.title: row for row in page.rows}
    numpy = rows["NumPy, for those who need it"]
    assert numpy.home > 0 and numpy.shown + numpy.home == numpy.section.minutes
    assert page.shown + page.home == sum(row.section.minutes for row in page.rows)


CELL = r"\(\.\./notebooks/00_start_here.ipynb#cell-id="

# --- The command ----------------------------------------------------------------------------------


def test_command_prints_the_table(capsys):
    assert plan.main(["00"]) == 0
    printed = capsys.readouterr().out
    assert printed.strip() == table(KIT["00"]).strip()
    assert printed.strip() in KIT["00"].text


def test_command_lists_screens(capsys):
    assert plan.main(["--screens", "00"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(screens(KIT["00"].notebook))


@pytest.mark.parametrize("number", KIT)
def test_writing_a_page_again_changes_nothing(number):
    assert up_to_date(KIT[number]) == KIT[number].text


def test_writing_puts_minutes_and_links_right():
    """A page with wrong minutes and short links becomes the page that is in the repository."""
    page = KIT["00"]
    minutes = r"^\| (\[.*?) \| \d+ \| \d+ \| \d+ \|"
    wrong = re.sub(minutes, r"| \1 | 1 | 1 | 1 |", page.text, flags=re.M)
    wrong = re.sub(r"- \*\*\d+ min", "- **77 min", wrong)
    wrong = re.sub(rf"{CELL}ex-one-cell\)", "(@exercise.add)", wrong)
    wrong = re.sub(rf"{CELL}([\w-]+)\)", r"(@\1)", wrong)
    assert wrong != page.text and "(@exercise.add)" in wrong
    assert up_to_date(replace(page, text=wrong)) == page.text


def test_check_finds_nothing_wrong():
    assert findings() == []


# --- Deliberately wrong pages ---------------------------------------------------------------------


def swap(old: str, new: str):
    """Return a change to a page: the first ``old`` (a pattern) becomes ``new``."""

    def change(page: Page) -> Page:
        text, count = re.subn(old, new, page.text, count=1, flags=re.M | re.S)
        assert count == 1, f"the page has no {old!r}"
        return replace(page, text=text)

    return change


def edited(page: Page, edit) -> Page:
    """Return the page beside a copy of its notebook to which ``edit`` was done."""
    raw = deepcopy(page.notebook.raw)
    edit(raw["cells"])
    return replace(page, notebook=Notebook(page.notebook.path, json.loads(json.dumps(raw))))


def longer_cell(page: Page) -> Page:
    """A section of the notebook has grown by 360 words, and nobody looked at the page."""
    return edited(page, lambda cells: cells[1].update(source="## Welcome\n" + "word " * 540))


def new_section(page: Page) -> Page:
    return edited(page, lambda cells: cells.insert(5, cell("markdown", "## Brand new\n\nText.")))


def new_exercise(page: Page) -> Page:
    source = "my_x = ...\nexercise.brand_new.check(my_x)"
    return edited(page, lambda cells: cells.append(cell("code", source, tags=["exercise"])))


def new_widget(page: Page) -> Page:
    return edited(page, lambda cells: cells.append(cell("code", "widgets.brand_new(1)")))


def new_training(page: Page) -> Page:
    line = '# net, history = trained.load("00_net"), trained.history("00_net")'
    return edited(page, lambda cells: cells.append(cell("code", line)))


def new_training_alone(page: Page) -> Page:
    return new_training(instead("When the kernel died", "Restart.")(page))


def no_way_back(page: Page) -> Page:
    return edited(page, lambda cells: cells.pop(1))


def under(part: str, text: str):
    """Return a change to a page: a line more at the beginning of a part."""
    return swap(rf"^## {re.escape(part)}\n", f"## {part}\n\n{text}\n")


def instead(part: str, text: str):
    """Return a change to a page: a part holds nothing but this line."""
    return swap(rf"^## {re.escape(part)}\n.*?(?=^## |\Z)", f"## {part}\n\n{text}\n\n")


WRONG_PAGES = [
    ("title", swap(r"\A# 00 · Start here", "# 00 · Start there")),
    ("title", swap(r"\(\.\./notebooks/00_start_here.ipynb\)", "(../notebooks/)")),
    ("parts", swap(r"^## Questions to ask", "## Questions")),
    ("parts", instead("On the board", "")),
    ("minutes", swap(r"^\| \[Welcome\](.*?) \| 1 \| 1 \|", r"| [Welcome]\1 | 2 | 2 |")),
    ("minutes", swap(r"^\| \[Welcome\].*?\n", "")),
    ("minutes", swap(r"\*\*together\*\* \| \*\*\d+\*\*", "**together** | **99**")),
    ("minutes", longer_cell),
    ("minutes", new_section),
    ("minutes", swap(r"^\| section .*?\n\n", "")),
    ("what_stays", swap(r"\| — \|$", "| some of it |")),
    ("what_stays", swap(r"\| — \|$", "| [x](../notebooks/00_start_here.ipynb#cell-id=recap) |")),
    ("half", swap(r"\[shape\]\([^)]*\), .*? \|$", "— |")),
    ("half", swap(r"(\[How the exercises work\].*?) — \|$", r"\1 all |")),
    ("links", swap(r"#cell-id=draw-live\)", "#cell-id=draw-life)")),
    ("links", swap(r"00_start_here.ipynb\)", "00_start_there.ipynb)")),
    ("links", under("On the board", "![x](../notebooks/figures/00_no.svg)")),
    ("links", under("On the board", "![x](../notebooks/figures/08_tiles.svg)")),
    ("links", swap(rf"{CELL}draw-live\)", "(@draw-live)")),
    ("exercises", swap(r"`exercise\.column_ranges`", "`exercise.ranges`")),
    ("exercises", new_exercise),
    ("questions", swap(r"^- \*\*\[(.*?)\]\(.*?\)\*\*", r"- **\1**")),
    ("questions", swap(r"(^- \*\*\[[^\n]*?\?\]\(.*?\)\*\*).*?$", r"\1 Yes.")),
    ("questions", instead("Questions to ask", "None.")),
    ("questions", swap(r"cell-id=uses-question\)", "cell-id=shape)")),
    ("live", under("Show live", "- [x](../notebooks/00_start_here.ipynb#cell-id=shape)")),
    ("misconceptions", swap(r"^- \*“.*?”\*", "- They err:")),
    ("misconceptions", instead("What students bring", "-")),
    ("late", swap(r"^- \*\*\d+ min\*\*", "- **77 min**")),
    ("late", swap(r"^(- \*\*\d+ min\*\*).*?$", r"\1 something.")),
    ("late", swap(r"^(- \*\*\d+ min\*\* \[[^\]]*\]\([^)]*cell-id=)[\w-]+", r"\1ex-two")),
    ("late", instead("Late? Skip", "Nothing.")),
    ("live", new_widget),
    ("board", swap(r"```.*?```", "Draw a network.")),
    ("dead_kernel", new_training),
    ("dead_kernel", no_way_back),
    ("dead_kernel", swap(rf"{CELL}presenting\)", "(../notebooks/00_start_here.ipynb)")),
    ("dead_kernel", under("When the kernel died", '`net = trained.load("x")`')),
    ("numbers", swap(r"It is 100\.0 %", "It is 61.7 %")),
    ("recipes", under("When the kernel died", "- Run all cells.")),
    ("recipes", new_training_alone),
    ("recipes", swap(r"run (\[the set-up\]\([^)]*\)), \[the data\]\([^)]*\)", r"run \1")),
    ("quoted_checks", swap(r"You used up the columns", "You used up the rows")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), WRONG_PAGES)
def test_a_wrong_page_is_caught(rule, change):
    assert not list(PAGE_RULES[rule](KIT["00"]))
    assert list(PAGE_RULES[rule](change(KIT["00"])))


def test_every_rule_for_pages_has_a_wrong_page():
    assert {rule for rule, _ in WRONG_PAGES} == set(PAGE_RULES)


# --- Deliberately wrong timetables ----------------------------------------------------------------


def changed(old: str, new: str):
    """Return a change to the README: the first ``old`` (a pattern) becomes ``new``."""

    def change(readme: str) -> str:
        text, count = re.subn(old, new, readme, count=1, flags=re.M | re.S)
        assert count == 1, f"the README has no {old!r}"
        return text

    return change


WRONG_TIMETABLES = [
    ("clocks", changed(r"^\| 09:\d\d \| (\d+) \| \[", r"| 09:03 | \1 | [")),
    ("clocks", changed(r"^## One day\n.*?(?=^## )", "## One day\n\n")),
    ("breaks", changed(r"\| Break \|$", "| Announcements |")),
    ("breaks", changed(r"\| \d+ \| Lunch \|$", "| 30 | Lunch |")),
    ("slots_are_shown_halves", changed(r"\| (\d)(\d) \| (\[\d\d ·)", r"| \g<1>3 | \3")),
    ("sums", changed(r"\*\*Sums:\*\* \d+", "**Sums:** 999")),
    ("left_out", changed(r"^\*\*Left out:\*\* \[.*?\]\(.*?\)", "**Left out:** nothing")),
    ("left_out", changed(r"^\*\*Left out:\*\*", "**Left out:** [x](08_convolution_by_hand.md),")),
    ("semester", changed(r"^\| 1 \|", "| 2 |")),
    ("semester", changed(r"^(\| 1 \| \[.*?\) \| \d+) \| \d+ \|", r"\1 | 5 |")),
    ("semester", changed(r"^\| 3 \| .*?\n", "")),
    ("semester", changed(r"^(\| 1 \| \[.*?\) \|) \d+ \|", r"\1 77 |")),
    ("semester", changed(r"^\| \| \*\*together\*\* \| \*\*\d+", "| | **together** | **9")),
    ("all_pages_listed", changed(r"(\| \[00 · Start here\].*?\|) \d+ \|", r"\1 77 |")),
    ("readme_links", changed(r"\]\(00_start_here.md\)", "](00_start_there.md)")),
]


@pytest.mark.parametrize(("rule", "change"), WRONG_TIMETABLES)
def test_a_wrong_timetable_is_caught(rule, change):
    assert not list(README_RULES[rule](README, KIT))
    assert list(README_RULES[rule](change(README), KIT))


def test_every_rule_for_timetables_has_a_wrong_one():
    assert {rule for rule, _ in WRONG_TIMETABLES} == set(README_RULES)


def test_a_page_that_shows_more_no_longer_fits_its_slot():
    """The timetables hang on the pages: a section brought back from home is noticed."""
    page = KIT["00"]
    more = swap(r"\[shape\]\([^)]*\), .*? \|$", "— |")(page)
    assert list(README_RULES["slots_are_shown_halves"](README, KIT | {"00": more}))
    assert list(README_RULES["semester"](README, KIT | {"00": more}))
    assert list(README_RULES["sums"](README, KIT | {"00": more}))


def test_timetables_are_read_as_they_are_printed():
    one, two = days(README, "One day"), days(README, "Two days")
    assert (len(one), len(two)) == (1, 2)
    assert all(slot.minutes > 0 and slot.what for day in one + two for slot in day)
    assert one[0][-1].begins + one[0][-1].minutes <= 18 * 60
    assert "| 1 |" in chapter(README, "A semester")
