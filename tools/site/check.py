"""Read a built site back: every page is there, whole, and loads nothing from elsewhere.

A site that was built without an error can still be empty, or load its formulas from somewhere
else. `check_site` compares every page with the document it was made from.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.site import pages

# Of the words of a document, so many must stand on its page: marks of Markdown are not words.
SHARE_OF_WORDS = 0.9
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src",
          "audio": "src", "video": "src", "object": "data", "embed": "src"}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What a document promises of its page."""

    title: str
    words: int
    pictures: int
    code_cells: int
    outputs: int


@dataclass
class Counts:
    """What was found on all pages together."""

    pages: int = 0
    words: int = 0
    pictures: int = 0
    links: int = 0

    def __str__(self):
        return (f"{self.pages} pages, {self.words} words, {self.pictures} pictures, "
                f"{self.links} internal links")  # fmt: skip


def words_of(markdown: str) -> int:
    r"""Count the words of a text, without links' addresses, HTML and code of formulas.

    Examples
    --------
    >>> words_of("## Look\n\n**Two** [words](there.md) $x + 1$ <b>more</b>")
    4
    """
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`|<[^>]+>", " ", markdown, flags=re.S)
    text = re.sub(r"\]\([^)]*\)", " ", text)
    return len(re.findall(r"[^\W\d_]{2,}", text))


def source_of(document: str, root: Path = pages.ROOT) -> Source:
    """Return what the page of a document must hold."""
    text = (root / document).read_text(encoding="utf-8")
    if not document.endswith(".ipynb"):
        if document == pages.FRONT:
            text = pages.without_badges(text)
        text = pages.titled(text, document)
        return Source(_title(text), words_of(text), _pictures(text), 0, 0)
    cells = json.loads(text)["cells"]
    prose = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"])]
    plots = sum(
        "image/png" in output.get("data", {}) for cell in code for output in cell["outputs"]
    )
    shown = sum(bool(cell["outputs"]) for cell in code)
    return Source(_title(prose), words_of(prose), _pictures(prose) + plots, len(code), shown)


def _title(markdown: str) -> str:
    found = re.search(r"^# (.+)$", markdown, re.M)
    return found[1].replace("`", "").strip() if found else ""


def _pictures(markdown: str) -> int:
    return len(re.findall(r"!\[", re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.S)))


def check_site(folder: Path, root: Path = pages.ROOT) -> tuple[list[str], Counts]:
    """Compare a site with the documents it was made from.

    Parameters
    ----------
    folder : Path
        The built site.
    root : Path
        The repository.

    Returns
    -------
    list of str
        The faults, one sentence each; empty where all is well.
    Counts
        What was found.
    """
    from bs4 import BeautifulSoup

    faults, counts, soups = [], Counts(), {}
    for document in [pages.FRONT, *pages.documents(root)]:
        address = pages.page_of(document)
        if not (folder / address).is_file():
            faults.append(f"{address}: there is no such page")
            continue
        soup = BeautifulSoup((folder / address).read_text(encoding="utf-8"), "html.parser")
        soups[address] = soup
        article = soup.find("article")
        faults += [f"{address}: {said}" for said in _missing(article, source_of(document, root))]
        counts.pages += 1
        counts.words += len(article.get_text(" ").split()) if article else 0
        counts.pictures += len(article.find_all("img")) if article else 0
    for path in sorted(folder.glob("*.html")):  # the search page, too
        address = path.relative_to(folder).as_posix()
        if address not in soups:
            soups[address] = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    anchors = {address: {tag["id"] for tag in soup.find_all(id=True)}
               for address, soup in soups.items()}  # fmt: skip
    for address, soup in soups.items():
        faults += [f"{address}: {said}" for said in _unreachable(soup, address, folder)]
        links = soup.select("article a[href], nav a[href], .related-pages a[href]")
        counts.links += len(links)
        for link in links:
            if said := _dead(link["href"], address, folder, anchors):
                faults.append(f"{address}: {said}")
    faults += _outside_styles(folder)
    if not (folder / "searchindex.js").is_file():
        faults.append("searchindex.js: the search has no index")
    return list(Counter(faults)), counts


def _missing(article, source: Source) -> Iterator[str]:
    """Say what of a document is not on its page."""
    if article is None:
        yield "the page has no article"
        return
    heading = article.find("h1")
    title = heading.get_text().removesuffix("¶").removesuffix("#").strip() if heading else ""
    if title != source.title:
        yield f"its title is {title!r}, the document's is {source.title!r}"
    words = len(re.findall(r"[^\W\d_]{2,}", article.get_text(" ")))
    if words < SHARE_OF_WORDS * source.words:
        yield f"it has {words} words, the document {source.words}"
    pictures = len(article.find_all("img"))
    if pictures < source.pictures:
        yield f"it has {pictures} pictures, the document {source.pictures}"
    cells = len(article.select(".cell_input"))
    if cells != source.code_cells:
        yield f"it shows {cells} code cells, the notebook has {source.code_cells}"
    outputs = len(article.select(".cell_output"))
    if outputs != source.outputs:
        yield f"it shows the outputs of {outputs} cells, the notebook has those of {source.outputs}"


def _unreachable(soup, address: str, folder: Path) -> Iterator[str]:
    """Say what a page loads that is not a file of the site."""
    for name, attribute in LOADED.items():
        for tag in soup.find_all(name):
            url = tag.get(attribute)
            if not url or url.startswith("data:"):
                continue
            if name == "link" and not set(tag.get("rel", [])) & {"stylesheet", "icon", "preload"}:
                continue
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                yield f"it loads {url} from elsewhere"
                continue
            path = (folder / address).parent / unquote(parts.path)
            if not path.is_file() or path.stat().st_size == 0:
                yield f"it loads {url}, which is missing or empty"


def _dead(url: str, address: str, folder: Path, anchors: dict[str, set[str]]) -> str:
    """Say why a link leads nowhere, or nothing; links to other hosts are not followed."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return ""
    path = ((folder / address).parent / unquote(parts.path)).resolve() if parts.path else (
        folder / address
    ).resolve()  # fmt: skip
    if not path.is_file():
        return f"a link leads to {url}, which does not exist"
    page = path.relative_to(folder.resolve()).as_posix()
    if parts.fragment and page in anchors and unquote(parts.fragment) not in anchors[page]:
        return f"a link leads to {url}; the page has no such place"
    return ""


def _outside_styles(folder: Path) -> list[str]:
    """Say which style sheets load something from elsewhere."""
    outside = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])(?:https?:)?//[^)\"'\s]+")
    return [
        f"{path.relative_to(folder).as_posix()}: it loads {found[0]} from elsewhere"
        for path in sorted(folder.rglob("*.css"))
        for found in outside.finditer(path.read_text(encoding="utf-8"))
    ]
