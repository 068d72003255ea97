"""The counts at the end of a run are those of tests that passed in that run."""

import os
import shutil
import subprocess
import sys

from tests.notebooks.parts import ROOT

SUITE = """
import pytest

@pytest.mark.parametrize("fault", ["refused", "truncated", "stalled"])
def test_fault(fault, record_property):
    record_property("data-fault", fault)
    assert fault != "stalled"

def test_answers(record_property):
    for number in range(3):
        record_property("wrong-answer", ["nb06.flatten", number])

@pytest.mark.parametrize("page", ["index", "00"])
def test_page(page, record_property):
    record_property("site-page", [page, 7])

def test_lint(record_property):
    record_property("lint", ["06.ipynb", "header", 40])
    record_property("lint", ["06.ipynb", "footer", 40])
    record_property("lint", ["07.ipynb", "header", 50])
"""

# Without the other plugins, which take longer to load than the tests to run.
ENVIRONMENT = os.environ | {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_summary_counts_what_passed(tmp_path):
    # With workers, as `make test` runs: the properties have to travel.
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", "-n", "2", "-q"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr  # one fault fails on purpose
    assert "data faults: 2\n" in done.stdout
    assert "wrong-answer catalogue: 1 exercises, 3 wrong answers\n" in done.stdout
    assert "site: 2 pages opened" in done.stdout and "; 14 formulas\n" in done.stdout
    assert "structure lint: 2 notebooks × 2 rules, 90 cells (3 checks passed)\n" in done.stdout
    assert "nbval" not in done.stdout.split("what was checked")[1]
