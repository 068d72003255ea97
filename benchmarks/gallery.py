"""What the networks of notebook 16 reach on test scenes, with three seeds, and without a network.

The networks and the features of the forest are those of the notebook, taken out of it; the
recipes (epochs, rates, sizes) were chosen on the validation scenes. Only missing runs are made,
of all rows or of those that are named.

    python -m benchmarks.gallery
    python -m benchmarks.gallery boxes grad_cam
"""

from __future__ import annotations

import math
import statistics
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.from_notebook import code_of, definitions
from benchmarks.measure import (
    Clock,
    digest,
    in_own_process,
    machine,
    middle,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import grad_cam, overlap, scenes
from course_utils.environment import quiet_import

NOTEBOOK = "16_a_gallery_of_uses.ipynb"
SEEDS = (0, 1, 2)
EPOCHS = {"unet": 10, "no_bridges": 10, "boxes": 10, "grad_cam": 8}
FOREST_SCENES = 400
WINDOW, STRIDE = 24, 2  # what a cell of the classifier's last maps sees, and its step, in pixels
WHAT = {
    "forest": "forest, pixel by pixel",
    "no_bridges": "U-Net without its bridges",
    "unet": "U-Net",
    "boxes": "box, four numbers",
    "grad_cam": "Grad-CAM's peak in the box",
}
UNIT = {
    "forest": "mean IoU",
    "no_bridges": "mean IoU",
    "unet": "mean IoU",
    "boxes": "mean IoU of boxes",
    "grad_cam": "share of scenes",
}
_BUILDERS = ["block", "build_unet", "build_box_network", "build_classifier", "compile_in_cycle"]
_FOREST = ["pixel_features", "grow_forest"]


def notebook() -> SimpleNamespace:
    """Return the functions of the notebook that make and train its networks."""
    with quiet_import():
        import keras
    return definitions(NOTEBOOK, _BUILDERS, keras=keras, math=math)


def forest_functions() -> SimpleNamespace:
    """Return the functions of the notebook that make the forest."""
    from scipy.ndimage import uniform_filter
    from sklearn.ensemble import RandomForestClassifier

    names = {"uniform_filter": uniform_filter, "RandomForestClassifier": RandomForestClassifier}
    return definitions(NOTEBOOK, _FOREST, np=np, **names)


def run_forest(seed: int) -> dict[str, Any]:
    """Grow the forest on training scenes and read the test scenes."""
    data, functions = scenes.load_segmentation(), forest_functions()
    with Clock() as clock:
        forest = functions.grow_forest(
            data.x_train[:FOREST_SCENES], data.y_train[:FOREST_SCENES], seed
        )
        answers = forest.predict(functions.pixel_features(data.x_test))
    return _masks(data, answers.reshape(data.y_test.shape), clock)


def run_unet(seed: int, bridges: bool) -> dict[str, Any]:
    """Train a U-Net and read the test scenes."""
    data, functions = scenes.load_segmentation(), notebook()
    epochs = EPOCHS["unet" if bridges else "no_bridges"]
    _seeded(seed)
    model = functions.build_unet(bridges=bridges)
    with Clock() as clock:
        functions.compile_in_cycle(
            model, "sparse_categorical_crossentropy", "accuracy", len(data.x_train), epochs
        )
        model.fit(data.x_train, data.y_train, epochs=epochs, verbose=0)
    return _masks(data, model.predict(data.x_test, verbose=0).argmax(axis=-1), clock)


def run_boxes(seed: int) -> dict[str, Any]:
    """Train the network that says boxes and read the test scenes."""
    _, data = scenes.load_localisation()
    functions = notebook()
    _seeded(seed)
    model = functions.build_box_network()
    with Clock() as clock:
        functions.compile_in_cycle(
            model, "mean_absolute_error", "mean_squared_error", len(data.x_train), EPOCHS["boxes"]
        )
        model.fit(data.x_train, data.y_train / 48, epochs=EPOCHS["boxes"], verbose=0)
    found = 48 * model.predict(data.x_test, verbose=0)
    always = overlap.box_iou(data.y_train.mean(axis=0), data.y_test)
    return {
        "score": float(overlap.box_iou(found, data.y_test).mean()),
        "mean_box": float(always.mean()),
        "cpu": round(clock.cpu, 1),
    }


def run_grad_cam(seed: int) -> dict[str, Any]:
    """Train the classifier and ask where it looks for what it says, on the test scenes."""
    objects, places = scenes.load_localisation()
    functions = notebook()
    _seeded(seed)
    model = functions.build_classifier()
    with Clock() as clock:
        functions.compile_in_cycle(
            model,
            "sparse_categorical_crossentropy",
            "accuracy",
            len(objects.x_train),
            EPOCHS["grad_cam"],
        )
        model.fit(objects.x_train, objects.y_train, epochs=EPOCHS["grad_cam"], verbose=0)
    says = model.predict(objects.x_test, verbose=0).argmax(axis=-1)
    heat = grad_cam.heat_maps(model, objects.x_test, says, model.layers[-3].name)
    hits = grad_cam.inside(grad_cam.peaks(heat, WINDOW, STRIDE), places.y_test)
    centre = np.full((len(hits), 2), scenes.SIDE / 2)
    right = says == objects.y_test
    return {
        "score": float(hits.mean()),
        "accuracy": float(right.mean()),
        "right_on_hits": float(right[hits].mean()),
        "right_on_misses": float(right[~hits].mean()),
        "middle": float(grad_cam.inside(centre, places.y_test).mean()),
        "cpu": round(clock.cpu, 1),
    }


def run(name: str, seed: int) -> dict[str, Any]:
    """Make one run (in a process of its own)."""
    runs = {
        "forest": run_forest,
        "no_bridges": lambda seed: run_unet(seed, bridges=False),
        "unet": lambda seed: run_unet(seed, bridges=True),
        "boxes": run_boxes,
        "grad_cam": run_grad_cam,
    }
    return runs[name](seed)


def _seeded(seed: int) -> None:
    with quiet_import():
        import keras
    keras.utils.set_random_seed(seed)


def _masks(data: Any, answers: np.ndarray, clock: Clock) -> dict[str, Any]:
    each = overlap.class_ious(data.y_test, answers, len(data.class_names))
    return {
        "score": overlap.mean_iou(data.y_test, answers, len(data.class_names)),
        "classes": [round(float(value), 4) for value in each],
        "right": float((answers == data.y_test).mean()),
        "cpu": round(clock.cpu, 1),
    }


def mark(name: str, digests: dict[str, str]) -> str:
    """Return a mark of all that a row's result depends on: data, code, epochs."""
    needed = {
        "forest": _FOREST,
        "no_bridges": ["block", "build_unet", "compile_in_cycle"],
        "unet": ["block", "build_unet", "compile_in_cycle"],
        "boxes": ["block", "build_box_network", "compile_in_cycle"],
        "grad_cam": ["block", "build_classifier", "compile_in_cycle"],
    }[name]
    kind = "objects" if name in ("boxes", "grad_cam") else "masks"
    return digest(digests[kind], code_of(NOTEBOOK, needed), EPOCHS.get(name, FOREST_SCENES))


def all_runs(wanted: list[str]) -> dict[str, Any]:
    """Make the runs of the wanted rows that are not stored, and store each as it ends."""
    with_masks, (with_labels, _) = scenes.load_segmentation(), scenes.load_localisation()
    digests = {"masks": with_masks.source.digest, "objects": with_labels.source.digest}
    earlier = read_results("gallery").get("rows", {})
    rows: dict[str, dict[str, Any]] = {}
    for name, what in WHAT.items():
        here = mark(name, digests)
        kept = earlier.get(name, {})
        runs = kept.get("runs", []) if kept.get("digest") == here else []
        rows[name] = {"what": what, "unit": UNIT[name], "digest": here, "runs": runs}
    results = {
        "data": [str(with_masks.source), str(with_labels.source)],
        "digests": digests,
        "machine": machine(),
        "epochs": EPOCHS,
        "rows": rows,
    }
    for seed in SEEDS:
        for name, row in rows.items():
            if name not in wanted or seed in [found["seed"] for found in row["runs"]]:
                continue
            found = in_own_process("benchmarks.gallery:run", name=name, seed=seed)
            found.pop("peak")
            row["runs"].append({"seed": seed, **found})
            row["runs"].sort(key=lambda each: each["seed"])
            print(f"seed {seed}, {name}: {found['score']:.3f}, {found['cpu']:.0f} s", flush=True)
            write_results("gallery", results)
            store("gallery", as_markdown(results))
    return results


def as_markdown(results: dict[str, Any]) -> str:
    """Return the table."""
    rows = results["rows"]
    lines = [
        "# Notebook 16's networks on test scenes",
        "",
        f"Data: {'; '.join(results['data'])}. Median (smallest–largest) of seeds "
        f"{', '.join(map(str, SEEDS))}; CPU seconds: training, median. {results['machine']}.",
        "",
        "| what | measured | result | CPU s |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows.values():
        if row["runs"]:
            scores = [run["score"] for run in row["runs"]]
            cpu = statistics.median(run["cpu"] for run in row["runs"])
            lines.append(
                f"| {row['what']} | {row['unit']} | {middle(scores, 3)} | {math.ceil(cpu)} |"
            )
    if rows["boxes"]["runs"]:
        always = rows["boxes"]["runs"][0]["mean_box"]
        lines.append(f"| always the mean box | {UNIT['boxes']} | {always:.3f} | |")
    if rows["grad_cam"]["runs"]:
        runs = rows["grad_cam"]["runs"]
        centre = f"{runs[0]['middle']:.3f}"
        lines.append(f"| the middle of the picture in the box | {UNIT['grad_cam']} | {centre} | |")
        accuracy = middle([run["accuracy"] for run in runs], 3)
        lines += ["", f"Accuracy of the classifier that Grad-CAM asks: {accuracy}."]
    return "\n".join(lines)


def main(wanted: list[str] | None = None) -> None:
    """Make the runs that are missing, of all rows or of the wanted ones; publish the table."""
    publish("gallery", as_markdown(all_runs(wanted or list(WHAT))))


if __name__ == "__main__":
    main(sys.argv[1:])
