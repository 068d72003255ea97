"""The minute plan of an instructor page: what is shown in the room, and what stays at home.

    python -m tests.notebooks.plan 08            print the table of sections, ready to paste
    python -m tests.notebooks.plan --write 08    put it into instructor/08_….md, up to date
    python -m tests.notebooks.plan --screens 08  list the screens with their cells and minutes
    python -m tests.notebooks.plan --check       say what is wrong with any page or timetable

The minutes are those of the structure lint, words / 180 + 1 a code cell + 8 an exercise, shared
out among the *screens* of the notebook: a screen goes from one cell with the slide type slide or
subslide to the next. Each screen gets whole minutes in such a way that any run of screens from
the first on is right to half a minute; so sections add up to the notebook, and the notebook to
what its header states.

A page is written with short links, (@cell-id) or (@exercise.name); ``--write`` spells them out.
It also puts in the table and the minutes under "Late? Skip" anew, from the links beside them.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from tests.notebooks.parts import CHECK_CALL, ROOT, Cell, Notebook, notebook_paths

PAGES = ROOT / "instructor"
CELL_LINK = re.compile(r"\]\(\.\./notebooks/([\w.]+\.ipynb)#cell-id=([\w-]+)\)")
SHORT_LINK = re.compile(r"\]\(@(exercise\.)?([\w-]+)\)")
HEADER = "| section | minutes | shown | at home | stays at home |"
RULER = "| --- | ---: | ---: | ---: | --- |"
OPENING = "Title and set-up"
SKIP = re.compile(r"^- \*\*\d+ min\*\*", re.M)


@dataclass(frozen=True)
class Screen:
    """What is seen at once in the deck: a slide or subslide with what belongs to it."""

    cells: tuple[Cell, ...]
    minutes: int

    @property
    def first(self) -> Cell:
        return self.cells[0]


@dataclass(frozen=True)
class Section:
    """A part of a notebook under one heading of the second level."""

    title: str
    screens: tuple[Screen, ...]

    @property
    def minutes(self) -> int:
        return sum(screen.minutes for screen in self.screens)

    @property
    def first(self) -> Cell:
        return self.screens[0].first


def cell_minutes(cell: Cell) -> Fraction:
    """Return what the formula of the lint gives to one cell."""
    if cell.is_for_presenters:
        return Fraction(0)
    if cell.is_code:
        return Fraction(9 if cell.is_exercise else 1)
    return Fraction(len(cell.source.split()) if cell.is_prose else 0, 180)


def section_title(cell: Cell) -> str | None:
    """Return the heading of the second level in this cell, if there is one."""
    return next((text for level, text in cell.headings() if level == 2), None)


def begins_screen(cell: Cell) -> bool:
    """Whether the deck turns a page at this cell."""
    kind = cell.raw.get("metadata", {}).get("slideshow", {}).get("slide_type")
    return kind in ("slide", "subslide") or section_title(cell) is not None


def screens(notebook: Notebook) -> list[Screen]:
    """Return the screens of a notebook with their minutes."""
    groups: list[list[Cell]] = []
    for cell in notebook.cells:
        if begins_screen(cell) or not groups:
            groups.append([])
        groups[-1].append(cell)
    found, so_far, told = [], Fraction(0), 0
    for group in groups:
        so_far += sum(cell_minutes(cell) for cell in group)
        until = int(so_far + Fraction(1, 2))
        found.append(Screen(tuple(group), until - told))
        told = until
    return found


def sections(notebook: Notebook) -> list[Section]:
    """Return the sections of a notebook, what stands before the first heading included."""
    groups: list[tuple[str, list[Screen]]] = []
    for screen in screens(notebook):
        title = section_title(screen.first)
        if title is not None or not groups:
            groups.append((title or OPENING, []))
        groups[-1][1].append(screen)
    return [Section(title, tuple(group)) for title, group in groups]


@dataclass(frozen=True)
class Row:
    """One section in the table: its minutes, and what of it stays at home."""

    section: Section
    home: int
    says: str

    @property
    def shown(self) -> int:
        return self.section.minutes - self.home


@dataclass(frozen=True)
class Page:
    """An instructor page and the notebook it belongs to."""

    path: Path
    text: str
    notebook: Notebook

    @classmethod
    def read(cls, path: Path) -> Page:
        (notebook,) = (each for each in notebook_paths() if each.stem == path.stem)
        return cls(path, path.read_text(encoding="utf-8"), Notebook.read(notebook))

    @property
    def number(self) -> str:
        return self.notebook.number

    @cached_property
    def parts(self) -> dict[str, str]:
        """The text under each heading of the second level."""
        _, *pieces = re.split(r"^## (.*)\n", self.text, flags=re.M)
        return {name.strip(): text for name, text in zip(pieces[::2], pieces[1::2], strict=True)}

    @cached_property
    def sections(self) -> list[Section]:
        return sections(self.notebook)

    def stays(self) -> dict[str, str]:
        """Return what the table says in its last column, by the id of the section's first cell."""
        found = {}
        for line in self.parts.get("Minutes", "").splitlines():
            cells = line.strip().strip("|").split(" | ")
            if match := CELL_LINK.search(cells[0]):
                found[match[2]] = cells[-1].strip() if len(cells) == 5 else ""
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """The table as it should be: minutes from the notebook, what stays at home as written."""
        stays, rows = self.stays(), []
        for section in self.sections:
            says = stays.get(section.first.id, "—")
            named = {cell for _, cell in CELL_LINK.findall(says)}
            home = sum(
                screen.minutes
                for screen in section.screens
                if says == "all" or named & {cell.id for cell in screen.cells}
            )
            rows.append(Row(section, home, says))
        return rows

    @property
    def shown(self) -> int:
        """Minutes of what is shown in the room."""
        return sum(row.shown for row in self.rows)

    @property
    def home(self) -> int:
        """Minutes of what stays at home."""
        return sum(row.home for row in self.rows)

    def saved(self, text: str) -> int:
        """Return the minutes of the shown screens to which a text links: what skipping saves."""
        linked = {cell for _, cell in CELL_LINK.findall(text)}
        return sum(
            screen.minutes
            for screen in screens(self.notebook)
            if linked & {cell.id for cell in screen.cells}
        )


def link(notebook: Notebook, cell: Cell, text: str) -> str:
    """Return a link that JupyterLab and nbconvert's pages follow to the cell."""
    return f"[{text}](../notebooks/{notebook.path.name}#cell-id={cell.id})"


def table(page: Page) -> str:
    """Return the table of the page's sections."""
    lines = [HEADER, RULER]
    for row in page.rows:
        name = link(page.notebook, row.section.first, row.section.title)
        lines.append(f"| {name} | {row.section.minutes} | {row.shown} | {row.home} | {row.says} |")
    total = page.shown + page.home
    lines.append(f"| **together** | **{total}** | **{page.shown}** | **{page.home}** | |")
    return "\n".join(lines) + "\n"


def exercise_cell(notebook: Notebook, name: str) -> Cell | None:
    """Return the cell of the exercise with this name."""
    for cell in notebook.exercises:
        if name in CHECK_CALL.findall(cell.source):
            return cell
    return None


def spelt_out(page: Page) -> Page:
    """Return the page with its short links written in full."""

    def full(match: re.Match) -> str:
        name = match[2]
        if match[1]:
            cell = exercise_cell(page.notebook, name)
            name = cell.id if cell else name
        return f"](../notebooks/{page.notebook.path.name}#cell-id={name})"

    return Page(page.path, SHORT_LINK.sub(full, page.text), page.notebook)


def up_to_date(page: Page) -> str:
    """Return the text of the page with its links, its table and its minutes put right."""
    page = spelt_out(page)
    fresh = re.compile(rf"^{re.escape(HEADER)}\n(?:\|.*\n)+", re.M)
    text = fresh.sub(lambda _: table(page), page.text, count=1)
    late = page.parts.get("Late? Skip", "")
    items = [
        SKIP.sub(f"- **{page.saved(item)} min**", item) if SKIP.match(item) else item
        for item in re.split(r"(?=^- )", late, flags=re.M)
    ]
    return text.replace(late, "".join(items)) if late else text


def new_page(notebook: Notebook) -> Page:
    """Return the page of a notebook, or an empty one where there is none yet."""
    path = PAGES / f"{notebook.path.stem}.md"
    if path.is_file():
        return Page.read(path)
    return Page(path, "", notebook)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 where ``--check`` has found something, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.plan", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("numbers", nargs="*", metavar="NN", help="notebooks; default: all")
    parser.add_argument("--write", action="store_true", help="put the page in order")
    parser.add_argument("--screens", action="store_true", help="list screens, cells and minutes")
    parser.add_argument("--check", action="store_true", help="list what is wrong")
    options = parser.parse_args(arguments)
    if options.check:
        from tests.notebooks.kit import findings

        found = findings(options.numbers)
        print(*found, f"{len(found)} findings", sep="\n")
        return int(bool(found))
    for path in notebook_paths():
        if options.numbers and path.name[:2] not in options.numbers:
            continue
        page = new_page(Notebook.read(path))
        if options.screens:
            for screen in screens(page.notebook):
                print(f"{screen.minutes:3}", *(cell.id for cell in screen.cells))
        elif options.write and page.text:
            page.path.write_text(up_to_date(page), encoding="utf-8")
            print(f"{page.path.name}: {page.notebook.minutes} minutes in the notebook's header")
        else:
            print(table(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
