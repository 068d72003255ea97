"""The sliding window without a browser: its walks, its strips of frames, its manners."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from PIL import Image
from scipy.signal import correlate2d

from course_utils import convolution as conv
from course_utils import widgets
from course_utils.plots import DIVERGING
from course_utils.widgets import _windows
from course_utils.worked_examples import (
    AVERAGE_ME,
    CROSS,
    FOUR,
    LOOP,
    NINE,
    NINETY_SIX,
    ONE_TO_FOUR,
    ONE_TO_NINE,
    POOL_ME,
    RGB_KERNEL,
    RGB_PATCH,
)

SLOPES = np.array([[1, 0], [-1, 2]])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
STRIDES = st.integers(1, 3)


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


# --- The walks ------------------------------------------------------------------------------------


@st.composite
def pictures_and_kernels(draw):
    sides = st.integers(1, 7)
    image = np.array(draw(st.lists(st.integers(-9, 9), min_size=49, max_size=49))).reshape(7, 7)
    image = image[: draw(sides), : draw(sides)]
    kernel = np.array(draw(st.lists(st.integers(-5, 5), min_size=25, max_size=25))).reshape(5, 5)
    rows, columns = (draw(st.integers(1, min(5, side))) for side in image.shape)
    return image, kernel[:rows, :columns]


@given(pictures_and_kernels(), STRIDES, st.sampled_from(["valid", "same", "full", 0, 1, 2]))
@settings(max_examples=80, deadline=None)
def test_a_convolution_is_that_of_the_module(both, stride, padding):
    image, kernel = both
    walk = _windows.convolution(image, kernel, bias=2, stride=stride, padding=padding, divide=4)
    expected = conv.conv2d(image, kernel / 4, bias=2, stride=stride, padding=padding)
    np.testing.assert_array_equal(walk.output(), expected)
    assert walk.shape == expected.shape


@given(
    pictures_and_kernels(), STRIDES, STRIDES, st.sampled_from(["valid", "same"]),
    st.sampled_from(["max", "average", "sum"]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_pooling_is_that_of_the_module(both, window, stride, padding, kind):
    image, _ = both
    window = min(window, *image.shape)
    walk = _windows.pooling(image, window, stride, kind, padding)
    pool = getattr(conv, f"{kind}_pool2d")
    expected = pool(image.astype(float), window, stride, padding)
    np.testing.assert_allclose(walk.output(), expected, rtol=1e-14, atol=0)
    for row, column in np.ndindex(walk.shape):
        if kind == "max":
            assert walk.picture[walk.largest(row, column)][0] == walk.total(row, column)


@given(pictures_and_kernels(), STRIDES, st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_backward_pass_is_that_of_the_module(both, stride, seed):
    image, kernel = (np.asarray(each, dtype=float) for each in both)
    shape = conv.conv2d(image, kernel, stride=stride).shape
    slopes = np.random.default_rng(seed).integers(-4, 5, shape).astype(float)
    expected = conv.conv2d_gradients(image, kernel, slopes, stride=stride)
    for show, wanted in (("kernel", expected.kernels), ("image", expected.images)):
        walk = _windows.backward(image, kernel, slopes, stride=stride, show=show)
        np.testing.assert_array_equal(walk.output(), wanted)
        assert walk.inside.sum() == (image.size if show == "kernel" else slopes.size)


def test_the_syllabus_numbers():
    four = _windows.convolution(FOUR, CROSS).output()
    assert four.round(1)[0].tolist() == [1.0, 1.2, 1.1, 0.9]
    np.testing.assert_allclose(four, correlate2d(FOUR, CROSS, "valid"), rtol=1e-12)
    nine = _windows.convolution(NINE, LOOP, divide=9).output()
    np.testing.assert_allclose(nine, correlate2d(NINE, LOOP, "valid") / 9, rtol=1e-12)
    colours = _windows.convolution(RGB_PATCH, RGB_KERNEL, bias=1)
    assert colours.sums(0, 0).tolist() == [308, -498, 164] and colours.output() == [[-25]]
    back = _windows.backward(ONE_TO_NINE, ONE_TO_FOUR, SLOPES)
    assert back.output().tolist() == [[7, 9], [13, 15]]
    back = _windows.backward(ONE_TO_NINE, ONE_TO_FOUR, SLOPES, show="image")
    assert back.output().tolist() == [[1, 2, 0], [2, 4, 4], [-3, 2, 8]]


def test_sums_are_written_out():
    lines = _windows.sentences(_windows.convolution(FOUR, CROSS), 0, 0)
    assert lines == ["0·1 + 0·0 + 0·1 + 0.2·0 + 0.8·1 + 0·0 + 0.2·1 + 0.9·0 + 0·1 = 1.0"]
    walk = _windows.convolution([[-1, 2]], [[3, -4]], bias=-0.5, divide=9)
    assert _windows.sentences(walk, 0, 0) == ["((−1)·3 + 2·(−4)) ÷ 9 − 0.5 = −1.72"]
    walk = _windows.convolution(RGB_PATCH, RGB_KERNEL, bias=1)
    assert _windows.sentences(walk, 0, 0)[-1] == "308 − 498 + 164 + 1 = −25"
    for kind, line in (
        ("max", "max(5, 1, 8, 2) = 8"),
        ("average", "(5 + 1 + 8 + 2) ÷ 4 = 4.00"),
        ("sum", "5 + 1 + 8 + 2 = 16"),
    ):
        assert _windows.sentences(_windows.pooling(POOL_ME, kind=kind), 0, 0) == [line]


@given(st.floats(-1000, 1000))
def test_numbers_are_written_near_what_they_are(value):
    text = _windows.written(value)
    assert "-" not in text and text not in ("−0", "") and not text.endswith(".")
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.00501)


# --- What may come in -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: widgets.slide_window(np.ones(4)), r"image .*\(4,\).*expected"),
        (lambda: widgets.slide_window([[1, 2], [3]]), "image has rows of different lengths"),
        (lambda: widgets.slide_window([["a"]]), "image holds .*expected numbers"),
        (lambda: widgets.slide_window(np.full((3, 3), np.nan)), "image holds NaN"),
        (lambda: widgets.slide_window(np.ones((28, 28))), r"image .*\(28, 28\).*Show a part"),
        (lambda: widgets.slide_window(np.ones((2, 2))), "kernel of 3 × 3 does not fit.*2 × 2"),
        (lambda: widgets.slide_window(kernel=np.ones((6, 6))), "kernel .*at most 5 × 5"),
        (lambda: widgets.slide_window(RGB_PATCH), "kernel has 1 .*image has 3"),
        (lambda: widgets.slide_window(stride=0), "stride is 0; expected a whole number from 1"),
        (lambda: widgets.slide_window(stride=1.5), "stride is 1.5"),
        (lambda: widgets.slide_window(stride=True), "stride is True"),
        (lambda: widgets.slide_window(padding="some"), "padding is 'some'; expected 'valid'"),
        (lambda: widgets.slide_window(padding=-1), "padding is -1"),
        (lambda: widgets.slide_window(bias="x"), "bias is 'x'; expected a number"),
        (lambda: widgets.slide_window(divide=0), "divide is 0"),
        (lambda: widgets.slide_pool(RGB_PATCH), "image has 3 channels"),
        (lambda: widgets.slide_pool(POOL_ME, 5), "window of 5 × 5 does not fit"),
        (lambda: widgets.slide_pool(POOL_ME, 0), "window is 0"),
        (lambda: widgets.slide_pool(POOL_ME, kind="min"), "kind is 'min'; expected one of max"),
        (lambda: widgets.slide_pool(POOL_ME, padding="full"), "padding is 'full'; expected 'val"),
        (lambda: widgets.slide_back(slopes=np.ones((3, 3))), r"slopes .*\(3, 3\).*\(2, 2\)"),
        (lambda: widgets.slide_back(show="both"), "show is 'both'; expected 'kernel' or 'image'"),
        (lambda: widgets.show_windows(at=[(4, 0)]), r"at \(row\) is 4; .* from 0 to 3"),
        (lambda: widgets.show_windows(at=[1, 2]), r"at is \[1, 2\]; expected positions"),
        (lambda: widgets.show_windows(at=[]), "at is .*expected positions"),
        (lambda: widgets.show_windows(FOUR, CROSS, pool="max"), "pool is given together"),
    ],
)
def test_what_does_not_fit_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- The strips -----------------------------------------------------------------------------------


def test_the_strip_shows_window_products_sum_and_output_so_far():
    stops = [(0, 0), (0, 1), (2, 1), (3, 3)]
    figure = widgets.show_windows(at=stops)
    found = texts(figure)
    assert found.count("image") == found.count("output") == 4
    sums = [text.replace("\n", " ") for text in found if "·" in text]
    totals = [float(text.split("= ")[1]) for text in sums]
    output = correlate2d(FOUR, CROSS, "valid")
    assert totals == pytest.approx([output[0, 0], output[0, 1], output[2, 1], output[3, 3]])
    for text, (row, column) in zip(sums, stops, strict=True):
        factors = [float(factor) for factor in re.findall(r"([\d.]+)·", text)]
        assert factors == FOUR[row : row + 3, column : column + 3].ravel().tolist()
    assert found.count("2.7") == found.count("2.5") == 2  # in the third and the fourth frame
    assert found.count("×1") == 4 * 5 and found.count("×0") == 4 * 4
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 12
    wide, tall = figure.get_size_inches() * 100
    assert 880 <= wide <= 920 and tall <= 720


@pytest.mark.parametrize(
    ("image", "frames"), [(FOUR, 2), (NINE, 2), (ONE_TO_NINE, 4), (np.ones((5, 5)), 2)]
)
def test_a_strip_is_no_higher_than_a_slide(image, frames):
    figure = widgets.show_windows(image, ONE_TO_FOUR if len(image) == 3 else LOOP)
    assert texts(figure).count("image") == frames
    assert 250 < figure.get_size_inches()[1] * 100 <= 540


def test_negative_weights_lie_on_another_colour():
    figure = widgets.show_windows(NINE, LOOP, divide=9)
    assert texts(figure).count("×−1") == 2 and texts(figure).count("×1") == 2 * 8
    chips = [patch.get_facecolor() for patch in figure.findobj(FancyBboxPatch)]
    assert len(set(chips)) == 2


def test_the_positions_are_the_readers_choice():
    figure = widgets.show_windows(NINE, LOOP, divide=9, at=[(0, 1), (4, 2)], title="A nine")
    found = texts(figure)
    sums = [text for text in found if "÷ 9" in text]
    assert [text.split("= ")[1] for text in sums] == ["1.00", "−0.33"]
    assert "A nine" in found and not any("-" in text for text in found)


def test_pooling_and_the_backward_pass_have_strips():
    found = texts(widgets.show_windows(POOL_ME, pool="average", window=2, stride=2))
    assert "(5 + 1 + 8 + 2) ÷ 4 = 4.00" in found and "4.50" in found
    found = texts(widgets.show_windows(pool="max", at=[(0, 0)]))
    assert "max(5, 1, 8, 2) = 8" in found and found.count("8") == 2
    found = texts(widgets.show_windows(ONE_TO_NINE, ONE_TO_FOUR, slopes=SLOPES))
    assert "5·1 + 6·0 + 8·(−1) + 9·2 = 15" in found and "∂L/∂F" in found
    found = texts(widgets.show_windows(slopes=SLOPES, show="image", at=[(2, 2)]))
    assert "2·4 + 0·3 + 0·2 + 0·1 = 8" in found and "∂L/∂X" in found
    found = texts(widgets.show_windows(RGB_PATCH, RGB_KERNEL, bias=1))
    assert any("308 − 498 + 164 + 1 = −25" in text for text in found)
    assert {"red", "green", "blue", "−25"} <= set(found)


@pytest.mark.parametrize(
    "make",
    [
        widgets.slide_window,
        lambda: widgets.slide_window(NINETY_SIX, LOOP, divide=9),
        lambda: widgets.slide_window(RGB_PATCH, RGB_KERNEL, bias=1),
        lambda: widgets.slide_window(FOUR, CROSS, padding="full"),
        lambda: widgets.slide_pool(AVERAGE_ME, 3, 1, "average"),
        lambda: widgets.slide_back(FOUR, CROSS, SLOPES, stride=2, show="image"),
    ],
)
def test_text_and_still_picture_stand_beside_the_widget(make):
    widget = make()
    assert "running kernel" in repr(widget) and "0x" not in repr(widget)
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == repr(widget)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 500 <= picture.width <= 950 and len(data["image/png"]) < 220_000


# --- Python and the page --------------------------------------------------------------------------


def test_the_formula_of_the_size_can_be_left_out():
    assert widgets.slide_window()._setup["show_size"] is True
    widget = widgets.slide_window(show_size=False)
    assert widget._setup["show_size"] is False and widget.output.shape == (4, 4)


def test_what_is_read_before_anything_is_shown():
    widget = widgets.slide_window()
    np.testing.assert_array_equal(widget.image, FOUR)
    np.testing.assert_array_equal(widget.kernel, CROSS)
    assert widget.position == (0, 0) and widget.total == pytest.approx(1)
    assert widget.output[0, 0] == pytest.approx(1) and np.isnan(widget.output.ravel()[1:]).all()
    assert widget.slopes is None and widgets.slide_pool(POOL_ME).kernel is None
    np.testing.assert_array_equal(widgets.slide_back().slopes, SLOPES)


def test_changes_of_the_reader_are_taken_over():
    widget = widgets.slide_window()
    image = FOUR[..., None].copy()
    image[0, 0] = 5
    said = {"image": image.tolist(), "stride": 3, "padding": "same", "row": 1, "column": 1}
    widget.set_state({"_state": said})
    assert widget.image[0, 0] == 5 and widget.output.shape == (2, 2)
    assert widget.position == (1, 1)
    expected = conv.conv2d(widget.image, widget.kernel, stride=3, padding="same")
    np.testing.assert_allclose(widget.output, expected)
    assert "5" in texts(widget.still())


@pytest.mark.parametrize(
    "said",
    [
        {"stride": 0},
        {"stride": "2"},
        {"padding": ["same"]},
        {"image": np.ones((9, 9, 1)).tolist()},
        {"kernel": [[["a"]]]},
        {"bias": None},
        {"row": 99, "column": -1},
        {"row": 10**400},
        {"total": float("nan"), "output": [[1, 2], [3]]},
        {"mode": "pool", "title": 5, "divide": 0},
    ],
)
def test_what_makes_no_sense_changes_nothing(said):
    widget = widgets.slide_window()
    widget.set_state({"_state": said})
    np.testing.assert_array_equal(widget.image, FOUR)
    np.testing.assert_array_equal(widget.kernel, CROSS)
    assert widget.position == (0, 0) and widget.total == pytest.approx(1)
    assert widget.output.shape == (4, 4)


@given(JUNK, st.sampled_from(["image", "kernel", "slopes", "bias", "stride", "padding", "kind",
                              "window", "show", "row", "column", "total", "output"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_nonsense_from_the_front_end_does_no_harm(junk, name):
    for widget in (widgets.slide_window(), widgets.slide_pool(POOL_ME), widgets.slide_back()):
        setup = widget._setup
        for said in (junk, {name: junk}):
            widget.set_state({"_state": said, "_setup": junk, "nonsense": junk})
            assert widget._setup == setup
            assert widget.image.ndim == 2 and np.isfinite(widget.image).all()
            assert widget.output.ndim == 2 and np.isfinite(widget.total)
            row, column = widget.position
            assert 0 <= row < widget.output.shape[0] and 0 <= column < widget.output.shape[1]


def test_the_front_end_asks_no_network_and_has_the_courses_colours():
    folder = Path(widgets.__file__).parent / "static"
    script = (folder / "sliding_window.js").read_text("utf-8")
    style = (folder / "sliding_window.css").read_text("utf-8")
    assert "http" not in script + style
    assert not re.search(r"\bimport\b|fetch\(|XMLHttp|url\(|innerHTML", script + style)
    used = set(re.findall(r"model\.[gs]et\(\"(\w+)\"", script))
    assert used == {"_setup", "_state"} <= set(widgets.SlidingWindow.class_trait_names())
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", style)]
    assert sizes and min(sizes) >= 16
    table = re.search(r"const SIGNED = \[(.*?)\];", script, re.S).group(1)
    stops = np.array(re.findall(r"\d+", table), dtype=int).reshape(-1, 3)
    expected = colormaps[DIVERGING](np.linspace(0, 1, len(stops)))[:, :3] * 255
    np.testing.assert_allclose(stops, expected, atol=2)
