"""What each part of notebook 13's recipe contributes: one change at a time, several seeds.

    COURSE_DATA_DIR=… python -m benchmarks.ablation

The recipe is built up from a plain network, a change a row, each row keeping the changes above it;
then the recipe, its answers not averaged, is left in one point at a time. All rows train on the
same pictures for as many epochs and are compared on the validation part: the test part is not read.

Each row is the notebook's own `build_cnn` and `train_well` with some of the functions that they
call replaced (`group`, `compile_well`, `shift_and_flip`); the row of the whole recipe replaces
them by ones that do the same. Every run is stored as soon as it ends, in `results/ablation.json`,
under a digest of its settings and of the notebook's functions: an interrupted benchmark goes on
where it stopped, and only what has changed is run again.

Sources: He initialisation, K. He et al., "Delving deep into rectifiers", 2015; batch
normalisation, S. Ioffe and C. Szegedy, 2015; one cycle, L. Smith and N. Topin,
"Super-convergence", 2018; label smoothing, C. Szegedy et al., "Rethinking the Inception
architecture", 2016; smaller pictures first and mirror images in turn, K. Jordan, "94% on CIFAR-10
in 3.29 seconds on a single GPU", 2024 (alternating flip), and J. Howard's fast.ai course, 2018.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from benchmarks import well_trained
from benchmarks.measure import (
    Clock,
    at_work,
    digest,
    in_own_process,
    load_average,
    machine,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import datasets
from course_utils.environment import quiet_import

PICTURES = 10_000  # the first of the training part
EPOCHS = 8
SEEDS = (0, 1, 2)
ADAM_RATE = 0.001  # Keras's default, constant
ADAM_PEAK = 0.004
WEIGHT_DECAY = 5e-4


@dataclass(frozen=True)
class Settings:
    """All that tells one run from another but its seed."""

    channels: tuple[int, ...]
    sizes: tuple[int, ...]  # of the pictures, an epoch each
    batch_size: int
    peak: float
    smoothing: float
    far: int  # pixels
    initial: str | float = "glorot_uniform"  # a name of Keras's, or a standard deviation
    order: tuple[str, ...] = ("pool", "normalise", "relu")
    end: str = "max"
    optimiser: str = "sgd"
    one_cycle: bool = True
    weight_decay: float = WEIGHT_DECAY
    mirrored: bool = True
    dropout: float = 0.0  # share, after pooling or where the order names it
    rotation: float = 0.0  # degrees, at most
    scaling: float = 0.0  # share, at most
    noise: float = 0.0  # grey values, standard deviation


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    name: str
    group: str  # "build-up", "departure" or "aside"
    change: str
    settings: Settings
    both_ways: bool = False  # mirror images averaged at prediction


def stretched(sizes: tuple[int, ...], epochs: int) -> tuple[int, ...]:
    """Return as many sizes as epochs, each kept for its share of them."""
    return tuple(sizes[epoch * len(sizes) // epochs] for epoch in range(epochs))


def whole_recipe() -> Settings:
    """Return the recipe of notebook 13, with the number of epochs of the ablation."""
    return Settings(
        channels=well_trained.CHANNELS,
        sizes=stretched(well_trained.default("train_well", "sizes"), EPOCHS),
        batch_size=well_trained.default("train_well", "batch_size"),
        peak=well_trained.default("train_well", "peak"),
        smoothing=well_trained.default("compile_well", "smoothing"),
        far=well_trained.default("train_well", "far"),
    )


def build_up() -> list[Row]:
    """Return the rows from the plain network to the whole recipe."""
    whole = whole_recipe()
    plain = replace(
        whole,
        sizes=(32,) * EPOCHS,
        peak=ADAM_RATE,
        smoothing=0.0,
        far=0,
        initial=0.05,
        order=("relu", "pool"),
        optimiser="adam",
        one_cycle=False,
        weight_decay=0.0,
        mirrored=False,
    )
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("plain", "plain network, Adam, weights of size 0.05", {}),
        ("he", "He initialisation", {"initial": "he_normal"}),
        ("after", "batch normalisation after the ReLU", {"order": ("relu", "normalise", "pool")}),
        (
            "before",
            "batch normalisation before the ReLU instead",
            {"order": ("normalise", "relu", "pool")},
        ),
        ("pool_first", "pooling before both", {"order": whole.order}),
        ("glorot", "Glorot initialisation (Keras's default)", {"initial": whole.initial}),
        ("cycle", "one cycle of the learning rate", {"one_cycle": True, "peak": ADAM_PEAK}),
        (
            "sgd",
            "SGD with Nesterov momentum instead of Adam",
            {"optimiser": "sgd", "peak": whole.peak},
        ),
        ("decay", "weight decay", {"weight_decay": whole.weight_decay}),
        ("smoothing", "label smoothing", {"smoothing": whole.smoothing}),
        ("flips", "mirror images", {"mirrored": True}),
        ("shifts", "shifts", {"far": whole.far}),
        ("sizes", "smaller pictures first", {"sizes": whole.sizes}),
    ]
    rows, settings = [], plain
    for name, change, difference in steps:
        settings = replace(settings, **difference)
        rows.append(Row(name, "build-up", change, settings))
    last = "mirror images averaged at prediction"
    return [*rows, Row("both_ways", "build-up", last, settings, both_ways=True)]


def departures() -> list[Row]:
    """Return the rows that differ from the whole recipe in one point each."""
    whole = whole_recipe()
    half = tuple(count // 2 for count in whole.channels)
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("dropout", "dropout of 0.2 before normalisation", {"dropout": 0.2}),
        ("rotation", "turned by up to 15°", {"rotation": 15.0}),
        ("scaling", "scaled by up to 10 %", {"scaling": 0.1}),
        ("noise", "noise of 8 grey values", {"noise": 8.0}),
        ("batch_32", "batches of 32", {"batch_size": 32}),
        ("batch_512", "batches of 512", {"batch_size": 512}),
        (
            "pool_last",
            "pooling after normalisation and ReLU",
            {"order": ("normalise", "relu", "pool")},
        ),
        ("average", "global average pooling", {"end": "average"}),
        ("narrow", f"channels {'-'.join(map(str, half))}", {"channels": half}),
    ]
    return [
        Row(name, "departure", change, replace(whole, **difference))
        for name, change, difference in changes
    ]


def asides() -> list[Row]:
    """Return rows that explain another; measured on another day, so without their seconds."""
    order = ("pool", "normalise", "relu", "dropout")
    settings = replace(whole_recipe(), order=order, dropout=0.2)
    return [Row("dropout_last", "aside", "dropout of 0.2 after the ReLU", settings)]


def table() -> list[Row]:
    """Return all rows."""
    return [*build_up(), *departures(), *asides()]


# --- one run --------------------------------------------------------------------------------


def group_of(settings: Settings, keras: Any) -> Callable[[int], list[Any]]:
    """Return what takes the place of the notebook's `group`."""
    layers = keras.layers
    biased = settings.order.index("relu") < [*settings.order, "normalise"].index("normalise")
    kinds: dict[str, Callable[[], Any]] = {
        "pool": layers.MaxPooling2D,
        "normalise": lambda: layers.BatchNormalization(momentum=0.9),
        "relu": layers.ReLU,
        "dropout": lambda: layers.Dropout(settings.dropout),
    }

    def group(channels: int) -> list[Any]:
        initial = settings.initial
        if not isinstance(initial, str):
            initial = keras.initializers.RandomNormal(stddev=initial)  # one instance, one draw
        convolution = layers.Conv2D(
            channels, 3, padding="same", use_bias=biased, kernel_initializer=initial
        )
        order = [*settings.order]
        if settings.dropout and "dropout" not in order:
            order.insert(order.index("pool") + 1, "dropout")
        return [convolution, *(kinds[kind]() for kind in order)]

    return group


def compile_of(settings: Settings, keras: Any, one_cycle: Callable) -> Callable[..., None]:
    """Return what takes the place of the notebook's `compile_well`."""

    def compile_model(model: Any, peak: float, steps: int) -> None:
        rate = one_cycle(peak, steps) if settings.one_cycle else peak
        if settings.optimiser == "sgd":
            optimiser = keras.optimizers.SGD(
                rate, momentum=0.9, nesterov=True, weight_decay=settings.weight_decay or None
            )
        else:
            optimiser = keras.optimizers.Adam(rate, weight_decay=settings.weight_decay or None)
        model.compile(
            optimizer=optimiser,
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.smoothing),
            metrics=["accuracy"],
        )

    return compile_model


def turned_and_scaled(
    pictures: np.ndarray, rotation: float, scaling: float, rng: np.random.Generator
) -> np.ndarray:
    """Return pictures (n, h, w, 3), uint8, each turned and scaled about its middle at random.

    Parameters
    ----------
    pictures : ndarray
        Of dtype uint8.
    rotation : float
        Degrees, at most, either way.
    scaling : float
        Share, at most, either way: 0.1 for 0.9 to 1.1.
    rng : numpy.random.Generator
        Draws an angle and a factor for each picture.
    """
    import keras

    angle = np.radians(rng.uniform(-rotation, rotation, len(pictures)))
    factor = rng.uniform(1 - scaling, 1 + scaling, len(pictures))
    cosine, sine = np.cos(angle) / factor, np.sin(angle) / factor
    middle = (pictures.shape[1] - 1) / 2
    zero = np.zeros_like(cosine)
    matrix = [
        *(cosine, -sine, middle * (1 - cosine + sine)),
        *(sine, cosine, middle * (1 - sine - cosine)),
        *(zero, zero),
    ]
    moved = keras.ops.image.affine_transform(
        pictures.astype("float32"),
        np.stack(matrix, axis=1).astype("float32"),
        interpolation="bilinear",
        fill_mode="reflect",
    )
    return np.rint(moved).clip(0, 255).astype("uint8")


def move_of(settings: Settings, shift_and_flip: Callable) -> Callable[..., np.ndarray]:
    """Return what takes the place of the notebook's `shift_and_flip`."""

    def move(
        pictures: np.ndarray, far: int, mirrored: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        mirrored = mirrored & settings.mirrored
        pictures = shift_and_flip(pictures, far, mirrored, rng)
        if settings.rotation or settings.scaling:
            pictures = turned_and_scaled(pictures, settings.rotation, settings.scaling, rng)
        if settings.noise:
            noisy = pictures + rng.normal(0, settings.noise, pictures.shape)
            pictures = np.rint(noisy).clip(0, 255).astype("uint8")
        return pictures

    return move


def assemble(settings: Settings, keras: Any) -> tuple[Any, Any]:
    """Return the network of the settings, untrained, and the functions to train it with."""
    original = well_trained.functions(keras)
    notebook = well_trained.functions(
        keras,
        group=group_of(settings, keras),
        compile_well=compile_of(settings, keras, original.one_cycle),
        shift_and_flip=move_of(settings, original.shift_and_flip),
    )
    model = notebook.build_cnn(*settings.channels)
    if settings.end == "average":
        layers = [
            keras.layers.GlobalAveragePooling2D()
            if isinstance(layer, keras.layers.GlobalMaxPooling2D)
            else layer
            for layer in model.layers
        ]
        model = keras.Sequential([keras.Input((None, None, 3)), *layers])
    return model, notebook


def train_once(data: datasets.Dataset, settings: Settings, seed: int) -> dict[str, float]:
    """Train once and read the validation part.

    Returns
    -------
    dict
        `accuracy` and `both_ways`, the validation accuracy without and with mirror images
        averaged; `cpu` and `cpu_both_ways`, CPU seconds of the training and of that reading.
    """
    with quiet_import():
        import keras

    keras.utils.set_random_seed(seed)
    model, notebook = assemble(settings, keras)
    with Clock() as training:
        notebook.train_well(
            model,
            (data.x_train[:PICTURES], data.y_train[:PICTURES]),
            sizes=settings.sizes,
            peak=settings.peak,
            batch_size=settings.batch_size,
            far=settings.far,
            seed=seed,
            show=None,
        )
    seen = well_trained.in_size(data.x_val, settings.sizes[-1], notebook)
    with Clock() as reading:
        once = model.predict(seen, 500, verbose=0)
    with Clock() as reading_both:
        both = notebook.predict_both_ways(model, seen)
    return {
        "accuracy": float((once.argmax(axis=1) == data.y_val).mean()),
        "both_ways": float((both.argmax(axis=1) == data.y_val).mean()),
        "cpu": training.cpu + reading.cpu,
        "cpu_both_ways": training.cpu + reading_both.cpu,
    }


def run(name: str, seed: int) -> dict[str, float]:
    """Load the data and run one row (in a process of its own)."""
    settings = {row.name: row.settings for row in table()}[name]
    return train_once(datasets.load_cifar10(), settings, seed)


# --- all runs -------------------------------------------------------------------------------


def stored(results: dict[str, Any], rows: list[Row], data: str) -> list[dict[str, Any]]:
    """Return the rows as they are stored, with those earlier runs that still hold."""
    earlier = {row["digest"]: row for row in results.get("rows", [])}
    code = well_trained.code(without=("group", "compile_well", "one_line"))
    kept = []
    for row in rows:
        mark = digest(data, PICTURES, row.both_ways, asdict(row.settings), code)
        kept.append(
            {
                "name": row.name,
                "group": row.group,
                "change": row.change,
                "digest": mark,
                "runs": earlier.get(mark, {}).get("runs", []),
            }
        )
    return kept


def all_runs(
    one_run: Callable[[str, int], dict[str, float]], source: datasets.Source
) -> dict[str, Any]:
    """Make every run that is not stored, seed by seed, and store each as it ends.

    Rows of equal settings share a run.
    """
    rows = table()
    results = {
        "data": str(source),
        "digest": source.digest,
        "machine": machine(),
        "pictures": PICTURES,
        "epochs": EPOCHS,
        "rows": stored(read_results("ablation"), rows, source.digest),
    }
    write_results("ablation", results)
    for seed in SEEDS:
        for row in rows:
            same = [
                (keep, other)
                for keep, other in zip(results["rows"], rows, strict=True)
                if other.settings == row.settings
                and seed not in [found["seed"] for found in keep["runs"]]
            ]
            if not same:
                continue
            load = load_average()
            found = one_run(row.name, seed)
            for keep, other in same:
                ending = ("both_ways", "cpu_both_ways") if other.both_ways else ("accuracy", "cpu")
                accuracy, cpu = (found[key] for key in ending)
                keep["runs"].append(
                    {"seed": seed, "accuracy": accuracy, "cpu": round(cpu, 1), "load": load}
                )
                print(f"seed {seed}, {other.name}: {accuracy:.4f}, {cpu:.0f} s", flush=True)
            write_results("ablation", results)
            store("ablation", as_markdown(results))
    return results


def as_markdown(results: dict[str, Any]) -> str:
    """Return the tables."""
    parts = {
        "build-up": "From a plain network to the recipe; each row keeps the changes above it.",
        "departure": "The recipe, read once (the last row but one above), with one change.",
        "aside": "That recipe with dropout in another place. It was run on another day, when the "
        "machine was slower: its seconds are not compared.",
    }
    runs = [run for row in results["rows"] for run in row["runs"]]
    seeds = sorted({run["seed"] for run in runs})
    lines = [
        "# Notebook 13's recipe, a change at a time",
        "",
        f"Data: {results['data']}. The first {results['pictures']} training pictures, "
        f"{results['epochs']} epochs; accuracy on the validation part, mean (smallest–largest) "
        f"of seeds {', '.join(map(str, seeds))}. CPU seconds: training, and reading the "
        f"validation part; mean. {results['machine']}. {at_work(runs)}",
    ]
    for group, heading in parts.items():
        head = ["change", "accuracy", "CPU s"][: 2 if group == "aside" else 3]
        lines += ["", heading, "", f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
        for row in results["rows"]:
            if row["group"] == group and row["runs"]:
                reached = [run["accuracy"] for run in row["runs"]]
                cpu = statistics.mean(run["cpu"] for run in row["runs"])
                cells = [
                    row["change"],
                    f"{statistics.mean(reached):.3f} ({min(reached):.3f}–{max(reached):.3f})",
                    f"{math.ceil(cpu)}",
                ]
                lines.append(f"| {' | '.join(cells[: len(head)])} |")
    return "\n".join(lines)


def main() -> None:
    """Make the runs that are missing and publish the table."""

    def one_run(name: str, seed: int) -> dict[str, float]:
        return in_own_process("benchmarks.ablation:run", name=name, seed=seed)

    publish("ablation", as_markdown(all_runs(one_run, datasets.load_cifar10().source)))


if __name__ == "__main__":
    main()
