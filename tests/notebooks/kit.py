"""What the pages in ``instructor/`` must say: one rule, one function.

The rules for a page take a `Page`, those for the timetables the text of ``instructor/README.md``
and the pages; each yields a sentence for every place that breaks it.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.notebooks import stored
from tests.notebooks.parts import NOTEBOOKS, Cell, Notebook, names_bound, notebook_paths
from tests.notebooks.plan import (
    CELL_LINK,
    HEADER,
    PAGES,
    SHORT_LINK,
    Page,
    exercise_cell,
    screens,
    table,
)

PARTS = [
    "Minutes",
    "Questions to ask",
    "What students bring",
    "Late? Skip",
    "Show live",
    "On the board",
    "When the kernel died",
]
PageRule = Callable[[Page], Iterator[str]]
PAGE_RULES: dict[str, PageRule] = {}
LINK = re.compile(r"\]\(([^)\s]+)\)")
DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+(?![\w.]*\.\d)")
CODE = re.compile(r"```.*?```|(`+)[^`].*?\1", re.S)
EXERCISE = re.compile(r"`exercise\.(\w+)`")
WIDGET = re.compile(r"\bwidgets\.(?!show_)\w+\(")
TO_CELL = r"\[[^\]]*\]\([^)]*#cell-id=(?P<%s>[\w-]+)\)"
RECIPE = re.compile(
    r"- \*\*(?P<name>(?P<verb>From|Only) "
    + TO_CELL % "first"
    + rf"(?: on| to {TO_CELL % 'last'})?):\*\*(?P<rest>.*)",
    re.S,
)
QUOTED = re.compile(r"`exercise\.(\w+)`(?:\]\([^)]*\))? says “([^”]+)”")
FIGURE = re.compile(r"^\.\./notebooks/(figures/[\w.-]+)$")


def page_rule(function: PageRule) -> PageRule:
    """Enter a rule in `PAGE_RULES` under the name of its function."""
    PAGE_RULES[function.__name__] = function
    return function


def items(text: str) -> list[str]:
    """Return the items of a Markdown list, each with all its lines."""
    return [item for item in re.split(r"^(?=- )", text, flags=re.M) if item.startswith("- ")]


def cells_linked(text: str) -> set[str]:
    """Return the ids of the cells that a text links."""
    return {cell for _, cell in CELL_LINK.findall(text)}


def at_home(page: Page) -> set[str]:
    """Return the ids of the cells that stay at home."""
    return {
        cell.id
        for row in page.rows
        for screen in row.section.screens
        for cell in screen.cells
        if row.says == "all" or cells_linked(row.says) & {each.id for each in screen.cells}
    }


# --- One page -------------------------------------------------------------------------------------


@page_rule
def title(page):
    """The page has its notebook's title, and links the notebook before the first part."""
    wanted = f"# {page.number} · {page.notebook.title}"
    if page.text.splitlines()[:1] != [wanted]:
        yield f"begin with {wanted!r}"
    if f"(../notebooks/{page.notebook.path.name})" not in page.text.partition("\n## ")[0]:
        yield "link the notebook in the first lines"


@page_rule
def parts(page):
    """The page has all parts, in order, and none is empty."""
    if list(page.parts) != PARTS:
        yield f"the parts are {list(page.parts)}; they should be {PARTS}"
    for name, text in page.parts.items():
        if not text.strip():
            yield f"{name!r} is empty"


@page_rule
def minutes(page):
    """The table has every section with the minutes of the lint, shown and at home."""
    found = re.search(rf"^{re.escape(HEADER)}\n(?:\|.*\n)+", page.parts.get("Minutes", ""), re.M)
    if not found:
        yield f"the table is missing; `python -m tests.notebooks.plan {page.number}` prints it"
    elif found[0] != table(page):
        wrong = set(found[0].splitlines()) - set(table(page).splitlines())
        yield (
            f"the table has changed, see {sorted(wrong)}; look at it, then run "
            f"`python -m tests.notebooks.plan --write {page.number}`"
        )


@page_rule
def what_stays(page):
    """What stays at home is `—`, `all`, or named by links to cells of that section."""
    for row in page.rows:
        inside = {cell.id for screen in row.section.screens for cell in screen.cells}
        named = cells_linked(row.says)
        if named - inside:
            yield f"{row.section.title!r} does not hold the cells {sorted(named - inside)}"
        if not named and row.says not in ("—", "all"):
            yield f"{row.section.title!r}: write —, all or links to cells, not {row.says!r}"


@page_rule
def half(page):
    """About half of the minutes is shown: 40 to 60 in a hundred."""
    share = page.shown / max(page.shown + page.home, 1)
    if not 0.4 <= share <= 0.6:
        yield f"{page.shown} of {page.shown + page.home} minutes are shown; aim at half"


@page_rule
def links(page):
    """Every file, every cell and every figure that is named exists."""
    known = {path.name: None for path in notebook_paths()}
    for file, cell in CELL_LINK.findall(page.text):
        if file in known:
            known[file] = known[file] or {each.id for each in Notebook.read(NOTEBOOKS / file).cells}
            if cell not in known[file]:
                yield f"{file} has no cell {cell!r}"
    for target in LINK.findall(page.text):
        if SHORT_LINK.search(f"]({target})"):
            yield f"spell out {target!r}: run `python -m tests.notebooks.plan --write`"
        elif not re.match(r"https?://|#", target):
            if not (page.path.parent / target.partition("#")[0]).is_file():
                yield f"there is no {target!r}"
            if (match := FIGURE.match(target)) and not shows(page.notebook, match[1]):
                yield f"notebook {page.number} does not show {match[1]!r}"


def shows(notebook: Notebook, figure: str) -> bool:
    """Whether the notebook shows this figure."""
    return any(f"]({figure})" in cell.source for cell in notebook.prose)


@page_rule
def exercises(page):
    """Each exercise named exists, and each that exists is named beside a link to its cell."""
    for name in sorted(set(EXERCISE.findall(page.text))):
        if exercise_cell(page.notebook, name) is None:
            yield f"the notebook has no exercise {name!r}"
    linked = cells_linked(page.text)
    named = set(EXERCISE.findall(page.text))
    for cell in page.notebook.exercises:
        name = re.search(r"exercise\.(\w+)\.check", cell.source)[1]
        if name not in named or cell.id not in linked:
            yield f"name and link the exercise: [`exercise.{name}`](@exercise.{name})"


@page_rule
def questions(page):
    """Five questions or more, each in bold, with a link to its cell and the expected answer."""
    found, stays = items(page.parts.get("Questions to ask", "")), at_home(page)
    if len(found) < 5:
        yield f"{len(found)} questions; ask five or more"
    for item in found:
        match = re.match(r"- \*\*\[[^\]]*\?[^\]]*\]\([^)]+#cell-id=[^)]+\)\*\*(.*)", item, re.S)
        if not match:
            yield f"write `- **[Question?](@cell-id)** answer`, not {item[:60]!r}"
        elif len(match[1].split()) < 3:
            yield f"say which answer to expect: {item[:60]!r}"
        if unseen := cells_linked(item.partition("**")[2].partition("**")[0]) & stays:
            yield f"{sorted(unseen)} stays at home: ask about what is shown"


@page_rule
def misconceptions(page):
    """Four or more, each in quotation marks, with how to meet it and a link to a cell."""
    found = items(page.parts.get("What students bring", ""))
    if len(found) < 4:
        yield f"{len(found)} misconceptions; four or more are sure to come"
    for item in found:
        if not re.match(r"- \*“[^”]+”\*", item) or not cells_linked(item):
            yield f"write `- *“What they say.”* How to meet it, with a link`, not {item[:60]!r}"


@page_rule
def late(page):
    """What to skip says the minutes that it saves, from screens that would have been shown."""
    found = items(page.parts.get("Late? Skip", ""))
    stays = at_home(page)
    if not found:
        yield "name something to skip"
    for item in found:
        said = re.match(r"- \*\*(\d+) min\*\* ", item)
        if not said or not cells_linked(item):
            yield f"write `- **N min** [what](@cell-id): …`, not {item[:60]!r}"
        elif int(said[1]) != page.saved(item):
            yield f"{item[:60]!r} saves {page.saved(item)} minutes"
        if unseen := cells_linked(item) & stays:
            yield f"{sorted(unseen)} stays at home anyway"


@page_rule
def live(page):
    """Every widget of the notebook is in the part on what to show live, which is shown."""
    linked = cells_linked(page.parts.get("Show live", ""))
    if unseen := linked & at_home(page):
        yield f"{sorted(unseen)} stays at home"
    for cell in page.notebook.code:
        said = "".join(cell.output_texts())
        is_widget = WIDGET.search(cell.source) or "It needs a running kernel" in said
        if is_widget and cell.id not in linked:
            yield f"link the widget in {cell.id!r}"


@page_rule
def board(page):
    """There is something to draw: a sketch in a code block, or a picture with alt text."""
    text = page.parts.get("On the board", "")
    if not re.search(r"```\w*\n.+?```|!\[[^\]]{20,}\]\(", text, re.S):
        yield "draw the board in a code block, or show a picture with alt text"


@page_rule
def dead_kernel(page):
    """The cell for presenters is linked, and every line that loads a stored network quoted."""
    text = page.parts.get("When the kernel died", "")
    if not {cell.id for cell in page.notebook.code if cell.is_for_presenters} & cells_linked(text):
        yield "link the cell that brings the notebook back: [the first code cell](@presenting)"
    lines = stored_lines(page.notebook)
    for line in sorted(lines):
        if line.lstrip("# ") not in text:
            yield f"quote `{line}`"
    for found in re.findall(r"`?(\w[\w, ]* = trained\.load\([^`\n]*)`?", text):
        if not any(found.strip() in line for line in lines):
            yield f"the notebook has no line {found!r}"


@page_rule
def recipes(page):
    """What is to be run after a restart is enough: every name that is used is also bound.

    A recipe is an item of that part: ``**From [x](…) on:** run [a](…), [b](…). Leave out [c](…).``
    or ``**From [x](…) to [y](…):** …`` or ``**Only [x](…):** …``. A link stands for its screen.
    """
    found = items(page.parts.get("When the kernel died", ""))
    for item in found:
        match = RECIPE.match(item)
        if not match:
            yield f"write `- **From [x](@x) on:** run …`, not {item[:60]!r}"
            continue
        missing = unbound(cells_to_run(page.notebook, match))
        if missing:
            yield f"{match['name']!r} also needs {sorted(missing)}"
    if stored_lines(page.notebook) and not found:
        yield "say what to run after a restart"


def cells_to_run(notebook: Notebook, recipe: re.Match) -> list[Cell]:
    """Return the code cells that a recipe runs, in the order of the notebook."""
    run, _, without = recipe["rest"].partition("Leave out")
    place = {cell.id: cell.number for cell in notebook.cells}
    first = place.get(recipe["first"], 0)
    if recipe["verb"] == "Only":
        last = first + 1
    else:
        last = place.get(recipe["last"], len(notebook.cells) + 1)
    named, skipped = cells_linked(run), cells_linked(without)
    screen = {
        cell.id
        for each in screens(notebook)
        if named & {c.id for c in each.cells}
        for cell in each.cells
    }
    return [
        cell
        for cell in notebook.code
        if (cell.id in screen or first <= cell.number < last)
        and cell.id not in skipped
        and not cell.is_exercise
    ]


INSIDE = (ast.arg, ast.ExceptHandler, ast.FunctionDef, ast.ClassDef)


def unbound(cells: list[Cell]) -> set[str]:
    """Return the names that cells use and none of them binds; stored networks count as loaded."""
    bound, used = set(dir(builtins)), set()
    for cell in cells:
        bound |= names_bound(cell.tree)
        for line in stored.ANY_LINE.findall(cell.source):
            bound |= names_bound(ast.parse(line.strip().lstrip("# ")))
        inside = {
            getattr(node, "arg", None) or getattr(node, "id", None) or getattr(node, "name", None)
            for node in ast.walk(cell.tree)
            if isinstance(node, INSIDE)
            or (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
        }
        used |= {
            node.id
            for node in ast.walk(cell.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        } - inside
    return used - bound


def stored_lines(notebook: Notebook) -> set[str]:
    """Return the commented lines of a notebook that load a stored network."""
    return {line.strip() for cell in notebook.code for line in stored.ANY_LINE.findall(cell.source)}


@page_rule
def numbers(page):
    """Every number with a decimal point stands in the notebook, give or take its last digit.

    Numbers in quotation marks are guesses to expect, and free.
    """
    cells = page.notebook.cells
    known = [cell.source for cell in cells] + [text for c in cells for text in c.output_texts()]
    there = {float(each) for text in known for each in DECIMAL.findall(text)}
    for found in DECIMAL.findall(re.sub(r"“[^”]*”|\]\([^)]*\)", " ", page.text)):
        unit = 10.0 ** -len(found.partition(".")[2])
        if not any(abs(float(found) - each) < 1.01 * unit for each in there):
            yield f"the notebook has no number near {found}"


@page_rule
def quoted_checks(page):
    """What a check is said to say is a sentence of its catalogue: `exercise.x` says “…”."""
    for name, quoted in QUOTED.findall(page.text):
        declared = getattr(importlib.import_module(page.notebook.exercise_module()), name, None)
        sentences = [each.sentence for each in getattr(declared, "misconceptions", ())]
        if not any(" ".join(quoted.split()).rstrip("… ") in each for each in sentences):
            yield f"no sentence of `exercise.{name}` says {quoted!r}"


# --- The timetables -------------------------------------------------------------------------------

Kit = dict[str, Page]
README_RULES: dict[str, Callable[[str, Kit], Iterator[str]]] = {}
DAYS = ["One day", "Two days"]
SEMESTER = "A semester"
ROW = re.compile(r"^\| (\d\d):(\d\d) \| (\d+) \| (.*?) \|$", re.M)
WEEK = re.compile(r"^\| (\d+) \| (.*?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.M)
PAGE_LINK = re.compile(r"\]\((\d\d)_\w+\.md\)")
MEETING = 90


def readme_rule(function):
    """Enter a rule in `README_RULES` under the name of its function."""
    README_RULES[function.__name__] = function
    return function


@dataclass(frozen=True)
class Slot:
    """A row of a day's timetable; times in minutes after midnight."""

    begins: int
    minutes: int
    what: str

    @property
    def is_break(self) -> bool:
        return self.what.startswith(("Break", "Lunch"))

    @property
    def notebook(self) -> str | None:
        match = PAGE_LINK.search(self.what)
        return match[1] if match else None


def chapter(readme: str, name: str) -> str:
    """Return what stands in the README under a heading of the second level."""
    match = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    return match[1] if match else ""


def days(readme: str, name: str) -> list[list[Slot]]:
    """Return the timetables of a format, one list of slots a day."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", chapter(readme, name), re.M):
        slots = [
            Slot(60 * int(h) + int(m), int(minutes), what)
            for h, m, minutes, what in ROW.findall(block)
        ]
        if slots:
            found.append(slots)
    return found


def in_fives(minutes: int) -> int:
    """Return the minutes rounded up to the next five."""
    return -(-minutes // 5) * 5


@readme_rule
def clocks(readme, kit):
    """Each row of a day begins when the one before has ended."""
    for name in DAYS:
        if not days(readme, name):
            yield f"{name}: the timetable is missing"
        for slots in days(readme, name):
            for before, after in itertools.pairwise(slots):
                if before.begins + before.minutes != after.begins:
                    yield f"{name}: {before.what!r} does not end when {after.what!r} begins"


@readme_rule
def breaks(readme, kit):
    """Never 90 minutes without a break; a break has ten minutes or more, lunch 45."""
    for name in DAYS:
        for slots in days(readme, name):
            since = 0
            for slot in slots:
                since = 0 if slot.is_break else since + slot.minutes
                if since >= 90:
                    yield f"{name}: {since} minutes without a break at {slot.what!r}"
                if slot.is_break and slot.minutes < (45 if "Lunch" in slot.what else 10):
                    yield f"{name}: {slot.minutes} minutes are no {slot.what!r}"


@readme_rule
def slots_are_shown_halves(readme, kit):
    """A notebook gets as many minutes as its page shows, rounded up to five."""
    for name in DAYS:
        for number, given in given_to_notebooks(readme, name).items():
            if number in kit and given != in_fives(kit[number].shown):
                yield (
                    f"{name}: {number} gets {given} minutes, and its page shows "
                    f"{kit[number].shown}: give it {in_fives(kit[number].shown)}"
                )


def given_to_notebooks(readme: str, name: str) -> dict[str, int]:
    """Return number of the notebook → minutes in a format."""
    given: dict[str, int] = {}
    for slots in days(readme, name):
        for slot in slots:
            if slot.notebook:
                given[slot.notebook] = given.get(slot.notebook, 0) + slot.minutes
    return given


@readme_rule
def sums(readme, kit):
    """Below each timetable stand its sums; practice is a quarter of what is shown, or more."""
    for name in DAYS:
        slots = [slot for day in days(readme, name) for slot in day]
        shown = sum(slot.minutes for slot in slots if slot.notebook)
        rest = sum(slot.minutes for slot in slots if slot.is_break)
        practice = sum(slot.minutes for slot in slots) - shown - rest
        home = sum(kit[n].home for n in given_to_notebooks(readme, name) if n in kit)
        wanted = (
            f"**Sums:** {shown} minutes shown, {practice} for questions and exercises, "
            f"{rest} of breaks; {home} at home."
        )
        if wanted not in chapter(readme, name):
            yield f"{name}: write {wanted!r}"
        if practice < shown / 4:
            yield f"{name}: {practice} minutes of practice are less than a quarter of {shown}"


@readme_rule
def left_out(readme, kit):
    """Each format has every notebook: shown once, or named as left out."""
    for name in DAYS:
        line = re.search(r"^\*\*Left out:\*\*(.*)$", chapter(readme, name), re.M)
        out = PAGE_LINK.findall(line[1]) if line else []
        both = sorted([*given_to_notebooks(readme, name), *out])
        if both != sorted(kit):
            yield f"{name}: shown and left out are {both}; the notebooks are {sorted(kit)}"


@readme_rule
def semester(readme, kit):
    """Each week: shown, break and practice make a meeting; the rest of the notebook is homework."""
    weeks = WEEK.findall(chapter(readme, SEMESTER))
    numbers = [number for _, what, *_ in weeks for number in PAGE_LINK.findall(what)]
    if sorted(numbers) != sorted(kit):
        yield f"{SEMESTER}: the weeks hold {numbers}; the notebooks are {sorted(kit)}"
    if [int(week) for week, *_ in weeks] != list(range(1, len(weeks) + 1)):
        yield f"{SEMESTER}: count the weeks from 1"
    for week, what, *cells in weeks:
        shown, rest, practice, together, home = map(int, cells)
        pages = [kit[number] for number in PAGE_LINK.findall(what) if number in kit]
        if together != MEETING or shown + rest + practice != MEETING:
            yield f"{SEMESTER}: week {week} does not add up to {MEETING}"
        if rest < 10:
            yield f"{SEMESTER}: week {week} has no break of ten minutes"
        if practice < shown / 4:
            yield f"{SEMESTER}: week {week} practises less than a quarter of {shown} minutes"
        wanted = sum(p.shown for p in pages), max(sum(p.home for p in pages) - practice, 0)
        if (shown, home) != wanted:
            yield f"{SEMESTER}: week {week} shows {wanted[0]} minutes and leaves {wanted[1]}"
    columns = [[int(row[column]) for row in weeks] for column in range(2, 7)]
    total = " | ".join(f"**{sum(column)}**" for column in columns)
    if weeks and f"| | **together** | {total} |" not in chapter(readme, SEMESTER):
        yield f"{SEMESTER}: end with '| | **together** | {total} |'"


@readme_rule
def all_pages_listed(readme, kit):
    """The README lists every page with the minutes it shows and leaves for home."""
    for page in kit.values():
        row = (
            f"| [{page.number} · {page.notebook.title}]({page.path.name}) "
            f"| {page.shown + page.home} | {page.shown} | {page.home} |"
        )
        if row not in readme:
            yield f"list {row!r}"


@readme_rule
def readme_links(readme, kit):
    """What the README links exists."""
    for target in LINK.findall(CODE.sub("", readme)):
        here = PAGES / target.partition("#")[0]
        if not re.match(r"https?://|#", target) and not here.exists():
            yield f"there is no {target!r}"


def read_kit(folder: Path = PAGES) -> Kit:
    """Return the pages by the number of their notebook."""
    pages = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.md")):
        page = Page.read(path)
        pages[page.number] = page
    return pages


def findings(numbers: list[str] | None = None) -> list[str]:
    """Return everything that is wrong with the pages (of these notebooks) and the timetables."""
    kit, found = read_kit(), []
    for path in notebook_paths():
        if path.name[:2] not in kit:
            found.append(f"{path.stem}: no page")
    for page in kit.values():
        if not numbers or page.number in numbers:
            for name, rule in PAGE_RULES.items():
                found += [f"{page.path.name}: {name}: {remedy}" for remedy in rule(page)]
    if not numbers:
        readme = (PAGES / "README.md").read_text(encoding="utf-8")
        for name, rule in README_RULES.items():
            found += [f"README.md: {name}: {remedy}" for remedy in rule(readme, kit)]
    return found
