"""The figures say what they should, refuse what they can't draw, and show exactly once."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import nbclient
import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course_utils import plots

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
GREY = np.linspace(0, 255, 37 * 28 * 28).reshape(37, 28, 28).astype(np.uint8)
COLOUR = np.linspace(0, 255, 37 * 32 * 32 * 3).reshape(37, 32, 32, 3).astype(np.uint8)


def texts(figure: Figure) -> list[str]:
    """Return every text that is drawn, in order."""
    figure.draw_without_rendering()
    found = [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_visible()]
    return [text for text in found if text.strip()]


def captions(figure: Figure) -> list[str]:
    return [axes.get_xlabel() for axes in figure.axes]


def one_of_each() -> dict[str, Figure]:
    history = {"loss": [0.5, 0.3], "val_loss": [0.4, 0.35], "accuracy": [0.8, 0.9]}
    chances = np.full((37, 10), 0.05)
    chances[:, 3] = 0.55
    sure = np.eye(10)[3] * 0.9995 + 0.00005
    return {
        "images": plots.show_images(COLOUR, np.arange(37) % 10, class_names=NAMES, title="All"),
        "grey": plots.show_images(GREY, range(37)),
        "one": plots.show_images(GREY[0]),
        "large": plots.show_images(COLOUR[:2], ["left", "right"], size=9),
        "mosaic": plots.show_mosaic(GREY, ["first", "second"], title="Many"),
        "two values": plots.show_signed(np.eye(3) * 2 - 1, title="Yes and no"),
        "channels": plots.show_channels(COLOUR[0], title="A picture"),
        "signed": plots.show_signed(GREY[:9] - 100.0, columns=3, title="Weights"),
        "mistakes": plots.show_mistakes(COLOUR, np.arange(37) % 10, chances, NAMES),
        "none": plots.show_mistakes(GREY, np.full(37, 3), chances),
        "matrix": plots.show_matrix(GREY[20, :12, :14], title="Numbers"),
        "history": plots.plot_history(history, title="A network"),
        "reading": plots.show_reading([GREY[0]] * 3, ["drawn", "b", "c"], sure, title="One"),
        "confusion": plots.plot_confusion(np.arange(100) % 10, np.arange(100) // 10, NAMES),
    }


def test_nothing_stays_in_pyplot_and_the_repr_is_stable():
    plt.close("all")
    first, second = one_of_each(), one_of_each()
    assert plt.get_fignums() == []
    assert {k: repr(f) for k, f in first.items()} == {k: repr(f) for k, f in second.items()}
    assert repr(first["history"]) == "<Figure size 900x400 with 2 Axes>"


def test_text_is_large_and_inside_the_figure():
    for name, figure in one_of_each().items():
        figure.draw_without_rendering()
        assert figure.get_size_inches()[0] <= 10, name
        drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert drawn.x0 >= -0.03 and drawn.x1 <= width + 0.03, name
        assert drawn.y0 >= -0.03 and drawn.y1 <= height + 0.03, name
        for text in figure.findobj(matplotlib.text.Text):
            if text.get_text().strip():
                assert text.get_fontsize() >= 12, (name, text.get_text())


def test_captions_of_neighbours_never_touch():
    for figure in (
        plots.show_images(COLOUR, ["a rather long label here"] * 37),
        plots.show_images(COLOUR, np.full(37, 1), class_names=NAMES),
    ):
        figure.draw_without_rendering()
        boxes = [axes.xaxis.label.get_window_extent() for axes in figure.axes]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]), (
            figure.axes[0].get_xlabel()
        )


def test_the_style_is_there_without_being_switched_on_and_leaks_nothing():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        before = dict(matplotlib.rcParams)
        one_of_each()
        assert dict(matplotlib.rcParams) == before
        plots.use_course_style()
        assert matplotlib.rcParams["font.size"] >= 12
        assert matplotlib.rcParams["figure.figsize"][0] * matplotlib.rcParams["figure.dpi"] == 900


def test_roles_have_different_colours_told_apart_on_white():
    assert {"data", "model", "error", "right", "wrong", "neutral"} == set(plots.COLOURS)
    assert len(set(plots.COLOURS.values())) == 6
    middle = matplotlib.colormaps[plots.DIVERGING](0.5)
    assert min(middle[:3]) > 0.95, "0 is white"


def test_images_keep_their_own_scale():
    dark = np.full((1, 4, 4), 3, dtype=np.uint8)
    image = plots.show_images(dark).axes[0].images[0]
    assert image.get_clim() == (0, 255), "a dark picture must not be brightened"
    image = plots.show_images(dark / np.float32(255)).axes[0].images[0]
    assert image.get_clim() == (0, 1)
    assert plots.show_images(GREY[..., None]).axes[0].images[0].get_array().shape == (28, 28)
    assert len(plots.show_images(COLOUR[0]).axes) == 1, "one colour picture"


def test_labels_are_names_or_texts():
    assert captions(plots.show_images(COLOUR[:2], [3, 9], class_names=NAMES)) == ["cat", "truck"]
    assert captions(plots.show_images(COLOUR[:2], ["true 3", "says 8"])) == ["true 3", "says 8"]
    column = np.array([[3], [9]], dtype=np.uint8)
    assert captions(plots.show_images(COLOUR[:2], column)) == ["3", "9"]


def test_channels_are_red_green_blue_in_order():
    red = np.zeros((8, 8, 3), dtype=np.uint8)
    red[..., 0] = 200
    figure = plots.show_channels(red)
    assert [int(axes.images[0].get_array().max()) for axes in figure.axes[1:]] == [200, 0, 0]
    assert captions(figure) == ["picture", "red", "green", "blue"]


@given(st.integers(1, 6), st.floats(0.01, 100), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_signed_panels_share_a_scale_centred_on_zero(n, size, seed):
    arrays = np.random.default_rng(seed).normal(size=(n, 4, 3)) * size
    figure = plots.show_signed(arrays)
    limits = {axes.images[0].get_clim() for axes in figure.axes[:n]}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    assert high == pytest.approx(np.abs(arrays).max())


def test_signed_takes_zeros_and_a_limit():
    assert plots.show_signed(np.zeros((2, 2))).axes[0].images[0].get_clim() == (-1, 1)
    assert plots.show_signed(np.eye(2), limit=4).axes[0].images[0].get_clim() == (-4, 4)


def test_few_signed_values_are_named_instead_of_a_scale():
    few = plots.show_signed(np.array([[-1, 1], [0, 1]]))
    assert [text for text in texts(few) if text.strip()] == ["+1", "0", "−1"]
    top, *_, bottom = (axes.get_facecolor() for axes in few.axes[1:])
    panel = few.axes[0].images[0]
    assert top == panel.to_rgba(1) and bottom == panel.to_rgba(-1)
    many = plots.show_signed(np.array([[-1, 1], [0.5, 1]]))
    assert texts(many) == ["−1", "0", "1"]


def test_size_is_the_width_of_a_picture_as_far_as_there_is_room():
    def width(figure):
        return figure.axes[0].get_window_extent().width

    assert width(plots.show_images(GREY[0], size=4)) == pytest.approx(400, abs=1)
    assert width(plots.show_images(GREY[0], size=9)) == pytest.approx(888, abs=1)
    two = plots.show_images(GREY[:2], size=9)
    assert width(two) == pytest.approx(438, abs=1)
    assert two.get_size_inches()[0] <= plots.WIDTH


def test_mosaic_puts_each_picture_in_its_row_and_column():
    for images in (GREY, COLOUR):
        height, width = images.shape[1:3]
        axes = plots.show_mosaic(images, range(4), columns=10).axes[0]
        canvas = np.asarray(axes.images[0].get_array())
        for k in (0, 9, 10, 36):
            top, left = k // 10 * (height + 1), k % 10 * (width + 1)
            assert np.array_equal(canvas[top : top + height, left : left + width], images[k])
        assert (canvas[-1, -1] == 255).all(), "the last row is shorter"
        assert [label.get_text() for label in axes.get_yticklabels()] == list("0123")
        assert axes.get_yticks() == pytest.approx(
            [(k + 0.5) * canvas.shape[0] / 4 - 0.5 for k in range(4)]
        )


def test_white_can_be_set():
    matrix = np.array([[0.0, 0.9]])
    assert plots.show_matrix(matrix).axes[0].images[0].get_clim() == (0, 0.9)
    assert plots.show_matrix(matrix, white=1).axes[0].images[0].get_clim() == (0, 1)


@pytest.mark.parametrize(
    ("matrix", "written"),
    [
        ([[1, 0], [2, 3]], ["1", "0", "2", "3"]),
        ([[1.0, 0.0]], ["1", "0"]),
        ([[1.5, -2.0]], ["1.50", "−2.00"]),
        ([[-0.001, 0.5]], ["0.00", "0.50"]),
        ([[1.5, np.nan]], ["1.50"]),
        ([[np.inf, -np.inf]], ["∞", "−∞"]),
        ([3, 1], ["3", "1"]),
        ([[True, False]], ["1", "0"]),
    ],
)
def test_matrix_writes_numbers_as_people_do(matrix, written):
    assert texts(plots.show_matrix(np.array(matrix))) == written


def test_a_whole_digit_in_numbers_is_small_but_fits():
    figure = plots.show_matrix(GREY[30])
    ink = FigureCanvasAgg(figure).get_renderer()  # once: each text would make one of its own
    cell = figure.axes[0].get_window_extent(ink).width / 28
    widest = max(text.get_window_extent(ink).width for text in figure.axes[0].texts)
    assert len(figure.axes[0].texts) == 784 and widest < cell
    assert figure.axes[0].texts[0].get_fontsize() >= 8


def test_matrix_formats():
    assert texts(plots.show_matrix([[0.5]], fmt=".3f")) == ["0.500"]
    assert texts(plots.show_matrix([[5.0]], fmt="d")) == ["5"]
    with pytest.raises(ValueError, match="fmt is 'nonsense'"):
        plots.show_matrix([[0.5]], fmt="nonsense")


def test_matrix_ink_is_readable_on_every_cell():
    for matrix in (np.arange(256, dtype=np.uint8).reshape(16, 16), np.arange(-8, 8.0)):
        axes = plots.show_matrix(matrix).axes[0]
        image = axes.images[0]
        for text, value in zip(axes.texts, np.ravel(matrix), strict=True):
            shade = np.array(image.cmap(image.norm(float(value)))[:3])
            linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
            luminance = float(linear @ [0.2126, 0.7152, 0.0722])
            ink = 0.0 if text.get_color() == "black" else 1.0
            contrast = (max(ink, luminance) + 0.05) / (min(ink, luminance) + 0.05)
            assert contrast >= 4.5, (value, text.get_color())


def test_matrix_in_given_axes_is_square_and_left_to_its_owner():
    figure, pair = plt.subplots(1, 2)
    assert plots.show_matrix(np.eye(3), title="kernel", ax=pair[0]) is None
    assert pair[0].get_title() == "kernel" or pair[0].get_title(loc="left") == "kernel"
    assert pair[0].get_aspect() in ("equal", 1.0)
    plt.close(figure)


def test_history_counts_epochs_from_one_in_whole_numbers():
    figure = plots.plot_history({"loss": [3, 2, 1], "val_loss": [3, 2, 2], "accuracy": [0, 0, 1]})
    line = figure.axes[0].lines[0]
    assert line.get_xdata().tolist() == [1, 2, 3]
    figure.draw_without_rendering()
    for axes in figure.axes:
        shown = [t.get_text() for t in axes.get_xticklabels() if t.get_text()]
        assert all(float(tick) == int(float(tick)) for tick in shown)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    assert "validation (last 2.000)" in texts(figure)


def test_history_takes_a_keras_history_and_other_names_of_accuracy():
    curves = {"loss": [1.0], "sparse_categorical_accuracy": [0.5], "learning_rate": [0.1]}
    assert len(plots.plot_history(SimpleNamespace(history=curves)).axes) == 2
    assert len(plots.plot_history({"loss": [1.0, float("nan")]}).axes) == 1
    assert len(plots.plot_history({"loss": np.ones(200)}).axes) == 1


def test_confusion_counts_and_shares():
    figure = plots.plot_confusion([0, 0, 0, 0, 1], [0, 0, 0, 1, 1], ["cat", "dog"])
    shown = texts(figure)
    assert {"3\n75 %", "1\n25 %", "1\n100 %", "1 of 5 wrong", "says", "true"} <= set(shown)
    shades = figure.axes[0].images[0].get_array()
    assert shades[0, 0] == 0 and shades[0, 1] == 0.25, "mistakes are coloured, the diagonal is not"
    assert len(plots.plot_confusion([0, 2], [0, 2]).axes) == 1, "a class that does not occur"


def test_mistakes_come_most_confident_first():
    true = np.array([4, 0, 1, 4])
    chances = np.full((4, 10), 0.0)
    chances[0, [9, 4]] = 0.97, 0.03
    chances[1, 0] = 1.0
    chances[2, [7, 1]] = 0.9996, 0.0004
    chances[3, [9, 4]] = 0.6, 0.4
    figure = plots.show_mistakes(GREY[:4], true, chances, n=2)
    assert captions(figure) == ["true 1,\nsays 7 (>99.9 %)", "true 4,\nsays 9 (97 %)"]
    written = [text.replace("\n", " ") for text in texts(figure)]
    assert "3 of 4 wrong: the 2 it was most sure of" in written
    assert texts(plots.show_mistakes(GREY[1:2], true[1:2], chances[1:2])) == [
        "No mistakes among 1 pictures."
    ]


def test_a_reading_shows_steps_and_bars():
    figure = plots.show_reading([GREY[0], COLOUR[0]], ["a", "b"], [0.02, 0.95, 0.03], title="One")
    assert len(figure.axes) == 3
    bars = figure.axes[2].patches
    assert [bar.get_width() for bar in bars] == [0.02, 0.95, 0.03]
    assert len({bar.get_facecolor() for bar in bars}) == 2, "the greatest stands out"
    assert {"a", "b", "0", "1", "2", "95 %", "3 %", "One"} <= set(texts(figure))
    assert len(plots.show_reading([GREY[0]]).axes) == 1


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "0 %"), (1, "100 %"), (0.97, "97 %"), (0.9996, ">99.9 %"), (0.998, "99.8 %"),
     (0.0004, "<0.1 %"), (0.0123, "1.2 %"), (0.01, "1 %"), (0.505, "50 %")],
)  # fmt: skip
def test_percent(share, written):
    assert plots.percent(share) == written


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.show_images(np.zeros(5)), "images has the shape"),
        (lambda: plots.show_images(np.zeros((0, 28, 28))), "at least one"),
        (lambda: plots.show_images(np.zeros((2, 4, 4, 2))), "colour pictures"),
        (lambda: plots.show_images(GREY.astype(int) - 9), "use show_signed"),
        (lambda: plots.show_images(np.full((1, 2, 2), np.nan)), "NaN"),
        (lambda: plots.show_images(GREY, [1, 2]), "labels has 2 entries for 37 pictures"),
        (lambda: plots.show_images(GREY[:1], [10], class_names=NAMES), "expected 0 to 9"),
        (lambda: plots.show_images(GREY, columns=0), "columns is 0"),
        (lambda: plots.show_images(np.zeros((401, 2, 2))), "too many"),
        (lambda: plots.show_images(GREY[0], size=0), "size is 0"),
        (lambda: plots.show_images(["a", "b"]), "expected numbers"),
        (lambda: plots.show_mosaic(GREY, columns=0), "columns is 0"),
        (lambda: plots.show_mosaic(GREY, ["a"]), "row_labels has 1 entries for 2 rows"),
        (lambda: plots.show_mosaic(np.zeros((2001, 2, 2))), "too many"),
        (lambda: plots.show_matrix([[2.0]], white=1), "white is 1"),
        (lambda: plots.show_matrix([[0.0]], white=0), "white is 0"),
        (lambda: plots.show_images([[1, 2], [3]]), "different lengths"),
        (lambda: plots.show_channels(GREY[0]), "one colour picture"),
        (lambda: plots.show_signed(np.zeros((3, 3, 1, 8))), "Keras kernel"),
        (lambda: plots.show_signed(np.eye(2), limit=0), "limit is 0"),
        (lambda: plots.show_signed([]), "expected"),
        (lambda: plots.show_matrix(np.zeros((33, 2))), "at most 32"),
        (lambda: plots.show_matrix(np.zeros((2, 2, 2))), "expected .rows, columns."),
        (lambda: plots.show_matrix([["a"]]), "expected numbers"),
        (lambda: plots.plot_history(None), "model.fit"),
        (lambda: plots.plot_history({"accuracy": [1]}), "expected at least 'loss'"),
        (lambda: plots.plot_history({"loss": []}), "one per epoch"),
        (lambda: plots.plot_confusion([0, 1], [0]), "as many of each"),
        (lambda: plots.plot_confusion([0, 1], [[0.5, 0.5], [0, 1]]), "argmax"),
        (lambda: plots.plot_confusion([0, 1], [0, 0.5]), "fractions"),
        (lambda: plots.plot_confusion([0, 2], [0, 1], ["a", "b"]), "expected 0 to 1"),
        (lambda: plots.show_mistakes(GREY[:1], [1], [[2.0, 3.0]]), "softmax"),
        (lambda: plots.show_mistakes(GREY[:1], [1], [0.5]), "images, classes"),
        (lambda: plots.show_mistakes(GREY[:2], [1], [[0.5, 0.5]]), "lengths 2, 1 and 1"),
        (lambda: plots.show_mistakes(GREY[:1], [1], [[0.5, 0.5]], ["a"]), "1 names for 2"),
        (lambda: plots.show_mistakes(GREY[:1], [1], [[0.5, 0.5]], n=0), "n is 0"),
        (lambda: plots.show_reading([GREY[0]] * 5), "expected one to four"),
        (lambda: plots.show_reading([GREY[0]], None, [[0.5, 0.5]]), "one number from 0 to 1"),
        (lambda: plots.show_reading([GREY[0]], None, [2, 3.0]), "one number from 0 to 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []


def test_inputs_are_not_changed():
    images, labels = GREY[:3].copy(), np.array([1, 2, 3])
    images.setflags(write=False)
    plots.show_images(images, labels)
    plots.show_matrix(images[0])
    assert np.array_equal(images, GREY[:3])


def test_a_bare_call_shows_exactly_once_in_a_notebook():
    cells = [
        "import numpy as np\nfrom course_utils import plots",
        "plots.show_images(np.zeros((3, 28, 28), dtype=np.uint8))",
        "plots.show_mistakes(np.zeros((1, 28, 28)), [0], [[1.0, 0.0]])",
        "figure = plots.show_matrix(np.eye(2))",
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\n_ = axes.plot([1, 2])",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=240).execute()
    shown = [
        [o for o in cell.outputs if "image/png" in o.get("data", {})] for cell in notebook.cells
    ]
    assert [len(outputs) for outputs in shown] == [0, 1, 1, 0, 1]
    assert [len(cell.outputs) for cell in notebook.cells] == [0, 1, 1, 0, 1]
    assert shown[1][0]["data"]["text/plain"] == "<Figure size 675x237 with 3 Axes>"


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("departures", [0, 8])
def test_an_ablation_has_a_line_for_each_row_and_no_name_on_another(departures, seeds):
    rng = np.random.default_rng(0)
    words = "a change that takes so many words to tell that it can never be told in full"
    rows = [
        {
            "change": f"{number}: {words}",
            "runs": [{"accuracy": rng.uniform(0.5, 0.8), "cpu": 50.0} for _ in range(seeds)],
        }
        for number in range(21)
    ]
    split = len(rows) - departures
    figure = plots.plot_ablation(rows[:split], rows[split:])
    figure.draw_without_rendering()
    left, right = figure.axes
    assert len(left.get_yticks()) == 21
    names = [label.get_window_extent() for label in left.get_yticklabels()]
    assert all(below.y1 <= above.y0 for above, below in pairwise(names))
    assert min(box.x0 for box in names) >= 0 and max(box.x1 for box in names) <= left.bbox.x0
    assert left.bbox.x1 < right.bbox.x0
    means = [np.mean([run["accuracy"] for run in row["runs"]]) for row in rows]
    dots = [line.get_xdata()[0] for line in left.lines if line.get_marker() == "o"]
    assert np.allclose(dots, means)
    assert left.lines[0].get_xdata()[0] == pytest.approx(means[split - 1])
    assert figure.get_size_inches()[1] * 100 < 620  # fits a slide


def test_an_ablation_without_runs_is_refused():
    with pytest.raises(ValueError, match="ladder is empty"):
        plots.plot_ablation([])
    with pytest.raises(ValueError, match="'he' has no runs"):
        plots.plot_ablation([{"change": "he", "runs": []}])
