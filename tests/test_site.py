"""The site without building it: what goes in, how it is changed, how a built one is judged.

The build itself, and what a reader sees of it, is in ``tests/browser/test_site.py``.
"""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from tests.notebooks.parts import ROOT, notebook_paths
from tools import badge
from tools.site import check, pages


@pytest.mark.parametrize("module", [badge, pages, check], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module):
    done = doctest.testmod(module)
    assert done.attempted and not done.failed


# --- What goes in ---------------------------------------------------------------------------------


def test_every_notebook_is_a_page_in_order():
    assert pages.sections()["Notebooks"] == [f"notebooks/{p.name}" for p in notebook_paths()]


@pytest.mark.parametrize("pattern", ["instructor/*.md", "reference/*.md"])
def test_every_document_of_a_folder_is_a_page(pattern):
    there = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
    assert there and there <= set(pages.documents())


def test_no_document_is_a_page_twice_and_all_exist():
    names = pages.documents()
    assert len(set(names)) == len(names)
    assert all((ROOT / name).is_file() for name in names)


def test_the_front_page_leads_to_every_page():
    front = pages.front_page((ROOT / pages.FRONT).read_text("utf-8"), pages.sections())
    trees = re.findall(r"```\{toctree\}\n:hidden:\n:caption: [^\n]+\n\n(.+?)\n```", front, re.S)
    listed = [name for tree in trees for name in tree.splitlines()]
    assert listed == [name.rpartition(".")[0] for name in pages.documents()]
    assert "mybinder.org/badge" not in front and "# Neural Networks by Hand" in front


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """What Sphinx would read."""
    folder = tmp_path_factory.mktemp("site") / "source"
    folder.mkdir()
    (folder / "stale.md").write_text("from an earlier build")
    pages.stage(folder)
    return folder


def test_staging_starts_from_nothing(staged):
    assert not (staged / "stale.md").exists()
    assert (staged / "index.md").is_file() and (staged / "LICENSE").is_file()


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_a_staged_notebook_has_every_cell_and_its_buttons(staged, path):
    before = json.loads(path.read_text("utf-8"))["cells"]
    after = json.loads((staged / "notebooks" / path.name).read_text("utf-8"))["cells"]
    added = [c for c in after if c["id"] == "launch" or c["id"].startswith("label-")]
    assert [c["id"] for c in after if c not in added] == [c["id"] for c in before]
    assert after[1]["id"] == "launch" and after[1]["source"].count("launch-button") == 2
    kept = {c["id"]: c for c in after}
    for cell in before:
        if cell["cell_type"] == "code":
            assert kept[cell["id"]] == cell
        else:  # more may stand around it
            text = pages.link_cells("".join(cell["source"]))
            assert text in kept[cell["id"]]["source"]


def test_links_to_cells_meet_their_labels(staged):
    wanted, given = set(), set()
    for path in [*staged.rglob("*.md"), *staged.rglob("*.ipynb")]:
        text = path.read_text("utf-8")
        assert not re.search(r"\]\([^)]*#cell-id=", text), path.name
        wanted |= set(re.findall(r"\]\(#(nb\d\d-[\w-]+)\)", text))
        given |= set(re.findall(r"\((nb\d\d-[\w-]+)\)=", text))
    assert len(wanted) > 100
    assert wanted == given


def test_pictures_come_along(staged):
    shown = 0
    for path in staged.glob("notebooks/*.ipynb"):
        for picture in re.findall(r"!\[[^\]]*\]\((figures/[^)]+)\)", path.read_text("utf-8")):
            assert (path.parent / picture).stat().st_size
            shown += 1
    assert shown > 20


def test_a_link_to_a_cell_that_is_not_there_is_an_error():
    notebook = {"cells": [{"id": "title", "cell_type": "markdown", "metadata": {}, "source": "#"}]}
    with pytest.raises(ValueError, match=r"00_start_here.*gone"):
        pages.site_notebook(notebook, "00_start_here", {"gone"}, badge.PLACEHOLDER)


def test_presenters_notes_are_folded():
    note = {"id": "n", "cell_type": "markdown", "source": ["**Presenter:** ", "slowly"],
            "metadata": {"slideshow": {"slide_type": "notes"}}}  # fmt: skip
    (_, _, after) = pages.site_notebook(
        {"cells": [note, note | {"id": "m"}]}, "00_start_here", set(), "ada/networks"
    )["cells"]
    assert (
        after["source"].startswith("<details>") and "\n\n**Presenter:** slowly" in after["source"]
    )


def test_links_to_readme_lead_to_the_front_page():
    assert pages.to_front("[a](../README.md#x) [b](README.md)", "instructor/00.md") == (
        "[a](../index.md#x) [b](README.md)"
    )
    assert pages.to_front("[a](README.md)", "CONTRIBUTING.md") == "[a](index.md)"


def test_the_placeholder_leads_to_what_to_do_about_it():
    buttons = pages.launch_buttons("00_start_here", badge.PLACEHOLDER)
    (target,) = set(re.findall(r'href="\.\./index\.html#([^"]+)"', buttons))
    headings = re.findall(r"^## (.+)$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert target in {heading.lower().replace(" ", "-") for heading in headings}
    assert "mybinder" not in buttons and "not set up" in buttons


def test_launch_buttons_of_a_known_repository():
    buttons = pages.launch_buttons("08_convolution_by_hand", "ada/networks")
    assert (
        "https://mybinder.org/v2/gh/ada/networks/HEAD"
        "?labpath=notebooks/08_convolution_by_hand.ipynb"
    ) in buttons
    assert (
        "https://colab.research.google.com/github/ada/networks/blob/main/notebooks/"
        "08_convolution_by_hand.ipynb"
    ) in buttons


# --- Badges ---------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    """The files that name the repository."""
    for name in badge.FILES:
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_one_command_writes_the_repository_everywhere(copy):
    old = badge.repository(copy)
    counts = badge.point_at("ada/networks", copy)
    assert badge.repository(copy) == "ada/networks"
    assert all(counts.values()), counts
    for name in badge.FILES:
        text = (copy / name).read_text("utf-8")
        for host in badge.HOSTS:
            assert f"{host}{old}" not in text
    readme = (copy / "README.md").read_text("utf-8")
    assert badge.binder_url("ada/networks", "notebooks/00_start_here.ipynb") in readme
    assert badge.colab_url("ada/networks", "notebooks/00_start_here.ipynb") in readme
    assert "https://github.com/ada/networks" in (copy / "CITATION.cff").read_text("utf-8")


def test_badges_change_nothing_else_and_can_be_pointed_elsewhere_again(copy):
    old = badge.repository(copy)
    badge.point_at("ada/networks", copy)
    badge.point_at("grace/n.b-2_x", copy)
    badge.point_at(old, copy)
    for name in badge.FILES:
        assert (copy / name).read_bytes() == (ROOT / name).read_bytes(), name


WRONG = ["", "ada", "ada/", "/networks", "a/b/c", "ada networks", "-a/b", "a_b/c", "ada/..",
         "https://example.org/a/b", "a/b?x"]  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_name_that_cannot_be_is_refused_and_nothing_written(copy, name):
    with pytest.raises(badge.BadgeError, match="expected owner/name"):
        badge.point_at(name, copy)
    assert all((copy / n).read_bytes() == (ROOT / n).read_bytes() for n in badge.FILES)


def test_the_placeholder_can_be_nobodys_repository():
    with pytest.raises(badge.BadgeError):
        badge.checked(badge.PLACEHOLDER.lower())


def test_pyproject_must_say_where_the_course_lives(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    with pytest.raises(badge.BadgeError, match=r"project\.urls"):
        badge.repository(tmp_path)


def test_the_repository_stands_only_where_the_command_writes_it():
    done = subprocess.run(
        ["git", "grep", "-lE", "mybinder.org/v2/gh/[A-Za-z_]+/|" + badge.repository()],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode > 1:
        pytest.skip("not a git checkout")
    own = {"tools/badge.py", "tests/test_site.py", "tests/browser/test_site.py"}
    assert set(done.stdout.split()) - own <= set(badge.FILES)


# --- Requirements ---------------------------------------------------------------------------------


def pins(name: str) -> dict[str, Requirement]:
    """Return package → pin for this machine."""
    found = [
        Requirement(line.split("#")[0])
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if re.match(r"[a-z]", line)
    ]
    here = default_environment()
    return {pin.name: pin for pin in found if not pin.marker or pin.marker.evaluate(here)}


def test_the_site_changes_no_version_of_the_course():
    """Its packages go into the same environment."""
    course, site = pins("requirements.lock"), pins("tools/site/requirements.lock")
    shared = course.keys() & site.keys()
    assert len(shared) > 20
    assert {n: site[n].specifier for n in shared} == {n: course[n].specifier for n in shared}


def test_the_lock_of_the_site_fulfils_its_requirements():
    wanted, locked = pins("tools/site/requirements.txt"), pins("tools/site/requirements.lock")
    assert {"sphinx", "myst-nb", "furo"} <= wanted.keys()
    for name, requirement in wanted.items():
        (pin,) = locked[name].specifier
        assert requirement.specifier.contains(pin.version), f"{name}: run `make lock`"


# --- How a site is judged -------------------------------------------------------------------------

NOTEBOOK = {"cells": [
    {"cell_type": "markdown", "source": ["# 00 · Start\n\nFour words of prose."]},
    {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"data": {"image/png": ""}}]},
    {"cell_type": "code", "source": [""], "outputs": []},
]}  # fmt: skip
HEAD = '<link rel="stylesheet" href="{up}own.css"><link rel="next" href="https://x.org">'
PAGES = {
    "index.html": '<h1>Front<a href="#top">¶</a></h1> <p id="top">Some words '
                  '<a href="notebooks/00_start.html#end">there</a> <a href="https://x.org">x</a></p>',
    "notebooks/00_start.html": '<h1>00 · Start</h1> Four words of prose. <div class="cell_input">'
                               '1 + 1</div><div class="cell_output"><img src="../p.png"></div>'
                               '<p id="end">end</p>',
    "CONTRIBUTING.html": "<h1>Contributing</h1>",
    "LICENSE-PROSE.html": "<h1>Licence</h1>",
}  # fmt: skip


@pytest.fixture
def small(tmp_path):
    """A small repository and its site, without a fault."""
    root, site = tmp_path / "repository", tmp_path / "site"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / "00_start.ipynb").write_text(json.dumps(NOTEBOOK), "utf-8")
    (root / "README.md").write_text("# Front\n\nSome words [there](x.md)", "utf-8")
    (root / "CONTRIBUTING.md").write_text("# Contributing", "utf-8")
    (root / "LICENSE-PROSE.md").write_text("# Licence", "utf-8")
    (site / "notebooks").mkdir(parents=True)
    for name, content in PAGES.items():
        head = HEAD.format(up="../" * name.count("/"))
        (site / name).write_text(f"{head}<article>{content}</article>", "utf-8")
    (site / "own.css").write_text("p { background: url(data:image/png;base64,xx) }")
    (site / "p.png").write_bytes(b"picture")
    (site / "searchindex.js").write_text("index")
    return root, site


def test_a_site_without_a_fault(small):
    root, site = small
    faults, counts = check.check_site(site, root)
    assert faults == []
    assert (counts.pages, counts.pictures, counts.links) == (4, 1, 3)


def swap(name, old, new):
    """Return what changes one place of a page."""

    def change(site):
        text = (site / name).read_text("utf-8")
        assert old in text
        (site / name).write_text(text.replace(old, new), "utf-8")

    return change


FAULTS = {
    "no page": (lambda site: (site / "CONTRIBUTING.html").unlink(), "no such page"),
    "empty page": (lambda site: (site / "CONTRIBUTING.html").write_text(""), "no article"),
    "other title": (swap("index.html", "Front", "Index"), "its title is 'Index'"),
    "few words": (swap("notebooks/00_start.html", "words of prose", ""), "the document 5"),
    "no picture": (swap("notebooks/00_start.html", '<img src="../p.png">', ""), "0 pictures"),
    "no code": (swap("notebooks/00_start.html", "cell_input", "other"), "0 code cells"),
    "no output": (swap("notebooks/00_start.html", "cell_output", "other"), "outputs of 0 cells"),
    "picture gone": (lambda site: (site / "p.png").unlink(), "missing or empty"),
    "picture empty": (lambda site: (site / "p.png").write_bytes(b""), "missing or empty"),
    "dead link": (swap("index.html", "00_start.html#", "01_next.html#"), "does not exist"),
    "dead place": (swap("index.html", "#end", "#start"), "no such place"),
    "dead place here": (swap("index.html", 'id="top"', ""), "no such place"),
    "script from elsewhere": (
        swap("index.html", "<h1>", '<script src="https://cdn.org/a.js"></script><h1>'),
        "loads https://cdn.org/a.js from elsewhere",
    ),
    "style from elsewhere": (swap("index.html", '"own.css"', '"//cdn.org/a.css"'), "elsewhere"),
    "font from elsewhere": (
        lambda site: (site / "own.css").write_text("@import 'https://fonts.org/a.css';"),
        "own.css: it loads",
    ),
    "no search": (lambda site: (site / "searchindex.js").unlink(), "no index"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(small, name):
    root, site = small
    break_it, words = FAULTS[name]
    break_it(site)
    faults, _ = check.check_site(site, root)
    assert any(words in fault for fault in faults), faults


def test_a_folder_with_something_else_is_not_emptied(tmp_path, capsys):
    from tools.site.__main__ import build

    (tmp_path / "thesis.txt").write_text("three years")
    assert build(tmp_path, tmp_path.with_name("work")) == 2
    assert (tmp_path / "thesis.txt").read_text() == "three years"
    assert "not touched" in capsys.readouterr().err
