"""The exercises of notebook 11, a CNN reads digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise, _ProbeOver
from course_utils.digits import shift
from course_utils.exercises.nb05 import _is_model, _loss

# --- shapes, row by row -------------------------------------------------------------------------


def my_trace_shapes(shape, rows):
    """Return the shape (height, width, channels) after each row of the table."""
    height, width, channels = shape
    shapes = []
    for row in rows:
        if row[0] == "conv":
            _, channels, kernel, padding = row
            if padding == "valid":
                height, width = height - kernel + 1, width - kernel + 1
        else:
            height, width = height // row[1], width // row[1]
        shapes.append((height, width, channels))
    return shapes


def _trace_oracle(shape, rows):
    """Count the places of each window, one by one."""
    places = [list(range(shape[0])), list(range(shape[1]))]
    channels, shapes = shape[2], []
    for kind, *numbers in rows:
        for axis, cells in enumerate(places):
            if kind == "pool":
                starts = [c for c in cells[:: numbers[0]] if c + numbers[0] <= len(cells)]
            elif numbers[2] == "same":
                starts = cells
            else:
                starts = [c for c in cells if c + numbers[1] <= len(cells)]
            places[axis] = list(range(len(starts)))
        channels = numbers[0] if kind == "conv" else channels
        shapes.append((len(places[0]), len(places[1]), channels))
    return shapes


def _valid(size: int, kernel: int, padding: str) -> int:
    return size - kernel + 1 if padding == "valid" else size


def _whole_blocks(size: int, window: int) -> int:
    return size // window


def _maps(channels: int, maps: int) -> int:
    return maps


def _walk(
    shape,
    rows,
    conv: Callable = _valid,
    pool: Callable = _whole_blocks,
    maps: Callable = _maps,
    pooled_channels: Callable = lambda channels, window: channels,
):
    """Trace the shapes with one of the rules replaced."""
    height, width, channels = shape
    shapes = []
    for kind, *numbers in rows:
        if kind == "conv":
            height, width = (conv(size, numbers[1], numbers[2]) for size in (height, width))
            channels = maps(channels, numbers[0])
        else:
            height, width = (pool(size, numbers[0]) for size in (height, width))
            channels = pooled_channels(channels, numbers[0])
        shapes.append((height, width, channels))
    return shapes


def _always_from_the_picture(shape, rows):
    return [my_trace_shapes(shape, [row])[0] for row in rows]


def _square(shape, rows):
    return my_trace_shapes((shape[0], shape[0], shape[2]), rows)


def _picture_included(shape, rows):
    return [shape, *my_trace_shapes(shape, rows)]


def _last_row_only(shape, rows):
    return my_trace_shapes(shape, rows)[-1]


def _trace_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(4):
        shape = (*(int(n) for n in rng.integers(40, 70, 2)), int(rng.choice([1, 3])))
        rows: list[tuple] = []
        for _ in range(int(rng.integers(1, 3))):
            kernel, padding = int(rng.integers(2, 8)), str(rng.choice(["same", "valid"]))
            rows += [("conv", int(rng.integers(4, 33)), kernel, padding)]
            rows += [("pool", int(rng.choice([2, 3])))]
        yield Case((shape, rows))


trace_shapes = Exercise(
    name="trace_shapes",
    solution=my_trace_shapes,
    oracle=_trace_oracle,
    cases=[
        Case(((28, 28, 1), [("conv", 8, 3, "same"), ("pool", 2)]), "the first two rows above"),
        Case(
            ((26, 20, 3), [("conv", 32, 3, "valid"), ("pool", 2), ("conv", 64, 3, "valid")]),
            "wider than tall, in colour",
        ),
        Case(((7, 9, 4), [("pool", 2)]), "a row and a column left over"),
        Case(((30, 24, 3), [("pool", 3), ("pool", 2)]), "pooling twice"),
        Case(((5, 6, 1), [("conv", 4, 5, "valid")]), "the kernel just fits"),
        Case(((28, 24, 1), [("conv", 4, 5, "same"), ("conv", 4, 7, "same")]), "larger kernels"),
        Case(((9, 8, 1), [("conv", 2, 4, "same")]), "a kernel without a middle"),
    ],
    random_cases=_trace_random,
    tolerance=0,
    hints=[
        "Keep three variables, height, width and channels, and let each row change them. What does "
        "a convolution change, and what does pooling?",
        "Convolution: the channels become the number of maps. “same” keeps height and width, "
        "“valid” leaves size − kernel + 1 places.",
        "Pooling: `size // window` whole blocks fit, and the channels stay.",
    ],
    misconceptions=[
        Misconception(
            lambda shape, rows: _walk(shape, rows, conv=lambda n, k, p: n - k + 1),
            "You shrink the map at every convolution. With “same” zeros are put around it, so that "
            "height and width stay.",
        ),
        Misconception(
            lambda shape, rows: _walk(
                shape, rows, conv=lambda n, k, p: n - k + (3 if p == "same" else 1)
            ),
            "You add one cell on each side for every “same”. That keeps the size for a kernel of 3; a "
            "larger kernel needs more. “same” means: as many as keep height and width.",
        ),
        Misconception(
            lambda shape, rows: _walk(
                shape, rows, conv=lambda n, k, p: n - k + 1 + (k // 2 * 2 if p == "same" else 0)
            ),
            "For a kernel of even size, kernel // 2 cells on each side are one too many. “same” keeps "
            "height and width whatever the kernel; Keras then adds one cell less on one side.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, pool=lambda n, w: n / w),
            "Half a block can't be pooled, and no map has 4.5 rows: divide with `//`, which leaves out "
            "the rest.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, conv=lambda n, k, p: n),
            "You keep height and width at every convolution. With “valid” the window stays inside "
            "the map: size − kernel + 1 places.",
        ),
        Misconception(
            lambda shape, rows: _walk(
                shape, rows, conv=lambda n, k, p: n - (k if p[0] == "v" else 0)
            ),
            "Your convolutions lose one row and one column too many: a window as large as the map "
            "still has one place. It is size − kernel + 1.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, pool=lambda n, w: -(-n // w)),
            "You count the rest at the edge as a block. Only whole blocks are pooled, as in Keras's "
            "MaxPooling2D: 7 // 2 is 3.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, pool=lambda n, w: n - w + 1),
            "You slide the pooling window by one step. Here it moves on by its own width, as Keras's "
            "MaxPooling2D does unless told otherwise.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, maps=lambda c, m: c * m),
            "You multiply the channels. Each kernel reads all channels that come in and makes one "
            "map: as many come out as there are kernels.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, maps=lambda c, m: c),
            "Your channels never change. After a convolution there is one for each kernel.",
        ),
        Misconception(
            lambda shape, rows: _walk(shape, rows, pooled_channels=lambda c, w: c // w),
            "You pool the channels as well. Pooling shrinks each map on its own: as many come out "
            "as went in.",
        ),
        Misconception(
            _always_from_the_picture,
            "Each of your rows starts from the picture. A row starts from what the row before it "
            "left.",
        ),
        Misconception(
            _square,
            "You use the height for both sides. Pictures need not be square.",
        ),
        Misconception(
            _picture_included,
            "Your list begins with the picture itself. Asked for is one shape after each row.",
        ),
        Misconception(
            _last_row_only,
            "You return the last shape only. Put the shape after each row into a list.",
        ),
    ],
    well_done="Where would a fourth pooling by 2 lead a picture of 28 × 28? Keras refuses the fifth.",
)

# --- parameters of a row ------------------------------------------------------------------------


def my_layer_parameters(shape, row):
    """Return how many numbers a layer learns that reads an input of this shape."""
    if row[0] == "conv":
        _, maps, kernel = row
        return (kernel * kernel * shape[-1] + 1) * maps
    if row[0] == "dense":
        return (shape[0] + 1) * row[1]
    return 0


def _layer_parameters_oracle(shape, row):
    """Count the entries of arrays that have the shapes of Keras's weights."""
    kind, *numbers = row
    if kind in ("pool", "flatten"):
        return 0
    outputs = numbers[0]
    window = numbers[1:] * 2  # empty for a dense layer
    return int(np.zeros((*window, shape[-1], outputs)).size + np.zeros(outputs).size)


def _parameters(
    shape,
    row,
    conv: Callable = lambda shape, maps, kernel: (kernel**2 * shape[-1] + 1) * maps,
    dense: Callable = lambda inputs, nodes: (inputs + 1) * nodes,
    pool: Callable = lambda shape, window: 0,
):
    """Count with one of the rules replaced."""
    kind, *numbers = row
    if kind == "conv":
        return int(conv(shape, *numbers))
    if kind == "dense":
        return int(dense(shape[0], *numbers))
    return int(pool(shape, *numbers)) if kind == "pool" else 0


def _layer_parameters_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3):
        shape = tuple(int(n) for n in (*rng.integers(8, 30, 2), rng.integers(2, 20)))
        yield Case((shape, ("conv", int(rng.integers(2, 40)), int(rng.choice([2, 3, 5])))))
        yield Case((shape, ("pool", int(rng.integers(2, 4)))))
        yield Case(((int(np.prod(shape)),), ("dense", int(rng.integers(2, 100)))))


layer_parameters = Exercise(
    name="layer_parameters",
    solution=my_layer_parameters,
    oracle=_layer_parameters_oracle,
    cases=[
        Case(((28, 28, 1), ("conv", 8, 3)), "the first convolution above"),
        Case(((14, 14, 8), ("conv", 16, 5)), "the second one"),
        Case(((32, 32, 3), ("conv", 4, 1)), "kernels of one cell, in colour"),
        Case(((10, 10, 16), ("pool", 2)), "pooling"),
        Case(((5, 5, 16), ("flatten",)), "flatten"),
        Case(((400,), ("dense", 120)), "the first dense layer"),
        Case(((3,), ("dense", 1)), "one neuron"),
    ],
    random_cases=_layer_parameters_random,
    tolerance=0,
    hints=[
        "Draw one kernel of 3 × 3 that reads 8 channels. How many weights has it? And how many "
        "biases?",
        "One kernel: kernel × kernel × channels in, and one bias. As many kernels as maps come out.",
        "A dense layer: every node has one weight for each input, and one bias. Pooling and flatten "
        "learn nothing: return 0.",
    ],
    misconceptions=[
        Misconception(
            lambda shape, row: _parameters(
                shape, row, lambda s, m, k: k**2 * s[-1] * m, lambda i, n: i * n
            ),
            "The weights are right and the biases are missing: one for each map, and one for each "
            "node.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, lambda s, m, k: (k**2 + 1) * m),
            "Your kernels read one channel only. A kernel has its weights for every channel that "
            "comes in: kernel × kernel × channels.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, lambda s, m, k: (k**2 + 1) * s[-1] * m),
            "You give each kernel one bias per channel. The channels are added up first: one bias "
            "for each map that comes out.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, lambda s, m, k: k**2 * s[-1] * m + 1),
            "You count one bias for the whole convolution. Each of its maps has a bias of its own.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, lambda s, m, k: (k * s[-1] + 1) * m),
            "A kernel is a square: kernel × kernel weights for each channel, not kernel.",
        ),
        Misconception(
            lambda shape, row: _parameters(
                shape, row, lambda s, m, k: (k**2 * s[-1] + 1) * m * s[0] * s[1]
            ),
            "You give every place of the picture weights of its own. The kernel is the same at all "
            "places: the size of the picture does not matter.",
        ),
        Misconception(
            lambda shape, row: _parameters(
                shape, row, lambda s, m, k: (s[0] * s[1] * s[2] + 1) * m
            ),
            "You joined every pixel to every map, as a dense layer would. A kernel has weights for "
            "its own small window only.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, pool=lambda s, w: w**2 * s[-1]),
            "Pooling takes the largest number and multiplies by nothing: there is nothing in it to "
            "learn.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, dense=lambda i, n: i * n + i),
            "Your dense layer has one bias per input. A bias belongs to the node that adds up.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, lambda s, m, k: k**2 * s[-1] * m),
            "The biases of the convolution are missing: one for each map. Your dense layer has them.",
        ),
        Misconception(
            lambda shape, row: _parameters(shape, row, dense=lambda i, n: i * n),
            "The biases of the dense layer are missing: one for each node. Your convolution has them.",
        ),
        Misconception(
            lambda shape, row: my_layer_parameters(shape, row) or None,
            "For pooling and for flatten your function returns nothing. They have nothing to learn, "
            "and that is a number too: return 0.",
        ),
        Misconception(
            lambda shape, row: None if row[0] == "flatten" else my_layer_parameters(shape, row),
            "For flatten your function returns nothing. It only writes numbers in a row and has "
            "nothing to learn: return 0.",
        ),
        Misconception(
            lambda shape, row: None if row[0] == "pool" else my_layer_parameters(shape, row),
            "For pooling your function returns nothing. It only picks the largest number and has "
            "nothing to learn: return 0.",
        ),
    ],
    well_done="Which layer of the table holds most of the parameters? And which does most of the "
    "multiplying?",
)

# --- find two bugs: pictures, network and loss that fit -----------------------------------------------


def my_setup(x):
    """Return the pictures x (n, 28, 28), uint8, and a compiled network that fits them."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Reshape((28, 28, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return x, model


def _network(
    scale: float | None = 1 / 255,
    activation: str | None = "softmax",
    loss: Any = "sparse_categorical_crossentropy",
    from_logits: bool = False,
    nodes: int = 10,
    extra: bool = False,
    offset: float = 0.0,
    relu: bool = True,
    rate: float = 0.001,
) -> Any:
    """Build the network of `my_setup` with something changed."""
    import keras

    layers = [keras.Input((28, 28))]
    layers += [keras.layers.Rescaling(scale, offset)] if scale else []
    layers += [
        keras.layers.Reshape((28, 28, 1)),
        keras.layers.Conv2D(8, 3, activation="relu" if relu else None),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(nodes, activation=activation),
    ]
    layers += [keras.layers.Softmax()] if extra else []
    model = keras.Sequential(layers)
    if from_logits:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if loss:
        model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    return model


def _setup_from_sums(x):
    return x, _network(activation=None, from_logits=True)


def _setup_scaled_outside(x):
    return x / 255, _network(scale=None)


def _setup_with_a_channel(x):
    return x[..., np.newaxis], _network()


def _setup_from_minus_one(x):
    return x, _network(scale=1 / 127.5, offset=-1)


def _setup_relu_as_a_layer(x):
    import keras

    layers = list(_network(relu=False).layers)
    model = keras.Sequential([keras.Input((28, 28)), *layers[:4], keras.layers.ReLU(), *layers[4:]])
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, 90, warmup_target=0.01, warmup_steps=10
    )  # begins at 0, and rises
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="sparse_categorical_crossentropy")
    return x, model


def _what_the_first_kernel_sees(model: Any, pictures: np.ndarray) -> np.ndarray | str:
    """Send pictures through the layers before the first convolution."""
    value = pictures
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D":
            return np.asarray(value, dtype=float)
        if type(layer).__name__ != "InputLayer":
            value = layer(value, training=False)
    return "There is no Conv2D layer left in your network; that part was fine."


def _scale_key(x: np.ndarray, seen: np.ndarray) -> str | tuple | None:
    """Return what is wrong with the numbers that reach the first kernel."""
    if seen.size != x.size:
        return f"Before the first kernel {x.shape} became {seen.shape}: only divide, and Reshape."
    if set(np.unique(seen)) <= {0.0, 1.0}:
        return "Only 0 and 1 reach the first kernel: the greys in between are gone (was it `//`?)."
    if np.ptp(seen) == 0:
        return "Every pixel reaches the first kernel as the same number."
    if np.abs(seen).max() > 50:
        return "not scaled"
    likeness = np.corrcoef(x.ravel(), seen.ravel())[0, 1]
    if likeness < -0.999:
        return "inverted"
    if likeness < 0.999:
        return "The pictures that reach the first kernel have changed. Dividing is all they need."
    if np.ptp(seen) < 0.1:
        return "scaled twice"
    if np.abs(seen).max() > 1.01 or np.abs(seen).max() < 0.9:
        return "other scale", f"Here a pixel of {x.max()} arrives as {seen.max():.2f}."
    return None


def _training_key(model: Any) -> str | None:
    """Return what keeps the network from learning, beside its scale and its loss."""
    rate = model.optimizer.get_config().get("learning_rate")
    if isinstance(rate, float) and not 0 < rate < 1:
        return "rate"
    kinds = [type(layer).__name__ for layer in model.layers]
    between = model.layers[kinds.index("Conv2D") : -1]
    names = [getattr(getattr(layer, "activation", None), "__name__", "linear") for layer in between]
    bends = {"LeakyReLU", "PReLU", "ReLU", "ELU"} & set(kinds)
    return None if bends or any(name != "linear" for name in names) else "no bend"


def _loss_key(model: Any) -> str | None:
    """Return what is wrong between the last layer and the loss."""
    tail = []
    for layer in reversed(model.layers):
        kind = type(layer).__name__
        if kind in ("Softmax", "Activation", "ReLU"):
            tail.append(layer.activation.__name__ if kind == "Activation" else kind.lower())
        else:
            break
    if kind != "Dense":
        return f"Your last layer with weights is {kind}; it was a Dense layer of ten nodes."
    if layer.units != 10:
        return "one node" if layer.units == 1 else f"Ten digits need ten nodes, not {layer.units}."
    tail = [name for name in (*tail, str(layer.activation.__name__)) if name != "linear"]
    loss = _loss(model)
    if loss is None:
        return "not compiled"
    name, from_logits = loss
    if name == "categorical_crossentropy":
        return "one-hot loss"
    if name != "sparse_categorical_crossentropy":
        return f"The loss {name} does not fit ten classes with the labels 0 to 9."
    if tail.count("softmax") > 1:
        return "softmax in two layers"
    return {
        ("softmax", False): None,
        ("softmax", True): "softmax twice",
        ("", True): None,
        ("", False): "no softmax",
        ("relu", False): "no softmax",
        ("sigmoid", False): "sigmoid",
        ("sigmoid", True): "sigmoid",
        ("relu", True): "relu sums",
    }.get((" ".join(tail), from_logits), "The last activation and the loss do not fit each other.")


def _probe_setup(setup):
    """Follow a white pixel to the first kernel, and a sum from the last layer into the loss."""
    rng = np.random.default_rng(3)
    x = np.minimum(rng.integers(0, 256, (8, 28, 28), dtype=np.uint8), 250)
    result = setup(x)
    if not isinstance(result, tuple) or len(result) != 2 or not _is_model(result[1]):
        return "Your function should return the pictures and a Keras model: `return x, model`."
    pictures, model = result
    if not isinstance(pictures, np.ndarray) or pictures.shape not in (x.shape, (*x.shape, 1)):
        return f"The pictures went in as {x.shape}, and came out as {np.shape(pictures)}."
    # a model takes a missing channel axis for granted, its single layers don't
    if len(model.input_shape) == 4 and pictures.ndim == 3:
        pictures = pictures[..., np.newaxis]
    if len(model.input_shape) == 3 and pictures.ndim == 4:
        pictures = pictures[..., 0]
    seen = _what_the_first_kernel_sees(model, pictures)
    if isinstance(seen, str):
        return seen
    scale, loss = _scale_key(x, seen), _loss_key(model)
    if (scale, loss) == ("scaled twice", "no softmax"):
        return "both"
    return scale or loss or _training_key(model)


setup = ProbeExercise(
    name="setup",
    solution=my_setup,
    probe=_probe_setup,
    expects="a pair (pictures, model)",
    needs=["keras"],
    variants=[
        _setup_from_sums,
        _setup_scaled_outside,
        _setup_with_a_channel,
        _setup_from_minus_one,
        _setup_relu_as_a_layer,
    ],
    hints=[
        "Take a white pixel, 255. What is it worth in x when the function returns, and what when it "
        "reaches the first kernel?",
        "Take the ten sums of the last layer. Who turns them into probabilities: the layer, the loss, "
        "or nobody? In notebook 05 `from_logits=True` meant that the loss does it.",
    ],
    misconceptions=[
        Misconception(
            lambda x: (x / 255, _network(activation=None)),
            "Both bugs are still there. Follow a white pixel from x to the first kernel, and one sum "
            "from the last layer into the loss: what is done to each on its way?",
            key="both",
        ),
        Misconception(
            lambda x: (x / 255, _network()),
            "Layer and loss fit now. But the pixels are divided by 255 twice, by you and by the Rescaling "
            "layer: white is 0.004, and the network sees nearly nothing.",
            key="scaled twice",
            variants=[lambda x: (x, _network(scale=1 / 255**2))],
        ),
        Misconception(
            lambda x: (x, _network(activation=None)),
            "The pixels are right now. But nobody applies softmax: the loss takes bare sums for "
            "probabilities. Either the last layer does it, or the loss with from_logits=True.",
            key="no softmax",
            variants=[lambda x: (x, _network(activation="relu"))],
        ),
        Misconception(
            lambda x: (x, _network(from_logits=True)),
            "Now softmax is asked for twice: by the last layer and, with from_logits=True, by the "
            "loss. On TensorFlow Keras notices, warns in `fit` and applies it once; elsewhere nobody "
            "may notice. Keep one of the two.",
            key="softmax twice",
            variants=[lambda x: (x / 255, _network(scale=None, from_logits=True))],
        ),
        Misconception(
            lambda x: (x, _network(scale=None)),
            "Now nobody divides by 255: the first kernel sees numbers up to 255. Once is right.",
            key="not scaled",
        ),
        Misconception(
            lambda x: (x, _network(scale=1 / 128)),
            "The pixels arrive on another scale. White is 255, and should reach the first kernel as 1: "
            "divide by 255, once.",
            key="other scale",
            variants=[lambda x: (x / 1000, _network(scale=None))],
        ),
        Misconception(
            lambda x: (255 - x, _network()),
            "Black and white have changed places: strokes are 0 now, and paper is 1. Dividing is all "
            "that the pixels need.",
            key="inverted",
        ),
        Misconception(
            lambda x: (x, _network(rate=0.0)),
            "With this learning rate nothing is learned, or everything overshoots. `adam` with its "
            "own rate was fine.",
            key="rate",
        ),
        Misconception(
            lambda x: (x, _network(relu=False)),
            "The ReLU after the convolution has gone. Without a bend in between, layers in a row add "
            "up to a single one. That part was fine.",
            key="no bend",
        ),
        Misconception(
            lambda x: (x, _network(activation="sigmoid")),
            "Sigmoid squeezes each of the ten by itself, so they don't add up to 1. One class out of "
            "ten asks for softmax.",
            key="sigmoid",
        ),
        Misconception(
            lambda x: (x, _network(activation="relu", from_logits=True)),
            "ReLU cuts the negative sums off before the loss sees them: a digit that is surely not a 7 "
            "can't say so. The last layer of sums has no activation.",
            key="relu sums",
        ),
        Misconception(
            lambda x: (x, _network(extra=True)),
            "Two layers apply softmax, one after the other. Probabilities of probabilities are all "
            "nearly equal: keep one.",
            key="softmax in two layers",
        ),
        Misconception(
            lambda x: (x, _network(loss="categorical_crossentropy")),
            "That loss wants each label as a row with a single 1. The labels here are whole numbers: "
            "the loss for them begins with `sparse_`.",
            key="one-hot loss",
        ),
        Misconception(
            lambda x: (x, _network(nodes=1, activation="sigmoid")),
            "One node cannot tell ten digits apart: there is one for each class.",
            key="one node",
        ),
        Misconception(
            lambda x: (x, _network(loss=None)),
            "Your model has no loss: call model.compile before you return it.",
            key="not compiled",
        ),
    ],
    well_done="Neither bug raises an error. Two looks before training find them: the largest number "
    "that reaches the first kernel (1), and the loss of `evaluate`, which for ten classes lies near "
    "ln 10 = 2.3; without softmax it is far above. And a loss that stays at 2.3 learns nothing.",
)

# --- find two bugs: small shifts -----------------------------------------------------------------


def my_augment(images, rng):
    """Return the pictures (n, h, w), each moved by up to 2 pixels in a direction of its own."""
    n, h, w = images.shape
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    moved = np.empty_like(images)
    for i in range(n):
        top, left = rng.integers(0, 5, size=2)
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


def _each(images, rng, change: Callable) -> np.ndarray:
    """Change each picture by itself."""
    return np.stack([change(image, *rng.integers(-2, 3, size=2)) for image in images])


def _moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    return shift(image[np.newaxis], int(down), int(right))[0]


def _flipped(images, rng):
    def change(image, down, right):
        return _moved(image[:, ::-1] if rng.random() < 0.5 else image, down, right)

    return _each(images, rng, change)


def _flipped_and_rolled(images, rng):
    def change(image, down, right):
        image = image[:, ::-1] if rng.random() < 0.5 else image
        return np.roll(image, (down, right), axis=(0, 1))

    return _each(images, rng, change)


def _upside_down(images, rng):
    return _each(
        images, rng, lambda image, d, r: _moved(image[::-1] if rng.random() < 0.5 else image, d, r)
    )


def _rolled(images, rng):
    return _each(images, rng, lambda image, d, r: np.roll(image, (d, r), axis=(0, 1)))


def _one_for_all(images, rng):
    down, right = rng.integers(-2, 3, size=2)
    return np.stack([_moved(image, down, right) for image in images])


def _down_and_right_only(images, rng):
    return np.stack([_moved(image, *rng.integers(0, 3, size=2)) for image in images])


def _upper_end_left_out(images, rng):
    return np.stack([_moved(image, *rng.integers(-2, 2, size=2)) for image in images])


def _lower_end_left_out(images, rng):
    return np.stack([_moved(image, *rng.integers(-1, 3, size=2)) for image in images])


def _both_ends_left_out(images, rng):
    return np.stack([_moved(image, *rng.integers(-1, 2, size=2)) for image in images])


def _along_the_diagonal(images, rng):
    return np.stack([_moved(image, *[rng.integers(-2, 3)] * 2) for image in images])


def _sideways_only(images, rng):
    return np.stack([_moved(image, 0, rng.integers(-2, 3)) for image in images])


def _too_far(images, rng):
    return np.stack([_moved(image, *rng.integers(-4, 5, size=2)) for image in images])


def _along_the_other_diagonal(images, rng):
    steps = rng.integers(-2, 3, size=len(images))
    return np.stack([_moved(image, d, -d) for image, d in zip(images, steps, strict=True)])


def _one_axis_at_a_time(images, rng):
    def change(image, down, right):
        return _moved(image, down, 0) if rng.random() < 0.5 else _moved(image, 0, right)

    return _each(images, rng, change)


def _only_the_ends(images, rng):
    return np.stack([_moved(image, *rng.choice([-2, 2], size=2)) for image in images])


def _never_nothing(images, rng):
    return np.stack([_moved(image, *rng.choice([-2, -1, 1, 2], size=2)) for image in images])


def _half_of_them(images, rng):
    return _each(
        images, rng, lambda image, d, r: _moved(image, d, r) if rng.random() < 0.5 else image
    )


def _any_generator(images, rng):
    return my_augment(images, np.random.default_rng())


def _as_floats(images, rng):
    return my_augment(images, rng).astype(float)


def _own_seed(images, rng):
    return my_augment(images, np.random.default_rng(0))


def _for_28_rows(images, rng):
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    places = rng.integers(0, 5, size=(len(images), 2))
    cut = [each[r : r + 28, c : c + 28] for each, (r, c) in zip(padded, places, strict=True)]
    return np.stack(cut)


def _for_squares(images, rng):
    n, side, _ = images.shape
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    moved = np.empty_like(images)
    for i, (top, left) in enumerate(rng.integers(0, 5, size=(n, 2))):
        moved[i] = padded[i, top : top + side, left : left + side]
    return moved


def _not_cut(images, rng):
    n, h, w = images.shape
    moved = np.zeros((n, h + 4, w + 4), dtype=images.dtype)
    for i, image in enumerate(images):
        top, left = rng.integers(0, 5, size=2)
        moved[i, top : top + h, left : left + w] = image
    return moved


def _noise_added(images, rng):
    return np.clip(images + rng.normal(0, 9, images.shape), 0, 255)


def _unchanged(images, rng):
    return images.copy()


def _matches(images: np.ndarray, results: np.ndarray, move: Callable) -> np.ndarray:
    """Return for each result the step (down, right) by which `move` makes it, -9 where none does."""
    found = np.full((len(images), 2), -9)
    steps = [(down, right) for down in range(-6, 7) for right in range(-6, 7)]
    for step in sorted(steps, key=lambda step: max(map(abs, step))):
        missing = np.flatnonzero(found[:, 0] == -9)
        if not missing.size:
            break
        same = (move(images[missing], *step) == results[missing]).all(axis=(1, 2))
        found[missing[same]] = step
    return found


def _roll(images: np.ndarray, down: int, right: int) -> np.ndarray:
    return np.roll(images, (down, right), axis=(1, 2))


def _find_shifts(images: np.ndarray, results: np.ndarray) -> np.ndarray | str:
    """Return the shifts (n, 2) that make `results` of `images`, or the key of what else happened."""
    shifts = _matches(images, results, shift)
    odd = shifts[:, 0] == -9
    if not odd.any():
        return shifts
    rolled = _matches(images[odd], results[odd], _roll)[:, 0] > -9
    if rolled.all():
        return "rolled"
    images, results = images[odd][~rolled][:5], results[odd][~rolled][:5]  # a few are enough
    for mirrored in (images[..., ::-1], images[:, ::-1], images[:, ::-1, ::-1]):
        for move in (shift, _roll):
            if (_matches(mirrored, results, move)[:, 0] > -9).any():
                return "flipped"
    return "other"


def _pictures_with_ink_at_the_edge(rng: np.random.Generator, n: int, h: int, w: int) -> np.ndarray:
    """Return pictures like no mirror image of themselves; what leaves must not come back."""
    images = np.zeros((n, h, w), dtype=np.uint8)
    images[:, 8 : h - 8, 9 : w - 9] = rng.integers(1, 256, (n, h - 16, w - 18))
    images[::2, 0, 5] = images[1::2, 7, w - 1] = 200
    return images


def _probe_augment(augment):
    """Find out by which shift each result came from its picture."""
    n, rng = 80, np.random.default_rng(11)
    images = _pictures_with_ink_at_the_edge(rng, n, 28, 28)
    results = [augment(images, np.random.default_rng(seed)) for seed in (1, 2, 3, 1)]
    for result in results:
        if not isinstance(result, np.ndarray) or result.ndim != 3 or len(result) != n:
            return f"{n} pictures of 28 × 28 went in, and as many should come out, in one array."
        if result.shape != images.shape:
            return "shape", f"Here {images.shape} became {result.shape}."
    moved = [result for result in results if not np.array_equal(result, images)]
    if not moved:
        return "unmoved"
    found = []
    for result in moved:  # one shift for all can happen to be none
        shifts = _find_shifts(images, result)
        if isinstance(shifts, str):
            return shifts
        found.append(shifts)
    if all((shifts == shifts[0]).all() for shifts in found):
        return "one for all"
    if np.array_equal(*results[:2]):
        return "own seed"
    if not np.array_equal(results[0], results[3]):
        return "another generator"
    if finding := _shifts_key(np.concatenate(found)):
        return finding
    if finding := _other_size(augment, _pictures_with_ink_at_the_edge(rng, 20, 32, 40)):
        return finding
    kind = results[0].dtype
    return None if kind == images.dtype else ("type", f"Here uint8 became {kind}.")


def _other_size(augment, images: np.ndarray) -> tuple | None:
    """Return what happens to pictures that are not 28 × 28."""
    here = "Here {} pictures of {} × {} went in".format(*images.shape)
    try:
        result = augment(images, np.random.default_rng(1))
    except _ProbeOver as over:
        return "size", f"{here}. {over.verdict.headline}"
    if not isinstance(result, np.ndarray) or result.shape != images.shape:
        return "size", f"{here}, and the shape {np.shape(result)} came out."
    return ("size", f"{here}.") if isinstance(_find_shifts(images, result), str) else None


def _ends_key(low: int, high: int) -> str | None:
    """Return which of the ends -2 and 2 a shift never reaches."""
    return {
        (True, True): "both ends left out",
        (True, False): "the end -2 left out",
        (False, True): "the end 2 left out",
    }.get((low > -2, high < 2))


def _shifts_key(shifts: np.ndarray) -> str | tuple | None:
    """Return what is wrong with the shifts (n, 2)."""
    if np.abs(shifts).max() > 2:
        return "too far", f"Here one moved by {np.abs(shifts).max()}."
    down, right = shifts.T
    if not shifts.any(axis=0).all():
        return "one axis"
    if (down == right).all() or (down == -right).all():
        return "diagonal"
    if (down * right == 0).all():
        return "one axis at a time"
    if (shifts.min(axis=0) >= 0).any() or (shifts.max(axis=0) <= 0).any():
        return "one way"
    for way, steps in (("down", down), ("to the right", right)):
        if key := _ends_key(steps.min(), steps.max()):
            return key, f"Here the steps {way} go from {steps.min()} to {steps.max()}."
    missing = [step for step in (-1, 0, 1) if step not in down or step not in right]
    if missing:
        return "steps left out", f"Here none moved by {missing[0]}."
    return "half of them" if (shifts == 0).all(axis=1).mean() > 0.25 else None


augment = ProbeExercise(
    name="augment",
    solution=my_augment,
    probe=_probe_augment,
    expects="an array of pictures, shape (n, h, w)",
    variants=[lambda images, rng: _each(images, rng, _moved)],
    hints=[
        "Call it on data.x_train[:10] and show the results under the originals. Is each still the "
        "digit that its label names? Would it be, for photographs of cats?",
        "`np.roll` takes what leaves on one side and puts it in on the other. MNIST's margin hides "
        "that; a stroke at the edge would not.",
        "Pad each picture with 2 rows and columns of background on all sides. A window of h × w then "
        "has 5 × 5 places: draw one for each picture.",
    ],
    misconceptions=[
        Misconception(
            _flipped,
            "Some pictures come back as something that no shift could make of them. Show ten results "
            "beside their originals, a 2, a 3 and a 7 among them: is each still what its label says?",
            key="flipped",
            variants=[_upside_down, _flipped_and_rolled],
        ),
        Misconception(
            _rolled,
            "No picture is mirrored. Now look at a stroke that touches the edge: what leaves on one "
            "side comes in on the other. Background should come in.",
            key="rolled",
        ),
        Misconception(
            _noise_added,
            "The pixels themselves have changed. A shift only moves them: every result should be found "
            "in its original, up to 2 pixels away.",
            key="other",
        ),
        Misconception(
            _unchanged,
            "No picture has moved. Draw a shift from −2 to 2 for each, down and right.",
            key="unmoved",
        ),
        Misconception(
            _one_for_all,
            "All pictures move in the same way. Draw a shift for each of them, not one for the whole "
            "array.",
            key="one for all",
        ),
        Misconception(
            _down_and_right_only,
            "Your digits only move one way, never back: that makes them off-centre on average. Draw "
            "from −2 to 2.",
            key="one way",
        ),
        Misconception(
            _upper_end_left_out,
            "No picture moves by 2, though some move by −2. Both ends belong to it. "
            "(`rng.integers(low, high)` never gives `high`.)",
            key="the end 2 left out",
        ),
        Misconception(
            _lower_end_left_out,
            "No picture moves by −2, though some move by 2. Both ends belong to it: count how many "
            "steps there are from −2 to 2.",
            key="the end -2 left out",
        ),
        Misconception(
            _both_ends_left_out,
            "Your digits move by 1 pixel at most. From −2 to 2 there are five steps, and each should "
            "occur. (`rng.integers(low, high)` never gives `high`.)",
            key="both ends left out",
        ),
        Misconception(
            _sideways_only,
            "Your digits move along one axis only. Draw two shifts, one down and one to the right.",
            key="one axis",
        ),
        Misconception(
            _along_the_diagonal,
            "Down and right always move by the same amount, so all digits slide along a diagonal. Draw "
            "the two independently.",
            key="diagonal",
            variants=[_along_the_other_diagonal],
        ),
        Misconception(
            _one_axis_at_a_time,
            "Each of your digits moves down or to the right, never both at once. Draw two shifts for "
            "each picture.",
            key="one axis at a time",
        ),
        Misconception(
            _never_nothing,
            "Some amounts never occur. Each axis should take all five from −2 to 2, with 0 among them.",
            key="steps left out",
            variants=[_only_the_ends],
        ),
        Misconception(
            _half_of_them,
            "Too many pictures stay where they are. Draw a shift for each of them: only one in 25 then "
            "happens to get 0 twice.",
            key="half of them",
        ),
        Misconception(
            _any_generator,
            "The same generator, seeded alike, gives other shifts the second time: nobody could repeat "
            "your training. Draw from the `rng` that comes in.",
            key="another generator",
        ),
        Misconception(
            _as_floats,
            "The pictures are right, but no longer uint8: they take several times the memory. Put them "
            "into an array like the one that came in (`np.empty_like`).",
            key="type",
        ),
        Misconception(
            _too_far,
            "Some pictures move by more than 2 pixels. Asked for are shifts from −2 to 2.",
            key="too far",
        ),
        Misconception(
            _own_seed,
            "Two calls with different generators give the same shifts: use the `rng` that comes in, or "
            "every epoch will see the same pictures.",
            key="own seed",
        ),
        Misconception(
            _not_cut,
            "Your pictures no longer have the size they came with. Cut a window of the old size out "
            "of the padded picture.",
            key="shape",
        ),
        Misconception(
            _for_28_rows,
            "For pictures of 28 × 28 all is right, for others it isn't. Take the height and the width "
            "from `images.shape`, each in its place.",
            key="size",
            variants=[_for_squares],
        ),
    ],
    well_done="Which changes leave a digit what it is, and which would leave a cat a cat? Notebook 13 "
    "tries them.",
)
