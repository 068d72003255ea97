"""A recipe of a notebook still reaches its measured accuracy, on this copy of the data.

`bands.toml` holds the measured accuracies; here each recipe is trained once more, and once on
shuffled labels, which must fall outside: a band so wide that it would hold anything proves nothing.
The stand-in is tested in every run, or with ``-m long`` where training takes long; the real data
with ``-m real``.

    python -m tests.real_data.test_bands RECIPE SEED [SEED ...]     prints lines for bands.toml
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.time_to_accuracy import without_validation

COPIES = ("mnist", "cifar10", "cifar10-jpeg", "stand-in")
TABLE = tomllib.loads(Path(__file__).with_name("bands.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Band:
    """The accuracies of a recipe on one copy of the data."""

    recipe: str
    copy: str
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]
    digest: str = ""

    @property
    def spread(self) -> float:
        """The largest accuracy less the smallest."""
        return max(self.accuracies) - min(self.accuracies)

    @property
    def low(self) -> float:
        """The lower end."""
        return statistics.median(self.accuracies) - 2 * self.spread - 0.005

    @property
    def high(self) -> float:
        """The upper end."""
        return statistics.median(self.accuracies) + 2 * self.spread + 0.005

    def __str__(self) -> str:
        return f"{self.recipe} on {self.copy}: {self.low:.4f} to {self.high:.4f}"


def read_bands(table: dict) -> list[Band]:
    """Return the bands of a table like bands.toml."""
    return [
        Band(name, copy, tuple(each["seeds"]), tuple(each["accuracies"]), each.get("digest", ""))
        for name, recipe in table.items()
        for copy, each in recipe.items()
        if isinstance(each, dict)
    ]


def accuracy(name: str, data, seed: int, *, shuffled_labels: bool = False) -> float:
    """Train a recipe once; return its test accuracy."""
    if TABLE[name].get("refitted"):
        data = without_validation(data)
    module, _, function = TABLE[name]["recipe"].partition(":")
    recipe = getattr(importlib.import_module(module), function)
    result = recipe(data, seed, shuffled_labels=shuffled_labels)
    return float(result["accuracy"] if isinstance(result, dict) else result)


def load(name: str, source: str):
    """Load the data of a recipe."""
    from course_utils import datasets

    return getattr(datasets, TABLE[name]["loader"])(source=source)


BANDS = read_bands(TABLE)


def lane(band: Band):
    """Return the band as a parameter, in the lane that its copy belongs to."""
    marks = [] if band.copy == "stand-in" else [pytest.mark.real]
    if not marks and TABLE[band.recipe].get("long"):
        marks = [pytest.mark.long]
    return pytest.param(band, marks=marks, id=f"{band.recipe}-{band.copy}")


def data_for(band: Band):
    """Load the copy that a band was measured on, or skip where another copy is here."""
    if band.copy == "stand-in":
        return load(band.recipe, "stand-in")
    if not os.environ.get("COURSE_DATA_DIR"):
        pytest.fail("set COURSE_DATA_DIR to the folder with the real data")
    data = load(band.recipe, "real")
    if band.digest:
        if data.source.digest != band.digest:
            pytest.skip(f"measured on another copy than this one: {data.source}")
    elif data.source.copy != band.copy:
        pytest.skip(f"measured on {band.copy}, here is: {data.source}")
    return data


@pytest.mark.parametrize("band", [lane(band) for band in BANDS])
def test_recipe_stays_in_its_band(band):
    """One training as measured, one on shuffled labels."""
    data = data_for(band)
    reached = accuracy(band.recipe, data, band.seeds[0])
    assert band.low <= reached <= band.high, f"{band}; reached {reached:.4f}"
    shuffled = accuracy(band.recipe, data, band.seeds[0], shuffled_labels=True)
    assert shuffled < band.low, f"{band}; shuffled labels reached {shuffled:.4f}"


@pytest.mark.parametrize("band", BANDS, ids=lambda band: f"{band.recipe}-{band.copy}")
def test_band_is_well_made(band):
    """Three seeds or more, all different; a name that means one copy; narrow."""
    assert band.copy in COPIES
    assert len(set(band.seeds)) == len(band.seeds) == len(band.accuracies) >= 3
    assert all(0 < each < 1 for each in band.accuracies)
    assert band.high - band.low <= 4 * band.spread + 0.01 + 1e-12
    assert bool(band.digest) == (band.copy == "cifar10-jpeg"), "only an altered copy needs one"


def test_every_recipe_has_a_band_on_the_stand_in_and_on_real_data():
    for name in TABLE:
        copies = {band.copy for band in BANDS if band.recipe == name}
        assert "stand-in" in copies and len(copies) >= 2, f"{name}: {sorted(copies)}"


def test_a_band_excludes_chance():
    """The arithmetic, on numbers whose band is known."""
    band = Band("r", "mnist", (0, 1, 2), (0.978, 0.980, 0.981))
    assert band.spread == pytest.approx(0.003)
    assert (band.low, band.high) == (pytest.approx(0.969), pytest.approx(0.991))
    assert not band.low <= 0.1 <= band.high


def main() -> None:
    """Measure a recipe and print the lines for bands.toml."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.real_data.test_bands",
        description="Train a recipe once a seed on the data at hand (COURSE_DATA, "
        "COURSE_DATA_DIR) and print the lines for bands.toml.",
    )
    parser.add_argument("recipe", choices=sorted(TABLE))
    parser.add_argument("seeds", nargs="+", type=int)
    options = parser.parse_args()
    data = load(options.recipe, "auto")
    copy = data.source.copy
    accuracies = [round(accuracy(options.recipe, data, seed), 4) for seed in options.seeds]
    print(f"# {data.source}\n[{options.recipe}.{copy}]")
    if copy == "altered":
        print(f'digest = "{data.source.digest}"')
    print(f"seeds = {options.seeds}\naccuracies = {accuracies}")


if __name__ == "__main__":
    main()
