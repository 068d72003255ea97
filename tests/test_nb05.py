"""The exercises of notebook 05 agree with Keras, which their oracles do not import."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from course_utils import dense
from course_utils.environment import quiet_import
from course_utils.exercises import nb05

with quiet_import():
    import keras


def keras_stops(val_losses, patience) -> tuple[int, int]:
    """Let Keras's own callback look at the losses, as `fit` would."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    callback = keras.callbacks.EarlyStopping(patience=patience, monitor="val_loss", mode="min")
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin()
    for epoch, loss in enumerate(val_losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            return epoch + 1, callback.best_epoch + 1
    return len(val_losses), callback.best_epoch + 1


@pytest.mark.parametrize("seed", range(4))
def test_early_stopping_is_keras_s(seed):
    for case in (*nb05.early_stop.draw_cases(seed), *nb05.early_stop.fixed_cases):
        assert nb05.early_stop.oracle(*case.args) == keras_stops(*case.args), case


def test_the_stopping_worked_out_in_the_notebook():
    assert keras_stops([9, 7, 8, 8, 6, 5], 2) == (4, 2), "it never sees the 6"


def test_weights_from_elsewhere_give_the_same_answers():
    rng = np.random.default_rng(0)
    w1, b1, w2, b2 = (rng.normal(size=s) for s in ((5, 4), (5, 1), (3, 5), (3, 1)))
    x = rng.normal(size=(7, 4))
    hidden = np.maximum(w1 @ x.T + b1, 0)  # samples as columns
    expected = dense.softmax((w2 @ hidden + b2).T)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights(nb05.to_keras.oracle(w1, b1, w2, b2))
    np.testing.assert_allclose(model(x), expected, atol=1e-6)


def test_the_two_cures_are_the_same_loss_and_the_bug_is_another():
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    with_softmax, from_sums = nb05.my_classifier(), nb05._from_sums()
    broken = nb05.classifier.misconceptions[0].wrong()
    losses = []
    for model in (with_softmax, from_sums, broken):
        model.set_weights(with_softmax.get_weights())
        losses.append(float(model.compute_loss(x, labels, model(x))))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert abs(losses[2] - losses[0]) > 0.05


def test_a_built_model_that_lacks_one_relu_is_described():
    verdict = nb05.build.verdict(lambda: nb05._stack((6, "relu"), (4, None), (1, "sigmoid")))
    assert "relu, linear, sigmoid" in verdict.headline
    verdict = nb05.build.verdict(lambda: nb05._stack((6, "relu"), (1, "sigmoid")))
    assert "[6, 1]" in verdict.headline
    assert "return a Keras model" in nb05.build.verdict(lambda: 3).headline


def test_a_classifier_that_fits_but_for_a_detail_is_told_which():
    def compiled(last, loss="sparse_categorical_crossentropy", **details):
        first = [keras.Input((4,)), keras.layers.Dense(8, activation="relu")]
        model = keras.Sequential([*first, keras.layers.Dense(3, **details), *last])
        model.compile(optimizer="adam", loss=loss)
        return model

    skipping = keras.losses.SparseCategoricalCrossentropy(ignore_class=1)
    for word, model in {
        "along the samples": compiled([keras.layers.Softmax(axis=0)]),
        "ignore_class": compiled([], skipping, activation="softmax"),
        "biases": compiled([], activation="softmax", use_bias=False),
    }.items():
        assert word in nb05.classifier.verdict(lambda model=model: model).headline
    assert nb05.classifier.verdict(lambda: compiled([keras.layers.Softmax()])).voice == "well done"


def test_a_notebook_that_shows_or_runs_the_playground_ends():
    """Without a page nothing draws: the thread waits, and neither the run nor the kernel hangs."""
    cells = [
        "from course_utils.widgets import playground\nplay = playground()\nplay",
        "import threading\nprint(sum(t.name == 'playground' for t in threading.enumerate()))",
        "play.run()\nimport time\ntime.sleep(0.5)\nprint(play.running, play.epoch)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    # A busy kernel may hand over one line in two pieces.
    _, before, running = ("".join(o.get("text", "") for o in c["outputs"]) for c in notebook.cells)
    assert before == "0\n"
    assert running.startswith("True ")
    assert all(o.get("name") != "stderr" for cell in notebook.cells for o in cell["outputs"])
