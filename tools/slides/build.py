"""Turn an executed notebook into a deck: one HTML file that needs no network.

nbconvert reads the slide types of the cells and writes the slides; the template in ``deck/`` is the
page around them. What nbconvert leaves open is done here: texts for figures, links between decks,
answers that unfold, formulas marked as such, and reveal.js and MathJax inside the file instead of
on a server. Nothing is executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from tools import npm

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOTEBOOKS = ROOT / "notebooks"
DECKS = ROOT / "build" / "slides"
LONGEST_ALT = 300  # characters of a figure's text alternative
SCRIPTS = {
    "reveal.css": ("reveal.js", "dist/reveal.css"),
    "reveal.js": ("reveal.js", "dist/reveal.js"),
    "notes.js": ("reveal.js", "dist/plugin/notes.js"),
    "tex-svg-full.js": ("mathjax", "es5/tex-svg-full.js"),
}


class DeckError(ValueError):
    """A notebook cannot become a deck; the message says why."""


@dataclass(frozen=True)
class Deck:
    """A deck that was built.

    Attributes
    ----------
    path : Path
        The file.
    screens : int
        How many screens it has.
    formulas : int
        How many formulas stand on them, and in their notes.
    not_run : int
        How many code cells of the notebook were not run, so that their output is missing.
    """

    path: Path
    screens: int
    formulas: int
    not_run: int


# --- Markdown -------------------------------------------------------------------------------------


class _Renderer(IPythonRenderer):
    """Mark formulas, so that MathJax need not look for dollar signs; leave HTML as it is."""

    def block_html(self, html: str) -> str:
        # nbconvert's own looks for pictures in it, and closes <details> before its answer.
        return f"{html}\n"

    def inline_html(self, html: str) -> str:
        return html

    def inline_math(self, body: str) -> str:
        return f'<span class="formula">\\({self.escape_html(body)}\\)</span>'

    def block_math(self, body: str) -> str:
        return f'<div class="formula">\\[{self.escape_html(body)}\\]</div>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def to_html(source: str) -> str:
    r"""Return Markdown as HTML, pictures of the notebooks' folder embedded.

    Examples
    --------
    >>> print(to_html("half of $x$"))
    <p>half of <span class="formula">\(x\)</span></p>
    <BLANKLINE>
    """
    renderer = _Renderer(escape=False, embed_images=True, exclude_anchor_links=True,
                         path=str(NOTEBOOKS))  # fmt: skip
    return MarkdownWithMath(renderer=renderer).render(source)


def plain_text(source: str) -> str:
    r"""Return the words of a piece of Markdown, without answers that are folded away.

    Examples
    --------
    >>> plain_text("### Look\n\nThe *blue* line, [here](there.ipynb).")
    'Look The blue line, here.'
    """
    soup = BeautifulSoup(to_html(source), "html.parser")
    for element in soup.select("details"):
        element.decompose()
    return " ".join(soup.get_text(" ").split()).replace(" ,", ",").replace(" .", ".")


# --- Figures --------------------------------------------------------------------------------------


def text_for_figure(following: str) -> str:
    """Return the text alternative of a figure that code has drawn.

    The prose after a figure says what it shows: its first sentences, as far as they fit.

    Examples
    --------
    >>> text_for_figure("Blue: the rides. Orange: the line.")
    'Figure. Blue: the rides. Orange: the line.'
    >>> text_for_figure("")
    'Figure drawn by the code above.'
    """
    sentences = re.split(r"(?<=[.!?])\s+", plain_text(following))
    text = "Figure."
    for sentence in sentences:
        if not sentence or len(text) + 1 + len(sentence) > LONGEST_ALT:
            break
        text += f" {sentence}"
    return text if text != "Figure." else "Figure drawn by the code above."


def describe_figures(notebook: nbformat.NotebookNode) -> None:
    """Give each picture among the outputs its text alternative, where nbconvert looks for it."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                prose = (c for c in notebook.cells[number + 1 :] if c.cell_type == "markdown")
                after = next((c.source for c in prose if slide_type(c) != "notes"), "")
                output.metadata["image/png"] = {"alt": text_for_figure(after)}


def slide_type(cell) -> str:
    """Return the slide type of a cell, ``-`` where it has none."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


# --- The page -------------------------------------------------------------------------------------


class DeckExporter(SlidesExporter):
    """nbconvert's slides with our template and our Markdown."""

    def markdown2html(self, source):
        """Return Markdown as HTML (the filter that nbconvert's templates call)."""
        return to_html(source)


def exporter() -> DeckExporter:
    """Return the exporter, with its settings."""
    config = Config()
    config.DeckExporter.template_name = "deck"
    config.DeckExporter.extra_template_basedirs = [str(HERE)]
    config.DeckExporter.exclude_input_prompt = True
    config.DeckExporter.exclude_output_prompt = True
    # A picture beats the text of the same output; nothing needs a script or a widget.
    config.NbConvertBase.display_data_priority = [
        "image/svg+xml", "image/png", "image/jpeg", "text/html", "text/markdown", "text/plain",
    ]  # fmt: skip
    return DeckExporter(config=config)


def page(path: Path) -> str:
    """Return the page of a notebook's deck, scripts and style sheets not yet put in.

    Parameters
    ----------
    path : Path
        The notebook.

    Raises
    ------
    DeckError
        If a picture would have to be loaded from somewhere.
    """
    notebook = nbformat.read(path, as_version=4)
    describe_figures(notebook)
    title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    markdown = "\n".join(c.source for c in notebook.cells if slide_type(c) != "skip")
    deck = {"title": title, "formulas": 'class="formula"' in to_html(markdown)}
    resources = {"deck": deck, "metadata": {"name": path.stem, "path": str(path.parent)}}
    text, _ = exporter().from_notebook_node(notebook, resources=resources)
    soup = BeautifulSoup(text, "html.parser")
    _name_screens(soup, notebook)
    _gather_notes(soup)
    _unfold_answers(soup)
    _link_decks(soup)
    _wrap_tables(soup)
    for image in soup.select("img"):
        if not image["src"].startswith("data:"):
            raise DeckError(f"{path.name}: the picture {image['src']} is not in notebooks/")
    return str(soup)


def _name_screens(soup: BeautifulSoup, notebook) -> None:
    """Give each screen the id of its first cell: ``deck.html#/nb08-s3`` leads there."""
    for screen in soup.select(".slides > section > section"):
        first = screen.select_one(".jp-Cell[id]")
        screen["id"] = first["id"].removeprefix("cell-id=")
    for cell in soup.select(".jp-Cell[id]"):
        del cell["id"]


def _gather_notes(soup: BeautifulSoup) -> None:
    """Put the notes of a screen at its end: inside a fragment they would wait for its turn."""
    for screen in soup.select(".slides > section > section"):
        for notes in screen.select("aside.notes"):
            screen.append(notes.extract())


def _unfold_answers(soup: BeautifulSoup) -> None:
    """Make folded answers steps of their screen; deck.js opens them."""
    for answer in soup.select("section details"):
        answer["class"] = [*answer.get("class", []), "fragment", "custom", "answer"]


def _link_decks(soup: BeautifulSoup) -> None:
    """Lead from deck to deck where notebooks lead to notebooks."""
    for link in soup.select("a[href]"):
        if not re.match(r"[a-z]+:|#", link["href"]):
            link["href"] = re.sub(r"\.ipynb(#.*)?$", ".html", link["href"])


def _wrap_tables(soup: BeautifulSoup) -> None:
    """Let a table that is too wide scroll by itself."""
    for table in soup.select("section table"):
        table.wrap(soup.new_tag("div", attrs={"class": "table"}))


# --- One file -------------------------------------------------------------------------------------


def as_script(code: str) -> str:
    r"""Return JavaScript so that it can stand inside a page.

    Examples
    --------
    >>> as_script("s = '</script><!-- x'")
    "s = '<\\/script><\\!-- x'"
    """
    return re.sub(r"</(script)", r"<\\/\1", code, flags=re.I).replace("<!--", "<\\!--")


def inlined(text: str) -> str:
    """Return a page with its style sheets and scripts in place.

    Raises
    ------
    tools.npm.PackageError
        If reveal.js or MathJax is neither here nor to be had.
    """

    def put(match: re.Match) -> str:
        tag, name = match[1], match[2]
        if name in SCRIPTS:
            package, file = SCRIPTS[name]
            folder, pinned = npm.fetch(package), npm.pinned(package)
            content = (folder / file).read_text(encoding="utf-8")
            licence = (folder / "LICENSE").read_text(encoding="utf-8")
            origin = f"/*! {pinned.name} {pinned.version}\n\n{licence}*/\n"
        else:
            content, origin = (HERE / "deck" / name).read_text(encoding="utf-8"), ""
        return f"<{tag}>{origin}{as_script(content) if tag == 'script' else content}</{tag}>"

    return re.sub(r'<(style|script) data-inline="([^"]+)"></\1>', put, text)


def build(path: Path, folder: Path = DECKS) -> Deck:
    """Write the deck of a notebook.

    Parameters
    ----------
    path : Path
        The notebook, executed.
    folder : Path
        Where the deck goes, under the notebook's name.

    Raises
    ------
    DeckError
        If the notebook cannot become a deck.
    tools.npm.PackageError
        If reveal.js or MathJax is neither here nor to be had.
    """
    text = page(path)
    target = folder / f"{path.stem}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(inlined(text), encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    screens, formulas = soup.select(".slides > section > section"), soup.select(".formula")
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    not_run = sum(cell.execution_count is None for cell in code)
    return Deck(target, len(screens), len(formulas), not_run)


def notebooks(wanted: list[str]) -> list[Path]:
    """Return the notebooks whose numbers are wanted; all for an empty list.

    Raises
    ------
    DeckError
        If there is none with a number.

    Examples
    --------
    >>> [path.name for path in notebooks(["08"])]
    ['08_convolution_by_hand.ipynb']
    """
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    for number in wanted:
        if not any(path.name.startswith(f"{number}_") for path in paths):
            raise DeckError(f"there is no notebook {number!r}; give numbers such as 08")
    return [path for path in paths if not wanted or path.name[:2] in wanted]
