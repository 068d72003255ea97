"""The drawing pad's Python side: what it makes of a drawing, and of nonsense."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import widgets
from course_utils.widgets import (
    centre_digit,
    draw_digit,
    draw_strokes,
    drawing_pad,
    example_strokes,
)

LINE = [[(90, 60), (190, 60), (130, 230)]]
COORDINATE = st.floats(15, 265, allow_nan=False)
DRAWING = st.lists(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=6), min_size=1, max_size=4
)


def seven(image):
    assert image.shape == (28, 28) and image.dtype == np.uint8
    return 0.93 * np.eye(10)[7] + 0.007


def centre(image) -> np.ndarray:
    """Return row and column of the centre of mass."""
    weights = image.astype(np.float64)
    rows, columns = np.indices(image.shape)
    return np.array([(weights * rows).sum(), (weights * columns).sum()]) / weights.sum()


# --- 28 × 28 ------------------------------------------------------------------------------------


def test_an_empty_picture_stays_empty():
    for empty in (np.zeros((280, 280), np.uint8), np.zeros((3, 5)), np.zeros((4, 4), bool)):
        centred = centre_digit(empty)
        assert centred.shape == (28, 28) and centred.dtype == np.uint8 and not centred.any()
    assert not draw_strokes([]).any()


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    # The mean index of a block that starts at s and is n long is s + (n − 1) / 2; it is to be 14.
    [(40, 20, (5, 25), (10, 20)), (20, 40, (10, 20), (5, 25)), (60, 60, (5, 25), (5, 25))],
)
def test_a_block_by_hand(height, width, rows, columns):
    image = np.zeros((100, 120), dtype=np.uint8)
    image[7 : 7 + height, 30 : 30 + width] = 200
    expected = np.zeros((28, 28), dtype=np.uint8)
    expected[slice(*rows), slice(*columns)] = 200
    found = centre_digit(image)
    # Half a pixel can go either way for even lengths, and goes down here.
    assert any(
        np.array_equal(found, np.roll(expected, (a, b), (0, 1))) for a in (0, -1) for b in (0, -1)
    )
    assert abs(centre(found) - 14).max() <= 0.5


def test_area_averaging_by_hand():
    # 40 × 40, left half of each 2 × 2 block bright: every pixel of 20 × 20 is their mean.
    image = np.zeros((40, 40), dtype=np.uint8)
    image[:, ::2] = 200
    image[:, -1] = 200
    found = centre_digit(image)
    inner = found[found > 0]
    assert set(inner.tolist()) == {100, 200}
    assert (inner == 100).sum() == 19 * 20


def test_mass_not_box_is_centred():
    image = np.zeros((60, 60), dtype=np.uint8)
    image[0:40, 0:4] = 255  # a long thin stem …
    image[32:40, 0:20] = 255  # … with a heavy foot
    found = centre_digit(image)
    assert abs(centre(found) - 14).max() <= 0.51
    rows = np.flatnonzero(found.any(axis=1))
    assert (rows[0] + rows[-1]) / 2 < 13, "the box lies higher than its mass"


@given(DRAWING)
@settings(max_examples=25, deadline=None)
def test_drawings_fill_twenty_pixels_and_are_centred(strokes):
    found = centre_digit(draw_strokes(strokes))
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20), "faint edges may round to 0"
    at_border = min(rows[0], columns[0], 27 - rows[-1], 27 - columns[-1]) <= 1
    assert at_border or abs(centre(found) - 14).max() <= 0.51


@given(DRAWING, st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=25, deadline=None)
def test_where_a_drawing_stands_does_not_matter(strokes, down, right):
    image = draw_strokes(strokes)
    wide = np.pad(image, ((down, 60 - down), (right, 60 - right)))
    assert np.array_equal(centre_digit(wide), centre_digit(image))


@pytest.mark.parametrize("digit", range(10))
def test_what_is_centred_stays_as_it_is(digit):
    once = centre_digit(draw_strokes(example_strokes(digit)))
    assert np.array_equal(centre_digit(once), once)


def test_types_of_pictures():
    image = draw_strokes(LINE)
    expected = centre_digit(image)
    assert np.array_equal(centre_digit(image[..., np.newaxis]), expected)
    assert np.array_equal(centre_digit(image.astype(np.int64)), expected)
    assert np.array_equal(centre_digit(image / 255), expected)
    assert np.array_equal(centre_digit(image.astype(np.float32)), expected)
    assert np.array_equal(centre_digit(image > 0), centre_digit(np.where(image > 0, 255, 0)))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(784),
        np.zeros((2, 28, 28)),
        np.zeros((0, 5)),
        np.full((3, 3), np.nan),
        np.full((3, 3), -1),
        np.full((3, 3), 256),
        np.array([["a"]]),
        None,
    ],
)
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match=r"image (has|holds)"):
        centre_digit(image)


def test_strokes_are_round_and_smooth():
    dot = draw_strokes([[(140, 140)]])
    assert dot.sum() / 255 == pytest.approx(np.pi * (drawing_pad.BRUSH / 2) ** 2, rel=0.1)
    assert len(np.unique(dot)) > 3, "grey at the edge"
    line = draw_strokes([[(60, 140), (220, 140)]])
    assert np.array_equal(line, line[:, ::-1]) or abs(line - line[:, ::-1].astype(int)).mean() < 1
    column = (line[:, 140] > 127).sum()
    assert abs(int(column) - drawing_pad.BRUSH) <= 1


def test_examples_are_ten_different_digits():
    drawn = [centre_digit(draw_strokes(example_strokes(digit))) for digit in range(10)]
    assert len({image.tobytes() for image in drawn}) == 10
    with pytest.raises(ValueError, match="digit is 10"):
        example_strokes(10)


# --- The pad ------------------------------------------------------------------------------------


def test_a_drawing_is_read():
    pad = draw_digit(seven)
    assert not pad.image.any() and pad.probabilities is None
    assert pad.answer == "Draw a digit from 0 to 9."
    pad.draw(LINE)
    assert np.array_equal(pad.image, centre_digit(draw_strokes(LINE)))
    assert pad.probabilities.argmax() == 7 and pad.probabilities.shape == (10,)
    assert pad.answer == "reads 7, 94 %"
    assert pad._shares[0] == "0.7 %"
    pad.clear()
    assert not pad.image.any() and pad.probabilities is None and not pad._strokes


def test_without_a_reader_only_the_pixels_are_shown():
    pad = draw_digit()
    pad.draw(LINE)
    assert pad.image.any() and pad.probabilities is None and pad.answer == ""
    assert not pad._reads


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda image: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda image: [0.5, 0.5], "returned 2 numbers; expected 10"),
        (lambda image: None, "expected 10"),
        (lambda image: np.arange(10.0), "softmax"),
        (lambda image: np.full(10, np.nan), "not probabilities"),
        (lambda image: "a text", "ValueError"),
        (lambda image: object(), "TypeError"),
    ],
)
def test_a_reader_that_fails_is_reported_and_can_be_tried_again(answer, words):
    pad = draw_digit(answer)
    pad.draw(LINE)
    assert words in pad.answer and pad._failed and pad.probabilities is None
    assert pad.image.any(), "the pixels are shown all the same"
    pad._read = seven
    pad.draw(LINE)
    assert pad.answer == "reads 7, 94 %" and not pad._failed


def test_a_reader_may_answer_as_keras_does_and_print(capsys):
    def chatty(image):
        print("1/1 ━━━━━━━━━━ 0s")
        image[:] = 0  # must not reach what is shown
        return np.eye(10, dtype=np.float32)[[3]]

    pad = draw_digit(chatty)
    pad.draw(LINE)
    assert pad.answer == "reads 3, 100 %" and pad.image.any()
    assert capsys.readouterr().out == ""


def test_examples():
    pad = draw_digit(seven)
    assert pad._examples == [f"a {digit}" for digit in range(10)]
    pad.show_example(4)
    assert np.array_equal(pad.image, centre_digit(draw_strokes(example_strokes(4))))
    pictures = np.zeros((2, 28, 28), dtype=np.uint8)
    pictures[1, 3:6, 3:6] = 9
    pad = draw_digit(seven, examples=pictures)
    pad.show_example(1)
    assert np.array_equal(pad.image, pictures[1]), "a picture of MNIST is shown as it is"
    with pytest.raises(IndexError, match="expected 0 to 1"):
        pad.show_example(2)
    with pytest.raises(ValueError, match="examples has the shape"):
        draw_digit(seven, examples=np.zeros((28, 28)))
    large = draw_digit(seven, examples=draw_strokes(LINE)[np.newaxis])
    large.show_example(0)
    assert np.array_equal(large.image, centre_digit(draw_strokes(LINE)))
    with pytest.raises(TypeError, match="read is a int"):
        draw_digit(3)


def ask(pad, request) -> None:
    """Let a request arrive as from the front end."""
    pad.set_state({"_request": request})


def test_a_request_is_answered_once_and_by_name():
    pad = draw_digit(seven)
    before = pad._serial
    ask(pad, {"view": "ab", "n": 3, "strokes": [[[90, 60], [190, 60.5]]]})
    assert (pad._serial, pad._by, pad._heard) == (before + 1, "ab", "ab:3")
    assert pad._strokes == [[[90.0, 60.0], [190.0, 60.5]]]
    ask(pad, {"view": "ab", "n": 4, "strokes": [], "example": 2})
    assert pad._by == "" and pad._heard == "ab:4", "the view has to take the example over"
    assert len(pad._strokes) == 1


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["strokes", "view", "n", "example", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JUNK)
@settings(max_examples=60, deadline=None)
def test_nonsense_from_the_front_end_does_no_harm(junk):
    pad = draw_digit(seven, examples=np.zeros((1, 28, 28)))
    ask(pad, junk)
    ask(pad, {"strokes": junk, "view": "v", "n": 1})
    ask(pad, {"strokes": [junk], "example": junk})
    ask(pad, {"strokes": [[junk, [1, 2]]]})
    pad.set_state({"_preview": junk, "_serial": junk, "_strokes": junk, "nonsense": junk})
    ask(pad, {"view": "v", "n": 2, "strokes": [[list(p) for p in LINE[0]]]})
    assert pad.answer == "reads 7, 94 %"
    assert np.array_equal(pad.image, centre_digit(draw_strokes(LINE)))


def test_huge_drawings_are_cut():
    pad = draw_digit(seven)
    ask(pad, {"strokes": [[[1e300, -1e300], [float("nan"), 0], [10**400, 1]]] + [[[1, 1]]] * 500})
    assert len(pad._strokes) == 200
    assert pad._strokes[0] == [[336.0, -56.0]]


def test_text_and_still_picture_stand_beside_the_widget():
    first, second = draw_digit(seven), draw_digit(seven)
    assert repr(first) == repr(second) and "0x" not in repr(first)
    assert "running kernel" in repr(first)
    data, _ = first._repr_mimebundle_()
    assert data["text/plain"] == repr(first)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 600 <= picture.width <= 1000
    assert len(data["image/png"]) < 60_000


def test_a_still_picture_that_fails_does_not_cost_the_widget(monkeypatch):
    monkeypatch.setattr(drawing_pad, "static_strip", lambda *_: 1 / 0)
    data, _ = draw_digit(seven)._repr_mimebundle_()
    assert "image/png" not in data and "application/vnd.jupyter.widget-view+json" in data


def test_static_strip_shows_the_way():
    figure = widgets.static_strip(seven, LINE)
    assert len(figure.axes) == 4
    assert np.array_equal(
        np.round(figure.axes[2].images[0].get_array()), centre_digit(draw_strokes(LINE))
    )
    assert len(widgets.static_strip(lambda image: 1 / 0).axes) == 3
    pad = draw_digit(seven)
    assert repr(pad.still()) == repr(widgets.static_strip(seven))


def test_the_front_end_asks_no_network_and_knows_every_trait_it_uses():
    folder = Path(widgets.__file__).parent / "static"
    script = (folder / "drawing_pad.js").read_text("utf-8")
    style = (folder / "drawing_pad.css").read_text("utf-8")
    assert not re.search(r"https?:|\bimport\b[^.]|fetch\(|XMLHttp|url\(", script + style)
    used = set(re.findall(r"model\.[gs]et\(\"(\w+)\"", script))
    assert used <= set(widgets.DrawingPad.class_trait_names()) and "_request" in used
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", style)]
    assert sizes and min(sizes) >= 16
    assert "touch-action: none" in style
