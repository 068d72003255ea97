"""Stored networks: what is saved comes back, and nothing that differs is opened."""

import json
import sys
import tomllib
import types

import numpy as np
import pytest

from course_utils import trained
from course_utils.environment import quiet_import

REGISTRY = """\
# A comment at the head.
[datasets.mnist]
sha256 = "00"  # with a comment

[trained."01_other.keras"]
sha256 = "11"

# This comment belongs to what follows.
[datasets.iris]
urls = ["https://example.org/[trained]"]
"""
FACTS = {
    "data": "stand-in",
    "seed": 1,
    "accuracy": np.float32(0.5),
    "history": {"loss": np.array([2.0, 1.5])},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "registry.toml").write_text(REGISTRY)
    monkeypatch.setattr(trained, "_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def model():
    with quiet_import():
        import keras
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(32, 6)).astype(np.float32)
    network.fit(x, np.arange(32) % 3, epochs=2, verbose=0)
    return network


X = np.random.default_rng(1).normal(size=(9, 6)).astype(np.float32)


def test_what_is_saved_comes_back_and_can_be_evaluated(folder, model, recwarn):
    path = trained.save(model, "00_reader", FACTS)
    again = trained.load("00_reader")
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    y = np.arange(9) % 3
    assert again.evaluate(X, y, verbose=0) == pytest.approx(model.evaluate(X, y, verbose=0))
    record = trained.history("00_reader")
    assert record.history is record["history"], "read like what fit returns"
    assert record["history"] == {"loss": [2.0, 1.5]}
    assert record["data"] == "stand-in" and record["accuracy"] == 0.5
    assert record["parameters"] == model.count_params()
    assert {"python", "keras", "numpy"} <= set(record["versions"])
    assert path == folder / "trained" / "00_reader.keras"
    assert sorted(p.name for p in path.parent.iterdir()) == ["00_reader.json", "00_reader.keras"]
    assert not [w for w in recwarn if "optimizer" in str(w.message)]


def test_the_optimiser_is_left_out_and_the_original_is_untouched(folder, model):
    import zipfile

    import h5py

    before = model.optimizer
    path = trained.save(model, "00_reader", FACTS)
    assert model.optimizer is before
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file:
        stored = []
        h5py.File(file).visititems(lambda _, item: stored.append(item))
    arrays = [item for item in stored if isinstance(item, h5py.Dataset)]
    assert not [item.name for item in arrays if "optimizer" in item.name]
    # Nothing but the weights.
    assert sum(item.size for item in arrays) == model.count_params()


def test_an_uncompiled_model_comes_back_uncompiled(folder):
    import keras

    trained.save(keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)]), "bare", FACTS)
    assert not trained.load("bare").compiled


def test_a_learning_rate_that_a_file_cannot_rebuild_is_left_out(folder):
    import keras

    class Falling(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 1 / (1 + step)

        def get_config(self):
            return {}

    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(Falling()), "mse")
    trained.save(network, "own_rate", FACTS)
    again = trained.load("own_rate")
    assert again.evaluate(X, X[:, :1], verbose=0) == network.evaluate(X, X[:, :1], verbose=0)
    assert float(again.optimizer.learning_rate) == np.float32(0.01)
    assert np.array_equal(again.predict(X, verbose=0), network.predict(X, verbose=0))


def test_a_learning_rate_of_keras_that_falls_is_kept(folder):
    import keras

    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    falling = keras.optimizers.schedules.CosineDecay(0.5, 10)
    network.compile(keras.optimizers.Adam(falling), "mse")
    trained.save(network, "falling", FACTS)
    assert float(trained.load("falling").optimizer.learning_rate) == 0.5


def test_settings_that_a_file_cannot_rebuild_are_left_out(folder):
    import keras

    class Difference(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    network.compile("sgd", Difference())
    trained.save(network, "own_loss", FACTS)
    again = trained.load("own_loss")
    assert not again.compiled
    assert np.array_equal(again.predict(X, verbose=0), network.predict(X, verbose=0))


OWN = "course_utils.layers_of_a_test"


@pytest.fixture
def own_layers(monkeypatch):
    """A module of the course with a layer of its own, unknown to Keras until it is asked for."""
    import keras

    def register_layers():
        @keras.saving.register_keras_serializable(package="course_utils")
        class Doubled(keras.layers.Layer):
            def call(self, x):
                return 2 * x

        Doubled.__module__ = OWN
        return Doubled

    module = types.ModuleType(OWN)
    module.register_layers = register_layers
    monkeypatch.setitem(sys.modules, OWN, module)
    yield module
    keras.saving.get_custom_objects().pop("course_utils>Doubled", None)


def with_layer(layer):
    import keras

    inputs = keras.Input((6,))
    return keras.Model(inputs, keras.layers.Dense(2)(layer()(inputs)))


def test_a_layer_of_the_course_is_known_again_when_its_network_is_loaded(folder, own_layers):
    import keras

    network = with_layer(own_layers.register_layers())
    trained.save(network, "own_layer", FACTS)
    assert trained.history("own_layer")["modules"] == [OWN]
    keras.saving.get_custom_objects().pop("course_utils>Doubled")  # as in a fresh kernel
    again = trained.load("own_layer")
    assert np.array_equal(again.predict(X, verbose=0), network.predict(X, verbose=0))


def test_a_network_of_keras_layers_names_no_module(folder, model):
    trained.save(model, "00_reader", FACTS)
    assert "modules" not in trained.history("00_reader")


def test_a_copy_of_the_course_without_the_layers_says_so(folder, own_layers):
    trained.save(with_layer(own_layers.register_layers()), "own_layer", FACTS)
    del own_layers.register_layers
    with pytest.raises(trained.TrainedError, match=f"needs layers of {OWN}"):
        trained.load("own_layer")
    del sys.modules[OWN]
    with pytest.raises(trained.TrainedError, match=f"needs layers of {OWN}"):
        trained.load("own_layer")


@pytest.mark.parametrize(
    "name", ["os", "course_utilsx.y", "course_utils", "course_utils..os", "course_utils.A", "", 3]
)
def test_no_other_module_is_imported_for_a_network(folder, model, monkeypatch, name):
    def never(name):
        raise AssertionError(f"{name} was imported")

    trained.save(model, "00_reader", {**FACTS, "modules": [name]})
    monkeypatch.setattr(trained.importlib, "import_module", never)
    with pytest.raises(trained.TrainedError, match="only modules of course_utils"):
        trained.load("00_reader")


def test_a_layer_of_a_notebook_is_not_stored(folder, own_layers):
    layer = own_layers.register_layers()
    layer.__module__ = "__main__"
    with pytest.raises(trained.TrainedError, match="Doubled comes from __main__"):
        trained.save(with_layer(layer), "own_layer", FACTS)
    assert not (folder / "trained").exists()


def test_the_registry_changes_in_one_table_only(folder, model):
    trained.save(model, "00_reader", FACTS)
    first = (folder / "registry.toml").read_text()
    assert first.startswith(REGISTRY), "other lines and comments stay"
    trained.save(model, "01_other", FACTS)
    trained.save(model, "00_reader", {**FACTS, "seed": 2})
    text = (folder / "registry.toml").read_text()
    for line in REGISTRY.splitlines():
        assert line in text.splitlines() or line == 'sha256 = "11"'
    tables = tomllib.loads(text)
    assert set(tables["trained"]) == {"00_reader.keras", "01_other.keras"}
    assert tables["datasets"] == tomllib.loads(REGISTRY)["datasets"]
    assert text.count("# This comment belongs to what follows.\n[datasets.iris]") == 1
    assert trained.load("01_other") and trained.load("00_reader")


def test_a_registry_that_cannot_be_edited_safely_is_left_alone(folder, model):
    odd = '[trained]\n"00_reader.keras" = { sha256 = "1" }\n'
    (folder / "registry.toml").write_text(odd)
    with pytest.raises((trained.TrainedError, tomllib.TOMLDecodeError)):
        trained.save(model, "00_reader", FACTS)
    assert (folder / "registry.toml").read_text() == odd


@pytest.mark.parametrize("kind", ["keras", "json"])
def test_an_altered_file_is_refused(folder, model, kind):
    trained.save(model, "00_reader", FACTS)
    path = folder / "trained" / f"00_reader.{kind}"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(trained.TrainedError, match=r"is not the file that .* Restore"):
        trained.load("00_reader")


def test_missing_unregistered_and_too_large(folder, model, monkeypatch):
    with pytest.raises(trained.TrainedError, match="no stored network 00_reader"):
        trained.load("00_reader")
    (folder / "trained").mkdir()
    (folder / "trained" / "00_reader.keras").write_bytes(b"anything")
    with pytest.raises(trained.TrainedError, match="no SHA-256 for 00_reader"):
        trained.load("00_reader")
    (folder / "registry.toml").unlink()
    with pytest.raises(trained.TrainedError, match="can't be read"):
        trained.history("00_reader")
    monkeypatch.setattr(trained, "MOST_BYTES", 1000)
    with pytest.raises(trained.TrainedError, match="more than the 1,000"):
        trained.save(model, "00_reader", FACTS)
    (folder / "registry.toml").write_text('[trained."00_reader.keras"]\nsha256 = "0"\n')
    (folder / "trained" / "00_reader.keras").write_bytes(bytes(1001))
    with pytest.raises(trained.TrainedError, match="larger than"):
        trained.load("00_reader")


def test_code_in_a_model_is_not_stored(folder):
    import keras

    network = keras.Sequential([keras.Input((6,)), keras.layers.Lambda(lambda x: x + 1)])
    with pytest.raises(trained.TrainedError, match="Lambda"):
        trained.save(network, "bad", FACTS)

    class Own(keras.Model):
        def call(self, x):
            return x

    own = Own()
    own.build((None, 6))
    with pytest.raises(trained.TrainedError, match="code of its own"):
        trained.save(own, "bad", FACTS)
    assert (folder / "registry.toml").read_text() == REGISTRY


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "a.keras", "a\n", None, "..", "a\\b"])
def test_names_cannot_lead_elsewhere(folder, name):
    with pytest.raises(ValueError, match="name is"):
        trained.load(name)
    with pytest.raises(ValueError, match="name is"):
        trained.history(name)


def test_facts_are_needed_and_must_be_json(folder, model):
    with pytest.raises(ValueError, match="facts lacks seed"):
        trained.save(model, "00_reader", {"data": "", "accuracy": 1, "history": {}})
    with pytest.raises(ValueError, match="JSON"):
        trained.save(model, "00_reader", {**FACTS, "note": object()})
    assert not (folder / "trained").exists()


def test_a_write_that_fails_leaves_the_old_files(folder, model, monkeypatch):
    trained.save(model, "00_reader", FACTS)
    before = {p.name: p.read_bytes() for p in (folder / "trained").iterdir()}

    def broken(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(trained.os, "replace", broken)
    with pytest.raises(OSError, match="No space"):
        trained.save(model, "00_reader", {**FACTS, "seed": 2})
    assert {p.name: p.read_bytes() for p in (folder / "trained").iterdir()} == before
    assert json.loads(before["00_reader.json"])["seed"] == 1


def test_every_stored_network_of_the_course_is_the_registered_one():
    from course_utils import datasets

    registered = datasets.registry().get("trained", {})
    stored = {p.name for p in (datasets.data_folder() / "trained").glob("*.keras")}
    assert stored == set(registered)
    for file in registered:
        name = file.removesuffix(".keras")
        assert trained.load(name).count_params() == trained.history(name)["parameters"]
