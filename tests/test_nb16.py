"""Notebook 16: what it builds in view is what the modules do; what it quotes was measured."""

import json
import math
import re

import numpy as np
import pytest

from benchmarks import gallery
from benchmarks.from_notebook import NOTEBOOKS, definitions
from course_utils import grad_cam, measured, scenes
from course_utils.checks import NOT_YET, WELL_DONE
from course_utils.environment import quiet_import
from course_utils.exercises import nb16

NAME = gallery.NOTEBOOK


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def rows():
    return measured.load("gallery")["rows"]


def scores(row):
    return [run["score"] for run in row["runs"]]


# --- what stands in the notebook ------------------------------------------------------------------


def test_the_heat_maps_in_view_are_those_of_the_module(keras):
    import tensorflow as tf

    shown = definitions(NAME, ["heat_maps"], keras=keras, tf=tf, np=np).heat_maps
    keras.utils.set_random_seed(1)
    model = gallery.notebook().build_classifier(maps=(4, 4, 4, 4, 4, 4))
    pictures, labels, _ = scenes.localisation(3, seed=5)
    layer = model.layers[-3].name
    ours = shown(model, pictures, labels, layer)
    assert ours.shape == (3, 13, 13) and ours.max() > 0
    np.testing.assert_allclose(
        ours, grad_cam.heat_maps(model, pictures, labels, layer), rtol=1e-4, atol=1e-7
    )


def test_a_cell_of_the_classifier_sees_what_the_text_says(keras):
    keras.utils.set_random_seed(2)
    model = gallery.notebook().build_classifier(maps=(4, 4, 4, 4, 4, 4))
    for layer in model.layers:  # every pixel counts
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.ones(layer.kernel.shape)])
    seen = keras.Model(model.inputs[0], model.layers[-3].output)
    dots = np.zeros((48, 48, 48, 3), "float32")
    dots[np.arange(48), np.arange(48), 20] = 255  # picture r: a dot in row r
    reached = np.asarray(seen(dots)).max(axis=(2, 3)) > 0  # (dot's row, row of cells)
    for cell in range(13):
        changed = np.flatnonzero(reached[:, cell])
        start = gallery.STRIDE * cell
        assert (changed[0], changed[-1]) == (start, start + gallery.WINDOW - 1)


def test_bridges_are_the_only_difference(keras):
    functions = gallery.notebook()
    with_them, without = (functions.build_unet(bridges=bridges) for bridges in (True, False))
    names = [[type(layer).__name__ for layer in model.layers] for model in (with_them, without)]
    assert [name for name in names[0] if name != "Concatenate"] == names[1]
    assert names[0].count("Concatenate") == 3


def test_the_rate_rises_for_a_quarter_and_falls_to_nothing(keras):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    gallery.notebook().compile_in_cycle(model, "mse", "mae", pictures=640, epochs=10)
    steps = math.ceil(640 / 32) * 10
    rate = [float(model.optimizer._learning_rate(step)) for step in range(steps + 1)]
    assert np.argmax(rate) == steps // 4 and max(rate) == pytest.approx(0.005)
    assert rate[0] == pytest.approx(0.0005) and rate[-1] == pytest.approx(0, abs=1e-8)


def test_the_heat_map_of_the_exercise_is_that_of_the_module():
    for case in (*nb16.heat_map.fixed_cases, *nb16.heat_map.draw_cases(0)):
        np.testing.assert_allclose(
            nb16.heat_map.oracle(*case.args), grad_cam.combine(*case.args), atol=1e-12
        )


@pytest.mark.parametrize("seed", range(3))
def test_the_ious_of_the_exercises_are_those_of_the_module(seed):
    from course_utils import overlap

    for case in (*nb16.mean_iou.fixed_cases, *nb16.mean_iou.draw_cases(seed)):
        assert nb16.mean_iou.oracle(*case.args) == pytest.approx(overlap.mean_iou(*case.args))
    for case in (*nb16.box_iou.fixed_cases, *nb16.box_iou.draw_cases(seed)):
        assert nb16.box_iou.oracle(*case.args) == pytest.approx(overlap.box_iou(*case.args))


@pytest.mark.parametrize(
    ("cell", "row"),
    [("unet-train", "unet"), ("box-train", "boxes"), ("classifier-train", "grad_cam")],
)
def test_the_notebook_trains_as_long_as_the_benchmark(cell, row):
    source = cell_source(cell)
    assert re.findall(r"epochs=(\d+)", source) == [str(gallery.EPOCHS[row])] * 2
    assert gallery.EPOCHS["no_bridges"] == gallery.EPOCHS["unet"]
    assert f"[:{gallery.FOREST_SCENES}]" in cell_source("forest-answers")


def cell_source(name):
    cells = json.loads((NOTEBOOKS / NAME).read_text(encoding="utf-8"))["cells"]
    (source,) = ["".join(cell["source"]) for cell in cells if cell["id"] == name]
    return source


# --- what was measured ----------------------------------------------------------------------------


def test_three_seeds_of_everything_on_the_scenes_of_today(rows):
    stored = measured.load("gallery")
    masks, (labels, _) = scenes.load_segmentation(), scenes.load_localisation()
    digests = {"masks": masks.source.digest, "objects": labels.source.digest}
    assert stored["digests"] == digests
    assert set(rows) == set(gallery.WHAT)
    for name, row in rows.items():
        assert [run["seed"] for run in row["runs"]] == list(gallery.SEEDS)
        assert row["digest"] == gallery.mark(name, digests), "run python -m benchmarks.gallery"


def test_the_scenes_are_hard_and_the_u_net_does_better(rows):
    assert all(0.3 < score < 0.6 for score in scores(rows["forest"]))
    assert min(scores(rows["unet"])) >= max(scores(rows["forest"])) + 0.2
    assert min(scores(rows["unet"])) > max(scores(rows["no_bridges"]))


def test_boxes_and_heat_maps_beat_what_does_not_look(rows):
    for run in rows["boxes"]["runs"]:
        assert run["mean_box"] < 0.35 and run["score"] > run["mean_box"] + 0.1
    for run in rows["grad_cam"]["runs"]:
        assert run["middle"] < 0.35 and run["score"] >= 0.7


def test_how_many_objects_lie_farther_out_than_any_cell():
    _, places = scenes.load_localisation()
    middles = (places.y_val[:, :2] + places.y_val[:, 2:]) / 2
    first, side = gallery.WINDOW / 2, 48
    farther = ((middles < first) | (middles > side - first)).any(axis=1)
    assert f"{farther.mean():.0%}" == "39%"
    assert "39 % of the objects" in cell_source("cam-miss-why")


def test_what_the_prose_says_of_bridges_and_of_misses(rows):
    """'The bridges bring 0.11', 'something for every kind'; a cross outside is a warning."""
    gain = np.median(scores(rows["unet"])) - np.median(scores(rows["no_bridges"]))
    assert f"{gain:.2f}" == "0.11"
    assert "bring 0.11 on top" in cell_source("unet-bench-after")
    counts = [gallery.notebook().build_unet(bridges=on).count_params() for on in (True, False)]
    assert counts == [92_069, 73_925]
    assert "92 069 parameters instead of 73 925" in cell_source("unet-bench-after")
    with_them, without = (
        np.mean([run["classes"] for run in rows[name]["runs"]], axis=0)
        for name in ("unet", "no_bridges")
    )
    assert (with_them - without)[1:].min() > 0.08
    for run in rows["grad_cam"]["runs"]:
        assert run["right_on_hits"] > 0.8 and run["right_on_misses"] < 0.35


def test_what_the_prose_says_of_rules():
    """'A third at most', 'helps it most'."""
    found = {
        row["name"]: np.median([run["found"] for run in row["runs"]])
        for row in measured.load("groups")["rows"]
    }
    assert max(found["brightness"], found["template"]) < 0.335
    quoted = f"find {found['brightness']:.3f} and {found['template']:.3f}"
    assert quoted in cell_source("rules-after")
    assert "a third at most" in cell_source("groups-bench-after")
    assert found["expert"] - found["template"] > found["network"] - found["expert"]


# --- wrong answers that a reader found let through, or met without a word of their own ------------


def _conv3d_into(made_of):
    def answer(volume, kernel):
        shape = tuple(np.array(volume.shape) - kernel.shape + 1)
        result = np.zeros(*made_of(volume, shape))
        for place in np.ndindex(*shape):
            window = volume[
                tuple(slice(p, p + k) for p, k in zip(place, kernel.shape, strict=True))
            ]
            result[place] = (window * kernel).sum()
        return result

    return answer


def _painted_on(side):
    def answer(box, other):
        ours, theirs = np.zeros((2, side, side), bool)
        ours[box[0] : box[2], box[1] : box[3]] = True
        theirs[other[0] : other[2], other[1] : other[3]] = True
        return (ours & theirs).sum() / (ours | theirs).sum()

    return answer


def _clamped(rows, columns):
    def answer(a, b):
        height, width = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = (max(0, height) if rows else height) * (max(0, width) if columns else width)
        areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
        return shared / (sum(areas) - shared)

    return answer


def _classes_up_to(top):
    def answer(truth, predicted, classes):
        scores = []
        for k in range(top(truth, predicted) + 1):
            union = ((truth == k) | (predicted == k)).sum()
            if union:
                scores.append(((truth == k) & (predicted == k)).sum() / union)
        return np.mean(scores)

    return answer


def _heat_by(weigh):
    return lambda maps, slopes: np.maximum((maps * weigh(slopes)).sum(axis=-1), 0)


def _rows(features):
    return features.reshape(-1, features.shape[-1])


WRONG = {
    "conv3d in whole numbers": (nb16.conv3d, _conv3d_into(lambda v, size: (size, int))),
    "ReLU on the maps": (
        nb16.heat_map,
        lambda m, g: np.maximum((np.maximum(m, 0) * g.mean(axis=(0, 1))).sum(axis=-1), 0),
    ),
    "ReLU on each weighted map": (
        nb16.heat_map,
        lambda m, g: np.maximum(m * g.mean(axis=(0, 1)), 0).sum(axis=-1),
    ),
    "mean over the maps": (nb16.heat_map, _heat_by(lambda slopes: slopes.mean(axis=-1))),
    "mean over the maps, kept": (
        nb16.heat_map,
        _heat_by(lambda slopes: slopes.mean(axis=-1, keepdims=True)),
    ),
    "heat cut off at 255": (nb16.heat_map, lambda m, g: np.clip(nb16.my_heat_map(m, g), 0, 255)),
    "conv3d in the volume's dtype": (nb16.conv3d, _conv3d_into(lambda v, size: (size, v.dtype))),
    "conv3d in the volume's shape": (nb16.conv3d, _conv3d_into(lambda v, size: (v.shape,))),
    "conv3d flipped in rows and columns": (
        nb16.conv3d,
        lambda volume, kernel: nb16.my_conv3d(volume, kernel[:, ::-1, ::-1]),
    ),
    "mean over rows only": (nb16.heat_map, _heat_by(lambda slopes: slopes.mean(axis=0))),
    "one mean for all maps": (nb16.heat_map, _heat_by(lambda slopes: slopes.mean())),
    "painted on 48 × 48": (nb16.box_iou, _painted_on(48)),
    "only the height not below 0": (nb16.box_iou, _clamped(True, False)),
    "only the width not below 0": (nb16.box_iou, _clamped(False, True)),
    "classes of the truth": (nb16.mean_iou, _classes_up_to(lambda t, p: t.max())),
    "classes of the prediction": (nb16.mean_iou, _classes_up_to(lambda t, p: p.max())),
    "picture by picture": (
        nb16.mean_iou,
        lambda truth, predicted, classes: np.mean(
            [nb16.my_mean_iou(*pair, classes) for pair in zip(truth, predicted, strict=True)]
        ),
    ),
    "covariance": (nb16.gram, lambda features: np.cov(_rows(features).T)),
    "covariance, by n": (nb16.gram, lambda features: np.cov(_rows(features).T, bias=True)),
    "correlation": (nb16.gram, lambda features: np.corrcoef(_rows(features).T)),
    "divided by n − 1": (
        nb16.gram,
        lambda features: _rows(features).T @ _rows(features) / (len(_rows(features)) - 1),
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("what", WRONG)
def test_a_likely_wrong_answer_is_called_by_its_name(what):
    exercise, answer = WRONG[what]
    verdict = exercise.verdict(answer)
    assert verdict.voice == NOT_YET
    assert verdict.misconception is not None, repr(verdict)


def test_boxes_beyond_any_grid_of_the_notebook_are_asked_for():
    for side in (100, 120, 200, 1100, 5100):  # the last is large enough, but for numbers below 0
        assert nb16.box_iou.verdict(_painted_on(side)).voice == NOT_YET
    assert nb16.box_iou.verdict(nb16.my_box_iou).voice == WELL_DONE


@pytest.mark.parametrize("top", [1, 20, 255, 100_000])
def test_heat_has_no_upper_limit(top):
    answer = nb16.heat_map.verdict(lambda m, g: np.clip(nb16.my_heat_map(m, g), 0, top))
    assert answer.voice == NOT_YET
