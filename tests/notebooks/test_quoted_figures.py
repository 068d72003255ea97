"""Figures that prose quotes for MNIST are the ones that the stored run on MNIST computed.

A cell whose output depends on the data is run but not compared, and its assertion states only what
holds on every copy; so nothing else would notice when a quoted figure no longer matches its cell.
"""

import re

import pytest

from tests.notebooks.parts import Notebook, joined, notebook_paths

# notebook, cell that computes, cell that quotes, words that quote it,
# which number of the output, what the words say, how far off they may be
QUOTED = [
    ("00", "taste-many", "taste-mistakes-intro", "about 99 in 100", 0, 99, 1),
    ("06", "nb06-nearest-code", "nb06-nearest-after", "80 % in place", 0, 80, 1),
    ("07", "neuron-judged-code", "neuron-judged-after", "accuracy is about 0.95", 0, 0.95, 0.01),
    ("07", "neuron-judged-code", "neuron-judged-after", "recall only about 0.6", 1, 0.6, 0.05),
    ("07", "features-holes", "features-holes-after", "about 60 % of the 8s", 0, 60, 5),
    ("07", "shift-measure", "shift-plot-after", "dropped from 0.98", 0, 0.98, 0.01),
    ("07", "shift-measure", "shift-plot-after", "to about 0.55", 3, 0.55, 0.06),
    ("07", "features-judge", "compare-after", "from about 38 in 100", -1, 1 - 0.38, 0.02),
    ("07", "linear-train", "compare-after", "to 8 and then 2", -1, 1 - 0.08, 0.01),
    ("07", "dense-note", "compare-after", "8 and then 2", -1, 1 - 0.02, 0.005),
    ("07", "test-once", "test-after", "medians from 0.979 to 0.984", -2, 0.9815, 0.0025),
    ("09", "measure-code", "measure-intro", "two thirds** (0.66)", 13, 0.66, 0.005),
    ("09", "measure-code", "measure-after", "0.23 stays without pooling", 3, 0.23, 0.005),
    ("09", "measure-code", "measure-after", "0.66 with 2 × 2", 13, 0.66, 0.005),
    ("09", "measure-code", "measure-after", "0.86 with 4 × 4", 23, 0.86, 0.005),
    ("09", "measure-code", "limits", "even *another* picture looks 0.85 alike", -1, 0.85, 0.005),
    ("10", "verdict", "mistakes-intro", "reads 0.97 to 0.99", 0, 0.98, 0.01),
    ("10", "verdict", "mistakes-intro", "misses 16 of 900", 6, 16, 0),
    ("10", "verdict", "mistakes-intro", "the regression 23", -2, 23, 0),
    ("10", "moved-table", "moved-intro", "31 530, 8010 and 330 parameters", 0, 31530, 0),
    ("10", "moved-table", "moved-intro", "8010 and 330 parameters", 6, 8010, 0),
    ("10", "moved-table", "moved-intro", "and 330 parameters", 10, 330, 0),
    ("12", "train-dense", "dense-curves-after", "more than half of all", -1, 0.44, 0.05),
    ("12", "test-once", "test-after", "About three in ten", 0, 0.7, 0.03),
    ("12", "stored-baselines", "dense-curves-after", "about as good as", -1, 0.43, 0.02),
    ("12", "train-dense", "dense-curves-after", "about as good as", -1, 0.43, 0.02),
    ("12", "crossed", "crossed-after", "Far fewer than by lot", 0, 300, 75),
    ("12", "kernels-moved", "kernels-after", "the pattern has not changed", 0, 0.9, 0.08),
    ("12", "kernels-moved", "kernels-after", "next two convolutions", 2, 0.58, 0.15),
    ("12", "gift", "gift-after", "wrong on a quarter", -1, 0.75, 0.03),
    ("13", "test-once", "test-after", "now it is fewer than two", 0, 0.815, 0.014),
    ("13", "skip-train", "skip-train-after", "the network is still guessing", 3, 0.1, 0.03),
]


def cells_of(number: str) -> dict[str, object]:
    (path,) = [path for path in notebook_paths() if path.name.startswith(number)]
    return {cell.id: cell for cell in Notebook.read(path).cells}


def printed_numbers(cell) -> list[float]:
    """Return the numbers of a cell's printed output, in order."""
    text = "".join(joined(out["text"]) for out in cell.raw["outputs"] if "text" in out)
    return [float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize(
    ("notebook", "computes", "quotes", "words", "which", "said", "off"),
    QUOTED,
    ids=[f"{row[0]}-{row[3]}" for row in QUOTED],
)
def test_prose_quotes_what_was_computed(notebook, computes, quotes, words, which, said, off):
    cells = cells_of(notebook)
    assert words in " ".join(cells[quotes].source.split()), f"{quotes} no longer says this"
    assert printed_numbers(cells[computes])[which] == pytest.approx(said, abs=off)
