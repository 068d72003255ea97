"""The exercises of notebook 05, the same network in Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise

# --- looking into a model -----------------------------------------------------------------------


def _layers(model: Any) -> list[tuple[int, str]] | str:
    """Return nodes and activation of each dense layer, or what stands in the way.

    An activation that follows as a layer of its own counts as the layer's.
    """
    found: list[tuple[int, str]] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "Dense":
            found.append((int(layer.units), str(layer.activation.__name__)))
        elif kind == "Softmax" and layer.axis not in (-1, 1):
            return "Your Softmax adds up along the samples: leave its axis as it is."
        elif kind in ("Activation", "ReLU", "Softmax") and found and found[-1][1] == "linear":
            name = layer.activation.__name__ if kind == "Activation" else kind.lower()
            found[-1] = (found[-1][0], str(name))
        elif kind != "InputLayer":
            return f"Your model has a layer of the kind {kind}: only Dense layers are needed here."
    return found


def _inputs(model: Any) -> tuple | None:
    """Return the shape of one sample, or None if the model does not know it yet."""
    try:
        return tuple(model.input_shape[1:])
    except (AttributeError, TypeError, ValueError):
        return None


def _is_model(thing: Any) -> bool:
    return hasattr(thing, "layers") and hasattr(thing, "count_params")


def _loss(model: Any) -> tuple[str, bool] | None:
    """Return the loss's name, and whether it expects raw sums; None if nothing is compiled."""
    loss = getattr(model, "loss", None)
    if loss is None:
        return None
    if isinstance(loss, str):
        return loss.casefold(), False
    if not hasattr(loss, "get_config"):
        return str(getattr(loss, "__name__", "")).casefold(), False
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(loss).__name__)
    return name.lstrip("_"), bool(loss.get_config().get("from_logits", False))


_NO_MODEL = "Your function should return a Keras model: end it with `return model`."

# --- build a model to a description -------------------------------------------------------------


def my_build():
    """Return a network for 5 numbers: 6 and 4 ReLU nodes, then one probability. Not compiled."""
    import keras

    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6, activation="relu"),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def _stack(*layers: tuple[int, str | None], inputs: tuple | None = (5,)) -> Any:
    import keras

    first = [] if inputs is None else [keras.Input(inputs)]
    return keras.Sequential(first + [keras.layers.Dense(n, activation=a) for n, a in layers])


def _without_bias(*layers: tuple[int, str | None], inputs: tuple) -> Any:
    import keras

    dense = [keras.layers.Dense(n, activation=a, use_bias=False) for n, a in layers]
    return keras.Sequential([keras.Input(inputs), *dense])


def _built_with_activation_layers():
    import keras

    return keras.Sequential(
        [
            keras.Input(shape=(5,)),
            keras.layers.Dense(6),
            keras.layers.ReLU(),
            keras.layers.Dense(4),
            keras.layers.Activation("relu"),
            keras.layers.Dense(1),
            keras.layers.Activation("sigmoid"),
        ]
    )


def _probe_build(build):
    """Compare nodes, activations and inputs with the description."""
    model = build()
    if not _is_model(model):
        return _NO_MODEL
    layers = _layers(model)
    if isinstance(layers, str):
        return layers
    nodes, activations = [n for n, _ in layers], [a for _, a in layers]
    if nodes == [5, 6, 4, 1]:
        return "input as a layer"
    if nodes == [4, 6, 1]:
        return "swapped"
    if nodes == [6, 4]:
        return "no output"
    if nodes != [6, 4, 1]:
        return f"Your dense layers have {nodes} nodes; asked for are 6, then 4, then 1."
    if _inputs(model) is None:
        return "no input"
    if _inputs(model) != (5,):
        return "input shape", f"One sample has the shape {_inputs(model)} in your model."
    if activations[:2] == ["linear", "linear"]:
        return "no relu"
    if activations[-1] == "softmax":
        return "softmax of one"
    if activations[-1] == "linear":
        return "linear output"
    if activations[-1] == "relu":
        return "relu output"
    if activations != ["relu", "relu", "sigmoid"]:
        return f"The activations of your layers are {', '.join(activations)}. Not all of them fit."
    return None if model.count_params() == 69 else "no bias"


build = ProbeExercise(
    name="build",
    solution=my_build,
    probe=_probe_build,
    expects="a Keras model",
    needs=["keras"],
    variants=[_built_with_activation_layers],
    hints=[
        "The list of keras.Sequential begins with keras.Input((…,)): the shape of ONE sample, "
        "without the number of samples. It is no layer of nodes.",
        "Then one keras.layers.Dense(nodes, activation=…) for each layer. What squeezes one number "
        "into a probability?",
    ],
    misconceptions=[
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu"), (1, "softmax")),
            "Softmax shares 1 out among the nodes of the layer. A single node gets all of it: your "
            "model would answer 1 to everybody. One node needs sigmoid.",
            key="softmax of one",
        ),
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu"), (1, None)),
            "Your last node returns its bare sum, which can be any number, 17 or −3. A probability "
            "needs sigmoid.",
            key="linear output",
        ),
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu"), (1, "relu")),
            "ReLU at the output only cuts off what is negative: it still answers 17 if the sum is "
            "17. A probability needs sigmoid.",
            key="relu output",
        ),
        Misconception(
            lambda: _stack((6, None), (4, None), (1, "sigmoid")),
            "Your hidden layers have no activation, and Dense adds none by itself. Without one, two "
            "layers do no more than one could.",
            key="no relu",
        ),
        Misconception(
            lambda: _stack((4, "relu"), (6, "relu"), (1, "sigmoid")),
            "The hidden layers have changed places: the one with 6 nodes reads the inputs.",
            key="swapped",
        ),
        Misconception(
            lambda: _stack((5, "relu"), (6, "relu"), (4, "relu"), (1, "sigmoid")),
            "You made the five inputs a Dense layer of 5 nodes. Inputs have no weights of their "
            "own: only keras.Input tells how many there are.",
            key="input as a layer",
        ),
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu"), (1, "sigmoid"), inputs=None),
            "Nothing says how many inputs there are, so your model has no weights yet: begin the "
            "list with keras.Input.",
            key="no input",
        ),
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu"), (1, "sigmoid"), inputs=(1000, 5)),
            "The shape that keras.Input asks for is that of one sample: five numbers, (5,). How many samples "
            "there are is left open.",
            key="input shape",
        ),
        Misconception(
            lambda: _stack((6, "relu"), (4, "relu")),
            "The last layer is missing: the hidden nodes are not the answer. One more node adds "
            "them up.",
            key="no output",
        ),
        Misconception(
            lambda: _without_bias((6, "relu"), (4, "relu"), (1, "sigmoid"), inputs=(5,)),
            "The number of parameters is not what full layers with biases have. Leave `use_bias` as "
            "it is, and let each layer read the one before.",
            key="no bias",
        ),
    ],
    well_done="How many parameters has it? Count, then ask `my_build().count_params()`.",
)

# --- from another library's weights -------------------------------------------------------------


def my_to_keras(w1, b1, w2, b2):
    """Turn weights (nodes, inputs) and biases (nodes, 1) into Keras's four arrays."""
    return w1.T, b1.ravel(), w2.T, b2.ravel()


def _to_keras_oracle(w1, b1, w2, b2):
    """Move entry by entry."""

    def kernel(w):
        nodes, inputs = w.shape
        return np.array([[w[j, i] for j in range(nodes)] for i in range(inputs)])

    def bias(b):
        return np.array([row[0] for row in b])

    return kernel(w1), bias(b1), kernel(w2), bias(b2)


def _as_it_was(w1, b1, w2, b2):
    return w1, b1.ravel(), w2, b2.ravel()


def _reshaped(w1, b1, w2, b2):
    return w1.reshape(w1.shape[::-1]), b1.ravel(), w2.reshape(w2.shape[::-1]), b2.ravel()


def _bias_turned_only(w1, b1, w2, b2):
    return w1.T, b1.T, w2.T, b2.T


def _bias_as_column(w1, b1, w2, b2):
    return w1.T, b1, w2.T, b2


def _kernels_first(w1, b1, w2, b2):
    return w1.T, w2.T, b1.ravel(), b2.ravel()


def _last_layer_first(w1, b1, w2, b2):
    return w2.T, b2.ravel(), w1.T, b1.ravel()


def _to_keras_random(rng: np.random.Generator) -> Iterator[Case]:
    for inputs, hidden, outputs in ((4, 5, 3), (2, 6, 5)):
        yield Case(
            (
                rng.integers(-9, 10, (hidden, inputs)),
                rng.integers(-9, 10, (hidden, 1)),
                rng.integers(-9, 10, (outputs, hidden)),
                rng.integers(-9, 10, (outputs, 1)),
            )
        )


to_keras = Exercise(
    name="to_keras",
    solution=my_to_keras,
    oracle=_to_keras_oracle,
    cases=[
        Case(
            (
                np.array([[1, 2], [3, 4], [5, 6]]),
                np.array([[7], [8], [9]]),
                np.array([[10, 20, 30], [40, 50, 60]]),
                np.array([[70], [80]]),
            ),
            "2 inputs, 3 hidden nodes, 2 outputs",
        ),
        Case(
            (
                np.array([[1, 2, 3], [4, 5, 6]]),
                np.array([[-1], [-2]]),
                np.array([[7, 8]]),
                np.array([[9]]),
            ),
            "3 inputs, 2 hidden nodes, 1 output",
        ),
    ],
    random_cases=_to_keras_random,
    tolerance=0,
    hints=[
        "Take the weight from input 0 to node 2. Where does it stand in w1, and where does Keras "
        "look for it?",
        "`.T` turns rows into columns. A bias (nodes, 1) becomes (nodes,) with `.ravel()`.",
    ],
    misconceptions=[
        Misconception(
            _as_it_was,
            "Your kernels are still (nodes, inputs). In Keras a row belongs to an input and a "
            "column to a node, so that samples can be rows.",
        ),
        Misconception(
            _reshaped,
            "The shapes are right, the weights are in wrong places: reshape reads row after row and "
            "fills row after row. You want to turn rows into columns.",
            variants=[
                lambda w1, b1, w2, b2: (
                    w1.ravel().reshape(-1, len(w1)),
                    b1[:, 0],
                    w2.ravel().reshape(-1, len(w2)),
                    b2[:, 0],
                )
            ],
        ),
        Misconception(
            _bias_turned_only,
            "Your biases are (1, nodes), a matrix of one row. Keras stores them as a plain row of "
            "numbers, (nodes,).",
        ),
        Misconception(
            _bias_as_column,
            "Your kernels are right, but your biases are still columns, (nodes, 1). Keras expects "
            "(nodes,).",
        ),
        Misconception(
            _kernels_first,
            "Keras's order goes layer by layer: kernel, bias, kernel, bias. You put both kernels "
            "first.",
        ),
        Misconception(
            _last_layer_first,
            "You began with the last layer. Keras lists the layers as the numbers flow, from the "
            "inputs on.",
        ),
    ],
    well_done="The last trap is silent: a square layer fits both ways round. Comparing predictions, "
    "as we just did, is what finds it.",
)

# --- find the bug: compile ----------------------------------------------------------------------


def my_classifier():
    """Return a network for 4 numbers and 3 classes, compiled for labels 0, 1, 2."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def _compiled(nodes: int, activation: str | None, loss: Any, from_logits: bool = False) -> Any:
    import keras

    model = _stack((8, "relu"), (nodes, activation), inputs=(4,))
    if from_logits:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss)
    return model


def _from_sums():
    return _compiled(3, None, None, from_logits=True)


def _loss_as_object():
    import keras

    return _compiled(3, "softmax", keras.losses.SparseCategoricalCrossentropy())


def _loss_as_function():
    import keras

    return _compiled(3, "softmax", keras.losses.sparse_categorical_crossentropy)


def _probe_classifier(classifier):
    """Compare the last activation with what the loss expects."""
    model = classifier()
    if not _is_model(model):
        return _NO_MODEL
    layers = _layers(model)
    if isinstance(layers, str):
        return layers
    if _inputs(model) != (4,) or len(layers) != 2 or layers[0] != (8, "relu"):
        return (
            "The inputs and the hidden layer were fine: 4 numbers, then 8 nodes with ReLU. Leave "
            "them as they were."
        )
    nodes, activation = layers[-1]
    loss = _loss(model)
    if loss is None:
        return "not compiled"
    name, from_logits = loss
    if nodes == 1:
        return "one node"
    if nodes != 3:
        return f"There are three classes, and your last layer has {nodes} nodes."
    if name == "categorical_crossentropy":
        return "one-hot loss"
    if name in ("mse", "mean_squared_error"):
        return "squared error"
    if name != "sparse_categorical_crossentropy":
        return f"The loss {name} does not fit three classes with the labels 0, 1, 2."
    if getattr(model.loss, "ignore_class", None) is not None:
        return "Your loss leaves out one of the three classes: drop `ignore_class`."
    if model.count_params() != 67:
        return "Your layers lack biases: 4-8-3 has 67 parameters. Leave `use_bias` as it is."
    return _pairing(activation, from_logits)


def _pairing(activation: str, from_logits: bool) -> str | None:
    """Tell whether the last activation and the loss agree on who turns sums into probabilities."""
    if (activation, from_logits) in (("softmax", False), ("linear", True)):
        return None
    if activation == "softmax":
        return "twice"
    if activation == "linear":
        return "nobody"
    if activation == "sigmoid":
        return "sigmoid"
    return f"Your last layer ends in {activation}: its three answers don't add up to 1."


classifier = ProbeExercise(
    name="classifier",
    solution=my_classifier,
    probe=_probe_classifier,
    expects="a compiled Keras model",
    needs=["keras"],
    variants=[_from_sums, _loss_as_object, _loss_as_function],
    hints=[
        "Look at one answer: `broken.predict(x_train[:1])`. What should three probabilities add up "
        "to, and can one of them be negative?",
        "The loss expects probabilities. Which activation makes three of them out of three sums?",
    ],
    misconceptions=[
        Misconception(
            lambda: _compiled(3, None, "sparse_categorical_crossentropy"),
            "The last layer returns bare sums, the loss expects probabilities, and nobody turns the "
            "ones into the others.",
            key="nobody",
        ),
        Misconception(
            lambda: _compiled(3, "softmax", None, from_logits=True),
            "Now both are told to do it: the layer applies softmax, and from_logits=True asks the loss "
            "for it as well. (On TensorFlow Keras notices in `fit`, and warns.) Choose one of the two.",
            key="twice",
        ),
        Misconception(
            lambda: _compiled(3, "sigmoid", "sparse_categorical_crossentropy"),
            "Sigmoid squeezes each node by itself: the three answers don't add up to 1. For one class "
            "out of three, softmax it is.",
            key="sigmoid",
        ),
        Misconception(
            lambda: _compiled(3, "softmax", "categorical_crossentropy"),
            "That loss expects each label as a row such as 0 1 0. These labels are whole numbers: "
            "the loss for them begins with `sparse_`.",
            key="one-hot loss",
        ),
        Misconception(
            lambda: _compiled(3, "softmax", "mse"),
            "The squared error would compare three probabilities with the numbers 0, 1, 2, as if "
            "virginica were twice versicolor. Classes have no distance: use a cross-entropy.",
            key="squared error",
        ),
        Misconception(
            lambda: _compiled(1, "softmax", "sparse_categorical_crossentropy"),
            "One node cannot tell three classes apart: there is one node for each class.",
            key="one node",
        ),
        Misconception(
            lambda: _stack((8, "relu"), (3, "softmax"), inputs=(4,)),
            "Your model is not compiled, so it has no loss: call model.compile before you return it.",
            key="not compiled",
        ),
    ],
    well_done="There are two cures: softmax in the layer, or `from_logits=True` in the loss. Which "
    "one lets `predict` return probabilities?",
)

# --- early stopping -----------------------------------------------------------------------------


def my_early_stop(val_losses, patience):
    """Return (epochs run, best epoch), both counted from 1."""
    best_epoch = 1
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < val_losses[best_epoch - 1]:
            best_epoch = epoch
        if epoch - best_epoch >= patience:
            return epoch, best_epoch
    return len(val_losses), best_epoch


def _early_stop_oracle(val_losses, patience):
    """Shorten the list at the first epoch that has no record among the last `patience`."""
    losses = [float(loss) for loss in val_losses]
    records = [k for k in range(len(losses)) if all(losses[k] < loss for loss in losses[:k])]
    for end in range(len(losses)):
        last = max(k for k in records if k <= end)
        if end - last == patience:
            return end + 1, last + 1
    return len(losses), records[-1] + 1


def _walk(val_losses, patience, better, memory):
    """Stop as asked, with another idea of what is an improvement, or on what it is measured."""
    best, best_epoch, wait = val_losses[0], 1, 0
    for epoch, loss in enumerate(val_losses[1:], start=2):
        improved = better(loss, best)
        wait = 0 if improved else wait + 1
        best_epoch = epoch if improved else best_epoch
        best = loss if improved or memory == "last" else best
        if wait >= patience:
            return epoch, best_epoch
    return len(val_losses), best_epoch


def _against_the_epoch_before(val_losses, patience):
    epochs, _ = _walk(val_losses, patience, lambda a, b: a < b, "last")
    return epochs, int(np.argmin(val_losses[:epochs])) + 1


def _first_rise(val_losses, patience):
    return _walk(val_losses, 1, lambda a, b: a < b, "best")


def _patience_plus_one(val_losses, patience):
    return _walk(val_losses, patience + 1, lambda a, b: a < b, "best")


def _ties_count(val_losses, patience):
    return _walk(val_losses, patience, lambda a, b: a <= b, "best")


def _last_epoch_is_best(val_losses, patience):
    epochs, _ = my_early_stop(val_losses, patience)
    return epochs, epochs


def _from_zero(val_losses, patience):
    epochs, best = my_early_stop(val_losses, patience)
    return epochs - 1, best - 1


def _never_stops(val_losses, patience):
    return len(val_losses), int(np.argmin(val_losses)) + 1


def _bad_epochs_added_up(val_losses, patience):
    best, best_epoch, bad = val_losses[0], 1, 0
    for epoch, loss in enumerate(val_losses[1:], start=2):
        if loss < best:
            best, best_epoch = loss, epoch
        else:
            bad += 1
        if bad >= patience:
            return epoch, best_epoch
    return len(val_losses), best_epoch


def _early_stop_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, patience in ((8, 2), (12, 3), (20, 4)):
        falling = np.linspace(9, 3, n)
        yield Case((np.round(falling + rng.normal(0, 1.5, n)).clip(0).tolist(), patience))


early_stop = Exercise(
    name="early_stop",
    solution=my_early_stop,
    oracle=_early_stop_oracle,
    cases=[
        Case(([9, 7, 8, 8, 6, 5], 2), "two epochs without a new best"),
        Case(([9, 7, 8, 6, 7, 5, 4], 2), "each time it recovers"),
        Case(([5, 4, 4, 4, 3], 2), "level is not better"),
        Case(([9, 5, 8, 7, 6, 4], 3), "falling again, but not below the best"),
        Case(([5, 4, 3], 1), "better every time"),
        Case(([5, 6, 4], 1), "the least patience"),
    ],
    random_cases=_early_stop_random,
    tolerance=0,
    hints=[
        "Walk through the list with a pencil: which epoch holds the best loss so far, and how many "
        "epochs ago was that?",
        "Two things to remember: the best epoch so far, and the epoch now. Stop when they lie "
        "`patience` apart.",
    ],
    misconceptions=[
        Misconception(
            _against_the_epoch_before,
            "You compare each loss with the epoch before. What counts is a new best: falling back "
            "from a rise is no improvement yet.",
        ),
        Misconception(
            _first_rise,
            "You stop at the first epoch without a new best. Patience says how many such epochs in "
            "a row it takes.",
        ),
        Misconception(
            _patience_plus_one,
            "You wait one epoch too many. With patience 2 the second epoch without a new best is the "
            "last.",
        ),
        Misconception(
            _ties_count,
            "You count a loss equal to the best as an improvement. It has to be lower.",
        ),
        Misconception(
            _last_epoch_is_best,
            "You return the last epoch twice. The best one came `patience` epochs earlier: its "
            "weights are the ones worth keeping.",
        ),
        Misconception(
            _from_zero,
            "You count from 0. The first epoch is epoch 1 here, as in what Keras prints.",
        ),
        Misconception(
            _never_stops,
            "You look for the best of all epochs. Once training has stopped, later losses are never "
            "seen.",
        ),
        Misconception(
            _bad_epochs_added_up,
            "You add up all epochs without a new best. Each new best starts the count again: it takes "
            "that many in a row.",
        ),
    ],
    well_done="With restore_best_weights=True, Keras puts the best epoch's weights back when it "
    "stops. Without it, you keep the last ones.",
)
