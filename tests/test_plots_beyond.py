"""Boxes and heat maps lie where the numbers say."""

import numpy as np
import pytest

from course_utils import plots_beyond

PICTURES = np.zeros((2, 10, 12, 3), np.uint8)
BOXES = [[1, 2, 4, 7], [0, 0, 10, 12]]


def test_a_box_goes_round_its_pixels():
    figure = plots_beyond.show_boxes(PICTURES, BOXES, [[2, 2, 5, 5], [1, 1, 2, 2]], ["a", "b"])
    assert [len(axes.patches) for axes in figure.axes[:2]] == [2, 2]
    truth, found = figure.axes[0].patches
    assert (truth.get_x(), truth.get_y(), truth.get_width(), truth.get_height()) == \
        (1.5, 0.5, 5, 3)  # fmt: skip
    assert truth.get_edgecolor() != found.get_edgecolor()
    assert truth.get_linestyle() != found.get_linestyle()


def test_a_heat_map_lies_where_its_cells_look():
    """Window 4, stride 2: cells have their centres at pixels 2, 4, 6, counted from the corner."""
    heat = np.zeros((2, 3, 3))
    heat[0, 0, 2] = 1
    figure = plots_beyond.show_heat(PICTURES, heat, 4, 2, BOXES)
    left, right, bottom, top = figure.axes[0].images[-1].get_extent()
    centres = left + (right - left) * (np.arange(3) + 0.5) / 3 + 0.5
    np.testing.assert_allclose(centres, [2, 4, 6])
    np.testing.assert_allclose([top, bottom], [left, right])
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xydata(), [[6 - 0.5, 2 - 0.5]])
    assert figure.axes[0].get_xlim() == (-0.5, 11.5) and figure.axes[0].get_ylim() == (9.5, -0.5)
    assert np.isnan(figure.axes[1].lines[0].get_xydata()).all()  # a map without a hottest cell


def test_the_pictures_stand_above_their_heat_maps():
    heat = np.zeros((2, 3, 3))
    heat[1, 2, 0] = 1
    bright = PICTURES + np.array([200, 0, 0], np.uint8)
    figure = plots_beyond.show_heat(bright, heat, 4, 2, BOXES, ["a", "b"], above=True)
    assert [len(axes.patches) for axes in figure.axes] == [1] * 4
    assert [len(axes.lines) for axes in figure.axes] == [0, 0, 1, 1]
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "a", "b"]
    picture = np.asarray(figure.axes[0].images[0].get_array())
    assert picture[0, 0, 0] > picture[0, 0, 1]  # in colour
    first, second = (figure.axes[number].get_position() for number in (1, 3))
    assert first.x0 == pytest.approx(second.x0) and first.y0 > second.y1
    np.testing.assert_allclose(figure.axes[3].lines[0].get_xydata(), [[2 - 0.5, 6 - 0.5]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plots_beyond.show_boxes(PICTURES, BOXES[:1]), r"boxes: shape \(2, 4\)"),
        (lambda: plots_beyond.show_boxes(PICTURES, BOXES, [[1, 2, 3]] * 2), "found: shape"),
        (lambda: plots_beyond.show_heat(PICTURES, np.ones((1, 3, 3)), 4, 2), "heat: shape"),
        (
            lambda: plots_beyond.show_heat(
                PICTURES, np.ones((2, 3, 3)), 4, 2, columns=1, above=True
            ),
            "above: at most 1",
        ),
        (lambda: plots_beyond.show_heat(PICTURES, np.ones((2, 3, 3)), 4, 2, [[1]]), "boxes: shape"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
