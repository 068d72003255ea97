"""Structure lint of the notebooks: one rule, one function.

    python -m tests.notebooks.lint [--minutes] [NOTEBOOK ...]      default: all of notebooks/

Each rule takes a `Notebook` and yields a `Finding` for every place that breaks it; a finding says
what to do. The conventions themselves are described for authors in CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import re
import statistics
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_utils import presenting
from tests.notebooks import stored
from tests.notebooks.parts import (
    CHECK_CALL,
    ROOT,
    Cell,
    Notebook,
    joined,
    names_bound,
    names_used,
    notebook_paths,
)


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule."""

    rule: str
    cell: Cell | None
    remedy: str

    def __str__(self) -> str:
        where = f"cell {self.cell.number} ({self.cell.id})" if self.cell else "notebook"
        return f"{where}: {self.rule}: {self.remedy}"


Rule = Callable[[Notebook], Iterator[tuple[Cell | None, str]]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Enter a rule in `RULES` under the name of its function."""
    RULES[function.__name__] = function
    return function


def lint(notebook: Notebook, names: list[str] | None = None) -> list[Finding]:
    """Return what the rules (all, or those named) find in a notebook."""
    return [
        Finding(name, cell, remedy)
        for name in (names or RULES)
        for cell, remedy in RULES[name](notebook)
    ]


# --- The file -------------------------------------------------------------------------------------

LARGEST = 1_500_000
CELL_METADATA = {"slideshow", "tags", "jupyter", stored.KEY, presenting.KEY}
NOTEBOOK_METADATA = {"kernelspec", "language_info"}
TAGS = {"exercise", "nbval-ignore-output"}
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}


@rule
def format_valid(notebook):
    """The file is a valid notebook of format 4.5 or later."""
    version = notebook.raw.get("nbformat"), notebook.raw.get("nbformat_minor", 0)
    if version < (4, 5):
        yield None, f"notebook format {version}; write it as 4.5 or later (cells have ids)"
    try:
        with warnings.catch_warnings():  # what is missing, cell_ids says
            warnings.simplefilter("ignore")
            nbformat.validate(deepcopy(notebook.raw))  # a copy: validate mends what it is given
    except nbformat.ValidationError as error:
        yield None, f"not a valid notebook: {error.message[:200]}"


@rule
def size(notebook):
    """The file is small enough to open and compare."""
    size = notebook.path.stat().st_size
    if size >= LARGEST:
        yield None, f"{size / 1e6:.2f} MB; show fewer or smaller figures (limit 1.5 MB)"


@rule
def lean_metadata(notebook):
    """No widget state, no editor's keys, no version stamps."""
    metadata = notebook.raw.get("metadata", {})
    for key in sorted(set(metadata) - NOTEBOOK_METADATA):
        yield None, f"remove {key!r} from the notebook's metadata"
    if "version" in metadata.get("language_info", {}):
        yield None, "remove language_info.version: it changes with every machine"
    for cell in notebook.cells:
        for key in sorted(set(cell.raw.get("metadata", {})) - CELL_METADATA):
            yield cell, f"remove {key!r} from the cell's metadata"
        if "application/vnd.jupyter.widget-view+json" in cell.mimes():
            yield cell, "remove the widget view: without its kernel it shows an error"


@rule
def cell_ids(notebook):
    """Every cell has an id of its own."""
    seen = set()
    for cell in notebook.cells:
        if not cell.raw.get("id"):
            yield cell, "give the cell an id"
        elif cell.id in seen:
            yield cell, f"the id {cell.id!r} is used twice; give the later cell another"
        seen.add(cell.id)


@rule
def slide_types(notebook):
    """Every cell says what part of a slide it is."""
    for cell in notebook.cells:
        kind = cell.raw.get("metadata", {}).get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            yield cell, f"slide type {kind!r}; set one of {', '.join(sorted(SLIDE_TYPES))}"


@rule
def known_tags(notebook):
    """Only tags with a meaning; nothing that keeps a cell from being run."""
    for cell in notebook.cells:
        for tag in sorted(set(cell.tags) - TAGS):
            yield cell, f"remove the tag {tag!r}; known tags: {', '.join(sorted(TAGS))}"
        if re.search(r"^\s*#\s*(NBVAL_|PYTEST_VALIDATE)", cell.source, re.M):
            yield cell, "use a tag in the metadata, not a comment that readers see"


# --- Header and footer ----------------------------------------------------------------------------

FOOTER = ["Recap", "What can go wrong", "Where next"]
SHUT_DOWN = (
    "Before the next notebook, shut down the kernel (*Kernel → Shut Down Kernel*): "
    "two can exceed Binder's 2&nbsp;GB."
)


def list_items(text: str) -> list[str]:
    """Return the first lines of the items of the first Markdown list in a text."""
    items: list[str] = []
    after_blank = False
    for line in text.splitlines():
        if match := re.match(r"[-*] +(\S.*)", line):
            items.append(match[1])
        elif items and line.strip() and (line.startswith("#") or (after_blank and line[0] != " ")):
            break
        after_blank = not line.strip()
    return items


def first_word(text: str) -> str:
    """Return the first word of an item, in lower case, without marks."""
    match = re.search(r"[\w-]+", text)
    return match[0].lower() if match else ""


def header_source(notebook: Notebook) -> str:
    """Return the source of the first cell, where it is Markdown."""
    cells = notebook.cells
    return cells[0].source if cells and cells[0].is_prose else ""


def goals(notebook: Notebook) -> list[str]:
    """Return the goals in the header."""
    _, _, after = header_source(notebook).partition("**After this notebook you can**")
    return list_items(after.partition("**You need first:**")[0])


def footer_cells(notebook: Notebook) -> list[Cell]:
    """Return the cells from the one with the last "Recap" heading to the end."""
    starts = [cell.number for cell in notebook.prose if (2, "Recap") in cell.headings()]
    return notebook.cells[starts[-1] - 1 :] if starts else []


def footer_section(notebook: Notebook, heading: str) -> str:
    """Return the text under one of the footer's headings."""
    text = "\n\n".join(cell.source for cell in footer_cells(notebook) if cell.is_prose)
    match = re.search(rf"^## {heading}\s*$(.*?)(?=^## |\Z)", text, re.M | re.S)
    return match[1].strip() if match else ""


@rule
def header(notebook):
    """The first cell says what this is, what it gives, what it needs."""
    if not notebook.cells:
        yield None, "the notebook is empty"
        return
    first, text = notebook.cells[0], header_source(notebook)
    if not text:
        yield first, "begin with a Markdown cell: the header"
        return
    if not re.match(rf"# {notebook.number} · \S", text):
        yield first, f"begin with the title, `# {notebook.number} · Title`"
    for label in ("You need first", "Minutes", "Data"):
        if not re.search(rf"^\*\*{label}:\*\*[ \t]*\S", text, re.M):
            yield first, f"say `**{label}:** …` on a line of its own"
    if "**After this notebook you can**" not in text:
        yield first, "say `**After this notebook you can**` and list the goals"
    elif len(goals(notebook)) < 2:
        yield first, "list two goals or more (`- verb …`) below **After this notebook you can**"
    if (
        len(
            [
                title
                for title in notebook.prose
                if title.headings()[:1] and title.headings()[0][0] == 1
            ]
        )
        > 1
    ):
        yield first, "keep one heading of level 1, the title"


@rule
def footer(notebook):
    """The last sections are the recap, what can go wrong, where next; and how to shut down."""
    cells = footer_cells(notebook)
    if not cells:
        yield None, "end with the sections `## " + "`, `## ".join(FOOTER) + "`"
        return
    headings = [text for cell in cells for level, text in cell.headings() if level == 2]
    if headings != FOOTER:
        yield cells[0], f"end with the sections {FOOTER}, in this order; found {headings}"
    for cell in cells:
        if not cell.is_prose:
            yield cell, "move this cell up: only Markdown after the recap"
    for heading in FOOTER:
        if heading in headings and not footer_section(notebook, heading):
            yield cells[0], f"write something under `## {heading}`"
    if SHUT_DOWN not in footer_section(notebook, "Where next").splitlines():
        yield cells[-1], f"end `## Where next` with a paragraph of its own: {SHUT_DOWN}"


@rule
def presenters_cell(notebook):
    """Below the header stands, as a comment, the call that brings the notebook back."""
    if len(notebook.cells) < 2:
        return
    cell, wanted = notebook.cells[1], presenting.first_cell(notebook.number)
    if not cell.is_code or cell.source != wanted:
        yield cell, f"let the second cell be code that says just this:\n{wanted}"
    elif cell.metadata.get("slideshow") != {"slide_type": "skip"}:
        yield cell, "give the presenters' cell the slide type skip"
    elif cell.outputs:
        yield cell, "the presenters' cell is a comment; run it as it is"
    for other in notebook.cells[2:]:
        if other.is_for_presenters:
            yield other, "call resume in the second cell only"


@rule
def recap_mirrors_goals(notebook):
    """The recap has the goals of the header, in the same order, beginning with the same words."""
    wanted = [first_word(goal) for goal in goals(notebook)]
    found = [first_word(item) for item in list_items(footer_section(notebook, "Recap"))]
    if wanted != found:
        cell = footer_cells(notebook)[0] if footer_cells(notebook) else None
        yield (
            cell,
            (
                "mirror the goals of the header, item by item, each with the same first word: "
                f"goals begin {wanted}, recap begins {found}"
            ),
        )


@rule
def minutes(notebook):
    """The minutes in the header are those of the formula."""
    if notebook.stated_minutes is not None and notebook.stated_minutes != notebook.minutes:
        yield (
            notebook.cells[0],
            f"say `**Minutes:** {notebook.minutes}`: {notebook.words} words / 180 + "
            f"{len(notebook.worked_through)} code cells + 8 × {len(notebook.exercises)} exercises, "
            f"to the nearest 5 (now {notebook.stated_minutes})",
        )


@rule
def pause(notebook):
    """A notebook of more than 90 minutes has a place to stop, with its own recap."""
    pauses = [
        cell
        for cell in notebook.prose
        if any("pause here" in t.lower() for _, t in cell.headings())
    ]
    if notebook.minutes > 90 and not pauses:
        yield None, f'{notebook.minutes} minutes: add a "Pause here" heading with a short recap'
    for cell in pauses:
        if len(re.sub(r"^#.*$", "", cell.prose, flags=re.M).split()) < 15:
            yield cell, 'recap in "Pause here" what has been found so far (15 words or more)'


# --- Cells ----------------------------------------------------------------------------------------


@rule
def no_empty_cells(notebook):
    """Nothing to see, nothing to keep."""
    for cell in notebook.cells:
        if not cell.source.strip():
            yield cell, "remove the empty cell"
        elif cell.raw["cell_type"] == "raw":
            yield cell, "make the raw cell Markdown or code: readers don't see it rendered"


@rule
def python_parses(notebook):
    """Code cells are Python (IPython's magics aside)."""
    for cell in notebook.code:
        try:
            cell.parse()
        except SyntaxError as error:
            yield cell, f"not valid Python: {error.msg}"


@rule
def cell_length(notebook):
    """Short cells: median 5 non-blank lines or fewer, nine in ten up to 15, none over 30."""
    lines = sorted(cell.lines for cell in notebook.code)
    if not lines:
        return
    if (median := statistics.median(lines)) > 5:
        yield None, f"the median code cell has {median:g} lines; split cells until it is 5"
    if (ninth := lines[min(len(lines) - 1, int(0.9 * len(lines)))]) > 15:
        yield None, f"one code cell in ten has {ninth} lines or more; split the longest (limit 15)"
    for cell in notebook.code:
        if cell.lines > 30:
            yield cell, f"{cell.lines} lines; split the cell (limit 30)"


@rule
def markdown_share(notebook):
    """Between 45 and 65 % of the cells are Markdown."""
    share = len(notebook.prose) / max(1, len(notebook.prose) + len(notebook.code))
    if not 0.45 <= share <= 0.65:
        more = "say more between the cells" if share < 0.45 else "join or shorten Markdown cells"
        yield None, f"{share:.0%} of the cells are Markdown (45 to 65 %); {more}"


@rule
def shell_lines(notebook):
    """No shell and no installer inside a notebook."""
    pattern = r"^\s*(!|%%?(bash|sh|system|sx|cmd|script|pip|conda|mamba|uv)\b)"
    for cell in notebook.code:
        if re.search(pattern, cell.source, re.M) or "get_ipython().system" in cell.source:
            yield cell, "remove the shell line; what the course needs is in requirements.txt"


@rule
def no_pickle(notebook):
    """Arrays are never read with pickle allowed."""
    for cell in notebook.code:
        if re.search(r"allow_pickle\s*=\s*True|\bimport pickle\b", cell.source):
            yield cell, "don't unpickle: a pickle runs any code of whoever wrote the file"


ABSOLUTE = re.compile(
    r"(?<![\w:/.~<-])/(?:home|Users|root|tmp|work|usr|var|opt|mnt|private|content|srv|data)/[\w.-]+"
    r"|\b[A-Za-z]:\\\\?\w+"
)


@rule
def absolute_paths(notebook):
    """Nothing names a folder of one machine."""
    for cell in notebook.cells:
        for text in (cell.source, *cell.output_texts()):
            if match := ABSOLUTE.search(text):
                yield cell, f"the path {match[0]!r} exists on one machine only; make it relative"
                break


AMERICAN = {
    "colors?": "colour",
    "colored": "coloured",
    "coloring": "colouring",
    "centers?": "centre",
    "centered": "centred",
    "gray": "grey",
    "grayscale": "greyscale",
    "neighbor(s|ing|hood)?": "neighbour",
    "behaviors?": "behaviour",
    "favorites?": "favourite",
    "labeled": "labelled",
    "labeling": "labelling",
    "modeling": "modelling",
    "modeled": "modelled",
    "normali(z)(e|es|ed|ing|ation)": "normalise",
    "initiali(z)(e|es|ed|ing|ation)": "initialise",
    "recogni(z)(e|es|ed|ing)": "recognise",
    "visuali(z)(e|es|ed|ing|ation|ations)": "visualise",
    "regulari(z)(e|es|ed|ing|ation)": "regularise",
    "generali(z)(e|es|ed|ing|ation)": "generalise",
    "optimi(z)(e|es|ed|ing|ation)": "optimise",
    "minimi(z)(e|es|ed|ing)": "minimise",
    "maximi(z)(e|es|ed|ing)": "maximise",
    "memori(z)(e|es|ed|ing)": "memorise",
    "summari(z)(e|es|ed|ing)": "summarise",
    "vectori(z)(e|es|ed|ing|ation)": "vectorise",
    "organi(z)(e|es|ed|ing|ation)": "organise",
    "reali(z)(e|es|ed|ing)": "realise",
    "analyz(e|es|ed|ing)": "analyse",
    "canceled": "cancelled",
    "traveled": "travelled",
    "defense": "defence",
    "catalog": "catalogue",
    "skillful": "skilful",
    "fulfill": "fulfil",
}


@rule
def spelling(notebook):
    """British spelling in prose."""
    for cell in notebook.prose:
        for american, british in AMERICAN.items():
            if match := re.search(rf"\b{american}\b", cell.prose, re.I):
                yield cell, f"write {british!r} for {match[0]!r}"


# --- Outputs --------------------------------------------------------------------------------------

PLOTS = {"image/png", "image/jpeg", "image/svg+xml"}


@rule
def execution_order(notebook):
    """Every code cell was run, from top to bottom, in one go."""
    for expected, cell in enumerate(notebook.code, 1):
        count = cell.raw.get("execution_count")
        if count != expected:
            yield cell, f"execution count {count}, expected {expected}; run `make notebooks`"
            return


@rule
def null_counts(notebook):
    """No output without an execution count: it was not made by this code."""
    for cell in notebook.code:
        if cell.outputs and cell.raw.get("execution_count") is None:
            yield cell, "outputs but no execution count; run `make notebooks`"


@rule
def no_stderr(notebook):
    """Nothing was written to stderr."""
    for cell in notebook.code:
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield cell, "the cell writes to stderr; remove the cause of the warning"


@rule
def no_errors(notebook):
    """No cell ended in an error."""
    for cell in notebook.code:
        if any(output.get("output_type") == "error" for output in cell.outputs):
            yield cell, "the cell ends in an error; catch and show it, or mend it"


@rule
def no_addresses(notebook):
    """No memory addresses: they differ at every run."""
    for cell in notebook.code:
        for text in cell.output_texts():
            if match := re.search(r"\bat 0x[0-9a-fA-F]{6,}", text):
                yield cell, f"the output shows an address ({match[0]!r}); give a repr, or use `_ =`"
                break


@rule
def sentence_after_plot(notebook):
    """A plot is followed by a sentence that says what it shows."""
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if not PLOTS & cell.mimes():
            continue
        text = following.prose if following and following.is_prose else ""
        if len(re.sub(r"^#.*$", "", text, flags=re.M).split()) < 10:
            yield cell, "follow the plot with a Markdown cell saying what it shows (10 words)"


@rule
def alt_text(notebook):
    """Every picture in Markdown and in HTML outputs has a description of 20 characters or more."""
    for cell in notebook.cells:
        texts = [cell.unfenced] if cell.is_prose else []
        for output in cell.outputs:
            texts.append(joined(output.get("data", {}).get("text/html", "")))
        for text in texts:
            found = [alt for alt in re.findall(r"!\[([^\]]*)\]\(", text)] if cell.is_prose else []
            for tag in re.findall(r"<img\b[^>]*>", text, re.I):
                alt = re.search(r"""\balt\s*=\s*("([^"]*)"|'([^']*)')""", tag)
                found.append((alt[2] or alt[3] or "") if alt else "")
            for alt in found:
                if len(alt.strip()) < 20:
                    yield cell, f"describe the picture in its alt text (20 characters): {alt!r}"


# --- Links ----------------------------------------------------------------------------------------

MENTION = re.compile(r"(?<!## )\b(\d\d) · (?=[A-Z])")  # not a numbered heading of a section


def existing(notebook: Notebook) -> dict[str, str]:
    """Return number → file name of the notebooks beside this one."""
    return {path.name[:2]: path.name for path in notebook.path.parent.glob("[0-9][0-9]_*.ipynb")}


@rule
def links_resolve(notebook):
    """Every relative link leads to a file; addresses are https."""
    for cell in notebook.prose:
        text = re.sub(r"`[^`\n]*`", " ", cell.unfenced)
        targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text)
        targets += re.findall(r"""\b(?:src|href)\s*=\s*["']([^"']+)""", text)
        for target in targets:
            if target.startswith("http://"):
                yield cell, f"use https for {target}"
            elif re.match(r"[a-z]+:", target) or target.startswith("#"):
                continue
            elif not (notebook.path.parent / target.partition("#")[0]).exists():
                yield cell, f"the link {target} leads nowhere (a notebook to come is plain text)"


@rule
def notebooks_linked(notebook):
    """`NN · Title` is a link where that notebook exists."""
    there = existing(notebook)
    for cell in notebook.prose:
        text = re.sub(r"\[[^\]]*\]\([^)]*\)", " ", cell.unfenced)
        for number in MENTION.findall(text):
            if number in there and number != notebook.number:
                yield cell, f"link it: [{number} · …]({there[number]})"
        for number, target in re.findall(r"\[(\d\d) · [^\]]*\]\(([^)#\s]+)", cell.unfenced):
            if target.endswith(".ipynb") and not target.startswith(number):
                yield cell, f"the link says {number} and leads to {target}"


# --- Exercises ------------------------------------------------------------------------------------


def check_calls(cell: Cell) -> list[ast.Call]:
    """Return the calls of ``exercise.NAME.check(…)`` in the code of a cell (comments aside)."""
    return [
        node
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.Call) and CHECK_CALL.match(ast.unparse(node))
    ]


@rule
def exercise_tags(notebook):
    """An exercise cell has the tag and exactly one check of a plain name."""
    for cell in notebook.code:
        calls = check_calls(cell)
        if calls and not cell.is_exercise:
            yield cell, "tag the cell `exercise`: it calls a check"
        if not cell.is_exercise:
            continue
        if len(calls) != 1:
            yield cell, f"{len(calls)} calls of exercise.NAME.check(my_…); have exactly one"
        for call in calls:
            argument = call.args[0] if len(call.args) == 1 and not call.keywords else None
            if not (isinstance(argument, ast.Name) and argument.id.startswith("my_")):
                yield cell, "check one plain name: exercise.NAME.check(my_answer)"
    for cell in notebook.cells:
        if cell.is_exercise and not cell.is_code:
            yield cell, "remove the tag `exercise`: this is not code"


@rule
def exercise_names(notebook):
    """What an exercise cell assigns starts with ``my_`` and stays in that cell."""
    for cell in notebook.exercises:
        bound = names_bound(cell.tree)
        for name in sorted(bound):
            if not name.startswith("my_"):
                yield cell, f"rename {name!r}: names in an exercise start with my_"
        for other in notebook.code:
            if other is not cell:
                for name in sorted(bound & names_used(other.tree)):
                    yield other, f"don't use {name!r}: a reader's answer (cell {cell.number})"


@rule
def exercise_import(notebook):
    """A notebook checks its own exercises."""
    if not notebook.exercises:
        return
    wanted = f"course_utils.exercises.nb{notebook.number}"
    if notebook.exercise_module() != wanted:
        package, _, name = wanted.rpartition(".")
        yield None, f"import the exercises with `from {package} import {name} as exercise`"


# --- Boxes ----------------------------------------------------------------------------------------


def has_assertion(cell: Cell) -> bool:
    """Whether a code cell asserts something."""
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name.startswith("assert_"):
                return True
    return False


def boxes(notebook: Notebook) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield each "Is that so?" cell with the cells down to the next heading."""
    for cell in notebook.prose:
        if any("is that so?" in text.lower() for _, text in cell.headings()):
            inside = []
            for following in notebook.cells[cell.number :]:
                if following.headings():
                    break
                inside.append(following)
            yield cell, inside


@rule
def is_that_so(notebook):
    """An "Is that so?" box is settled by a cell that asserts."""
    for cell, inside in boxes(notebook):
        if cell.headings()[-1][1].lower().find("is that so?") < 0:
            yield cell, 'let "Is that so?" be the last heading of its cell'
        if not any(other.is_code and has_assertion(other) for other in inside):
            yield cell, "settle the box: a code cell with an `assert` before the next heading"


@rule
def what_do_you_expect(notebook):
    """A question to the reader has its answer folded below it."""
    for cell in notebook.prose:
        if "what do you expect?" not in cell.source.lower():
            continue
        if not re.search(r"<details>\s*<summary>.+?</summary>.+?</details>", cell.source, re.S):
            yield cell, "fold the answer: <details><summary>Answer</summary> … </details>"


# --- Stored networks ------------------------------------------------------------------------------

DATA = ROOT / "data"


def registered(name: str) -> bool:
    """Whether both files of a stored network are there, as the registry describes them."""
    table = tomllib.loads((DATA / "registry.toml").read_text(encoding="utf-8"))
    entry = table.get("trained", {}).get(f"{name}.keras", {})
    for suffix, key in (("keras", "sha256"), ("json", "facts_sha256")):
        path = DATA / "trained" / f"{name}.{suffix}"
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        if found is None or found != entry.get(key):
            return False
    return True


@rule
def nobody_waits(notebook):
    """A network marked to be stored is stored, and a commented line below it loads it instead."""
    marks = []
    for cell in notebook.cells:
        try:
            mark = stored.Mark.of(cell.raw.get("metadata", {}))
        except ValueError as error:
            yield cell, f"mend the metadata: {error}"
            continue
        if mark:
            marks.append((cell, mark))
    wanted = set()
    for number, (cell, mark) in enumerate(marks):
        if not cell.is_code:
            yield cell, f"remove {stored.KEY!r} from the metadata: this is not code"
        if not mark.name.startswith(f"{notebook.number}_"):
            yield cell, f"begin the name {mark.name!r} with this notebook's number"
        if mark.name in {other.name for _, other in marks[:number]}:
            yield cell, f"two cells store {mark.name!r}; give each a name of its own"
        if replaced := stored.replaced_cells(notebook, cell, mark):
            wanted.add((replaced[-1].number, mark.line))
        else:
            yield cell, f"write `{mark.line}` below the training, before the next heading"
        if not registered(mark.name):
            yield cell, f"data/trained has no {mark.name} as registered; run `make notebooks`"
    for cell in notebook.code:
        for found in stored.ANY_LINE.findall(cell.source):
            if (cell.number, found) not in wanted:
                yield cell, f"`{found.strip()}`: no cell above stores it so; mark the training cell"
    imported = any("trained" in names_bound(cell.tree) for cell in notebook.code)
    if wanted and not imported:
        yield None, "import `trained` from course_utils: the commented lines need it"


@rule
def quick_lines(notebook):
    """Lines in the metadata that spare presenters a long computation make names of their cell."""
    for cell in notebook.cells:
        if presenting.KEY not in cell.metadata:
            continue
        try:
            tree = ast.parse(cell.metadata[presenting.KEY])
        except (SyntaxError, TypeError):
            yield cell, f"let {presenting.KEY!r} in the metadata be lines of Python"
            continue
        for name in sorted(names_bound(tree) - names_bound(cell.tree)):
            yield cell, f"{presenting.KEY!r} in the metadata binds {name!r}; the cell doesn't"


def main(arguments: list[str] | None = None) -> int:
    """Lint the notebooks named, or all; return 1 where something was found, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.lint", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--minutes", action="store_true", help="print only the computed minutes")
    options = parser.parse_args(arguments)
    total = 0
    paths = options.notebooks or notebook_paths()
    for path in paths:
        notebook = Notebook.read(path)
        if options.minutes:
            print(f"{notebook.minutes:4} {path.name}")
            continue
        findings = lint(notebook)
        total += len(findings)
        for finding in findings:
            print(f"{path.name}: {finding}")
    if not options.minutes:
        print(f"{len(paths)} notebooks × {len(RULES)} rules: {total} findings")
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
