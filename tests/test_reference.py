"""The glossary has every term of the notebooks once, and leads to where each is introduced.

Each check is a function that returns findings; a second test shows for each that it can fail.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pytest

from tests.notebooks.parts import ROOT, Cell, Notebook, notebook_paths

REFERENCE = ROOT / "reference"
GLOSSARY = (REFERENCE / "glossary.md").read_text(encoding="utf-8")

# --- Reading the glossary -------------------------------------------------------------------------

PLACE = re.compile(r"\[([^\]]+)\]\(\.\./notebooks/([^)#]+)#([^)]+)\), \*(.+?)\*(?=; again in|$)")
MOST_WORDS = 60  # a glossary is looked up, not read


@dataclass(frozen=True)
class Place:
    """Where a term is introduced: a notebook and one of its sections."""

    title: str
    file: str
    anchor: str
    section: str


@dataclass(frozen=True)
class Entry:
    """A term with its definition and places, or with the terms that it refers to."""

    term: str
    definition: str
    places: tuple[Place, ...]
    see: tuple[str, ...]
    letter: str


def read_entries(text: str) -> list[Entry]:
    """Return the entries of a glossary, in its order."""
    entries = []
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        letter, _, rest = part.partition("\n")
        for block in re.split(r"^### ", rest, flags=re.M)[1:]:
            term, _, body = block.partition("\n")
            definition, _, last = body.strip().partition("\n\n→ ")
            is_see = definition.startswith("See [")
            entries.append(
                Entry(
                    term.strip(),
                    definition.strip(),
                    tuple(Place(*found) for found in PLACE.findall(last.strip())),
                    tuple(re.findall(r"\[([^\]]+)\]\(#", definition)) if is_see else (),
                    letter.strip(),
                )
            )
    return entries


ENTRIES = read_entries(GLOSSARY)
TERMS = {entry.term: entry for entry in ENTRIES}
FULL = [entry for entry in ENTRIES if not entry.see]


def order(term: str) -> str:
    """Return what decides a term's place in the alphabet: its words, without marks."""
    plain = re.sub(r"['’]", "", term.casefold())
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def anchor(heading: str) -> str:
    """Return the address of a heading within its page, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace(" ", "-"))


# --- Reading the notebooks ------------------------------------------------------------------------

ASIDE = "What do you expect?"  # a heading within a section, not one of its own
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
LABEL = re.compile(
    r"^\*\*(After this notebook you can|You need first|Minutes|Data|Presenter)\b[^*]*\*\*", re.M
)
LONGEST_TERM = 3  # words; what is longer is a sentence in bold
LITTLE = {  # words with which no term begins
    "a", "all", "an", "and", "as", "at", "both", "by", "every", "four", "from", "in", "is", "no",
    "none", "not", "nothing", "of", "on", "or", "that", "the", "they", "three", "to", "two",
}  # fmt: skip


@cache
def plain(text: str) -> str:
    """Return Markdown as it reads, in lower case: no stars, no back-ticks, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"[*`]", "", text)).casefold()


def sections(cells: Iterable[Cell]) -> dict[str, tuple[str, str]]:
    """Return the sections of a notebook: heading -> (anchor, text with the heading)."""
    found: dict[str, tuple[str, str]] = {}
    used: dict[str, int] = {}
    here = ""
    for cell in cells:
        if not cell.is_prose:
            continue
        for piece in re.split(r"^(?=#{1,6} )", cell.source, flags=re.M):
            mark = re.match(r"#{1,6} +(.+)", piece)
            if mark:
                name = anchor(mark[1].replace("`", ""))
                count = used[name] = used.get(name, -1) + 1
                if mark[1].strip() != ASIDE:
                    here = mark[1].strip()
                    found.setdefault(here, (f"{name}-{count}" if count else name, ""))
            if here:
                address, text = found[here]
                found[here] = (address, text + "\n" + piece)
    return found


def bold_phrases(cells: Iterable[Cell]) -> set[str]:
    """Return what is bold in the body of a notebook and may be a term, as it reads.

    Left out: sentences, results and turns of phrase (more words than a term has, a digit, a little
    word in front), the labels of the header and of notes to presenters, and the symptoms under
    "What can go wrong".
    """
    phrases: set[str] = set()
    for name, (_, text) in sections(cells).items():
        if name != "What can go wrong":
            text = LABEL.sub("", text)
            phrases |= {plain(phrase).strip(" .,:?!“”\"'") for phrase in BOLD.findall(text)}
    return {
        phrase
        for phrase in phrases
        if re.search(r"^\D*[a-z]{2}\D*$", phrase)
        and len(phrase.split()) <= LONGEST_TERM
        and phrase.split()[0] not in LITTLE
    }


@cache
def notebooks() -> dict[str, Notebook]:
    """Return the notebooks by file name, in order."""
    return {path.name: Notebook.read(path) for path in notebook_paths()}


@cache
def sections_of(file: str) -> dict[str, tuple[str, str]]:
    return sections(notebooks()[file].cells)


@cache
def bold_of(file: str) -> set[str]:
    return bold_phrases(notebooks()[file].cells)


def title_of(file: str) -> str:
    """Return the title of a notebook, its first heading."""
    return notebooks()[file].cells[0].headings()[0][1]


# --- Terms and the words that stand for them ------------------------------------------------------

# Besides the term itself and its plural: how the notebooks write it where they introduce it.
OTHER_FORMS = {
    "array": ["NumPy arrays"],
    "augmentation": ["augment"],
    "back-propagation": ["slopes ran back"],
    "class": ["classes"],
    "CNN": ["convolutional network", "convolution, ReLU, max pooling"],
    "cosine": ["cosine similarity"],
    "dead unit": ["dead"],
    "dense layer": ["dense"],
    "dense network": ["with hidden layers"],
    "depthwise convolution": ["depthwise"],
    "detection": ["detectors"],
    "early stopping": ["stopping early"],
    "effective receptive field": ["effective"],
    "exploding gradient": ["exploded"],
    "fine-tuning": ["fine-tuned"],
    "forward pass": ["forward passes"],
    "full padding": ["full"],
    "global pooling": ["global", "global max pooling"],
    "Glorot's start": ["Glorot"],
    "hash": ["fingerprints"],
    "He's start": ["He", "He's"],
    "identity kernel": ["identity"],
    "least squares": ["least-squares"],
    "mean image": ["mean picture"],
    "Nesterov's momentum": ["Nesterov's form"],
    "nudging": ["nudges"],
    "overflow": ["run over"],
    "perceptron's rule": ["Rosenblatt's rule"],
    "population standard deviation": ["population"],
    "same padding": ["same"],
    "Sobel kernel": ["Sobel"],
    "sparse categorical cross-entropy": ["sparse_"],
    "style transfer": ["neural style transfer"],
    "symmetry breaking": ["break the symmetry"],
    "test part": ["test"],
    "training part": ["training"],
    "valid padding": ["valid"],
    "validation part": ["validation"],
    "vanishing gradient": ["vanishes"],
}  # fmt: skip

# Bold for another reason: an answer, a number in words, a symptom, a name, a plain emphasis.
NOT_TERMS = {
    "(inputs, nodes)", "answer minus truth", "answer right", "answer wrong", "backwards",
    "black", "blank sheet", "blue", "bold writing", "carboxylate", "cat", "change things",
    "circle", "closed loop", "column", "content", "direction", "distances", "downwards",
    "everything", "exactly", "fix", "go downhill", "green", "grey", "height", "horses", "inputs",
    "intersection", "largest number", "lean cnn", "left", "length", "line", "mixes channels",
    "moved", "network", "never read", "new", "next", "noise and light", "note", "numbers", "ok",
    "old", "one", "order", "overshoots", "photographs", "place", "poses", "program says no",
    "red", "right", "rival", "roughness", "row comes first", "rows", "run", "samples are rows",
    "series of numbers", "shares", "shift + enter", "sign", "size", "slides", "spiral",
    "stick figures", "style", "sum", "sums", "table's cnn", "tail", "thicker",
    "training thumbnail", "trillion", "turned", "union", "w apart",
}  # fmt: skip


def forms(term: str) -> set[str]:
    """Return the ways in which a term is written."""
    own = term.casefold()
    return {own, own + "s", *(form.casefold() for form in OTHER_FORMS.get(term, ()))}


def said(term: str, text: str) -> bool:
    """Return whether a text has the term, in one of its forms, as a word or words."""
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", plain(text)) for form in forms(term))


# --- The checks of the glossary -------------------------------------------------------------------


def out_of_order(entries: list[Entry]) -> list[str]:
    """Return the terms that stand before one that should come first, or under a wrong letter."""
    wrong = [b.term for a, b in itertools.pairwise(entries) if order(b.term) < order(a.term)]
    return wrong + [each.term for each in entries if order(each.term)[0].upper() != each.letter]


def repeated(entries: list[Entry]) -> list[str]:
    """Return the terms that stand there twice, also where they differ in marks or plural only."""
    seen: set[str] = set()
    twice = []
    for entry in entries:
        key = order(entry.term).removesuffix("s")
        if key in seen:
            twice.append(entry.term)
        seen.add(key)
    return twice


def badly_formed(entries: list[Entry]) -> list[str]:
    """Return the entries without a definition or a place, with both, or with one too long."""
    found = []
    for entry in entries:
        words = len(entry.definition.split())
        if entry.see and entry.places:
            found.append(f"{entry.term}: refers to another entry, and has a place of its own")
        elif not entry.see and not (entry.definition and entry.places):
            found.append(f"{entry.term}: a definition and a last line '→ [title](link), *section*'")
        elif not entry.see and entry.definition[-1] not in ".?*":
            found.append(f"{entry.term}: the definition doesn't end in a full stop")
        elif words > MOST_WORDS:
            found.append(f"{entry.term}: {words} words, more than {MOST_WORDS}")
    return found


def dead_links(entries: list[Entry]) -> list[str]:
    """Return the links that lead to no notebook or section, or under a wrong name."""
    found = []
    for entry in entries:
        for place in entry.places:
            if place.file not in notebooks():
                found.append(f"{entry.term}: no notebook {place.file}")
            elif place.title != title_of(place.file):
                found.append(f"{entry.term}: {place.file} is called {title_of(place.file)!r}")
            elif place.section not in sections_of(place.file):
                found.append(f"{entry.term}: {place.file} has no section {place.section!r}")
            elif place.anchor != sections_of(place.file)[place.section][0]:
                right = sections_of(place.file)[place.section][0]
                found.append(f"{entry.term}: the address of {place.section!r} is #{right}")
    return found


def dead_references(text: str) -> list[str]:
    """Return the links within the page that lead nowhere."""
    targets = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, flags=re.M)}
    return [link for link in re.findall(r"\]\(#([^)]+)\)", text) if link not in targets]


def useless_references(entries: list[Entry]) -> list[str]:
    """Return the "see" entries that lead to none with a definition, or to one that is silent."""
    terms = {entry.term: entry for entry in entries}
    found = []
    for entry in entries:
        for target in entry.see:
            if target not in terms or terms[target].see:
                found.append(f"{entry.term}: {target} has no definition")
            elif not said(entry.term, f"{target} {terms[target].definition}"):
                found.append(f"{entry.term}: the entry {target} doesn't mention it")
    return found


def not_said(entries: list[Entry]) -> list[str]:
    """Return the terms that a section given for them doesn't mention."""
    return [
        f"{entry.term}: not in {place.section!r} of {place.file}"
        for entry in entries
        for place in entry.places
        if place.section in sections_of(place.file)
        and not said(entry.term, sections_of(place.file)[place.section][1])
    ]


def introduced_earlier(entries: list[Entry]) -> list[str]:
    """Return the terms that are bold in a notebook before the one given for them."""
    found = []
    for entry in entries:
        if entry.places:
            earlier = (file for file in notebooks() if file < entry.places[0].file)
            own = forms(entry.term)
            found += [f"{entry.term}: bold in {file}" for file in earlier if bold_of(file) & own]
    return found


def backwards(entries: list[Entry]) -> list[str]:
    """Return the terms whose places are not in the order of the course."""
    files = {entry.term: [place.file for place in entry.places] for entry in entries}
    return [term for term, order_given in files.items() if order_given != sorted(order_given)]


def left_out(phrases: set[str], entries: list[Entry], no_terms: set[str]) -> list[str]:
    """Return the bold phrases that are neither a term of the glossary nor listed as none."""
    known = set().union(*(forms(entry.term) for entry in entries))
    return sorted(phrases - known - no_terms)


def all_bold() -> set[str]:
    return set().union(*(bold_of(file) for file in notebooks()))


CHECKS = [out_of_order, repeated, badly_formed, dead_links, useless_references, not_said,
          introduced_earlier, backwards]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_glossary(check):
    assert check(ENTRIES) == []


def test_the_whole_glossary_is_read():
    """Nothing on the page that the checks above don't see."""
    assert len(ENTRIES) == GLOSSARY.count("\n### ") > 200
    assert sum(len(entry.places) for entry in ENTRIES) == GLOSSARY.count("../notebooks/")
    assert sum(len(entry.see) > 0 for entry in ENTRIES) == GLOSSARY.count("\nSee [")


def test_links_within_the_glossary():
    assert dead_references(GLOSSARY) == []


def test_every_notebook_introduces_terms():
    assert {entry.places[0].file for entry in FULL} == set(notebooks())


def test_bold_terms_are_in_the_glossary():
    missing = left_out(all_bold(), ENTRIES, NOT_TERMS)
    assert not missing, f"bold in a notebook, but not in the glossary (or NOT_TERMS): {missing}"


def test_the_list_of_no_terms_is_short():
    known = set().union(*(forms(entry.term) for entry in ENTRIES))
    assert all_bold() >= NOT_TERMS, f"no longer bold: {sorted(NOT_TERMS - all_bold())}"
    assert not NOT_TERMS & known, f"terms after all: {sorted(NOT_TERMS & known)}"


def test_other_forms_belong_to_terms():
    assert OTHER_FORMS.keys() <= TERMS.keys(), sorted(OTHER_FORMS.keys() - TERMS.keys())
    written = set().union(*(forms(term) for term in TERMS))
    assert not {form.split()[0] for form in written} & LITTLE


# --- Each of these checks can fail ----------------------------------------------------------------

ONE = "[03 · Anatomy of a network](../notebooks/03_anatomy_of_a_network.ipynb"
TWO = "[04 · Training from scratch](../notebooks/04_training_from_scratch.ipynb"
SECTION = "#two-layers-many-nodes-deltas), *Two layers, many nodes: deltas*"
DELTA = f"""### delta

The slope of the cost at a layer's weighted sums.

→ {TWO}{SECTION}
"""
SMALL = f"""# Glossary

## D

{DELTA}
## F

### filter

See [kernel](#kernel).

## K

### kernel

The weights of a layer, also called filter.

→ {ONE}#turned-over-samples-as-rows), *Turned over: samples as rows*; again in {TWO}{SECTION}
"""
# What goes wrong: the check that finds it, and what to replace in the small glossary by what.
FAULTS = {
    "alphabet": (out_of_order, "### delta", "### dropout\n\nSee [delta](#delta).\n\n### delta"),
    "letter": (out_of_order, "## F", "## D"),
    "twice": (repeated, "## F", "### Deltas\n\nSee [kernel](#kernel).\n\n## F"),
    "no definition": (badly_formed, "The slope of the cost at a layer's weighted sums.\n", ""),
    "no place": (badly_formed, f"{SECTION}\n\n## F", "\n\n## F"),
    "no full stop": (badly_formed, "weighted sums.", "weighted sums"),
    "long": (badly_formed, "The slope", "The " + "very " * MOST_WORDS + "steep slope"),
    "see, and a place": (badly_formed, "(#kernel).", f"(#kernel).\n\n→ {TWO}{SECTION}"),
    "no such notebook": (dead_links, "/04_training_from", "/04_learning_from"),
    "wrong title": (dead_links, "[04 · Training", "[04 · Learning"),
    "no such section": (dead_links, "*Two layers, many", "*Three layers, many"),
    "wrong address": (dead_links, "#two-layers", "#three-layers"),
    "see nothing": (useless_references, "### kernel", "### kernels"),
    "silent target": (useless_references, ", also called filter", ""),
    "not said": (not_said, "### delta", "### dropout"),
    "said elsewhere only": (not_said, SECTION, "#the-chain-rule), *The chain rule*"),
    "bold before": (introduced_earlier, "### delta", "### learning rate"),
    "backwards": (backwards, ONE, "[09 · ReLU](../notebooks/09_relu_and_pooling_by_hand.ipynb"),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_glossary_passes(check):
    assert check(read_entries(SMALL)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_the_checks_can_fail(fault):
    check, before, after = FAULTS[fault]
    assert before in SMALL
    assert check(read_entries(SMALL.replace(before, after)))


def test_every_check_has_a_fault():
    assert {check for check, *_ in FAULTS.values()} == set(CHECKS)


def test_a_dead_reference_is_found():
    assert dead_references(SMALL) == []
    assert dead_references(SMALL.replace("(#kernel)", "(#kernels)")) == ["kernels"]


def test_a_term_that_is_left_out_is_found():
    text = "## One\n\n**dropout**, **so** much, **the end** of **more words than terms have**."
    phrases = bold_phrases([Cell(1, {"cell_type": "markdown", "source": text})])
    assert phrases == {"dropout", "so"}
    assert left_out(phrases, read_entries(SMALL), {"so"}) == ["dropout"]
