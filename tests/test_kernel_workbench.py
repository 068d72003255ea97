"""The kernel workbench without a browser: photographs, figures, its numbers, its manners."""

import base64
import io
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.signal import correlate2d
from sklearn.datasets import load_sample_image

from course_utils import plots, widgets
from course_utils.kernels import CLASSIC_KERNELS
from course_utils.widgets.kernel_workbench import full_colour

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
SOBEL = CLASSIC_KERNELS["Sobel, vertical edges"]
STATIC = Path(widgets.__file__).parent / "static"


@pytest.fixture(scope="module")
def bench():
    return widgets.kernel_workbench()


# --- photographs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name, file", [("China", "china.jpg"), ("flower", "flower.jpg")])
def test_a_sample_photograph_is_the_average_of_four_grey_pixels(name, file):
    photo = widgets.sample_photo(name)
    red, green, blue = np.moveaxis(load_sample_image(file)[:426].astype(float), -1, 0)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    averages = (grey[::2, ::2] + grey[1::2, ::2] + grey[::2, 1::2] + grey[1::2, 1::2]) / 4
    assert photo.shape == (213, 320) and photo.dtype == np.uint8
    assert np.abs(photo - averages).max() <= 0.5 + 1e-9


def test_an_unknown_photograph_is_named():
    with pytest.raises(ValueError, match=r"name is 'cat'; expected one of 'China', 'flower'"):
        widgets.sample_photo("cat")


def test_grey_stays_grey_and_colour_is_weighed():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(widgets.to_grey(grey), grey)
    assert np.array_equal(widgets.to_grey(np.stack([grey] * 3, axis=-1)), grey)
    assert np.array_equal(widgets.to_grey(grey / 255), grey)
    assert np.array_equal(widgets.to_grey(grey.astype(float)), grey)
    assert widgets.to_grey(np.array([[[0, 200, 0]]])).tolist() == [[117]]


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        (np.zeros(5), r"photo has the shape \(5,\); expected one grey picture"),
        (np.zeros((4, 4, 4)), r"photo has the shape \(4, 4, 4\)"),
        (np.zeros((0, 4)), r"photo has the shape \(0, 4\)"),
        (np.full((6, 6), -1), r"photo holds numbers from -1 to -1; expected 0 to 255 or 0 to 1"),
        (np.full((6, 6), 256), r"from 256 to 256"),
        (np.full((6, 6), np.nan), r"photo holds NaN"),
        (np.full((6, 6), "a"), r"photo holds <U1 values; expected numbers"),
        ([[1, 2], [3]], r"photo has rows of different lengths"),
        ("china.jpg", r"photo holds <U9 values"),
    ],
)
def test_a_wrong_photograph_is_named(wrong, sentence):
    for use in (widgets.to_grey, widgets.show_filtered, widgets.kernel_workbench):
        with pytest.raises(ValueError, match=sentence):
            use(wrong)


# --- the figure ---------------------------------------------------------------------------------


def titles(figure) -> list[str]:
    return [ax.get_title("left") for ax in figure.axes]


def test_the_figure_has_the_photograph_and_the_results_with_scipys_numbers():
    photo = np.random.default_rng(1).integers(0, 256, (30, 45)).astype(np.uint8)
    mine = np.array([[1, 0], [0, -3]])
    chosen = {"sharpen": CLASSIC_KERNELS["sharpen"], "Sobel": SOBEL, "mine": mine}
    figure = widgets.show_filtered(photo, chosen)
    assert titles(figure) == ["photograph", "sharpen", "Sobel", "mine"]
    assert figure.get_size_inches()[0] * figure.dpi == 900
    images = [ax.images[0] for ax in figure.axes]
    assert np.array_equal(images[0].get_array(), photo)
    for image, kernel in zip(images[1:], chosen.values(), strict=True):
        expected = correlate2d(photo.astype(float), kernel, "valid")
        np.testing.assert_allclose(image.get_array(), expected, rtol=0, atol=1e-9)
    assert [image.get_cmap().name for image in images] == ["gray", "gray", plots.DIVERGING, "gray"]
    assert images[1].get_clim() == (0, 255)
    edge = full_colour(images[2].get_array())
    assert images[2].get_clim() == (-edge, edge)


def test_by_default_five_kernels_make_two_rows():
    figure = widgets.show_filtered()
    assert len(figure.axes) == 6 and titles(figure)[0] == "photograph"
    tops = {round(ax.get_position().y1, 3) for ax in figure.axes}
    assert len(tops) == 2
    assert figure.get_size_inches()[1] * figure.dpi < 620


def test_names_stay_inside_their_panels():
    figure = widgets.show_filtered(kernels=list(CLASSIC_KERNELS), title="Nine")
    figure.canvas.draw()
    for ax in figure.axes:
        text = next(t for t in (ax._left_title,) if t.get_text())
        assert text.get_window_extent().x1 <= ax.get_window_extent().x1 + 4
        assert text.get_fontsize() >= 12


@pytest.mark.parametrize(
    "kernels, sentence",
    [
        ({}, r"kernels is empty"),
        ([], r"kernels is empty"),
        (["blur"], r"kernel is 'blur'; expected one of 'identity'"),
        ({"k": np.ones(3)}, r"kernels\['k'\] has the shape \(3,\); expected \(rows, columns\)"),
        ({"k": np.ones((9, 3))}, r"kernels\['k'\] has the shape \(9, 3\), larger than the photo"),
        ({"k": [[np.inf]]}, r"kernels\['k'\] holds NaN or infinity"),
        ({"k": [["a"]]}, r"kernels\['k'\] holds <U1 values; expected numbers"),
        ({"k": [[1, 2], [3]]}, r"kernels\['k'\] has rows of different lengths"),
    ],
)
def test_wrong_kernels_are_named(kernels, sentence):
    with pytest.raises(ValueError, match=sentence):
        widgets.show_filtered(np.zeros((8, 8)), kernels)


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="columns is 0"):
        widgets.show_filtered(columns=0)


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=300))
def test_full_colour_leaves_three_in_a_hundred_beyond(values):
    edge = full_colour(np.array(values))
    assert edge >= 1 and edge == round(edge)
    assert (np.abs(values) > edge).mean() <= 0.03


# --- the widget ---------------------------------------------------------------------------------


def test_python_has_kernel_photograph_and_result_before_the_front_end_speaks(bench):
    assert np.array_equal(bench.kernel, SOBEL)
    assert np.array_equal(bench.photo, widgets.sample_photo("China"))
    expected = correlate2d(bench.photo.astype(float), SOBEL, "valid")
    np.testing.assert_allclose(bench.result, expected, rtol=0, atol=1e-9)


def test_python_hears_what_the_reader_chose():
    bench = widgets.kernel_workbench()
    cells = [[1, 0, 0, 0, 0], *[[0] * 5] * 3, [0, 0, 0, 0, 3]]
    bench.set_state({"_state": {"cells": cells, "divisor": 4, "photo": "flower"}})
    assert np.array_equal(bench.kernel, np.array(cells) / 4)
    assert np.array_equal(bench.photo, widgets.sample_photo("flower"))
    assert bench.result.shape == (209, 316)
    bench.kernel[:] = 0  # a copy: nothing happens to the widget
    assert np.array_equal(bench.kernel, np.array(cells) / 4)


def test_ones_own_photograph_comes_first_and_a_large_one_is_reduced():
    photo = np.random.default_rng(0).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    bench = widgets.kernel_workbench(photo, "laplacian")
    assert [each["name"] for each in bench._photos] == ["your photograph", "China", "flower"]
    blocks = (photo @ np.array([0.299, 0.587, 0.114]))[:498, :699].reshape(166, 3, 233, 3)
    assert bench.photo.shape == (166, 233)
    assert np.abs(bench.photo - blocks.mean(axis=(1, 3))).max() <= 0.5 + 1e-9
    digit = widgets.kernel_workbench(np.eye(28))
    assert np.array_equal(digit.photo, np.eye(28, dtype=np.uint8) * 255)


@pytest.mark.parametrize(
    "photo, kernel, sentence",
    [
        (np.zeros((4, 9)), SOBEL, r"photo has the shape \(4, 9\); expected at least 5 rows"),
        (np.zeros((5, 9000)), SOBEL, r"photo has the shape \(5, 9000\), too long and narrow"),
        (None, "smudge", r"kernel is 'smudge'; expected one of"),
        (None, None, r"kernel holds object values; expected numbers"),
        (None, np.ones((4, 4)), r"kernel has the shape \(4, 4\); expected \(3, 3\) or \(5, 5\)"),
        (None, np.ones((3, 5)), r"kernel has the shape \(3, 5\)"),
        (None, np.full((3, 3), 1000), r"kernel has a weight of 1000; expected numbers from -999"),
        (None, np.full((3, 3), np.nan), r"kernel holds NaN"),
    ],
)
def test_what_cannot_be_used_is_named(photo, kernel, sentence):
    with pytest.raises(ValueError, match=sentence):
        widgets.kernel_workbench(photo, kernel)


def test_named_kernels_go_to_the_front_end_as_whole_numbers(bench):
    sent = {each["name"]: each for each in bench._named}
    assert list(sent) == list(CLASSIC_KERNELS)
    for name, kernel in CLASSIC_KERNELS.items():
        cells = np.array(sent[name]["cells"])
        assert np.array_equal(cells, np.round(cells))
        np.testing.assert_allclose(cells / sent[name]["divisor"], kernel, rtol=0, atol=1e-12)
    assert sent["Gaussian blur 5×5"]["divisor"] == 256
    odd = widgets.kernel_workbench(kernel=np.full((3, 3), 500.5))
    assert odd._named[0] == {"name": "your kernel", "cells": [[500.5] * 3] * 3, "divisor": 1}


def test_text_and_still_picture_stand_beside_the_widget(bench):
    assert "running kernel" in repr(bench) and "0x" not in repr(bench)
    data, _ = bench._repr_mimebundle_()
    assert data["text/plain"] == repr(bench)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 850 <= picture.width <= 920 and len(data["image/png"]) < 260_000
    assert [ax.get_title("left") for ax in bench.still().axes] == [
        "photograph",
        "Sobel, vertical edges",
        "result",
    ]


def test_a_blur_is_drawn_still_with_its_divisor():
    figure = widgets.kernel_workbench(kernel="box blur 5x5").still()
    assert figure.axes[1].get_xlabel() == "all ÷ 25"
    assert figure.axes[2].images[0].get_cmap().name == "gray"


@given(JUNK, JUNK)
@settings(max_examples=40, deadline=None)
def test_nonsense_from_the_front_end_does_no_harm(bench, junk, more):
    sent = bench._photos
    for said in (
        junk,
        {"cells": junk, "divisor": more, "photo": junk},
        {"cells": [[1, 2, 3]] * 3, "divisor": more, "photo": more},
        {"cells": [[1e308] * 3] * 3, "divisor": 1e-308},
        {"cells": [[10**400] * 3] * 3, "divisor": 0},
    ):
        bench.set_state({"_state": said, "_photos": junk, "_named": junk, "nonsense": junk})
        assert bench._photos == sent
        assert bench.kernel.shape in ((3, 3), (5, 5)) and np.isfinite(bench.kernel).all()
        assert bench.photo.shape == (213, 320)
    bench.set_state({"_state": None})
    assert np.array_equal(bench.kernel, SOBEL)


# --- the front end's files ----------------------------------------------------------------------


def test_the_front_end_asks_no_network_and_knows_every_trait_it_uses():
    front = (STATIC / "kernel_workbench.js").read_text("utf-8")
    style = (STATIC / "kernel_workbench.css").read_text("utf-8")
    assert "http" not in front + style
    assert not re.search(r"\bimport\b|fetch\(|XMLHttp|url\(", front + style)
    used = set(re.findall(r"model\.[gs]et\(\"(\w+)\"", front))
    assert used <= set(widgets.KernelWorkbench.class_trait_names())
    assert used == {"_photos", "_named", "_colours", "_start", "_state"}
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)px", style)]
    assert sizes and min(sizes) >= 16


def test_the_colours_are_the_courses(bench):
    shades = np.frombuffer(bench._colours, dtype=np.uint8).reshape(256, 3)
    expected = matplotlib.colormaps[plots.DIVERGING](np.arange(256), bytes=True)[:, :3]
    assert np.array_equal(shades, expected)
    style = (STATIC / "kernel_workbench.css").read_text("utf-8")
    gradient = re.search(r"kw-signed \{(.*?)\}", style, re.DOTALL).group(1)
    stops = [
        [int(hexa[i : i + 2], 16) for i in (0, 2, 4)] for hexa in re.findall("#(.{6})", gradient)
    ]
    places = np.rint(np.linspace(0, 255, len(stops))).astype(int)
    assert np.abs(np.array(stops) - shades[places]).max() <= 4
    roles = {colour.lower() for colour in plots.COLOURS.values()}
    others = set(re.findall("#[0-9a-f]{6}", style.replace(gradient, "")))
    assert others <= roles | {"#000000", "#ffffff"}
