"""What `make notebooks` stores of a marked network, and when it stores nothing."""

import json
import re

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils import trained
from tests.notebooks import execute, stored
from tests.notebooks.parts import Notebook

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
