"""The playground's Python side: points, training in its thread, and nonsense from the page."""

import base64
import contextlib
import io
import re
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import dense, widgets
from course_utils.optimisers import GradientDescent
from course_utils.widgets import playground
from course_utils.widgets.playground import (
    ACTIVATIONS,
    DATA,
    EDGE,
    GRID,
    POINTS,
    RATES,
    make_points,
    plane,
)

module = sys.modules["course_utils.widgets.playground"]  # the function hides its module's name


def say(play, **message) -> None:
    """Let a message arrive as from the page."""
    play._handle_custom_msg(message, [])


@contextlib.contextmanager
def page(play):
    """Draw as a page does: answer every picture at once, from another thread."""
    over = threading.Event()

    def answer():
        while not over.wait(0.002):
            say(play, do="seen", frame=play._frame)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def eventually(condition, seconds=20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


# --- points -------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", DATA)
def test_points_lie_on_the_plane_and_both_classes_are_there(data):
    for seed in range(5):
        x, y = make_points(data, POINTS, np.random.default_rng(seed))
        assert x.shape == (POINTS, 2) and y.shape == (POINTS, 1)
        assert np.abs(x).max() < EDGE
        assert set(y.ravel()) == {0.0, 1.0} and 0.3 < y.mean() < 0.7


def test_points_by_their_definitions():
    x, y = make_points("circle", POINTS, np.random.default_rng(1))
    assert np.array_equal(np.hypot(*x.T) < 1.5, y[:, 0] == 1)
    x, y = make_points("xor", POINTS, np.random.default_rng(1))
    assert np.array_equal((x[:, 0] > 0) != (x[:, 1] > 0), y[:, 0] == 1)
    with pytest.raises(ValueError, match="data: one of circle"):
        make_points("cubes", POINTS, np.random.default_rng(1))


def test_plane_starts_at_the_upper_left():
    grid = plane().reshape(GRID, GRID, 2)
    assert grid[0, 0].tolist() == [-EDGE, EDGE] and grid[-1, -1].tolist() == [EDGE, -EDGE]


# --- what it computes ---------------------------------------------------------------------------


def test_an_epoch_is_an_epoch_of_dense():
    play = playground("moons", [4, 2], "relu", 0.3, seed=3)
    network, first = play.network, play.losses
    x, y = play._training
    rng = np.random.default_rng([3, 0])
    dense.initialise([2, 4, 2, 1], ["relu", "relu", "sigmoid"], rng, "he")
    rule = GradientDescent(0.3)
    history = dense.train(
        network, x, y, "binary_crossentropy", rule, epochs=3, batch_size=10, rng=rng
    )
    for _ in range(3):
        play.step()
    np.testing.assert_allclose(play.losses[1:, 0], history["loss"])
    for ours, theirs in zip(play.network.parameters, network.parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert play.epoch == 3 and first.shape == (1, 2) and play.losses.shape == (4, 2)


def test_pictures_show_what_the_network_says():
    play = playground("xor", [3, 2], seed=1)
    for _ in range(5):
        play.step()
    _, first, second, says = dense.forward(play.network, plane())
    sent = np.frombuffer(play._grid, np.uint8).reshape(GRID, GRID)
    assert np.array_equal(sent, np.round(255 * says.reshape(GRID, GRID)))
    small = np.frombuffer(play._nodes, np.uint8).reshape(5, GRID // 2, GRID // 2)
    for number, outputs in enumerate([*first.T, *second.T]):
        expected = outputs.reshape(GRID, GRID)[::2, ::2]
        scaled = 127.5 + 127.5 * expected / np.abs(expected).max()
        assert np.abs(small[number] - scaled).max() <= 0.5 + 1e-9
    curve = np.frombuffer(play._curve, np.float32).reshape(-1, 3)
    np.testing.assert_allclose(curve[:, 1:], play.losses, rtol=1e-6)
    points = np.frombuffer(play._points, np.float32).reshape(POINTS, 3)
    np.testing.assert_allclose(points, np.column_stack(play._training), rtol=1e-6)


def test_the_curve_stays_short():
    play = playground("clouds", [])
    play._losses = [(1 / (n + 1), 0.0) for n in range(5000)]
    play._show()
    curve = np.frombuffer(play._curve, np.float32).reshape(-1, 3)
    assert len(curve) <= 150 and curve[0, 0] == 0 and curve[-1, 0] == 4999 == play.epoch


@pytest.mark.parametrize(("data", "hidden"), [("circle", [3]), ("xor", [4]), ("spiral", [8, 8])])
def test_it_learns_what_the_notebook_says(data, hidden):
    play = playground(data, hidden)
    for _ in range(300):
        play._advance()
    assert play.losses[-1].max() < 0.15


def test_without_hidden_nodes_the_circle_stays_pale():
    play = playground("circle", [])
    for _ in range(50):
        play._advance()
    assert play.losses[-1, 0] > 0.55
    assert np.ptp(np.frombuffer(play._grid, np.uint8).astype(int)) < 255


# --- running ------------------------------------------------------------------------------------


def test_nothing_trains_before_run():
    before = threading.active_count()
    play = playground()
    assert not play.running and play.epoch == 0 and threading.active_count() == before


def test_it_runs_while_a_page_draws_and_stops_at_once():
    play = playground()
    with page(play):
        say(play, do="run")
        thread = play._thread
        assert play.running and play._running and thread.daemon
        assert eventually(lambda: play.epoch >= 5)
        begin = time.monotonic()
        say(play, do="pause")
        took = time.monotonic() - begin
        epoch = play.epoch
        assert not play.running and not play._running
        thread.join(5)
        assert not thread.is_alive()
        time.sleep(0.1)
    assert play.epoch == epoch and took < 5, "pause waits for one epoch at most"


def test_each_picture_comes_after_an_epoch_and_waits_for_the_page():
    play = playground()
    first = play._frame
    play.run()
    eventually(lambda: play.epoch >= module._AHEAD - 1)
    time.sleep(0.3)  # nobody draws
    assert play._frame == first + module._AHEAD, "no more pictures are sent ahead"
    assert play.epoch == module._AHEAD - 1, "one epoch each, after the one that shows it runs"
    say(play, do="seen", frame=10**9)  # a page can't have drawn what was never sent
    with play._lock:
        assert play._seen <= play._frame
    play.pause()


def test_it_ends_when_nobody_looks_any_more(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    play = playground()
    play.run()
    thread = play._thread
    thread.join(10)
    assert not thread.is_alive() and not play.running and not play._running
    with page(play):
        play.run()
        assert eventually(lambda: play.epoch >= 4), "and can be run again"
        play.pause()


def test_it_ends_with_the_widget():
    play = playground()
    with page(play):
        play.run()
        thread = play._thread
        assert eventually(lambda: play.epoch >= 2)
        play.close()
        thread.join(5)
    assert not thread.is_alive()


def test_run_twice_is_one_thread_and_step_pauses():
    play = playground()
    with page(play):
        play.run()
        thread = play._thread
        play.run()
        assert play._thread is thread
        play.step()
        assert not play.running
        thread.join(5)
        assert not thread.is_alive()


def test_settings_change_while_it_runs():
    play = playground()
    with page(play):
        play.run()
        assert eventually(lambda: play.epoch >= 3)
        say(play, do="choose", rate=0.3)
        assert play.epoch >= 3 and play._rule.rate == 0.3, "a new rate does not begin again"
        for change in ({"data": "spiral"}, {"hidden": [8, 8, 8, 8]}, {"activation": "sigmoid"}):
            say(play, do="choose", **change)
            assert play.running
            assert play.settings | change == play.settings
        assert len(play.network.kernels) == 5
        assert eventually(lambda: play.epoch >= 2)
        play.pause()


def test_reset_draws_other_weights_and_the_same_points():
    play = playground(seed=5)
    weights, points = play.network.kernels[0], play._points
    play.step()
    play.reset()
    assert play.epoch == 0 and play._points == points
    assert not np.array_equal(play.network.kernels[0], weights)
    assert np.array_equal(playground(seed=5).network.kernels[0], weights)


def test_weights_that_run_away_stop_the_training(capfd):
    play = playground("spiral", [8, 8], "linear", 3.0)
    play._network.kernels[0][:] = 1e308
    with page(play):
        play.run()
        assert eventually(lambda: not play.running)
    assert "smaller learning rate" in play._says
    epoch = play.epoch
    play.step()
    play.run()
    assert play.epoch == epoch and not play.running
    play.reset()
    assert "loss" in play._says
    assert capfd.readouterr() == ("", "")


def test_training_has_an_end(monkeypatch):
    monkeypatch.setattr(module, "_MOST_EPOCHS", 3)
    play = playground()
    with page(play):
        play.run()
        assert eventually(lambda: not play.running)
    assert play.epoch == 3 and "Reset" in play._says


def test_whoever_sees_the_end_sees_the_last_epoch(monkeypatch):
    monkeypatch.setattr(module, "_MOST_EPOCHS", 3)
    play, at_the_end = playground(), []
    play.observe(lambda change: at_the_end.append((change.new, play.epoch, play._says)), "_running")
    with page(play):
        play.run()
        assert eventually(lambda: not play.running)
    ((epoch, says),) = [rest for running, *rest in at_the_end if not running]
    assert epoch == 3 and "Reset" in says


# --- nonsense -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        ({"data": "cubes"}, "data: one of circle, xor"),
        ({"data": ["circle"]}, "data: one of"),
        ({"hidden": [9]}, "hidden: up to 4"),
        ({"hidden": [1] * 5}, "hidden: up to 4"),
        ({"hidden": [True]}, "hidden: up to 4"),
        ({"hidden": [2.0]}, "hidden: up to 4"),
        ({"hidden": 3}, "hidden: up to 4"),
        ({"activation": "softmax"}, "activation: one of tanh"),
        ({"rate": 0.2}, "rate: one of"),
        ({"rate": True}, "rate: one of"),
        ({"rate": "0.1"}, "rate: one of"),
    ],
)
def test_settings_that_are_no_choice_are_refused(settings_, words):
    with pytest.raises(ValueError, match=words):
        playground(**settings_)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["choose", "seen", "close", "_train", *DATA]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["do", "frame", "data", "hidden", "rate", "activation"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JUNK, JUNK)
@settings(max_examples=60, deadline=None)
def test_nonsense_from_the_page_does_no_harm(junk, other):
    play = playground()
    play._handle_custom_msg(junk, [])
    say(play, do="choose", hidden=junk, data=other)
    say(play, do="choose", rate=junk)
    say(play, do="seen", frame=junk)
    say(play, do=junk)
    play.set_state({"_grid": junk, "_running": True, "_settings": other})
    assert not play.running and not play._running
    assert play.settings["data"] in DATA and play.settings["rate"] in RATES
    assert play.settings["activation"] in ACTIVATIONS
    play.step()
    assert play.epoch >= 1


# --- the still picture and the page -------------------------------------------------------------


def test_text_and_still_picture_stand_beside_the_widget():
    play = playground()
    assert "running kernel" in repr(play) and "0x" not in repr(play)
    data, _ = play._repr_mimebundle_()
    assert data["text/plain"] == repr(play)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 700 <= picture.width <= 1000
    assert play.epoch == 0, "the still picture is of a copy"
    figure = play.still()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["after 300 epochs", "loss"]


def test_the_front_end_asks_no_network_and_knows_every_trait_it_uses():
    folder = Path(widgets.__file__).parent / "static"
    script = (folder / "playground.js").read_text("utf-8")
    style = (folder / "playground.css").read_text("utf-8")
    assert not re.search(r"https?:|\bimport\b[^.]|fetch\(|XMLHttp|url\(", script + style)
    used = set(re.findall(r"model\.[gs]et\(\"(\w+)\"", script))
    assert used <= set(widgets.Playground.class_trait_names()) and "_grid" in used
    sizes = re.findall(r"font(?:-size: |: ?|\s*=\s*\")([\d.]+)px", style + script)
    assert sizes and min(map(float, sizes)) >= 16
