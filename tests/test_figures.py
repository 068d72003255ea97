"""Each drawing in notebooks/figures is what its script draws today."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks" / "figures"
SCRIPTS = sorted(FOLDER.glob("draw_[0-9][0-9].py"))


def figures(script, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return runpy.run_path(str(script))["FIGURES"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_stored_drawing_is_the_drawn_one(script, monkeypatch):
    for name, draw in figures(script, monkeypatch).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == draw(), f"run {script.name} again"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_drawing_is_a_titled_svg_with_legible_text(script, monkeypatch):
    for name, draw in figures(script, monkeypatch).items():
        root = ElementTree.fromstring(draw())
        space = {"svg": "http://www.w3.org/2000/svg"}
        assert root.find("svg:title", space).text, name
        sizes = [float(text.get("font-size")) for text in root.iterfind(".//svg:text", space)]
        assert min(sizes) >= 16, name


def test_no_drawing_lacks_its_script(monkeypatch):
    drawn = {name for script in SCRIPTS for name in figures(script, monkeypatch)}
    assert {path.name for path in FOLDER.glob("*.svg")} == drawn
