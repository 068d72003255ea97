"""The perceptron widget without a browser: its points, its still picture, its manners."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import perceptron, widgets
from course_utils.plots import COLOURS
from course_utils.widgets.perceptron_steps import random_points

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_random_points_are_separable_apart_and_readable(seed):
    x, y = random_points(seed)
    assert x.shape == (16, 2) and set(y.tolist()) <= {0, 1}
    assert np.array_equal(x, x.round(1)) and np.abs(x).max() <= 2
    assert len(np.unique(x, axis=0)) == 16
    assert perceptron.train(x, y, passes=2000)[1]


def test_the_first_random_set_has_both_labels_and_takes_some_learning():
    x, y = random_points()
    history, clean = perceptron.train(x, y)
    assert clean and 4 <= y.sum() <= 12 and 4 <= len(history) - 1 <= 40


@pytest.mark.parametrize("problem", ["AND", "OR", "XOR", "random"])
def test_text_and_still_picture_stand_beside_the_widget(problem):
    widget = widgets.step_perceptron(problem)
    assert "running kernel" in repr(widget) and "0x" not in repr(widget)
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == repr(widget)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 600 <= picture.width <= 1000 and len(data["image/png"]) < 60_000


def test_the_strip_shows_the_side_answered_1_and_marks_what_is_wrong():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 0, 0, 1])
    figure = widgets.show_boundaries(corners, y, [(np.ones(2), -0.5), (np.ones(2), -1.5)])
    crosses = [
        next(line for line in ax.lines if line.get_color() == COLOURS["wrong"])
        for ax in figure.axes
    ]
    assert [sorted(map(tuple, cross.get_xydata().tolist())) for cross in crosses] == [
        [(0, 1), (1, 0)],
        [],
    ]


def test_a_still_picture_is_drawn_whatever_the_front_end_chose():
    widget = widgets.step_perceptron("AND")
    widget.set_state({"_problem": {"no": "problem"}})
    assert widget.problem == "OR" and len(widget.still().axes) == 4


def test_an_unknown_problem_is_named():
    with pytest.raises(ValueError, match=r"NAND.*AND, OR, XOR, random"):
        widgets.step_perceptron("NAND")


@given(JUNK)
@settings(max_examples=30, deadline=None)
def test_nonsense_from_the_front_end_does_no_harm(junk):
    widget = widgets.step_perceptron("AND")
    sets = widget._sets
    for said in (junk, {"w1": junk, "w2": 10**400, "b": junk, "mistakes": junk}):
        widget.set_state({"_state": said, "_problem": junk, "_sets": junk, "nonsense": junk})
        assert widget._sets == sets
        assert len(widget.weights) == 3 and np.isfinite(widget.weights).all()
        assert isinstance(widget.mistakes, int) and isinstance(widget.problem, str)


def test_the_front_end_asks_no_network_and_knows_every_trait_it_uses():
    folder = Path(widgets.__file__).parent / "static"
    script = (folder / "perceptron_steps.js").read_text("utf-8")
    style = (folder / "perceptron_steps.css").read_text("utf-8")
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "") + style
    assert not re.search(r"\bimport\b|fetch\(|XMLHttp|url\(", script + style)
    used = set(re.findall(r"model\.[gs]et\(\"(\w+)\"", script))
    assert used <= set(widgets.PerceptronSteps.class_trait_names()) and "_state" in used
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", style)]
    assert sizes and min(sizes) >= 16
