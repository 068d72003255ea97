"""Where the weights of a backbone come from, every fault on the way, and what is counted of it."""

import hashlib
import os
import re

import numpy as np
import pytest

from course_utils import _fetch, backbones, datasets
from course_utils.environment import quiet_import
from tests import fake_data
from tests.fake_data import drips, sends, silent, status
from tests.test_data_faults import HTML, LIMITS, closed_port

FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
OFFICIAL = datasets.registry()["backbones"]  # before a test replaces it


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


def in_the_old_format(network, path):
    """Write weights as keras.applications offers them."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)


@pytest.fixture(scope="module")
def weights(keras, tmp_path_factory):
    """The file of a MobileNetV2 that nobody trained, and what is in it."""
    keras.utils.set_random_seed(3)
    network = keras.applications.MobileNetV2(include_top=False, weights=None)
    for weight in network.weights:  # also the moving means, so that none is as it began
        weight.assign(np.random.default_rng(len(weight.path)).uniform(0.1, 0.2, weight.shape))
    path = tmp_path_factory.mktemp("weights") / FILE
    in_the_old_format(network, path)
    return path.read_bytes(), network.get_weights()


@pytest.fixture(scope="module")
def others(keras, tmp_path_factory):
    """The file of another network: a MobileNetV2 of half the width."""
    network = keras.applications.MobileNetV2(include_top=False, weights=None, alpha=0.5)
    path = tmp_path_factory.mktemp("others") / FILE
    in_the_old_format(network, path)
    return path.read_bytes()


class World:
    """A machine with a cache, a stick, Keras's folder and one host."""

    def __init__(self, folder, monkeypatch, content):
        self.monkeypatch, self.content, self.hosts = monkeypatch, content, []
        self.cache, self.stick = folder / "cache", folder / "stick"
        self.keras = folder / "keras" / "models"
        for place in (self.cache, self.stick, self.keras):
            place.mkdir(parents=True)
        for name in ("COURSE_DATA", "COURSE_DATA_DIR", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setenv("COURSE_CACHE_DIR", str(self.cache))
        monkeypatch.setenv("KERAS_HOME", str(folder / "keras"))
        monkeypatch.setattr(_fetch, "LIMITS", LIMITS)
        monkeypatch.setattr(backbones, "_gave_up", {})
        self.registered(f"http://127.0.0.1:{closed_port_number()}/{FILE}")

    def registered(self, url, **changes):
        table = {
            **OFFICIAL["mobilenet_v2"],
            "url": url,
            "bytes": len(self.content),
            "md5": hashlib.md5(self.content).hexdigest(),
            **changes,
        }
        table = {key: value for key, value in table.items() if value is not None}
        self.monkeypatch.setattr(
            datasets, "registry", lambda: {"backbones": {"mobilenet_v2": table}}
        )

    def host(self, *answers, **changes):
        host = fake_data.Host().serve(FILE, *answers)
        self.hosts.append(host)
        self.registered(host.url + FILE, **changes)
        return host

    def lies(self, place, content=None):
        (place / FILE).write_bytes(self.content if content is None else content)
        if place == self.stick:
            self.monkeypatch.setenv("COURSE_DATA_DIR", str(self.stick))

    def refuses(self, *words, **arguments):
        with pytest.raises(backbones.BackboneMissing) as caught:
            backbones.load("mobilenet_v2", 32, **arguments)
        sentence = str(caught.value)
        assert "\n" not in sentence and len(sentence) < 500, sentence
        assert sentence.endswith((".", "elsewhere."))
        for word in words:
            assert word in sentence, sentence
        return sentence

    def nothing_half_written(self):
        for path in self.cache.rglob("*"):
            assert path.name == FILE and path.read_bytes() == self.content, path


def closed_port_number():
    return int(re.search(r":(\d+)", closed_port()).group(1))


@pytest.fixture
def world(tmp_path, monkeypatch, weights):
    made = World(tmp_path, monkeypatch, weights[0])
    yield made
    for host in made.hosts:
        host.close()


def assert_loaded(model, weights):
    inner = model.layers[-1]
    for found, expected in zip(inner.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(found, expected)


# --- where a file is found ------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["stick", "cache", "keras"])
def test_a_file_at_hand_is_used_without_a_network(world, weights, place):
    world.lies(getattr(world, place))
    assert_loaded(backbones.load("mobilenet_v2", 32, download=False), weights)


def test_a_file_is_fetched_once_and_kept(world, weights, capsys):
    host = world.host(sends(world.content))
    model = backbones.load("mobilenet_v2", 32)
    assert_loaded(model, weights)
    again = backbones.load("mobilenet_v2", 64)
    assert_loaded(again, weights)
    assert host.asked[FILE] == 1
    world.nothing_half_written()
    assert not capsys.readouterr().err  # the progress bar goes to standard output
    assert model.output_shape == again.output_shape == (None, 1280)


def test_a_damaged_file_in_the_cache_is_fetched_anew(world, weights):
    world.lies(world.cache, world.content[:-1])
    world.host(sends(world.content))
    assert_loaded(backbones.load("mobilenet_v2", 32), weights)
    world.nothing_half_written()


def test_a_damaged_file_of_keras_is_passed_over_and_left_alone(world, weights):
    world.lies(world.keras, b"x" * len(world.content))
    world.host(sends(world.content))
    assert_loaded(backbones.load("mobilenet_v2", 32), weights)
    assert (world.keras / FILE).read_bytes() == b"x" * len(world.content)


def test_a_busy_host_is_asked_again(world, weights):
    world.host(status(503), sends(world.content))
    assert_loaded(backbones.load("mobilenet_v2", 32), weights)


# --- faults: one sentence each --------------------------------------------------------------------


def test_without_network(world):
    world.refuses("No weights of MobileNetV2 here", "refused the connection", FILE)
    world.nothing_half_written()


def test_nobody_waits_twice_for_a_silent_host(world):
    host = world.host(silent(3))
    first = world.refuses("did not answer in time")
    asked = host.asked[FILE]
    assert world.refuses() == first and host.asked[FILE] == asked


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda content: status(404), "does not have the file (HTTP 404)"),
        (lambda content: status(403), "refused access"),
        (lambda content: sends(HTML, kind="text/html"), "web page instead of data"),
        (lambda content: sends(content[:5000], announced=len(content)), "broke off after"),
        (lambda content: sends(content[:5000]), "5,000 bytes instead of"),
        (lambda content: drips(content[:8000], piece=4000, pause=0, stop=4000), "too slow"),
        (lambda content: drips(content, piece=50, pause=0.05), "too slow"),
        (lambda content: sends(bytes(len(content))), "its MD5 begins with"),
    ],
    ids=["404", "403", "portal", "cut off", "short", "stalls", "crawls", "other content"],
)
def test_a_host_that_misbehaves(world, answer, words):
    world.host(answer(world.content))
    world.refuses(words, "COURSE_DATA_DIR")
    world.nothing_half_written()


def test_no_download_is_tried_where_none_is_wanted(world, monkeypatch):
    host = world.host(sends(world.content))
    world.refuses("not at hand", download=False)
    monkeypatch.setenv("COURSE_DATA", "stand-in")
    world.refuses("COURSE_DATA is set to stand-in")
    assert not host.asked[FILE]


def test_a_bad_file_on_the_stick_is_told_and_not_passed_over(world):
    world.lies(world.stick, world.content[:1000])
    world.host(sends(world.content))
    world.refuses("COURSE_DATA_DIR", "1,000 bytes", "copy it there again")


def test_a_stick_that_is_not_there(world, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "unplugged"))
    world.refuses("a folder that does not exist")


@pytest.mark.skipif(os.name == "nt", reason="permissions work otherwise there")
def test_a_cache_that_cannot_be_written(world, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    world.host(sends(world.content))
    world.refuses("cannot be written")


# --- a file without an MD5 to compare -------------------------------------------------------------


def test_without_an_md5_the_weights_must_fit(world, weights, others):
    world.host(sends(world.content), md5=None)
    assert_loaded(backbones.load("mobilenet_v2", 32), weights)


@pytest.mark.parametrize("kind", ["garbage", "another network", "not finite"])
def test_without_an_md5_what_does_not_fit_is_refused(world, weights, others, keras, kind, tmp_path):
    if kind == "garbage":
        content = np.random.default_rng(0).bytes(20_000)
    elif kind == "another network":
        content = others
    else:
        network = keras.applications.MobileNetV2(include_top=False, weights=None)
        network.weights[-1].assign(np.full(network.weights[-1].shape, np.inf))
        in_the_old_format(network, tmp_path / "inf.h5")
        content = (tmp_path / "inf.h5").read_bytes()
    world.lies(world.cache, content)
    world.registered("http://127.0.0.1:9/", bytes=len(content), md5=None)
    world.refuses("holds no weights that fit MobileNetV2")


# --- the registry ---------------------------------------------------------------------------------


def test_the_registry_names_what_keras_fetches(keras):
    from keras.src.applications import mobilenet_v2, resnet

    entry = OFFICIAL["resnet50"]
    assert entry["md5"] == resnet.WEIGHTS_HASHES["resnet50"][1]
    assert entry["url"] == resnet.BASE_WEIGHTS_PATH + entry["file"]
    entry = OFFICIAL["mobilenet_v2"]
    assert entry["url"] == mobilenet_v2.BASE_WEIGHT_PATH + entry["file"]
    assert "md5" not in entry
    for table in OFFICIAL.values():
        assert {"title", "file", "bytes", "url", "licence", "citation"} <= set(table)
        assert table["url"].startswith("https://") and table["url"].endswith("/" + table["file"])


def test_the_size_in_the_registry_is_that_of_such_weights(weights):
    """The file holds 4 bytes a number and names; a real one may differ in its names only."""
    numbers = sum(array.size for array in weights[1])
    size = OFFICIAL["mobilenet_v2"]["bytes"]
    assert 4 * numbers < size < 4.1 * numbers + 500_000


# --- the network itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "channels"),
    [("mobilenet_v2", 2_257_984, 1280), ("resnet50", 23_587_712, 2048)],
)
def test_parameters_are_those_of_the_papers(name, parameters, channels):
    model = backbones.build(name, 32)
    assert model.count_params() == parameters and model.output_shape == (None, channels)
    assert not model.trainable_weights


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet50"])
def test_pixels_are_prepared_as_in_the_training(keras, name):
    """The first layer of the inner network gets what keras.applications prepares."""
    model = backbones.build(name, 32)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    kind = {"mobilenet_v2": "mobilenet_v2", "resnet50": "resnet"}[name]
    prepared = getattr(keras.applications, kind).preprocess_input(pictures.copy())
    inner = model.layers[-1]
    np.testing.assert_allclose(model(pictures), inner(prepared), rtol=1e-4, atol=1e-5)
    arrives = keras.Model(model.input, model.operations[-2].output)(pictures)
    np.testing.assert_allclose(arrives, prepared, atol=1e-4)


def test_multiplications_are_counted_as_loops_would(keras):
    """A picture of ones and kernels of ones: without padding, each product adds 1 to the sum."""
    layers = [
        keras.Input((7, 6, 3)),
        keras.layers.Conv2D(5, 3, strides=2, use_bias=False, kernel_initializer="ones"),
    ]
    model = keras.Sequential(layers)
    made = float(np.sum(model(np.ones((1, 7, 6, 3)))))
    assert backbones.multiplications(model) == round(made)
    depthwise = keras.layers.DepthwiseConv2D(3, use_bias=False, depthwise_initializer="ones")
    model = keras.Sequential([keras.Input((7, 6, 3)), depthwise])
    made = float(np.sum(model(np.ones((1, 7, 6, 3)))))
    assert backbones.multiplications(model) == round(made) == 5 * 4 * 9 * 3
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert backbones.multiplications(keras.Sequential([keras.Input((4,)), model])) == 12


@pytest.mark.parametrize(("name", "millions"), [("mobilenet_v2", 300), ("resnet50", 3860)])
def test_multiplications_are_those_of_the_papers(name, millions):
    """With the last layer, of 1000 classes: "300M" and "3.8 × 10⁹" in the papers."""
    model = backbones.build(name, 224)
    last = model.output_shape[1] * 1000
    assert backbones.multiplications(model) + last == pytest.approx(millions * 1e6, rel=0.01)


def test_an_open_size_is_an_error(keras):
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3)])
    with pytest.raises(ValueError, match="is open"):
        backbones.multiplications(model)


@pytest.mark.parametrize("function", [backbones.build, backbones.load])
def test_arguments_are_checked(function):
    with pytest.raises(ValueError, match="expected one of mobilenet_v2, resnet50"):
        function("resnet", 32)
    with pytest.raises(ValueError, match="side is 31; expected 32 pixels or more"):
        function("resnet50", 31)
    with pytest.raises(TypeError, match="side is of type float"):
        function("resnet50", 96.0)


def test_nothing_is_imported_with_the_module():
    import subprocess
    import sys

    code = "import sys, course_utils.backbones; assert 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
