"""What `make notebooks` stores of a marked network, and when it stores nothing."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils import datasets, trained
from tests.notebooks import execute, stored
from tests.notebooks.parts import ROOT, Notebook

MARK = {"name": "99_net", "model": "net", "history": "curves", "data": "data", "seed": "SEED"}
LINE = '# net, curves = trained.load("99_net"), trained.history("99_net")'
SETUP = """\
from types import SimpleNamespace
from course_utils import trained
SEED = 3
data = SimpleNamespace(name="MNIST", source=SimpleNamespace(copy="mnist", digest="ab12"))
"""
KERAS = SETUP + "from course_utils.environment import quiet_import\nwith quiet_import():\n"
KERAS += "    import keras, random\n    import numpy as np\n"
TRAINING = """\
class Falling(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.001 / (1 + keras.ops.cast(step, "float32"))
    def get_config(self):
        return {}
keras.utils.set_random_seed(SEED)
net = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.1), keras.layers.Dense(3)])
net.compile(keras.optimizers.Adam(Falling()), "mse", metrics=["accuracy"])
x, y = np.eye(4, dtype="float32"), np.eye(4, 3)
curves = net.fit(x, y, epochs=2, validation_data=(x, y), verbose=0)
"""
LATER = """\
print(random.random(), np.random.random(), float(keras.random.uniform(())))
print(keras.layers.Dense(1)(np.ones((1, 2)))[0, 0].numpy())
assert not {"hand_over", "given", "json"} & set(globals())
net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
_
"""
# A kernel without TensorFlow: enough where nothing is stored in the end.
PRETENDED = """\
curves = {"loss": [2.0, 1.0], "val_accuracy": [0.25, 0.5]}
net = SimpleNamespace(to_json=lambda: "{}", get_weights=lambda: [])
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder that the tools take for the course's: notebooks, and data for trained networks."""
    monkeypatch.setattr(execute, "notebook_paths", lambda: sorted(tmp_path.glob("*.ipynb")))
    monkeypatch.setattr(trained, "_folder", lambda: tmp_path / "data")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "registry.toml").write_text('[datasets]\nmnist = "x"\n')
    return tmp_path


def notebook(folder, setup, training, *later, mark=MARK):
    """Write a notebook whose second code cell has the mark."""
    cells = [new_markdown_cell("# Title", id="title"), new_code_cell(setup, id="setup")]
    cells += [new_code_cell(training, id="training", metadata={"stores": mark})]
    cells += [new_code_cell(source, id=f"later-{n}") for n, source in enumerate(later)]
    path = folder / "99_stores.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def stored_files(folder):
    return {path.name: path.read_bytes() for path in (folder / "data").rglob("*.*")}


def outputs(path):
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells if "outputs" in cell]


@pytest.mark.long  # two kernels that load Keras
def test_a_marked_network_is_stored_and_the_notebook_goes_on_as_without(course, capsys):
    path = notebook(course, KERAS, TRAINING, LATER, mark=None)
    assert execute.main([]) == 0
    without = outputs(path)
    assert not (course / "data" / "trained").exists()
    capsys.readouterr()

    path = notebook(course, KERAS, TRAINING, LATER)
    assert execute.main([]) == 0
    assert outputs(path) == without, "random numbers, names and counts stay"
    assert re.search(r"\n  data/trained/99_net.keras, \d+ kB written", capsys.readouterr().out)
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell["execution_count"] for cell in cells[1:]] == [1, 2, 3]
    assert cells[2]["metadata"]["stores"] == MARK
    facts = trained.history("99_net")
    assert (facts["data"], facts["data_set"], facts["digest"]) == ("mnist", "MNIST", "ab12")
    assert (facts["seed"], facts["epochs"]) == (3, 2)
    assert facts["accuracy"] == facts.history["val_accuracy"][-1]
    assert facts["accuracy_is"] == "val_accuracy of the last epoch"
    assert {"keras", "numpy", "python"} <= set(facts["versions"])
    net = trained.load("99_net")
    assert net.count_params() == 15, "as it was after its cell, not at the end"
    assert net.compiled, "although a class of the notebook gave the learning rate"


@pytest.mark.parametrize("option", ["--check", "--stand-in"])
def test_a_trial_stores_nothing(course, option):
    notebook(course, SETUP, PRETENDED)
    before = stored_files(course)
    assert execute.main([option]) == 0
    assert stored_files(course) == before


STAND_IN = 'data.source.copy = "stand-in"\n'
NO_CURVE = 'del curves["val_accuracy"]\n'


@pytest.mark.parametrize(
    ("training", "later", "mark", "said"),
    [
        (PRETENDED, "raise OSError('late')", MARK, "cell 4 (later-0): OSError: late"),
        (PRETENDED + "del net", "1", MARK, "NameError: name 'net' is not defined"),
        (PRETENDED + STAND_IN, "1", MARK, "stored from the real data only"),
        (PRETENDED + NO_CURVE, "1", MARK, "let the mark name an accuracy"),
        (PRETENDED, "1", {"name": "99_net"}, "cell training: stores needs name, model"),
        (PRETENDED, "1", MARK, "99_net can't be stored"),  # pretended: Keras can't build it
    ],
    ids=["late failure", "no model", "stand-in", "no accuracy", "half a mark", "no network"],
)
def test_what_fails_leaves_everything_alone(course, capsys, training, later, mark, said):
    path = notebook(course, SETUP, training, later, mark=mark)
    text, before = path.read_text("utf-8"), stored_files(course)
    assert execute.main([]) == 1
    assert path.read_text("utf-8") == text
    assert stored_files(course) == before
    assert said in capsys.readouterr().out


def handed_over(folder, **widths):
    """Write networks as a kernel hands them over."""
    import keras

    folder.mkdir()
    for name, width in widths.items():
        facts = {"data": "mnist", "seed": 0, "accuracy": 0.5, "history": {"loss": [1.0]}}
        net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(width)])
        (folder / f"{name}.json").write_text(json.dumps({"model": net.to_json(), "facts": facts}))
        np.savez(folder / f"{name}.npz", *net.get_weights())
    return folder


def test_the_same_network_is_not_written_again(course):
    handed = handed_over(course / "handed", net_99=2)
    assert "written" in stored.keep(handed)[0]
    before = stored_files(course)
    assert stored.keep(handed) == ["data/trained/net_99.keras is the same as before"]
    assert stored_files(course) == before
    other = handed_over(course / "other", net_99=2)  # other weights
    assert "written" in stored.keep(other)[0]
    assert stored_files(course).keys() == before.keys() and stored_files(course) != before


def test_all_networks_of_a_notebook_or_none(course):
    """The second is too large: the first is not entered either."""
    handed = handed_over(course / "handed", net_a=2, net_b=600_000)
    before = stored_files(course)
    with pytest.raises(stored.NotStored, match=r"net_b .* more than the 2,000,000"):
        stored.keep(handed)
    assert stored_files(course) == before


def drawn(targets, *, copy="generated"):
    """Generated data with given targets in every part, one input number a row."""
    x = np.arange(len(targets), dtype="float32").reshape(-1, 1)
    made = [array.copy() for _ in range(3) for array in (x, targets)]
    data = datasets.generated("drawn", *made, text="drawn")
    return dataclasses.replace(data, source=dataclasses.replace(data.source, copy=copy))


def test_a_network_trained_on_generated_data_is_handed_over(tmp_path):
    import keras

    data = drawn(np.zeros((2, 4)))
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(4)])
    curves = {"loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}
    given = (tmp_path, "99_net", net, curves, data, 5)
    with pytest.raises(ValueError, match="let the mark name an accuracy"):
        stored.hand_over(*given, None, "val_accuracy of the last epoch")
    stored.hand_over(*given, np.float32(0.25), "mean_error")
    facts = json.loads((tmp_path / "99_net.json").read_text("utf-8"))["facts"]
    assert (facts["data"], facts["data_set"], facts["digest"]) == \
        ("generated", "drawn", data.source.digest)  # fmt: skip
    assert (facts["accuracy"], facts["accuracy_is"], facts["epochs"]) == (0.25, "mean_error", 2)
    assert "modules" not in facts
    with pytest.raises(ValueError, match="from the real data only"):
        stored.hand_over(*given[:4], drawn(np.zeros((2, 4)), copy="stand-in"), 5, 0.25, "error")


class Says:
    """A network that gives the same answers always."""

    def __init__(self, scores):
        self.predict = lambda x, verbose: np.array(scores)


LABELS = np.array([0, 1, 1, 0])
MASKS = np.array([[[0, 1]], [[1, 2]]])  # two pictures of 1 × 2


def judged(data, scores, accuracy, *, digest=None, accuracy_is="val_accuracy of the last epoch"):
    """Run the judge on a network that gives these scores, with these facts."""
    facts = {"digest": digest or data.source.digest, "accuracy": accuracy}
    known = SimpleNamespace(history=lambda name: facts | {"accuracy_is": accuracy_is})
    code = stored.JUDGE.format(name="99_net", data="data", model="net")
    exec(code, {"trained": known, "data": data, "net": Says(scores)})


@pytest.mark.parametrize(
    ("targets", "scores", "accuracy"),
    [
        (LABELS, np.eye(2)[[0, 1, 0, 0]], 0.75),
        (LABELS, [[0.2], [0.9], [0.4], [0.1]], 0.75),  # a sigmoid
        (MASKS, np.eye(3)[[[[0, 1]], [[1, 1]]]], 0.75),  # one score a class and pixel
        (MASKS[..., None], np.eye(3)[[[[0, 1]], [[2, 1]]]], 0.5),
    ],
    ids=["labels", "sigmoid", "masks", "masks with a channel"],
)
def test_the_judge_compares_labels_and_masks(targets, scores, accuracy):
    data = drawn(targets)
    judged(data, scores, accuracy)
    with pytest.raises(AssertionError, match=f"{accuracy}"):
        judged(data, scores, accuracy + 0.01)
    judged(data, scores, 0.1, digest="another copy")


def test_the_judge_leaves_what_the_notebook_measures_itself():
    """Boxes and coordinates have no accuracy: the mark names a number of the notebook."""
    boxes = drawn(np.zeros((2, 4)))
    judged(boxes, np.ones((2, 4)), 0.9, accuracy_is="mean_iou")
    with pytest.raises(ValueError, match="reshape"):  # never passes for lack of a comparison
        judged(boxes, np.ones((2, 4)), 0.9)


def test_an_accuracy_with_a_name_of_its_own():
    mark = stored.Mark(**MARK | {"accuracy": "on_test"})
    code = stored.snippet(mark, "folder")
    assert "'accuracy': on_test" in code and "'accuracy_is': 'on_test'" in code


def sources(folder, training, *later):
    path = notebook(folder, "setup", training, *later)
    swapped = stored.without_training(Notebook.read(path))
    return [cell.source for cell in swapped.cells if cell.cell_type == "code"]


def test_the_line_replaces_the_training(course):
    loads = LINE.removeprefix("# ")
    assert sources(course, f"train()\n{LINE}\nnote()", "plot()") == \
        ["setup", f"{loads}\nnote()", "plot()"]  # fmt: skip
    assert sources(course, "train()", f"{LINE}\nnote()", "plot()") == \
        ["setup", "", f"{loads}\nnote()", "plot()"]  # fmt: skip
    with pytest.raises(ValueError, match="no line `# net, curves"):
        sources(course, "train()", "plot()")


# --- As one who doesn't wait, on the stand-in -----------------------------------------------------


def lean(folder, *cells, number="99"):
    """Write a notebook of code cells, each a source or a source and its metadata; return it."""
    cells = [(cell, {}) if isinstance(cell, str) else cell for cell in cells]
    nodes = [new_code_cell(source, id=f"cell-{n}", metadata=metadata) for n, (source, metadata)
             in enumerate(cells, 1)]  # fmt: skip
    path = folder / f"{number}_lean.ipynb"
    nbformat.write(new_notebook(cells=nodes), path)
    return Notebook.read(path)


QUICK = {"resume": "score = 0.9", "tags": ["nbval-ignore-output"]}
MEASURES = ("score = measure(net)\nprint(score)", QUICK)


def test_who_does_not_wait_loads_networks_and_takes_the_numbers_of_long_cells(tmp_path):
    training = ("train()", {"stores": MARK})
    made = lean(tmp_path, "import os", training, f"{LINE}\nnote()", MEASURES, "print(score)")
    loads = LINE.removeprefix("# ")
    assert stored.without_waiting(made) == {2: "", 3: f"{loads}\nnote()", 4: "score = 0.9"}


def test_a_network_of_no_use_on_the_stand_in_is_trained_there(tmp_path):
    training = ("train()", {"stores": MARK | {"stand_in": "train"}})
    made = lean(tmp_path, training, f"{LINE}\nnote()")
    assert stored.without_waiting(made) == {}
    sources = [cell.source for cell in stored.without_training(made).cells]
    assert sources[0] == "", "on the real data it is loaded like the others"
    with pytest.raises(ValueError, match="write 'train' or none"):
        stored.Mark.of({"stores": MARK | {"stand_in": "load"}})


@pytest.mark.parametrize(
    "later",
    ["print(score, table)", "def show():\n    return table\nshow()", "table[0] = score"],
    ids=["used", "used in a function", "changed"],
)
def test_quick_lines_that_lack_something_are_not_taken(tmp_path, later):
    """The cell makes a table, too, which its quick lines don't."""
    cell = ("score = measure()\ntable = [score]", QUICK)
    assert stored.without_waiting(lean(tmp_path, cell, "print(score)")) == {1: "score = 0.9"}
    assert stored.without_waiting(lean(tmp_path, cell, later)) == {}


def test_a_cell_whose_output_is_compared_is_run_however_long_it_takes(tmp_path):
    cell = ("score = measure()", {"resume": "score = 0.9"})
    assert stored.without_waiting(lean(tmp_path, cell, "print(score)")) == {}


def test_a_function_above_may_need_what_a_long_cell_makes(tmp_path):
    shows = "def show():\n    return table"
    cell = ("score = measure()\ntable = [score]", QUICK)
    assert stored.without_waiting(lean(tmp_path, shows, cell, "show()")) == {}


def test_only_notebooks_that_train_for_long_run_otherwise_in_the_lanes(tmp_path):
    for number, expected in (("13", MEASURES[0]), (stored.TRAIN_LONG[0], "score = 0.9")):
        made = lean(tmp_path, MEASURES, "print(score)", number=number)
        swapped = stored.for_the_lanes(made)
        assert [cell.source for cell in swapped.cells] == [expected, "print(score)"]
        assert made.cells[0].source == MEASURES[0], "the notebook stays as it is"


NBVAL = """\
import pytest
import conftest
from tests.notebooks import parts
parts.NOTEBOOKS = __import__("pathlib").Path.cwd()
raise SystemExit(pytest.main(["-n", "0", "--nbval", "--nbval-current-env", "-p", "conftest", "-rA",
                              "-p", "no:cacheprovider", "."]))
"""


def test_nbval_runs_these_notebooks_without_waiting_and_compares_the_rest(tmp_path):
    """The cell that would fail is not run; what is computed from its quick lines is compared."""
    bound = ("raise OSError('trained')", QUICK)
    for number, right in (("14", "0.9"), ("15", "0.8"), ("13", "0.9")):
        lean(tmp_path, bound, "print(score)", number=number)
        path = tmp_path / f"{number}_lean.ipynb"
        made = nbformat.read(path, as_version=4)
        for count, cell in enumerate(made.cells, 1):
            cell.execution_count = count
        made.cells[0].outputs = [new_output("stream", text="as trained\n")]
        made.cells[1].outputs = [new_output("stream", text=f"{right}\n")]
        nbformat.write(made, path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", NBVAL],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said = re.findall(r"^(PASSED|FAILED) (\d\d)_lean.ipynb::Cell (\d)", run.stdout, re.M)
    assert sorted(said) == [
        ("FAILED", "13", "0"), ("FAILED", "13", "1"), ("FAILED", "15", "1"),
        ("PASSED", "14", "0"), ("PASSED", "14", "1"), ("PASSED", "15", "0"),
    ], run.stdout + run.stderr  # fmt: skip
