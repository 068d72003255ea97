"""Networks that `make notebooks` stores with the outputs, so that nobody waits in class.

A code cell that trains a network says in its metadata, which readers don't see, what to store:

    "stores": {"name": "07_dense", "model": "dense", "history": "history",
               "data": "data", "seed": 0}

Below the training stands, as a comment, the line that loads the network instead:

    # dense, history = trained.load("07_dense"), trained.history("07_dense")

Uncommented, it replaces all code from the top of that cell down to itself.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from course_utils import _needed, _state, _stored_marks, presenting
from course_utils._stored_marks import ANY_LINE, KEY, Mark, marks, replaced_cells
from tests.notebooks.parts import Notebook

__all__ = [
    "ANY_LINE",
    "JUDGE",
    "KEY",
    "TRAIN_LONG",
    "Mark",
    "NotStored",
    "for_the_lanes",
    "hand_over",
    "keep",
    "marks",
    "replaced_cells",
    "snippet",
    "stored_already",
    "without_training",
    "without_waiting",
]

TRAIN_LONG = ("14", "15", "16")
"""Notebooks that `make test` and `make test-browser` run as one who doesn't wait; `make test-long`
trains their networks on the stand-in."""


class NotStored(RuntimeError):
    """A network can't be stored; says what to do."""


# --- In the kernel --------------------------------------------------------------------------------


def hand_over(folder, name, model, history, data, seed, accuracy, accuracy_is):
    """Write the numbers of a network into a folder, from inside the notebook's kernel.

    It draws no random number and leaves no name behind, so that the notebook goes on as it would
    without. Its source is sent to the kernel: it uses nothing of this module.
    """
    import json
    from pathlib import Path

    import numpy as np

    from course_utils import trained

    def plain(value):
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)

    source = data.source
    if source.copy == "stand-in":
        raise ValueError("the data is the stand-in; networks are stored from the real data only")
    curves = getattr(history, "history", history)
    if accuracy is None and "val_accuracy" not in curves:
        raise ValueError("the history has no val_accuracy; let the mark name an accuracy")
    facts = {
        "versions": trained._versions(),
        "data": source.copy,
        "data_set": data.name,
        "digest": source.digest,
        "seed": seed,
        "epochs": max(len(curve) for curve in curves.values()),
        "accuracy": curves["val_accuracy"][-1] if accuracy is None else accuracy,
        "accuracy_is": accuracy_is,
        "history": dict(curves),
    }
    if modules := trained._modules(model):
        facts["modules"] = modules
    layers = json.loads(model.to_json())
    if layers.pop("compile_config", None) and (settings := trained._compile_settings(model)):
        layers["compile_config"] = settings
    text = json.dumps({"model": json.dumps(layers), "facts": facts}, default=plain)
    (Path(folder) / f"{name}.json").write_text(text, encoding="utf-8")
    np.savez(Path(folder) / f"{name}.npz", *model.get_weights())


def snippet(mark: Mark, folder: Path) -> str:
    """Return the code that hands a network over; it binds no name in the notebook."""
    given = {"folder": repr(str(folder)), "name": repr(mark.name), "seed": str(mark.seed)}
    given |= {"model": mark.model, "history": mark.history, "data": mark.data}
    given["accuracy"] = str(mark.accuracy)
    given["accuracy_is"] = repr(mark.accuracy or "val_accuracy of the last epoch")
    values = ", ".join(f"{key!r}: {value}" for key, value in given.items())
    source = inspect.getsource(hand_over) + "\nhand_over(**given)\n"
    return f"exec({source!r}, {{'given': {{{values}}}}})"


# --- Beside the kernel ----------------------------------------------------------------------------


def keep(folder: Path) -> list[str]:
    """Enter all networks handed over in a folder into data/trained, or none; say what was done.

    Where weights and facts are those stored already nothing is written, because Keras stamps its
    files with the time.

    Raises
    ------
    NotStored
        If a network can't be stored.
    """
    from course_utils import trained
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    packed: dict[str, tuple[bytes, bytes] | None] = {}
    for path in sorted(folder.glob("*.json")):
        name, found = path.stem, json.loads(path.read_text(encoding="utf-8"))
        try:
            trained.register_layers(found["facts"].get("modules", []))
            model = keras.models.model_from_json(found["model"])
            with np.load(path.with_suffix(".npz")) as arrays:
                model.set_weights([arrays[key] for key in arrays.files])
            same = stored_already(name, model, found["facts"])
            packed[name] = None if same else trained._packed(model, name, found["facts"])
        except Exception as error:  # Keras raises all kinds
            raise NotStored(f"{name} can't be stored: {error}") from error
    said = []
    for name, contents in packed.items():
        if contents is None:
            said.append(f"data/trained/{name}.keras is the same as before")
        else:
            trained._keep(name, *contents)
            said.append(f"data/trained/{name}.keras, {len(contents[0]) / 1e3:.0f} kB written")
    return said


def stored_already(name: str, model: Any, facts: dict[str, Any]) -> bool:
    """Whether the stored network has these layers, these weights and these facts."""
    from course_utils import trained

    try:
        old, known = trained.load(name), trained.history(name)
    except trained.TrainedError:
        return False
    pairs = list(zip(old.get_weights(), model.get_weights(), strict=False))
    return (
        old.get_config() == model.get_config()
        and all(np.array_equal(a, b) for a, b in pairs)
        and {key: known.get(key) for key in facts} == facts
    )


# Run below a line that loads a network: on the very data it was trained on it is as accurate as its
# facts say. What the notebook measured in a way of its own (`accuracy` in the mark), it asserts.
JUDGE = """\
_facts = trained.history({name!r})
_same_copy = {data}.source.digest == _facts["digest"]
if _same_copy and _facts["accuracy_is"] == "val_accuracy of the last epoch":
    _scores = {model}.predict({data}.x_val, verbose=0)  # of a sigmoid, or one a class (a pixel)
    _sure = _scores[..., 0] > 0.5 if _scores.shape[-1] == 1 else _scores.argmax(axis=-1)
    _on_val = float((_sure == {data}.y_val.reshape(_sure.shape)).mean())
    assert abs(_on_val - _facts["accuracy"]) < 0.002, (_on_val, _facts["accuracy"])
"""


# --- The notebook without its trainings -----------------------------------------------------------


def without_training(notebook: Notebook) -> nbformat.NotebookNode:
    """Return the notebook as it is for someone who doesn't wait.

    Each line that loads a network is uncommented, and the code that it replaces left out: all from
    the top of the marked cell down to the line.
    """
    return _swapped(notebook, _stored_marks.without_training(notebook))


def without_waiting(notebook: Notebook) -> dict[int, str]:
    """Return the code of the cells that run otherwise on the stand-in where nobody waits.

    Stored networks are loaded, save those whose mark says ``"stand_in": "train"``; where a cell has
    quicker lines (``"resume"`` in its metadata) that make all that later cells want of it, these
    run, unless its output is to be compared. The keys are numbers of cells.
    """
    changed = _stored_marks.without_training(notebook, on_stand_in=True)
    quick = {
        cell.number: cell.metadata[presenting.KEY]
        for cell in notebook.code
        if presenting.KEY in cell.metadata and not cell.is_compared and cell.number not in changed
    }
    sources = [
        (cell.number, _needed.plain(changed.get(cell.number, cell.source)))
        for cell in notebook.code
    ]
    everything, quicker = _state.statements(sources, list(quick.items()))
    in_functions = frozenset().union(*(each.later for each in everything))
    for place, lines in quick.items():
        cell = [each for each in everything if each.place == place]
        short = [each for each in quicker if each.place == place]
        below = [each for each in everything if each.place > place]
        if _state.covers(short, cell, _state.wanted_by(below) | in_functions):
            changed[place] = lines
    return changed


def for_the_lanes(notebook: Notebook) -> nbformat.NotebookNode:
    """Return the notebook as the default lane and the browser lane run it, on the stand-in."""
    changed = without_waiting(notebook) if notebook.number in TRAIN_LONG else {}
    return _swapped(notebook, changed)


def _swapped(notebook: Notebook, changed: dict[int, str]) -> nbformat.NotebookNode:
    swapped = nbformat.reads(json.dumps(notebook.raw), as_version=4)
    for number, source in changed.items():
        swapped.cells[number - 1].source = source
    return swapped
