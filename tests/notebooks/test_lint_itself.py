"""The lint and the lanes, proved on notebooks that are wrong on purpose.

Each wrong notebook is the good one with one change, and must be caught by the rule meant for it,
and by no other.
"""

import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from tests.notebooks import lint as rules
from tests.notebooks.answers import run_with_answers
from tests.notebooks.good import (
    EXERCISE,
    PNG,
    cell_of,
    code,
    good_notebook,
    markdown,
    stream,
    write,
)
from tests.notebooks.lint import MENTION, RULES, lint, main
from tests.notebooks.parts import ROOT, Notebook

WRONG = {}


def wrong(rule):
    """Enter a mutation of the good notebook, meant for a rule."""

    def enter(mutate):
        WRONG[mutate.__name__] = rule, mutate
        return mutate

    return enter


def insert(notebook, index, cell, cell_id="inserted"):
    """Insert a cell and count the code cells anew."""
    notebook["cells"].insert(index, cell | {"id": cell_id})
    counts = iter(range(1, 100))
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            each["execution_count"] = next(counts)
            for output in each["outputs"]:
                if "execution_count" in output:
                    output["execution_count"] = each["execution_count"]


def replace(notebook, old, new):
    """Replace a text in the cell that has it."""
    cell = cell_of(notebook, old)
    cell["source"] = cell["source"].replace(old, new)


# --- The file -------------------------------------------------------------------------------------


@wrong("format_valid")
def an_output_without_a_type(nb):
    cell_of(nb, "pixels =")["outputs"] = [{"text": "28\n"}]


@wrong("size")
def a_huge_output(nb):
    cell_of(nb, "pixels =")["outputs"] = [stream("2" * 1_600_000)]


@wrong("lean_metadata")
def widget_state(nb):
    nb["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


@wrong("lean_metadata")
def a_version_stamp(nb):
    nb["metadata"]["language_info"]["version"] = "3.11.7"


@wrong("lean_metadata")
def an_editors_key(nb):
    cell_of(nb, "pixels =")["metadata"]["vscode"] = {"languageId": "python"}


@wrong("lean_metadata")
def a_widget_without_its_kernel(nb):
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Slider"}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell_of(nb, "pixels =")["outputs"].append(output)


@wrong("cell_ids")
def the_same_id_twice(nb):
    nb["cells"][3]["id"] = nb["cells"][2]["id"]


@wrong("slide_types")
def no_slide_type(nb):
    del nb["cells"][2]["metadata"]["slideshow"]


@wrong("known_tags")
def a_cell_that_is_never_run(nb):
    cell_of(nb, "pixels =")["metadata"]["tags"] = ["nbval-skip"]


@wrong("known_tags")
def a_comment_for_nbval(nb):
    replace(nb, "pixels = 4 * 7", "# NBVAL_IGNORE_OUTPUT\npixels = 4 * 7")


# --- Header and footer ----------------------------------------------------------------------------


@wrong("header")
def no_data_line(nb):
    replace(nb, "**Data:** none", "")


@wrong("header")
def the_number_of_another(nb):
    replace(nb, "# 99 · A good", "# 98 · A good")


@wrong("footer")
def no_word_on_the_kernel(nb):
    replace(nb, "shut down the kernel", "close the lid")


@wrong("footer")
def a_reason_of_its_own_to_shut_down(nb):
    replace(nb, "two can exceed Binder's 2&nbsp;GB", "it is late")


@wrong("presenters_cell")
def no_cell_for_presenters(nb):
    del nb["cells"][1]
    insert(nb, 1, markdown("Welcome."))


@wrong("presenters_cell")
def the_number_of_another_in_the_call(nb):
    replace(nb, 'resume("99")', 'resume("98")')


@wrong("presenters_cell")
def a_call_that_students_run(nb):
    replace(nb, "# from course_utils.presenting", "from course_utils.presenting")


@wrong("presenters_cell")
def presenters_cell_on_a_slide(nb):
    nb["cells"][1]["metadata"]["slideshow"]["slide_type"] = "fragment"


@wrong("presenters_cell")
def presenters_cell_stored_as_it_was_used(nb):
    nb["cells"][1]["outputs"] = [stream("Notebook 99 is back\n")]


@wrong("presenters_cell")
def presenters_cell_twice(nb):
    insert(nb, 4, nb["cells"][1], "again")


@wrong("footer")
def no_section_on_what_can_go_wrong(nb):
    replace(nb, "## What can go wrong", "### What can go wrong")


@wrong("footer")
def code_after_the_recap(nb):
    insert(nb, len(nb["cells"]), code("assert 2 + 2 == 4", 1))


@wrong("recap_mirrors_goals")
def a_goal_forgotten_in_the_recap(nb):
    replace(nb, "- say what a sum of weights is: products, added up\n", "")


@wrong("minutes")
def flattering_minutes(nb):
    replace(nb, "**Minutes:** 15", "**Minutes:** 5")


@wrong("pause")
def two_hours_without_a_pause(nb):
    insert(nb, 2, markdown("## A long story\n\n" + "word " * 180 * 90))
    replace(nb, "**Minutes:** 15", "**Minutes:** 105")


@wrong("pause")
def a_pause_without_a_recap(nb):
    insert(nb, 2, markdown("## Pause here"))


@wrong("quick_lines")
def quick_lines_that_are_no_python(nb):
    cell_of(nb, "pixels =")["metadata"]["resume"] = "pixels = ="


@wrong("quick_lines")
def quick_lines_for_another_cell(nb):
    cell_of(nb, "pixels =")["metadata"]["resume"] = "grids = 28"


# --- Cells ----------------------------------------------------------------------------------------


@wrong("no_empty_cells")
def an_empty_cell(nb):
    insert(nb, 2, markdown(" "))


@wrong("python_parses")
def code_that_is_not_python(nb):
    replace(nb, "pixels = 4 * 7", "pixels = four times seven")


@wrong("cell_length")
def a_cell_too_long(nb):
    insert(nb, 3, code("x = 1\n" * 31, 1))


@wrong("cell_length")
def cells_long_in_general(nb):
    for cell in nb["cells"][2:]:
        if cell["cell_type"] == "code" and "exercise" not in cell["source"]:
            cell["source"] += "\nx = 1" * 5


@wrong("markdown_share")
def hardly_a_word(nb):
    for number in range(4):
        insert(nb, 3, code("x = 1", 1), f"code-{number}")
    replace(nb, "**Minutes:** 15", "**Minutes:** 20")


@wrong("shell_lines")
def an_installer(nb):
    replace(nb, "pixels = 4 * 7", "%pip install keras\npixels = 4 * 7")


@wrong("shell_lines")
def a_shell_line(nb):
    replace(nb, "pixels = 4 * 7", "!ls\npixels = 4 * 7")


@wrong("no_pickle")
def a_pickle(nb):
    replace(nb, "pixels = 4 * 7", "import numpy\nload = dict(allow_pickle=True)\npixels = 28")


@wrong("absolute_paths")
def a_path_in_the_code(nb):
    replace(nb, "pixels = 4 * 7", "path = '/home/ada/digits.npy'\npixels = 4 * 7")


@wrong("absolute_paths")
def a_path_in_an_output(nb):
    cell_of(nb, "pixels =")["outputs"] = [stream("read from C:\\Users\\ada\\digits.npy\n")]


@wrong("spelling")
def american_spelling(nb):
    replace(nb, "one colour", "one color")


# --- Outputs --------------------------------------------------------------------------------------


@wrong("execution_order")
def run_out_of_order(nb):
    cell_of(nb, "pixels =")["execution_count"] = 17


@wrong("null_counts")
def an_output_that_nobody_computed(nb):
    cell_of(nb, "pixels =")["execution_count"] = None


@wrong("no_stderr")
def a_warning(nb):
    cell_of(nb, "pixels =")["outputs"].append(stream("careful\n", "stderr"))


@wrong("no_errors")
def an_error(nb):
    error = {"output_type": "error", "ename": "NameError", "evalue": "no", "traceback": ["no"]}
    cell_of(nb, "pixels =")["outputs"].append(error)


@wrong("no_addresses")
def an_address(nb):
    cell_of(nb, "pixels =")["outputs"] = [stream("<Line2D at 0x7f3b1c2d4e50>\n")]


@wrong("sentence_after_plot")
def a_plot_without_a_word(nb):
    replace(nb, "The picture shows one pixel, which has one colour and nothing beside it to see.",
            "### The next thing")  # fmt: skip


@wrong("alt_text")
def a_picture_without_a_description(nb):
    replace(nb, "A picture of it:", f"![](data:image/png;base64,{PNG})")


@wrong("alt_text")
def an_html_picture_without_a_description(nb):
    replace(nb, "A picture of it:", f'<img src="data:image/png;base64,{PNG}" alt="plot">')


@wrong("alt_text")
def an_output_picture_without_a_description(nb):
    html = {"text/html": f"<img src='data:image/png;base64,{PNG}'>", "text/plain": "pad"}
    output = {"output_type": "display_data", "metadata": {}, "data": html}
    cell_of(nb, "pixels =")["outputs"].append(output)


# --- Links ----------------------------------------------------------------------------------------


@wrong("links_resolve")
def a_link_to_nowhere(nb):
    replace(nb, "98 · The notebook that does not exist", "[98 · To come](98_to_come.ipynb)")


@wrong("notebooks_linked")
def a_notebook_that_exists_and_is_not_linked(nb):
    replace(nb, "98 · The notebook that does not exist", "97 · The notebook beside this one")


# --- Exercises ------------------------------------------------------------------------------------


@wrong("exercise_tags")
def an_exercise_without_its_tag(nb):
    cell_of(nb, "my_total")["metadata"]["tags"] = ["nbval-ignore-output"]
    replace(nb, "**Minutes:** 15", "**Minutes:** 5")


@wrong("exercise_tags")
def a_tag_without_an_exercise(nb):
    cell_of(nb, "pixels =")["metadata"]["tags"] = ["exercise"]
    replace(nb, "pixels = 4 * 7\nprint(pixels)", "my_pixels = 4 * 7\nprint(my_pixels)")
    replace(nb, "**Minutes:** 15", "**Minutes:** 20")


@wrong("exercise_tags")
def two_checks_in_one_cell(nb):
    replace(nb, "# exercise.total.hint()", "exercise.total.check(my_total)")


@wrong("exercise_tags")
def a_check_of_an_expression(nb):
    replace(nb, "check(my_total)", "check(my_total([1, 2]))")


@wrong("exercise_names")
def a_name_of_no_ones_own(nb):
    replace(nb, "def my_total", "scale = 1\ndef my_total")


@wrong("exercise_names")
def a_later_cell_uses_the_answer(nb):
    replace(nb, "assert 7 * 8 == 56", "my_total = 7 * 8\nassert my_total == 56")


@wrong("exercise_import")
def the_exercises_of_another_notebook(nb):
    replace(nb, "import nb99 as", "import nb98 as")


# --- Boxes ----------------------------------------------------------------------------------------


@wrong("is_that_so")
def a_box_that_settles_nothing(nb):
    replace(nb, "assert 7 * 8 == 56\n", "")


@wrong("what_do_you_expect")
def an_answer_that_is_not_folded(nb):
    replace(nb, "<details><summary>Answer</summary>\n\n28 numbers.\n\n</details>", "28 numbers.")


# --- Stored networks ------------------------------------------------------------------------------

LINE = '# net, curves = trained.load("99_net"), trained.history("99_net")'


def store(nb, **other):
    """Mark a cell of the good notebook as one that trains a network, with all that belongs to it.

    `folder` has the network. The cell with the pixels trains it, and has its line at the end.
    """
    mark = {"name": "99_net", "model": "net", "history": "curves", "data": "data", "seed": 0}
    cell = cell_of(nb, "pixels =")
    cell["metadata"]["stores"] = mark | other
    cell["source"] += f"\n{LINE}"
    replace(
        nb, "import nb99 as exercise", "import nb99 as exercise\nfrom course_utils import trained"
    )


@wrong("nobody_waits")
def a_mark_that_lacks_the_seed(nb):
    store(nb)
    del cell_of(nb, "pixels =")["metadata"]["stores"]["seed"]
    replace(nb, f"\n{LINE}", "")


@wrong("nobody_waits")
def a_mark_without_a_line(nb):
    store(nb)
    replace(nb, f"\n{LINE}", "")


@wrong("nobody_waits")
def a_line_below_the_next_heading(nb):
    store(nb)
    replace(nb, f"\n{LINE}", "")
    replace(nb, "assert 7 * 8 == 56", f"{LINE}\nassert 7 * 8 == 56")


@wrong("nobody_waits")
def a_line_with_other_names(nb):
    store(nb)
    replace(nb, "# net, curves", "# model, curves")


@wrong("nobody_waits")
def a_line_without_a_mark(nb):
    store(nb)
    del cell_of(nb, "pixels =")["metadata"]["stores"]


@wrong("nobody_waits")
def a_network_that_was_never_stored(nb):
    store(nb, name="99_other")
    replace(nb, LINE, LINE.replace("99_net", "99_other"))


@wrong("nobody_waits")
def a_network_that_differs_from_the_registry(nb):
    store(nb, name="99_altered")
    replace(nb, LINE, LINE.replace("99_net", "99_altered"))


@wrong("nobody_waits")
def the_network_of_another_notebook(nb):
    store(nb, name="98_net")
    replace(nb, LINE, LINE.replace("99_net", "98_net"))


@wrong("nobody_waits")
def two_networks_of_one_name(nb):
    store(nb)
    cell = cell_of(nb, "assert 7 * 8")
    cell["metadata"]["stores"] = cell_of(nb, LINE)["metadata"]["stores"]
    cell["source"] += f"\n{LINE}"


@wrong("nobody_waits")
def a_line_that_lacks_its_import(nb):
    store(nb)
    replace(nb, "\nfrom course_utils import trained", "")


# --- The proofs -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of notebooks with one more notebook in it, and stored networks, one altered."""
    (tmp_path / "97_beside.ipynb").write_text("{}", encoding="utf-8")
    lines = []
    (tmp_path / "data" / "trained").mkdir(parents=True)
    for name in ("98_net", "99_net", "99_altered"):
        for kind in ("keras", "json"):
            (tmp_path / "data" / "trained" / f"{name}.{kind}").write_text(f"{name}, {kind}")
        digest = hashlib.sha256(
            b"99_net, keras" if "altered" in name else f"{name}, keras".encode()
        )
        facts = hashlib.sha256(f"{name}, json".encode())
        lines += [f'[trained."{name}.keras"]', f'sha256 = "{digest.hexdigest()}"',
                  f'facts_sha256 = "{facts.hexdigest()}"']  # fmt: skip
    (tmp_path / "data" / "registry.toml").write_text("\n".join(lines))
    monkeypatch.setattr(rules, "DATA", tmp_path / "data")
    return tmp_path


def test_the_good_notebook_passes(folder):
    path = write(good_notebook(), folder)
    assert lint(Notebook.read(path)) == []


SAID = {
    "a_mark_that_lacks_the_seed": ["stores needs name, model, history, data, seed"],
    "a_mark_without_a_line": [f"write `{LINE}` below the training"],
    "a_line_below_the_next_heading": ["below the training", "no cell above stores it so"],
    "a_line_with_other_names": ["below the training", "no cell above stores it so"],
    "a_line_without_a_mark": ["no cell above stores it so; mark the training cell"],
    "a_network_that_was_never_stored": ["has no 99_other as registered"],
    "a_network_that_differs_from_the_registry": ["has no 99_altered as registered"],
    "the_network_of_another_notebook": ["begin the name '98_net' with this notebook's number"],
    "two_networks_of_one_name": ["two cells store '99_net'"],
    "a_line_that_lacks_its_import": ["import `trained` from course_utils"],
}


@pytest.mark.parametrize("name", [name for name in WRONG if WRONG[name][0] == "nobody_waits"])
def test_each_fault_of_a_stored_network_has_its_own_words(name, folder):
    notebook = good_notebook()
    WRONG[name][1](notebook)
    findings = lint(Notebook.read(write(notebook, folder)))
    for finding, words in zip(findings, SAID[name], strict=True):
        assert words in finding.remedy


@pytest.mark.parametrize("place", ["same cell", "next code cell"])
def test_a_notebook_that_stores_a_network_passes(folder, place):
    notebook = good_notebook()
    store(notebook)
    if place == "next code cell":
        replace(notebook, f"\n{LINE}", "")
        insert(notebook, 5, code(f"{LINE}\nassert pixels == 28", 1))
    assert lint(Notebook.read(write(notebook, folder))) == []


@pytest.mark.parametrize(
    "mark",
    [
        "99_net",
        [],
        {"model": "none given"},
        {"model": "a.b"},
        {"name": "../net"},
        {"name": "net"},
        {"seed": True},
        {"seed": "1 + 1"},
        {"accuracy": 0.5},
        {"extra": "x"},
    ],
    ids=str,
)
def test_a_mark_that_means_nothing_is_a_finding(folder, mark):
    notebook = good_notebook()
    store(notebook, **(mark if isinstance(mark, dict) else {}))
    if not isinstance(mark, dict):
        cell_of(notebook, "pixels =")["metadata"]["stores"] = mark
    first, *_ = lint(Notebook.read(write(notebook, folder)))
    assert first.rule == "nobody_waits" and "mend the metadata" in first.remedy


@pytest.mark.parametrize("name", WRONG)
def test_the_rule_meant_for_it_catches_it(name, folder, record_property, capsys):
    rule, mutate = WRONG[name]
    notebook = good_notebook()
    mutate(notebook)
    path = write(notebook, folder)
    findings = lint(Notebook.read(path))
    # A null count is also a count out of order: two names for one fault.
    side = {"execution_order"} if rule == "null_counts" else set()
    assert {finding.rule for finding in findings} - side == {rule}, findings
    assert all(str(finding).startswith(("cell ", "notebook: ")) for finding in findings)
    assert main([str(path)]) == 1
    assert rule in capsys.readouterr().out
    record_property("wrong-notebook", name)


def test_every_rule_catches_something():
    assert {rule for rule, _ in WRONG.values()} == set(RULES)


def test_a_numbered_section_is_no_mention_of_a_notebook():
    assert MENTION.findall("## 10 · A playground\n\nBack to 08 · Convolution by hand") == ["08"]


def test_a_missing_id_is_seen(folder):
    """Not in the table above: a missing id is also an invalid file."""
    notebook = good_notebook()
    del notebook["cells"][2]["id"]
    findings = lint(Notebook.read(write(notebook, folder)))
    assert {finding.rule for finding in findings} >= {"cell_ids"}


def drifted(nb):
    cell_of(nb, "pixels =")["outputs"] = [stream("27\n")]


def writes_to_stderr(nb):
    replace(nb, "print(pixels)", "import sys\nprint(pixels)\nprint('careful', file=sys.stderr)")


def raises(nb):
    replace(nb, "print(pixels)", "print(pixels)\nraise ValueError('no')")
    cell_of(nb, "pixels =")["metadata"]["tags"] = ["nbval-ignore-output"]


def null_count(nb):
    cell_of(nb, "pixels =")["execution_count"] = None


def null_count_without_output(nb):
    """nbval compares nothing here, so it passes: the structure lint is what catches it."""
    cell_of(nb, "pixels =").update(execution_count=None, outputs=[])


LANES = {
    "good": lambda nb: None,
    "drifted": drifted,
    "stderr": writes_to_stderr,
    "raises": raises,
    "null": null_count,
    "null_no_output": null_count_without_output,
}


PATIENT = """
def pytest_itemcollected(item):
    item.output_timeout = 120  # nbval's own 5 s are short on a busy machine
"""


@pytest.fixture(scope="module")
def nbval_lane(tmp_path_factory):
    """Run nbval, as the repository's settings do, over all the notebooks of `LANES` at once."""
    folder = tmp_path_factory.mktemp("lanes")
    for number, (name, mutate) in enumerate(LANES.items()):
        notebook = good_notebook("fixture_exercises")
        mutate(notebook)
        write(notebook, folder, f"{90 + number}_{name}.ipynb")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "conftest.py").write_text(PATIENT, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q",
               "-p", "no:cacheprovider", "--junitxml=report.xml", "."]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTEST_ADDOPTS": ""}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    failed = {name: [] for name in LANES}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        name = case.get("classname").partition("_")[2].removesuffix(".ipynb").split(".")[0]
        if case.find("failure") is not None:
            failed[name].append(case.get("name") + ": " + case.find("failure").text)
    return failed


def test_nbval_passes_the_good_notebook(nbval_lane):
    assert nbval_lane["good"] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drifted", "Cell outputs differ"),
        ("stderr", "careful"),
        ("raises", "ValueError"),
        ("null", "Unrun reference cell has outputs"),
    ],
)
def test_nbval_catches(nbval_lane, name, said, record_property):
    (failure,) = nbval_lane[name]
    assert failure.startswith("Cell 2: ")  # nbval counts code cells from 0
    assert said in failure
    record_property("wrong-notebook", f"nbval: {name}")


def test_what_nbval_does_not_see_the_lint_sees(nbval_lane, tmp_path):
    assert nbval_lane["null_no_output"] == []
    notebook = good_notebook()
    null_count_without_output(notebook)
    findings = lint(Notebook.read(write(notebook, tmp_path)))
    assert {finding.rule for finding in findings} == {"execution_order"}


def test_the_garbage_lane_catches_a_leak(tmp_path, monkeypatch, record_property):
    """A later cell calls the reader's answer: with the stub it runs, with other answers not."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "fixture_exercises", raising=False)
    monkeypatch.delitem(sys.modules, "fixture_exercises.nb99", raising=False)
    notebook = good_notebook("fixture_exercises")
    good = Notebook.read(write(notebook, tmp_path))
    assert run_with_answers(good, tmp_path) >= 2
    insert(notebook, 11, code("assert my_total([1, 2]) is not None", 6))
    leaking = Notebook.read(write(notebook, tmp_path))
    with pytest.raises(AssertionError, match=r"cell \d+ \(inserted\): \w+Error"):
        run_with_answers(leaking, tmp_path)
    record_property("wrong-notebook", "leak")


def test_the_stub_of_the_fixture_is_a_stub():
    assert "return ..." in EXERCISE and "check(my_total)" in EXERCISE


def test_the_command_line_helps():
    for module in ("lint", "execute"):
        done = subprocess.run(
            [sys.executable, "-m", f"tests.notebooks.{module}", "--help"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "usage: python -m tests.notebooks" in done.stdout
