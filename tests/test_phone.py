"""Packing networks for a phone: the same answers, a quarter of the bytes, and not a word."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import phone, poses
from course_utils.environment import quiet_import


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def network(keras):
    """A small network with every kind of layer of the notebook's, its statistics not trivial."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((48, 48)),
            layers.Reshape((48, 48, 1)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    rng.uniform(0.5, 2, gamma.shape),
                    rng.normal(0, 0.3, beta.shape),
                    rng.normal(0, 0.3, mean.shape),
                    rng.uniform(0.2, 1.5, variance.shape),
                ]
            )
    return network


@pytest.fixture(scope="module")
def pictures():
    return poses.draw(people=5, per_pose=20, seed=5).pictures


@pytest.fixture(scope="module")
def packs(network, pictures):
    return SimpleNamespace(
        floats=phone.pack(network),
        weights=phone.pack(network, 8),
        bits=phone.pack(network, 8, pictures[:100]),
    )


def test_this_machine_can_pack():
    assert phone.unavailable() == ""


def test_floats_say_the_same_as_keras(network, packs, pictures):
    expected = network.predict(pictures, verbose=0)
    np.testing.assert_allclose(phone.answers(packs.floats, pictures), expected, atol=1e-5)


def test_8_bits_say_nearly_the_same_in_a_third_of_the_bytes(network, packs, pictures):
    expected = network.predict(pictures, verbose=0)
    found = phone.answers(packs.bits, pictures)
    assert found.dtype == np.float32 and found.shape == (200, 10)
    assert np.abs(found - expected).max() < 0.1
    assert np.abs(found - expected).max() > 1e-6  # it is another network
    sure = np.sort(expected, axis=1)[:, -1] - np.sort(expected, axis=1)[:, -2] > 0.1
    assert (found.argmax(axis=1) == expected.argmax(axis=1))[sure].all()
    weights = network.count_params()
    assert len(packs.floats) > 4 * (weights - 100) and len(packs.bits) < weights + 8000
    assert len(packs.bits) < 0.6 * len(packs.floats)


def test_weights_in_8_bits_alone_are_nearer_to_keras(network, packs, pictures):
    expected = network.predict(pictures, verbose=0)
    off = {
        name: np.abs(phone.answers(getattr(packs, name), pictures) - expected).mean()
        for name in ("floats", "weights", "bits")
    }
    assert off["floats"] < off["weights"] < off["bits"]
    assert len(packs.weights) < 0.6 * len(packs.floats)


def test_weights_in_8_bits_are_the_rounded_ones_of_keras(keras, pictures):
    """Zero point 0, for each output the scale largest / 127: computed here from Keras's weights."""
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    dense = keras.Sequential([keras.Input((40,)), keras.layers.Dense(60)])
    sample = np.random.default_rng(0).normal(size=(50, 40)).astype("float32")
    pack = phone.pack(dense, 8, sample)
    with phone._quiet():
        interpreter = phone._interpreter()(model_content=pack)
        interpreter.allocate_tensors()
        (found,) = [
            (interpreter.get_tensor(each["index"]), each["quantization_parameters"])
            for each in interpreter.get_tensor_details()
            if each["dtype"] is np.int8 and tuple(each["shape"]) == (60, 40)
        ]
    numbers, ladder = found
    weights = dense.get_weights()[0].T  # LiteRT has a row for each output
    scale = np.abs(weights).max(axis=1) / 127
    np.testing.assert_allclose(ladder["scales"], scale, rtol=1e-5)
    assert not ladder["zero_points"].any()
    np.testing.assert_array_equal(numbers, np.rint(weights / ladder["scales"][:, np.newaxis]))
    expected = tf.constant(sample) @ tf.constant(weights.T)
    assert np.abs(phone.answers(pack, sample) - expected).max() < 0.1


def test_any_number_of_pictures_in_any_kind_of_number(packs, pictures):
    whole = phone.answers(packs.floats, pictures)
    one = phone.answers(packs.floats, pictures[7:8].astype(float))
    np.testing.assert_allclose(one, whole[7:8], atol=1e-6)
    odd = phone.answers(packs.floats, pictures[:101])
    np.testing.assert_allclose(odd, whole[:101], atol=1e-6)


def test_nothing_is_said(tmp_path):
    """Neither on stdout nor on stderr, also where Python's warnings are all shown."""
    code = (
        "from course_utils.environment import quiet_import\n"
        "with quiet_import():\n    import keras\n"
        "import numpy as np\n"
        "from course_utils import phone\n"
        "line = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "sample = np.ones((4, 2))\n"
        "for pack in (phone.pack(line), phone.pack(line, 8), phone.pack(line, 8, sample)):\n"
        "    phone.answers(pack, sample)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=True
    )
    assert (
        done.stdout == "" and "TensorFlow" not in done.stderr and "lite" not in done.stderr.lower()
    )


@pytest.mark.parametrize(
    "sample",
    [np.ones((0, 48, 48)), np.ones((4, 48, 47)), np.ones((48, 48)), np.full((2, 48, 48), "a")],
)
def test_a_sample_that_makes_no_sense(network, sample):
    with pytest.raises(ValueError, match="sample"):
        phone.pack(network, 8, sample)


def test_bits_and_sample_that_make_no_sense(network, pictures):
    with pytest.raises(ValueError, match="bits is 16"):
        phone.pack(network, 16)
    with pytest.raises(ValueError, match="bits is 32"):
        phone.pack(network, sample=pictures)


def test_answers_wants_a_packed_network_and_pictures_of_its_size(packs, pictures):
    for other in (b"", b"x" * 100, "text", None):
        with pytest.raises(ValueError, match=r"packed is .*\.tflite"):
            phone.answers(other, pictures)
    with pytest.raises(ValueError, match=r"pictures has the shape \(200, 47, 48\).*48, 48"):
        phone.answers(packs.floats, pictures[:, 1:])
    with pytest.raises(ValueError, match="pictures is empty"):
        phone.answers(packs.floats, pictures[:0])


def test_where_the_parts_are_missing_a_sentence_says_so(monkeypatch, network, packs, pictures):
    import tensorflow as tf

    monkeypatch.setattr(tf, "lite", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    said = phone.unavailable()
    assert "LiteRT" in said and said.endswith(".") and "\n" not in said
    with pytest.raises(phone.Unavailable, match="converter"):
        phone.pack(network)
    with pytest.raises(phone.Unavailable, match="ai-edge-litert"):
        phone.answers(packs.floats, pictures)


def test_a_network_that_litert_computes_wrong_is_not_handed_out(keras):
    """Strides of 4 for a kernel of 3: once LiteRT gets that right, nothing is to be said."""
    network = keras.Sequential(
        [keras.Input((48, 48, 1)), keras.layers.Conv2D(4, 3, strides=4, padding="same")]
    )
    try:
        packed = phone.pack(network)
    except ValueError as error:
        assert "padding='same'" in str(error)
        return
    pictures = np.random.default_rng(1).uniform(0, 255, (3, 48, 48, 1)).astype("float32")
    np.testing.assert_allclose(phone.answers(packed, pictures), network(pictures), atol=1e-2)


def test_the_comparison_sees_another_network(keras):
    one, other = (keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]) for _ in range(2))
    phone._compare(one, phone.pack(one))
    with pytest.raises(ValueError, match="something else"):
        phone._compare(other, phone.pack(one))
