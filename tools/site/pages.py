"""Which files of the repository become pages, and the small changes on their way to Sphinx.

``stage`` writes a copy of the documents into a work folder, in the same places, so that their links
to each other stay true. What is changed there:

- README becomes the front page, without its badges;
- a link to a cell as JupyterLab writes it, ``NN_topic.ipynb#cell-id=taste``, becomes a label that
  Sphinx knows, and the cell gets that label;
- below the title of each notebook stand its launch buttons;
- notes for the presenter are folded, and an instructor page says in its title that it is one:
  whoever reads or searches the site meets them beside the notebooks.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tools import badge

ROOT = Path(__file__).resolve().parents[2]
FRONT = "README.md"
CELL_LINK = re.compile(r"\((?:[^()\s]*/)?((\d\d)_\w+)\.ipynb#cell-id=([\w-]+)\)")


def sections(root: Path = ROOT) -> dict[str, list[str]]:
    """Return caption → documents, in the order of the navigation.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    dict of str to list of str
        Paths relative to ``root``, with forward slashes. The front page is not among them.
    """

    def found(pattern: str) -> list[str]:
        return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))

    instructor = found("instructor/*.md")
    instructor.sort(key=lambda name: (not name.endswith("/README.md"), name))
    return {
        "Notebooks": found("notebooks/[0-9][0-9]_*.ipynb"),
        "Reference": found("reference/*.md"),
        "For instructors": instructor,
        "About the course": [
            "CONTRIBUTING.md", *found("benchmarks/results/*.md"), "LICENSE-PROSE.md",
        ],
    }  # fmt: skip


def documents(root: Path = ROOT) -> list[str]:
    """Return every page of the site but the front page, in the order of the navigation."""
    return [name for names in sections(root).values() for name in names]


def page_of(document: str) -> str:
    """Return the address of a document's page inside the site.

    Examples
    --------
    >>> page_of("notebooks/00_start_here.ipynb"), page_of("README.md")
    ('notebooks/00_start_here.html', 'index.html')
    """
    return "index.html" if document == FRONT else document.rpartition(".")[0] + ".html"


def label(number: str, cell: str) -> str:
    """Return the label of a notebook's cell, the same for every link to it."""
    return f"nb{number}-{cell}".lower()


def link_cells(text: str) -> str:
    """Return Markdown whose links to cells of notebooks name labels.

    Examples
    --------
    >>> link_cells("[the pad](../notebooks/00_start_here.ipynb#cell-id=draw-live)")
    '[the pad](#nb00-draw-live)'
    """
    return CELL_LINK.sub(lambda found: f"(#{label(found[2], found[3])})", text)


def linked_cells(texts: Iterable[str]) -> dict[str, set[str]]:
    """Return notebook (without ending) → ids of its cells that some text links to."""
    wanted = defaultdict(set)
    for text in texts:
        for stem, _, cell in CELL_LINK.findall(text):
            wanted[stem].add(cell)
    return wanted


def launch_buttons(stem: str, repository: str, up: str = "../") -> str:
    """Return the launch buttons of a notebook as MyST Markdown.

    Parameters
    ----------
    stem : str
        The notebook's name without ending.
    repository : str
        ``owner/name``. As long as it is the placeholder, the buttons lead to the paragraph of the
        front page that says how to set it.
    up : str
        From the notebook's page to the site's root.
    """
    links = {
        "Binder": badge.binder_url(repository, f"notebooks/{stem}.ipynb"),
        "Colab": badge.colab_url(repository, f"notebooks/{stem}.ipynb"),
    }
    buttons = []
    for name, url in links.items():
        is_set = repository != badge.PLACEHOLDER
        href, text = (url, f"Open in {name}") if is_set else (
            f"{up}index.html#launch-it-without-installing", f"{name}: not set up in this copy"
        )  # fmt: skip
        buttons.append(f'<a class="launch-button" href="{html.escape(href)}">{text}</a>')
    return '```{raw} html\n<p class="launch">' + " ".join(buttons) + "</p>\n```"


def site_notebook(notebook: dict, stem: str, linked: set[str], repository: str) -> dict:
    """Return a notebook with labels for the cells that are linked to, and launch buttons.

    Raises
    ------
    ValueError
        If a linked cell is not in the notebook.
    """
    missing = linked - {cell.get("id") for cell in notebook["cells"]}
    if missing:
        raise ValueError(f"{stem}: links to cells that it does not have: {sorted(missing)}")
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        cell = dict(cell)
        mark = f"({label(stem[:2], cell['id'])})=\n" if cell.get("id") in linked else ""
        if cell["cell_type"] == "markdown":
            source = link_cells("".join(cell["source"]))
            is_note = cell["metadata"].get("slideshow", {}).get("slide_type") == "notes"
            cell["source"] = mark + (folded(source) if is_note else source)
        elif mark:
            cells.append(_markdown(f"label-{cell['id']}", mark))
        cells.append(cell)
        if number == 0:
            cells.append(_markdown("launch", launch_buttons(stem, repository)))
    return notebook | {"cells": cells}


def folded(note: str) -> str:
    """Return a note for the presenter, folded."""
    return f"<details>\n<summary>For presenters</summary>\n\n{note}\n\n</details>"


def titled(text: str, name: str) -> str:
    r"""Return a document with the title it has on the site.

    Examples
    --------
    >>> titled("# 00 · Start here\n", "instructor/00_start_here.md")
    '# Teaching 00 · Start here\n'
    >>> titled("# Glossary\n", "reference/glossary.md")
    '# Glossary\n'
    """
    is_one = re.fullmatch(r"instructor/\d\d_\w+\.md", name)
    return re.sub(r"\A# ", "# Teaching ", text) if is_one else text


def _markdown(name: str, source: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def without_badges(readme: str) -> str:
    """Return README without its badges: pictures from another host, and the site has buttons."""
    return re.sub(r"<!-- badges -->.*?<!-- /badges -->\n*", "", readme, flags=re.S)


def front_page(readme: str, contents: dict[str, list[str]]) -> str:
    """Return the front page: README without badges, and the navigation."""
    text = without_badges(readme)
    text = text.replace("](benchmarks/results)", "](benchmarks/results/notebooks.md)")
    trees = []
    for caption, names in contents.items():
        lines = [f"```{{toctree}}\n:hidden:\n:caption: {caption}\n"]
        trees.append("\n".join([*lines, *(name.rpartition(".")[0] for name in names), "```"]))
    return "\n\n".join([text.rstrip(), *trees]) + "\n"


def to_front(text: str, name: str) -> str:
    """Return a page whose links to the repository's README lead to the front page."""
    up = "../" * name.count("/")
    return re.sub(rf"\]\({re.escape(up)}README\.md(?=[)#])", f"]({up}index.md", text)


def linked_files(texts: dict[str, str], root: Path = ROOT) -> list[str]:
    """Return the files beside the pages that some page shows or links to: pictures, licences.

    Parameters
    ----------
    texts : dict of str to str
        Document → its text. In a notebook the text of a cell stands inside JSON; links look the
        same there.
    root : Path
        The repository.
    """
    found = set()
    for document, text in texts.items():
        for link in re.findall(r"\]\(([^()\s#:\"\\]+)", text):
            path = (root / document).parent / link
            if path.is_file() and path.resolve().is_relative_to(root.resolve()):
                found.add(path.resolve().relative_to(root.resolve()).as_posix())
    return sorted(found - texts.keys())


def stage(folder: Path, root: Path = ROOT) -> list[str]:
    """Write what Sphinx reads into an empty folder; return the documents.

    Parameters
    ----------
    folder : Path
        Emptied first.
    root : Path
        The repository.
    """
    shutil.rmtree(folder, ignore_errors=True)
    names = documents(root)
    texts = {name: (root / name).read_text(encoding="utf-8") for name in [FRONT, *names]}
    linked = linked_cells(texts.values())
    repository = badge.repository(root)
    for name, text in texts.items():
        target = folder / ("index.md" if name == FRONT else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".ipynb"):
            stem = target.stem
            notebook = site_notebook(json.loads(text), stem, linked.get(stem, set()), repository)
            text = json.dumps(notebook, ensure_ascii=False)
        else:
            text = link_cells(titled(text, name))
            text = front_page(text, sections(root)) if name == FRONT else to_front(text, name)
        target.write_text(text, encoding="utf-8")
    for name in linked_files(texts, root):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
    return names
